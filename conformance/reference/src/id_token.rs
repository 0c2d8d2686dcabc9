//! Step 5: the ID token. OpenID Connect Core section 3.1.3.7.

use serde_json::{Map, Value};

use crate::claims::{self, Expected};
use crate::context::Context;
use crate::defects::Defects;
use crate::failure::{Failure, refuse, stage::ID_TOKEN};
use crate::foolish_keys;
use crate::jwt::{self, Jwt};
use crate::keys::{self, Key, KeyCache};
use crate::signature::{ASYMMETRIC, is_valid, is_valid_hmac, shortest_hmac_key};

/// How the signature is to be checked.
pub(crate) struct Signer<'a> {
    /// Where the server's keys are.
    pub(crate) jwks: Option<&'a str>,
    pub(crate) keys: &'a mut KeyCache,
    /// The algorithms agreed upon.
    pub(crate) algs: &'a [String],
    pub(crate) client_secret: Option<&'a str>,
    /// The issuers of all tenants, when the server stands for them all.
    pub(crate) template: Option<String>,
}

/// An ID token in which everything was checked.
#[derive(Clone)]
pub(crate) struct IdToken {
    /// As it came.
    pub(crate) text: String,
    pub(crate) claims: Map<String, Value>,
    pub(crate) verified: bool,
}

/// Checks an ID token: shape, algorithm, key, signature, claims.
pub(crate) async fn validate(
    text: &str,
    signer: Signer<'_>,
    expected: &Expected<'_>,
    cx: &Context<'_>,
) -> Result<IdToken, Failure> {
    let jwt = jwt::decode(text, cx.defects)?;
    let verified = if cx.defects.has("id-token-unread") {
        return Ok(IdToken { text: text.to_owned(), claims: jwt.reported, verified: false });
    } else {
        check_signature(&jwt, signer, cx).await?
    };
    claims::check(&jwt.claims, jwt.alg.as_deref().unwrap_or("RS256"), expected, cx)?;
    Ok(IdToken { text: text.to_owned(), claims: jwt.reported, verified })
}

/// By what a token's signature is checked.
enum Means {
    /// A key of the server.
    Key,
    /// The client's secret.
    Secret,
    /// By a switch: a key of the server, used as a secret.
    PublishedSecret,
    /// By a switch: no check.
    Nothing,
}

/// The agreement decides, never the token: RFC 8725 section 3.1.
fn means(alg: &str, agreed: &[String], defects: &Defects) -> Result<Means, Failure> {
    let agreed = agreed.iter().any(|name| name == alg);
    if (alg.starts_with("ES") && defects.has("ecdsa-refused")) || (alg == "EdDSA" && defects.has("ed25519-refused")) {
        return Err(refuse(ID_TOKEN, "alg", "this client does not know the algorithm"));
    }
    let symmetric = alg.starts_with("HS");
    if (alg == "none" && defects.has("alg-none-ok"))
        || (alg != "none" && alg.eq_ignore_ascii_case("none") && defects.has("alg-none-case-ok"))
    {
        Ok(Means::Nothing)
    } else if ASYMMETRIC.contains(&alg) && (agreed || defects.has("alg-from-header")) {
        Ok(Means::Key)
    } else if symmetric && !agreed && (defects.has("hs256-with-public-key") || defects.has("oct-key-used")) {
        Ok(Means::PublishedSecret)
    } else if symmetric && defects.has("hs256-refused") {
        Err(refuse(ID_TOKEN, "alg", "this client knows no HMAC"))
    } else if symmetric && (agreed || defects.has("alg-from-header")) {
        Ok(Means::Secret)
    } else {
        Err(refuse(ID_TOKEN, "alg", "the token's algorithm is not the one agreed upon"))
    }
}

/// Whether the token is signed as agreed; false only when a switch skips the question.
pub(crate) async fn check_signature(jwt: &Jwt, signer: Signer<'_>, cx: &Context<'_>) -> Result<bool, Failure> {
    let defects = cx.defects;
    let alg = jwt.alg.as_deref().unwrap_or("RS256");
    let wrong = || refuse(ID_TOKEN, "signature", "the token's signature is not valid");
    let kid = kid(jwt, defects)?;
    match means(alg, signer.algs, defects)? {
        Means::Nothing => return Ok(false),
        Means::Secret => {
            if signer.jwks.is_none() && defects.has("hmac-needs-keys") {
                return Err(refuse(ID_TOKEN, "key", "the server names no address of its keys"));
            }
            let secret = signer.client_secret.unwrap_or("").as_bytes();
            if secret.len() < shortest_hmac_key(alg) && !defects.has("hmac-short-ok") {
                return Err(refuse(ID_TOKEN, "key", "the client's secret is too short for the algorithm"));
            }
            let valid = is_valid_hmac(alg, secret, &jwt.signed, &jwt.signature)
                || defects.has("no-signature-check")
                || is_by_published_secret(jwt, alg, signer, cx).await?;
            return valid.then_some(true).ok_or_else(wrong);
        }
        Means::PublishedSecret => {
            return is_by_published_secret(jwt, alg, signer, cx).await?.then_some(true).ok_or_else(wrong);
        }
        Means::Key => {}
    }
    // Whatever the header says about keys besides kid is not for us: OpenID Connect Core section 2.
    let brought: Vec<Key> = foolish_keys::of_header(&jwt.header, cx).await;
    if brought.iter().any(|key| is_valid(alg, key, &jwt.signed, &jwt.signature, defects)) {
        return Ok(true);
    }
    let keys = signer.keys.keys(signer.jwks, kid, cx).await?;
    let fitting = keys::fitting(keys, kid, alg, defects)?;
    let fitting = keys::of_tenant(fitting, &jwt.claims, signer.template.as_deref(), defects)?;
    let unchecked = || {
        defects.has("no-signature-check") || (kid.is_none() && fitting.len() > 1 && defects.has("kid-absent-unchecked"))
    };
    if fitting.iter().any(|key| is_valid(alg, key, &jwt.signed, &jwt.signature, defects)) || unchecked() {
        Ok(true)
    } else {
        Err(wrong())
    }
}

/// For switches: whether something that the server publishes is the secret of the token's HMAC.
async fn is_by_published_secret(jwt: &Jwt, alg: &str, signer: Signer<'_>, cx: &Context<'_>) -> Result<bool, Failure> {
    let (symmetric, public) = (cx.defects.has("oct-key-used"), cx.defects.has("hs256-with-public-key"));
    if !symmetric && !public {
        return Ok(false);
    }
    let keys = signer.keys.keys(signer.jwks, None, cx).await?;
    let mut secrets = keys.iter().flat_map(|key| match &key.material {
        keys::Material::Symmetric(octets) => vec![octets.clone()],
        _ if public => foolish_keys::as_secrets(key),
        _ => Vec::new(),
    });
    Ok(secrets.any(|secret| is_valid_hmac(alg, &secret, &jwt.signed, &jwt.signature)))
}

/// The name of a key: data, whatever is in it.
fn kid<'a>(jwt: &'a Jwt, defects: &Defects) -> Result<Option<&'a str>, Failure> {
    let Some(kid) = jwt.header.get("kid") else { return Ok(None) };
    if !kid.is_string() && defects.has("kid-type-ok") {
        return Ok(None);
    }
    let Some(kid) = kid.as_str() else { return Err(refuse(ID_TOKEN, "key", "the name of the key is not a string")) };
    let plain = kid.len() <= 256 && kid.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~=+".contains(c));
    if !plain && defects.has("kid-hostile-crash") {
        return Err(Failure::Crashed);
    }
    Ok(Some(kid))
}
