//! The operations, in the order of a login.

mod jwt;
mod request;
mod response;
mod verifier;

use crate::Operation;

/// All of them.
pub fn all() -> Vec<Operation> {
    let parts = [verifier::operations(), request::operations(), response::operations(), jwt::operations()];
    parts.into_iter().flatten().collect()
}
