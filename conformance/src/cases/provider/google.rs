//! Google.

use proofkey_authority::lie::{JsonEdit, ParamEdit};
use proofkey_authority::{Endpoint, IssuerShape, Lie, Setup, Shape};

use super::{KNOWN, known, refuse_after, refused_as, told, without_faults};
use crate::case::{Case, Expect, Profile};
use crate::cases::refuse;

/// `iss` is sent and not announced.
fn google() -> Setup {
    Setup { shape: Shape::Google, issuer: IssuerShape::Plain, announces_iss: false, ..Setup::witness() }
}

/// The names that Google gives to `email` and `profile`.
fn renamed() -> Lie {
    const GRANTED: &str =
        "openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/userinfo.profile";
    Lie::token_response([JsonEdit::set("scope", GRANTED)])
}

pub(super) fn cases() -> Vec<Case> {
    let alias = |name: &str| Lie::claims([JsonEdit::set("iss", name)]);
    let secret = Case::new(
        "PV-04/secret-and-verifier",
        &["PV-04", "BP-12"],
        "token",
        "A desktop application has a secret, and sends it with the verifier: Colin-b/httpx_auth#113.",
        Expect::Accept(|seen| {
            without_faults(seen, &["client_authentication", "challenge_missing", "verifier_missing"])
        }),
        &["challenge-missing", "verifier-missing"],
    )
    .profile(Profile::BasicOpenId)
    .setup(google());
    let scopes = Case::new(
        "PV-05/scopes-renamed",
        &["PV-05", "OA-15"],
        "token",
        "The granted scopes have other names than the requested ones: requests/requests-oauthlib#387.",
        Expect::Accept(|_| Ok(())),
        &["scope-renamed-refused"],
    )
    .profile(Profile::OpenId)
    .setup(google())
    .lie(renamed());
    let aliased = Case::new(
        "PV-06/alias",
        &["PV-06", "ID-07"],
        "id_token",
        "iss is accounts.google.com, without a scheme: coreos/go-oidc#125.",
        refuse_after(&["claim_iss", "jwt_malformed"]),
        &["iss-claim-ignored", "provider-assumed"],
    )
    .profile(Profile::OpenId)
    .setup(google())
    .lie(alias("accounts.google.com"));
    let stranger = Case::new(
        "PV-06/alias-of-a-stranger",
        &["PV-06", "ID-07"],
        "id_token",
        "iss only ends in the other name of the provider: coreos/go-oidc#125.",
        refuse_after(&["claim_iss"]),
        &["issuer-alias-suffix"],
    )
    .profile(Profile::OpenId)
    .setup(google())
    .lie(alias("attacker-accounts.google.com"))
    .known("provider", "google");
    let unannounced = Case::new(
        "PV-07/iss-not-announced",
        &["PV-07", "IS-06"],
        "callback",
        "iss is sent without being announced, and is the issuer: openiddict/openiddict-core#2428.",
        Expect::Accept(|seen| told(seen, &[])),
        &["deviation-always-listed", "iss-unannounced-refused"],
    )
    .discovery()
    .setup(google())
    .known("provider", "google");
    let other_iss = Case::new(
        "PV-07/iss-not-announced-and-wrong",
        &["PV-07", "IS-06"],
        "callback",
        "iss is sent without being announced, and is that of another: openiddict/openiddict-core#2428.",
        refuse(&["iss"]),
        &["iss-undeclared-ignored", "iss-ignored"],
    )
    .setup(google())
    .lie(Lie::callback([ParamEdit::set("iss", "https://attacker.example")]))
    .known("provider", "google");
    let pending = Case::new(
        "PV-08/pending-with-428",
        &["PV-08", "OA-23"],
        "token",
        "An error document has status 428: int128/kubelogin#846.",
        refuse_after(&["token_error", "token_http"]),
        &["retry-code"],
    )
    .setup(google())
    .lie(Lie::error(Endpoint::Token, 428, "authorization_pending"));
    let with_alias = Expect::Accept(|seen| told(seen, &["issuer_alias"]));
    vec![
        known(&aliased, "PV-06/alias-of-google", "google", with_alias, KNOWN),
        known(&pending, "PV-08/pending-of-google", "google", refused_as("authorization_pending"), KNOWN)
            .and(|seen| told(seen, &["refusal_status"])),
        Case {
            rows: &["PV-29", "PV-04", "PV-05", "PV-06", "PV-07"],
            about: "A login at a server with all deviations of Google.",
            ..known(&secret, "PV-29/google", "google", with_alias, KNOWN)
        }
        .discovery()
        .lie(Lie::Together(vec![alias("accounts.google.com"), renamed()])),
        secret,
        scopes,
        aliased,
        stranger,
        unannounced,
        other_iss,
        pending,
    ]
}
