//! The profile of this run, and the session that keeps its tokens.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use proofkey::LazyLogin;
use proofkey::token::ClientSecret;
use proofkey_native::{FileStore, Session, SessionClient, SessionError, TokenStore};
use zeroize::Zeroizing;

use crate::OpenKeyring;
use crate::arguments::Shared;
use crate::client::Client;
use crate::config::{self, Config, Grant, Profile, Store};
use crate::error::Failure;
use crate::file;

/// The environment variable with the client secret. No child process may inherit it.
pub(crate) const CLIENT_SECRET: &str = "PROOFKEY_CLIENT_SECRET";

pub(crate) struct Context {
    pub(crate) shared: Shared,
    pub(crate) path: PathBuf,
    pub(crate) config: Config,
    /// The name of the profile.
    pub(crate) name: String,
    /// Standard input has another use in this run.
    pub(crate) is_input_taken: bool,
    /// `None`: this program has no keyring.
    keyring: Option<OpenKeyring>,
}

impl Context {
    pub(crate) fn new(shared: Shared, keyring: Option<OpenKeyring>) -> Result<Self, Failure> {
        let path = shared.config.clone().map_or_else(config::default_path_of_file, Ok)?;
        let config = config::read(&path)?;
        let mut names = config.profiles.keys();
        let only = names.next().filter(|_| names.next().is_none());
        let name = shared.profile.clone().or_else(|| config.default.clone()).or_else(|| only.cloned());
        let name = name.unwrap_or_else(|| "default".into());
        if !config::is_name(&name) {
            return Err(Failure::Usage(config::bad_name(&name)));
        }
        Ok(Self { shared, path, config, name, is_input_taken: false, keyring })
    }

    pub(crate) fn profile(&self) -> Result<&Profile, Failure> {
        self.config.profiles.get(&self.name).ok_or_else(|| Failure::NoProfile {
            name: self.name.clone(),
            path: self.path.clone(),
            known: self.config.profiles.keys().cloned().collect(),
        })
    }

    /// The client of the profile.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let profile = self.profile()?;
        Client::new(profile.clone(), self.secret(profile)?)
    }

    /// The client of a profile with a user.
    pub(crate) fn user_client(&self) -> Result<Client, Failure> {
        if self.is_machine()? {
            return Err(Failure::Usage(format!(
                "the profile {} uses client credentials and has no user: run `proofkey token`",
                self.name
            )));
        }
        self.client()
    }

    /// Whether the client gets tokens for itself.
    pub(crate) fn is_machine(&self) -> Result<bool, Failure> {
        Ok(self.profile()?.grant == Grant::ClientCredentials)
    }

    /// The session of the profile: each has tokens of its own.
    pub(crate) fn session(&self) -> Result<Session, Failure> {
        self.session_of(&self.name, self.user_client()?)
    }

    pub(crate) fn session_of(&self, name: &str, client: Client) -> Result<Session, Failure> {
        let store = self.store(name, client.profile.store)?;
        let (issuer, client_id) = (client.profile.issuer.clone(), client.profile.client_id.clone());
        let http = client.http.clone();
        let discovery = client.discovery();
        // No browser comes back here.
        let login = LazyLogin::new(discovery, move |server| client.login(server, "http://127.0.0.1/callback"));
        let client = SessionClient::lazy(issuer, client_id, login);
        Ok(Session::new(client, store, move |requests| drop(tokio::spawn(requests.send_with(http.clone())))))
    }

    /// Where the tokens of a profile are kept.
    fn store(&self, name: &str, asked: Option<Store>) -> Result<Arc<dyn TokenStore>, Failure> {
        let files = FileStore::for_program("proofkey").map_err(|error| SessionError::Store {
            place: "the user's state directory".into(),
            error: Arc::new(error),
        })?;
        let files = FileStore::new(files.directory().join("profiles").join(name));
        Ok(match (asked, self.keyring) {
            (Some(Store::File), _) | (None, None) => Arc::new(files),
            (_, Some(open)) => Arc::new(open(files)),
            (Some(Store::Keyring), None) => {
                let built = "this program was built without the keyring: install it with the keyring, or write";
                return Err(Failure::Usage(format!(
                    "the profile {name} has store = \"keyring\", and {built} \"file\""
                )));
            }
        })
    }

    /// The client secret: by the argument, the environment or the profile, in this order.
    fn secret(&self, profile: &Profile) -> Result<Option<ClientSecret>, Failure> {
        let from_file = |path: &PathBuf| {
            file::read(path)?.ok_or_else(|| Failure::Secret(format!("there is no file {}", path.display())))
        };
        let text = match &self.shared.client_secret_file {
            Some(path) if path.as_os_str() == "-" => self.secret_of_input()?,
            Some(path) => from_file(path)?,
            None => match (std::env::var(CLIENT_SECRET), &profile.client_secret_file) {
                (Ok(text), _) => Zeroizing::new(text),
                (Err(_), Some(path)) => from_file(path)?,
                (Err(_), None) => return Ok(None),
            },
        };
        let secret = ClientSecret::new(text.trim_end_matches(['\r', '\n']));
        secret.map(Some).map_err(|error| Failure::Secret(error.to_string()))
    }

    fn secret_of_input(&self) -> Result<Zeroizing<String>, Failure> {
        if self.is_input_taken {
            return Err(Failure::Usage("standard input has another use here: name a file with the secret".into()));
        }
        let mut text = Zeroizing::new(String::with_capacity(64 * 1024));
        let read = std::io::stdin().lock().take(32 * 1024).read_to_string(&mut text);
        read.map_err(|error| Failure::Secret(format!("standard input cannot be read: {error}")))?;
        Ok(text)
    }
}
