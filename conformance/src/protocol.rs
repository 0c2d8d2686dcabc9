//! The words of the shim protocol, as PORTING.md lists them.

/// What a shim can claim.
pub(crate) const CAPABILITIES: &[&str] = &[
    "code",
    "pkce_s256",
    "iss",
    "redirect_per_issuer",
    "oidc",
    "openid_always",
    "discovery",
    "parallel",
    "loopback",
    "secret_basic",
    "secret_post",
    "private_key_jwt",
    "client_secret_jwt",
    "fake_clock",
    "trusted_audiences",
    "resource",
    "providers",
    "refresh",
    "userinfo",
    "userinfo_signed",
    "revoke",
    "logout",
    "par",
    "dpop",
    "device",
    "client_credentials",
    "token_exchange",
    "step_up",
    "logout_token",
    "resource_server",
    "resource_server_dpop",
    "reset",
];

/// Where a client can stop.
pub(crate) const STAGES: &[&str] =
    &["discovery", "authorize", "callback", "token", "id_token", "userinfo", "refresh", "revoke", "logout"];

/// Why.
pub(crate) const CLASSES: &[&str] = &[
    "config",
    "discovery",
    "issuer",
    "pkce",
    "state",
    "iss",
    "callback_malformed",
    "as_error",
    "token_http",
    "token_error",
    "token_malformed",
    "token_type",
    "jwt_malformed",
    "alg",
    "key",
    "signature",
    "crit",
    "typ",
    "claim_iss",
    "claim_aud",
    "claim_azp",
    "claim_exp",
    "claim_nbf",
    "claim_iat",
    "claim_nonce",
    "claim_sub",
    "claim_auth_time",
    "claim_acr",
    "claim_events",
    "claim_jti",
    "at_hash",
    "c_hash",
    "userinfo_sub",
    "dpop",
    "tls",
    "redirect",
    "timeout",
    "other",
];

/// Whether a refusal of this class is among those that a case accepts. A library may read the ID token while it reads
/// the token response: an ID token that cannot be read is then a token response that cannot be.
pub(crate) fn accepts(classes: &[&str], class: &str) -> bool {
    classes.contains(&class) || (class == "token_malformed" && classes.contains(&"jwt_malformed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Expect;

    #[test]
    fn cases_accept_classes_that_exist_and_need_capabilities_that_exist() {
        for case in crate::cases::all() {
            if let Expect::Refuse { classes, .. } | Expect::Choice(classes) = case.expect {
                assert!(classes.iter().all(|class| CLASSES.contains(class)), "{}: {classes:?}", case.id);
            }
            for need in case.needs() {
                assert!(need.split('|').all(|need| CAPABILITIES.contains(&need)), "{}: {need}", case.id);
            }
            assert!(STAGES.contains(&case.stage) || case.guards, "{}: {}", case.id, case.stage);
        }
    }

    #[test]
    fn the_page_for_porters_has_every_word() {
        let page = include_str!("../PORTING.md");
        for word in [CAPABILITIES, STAGES, CLASSES].concat() {
            assert!(page.contains(&format!("`{word}`")), "{word}");
        }
    }

    #[test]
    fn an_id_token_read_with_the_response() {
        assert!(accepts(&["claim_iss", "jwt_malformed"], "token_malformed"));
        assert!(!accepts(&["claim_iss"], "token_malformed"));
    }
}
