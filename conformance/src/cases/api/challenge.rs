//! What the API says of a request that it denies: RFC 6750 section 3, RFC 9470 section 3, RFC 9728 section 5.1.

use proofkey_authority::lie::{IdTokenEdit, JsonEdit};

use super::DENY;
use crate::api_request::{ACR, ApiRequest, SCOPE};
use crate::case::{Case, Check, Expect};
use crate::challenge::{challenges, parameter, scheme};
use crate::transcript::Transcript;

const METADATA: &str = "https://api.example/.well-known/oauth-protected-resource";

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let with = |edit: JsonEdit| ApiRequest::bearer().token([IdTokenEdit::Claim(edit)]);
    let without_token = || ApiRequest::bearer().headers([]);
    let expired = || with(JsonEdit::set_time("exp", -3600));
    let said = |id, rows, about, status, code, mutants, request| {
        Case::api(id, rows, about, Expect::Deny(Some((status, code))), mutants, [request])
    };
    // RFC 9470 section 3 defines the error and its parameters, and has no MUST for the API that answers by them.
    let step_up = |id, about, mutants, request, check: Check| {
        said(id, &["SU-03"], about, 401, "insufficient_user_authentication", mutants, request).and(check).should()
    };
    vec![
        Case::api("AT-08/challenge", &["AT-08"],
            "A request without a token gets status 401 and a challenge with the scheme Bearer.", DENY,
            &["api-challenge-missing", "api-anonymous-403", "api-anonymous-ok"], [without_token()])
            .and(|seen| {
                let status = seen.answers.last().map_or(0, |answer| answer.message["status"].as_u64().unwrap_or_default());
                match last_challenges(seen).iter().any(|challenge| scheme(challenge).eq_ignore_ascii_case("Bearer")) {
                    true if status == 401 => Ok(()),
                    is_there => Err(format!("expected: 401 with a Bearer challenge; seen: {status}, challenge: {is_there}")),
                }
            }),
        // Section 3.1: SHOULD NOT.
        said("AT-08/no-error-code", &["AT-08"], "The challenge of a request without a token has no error code.", 401, "",
            &["api-challenge-error-always", "api-anonymous-403", "api-anonymous-ok"], without_token()).should(),
        said("AT-09/invalid-token", &["AT-09", "AT-03"], "A token that has expired: invalid_token, 401.", 401, "invalid_token",
            &["api-challenge-missing", "api-code-missing", "api-exp-ignored"], expired()).should(),
        said("AT-09/insufficient-scope", &["AT-09", "RS-01"],
            "A token that lacks the scope: insufficient_scope, 403.", 403, "insufficient_scope",
            &["api-challenge-missing", "api-code-missing", "api-scope-401", "api-scope-ignored"],
            with(JsonEdit::set("scope", "notes.list"))).config("scope", SCOPE).should(),
        said("AT-09/invalid-request", &["AT-09"], "Two Authorization headers: invalid_request, 400.", 400,
            "invalid_request",
            &["api-challenge-missing", "api-code-missing", "api-two-fields-ok"],
            ApiRequest::bearer().headers([("Authorization", "Bearer {token}"), ("Authorization", "Bearer {token}")])).should(),
        Case::api("RS-03/resource-metadata", &["RS-03", "AT-08"],
            "The challenge names the API's metadata, in which a client finds the issuer.",
            DENY, &["api-metadata-missing", "api-challenge-missing", "api-anonymous-ok"], [without_token()])
            .config("resource_metadata", METADATA)
            .and(|seen| match last_challenges(seen).iter().any(|one| parameter(one, "resource_metadata") == Some(METADATA)) {
                true => Ok(()),
                false => Err("expected: resource_metadata as it was configured; seen: another, or none".into()),
            })
            .should(),
        step_up("SU-03/acr-other",
            "The user was authenticated by another class than the API demands: the challenge names the demanded one.",
            &["api-acr-ignored", "api-step-up-unnamed", "api-challenge-missing", "api-code-missing"],
            with(JsonEdit::set("acr", "urn:example:silver")),
            |seen| named(seen, "acr_values", ACR)).config("acr_values", ACR),
        step_up("SU-03/acr-missing",
            "The token does not say how the user was authenticated, and the API demands a class.",
            &["api-acr-ignored", "api-step-up-unnamed", "api-challenge-missing", "api-code-missing"], with(JsonEdit::remove("acr")),
            |seen| named(seen, "acr_values", ACR)).config("acr_values", ACR),
        step_up("SU-03/too-long-ago",
            "The user was authenticated longer ago than the API permits: the challenge has the maximum age.",
            &["api-max-age-ignored", "api-step-up-unnamed", "api-challenge-missing", "api-code-missing"],
            with(JsonEdit::set_time("auth_time", -3600)),
            |seen| named(seen, "max_age", "600")).config("max_age", 600),
    ]
}

fn last_challenges(seen: &Transcript) -> Vec<String> {
    seen.answers.last().into_iter().flat_map(challenges).collect()
}

/// The challenge asks for this.
fn named(seen: &Transcript, name: &str, value: &str) -> Result<(), String> {
    match last_challenges(seen).iter().find_map(|challenge| parameter(challenge, name)) {
        Some(seen) if seen == value => Ok(()),
        other => Err(format!("expected: {name}={value:?} in the challenge; seen: {}", other.unwrap_or("none"))),
    }
}
