//! The ID token's first line of defence: OpenID Connect Core section 3.1.3.7.

use proofkey_authority::lie::{HmacKey, JsonEdit, SignatureEdit, Signing};
use proofkey_authority::{HmacAlgorithm, Lie};
use serde_json::json;

use super::refuse_after;
use crate::case::{Case, Profile};

pub(super) fn cases() -> Vec<Case> {
    let case = |id, rows, about, classes, mutants, lie| {
        Case::new(id, rows, "id_token", about, refuse_after(classes), mutants).profile(Profile::OpenId).lie(lie)
    };
    let claim = |id, rows, about, class, mutants, edit| case(id, rows, about, class, mutants, Lie::claims([edit]));
    let alg: &[&str] = &["alg", "signature", "jwt_malformed"];
    vec![
        case(
            "ID-06/id-token-missing",
            &["ID-06"],
            "openid was asked for and there is no ID token.",
            &["token_malformed", "jwt_malformed", "other"],
            &["id-token-missing-ok"],
            Lie::token_response([JsonEdit::remove("id_token")]),
        ),
        claim(
            "ID-07/iss-other",
            &["ID-07"],
            "iss is another issuer.",
            &["claim_iss"],
            &["iss-claim-ignored"],
            JsonEdit::set("iss", "https://attacker.example/"),
        ),
        claim(
            "ID-07/iss-longer",
            &["ID-07"],
            "iss has something behind the issuer.",
            &["claim_iss"],
            &["iss-claim-prefix", "iss-claim-ignored"],
            JsonEdit::set("iss", "{issuer}x"),
        ),
        claim(
            "ID-07/iss-missing",
            &["ID-07"],
            "There is no iss.",
            &["claim_iss"],
            &["iss-claim-missing-ok"],
            JsonEdit::remove("iss"),
        ),
        claim(
            "ID-08/aud-other",
            &["ID-08"],
            "aud is another client.",
            &["claim_aud"],
            &["aud-ignored"],
            JsonEdit::set("aud", "another-client"),
        ),
        claim(
            "ID-08/aud-longer",
            &["ID-08"],
            "aud has something behind the client_id.",
            &["claim_aud"],
            &["aud-substring", "aud-ignored"],
            JsonEdit::set("aud", "{client_id}x"),
        ),
        claim(
            "ID-08/aud-missing",
            &["ID-08"],
            "There is no aud.",
            &["claim_aud"],
            &["aud-missing-ok"],
            JsonEdit::remove("aud"),
        ),
        claim(
            "ID-09/aud-untrusted",
            &["ID-09", "ID-08"],
            "aud has a stranger beside the client.",
            &["claim_aud", "claim_azp"],
            &["aud-others-ok"],
            JsonEdit::set("aud", json!(["{client_id}", "stranger"])),
        ),
        case(
            "ID-13/signature-bit",
            &["ID-13", "ID-12"],
            "One bit of the signature is flipped.",
            &["signature"],
            &["no-signature-check", "signature-wrong-ok"],
            Lie::signature(SignatureEdit::FlipBit(77)),
        ),
        case(
            "ID-13/signature-truncated",
            &["ID-13", "ID-12"],
            "The signature lacks its last octet.",
            &["signature", "jwt_malformed"],
            &["no-signature-check", "signature-truncated-ok"],
            Lie::signature(SignatureEdit::Truncate(255)),
        ),
        case(
            "ID-13/signature-empty",
            &["ID-13", "ID-12"],
            "The signature is empty.",
            &["signature", "jwt_malformed"],
            &["no-signature-check", "signature-empty-ok"],
            Lie::signature(SignatureEdit::Empty),
        ),
        case(
            "ID-13/foreign-key",
            &["ID-13", "ID-12"],
            "Another key signed it, under the server's kid.",
            &["signature", "key"],
            &["no-signature-check"],
            Lie::signing(Signing::Foreign),
        ),
        case(
            "ID-15/alg-none",
            &["ID-15", "ID-13", "JW-14"],
            "alg is none and there is no signature.",
            alg,
            &["alg-none-ok"],
            Lie::signing(Signing::None("none".into())),
        ),
        case(
            "ID-15/alg-none-in-capitals",
            &["ID-15", "ID-13", "JW-14"],
            "alg is NONE.",
            alg,
            &["alg-none-case-ok"],
            Lie::signing(Signing::None("NONE".into())),
        ),
        case(
            "ID-16/hs256-with-the-public-key",
            &["ID-16", "ID-13", "ID-14", "JW-09"],
            "HS256 with the server's public key as the secret.",
            alg,
            &["hs256-with-public-key"],
            Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, HmacKey::Pem)),
        ),
        claim(
            "ID-17/expired",
            &["ID-17"],
            "exp is an hour ago.",
            &["claim_exp"],
            &["exp-ignored"],
            JsonEdit::set_time("exp", -3600),
        ),
        claim(
            "ID-18/exp-missing",
            &["ID-18", "ID-17"],
            "There is no exp.",
            &["claim_exp"],
            &["exp-missing-ok"],
            JsonEdit::remove("exp"),
        ),
        claim(
            "ID-18/exp-string",
            &["ID-18", "ID-17", "JW-20"],
            "exp is a string.",
            &["claim_exp", "jwt_malformed"],
            &["exp-string-ok"],
            JsonEdit::SetTimeString("exp".into(), 3600),
        ),
        claim(
            "ID-18/exp-null",
            &["ID-18", "ID-17", "JW-20"],
            "exp is null.",
            &["claim_exp", "jwt_malformed"],
            &["exp-null-ok"],
            JsonEdit::set("exp", json!(null)),
        ),
        claim(
            "ID-21/nonce-other",
            &["ID-21", "ID-02"],
            "nonce is another one.",
            &["claim_nonce"],
            &["nonce-ignored"],
            JsonEdit::set("nonce", "another"),
        ),
        claim(
            "ID-21/nonce-absent",
            &["ID-21", "ID-02"],
            "There is no nonce.",
            &["claim_nonce"],
            &["nonce-absent-ok"],
            JsonEdit::remove("nonce"),
        ),
        claim(
            "ID-21/nonce-empty",
            &["ID-21", "ID-02"],
            "nonce is empty.",
            &["claim_nonce"],
            &["nonce-empty-ok"],
            JsonEdit::set("nonce", ""),
        ),
        claim(
            "ID-25/sub-missing",
            &["ID-25"],
            "There is no sub.",
            &["claim_sub"],
            &["sub-missing-ok"],
            JsonEdit::remove("sub"),
        ),
        claim(
            "ID-25/sub-empty",
            &["ID-25"],
            "sub is empty.",
            &["claim_sub"],
            &["sub-empty-ok"],
            JsonEdit::set("sub", ""),
        ),
        claim(
            "ID-26/at-hash-other",
            &["ID-26"],
            "at_hash is of another access token.",
            &["at_hash"],
            &["at-hash-ignored"],
            JsonEdit::set("at_hash", "77QmUPtjPfzWtF2AnpK9RQ"),
        ),
    ]
}
