#![no_main]
//! A token response, or an error in its place. What is accepted says the same to another JSON reader, and hides it.
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(response) = proofkey_fuzz::response(data) else { return };
    let document: serde_json::Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let text = |name: &str| document[name].as_str().unwrap_or_default();
    match proofkey_fuzz::awaited().receive(&response) {
        Ok(tokens) => {
            assert_eq!((tokens.access_token().expose(), response.status().as_u16()), (text("access_token"), 200));
            assert!(text("token_type").eq_ignore_ascii_case("bearer") && document["error"].is_null());
            assert_eq!(tokens.refresh_token().map(|token| token.expose()), document["refresh_token"].as_str());
            let printed = format!("{tokens:?}");
            assert!(text("access_token").len() < 24 || !printed.contains(text("access_token")));
        }
        Err(error) => {
            proofkey_fuzz::tells_none(&error, &[text("access_token"), text("refresh_token"), text("id_token")])
        }
    }
});
