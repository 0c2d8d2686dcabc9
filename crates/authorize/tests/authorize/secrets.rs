//! No secret in a `Debug`, a `Display` or an error chain; no input panics.

use std::error::Error;
use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use http::Response;
use proofkey_authorize::{
    AuthorizationRequest, AuthorizationServer, ClientId, DiscoveryError, DiscoveryRequest, Endpoint, Issuer, Pending,
    PendingLogins, RedirectUri, Scope, form,
};
use proptest::prelude::*;

const SENTINEL: &str = "S3NT1NEL";

fn chain(error: &dyn Error) -> String {
    let mut told = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        write!(told, "{error} {error:?}").unwrap();
        source = error.source();
    }
    told
}

fn read_document(body: Vec<u8>) -> Result<AuthorizationServer, DiscoveryError> {
    let response = Response::builder().header("content-type", "application/json").body(body).unwrap();
    let (_, discovery) = DiscoveryRequest::new(Issuer::new("https://as.example").unwrap()).build().unwrap();
    discovery.receive(&response)
}

fn begin(entropy: &[u8; 96]) -> Pending {
    let server = AuthorizationServer::new(
        Issuer::new("https://as.example/").unwrap(),
        Endpoint::new("https://as.example/a").unwrap(),
        Endpoint::new("https://as.example/t").unwrap(),
    );
    AuthorizationRequest::new(&server, ClientId::new("c").unwrap(), RedirectUri::new("http://127.0.0.1/cb").unwrap())
        .scope(Scope::new("openid").unwrap())
        .begin(entropy, UNIX_EPOCH + Duration::from_secs(1_700_000_000))
        .unwrap()
        .1
}

proptest! {
    #[test]
    fn secrets_are_not_shown(entropy in prop::array::uniform32(any::<u8>())) {
        let mut all = [0; 96];
        for (at, byte) in all.iter_mut().enumerate() {
            *byte = entropy[at % 32] ^ (at / 32) as u8;
        }
        let pending = begin(&all);
        let state = pending.state().expose().to_owned();
        let mut shown = format!("{pending:?} {:?}", pending.state());
        let grant = pending.receive(&format!("code={SENTINEL}&state={state}"), UNIX_EPOCH + Duration::from_secs(1_700_000_001)).unwrap();
        write!(shown, "{grant:?} {:?} {:?} {:?}", grant.code(), grant.nonce(), grant.verifier()).unwrap();
        let mut logins = PendingLogins::new(4);
        logins.insert(begin(&all), UNIX_EPOCH);
        write!(shown, "{logins:?}").unwrap();
        for secret in [SENTINEL, &state, grant.nonce().unwrap().expose(), grant.verifier().unwrap().expose()] {
            prop_assert!(!shown.contains(secret), "{}", shown);
        }
    }

    #[test]
    fn hostile_input_neither_panics_nor_is_quoted(before in "\\PC{0,30}", after in "[ -~]{0,30}", state in any::<bool>()) {
        let hostile = format!("{before}{SENTINEL}{after}");
        let pending = begin(&[1; 96]);
        let own = pending.state().expose().to_owned();
        let now = pending.created_at();
        let callback = if state { format!("{hostile}&state={own}&code=%zz") } else { format!("code={hostile}&state={hostile}") };
        // What the server says about itself is passed on; what it says as state or code is not.
        if let Err(error) = pending.check(&callback, now) {
            prop_assert!(!chain(&error).contains(SENTINEL));
        }
        for error in [Issuer::new(&hostile).err(), Endpoint::new(&hostile).err(), RedirectUri::new(&hostile).err(), Scope::new(&hostile).err(), ClientId::new(&hostile).err()].into_iter().flatten() {
            prop_assert!(!chain(&error).contains(SENTINEL));
        }
        if let Err(error) = Pending::from_json(&hostile) {
            prop_assert!(!chain(&error).contains(SENTINEL));
        }
        if let Err(error) = read_document(hostile.clone().into_bytes()) {
            prop_assert!(!chain(&error).contains(SENTINEL));
        }
        // An issuer is no secret: it has to be compared, and is shown fit for a log.
        if let Err(DiscoveryError::IssuerMismatch(mismatch)) = read_document(format!("{{\"issuer\":\"{hostile}\"}}").into_bytes()) {
            let fit = mismatch.received().bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\');
            prop_assert!(fit && mismatch.received().contains(SENTINEL), "{}", mismatch);
        }
    }

    #[test]
    fn a_form_decodes_to_what_was_encoded(name in "\\PC{1,20}", value in any::<String>()) {
        let mut text = String::new();
        form::append_pair(&mut text, &name, &value);
        let (raw_name, raw_value) = form::raw_pairs(&text).next().unwrap();
        prop_assert_eq!(&*form::decode(raw_name).unwrap(), &name);
        prop_assert_eq!(&*form::decode(raw_value).unwrap(), &value);
    }

    #[test]
    fn any_bytes_are_a_document_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_document(bytes.clone());
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let _ = form::decode(text);
            let _ = begin(&[2; 96]).receive(text, UNIX_EPOCH);
        }
    }
}
