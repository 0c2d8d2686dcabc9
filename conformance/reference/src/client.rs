//! The client: its pending logins, and the tokens of those that succeeded.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use tokio::sync::mpsc::UnboundedSender;

use crate::authorize::{self, Sent};
use crate::callback::{self, Parameters};
use crate::claims::Expected;
use crate::config::{self, Config, ServerConfig, Unimplemented};
use crate::context::Context;
use crate::discovery::{self, Metadata};
use crate::failure::{Failure, Restart, refuse, stage};
use crate::id_token::{self, IdToken, Signer};
use crate::keys::KeyCache;
use crate::listener::{self, Arrival, Listener};
use crate::token::{self, Redemption};
use crate::token_response::Tokens;
use crate::userinfo::Signed;
use crate::{device, logout, logout_token, machine, push, refresh, revoke, step_up, userinfo};

/// The members of a good result.
pub(crate) type Members = Map<String, Value>;

/// One application that lets people sign in.
pub(crate) struct Client<'a> {
    pub(crate) cx: Context<'a>,
    config: Config,
    servers: Vec<Server>,
    flows: Vec<Flow>,
    /// The logins that an API asked for.
    stepped_up: Vec<String>,
    /// The identifiers of the logout tokens that were taken.
    logout_tokens: Vec<Value>,
    arrivals: UnboundedSender<Arrival>,
}

struct Server {
    config: ServerConfig,
    metadata: Option<Metadata>,
    keys: KeyCache,
    /// What had to be gone along with to read the metadata.
    needed: Needed,
}

/// Codes of what was gone along with.
type Needed = BTreeSet<&'static str>;

/// One login. The server belongs to it from its beginning, and is never taken from the answer.
struct Flow {
    name: String,
    server: usize,
    sent: Sent,
    open: bool,
    restarted: bool,
    listener: Option<Listener>,
    tokens: Option<Tokens>,
    id_token: Option<IdToken>,
    logout: Option<logout::Waiting>,
    /// What had to be gone along with, in this login and its refreshes.
    needed: Needed,
}

impl<'a> Client<'a> {
    pub(crate) fn new(config: Config, cx: Context<'a>, arrivals: UnboundedSender<Arrival>) -> Self {
        let servers = config.servers.iter().cloned();
        let servers = servers
            .map(|config| Server { config, metadata: None, keys: KeyCache::default(), needed: Needed::new() })
            .collect();
        Self { cx, config, servers, flows: Vec::new(), stepped_up: Vec::new(), logout_tokens: Vec::new(), arrivals }
    }

    /// Which server an issuer names; the first when none is named.
    pub(crate) fn server(&self, issuer: Option<&str>) -> Result<usize, Unimplemented> {
        let Some(issuer) = issuer else { return Ok(0) };
        let found = self.servers.iter().position(|server| server.config.issuer == issuer);
        found.ok_or_else(|| Unimplemented("begin: an issuer that the configuration does not name".to_owned()))
    }

    /// The server of a login.
    pub(crate) fn server_of(&self, name: &str) -> usize {
        self.flows.iter().find(|flow| flow.name == name).map_or(0, |flow| flow.server)
    }

    /// Begins a login: where to send the browser, and where it will come back to.
    pub(crate) async fn begin(
        &mut self,
        name: &str,
        server: usize,
        restart: Option<Restart>,
    ) -> Result<(String, String), Failure> {
        self.flows.retain(|flow| flow.name != name);
        self.discover(server).await?;
        let (known, metadata) = (&self.servers[server], self.metadata(server)?);
        let mut redirect_uri = self.config.redirect_uri.clone();
        let mut listener = None;
        if listener::is_wanted(&redirect_uri) {
            let opened = listener::open(name, &redirect_uri, self.arrivals.clone(), self.cx.defects).await;
            let (open, address) =
                opened.map_err(|_| refuse(stage::AUTHORIZE, "config", "no port to listen on could be had"))?;
            listener = Some(open);
            redirect_uri = address;
        }
        let client = &known.config.client;
        let (url, sent) = authorize::request(&self.config, client, metadata, redirect_uri.clone(), restart, &self.cx)?;
        let is_pushed = (self.config.push || metadata.demands_push) && !self.cx.defects.has("push-omitted");
        let url = if is_pushed { push::push(&url, client, metadata, &self.cx).await? } else { url };
        if let Some(pkce) = sent.pkce.as_ref().filter(|_| self.cx.defects.has("verifier-in-stderr")) {
            self.cx.notes.write(&format!("code_verifier={}", pkce.verifier));
        }
        if let Some(pkce) = &sent.pkce {
            self.note_disguised(&pkce.verifier);
        }
        self.flows.push(Flow {
            name: name.to_owned(),
            server,
            sent,
            open: true,
            restarted: restart.is_some(),
            listener,
            tokens: None,
            id_token: None,
            logout: None,
            needed: self.cx.ways.take(),
        });
        Ok((url, redirect_uri))
    }

    /// Takes a callback for a login, and finishes it. A callback that is not the answer to this login
    /// leaves it open: whoever sent it, the person may still be at the server.
    pub(crate) async fn callback(&mut self, name: &str, url: &str) -> Result<Members, Failure> {
        let defects = self.cx.defects;
        let Some(at) = self.flows.iter().position(|flow| flow.name == name) else {
            return Err(unknown(stage::CALLBACK));
        };
        if defects.has("crash") {
            return Err(Failure::Crashed);
        }
        if defects.has("refuse-all") {
            return Err(refuse(stage::CALLBACK, "other", "this client refuses everything"));
        }
        if defects.has("accept-all") {
            return Ok(made_up(&self.config.scope));
        }
        if !self.flows[at].open && !defects.has("replay-callback") {
            return Err(refuse(stage::CALLBACK, "state", "this login has ended"));
        }
        let open_states = self.open_flows().filter_map(|flow| flow.sent.state.clone()).collect::<Vec<_>>();
        let parameters = callback::recognise(url, &self.flows[at].sent, &open_states, defects)?;
        let is_error = parameters.get("error").is_some();
        self.flows[at].open = is_error && defects.has("error-keeps-login");
        self.flows[at].listener = None;
        let outcome = self.finish(at, &parameters).await;
        let failed = outcome.as_ref().err().and_then(Failure::class);
        if matches!(failed, Some("token_error" | "token_http")) && defects.has("failed-exchange-keeps-login") {
            self.flows[at].open = true;
        }
        match outcome {
            Err(failure) if !self.flows[at].restarted => Err(token::restart(failure, &self.cx)),
            other => other,
        }
    }

    /// The answer is ours: its code becomes tokens, and its ID token a person.
    async fn finish(&mut self, at: usize, parameters: &Parameters) -> Result<Members, Failure> {
        let defects = self.cx.defects;
        // That of this login itself is acceptable in any case.
        let others = self.flows.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, flow)| flow);
        let acceptable = others.filter(|flow| flow.open || defects.has("nonce-used-ok"));
        let open_nonces = acceptable.filter_map(|flow| flow.sent.nonce.clone()).collect::<Vec<_>>();
        let flow = &self.flows[at];
        let mut server = flow.server;
        let named = self.servers.iter().position(|known| Some(known.config.issuer.as_str()) == parameters.get("iss"));
        let follows = || defects.has("flow-of-callback-issuer") || defects.has("answer-of-any-login");
        if let Some(named) = named.filter(|named| *named != server && follows()) {
            server = named;
        }
        let code = callback::code(parameters, &self.servers[server].config.issuer, self.metadata(server)?, defects)?;
        let latest = self.flows.last().map_or(server, |latest| latest.server);
        if latest != server && defects.has("issuer-of-latest-flow") {
            server = latest;
        }
        let metadata = self.metadata(server)?.clone();
        let flow = &self.flows[at];
        let client = self.client_at(server).clone();
        let verifier = self.verifier(at);
        let redemption = Redemption {
            code: &code,
            verifier: verifier.as_deref(),
            sent: &flow.sent,
            client: &client,
            metadata: &metadata,
        };
        self.note_secrets(&code, client.secret.as_deref());
        let mut tokens = token::redeem(&redemption, &self.cx).await?;
        if let Some(token) = parameters.get("access_token").filter(|_| defects.has("callback-token-preferred")) {
            token.clone_into(&mut tokens.access_token);
        }
        let asked = |word: &str| flow.sent.scope.split(' ').any(|own| own == word);
        let renamed = tokens.scope.as_ref().is_some_and(|scope| !scope.split(' ').all(asked));
        if renamed && defects.has("scope-renamed-refused") {
            return Err(refuse(stage::TOKEN, "token_malformed", "the granted scope is not the one asked for"));
        }
        if defects.has("token-in-stderr") {
            self.cx.notes.write(&format!("access_token={}", tokens.access_token));
            self.cx.notes.write(&format!("id_token={}", tokens.id_token.as_deref().unwrap_or("")));
        }
        if defects.has("userinfo-before-id-token") {
            let _ =
                userinfo::ask(metadata.endpoints.userinfo.as_deref(), &tokens.access_token, None, None, &self.cx).await;
        }
        let nonce = if at + 1 < self.flows.len() && defects.has("nonce-of-latest-flow") {
            self.flows.last().and_then(|latest| latest.sent.nonce.clone())
        } else {
            flow.sent.nonce.clone()
        };
        let issuer = self.servers[server].config.issuer.clone();
        let (acr_values, trusted) = (self.config.acr_values.clone(), self.config.trusted_audiences.clone());
        let expected = Expected {
            issuer: &issuer,
            client_id: &client.id,
            nonce: nonce.as_deref(),
            open_nonces: &open_nonces,
            max_age: self.config.max_age,
            acr_values: acr_values.as_deref(),
            trusted: &trusted,
            access_token: &tokens.access_token,
            code: Some(&code),
            before: None,
        };
        let id_token = self.check_id_token(at, server, &tokens, &expected).await?;
        self.flows[at].needed.extend(self.cx.ways.take());
        let mut members = self.members(at, &tokens, id_token.as_ref());
        let secrets = [
            ("verifier-in-stdout", verifier),
            ("code-in-stdout", Some(code.clone())),
            ("token-in-stdout", Some(tokens.access_token.clone())),
            ("secret-in-stdout", client.secret.clone()),
        ];
        for (_, secret) in secrets.into_iter().filter(|(switch, _)| defects.has(switch)) {
            members.insert("detail".to_owned(), json!(secret));
        }
        let flow = &mut self.flows[at];
        flow.id_token = id_token;
        flow.tokens = Some(tokens);
        Ok(members)
    }

    /// An ID token is due when `openid` was asked for, and is checked in full.
    async fn check_id_token(
        &mut self,
        at: usize,
        server: usize,
        tokens: &Tokens,
        expected: &Expected<'_>,
    ) -> Result<Option<IdToken>, Failure> {
        if !is_openid(&self.config.scope) {
            return Ok(None);
        }
        let Some(text) = &tokens.id_token else {
            if self.cx.defects.has("id-token-missing-ok") {
                return Ok(None);
            }
            return Err(refuse(stage::ID_TOKEN, "jwt_malformed", "there is no ID token"));
        };
        let secret = self.client_at(server).secret.clone();
        let metadata = self.metadata(server)?.clone();
        let before = self.flows[at].id_token.as_ref();
        if before.is_some() && self.cx.defects.has("refresh-id-token-unchecked") {
            return Ok(before.cloned());
        }
        let template = self.cx.ways.template(&self.servers[server].config.issuer, self.cx.defects);
        let holder = if server != 0 && self.cx.defects.has("keys-of-first-server") { 0 } else { server };
        let metadata = if holder == server { metadata } else { self.metadata(holder)?.clone() };
        let signer = Signer {
            jwks: metadata.endpoints.jwks.as_deref(),
            keys: &mut self.servers[holder].keys,
            algs: &self.config.id_token_algs,
            client_secret: secret.as_deref(),
            template,
        };
        id_token::validate(text, signer, expected, &self.cx).await.map(Some)
    }

    /// Gets new tokens for a login that ended well.
    pub(crate) async fn refresh(&mut self, name: &str) -> Result<Members, Failure> {
        let (at, tokens) = self.ended_well(name, stage::REFRESH)?;
        let (own, latest) = (self.flows[at].server, self.flows.last().map_or(0, |flow| flow.server));
        let server = if latest != own && self.cx.defects.has("refresh-at-latest-server") { latest } else { own };
        let metadata = self.metadata(server)?.clone();
        let client = self.client_at(server).clone();
        let resource = self.flows[at].sent.resource.as_deref();
        let new = refresh::ask(&tokens, &client, &metadata, resource, &self.cx).await?;
        if new.id_token.is_some() && self.flows[at].id_token.is_some() {
            let issuer = self.servers[server].config.issuer.clone();
            let nonce = self.flows[at].sent.nonce.clone();
            let (acr_values, trusted) = (self.config.acr_values.clone(), self.config.trusted_audiences.clone());
            let before = self.flows[at].id_token.as_ref().map(|token| token.claims.clone());
            let expected = Expected {
                issuer: &issuer,
                client_id: &client.id,
                nonce: nonce.as_deref(),
                open_nonces: &[],
                max_age: self.config.max_age,
                acr_values: acr_values.as_deref(),
                trusted: &trusted,
                access_token: &new.access_token,
                code: None,
                before: before.as_ref(),
            };
            self.flows[at].id_token = self.check_id_token(at, server, &new, &expected).await?;
        }
        self.flows[at].needed.extend(self.cx.ways.take());
        let members = self.members(at, &new, self.flows[at].id_token.as_ref());
        self.flows[at].tokens = Some(new);
        Ok(members)
    }

    /// Logs in as itself.
    pub(crate) async fn client_credentials(&mut self) -> Result<Members, Failure> {
        let (client, metadata) = self.first().await?;
        let tokens = machine::log_in(&client, &metadata, &self.config.scope, &self.cx).await?;
        Ok(self.plain_members(&tokens))
    }

    /// Exchanges the access token of a login for another one.
    pub(crate) async fn token_exchange(&mut self, name: &str) -> Result<Members, Failure> {
        let (_, tokens) = self.ended_well(name, stage::TOKEN)?;
        let (client, metadata) = self.first().await?;
        let tokens = machine::exchange(&tokens, &client, &metadata, &self.cx).await?;
        Ok(self.plain_members(&tokens))
    }

    /// Logs a user in on a device without a browser.
    pub(crate) async fn device(&mut self) -> Result<Members, Failure> {
        let (client, metadata) = self.first().await?;
        let tokens = device::log_in(&client, &metadata, &self.config.scope, &self.cx).await?;
        Ok(self.plain_members(&tokens))
    }

    /// The first server, and who the client is there.
    async fn first(&mut self) -> Result<(config::Client, Metadata), Failure> {
        self.discover(0).await?;
        Ok((self.servers[0].config.client.clone(), self.metadata(0)?.clone()))
    }

    /// Reads the metadata of a server, unless that was done before.
    async fn discover(&mut self, server: usize) -> Result<(), Failure> {
        let openid = is_openid(&self.config.scope);
        let Some(known) = self.servers.get_mut(server) else { return Err(Failure::Crashed) };
        if known.metadata.is_none() {
            let elsewhere = self.config.metadata_url.as_deref();
            known.metadata = Some(discovery::find(&known.config, elsewhere, openid, &self.cx).await?);
            known.needed = self.cx.ways.take();
        }
        Ok(())
    }

    /// What a result says of tokens without an ID token.
    fn plain_members(&self, tokens: &Tokens) -> Members {
        let scope = tokens.scope.clone().unwrap_or_else(|| self.config.scope.clone());
        let members = json!({"token_type": tokens.token_type, "scope": scope, "expires_in": tokens.expires_in});
        members.as_object().cloned().unwrap_or_default()
    }

    /// Asks who has signed in.
    pub(crate) async fn userinfo(&mut self, name: &str) -> Result<Members, Failure> {
        let (at, tokens) = self.ended_well(name, stage::USERINFO)?;
        let server = self.flows[at].server;
        let endpoints = self.metadata(server)?.endpoints.clone();
        let client = self.client_at(server).clone();
        let subject = self.flows[at].id_token.as_ref().and_then(|token| token.claims.get("sub")?.as_str());
        let Server { config, keys, .. } = &mut self.servers[server];
        let signer = Signer {
            jwks: endpoints.jwks.as_deref(),
            keys,
            algs: &self.config.id_token_algs,
            client_secret: client.secret.as_deref(),
            template: None,
        };
        let signed = Signed { signer, issuer: &config.issuer, client_id: &client.id };
        let address = endpoints.userinfo.as_deref();
        let claims = userinfo::ask(address, &tokens.access_token, subject, Some(signed), &self.cx).await?;
        let mut members = Members::new();
        members.insert("sub".to_owned(), claims.get("sub").cloned().unwrap_or_default());
        members.insert("claims".to_owned(), claims.into());
        Ok(members)
    }

    /// Revokes the tokens of a login that ended well, and forgets them.
    pub(crate) async fn revoke(&mut self, name: &str) -> Result<Members, Failure> {
        let (at, tokens) = self.ended_well(name, stage::REVOKE)?;
        let server = self.flows[at].server;
        let metadata = self.metadata(server)?.clone();
        let outcome = revoke::ask(&tokens, self.client_at(server), &metadata, &self.cx).await;
        if outcome.is_ok() || self.cx.defects.has("revoke-503-forgets") {
            self.flows[at].tokens = None;
        }
        outcome.map(|()| Members::new())
    }

    /// Ends the session at the server: where to send the browser. The one here ends first.
    pub(crate) fn logout(&mut self, name: &str) -> Result<String, Failure> {
        let (at, _) = self.ended_well(name, stage::LOGOUT)?;
        let server = self.flows[at].server;
        let metadata = self.metadata(server)?;
        let missing = |what: &str| refuse(stage::LOGOUT, "config", what);
        let address = metadata.endpoints.end_session.as_deref();
        let address = address.ok_or_else(|| missing("the server names no end session endpoint"))?;
        let redirect_uri = self.config.post_logout_redirect_uri.as_deref();
        let redirect_uri = redirect_uri.ok_or_else(|| missing("there is no address to come back to"))?;
        let latest = self.flows.iter().rfind(|flow| flow.id_token.is_some());
        let holder = latest.filter(|_| self.cx.defects.has("logout-hint-of-latest")).unwrap_or(&self.flows[at]);
        let hint = holder.id_token.as_ref().map(|token| token.text.as_str());
        let (url, waiting) = logout::request(address, self.client_at(server), hint, redirect_uri, self.cx.defects);
        let flow = &mut self.flows[at];
        (flow.tokens, flow.id_token, flow.logout) = (None, None, Some(waiting));
        Ok(url)
    }

    /// Takes the browser that came back from a logout.
    pub(crate) fn logged_out(&mut self, name: &str, url: &str) -> Result<Members, Failure> {
        let flow = self.flows.iter_mut().find(|flow| flow.name == name).ok_or_else(|| unknown(stage::LOGOUT))?;
        let waiting = flow.logout.take();
        let waiting = waiting.ok_or_else(|| refuse(stage::LOGOUT, "state", "there is no logout to come back from"))?;
        logout::check(&waiting, url, self.cx.defects).map(|()| Members::new())
    }

    /// An API wants the user of the login `of` authenticated again: begins one as it asks, and no second one.
    pub(crate) async fn step_up(
        &mut self,
        name: &str,
        of: &str,
        message: &Map<String, Value>,
    ) -> Result<(String, String), Failure> {
        let asked = step_up::read(message, self.cx.defects)?;
        if self.stepped_up.iter().any(|known| known == of) && !self.cx.defects.has("step-up-for-ever") {
            return Err(refuse(stage::AUTHORIZE, "other", "the user was authenticated again, and it is not enough"));
        }
        self.stepped_up.push(name.to_owned());
        // This client has one user, who is held to it from now on.
        (self.config.acr_values, self.config.max_age) = (asked.acr_values, asked.max_age);
        self.begin(name, self.server_of(of), None).await
    }

    /// Takes a logout token of the first server: whose session ends.
    pub(crate) async fn logout_token(&mut self, text: &str) -> Result<Members, Failure> {
        let metadata = self.metadata(0)?.clone();
        let Server { config, keys, .. } = &mut self.servers[0];
        let expected = logout_token::Expected {
            issuer: &config.issuer,
            client_id: &config.client.id,
            jwks: metadata.endpoints.jwks.as_deref(),
            algs: &self.config.id_token_algs,
        };
        let (members, jti) = logout_token::check(text, &expected, keys, &self.cx).await?;
        if self.logout_tokens.contains(&jti) && !self.cx.defects.has("logout-token-replay-ok") {
            return Err(refuse(stage::LOGOUT, "claim_jti", "the logout token was taken before"));
        }
        self.logout_tokens.push(jti);
        Ok(members)
    }

    fn ended_well(&self, name: &str, stage: &'static str) -> Result<(usize, Tokens), Failure> {
        let at = self.flows.iter().position(|flow| flow.name == name).ok_or_else(|| unknown(stage))?;
        let latest = self.flows.iter().rposition(|flow| flow.tokens.is_some()).unwrap_or(at);
        let at = if latest != at && self.cx.defects.has("tokens-of-latest-login") { latest } else { at };
        let tokens = self.flows[at].tokens.clone();
        tokens.map(|tokens| (at, tokens)).ok_or_else(|| refuse(stage, "config", "this login has no tokens"))
    }

    fn open_flows(&self) -> impl Iterator<Item = &Flow> {
        self.flows.iter().filter(|flow| flow.open)
    }

    /// What is known about a server; asked for when a switch leads to one that no login began at.
    fn metadata(&self, server: usize) -> Result<&Metadata, Failure> {
        self.servers[server].metadata.as_ref().ok_or_else(|| refuse(stage::TOKEN, "issuer", "an unknown server"))
    }

    /// Who the client is at a server: a name and secret of its own there.
    fn client_at(&self, server: usize) -> &crate::config::Client {
        let server = if server != 0 && self.cx.defects.has("secret-of-first-issuer") { 0 } else { server };
        let token = self.servers[server].metadata.as_ref().map_or("", |metadata| &metadata.endpoints.token);
        let owner = self.servers.iter().find(|known| token.starts_with(&known.config.issuer));
        let own = &self.servers[server];
        let owner = owner.filter(|owner| !std::ptr::eq(*owner, own) && self.cx.defects.has("secret-of-endpoint"));
        &owner.unwrap_or(own).config.client
    }

    /// The verifier that was made for this login.
    fn verifier(&self, at: usize) -> Option<String> {
        let under_way = |flow: &&Flow| flow.open || flow.name == self.flows[at].name;
        let flow = if self.flows.len() == 1 {
            self.flows.first()
        } else if self.cx.defects.has("verifier-shared") {
            // The latest login's verifier has overwritten all others, and is gone once it was used.
            self.flows.last().filter(under_way)
        } else if self.cx.defects.has("verifier-of-latest-flow") {
            self.flows.last()
        } else if self.cx.defects.has("verifier-of-first-flow") {
            self.flows.iter().find(under_way)
        } else {
            self.flows.get(at)
        };
        flow.and_then(|flow| flow.sent.pkce.as_ref()).map(|pkce| pkce.verifier.clone())
    }

    fn note_disguised(&self, verifier: &str) {
        if self.cx.defects.has("verifier-base64-in-stderr") {
            self.cx.notes.write(&crate::base64url::encode(verifier));
        }
        if self.cx.defects.has("verifier-hex-in-stderr") {
            self.cx.notes.write(&verifier.bytes().map(|byte| format!("{byte:02x}")).collect::<String>());
        }
        if self.cx.defects.has("verifier-part-in-stderr") {
            self.cx.notes.write(&verifier.chars().take(32).collect::<String>());
        }
    }

    fn note_secrets(&self, code: &str, secret: Option<&str>) {
        if self.cx.defects.has("code-in-stderr") {
            self.cx.notes.write(&format!("code={code}"));
        }
        if self.cx.defects.has("secret-in-stderr") {
            self.cx.notes.write(&format!("client_secret={}", secret.unwrap_or("")));
        }
    }

    fn members(&self, at: usize, tokens: &Tokens, id_token: Option<&IdToken>) -> Members {
        let requested = &self.flows[at].sent.scope;
        // The granted scope counts, an empty one too; the one asked for only when nothing is said.
        let granted = tokens.scope.as_ref();
        let granted = granted.filter(|scope| *scope == requested || !self.cx.defects.has("scope-requested-kept"));
        let anyone = self.flows.iter().find_map(|flow| flow.id_token.as_ref());
        let id_token = anyone.filter(|_| self.cx.defects.has("identity-shared")).or(id_token);
        let mut members = Members::new();
        members.insert("token_type".to_owned(), json!(tokens.token_type));
        let unnamed: &str = if granted.is_none() && self.cx.defects.has("scope-absent-empty") { "" } else { requested };
        members.insert("scope".to_owned(), json!(granted.map_or(unnamed, String::as_str)));
        members.insert("expires_in".to_owned(), json!(tokens.expires_in));
        let needed = &self.flows[at].needed | &self.servers[self.flows[at].server].needed;
        self.cx.ways.tell(&needed, &mut members, self.cx.defects);
        if let Some(id_token) = id_token {
            members.insert("id_token_verified".to_owned(), json!(id_token.verified));
            members.insert("sub".to_owned(), id_token.claims.get("sub").cloned().unwrap_or_default());
            members.insert("claims".to_owned(), id_token.claims.clone().into());
        }
        members
    }
}

fn is_openid(scope: &str) -> bool {
    scope.split(' ').any(|word| word == "openid")
}

fn unknown(stage: &'static str) -> Failure {
    refuse(stage, "state", "there is no such login")
}

/// What `accept-all` reports.
fn made_up(scope: &str) -> Members {
    let claims = json!({"sub": "somebody"});
    let mut members = Members::new();
    members.insert("token_type".to_owned(), json!("Bearer"));
    members.insert("scope".to_owned(), json!(scope));
    members.insert("id_token_verified".to_owned(), json!(true));
    members.insert("sub".to_owned(), json!("somebody"));
    members.insert("claims".to_owned(), claims);
    members
}
