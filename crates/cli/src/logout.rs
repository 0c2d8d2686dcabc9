//! `proofkey logout`.

use proofkey_native::SessionError;
use serde_json::json;

use crate::context::Context;
use crate::error::Failure;
use crate::output::{self, note};

pub(crate) async fn run(context: &Context, local: bool) -> Result<(), Failure> {
    let session = context.session()?;
    let was_logged_in = session.status().await?.credentials().is_some();
    let is_revoked = if local {
        session.forget().await?;
        false
    } else {
        match session.sign_out().await {
            Ok(signed_out) => signed_out.is_revoked(),
            Err(SessionError::SignedOut) => false,
            Err(error) => return Err(error.into()),
        }
    };
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
