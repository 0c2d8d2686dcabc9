//! Apple, Slack, Amazon Cognito, Azure AD B2C, AD FS, Salesforce, Zitadel, authentik, Discord, Twitch, Login with Amazon.

use proofkey_authority::lie::{IdTokenEdit, JsonEdit, When};
use proofkey_authority::{Endpoint, IssuerShape, Lie, Setup};
use serde_json::json;

use super::{ALL_NEEDED, KNOWN, known, refuse_after, refused_as, silent, success, told};
use crate::case::{Case, Expect, Profile, Step};
use crate::cases::parameter;

/// Those of [`ALL_NEEDED`], and a client that takes fewer characters for an access token than Salesforce uses.
const OF_SALESFORCE: &[&str] = &["provider-ignored", "deviation-unlisted", "access-token-strict-alphabet"];

/// Those of [`ALL_NEEDED`], and a client that demands the hash of a token that is not there.
const OF_B2C: &[&str] = &["provider-ignored", "deviation-unlisted", "at-hash-required"];

pub(super) fn cases() -> Vec<Case> {
    [unannounced(), apple(), slack(), cognito(), b2c(), zitadel(), authentik(), twitch(), amazon()].concat()
}

/// S256 is sent to providers that do not announce it.
fn unannounced() -> Vec<Case> {
    let case = |id, provider, mutants, lie| {
        Case::new(
            id,
            &["PV-14", "DI-07", "PK-08", "PK-10"],
            "authorize",
            "The metadata does not announce PKCE, which is a known deviation of the provider: S256 is sent.",
            Expect::Accept(|seen| {
                told(seen, &["pkce_not_announced"])?;
                match parameter(seen, "code_challenge_method").as_deref() {
                    Some("S256") => Ok(()),
                    _ => Err("expected: S256; seen: no PKCE".into()),
                }
            }),
            mutants,
        )
        .discovery()
        .lie(lie)
        .known("provider", provider)
    };
    let token = Lie::token_response([JsonEdit::set("access_token", "00Dx0000000BV7z!AR8AQP0jITN80ESEsj5EbaZTFG0R")]);
    vec![
        case("PV-14/pkce-of-slack", "slack", KNOWN, silent()),
        case("PV-14/pkce-of-cognito", "cognito", KNOWN, silent()),
        case("PV-14/pkce-of-adfs", "adfs", ALL_NEEDED, silent()),
        case("PV-14/pkce-of-salesforce", "salesforce", OF_SALESFORCE, Lie::Together(vec![silent(), token])),
        case("PV-14/pkce-of-discord", "discord", ALL_NEEDED, silent()),
        case("PV-14/pkce-of-twitch", "twitch", KNOWN, silent()),
    ]
}

fn apple() -> Vec<Case> {
    let text = Case::new(
        "PV-36/email-verified",
        &["PV-36"],
        "id_token",
        "The claim email_verified is the string true: developer.apple.com, \"Authenticating users with Sign in with \
          Apple\".",
        Expect::Accept(|seen| told(seen, &[])),
        &["email-verified-text-refused"],
    )
    .profile(Profile::OpenId)
    .lie(Lie::claims([JsonEdit::set("email_verified", "true")]))
    .should();
    let expected = Expect::Accept(|seen| told(seen, &["email_verified_text"]));
    vec![known(&text, "PV-36/email-verified-of-apple", "apple", expected, ALL_NEEDED), text]
}

fn slack() -> Vec<Case> {
    let body = json!({"ok": false, "error": "invalid_code"}).to_string();
    let error = Case::new(
        "PV-09/error-of-slack",
        &["PV-09", "OA-41"],
        "token",
        "A failed exchange is \"ok\":false with an error and status 200: docs.slack.dev, openid.connect.token.",
        refused_as("invalid_code"),
        KNOWN,
    )
    .lie(Lie::answer(Endpoint::Token, 200, "application/json; charset=utf-8", body))
    .known("provider", "slack")
    .and(|seen| told(seen, &["error_with_success"]));
    vec![error]
}

fn cognito() -> Vec<Case> {
    let refreshed = |id, about, expect, mutants, later| {
        let claim = |when, edit| Lie::IdToken { when, edits: vec![IdTokenEdit::Claim(edit)] };
        let first = claim(When::First, JsonEdit::set_time("auth_time", -3600));
        Case::new(id, &["PV-33", "ID-34"], "refresh", about, expect, mutants)
            .profile(Profile::OpenId)
            .config("scope", "openid profile email offline_access")
            .lie(Lie::Together(vec![first, claim(When::AfterFirst, later)]))
            .then(Step::Refresh("f1"))
    };
    let wrong = |classes| Expect::Refuse { classes, token_requests: 2, code: None };
    let changed = refreshed(
        "PV-33/auth-time-changed",
        "The refreshed ID token has a later auth_time: authts/oidc-client-ts#2107.",
        wrong(&["claim_auth_time"]),
        &["refresh-auth-time-ignored", "refresh-id-token-unchecked"],
        JsonEdit::set_time("auth_time", -600),
    );
    let person = refreshed(
        "PV-33/another-person-at-cognito",
        "The provider is known to change auth_time, and the refreshed ID token is for another user.",
        wrong(&["claim_sub", "claim_auth_time"]),
        &["refresh-sub-ignored", "refresh-id-token-unchecked"],
        JsonEdit::set("sub", "auth0|mallory"),
    )
    .known("provider", "cognito");
    let expected = Expect::Accept(|seen| told(seen, &["auth_time_changed"]));
    vec![known(&changed, "PV-33/auth-time-of-cognito", "cognito", expected, KNOWN), changed, person]
}

fn b2c() -> Vec<Case> {
    let without = Lie::token_response([JsonEdit::remove("access_token")]);
    let missing = Case::new(
        "PV-34/no-access-token",
        &["PV-34", "OA-38"],
        "token",
        "The response has an ID token and no access token: MicrosoftDocs/azure-docs#64582.",
        refuse_after(&["token_malformed"]),
        &["access-token-missing-ok"],
    )
    .profile(Profile::OpenId)
    .lie(Lie::Together(vec![without.clone(), Lie::claims([JsonEdit::remove("at_hash")])]));
    let neither = Case::new(
        "PV-34/neither-token-at-b2c",
        &["PV-34", "OA-38"],
        "token",
        "The provider is known to omit the access token, and there is no ID token either.",
        refuse_after(&["token_malformed"]),
        &["access-token-missing-ok"],
    )
    .lie(without)
    .known("provider", "b2c");
    let expected = Expect::Accept(|seen| told(seen, &["access_token_missing"]));
    vec![known(&missing, "PV-34/no-access-token-of-b2c", "b2c", expected, OF_B2C), missing, neither]
}

fn zitadel() -> Vec<Case> {
    let audiences = |id, about, expect, mutants| {
        let further = JsonEdit::set("aud", json!(["{client_id}", "project"]));
        Case::new(id, &["PV-37", "ID-08", "ID-09"], "id_token", about, expect, mutants)
            .profile(Profile::OpenId)
            .lie(Lie::claims([further, JsonEdit::set("azp", "{client_id}")]))
            .known("provider", "zitadel")
    };
    vec![
        audiences(
            "PV-37/project-trusted-at-zitadel",
            "aud has the project besides the client, and it is trusted: zitadel/zitadel#9200.",
            Expect::Accept(|seen| told(seen, &[])),
            &["aud-trusted-refused"],
        )
        .config("trusted_audiences", json!(["project"])),
        audiences(
            "PV-37/project-not-trusted-at-zitadel",
            "aud has the project besides the client, and it is not trusted: zitadel/zitadel#9200.",
            refuse_after(&["claim_aud", "claim_azp"]),
            &["aud-others-ok"],
        ),
    ]
}

fn authentik() -> Vec<Case> {
    let case = Case::new(
        "PV-29/authentik",
        &["PV-29", "DI-03", "DI-02"],
        "discovery",
        "A login at a server like authentik, whose issuer has a path that ends in a slash.",
        Expect::Accept(|seen| told(seen, &[])),
        &["discovery-path-slash-doubled"],
    );
    let issuer = IssuerShape::PathSlash("application/o/notes".into());
    vec![
        case.profile(Profile::OpenId)
            .discovery()
            .setup(Setup { issuer, ..Setup::witness() })
            .known("provider", "authentik"),
    ]
}

fn twitch() -> Vec<Case> {
    let array = || Lie::token_response([JsonEdit::set("scope", json!(["profile", "email"]))]);
    let scope = Case::new(
        "PV-35/scope-array",
        &["PV-35", "OA-15"],
        "token",
        "The granted scope is an array: ramosbugs/oauth2-rs#86.",
        Expect::Choice(&["token_malformed"]),
        &["scope-type-ignored"],
    )
    .lie(array());
    vec![
        known(
            &scope,
            "PV-35/scope-of-twitch",
            "twitch",
            Expect::Accept(|seen| {
                told(seen, &["scope_array"])?;
                match success(seen, "scope") {
                    Some(scope) if scope == "profile email" => Ok(()),
                    _ => Err("expected: the scope profile email; seen: another".into()),
                }
            }),
            KNOWN,
        ),
        Case::new(
            "PV-29/twitch",
            &["PV-29", "PV-14", "PV-35"],
            "token",
            "A login at a server with all deviations of Twitch.",
            Expect::Accept(|seen| told(seen, &["pkce_not_announced", "scope_array"])),
            ALL_NEEDED,
        )
        .profile(Profile::Post)
        .discovery()
        .lie(Lie::Together(vec![silent(), array()]))
        .known("provider", "twitch"),
        scope,
    ]
}

fn amazon() -> Vec<Case> {
    let life = Case::new(
        "PV-15/lifetime-of-amazon",
        &["PV-15", "OA-39"],
        "token",
        "expires_in is a string: developer.amazon.com, \"Make an Access Token Request from Your App\".",
        Expect::Accept(|seen| {
            told(seen, &["expires_in_text"])?;
            match success(seen, "expires_in") {
                Some(life) if *life == 3600 => Ok(()),
                _ => Err("expected: a life of 3600 seconds; seen: another".into()),
            }
        }),
        ALL_NEEDED,
    );
    vec![life.lie(Lie::token_response([JsonEdit::set("expires_in", "3600")])).known("provider", "amazon")]
}
