//! Logout at the server: OpenID Connect RP-Initiated Logout 1.0.

use crate::config::Client;
use crate::defects::Defects;
use crate::failure::{Failure, refuse, stage::LOGOUT};
use crate::{form, random};

/// A logout whose user has not come back.
pub(crate) struct Waiting {
    redirect_uri: String,
    state: String,
}

/// The address to send the browser to, and what to keep.
pub(crate) fn request(
    address: &str,
    client: &Client,
    id_token: Option<&str>,
    redirect_uri: &str,
    defects: &Defects,
) -> (String, Waiting) {
    let state = random::state(defects);
    let mut pairs = vec![("client_id", client.id.as_str())];
    pairs.extend(id_token.filter(|_| !defects.has("logout-hint-missing")).map(|token| ("id_token_hint", token)));
    let altered = format!("{redirect_uri}/");
    let sent = if defects.has("logout-redirect-altered") { &altered } else { redirect_uri };
    pairs.push(("post_logout_redirect_uri", sent));
    if !defects.has("logout-state-missing") {
        pairs.push(("state", &state));
    }
    let url = form::with_query(address, &form::encode(pairs));
    (url, Waiting { redirect_uri: redirect_uri.to_owned(), state })
}

/// Whether the browser came back from this logout.
pub(crate) fn check(waiting: &Waiting, url: &str, defects: &Defects) -> Result<(), Failure> {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    if address != waiting.redirect_uri {
        return Err(refuse(LOGOUT, "redirect", "it came to another address than the redirect URI of the logout"));
    }
    let parameters = form::decode(query, false).unwrap_or_default();
    let mut states = parameters.iter().filter(|(name, _)| name == "state");
    let is_ours = states.next().is_some_and(|(_, state)| *state == waiting.state) && states.next().is_none();
    if is_ours || defects.has("logout-state-ignored") || defects.has("logout-state-missing") {
        return Ok(());
    }
    Err(refuse(LOGOUT, "state", "the state is not the one of this logout"))
}
