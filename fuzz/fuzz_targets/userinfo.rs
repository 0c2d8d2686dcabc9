#![no_main]
//! User info. What is accepted is about the person that was asked for, and complete.
use proofkey_fuzz::answer::{answer, document};
use proofkey_fuzz::login::SERVER;
use proofkey_token::{AccessToken, userinfo};
const TOKEN: &str = "an-opaque-access-token-of-some-length";

proofkey_fuzz::target!(|data: &[u8]| {
    let Some((response, _)) = answer(data) else { return };
    let token = AccessToken::new(TOKEN).expect("a token");
    let (_, awaited) = userinfo(&token, "subject", &SERVER).expect("a request");
    let challenge = response.headers().get("www-authenticate").and_then(|value| value.to_str().ok());
    let told = [TOKEN, challenge.unwrap_or_default()];
    let received = awaited.receive(&response).map_err(|error| proofkey_fuzz::tells_none(&error, &told));
    let Ok(mut claims) = received else { return };
    assert_eq!((claims["sub"].as_str(), response.status().as_u16()), (Some("subject"), 200));
    claims.retain(|_, value| !value.is_null());
    assert_eq!(claims, document(&response));
});
