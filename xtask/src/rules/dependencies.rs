//! What comes from elsewhere.

use toml_edit::{DocumentMut, Value};

use super::{Broken, Tree};
use crate::metadata::Package;

/// A package that asks for a newer Rust than we state makes our statement false.
pub(super) fn rust_versions(tree: &Tree, packages: &[Package]) -> Broken {
    let ours =
        tree.workspace.shared("package", "rust-version").and_then(|version| version.as_str()).unwrap_or_default();
    let Some(stated) = numbers(ours) else {
        return vec!["Cargo.toml: [workspace.package] rust-version: missing, or not a version".into()];
    };
    let asks = |package: &Package| {
        package
            .rust_version
            .as_deref()
            .filter(|asked| numbers(asked).is_none_or(|asked| asked > stated))
            .map(str::to_owned)
    };
    let newer = packages.iter().filter_map(|package| Some((package, asks(package)?)));
    newer
        .map(|(package, asked)| {
            format!("Cargo.lock: {} {} asks for Rust {asked}; we state {ours}", package.name, package.version)
        })
        .collect()
}

fn numbers(version: &str) -> Option<[u32; 3]> {
    let mut parts = version.split('.');
    let mut next = || parts.next().map_or(Some(0), |part| part.parse().ok());
    let found = [next()?, next()?, next()?];
    if version.is_empty() || parts.next().is_some() { None } else { Some(found) }
}

/// Packages that must not come back by way of another one: `cargo xtask deny` has them from the same list.
pub(super) fn refused(tree: &Tree) -> Broken {
    let read = |path| tree.files.get(path).and_then(|text: &String| text.parse::<DocumentMut>().ok());
    let (Some(lock), Some(deny)) = (read("Cargo.lock"), read(".cargo/deny.toml")) else {
        return vec!["Cargo.lock, .cargo/deny.toml: missing, or not TOML".into()];
    };
    let list = deny.get("bans").and_then(|bans| bans.get("deny")?.as_array());
    let word = |entry: &Value, key| entry.as_inline_table()?.get(key)?.as_str().map(str::to_owned);
    let list = list.into_iter().flatten().map(|entry| Some((word(entry, "crate")?, word(entry, "reason")?)));
    let Some(list) = list.collect::<Option<Vec<_>>>().filter(|list| !list.is_empty()) else {
        return vec![".cargo/deny.toml: [bans] deny: say `crate` and `reason` of each".into()];
    };
    let packages = lock.get("package").and_then(|packages| packages.as_array_of_tables());
    let names = packages.into_iter().flatten().filter_map(|package| package.get("name")?.as_str());
    let found = names.filter_map(|name| list.iter().find(|(refused, _)| refused == name));
    found.map(|(name, why)| format!("Cargo.lock: {name} came in: {why}")).collect()
}

/// What a crate may bring to a user's build.
#[derive(Debug)]
pub(super) struct Bounds {
    package: &'static str,
    features: &'static [&'static str],
    /// Named by the crate itself: these, and so "what those bring" is all there is.
    direct: Option<&'static [&'static str]>,
    /// In the whole tree, build dependencies not counted.
    at_most: usize,
    /// Nowhere in the tree.
    never: &'static [&'static str],
}

const IO: &[&str] = &["hyper", "mio", "reqwest", "rustls", "socket2"];

/// What does not build where there is no operating system, as in a browser.
const SYSTEM: &[&str] = &["getrandom", "hyper", "mio", "reqwest", "rustls", "socket2"];

pub(super) const BOUNDS: &[Bounds] = &[
    Bounds {
        package: "proofkey-pkce",
        features: &["--no-default-features"],
        direct: Some(&["base64", "sha2", "subtle", "zeroize"]),
        at_most: 12,
        never: &[],
    },
    Bounds {
        package: "proofkey-jwt",
        features: &["--no-default-features"],
        direct: Some(&["base64", "serde_core"]),
        at_most: 3,
        never: &["serde", "serde_derive"],
    },
    Bounds { package: "proofkey-authorize", features: &[], direct: None, at_most: 28, never: SYSTEM },
    Bounds {
        package: "proofkey-token",
        features: &["--no-default-features"],
        direct: None,
        at_most: 30,
        never: SYSTEM,
    },
    Bounds { package: "proofkey", features: &["--no-default-features"], direct: None, at_most: 40, never: IO },
];

impl Bounds {
    pub(super) fn command(&self) -> Vec<&'static str> {
        let mut words = vec!["tree", "--locked", "--package", self.package, "--edges", "normal", "--prefix", "depth"];
        words.extend(self.features);
        words
    }

    pub(super) fn rule(&self) -> String {
        let with = if self.features.is_empty() { "" } else { " without its features" };
        format!("{}{with} brings no more than agreed", self.package)
    }

    /// Reads what the command wrote: a depth and a name a line.
    pub(super) fn exceeded(&self, tree: &str) -> Broken {
        let mut direct = Vec::new();
        let mut all = Vec::new();
        for line in tree.lines() {
            let name_at = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(line.len());
            let (depth, package) = line.split_at(name_at);
            let mut words = package.split(' ');
            let (name, version) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            match depth {
                "0" => continue,
                "1" => direct.push(name),
                _ => {}
            }
            all.push((name, version));
        }
        all.sort_unstable();
        all.dedup();
        let mut broken = Vec::new();
        let mut say =
            |what: String| broken.push(format!("{}: {what} (cargo {})", self.package, self.command().join(" ")));
        if all.is_empty() {
            say("no dependency found at all".into());
        }
        if let Some(allowed) = self.direct {
            direct
                .iter()
                .filter(|name| !allowed.contains(name))
                .for_each(|name| say(format!("{name} is not one of {}", allowed.join(", "))));
        }
        all.iter().filter(|(name, _)| self.never.contains(name)).for_each(|(name, _)| say(format!("brings {name}")));
        if all.len() > self.at_most {
            say(format!("brings {} packages, at most {}", all.len(), self.at_most));
        }
        broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(rust_version: Option<&str>) -> Package {
        Package { name: "a".into(), version: "1.0.0".into(), rust_version: rust_version.map(str::to_owned) }
    }

    #[test]
    fn a_dependency_that_asks_for_a_newer_rust_is_found() {
        let tree = Tree::with(&[]);
        for asked in [None, Some("1.56"), Some("1.88"), Some("1.88.0"), Some("1")] {
            assert_eq!(rust_versions(&tree, &[package(asked)]), Broken::new(), "{asked:?}");
        }
        for asked in ["1.89", "1.88.1", "2.0", "1.100.0", "nightly"] {
            assert_eq!(
                rust_versions(&tree, &[package(None), package(Some(asked))]),
                [format!("Cargo.lock: a 1.0.0 asks for Rust {asked}; we state 1.88")]
            );
        }
        let root = tree.files["Cargo.toml"].replace("rust-version = '1.88'", "");
        assert_eq!(rust_versions(&Tree::with(&[("Cargo.toml", &root)]), &[]).len(), 1);
    }

    #[test]
    fn a_refused_package_is_found() {
        let lock = "version = 4\n[[package]]\nname = 'b'\nversion = '1'\n[[package]]\nname = 'rsa'\nversion = '1'\n";
        assert_eq!(refused(&Tree::with(&[("Cargo.lock", lock)])), ["Cargo.lock: rsa came in: it leaks"]);
        assert_eq!(refused(&Tree::with(&[("Cargo.lock", "=")])).len(), 1);
        for list in ["", "[bans]\ndeny = []\n", "[bans]\ndeny = ['rsa']\n"] {
            assert_eq!(refused(&Tree::with(&[(".cargo/deny.toml", list)])).len(), 1, "{list}");
        }
    }

    const JWT: &str = "0proofkey-jwt v0.1.0 (/a/b)\n1base64 v0.23.0\n1serde_core v1.0.229\n";

    fn jwt(more: &str) -> Broken {
        let bounds = BOUNDS.iter().find(|bounds| bounds.package == "proofkey-jwt").unwrap();
        bounds.exceeded(&format!("{JWT}{more}"))
    }

    #[test]
    fn a_crate_that_brings_more_than_agreed_is_found() {
        assert_eq!(jwt(""), Broken::new());
        for (more, said) in [
            ("1subtle v2.6.1", "subtle is not one of base64, serde_core"),
            ("2serde v1.0.229 (*)", "brings serde ("),
            ("2a v1\n2b v1\n2c v1\n2c v2\n", "brings 6 packages, at most 3"),
        ] {
            let broken = jwt(more);
            assert!(broken.len() == 1 && broken[0].contains(said), "{broken:?}");
        }
        assert_eq!(BOUNDS[0].exceeded("0proofkey-pkce v0.1.0\n").len(), 1, "a tree that is empty was not read");
    }
}
