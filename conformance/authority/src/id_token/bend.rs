//! Edits of signatures and compact texts.

use crate::bend::Filling;
use crate::encoding::{base64url, from_base64url};
use crate::lie::{SignatureEdit, TextEdit};

/// The order of P-256, big-endian.
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The order of the prime group of Ed25519, little-endian.
const ED25519_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// `again` signs another token by the same key.
pub(super) fn bend_signature(mut signature: Vec<u8>, edit: &SignatureEdit, again: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let half = signature.len() / 2;
    match edit {
        SignatureEdit::FlipBit(place) => {
            let place = (*place).min(signature.len().saturating_sub(1));
            if let Some(octet) = signature.get_mut(place) {
                *octet ^= 1;
            }
        }
        SignatureEdit::Truncate(octets) => signature.truncate(signature.len().saturating_sub(*octets)),
        SignatureEdit::Append(octets) => signature.extend(octets),
        SignatureEdit::Empty => signature.clear(),
        SignatureEdit::Octets(octets) => signature.clone_from(octets),
        SignatureEdit::Zero => signature.fill(0),
        SignatureEdit::ZeroR => signature[..half].fill(0),
        SignatureEdit::ZeroS => signature[half..].fill(0),
        SignatureEdit::LargeR if half == 32 => signature[..half].copy_from_slice(&P256_ORDER),
        SignatureEdit::LargeR => signature[..half].fill(0xff),
        SignatureEdit::LargeS => add_order(&mut signature[half..]),
        SignatureEdit::Der => signature = der(&signature[..half], &signature[half..]),
        SignatureEdit::OfAnotherToken => signature = again(),
    }
    signature
}

/// Adds the order of the group to `S`, which stays below 2^256 and means the same.
fn add_order(scalar: &mut [u8]) {
    let mut carry = 0;
    for (octet, order) in scalar.iter_mut().zip(ED25519_ORDER) {
        let sum = u16::from(*octet) + u16::from(order) + carry;
        *octet = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
}

/// A SEQUENCE of two INTEGERs. A signature on P-521 needs a length of two octets.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let mut body = integer(r);
    body.extend(integer(s));
    tagged(0x30, body)
}

fn integer(octets: &[u8]) -> Vec<u8> {
    let start = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
    let mut number = octets[start..].to_vec();
    if number.first().is_none_or(|first| *first >= 0x80) {
        number.insert(0, 0);
    }
    tagged(0x02, number)
}

fn tagged(tag: u8, body: Vec<u8>) -> Vec<u8> {
    let mut tagged = vec![tag];
    match u8::try_from(body.len()) {
        Ok(length) if length >= 0x80 => tagged.extend([0x81, length]),
        Ok(length) => tagged.push(length),
        Err(_) => tagged.extend([0x82, (body.len() >> 8) as u8, (body.len() & 0xff) as u8]),
    }
    tagged.extend(body);
    tagged
}

/// Edits of the first two segments, before they are signed.
pub(super) fn bend_segment(segments: &mut [String], edit: &TextEdit) {
    let place = match edit {
        TextEdit::Segment(place, _)
        | TextEdit::SegmentOctets(place, _)
        | TextEdit::Pad(place)
        | TextEdit::StandardAlphabet(place)
        | TextEdit::SpareBits(place)
        | TextEdit::Insert(place, _, _) => *place,
        _ => return,
    };
    if let Some(segment) = segments.get_mut(place) {
        if matches!(edit, TextEdit::SpareBits(_)) && segment.len() % 4 == 0 {
            let mut json = from_base64url(segment).unwrap_or_default();
            json.push(b' ');
            *segment = base64url(&json);
        }
        bend_one(segment, edit);
    }
}

/// Edits of the signature's segment and of the whole.
pub(super) fn bend_whole(text: String, edit: &TextEdit, filling: &Filling<'_>) -> String {
    let mut segments: Vec<String> = text.split('.').map(String::from).collect();
    match edit {
        TextEdit::Whole(text) => return (filling.fill)(text),
        TextEdit::RemoveSegment(place) if *place < segments.len() => {
            segments.remove(*place);
        }
        TextEdit::RemoveSegment(_) => {}
        TextEdit::AppendSegment(segment) => segments.push(segment.clone()),
        TextEdit::Flattened => {
            return serde_json::json!({
                "payload": segments.get(1), "protected": segments.first(), "signature": segments.get(2)
            })
            .to_string();
        }
        TextEdit::General => {
            return serde_json::json!({
                "payload": segments.get(1),
                "signatures": [{"protected": segments.first(), "signature": segments.get(2)}]
            })
            .to_string();
        }
        TextEdit::Encrypted => {
            let header = base64url(br#"{"alg":"RSA-OAEP","enc":"A256GCM","cty":"JWT"}"#);
            let part = |octets: usize| base64url(&vec![7; octets]);
            return [header, part(256), part(12), part(300), part(16)].join(".");
        }
        TextEdit::Segment(2, _)
        | TextEdit::SegmentOctets(2, _)
        | TextEdit::Pad(2)
        | TextEdit::StandardAlphabet(2)
        | TextEdit::SpareBits(2)
        | TextEdit::Insert(2, _, _) => {
            if let Some(segment) = segments.get_mut(2) {
                bend_one(segment, edit);
            }
        }
        _ => {}
    }
    segments.join(".")
}

fn bend_one(segment: &mut String, edit: &TextEdit) {
    match edit {
        TextEdit::Segment(_, text) => segment.clone_from(text),
        TextEdit::SegmentOctets(_, octets) => *segment = base64url(octets),
        TextEdit::Pad(_) => {
            let padding = (4 - segment.len() % 4) % 4;
            segment.push_str(&"=".repeat(padding.max(1)));
        }
        TextEdit::StandardAlphabet(_) => {
            let standard = segment.replace('-', "+").replace('_', "/");
            *segment =
                if standard == *segment { format!("+{}", segment.get(1..).unwrap_or_default()) } else { standard };
        }
        TextEdit::SpareBits(_) if !segment.len().is_multiple_of(4) => {
            // The next character of the alphabet differs in the lowest bit, which is a spare one.
            const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let last = segment.pop().and_then(|last| ALPHABET.iter().position(|letter| char::from(*letter) == last));
            segment.push(char::from(ALPHABET[last.unwrap_or_default() | 1]));
        }
        TextEdit::Insert(_, place, text) => {
            let place = segment.char_indices().nth(*place).map_or(segment.len(), |(place, _)| place);
            segment.insert_str(place, text);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_is_positive_and_as_short_as_it_can_be() {
        assert_eq!(integer(&[0, 0, 0x7f]), [2, 1, 0x7f]);
        assert_eq!(integer(&[0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(integer(&[0, 0]), [2, 1, 0]);
        let long = tagged(0x30, vec![1; 300]);
        assert_eq!((&long[..4], long.len()), (&[0x30, 0x82, 1, 44][..], 304));
    }

    #[test]
    fn the_order_is_added_with_its_carry() {
        let mut scalar = [0; 32];
        scalar[0] = 0xff;
        add_order(&mut scalar);
        assert_eq!(scalar[..3], [0xec, 0xd4, 0xf5]);
        assert_eq!(scalar[31], 0x10);
    }
}
