//! Asking for claims, row by row.

use http::Response;
use proofkey_authorize::{Deviation, Deviations};
use proofkey_token::{AccessToken, UserInfo, UserInfoError, UserInfoRequest, UserInfoResponse};

use crate::flow::*;

fn started() -> UserInfo {
    UserInfoRequest::new(&AccessToken::new("opaque").unwrap(), "248289761001", &server()).build().unwrap().1
}

fn failure(response: Response<Vec<u8>>) -> UserInfoError {
    started().receive(&response).unwrap_err()
}

#[test]
fn at_05_at_06_at_07_the_token_goes_into_the_header_and_nowhere_else() {
    let (request, _) = UserInfoRequest::new(&AccessToken::new("a.b~c==").unwrap(), "sub", &server()).build().unwrap();
    assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("GET", "https://as.example/userinfo"));
    let header = &request.headers()["authorization"];
    assert_eq!(header, "Bearer a.b~c==");
    assert!(header.is_sensitive());
    assert_eq!(request.headers()["accept"], "application/json");
    assert!(request.body().is_empty());
}

#[test]
fn b10_the_signed_form_is_asked_for_where_it_can_be_validated() {
    let (access_token, server) = (AccessToken::new("opaque").unwrap(), server());
    let request = UserInfoRequest::new(&access_token, "sub", &server).accept_signed();
    assert_eq!(request.build().unwrap().0.headers()["accept"], "application/json, application/jwt");
}

#[test]
fn id_33_claims_about_the_same_subject_are_given_out() {
    let claims = started()
        .receive(&json(
            200,
            r#"{"sub":"248289761001","email":"a@example.com","email_verified":true,"updated_at":null}"#,
        ))
        .unwrap()
        .into_claims()
        .unwrap();
    assert_eq!(claims.get("email").unwrap(), "a@example.com");
    assert_eq!((claims.subject(), &claims.as_map()["sub"]), ("248289761001", &"248289761001".into()));
    assert!(claims.get("updated_at").is_none() && claims.get("name").is_none());
    assert!(!format!("{claims:?}").contains("a@example"), "{claims:?}");
}

#[test]
fn b14_claims_deserialize_into_a_type_of_the_caller() {
    let body = r#"{"sub":"248289761001","email":"a@example.com","email_verified":true,"name":null}"#;
    let claims = started().receive(&json(200, body)).unwrap().into_claims().unwrap();
    let map: std::collections::BTreeMap<String, serde_json::Value> = claims.deserialize().unwrap();
    assert_eq!(map["email"], "a@example.com");
    let error = claims.deserialize::<std::collections::BTreeMap<String, bool>>().unwrap_err();
    assert_eq!(error.code(), "token_claims_type");
    assert!(error.to_string().contains("expected a boolean"), "{error}");
}

#[test]
fn b10_a_signed_response_is_handed_out_as_text() {
    for (media_type, body) in
        [("application/jwt", "e30.e30.c2ln"), ("Application/JWT; charset=utf-8", "e30.e30.c2ln\n")]
    {
        let UserInfoResponse::Signed(signed) = started().receive(&typed(200, media_type, body)).unwrap() else {
            panic!("claims of an unsigned response")
        };
        assert_eq!((signed.as_str(), signed.expected_subject()), ("e30.e30.c2ln", "248289761001"));
        assert!(!format!("{signed:?}").contains("e30"));
    }
    for (body, code) in [("", "token_empty"), ("a b", "token_bad_character"), ("a\u{e9}", "token_bad_character")] {
        assert_eq!(failure(typed(200, "application/jwt", body)).code(), code, "{body}");
    }
    assert_eq!(failure(typed(201, "application/jwt", "e30.e30.c2ln")).code(), "token_unexpected_status");
}

#[test]
fn b10_validated_claims_of_the_signed_form_are_of_the_same_type() {
    let take = |claims: serde_json::Value| {
        let UserInfoResponse::Signed(signed) =
            started().receive(&typed(200, "application/jwt", "e30.e30.c2ln")).unwrap()
        else {
            panic!("claims of an unsigned response")
        };
        signed.into_claims(serde_json::from_value(claims).unwrap(), Deviations::NONE.with(Deviation::IssuerAlias))
    };
    let claims = take(serde_json::json!({"sub": "248289761001", "email": "a@example.com"})).unwrap();
    assert_eq!((claims.subject(), claims.get("email").unwrap().as_str()), ("248289761001", Some("a@example.com")));
    assert!(claims.deviations().contains(Deviation::IssuerAlias));
    for other in [serde_json::json!({"sub": "other"}), serde_json::json!({"sub": 17}), serde_json::json!({})] {
        assert_eq!(take(other).unwrap_err().code(), "token_subject_mismatch");
    }
}

#[test]
fn id_33_claims_about_another_subject_are_discarded() {
    for sub in ["248289761002", "24828976100", "2482897610011", "248289761001 ", ""] {
        let error = failure(json(200, &format!(r#"{{"sub":"{sub}","email":"a@example.com"}}"#)));
        assert_eq!(error.code(), "token_subject_mismatch", "{sub}");
        assert!(!texts(&error).contains("a@example.com"));
    }
    for (body, code) in [
        (r#"{"email":"a@example.com"}"#, "token_member_missing"),
        (r#"{"sub":null}"#, "token_member_missing"),
        (r#"{"sub":248289761001}"#, "token_member_type"),
        (r#"{"sub":["248289761001"]}"#, "token_member_type"),
        (r#"{"sub":"248289761001","sub":"other"}"#, "token_member_duplicate"),
        (r#"{"sub":"other","sub":"248289761001"}"#, "token_member_duplicate"),
    ] {
        assert_eq!(failure(json(200, body)).code(), code, "{body}");
    }
}

#[test]
fn at_09_a_challenge_is_surfaced_with_its_code() {
    for (status, challenge, error) in [
        (401, r#"Bearer realm="as", error="invalid_token", error_description="expired""#, "invalid_token"),
        (403, r#"bearer error=insufficient_scope, scope="openid""#, "insufficient_scope"),
        (400, r#"Bearer error="invalid_request""#, "invalid_request"),
    ] {
        let mut response = typed(status, "text/html", "<p>");
        response.headers_mut().insert("www-authenticate", challenge.parse().unwrap());
        let failure = failure(response);
        let refusal = failure.error_response().unwrap();
        assert_eq!((refusal.status(), refusal.error()), (status, error));
        assert!(!failure.is_retryable());
    }
}

#[test]
fn a_challenge_is_found_behind_others() {
    let mut response = typed(401, "text/html", "");
    for challenge in [r#"DPoP error="use_dpop_nonce""#, "Bearer", r#"Bearer error="invalid_token""#] {
        response.headers_mut().append("www-authenticate", challenge.parse().unwrap());
    }
    assert_eq!(failure(response).error_response().unwrap().error(), "invalid_token");
}

#[test]
fn a_challenge_without_an_error_or_with_a_success_says_nothing() {
    for (status, challenge, code) in [
        (401, "Bearer", "token_unexpected_status"),
        (401, r#"Bearer realm="as""#, "token_unexpected_status"),
        (401, r#"Basic error="invalid_token""#, "token_unexpected_status"),
        (500, r#"Bearer error="invalid_token""#, "token_unexpected_status"),
    ] {
        let mut response = typed(status, "text/html", "<p>");
        response.headers_mut().insert("www-authenticate", challenge.parse().unwrap());
        assert_eq!(failure(response).code(), code, "{challenge}");
    }
    let mut response = json(200, r#"{"sub":"248289761001"}"#);
    response.headers_mut().insert("www-authenticate", r#"Bearer error="invalid_token""#.parse().unwrap());
    started().receive(&response).unwrap();
}

#[test]
fn the_response_is_read_by_the_same_rules() {
    for (response, code) in [
        (json(401, r#"{"error":"invalid_token"}"#), "token_refused"),
        (typed(200, "text/html", "<p>"), "token_content_type"),
        (json(200, ""), "token_empty"),
        (json(200, "[]"), "token_not_an_object"),
        (json(200, r#"{"sub":"248289761001","error":"invalid_token"}"#), "token_error_with_success"),
        (json(302, ""), "token_redirected"),
        (json(503, ""), "token_unexpected_status"),
    ] {
        assert_eq!(failure(response).code(), code);
    }
}

#[test]
fn without_an_endpoint_there_is_no_request() {
    let error = UserInfoRequest::new(&AccessToken::new("a").unwrap(), "sub", &bare_server()).build().unwrap_err();
    assert_eq!(error.code(), "token_request_no_endpoint");
    assert!(error.to_string().contains("userinfo_endpoint"));
}

#[test]
fn rfc_9449_7_1_a_dpop_challenge_is_surfaced_with_its_code() {
    let mut response = typed(401, "text/html", "");
    let challenge = r#"DPoP error="invalid_token", error_description="expired", algs="ES256""#;
    response.headers_mut().append("www-authenticate", challenge.parse().unwrap());
    assert_eq!(failure(response).error_response().unwrap().error(), "invalid_token");
}
