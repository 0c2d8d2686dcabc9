//! What the header says, and what it may not decide.

use proofkey_authority::Algorithm;
use proofkey_authority::Lie;
use proofkey_authority::lie::{JsonEdit, KeyEdit, Signing, TextEdit};
use serde_json::{Value, json};

use crate::case::Case;
use crate::cases::id_token::{left_open, refused, taken};
use crate::transcript::Transcript;

const ALG: &[&str] = &["alg", "jwt_malformed"];
const CRIT: &[&str] = &["crit", "jwt_malformed"];
const TYP: &[&str] = &["typ"];

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let header = |id, rows, about, classes, mutants, edits: Vec<JsonEdit>| {
        refused(id, rows, about, classes, mutants, Lie::header(edits))
    };
    let set = |name: &str, value: Value| JsonEdit::set(name, value);
    let crit = |id, about, mutants, edits| header(id, &["JW-05"], about, CRIT, mutants, edits);
    // What a recipient MAY consider invalid: RFC 7515 section 4.1.11.
    let crit_open = |id, about, mutants, edits: Vec<JsonEdit>| {
        left_open(id, &["JW-05"], about, CRIT, mutants, Lie::header(edits))
    };
    let typ = |id, about, word: &str| {
        header(id, &["JW-25", "JW-26"], about, TYP, &["typ-ignored"], vec![JsonEdit::set("typ", word)]).should()
    };
    let key_from = |id, about, mutants, edits| {
        let lie = Lie::Together(vec![Lie::signing(Signing::Foreign), Lie::header(edits)]);
        refused(id, &["ID-30", "ID-12", "ID-13", "JW-24"], about, &["signature", "key", "jwt_malformed"], mutants, lie)
            .and(never_fetched)
    };
    vec![
        refused("JW-03/header-array", &["JW-03"], "The header is a list that contains an object.", &["jwt_malformed"],
            &["header-array-ok"], Lie::text(TextEdit::SegmentOctets(0, br#"[{"alg":"RS256"}]"#.to_vec()))),
        header("JW-03/last-one-wrong", &["JW-03", "JW-04", "JW-14"], "alg is repeated, first RS256 and then none.",
            &["jwt_malformed", "alg"], &["header-duplicates-first"], vec![JsonEdit::duplicate("alg", "none")]),
        left_open("JW-03/last-one-right", &["JW-03", "JW-04"], "alg is repeated, first none and then RS256.",
            &["jwt_malformed", "alg"], &["header-duplicates-ok"],
            Lie::header([JsonEdit::duplicate_first("alg", "none")])),
        header("JW-04/alg-missing", &["JW-04"], "There is no alg.", &["alg", "key", "jwt_malformed"],
            &["alg-missing-ok"], vec![JsonEdit::remove("alg")]),
        header("JW-04/alg-empty", &["JW-04"], "alg is empty.", ALG,
            &["alg-missing-ok"], vec![set("alg", json!(""))]),
        header("JW-04/alg-number", &["JW-04"], "alg is a number.", ALG,
            &["alg-not-a-string-ok"], vec![set("alg", json!(256))]),
        header("JW-04/alg-unknown", &["JW-04"], "alg is RS257.", ALG,
            &["alg-unknown-ok"], vec![set("alg", json!("RS257"))]),

        crit("JW-05/crit-unknown", "crit names an unknown extension.",
            &["crit-ignored"], vec![set("crit", json!(["exp2"])), set("exp2", json!(1))]),
        crit_open("JW-05/crit-empty", "crit is an empty list.", &["crit-empty-ok"], vec![set("crit", json!([]))]),
        crit_open("JW-05/crit-registered", "crit names alg, which is not an extension.",
            &["crit-registered-ok", "crit-ignored"], vec![set("crit", json!(["alg"]))]),
        crit("JW-05/crit-twice", "crit names an extension twice.",
            &["crit-ignored"], vec![set("crit", json!(["exp2", "exp2"])), set("exp2", json!(1))]),
        crit_open("JW-05/crit-absent-name", "crit names typ, which is not in the header.",
            &["crit-registered-ok", "crit-ignored"], vec![set("crit", json!(["typ"])), JsonEdit::remove("typ")]),
        crit_open("JW-05/crit-string", "crit is a string.", &["crit-type-ok"], vec![set("crit", json!("exp2"))]),
        left_open("JW-06/b64-false", &["JW-06"], "b64 is false, and crit does not say so.", CRIT,
            &["b64-ignored"], Lie::header([set("b64", json!(false))])),
        header("JW-06/b64-false-and-critical", &["JW-06", "JW-05"], "b64 is false, and crit says so.", CRIT,
            &["b64-ignored"], vec![set("b64", json!(false)), set("crit", json!(["b64"]))]),

        refused("JW-07/algorithm-from-the-header", &["JW-07", "ID-14"],
            "RS256 was agreed upon, and the header says PS256, signed by the same key.", &["alg"], &["alg-from-header"],
            Lie::Together(vec![
                Lie::signing(Signing::Own(Algorithm::Ps256)), Lie::keys([KeyEdit::Signing(JsonEdit::remove("alg"))]),
            ])),

        typ("JW-25/access-token", "typ is at+jwt: an access token.", "at+jwt"),
        typ("JW-25/dpop-proof", "typ is dpop+jwt: a proof.", "dpop+jwt"),
        typ("JW-25/logout-token", "typ is logout+jwt: a logout token.", "logout+jwt"),
        typ("JW-25/security-event", "typ is secevent+jwt: a security event.", "secevent+jwt"),
        typ("JW-25/access-token-media-type", "typ is application/at+jwt.", "application/at+jwt"),
        taken("JW-25/typ-absent", &["JW-25"], "There is no typ.", &["typ-required"],
            Lie::header([JsonEdit::remove("typ")])).should(),
        taken("JW-25/typ-in-lower-case", &["JW-25"], "typ is jwt, in lower case.", &["typ-case-sensitive"],
            Lie::header([JsonEdit::set("typ", "jwt")])).should(),
        refused("JW-26/access-token-for-id-token", &["JW-26", "ID-08"],
            "An access token of the same issuer is in the place of the ID token: it is for an API.",
            &["claim_aud", "typ"], &["aud-ignored"],
            Lie::claims([JsonEdit::set("aud", "https://api.example/"), JsonEdit::set("scope", "read:projects")])),

        key_from("ID-30/jku", "The header has jku, the URL of the attacker's keys.", &["jku-followed"],
            vec![JsonEdit::set("jku", "{attacker}/jwks.json")]),
        key_from("ID-30/x5u", "The header has x5u, the URL of the attacker's certificate.", &["x5u-followed"],
            vec![JsonEdit::set("x5u", "{attacker}/x5u.pem")]),
        key_from("ID-30/x5c", "The header contains a certificate with the attacker's key.", &["x5c-used"],
            vec![JsonEdit::set_text("x5c", "{foreign_x5c}")]),
        key_from("ID-30/jwk", "The header contains the attacker's key.", &["jwk-header-used"],
            vec![JsonEdit::set_text("jwk", "{foreign_jwk}")]),
    ]
}

/// Nobody asked at the address in the header.
fn never_fetched(seen: &Transcript) -> Result<(), String> {
    match seen.wire.attacker_requests().len() {
        0 => Ok(()),
        visits => Err(format!("expected: no request to the address in the header; seen: {visits}")),
    }
}
