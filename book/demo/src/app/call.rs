//! A call of the protected API, as the page shows it.

/// A call of the API and its answer.
pub(super) struct Call {
    pub(super) line: String,
    pub(super) with_token: bool,
    pub(super) status: u16,
    pub(super) challenge: Option<String>,
    pub(super) body: String,
}
