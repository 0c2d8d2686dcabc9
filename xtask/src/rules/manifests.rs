//! What the manifests say: versions and terms once, in the root's, and who may name whom.

use serde_json::Value;
use toml_edit::{Array, DocumentMut, Item, TableLike};

use super::{Broken, Tree};
use crate::workspace::{Member, inherits};

/// A version that stands twice is one day two versions.
pub(super) fn versions(tree: &Tree) -> Broken {
    let mut broken = Vec::new();
    for member in &tree.workspace.members {
        let own = member.dependencies().into_iter().filter(|(.., item)| !inherits(item));
        let say = |table, name| format!("{}/Cargo.toml: [{table}] {name}: say `workspace = true`", member.folder);
        broken.extend(own.map(|(table, name, _)| say(table, name)));
    }
    let listed = tree.workspace.manifest.get("workspace").and_then(|it| it.get("dependencies")?.as_table_like());
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
        for key in ["version", "edition", "rust-version", "license"] {
            if !manifest.get("package").and_then(|package| package.get(key)).is_some_and(inherits) {
                broken.push(format!("{folder}/Cargo.toml: [package] {key}: say `{key}.workspace = true`"));
            }
        }
        let lints = manifest.get("lints");
        if !lints.is_some_and(inherits) || lints.and_then(Item::as_table_like).is_some_and(|lints| lints.len() > 1) {
            broken.push(format!("{folder}/Cargo.toml: [lints]: say `workspace = true`, and nothing beside it"));
        }
    }
    broken
}

/// A package that asks for a newer Rust than we state makes our statement false.
pub(super) fn rust_versions(tree: &Tree, metadata: &Value) -> Broken {
    let ours = tree.workspace.rust_version();
    let numbers = |version: &str| -> Option<Vec<u32>> {
        version.trim_end_matches(".0").split('.').map(|part| part.parse().ok()).collect()
    };
    let (Some(stated), Some(packages)) = (numbers(ours), metadata["packages"].as_array()) else {
        return vec!["Cargo.toml: [workspace.package] rust-version: missing, or no packages to compare it with".into()];
    };
    let mut broken = Vec::new();
    for package in packages {
        let Some(asked) = package["rust_version"].as_str() else { continue };
        if numbers(asked).is_none_or(|asked| asked > stated) {
            broken.push(format!("Cargo.lock: {} asks for Rust {asked}; we state {ours}", package["id"]));
        }
    }
    broken
}

/// Packages that must not come back by way of another one. `cargo xtask deny` has them from the same list, and sees more;
/// the gate does not wait until cargo-deny is built.
pub(super) fn refused(tree: &Tree, metadata: &Value) -> Broken {
    let deny = tree.files.get(".cargo/deny.toml").and_then(|text| text.parse::<DocumentMut>().ok());
    let list = deny.as_ref().and_then(|deny| deny.get("bans")?.get("deny")?.as_array());
    let names: Vec<_> =
        list.into_iter().flatten().filter_map(|entry| entry.as_inline_table()?.get("crate")?.as_str()).collect();
    if names.is_empty() || names.len() != list.map_or(0, Array::len) {
        return vec![".cargo/deny.toml: [bans] deny: name the `crate` of each".into()];
    }
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let found = packages.filter(|package| names.iter().any(|name| package["name"] == *name));
    found.map(|package| format!("Cargo.lock: {} came in, which .cargo/deny.toml refuses", package["id"])).collect()
}

/// A package, what it needs of ours, and what its tests may need besides.
type Layer = (&'static str, &'static [&'static str], &'static [&'static str]);

/// The two legs and their joint; and the suite, which judges from outside: only the shim of our client, and the soak, name our
/// crates, by the one that an application names. cargo-deny's wrappers do not tell a test's dependencies from others.
const LAYERS: &[Layer] = &[
    ("proofkey-pkce", &[], &[]),
    ("proofkey-authorize", &["proofkey-pkce"], &[]),
    ("proofkey-token", &["proofkey-authorize"], &["proofkey-authority"]),
    ("proofkey-jwt", &[], &[]),
    ("proofkey", &["proofkey-authorize", "proofkey-jwt", "proofkey-pkce", "proofkey-token"], &["proofkey-authority"]),
    ("proofkey-native", &["proofkey"], &["proofkey", "proofkey-authority"]),
    ("proofkey-web", &["proofkey"], &["proofkey-authority"]),
    ("proofkey-cli", &["proofkey", "proofkey-native"], &["proofkey-authority"]),
    ("proofkey-mcp", &["proofkey", "proofkey-native"], &["proofkey", "proofkey-authority"]),
    ("proofkey-authority", &[], &[]),
    ("proofkey-hostile", &["proofkey", "proofkey-authority"], &[]),
    ("proofkey-mcp-judge", &["proofkey-authority"], &[]),
    ("proofkey-reference", &[], &["proofkey-authority"]),
    ("proofkey-conformance", &["proofkey-authority", "proofkey-reference"], &[]),
    ("proofkey-shim", &["proofkey"], &["proofkey-authority", "proofkey-web"]),
    (
        "proofkey-book",
        &["proofkey", "proofkey-authority"],
        &["proofkey-conformance", "proofkey-native", "proofkey-pkce", "proofkey-reference"],
    ),
    ("proofkey-demo", &["proofkey", "proofkey-authority", "proofkey-book"], &[]),
    ("xtask", &[], &[]),
];

pub(super) fn layers(tree: &Tree) -> Broken {
    let mut broken = Vec::new();
    for member in &tree.workspace.members {
        let layer = LAYERS.iter().find(|(package, ..)| *package == member.name);
        if layer.is_none() {
            let Member { folder, name, .. } = member;
            broken.push(format!("{folder}: say in xtask/src/rules/manifests.rs which packages {name} may name"));
        }
        let (_, needs, tests_need) = layer.copied().unwrap_or_default();
        for (table, name, _) in member.dependencies() {
            let ours = LAYERS.iter().any(|(package, ..)| *package == name);
            let allowed = needs.contains(&name) || table == "dev-dependencies" && tests_need.contains(&name);
            if ours && !allowed {
                broken
                    .push(format!("{}/Cargo.toml: [{table}] {name}: {} does not know it", member.folder, member.name));
            }
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What this rule says when `from` reads `to` in the manifest of proofkey-pkce.
    fn pkce(rule: fn(&Tree) -> Broken, from: &str, to: &str) -> Broken {
        let changed = Tree::with(&[]).files["crates/pkce/Cargo.toml"].replace(from, to);
        rule(&Tree::with(&[("crates/pkce/Cargo.toml", &changed)]))
    }

    #[test]
    fn a_version_in_a_member_is_found() {
        for (table, name, text) in [
            ("dependencies", "subtle", "subtle = '2.6'"),
            ("dependencies", "subtle", "subtle = { version = '2.6', features = ['i128'] }"),
            ("dependencies", "subtle", "subtle.path = '../subtle'"),
            ("dev-dependencies", "other", "subtle.workspace = true\n[dev-dependencies]\nother = '1'"),
        ] {
            let broken = pkce(versions, "subtle.workspace = true", text);
            assert_eq!(broken, [format!("crates/pkce/Cargo.toml: [{table}] {name}: say `workspace = true`")], "{text}");
        }
        let broken = pkce(versions, "subtle.", "other.");
        assert_eq!(broken, ["Cargo.toml: [workspace.dependencies] subtle: no member uses it"]);
    }

    #[test]
    fn terms_of_a_member_s_own_are_found() {
        for key in ["version", "edition", "rust-version", "license"] {
            for own in ["", &format!("{key} = '1'\n")] {
                let broken = pkce(inheritance, &format!("\n{key}.workspace = true\n"), &format!("\n{own}"));
                assert_eq!(broken, [format!("crates/pkce/Cargo.toml: [package] {key}: say `{key}.workspace = true`")]);
            }
        }
        for own in ["[lints.rust]\nunsafe_code = 'allow'", "[lints]\nworkspace = true\nclippy.unwrap_used = 'allow'"] {
            let broken = pkce(inheritance, "[lints]\nworkspace = true", own);
            assert_eq!(broken, ["crates/pkce/Cargo.toml: [lints]: say `workspace = true`, and nothing beside it"]);
        }
    }

    #[test]
    fn a_dependency_that_asks_for_a_newer_rust_is_found() {
        let asks = |asked: Option<&str>| serde_json::json!({"packages": [{"id": "a@1", "rust_version": asked}]});
        for asked in [None, Some("1.56"), Some("1.88"), Some("1.88.0"), Some("1")] {
            assert_eq!(rust_versions(&Tree::with(&[]), &asks(asked)), Broken::new(), "{asked:?}");
        }
        for asked in ["1.89", "1.88.1", "2.0", "1.100.0", "nightly"] {
            let broken = rust_versions(&Tree::with(&[]), &asks(Some(asked)));
            assert_eq!(broken, [format!("Cargo.lock: \"a@1\" asks for Rust {asked}; we state 1.88")]);
        }
        assert_eq!(rust_versions(&Tree::with(&[]), &Value::Null).len(), 1);
    }

    #[test]
    fn a_refused_package_is_found() {
        let metadata = serde_json::json!({"packages": [{"id": "b@1", "name": "b"}, {"id": "rsa@1", "name": "rsa"}]});
        let with = |list: &str| refused(&Tree::with(&[(".cargo/deny.toml", list)]), &metadata);
        let said = "Cargo.lock: \"rsa@1\" came in, which .cargo/deny.toml refuses";
        assert_eq!(with("[bans]\ndeny = [{ crate = 'rsa', reason = 'it leaks' }]\n"), [said]);
        assert_eq!(with("[bans]\ndeny = [{ crate = 'c' }]\n"), Broken::new());
        for list in ["", "[bans]\ndeny = []\n", "[bans]\ndeny = ['rsa']\n"] {
            assert_eq!(with(list), [".cargo/deny.toml: [bans] deny: name the `crate` of each"], "{list}");
        }
    }

    #[test]
    fn a_package_that_names_one_it_should_not_know_is_found() {
        for (table, other) in [("dependencies", "proofkey-jwt"), ("dev-dependencies", "proofkey-authority")] {
            let more = format!("[target.'cfg(unix)'.{table}]\n{other}.workspace = true\n[lints]");
            let said = format!("crates/pkce/Cargo.toml: [{table}] {other}: proofkey-pkce does not know it");
            assert_eq!(pkce(layers, "[lints]", &more), [said]);
        }
        let as_token = |table: &str| {
            let manifest =
                Tree::with(&[]).files["crates/pkce/Cargo.toml"].replace("'proofkey-pkce'", "'proofkey-token'");
            let changed =
                manifest.replace("[lints]", &format!("[{table}]\nproofkey-authority.workspace = true\n[lints]"));
            layers(&Tree::with(&[(
                "crates/pkce/Cargo.toml",
                &changed.replace("[dependencies]\nsubtle.workspace = true\n", ""),
            )]))
        };
        assert_eq!((as_token("dev-dependencies").len(), as_token("dependencies").len()), (0, 1));
    }

    #[test]
    fn a_new_package_must_be_given_its_place() {
        let broken = pkce(layers, "'proofkey-pkce'", "'proofkey-new'");
        assert_eq!(broken, ["crates/pkce: say in xtask/src/rules/manifests.rs which packages proofkey-new may name"]);
    }
}
