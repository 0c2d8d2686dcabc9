//! Switches that show only with several logins, or several servers.

use proofkey_authority::lie::{JsonEdit, KeyEdit, Lie, ResponseEdit, When};
use proofkey_authority::{Authority, Browser, Client, Clock, Endpoint, Setup, Wire};
use serde_json::{Value, json};

use crate::drive::{Login, Shim, config};

/// Logins `f1` and `f2` under way, the second perhaps at another server.
struct Two {
    shim: Shim,
    wire: Wire,
    urls: [String; 2],
    issuers: [String; 2],
    _servers: [Authority; 2],
}

async fn begin(setup: Setup, other: Option<Client>, defects: &[&str]) -> Two {
    let (wire, clock) = (Wire::new(), Clock::new());
    let one = Authority::start_with(setup.named("one"), &wire, &clock).await;
    let two = Authority::start_with(Setup::witness().named("two"), &wire, &clock).await;
    let client = if other.is_some() { Client::web() } else { Client::native() };
    let mut server = json!({"issuer": two.issuer(), "discovery": true});
    if let Some(other) = &other {
        server["client"] = json!({"id": other.id, "secret": other.auth.secret(), "auth": "post"});
    }
    let mut shim = Shim::start(defects).await;
    let first = shim.ask(config(&one, &client, &json!({"issuers": [server]}))).await;
    let at = if other.is_some() { json!(two.issuer()) } else { Value::Null };
    let second = shim.ask(json!({"t": "begin", "flow": "f2", "issuer": at})).await;
    let mut urls = Vec::new();
    for begun in [first, second] {
        let landing = Browser::new(&wire).open(begun["url"].as_str().unwrap()).await.unwrap();
        urls.push(landing.callback().unwrap());
    }
    let issuers = [one.issuer().to_owned(), two.issuer().to_owned()];
    Two { shim, wire, urls: urls.try_into().unwrap(), issuers, _servers: [one, two] }
}

impl Two {
    async fn deliver(&mut self, flow: usize) -> Value {
        let url = self.urls[flow - 1].clone();
        self.shim.ask(json!({"t": "callback", "flow": format!("f{flow}"), "url": url})).await
    }

    /// How often a server noted a fault of the client.
    fn faults(&self) -> usize {
        self.wire.faults().len()
    }
}

#[tokio::test]
async fn whose_verifier() {
    for (switch, order) in [
        ("verifier-shared", [1, 2]),
        ("verifier-shared", [2, 1]),
        ("verifier-of-latest-flow", [1, 2]),
        ("verifier-of-latest-flow", [2, 1]),
        ("verifier-of-first-flow", [2, 1]),
    ] {
        for (defects, faulty) in [(&[][..], false), (&[switch][..], true)] {
            let mut two = begin(Setup::witness(), None, defects).await;
            for flow in order {
                two.deliver(flow).await;
            }
            assert_eq!(two.faults() > 0, faulty, "{switch} {order:?}: {:?}", two.wire.faults());
        }
    }
}

#[tokio::test]
async fn whose_state_and_nonce() {
    // The nonce stands in the way of somebody else's code as well, once the state does not.
    for (defects, verdict) in [(&[][..], "state"), (&["state-any-session"][..], "claim_nonce")] {
        let mut two = begin(Setup::witness(), None, defects).await;
        let of_one = two.urls[0].clone();
        let result = two.shim.ask(json!({"t": "callback", "flow": "f2", "url": of_one})).await;
        assert_eq!(result["class"], verdict, "{result}");
    }
    let lie = Setup::lying(Lie::claims([JsonEdit::set("nonce", "{other_nonce}")]));
    for (defects, verdict) in [(&[][..], json!("claim_nonce")), (&["nonce-any-flow"][..], Value::Null)] {
        let mut two = begin(lie.clone(), None, defects).await;
        assert_eq!(two.deliver(2).await["class"], verdict);
    }
    for (defects, verdict) in [(&["nonce-any-flow"][..], json!("claim_nonce")), (&["nonce-used-ok"][..], Value::Null)] {
        let mut two = begin(Setup::lying(used()), None, defects).await;
        assert_eq!(two.deliver(1).await["ok"], true);
        assert_eq!(two.deliver(2).await["class"], verdict, "{defects:?}");
    }
    let mut two = begin(Setup::witness(), None, &["nonce-of-latest-flow"]).await;
    assert_eq!(two.deliver(1).await["class"], "claim_nonce");
}

/// The second ID token has the nonce of the login before.
fn used() -> Lie {
    Lie::claims([JsonEdit::set("nonce", "{other_nonce}")]).only(When::AfterFirst)
}

#[tokio::test]
async fn a_callback_is_used_once() {
    for (defects, requests) in [(&[][..], 1), (&["replay-callback"][..], 2)] {
        let mut two = begin(Setup::witness(), None, defects).await;
        two.deliver(1).await;
        two.deliver(1).await;
        assert_eq!(two.wire.code_requests().len(), requests);
    }
}

#[tokio::test]
async fn whose_server() {
    let to = |two: &Two| two.wire.code_requests().iter().map(|sent| sent.to.clone()).collect::<Vec<_>>();
    let mut honest = begin(Setup::witness(), Some(Client::web_post()), &[]).await;
    assert_eq!(honest.deliver(1).await["ok"], true);
    assert_eq!(honest.deliver(2).await["ok"], true);
    assert_eq!(to(&honest), ["one", "two"]);
    assert_eq!(honest.faults(), 0, "{:?}", honest.wire.faults());

    let mut latest = begin(Setup::witness(), Some(Client::web_post()), &["issuer-of-latest-flow"]).await;
    latest.deliver(1).await;
    assert_eq!(to(&latest), ["two"]);

    for (defects, expected) in [(&[][..], vec![]), (&["flow-of-callback-issuer"][..], vec!["two".to_owned()])] {
        let mut mixed = begin(Setup::witness(), Some(Client::web_post()), defects).await;
        let encoded = |issuer: &str| issuer.replace(':', "%3A").replace('/', "%2F");
        mixed.urls[0] = mixed.urls[0].replace(&encoded(&mixed.issuers[0]), &encoded(&mixed.issuers[1]));
        mixed.deliver(1).await;
        assert_eq!(to(&mixed), expected);
    }

    let mut secret = begin(Setup::witness(), Some(Client::web_post()), &["secret-of-first-issuer"]).await;
    secret.deliver(2).await;
    assert!(secret.wire.code_requests()[0].header("authorization").is_some());
}

#[tokio::test]
async fn how_often_the_keys_are_asked_for() {
    let rotated = Lie::Keys { when: When::First, edits: vec![KeyEdit::RemoveAll] };
    let login = Login::new(Setup::lying(rotated));
    let off = login.run().await;
    assert_eq!((off.verdict().as_str(), off.wire.jwks_requests().len()), ("ok", 2));
    assert_eq!(login.with("jwks-never-refetched").run().await.verdict(), "key");

    let unknown = Setup::lying(Lie::header([JsonEdit::set("kid", "unknown")]));
    for (defects, requests) in [(&[][..], 2), (&["jwks-refetched-always"][..], 3)] {
        let mut two = begin(unknown.clone(), None, defects).await;
        for flow in [1, 2] {
            assert_eq!(two.deliver(flow).await["class"], "key");
        }
        assert_eq!(two.wire.jwks_requests().len(), requests, "{defects:?}");
        // After a while one more look is fine.
        two.shim.say(json!({"t": "advance", "s": 3600})).await;
        let begun = two.shim.ask(json!({"t": "begin", "flow": "f3"})).await;
        let landing = Browser::new(&two.wire).open(begun["url"].as_str().unwrap()).await.unwrap();
        two.shim.ask(json!({"t": "callback", "flow": "f3", "url": landing.callback()})).await;
        assert_eq!(two.wire.jwks_requests().len(), requests + 1, "{defects:?}");
    }
}

#[tokio::test]
async fn tokens_that_are_still_valid_are_kept() {
    let later = Lie::response(Endpoint::Revocation, [ResponseEdit::Status(503)]);
    for (defects, class) in [(&[][..], "token_http"), (&["revoke-503-forgets"][..], "config")] {
        let mut two = begin(Setup::lying(later.clone()), None, defects).await;
        two.deliver(1).await;
        let revoke = json!({"t": "revoke", "flow": "f1"});
        assert_eq!(two.shim.ask(revoke.clone()).await["class"], "token_http");
        assert_eq!(two.shim.ask(revoke).await["class"], class);
    }
}

#[tokio::test]
async fn silence_and_junk() {
    let mut two = begin(Setup::witness(), None, &["silent"]).await;
    let url = two.urls[0].clone();
    two.shim.say(json!({"t": "callback", "flow": "f1", "url": url})).await;
    // The next answer is that to the next question.
    assert_eq!(two.shim.ask(json!({"t": "userinfo", "flow": "f1"})).await["of"], "userinfo");

    let mut two = begin(Setup::witness(), None, &["junk-on-stdout"]).await;
    let url = two.urls[0].clone();
    two.shim.say(json!({"t": "callback", "flow": "f1", "url": url})).await;
    assert_eq!(two.shim.hear().await, None, "a line that is no JSON");
}
