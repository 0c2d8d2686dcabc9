#![no_main]
//! A token with one thing changed, beside jsonwebtoken and openidconnect: what we take, they take. They take more, which
//! is no finding: members that stand twice, and what they do not check.
use jsonwebtoken::{DecodingKey, Validation};
use openidconnect::{
    ClientId, IssuerUrl, Nonce,
    core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet},
};
use proofkey_fuzz::{Change, Vector};
use proofkey_jwt::IdToken;
use std::sync::LazyLock;

static VECTORS: LazyLock<Vec<Vector>> =
    LazyLock::new(|| Vector::valid().into_iter().filter(|vector| vector.algorithm == "RS256").collect());

libfuzzer_sys::fuzz_target!(|change: Change<'_>| {
    let (vector, changed) = Vector::changed(&VECTORS, change);
    if IdToken::validate_at(&changed, &vector.keys, &vector.expected, vector.now).is_err() {
        return;
    }
    let mut validation = Validation::new(jsonwebtoken::Algorithm::RS256);
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let key = DecodingKey::from_rsa_components(&vector.rsa[0], &vector.rsa[1]).expect("a key");
    jsonwebtoken::decode::<serde_json::Value>(&changed, &key, &validation).expect("jsonwebtoken takes it as well");
    let keys: CoreJsonWebKeySet = serde_json::from_str(&vector.jwks).expect("keys");
    let verifier = CoreIdTokenVerifier::new_public_client(
        ClientId::new(vector.names[1].clone()),
        IssuerUrl::new(vector.names[0].clone()).expect("a URL"),
        keys,
    );
    let now = vector.now;
    let verifier = verifier.set_time_fn(move || now.into());
    let token: CoreIdToken = changed.parse().expect("openidconnect reads it as well");
    token.claims(&verifier, &Nonce::new(vector.names[2].clone())).expect("openidconnect takes it as well");
});
