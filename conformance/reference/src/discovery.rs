//! Step 1: discovery. RFC 8414 section 3, OpenID Connect Discovery section 4.

use serde_json::{Map, Value};

use crate::base64url;
use crate::config::{Auth, Endpoints, ServerConfig};
use crate::context::Context;
use crate::defects::Defects;
use crate::endpoint;
use crate::failure::{Failure, refuse, stage::DISCOVERY};
use crate::http::{Answer, Request};
use crate::json::{Duplicates, parse, parse_once};

/// What the client knows about a server.
#[derive(Clone)]
pub(crate) struct Metadata {
    pub(crate) issuer: String,
    pub(crate) endpoints: Endpoints,
    /// Whether there was a document in which something could be announced.
    pub(crate) is_document: bool,
    /// `authorization_response_iss_parameter_supported`.
    pub(crate) announces_iss: bool,
    /// `code_challenge_methods_supported`; `None` when absent.
    pub(crate) challenge_methods: Option<Vec<String>>,
    /// How the client authenticates when it was not told.
    pub(crate) auth: Auth,
    /// `require_pushed_authorization_requests`.
    pub(crate) demands_push: bool,
    /// Whether the server says that it takes an assertion made with the secret.
    pub(crate) takes_assertions: bool,
    /// `token_endpoint_auth_signing_alg_values_supported`; `None` when absent.
    pub(crate) assertion_algs: Option<Vec<String>>,
}

/// The server's metadata: as configured, or fetched and checked.
pub(crate) async fn find(
    server: &ServerConfig,
    metadata_url: Option<&str>,
    openid: bool,
    cx: &Context<'_>,
) -> Result<Metadata, Failure> {
    if let Some(endpoints) = &server.endpoints {
        let metadata = Metadata {
            issuer: server.issuer.clone(),
            assertion_algs: None,
            endpoints: endpoints.clone(),
            is_document: false,
            announces_iss: false,
            challenge_methods: None,
            auth: Auth::Basic,
            takes_assertions: false,
            demands_push: false,
        };
        return check_endpoints(metadata, cx);
    }
    let own = address(&server.issuer, openid, cx.defects);
    let elsewhere = metadata_url.filter(|url| *url != own && !cx.defects.has("metadata-url-ignored"));
    if elsewhere.is_some() {
        cx.ways.note("discovery_elsewhere");
    }
    let mut request = Request::get(elsewhere.unwrap_or(&own));
    request.follow = Some("discovery-redirect-followed");
    request.uncapped = Some("discovery-body-uncapped");
    let answer = cx.http.send(request, DISCOVERY, "discovery").await?;
    let document = document(&answer, cx.defects)?;
    let template = cx.ways.template(&server.issuer, cx.defects);
    if template.is_some() && document.get("issuer").and_then(Value::as_str) == template.as_deref() {
        cx.ways.note("issuer_template");
    } else {
        check_issuer(&document, &server.issuer, cx.defects)?;
    }
    check_endpoints(read(document, &server.issuer, cx.defects)?, cx)
}

/// OpenID Connect puts the well-known segment behind the issuer's path, RFC 8414 before it.
fn address(issuer: &str, openid: bool, defects: &Defects) -> String {
    let trimmed = match issuer.strip_suffix('/') {
        Some(trimmed) if !defects.has("discovery-path-slash-doubled") => trimmed,
        _ => issuer,
    };
    let host_end = trimmed.find("://").map_or(0, |at| at + 3);
    let path = trimmed.get(host_end..).and_then(|rest| rest.find('/')).map_or(trimmed.len(), |at| host_end + at);
    let (host, path) = trimmed.split_at(path);
    let segment = if openid { "openid-configuration" } else { "oauth-authorization-server" };
    if path.is_empty() {
        return format!("{host}/.well-known/{segment}");
    }
    let before = if openid { defects.has("discovery-path-inserted") } else { !defects.has("discovery-path-appended") };
    if defects.has("discovery-path-root") {
        format!("{host}/.well-known/{segment}")
    } else if before {
        format!("{host}/.well-known/{segment}{path}")
    } else {
        format!("{host}{path}/.well-known/{segment}")
    }
}

/// 200, `application/json`, and an object in which no name stands twice.
fn document(answer: &Answer, defects: &Defects) -> Result<Map<String, Value>, Failure> {
    if answer.status != 200 && !defects.has("discovery-status-ignored") {
        return Err(refuse(DISCOVERY, "discovery", format!("the metadata came with status {}", answer.status)));
    }
    let page = answer.body.starts_with(b"<") && defects.has("discovery-page-crash");
    if !answer.is_json() && !page && !defects.has("discovery-type-ignored") {
        return Err(refuse(DISCOVERY, "discovery", "the metadata is not application/json"));
    }
    if answer.body.starts_with(b"<") && defects.has("discovery-page-crash") {
        return Err(Failure::Crashed);
    }
    match parse_once(&answer.body, "discovery-duplicates-ok", defects) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(Value::Array(array)) if defects.has("discovery-array-ok") => {
            Ok(array.into_iter().find_map(|element| element.as_object().cloned()).unwrap_or_default())
        }
        _ => Err(refuse(DISCOVERY, "discovery", "the metadata is no JSON object")),
    }
}

/// The document is about the issuer that was asked: the same string, octet by octet.
fn check_issuer(document: &Map<String, Value>, asked: &str, defects: &Defects) -> Result<(), Failure> {
    let Some(named) = document.get("issuer").and_then(Value::as_str) else {
        if defects.has("discovery-issuer-missing-ok") && !document.contains_key("issuer") {
            return Ok(());
        }
        return Err(refuse(DISCOVERY, "issuer", "the metadata names no issuer"));
    };
    let without_port = |issuer: &str| match issuer.split_once("://") {
        Some(("https", rest)) => rest.replacen(":443", "", 1),
        Some((_, rest)) => rest.replacen(":80/", "/", 1),
        None => issuer.to_owned(),
    };
    let without_scheme = |issuer: &str| issuer.split_once("://").map(|(_, rest)| rest.to_owned());
    if named == asked {
        return Ok(());
    }
    let repaired = defects.has("discovery-issuer-slash-ok")
        && named.trim_end_matches('/') == asked.trim_end_matches('/')
        || defects.has("discovery-issuer-case-ok") && named.eq_ignore_ascii_case(asked)
        || defects.has("discovery-issuer-port-ok") && without_port(named) == without_port(asked)
        || defects.has("discovery-issuer-scheme-ok") && without_scheme(named) == without_scheme(asked)
        || defects.has("discovery-issuer-prefix-ok") && (named.starts_with(asked) || asked.starts_with(named));
    if !repaired && !defects.has("discovery-issuer-ignored") {
        return Err(refuse(DISCOVERY, "issuer", "the metadata is that of another issuer"));
    }
    Ok(())
}

fn read(mut document: Map<String, Value>, issuer: &str, defects: &Defects) -> Result<Metadata, Failure> {
    let signed = document.get("signed_metadata").and_then(Value::as_str);
    if signed.is_some() && defects.has("discovery-signed-metadata-trusted") {
        let payload = signed.and_then(|jwt| jwt.split('.').nth(1)).and_then(base64url::decode);
        if let Some(Ok(Value::Object(claims))) = payload.map(|payload| parse(&payload, Duplicates::LastWins)) {
            document.extend(claims);
        }
    }
    let standard = |name: &str| {
        name.starts_with("op_")
            || name.ends_with("_supported")
            || name.ends_with("_endpoint")
            || name == "issuer"
            || name == "jwks_uri"
    };
    if !document.keys().all(|name| standard(name)) && defects.has("discovery-unknown-member-refused") {
        return Err(refuse(DISCOVERY, "discovery", "the metadata has an unknown member"));
    }
    let address = |name: &str| match document.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(address)) => Ok(Some(address.clone())),
        Some(_) => Err(refuse(DISCOVERY, "discovery", format!("{name} is not a string"))),
    };
    let list = |name: &str| match document.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(list)) if list.iter().all(Value::is_string) => {
            Ok(Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()))
        }
        Some(_) => Err(refuse(DISCOVERY, "discovery", format!("{name} is not a list of strings"))),
    };
    let due = |name: &str, guess: &str| match address(name)? {
        Some(address) => Ok(address),
        None if defects.has("discovery-endpoints-guessed") => Ok(format!("{}{guess}", issuer.trim_end_matches('/'))),
        None => Err(refuse(DISCOVERY, "discovery", format!("the metadata has no {name}"))),
    };
    let methods = list("token_endpoint_auth_methods_supported")?;
    let offers = |name: &str| methods.as_ref().is_some_and(|methods| methods.iter().any(|method| method == name));
    // RFC 8414 section 2: an absent list means client_secret_basic.
    let basic = offers("client_secret_basic") || (methods.is_none() && !defects.has("auth-method-absent-post"));
    Ok(Metadata {
        issuer: issuer.to_owned(),
        assertion_algs: list("token_endpoint_auth_signing_alg_values_supported")?,
        endpoints: Endpoints {
            authorization: due("authorization_endpoint", "/authorize")?,
            token: due("token_endpoint", "/oauth/token")?,
            jwks: address("jwks_uri")?,
            userinfo: address("userinfo_endpoint")?,
            revocation: address("revocation_endpoint")?,
            end_session: address("end_session_endpoint")?,
            par: address("pushed_authorization_request_endpoint")?,
            device: address("device_authorization_endpoint")?,
        },
        is_document: true,
        announces_iss: document.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
        challenge_methods: list("code_challenge_methods_supported")?,
        auth: if basic { Auth::Basic } else { Auth::Post },
        takes_assertions: offers("client_secret_jwt"),
        demands_push: document.get("require_pushed_authorization_requests") == Some(&Value::Bool(true)),
    })
}

/// Each endpoint is fit to be used.
fn check_endpoints(metadata: Metadata, cx: &Context<'_>) -> Result<Metadata, Failure> {
    let Endpoints { authorization, token, jwks, userinfo, revocation, end_session, par, device } = &metadata.endpoints;
    let optional = [jwks, revocation, end_session, par, device, userinfo].into_iter().flatten();
    for address in [authorization, token].into_iter().chain(optional) {
        let unfit = |reason: endpoint::Reason| refuse(DISCOVERY, "discovery", reason);
        let scheme = endpoint::check_scheme(address);
        // A javascript: or data: address has such characters as well: one switch is enough for it.
        let characters = if scheme.is_ok() { endpoint::check_characters(address) } else { Ok(()) };
        for (checked, switch) in [
            (scheme, "discovery-scheme-ok"),
            (endpoint::check_https(address, cx.allow_http_loopback), "discovery-http-ok"),
            (characters, "discovery-shell-ok"),
        ] {
            let is_forgiven =
                || cx.defects.has(switch) || Some(address) == userinfo.as_ref() && cx.defects.has("userinfo-http-ok");
            checked.or_else(|reason| if is_forgiven() { Ok(()) } else { Err(unfit(reason)) })?;
        }
    }
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_metadata_stands() {
        let none = Defects::none();
        let openid = |issuer| address(issuer, true, &none);
        let oauth = |issuer| address(issuer, false, &none);
        assert_eq!(openid("http://h:1"), "http://h:1/.well-known/openid-configuration");
        assert_eq!(openid("http://h:1/"), "http://h:1/.well-known/openid-configuration");
        assert_eq!(openid("http://h:1/a/"), "http://h:1/a/.well-known/openid-configuration");
        assert_eq!(oauth("http://h:1/"), "http://h:1/.well-known/oauth-authorization-server");
        assert_eq!(oauth("http://h:1/a"), "http://h:1/.well-known/oauth-authorization-server/a");
        assert_eq!(oauth("http://h:1/a/b/"), "http://h:1/.well-known/oauth-authorization-server/a/b");
    }

    #[test]
    fn what_is_another_issuer() {
        let check = |named: &str, asked: &str, switch: Option<&str>| {
            let document = serde_json::json!({"issuer": named});
            check_issuer(document.as_object().unwrap(), asked, &Defects::named(switch).unwrap()).is_ok()
        };
        assert!(check("https://a.example/", "https://a.example/", None));
        for (named, asked, switch) in [
            ("https://a.example:443/x", "https://a.example/x", "discovery-issuer-port-ok"),
            ("http://a.example/", "http://a.example:80/", "discovery-issuer-port-ok"),
            ("https://a.example/", "http://a.example/", "discovery-issuer-scheme-ok"),
            ("https://a.example", "https://a.example/", "discovery-issuer-slash-ok"),
            ("https://A.example/", "https://a.example/", "discovery-issuer-case-ok"),
            ("https://a.example/tenant", "https://a.example/", "discovery-issuer-prefix-ok"),
            ("https://b.example/", "https://a.example/", "discovery-issuer-ignored"),
        ] {
            assert!(!check(named, asked, None), "{named}");
            assert!(check(named, asked, Some(switch)), "{named} with {switch}");
        }
        assert!(!check("https://b.example/", "https://a.example/", Some("discovery-issuer-slash-ok")));
    }
}
