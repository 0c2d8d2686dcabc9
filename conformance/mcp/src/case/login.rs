//! What the user is asked, and what comes back.

use proofkey_authority::Lie;
use proofkey_authority::lie::{JsonEdit, ParamEdit};

use super::{Case, honest};
use crate::place::Twist;
use crate::play::{ERROR_TEXT, Seen};

const RESPONSE: &str = "Authorization Response Validation";
const SCOPES: &str = "Scope Selection Strategy";
const REFRESH_TOKENS: &str = "Refresh Tokens";

pub(super) fn cases() -> Vec<Case> {
    let callback = |id, level, section, what, edits: Vec<ParamEdit>, mutant| Case {
        lie: Some(Lie::callback(edits)),
        is_refusal: true,
        ..honest(id, level, section, what, Seen::is_refused_before_exchange, mutant)
    };
    let iss = |id, what, edit| callback(id, "MUST", RESPONSE, what, vec![edit], "iss-unchecked");
    let state = |id, what, edit| Case {
        may_wait: true,
        ..callback(id, "SHOULD", "Open Redirection", what, vec![edit], "state-unchecked")
    };
    let scope =
        |id, twist, what, verdict| Case { twist, ..honest(id, "SHOULD", SCOPES, what, verdict, "scope-of-the-issuer") };
    vec![
        Case {
            twist: Twist::MovesInLogin,
            ..honest(
                "MC-06/moved-in-the-login",
                "MUST",
                RESPONSE,
                "The metadata name another authorization server while the user is asked: the code is not for that one.",
                Seen::stayed_with_its_server,
                "discovers-again",
            )
        },
        iss(
            "MC-07/iss-of-another",
            "iss of the callback is another issuer.",
            ParamEdit::set("iss", "https://other.example"),
        ),
        iss("MC-07/iss-with-a-slash", "iss of the callback has a slash behind it.", ParamEdit::set("iss", "{issuer}/")),
        iss("MC-07/iss-absent", "iss of the callback is announced, and absent.", ParamEdit::remove("iss")),
        Case {
            lie: Some(Lie::Together(vec![
                Lie::metadata([JsonEdit::remove("authorization_response_iss_parameter_supported")]),
                Lie::callback([ParamEdit::set("iss", "https://other.example")]),
            ])),
            ..iss(
                "MC-07/iss-not-announced",
                "iss of the callback is not announced, and another issuer.",
                ParamEdit::remove("iss"),
            )
        },
        Case {
            level: "MUST NOT",
            ..iss(
                "MC-08/iss-in-capitals",
                "iss of the callback has its scheme in capitals.",
                ParamEdit::set("iss", "{issuer|upper}"),
            )
        },
        Case {
            verdict: Seen::shows_no_error_text,
            ..callback(
                "MC-09/error-of-another-issuer",
                "MUST NOT",
                RESPONSE,
                "An error response has the iss of another issuer.",
                vec![
                    ParamEdit::remove("code"),
                    ParamEdit::set("error", "access_denied"),
                    ParamEdit::set("error_description", ERROR_TEXT),
                    ParamEdit::set("iss", "https://other.example"),
                ],
                "error-before-iss",
            )
        },
        honest(
            "MC-12/s256",
            "MUST",
            "Authorization Code Protection",
            "Everything is honest: the challenge is S256.",
            Seen::sent_s256,
            "plain",
        ),
        honest(
            "MC-13/resource-in-both-requests",
            "MUST",
            "Resource Parameter Implementation",
            "Everything is honest: both requests name the server.",
            Seen::sent_resource,
            "no-resource",
        ),
        scope(
            "MC-22/scope-of-the-challenge",
            Twist::None,
            "Everything is honest: the scope is that of the challenge.",
            Seen::asked_the_challenged_scope,
        ),
        scope(
            "MC-22/scope-of-the-metadata",
            Twist::NoScopeInChallenge,
            "The challenge names no scope: those of the MCP server's metadata are asked for.",
            Seen::asked_the_scopes_of_the_metadata,
        ),
        scope(
            "MC-22/no-scope",
            Twist::NoScope,
            "The MCP server names no scope: none of the authorization server's is asked for.",
            Seen::asked_no_scope,
        ),
        state("MC-27/state-of-another", "state of the callback is another text.", ParamEdit::set("state", "other")),
        state("MC-27/state-absent", "The callback has no state.", ParamEdit::remove("state")),
        Case {
            lie: Some(Lie::metadata([JsonEdit::set("scopes_supported", serde_json::json!(["openid"]))])),
            ..honest(
                "MC-31/offline-access-not-listed",
                "MAY",
                REFRESH_TOKENS,
                "The authorization server does not list offline_access, which is then not asked for.",
                Seen::asked_no_offline_access,
                "offline-access-always",
            )
        },
        Case {
            lie: Some(Lie::token_response([JsonEdit::remove("refresh_token")])),
            ..honest(
                "MC-32/no-refresh-token",
                "MUST NOT",
                REFRESH_TOKENS,
                "No refresh token is issued: the access token is used all the same.",
                Seen::has_access,
                "refresh-token-required",
            )
        },
    ]
}
