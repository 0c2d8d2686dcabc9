//! The token's form, its keys and its kind: RFC 7515, 7517, 7518, 7519, 7797, 8037 and 8725.

mod ecdsa;
mod form;
mod header;
mod keys;

use crate::case::Case;

pub(super) fn cases() -> Vec<Case> {
    [form::cases(), header::cases(), keys::cases(), ecdsa::cases()].concat()
}
