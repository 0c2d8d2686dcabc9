//! A login that was written down and read back is the same login; one that was tampered with is none, or another.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proofkey_authorize::{
    AuthorizationRequest, AuthorizationServer, CallbackError, ClientId, CodeGrant, Endpoint, Issuer, Pending,
    RedirectUri, Scope,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const ISSUER: &str = "https://tenant.example/";
const REDIRECT: &str = "https://app.example/callback";

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_706_362_800)
}

/// The same login each time that the seed is the same. An even one asks for everything, an odd one for little.
fn begin(seed: u8) -> Pending {
    let endpoint = |path| Endpoint::new(format!("{ISSUER}{path}")).unwrap();
    let server = AuthorizationServer::new(Issuer::new(ISSUER).unwrap(), endpoint("a"), endpoint("t"))
        .with_authorization_response_iss_parameter_supported(true);
    let request =
        AuthorizationRequest::new(&server, ClientId::new("client").unwrap(), RedirectUri::new(REDIRECT).unwrap());
    let request = match seed % 2 {
        0 => request.scope(Scope::new("openid email").unwrap()).max_age(60).resource("https://api.example/"),
        _ => request.scope(Scope::new("notes").unwrap()),
    };
    request.begin(&[seed; 96], now()).unwrap().1
}

fn read_back(pending: &Pending) -> Pending {
    Pending::from_json(&pending.to_json()).unwrap()
}

/// All that a grant holds.
fn contents(grant: CodeGrant) -> impl PartialEq + std::fmt::Debug {
    (
        (grant.code().expose().to_owned(), grant.verifier().unwrap().expose().to_owned()),
        grant.nonce().map(|nonce| nonce.expose().to_owned()),
        (grant.issuer().clone(), grant.client_id().as_str().to_owned(), grant.redirect_uri().clone()),
        (grant.scope().map(|scope| scope.as_str().to_owned()), grant.max_age(), grant.resources().to_vec()),
        (grant.state().expose().to_owned(), grant.created_at()),
    )
}

/// Callbacks of every kind: honest, lying, broken, and at every age of the login.
fn callback() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => Just("state=STATE".to_owned()),
        4 => Just("code=abc".to_owned()),
        4 => Just("iss=https%3A%2F%2Ftenant.example%2F".to_owned()),
        1 => Just("error=access_denied&error_description=no".to_owned()),
        1 => Just("state=other".to_owned()),
        1 => Just("iss=https%3A%2F%2Fevil.example%2F".to_owned()),
        1 => "[a-z]{1,5}=[ -~]{0,5}",
    ];
    let front = prop_oneof![4 => Just(String::new()), 2 => Just(format!("{REDIRECT}?")), 1 => Just("https://evil.example/?".to_owned())];
    (front, prop::collection::vec(part, 0..5)).prop_map(|(front, parts)| front + &parts.join("&"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_login_read_back_gives_the_same_answer_to_every_callback(seed in any::<u8>(), callback in callback(), age in 0..1200_u64) {
        let (kept, stored) = (begin(seed), read_back(&begin(seed)));
        let callback = callback.replace("STATE", kept.state().expose());
        let then = now() + Duration::from_secs(age) - Duration::from_secs(100);
        prop_assert_eq!(kept.check(&callback, then), stored.check(&callback, then));
        let answers = [kept, stored].map(|pending| pending.receive(&callback, then).map(contents));
        prop_assert_eq!(&answers[0], &answers[1]);
    }
}

/// The honest callback, whole.
fn honest(pending: &Pending) -> String {
    format!("{REDIRECT}?code=abc&iss=https%3A%2F%2Ftenant.example%2F&state={}", pending.state().expose())
}

/// What becomes of a stored text that was changed.
fn tampered(seed: u8, text: &str) -> Result<CodeGrant, &'static str> {
    let pending = Pending::from_json(text).map_err(|error| error.code())?;
    pending.receive(&honest(&begin(seed)), now()).map_err(|error: CallbackError| error.code())
}

#[test]
fn another_version_is_refused_by_that_name() {
    let text = begin(2).to_json();
    assert!(tampered(2, &text).is_ok() && text.contains("\"version\":1,"));
    for version in [0, 2, 3, 10, u32::MAX] {
        let other = text.replace("\"version\":1,", &format!("\"version\":{version},"));
        assert_eq!(tampered(2, &other).unwrap_err(), "stored_login_version");
        // Whatever the form of that version is.
        let future = format!(r#"{{"version":{version},"sealed":"AAAA"}}"#);
        assert_eq!(tampered(2, &future).unwrap_err(), "stored_login_version");
    }
    for none in ["", "\"version\":-1,", "\"version\":\"1\",", "\"version\":1.0,", "\"version\":4294967296,"] {
        assert_eq!(tampered(2, &text.replace("\"version\":1,", none)).unwrap_err(), "stored_login_malformed", "{none}");
    }
}

#[test]
fn a_member_too_many_too_few_or_twice_is_refused() {
    let text = begin(2).to_json();
    let stored: Value = serde_json::from_str(&text).unwrap();
    for name in stored.as_object().unwrap().keys() {
        let twice = format!("{},{}:{}}}", &text[..text.len() - 1], json!(name), stored[name]);
        let mut fewer = stored.clone();
        fewer.as_object_mut().unwrap().remove(name);
        let may_lack = ["scope", "max_age", "nonce", "code_verifier"].contains(&name.as_str());
        for (text, may) in [(twice, false), (fewer.to_string(), may_lack)] {
            let code = tampered(2, &text).err();
            assert_eq!(code, (!may).then_some("stored_login_malformed"), "{name}");
        }
    }
    let mut more = stored.clone();
    more["return_to"] = json!("https://evil.example/");
    assert_eq!(tampered(2, &more.to_string()).unwrap_err(), "stored_login_malformed");
}

/// Whoever can write into the store can begin a login of their own there; what they cannot do is to make this one
/// into something that it does not say. Each byte of the text replaced, put in and taken out.
#[test]
fn every_edit_of_a_stored_login_is_refused_or_says_what_it_is() {
    for seed in [2, 3] {
        let text = begin(seed).to_json();
        let before: Value = serde_json::from_str(&text).unwrap();
        let challenge = tampered(seed, &text).unwrap().verifier().unwrap().challenge();
        let mut accepted = 0;
        for at in 0..text.len() {
            for (out, put) in [(1, "A"), (1, "0"), (1, "\""), (0, "A"), (0, "1"), (0, " "), (1, "")] {
                let edited = format!("{}{put}{}", &text[..at], &text[at + out..]);
                let Ok(pending) = Pending::from_json(&edited) else {
                    let code = tampered(seed, &edited).unwrap_err();
                    assert!(
                        ["stored_login_malformed", "stored_login_version", "stored_login_invalid"].contains(&code),
                        "{edited}"
                    );
                    continue;
                };
                // Nothing was repaired but the spaces of a scope: what is accepted is what stands there.
                let mut after: Value = serde_json::from_str(&edited).unwrap();
                if let Some(scope) = after["scope"].as_str().map(str::to_owned) {
                    after["scope"] =
                        json!(scope.split(' ').filter(|token| !token.is_empty()).collect::<Vec<_>>().join(" "));
                }
                assert_eq!(serde_json::from_str::<Value>(&pending.to_json()).unwrap(), after, "{edited}");
                let changed =
                    before.as_object().unwrap().keys().find(|name| before[name.as_str()] != after[name.as_str()]);
                let outcome = tampered(seed, &edited);
                let code = outcome.as_ref().err().copied();
                accepted += 1;
                match changed.map(String::as_str) {
                    Some("issuer") => assert_eq!(code, Some("callback_iss_mismatch"), "{edited}"),
                    Some("redirect_uri") => {
                        // Scheme and host have no case.
                        let is_same = after["redirect_uri"].as_str().is_some_and(|uri| {
                            uri.strip_suffix("/callback")
                                .is_some_and(|uri| REDIRECT.strip_suffix("/callback") == Some(&uri.to_lowercase()))
                        });
                        assert_eq!(code, (!is_same).then_some("callback_address_mismatch"), "{edited}");
                    }
                    Some("state") => assert_eq!(code, Some("callback_state_mismatch"), "{edited}"),
                    Some("created" | "lifetime") => {
                        assert!(matches!(code, None | Some("callback_expired")), "{edited}")
                    }
                    Some("code_verifier") => {
                        assert_ne!(outcome.unwrap().verifier().unwrap().challenge(), challenge, "{edited}")
                    }
                    Some("nonce") => {
                        assert_ne!(outcome.unwrap().nonce().unwrap().expose(), before["nonce"].as_str().unwrap())
                    }
                    Some("client_id" | "scope" | "max_age" | "resources") | None => assert_eq!(code, None, "{edited}"),
                    Some(other) => panic!("{other} can be changed: {edited}"),
                }
            }
        }
        assert!(accepted > 100, "{accepted}");
    }
}
