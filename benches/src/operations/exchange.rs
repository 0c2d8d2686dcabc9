//! The whole exchange of a code over loopback: RFC 6749 section 4.1.3, one at a time and 64 at once.

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_TYPE};
use oauth2::basic::BasicClient;
use proofkey_authorize::CodeGrant;
use proofkey_token::{ClientAuthentication, ExchangeRequest, Http, Transport as _};
use tokio::task::JoinSet;

use crate::Operation;
use crate::fixtures::{AUTHORIZE, CLIENT_ID, CODE, REDIRECT_URI, VERIFIER, grant, server_at};
use crate::loopback;
use crate::operations::response::Tokens;

pub(super) fn operations() -> Vec<Operation> {
    vec![whole("exchange", 1), whole("exchanges", 64)]
}

/// All contenders send from one thread to one server, each over connections of its own that are kept.
fn whole(name: &'static str, at_once: usize) -> Operation {
    let token_endpoint = loopback::serve();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let run = Rc::new(move |all: Vec<Exchange>| runtime.block_on(to_the_end(all)));
    let each = |one: Box<dyn Fn() -> Exchange>| {
        let run = run.clone();
        move || run((0..at_once).map(|_| one()).collect())
    };
    let about = "the limit: reqwest with a deadline, its URL parsed once and its body ready, and of the response what the \
                 limit of `token` reads; the floor: no deadline, and nothing read but the bytes";
    let (prepare, ours) = ours(&token_endpoint);
    let own = run.clone();
    Operation::new(name, about, 1.03)
        .with_each(
            "ours",
            move || (0..at_once).map(|_| prepare()).collect::<Vec<_>>(),
            move |grants| own(grants.into_iter().map(&ours).collect()),
        )
        .with(
            "limit",
            each(raw(&token_endpoint, client().timeout(Duration::from_secs(30)), |body| {
                black_box(Tokens::read(body).expect("tokens"));
            })),
        )
        .with("floor", each(raw(&token_endpoint, client(), |body| assert!(!body.is_empty()))))
        .with("oauth2 5", each(oauth2(token_endpoint)))
}

/// One exchange under way.
type Exchange = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs them side by side, and waits for the last.
async fn to_the_end(mut all: Vec<Exchange>) {
    if all.len() == 1 {
        return all.remove(0).await;
    }
    let mut all = all.into_iter().collect::<JoinSet<_>>();
    while let Some(done) = all.join_next().await {
        done.expect("an exchange");
    }
}

/// What makes a grant, which is good for one exchange, and what exchanges it.
fn ours(token_endpoint: &str) -> (impl Fn() -> CodeGrant + 'static, impl Fn(CodeGrant) -> Exchange + 'static) {
    let server = server_at(token_endpoint);
    let http = Http::builder().allow_http_loopback().build().expect("a client");
    let world = Arc::new((server.clone(), http, ClientAuthentication::none()));
    let prepare = move || grant(&server);
    let exchange = move |grant| -> Exchange {
        let world = world.clone();
        Box::pin(async move {
            let (server, http, authentication) = &*world;
            let (request, awaited) = ExchangeRequest::new(grant, server).build(authentication).expect("a request");
            let response = http.send(request).await.expect("a response");
            black_box(awaited.receive(&response, std::time::SystemTime::now()).expect("tokens"));
        })
    };
    (prepare, exchange)
}

fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy()
}

fn raw(token_endpoint: &str, client: reqwest::ClientBuilder, read: fn(&[u8])) -> Box<dyn Fn() -> Exchange> {
    let url: reqwest::Url = token_endpoint.parse().expect("a URL");
    let body = format!(
        "grant_type=authorization_code&code={CODE}&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback\
         &code_verifier={VERIFIER}&client_id={CLIENT_ID}"
    );
    let world = Arc::new((url, body, client.build().expect("a client")));
    Box::new(move || {
        let world = world.clone();
        Box::pin(async move {
            let (url, body, http) = &*world;
            let mut request = reqwest::Request::new(reqwest::Method::POST, url.clone());
            let headers = request.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
            headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.clone().into());
            let response = http.execute(request).await.expect("a response");
            assert!(response.status().is_success());
            read(&response.bytes().await.expect("a body"));
        })
    })
}

fn oauth2(token_endpoint: String) -> Box<dyn Fn() -> Exchange> {
    let client = BasicClient::new(oauth2::ClientId::new(CLIENT_ID.to_owned()))
        .set_auth_uri(oauth2::AuthUrl::new(AUTHORIZE.to_owned()).expect("a URL"))
        .set_token_uri(oauth2::TokenUrl::new(token_endpoint).expect("a URL"))
        .set_redirect_uri(oauth2::RedirectUrl::new(REDIRECT_URI.to_owned()).expect("a URL"));
    let http = oauth2::reqwest::ClientBuilder::new().redirect(oauth2::reqwest::redirect::Policy::none()).no_proxy();
    let world = Arc::new((client, http.build().expect("a client")));
    Box::new(move || {
        let world = world.clone();
        Box::pin(async move {
            let (client, http) = &*world;
            let tokens = client
                .exchange_code(oauth2::AuthorizationCode::new(CODE.to_owned()))
                .set_pkce_verifier(oauth2::PkceCodeVerifier::new(VERIFIER.to_owned()))
                .request_async(http)
                .await;
            black_box(tokens.expect("tokens"));
        })
    })
}
