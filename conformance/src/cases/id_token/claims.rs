//! For whom, by whom, about whom: `iss`, `aud`, `azp`, `sub`.

use proofkey_authority::Lie;
use proofkey_authority::lie::JsonEdit;
use serde_json::json;

use proofkey_authority::{IssuerShape, Setup};

use super::{claim, left_open, refused, set, taken};
use crate::case::{Case, Expect, Profile};
use crate::transcript::Transcript;

const ISS: &[&str] = &["claim_iss"];
const AUD: &[&str] = &["claim_aud", "jwt_malformed"];
const AZP: &[&str] = &["claim_azp", "claim_aud"];
const SUB: &[&str] = &["claim_sub", "jwt_malformed"];

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    vec![
        refused("ID-06/id-token-missing", &["ID-06"], "openid was requested, and there is no ID token.",
            &["token_malformed", "jwt_malformed", "other"], &["id-token-missing-ok"],
            Lie::token_response([JsonEdit::remove("id_token")])),

        claim("ID-07/iss-other", &["ID-07"], "iss is another issuer.", ISS,
            &["iss-claim-ignored"], set("iss", "https://attacker.example/")),
        claim("ID-07/iss-longer", &["ID-07"], "iss is the issuer with a suffix.", ISS,
            &["iss-claim-prefix", "iss-claim-ignored"], set("iss", "{issuer}x")),
        claim("ID-07/iss-shorter", &["ID-07"], "iss lacks the end of the issuer.", ISS,
            &["iss-claim-prefix", "iss-claim-ignored"], set("iss", "{issuer|half}")),
        claim("ID-07/iss-without-the-slash", &["ID-07"], "iss lacks the slash at its end.", ISS,
            &["iss-claim-slash-ok", "iss-claim-ignored"], set("iss", "{issuer|chop}")),
        claim("ID-07/iss-with-a-slash", &["ID-07"], "iss has a slash at its end, which the issuer lacks.", ISS,
            &["iss-claim-slash-ok", "iss-claim-prefix"], set("iss", "{issuer}/"))
            .setup(Setup {
                issuer: IssuerShape::Plain, lie: Some(Lie::claims([set("iss", "{issuer}/")])), ..Setup::witness()
            }),
        claim("ID-07/iss-in-upper-case", &["ID-07"], "iss is written in upper case.", ISS,
            &["iss-claim-case-ok", "iss-claim-ignored"], set("iss", "{issuer|upper}")),
        claim("ID-07/iss-in-a-list", &["ID-07"], "iss is a list that contains the issuer.",
            &["claim_iss", "jwt_malformed"],
            &["iss-claim-array-ok"], set("iss", json!(["{issuer}"]))),
        claim("ID-07/iss-missing", &["ID-07"], "There is no iss.", &["claim_iss", "jwt_malformed"],
            &["iss-claim-missing-ok"], JsonEdit::remove("iss")),

        claim("ID-08/aud-other", &["ID-08"], "aud is another client.", &["claim_aud", "claim_azp", "jwt_malformed"],
            &["aud-ignored"], set("aud", "another-client")),
        claim("ID-08/aud-in-another-case", &["ID-08"], "aud is the client_id with the case of its letters swapped.",
            &["claim_aud", "claim_azp", "jwt_malformed"], &["aud-case-insensitive", "aud-ignored"],
            set("aud", "{client_id|swapcase}")),
        claim("ID-08/aud-longer", &["ID-08"], "aud is the client_id with a suffix.", AUD,
            &["aud-substring", "aud-ignored"], set("aud", "{client_id}x")),
        claim("ID-08/aud-shorter", &["ID-08"], "aud is the first half of the client_id.", AUD,
            &["aud-substring", "aud-ignored"], set("aud", "{client_id|half}")),
        claim("ID-08/aud-missing", &["ID-08"], "There is no aud.", AUD,
            &["aud-missing-ok"], JsonEdit::remove("aud")),
        claim("ID-08/aud-empty", &["ID-08"], "aud is an empty list.", AUD,
            &["aud-empty-ok"], set("aud", json!([]))),
        taken("ID-08/aud-list-of-one", &["ID-08"], "aud is a list that contains the client_id.",
            &["aud-array-refused"], Lie::claims([set("aud", json!(["{client_id}"]))])),
        trusting(taken("ID-08/aud-trusted-beside", &["ID-08"],
            "aud has the client and an audience that it is configured to trust; azp is the client.",
            &["aud-trusted-refused"],
            Lie::claims([set("aud", both()), set("azp", "{client_id}")]))),
        claim("ID-09/aud-untrusted", &["ID-09", "ID-08"],
            "aud has the client and an untrusted audience; azp is the client.",
            &["claim_aud", "claim_azp"], &["aud-others-ok"], set("aud", json!(["{client_id}", "stranger"])))
            .lie(Lie::claims([set("aud", json!(["{client_id}", "stranger"])), set("azp", "{client_id}")])),
        trusting(left_open("ID-10/several-audiences-without-azp", &["ID-10"],
            "aud has the client and an audience that it is configured to trust; there is no azp.", AZP,
            &["azp-missing-ok"],
            Lie::claims([set("aud", both())]))),
        left_open("ID-11/azp-other", &["ID-11"], "azp is another client.", AZP, &["azp-ignored"],
            Lie::claims([set("azp", "another-client")])),
        refused("ID-11/azp-is-no-aud", &["ID-11", "ID-08"], "aud is another client, azp is this one.", AZP,
            &["azp-for-aud"], Lie::claims([set("aud", "another-client"), set("azp", "{client_id}")])),
        claim("JW-22/aud-number", &["JW-22"], "aud is a number.", AUD,
            &["aud-type-ok"], set("aud", 7)),
        claim("JW-22/aud-object", &["JW-22"], "aud is an object.", AUD,
            &["aud-type-ok"], set("aud", json!({"client": "{client_id}"}))),
        claim("JW-22/aud-mixed", &["JW-22"], "aud is a list of the client_id and a number.", AUD,
            &["aud-type-ok"], set("aud", json!(["{client_id}", 7]))),

        claim("ID-25/sub-missing", &["ID-25"], "There is no sub.", SUB,
            &["sub-missing-ok"], JsonEdit::remove("sub")),
        left_open("ID-25/sub-empty", &["ID-25"], "sub is empty.", SUB, &["sub-empty-ok"], Lie::claims([set("sub", "")])),
        taken("ID-25/sub-of-255", &["ID-25"], "sub has 255 characters.", &["sub-255-refused"],
            Lie::claims([JsonEdit::SetLong("sub".into(), 255)])),
        // The limit binds the issuer (section 2).
        left_open("ID-25/sub-long", &["ID-25"], "sub has 256 characters.", SUB,
            &["sub-long-ok"], Lie::claims([JsonEdit::SetLong("sub".into(), 256)])),
        claim("ID-25/sub-number", &["ID-25"], "sub is a number.", SUB,
            &["sub-type-ok"], set("sub", 7)),
        Case::new("ID-39/claim-twice", &["ID-39"], "id_token",
            "sub is repeated: it is refused, or the last one counts, as RFC 7519 section 4 says.",
            Expect::Policy(refused_or_last),
            &["claims-duplicates-ok", "claims-duplicates-first", "claims-duplicates-split"])
            .profile(Profile::OpenId).lie(Lie::claims([JsonEdit::duplicate("sub", "auth0|mallory")])),
        claim("ID-39/last-one-wrong", &["ID-39", "ID-21", "ID-02"],
            "nonce is repeated: first the right one, then another.",
            &["jwt_malformed", "claim_nonce"], &["claims-duplicates-first"], JsonEdit::duplicate("nonce", "another")),
        left_open("ID-39/last-one-right", &["ID-39", "ID-21", "ID-02"],
            "nonce is repeated: first another, then the right one.",
            &["jwt_malformed", "claim_nonce"], &["claims-duplicates-ok", "claims-duplicates-split"],
            Lie::claims([JsonEdit::duplicate_first("nonce", "another")])),
    ]
}

/// The client, and an audience beside it.
fn both() -> serde_json::Value {
    json!(["{client_id}", "https://api.example/"])
}

/// The client is told to trust that audience.
fn trusting(case: Case) -> Case {
    case.config("trusted_audiences", json!(["https://api.example/"]))
}

/// The same person for the checks and for the application.
fn refused_or_last(seen: &Transcript) -> Result<String, String> {
    let Some(answer) = seen.answers.last() else { return Err("expected: an answer; seen: none".into()) };
    if !answer.is_ok() {
        let right = matches!(answer.class(), "jwt_malformed" | "claim_sub");
        return if right { Ok("refuses it".into()) } else { Err(format!("seen: class {:?}", answer.class())) };
    }
    let last = |sub: &serde_json::Value| sub == "auth0|mallory";
    if last(&answer.message["sub"]) && last(&answer.message["claims"]["sub"]) {
        return Ok("takes the last one".into());
    }
    Err("expected: a refusal, or the last of the two; seen: the first".into())
}
