#![no_main]
//! An introspection response. What gives access is active, for this API, of this issuer, with this scope, and not over.
use proofkey_authorize::{ClientId, Scope};
use proofkey_fuzz::answer::{answer, document, text};
use proofkey_fuzz::login::{CLIENT_ID, ISSUER, SERVER, now};
use proofkey_fuzz::tells_no_secret_of;
use proofkey_token::{AccessToken, ClientAuthentication, IntrospectionRequest};
use serde_json::Value;
const TOKEN: &str = "AN-opaque-access-token-of-some-length";

proofkey_fuzz::target!(|data: &[u8]| {
    let Some((response, _)) = answer(data) else { return };
    let (client_id, token) =
        (ClientId::new(CLIENT_ID).expect("a client id"), AccessToken::new(TOKEN).expect("a token"));
    let request =
        IntrospectionRequest::new(&token, "api", &SERVER, &client_id).scope(Scope::new("read").expect("a scope"));
    let (_, awaited) = request.build(&ClientAuthentication::none()).expect("a request");
    let received = awaited.receive(&response, now()).map_err(|error| tells_no_secret_of(&error, [TOKEN]));
    let (Ok(active), document) = (received, document(&response)) else { return };
    assert!(response.status() == 200 && document["active"] == true && !document.contains_key("cnf"), "{document:?}");
    let is_ours = |value: &Value| value == "api";
    assert!(is_ours(&document["aud"]) || document["aud"].as_array().is_some_and(|list| list.iter().any(is_ours)));
    assert!(text(&document, "scope").split(' ').any(|word| word == "read"));
    assert!(document.get("iss").is_none_or(|iss| iss == ISSUER));
    assert!(
        active.expires_at().is_none_or(|exp| exp > now())
            && active.expires_at().is_some() == document.contains_key("exp")
    );
});
