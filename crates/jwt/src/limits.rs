//! The caps on what a token or a key set may be. Each is checked before the work that it bounds.

/// The longest token that is looked at, in octets: 64 KiB.
pub const MAX_TOKEN: usize = 64 * 1024;

/// The longest header segment, in octets of base64url text: 8 KiB.
pub const MAX_HEADER: usize = 8 * 1024;

/// The longest signature, in octets: that of an RSA key of 8192 bits.
pub const MAX_SIGNATURE: usize = 1024;

/// How deep objects and arrays may be nested in a header, in claims or in a key set.
pub const MAX_NESTING: usize = 32;

/// How many members one JSON object may have.
pub const MAX_MEMBERS: usize = 256;

/// How many audiences an `aud` array may name.
pub const MAX_AUDIENCES: usize = 64;

/// The longest key-set document that is looked at, in octets: 512 KiB.
pub const MAX_SET: usize = 512 * 1024;

/// How many entries a key set may have.
pub const MAX_KEYS: usize = 256;

/// How many keys are tried for one token. A token that fits more keys than this is refused untried.
pub const MAX_TRIED: usize = 16;
