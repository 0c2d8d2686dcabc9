//! The same for the ID token and the keys.

use proofkey_authority::lie::{
    ExtraKey, HmacKey, IdTokenEdit, JsonEdit, KeyEdit, Lie, SignatureEdit, Signing, TestKey, TextEdit,
};
use proofkey_authority::{Algorithm, HmacAlgorithm, Setup};
use serde_json::json;

use crate::drive::Login;
use crate::overlooked::check;

#[tokio::test]
async fn of_the_shape() {
    let text = |edit| Lie::text(edit);
    let header = |edit| Lie::header([edit]);
    check(
        &Login::new(Setup::witness()),
        vec![
            ("jwt-extra-segment-ok", text(TextEdit::AppendSegment("e30".into())), "jwt_malformed"),
            ("jwt-json-ok", text(TextEdit::Flattened), "jwt_malformed"),
            ("jwt-json-ok", text(TextEdit::General), "jwt_malformed"),
            ("jwt-padding-ok", text(TextEdit::Pad(2)), "jwt_malformed"),
            ("jwt-spare-bits-ok", text(TextEdit::SpareBits(2)), "jwt_malformed"),
            ("jwt-whitespace-ok", text(TextEdit::Insert(2, 5, "\n".into())), "jwt_malformed"),
            ("jwt-inserted-ok", text(TextEdit::Insert(2, 5, "?".into())), "jwt_malformed"),
            ("jwt-uncapped", Lie::claims([JsonEdit::SetLong("x".into(), 800_000)]), "jwt_malformed"),
            ("header-duplicates-first", header(JsonEdit::duplicate("alg", "none")), "jwt_malformed"),
            ("header-duplicates-ok", header(JsonEdit::duplicate_first("alg", "none")), "jwt_malformed"),
            ("claims-duplicates-first", Lie::claims([JsonEdit::duplicate("nonce", "x")]), "jwt_malformed"),
            ("claims-duplicates-ok", Lie::claims([JsonEdit::duplicate_first("sub", "x")]), "jwt_malformed"),
            ("claims-duplicates-split", Lie::claims([JsonEdit::duplicate_first("sub", "x")]), "jwt_malformed"),
            ("crit-ignored", header(JsonEdit::set("crit", json!(["x"]))), "crit"),
            ("crit-empty-ok", header(JsonEdit::set("crit", json!([]))), "crit"),
            ("crit-registered-ok", header(JsonEdit::set("crit", json!(["alg"]))), "crit"),
            ("b64-ignored", header(JsonEdit::set("b64", true)), "crit"),
            ("typ-ignored", header(JsonEdit::set("typ", "at+jwt")), "typ"),
            ("alg-missing-ok", header(JsonEdit::remove("alg")), "alg"),
            ("alg-not-a-string-ok", header(JsonEdit::set("alg", 256)), "alg"),
        ],
    )
    .await;
}

#[tokio::test]
async fn of_the_signature() {
    let own = |algorithm| Lie::signing(Signing::Own(algorithm));
    let spoiled = |edit| Lie::signature(edit);
    let rs = Login::new(Setup::witness());
    check(
        &rs,
        vec![
            ("alg-none-ok", Lie::signing(Signing::None("none".into())), "alg"),
            ("alg-none-case-ok", Lie::signing(Signing::None("NONE".into())), "alg"),
            ("alg-from-header", own(Algorithm::Es256), "alg"),
            ("no-signature-check", spoiled(SignatureEdit::FlipBit(0)), "signature"),
            ("no-signature-check", Lie::signing(Signing::Foreign), "signature"),
            ("signature-wrong-ok", spoiled(SignatureEdit::FlipBit(0)), "signature"),
            ("signature-empty-ok", spoiled(SignatureEdit::Empty), "signature"),
            ("signature-truncated-ok", spoiled(SignatureEdit::Truncate(1)), "signature"),
        ],
    )
    .await;
    for key in [HmacKey::Pem, HmacKey::PemAfterBlank, HmacKey::PemTrimmed, HmacKey::Der, HmacKey::Jwk, HmacKey::Modulus]
    {
        let lie = Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, key));
        check(&rs, vec![("hs256-with-public-key", lie, "alg")]).await;
    }
    let es = Login::new(Setup { signing: Algorithm::Es256, ..Setup::witness() });
    check(
        &es.config(json!({"id_token_algs": ["ES256"]})),
        vec![
            ("ecdsa-der-ok", spoiled(SignatureEdit::Der), "signature"),
            ("ecdsa-length-ok", spoiled(SignatureEdit::Append(vec![0])), "signature"),
            ("ecdsa-length-ok", spoiled(SignatureEdit::Truncate(1)), "signature"),
            ("ecdsa-zero-ok", spoiled(SignatureEdit::Zero), "signature"),
            ("ecdsa-zero-ok", spoiled(SignatureEdit::ZeroR), "signature"),
            ("ecdsa-zero-ok", spoiled(SignatureEdit::ZeroS), "signature"),
            ("ecdsa-zero-ok", spoiled(SignatureEdit::LargeR), "signature"),
        ],
    )
    .await;
    let ed = Login::new(Setup { signing: Algorithm::EdDsa, ..Setup::witness() });
    check(
        &ed.config(json!({"id_token_algs": ["EdDSA"]})),
        vec![("ed25519-s-reduced", spoiled(SignatureEdit::LargeS), "signature")],
    )
    .await;
}

#[tokio::test]
async fn of_the_keys() {
    let rs = Login::new(Setup::witness());
    let signing = |edit| Lie::keys([KeyEdit::Signing(edit)]);
    let weak = |key: TestKey, signing: Signing| {
        Lie::Together(vec![Lie::keys([KeyEdit::RemoveAll, KeyEdit::After(ExtraKey::new(key))]), Lie::signing(signing)])
    };
    check(
        &rs,
        vec![
            ("key-use-ignored", signing(JsonEdit::set("use", "enc")), "key"),
            ("key-ops-ignored", signing(JsonEdit::set("key_ops", json!(["sign"]))), "key"),
            ("key-alg-ignored", signing(JsonEdit::set("alg", "PS256")), "key"),
            ("kid-unknown-any", Lie::header([JsonEdit::set("kid", "unknown")]), "key"),
            ("kid-type-ok", Lie::header([JsonEdit::set("kid", 7)]), "key"),
            ("kid-ignored", Lie::header([JsonEdit::set("kid", "unknown")]), "key"),
            ("rsa-small-ok", weak(TestKey::SmallRsa, Signing::SmallRsa), "key"),
            ("rsa-exponent-one-ok", weak(TestKey::ExponentOne, Signing::ExponentOne), "key"),
            ("oct-key-used", weak(TestKey::Symmetric, Signing::Hmac(HmacAlgorithm::Hs256, HmacKey::Published)), "alg"),
            (
                "jwks-body-uncapped",
                Lie::response(
                    proofkey_authority::Endpoint::Jwks,
                    [proofkey_authority::lie::ResponseEdit::Blanks(1 << 21)],
                ),
                "key",
            ),
            (
                "jwk-header-used",
                Lie::id_token([
                    IdTokenEdit::Sign(Signing::Foreign),
                    IdTokenEdit::Header(JsonEdit::set_text("jwk", "{foreign_jwk}")),
                ]),
                "signature",
            ),
        ],
    )
    .await;
    let ed = Login::new(Setup { signing: Algorithm::EdDsa, ..Setup::witness() });
    let ed = ed.config(json!({"id_token_algs": ["EdDSA"]}));
    check(&ed, vec![("ed25519-small-order-ok", weak(TestKey::SmallOrder, Signing::SmallOrder), "key")]).await;
    let es = Login::new(Setup { signing: Algorithm::Es256, ..Setup::witness() });
    let es = es.config(json!({"id_token_algs": ["ES256"]}));
    check(&es, vec![("key-curve-ignored", weak(TestKey::Secp256k1, Signing::Secp256k1), "key")]).await;
}

#[tokio::test]
async fn of_the_claims() {
    let set = |name: &str, value: serde_json::Value| Lie::claims([JsonEdit::set(name, value)]);
    let time = |name: &str, seconds| Lie::claims([JsonEdit::set_time(name, seconds)]);
    let without = |name: &str| Lie::claims([JsonEdit::remove(name)]);
    let and_azp = |aud, azp: &str| Lie::claims([JsonEdit::set("aud", aud), JsonEdit::set("azp", azp)]);
    check(
        &Login::new(Setup::witness()),
        vec![
            ("iss-claim-ignored", set("iss", json!("https://other.example/")), "claim_iss"),
            ("iss-claim-missing-ok", without("iss"), "claim_iss"),
            ("iss-claim-prefix", set("iss", json!("{issuer}more")), "claim_iss"),
            ("iss-claim-slash-ok", set("iss", json!("{base}")), "claim_iss"),
            ("iss-claim-case-ok", set("iss", json!("{issuer|upper}")), "claim_iss"),
            ("iss-claim-array-ok", set("iss", json!(["{issuer}"])), "claim_iss"),
            ("aud-ignored", set("aud", json!("another-client")), "claim_aud"),
            ("aud-missing-ok", without("aud"), "claim_aud"),
            ("aud-empty-ok", set("aud", json!([])), "claim_aud"),
            ("aud-substring", set("aud", json!("{client_id}x")), "claim_aud"),
            ("aud-others-ok", and_azp(json!(["{client_id}", "x"]), "{client_id}"), "claim_aud"),
            ("aud-type-ok", set("aud", json!({"a": "b"})), "claim_aud"),
            ("aud-type-ok", set("aud", json!(["{client_id}", 7])), "claim_aud"),
            ("azp-ignored", set("azp", json!("x")), "claim_azp"),
            ("azp-for-aud", and_azp(json!("x"), "{client_id}"), "claim_aud"),
            ("exp-ignored", time("exp", -10), "claim_exp"),
            ("exp-missing-ok", without("exp"), "claim_exp"),
            ("exp-null-ok", set("exp", json!(null)), "claim_exp"),
            ("exp-string-ok", Lie::claims([JsonEdit::SetTimeString("exp".into(), 60)]), "claim_exp"),
            ("exp-boolean-ok", set("exp", json!(true)), "claim_exp"),
            ("exp-negative-ok", set("exp", json!(-1)), "claim_exp"),
            ("date-overflow-ok", set("exp", json!(1e300)), "claim_exp"),
            ("nbf-ignored", time("nbf", 600), "claim_nbf"),
            ("nbf-type-ok", set("nbf", json!("soon")), "claim_nbf"),
            ("iat-missing-ok", without("iat"), "claim_iat"),
            ("iat-type-ok", set("iat", json!("now")), "claim_iat"),
            ("iat-future-ok", time("iat", 86_000), "claim_iat"),
            ("sub-missing-ok", without("sub"), "claim_sub"),
            ("sub-empty-ok", set("sub", json!("")), "claim_sub"),
            ("sub-long-ok", Lie::claims([JsonEdit::SetLong("sub".into(), 256)]), "claim_sub"),
            ("sub-type-ok", set("sub", json!(7)), "claim_sub"),
            ("nonce-ignored", set("nonce", json!("other")), "claim_nonce"),
            ("nonce-absent-ok", without("nonce"), "claim_nonce"),
            ("nonce-empty-ok", set("nonce", json!("")), "claim_nonce"),
            ("nonce-type-ok", set("nonce", json!(["{nonce}"])), "claim_nonce"),
            ("at-hash-ignored", set("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")), "at_hash"),
            ("c-hash-ignored", set("c_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")), "c_hash"),
            ("id-token-unread", set("iss", json!("https://other.example/")), "claim_iss"),
        ],
    )
    .await;
    let asking = Login::new(Setup::witness()).config(json!({"max_age": 300, "acr_values": "gold silver"}));
    let gold = |edit| Lie::claims([JsonEdit::set("acr", "gold"), edit]);
    check(
        &asking,
        vec![
            ("acr-ignored", set("acr", json!("lead")), "claim_acr"),
            ("auth-time-ignored", gold(JsonEdit::set_time("auth_time", -301)), "claim_auth_time"),
            ("auth-time-missing-ok", gold(JsonEdit::remove("auth_time")), "claim_auth_time"),
        ],
    )
    .await;
    let es = Login::new(Setup { signing: Algorithm::Es384, ..Setup::witness() });
    let es = es.config(json!({"id_token_algs": ["ES384"]}));
    check(&es, vec![("at-hash-sha256-always", set("at_hash", json!("{at_hash_256}")), "at_hash")]).await;
}

#[tokio::test]
async fn of_two_faults_at_once() {
    let two = Login::new(Setup::lying(Lie::text(TextEdit::RemoveSegment(2)))).with("jwt-missing-segment-ok");
    assert_eq!(two.run().await.verdict(), "signature");
    assert_eq!(two.with("signature-empty-ok").run().await.verdict(), "ok");
    let plus = Login::new(Setup::lying(Lie::text(TextEdit::StandardAlphabet(1))));
    assert_eq!(plus.run().await.verdict(), "jwt_malformed");
}
