//! The rules of what was read from a store, computed once more: what is written again is what stood there.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proofkey::Identity;
use proofkey_authorize::{Pending, PendingLogins};
use proofkey_jwt::IdToken;
use proofkey_token::TokenSet;
use serde_json::{Map, Value};

use crate::answer::{members, text};
use crate::login::{CLIENT_ID, EXCHANGES, ISSUER, now, pending};
use crate::rules::is_verifier;
use crate::token::{EXPECTED, NONCE, signed};
use crate::uncounted;

/// A text of a store: `OWN` stands for an honest one, `INNER` for its members.
pub fn filled(input: &str, own: &str) -> String {
    input.replacen("OWN", own, 1).replacen(
        "INNER",
        own.strip_prefix('{').and_then(|own| own.strip_suffix('}')).unwrap_or_default(),
        2,
    )
}

/// The login of every target.
pub static LOGIN: LazyLock<String> = LazyLock::new(|| uncounted(|| pending().to_json().to_string()));

/// Two logins that wait.
pub static LOGINS: LazyLock<String> = LazyLock::new(|| {
    uncounted(|| {
        let mut logins = PendingLogins::new(2);
        logins.insert(pending(), now());
        logins.insert(pending(), now());
        logins.to_json().to_string()
    })
});

/// Tokens of that login.
pub static TOKENS: LazyLock<String> = LazyLock::new(|| {
    uncounted(|| {
        let body = r#"{"access_token":"an-opaque-access-token-of-some-length","token_type":"Bearer","expires_in":3600,
            "refresh_token":"a-refresh-token-of-some-length-as-well","id_token":"a.b.c","scope":"openid","own":[1]}"#;
        let response = http::Response::builder().header("content-type", "application/json").body(body);
        let tokens = EXCHANGES[0].receive(&response.expect("a response"), now()).expect("tokens");
        tokens.to_json().to_string()
    })
});

/// An ID token of that login.
pub static ID_TOKEN: LazyLock<String> = LazyLock::new(|| {
    uncounted(|| {
        let claims = format!(
            r#"{{"iss":"{ISSUER}","aud":"{CLIENT_ID}","sub":"user","nonce":"{NONCE}","iat":1699999999,"exp":1700003600}}"#
        );
        let token = signed(r#"{"alg":"HS256"}"#, &claims);
        let read = IdToken::validate(&token, &EXPECTED.0, &EXPECTED.1, &EXPECTED.2, now());
        read.expect("an ID token").to_json()
    })
});

/// The spaces of a scope are put in order, and nothing else is.
fn is_same_scope(one: &Value, other: &Value) -> bool {
    let tokens = |value: &Value| {
        value.as_str().map(|text| text.split(' ').filter(|token| !token.is_empty()).collect::<Vec<_>>().join(" "))
    };
    tokens(one) == tokens(other)
}

/// A login out of a store: what is written again is what stood there.
pub fn login(document: &Map<String, Value>, read: &Pending) {
    let written = read.to_json();
    let written: Map<String, Value> = serde_json::from_str(&written).expect("JSON");
    for (name, value) in &written {
        let stored = document.get(name).unwrap_or(&Value::Null);
        assert!(stored == value || name == "scope" && is_same_scope(stored, value), "{name}");
    }
    assert!(document.keys().all(|name| written.contains_key(name)) && written["version"] == 1);
    assert!(
        (written["code_verifier"].is_null() || is_verifier(text(document, "code_verifier")))
            && read.redirect_uri().as_str() == text(document, "redirect_uri")
    );
    let [created, lifetime] = ["created", "lifetime"].map(|name| document[name].as_u64().expect("a number"));
    let answer = format!("code=abc&state={}", text(document, "state"));
    let milliseconds = now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
    let waits = (u128::from(created).saturating_sub(60_000)..=u128::from(created) + u128::from(lifetime))
        .contains(&milliseconds);
    assert_eq!(read.check(&answer, now()).is_ok(), waits);
}

/// Logins out of a store: each is one that can be read alone, and they are no more than may wait.
pub fn logins(document: &Map<String, Value>, read: &PendingLogins) {
    let written = read.to_json();
    let written: Map<String, Value> = serde_json::from_str(&written).expect("JSON");
    assert!(document.keys().all(|name| written.contains_key(name)) && written["version"] == 1);
    assert_eq!(written["limit"], document["limit"]);
    let [ours, theirs] = [&written, document].map(|all| all["logins"].as_array().expect("logins"));
    assert!(
        ours.len() == theirs.len()
            && theirs.len() == read.len()
            && written["limit"].as_u64() >= Some(read.len() as u64)
    );
    for (ours, theirs) in ours.iter().zip(theirs) {
        let alone = Pending::from_json(&theirs.to_string()).expect("a login");
        login(theirs.as_object().expect("an object"), &alone);
        assert_eq!(serde_json::from_str::<Value>(&alone.to_json()).ok().as_ref(), Some(ours));
    }
}

/// Tokens out of a store. Members that are not known are left out.
pub fn tokens(document: &Map<String, Value>, read: &TokenSet) {
    let text = read.to_json();
    assert!(uncounted(|| TokenSet::from_json(&text).is_ok_and(|again| again.to_json() == text)));
    let written = members(text.as_bytes());
    let names = |list: &Value| -> BTreeSet<String> {
        list.as_array().expect("an array").iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
    };
    for (name, value) in &written {
        let stored = document.get(name).unwrap_or(&Value::Null);
        let is_same = match name.as_str() {
            "scope" => is_same_scope(stored, value),
            "deviations" => names(stored) == names(value),
            _ => stored == value,
        };
        assert!(is_same, "{name}");
    }
    for name in ["access_token", "expires_in", "refresh_token", "id_token", "scope"] {
        assert_eq!(document.contains_key(name), written.contains_key(name), "{name}");
    }
    assert!(written["version"] == 1);
}

/// An ID token out of a store: its claims are those that stood there, and it has those that every ID token must have.
pub fn id_token(stored: &str, read: &IdToken) {
    let written = read.to_json();
    assert!(uncounted(|| IdToken::from_json(&written).is_ok_and(|again| again.to_json() == written)));
    let [ours, theirs] = [&written, stored].map(|json| {
        let claims = members(json.as_bytes())["claims"].as_str().expect("a text").to_owned();
        serde_json::from_str::<Value>(&claims).expect("JSON")
    });
    assert!(ours == theirs && ours["sub"] == read.subject() && ours["iss"] == read.issuer());
    assert!(ours["exp"].is_number() && ours["iat"].is_number());
}

/// An identity out of a store: it has the ID token and the tokens that stood there.
pub fn identity(stored: &str, read: &Identity) {
    let written = read.to_json();
    assert!(uncounted(|| Identity::from_json(&written).is_ok_and(|again| again.to_json() == written)));
    let [ours, theirs] = [&written, stored].map(|json| members(json.as_bytes()));
    let part = |name: &str| text(&theirs, name);
    let id_token = || IdToken::from_json(part("id_token")).expect("an ID token").to_json();
    assert_eq!(text(&ours, "id_token"), uncounted(id_token));
    for name in ["tokens", "unconfirmed"].into_iter().filter(|name| ours.contains_key(*name)) {
        let tokens = || TokenSet::from_json(part(name)).expect("tokens").to_json();
        assert_eq!(text(&ours, name), *uncounted(tokens));
    }
    assert!(ours.contains_key("unconfirmed") == theirs.contains_key("unconfirmed"));
}
