//! GitHub: OAuth without metadata and without ID tokens.

use proofkey_authority::lie::{JsonEdit, ParamEdit, ResponseEdit};
use proofkey_authority::{Endpoint, IssuerShape, Lie, Setup};

use super::{KNOWN, known, refuse_after, refused_as, success, told};
use crate::case::{Case, Expect, Profile};
use crate::cases::refuse;

fn form() -> Lie {
    Lie::response(Endpoint::Token, [ResponseEdit::FormEncoded])
}

pub(super) fn cases() -> Vec<Case> {
    let error = Case::new(
        "PV-09/error-with-200",
        &["PV-09", "OA-41"],
        "token",
        "bad_verification_code has status 200: ramosbugs/oauth2-rs#313.",
        refuse_after(&["token_error", "token_malformed"]),
        &["token-error-as-success", "retry-code"],
    )
    .lie(Lie::error(Endpoint::Token, 200, "bad_verification_code"));
    let body = Case::new(
        "PV-10/form-body",
        &["PV-10", "OA-41"],
        "token",
        "The token response is a form: ramosbugs/oauth2-rs#33.",
        Expect::Policy(|seen| match success(seen, "expires_in") {
            Some(life) if life == 86_400 => Ok("reads it".into()),
            Some(_) => Err("expected: a life of 86400 seconds; seen: another".into()),
            None => Ok("refuses it".into()),
        }),
        &["provider-assumed"],
    )
    .lie(form());
    let commas = Case::new(
        "PV-11/scope-with-commas",
        &["PV-11", "OA-15"],
        "token",
        "The granted scope is separated by commas: pilcrowonpaper/arctic#318.",
        Expect::Accept(|_| Ok(())),
        &["scope-comma-refused"],
    )
    .lie(Lie::token_response([JsonEdit::set("scope", "repo,read:user")]));
    let nothing = Case::new(
        "PV-11/scope-empty",
        &["PV-11", "OA-15"],
        "token",
        "The granted scope is empty: jupyterhub/oauthenticator#820.",
        Expect::Accept(|seen| match success(seen, "scope") {
            Some(scope) if scope == "" => Ok(()),
            _ => Err("expected: the empty scope; seen: another".into()),
        }),
        &["scope-requested-kept"],
    )
    .lie(Lie::token_response([JsonEdit::set("scope", "")]));
    let life = Case::new(
        "PV-12/no-lifetime",
        &["PV-12", "OA-39"],
        "token",
        "There is a refresh_token_expires_in, but no expires_in: ballerina-platform/module-ballerinax-github#335.",
        Expect::Accept(|_| Ok(())),
        &["expires-in-required", "token-unknown-member-refused"],
    )
    .lie(Lie::token_response([JsonEdit::remove("expires_in"), JsonEdit::set("refresh_token_expires_in", 15_897_600)]));
    // Its issuer has a path since it sends iss: https://github.com/login/oauth.
    let issuer = || Setup {
        issuer: IssuerShape::Path("login/oauth".into()),
        announces_iss: false,
        sends_iss: true,
        ..Setup::witness()
    };
    let unannounced = Case::new(
        "PV-07/iss-of-github",
        &["PV-07", "IS-06"],
        "callback",
        "iss is sent without being announced, and is the issuer with its path: nextauthjs/next-auth#13409.",
        Expect::Accept(|seen| told(seen, &[])),
        &["deviation-always-listed", "iss-unannounced-refused"],
    )
    .discovery()
    .setup(issuer())
    .known("provider", "github");
    let host = Case::new(
        "PV-07/iss-of-github-without-its-path",
        &["PV-07", "IS-06"],
        "callback",
        "iss is sent without being announced, and is the issuer without its path: openiddict/openiddict-core#2529.",
        refuse(&["iss"]),
        &["iss-undeclared-ignored", "iss-ignored", "iss-prefix"],
    )
    .discovery()
    .setup(issuer())
    .lie(Lie::callback([ParamEdit::set("iss", "{base}")]))
    .known("provider", "github");
    vec![
        unannounced,
        host,
        known(&error, "PV-09/error-of-github", "github", refused_as("bad_verification_code"), KNOWN)
            .and(|seen| told(seen, &["error_with_success"])),
        known(&body, "PV-10/form-body-of-github", "github", Expect::Accept(|seen| told(seen, &["form_body"])), KNOWN),
        known(
            &commas,
            "PV-11/scope-of-github",
            "github",
            Expect::Accept(|seen| {
                told(seen, &["scope_commas"])?;
                match success(seen, "scope") {
                    Some(scope) if scope == "repo read:user" => Ok(()),
                    _ => Err("expected: the scope repo read:user; seen: another".into()),
                }
            }),
            KNOWN,
        ),
        Case {
            rows: &["PV-29", "PV-10", "PV-11", "PV-12", "OA-15", "OA-35"],
            about: "A login at a server with all deviations of GitHub.",
            ..known(
                &life,
                "PV-29/github",
                "github",
                Expect::Accept(|seen| told(seen, &["form_body", "scope_commas"])),
                KNOWN,
            )
        }
        .profile(Profile::Post)
        .lie(Lie::response(
            Endpoint::Token,
            [
                ResponseEdit::Json(JsonEdit::set("scope", "repo,read:user")),
                ResponseEdit::Json(JsonEdit::set("token_type", "bearer")),
                ResponseEdit::Json(JsonEdit::remove("expires_in")),
                ResponseEdit::FormEncoded,
            ],
        )),
        error,
        body,
        commas,
        nothing,
        life,
    ]
}
