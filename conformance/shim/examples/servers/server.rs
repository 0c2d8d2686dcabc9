//! A server of someone else, as a child process.

use std::process::Stdio;
use std::time::Duration;

use proofkey::authorize::{AuthorizationServer, Compat};
use proofkey::discover_with;
use proofkey::token::Http;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::Failure;

/// Ends by itself when its standard input does, and so when this is dropped, or when we are killed. Killed, it would leave behind
/// what it has started.
pub(crate) struct Server {
    child: Child,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) issuer: String,
    /// What else it says of itself, where there is something to say:
    ///
    /// * `endpoints`: those that no metadata names, by their names there. One without any has no OpenID Connect;
    /// * `scope`: what is asked for, so that there is a refresh token, if it is not `openid` alone;
    /// * `public`: false if each client needs a secret;
    /// * `unannounced`: true if it has PKCE, and its metadata does not say so;
    /// * `untried`: the features that cannot be tried here, and why;
    /// * `known`: the features that are known to fail, and why.
    pub(crate) said: Value,
}

impl Server {
    /// Starts it, and waits for the line of JSON in which it says its name, version and issuer.
    pub(crate) async fn start(command: &[String], variables: &[(&str, &str)]) -> Result<Self, Failure> {
        let [program, arguments @ ..] = command else { return Err("usage: servers COMMAND ...".into()) };
        let mut child = Command::new(program)
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let mut output = BufReader::new(output).lines();
        let line = output.next_line().await?.ok_or("the server ended at once")?;
        // What else it says is of its own making.
        tokio::spawn(async move { while let Ok(Some(_)) = output.next_line().await {} });
        let said: Value = serde_json::from_str(&line)?;
        let of = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        Ok(Self { child, name: of("name"), version: of("version"), issuer: of("issuer"), said })
    }

    /// Closes its standard input, and waits for what it has to clear away.
    pub(crate) async fn end(mut self) -> std::io::Result<()> {
        drop(self.child.stdin.take());
        let _ = tokio::time::timeout(Duration::from_secs(5), self.child.wait()).await;
        self.child.kill().await
    }

    /// Its name and version.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// Whether it signs users in, and does not only give access.
    pub(crate) fn is_openid(&self) -> bool {
        self.said["endpoints"]["authorization_endpoint"].is_null()
    }

    pub(crate) fn scope(&self) -> &str {
        self.said["scope"].as_str().unwrap_or("openid")
    }

    pub(crate) fn has_public_clients(&self) -> bool {
        self.said["public"] != false
    }

    /// What a client knows of it before a login.
    pub(crate) async fn metadata(&self, http: &Http) -> Result<AuthorizationServer, Failure> {
        let strict = Compat::strict();
        let compat = if self.said["unannounced"] == true { strict.with_pkce_not_announced() } else { strict };
        let endpoint =
            |name: &str| Ok::<_, Failure>(compat.endpoint(self.said["endpoints"][name].as_str().unwrap_or_default())?);
        let mut server = match self.is_openid() {
            true => discover_with(http, &self.issuer, compat.clone()).await?,
            false => AuthorizationServer::new(
                compat.issuer(&self.issuer)?,
                endpoint("authorization_endpoint")?,
                endpoint("token_endpoint")?,
            ),
        };
        if self.names("revocation_endpoint") {
            server = server.with_revocation_endpoint(endpoint("revocation_endpoint")?);
        }
        if self.names("introspection_endpoint") {
            server = server.with_introspection_endpoint(endpoint("introspection_endpoint")?);
        }
        Ok(server)
    }

    /// Whether it says where this endpoint is.
    fn names(&self, endpoint: &str) -> bool {
        self.said["endpoints"][endpoint].is_string()
    }
}
