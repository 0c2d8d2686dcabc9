//! Auth0.

use proofkey_authority::lie::JsonEdit;
use proofkey_authority::{Endpoint, Lie};

use super::{KNOWN, known, refuse_after, refused_as, told};
use crate::case::{Case, Expect, Profile};

pub(super) fn cases() -> Vec<Case> {
    let slash = Case::new(
        "PV-01/slash-at-the-end",
        &["PV-01", "DI-02", "DI-03"],
        "discovery",
        "The issuer ends in a slash, which is neither doubled nor removed: quarkusio/quarkus#5829.",
        Expect::Accept(|seen| {
            let metadata = seen.wire.exchanges().into_iter().filter(|one| one.path.contains("/.well-known/o"));
            match metadata.into_iter().find(|one| one.path.starts_with("//")) {
                Some(_) => Err("expected: one slash before .well-known; seen: two".into()),
                None => Ok(()),
            }
        }),
        &["discovery-path-slash-doubled"],
    )
    .profile(Profile::OpenId)
    .discovery();
    let updated_at = Case::new(
        "PV-02/updated-at",
        &["PV-02"],
        "id_token",
        "The claim updated_at is an RFC 3339 string: ramosbugs/openidconnect-rs#230.",
        Expect::Accept(|_| Ok(())),
        &["updated-at-text-refused"],
    )
    .profile(Profile::OpenId)
    .lie(Lie::claims([JsonEdit::set("updated_at", "2026-11-23T22:15:30.250Z")]))
    .should();
    let forbidden = Case::new(
        "PV-03/invalid-grant-with-403",
        &["PV-03", "OA-23"],
        "token",
        "invalid_grant has status 403: onc-healthit/onc-certification-g10-test-kit#75.",
        refuse_after(&["token_error", "token_http"]),
        &["retry-code"],
    )
    .lie(Lie::error(Endpoint::Token, 403, "invalid_grant"));
    vec![
        known(
            &updated_at,
            "PV-02/updated-at-of-auth0",
            "auth0",
            Expect::Accept(|seen| told(seen, &["updated_at_text"])),
            KNOWN,
        ),
        known(&forbidden, "PV-03/invalid-grant-of-auth0", "auth0", refused_as("invalid_grant"), KNOWN)
            .and(|seen| told(seen, &["refusal_status"])),
        Case {
            rows: &["PV-29", "PV-01", "PV-02"],
            about: "A login at a server with all deviations of Auth0.",
            ..known(&updated_at, "PV-29/auth0", "auth0", Expect::Accept(|seen| told(seen, &["updated_at_text"])), KNOWN)
        }
        .discovery(),
        slash,
        updated_at,
        forbidden,
    ]
}
