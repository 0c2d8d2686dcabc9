//! The server's keys: RFC 7517, and the signatures that each may verify.

use serde_json::{Map, Value};

use crate::base64url;
use crate::context::{Context, Notes};
use crate::defects::Defects;
use crate::failure::{Failure, refuse, stage::ID_TOKEN};
use crate::http::Request;
use crate::json::{Duplicates, parse};

/// How long after a second look at the keys there is no third one, in seconds.
const COOLDOWN: u64 = 60;

/// One public key.
#[derive(Clone)]
pub(crate) struct Key {
    /// The entry of the set, as it came.
    pub(crate) entry: Map<String, Value>,
    pub(crate) material: Material,
}

/// What a key is made of.
#[derive(Clone)]
pub(crate) enum Material {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// The point in uncompressed form: 4, x, y.
    Ec {
        curve: String,
        point: Vec<u8>,
    },
    Okp {
        curve: String,
        x: Vec<u8>,
    },
    /// Used only by a switch.
    Symmetric(Vec<u8>),
}

/// The keys of one server, fetched when first needed.
#[derive(Default)]
pub(crate) struct KeyCache {
    keys: Option<Vec<Key>>,
    looked_again: Option<u64>,
}

impl KeyCache {
    /// The keys. They are asked for once, and once more when `kid` is not among them; then not again
    /// for a while, whatever tokens come.
    pub(crate) async fn keys(
        &mut self,
        address: Option<&str>,
        kid: Option<&str>,
        cx: &Context<'_>,
    ) -> Result<&[Key], Failure> {
        let Some(address) = address else {
            return Err(refuse(ID_TOKEN, "key", "the server names no address of its keys"));
        };
        let knows = |keys: &[Key]| kid.is_none_or(|kid| keys.iter().any(|key| key.is_called(kid)));
        let now = cx.clock.now();
        let cooling = self.looked_again.is_some_and(|then| now < then.saturating_add(COOLDOWN));
        let cooling = cooling && !cx.defects.has("jwks-refetched-always");
        match &self.keys {
            None => {
                let fetched = self.keys.insert(fetch(address, cx).await?);
                if !knows(fetched) && !cx.defects.has("jwks-never-refetched") {
                    self.look_again(address, now, cx).await?;
                }
            }
            Some(known) if !knows(known) && !cooling && !cx.defects.has("jwks-never-refetched") => {
                self.look_again(address, now, cx).await?;
            }
            Some(_) => {}
        }
        Ok(self.keys.as_deref().unwrap_or_default())
    }

    async fn look_again(&mut self, address: &str, now: u64, cx: &Context<'_>) -> Result<(), Failure> {
        self.looked_again = Some(now);
        self.keys = Some(fetch(address, cx).await?);
        Ok(())
    }
}

/// Fetches and reads a key set.
pub(crate) async fn fetch(address: &str, cx: &Context<'_>) -> Result<Vec<Key>, Failure> {
    let mut request = Request::get(address);
    request.follow = Some("jwks-redirect-followed");
    request.uncapped = Some("jwks-body-uncapped");
    let answer = cx.http.send(request, ID_TOKEN, "key").await?;
    if answer.status != 200 {
        return Err(refuse(ID_TOKEN, "key", format!("the keys came with status {}", answer.status)));
    }
    let set = parse(&answer.body, Duplicates::Refused).ok();
    let further = set.as_ref().and_then(Value::as_object).is_some_and(|set| set.len() > 1);
    if further && cx.defects.has("jwks-set-member-refused") {
        return Err(refuse(ID_TOKEN, "key", "the key set has a member that nobody knows"));
    }
    match set.as_ref().and_then(|set| set.get("keys")) {
        Some(Value::Array(entries)) => read(entries, cx.defects, cx.notes),
        _ => Err(refuse(ID_TOKEN, "key", "the key set is no JSON object with a list of keys")),
    }
}

/// The usable keys of a set. One that cannot be read, and one whose secret half is published, is
/// left out; the others are used.
fn read(entries: &[Value], defects: &Defects, notes: &Notes) -> Result<Vec<Key>, Failure> {
    let mut keys = Vec::new();
    for entry in entries {
        let mut entry = entry.clone();
        if entry.get("n").and_then(Value::as_str).is_some_and(|n| n.starts_with('A'))
            && defects.has("rsa-leading-zero-refused")
        {
            continue;
        }
        if let Some(members) = entry.as_object_mut().filter(|members| members.get("alg") == Some(&Value::Null))
            && defects.has("key-alg-null-ok")
        {
            members.remove("alg");
        }
        let Some(key) = entry.as_object().and_then(Key::read) else {
            if defects.has("jwks-entry-fatal") {
                return Err(refuse(ID_TOKEN, "key", "an entry of the key set cannot be read"));
            }
            continue;
        };
        let known = ["P-256", "P-384", "P-521", "secp256k1", "Ed25519", "X25519"];
        let unknown = key.text("crv").is_some_and(|curve| !known.contains(&curve));
        if unknown && defects.has("jwks-curve-fatal") {
            return Err(refuse(ID_TOKEN, "key", "the key set has a key on an unknown curve"));
        }
        let repeated = key.text("kid").is_some_and(|kid| keys.iter().any(|known: &Key| known.is_called(kid)));
        if repeated && defects.has("jwks-kid-twice-fatal") {
            return Err(refuse(ID_TOKEN, "key", "two keys have one kid"));
        }
        let encryption = key.text("use") == Some("enc");
        if encryption && defects.has("jwks-encryption-fatal") {
            return Err(refuse(ID_TOKEN, "key", "the key set has an encryption key in it"));
        }
        let plain = |name: &String| !name.starts_with("x-");
        if !key.entry.keys().all(plain) && defects.has("jwks-member-refused") {
            return Err(refuse(ID_TOKEN, "key", "a key has a member that nobody knows"));
        }
        let private = ["d", "p", "q", "dp", "dq", "qi"].iter().any(|name| key.entry.contains_key(*name));
        if private {
            notes.write("the server publishes a private key, which is not used");
            if defects.has("key-private-refused") {
                return Err(refuse(ID_TOKEN, "key", "the key set has a private key in it"));
            }
        }
        let symmetric = matches!(key.material, Material::Symmetric(_));
        if (!private || defects.has("key-private-used")) && (!symmetric || defects.has("oct-key-used")) {
            keys.push(key);
        }
    }
    Ok(keys)
}

impl Key {
    /// A key out of its entry; `None` when a member is missing or of the wrong type.
    pub(crate) fn read(entry: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let octets = |name: &str| text(name).and_then(base64url::decode).filter(|octets| !octets.is_empty());
        let optional = |name: &str| entry.get(name).is_none_or(Value::is_string);
        if !(optional("kid") && optional("use") && optional("alg")) {
            return None;
        }
        let material = match text("kty")? {
            // A zero in front is no part of the number (RFC 7518 section 2, Base64urlUInt), and does not change it.
            "RSA" => {
                let n = octets("n")?;
                let zeros = n.iter().take_while(|octet| **octet == 0).count();
                Material::Rsa { n: n[zeros..].to_vec(), e: octets("e")? }
            }
            "EC" => {
                let point = [vec![4], octets("x")?, octets("y")?].concat();
                Material::Ec { curve: text("crv")?.to_owned(), point }
            }
            "OKP" => Material::Okp { curve: text("crv")?.to_owned(), x: octets("x")? },
            "oct" => Material::Symmetric(octets("k")?),
            _ => return None,
        };
        Some(Self { entry: entry.clone(), material })
    }

    pub(crate) fn is_called(&self, kid: &str) -> bool {
        self.text("kid") == Some(kid)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.entry.get(name).and_then(Value::as_str)
    }

    /// Whether this key may check signatures of `alg` at all.
    fn fits(&self, alg: &str, defects: &Defects) -> bool {
        let of_kind = match (&self.material, alg) {
            (Material::Rsa { .. }, "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512") => true,
            (Material::Ec { curve, .. }, "ES256") => curve == "P-256" || defects.has("key-curve-ignored"),
            (Material::Ec { curve, .. }, "ES384") => curve == "P-384" || defects.has("key-curve-ignored"),
            (Material::Ec { curve, .. }, "ES512") => curve == "P-521" || defects.has("key-curve-ignored"),
            (Material::Okp { curve, .. }, "EdDSA") => curve == "Ed25519" || defects.has("okp-curve-ignored"),
            _ => defects.has("key-kty-ignored"),
        };
        let for_signatures = self.text("use").is_none_or(|use_| use_ == "sig") || defects.has("key-use-ignored");
        let may_verify = match self.entry.get("key_ops") {
            None => true,
            Some(Value::Array(operations)) => operations.iter().any(|operation| operation == "verify"),
            Some(_) => false,
        } || defects.has("key-ops-ignored");
        let of_alg = match self.text("alg") {
            None => !defects.has("key-alg-required"),
            Some(named) => named == alg,
        } || defects.has("key-alg-ignored");
        of_kind && for_signatures && may_verify && of_alg && self.is_strong(defects)
    }

    /// RSA of 2048 bits with an odd exponent above 1; Ed25519 on a point of full order.
    fn is_strong(&self, defects: &Defects) -> bool {
        match &self.material {
            Material::Rsa { n, e } => {
                // Zeros in front were cut when the key was read.
                let bits = n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize);
                let exponent =
                    e.iter().fold(0_u64, |sum, octet| sum.saturating_mul(256).saturating_add((*octet).into()));
                let sound = exponent >= 3 && exponent % 2 == 1;
                (bits >= 2048 || defects.has("rsa-small-ok")) && (sound || defects.has("rsa-exponent-one-ok"))
            }
            Material::Okp { x, .. } => !is_small_order(x) || defects.has("ed25519-small-order-ok"),
            Material::Ec { .. } | Material::Symmetric(_) => true,
        }
    }
}

/// The keys that may check a token of `alg` with `kid`, which may be several.
pub(crate) fn fitting<'k>(
    keys: &'k [Key],
    kid: Option<&str>,
    alg: &str,
    defects: &Defects,
) -> Result<Vec<&'k Key>, Failure> {
    let called: Vec<&Key> = keys.iter().filter(|key| kid.is_none_or(|kid| key.is_called(kid))).collect();
    let others = called.len() < keys.len();
    let called = if called.is_empty() && defects.has("kid-unknown-any") || others && defects.has("kid-ignored") {
        keys.iter().collect()
    } else {
        called
    };
    let first = called
        .first()
        .copied()
        .filter(|_| kid.is_some() && called.len() > 1 && defects.has("kid-duplicate-first-only"));
    let fits = called.iter().copied().filter(|key| key.fits(alg, defects));
    let mut fitting: Vec<&Key> = match first {
        Some(first) => fits.filter(|key| std::ptr::eq(*key, first)).collect(),
        None => fits.collect(),
    };
    if kid.is_none() && defects.has("kid-absent-refused") {
        return Err(refuse(ID_TOKEN, "key", "the token names no key"));
    }
    if kid.is_none() && defects.has("kid-absent-first-only") {
        fitting.truncate(1);
    }
    if fitting.is_empty() {
        return Err(refuse(ID_TOKEN, "key", "no key of the server fits the token"));
    }
    Ok(fitting)
}

/// Of one set of keys for the issuers of many tenants, those that are for the tenant of the token.
pub(crate) fn of_tenant<'k>(
    keys: Vec<&'k Key>,
    claims: &Map<String, Value>,
    template: Option<&str>,
    defects: &Defects,
) -> Result<Vec<&'k Key>, Failure> {
    let Some(template) = template.filter(|_| !defects.has("key-issuer-ignored")) else { return Ok(keys) };
    let is_meant =
        |key: &&Key| key.entry.get("issuer").is_none_or(|own| own == template || Some(own) == claims.get("iss"));
    let meant: Vec<&Key> = keys.into_iter().filter(is_meant).collect();
    if meant.is_empty() { Err(refuse(ID_TOKEN, "key", "the key is that of another issuer")) } else { Ok(meant) }
}

/// The eight points of small order on Curve25519's Edwards form, in each encoding there is; the
/// sign bit does not matter.
fn is_small_order(x: &[u8]) -> bool {
    const EIGHT_A: &str = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
    const EIGHT_B: &str = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";
    let Some((last, first)) = x.split_last() else { return true };
    let hex: String = first.iter().chain([&(last & 0x7f)]).map(|octet| format!("{octet:02x}")).collect();
    let zeros = "00".repeat(30);
    let ones = "ff".repeat(30);
    [
        format!("00{zeros}00"),
        format!("01{zeros}00"),
        format!("ec{ones}7f"),
        format!("ed{ones}7f"),
        format!("ee{ones}7f"),
        EIGHT_A.to_owned(),
        EIGHT_B.to_owned(),
    ]
    .contains(&hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(entry: Value) -> Option<Key> {
        Key::read(entry.as_object().unwrap())
    }

    #[test]
    fn what_is_no_key() {
        for entry in [
            serde_json::json!({"kty": "unheard-of"}),
            serde_json::json!({"kty": "RSA", "n": "AQAB"}),
            serde_json::json!({"kty": "RSA", "n": "AQAB==", "e": "AQAB"}),
            serde_json::json!({"kty": "EC", "crv": "P-256", "x": "AQAB"}),
            serde_json::json!({"n": "AQAB", "e": "AQAB"}),
        ] {
            assert!(key(entry.clone()).is_none(), "{entry}");
        }
    }

    #[test]
    fn which_key_fits() {
        let none = Defects::none();
        let n = base64url::encode([0xff; 256]);
        let rsa = |more: Value| {
            let mut entry = serde_json::json!({"kty": "RSA", "n": n, "e": "AQAB"});
            entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            key(entry).unwrap()
        };
        assert!(rsa(serde_json::json!({})).fits("RS256", &none));
        assert!(rsa(serde_json::json!({"use": "sig", "alg": "RS256", "key_ops": ["verify"]})).fits("RS256", &none));
        for unfit in [
            serde_json::json!({"use": "enc"}),
            serde_json::json!({"key_ops": ["sign"]}),
            serde_json::json!({"key_ops": "verify"}),
            serde_json::json!({"alg": "PS256"}),
            serde_json::json!({"n": base64url::encode([0xff; 128])}),
            serde_json::json!({"n": base64url::encode([[0; 128], [0xff; 128]].concat())}),
            serde_json::json!({"e": "AQ"}),
            serde_json::json!({"e": "AQAA"}),
        ] {
            assert!(!rsa(unfit.clone()).fits("RS256", &none), "{unfit}");
        }
        assert!(!rsa(serde_json::json!({})).fits("ES256", &none));
    }

    #[test]
    fn points_of_small_order() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert!(is_small_order(&identity));
        identity[31] = 0x80;
        assert!(is_small_order(&identity));
        assert!(is_small_order(&[]));
        let sound = base64url::decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert!(!is_small_order(&sound));
    }
}
