//! Each leniency that concerns metadata and the request: off, on and needed, on and not needed.

use std::time::SystemTime;

use http::Response;
use proofkey_authorize::{
    AuthorizationRequest, AuthorizationRequestError, AuthorizationServer, ClientId, Compat, Deviation, Deviations,
    DiscoveryError, DiscoveryPath, DiscoveryRequest, Endpoint, Issuer, Pending, RedirectUri, Tenancy,
};
use serde_json::{Value, json};

const ENTRA: &str = "https://login.microsoftonline.com/common/v2.0";
const TENANT: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";

fn read(asked: &str, compat: Compat, edit: impl FnOnce(&mut Value)) -> Result<AuthorizationServer, DiscoveryError> {
    let mut document = json!({
        "issuer": asked,
        "authorization_endpoint": "https://as.example/authorize",
        "token_endpoint": "https://as.example/token",
        "code_challenge_methods_supported": ["S256"],
    });
    edit(&mut document);
    let response = Response::builder().header("content-type", "application/json");
    let response = response.body(document.to_string().into_bytes()).unwrap();
    DiscoveryRequest::new(Issuer::new(asked).unwrap()).compat(compat).build().unwrap().1.receive(&response)
}

fn listed(deviations: Deviations) -> Vec<&'static str> {
    deviations.iter().map(Deviation::name).collect()
}

fn begin(server: &AuthorizationServer) -> Result<String, AuthorizationRequestError> {
    let redirect_uri = RedirectUri::new("https://app.example/callback").unwrap();
    let request = AuthorizationRequest::new(server, ClientId::new("client-id").unwrap(), redirect_uri);
    let (url, pending) = request.resource("https://api.example/").begin(&[7; 96], SystemTime::UNIX_EPOCH)?;
    let callback = format!("code=c&state={}", pending.state().expose());
    let grant = pending.receive(&callback, SystemTime::UNIX_EPOCH).unwrap();
    // What was asked for is known, whether it was sent or not.
    assert_eq!(grant.resources(), ["https://api.example/"]);
    Ok(url)
}

#[test]
fn strict_is_the_default_and_each_leniency_can_be_had_alone() {
    assert_eq!(Compat::strict(), Compat::default());
    assert!(Compat::strict().allowed().is_empty());
    let address = Endpoint::new("https://inside.example/metadata").unwrap();
    let each = [
        Compat::strict().with_expires_in_text(),
        Compat::strict().with_expires_in_fraction(),
        Compat::strict().with_form_body(),
        Compat::strict().with_error_with_success(),
        Compat::strict().with_error_code_member(),
        Compat::strict().with_refusal_status(),
        Compat::strict().with_success_status(),
        Compat::strict().with_scope_commas(),
        Compat::strict().with_scope_array(),
        Compat::strict().with_token_type_missing(),
        Compat::strict().with_basic_unencoded(),
        Compat::strict().with_resource_not_sent(),
        Compat::strict().with_pkce_not_announced(),
        Compat::strict().with_issuer_alias("as.example"),
        Compat::strict().with_tenancy(Tenancy::one(TENANT)),
        Compat::strict().with_metadata_at(address),
        Compat::strict().with_updated_at_text(),
        Compat::strict().with_email_verified_text(),
        Compat::strict().with_nonce_not_returned(),
        Compat::strict().with_pkce_refused(),
        Compat::strict().with_auth_time_changed(),
        Compat::strict().with_token_type_name("bot"),
        Compat::strict().with_media_type("text/plain"),
        Compat::strict().with_access_token_missing(),
        Compat::strict().with_wider_scope_on_refresh(),
        Compat::strict().with_http_host("keycloak"),
    ];
    for (compat, &deviation) in each.iter().zip(Deviation::ALL) {
        assert_eq!(compat.allowed().iter().collect::<Vec<_>>(), [deviation]);
        assert!(compat.allows(deviation));
        assert!(format!("{compat:?}").starts_with(&format!("Compat {{ allowed: {{{}}}", deviation.name())));
    }
    assert_eq!(each.len(), Deviation::ALL.len());
}

#[test]
fn a_profile_has_what_its_provider_needs_and_nothing_more() {
    let tenancy = Tenancy::AnyOrganisation;
    for (compat, codes) in [
        (Compat::auth0(), &["refusal_status", "updated_at_text"][..]),
        (Compat::google(), &["refusal_status", "issuer_alias"]),
        (Compat::github(), &["form_body", "error_with_success", "scope_commas"]),
        (Compat::entra(tenancy), &["expires_in_text", "resource_not_sent", "pkce_not_announced", "issuer_template"]),
        (Compat::okta(), &["error_code_member"]),
        (Compat::keycloak(), &[]),
        (Compat::linkedin(), &["nonce_not_returned", "pkce_refused"]),
        (Compat::apple(), &["email_verified_text"]),
        (Compat::slack(), &["error_with_success", "pkce_not_announced"]),
        (Compat::cognito(), &["pkce_not_announced", "auth_time_changed"]),
        (Compat::b2c(), &["access_token_missing"]),
        (Compat::adfs(), &["pkce_not_announced"]),
        (Compat::salesforce(), &["pkce_not_announced"]),
        (Compat::zitadel(), &[]),
        (Compat::authentik(), &[]),
        (Compat::discord(), &["pkce_not_announced"]),
        (Compat::twitch(), &["scope_array", "pkce_not_announced"]),
        (Compat::amazon(), &["expires_in_text"]),
    ] {
        assert_eq!(listed(compat.allowed()), codes);
    }
    assert_eq!(Compat::google().issuer_alias(), Some("accounts.google.com"));
    assert_eq!(
        format!("{:?}", Compat::google()),
        r#"Compat { allowed: {refusal_status, issuer_alias}, issuer_alias: "accounts.google.com" }"#
    );
    assert_eq!(format!("{:?}", Compat::strict()), "Compat { allowed: {} }");
}

#[test]
fn what_is_known_of_a_server_shows_how_far_it_is_gone_along_with() {
    let server = read("https://as.example", Compat::okta(), |_| ()).unwrap();
    assert!(format!("{server:?}").contains("compat: Compat { allowed: {error_code_member} }"));
    assert_eq!(server.compat(), &Compat::okta());
    assert!(server.deviations().is_empty());
}

#[test]
fn a_list_keeps_every_value_and_shows_it() {
    let compat = Compat::strict()
        .with_token_type_name("bot")
        .with_token_type_name("user")
        .with_media_type("text/plain")
        .with_http_host("keycloak");
    assert_eq!(compat.token_type_names().collect::<Vec<_>>(), ["bot", "user"]);
    assert_eq!(compat.media_types().collect::<Vec<_>>(), ["text/plain"]);
    assert_eq!(compat.http_hosts().collect::<Vec<_>>(), ["keycloak"]);
    let shown = format!("{compat:?}");
    for list in
        [r#"token_type_names: ["bot", "user"]"#, r#"media_types: ["text/plain"]"#, r#"http_hosts: ["keycloak"]"#]
    {
        assert!(shown.contains(list), "{shown}");
    }
}

#[test]
fn http_is_tolerated_on_a_named_host_only() {
    let lenient = Compat::strict().with_http_host("keycloak").with_http_host("[fd00::1]");
    let inside = "http://keycloak:8080/realms/r";
    for text in [inside, "http://KEYCLOAK/", "http://[fd00::1]:8080/x"] {
        assert_eq!(lenient.issuer(text).unwrap().as_str(), text);
        assert_eq!(lenient.endpoint(text).unwrap().as_str(), text);
        for error in [Issuer::new(text).unwrap_err(), Endpoint::new(text).unwrap_err()] {
            assert_eq!(error.code(), "value_plain_http");
            assert!(error.to_string().ends_with("name it with Compat::with_http_host"), "{error}");
        }
    }
    for other in ["http://keycloak.evil.example/", "http://xkeycloak/", "http://[fd00::2]/"] {
        assert_eq!(lenient.issuer(other).unwrap_err().code(), "value_plain_http", "{other}");
        assert_eq!(lenient.endpoint(other).unwrap_err().code(), "value_plain_http", "{other}");
    }
    assert_eq!(lenient.issuer("ftp://keycloak/").unwrap_err().code(), "value_scheme");

    // Needed: listed. Not needed, or on this machine: not listed.
    let server = |issuer: &str, token: &str| {
        let document = json!({
            "issuer": issuer,
            "authorization_endpoint": "https://as.example/authorize",
            "token_endpoint": token,
            "code_challenge_methods_supported": ["S256"],
        });
        let response = Response::builder().header("content-type", "application/json");
        let response = response.body(document.to_string().into_bytes()).unwrap();
        let request = DiscoveryRequest::new(lenient.issuer(issuer).unwrap()).compat(lenient.clone());
        request.build().unwrap().1.receive(&response)
    };
    let inside_token = "http://keycloak:8080/token";
    for (issuer, token, expected) in [
        (inside, inside_token, &["http_issuer"][..]),
        (inside, "https://as.example/token", &["http_issuer"]),
        ("https://as.example", inside_token, &["http_issuer"]),
        ("https://as.example", "https://as.example/token", &[]),
        ("http://localhost:8080/", "http://localhost:8080/token", &[]),
        ("http://localhost:8080/", inside_token, &["http_issuer"]),
    ] {
        assert_eq!(listed(server(issuer, token).unwrap().deviations()), expected, "{issuer} {token}");
    }
    for (issuer, token, code) in [
        (inside, "http://other:8080/token", "discovery_endpoint"),
        // An issuer elsewhere has no business with this machine's ports, unless this machine is named.
        (inside, "http://localhost:8080/token", "discovery_loopback_endpoint"),
    ] {
        assert_eq!(server(issuer, token).unwrap_err().code(), code, "{issuer} {token}");
    }
    // Metadata that came over http are as good as their way.
    let address = lenient.endpoint("http://keycloak:8080/realms/r/metadata").unwrap();
    let read = read("https://as.example", lenient.clone().with_metadata_at(address), |_| ()).unwrap();
    assert_eq!(listed(read.deviations()), ["discovery_elsewhere", "http_issuer"]);
    let by_hand = AuthorizationServer::new(
        lenient.issuer(inside).unwrap(),
        lenient.endpoint("http://keycloak:8080/authorize").unwrap(),
        lenient.endpoint(inside_token).unwrap(),
    );
    assert_eq!(listed(by_hand.deviations()), ["http_issuer"]);
}

#[test]
fn pkce_not_announced_is_a_named_policy() {
    let silent =
        |document: &mut Value| drop(document.as_object_mut().unwrap().remove("code_challenge_methods_supported"));
    let lenient = Compat::strict().with_pkce_not_announced();
    let off = read(ENTRA, Compat::strict(), silent).unwrap();
    assert_eq!(begin(&off).unwrap_err(), AuthorizationRequestError::PkceNotAnnounced);
    assert!(off.deviations().is_empty());
    let on = read(ENTRA, lenient.clone(), silent).unwrap();
    assert!(begin(&on).unwrap().contains("&code_challenge_method=S256"));
    assert_eq!(listed(on.deviations()), ["pkce_not_announced"]);
    let not_needed = read(ENTRA, lenient.clone(), |_| ()).unwrap();
    assert!(begin(&not_needed).is_ok() && not_needed.deviations().is_empty());
    // Methods without S256 are another thing than silence.
    let plain =
        read(ENTRA, lenient, |document| document["code_challenge_methods_supported"] = json!(["plain"])).unwrap();
    assert_eq!(begin(&plain).unwrap_err(), AuthorizationRequestError::S256NotSupported);
}

#[test]
fn resource_not_sent_keeps_it_out_of_the_url() {
    let off = read(ENTRA, Compat::strict(), |_| ()).unwrap();
    assert!(begin(&off).unwrap().contains("&resource=https%3A%2F%2Fapi.example%2F"));
    let on = off.with_compat(Compat::strict().with_resource_not_sent());
    assert!(!begin(&on).unwrap().contains("resource"));
}

#[test]
fn issuer_template_is_taken_from_metadata_that_name_it() {
    let template =
        |document: &mut Value| document["issuer"] = json!("https://login.microsoftonline.com/{tenantid}/v2.0");
    let lenient = || Compat::strict().with_tenancy(Tenancy::one(TENANT));
    for asked in [ENTRA, "https://login.microsoftonline.com/organizations/v2.0"] {
        assert_eq!(read(asked, Compat::strict(), template).unwrap_err().code(), "discovery_issuer_mismatch");
        let on = read(asked, lenient(), template).unwrap();
        assert_eq!(listed(on.deviations()), ["issuer_template"]);
        assert_eq!(on.issuer().as_str(), asked);
        assert_eq!(on.issuer_template().as_deref(), Some("https://login.microsoftonline.com/{tenantid}/v2.0"));
    }
    // The issuer of one tenant is compared byte for byte, with the same leniency.
    let own = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    let not_needed = read(&own, lenient(), |_| ()).unwrap();
    assert_eq!((not_needed.deviations(), not_needed.issuer_template()), (Deviations::NONE, None));
    assert_eq!(read(&own, lenient(), template).unwrap_err().code(), "discovery_issuer_mismatch");
}

#[test]
fn issuer_template_is_the_issuer_but_for_its_tenant() {
    let lenient = || Compat::strict().with_tenancy(Tenancy::AnyOrganisation);
    for announced in [
        "https://login.evil.example/{tenantid}/v2.0",
        "https://login.microsoftonline.com/{tenantid}/v1.0",
        "https://login.microsoftonline.com/{tenantid}/v2.0/",
        "https://login.microsoftonline.com/{tenant}/v2.0",
        "https://login.microsoftonline.com/common/{tenantid}",
        "https://{tenantid}/common/v2.0",
        "{tenantid}",
        "https://login.microsoftonline.com/organizations/v2.0",
    ] {
        let found = read(ENTRA, lenient(), |document| document["issuer"] = json!(announced));
        assert_eq!(found.unwrap_err().code(), "discovery_issuer_mismatch", "{announced}");
    }
    // The host's name is not its place, and it has one place.
    let template = |asked: &str| read(asked, lenient(), |_| ()).unwrap().issuer_template();
    assert_eq!(template("https://common/v2.0"), None);
    assert_eq!(template("https://common/common/common").as_deref(), Some("https://common/{tenantid}/common"));
    assert_eq!(template("https://as.example/commons/"), None);
}

#[test]
fn discovery_elsewhere_still_expects_the_issuer() {
    let issuer = "https://keycloak.example/realms/r";
    let elsewhere = Endpoint::new("http://127.0.0.1:8080/realms/r/.well-known/openid-configuration").unwrap();
    let lenient = Compat::keycloak().with_metadata_at(elsewhere.clone());
    let asked = Issuer::new(issuer).unwrap();
    let address = |compat: &Compat| {
        let request = DiscoveryRequest::new(asked.clone()).path(DiscoveryPath::OpenIdConnect).compat(compat.clone());
        request.build().unwrap().0.uri().to_string()
    };
    assert_eq!(address(&lenient), elsewhere.as_str());
    assert_eq!(address(&Compat::strict()), format!("{issuer}/.well-known/openid-configuration"));

    assert_eq!(listed(read(issuer, lenient.clone(), |_| ()).unwrap().deviations()), ["discovery_elsewhere"]);
    let inside = |document: &mut Value| document["issuer"] = json!("http://127.0.0.1:8080/realms/r");
    for compat in [lenient, Compat::strict()] {
        assert_eq!(read(issuer, compat, inside).unwrap_err().code(), "discovery_issuer_mismatch");
    }
    for own in [
        "https://keycloak.example/realms/r/.well-known/openid-configuration",
        "https://keycloak.example/.well-known/oauth-authorization-server/realms/r",
    ] {
        let not_needed = Compat::strict().with_metadata_at(Endpoint::new(own).unwrap());
        assert!(read(issuer, not_needed, |_| ()).unwrap().deviations().is_empty());
    }
}

/// B3: no challenge is sent, and no verifier is kept that could be.
#[test]
fn pkce_refused_sends_no_challenge() {
    let silent =
        |document: &mut Value| drop(document.as_object_mut().unwrap().remove("code_challenge_methods_supported"));
    let lenient = Compat::strict().with_pkce_refused();
    let begin = |server: &AuthorizationServer| {
        let redirect_uri = RedirectUri::new("https://app.example/callback").unwrap();
        let request = AuthorizationRequest::new(server, ClientId::new("client-id").unwrap(), redirect_uri);
        let (url, pending) = request.begin(&[7; 96], SystemTime::UNIX_EPOCH).unwrap();
        let pending = Pending::from_json(&pending.to_json()).unwrap();
        let callback = format!("code=c&state={}", pending.state().expose());
        let grant = pending.receive(&callback, SystemTime::UNIX_EPOCH).unwrap();
        (url.contains("code_challenge"), grant.verifier().is_some())
    };
    let needed = read(ENTRA, lenient.clone(), silent).unwrap();
    assert_eq!(begin(&needed), (false, false));
    assert_eq!(listed(needed.deviations()), ["pkce_refused"]);
    // Whatever else is tolerated.
    let both = read(ENTRA, lenient.clone().with_pkce_not_announced(), silent).unwrap();
    assert_eq!((begin(&both), listed(both.deviations())), ((false, false), vec!["pkce_refused"]));
    // A server that announces S256 gets it.
    let not_needed = read(ENTRA, lenient.clone(), |_| ()).unwrap();
    assert_eq!((begin(&not_needed), listed(not_needed.deviations())), ((true, true), vec![]));
    // By hand.
    let endpoint = |path: &str| Endpoint::new(format!("https://as.example/{path}")).unwrap();
    let issuer = Issuer::new("https://as.example").unwrap();
    let by_hand = AuthorizationServer::new(issuer, endpoint("authorize"), endpoint("token"));
    assert_eq!(begin(&by_hand), (true, true));
    assert_eq!(begin(&by_hand.with_compat(lenient.clone())), (false, false));
    // Methods without S256, and a caller who asks for more.
    let plain = |document: &mut Value| document["code_challenge_methods_supported"] = json!(["plain"]);
    let redirect_uri = || RedirectUri::new("https://app.example/callback").unwrap();
    let request = |server| AuthorizationRequest::new(server, ClientId::new("client-id").unwrap(), redirect_uri());
    let plain = read(ENTRA, lenient, plain).unwrap();
    let error = request(&plain).begin(&[7; 96], SystemTime::UNIX_EPOCH).unwrap_err();
    assert_eq!(error, AuthorizationRequestError::S256NotSupported);
    let error = request(&needed).require_announced_pkce().begin(&[7; 96], SystemTime::UNIX_EPOCH).unwrap_err();
    assert_eq!(error, AuthorizationRequestError::PkceNotAnnounced);
}
