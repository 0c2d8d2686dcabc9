//! Who is spoken to: certificates, and http where https is due. RFC 6749 section 10.9, RFC 6750 section 5.2, RFC 8414
//! section 2.

use proofkey_authority::lie::JsonEdit;
use proofkey_authority::{Certificate, Endpoint, Lie, Setup};

use super::refuse;
use crate::case::{Case, Expect, Profile, Step};
use crate::transcript::Transcript;

const TLS: &[&str] = &["tls"];
const UNFIT: &[&str] = &["discovery", "tls", "config"];
const ANY: &[&str] = &["tls-unchecked"];
const HOST: &[&str] = &["tls-unchecked", "tls-hostname-ignored"];

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let https = |lie| Setup { https: true, lie: Some(lie), ..Setup::witness() };
    let shown = |at, certificate| https(Lie::Certificate { at, shown: certificate });
    let server = |id, about, mutants, certificate| {
        Case::new(id, &["OA-46"], "discovery", about, refuse(TLS), mutants).discovery()
            .config("allow_http_loopback", false).setup(shown(Endpoint::Metadata, certificate)).and(untouched)
    };
    let token = |id, about, mutants, certificate| {
        Case::new(id, &["OA-46"], "token", about, refuse(TLS), mutants).profile(Profile::Basic).discovery()
            .config("allow_http_loopback", false).setup(shown(Endpoint::Token, certificate))
    };
    let unfit = |id, about, member, address: &str| {
        let lie = Lie::metadata([JsonEdit::set(member, address)]);
        Case::new(id, &["DI-09"], "discovery", about, refuse(UNFIT), &["discovery-http-ok"]).discovery()
            .config("allow_http_loopback", false).setup(https(lie)).and(untouched)
    };
    vec![
        server("OA-46/server-self-signed", "The server's certificate is self-signed: no request is sent.",
            ANY, Certificate::SelfSigned),
        server("OA-46/server-of-another-host", "The server's certificate is for another host.",
            HOST, Certificate::OtherHost),
        server("OA-46/server-expired", "The server's certificate has expired.", ANY, Certificate::Expired),
        server("OA-46/server-not-yet-valid", "The server's certificate is not valid yet.", ANY, Certificate::NotYetValid),
        token("OA-46/token-endpoint-self-signed",
            "The token endpoint's certificate is self-signed: code, verifier and secret are not sent.",
            ANY, Certificate::SelfSigned),
        token("OA-46/token-endpoint-of-another-host", "The token endpoint's certificate is for another host.",
            HOST, Certificate::OtherHost),
        token("OA-46/token-endpoint-expired", "The token endpoint's certificate has expired.", ANY, Certificate::Expired),
        Case::new("OA-46/plain-http", &["OA-46"], "discovery",
            "The issuer is http where https is required: no request is sent.",
            refuse(&["tls", "config", "discovery", "issuer"]), &["http-allowed"])
            .discovery().mistake("allow_http_loopback", false).and(untouched),
        Case::new("OA-46/https", &["OA-46"], "token", "A login over https, with a valid certificate.",
            Expect::Accept(|_| Ok(())), &["tls-refused"])
            .profile(Profile::OpenId).discovery().config("allow_http_loopback", false)
            .setup(Setup { https: true, ..Setup::witness() }),

        Case::new("AT-11/user-info-self-signed", &["AT-11", "OA-46"], "userinfo",
            "The userinfo endpoint's certificate is self-signed: the access token is not sent.",
            Expect::Refuse { classes: TLS, token_requests: 1, code: None }, ANY)
            .profile(Profile::OpenId).discovery().config("allow_http_loopback", false)
            .setup(shown(Endpoint::UserInfo, Certificate::SelfSigned))
            .then(Step::UserInfo("f1"))
            .and(|seen| match seen.wire.userinfo_requests().len() {
                0 => Ok(()),
                _ => Err("expected: the access token is not sent; seen: a request with it".into()),
            }),
        Case::new("OA-46/revocation-self-signed", &["OA-46", "RV-01"], "revoke",
            "The revocation endpoint's certificate is self-signed: neither token nor secret is sent.",
            Expect::Refuse { classes: TLS, token_requests: 1, code: None }, ANY)
            .profile(Profile::Basic).discovery().config("allow_http_loopback", false)
            .setup(shown(Endpoint::Revocation, Certificate::SelfSigned))
            .then(Step::Revoke("f1"))
            .and(|seen| match seen.wire.revocation_requests().len() {
                0 => Ok(()),
                _ => Err("expected: the token is not sent; seen: a request with it".into()),
            }),
        // A client may find that out when it comes to use the endpoint; one that did before has no login to ask about.
        Case::new("DI-09/user-info-by-http", &["DI-09", "AT-11"], "userinfo",
            "userinfo_endpoint is http where https is required: the access token is not sent.",
            Expect::Refuse { classes: &["discovery", "tls", "config", "state", "other"], token_requests: 1, code: None },
            &["userinfo-http-ok"])
            .profile(Profile::OpenId).discovery().config("allow_http_loopback", false)
            .setup(https(Lie::metadata([JsonEdit::set("userinfo_endpoint", "http://127.0.0.1:9/userinfo")])))
            .then(Step::UserInfo("f1")),
        Case::new("DI-09/keys-of-another-host", &["DI-09", "OA-46"], "id_token",
            "The certificate of the server with the keys is for another host.",
            Expect::Refuse { classes: &["tls", "key"], token_requests: 1, code: None }, HOST)
            .profile(Profile::OpenId).discovery().config("allow_http_loopback", false)
            .setup(shown(Endpoint::Jwks, Certificate::OtherHost)),
        unfit("DI-09/keys-by-http", "jwks_uri is http where https is required.", "jwks_uri",
            "http://127.0.0.1:9/jwks.json"),
        unfit("DI-09/token-endpoint-by-http", "token_endpoint is http where https is required.", "token_endpoint",
            "http://127.0.0.1:9/token"),
        unfit("DI-09/authorization-endpoint-by-http", "authorization_endpoint is http where https is required.",
            "authorization_endpoint", "http://127.0.0.1:9/authorize"),
    ]
}

/// No request got through but one for the metadata.
fn untouched(seen: &Transcript) -> Result<(), String> {
    let metadata = |exchange: &proofkey_authority::Exchange| {
        exchange.endpoint == Endpoint::Metadata && seen.wire.metadata_requests().len() == 1
    };
    let honest = seen.wire.metadata_requests().iter().all(|request| request.url.starts_with("https://"));
    match seen.wire.exchanges().iter().find(|exchange| !(metadata(exchange) && honest)) {
        Some(exchange) => Err(format!("expected: no request; seen: {} {}", exchange.method, exchange.path)),
        None => Ok(()),
    }
}
