//! An issuer in memory that rotates refresh tokens, and revokes them all when one comes back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proofkey::Login;
use proofkey::authorize::{AuthorizationServer, Endpoint, Issuer as IssuerName};
use proofkey::http::{Request, Response};
use proofkey::token::{TokenSet, TransportError, TransportErrorKind};

pub(crate) const ISSUER: &str = "https://as.example/";
pub(crate) const CLIENT: &str = "client-id";

/// What happens to a request, in place of an honest answer.
pub(crate) enum Fate {
    /// It never leaves.
    Unsent,
    /// The server handles it, and the answer is lost.
    Lost,
    /// The server does not handle it, and nothing comes back.
    Swallowed,
    Answer(u16, &'static str),
    /// Tokens without a refresh token: the old one stays good.
    Kept,
    /// Something happens elsewhere meanwhile.
    Meanwhile(Box<dyn FnOnce() + Send>),
}

pub(crate) struct Issuer {
    state: Mutex<State>,
}

pub(crate) struct State {
    /// The number of the refresh token that is good; `None` when the family is revoked.
    pub(crate) good: Option<u32>,
    latest: u32,
    pub(crate) fates: VecDeque<Fate>,
    /// The bodies of the requests, in order.
    pub(crate) sent: Vec<String>,
    pub(crate) expires_in: u64,
    pub(crate) now: SystemTime,
}

impl Issuer {
    pub(crate) fn open() -> Arc<Self> {
        let (fates, sent) = (VecDeque::new(), Vec::new());
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        Arc::new(Self { state: Mutex::new(State { good: Some(1), latest: 1, fates, sent, expires_in: 3600, now }) })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn fate(&self, fate: Fate) {
        self.state().fates.push_back(fate);
    }

    pub(crate) fn sent(&self) -> usize {
        self.state().sent.len()
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.state().now += Duration::from_secs(seconds);
    }

    pub(crate) fn clock(self: &Arc<Self>) -> impl Fn() -> SystemTime + Send + Sync + use<> {
        let issuer = Arc::clone(self);
        move || issuer.state().now
    }

    /// The tokens that the login ended with.
    pub(crate) fn tokens(&self) -> TokenSet {
        let state = self.state();
        tokens(&format!("refresh-{}", state.latest), state.now, state.expires_in)
    }

    pub(crate) fn server() -> AuthorizationServer {
        let endpoint = |path: &str| Endpoint::new(format!("https://as.example{path}")).unwrap();
        AuthorizationServer::new(IssuerName::new(ISSUER).unwrap(), endpoint("/authorize"), endpoint("/token"))
    }

    pub(crate) fn login(self: &Arc<Self>) -> Login {
        let revocation = Endpoint::new("https://as.example/revoke").unwrap();
        let server = Self::server().with_revocation_endpoint(revocation);
        Login::new(server, CLIENT, "http://127.0.0.1/callback").unwrap().with_clock(self.clock())
    }

    pub(crate) fn http(
        self: &Arc<Self>,
    ) -> impl Fn(Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> + Clone + Send + Sync + use<> {
        let issuer = Arc::clone(self);
        move |request| issuer.answer(&request)
    }

    fn answer(&self, request: &Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> {
        let body = String::from_utf8(request.body().clone()).unwrap();
        let fate = {
            let mut state = self.state();
            state.sent.push(body.clone());
            state.fates.pop_front()
        };
        let lost = || TransportError::after_sending(TransportErrorKind::Reset);
        match fate {
            None => Ok(self.handle(request.uri().path(), &body, true)),
            Some(Fate::Unsent) => Err(TransportError::before_sending(TransportErrorKind::Connect)),
            Some(Fate::Lost) => {
                self.handle(request.uri().path(), &body, true);
                Err(lost())
            }
            Some(Fate::Swallowed) => Err(lost()),
            Some(Fate::Answer(status, body)) => Ok(response(status, body)),
            Some(Fate::Kept) => Ok(self.handle(request.uri().path(), &body, false)),
            Some(Fate::Meanwhile(act)) => {
                act();
                Ok(self.handle(request.uri().path(), &body, true))
            }
        }
    }

    fn handle(&self, path: &str, body: &str, rotates: bool) -> Response<Vec<u8>> {
        let mut state = self.state();
        if path == "/revoke" {
            state.good = None;
            return response(200, "");
        }
        let number: u32 = body.split("refresh-").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
        if state.good != Some(number) {
            state.good = None;
            return response(400, r#"{"error":"invalid_grant"}"#);
        }
        let (life, access) = (state.expires_in, state.sent.len());
        let mut answer = format!(r#"{{"access_token":"access-{access}","token_type":"Bearer","expires_in":{life}"#);
        if rotates {
            state.latest += 1;
            state.good = Some(state.latest);
            answer += &format!(r#","refresh_token":"refresh-{}""#, state.latest);
        }
        response(200, &(answer + "}"))
    }
}

pub(crate) fn tokens(refresh_token: &str, received_at: SystemTime, expires_in: u64) -> TokenSet {
    let at = received_at.duration_since(UNIX_EPOCH).unwrap().as_millis();
    let refresh_token =
        if refresh_token.is_empty() { String::new() } else { format!(r#""refresh_token":"{refresh_token}","#) };
    let json = format!(
        r#"{{"version":1,"access_token":"access-0",{refresh_token}"expires_in":{expires_in},"received_at":{at},"resources":[],"further":{{}},"deviations":[]}}"#
    );
    TokenSet::from_json(&json).unwrap()
}

fn response(status: u16, body: &str) -> Response<Vec<u8>> {
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(body.as_bytes().to_vec()).unwrap()
}
