//! A request to the API that a subject guards: that of a client with a good access token, and what is changed in it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proofkey_authority::lie::{IdTokenEdit, JsonEdit};
use proofkey_authority::{Authority, KeySet, SecretKind, proof_key};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The identifier of the API, which is the audience of its tokens.
pub(crate) const AUDIENCE: &str = "https://api.example/";

/// The scope that each request needs where a case demands one; the tokens of the runner have it, and another one.
pub(crate) const SCOPE: &str = "notes.read";

/// Whose tokens the runner has.
pub(crate) const SUBJECT: &str = "auth0|john";

/// The authentication of the user in them.
pub(crate) const ACR: &str = "urn:example:gold";

/// A request to the API. The default is the honest one.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiRequest {
    /// The method.
    pub method: &'static str,
    /// The URL, as clients see it.
    pub url: &'static str,
    /// The changes to the access token.
    pub token: Vec<IdTokenEdit>,
    /// The changes to the DPoP proof. `None` for a bearer token, which has no proof.
    pub proof: Option<Vec<IdTokenEdit>>,
    /// The header fields that replace the default ones; `{token}` and `{proof}` are placeholders.
    pub headers: Option<Vec<(&'static str, &'static str)>>,
}

impl ApiRequest {
    /// Creates a request with a bearer token.
    #[must_use]
    pub fn bearer() -> Self {
        Self { method: "GET", url: "https://api.example/notes", token: Vec::new(), proof: None, headers: None }
    }

    /// Creates a request with a token that is bound to a key, and a proof of this key.
    #[must_use]
    pub fn bound() -> Self {
        Self { proof: Some(Vec::new()), ..Self::bearer() }
    }

    /// Changes the access token.
    #[must_use]
    pub fn token(mut self, edits: impl Into<Vec<IdTokenEdit>>) -> Self {
        self.token = edits.into();
        self
    }

    /// Changes the proof.
    #[must_use]
    pub fn proof(mut self, edits: impl Into<Vec<IdTokenEdit>>) -> Self {
        self.proof = Some(edits.into());
        self
    }

    /// Replaces the header fields.
    #[must_use]
    pub fn headers(mut self, headers: impl Into<Vec<(&'static str, &'static str)>>) -> Self {
        self.headers = Some(headers.into());
        self
    }

    /// Sends the request to this URL.
    #[must_use]
    pub fn url(mut self, url: &'static str) -> Self {
        self.url = url;
        self
    }

    /// The request with which nothing is wrong.
    pub(crate) fn honest(&self) -> Self {
        if self.proof.is_some() { Self::bound() } else { Self::bearer() }
    }

    /// The message that brings it to the subject. `nonce` is the newest one of the API.
    pub(crate) fn message(&self, authority: &Authority, number: usize, nonce: Option<&str>) -> Value {
        let token = authority.sign_with(&self.claims(authority), &self.token_edits());
        authority.wire().add_secret(SecretKind::AccessToken, &token);
        let proof = self.proof.as_ref().map(|edits| {
            let mut claims = json!({
                "jti": format!("proof-{number}-of-the-runner"), "htm": self.method, "iat": authority.clock().unix(),
                "htu": self.url.split('?').next(), "ath": URL_SAFE_NO_PAD.encode(Sha256::digest(&token)),
            });
            if let Some(nonce) = nonce {
                claims["nonce"] = nonce.into();
            }
            let header = [set_header("typ", "dpop+jwt"), set_header("jwk", proof_key(KeySet::Second))];
            let header = header.into_iter().chain([IdTokenEdit::Header(JsonEdit::remove("kid"))]);
            authority.sign_proof(&claims, &header.chain(edits.clone()).collect::<Vec<_>>())
        });
        let usual: &[_] = match proof {
            None => &[("Authorization", "Bearer {token}")],
            Some(_) => &[("Authorization", "DPoP {token}"), ("DPoP", "{proof}")],
        };
        let fields = self.headers.as_deref().unwrap_or(usual).iter().map(|(name, value)| {
            let value = value.replace("{token}", &token);
            json!([name, value.replace("{proof}", proof.as_deref().unwrap_or_default())])
        });
        json!({
            "t": "request", "id": format!("r{number}"), "method": self.method,
            "url": self.url.replace("{token}", &token), "headers": fields.collect::<Vec<_>>(),
        })
    }

    fn claims(&self, authority: &Authority) -> Value {
        let now = authority.clock().unix();
        let mut claims = json!({
            "iss": authority.issuer(), "sub": SUBJECT, "aud": AUDIENCE, "client_id": "app", "iat": now, "exp": now + 300,
            "jti": "access-token-of-the-runner", "scope": format!("{SCOPE} notes.list"), "acr": ACR,
            "auth_time": now - 60,
        });
        if self.proof.is_some() {
            claims["cnf"] = json!({"jkt": thumbprint(&proof_key(KeySet::Second))});
        }
        claims
    }

    fn token_edits(&self) -> Vec<IdTokenEdit> {
        std::iter::once(set_header("typ", "at+jwt")).chain(self.token.iter().cloned()).collect()
    }
}

/// A header parameter has this value.
pub(crate) fn set_header(name: &str, value: impl Into<Value>) -> IdTokenEdit {
    IdTokenEdit::Header(JsonEdit::set(name, value))
}

/// The thumbprint of a key on P-256 (RFC 7638): its members in the order of the alphabet.
fn thumbprint(jwk: &Value) -> String {
    let text = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, jwk["x"], jwk["y"]);
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}
