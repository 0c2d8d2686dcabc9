use std::sync::Arc;
use std::time::Duration;

use proofkey_jwt::{FetchTicket, JwkCache, JwkSet, Lookup, UnknownKey};
use serde_json::json;

use crate::support::*;

const SECOND: Duration = Duration::from_secs(1);

fn keys() -> JwkSet {
    set(&ED)
}

fn missing(lookup: Lookup) -> FetchTicket {
    let Lookup::Missing(ticket) = lookup else { panic!("{lookup:?}") };
    ticket
}

fn ready(lookup: Lookup) -> Arc<JwkSet> {
    let Lookup::Ready(keys) = lookup else { panic!("{lookup:?}") };
    keys
}

fn stale(lookup: Lookup) -> (Arc<JwkSet>, FetchTicket) {
    let Lookup::Stale(keys, ticket) = lookup else { panic!("{lookup:?}") };
    (keys, ticket)
}

fn fetch(answer: UnknownKey) -> FetchTicket {
    let UnknownKey::Fetch(ticket) = answer else { panic!("{answer:?}") };
    ticket
}

/// A cache that fetched the set at [`NOW`] with that header, and the set.
fn filled(cache_control: Option<&str>) -> (JwkCache, Arc<JwkSet>) {
    let mut cache = JwkCache::new();
    let ticket = missing(cache.lookup(at(NOW)));
    let keys = cache.fetched(ticket, keys(), cache_control, at(NOW));
    (cache, keys)
}

fn is_fresh_for(cache_control: Option<&str>, due: Duration) {
    let (mut cache, keys) = filled(cache_control);
    let last = at(NOW) + due - SECOND;
    assert!(!cache.is_due(last) && Arc::ptr_eq(&ready(cache.lookup(last)), &keys), "{cache_control:?}: {due:?}");
    assert!(cache.is_due(at(NOW) + due), "{cache_control:?}: no longer than {due:?}");
    assert!(Arc::ptr_eq(&stale(cache.lookup(at(NOW) + due)).0, &keys));
}

#[test]
fn the_times_are_those_of_the_documentation() {
    assert_eq!([JwkCache::MIN_FRESH, JwkCache::DEFAULT_FRESH].map(|time| time.as_secs()), [60, 300]);
    assert_eq!([JwkCache::MAX_FRESH, JwkCache::MAX_STALE].map(|time| time.as_secs()), [86_400; 2]);
    assert_eq!(JwkCache::RETRY_DELAY.as_secs(), 1);
    assert_eq!([JwkCache::COOLDOWN, JwkCache::TICKET_LIFE].map(|time| time.as_secs()), [30; 2]);
}

#[test]
fn the_response_says_how_long_the_set_is_fresh_within_bounds() {
    is_fresh_for(None, JwkCache::DEFAULT_FRESH);
    is_fresh_for(Some(""), JwkCache::DEFAULT_FRESH);
    is_fresh_for(Some("public"), JwkCache::DEFAULT_FRESH);
    is_fresh_for(Some("max-age=3600"), Duration::from_secs(3600));
    is_fresh_for(Some("public, Max-Age=\"3600\" , must-revalidate"), Duration::from_secs(3600));
    is_fresh_for(Some("s-maxage=7, max-age=3600"), Duration::from_secs(3600));
    is_fresh_for(Some("max-age=0"), JwkCache::MIN_FRESH);
    is_fresh_for(Some("max-age=59"), JwkCache::MIN_FRESH);
    is_fresh_for(Some("max-age=99999999999999999999999999"), JwkCache::MAX_FRESH);
    is_fresh_for(Some("max-age=3600, no-store"), JwkCache::MIN_FRESH);
    is_fresh_for(Some("no-cache"), JwkCache::MIN_FRESH);
    is_fresh_for(Some("NO-CACHE=\"set-cookie\", max-age=3600"), JwkCache::MIN_FRESH);
    is_fresh_for(Some("max-age=-1"), JwkCache::MIN_FRESH);
    is_fresh_for(Some("max-age=ten"), JwkCache::MIN_FRESH);
    is_fresh_for(Some("max-age"), JwkCache::MIN_FRESH);
    is_fresh_for(Some("max-age=600, max-age=600"), Duration::from_secs(600));
    is_fresh_for(Some("max-age=600, max-age=700"), JwkCache::MIN_FRESH);
}

#[test]
fn without_a_usable_set_every_lookup_may_fetch() {
    let mut cache = JwkCache::new();
    let first = missing(cache.lookup(at(NOW)));
    let second = missing(cache.lookup(at(NOW)));
    cache.failed(first, at(NOW));
    // No wait after one failure, and no long one after more: without keys there is no other way on.
    assert!(cache.is_due(at(NOW)));
    let third = missing(cache.lookup(at(NOW)));
    cache.failed(third, at(NOW));
    let last = at(NOW) + JwkCache::RETRY_DELAY - Duration::from_nanos(1);
    assert!(!cache.is_due(last) && matches!(cache.lookup(last), Lookup::CoolingDown));
    assert!(cache.is_due(at(NOW) + JwkCache::RETRY_DELAY));
    drop(missing(cache.lookup(at(NOW) + JwkCache::RETRY_DELAY)));
    cache.fetched(second, keys(), None, at(NOW));
    ready(cache.lookup(at(NOW)));
    // A success ends the row: the next failure is the first one.
    let much_later = at(NOW) + JwkCache::MAX_STALE * 2;
    let fourth = missing(cache.lookup(much_later));
    cache.failed(fourth, much_later);
    assert!(cache.is_due(much_later));
}

#[test]
fn with_an_old_set_one_ticket_is_out_at_a_time() {
    let (mut cache, keys) = filled(None);
    let now = at(NOW) + JwkCache::DEFAULT_FRESH;
    let (_, ticket) = stale(cache.lookup(now));
    for _ in 0..1000 {
        assert!(!cache.is_due(now) && Arc::ptr_eq(&ready(cache.lookup(now)), &keys));
    }
    let newer = cache.fetched(ticket, set(&ED), None, now);
    assert!(!Arc::ptr_eq(&newer, &keys) && Arc::ptr_eq(&newer, &ready(cache.lookup(now))));
}

#[test]
fn a_dropped_ticket_gives_its_right_back_at_once() {
    let (mut cache, keys) = filled(None);
    let now = at(NOW) + JwkCache::DEFAULT_FRESH;
    let (_, ticket) = stale(cache.lookup(now));
    assert!(!cache.is_due(now));
    drop(ticket);
    assert!(cache.is_due(now));
    let (_, second) = stale(cache.lookup(now));
    // So does one for an unknown key, and no wait begins.
    drop(fetch(cache.unknown_key(&keys, now)));
    let doubt = fetch(cache.unknown_key(&keys, now));
    assert!(matches!(cache.unknown_key(&keys, now), UnknownKey::Fetching));
    drop(second);
    cache.failed(doubt, now);
}

#[test]
fn a_ticket_that_stays_out_lapses_and_its_set_is_still_accepted() {
    let (mut cache, keys) = filled(None);
    let now = at(NOW) + JwkCache::DEFAULT_FRESH;
    let (_, slow) = stale(cache.lookup(now));
    let slow_doubt = fetch(cache.unknown_key(&keys, now));
    let before = now + JwkCache::TICKET_LIFE - SECOND;
    ready(cache.lookup(before));
    assert!(matches!(cache.unknown_key(&keys, before), UnknownKey::Fetching));
    let lapsed = now + JwkCache::TICKET_LIFE;
    drop(fetch(cache.unknown_key(&keys, lapsed)));
    let (_, quick) = stale(cache.lookup(lapsed));
    let newer = cache.fetched(slow, set(&ED), None, lapsed);
    assert!(Arc::ptr_eq(&newer, &ready(cache.lookup(lapsed))));
    drop((slow_doubt, quick));
}

#[test]
fn what_an_older_ticket_brings_does_not_replace_what_a_newer_one_brought() {
    let mut cache = JwkCache::new();
    let slow = missing(cache.lookup(at(NOW)));
    let quick = missing(cache.lookup(at(NOW)));
    let newest = cache.fetched(quick, keys(), None, at(NOW));
    assert!(Arc::ptr_eq(&cache.fetched(slow, set_of(&[]), None, at(NOW) + SECOND), &newest));
    assert_eq!(ready(cache.lookup(at(NOW) + SECOND)).keys().len(), 1);
}

#[test]
fn id_31_a_key_rotated_right_after_a_fetch_is_found_by_the_first_token_that_names_it() {
    for seconds in [0, 1, 600] {
        let rotated = token_of(
            &json!({"alg": "EdDSA", "kid": "new"}).to_string(),
            claims().to_string().as_bytes(),
            &OTHER_ED,
            proofkey_jwt::Algorithm::EdDsa,
        );
        let (mut cache, tried) = filled(Some("max-age=3600"));
        let now = at(NOW) + seconds * SECOND;
        let error = validate_with(&rotated, &tried, &expected()).unwrap_err();
        assert!(error.is_key_not_found());
        let ticket = fetch(cache.unknown_key(&tried, now));
        let newer = set_of(&[with(OTHER_ED.jwk(), "kid", json!("new"))]);
        cache.fetched(ticket, newer, None, now);
        let UnknownKey::Newer(newer) = cache.unknown_key(&tried, now) else { panic!("the set is newer") };
        validate_with(&rotated, &newer, &expected()).unwrap();
    }
}

#[test]
fn id_31_bad_tokens_do_not_flood_the_issuer() {
    let (mut cache, mut tried) = filled(Some("max-age=3600"));
    let mut fetches = 0;
    for second in 0..600 {
        let now = at(NOW) + second * SECOND;
        match cache.unknown_key(&tried, now) {
            UnknownKey::Fetch(ticket) => {
                fetches += 1;
                tried = cache.fetched(ticket, keys(), Some("max-age=3600"), now);
            }
            answer => assert!(matches!(answer, UnknownKey::CoolingDown { last_failed: false }), "{answer:?}"),
        }
    }
    assert_eq!(fetches, 600 / JwkCache::COOLDOWN.as_secs());
}

#[test]
fn an_unknown_key_after_a_failed_fetch_is_not_known_to_be_bad() {
    let (mut cache, tried) = filled(Some("max-age=3600"));
    let ticket = fetch(cache.unknown_key(&tried, at(NOW)));
    cache.failed(ticket, at(NOW));
    assert!(matches!(cache.unknown_key(&tried, at(NOW)), UnknownKey::CoolingDown { last_failed: true }));
    drop(fetch(cache.unknown_key(&tried, at(NOW) + JwkCache::COOLDOWN)));
    // The failure of an ordinary fetch does not keep the token from being looked for.
    let (mut cache, tried) = filled(None);
    let now = at(NOW) + JwkCache::DEFAULT_FRESH;
    let (_, ticket) = stale(cache.lookup(now));
    cache.failed(ticket, now);
    drop(fetch(cache.unknown_key(&tried, now)));
}

#[test]
fn the_old_set_serves_while_fetches_fail_but_not_for_ever() {
    let (mut cache, _) = filled(Some("max-age=3600"));
    let now = at(NOW) + 3600 * SECOND;
    let (_, ticket) = stale(cache.lookup(now));
    cache.failed(ticket, now);
    assert!(!cache.is_due(now + JwkCache::COOLDOWN - SECOND), "no storm of retries");
    ready(cache.lookup(now + JwkCache::COOLDOWN - SECOND));
    let (_, ticket) = stale(cache.lookup(now + JwkCache::COOLDOWN));
    cache.failed(ticket, now + JwkCache::COOLDOWN);
    drop(stale(cache.lookup(now + JwkCache::MAX_STALE - SECOND)));
    drop(missing(cache.lookup(now + JwkCache::MAX_STALE)));
}

#[test]
fn the_wait_begins_when_the_failure_is_known() {
    let (mut cache, _) = filled(None);
    let (_, ticket) = stale(cache.lookup(at(NOW) + JwkCache::DEFAULT_FRESH));
    assert_eq!(format!("{ticket:?}"), "FetchTicket { reason: Renewal, .. }");
    let late = at(NOW) + JwkCache::DEFAULT_FRESH + JwkCache::TICKET_LIFE - SECOND;
    cache.failed(ticket, late);
    assert!(!cache.is_due(late + JwkCache::COOLDOWN - SECOND));
    assert!(cache.is_due(late + JwkCache::COOLDOWN));
}

#[test]
fn a_clock_set_back_wedges_nothing() {
    let (mut cache, tried) = filled(Some("max-age=3600"));
    let ticket = fetch(cache.unknown_key(&tried, at(NOW)));
    cache.failed(ticket, at(NOW));
    // A little back is two threads in another order.
    ready(cache.lookup(at(NOW) - SECOND));
    assert!(matches!(cache.unknown_key(&tried, at(NOW) - SECOND), UnknownKey::CoolingDown { .. }));
    // A day back is a clock that was wrong before.
    drop(fetch(cache.unknown_key(&tried, at(NOW) - JwkCache::MAX_FRESH)));
    let (_, ticket) = stale(cache.lookup(at(NOW) - JwkCache::MAX_FRESH));
    assert!(cache.is_due(at(NOW) - 2 * JwkCache::MAX_FRESH), "nor does a ticket of that time hold anyone up");
    drop(ticket);
}
