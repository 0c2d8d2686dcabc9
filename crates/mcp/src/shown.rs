//! Text from outside, made fit to be shown.

/// Keeps at most `limit` characters, each one that RFC 6749 section 5.2 permits in words, and puts a `?` for any other.
pub(crate) fn shown(text: &str, limit: usize) -> String {
    let is_permitted = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    text.chars().take(limit).map(|c| if is_permitted(c) { c } else { '?' }).collect()
}
