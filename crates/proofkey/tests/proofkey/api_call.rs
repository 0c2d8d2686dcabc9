//! A machine's requests to an API: the token goes there and nowhere else, and is replaced once.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::{Request, Response};
use proofkey::token::{Api, ClientAuthentication, ClientSecret, TransportError, TransportErrorKind};
use proofkey::{MachineLogin, Stage};
use serde_json::json;

use crate::desk::*;

/// The desk, and an API beside it that answers as it is told.
struct Setting {
    desk: Arc<Desk>,
    machine: MachineLogin,
    api: Api,
    /// What the API answers, the next one first; then 200.
    statuses: Mutex<Vec<u16>>,
    /// The tokens that the API received.
    received: Mutex<Vec<String>>,
}

type Reply<'a> = Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, TransportError>> + Send + 'a>>;

impl Setting {
    fn new() -> Self {
        let desk = Desk::open();
        *desk.claims.lock().unwrap() = None;
        let now = Arc::clone(&desk.now);
        let secret = ClientAuthentication::post(ClientSecret::new("secret").unwrap());
        let machine = MachineLogin::new(Desk::server(), CLIENT, secret)
            .unwrap()
            .with_clock(move || SystemTime::UNIX_EPOCH + Duration::from_secs(now.load(Ordering::SeqCst)));
        let api = Api::new("https://api.example").unwrap();
        Self { desk, machine, api, statuses: Mutex::default(), received: Mutex::default() }
    }

    fn serve(&self, request: &Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> {
        if request.uri().host() != Some("api.example") {
            let number = self.desk.count("POST /token") + 1;
            self.desk.members.lock().unwrap()["access_token"] = json!(format!("access-{number}"));
            return self.desk.blocking()(request.clone());
        }
        self.received.lock().unwrap().push(request.headers()["authorization"].to_str().unwrap().to_owned());
        let mut statuses = self.statuses.lock().unwrap();
        let status = if statuses.is_empty() { 200 } else { statuses.remove(0) };
        if status == 0 {
            return Err(TransportError::after_sending(TransportErrorKind::Reset));
        }
        let response = Response::builder().status(status).header("location", "https://evil.example/");
        Ok(response.body(request.body().clone()).unwrap())
    }

    fn http<'a>(&'a self) -> impl Fn(Request<Vec<u8>>) -> Reply<'a> {
        move |request| {
            Box::pin(async move {
                tokio::task::yield_now().await;
                self.serve(&request)
            })
        }
    }

    fn answer(&self, statuses: &[u16]) {
        *self.statuses.lock().unwrap() = statuses.to_vec();
    }

    async fn status(&self) -> u16 {
        self.api.send(&self.http(), &self.machine, notes()).await.unwrap().status().as_u16()
    }

    fn received(&self) -> Vec<String> {
        std::mem::take(&mut *self.received.lock().unwrap())
    }
}

fn notes() -> Request<Vec<u8>> {
    Request::post("https://api.example/notes").body(b"a note".to_vec()).unwrap()
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_and_the_request_sent_with_the_new_one() {
    let setting = Setting::new();
    let response = setting.api.send(&setting.http(), &setting.machine, notes()).await.unwrap();
    assert_eq!((response.status().as_u16(), &response.body()[..]), (200, &b"a note"[..]));
    setting.answer(&[401, 200]);
    assert_eq!(setting.status().await, 200);
    assert_eq!(setting.received(), ["Bearer access-1", "Bearer access-1", "Bearer access-2"]);
    // It is kept.
    setting.answer(&[0]);
    let error = setting.api.send(&setting.http(), &setting.machine, notes()).await.unwrap_err();
    assert_eq!((error.code(), error.stage(), error.is_retryable()), ("transport_reset", Stage::Api, false));
    assert_eq!(setting.received(), ["Bearer access-2"], "what may have arrived is not sent again");
    let blocking = |request: Request<Vec<u8>>| setting.serve(&request);
    setting.desk.pass(10);
    setting.answer(&[401]);
    let response = setting.api.send_blocking(&blocking, &setting.machine, notes()).unwrap();
    assert_eq!((response.status().as_u16(), setting.desk.count("POST /token")), (200, 3));
}

#[tokio::test]
async fn an_api_that_refuses_everything_gets_no_loop_and_causes_no_flood() {
    let setting = Setting::new();
    for (seconds, requests, tokens) in [(0, 2, 2), (5, 1, 2), (5, 2, 3)] {
        setting.desk.pass(seconds);
        setting.answer(&[401; 9]);
        assert_eq!(setting.status().await, 401);
        assert_eq!((setting.received().len(), setting.desk.count("POST /token")), (requests, tokens));
    }
    for _ in 0..50 {
        setting.answer(&[401; 9]);
        assert_eq!(setting.status().await, 401);
    }
    assert_eq!(setting.desk.count("POST /token"), 3);
}

#[tokio::test]
async fn many_calls_whose_token_is_refused_share_one_new_token() {
    let setting = Setting::new();
    assert_eq!(setting.status().await, 200);
    setting.answer(&[401; 20]);
    let mut calls = tokio::task::JoinSet::new();
    let setting = Arc::new(setting);
    for _ in 0..20 {
        let setting = Arc::clone(&setting);
        calls.spawn(async move { setting.status().await });
    }
    assert_eq!(calls.join_all().await, [200; 20]);
    assert_eq!((setting.received().len(), setting.desk.count("POST /token")), (41, 2));
}

#[tokio::test]
async fn at_11_a_redirect_is_handed_back_and_no_other_server_gets_the_token() {
    let setting = Setting::new();
    setting.answer(&[307]);
    assert_eq!(setting.status().await, 307);
    for other in ["https://evil.example/notes", "http://api.example/notes", "https://api.example:8443/notes", "/notes"]
    {
        let request = Request::get(other).body(Vec::new()).unwrap();
        let error = setting.api.send(&setting.http(), &setting.machine, request).await.unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), ("token_request_another_origin", false));
        assert!(!texts(&error).contains("access-1"));
    }
    assert_eq!(setting.received().len(), 1);
}
