//! `at_hash` and `c_hash`: the left half of the hash that `alg` names.

use aws_lc_rs::digest::{self, Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};

use super::super::keys::{base64url, left_half};
use super::*;

const AT: &[&str] = &["at_hash"];
const C: &[&str] = &["c_hash"];
/// Half of each hash of these two has both a `-` and a `_`, where the alphabets of base64 differ.
const ACCESS_TOKEN: &str = "at-243.example";
const CODE: &str = "SplxlOBeZQQYbYS6WxSb269";

pub(super) fn groups() -> Vec<Group> {
    let token = Expected { access_token: Some(ACCESS_TOKEN), ..Expected::default() };
    let code = Expected { code: Some(CODE), ..Expected::default() };
    let at = |comment, algorithm, hash| {
        let tests = algorithms("at_hash", AT, ACCESS_TOKEN, hash, &marks(algorithm, AccessTokenHash));
        Group::new(comment, token.clone(), tests).signed_by(algorithm)
    };
    let c = |comment, algorithm, hash| {
        let tests = algorithms("c_hash", C, CODE, hash, &marks(algorithm, CodeHash));
        Group::new(comment, code.clone(), tests).signed_by(algorithm)
    };
    let forms = |name, reason, value, flag| with(forms(name, reason, value, flag), types(name, reason, value, flag));
    vec![
        Group::new("at_hash, code flow, RS256", token.clone(), forms("at_hash", AT, ACCESS_TOKEN, AccessTokenHash)),
        Group::new("c_hash, code flow, RS256", code.clone(), forms("c_hash", C, CODE, CodeHash)),
        at("at_hash, the hash of RS256", "RS256", &SHA256),
        at("at_hash, the hash of RS384", "RS384", &SHA384),
        at("at_hash, the hash of RS512", "RS512", &SHA512),
        at("at_hash, the hash of ES256", "ES256", &SHA256),
        at("at_hash, the hash of EdDSA", "EdDSA", &SHA512),
        c("c_hash, the hash of RS384", "RS384", &SHA384),
        c("c_hash, the hash of RS512", "RS512", &SHA512),
        c("c_hash, the hash of EdDSA", "EdDSA", &SHA512),
        front_both(),
        front_code(),
        front_token(),
        Group::new("at_hash and c_hash, nothing to compare with", Expected::default(), unasked()),
    ]
}

/// How the right hash may and may not be written, for RS256.
fn forms(name: &'static str, reason: &'static [&'static str], value: &'static str, flag: Flag) -> Vec<Test> {
    let right = left_half(&SHA256, value);
    let whole = digest::digest(&SHA256, value.as_bytes());
    let (left, second) = whole.as_ref().split_at(16);
    let hex: String = left.iter().map(|octet| format!("{octet:02x}")).collect();
    let other = |comment: &str, hash: &str| invalid(comment, set_text(name, hash), reason, &[flag]);
    vec![
        valid("the hash", set_text(name, &right), &[Normal, flag]),
        valid("absent", keep(), &[flag]),
        valid(
            "its first character escaped",
            set(name, format!("\"\\u{:04x}{}\"", right.as_bytes()[0], &right[1..])),
            &[Escape, flag],
        ),
        other("that of another value", &left_half(&SHA256, "another")),
        other("that of an empty value", &left_half(&SHA256, "")),
        other("empty", ""),
        other("the value itself", value),
        other("the whole hash", &base64url(whole.as_ref())),
        other("the right half of the hash", &base64url(second)),
        other("the hash of the hash", &left_half(&SHA256, &right)),
        other("its first quarter", &base64url(&left[..8])),
        other("the first character alone", &right[..1]),
        other("with padding", &format!("{right}==")),
        other("in the alphabet of plain base64", &right.replace('-', "+").replace('_', "/")),
        other("in plain base64 with padding", &format!("{}==", right.replace('-', "+").replace('_', "/"))),
        other("in hexadecimal", &hex),
        other("in lower case", &right.to_lowercase()),
        other("the last character missing", &right[..right.len() - 1]),
        other("the first character missing", &right[1..]),
        other("one character more", &format!("{right}A")),
        other("spare bits set in the last character", &spare_bits(&right)),
        other("a blank behind", &format!("{right} ")),
        other("a line end behind", &format!("{right}\n")),
    ]
}

/// The last of 22 characters carries two bits: four characters stand for the same octets, and only one is the encoding.
fn spare_bits(right: &str) -> String {
    let (start, last) = right.split_at(right.len() - 1);
    let next = match last {
        "A" => "B",
        "Q" => "R",
        "g" => "h",
        _ => "x",
    };
    format!("{start}{next}")
}

fn types(name: &'static str, reason: &'static [&'static str], value: &str, flag: Flag) -> Vec<Test> {
    optional_types(name, &no_texts(&left_half(&SHA256, value)), reason, &[WrongType, flag])
}

fn marks(algorithm: &str, flag: Flag) -> Vec<Flag> {
    if algorithm == "EdDSA" { vec![flag, EdDsaHash] } else { vec![flag] }
}

/// The hash that the algorithm names, and every other.
fn algorithms(
    name: &'static str,
    reason: &'static [&'static str],
    value: &str,
    right: &'static Algorithm,
    flags: &[Flag],
) -> Vec<Test> {
    let hashes: [(&str, &'static Algorithm); 4] =
        [("SHA-1", &SHA1_FOR_LEGACY_USE_ONLY), ("SHA-256", &SHA256), ("SHA-384", &SHA384), ("SHA-512", &SHA512)];
    let mut tests = Vec::new();
    for (known, hash) in hashes {
        let octets = digest::digest(hash, value.as_bytes());
        let edits = set_text(name, &left_half(hash, value));
        if hash == right {
            tests.insert(0, valid(format!("left half of {known}"), edits, flags));
        } else {
            tests.push(invalid(format!("left half of {known}"), edits, reason, flags));
            // Its first octets alone, as many as are due.
            if octets.as_ref().len() > right.output_len() / 2 {
                let cut = base64url(&octets.as_ref()[..right.output_len() / 2]);
                if cut != left_half(hash, value) {
                    let comment = format!("{known}, cut to the length that is due");
                    tests.push(invalid(comment, set_text(name, &cut), reason, flags));
                }
            }
        }
    }
    tests
}

/// `response_type=code id_token token`, with the values of the example in OpenID Connect Core, appendix A.
fn front_both() -> Group {
    let (at, c) = ("77QmUPtjPfzWtF2AnpK9RQ", "LDktKdoQak3Pk0cnXxCltA");
    let expected = Expected {
        access_token: Some("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
        code: Some("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"),
        front_channel: true,
        ..Expected::default()
    };
    let tests = vec![
        valid("both hashes", keep(), &[Normal]),
        invalid("no at_hash", remove("at_hash"), AT, &[HashMissing]),
        invalid("no c_hash", remove("c_hash"), C, &[HashMissing]),
        invalid(
            "neither",
            remove("at_hash").and(remove("c_hash")),
            &["at_hash", "c_hash"],
            &[HashMissing, SeveralFaults],
        ),
        invalid("at_hash of another token", set_text("at_hash", c), AT, &[AccessTokenHash]),
        invalid("c_hash of another code", set_text("c_hash", at), C, &[CodeHash]),
        invalid(
            "exchanged",
            set_text("at_hash", c).and(set_text("c_hash", at)),
            &["at_hash", "c_hash"],
            &[AccessTokenHash, CodeHash, SeveralFaults],
        ),
        invalid("at_hash under the name AT_HASH", rename("at_hash", "AT_HASH"), AT, &[HashMissing]),
        invalid("at_hash: null", set("at_hash", "null"), AT, &[WrongType]),
        invalid("c_hash: null", set("c_hash", "null"), C, &[WrongType]),
        invalid("at_hash empty", set_text("at_hash", ""), AT, &[AccessTokenHash]),
        invalid("c_hash empty", set_text("c_hash", ""), C, &[CodeHash]),
    ];
    Group::new("at_hash and c_hash, front channel, code id_token token", expected, tests)
        .honest("at_hash", at)
        .honest("c_hash", c)
}

/// `response_type=code id_token`.
fn front_code() -> Group {
    let expected = Expected { code: Some(CODE), front_channel: true, ..Expected::default() };
    let tests = vec![
        valid("c_hash", keep(), &[Normal]),
        invalid("absent", remove("c_hash"), C, &[HashMissing]),
        invalid("of another code", set_text("c_hash", &left_half(&SHA256, "another")), C, &[CodeHash]),
        invalid(
            "its value as at_hash",
            remove("c_hash").and(set_text("at_hash", &left_half(&SHA256, CODE))),
            C,
            &[HashMissing],
        ),
    ];
    Group::new("c_hash, front channel, code id_token", expected, tests).honest("c_hash", &left_half(&SHA256, CODE))
}

/// `response_type=id_token token`.
fn front_token() -> Group {
    let expected = Expected { access_token: Some(ACCESS_TOKEN), front_channel: true, ..Expected::default() };
    let hash = left_half(&SHA256, ACCESS_TOKEN);
    let tests = vec![
        valid("at_hash", keep(), &[Normal]),
        invalid("absent", remove("at_hash"), AT, &[HashMissing]),
        invalid("of another token", set_text("at_hash", &left_half(&SHA256, "another")), AT, &[AccessTokenHash]),
        invalid("its value as c_hash", remove("at_hash").and(set_text("c_hash", &hash)), AT, &[HashMissing]),
    ];
    Group::new("at_hash, front channel, id_token token", expected, tests).honest("at_hash", &hash)
}

fn unasked() -> Vec<Test> {
    let hash = left_half(&SHA256, "a value that this verifier was not given");
    vec![
        valid("neither", keep(), &[Normal]),
        valid("at_hash of a token that is not known here", set_text("at_hash", &hash), &[Normal]),
        valid("c_hash of a code that is not known here", set_text("c_hash", &hash), &[Normal]),
        acceptable("at_hash: null", set("at_hash", "null"), AT, &[UnusedClaim]),
        acceptable("at_hash: the number 17", set("at_hash", "17"), AT, &[UnusedClaim]),
        acceptable("c_hash: null", set("c_hash", "null"), C, &[UnusedClaim]),
        acceptable("c_hash: an empty array", set("c_hash", "[]"), C, &[UnusedClaim]),
    ]
}
