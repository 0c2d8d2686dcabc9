//! What the exchange makes of each kind of response, row by row.

use std::time::{Duration, SystemTime};

use http::Response;
use proofkey_token::{ExchangeError, FailedCheck, LONGEST_LIFE, Problem, TokenSet};

use crate::flow::*;

fn malformed(result: Result<TokenSet, ExchangeError>) -> (&'static str, Problem, usize) {
    match result.unwrap_err() {
        ExchangeError::Malformed(malformed) => (malformed.field(), malformed.problem(), malformed.bytes()),
        other => panic!("{other:?}"),
    }
}

fn check(result: Result<TokenSet, ExchangeError>) -> FailedCheck {
    match result.unwrap_err() {
        ExchangeError::Check(check) => check,
        other => panic!("{other:?}"),
    }
}

#[test]
fn oa_33_the_smallest_success_is_enough() {
    let tokens = receive(GOOD).unwrap();
    assert_eq!(tokens.access_token().expose(), "opaque");
    assert!(tokens.refresh_token().is_none());
    assert!(tokens.id_token().is_none());
    assert!(tokens.further().is_empty());
}

#[test]
fn oa_33_only_status_200_is_a_success() {
    for status in [100, 201, 202, 203, 204, 206, 402, 403, 404, 418, 500] {
        let found = check(started().receive(&json(status, GOOD)));
        assert_eq!(found.code(), "unexpected_status", "{status}");
    }
}

#[test]
fn oa_33_only_json_by_its_name_is_read() {
    for good in ["application/json", "Application/JSON", "application/json;charset=UTF-8", "application/json ; a=b"] {
        assert!(started().receive(&typed(200, good, GOOD)).is_ok(), "{good}");
    }
    for bad in ["text/html", "text/plain", "application/jsonp", "text/json", "application/x-www-form-urlencoded", ""] {
        let found = check(started().receive(&typed(200, bad, GOOD)));
        assert_eq!(found, FailedCheck::ContentType { bytes: GOOD.len() }, "{bad}");
    }
    let without = Response::new(GOOD.as_bytes().to_vec());
    assert_eq!(check(started().receive(&without)).code(), "content_type");
    let mut twice = json(200, GOOD);
    twice.headers_mut().append("content-type", "text/html".parse().unwrap());
    assert_eq!(check(started().receive(&twice)).code(), "content_type");
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
        assert_eq!(found, FailedCheck::TokenTypeUnknown { bytes: name.len() }, "{name}");
    }
    assert_eq!(check(receive(r#"{"access_token":"a"}"#)), FailedCheck::TokenTypeMissing);
    assert_eq!(check(receive(&with("token_type", "null"))), FailedCheck::TokenTypeMissing);
    let (field, problem, _) = malformed(receive(&with("token_type", "[\"Bearer\"]")));
    assert_eq!((field, problem.code()), ("token_type", "wrong_type"));
}

#[test]
fn oa_37_unknown_members_are_ignored_and_kept() {
    let tokens = receive(
        r#"{"ext_expires_in":3599,"nested":{"a":[1,{"a":2,"a":3}]},"huge":1e999,"access_token":"opaque",
            "not-before-policy":0,"token_type":"Bearer"}"#,
    )
    .unwrap();
    assert_eq!(tokens.further()["ext_expires_in"], 3599);
    let names: Vec<_> = tokens.further().keys().collect();
    assert_eq!(names, ["ext_expires_in", "nested", "not-before-policy"]);
}

#[test]
fn oa_38_an_access_token_is_a_string_that_is_not_empty() {
    for (value, problem) in [
        ("\"\"", "empty"),
        ("null", "missing"),
        ("7", "wrong_type"),
        ("true", "wrong_type"),
        ("[\"a\"]", "wrong_type"),
        ("{\"a\":1}", "wrong_type"),
    ] {
        let (field, found, _) = malformed(receive(&with("access_token", value)));
        assert_eq!((field, found.code()), ("access_token", problem), "{value}");
    }
    let (field, problem, _) = malformed(receive(r#"{"token_type":"Bearer"}"#));
    assert_eq!((field, problem), ("access_token", Problem::Missing));
}

#[test]
fn at_04_an_access_token_is_not_looked_into() {
    let long = "e".repeat(5000);
    for token in ["x", "eyJhbGciOiJub25lIn0.e30.", "a.b.c.d.e", "~", &long] {
        assert_eq!(receive(&with("access_token", &format!("\"{token}\""))).unwrap().access_token().expose(), token);
    }
}

#[test]
fn at_12_an_access_token_outside_b64token_is_refused() {
    for (value, position, bytes) in [
        (r#""a\r\nX-Admin: 1""#, 1, 13),
        (r#""a b""#, 1, 3),
        (r#""ab\u0000""#, 2, 3),
        (r#""\u00e9""#, 0, 2),
        (r#""a=b""#, 1, 3),
    ] {
        let found = malformed(receive(&with("access_token", value)));
        assert_eq!(found, ("access_token", Problem::BadCharacter { position }, bytes), "{value}");
    }
}

#[test]
fn oa_39_expires_in_absent_is_tolerated_and_a_number_is_seconds() {
    let tokens = receive(GOOD).unwrap();
    assert_eq!((tokens.expires_in(), tokens.expires_at(now())), (None, None));
    for seconds in [0, 1, 3600] {
        let tokens = receive(&with("expires_in", &seconds.to_string())).unwrap();
        assert_eq!(tokens.expires_in(), Some(Duration::from_secs(seconds)));
        assert_eq!(tokens.expires_at(now()), Some(now() + Duration::from_secs(seconds)));
    }
}

#[test]
fn oa_39_expires_in_of_another_form_is_refused_and_never_read_as_absent() {
    for value in ["-1", "-0", "3600.5", "3600.0", "3.6e3", "1e400", "\"3600\"", "\"\"", "true", "[3600]", "{}"] {
        let (field, problem, bytes) = malformed(receive(&with("expires_in", value)));
        assert_eq!((field, problem.code(), bytes), ("expires_in", "wrong_type", value.len()), "{value}");
    }
}

#[test]
fn oa_39_a_huge_expires_in_saturates_and_ends() {
    for value in ["315360001", "18446744073709551615", "18446744073709551616", &"9".repeat(400)] {
        let tokens = receive(&with("expires_in", value)).unwrap();
        assert_eq!(tokens.expires_in(), Some(LONGEST_LIFE), "{value}");
        assert_eq!(tokens.expires_at(now()), Some(now() + LONGEST_LIFE));
    }
    let tokens = receive(&with("expires_in", "315360000")).unwrap();
    assert_eq!(tokens.expires_in(), Some(LONGEST_LIFE));
    // The last instant that this platform's clock can hold.
    let mut last = SystemTime::UNIX_EPOCH;
    for bit in (0..64).rev() {
        last = last.checked_add(Duration::from_secs(1 << bit)).unwrap_or(last);
    }
    assert_eq!(tokens.expires_at(last), Some(last));
}

#[test]
fn oa_15_the_scope_is_the_granted_one() {
    assert_eq!(receive(GOOD).unwrap().scope(), Some(&scope("openid profile")));
    assert_eq!(receive(&with("scope", "null")).unwrap().scope(), Some(&scope("openid profile")));
    assert_eq!(receive(&with("scope", "\"openid\"")).unwrap().scope(), Some(&scope("openid")));
    assert_eq!(receive(&with("scope", "\"openid more\"")).unwrap().scope(), Some(&scope("openid more")));
    assert_eq!(receive(&with("scope", "\"\"")).unwrap().scope(), None);
    for (value, problem) in [(r#""a\nb""#, "bad_character"), (r#"["a"]"#, "wrong_type"), (r#"7"#, "wrong_type")] {
        let (field, found, _) = malformed(receive(&with("scope", value)));
        assert_eq!((field, found.code()), ("scope", problem), "{value}");
    }
    // However many spaces, and however long: F11, F6.
    assert_eq!(receive(&with("scope", "\" a  b \"")).unwrap().scope(), Some(&scope("a b")));
    assert_eq!(receive(&with("scope", "\"  \"")).unwrap().scope(), None);
    let long = "s".repeat(100_000);
    assert_eq!(receive(&with("scope", &format!("\"{long}\""))).unwrap().scope(), Some(&scope(&long)));
}

#[test]
fn the_other_tokens_are_strings_that_are_not_empty() {
    let tokens = receive(&with("refresh_token", "\"tGzv3JOkF0XG5Qx2TlKWIA\"")).unwrap();
    assert_eq!(tokens.refresh_token().unwrap().expose(), "tGzv3JOkF0XG5Qx2TlKWIA");
    let tokens = receive(&with("id_token", "\"a.b.c\"")).unwrap();
    assert_eq!(tokens.id_token().unwrap().expose(), "a.b.c");
    assert!(receive(&with("id_token", "null")).unwrap().id_token().is_none());
    for (name, value, problem) in [
        ("refresh_token", "\"\"", "empty"),
        ("refresh_token", "7", "wrong_type"),
        ("refresh_token", r#""a\nb""#, "bad_character"),
        ("id_token", "\"\"", "empty"),
        ("id_token", "{}", "wrong_type"),
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
        let error = started().receive(&response).unwrap_err();
        let refusal = error.refusal().unwrap();
        assert_eq!((error.code(), refusal.status(), refusal.error()), ("refused", status, "invalid_grant"));
        // OA-28: what is not printable ASCII, and the two characters that the grammar leaves out, are replaced.
        assert_eq!(refusal.description(), Some("spent ?<b>?"));
        assert_eq!(refusal.uri(), Some("https://as.example/e"));
        assert_eq!(refusal.further()["error_codes"][0], 70008);
        assert!(error.to_string().contains("invalid_grant"));
        let shown = format!("{refusal:?}");
        assert!(shown.starts_with(&format!("Refusal {{ status: {status}, error: Some(\"invalid_grant\")")), "{shown}");
        assert!(!error.is_retryable());
    }
}

#[test]
fn oa_41_a_broken_description_does_not_hide_the_error() {
    let error = started().receive(&json(400, r#"{"error":"invalid_client","error_description":7}"#)).unwrap_err();
    assert_eq!(error.refusal().unwrap().error(), "invalid_client");
    assert_eq!(error.refusal().unwrap().description(), None);
}

#[test]
fn oa_41_an_error_page_is_a_named_failure_with_its_size() {
    let page = "<html><h1>502</h1></html>";
    for (status, media_type) in [(400, "text/html"), (401, ""), (403, "application/json"), (502, "text/html")] {
        let found = check(started().receive(&typed(status, media_type, page)));
        let expected = FailedCheck::UnexpectedStatus { status, bytes: page.len(), retry_after: None };
        assert_eq!(found, expected, "{status}");
    }
    let empty = Response::builder().status(500).body(Vec::new()).unwrap();
    let FailedCheck::UnexpectedStatus { bytes, .. } = check(started().receive(&empty)) else { panic!() };
    assert_eq!(bytes, 0);
}

#[test]
fn oa_41_an_error_status_with_a_document_that_states_none_is_malformed() {
    for (body, field, problem) in [
        ("", "body", "empty"),
        ("{", "body", "not_json"),
        ("[]", "body", "not_an_object"),
        ("{}", "error", "missing"),
        (r#"{"error":""}"#, "error", "empty"),
        (r#"{"error":400}"#, "error", "wrong_type"),
        (r#"{"error":"a","error":"b"}"#, "error", "duplicate"),
        (GOOD, "error", "missing"),
    ] {
        let (found_field, found, _) = malformed(started().receive(&json(400, body)));
        assert_eq!((found_field, found.code()), (field, problem), "{body}");
    }
}

#[test]
fn oa_41_an_error_with_status_200_is_a_failure_even_beside_tokens() {
    for body in [r#"{"error":"bad_verification_code"}"#.to_owned(), with("error", "\"invalid_grant\"")] {
        let error = started().receive(&json(200, &body)).unwrap_err();
        assert_eq!(error.code(), "error_with_success");
        assert_eq!(error.refusal().unwrap().status(), 200);
    }
    let (field, problem, _) = malformed(receive(&with("error", "7")));
    assert_eq!((field, problem.code()), ("error", "wrong_type"));
}

#[test]
fn oa_41_a_success_that_is_no_document_is_malformed() {
    for (body, problem) in [("", "empty"), ("{", "not_json"), ("<html>", "not_json"), ("[]", "not_an_object")] {
        let (field, found, bytes) = malformed(receive(body));
        assert_eq!((field, found.code(), bytes), ("body", problem, body.len()), "{body}");
    }
}

#[test]
fn a_member_that_stands_twice_is_refused() {
    let (field, problem, _) = malformed(receive(r#"{"access_token":"a","token_type":"Bearer","access_token":"b"}"#));
    assert_eq!((field, problem), ("access_token", Problem::Duplicate));
}

#[test]
fn oa_53_a_redirect_is_named() {
    for status in [300, 301, 302, 303, 304, 307, 308] {
        let mut response = json(status, GOOD);
        response.headers_mut().insert("location", "https://evil.example/".parse().unwrap());
        let found = check(started().receive(&response));
        assert_eq!(found, FailedCheck::Redirected { status });
    }
}

#[test]
fn oa_54_a_body_over_the_limit_is_not_read() {
    let limit = 1024 * 1024;
    let fill = |total: usize| with("padding", &format!("\"{}\"", "x".repeat(total - with("padding", "\"\"").len())));
    assert!(receive(&fill(limit)).is_ok());
    assert_eq!(malformed(receive(&fill(limit + 1))), ("body", Problem::TooLong { limit }, limit + 1));
}

#[test]
fn oa_54_a_document_of_many_small_values_is_not_read() {
    let limit = 16 * 1024;
    // The other members, this one and the array each stand behind one of these.
    let own = GOOD.matches(['{', '[', ',']).count();
    let fill = |values: usize| with("many", &format!("[{}]", vec!["{}"; (values - own - 1) / 2].join(",")));
    assert!(receive(&fill(limit)).is_ok());
    let long = fill(limit + 2);
    assert_eq!(malformed(receive(&long)), ("body", Problem::TooManyValues { limit }, long.len()));
}

#[test]
fn oa_23_no_answer_of_the_server_makes_a_code_retryable() {
    for status in [400, 401, 429, 500, 502, 503, 504] {
        for body in ["", r#"{"error":"temporarily_unavailable"}"#] {
            let mut response = json(status, body);
            response.headers_mut().insert("retry-after", "3".parse().unwrap());
            assert!(!started().receive(&response).unwrap_err().is_retryable(), "{status}");
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
        let error = started().receive(&response).unwrap_err();
        assert_eq!(error.retry_after(), expected.map(Duration::from_secs), "{value}");
    }
    let mut refused = json(400, r#"{"error":"slow_down"}"#);
    refused.headers_mut().insert("retry-after", "7".parse().unwrap());
    assert_eq!(started().receive(&refused).unwrap_err().retry_after(), Some(Duration::from_secs(7)));
}

#[test]
fn what_is_refused_says_which_part_and_why() {
    for (response, words) in [
        (json(307, ""), "the server answered with a redirect (status 307), which is never followed"),
        (json(500, "no"), "the server answered status 500 with 2 octets that are no error document"),
        (typed(200, "text/html", GOOD), "its Content-Type is not application/json"),
        (json(200, r#"{"error":"invalid_grant"}"#), "a success that holds an error"),
        (json(200, &with("token_type", "\"mac\"")), "the token_type, 3 octets long, is not Bearer"),
        (json(200, ""), "the body of the response (0 octets) is empty"),
        (json(200, "{"), "is not JSON at line 1, column 1"),
        (json(200, "[]"), "is not a JSON object"),
        (json(200, "{}"), "the response has no token_type"),
        (json(200, r#"{"token_type":"Bearer"}"#), "the access_token of the response (0 octets) is missing"),
        (json(200, &with("access_token", "7")), "the access_token of the response (1 octets) is not a string"),
    ] {
        let text = started().receive(&response).unwrap_err().to_string();
        assert!(text.contains(words), "{text}");
    }
}
