//! Keys that only a switch uses: from a token's own header, and public keys as HMAC secrets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::context::Context;
use crate::http::Request;
use crate::keys::{self, Key, Material};

/// What the header of a token brings along or points to, for the switches that believe it.
pub(crate) async fn of_header(header: &Map<String, Value>, cx: &Context<'_>) -> Vec<Key> {
    let mut found = Vec::new();
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    if let Some(address) = text("jku").filter(|_| cx.defects.has("jku-followed")) {
        found.extend(keys::fetch(address, cx).await.unwrap_or_default());
    }
    if let Some(address) = text("x5u").filter(|_| cx.defects.has("x5u-followed"))
        && let Ok(answer) = cx.http.send(Request::get(address), "id_token", "key").await
    {
        let pem = String::from_utf8_lossy(&answer.body).into_owned();
        found.extend(STANDARD.decode(body_of(&pem)).ok().and_then(|der| of_certificate(&der)));
    }
    let certificate = header.get("x5c").and_then(|list| list.get(0)).and_then(Value::as_str);
    if let Some(certificate) = certificate.filter(|_| cx.defects.has("x5c-used")) {
        found.extend(STANDARD.decode(certificate).ok().and_then(|der| of_certificate(&der)));
    }
    let entry = header.get("jwk").and_then(Value::as_object);
    if let Some(entry) = entry.filter(|_| cx.defects.has("jwk-header-used")) {
        found.extend(Key::read(entry));
    }
    found
}

/// The RSA key in a certificate: what follows rsaEncryption.
fn of_certificate(der: &[u8]) -> Option<Key> {
    const RSA_ENCRYPTION: [u8; 13] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let at = der.windows(RSA_ENCRYPTION.len()).position(|window| window == RSA_ENCRYPTION)?;
    let (0x03, bits, _) = element(der.get(at + RSA_ENCRYPTION.len()..)?)? else { return None };
    let (0x30, pair, _) = element(bits.get(1..)?)? else { return None };
    let (0x02, n, rest) = element(pair)? else { return None };
    let (0x02, e, _) = element(rest)? else { return None };
    let n = n.iter().copied().skip_while(|octet| *octet == 0).collect();
    Some(Key { entry: Map::new(), material: Material::Rsa { n, e: e.to_vec() } })
}

/// The first DER element: its tag, its content, and what is behind it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [tag, length, rest @ ..] = der else { return None };
    let (length, rest) = match *length {
        short if short < 0x80 => (usize::from(short), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => (usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])), rest.get(2..)?),
        _ => return None,
    };
    Some((*tag, rest.get(..length)?, rest.get(length..)?))
}

/// Every form in which a public key has been taken for an HMAC secret.
pub(crate) fn as_secrets(key: &Key) -> Vec<Vec<u8>> {
    let mut forms = vec![Value::Object(key.entry.clone()).to_string().into_bytes()];
    let info = match &key.material {
        Material::Rsa { n, e } => {
            forms.push(n.clone());
            rsa_info(n, e)
        }
        Material::Ec { point, .. } if point.len() == 65 => [P256_PREFIX, point].concat(),
        _ => return forms,
    };
    let lines: Vec<String> =
        STANDARD.encode(&info).as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"));
    forms.push(info);
    forms.push(format!("{pem}\n").into_bytes());
    forms.push(format!("\n{pem}\n").into_bytes());
    forms.push(pem.into_bytes());
    forms
}

const P256_PREFIX: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// SubjectPublicKeyInfo of an RSA key.
fn rsa_info(n: &[u8], e: &[u8]) -> Vec<u8> {
    let algorithm = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let integer = |octets: &[u8]| {
        let sign = if octets.first().is_some_and(|first| first & 0x80 != 0) { &[0][..] } else { &[] };
        der(0x02, &[sign, octets].concat())
    };
    let pair = der(0x30, &[integer(n), integer(e)].concat());
    der(0x30, &[&algorithm[..], &der(0x03, &[&[0][..], &pair].concat())].concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let header = match length {
        0..0x80 => vec![tag, length as u8],
        0x80..0x100 => vec![tag, 0x81, length as u8],
        _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
    };
    [header, content.to_vec()].concat()
}

/// The base64 between the lines of a PEM text.
fn body_of(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_where_it_was_put() {
        let (n, e) = (vec![0xc7; 256], vec![1, 0, 1]);
        let info = rsa_info(&n, &e);
        // A certificate has more before and behind it.
        let certificate = [&[0x30, 0x82, 1, 0][..], &info, &[5, 0]].concat();
        let Some(Key { material: Material::Rsa { n: found, e: exponent }, .. }) = of_certificate(&certificate) else {
            panic!("no key found");
        };
        assert_eq!((found, exponent), (n, e));
        assert!(of_certificate(&info[..40]).is_none());
        assert!(of_certificate(&[]).is_none());
    }
}
