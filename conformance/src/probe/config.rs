//! `as.toml`: what the owner of a server tells the probe about it. `PROBING.md` explains it key by key.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use proofkey_authority::SecretKind;
use serde::Deserialize;

/// The contents of an `as.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The issuer, byte for byte; `--issuer` goes before it.
    pub(crate) issuer: Option<String>,
    /// The server's name in reports; without it, the issuer.
    pub(crate) name: Option<String>,
    /// Origins that requests may go to beside the issuer's own.
    pub(crate) allow: Vec<String>,
    /// A PEM file with the certificate authority of a server that no public one vouches for.
    pub(crate) ca_file: Option<PathBuf>,
    /// What is asked for.
    pub(crate) scope: Option<String>,
    /// The registered clients.
    #[serde(rename = "client")]
    pub(crate) clients: Vec<Client>,
    /// How a user logs in.
    pub(crate) login: Login,
    /// Addresses in the place of those of the metadata document.
    pub(crate) endpoints: BTreeMap<String, String>,
    /// Commands by which the server's owner helps.
    pub(crate) hooks: Hooks,
    /// Patterns of probes that are not run, each with the reason.
    pub(crate) disabled: BTreeMap<String, String>,
    /// Probes that are known to fail, each with the reason.
    pub(crate) expect_fail: BTreeMap<String, String>,
}

/// A client that is registered at the server.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Client {
    /// The `client_id`.
    pub(crate) id: String,
    /// The secret of a confidential client.
    pub(crate) secret: Option<String>,
    /// How the secret is sent.
    #[serde(default)]
    pub(crate) auth: Auth,
    /// The registered redirect URIs. Nothing needs to listen there.
    pub(crate) redirect_uris: Vec<String>,
}

/// How a client with a secret authenticates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Auth {
    /// `Authorization: Basic`.
    #[default]
    Basic,
    /// `client_secret` in the body.
    Post,
}

/// How a user logs in.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Login {
    /// Who answers the server's pages.
    pub(crate) driver: DriverKind,
    /// Of the driver `form`: what to do at each page.
    #[serde(rename = "step")]
    pub(crate) steps: Vec<Step>,
    /// Of the driver `command`: the program and its arguments.
    pub(crate) command: Vec<String>,
    /// Of the drivers `auto` and `form`: the addresses of pages that refuse by a status of success; `*` stands for any text.
    pub(crate) refusals: Vec<String>,
}

/// Who answers the server's pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DriverKind {
    /// No pages: the server answers the authorization request with a redirect at once.
    #[default]
    Auto,
    /// The probe, by the steps of the file.
    Form,
    /// A program.
    Command,
    /// The end-user, in a browser.
    Manual,
}

/// What to do at one page.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// The page's address; `*` stands for any text.
    pub(crate) url: String,
    /// Text that the page contains, where the address does not tell pages apart.
    pub(crate) text: Option<String>,
    /// The fields to fill in, by name. Hidden fields are sent as they are.
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, String>,
    /// The name or the label of the button to press, where there are several.
    pub(crate) button: Option<String>,
}

/// Commands by which the server's owner helps; each is a program and its arguments.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Hooks {
    /// Moves the server's clock by the number of seconds in the last argument.
    pub(crate) advance_clock: Vec<String>,
    /// The same within this process, for the self-test.
    #[serde(skip)]
    pub(crate) own_clock: Option<proofkey_authority::Clock>,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// A sentence, when it cannot be read, is not TOML, or says what this program does not know.
    pub(crate) fn load(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
        Self::parse(&text).map_err(|error| format!("{shown}: {error}"))
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut config: Self = toml_edit::de::from_str(text).map_err(|error| error.to_string())?;
        for client in &mut config.clients {
            if let Some(secret) = &mut client.secret {
                *secret = from_environment(secret)?;
            }
            if client.redirect_uris.is_empty() {
                return Err(format!("the client {:?} needs redirect_uris", client.id));
            }
        }
        for step in &mut config.login.steps {
            for value in step.fields.values_mut() {
                *value = from_environment(value)?;
            }
        }
        let login = &config.login;
        match login.driver {
            DriverKind::Form if login.steps.is_empty() => return Err("the driver form needs [[login.step]]".into()),
            DriverKind::Command if login.command.is_empty() => {
                return Err("the driver command needs login.command".into());
            }
            _ => {}
        }
        for (table, entries) in [("disabled", &config.disabled), ("expect_fail", &config.expect_fail)] {
            if let Some((key, _)) = entries.iter().find(|(_, reason)| reason.trim().is_empty()) {
                return Err(format!("{key:?} in [{table}] needs a reason"));
            }
        }
        Ok(config)
    }

    /// What no report shows: the client secrets, and what the login driver fills in.
    pub(crate) fn secrets(&self) -> Vec<(SecretKind, String)> {
        let secrets = self.clients.iter().filter_map(|client| client.secret.clone());
        let fields = self.login.steps.iter().flat_map(|step| step.fields.values().cloned());
        let secrets = secrets.map(|secret| (SecretKind::ClientSecret, secret));
        secrets.chain(fields.map(|value| (SecretKind::Password, value))).collect()
    }

    pub(crate) fn scope(&self) -> &str {
        self.scope.as_deref().unwrap_or("openid")
    }
}

/// A value, or that of the environment variable behind `env:`, so that a file holds no secret.
fn from_environment(value: &str) -> Result<String, String> {
    match value.strip_prefix("env:") {
        Some(name) => std::env::var(name).map_err(|_| format!("the environment variable {name} is not set")),
        None => Ok(value.to_owned()),
    }
}

impl DriverKind {
    /// Whether the probe sends the browser's requests itself, so that it chooses their headers.
    pub(crate) fn is_own(self) -> bool {
        matches!(self, Self::Auto | Self::Form)
    }
}

impl Client {
    pub(crate) fn is_public(&self) -> bool {
        self.secret.is_none()
    }

    /// The redirect URI of an ordinary login: the first without a query, if there is one.
    pub(crate) fn redirect_uri(&self) -> &str {
        let plain = self.redirect_uris.iter().find(|uri| !uri.contains('?'));
        plain.or(self.redirect_uris.first()).map_or("", String::as_str)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .field("redirect_uris", &self.redirect_uris)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("driver", &self.driver).finish_non_exhaustive()
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").field("advance_clock", &self.advance_clock).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_in_a_file_is_named() {
        for (text, word) in [
            ("isuer = \"x\"", "isuer"),
            ("[[client]]\nid = \"a\"", "redirect_uris"),
            ("[[client]]\nid = \"a\"\nredirect_uris = []", "redirect_uris"),
            (
                "[[client]]\nid = \"a\"\nsecret = \"env:NO_SUCH_VARIABLE_HERE\"\nredirect_uris = [\"x\"]",
                "NO_SUCH_VARIABLE",
            ),
            ("[login]\ndriver = \"form\"", "login.step"),
            ("[login]\ndriver = \"command\"", "login.command"),
            ("[login]\ndriver = \"guess\"", "guess"),
            ("[disabled]\n\"PK-*\" = \" \"", "PK-*"),
        ] {
            let error = Config::parse(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
