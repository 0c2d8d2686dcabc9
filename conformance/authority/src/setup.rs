//! The configuration of an authority, as plain data.

use serde::{Deserialize, Serialize};

use crate::{
    algorithm::{Algorithm, KeySet},
    flaw::Flaw,
    lie::Lie,
    rule::Rule,
};

/// Everything that decides how an [`Authority`](crate::Authority) behaves.
///
/// Authorities with equal set-ups behave alike, so a runner can run the honest twin of many cases once.
/// `Setup::default()` is an honest, strict server with Auth0's paths, two public and two confidential clients, and two
/// users, of whom the first is already signed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setup {
    /// The name of this authority in the [`Wire`](crate::Wire).
    pub name: String,
    /// The provider whose paths it has.
    pub shape: Shape,
    /// The form of its issuer identifier.
    pub issuer: IssuerShape,
    /// The registered clients.
    pub clients: Vec<Client>,
    /// The users who can sign in; the first one is the default.
    pub users: Vec<User>,
    /// How users sign in at the authorization endpoint.
    pub login: LoginMode,
    /// The reaction to a fault of the client.
    pub enforcement: Enforcement,
    /// The algorithm that ID tokens are signed with.
    pub signing: Algorithm,
    /// The set of test keys that it owns; it should differ between authorities of a run.
    pub keys: KeySet,
    /// Whether the metadata announces `authorization_response_iss_parameter_supported`.
    pub announces_iss: bool,
    /// Whether authorization responses carry `iss` (RFC 9207).
    pub sends_iss: bool,
    /// Whether the metadata announces `code_challenge_methods_supported`. The challenge is checked in any case.
    pub announces_pkce: bool,
    /// The lifetime of an authorization code, in seconds.
    pub code_lifetime: u64,
    /// The lifetime of access tokens and ID tokens, in seconds.
    pub token_lifetime: u64,
    /// The first authorization codes, in the order in which they are issued, before random ones. They are for documents
    /// with fixed values, not for security.
    pub codes: Vec<String>,
    /// The API that access tokens are for. They are then JWTs with this audience (RFC 9068); otherwise they are random
    /// strings.
    pub api: Option<String>,
    /// Whether userinfo is a JWT, signed like ID tokens (OpenID Connect Core section 5.3.2).
    pub userinfo_signed: bool,
    /// Whether authorization requests can, or must, be pushed (RFC 9126).
    pub push: PushMode,
    /// Whether tokens are bound to a key of the client (RFC 9449).
    pub dpop: DpopMode,
    /// The course of a login on a device (RFC 8628). `None` disables the device grant.
    pub device: Option<DevicePlan>,
    /// Whether the client credentials grant and token exchange are enabled (RFC 6749 section 4.4, RFC 8693).
    pub machine: bool,
    /// Whether clients can register (RFC 7591), as public clients.
    pub registration: bool,
    /// Whether a replaced refresh token is accepted until its successor is used, as some servers do for clients that
    /// lost the response.
    pub refresh_repeatable: bool,
    /// Whether it uses https, with a certificate issued by the CA of [`ca_pem`](crate::ca_pem).
    pub https: bool,
    /// The provider behind "Continue with Google".
    pub upstream: Option<Upstream>,
    /// The URIs to which browsers may be redirected after a logout, compared like redirect URIs.
    pub post_logout_redirect_uris: Vec<String>,
    /// The lie of this authority, if any.
    pub lie: Option<Lie>,
    /// Its defects as a server.
    pub flaws: Vec<Flaw>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            name: "authority".into(),
            shape: Shape::Auth0,
            issuer: IssuerShape::Slash,
            clients: vec![Client::native(), Client::web(), Client::web_post(), Client::other()],
            users: vec![User::john(), User::mallory()],
            login: LoginMode::Auto,
            enforcement: Enforcement::Strict,
            signing: Algorithm::Rs256,
            keys: KeySet::First,
            announces_iss: true,
            sends_iss: true,
            announces_pkce: true,
            code_lifetime: 600,
            token_lifetime: 86_400,
            codes: Vec::new(),
            api: None,
            userinfo_signed: false,
            push: PushMode::Absent,
            dpop: DpopMode::Absent,
            device: None,
            machine: false,
            registration: false,
            refresh_repeatable: false,
            https: false,
            upstream: None,
            post_logout_redirect_uris: [
                "http://localhost:8091/goodbye",
                "http://127.0.0.1/goodbye",
                "http://[::1]/goodbye",
            ]
            .map(String::from)
            .to_vec(),
            lie: None,
            flaws: Vec::new(),
        }
    }
}

impl Setup {
    /// Creates the set-up of an honest, strict server.
    #[must_use]
    pub fn honest() -> Self {
        Self::default()
    }

    /// Creates the set-up of an honest server that records a client's faults and forgives them.
    #[must_use]
    pub fn witness() -> Self {
        Self { enforcement: Enforcement::Witness, ..Self::default() }
    }

    /// Creates the set-up of a witness that tells one lie, as in a conformance case.
    #[must_use]
    pub fn lying(lie: Lie) -> Self {
        Self { lie: Some(lie), ..Self::witness() }
    }

    /// Creates the set-up of the Google-shaped provider, with its own paths, users and keys, and one confidential
    /// client, whose redirect URI is `{authority}/login/callback`.
    ///
    /// `redirect_uri` is that of the authority in front of it. If it is not known yet, register it later with
    /// [`Authority::register`](crate::Authority::register).
    #[must_use]
    pub fn google(redirect_uri: &str) -> Self {
        Self {
            name: "google".into(),
            shape: Shape::Google,
            issuer: IssuerShape::Plain,
            clients: vec![Client::google(redirect_uri)],
            users: vec![User::google()],
            login: LoginMode::Page,
            keys: KeySet::Second,
            announces_iss: false,
            ..Self::default()
        }
    }

    /// Changes the name in the wire log.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }
}

/// The support of pushed authorization requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushMode {
    /// There is no endpoint for them.
    #[default]
    Absent,
    /// There is an endpoint for them.
    Offered,
    /// Other authorization requests are refused (RFC 9126 section 5).
    Required,
}

/// The support of DPoP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DpopMode {
    /// Proofs are ignored, and all tokens are bearer tokens.
    #[default]
    Absent,
    /// A token request with a proof gets a bound token.
    Offered,
    /// Like `Offered`, and each proof needs a nonce: the authorization server and userinfo each issue their own, a new
    /// one with each success.
    Nonces,
}

/// The course of a login on a device: the user enters the code at once, and the server gives these answers to polls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DevicePlan {
    /// The `interval` of the response in seconds; `None` leaves it out, which means 5 seconds.
    pub interval: Option<u64>,
    /// The lifetime of the codes, in seconds.
    pub lifetime: u64,
    /// The errors that polls receive, in order, before there are tokens.
    pub answers: Vec<String>,
}

impl Default for DevicePlan {
    fn default() -> Self {
        Self { interval: Some(1), lifetime: 600, answers: vec!["authorization_pending".into()] }
    }
}

/// The provider whose paths an authority has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// `/authorize`, `/login/callback`, `/oauth/token`, `/oauth/revoke`, `/userinfo`,
    /// `/.well-known/jwks.json`.
    Auth0,
    /// `/o/oauth2/v2/auth`, `/token`, `/revoke`, `/oauth2/v2/userinfo`, `/oauth2/v3/certs`.
    Google,
}

/// The form of an issuer identifier. `B` stands for `http://127.0.0.1:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuerShape {
    /// `B/`, as Auth0 writes it.
    Slash,
    /// `B`, without a slash.
    Plain,
    /// `B/PATH`. The endpoints are below the path, and the metadata where RFC 8414 section 3 and OpenID Connect
    /// Discovery section 4 put it.
    Path(String),
    /// `B/PATH/`.
    PathSlash(String),
}

/// A registered client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The `client_id`.
    pub id: String,
    /// The authentication method.
    pub auth: ClientAuth,
    /// The redirect URIs, compared byte for byte, except that an http URI with a loopback IP literal matches with any
    /// port (RFC 8252 section 7.3).
    pub redirect_uris: Vec<String>,
}

/// The authentication method of a client at the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "method", content = "secret")]
pub enum ClientAuth {
    /// A public client, which only sends its `client_id`.
    None,
    /// `Authorization: Basic`, both parts form-encoded first (RFC 6749 section 2.3.1).
    Basic(String),
    /// `client_id` and `client_secret` in the body.
    Post(String),
    /// `private_key_jwt`: an assertion signed with [`client_key`](crate::client_key).
    PrivateKeyJwt,
    /// `client_secret_jwt`: an assertion with a MAC that is keyed with the secret.
    SecretJwt(String),
}

impl ClientAuth {
    /// Returns the secret, if there is one.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        match self {
            Self::None | Self::PrivateKeyJwt => None,
            Self::Basic(secret) | Self::Post(secret) | Self::SecretJwt(secret) => Some(secret),
        }
    }
}

impl Client {
    /// The public client of the project, `QhgXEVKKNmJzLwQxZeUuxtfqXlf619S5`, with the redirect URI
    /// `http://localhost:8091/callback` and those on the loopback addresses with any port.
    #[must_use]
    pub fn native() -> Self {
        Self { id: "QhgXEVKKNmJzLwQxZeUuxtfqXlf619S5".into(), auth: ClientAuth::None, redirect_uris: local_uris() }
    }

    /// A confidential client that uses `Authorization: Basic`.
    #[must_use]
    pub fn web() -> Self {
        Self {
            id: "proofkey-web".into(),
            auth: ClientAuth::Basic("s3cr3t-0f-the-web-client".into()),
            redirect_uris: local_uris(),
        }
    }

    /// [`web`](Self::web) with an id and a secret that contain every kind of character that an encoding error would
    /// change, all of them legal (RFC 6749 appendix A: VSCHAR).
    #[must_use]
    pub fn web_unusual() -> Self {
        Self {
            id: "proofkey web:1".into(),
            auth: ClientAuth::Basic("s3cr&t:p%41th+with = and~'\"/?".into()),
            redirect_uris: local_uris(),
        }
    }

    /// A confidential client that sends its secret in the body.
    #[must_use]
    pub fn web_post() -> Self {
        Self {
            id: "proofkey-post".into(),
            auth: ClientAuth::Post("s3cr3t-0f-the-post-client".into()),
            redirect_uris: local_uris(),
        }
    }

    /// [`web_post`](Self::web_post) with a secret that contains every kind of character that an encoding error would
    /// change.
    #[must_use]
    pub fn web_post_unusual() -> Self {
        Self { auth: ClientAuth::Post("p0st&s3cr=t%2B+ ~'\"/?".into()), ..Self::web_post() }
    }

    /// A confidential client that signs assertions with its key, [`client_key`](crate::client_key).
    #[must_use]
    pub fn with_key() -> Self {
        Self { id: "proofkey-key".into(), auth: ClientAuth::PrivateKeyJwt, redirect_uris: local_uris() }
    }

    /// A confidential client that sends assertions with a MAC that is keyed with its secret.
    #[must_use]
    pub fn with_mac() -> Self {
        let auth = ClientAuth::SecretJwt("s3cr3t-0f-the-client-that-sends-a-mac".into());
        Self { id: "proofkey-mac".into(), auth, redirect_uris: local_uris() }
    }

    /// Another public client, whose codes the tested client must not redeem.
    #[must_use]
    pub fn other() -> Self {
        Self { id: "another-client".into(), auth: ClientAuth::None, redirect_uris: local_uris() }
    }

    /// The client of the authority at the Google-shaped provider.
    #[must_use]
    pub fn google(redirect_uri: &str) -> Self {
        Self {
            id: "123456789-abcdefghijklmnop.apps.googleusercontent.com".into(),
            auth: ClientAuth::Post("GOCSPX-your_google_client_secret".into()),
            redirect_uris: vec![redirect_uri.into()],
        }
    }
}

fn local_uris() -> Vec<String> {
    [
        "http://localhost:8091/callback",
        "http://localhost:8089/callback",
        "http://127.0.0.1/callback",
        "http://127.0.0.1/cb",
        "http://[::1]/callback",
        "http://[::1]/cb",
    ]
    .map(String::from)
    .to_vec()
}

/// A user who can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The `sub` claim.
    pub sub: String,
    /// The `email` claim, and the user name at the login page.
    pub email: String,
    /// The `name` claim.
    pub name: String,
    /// The password at the login page.
    pub password: String,
}

impl User {
    /// John Doe, `auth0|john`.
    #[must_use]
    pub fn john() -> Self {
        Self {
            sub: "auth0|john".into(),
            email: "user@example.com".into(),
            name: "John Doe".into(),
            password: "correct horse".into(),
        }
    }

    /// Mallory, `auth0|mallory`: an honest account in an attacker's hands.
    #[must_use]
    pub fn mallory() -> Self {
        Self {
            sub: "auth0|mallory".into(),
            email: "mallory@example.com".into(),
            name: "Mallory".into(),
            password: "battery staple".into(),
        }
    }

    /// The account of John Doe at the Google-shaped provider, `1234567890`.
    #[must_use]
    pub fn google() -> Self {
        Self {
            sub: "1234567890".into(),
            email: "user@gmail.com".into(),
            name: "John Doe".into(),
            password: "google horse".into(),
        }
    }
}

/// How users sign in at the authorization endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginMode {
    /// The user is already signed in, and the response is the redirect. The browser's cookie `user` names the user (see
    /// [`Browser::sign_in_as`](crate::Browser::sign_in_as)); the default is the first one.
    Auto,
    /// The user signs in at a login page with a password form and, if there is an upstream provider, a button "Continue
    /// with Google".
    Page,
}

/// The reaction to a fault of the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enforcement {
    /// Each fault is refused with the error that the specification names, as by a real server.
    Strict,
    /// A fault that the lie did not cause is recorded in the wire log and forgiven, so that a defect of a client fails
    /// only its own case. A fault that the lie causes is refused as in [`Strict`](Self::Strict).
    Witness,
    /// Like [`Strict`](Self::Strict) without these checks, which lets an attack succeed.
    Without(Vec<Rule>),
}

/// The provider behind an authority's "Continue with Google".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upstream {
    /// The base address of the provider, `http://127.0.0.1:PORT`, without a slash.
    pub base: String,
    /// The authority's `client_id` at the provider.
    pub client_id: String,
    /// The authority's secret at the provider.
    pub client_secret: String,
    /// The prefix of `sub`, which is followed by `|` and the provider's `sub`: `google-oauth2`.
    pub connection: String,
}

impl Upstream {
    /// The Google-shaped provider at `base`, with the client of [`Client::google`].
    #[must_use]
    pub fn google(base: &str) -> Self {
        let client = Client::google("");
        Self {
            base: base.trim_end_matches('/').into(),
            client_secret: client.auth.secret().unwrap_or_default().into(),
            client_id: client.id,
            connection: "google-oauth2".into(),
        }
    }
}
