//! The OAuth 2.0 authorization request going out and the callback coming back.
