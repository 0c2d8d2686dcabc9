#![no_main]
//! A userinfo response. What is accepted is about the user that was asked for, and complete.
use proofkey_fuzz::answer::{answer, document};
use proofkey_fuzz::{login::SERVER, tells_no_secret_of};
use proofkey_token::{AccessToken, UserInfoRequest};
use serde_json::Map;
const TOKEN: &str = "AN-opaque-access-token-of-some-length";

proofkey_fuzz::target!(|data: &[u8]| {
    let Some((response, _)) = answer(data) else { return };
    let token = AccessToken::new(TOKEN).expect("a token");
    let (_, awaited) = UserInfoRequest::new(&token, "subject", &SERVER).build().expect("a request");
    let challenge = response.headers().get("www-authenticate").and_then(|value| value.to_str().ok());
    let received = awaited.receive(&response);
    let received = received.map_err(|error| tells_no_secret_of(&error, [TOKEN, challenge.unwrap_or_default()]));
    let Some(claims) = received.ok().and_then(|read| read.into_claims()) else { return };
    let claims: Map<_, _> = claims.into_map().into_iter().filter(|(_, value)| !value.is_null()).collect();
    assert!(claims["sub"] == "subject" && response.status() == 200 && claims == document(&response), "{claims:?}");
});
