//! Claims as a user's own type (B14).

use std::collections::BTreeMap;

use proofkey_jwt::ClaimsError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::support::*;

#[derive(Debug, Deserialize, PartialEq)]
struct User {
    sub: String,
    #[serde(default)]
    email: Option<String>,
    groups: Vec<Group>,
    address: Address,
    logins: u32,
    balance: f64,
    #[serde(flatten)]
    further: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Group {
    Admin,
    Team(String),
}

#[derive(Debug, Deserialize, PartialEq)]
struct Address {
    country: Country,
    lines: (String, String),
}

#[derive(Debug, Deserialize, PartialEq)]
struct Country(String);

fn own() -> Value {
    json!({
        "sub": "user-17", "email": null, "groups": ["admin", {"team": "a\n\"b\""}], "logins": 7, "balance": -2.5,
        "address": {"country": "NL", "lines": ["a", "b"]}, "x": [true, null, -7, u64::MAX],
    })
}

fn to<T: DeserializeOwned>(own: &Value) -> Result<T, ClaimsError> {
    let mut all = claims();
    all.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    validate(&token(&all), &expected()).unwrap().claims().deserialize()
}

#[test]
fn b14_claims_become_a_type_of_the_caller() {
    let user: User = to(&own()).unwrap();
    assert_eq!((user.sub.as_str(), user.email), ("user-17", None));
    assert_eq!(user.groups, [Group::Admin, Group::Team("a\n\"b\"".to_owned())]);
    assert_eq!(user.address.country, Country("NL".to_owned()));
    assert_eq!(user.address.lines, ("a".to_owned(), "b".to_owned()));
    assert_eq!((user.logins, user.balance), (7, -2.5));
    assert_eq!(user.further["x"], json!([true, null, -7, u64::MAX]));
    assert_eq!(user.further["iss"], json!(ISSUER));
    let all: Value = to(&own()).unwrap();
    assert_eq!(all["address"], own()["address"]);
}

#[test]
fn b14_a_form_that_does_not_fit_is_an_error_that_shows_no_claim() {
    for (name, value, said) in [
        ("logins", json!("SeCrEt"), "a value has another type than u32"),
        ("logins", json!(-1), "a value is not u32"),
        ("logins", Value::Null, "a value has another type than u32"),
        ("address", json!({"country": "NL"}), "lines is missing"),
        ("address", json!({"country": "NL", "lines": ["a", "b", "SeCrEt"]}), "3 values are not 2 elements in sequence"),
        ("groups", json!(["SeCrEt"]), "a value is none of admin, team"),
        ("groups", json!([{"admin": 1, "team": "SeCrEt"}]), "a name or an object of one member"),
    ] {
        let error = to::<User>(&with(own(), name, value)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(said) && !text.contains("SeCrEt"), "{name}: {text}");
        assert_eq!(error.code(), "jwt_claims_form");
    }
}
