//! The access token: RFC 9068 section 4, RFC 6750 section 2.

use proofkey_authority::lie::{HmacKey, IdTokenEdit, JsonEdit, SignatureEdit, Signing};
use proofkey_authority::{Endpoint, HmacAlgorithm, Lie};
use serde_json::json;

use super::{ADMITS_OR_DENIES, DENY, of_its_user};
use crate::api_request::{ApiRequest, SCOPE, set_header};
use crate::case::{Case, Expect};

const ROWS: &[&str] = &["AT-03", "RS-01"];

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let with = |edit: IdTokenEdit| ApiRequest::bearer().token([edit]);
    let denied = |id, about, mutants, edit| Case::api(id, ROWS, about, DENY, mutants, [with(edit)]);
    let admitted = |id, rows, about, mutants, request| {
        Case::api(id, rows, about, Expect::Accept(of_its_user), mutants, [request])
    };
    let claim = |edit| IdTokenEdit::Claim(edit);
    let text = |name: &str, value: &str| claim(JsonEdit::set(name, value));
    let sign = IdTokenEdit::Sign;
    let scope = |case: Case| case.config("scope", SCOPE);
    vec![
        admitted("AT-03/good", ROWS, "The access token is valid.", &["api-denies-all"], ApiRequest::bearer()),
        admitted("AT-03/typ-long", ROWS,
            "typ is application/at+jwt, the long form of at+jwt.", &["api-typ-long-refused"],
            with(set_header("typ", "application/at+jwt"))),
        admitted("AT-03/aud-list", ROWS, "aud is a list that contains the API.", &["api-aud-list-refused"],
            with(claim(JsonEdit::set("aud", json!(["https://other.example/", "https://api.example/"]))))),
        denied("AT-03/typ-jwt", "typ is JWT: this could be another kind of token.", &["api-typ-ignored"],
            set_header("typ", "JWT")),
        denied("AT-03/typ-missing", "The header has no typ.", &["api-typ-ignored", "api-typ-missing-ok"],
            IdTokenEdit::Header(JsonEdit::remove("typ"))),
        Case::api("AT-03/id-token", ROWS,
            "An ID token of the same issuer, for a client whose client_id is the API's identifier.",
            DENY, &["api-typ-ignored"], [ApiRequest::bearer().token([
                set_header("typ", "JWT"), text("nonce", "n-0S6_WzA2Mj"), claim(JsonEdit::remove("client_id")),
                claim(JsonEdit::remove("scope")),
            ])]),
        denied("AT-03/iss-other", "iss is another issuer.", &["api-iss-ignored"],
            text("iss", "https://other.example/")),
        denied("AT-03/iss-longer", "iss is the issuer with a suffix.", &["api-iss-ignored", "api-iss-prefix-ok"],
            text("iss", "{issuer}tenant")),
        denied("AT-03/iss-missing", "There is no iss.", &["api-iss-ignored", "api-iss-missing-ok"],
            claim(JsonEdit::remove("iss"))),
        denied("AT-03/aud-other", "aud is another API.", &["api-aud-ignored"],
            text("aud", "https://other.example/")),
        denied("AT-03/aud-longer", "aud is the API's identifier with a suffix.",
            &["api-aud-ignored", "api-aud-prefix-ok"], text("aud", "https://api.example/admin")),
        denied("AT-03/aud-missing", "There is no aud.", &["api-aud-ignored", "api-aud-missing-ok"],
            claim(JsonEdit::remove("aud"))),
        denied("AT-03/expired", "exp is an hour ago.", &["api-exp-ignored"],
            claim(JsonEdit::set_time("exp", -3600))),
        denied("AT-03/exp-missing", "There is no exp.", &["api-exp-ignored", "api-exp-missing-ok"],
            claim(JsonEdit::remove("exp"))),
        denied("AT-03/not-yet", "nbf is in an hour.", &["api-nbf-ignored"],
            claim(JsonEdit::set_time("nbf", 3600))),
        denied("AT-03/tampered", "The scope was changed after the token was signed.", &["api-signature-ignored"],
            IdTokenEdit::Tamper(JsonEdit::set("scope", "notes.read notes.delete"))),
        denied("AT-03/signature-empty", "The signature is empty.", &["api-signature-ignored"],
            IdTokenEdit::Signature(SignatureEdit::Empty)),
        denied("AT-03/foreign-key", "The token is signed by a key that the issuer does not publish.",
            &["api-signature-ignored"], sign(Signing::Foreign)),
        denied("AT-03/alg-none", "alg is none, and there is no signature.",
            &["api-alg-none-ok", "api-signature-ignored"], sign(Signing::None("none".into()))),
        denied("AT-03/hs256-public-key", "alg is HS256, keyed with the issuer's public key as PEM.",
            &["api-hs256-public-key-ok", "api-signature-ignored"],
            sign(Signing::Hmac(HmacAlgorithm::Hs256, HmacKey::Pem))),
        denied("AT-03/crit", "crit names an unknown extension.", &["api-crit-ignored"],
            set_header("crit", json!(["exp-2027"]))),
        // RFC 9068 section 2.2 demands the claim of the issuer, and section 4 does not name it.
        Case::api("AT-03/client-id-missing", ROWS, "There is no client_id.", ADMITS_OR_DENIES,
            &["api-client-id-required"], [with(claim(JsonEdit::remove("client_id")))]),

        scope(admitted("RS-01/scope", &["RS-01", "AT-03"], "The token has the scope that the request needs, and another one.",
            &["api-scope-compared-whole"], ApiRequest::bearer())),
        scope(Case::api("RS-01/scope-other", &["RS-01", "AT-03", "AT-09"], "The token has another scope than the request needs.",
            DENY, &["api-scope-ignored"], [with(text("scope", "notes.list"))])),
        scope(Case::api("RS-01/scope-longer", &["RS-01", "AT-03", "AT-09"],
            "A scope of the token begins with the one that the request needs.", DENY,
            &["api-scope-ignored", "api-scope-prefix-ok"], [with(text("scope", "notes.readwrite"))])),
        Case::api("RS-01/without-keys", &["RS-01"], "The issuer's keys are unavailable: no request is admitted.",
            Expect::Wire(|seen| match seen.answers.last() {
                Some(answer) if !answer.is_ok() => Ok(()),
                _ => Err("expected: the request is not admitted; seen: it is".into()),
            }), &["api-without-keys-ok"], [ApiRequest::bearer()])
            .lie(Lie::answer(Endpoint::Jwks, 503, "text/plain", "later")),
        admitted("RS-01/scheme-in-lower-case", &["RS-01"],
            "The scheme is bearer in lower case, which does not matter (RFC 9110 section 11.1).",
            &["api-scheme-case-sensitive"], ApiRequest::bearer().headers([("authorization", "bearer {token}")])),
        // RFC 6750 section 2.1 has an API take the scheme Bearer, and no section forbids another one.
        Case::api("RS-01/another-scheme", &["RS-01"], "The token is sent with the scheme Token.", ADMITS_OR_DENIES,
            &["api-scheme-ignored", "api-anonymous-ok"], [ApiRequest::bearer().headers([("Authorization", "Token {token}")])]),
        // RFC 6750 section 2.3 lets an API read it there, and RFC 9700 section 4.3.2 forbids clients to send it there.
        Case::api("RS-01/token-in-the-query", &["RS-01"], "The token is in the query, and nowhere else.",
            ADMITS_OR_DENIES, &["api-query-read", "api-anonymous-ok"],
            [ApiRequest::bearer().url("https://api.example/notes?access_token={token}").headers([])]),
    ]
}
