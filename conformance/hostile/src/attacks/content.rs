//! Bodies that become large: compressed ones, or ones with many small items.

use crate::attack::{Attack, Client, Endpoint, FINE, Place, everywhere, head, send, whole};

/// What is UTF-8 nowhere, and says in which encoding it is.
const ENCODED: [&str; 6] = [
    "discovery_content_encoding",
    "keys_content_encoding",
    "token_content_encoding",
    "token_content_encoding",
    "token_content_encoding",
    "ok",
];

/// Too many values, in a document of a size that is read.
const FULL: [&str; 6] = [
    "discovery_too_many_values",
    "jwks_bad_json",
    "token_too_many_values",
    "token_too_many_values",
    "token_too_many_values",
    "ok",
];

/// The same beside the keys: what else is in their document is passed over.
const KEYS_APART: [&str; 6] = {
    let mut codes = FULL;
    codes[1] = "exchange:token_refused";
    codes
};

pub(super) fn attacks() -> Vec<Attack> {
    // The client never asks for a compressed body, and reads none: what came is what is looked at.
    let bomb = |name, coding: &'static str, bomb: fn() -> Vec<u8>| {
        Attack::new(name, ENCODED, move |_| {
            vec![send(whole("200 OK", &format!("content-encoding: {coding}\r\n"), &bomb()))]
        })
    };
    let full = |name, codes, piece: fn(usize) -> String| {
        Attack::new(name, codes, move |place: &Place| vec![send(place.answer(filled(place, piece, usize::MAX)))])
    };
    let million = |name, codes, [open, piece, close]: [&'static str; 3]| {
        Attack::new(name, codes, move |_| {
            vec![send(head("200 OK", "")), send(open), send(piece.repeat(1_000_000)), send(close)]
        })
    };
    let members = ["{", "\"\":0,", "\"a\":0}"];
    let keys = ["{\"keys\":[", "{},", "{}]}"];
    let too_long =
        ["discovery_too_large", "jwks_too_large", "token_too_long", "token_too_long", "token_too_long", "ok"];
    vec![
        bomb("gzip-bomb", "gzip", gzip),
        bomb("brotli-bomb", "br", brotli),
        bomb("zstd-bomb", "zstd", zstd),
        bomb("deflate-bomb", "deflate", || gzip().split_off(10)),
        bomb("gzip-bomb-in-itself", "gzip, gzip, gzip", gzip),
        million("million-members", everywhere("transport_too_large"), members),
        million("million-keys", everywhere("transport_too_large"), keys),
        million("million-members-let-in", too_long, members).by(Client::Greedy),
        million("million-keys-let-in", too_long, keys).by(Client::Greedy),
        full("full-of-members", FULL, |number| format!("\"{number}\":0,")),
        full("full-of-numbers", KEYS_APART, |_| "0,".to_owned()),
        full("full-of-objects", KEYS_APART, |_| "{\"\":0},".to_owned()),
        full("full-of-arrays", KEYS_APART, |_| "[0],".to_owned()),
        full("full-of-texts", KEYS_APART, |_| "\"\",".to_owned()),
        // As many values as are read, each of the kind that takes the most memory.
        Attack::new("most-objects-that-are-read", FINE, |place| {
            let nested = |_| "{\"\":".repeat(30) + "0" + &"}".repeat(30) + ",";
            vec![send(place.answer(filled(place, nested, 16_000 / 31)))]
        }),
    ]
}

/// An honest body with so many of these besides, or as many as the endpoint's limit of size allows.
fn filled(place: &Place, piece: fn(usize) -> String, most: usize) -> String {
    let limit = match place.endpoint {
        Endpoint::Discovery => 256 * 1024,
        Endpoint::Keys => 512 * 1024,
        _ => 1024 * 1024,
    };
    let (open, close) = if piece(0).contains("\":0,") { ("", "\"y\":0}") } else { ("\"x\":[", "0]}") };
    let mut body = format!("{{{},{open}", place.members());
    for piece in (0..most).map(piece) {
        if body.len() + piece.len() + close.len() > limit {
            break;
        }
        body += &piece;
    }
    body + close
}

/// 16 MiB of blanks in 106 kB: one literal, then copies of 258 octets, in the fixed code of RFC 1951 section 3.2.6.
fn gzip() -> Vec<u8> {
    let mut bits = vec![true, true, false];
    let mut put = |code: &str| bits.extend(code.bytes().map(|bit| bit == b'1'));
    put("01010000");
    for _ in 0..(16 << 20) / 258 {
        put("1100010100000");
    }
    put("0000000");
    let octet = |bits: &[bool]| bits.iter().rev().fold(0, |octet, bit| octet << 1 | u8::from(*bit));
    let mut file = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
    file.extend(bits.chunks(8).map(octet));
    file
}

/// 64 MiB of blanks, as the brotli tool writes them.
fn brotli() -> Vec<u8> {
    let text = "cbffff3ff82540e2b14020f7fe8fffff7ff04b00c4611180eefd1fffffffe0970088c30200ddfb3ffeffffc12f0110870500baf77f\
        fcffff835f02200e0b0074effff8ffff07bf04401c1600e8defff1ffff0f7e0980382c00d0bdffe3ffff1ffc1200715800a07bff37";
    let digits: Vec<u8> = text.chars().filter_map(|digit| digit.to_digit(16)?.try_into().ok()).collect();
    digits.chunks(2).map(|pair| pair.iter().fold(0, |octet, digit| octet << 4 | digit)).collect()
}

/// 64 MiB of blanks in 512 blocks of one octet each (RFC 8878 section 3.1.1.2, `RLE_Block`).
fn zstd() -> Vec<u8> {
    const BLOCK: u32 = 128 * 1024;
    let mut file = b"\x28\xb5\x2f\xfd\0\x58".to_vec();
    for number in 1..=512 {
        let header = BLOCK << 3 | 1 << 1 | u32::from(number == 512);
        file.extend(&header.to_le_bytes()[..3]);
        file.push(b' ');
    }
    file
}
