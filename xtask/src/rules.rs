//! The rules of the tree: what no compiler checks, as code. Each has a test that shows it broken.

mod crates;
mod dependencies;
mod error_codes;
mod excerpts;
mod figures;
mod links;
mod manifests;
mod rust_code;
mod rust_text;
mod sizes;
mod top_level;

use std::collections::BTreeMap;

use crate::failure::Failure;
use crate::metadata::Metadata;
use crate::workspace::{self, Workspace};
use crate::{files, process};

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
    ("no file is longer than 600 lines", sizes::too_long),
    ("the top level has the folders of the map and no others", top_level::unknown),
    ("no public type of a crate has a type parameter", rust_code::generic_types),
    ("no crate can panic by its own word outside tests", rust_code::panics),
    ("every code of an error is provoked by a test", error_codes::untested),
    ("no two errors give the same code", error_codes::ambiguous),
    ("nothing is left to be done, skipped or not run", rust_code::unfinished),
    ("versions stand in the root manifest only, and each is used", manifests::versions),
    ("every member takes version, edition, rust-version, licence and lints from the root", manifests::inheritance),
    ("every crate has a README, a CHANGELOG and both licence texts", crates::papers),
    ("every figure of speed and size was printed by a task", figures::typed),
    ("packages depend on each other as designed", crates::layers),
    ("what a Markdown file names of this tree is there", links::broken),
    ("what CONTRIBUTING shows of a file is what the file says", excerpts::outdated),
];

/// Checks all of them and names everything that is wrong, not only the first.
pub(crate) fn check() -> Result<String, Failure> {
    let tree = Tree::read()?;
    let mut broken = Vec::new();
    let mut count = 0;
    let mut report = |rule: &str, found: Broken| {
        count += 1;
        println!("{} {rule}", if found.is_empty() { "ok    " } else { "BROKEN" });
        broken.extend(found);
    };
    for (name, rule) in RULES {
        report(name, rule(&tree));
    }
    report(
        "every dependency builds with the Rust that we state",
        dependencies::rust_versions(&tree, &Metadata::with_dependencies()?.packages),
    );
    let readme = tree.files.get(crate::dependencies::FILE).map_or("", String::as_str);
    report("benches/README.md counts the packages that each crate brings", crate::dependencies::outdated(readme)?);
    report("no dependency is one that we refused", dependencies::refused(&tree));
    for bounds in dependencies::BOUNDS {
        let text = process::read(process::cargo().args(bounds.command()))?;
        report(&bounds.rule(), bounds.exceeded(&text));
    }
    if broken.is_empty() {
        return Ok(format!("{count} rules, {} files", tree.files.len()));
    }
    for line in &broken {
        eprintln!("{line}");
    }
    Err(Failure::Failed(format!("the rules of the tree are broken in {} places, listed above", broken.len())))
}

impl Tree {
    fn read() -> Result<Self, Failure> {
        let mut found = BTreeMap::new();
        for path in files::list(workspace::root())? {
            let full = workspace::root().join(&path);
            let octets = std::fs::read(&full)
                .map_err(|error| Failure::Failed(format!("{} cannot be read: {error}", full.display())))?;
            found.insert(path, String::from_utf8(octets).unwrap_or_default());
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
        const ROOT: &str = "[workspace]\nmembers = ['crates/pkce', 'xtask']\n\
            [workspace.package]\nversion = '0.1.0'\nedition = '2024'\nrust-version = '1.88'\nlicense = 'MIT'\n\
            [workspace.dependencies]\nsubtle = { version = '2.6', default-features = false }\n";
        const INHERITED: &str = "version.workspace = true\nedition.workspace = true\nrust-version.workspace = true\n\
            license.workspace = true\n";
        let pkce = format!(
            "[package]\nname = 'proofkey-pkce'\n{INHERITED}[dependencies]\nsubtle.workspace = true\n[lints]\nworkspace = true\n"
        );
        let xtask = format!("[package]\nname = 'xtask'\n{INHERITED}[lints]\nworkspace = true\n");
        let mut files: BTreeMap<_, _> = [
            (".cargo/deny.toml", "[bans]\ndeny = [{ crate = 'rsa', reason = 'it leaks' }]\n"),
            ("Cargo.toml", ROOT),
            ("Cargo.lock", "version = 4\n[[package]]\nname = 'subtle'\nversion = '2.6.1'\n"),
            ("README.md", "# proofkey\n"),
            ("crates/pkce/Cargo.toml", &pkce),
            ("crates/pkce/README.md", "# proofkey-pkce\n"),
            ("crates/pkce/CHANGELOG.md", "# Changelog\n"),
            ("crates/pkce/LICENSE-MIT", "mit"),
            ("crates/pkce/LICENSE-APACHE", "apache"),
            ("crates/pkce/src/lib.rs", "//! A crate.\n"),
            ("xtask/Cargo.toml", &xtask),
            ("xtask/src/main.rs", "fn main() {}\n"),
        ]
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .into();
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
        assert_eq!(dependencies::refused(&tree), Broken::new());
    }
}
