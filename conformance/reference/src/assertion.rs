//! The JWT with which the client authenticates: RFC 7523, RFC 10070.

use serde_json::{Value, json};

use crate::config::{Auth, Client};
use crate::context::Context;
use crate::discovery::Metadata;
use crate::failure::{Failure, refuse, stage::TOKEN};
use crate::random;
use crate::signing::{sign_with_secret, unsigned};

/// How long one lives, in seconds.
const LIFE: u64 = 60;

/// A new assertion for a request to `endpoint` of the server, whose issuer is its audience whichever endpoint it is.
pub(crate) fn make(
    client: &Client,
    auth: Auth,
    metadata: &Metadata,
    endpoint: &str,
    cx: &Context<'_>,
) -> Result<String, Failure> {
    if let Some(used) = cx.assertion.get().filter(|_| cx.defects.has("assertion-reused")) {
        return Ok(used.clone());
    }
    let alg = if auth == Auth::PrivateKeyJwt { "ES256" } else { "HS256" };
    let is_listed = metadata.assertion_algs.as_ref().is_none_or(|algs| algs.iter().any(|listed| listed == alg));
    if !is_listed && !cx.defects.has("assertion-alg-unlisted") {
        return Err(refuse(TOKEN, "config", format!("the server does not take assertions by {alg}")));
    }
    let claims = claims(client, metadata, endpoint, cx);
    let typ = if cx.defects.has("assertion-untyped") { "JWT" } else { "client-authentication+jwt" };
    let mut header = json!({"typ": typ, "alg": alg});
    let made = match (&client.key, &client.secret) {
        (Some(key), _) if auth == Auth::PrivateKeyJwt => {
            if let Some(kid) = key.kid() {
                header["kid"] = kid.into();
            }
            if cx.defects.has("assertion-alg-none") {
                header["alg"] = "none".into();
                unsigned(&header, &claims)
            } else if cx.defects.has("assertion-mac-by-public-key") {
                header["alg"] = "HS256".into();
                sign_with_secret(key.public_octets(), &header, &claims)
            } else {
                key.sign(&header, &claims)
            }
        }
        (_, Some(secret)) if auth == Auth::SecretJwt => sign_with_secret(secret.as_bytes(), &header, &claims),
        _ => return Err(refuse(TOKEN, "config", "there is nothing to sign an assertion with")),
    };
    let _ = cx.assertion.set(made.clone());
    Ok(made)
}

fn claims(client: &Client, metadata: &Metadata, endpoint: &str, cx: &Context<'_>) -> Value {
    let defects = cx.defects;
    let token = &metadata.endpoints.token;
    let audience = if defects.has("assertion-for-token-endpoint") {
        json!(token)
    } else if defects.has("assertion-for-each-endpoint") {
        json!(endpoint)
    } else if defects.has("assertion-audience-list") {
        json!([metadata.issuer, token])
    } else {
        json!(metadata.issuer)
    };
    let now = cx.clock.now();
    let life = if defects.has("assertion-long") { 86_400 } else { LIFE };
    let mut claims = json!({
        "iss": client.id, "sub": client.id, "aud": audience, "jti": random::text(), "iat": now, "exp": now + life,
    });
    if defects.has("assertion-issuer-other") {
        claims["iss"] = "https://client.example".into();
    }
    for (switch, name) in [("assertion-without-exp", "exp"), ("assertion-without-jti", "jti")] {
        if defects.has(switch)
            && let Some(claims) = claims.as_object_mut()
        {
            claims.remove(name);
        }
    }
    claims
}
