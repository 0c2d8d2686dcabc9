//! An API wants the user authenticated again: RFC 9470, section 4.

use crate::case::{Case, Expect, Profile, Step};
use crate::transcript::Transcript;

const CHALLENGE: &str = r#"Bearer error="insufficient_user_authentication", acr_values="urn:example:gold urn:example:silver", max_age="300""#;
const OTHER: &str = r#"Bearer error="invalid_token", error_description="The access token expired""#;

pub(super) fn cases() -> Vec<Case> {
    let case = |id, rows, about, expect, mutants, steps: Vec<Step>| {
        Case::new(id, rows, "authorize", about, expect, mutants).profile(Profile::OpenId).steps(steps).should()
    };
    let delivered = |flow| Step::Deliver(flow, Vec::new());
    vec![
        case(
            "SU-01/as-asked",
            &["SU-01"],
            "An API demands a new authentication of the user: one new login requests what the API demands.",
            Expect::Accept(|seen| {
                asked(seen, "acr_values", Some("urn:example:gold urn:example:silver"))?;
                asked(seen, "max_age", Some("300"))
            }),
            &[
                "step-up-acr-ignored",
                "step-up-max-age-ignored",
                "step-up-refused",
                "acr-values-missing",
                "max-age-missing",
            ],
            vec![delivered("f1"), Step::StepUp("f2", "f1", CHALLENGE), delivered("f2")],
        ),
        case(
            "SU-01/age-only",
            &["SU-01"],
            "The API demands max_age alone: the new login requests only that.",
            Expect::Accept(|seen| {
                asked(seen, "acr_values", None)?;
                asked(seen, "max_age", Some("0"))
            }),
            &[
                "step-up-max-age-ignored",
                "step-up-max-age-zero-dropped",
                "step-up-refused",
                "max-age-missing",
                "max-age-zero-dropped",
            ],
            vec![
                delivered("f1"),
                Step::StepUp(
                    "f2",
                    "f1",
                    r#"DPoP algs="ES256", Bearer max_age=0, error="insufficient_user_authentication""#,
                ),
                delivered("f2"),
            ],
        )
        // The new login is the same second's, or the next one's.
        .config("skew", 60),
        case(
            "SU-01/another-error",
            &["SU-01"],
            "The API answers invalid_token, which does not demand another authentication.",
            Expect::Refuse { classes: &["other", "token_error"], token_requests: 1, code: None },
            &["step-up-any-error"],
            vec![delivered("f1"), Step::StepUp("f2", "f1", OTHER)],
        ),
        case(
            "SU-02/still-insufficient",
            &["SU-02", "SU-01"],
            "The tokens of the new login do not suffice either: there is no third login.",
            Expect::Refuse { classes: &["other"], token_requests: 2, code: None },
            &["step-up-for-ever"],
            vec![
                delivered("f1"),
                Step::StepUp("f2", "f1", CHALLENGE),
                delivered("f2"),
                Step::StepUp("f3", "f2", CHALLENGE),
            ],
        ),
    ]
}

/// The second authorization request has this parameter, or has it not.
fn asked(seen: &Transcript, name: &str, value: Option<&str>) -> Result<(), String> {
    let requests = seen.wire.authorization_requests();
    let [_, request] = requests.as_slice() else {
        return Err(format!("expected: two authorization requests; seen: {}", requests.len()));
    };
    let sent = request.query(name);
    if sent == value { Ok(()) } else { Err(format!("expected: {name} = {value:?}; seen: {sent:?}")) }
}
