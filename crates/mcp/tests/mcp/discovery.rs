use proofkey::authorize::Compat;
use proofkey::drive_blocking;
use proofkey::token::{TransportError, TransportErrorKind};
use proofkey_mcp::{AddressPolicy, Demand, McpError, McpServer, ResourceMetadata, Stage};
use serde_json::{Value, json};

use crate::desk::*;

fn code(desk: &Desk, parameters: &str) -> &'static str {
    desk.begin_as(&client(), &demand(parameters), None).unwrap_err().code()
}

#[test]
fn mc_01_the_address_in_the_challenge_is_asked_and_no_other() {
    let desk = Desk::honest();
    let elsewhere = "https://metadata.example/mcp?v=1";
    desk.answer(elsewhere, 200, resource_metadata());
    let named = demand(&format!(", resource_metadata=\"{elsewhere}\""));
    desk.begin_as(&client(), &named, None).unwrap();
    assert_eq!(desk.urls()[0], elsewhere);

    let desk = Desk::honest();
    let error = desk.begin_as(&client(), &named, None).unwrap_err();
    assert!(
        matches!(&error, McpError::NotFound { stage: Stage::Resource, tried } if tried[0].url() == elsewhere && tried[0].status() == 404),
        "{error}"
    );
    assert_eq!(desk.urls(), [elsewhere], "no other address is tried");
    assert!(error.to_string().contains("https://metadata.example/mcp?v=1 (status 404)"), "{error}");
}

#[test]
fn mc_01_an_address_that_is_not_to_be_asked_is_refused() {
    for (url, expected) in [
        ("http://mcp.example/metadata", "value_plain_http"),
        ("file:///etc/passwd", "value_host"),
        ("/metadata", "value_not_absolute"),
        ("https://user@mcp.example/", "value_userinfo"),
        ("http://127.0.0.1:8080/metadata", "resource_metadata_loopback"),
        ("http://localhost/metadata", "resource_metadata_loopback"),
        ("HTTP://[::1]/metadata", "resource_metadata_loopback"),
        ("https://127.0.0.1:8443/metadata", "resource_metadata_loopback"),
        ("https://localhost/", "resource_metadata_loopback"),
    ] {
        let desk = Desk::honest();
        assert_eq!(code(&desk, &format!(", resource_metadata=\"{url}\"")), expected, "{url}");
        assert!(desk.urls().is_empty(), "{url}");
    }
}

#[test]
fn the_challenge_is_read_wherever_it_stands() {
    let response = |fields: &[&str]| {
        let response = fields.iter().fold(proofkey::http::Response::builder().status(401), |response, field| {
            response.header("WWW-Authenticate", *field)
        });
        Demand::from_response(&response.body(()).unwrap()).unwrap()
    };
    let url = "https://mcp.example/m";
    for fields in [
        &["Bearer resource_metadata=\"https://mcp.example/m\", scope=\"a b\""][..],
        &["Basic realm=\"x\", bearer scope=\"a b\",resource_metadata=https://mcp.example/m"],
        &[
            "DPoP algs=\"ES256\"",
            "Bearer error=\"invalid_token\", resource_metadata=\"https://mcp.example/m\", scope=\"a b\"",
        ],
    ] {
        let demand = response(fields);
        assert_eq!((demand.metadata_url(), demand.scope().unwrap().as_str()), (Some(url), "a b"), "{fields:?}");
    }
    for fields in [
        &[][..],
        &["Basic resource_metadata=\"https://evil.example\", scope=\"a\""],
        &["Bearer realm=\"resource_metadata=x\""],
    ] {
        let demand = response(fields);
        assert_eq!((demand.metadata_url(), demand.scope()), (None, None), "{fields:?}");
    }
    assert_eq!(response(&[r#"Bearer scope="a\"b""#]).scope(), None);
    assert!(Demand::from_response(&refusal(200, "")).is_none());
    assert!(Demand::from_response(&refusal(403, ", error=\"insufficient_scope\"")).is_none());
}

#[test]
fn mc_02_without_an_address_the_path_is_asked_and_then_the_root() {
    let desk = Desk::honest();
    desk.begin().unwrap();
    assert_eq!(desk.urls(), [RESOURCE_METADATA, SERVER_METADATA, REGISTER]);

    let root = "https://mcp.example/.well-known/oauth-protected-resource";
    desk.requests.borrow_mut().clear();
    for (status, media_type) in
        [(404, "text/html"), (401, "application/json"), (302, ""), (200, "text/html"), (501, "")]
    {
        desk.answer_text(RESOURCE_METADATA, status, media_type, "{}");
        desk.answer(root, 200, resource_metadata());
        desk.requests.borrow_mut().clear();
        desk.begin().unwrap();
        assert_eq!(desk.urls()[..2], [RESOURCE_METADATA, root], "{status} {media_type}");
    }
    desk.forget(root);
    let error = desk.begin().unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("mcp_not_found", false));
}

#[test]
fn a_server_that_is_down_is_asked_again_and_not_elsewhere() {
    let desk = Desk::honest();
    desk.answer_text(RESOURCE_METADATA, 503, "text/html", "-");
    let (client, server, demand) = (client(), server(), demand(""));
    let mut steps = client.authorization(&server, &demand).steps().unwrap();
    let error = drive_blocking(&mut steps, &|request| desk.send(request), now).unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("document_status", true));
    assert_eq!(desk.urls(), [RESOURCE_METADATA]);

    let reset =
        |_| Err::<proofkey::http::Response<Vec<u8>>, _>(TransportError::after_sending(TransportErrorKind::Reset));
    let error = drive_blocking(&mut steps, &reset, now).unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("transport_reset", true));
    assert!(error.to_string().starts_with("resource: ") && error.to_string().contains(RESOURCE_METADATA), "{error}");

    desk.answer(RESOURCE_METADATA, 200, resource_metadata());
    desk.answer_text(SERVER_METADATA, 503, "text/html", "-");
    let error = drive_blocking(&mut steps, &|request| desk.send(request), now).unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("discovery_status", true));
    desk.answer(SERVER_METADATA, 200, server_metadata());
    drive_blocking(&mut steps, &|request| desk.send(request), now).unwrap();
    let error = drive_blocking(&mut steps, &|request| desk.send(request), now).unwrap_err();
    assert_eq!(error.code(), "mcp_finished");
}

#[test]
fn mc_03_metadata_of_another_resource_are_not_used() {
    for resource in [
        "https://evil.example/mcp",
        "https://mcp.example",
        "https://mcp.example/",
        "https://mcp.example/mcp/",
        "https://mcp.example/mcp2",
        "https://mcp.example/MCP",
        "https://MCP.example/mcp",
        "https://mcp.example:443/mcp",
        "https://mcp.example/mcp#",
        "https://mcp.example/mcp?",
        "http://mcp.example/mcp",
        "https://mcp.example/%6Dcp",
    ] {
        let desk = Desk::honest();
        desk.answer(RESOURCE_METADATA, 200, with(resource_metadata(), "resource", json!(resource)));
        let error = desk.begin().unwrap_err();
        assert_eq!(error.code(), "resource_metadata_mismatch", "{resource}");
        assert!(error.to_string().contains(MCP), "{error}");
        assert_eq!(desk.urls(), [RESOURCE_METADATA], "nothing of it is used: {resource}");
    }
}

#[test]
fn mc_03_a_parent_is_a_resource_only_where_that_is_tolerated() {
    let tolerant = client().with_parent_resource();
    for (resource, is_above) in [
        ("https://mcp.example", true),
        ("https://mcp.example/", true),
        (MCP, true),
        ("https://mcp.example/m", false),
        ("https://mcp.example/mcp/a", false),
        ("https://evil.example", false),
        ("https://mcp.example:8443", false),
    ] {
        let desk = Desk::honest();
        desk.answer(RESOURCE_METADATA, 200, with(resource_metadata(), "resource", json!(resource)));
        let started = desk.begin_as(&tolerant, &demand(""), None);
        assert_eq!(started.is_ok(), is_above, "{resource}");
        if let Ok(started) = started {
            assert_eq!(parameter(started.url(), "resource").as_deref(), Some(resource));
        }
    }
}

#[test]
fn mc_03_a_document_that_is_not_such_metadata_is_refused() {
    for (document, expected) in [
        (without(resource_metadata(), "resource"), "document_member_missing"),
        (with(resource_metadata(), "resource", json!("")), "document_member_missing"),
        (with(resource_metadata(), "resource", json!([MCP])), "document_member_type"),
        (without(resource_metadata(), "authorization_servers"), "document_member_missing"),
        (with(resource_metadata(), "authorization_servers", json!([])), "document_member_missing"),
        (with(resource_metadata(), "authorization_servers", json!(ISSUER)), "document_member_type"),
        (with(resource_metadata(), "authorization_servers", json!([1])), "document_member_type"),
        (with(resource_metadata(), "authorization_servers", json!(["javascript:alert(1)"])), "value_scheme"),
        (with(resource_metadata(), "authorization_servers", json!(["http://as.example"])), "value_plain_http"),
        (
            with(resource_metadata(), "authorization_servers", json!(["http://127.0.0.1:80"])),
            "resource_metadata_loopback",
        ),
        (
            with(resource_metadata(), "authorization_servers", json!(["https://localhost:9443"])),
            "resource_metadata_loopback",
        ),
        (with(resource_metadata(), "scopes_supported", json!("a b")), "document_member_type"),
        (json!([MCP]), "document_malformed"),
    ] {
        let desk = Desk::honest();
        desk.answer(RESOURCE_METADATA, 200, document.clone());
        assert_eq!(code(&desk, ""), expected, "{document}");
        assert_eq!(desk.urls(), [RESOURCE_METADATA], "{document}");
    }
    let desk = Desk::honest();
    let twice = format!("{{\"resource\":\"{MCP}\",\"resource\":\"{MCP}\",\"authorization_servers\":[\"{ISSUER}\"]}}");
    let large = format!("{{\"resource\":\"{MCP}\",\"a\":\"{}\"}}", "a".repeat(1 << 16));
    for (body, expected) in
        [(twice.as_str(), "document_malformed"), (&large, "document_too_large"), ("{", "document_malformed")]
    {
        desk.answer_text(RESOURCE_METADATA, 200, "application/json", body);
        assert_eq!(code(&desk, ""), expected);
    }
    let response = proofkey::http::Response::builder().header("content-type", "text/html").body("{}").unwrap();
    assert_eq!(ResourceMetadata::receive(&server(), &response).unwrap_err().code(), "document_content_type");
}

#[test]
fn what_a_server_serves_is_what_a_client_reads() {
    let metadata = ResourceMetadata::new(&server(), [ISSUER]).with_scopes(["files:read", "files:write"]);
    let response = proofkey::http::Response::builder().header("content-type", "application/json");
    let read = ResourceMetadata::receive(&server(), &response.body(metadata.to_json()).unwrap()).unwrap();
    assert_eq!(read, metadata);
    assert_eq!((read.resource(), read.scope().unwrap().as_str()), (MCP, "files:read files:write"));
}

#[test]
fn mc_04_metadata_of_the_authorization_server_are_found_in_order() {
    let urls = [
        "https://as.example/.well-known/oauth-authorization-server/t",
        "https://as.example/.well-known/openid-configuration/t",
        "https://as.example/t/.well-known/openid-configuration",
    ];
    for at in 0..=3 {
        let desk = Desk::honest();
        desk.answer(
            RESOURCE_METADATA,
            200,
            with(resource_metadata(), "authorization_servers", json!(["https://as.example/t"])),
        );
        for url in urls.iter().skip(at) {
            desk.answer(url, 200, with(server_metadata(), "issuer", json!("https://as.example/t")));
        }
        let started = desk.begin();
        if at == 3 {
            let error = started.unwrap_err();
            assert!(
                matches!(&error, McpError::NotFound { stage: Stage::Discovery, tried } if tried.len() == 3),
                "{error}"
            );
        } else {
            started.unwrap();
            assert_eq!(desk.urls()[1..=at + 1], urls[..=at]);
        }
    }
}

#[test]
fn mc_05_metadata_of_another_issuer_are_not_used() {
    for issuer in ["https://as.example/", "https://evil.example", "https://AS.example", "https://as.example:443"] {
        let desk = Desk::honest();
        desk.answer(SERVER_METADATA, 200, with(server_metadata(), "issuer", json!(issuer)));
        let second = "https://as.example/.well-known/openid-configuration";
        desk.answer(second, 200, server_metadata());
        assert_eq!(code(&desk, ""), "discovery_issuer_mismatch", "{issuer}");
        assert_eq!(desk.urls(), [RESOURCE_METADATA, SERVER_METADATA], "and no other address is tried: {issuer}");
    }
}

#[test]
fn mc_10_mc_11_a_server_that_does_not_announce_s256_is_refused_before_anything_is_registered() {
    let list = |methods: Value| with(server_metadata(), "code_challenge_methods_supported", methods);
    for (document, expected) in [
        (without(server_metadata(), "code_challenge_methods_supported"), "request_pkce_not_announced"),
        (list(Value::Null), "request_pkce_not_announced"),
        (list(json!(["plain"])), "request_s256_not_supported"),
        (list(json!([])), "request_s256_not_supported"),
        (list(json!(["s256"])), "request_s256_not_supported"),
        (list(json!("S256")), "discovery_member_type"),
    ] {
        let desk = Desk::honest();
        desk.answer(SERVER_METADATA, 200, document.clone());
        assert_eq!(code(&desk, ""), expected, "{document}");
        assert_eq!(desk.urls(), [RESOURCE_METADATA, SERVER_METADATA], "{document}");
    }
    // The policy for servers that support PKCE and do not announce it.
    let desk = Desk::honest();
    desk.answer(SERVER_METADATA, 200, without(server_metadata(), "code_challenge_methods_supported"));
    let tolerant = client().with_compat(Compat::strict().with_pkce_not_announced());
    let started = desk.begin_as(&tolerant, &demand(""), None).unwrap();
    assert_eq!(parameter(started.url(), "code_challenge_method").as_deref(), Some("S256"));
    desk.answer(SERVER_METADATA, 200, list(json!(["plain"])));
    assert_eq!(desk.begin_as(&tolerant, &demand(""), None).unwrap_err().code(), "request_s256_not_supported");
}

#[test]
fn mc_28_mc_29_an_endpoint_is_https() {
    for (member, url) in [
        ("authorization_endpoint", "javascript:alert(1)"),
        ("authorization_endpoint", "data:text/html,x"),
        ("authorization_endpoint", "file:///bin/sh"),
        ("authorization_endpoint", "http://as.example/authorize"),
        ("token_endpoint", "http://as.example/token"),
        ("token_endpoint", "http://127.0.0.1/token"),
        ("token_endpoint", "https://127.0.0.1:9443/token"),
    ] {
        let desk = Desk::honest();
        desk.answer(SERVER_METADATA, 200, with(server_metadata(), member, json!(url)));
        let code = code(&desk, "");
        assert!(matches!(code, "discovery_endpoint" | "discovery_loopback_endpoint"), "{url}: {code}");
    }
    // One that is not needed counts as absent.
    let desk = Desk::honest();
    desk.answer(SERVER_METADATA, 200, with(server_metadata(), "registration_endpoint", json!("https://localhost/r")));
    assert_eq!(code(&desk, ""), "mcp_ask_user");
    assert_eq!(desk.urls(), [RESOURCE_METADATA, SERVER_METADATA]);
}

#[test]
fn mc_30_a_program_on_a_server_sends_nothing_to_a_private_address() {
    let hosted = client().with_address_policy(AddressPolicy::public());
    // The honest twin: everything is public.
    let desk = Desk::honest();
    desk.begin_as(&hosted, &demand(""), None).unwrap();

    let private = "https://[::ffff:169.254.169.254]";
    let error = desk.begin_as(&hosted, &demand(&format!(", resource_metadata=\"{private}/m\"")), None).unwrap_err();
    assert_eq!(error.code(), "address_private");

    let desk = Desk::honest();
    desk.answer(
        RESOURCE_METADATA,
        200,
        with(resource_metadata(), "authorization_servers", json!(["https://10.0.0.1"])),
    );
    assert_eq!(desk.begin_as(&hosted, &demand(""), None).unwrap_err().code(), "address_private");
    assert_eq!(desk.urls(), [RESOURCE_METADATA]);

    for (member, url) in
        [("registration_endpoint", "https://0x7f000001/register"), ("token_endpoint", "https://2130706433/token")]
    {
        let desk = Desk::honest();
        desk.answer(SERVER_METADATA, 200, with(server_metadata(), member, json!(url)));
        let error = match desk.begin_as(&hosted, &demand(""), None) {
            Err(error) => error,
            Ok(started) => {
                let callback = callback(started.pending());
                let pending = started.into_parts().1;
                hosted.finish_blocking(&|request| desk.send(request), pending, &callback).unwrap_err()
            }
        };
        assert_eq!(error.code(), "address_form", "{member}");
        assert!(desk.urls().iter().all(|asked| asked != url), "{member}");
    }
    let server = McpServer::new("http://127.0.0.1:1/mcp").unwrap();
    let error = hosted.authorization(&server, &demand("")).run_blocking(&|request| desk.send(request)).unwrap_err();
    assert_eq!(error.code(), "address_scheme");
}

#[test]
fn an_address_that_no_request_can_have_is_an_error() {
    let long = format!("https://mcp.example/{}", "a".repeat(1 << 16));
    let (server, client) = (McpServer::new(long).unwrap(), client());
    let error = client.authorization(&server, &demand("")).steps().unwrap_err();
    assert_eq!(error.code(), "mcp_unsendable");
    let error = McpError::Entropy(std::io::Error::other("none"));
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("mcp_entropy", "begin: the system returned no entropy: none")
    );
}
