//! PKCE (RFC 7636): verifier, S256 challenge and its check, without std or alloc.
