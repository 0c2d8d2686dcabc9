#![no_main]
//! The response to a pushed request. The browser carries the reference that stood in it, and nothing else.
use proofkey_fuzz::answer::{answer, document, text};
use proofkey_fuzz::login::{CLIENT_ID, ENTROPY, REQUEST, now};
use proofkey_fuzz::tells_no_secret_of;
use proofkey_token::{ClientAuthentication, PushRequest};

proofkey_fuzz::target!(|data: &[u8]| {
    let Some((response, _)) = answer(data) else { return };
    let begun = REQUEST.clone().begin_pushed(&ENTROPY, now()).expect("a login");
    let (_, push) = PushRequest::new(begun).build(&ClientAuthentication::none()).expect("a request");
    let document = document(&response);
    let told = [text(&document, "request_uri")];
    let received = push.receive(&response, now()).map_err(|error| tells_no_secret_of(&error, told));
    let Ok(pushed) = received else { return };
    assert!(response.status() == 201 && pushed.expires_at() > now());
    let (url, _) = push.into_login(&pushed);
    let query = url.split_once('?').expect("a query").1.as_bytes();
    let pairs: Vec<_> = form_urlencoded::parse(query).collect();
    assert_eq!(pairs, [("client_id", CLIENT_ID), ("request_uri", told[0])].map(|(a, b)| (a.into(), b.into())));
});
