//! Patterns of case ids.

/// Whether `text` matches `glob`, in which `*` stands for any text.
pub(crate) fn matches(glob: &str, text: &str) -> bool {
    let Some((head, tail)) = glob.split_once('*') else { return glob == text };
    let Some(rest) = text.strip_prefix(head) else { return false };
    (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| matches(tail, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (glob, text, expected) in [
            ("PK-05/x", "PK-05/x", true),
            ("PK-*", "PK-05/x", true),
            ("*state*", "OA-48/state-empty", true),
            ("PK-*", "OA-48/x", false),
            ("PK", "PK-05/x", false),
            ("*x*y", "axbzy", true),
        ] {
            assert_eq!(matches(glob, text), expected, "{glob} {text}");
        }
    }
}
