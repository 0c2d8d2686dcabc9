//! `proofkey kubectl-credential`: a credential plugin of kubectl.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proofkey::token::TokenSet;
use proofkey_native::{Credentials, Session, SessionError};
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::Failure;
use crate::{output, token};

/// How long before its end an ID token is replaced.
const MARGIN: Duration = Duration::from_secs(60);

/// A token and its end, if that is known.
type Expiring = (String, Option<SystemTime>);

pub(crate) async fn run(context: &Context, is_access_token: bool) -> Result<(), Failure> {
    let (text, expires_at) = match (is_access_token, context.is_machine()?) {
        (true, true) => access_token(&*token::of_machine(context).await?)?,
        (true, false) => access_token(context.session()?.credentials().await?.tokens())?,
        (false, true) => {
            let problem = "uses client credentials and has no ID token: use --access-token";
            return Err(Failure::Usage(format!("the profile {} {problem}", context.name)));
        }
        (false, false) => id_token(&context.session()?).await?,
    };
    let mut status = json!({ "token": text });
    if let Some(time) = expires_at {
        status["expirationTimestamp"] = output::time(time).into();
    }
    output::json(&json!({ "apiVersion": version(), "kind": "ExecCredential", "status": status }))
}

/// The version that kubectl asks for; the two have the same form.
fn version() -> String {
    let asked = std::env::var("KUBERNETES_EXEC_INFO").ok();
    let asked = asked.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let version = asked.as_ref().and_then(|info| info["apiVersion"].as_str());
    let known = version.filter(|version| *version == "client.authentication.k8s.io/v1beta1");
    known.unwrap_or("client.authentication.k8s.io/v1").to_owned()
}

fn access_token(tokens: &TokenSet) -> Result<Expiring, Failure> {
    Ok((token::access_token(tokens)?.expose().to_owned(), tokens.expires_at()))
}

/// The ID token, which an API server of Kubernetes validates. It has an end of its own.
async fn id_token(session: &Session) -> Result<Expiring, Failure> {
    let status = session.status().await?;
    let stored = status.credentials().filter(|_| status.ended().is_none());
    if let Some(valid) = stored.and_then(|stored| valid(stored, MARGIN)) {
        return Ok(valid);
    }
    // A refresh brings no identity where the login had none.
    if stored.is_some_and(|stored| stored.identity().is_none()) {
        return Err(Failure::NoIdToken);
    }
    match refreshed(session).await {
        Ok(credentials) => valid(&credentials, Duration::ZERO).ok_or(Failure::NoIdToken),
        Err(error) => stored.and_then(|stored| valid(stored, Duration::ZERO)).ok_or(error.into()),
    }
}

/// A refresh of the access token may have brought the ID token already.
async fn refreshed(session: &Session) -> Result<Arc<Credentials>, SessionError> {
    let credentials = session.credentials().await?;
    if valid(&credentials, MARGIN).is_some() { Ok(credentials) } else { session.renew(&credentials).await }
}

fn valid(credentials: &Credentials, margin: Duration) -> Option<Expiring> {
    let identity = credentials.identity()?;
    let expires_at = identity.claims().expires_at()?.to_system_time();
    let text = identity.tokens().id_token()?.expose().to_owned();
    (expires_at > SystemTime::now() + margin).then_some((text, Some(expires_at)))
}
