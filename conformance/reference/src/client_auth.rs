//! Client authentication: RFC 6749 section 2.3, the same at the token and the revocation endpoint.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderName};
use serde_json::json;

use crate::config::{Auth, Client};
use crate::context::Context;
use crate::discovery::Metadata;
use crate::failure::Failure;
use crate::{assertion, base64url, form};

/// Parameters of a form, in their order.
pub(crate) type Pairs = Vec<(&'static str, String)>;

/// Headers of a request.
pub(crate) type Headers = Vec<(HeaderName, String)>;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Adds the client's name and proof to a request, in one way: to the form, or as a header.
pub(crate) fn authenticate(
    pairs: &mut Pairs,
    client: &Client,
    metadata: &Metadata,
    endpoint: &str,
    cx: &Context<'_>,
) -> Result<Headers, Failure> {
    let defects = cx.defects;
    if let Some(auth @ (Auth::PrivateKeyJwt | Auth::SecretJwt)) = client.auth {
        pairs.push(("client_id", client.id.clone()));
        pairs.push(("client_assertion_type", ASSERTION_TYPE.to_owned()));
        pairs.push(("client_assertion", assertion::make(client, auth, metadata, endpoint, cx)?));
        if let Some(secret) = client.secret.as_ref().filter(|_| defects.has("assertion-beside-secret")) {
            pairs.push(("client_secret", secret.clone()));
        }
        return Ok(Vec::new());
    }
    let Some(secret) = &client.secret else {
        // A client that does not authenticate says who it is: RFC 6749 section 3.2.1.
        if !defects.has("client-id-omitted") {
            pairs.push(("client_id", client.id.clone()));
        }
        return Ok(Vec::new());
    };
    if metadata.takes_assertions && defects.has("assertion-for-the-endpoint") {
        let claims = json!({"iss": client.id, "sub": client.id, "aud": metadata.endpoints.token});
        let assertion = format!("eyJhbGciOiJIUzI1NiJ9.{}.c2lnbmF0dXJl", base64url::encode(claims.to_string()));
        pairs.push(("client_assertion_type", ASSERTION_TYPE.to_owned()));
        pairs.push(("client_assertion", assertion));
        return Ok(Vec::new());
    }
    let auth = client.auth.unwrap_or(metadata.auth);
    let auth = if client.auth.is_none() && defects.has("auth-method-always-basic") { Auth::Basic } else { auth };
    if auth == Auth::Post || defects.has("two-auth-methods") {
        pairs.push(("client_id", client.id.clone()));
        pairs.push(("client_secret", secret.clone()));
    }
    if auth == Auth::None {
        pairs.push(("client_id", client.id.clone()));
    }
    if auth == Auth::Basic || (auth == Auth::Post && defects.has("two-auth-methods")) {
        let credentials = if defects.has("basic-unescaped") {
            format!("{}:{secret}", client.id)
        } else {
            format!("{}:{}", form::escape(&client.id), form::escape(secret))
        };
        return Ok(vec![(AUTHORIZATION, format!("Basic {}", STANDARD.encode(credentials)))]);
    }
    Ok(Vec::new())
}
