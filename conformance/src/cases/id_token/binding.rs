//! To what: `nonce` to the login, `acr` to what was asked, `at_hash` and `c_hash` to what came along.

use proofkey_authority::lie::{IdTokenEdit, JsonEdit, When};
use proofkey_authority::{Algorithm, Lie, Setup};
use serde_json::json;

use super::{claim, left_open, set, taken};
use crate::case::{Case, Expect, Profile, Step};
use crate::cases::parameter;

const NONCE: &[&str] = &["claim_nonce", "jwt_malformed"];
const AT_HASH: &[&str] = &["at_hash", "jwt_malformed"];

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let nonce = |id, about, mutants, edit| claim(id, &["ID-21", "ID-02"], about, NONCE, mutants, edit);
    let by = |algorithm| Setup { signing: algorithm, ..Setup::witness() };
    let hashed = |id, about, algorithm: Algorithm, lie: &str| {
        let mutants: &[&str] = &["at-hash-sha256-always"];
        let right = Case::new(id, &["ID-27", "ID-26"], "id_token", about, Expect::Accept(|_| Ok(())), mutants);
        right.profile(Profile::OpenId).config("id_token_algs", json!([algorithm.as_str()]))
            .setup(Setup { lie: Some(Lie::claims([JsonEdit::set("at_hash", lie)])), ..by(algorithm) })
    };
    vec![
        nonce("ID-21/nonce-other", "nonce is another one.", &["nonce-ignored"], set("nonce", "another")),
        nonce("ID-21/nonce-absent", "There is no nonce.", &["nonce-absent-ok"], JsonEdit::remove("nonce")),
        nonce("ID-21/nonce-empty", "nonce is empty.", &["nonce-empty-ok"], set("nonce", "")),
        nonce("ID-21/nonce-in-another-case", "nonce has the case of its letters swapped.", &["nonce-case-insensitive"],
            set("nonce", "{nonce|swapcase}")),
        nonce("ID-21/nonce-shorter", "nonce is the first half of the right one.", &["nonce-prefix-ok"],
            set("nonce", "{nonce|half}")),
        nonce("ID-21/nonce-in-a-list", "nonce is a list that contains the right one.", &["nonce-type-ok"],
            set("nonce", json!(["{nonce}"]))),
        nonce("ID-21/nonce-number", "nonce is a number.", &["nonce-type-ok"], set("nonce", 7)),
        nonce("ID-21/nonce-of-another-login", "nonce is that of another pending login.",
            &["nonce-any-flow", "nonce-ignored"], set("nonce", "{other_nonce}"))
            .steps([Step::Begin("f2".into()), Step::Deliver("f2", Vec::new())]),
        Case::new("ID-21/nonce-of-its-own-login", &["ID-21", "ID-02"], "id_token",
            "Two logins are pending: each ID token is compared with the nonce of its own login.",
            Expect::Accept(|_| Ok(())), &["nonce-of-latest-flow"])
            .profile(Profile::OpenId)
            .steps([Step::Begin("f2".into()), Step::Deliver("f1", Vec::new())]),
        Case::new("ID-22/nonce-of-an-ended-login", &["ID-22", "ID-21", "ID-02"], "id_token",
            "nonce is that of a login that has succeeded.",
            Expect::Refuse { classes: NONCE, token_requests: 2, code: None }, &["nonce-used-ok", "nonce-ignored"])
            .profile(Profile::OpenId)
            .lie(Lie::IdToken { when: When::AfterFirst, edits: vec![IdTokenEdit::Claim(set("nonce", "{other_nonce}"))] })
            .then(Step::Begin("f2".into())).then(Step::Deliver("f2", Vec::new())),
        Case::new("ID-22/nonce-not-asked-for", &["ID-22"], "id_token", "No nonce was sent, and the ID token has one.",
            Expect::Policy(|seen| match (seen.request().iter().any(|(name, _)| name == "nonce"), seen.answers.last()) {
                (true, _) => Ok("still sends a nonce".into()),
                (false, Some(answer)) if answer.is_ok() => Ok("accepts a nonce that it did not send".into()),
                _ => Ok("refuses a nonce that it did not send".into()),
            }),
            &["nonce-unasked-refused"])
            .profile(Profile::OpenId).config("expect_nonce", false).lie(Lie::claims([set("nonce", "a-nonce-of-somebody")])),

        Case::new("ID-23/acr-values-sent", &["ID-23"], "authorize", "The client must request a certain acr.",
            Expect::Accept(|seen| match parameter(seen, "acr_values").as_deref() {
                Some("urn:example:gold") => Ok(()),
                sent => Err(format!("expected: acr_values=urn:example:gold; seen: {sent:?}")),
            }),
            &["acr-values-missing"])
            .profile(Profile::OpenId).config("acr_values", "urn:example:gold").should(),
        claim("ID-23/acr-other", &["ID-23"], "A certain acr was requested, and the token has another.", &["claim_acr"],
            &["acr-ignored"], set("acr", "urn:example:bronze")).config("acr_values", "urn:example:gold").should(),
        claim("ID-23/acr-shorter", &["ID-23"], "acr is a part of the requested one.", &["claim_acr"],
            &["acr-substring"], set("acr", "urn:example")).config("acr_values", "urn:example:gold").should(),
        claim("ID-23/acr-missing", &["ID-23"], "A certain acr was requested, and the token has none.", &["claim_acr"],
            &["acr-ignored"], JsonEdit::remove("acr")).config("acr_values", "urn:example:gold").should(),

        // In the code flow the client MAY look at at_hash (3.1.3.8), and no section speaks of c_hash.
        left_open("ID-26/at-hash-other", &["ID-26"], "at_hash is of another access token.", AT_HASH,
            &["at-hash-ignored"], Lie::claims([set("at_hash", "77QmUPtjPfzWtF2AnpK9RQ")])),
        left_open("ID-26/at-hash-whole", &["ID-26"], "at_hash is twice as long as the left half of the hash.", AT_HASH,
            &["at-hash-ignored"], Lie::claims([set("at_hash", "{at_hash}{at_hash}")])),
        left_open("ID-26/at-hash-number", &["ID-26"], "at_hash is a number.", AT_HASH,
            &["at-hash-ignored"], Lie::claims([set("at_hash", 7)])),
        taken("ID-26/at-hash-right", &["ID-26"], "at_hash is the left half of the hash of the access token.",
            &["at-hash-whole"], Lie::claims([set("at_hash", "{at_hash}")])),
        hashed("ID-27/at-hash-of-es384", "The token is signed with ES384: at_hash is made with SHA-384.",
            Algorithm::Es384, "{at_hash_384}"),
        hashed("ID-27/at-hash-of-rs512", "The token is signed with RS512: at_hash is made with SHA-512.",
            Algorithm::Rs512, "{at_hash_512}"),
        hashed("ID-27/at-hash-of-eddsa", "The token is signed with Ed25519: at_hash is made with SHA-512.",
            Algorithm::EdDsa, "{at_hash_512}"),
        left_open("ID-27/at-hash-by-the-wrong-hash", &["ID-27", "ID-26"],
            "The token is signed with ES384, and at_hash is made with SHA-256.", AT_HASH,
            &["at-hash-sha256-always", "at-hash-ignored"], Lie::claims([set("at_hash", "{at_hash_256}")]))
            .setup(Setup { lie: Some(Lie::claims([set("at_hash", "{at_hash_256}")])), ..by(Algorithm::Es384) })
            .config("id_token_algs", json!(["ES384"])),
        taken("ID-28/at-hash-absent", &["ID-28", "ID-26"], "There is no at_hash: in the code flow it is not required.",
            &["at-hash-required"], Lie::claims([JsonEdit::remove("at_hash")])),
        left_open("ID-29/c-hash-other", &["ID-29"], "c_hash is of another code.", &["c_hash", "jwt_malformed"],
            &["c-hash-ignored"], Lie::claims([set("c_hash", "LDktKdoQak3Pk0cnXxCltA")])),
        taken("ID-29/c-hash-right", &["ID-29"], "c_hash is the left half of the hash of the code.",
            &["at-hash-whole"], Lie::claims([set("c_hash", "{c_hash}")])),
    ]
}
