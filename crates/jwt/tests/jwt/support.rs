//! Keys that sign, and the honest token that each test bends in one place.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use aws_lc_rs::encoding::AsBigEndian as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proofkey_jwt::{Algorithm, Expected, HmacKey, IdToken, IdTokenError, JwkSet, RelyingParty};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://as.example";
pub(crate) const CLIENT: &str = "client-id";
pub(crate) const NONCE: &str = "n-0S6_WzA2Mj";
pub(crate) const NOW: u64 = 1_800_000_000;

/// The private key of RFC 8037 appendix A.1, published there.
pub(crate) const ED_SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
pub(crate) const ED_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

pub(crate) static ED: LazyLock<Key> =
    LazyLock::new(|| Key::Ed(Ed25519KeyPair::from_seed_and_public_key(&decode(ED_SEED), &decode(ED_X)).unwrap()));
pub(crate) static OTHER_ED: LazyLock<Key> = LazyLock::new(|| Key::Ed(Ed25519KeyPair::generate().unwrap()));
pub(crate) static RSA: LazyLock<Key> = LazyLock::new(|| Key::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));
pub(crate) static P256: LazyLock<Key> =
    LazyLock::new(|| Key::Ec(Algorithm::Es256, EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()));
pub(crate) static P384: LazyLock<Key> =
    LazyLock::new(|| Key::Ec(Algorithm::Es384, EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap()));
pub(crate) static P521: LazyLock<Key> =
    LazyLock::new(|| Key::Ec(Algorithm::Es512, EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING).unwrap()));

pub(crate) enum Key {
    Rsa(RsaKeyPair),
    Ec(Algorithm, EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Key {
    /// The public key as a JWK without `kid`, `alg` and `use`.
    pub(crate) fn jwk(&self) -> Value {
        match self {
            Self::Rsa(pair) => {
                // An RSAPublicKey in DER: nine octets, 2048 bits of modulus, five octets, the exponent.
                let der = pair.public_key().as_ref();
                let (n, e) = (&der[9..265], &der[der.len() - 3..]);
                json!({"kty": "RSA", "n": encode(n), "e": encode(e)})
            }
            Self::Ec(algorithm, pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let crv = match algorithm {
                    Algorithm::Es256 => "P-256",
                    Algorithm::Es384 => "P-384",
                    _ => "P-521",
                };
                json!({"kty": "EC", "crv": crv, "x": encode(x), "y": encode(y)})
            }
            Self::Ed(pair) => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref())}),
        }
    }

    pub(crate) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa(pair) => {
                let encoding: &dyn RsaEncoding = match algorithm {
                    Algorithm::Rs256 => &RSA_PKCS1_SHA256,
                    Algorithm::Rs384 => &RSA_PKCS1_SHA384,
                    Algorithm::Rs512 => &RSA_PKCS1_SHA512,
                    Algorithm::Ps256 => &RSA_PSS_SHA256,
                    Algorithm::Ps384 => &RSA_PSS_SHA384,
                    _ => &RSA_PSS_SHA512,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
            Self::Ec(_, pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Self::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// Octets of the raw private key, for tests that publish it.
    pub(crate) fn private_octets(&self) -> Vec<u8> {
        match self {
            Self::Ed(pair) => pair.seed().unwrap().as_be_bytes().unwrap().as_ref().to_vec(),
            Self::Ec(_, pair) => pair.private_key().as_be_bytes().unwrap().as_ref().to_vec(),
            Self::Rsa(_) => vec![3; 256],
        }
    }
}

pub(crate) fn encode(octets: &[u8]) -> String {
    let mut out = vec![0; octets.len().div_ceil(3) * 4];
    let length = URL_SAFE_NO_PAD.encode_slice(octets, &mut out).unwrap();
    out.truncate(length);
    String::from_utf8(out).unwrap()
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    let mut out = vec![0; text.len()];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut out).unwrap();
    out.truncate(length);
    out
}

/// `document` with `name` set to `value`, or removed.
pub(crate) fn with(mut document: Value, name: &str, value: impl Into<Option<Value>>) -> Value {
    let members = document.as_object_mut().unwrap();
    match value.into() {
        Some(value) => members.insert(name.to_owned(), value),
        None => members.remove(name),
    };
    document
}

pub(crate) fn set_of(keys: &[Value]) -> JwkSet {
    JwkSet::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap()
}

/// A set of that one key, under the name `k`.
pub(crate) fn set(key: &Key) -> JwkSet {
    set_of(&[with(key.jwk(), "kid", json!("k"))])
}

pub(crate) fn header() -> Value {
    json!({"alg": "EdDSA", "kid": "k"})
}

pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "user-17", "aud": CLIENT,
        "exp": NOW + 3600, "iat": NOW, "nonce": NONCE,
    })
}

/// All that a validation is told, bent in one place by a test.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) relying_party: RelyingParty,
    pub(crate) expected: Expected,
    pub(crate) now: SystemTime,
}

macro_rules! forward {
    ($($part:ident { $($name:ident($($argument:ident: $of:ty),*);)* })*) => {
        impl Told {
            $($(pub(crate) fn $name(mut self, $($argument: $of),*) -> Self {
                self.$part = self.$part.$name($($argument),*);
                self
            })*)*
        }
    };
}

forward! {
    relying_party {
        client_secret(key: HmacKey);
        leeway(leeway: Duration);
        max_issued_age(age: Duration);
        issuer_alias(alias: &str);
        tolerate_nonce_not_returned();
        tolerate_auth_time_changed();
        tolerate_updated_at_text();
        tolerate_email_verified_text();
    }
    expected {
        nonce(nonce: &str);
        accept_any_nonce();
        max_age(max_age: Duration);
        access_token(token: &str);
        code(code: &str);
        front_channel();
        refreshed_from(before: &IdToken);
    }
}

impl Told {
    pub(crate) fn new(issuer: impl Into<String>, client_id: &str) -> Self {
        Self { relying_party: RelyingParty::new(issuer, client_id), expected: Expected::default(), now: at(NOW) }
    }

    pub(crate) fn now(self, now: SystemTime) -> Self {
        Self { now, ..self }
    }

    pub(crate) fn party(self, change: impl FnOnce(RelyingParty) -> RelyingParty) -> Self {
        Self { relying_party: change(self.relying_party), ..self }
    }

    pub(crate) fn algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.party(|party| party.algorithms(algorithms))
    }

    pub(crate) fn trusted_audiences<const N: usize>(self, audiences: [&str; N]) -> Self {
        self.party(|party| party.trusted_audiences(audiences))
    }

    pub(crate) fn issuer_template(self, template: &str, permits: fn(&str) -> bool) -> Self {
        self.party(|party| party.issuer_template(template, permits))
    }

    pub(crate) fn tenants(self, permits: fn(&str) -> bool) -> Self {
        self.party(|party| party.tenants(permits))
    }

    pub(crate) fn acr<const N: usize>(mut self, values: [&str; N]) -> Self {
        self.expected = self.expected.acr(values);
        self
    }
}

pub(crate) fn validate_with(token: &str, keys: &JwkSet, told: &Told) -> Result<IdToken, IdTokenError> {
    IdToken::validate(token, keys, &told.relying_party, &told.expected, told.now)
}

pub(crate) fn expected() -> Told {
    Told::new(ISSUER, CLIENT).nonce(NONCE).algorithms([Algorithm::EdDsa])
}

pub(crate) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Signs whatever texts it is given.
pub(crate) fn token_of(header: &str, payload: &[u8], key: &Key, algorithm: Algorithm) -> String {
    let input = format!("{}.{}", encode(header.as_bytes()), encode(payload));
    let signature = encode(&key.sign(algorithm, input.as_bytes()));
    format!("{input}.{signature}")
}

/// A token of the honest header with those claims, signed with the honest key.
pub(crate) fn token(claims: &Value) -> String {
    token_of(&header().to_string(), claims.to_string().as_bytes(), &ED, Algorithm::EdDsa)
}

pub(crate) fn validate(token: &str, expected: &Told) -> Result<IdToken, IdTokenError> {
    validate_with(token, &set(&ED), expected)
}

/// The code of the refusal of the honest claims with one changed, after the honest twin was accepted.
pub(crate) fn refusal(name: &str, value: impl Into<Option<Value>>) -> &'static str {
    refusal_with(name, value, expected)
}

pub(crate) fn refusal_with(name: &str, value: impl Into<Option<Value>>, expected: impl Fn() -> Told) -> &'static str {
    validate(&token(&claims()), &expected()).unwrap();
    validate(&token(&with(claims(), name, value)), &expected()).unwrap_err().code()
}

/// Like [`refusal`], with the value as JSON text that `serde_json` itself would not write.
pub(crate) fn refusal_raw(name: &str, text: &str) -> &'static str {
    validate(&token_raw(name, "1800003600"), &expected()).unwrap();
    validate(&token_raw(name, text), &expected()).unwrap_err().code()
}

/// The honest claims with `name`, a date, written as `text`.
pub(crate) fn token_raw(name: &str, text: &str) -> String {
    let text = if text == "1800003600" && name != "exp" { "1800000000" } else { text };
    let payload = with(claims(), name, json!("@")).to_string().replace("\"@\"", text);
    token_of(&header().to_string(), payload.as_bytes(), &ED, Algorithm::EdDsa)
}

/// The refusal of the honest claims under another header, the honest header accepted before.
pub(crate) fn header_refusal(header: &str) -> &'static str {
    validate(&token(&claims()), &expected()).unwrap();
    let token = token_of(header, claims().to_string().as_bytes(), &ED, Algorithm::EdDsa);
    validate(&token, &expected()).unwrap_err().code()
}
