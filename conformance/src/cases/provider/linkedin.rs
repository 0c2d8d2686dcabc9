//! LinkedIn: an ID token without the nonce, and a token endpoint that refuses PKCE.

use proofkey_authority::Lie;
use proofkey_authority::lie::{CodeLie, JsonEdit};

use super::{known, refuse_after, told};
use crate::case::{Case, Expect, Profile};
use crate::cases::parameter;
use crate::transcript::Transcript;

fn without_nonce() -> Lie {
    Lie::claims([JsonEdit::remove("nonce")])
}

/// A code that is bound to no challenge, so that a verifier is refused.
fn without_pkce() -> Lie {
    Lie::Code(CodeLie::NoChallenge)
}

pub(super) fn cases() -> Vec<Case> {
    let nonce = Case::new(
        "PV-31/nonce-not-returned",
        &["PV-31", "ID-21"],
        "id_token",
        "The ID token has no nonce: authlib/authlib#763.",
        refuse_after(&["claim_nonce"]),
        &["nonce-absent-ok"],
    )
    .profile(Profile::OpenId)
    .discovery()
    .lie(without_nonce());
    let another = Case::new(
        "PV-31/another-nonce-of-linkedin",
        &["PV-31", "ID-21"],
        "id_token",
        "The provider is known to omit the nonce, and returns another than the one that was sent.",
        refuse_after(&["claim_nonce"]),
        &["nonce-ignored"],
    )
    .profile(Profile::OpenId)
    .discovery()
    .lie(Lie::claims([JsonEdit::set("nonce", "another")]))
    .known("provider", "linkedin");
    let verifier = Case::new(
        "PV-32/verifier-refused",
        &["PV-32", "PK-25", "PK-10", "PK-17", "OA-23", "OA-41"],
        "token",
        "The token endpoint refuses a code_verifier: the login fails, and is not retried without one \
          (nextauthjs/next-auth#8831).",
        refuse_after(&["token_error"]),
        &["no-pkce-fallback"],
    )
    .profile(Profile::Post)
    .lie(without_pkce());
    let announced = Case::new(
        "PV-32/pkce-announced-by-linkedin",
        &["PV-32", "PK-10", "PK-17"],
        "authorize",
        "The provider is known to refuse PKCE, and its metadata announces S256: challenge and verifier are sent.",
        Expect::Accept(|seen| {
            told(seen, &[])?;
            let verifiers = seen.wire.code_requests().iter().filter(|one| one.form("code_verifier").is_some()).count();
            match (parameter(seen, "code_challenge_method").as_deref(), verifiers) {
                (Some("S256"), 1) => Ok(()),
                _ => Err("expected: S256, and the verifier; seen: no PKCE".into()),
            }
        }),
        &["pkce-refused-unasked", "deviation-always-listed"],
    )
    .profile(Profile::Post)
    .discovery()
    .known("provider", "linkedin");
    let of_linkedin: &[&str] =
        &["provider-ignored", "deviation-unlisted", "deviation-always-listed", "pkce-refused-unasked"];
    vec![
        known(
            &nonce,
            "PV-31/nonce-of-linkedin",
            "linkedin",
            Expect::Accept(|seen| told(seen, &["nonce_not_returned"])),
            of_linkedin,
        ),
        known(
            &verifier,
            "PV-32/no-pkce-at-linkedin",
            "linkedin",
            Expect::Accept(|seen| {
                told(seen, &["pkce_refused"])?;
                without_challenge(seen)
            }),
            &["provider-ignored", "deviation-unlisted", "deviation-always-listed", "state-is-challenge"],
        ),
        Case::new(
            "PV-29/linkedin",
            &["PV-29", "PV-31", "PV-32"],
            "id_token",
            "A login at a server with all deviations of LinkedIn.",
            Expect::Accept(|seen| {
                told(seen, &["nonce_not_returned", "pkce_refused"])?;
                without_challenge(seen)
            }),
            &["provider-ignored", "deviation-unlisted", "state-is-challenge"],
        )
        .profile(Profile::BasicOpenId)
        .lie(Lie::Together(vec![without_pkce(), without_nonce()]))
        .known("provider", "linkedin"),
        nonce,
        another,
        verifier,
        announced,
    ]
}

fn without_challenge(seen: &Transcript) -> Result<(), String> {
    match parameter(seen, "code_challenge") {
        None => Ok(()),
        Some(_) => Err("expected: no challenge; seen: one".into()),
    }
}
