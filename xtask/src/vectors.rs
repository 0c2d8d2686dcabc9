//! The claims vectors: made by an example of proofkey-jwt that knows nothing of the crate.

use crate::failure::Failure;
use crate::process;

pub(crate) const HELP: &str = "\
Writes the claims vectors: ID tokens, access tokens and logout tokens, and their verdicts.

  cargo xtask vectors

The tables stand in crates/jwt/examples/claims_vectors, the files in
crates/jwt/tests/vectors beside a README.md that explains them. Run again, the
task writes the same files; a test of proofkey-jwt holds the two together.
";

pub(crate) fn run() -> Result<(), Failure> {
    process::run(&mut process::cargo("run --locked --package proofkey-jwt --example claims_vectors"))
}

#[cfg(test)]
mod tests {
    use crate::workspace;

    /// The vectors name faults by the protocol's classes; the crate that has them cannot look at the protocol.
    #[test]
    fn the_reasons_are_classes_of_the_protocol() {
        let read = |path: &str| std::fs::read_to_string(workspace::root().join(path)).unwrap();
        let schema: serde_json::Value =
            serde_json::from_str(&read("crates/jwt/tests/vectors/id_token_claims.schema.json")).unwrap();
        let porting = read("conformance/PORTING.md");
        let (_, classes) = porting.split_once("\n### Classes\n").unwrap();
        let classes = classes.split_once("\n## ").unwrap().0;
        let reasons = schema["$defs"]["reason"]["enum"].as_array().unwrap();
        assert!(reasons.len() > 10);
        for reason in reasons {
            let reason = format!("`{}`", reason.as_str().unwrap());
            assert!(classes.contains(&reason), "PORTING.md has no class {reason}");
        }
    }
}
