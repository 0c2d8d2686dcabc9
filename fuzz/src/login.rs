//! A login that is under way, at a server that the client knows.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proofkey_authorize::{
    AuthorizationRequest, AuthorizationServer, ClientId, Compat, Endpoint, Issuer, Pending, RedirectUri, Scope, Tenancy,
};
use proofkey_token::{ClientAuthentication, Exchange, exchange};

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
    })
});

/// A request to it.
pub static REQUEST: LazyLock<AuthorizationRequest<'static>> = LazyLock::new(|| {
    uncounted(|| {
        let client_id = ClientId::new(CLIENT_ID).expect("a client id");
        AuthorizationRequest::new(&SERVER, client_id, RedirectUri::new(REDIRECT_URI).expect("a redirect URI"))
            .scope(Scope::new("openid profile").expect("a scope"))
    })
});

/// The login that it begins.
pub fn pending() -> Pending {
    REQUEST.clone().begin(&ENTROPY, now()).expect("a login").1
}

/// What a client may know of a server: nothing, each provider, each leniency alone, and all of them.
pub static COMPATS: LazyLock<Vec<Compat>> = LazyLock::new(|| {
    uncounted(|| {
        let alone: [fn(Compat) -> Compat; 10] = [
            Compat::with_expires_in_text,
            Compat::with_expires_in_fraction,
            Compat::with_form_body,
            Compat::with_error_with_success,
            Compat::with_error_code_member,
            Compat::with_refusal_status,
            Compat::with_success_status,
            Compat::with_scope_commas,
            Compat::with_scope_array,
            Compat::with_token_type_missing,
        ];
        let entra = Compat::entra(Tenancy::AnyOrganisation);
        let known = [Compat::auth0(), Compat::google(), Compat::github(), entra, Compat::okta(), Compat::keycloak()];
        let all = alone.iter().fold(Compat::strict(), |compat, with| with(compat));
        [Compat::strict(), all].into_iter().chain(known).chain(alone.map(|with| with(Compat::strict()))).collect()
    })
});

/// An exchange whose response is awaited, for each of these.
pub static EXCHANGES: LazyLock<Vec<Exchange>> = LazyLock::new(|| {
    uncounted(|| {
        let begun = |compat: &Compat| {
            let pending = pending();
            let callback = format!("code=abc&state={}", pending.state().expose());
            let grant = pending.receive(&callback, now()).expect("a grant");
            let server = SERVER.clone().with_compat(compat.clone());
            exchange(grant, &server, &ClientAuthentication::none()).expect("a request").1
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

/// The login, as a session store keeps it.
pub static OWN: LazyLock<String> = LazyLock::new(|| uncounted(|| pending().to_json().to_string()));

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
