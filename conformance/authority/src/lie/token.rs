//! Changes of the header, claims, key, signature and text of an ID token.

use serde::{Deserialize, Serialize};

use super::edit::JsonEdit;
use crate::algorithm::{Algorithm, HmacAlgorithm};

/// A change of an ID token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdTokenEdit {
    /// Changes the header before signing, without effect on the signing key.
    Header(JsonEdit),
    /// Changes the claims before signing.
    Claim(JsonEdit),
    /// Changes how the token is signed.
    Sign(Signing),
    /// Changes the claims after signing.
    Tamper(JsonEdit),
    /// Changes the signature.
    Signature(SignatureEdit),
    /// Changes the compact text.
    Text(TextEdit),
}

/// The signing of an ID token. Unless the variant says otherwise, the header's `alg` names the algorithm that is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signing {
    /// With the authority's own key for this algorithm, which the JWK set contains. RSA algorithms share one key, whose
    /// JWK names the algorithm of the [`Setup`](crate::Setup).
    Own(Algorithm),
    /// With a key that the authority does not publish, under the `kid` of the one that it does.
    Foreign,
    /// Unsigned: `alg` is this word, and the third segment is empty.
    None(String),
    /// Unsigned: `alg` is this word, and the third segment contains the honest signature.
    NoneWithSignature(String),
    /// With an HMAC.
    Hmac(HmacAlgorithm, HmacKey),
    /// RS256 with an RSA key of 1024 bits.
    SmallRsa,
    /// RS256, forged for an RSA key whose public exponent is 1.
    ExponentOne,
    /// With a key on secp256k1 and SHA-256; `alg` is ES256.
    Secp256k1,
    /// EdDSA, forged for a public key of small order.
    SmallOrder,
}

/// The key of an HMAC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HmacKey {
    /// The client's secret; empty for a public client.
    ClientSecret,
    /// The public half of the honest signing key: SPKI as PEM.
    Pem,
    /// This PEM with a leading blank line.
    PemAfterBlank,
    /// This PEM without its final line break.
    PemTrimmed,
    /// This key as SPKI in DER.
    Der,
    /// The JWK of this key as JSON text.
    Jwk,
    /// The bytes of the modulus of this key.
    Modulus,
    /// The symmetric key that [`TestKey::Symmetric`](super::TestKey::Symmetric) publishes.
    Published,
    /// No bytes.
    Empty,
    /// This text.
    Text(String),
}

/// A change of a signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureEdit {
    /// Flips the lowest bit of the byte at this index (of the last byte if out of range).
    FlipBit(usize),
    /// Removes this many bytes at the end.
    Truncate(usize),
    /// Appends these bytes.
    Append(Vec<u8>),
    /// Makes it empty.
    Empty,
    /// Replaces it by these bytes.
    Octets(Vec<u8>),
    /// Sets all bytes to zero.
    Zero,
    /// Sets `r` to zero (ECDSA).
    ZeroR,
    /// Sets `s` to zero (ECDSA).
    ZeroS,
    /// Sets `r` to a value not below the curve's order: the order itself on P-256, all ones otherwise (ECDSA).
    LargeR,
    /// Adds the group's order to `s` (EdDSA), which is another encoding of the same signature.
    LargeS,
    /// Encodes it as ASN.1 DER (ECDSA).
    Der,
    /// Replaces it by the signature of another token by the same key.
    OfAnotherToken,
}

/// A change of the compact text. Segments are counted from 0. The first two are changed before signing, so that the
/// signature covers the change and only a strict decoder refuses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextEdit {
    /// Replaces the whole text (with placeholders; `{id_token}` is the honest one).
    Whole(String),
    /// Replaces a segment by this text.
    Segment(usize, String),
    /// Replaces a segment by these bytes, encoded.
    SegmentOctets(usize, Vec<u8>),
    /// Removes a segment with its dot.
    RemoveSegment(usize),
    /// Appends a segment.
    AppendSegment(String),
    /// Adds `=` padding to a segment, or one `=` if no padding is due.
    Pad(usize),
    /// Encodes a segment in the standard alphabet, with `+` and `/`; inserts a `+` if there is none.
    StandardAlphabet(usize),
    /// Sets a spare bit in the last character of a segment. If a JSON segment has no spare bit, a space is added to the
    /// JSON first; a signature without spare bits is left unchanged.
    SpareBits(usize),
    /// Inserts text into a segment, before the character at this index.
    Insert(usize, usize, String),
    /// The flattened JSON serialization of RFC 7515 section 7.2.2.
    Flattened,
    /// The general JSON serialization of RFC 7515 section 7.2.1.
    General,
    /// Five segments that look like an encrypted token (RFC 7516).
    Encrypted,
}
