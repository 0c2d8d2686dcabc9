//! The conformance shim of proofkey.
