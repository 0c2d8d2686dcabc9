//! Which key: `kid`, `kty`, `alg`, `use`, `key_ops`, and a set that is not all one can wish for.

use proofkey_authority::lie::{ExtraKey, HmacKey, IdTokenEdit, JsonEdit, KeyEdit, Signing, TestKey, When};
use proofkey_authority::{Algorithm, Endpoint, HmacAlgorithm, Lie, Setup};
use serde_json::{Value, json};

use crate::case::{Case, Check, Expect, Profile, Step};
use crate::cases::id_token::{left_open, refused, taken};

const KEY: &[&str] = &["key", "signature"];

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let signing_key = |id, rows, about, mutants, edit| {
        refused(id, rows, about, KEY, mutants, Lie::keys([KeyEdit::Signing(edit)]))
    };
    let beside = |id, rows, about, mutants, key: KeyEdit| taken(id, rows, about, mutants, Lie::keys([key]));
    let whole = |value: Value| KeyEdit::Before(ExtraKey::new(TestKey::Json(value)));
    let without_kid = || Lie::header([JsonEdit::remove("kid")]);
    let kid = |id, about, value: JsonEdit| {
        refused(id, &["JW-24", "ID-31"], about, &["key", "signature", "jwt_malformed"], &["kid-hostile-crash"], Lie::header([value]))
    };
    let rotated = |id, about, mutants, check: Check| {
        let lie = Lie::Keys { when: When::First, edits: vec![KeyEdit::RemoveAll] };
        Case::new(id, &["ID-31"], "id_token", about, Expect::Accept(check), mutants)
            .profile(Profile::OpenId).lie(lie).should()
    };
    vec![
        rotated("ID-31/keys-rotated", "The kid is unknown at first: the keys are fetched again, and contain it.",
            &["jwks-never-refetched"], |_| Ok(())),
        Case::new("ID-31/key-added-later", &["ID-31", "JW-10"], "id_token",
            "After a first login, the server signs with a new key: the keys are fetched again, and contain it.",
            Expect::Accept(|_| Ok(())), &["jwks-never-refetched"])
            .profile(Profile::OpenId).config("id_token_algs", json!(["RS256", "ES256"])).should()
            .lie(Lie::Together(vec![
                Lie::IdToken { when: When::AfterFirst, edits: vec![IdTokenEdit::Sign(Signing::Own(Algorithm::Es256))] },
                Lie::Keys {
                    when: When::First,
                    edits: vec![KeyEdit::RemoveAll, KeyEdit::After(ExtraKey::new(TestKey::Own(Algorithm::Rs256)))],
                },
            ]))
            .steps([Step::Many(2)]),
        Case::new("ID-31/no-refetch-for-each-token", &["ID-31"], "id_token",
            "Eight logins return tokens with unknown kids: the keys are not fetched again for each.",
            Expect::Wire(|seen| match seen.wire.jwks_requests().len() {
                0..=4 => Ok(()),
                asked => Err(format!("expected: at most 4 requests for the keys; seen: {asked}")),
            }),
            &["jwks-refetched-always"])
            .profile(Profile::OpenId).lie(Lie::header([JsonEdit::set("kid", "nobody-knows-it")]))
            .steps([Step::Many(8)]).should(),
        refused("ID-31/kid-unknown", &["ID-31", "ID-32"], "No key has the kid.", &["key"],
            &["kid-unknown-any", "kid-ignored"], Lie::header([JsonEdit::set("kid", "nobody-knows-it")])).should(),
        taken("ID-32/kid-absent-one-key", &["ID-32"], "There is no kid, and one key fits.",
            &["kid-absent-refused"], without_kid()),
        Case::new("ID-32/kid-absent-two-keys", &["ID-32"], "id_token",
            "There is no kid, and two keys fit, the right one second: both are tried, or the token is refused.",
            Expect::Wire(|seen| match seen.answers.last() {
                Some(answer) if answer.is_ok() || answer.class() == "key" => Ok(()),
                Some(answer) => Err(format!("expected: a success, or class key; seen: class {:?}", answer.class())),
                None => Err("expected: an answer; seen: none".into()),
            }),
            &["kid-absent-first-only"])
            .profile(Profile::OpenId)
            .lie(Lie::Together(vec![
                without_kid(),
                Lie::keys([KeyEdit::Before(ExtraKey::new(TestKey::Foreign(Algorithm::Rs256)))]),
            ])),
        refused("ID-32/kid-absent-two-keys-and-a-stranger", &["ID-32", "ID-13", "ID-12"],
            "There is no kid, two keys are published, and a third one signed the token.", KEY,
            &["kid-absent-unchecked", "no-signature-check"],
            Lie::Together(vec![
                Lie::signing(Signing::Foreign), without_kid(),
                Lie::keys([KeyEdit::After(ExtraKey::new(TestKey::Own(Algorithm::Rs256)))]),
            ])),

        refused("JW-08/key-of-another-algorithm", &["JW-08"],
            "The key has alg PS256, and the token is signed with RS256.", KEY, &["key-alg-ignored"],
            Lie::keys([KeyEdit::Signing(JsonEdit::set("alg", "PS256"))])),
        refused("JW-08/algorithm-of-another-key", &["JW-08"],
            "RS256 and PS256 were agreed upon, and the key that is for RS256 signed with PS256.", KEY, &["key-alg-ignored"],
            Lie::signing(Signing::Own(Algorithm::Ps256))).config("id_token_algs", json!(["RS256", "PS256"])),
        refused("JW-08/kind-of-another-algorithm", &["JW-08", "JW-11"],
            "The header says RS256, and the signature is by ES256, with the EC key of the kid.", KEY,
            &["key-kty-ignored"],
            Lie::header([JsonEdit::set("alg", "RS256")])).config("id_token_algs", json!(["ES256", "RS256"]))
            .setup(Setup {
                signing: Algorithm::Es256,
                lie: Some(Lie::Together(vec![
                    Lie::header([JsonEdit::set("alg", "RS256")]), Lie::keys([KeyEdit::Signing(JsonEdit::remove("alg"))]),
                ])),
                ..Setup::witness()
            }),
        refused("JW-11/curve-of-another-algorithm", &["JW-11", "JW-10"],
            "alg is ES256, and the key is on secp256k1.", KEY, &["key-curve-ignored"],
            Lie::Together(vec![
                Lie::signing(Signing::Secp256k1),
                Lie::keys([KeyEdit::Before(ExtraKey::new(TestKey::Secp256k1))]),
            ])).config("id_token_algs", json!(["RS256", "ES256"])),
        refused("JW-12/rsa-1024", &["JW-12"], "The RSA key has 1024 bits.", KEY, &["rsa-small-ok"],
            Lie::Together(vec![
                Lie::signing(Signing::SmallRsa),
                Lie::keys([KeyEdit::RemoveAll, KeyEdit::After(ExtraKey::new(TestKey::SmallRsa))]),
            ])),
        // RFC 7518 section 3.3 speaks of the size, and RFC 8017 section 3.1 to those who make keys.
        left_open("JW-12/rsa-exponent-one", &["JW-12"], "The RSA key has the exponent 1.", KEY, &["rsa-exponent-one-ok"],
            Lie::Together(vec![
                Lie::signing(Signing::ExponentOne),
                Lie::keys([KeyEdit::RemoveAll, KeyEdit::After(ExtraKey::new(TestKey::ExponentOne))]),
            ])),
        refused("JW-13/hmac-key-short", &["JW-13"],
            "HS512 was agreed upon, and the client's secret is shorter than the hash.",
            &["key", "config", "alg"], &["hmac-short-ok"],
            Lie::Together(vec![
                Lie::signing(Signing::Hmac(HmacAlgorithm::Hs512, HmacKey::ClientSecret)),
                Lie::claims([JsonEdit::remove("at_hash")]),
            ]))
            .profile(Profile::BasicOpenId).mistake("id_token_algs", json!(["RS256", "HS512"])),
        signing_key("JW-15/encryption-key", &["JW-15"], "The signing key is for encryption: use is enc.",
            &["key-use-ignored"], JsonEdit::set("use", "enc")).should(),
        refused("JW-15/key-ops-without-verify", &["JW-15"], "key_ops of the signing key does not list verify.", KEY,
            &["key-ops-ignored"], Lie::keys([
                KeyEdit::Signing(JsonEdit::set("key_ops", json!(["encrypt"]))), KeyEdit::Signing(JsonEdit::remove("use")),
            ])).should(),
        beside("JW-15/encryption-key-beside", &["JW-15"], "An encryption key precedes the signing key.",
            &["jwks-encryption-fatal"], KeyEdit::Before(ExtraKey::new(TestKey::Encryption))).should(),
        beside("JW-16/unknown-kty", &["JW-16"], "A key of an unknown type precedes the signing key.",
            &["jwks-entry-fatal"], whole(json!({"kty": "LWE", "kid": "q", "x": "AA"}))).should(),
        beside("JW-16/missing-members", &["JW-16"], "An RSA key without a modulus precedes the signing key.",
            &["jwks-entry-fatal"], whole(json!({"kty": "RSA", "kid": "q", "e": "AQAB"}))).should(),
        beside("JW-16/no-object", &["JW-16"], "One of the keys is a string.",
            &["jwks-entry-fatal"], whole(json!("key"))).should(),
        beside("JW-16/further-members", &["JW-16"], "The key has unknown members.",
            &["jwks-member-refused"], KeyEdit::Signing(JsonEdit::set("x-of-the-future", json!([1])))),
        taken("JW-16/further-members-of-the-set", &["JW-16"], "The key set has another member besides keys.",
            &["jwks-set-member-refused"], Lie::json(Endpoint::Jwks, [JsonEdit::set("x-of-the-future", json!([1]))])),
        beside("JW-16/unknown-curve", &["JW-16"], "A key on an unknown curve precedes the signing key.",
            &["jwks-curve-fatal"],
            whole(json!({"kty": "EC", "crv": "P-1024", "kid": "q", "x": "AA", "y": "AA"}))).should(),
        beside("JW-17/key-twice", &["JW-17"], "The signing key is published twice.", &["jwks-kid-twice-fatal"],
            KeyEdit::Twice).should(),
        beside("JW-17/kid-twice", &["JW-17"], "A key of another type has the same kid, and precedes the signing key.",
            &["kid-duplicate-first-only"], KeyEdit::Before(ExtraKey::same_kid(TestKey::Own(Algorithm::Es256)))).should(),
        refused("JW-18/symmetric-key-published", &["JW-18", "ID-16", "ID-14"],
            "A symmetric key is published, and the token is signed with it by HS256.", &["alg", "signature", "key"],
            &["oct-key-used"],
            Lie::Together(vec![
                Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, HmacKey::Published)),
                Lie::keys([KeyEdit::Before(ExtraKey::new(TestKey::Symmetric))]),
            ])),
        Case::new("JW-18/private-key-published", &["JW-18"], "id_token",
            "The server publishes the private half of the signing key.",
            Expect::Policy(|seen| {
                let ok = seen.answers.last().is_some_and(|answer| answer.is_ok());
                Ok(if ok { "uses such a key" } else { "does not use such a key" }.into())
            }),
            &["key-private-used"])
            .profile(Profile::OpenId)
            .lie(Lie::keys([KeyEdit::RemoveAll, KeyEdit::After(ExtraKey::same_kid(TestKey::Private))])),
        beside("JW-18/private-key-beside", &["JW-18"], "The private half of another key is published: the set is still used.",
            &["key-private-refused"],
            KeyEdit::Before(ExtraKey { key: TestKey::Private, edits: vec![JsonEdit::set("kid", "leaked")] })),

        refused("JW-24/kid-number", &["JW-24"], "kid is a number.", &["key", "jwt_malformed"], &["kid-type-ok"],
            Lie::header([JsonEdit::set("kid", 123)])),
        kid("JW-24/kid-path", "kid is a path.", JsonEdit::set("kid", "../../../../dev/null")),
        kid("JW-24/kid-sql", "kid is a line of SQL.", JsonEdit::set("kid", "' OR 1=1; --")),
        kid("JW-24/kid-nul", "kid contains a NUL and a line break.", JsonEdit::set("kid", "a\u{0}\r\nb")),
        kid("JW-24/kid-64-kib", "kid has 64 KiB.", JsonEdit::SetLong("kid".into(), 64 * 1024)),
    ]
}
