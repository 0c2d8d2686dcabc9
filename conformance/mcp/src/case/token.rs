//! What becomes of the token: refresh, further scopes, another server.

use proofkey_authority::Lie;
use proofkey_authority::lie::{JsonEdit, When};

use super::{Case, honest};
use crate::place::Twist;
use crate::play::Seen;

const STEP_UP: &str = "Step-Up Authorization Flow";

pub(super) fn cases() -> Vec<Case> {
    let endless = |id, twist, what| Case { twist, ..honest(id, "SHOULD", STEP_UP, what, Seen::gave_up, "endless") };
    vec![
        Case {
            twist: Twist::TokenExpires,
            // Some clients refresh by the clock, and some by the refusal.
            lie: Some(Lie::token_response([JsonEdit::set("expires_in", 0)]).only(When::First)),
            ..honest(
                "MC-14/resource-in-the-refresh",
                "MUST",
                "Resource Parameter Implementation",
                "The token expires before the list of tools: the refresh names the server.",
                Seen::refreshed_with_resource,
                "refresh-without-resource",
            )
        },
        Case {
            twist: Twist::MovesAfterLogin,
            ..honest(
                "MC-20/another-authorization-server",
                "MUST",
                "Authorization Server Binding",
                "The MCP server changes its authorization server: the client registers anew, and sends nothing of the first.",
                Seen::started_anew,
                "registration-kept",
            )
        },
        Case {
            twist: Twist::MoreScopes(1),
            ..honest(
                "MC-23/union",
                "SHOULD",
                STEP_UP,
                "A second scope is needed: both are asked for.",
                Seen::asked_for_both_scopes,
                "step-up-forgets",
            )
        },
        endless("MC-24/step-up-without-end", Twist::MoreScopes(usize::MAX), "The server always wants another scope."),
        endless("MC-24/refusals-without-end", Twist::RefusesAlways, "The server refuses every token."),
        honest(
            "MC-25/token-in-the-header",
            "MUST",
            "Token Requirements",
            "Everything is honest: the token is in the header of each request, and in no query.",
            Seen::sent_the_token_in_the_header,
            "token-in-the-query",
        ),
        Case {
            twist: Twist::Redirects,
            ..honest(
                "MC-26/redirect-to-another-origin",
                "MUST NOT",
                "Token Handling",
                "The MCP server redirects to another origin, which must not get the token.",
                Seen::kept_the_token,
                "token-follows-redirects",
            )
        },
    ]
}
