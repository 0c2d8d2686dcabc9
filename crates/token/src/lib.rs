//! The OAuth 2.0 token endpoint: one request and its response, without I/O, and a reqwest client.
