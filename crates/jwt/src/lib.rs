//! Compact JWT decoding, JWK sets and ID-token validation.
