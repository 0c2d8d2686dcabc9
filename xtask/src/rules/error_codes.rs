//! Every way in which the crates can fail has a test that makes it happen.

use std::collections::BTreeMap;

use super::rust_code::{crate_sources, without_tests};
use super::rust_text::RustText;
use super::{Broken, Tree};

/// Each stable code that a crate's `code()` gives, or the variant that gives it, is named by a test of the crates.
///
/// A test that names one has an error in its hands that answers with it; a new variant without a test is found here.
pub(super) fn untested(tree: &Tree) -> Broken {
    let tests: String = tree
        .below("crates/", ".rs")
        .map(|(path, source)| match path.split('/').nth(2) {
            Some("src") => only_tests(source),
            _ => source.to_owned(),
        })
        .collect();
    let mut broken = Vec::new();
    for code in codes(tree) {
        let is_named = tests.contains(&format!("\"{}\"", code.given))
            || code.variants.iter().any(|variant| tests.contains(&format!("{}::{variant}", code.of)));
        if !is_named {
            broken
                .push(format!("{}: no test names `{}` with the code \"{}\": provoke it", code.at, code.of, code.given));
        }
    }
    broken
}

/// No two errors of the crates give the same code, so that a code in a log means one thing.
pub(super) fn ambiguous(tree: &Tree) -> Broken {
    let mut first: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut broken = Vec::new();
    for code in codes(tree) {
        let (of, at) = first.entry(code.given.clone()).or_insert_with(|| (code.of.clone(), code.at.clone()));
        if *of != code.of {
            broken.push(format!("{}: `{}` gives the code \"{}\", as `{of}` does: {at}", code.at, code.of, code.given));
        }
    }
    broken
}

/// A code that an error gives, or the beginning of several.
struct Code {
    at: String,
    /// The error's type.
    of: String,
    variants: Vec<String>,
    given: String,
}

fn codes(tree: &Tree) -> Vec<Code> {
    let mut codes = Vec::new();
    for (path, source) in crate_sources(tree) {
        let text = RustText::of(source);
        let code = without_tests(&text.code);
        for (at, _) in code.match_indices("fn code(") {
            let Some(body) = body(&code, at) else { continue };
            let name = code[..at].rfind("\nimpl ").map_or("", |start| &code[start + 6..at]);
            let name = name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            let line = code[..at].matches('\n').count() + 1;
            for (variants, given) in arms(&source[body.clone()], &code[body.clone()], &text.comments[body.clone()]) {
                let variants = variants.into_iter().map(str::to_owned).collect();
                codes.push(Code {
                    at: format!("{path}:{line}"),
                    of: name.to_owned(),
                    variants,
                    given: given.to_owned(),
                });
            }
        }
    }
    codes
}

/// What is compiled for tests alone, with its strings.
fn only_tests(source: &str) -> String {
    let whole = RustText::of(source).code;
    let code = without_tests(&whole);
    // What was blanked is a test's; what is blank in both was a string or a comment of either, and is kept only where
    // a test's lines are.
    let mut kept = String::new();
    for ((own, without), line) in whole.lines().zip(code.lines()).zip(source.lines()) {
        if own != without {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Where the body of the function at `at` stands, when it gives `&'static str`.
fn body(code: &str, at: usize) -> Option<std::ops::Range<usize>> {
    let open = at + code[at..].find('{')?;
    if !code[at..open].contains("-> &'static str") {
        return None;
    }
    let mut depth = 0;
    for (offset, character) in code[open..].char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(open..open + offset);
        }
    }
    None
}

/// The arms that give a literal: the variants before it, and the literal.
fn arms<'a>(source: &'a str, code: &'a str, comments: &str) -> Vec<(Vec<&'a str>, &'a str)> {
    let mut found = Vec::new();
    let (mut rest, mut arm) = (0, 0);
    while let Some(open) = source[rest..].find('"').map(|offset| rest + offset) {
        let Some(length) = source[open + 1..].find('"') else { break };
        if code[open..].starts_with(' ') && comments[open..].starts_with(' ') {
            let variants = code[arm..open].split("Self::").skip(1);
            let variants = variants.filter_map(|after| after.split(|c: char| !c.is_alphanumeric()).next());
            found.push((variants.collect(), &source[open + 1..open + 1 + length]));
            arm = open;
        }
        rest = open + length + 2;
    }
    found
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
        assert_eq!(untested(&tree).len(), 1);
        let tree = Tree::with(&[
            ("crates/pkce/src/error.rs", &own),
            ("crates/pkce/tests/all.rs", "fn b() { assert_eq!(e().code(), \"too_long\"); }"),
        ]);
        assert_eq!(untested(&tree), Broken::new());
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
