#![no_main]
//! An ID token with any header and any claims, signed, beside jsonwebtoken and openidconnect, in both directions. The
//! differences are those of `BOTH_TAKE` and `JSONWEBTOKEN_TAKES`, and there are no others.
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{ClientId, ClientSecret, IssuerUrl, Nonce};
use proofkey_fuzz::login::{CLIENT_ID, ISSUER, now};
use proofkey_fuzz::token::{EXPECTED, NONCE, SECRET, signed};
use proofkey_jwt::IdToken;

/// How the code of our refusal begins where both of them take the token: the README says why.
const BOTH_TAKE: [&str; 14] = [
    "acr_",
    "at_hash_",
    "auth_time_",
    "azp_",
    "b64_",
    "c_hash_",
    "crit_",
    "duplicate_member",
    "exp_out_of_range",
    "iat_",
    "nbf_",
    "nested_too_deep",
    "too_many_",
    "typ_",
];
/// And where jsonwebtoken does, which knows JWTs and no ID tokens.
const JSONWEBTOKEN_TAKES: [&str; 4] = ["aud_", "exp_", "nonce_", "sub_"];

fn jsonwebtoken(token: &str) -> Result<(), String> {
    let mut validation = Validation::new(Algorithm::HS256);
    // It has no clock but the system's.
    validation.validate_exp = false;
    validation.set_audience(&[CLIENT_ID]);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["aud", "iss"]);
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
            (Ok(()), Err(refusal)) => panic!("we take it: {refusal}"),
            (Err(refusal), Ok(())) => {
                let is_known = |known: &&str| refusal.code().starts_with(known);
                let of_one = name == "jsonwebtoken" && JSONWEBTOKEN_TAKES.iter().any(is_known);
                assert!(of_one || BOTH_TAKE.iter().any(is_known), "{name} takes it: {}", refusal.code());
            }
            _ => {}
        }
    }
});
