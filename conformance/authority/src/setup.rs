//! What an authority is before anybody talks to it: plain data, to be written down in a case.

use serde::{Deserialize, Serialize};

use crate::{
    algorithm::{Algorithm, KeySet},
    flaw::Flaw,
    lie::Lie,
    rule::Rule,
};

/// Everything that decides how an [`Authority`](crate::Authority) behaves.
///
/// Plain data: two equal setups make authorities that behave alike, so a runner may run the honest
/// twin of many cases once. `Setup::default()` is an honest, strict server with Auth0's paths, one
/// public client and one confidential client, and a person who is already signed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setup {
    /// The name this authority has in the [`Wire`](crate::Wire).
    pub name: String,
    /// Which provider's paths it has.
    pub shape: Shape,
    /// How its issuer identifier is written.
    pub issuer: IssuerShape,
    /// The registered clients.
    pub clients: Vec<Client>,
    /// The people who can sign in; the first one is signed in when nobody is named.
    pub users: Vec<User>,
    /// What the authorization endpoint does with a person.
    pub login: LoginMode,
    /// What happens when the client is at fault.
    pub enforcement: Enforcement,
    /// The algorithm that ID tokens are signed with.
    pub signing: Algorithm,
    /// Which of the test keys are its own; two authorities of one run should differ.
    pub keys: KeySet,
    /// Whether the metadata announces `authorization_response_iss_parameter_supported`.
    pub announces_iss: bool,
    /// Whether authorization responses carry `iss` (RFC 9207).
    pub sends_iss: bool,
    /// Whether the metadata announces `code_challenge_methods_supported`. The check is done anyway.
    pub announces_pkce: bool,
    /// How long an authorization code lives, in seconds.
    pub code_lifetime: u64,
    /// How long access tokens and ID tokens live, in seconds.
    pub token_lifetime: u64,
    /// The first authorization codes, in the order in which they are issued; random ones follow. For a
    /// text whose values recur: nobody who is to be kept out may know a code.
    pub codes: Vec<String>,
    /// The API that access tokens are for. They are then JWTs with it as their audience (RFC 9068);
    /// without one they are random texts.
    pub api: Option<String>,
    /// Whether userinfo is a JWT, signed as ID tokens are (OpenID Connect Core section 5.3.2).
    pub userinfo_signed: bool,
    /// Whether authorization requests can, or must, be pushed (RFC 9126).
    pub push: PushMode,
    /// Whether tokens are bound to a key of the client (RFC 9449).
    pub dpop: DpopMode,
    /// How a login on a device goes (RFC 8628); without it there is none.
    pub device: Option<DevicePlan>,
    /// Whether clients log in as themselves, and exchange tokens (RFC 6749 section 4.4, RFC 8693).
    pub machine: bool,
    /// Whether a refresh token that was replaced is accepted again as long as its successor was not used, as
    /// some servers do for clients whose answer was lost.
    pub refresh_repeatable: bool,
    /// Whether it is reached by https, with a certificate of [`ca_pem`](crate::ca_pem)'s authority.
    pub https: bool,
    /// The provider that people sign in at with "Continue with Google".
    pub upstream: Option<Upstream>,
    /// Where browsers may be sent after a logout, compared as redirect URIs are.
    pub post_logout_redirect_uris: Vec<String>,
    /// The one thing this authority does wrong, if any.
    pub lie: Option<Lie>,
    /// The defects that it has as a server.
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
    /// The honest, strict server.
    #[must_use]
    pub fn honest() -> Self {
        Self::default()
    }

    /// An honest server that writes down a client's faults and forgives them.
    #[must_use]
    pub fn witness() -> Self {
        Self { enforcement: Enforcement::Witness, ..Self::default() }
    }

    /// A witness that tells one lie: what a conformance case is made of.
    #[must_use]
    pub fn lying(lie: Lie) -> Self {
        Self { lie: Some(lie), ..Self::witness() }
    }

    /// The Google-shaped provider: its own paths, people and keys, and one confidential client,
    /// whose redirect URI is `{authority}/login/callback`.
    ///
    /// `redirect_uri` is the address at which the authority that stands before it waits for people
    /// who come back. When it is not known yet, register it later with
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

    /// The same, under another name in the wire log.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }
}

/// Whether authorization requests are pushed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushMode {
    /// There is no endpoint for it.
    #[default]
    Absent,
    /// There is one.
    Offered,
    /// No other request is taken (RFC 9126 section 5).
    Required,
}

/// Whether tokens are bound to keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DpopMode {
    /// Proofs are ignored, and all tokens are bearer tokens.
    #[default]
    Absent,
    /// A token request with a proof gets a bound token.
    Offered,
    /// The same, and each proof needs a nonce: the authorization server and userinfo give out their own, a new one
    /// with each success.
    Nonces,
}

/// How a login on a device goes: the user types the code at once, and the server takes its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DevicePlan {
    /// The `interval` of the response; `None`: not stated, which means 5 seconds.
    pub interval: Option<u64>,
    /// How long the codes live, in seconds.
    pub lifetime: u64,
    /// The errors that polls are answered with, in order, before there are tokens.
    pub answers: Vec<String>,
}

impl Default for DevicePlan {
    fn default() -> Self {
        Self { interval: Some(1), lifetime: 600, answers: vec!["authorization_pending".into()] }
    }
}

/// Which provider's paths an authority has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// `/authorize`, `/login/callback`, `/oauth/token`, `/oauth/revoke`, `/userinfo`,
    /// `/.well-known/jwks.json`.
    Auth0,
    /// `/o/oauth2/v2/auth`, `/token`, `/revoke`, `/oauth2/v2/userinfo`, `/oauth2/v3/certs`.
    Google,
}

/// How an issuer identifier is written. `B` stands for `http://127.0.0.1:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuerShape {
    /// `B/`, as Auth0 writes it.
    Slash,
    /// `B`, without a slash.
    Plain,
    /// `B/PATH`. The endpoints stand below the path, the metadata where RFC 8414 section 3 and
    /// OpenID Connect Discovery section 4 put them.
    Path(String),
    /// `B/PATH/`.
    PathSlash(String),
}

/// A registered client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The `client_id`.
    pub id: String,
    /// How it proves who it is.
    pub auth: ClientAuth,
    /// The redirect URIs, compared byte for byte; of a loopback IP literal over http the port is
    /// free (RFC 8252 section 7.3).
    pub redirect_uris: Vec<String>,
}

/// How a client proves who it is at the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "method", content = "secret")]
pub enum ClientAuth {
    /// A public client: it sends its `client_id` and nothing else.
    None,
    /// `Authorization: Basic`, both parts form-encoded first (RFC 6749 section 2.3.1).
    Basic(String),
    /// `client_id` and `client_secret` in the body.
    Post(String),
    /// `private_key_jwt`: an assertion signed with [`client_key`](crate::client_key).
    PrivateKeyJwt,
    /// `client_secret_jwt`: an assertion with a MAC by the secret.
    SecretJwt(String),
}

impl ClientAuth {
    /// The secret, when there is one.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        match self {
            Self::None | Self::PrivateKeyJwt => None,
            Self::Basic(secret) | Self::Post(secret) | Self::SecretJwt(secret) => Some(secret),
        }
    }
}

impl Client {
    /// The public client of the whole project, `QhgXEVKKNmJzLwQxZeUuxtfqXlf619S5`, at home on
    /// `http://localhost:8091/callback` and on the loopback addresses with any port.
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

    /// The same with an id and a secret that have every kind of character that an encoding error would change, all of
    /// them legal (RFC 6749 appendix A: VSCHAR).
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

    /// The same with a secret that has every kind of character that an encoding error would change.
    #[must_use]
    pub fn web_post_unusual() -> Self {
        Self { auth: ClientAuth::Post("p0st&s3cr=t%2B+ ~'\"/?".into()), ..Self::web_post() }
    }

    /// A confidential client with a key of its own, [`client_key`](crate::client_key).
    #[must_use]
    pub fn with_key() -> Self {
        Self { id: "proofkey-key".into(), auth: ClientAuth::PrivateKeyJwt, redirect_uris: local_uris() }
    }

    /// A confidential client that proves its secret by a MAC.
    #[must_use]
    pub fn with_mac() -> Self {
        let auth = ClientAuth::SecretJwt("s3cr3t-0f-the-client-that-sends-a-mac".into());
        Self { id: "proofkey-mac".into(), auth, redirect_uris: local_uris() }
    }

    /// Another public client, to whom codes do not belong.
    #[must_use]
    pub fn other() -> Self {
        Self { id: "another-client".into(), auth: ClientAuth::None, redirect_uris: local_uris() }
    }

    /// The client that the authority itself is at the Google-shaped provider.
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

/// A person who can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The `sub` claim.
    pub sub: String,
    /// The `email` claim, and the name at the login page.
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

    /// John Doe's account at the Google-shaped provider, `1234567890`.
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

/// What the authorization endpoint does with a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginMode {
    /// Everybody is signed in already: the answer is the redirect. The person is the one named by
    /// the browser's cookie `user` (see [`Browser::sign_in_as`](crate::Browser::sign_in_as)), else
    /// the first one.
    Auto,
    /// A login page, with a password form and, when there is an upstream provider, a button
    /// "Continue with Google".
    Page,
}

/// What happens when the client is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enforcement {
    /// A real server: each fault is refused, with the error that its specification names.
    Strict,
    /// A fault that the lie did not cause is written into the wire log and forgiven, so that one
    /// defect of a client shows in its own case and in no other. What the lie causes is refused as
    /// in [`Strict`](Self::Strict).
    Witness,
    /// A real server that lacks these checks: what an attack needs to succeed.
    Without(Vec<Rule>),
}

/// The provider behind an authority: where "Continue with Google" leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upstream {
    /// The base address of the provider, `http://127.0.0.1:PORT`, without a slash.
    pub base: String,
    /// The authority's `client_id` there.
    pub client_id: String,
    /// The authority's secret there.
    pub client_secret: String,
    /// Joined with `|` before the provider's `sub`: `google-oauth2`.
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
