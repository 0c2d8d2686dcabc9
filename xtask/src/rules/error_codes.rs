//! Every way in which the crates can fail has a code of its own, and a test that makes it happen.

use std::collections::BTreeMap;

use super::{Broken, Tree};

/// Where the tests of a file begin: clippy holds them to its end.
const TESTS: &str = "#[cfg(test)]\nmod ";

/// Each stable code that a crate's `code()` gives, or the variant that gives it, is named by a test of the crates.
///
/// A test that names one has an error in its hands that answers with it; a new variant without a test is found here.
pub(super) fn untested(tree: &Tree) -> Broken {
    let tests = tree.below("crates/", ".rs").filter_map(|(path, source)| match path.split('/').nth(2) {
        Some("src") => source.split_once(TESTS).map(|(_, tests)| tests),
        _ => Some(source),
    });
    let tests: String = tests.collect();
    let is_named = |code: &Code| {
        let mut variants = code.variants.iter();
        tests.contains(&format!("\"{}\"", code.given))
            || variants.any(|variant| tests.contains(&format!("{}::{variant}", code.of)))
    };
    let untested = codes(tree).into_iter().filter(|code| !is_named(code));
    untested
        .map(|code| format!("{}: no test names `{}` with the code \"{}\": provoke it", code.at, code.of, code.given))
        .collect()
}

/// No two errors of the crates give the same code, so that a code in a log means one thing.
pub(super) fn ambiguous(tree: &Tree) -> Broken {
    let mut first = BTreeMap::new();
    let mut broken = Vec::new();
    for Code { at, of, given, .. } in codes(tree) {
        let (first_of, first_at) = first.entry(given).or_insert((of, at.clone()));
        if *first_of != of {
            broken.push(format!("{at}: `{of}` gives the code \"{given}\", as `{first_of}` does: {first_at}"));
        }
    }
    broken
}

/// A code that an error gives, or the beginning of several.
struct Code<'a> {
    at: String,
    /// The error's type.
    of: &'a str,
    variants: Vec<&'a str>,
    given: &'a str,
}

fn codes(tree: &Tree) -> Vec<Code<'_>> {
    let mut codes = Vec::new();
    for (path, source) in tree.below("crates/", ".rs").filter(|(path, _)| path.split('/').nth(2) == Some("src")) {
        let source = source.split_once(TESTS).map_or(source, |(code, _)| code);
        for (at, _) in source.match_indices("fn code(") {
            // As rustfmt writes it, the body ends where a brace stands as far to the left as the function.
            let start = source[..at].rfind('\n').map_or(0, |line| line + 1);
            let indent = source[start..].len() - source[start..].trim_start().len();
            let Some((head, body)) = source[at..].split_once("{\n") else { continue };
            let Some((body, _)) = body.split_once(&format!("\n{}}}\n", " ".repeat(indent))) else { continue };
            if !head.contains("-> &'static str") {
                continue;
            }
            let of = source[..at].rfind("\nimpl ").map_or("", |line| word(&source[line + 6..]));
            let line = source[..at].matches('\n').count() + 1;
            let arms = body.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
            let mut variants = Vec::new();
            // Pieces of code and of literals, by turns.
            for (number, piece) in arms.flat_map(|line| line.split('"').enumerate()) {
                if number % 2 == 0 {
                    variants.extend(piece.split("Self::").skip(1).map(word));
                } else {
                    codes.push(Code {
                        at: format!("{path}:{line}"),
                        of,
                        variants: std::mem::take(&mut variants),
                        given: piece,
                    });
                }
            }
        }
    }
    codes
}

/// What stands before the first character that belongs to no name.
fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERROR: &str = "pub enum E { A, B }\nimpl E {\n    pub fn code(&self) -> &'static str {\n        match self {\n            \
        Self::A => \"too_short\", // \"not_this\"\n            Self::B => \"too_long\",\n        }\n    }\n}\n";

    #[test]
    fn a_code_that_no_test_names_is_found() {
        let tree = Tree::with(&[("crates/pkce/src/error.rs", ERROR)]);
        assert_eq!(untested(&tree).len(), 2, "{:?}", untested(&tree));
        let tests = "#[cfg(test)]\nmod tests {\n    #[test]\n    fn a() {\n        assert_eq!(e().code(), \"too_short\");\n    }\n}\n";
        let own = format!("{ERROR}{tests}");
        let tree = Tree::with(&[("crates/pkce/src/error.rs", &own)]);
        let said = "crates/pkce/src/error.rs:3: no test names `E` with the code \"too_long\": provoke it";
        assert_eq!(untested(&tree), [said]);
        for named in ["assert_eq!(e().code(), \"too_long\");", "assert!(matches!(e(), E::B));"] {
            let tree = Tree::with(&[("crates/pkce/src/error.rs", &own), ("crates/pkce/tests/all.rs", named)]);
            assert_eq!(untested(&tree), Broken::new());
        }
    }

    #[test]
    fn a_code_of_two_errors_is_found() {
        let other = ERROR.replace("E {", "F {").replace("too_long", "too_wide");
        let tree = Tree::with(&[("crates/pkce/src/error.rs", ERROR), ("crates/pkce/src/other.rs", &other)]);
        assert_eq!(
            ambiguous(&tree),
            ["crates/pkce/src/other.rs:3: `F` gives the code \"too_short\", as `E` does: crates/pkce/src/error.rs:3"]
        );
        assert_eq!(ambiguous(&Tree::with(&[("crates/pkce/src/error.rs", ERROR)])), Broken::new());
    }
}
