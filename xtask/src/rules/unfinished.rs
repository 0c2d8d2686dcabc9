//! No gap is hidden: no placeholder, no test that is skipped, no listing that is only shown.
//!
//! Clippy knows the macros, but neither comments nor Markdown, nor what lies beside the workspace, such as fuzz/.

use super::{Broken, Tree};

const PLACEHOLDERS: [&str; 4] = ["todo!(", "unimplemented!(", "dbg!(", "#[ignore"];

/// The words by which people note what they leave for later.
const LEFT: [&str; 3] = ["TODO", "FIXME", "XXX"];

pub(super) fn left(tree: &Tree) -> Broken {
    let mut broken = Vec::new();
    // This file has to name what it looks for.
    let rust = tree.below("", ".rs").filter(|(path, _)| *path != file!());
    for (path, text) in rust.chain(tree.below("", ".md")) {
        for (number, line) in text.lines().enumerate() {
            let words = line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| LEFT.contains(word));
            let placeholders = PLACEHOLDERS.into_iter().filter(|word| path.ends_with(".rs") && line.contains(word));
            let found = words.chain(placeholders).chain(not_run(line));
            broken.extend(found.map(|word| format!("{path}:{}: `{word}`", number + 1)));
        }
    }
    broken
}

/// The word that keeps a listing from being run, if this line opens one that has it.
fn not_run(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("///").or(line.strip_prefix("//!")).unwrap_or(line).trim_start();
    let info = line.strip_prefix("```").or(line.strip_prefix("~~~"))?;
    let mut words = info.split([',', ' ', '{', '}']);
    words.find(|word| ["no_run", "ignore"].contains(word) || word.starts_with("ignore-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_undone_is_found() {
        let found = |path: &str, text: &str| left(&Tree::with(&[(path, text)]));
        for (text, word) in [
            ("fn f() { todo!() }", "todo!("),
            ("fn f() { unimplemented!() }", "unimplemented!("),
            ("fn f() { dbg!(1); }", "dbg!("),
            ("#[test]\n#[ignore = \"slow\"]", "#[ignore"),
            ("// TODO: more", "TODO"),
            ("/* FIXME */", "FIXME"),
            ("/// ```no_run", "no_run"),
            ("//! ```rust,ignore", "ignore"),
            ("    /// ~~~ ignore-windows", "ignore-windows"),
        ] {
            assert_eq!(found("fuzz/a.rs", text), [format!("fuzz/a.rs:{}: `{word}`", text.lines().count())]);
        }
        assert_eq!(found("a.md", "a\n```rust,no_run\n```\n- TODO"), ["a.md:2: `no_run`", "a.md:4: `TODO`"]);
        for text in ["let todo = 1;", "/// ```compile_fail,E0382", "/// ```should_panic", "// TODOS"] {
            assert_eq!(found("fuzz/a.rs", text), Broken::new());
        }
    }
}
