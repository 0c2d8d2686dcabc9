//! The format of a signed token: RFC 7515 sections 4, 5.2 and 7.1, RFC 7519 section 7.2.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::base64url;
use crate::defects::Defects;
use crate::failure::{Failure, refuse, stage::ID_TOKEN};
use crate::json::{Duplicates, is_odd, parse};

/// The longest token that is looked at.
const SIZE_LIMIT: usize = 768 * 1024;

/// A token in its parts, nothing of it believed yet.
pub(crate) struct Jwt {
    pub(crate) header: Map<String, Value>,
    /// `alg`, and `None` when a switch lets it be absent.
    pub(crate) alg: Option<String>,
    pub(crate) claims: Map<String, Value>,
    /// The octets that are signed.
    pub(crate) signed: Vec<u8>,
    /// What is reported as the claims: the same, but for a switch.
    pub(crate) reported: Map<String, Value>,
    pub(crate) signature: Vec<u8>,
}

/// Takes an ID token apart: size, segments, alphabet, header, claims.
pub(crate) fn decode(text: &str, defects: &Defects) -> Result<Jwt, Failure> {
    let jwt = decode_any(text, defects)?;
    check_type(&jwt.header, defects)?;
    Ok(jwt)
}

/// The same with a token of any kind.
pub(crate) fn decode_any(text: &str, defects: &Defects) -> Result<Jwt, Failure> {
    if text.len() > SIZE_LIMIT && !defects.has("jwt-uncapped") {
        return Err(malformed("it is too long"));
    }
    let [header, claims, signature] = segments(text, defects)?;
    let signed = format!("{header}.{claims}").into_bytes();
    let header = self::header(&octets(&header, "header", defects)?, defects)?;
    let claims = octets(&claims, "claims", defects)?;
    let signature = octets(&signature, "signature", defects)?;
    let odd = is_odd(&claims);
    let reported = if odd && defects.has("claims-duplicates-split") {
        self::claims(&claims, Duplicates::FirstWins, defects)?
    } else {
        Map::new()
    };
    let duplicates = if odd && (defects.has("claims-duplicates-ok") || defects.has("claims-duplicates-split")) {
        Duplicates::LastWins
    } else if odd && defects.has("claims-duplicates-first") {
        Duplicates::FirstWins
    } else {
        Duplicates::Refused
    };
    let claims = self::claims(&claims, duplicates, defects)?;
    let reported = if reported.is_empty() { claims.clone() } else { reported };
    let alg = alg(&header, defects)?;
    check_critical(&header, defects)?;
    Ok(Jwt { header, alg, claims, signed, reported, signature })
}

/// Exactly three.
fn segments(text: &str, defects: &Defects) -> Result<[String; 3], Failure> {
    if text.trim_start().starts_with('{') && defects.has("jwt-json-ok") {
        let jws = crate::json::parse_object(text.as_bytes(), Duplicates::LastWins).unwrap_or_default();
        let signed = jws.get("signatures").and_then(|list| list.get(0)).and_then(Value::as_object).unwrap_or(&jws);
        let part =
            |object: &Map<String, Value>, name: &str| object.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        return Ok([part(signed, "protected"), part(&jws, "payload"), part(signed, "signature")]);
    }
    let mut parts: Vec<String> = text.split('.').map(str::to_owned).collect();
    if parts.len() == 5 && defects.has("jwt-five-segments-crash") {
        return Err(Failure::Crashed);
    }
    // What unpacking a hundred thousand times as much would end in.
    if parts.len() == 5 && defects.has("jwe-unpacked") && is_compressed(&parts[0]) {
        return Err(Failure::Crashed);
    }
    if parts.len() > 3 && defects.has("jwt-extra-segment-ok") {
        parts.truncate(3);
    }
    while parts.len() < 3 && defects.has("jwt-missing-segment-ok") {
        // Claims of `{}`, and no signature.
        parts.push(if parts.len() == 1 { "e30".to_owned() } else { String::new() });
    }
    <[String; 3]>::try_from(parts).map_err(|parts| malformed(&format!("it has {} segments, not three", parts.len())))
}

/// For a switch: whether the header of an encrypted token says that its content is compressed.
fn is_compressed(header: &str) -> bool {
    let header = base64url::decode(header).unwrap_or_default();
    crate::json::parse_object(&header, Duplicates::LastWins).is_some_and(|header| header.contains_key("zip"))
}

/// base64url, strictly: no padding, no other alphabet, nothing in between, no spare bit set.
fn octets(segment: &str, name: &str, defects: &Defects) -> Result<Vec<u8>, Failure> {
    base64url::decode(segment)
        .or_else(|| base64url::decode(&repaired(segment, defects)))
        .ok_or_else(|| malformed(&format!("its {name} is not base64url")))
}

/// For switches: what a lax decoder would read in a segment that is not base64url.
fn repaired(segment: &str, defects: &Defects) -> String {
    let mut segment = segment.to_owned();
    if defects.has("jwt-padding-ok") {
        segment.truncate(segment.trim_end_matches('=').len());
    }
    if defects.has("jwt-alphabet-ok") {
        segment = segment.replace('+', "-").replace('/', "_");
    }
    if defects.has("jwt-whitespace-ok") {
        segment.retain(|c| !c.is_ascii_whitespace());
    }
    if defects.has("jwt-inserted-ok") {
        segment.retain(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    }
    if defects.has("jwt-spare-bits-ok") { without_spare_bits(segment) } else { segment }
}

/// For a switch: the same with zeros in the bits that make no octet.
fn without_spare_bits(segment: String) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    // A last character on its own carries six bits, which make no octet.
    let whole = if segment.len() % 4 == 1 { segment.len() - 1 } else { segment.len() };
    let spare = [0, 0, 4, 2][whole % 4];
    let value = |octet| ALPHABET.iter().position(|known| *known == octet);
    let mut octets = segment.into_bytes();
    octets.truncate(whole);
    if let Some(last) = octets.last_mut() {
        *last = value(*last).map_or(*last, |value| ALPHABET[value >> spare << spare]);
    }
    String::from_utf8(octets).unwrap_or_default()
}

fn header(octets: &[u8], defects: &Defects) -> Result<Map<String, Value>, Failure> {
    let odd = is_odd(octets);
    let duplicates = if odd && defects.has("header-duplicates-ok") {
        Duplicates::LastWins
    } else if odd && defects.has("header-duplicates-first") {
        Duplicates::FirstWins
    } else {
        Duplicates::Refused
    };
    match json(octets, duplicates, defects)? {
        Value::Object(header) => Ok(header),
        Value::Array(array) if defects.has("header-array-ok") => {
            Ok(array.into_iter().find_map(|element| element.as_object().cloned()).unwrap_or_default())
        }
        _ => Err(malformed("its header is no object")),
    }
}

fn claims(octets: &[u8], duplicates: Duplicates, defects: &Defects) -> Result<Map<String, Value>, Failure> {
    match json(octets, duplicates, defects)? {
        Value::Object(claims) if claims.values().any(Value::is_object) && defects.has("claims-nested-refused") => {
            Err(malformed("a claim is an object"))
        }
        Value::Object(claims) => Ok(claims),
        Value::Null if defects.has("claims-null-ok") => Ok(Map::new()),
        Value::Array(array) if defects.has("claims-not-object-ok") => {
            Ok(array.into_iter().find_map(|element| element.as_object().cloned()).unwrap_or_default())
        }
        Value::String(text) if defects.has("claims-not-object-ok") => {
            Ok(crate::json::parse_object(text.as_bytes(), duplicates).unwrap_or_default())
        }
        _ => Err(malformed("its claims are no object")),
    }
}

fn json(octets: &[u8], duplicates: Duplicates, defects: &Defects) -> Result<Value, Failure> {
    if octets.iter().filter(|octet| **octet == b'[').count() > 1000 && defects.has("jwt-deep-crash") {
        return Err(Failure::Crashed);
    }
    let mut repaired = String::from_utf8_lossy(octets);
    let overflow = repaired.contains("1e400") && defects.has("number-overflow-ok");
    if overflow || (repaired.contains(":NaN") && defects.has("number-nan-ok")) {
        // The last second of the year 9999.
        repaired = repaired.replace("1e400", "253402300799").replace(":NaN", ":253402300799").into();
        return parse(repaired.as_bytes(), duplicates).map_err(|_| malformed("a part of it is no JSON"));
    }
    let broken = matches!(repaired, Cow::Owned(_));
    let octets = if broken && defects.has("jwt-utf8-lossy") { repaired.as_bytes() } else { octets };
    parse(octets, duplicates).map_err(|_| malformed("a part of it is no JSON in UTF-8 with each name once"))
}

/// A string that is not empty, and not `none`.
fn alg(header: &Map<String, Value>, defects: &Defects) -> Result<Option<String>, Failure> {
    let refused = |what: &str| Err(refuse(ID_TOKEN, "alg", what));
    match header.get("alg") {
        None if defects.has("alg-missing-ok") => Ok(None),
        None => refused("the token names no algorithm"),
        Some(Value::String(alg)) if alg.is_empty() && !defects.has("alg-missing-ok") => {
            refused("the token names no algorithm")
        }
        Some(Value::String(alg)) if alg.starts_with("RS25") && alg != "RS256" && defects.has("alg-unknown-ok") => {
            Ok(None)
        }
        Some(Value::String(alg)) => Ok(Some(alg.clone()).filter(|alg| !alg.is_empty())),
        Some(_) if defects.has("alg-not-a-string-ok") => Ok(None),
        Some(_) => refused("the algorithm is not a string"),
    }
}

/// `crit` names what must be understood, and nothing that could be there is understood here; `b64`
/// is not understood, with or without it (RFC 7797 section 6).
fn check_critical(header: &Map<String, Value>, defects: &Defects) -> Result<(), Failure> {
    let refused = |what: &str| Err(refuse(ID_TOKEN, "crit", what));
    if header.contains_key("b64") && !defects.has("b64-ignored") {
        return refused("the token has b64 in its header");
    }
    let Some(crit) = header.get("crit") else { return Ok(()) };
    let empty = crit.as_array().is_some_and(Vec::is_empty);
    if empty {
        return if defects.has("crit-empty-ok") { Ok(()) } else { refused("crit is empty") };
    }
    if !crit.is_array() && defects.has("crit-type-ok") {
        return Ok(());
    }
    let names: Vec<&str> = crit.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let registered = ["alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit"];
    let harmless = |name: &&str| registered.contains(name) || !header.contains_key(*name);
    let tolerated = (defects.has("crit-registered-ok") && !names.is_empty() && names.iter().all(harmless))
        || (defects.has("b64-ignored") && names == ["b64"]);
    if !tolerated && !defects.has("crit-ignored") {
        return refused("the token wants something understood that is not");
    }
    Ok(())
}

/// A token that says it is something else than an ID token is something else: RFC 8725 section 3.11.
fn check_type(header: &Map<String, Value>, defects: &Defects) -> Result<(), Failure> {
    let plain = match header.get("typ") {
        None => !defects.has("typ-required"),
        Some(Value::String(typ)) => {
            if typ == "jwt" && defects.has("typ-case-sensitive") {
                return Err(refuse(ID_TOKEN, "typ", "the kind is not written in capitals"));
            }
            let typ = typ.to_ascii_lowercase();
            matches!(typ.strip_prefix("application/").unwrap_or(&typ), "jwt" | "jose" | "id+jwt")
        }
        Some(_) => false,
    };
    if !plain && !defects.has("typ-ignored") {
        return Err(refuse(ID_TOKEN, "typ", "the token is of another kind"));
    }
    Ok(())
}

fn malformed(what: &str) -> Failure {
    refuse(ID_TOKEN, "jwt_malformed", format!("the token is not used: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_utf8_is_repaired_by_a_switch_only() {
        let octets = b"{\"name\":\"\xff\"}";
        assert!(json(octets, Duplicates::Refused, &Defects::none()).is_err());
        assert!(json(octets, Duplicates::Refused, &Defects::named(["jwt-utf8-lossy"]).unwrap()).is_ok());
    }

    #[test]
    fn spare_bits() {
        assert_eq!(without_spare_bits("A-z_4MF".to_owned()), "A-z_4ME");
        assert_eq!(without_spare_bits("AQ".to_owned()), "AQ");
        assert_eq!(without_spare_bits("AR".to_owned()), "AQ");
        assert_eq!(without_spare_bits("AAAAB".to_owned()), "AAAA");
        assert_eq!(without_spare_bits(String::new()), "");
    }
}
