//! Without a switch: every login that should work works.

use proofkey_authority::{Algorithm, Authority, Browser, Client, Clock, IssuerShape, Setup, Wire};
use serde_json::json;

use crate::drive::{Login, Shim, config};

#[tokio::test]
async fn a_login() {
    let outcome = Login::new(Setup::honest()).run().await;
    assert_eq!(outcome.verdict(), "ok", "{}", outcome.result);
    assert_eq!(outcome.result["sub"], "auth0|john");
    assert_eq!(outcome.result["claims"]["name"], "John Doe");
    assert_eq!(outcome.result["id_token_verified"], true);
    assert_eq!(outcome.result["token_type"], "Bearer");
    assert_eq!(outcome.result["expires_in"], 86_400);
    assert!(outcome.wire.faults().is_empty(), "{:?}", outcome.wire.faults());
    assert_eq!((outcome.ended.code, outcome.ended.stderr.as_str()), (0, ""));
}

#[tokio::test]
async fn every_way_to_be_a_client() {
    for client in [Client::native(), Client::web(), Client::web_post()] {
        let login = Login { client: client.clone(), ..Login::new(Setup::honest()) };
        let outcome = login.then(&["refresh", "userinfo", "revoke"]).run().await;
        assert_eq!(outcome.verdict(), "ok", "{}: {}", client.id, outcome.result);
        assert!(outcome.wire.faults().is_empty(), "{}: {:?}", client.id, outcome.wire.faults());
        assert_eq!(outcome.wire.revocation_requests().len(), 1);
    }
}

#[tokio::test]
async fn the_metadata_says_how_to_authenticate() {
    let client = Client::web();
    let secret = client.auth.secret().unwrap();
    let configuration = json!({"client": {"id": client.id, "secret": secret, "auth": null}});
    let outcome = Login::new(Setup::honest()).config(configuration).run().await;
    assert_eq!(outcome.verdict(), "ok", "{}", outcome.result);
}

#[tokio::test]
async fn every_algorithm() {
    for algorithm in Algorithm::ALL {
        let setup = Setup { signing: algorithm, ..Setup::honest() };
        let login = Login::new(setup).config(json!({"id_token_algs": [algorithm.as_str()]}));
        let outcome = login.run().await;
        assert_eq!(outcome.verdict(), "ok", "{}: {}", algorithm.as_str(), outcome.result);
    }
}

#[tokio::test]
async fn every_shape_of_issuer() {
    for issuer in [
        IssuerShape::Slash,
        IssuerShape::Plain,
        IssuerShape::Path("tenant".into()),
        IssuerShape::PathSlash("a/b".into()),
    ] {
        for scope in ["openid", "profile"] {
            let setup = Setup { issuer: issuer.clone(), ..Setup::honest() };
            let outcome = Login::new(setup).config(json!({"scope": scope})).run().await;
            assert_eq!(outcome.verdict(), "ok", "{issuer:?} {scope}: {}", outcome.result);
        }
    }
}

#[tokio::test]
async fn without_discovery() {
    let authority = Authority::honest().await;
    let endpoints = authority.endpoints();
    let changes = json!({"discovery": false, "max_age": 3600, "endpoints": {
        "authorization": endpoints.authorization, "token": endpoints.token, "jwks": endpoints.jwks,
        "userinfo": endpoints.userinfo, "revocation": endpoints.revocation,
    }});
    let mut shim = Shim::start(&[]).await;
    let begun = shim.ask(config(&authority, &Client::native(), &changes)).await;
    let landing = Browser::new(authority.wire()).open(begun["url"].as_str().unwrap()).await.unwrap();
    let result = shim.ask(json!({"t": "callback", "flow": "f1", "url": landing.callback()})).await;
    assert_eq!(result["ok"], true, "{result}");
    assert!(authority.wire().metadata_requests().is_empty());
}

#[tokio::test]
async fn two_logins_cross_and_a_third_is_elsewhere() {
    let (wire, clock) = (Wire::new(), Clock::new());
    let one = Authority::start_with(Setup::honest().named("one"), &wire, &clock).await;
    let two = Authority::start_with(Setup::honest().named("two"), &wire, &clock).await;
    let mut shim = Shim::start(&[]).await;
    let others = json!({"issuers": [{"issuer": two.issuer(), "discovery": true}]});
    let first = shim.ask(config(&one, &Client::native(), &others)).await;
    let second = shim.ask(json!({"t": "begin", "flow": "f2"})).await;
    let third = shim.ask(json!({"t": "begin", "flow": "f3", "issuer": two.issuer()})).await;
    assert!(third["url"].as_str().unwrap().starts_with(two.base()));
    let mut urls = Vec::new();
    for begun in [&first, &second, &third] {
        let landing = Browser::new(&wire).open(begun["url"].as_str().unwrap()).await.unwrap();
        urls.push(landing.callback().unwrap());
    }
    // Somebody else's callback is refused, and leaves the login open.
    let crossed = shim.ask(json!({"t": "callback", "flow": "f2", "url": urls[0]})).await;
    assert_eq!((&crossed["ok"], &crossed["class"]), (&json!(false), &json!("state")));
    for flow in [3, 2, 1] {
        let url = &urls[flow - 1];
        let result = shim.ask(json!({"t": "callback", "flow": format!("f{flow}"), "url": url})).await;
        assert_eq!(result["ok"], true, "f{flow}: {result}");
        let again = shim.ask(json!({"t": "callback", "flow": format!("f{flow}"), "url": url})).await;
        assert_eq!((&again["ok"], &again["class"]), (&json!(false), &json!("state")));
    }
    assert_eq!(wire.code_requests().len(), 3);
    assert!(wire.faults().is_empty(), "{:?}", wire.faults());
    assert_eq!(shim.end().await.code, 0);
}

#[tokio::test]
async fn the_clock_can_be_moved() {
    let authority = Authority::honest().await;
    let mut shim = Shim::start(&[]).await;
    let begun = shim.ask(config(&authority, &Client::native(), &json!({"skew": 60}))).await;
    let landing = Browser::new(authority.wire()).open(begun["url"].as_str().unwrap()).await.unwrap();
    // Later than the ID token's end, by the client's clock alone.
    shim.say(json!({"t": "advance", "s": 86_400 + 120})).await;
    let result = shim.ask(json!({"t": "callback", "flow": "f1", "url": landing.callback()})).await;
    assert_eq!(result["class"], "claim_exp", "{result}");
}

#[tokio::test]
async fn what_is_not_implemented_is_said() {
    let authority = Authority::honest().await;
    let unknown = [
        json!({"t": "dance"}),
        json!({"t": "begin", "flow": "f1"}),
        config(&authority, &Client::native(), &json!({"jar": true})),
        config(&authority, &Client::native(), &json!({"client": {"id": "x", "auth": "tls_client_auth"}})),
        config(&authority, &Client::native(), &json!({"redirect_uri": 7})),
    ];
    for message in unknown {
        let mut shim = Shim::start(&[]).await;
        shim.say(message.clone()).await;
        assert_eq!(shim.hear().await, None);
        let ended = shim.end().await;
        assert_eq!(ended.code, 89, "{message}");
        assert!(!ended.stderr.is_empty());
    }
}

#[tokio::test]
async fn a_redirect_uri_must_be_whole() {
    for redirect_uri in ["/callback", "http://localhost:8091/callback#top"] {
        let outcome = Login::new(Setup::honest()).config(json!({"redirect_uri": redirect_uri})).run().await;
        assert_eq!(outcome.verdict(), "config", "{redirect_uri}");
    }
}
