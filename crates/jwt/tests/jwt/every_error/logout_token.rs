//! A logout token is refused: by its form, its type, its signature and a claim.

use proofkey_jwt::{ClaimName, LogoutTokenError, ReplayError, ReplayWindow};
use serde_json::{Value, json};

use super::{Pair, Row, check};
use crate::logout_token::{logout, receive, typed};
use crate::support::{NOW, at, with};

pub(crate) const TYPES: [&str; 2] = ["LogoutTokenError", "ReplayError"];

#[test]
fn every_logout_token_error() {
    check("LogoutTokenError", &rows(), LogoutTokenError::code);
    receive(&typed(None, &logout())).unwrap();
}

#[test]
fn every_replay_error() {
    let twice = |capacity| {
        let token = receive(&typed(None, &logout())).unwrap();
        let mut seen = ReplayWindow::new(capacity);
        seen.accept_logout(&token, at(NOW)).and_then(|()| seen.accept_logout(&token, at(NOW))).unwrap_err()
    };
    assert_eq!((twice(1), twice(0)), (ReplayError::Replayed, ReplayError::Full));
    let rows: [Row<ReplayError>; 2] =
        [("replay_seen", || ReplayError::Replayed), ("replay_window_full", || ReplayError::Full)];
    check("ReplayError", &rows, ReplayError::code);
}

pub(crate) fn pairs() -> Vec<Pair> {
    let pair = |(_, provoke): Row<LogoutTokenError>| match provoke() {
        LogoutTokenError::Claim { claim, fault, .. } => Some((claim, fault, "logout_token_", provoke().code())),
        _ => None,
    };
    let pairs: Vec<_> = rows().into_iter().filter_map(pair).collect();
    assert!(pairs.iter().any(|(claim, ..)| *claim == ClaimName::Events));
    pairs
}

fn rows() -> Vec<Row<LogoutTokenError>> {
    vec![
        ("jwt_segment_count", || receive("a.b").unwrap_err()),
        ("logout_token_typ_mismatch", || receive(&typed(Some("at+jwt"), &logout())).unwrap_err()),
        ("jws_bad_signature", || {
            let token = typed(None, &logout());
            receive(&format!("{}AAAA", &token[..token.len() - 4])).unwrap_err()
        }),
        ("logout_token_events_missing", || bent("events", None)),
        ("logout_token_events_wrong_type", || bent("events", json!([]))),
        ("logout_token_events_mismatch", || bent("events", json!({}))),
        ("logout_token_sid_empty", || bent("sid", json!(""))),
        ("logout_token_nonce_forbidden", || bent("nonce", json!("n"))),
    ]
}

fn bent(name: &str, value: impl Into<Option<Value>>) -> LogoutTokenError {
    receive(&typed(None, &with(logout(), name, value))).unwrap_err()
}
