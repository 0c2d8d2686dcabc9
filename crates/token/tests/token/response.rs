//! What the exchange makes of each kind of response, row by row.

use std::time::{Duration, SystemTime};

use http::Response;
use proofkey_token::{ExchangeError, FailedCheck, MAX_LIFETIME, MalformedKind, ResponseErrorKind, TokenSet};

use crate::flow::*;

fn malformed(result: Result<TokenSet, ExchangeError>) -> (&'static str, MalformedKind, usize) {
    match result.unwrap_err() {
        ExchangeError::Response(error) => match error.kind() {
            ResponseErrorKind::Malformed(malformed) => (malformed.field(), malformed.kind(), malformed.length()),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn check(result: Result<TokenSet, ExchangeError>) -> FailedCheck {
    match result.unwrap_err() {
        ExchangeError::Response(error) => match error.kind() {
            ResponseErrorKind::Check(check) => check.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn oa_33_the_smallest_success_is_enough() {
    let tokens = receive(GOOD).unwrap();
    assert_eq!(tokens.access_token().unwrap().expose(), "opaque");
    assert!(tokens.refresh_token().is_none());
    assert!(tokens.id_token().is_none());
    assert!(tokens.further().is_empty());
}

#[test]
fn oa_33_only_status_200_is_a_success() {
    for status in [100, 201, 202, 203, 204, 206, 402, 403, 404, 418, 500] {
        let found = check(answered(&json(status, GOOD)));
        assert_eq!(found.code(), "token_unexpected_status", "{status}");
    }
}

#[test]
fn oa_33_only_json_by_its_name_is_read() {
    for good in ["application/json", "Application/JSON", "application/json;charset=UTF-8", "application/json ; a=b"] {
        assert!(answered(&typed(200, good, GOOD)).is_ok(), "{good}");
    }
    for bad in ["text/html", "text/plain", "application/jsonp", "text/json", "application/x-www-form-urlencoded", ""] {
        let found = check(answered(&typed(200, bad, GOOD)));
        let (expected, received) = ("application/json", Some(bad.to_owned()));
        assert_eq!(found, FailedCheck::ContentType { expected, received, length: GOOD.len() }, "{bad}");
    }
    let without = Response::new(GOOD.as_bytes().to_vec());
    assert_eq!(check(answered(&without)).code(), "token_content_type");
    let mut twice = json(200, GOOD);
    twice.headers_mut().append("content-type", "text/html".parse().unwrap());
    assert_eq!(check(answered(&twice)).code(), "token_content_type");
}

#[test]
fn oa_35_the_token_type_is_compared_without_case() {
    for name in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        assert!(receive(&with("token_type", &format!("\"{name}\""))).is_ok(), "{name}");
    }
}

#[test]
fn oa_36_an_unknown_or_missing_token_type_is_refused() {
    for name in ["mac", "DPoP", "Bearer ", "Bearerr", "N_A", ""] {
        let found = check(receive(&with("token_type", &format!("\"{name}\""))));
        assert_eq!(found, FailedCheck::TokenTypeUnknown { received: name.to_owned() }, "{name}");
    }
    assert_eq!(check(receive(r#"{"access_token":"a"}"#)), FailedCheck::TokenTypeMissing);
    assert_eq!(check(receive(&with("token_type", "null"))), FailedCheck::TokenTypeMissing);
    let (field, problem, _) = malformed(receive(&with("token_type", "[\"Bearer\"]")));
    assert_eq!((field, problem.code()), ("token_type", "token_member_type"));
}

#[test]
fn oa_37_unknown_members_are_ignored_and_kept() {
    let tokens = receive(
        r#"{"ext_expires_in":3599,"nested":{"a":[1,{"a":2,"a":3}]},"huge":1e999,"access_token":"opaque",
            "not-before-policy":0,"token_type":"Bearer"}"#,
    )
    .unwrap();
    let expected = serde_json::json!({"ext_expires_in": 3599, "nested": {"a": [1, {"a": 3}]}, "not-before-policy": 0});
    assert_eq!(serde_json::Value::Object(tokens.further().clone()), expected);
}

#[test]
fn oa_38_an_access_token_is_a_string_that_is_not_empty() {
    for (value, problem) in [
        ("\"\"", "token_empty"),
        ("null", "token_member_missing"),
        ("7", "token_member_type"),
        ("true", "token_member_type"),
        ("[\"a\"]", "token_member_type"),
        ("{\"a\":1}", "token_member_type"),
    ] {
        let (field, found, _) = malformed(receive(&with("access_token", value)));
        assert_eq!((field, found.code()), ("access_token", problem), "{value}");
    }
    let (field, problem, _) = malformed(receive(r#"{"token_type":"Bearer"}"#));
    assert_eq!((field, problem), ("access_token", MalformedKind::Missing));
}

#[test]
fn at_04_an_access_token_is_not_looked_into() {
    let long = "e".repeat(5000);
    for token in ["x", "eyJhbGciOiJub25lIn0.e30.", "a.b.c.d.e", "~", &long] {
        assert_eq!(
            receive(&with("access_token", &format!("\"{token}\""))).unwrap().access_token().unwrap().expose(),
            token
        );
    }
}

#[test]
fn f2_at_12_any_printable_character_may_be_in_an_access_token_and_no_other() {
    for token in ["00Dx0000000BV7z!AR8A", "a=b", "{x}|y", "a,b;c"] {
        assert_eq!(
            receive(&with("access_token", &format!("\"{token}\""))).unwrap().access_token().unwrap().expose(),
            token
        );
    }
    for (value, position, length) in [
        (r#""a\r\nX-Admin: 1""#, 1, 13),
        (r#""a b""#, 1, 3),
        (r#""ab\u0000""#, 2, 3),
        (r#""\u00e9""#, 0, 2),
        (r#""a\u007f""#, 1, 2),
    ] {
        let found = malformed(receive(&with("access_token", value)));
        assert_eq!(found, ("access_token", MalformedKind::BadCharacter { position }, length), "{value}");
    }
}

#[test]
fn oa_39_expires_in_absent_is_tolerated_and_a_number_is_seconds() {
    let tokens = receive(GOOD).unwrap();
    assert_eq!((tokens.expires_in(), tokens.expires_at(), tokens.received_at()), (None, None, now()));
    for seconds in [0, 1, 3600] {
        let tokens = receive(&with("expires_in", &seconds.to_string())).unwrap();
        assert_eq!(tokens.expires_in(), Some(Duration::from_secs(seconds)));
        assert_eq!(tokens.expires_at(), Some(now() + Duration::from_secs(seconds)));
    }
}

#[test]
fn oa_39_expires_in_of_another_form_is_refused_and_never_read_as_absent() {
    for value in ["-1", "-0", "3600.5", "3600.0", "3.6e3", "1e400", "\"3600\"", "true", "[3600]", "{}"] {
        let (field, problem, bytes) = malformed(receive(&with("expires_in", value)));
        assert_eq!((field, problem.code(), bytes), ("expires_in", "token_member_type", value.len()), "{value}");
    }
}

#[test]
fn oa_39_a_huge_expires_in_saturates_and_ends() {
    for value in ["315360001", "18446744073709551615", "18446744073709551616", &"9".repeat(400)] {
        let tokens = receive(&with("expires_in", value)).unwrap();
        assert_eq!(tokens.expires_in(), Some(MAX_LIFETIME), "{value}");
        assert_eq!(tokens.expires_at(), Some(now() + MAX_LIFETIME));
    }
    let response = json(200, &with("expires_in", "315360000"));
    assert_eq!(answered(&response).unwrap().expires_in(), Some(MAX_LIFETIME));
    // The last instant that this platform's clock can hold.
    let mut last = SystemTime::UNIX_EPOCH;
    for bit in (0..64).rev() {
        last = last.checked_add(Duration::from_secs(1 << bit)).unwrap_or(last);
    }
    assert_eq!(started().receive(&response, last).unwrap().expires_at(), Some(last));
}

#[test]
fn oa_15_the_scope_is_the_granted_one() {
    assert_eq!(receive(GOOD).unwrap().scope(), Some(&scope("openid profile")));
    assert_eq!(receive(&with("scope", "null")).unwrap().scope(), Some(&scope("openid profile")));
    assert_eq!(receive(&with("scope", "\"openid\"")).unwrap().scope(), Some(&scope("openid")));
    assert_eq!(receive(&with("scope", "\"openid more\"")).unwrap().scope(), Some(&scope("openid more")));
    assert_eq!(receive(&with("scope", "\"\"")).unwrap().scope(), None);
    for (value, problem) in [
        (r#""a\nb""#, "token_bad_character"),
        (r#""a\tb""#, "token_bad_character"),
        (r#"["a"]"#, "token_member_type"),
        (r#"7"#, "token_member_type"),
    ] {
        let (field, found, _) = malformed(receive(&with("scope", value)));
        assert_eq!((field, found.code()), ("scope", problem), "{value}");
    }
}

#[test]
fn f11_scope_tokens_are_separated_by_any_number_of_spaces() {
    for value in ["openid  profile", " openid profile", "openid profile  ", "openid   profile"] {
        assert_eq!(receive(&with("scope", &format!("\"{value}\""))).unwrap().scope(), Some(&scope("openid profile")));
    }
    assert_eq!(receive(&with("scope", "\"  \"")).unwrap().scope(), None);
}

#[test]
fn f6_a_granted_scope_has_no_limit_but_that_of_the_response() {
    let long = (0..400).map(|number| format!("scope{number}")).collect::<Vec<_>>().join(" ");
    assert!(long.len() > 2639);
    assert_eq!(receive(&with("scope", &format!("\"{long}\""))).unwrap().scope().unwrap().as_str(), long);
}

#[test]
fn f10_f11_null_and_empty_are_absent_where_a_member_is_optional() {
    for absent in ["null", "\"\""] {
        for name in ["refresh_token", "id_token", "expires_in", "error", "error_description"] {
            let tokens = receive(&with(name, absent)).unwrap();
            assert!(tokens.refresh_token().is_none() && tokens.id_token().is_none(), "{name}: {absent}");
            assert_eq!(
                (tokens.expires_in(), tokens.scope()),
                (None, Some(&scope("openid profile"))),
                "{name}: {absent}"
            );
        }
    }
}

#[test]
fn the_other_tokens_are_strings() {
    let tokens = receive(&with("refresh_token", "\"tGzv3JOkF0XG5Qx2TlKWIA\"")).unwrap();
    assert_eq!(tokens.refresh_token().unwrap().expose(), "tGzv3JOkF0XG5Qx2TlKWIA");
    let tokens = receive(&with("id_token", "\"a.b.c\"")).unwrap();
    assert_eq!(tokens.id_token().unwrap().expose(), "a.b.c");
    assert!(receive(&with("id_token", "null")).unwrap().id_token().is_none());
    for (name, value, problem) in [
        ("refresh_token", "7", "token_member_type"),
        ("refresh_token", r#""a\nb""#, "token_bad_character"),
        ("id_token", "{}", "token_member_type"),
    ] {
        let (field, found, _) = malformed(receive(&with(name, value)));
        assert_eq!((field, found.code()), (name, problem), "{value}");
    }
}

#[test]
fn oa_41_an_error_document_is_surfaced_with_its_code() {
    for status in [400, 401] {
        let response = json(
            status,
            r#"{"error":"invalid_grant","error_description":"spent \"<b>\u0007","error_uri":"https://as.example/e",
                "error_codes":[70008],"trace_id":"t"}"#,
        );
        let error = answered(&response).unwrap_err();
        let refusal = error.error_response().unwrap();
        assert_eq!((error.code(), refusal.status(), refusal.error()), ("token_refused", status, "invalid_grant"));
        // OA-28: what is not printable ASCII, and the two characters that the grammar leaves out, are replaced.
        assert_eq!(refusal.description(), Some("spent ?<b>?"));
        assert_eq!(refusal.uri(), Some("https://as.example/e"));
        assert_eq!(refusal.further()["error_codes"][0], 70008);
        let words = format!("the server refused: invalid_grant \"spent ?<b>?\" (status {status})");
        assert!(error.to_string().ends_with(&words), "{error}");
        let shown = format!("{refusal:?}");
        assert!(shown.starts_with(&format!("ErrorResponse {{ status: {status}, error: \"invalid_grant\"")), "{shown}");
        assert!(!error.is_retryable());
    }
}

#[test]
fn oa_41_a_broken_description_does_not_hide_the_error() {
    let error = answered(&json(400, r#"{"error":"invalid_client","error_description":7}"#)).unwrap_err();
    assert_eq!(error.error_response().unwrap().error(), "invalid_client");
    assert_eq!(error.error_response().unwrap().description(), None);
}

#[test]
fn oa_41_an_error_page_is_a_named_failure_with_its_size() {
    let page = "<html><h1>502</h1></html>";
    for (status, media_type) in [(400, "text/html"), (401, ""), (403, "application/json"), (502, "text/html")] {
        let found = check(answered(&typed(status, media_type, page)));
        let expected = FailedCheck::UnexpectedStatus { status, length: page.len(), retry_after: None };
        assert_eq!(found, expected, "{status}");
    }
    let empty = Response::builder().status(500).body(Vec::new()).unwrap();
    let FailedCheck::UnexpectedStatus { length, .. } = check(answered(&empty)) else { panic!() };
    assert_eq!(length, 0);
}

#[test]
fn oa_41_an_error_status_with_a_document_that_states_none_is_malformed() {
    for (body, field, problem) in [
        ("", "body", "token_empty"),
        ("{", "body", "token_not_json"),
        ("[]", "body", "token_not_an_object"),
        ("{}", "error", "token_member_missing"),
        (r#"{"error":""}"#, "error", "token_empty"),
        (r#"{"error":400}"#, "error", "token_member_type"),
        (r#"{"error":"a","error":"b"}"#, "error", "token_member_duplicate"),
        (GOOD, "error", "token_member_missing"),
    ] {
        let (found_field, found, _) = malformed(answered(&json(400, body)));
        assert_eq!((found_field, found.code()), (field, problem), "{body}");
    }
}

#[test]
fn oa_41_an_error_with_status_200_is_a_failure_even_beside_tokens() {
    for body in [r#"{"error":"bad_verification_code"}"#.to_owned(), with("error", "\"invalid_grant\"")] {
        let error = answered(&json(200, &body)).unwrap_err();
        assert_eq!(error.code(), "token_error_with_success");
        assert_eq!(error.error_response().unwrap().status(), 200);
    }
    let (field, problem, _) = malformed(receive(&with("error", "7")));
    assert_eq!((field, problem.code()), ("error", "token_member_type"));
}

#[test]
fn oa_41_a_success_that_is_no_document_is_malformed() {
    for (body, problem) in
        [("", "token_empty"), ("{", "token_not_json"), ("<html>", "token_not_json"), ("[]", "token_not_an_object")]
    {
        let (field, found, bytes) = malformed(receive(body));
        assert_eq!((field, found.code(), bytes), ("body", problem, body.len()), "{body}");
    }
}

#[test]
fn a_member_that_stands_twice_is_refused() {
    let (field, problem, _) = malformed(receive(r#"{"access_token":"a","token_type":"Bearer","access_token":"b"}"#));
    assert_eq!((field, problem), ("access_token", MalformedKind::Duplicate));
}

#[test]
fn oa_53_a_redirect_is_named() {
    for status in [300, 301, 302, 303, 304, 307, 308] {
        let mut response = json(status, GOOD);
        response.headers_mut().insert("location", "https://evil.example/".parse().unwrap());
        let found = check(answered(&response));
        assert_eq!(found, FailedCheck::Redirected { status });
    }
}

#[test]
fn oa_54_a_body_over_the_limit_is_not_read() {
    let limit = 1024 * 1024;
    let fill = |total: usize| with("padding", &format!("\"{}\"", "x".repeat(total - with("padding", "\"\"").len())));
    assert!(receive(&fill(limit)).is_ok());
    assert_eq!(malformed(receive(&fill(limit + 1))), ("body", MalformedKind::TooLong { limit }, limit + 1));
}

#[test]
fn oa_54_a_document_of_many_small_values_is_not_read() {
    let limit = 16 * 1024;
    // The other members, this one and the array each stand behind one of these.
    let own = GOOD.matches(['{', '[', ',']).count();
    let fill = |values: usize| with("many", &format!("[{}]", vec!["{}"; (values - own - 1) / 2].join(",")));
    assert!(receive(&fill(limit)).is_ok());
    let long = fill(limit + 2);
    assert_eq!(malformed(receive(&long)), ("body", MalformedKind::TooManyValues { limit }, long.len()));
}

#[test]
fn oa_23_no_answer_of_the_server_makes_a_code_retryable() {
    for status in [400, 401, 429, 500, 502, 503, 504] {
        for body in ["", r#"{"error":"temporarily_unavailable"}"#] {
            let mut response = json(status, body);
            response.headers_mut().insert("retry-after", "3".parse().unwrap());
            assert!(!answered(&response).unwrap_err().is_retryable(), "{status}");
        }
    }
}

#[test]
fn retry_after_is_read_in_seconds_and_bounded() {
    for (value, expected) in [
        ("3", Some(3)),
        (" 120 ", Some(120)),
        ("0", Some(0)),
        ("99999999999999999999999999", Some(86_400)),
        ("-1", None),
        ("", None),
        ("1.5", None),
        ("Fri, 31 Dec 1999 23:59:59 GMT", None),
    ] {
        let mut response = json(503, "");
        response.headers_mut().insert("retry-after", value.parse().unwrap());
        let error = answered(&response).unwrap_err();
        assert_eq!(error.retry_after(), expected.map(Duration::from_secs), "{value}");
    }
    let mut refused = json(400, r#"{"error":"slow_down"}"#);
    refused.headers_mut().insert("retry-after", "7".parse().unwrap());
    assert_eq!(answered(&refused).unwrap_err().retry_after(), Some(Duration::from_secs(7)));
}

#[test]
fn what_is_refused_says_which_part_and_why() {
    for (response, words) in [
        (json(307, ""), "the server answered with a redirect (status 307), which is never followed"),
        (json(500, "no"), "the server answered status 500 with 2 bytes that are not an error document"),
        (
            typed(200, "text/html; charset=utf-8", GOOD),
            "the Content-Type of the response is \"text/html; charset=utf-8\"; application/json was expected",
        ),
        (
            Response::new(Vec::new()),
            "the response has no Content-Type, or more than one; application/json was expected",
        ),
        (json(200, &with("scope", r#""a \u00e9""#)), "has a character that is not allowed at position 2: \"a ?\""),
        (json(200, r#"{"error":"invalid_grant"}"#), "a success that holds an error"),
        (
            json(200, &with("token_type", "\"mac\"")),
            "the token_type of the response is \"mac\"; \"Bearer\" was expected",
        ),
        (json(200, ""), "the body of the response (0 bytes) is empty"),
        (json(200, "{"), "is not JSON at line 1, column 2"),
        (json(200, "[]"), "is not a JSON object"),
        (json(200, "{}"), "the response has no token_type"),
        (json(200, r#"{"token_type":"Bearer"}"#), "the access_token of the response (0 bytes) is missing"),
        (json(200, &with("access_token", "7")), "the access_token of the response (1 bytes) is not a string"),
    ] {
        let text = answered(&response).unwrap_err().to_string();
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn f7_an_error_document_is_read_whatever_the_status_and_the_media_type() {
    let body = r#"{"error":"temporarily_unavailable","error_description":"maintenance"}"#;
    for status in [402, 403, 404, 429, 500, 503] {
        for media_type in ["application/json", "text/html", ""] {
            let error = answered(&typed(status, media_type, body)).unwrap_err();
            assert_eq!((error.code(), error.server_error()), ("token_refused", Some("temporarily_unavailable")));
            let response = error.error_response().unwrap();
            assert_eq!((response.status(), response.description()), (status, Some("maintenance")));
        }
    }
}

#[test]
fn f7_status_and_beginning_of_any_refused_body_can_be_had_and_are_not_shown() {
    let page = format!("<html>\n<h1>Sign in\u{e9}</h1>{}", "x".repeat(1000));
    for (response, status, excerpt) in [
        (json(400, r#"{"error":{"message":"Invalid code"}}"#), 400, r#"{"error":{"message":"Invalid code"}}"#),
        (typed(502, "text/html", &page), 502, "<html> <h1>Sign in?</h1>x"),
        (typed(200, "text/html", &page), 200, "<html> <h1>Sign in?</h1>x"),
        (
            json(400, r#"{"error":"invalid_grant","detail":"Spent"}"#),
            400,
            r#"{"error":"invalid_grant","detail":"Spent"}"#,
        ),
    ] {
        let error = answered(&response).unwrap_err();
        let refused = error.response().unwrap();
        assert_eq!(refused.status(), status);
        let found = refused.excerpt().unwrap();
        assert!(found.starts_with(excerpt) && found.len() <= 512, "{found}");
        assert!(error.to_string().contains(&status.to_string()) || status == 200, "{error}");
        assert!(!texts(&error).contains("Sign in") && !texts(&error).contains("Spent"), "{error}");
    }
    for (status, body) in
        [(200, GOOD), (402, GOOD), (200, "{\"accessToken\":\"a\"}"), (500, "access_token=a"), (400, "")]
    {
        assert_eq!(
            answered(&typed(status, "text/plain", body)).unwrap_err().response().unwrap().excerpt(),
            None,
            "{body}"
        );
    }
}

#[test]
fn f10_tokens_of_a_refused_response_are_not_lost() {
    let tokens = r#""access_token":"new-access","refresh_token":"new-refresh","id_token":"a.b.c""#;
    for (response, code) in [
        (json(200, &format!("{{{tokens},\"token_type\":\"DPoP\"}}")), "token_type_unknown"),
        (json(200, &format!("{{{tokens}}}")), "token_type_missing"),
        (json(200, &format!("{{{tokens},\"token_type\":\"Bearer\",\"expires_in\":\"1h\"}}")), "token_member_type"),
        (json(200, &format!("{{{tokens},\"token_type\":\"Bearer\",\"scope\":7}}")), "token_member_type"),
        (json(200, &format!("{{{tokens},\"error\":\"x\"}}")), "token_error_with_success"),
        (json(200, &format!("{{{tokens},\"own\":1,\"own\":2}}")), "token_member_duplicate"),
        (typed(200, "text/html", &format!("{{{tokens},\"token_type\":\"Bearer\"}}")), "token_content_type"),
        (json(201, &format!("{{{tokens},\"token_type\":\"Bearer\"}}")), "token_unexpected_status"),
        (
            typed(
                200,
                "application/x-www-form-urlencoded",
                "access_token=new-access&refresh_token=new-refresh&id_token=a.b.c",
            ),
            "token_content_type",
        ),
    ] {
        let error = answered(&response).unwrap_err();
        let received = error.tokens().unwrap();
        assert_eq!(error.code(), code);
        assert_eq!(received.access_token().map(|token| token.expose()), Some("new-access"), "{code}");
        assert_eq!(received.refresh_token().map(|token| token.expose()), Some("new-refresh"), "{code}");
        assert_eq!(received.id_token().map(|token| token.expose()), Some("a.b.c"), "{code}");
        assert!(!texts(&error).contains("new-"), "{error:?}");
    }
    let none = answered(&json(400, r#"{"error":"invalid_grant"}"#)).unwrap_err();
    assert!(none.tokens().unwrap().refresh_token().is_none());
}

#[test]
fn f13_an_encoding_that_was_not_asked_for_is_named() {
    for (encoding, status) in [("gzip", 200), ("br", 400), ("gzip", 502)] {
        let mut response = json(status, "");
        *response.body_mut() = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
        response.headers_mut().insert("content-encoding", encoding.parse().unwrap());
        let error = answered(&response).unwrap_err();
        assert_eq!(error.code(), "token_content_encoding");
        assert!(error.to_string().contains(&format!("its Content-Encoding is \"{encoding}\", and none was asked for")));
    }
    // A label that the body does not deserve hides nothing.
    for label in ["identity", "UTF-8"] {
        let mut response = json(200, GOOD);
        response.headers_mut().insert("content-encoding", label.parse().unwrap());
        assert!(answered(&response).is_ok(), "{label}");
    }
}

#[test]
fn f19_the_servers_words_are_shown_without_what_could_be_a_secret() {
    let body = r#"{"error":"invalid_client","error_description":"Unknown client, key 4f1cA9d2b7e84c0f9a3e21bb"}"#;
    let error = answered(&json(401, body)).unwrap_err();
    assert!(
        error.to_string().contains("invalid_client \"Unknown client, key [24 characters]\" (status 401)"),
        "{error}"
    );
    assert!(error.error_response().unwrap().description().unwrap().ends_with("4f1cA9d2b7e84c0f9a3e21bb"));
}
