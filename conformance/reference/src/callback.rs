//! Step 3: the callback. RFC 6749 sections 4.1.2 and 10.12, RFC 9207 section 2.4.
//!
//! The order of the checks is size, address, encoding, repeated parameters, state; then, after the login was found and
//! removed, iss, error, code. No request is sent before all of them pass.

use crate::authorize::Sent;
use crate::defects::Defects;
use crate::discovery::Metadata;
use crate::failure::{Failure, refuse, stage::CALLBACK};
use crate::form;

/// The largest callback that is looked at.
const SIZE_LIMIT: usize = 16 * 1024;

/// The parameters of an answer to this very request: it came to the right address, in one piece,
/// with the right state. `open_states` are those of all logins under way, for a switch.
pub(crate) fn recognise(
    url: &str,
    sent: &Sent,
    open_states: &[String],
    defects: &Defects,
) -> Result<Parameters, Failure> {
    if url.len() > SIZE_LIMIT && defects.has("callback-size-crash") {
        return Err(Failure::Crashed);
    }
    if url.len() > SIZE_LIMIT && !defects.has("callback-uncapped") {
        return Err(malformed("it is too long"));
    }
    // A browser keeps the fragment to itself, and what stands in it is nothing for us.
    let url = url.split('#').next().unwrap_or(url);
    // A browser writes an empty path as a slash: RFC 3986 section 6.2.3.
    let has_path = sent.redirect_uri.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?']));
    let arrived = url.strip_prefix(sent.redirect_uri.as_str());
    let at_root = arrived.filter(|_| !has_path).and_then(|rest| rest.strip_prefix('/'));
    let arrived = at_root.filter(|_| !defects.has("callback-root-refused")).or(arrived);
    let query = match arrived {
        Some(rest) if sent.redirect_uri.contains('?') => rest.strip_prefix('&').or(rest.is_empty().then_some("")),
        Some(rest) => rest.strip_prefix('?').or(rest.is_empty().then_some("")),
        None => None,
    };
    let query = match query {
        Some(query) => query,
        None if defects.has("callback-path-lenient") && is_alike(url, &sent.redirect_uri) => {
            url.split_once('?').map_or("", |(_, query)| query)
        }
        None if defects.has("callback-address-ignored") => url.split_once('?').map_or("", |(_, query)| query),
        None => return Err(malformed("it came to another address than the redirect URI")),
    };
    let semicolons = query.replace(';', "&");
    let query =
        if query.contains(';') && defects.has("callback-semicolon-separates") { semicolons.as_str() } else { query };
    let repaired = || form::decode(query, defects.has("callback-encoding-ignored"));
    // The words of an error are for a reader, and do not hide the error when they cannot be read.
    let described = |pair: &&str| ["error_description=", "error_uri="].iter().any(|name| pair.starts_with(name));
    let broken = |pair: &&str| described(pair) && form::decode(pair, false).is_none();
    let readable = if query.split('&').any(|pair| broken(&pair)) && !defects.has("description-hides-error") {
        query.split('&').filter(|pair| !broken(pair)).collect::<Vec<_>>().join("&")
    } else {
        query.to_owned()
    };
    let decoded = form::decode(&readable, false).or_else(repaired);
    let mut decoded = decoded.ok_or_else(|| malformed("its encoding is broken"))?;
    let raw = query.split('&').find_map(|pair| pair.strip_prefix("iss="));
    let iss = decoded.iter_mut().find(|(name, _)| name == "iss");
    if let Some(((_, iss), raw)) = iss.zip(raw)
        && iss != raw
        && defects.has("iss-not-decoded")
    {
        raw.clone_into(iss);
    }
    if let Some((_, iss)) = decoded.iter_mut().find(|(name, value)| name == "iss" && value.contains('%'))
        && defects.has("callback-decoded-twice")
        && let Some(again) = form::decode(&format!("iss={iss}"), true).and_then(|mut pairs| pairs.pop())
    {
        *iss = again.1;
    }
    if !decoded.iter().all(|(name, _)| KNOWN.contains(&name.as_str())) && defects.has("callback-unknown-refused") {
        return Err(malformed("a parameter is unknown"));
    }
    let parameters = Parameters(without_repeats(decoded, defects)?);
    if parameters.get("error").is_some() && defects.has("error-before-state") {
        check_error(&parameters, defects)?;
    }
    check_state(&parameters, sent, open_states, defects)?;
    Ok(parameters)
}

const KNOWN: &[&str] = &["code", "state", "iss", "error", "error_description", "error_uri"];

/// Whether `url` came to the redirect URI, but for case and a slash at the end of its path.
fn is_alike(url: &str, redirect_uri: &str) -> bool {
    let path = url.split('?').next().unwrap_or(url);
    path.trim_end_matches('/').eq_ignore_ascii_case(redirect_uri.trim_end_matches('/'))
}

/// The code in a recognised answer: from the right server, no error, not empty.
pub(crate) fn code(
    parameters: &Parameters,
    issuer: &str,
    metadata: &Metadata,
    defects: &Defects,
) -> Result<String, Failure> {
    let is_error = parameters.get("error").is_some();
    if is_error && defects.has("iss-not-checked-on-error") {
        check_error(parameters, defects)?;
    }
    check_iss(parameters, issuer, metadata, defects)?;
    if !(is_error && parameters.get("code").is_some() && defects.has("error-ignored-when-code")) {
        check_error(parameters, defects)?;
    }
    let code = match parameters.raw("code") {
        None if defects.has("code-missing-ok") => "",
        Some("") if defects.has("code-empty-ok") => "",
        // A parameter without a value counts as left out: RFC 6749 section 3.1.
        None | Some("") => return Err(malformed("it has neither a code nor an error")),
        Some(code) => code,
    };
    if code.len() < 8 && defects.has("code-short-refused") {
        return Err(malformed("the code is too short"));
    }
    if code.chars().count() > 512 && defects.has("code-truncated") {
        return Ok(code.chars().take(512).collect());
    }
    Ok(code.to_owned())
}

/// Parameters of which none stands twice.
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// A value that is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

fn without_repeats(list: Vec<(String, String)>, defects: &Defects) -> Result<Vec<(String, String)>, Failure> {
    let mut once: Vec<(String, String)> = Vec::with_capacity(list.len().min(16));
    for (name, value) in list {
        let Some(earlier) = once.iter_mut().find(|(known, _)| *known == name) else {
            once.push((name, value));
            continue;
        };
        let first = match name.as_str() {
            "code" => defects.has("first-of-duplicate-code"),
            "state" => defects.has("first-of-duplicate-state"),
            "iss" => defects.has("first-of-duplicate-iss"),
            "error" => defects.has("first-of-duplicate-error"),
            _ => false,
        };
        let last = match name.as_str() {
            "code" => defects.has("last-of-duplicate-code"),
            "state" => defects.has("last-of-duplicate-state"),
            "iss" => defects.has("last-of-duplicate-iss"),
            _ => false,
        };
        match (first, last) {
            (true, _) => {}
            (_, true) => earlier.1 = value,
            _ => return Err(malformed("a parameter stands in it twice")),
        }
    }
    Ok(once)
}

/// The state is the one that went out with this login.
fn check_state(parameters: &Parameters, sent: &Sent, open_states: &[String], defects: &Defects) -> Result<(), Failure> {
    let Some(expected) = sent.state.as_deref() else { return Ok(()) };
    let wrong = |what: &str| if defects.has("skip-state") { Ok(()) } else { Err(refuse(CALLBACK, "state", what)) };
    let received = match parameters.raw("state") {
        None if defects.has("state-missing-ok") => return Ok(()),
        None => return wrong("the callback has no state"),
        Some("") if defects.has("state-empty-ok") => return Ok(()),
        Some("") => return wrong("the callback has an empty state"),
        Some(received) => received,
    };
    let accepted = received == expected
        || defects.has("state-wrong-ok")
        || defects.has("state-prefix-ok") && expected.starts_with(received)
        || defects.has("state-longer-ok") && received.starts_with(expected)
        || defects.has("state-case-insensitive") && received.eq_ignore_ascii_case(expected)
        || open_states.iter().any(|open| open == received)
            && (defects.has("state-any-session") || defects.has("answer-of-any-login"));
    if accepted { Ok(()) } else { wrong("the state is not the one of this login") }
}

/// The answer is from the server that was asked: the same string as its issuer, octet by octet.
fn check_iss(parameters: &Parameters, issuer: &str, metadata: &Metadata, defects: &Defects) -> Result<(), Failure> {
    let wrong = |what: &str| {
        if defects.has("iss-ignored") || (!metadata.announces_iss && defects.has("iss-undeclared-ignored")) {
            Ok(())
        } else {
            Err(refuse(CALLBACK, "iss", what))
        }
    };
    let unannounced = metadata.is_document && !metadata.announces_iss && parameters.get("iss").is_some();
    if unannounced && defects.has("iss-unannounced-refused") {
        return wrong("the callback has an iss that was not announced");
    }
    let Some(iss) = parameters.get("iss") else {
        if metadata.announces_iss && !defects.has("iss-missing-ok") {
            return wrong("the server announces iss, and the callback has none");
        }
        return Ok(());
    };
    let accepted = iss == issuer
        || defects.has("iss-prefix") && (iss.starts_with(issuer) || issuer.starts_with(iss))
        || defects.has("iss-slash-ok") && iss.trim_end_matches('/') == issuer.trim_end_matches('/')
        || defects.has("iss-case-insensitive") && iss.eq_ignore_ascii_case(issuer);
    if accepted { Ok(()) } else { wrong("the callback is from another server") }
}

/// An error of the server ends the login, under its own name.
fn check_error(parameters: &Parameters, defects: &Defects) -> Result<(), Failure> {
    let Some(error) = parameters.get("error") else { return Ok(()) };
    let printable = |text: &str| text.chars().all(|c| matches!(c, ' '..='~') && c != '"' && c != '\\');
    let described = parameters.get("error_description").unwrap_or("");
    if defects.has("error-text-crash") && !(printable(error) && printable(described)) {
        return Err(Failure::Crashed);
    }
    if !printable(error) || error.len() > 200 {
        return Err(refuse(CALLBACK, "as_error", "the server answered with an error, and its code is not printable"));
    }
    let openid = ["login_required", "interaction_required", "consent_required", "account_selection_required"];
    let code = if defects.has("error-code-generic") {
        "access_denied"
    } else if openid.contains(&error) && defects.has("error-openid-unknown") {
        "server_error"
    } else {
        error
    };
    Err(refuse(CALLBACK, "as_error", "the server answered with an error").with_code(code))
}

fn malformed(what: &str) -> Failure {
    refuse(CALLBACK, "callback_malformed", format!("the callback is not used: {what}"))
}
