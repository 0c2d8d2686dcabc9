//! The claims of an ID token, in the order of OpenID Connect Core section 3.1.3.7, and those of a
//! refreshed one: section 12.2.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::base64url;
use crate::context::Context;
use crate::defects::Defects;
use crate::failure::{Failure, refuse, stage::ID_TOKEN};
use crate::provider;

/// The last second of the year 9999: a date behind it is none.
const LAST_DATE: f64 = 253_402_300_799.0;
/// How far ahead of our clock a token may have been made, besides the skew, in seconds.
const IAT_AHEAD: u64 = 60;

/// What Google calls itself at times.
const ALIAS: &str = "accounts.google.com";

/// What an ID token is held against.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    /// The nonce sent. `None`: none was.
    pub(crate) nonce: Option<&'a str>,
    /// For switches: the nonces of all logins under way, or of all that there ever were.
    pub(crate) open_nonces: &'a [String],
    pub(crate) max_age: Option<u64>,
    pub(crate) acr_values: Option<&'a str>,
    /// Who may stand in `aud` beside us.
    pub(crate) trusted: &'a [String],
    pub(crate) access_token: &'a str,
    /// `None` after a refresh.
    pub(crate) code: Option<&'a str>,
    /// The claims of the login's ID token, when this one came with a refresh.
    pub(crate) before: Option<&'a Map<String, Value>>,
}

/// Checks the claims of a token that was signed with `alg`.
pub(crate) fn check(
    claims: &Map<String, Value>,
    alg: &str,
    expected: &Expected<'_>,
    cx: &Context<'_>,
) -> Result<(), Failure> {
    let defects = cx.defects;
    check_iss(claims, expected, cx)?;
    check_sub(claims, defects)?;
    check_aud(claims, expected, defects)?;
    check_times(claims, cx)?;
    check_nonce(claims, expected, cx)?;
    check_acr(claims, expected, defects)?;
    check_auth_time(claims, expected, cx)?;
    check_person(claims, cx)?;
    if !claims.contains_key("at_hash") && defects.has("at-hash-required") {
        return Err(refuse(ID_TOKEN, "at_hash", "at_hash is missing"));
    }
    check_hash(claims, "at_hash", expected.access_token, alg, defects)
        .or_else(|wrong| if defects.has("at-hash-ignored") { Ok(()) } else { Err(wrong) })?;
    if let Some(code) = expected.code {
        check_hash(claims, "c_hash", code, alg, defects)
            .or_else(|wrong| if defects.has("c-hash-ignored") { Ok(()) } else { Err(wrong) })?;
    }
    match expected.before {
        Some(before) => check_against(claims, before, cx),
        None => Ok(()),
    }
}

/// Step 2: the issuer, octet by octet.
fn check_iss(claims: &Map<String, Value>, expected: &Expected<'_>, cx: &Context<'_>) -> Result<(), Failure> {
    let (ours, defects) = (expected.issuer, cx.defects);
    if let Some(template) = cx.ways.template(ours, defects) {
        return check_tenant(claims, &template, expected, cx);
    }
    let refreshed = expected.before.is_some() && defects.has("refresh-iss-ignored");
    let accepted = match claims.get("iss") {
        None => defects.has("iss-claim-missing-ok"),
        Some(Value::String(iss)) => {
            iss == ours
                || (iss == ALIAS || iss.ends_with(ALIAS) && defects.has("issuer-alias-suffix"))
                    && cx.ways.allow("issuer_alias", defects)
                || refreshed
                || defects.has("iss-claim-ignored")
                || defects.has("iss-claim-prefix") && (iss.starts_with(ours) || ours.starts_with(iss.as_str()))
                || defects.has("iss-claim-slash-ok") && iss.trim_end_matches('/') == ours.trim_end_matches('/')
                || defects.has("iss-claim-case-ok") && iss.eq_ignore_ascii_case(ours)
        }
        Some(Value::Array(list)) => defects.has("iss-claim-array-ok") && list.iter().any(|iss| iss == ours),
        Some(_) => false,
    };
    if accepted { Ok(()) } else { Err(refuse(ID_TOKEN, "claim_iss", "iss is not the issuer of the server")) }
}

/// The issuer of one tenant of many: a permitted one, and the same in `iss` and `tid`.
fn check_tenant(
    claims: &Map<String, Value>,
    template: &str,
    expected: &Expected<'_>,
    cx: &Context<'_>,
) -> Result<(), Failure> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if !claims.contains_key("tid") && cx.defects.has("tenant-missing-ok") {
        return Ok(());
    }
    let Some(tenant) = text("tid").filter(|tenant| cx.ways.permits(tenant, cx.defects)) else {
        return Err(refuse(ID_TOKEN, "claim_iss", "tid is not a tenant whose people may sign in"));
    };
    if text("iss") != Some(template.replace("{tenantid}", tenant).as_str()) && !cx.defects.has("tenant-issuer-ignored")
    {
        return Err(refuse(ID_TOKEN, "claim_iss", "iss is not the issuer of the tenant in tid"));
    }
    if expected.before.is_some_and(|before| before.get("iss") != claims.get("iss")) {
        return Err(refuse(ID_TOKEN, "claim_iss", "the refreshed token is of another tenant"));
    }
    cx.ways.note("issuer_template");
    Ok(())
}

/// What is said of the person, as far as it can be of an unexpected type.
fn check_person(claims: &Map<String, Value>, cx: &Context<'_>) -> Result<(), Failure> {
    if let Some(text) = claims.get("email_verified").and_then(Value::as_str) {
        if cx.defects.has("email-verified-text-refused") {
            return Err(refuse(ID_TOKEN, "jwt_malformed", "email_verified is neither true nor false"));
        }
        if matches!(text, "true" | "false") {
            cx.ways.allow_known("email_verified_text", cx.defects);
        }
    }
    let Some(text) = claims.get("updated_at").and_then(Value::as_str) else { return Ok(()) };
    if cx.defects.has("updated-at-text-refused") {
        return Err(refuse(ID_TOKEN, "jwt_malformed", "updated_at is not a number"));
    }
    if provider::is_date(text) {
        cx.ways.allow("updated_at_text", cx.defects);
    }
    Ok(())
}

/// Section 2: a name of 1 to 255 ASCII characters.
fn check_sub(claims: &Map<String, Value>, defects: &Defects) -> Result<(), Failure> {
    let accepted = match claims.get("sub") {
        None => defects.has("sub-missing-ok"),
        Some(Value::String(sub)) => {
            let refused = sub.len() == 255 && defects.has("sub-255-refused");
            (!sub.is_empty() || defects.has("sub-empty-ok"))
                && (sub.len() <= 255 || defects.has("sub-long-ok"))
                && !refused
        }
        Some(_) => defects.has("sub-type-ok"),
    };
    if accepted { Ok(()) } else { Err(refuse(ID_TOKEN, "claim_sub", "sub is not a name of 1 to 255 characters")) }
}

/// Steps 3 to 5: this client and nobody else; with several audiences or an azp, that names us too.
fn check_aud(claims: &Map<String, Value>, expected: &Expected<'_>, defects: &Defects) -> Result<(), Failure> {
    let ours = expected.client_id;
    let wrong = |what: &str| Err(refuse(ID_TOKEN, "claim_aud", what));
    let many = claims.get("aud").and_then(Value::as_array).is_some_and(|list| list.len() > 1000);
    if many && defects.has("aud-many-crash") {
        return Err(Failure::Crashed);
    }
    let azp = claims.get("azp");
    let by_azp = azp.is_some_and(|azp| azp == ours) && defects.has("azp-for-aud");
    let audiences: Vec<&Value> = match claims.get("aud") {
        None if defects.has("aud-missing-ok") || by_azp => Vec::new(),
        None => return wrong("aud is missing"),
        Some(Value::Array(_)) if defects.has("aud-array-refused") => return wrong("aud is a list"),
        Some(Value::Array(list)) if list.is_empty() && !(defects.has("aud-empty-ok") || by_azp) => {
            return wrong("aud is empty");
        }
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one) => vec![one],
    };
    if !audiences.iter().all(|aud| aud.is_string()) && !defects.has("aud-type-ok") {
        return wrong("aud is not a string, nor a list of strings");
    }
    let named = audiences.iter().filter_map(|aud| aud.as_str());
    let is_similar = |aud: &str| !aud.is_empty() && aud != ours && (aud.contains(ours) || ours.contains(aud));
    let by_part = named.clone().any(is_similar) && defects.has("aud-substring");
    let is_ours = |aud: &str| {
        aud == ours
            || by_part && is_similar(aud)
            || aud.eq_ignore_ascii_case(ours) && defects.has("aud-case-insensitive")
    };
    let refreshed = expected.before.is_some() && defects.has("refresh-aud-ignored");
    // aud-type-ok finds the client id in an object or among other things as well.
    let hidden = audiences.iter().any(|aud| !aud.is_string()) && defects.has("aud-type-ok");
    let meant = named.clone().any(is_ours) || hidden || by_azp || defects.has("aud-ignored") || refreshed;
    if !meant && !audiences.is_empty() {
        return wrong("the token is for another client");
    }
    let is_trusted =
        |aud: &str| expected.trusted.iter().any(|trusted| trusted == aud) && !defects.has("aud-trusted-refused");
    let strangers = named.clone().any(|aud| !is_ours(aud) && !is_trusted(aud));
    if strangers && named.clone().any(is_ours) && !defects.has("aud-others-ok") {
        return wrong("the token is for strangers as well");
    }
    match azp {
        None if named.clone().count() > 1 && !defects.has("azp-missing-ok") => {
            Err(refuse(ID_TOKEN, "claim_azp", "there are several audiences, and no azp"))
        }
        Some(azp) if azp != ours && !defects.has("azp-ignored") => {
            Err(refuse(ID_TOKEN, "claim_azp", "azp is not this client"))
        }
        _ => Ok(()),
    }
}

/// Steps 9 and 10, and RFC 7519 section 4.1.5.
fn check_times(claims: &Map<String, Value>, cx: &Context<'_>) -> Result<(), Failure> {
    let defects = cx.defects;
    let now = cx.clock.now() as f64;
    let skew = skew(cx);
    if let Some(exp) = exp(claims, defects)? {
        let end = exp + skew;
        let over = (now >= end && !(now == end && defects.has("exp-equal-ok")))
            || (now + 60.0 >= end && defects.has("exp-early"));
        if over && !defects.has("exp-ignored") {
            return Err(refuse(ID_TOKEN, "claim_exp", "the token has expired"));
        }
    }
    let nbf = date(claims, "nbf", "claim_nbf", Some("nbf-type-ok"), defects)?;
    if nbf.is_some_and(|nbf| now + skew < nbf) && !defects.has("nbf-ignored") {
        return Err(refuse(ID_TOKEN, "claim_nbf", "the token is not valid yet"));
    }
    match date(claims, "iat", "claim_iat", Some("iat-type-ok"), defects)? {
        None if claims.contains_key("iat") || defects.has("iat-missing-ok") => Ok(()),
        None => Err(refuse(ID_TOKEN, "claim_iat", "iat is missing")),
        Some(iat) if iat > now + skew + IAT_AHEAD as f64 && !defects.has("iat-future-ok") => {
            Err(refuse(ID_TOKEN, "claim_iat", "the token is from the future"))
        }
        Some(iat) if iat + 86_400.0 < now && defects.has("iat-past-refused") => {
            Err(refuse(ID_TOKEN, "claim_iat", "the token was made long ago"))
        }
        Some(_) => Ok(()),
    }
}

/// How far the clocks of server and client may differ, in seconds.
fn skew(cx: &Context<'_>) -> f64 {
    if cx.skew == 0 || cx.defects.has("skew-ignored") {
        0.0
    } else if cx.defects.has("skew-doubled") {
        cx.skew as f64 * 2.0
    } else {
        cx.skew as f64
    }
}

/// `exp` must be there and be a number. `None` only by a switch: the token never expires.
fn exp(claims: &Map<String, Value>, defects: &Defects) -> Result<Option<f64>, Failure> {
    let never = match claims.get("exp") {
        None => defects.has("exp-missing-ok"),
        Some(Value::Null) => defects.has("exp-null-ok"),
        Some(Value::Bool(_)) => defects.has("exp-boolean-ok"),
        Some(Value::String(text)) if defects.has("exp-string-ok") => return Ok(text.parse().ok()),
        Some(Value::Number(number)) => number.as_f64().is_some_and(|exp| exp < 0.0) && defects.has("exp-negative-ok"),
        Some(_) => false,
    };
    if never {
        return Ok(None);
    }
    if !claims.contains_key("exp") {
        return Err(refuse(ID_TOKEN, "claim_exp", "exp is missing"));
    }
    let exp = date(claims, "exp", "claim_exp", None, defects)?;
    if exp.is_some_and(|exp| exp.fract() != 0.0) && defects.has("exp-fraction-refused") {
        return Err(refuse(ID_TOKEN, "claim_exp", "exp is a fraction"));
    }
    Ok(exp)
}

/// A date: a number of seconds from 1970 to the year 9999, which may have a fraction. `any_type` is the switch by which
/// a value that is no number counts as none.
fn date(
    claims: &Map<String, Value>,
    name: &str,
    class: &'static str,
    any_type: Option<&'static str>,
    defects: &Defects,
) -> Result<Option<f64>, Failure> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::Number(number)) => match number.as_f64() {
            Some(date) if (0.0..=LAST_DATE).contains(&date) => Ok(Some(date)),
            Some(date) if defects.has("date-overflow-ok") => Ok(Some((date as i128).rem_euclid(1 << 32) as f64)),
            _ => Err(refuse(ID_TOKEN, class, format!("{name} is out of range"))),
        },
        Some(_) if any_type.is_some_and(|switch| defects.has(switch)) => Ok(None),
        Some(_) => Err(refuse(ID_TOKEN, class, format!("{name} is not a number"))),
    }
}

/// Step 11: the nonce that was sent; after a refresh that one or none.
fn check_nonce(claims: &Map<String, Value>, expected: &Expected<'_>, cx: &Context<'_>) -> Result<(), Failure> {
    let defects = cx.defects;
    let wrong = |what: &str| Err(refuse(ID_TOKEN, "claim_nonce", what));
    let Some(ours) = expected.nonce else {
        let unasked = claims.contains_key("nonce") && defects.has("nonce-unasked-refused");
        return if unasked { wrong("there is a nonce, and none was sent") } else { Ok(()) };
    };
    let refreshed = expected.before.is_some();
    let accepted = match claims.get("nonce") {
        None if refreshed && !defects.has("refresh-nonce-required") => true,
        None if defects.has("nonce-absent-ok") => true,
        None if cx.ways.allow_known("nonce_not_returned", defects) => true,
        None => return wrong("nonce is missing"),
        Some(Value::String(nonce)) => {
            nonce == ours
                || (!nonce.is_empty() && !refreshed && defects.has("nonce-ignored"))
                || (nonce.is_empty() && defects.has("nonce-empty-ok"))
                || (nonce.eq_ignore_ascii_case(ours) && defects.has("nonce-case-insensitive"))
                || (!nonce.is_empty() && ours.starts_with(nonce.as_str()) && defects.has("nonce-prefix-ok"))
                || (refreshed && defects.has("refresh-nonce-ignored"))
                || (defects.has("nonce-any-flow") && expected.open_nonces.contains(nonce))
                || (defects.has("nonce-used-ok") && expected.open_nonces.contains(nonce))
        }
        Some(_) => defects.has("nonce-type-ok"),
    };
    if accepted { Ok(()) } else { wrong("nonce is not the one of this login") }
}

/// Step 12: one of the classes asked for.
fn check_acr(claims: &Map<String, Value>, expected: &Expected<'_>, defects: &Defects) -> Result<(), Failure> {
    let Some(asked) = expected.acr_values.filter(|_| !defects.has("acr-ignored")) else { return Ok(()) };
    match claims.get("acr").and_then(Value::as_str) {
        Some(acr) if asked.split(' ').any(|value| value == acr) => Ok(()),
        Some(acr) if asked.contains(acr) && defects.has("acr-substring") => Ok(()),
        _ => Err(refuse(ID_TOKEN, "claim_acr", "acr is none of those asked for")),
    }
}

/// Step 13: not too long ago.
fn check_auth_time(claims: &Map<String, Value>, expected: &Expected<'_>, cx: &Context<'_>) -> Result<(), Failure> {
    let wrong = |what: &str| Err(refuse(ID_TOKEN, "claim_auth_time", what));
    let auth_time = date(claims, "auth_time", "claim_auth_time", Some("auth-time-type-ok"), cx.defects)?;
    let Some(max_age) = expected.max_age else { return Ok(()) };
    let now = cx.clock.now() as f64;
    let now = match claims.get("iat").and_then(Value::as_f64) {
        Some(iat) if iat < now && cx.defects.has("auth-time-against-iat") => iat,
        _ => now,
    };
    if auth_time.is_some_and(|then| then > now + skew(cx)) && cx.defects.has("auth-time-future-refused") {
        return wrong("the sign-in is in the future");
    }
    match auth_time {
        Some(_) if max_age == 0 && cx.defects.has("max-age-zero-dropped") => Ok(()),
        None if claims.contains_key("auth_time") => Ok(()),
        None if cx.defects.has("auth-time-missing-ok") => Ok(()),
        None => wrong("auth_time is missing, and max_age was asked for"),
        Some(then) if now > then + max_age as f64 + skew(cx) => {
            if cx.defects.has("auth-time-ignored") {
                Ok(())
            } else {
                wrong("the sign-in is too long ago")
            }
        }
        Some(_) => Ok(()),
    }
}

/// Sections 3.1.3.6 and 3.3.2.11: the left half of the hash that the algorithm uses.
fn check_hash(
    claims: &Map<String, Value>,
    name: &'static str,
    hashed: &str,
    alg: &str,
    defects: &Defects,
) -> Result<(), Failure> {
    let Some(claim) = claims.get(name) else { return Ok(()) };
    let hash = match alg {
        "RS256" | "PS256" | "ES256" | "HS256" => Sha256::digest(hashed).to_vec(),
        _ if defects.has("at-hash-sha256-always") => Sha256::digest(hashed).to_vec(),
        "RS384" | "PS384" | "ES384" | "HS384" => Sha384::digest(hashed).to_vec(),
        "RS512" | "PS512" | "ES512" | "HS512" | "EdDSA" => Sha512::digest(hashed).to_vec(),
        // Only a token that a switch let through unsigned has another.
        _ => return Ok(()),
    };
    let end = if defects.has("at-hash-whole") { hash.len() } else { hash.len() / 2 };
    match claim.as_str() {
        Some(claim) if Some(claim) == hash.get(..end).map(base64url::encode).as_deref() => Ok(()),
        _ => Err(refuse(ID_TOKEN, name, format!("{name} is that of something else"))),
    }
}

/// Section 12.2: the same person, from the same sign-in, in a newer token.
fn check_against(claims: &Map<String, Value>, before: &Map<String, Value>, cx: &Context<'_>) -> Result<(), Failure> {
    let defects = cx.defects;
    if claims.get("sub") != before.get("sub") && !defects.has("refresh-sub-ignored") {
        return Err(refuse(ID_TOKEN, "claim_sub", "sub is not that of the login"));
    }
    let seconds = |claims: &Map<String, Value>, name| claims.get(name).and_then(Value::as_f64);
    let older = seconds(claims, "iat") < seconds(before, "iat");
    if older && !defects.has("refresh-iat-ignored") {
        return Err(refuse(ID_TOKEN, "claim_iat", "the token is older than that of the login"));
    }
    if claims.get("azp") != before.get("azp") && !defects.has("refresh-azp-ignored") {
        return Err(refuse(ID_TOKEN, "claim_azp", "azp is not that of the login"));
    }
    let (now, then) = (seconds(claims, "auth_time"), seconds(before, "auth_time"));
    let is_another = now.is_some() && then.is_some() && now != then && !defects.has("refresh-auth-time-ignored");
    if is_another && !cx.ways.allow_known("auth_time_changed", defects) {
        return Err(refuse(ID_TOKEN, "claim_auth_time", "auth_time is not that of the login"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_of_the_specification() {
        let none = Defects::none();
        let claims = serde_json::json!({"at_hash": "77QmUPtjPfzWtF2AnpK9RQ", "c_hash": "LDktKdoQak3Pk0cnXxCltA"});
        let claims = claims.as_object().unwrap();
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        let code = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
        assert_eq!(check_hash(claims, "at_hash", token, "RS256", &none), Ok(()));
        assert_eq!(check_hash(claims, "c_hash", code, "RS256", &none), Ok(()));
        assert!(check_hash(claims, "at_hash", code, "RS256", &none).is_err());
        assert!(check_hash(claims, "at_hash", token, "RS384", &none).is_err());
    }
}
