//! The operations, in the order of a login.

mod exchange;
mod jwt;
mod request;
mod response;
mod verifier;

use crate::Operation;

/// All of them.
pub fn all() -> Vec<Operation> {
    [verifier::operations, request::operations, response::operations, exchange::operations, jwt::operations]
        .into_iter()
        .flat_map(|part| part())
        .collect()
}
