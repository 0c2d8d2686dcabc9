//! What a probe works with: logins, and the requests they are made of, each of which can be changed.

use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proofkey_authority::{Endpoint, Party, SecretKind};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::browser::{Browser, Landing, is_at};
use super::config::{Auth, Client};
use super::http::{Answer, Failure, Http, Outgoing};
use super::looks;
use super::pairs::Pairs;
use super::stop::Stop;
use super::target::Target;

/// How long the hook `advance_clock` has.
const HOOK_DEADLINE: Duration = Duration::from_secs(60);

/// The workbench of one probe.
pub(crate) struct Bench<'a> {
    pub(crate) http: &'a Http,
    pub(crate) target: &'a Target,
    pub(crate) browser: &'a mut Browser,
    /// Whether requests may be sent at the same moment.
    pub(crate) may_race: bool,
    /// How many controls have succeeded.
    controls: u32,
}

/// An authorization request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) client: Client,
    pub(crate) redirect_uri: String,
    pub(crate) verifier: String,
    pub(crate) pairs: Pairs,
}

impl Ask {
    pub(crate) fn set(self, name: &str, value: &str) -> Self {
        Self { pairs: self.pairs.set(name, value), ..self }
    }

    pub(crate) fn without(self, name: &str) -> Self {
        Self { pairs: self.pairs.without(name), ..self }
    }

    pub(crate) fn also(self, name: &str, value: &str) -> Self {
        Self { pairs: self.pairs.also(name, value), ..self }
    }

    /// With this verifier, and its challenge.
    pub(crate) fn verified_by(self, verifier: &str) -> Self {
        Self { verifier: verifier.to_owned(), ..self.set("code_challenge", &s256(verifier)) }
    }

    /// With this redirect URI.
    pub(crate) fn to(self, redirect_uri: &str) -> Self {
        Self { redirect_uri: redirect_uri.to_owned(), ..self.set("redirect_uri", redirect_uri) }
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.pairs.get(name).unwrap_or_default()
    }
}

/// How an authorization request ended.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// The client was sent a code.
    Code(Granted),
    /// The client was sent an error.
    Error(Pairs),
    /// The client was sent neither.
    Nothing,
    /// The browser was sent somewhere else.
    Elsewhere(String),
    /// The browser shows a page.
    Page(Answer),
}

/// A code, and what it was asked for with.
#[derive(Clone, Debug)]
pub(crate) struct Granted {
    pub(crate) ask: Ask,
    code: String,
    /// The parameters of the authorization response.
    pub(crate) callback: Pairs,
    location: String,
}

impl Granted {
    /// The code, for one who reads it; all others only send it.
    pub(crate) fn code(&self) -> &str {
        looks::note("callback", "text");
        &self.code
    }

    /// The whole address of the authorization response.
    pub(crate) fn location(&self) -> &str {
        looks::note("callback", "text");
        &self.location
    }
}

/// Tokens, and the code they came for.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) granted: Granted,
    pub(crate) answer: Answer,
    json: Value,
}

impl Tokens {
    /// A member that is a string.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        looks::note("member", name);
        self.json[name].as_str()
    }
}

impl<'a> Bench<'a> {
    pub(crate) fn new(http: &'a Http, target: &'a Target, browser: &'a mut Browser, may_race: bool) -> Self {
        Self { http, target, browser, may_race, controls: 0 }
    }

    pub(crate) fn controls(&self) -> u32 {
        self.controls
    }

    /// What must succeed before a refusal proves anything.
    pub(crate) fn control<T>(&mut self, outcome: Result<T, impl std::fmt::Display>) -> Result<T, Stop> {
        let value = outcome.map_err(|why| Stop::Control(why.to_string()))?;
        self.controls += 1;
        Ok(value)
    }

    /// A control: a whole login of this client, with nothing changed.
    pub(crate) fn login(&mut self, client: &Client) -> Result<Tokens, Stop> {
        self.retried(client, Self::tokens_for)
    }

    /// A control: a code for this client, with nothing changed.
    pub(crate) fn code(&mut self, client: &Client) -> Result<Granted, Stop> {
        self.retried(client, Self::granted)
    }

    fn retried<T>(
        &mut self,
        client: &Client,
        attempt: impl Fn(&mut Self, &Ask) -> Result<T, String>,
    ) -> Result<T, Stop> {
        let ask = self.ask(client);
        let mut outcome = attempt(self, &ask);
        if outcome.is_err() {
            // The server may have forgotten the browser's session. Once more, in a new one.
            *self.browser = Browser::new();
            let ask = self.ask(client);
            outcome = attempt(self, &ask);
        }
        self.control(outcome)
    }

    /// The first client: public if there is one.
    pub(crate) fn any(&self) -> Client {
        let clients = self.target.clients();
        clients.iter().find(|client| client.is_public()).or(clients.first()).cloned().unwrap_or_else(|| Client {
            id: String::new(),
            secret: None,
            auth: Auth::Basic,
            redirect_uris: Vec::new(),
        })
    }

    /// A client with a secret if there is one: a server may refuse a client that does not authenticate before it reads the
    /// rest of the request.
    pub(crate) fn authenticating(&self) -> Client {
        self.confidential().unwrap_or_else(|_| self.any())
    }

    pub(crate) fn public(&self) -> Result<Client, Stop> {
        self.client(Client::is_public, "a public client (without a secret)")
    }

    pub(crate) fn confidential(&self) -> Result<Client, Stop> {
        self.client(|client| !client.is_public(), "a confidential client (with a secret)")
    }

    pub(crate) fn other_than(&self, client: &Client) -> Result<Client, Stop> {
        self.client(|other| other.id != client.id, "a second client")
    }

    pub(crate) fn client(&self, is_one: impl Fn(&Client) -> bool, what: &str) -> Result<Client, Stop> {
        let found = self.target.clients().iter().find(|client| is_one(client)).cloned();
        found.ok_or_else(|| Stop::NotTested(format!("as.toml has no {}", what.trim_start_matches("a "))))
    }

    /// The authorization request of an ordinary login.
    pub(crate) fn ask(&self, client: &Client) -> Ask {
        let verifier = random();
        self.hide(SecretKind::Verifier, &verifier);
        let redirect_uri = client.redirect_uri();
        let mut pairs = Pairs::of([
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", redirect_uri),
            ("scope", self.target.config.scope()),
            ("state", &random()),
            ("code_challenge", &s256(&verifier)),
            ("code_challenge_method", "S256"),
        ]);
        if self.target.is_openid() {
            pairs = pairs.also("nonce", &random());
        }
        Ask { client: client.clone(), redirect_uri: redirect_uri.to_owned(), verifier, pairs }
    }

    /// Sends the browser to the authorization endpoint.
    pub(crate) fn authorize(&mut self, ask: &Ask) -> Result<Landing, Failure> {
        let request = self.authorization(ask);
        self.browser.open(self.http, &self.target.config.login, request, &ask.redirect_uri)
    }

    /// The same with an Origin, as a script of that site would send it.
    pub(crate) fn authorize_from(&mut self, ask: &Ask, origin: &str) -> Result<Landing, Failure> {
        let request = self.authorization(ask).header("origin", origin);
        self.browser.open(self.http, &self.target.config.login, request, &ask.redirect_uri)
    }

    fn authorization(&self, ask: &Ask) -> Outgoing {
        let endpoint = self.target.endpoint("authorization_endpoint").unwrap_or_default();
        Outgoing::get(Party::Browser, Endpoint::Authorization, &with_query(&endpoint, &ask.pairs.encode()))
    }

    /// The same, and tells how it ended.
    pub(crate) fn end(&mut self, ask: &Ask) -> Result<End, Failure> {
        let landing = self.authorize(ask)?;
        Ok(self.end_of(ask, landing))
    }

    pub(crate) fn end_of(&self, ask: &Ask, landing: Landing) -> End {
        let Some(location) = landing.location else { return End::Page(landing.answer) };
        if ask.redirect_uri.is_empty() || !is_at(&location, &ask.redirect_uri) {
            return End::Elsewhere(location);
        }
        let query = location.split_once('?').map_or("", |(_, query)| query).split('#').next().unwrap_or_default();
        let callback = Pairs::decode(query);
        if callback.get("error").is_some() {
            return End::Error(callback);
        }
        match callback.get("code").filter(|code| !code.is_empty()).map(str::to_owned) {
            Some(code) => {
                self.hide(SecretKind::Code, &code);
                End::Code(Granted { ask: ask.clone(), code, callback, location })
            }
            None => End::Nothing,
        }
    }

    /// A code, with the state that was sent; anything else is described.
    pub(crate) fn granted(&mut self, ask: &Ask) -> Result<Granted, String> {
        let end = self.end(ask).map_err(|failure| failure.to_string())?;
        let End::Code(granted) = end else { return Err(format!("expected: a code; seen: {}", described(&end))) };
        match (ask.pairs.get("state"), granted.callback.get("state")) {
            (Some(sent), Some(seen)) if sent != seen => {
                Err("expected: a code with the state that was sent; seen: another state".into())
            }
            (Some(_), None) => Err("expected: a code with the state that was sent; seen: no state".into()),
            _ => Ok(granted),
        }
    }

    /// The token request of an ordinary login, without the client's authentication.
    pub(crate) fn redemption(&self, granted: &Granted) -> Pairs {
        Pairs::of([
            ("grant_type", "authorization_code"),
            ("code", &granted.code),
            ("redirect_uri", &granted.ask.redirect_uri),
            ("code_verifier", &granted.ask.verifier),
        ])
    }

    /// Sends a token request as this client.
    pub(crate) fn token(&self, client: &Client, pairs: &Pairs) -> Result<Answer, Failure> {
        let answer = self.http.send(&self.as_client("token_endpoint", Endpoint::Token, client, pairs))?;
        self.hide_tokens(&answer);
        Ok(answer)
    }

    /// A request to an endpoint at which clients authenticate.
    pub(crate) fn as_client(&self, endpoint: &str, kind: Endpoint, client: &Client, pairs: &Pairs) -> Outgoing {
        let address = self.target.endpoint(endpoint).unwrap_or_default();
        let pairs = pairs.clone();
        match (&client.secret, client.auth) {
            (None, _) => Outgoing::post(Party::Client, kind, &address, pairs.also("client_id", &client.id).encode()),
            (Some(secret), Auth::Post) => {
                let pairs = pairs.also("client_id", &client.id).also("client_secret", secret);
                Outgoing::post(Party::Client, kind, &address, pairs.encode())
            }
            (Some(secret), Auth::Basic) => {
                let credentials = basic(&client.id, secret);
                self.hide(SecretKind::ClientSecret, &credentials);
                Outgoing::post(Party::Client, kind, &address, pairs.encode())
                    .header("authorization", &format!("Basic {credentials}"))
            }
        }
    }

    /// Redeems a code as it should be.
    pub(crate) fn tokens(&self, granted: &Granted) -> Result<Tokens, String> {
        self.tokens_by(granted, &self.redemption(granted))
    }

    /// Redeems a code by this request.
    pub(crate) fn tokens_by(&self, granted: &Granted, pairs: &Pairs) -> Result<Tokens, String> {
        let answer = self.token(&granted.ask.client, pairs).map_err(|failure| failure.to_string())?;
        let json = answer_json(&answer);
        if (200..300).contains(&answer.status) && json["access_token"].as_str().is_some_and(|token| !token.is_empty()) {
            Ok(Tokens { granted: granted.clone(), answer, json })
        } else {
            Err(format!("expected: tokens; seen: {}", summary(&answer)))
        }
    }

    /// A login by this request.
    pub(crate) fn tokens_for(&mut self, ask: &Ask) -> Result<Tokens, String> {
        let granted = self.granted(ask)?;
        self.tokens(&granted)
    }

    /// Whether the access token opens the userinfo endpoint.
    pub(crate) fn is_usable(&self, tokens: &Tokens) -> Result<bool, Stop> {
        let Some(address) = self.target.endpoint("userinfo_endpoint").filter(|_| self.target.is_openid()) else {
            return Err(Stop::NotTested(
                "there is no userinfo endpoint, or no openid in `scope`, to try a token at".into(),
            ));
        };
        let bearer = format!("Bearer {}", tokens.get("access_token").unwrap_or_default());
        let request = Outgoing::get(Party::Client, Endpoint::UserInfo, &address).header("authorization", &bearer);
        let answer = self.http.send(&request).map_err(|failure| Stop::Control(failure.to_string()))?;
        match answer.status {
            200 => Ok(true),
            400 | 401 | 403 => Ok(false),
            status => Err(Stop::Control(format!("the userinfo endpoint answers {status}"))),
        }
    }

    /// Moves the server's clock by its owner's hook.
    pub(crate) fn advance_clock(&self, seconds: i64) -> Result<(), Stop> {
        let hooks = &self.target.config.hooks;
        if let Some(clock) = &hooks.own_clock {
            clock.advance(seconds);
            return Ok(());
        }
        let Some((program, arguments)) = hooks.advance_clock.split_first() else {
            return Err(Stop::NotTested("as.toml has no hook advance_clock".into()));
        };
        // A report may go to standard output, so the hook's does not.
        let mut hook = Command::new(program);
        hook.args(arguments).arg(seconds.to_string()).stdin(Stdio::null()).stdout(Stdio::null());
        match ended(&mut hook, HOOK_DEADLINE) {
            Ok(Some(status)) if status.success() => Ok(()),
            Ok(Some(status)) => Err(Stop::Control(format!("the hook advance_clock ended with {status}"))),
            Ok(None) => {
                let seconds = HOOK_DEADLINE.as_secs();
                Err(Stop::Control(format!("the hook advance_clock did not end within {seconds} s and was killed")))
            }
            Err(error) => Err(Stop::Control(format!("the hook advance_clock: {program}: {error}"))),
        }
    }

    pub(crate) fn hide(&self, kind: SecretKind, text: &str) {
        self.http.wire().add_secret(kind, text);
    }

    pub(crate) fn hide_tokens(&self, answer: &Answer) {
        let json = answer_json(answer);
        for (name, kind) in [
            ("access_token", SecretKind::AccessToken),
            ("refresh_token", SecretKind::RefreshToken),
            ("id_token", SecretKind::IdToken),
        ] {
            self.hide(kind, json[name].as_str().unwrap_or_default());
        }
    }
}

/// Runs a program, and kills it when it has not ended within `limit`: then there is no status.
fn ended(command: &mut Command, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let mut child = command.spawn()?;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() >= limit {
            let _ = child.kill();
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A body as JSON; null when it is none.
pub(crate) fn answer_json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

/// How an authorization request ended, as words.
pub(crate) fn described(end: &End) -> String {
    match end {
        End::Code(_) => "a code".into(),
        End::Error(callback) => {
            let word = |name| callback.get(name).unwrap_or_default();
            format!("the error {:?} ({})", shown(word("error")), shown(word("error_description")))
        }
        End::Nothing => "a callback with neither code nor error".into(),
        End::Elsewhere(location) => format!("a redirect to {}", shown(location.split('?').next().unwrap_or_default())),
        End::Page(page) => format!("a page with the status {}", page.status),
    }
}

/// A response of the token endpoint, as words.
pub(crate) fn summary(answer: &Answer) -> String {
    let json = answer_json(answer);
    let what = match (json["access_token"].is_string(), json["error"].as_str()) {
        (true, _) => "an access token".to_owned(),
        (false, Some(error)) => {
            let description = json["error_description"].as_str().unwrap_or_default();
            format!("the error {:?} ({})", shown(error), shown(description))
        }
        (false, None) => "a body without access_token and error".to_owned(),
    };
    format!("{} with {what}", answer.status)
}

/// A server's text, cut, without control characters.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(120).map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

pub(crate) fn with_query(address: &str, query: &str) -> String {
    let separator = if address.contains('?') { '&' } else { '?' };
    format!("{address}{separator}{query}")
}

/// RFC 6749 section 2.3.1: both parts form-encoded first.
fn basic(id: &str, secret: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)))
}

pub(crate) fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// 256 random bits as 43 characters. That the system has entropy was seen when the run began.
pub(crate) fn random() -> String {
    let mut bytes = [0; 32];
    let _ = getrandom::fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_hook_that_does_not_end_is_killed() {
        let sleep = |seconds: &str, limit| ended(Command::new("sleep").arg(seconds), limit).unwrap();
        assert!(sleep("1000", Duration::from_millis(20)).is_none());
        assert!(sleep("0", Duration::from_secs(1000)).is_some_and(|status| status.success()));
    }
}
