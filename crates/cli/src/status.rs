//! `proofkey whoami` and `proofkey status`: what is stored, without a request and without secrets.

use std::time::SystemTime;

use proofkey_native::{EndReason, SessionError, SessionStatus};
use serde_json::{Value, json};

use crate::client::Client;
use crate::config::Grant;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{self, plain};

pub(crate) async fn whoami(context: &Context) -> Result<(), Failure> {
    let status = context.session()?.status().await?;
    if let Some(problem) = problem(&status, SystemTime::now()) {
        return Err(problem.into());
    }
    let credentials = status.credentials().ok_or(SessionError::SignedOut)?;
    let claims = credentials.identity().map(|identity| identity.claims());
    let name = claims.and_then(|claims| claims.name());
    let email = claims.and_then(|claims| claims.email());
    if context.shared.json {
        return output::json(&json!({
            "profile": context.name,
            "issuer": context.profile()?.issuer,
            "subject": credentials.subject(),
            "name": name,
            "email": email,
        }));
    }
    match credentials.subject() {
        Some(subject) => {
            let further: Vec<_> = [name, email].into_iter().flatten().collect();
            let further = if further.is_empty() { String::new() } else { format!(" ({})", further.join(", ")) };
            output::line(&plain(&format!("{subject}{further}")))
        }
        None => output::line("unknown user: log in with the scope openid"),
    }
}

pub(crate) async fn run(context: &Context, all: bool) -> Result<(), Failure> {
    if all {
        let mut shown = Vec::new();
        for name in context.config.profiles.keys() {
            shown.push(of(context, name).await?.0);
        }
        return print(context, &shown);
    }
    context.profile()?;
    let (shown, problem) = of(context, &context.name).await?;
    print(context, &[shown])?;
    problem.map_or(Ok(()), |problem| Err(problem.into()))
}

/// The order in which a person reads it.
const ORDER: [&str; 10] = [
    "profile",
    "state",
    "ended",
    "subject",
    "issuer",
    "client_id",
    "scope",
    "access_token_expires_at",
    "can_refresh",
    "store",
];

/// What there is of a profile, and why its user must log in.
async fn of(context: &Context, name: &str) -> Result<(Value, Option<SessionError>), Failure> {
    let profile = &context.config.profiles[name];
    let mut shown = json!({ "profile": name, "issuer": profile.issuer, "client_id": profile.client_id });
    if profile.grant == Grant::ClientCredentials {
        shown["state"] = "client_credentials".into();
        return Ok((shown, None));
    }
    // No request is made, so no secret is needed.
    let session = context.session_of(name, Client::new(profile.clone(), None)?)?;
    let status = session.status().await?;
    // A keyring that was not usable when the tokens were stored is known after they are read.
    shown["store"] = session.store().to_string().into();
    let problem = problem(&status, SystemTime::now());
    shown["state"] = match &problem {
        None => "logged_in",
        Some(SessionError::Expired) => "expired",
        Some(SessionError::Ended { .. }) => "ended",
        Some(_) => "logged_out",
    }
    .into();
    if let Some(credentials) = status.credentials() {
        let tokens = credentials.tokens();
        shown["subject"] = credentials.subject().into();
        shown["scope"] = tokens.scope().map(|scope| scope.as_str()).into();
        shown["access_token_expires_at"] = tokens.expires_at().map(output::time).into();
        shown["can_refresh"] = (tokens.refresh_token().is_some() && status.ended().is_none()).into();
    }
    if let Some(reason) = status.ended() {
        let reason = if reason == EndReason::Interrupted { "interrupted" } else { "refused" };
        shown["ended"] = reason.into();
    }
    Ok((shown, problem))
}

fn problem(status: &SessionStatus, now: SystemTime) -> Option<SessionError> {
    let Some(credentials) = status.credentials() else { return Some(SessionError::SignedOut) };
    let tokens = credentials.tokens();
    match status.ended() {
        Some(reason) if tokens.is_expired(now) => Some(SessionError::Ended { reason, error: None }),
        None if tokens.is_expired(now) && tokens.refresh_token().is_none() => Some(SessionError::Expired),
        _ => None,
    }
}

fn print(context: &Context, shown: &[Value]) -> Result<(), Failure> {
    if context.shared.json {
        return output::json(&json!({ "profiles": shown }));
    }
    for profile in shown {
        for (name, value) in ORDER.iter().filter_map(|name| Some((name, profile.get(name)?))) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            output::line(&format!("{:25}{}", name.replace('_', " "), plain(&text)))?;
        }
        if shown.len() > 1 {
            output::line("")?;
        }
    }
    Ok(())
}
