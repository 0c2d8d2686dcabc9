//! By whom it is signed, and that it is.

use proofkey_authority::lie::{ExtraKey, HmacKey, IdTokenEdit, JsonEdit, KeyEdit, SignatureEdit, Signing, TestKey};
use proofkey_authority::{Algorithm, Client, ClientAuth, HmacAlgorithm, Lie, Setup};
use serde_json::json;

use super::{refused, taken};
use crate::case::{Case, Expect, Profile};

const ALG: &[&str] = &["alg", "signature", "jwt_malformed"];
const SPOILED: &[&str] = &["signature", "jwt_malformed"];

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let rows: &[&str] = &["ID-13", "ID-12"];
    let spoiled = |id, about, mutants, edit| refused(id, rows, about, SPOILED, mutants, Lie::signature(edit));
    let unsigned = |id, about, mutants, signing| {
        refused(id, &["ID-15", "ID-13", "JW-14"], about, ALG, mutants, Lie::signing(signing))
    };
    let keyed = |id: &'static str, about, key| {
        let rows: &[&str] = match id.starts_with("ID-16") {
            true => &["ID-16", "ID-13", "ID-14", "JW-09"],
            false => &["JW-09", "ID-16", "ID-13", "ID-14"],
        };
        let lie = Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, key));
        refused(id, rows, about, ALG, &["hs256-with-public-key"], lie)
    };
    let hmac = |key| Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, key));
    let by_curve = |id, about, key| {
        keyed(id, about, HmacKey::Pem)
            .setup(Setup { signing: Algorithm::Es256, lie: Some(hmac(key)), ..Setup::witness() })
            .config("id_token_algs", json!(["ES256"]))
    };
    vec![
        Case::new("ID-12/verified", &["ID-12"], "id_token",
            "There is no lie: the signature of the ID token is checked.",
            Expect::Accept(|seen| match seen.answers.last() {
                Some(answer) if answer.message["id_token_verified"] == true => Ok(()),
                _ => Err("expected: id_token_verified true; seen: something else".into()),
            }),
            &["id-token-unread"])
            .profile(Profile::OpenId),
        spoiled("ID-13/signature-bit", "One bit of the signature is flipped.",
            &["no-signature-check", "signature-wrong-ok"], SignatureEdit::FlipBit(77)),
        spoiled("ID-13/signature-truncated", "The signature lacks its last bytes.",
            &["no-signature-check", "signature-truncated-ok"], SignatureEdit::Truncate(255)),
        spoiled("ID-13/signature-one-byte-short", "The signature lacks its last byte.",
            &["no-signature-check", "signature-truncated-ok"], SignatureEdit::Truncate(1)),
        spoiled("ID-13/signature-one-byte-long", "The signature has an additional byte.",
            &["no-signature-check", "signature-longer-ok"], SignatureEdit::Append(vec![0])),
        spoiled("ID-13/signature-empty", "The signature is empty.",
            &["no-signature-check", "signature-empty-ok"], SignatureEdit::Empty),
        spoiled("ID-13/signature-of-another-token", "The signature is that of another token of the same key.",
            &["no-signature-check", "signature-wrong-ok"], SignatureEdit::OfAnotherToken),
        refused("ID-13/foreign-key", rows, "Another key signed it, under the server's kid.", &["signature", "key"],
            &["no-signature-check"], Lie::signing(Signing::Foreign)),
        refused("ID-13/claims-changed-afterwards", &["ID-13", "ID-12", "JW-31"], "sub was changed after the token was signed.", &["signature"],
            &["no-signature-check", "signature-wrong-ok"],
            Lie::id_token([IdTokenEdit::Tamper(JsonEdit::set("sub", "auth0|mallory"))])),

        unsigned("ID-15/alg-none", "alg is none and there is no signature.",
            &["alg-none-ok"], Signing::None("none".into())),
        unsigned("ID-15/alg-none-in-capitals", "alg is NONE.",
            &["alg-none-case-ok"], Signing::None("NONE".into())),
        unsigned("ID-15/alg-none-capitalised", "alg is None.",
            &["alg-none-case-ok"], Signing::None("None".into())),
        unsigned("ID-15/alg-none-in-mixed-case", "alg is nOnE.",
            &["alg-none-case-ok"], Signing::None("nOnE".into())),
        unsigned("JW-14/alg-none-with-a-signature", "alg is none, and the token has the honest signature.",
            &["alg-none-ok"], Signing::NoneWithSignature("none".into())).of(&["JW-14", "ID-15", "ID-13"]),

        keyed("ID-16/hs256-with-the-public-key", "HS256 with the server's public key in PEM as the secret.", HmacKey::Pem),
        keyed("JW-09/hs256-with-trimmed-pem", "HS256 with the public key in PEM, without the last line break.",
            HmacKey::PemTrimmed),
        keyed("JW-09/hs256-with-pem-after-a-blank", "HS256 with the public key in PEM, after a blank line.",
            HmacKey::PemAfterBlank),
        keyed("JW-09/hs256-with-der", "HS256 with the public key in DER as the secret.", HmacKey::Der),
        keyed("JW-09/hs256-with-jwk", "HS256 with the text of the public JWK as the secret.", HmacKey::Jwk),
        by_curve("ID-16/hs256-with-the-public-ec-key", "HS256 with the server's public EC key in PEM.", HmacKey::Pem),
        by_curve("JW-09/hs256-with-the-ec-jwk", "HS256 with the text of the server's public EC JWK.", HmacKey::Jwk),
        keyed("JW-09/hs256-with-modulus", "HS256 with the public key's modulus as the secret.", HmacKey::Modulus),
        refused("ID-16/hs256-with-nothing", &["ID-16", "ID-13", "ID-14"], "HS256 with an empty secret.", ALG,
            &["alg-from-header"], Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, HmacKey::Empty))),
        refused("ID-16/hs256-not-agreed-upon", &["ID-16", "ID-14", "JW-07"],
            "HS256 with the client's secret, where RS256 was agreed upon.", ALG, &["alg-from-header"],
            Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, HmacKey::ClientSecret)))
            .profile(Profile::BasicOpenId),
        with_hs256(taken("ID-16/hs256-agreed-upon", &["ID-16"], "HS256 was agreed upon: the client's secret is the key.",
            &["hs256-refused"], hmac(HmacKey::ClientSecret))),
        with_hs256(refused("JW-08/hs256-agreed-upon-with-the-public-key", &["JW-08", "JW-09", "ID-16", "ID-13"],
            "RS256 and HS256 were agreed upon, and HS256 is keyed with the public key that is for RS256.", SPOILED,
            &["hs256-with-public-key"], hmac(HmacKey::Pem))),
        with_hs256(refused("JW-18/symmetric-key-published-and-agreed-upon", &["JW-18", "ID-16", "ID-13"],
            "HS256 was agreed upon, and the key is a symmetric one that the server publishes.", &["signature", "key"],
            &["oct-key-used"],
            Lie::Together(vec![
                hmac(HmacKey::Published), Lie::keys([KeyEdit::Before(ExtraKey::new(TestKey::Symmetric))]),
            ]))),

        refused("ID-14/other-algorithm-of-the-issuer", &["ID-14", "JW-07"],
            "RS256 was agreed upon, and the token is signed with ES256 by a key of the issuer.", &["alg", "key"],
            &["alg-from-header"], Lie::signing(Signing::Own(Algorithm::Es256))).should(),
        refused("ID-14/other-hash-of-the-issuer", &["ID-14", "JW-07"],
            "RS256 was agreed upon, and the token is signed with RS512 by the issuer's key, which names no alg.",
            &["alg", "key"], &["alg-from-header"],
            Lie::Together(vec![
                Lie::signing(Signing::Own(Algorithm::Rs512)), Lie::keys([KeyEdit::Signing(JsonEdit::remove("alg"))]),
            ])).should(),
        hmac_alone(),
    ]
}

/// HS256 alone is agreed upon, and the metadata names no keys.
fn hmac_alone() -> Case {
    let lie = Lie::Together(vec![
        Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, HmacKey::ClientSecret)),
        Lie::metadata([JsonEdit::remove("jwks_uri")]),
    ]);
    let about = "HS256 alone was agreed upon, and the server publishes no keys: the secret is the key.";
    let case = with_hs256(taken("ID-16/secret-alone", &["ID-16"], about, &["hmac-needs-keys"], lie));
    case.config("id_token_algs", json!(["HS256"])).discovery()
}

/// RS256 and HS256 are agreed upon, with a client whose secret has the 32 octets that HS256 wants.
fn with_hs256(case: Case) -> Case {
    let auth = ClientAuth::Basic("a-secret-that-is-long-enough-for-an-hmac".into());
    let client = Client { id: "client-with-a-long-secret".into(), auth, ..Client::web() };
    let lie = case.setup.lie.clone();
    case.profile(Profile::BasicOpenId)
        .config("id_token_algs", json!(["RS256", "HS256"]))
        .config("client", json!({"id": client.id, "secret": client.auth.secret(), "auth": "basic"}))
        .setup(Setup { lie, clients: vec![client], ..Setup::witness() })
}
