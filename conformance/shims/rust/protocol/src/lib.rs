//! The shim protocol of conformance/PORTING.md, for a client written in Rust. It knows no library and checks nothing.

use std::collections::HashMap;
use std::io::{BufRead as _, Write as _};
use std::time::Duration;

use serde_json::{Value, json};

/// A refusal: stage, class, the server's error code, and words for a reader.
pub struct Refused(pub &'static str, pub &'static str, pub Option<String>, pub String);

/// The library under test.
pub trait Client: Sized {
    /// What is stored for a browser while its login is under way.
    type Session;
    /// What is left of a login afterwards.
    type Login;

    /// With this configuration, giving up on a server after `timeout`.
    fn connect(config: &Value, timeout: Duration) -> Result<Self, Refused>;
    /// Begins a login: the address for the browser, and what is to be stored.
    fn begin(&mut self, issuer: &str) -> Result<(String, Self::Session), Refused>;
    /// Takes a login to its end: the fields of the result, and what is left.
    fn callback(&mut self, session: Self::Session, url: &str) -> Result<(Value, Self::Login), Refused>;
    /// `refresh`, `userinfo` or `revoke`, when they are claimed.
    fn later(&mut self, what: &str, _login: &mut Self::Login) -> Result<Value, Refused> {
        Err(unimplemented(what))
    }
}

/// What this client cannot honour: the case is reported as not claimed.
pub fn unimplemented(what: &str) -> Refused {
    Refused("", UNIMPLEMENTED, None, what.to_owned())
}

const UNIMPLEMENTED: &str = "unimplemented";

/// The server of this issuer: its endpoints, and the client that is known there.
pub fn server<'a>(config: &'a Value, issuer: &str) -> (&'a Value, &'a Value) {
    let others = config["issuers"].as_array().map_or(&[][..], Vec::as_slice);
    let at = others.iter().find(|other| other["issuer"] == issuer).unwrap_or(config);
    (at, if at["client"].is_null() { &config["client"] } else { &at["client"] })
}

/// A text of the configuration, empty when it is absent.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Whether the login is to end in an ID token.
pub fn is_openid(config: &Value) -> bool {
    text(&config["scope"]).split(' ').any(|word| word == "openid")
}

/// Says what `reqwest` could not do, by the words of its chain of errors.
pub fn transport(error: &(dyn std::error::Error + 'static)) -> &'static str {
    let words = chain(error);
    let says = |word: &&str| words.contains(*word);
    if ["timed out"].iter().any(says) {
        "timeout"
    } else if ["certificate", "UnknownIssuer", "TLS", "handshake", "URL scheme is not allowed"].iter().any(says) {
        "tls"
    } else {
        "token_http"
    }
}

/// An error with all that is below it.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        words = format!("{words}: {error}");
        below = error.source();
    }
    words
}

/// Speaks the protocol until the input ends.
pub fn serve<C: Client>(name: &str, version: &str, can: &[&str]) {
    let mut can = can.to_vec();
    can.extend(["parallel", "reset"]);
    let hello = json!({"t": "hello", "proto": 1, "name": name, "version": version, "lang": "rust", "can": can, "callback": "stdin"});
    let mut timeout = Duration::ZERO;
    let mut config = Value::Null;
    let mut client: Option<C> = None;
    let mut sessions = HashMap::new();
    let mut logins = HashMap::new();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let message: Value = serde_json::from_str(&line).unwrap_or_default();
        let what = text(&message["t"]);
        let flow = message["flow"].as_str().unwrap_or("f1").to_owned();
        let mut answer = match what.as_str() {
            "hello" => {
                timeout = Duration::from_millis(message["deadline_ms"].as_u64().unwrap_or_default() / 3);
                hello.clone()
            }
            "config" | "begin" => {
                if what == "config" {
                    config = message.clone();
                }
                let issuer = text(if message["issuer"].is_null() { &config["issuer"] } else { &message["issuer"] });
                let ready = match client.take() {
                    Some(client) => Ok(client),
                    None => C::connect(&config, timeout),
                };
                let begun = ready.and_then(|ready| client.insert(ready).begin(&issuer));
                match begun {
                    Ok((url, session)) => {
                        sessions.insert(flow.clone(), session);
                        json!({"t": "authorize", "url": url, "redirect_uri": config["redirect_uri"]})
                    }
                    Err(refused) => result("login", Err(refused)),
                }
            }
            "callback" => {
                // The session of a login that has ended is empty: there is nothing that the library could be given.
                let over = || Refused("callback", "state", None, "no login is under way".into());
                let ended = sessions.remove(&flow).ok_or_else(over).and_then(|session| {
                    let client = client.as_mut().ok_or_else(over)?;
                    client.callback(session, &text(&message["url"]))
                });
                result(
                    "login",
                    ended.map(|(result, login)| {
                        logins.insert(flow.clone(), login);
                        result
                    }),
                )
            }
            "refresh" | "userinfo" | "revoke" => {
                let none = || Refused("refresh", "other", None, "this login has no tokens".into());
                let done = logins.get_mut(&flow).ok_or_else(none);
                result(&what, done.and_then(|login| client.as_mut().ok_or_else(none)?.later(&what, login)))
            }
            "reset" => {
                client = None;
                sessions.clear();
                logins.clear();
                json!({"t": "reset"})
            }
            _ => json!({"t": UNIMPLEMENTED}),
        };
        if answer["t"] == "result" || answer["t"] == "authorize" {
            answer["flow"] = flow.into();
        }
        let mut output = std::io::stdout().lock();
        if writeln!(output, "{answer}").and_then(|()| output.flush()).is_err() {
            return;
        }
    }
}

fn result(of: &str, result: Result<Value, Refused>) -> Value {
    let mut answer = match result {
        Err(Refused(_, UNIMPLEMENTED, ..)) => return json!({"t": UNIMPLEMENTED}),
        Ok(mut fields) => {
            fields["ok"] = true.into();
            fields
        }
        Err(Refused(stage, class, code, detail)) => {
            json!({"ok": false, "stage": stage, "class": class, "code": code, "detail": detail})
        }
    };
    answer["t"] = "result".into();
    answer["of"] = of.into();
    answer
}
