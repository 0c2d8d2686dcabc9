//! What a Markdown file says of this tree is so. The book's pages have a checker of their own.

use std::path::{Component, Path, PathBuf};

use super::{Broken, Tree};

/// Each relative link of a Markdown file leads to a file or a folder; and where its text is an identifier in code and
/// its target a Rust file, the file contains that identifier.
pub(super) fn broken_links(tree: &Tree) -> Broken {
    let documents = tree.files.iter().filter(|(path, _)| path.ends_with(".md") && !path.starts_with("book/src/"));
    let mut broken = Broken::new();
    for (path, text) in documents {
        let mut is_listing = false;
        for (number, line) in text.lines().enumerate() {
            is_listing ^= line.starts_with("```");
            if is_listing {
                continue;
            }
            for (name, target) in links(line) {
                if let Some(fault) = fault(tree, path, name, target) {
                    broken.push(format!("{path}:{}: {target}: {fault}", number + 1));
                }
            }
        }
    }
    broken
}

/// Text and target of each inline link.
fn links(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.match_indices("](").filter_map(|(at, _)| {
        let text = line[..at].rsplit_once('[')?.1;
        let target = line[at + 2..].split_once(')')?.0;
        Some((text, target))
    })
}

fn fault(tree: &Tree, from: &str, name: &str, target: &str) -> Option<String> {
    let target = target.split_once('#').map_or(target, |(file, _)| file);
    // An item's path is rustdoc's to follow.
    if target.is_empty() || target.contains("://") || target.contains("::") {
        return None;
    }
    let path = resolved(from, target)?;
    let folder = format!("{path}/");
    let Some(text) = tree.files.get(&path) else {
        let is_folder = tree.files.keys().any(|file| file.starts_with(&folder));
        return (!is_folder).then(|| "no such file or folder".to_owned());
    };
    let identifier = name.strip_prefix('`')?.strip_suffix('`')?;
    let is_identifier = identifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_test = path.ends_with(".rs") && is_identifier && identifier.contains('_');
    (is_test && !text.contains(identifier)).then(|| format!("it has no `{identifier}`"))
}

/// The target's path from the root; `None` for one that leaves the tree.
fn resolved(from: &str, target: &str) -> Option<String> {
    let mut path = PathBuf::new();
    for component in Path::new(from).parent()?.join(target).components() {
        match component {
            Component::ParentDir => path.pop().then_some(())?,
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    Some(path.to_str()?.to_owned())
}

const DOCUMENT: &str = ".github/CONTRIBUTING.md";

/// Behind a sentence of CONTRIBUTING that ends in "From `FILE`:", the listing that follows must stand in that file as it is.
pub(super) fn outdated(tree: &Tree) -> Broken {
    let text = tree.files.get(DOCUMENT).map_or("", String::as_str);
    let mut broken = Broken::new();
    for part in text.split("From `").skip(1) {
        let Some((path, behind)) = part.split_once("`:\n\n```") else { continue };
        let listing = behind.split_once('\n').and_then(|(_, rest)| rest.split_once("```"));
        let listing = listing.map_or("", |(listing, _)| listing);
        let is_there = tree.files.get(path).is_some_and(|file| !listing.is_empty() && file.contains(listing));
        if !is_there {
            broken.push(format!("{DOCUMENT}: {path} does not say what is shown of it"));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_nothing_and_a_test_that_is_gone_are_found() {
        let check = |text: &str| {
            let changes = [("crates/pkce/src/gone.rs", "fn here_it_is() {}"), (".github/A.md", text)];
            broken_links(&Tree::with(&changes))
        };
        for good in [
            "[a](../README.md), [b](../crates/pkce), [c](https://as.example/nothing), [d](#here)",
            "[`here_it_is`](../crates/pkce/src/gone.rs#L1)",
            "[a name](../crates/pkce/src/gone.rs)",
            "[an item](crate::Item)",
            "```text\n[a](NO.md)\n```",
        ] {
            assert_eq!(check(good), Broken::new(), "{good}");
        }
        assert_eq!(check("\n[a](NO.md)"), [".github/A.md:2: NO.md: no such file or folder"]);
        assert_eq!(
            check("[`gone_it_is`](../crates/pkce/src/gone.rs)"),
            [".github/A.md:1: ../crates/pkce/src/gone.rs: it has no `gone_it_is`"]
        );
    }

    #[test]
    fn an_excerpt_that_the_file_does_not_have_is_found() {
        let check = |listing: &str| {
            let text = format!("It is so. From `crates/pkce/src/a.rs`:\n\n```rust\n{listing}```\n");
            outdated(&Tree::with(&[("crates/pkce/src/a.rs", "fn one() {}\nfn two() {}\n"), (DOCUMENT, &text)]))
        };
        assert_eq!(check("fn two() {}\n"), Broken::new());
        for wrong in ["fn three() {}\n", ""] {
            assert_eq!(
                check(wrong),
                [".github/CONTRIBUTING.md: crates/pkce/src/a.rs does not say what is shown of it"]
            );
        }
    }
}
