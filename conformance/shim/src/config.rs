//! Turns the `config` message into logins.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proofkey::authorize::{AuthorizationServer, Compat, Endpoint, Issuer, Tenancy};
use proofkey::jwt::{Algorithm, HmacKey, MacAlgorithm, SigningAlgorithm, SigningKey};
use proofkey::token::{ClientAuthentication, ClientSecret, Dpop, Fresh, Http};
use proofkey::{KeySigner, Login, LoginError, MachineLogin, discover_with, fresh};
use serde_json::Value;

/// A message or a value that this shim does not know: exit code 89.
#[derive(Debug)]
pub(crate) struct Unimplemented(pub(crate) String);

/// Real time, or the runner's, moved by `advance`.
#[derive(Clone)]
pub(crate) struct Clock {
    fixed: Option<u64>,
    ahead: Arc<AtomicU64>,
}

impl Clock {
    /// A clock that stands at `fixed`, if that is a time.
    fn new(fixed: Option<u64>) -> Result<Self, Unimplemented> {
        let clock = Self { fixed, ahead: Arc::default() };
        clock.ahead_by(0).map(|_| clock).ok_or_else(no_time)
    }

    /// Goes forward, unless that leads to where there is no time.
    pub(crate) fn advance(&self, seconds: u64) -> Result<(), Unimplemented> {
        let ahead = self.ahead.load(Ordering::Relaxed).saturating_add(seconds);
        self.ahead_by(ahead).map(|_| self.ahead.store(ahead, Ordering::Relaxed)).ok_or_else(no_time)
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.ahead_by(self.ahead.load(Ordering::Relaxed)).unwrap_or(UNIX_EPOCH)
    }

    fn ahead_by(&self, seconds: u64) -> Option<SystemTime> {
        let start = match self.fixed {
            Some(seconds) => UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?,
            None => SystemTime::now(),
        };
        start.checked_add(Duration::from_secs(seconds))
    }
}

fn no_time() -> Unimplemented {
    Unimplemented("a time that no clock shows".to_owned())
}

pub(crate) struct Config {
    message: Value,
    pub(crate) http: Http,
    pub(crate) clock: Clock,
    /// The key that tokens are to be bound to.
    pub(crate) dpop: Option<Dpop>,
    pub(crate) scope: String,
    pub(crate) max_age: Option<u64>,
    compat: Compat,
}

impl Config {
    pub(crate) fn read(message: Value, deadline: Duration) -> Result<Self, Unimplemented> {
        let http = http(&message, deadline)?;
        let clock = Clock::new(message["now"].as_u64())?;
        let dpop = if message["dpop"] == true { Some(new_dpop(&clock)?) } else { None };
        Ok(Self {
            http,
            clock,
            dpop,
            scope: message["scope"].as_str().unwrap_or_default().to_owned(),
            max_age: message["max_age"].as_u64(),
            compat: compat(&message)?,
            message,
        })
    }

    pub(crate) fn is_openid(&self) -> bool {
        self.scope.split(' ').any(|token| token == "openid")
    }

    /// The API to ask for.
    pub(crate) fn resource(&self) -> Option<&str> {
        self.message["resource"].as_str()
    }

    /// Whether the authorization request is to be pushed, whatever the server demands.
    pub(crate) fn push(&self) -> bool {
        self.message["push"] == true
    }

    /// How the client of the first server authenticates.
    pub(crate) fn credentials(&self) -> ClientAuthentication {
        self.credentials_of(&self.message["client"])
    }

    /// How a client authenticates, with the key that its tokens are to be bound to.
    fn credentials_of(&self, client: &Value) -> ClientAuthentication {
        let clock = self.clock.clone();
        let fresh = move || Ok::<_, io::Error>(Fresh { now: clock.now(), ..fresh()? });
        let secret = client["secret"].as_str().and_then(|secret| ClientSecret::new(secret).ok());
        let authentication = match (client["auth"].as_str(), secret) {
            (Some("private_key_jwt"), _) => match client_key(&client["key"]) {
                Some(signer) => ClientAuthentication::private_key_jwt(signer, fresh),
                None => ClientAuthentication::none(),
            },
            (Some("client_secret_jwt"), Some(secret)) => match mac_of(&secret) {
                Some(signer) => ClientAuthentication::client_secret_jwt(signer, fresh),
                None => ClientAuthentication::none(),
            },
            (Some("post"), Some(secret)) => ClientAuthentication::post(secret),
            (Some("basic"), Some(secret)) => ClientAuthentication::basic(secret),
            (None, Some(secret)) => ClientAuthentication::secret(secret),
            _ => ClientAuthentication::none(),
        };
        match &self.dpop {
            Some(dpop) => authentication.with_dpop(dpop.clone()),
            None => authentication,
        }
    }

    /// The program itself as the client of the first server.
    pub(crate) async fn machine(&self) -> Result<MachineLogin, LoginError> {
        let server = self.server(&self.message).await?;
        let client_id = self.message["client"]["id"].as_str().unwrap_or_default();
        let machine = MachineLogin::new(server, client_id, self.credentials())?;
        if self.scope.is_empty() { Ok(machine) } else { machine.with_scope(&self.scope) }
    }

    pub(crate) fn redirect_uri(&self) -> &str {
        self.message["redirect_uri"].as_str().unwrap_or_default()
    }

    /// Where the browser comes back to after a logout.
    pub(crate) fn post_logout_redirect_uri(&self) -> &str {
        self.message["post_logout_redirect_uri"].as_str().unwrap_or_default()
    }

    /// A login at the issuer of that name; at the first one without a name.
    pub(crate) async fn login(&self, issuer: Option<&str>, redirect_uri: &str) -> Result<Login, LoginError> {
        let further = self.message["issuers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let named = issuer.and_then(|name| further.iter().find(|other| other["issuer"] == name));
        let place = named.unwrap_or(&self.message);
        let server = self.server(place).await?;
        let client = place.get("client").filter(|client| client.is_object()).unwrap_or(&self.message["client"]);
        let clock = self.clock.clone();
        let mut login = Login::new(server, client["id"].as_str().unwrap_or_default(), redirect_uri)?
            .with_leeway(Duration::from_secs(self.message["skew"].as_u64().unwrap_or(0)))
            .with_clock(move || clock.now())
            .with_client_authentication(self.credentials_of(client));
        if let Some(secret) = client["secret"].as_str().and_then(|secret| ClientSecret::new(secret).ok()) {
            for name in self.algorithms().filter(|name| name.starts_with("HS")) {
                let algorithm = match name {
                    "HS256" => MacAlgorithm::Hs256,
                    "HS384" => MacAlgorithm::Hs384,
                    _ => MacAlgorithm::Hs512,
                };
                login = login.with_id_token_hmac(algorithm, &secret)?;
            }
        }
        let trusted = self.message["trusted_audiences"].as_array().into_iter().flatten().filter_map(Value::as_str);
        login = login.with_trusted_audiences(trusted);
        let algorithms: Vec<Algorithm> = self.algorithms().filter_map(Algorithm::from_name).collect();
        if let Some(values) = self.message["acr_values"].as_str() {
            login = login.with_required_acr(values.split(' '));
        }
        if self.algorithms().next().is_some() {
            login = login.with_id_token_algorithms(algorithms);
        }
        Ok(login)
    }

    fn algorithms(&self) -> impl Iterator<Item = &str> {
        self.message["id_token_algs"].as_array().into_iter().flatten().filter_map(Value::as_str)
    }

    async fn server(&self, place: &Value) -> Result<AuthorizationServer, LoginError> {
        let issuer = place["issuer"].as_str().unwrap_or_default();
        if place["discovery"] != false {
            return discover_with(&self.http, issuer, self.compat.clone()).await;
        }
        let endpoint = |name: &str| place["endpoints"][name].as_str().map(Endpoint::new).transpose();
        let required = |name| match endpoint(name)? {
            Some(endpoint) => Ok(endpoint),
            None => Endpoint::new(""),
        };
        let mut server = AuthorizationServer::new(Issuer::new(issuer)?, required("authorization")?, required("token")?);
        if let Some(jwks) = endpoint("jwks")? {
            server = server.with_jwks_uri(jwks);
        }
        if let Some(userinfo) = endpoint("userinfo")? {
            server = server.with_userinfo_endpoint(userinfo);
        }
        if let Some(revocation) = endpoint("revocation")? {
            server = server.with_revocation_endpoint(revocation);
        }
        if let Some(end_session) = endpoint("end_session")? {
            server = server.with_end_session_endpoint(end_session);
        }
        if let Some(par) = endpoint("par")? {
            server = server.with_pushed_authorization_request_endpoint(par);
        }
        if let Some(device) = endpoint("device")? {
            server = server.with_device_authorization_endpoint(device);
        }
        Ok(server.with_compat(self.compat.clone()))
    }
}

/// The way to servers.
pub(crate) fn http(message: &Value, deadline: Duration) -> Result<Http, Unimplemented> {
    // A login makes up to three requests, and any of them may run into the limit.
    let mut http = Http::builder().connect_timeout(deadline / 4).timeout(deadline / 4);
    if message["allow_http_loopback"] == true {
        http = http.allow_http_loopback();
    }
    if let Some(pem) = message["ca_pem"].as_str() {
        http = http.add_root_certificate_pem(pem.as_bytes());
    }
    http.build().map_err(|error| Unimplemented(error.to_string()))
}

/// A new key for tokens, used for all logins of a configuration.
fn new_dpop(clock: &Clock) -> Result<Dpop, Unimplemented> {
    let no_key = |error: &dyn std::error::Error| Unimplemented(format!("a DPoP key: {error}"));
    let key = SigningKey::generate(SigningAlgorithm::Es256).map_err(|error| no_key(&error))?;
    let signer = KeySigner::new(key).map_err(|error| no_key(&error))?;
    let clock = clock.clone();
    let fresh = move || Ok::<_, io::Error>(Fresh { now: clock.now(), ..fresh()? });
    Dpop::new(signer, fresh).map_err(|error| no_key(&error))
}

/// The private key that the client is registered with.
fn client_key(jwk: &Value) -> Option<KeySigner> {
    let key = SigningKey::from_jwk(SigningAlgorithm::Es256, jwk.to_string().as_bytes()).ok()?;
    let key = match jwk["kid"].as_str() {
        Some(kid) => key.with_key_id(kid),
        None => key,
    };
    KeySigner::new(key).ok()
}

fn mac_of(secret: &ClientSecret) -> Option<KeySigner> {
    let key = HmacKey::new(MacAlgorithm::Hs256, secret.expose().as_bytes()).ok()?;
    KeySigner::hmac(key).ok()
}

/// What is known of the server.
fn compat(message: &Value) -> Result<Compat, Unimplemented> {
    let tenants = message["tenants"].as_array().map(|tenants| tenants.iter().filter_map(Value::as_str));
    let compat = match message["provider"].as_str() {
        None => Compat::strict(),
        Some("auth0") => Compat::auth0(),
        Some("google") => Compat::google(),
        Some("github") => Compat::github(),
        Some("entra") => Compat::entra(tenants.map_or(Tenancy::AnyOrganisation, Tenancy::of)),
        Some("okta") => Compat::okta(),
        Some("keycloak") => Compat::keycloak(),
        Some("linkedin") => Compat::linkedin(),
        Some("apple") => Compat::apple(),
        Some("slack") => Compat::slack(),
        Some("cognito") => Compat::cognito(),
        Some("b2c") => Compat::b2c(),
        Some("adfs") => Compat::adfs(),
        Some("salesforce") => Compat::salesforce(),
        Some("zitadel") => Compat::zitadel(),
        Some("authentik") => Compat::authentik(),
        Some("discord") => Compat::discord(),
        Some("twitch") => Compat::twitch(),
        Some("amazon") => Compat::amazon(),
        Some(other) => return Err(Unimplemented(format!("a provider {other:?}"))),
    };
    match message["metadata_url"].as_str().map(Endpoint::new) {
        None => Ok(compat),
        Some(Ok(address)) => Ok(compat.with_metadata_at(address)),
        Some(Err(error)) => Err(Unimplemented(format!("metadata_url: {error}"))),
    }
}
