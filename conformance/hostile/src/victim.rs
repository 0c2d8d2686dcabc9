//! An application of `proofkey` that meets hostile servers: public API only.

use std::time::Duration;

use proofkey::authorize::{AuthorizationServer, Endpoint as Address};
use proofkey::token::{AccessToken, Http, RevocationError, TokenRequestError};
use proofkey::{Identity, Login, LoginError, Stage, discover};
use proofkey_authority::{Browser, Wire};

use crate::attack::{Client, Endpoint};

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The longest that an exchange may take: four times the client's own default, for machines with much else to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// The same of the client for servers that would go on for ever.
pub(crate) const HASTE: Duration = Duration::from_secs(1);

/// The public client that an authority knows by itself.
const CLIENT_ID: &str = "QhgXEVKKNmJzLwQxZeUuxtfqXlf619S5";
const REDIRECT_URI: &str = "http://localhost:8091/callback";

/// The three clients. Clones share their connections.
#[derive(Clone)]
pub(crate) struct Clients {
    patient: Http,
    hasty: Http,
    greedy: Http,
}

impl Clients {
    pub(crate) fn new() -> Result<Self, Failure> {
        let builder = || Http::builder().allow_http_loopback().timeout(PATIENCE).connect_timeout(PATIENCE);
        Ok(Self {
            patient: builder().build()?,
            hasty: builder().timeout(HASTE).connect_timeout(HASTE).build()?,
            greedy: builder().body_limit(6 * 1024 * 1024).build()?,
        })
    }

    fn get(&self, client: Client) -> &Http {
        match client {
            Client::Patient => &self.patient,
            Client::Hasty => &self.hasty,
            Client::Greedy => &self.greedy,
        }
    }
}

/// A whole login, from the metadata to the end of the refresh token.
pub(crate) async fn log_in_and_out(clients: &Clients, issuer: &str) -> Result<(), Failure> {
    let http = &clients.patient;
    let mut victim = Victim::log_in(clients.clone(), issuer).await?;
    let claims = victim.login.userinfo(http, &victim.identity).await?;
    if claims.subject() != victim.identity.subject() {
        return Err("somebody else is signed in".into());
    }
    victim.login.refresh(http, &mut victim.identity).await?;
    Ok(victim.login.revoke(http, access_token(&victim.identity)?).await?)
}

fn access_token(identity: &Identity) -> Result<&AccessToken, LoginError> {
    identity.tokens().access_token().ok_or_else(|| RevocationError::from(TokenRequestError::NoAccessToken).into())
}

/// Somebody who is signed in at an honest server, and is sent to hostile ones.
pub(crate) struct Victim {
    clients: Clients,
    login: Login,
    identity: Identity,
}

impl Victim {
    pub(crate) async fn log_in(clients: Clients, issuer: &str) -> Result<Self, Failure> {
        let http = &clients.patient;
        let login = Login::new(discover(http, issuer).await?, CLIENT_ID, REDIRECT_URI)?;
        let (url, pending) = login.request().scope("openid profile email offline_access").begin()?;
        let grant = login.receive(pending, sent_back(&url).await?)?;
        let identity = login.finish(http, grant).await?;
        Ok(Self { clients, login, identity })
    }

    /// Meets one server at one endpoint: `ok`, or the error's code, with its stage where that is another than the
    /// endpoint's.
    pub(crate) async fn meet(&mut self, endpoint: Endpoint, client: Client, base: &str) -> String {
        let stage = match endpoint {
            Endpoint::Discovery => Stage::Discovery,
            Endpoint::Keys => Stage::IdToken,
            Endpoint::Token => Stage::Exchange,
            Endpoint::Refresh => Stage::Refresh,
            Endpoint::UserInfo => Stage::UserInfo,
            Endpoint::Revocation => Stage::Revocation,
            Endpoint::Callback => Stage::Callback,
        };
        match self.ask(endpoint, client, base).await {
            Ok(()) => "ok".to_owned(),
            Err(error) if error.stage() == stage => error.code().to_owned(),
            Err(error) => format!("{}:{}", error.stage().as_str(), error.code()),
        }
    }

    async fn ask(&mut self, endpoint: Endpoint, client: Client, base: &str) -> Result<(), LoginError> {
        let clients = self.clients.clone();
        let http = clients.get(client);
        let login = self.login_sent_to(endpoint, base)?;
        match endpoint {
            Endpoint::Discovery => discover(http, base).await.map(drop),
            Endpoint::Keys => {
                let (url, pending) = login.request().begin()?;
                let grant = login.receive(pending, callback(&url))?;
                login.finish(http, grant).await.map(drop)
            }
            Endpoint::Token => {
                let (url, pending) = login.authorization().begin()?;
                let grant = login.receive(pending, callback(&url))?;
                login.exchange(http, grant).await.map(drop)
            }
            Endpoint::Refresh => login.refresh(http, &mut self.identity).await,
            Endpoint::UserInfo => login.userinfo(http, &self.identity).await.map(drop),
            Endpoint::Revocation => login.revoke(http, access_token(&self.identity)?).await,
            Endpoint::Callback => Ok(()),
        }
    }

    /// The same login, with keys of its own to fetch, and this one endpoint at a hostile server.
    fn login_sent_to(&self, endpoint: Endpoint, base: &str) -> Result<Login, LoginError> {
        let known = self.login.server();
        let hostile = Address::new(format!("{base}{}", endpoint.path()))?;
        let token_endpoint = match endpoint {
            Endpoint::Token | Endpoint::Refresh => hostile.clone(),
            _ => known.token_endpoint().clone(),
        };
        let server =
            AuthorizationServer::new(known.issuer().clone(), known.authorization_endpoint().clone(), token_endpoint)
                .with_jwks_uri(hostile.clone())
                .with_userinfo_endpoint(hostile.clone())
                .with_revocation_endpoint(hostile);
        Login::new(server, CLIENT_ID, REDIRECT_URI)
    }
}

/// Opens `url`, and gives the callback to which the browser is sent. It waits for ten seconds, and a person whom that
/// does not help tries again.
async fn sent_back(url: &str) -> Result<String, Failure> {
    let mut browser = Browser::new(&Wire::new());
    let mut landing = browser.open(url).await;
    for _ in 0..5 {
        if landing.is_ok() {
            break;
        }
        landing = browser.open(url).await;
    }
    landing?.callback().ok_or("the browser was not sent back".into())
}

/// The return from the authorization endpoint of a server that gives a code to whoever asks.
pub(crate) fn callback(url: &str) -> String {
    let state = url.split_once("state=").map_or("", |(_, rest)| rest.split('&').next().unwrap_or_default());
    format!("code=a&state={state}")
}
