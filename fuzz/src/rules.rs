//! The rules of what is accepted, computed once more, from what other libraries read in the same octets.

use proofkey_authorize::{AuthorizationServer, Compat, Deviation, Endpoint, form};
use proofkey_jwt::Claims;
use proofkey_token::{ErrorResponse, TokenSet};
use serde_json::{Map, Value};

use crate::answer::{has, permitted, text};
use crate::login::{CHALLENGE, CLIENT_ID, HTTP_HOST, ISSUER, TOKEN_TYPE, now};

/// The characters of a verifier (RFC 7636 section 4.1).
pub fn is_of_verifier(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-._~".contains(&octet)
}

/// A verifier (RFC 7636 section 4.1).
pub fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(is_of_verifier)
}

/// A callback that gave this code to the login with this state: both once, no error, no foreign issuer.
pub fn callback(callback: &str, state: &str, code: &str) {
    let is_scheme =
        |text: &str| !text.is_empty() && text.bytes().all(|o| o.is_ascii_alphanumeric() || b"+-.".contains(&o));
    let is_address = callback.starts_with('/') || callback.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme));
    let form = match is_address {
        true => callback.split('#').next().and_then(|url| url.split_once('?')).map_or("", |(_, form)| form),
        false => callback.strip_prefix('?').unwrap_or(callback),
    };
    let values = |name: &str| -> Vec<String> {
        let pairs = form_urlencoded::parse(form.as_bytes());
        pairs.filter(|(own, _)| own == name).map(|(_, value)| value.into_owned()).collect()
    };
    assert_eq!((values("state"), values("code")), (vec![state.to_owned()], vec![code.to_owned()]));
    assert!(!code.is_empty() && !code.contains(|c: char| c.is_ascii_control()));
    for (name, only) in [("iss", ISSUER), ("error", ""), ("error_description", ""), ("error_uri", "")] {
        let values = values(name);
        assert!(values.len() <= 1, "{name} stands {} times", values.len());
        assert!(name.contains('_') || values.iter().all(|value| value.is_empty() || value == only), "{name}");
    }
}

/// Metadata (RFC 8414 section 2): of this issuer, with endpoints that are fit to be used, as they stand there. One that a
/// login does not need may be left out instead. Every other member can be read as it stands there.
pub fn server(document: &Map<String, Value>, server: &AuthorizationServer) {
    assert_eq!(text(document, "issuer"), ISSUER);
    for (name, endpoint, is_needed) in [
        ("authorization_endpoint", Some(server.authorization_endpoint()), true),
        ("token_endpoint", Some(server.token_endpoint()), true),
        ("jwks_uri", server.jwks_uri(), true),
        ("userinfo_endpoint", server.userinfo_endpoint(), true),
        ("revocation_endpoint", server.revocation_endpoint(), true),
        ("introspection_endpoint", server.introspection_endpoint(), false),
        ("end_session_endpoint", server.end_session_endpoint(), false),
        ("device_authorization_endpoint", server.device_authorization_endpoint(), false),
        ("pushed_authorization_request_endpoint", server.pushed_authorization_request_endpoint(), false),
        ("registration_endpoint", server.registration_endpoint(), false),
    ] {
        let url = endpoint.map_or("", |endpoint| endpoint.as_str());
        assert!(url == text(document, name) || url.is_empty() && !is_needed, "{name}");
        let begins = |with: &str| url.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
        let is_exposed = begins(&format!("http://{HTTP_HOST}")) && server.deviations().contains(Deviation::HttpIssuer);
        assert!(url.is_empty() || begins("https://") || is_exposed, "{name}");
    }
    let list = |name| document.get(name).map(|value: &Value| value.as_array().expect("an array"));
    for (name, ours) in [
        ("code_challenge_methods_supported", server.code_challenge_methods_supported()),
        ("id_token_signing_alg_values_supported", server.id_token_signing_alg_values_supported()),
    ] {
        assert!(ours.map_or(list(name).is_none(), |ours| list(name).is_some_and(|all| all == ours)), "{name}");
    }
    let is_true = |name| document.get(name) == Some(&Value::Bool(true));
    assert_eq!(
        server.authorization_response_iss_parameter_supported(),
        is_true("authorization_response_iss_parameter_supported")
    );
    assert_eq!(server.require_pushed_authorization_requests(), is_true("require_pushed_authorization_requests"));
    assert!(document.iter().all(|(name, value)| server.member(name) == Some(value)));
    assert!(server.deviations().iter().all(|deviation| server.compat().allows(deviation)), "{server:?}");
}

/// Tokens out of a document (RFC 6749 section 5.1), with nothing tolerated that is not listed.
pub fn tokens(document: &Map<String, Value>, tokens: &TokenSet, status: u16, compat: &Compat) {
    let text = |name| text(document, name);
    let used = |deviation| tokens.deviations().contains(deviation);
    assert!(status == 200 || (200..300).contains(&status) && used(Deviation::SuccessStatus));
    assert!(tokens.deviations().iter().all(|deviation| compat.allows(deviation)), "{tokens:?}");
    let is_named = text("token_type").eq_ignore_ascii_case(TOKEN_TYPE) && used(Deviation::TokenTypeNames);
    let is_unnamed = !document.contains_key("token_type") && used(Deviation::TokenTypeMissing);
    let is_bearer = text("token_type").eq_ignore_ascii_case("bearer") || is_named || is_unnamed;
    assert!(match tokens.access_token() {
        Some(token) =>
            is_bearer && !token.expose().is_empty() && token.expose().bytes().all(|byte| byte.is_ascii_graphic()),
        None => tokens.id_token().is_some() && used(Deviation::AccessTokenMissing),
    });
    assert!(!has(document, "error") && tokens.expires_in().is_some() == has(document, "expires_in"));
    let life = document.get("expires_in").and_then(Value::as_u64);
    assert!(life.is_none_or(|life| tokens.expires_in().is_some_and(|own| own.as_secs() == life.min(315_360_000))));
    let ours = [
        tokens.access_token().map(|token| token.expose()),
        tokens.refresh_token().map(|token| token.expose()),
        tokens.id_token().map(|token| token.expose()),
    ];
    let printed = format!("{tokens:?}");
    for (name, ours) in ["access_token", "refresh_token", "id_token"].into_iter().zip(ours) {
        assert_eq!(ours.unwrap_or_default(), text(name));
        assert!(text(name).len() < 24 || !printed.contains(text(name)), "{name} is printed");
    }
}

/// An error document (RFC 6749 section 5.2): its code and what it says, reduced to what may be shown. It is read whatever
/// the status, and each leniency that is allowed is listed just when it was needed.
pub fn error_response(document: &Map<String, Value>, error: &ErrorResponse, compat: &Compat) {
    let used = |deviation| error.deviations().contains(deviation);
    let is_own = used(Deviation::ErrorCodeMember);
    let [code, description] = if is_own { ["errorCode", "errorSummary"] } else { ["error", "error_description"] };
    assert!(!error.error().is_empty() && error.error() == permitted(text(document, code), 128));
    assert_eq!(error.description().unwrap_or_default(), permitted(text(document, description), 1024));
    let is_success =
        error.status() == 200 || (200..300).contains(&error.status()) && compat.allows(Deviation::SuccessStatus);
    let has_own_status = !is_success && !matches!(error.status(), 400 | 401);
    for (deviation, is_needed) in
        [(Deviation::RefusalStatus, has_own_status), (Deviation::ErrorWithSuccess, is_success)]
    {
        assert_eq!(used(deviation), is_needed && compat.allows(deviation), "{deviation:?}");
    }
    assert!(error.deviations().iter().all(|deviation| compat.allows(deviation)));
}

/// An ID token (OpenID Connect Core section 3.1.3.7), for the client and the nonce of every target.
pub fn id_token(header: &Value, claims: &Value, nonce: &str) {
    let now = now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs_f64();
    let is_client = |audience: &Value| audience == CLIENT_ID;
    assert!(header["alg"] == "HS256" && header["crit"].is_null());
    assert!(claims["iss"] == ISSUER && claims["nonce"] == nonce);
    assert!(
        is_client(&claims["aud"])
            || claims["aud"].as_array().is_some_and(|all| !all.is_empty() && all.iter().all(is_client))
    );
    assert!(claims["azp"].is_null() || is_client(&claims["azp"]));
    assert!(claims["exp"].as_f64().is_some_and(|end| end > now));
    assert!(claims["iat"].as_f64().is_some_and(|start| start <= now));
    assert!(claims["nbf"].is_null() || claims["nbf"].as_f64().is_some_and(|start| start <= now));
    let subject = claims["sub"].as_str().expect("a subject");
    assert!((1..=255).contains(&subject.len()) && subject.bytes().all(|octet| (b' '..=b'~').contains(&octet)));
}

/// An authorization request (RFC 6749 section 4.1.1, RFC 7636 section 4.3): the endpoint, its own query, what every
/// request has and what was asked for, where it has a value; and nothing else.
pub fn request(url: &str, endpoint: &Endpoint, asked: &[&[(&str, &str)]]) {
    let pairs = |query: &str| form_urlencoded::parse(query.as_bytes()).into_owned().collect::<Vec<_>>();
    let always = [("response_type", "code"), ("code_challenge", &**CHALLENGE), ("code_challenge_method", "S256")];
    let mut expected = pairs(endpoint.query().unwrap_or_default());
    let asked = always.iter().chain(asked.iter().copied().flatten()).filter(|(_, value)| !value.is_empty());
    expected.extend(asked.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let mut found = pairs(url.split_once('?').expect("a query").1);
    expected.sort();
    found.sort();
    assert!(url.starts_with(endpoint.as_str()) && found == expected, "{url}");
}

/// Any text, written as name and as value of a form, is read there as it was.
pub fn encoded(text: &str) {
    let mut encoded = String::new();
    form::append_pair(&mut encoded, text, text);
    assert_eq!(form_urlencoded::parse(encoded.as_bytes()).next(), Some((text.into(), text.into())));
}

/// Where a `%` stands without two hexadecimal digits behind it.
pub fn broken_escape(raw: &str) -> Option<usize> {
    let has_digits =
        |at: usize| raw.as_bytes().get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    raw.match_indices('%').map(|(at, _)| at).find(|at| !has_digits(*at))
}

/// Claims, each as another reader has it.
pub fn claims(ours: &Claims, theirs: &Value) {
    assert_eq!(Some(ours.len()), theirs.as_object().map(Map::len));
    for (name, value) in ours.iter() {
        assert_eq!((value.as_str(), value.as_bool()), (theirs[name].as_str(), theirs[name].as_bool()), "{name}");
        // `-0` is a float to serde_json, and the integer 0 to us.
        let is_zero = |number: &f64| *number == 0.0 && number.is_sign_negative();
        let integer = theirs[name]
            .as_i64()
            .or(theirs[name].as_f64().filter(is_zero).and(value.as_i64().filter(|ours| *ours == 0)));
        assert_eq!((value.as_f64(), value.as_i64()), (theirs[name].as_f64(), integer), "{name}");
    }
}

/// A date and a time of day of RFC 3339, so many seconds after 1970.
pub fn calendar(seconds: i64) -> String {
    const DAYS_BEFORE_1970: i64 = 719_528;
    const DAYS_OF_400_YEARS: i64 = 146_097;
    let second = seconds.rem_euclid(86_400);
    let mut days = DAYS_BEFORE_1970 + seconds.div_euclid(86_400);
    let length = |year: i64| if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) { 366 } else { 365 };
    // All 400 years have the same days: those that went by need not be counted one by one.
    let mut year = 400 * (days / DAYS_OF_400_YEARS);
    days %= DAYS_OF_400_YEARS;
    while days >= length(year) {
        days -= length(year);
        year += 1;
    }
    let mut month = 1;
    for length in [31, length(year) - 337, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}T{:02}:{:02}:{:02}", days + 1, second / 3600, second / 60 % 60, second % 60)
}

/// A text of RFC 3339 that was read as so many seconds after 1970: they are written so, by the clocks of its zone.
pub fn rfc3339(text: &str, seconds: f64) {
    let (clock, rest) = text.split_at(19);
    let (fraction, zone) = rest.split_at(rest.find(['Z', 'z', '+', '-']).expect("a zone"));
    let fraction: f64 = format!("0{fraction}").parse().expect("a fraction");
    let number = |digits: &str| digits.parse::<i64>().expect("digits");
    let minutes = |clock: &str| 60 * number(&clock[..2]) + number(&clock[3..]);
    let ahead = match zone.split_at(1) {
        ("+", clock) => minutes(clock),
        ("-", clock) => -minutes(clock),
        _ => 0,
    };
    let local = (seconds - fraction).round() as i64 + 60 * ahead;
    // A leap second is the one after it.
    let (clock, local) = match clock.strip_suffix("60") {
        Some(minute) => (format!("{minute}59"), local - 1),
        None => (clock.to_owned(), local),
    };
    assert_eq!(clock.to_uppercase(), calendar(local), "{text}");
}
