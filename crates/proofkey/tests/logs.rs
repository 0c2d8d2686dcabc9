//! No secret in a log, a panic message or a URL: a whole login over https with everything written down that reqwest,
//! hyper, rustls and we have to say. A binary of its own, for there is one subscriber, one logger and one panic hook a
//! process.
#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use proofkey::token::{ClientAuthentication, ClientSecret, Http};
use proofkey::{Identity, Login, LoginError, discover, drive};
use proofkey_authority::lie::{IdTokenEdit, JsonEdit};
use proofkey_authority::{Authority, Browser, Client, Lie, Setup, ca_pem};
use tracing::field::Field;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

static LOG: Mutex<String> = Mutex::new(String::new());

fn write(from: &str, text: &dyn Debug) {
    let mut log = LOG.lock().unwrap();
    writeln!(log, "[{from}] {text:?}").unwrap();
}

/// Keeps every span and every event, at every level.
struct Everything;

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut |field: &Field, value: &dyn Debug| write(span.metadata().target(), &(field.name(), value)));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut |field: &Field, value: &dyn Debug| write("span", &(field.name(), value)));
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut |field: &Field, value: &dyn Debug| write(event.metadata().target(), &(field.name(), value)));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl log::Log for Everything {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        write(record.target(), record.args());
    }

    fn flush(&self) {}
}

/// What an application does that unwraps too much: its panic message has the `Debug` of the value.
fn panic_with(value: &dyn Debug) {
    catch_unwind(AssertUnwindSafe(|| panic!("unexpected: {value:?} {value:#?}"))).unwrap_err();
}

/// What an application logs of an error: all of it.
fn log_error(error: &LoginError) {
    tracing::error!(?error, %error, source = ?std::error::Error::source(error));
    log::error!("{error:#} {error:?}");
    panic_with(error);
}

#[tokio::test]
async fn pk_18_no_secret_is_in_a_log_a_panic_or_a_url() {
    tracing::subscriber::set_global_default(Everything).unwrap();
    log::set_logger(&Everything).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.to_string();
        write("panic", &message);
        if !message.lines().nth(1).is_some_and(|line| line.starts_with("unexpected: ")) {
            loud(panic);
        }
    }));

    // An honest server, and one whose ID token is refused at the last step.
    let swapped = IdTokenEdit::Claim(JsonEdit::Set("nonce".into(), "another".into()));
    for setup in [Setup::honest(), Setup::lying(Lie::id_token([swapped]))] {
        let authority = Authority::start(Setup { https: true, ..setup }).await;
        let client = Client::web();
        let secret = ClientSecret::new(client.auth.secret().unwrap()).unwrap();
        let builder = Http::builder().add_root_certificate_pem(ca_pem().as_bytes()).timeout(Duration::from_secs(20));
        let http = builder.build().unwrap();
        let server = discover(&http, authority.issuer()).await.unwrap();
        let login = Login::new(server, &client.id, &client.redirect_uris[0])
            .unwrap()
            .with_client_authentication(ClientAuthentication::basic(secret));
        panic_with(&login);
        let secrets = match log_in(&http, &authority, &login).await {
            (secrets, Ok(mut identity)) => {
                panic_with(&identity);
                login.refresh(&http, &mut identity).await.unwrap();
                login.userinfo(&http, &identity).await.unwrap();
                login.revoke(&http, identity.tokens().refresh_token().unwrap()).await.unwrap();
                log_error(&login.refresh(&http, &mut identity).await.unwrap_err());
                secrets
            }
            (secrets, Err(error)) => {
                log_error(&error);
                secrets
            }
        };

        let said = LOG.lock().unwrap().clone();
        assert_eq!(authority.wire().leaks_in(&said), [], "{}", authority.wire().mask(&said));
        for secret in &secrets {
            assert!(!said.contains(secret), "{}", said.replace(secret, "<SECRET>"));
            assert!(!said.contains(&octets(secret)), "a secret as a list of octets");
        }
        for exchange in authority.wire().exchanges() {
            assert_eq!(authority.wire().leaks_in(&exchange.url), [], "{}", exchange.path);
            assert!(exchange.headers.iter().all(|(name, _)| name != "referer"), "{}", exchange.path);
        }
        assert_all_are_heard(&said);
        assert_a_leak_is_seen(&authority, &secrets);
        LOG.lock().unwrap().clear();
    }
}

/// The whole way, with a `Debug` of each step in a panic; and what of it is secret, besides what the server knows.
async fn log_in(http: &Http, authority: &Authority, login: &Login) -> (Vec<String>, Result<Identity, LoginError>) {
    let (url, pending) = login.request().scope("openid profile email offline_access").begin().unwrap();
    panic_with(&pending);
    let landing = Browser::new(authority.wire()).open(&url).await.unwrap();
    let state = pending.state().expose().to_owned();
    let grant = login.receive(pending, landing.callback().unwrap()).unwrap();
    panic_with(&grant);
    let secrets = [&state, grant.nonce().unwrap().expose(), grant.verifier().unwrap().expose(), grant.code().expose()];
    let secrets = secrets.map(str::to_owned).to_vec();
    assert!(secrets[2..].iter().all(|secret| !url.contains(secret)));
    let mut finish = login.finish_steps(grant).unwrap();
    panic_with(&finish);
    let identity = drive(&mut finish, http, SystemTime::now).await;
    panic_with(&finish);
    (secrets, identity)
}

/// Whoever could have said something was heard: the layers below us, and the panics.
fn assert_all_are_heard(said: &str) {
    let targets: BTreeSet<_> =
        said.lines().filter_map(|line| line.strip_prefix('[')?.split([':', ']']).next()).collect();
    for target in ["hyper_util", "logs", "panic", "reqwest", "rustls"] {
        assert!(targets.contains(target), "{target} is silent: {targets:?}");
    }
}

/// The twin: one who does write a secret is caught, on each of the ways.
fn assert_a_leak_is_seen(authority: &Authority, secrets: &[String]) {
    let verifier = secrets[2].as_str();
    let ways: [fn(&str); 5] = [
        |secret| tracing::trace!(secret),
        |secret| drop(tracing::trace_span!("login", secret)),
        |secret| log::trace!("{secret}"),
        |secret| panic_with(&secret),
        |secret| write("octets", &secret.as_bytes()),
    ];
    for (at, way) in ways.into_iter().enumerate() {
        LOG.lock().unwrap().clear();
        way(verifier);
        let said = LOG.lock().unwrap().clone();
        let seen =
            if at == 4 { said.contains(&octets(verifier)) } else { !authority.wire().leaks_in(&said).is_empty() };
        assert!(seen, "{at}: {said}");
    }
}

/// The beginning of what `Debug` makes of a secret's octets.
fn octets(secret: &str) -> String {
    format!("{:?}", &secret.as_bytes()[..16]).trim_matches(['[', ']']).to_owned()
}
