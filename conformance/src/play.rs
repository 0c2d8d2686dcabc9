//! Plays one case: starts the authority and the subject, is the browser between the two, and writes down what
//! happened.

use std::collections::HashMap;
use std::time::Duration;

use proofkey_authority::lie::JsonEdit;
use proofkey_authority::{Authority, Browser, Clock, Endpoint, Landing, Lie, Setup, Wire};
use serde_json::{Value, json};

use crate::api_request::ApiRequest;
use crate::case::{Case, DEADLINE_MS, Step};
use crate::cases::logout_token;
use crate::challenge::fields;
use crate::config_message::{client_of, config_message, guard_message};
use crate::idle::Idle;
use crate::protocol;
use crate::subject::{Heard, MAX_OUTPUT, Subject, Talk};
use crate::tamper::{Tamper, tampered};
use crate::timings::{Part, Watch};
use crate::transcript::{Answer, Mode, Transcript, Trouble};

/// How long a subject may take for one answer.
const DEADLINE: Duration = Duration::from_millis(DEADLINE_MS);

/// Plays `case` with `subject`, in its own program.
pub async fn play(case: &Case, subject: &Subject, mode: Mode) -> Transcript {
    play_with(case, subject, mode, &Idle::default()).await
}

/// Plays `case` with `subject`, one of whose programs may wait in `idle`.
pub(crate) async fn play_with(case: &Case, subject: &Subject, mode: Mode, idle: &Idle) -> Transcript {
    let watch = Watch::start();
    if let Some(hello) = idle.hello.get()
        && let Err(trouble) = claimed(case, mode, hello)
    {
        return Transcript { trouble: Some(trouble), subject: described(hello), ..Transcript::new(&Wire::new()) };
    }
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
        hello: Value::Null,
        arrives_elsewhere: false,
        transcript: Transcript::new(&wire),
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
    if stage.hello.is_object() {
        idle.hello.get_or_init(|| stage.hello.take());
    }
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

/// What the subject claims.
fn capabilities(hello: &Value) -> Vec<&str> {
    hello["can"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether the subject claims what the case needs.
fn claimed(case: &Case, mode: Mode, hello: &Value) -> Result<(), Trouble> {
    if mode == Mode::Stdin && hello["callback"] == "http" && !case.guards {
        return Err(Trouble::NotClaimed("callbacks on standard input".to_owned()));
    }
    let can = capabilities(hello);
    if let Some(unknown) = can.iter().find(|name| !protocol::CAPABILITIES.contains(name)) {
        return Err(Trouble::Shim(format!("it claims {unknown:?}, which the protocol does not know")));
    }
    let mut needs = case.needs();
    if mode == Mode::Http {
        needs.push("loopback");
    }
    match needs.into_iter().find(|need| !need.split('|').any(|need| can.contains(&need))) {
        Some(missing) => Err(Trouble::NotClaimed(missing.replace('|', " or "))),
        None => Ok(()),
    }
}

/// What the subject calls itself.
fn described(hello: &Value) -> Value {
    json!({"name": hello["name"], "version": hello["version"], "lang": hello["lang"]})
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
    /// What the subject says of itself.
    hello: Value,
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
        self.hello = hello.clone();
        self.transcript.subject = described(&hello);
        let can = capabilities(&hello);
        talk.resets = can.contains(&"reset");
        claimed(case, mode, &hello)?;
        self.arrives_elsewhere = case.mix_up && can.contains(&"redirect_per_issuer");
        if case.guards {
            talk.tell(&guard_message(case, &self.authority)).await;
            return Ok(());
        }
        talk.tell(&config_message(case, mode, &can, &self.authority, &self.others)).await;
        self.announced(talk, "f1", "login").await
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
                self.announced(talk, flow, "login").await
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
            Step::StepUp(flow, of, challenge) => {
                let headers = [["WWW-Authenticate", challenge]];
                talk.tell(&json!({"t": "step_up", "flow": flow, "of": of, "status": 401, "headers": headers})).await;
                self.announced(talk, flow, "step_up").await
            }
            Step::LogoutToken(edits) => {
                let client = client_of(case, &self.authority);
                let token = logout_token::token(&self.authority, &client.id, edits);
                talk.tell(&json!({"t": "logout_token", "flow": "f1", "token": token})).await;
                self.answered(talk, "f1", "logout_token").await
            }
            Step::Request(request) => self.request(talk, request).await,
            Step::Advance(seconds) => {
                self.authority.clock().advance(i64::try_from(*seconds).unwrap_or(i64::MAX));
                talk.tell(&json!({"t": "advance", "s": seconds})).await;
                Ok(())
            }
            Step::Restart => self.restart(case, talk, mode).await,
        }
    }

    async fn begin(&mut self, talk: &mut Talk, flow: &str) -> Result<(), Trouble> {
        talk.tell(&json!({"t": "begin", "flow": flow})).await;
        self.announced(talk, flow, "login").await
    }

    /// The subject announces a login, or refuses to begin; then the browser goes to the authority.
    async fn announced(&mut self, talk: &mut Talk, flow: &str, of: &str) -> Result<(), Trouble> {
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
            Some("result") => self.result(message, &flow, of),
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

    /// Brings a request to the API that the subject guards, and takes the response.
    async fn request(&mut self, talk: &mut Talk, request: &ApiRequest) -> Result<(), Trouble> {
        let before = self.transcript.answers.last();
        let nonce = before.and_then(|answer| fields(answer, "dpop-nonce").next().map(str::to_owned));
        let sent = request.message(&self.authority, self.transcript.answers.len() + 1, nonce.as_deref());
        talk.tell(&sent).await;
        let mut message = hear(talk).await?;
        self.watch.lap(Part::Answer);
        match message["t"].as_str() {
            Some("response") => {}
            Some("unimplemented") => return Err(Trouble::Unimplemented),
            _ => return Err(Trouble::Unknown(format!("a message {} where a response was due", message["t"]))),
        }
        if message["id"] != sent["id"] {
            return Err(Trouble::Shim(format!(
                "its response is to {}, and one to {} was due",
                message["id"], sent["id"]
            )));
        }
        let Some(status @ 100..600) = message["status"].as_u64() else {
            return Err(Trouble::Shim(format!("the status {} is none of HTTP", message["status"])));
        };
        message["ok"] = (200..300).contains(&status).into();
        self.transcript.answers.push(Answer { flow: message["id"].as_str().unwrap_or_default().to_owned(), message });
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Expect, Profile};

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
