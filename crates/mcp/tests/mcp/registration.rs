use std::time::{Duration, UNIX_EPOCH};

use proofkey::authorize::{Compat, RedirectUri};
use proofkey::token::ClientSecret;
use proofkey_mcp::{ClientIdUrl, McpClient, McpError, Registration};
use serde_json::{Value, json};

use crate::desk::*;

const URL: &str = "https://app.example/client.json";

fn client_id(desk: &Desk, client: &McpClient, registration: Option<Registration>) -> Result<String, McpError> {
    let started = desk.begin_as(client, &demand(""), registration)?;
    Ok(parameter(started.url(), "client_id").unwrap())
}

fn reads_documents() -> Value {
    with(server_metadata(), "client_id_metadata_document_supported", json!(true))
}

#[test]
fn mc_16_the_best_that_is_known_is_used() {
    let with_url = client().with_client_id_url(ClientIdUrl::new(URL).unwrap());
    let by_hand = || Some(Registration::new(ISSUER, "by-hand").unwrap());
    let desk = Desk::honest();
    desk.answer(SERVER_METADATA, 200, reads_documents());
    assert_eq!(client_id(&desk, &with_url, by_hand()).unwrap(), "by-hand");
    assert_eq!(client_id(&desk, &with_url, None).unwrap(), URL);
    assert!(!desk.urls().contains(&REGISTER.to_owned()), "nothing had to be registered");
    for value in [Value::Null, json!(false), json!("true"), json!(1)] {
        desk.answer(SERVER_METADATA, 200, with(server_metadata(), "client_id_metadata_document_supported", value));
        assert_eq!(client_id(&desk, &with_url, None).unwrap(), "dynamic-client");
    }
    desk.answer(SERVER_METADATA, 200, without(server_metadata(), "registration_endpoint"));
    let error = client_id(&desk, &with_url, None).unwrap_err();
    assert!(matches!(&error, McpError::AskUser { issuer } if issuer.as_str() == ISSUER), "{error}");
    assert_eq!(error.code(), "mcp_ask_user");
    assert_eq!(client_id(&desk, &with_url, by_hand()).unwrap(), "by-hand");
}

#[test]
fn mc_17_the_document_names_its_own_address() {
    assert_eq!(client().client_id_document(), None);
    let client = client().with_client_id_url(ClientIdUrl::new(URL).unwrap()).with_client_uri("https://app.example");
    let document: Value = serde_json::from_str(&client.client_id_document().unwrap()).unwrap();
    assert_eq!(
        document,
        json!({
            "client_id": URL,
            "client_name": "Example agent",
            "client_uri": "https://app.example",
            "redirect_uris": [REDIRECT_URI],
            "application_type": "native",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        })
    );
}

#[test]
fn mc_18_the_type_of_application_is_that_of_the_redirect_uri() {
    for (redirect_uri, expected) in [
        ("http://127.0.0.1/callback", "native"),
        ("http://localhost:8091/callback", "native"),
        ("https://localhost:8091/callback", "native"),
        ("com.example.app:/callback", "native"),
        ("https://app.example/callback", "web"),
    ] {
        let desk = Desk::honest();
        desk.answer(REGISTER, 201, with(registered(), "redirect_uris", json!([redirect_uri])));
        let client = client().with_redirect_uri(RedirectUri::new(redirect_uri).unwrap());
        client_id(&desk, &client, None).unwrap();
        let requests = desk.requests.borrow();
        let request = requests.last().unwrap();
        assert_eq!(
            (request.method().as_str(), &request.headers()["content-type"]),
            ("POST", &"application/json".parse().unwrap())
        );
        let asked: Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!((&asked["application_type"], &asked["redirect_uris"]), (&json!(expected), &json!([redirect_uri])));
    }
}

#[test]
fn mc_28_a_redirect_uri_is_https_or_on_loopback() {
    for uri in ["https://app.example/callback", "http://127.0.0.1/callback", "http://localhost:1/callback"] {
        assert!(McpClient::new("Example agent", uri).is_ok(), "{uri}");
    }
    for (uri, expected) in [
        ("com.example.app:/callback", "mcp_redirect_uri"),
        ("http.example:/callback", "mcp_redirect_uri"),
        ("http://app.example/callback", "value_plain_http"),
        ("javascript:alert(1)", "value_scheme"),
    ] {
        let error = McpClient::new("Example agent", uri).unwrap_err();
        assert_eq!(error.code(), expected, "{uri}");
        assert!(error.to_string().starts_with("setup: "), "{error}");
    }
}

#[test]
fn mc_19_a_refused_registration_is_an_error_that_says_why() {
    let desk = Desk::honest();
    let refused = json!({"error": "invalid_redirect_uri", "error_description": "no \"loopback\" here\u{7}"});
    desk.answer(REGISTER, 400, refused);
    let error = desk.begin().unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("registration_refused", false));
    let expected = "registration: the server refused with status 400 and \"invalid_redirect_uri\": no ?loopback? here?";
    assert_eq!(error.to_string(), expected);
    assert_eq!(desk.urls().iter().filter(|url| *url == REGISTER).count(), 1);

    for (status, expected, is_retryable) in
        [(403, "document_status", false), (503, "document_status", true), (302, "document_status", false)]
    {
        desk.answer_text(REGISTER, status, "text/html", "-");
        let error = desk.begin().unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), (expected, is_retryable), "{status}");
    }
}

#[test]
fn a_registration_that_is_not_what_was_asked_for_is_refused() {
    for (document, expected) in [
        (without(registered(), "client_id"), "document_member_missing"),
        (with(registered(), "client_id", json!("a\u{e9}")), "value_bad_character"),
        (with(registered(), "client_id", json!(7)), "document_member_type"),
        (with(registered(), "redirect_uris", json!(["https://evil.example/callback"])), "registration_redirect_uris"),
        (
            with(registered(), "redirect_uris", json!([REDIRECT_URI, "https://evil.example/callback"])),
            "registration_redirect_uris",
        ),
        (with(registered(), "redirect_uris", json!(["http://127.0.0.1:8091/callback/"])), "registration_redirect_uris"),
        (with(registered(), "redirect_uris", json!([])), "registration_redirect_uris"),
        (with(registered(), "redirect_uris", json!(REDIRECT_URI)), "document_member_type"),
        (with(registered(), "grant_types", json!(["implicit"])), "registration_grant"),
        (with(registered(), "response_types", json!(["token"])), "registration_grant"),
        (with(registered(), "token_endpoint_auth_method", json!("private_key_jwt")), "registration_authentication"),
        (with(registered(), "token_endpoint_auth_method", json!("client_secret_basic")), "registration_secret_missing"),
    ] {
        let desk = Desk::honest();
        desk.answer(REGISTER, 201, document.clone());
        let error = desk.begin().unwrap_err();
        assert_eq!(error.code(), expected, "{document}");
        assert!(error.to_string().starts_with("registration: "), "{error}");
    }
    let desk = Desk::honest();
    let expired = json!({"client_id": "c", "client_secret": "s", "client_secret_expires_at": 1, "token_endpoint_auth_method": "client_secret_post"});
    desk.answer(REGISTER, 201, expired);
    assert_eq!(desk.begin().unwrap_err().code(), "registration_secret_expired");
    // Status 200 is a deviation with a name.
    desk.answer(REGISTER, 200, registered());
    assert_eq!(desk.begin().unwrap_err().code(), "document_status");
    let tolerant = client().with_compat(Compat::strict().with_success_status());
    assert_eq!(client_id(&desk, &tolerant, None).unwrap(), "dynamic-client");
}

#[test]
fn what_a_server_may_leave_out_of_its_answer_is_as_it_was_asked_for() {
    let desk = Desk::honest();
    desk.answer(REGISTER, 201, json!({"client_id": "c", "grant_types": ["authorization_code"], "response_types": ["code"], "client_secret_expires_at": 0}));
    assert_eq!(client_id(&desk, &client(), None).unwrap(), "c");
}

#[test]
fn a_secret_is_sent_by_the_method_that_was_registered() {
    for (method, header, in_body) in [
        (json!("client_secret_basic"), Some("Basic ZHluYW1pYy1jbGllbnQ6cy0x"), None),
        (json!("client_secret_post"), None, Some("s-1")),
        (json!("none"), None, None),
        (Value::Null, Some("Basic ZHluYW1pYy1jbGllbnQ6cy0x"), None),
    ] {
        let desk = Desk::honest();
        let document = with(registered(), "client_secret", json!("s-1"));
        desk.answer(REGISTER, 201, with(document, "token_endpoint_auth_method", method.clone()));
        desk.session(&demand(""));
        let requests = desk.requests.borrow();
        let request = requests.last().unwrap();
        let body = str::from_utf8(request.body()).unwrap();
        assert_eq!(request.headers().get("authorization").map(|value| value.to_str().unwrap()), header, "{method}");
        assert_eq!(parameter(body, "client_secret").as_deref(), in_body, "{method}");
    }
}

#[test]
fn mc_20_a_registration_of_another_server_is_not_used() {
    let desk = Desk::honest();
    let started = desk.begin().unwrap();
    let kept = started.pending().registration().clone();
    assert!(kept.is_dynamic() && kept.issuer() == ISSUER);
    desk.requests.borrow_mut().clear();
    assert_eq!(client_id(&desk, &client(), Some(kept.clone())).unwrap(), "dynamic-client");
    assert!(!desk.urls().contains(&REGISTER.to_owned()), "a kept one is used again");

    let moved = "https://new.example";
    desk.answer(RESOURCE_METADATA, 200, with(resource_metadata(), "authorization_servers", json!([moved])));
    let metadata = with(server_metadata(), "issuer", json!(moved));
    desk.answer("https://new.example/.well-known/oauth-authorization-server", 200, metadata);
    desk.answer(REGISTER, 201, with(registered(), "client_id", json!("new-client")));
    assert_eq!(client_id(&desk, &client(), Some(kept.clone())).unwrap(), "new-client");

    let other = McpClient::new("Example agent", "http://127.0.0.1:8091/cb").unwrap();
    let desk = Desk::honest();
    desk.answer(REGISTER, 201, json!({"client_id": "third"}));
    assert_eq!(client_id(&desk, &other, Some(kept)).unwrap(), "third", "it was for another redirect URI");
}

#[test]
fn of_several_registrations_the_one_of_the_issuer_is_used() {
    let desk = Desk::honest();
    let dynamic = desk.begin().unwrap().pending().registration().clone();
    let elsewhere = Registration::from_json(&dynamic.to_json().replace(ISSUER, "https://b.example")).unwrap();
    let run = |registrations: &[&Registration]| {
        let (client, server, demand) = (client(), server(), demand(""));
        let authorization =
            registrations.iter().fold(client.authorization(&server, &demand), |authorization, known| {
                authorization.registration((*known).clone())
            });
        let started = authorization.run_blocking(&|request| desk.send(request)).unwrap();
        parameter(started.url(), "client_id").unwrap()
    };
    desk.answer(REGISTER, 201, with(registered(), "client_id", json!("new-client")));
    assert_eq!(run(&[&elsewhere, &dynamic]), "dynamic-client");
    assert_eq!(run(&[&elsewhere]), "new-client");
    let by_hand = Registration::new(ISSUER, "by-hand").unwrap();
    assert_eq!(run(&[&dynamic, &by_hand]), "by-hand", "the best that is known");

    // The server lists a second issuer, at which the client is registered by hand: that one is asked.
    let second = "https://second.example";
    desk.answer(RESOURCE_METADATA, 200, with(resource_metadata(), "authorization_servers", json!([ISSUER, second])));
    desk.answer(
        &format!("{second}/.well-known/oauth-authorization-server"),
        200,
        with(server_metadata(), "issuer", json!(second)),
    );
    let by_hand = Registration::new(second, "by-hand").unwrap();
    assert_eq!(run(&[&dynamic, &by_hand]), "by-hand", "of the issuers that are known, the one by hand");
    assert_eq!(run(&[&dynamic]), "dynamic-client");
}

#[test]
fn mc_21_a_registration_by_hand_at_a_server_that_is_gone_is_an_error() {
    let desk = Desk::honest();
    let by_hand =
        Registration::new("https://old.example", "by-hand").unwrap().with_secret(&ClientSecret::new("s-1").unwrap());
    let error = client_id(&desk, &client(), Some(by_hand.clone())).unwrap_err();
    assert_eq!(error.code(), "mcp_issuer_changed");
    assert!(error.to_string().contains("https://old.example") && error.to_string().contains(ISSUER), "{error}");
    assert_eq!(desk.urls(), [RESOURCE_METADATA]);

    // It is used where the server lists it, also in the second place.
    let both =
        with(resource_metadata(), "authorization_servers", json!(["https://first.example", "https://old.example"]));
    desk.answer(RESOURCE_METADATA, 200, both);
    desk.answer(
        "https://old.example/.well-known/oauth-authorization-server",
        200,
        with(server_metadata(), "issuer", json!("https://old.example")),
    );
    assert_eq!(client_id(&desk, &client(), Some(by_hand)).unwrap(), "by-hand");
}

#[test]
fn the_request_can_be_made_by_hand() {
    let issuer = proofkey::authorize::Issuer::new(ISSUER).unwrap();
    let (_, discovery) = proofkey::authorize::DiscoveryRequest::new(issuer).build().unwrap();
    let response = |document: Value, status| {
        let response = proofkey::http::Response::builder().status(status).header("content-type", "application/json");
        response.body(document.to_string()).unwrap()
    };
    let methods = json!(["client_secret_post", "client_secret_basic"]);
    let metadata = with(server_metadata(), "token_endpoint_auth_methods_supported", methods);
    let server = discovery.receive(&response(metadata, 200)).unwrap();
    let (request, registration) = client().register(&server).unwrap();
    assert_eq!(request.uri(), REGISTER);
    let asked: Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(asked["token_endpoint_auth_method"], "client_secret_basic");
    let answer = json!({"client_id": "c", "client_secret": "s", "client_secret_expires_at": 5});
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    assert_eq!(registration.receive(&response(answer.clone(), 201), at(4)).unwrap().client_id().as_str(), "c");
    assert_eq!(registration.receive(&response(answer, 201), at(5)).unwrap_err().code(), "registration_secret_expired");
    let silent = discovery.receive(&response(without(server_metadata(), "registration_endpoint"), 200)).unwrap();
    assert!(client().register(&silent).is_none());
}
