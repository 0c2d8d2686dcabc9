#![no_main]
//! An ID token with any header and any claims, signed, beside jsonwebtoken and openidconnect, in both directions. The
//! differences are those of `THEY_REFUSE` and `WE_REFUSE`, and there are no others.
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{ClientId, ClientSecret, IssuerUrl, Nonce};
use proofkey_fuzz::login::{CLIENT_ID, ISSUER, now};
use proofkey_fuzz::token::{EXPECTED, NONCE, SECRET, signed};
use proofkey_jwt::IdToken;

/// How a refusal of theirs begins where we take the token.
const THEY_REFUSE: [&str; 0] = [];
/// How the code of our refusal begins where they take it, both of them.
const WE_REFUSE: [&str; 13] = [
    "acr_",
    "alg_",
    "at_hash_",
    "auth_time_",
    "c_hash_",
    "crit_",
    "b64_",
    "duplicate_member",
    "nested_too_deep",
    "too_many_",
    "typ_",
    "iat_",
    "nbf_",
];
/// And where jsonwebtoken does, which knows JWTs and no ID tokens.
const JSONWEBTOKEN_TAKES: [&str; 6] = ["azp_", "exp_", "iat_", "nonce_", "sub_", "aud_"];

fn jsonwebtoken(token: &str) -> Result<(), String> {
    let mut validation = Validation::new(Algorithm::HS256);
    // It has no clock but the system's.
    validation.validate_exp = false;
    validation.set_audience(&[CLIENT_ID]);
    validation.set_issuer(&[ISSUER]);
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let decoded = jsonwebtoken::decode::<serde_json::Value>(token, &key, &validation);
    decoded.map(drop).map_err(|error| format!("jsonwebtoken: {error}"))
}

fn openidconnect(token: &str) -> Result<(), String> {
    let token: CoreIdToken = token.parse().map_err(|error| format!("openidconnect: {error}"))?;
    let (client, secret) = (ClientId::new(CLIENT_ID.to_owned()), ClientSecret::new(SECRET.to_owned()));
    let issuer = IssuerUrl::new(ISSUER.to_owned()).expect("a URL");
    let verifier = CoreIdTokenVerifier::new_confidential_client(client, secret, issuer, CoreJsonWebKeySet::default())
        .set_allowed_algs([CoreJwsSigningAlgorithm::HmacSha256])
        .set_time_fn(|| now().into());
    let claims = token.claims(&verifier, &Nonce::new(NONCE.to_owned()));
    claims.map(drop).map_err(|error| {
        format!(
            "openidconnect: {error}: {}",
            std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default()
        )
    })
}

proofkey_fuzz::target!(|text: &str| {
    let Some((header, claims)) = text.split_once('\n') else { return };
    let token = signed(header, claims);
    let ours = IdToken::validate_at(&token, &EXPECTED.0, &EXPECTED.1, now()).map(drop);
    for (name, theirs) in [("jsonwebtoken", jsonwebtoken(&token)), ("openidconnect", openidconnect(&token))] {
        match (&ours, &theirs) {
            (Ok(()), Err(refusal)) => {
                assert!(THEY_REFUSE.iter().any(|known| refusal.starts_with(known)), "{name}: {refusal}")
            }
            (Err(refusal), Ok(())) => {
                let is_known = |known: &&str| refusal.code().starts_with(known);
                let of_one = name == "jsonwebtoken" && JSONWEBTOKEN_TAKES.iter().any(is_known);
                assert!(of_one || WE_REFUSE.iter().any(is_known), "{name} takes it: {}", refusal.code());
            }
            _ => {}
        }
    }
});
