//! The response of the token endpoint: RFC 6749 sections 5.1, 5.2 and 7.1.

use serde_json::{Map, Value};

use crate::context::Context;
use crate::defects::Defects;
use crate::failure::{Failure, refuse};
use crate::http::Answer;
use crate::json::parse_once;
use crate::provider::{self, Ways};

/// A successful token response.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) token_type: String,
    /// Seconds. `None`: the server did not say.
    pub(crate) expires_in: Option<u64>,
    /// What was granted. `None`: what was asked for.
    pub(crate) scope: Option<String>,
    pub(crate) refresh_token: Option<String>,
    pub(crate) id_token: Option<String>,
}

/// Reads an answer of the token endpoint; what is wrong with it is refused at `stage`.
pub(crate) fn read(answer: &Answer, stage: &'static str, cx: &Context<'_>) -> Result<Tokens, Failure> {
    let (ways, defects) = (&cx.ways, cx.defects);
    let object = object(answer, stage, ways, defects)?;
    let malformed = |what: &str| refuse(stage, "token_malformed", what);
    if answer.headers.contains_key("content-encoding") && defects.has("content-encoding-refused") {
        return Err(malformed("the token response is in an encoding that was not asked for"));
    }
    if !object.keys().all(|name| KNOWN.contains(&name.as_str())) && defects.has("token-unknown-member-refused") {
        return Err(malformed("the token response has an unknown member"));
    }
    let access_token = access_token(&object, stage, ways, defects)?;
    let token_type = token_type(&object, stage, cx.dpop.is_some(), defects)?;
    let expires_in = expires_in(&object, stage, ways, defects)?;
    let text = |name: &str, switch: Option<&'static str>| match object.get(name) {
        None => Ok(None),
        Some(Value::Null) if defects.has("token-null-ok") => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) if switch.is_some_and(|switch| defects.has(switch)) => Ok(None),
        Some(_) => Err(malformed(&format!("{name} is not a string"))),
    };
    let words = object.get("scope").and_then(Value::as_array).map(|words| words.iter().map(Value::as_str));
    let words = words.and_then(|words| words.collect::<Option<Vec<_>>>());
    let mut scope = match words {
        Some(words) if ways.allow_known("scope_array", defects) => Some(words.join(" ")),
        _ => text("scope", Some("scope-type-ignored"))?,
    };
    if scope.as_ref().is_some_and(|scope| scope.len() > 2048) && defects.has("scope-long-refused") {
        return Err(malformed("the granted scope is too long"));
    }
    if scope.as_ref().is_some_and(|scope| scope.contains("  ")) && defects.has("scope-blanks-refused") {
        return Err(malformed("the granted scope has two blanks between its words"));
    }
    if let Some(commas) = scope.as_mut().filter(|scope| scope.contains(',')) {
        if defects.has("scope-comma-refused") {
            return Err(malformed("the scope has a comma in it"));
        }
        if ways.allow("scope_commas", defects) {
            *commas = commas.split([',', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        }
    }
    let refresh_token = text("refresh_token", Some("refresh-token-type-ignored"))?;
    if refresh_token.as_deref() == Some("") && defects.has("refresh-token-empty-refused") {
        return Err(malformed("the refresh token is empty"));
    }
    let refresh_token = refresh_token.filter(|token| !token.is_empty());
    let id_token = match object.get("id_token") {
        // A whole JWS object where its text should be.
        Some(Value::Object(jws)) if defects.has("jwt-json-ok") => Some(Value::Object(jws.clone()).to_string()),
        _ => text("id_token", None)?,
    };
    Ok(Tokens { access_token, token_type, expires_in, scope, refresh_token, id_token })
}

const KNOWN: &[&str] = &["access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"];

/// The JSON object of a success; an error of the server, under its code; or neither.
fn object(answer: &Answer, stage: &'static str, ways: &Ways, defects: &Defects) -> Result<Map<String, Value>, Failure> {
    let form = answer.is_form() && ways.allow("form_body", defects);
    let marked = answer.body.strip_prefix(b"\xef\xbb\xbf").filter(|_| defects.has("token-bom-ok"));
    let object = match parse_once(marked.unwrap_or(&answer.body), "token-duplicates-ok", defects) {
        _ if form => provider::object_of_form(&answer.body),
        Ok(Value::Object(object)) => Some(object),
        Err(_) if defects.has("token-html-crash") => return Err(Failure::Crashed),
        _ => None,
    };
    let success = answer.status == 200
        || ((201..300).contains(&answer.status) && defects.has("token-2xx-ok"))
        || defects.has("token-status-ignored");
    let error = object.as_ref().and_then(|object| {
        let own = object.get("errorCode").filter(|_| !success);
        object.get("error").or_else(|| own.filter(|_| ways.allow("error_code_member", defects)))
    });
    if let Some(error) = error.filter(|_| !(success && defects.has("token-error-with-200-ok"))) {
        if defects.has("token-error-as-success") {
            return Ok(made_up());
        }
        if success {
            ways.allow("error_with_success", defects);
        } else if matches!(answer.status, 403 | 428) && !ways.allow("refusal_status", defects) {
            return Err(refuse(
                stage,
                "token_http",
                format!("the token endpoint answered with status {}", answer.status),
            ));
        }
        if error.is_object() && defects.has("token-error-object-crash") {
            return Err(Failure::Crashed);
        }
        let unread = defects.has("token-error-code-lost") || (answer.status == 401 && defects.has("token-401-unread"));
        let printable = |code: &&str| code.len() <= 200 && code.chars().all(|c| matches!(c, ' '..='~'));
        let refusal = refuse(stage, "token_error", format!("the server refused, with status {}", answer.status));
        return Err(match error.as_str().filter(printable) {
            Some(code) if !unread => refusal.with_code(code),
            _ => refusal,
        });
    }
    if !success {
        return Err(refuse(stage, "token_http", format!("the token endpoint answered with status {}", answer.status)));
    }
    if !answer.is_json() && !form && !defects.has("token-type-header-ignored") {
        return Err(refuse(stage, "token_malformed", "the token response is not application/json"));
    }
    object.ok_or_else(|| refuse(stage, "token_malformed", "the token response is no JSON object"))
}

/// What `token-error-as-success` takes an error for.
fn made_up() -> Map<String, Value> {
    let members = [("access_token", "none"), ("token_type", "Bearer")];
    members.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

fn access_token(
    object: &Map<String, Value>,
    stage: &'static str,
    ways: &Ways,
    defects: &Defects,
) -> Result<String, Failure> {
    let malformed = |what: &str| Err(refuse(stage, "token_malformed", what));
    let token = match object.get("access_token") {
        Some(Value::String(token)) => token.clone(),
        None if defects.has("access-token-missing-ok") => return Ok(String::new()),
        None if object.contains_key("id_token") && ways.allow_known("access_token_missing", defects) => {
            return Ok(String::new());
        }
        Some(Value::Number(number)) if defects.has("access-token-number-ok") => number.to_string(),
        None => return malformed("the token response has no access token"),
        Some(_) => return malformed("the access token is not a string"),
    };
    if token.is_empty() {
        if defects.has("access-token-empty-ok") {
            return Ok(token);
        }
        return malformed("the access token is empty");
    }
    let unpadded = token.trim_end_matches('=');
    let plain = unpadded.chars().all(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c)) && !unpadded.is_empty();
    if !plain && defects.has("access-token-strict-alphabet") {
        return malformed("the access token is not of the alphabet of RFC 6750");
    }
    // RFC 6749 appendix A.12 has more characters than RFC 6750 section 2.1; what is left cannot stand in a header.
    let fit = token.bytes().all(|byte| byte.is_ascii_graphic());
    if !fit && !defects.has("access-token-charset-ok") {
        return malformed("the access token has characters that no header may hold");
    }
    let is_jwt = token.split('.').count() == 3;
    if !is_jwt && defects.has("access-token-parsed") {
        return malformed("the access token is not a JWT");
    }
    if is_jwt && defects.has("access-token-verified") {
        return malformed("the signature of the access token cannot be checked");
    }
    if token.len() > 4096 && defects.has("token-long-refused") {
        return malformed("the access token is too long");
    }
    Ok(token)
}

fn token_type(
    object: &Map<String, Value>,
    stage: &'static str,
    is_bound: bool,
    defects: &Defects,
) -> Result<String, Failure> {
    let refused = |what: &str| Err(refuse(stage, "token_type", what));
    let name = match object.get("token_type") {
        None if defects.has("token-type-missing-ok") => "Bearer",
        None => return refused("the token response has no token type"),
        Some(Value::String(name)) => name,
        Some(_) => return refused("the token type is not a string"),
    };
    let name = if name.ends_with(' ') && defects.has("token-type-trimmed") { name.trim() } else { name };
    if is_bound {
        // RFC 9449 section 5: a token that is not bound is of no use where that was asked for.
        if name.eq_ignore_ascii_case("dpop") || defects.has("dpop-downgrade-ok") {
            return Ok(name.to_owned());
        }
        return refused("the token is not bound to the key");
    }
    let bearer = name == "Bearer" || name.eq_ignore_ascii_case("bearer") && !defects.has("token-type-case-sensitive");
    if !bearer && !defects.has("token-type-ignored") {
        return refused("the token is no bearer token");
    }
    Ok(name.to_owned())
}

fn expires_in(
    object: &Map<String, Value>,
    stage: &'static str,
    ways: &Ways,
    defects: &Defects,
) -> Result<Option<u64>, Failure> {
    let Some(value) = object.get("expires_in") else {
        if defects.has("expires-in-required") {
            return Err(refuse(stage, "token_malformed", "the token response has no expires_in"));
        }
        return Ok(None);
    };
    let small = value.as_u64().is_some_and(|seconds| seconds <= i32::MAX as u64);
    if !small && defects.has("expires-in-crash") {
        return Err(Failure::Crashed);
    }
    let never = (value.is_string() && defects.has("expires-in-string-ok"))
        || (value.as_f64().is_some_and(|n| n < 0.0) && defects.has("expires-in-negative-ok"))
        || (value.as_f64().is_some_and(|n| n.fract() != 0.0) && defects.has("expires-in-fraction-ok"))
        || (value.as_f64().is_some_and(|n| n > f64::from(i32::MAX)) && defects.has("expires-in-huge-never"));
    if never {
        return Ok(None);
    }
    let digits = value.as_str().and_then(|text| text.parse().ok());
    match value.as_u64().or_else(|| digits.filter(|_| ways.allow("expires_in_text", defects))) {
        Some(seconds) => Ok(Some(seconds)),
        None => Err(refuse(stage, "token_malformed", "expires_in is not a whole number of seconds from 0 on")),
    }
}
