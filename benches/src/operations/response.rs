//! The token response: RFC 6749 section 5.1.

use std::fmt;

use http::Response;
use oauth2::basic::BasicTokenType;
use oauth2::{ExtraTokenFields, StandardTokenResponse};
use proofkey_authorize::AuthorizationRequest;
use proofkey_token::{ClientAuthentication, ExchangeRequest};
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroize as _;

use crate::Operation;
use crate::fixtures::{client_id, now, redirect_uri, scope, server, token_response};

pub(super) fn operations() -> Vec<Operation> {
    vec![token()]
}

fn token() -> Operation {
    let server = server();
    let (_, pending) = AuthorizationRequest::new(&server, client_id(), redirect_uri())
        .scope(scope())
        .begin(&[7; 96], now())
        .expect("a login");
    let callback = format!("code=abc&state={}", pending.state().expose());
    let grant = pending.receive(&callback, now()).expect("a grant");
    let (_, awaited) = ExchangeRequest::new(grant, &server).build(&ClientAuthentication::none()).expect("a request");
    let body = token_response();
    let [limit, floor, peer] = [(); 3].map(|()| body.clone());
    let response = Response::builder().header("content-type", "application/json").body(body).expect("a response");
    let about = "the limit: UTF-8 checked once, serde_json into owned members, a name that comes twice refused, unknown \
                 members kept, three alphabets checked, the tokens overwritten when dropped; the floor: UTF-8 checked \
                 once and a derived struct, nothing else";
    Operation::new("token", about, 1.1)
        .ahead(1.0)
        .with("ours", move || awaited.receive(&response, now()))
        .with("limit", move || Tokens::read(limit.as_bytes()))
        .with("floor", move || serde_json::from_str::<Floor>(std::str::from_utf8(floor.as_bytes()).ok()?).ok())
        .with("oauth2 5", move || {
            let mut reader = serde_json::Deserializer::from_slice(peer.as_bytes());
            serde_path_to_error::deserialize::<_, Theirs>(&mut reader).ok()
        })
}

/// What oauth2 makes of a response, in the way its client does it; a further field is declared like this.
type Theirs = StandardTokenResponse<WithIdToken, BasicTokenType>;

#[derive(Debug, Deserialize, Serialize)]
struct WithIdToken {
    id_token: Option<String>,
}

impl ExtraTokenFields for WithIdToken {}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Floor {
    access_token: String,
    token_type: String,
    refresh_token: Option<String>,
    id_token: Option<String>,
    scope: Option<String>,
    expires_in: Option<u64>,
}

/// All that we keep of a response.
#[derive(Default)]
pub(super) struct Tokens {
    access_token: Option<String>,
    token_type: Option<String>,
    refresh_token: Option<String>,
    id_token: Option<String>,
    scope: Option<String>,
    expires_in: Option<u64>,
    further: Map<String, Value>,
}

impl Drop for Tokens {
    fn drop(&mut self) {
        for text in [&mut self.access_token, &mut self.refresh_token, &mut self.id_token].into_iter().flatten() {
            text.as_mut_str().zeroize();
        }
    }
}

impl Tokens {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let read: Self = serde_json::from_str(std::str::from_utf8(body).ok()?).ok()?;
        let is_token =
            |octet: u8| octet.is_ascii_alphanumeric() | matches!(octet, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
        let is_scope = |octet: u8| matches!(octet, b' '..=b'!' | b'#'..=b'[' | b']'..=b'~');
        let all = |text: &str, allowed: fn(u8) -> bool| text.bytes().fold(true, |all, octet| all & allowed(octet));
        let good = all(read.access_token.as_ref()?.trim_end_matches('='), is_token)
            && read.token_type.as_ref()?.eq_ignore_ascii_case("bearer")
            && read.refresh_token.as_ref().is_none_or(|text| all(text, |octet| matches!(octet, b' '..=b'~')))
            && read.scope.as_ref().is_none_or(|text| all(text, is_scope));
        good.then_some(read)
    }
}

impl<'de> Deserialize<'de> for Tokens {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Tokens;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tokens, A::Error> {
                let mut tokens = Tokens::default();
                let mut has_expiry = false;
                while let Some(name) = members.next_key::<&str>()? {
                    let slot = match name {
                        "access_token" => &mut tokens.access_token,
                        "token_type" => &mut tokens.token_type,
                        "refresh_token" => &mut tokens.refresh_token,
                        "id_token" => &mut tokens.id_token,
                        "scope" => &mut tokens.scope,
                        "expires_in" if !has_expiry => {
                            tokens.expires_in = members.next_value()?;
                            has_expiry = true;
                            continue;
                        }
                        other => {
                            if tokens.further.insert(other.to_owned(), members.next_value()?).is_some() {
                                return Err(A::Error::custom("twice"));
                            }
                            continue;
                        }
                    };
                    if slot.replace(members.next_value()?).is_some() {
                        return Err(A::Error::custom("twice"));
                    }
                }
                Ok(tokens)
            }
        }
        deserializer.deserialize_map(Members)
    }
}
