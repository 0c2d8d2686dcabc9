//! Microsoft Entra.

use proofkey_authority::lie::{JsonEdit, KeyEdit};
use proofkey_authority::{Endpoint, IssuerShape, Lie, Setup};
use serde_json::json;

use super::{ALL_NEEDED, KNOWN, known, refuse_after, silent, success, told};
use crate::case::{Case, Expect, Profile};
use crate::cases::{parameter, refuse, refused_for_want_of_pkce};

const OURS: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
const THEIRS: &str = "82229342-1101-4ab6-817b-70c0747630f3";
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const TEMPLATE: &str = "{base}/{tenantid}/v2.0";

/// The issuer of all tenants.
fn common() -> Setup {
    let issuer = IssuerShape::Path("common/v2.0".into());
    Setup { issuer, announces_iss: false, sends_iss: false, ..Setup::witness() }
}

fn issuer_of(tenant: &str) -> String {
    format!("{{base}}/{tenant}/v2.0")
}

/// Metadata, a key and an ID token of many tenants; the token of this one.
fn tenants(iss: &str, tid: &str) -> Vec<Lie> {
    vec![
        Lie::metadata([JsonEdit::set("issuer", TEMPLATE)]),
        Lie::keys([KeyEdit::Signing(JsonEdit::set("issuer", TEMPLATE))]),
        Lie::claims([JsonEdit::set("iss", issuer_of(iss)), JsonEdit::set("tid", tid)]),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    let at_common = |id, stage, about, expect, mutants, lies| {
        Case::new(id, &["PV-13", "ID-07"], stage, about, expect, mutants)
            .profile(Profile::OpenId)
            .discovery()
            .setup(common())
            .lie(Lie::Together(lies))
    };
    let refused = |id, about, mutants, lies| {
        at_common(id, "id_token", about, refuse_after(&["claim_iss"]), mutants, lies)
            .known("provider", "entra")
            .known("tenants", json!([OURS]))
    };
    let template = at_common(
        "PV-13/template",
        "discovery",
        "The metadata has an issuer that contains {tenantid}: coreos/go-oidc#344.",
        refuse(&["issuer", "discovery"]),
        &["discovery-issuer-ignored"],
        tenants(OURS, OURS),
    );
    let by_template = Expect::Accept(|seen| told(seen, &["issuer_template"]));
    let mut without_tid = tenants(OURS, OURS);
    without_tid.push(Lie::claims([JsonEdit::remove("tid")]));
    let mut foreign_key = tenants(OURS, OURS);
    foreign_key.push(Lie::keys([KeyEdit::Signing(JsonEdit::set("issuer", issuer_of(THEIRS)))]));
    let mut own_key = tenants(OURS, OURS);
    own_key.push(Lie::keys([KeyEdit::Signing(JsonEdit::set("issuer", issuer_of(OURS)))]));
    let mut cases = vec![
        known(&template, "PV-13/one-tenant-of-entra", "entra", by_template, KNOWN).known("tenants", json!([OURS])),
        known(&template, "PV-13/any-organisation-of-entra", "entra", by_template, KNOWN),
        at_common(
            "PV-13/key-of-the-tenant",
            "id_token",
            "The key names the tenant: ramosbugs/openidconnect-rs#216.",
            by_template,
            KNOWN,
            own_key,
        )
        .known("provider", "entra"),
        refused(
            "PV-13/tenant-not-permitted",
            "The token is from a tenant whose users may not sign in: coreos/go-oidc#344.",
            &["tenant-unchecked"],
            tenants(THEIRS, THEIRS),
        ),
        refused(
            "PV-13/tenant-of-another-issuer",
            "tid is a permitted tenant, and iss is that of another: coreos/go-oidc#344.",
            &["tenant-issuer-ignored"],
            tenants(THEIRS, OURS),
        ),
        refused("PV-13/no-tenant", "There is no tid: coreos/go-oidc#344.", &["tenant-missing-ok"], without_tid),
        at_common(
            "PV-13/no-organisation",
            "id_token",
            "The token is from the tenant of personal accounts: coreos/go-oidc#344.",
            refuse_after(&["claim_iss"]),
            &["tenant-personal-ok", "tenant-unchecked"],
            tenants(PERSONAL, PERSONAL),
        )
        .known("provider", "entra"),
        at_common(
            "PV-13/key-of-another-tenant",
            "id_token",
            "The key names another tenant: ramosbugs/openidconnect-rs#216.",
            refuse_after(&["key", "signature", "claim_iss"]),
            &["key-issuer-ignored"],
            foreign_key,
        )
        .known("provider", "entra"),
        template,
    ];
    cases.extend(others());
    cases
}

fn others() -> Vec<Case> {
    let unannounced = Case::new(
        "PV-14/pkce-not-announced",
        &["PV-14", "DI-07", "PK-08", "PK-10"],
        "authorize",
        "The metadata does not announce PKCE: immich-app/immich#18725.",
        Expect::Policy(|seen| match parameter(seen, "code_challenge_method").as_deref() {
            Some("S256") => Ok("still logs in with S256".into()),
            None if refused_for_want_of_pkce(seen) => Ok("does not begin".into()),
            None if parameter(seen, "code_challenge").is_none() => Ok("does without PKCE".into()),
            _ => Err("expected: S256, no PKCE or no login; seen: plain".into()),
        }),
        &["plain-when-absent"],
    )
    .discovery()
    .lie(silent());
    let life = Case::new(
        "PV-15/lifetime-string",
        &["PV-15", "OA-39"],
        "token",
        "expires_in is a string of digits, next to ext_expires_in and others: MicrosoftDocs/azure-docs#54997.",
        Expect::Policy(|seen| match success(seen, "expires_in") {
            Some(life) if *life == 3599 => Ok("reads 3599 seconds".into()),
            Some(_) => Err("expected: 3599 seconds, or a refusal; seen: another life".into()),
            None => Ok("refuses it".into()),
        }),
        &["expires-in-string-ok", "provider-assumed"],
    )
    .lie(Lie::token_response([
        JsonEdit::set("expires_in", "3599"),
        JsonEdit::set("ext_expires_in", "3599"),
        JsonEdit::set("expires_on", "1795472130"),
        JsonEdit::set("not_before", "1795468530"),
    ]));
    let opaque = Case::new(
        "PV-16/access-token-not-verifiable",
        &["PV-16", "AT-04"],
        "token",
        "The access token has a nonce in its header, and a signature that does not verify: \
          AzureAD/azure-activedirectory-identitymodel-extensions-for-dotnet#609.",
        Expect::Accept(|_| Ok(())),
        &["access-token-verified"],
    )
    .lie(Lie::token_response([JsonEdit::set(
        "access_token",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsIm5vbmNlIjoieDcifQ.eyJhdWQiOiJncmFwaCJ9.c2lnbmF0dXJl",
    )]));
    let without_alg = Case::new(
        "PV-17/key-without-alg",
        &["PV-17", "JW-16"],
        "id_token",
        "The keys have no alg: micronaut-guides/micronaut-security-jwt#9.",
        Expect::Accept(|_| Ok(())),
        &["key-alg-required"],
    )
    .profile(Profile::OpenId)
    .lie(Lie::keys([KeyEdit::Signing(JsonEdit::remove("alg"))]));
    let resource = Case::new(
        "PV-18/resource-refused",
        &["PV-18"],
        "authorize",
        "The server refuses a resource: punkpeye/mcp-remote#217.",
        Expect::Refuse { classes: &["as_error"], token_requests: 0, code: Some("invalid_target") },
        &["resource-omitted", "provider-assumed", "error-code-generic"],
    )
    .config("resource", "https://api.example/")
    .lie(Lie::ResourceRefused);
    let scope = Case::new(
        "PV-19/scope-without-openid",
        &["PV-19", "OA-15"],
        "token",
        "The granted scope has no openid: AzureAD/microsoft-authentication-library-common-for-android#527.",
        Expect::Accept(|_| Ok(())),
        &["scope-renamed-refused"],
    )
    .profile(Profile::OpenId)
    .lie(Lie::token_response([JsonEdit::set("scope", "https://api.example/notes.read")]));
    let error = Case::new(
        "PV-20/error-with-further-members",
        &["PV-20", "OA-41"],
        "token",
        "The error document has error_codes, trace_id and others: MicrosoftDocs/azure-docs.",
        Expect::Refuse { classes: &["token_error"], token_requests: 1, code: Some("invalid_grant") },
        &["token-error-code-lost"],
    )
    .lie(Lie::answer(
        Endpoint::Token,
        400,
        "application/json; charset=utf-8",
        json!({"error": "invalid_grant", "error_description": "AADSTS54005: redeemed", "error_codes": [54005],
            "timestamp": "2026-11-23 22:15:30Z", "trace_id": "8eaef023", "correlation_id": "82229342"})
        .to_string(),
    ));
    let long = Case::new(
        "PV-21/tokens-of-5-kb",
        &["PV-21"],
        "token",
        "Access token and refresh token have 5000 characters: osodevops/ms-teams-cli#67.",
        Expect::Accept(|_| Ok(())),
        &["token-long-refused"],
    )
    .lie(Lie::token_response([
        JsonEdit::SetLong("access_token".into(), 5000),
        JsonEdit::SetLong("refresh_token".into(), 5000),
    ]));
    let entra = |case: &Case, id, expect| known(case, id, "entra", expect, KNOWN);
    vec![
        entra(
            &unannounced,
            "PV-14/pkce-of-entra",
            Expect::Accept(|seen| {
                told(seen, &["pkce_not_announced"])?;
                match parameter(seen, "code_challenge_method").as_deref() {
                    Some("S256") => Ok(()),
                    _ => Err("expected: S256; seen: no PKCE".into()),
                }
            }),
        ),
        entra(
            &life,
            "PV-15/lifetime-of-entra",
            Expect::Accept(|seen| {
                told(seen, &["expires_in_text"])?;
                match success(seen, "expires_in") {
                    Some(life) if *life == 3599 => Ok(()),
                    _ => Err("expected: a life of 3599 seconds; seen: another".into()),
                }
            }),
        ),
        entra(
            &resource,
            "PV-18/resource-of-entra",
            Expect::Accept(|seen| {
                told(seen, &["resource_not_sent"])?;
                let sent = seen
                    .wire
                    .exchanges()
                    .into_iter()
                    .any(|one| one.query.iter().chain(&one.form).any(|(name, _)| name == "resource"));
                if sent { Err("expected: no resource; seen: one".into()) } else { Ok(()) }
            }),
        ),
        all_together(silent()),
        unannounced,
        life,
        opaque,
        without_alg,
        resource,
        scope,
        error,
        long,
    ]
}

fn all_together(silent: Lie) -> Case {
    let mut lies = tenants(OURS, OURS);
    lies.extend([
        silent,
        Lie::keys([KeyEdit::Signing(JsonEdit::remove("alg"))]),
        Lie::claims([JsonEdit::remove("at_hash")]),
        Lie::token_response([
            JsonEdit::set("expires_in", "3599"),
            JsonEdit::set("ext_expires_in", "3599"),
            JsonEdit::set("scope", "https://api.example/notes.read"),
            JsonEdit::SetLong("access_token".into(), 5000),
        ]),
        Lie::ResourceRefused,
    ]);
    Case::new(
        "PV-29/entra",
        &["PV-29", "PV-13", "PV-14", "PV-15", "PV-17", "PV-18", "PV-19", "PV-21", "ID-28", "OA-37", "OA-39"],
        "id_token",
        "A login at a server with all deviations of Entra.",
        Expect::Accept(|seen| {
            told(seen, &["expires_in_text", "issuer_template", "pkce_not_announced", "resource_not_sent"])
        }),
        ALL_NEEDED,
    )
    .profile(Profile::OpenId)
    .discovery()
    .setup(common())
    .config("resource", "https://api.example/")
    .lie(Lie::Together(lies))
    .known("provider", "entra")
    .known("tenants", json!([THEIRS, OURS]))
}
