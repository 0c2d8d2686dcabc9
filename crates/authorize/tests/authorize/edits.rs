//! Callbacks that are one edit away from the honest one; the order of parameters, and their repetition.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Response;
use proofkey_authorize::{
    AuthorizationRequest, AuthorizationServer, CallbackError, ClientId, DiscoveryRequest, Endpoint, Issuer, Pending,
    RedirectUri, Scope, form,
};
use proptest::prelude::*;
use serde_json::json;

const ISSUER: &str = "https://tenant.example/";
const REDIRECT: &str = "http://127.0.0.1:8091/callback";

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_706_362_800)
}

/// The same login each time that the entropy is the same.
fn begin(entropy: &[u8; 96]) -> Pending {
    let endpoint = |path| Endpoint::new(format!("{ISSUER}{path}")).unwrap();
    let server = AuthorizationServer::new(Issuer::new(ISSUER).unwrap(), endpoint("a"), endpoint("t"));
    AuthorizationRequest::new(&server, ClientId::new("client").unwrap(), RedirectUri::new(REDIRECT).unwrap())
        .scope(Scope::new("openid").unwrap())
        .begin(entropy, now())
        .unwrap()
        .1
}

fn entropy() -> impl Strategy<Value = [u8; 96]> {
    prop::collection::vec(any::<u8>(), 96).prop_map(|bytes| bytes.try_into().unwrap())
}

fn form_of(parameters: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in parameters {
        form::append_pair(&mut text, name, value);
    }
    text
}

/// The code, or the code of the refusal.
fn receive(entropy: &[u8; 96], callback: &str) -> Result<String, &'static str> {
    let grant = begin(entropy).receive(callback, now());
    grant.map(|grant| grant.code().expose().to_owned()).map_err(|error| error.code())
}

/// Each text that is one edit away: a character replaced, put in, taken out, changed with its neighbour, or in the other
/// case. Each crate has this once, for it is tested where it is copied alone.
fn edits(text: &str, with: &str) -> Vec<String> {
    let edit = |at: usize, out: usize, put: &str| format!("{}{put}{}", &text[..at], &text[at + out..]);
    let mut all = vec![edit(text.len(), 0, with)];
    for at in 0..text.len() {
        let own = &text[at..=at];
        let other_case =
            if own == own.to_ascii_lowercase() { own.to_ascii_uppercase() } else { own.to_ascii_lowercase() };
        all.extend([edit(at, 1, with), edit(at, 0, with), edit(at, 1, ""), edit(at, 1, &other_case)]);
        if at > 0 {
            all.push(edit(at - 1, 2, &format!("{own}{}", &text[at - 1..at])));
        }
    }
    all.retain(|edited| edited != text);
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn oa_48_every_edit_of_state(entropy in entropy(), with in "[ -~]") {
        let state = begin(&entropy).state().expose().to_owned();
        let with_state = |state: &str| receive(&entropy, &form_of(&[("code", "abc"), ("state", state), ("iss", ISSUER)]));
        prop_assert_eq!(with_state(&state), Ok("abc".to_owned()));
        // A comparison by words must not lose or gain one either.
        let without = (0..=state.len() - 8).map(|at| format!("{}{}", &state[..at], &state[at + 8..]));
        let twice = (0..=state.len() - 8).map(|at| format!("{}{}", &state[..at + 8], &state[at..]));
        for edited in edits(&state, &with).into_iter().chain(without).chain(twice) {
            prop_assert_eq!(with_state(&edited), Err("callback_state_mismatch"), "{}", edited);
        }
    }

    #[test]
    fn is_03_is_04_every_edit_of_iss(entropy in entropy(), with in "[ -~]") {
        let state = begin(&entropy).state().expose().to_owned();
        for (name, value, honest) in [("code", "abc", Ok("abc".to_owned())), ("error", "x", Err("callback_refused"))] {
            let with_iss = |iss: &str| receive(&entropy, &form_of(&[(name, value), ("state", &state), ("iss", iss)]));
            prop_assert_eq!(with_iss(ISSUER), honest);
            for edited in edits(ISSUER, &with) {
                prop_assert_eq!(with_iss(&edited), Err("callback_iss_mismatch"), "{}", edited);
            }
        }
    }

    #[test]
    fn na_08_every_edit_of_the_address(entropy in entropy(), with in "[A-Za-z0-9./:@-]") {
        let answer = form_of(&[("code", "abc"), ("state", begin(&entropy).state().expose())]);
        let at = |address: &str| receive(&entropy, &format!("{address}?{answer}"));
        prop_assert_eq!(at(REDIRECT), Ok("abc".to_owned()));
        for edited in edits(REDIRECT, &with) {
            // Without a scheme it is no address, but a form whose first parameter has a strange name.
            let is_scheme = |text: &str| !text.is_empty() && text.bytes().all(|o| o.is_ascii_alphanumeric() || b"+-.".contains(&o));
            let is_address = edited.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme));
            let refusal = if is_address { "callback_address_mismatch" } else { "callback_code_missing" };
            // The scheme has no case (RFC 3986 section 6.2.2.1), and a port is a number.
            let is_same = edited.split_once(':').is_some_and(|(scheme, rest)| {
                let rest = rest.replacen(":0", ":", 1);
                scheme.eq_ignore_ascii_case("http") && REDIRECT.split_once(':').is_some_and(|(_, own)| own == rest)
            });
            // What begins with a slash is the path that a web framework hands out.
            let expected = if is_same || edited.starts_with('/') { Ok("abc".to_owned()) } else { Err(refusal) };
            prop_assert_eq!(at(&edited), expected, "{}", edited);
        }
    }

    #[test]
    fn di_01_every_edit_of_the_issuer_in_its_document(with in "[ -~]") {
        let read = |issuer: &str| {
            let document = json!({
                "issuer": issuer,
                "authorization_endpoint": "https://tenant.example/authorize",
                "token_endpoint": "https://tenant.example/token",
                "code_challenge_methods_supported": ["S256"],
            });
            let response = Response::builder().header("content-type", "application/json").body(document.to_string());
            let (_, discovery) = DiscoveryRequest::new(Issuer::new(ISSUER).unwrap()).build().unwrap();
            discovery.receive(&response.unwrap().map(String::into_bytes))
        };
        prop_assert!(read(ISSUER).is_ok());
        for edited in edits(ISSUER, &with) {
            prop_assert_eq!(read(&edited).unwrap_err().code(), "discovery_issuer_mismatch", "{}", edited);
        }
    }
}

const KNOWN: [&str; 6] = ["code", "state", "iss", "error", "error_description", "error_uri"];

/// A good callback or a refusal, with strangers among its parameters, in any order.
fn parameters() -> impl Strategy<Value = (bool, Vec<(&'static str, &'static str)>)> {
    (any::<bool>(), 0..3_usize).prop_flat_map(|(is_refusal, strangers)| {
        let mut parameters = vec![("state", "STATE"), ("iss", ISSUER)];
        match is_refusal {
            true => parameters.extend([("error", "access_denied"), ("error_description", "no"), ("error_uri", "u")]),
            false => parameters.push(("code", "abc")),
        }
        // A stranger may stand twice.
        parameters.extend(vec![("session_state", "x"); strangers]);
        (Just(is_refusal), Just(parameters).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn oa_24_the_order_of_parameters_does_not_matter(entropy in entropy(), (is_refusal, parameters) in parameters()) {
        let form = form_of(&parameters).replace("STATE", begin(&entropy).state().expose());
        let outcome = begin(&entropy).receive(&form, now());
        if is_refusal {
            let Err(CallbackError::Refused(refusal)) = outcome else { return Err(TestCaseError::fail(form)) };
            prop_assert_eq!((refusal.error(), refusal.description(), refusal.uri()), ("access_denied", Some("no"), Some("u")));
        } else {
            prop_assert!(outcome.is_ok_and(|grant| grant.code().expose() == "abc"));
        }
    }

    /// Wherever they stand, with the same value, another or none, and however the name is written.
    #[test]
    fn oa_52_is_09_a_repeated_parameter_is_refused(
        entropy in entropy(),
        (_, mut parameters) in parameters(),
        name in prop::sample::select(&KNOWN[..]),
        values in prop::array::uniform2("(STATE|https://tenant\\.example/|abc|x)?"),
        at in prop::array::uniform2(any::<prop::sample::Index>()),
        escaped in any::<bool>(),
    ) {
        parameters.retain(|(own, _)| *own != name);
        for (at, value) in at.iter().zip(&values) {
            parameters.insert(at.index(parameters.len() + 1), (name, value));
        }
        let mut form = form_of(&parameters).replace("STATE", begin(&entropy).state().expose());
        if escaped {
            form = form.replacen(name, &format!("%{:02x}{}", name.as_bytes()[0], &name[1..]), 1);
        }
        let error = begin(&entropy).receive(&form, now()).unwrap_err();
        prop_assert_eq!((error.code(), error), ("callback_repeated_parameter", CallbackError::Repeated { parameter: name }));
    }
}
