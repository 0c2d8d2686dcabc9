//! How a value of a token is quoted in an error.

/// The longest text that is quoted, in characters.
const LONGEST: usize = 120;

/// Returns `text` for an error or a log: printable ASCII only, and cut where it is too long.
pub(crate) fn shown(text: &str) -> String {
    let printable = |letter| if matches!(letter, ' '..='~') { letter } else { '\u{fffd}' };
    let mut shown: String = text.chars().take(LONGEST).map(printable).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push_str("...");
    }
    shown
}

/// Returns the first few of `texts`, each as [`shown`] returns it, in quotation marks.
pub(crate) fn shown_list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 8;
    let mut texts = texts.into_iter();
    let mut list: Vec<_> = texts.by_ref().take(MOST).map(|text| format!("\"{}\"", shown(text))).collect();
    if texts.next().is_some() {
        list.push("...".to_owned());
    }
    if list.is_empty() { "none".to_owned() } else { list.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_short_and_printable() {
        assert_eq!(shown("https://as.example/"), "https://as.example/");
        assert_eq!(shown("a\r\n\u{1b}[31mb\u{e9}"), "a\u{fffd}\u{fffd}\u{fffd}[31mb\u{fffd}");
        assert_eq!(shown(&"a".repeat(120)), "a".repeat(120));
        assert_eq!(shown(&"a".repeat(121)), "a".repeat(120) + "...");
        assert_eq!(shown_list([]), "none");
        assert_eq!(shown_list(["a", "b"]), r#""a", "b""#);
        assert_eq!(shown_list(["a"; 9]), r#""a", "a", "a", "a", "a", "a", "a", "a", ..."#);
    }
}
