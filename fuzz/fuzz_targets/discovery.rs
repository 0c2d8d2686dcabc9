#![no_main]
//! A discovery document. What is accepted names this issuer, and endpoints that are fit to be used, as they stand there.
use proofkey_authorize::DiscoveryRequest;
use proofkey_fuzz::answer::{answer, document};
use proofkey_fuzz::login::{COMPATS, SERVER};
use proofkey_fuzz::{rules, tells_none};

proofkey_fuzz::target!(|data: &[u8]| {
    let Some((response, known)) = answer(data) else { return };
    let request = DiscoveryRequest::new(SERVER.issuer().clone()).compat(COMPATS[known].clone());
    let (_, discovery) = request.build().expect("a URL");
    let Ok(server) = discovery.receive(&response).map_err(|error| tells_none(&error, &[])) else { return };
    assert_eq!(response.status().as_u16(), 200);
    rules::server(&document(&response), &server);
});
