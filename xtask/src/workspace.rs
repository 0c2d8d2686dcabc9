//! The workspace as its manifests describe it.

use std::path::Path;

use toml_edit::{DocumentMut, Item, TableLike};

use crate::failure::Failure;
use crate::files;

/// The folder of the root manifest.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// The tables of a manifest that name dependencies, at its top and below each `[target.'cfg(..)']`.
pub(crate) const DEPENDENCY_TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// The root manifest and each member's.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) manifest: DocumentMut,
    pub(crate) members: Vec<Member>,
}

/// One package of the workspace.
#[derive(Debug)]
pub(crate) struct Member {
    /// Relative to the root, with `/`.
    pub(crate) folder: String,
    pub(crate) name: String,
    pub(crate) manifest: DocumentMut,
}

impl Workspace {
    /// Reads the root manifest and those of the members that it lists.
    pub(crate) fn read() -> Result<Self, Failure> {
        Self::from_texts(|path| files::read(&root().join(path)))
    }

    /// The same with each manifest's text by its path, relative to the root.
    pub(crate) fn from_texts(text: impl Fn(&str) -> Result<String, Failure>) -> Result<Self, Failure> {
        let manifest = parse("Cargo.toml", &text("Cargo.toml")?)?;
        let listed = manifest.get("workspace").and_then(|workspace| workspace.get("members")?.as_array());
        let mut members = Vec::new();
        for entry in listed.into_iter().flatten() {
            let folder = entry.as_str().unwrap_or_default().to_owned();
            if folder.is_empty() || folder.contains('*') {
                return Err(Failure::Failed("Cargo.toml: each member is named by its folder, without `*`".into()));
            }
            let path = format!("{folder}/Cargo.toml");
            let manifest = parse(&path, &text(&path)?)?;
            let name = manifest.get("package").and_then(|package| package.get("name")?.as_str());
            let name = name.ok_or_else(|| Failure::Failed(format!("{path}: no package.name")))?.to_owned();
            members.push(Member { folder, name, manifest });
        }
        Ok(Self { manifest, members })
    }

    /// A value below `[workspace]`.
    pub(crate) fn shared(&self, table: &str, key: &str) -> Option<&Item> {
        self.manifest.get("workspace")?.get(table)?.get(key)
    }

    /// The members that are made to be depended on.
    pub(crate) fn crates(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.folder.starts_with("crates/"))
    }

    /// The member in `folder`, relative to the root.
    pub(crate) fn member_in(&self, folder: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.folder == folder)
    }

    /// The version that every member has.
    pub(crate) fn version(&self) -> &str {
        self.shared("package", "version").and_then(Item::as_str).unwrap_or_default()
    }

    /// The oldest Rust that every member is built with.
    pub(crate) fn rust_version(&self) -> &str {
        self.shared("package", "rust-version").and_then(Item::as_str).unwrap_or_default()
    }

    /// The other members that `member` names, each with the table and what is said of it there.
    pub(crate) fn named_by<'a>(
        &'a self,
        member: &'a Member,
    ) -> impl Iterator<Item = (&'static str, &'a Member, &'a Item)> {
        let found = member.dependencies().into_iter();
        found.filter_map(|(table, key, item)| Some((table, self.members.iter().find(|other| other.name == key)?, item)))
    }
}

impl Member {
    /// Each dependency of any kind: its table's name, its key, and what is said of it.
    pub(crate) fn dependencies(&self) -> Vec<(&'static str, &str, &Item)> {
        let top = std::iter::once(self.manifest.as_table() as &dyn TableLike);
        let targets = self.manifest.get("target").and_then(Item::as_table_like);
        let targets = targets.into_iter().flat_map(|table| table.iter()).filter_map(|(_, item)| item.as_table_like());
        let mut found = Vec::new();
        for table in top.chain(targets) {
            for kind in DEPENDENCY_TABLES {
                let listed = table.get(kind).and_then(Item::as_table_like);
                found.extend(listed.into_iter().flat_map(|listed| listed.iter()).map(|(key, item)| (kind, key, item)));
            }
        }
        found
    }
}

/// Whether `{ workspace = true }` stands there, in any of TOML's spellings.
pub(crate) fn inherits(item: &Item) -> bool {
    item.as_table_like().and_then(|table| table.get("workspace")?.as_bool()) == Some(true)
}

fn parse(path: &str, text: &str) -> Result<DocumentMut, Failure> {
    text.parse().map_err(|error| Failure::Failed(format!("{path} is not TOML: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_members_are_found() {
        let workspace = Workspace::read().unwrap();
        assert_eq!(workspace.member_in("xtask").unwrap().name, "xtask");
        assert_eq!(workspace.member_in("crates/pkce").unwrap().name, "proofkey-pkce");
        assert!(workspace.member_in("crates").is_none());
    }

    #[test]
    fn dependencies_of_every_kind_are_found() {
        let manifest = "[package]\nname = 'a'\n[dependencies]\nb.workspace = true\n[dev-dependencies.c]\nversion = '1'\n\
                        [target.'cfg(unix)'.build-dependencies]\nd = '2'\n";
        let workspace = Workspace::from_texts(|path| {
            Ok(if path == "Cargo.toml" { "[workspace]\nmembers = ['a']".into() } else { manifest.to_owned() })
        })
        .unwrap();
        let found: Vec<_> = workspace.members[0]
            .dependencies()
            .into_iter()
            .map(|(kind, key, item)| (kind, key, inherits(item)))
            .collect();
        assert_eq!(
            found,
            [("dependencies", "b", true), ("dev-dependencies", "c", false), ("build-dependencies", "d", false)]
        );
    }

    #[test]
    fn a_manifest_that_cannot_be_used_is_named() {
        for (root, member, said) in [
            ("[workspace", "", "Cargo.toml is not TOML"),
            ("[workspace]\nmembers = ['a*']", "", "without `*`"),
            ("[workspace]\nmembers = ['a']", "[package]", "a/Cargo.toml: no package.name"),
            ("[workspace]\nmembers = ['a']", "=", "a/Cargo.toml is not TOML"),
        ] {
            let found =
                Workspace::from_texts(|path| Ok(if path == "Cargo.toml" { root.into() } else { member.into() }));
            let message = found.unwrap_err();
            assert!(message.message().unwrap().contains(said), "{message:?}");
        }
    }
}
