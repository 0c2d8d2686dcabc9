//! Answers that are unusual and legal, and answers that are nearly right. What no text decides is told, not judged.

use proofkey_authority::lie::{JsonEdit, KeyEdit, ParamEdit, ResponseEdit};
use proofkey_authority::{Client, Endpoint, Lie};
use serde_json::{Value, json};

use super::{parameter, refuse_after, without_faults};
use crate::case::{Case, Check, Expect, Profile};
use crate::tamper::Tamper;
use crate::transcript::Transcript;

type Words = &'static [&'static str];

const MALFORMED: Words = &["token_malformed", "token_http"];

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let legal = |id, rows, about, mutants, edit, check: Check| {
        Case::new(id, rows, "token", about, Expect::Accept(check), mutants).lie(Lie::token_response([edit]))
    };
    let open = |id, rows, about, classes, mutants, lie| {
        Case::new(id, rows, "token", about, Expect::Choice(classes), mutants).lie(lie)
    };
    let edited = |edit| Lie::token_response([edit]);
    vec![
        legal("OA-15/scope-absent", &["OA-15"], "The response has no scope: it is the requested one.",
            &["scope-absent-empty", "scope-missing"], JsonEdit::remove("scope"),
            |seen| reported(seen, &parameter(seen, "scope").unwrap_or_default())),
        legal("OA-15/long-scope", &["OA-15"], "The granted scope has 2,639 bytes: no specification sets a limit.",
            &["scope-long-refused"], JsonEdit::SetLong("scope".into(), 2639), |seen| reported(seen, &"a".repeat(2639))),
        legal("AT-12/unusual-alphabet", &["AT-12"],
            "The access token has a character that RFC 6749 allows and RFC 6750 does not list (Salesforce).",
            &["access-token-strict-alphabet"],
            JsonEdit::set("access_token", "00Dx0000000BV7z!AR8AQP0jITN80ESEsj5EbaZTFG0R"), |_| Ok(())),
        open("OA-15/two-blanks", &["OA-15"], "Two spaces separate the granted scopes.", MALFORMED,
            &["scope-blanks-refused"], edited(JsonEdit::set("scope", "profile  email"))),
        open("OA-43/empty-refresh-token", &["OA-43"], "The refresh token is empty.", MALFORMED,
            &["refresh-token-empty-refused"], edited(JsonEdit::set("refresh_token", ""))),
        open("OA-43/refresh-token-of-another-type", &["OA-43"], "The refresh token is a number.", MALFORMED,
            &["refresh-token-type-ignored"], edited(JsonEdit::set("refresh_token", 7))),
        open("OA-37/null-members", &["OA-37"], "Optional members of the response are null.", MALFORMED, &["token-null-ok"],
            Lie::token_response([JsonEdit::set("refresh_token", Value::Null), JsonEdit::set("scope", Value::Null)])),
        open("OA-36/token-type-with-a-blank", &["OA-36"], "token_type ends in a space.",
            &["token_type", "token_malformed"], &["token-type-trimmed"], edited(JsonEdit::set("token_type", "Bearer "))),
        open("OA-41/byte-order-mark", &["OA-41"], "The response begins with a byte order mark.", MALFORMED, &["token-bom-ok"],
            edited(JsonEdit::Prefix(b"\xef\xbb\xbf".to_vec()))),
        open("OA-41/encoding-not-asked-for", &["OA-41"], "The response has a Content-Encoding that was not requested.",
            MALFORMED,
            &["content-encoding-refused"],
            Lie::response(Endpoint::Token, [ResponseEdit::Header("content-encoding".into(), "x-unknown".into())])),
        open("OA-41/status-201", &["OA-41"], "A token response has status 201.", MALFORMED, &["token-2xx-ok"],
            Lie::response(Endpoint::Token, [ResponseEdit::Status(201)])),
        Case::new("OA-41/error-object", &["OA-41", "OA-23", "PK-25"], "token",
            "error is an object: it is still a refusal.",
            refuse_after(&["token_error", "token_malformed", "token_http"]), &["token-error-object-crash"])
            .lie(Lie::answer(Endpoint::Token, 400, "application/json", r#"{"error":{"message":"Invalid code"}}"#)),
        Case::new("OA-27/description-not-utf8", &["OA-27", "OA-28"], "callback",
            "The description of an error is in Latin-1: the error is still reported.",
            Expect::Refuse { classes: &["as_error"], token_requests: 0, code: Some("access_denied") },
            &["description-hides-error"])
            .should()
            .lie(Lie::callback([
                ParamEdit::remove("code"), ParamEdit::set("error", "access_denied"),
                ParamEdit::SetEncoded("error_description".into(), "Acc%E8s".into()),
            ])),
        Case::new("JW-16/alg-null", &["JW-16"], "id_token", "alg of the signing key is null.", Expect::Choice(&["key"]),
            &["key-alg-null-ok"])
            .profile(Profile::OpenId)
            .lie(Lie::keys([KeyEdit::Signing(JsonEdit::set("alg", Value::Null))])),
        Case::new("OA-41/status-503", &["OA-41", "OA-23", "PK-25"], "token",
            "An error document has status 503.",
            Expect::Policy(|seen| match (seen.answers.last(), seen.wire.token_requests().len()) {
                (Some(answer), 1) if !answer.is_ok() && answer.message["code"] == "temporarily_unavailable" => {
                    Ok("reports the server's error".into())
                }
                (Some(answer), 1) if !answer.is_ok() => Ok("reports the status".into()),
                (_, sent) => Err(format!("expected: a refusal after one token request; seen: {sent} requests")),
            }),
            &["token-error-code-lost", "retry-code"])
            .lie(Lie::error(Endpoint::Token, 503, "temporarily_unavailable")),
        Case::new("JW-16/modulus-with-a-zero-in-front", &["JW-16"], "id_token",
            "The modulus of the signing key has a leading zero byte, of which RFC 7518 section 6.3.1.1 warns.",
            Expect::Choice(&["key"]), &["rsa-leading-zero-refused"])
            .profile(Profile::OpenId)
            .lie(Lie::keys([KeyEdit::LeadingZero])),
        Case::new("OA-24/semicolon", &["OA-24"], "callback",
            "A value in the callback has a semicolon, which does not end a parameter (RFC 6749 appendix B).",
            Expect::Accept(|_| Ok(())), &["callback-semicolon-separates"])
            .tamper([Tamper::Append("session_state", "1;state=forged")]),
        Case::new("PV-18/resource-at-the-token-endpoint", &["PV-18"], "token",
            "A resource is requested: the client sends it to both endpoints, or to the first alone (RFC 8707 section \
              2.2).",
            Expect::Policy(|seen| {
                let asked = parameter(seen, "resource").as_deref() == Some("https://api.example/");
                let again = seen.wire.code_requests().iter().all(|request| request.form("resource").is_some());
                match (asked, again) {
                    (true, true) => Ok("sends it to both endpoints".into()),
                    (true, false) => Ok("sends it to the authorization endpoint alone".into()),
                    (false, _) => Err("expected: the resource in the authorization request; seen: none".into()),
                }
            }),
            &["resource-not-repeated"])
            .config("resource", "https://api.example/"),
        Case::new("DI-08/only-in-the-body", &["DI-08"], "token",
            "The metadata lists only client_secret_post, and no method is configured: the secret is sent in the body.",
            Expect::Accept(|seen| {
                let in_the_body = |request: &proofkey_authority::Exchange| {
                    request.header("authorization").is_none() && request.form("client_secret").is_some()
                };
                if seen.wire.code_requests().iter().all(in_the_body) {
                    without_faults(seen, &["two_authentications", "client_authentication"])
                } else {
                    Err("expected: client_secret_post; seen: another method".into())
                }
            }),
            &["auth-method-always-basic"])
            .profile(Profile::Post).discovery()
            .lie(Lie::metadata([JsonEdit::set("token_endpoint_auth_methods_supported", json!(["client_secret_post"]))]))
            .config("client", {
                let client = Client::web_post();
                json!({"id": client.id, "secret": client.auth.secret(), "auth": Value::Null})
            }),
    ]
}

/// The client reports this scope as granted.
fn reported(seen: &Transcript, granted: &str) -> Result<(), String> {
    let scope = seen.answers.last().and_then(|answer| answer.message["scope"].as_str()).unwrap_or_default();
    if scope == granted {
        return Ok(());
    }
    Err(format!("expected: a scope of {} bytes; seen: another of {}", granted.len(), scope.len()))
}
