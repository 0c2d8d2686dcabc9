//! The diagrams: the files are what the tables make, and the tables are what crosses the wire in a real login.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "diagrams/app.rs"]
mod app;
#[path = "diagrams/seen.rs"]
mod seen;

use std::path::Path;

use proofkey_authority::{Exchange, User};
use proofkey_book::cast::{CODE, Cast, GOOGLE_CODE};
use proofkey_book::diagram::{Diagram, LOGIN, Lane, Message, OVERVIEW, Step};
use seen::Seen;

/// The whole cast and an app: John Doe logs in at Google. What crossed the wire, in order, but for what the app asks
/// the authorization server about itself: its metadata and its keys.
async fn a_login() -> (Cast, Vec<Seen>) {
    let cast = Cast::start().await.unwrap();
    let app = app::start(&cast).await;
    let mut browser = cast.browser();
    let login = browser.open(&format!("{app}/login")).await.unwrap().page().unwrap().clone();
    let google = browser.click(&login, "Continue with Google").await.unwrap().page().unwrap().clone();
    // Steps that happen inside show in what is written down: the challenge is, the code and the person are not yet.
    assert!(cast.authority.stored_codes().is_empty());
    assert!(cast.authority.users().iter().all(|user| !user.sub.starts_with("google-oauth2|")));
    let john = User::google();
    let landing = browser.submit(&google, &[("email", &john.email), ("password", &john.password)]).await.unwrap();
    assert!(cast.authority.users().iter().any(|user| user.sub == "google-oauth2|1234567890"));
    let stored = cast.authority.stored_codes().remove(0);
    assert_eq!((stored.code.as_str(), stored.redeemed), (CODE, false));
    let asked = cast.wire().authorization_requests().remove(0);
    assert_eq!(stored.challenge.as_deref(), asked.query("code_challenge"), "the challenge was stored");
    let page = browser.deliver(&landing).await.unwrap();
    assert_eq!(page.body, "John Doe signed in");
    assert!(cast.authority.stored_codes()[0].redeemed, "the verifier was held against the challenge");
    assert!(cast.wire().faults().is_empty(), "{}", cast.wire().render());

    let about_itself = |exchange: &Exchange| exchange.path.starts_with("/.well-known/");
    let (about, login): (Vec<_>, Vec<_>) = cast.wire().exchanges().into_iter().partition(about_itself);
    assert_eq!(about.len(), 2, "metadata and keys");
    (cast, seen::in_order(&login))
}

#[tokio::test]
async fn the_steps_are_the_messages_of_a_real_login_in_their_order() {
    let (_cast, seen) = a_login().await;
    for diagram in [LOGIN, OVERVIEW] {
        let drawn: Vec<Message> = diagram.steps.iter().flat_map(|step| step.wire).copied().collect();
        let crossed: Vec<Message> = seen.iter().map(|seen| seen.message).collect();
        assert_eq!(drawn, crossed, "{}", diagram.title);
        for (step, messages) in with_messages(&diagram, &seen) {
            let Some((first, last)) = messages.first().zip(messages.last()) else {
                assert!(step.is_inside(), "{}: nothing on the wire", step.label);
                continue;
            };
            assert_eq!((first.from, last.to), (step.from, step.to), "{}", step.label);
            for name in step.carries {
                assert!(messages.iter().any(|seen| seen.value(name).is_some()), "{}: no {name}", step.label);
            }
        }
    }
    assert_eq!((LOGIN.steps.len(), OVERVIEW.steps.len()), (20, 16));
}

/// What is drawn as a secret is seen in the steps that say so, and nowhere else.
#[tokio::test]
async fn a_secret_is_seen_only_in_steps_that_name_it() {
    let (_cast, seen) = a_login().await;
    let steps = with_messages(&LOGIN, &seen);
    let secrets_of = |step: &Step, messages: &[Seen]| -> Vec<String> {
        assert!(step.secrets.iter().all(|name| step.carries.contains(name)), "{}", step.label);
        let values = |name: &&str| messages.iter().filter_map(|seen| seen.value(name)).collect::<Vec<_>>();
        step.secrets.iter().flat_map(values).collect()
    };
    let mut all: Vec<String> = steps.iter().flat_map(|(step, messages)| secrets_of(step, messages)).collect();
    all.sort();
    all.dedup();
    // Two codes, two verifiers, Google's secret, a password, two access tokens and an ID token: Google's own ID token
    // is drawn nowhere.
    assert_eq!(all.len(), 9);
    assert!(all.iter().any(|secret| secret == CODE) && all.iter().any(|secret| secret == GOOGLE_CODE));
    for (step, messages) in &steps {
        let named = secrets_of(step, messages);
        // The sign-in pages of the stand-ins name their test users, as no other page does.
        let shown = |seen: &Seen| seen.text.split("class=\"users\"").next().unwrap_or_default().to_owned();
        for secret in all.iter().filter(|secret| !named.contains(secret)) {
            assert!(
                messages.iter().all(|seen| !shown(seen).contains(secret.as_str())),
                "{} shows one more",
                step.label
            );
        }
    }
}

fn with_messages(diagram: &Diagram, seen: &[Seen]) -> Vec<(Step, Vec<Seen>)> {
    let mut rest = seen;
    let mut steps = Vec::new();
    for step in diagram.steps {
        let (messages, after) = rest.split_at(step.wire.len().min(rest.len()));
        steps.push((*step, messages.to_vec()));
        rest = after;
    }
    steps
}

/// `PROOFKEY_BLESS=1 cargo test -p proofkey-book --test diagrams` writes the files anew.
#[test]
fn the_files_are_what_the_tables_make() {
    for diagram in [LOGIN, OVERVIEW] {
        for (extension, made) in [("svg", diagram.svg()), ("md", diagram.list())] {
            let file = format!("src/diagrams/{}.{extension}", diagram.name);
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
            if std::env::var_os("PROOFKEY_BLESS").is_some() {
                std::fs::write(&path, &made).unwrap();
            }
            let kept = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                kept == made,
                "{file} is not what book/diagram makes: run this with PROOFKEY_BLESS=1 and look at it"
            );
        }
    }
}

#[test]
fn a_picture_stands_for_itself() {
    for diagram in [LOGIN, OVERVIEW] {
        let svg = diagram.svg();
        assert!(svg.lines().all(|line| !line.trim().is_empty()), "an empty line would end it in Markdown");
        assert!(svg.contains("role=\"img\"") && svg.contains("<title") && svg.contains("<desc"));
        let without_namespace = svg.replacen("http://www.w3.org/2000/svg", "", 1);
        for foreign in ["http", "<script", "<image", "<style", "href", "@import", "#0", "#f"] {
            assert!(!without_namespace.contains(foreign), "{foreign}");
        }
        assert_eq!(svg.matches("<tspan fill-opacity").count(), diagram.steps.len(), "a number for each step");
        let sentences = diagram.sentences();
        assert_eq!(sentences.len(), diagram.steps.len());
        assert!(sentences.iter().all(|sentence| sentence.ends_with('.')));
    }
    assert_eq!(LOGIN.sentences()[3], "4. Inside Server: challenge stored.");
    assert_eq!(
        LOGIN.sentences()[17],
        "18. App to Server: exchange, with code and code_verifier. Secrets: code and code_verifier."
    );
    assert_eq!(Lane::ALL.map(Lane::name), ["Browser", "App", "Server", "Google"]);
}
