//! The registration endpoint (RFC 7591).

use serde_json::{Map, Value};

use super::Server;
use super::visit::Visit;
use crate::message::{Answer, oauth_error};
use crate::setup::{Client, ClientAuth};

impl Server {
    /// Registers a public client with the redirect URIs that it names, and repeats the rest of its metadata.
    pub(super) fn registration(&self, visit: &Visit<'_>) -> Answer {
        if !self.setup.registration {
            return oauth_error(404, "not_found", "there is nothing at this path");
        }
        let document: Map<String, Value> = serde_json::from_slice(&visit.request.body).unwrap_or_default();
        let named = document.get("redirect_uris").cloned().unwrap_or_default();
        let redirect_uris: Vec<String> = serde_json::from_value(named).unwrap_or_default();
        if redirect_uris.is_empty() {
            return oauth_error(400, "invalid_redirect_uri", "redirect_uris must be an array of one URI or more");
        }
        let mut state = self.state();
        let id = format!("{}-{}", self.setup.name, state.clients.len());
        state.clients.push(Client { id: id.clone(), auth: ClientAuth::None, redirect_uris });
        let mut answer = document;
        answer.insert("client_id".into(), id.into());
        answer.insert("token_endpoint_auth_method".into(), "none".into());
        Answer::json(201, Value::Object(answer).to_string())
    }
}
