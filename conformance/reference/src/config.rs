//! The client's configuration: the `config` message.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::provider::Ways;
use crate::signing::SigningKey;

/// A message or a field that this client does not know how to honour: exit code 89.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unimplemented(pub(crate) String);

/// The `config` message, read.
pub(crate) struct Config {
    /// The servers, each with the client that is registered there; the first is the one used when
    /// nothing else is said.
    pub(crate) servers: Vec<ServerConfig>,
    pub(crate) redirect_uri: String,
    /// Where the browser comes back to after a logout.
    pub(crate) post_logout_redirect_uri: Option<String>,
    pub(crate) scope: String,
    pub(crate) expect_nonce: bool,
    pub(crate) id_token_algs: Vec<String>,
    pub(crate) max_age: Option<u64>,
    pub(crate) acr_values: Option<String>,
    pub(crate) trusted_audiences: Vec<String>,
    pub(crate) now: Option<u64>,
    pub(crate) skew: u64,
    pub(crate) ca_pem: Option<String>,
    /// The API to ask for.
    pub(crate) resource: Option<String>,
    /// Whether the authorization request is to be pushed, whatever the server demands.
    pub(crate) push: bool,
    /// Whether tokens have to be bound to a key of this client.
    pub(crate) dpop: bool,
    /// Where the metadata is, when not at the issuer's own address.
    pub(crate) metadata_url: Option<String>,
    pub(crate) allow_http_loopback: bool,
}

/// One authorization server, and who the client is there.
#[derive(Clone)]
pub(crate) struct ServerConfig {
    pub(crate) issuer: String,
    /// `None`: ask for the metadata.
    pub(crate) endpoints: Option<Endpoints>,
    pub(crate) client: Client,
}

/// Endpoints that are given and not discovered.
#[derive(Clone, Default)]
pub(crate) struct Endpoints {
    pub(crate) authorization: String,
    pub(crate) token: String,
    pub(crate) jwks: Option<String>,
    pub(crate) userinfo: Option<String>,
    pub(crate) revocation: Option<String>,
    pub(crate) end_session: Option<String>,
    pub(crate) par: Option<String>,
    pub(crate) device: Option<String>,
}

/// Who the client is at a server.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
    /// `None`: what the metadata says.
    pub(crate) auth: Option<Auth>,
    /// The private key of `private_key_jwt`.
    pub(crate) key: Option<Arc<SigningKey>>,
}

/// How the client authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    None,
    Basic,
    Post,
    PrivateKeyJwt,
    SecretJwt,
}

const FIELDS: &[&str] = &[
    "t",
    "issuer",
    "discovery",
    "endpoints",
    "client",
    "redirect_uri",
    "post_logout_redirect_uri",
    "scope",
    "expect_nonce",
    "id_token_algs",
    "max_age",
    "acr_values",
    "trusted_audiences",
    "now",
    "skew",
    "ca_pem",
    "resource",
    "push",
    "dpop",
    "provider",
    "tenants",
    "metadata_url",
    "allow_http_loopback",
    "issuers",
];

impl Config {
    /// Reads the message. Each field is honoured; one that is not known is an error.
    pub(crate) fn read(message: &Map<String, Value>) -> Result<Self, Unimplemented> {
        known(message, "config", FIELDS)?;
        let first = ServerConfig::read(message, None)?;
        let mut servers = vec![first.clone()];
        for other in list(message, "issuers")? {
            let other = other.as_object().ok_or_else(|| unknown("issuers", "an element that is no object"))?;
            known(other, "issuers", &["issuer", "discovery", "endpoints", "client"])?;
            servers.push(ServerConfig::read(other, Some(&first))?);
        }
        let scope = text(message, "scope")?.unwrap_or_default();
        let openid = scope.split(' ').any(|word| word == "openid");
        let mut id_token_algs = strings(message, "id_token_algs")?;
        if id_token_algs.is_empty() {
            id_token_algs.push("RS256".to_owned());
        }
        Ok(Self {
            servers,
            redirect_uri: text(message, "redirect_uri")?.unwrap_or_default(),
            post_logout_redirect_uri: text(message, "post_logout_redirect_uri")?,
            expect_nonce: flag(message, "expect_nonce")?.unwrap_or(openid),
            scope,
            id_token_algs,
            max_age: number(message, "max_age")?,
            acr_values: text(message, "acr_values")?,
            trusted_audiences: strings(message, "trusted_audiences")?,
            now: number(message, "now")?,
            skew: number(message, "skew")?.unwrap_or(0),
            ca_pem: text(message, "ca_pem")?,
            resource: text(message, "resource")?,
            push: flag(message, "push")?.unwrap_or(false),
            dpop: flag(message, "dpop")?.unwrap_or(false),
            metadata_url: text(message, "metadata_url")?,
            allow_http_loopback: flag(message, "allow_http_loopback")?.unwrap_or(false),
        })
    }
}

/// What is known of the server.
pub(crate) fn ways(message: &Map<String, Value>) -> Result<Ways, Unimplemented> {
    let tenants = message.get("tenants").filter(|tenants| !tenants.is_null());
    let tenants = tenants.map(|_| strings(message, "tenants")).transpose()?;
    Ways::of(text(message, "provider")?, tenants).ok_or_else(|| unknown("provider", "one that is not known"))
}

impl ServerConfig {
    /// `fallback` is the first server, whose client a further server shares unless it names one.
    fn read(object: &Map<String, Value>, fallback: Option<&Self>) -> Result<Self, Unimplemented> {
        let issuer = text(object, "issuer")?.ok_or_else(|| unknown("config", "no issuer"))?;
        let endpoints = match object.get("endpoints") {
            Some(Value::Object(endpoints)) if flag(object, "discovery")? != Some(true) => {
                Some(Endpoints::read(endpoints)?)
            }
            _ => None,
        };
        let client = match (object.get("client"), fallback) {
            (Some(Value::Object(client)), _) => Client::read(client)?,
            (_, Some(first)) => first.client.clone(),
            (_, None) => return Err(unknown("config", "no client")),
        };
        Ok(Self { issuer, endpoints, client })
    }
}

impl Endpoints {
    fn read(object: &Map<String, Value>) -> Result<Self, Unimplemented> {
        let names = ["authorization", "token", "jwks", "userinfo", "revocation", "end_session", "par", "device"];
        known(object, "endpoints", &names)?;
        Ok(Self {
            authorization: text(object, "authorization")?.unwrap_or_default(),
            token: text(object, "token")?.unwrap_or_default(),
            jwks: text(object, "jwks")?,
            userinfo: text(object, "userinfo")?,
            revocation: text(object, "revocation")?,
            end_session: text(object, "end_session")?,
            par: text(object, "par")?,
            device: text(object, "device")?,
        })
    }
}

impl Client {
    fn read(object: &Map<String, Value>) -> Result<Self, Unimplemented> {
        known(object, "client", &["id", "secret", "auth", "key"])?;
        let auth = match text(object, "auth")?.as_deref() {
            None => None,
            Some("none") => Some(Auth::None),
            Some("basic") => Some(Auth::Basic),
            Some("post") => Some(Auth::Post),
            Some("private_key_jwt") => Some(Auth::PrivateKeyJwt),
            Some("client_secret_jwt") => Some(Auth::SecretJwt),
            Some(_) => return Err(unknown("client", "an authentication method this client does not have")),
        };
        let id = text(object, "id")?.ok_or_else(|| unknown("client", "no id"))?;
        let key = match object.get("key") {
            None | Some(Value::Null) => None,
            Some(key) => Some(SigningKey::read(key).ok_or_else(|| unknown("key", "no private key for ES256"))?),
        };
        Ok(Self { id, secret: text(object, "secret")?, auth, key: key.map(Arc::new) })
    }
}

/// Refuses fields that are not in `names`, unless they are null.
pub(crate) fn known(object: &Map<String, Value>, place: &str, names: &[&str]) -> Result<(), Unimplemented> {
    match object.iter().find(|(name, value)| !value.is_null() && !names.contains(&name.as_str())) {
        Some((name, _)) => Err(Unimplemented(format!("{place}: no idea how to honour the field {name:?}"))),
        None => Ok(()),
    }
}

/// A string, or nothing when the field is absent or null.
pub(crate) fn text(object: &Map<String, Value>, name: &str) -> Result<Option<String>, Unimplemented> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(unknown(name, "not a string")),
    }
}

/// A whole number from 0 on, or nothing when the field is absent or null.
pub(crate) fn number(object: &Map<String, Value>, name: &str) -> Result<Option<u64>, Unimplemented> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_u64().map(Some).ok_or_else(|| unknown(name, "not a whole number from 0 on")),
    }
}

pub(crate) fn flag(object: &Map<String, Value>, name: &str) -> Result<Option<bool>, Unimplemented> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_bool().map(Some).ok_or_else(|| unknown(name, "neither true nor false")),
    }
}

fn list<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a [Value], Unimplemented> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(value) => value.as_array().map(Vec::as_slice).ok_or_else(|| unknown(name, "not a list")),
    }
}

pub(crate) fn strings(object: &Map<String, Value>, name: &str) -> Result<Vec<String>, Unimplemented> {
    let string = |element: &Value| element.as_str().map(str::to_owned);
    let read = list(object, name)?
        .iter()
        .map(|element| string(element).ok_or_else(|| unknown(name, "an element that is no string")));
    read.collect()
}

fn unknown(place: &str, what: &str) -> Unimplemented {
    Unimplemented(format!("{place}: {what}"))
}
