use std::time::Duration;

use proofkey_book::diagram::LOGIN;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::person::{Person, demo, raw};

#[tokio::test]
async fn the_twenty_steps_are_shown_with_their_checks() {
    let demo = demo().await;
    let mut john = Person::at(demo.origin());
    let empty = john.open("/live").await.body;
    assert!(empty.contains("Nothing has happened yet") && !empty.contains("<li class=\"step"));
    john.log_in().await;
    let live = john.open("/live").await.body;
    let mut rest = live.as_str();
    for (number, step) in (1..).zip(LOGIN.steps) {
        let mark = format!("<span class=\"number\">{number}</span>");
        let (_, after) = rest.split_once(&mark).unwrap_or_else(|| panic!("step {number} in its place:\n{live}"));
        let label = after.split("</h3>").next().unwrap().replace("&quot;", "\"");
        assert!(label.trim().to_lowercase() == step.label.to_lowercase(), "{label}");
        rest = after;
    }
    assert_eq!(live.matches("<li class=\"step").count(), 20, "nothing besides:\n{live}");
    for (inside, says) in [(4, ">code_challenge_method<"), (14, "google-oauth2|1234567890"), (15, ">code_challenge<")] {
        let (_, after) = live.split_once(&format!("<span class=\"number\">{inside}</span>")).unwrap();
        assert!(after.split("<li class=\"step").next().unwrap().contains(says), "step {inside} shows {says}");
    }
    // The trace of the validation, in its order, and what was looked at in the callback.
    let checks: Vec<&str> = live.split("<ol class=\"checks").skip(1).collect();
    assert_eq!(checks.len(), 2);
    assert!(checks[0].contains("state") && checks[0].contains("iss") && !checks[0].contains("broken"));
    let ids = ["typ", "iss", "aud", "azp", "alg", "signature", "sub", "exp", "nbf", "iat", "nonce"];
    let places: Vec<usize> = ids.map(|id| checks[1].find(&format!("<code>{id}</code>")).expect(id)).into();
    assert!(places.is_sorted());
    assert!(checks[1].matches("class=\"held\"").count() >= 8);
    // Every secret is behind a button that reveals it.
    assert!(live.contains("google-oauth2|1234567890"), "the ID token taken apart");
    for name in ["code_verifier", "client_secret", "password", "access_token", "code"] {
        let shown = format!("aria-label=\"{name}: ");
        for (at, _) in live.match_indices(&shown) {
            let after = live[at..].split("</span></span>").nth(1).unwrap_or_default();
            let value = live[at..].split("<span class=\"tip\"").nth(1).unwrap();
            assert!(value.split("</li>").next().unwrap().contains("<details class=\"secret\">"), "{name}: {after}");
        }
        assert!(live.contains(&shown), "{name}");
    }
}

#[tokio::test]
async fn the_steps_come_while_they_happen_and_none_twice() {
    let demo = demo().await;
    let mut john = Person::at(demo.origin());
    // The browser of this test has no way to keep a stream open: it is read with the same cookie by hand.
    let first = raw(demo.origin(), "127.0.0.1", "GET /live HTTP/1.1\r\nHost: localhost:{port}").await;
    let cookie = first.split("set-cookie: ").nth(1).unwrap().split(';').next().unwrap().to_owned();
    let mut stream = Events::open(demo.origin(), &cookie, "").await;
    let head = format!("GET /login HTTP/1.1\r\nHost: localhost:{{port}}\r\nCookie: {cookie}");
    let answer = raw(demo.origin(), "127.0.0.1", &head).await;
    let location = answer.split("location: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let heard = stream.until("<span class=\"number\">2</span>").await;
    assert!(heard.contains("event: begin"), "{heard}");
    assert!(!heard.contains("<span class=\"number\">3</span>"));
    let login = john.open(location).await;
    let heard = stream.until("<span class=\"number\">5</span>").await;
    assert_eq!(heard.matches("<span class=\"number\">5</span>").count(), 1);
    assert_eq!(heard.matches("<span class=\"number\">2</span>").count(), 1, "{heard}");
    // After a lost connection only what is missing is sent.
    let last = heard.rsplit("id:").next().unwrap().trim().split(['\r', '\n']).next().unwrap().trim().to_owned();
    assert!(last.ends_with(".5"), "{last}");
    let mut again = Events::open(demo.origin(), &cookie, &format!("Last-Event-ID: {last}\r\n")).await;
    john.go_to_google(&login).await;
    let heard = again.until("<span class=\"number\">9</span>").await;
    assert!(!heard.contains("<span class=\"number\">5</span>") && !heard.contains("event: begin"), "{heard}");
    assert!(heard.contains("<span class=\"number\">6</span>"));
}

struct Events {
    stream: TcpStream,
    heard: String,
}

impl Events {
    async fn open(origin: &str, cookie: &str, more: &str) -> Self {
        let host = origin.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host.replace("localhost", "127.0.0.1")).await.unwrap();
        let head = format!(
            "GET /live/events?after=0.0 HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n{more}Accept: text/event-stream\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        Self { stream, heard: String::new() }
    }

    /// Everything up to the event that has this.
    async fn until(&mut self, mark: &str) -> String {
        let read = async {
            let mut piece = vec![0; 1 << 16];
            while !self.heard.split(mark).nth(1).is_some_and(|after| after.contains("\n\n")) {
                let length = self.stream.read(&mut piece).await.unwrap();
                assert!(length > 0, "the stream has ended: {}", self.heard);
                self.heard.push_str(&String::from_utf8_lossy(&piece[..length]));
            }
        };
        // No measure of speed: without a limit a test that fails would never end.
        tokio::time::timeout(Duration::from_secs(60), read).await.expect("the event came");
        self.heard.clone()
    }
}
