#![doc = include_str!("../README.md")]
#![no_std]

pub mod danger;
pub mod server;

mod alphabet;
mod challenge;
mod error;
mod verifier;

pub use challenge::{CodeChallenge, EncodedChallenge};
pub use error::{ChallengeError, EntropyError, VerifierError};
pub use verifier::CodeVerifier;
#[cfg(feature = "getrandom")]
pub use verifier::GenerateError;
