use std::time::{Duration, SystemTime};

use proofkey::authorize::Compat;
use proofkey::token::{TransportError, TransportErrorKind};
use proofkey::{Step, Steps, drive_blocking};
use proofkey_mcp::{AddressPolicy, McpError, PendingAuthorization};
use serde_json::json;

use crate::desk::*;

/// Begins, and receives this callback.
fn finished(desk: &Desk, change: impl Fn(&PendingAuthorization) -> String) -> Result<(), McpError> {
    let started = desk.begin().unwrap();
    let callback = change(started.pending());
    desk.requests.borrow_mut().clear();
    desk.finish(started.into_parts().1, &callback).map(drop)
}

#[test]
fn mc_13_mc_15_the_resource_is_in_both_requests_and_the_verifier_fits() {
    let desk = Desk::honest();
    let started = desk.begin().unwrap();
    let url = started.url().to_owned();
    for (name, value) in [
        ("response_type", "code"),
        ("resource", MCP),
        ("redirect_uri", REDIRECT_URI),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(parameter(&url, name).as_deref(), Some(value));
    }
    let callback = callback(started.pending());
    desk.finish(started.into_parts().1, &callback).unwrap();
    let requests = desk.requests.borrow();
    let form = str::from_utf8(requests.last().unwrap().body()).unwrap();
    for (name, value) in
        [("resource", MCP), ("code", "C-1"), ("redirect_uri", REDIRECT_URI), ("client_id", "dynamic-client")]
    {
        assert_eq!(parameter(form, name).as_deref(), Some(value));
    }
    let verifier = proofkey::pkce::CodeVerifier::try_from(parameter(form, "code_verifier").unwrap().as_str()).unwrap();
    assert_eq!(parameter(&url, "code_challenge").as_deref(), Some(verifier.challenge().encode().as_str()));
}

#[test]
fn mc_22_mc_31_the_scope_is_the_challenge_s_or_the_server_s_and_never_the_issuer_s() {
    let scope = |desk: &Desk, parameters: &str| {
        parameter(desk.begin_as(&client(), &demand(parameters), None).unwrap().url(), "scope")
    };
    let desk = Desk::honest();
    assert_eq!(scope(&desk, ", scope=\"files:write\"").as_deref(), Some("files:write"));
    assert_eq!(scope(&desk, "").as_deref(), Some("files:read"));
    desk.answer(RESOURCE_METADATA, 200, without(resource_metadata(), "scopes_supported"));
    assert_eq!(scope(&desk, ""), None);

    let offline = client().with_offline_access();
    let started = desk.begin_as(&offline, &demand(", scope=\"a\""), None).unwrap();
    assert_eq!(parameter(started.url(), "scope").as_deref(), Some("a offline_access"));
    assert_eq!(started.pending().scope().unwrap().as_str(), "a offline_access");
    desk.answer(SERVER_METADATA, 200, without(server_metadata(), "scopes_supported"));
    let started = desk.begin_as(&offline, &demand(", scope=\"a\""), None).unwrap();
    assert_eq!(parameter(started.url(), "scope").as_deref(), Some("a"));
}

#[test]
fn mc_07_mc_08_mc_27_the_callback_is_checked_before_a_token_request() {
    let state = |pending: &PendingAuthorization| pending.pending().state().expose().to_owned();
    let iss = |iss: &'static str| {
        move |pending: &PendingAuthorization| format!("code=C-1&state={}&iss={iss}", state(pending))
    };
    let desk = Desk::honest();
    finished(&desk, callback).unwrap();
    for other in [
        "https://evil.example",
        "https://as.example/",
        "https://AS.example",
        "https://as.example:443",
        "https%253A%252F%252Fas.example",
    ] {
        assert_eq!(finished(&desk, iss(other)).unwrap_err().code(), "callback_iss_mismatch", "{other}");
        assert!(desk.urls().is_empty(), "{other}");
    }
    let without_iss = |pending: &PendingAuthorization| format!("code=C-1&state={}", state(pending));
    assert_eq!(finished(&desk, without_iss).unwrap_err().code(), "callback_iss_missing");
    assert_eq!(
        finished(&desk, |_| "code=C-1&state=other&iss=https://as.example".into()).unwrap_err().code(),
        "callback_state_mismatch"
    );
    assert_eq!(finished(&desk, |_| "code=C-1".into()).unwrap_err().code(), "callback_state_missing");
    let twice = |pending: &PendingAuthorization| format!("{}&code=C-2", callback(pending));
    assert_eq!(finished(&desk, twice).unwrap_err().code(), "callback_repeated_parameter");
    assert!(desk.urls().is_empty());

    // Where it is not announced, it may be missing; one that is there is compared.
    let document = without(server_metadata(), "authorization_response_iss_parameter_supported");
    desk.answer(SERVER_METADATA, 200, document);
    finished(&desk, without_iss).unwrap();
    finished(&desk, callback).unwrap();
    assert_eq!(finished(&desk, iss("https://evil.example")).unwrap_err().code(), "callback_iss_mismatch");
}

#[test]
fn mc_09_an_error_of_another_issuer_is_not_shown() {
    let desk = Desk::honest();
    let error_by = |iss: &'static str| {
        move |pending: &PendingAuthorization| {
            format!(
                "error=access_denied&error_description=call%20this%20number&state={}&iss={iss}",
                pending.pending().state().expose()
            )
        }
    };
    let error = finished(&desk, error_by("https://evil.example")).unwrap_err();
    assert_eq!(error.code(), "callback_iss_mismatch");
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("access_denied") && !shown.contains("number"), "{shown}");
    let error = finished(&desk, error_by(ISSUER)).unwrap_err();
    assert_eq!(error.code(), "callback_refused");
    assert!(error.to_string().contains("access_denied"), "{error}");
}

#[test]
fn mc_06_the_issuer_is_the_one_that_was_recorded() {
    let desk = Desk::honest();
    let started = desk.begin().unwrap();
    let callback = callback(started.pending());
    // Meanwhile the MCP server names another authorization server.
    desk.answer(
        RESOURCE_METADATA,
        200,
        with(resource_metadata(), "authorization_servers", json!(["https://evil.example"])),
    );
    desk.requests.borrow_mut().clear();
    desk.finish(started.into_parts().1, &callback).unwrap();
    assert_eq!(desk.urls(), [TOKEN]);
}

#[test]
fn mc_32_a_server_need_not_issue_a_refresh_token() {
    let desk = Desk::honest();
    desk.answer(TOKEN, 200, without(tokens(), "refresh_token"));
    let mut session = desk.session(&demand(""));
    assert!(!session.is_refreshable());
    let error = client().refresh_blocking(&|request| desk.send(request), &mut session).unwrap_err();
    assert_eq!(error.code(), "token_request_no_refresh_token");
}

#[test]
fn a_code_is_sent_once() {
    let desk = Desk::honest();
    let client = client();
    let begin = || {
        let started = desk.begin().unwrap();
        let callback = callback(started.pending());
        client.finish_steps(started.into_parts().1, callback, now()).unwrap()
    };
    let mut steps = begin();
    assert!(matches!(steps.next(now()), Step::Send(_)));
    // The response was lost.
    assert!(matches!(steps.next(now()), Step::Done(Err(McpError::Interrupted))));
    assert_eq!(McpError::Interrupted.code(), "mcp_interrupted");

    let mut steps = begin();
    let refused =
        |_| Err::<proofkey::http::Response<Vec<u8>>, _>(TransportError::before_sending(TransportErrorKind::Connect));
    let error = drive_blocking(&mut steps, &refused, now).unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("transport_connect", true));
    drive_blocking(&mut steps, &|request| desk.send(request), now).unwrap();
    assert_eq!(drive_blocking(&mut steps, &|request| desk.send(request), now).unwrap_err().code(), "mcp_finished");

    let mut steps = begin();
    let lost =
        |_| Err::<proofkey::http::Response<Vec<u8>>, _>(TransportError::after_sending(TransportErrorKind::Timeout));
    let error = drive_blocking(&mut steps, &lost, now).unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("transport_timeout", false));
    assert_eq!(drive_blocking(&mut steps, &|request| desk.send(request), now).unwrap_err().code(), "mcp_finished");
}

#[test]
fn mc_14_a_refresh_names_the_resource_and_keeps_what_it_does_not_get() {
    let desk = Desk::honest();
    let mut session = desk.session(&demand(", scope=\"a b\""));
    assert!(session.is_refreshable() && session.is_expired(SystemTime::now() + Duration::from_secs(3601)));
    desk.answer(TOKEN, 200, json!({"access_token": "AT-2", "token_type": "Bearer", "expires_in": 7200}));
    desk.requests.borrow_mut().clear();
    client().refresh_blocking(&|request| desk.send(request), &mut session).unwrap();
    assert_eq!(desk.urls(), [TOKEN]);
    let form = String::from_utf8(desk.requests.borrow()[0].body().clone()).unwrap();
    for (name, value) in [("grant_type", "refresh_token"), ("refresh_token", "RT-1"), ("resource", MCP)] {
        assert_eq!(parameter(&form, name).as_deref(), Some(value));
    }
    let mut request = proofkey::http::Request::post(MCP).body(()).unwrap();
    session.authorize(&mut request).unwrap();
    assert_eq!(request.headers()["authorization"], "Bearer AT-2");
    assert!(session.is_refreshable() && session.scope().unwrap().as_str() == "a b");
}

#[test]
fn a_refresh_that_fails_changes_nothing_and_can_be_tried_again() {
    let desk = Desk::honest();
    let mut session = desk.session(&demand(""));
    let client = client();
    let before = session.to_json();
    desk.answer(TOKEN, 400, json!({"error": "invalid_grant"}));
    let error = client.refresh_blocking(&|request| desk.send(request), &mut session).unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("token_refused", false));
    assert_eq!(session.to_json().replace("\"is_refreshed\":true", "\"is_refreshed\":false"), *before);

    let mut steps = client.refresh_steps(&mut session).unwrap();
    desk.answer_text(TOKEN, 503, "text/html", "-");
    assert!(drive_blocking(&mut steps, &|request| desk.send(request), now).unwrap_err().is_retryable());
    desk.answer(TOKEN, 200, tokens());
    drive_blocking(&mut steps, &|request| desk.send(request), now).unwrap();
    assert_eq!(drive_blocking(&mut steps, &|request| desk.send(request), now).unwrap_err().code(), "mcp_finished");
}

#[test]
fn mc_30_a_token_request_goes_to_no_private_address() {
    let desk = Desk::honest();
    desk.answer(SERVER_METADATA, 200, with(server_metadata(), "token_endpoint", json!("https://192.168.0.1/token")));
    desk.answer("https://192.168.0.1/token", 200, tokens());
    let mut session = desk.session(&demand(""));
    let hosted = client().with_address_policy(AddressPolicy::public());
    let error = hosted.refresh_blocking(&|request| desk.send(request), &mut session).unwrap_err();
    assert_eq!(error.code(), "address_private");
    // On a desk it may.
    client().refresh_blocking(&|request| desk.send(request), &mut session).unwrap();
}

#[test]
fn what_was_tolerated_is_told() {
    let desk = Desk::honest();
    desk.answer(SERVER_METADATA, 200, without(server_metadata(), "code_challenge_methods_supported"));
    let tolerant = client().with_compat(Compat::strict().with_pkce_not_announced());
    let started = desk.begin_as(&tolerant, &demand(""), None).unwrap();
    let callback = callback(started.pending());
    let session = tolerant.finish_blocking(&|request| desk.send(request), started.into_parts().1, callback).unwrap();
    assert_eq!(
        session.deviations().iter().map(|deviation| deviation.name()).collect::<Vec<_>>(),
        ["pkce_not_announced"]
    );
    assert!(Desk::honest().session(&demand("")).deviations().is_empty());
}
