//! ID tokens: OpenID Connect Core sections 2, 3.1.3.7 and 12.2.

mod binding;
mod claims;
mod errors;
mod later;
mod signature;
mod signed_userinfo;
mod times;

use proofkey_authority::Lie;
use proofkey_authority::lie::JsonEdit;
use serde_json::Value;

use super::refuse_after;
use crate::case::{Case, Expect, Profile};

pub(super) fn cases() -> Vec<Case> {
    [
        errors::cases(),
        claims::cases(),
        times::cases(),
        binding::cases(),
        signature::cases(),
        later::cases(),
        signed_userinfo::cases(),
    ]
    .concat()
}

type Words = &'static [&'static str];

/// The login ends at the ID token, for one of these reasons.
pub(super) fn refused(
    id: &'static str,
    rows: Words,
    about: &'static str,
    classes: Words,
    mutants: Words,
    lie: Lie,
) -> Case {
    Case::new(id, rows, "id_token", about, refuse_after(classes), mutants).profile(Profile::OpenId).lie(lie)
}

/// A claim has this value.
fn set(name: &str, value: impl Into<Value>) -> JsonEdit {
    JsonEdit::set(name, value)
}

/// The login ends at a claim.
fn claim(id: &'static str, rows: Words, about: &'static str, class: Words, mutants: Words, edit: JsonEdit) -> Case {
    refused(id, rows, about, class, mutants, Lie::claims([edit]))
}

/// The specification leaves it to the client to take the ID token, or to refuse it for one of these reasons.
pub(super) fn left_open(
    id: &'static str,
    rows: Words,
    about: &'static str,
    classes: Words,
    mutants: Words,
    lie: Lie,
) -> Case {
    Case::new(id, rows, "id_token", about, Expect::Choice(classes), mutants).profile(Profile::OpenId).lie(lie)
}

/// The login goes well, however unusual the ID token.
pub(super) fn taken(id: &'static str, rows: Words, about: &'static str, mutants: Words, lie: Lie) -> Case {
    Case::new(id, rows, "id_token", about, Expect::Accept(|_| Ok(())), mutants).profile(Profile::OpenId).lie(lie)
}
