//! Requests to an API that are sent again with a nonce or a new token (AT-10, AT-11, DP-17), by each driver.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use proofkey_token::{
    AccessToken, Api, ApiCallError, ApiToken, BlockingTokenSource, BlockingTransport, ClientAuthentication,
    ExchangeRequest, StepUp, TokenSet, TokenSource, Transport, TransportError, TransportErrorKind,
};

use crate::dpop::{BOUND, dpop, proof};
use crate::flow::*;

/// What the API answers: status, challenge, nonce. Status 0 is a connection that breaks.
type Answer = (u16, &'static str, &'static str);

const OK: Answer = (200, "", "");
const REFUSED: Answer = (401, "Bearer error=\"invalid_token\"", "");
const BARE: Answer = (401, "", "");

/// An API with a script, whose last answer it repeats, and a source of the tokens a, b, c, ...
#[derive(Default)]
struct Setting {
    answers: Vec<Answer>,
    /// The tokens that are left, the next one first.
    tokens: Mutex<Vec<&'static str>>,
    asked: Mutex<Vec<Option<String>>>,
    received: Mutex<Vec<Request<Vec<u8>>>>,
}

#[derive(Debug)]
enum Failed {
    Source,
    Call(ApiCallError),
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Failed {}

impl From<ApiCallError> for Failed {
    fn from(error: ApiCallError) -> Self {
        Self::Call(error)
    }
}

impl Setting {
    fn new(answers: &[Answer], tokens: &[&'static str]) -> Arc<Self> {
        Arc::new(Self { answers: answers.to_vec(), tokens: Mutex::new(tokens.to_vec()), ..Self::default() })
    }

    fn serve(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> {
        let mut received = self.received.lock().unwrap();
        let (status, challenge, nonce) = self.answers[received.len().min(self.answers.len() - 1)];
        received.push(request);
        assert!(received.len() < 10, "a loop");
        if status == 0 {
            return Err(TransportError::after_sending(TransportErrorKind::Reset));
        }
        let mut response = Response::builder().status(status).header("location", "https://evil.example/");
        for (name, value) in [("www-authenticate", challenge), ("dpop-nonce", nonce)] {
            response = if value.is_empty() { response } else { response.header(name, value) };
        }
        Ok(response.body(b"body".to_vec()).unwrap())
    }

    fn next_token(&self, refused: Option<&ApiToken>) -> Result<Option<ApiToken>, Failed> {
        self.asked.lock().unwrap().push(refused.map(|token| token.access_token().expose().to_owned()));
        let mut tokens = self.tokens.lock().unwrap();
        match if tokens.is_empty() { "" } else { tokens.remove(0) } {
            "" => Ok(None),
            "failure" => Err(Failed::Source),
            "bound" => Ok(ApiToken::of(&bound())),
            token => Ok(Some(ApiToken::bearer(AccessToken::new(token).unwrap()))),
        }
    }

    /// `Authorization` of each request.
    fn sent(&self) -> Vec<String> {
        let received = self.received.lock().unwrap();
        received.iter().map(|request| request.headers()["authorization"].to_str().unwrap().to_owned()).collect()
    }

    fn asked(&self) -> Vec<Option<String>> {
        self.asked.lock().unwrap().clone()
    }
}

impl TokenSource for Setting {
    type Error = Failed;

    async fn token(&self, _: &impl Transport, refused: Option<&ApiToken>) -> Result<Option<ApiToken>, Failed> {
        self.next_token(refused)
    }
}

impl BlockingTokenSource for Setting {
    type Error = Failed;

    fn token(&self, _: &impl BlockingTransport, refused: Option<&ApiToken>) -> Result<Option<ApiToken>, Failed> {
        self.next_token(refused)
    }
}

fn bound() -> TokenSet {
    let authentication = ClientAuthentication::none().with_dpop(dpop());
    let (_, exchange) = ExchangeRequest::new(grant(), &server()).build(&authentication).unwrap();
    exchange.receive(&json(200, BOUND), now()).unwrap()
}

fn api() -> Api {
    Api::new("https://api.example/v1").unwrap().with_dpop(dpop())
}

fn notes() -> Request<Vec<u8>> {
    Request::post("https://api.example/v1/notes?a=b").header("x-own", "1").body(b"a note".to_vec()).unwrap()
}

/// The output of a future that waits for nothing.
fn ready<T>(future: impl Future<Output = T> + Send) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

type Driver = fn(&Arc<Setting>, Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Failed>;

const DRIVERS: &[Driver] = &[
    |setting, request| {
        let http = |request| std::future::ready(setting.serve(request));
        ready(api().send(&http, &**setting, request))
    },
    |setting, request| api().send_blocking(&|request| setting.serve(request), &**setting, request),
    #[cfg(feature = "tower")]
    tower::driver,
];

/// Runs the script with each driver: the status or the error's code, what was sent, and how often a token was asked for.
#[track_caller]
fn expect(answers: &[Answer], tokens: &[&'static str], outcome: &str, sent: &[&str], asked: usize) {
    for driver in DRIVERS {
        let setting = Setting::new(answers, tokens);
        let received = match driver(&setting, notes()) {
            Ok(response) => response.status().to_string(),
            Err(Failed::Source) => "source".to_owned(),
            Err(Failed::Call(error)) => error.code().to_owned(),
        };
        assert!(received.starts_with(outcome), "{received}");
        assert_eq!(setting.sent(), sent);
        assert_eq!(setting.asked().len(), asked, "{:?}", setting.asked());
        for request in &*setting.received.lock().unwrap() {
            assert_eq!((request.method().as_str(), &request.body()[..]), ("POST", &b"a note"[..]));
            assert_eq!(request.uri(), "https://api.example/v1/notes?a=b");
            assert_eq!(request.headers()["x-own"], "1");
        }
    }
}

#[test]
fn at_10_a_refused_token_is_replaced_once() {
    expect(&[OK], &["a", "b"], "200", &["Bearer a"], 1);
    for refused in [REFUSED, BARE, (401, "Basic realm=x", ""), (401, "DPoP error=invalid_token", "")] {
        expect(&[refused, OK], &["a", "b", "c"], "200", &["Bearer a", "Bearer b"], 2);
        expect(&[refused], &["a", "b", "c"], "401", &["Bearer a", "Bearer b"], 2);
        // There is no other: the refusal is the response.
        expect(&[refused, OK], &["a"], "401", &["Bearer a"], 2);
    }
    for driver in DRIVERS {
        let setting = Setting::new(&[REFUSED, OK], &["a", "b"]);
        driver(&setting, notes()).unwrap();
        assert_eq!(setting.asked(), [None, Some("a".to_owned())]);
    }
}

#[test]
fn at_10_what_a_new_token_does_not_remedy_is_the_response() {
    for answer in [
        (401, "Bearer error=\"invalid_request\"", ""),
        (401, "Bearer error=\"insufficient_scope\"", ""),
        (401, "Bearer error=\"invalid_token\", DPoP error=\"invalid_dpop_proof\"", ""),
        (401, "DPoP error=\"use_dpop_nonce\"", ""),
        (403, "Bearer error=\"insufficient_scope\"", ""),
        (403, "Bearer error=\"invalid_token\"", ""),
        (200, "Bearer error=\"invalid_token\"", ""),
        (503, "", ""),
    ] {
        expect(&[answer, OK], &["a", "b"], &answer.0.to_string(), &["Bearer a"], 1);
    }
    for driver in DRIVERS {
        let challenge = "Bearer error=\"insufficient_user_authentication\", max_age=300";
        let setting = Setting::new(&[(401, challenge, ""), OK], &["a", "b"]);
        let response = driver(&setting, notes()).unwrap();
        assert_eq!(StepUp::from_response(&response).unwrap().max_age(), Some(300));
    }
}

#[test]
fn dp_17_a_nonce_and_a_new_token_are_tried_once_each() {
    const NONCE: Answer = (401, "DPoP error=\"use_dpop_nonce\"", "n");
    const BOUND_REFUSED: Answer = (401, "DPoP error=\"invalid_token\"", "");
    let tokens = ["bound"; 9];
    expect(&[NONCE, OK], &tokens, "200", &["DPoP opaque"; 2], 1);
    expect(&[NONCE], &tokens, "401", &["DPoP opaque"; 2], 1);
    expect(&[NONCE, BOUND_REFUSED, NONCE], &tokens, "401", &["DPoP opaque"; 3], 2);
    expect(&[BOUND_REFUSED, NONCE, BOUND_REFUSED], &tokens, "401", &["DPoP opaque"; 3], 2);
    for driver in DRIVERS {
        let setting = Setting::new(&[NONCE, OK], &tokens);
        driver(&setting, notes()).unwrap();
        let received = setting.received.lock().unwrap();
        let proofs = [&received[0], &received[1]].map(|request| proof(request).1);
        assert_eq!((proofs[0].get("nonce"), &proofs[1]["nonce"]), (None, &"n".into()));
        assert_ne!(proofs[0]["jti"], proofs[1]["jti"]);
    }
}

#[test]
fn at_11_no_token_is_asked_for_and_nothing_sent_to_another_origin() {
    for other in ["https://evil.example/", "http://api.example/", "https://api.example:8443/", "https://a@api.example/"]
    {
        for driver in DRIVERS {
            let setting = Setting::new(&[OK], &["a"]);
            let request = Request::get(other).body(Vec::new()).unwrap();
            let Failed::Call(error) = driver(&setting, request).unwrap_err() else { panic!("{other}") };
            assert_eq!((error.code(), error.is_retryable()), ("token_request_another_origin", false));
            assert_eq!((setting.sent().len(), setting.asked().len()), (0, 0));
        }
    }
    // A redirect is handed back.
    for status in [301, 302, 303, 307, 308] {
        expect(&[(status, "", ""), OK], &["a", "b"], &status.to_string(), &["Bearer a"], 1);
    }
}

#[test]
fn without_a_token_or_a_response_there_is_an_error() {
    expect(&[OK], &[], "token_request_no_access_token", &[], 1);
    expect(&[OK], &["failure"], "source", &[], 1);
    expect(&[REFUSED], &["a", "failure"], "source", &["Bearer a"], 2);
    expect(&[(0, "", ""), OK], &["a", "b"], "transport_", &["Bearer a"], 1);
    expect(&[REFUSED, (0, "", "")], &["a", "b"], "transport_", &["Bearer a", "Bearer b"], 2);
    // Bound to a key that the `Api` does not have.
    let setting = Setting::new(&[OK], &["bound"]);
    let http = |request| setting.serve(request);
    let error = Api::new("https://api.example").unwrap().send_blocking(&http, &*setting, notes()).unwrap_err();
    assert!(matches!(error, Failed::Call(error) if error.code() == "token_request_proof_key"));
    assert_eq!(setting.sent().len(), 0);
}

#[test]
fn tokens_that_nothing_renews_are_sent_once() {
    let tokens = receive(&with("access_token", "\"Sentinel0token\"")).unwrap();
    let setting = Setting::new(&[REFUSED], &[]);
    let http = |request| std::future::ready(setting.serve(request));
    assert_eq!(ready(api().send(&http, &tokens, notes())).unwrap().status(), 401);
    let http = |request| setting.serve(request);
    assert_eq!(api().send_blocking(&http, &tokens, notes()).unwrap().status(), 401);
    assert_eq!(setting.sent(), ["Bearer Sentinel0token"; 2]);
    let copy = ApiToken::of(&tokens).unwrap();
    assert!(copy.is_of(&tokens) && !copy.is_of(&bound()) && !format!("{copy:?}").contains("Sentinel"));
}

#[cfg(feature = "tower")]
mod tower {
    use std::error::Error;

    use proofkey_token::ApiLayer;
    use tower_layer::Layer;
    use tower_service::Service;

    use super::*;

    /// A client that must be ready before each call, and is ready after it was asked twice.
    #[derive(Clone)]
    struct Client(Arc<Setting>, u32);

    impl Service<Request<Vec<u8>>> for Client {
        type Response = Response<Vec<u8>>;
        type Error = TransportError;
        type Future = std::future::Ready<Result<Response<Vec<u8>>, TransportError>>;

        fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
            self.1 += 1;
            if self.1 > 1 {
                return Poll::Ready(Ok(()));
            }
            context.waker().wake_by_ref();
            Poll::Pending
        }

        fn call(&mut self, request: Request<Vec<u8>>) -> Self::Future {
            assert!(self.1 > 1, "called before it is ready");
            self.1 = 0;
            std::future::ready(self.0.serve(request))
        }
    }

    pub(super) fn driver(setting: &Arc<Setting>, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Failed> {
        let source = Arc::clone(setting);
        let layer = ApiLayer::new(api(), move |refused: Option<ApiToken>| {
            let source = Arc::clone(&source);
            async move { source.next_token(refused.as_ref()) }
        });
        let mut service = layer.layer(Client(Arc::clone(setting), 0));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answer = runtime.block_on(async {
            std::future::poll_fn(|context| service.poll_ready(context)).await?;
            tokio::spawn(service.call(request)).await.unwrap()
        });
        answer.map_err(|error: Box<dyn Error + Send + Sync>| match error.downcast::<Failed>() {
            Ok(failed) => *failed,
            Err(error) => Failed::Call(*error.downcast().unwrap()),
        })
    }
}
