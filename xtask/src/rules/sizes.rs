//! A file that is read from top to bottom in one sitting.

use super::{Broken, Tree};

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
}
