//! Access tokens as providers issue them: each refused by RFC 9068, and accepted with its profile.

use proofkey_jwt::{AccessTokenCompat, Algorithm, ClientClaim, JwtAccessToken, JwtAccessTokenError, Required};
use serde_json::{Value, json};

use crate::access_token::{API, access, header, receive_at, server};
use crate::support::*;

fn dates(claims: Value) -> Value {
    with(with(claims, "exp", json!(NOW + 3600)), "iat", json!(NOW - 10))
}

/// A token with the `typ`, received with the profile.
fn received(
    typ: Option<&str>,
    claims: &Value,
    compat: AccessTokenCompat,
    required: &Required,
) -> Result<JwtAccessToken, JwtAccessTokenError> {
    let header = typ.map_or_else(|| crate::support::header().to_string(), header);
    let token = token_of(&header, claims.to_string().as_bytes(), &ED, Algorithm::EdDsa);
    receive_at(&token, &server().compat(compat), required, at(NOW))
}

fn deviations(token: &JwtAccessToken) -> Vec<(&'static str, &'static str)> {
    token.deviations().map(|check| (check.rule.id(), check.outcome.name())).collect()
}

struct Provider {
    compat: AccessTokenCompat,
    typ: Option<&'static str>,
    /// The claims of its documentation.
    access: Value,
    /// Those of its ID token.
    id: Value,
    deviations: &'static [(&'static str, &'static str)],
}

fn providers() -> Vec<Provider> {
    let auth0 = Provider {
        compat: AccessTokenCompat::auth0(),
        typ: Some("JWT"),
        access: dates(json!({
            "iss": ISSUER, "sub": "auth0|123456", "aud": [API, "https://as.example/userinfo"], "azp": CLIENT,
            "scope": "openid read write",
        })),
        id: dates(json!({"iss": ISSUER, "sub": "auth0|123456", "aud": API, "nonce": "n", "sid": "s"})),
        deviations: &[("typ", "generic_type"), ("client_id", "client_id_elsewhere"), ("jti", "token_id_missing")],
    };
    let entra = Provider {
        compat: AccessTokenCompat::entra(),
        typ: Some("JWT"),
        access: dates(json!({
            "iss": ISSUER, "sub": "AAAA", "aud": API, "azp": CLIENT, "azpacr": "1", "scp": "read write", "oid": "o",
            "tid": "t", "uti": "u", "ver": "2.0", "nbf": NOW - 10,
        })),
        id: dates(json!({
            "iss": ISSUER, "sub": "AAAA", "aud": API, "tid": "t", "uti": "u", "ver": "2.0", "roles": ["read"],
        })),
        deviations: &[
            ("typ", "generic_type"),
            ("client_id", "client_id_elsewhere"),
            ("jti", "token_id_missing"),
            ("scope", "scope_elsewhere"),
        ],
    };
    let okta = Provider {
        compat: AccessTokenCompat::okta(),
        typ: None,
        access: dates(json!({
            "iss": ISSUER, "sub": "u@example.com", "aud": API, "cid": CLIENT, "uid": "u", "jti": "AT.1", "ver": 1,
            "scp": ["read", "write"],
        })),
        id: dates(json!({"iss": ISSUER, "sub": "u", "aud": API, "jti": "ID.1", "ver": 1, "idp": "i", "at_hash": "AA"})),
        deviations: &[("typ", "generic_type"), ("client_id", "client_id_elsewhere"), ("scope", "scope_elsewhere")],
    };
    let keycloak = Provider {
        compat: AccessTokenCompat::keycloak(),
        typ: Some("JWT"),
        access: dates(json!({
            "iss": ISSUER, "sub": "u", "aud": API, "azp": CLIENT, "jti": "j", "typ": "Bearer", "sid": "s",
            "scope": "read write", "realm_access": {"roles": ["user"]},
        })),
        id: dates(json!({
            "iss": ISSUER, "sub": "u", "aud": API, "azp": API, "jti": "j", "typ": "ID", "sid": "s", "acr": "1",
        })),
        deviations: &[("typ", "generic_type"), ("client_id", "client_id_elsewhere")],
    };
    let cognito = Provider {
        compat: AccessTokenCompat::cognito(["other-client", CLIENT]),
        typ: None,
        access: dates(json!({
            "iss": ISSUER, "sub": "u", "client_id": CLIENT, "token_use": "access", "scope": "read write",
            "auth_time": NOW - 10, "jti": "j", "username": "u", "origin_jti": "o",
        })),
        id: dates(json!({
            "iss": ISSUER, "sub": "u", "aud": API, "token_use": "id", "auth_time": NOW - 10, "jti": "j",
        })),
        deviations: &[("typ", "generic_type"), ("aud", "audience_by_client")],
    };
    vec![auth0, entra, okta, keycloak, cognito]
}

#[test]
fn each_provider_is_refused_by_the_strict_rules_and_accepted_with_its_profile() {
    let required = Required::new().scope("read write");
    for Provider { compat, typ, access, deviations: expected, .. } in providers() {
        let strict = received(typ, &access, AccessTokenCompat::strict(), &required).unwrap_err();
        assert_eq!(strict.code(), "access_token_typ_mismatch", "{compat:?}");
        let token = received(typ, &access, compat.clone(), &required).unwrap();
        assert_eq!(deviations(&token), expected, "{compat:?}");
        assert_eq!(token.client_id(), CLIENT, "{compat:?}");
        assert!(token.has_scope("read") && token.has_scope("write") && !token.has_scope("admin"), "{compat:?}");
        let insufficient = received(typ, &access, compat.clone(), &Required::new().scope("admin")).unwrap_err();
        assert_eq!(insufficient.code(), "access_token_scope_insufficient", "{compat:?}");
        // A profile tolerates, and demands nothing: a token by RFC 9068 is accepted without a deviation.
        let by_the_rfc = received(Some("at+jwt"), &crate::access_token::access(), compat, &required).unwrap();
        assert_eq!(by_the_rfc.deviations().count(), 0);
    }
}

#[test]
fn at_03_no_id_token_passes_with_any_profile() {
    for Provider { compat, typ, id, .. } in providers() {
        let refused = received(typ, &id, compat.clone(), &Required::new()).unwrap_err();
        let code = refused.code();
        let by_kind = ["_forbidden", "kind_mismatch", "token_use_mismatch", "access_token_typ_mismatch"];
        assert!(by_kind.iter().any(|end| code.ends_with(end)), "{compat:?}: {code}");
        // Nor the one of our own tests, whose audience is the API.
        let own = with(claims(), "aud", json!(API));
        let refused = received(typ, &own, compat, &Required::new()).unwrap_err();
        assert_eq!(refused.code(), "access_token_nonce_forbidden");
    }
}

#[test]
fn without_one_leniency_each_token_is_refused() {
    let all = || {
        let compat = AccessTokenCompat::strict().with_generic_type().with_scope_in_scp().with_token_id_missing();
        compat.with_client_id_in(ClientClaim::Azp).with_audience_missing([CLIENT])
    };
    let required = Required::new().scope("read");
    let code = |typ, claims: &Value, compat: AccessTokenCompat| {
        received(typ, claims, all(), &required).unwrap();
        received(typ, claims, compat, &required).unwrap_err().code()
    };
    let strict = AccessTokenCompat::strict;
    let honest = Some("at+jwt");
    assert_eq!(code(Some("JWT"), &access(), strict()), "access_token_typ_mismatch");
    let in_azp = with(with(access(), "client_id", None), "azp", json!(CLIENT));
    assert_eq!(code(honest, &in_azp, strict()), "access_token_client_id_missing");
    let only_cid = strict().with_client_id_in(ClientClaim::Cid);
    assert_eq!(code(honest, &in_azp, only_cid), "access_token_client_id_missing");
    let in_scp = with(with(access(), "scope", None), "scp", json!("read"));
    assert_eq!(code(honest, &in_scp, strict()), "access_token_scope_insufficient");
    assert_eq!(code(honest, &with(access(), "jti", None), strict()), "access_token_jti_missing");
    let without_aud = with(with(access(), "aud", None), "token_use", json!("access"));
    assert_eq!(code(honest, &without_aud, strict()), "access_token_aud_missing");
}

#[test]
fn what_is_tolerated_is_still_compared() {
    let all = || {
        let compat = AccessTokenCompat::strict().with_generic_type().with_scope_in_scp().with_token_id_missing();
        compat.with_client_id_in(ClientClaim::Azp).with_audience_missing([CLIENT])
    };
    let code = |claims: &Value| received(Some("JWT"), claims, all(), &Required::new()).unwrap_err().code();
    received(Some("JWT"), &access(), all(), &Required::new()).unwrap();
    assert_eq!(code(&with(access(), "jti", json!(7))), "access_token_jti_wrong_type");
    assert_eq!(code(&with(access(), "aud", json!("other"))), "access_token_aud_mismatch");
    let without_aud = with(access(), "aud", None);
    assert_eq!(code(&without_aud), "access_token_token_use_missing");
    let used = with(without_aud, "token_use", json!("access"));
    received(Some("JWT"), &used, all(), &Required::new()).unwrap();
    assert_eq!(code(&with(used, "client_id", json!("another"))), "access_token_client_id_mismatch");
    let unnamed = with(access(), "client_id", None);
    for azp in [json!(7), json!(""), json!(null)] {
        assert_eq!(code(&with(unnamed.clone(), "azp", azp)), "access_token_client_id_missing");
    }
    let scp = |scp: Value| with(with(access(), "scope", None), "scp", scp);
    for wrong in [json!(7), json!({}), json!(["read", 7])] {
        assert_eq!(code(&scp(wrong)), "access_token_scope_wrong_type");
    }
    // Nothing that only an access token has.
    let bare = with(with(access(), "scope", None), "client_id", None);
    assert_eq!(code(&with(bare, "azp", json!(CLIENT))), "access_token_typ_mismatch");
    // Another kind by its typ.
    for typ in ["logout+jwt", "dpop+jwt", "secevent+jwt", "id_token+jwt"] {
        let refused = received(Some(typ), &access(), all(), &Required::new()).unwrap_err();
        assert_eq!(refused.code(), "access_token_typ_mismatch");
    }
}
