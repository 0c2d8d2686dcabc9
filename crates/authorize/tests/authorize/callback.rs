//! The callback: each check, in its order, with the honest twin beside it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proofkey_authorize::{
    AuthorizationRequest, AuthorizationServer, CallbackError, ClientId, Endpoint, Issuer, Pending, PendingLogins,
    RedirectUri, Scope, form,
};

const REDIRECT: &str = "http://127.0.0.1:8091/callback";

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_706_362_800)
}

fn server(iss_supported: bool) -> AuthorizationServer {
    AuthorizationServer::new(
        Issuer::new("https://tenant.example/").unwrap(),
        Endpoint::new("https://tenant.example/authorize").unwrap(),
        Endpoint::new("https://tenant.example/oauth/token").unwrap(),
    )
    .with_authorization_response_iss_parameter_supported(iss_supported)
}

fn begin_at(redirect_uri: &str, iss_supported: bool, seed: u8) -> Pending {
    AuthorizationRequest::new(
        &server(iss_supported),
        ClientId::new("client").unwrap(),
        RedirectUri::new(redirect_uri).unwrap(),
    )
    .scope(Scope::new("openid email").unwrap())
    .begin(&[seed; 96], now())
    .unwrap()
    .1
}

fn begin() -> Pending {
    begin_at(REDIRECT, false, 7)
}

/// The form with `STATE` replaced by the login's own.
fn receive(pending: Pending, form: &str) -> Result<String, CallbackError> {
    let form = form.replace("STATE", pending.state().expose());
    let state = pending.state().expose().to_owned();
    let grant = pending.receive(&form, now())?;
    assert_eq!(grant.state().expose(), state);
    Ok(grant.code().expose().to_owned())
}

fn code(form: &str) -> &'static str {
    receive(begin(), form).unwrap_err().code()
}

#[test]
fn oa_48_state_must_be_this_logins() {
    assert_eq!(receive(begin(), "code=abc&state=STATE").unwrap(), "abc");
    assert_eq!(code("code=abc"), "callback_state_missing");
    assert_eq!(code("code=abc&state="), "callback_state_missing");
    let own = begin().state().expose().to_owned();
    let other = begin_at(REDIRECT, false, 8).state().expose().to_owned();
    for wrong in [&own[..42], &format!("{own}A"), &own.to_ascii_uppercase(), &other, "x", &format!("{own}+")] {
        assert_eq!(code(&format!("code=abc&state={wrong}")), "callback_state_mismatch", "{wrong}");
    }
}

#[test]
fn oa_52_repeated_parameters_are_refused() {
    for (form, parameter) in [
        ("code=a&code=b&state=STATE", "code"),
        ("code=a&state=STATE&state=STATE", "state"),
        ("code=a&state=&state=STATE", "state"),
        ("iss=https%3A%2F%2Ftenant.example%2F&iss=x&code=a&state=STATE", "iss"),
        ("error=a&error=b&state=STATE", "error"),
        ("error_description=a&error_description=b&state=STATE", "error_description"),
        ("error_uri=a&error_uri=b&state=STATE", "error_uri"),
        ("code=a&%63ode=b&state=STATE", "code"),
    ] {
        assert_eq!(receive(begin(), form).unwrap_err(), CallbackError::Repeated { parameter }, "{form}");
    }
}

#[test]
fn oa_24_unknown_parameters_are_ignored_and_order_does_not_matter() {
    for form in [
        "session_state=1&code=abc&state=STATE&x=1&x=2",
        "?state=STATE&code=abc",
        "&&state=STATE&&code=abc&",
        "flag&state=STATE&code=abc",
    ] {
        assert_eq!(receive(begin(), form).unwrap(), "abc", "{form}");
    }
}

#[test]
fn oa_25_codes_of_any_length() {
    for len in [1, 4096, 20_000] {
        let long = "c".repeat(len);
        assert_eq!(receive(begin(), &format!("state=STATE&code={long}")).unwrap(), long);
    }
    assert_eq!(receive(begin(), "state=STATE&code=a%2Bb%2Fc+d%C3%A4").unwrap(), "a+b/c dä");
}

#[test]
fn oa_27_an_error_is_the_answer_even_beside_a_code() {
    for form in ["error=access_denied&state=STATE", "error=access_denied&code=abc&state=STATE"] {
        let CallbackError::Refused(refusal) = receive(begin(), form).unwrap_err() else { panic!("{form}") };
        assert_eq!(refusal.error(), "access_denied");
    }
    assert_eq!(code("error=&state=STATE"), "callback_code_missing");
    assert_eq!(receive(begin(), "error=&code=abc&state=STATE").unwrap(), "abc");
    // Nothing is believed before `state` matched.
    assert_eq!(code("error=access_denied&state=x"), "callback_state_mismatch");
}

#[test]
fn oa_28_error_texts_are_cleaned_and_bounded() {
    let form =
        format!("state=STATE&error=a%00b%22&error_description=%0d%0aSet-Cookie{}&error_uri=%C3%A4", "x".repeat(9000));
    let CallbackError::Refused(refusal) = receive(begin(), &form).unwrap_err() else { panic!() };
    assert_eq!(refusal.error(), "a?b?");
    let description = refusal.description().unwrap();
    assert!(description.starts_with("??Set-Cookie") && description.len() == 1024);
    assert_eq!(refusal.uri().unwrap(), "?");
}

#[test]
fn oa_50_hostile_bytes_and_sizes() {
    for (form, parameter) in [
        ("code=%0d%0a&state=STATE", "code"),
        ("code=a%00&state=STATE", "code"),
        ("code=%zz&state=STATE", "code"),
        ("code=%&state=STATE", "code"),
        ("code=%F&state=STATE", "code"),
        ("code=%FF&state=STATE", "code"),
        ("code=a&state=%ff", "state"),
        ("code=a&state=STATE&iss=%ff", "iss"),
    ] {
        assert_eq!(receive(begin(), form).unwrap_err(), CallbackError::BadEncoding { parameter }, "{form}");
    }
    // With the state in it, which is 38 characters longer than the word.
    let fitting = format!("code=abc&state=STATE&x={}", "x".repeat(32 * 1024 - 23 - 38));
    assert_eq!(receive(begin(), &fitting).unwrap(), "abc");
    let limit = 32 * 1024;
    let too_large = CallbackError::TooLarge { length: limit + 1, limit };
    assert_eq!(receive(begin(), &format!("{fitting}x")).unwrap_err(), too_large);
    // No scheme stands before this colon.
    assert_eq!(code("://code=abc"), "callback_state_missing");
}

#[test]
fn is_03_to_06_iss() {
    let good = "iss=https%3A%2F%2Ftenant.example%2F&code=abc&state=STATE";
    for declared in [true, false] {
        assert_eq!(receive(begin_at(REDIRECT, declared, 7), good).unwrap(), "abc");
        for wrong in [
            "https%3A%2F%2Ftenant.example",
            "https%3A%2F%2FTenant.example%2F",
            "https%3A%2F%2Ftenant.example%3A443%2F",
            "http%3A%2F%2Ftenant.example%2F",
            "https%253A%252F%252Ftenant.example%252F",
            "https%3A%2F%2Fattacker.example%2F",
            // As long as it should be, and not one byte right.
            "ZZZZZZZZZZZZZZZZZZZZZZZ",
        ] {
            for answer in ["code=abc", "error=access_denied"] {
                let form = format!("iss={wrong}&{answer}&state=STATE");
                let error = receive(begin_at(REDIRECT, declared, 7), &form).unwrap_err();
                let CallbackError::IssMismatch(mismatch) = &error else { panic!("{form}: {error}") };
                assert_eq!(mismatch.expected().as_str(), "https://tenant.example/");
                assert_eq!(*mismatch.received(), *form::decode(wrong).unwrap());
                assert!(!error.is_unrelated());
            }
        }
    }
    for form in ["code=abc&state=STATE", "iss=&code=abc&state=STATE", "error=x&state=STATE"] {
        assert_eq!(receive(begin_at(REDIRECT, true, 7), form).unwrap_err(), CallbackError::IssMissing, "{form}");
    }
    assert_eq!(receive(begin_at(REDIRECT, false, 7), "code=abc&state=STATE").unwrap(), "abc");
}

#[test]
fn na_08_the_address_of_a_whole_url() {
    for good in ["", "#_=_"] {
        assert_eq!(receive(begin(), &format!("{REDIRECT}?code=abc&state=STATE{good}")).unwrap(), "abc");
    }
    for wrong in [
        "http://127.0.0.1:8092/callback?",
        "http://127.0.0.1:8091/other?",
        "http://127.0.0.1:8091/callback/?",
        "http://127.0.0.1:8091/callbackx?",
        "http://localhost:8091/callback?",
        "https://127.0.0.1:8091/callback?",
        "http://127.0.0.1:8091/callback&",
    ] {
        assert_eq!(code(&format!("{wrong}code=abc&state=STATE")), "callback_address_mismatch", "{wrong}");
    }
    // A redirect URI with a query of its own.
    let own = "https://app.example/cb?tenant=1";
    assert_eq!(receive(begin_at(own, false, 7), &format!("{own}&code=abc&state=STATE")).unwrap(), "abc");
    let other = "https://app.example/cb?tenant=2&code=abc&state=STATE";
    assert_eq!(receive(begin_at(own, false, 7), other).unwrap_err(), CallbackError::AddressMismatch);
    // A private-use scheme.
    let app = "com.example.app:/callback";
    assert_eq!(receive(begin_at(app, false, 7), &format!("{app}?code=abc&state=STATE")).unwrap(), "abc");
    // The redirect URI without any answer.
    assert_eq!(code(REDIRECT), "callback_state_missing");
}

#[test]
fn a_login_expires() {
    let form = |pending: &Pending| format!("code=abc&state={}", pending.state().expose());
    let at = |seconds: u64| now() + Duration::from_secs(seconds);
    let pending = begin();
    let callback = form(&pending);
    assert!(pending.check(&callback, at(600)).is_ok());
    assert_eq!(pending.check(&callback, at(601)).unwrap_err(), CallbackError::Expired);
    assert_eq!(pending.check(&callback, now() - Duration::from_secs(61)).unwrap_err(), CallbackError::Expired);
    assert!(pending.receive(&callback, now() - Duration::from_secs(60)).is_ok());
}

#[test]
fn checking_consumes_nothing() {
    let pending = begin();
    let forged = pending.check("code=evil&state=x", now()).unwrap_err();
    assert!(forged.is_unrelated());
    // What carries this login's state ends it, whatever else it says.
    for form in ["state=STATE", "error=access_denied&state=STATE", "iss=x&code=abc&state=STATE"] {
        let error = receive(begin(), form).unwrap_err();
        assert!(!error.is_unrelated(), "{error:?}");
    }
    let good = format!("code=abc&state={}", pending.state().expose());
    assert!(pending.check(&good, now()).is_ok());
    assert_eq!(pending.receive(&good, now()).unwrap().code().expose(), "abc");
}

#[test]
fn oa_49_several_logins_of_one_session_do_not_mix() {
    let mut logins = PendingLogins::new(2);
    assert!(logins.is_empty());
    let callbacks: Vec<String> = (1..=3)
        .map(|seed| {
            let pending = begin_at(REDIRECT, false, seed);
            let callback = format!("code=code{seed}&state={}", pending.state().expose());
            logins.insert(pending, now());
            callback
        })
        .collect();
    assert!(logins.len() == 2 && !logins.is_empty());
    // The first was pushed out by the third.
    assert_eq!(logins.receive(&callbacks[0], now()).unwrap_err(), CallbackError::StateMismatch);
    let third = logins.receive(&callbacks[2], now()).unwrap();
    assert_eq!(third.code().expose(), "code3");
    let verifier = third.verifier().unwrap().expose().to_owned();
    // Used up; the second still waits.
    assert_eq!(logins.receive(&callbacks[2], now()).unwrap_err(), CallbackError::StateMismatch);
    let second = logins.receive(&callbacks[1], now()).unwrap();
    assert_eq!(second.code().expose(), "code2");
    assert_ne!(second.verifier().unwrap().expose(), verifier);
    assert_eq!(logins.receive("code=a&state=x", now()).unwrap_err(), CallbackError::StateMismatch);
    // An expired login makes room.
    logins.insert(begin(), now());
    logins.insert(begin_at(REDIRECT, false, 9), now() + Duration::from_secs(601));
    assert_eq!(logins.len(), 1);
}

/// F7: an error whose words cannot be read is still the error.
#[test]
fn oa_28_broken_words_do_not_hide_the_error() {
    for (form, error, description) in [
        ("error=access_denied&error_description=Acc%E8s&state=STATE", "access_denied", Some("Acc?s")),
        ("error=access_denied&error_description=100%&state=STATE", "access_denied", Some("100%")),
        ("error=access_denied&error_description=a%0d%zz+b&state=STATE", "access_denied", Some("a?%zz b")),
        ("error=access_denied&error_uri=%ff&state=STATE", "access_denied", None),
        ("error=%ff&state=STATE", "?", None),
        ("%zz=1&%ff=%ff&error=access_denied&x=%zz&state=STATE", "access_denied", None),
    ] {
        let refused = receive(begin(), form).unwrap_err();
        assert!(!refused.is_unrelated(), "{form}");
        let CallbackError::Refused(refusal) = refused else { panic!("{form}: {refused}") };
        assert_eq!((refusal.error(), refusal.description()), (error, description), "{form}");
    }
    // The same words beside a good code end no login.
    assert_eq!(receive(begin(), "code=abc&error_description=%ff&x=%zz&%zz=1&state=STATE").unwrap(), "abc");
}

/// A listener waits on only where the callback did not show that it belongs to the login.
#[test]
fn oa_48_what_carries_the_state_is_not_unrelated() {
    for (form, is_unrelated) in [
        ("code=%zz&state=STATE", false),
        ("code=a&iss=%ff&state=STATE", false),
        ("code=a&code=b&state=STATE", false),
        ("error=a&error=b&state=STATE", false),
        ("code=a&state=STATE&state=STATE", true),
        ("code=a&state=%zz", true),
        ("code=a&code=b&state=x", true),
        ("http://other.example/?code=a&state=STATE", true),
    ] {
        assert_eq!(receive(begin(), form).unwrap_err().is_unrelated(), is_unrelated, "{form}");
    }
}

/// F8: the arriving address is compared in the sense of RFC 3986 sections 6.2.2 and 6.2.3.
#[test]
fn na_08_two_spellings_of_one_address() {
    for (redirect_uri, came) in [
        ("http://localhost:8080", "http://localhost:8080/"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:80/cb"),
        ("https://App.example:443/cb", "HTTPS://app.EXAMPLE/cb"),
        ("https://app.example/%7euser/%2f", "https://app.example/~user/%2F"),
        ("https://app.example/cb?tenant=%7e1", "https://app.example/cb?tenant=~1"),
        ("myapp.example://callback", "myapp.example://callback/"),
    ] {
        let separator = if came.contains('?') { '&' } else { '?' };
        let form = format!("{came}{separator}code=abc&state=STATE");
        assert_eq!(receive(begin_at(redirect_uri, false, 7), &form).unwrap(), "abc", "{redirect_uri} {came}");
        // What is sent keeps its bytes.
        assert_eq!(begin_at(redirect_uri, false, 7).redirect_uri().as_str(), redirect_uri);
    }
    for (redirect_uri, came) in [
        ("http://localhost:8080/cb", "http://localhost:8080"),
        ("http://localhost:8080/cb", "http://localhost:8080/CB"),
        ("http://localhost/cb", "http://localhost:8080/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:443/cb"),
        ("https://app.example/a%2fb", "https://app.example/a/b"),
        ("https://app.example/cb", "https://u@app.example/cb"),
        ("https://app.example/cb?tenant=1", "https://app.example/cb?tenant=12"),
        ("https://app.example/cb?tenant=1", "https://app.example/cb"),
        ("com.example.app:/", "com.example.app:"),
    ] {
        let separator = if came.contains('?') { '&' } else { '?' };
        let error = receive(begin_at(redirect_uri, false, 7), &format!("{came}{separator}code=abc&state=STATE"));
        assert_eq!(error.unwrap_err(), CallbackError::AddressMismatch, "{redirect_uri} {came}");
    }
}

/// F8: a path with a query, as web frameworks hand it out.
#[test]
fn oa_24_a_path_with_a_query_is_a_callback() {
    for form in ["/callback?code=abc&state=STATE", "/?code=abc&state=STATE#_=_", "/app/callback?state=STATE&code=abc"] {
        assert_eq!(receive(begin(), form).unwrap(), "abc", "{form}");
    }
    assert_eq!(code("/callback"), "callback_state_missing");
    assert_eq!(code("/callback?code=abc&state=x"), "callback_state_mismatch");
}

#[test]
fn oa_49_logins_of_a_session_are_stored_and_read_back() {
    let mut logins = PendingLogins::new(2);
    let callbacks: Vec<String> = (1..=2)
        .map(|seed| {
            let pending = begin_at(REDIRECT, false, seed);
            let callback = format!("code=code{seed}&state={}", pending.state().expose());
            logins.insert(pending, now());
            callback
        })
        .collect();
    let text = logins.to_json();
    let mut read = PendingLogins::from_json(&text).unwrap();
    assert_eq!((read.len(), &*read.to_json()), (2, &*text));
    let through_serde: PendingLogins = serde_json::from_str(&serde_json::to_string(&logins).unwrap()).unwrap();
    assert_eq!(*through_serde.to_json(), *text);
    // The limit was stored, too.
    read.insert(begin_at(REDIRECT, false, 3), now());
    assert_eq!(read.receive(&callbacks[0], now()).unwrap_err(), CallbackError::StateMismatch);
    assert_eq!(read.receive(&callbacks[1], now()).unwrap().code().expose(), "code2");
    assert_eq!(read.len(), 1);
    let empty = PendingLogins::from_json(&PendingLogins::new(3).to_json()).unwrap();
    assert!(empty.is_empty());

    let refused = |text: &str| PendingLogins::from_json(text).unwrap_err().code();
    assert_eq!(refused(&text.replacen("\"version\":1", "\"version\":2", 1)), "stored_login_version");
    // Within, too.
    let (head, tail) = text.split_once("\"logins\"").unwrap();
    assert_eq!(
        refused(&format!("{head}\"logins\"{}", tail.replacen("\"version\":1", "\"version\":7", 1))),
        "stored_login_version"
    );
    assert_eq!(refused(&text.replace("\"limit\":2", "\"limit\":1")), "stored_login_invalid");
    assert_eq!(refused(&text.replace("\"limit\":2", "\"limit\":0")), "stored_login_invalid");
    assert_eq!(refused(&text.replace("http://127", "no scheme")), "stored_login_invalid");
    for broken in ["", "{}", "[]", &text[..text.len() - 1], &text.replace("\"limit\":2,", "")] {
        assert_eq!(refused(broken), "stored_login_malformed", "{broken}");
    }
    assert_eq!(refused(&" ".repeat(1024 * 1024 + 1)), "stored_login_too_large");
}

#[test]
fn oa_49_a_late_callback_of_a_session_is_late() {
    let mut logins = PendingLogins::new(2);
    let pending = begin();
    let callback = format!("code=abc&state={}", pending.state().expose());
    logins.insert(pending, now());
    let error = logins.receive(&callback, now() + Duration::from_secs(601)).unwrap_err();
    assert_eq!(error, CallbackError::Expired);
}
