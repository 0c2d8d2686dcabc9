//! What a README points at is there: files, the tests it names as proof, cases of the suite, tasks.

use super::{Broken, Tree};

pub(super) fn dead(tree: &Tree) -> Broken {
    let mut broken = Vec::new();
    for (path, text) in tree.below("", "README.md") {
        let folder = path.strip_suffix("README.md").unwrap_or_default();
        for (number, line) in prose(text) {
            let mut say = |what: String| broken.push(format!("{path}:{number}: {what}"));
            for (shown, target) in links(line) {
                let target = target.split('#').next().unwrap_or_default();
                if !target.is_empty() && !target.contains(':') && !leads(tree, &joined(folder, target), shown) {
                    say(format!("[{shown}]({target}): no such file, or no such test in it"));
                }
            }
            for name in line.split('`').skip(1).step_by(2) {
                if is_case(name) && !is_known(tree, name) {
                    say(format!("`{name}`: no such case"));
                }
                let task = name.strip_prefix("cargo xtask ").and_then(|call| call.split(' ').next());
                if task.is_some_and(|task| !is_task(tree, task)) {
                    say(format!("`{name}`: no such task"));
                }
            }
        }
    }
    broken
}

/// The lines outside of listings, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut listing = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        let mark = line.trim_start().starts_with("```");
        listing ^= mark;
        (!listing && !mark).then_some((at + 1, line))
    })
}

/// What is shown and where it leads.
fn links(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.match_indices("](").filter_map(|(at, _)| {
        let shown = line[..at].rfind('[').map_or("", |start| &line[start + 1..at]);
        line[at + 2..].split_once(')').map(|(target, _)| (shown, target))
    })
}

/// A path from the root, `..` resolved.
fn joined(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// A file or a folder; and when a function is shown, a file in which it is.
fn leads(tree: &Tree, path: &str, shown: &str) -> bool {
    let name = shown.trim_matches('`');
    let is_function = name.contains('_') && name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'));
    match tree.files.get(path) {
        Some(text) => !is_function || text.contains(&format!("fn {name}(")),
        None => tree.files.keys().any(|file| file.starts_with(&format!("{path}/"))),
    }
}

/// Two letters, two digits, a stroke: `OA-48/state-wrong`, or `OA-48/*` for all of a row.
fn is_case(name: &str) -> bool {
    let octets = name.as_bytes();
    octets.len() > 6 && octets[..2].iter().all(u8::is_ascii_uppercase) && octets[2] == b'-' && octets[5] == b'/'
}

fn is_known(tree: &Tree, name: &str) -> bool {
    let literal = match name.strip_suffix('*') {
        Some(row) => format!("\"{row}"),
        None => format!("\"{name}\""),
    };
    tree.below("conformance/src/cases/", ".rs").any(|(_, source)| source.contains(&literal))
}

fn is_task(tree: &Tree, name: &str) -> bool {
    tree.files.get("xtask/src/main.rs").is_some_and(|source| source.contains(&format!("(\"{name}\", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Broken {
        dead(&Tree::with(&[
            ("crates/pkce/README.md", line),
            ("crates/pkce/tests/secrets.rs", "fn it_is_kept() {}\n"),
            ("conformance/src/cases/state.rs", "Case::new(\"OA-48/state-wrong\")"),
            ("xtask/src/main.rs", "    (\"fuzz\", fuzz::HELP, fuzz::run),\n"),
        ]))
    }

    #[test]
    fn what_is_there_is_not_accused() {
        for line in [
            "[a](src/lib.rs), [b](src), [c](../../xtask/), [d](https://example.org/x), [e](#part), [f](src/lib.rs#L1)",
            "[`it_is_kept`](tests/secrets.rs) [`secrets.rs`](tests/secrets.rs)",
            "`OA-48/state-wrong`, `OA-48/*`, `cargo xtask fuzz --seconds 1`, `cargo xtask`, `cargo test`",
            "```text\n[a](nowhere) `OA-99/*`\n```",
        ] {
            assert_eq!(found(line), Broken::new(), "{line}");
        }
    }

    #[test]
    fn what_is_not_there_is_found() {
        for (line, what) in [
            ("[a](src/gone.rs)", "[a](src/gone.rs): no such file, or no such test in it"),
            ("[a](../jwt)", "[a](../jwt): no such file, or no such test in it"),
            (
                "[`it_is_lost`](tests/secrets.rs)",
                "[`it_is_lost`](tests/secrets.rs): no such file, or no such test in it",
            ),
            ("`OA-48/state-right`", "`OA-48/state-right`: no such case"),
            ("`OA-99/*`", "`OA-99/*`: no such case"),
            ("`cargo xtask frobnicate`", "`cargo xtask frobnicate`: no such task"),
        ] {
            assert_eq!(found(&format!("x\n{line}\n")), [format!("crates/pkce/README.md:2: {what}")]);
        }
    }
}
