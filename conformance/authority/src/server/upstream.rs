//! "Continue with Google": the authorization server as a client of another one.
//!
//! It is a confidential client of Google, with its own state and verifier. The browser takes Google's code to
//! `/login/callback` of this server. The tokens that it is exchanged for, and the profile that they give access to, go
//! from server to server and never to the application.

use serde_json::Value;

use super::Server;
use super::page;
use super::visit::Visit;
use crate::encoding::{encode_form, random_text, s256, same_secret};
use crate::fetch;
use crate::message::Answer;
use crate::message::{AUTHORITY, Outgoing};
use crate::setup::{Upstream, User};
use crate::url::with_query;
use crate::wire::SecretKind;

impl Server {
    /// The button was pressed.
    pub(super) fn go_upstream(&self, visit: &mut Visit<'_>) -> Answer {
        let query = visit.request.query_pairs();
        let id = query.iter().find(|(name, _)| name == "login").map(|(_, value)| value.as_str()).unwrap_or_default();
        let (Some(upstream), Some(login)) = (&self.setup.upstream, self.begun_login(visit, id)) else {
            return page::message(
                400,
                "This login was not begun in this browser, or has ended. Go back to the application.",
            );
        };
        let (own_state, verifier) = (random_text(), random_text());
        self.wire.add_secret(SecretKind::Verifier, &verifier);
        let url = with_query(
            &format!("{}/o/oauth2/v2/auth", upstream.base),
            &[
                ("response_type".into(), "code".into()),
                ("client_id".into(), upstream.client_id.clone()),
                ("redirect_uri".into(), self.upstream_redirect_uri()),
                ("scope".into(), "openid email profile".into()),
                ("state".into(), own_state.clone()),
                ("nonce".into(), random_text()),
                ("code_challenge".into(), s256(&verifier)),
                ("code_challenge_method".into(), "S256".into()),
            ],
        );
        for known in self.state().logins.iter_mut().filter(|known| known.id == login.id) {
            known.upstream = Some((own_state.clone(), verifier.clone()));
        }
        Answer::redirect(302, &url)
    }

    /// The browser comes back from Google.
    pub(super) fn login_callback(&self, visit: &mut Visit<'_>) -> Answer {
        let query = visit.request.query_pairs();
        let parameter = |name: &str| {
            let mut values = query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
            values.next().filter(|_| values.next().is_none())
        };
        let cookie = visit.request.cookie(&self.cookie_name("login")).unwrap_or_default();
        let login = self.begun_login(visit, cookie);
        let (Some(upstream), Some(login)) = (&self.setup.upstream, login) else {
            return page::message(
                400,
                "This login was not begun in this browser, or has ended. Go back to the application.",
            );
        };
        let (own_state, verifier) = login.upstream.clone().unwrap_or_default();
        if own_state.is_empty() || !parameter("state").is_some_and(|state| same_secret(state, &own_state)) {
            return page::message(400, "This answer does not belong to the login of this browser.");
        }
        if parameter("error").is_some() {
            return self.refuse_at_client(
                visit,
                login.request,
                "access_denied",
                "the provider did not let the person in",
            );
        }
        let Some(code) = parameter("code") else {
            return page::message(400, "The provider sent neither a code nor an error.");
        };
        match self.upstream_user(upstream, code, &verifier) {
            Ok(user) => {
                let sub = user.sub.clone();
                {
                    let mut state = self.state();
                    state.users.retain(|known| known.sub != sub);
                    state.users.push(user);
                }
                visit.note(format!("the user record is {sub}"));
                self.end_login(visit, &login, &sub)
            }
            Err(objection) => {
                visit.note(format!("the login at the provider failed: {objection}"));
                self.refuse_at_client(visit, login.request, "server_error", "the login at the provider failed")
            }
        }
    }

    pub(crate) fn upstream_redirect_uri(&self) -> String {
        format!("{}{}", self.base, self.path("/login/callback"))
    }

    /// From server to server: the code for tokens, the access token for the profile.
    fn upstream_user(&self, upstream: &Upstream, code: &str, verifier: &str) -> Result<User, String> {
        let form = encode_form([
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.upstream_redirect_uri()),
            ("client_id", &upstream.client_id),
            ("client_secret", &upstream.client_secret),
            ("code_verifier", verifier),
        ]);
        let tokens = exchange(Outgoing::post_form(&format!("{}/token", upstream.base), form))?;
        let access_token = tokens["access_token"].as_str().ok_or("no access token")?;
        let profile = exchange(
            Outgoing::get(&format!("{}/oauth2/v2/userinfo", upstream.base))
                .header("authorization", &format!("Bearer {access_token}")),
        )?;
        let id = profile["id"].as_str().filter(|id| !id.is_empty()).ok_or("the profile has no id")?;
        let text = |name: &str| profile[name].as_str().unwrap_or_default().to_owned();
        Ok(User {
            sub: format!("{}|{id}", upstream.connection),
            email: text("email"),
            name: text("name"),
            // Nobody knows it: this person signs in at the provider.
            password: random_text(),
        })
    }
}

/// One request from server to server, and the JSON that answers it.
fn exchange(request: Outgoing) -> Result<Value, String> {
    let response = fetch::blocking(request.header("user-agent", AUTHORITY)).map_err(|error| error.to_string())?;
    if response.status != 200 {
        return Err(format!("the provider answered {}", response.status));
    }
    serde_json::from_slice(&response.body).map_err(|_| "the provider's answer is not JSON".into())
}
