use std::time::Duration;

use proofkey_jwt::{COOLDOWN, DEFAULT_FRESH, JwkCache, JwkSet, MAX_FRESH, MAX_STALE, MIN_FRESH, TICKET_LIFE};
use serde_json::json;

use crate::support::*;

const SECOND: Duration = Duration::from_secs(1);

fn keys() -> JwkSet {
    set(&ED)
}

/// A cache that fetched the set at [`NOW`] with that header.
fn filled(cache_control: Option<&str>) -> JwkCache {
    let mut cache = JwkCache::new();
    let ticket = cache.look(at(NOW)).fetch.unwrap();
    cache.fetched(ticket, keys(), cache_control, at(NOW));
    cache
}

fn is_fresh_for(cache_control: Option<&str>, due: Duration) {
    let mut cache = filled(cache_control);
    let last = cache.look(at(NOW) + due - SECOND);
    assert!(last.keys.is_some() && last.fetch.is_none(), "{cache_control:?}: fresh for {due:?}");
    let stale = cache.look(at(NOW) + due);
    assert!(stale.keys.is_some() && stale.fetch.is_some(), "{cache_control:?}: no longer than {due:?}");
}

#[test]
fn the_times_are_those_of_the_documentation() {
    assert_eq!([MIN_FRESH, DEFAULT_FRESH].map(|time| time.as_secs()), [60, 300]);
    assert_eq!([MAX_FRESH, MAX_STALE].map(|time| time.as_secs()), [86_400; 2]);
    assert_eq!([COOLDOWN, TICKET_LIFE].map(|time| time.as_secs()), [30; 2]);
}

#[test]
fn the_response_says_how_long_the_set_is_fresh_within_bounds() {
    is_fresh_for(None, DEFAULT_FRESH);
    is_fresh_for(Some(""), DEFAULT_FRESH);
    is_fresh_for(Some("public"), DEFAULT_FRESH);
    is_fresh_for(Some("max-age=3600"), Duration::from_secs(3600));
    is_fresh_for(Some("public, Max-Age=\"3600\" , must-revalidate"), Duration::from_secs(3600));
    is_fresh_for(Some("s-maxage=7, max-age=3600"), Duration::from_secs(3600));
    is_fresh_for(Some("max-age=0"), MIN_FRESH);
    is_fresh_for(Some("max-age=59"), MIN_FRESH);
    is_fresh_for(Some("max-age=99999999999999999999999999"), MAX_FRESH);
    is_fresh_for(Some("max-age=3600, no-store"), MIN_FRESH);
    is_fresh_for(Some("no-cache"), MIN_FRESH);
    is_fresh_for(Some("NO-CACHE=\"set-cookie\", max-age=3600"), MIN_FRESH);
    is_fresh_for(Some("max-age=-1"), MIN_FRESH);
    is_fresh_for(Some("max-age=ten"), MIN_FRESH);
    is_fresh_for(Some("max-age"), MIN_FRESH);
    is_fresh_for(Some("max-age=600, max-age=600"), Duration::from_secs(600));
    is_fresh_for(Some("max-age=600, max-age=700"), MIN_FRESH);
}

#[test]
fn id_31_an_unknown_key_brings_one_fetch_and_a_rotated_key_is_found() {
    let rotated = token_of(
        &json!({"alg": "EdDSA", "kid": "new"}).to_string(),
        claims().to_string().as_bytes(),
        &OTHER_ED,
        proofkey_jwt::Algorithm::EdDsa,
    );
    let mut cache = filled(Some("max-age=3600"));
    let now = at(NOW) + COOLDOWN;
    let held = cache.look(now).keys.unwrap();
    let error = proofkey_jwt::IdToken::validate(&rotated, &held, &expected()).unwrap_err();
    assert!(error.is_key_not_found());
    let ticket = cache.unknown_key(now).unwrap();
    let newer = set_of(&[with(OTHER_ED.jwk(), "kid", json!("new"))]);
    cache.fetched(ticket, newer, None, now);
    let held = cache.look(now).keys.unwrap();
    proofkey_jwt::IdToken::validate(&rotated, &held, &expected()).unwrap();
}

#[test]
fn id_31_bad_tokens_do_not_flood_the_issuer() {
    let mut cache = filled(Some("max-age=3600"));
    // Just fetched: nothing newer is to be had.
    assert!(cache.unknown_key(at(NOW) + COOLDOWN - SECOND).is_none());
    let mut fetches = 0;
    for second in 0..600 {
        let now = at(NOW) + COOLDOWN + second * SECOND;
        if let Some(ticket) = cache.unknown_key(now) {
            fetches += 1;
            cache.fetched(ticket, keys(), Some("max-age=3600"), now);
        }
    }
    assert_eq!(fetches, 600 / COOLDOWN.as_secs());
}

#[test]
fn one_fetch_is_out_at_a_time() {
    let mut cache = JwkCache::new();
    let first = cache.look(at(NOW));
    assert!(first.keys.is_none());
    let ticket = first.fetch.unwrap();
    for _ in 0..1000 {
        let lookup = cache.look(at(NOW) + SECOND);
        assert!(lookup.keys.is_none() && lookup.fetch.is_none());
        assert!(cache.unknown_key(at(NOW) + SECOND).is_none());
    }
    cache.fetched(ticket, keys(), None, at(NOW) + SECOND);
    assert!(cache.look(at(NOW) + SECOND).keys.is_some());
}

#[test]
fn a_ticket_that_was_dropped_lapses() {
    let mut cache = JwkCache::new();
    drop(cache.look(at(NOW)).fetch.unwrap());
    assert!(cache.look(at(NOW) + TICKET_LIFE - SECOND).fetch.is_none());
    let second = cache.look(at(NOW) + TICKET_LIFE).fetch.unwrap();
    cache.fetched(second, keys(), None, at(NOW) + TICKET_LIFE);
    assert!(cache.look(at(NOW) + TICKET_LIFE).keys.is_some());
}

#[test]
fn what_an_older_ticket_brings_does_not_replace_what_a_newer_one_brought() {
    let mut cache = JwkCache::new();
    let slow = cache.look(at(NOW)).fetch.unwrap();
    let slower = cache.look(at(NOW) + TICKET_LIFE).fetch.unwrap();
    let quick = cache.look(at(NOW) + 2 * TICKET_LIFE).fetch.unwrap();
    cache.fetched(slower, set_of(&[]), None, at(NOW) + 2 * TICKET_LIFE);
    assert!(cache.look(at(NOW) + 2 * TICKET_LIFE).keys.is_none(), "the newest is still out");
    cache.fetched(quick, keys(), None, at(NOW) + 2 * TICKET_LIFE);
    cache.fetched(slow, set_of(&[]), None, at(NOW) + 2 * TICKET_LIFE + SECOND);
    assert_eq!(cache.look(at(NOW) + 2 * TICKET_LIFE + SECOND).keys.unwrap().keys().len(), 1);
}

#[test]
fn a_late_answer_counts_while_no_other_fetch_was_made() {
    let mut cache = JwkCache::new();
    let slow = cache.look(at(NOW)).fetch.unwrap();
    cache.fetched(slow, keys(), None, at(NOW) + 10 * TICKET_LIFE);
    assert!(cache.look(at(NOW) + 10 * TICKET_LIFE).keys.is_some());
}

#[test]
fn the_old_set_serves_while_fetches_fail_but_not_for_ever() {
    let mut cache = filled(Some("max-age=3600"));
    let stale = at(NOW) + 3600 * SECOND;
    let lookup = cache.look(stale);
    assert!(lookup.keys.is_some());
    cache.failed(lookup.fetch.unwrap(), stale);
    let soon = cache.look(stale + COOLDOWN - SECOND);
    assert!(soon.keys.is_some() && soon.fetch.is_none(), "no storm of retries");
    let later = cache.look(stale + COOLDOWN);
    assert!(later.keys.is_some());
    cache.failed(later.fetch.unwrap(), stale + COOLDOWN);
    assert!(cache.look(stale + MAX_STALE - SECOND).keys.is_some());
    assert!(cache.look(stale + MAX_STALE).keys.is_none(), "a key withdrawn a day ago is gone");
}

#[test]
fn an_empty_cache_that_cannot_fetch_waits_and_tries_again() {
    let mut cache = JwkCache::new();
    let ticket = cache.look(at(NOW)).fetch.unwrap();
    cache.failed(ticket, at(NOW));
    assert!(cache.look(at(NOW) + SECOND).fetch.is_none());
    assert!(cache.look(at(NOW) + COOLDOWN).fetch.is_some());
}

#[test]
fn the_wait_begins_when_the_failure_is_known() {
    let mut cache = JwkCache::new();
    let ticket = cache.look(at(NOW)).fetch.unwrap();
    assert_eq!(format!("{ticket:?}"), "FetchTicket(..)");
    let late = at(NOW) + TICKET_LIFE - SECOND;
    cache.failed(ticket, late);
    assert!(cache.look(late + COOLDOWN - SECOND).fetch.is_none());
    assert!(cache.look(late + COOLDOWN).fetch.is_some());
}

#[test]
fn a_clock_set_back_wedges_nothing() {
    let mut cache = filled(Some("max-age=3600"));
    // A little back is two threads in another order.
    let close = cache.look(at(NOW) - SECOND);
    assert!(close.keys.is_some() && close.fetch.is_none());
    // A day back is a clock that was wrong before.
    let back = cache.look(at(NOW) - MAX_FRESH);
    assert!(back.keys.is_some());
    drop(back.fetch.unwrap());
    assert!(cache.look(at(NOW) - 2 * MAX_FRESH).fetch.is_some());
}
