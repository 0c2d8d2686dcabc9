//! The signatures of elliptic curves: RFC 7518 section 3.4, RFC 8037 section 3.1.

use proofkey_authority::lie::{ExtraKey, JsonEdit, KeyEdit, SignatureEdit, Signing, TestKey};
use proofkey_authority::{Algorithm, Lie, Setup};
use serde_json::json;

use crate::case::{Case, Expect, Profile};
use crate::cases::id_token::{left_open, refused};

const SIGNATURE: &[&str] = &["signature", "jwt_malformed"];
const KEY: &[&str] = &["key", "signature"];

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let by = |algorithm: Algorithm, case: Case| {
        let lie = case.setup.lie.clone();
        case.setup(Setup { signing: algorithm, lie, ..Setup::witness() }).config("id_token_algs", json!([algorithm.as_str()]))
    };
    let ecdsa = |id, about, mutants, edit| {
        by(Algorithm::Es256, refused(id, &["JW-10", "ID-13"], about, SIGNATURE, mutants, Lie::signature(edit)))
    };
    let good = |id, rows, about, algorithm: Algorithm, mutants| {
        by(algorithm, Case::new(id, rows, "id_token", about, Expect::Accept(|_| Ok(())), mutants)
            .profile(Profile::OpenId))
    };
    vec![
        good("JW-10/es256", &["JW-10"], "The token is signed with ES256.", Algorithm::Es256, &["ecdsa-refused"]),
        ecdsa("JW-10/der", "The ES256 signature is in DER.", &["ecdsa-der-ok"], SignatureEdit::Der),
        ecdsa("JW-10/63-octets", "The ES256 signature has 63 bytes.", &["ecdsa-length-ok"], SignatureEdit::Truncate(1)),
        ecdsa("JW-10/65-octets", "The ES256 signature has 65 bytes.", &["ecdsa-length-ok"],
            SignatureEdit::Append(vec![0])),
        ecdsa("JW-10/128-octets", "The ES256 signature has 128 bytes.", &["ecdsa-length-ok"],
            SignatureEdit::Append(vec![0; 64])),
        ecdsa("JW-10/all-zero", "r and s of the ES256 signature are zero.", &["ecdsa-zero-ok"], SignatureEdit::Zero),
        ecdsa("JW-10/r-zero", "r of the ES256 signature is zero.", &["ecdsa-zero-ok"], SignatureEdit::ZeroR),
        ecdsa("JW-10/s-zero", "s of the ES256 signature is zero.", &["ecdsa-zero-ok"], SignatureEdit::ZeroS),
        ecdsa("JW-10/r-large", "r of the ES256 signature is the order of the curve.", &["ecdsa-zero-ok"],
            SignatureEdit::LargeR),
        by(Algorithm::Es384, refused("JW-11/key-on-another-curve", &["JW-11"],
            "alg is ES256, and the key is on P-384.", &["key", "signature", "alg"], &["key-curve-ignored"],
            Lie::Together(vec![
                Lie::header([JsonEdit::set("alg", "ES256")]), Lie::claims([JsonEdit::remove("at_hash")]),
                Lie::keys([KeyEdit::Signing(JsonEdit::remove("alg"))]),
            ]))).mistake("id_token_algs", json!(["ES256"])),

        good("JW-30/ed25519", &["JW-30"], "The token is signed with Ed25519.", Algorithm::EdDsa, &["ed25519-refused"]),
        by(Algorithm::EdDsa, refused("JW-30/s-not-reduced", &["JW-30", "ID-13"],
            "The order of the group is added to S of the Ed25519 signature.", SIGNATURE,
            &["ed25519-s-reduced", "no-signature-check"],
            Lie::signature(SignatureEdit::LargeS))),
        // RFC 8032 section 5.1.7 does not ask for more than the equation, which such a key fulfils.
        by(Algorithm::EdDsa, left_open("JW-30/small-order", &["JW-30"],
            "The Ed25519 key is a point of small order, for which the signature is forged.", KEY,
            &["ed25519-small-order-ok"],
            Lie::Together(vec![
                Lie::signing(Signing::SmallOrder),
                Lie::keys([KeyEdit::RemoveAll, KeyEdit::After(ExtraKey::new(TestKey::SmallOrder))]),
            ]))),
        by(Algorithm::EdDsa, refused("JW-30/x25519", &["JW-30"], "The key with the kid is for X25519.", KEY,
            &["okp-curve-ignored"],
            Lie::keys([KeyEdit::RemoveAll, KeyEdit::After(ExtraKey::same_kid(TestKey::X25519))]))),
    ]
}
