//! Changes of the ID token: header, claims, key, signature, text.

use serde::{Deserialize, Serialize};

use super::edit::JsonEdit;
use crate::algorithm::{Algorithm, HmacAlgorithm};

/// A change of the ID token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdTokenEdit {
    /// The header is changed before signing; which key signs does not follow from it.
    Header(JsonEdit),
    /// The claims are changed before signing.
    Claim(JsonEdit),
    /// It is signed in another way.
    Sign(Signing),
    /// The claims are changed after signing.
    Tamper(JsonEdit),
    /// The signature is spoiled.
    Signature(SignatureEdit),
    /// The compact text is spoiled.
    Text(TextEdit),
}

/// How an ID token is signed. Where the header is not mentioned, its `alg` says what was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signing {
    /// By the authority's own key for this algorithm, published in the JWK set; RSA algorithms
    /// share one key, whose JWK names the algorithm of the [`Setup`](crate::Setup).
    Own(Algorithm),
    /// By a key that the authority does not publish, under the `kid` of the one that it does.
    Foreign,
    /// Not at all: `alg` is this word, and the third segment is empty.
    None(String),
    /// Not at all: `alg` is this word, and the third segment holds the honest signature.
    NoneWithSignature(String),
    /// By an HMAC.
    Hmac(HmacAlgorithm, HmacKey),
    /// RS256 by an RSA key of 1024 bits.
    SmallRsa,
    /// RS256, forged for an RSA key whose public exponent is 1.
    ExponentOne,
    /// By a key on secp256k1 with SHA-256, under `alg` ES256.
    Secp256k1,
    /// EdDSA, forged for a public key of small order.
    SmallOrder,
}

/// What an HMAC is keyed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HmacKey {
    /// The client's secret; empty for a public client.
    ClientSecret,
    /// The public key that signs honestly: SPKI as PEM.
    Pem,
    /// The same PEM with a leading blank line.
    PemAfterBlank,
    /// The same PEM without its final line end.
    PemTrimmed,
    /// SPKI as DER.
    Der,
    /// The JWK as JSON text.
    Jwk,
    /// The modulus, as octets.
    Modulus,
    /// The symmetric key that [`TestKey::Symmetric`](super::TestKey::Symmetric) publishes.
    Published,
    /// No octets.
    Empty,
    /// This text.
    Text(String),
}

/// How a signature is spoiled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureEdit {
    /// The lowest bit of the octet at this place is flipped (the last octet when out of range).
    FlipBit(usize),
    /// So many octets are missing at the end.
    Truncate(usize),
    /// These octets follow.
    Append(Vec<u8>),
    /// It is empty.
    Empty,
    /// It is these octets.
    Octets(Vec<u8>),
    /// It is as long as it was, all zero.
    Zero,
    /// `r` is zero (ECDSA).
    ZeroR,
    /// `s` is zero (ECDSA).
    ZeroS,
    /// `r` is not below the curve's order: the order itself on P-256, all ones elsewhere (ECDSA).
    LargeR,
    /// `s` has the group's order added (EdDSA): the same signature, written in a second way.
    LargeS,
    /// It is written as ASN.1 DER (ECDSA).
    Der,
    /// It is the signature of another token of the same key.
    OfAnotherToken,
}

/// How the compact text is spoiled. Segments are counted from 0. What is done to the first two is
/// done before signing, so that the signature covers the spoiled text and only a strict decoder
/// objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextEdit {
    /// The whole text is this (with placeholders; `{id_token}` is the honest one).
    Whole(String),
    /// A segment is this text.
    Segment(usize, String),
    /// A segment is these octets, encoded.
    SegmentOctets(usize, Vec<u8>),
    /// A segment is missing, with its dot.
    RemoveSegment(usize),
    /// A further segment stands at the end.
    AppendSegment(String),
    /// A segment ends in `=` padding; one `=` where none is due.
    Pad(usize),
    /// A segment is in the standard alphabet, `+` and `/`; a `+` is put in where there is none.
    StandardAlphabet(usize),
    /// A segment's last character has a spare bit set. Where a JSON segment has none to spare, a blank
    /// is added to the JSON; a signature without spare bits stays as it is.
    SpareBits(usize),
    /// Text is put into a segment, before the character at this place.
    Insert(usize, usize, String),
    /// The flattened JSON serialization of RFC 7515 section 7.2.2.
    Flattened,
    /// The general JSON serialization of RFC 7515 section 7.2.1.
    General,
    /// Five segments that look like an encrypted token (RFC 7516).
    Encrypted,
}
