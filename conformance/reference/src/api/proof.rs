//! The proof that a client holds the key of its token: RFC 9449 section 4.3.

use std::collections::HashSet;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::challenge::Challenge;
use super::request::Request;
use crate::base64url;
use crate::defects::Defects;
use crate::jwt::{self, Jwt};
use crate::keys::{Key, Material};
use crate::signature::{ASYMMETRIC, is_valid, is_valid_hmac};

/// How long ago, and how far ahead, a proof may have been made, in seconds.
const WINDOW: u64 = 60;

/// What a proof is held against.
pub(super) struct Expected<'a> {
    /// The access token that came with it.
    pub(super) token: &'a str,
    /// The thumbprint of the key that the token is bound to.
    pub(super) bound_to: Option<&'a str>,
    /// The nonce that it needs.
    pub(super) nonce: Option<&'a str>,
    pub(super) now: u64,
    pub(super) defects: &'a Defects,
    /// For what is shared with the client, and has no switch here.
    pub(super) none: &'a Defects,
}

/// Checks the proof of a request. `seen` are the identifiers of those that were admitted.
pub(super) fn check(request: &Request, expected: &Expected<'_>, seen: &mut HashSet<String>) -> Result<(), Challenge> {
    let defects = expected.defects;
    let fields: Vec<&str> = request.fields("dpop").collect();
    let text = match fields.as_slice() {
        [] if defects.has("api-proof-missing-ok") => return Ok(()),
        [text] => text,
        [text, _] if defects.has("api-proof-repeated-ok") => text,
        _ => return Err(Challenge::InvalidProof),
    };
    if defects.has("api-proof-unread") {
        return Ok(());
    }
    if defects.has("api-proofs-refused") {
        return Err(Challenge::InvalidProof);
    }
    let proof = jwt::decode_any(text, expected.none).map_err(|_| Challenge::InvalidProof)?;
    check_header(&proof, expected)?;
    let claim = |name: &str| proof.claims.get(name).and_then(Value::as_str);
    let kept = |kept: bool, switch: &'static str| {
        if kept || defects.has(switch) { Ok(()) } else { Err(Challenge::InvalidProof) }
    };
    kept(claim("htm") == Some(request.method.as_str()), "api-proof-htm-ignored")?;
    kept(is_target(claim("htu"), &request.url, defects), "api-proof-htu-ignored")?;
    let (now, iat) = (expected.now, proof.claims.get("iat").and_then(Value::as_u64));
    let is_late = |iat: u64| now > iat.saturating_add(WINDOW);
    let is_early = |iat: u64| iat > now + WINDOW && !defects.has("api-proof-iat-future-ok");
    kept(iat.is_some_and(|iat| !is_late(iat) && !is_early(iat)), "api-proof-iat-ignored")?;
    check_nonce(claim("nonce"), expected)?;
    let ath = base64url::encode(Sha256::digest(expected.token));
    kept(claim("ath") == Some(ath.as_str()), "api-proof-ath-ignored")?;
    let key = proof.header.get("jwk").map(thumbprint);
    match expected.bound_to {
        None if defects.has("api-unbound-ok") => {}
        bound_to => kept(bound_to.is_some() && key.as_deref() == bound_to, "api-proof-key-ignored")
            .map_err(|_| Challenge::InvalidToken)?,
    }
    let Some(jti) = claim("jti").filter(|jti| !jti.is_empty()) else { return kept(false, "api-proof-jti-missing-ok") };
    kept(seen.insert(jti.to_owned()), "api-proof-replay-ok")
}

/// Its type, its key, and the signature by this key.
fn check_header(proof: &Jwt, expected: &Expected<'_>) -> Result<(), Challenge> {
    let (defects, none) = (expected.defects, expected.none);
    let is_proof = proof.header.get("typ").is_some_and(|typ| typ == "dpop+jwt");
    if !is_proof && !defects.has("api-proof-typ-ignored") {
        return Err(Challenge::InvalidProof);
    }
    let alg = proof.alg.as_deref().unwrap_or_default();
    let key = proof.header.get("jwk").and_then(Value::as_object).and_then(Key::read).ok_or(Challenge::InvalidProof)?;
    if key.entry.contains_key("d") && !defects.has("api-proof-private-key-ok") {
        return Err(Challenge::InvalidProof);
    }
    let valid = match &key.material {
        Material::Symmetric(secret) => {
            defects.has("api-proof-hs256-ok") && is_valid_hmac(alg, secret, &proof.signed, &proof.signature)
        }
        _ => ASYMMETRIC.contains(&alg) && is_valid(alg, &key, &proof.signed, &proof.signature, none),
    };
    let forgiven = || alg == "none" && defects.has("api-proof-alg-none-ok");
    if valid || forgiven() || alg != "HS256" && defects.has("api-proof-signature-ignored") {
        return Ok(());
    }
    Err(Challenge::InvalidProof)
}

/// Whether `htu` is the address of the request, without its query, after normalisation.
fn is_target(htu: Option<&str>, url: &str, defects: &Defects) -> bool {
    let Some(htu) = htu else { return false };
    let plain = url.split(['?', '#']).next().unwrap_or_default();
    let target = if plain != url && defects.has("api-proof-htu-with-query") { url } else { plain };
    let path = |url: &str| url.splitn(4, '/').nth(3).map(str::to_owned);
    htu == target
        || normal(htu) == normal(target) && !defects.has("api-proof-htu-exact")
        || path(htu) == path(target) && defects.has("api-proof-htu-path-only")
}

/// Scheme and host in lower case, and no default port (RFC 3986 section 6.2).
fn normal(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.to_ascii_lowercase();
    let port = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    format!("{}://{}/{path}", scheme.to_ascii_lowercase(), host.strip_suffix(port).unwrap_or(&host))
}

fn check_nonce(nonce: Option<&str>, expected: &Expected<'_>) -> Result<(), Challenge> {
    let defects = expected.defects;
    let Some(ours) = expected.nonce else { return Ok(()) };
    let is_ours = nonce == Some(ours) && !defects.has("api-nonce-never-enough");
    if is_ours || nonce.is_some() && defects.has("api-nonce-any-ok") || defects.has("api-nonce-ignored") {
        return Ok(());
    }
    Err(Challenge::UseNonce)
}

/// RFC 7638: the members that the kind of key requires, in the order of the alphabet.
fn thumbprint(jwk: &Value) -> String {
    let names: &[&str] = match jwk["kty"].as_str() {
        Some("RSA") => &["e", "kty", "n"],
        Some("OKP") => &["crv", "kty", "x"],
        Some("oct") => &["k", "kty"],
        _ => &["crv", "kty", "x", "y"],
    };
    let members: Vec<String> = names.iter().map(|name| format!("\"{name}\":{}", jwk[*name])).collect();
    base64url::encode(Sha256::digest(format!("{{{}}}", members.join(","))))
}
