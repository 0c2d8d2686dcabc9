//! `proofkey token`.

use proofkey::MachineLogin;
use proofkey::token::{AccessToken, TokenSet};
use proofkey_native::SessionError;
use serde_json::json;

use crate::arguments::Token as Arguments;
use crate::context::Context;
use crate::error::Failure;
use crate::output;

pub(crate) async fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    if context.is_machine()? {
        return print(context, &*of_machine(context).await?);
    }
    let session = context.session()?;
    if let Some(duration) = arguments.valid_for {
        session.access_token_for(duration).await?;
    }
    print(context, session.credentials().await?.tokens())
}

/// The tokens of the client itself. They are not kept: new ones need no user.
pub(crate) async fn of_machine(context: &Context) -> Result<std::sync::Arc<TokenSet>, Failure> {
    let client = context.client()?;
    let profile = &client.profile;
    let server = client.discovery().run(&client.http).await?;
    let mut machine = MachineLogin::new(server, &profile.client_id, client.authentication())?;
    if !profile.scope().is_empty() {
        machine = machine.with_scope(profile.scope())?;
    }
    machine = profile.resources.iter().fold(machine, |machine, resource| machine.with_resource(resource));
    for (name, value) in &profile.parameters {
        machine = machine.with_parameter(name, value);
    }
    Ok(machine.tokens(&client.http).await?)
}

/// The token alone, so that a script can put it into a header.
fn print(context: &Context, tokens: &TokenSet) -> Result<(), Failure> {
    let token = access_token(tokens)?;
    if !context.shared.json {
        return output::line(token.expose());
    }
    output::json(&json!({
        "access_token": token.expose(),
        "token_type": "Bearer",
        "expires_at": tokens.expires_at().map(output::time),
        "scope": tokens.scope().map(|scope| scope.as_str()),
        "profile": context.name,
    }))
}

pub(crate) fn access_token(tokens: &TokenSet) -> Result<&AccessToken, Failure> {
    Ok(tokens.access_token().ok_or(SessionError::Expired)?)
}
