//! ID tokens: valid ones that are changed afterwards, and ones that say what they like and are signed.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proofkey_jwt::{Algorithm, Expected, HmacKey, JwkSet, MacAlgorithm, RelyingParty};
use serde_json::Value;

use crate::{login, uncounted};

/// A valid ID token of the published claims vectors, and what it is held against.
pub struct Vector {
    /// The token.
    pub token: String,
    /// The key of its group.
    pub keys: JwkSet,
    /// The client of the group.
    pub relying_party: RelyingParty,
    /// What the group expects.
    pub expected: Expected,
    /// When.
    pub now: SystemTime,
}

/// The first valid token of each group that asks for no more than issuer, client, nonce and algorithm.
pub static VECTORS: LazyLock<Vec<Vector>> = LazyLock::new(|| {
    uncounted(|| {
        let file = include_str!("../../crates/jwt/tests/vectors/id_token_claims.json");
        let file: Value = serde_json::from_str(file).expect("the claims vectors");
        file["testGroups"].as_array().expect("groups").iter().filter_map(Vector::of).collect()
    })
});

/// Which of the vectors, which octet of its token, the bits of it that are turned, and what is put in there.
pub type Change<'a> = (u8, u16, u8, &'a str);

impl Vector {
    /// One of the vectors, and its token changed.
    pub fn changed((which, at, mask, inserted): Change<'_>) -> (&'static Self, String) {
        let vector = &VECTORS[usize::from(which) % VECTORS.len()];
        let mut octets = vector.token.clone().into_bytes();
        let at = usize::from(at) % octets.len();
        octets[at] ^= mask & 0x7f;
        octets.splice(at..at, inserted.bytes());
        (vector, String::from_utf8(octets).expect("ASCII, and text between"))
    }

    fn of(group: &Value) -> Option<Self> {
        let asked = &group["expected"];
        let plain = ["max_age", "acr_values", "access_token", "code"].iter().all(|name| asked[name].is_null());
        let test = group["tests"].as_array()?.iter().find(|test| test["result"] == "valid")?;
        let algorithm = asked["algs"][0].as_str()?;
        // ECDSA has a second signature for each, which is as good.
        if !plain || asked["skew"] != 0 || asked["front_channel"] == true || algorithm.starts_with("ES") {
            return None;
        }
        let relying_party = RelyingParty::new(asked["issuer"].as_str()?, asked["client_id"].as_str()?)
            .algorithms([Algorithm::from_name(algorithm)?])
            .leeway(Duration::ZERO);
        let jwks = serde_json::json!({"keys": [group["public"]]}).to_string();
        Some(Self {
            token: test["jws"].as_str()?.to_owned(),
            keys: JwkSet::parse(jwks.as_bytes()).ok()?,
            relying_party,
            expected: Expected::new().nonce(asked["nonce"].as_str()?),
            now: UNIX_EPOCH + Duration::from_secs(asked["now"].as_u64()?),
        })
    }
}

/// The client secret that [`signed`] uses.
pub const SECRET: &str = "a client secret of forty-two characters ..";
/// The nonce of the login that the token is for.
pub const NONCE: &str = "nonce";

static KEY: LazyLock<hmac::Key> = LazyLock::new(|| uncounted(|| hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes())));

/// What a signed token is held against.
pub static EXPECTED: LazyLock<(JwkSet, RelyingParty, Expected)> = LazyLock::new(|| {
    uncounted(|| {
        let key = HmacKey::new(MacAlgorithm::Hs256, SECRET.as_bytes()).expect("a key");
        let relying_party =
            RelyingParty::new(login::ISSUER, login::CLIENT_ID).leeway(Duration::ZERO).client_secret(key);
        (JwkSet::empty(), relying_party, Expected::new().nonce(NONCE))
    })
});

/// A token with this header and these claims, signed with HS256 whatever they say.
pub fn signed(header: &str, claims: &str) -> String {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&KEY, input.as_bytes()));
    format!("{input}.{signature}")
}
