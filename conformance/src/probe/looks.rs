//! What a probe looks at in a server's answers. One that never looks where a defect shows is not changed by it, and the
//! self-test need not run it again.

use std::cell::RefCell;
use std::collections::BTreeSet;

thread_local! {
    static LOOKS: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// The probe has looked at the header, metadata or token response member of this name.
pub(crate) fn note(kind: &str, name: &str) {
    LOOKS.with_borrow_mut(|looks| looks.insert(format!("{kind} {name}")));
}

/// What was looked at since this was last called, on this thread.
pub(crate) fn take() -> BTreeSet<String> {
    LOOKS.take()
}
