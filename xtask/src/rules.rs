//! The rules of the tree: what no compiler checks, as code. Each has a test that shows it broken.

mod error_codes;
mod layout;
mod manifests;
mod markdown;
mod unfinished;

use std::collections::BTreeMap;

use crate::failure::Failure;
use crate::workspace::{self, Workspace};
use crate::{dependencies, files, process};

/// The tree as the rules read it.
#[derive(Debug)]
struct Tree {
    workspace: Workspace,
    /// Every file by its path, relative to the root; those that are not UTF-8 are empty.
    files: BTreeMap<String, String>,
}

/// What is wrong: `path:line: what, and what to do`.
type Broken = Vec<String>;

/// Name and function.
type Rule = (&'static str, fn(&Tree) -> Broken);

/// The rules that need no more than the tree.
const RULES: &[Rule] = &[
    ("no file is longer than 600 lines", layout::too_long),
    ("the top level has the folders of the map and no others", layout::unknown_at_the_top),
    ("every crate has a README, a CHANGELOG and both licence texts", layout::papers),
    ("every code of an error is provoked by a test", error_codes::untested),
    ("no two errors give the same code", error_codes::ambiguous),
    ("nothing is left to be done, skipped or not run", unfinished::left),
    ("versions stand in the root manifest only, and each is used", manifests::versions),
    ("every member takes version, edition, rust-version, licence and lints from the root", manifests::inheritance),
    ("packages depend on each other as designed", manifests::layers),
    ("what a Markdown file names of this tree is there", markdown::broken_links),
    ("what CONTRIBUTING shows of a file is what the file says", markdown::outdated),
];

/// Checks all of them and names everything that is wrong, not only the first.
pub(crate) fn check() -> Result<String, Failure> {
    let tree = Tree::read()?;
    let mut found: Vec<_> = RULES.iter().map(|(name, rule)| (*name, rule(&tree))).collect();
    let metadata = process::metadata(&["--locked"])?;
    found.push(("every dependency builds with the Rust that we state", manifests::rust_versions(&tree, &metadata)));
    found.push(("no dependency is one that we refused", manifests::refused(&tree, &metadata)));
    let readme = tree.files.get(dependencies::FILE).map_or("", String::as_str);
    found.push(("each crate brings the packages that were agreed and are published", dependencies::broken(readme)?));
    for (name, broken) in &found {
        println!("{} {name}", if broken.is_empty() { "ok    " } else { "BROKEN" });
    }
    let broken: Vec<_> = found.iter().flat_map(|(_, broken)| broken).collect();
    for line in &broken {
        eprintln!("{line}");
    }
    if broken.is_empty() {
        return Ok(format!("{} rules, {} files", found.len(), tree.files.len()));
    }
    Err(Failure::Failed(format!("the rules of the tree are broken in {} places, listed above", broken.len())))
}

impl Tree {
    fn read() -> Result<Self, Failure> {
        let mut found = BTreeMap::new();
        for path in files::list(workspace::root())? {
            let full = workspace::root().join(&path);
            let bytes = std::fs::read(&full).map_err(files::failed(&full))?;
            found.insert(path, String::from_utf8(bytes).unwrap_or_default());
        }
        Self::of(found)
    }

    fn of(files: BTreeMap<String, String>) -> Result<Self, Failure> {
        let workspace = Workspace::from_texts(|path| {
            files.get(path).cloned().ok_or_else(|| Failure::Failed(format!("{path}: no such file")))
        })?;
        Ok(Self { workspace, files })
    }

    /// The files below `folder` that end in `suffix`.
    fn below<'a>(&'a self, folder: &'a str, suffix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let chosen = move |path: &str| path.starts_with(folder) && path.ends_with(suffix);
        self.files.iter().filter(move |(path, _)| chosen(path)).map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

#[cfg(test)]
impl Tree {
    /// A tree that keeps every rule, with `changes` laid over it.
    fn with(changes: &[(&str, &str)]) -> Self {
        const ROOT: &str = "[workspace]\nmembers = ['crates/pkce', 'crates/jwt', 'xtask']\n\
            [workspace.package]\nversion = '0.1.0'\nedition = '2024'\nrust-version = '1.88'\nlicense = 'MIT'\n\
            [workspace.dependencies]\nsubtle = { version = '2.6', default-features = false }\n";
        const INHERITED: &str = "version.workspace = true\nedition.workspace = true\nrust-version.workspace = true\n\
            license.workspace = true\n";
        let manifest = |name: &str, more: &str| {
            format!("[package]\nname = '{name}'\n{INHERITED}[dependencies]\n{more}[lints]\nworkspace = true\n")
        };
        let mut files: BTreeMap<_, _> = [
            ("Cargo.toml", ROOT),
            ("README.md", "# proofkey\n"),
            ("crates/pkce/Cargo.toml", &manifest("proofkey-pkce", "subtle.workspace = true\n")),
            ("crates/pkce/src/lib.rs", "//! A crate.\n"),
            ("crates/jwt/Cargo.toml", &manifest("proofkey-jwt", "")),
            ("xtask/Cargo.toml", &manifest("xtask", "")),
            ("xtask/src/main.rs", "fn main() {}\n"),
        ]
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .into();
        for paper in ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"] {
            files.extend(["pkce", "jwt"].map(|folder| (format!("crates/{folder}/{paper}"), format!("# {paper}\n"))));
        }
        for (path, text) in changes {
            files.insert((*path).to_owned(), (*text).to_owned());
        }
        Self::of(files).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_that_keeps_the_rules_is_not_accused() {
        let tree = Tree::with(&[]);
        for (name, rule) in RULES {
            assert_eq!(rule(&tree), Broken::new(), "{name}");
        }
    }
}
