//! Errors in the place of a code: OpenID Connect Core section 3.1.2.6.

use proofkey_authority::Lie;

use crate::case::{Case, Expect, Profile};

pub(super) fn cases() -> Vec<Case> {
    let told = |id, about, error: &'static str| {
        let refuse = Expect::Refuse { classes: &["as_error"], token_requests: 0, code: Some(error) };
        Case::new(id, &["ID-04"], "callback", about, refuse, &["error-openid-unknown", "error-code-generic"])
            .profile(Profile::OpenId)
            .lie(Lie::refusal(error))
    };
    vec![
        told("ID-04/login", "The server answers that the user must sign in first.", "login_required"),
        told("ID-04/interaction", "The server answers that it must show a page first.", "interaction_required"),
        told("ID-04/consent", "The server answers that the user must consent first.", "consent_required"),
        told("ID-04/account", "The server answers that the user must choose an account.", "account_selection_required"),
    ]
}
