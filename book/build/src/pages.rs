//! From Markdown to pages.

use mdbook_driver::MDBook;

use crate::call::Call;

/// Builds the book; what was there before is replaced.
pub(crate) fn build(call: &Call) -> Result<(), String> {
    let mut book = MDBook::load(&call.book).map_err(|error| format!("{error:#}"))?;
    book.config.build.build_dir.clone_from(&call.to);
    book.build().map_err(|error| format!("{error:#}"))
}
