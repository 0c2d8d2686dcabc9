//! Rust source taken apart into code and comments, so that a rule on one is not misled by the other or by a string.

/// Two texts of the source's length and lines; what belongs to the other is blank.
pub(super) struct RustText {
    /// No comments, and no content of strings and characters.
    pub(super) code: String,
    /// Nothing but comments, `//`, `///` and `/*` included.
    pub(super) comments: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Code,
    Comment,
    Literal,
}

impl RustText {
    pub(super) fn of(source: &str) -> Self {
        let (mut code, mut comments) = (String::with_capacity(source.len()), String::with_capacity(source.len()));
        let mut rest = source;
        while !rest.is_empty() {
            let (part, length) = next(rest, code.chars().next_back());
            let (piece, after) = rest.split_at(length);
            for character in piece.chars() {
                let kept = |wanted| if part == wanted || character == '\n' { character } else { ' ' };
                code.push(kept(Part::Code));
                comments.push(kept(Part::Comment));
            }
            rest = after;
        }
        Self { code, comments }
    }
}

/// What `rest` begins with, and how many octets of it belong together.
fn next(rest: &str, before: Option<char>) -> (Part, usize) {
    if rest.starts_with("//") {
        return (Part::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Part::Comment, block_comment(rest));
    }
    // `r` of `var` or of a raw identifier begins no string.
    if !before.is_some_and(|before| before.is_alphanumeric() || before == '_') {
        let prefix = ["br", "cr", "r"].into_iter().find(|prefix| rest.starts_with(prefix));
        if let Some(length) = prefix.and_then(|prefix| raw_string(rest, prefix.len())) {
            return (Part::Literal, length);
        }
    }
    if rest.starts_with('"') {
        return (Part::Literal, closed(rest, '"'));
    }
    if let Some(after) = rest.strip_prefix('\'') {
        let mut characters = after.chars();
        let (first, second) = (characters.next(), characters.next());
        // `'a'` is a character, `'a` a lifetime.
        if first == Some('\\') || second == Some('\'') {
            return (Part::Literal, closed(rest, '\''));
        }
    }
    (Part::Code, rest.chars().next().map_or(1, char::len_utf8))
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        let here = &rest[at..];
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of `r#".."#` with its prefix; `None` if this is something else, for instance `r#type`.
fn raw_string(rest: &str, prefix: usize) -> Option<usize> {
    let after = &rest[prefix..];
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = prefix + hashes + 1;
    Some(rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len()))
}

/// The length up to the mark that closes it, escapes passed over.
fn closed(rest: &str, mark: char) -> usize {
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == mark {
            return at + character.len_utf8();
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_comments_and_literals_are_told_apart() {
        for (source, code, comments) in [
            ("a // b\nc", "a     \nc", "  // b\n "),
            ("/// d\nfn e() {}", "     \nfn e() {}", "/// d\n         "),
            ("a /* b /* c */ \n d */ e", "a              \n      e", "  /* b /* c */ \n d */  "),
            ("f(\"// no\", g)", "f(       , g)", ""),
            ("f(\"\\\"\", g)", "f(    , g)", ""),
            ("f(r#\"a\"b\"#, r\"\\\", br##\"x\"##, g)", "f(        ,     ,          , g)", ""),
            ("let r#type = var\"\";", "let r#type = var  ;", ""),
            ("x('\\'', '\"', 'a', b'\\\\')", "x(    ,    ,    , b    )", ""),
            ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}", ""),
            ("\"never closed // x", "", ""),
            ("é // ü", "é     ", "  // ü"),
        ] {
            let text = RustText::of(source);
            assert_eq!(text.code.trim_end(), code.trim_end(), "{source}");
            assert_eq!(text.comments.trim_end(), comments.trim_end(), "{source}");
            for part in [&text.code, &text.comments] {
                assert_eq!(part.chars().count(), source.chars().count(), "{source}");
            }
        }
    }
}
