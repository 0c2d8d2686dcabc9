//! `PORTING.md` and the shim in Python: the page shows the file, and the file logs in.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use proofkey_authority::lie::{JsonEdit, Lie, ParamEdit, ResponseEdit, TransportFault};
use proofkey_authority::{Authority, Browser, Client, Endpoint, Setup};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

use crate::drive::{DEADLINE_MS, Login, config};

fn beside(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn porting() -> String {
    fs::read_to_string(beside("PORTING.md")).unwrap()
}

#[test]
fn the_page_shows_the_file() {
    let page = porting();
    let listing = page.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    let file = fs::read_to_string(beside("examples/oauth_shim.py")).unwrap();
    assert!(listing == file, "PORTING.md shows another program than examples/oauth_shim.py");
    assert!(file.lines().count() < 60, "{} lines", file.lines().count());
}

#[tokio::test]
async fn the_transcript_is_one_of_this_protocol() {
    let page = porting();
    let messages: Vec<(char, Value)> = page
        .lines()
        .filter(|line| line.starts_with("> {") || line.starts_with("< {"))
        .map(|line| (line.chars().next().unwrap(), serde_json::from_str(&line[2..]).unwrap()))
        .collect();
    assert!(messages.len() >= 7);
    // What the runner says there, the reference client understands: it would end with 89 otherwise.
    let (input, mut output) = (tokio::io::duplex(1 << 16), tokio::io::duplex(1 << 16));
    let (mut ours, theirs) = input;
    let task = tokio::spawn(async move {
        let none = proofkey_reference::Defects::none();
        proofkey_reference::serve(BufReader::new(theirs), &mut output.1, &none).await
    });
    for (_, message) in messages.iter().filter(|(from, _)| *from == '>') {
        ours.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }
    drop(ours);
    assert_eq!(task.await.unwrap().code, 0);
    // What the shim says there has the members of a real answer.
    let honest = Login::new(Setup::honest()).run().await.result;
    let refused = Login::new(Setup::lying(Lie::claims([JsonEdit::remove("nonce")]))).run().await.result;
    for (_, shown) in messages.iter().filter(|(from, message)| *from == '<' && message["t"] == "result") {
        let real = if shown["ok"] == true { &honest } else { &refused };
        let names = |message: &Value| message.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(shown), names(real));
        assert_eq!((&shown["stage"], &shown["class"]), (&real["stage"], &real["class"]));
    }
}

#[test]
fn every_class_that_the_reference_states_is_described() {
    let page = porting();
    let mut sources = String::new();
    for entry in fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            sources.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    // The second argument of `refuse`, where it is written out.
    let second = |call: &'static str| call.split_once(',').map_or("", |(_, rest)| rest.trim_start());
    let calls = sources.leak().split("refuse(").skip(1).map(second);
    let classes: Vec<&str> = calls.filter_map(|call| call.strip_prefix('"')?.split('"').next()).collect();
    assert!(classes.len() > 60, "{}", classes.len());
    for class in classes {
        assert!(page.contains(&format!("`{class}`")), "PORTING.md does not mention {class}");
    }
}

/// The shim as a child process, or `None` where there is no Python.
struct Python(tokio::process::Child, BufReader<tokio::process::ChildStdout>);

impl Python {
    fn start() -> Option<Self> {
        let file = beside("examples/oauth_shim.py");
        let child = Command::new("python3")
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        match child {
            Ok(mut child) => {
                let output = BufReader::new(child.stdout.take().unwrap());
                Some(Self(child, output))
            }
            Err(error) => {
                assert!(std::env::var("CI").as_deref() != Ok("true"), "python3 is needed here: {error}");
                eprintln!("skipped: no python3 ({error})");
                None
            }
        }
    }

    async fn ask(&mut self, message: Value) -> Value {
        let input = self.0.stdin.as_mut().unwrap();
        input.write_all(format!("{message}\n").as_bytes()).await.unwrap();
        let mut line = String::new();
        self.1.read_line(&mut line).await.unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no answer to {message}: {line:?}"))
    }

    /// Ends the input; the exit code and standard error.
    async fn end(mut self) -> (Option<i32>, String) {
        drop(self.0.stdin.take());
        let ended = self.0.wait_with_output().await.unwrap();
        (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
    }
}

/// One login with the shim; its verdict.
async fn login(setup: Setup) -> Option<Value> {
    let mut shim = Python::start()?;
    let authority = Authority::start(setup).await;
    let endpoints = authority.endpoints();
    let changes = json!({"discovery": false, "scope": "profile", "endpoints": {
        "authorization": endpoints.authorization, "token": endpoints.token,
    }});
    let hello = shim.ask(json!({"t": "hello", "proto": 1, "deadline_ms": DEADLINE_MS})).await;
    assert_eq!(hello["can"], json!(["code", "pkce_s256", "iss", "parallel"]));
    let begun = shim.ask(config(&authority, &Client::native(), &changes)).await;
    let landing = Browser::new(authority.wire()).open(begun["url"].as_str().unwrap()).await.unwrap();
    let result = shim.ask(json!({"t": "callback", "flow": "f1", "url": landing.callback()})).await;
    let (code, stderr) = shim.end().await;
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{result}");
    assert_eq!(authority.wire().leaks_in(&result.to_string()), []);
    if result["ok"] == true {
        assert!(authority.wire().faults().is_empty(), "{:?}", authority.wire().faults());
    }
    Some(result)
}

#[tokio::test]
async fn the_shim_in_python_logs_in() {
    let Some(result) = login(Setup::honest()).await else { return };
    assert_eq!(result["ok"], true, "{result}");
    assert_eq!((&result["token_type"], &result["scope"]), (&json!("Bearer"), &json!("profile")));
}

#[tokio::test]
async fn the_shim_in_python_refuses() {
    let lies = [
        (Lie::callback([ParamEdit::set("state", "{state|bend}")]), "state"),
        (Lie::callback([ParamEdit::remove("state")]), "state"),
        (Lie::callback([ParamEdit::Append("code".into(), "{code}".into())]), "callback_malformed"),
        (Lie::callback([ParamEdit::SetEncoded("code".into(), "%zz".into())]), "callback_malformed"),
        (Lie::callback([ParamEdit::SetEncoded("code".into(), "%ff".into())]), "callback_malformed"),
        (Lie::callback([ParamEdit::set("iss", "https://other.example/")]), "iss"),
        (Lie::refusal("access_denied"), "as_error"),
        (Lie::callback([ParamEdit::remove("code")]), "callback_malformed"),
        (Lie::CallbackAddress("http://localhost:8091/other".into()), "callback_malformed"),
        (Lie::error(Endpoint::Token, 400, "invalid_grant"), "token_error"),
        (Lie::error(Endpoint::Token, 200, "invalid_grant"), "token_error"),
        (Lie::answer(Endpoint::Token, 500, "text/html", "<p>no</p>"), "token_http"),
        (Lie::answer(Endpoint::Token, 200, "application/json", "[]"), "token_type"),
        (Lie::answer(Endpoint::Token, 200, "application/json", "nothing"), "token_malformed"),
        (Lie::redirect(Endpoint::Token, 307, "{attacker}"), "redirect"),
        (Lie::token_response([JsonEdit::set("token_type", "mac")]), "token_type"),
        (Lie::token_response([JsonEdit::remove("access_token")]), "token_malformed"),
        (Lie::token_response([JsonEdit::set("access_token", "")]), "token_malformed"),
        (Lie::token_response([JsonEdit::set("expires_in", -1)]), "token_malformed"),
        (Lie::token_response([JsonEdit::set("expires_in", "60")]), "token_malformed"),
        (Lie::response(Endpoint::Token, [ResponseEdit::Blanks(1 << 21)]), "token_malformed"),
        (Lie::Transport { at: Endpoint::Token, fault: TransportFault::Silence }, "timeout"),
        (Lie::Transport { at: Endpoint::Token, fault: TransportFault::Reset }, "token_http"),
        (Lie::Transport { at: Endpoint::Token, fault: TransportFault::EndlessBody }, "token_malformed"),
    ];
    for (lie, class) in lies {
        let Some(result) = login(Setup::lying(lie.clone())).await else { return };
        assert_eq!((&result["ok"], &result["class"]), (&json!(false), &json!(class)), "{lie:?}: {result}");
    }
}

#[tokio::test]
async fn the_shim_in_python_says_what_it_does_not_know() {
    let Some(mut shim) = Python::start() else { return };
    shim.0.stdin.as_mut().unwrap().write_all(b"{\"t\":\"dance\"}\n").await.unwrap();
    assert_eq!(shim.end().await.0, Some(89));
}
