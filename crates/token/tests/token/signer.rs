//! A signer whose signatures say what was signed, and what a JWT says.

use std::error::Error;
use std::sync::atomic::{AtomicU8, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proofkey_token::{Fresh, InvalidKeyHeader, KeyHeader, Signer};
use serde_json::Value;

use crate::flow::now;

/// The key of RFC 9449.
pub(crate) const JWK: &str = r#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    "y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256","use":"sig","alg":"ES256"}"#;
pub(crate) const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

/// Its signature is the reversed input, so that a test sees what was signed.
#[derive(Debug)]
pub(crate) struct Reversing(KeyHeader);

impl Reversing {
    pub(crate) fn new(algorithm: &str) -> Self {
        Self(KeyHeader::new(algorithm).unwrap())
    }

    pub(crate) fn with_jwk() -> Self {
        Self(KeyHeader::new("ES256").unwrap().with_public_jwk(JWK).unwrap())
    }

    pub(crate) fn named(self, kid: &str) -> Self {
        Self(self.0.with_key_id(kid))
    }
}

impl Signer for Reversing {
    fn header(&self) -> &KeyHeader {
        &self.0
    }

    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
        Ok(input.iter().rev().copied().collect())
    }
}

/// The time of the tests, and another number at each call.
pub(crate) fn fresh() -> impl Fn() -> Result<Fresh, String> + Send + Sync {
    let count = AtomicU8::new(0);
    move || Ok(Fresh { now: now(), entropy: [count.fetch_add(1, Ordering::Relaxed); 16] })
}

/// Header and claims of a JWT, whose signature was made by [`Reversing`].
pub(crate) fn read(jwt: &str) -> (Value, Value) {
    let (input, signature) = jwt.rsplit_once('.').unwrap();
    let reversed: Vec<u8> = input.bytes().rev().collect();
    assert_eq!(URL_SAFE_NO_PAD.decode(signature).unwrap(), reversed);
    let (header, claims) = input.split_once('.').unwrap();
    let part = |text: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
    (part(header), part(claims))
}

#[test]
fn a_key_header_is_of_a_public_key() {
    let header = |algorithm: &str| KeyHeader::new(algorithm);
    for bad in ["", "none", "NONE", "nOnE", "ES 256", "ES256\n", "\u{e9}"] {
        assert_eq!(header(bad).unwrap_err().code(), "key_header_algorithm", "{bad}");
    }
    let with = |jwk: &str| header("ES256").unwrap().with_public_jwk(jwk);
    let good = with(JWK).unwrap();
    assert_eq!(good.thumbprint(), Some(JKT));
    let expected = r#"{"crv":"P-256","kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}"#;
    assert_eq!(good.public_jwk(), Some(expected));
    for (old, new, code) in [
        ("\"use\"", "\"d\"", "key_header_private"),
        ("\"EC\"", "\"oct\"", "key_header_private"),
        ("\"EC\"", "\"AKP\"", "key_header_jwk"),
        ("\"y\"", "\"z\"", "key_header_jwk"),
        ("P-256", "P\\\"256", "key_header_jwk"),
        ("l8tF", "+8tF", "key_header_jwk"),
        ("\"use\"", "\"kty\"", "key_header_jwk"),
        ("}", "", "key_header_jwk"),
    ] {
        let error = with(&JWK.replacen(old, new, 1)).unwrap_err();
        assert_eq!(error.code(), code, "{old} {new}");
        assert!(!error.to_string().contains("sig"), "{error}");
    }
    let error = header("HS256").unwrap().with_public_jwk(JWK).unwrap_err();
    assert_eq!((error.code(), matches!(error, InvalidKeyHeader::Symmetric)), ("key_header_symmetric", true));
}

/// RFC 7638 section 3.1, and RFC 8037 appendix A.3.
#[test]
fn thumbprints_of_other_kinds_of_keys() {
    let rsa = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;
    let okp = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    for (algorithm, jwk, thumbprint) in [
        ("RS256", rsa, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
        ("EdDSA", okp, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
    ] {
        let header = KeyHeader::new(algorithm).unwrap().with_public_jwk(jwk).unwrap();
        assert_eq!(header.thumbprint(), Some(thumbprint));
    }
}
