//! For whom, by whom, about whom: `iss`, `aud`, `azp`, `sub`.

use proofkey_authority::Lie;
use proofkey_authority::lie::JsonEdit;
use serde_json::json;

use super::{claim, refused, set, taken};
use crate::case::Case;

const ISS: &[&str] = &["claim_iss"];
const AUD: &[&str] = &["claim_aud", "jwt_malformed"];
const AZP: &[&str] = &["claim_azp", "claim_aud"];
const SUB: &[&str] = &["claim_sub", "jwt_malformed"];

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    vec![
        refused("ID-06/id-token-missing", &["ID-06"], "openid was asked for and there is no ID token.",
            &["token_malformed", "jwt_malformed", "other"], &["id-token-missing-ok"],
            Lie::token_response([JsonEdit::remove("id_token")])),

        claim("ID-07/iss-other", &["ID-07"], "iss is another issuer.", ISS,
            &["iss-claim-ignored"], set("iss", "https://attacker.example/")),
        claim("ID-07/iss-longer", &["ID-07"], "iss has something behind the issuer.", ISS,
            &["iss-claim-prefix", "iss-claim-ignored"], set("iss", "{issuer}x")),
        claim("ID-07/iss-shorter", &["ID-07"], "iss lacks the end of the issuer.", ISS,
            &["iss-claim-prefix", "iss-claim-ignored"], set("iss", "{issuer|half}")),
        claim("ID-07/iss-without-the-slash", &["ID-07"], "iss lacks the slash at its end.", ISS,
            &["iss-claim-slash-ok", "iss-claim-ignored"], set("iss", "{issuer|chop}")),
        claim("ID-07/iss-in-upper-case", &["ID-07"], "iss is written in upper case.", ISS,
            &["iss-claim-case-ok", "iss-claim-ignored"], set("iss", "{issuer|upper}")),
        claim("ID-07/iss-in-a-list", &["ID-07"], "iss is a list with the issuer in it.", &["claim_iss", "jwt_malformed"],
            &["iss-claim-array-ok"], set("iss", json!(["{issuer}"]))),
        claim("ID-07/iss-missing", &["ID-07"], "There is no iss.", ISS,
            &["iss-claim-missing-ok"], JsonEdit::remove("iss")),

        claim("ID-08/aud-other", &["ID-08"], "aud is another client.", AUD,
            &["aud-ignored"], set("aud", "another-client")),
        claim("ID-08/aud-longer", &["ID-08"], "aud has something behind the client_id.", AUD,
            &["aud-substring", "aud-ignored"], set("aud", "{client_id}x")),
        claim("ID-08/aud-shorter", &["ID-08"], "aud is the first half of the client_id.", AUD,
            &["aud-substring", "aud-ignored"], set("aud", "{client_id|half}")),
        claim("ID-08/aud-missing", &["ID-08"], "There is no aud.", AUD,
            &["aud-missing-ok"], JsonEdit::remove("aud")),
        claim("ID-08/aud-empty", &["ID-08"], "aud is an empty list.", AUD,
            &["aud-empty-ok"], set("aud", json!([]))),
        taken("ID-08/aud-list-of-one", &["ID-08"], "aud is a list with the client_id in it.",
            &["aud-array-refused"], Lie::claims([set("aud", json!(["{client_id}"]))])),
        claim("ID-09/aud-untrusted", &["ID-09", "ID-08", "ID-11"], "aud has a stranger beside the client, who is azp.",
            &["claim_aud", "claim_azp"], &["aud-others-ok"], set("aud", json!(["{client_id}", "stranger"])))
            .lie(Lie::claims([set("aud", json!(["{client_id}", "stranger"])), set("azp", "{client_id}")])),
        claim("ID-10/several-audiences-without-azp", &["ID-10", "ID-09"], "aud has two names, and there is no azp.",
            AZP, &["azp-missing-ok", "aud-others-ok"], set("aud", json!(["{client_id}", "stranger"]))).should(),
        claim("ID-11/azp-other", &["ID-11"], "azp is another client.", AZP,
            &["azp-ignored"], set("azp", "another-client")).should(),
        claim("ID-11/azp-is-no-aud", &["ID-11", "ID-08"], "aud is another client, azp is this one.", AZP,
            &["azp-for-aud"], set("aud", json!([])))
            .lie(Lie::claims([set("aud", json!([])), set("azp", "{client_id}")])).should(),
        claim("JW-22/aud-number", &["JW-22"], "aud is a number.", AUD,
            &["aud-type-ok"], set("aud", 7)),
        claim("JW-22/aud-object", &["JW-22"], "aud is an object.", AUD,
            &["aud-type-ok"], set("aud", json!({"client": "{client_id}"}))),
        claim("JW-22/aud-mixed", &["JW-22"], "aud is a list with the client_id and a number in it.", AUD,
            &["aud-type-ok"], set("aud", json!(["{client_id}", 7]))),

        claim("ID-25/sub-missing", &["ID-25"], "There is no sub.", SUB,
            &["sub-missing-ok"], JsonEdit::remove("sub")),
        claim("ID-25/sub-empty", &["ID-25"], "sub is empty.", SUB,
            &["sub-empty-ok"], set("sub", "")),
        claim("ID-25/sub-long", &["ID-25"], "sub has 256 characters.", SUB,
            &["sub-long-ok"], JsonEdit::SetLong("sub".into(), 256)),
        claim("ID-25/sub-number", &["ID-25"], "sub is a number.", SUB,
            &["sub-type-ok"], set("sub", 7)),
        claim("ID-39/claim-twice", &["ID-39"], "sub stands twice: it is refused, or one of the two is checked and used.",
            &["jwt_malformed", "claim_sub"], &["claims-duplicates-ok"], JsonEdit::duplicate("sub", "auth0|mallory")),
        claim("ID-39/checked-claim-twice", &["ID-39", "ID-21", "ID-02"],
            "nonce stands twice, first another: what was checked is what is used.",
            &["jwt_malformed", "claim_nonce"], &["claims-duplicates-ok", "claims-duplicates-split"],
            JsonEdit::duplicate_first("nonce", "another")),
    ]
}
