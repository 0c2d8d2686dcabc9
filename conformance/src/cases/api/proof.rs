//! Access tokens that are bound to a key, and the proofs of it: RFC 9449 sections 4.3, 7 and 9.

use proofkey_authority::lie::{HmacKey, IdTokenEdit, JsonEdit, SignatureEdit, Signing};
use proofkey_authority::{HmacAlgorithm, KeySet, proof_key};
use serde_json::json;

use super::{ADMITS_OR_DENIES, DENY, of_its_user};
use crate::api_request::{ApiRequest, set_header};
use crate::case::{Case, Expect};
use crate::challenge::fields;

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let bound = ApiRequest::bound;
    let case = |id, rows, about, expect, mutants, requests: Vec<ApiRequest>| {
        Case::api(id, rows, about, expect, mutants, requests).config("dpop", true)
    };
    let denied = |id, row, about, mutants, request| case(id, row, about, DENY, mutants, vec![request]);
    let edited = |id, row, about, mutants, edit: IdTokenEdit| denied(id, row, about, mutants, bound().proof([edit]));
    let admitted = |id, rows, about, mutants, requests| case(id, rows, about, Expect::Accept(of_its_user), mutants, requests);
    let claim = IdTokenEdit::Claim;
    let text = |name: &str, value: &str| claim(JsonEdit::set(name, value));
    let sign = IdTokenEdit::Sign;
    let nonces = |case: Case| case.config("dpop_nonce", true);
    vec![
        admitted("DP-11/good", &["DP-11"], "A token that is bound to a key, with a proof of this key.",
            &["api-denies-all", "api-proofs-refused"], vec![bound()]),

        denied("DP-04/two-fields", &["DP-04"], "There are two DPoP headers.", &["api-proof-repeated-ok"],
            bound().headers([("Authorization", "DPoP {token}"), ("DPoP", "{proof}"), ("DPoP", "{proof}")])),
        denied("DP-04/no-jwt", &["DP-04", "DP-05"], "The DPoP header is not a JWT.",
            &["api-proof-unread"], bound().headers([("Authorization", "DPoP {token}"), ("DPoP", "proof")])),

        edited("DP-05/jti-missing", &["DP-05"], "There is no jti.", &["api-proof-jti-missing-ok", "api-proof-unread"],
            claim(JsonEdit::remove("jti"))),
        edited("DP-05/htm-missing", &["DP-05", "DP-06"], "There is no htm.", &["api-proof-htm-ignored", "api-proof-unread"],
            claim(JsonEdit::remove("htm"))),
        edited("DP-05/htu-missing", &["DP-05", "DP-06"], "There is no htu.", &["api-proof-htu-ignored", "api-proof-unread"],
            claim(JsonEdit::remove("htu"))),
        edited("DP-05/iat-missing", &["DP-05", "DP-07"], "There is no iat.", &["api-proof-iat-ignored", "api-proof-unread"],
            claim(JsonEdit::remove("iat"))),
        edited("DP-05/typ-jwt", &["DP-05"], "typ is JWT.", &["api-proof-typ-ignored", "api-proof-unread"],
            set_header("typ", "JWT")),
        edited("DP-05/alg-none", &["DP-05"], "alg is none, and there is no signature.",
            &["api-proof-alg-none-ok", "api-proof-signature-ignored", "api-proof-unread"],
            sign(Signing::None("none".into()))),
        denied("DP-05/hs256", &["DP-05"], "alg is HS256, and the key in the header is the secret.",
            &["api-proof-hs256-ok", "api-proof-unread"], bound().proof([
                sign(Signing::Hmac(HmacAlgorithm::Hs256, HmacKey::Text("0123456789abcdef0123456789abcdef".into()))),
                set_header("jwk", json!({"kty": "oct", "k": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"})),
            ]).token([IdTokenEdit::Claim(JsonEdit::set("cnf", json!({"jkt": HMAC_THUMBPRINT})))])),
        edited("DP-05/tampered", &["DP-05"], "The signature is that of another proof.",
            &["api-proof-signature-ignored", "api-proof-unread"], IdTokenEdit::Signature(SignatureEdit::OfAnotherToken)),
        edited("DP-05/jwk-missing", &["DP-05"], "The header has no key.", &["api-proof-unread"],
            IdTokenEdit::Header(JsonEdit::remove("jwk"))),
        edited("DP-05/private-key", &["DP-05"], "The key in the header includes its private member.",
            &["api-proof-private-key-ok", "api-proof-unread"], set_header("jwk", with_private_member())),

        edited("DP-06/method", &["DP-06"], "The proof is for another method.",
            &["api-proof-htm-ignored", "api-proof-unread"], text("htm", "POST")),
        edited("DP-06/path", &["DP-06"], "The proof is for another address of the API.",
            &["api-proof-htu-ignored", "api-proof-unread"], text("htu", "https://api.example/notes/1")),
        edited("DP-06/host", &["DP-06"], "The proof is for another API.",
            &["api-proof-htu-ignored", "api-proof-htu-path-only", "api-proof-unread"], text("htu", "https://other.example/notes")),
        admitted("DP-06/query", &["DP-06"], "The request has a query, which htu lacks.",
            &["api-proof-htu-with-query"], vec![bound().url("https://api.example/notes?page=2")]),
        admitted("DP-06/default-port", &["DP-06"], "htu has an explicit default port.",
            &["api-proof-htu-exact"], vec![bound().proof([text("htu", "https://api.example:443/notes")])]).should(),
        admitted("DP-06/case-of-the-host", &["DP-06"], "htu has the host in upper case.",
            &["api-proof-htu-exact"], vec![bound().proof([text("htu", "https://API.example/notes")])]).should(),

        edited("DP-07/old", &["DP-07", "DP-05"], "iat of the proof is an hour ago.",
            &["api-proof-iat-ignored", "api-proof-unread"],
            claim(JsonEdit::set_time("iat", -3600))),
        edited("DP-07/in-the-future", &["DP-07", "DP-05"], "iat of the proof is in an hour.",
            &["api-proof-iat-ignored", "api-proof-iat-future-ok", "api-proof-unread"], claim(JsonEdit::set_time("iat", 3600))),
        // Section 11.1: servers can store the jti, which may not be feasible where several share an address.
        case("DP-07/replayed", &["DP-07", "DP-05"], "The same proof is sent again.", ADMITS_OR_DENIES,
            &["api-proof-replay-ok", "api-proof-unread"], {
                let same = || bound().proof([text("jti", "the-same-proof-for-two-requests")]);
                vec![same(), same()]
            }),

        edited("DP-11/ath-other", &["DP-11"], "ath is the hash of another token.",
            &["api-proof-ath-ignored", "api-proof-unread"], text("ath", "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo")),
        edited("DP-11/ath-missing", &["DP-11"], "There is no ath.", &["api-proof-ath-ignored", "api-proof-unread"],
            claim(JsonEdit::remove("ath"))),
        denied("DP-11/other-key", &["DP-11"], "The proof is by another key than the one that the token is bound to.",
            &["api-proof-key-ignored", "api-proof-unread"],
            bound().proof([sign(Signing::Foreign), IdTokenEdit::Header(JsonEdit::remove("kid")), set_header("jwk", proof_key(KeySet::Foreign))])),
        denied("DP-11/proof-missing", &["DP-11"], "The scheme is DPoP, and there is no proof.",
            &["api-proof-missing-ok"], bound().headers([("Authorization", "DPoP {token}")])),
        denied("DP-11/not-bound", &["DP-11"], "The scheme is DPoP, and the token is bound to no key.",
            &["api-proof-key-ignored", "api-unbound-ok", "api-proof-unread"],
            bound().token([IdTokenEdit::Claim(JsonEdit::remove("cnf"))])),
        denied("DP-12/as-bearer", &["DP-12"],
            "A token that is bound to a key is sent with the scheme Bearer, without a proof.",
            &["api-binding-ignored"], bound().headers([("Authorization", "Bearer {token}")])),
        denied("DP-12/as-bearer-with-a-proof", &["DP-12"],
            "A token that is bound to a key is sent with the scheme Bearer and a proof.",
            &["api-binding-ignored"], bound().headers([("Authorization", "Bearer {token}"), ("DPoP", "{proof}")])),

        nonces(case("DP-14/nonce-asked-for", &["DP-14"],
            "The API demands nonces: a proof without one is denied, and the response has one.",
            Expect::Deny(Some((401, "use_dpop_nonce"))), &["api-nonce-ignored", "api-nonce-kept-back", "api-challenge-missing", "api-code-missing", "api-denies-all",
                "api-proofs-refused", "api-proof-unread"],
            vec![bound()]))
            .and(|seen| match seen.answers.last().and_then(|answer| fields(answer, "dpop-nonce").next()) {
                Some(nonce) if !nonce.is_empty() => Ok(()),
                _ => Err("expected: a DPoP-Nonce field; seen: none".into()),
            }),
        nonces(admitted("DP-14/nonce-given", &["DP-14"], "The second proof has the nonce of the API.",
            &["api-nonce-never-enough", "api-nonce-kept-back"], vec![bound(), bound()])),
        nonces(case("DP-14/nonce-made-up", &["DP-14"], "The second proof has a nonce that the client made up.", DENY,
            &["api-nonce-any-ok", "api-nonce-ignored", "api-proof-unread"],
            vec![bound(), bound().proof([text("nonce", "eyJ7S_zG.eyJH0-Z.HX4w-7v")])])),
    ]
}

/// The thumbprint of the symmetric key in the header: `{"k":...,"kty":"oct"}`.
const HMAC_THUMBPRINT: &str = "XOBEfwKZzZgziWfq7yZzhEKNQfihBMioCzRbNmqUH0Y";

fn with_private_member() -> serde_json::Value {
    let mut jwk = proof_key(KeySet::Second);
    jwk["d"] = "waBuIq4ASu5s4Iv6CvNMagGgkpD4aEz4curwEAc2CTQ".into();
    jwk
}
