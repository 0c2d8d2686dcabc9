//! The cases: one lie each, and what must come of it.

mod discovery;
mod login;
mod token;

use proofkey_authority::Lie;

use crate::place::Twist;
use crate::play::{Miss, Seen};

/// One lie, and what the client must do.
#[derive(Debug)]
pub struct Case {
    /// The requirement, and a name.
    pub id: &'static str,
    /// The keyword of the specification.
    pub level: &'static str,
    /// The part of the specification (MCP 2026-07-28 unless another is named).
    pub section: &'static str,
    /// What happens.
    pub what: &'static str,
    /// What the MCP server does.
    pub twist: Twist,
    /// What the authorization server does.
    pub lie: Option<Lie>,
    /// Whether the client must refuse, which only one that is not refused elsewhere can show.
    pub is_refusal: bool,
    /// Whether the client may go on waiting. A listener that any page can reach does well to wait for a callback with the
    /// right state.
    pub may_wait: bool,
    /// What must have been seen. An error says what was seen instead.
    pub verdict: fn(&Seen) -> Result<(), Miss>,
    /// The defect of the reference client that this case finds.
    pub mutant: &'static str,
}

/// Every case.
#[must_use]
pub fn cases() -> Vec<Case> {
    let mut cases = discovery::cases();
    cases.extend(login::cases());
    cases.extend(token::cases());
    cases
}

/// A case where everything is honest.
const fn honest(
    id: &'static str,
    level: &'static str,
    section: &'static str,
    what: &'static str,
    verdict: fn(&Seen) -> Result<(), Miss>,
    mutant: &'static str,
) -> Case {
    Case {
        id,
        level,
        section,
        what,
        twist: Twist::None,
        lie: None,
        is_refusal: false,
        may_wait: false,
        verdict,
        mutant,
    }
}
