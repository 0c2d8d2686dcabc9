//! The client of a profile.

use std::sync::Arc;

use proofkey::authorize::AuthorizationServer;
use proofkey::jwt::Algorithm;
use proofkey::token::{ClientAuthentication, ClientSecret, Http};
use proofkey::{Discovery, Login, LoginError};

use crate::config::Profile;
use crate::error::Failure;
use crate::file;

#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) profile: Arc<Profile>,
    pub(crate) http: Http,
    algorithms: Vec<Algorithm>,
    authentication: ClientAuthentication,
}

impl Client {
    pub(crate) fn new(profile: Profile, secret: Option<ClientSecret>) -> Result<Self, Failure> {
        let authentication = secret.map_or_else(ClientAuthentication::none, ClientAuthentication::secret);
        let (http, algorithms) = (http(&profile)?, algorithms(&profile)?);
        Ok(Self { profile: profile.into(), http, algorithms, authentication })
    }

    pub(crate) fn authentication(&self) -> ClientAuthentication {
        self.authentication.clone()
    }

    pub(crate) fn discovery(&self) -> Discovery {
        let profile = &self.profile;
        Discovery::new(&profile.issuer).path(profile.discovery.into()).compat(profile.provider.compat())
    }

    pub(crate) fn login(&self, server: AuthorizationServer, redirect_uri: &str) -> Result<Login, LoginError> {
        let login = Login::new(server, &self.profile.client_id, redirect_uri)?;
        let login = login.with_client_authentication(self.authentication());
        if self.algorithms.is_empty() {
            return Ok(login);
        }
        Ok(login.with_id_token_algorithms(self.algorithms.iter().copied()))
    }
}

/// An issuer with http is one on this machine: others are refused when something is to be sent to them.
fn http(profile: &Profile) -> Result<Http, Failure> {
    let mut builder = Http::builder();
    if profile.issuer.starts_with("http://") {
        builder = builder.allow_http_loopback();
    }
    if let Some(path) = &profile.ca_file {
        let pem = file::read(path)?;
        let pem = pem.ok_or_else(|| Failure::Usage(format!("ca_file: there is no file {}", path.display())))?;
        builder = builder.add_root_certificate_pem(pem.as_bytes());
    }
    if let Some(proxy) = &profile.https_proxy {
        builder = builder.https_proxy(proxy);
    }
    Ok(builder.build()?)
}

fn algorithms(profile: &Profile) -> Result<Vec<Algorithm>, Failure> {
    let named = profile.id_token_algorithms.iter();
    let unknown = |name| Failure::Usage(format!("id_token_algorithms: {name:?} is not a supported algorithm"));
    named.map(|name| Algorithm::from_name(name).ok_or_else(|| unknown(name))).collect()
}
