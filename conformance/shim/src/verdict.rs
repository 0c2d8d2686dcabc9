//! Maps each error of `proofkey`, by its stable code, to a stage and a class of the protocol.

use proofkey::authorize::{Deviation, Deviations};
use proofkey::token::TokenExchangeError;
use proofkey::{LoginError, Stage};
use serde_json::{Value, json};

pub(crate) fn refusal(error: &LoginError) -> Value {
    let stage = match error.stage() {
        Stage::Discovery => "discovery",
        Stage::Setup | Stage::Begin => "authorize",
        Stage::Callback => "callback",
        Stage::Exchange | Stage::Device | Stage::ClientCredentials => "token",
        Stage::IdToken => "id_token",
        Stage::Refresh => "refresh",
        Stage::UserInfo => "userinfo",
        Stage::Revocation => "revoke",
        _ => "token",
    };
    let deviations = error.deviations();
    json!({"ok": false, "stage": stage, "class": class(error), "code": error.server_error(),
        "deviations": listed(deviations), "detail": error.to_string()})
}

/// The refusal of a token exchange, which is no step of a login.
pub(crate) fn exchange_refusal(error: &TokenExchangeError) -> Value {
    let class = match error.code() {
        "token_refused" | "token_error_with_success" => "token_error",
        "token_type_missing" | "token_type_unknown" | "token_issued_type" => "token_type",
        "token_redirected" => "redirect",
        "transport_timeout" => "timeout",
        code if code == "token_unexpected_status" || code.starts_with("transport_") => "token_http",
        _ => "token_malformed",
    };
    json!({"ok": false, "stage": "token", "class": class, "code": error.server_error(), "detail": error.to_string()})
}

fn class(error: &LoginError) -> &'static str {
    let code = error.code();
    match code {
        "callback_state_missing" | "callback_state_mismatch" | "callback_expired" => return "state",
        "callback_iss_missing" | "callback_iss_mismatch" => return "iss",
        "callback_address_mismatch" => return "redirect",
        "callback_refused" => return "as_error",
        "discovery_issuer_mismatch" | "login_another" | "token_request_another_issuer" => return "issuer",
        "request_s256_not_supported" | "request_pkce_not_announced" => return "pkce",
        "token_refused" | "token_error_with_success" => return "token_error",
        "transport_timeout" | "token_request_device_expired" => return "timeout",
        "transport_tls" | "transport_https_required" => return "tls",
        "token_redirected" => return "redirect",
        "token_type_missing" | "token_type_unknown" => return "token_type",
        "token_not_bound" => return "dpop",
        "token_request_signing_algorithm" => return "config",
        "token_subject_mismatch" => return "userinfo_sub",
        "id_token_typ_mismatch" | "logout_token_typ_mismatch" => return "typ",
        "jws_algorithm_not_accepted" => return "alg",
        "jws_key_not_found" | "jws_key_skipped" | "jws_too_many_keys" | "jws_key_of_another_issuer" => return "key",
        "jws_bad_signature" => return "signature",
        "jwt_b64_unsupported" => return "crit",
        _ => {}
    }
    if matches!(error, LoginError::LogoutToken(_)) {
        return id_token_class(error, code);
    }
    match error.stage() {
        Stage::Discovery => "discovery",
        // The server answered when the request was pushed, or codes were asked for.
        Stage::Begin if code == "token_unexpected_status" || code.starts_with("transport_") => "token_http",
        Stage::Begin if code.starts_with("token_") && !code.starts_with("token_request_") => "token_malformed",
        Stage::Setup | Stage::Begin | Stage::Logout => "config",
        Stage::Callback => "callback_malformed",
        Stage::IdToken => id_token_class(error, code),
        Stage::UserInfo if matches!(error, LoginError::SignedUserInfo(_)) => id_token_class(error, code),
        _ => match code {
            "token_unexpected_status" => "token_http",
            _ if code.starts_with("transport_") => "token_http",
            _ => "token_malformed",
        },
    }
}

fn id_token_class(error: &LoginError, code: &str) -> &'static str {
    if matches!(error, LoginError::Keys(_)) {
        return "key";
    }
    const CLAIMS: [(&str, &str); 18] = [
        ("jwt_alg_", "alg"),
        ("jwt_crit_", "crit"),
        ("id_token_iss_", "claim_iss"),
        ("id_token_tid_", "claim_iss"),
        ("id_token_sub_", "claim_sub"),
        ("id_token_aud_", "claim_aud"),
        ("id_token_azp_", "claim_azp"),
        ("id_token_exp_", "claim_exp"),
        ("id_token_nbf_", "claim_nbf"),
        ("id_token_iat_", "claim_iat"),
        ("id_token_nonce_", "claim_nonce"),
        ("id_token_acr_", "claim_acr"),
        ("id_token_auth_time_", "claim_auth_time"),
        ("id_token_at_hash_", "at_hash"),
        ("id_token_c_hash_", "c_hash"),
        // Of a logout token, which is read by the same rules.
        ("id_token_sid_", "claim_sub"),
        ("id_token_jti_", "claim_jti"),
        ("id_token_events_", "claim_events"),
    ];
    let code = match code.strip_prefix("signed_userinfo_") {
        Some(rest) if rest.starts_with("sub_") => return "userinfo_sub",
        Some(rest) => &format!("id_token_{rest}"),
        None => match code.strip_prefix("logout_token_") {
            Some(rest) => &format!("id_token_{rest}"),
            None => code,
        },
    };
    let claim = CLAIMS.iter().find(|(prefix, _)| code.starts_with(prefix));
    claim.map_or("jwt_malformed", |(_, class)| class)
}

/// The codes, in order.
pub(crate) fn listed(deviations: Deviations) -> Value {
    deviations.iter().map(Deviation::name).collect()
}
