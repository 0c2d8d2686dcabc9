//! The first thing a newcomer sees: what lies at the top.

use super::{Broken, Tree};

/// Names that begin with a dot belong to tools and are not listed here.
const TOP: &[&str] =
    &["Cargo.lock", "Cargo.toml", "README.md", "benches", "book", "conformance", "crates", "fuzz", "xtask"];

pub(super) fn unknown(tree: &Tree) -> Broken {
    let mut names: Vec<_> = tree.files.keys().filter_map(|path| path.split('/').next()).collect();
    names.dedup();
    names.retain(|name| !name.starts_with('.') && !TOP.contains(name));
    names.iter().map(|name| format!("{name}: not part of the top level; put it into one of its folders")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_at_the_top_is_named_once() {
        let tree = Tree::with(&[("notes.txt", ""), ("src/a.rs", ""), ("src/b.rs", ""), (".ci/run", "")]);
        assert_eq!(
            unknown(&tree),
            [
                "notes.txt: not part of the top level; put it into one of its folders",
                "src: not part of the top level; put it into one of its folders",
            ]
        );
    }
}
