//! `proofkey logout`.

use proofkey_native::SessionError;
use serde_json::json;

use crate::context::Context;
use crate::error::Failure;
use crate::output::{self, note};

pub(crate) async fn run(context: &Context, local: bool) -> Result<(), Failure> {
    let client = context.user_client()?;
    let (mut was_logged_in, mut is_revoked) = (false, !local);
    // Behind the user who logged in last, the store has those who did before. A session stays with one user.
    loop {
        let session = context.session_of(&context.name, client.clone())?;
        if session.status().await?.credentials().is_none() {
            break;
        }
        was_logged_in = true;
        if local {
            session.forget().await?;
            continue;
        }
        match session.sign_out().await {
            Ok(signed_out) => is_revoked &= signed_out.is_revoked(),
            Err(SessionError::SignedOut) => is_revoked = false,
            Err(error) => return Err(error.into()),
        }
    }
    is_revoked &= was_logged_in;
    note(match (was_logged_in, is_revoked) {
        (false, _) => "No user was logged in.",
        (true, true) => "Logged out: the tokens are revoked.",
        (true, false) => "Logged out on this machine. The tokens were not revoked: they stay valid until they expire.",
    });
    if context.shared.json {
        output::json(&json!({ "profile": context.name, "was_logged_in": was_logged_in, "revoked": is_revoked }))?;
    }
    Ok(())
}
