//! The groups, in the order of the file.

pub(crate) mod access_token;
mod acr;
mod aud;
mod auth_time;
mod azp;
mod broken;
mod core;
mod duplicates;
mod exp;
mod hashes;
mod iat;
mod iss;
mod json;
mod limits;
pub(crate) mod logout_token;
mod nbf;
mod nonce;
mod several;
mod sub;

use super::edit::{self, Edits, keep, quoted, remove, rename, set, set_text};
use super::flags::Flag::{self, *};
use super::vector::{Expected, Group, NOW, Test, acceptable, invalid, valid};

pub(crate) fn id_token() -> Vec<Group> {
    [
        core::groups(),
        iss::groups(),
        sub::groups(),
        aud::groups(),
        azp::groups(),
        exp::groups(),
        nbf::groups(),
        iat::groups(),
        nonce::groups(),
        acr::groups(),
        auth_time::groups(),
        hashes::groups(),
        several::groups(),
        duplicates::groups(),
        json::groups(),
        broken::groups(),
        limits::groups(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Values of every JSON type that a date cannot have, the right number hidden in some.
fn no_dates(right: impl std::fmt::Display) -> [(&'static str, String); 8] {
    [
        ("null", "null".into()),
        ("true", "true".into()),
        ("false", "false".into()),
        ("the number as a string", format!("\"{right}\"")),
        ("an empty string", "\"\"".into()),
        ("an array of the number", format!("[{right}]")),
        ("an empty array", "[]".into()),
        ("an object with the number", format!("{{\"seconds\":{right}}}")),
    ]
}

/// Values of every JSON type that a text cannot have, the right string hidden in some.
fn no_texts(right: &str) -> [(&'static str, String); 8] {
    [
        ("null", "null".into()),
        ("true", "true".into()),
        ("false", "false".into()),
        ("the number 0", "0".into()),
        ("the number 17", "17".into()),
        ("an array of the string", format!("[{}]", quoted(right))),
        ("an empty array", "[]".into()),
        ("an object with the string", format!("{{\"value\":{}}}", quoted(right))),
    ]
}

/// One test for each of `values`: not to be accepted as `name`.
fn wrong_types(
    name: &'static str,
    values: &[(&'static str, String)],
    reason: &'static [&'static str],
    flags: &[Flag],
) -> Vec<Test> {
    let test =
        |(what, value): &(&'static str, String)| invalid(format!("{name}: {what}"), set(name, value), reason, flags);
    values.iter().map(test).collect()
}

/// The same for a claim that need not be there: null may be read as its absence.
fn optional_types(
    name: &'static str,
    values: &[(&'static str, String)],
    reason: &'static [&'static str],
    flags: &[Flag],
) -> Vec<Test> {
    let (null, others) = values.split_first().expect("null comes first");
    let null = acceptable(format!("{name}: {}", null.0), set(name, &null.1), reason, &[NullClaim]);
    with(vec![null], wrong_types(name, others, reason, flags))
}

/// The same for a claim that the verifier did not ask about.
fn unused_types(name: &'static str, values: &[(&'static str, String)], reason: &'static [&'static str]) -> Vec<Test> {
    let test = |(what, value): &(&'static str, String)| {
        acceptable(format!("{name}: {what}"), set(name, value), reason, &[UnusedClaim])
    };
    values.iter().map(test).collect()
}

/// The tests and those after them.
fn with(mut tests: Vec<Test>, more: impl IntoIterator<Item = Test>) -> Vec<Test> {
    tests.extend(more);
    tests
}
