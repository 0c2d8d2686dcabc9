//! Access tokens by RFC 9068 (AT-03, RS-01), and step-up by RFC 9470.

use std::time::{Duration, SystemTime};

use proofkey_jwt::{Algorithm, JwtAccessToken, JwtAccessTokenError, Outcome, Required, ResourceServer, Rule};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::*;

pub(crate) const API: &str = "https://api.example";

pub(crate) fn server() -> ResourceServer {
    ResourceServer::new(ISSUER, API).algorithms([Algorithm::EdDsa])
}

pub(crate) fn header(typ: &str) -> String {
    with(crate::support::header(), "typ", json!(typ)).to_string()
}

/// The claims that RFC 9068 section 2.2 requires, and a scope.
pub(crate) fn access() -> Value {
    json!({
        "iss": ISSUER, "aud": API, "sub": "user-17", "client_id": CLIENT, "jti": "id-1",
        "exp": NOW + 3600, "iat": NOW - 10, "scope": "read write",
    })
}

pub(crate) fn receive_at(
    token: &str,
    server: &ResourceServer,
    required: &Required,
    now: SystemTime,
) -> Result<JwtAccessToken, JwtAccessTokenError> {
    JwtAccessToken::validate(token, &set(&ED), server, required, now)
}

pub(crate) fn at_jwt(claims: &Value) -> String {
    token_of(&header("at+jwt"), claims.to_string().as_bytes(), &ED, Algorithm::EdDsa)
}

pub(crate) fn receive(claims: &Value, required: &Required) -> Result<JwtAccessToken, JwtAccessTokenError> {
    receive_at(&at_jwt(claims), &server(), required, at(NOW))
}

/// The code of the refusal, after the honest twin was accepted.
fn code(claims: &Value, required: &Required) -> &'static str {
    receive(&access(), &Required::new()).unwrap();
    receive(claims, required).unwrap_err().code()
}

#[test]
fn rs_01_the_honest_token_is_accepted_and_every_check_is_listed() {
    let honest = with(with(access(), "acr", json!("gold")), "auth_time", json!(NOW - 5));
    let required = Required::new().scope("read").scope("write").acr(["silver", "gold"]).max_age(Duration::ZERO);
    let token = receive(&honest, &required).unwrap();
    assert_eq!((token.issuer(), token.subject(), token.client_id()), (ISSUER, "user-17", CLIENT));
    assert_eq!((token.token_id(), token.algorithm()), (Some("id-1"), "EdDSA"));
    assert_eq!(token.audience().collect::<Vec<_>>(), [API]);
    assert_eq!(
        (token.expires_at().to_system_time(), token.issued_at().to_system_time()),
        (at(NOW + 3600), at(NOW - 10))
    );
    assert_eq!(token.scopes().collect::<Vec<_>>(), ["read", "write"]);
    assert!(token.has_scope("write") && !token.has_scope("writ") && !token.has_scope(""));
    assert_eq!((token.key_thumbprint(), token.certificate_thumbprint()), (None, None));
    assert_eq!(token.deviations().count(), 0);

    let rules: Vec<_> = token.checks().iter().map(|check| check.rule).collect();
    assert_eq!(rules, Rule::ACCESS_TOKEN, "each rule once, in order");
    assert!(Rule::ACCESS_TOKEN.iter().all(|rule| rule.section().contains(char::is_numeric)));
    let absent = |rule| rule == Rule::NotBefore || rule == Rule::Confirmation;
    for check in token.checks() {
        assert_eq!(check.outcome, if absent(check.rule) { Outcome::Absent } else { Outcome::Held }, "{check:?}");
    }
    let shown = format!("{token:?} {required:?}");
    assert!(
        shown.starts_with(r#"JwtAccessToken { issuer: "https://as.example", algorithm: "EdDSA", claims: Claims(10"#)
    );
    assert!(!shown.contains("user-17") && !shown.contains("id-1"), "{shown}");
}

#[test]
fn at_03_the_type_is_at_jwt_in_either_form() {
    let typed = |header: &Value| {
        let token = token_of(&header.to_string(), access().to_string().as_bytes(), &ED, Algorithm::EdDsa);
        receive_at(&token, &server(), &Required::new(), at(NOW)).map(|_| ()).map_err(|error| error.code())
    };
    let bare = crate::support::header();
    // RFC 7515 section 4.1.9: a media type in any case, with application/ or not (JW-36).
    for typ in ["at+jwt", "application/at+jwt", "AT+JWT", "Application/At+Jwt"] {
        assert_eq!(typed(&with(bare.clone(), "typ", json!(typ))), Ok(()), "{typ}");
    }
    for typ in
        ["JWT", "application/jwt", "at+jwt ", "at", "at+jwt; v=1", "text/at+jwt", "application/", "logout+jwt", ""]
    {
        assert_eq!(typed(&with(bare.clone(), "typ", json!(typ))), Err("access_token_typ_mismatch"), "{typ}");
    }
    assert_eq!(typed(&bare), Err("access_token_typ_mismatch"));
    assert_eq!(typed(&with(bare, "typ", json!(7))), Err("jwt_header_wrong_type"));
    let jwt = token_of(&header("JWT"), access().to_string().as_bytes(), &ED, Algorithm::EdDsa);
    let error = receive_at(&jwt, &server(), &Required::new(), at(NOW)).unwrap_err();
    assert!(error.to_string().starts_with("the header's typ is \"JWT\", and that of an access token"), "{error}");
    let error = receive_at(&token(&access()), &server(), &Required::new(), at(NOW)).unwrap_err();
    assert!(error.to_string().contains("the header has no typ, and that of an access token is \"at+jwt\""), "{error}");
}

#[test]
fn at_03_an_id_token_is_no_access_token_and_the_reverse() {
    let id_token = token(&claims());
    validate(&id_token, &expected()).unwrap();
    let own = ResourceServer::new(ISSUER, CLIENT).algorithms([Algorithm::EdDsa]);
    let refused = receive_at(&id_token, &own, &Required::new(), at(NOW)).unwrap_err();
    assert_eq!(refused.code(), "access_token_typ_mismatch");
    // The same with every claim of an access token in it.
    let both = with(with(claims(), "client_id", json!(CLIENT)), "jti", json!("id-1"));
    let refused = receive_at(&token(&both), &own, &Required::new(), at(NOW)).unwrap_err();
    assert_eq!(refused.code(), "access_token_typ_mismatch");
    receive_at(&at_jwt(&both), &own, &Required::new(), at(NOW)).unwrap();
    assert_eq!(validate(&at_jwt(&both), &expected()).unwrap_err().code(), "id_token_typ_mismatch");
}

#[test]
fn rs_01_the_audience_has_the_resource_and_may_have_others() {
    for aud in [json!([API]), json!(["https://other.example", API]), json!([API, API])] {
        receive(&with(access(), "aud", aud), &Required::new()).unwrap();
    }
    for aud in ["https://api.example/", "https://API.example", "https://api.example:443", "", CLIENT] {
        assert_eq!(code(&with(access(), "aud", json!(aud)), &Required::new()), "access_token_aud_mismatch", "{aud}");
        let listed = with(access(), "aud", json!([aud]));
        assert_eq!(code(&listed, &Required::new()), "access_token_aud_mismatch", "{aud}");
    }
    let error = receive(&with(access(), "aud", json!("api://1")), &Required::new()).unwrap_err();
    assert!(error.to_string().ends_with("(expected: https://api.example; received: \"api://1\")"), "{error}");
    // An API with two names.
    let named = server().audience("api://1");
    let token = at_jwt(&with(access(), "aud", json!("api://1")));
    receive_at(&token, &named, &Required::new(), at(NOW)).unwrap();
    let token = at_jwt(&with(access(), "aud", json!("api://2")));
    let error = receive_at(&token, &named, &Required::new(), at(NOW)).unwrap_err();
    assert!(error.to_string().contains("expected: \"https://api.example\", \"api://1\";"), "{error}");
}

#[test]
fn rs_01_the_clock_has_a_leeway() {
    let within = |name: &str, seconds: u64| receive(&with(access(), name, json!(seconds)), &Required::new());
    for (name, seconds) in [("exp", NOW - 59), ("nbf", NOW + 60), ("iat", NOW + 60), ("auth_time", NOW + 60)] {
        within(name, seconds).unwrap();
    }
    for (name, seconds) in [("exp", NOW - 60), ("nbf", NOW + 61), ("iat", NOW + 61), ("auth_time", NOW + 61)] {
        within(name, seconds).unwrap_err();
    }
    let strict = server().leeway(Duration::ZERO);
    let token = |exp: u64| at_jwt(&with(access(), "exp", json!(exp)));
    receive_at(&token(NOW + 1), &strict, &Required::new(), at(NOW)).unwrap();
    receive_at(&token(NOW), &strict, &Required::new(), at(NOW)).unwrap_err();
}

#[test]
fn rs_01_only_signatures_with_a_key_of_the_issuer() {
    let claims = access().to_string();
    let signed = |key, algorithm, header: &str| {
        receive_at(&token_of(header, claims.as_bytes(), key, algorithm), &server(), &Required::new(), at(NOW))
            .map(|_| ())
            .map_err(|error| error.code())
    };
    let honest = header("at+jwt");
    assert_eq!(signed(&ED, Algorithm::EdDsa, &honest), Ok(()));
    assert_eq!(signed(&OTHER_ED, Algorithm::EdDsa, &honest), Err("jws_bad_signature"));
    for (alg, code) in [
        ("none", "jwt_alg_none"),
        ("NoNe", "jwt_alg_none"),
        ("HS256", "jws_algorithm_not_accepted"),
        ("RS256", "jws_algorithm_not_accepted"),
        ("eddsa", "jwt_alg_unknown"),
        ("EdDSA ", "jwt_alg_unknown"),
    ] {
        assert_eq!(signed(&ED, Algorithm::EdDsa, &honest.replace("EdDSA", alg)), Err(code), "{alg}");
    }
    // RFC 9864 (JW-37).
    assert_eq!(signed(&ED, Algorithm::EdDsa, &honest.replace("EdDSA", "Ed25519")), Ok(()));
    let unknown = honest.replace("\"k\"", "\"other\"");
    let refused =
        receive_at(&token_of(&unknown, claims.as_bytes(), &ED, Algorithm::EdDsa), &server(), &Required::new(), at(NOW));
    assert!(refused.unwrap_err().is_key_not_found());
    let critical = with(serde_json::from_str(&honest).unwrap(), "crit", json!(["x"]));
    let critical = with(critical, "x", json!(1)).to_string();
    assert_eq!(signed(&ED, Algorithm::EdDsa, &critical), Err("jwt_crit_unsupported"));
    // The default is RS256 only.
    let refused = receive_at(&at_jwt(&access()), &ResourceServer::new(ISSUER, API), &Required::new(), at(NOW));
    assert_eq!(refused.unwrap_err().code(), "jws_algorithm_not_accepted");
}

#[test]
fn rs_01_the_scope_is_a_set() {
    let needing = |scope: &str, needed: &str| {
        receive(&with(access(), "scope", json!(scope)), &Required::new().scope(needed)).map(|_| ())
    };
    for (scope, needed) in [("read", "read"), ("write read", "read write"), ("a  read ", "read"), ("read read", "read")]
    {
        needing(scope, needed).unwrap();
    }
    for (scope, needed) in [
        ("", "read"),
        ("reads", "read"),
        ("READ", "read"),
        ("read:x", "read"),
        ("read", "read write"),
        ("a,read", "read"),
    ] {
        assert_eq!(needing(scope, needed).unwrap_err().code(), "access_token_scope_insufficient", "{scope}: {needed}");
    }
    assert_eq!(code(&with(access(), "scope", None), &Required::new().scope("read")), "access_token_scope_insufficient");
    let none = receive(&with(access(), "scope", None), &Required::new()).unwrap();
    assert_eq!(none.scopes().count(), 0);
    let quiet = receive(&access(), &Required::new()).unwrap();
    let scope = quiet.checks().iter().find(|check| check.rule == Rule::Scope).unwrap();
    assert_eq!(scope.outcome, Outcome::NotAsked);
    // `scp` counts only where that is tolerated.
    let elsewhere = with(with(access(), "scope", None), "scp", json!(["read"]));
    assert_eq!(code(&elsewhere, &Required::new().scope("read")), "access_token_scope_insufficient");
}

#[test]
fn rs_01_a_bound_token_is_no_bearer_token() {
    let der = b"the DER of a certificate";
    let thumbprint = encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der).as_ref());
    let bound = with(access(), "cnf", json!({"x5t#S256": thumbprint}));
    let with_certificate = Required::new().certificate(*der);
    let token = receive(&bound, &with_certificate).unwrap();
    assert_eq!(token.certificate_thumbprint(), Some(thumbprint.as_str()));
    receive_at(&at_jwt(&bound), &server().require_binding(), &with_certificate, at(NOW)).unwrap();
    assert!(!format!("{with_certificate:?}").contains("116, 104"), "the certificate is not shown");
    // An unneeded certificate is ignored.
    receive(&access(), &with_certificate).unwrap();

    assert_eq!(code(&bound, &Required::new()), "access_token_cnf_unconfirmed");
    assert_eq!(code(&bound, &Required::new().certificate(*b"another")), "access_token_cnf_mismatch");
    // Each member has to be confirmed, and one that is unknown cannot be.
    for cnf in [
        json!({"x5t#S256": thumbprint, "jkt": "AAAA"}),
        json!({"x5t#S256": thumbprint, "kid": "1"}),
        json!({"jkt": thumbprint}),
        json!({"kid": "1"}),
    ] {
        assert_eq!(code(&with(access(), "cnf", cnf), &with_certificate), "access_token_cnf_unconfirmed");
    }
    let other_type = json!({"x5t#S256": thumbprint, "jwk": {}});
    assert_eq!(code(&with(access(), "cnf", other_type), &with_certificate), "access_token_cnf_wrong_type");
}

#[test]
fn su_01_the_authentication_may_be_too_weak_or_too_old() {
    let strong = Required::new().acr(["urn:example:gold"]);
    receive(&with(access(), "acr", json!("urn:example:gold")), &strong).unwrap();
    assert_eq!(code(&with(access(), "acr", json!("urn:example:silver")), &strong), "access_token_acr_mismatch");
    assert_eq!(code(&access(), &strong), "access_token_acr_missing");
    let recent = Required::new().max_age(Duration::from_secs(300));
    receive(&with(access(), "auth_time", json!(NOW - 360)), &recent).unwrap();
    assert_eq!(code(&with(access(), "auth_time", json!(NOW - 361)), &recent), "access_token_auth_time_too_old");
    assert_eq!(code(&access(), &recent), "access_token_auth_time_missing");
}

#[test]
fn claims_of_the_issuer_are_read_as_a_type_of_the_callers() {
    #[derive(Deserialize, Debug, PartialEq)]
    struct Own {
        groups: Vec<String>,
        roles: Vec<String>,
        entitlements: Vec<String>,
    }
    let claims = with(with(access(), "groups", json!(["a"])), "roles", json!(["b", "c"]));
    let token = receive(&with(claims, "entitlements", json!([])), &Required::new()).unwrap();
    let own: Own = token.claims().deserialize().unwrap();
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(own, Own { groups: texts(&["a"]), roles: texts(&["b", "c"]), entitlements: Vec::new() });
}

#[test]
fn a_token_of_another_tenant_is_refused() {
    let template = "https://as.example/{tenantid}/v2.0";
    let server = || server().issuer_template(template, |tenant| tenant == "t-1");
    let of = |tenant: &str| {
        let claims = with(access(), "iss", json!(template.replace("{tenantid}", tenant)));
        at_jwt(&with(claims, "tid", json!(tenant)))
    };
    let token = receive_at(&of("t-1"), &server(), &Required::new(), at(NOW)).unwrap();
    assert_eq!(token.deviations().map(|check| check.outcome).collect::<Vec<_>>(), [Outcome::HeldByTemplate]);
    let refused = receive_at(&of("t-2"), &server(), &Required::new(), at(NOW)).unwrap_err();
    assert_eq!(refused.code(), "access_token_tid_mismatch");
    let alias = crate::access_token::server().issuer_alias("as.example");
    let aliased = at_jwt(&with(access(), "iss", json!("as.example")));
    let token = receive_at(&aliased, &alias, &Required::new(), at(NOW)).unwrap();
    assert_eq!(token.deviations().map(|check| check.outcome).collect::<Vec<_>>(), [Outcome::HeldByAlias]);
    assert_eq!(code(&with(access(), "iss", json!("as.example")), &Required::new()), "access_token_iss_mismatch");
}
