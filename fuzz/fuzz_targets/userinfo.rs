#![no_main]
//! User info. What is accepted is about the person that was asked for.
use proofkey_token::{AccessToken, userinfo};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(response) = proofkey_fuzz::response(data) else { return };
    let token = AccessToken::new("an-opaque-access-token").expect("a token");
    let (_, awaited) = userinfo(&token, "subject", &proofkey_fuzz::server()).expect("a request");
    match awaited.receive(&response) {
        Ok(claims) => {
            assert_eq!(claims["sub"], "subject");
            assert_eq!(
                serde_json::from_slice::<serde_json::Value>(response.body()).expect("JSON"),
                serde_json::Value::Object(claims)
            );
        }
        Err(error) => proofkey_fuzz::tells_none(&error, &["an-opaque-access-token"]),
    }
});
