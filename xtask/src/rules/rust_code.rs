//! What the source itself says.

use super::rust_text::RustText;
use super::{Broken, Tree};

/// A user of a type with type parameters cannot name it without choosing each of them.
/// What has one all the same: `Step` is to an operation's result what `Poll` is, and users match on it without naming it.
const GENERIC: [&str; 1] = ["Step"];

pub(super) fn generic_types(tree: &Tree) -> Broken {
    let mut broken = Vec::new();
    for (path, source) in crate_sources(tree) {
        let code = RustText::of(source).code;
        for keyword in ["pub struct ", "pub enum ", "pub union ", "pub type "] {
            for (at, _) in code.match_indices(keyword) {
                let declared = &code[at + keyword.len()..];
                let name = declared.split(|c: char| !is_word(c)).next().unwrap_or_default();
                if GENERIC.contains(&name) {
                    continue;
                }
                if let Some(parameter) = type_parameter(&declared[name.len()..]) {
                    broken.push(format!(
                        "{path}:{}: public `{name}` has the type parameter `{parameter}`",
                        line(&code, at)
                    ));
                }
            }
        }
    }
    broken
}

/// An error is returned; what cannot happen is written so that it need not be claimed.
pub(super) fn panics(tree: &Tree) -> Broken {
    let test_files: Vec<String> = crate_sources(tree).flat_map(|(path, source)| test_modules(path, source)).collect();
    let mut broken = Vec::new();
    for (path, source) in crate_sources(tree) {
        if test_files.iter().any(|test| path == format!("{test}.rs") || path.starts_with(&format!("{test}/"))) {
            continue;
        }
        let code = without_tests(&RustText::of(source).code);
        for word in [".unwrap()", ".unwrap_err()", ".expect(", ".expect_err(", "panic!", "unreachable!"] {
            for at in words(&code, word) {
                broken.push(format!("{path}:{}: `{word}` outside tests: return an error", line(&code, at)));
            }
        }
    }
    broken
}

/// No gap is hidden: no placeholder, no test that is skipped, no listing that is only shown.
pub(super) fn unfinished(tree: &Tree) -> Broken {
    let mut broken = Vec::new();
    let mut say = |path: &str, line: usize, what: &str| broken.push(format!("{path}:{line}: `{what}`"));
    for (path, source) in tree.below("", ".rs") {
        let text = RustText::of(source);
        for word in ["todo!", "unimplemented!", "dbg!", "#[ignore"] {
            words(&text.code, word).for_each(|at| say(path, line(&text.code, at), word));
        }
        for (number, comment) in text.comments.lines().enumerate() {
            let comment = comment.trim_start();
            LEFT.iter()
                .filter(|word| words(comment, word).next().is_some())
                .for_each(|word| say(path, number + 1, word));
            let documentation = comment.strip_prefix("///").or(comment.strip_prefix("//!"));
            if let Some(word) = documentation.and_then(not_run) {
                say(path, number + 1, word);
            }
        }
    }
    for (path, text) in tree.below("", ".md") {
        for (number, written) in text.lines().enumerate() {
            LEFT.iter()
                .filter(|word| words(written, word).next().is_some())
                .for_each(|word| say(path, number + 1, word));
            if let Some(word) = not_run(written) {
                say(path, number + 1, word);
            }
        }
    }
    broken
}

/// The words by which people note what they leave for later.
const LEFT: [&str; 3] = ["TODO", "FIXME", "XXX"];

pub(super) fn crate_sources(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.below("crates/", ".rs").filter(|(path, _)| path.split('/').nth(2) == Some("src"))
}

/// The first type parameter in what follows a type's name.
fn type_parameter(after: &str) -> Option<&str> {
    let list = after.strip_prefix('<')?;
    let (mut depth, mut start) = (0, 0);
    for (at, character) in list.char_indices() {
        if depth == 0 && matches!(character, ',' | '>') {
            let parameter = list[start..at].trim();
            if !parameter.is_empty() && !parameter.starts_with('\'') && !parameter.starts_with("const ") {
                return Some(parameter.split(|c: char| !is_word(c)).next().unwrap_or(parameter));
            }
            if character == '>' {
                return None;
            }
            start = at + 1;
        }
        match character {
            '<' | '(' | '[' | '{' => depth += 1,
            '>' | ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

const TEST_ONLY: &str = "#[cfg(test)]";

/// The code with each item marked for tests alone blanked out.
pub(super) fn without_tests(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(TEST_ONLY) {
        kept.push_str(&rest[..at]);
        let (item, after) = rest[at..].split_at(item_length(&rest[at..]));
        kept.extend(item.chars().map(|character| if character == '\n' { '\n' } else { ' ' }));
        rest = after;
    }
    kept.push_str(rest);
    kept
}

/// From an attribute to the end of what it stands before: `;`, or the brace that closes its first brace.
fn item_length(code: &str) -> usize {
    let mut depth = 0;
    for (at, character) in code.char_indices() {
        match character {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => {
                depth -= 1;
                if depth == 0 && character == '}' {
                    return at + 1;
                }
            }
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// The modules in files of their own that `source` has for tests alone: their paths without `.rs`.
fn test_modules(path: &str, source: &str) -> Vec<String> {
    let code = RustText::of(source).code;
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let below = match name {
        "lib.rs" | "main.rs" => folder.to_owned(),
        _ => format!("{folder}/{}", name.trim_end_matches(".rs")),
    };
    let after = code.match_indices(TEST_ONLY).map(|(at, _)| code[at + TEST_ONLY.len()..].trim_start());
    let declared = after.filter_map(|item| item.split_once(';')?.0.rsplit_once("mod "));
    declared
        .filter(|(before, name)| !before.contains('{') && name.chars().all(is_word))
        .map(|(_, name)| format!("{below}/{name}"))
        .collect()
}

/// The word that keeps a listing from being run, if this line opens one that has it.
fn not_run(line: &str) -> Option<&'static str> {
    let line = line.trim_start();
    let info = line.strip_prefix("```").or(line.strip_prefix("~~~"))?;
    let mut words = info.split([',', ' ', '{', '}']);
    words.find_map(|word| match word {
        "no_run" => Some("no_run"),
        word if word == "ignore" || word.starts_with("ignore-") => Some("ignore"),
        _ => None,
    })
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Where `word` stands in `text`, and not as a part of a longer one.
fn words(text: &str, word: &str) -> impl Iterator<Item = usize> {
    let begins = word.starts_with(is_word);
    let ends = word.ends_with(is_word);
    text.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !(begins && before.is_some_and(is_word) || ends && word != "#[ignore" && after.is_some_and(is_word))
    })
}

fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "crates/pkce/src/file.rs";

    fn found(rule: fn(&Tree) -> Broken, source: &str) -> Broken {
        rule(&Tree::with(&[(FILE, source)]))
    }

    #[test]
    fn a_public_type_with_a_type_parameter_is_found() {
        for (source, name, parameter) in [
            ("pub struct A<T>(T);", "A", "T"),
            ("pub enum B<'a, E: Error> {}", "B", "E"),
            ("pub struct C<const N: usize, T: Fn(&u8) -> Vec<u8>,>;", "C", "T"),
            ("\n\n    pub struct D<\n    'a,\n    Key = String,\n>", "D", "Key"),
            ("pub type R<T> = Result<T, ()>;", "R", "T"),
        ] {
            let line = if source.starts_with('\n') { 3 } else { 1 };
            assert_eq!(
                found(generic_types, source),
                [format!("{FILE}:{line}: public `{name}` has the type parameter `{parameter}`")]
            );
        }
        for source in [
            "pub struct A<'a>(&'a str);",
            "pub struct B<'a, const N: usize>;",
            "pub(crate) struct C<T>(T);",
            "struct D<T>(T);",
            "// pub struct E<T>;",
            "pub fn f<T>() {}",
            "pub struct F;\nimpl<T> From<T> for F {}",
            "pub struct G(Vec<u8>);",
        ] {
            assert!(found(generic_types, source).is_empty(), "{source}");
        }
        assert!(generic_types(&Tree::with(&[("conformance/src/lib.rs", "pub struct A<T>(T);")])).is_empty());
    }

    #[test]
    fn a_panic_outside_tests_is_found() {
        for word in [".unwrap()", ".unwrap_err()", ".expect(", ".expect_err("] {
            let source = format!("fn f() {{\n    a{word}; }}");
            assert_eq!(found(panics, &source), [format!("{FILE}:2: `{word}` outside tests: return an error")]);
        }
        assert_eq!(found(panics, "fn f() { panic!() }").len(), 1);
        assert_eq!(found(panics, "#[cfg(test)]\nmod tests { }\nfn f() { unreachable!() }").len(), 1);
        assert_eq!(found(panics, "#[cfg(test)]\nmod tests;\nfn f() { unreachable!() }").len(), 1);
        assert_eq!(found(panics, "#[cfg(test)]\nuse a::{b};\nfn f() { unreachable!() }").len(), 1);
        assert_eq!(found(panics, "#[cfg(not(test))]\nfn f() { unreachable!() }").len(), 1);
        for source in [
            "/// `a.unwrap()`\nfn f() {}",
            "fn f() { g(\".unwrap()\") }",
            "fn f() { a.unwrap_or(b).expected() }",
            "#[cfg(test)]\nmod tests { fn f() { a.unwrap() } }",
            "#[cfg(test)]\n#[allow(a)]\nfn f(a: [u8; 3]) -> u8 { a.unwrap() }",
        ] {
            assert!(found(panics, source).is_empty(), "{source}");
        }
    }

    #[test]
    fn files_for_tests_alone_may_panic() {
        let inside = "fn f() { a.unwrap() }";
        let declares = "mod a;\n#[cfg(test)]\nmod tests;\n";
        for path in ["crates/pkce/src/tests.rs", "crates/pkce/src/tests/more.rs", "crates/pkce/tests/all.rs"] {
            assert!(panics(&Tree::with(&[("crates/pkce/src/lib.rs", declares), (path, inside)])).is_empty(), "{path}");
        }
        let tree = Tree::with(&[("crates/pkce/src/b.rs", declares), ("crates/pkce/src/b/tests.rs", inside)]);
        assert!(panics(&tree).is_empty());
        for path in ["crates/pkce/src/a.rs", "crates/pkce/src/b/tests.rs", "crates/pkce/src/tests_of.rs"] {
            let tree = Tree::with(&[("crates/pkce/src/lib.rs", declares), (path, inside)]);
            assert_eq!(panics(&tree).len(), 1, "{path}");
        }
    }

    #[test]
    fn what_is_left_undone_is_found() {
        for (source, word) in [
            ("fn f() { todo!() }", "todo!"),
            ("fn f() { unimplemented!() }", "unimplemented!"),
            ("fn f() { dbg!(1); }", "dbg!"),
            ("#[test]\n#[ignore = \"slow\"]", "#[ignore"),
            ("// TODO: more", "TODO"),
            ("/* FIXME */", "FIXME"),
            ("/// ```no_run", "no_run"),
            ("//! ```rust,ignore", "ignore"),
            ("    /// ~~~ ignore-windows", "ignore"),
        ] {
            let line = source.lines().count();
            assert_eq!(found(unfinished, source), [format!("{FILE}:{line}: `{word}`")]);
        }
        for (text, word) in [("a\n```rust,no_run\n```", "no_run"), ("- TODO", "TODO")] {
            let broken = unfinished(&Tree::with(&[("crates/pkce/README.md", text)]));
            assert!(broken.len() == 1 && broken[0].ends_with(&format!(": `{word}`")), "{broken:?}");
        }
        for source in [
            "fn f() { g(\"todo!\") }",
            "// what is todo!() for",
            "my_todo!()",
            "let todo = 1;",
            "/// ```compile_fail,E0382",
            "// ```ignore",
            "/// ```should_panic",
            "// TODOS",
        ] {
            assert!(found(unfinished, source).is_empty(), "{source}");
        }
    }
}
