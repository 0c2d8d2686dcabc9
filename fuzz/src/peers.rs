//! Other people's libraries beside ours, and where they differ: the README says why.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{ClientId, ClientSecret, IssuerUrl, Nonce};

use crate::login::{CLIENT_ID, ISSUER, now};
use crate::token::{NONCE, SECRET};

/// How the code of our refusal begins where both of them take the token.
const BOTH_TAKE: [&str; 13] = [
    "id_token_acr_",
    "id_token_at_hash_",
    "id_token_auth_time_",
    "id_token_azp_",
    "jwt_b64_",
    "id_token_c_hash_",
    "jwt_duplicate_member",
    "id_token_exp_out_of_range",
    "id_token_iat_",
    "id_token_nbf_",
    "jwt_nested_too_deep",
    "jwt_too_many_",
    "id_token_typ_",
];
/// And where jsonwebtoken does, which knows JWTs and no ID tokens.
const JSONWEBTOKEN_TAKES: [&str; 4] = ["id_token_aud_", "id_token_exp_", "id_token_nonce_", "id_token_sub_"];

/// And where openidconnect does, which knows no `crit`.
const OPENIDCONNECT_TAKES: [&str; 1] = ["jwt_crit_"];

/// What jsonwebtoken makes of an ID token.
pub fn jsonwebtoken(token: &str) -> Result<(), String> {
    let mut validation = Validation::new(Algorithm::HS256);
    // It has no clock but the system's.
    validation.validate_exp = false;
    validation.set_audience(&[CLIENT_ID]);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["aud", "iss"]);
    let key = DecodingKey::from_secret(SECRET.as_bytes()).expect("a key");
    let decoded = jsonwebtoken::decode::<serde_json::Value>(token, &key, &validation);
    decoded.map(drop).map_err(|error| format!("jsonwebtoken: {error}"))
}

/// What openidconnect makes of it.
pub fn openidconnect(token: &str) -> Result<(), String> {
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

/// Whether a peer is known to take what we refuse with this code.
pub fn is_known(peer: &str, code: &str) -> bool {
    let begins = |known: &&str| code.starts_with(known);
    let own = if peer == "jsonwebtoken" { &JSONWEBTOKEN_TAKES[..] } else { &OPENIDCONNECT_TAKES };
    BOTH_TAKE.iter().chain(own).any(begins)
}
