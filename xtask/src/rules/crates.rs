//! What each package brings with it, and which others it may name.

use super::{Broken, Tree};

/// A package, what it needs of ours, and what its tests may need besides.
type Layer = (&'static str, &'static [&'static str], &'static [&'static str]);

/// The two legs and their joint; and the suite, which judges from outside: only the shim of our client, and the soak, name our
/// crates, by the one that an application names.
const LAYERS: &[Layer] = &[
    ("proofkey-pkce", &[], &[]),
    ("proofkey-authorize", &["proofkey-pkce"], &[]),
    ("proofkey-token", &["proofkey-authorize"], &["proofkey-authority"]),
    ("proofkey-jwt", &[], &[]),
    ("proofkey", &["proofkey-authorize", "proofkey-jwt", "proofkey-pkce", "proofkey-token"], &["proofkey-authority"]),
    ("proofkey-authority", &[], &[]),
    ("proofkey-hostile", &["proofkey", "proofkey-authority"], &[]),
    ("proofkey-reference", &[], &["proofkey-authority"]),
    ("proofkey-conformance", &["proofkey-authority", "proofkey-reference"], &[]),
    ("proofkey-shim", &["proofkey"], &["proofkey-authority"]),
    (
        "proofkey-book",
        &["proofkey", "proofkey-authority"],
        &["proofkey-conformance", "proofkey-pkce", "proofkey-reference"],
    ),
    ("proofkey-demo", &["proofkey", "proofkey-authority", "proofkey-book"], &[]),
    ("xtask", &[], &[]),
];

pub(super) fn layers(tree: &Tree) -> Broken {
    let mut broken = Vec::new();
    for member in &tree.workspace.members {
        let Some((_, needs, tests_need)) = LAYERS.iter().find(|(name, ..)| *name == member.name) else {
            broken.push(format!(
                "{}: say in xtask/src/rules/crates.rs which packages {} may name",
                member.folder, member.name
            ));
            continue;
        };
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

const PAPERS: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];

pub(super) fn papers(tree: &Tree) -> Broken {
    let mut broken = Vec::new();
    let mut crates = tree.workspace.crates().peekable();
    let Some(first) = crates.peek().map(|member| member.folder.clone()) else { return broken };
    for member in crates {
        for paper in PAPERS {
            let path = format!("{}/{paper}", member.folder);
            match tree.files.get(&path) {
                None => broken.push(format!("{path}: missing")),
                Some(text) if text.trim().is_empty() => broken.push(format!("{path}: empty")),
                Some(text)
                    if paper.starts_with("LICENSE") && tree.files.get(&format!("{first}/{paper}")) != Some(text) =>
                {
                    broken.push(format!("{path}: another text than {first}/{paper}"));
                }
                Some(_) => {}
            }
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_paper_is_found() {
        for paper in PAPERS {
            let path = format!("crates/pkce/{paper}");
            let mut tree = Tree::with(&[]);
            tree.files.remove(&path);
            assert_eq!(papers(&tree), [format!("{path}: missing")]);
            assert_eq!(papers(&Tree::with(&[(&path, " \n")])), [format!("{path}: empty")]);
        }
    }

    #[test]
    fn licences_that_differ_are_found() {
        let mut tree = Tree::with(&[]);
        let root = tree.files["Cargo.toml"].replace("'xtask'", "'crates/jwt', 'xtask'");
        let jwt = tree.files["xtask/Cargo.toml"].replace("'xtask'", "'proofkey-jwt'");
        for paper in PAPERS {
            let text = tree.files[&format!("crates/pkce/{paper}")].clone();
            tree.files.insert(format!("crates/jwt/{paper}"), text);
        }
        tree.files.insert("Cargo.toml".into(), root);
        tree.files.insert("crates/jwt/Cargo.toml".into(), jwt);
        let mut tree = Tree::of(tree.files).unwrap();
        assert_eq!(papers(&tree), Broken::new());
        tree.files.insert("crates/jwt/LICENSE-MIT".into(), "mine".into());
        assert_eq!(papers(&tree), ["crates/jwt/LICENSE-MIT: another text than crates/pkce/LICENSE-MIT"]);
    }

    #[test]
    fn a_package_that_names_one_it_should_not_know_is_found() {
        let kept = Tree::with(&[]);
        let manifest = &kept.files["crates/pkce/Cargo.toml"];
        for (table, other) in [("dependencies", "proofkey-jwt"), ("dev-dependencies", "proofkey-authority")] {
            let changed = format!("{manifest}[target.'cfg(unix)'.{table}]\n{other}.workspace = true\n");
            assert_eq!(
                layers(&Tree::with(&[("crates/pkce/Cargo.toml", &changed)])),
                [format!("crates/pkce/Cargo.toml: [{table}] {other}: proofkey-pkce does not know it")]
            );
        }
        let token = manifest.replace("'proofkey-pkce'", "'proofkey-token'");
        let allowed = format!("{token}[dev-dependencies]\nproofkey-authority.workspace = true\n");
        assert_eq!(layers(&Tree::with(&[("crates/pkce/Cargo.toml", &allowed)])), Broken::new());
        let refused = token.replace("subtle.", "proofkey-authority.");
        assert_eq!(layers(&Tree::with(&[("crates/pkce/Cargo.toml", &refused)])).len(), 1);
    }

    #[test]
    fn a_new_package_must_be_given_its_place() {
        let kept = Tree::with(&[]);
        let renamed = kept.files["xtask/Cargo.toml"].replace("'xtask'", "'proofkey-new'");
        let broken = layers(&Tree::with(&[("xtask/Cargo.toml", &renamed)]));
        assert_eq!(broken, ["xtask: say in xtask/src/rules/crates.rs which packages proofkey-new may name"]);
    }
}
