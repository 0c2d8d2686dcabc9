//! Plays one case: starts the authority and the subject, is the browser between the two, and writes down what
//! happened.

use std::collections::HashMap;
use std::time::Duration;

use proofkey_authority::lie::JsonEdit;
use proofkey_authority::{
    Authority, Browser, Client, ClientAuth, Clock, Endpoint, Landing, Lie, Setup, Wire, ca_pem, client_key,
};
use serde_json::{Value, json};

use crate::case::{Case, DEADLINE_MS, Profile, Step};
use crate::cases::logout;
use crate::idle::Idle;
use crate::protocol;
use crate::subject::{Heard, MAX_OUTPUT, Subject, Talk};
use crate::tamper::{Tamper, tampered};
use crate::timings::{Part, Timings, Watch};
use crate::transcript::{Answer, Mode, Transcript, Trouble};

/// How long a subject may take for one answer.
const DEADLINE: Duration = Duration::from_millis(DEADLINE_MS);

/// Plays `case` with `subject`, in a program of its own.
pub async fn play(case: &Case, subject: &Subject, mode: Mode) -> Transcript {
    play_with(case, subject, mode, &Idle::default()).await
}

/// Plays `case` with `subject`, one of whose programs may wait in `idle`.
pub(crate) async fn play_with(case: &Case, subject: &Subject, mode: Mode, idle: &Idle) -> Transcript {
    let watch = Watch::start();
    let (wire, clock) = (Wire::new(), if case.still { Clock::stopped_at(Clock::new().unix()) } else { Clock::new() });
    let mut others = Vec::new();
    for setup in &case.others {
        others.push(Authority::start_with(setup.clone(), &wire, &clock).await);
    }
    let authority = Authority::start_with(setup(case), &wire, &clock).await;
    let mut stage = Stage {
        subject: subject.clone(),
        authority,
        others,
        browser: Browser::new(&wire),
        landings: HashMap::new(),
        redirect_uris: HashMap::new(),
        arrives_elsewhere: false,
        transcript: Transcript {
            wire: wire.clone(),
            answers: Vec::new(),
            trouble: None,
            said: String::new(),
            stderr: String::new(),
            leak: None,
            told: String::new(),
            spoken: Vec::new(),
            subject: Value::Null,
            asked: Vec::new(),
            timings: Timings::default(),
        },
        watch,
    };
    stage.watch.lap(Part::Authority);
    let mut talk = match idle.start(subject, &wire) {
        Ok(talk) => talk,
        Err(error) => {
            stage.transcript.trouble = Some(Trouble::Setup(error));
            return stage.transcript;
        }
    };
    talk.deadline = idle.deadline;
    let trouble = stage.run(case, &mut talk, mode).await.err();
    let (ending, conversation) = match &trouble {
        // A subject that did not answer in time has had its time.
        Some(Trouble::Silence) => talk.kill().await,
        trouble => {
            idle.end(talk, matches!(trouble, None | Some(Trouble::NotClaimed(_) | Trouble::Unimplemented))).await
        }
    };
    stage.watch.lap(Part::End);
    let mut transcript = stage.transcript;
    transcript.told += &conversation.told;
    transcript.spoken.extend(conversation.spoken);
    transcript.timings = stage.watch.timings;
    transcript.said += &(conversation.said + &ending.stderr);
    transcript.stderr += &ending.stderr;
    // Looked for once, though a twin is judged beside each of its cases.
    transcript.leak = wire.leaks_in(&transcript.said).into_iter().next();
    transcript.asked = ending.asked;
    transcript.trouble = match (trouble, ending.code) {
        (_, Some(89)) => Some(Trouble::Unimplemented),
        (Some(trouble @ (Trouble::NotClaimed(_) | Trouble::Setup(_) | Trouble::Silence | Trouble::Shim(_))), _) => {
            Some(trouble)
        }
        (trouble, Some(0)) => trouble,
        (Some(Trouble::Unknown(what)), None) => Some(Trouble::Unknown(what)),
        (_, Some(code)) => Some(Trouble::Crash(format!("exit code {code}"))),
        (_, None) => Some(Trouble::Crash(ending.how)),
    };
    transcript
}

/// Whether a subject answers `hello` at all, or what it does instead.
pub(crate) async fn preflight(subject: &Subject, deadline: Option<Duration>) -> Result<(), String> {
    let mut talk = Talk::start(subject, &Wire::new())?;
    talk.deadline = deadline;
    talk.tell(&json!({"t": "hello", "proto": 1, "case": "preflight", "seed": "0", "deadline_ms": DEADLINE_MS})).await;
    let trouble = match hear_within(time_to_start(&talk), &mut talk).await {
        Ok(message) if message["t"] == "hello" => {
            talk.end().await;
            return Ok(());
        }
        Ok(message) => format!("its first message is {} where hello was due", message["t"]),
        Err(Trouble::Silence) => {
            let seconds = time_to_start(&talk).as_secs();
            let stderr = talk.kill().await.0.stderr;
            return Err(format!("it did not answer hello within {seconds} s\n{stderr}"));
        }
        Err(Trouble::Crash(how) | Trouble::Unknown(how)) => format!("it did not answer hello: {how}"),
        Err(other) => format!("{other:?}"),
    };
    let ending = talk.end().await.0;
    let code = ending.code.map_or_else(String::new, |code| format!(", exit code {code}"));
    Err(format!("{trouble}{code}\n{}", ending.stderr))
}

/// The server of a case. Where the case asks for no ID token, a subject that always asks for one gets one that vouches
/// for no access token: a lie about the access token would be a second lie otherwise.
fn setup(case: &Case) -> Setup {
    let mut setup = case.setup.clone();
    setup.lie = match setup.lie {
        Some(lie @ Lie::Response { at: Endpoint::Token, .. }) if !case.profile.is_openid() => {
            Some(Lie::Together(vec![lie, Lie::claims([JsonEdit::remove("at_hash")])]))
        }
        lie => lie,
    };
    setup
}

struct Stage {
    subject: Subject,
    authority: Authority,
    others: Vec<Authority>,
    /// The one of the person who is signed in at every authority.
    browser: Browser,
    /// The callbacks as the authority sent them, by login.
    landings: HashMap<String, String>,
    /// The redirect URIs as the subject announced them, by login.
    redirect_uris: HashMap<String, String>,
    /// Whether callbacks arrive at the redirect URI of the other server, from which they claim to come.
    arrives_elsewhere: bool,
    transcript: Transcript,
    watch: Watch,
}

/// From the redirect URI of the first server to that of the others.
const ELSEWHERE: Tamper = Tamper::Address("/callback", "/cb");

impl Stage {
    async fn run(&mut self, case: &Case, talk: &mut Talk, mode: Mode) -> Result<(), Trouble> {
        self.start(case, talk, mode).await?;
        for step in &case.steps {
            self.step(case, step, talk, mode).await?;
        }
        Ok(())
    }

    /// The program ends, and another one takes its place.
    async fn restart(&mut self, case: &Case, talk: &mut Talk, mode: Mode) -> Result<(), Trouble> {
        let mut fresh = Talk::start(&self.subject, &self.transcript.wire).map_err(Trouble::Setup)?;
        fresh.deadline = talk.deadline;
        let (ending, conversation) = std::mem::replace(talk, fresh).end().await;
        self.transcript.said += &(conversation.said + &ending.stderr);
        self.transcript.stderr += &ending.stderr;
        self.transcript.told += &conversation.told;
        self.transcript.spoken.extend(conversation.spoken);
        self.start(case, talk, mode).await
    }

    /// From `hello` to the beginning of the first login.
    async fn start(&mut self, case: &Case, talk: &mut Talk, mode: Mode) -> Result<(), Trouble> {
        let deadline_ms = talk.deadline.map_or(case.deadline_ms.into(), |deadline| deadline.as_millis());
        let deadline_ms = u64::try_from(deadline_ms).unwrap_or(u64::MAX);
        talk.tell(&json!({"t": "hello", "proto": 1, "case": case.id, "seed": "0", "deadline_ms": deadline_ms})).await;
        let hello = hear_within(time_to_start(talk), talk).await?;
        self.watch.lap(Part::Start);
        self.transcript.subject = json!({"name": hello["name"], "version": hello["version"], "lang": hello["lang"]});
        if mode == Mode::Stdin && hello["callback"] == "http" {
            return Err(Trouble::NotClaimed("callbacks on standard input".to_owned()));
        }
        let mut needs = case.needs();
        if mode == Mode::Http {
            needs.push("loopback");
        }
        let can: Vec<&str> = hello["can"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        talk.resets = can.contains(&"reset");
        if let Some(unknown) = can.iter().find(|name| !protocol::CAPABILITIES.contains(name)) {
            return Err(Trouble::Shim(format!("it claims {unknown:?}, which the protocol does not know")));
        }
        if let Some(missing) = needs.into_iter().find(|need| !need.split('|').any(|need| can.contains(&need))) {
            return Err(Trouble::NotClaimed(missing.replace('|', " or ")));
        }
        self.arrives_elsewhere = case.mix_up && can.contains(&"redirect_per_issuer");
        talk.tell(&self.config(case, mode, &can)).await;
        self.announced(talk, "f1").await
    }

    async fn step(&mut self, case: &Case, step: &Step, talk: &mut Talk, mode: Mode) -> Result<(), Trouble> {
        match step {
            Step::Begin(flow) => self.begin(talk, flow).await,
            Step::BeginAs(flow, sub) => {
                let stranger = Browser::new(self.authority.wire()).sign_in_as(sub);
                let browser = std::mem::replace(&mut self.browser, stranger);
                let begun = self.begin(talk, flow).await;
                self.browser = browser;
                begun
            }
            Step::BeginAt(flow, name) => {
                let other = self.others.iter().find(|other| other.setup().name == *name);
                let issuer = other.ok_or_else(|| Trouble::Setup(format!("there is no authority {name}")))?.issuer();
                talk.tell(&json!({"t": "begin", "flow": flow, "issuer": issuer})).await;
                self.announced(talk, flow).await
            }
            Step::Deliver(flow, tampers) => self.deliver(talk, flow, tampers, mode).await,
            Step::Cross(from, to) => {
                let landing = self.landings.get(*from).and_then(|landing| landing.split_once('?'));
                let query = landing.map_or(String::new(), |(_, query)| query.to_owned());
                self.call(talk, to, &query, mode).await
            }
            Step::Forge(flow, query) => self.call(talk, flow, query, mode).await,
            Step::Many(count) => {
                for number in 1..=*count {
                    let flow = format!("f{number}");
                    if number > 1 {
                        self.begin(talk, &flow).await?;
                    }
                    self.deliver(talk, &flow, &[], mode).await?;
                }
                Ok(())
            }
            Step::Begins(count) => {
                for number in 2..=*count {
                    self.begin(talk, &format!("f{number}")).await?;
                }
                Ok(())
            }
            Step::Refresh(flow) => self.ask(talk, "refresh", flow).await,
            Step::UserInfo(flow) => self.ask(talk, "userinfo", flow).await,
            Step::Revoke(flow) => self.ask(talk, "revoke", flow).await,
            Step::Logout(flow, tampers) => self.log_out(talk, flow, tampers).await,
            Step::Grant(grant, flow) => self.ask(talk, grant, flow).await,
            Step::Advance(seconds) => {
                self.authority.clock().advance(i64::try_from(*seconds).unwrap_or(i64::MAX));
                talk.tell(&json!({"t": "advance", "s": seconds})).await;
                Ok(())
            }
            Step::Restart => self.restart(case, talk, mode).await,
        }
    }

    /// The configuration of the case. A subject that always asks for `openid` is told to, in each.
    fn config(&self, case: &Case, mode: Mode, can: &[&str]) -> Value {
        let (openid_always, per_issuer) = (can.contains(&"openid_always"), can.contains(&"redirect_per_issuer"));
        let auth = match case.profile {
            Profile::OAuth | Profile::OpenId => "none",
            Profile::Basic | Profile::BasicOpenId => "basic",
            Profile::Post => "post",
            Profile::PrivateKeyJwt => "private_key_jwt",
            Profile::SecretJwt => "client_secret_jwt",
        };
        let clients = &self.authority.setup().clients;
        let client = clients.iter().find(|client| method(&client.auth) == auth).cloned().unwrap_or_else(Client::native);
        let is_openid = openid_always || case.profile.is_openid();
        let port = match mode {
            Mode::Stdin => 8091,
            Mode::Http => 0,
        };
        let mut config = json!({
            "t": "config",
            "issuer": self.authority.issuer(),
            "discovery": case.discovery,
            "client": described(&client),
            "redirect_uri": format!("http://127.0.0.1:{port}/callback"),
            "scope": case.profile.scope(),
            "expect_nonce": is_openid,
            "id_token_algs": ["RS256"],
            "max_age": null, "now": null, "skew": 0,
            "ca_pem": case.setup.https.then(ca_pem),
            "allow_http_loopback": true,
        });
        // What only a logout needs is left out elsewhere: a shim may refuse a field that it does not know.
        let logs_out = case.steps.iter().any(|step| matches!(step, Step::Logout(..)));
        if logs_out {
            config["post_logout_redirect_uri"] = logout::REDIRECT_URI.into();
        }
        if case.still {
            config["now"] = self.authority.clock().unix().into();
        }
        if !case.discovery {
            config["endpoints"] = json!(self.authority.endpoints());
            if let Some(endpoints) = config["endpoints"].as_object_mut().filter(|_| !logs_out) {
                endpoints.remove("end_session");
            }
        }
        let other = |other: &Authority| {
            // A client of its own there, unless the two servers have the first one in common.
            let first = other.setup().clients.first();
            let own = first.filter(|own| Some(*own) != self.authority.setup().clients.first());
            let client = own.map(described);
            let mut endpoints = (!case.discovery).then(|| json!(other.endpoints()));
            if let Some(endpoints) = endpoints.as_mut().and_then(Value::as_object_mut) {
                endpoints.remove("end_session");
            }
            json!({
                "issuer": other.issuer(), "discovery": case.discovery, "endpoints": endpoints, "client": client,
                "redirect_uri": per_issuer.then(|| format!("http://127.0.0.1:{port}/cb")),
            })
        };
        if !self.others.is_empty() {
            config["issuers"] = self.others.iter().map(other).collect();
        }
        for (field, value) in case.config.iter().chain(&case.mistake).chain(&case.known) {
            config[*field] = match value {
                Value::String(text) => text.replace("{base}", self.authority.base()).into(),
                other => other.clone(),
            };
        }
        let scope = config["scope"].as_str().unwrap_or_default();
        if openid_always && !scope.split(' ').any(|word| word == "openid") {
            config["scope"] = format!("openid {scope}").trim_end().into();
        }
        config
    }

    async fn begin(&mut self, talk: &mut Talk, flow: &str) -> Result<(), Trouble> {
        talk.tell(&json!({"t": "begin", "flow": flow})).await;
        self.announced(talk, flow).await
    }

    /// The subject announces a login, or refuses to begin; then the browser goes to the authority.
    async fn announced(&mut self, talk: &mut Talk, flow: &str) -> Result<(), Trouble> {
        let message = hear(talk).await?;
        self.watch.lap(Part::Begin);
        let flow = flow.to_owned();
        match message["t"].as_str() {
            Some("authorize") => {
                if message["flow"] != flow.as_str() {
                    return Err(Trouble::Shim(format!("it began {}, and {flow} was asked for", message["flow"])));
                }
                let url = message["url"].as_str().unwrap_or_default().to_owned();
                let redirect_uri = message["redirect_uri"].as_str().unwrap_or_default().to_owned();
                self.redirect_uris.insert(flow.clone(), redirect_uri);
                let landing = self.browser.open(&url).await;
                self.watch.lap(Part::Browser);
                match landing {
                    Ok(landing) => {
                        if let Some(callback) = landing.callback() {
                            self.landings.insert(flow, callback);
                        }
                        Ok(())
                    }
                    Err(error) => {
                        let scheme = url.split_once(':').map_or("no", |(scheme, _)| scheme);
                        Err(Trouble::Nowhere(format!("an address with the scheme {scheme} ({})", error.code())))
                    }
                }
            }
            Some("result") => self.result(message, &flow, "login"),
            Some("unimplemented") => Err(Trouble::Unimplemented),
            other => Err(Trouble::Unknown(other.unwrap_or("a message without t").to_owned())),
        }
    }

    async fn deliver(&mut self, talk: &mut Talk, flow: &str, tampers: &[Tamper], mode: Mode) -> Result<(), Trouble> {
        // A subject that refused to begin has nothing to be delivered.
        let Some(landing) = self.landings.get(flow) else { return Ok(()) };
        let tampers: Vec<&Tamper> = self.arrives_elsewhere.then_some(&ELSEWHERE).into_iter().chain(tampers).collect();
        let url = tampers.into_iter().fold(landing.clone(), |url, tamper| tampered(&url, tamper, &self.landings));
        self.hand_over(talk, flow, url, mode).await
    }

    /// Somebody calls the redirect URI of a login.
    async fn call(&mut self, talk: &mut Talk, flow: &str, query: &str, mode: Mode) -> Result<(), Trouble> {
        let url = self.redirect_uris.get(flow).map(|address| format!("{address}?{query}"));
        self.hand_over(talk, flow, url.unwrap_or_default(), mode).await
    }

    /// Brings a callback to the subject and takes its answer.
    async fn hand_over(&mut self, talk: &mut Talk, flow: &str, url: String, mode: Mode) -> Result<(), Trouble> {
        // Where nobody listens any more, as with a second delivery, the callback goes in by the other way.
        let heard = mode == Mode::Http && self.browser.deliver(&Landing::Callback(url.clone())).await.is_ok();
        if !heard {
            talk.tell(&json!({"t": "callback", "flow": flow, "url": url})).await;
        }
        self.answered(talk, flow, "login").await
    }

    /// Asks for what comes after a login.
    async fn ask(&mut self, talk: &mut Talk, what: &str, flow: &str) -> Result<(), Trouble> {
        talk.tell(&json!({"t": what, "flow": flow})).await;
        self.answered(talk, flow, what).await
    }

    /// Ends a login at the server: the browser goes there and comes back.
    async fn log_out(&mut self, talk: &mut Talk, flow: &str, tampers: &[Tamper]) -> Result<(), Trouble> {
        talk.tell(&json!({"t": "logout", "flow": flow})).await;
        // The address has the ID token in it, as a hint, and the browser is where it belongs: that is no leak.
        let said = talk.said.len();
        let message = hear(talk).await?;
        self.watch.lap(Part::Answer);
        if message["t"] != "logout" || message["flow"] != flow {
            return self.taken(message, flow, "logout");
        }
        talk.said.truncate(said);
        let landing = self.browser.open(message["url"].as_str().unwrap_or_default()).await;
        self.watch.lap(Part::Browser);
        let landing =
            landing.map_err(|error| Trouble::Nowhere(format!("an address of no server ({})", error.code())))?;
        let Some(back) = landing.callback() else {
            return Err(Trouble::Nowhere("a page of the server, and did not come back".to_owned()));
        };
        let url = tampers.iter().fold(back, |url, tamper| tampered(&url, tamper, &self.landings));
        talk.tell(&json!({"t": "logged_out", "flow": flow, "url": url})).await;
        self.answered(talk, flow, "logout").await
    }

    async fn answered(&mut self, talk: &mut Talk, flow: &str, of: &str) -> Result<(), Trouble> {
        let message = hear(talk).await?;
        self.watch.lap(Part::Answer);
        self.taken(message, flow, of)
    }

    /// Takes down a message where a result is due.
    fn taken(&mut self, message: Value, flow: &str, of: &str) -> Result<(), Trouble> {
        if message["t"] == "authorize" {
            return Err(Trouble::BeganAgain);
        }
        if message["t"] == "unimplemented" {
            return Err(Trouble::Unimplemented);
        }
        if message["t"] != "result" {
            return Err(Trouble::Unknown(format!("a message {} where a result was due", message["t"])));
        }
        self.result(message, flow, of)
    }

    /// Takes down the result of what was asked for, in the words of the protocol.
    fn result(&mut self, message: Value, flow: &str, of: &str) -> Result<(), Trouble> {
        if message["flow"] != flow || message["of"] != of {
            let (seen_flow, seen_of) = (&message["flow"], &message["of"]);
            return Err(Trouble::Shim(format!(
                "its result is of {seen_of} of {seen_flow}, and {of} of {flow} was due"
            )));
        }
        if message["ok"] == false {
            for (field, words) in [("stage", protocol::STAGES), ("class", protocol::CLASSES)] {
                if !message[field].as_str().is_some_and(|word| words.contains(&word)) {
                    return Err(Trouble::Shim(format!("{field} {} is no word of the protocol", message[field])));
                }
            }
        }
        self.transcript.answers.push(Answer { flow: flow.to_owned(), message });
        Ok(())
    }
}

/// The first answer has so many times the deadline of the others.
const START: u32 = 3;

/// Some programs take seconds to start on a busy machine, which is no fault of the client in them.
fn time_to_start(talk: &Talk) -> Duration {
    START * talk.deadline.unwrap_or(DEADLINE)
}

/// One message of the subject, in time.
async fn hear(talk: &mut Talk) -> Result<Value, Trouble> {
    hear_within(talk.deadline.unwrap_or(DEADLINE), talk).await
}

async fn hear_within(limit: Duration, talk: &mut Talk) -> Result<Value, Trouble> {
    match tokio::time::timeout(limit, talk.hear()).await {
        Err(_) => Err(Trouble::Silence),
        Ok(Heard::Ended) => Err(Trouble::Crash("it ended without an answer".to_owned())),
        Ok(Heard::NotUtf8) => Err(Trouble::Unknown("a line that is not UTF-8".to_owned())),
        Ok(Heard::TooLong) => Err(Trouble::Unknown(format!("more than {MAX_OUTPUT} bytes of output"))),
        Ok(Heard::Line(line)) => match serde_json::from_str::<Value>(&line) {
            Ok(message) if message.is_object() => Ok(message),
            _ => Err(Trouble::Unknown("a line that is not a JSON object".to_owned())),
        },
    }
}

/// Who the subject is at a server. What only a key needs is left out elsewhere.
fn described(client: &Client) -> Value {
    let mut described = json!({"id": client.id, "secret": client.auth.secret(), "auth": method(&client.auth)});
    if client.auth == ClientAuth::PrivateKeyJwt {
        described["key"] = client_key();
    }
    described
}

/// The name of an authentication method in the protocol.
fn method(auth: &ClientAuth) -> &'static str {
    match auth {
        ClientAuth::None => "none",
        ClientAuth::Basic(_) => "basic",
        ClientAuth::Post(_) => "post",
        ClientAuth::PrivateKeyJwt => "private_key_jwt",
        ClientAuth::SecretJwt(_) => "client_secret_jwt",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Expect;

    #[test]
    fn an_id_token_that_a_case_does_not_ask_for_vouches_for_no_access_token() {
        let case = Case::new("AT-04/x", &["AT-04"], "token", "", Expect::Accept(|_| Ok(())), &[])
            .lie(Lie::token_response([JsonEdit::set("access_token", "opaque")]));
        let Some(Lie::Together(lies)) = setup(&case).lie else { panic!("one lie alone") };
        assert_eq!(lies, [case.setup.lie.clone().unwrap(), Lie::claims([JsonEdit::remove("at_hash")])]);
        let openid = case.profile(Profile::OpenId);
        assert_eq!(setup(&openid).lie, openid.setup.lie, "a case about the ID token is told as it is");
    }
}
