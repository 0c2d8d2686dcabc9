//! A public key as JSON, in the form that RFC 7638 takes the thumbprint of.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::response::Members;
use crate::signer::InvalidKeyHeader;

/// The members that the kind of key requires, in the order of their names, without blanks; and their hash.
#[derive(Clone, Debug)]
pub(crate) struct PublicJwk {
    json: String,
    thumbprint: String,
}

impl PublicJwk {
    pub(crate) fn parse(json: &str) -> Result<Self, InvalidKeyHeader> {
        let malformed = |_| InvalidKeyHeader::Jwk { member: "kty" };
        let members = Members::parse(json.as_bytes()).and_then(Members::each_once).map_err(malformed)?;
        let member = |member: &'static str| {
            let value = members.word(member).ok().flatten();
            // Base64url and names of curves: nothing that JSON would escape.
            let is_plain = |text: &str| {
                !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            };
            value.filter(|text| is_plain(text)).ok_or(InvalidKeyHeader::Jwk { member })
        };
        let kind = member("kty")?;
        let names: &[&'static str] = match &*kind {
            "EC" => &["crv", "kty", "x", "y"],
            "OKP" => &["crv", "kty", "x"],
            "RSA" => &["e", "kty", "n"],
            "oct" => return Err(InvalidKeyHeader::Private),
            _ => return Err(InvalidKeyHeader::Jwk { member: "kty" }),
        };
        if members.raw("d").is_some() {
            return Err(InvalidKeyHeader::Private);
        }
        let pairs = names.iter().map(|name| Ok(format!("\"{name}\":\"{}\"", member(name)?)));
        let json = format!("{{{}}}", pairs.collect::<Result<Vec<_>, InvalidKeyHeader>>()?.join(","));
        let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(json.as_bytes()));
        Ok(Self { json, thumbprint })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.json
    }

    pub(crate) fn thumbprint(&self) -> &str {
        &self.thumbprint
    }
}
