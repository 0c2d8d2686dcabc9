//! Text from outside, made fit to be shown.

/// Keeps at most `limit` characters, and puts a `?` for each that is not printable ASCII.
pub(crate) fn shown(text: &str, limit: usize) -> String {
    text.chars().take(limit).map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect()
}
