//! Access tokens: the rules that they share with ID tokens, and their own.

use super::super::edit::append;
use super::super::vector::CLIENT;
use super::super::vector::Forgery::{BitFlipped, Empty, OfHonestClaims, Unsigned};
use super::*;

const API: &str = "https://api.example/orders";
const OWN: [(&str, &str); 3] = [("client_id", "\"s6BhdRkqt3\""), ("jti", "\"at-1\""), ("scope", "\"read write\"")];

pub(crate) fn all() -> Vec<Group> {
    let shared = [
        iss::groups(),
        exp::groups(),
        nbf::groups(),
        iat::groups(),
        acr::groups(),
        auth_time::groups(),
        broken::claims(),
    ];
    let needing = |comment, scope, tests| group(comment, Expected { scope, ..Expected::default() }, tests);
    let own = vec![
        group("the rules once over, EdDSA", Expected::default(), core()),
        group("the rules once over, RS256", Expected::default(), core()).signed_by("RS256"),
        group("typ", Expected::default(), typ()),
        group("aud", Expected::default(), aud()),
        group("sub", Expected::default(), text("sub", "user-17", &["claim_sub"])),
        group("client_id", Expected::default(), text("client_id", CLIENT, &["claim_client_id"])),
        group("jti", Expected::default(), text("jti", "at-1", &["claim_jti"])),
        needing("scope, one needed", &["read"], scope()),
        needing("scope, two needed", &["write", "read"], scopes()),
        needing("scope, none needed", &[], no_scope()),
        group("cnf, nothing proved", Expected::default(), cnf()),
    ];
    own.into_iter().chain(shared.into_iter().flatten().map(kind)).collect()
}

fn group(comment: &'static str, expected: Expected, tests: Vec<Test>) -> Group {
    kind(Group::new(comment, expected, tests))
}

fn kind(group: Group) -> Group {
    group.of_kind("at+jwt", API, &OWN)
}

fn core() -> Vec<Test> {
    vec![
        valid("an honest token", keep(), &[Normal]),
        valid("with all the optional claims", optional(), &[Normal]),
        invalid("claims changed after signing", set_text("sub", "another-user"), &["signature"], &[Signature])
            .forged(OfHonestClaims),
        invalid("one bit of the signature turned over", keep(), &["signature"], &[Signature]).forged(BitFlipped),
        invalid("an empty signature", keep(), &["signature", "jwt_malformed"], &[Signature]).forged(Empty),
        invalid("alg none and no signature", keep(), &["alg"], &[Signature]).forged(Unsigned),
        invalid("another issuer", set_text("iss", "https://other.example"), &["claim_iss"], &[Issuer]),
        invalid("another resource", set_text("aud", "https://other.example"), &["claim_aud"], &[Resource]),
        invalid("exp an hour ago", set("exp", NOW - 3600), &["claim_exp"], &[Expired]),
        invalid("nbf in an hour", set("nbf", NOW + 3600), &["claim_nbf"], &[NotYetValid]),
        invalid("no iat", remove("iat"), &["claim_iat"], &[Missing]),
        invalid(
            "no claims at all",
            edit::whole("{}"),
            &["claim_iss", "claim_aud", "claim_exp", "claim_sub", "claim_client_id", "claim_iat", "claim_jti"],
            &[Missing],
        ),
    ]
}

fn optional() -> Edits {
    set("nbf", NOW - 10)
        .and(set("auth_time", NOW - 60))
        .and(set_text("acr", "urn:example:gold"))
        .and(set("amr", "[\"pwd\",\"otp\"]"))
        .and(set("groups", "[\"staff\"]"))
        .and(set("roles", "[\"reader\"]"))
        .and(set("entitlements", "[]"))
        .and(set_text("email", "jane@client.example"))
}

fn typ() -> Vec<Test> {
    let right = |typ| valid(format!("typ: {typ}"), keep(), &[AccessTokenType]).typed(Some(typ));
    let other = |typ| invalid(format!("typ: {typ}"), keep(), &["typ"], &[AccessTokenType]).typed(Some(typ));
    let id = set("nonce", quoted("n-0S6_WzA2Mj")).and(set_text("at_hash", "fUHyO2r2Z3DZ53EsNrWBb0"));
    vec![
        right("at+jwt"),
        right("application/at+jwt"),
        right("AT+JWT"),
        right("Application/AT+jwt"),
        invalid("no typ", keep(), &["typ"], &[AccessTokenType]).typed(None),
        other("JWT"),
        other("application/jwt"),
        other("jwt"),
        other("logout+jwt"),
        other("dpop+jwt"),
        other("secevent+jwt"),
        other("at"),
        other("at+jwt2"),
        other("at+jwt "),
        other("text/at+jwt"),
        other("application/application/at+jwt"),
        other(""),
        invalid("an ID token with every claim of an access token", id.clone(), &["typ"], &[AccessTokenType])
            .typed(Some("JWT")),
        invalid("the same without typ", id, &["typ"], &[AccessTokenType]).typed(None),
    ]
}

fn aud() -> Vec<Test> {
    const REASON: &[&str] = &["claim_aud"];
    let right = |comment: &str, json: &str| valid(comment, set("aud", json), &[Resource]);
    let other = |comment: &str, json: &str| invalid(comment, set("aud", json), REASON, &[Resource]);
    let wrong = |comment: &str, json: &str| invalid(format!("aud: {comment}"), set("aud", json), REASON, &[WrongType]);
    vec![
        valid("the resource as a string", keep(), &[Normal]),
        right("the resource as the one item of an array", r#"["https://api.example/orders"]"#),
        right("the resource and another", r#"["https://api.example/orders","https://other.example"]"#),
        right("another and the resource", r#"["https://other.example","https://api.example/orders"]"#),
        right("the resource twice", r#"["https://api.example/orders","https://api.example/orders"]"#),
        valid("its slashes escaped", set("aud", r#""https:\/\/api.example\/orders""#), &[Escape]),
        invalid("absent", remove("aud"), REASON, &[Missing]),
        invalid("under the name AUD", rename("aud", "AUD"), REASON, &[Missing]),
        invalid("under the name resource", rename("aud", "resource"), REASON, &[Missing]),
        other("the client", r#""s6BhdRkqt3""#),
        other("the issuer", r#""https://issuer.example""#),
        other("a slash behind", r#""https://api.example/orders/""#),
        other("the host alone", r#""https://api.example""#),
        other("another path", r#""https://api.example/invoices""#),
        other("a longer path", r#""https://api.example/orders2""#),
        other("the host in capitals", r#""https://API.example/orders""#),
        other("the default port spelled out", r#""https://api.example:443/orders""#),
        other("http in place of https", r#""http://api.example/orders""#),
        other("a query", r#""https://api.example/orders?x""#),
        other("a blank behind", r#""https://api.example/orders ""#),
        other("NUL behind", r#""https://api.example/orders\u0000""#),
        other("both in one string", r#""https://api.example/orders https://other.example""#),
        other("the wildcard", r#""*""#),
        other("an empty string", r#""""#),
        other("an empty array", "[]"),
        other("an array of an empty string", r#"[""]"#),
        other("two others", r#"["https://a.example","https://b.example"]"#),
        wrong("null", "null"),
        wrong("true", "true"),
        wrong("a number", "17"),
        wrong("an object", r#"{"https://api.example/orders":true}"#),
        wrong("an array of an array", r#"[["https://api.example/orders"]]"#),
        wrong("the resource and a number", r#"["https://api.example/orders",17]"#),
        wrong("null and the resource", r#"[null,"https://api.example/orders"]"#),
    ]
}

/// A required text of any content.
fn text(name: &'static str, right: &str, reason: &'static [&'static str]) -> Vec<Test> {
    let capitals: &'static str = match name {
        "sub" => "SUB",
        "jti" => "JTI",
        _ => "CLIENT_ID",
    };
    let tests = vec![
        valid("there", keep(), &[Normal]),
        valid("another value", set_text(name, "another"), &[Normal]),
        valid("digits only, as a string", set_text(name, "24400320"), &[Normal]),
        valid("a URI", set_text(name, "https://issuer.example/17"), &[Normal]),
        valid("each character escaped", set(name, edit::escaped(right)), &[Escape]),
        invalid("absent", remove(name), reason, &[Missing]),
        invalid("in capitals", rename(name, capitals), reason, &[Missing]),
        acceptable("empty", set_text(name, ""), reason, &[EmptyText]),
    ];
    with(tests, wrong_types(name, &no_texts(right), reason, &[WrongType]))
}

const SCOPE: &[&str] = &["claim_scope"];

fn scope() -> Vec<Test> {
    let right = |comment: &str, value: &str| valid(comment, set_text("scope", value), &[Scope]);
    let other = |comment: &str, value: &str| invalid(comment, set_text("scope", value), SCOPE, &[Scope]);
    let tests = vec![
        valid("among others", keep(), &[Normal]),
        right("alone", "read"),
        right("the last", "write admin read"),
        right("twice", "read read"),
        invalid("absent", remove("scope"), SCOPE, &[Scope]),
        invalid("under the name scp", rename("scope", "scp"), SCOPE, &[Scope]),
        invalid("under the name scopes", rename("scope", "scopes"), SCOPE, &[Scope]),
        other("empty", ""),
        other("another", "write"),
        other("in capitals", "READ"),
        other("the last character missing", "rea"),
        other("one character more", "reads"),
        other("a part of another", "read:orders"),
        other("behind a colon", "orders:read"),
        other("a comma between", "write,read"),
        other("a line end between", "write\nread"),
        other("the wildcard", "*"),
        other("NUL behind", "read\u{0}"),
    ];
    with(tests, wrong_types("scope", &no_texts("read"), SCOPE, &[WrongType]))
}

fn scopes() -> Vec<Test> {
    let other = |comment: &str, value: &str| invalid(comment, set_text("scope", value), SCOPE, &[Scope]);
    vec![
        valid("both", keep(), &[Normal]),
        valid("both, the other way round", set_text("scope", "write read"), &[Scope]),
        valid("both among others", set_text("scope", "a write b read c"), &[Scope]),
        other("the first only", "write"),
        other("the second only", "read"),
        other("both without a space", "writeread"),
        other("neither", "admin"),
    ]
}

fn no_scope() -> Vec<Test> {
    let tests = vec![
        valid("some", keep(), &[Normal]),
        valid("absent", remove("scope"), &[Scope]),
        valid("empty", set_text("scope", ""), &[Scope]),
    ];
    with(tests, unused_types("scope", &no_texts("read"), SCOPE))
}

fn cnf() -> Vec<Test> {
    const REASON: &[&str] = &["claim_cnf"];
    let bound = |comment: &str, json: &str| invalid(comment, append("cnf", json), REASON, &[Bound]);
    let wrong = |comment: &str, json: &str| {
        invalid(format!("cnf: {comment}"), append("cnf", json), REASON, &[WrongType, Bound])
    };
    vec![
        valid("absent", keep(), &[Normal]),
        acceptable("cnf: null", append("cnf", "null"), REASON, &[NullClaim]),
        bound("to a key", r#"{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}"#),
        bound("to a certificate", r#"{"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}"#),
        bound(
            "to a key that is there",
            r#"{"jwk":{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#,
        ),
        bound("to the name of a key", r#"{"kid":"1"}"#),
        bound("in an unknown way", r#"{"example":"1"}"#),
        wrong("a string", r#""0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I""#),
        wrong("true", "true"),
        wrong("an array", "[]"),
        wrong("a number as thumbprint", r#"{"jkt":1}"#),
    ]
}
