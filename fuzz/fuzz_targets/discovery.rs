#![no_main]
//! A discovery document. What is accepted names this issuer, and endpoints that are fit to be used, as they stand there.
use proofkey_authorize::AuthorizationServer;
use proofkey_fuzz::answer::{answer, document, text};
use proofkey_fuzz::login::{COMPATS, ISSUER, SERVER};

proofkey_fuzz::target!(|data: &[u8]| {
    let Some((response, known)) = answer(data) else { return };
    let read = AuthorizationServer::from_response_with(SERVER.issuer(), COMPATS[known].clone(), &response);
    let Ok(server) = read.map_err(|error| proofkey_fuzz::tells_none(&error, &[])) else { return };
    let document = document(&response);
    assert_eq!((text(&document, "issuer"), response.status().as_u16()), (ISSUER, 200));
    let needed = [server.authorization_endpoint(), server.token_endpoint()].map(Some);
    let further = [server.jwks_uri(), server.userinfo_endpoint(), server.revocation_endpoint()];
    let names = ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "revocation_endpoint"];
    for (name, endpoint) in names.into_iter().zip(needed.into_iter().chain(further)) {
        assert_eq!(text(&document, name), endpoint.map_or("", |endpoint| endpoint.as_str()));
        assert!(endpoint.is_none_or(|endpoint| endpoint.as_str()[..8].eq_ignore_ascii_case("https://")));
    }
});
