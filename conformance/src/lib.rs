//! A conformance suite for OAuth 2.0 clients: one lie a case.
