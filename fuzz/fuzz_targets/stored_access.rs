#![no_main]
//! A session of an MCP client out of a store: its registration and its tokens. What is read writes back to what reads the
//! same, and its token goes to its server alone; an error tells nothing of it.
use http::Request;
use proofkey_fuzz::stored::{TOKENS, filled};
use proofkey_fuzz::tells_none;
use proofkey_mcp::{Registration, Session};
use serde_json::json;

proofkey_fuzz::target!(|input: &str| {
    let mut lines = input.splitn(3, '\n');
    let (Some(server), Some(registration), Some(state)) = (lines.next(), lines.next(), lines.next()) else { return };
    let own = Registration::new("https://as.example", "client").expect("a registration").to_json();
    let (registration, state) = (filled(registration, &own), filled(state, &TOKENS));
    let text = json!({"version": 1, "server": server, "resource": server, "scope": null, "registration": registration, "state": state, "refusals": 0, "is_refreshed": false}).to_string();
    let Ok(session) = Session::from_json(&text).map_err(|error| tells_none(&error, &[&state])) else { return };
    assert!(Registration::from_json(&registration).as_ref() == Ok(session.registration()));
    let again = session.to_json();
    assert_eq!(Session::from_json(&again).map(|read| read.to_json()), Ok(again));
    let mut request = Request::get("https://other.example/").body(()).expect("a request");
    assert!(
        session.authorize(&mut request).is_err()
            || server.trim_end_matches('/').eq_ignore_ascii_case("https://other.example")
    );
});
