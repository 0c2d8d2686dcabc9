//! Versions and terms stand once, in the root manifest.

use toml_edit::{Item, TableLike};

use super::{Broken, Tree};
use crate::workspace::{Member, inherits};

/// A version that stands twice is one day two versions.
pub(super) fn versions(tree: &Tree) -> Broken {
    let mut broken = Vec::new();
    for member in &tree.workspace.members {
        let own = member.dependencies().into_iter().filter(|(.., item)| !inherits(item));
        broken.extend(
            own.map(|(table, name, _)| {
                format!("{}/Cargo.toml: [{table}] {name}: say `workspace = true`", member.folder)
            }),
        );
    }
    let listed =
        tree.workspace.manifest.get("workspace").and_then(|workspace| workspace.get("dependencies")?.as_table_like());
    for (name, _) in listed.into_iter().flat_map(TableLike::iter) {
        let mut members = tree.workspace.members.iter();
        if !members.any(|member| member.dependencies().iter().any(|(_, used, _)| *used == name)) {
            broken.push(format!("Cargo.toml: [workspace.dependencies] {name}: no member uses it"));
        }
    }
    broken
}

pub(super) fn inheritance(tree: &Tree) -> Broken {
    let mut broken = Vec::new();
    for Member { folder, manifest, .. } in &tree.workspace.members {
        let package = manifest.get("package");
        for key in ["version", "edition", "rust-version", "license"] {
            if !package.and_then(|package| package.get(key)).is_some_and(inherits) {
                broken.push(format!("{folder}/Cargo.toml: [package] {key}: say `{key}.workspace = true`"));
            }
        }
        if !manifest.get("lints").is_some_and(inherits) {
            broken.push(format!("{folder}/Cargo.toml: [lints]: say `workspace = true`"));
        }
        if manifest.get("lints").and_then(Item::as_table_like).is_some_and(|lints| lints.len() > 1) {
            broken.push(format!("{folder}/Cargo.toml: [lints]: nothing beside `workspace = true`"));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pkce(change: impl Fn(&str) -> String) -> Tree {
        let kept = Tree::with(&[]);
        Tree::with(&[("crates/pkce/Cargo.toml", &change(&kept.files["crates/pkce/Cargo.toml"]))])
    }

    #[test]
    fn a_version_in_a_member_is_found() {
        for (table, text) in [
            ("dependencies", "subtle = '2.6'"),
            ("dependencies", "subtle = { version = '2.6', features = ['i128'] }"),
            ("dependencies", "subtle.path = '../subtle'"),
            ("dev-dependencies", "subtle.workspace = true\n[dev-dependencies]\nother = '1'"),
        ] {
            let name = if table == "dependencies" { "subtle" } else { "other" };
            let broken = versions(&pkce(|manifest| manifest.replace("subtle.workspace = true", text)));
            assert_eq!(broken, [format!("crates/pkce/Cargo.toml: [{table}] {name}: say `workspace = true`")], "{text}");
        }
    }

    #[test]
    fn a_version_that_nobody_uses_is_found() {
        let broken = versions(&pkce(|manifest| manifest.replace("subtle.", "other.")));
        assert_eq!(broken, ["Cargo.toml: [workspace.dependencies] subtle: no member uses it"]);
    }

    #[test]
    fn terms_of_a_member_s_own_are_found() {
        for key in ["version", "edition", "rust-version", "license"] {
            for own in ["", &format!("{key} = '1'\n")] {
                let broken = inheritance(&pkce(|manifest| {
                    manifest.replace(&format!("\n{key}.workspace = true\n"), &format!("\n{own}"))
                }));
                assert_eq!(broken, [format!("crates/pkce/Cargo.toml: [package] {key}: say `{key}.workspace = true`")]);
            }
        }
        let broken = inheritance(&pkce(|manifest| {
            manifest.replace("[lints]\nworkspace = true", "[lints.rust]\nunsafe_code = 'allow'")
        }));
        assert_eq!(broken, ["crates/pkce/Cargo.toml: [lints]: say `workspace = true`"]);
        let broken =
            inheritance(&pkce(|manifest| manifest.replace("[lints]\n", "[lints]\nclippy.unwrap_used = 'allow'\n")));
        assert_eq!(broken, ["crates/pkce/Cargo.toml: [lints]: nothing beside `workspace = true`"]);
    }
}
