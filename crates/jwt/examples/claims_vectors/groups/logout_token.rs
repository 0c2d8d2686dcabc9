//! Logout tokens: the rules that they share with ID tokens, and their own.

use super::super::edit::{append, layout};
use super::super::vector::CLIENT;
use super::super::vector::Forgery::{BitFlipped, Empty, OfHonestClaims, Unsigned};
use super::*;

const EVENTS: &str = r#"{"http://schemas.openid.net/event/backchannel-logout":{}}"#;
const OWN: [(&str, &str); 3] = [("jti", "\"lt-1\""), ("sid", "\"session-1\""), ("events", EVENTS)];

pub(crate) fn all() -> Vec<Group> {
    let shared = [iss::groups(), exp::groups(), nbf::groups(), iat::groups()];
    let own = vec![
        group("the rules once over, EdDSA", core()),
        group("the rules once over, RS256", core()).signed_by("RS256"),
        group("typ", typ()),
        group("aud", aud()),
        group("jti", jti()),
        group("sub and sid", who()),
        group("events", events()),
        group("nonce", nonce()),
    ];
    own.into_iter().chain(shared.into_iter().flatten().map(kind)).collect()
}

fn group(comment: &'static str, tests: Vec<Test>) -> Group {
    kind(Group::new(comment, Expected::default(), tests))
}

fn kind(group: Group) -> Group {
    group.of_kind("logout+jwt", CLIENT, &OWN)
}

fn core() -> Vec<Test> {
    vec![
        valid("an honest token", keep(), &[Normal]),
        valid("with a claim that is not understood", append("x", "[1]"), &[UnknownClaim]),
        valid("blanks between the members", layout("{ ", " , ", " }"), &[Whitespace]),
        invalid("claims changed after signing", set_text("sub", "another-user"), &["signature"], &[Signature])
            .forged(OfHonestClaims),
        invalid("one bit of the signature turned over", keep(), &["signature"], &[Signature]).forged(BitFlipped),
        invalid("an empty signature", keep(), &["signature", "jwt_malformed"], &[Signature]).forged(Empty),
        invalid("alg none and no signature", keep(), &["alg"], &[Signature]).forged(Unsigned),
        invalid("another issuer", set_text("iss", "https://other.example"), &["claim_iss"], &[Issuer]),
        invalid("another client", set_text("aud", "other-client"), &["claim_aud"], &[Audience]),
        invalid("exp an hour ago", set("exp", NOW - 3600), &["claim_exp"], &[Expired]),
        invalid("no iat", remove("iat"), &["claim_iat"], &[Missing]),
        invalid("no exp", remove("exp"), &["claim_exp"], &[Missing]),
        invalid("no events", remove("events"), &["claim_events"], &[LogoutEvent]),
        invalid("an ID token", id_token(), &["claim_jti", "claim_events", "claim_nonce"], &[LogoutEvent])
            .typed(Some("JWT")),
        invalid("an ID token with jti and sid, without nonce", remove("events"), &["claim_events"], &[LogoutEvent])
            .typed(None),
    ]
}

fn id_token() -> Edits {
    remove("events").and(remove("jti")).and(set_text("nonce", "n-0S6_WzA2Mj"))
}

fn typ() -> Vec<Test> {
    let right = |typ| valid(format!("typ: {typ}"), keep(), &[Normal]).typed(Some(typ));
    let open = |typ| acceptable(format!("typ: {typ}"), keep(), &["typ"], &[UntypedLogoutToken]).typed(Some(typ));
    let other = |typ| invalid(format!("typ: {typ}"), keep(), &["typ"], &[LogoutTokenType]).typed(Some(typ));
    vec![
        right("logout+jwt"),
        right("application/logout+jwt"),
        right("Logout+JWT"),
        acceptable("no typ", keep(), &["typ"], &[UntypedLogoutToken]).typed(None),
        open("JWT"),
        open("application/jwt"),
        other("at+jwt"),
        other("dpop+jwt"),
        other("secevent+jwt"),
        other("logout"),
        other("id_token+jwt"),
    ]
}

fn aud() -> Vec<Test> {
    const REASON: &[&str] = &["claim_aud"];
    let other = |comment: &str, json: &str| invalid(comment, set("aud", json), REASON, &[Audience]);
    let stranger = |comment: &str, json: &str| invalid(comment, set("aud", json), REASON, &[UntrustedAudience]);
    let wrong = |comment: &str, json: &str| invalid(format!("aud: {comment}"), set("aud", json), REASON, &[WrongType]);
    vec![
        valid("the client as a string", keep(), &[Normal]),
        valid("the client as the one item of an array", set("aud", r#"["s6BhdRkqt3"]"#), &[Normal]),
        invalid("absent", remove("aud"), REASON, &[Missing]),
        other("another client", r#""other-client""#),
        other("an empty array", "[]"),
        other("an empty string", r#""""#),
        other("the issuer", r#""https://issuer.example""#),
        stranger("the client and a stranger", r#"["s6BhdRkqt3","other-client"]"#),
        stranger("a stranger and the client", r#"["other-client","s6BhdRkqt3"]"#),
        wrong("null", "null"),
        wrong("a number", "17"),
        wrong("an object", r#"{"s6BhdRkqt3":true}"#),
        wrong("the client and a number", r#"["s6BhdRkqt3",17]"#),
    ]
}

fn jti() -> Vec<Test> {
    const REASON: &[&str] = &["claim_jti"];
    let tests = vec![
        valid("there", keep(), &[Normal]),
        valid("another value", set_text("jti", "lt-2"), &[Normal]),
        invalid("absent", remove("jti"), REASON, &[Missing]),
        invalid("in capitals", rename("jti", "JTI"), REASON, &[Missing]),
        acceptable("empty", set_text("jti", ""), REASON, &[EmptyText]),
    ];
    with(tests, wrong_types("jti", &no_texts("lt-1"), REASON, &[WrongType]))
}

fn who() -> Vec<Test> {
    const REASON: &[&str] = &["claim_sub", "claim_sid"];
    let wrong = |name, right: &str, reason| {
        no_texts(right)
            .into_iter()
            .skip(1)
            .map(move |(what, value)| invalid(format!("{name}: {what}"), set(name, value), reason, &[WrongType]))
            .collect::<Vec<_>>()
    };
    let tests = vec![
        valid("both", keep(), &[Normal]),
        valid("sub only", remove("sid"), &[LoggedOut]),
        valid("sid only", remove("sub"), &[LoggedOut]),
        invalid("neither", remove("sub").and(remove("sid")), REASON, &[LoggedOut]),
        invalid(
            "neither, under other names",
            rename("sub", "user").and(rename("sid", "session_id")),
            REASON,
            &[LoggedOut],
        ),
        invalid("both null", set("sub", "null").and(set("sid", "null")), REASON, &[LoggedOut]),
        invalid("a subject of 256 characters", set_text("sub", &"a".repeat(256)), &["claim_sub"], &[Subject]),
        acceptable("an empty session", set_text("sid", ""), &["claim_sid"], &[EmptyText]),
        acceptable("an empty subject", set_text("sub", ""), &["claim_sub"], &[EmptyText]),
    ];
    let tests = with(tests, wrong("sub", "user-17", &["claim_sub"]));
    with(tests, wrong("sid", "session-1", &["claim_sid"]))
}

fn events() -> Vec<Test> {
    const REASON: &[&str] = &["claim_events"];
    let right = |comment: &str, json: &str| valid(comment, set("events", json), &[LogoutEvent]);
    let other = |comment: &str, json: &str| invalid(comment, set("events", json), REASON, &[LogoutEvent]);
    let named = |comment: &str, name: &str| {
        invalid(comment, set("events", format!("{{{}:{{}}}}", quoted(name))), REASON, &[LogoutEvent])
    };
    let valued = |comment: &str, value: &str| {
        let json = EVENTS.replace("{}", value);
        invalid(format!("the value: {comment}"), set("events", json), REASON, &[LogoutEvent, WrongType])
    };
    let tests = vec![
        valid("an empty object", keep(), &[Normal]),
        right("an object with members", r#"{"http://schemas.openid.net/event/backchannel-logout":{"x":1}}"#),
        right("beside another event", r#"{"urn:x":{},"http://schemas.openid.net/event/backchannel-logout":{}}"#),
        valid(
            "its slashes escaped",
            set("events", r#"{"http:\/\/schemas.openid.net\/event\/backchannel-logout":{}}"#),
            &[Escape],
        ),
        invalid("absent", remove("events"), REASON, &[LogoutEvent]),
        invalid("under the name event", rename("events", "event"), REASON, &[LogoutEvent]),
        invalid(
            "the event itself as a claim",
            remove("events").and(append("http://schemas.openid.net/event/backchannel-logout", "{}")),
            REASON,
            &[LogoutEvent],
        ),
        other("an empty object without events", "{}"),
        other("another event", r#"{"urn:x":{}}"#),
        other("the event inside another", r#"{"urn:x":{"http://schemas.openid.net/event/backchannel-logout":{}}}"#),
        named("https in place of http", "https://schemas.openid.net/event/backchannel-logout"),
        named("a slash behind", "http://schemas.openid.net/event/backchannel-logout/"),
        named("in capitals", "HTTP://SCHEMAS.OPENID.NET/EVENT/BACKCHANNEL-LOGOUT"),
        named("the last part alone", "backchannel-logout"),
        named("frontchannel", "http://schemas.openid.net/event/frontchannel-logout"),
        named("a blank behind", "http://schemas.openid.net/event/backchannel-logout "),
        valued("null", "null"),
        valued("true", "true"),
        valued("a number", "1"),
        valued("a string", "\"\""),
        valued("an array", "[]"),
        valued("an array of an object", "[{}]"),
    ];
    let event = "http://schemas.openid.net/event/backchannel-logout";
    with(tests, wrong_types("events", &no_texts(event), REASON, &[WrongType, LogoutEvent]).into_iter().take(7))
}

fn nonce() -> Vec<Test> {
    let there =
        |comment: &str, json: &str| invalid(comment, append("nonce", json), &["claim_nonce"], &[NonceInLogoutToken]);
    vec![
        valid("absent", keep(), &[Normal]),
        valid("NONCE, another claim", append("NONCE", "\"n\""), &[UnknownClaim]),
        there("a string", r#""n-0S6_WzA2Mj""#),
        there("an empty string", r#""""#),
        there("null", "null"),
        there("a number", "17"),
        there("an object", "{}"),
    ]
}
