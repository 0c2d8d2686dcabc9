//! How many packages each crate brings, beside its peers.

use std::collections::BTreeSet;
use std::ffi::OsString;

use crate::bench::published;
use crate::failure::Failure;
use crate::{process, workspace};

pub(crate) const HELP: &str = "\
Counts the packages that each crate brings, by its features, beside its peers.

  cargo xtask dependencies            prints the table
  cargo xtask dependencies --write    and puts it into benches/README.md

Counted is what becomes part of a program, the crate itself included: packages
of the normal dependencies on this platform, build scripts' left out; ours as
Cargo.lock has them, the peers' at the newest release, asked of the registry.
`cargo xtask test` finds a count of ours in benches/README.md that is no longer true.
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
];

/// The file that shows the counts.
pub(crate) const FILE: &str = "benches/README.md";

const HEAD: &str = "| For | ours | packages | beside it |\n| --- | --- | --- | --- |\n";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let is_written = match arguments {
        [] => false,
        [flag] if flag == "--write" => true,
        [argument, ..] => return Err(Failure::Usage(format!("unknown argument `{}`", argument.to_string_lossy()))),
    };
    let mut table = HEAD.to_owned();
    for row in ROWS {
        let peers: Result<Vec<_>, _> = row.2.iter().map(|(shown, manifest)| peer(shown, manifest)).collect();
        table += &format!("{} {} |\n", ours(row)?, peers?.join("; "));
    }
    print!("{table}");
    if is_written {
        let path = workspace::root().join(FILE);
        let failed = |what: String| Failure::Failed(format!("{}: {what}", path.display()));
        let text = std::fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
        let text = published::between(&text, "dependencies", &table)
            .ok_or_else(|| failed("no marks `dependencies`".into()))?;
        std::fs::write(&path, text).map_err(|error| failed(error.to_string()))?;
    }
    Ok(())
}

/// The rows of which README says something else.
pub(crate) fn outdated(readme: &str) -> Result<Vec<String>, Failure> {
    let rows: Vec<_> = ROWS.iter().map(ours).collect::<Result<_, _>>()?;
    Ok(missing(&rows, readme))
}

fn missing(rows: &[String], readme: &str) -> Vec<String> {
    let missing = rows.iter().filter(|row| !readme.lines().any(|line| line.starts_with(row.as_str())));
    missing.map(|row| format!("{FILE}: it does not say `{row}`: run `cargo xtask dependencies --write`")).collect()
}

/// The part of a row that tells about us.
fn ours((purpose, (shown, arguments), _): &Row) -> Result<String, Failure> {
    let mut tree = process::cargo();
    let tree = process::read(tree.args(TREE).args(["--locked", "--package"]).args(*arguments))?;
    Ok(format!("| {purpose} | {shown} | {} |", packages(&tree).len()))
}

const TREE: [&str; 8] = ["tree", "--edges", "normal", "--prefix", "none", "--no-dedupe", "--format", "{p}"];

/// Each package once, as `name vVERSION`.
fn packages(tree: &str) -> BTreeSet<&str> {
    tree.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// What a peer brings, asked by a package that depends on it alone.
fn peer(shown: &str, manifest: &str) -> Result<String, Failure> {
    let folder = workspace::root().join("target/dependencies");
    let failed = |error: std::io::Error| Failure::Failed(format!("{} cannot be written: {error}", folder.display()));
    std::fs::create_dir_all(folder.join("src")).map_err(failed)?;
    let _ = std::fs::remove_file(folder.join("Cargo.lock"));
    let package = "[workspace]\n[package]\nname = 'one-peer'\nedition = '2024'\n[dependencies]\n";
    for (name, text) in [("src/lib.rs", ""), ("Cargo.toml", &format!("{package}{manifest}\n"))] {
        std::fs::write(folder.join(name), text).map_err(failed)?;
    }
    let tree = process::read(process::cargo().current_dir(&folder).args(TREE))?;
    // The first line is the package that asks, the second what it names first.
    let version = tree.lines().nth(1).and_then(|line| line.split(" v").nth(1)).unwrap_or_default();
    Ok(format!("{}: {}", shown.replace("{}", version), packages(&tree).len() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_comes_by_two_ways_is_counted_once() {
        let tree = "a v1.0.0 (/here)\nb v1.0.0\nc v1.0.0\nb v1.0.0\nc v2.0.0\n\n";
        assert_eq!(packages(tree).len(), 4);
    }

    #[test]
    fn a_count_in_the_readme_that_is_not_true_is_found() {
        let rows = [ours(&ROWS[0]).unwrap()];
        assert!(rows[0].starts_with("| a challenge and its check | `proofkey-pkce` | 1"), "{rows:?}");
        assert_eq!(missing(&rows, &format!("{HEAD}{} peers |\n", rows[0])), [""; 0]);
        for readme in ["", "| a challenge and its check | `proofkey-pkce` | 1 |  |\n"] {
            assert_eq!(missing(&rows, readme).len(), 1, "{readme}");
        }
    }
}
