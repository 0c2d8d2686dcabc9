//! The limits of a token and of a key set. Each is checked before the work that it bounds.

/// Maximum size of a token, in bytes: 64 KiB.
pub const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// Maximum size of a header segment, in bytes of base64url text: 8 KiB.
pub const MAX_HEADER_BYTES: usize = 8 * 1024;

/// Maximum size of a signature, in bytes: that of an RSA key with 8192 bits.
pub const MAX_SIGNATURE_BYTES: usize = 1024;

/// Maximum depth of nested objects and arrays in a header, in claims or in a key set.
pub const MAX_NESTING: usize = 32;

/// Maximum number of members of a JSON object.
pub const MAX_MEMBERS: usize = 256;

/// Maximum number of audiences in an `aud` array.
pub const MAX_AUDIENCES: usize = 64;

/// Maximum size of a key-set document, in bytes: 512 KiB.
pub const MAX_JWK_SET_BYTES: usize = 512 * 1024;

/// Maximum number of entries of a key set.
pub const MAX_KEYS: usize = 256;

/// Maximum number of keys that are tried for one token. If more keys fit a token, it is refused without trying any.
pub const MAX_KEYS_TRIED: usize = 16;
