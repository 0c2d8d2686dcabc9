//! `proofkey kubectl-credential`: a credential plugin of kubectl.

use std::time::{Duration, SystemTime};

use proofkey_native::{Credentials, Session};
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::Failure;
use crate::{output, token};

/// How long before its end an ID token is replaced.
const MARGIN: Duration = Duration::from_secs(60);

pub(crate) async fn run(context: &Context, is_access_token: bool) -> Result<(), Failure> {
    let session = context.session()?;
    let (text, expires_at) = if is_access_token {
        let credentials = session.credentials().await?;
        let tokens = credentials.tokens();
        (token::access_token(tokens)?.expose().to_owned(), tokens.expires_at())
    } else {
        id_token(&session).await?
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

/// The ID token, which an API server of Kubernetes validates. It has an end of its own.
async fn id_token(session: &Session) -> Result<(String, Option<SystemTime>), Failure> {
    let credentials = session.credentials().await?;
    if let Some(valid) = valid(&credentials, MARGIN) {
        return Ok(valid);
    }
    valid(&*session.renew(&credentials).await?, Duration::ZERO).ok_or(Failure::NoIdToken)
}

fn valid(credentials: &Credentials, margin: Duration) -> Option<(String, Option<SystemTime>)> {
    let identity = credentials.identity()?;
    let expires_at = identity.claims().expires_at()?.to_system_time();
    let text = identity.tokens().id_token()?.expose().to_owned();
    (expires_at > SystemTime::now() + margin).then_some((text, Some(expires_at)))
}
