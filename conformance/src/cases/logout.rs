//! The end of the session at the server: OpenID Connect RP-Initiated Logout 1.0.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proofkey_authority::{Endpoint, Exchange};
use serde_json::Value;

use super::{refuse_after, without_faults};
use crate::case::{Case, Expect, Profile, Step};
use crate::tamper::Tamper;
use crate::transcript::Transcript;

const ROWS: &[&str] = &["LO-02"];

/// Where the browser is to come back to, as it is registered.
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:8091/goodbye";

pub(super) fn cases() -> Vec<Case> {
    let case =
        |id, about, expect, mutants| Case::new(id, ROWS, "logout", about, expect, mutants).profile(Profile::OpenId);
    let honest = || Step::Logout("f1", Vec::new());
    let tampered = |id, about, tamper| {
        case(id, about, refuse_after(&["state"]), &["logout-state-ignored", "logout-state-missing"])
            .then(Step::Logout("f1", vec![tamper]))
            .should()
    };
    vec![
        case(
            "LO-02/redirect-uri",
            "The logout request has the redirect URI, byte for byte as registered.",
            Expect::Accept(|seen| {
                let request = request(seen)?;
                match request.query("post_logout_redirect_uri") {
                    Some(REDIRECT_URI) => without_faults(seen, &["logout_redirect_unregistered"]),
                    _ => Err("expected: the redirect URI as registered; seen: another, or none".into()),
                }
            }),
            &["logout-redirect-altered"],
        )
        .then(honest()),
        case(
            "LO-02/id-token-hint",
            "The logout request has the ID token of the login as a hint.",
            Expect::Accept(|seen| {
                let _ = hint(seen)?;
                without_faults(seen, &["logout_hint_unknown"])
            }),
            &["logout-hint-missing"],
        )
        .then(honest())
        .should(),
        case(
            "LO-02/hint-of-its-own-login",
            "Another user has signed in meanwhile: the hint is the ID token of the login that ends.",
            Expect::Accept(|seen| match hint(seen)?["sub"].as_str() {
                Some("auth0|john") => Ok(()),
                _ => Err("expected: the ID token of the login that ends; seen: another's".into()),
            }),
            &["logout-hint-of-latest", "logout-hint-missing"],
        )
        .then(Step::BeginAs("f2", "auth0|mallory"))
        .then(Step::Deliver("f2", Vec::new()))
        .then(honest())
        // The hint is RECOMMENDED, and a hint.
        .should(),
        tampered("LO-02/state-wrong", "The browser returns with another state.", Tamper::Set("state", "forged")),
        tampered("LO-02/state-removed", "The browser returns without the state.", Tamper::Remove("state")),
    ]
}

/// The one logout request.
fn request(seen: &Transcript) -> Result<Exchange, String> {
    let mut requests = seen.wire.at(Endpoint::EndSession);
    match (requests.pop(), requests.len()) {
        (Some(request), 0) => Ok(request),
        (last, before) => Err(format!("expected: one logout request; seen: {}", before + usize::from(last.is_some()))),
    }
}

/// The claims of the ID token in the logout request.
fn hint(seen: &Transcript) -> Result<Value, String> {
    let request = request(seen)?;
    let token = request.query("id_token_hint").ok_or("expected: an id_token_hint; seen: none")?;
    let claims = token.split('.').nth(1).and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok());
    claims.and_then(|claims| serde_json::from_slice(&claims).ok()).ok_or_else(|| "the hint is no JWT".to_owned())
}
