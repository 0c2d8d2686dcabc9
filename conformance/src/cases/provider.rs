//! What large providers do: each way twice, once at a server of which nothing is known, and once where the client knows
//! the provider, goes along, and says so. The threads in which each was reported stand in the rows and in each case.
//!
//! What a login does not meet has no case: parameters that only the provider has (`access_type`), device grants,
//! consoles that want another redirect URI, an `Origin` for pages in a browser, DPoP, and the rotation of refresh
//! tokens.

mod auth0;
mod entra;
mod further;
mod github;
mod google;
mod keycloak;
mod linkedin;
mod okta;

use std::collections::BTreeSet;

use proofkey_authority::lie::{JsonEdit, ResponseEdit};
use proofkey_authority::{Endpoint, Lie};
use serde_json::Value;

use super::{refuse_after, without_faults};
use crate::case::{Case, Expect, Profile};
use crate::transcript::Transcript;

/// What a client does wrong that knows nothing of the provider, or does not say what it did, or says more.
const KNOWN: &[&str] = &["provider-ignored", "deviation-unlisted", "deviation-always-listed"];

/// The same where all that is known of the provider was needed.
const ALL_NEEDED: &[&str] = &["provider-ignored", "deviation-unlisted"];

pub(super) fn cases() -> Vec<Case> {
    [
        auth0::cases(),
        google::cases(),
        github::cases(),
        entra::cases(),
        okta::cases(),
        keycloak::cases(),
        linkedin::cases(),
        further::cases(),
        needless(),
        foreign(),
    ]
    .concat()
}

/// The same case where the provider is known.
fn known(
    case: &Case,
    id: &'static str,
    provider: &'static str,
    expect: Expect,
    mutants: &'static [&'static str],
) -> Case {
    Case { id, expect, mutants, ..case.clone() }.known("provider", provider)
}

/// The answer told of just these.
fn told(seen: &Transcript, codes: &[&str]) -> Result<(), String> {
    let answer = seen.answers.last().map_or(&Value::Null, |answer| &answer.message);
    let told: Vec<&str> = answer["deviations"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if told.len() == codes.len() && told.iter().collect::<BTreeSet<_>>() == codes.iter().collect() {
        return Ok(());
    }
    Err(format!("expected: deviations {codes:?}; seen: {told:?}"))
}

/// Whether the last answer is a success, and then the value of a member of it.
fn success<'a>(seen: &'a Transcript, member: &str) -> Option<&'a Value> {
    seen.answers.last().filter(|answer| answer.is_ok()).map(|answer| &answer.message[member])
}

/// A provider that, today, keeps to the specifications: there is nothing to tell. Keycloak always does.
/// The metadata do not announce PKCE.
fn silent() -> Lie {
    Lie::metadata([JsonEdit::remove("code_challenge_methods_supported")])
}

fn needless() -> Vec<Case> {
    let case = |id, provider| {
        let about = "The provider is known and follows the specifications: the client reports no deviation.";
        Case::new(id, &["PV-30"], "token", about, Expect::Accept(|seen| told(seen, &[])), &["deviation-always-listed"])
            .known("provider", provider)
    };
    vec![
        case("PV-30/auth0-not-needed", "auth0"),
        case("PV-30/google-not-needed", "google"),
        case("PV-30/github-not-needed", "github"),
        case("PV-30/entra-not-needed", "entra"),
        case("PV-30/okta-not-needed", "okta"),
        case("PV-30/apple-not-needed", "apple"),
        case("PV-30/slack-not-needed", "slack"),
        case("PV-30/cognito-not-needed", "cognito"),
        case("PV-30/b2c-not-needed", "b2c"),
        case("PV-30/adfs-not-needed", "adfs"),
        case("PV-30/salesforce-not-needed", "salesforce"),
        case("PV-30/discord-not-needed", "discord"),
        case("PV-30/twitch-not-needed", "twitch"),
        case("PV-30/amazon-not-needed", "amazon"),
    ]
}

/// What one provider does is not forgiven another.
fn foreign() -> Vec<Case> {
    let case = |id, rows, about, provider, classes, lie| {
        Case::new(id, rows, "token", about, refuse_after(classes), &["provider-too-lenient"])
            .lie(lie)
            .known("provider", provider)
            .and(|seen| told(seen, &[]))
    };
    let form = |id, about, provider| {
        let lie = Lie::response(Endpoint::Token, [ResponseEdit::FormEncoded]);
        case(id, &["PV-30", "OA-41"], about, provider, &["token_malformed", "token_http"], lie)
    };
    let life = |id, about, provider| {
        let lie = Lie::token_response([JsonEdit::set("expires_in", "3599")]);
        case(id, &["PV-30", "OA-39"], about, provider, &["token_malformed"], lie)
    };
    vec![
        case(
            "PV-30/google-without-a-nonce",
            &["PV-30", "ID-21"],
            "Google returns the nonce.",
            "google",
            &["claim_nonce"],
            Lie::claims([JsonEdit::remove("nonce")]),
        )
        .profile(Profile::OpenId),
        case(
            "PV-30/apple-without-an-access-token",
            &["PV-30", "OA-38"],
            "Apple issues access tokens.",
            "apple",
            &["token_malformed"],
            Lie::Together(vec![
                Lie::token_response([JsonEdit::remove("access_token")]),
                Lie::claims([JsonEdit::remove("at_hash")]),
            ]),
        )
        .profile(Profile::OpenId),
        case(
            "PV-30/github-scope-array",
            &["PV-30", "PV-35"],
            "GitHub returns the granted scope as a string.",
            "github",
            &["token_malformed"],
            Lie::token_response([JsonEdit::set("scope", serde_json::json!(["repo"]))]),
        ),
        form("PV-30/auth0-form-body", "Auth0 does not return forms.", "auth0"),
        form("PV-30/entra-form-body", "Entra does not return forms.", "entra"),
        form("PV-30/okta-form-body", "Okta does not return forms.", "okta"),
        form("PV-30/keycloak-form-body", "Keycloak does not return forms.", "keycloak"),
        life("PV-30/github-lifetime-string", "GitHub returns expires_in as a number.", "github"),
        life("PV-30/google-lifetime-string", "Google returns expires_in as a number.", "google"),
    ]
}

/// The refusal is known by the server's code, and needed this to be read.
fn refused_as(code: &'static str) -> Expect {
    Expect::Refuse { classes: &["token_error"], token_requests: 1, code: Some(code) }
}
