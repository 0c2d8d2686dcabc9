#![no_main]
//! The response that begins a device login. What a user is shown stood in it, and is fit to be printed and opened.
use proofkey_authorize::ClientId;
use proofkey_fuzz::answer::{answer, document, text};
use proofkey_fuzz::login::{CLIENT_ID, SERVER, now};
use proofkey_fuzz::tells_no_secret_of;
use proofkey_token::{ClientAuthentication, DeviceAuthorizationRequest};

proofkey_fuzz::target!(|data: &[u8]| {
    let Some((response, _)) = answer(data) else { return };
    let (client_id, document) = (ClientId::new(CLIENT_ID).expect("a client id"), document(&response));
    let request = DeviceAuthorizationRequest::new(&SERVER, &client_id);
    let (_, awaited) = request.build(&ClientAuthentication::none()).expect("a request");
    let told = ["device_code", "user_code"].map(|name| text(&document, name));
    let received = awaited.receive(&response, now()).map_err(|error| tells_no_secret_of(&error, told));
    let Ok(grant) = received else { return };
    let shown = [grant.user_code(), grant.verification_uri(), grant.verification_uri_complete().unwrap_or_default()];
    assert_eq!(shown, ["user_code", "verification_uri", "verification_uri_complete"].map(|name| text(&document, name)));
    assert!(shown.concat().bytes().all(|byte| matches!(byte, b' '..=b'~')), "{shown:?}");
    let is_https = |url: &&str| url.is_empty() || url.to_ascii_lowercase().starts_with("https://");
    assert!(shown[1..].iter().all(is_https) && grant.interval().as_secs() > 0 && grant.expires_at() >= now());
});
