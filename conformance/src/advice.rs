//! Advice for the author of a client that fails a case.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::case::{Case, Expect};

/// What a client checks, by the class that it states when the check refuses.
const CHECKS: &[(&str, &str)] = &[
    ("config", "Check the configuration before a browser is sent anywhere, and refuse one that cannot be used."),
    (
        "discovery",
        "Treat the metadata document as untrusted: read it with a size limit, demand a JSON object with the \
      required members, and accept an endpoint only if it is an https URL (or http on loopback where that is allowed).",
    ),
    (
        "issuer",
        "Compare `issuer` of the metadata with the issuer that was configured, byte for byte, and refuse any \
      difference. Do not parse, trim or normalise either value.",
    ),
    (
        "pkce",
        "If the metadata lists `code_challenge_methods_supported` and S256 is not in it, refuse to begin. Never \
      fall back to `plain` or to no challenge.",
    ),
    (
        "state",
        "Compare `state` of the callback with the one stored in this browser session, byte for byte, before \
      anything else is read. Refuse when it is missing, empty, different, of another session, or already used. Send \
      nothing to the token endpoint in that case.",
    ),
    (
        "iss",
        "Compare `iss` of the callback with the issuer of the server that the login began at, byte for byte, on \
      success and on error. If the server announces `authorization_response_iss_parameter_supported`, a missing `iss` \
      is refused, too. Do this before the token request.",
    ),
    (
        "callback_malformed",
        "Parse the callback's query strictly: valid percent-encoding, each known parameter at most \
      once, a `code` or an `error`, and at the registered redirect URI only.",
    ),
    ("as_error", "Report the server's `error` as such, with its code. Do not redeem a code that arrives with it."),
    (
        "token_http",
        "Treat a response without a readable OAuth document as a failure. Do not send the code a second time.",
    ),
    ("token_error", "Read `error` from the JSON of an unsuccessful token response, report its code, and do not retry."),
    (
        "token_malformed",
        "Check the token response before it is used: status 200, JSON, `access_token` and `token_type` \
      non-empty strings, `expires_in` a number that is not negative, and a size limit.",
    ),
    (
        "token_type",
        "Accept a token only if its `token_type` is one that the client supports; compare without regard to case.",
    ),
    (
        "jwt_malformed",
        "Parse the ID token strictly: three segments of base64url without padding, a JSON object as \
      header and as claims, no repeated member.",
    ),
    (
        "alg",
        "Compare `alg` of the header with the algorithms agreed at registration. The header never chooses the \
      algorithm; `none` is never acceptable.",
    ),
    (
        "key",
        "Choose the key from the issuer's own JWK set by `kid`, and check that its type, `use`, `key_ops` and `alg` \
      permit verification. Never use a key that the token carries or points to.",
    ),
    ("signature", "Verify the signature with the issuer's published key before any claim is used."),
    ("crit", "Refuse a token whose `crit` names an extension that the client does not implement."),
    ("typ", "Refuse a token whose `typ` says that it is not an ID token."),
    ("claim_iss", "Compare `iss` of the ID token with the issuer, byte for byte."),
    (
        "claim_aud",
        "Accept an ID token only if `aud` contains the client id, and nothing that the client does not trust.",
    ),
    ("claim_azp", "If `azp` is present, compare it with the client id."),
    ("claim_exp", "Demand `exp`, a number, and refuse a token at or after that time (plus the agreed leeway)."),
    ("claim_nbf", "Refuse an ID token before its `nbf` (less the agreed leeway)."),
    ("claim_iat", "Demand `iat`, a number, and refuse one that lies in the future or too far in the past."),
    (
        "claim_nonce",
        "Compare `nonce` of the ID token with the one stored in this browser session, byte for byte. A \
      missing one is refused when one was sent.",
    ),
    (
        "claim_sub",
        "Demand `sub`, a non-empty string of at most 255 ASCII characters; after a refresh it must not change.",
    ),
    ("claim_auth_time", "When `max_age` was sent, demand `auth_time` and compare it with the clock."),
    ("claim_acr", "When `acr_values` was sent and an `acr` is required, compare `acr` with the requested values."),
    (
        "at_hash",
        "Compute the left half of the access token's hash, by the hash of the ID token's `alg`, and compare it \
      with `at_hash`.",
    ),
    (
        "c_hash",
        "Compute the left half of the code's hash, by the hash of the ID token's `alg`, and compare it with `c_hash`.",
    ),
    (
        "userinfo_sub",
        "Compare `sub` of the userinfo response with `sub` of the ID token, and discard the response when \
      they differ.",
    ),
    (
        "tls",
        "Validate the server's certificate: chain, host name and dates. Send no request over a connection that \
      failed validation, nor over http where https is required.",
    ),
    (
        "dpop",
        "Where a bound token was requested, accept one only if `token_type` is `DPoP`, after a refresh as well. After \
      `use_dpop_nonce` send the request once more, with the nonce, and not again.",
    ),
    ("redirect", "Switch off redirects in the HTTP client for every request that carries a code, a secret or a token."),
    ("timeout", "Set a deadline for the whole of each request, not only for its first byte."),
];

/// What a client does right, by the case's stage, where it is not about a refusal.
const STAGES: &[(&str, &str)] = &[
    ("authorize", "Look at the authorization request in the log: compare its parameters with the requirement above."),
    ("callback", "Look at the callback that the client received: it must be accepted as it is."),
    (
        "token",
        "Look at the token request and its response in the log: the request must meet the requirement, and the \
      response is valid.",
    ),
    ("id_token", "The ID token in the log is valid. Find the check of the client that refuses it."),
    ("refresh", "Look at the refresh request and its response in the log."),
    ("userinfo", "Look at the userinfo request and its response in the log."),
    ("logout", "Look at the logout request in the log: compare its parameters with the requirement above."),
    ("revoke", "Look at the revocation request and its response in the log."),
    ("discovery", "The metadata document in the log is valid. Find the check of the client that refuses it."),
    (
        "request",
        "Look at the request and the response in the log. Admit a request only after every check of its access token: \
      type `at+jwt`, issuer, audience, signature by a key of the issuer, `exp`, and the required scope. If the token \
      is bound to a key, demand a proof of that key with the scheme `DPoP`.",
    ),
];

/// What a client does right, by the family of the row, where that says more than the stage.
const FAMILIES: &[(&str, &str)] = &[
    (
        "CA",
        "Create an assertion for each request, also for a retry: `iss` and `sub` are the client id, `aud` is the \
      configured issuer alone, whichever endpoint receives it, `jti` is random, `exp` is a minute ahead, and `typ` is \
      `client-authentication+jwt`. Sign it with the registered key, and send no secret with it.",
    ),
    (
        "DP",
        "Create a proof for each request, also for a retry, with the one key of the login: `htm` and `htu` of this \
      request (`htu` without query), a random `jti`, `iat` now in seconds, `ath` if there is an access token, and the \
      newest nonce that this server issued for this purpose.",
    ),
];

/// What to do about this case, or about what this probe found.
pub(crate) fn of(id: &str) -> Option<&'static str> {
    static ADVICE: LazyLock<HashMap<&str, &str>> =
        LazyLock::new(|| crate::cases::all().iter().filter_map(|case| Some((case.id, about(case)?))).collect());
    ADVICE.get(id).copied().or_else(|| crate::probe::advice(id))
}

fn about(case: &Case) -> Option<&'static str> {
    let classes: &[&str] = match case.expect {
        Expect::Refuse { classes, .. } | Expect::Choice(classes) => classes,
        _ => &[],
    };
    if case.guards {
        return found(STAGES, case.stage);
    }
    let of_class = classes.iter().find_map(|class| found(CHECKS, class));
    let family = case.id.split('-').next().unwrap_or_default();
    of_class.or_else(|| found(FAMILIES, family)).or_else(|| found(STAGES, case.stage))
}

fn found(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == name).map(|(_, advice)| *advice)
}

/// What the client must do in this case, as a sentence.
pub(crate) fn expectation(case: &Case) -> String {
    match case.expect {
        Expect::Refuse { classes, token_requests, code } => {
            let code = code.map_or_else(String::new, |code| format!(", report the server's code `{code}`"));
            format!("refuse, with class {}{code}, after at most {token_requests} token requests", classes.join(" or "))
        }
        Expect::Choice(classes) => {
            format!("accept, or refuse with class {}; the report states which", classes.join(" or "))
        }
        Expect::Deny(None) => "deny the last request with a status from 400 to 499".to_owned(),
        Expect::Deny(Some((status, ""))) => {
            format!("deny the last request with status {status} and without an error code")
        }
        Expect::Deny(Some((status, error))) => {
            format!("deny the last request with status {status} and the error code `{error}`")
        }
        Expect::Accept(_) if case.guards => "admit the last request".to_owned(),
        Expect::Accept(_) => "log in, with requests that meet the requirement".to_owned(),
        Expect::Wire(_) => "log in or refuse; its requests must meet the requirement".to_owned(),
        Expect::Policy(_) => "choose; the report states the choice".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_has_advice() {
        for case in crate::cases::all() {
            assert!(of(case.id).is_some(), "{} ({}, {:?})", case.id, case.stage, case.expect);
        }
        assert_eq!(of("OA-48/no-such-case"), None);
    }
}
