//! An issuer in memory: a transport that answers, hangs or fails as it is told, and remembers what it was asked.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA512, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, Response};
use proofkey::authorize::{AuthorizationServer, CodeGrant, Endpoint, Issuer, form};
use proofkey::jwt::Algorithm;
use proofkey::token::{Transport, TransportError, TransportErrorKind};
use proofkey::{Login, LoginRequest, Steps};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://as.example/";
pub(crate) const CLIENT: &str = "client-id";
/// Codes that live for a minute and may be asked about every 7 seconds.
const DEVICE_CODES: &str = r#"{"device_code":"Sentinel0device","user_code":"WDJB-MJHT","expires_in":60,"interval":7,
    "verification_uri":"https://as.example/device"}"#;
pub(crate) const NOW: u64 = 1_800_000_000;

/// What is answered instead of the honest answer.
pub(crate) enum Answer {
    Reply(u16, String),
    /// The honest answer, after the task was put off once: the place where a future can be dropped.
    Late,
    /// Nothing, for ever.
    Hang,
    Fail(TransportErrorKind, Sent),
}

#[derive(Clone, Copy)]
pub(crate) enum Sent {
    Perhaps,
    No,
}

pub(crate) struct Desk {
    /// `GET /jwks`, `POST /token` and so on, in order.
    log: Mutex<Vec<String>>,
    bodies: Mutex<Vec<String>>,
    answers: Mutex<HashMap<&'static str, VecDeque<Answer>>>,
    /// The claims of the next ID token; without them, the token response has none.
    pub(crate) claims: Mutex<Option<Value>>,
    /// An ID token in place of the one that is made of the claims.
    pub(crate) id_token: Mutex<Option<String>>,
    /// The claims of a signed userinfo response; without them, it is not signed.
    pub(crate) signed_userinfo: Mutex<Option<Value>>,
    /// Further members of the token response.
    pub(crate) members: Mutex<Value>,
    /// Which key signs, and which are published.
    pub(crate) signs: Mutex<u8>,
    pub(crate) published: Mutex<Vec<u8>>,
    pub(crate) now: Arc<AtomicU64>,
}

type Reply = Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, TransportError>> + Send>>;

impl Desk {
    pub(crate) fn open() -> Arc<Self> {
        Arc::new(Self {
            log: Mutex::default(),
            bodies: Mutex::default(),
            answers: Mutex::default(),
            claims: Mutex::new(Some(honest_claims())),
            id_token: Mutex::default(),
            signed_userinfo: Mutex::default(),
            members: Mutex::new(json!({"refresh_token": "refresh-1", "expires_in": 3600})),
            signs: Mutex::new(1),
            published: Mutex::new(vec![1]),
            now: Arc::new(AtomicU64::new(NOW)),
        })
    }

    pub(crate) fn server() -> AuthorizationServer {
        let endpoint = |path: &str| Endpoint::new(format!("https://as.example{path}")).unwrap();
        AuthorizationServer::new(Issuer::new(ISSUER).unwrap(), endpoint("/authorize"), endpoint("/token"))
            .with_jwks_uri(endpoint("/jwks"))
            .with_userinfo_endpoint(endpoint("/userinfo"))
            .with_revocation_endpoint(endpoint("/revoke"))
            .with_pushed_authorization_request_endpoint(endpoint("/par"))
            .with_device_authorization_endpoint(endpoint("/device_authorization"))
    }

    /// A client of this issuer, on this desk's clock.
    pub(crate) fn login(&self) -> Login {
        self.login_at(Self::server())
    }

    /// The same of a server of which something else is known.
    pub(crate) fn login_at(&self, server: AuthorizationServer) -> Login {
        let now = Arc::clone(&self.now);
        Login::new(server, CLIENT, "https://app.example/callback")
            .unwrap()
            .with_id_token_algorithms([Algorithm::EdDsa])
            .with_clock(move || SystemTime::UNIX_EPOCH + Duration::from_secs(now.load(Ordering::SeqCst)))
    }

    /// The way from the request to the code, with a browser that does what it is told.
    pub(crate) fn grant(&self, login: &Login, request: LoginRequest<'_>) -> CodeGrant {
        let (url, pending) = request.begin().unwrap();
        let nonce = form::raw_pairs(url.split_once('?').unwrap().1).find(|(name, _)| *name == "nonce");
        if let (Some((_, nonce)), Some(claims)) = (nonce, self.claims.lock().unwrap().as_mut())
            && claims.get("nonce") == Some(&json!("{nonce}"))
        {
            claims["nonce"] = json!(nonce);
        }
        let callback = format!("code=Sentinel0code&state={}", pending.state().expose());
        login.receive(pending, callback).unwrap()
    }

    pub(crate) fn time(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.now.load(Ordering::SeqCst))
    }

    /// Runs steps on this desk's clock.
    pub(crate) async fn drive<S: Steps>(&self, steps: &mut S, http: &impl Transport) -> Result<S::Output, S::Error> {
        proofkey::drive(steps, http, || self.time()).await
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn answer(&self, path: &'static str, answer: Answer) {
        self.answers.lock().unwrap().entry(path).or_default().push_back(answer);
    }

    pub(crate) fn edit_claims(&self, edit: impl FnOnce(&mut Value)) {
        edit(self.claims.lock().unwrap().as_mut().unwrap());
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, line: &str) -> usize {
        self.log().iter().filter(|own| *own == line).count()
    }

    pub(crate) fn last_form(&self) -> HashMap<String, String> {
        let bodies = self.bodies.lock().unwrap();
        form::raw_pairs(bodies.last().unwrap())
            .map(|(name, value)| (name.to_owned(), form::decode(value).unwrap().into_owned()))
            .collect()
    }

    /// The body of each request, in order.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }

    /// The transport to this desk.
    pub(crate) fn http(self: &Arc<Self>) -> impl Fn(Request<Vec<u8>>) -> Reply + Send + Sync + use<> {
        let desk = Arc::clone(self);
        move |request| {
            let desk = Arc::clone(&desk);
            Box::pin(async move { desk.serve(&request).await })
        }
    }

    /// The transport to this desk for programs without a runtime.
    pub(crate) fn blocking(
        self: &Arc<Self>,
    ) -> impl Fn(Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> + Send + Sync + use<> {
        let http = self.http();
        move |request| {
            let mut answer = http(request);
            let mut context = Context::from_waker(Waker::noop());
            loop {
                if let Poll::Ready(answer) = answer.as_mut().poll(&mut context) {
                    return answer;
                }
                std::thread::yield_now();
            }
        }
    }

    async fn serve(&self, request: &Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> {
        let path = request.uri().path().to_owned();
        self.log.lock().unwrap().push(format!("{} {path}", request.method()));
        self.bodies.lock().unwrap().push(String::from_utf8(request.body().clone()).unwrap());
        let answer = self.answers.lock().unwrap().get_mut(path.as_str()).and_then(VecDeque::pop_front);
        match answer {
            Some(Answer::Hang) => std::future::pending().await,
            Some(Answer::Reply(status, body)) => return Ok(reply(status, body)),
            Some(Answer::Fail(fault, Sent::Perhaps)) => return Err(TransportError::after_sending(fault)),
            Some(Answer::Fail(fault, Sent::No)) => return Err(TransportError::before_sending(fault)),
            Some(Answer::Late) => tokio::task::yield_now().await,
            None => {}
        }
        Ok(match path.as_str() {
            "/jwks" => reply(200, self.key_set()),
            "/token" => reply(200, self.tokens()),
            "/userinfo" => self.userinfo(),
            "/revoke" => reply(200, String::new()),
            "/par" => reply(201, r#"{"request_uri":"urn:pushed:1","expires_in":60}"#.to_owned()),
            "/device_authorization" => reply(200, DEVICE_CODES.to_owned()),
            "/.well-known/openid-configuration" => reply(200, metadata()),
            _ => reply(404, String::new()),
        })
    }

    fn key_set(&self) -> String {
        let keys: Vec<_> = self.published.lock().unwrap().iter().map(|seed| jwk(*seed)).collect();
        json!({ "keys": keys }).to_string()
    }

    fn userinfo(&self) -> Response<Vec<u8>> {
        let Some(claims) = &*self.signed_userinfo.lock().unwrap() else {
            return reply(200, r#"{"sub":"user-17","email":"a@example.com"}"#.to_owned());
        };
        let mut signed = reply(200, sign(*self.signs.lock().unwrap(), claims));
        signed.headers_mut().insert("content-type", "application/jwt".parse().unwrap());
        signed
    }

    fn tokens(&self) -> String {
        let mut document = json!({"access_token": "access-1", "token_type": "Bearer"});
        for (name, value) in self.members.lock().unwrap().as_object().unwrap() {
            document[name] = value.clone();
        }
        if let Some(claims) = self.claims.lock().unwrap().as_ref() {
            document["id_token"] = json!(sign(*self.signs.lock().unwrap(), claims));
        }
        if let Some(id_token) = self.id_token.lock().unwrap().as_ref() {
            document["id_token"] = json!(id_token);
        }
        document.to_string()
    }
}

fn reply(status: u16, body: String) -> Response<Vec<u8>> {
    Response::builder().status(status).header("content-type", "application/json").body(body.into_bytes()).unwrap()
}

pub(crate) fn metadata() -> String {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://as.example/authorize",
        "token_endpoint": "https://as.example/token",
        "jwks_uri": "https://as.example/jwks",
        "code_challenge_methods_supported": ["S256"],
    })
    .to_string()
}

/// `{nonce}` is replaced by the nonce of the login that begins next.
pub(crate) fn honest_claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "user-17", "aud": CLIENT, "exp": NOW + 600, "iat": NOW, "auth_time": NOW - 10,
        "nonce": "{nonce}", "acr": "urn:mfa", "email": "Sentinel0@example.com",
    })
}

fn key(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn jwk(seed: u8) -> Value {
    let x = URL_SAFE_NO_PAD.encode(key(seed).public_key());
    json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": format!("key-{seed}"), "x": x})
}

pub(crate) fn sign(seed: u8, claims: &Value) -> String {
    sign_as("JWT", seed, claims)
}

pub(crate) fn sign_as(token_type: &str, seed: u8, claims: &Value) -> String {
    let header = json!({"typ": token_type, "alg": "EdDSA", "kid": format!("key-{seed}")});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", part(&header), part(claims));
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(key(seed).sign(input.as_bytes())))
}

/// An ID token whose key is a client secret.
pub(crate) fn sign_hs256(secret: &str, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", part(&json!({"alg": "HS256"})), part(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// The left half of the hash that goes with EdDSA.
pub(crate) fn half_hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA512, text.as_bytes()).as_ref()[..32])
}

/// Every text that an error shows to somebody.
pub(crate) fn texts(error: &dyn std::error::Error) -> String {
    let mut texts = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(current) = cause {
        texts.push_str(&format!(" {current} {current:?}"));
        cause = current.source();
    }
    texts
}
