#![no_main]
//! A discovery document. What is accepted names this issuer, and endpoints that are fit to be used.
use proofkey_authorize::AuthorizationServer;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(response) = proofkey_fuzz::response(data) else { return };
    match AuthorizationServer::from_response(&proofkey_fuzz::issuer(), &response) {
        Ok(server) => {
            let document: serde_json::Value = serde_json::from_slice(response.body()).expect("JSON");
            assert_eq!((document["issuer"].as_str(), response.status().as_u16()), (Some(proofkey_fuzz::ISSUER), 200));
            for (name, endpoint) in [
                ("authorization_endpoint", server.authorization_endpoint()),
                ("token_endpoint", server.token_endpoint()),
            ] {
                assert_eq!(document[name].as_str(), Some(endpoint.as_str()));
                assert!(endpoint.as_str().to_ascii_lowercase().starts_with("https://"));
            }
        }
        Err(error) => proofkey_fuzz::tells_none(&error, &[]),
    }
});
