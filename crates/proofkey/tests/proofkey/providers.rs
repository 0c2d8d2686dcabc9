//! One whole login at a stand-in for each provider, with all of its ways at once: refused without its profile, and made
//! with it.

use std::time::Duration;

use proofkey::authorize::{AuthorizationServer, Compat, Deviation, Deviations, Endpoint as Address, Issuer, Tenancy};
use proofkey::token::{ClientAuthentication, ClientSecret, Http};
use proofkey::{Identity, Login, LoginError, discover_with};
use proofkey_authority::lie::{ExtraKey, JsonEdit, KeyEdit, ParamEdit, ResponseEdit, TestKey};
use proofkey_authority::{Authority, Browser, Client, Endpoint, IssuerShape, Lie, Setup, Shape};

const CALLBACK: &str = "http://localhost:8091/callback";
const TENANT: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";

fn http() -> Http {
    Http::builder().allow_http_loopback().timeout(Duration::from_secs(10)).build().unwrap()
}

fn listed(deviations: Deviations) -> Vec<&'static str> {
    deviations.iter().map(Deviation::name).collect()
}

fn set(name: &str, value: impl Into<serde_json::Value>) -> JsonEdit {
    JsonEdit::set(name, value)
}

async fn finish(authority: &Authority, login: &Login) -> Result<Identity, LoginError> {
    let request = login.request().scope("openid profile email offline_access").resource("https://api.example/");
    let (url, pending) = request.begin()?;
    let landing = Browser::new(authority.wire()).open(&url).await.unwrap();
    login.finish(&http(), login.receive(pending, landing.callback().unwrap())?).await
}

async fn log_in(authority: &Authority, issuer: &str, compat: Compat) -> Result<Identity, LoginError> {
    let login = Login::new(discover_with(&http(), issuer, compat).await?, Client::native().id, CALLBACK)?;
    finish(authority, &login).await
}

#[tokio::test]
async fn auth0() {
    let authority = Authority::start(Setup {
        lie: Some(Lie::claims([set("updated_at", "2026-11-23T22:15:30.250Z"), set("email_verified", true)])),
        ..Setup::honest()
    })
    .await;
    // Nothing of it keeps a login from being made: without the profile the date is not read.
    let strict = log_in(&authority, authority.issuer(), Compat::strict()).await.unwrap();
    assert_eq!((strict.claims().updated_at(), strict.deviations()), (None, Deviations::NONE));
    let identity = log_in(&authority, authority.issuer(), Compat::auth0()).await.unwrap();
    assert_eq!(listed(identity.deviations()), ["updated_at_text"]);
    assert!(identity.claims().updated_at().is_some() && authority.issuer().ends_with('/'));

    let refusing = Authority::start(Setup::lying(Lie::error(Endpoint::Token, 403, "invalid_grant"))).await;
    let strict = log_in(&refusing, refusing.issuer(), Compat::strict()).await.unwrap_err();
    assert_eq!((strict.code(), strict.server_error()), ("token_refused", Some("invalid_grant")));
    assert!(strict.deviations().is_empty());
    let known = log_in(&refusing, refusing.issuer(), Compat::auth0()).await.unwrap_err();
    assert_eq!((known.code(), known.server_error()), ("token_refused", Some("invalid_grant")));
    assert_eq!(listed(known.deviations()), ["refusal_status"]);
}

#[tokio::test]
async fn google() {
    let scope = "openid https://www.googleapis.com/auth/userinfo.email";
    let authority = Authority::start(Setup {
        shape: Shape::Google,
        issuer: IssuerShape::Plain,
        announces_iss: false,
        lie: Some(Lie::Together(vec![
            Lie::claims([set("iss", "accounts.google.com")]),
            Lie::token_response([set("scope", scope)]),
        ])),
        ..Setup::honest()
    })
    .await;
    // A desktop application: a secret, and the verifier besides.
    let client = Client::web_post();
    let login = async |compat| {
        let server = discover_with(&http(), authority.issuer(), compat).await.unwrap();
        let secret = ClientSecret::new(client.auth.secret().unwrap()).unwrap();
        let login = Login::new(server, &client.id, CALLBACK).unwrap();
        finish(&authority, &login.with_client_authentication(ClientAuthentication::post(secret))).await
    };
    assert_eq!(login(Compat::strict()).await.unwrap_err().code(), "id_token_iss_mismatch");
    let identity = login(Compat::google()).await.unwrap();
    assert_eq!(listed(identity.deviations()), ["issuer_alias"]);
    assert_eq!(identity.tokens().scope().unwrap().as_str(), scope);
    let wire = authority.wire();
    assert!(wire.faults().is_empty(), "{:?}", wire.faults());
    assert!(wire.token_requests().iter().all(|request| {
        ["client_secret", "code_verifier"].iter().all(|due| request.form.iter().any(|(name, _)| name == due))
    }));
}

#[tokio::test]
async fn github() {
    let authority = Authority::start(Setup::lying(Lie::response(
        Endpoint::Token,
        [
            ResponseEdit::Json(set("scope", "repo,read:user")),
            ResponseEdit::Json(set("token_type", "bearer")),
            ResponseEdit::Json(JsonEdit::remove("expires_in")),
            ResponseEdit::Json(set("refresh_token_expires_in", 15_897_600)),
            ResponseEdit::FormEncoded,
        ],
    )))
    .await;
    let endpoints = authority.endpoints();
    let exchange = async |compat| {
        // No metadata and no ID tokens: the endpoints by hand, and OAuth.
        let address = |text: &str| Address::new(text).unwrap();
        let issuer = Issuer::new(authority.issuer()).unwrap();
        let server = AuthorizationServer::new(issuer, address(&endpoints.authorization), address(&endpoints.token));
        let login = Login::new(server.with_compat(compat), Client::native().id, CALLBACK).unwrap();
        let (url, pending) = login.authorization().scope("repo read:user").begin().unwrap();
        let landing = Browser::new(authority.wire()).open(&url).await.unwrap();
        let grant = login.receive(pending, landing.callback().unwrap()).unwrap();
        login.exchange(&http(), grant).await
    };
    assert_eq!(exchange(Compat::strict()).await.unwrap_err().code(), "token_content_type");
    let tokens = exchange(Compat::github()).await.unwrap();
    assert_eq!(listed(tokens.deviations()), ["form_body", "scope_commas"]);
    assert!(tokens.scope().unwrap().contains("read:user") && tokens.expires_in().is_none());
}

#[tokio::test]
async fn entra() {
    let template = "{base}/{tenantid}/v2.0";
    let authority = Authority::start(Setup {
        issuer: IssuerShape::Path("common/v2.0".into()),
        announces_iss: false,
        sends_iss: false,
        announces_pkce: false,
        lie: Some(Lie::Together(vec![
            Lie::metadata([set("issuer", template)]),
            Lie::keys([KeyEdit::Signing(set("issuer", template)), KeyEdit::Signing(JsonEdit::remove("alg"))]),
            Lie::claims([
                set("iss", format!("{{base}}/{TENANT}/v2.0")),
                set("tid", TENANT),
                JsonEdit::remove("at_hash"),
            ]),
            Lie::token_response([
                set("expires_in", "3599"),
                set("ext_expires_in", "3599"),
                JsonEdit::SetLong("access_token".into(), 5000),
            ]),
            Lie::ResourceRefused,
        ])),
        ..Setup::honest()
    })
    .await;
    let strict = log_in(&authority, authority.issuer(), Compat::strict()).await.unwrap_err();
    assert_eq!(strict.code(), "discovery_issuer_mismatch");
    for tenancy in [Tenancy::one(TENANT), Tenancy::AnyOrganisation] {
        let identity = log_in(&authority, authority.issuer(), Compat::entra(tenancy)).await.unwrap();
        let all = ["expires_in_text", "resource_not_sent", "pkce_not_announced", "issuer_template"];
        assert_eq!(listed(identity.deviations()), all);
        assert_eq!(identity.issuer(), format!("{}/{TENANT}/v2.0", authority.base()));
        assert_eq!(identity.tokens().expires_in(), Some(Duration::from_secs(3599)));
        assert_eq!(identity.tokens().access_token().unwrap().expose().len(), 5000);
    }
    let others = Compat::entra(Tenancy::one("82229342-1101-4ab6-817b-70c0747630f3"));
    assert_eq!(log_in(&authority, authority.issuer(), others).await.unwrap_err().code(), "id_token_tid_mismatch");
    // Each leniency is needed: without one of them there is no login.
    let tenancy = || Tenancy::one(TENANT);
    for (lacking, code) in [
        (Compat::strict().with_tenancy(tenancy()), "request_pkce_not_announced"),
        (Compat::strict().with_tenancy(tenancy()).with_pkce_not_announced(), "callback_refused"),
        (
            Compat::strict().with_tenancy(tenancy()).with_pkce_not_announced().with_resource_not_sent(),
            "token_member_type",
        ),
    ] {
        assert_eq!(log_in(&authority, authority.issuer(), lacking).await.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn okta() {
    let issuer = IssuerShape::Path("oauth2/default".into());
    let authority = Authority::start(Setup { issuer: issuer.clone(), ..Setup::honest() }).await;
    let identity = log_in(&authority, authority.issuer(), Compat::okta()).await.unwrap();
    assert!(identity.deviations().is_empty());

    let body = r#"{"errorCode":"invalid_client","errorSummary":"Invalid value for 'client_id' parameter."}"#;
    let lie = Lie::answer(Endpoint::Token, 401, "application/json", body);
    let refusing = Authority::start(Setup { issuer, ..Setup::lying(lie) }).await;
    let strict = log_in(&refusing, refusing.issuer(), Compat::strict()).await.unwrap_err();
    assert_eq!((strict.code(), strict.server_error()), ("token_member_missing", None));
    let known = log_in(&refusing, refusing.issuer(), Compat::okta()).await.unwrap_err();
    assert_eq!((known.code(), known.server_error()), ("token_refused", Some("invalid_client")));
    assert_eq!(listed(known.deviations()), ["error_code_member"]);
}

#[tokio::test]
async fn keycloak() {
    let outside = "http://localhost:8080/realms/r";
    let encryption = KeyEdit::Before(ExtraKey::new(TestKey::Encryption));
    let inside = |further: Vec<Lie>| {
        let common = vec![
            Lie::token_response([
                set("refresh_expires_in", 0),
                set("not-before-policy", 0),
                set("session_state", "3f1c"),
            ]),
            Lie::keys([encryption.clone()]),
        ];
        Setup {
            issuer: IssuerShape::Path("realms/r".into()),
            ..Setup::lying(Lie::Together([common, further].concat()))
        }
    };
    // By itself it keeps to the specifications.
    let authority = Authority::start(inside(Vec::new())).await;
    let identity = log_in(&authority, authority.issuer(), Compat::strict()).await.unwrap();
    assert_eq!(identity.tokens().further()["refresh_expires_in"], 0);

    // Browsers call it otherwise than its neighbours do.
    let authority = Authority::start(inside(vec![
        Lie::metadata([set("issuer", outside)]),
        Lie::callback([ParamEdit::set("iss", outside)]),
        Lie::claims([set("iss", outside)]),
    ]))
    .await;
    let strict = log_in(&authority, authority.issuer(), Compat::keycloak()).await.unwrap_err();
    assert_eq!(strict.code(), "discovery_issuer_mismatch");
    let address = format!("{}/.well-known/openid-configuration", authority.issuer());
    let compat = Compat::keycloak().with_metadata_at(Address::new(address).unwrap());
    let identity = log_in(&authority, outside, compat).await.unwrap();
    assert_eq!((identity.issuer(), listed(identity.deviations())), (outside, vec!["discovery_elsewhere"]));
}
