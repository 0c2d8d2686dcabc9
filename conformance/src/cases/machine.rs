//! Tokens without a browser: RFC 6749 section 4.4, RFC 8693.

use proofkey_authority::lie::{JsonEdit, When};
use proofkey_authority::{Lie, Setup};

use super::{refuse_after, without_faults};
use crate::case::{Case, Expect, Profile, Step};

pub(super) fn cases() -> Vec<Case> {
    let setup = || Setup { machine: true, ..Setup::witness() };
    let machine = |id, rows, about, expect, mutants| {
        let case = Case::new(id, rows, "token", about, expect, mutants).setup(setup()).profile(Profile::Basic);
        case.steps([Step::Grant("client_credentials", "m1")])
    };
    let exchanged = |id, about, expect, mutants, edits: Vec<JsonEdit>| {
        let case = Case::new(id, &["TX-01"], "token", about, expect, mutants).setup(setup()).profile(Profile::Basic);
        case.lie(Lie::token_response(edits).only(When::AfterFirst)).then(Step::Grant("token_exchange", "f1"))
    };
    // Section 2.2.1 requires the member of the server, and leaves to the client what to make of it.
    let issued = Expect::Choice(&["token_type", "token_malformed"]);
    let kind = |name: &str| format!("urn:ietf:params:oauth:token-type:{name}");
    vec![
        machine(
            "OA-11/machine",
            &["OA-11"],
            "The client credentials grant: the client authenticates.",
            Expect::Accept(|seen| without_faults(seen, &["client_authentication", "two_authentications"])),
            &["machine-unauthenticated"],
        ),
        machine(
            "OA-36/machine",
            &["OA-36"],
            "The client credentials grant: the token has another type.",
            refuse_after(&["token_type"]),
            &["token-type-ignored"],
        )
        .lie(Lie::token_response([JsonEdit::set("token_type", "mac")])),
        exchanged(
            "TX-01/another-type",
            "An access token was requested, and a refresh token was issued.",
            issued,
            &["issued-type-unchecked"],
            vec![JsonEdit::set("issued_token_type", kind("refresh_token"))],
        ),
        exchanged(
            "TX-01/type-missing",
            "The response does not say what was issued.",
            issued,
            &["issued-type-unchecked"],
            vec![JsonEdit::remove("issued_token_type")],
        ),
        exchanged(
            "TX-01/not-applicable",
            "The new token is of the type N_A: it gives no access.",
            // RFC 6749 section 7.1: the client MUST NOT use a token whose type it does not understand.
            Expect::Refuse { classes: &["token_type"], token_requests: 2, code: None },
            &["exchanged-type-unchecked", "token-type-ignored"],
            vec![JsonEdit::set("token_type", "N_A")],
        ),
    ]
}
