//! The pending flows, driven through the public API of `proofkey`.

use std::collections::HashMap;
use std::sync::Arc;

use proofkey::authorize::{Pending, PendingLogout};
use proofkey::jwt::ReplayWindow;
use proofkey::token::{AccessTokenType, ExchangedToken, StepUp, TokenExchangeRequest, TokenSet, TokenType, Transport};
use proofkey::{Identity, Login, LoginError, http};
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::verdict::{exchange_refusal, listed, refusal};

struct Flow {
    login: Arc<Login>,
    pending: Option<Pending>,
    outcome: Option<Outcome>,
    logout: Option<PendingLogout>,
}

enum Outcome {
    Identity(Box<Identity>),
    Tokens(Box<TokenSet>),
}

pub(crate) struct Client {
    pub(crate) config: Config,
    /// One for each issuer and redirect URI, so that its flows share what it has discovered and its keys.
    logins: HashMap<(Option<String>, String), Arc<Login>>,
    flows: HashMap<String, Flow>,
    /// The logins that an API asked for.
    stepped_up: Vec<String>,
    /// The logout tokens that were taken.
    logout_tokens: ReplayWindow,
}

impl Client {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            logins: HashMap::new(),
            flows: HashMap::new(),
            stepped_up: Vec::new(),
            logout_tokens: ReplayWindow::new(1000),
        }
    }

    /// Begins a login and gives the authorization URL.
    pub(crate) async fn begin(
        &mut self,
        flow: &str,
        issuer: Option<&str>,
        redirect_uri: &str,
        step_up: Option<&StepUp>,
    ) -> Result<String, LoginError> {
        let key = (issuer.map(str::to_owned), redirect_uri.to_owned());
        let login = match self.logins.get(&key) {
            Some(login) => login.clone(),
            None => {
                let login = Arc::new(self.config.login(issuer, redirect_uri).await?);
                self.logins.insert(key, login.clone());
                login
            }
        };
        let mut request = if self.config.is_openid() { login.request() } else { login.authorization() };
        if !self.config.scope.is_empty() {
            request = request.scope(&self.config.scope);
        }
        if let Some(seconds) = step_up.map_or(self.config.max_age, StepUp::max_age) {
            request = request.max_age(seconds);
        }
        if let Some(values) = step_up.and_then(StepUp::acr_values) {
            request = request.acr_values(values);
        }
        if let Some(resource) = self.config.resource() {
            request = request.resource(resource);
        }
        if self.config.push() {
            request = request.push();
        }
        let (url, pending) = request.start(&self.config.http).await?.into_parts();
        self.flows.insert(flow.to_owned(), Flow { login, pending: Some(pending), outcome: None, logout: None });
        Ok(url)
    }

    /// Takes the callback of a flow to its end. A flow whose login is over has no `state` that could match.
    pub(crate) async fn callback(&mut self, flow: &str, url: &str) -> Value {
        let Some((flow, pending)) = self.flows.get_mut(flow).and_then(|flow| {
            let pending = flow.pending.take()?;
            Some((flow, pending))
        }) else {
            return json!({"ok": false, "stage": "callback", "class": "state", "code": null,
                "detail": "this login is over"});
        };
        let grant = match flow.login.receive(pending, url) {
            Ok(grant) => grant,
            Err(error) => return refusal(&error),
        };
        let http = &self.config.http;
        let outcome = if grant.nonce().is_some() {
            flow.login.finish(http, grant).await.map(|identity| Outcome::Identity(Box::new(identity)))
        } else {
            flow.login.exchange(http, grant).await.map(|tokens| Outcome::Tokens(Box::new(tokens)))
        };
        match outcome {
            Ok(outcome) => {
                let verdict = outcome.verdict();
                flow.outcome = Some(outcome);
                verdict
            }
            Err(error) => refusal(&error),
        }
    }

    /// What an API asks for that refused the tokens of the login `of`, for one new login and no second one.
    pub(crate) fn step_up(&mut self, flow: &str, of: &str, message: &Value) -> Result<StepUp, Value> {
        let stop = |detail: &str| {
            Err(json!({"ok": false, "stage": "authorize", "class": "other", "code": null, "detail": detail}))
        };
        let mut response = http::Response::builder().status(message["status"].as_u64().unwrap_or(0) as u16);
        for field in message["headers"].as_array().into_iter().flatten() {
            response = response.header(field[0].as_str().unwrap_or_default(), field[1].as_str().unwrap_or_default());
        }
        let Some(asked) = response.body(()).ok().and_then(|response| StepUp::from_response(&response)) else {
            return stop("the API does not ask for another authentication");
        };
        if self.stepped_up.iter().any(|known| known == of) {
            return stop("the user was authenticated again, and the API asks once more");
        }
        self.stepped_up.push(flow.to_owned());
        Ok(asked)
    }

    /// Takes a logout token for the client of a login: whose sessions end.
    pub(crate) async fn logout_token(&mut self, flow: &str, text: &str) -> Value {
        let Some(Flow { login, .. }) = self.flows.get(flow) else { return no_tokens("logout") };
        let token = match login.validate_logout_token(&self.config.http, text).await {
            Ok(token) => token,
            Err(error) => return at_logout(&error),
        };
        match self.logout_tokens.accept_logout(&token, self.config.clock.now()) {
            Ok(()) => json!({"ok": true, "sub": token.subject(), "sid": token.session_id()}),
            Err(error) => json!({"ok": false, "stage": "logout", "class": "claim_jti", "code": null,
                "detail": error.to_string()}),
        }
    }

    /// A login of the program itself.
    pub(crate) async fn client_credentials(&mut self) -> Value {
        let tokens = async { self.config.machine().await?.tokens(&self.config.http).await };
        match tokens.await {
            Ok(tokens) => plain(&tokens),
            Err(error) => refusal(&error),
        }
    }

    /// The access token of a login for another one.
    pub(crate) async fn token_exchange(&mut self, flow: &str) -> Value {
        let Some(Flow { login, outcome: Some(outcome), .. }) = self.flows.get(flow) else { return no_tokens("token") };
        let Some(subject) = outcome.tokens().access_token() else { return no_tokens("token") };
        let client = self.config.credentials();
        let request =
            TokenExchangeRequest::new(subject.expose(), TokenType::AccessToken, login.server(), login.client_id());
        let exchanged = async {
            let (request, waiting) = request.requested_token_type(TokenType::AccessToken).build(&client)?;
            waiting.receive(&self.config.http.send(request).await?, self.config.clock.now())
        };
        match exchanged.await {
            Ok(ExchangedToken::Access(tokens, _)) => plain(&tokens),
            Ok(_) => json!({"ok": false, "stage": "token", "class": "token_type", "code": null,
                "detail": "the new token gives no access"}),
            Err(error) => exchange_refusal(&error),
        }
    }

    /// A login on a device without a browser, to its end.
    pub(crate) async fn device(&mut self, flow: &str) -> Value {
        let redirect_uri = self.config.redirect_uri().to_owned();
        let login = match self.config.login(None, &redirect_uri).await {
            Ok(login) => Arc::new(login),
            Err(error) => return refusal(&error),
        };
        let http = &self.config.http;
        let scope = self.config.scope.clone();
        let is_openid = self.config.is_openid();
        let outcome = async {
            let mut device = login.device().scope(&scope).start(http).await?;
            Ok(if is_openid {
                Outcome::Identity(Box::new(device.finish(http, tokio::time::sleep).await?))
            } else {
                Outcome::Tokens(Box::new(device.exchange(http, tokio::time::sleep).await?))
            })
        };
        match outcome.await {
            Ok(outcome) => {
                let verdict = outcome.verdict();
                let flow_of = Flow { login: Arc::clone(&login), pending: None, outcome: Some(outcome), logout: None };
                self.flows.insert(flow.to_owned(), flow_of);
                verdict
            }
            Err(error) => refusal(&error),
        }
    }

    pub(crate) async fn refresh(&mut self, flow: &str) -> Value {
        let Some(Flow { login, outcome: Some(outcome), .. }) = self.flows.get_mut(flow) else {
            return no_tokens("refresh");
        };
        let refreshed = match outcome {
            Outcome::Identity(identity) => login.refresh(&self.config.http, identity).await,
            Outcome::Tokens(tokens) => login.refresh_tokens(&self.config.http, tokens).await,
        };
        match refreshed {
            Ok(()) => outcome.verdict(),
            Err(error) => refusal(&error),
        }
    }

    pub(crate) async fn userinfo(&mut self, flow: &str) -> Value {
        let Some(Flow { login, outcome: Some(Outcome::Identity(identity)), .. }) = self.flows.get(flow) else {
            return no_tokens("userinfo");
        };
        match login.userinfo(&self.config.http, identity).await {
            Ok(claims) => json!({"ok": true, "claims": claims.as_map(), "deviations": listed(claims.deviations())}),
            Err(error) => refusal(&error),
        }
    }

    pub(crate) async fn revoke(&mut self, flow: &str) -> Value {
        let Some(Flow { login, outcome: Some(outcome), .. }) = self.flows.get(flow) else { return no_tokens("revoke") };
        let tokens = outcome.tokens();
        let revoked = match (tokens.refresh_token(), tokens.access_token()) {
            (Some(token), _) => login.revoke(&self.config.http, token).await,
            (None, Some(token)) => login.revoke(&self.config.http, token).await,
            (None, None) => return no_tokens("revoke"),
        };
        match revoked {
            Ok(()) => json!({"ok": true}),
            Err(error) => refusal(&error),
        }
    }

    /// Ends the session here, and gives the URL that ends the one at the server.
    pub(crate) fn logout(&mut self, flow: &str) -> Result<String, Value> {
        let Some(flow) = self.flows.get_mut(flow) else { return Err(no_tokens("logout")) };
        let Some(Outcome::Identity(identity)) = flow.outcome.take() else { return Err(no_tokens("logout")) };
        let begun = flow.login.logout(&identity).begin(self.config.post_logout_redirect_uri());
        let (url, pending) = begun.map_err(|error| at_logout(&error))?;
        flow.logout = Some(pending);
        Ok(url)
    }

    /// Takes the browser that came back from a logout.
    pub(crate) fn logged_out(&mut self, flow: &str, url: &str) -> Value {
        let Some(flow) = self.flows.get_mut(flow) else { return no_tokens("logout") };
        let Some(pending) = flow.logout.take() else { return no_tokens("logout") };
        match flow.login.receive_logout(pending, url) {
            Ok(()) => json!({"ok": true}),
            Err(error) => at_logout(&error),
        }
    }
}

/// The return is a callback like that of a login, of another step.
fn at_logout(error: &LoginError) -> Value {
    let mut outcome = refusal(error);
    outcome["stage"] = "logout".into();
    outcome
}

/// What a result says of tokens, with a login or without.
fn plain(tokens: &TokenSet) -> Value {
    json!({
        "ok": true,
        "token_type": match tokens.token_type() {
            AccessTokenType::Dpop => "DPoP",
            _ => "Bearer",
        },
        "scope": tokens.scope().map_or("", |scope| scope.as_str()),
        "expires_in": tokens.expires_in().map(|expires_in| expires_in.as_secs()),
        "deviations": listed(tokens.deviations()),
    })
}

fn no_tokens(stage: &str) -> Value {
    json!({"ok": false, "stage": stage, "class": "other", "code": null, "detail": "this flow has no tokens"})
}

impl Outcome {
    fn tokens(&self) -> &TokenSet {
        match self {
            Self::Identity(identity) => identity.tokens(),
            Self::Tokens(tokens) => tokens,
        }
    }

    fn verdict(&self) -> Value {
        let tokens = self.tokens();
        let mut verdict = plain(tokens);
        if let Self::Identity(identity) = self {
            let claims: Map<String, Value> = identity
                .claims()
                .iter()
                .map(|(name, value)| {
                    let value = value.as_str().map(Value::from).or(value.as_bool().map(Value::from));
                    (name.to_owned(), value.unwrap_or_default())
                })
                .filter(|(_, value)| !value.is_null())
                .collect();
            verdict["deviations"] = listed(identity.deviations());
            verdict["sub"] = identity.subject().into();
            verdict["claims"] = Value::Object(claims);
            verdict["id_token_verified"] = true.into();
        }
        verdict
    }
}
