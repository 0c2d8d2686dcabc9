//! What a login goes along with: off, on and needed (listed), on and not needed.

use std::sync::Arc;

use proofkey::authorize::{AuthorizationServer, Compat, Deviation, Deviations, Endpoint, Issuer, Tenancy};
use proofkey::{Identity, LoginError, discover, discover_with};
use serde_json::{Value, json};

use crate::desk::*;

const OURS: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
const THEIRS: &str = "82229342-1101-4ab6-817b-70c0747630f3";

fn listed(deviations: Deviations) -> Vec<&'static str> {
    deviations.iter().map(Deviation::name).collect()
}

async fn finish(desk: &Arc<Desk>, server: AuthorizationServer) -> Result<Identity, LoginError> {
    let login = desk.login_at(server);
    let grant = desk.grant(&login, login.request());
    login.finish(&desk.http(), grant).await
}

/// A login with these claims in the place of the honest ones.
async fn with(compat: Compat, claims: &[(&str, Value)]) -> Result<Identity, LoginError> {
    at(Desk::server().with_compat(compat), claims).await
}

async fn at(server: AuthorizationServer, claims: &[(&str, Value)]) -> Result<Identity, LoginError> {
    let desk = Desk::open();
    for (name, value) in claims {
        desk.edit_claims(|own| own[*name] = value.clone());
    }
    finish(&desk, server).await
}

/// The issuer of all tenants.
fn common(tenancy: Tenancy) -> AuthorizationServer {
    let endpoint = |path: &str| Endpoint::new(format!("https://as.example{path}")).unwrap();
    let issuer = Issuer::new("https://as.example/common/v2.0").unwrap();
    AuthorizationServer::new(issuer, endpoint("/authorize"), endpoint("/token"))
        .with_jwks_uri(endpoint("/jwks"))
        .with_compat(Compat::entra(tenancy))
}

fn of_tenant(tenant: &str) -> [(&'static str, Value); 2] {
    [("iss", json!(format!("https://as.example/{tenant}/v2.0"))), ("tid", json!(tenant))]
}

#[tokio::test]
async fn a_server_that_keeps_to_the_specifications_lists_nothing_under_any_profile() {
    for compat in [
        Compat::strict(),
        Compat::auth0(),
        Compat::google(),
        Compat::github(),
        Compat::entra(Tenancy::one(OURS)),
        Compat::okta(),
        Compat::keycloak(),
    ] {
        let identity = with(compat, &[]).await.unwrap();
        assert!(identity.deviations().is_empty() && identity.tokens().deviations().is_empty());
    }
}

#[tokio::test]
async fn issuer_alias_is_accepted_and_listed() {
    let alias = [("iss", json!("accounts.google.com"))];
    assert_eq!(with(Compat::strict(), &alias).await.unwrap_err().code(), "id_token_iss_mismatch");
    let identity = with(Compat::google(), &alias).await.unwrap();
    assert_eq!((identity.issuer(), listed(identity.deviations())), ("accounts.google.com", vec!["issuer_alias"]));
    assert!(format!("{identity:?}").contains("deviations: {issuer_alias}"));
    let other = [("iss", json!("accounts.google.com."))];
    assert_eq!(with(Compat::google(), &other).await.unwrap_err().code(), "id_token_iss_mismatch");
}

#[tokio::test]
async fn issuer_template_admits_the_permitted_tenants() {
    let strict = common(Tenancy::one(OURS)).with_compat(Compat::strict());
    assert_eq!(at(strict, &of_tenant(OURS)).await.unwrap_err().code(), "id_token_iss_mismatch");
    for tenancy in [Tenancy::one(OURS), Tenancy::of([THEIRS, OURS]), Tenancy::AnyOrganisation] {
        let identity = at(common(tenancy), &of_tenant(OURS)).await.unwrap();
        assert_eq!(listed(identity.deviations()), ["issuer_template"]);
        assert_eq!(identity.issuer(), format!("https://as.example/{OURS}/v2.0"));
    }
    for (tenancy, tenant) in [
        (Tenancy::one(OURS), THEIRS),
        (Tenancy::Listed(Vec::new()), OURS),
        (Tenancy::AnyOrganisation, Tenancy::PERSONAL_ACCOUNTS),
        (Tenancy::AnyOrganisation, "common"),
    ] {
        let refused = at(common(tenancy), &of_tenant(tenant)).await.unwrap_err();
        assert_eq!(refused.code(), "id_token_tid_mismatch", "{tenant}");
    }
    // The issuer of all tenants is none itself.
    let own = [("iss", json!("https://as.example/common/v2.0")), ("tid", json!(OURS))];
    assert_eq!(at(common(Tenancy::one(OURS)), &own).await.unwrap_err().code(), "id_token_iss_mismatch");
}

#[tokio::test]
async fn a_tenancy_counts_at_the_issuer_of_one_tenant_as_well() {
    let compat = || Compat::entra(Tenancy::one(OURS));
    let identity = with(compat(), &[("tid", json!(OURS))]).await.unwrap();
    assert!(identity.deviations().is_empty());
    assert_eq!(with(compat(), &[("tid", json!(THEIRS))]).await.unwrap_err().code(), "id_token_tid_mismatch");
}

#[tokio::test]
async fn texts_for_claims_are_read_when_told() {
    let texts = [("updated_at", json!("2026-11-23T22:15:30Z")), ("email_verified", json!("true"))];
    let read = |identity: &Identity| {
        let claims = identity.claims();
        (claims.updated_at().map(|date| date.as_secs_f64()), claims.email_verified())
    };
    let strict = with(Compat::strict(), &texts).await.unwrap();
    assert_eq!((read(&strict), strict.deviations()), ((None, None), Deviations::NONE));
    let auth0 = with(Compat::auth0(), &texts).await.unwrap();
    assert_eq!(read(&auth0), (Some(1_795_472_130.0), None));
    assert_eq!(listed(auth0.deviations()), ["updated_at_text"]);
    let both = with(Compat::auth0().with_email_verified_text(), &texts).await.unwrap();
    assert_eq!(read(&both), (Some(1_795_472_130.0), Some(true)));
    assert_eq!(listed(both.deviations()), ["updated_at_text", "email_verified_text"]);
    // Of the right type, or a text that says nothing: nothing was gone along with.
    for (updated_at, email_verified) in [(json!(1), json!(true)), (json!("yesterday"), json!("maybe"))] {
        let claims = [("updated_at", updated_at), ("email_verified", email_verified)];
        let identity = with(Compat::auth0().with_email_verified_text(), &claims).await.unwrap();
        assert!(identity.deviations().is_empty());
    }
}

#[tokio::test]
async fn what_the_metadata_leave_out_is_listed_with_the_login() {
    let desk = Desk::open();
    let silent = || {
        let mut document: Value = serde_json::from_str(&metadata()).unwrap();
        document.as_object_mut().unwrap().remove("code_challenge_methods_supported");
        desk.answer("/.well-known/openid-configuration", Answer::Reply(200, document.to_string()));
    };
    silent();
    let login = desk.login_at(discover(&desk.http(), ISSUER).await.unwrap());
    assert_eq!(login.request().begin().unwrap_err().code(), "request_pkce_not_announced");
    silent();
    let known = Compat::strict().with_pkce_not_announced();
    let server = discover_with(&desk.http(), ISSUER, known.clone()).await.unwrap();
    assert_eq!(listed(finish(&desk, server).await.unwrap().deviations()), ["pkce_not_announced"]);

    let desk = Desk::open();
    let server = discover_with(&desk.http(), ISSUER, known).await.unwrap();
    assert!(finish(&desk, server).await.unwrap().deviations().is_empty());
}

#[tokio::test]
async fn metadata_are_asked_for_where_they_are() {
    let desk = Desk::open();
    desk.answer("/inside", Answer::Reply(200, metadata()));
    let inside = Compat::keycloak().with_metadata_at(Endpoint::new("https://inside.example/inside").unwrap());
    let server = discover_with(&desk.http(), ISSUER, inside.clone()).await.unwrap();
    assert_eq!(desk.log(), ["GET /inside"]);
    assert_eq!(listed(finish(&desk, server).await.unwrap().deviations()), ["discovery_elsewhere"]);
    // There, too, they are those of the expected issuer.
    desk.answer("/inside", Answer::Reply(200, metadata()));
    let refused = discover_with(&desk.http(), "https://other.example/", inside).await.unwrap_err();
    assert_eq!(refused.code(), "discovery_issuer_mismatch");
}

#[tokio::test]
async fn a_refresh_adds_to_the_list() {
    let desk = Desk::open();
    let login = desk.login_at(Desk::server().with_compat(Compat::google().with_expires_in_text()));
    let grant = desk.grant(&login, login.request());
    let mut identity = login.finish(&desk.http(), grant).await.unwrap();
    assert!(identity.deviations().is_empty());
    desk.edit_claims(|claims| {
        claims["iss"] = json!("accounts.google.com");
        claims.as_object_mut().unwrap().remove("nonce");
    });
    desk.members.lock().unwrap()["expires_in"] = json!("60");
    login.refresh(&desk.http(), &mut identity).await.unwrap();
    assert_eq!(listed(identity.deviations()), ["expires_in_text", "issuer_alias"]);
    desk.edit_claims(|claims| claims["iss"] = json!(ISSUER));
    desk.members.lock().unwrap()["expires_in"] = json!(60);
    login.refresh(&desk.http(), &mut identity).await.unwrap();
    assert_eq!(listed(identity.deviations()), ["expires_in_text", "issuer_alias"]);
}

#[tokio::test]
async fn what_a_refusal_needed_is_listed_by_the_error() {
    let desk = Desk::open();
    let refused = async |compat: Compat, status, body: Value| {
        desk.answer("/token", Answer::Reply(status, body.to_string()));
        finish(&desk, Desk::server().with_compat(compat)).await.unwrap_err()
    };
    let document = || json!({"errorCode": "invalid_client", "errorSummary": "Invalid value"});
    let strict = refused(Compat::strict(), 401, document()).await;
    assert_eq!(
        (strict.code(), strict.server_error(), strict.deviations()),
        ("token_member_missing", None, Deviations::NONE)
    );
    let okta = refused(Compat::okta(), 401, document()).await;
    assert_eq!((okta.code(), okta.server_error()), ("token_refused", Some("invalid_client")));
    assert_eq!(listed(okta.deviations()), ["error_code_member"]);
    let github = refused(Compat::github(), 200, json!({"error": "bad_verification_code"})).await;
    assert_eq!((github.code(), github.server_error()), ("token_refused", Some("bad_verification_code")));
    assert_eq!(listed(github.deviations()), ["error_with_success"]);
}

#[tokio::test]
async fn how_far_a_login_goes_along_can_be_seen() {
    let login = Desk::open().login_at(Desk::server().with_compat(Compat::okta()));
    assert!(format!("{login:?}").contains("compat: Compat { allowed: {error_code_member} }"));
}

#[tokio::test]
async fn access_token_missing_makes_an_identity_without_userinfo() {
    let without = |compat: Compat| async move {
        let desk = Desk::open();
        *desk.members.lock().unwrap() = json!({"access_token": null});
        let login = desk.login_at(Desk::server().with_compat(compat));
        let grant = desk.grant(&login, login.request());
        let identity = login.finish(&desk.http(), grant).await?;
        let refused = login.userinfo(&desk.http(), &identity).await.map(drop).unwrap_err();
        Ok::<_, LoginError>((listed(identity.deviations()), refused.code()))
    };
    let tolerated = without(Compat::strict().with_access_token_missing()).await.unwrap();
    assert_eq!(tolerated, (vec!["access_token_missing"], "token_request_no_access_token"));
    assert_eq!(without(Compat::strict()).await.unwrap_err().code(), "token_member_missing");
}
