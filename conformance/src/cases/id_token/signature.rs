//! By whom it is signed, and that it is.

use proofkey_authority::lie::{HmacKey, JsonEdit, SignatureEdit, Signing};
use proofkey_authority::{Client, ClientAuth, HmacAlgorithm, Lie, Setup};
use serde_json::json;

use super::{refused, taken};
use crate::case::{Case, Profile};

const ALG: &[&str] = &["alg", "signature", "jwt_malformed"];
const SPOILED: &[&str] = &["signature", "jwt_malformed"];

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let rows: &[&str] = &["ID-13", "ID-12"];
    let spoiled = |id, about, mutants, edit| refused(id, rows, about, SPOILED, mutants, Lie::signature(edit));
    let unsigned = |id, about, mutants, signing| {
        refused(id, &["ID-15", "ID-13", "JW-14"], about, ALG, mutants, Lie::signing(signing))
    };
    let keyed = |id, about, key| {
        let lie = Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, key));
        refused(id, &["ID-16", "ID-13", "ID-14", "JW-09"], about, ALG, &["hs256-with-public-key"], lie)
    };
    // HS256 wants a key of 32 octets.
    let auth = ClientAuth::Basic("a-secret-that-is-long-enough-for-an-hmac".into());
    let client = Client { id: "client-with-a-long-secret".into(), auth, ..Client::web() };
    vec![
        spoiled("ID-13/signature-bit", "One bit of the signature is flipped.",
            &["no-signature-check", "signature-wrong-ok"], SignatureEdit::FlipBit(77)),
        spoiled("ID-13/signature-truncated", "The signature lacks its last octets.",
            &["no-signature-check", "signature-truncated-ok"], SignatureEdit::Truncate(255)),
        spoiled("ID-13/signature-empty", "The signature is empty.",
            &["no-signature-check", "signature-empty-ok"], SignatureEdit::Empty),
        spoiled("ID-13/signature-of-another-token", "The signature is that of another token of the same key.",
            &["no-signature-check", "signature-wrong-ok"], SignatureEdit::OfAnotherToken),
        refused("ID-13/foreign-key", rows, "Another key signed it, under the server's kid.", &["signature", "key"],
            &["no-signature-check"], Lie::signing(Signing::Foreign)),
        refused("ID-13/claims-changed-afterwards", rows, "sub was changed after the token was signed.", &["signature"],
            &["no-signature-check", "signature-wrong-ok"],
            Lie::id_token([proofkey_authority::lie::IdTokenEdit::Tamper(JsonEdit::set("sub", "auth0|mallory"))])),

        unsigned("ID-15/alg-none", "alg is none and there is no signature.",
            &["alg-none-ok"], Signing::None("none".into())),
        unsigned("ID-15/alg-none-in-capitals", "alg is NONE.",
            &["alg-none-case-ok"], Signing::None("NONE".into())),
        unsigned("ID-15/alg-none-capitalised", "alg is None.",
            &["alg-none-case-ok"], Signing::None("None".into())),
        unsigned("ID-15/alg-none-in-mixed-case", "alg is nOnE.",
            &["alg-none-case-ok"], Signing::None("nOnE".into())),
        unsigned("JW-14/alg-none-with-a-signature", "alg is none, and the honest signature stands behind it.",
            &["alg-none-ok"], Signing::NoneWithSignature("none".into())),

        keyed("ID-16/hs256-with-the-public-key", "HS256 with the server's public key in PEM as the secret.", HmacKey::Pem),
        keyed("JW-09/hs256-with-trimmed-pem", "HS256 with the public key in PEM, without the last line end.",
            HmacKey::PemTrimmed),
        keyed("JW-09/hs256-with-pem-after-a-blank", "HS256 with the public key in PEM, behind a blank line.",
            HmacKey::PemAfterBlank),
        keyed("JW-09/hs256-with-der", "HS256 with the public key in DER as the secret.", HmacKey::Der),
        keyed("JW-09/hs256-with-jwk", "HS256 with the text of the public JWK as the secret.", HmacKey::Jwk),
        keyed("JW-09/hs256-with-modulus", "HS256 with the public key's modulus as the secret.", HmacKey::Modulus),
        refused("ID-16/hs256-with-nothing", &["ID-16", "ID-13", "ID-14"], "HS256 with an empty secret.", ALG,
            &["alg-from-header"], Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, HmacKey::Empty))),
        refused("ID-16/hs256-not-agreed-upon", &["ID-16", "ID-14", "JW-07"],
            "HS256 with the client's secret, where RS256 was agreed upon.", ALG, &["alg-from-header"],
            Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, HmacKey::ClientSecret)))
            .profile(Profile::BasicOpenId),
        taken("ID-16/hs256-agreed-upon", &["ID-16"], "HS256 was agreed upon: the client's secret is the key.",
            &["hs256-refused"], Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, HmacKey::ClientSecret)))
            .profile(Profile::BasicOpenId).config("id_token_algs", json!(["RS256", "HS256"]))
            .setup(Setup {
                lie: Some(Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, HmacKey::ClientSecret))),
                clients: vec![client.clone()],
                ..Setup::witness()
            })
            .config("client", json!({"id": client.id, "secret": client.auth.secret(), "auth": "basic"})),
    ]
}
