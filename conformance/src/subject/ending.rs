//! How a subject ended.

/// Maximum size of all that a subject writes in one case to standard output, and to standard error, in bytes.
pub(crate) const MAX_OUTPUT: usize = 1024 * 1024;

/// How a subject ended.
pub(crate) struct Ending {
    /// Its exit code; none when a signal ended it or it had to be killed.
    pub(crate) code: Option<i32>,
    /// What to tell of an end without an exit code.
    pub(crate) how: String,
    pub(crate) stderr: String,
    /// The switches that the reference client looked at.
    pub(crate) asked: Vec<&'static str>,
}

impl Ending {
    pub(super) fn killed() -> Self {
        Self { code: None, how: "it was killed".to_owned(), stderr: String::new(), asked: Vec::new() }
    }
}
