//! Pushed requests, devices, and programs that log in as themselves.

use std::time::Duration;

use proofkey_authority::{Authority, Client, DevicePlan, Endpoint, PushMode, Rule, Setup};

use crate::http::{get, post, request};
use crate::login::{CHALLENGE, REDIRECT_URI, VERIFIER, authorize};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

fn metadata(authority: &Authority) -> serde_json::Value {
    get(&format!("{}/.well-known/openid-configuration", authority.base())).json()
}

fn address(authority: &Authority, name: &str) -> String {
    metadata(authority)[name].as_str().unwrap_or_default().to_owned()
}

fn rules(authority: &Authority) -> Vec<Rule> {
    authority.wire().faults().into_iter().map(|fault| fault.rule).collect()
}

async fn pushing(push: PushMode, setup: Setup) -> (Authority, String) {
    let authority = Authority::start(Setup { push, ..setup }).await;
    let par = address(&authority, "pushed_authorization_request_endpoint");
    (authority, par)
}

/// The parameters of a login, with some left out.
fn parameters(client_id: &str, without: &[&str]) -> Vec<(String, String)> {
    [
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", REDIRECT_URI),
        ("scope", "openid"),
        ("state", "a-state"),
        ("nonce", "a-nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
    .into_iter()
    .filter(|(name, _)| !without.contains(name))
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

fn pushed(par: &str, pairs: &[(String, String)]) -> crate::http::Response {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    post(par, &[], &pairs)
}

#[tokio::test]
async fn pr_03_pr_05_a_pushed_request_is_good_for_one_login_of_its_client() {
    let (authority, par) = pushing(PushMode::Required, Setup::honest()).await;
    assert_eq!(metadata(&authority)["require_pushed_authorization_requests"], true);
    let id = Client::native().id;
    let answer = pushed(&par, &parameters(&id, &[]));
    assert_eq!((answer.status, answer.json()["expires_in"].as_u64()), (201, Some(60)));
    let uri = answer.json()["request_uri"].as_str().unwrap().to_owned();
    let open = |client_id: &str| {
        let query = crate::http::form(&[("client_id", client_id), ("request_uri", &uri)]);
        get(&format!("{}?{query}", authority.endpoints().authorization))
    };
    assert_eq!(open("another-client").status, 400);
    let landing = open(&id).location_pairs();
    assert!(landing.contains(&("state".to_owned(), "a-state".to_owned())));
    let code = &landing.iter().find(|(name, _)| name == "code").unwrap().1;
    let tokens = post(
        &authority.endpoints().token,
        &[],
        &[
            ("grant_type", "authorization_code"),
            ("client_id", &id),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ],
    );
    assert_eq!(tokens.status, 200);
    assert_eq!(open(&id).status, 400, "once");
    let unpushed = crate::http::form(&[("client_id", &id), ("response_type", "code")]);
    assert_eq!(get(&format!("{}?{unpushed}", authority.endpoints().authorization)).status, 400);
    assert_eq!(authority.wire().count(Endpoint::Push), 1);
}

#[tokio::test]
async fn pr_02_pr_07_pr_10_what_the_authorization_endpoint_refuses_is_refused_when_it_is_pushed() {
    let (authority, par) = pushing(PushMode::Offered, Setup::honest()).await;
    assert!(metadata(&authority).get("require_pushed_authorization_requests").is_none());
    let id = Client::native().id;
    for without in ["code_challenge", "redirect_uri", "response_type"] {
        assert_eq!(pushed(&par, &parameters(&id, &[without])).status, 400, "{without}");
    }
    assert_eq!(pushed(&par, &parameters("unknown-client", &[])).error().as_deref(), Some("invalid_client"));
    let mut nested = parameters(&id, &[]);
    nested.push(("request_uri".to_owned(), "urn:x".to_owned()));
    assert_eq!(pushed(&par, &nested).status, 400);
    assert_eq!(get(&par).status, 405);
    // Without an endpoint there is none.
    let plain = Authority::honest().await;
    assert_eq!(address(&plain, "pushed_authorization_request_endpoint"), "");
}

#[tokio::test]
async fn pr_06_pr_08_a_witness_sees_what_the_browser_carries() {
    let (authority, par) = pushing(PushMode::Required, Setup::witness()).await;
    let id = Client::native().id;
    let uri = pushed(&par, &parameters(&id, &[])).json()["request_uri"].as_str().unwrap().to_owned();
    let mut pairs = parameters(&id, &[]);
    let url = |pairs: &[(String, String)]| {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        format!("{}?{}", authority.endpoints().authorization, crate::http::form(&pairs))
    };
    assert_eq!(get(&url(&pairs)).status, 302);
    pairs.push(("request_uri".to_owned(), uri));
    assert_eq!(get(&url(&pairs)).status, 302);
    assert_eq!(get(&url(&pairs)).status, 302);
    let expected = [Rule::PushRequired, Rule::PushLeaked, Rule::PushLeaked, Rule::RequestUriUnknown];
    assert_eq!(rules(&authority), expected);
}

#[tokio::test]
async fn dv_07_a_device_gets_tokens_once_and_is_slowed_down() {
    let plan = DevicePlan { interval: Some(1), answers: vec!["authorization_pending".into()], ..DevicePlan::default() };
    let authority = Authority::start(Setup { device: Some(plan), ..Setup::honest() }).await;
    let id = Client::native().id;
    let begin =
        || post(&address(&authority, "device_authorization_endpoint"), &[], &[("client_id", &id), ("scope", "openid")]);
    let codes = begin().json();
    assert_eq!((codes["interval"].as_u64(), codes["expires_in"].as_u64()), (Some(1), Some(600)));
    let poll = |code: &str| {
        let answer = post(
            &authority.endpoints().token,
            &[],
            &[("grant_type", DEVICE), ("client_id", &id), ("device_code", code)],
        );
        (answer.status, answer.error())
    };
    let code = codes["device_code"].as_str().unwrap();
    tokio::time::sleep(Duration::from_millis(1000)).await;
    assert_eq!(poll(code), (400, Some("authorization_pending".to_owned())));
    tokio::time::sleep(Duration::from_millis(1000)).await;
    assert_eq!(poll(code), (200, None));
    assert_eq!(poll(code), (400, Some("expired_token".to_owned())));
    assert_eq!(poll("guessed"), (400, Some("expired_token".to_owned())));
    let early = begin().json()["device_code"].as_str().unwrap().to_owned();
    assert_eq!(poll(&early), (400, Some("slow_down".to_owned())));
}

#[tokio::test]
async fn a_program_logs_in_as_itself_and_exchanges_tokens() {
    let authority = Authority::start(Setup { machine: true, ..Setup::honest() }).await;
    let (web, native) = (Client::web(), Client::native());
    let basic = crate::login::basic(&web);
    let token = |headers: &[(&str, &str)], pairs: &[(&str, &str)]| post(&authority.endpoints().token, headers, pairs);
    let own = token(&[("authorization", &basic)], &[("grant_type", "client_credentials"), ("scope", "profile")]);
    assert_eq!((own.status, own.json()["scope"].as_str()), (200, Some("profile")));
    let public = token(&[], &[("grant_type", "client_credentials"), ("client_id", &native.id)]);
    assert_eq!(public.error().as_deref(), Some("invalid_client"));
    let exchange = |subject: &str| {
        let pairs = [("grant_type", EXCHANGE), ("subject_token", subject), ("subject_token_type", ACCESS_TOKEN)];
        token(&[("authorization", &basic)], &pairs)
    };
    let exchanged = exchange(own.json()["access_token"].as_str().unwrap());
    assert_eq!((exchanged.status, exchanged.json()["issued_token_type"].as_str()), (200, Some(ACCESS_TOKEN)));
    assert_eq!(exchange("guessed").error().as_deref(), Some("invalid_request"));
    let none = Authority::honest().await;
    let refused = post(&none.endpoints().token, &[("authorization", &basic)], &[("grant_type", "client_credentials")]);
    assert_eq!(refused.error().as_deref(), Some("unsupported_grant_type"));
}

#[tokio::test]
async fn a_client_registers_itself_where_that_is_set_up() {
    let authority = Authority::start(Setup { registration: true, clients: Vec::new(), ..Setup::honest() }).await;
    let metadata = get(&format!("{}/.well-known/openid-configuration", authority.base())).json();
    let endpoint = metadata["registration_endpoint"].as_str().unwrap();
    let register = |body: &str| request("POST", endpoint, &[("content-type", "application/json")], body);
    let answer = register(r#"{"redirect_uris": ["http://127.0.0.1/callback"], "client_name": "agent"}"#);
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let registered = answer.json();
    assert_eq!(registered["client_name"], "agent");
    assert_eq!(registered["token_endpoint_auth_method"], "none");
    let known =
        [("client_id", registered["client_id"].as_str()), ("redirect_uri", Some("http://127.0.0.1:4711/callback"))];
    assert_eq!(authorize(&authority, &known).status, 302);
    assert_ne!(register(r#"{"redirect_uris": ["https://a.example/"]}"#).json()["client_id"], registered["client_id"]);
    assert_eq!(register("{}").error().as_deref(), Some("invalid_redirect_uri"));
    assert_eq!(authority.wire().registration_requests().len(), 3);

    let closed = Authority::honest().await;
    assert_eq!(request("POST", &format!("{}/oidc/register", closed.base()), &[], "{}").status, 404);
}
