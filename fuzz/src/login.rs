//! A login that is under way, at a server that the client knows.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proofkey_authorize::{
    AuthorizationRequest, AuthorizationServer, ClientId, Compat, Deviation, Endpoint, Issuer, Pending, RedirectUri,
    Scope, Tenancy,
};
use proofkey_token::{ClientAuthentication, Exchange, ExchangeRequest};
use sha2::{Digest as _, Sha256};

use crate::uncounted;

/// The issuer of every target.
pub const ISSUER: &str = "https://as.example/";
/// The client of every target.
pub const CLIENT_ID: &str = "client";
/// Where the answer is to come.
pub const REDIRECT_URI: &str = "https://app.example/callback";
/// What every secret is made of.
pub const ENTROPY: [u8; 96] = [7; 96];

/// The time at which everything happens.
pub fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

/// A server with every endpoint.
pub static SERVER: LazyLock<AuthorizationServer> = LazyLock::new(|| {
    uncounted(|| {
        let endpoint = |path| Endpoint::new(format!("{ISSUER}{path}")).expect("an endpoint");
        let issuer = Issuer::new(ISSUER).expect("an issuer");
        AuthorizationServer::new(issuer, endpoint("authorize"), endpoint("token"))
            .with_userinfo_endpoint(endpoint("userinfo"))
            .with_introspection_endpoint(endpoint("introspect"))
            .with_device_authorization_endpoint(endpoint("device"))
            .with_pushed_authorization_request_endpoint(endpoint("par"))
    })
});

/// A request to a server.
fn request(server: &AuthorizationServer) -> AuthorizationRequest<'_> {
    let client_id = ClientId::new(CLIENT_ID).expect("a client id");
    AuthorizationRequest::new(server, client_id, RedirectUri::new(REDIRECT_URI).expect("a redirect URI"))
        .scope(Scope::new("openid profile").expect("a scope"))
}

/// The request of every target.
pub static REQUEST: LazyLock<AuthorizationRequest<'static>> = LazyLock::new(|| uncounted(|| request(&SERVER)));

/// The login that it begins.
pub fn pending() -> Pending {
    REQUEST.clone().begin(&ENTROPY, now()).expect("a login").1
}

/// A host on which plain http may be tolerated.
pub const HTTP_HOST: &str = "inside.example";
/// A name of a bearer token that may be tolerated.
pub const TOKEN_TYPE: &str = "bot";

/// The policies of a client: strict, every leniency together, each provider's, and each leniency alone. There are at
/// most 51, so that one byte can choose each.
pub static COMPATS: LazyLock<Vec<Compat>> = LazyLock::new(|| {
    uncounted(|| {
        let elsewhere = || Endpoint::new("https://elsewhere.example/metadata").expect("an endpoint");
        let alone: [&dyn Fn(Compat) -> Compat; 26] = [
            &Compat::with_expires_in_text,
            &Compat::with_expires_in_fraction,
            &Compat::with_form_body,
            &Compat::with_error_with_success,
            &Compat::with_error_code_member,
            &Compat::with_refusal_status,
            &Compat::with_success_status,
            &Compat::with_scope_commas,
            &Compat::with_scope_array,
            &Compat::with_token_type_missing,
            &Compat::with_basic_unencoded,
            &Compat::with_resource_not_sent,
            &Compat::with_pkce_not_announced,
            &Compat::with_updated_at_text,
            &Compat::with_email_verified_text,
            &Compat::with_nonce_not_returned,
            &Compat::with_pkce_refused,
            &Compat::with_auth_time_changed,
            &Compat::with_access_token_missing,
            &Compat::with_wider_scope_on_refresh,
            &|compat| compat.with_issuer_alias("as.example"),
            &|compat| compat.with_tenancy(Tenancy::AnyOrganisation),
            &|compat| compat.with_metadata_at(elsewhere()),
            &|compat| compat.with_token_type_name(TOKEN_TYPE),
            &|compat| compat.with_media_type("text/html"),
            &|compat| compat.with_http_host(HTTP_HOST),
        ];
        let all = alone.iter().fold(Compat::strict(), |compat, with| with(compat));
        assert_eq!(all.allowed().iter().count(), Deviation::ALL.len(), "a leniency is not listed");
        let mut compats = vec![Compat::strict(), all];
        compats.extend([Compat::auth0(), Compat::google(), Compat::github(), Compat::entra(Tenancy::AnyOrganisation)]);
        compats.extend([Compat::okta(), Compat::keycloak(), Compat::linkedin(), Compat::apple(), Compat::slack()]);
        compats.extend([Compat::cognito(), Compat::b2c(), Compat::adfs(), Compat::salesforce(), Compat::zitadel()]);
        compats.extend([Compat::authentik(), Compat::discord(), Compat::twitch(), Compat::amazon()]);
        compats.extend(alone.map(|with| with(Compat::strict())));
        compats
    })
});

/// An exchange whose response is awaited, for each of these. Its login began at the same server, so that one without a
/// verifier is among them.
pub static EXCHANGES: LazyLock<Vec<Exchange>> = LazyLock::new(|| {
    uncounted(|| {
        let begun = |compat: &Compat| {
            let server = SERVER.clone().with_compat(compat.clone());
            let pending = request(&server).begin(&ENTROPY, now()).expect("a login").1;
            let callback = format!("code=abc&state={}", pending.state().expose());
            let grant = pending.receive(&callback, now()).expect("a grant");
            ExchangeRequest::new(grant, &server).build(&ClientAuthentication::none()).expect("a request").1
        };
        COMPATS.iter().map(begun).collect()
    })
});

/// The challenge of its verifier.
pub static CHALLENGE: LazyLock<String> = LazyLock::new(|| {
    uncounted(|| {
        let verifier = URL_SAFE_NO_PAD.encode([7; 32]);
        URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
    })
});

/// The parts of a request: endpoint, client id, redirect URI and scope. Where one is none, an honest one in its place
/// lets the others be tried.
pub fn honest(parts: (&str, &str, &str, &str)) -> (AuthorizationServer, ClientId, RedirectUri, Scope) {
    let endpoint = Endpoint::new(parts.0).unwrap_or_else(|_| SERVER.authorization_endpoint().clone());
    let client_id = ClientId::new(parts.1).or_else(|_| ClientId::new(CLIENT_ID)).expect("a client id");
    let redirect_uri = RedirectUri::new(parts.2).or_else(|_| RedirectUri::new(REDIRECT_URI)).expect("a redirect URI");
    let scope = Scope::new(parts.3).or_else(|_| Scope::new("openid")).expect("a scope");
    let server = AuthorizationServer::new(SERVER.issuer().clone(), endpoint.clone(), endpoint);
    (server, client_id, redirect_uri, scope)
}
