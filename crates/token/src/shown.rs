//! Text from outside, made fit to be shown.

/// Keeps at most `limit` characters, and puts a `?` for each that is not printable ASCII.
pub(crate) fn shown(text: &str, limit: usize) -> String {
    text.chars().take(limit).map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect()
}

/// The same for an error that may be logged. A server can repeat a secret that it was sent, so each
/// word of more than 20 characters that has a digit or a capital letter is replaced by its length.
pub(crate) fn shown_without_secrets(text: &str, limit: usize) -> String {
    let text = shown(text, usize::MAX);
    let words = text.split(' ').map(|word| {
        let can_be_secret = word.len() > 20 && word.contains(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase());
        if can_be_secret { format!("[{} characters]", word.len()) } else { word.to_owned() }
    });
    shown(&words.collect::<Vec<_>>().join(" "), limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_printable_is_replaced_and_the_length_is_bounded() {
        assert_eq!(shown("a\r\n\u{e9}\u{202e}<b>", 99), "a????<b>");
        assert_eq!(shown("abc", 2), "ab");
    }

    #[test]
    fn words_that_can_be_secrets_are_replaced() {
        for same in ["Invalid client: bad_verification_code", "https://as.example/errors/invalid-grant", "AADSTS70008:"]
        {
            assert_eq!(shown_without_secrets(same, 99), same);
        }
        let code = "Malformed code 4/0AbCdEfGhIjKlMnOpQrSt, retry";
        assert_eq!(shown_without_secrets(code, 99), "Malformed code [24 characters] retry");
        assert_eq!(shown_without_secrets(code, 16), "Malformed code [");
        assert_eq!(shown_without_secrets("d89bfea0-6bf3-47df-a68d-f0d9e4a0ea4a\n", 99), "[37 characters]");
    }
}
