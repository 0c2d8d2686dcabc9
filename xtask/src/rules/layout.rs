//! What lies where: the first thing that a newcomer sees.

use super::{Broken, Tree};

/// A file is read from top to bottom in one sitting.
const LINES: usize = 600;

/// What people write here. Tables, test vectors and keys are data: nobody reads them from top to bottom.
const WRITTEN: &[&str] = &["rs", "py", "js", "sh", "toml", "md", "html", "css"];

/// `CHANGELOG.md` grows with each release and is read from the top for as long as one likes.
pub(super) fn too_long(tree: &Tree) -> Broken {
    let written = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        name != "CHANGELOG.md" && (extension.is_some_and(|extension| WRITTEN.contains(&extension)) || path == ".ci/run")
    };
    let long = tree.files.iter().filter(|(path, text)| written(path) && text.lines().count() > LINES);
    long.map(|(path, text)| format!("{path}: {} lines, at most {LINES}: divide it", text.lines().count())).collect()
}

/// Names that begin with a dot belong to tools and are not listed here.
const TOP: &[&str] =
    &["Cargo.lock", "Cargo.toml", "README.md", "benches", "book", "conformance", "crates", "fuzz", "xtask"];

pub(super) fn unknown_at_the_top(tree: &Tree) -> Broken {
    let mut names: Vec<_> = tree.files.keys().filter_map(|path| path.split('/').next()).collect();
    names.dedup();
    names.retain(|name| !name.starts_with('.') && !TOP.contains(name));
    names.iter().map(|name| format!("{name}: not part of the top level; put it into one of its folders")).collect()
}

const PAPERS: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];

pub(super) fn papers(tree: &Tree) -> Broken {
    let mut broken = Vec::new();
    for paper in PAPERS {
        let paths: Vec<_> = tree.workspace.crates().map(|member| format!("{}/{paper}", member.folder)).collect();
        let text = |path: &String| tree.files.get(path).map_or("", |text| text.trim());
        for path in &paths {
            if text(path).is_empty() {
                broken.push(format!("{path}: missing or empty"));
            } else if paper.starts_with("LICENSE") && text(path) != text(&paths[0]) {
                broken.push(format!("{path}: another text than {}", paths[0]));
            }
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_601_lines_is_too_long() {
        let (most, more) = ("x\n".repeat(LINES), "x\n".repeat(LINES + 1));
        for path in ["crates/pkce/src/lib.rs", "README.md", "conformance/shim.py", ".ci/run"] {
            assert!(too_long(&Tree::with(&[(path, &most)])).is_empty(), "{path}");
            assert_eq!(too_long(&Tree::with(&[(path, &more)])), [format!("{path}: 601 lines, at most 600: divide it")]);
        }
        for path in ["crates/pkce/CHANGELOG.md", "crates/pkce/tests/vectors.json", "crates/pkce/LICENSE-APACHE"] {
            assert!(too_long(&Tree::with(&[(path, &more)])).is_empty(), "{path}");
        }
    }

    #[test]
    fn a_stranger_at_the_top_is_named_once() {
        let tree = Tree::with(&[("src/a.rs", ""), ("src/b.rs", ""), (".ci/run", "")]);
        assert_eq!(unknown_at_the_top(&tree), ["src: not part of the top level; put it into one of its folders"]);
    }

    #[test]
    fn a_missing_paper_and_another_licence_are_found() {
        for paper in PAPERS {
            let path = format!("crates/jwt/{paper}");
            assert_eq!(papers(&Tree::with(&[(&path, " \n")])), [format!("{path}: missing or empty")]);
        }
        let tree = Tree::with(&[("crates/jwt/LICENSE-MIT", "mine")]);
        assert_eq!(papers(&tree), ["crates/jwt/LICENSE-MIT: another text than crates/pkce/LICENSE-MIT"]);
    }
}
