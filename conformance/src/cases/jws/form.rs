//! Segments, base64url, JSON, sizes.

use proofkey_authority::Lie;
use proofkey_authority::lie::{IdTokenEdit, JsonEdit, TextEdit};
use serde_json::json;

use crate::case::Case;
use crate::cases::id_token::{left_open, refused, taken};

const MALFORMED: &[&str] = &["jwt_malformed"];

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let segments = |id, about, mutants, edit| {
        refused(id, &["JW-01"], about, MALFORMED, mutants, Lie::text(edit))
    };
    let base64 = |id, about, mutants, edit| refused(id, &["JW-02"], about, MALFORMED, mutants, Lie::text(edit));
    let payload = |id, about, json: &str| {
        let edit = IdTokenEdit::Claim(JsonEdit::Text(json.into()));
        refused(id, &["JW-19"], about, MALFORMED, &["claims-not-object-ok"], Lie::id_token([edit]))
    };
    vec![
        segments("JW-01/one-segment", "The token is one segment.", &["jwt-missing-segment-ok"],
            TextEdit::Whole("eyJhbGciOiJSUzI1NiJ9".into())),
        segments("JW-01/two-segments", "The token has two segments, and no signature.", &["jwt-missing-segment-ok"],
            TextEdit::RemoveSegment(2)),
        segments("JW-01/four-segments", "The token has a fourth segment.", &["jwt-extra-segment-ok"],
            TextEdit::AppendSegment("AAAA".into())),
        segments("JW-01/json-flattened", "The token is in the flattened JSON serialization.", &["jwt-json-ok"],
            TextEdit::Flattened),
        segments("JW-01/json-general", "The token is in the general JSON serialization.", &["jwt-json-ok"],
            TextEdit::General),
        refused("JW-29/five-segments", &["JW-29", "JW-01"], "The token has five segments, like an encrypted one.",
            &["jwt_malformed", "alg"], &["jwt-five-segments-crash"], Lie::text(TextEdit::Encrypted)),
        refused("JW-27/compressed", &["JW-27", "JW-29"],
            "The token has five segments and says that its content is compressed: nothing is decompressed.",
            &["jwt_malformed", "alg"], &["jwe-unpacked"],
            // {"alg":"dir","enc":"A128GCM","zip":"DEF"}
            Lie::text(TextEdit::Whole(
                "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIiwiemlwIjoiREVGIn0..AAAAAAAAAAAAAAAA.7cGBAAAAAMOg.AAAAAAAAAAAAAAAAAAAAAA".into(),
            ))).should(),

        base64("JW-02/padding", "The segment of the claims is padded.", &["jwt-padding-ok"], TextEdit::Pad(1)),
        refused("JW-02/standard-alphabet", &["JW-02"], "The segment of the signature uses the alphabet with + and /.",
            &["jwt_malformed", "signature"], &["jwt-alphabet-ok"], Lie::text(TextEdit::StandardAlphabet(2))),
        base64("JW-02/blank", "The segment of the claims contains a space.", &["jwt-whitespace-ok"],
            TextEdit::Insert(1, 4, " ".into())),
        base64("JW-02/line-end", "The segment of the claims contains a line break.", &["jwt-whitespace-ok"],
            TextEdit::Insert(1, 4, "\n".into())),
        base64("JW-02/question-mark", "The segment of the claims contains a question mark.", &["jwt-inserted-ok"],
            TextEdit::Insert(1, 4, "?".into())),
        // RFC 4648 section 3.5: decoders MAY reject it.
        left_open("JW-02/spare-bits", &["JW-02"], "The last character of the segment of the claims has spare bits set.",
            MALFORMED, &["jwt-spare-bits-ok"], Lie::text(TextEdit::SpareBits(1))),

        payload("JW-19/claims-array", "The claims are a list that contains an object.", "[{\"iss\":\"{issuer}\"}]"),
        payload("JW-19/claims-string", "The claims are a string.", "\"{}\""),
        refused("JW-19/claims-null", &["JW-19"], "The claims are null.", MALFORMED, &["claims-null-ok"],
            Lie::id_token([IdTokenEdit::Claim(JsonEdit::Text("null".into()))])),
        refused("JW-28/claims-not-utf8", &["JW-28"], "A claim is not UTF-8.", MALFORMED,
            &["jwt-utf8-lossy"],
            Lie::claims([JsonEdit::SetOctets("name".into(), b"\xff\xfe".to_vec())])),
        refused("JW-28/header-not-utf8", &["JW-28", "JW-03"], "The header is not UTF-8.", MALFORMED,
            &["jwt-utf8-lossy"],
            Lie::header([JsonEdit::SetOctets("x".into(), b"\xff\xfe".to_vec())])),

        refused("JW-33/mebibyte", &["JW-33"], "The token has 1 MiB: it is refused because of its length.",
            &["jwt_malformed", "token_malformed", "token_http"], &["jwt-uncapped"],
            Lie::claims([JsonEdit::SetLong("filler".into(), 786_432)])).should(),
        refused("JW-33/depth", &["JW-33"], "A claim is 10,000 nested lists.",
            &["jwt_malformed", "token_malformed"], &["jwt-deep-crash"],
            Lie::claims([JsonEdit::SetDeep("filler".into(), 10_000)])).should(),
        Case::new("JW-33/many-audiences", &["JW-33"], "id_token",
            "aud has 100,000 names, of which the client is the last: the client answers, either way.",
            crate::case::Expect::Wire(|_| Ok(())), &["aud-many-crash"])
            .profile(crate::case::Profile::OpenId)
            .lie(Lie::claims([JsonEdit::SetMany {
                name: "aud".into(), value: "s".into(), times: 100_000, last: "{client_id}".into(),
            }])).should(),
        taken("JW-19/unusual-json", &["JW-19"], "A claim has nested lists and objects, escapes and letters beyond ASCII.",
            &["claims-nested-refused"],
            Lie::claims([JsonEdit::set("address", json!({"street": "\u{1F600}\u{e9}\"\\/", "list": [[[1.5e3, null]]]}))])),
    ]
}
