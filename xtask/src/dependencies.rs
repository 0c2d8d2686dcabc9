//! How many packages each crate brings, beside its peers, and which it may not bring.
//!
//! cargo-deny judges the graph of all features at once; what a crate brings without them is asked of `cargo tree`.

use std::collections::BTreeSet;
use std::ffi::OsString;

use crate::failure::Failure;
use crate::{files, process, workspace};

pub(crate) const HELP: &str = "\
Counts the packages that each crate brings, next to its peers.

  cargo xtask dependencies            prints the table
  cargo xtask dependencies --write    writes it to benches/README.md

Counts what becomes part of a program: the crate itself and its normal dependencies on
this platform, without those of build scripts. Ours have the versions of Cargo.lock,
peers the newest release in the registry. `cargo xtask test --only rules` fails if a
count in benches/README.md is out of date, or if a crate brings a package it must not.
";

/// What is done; with what of ours: shown, and for cargo; with what of other people's: shown with its version,
/// and for a manifest.
type Row = (&'static str, (&'static str, &'static [&'static str]), &'static [(&'static str, &'static str)]);

const ROWS: &[Row] = &[
    ("a challenge and its check", ("`proofkey-pkce`", &["proofkey-pkce"]), &[]),
    (
        "the same, with entropy from the system",
        ("`proofkey-pkce`, `getrandom`", &["proofkey-pkce", "--features", "getrandom"]),
        &[("`pkce` {}", "pkce = '0.2'")],
    ),
    ("the request going out, the callback coming back", ("`proofkey-authorize`", &["proofkey-authorize"]), &[]),
    (
        "tokens, by an HTTP client of one's own",
        ("`proofkey-token`, no features", &["proofkey-token", "--no-default-features"]),
        &[("`oauth2` {}, no features", "oauth2 = { version = '5', default-features = false }")],
    ),
    (
        "tokens, by reqwest",
        ("`proofkey-token`", &["proofkey-token"]),
        &[
            ("`oauth2` {}", "oauth2 = '5'"),
            ("`reqwest` {} alone", "reqwest = { version = '0.13', default-features = false, features = ['rustls'] }"),
        ],
    ),
    ("a look into a JWT", ("`proofkey-jwt`, no features", &["proofkey-jwt", "--no-default-features"]), &[]),
    (
        "an ID token validated",
        ("`proofkey-jwt`", &["proofkey-jwt"]),
        &[
            ("`jsonwebtoken` {}, `aws_lc_rs`", "jsonwebtoken = { version = '12', features = ['aws_lc_rs'] }"),
            ("`jwt-simple` {}", "jwt-simple = '0.15'"),
        ],
    ),
    (
        "a login, by an HTTP client of one's own",
        ("`proofkey`, no features", &["proofkey", "--no-default-features"]),
        &[("`openidconnect` {}, no features", "openidconnect = { version = '4', default-features = false }")],
    ),
    (
        "a login, by reqwest",
        ("`proofkey`", &["proofkey"]),
        &[
            ("`openidconnect` {}", "openidconnect = '4'"),
            ("ours with `idna_adapter` {}", "idna_adapter = '=1.1.0'\nproofkey.path = '../../crates/proofkey'"),
            ("ours with `idna_adapter` {}", "idna_adapter = '=1.0.0'\nproofkey.path = '../../crates/proofkey'"),
        ],
    ),
    (
        "a command-line login, by an HTTP client of one's own",
        ("`proofkey-native`", &["proofkey-native"]),
        &[("`yup-oauth2` {}, no features", "yup-oauth2 = { version = '12', default-features = false }")],
    ),
];

/// What a user's build is given no more than. A crate as the table above shows it; what it names itself, where that is all
/// there is; and what is nowhere in its tree.
type Bounds = (&'static str, Option<&'static [&'static str]>, &'static [&'static str]);

const BOUNDS: &[Bounds] = &[
    ("`proofkey-pkce`", Some(&["base64", "sha2", "subtle", "zeroize"]), &[]),
    ("`proofkey-jwt`, no features", Some(&["base64", "serde_core"]), &["serde", "serde_derive"]),
    ("`proofkey-authorize`", None, SYSTEM),
    ("`proofkey-token`, no features", None, SYSTEM),
    ("`proofkey`, no features", None, &["hyper", "mio", "reqwest", "rustls", "socket2"]),
    ("`proofkey-native`", None, &["hyper", "mio", "reqwest", "rustls", "tokio"]),
];

/// What does not build where there is no operating system, as in a browser.
const SYSTEM: &[&str] = &["getrandom", "hyper", "mio", "reqwest", "rustls", "socket2"];

/// The file that shows the counts.
pub(crate) const FILE: &str = "benches/README.md";

/// What stands around the table.
const BEGIN: &str = "<!-- dependencies: made by `cargo xtask dependencies --write` -->\n";
const END: &str = "<!-- /dependencies -->";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let is_written = match arguments {
        [] => false,
        [flag] if flag == "--write" => true,
        [argument, ..] => return Err(Failure::Usage(format!("unknown argument `{}`", argument.to_string_lossy()))),
    };
    let mut table = String::from("| For | ours | packages | beside it |\n| --- | --- | --- | --- |\n");
    for row in ROWS {
        let peers: Result<Vec<_>, _> = row.2.iter().map(|(shown, manifest)| peer(shown, manifest)).collect();
        table += &format!("{} {} |\n", counted(row, &tree(row)?), peers?.join("; "));
    }
    print!("{table}");
    if is_written {
        let path = workspace::root().join(FILE);
        let text = files::read(&path)?;
        let marks = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
        let (before, after) = marks.ok_or_else(|| Failure::Failed(format!("{FILE}: no marks `dependencies`")))?;
        files::write(&path, format!("{before}{BEGIN}\n{table}\n{END}{after}"))?;
    }
    Ok(())
}

/// The crates that bring what they may not, and those of which README tells another number.
pub(crate) fn broken(readme: &str) -> Result<Vec<String>, Failure> {
    let mut broken = Vec::new();
    for row in ROWS {
        let tree = tree(row)?;
        let counted = counted(row, &tree);
        if !readme.lines().any(|line| line.starts_with(&counted)) {
            broken.push(format!("{FILE}: it does not say `{counted}`: run `cargo xtask dependencies --write`"));
        }
        let bounds = BOUNDS.iter().filter(|(shown, ..)| *shown == row.1.0);
        broken.extend(bounds.flat_map(|bounds| exceeded(bounds, &tree)));
    }
    Ok(broken)
}

fn exceeded((shown, direct, never): &Bounds, tree: &str) -> Vec<String> {
    let named = tree.lines().filter_map(|line| line.strip_prefix('1')?.split(' ').next());
    let more = named.filter(|name| direct.is_some_and(|allowed| !allowed.contains(name)));
    let more = more.map(|name| format!("{shown} names {name}, which is not agreed"));
    let brought = packages(tree).into_iter().filter(|package| never.contains(&package.split(' ').next().unwrap_or("")));
    more.chain(brought.map(|package| format!("{shown} brings {package}"))).collect()
}

/// The part of a row that tells about us.
fn counted((purpose, (shown, _), _): &Row, tree: &str) -> String {
    format!("| {purpose} | {shown} | {} |", packages(tree).len())
}

fn tree((_, (_, arguments), _): &Row) -> Result<String, Failure> {
    process::read(process::cargo(TREE).args(["--locked", "--package"]).args(*arguments))
}

/// A depth and a package a line.
const TREE: &str = "tree --edges normal --prefix depth --no-dedupe --format {p}";

/// Each package once, as `name vVERSION`.
fn packages(tree: &str) -> BTreeSet<&str> {
    let packages = tree.lines().map(|line| line.trim_start_matches(|c: char| c.is_ascii_digit()).trim());
    packages.filter(|package| !package.is_empty()).collect()
}

/// What a peer brings, asked by a package that depends on it alone.
fn peer(shown: &str, manifest: &str) -> Result<String, Failure> {
    let folder = workspace::root().join("target/dependencies");
    let _ = std::fs::remove_file(folder.join("Cargo.lock"));
    let package = "[workspace]\n[package]\nname = 'one-peer'\nedition = '2024'\n[dependencies]\n";
    files::write(&folder.join("src/lib.rs"), "")?;
    files::write(&folder.join("Cargo.toml"), format!("{package}{manifest}\n"))?;
    let tree = process::read(process::cargo(TREE).current_dir(&folder))?;
    // The first line is the package that asks, the second what it names first.
    let version = tree.lines().nth(1).and_then(|line| line.split(" v").nth(1)).unwrap_or_default();
    Ok(format!("{}: {}", shown.replace("{}", version), packages(&tree).len() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_comes_by_two_ways_is_counted_once() {
        assert_eq!(packages("0a v1.0.0 (/here)\n1b v1.0.0\n2c v1.0.0\n1b v1.0.0\n11c v2.0.0\n\n").len(), 4);
    }

    #[test]
    fn a_count_in_the_readme_that_is_not_true_is_found() {
        let missing = broken("| a challenge and its check | `proofkey-pkce` | 1 |  |\n").unwrap();
        assert_eq!(missing.len(), ROWS.len());
        assert!(
            missing[0].starts_with("benches/README.md: it does not say `| a challenge and its check |"),
            "{missing:?}"
        );
    }

    #[test]
    fn a_crate_that_brings_more_than_agreed_is_found() {
        let jwt = |more: &str| {
            exceeded(&BOUNDS[1], &format!("0proofkey-jwt v0.1.0\n1base64 v0.23.0\n1serde_core v1\n{more}"))
        };
        assert_eq!(jwt(""), [""; 0]);
        assert_eq!(jwt("1subtle v2.6.1"), ["`proofkey-jwt`, no features names subtle, which is not agreed"]);
        assert_eq!(jwt("2serde v1.0.229"), ["`proofkey-jwt`, no features brings serde v1.0.229"]);
        for (shown, ..) in BOUNDS {
            assert!(ROWS.iter().any(|row| row.1.0 == *shown), "{shown} is in no row");
        }
    }
}
