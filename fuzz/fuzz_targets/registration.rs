#![no_main]
//! The answer to a dynamic registration. What is accepted has this redirect URI and no other, the code flow, and a secret
//! if one is needed, which no error and no `Debug` shows; and it is stored as it is.
use proofkey_authorize::Endpoint;
use proofkey_fuzz::answer::{answer, document, has, text};
use proofkey_fuzz::login::{REDIRECT_URI, SERVER, now};
use proofkey_fuzz::tells_none;
use proofkey_mcp::{McpClient, Registration};
use serde_json::json;

proofkey_fuzz::target!(|data: &[u8]| {
    let Some((response, _)) = answer(data) else { return };
    let endpoint = Endpoint::new("https://as.example/register").expect("an endpoint");
    let server = SERVER.clone().with_registration_endpoint(endpoint);
    let (_, awaited) = McpClient::new("agent", REDIRECT_URI).expect("a client").register(&server).expect("a request");
    let document = document(&response);
    let secret = text(&document, "client_secret");
    let read = awaited.receive(&response, now()).map_err(|error| tells_none(&error, &[secret]));
    let Ok(registration) = read else { return };
    assert!(response.status() == 201 && registration.client_id().as_str() == text(&document, "client_id"));
    assert!(
        !document.contains_key("redirect_uris")
            || document["redirect_uris"]
                .as_array()
                .is_some_and(|uris| !uris.is_empty() && uris.iter().all(|uri| *uri == json!(REDIRECT_URI)))
    );
    assert!(has(&document, "client_secret") || matches!(text(&document, "token_endpoint_auth_method"), "" | "none"));
    assert!(
        secret.len() < 32
            || !format!("{registration:?}").contains(secret)
            || text(&document, "client_id").contains(secret)
    );
    assert!(Registration::from_json(&registration.to_json()) == Ok(registration));
});
