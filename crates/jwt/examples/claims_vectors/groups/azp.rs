//! `azp`, alone and with several audiences. It never stands for `aud`.

use super::*;

const AUD: &[&str] = &["claim_aud"];
const AZP: &[&str] = &["claim_azp"];

pub(super) fn groups() -> Vec<Group> {
    let trusting = Expected { trusted_audiences: &["https://api.example"], ..Expected::default() };
    vec![
        Group::new("azp, one audience", Expected::default(), single()),
        Group::new("aud and azp, a further audience trusted", trusting, several()),
    ]
}

fn single() -> Vec<Test> {
    let left = |comment: &str, json: &str| acceptable(comment, set("azp", json), AZP, &[AuthorizedParty]);
    vec![
        valid("absent", keep(), &[Normal]),
        valid("the client", set_text("azp", "s6BhdRkqt3"), &[Normal]),
        valid("the client, its first letter escaped", set("azp", r#""\u00736BhdRkqt3""#), &[Escape]),
        valid("AZP, another claim", set_text("AZP", "other-client"), &[UnknownClaim]),
        left("another client", r#""other-client""#),
        left("empty", r#""""#),
        left("the last character missing", r#""s6BhdRkqt""#),
        left("in lower case", r#""s6bhdrkqt3""#),
        left("azp: null", "null"),
        left("azp: true", "true"),
        left("azp: the number 17", "17"),
        left("azp: an array of the client", r#"["s6BhdRkqt3"]"#),
        left("azp: an object", "{}"),
        invalid(
            "the client, and aud another client",
            set_text("aud", "other-client").and(set_text("azp", "s6BhdRkqt3")),
            AUD,
            &[Audience],
        ),
        invalid("the client, and no aud", remove("aud").and(set_text("azp", "s6BhdRkqt3")), AUD, &[Missing]),
        invalid(
            "the client, and aud an empty array",
            set("aud", "[]").and(set_text("azp", "s6BhdRkqt3")),
            AUD,
            &[Audience],
        ),
        invalid(
            "the client, and a further audience that is not trusted",
            set("aud", r#"["s6BhdRkqt3","https://api.example"]"#).and(set_text("azp", "s6BhdRkqt3")),
            AUD,
            &[UntrustedAudience],
        ),
    ]
}

fn several() -> Vec<Test> {
    let both = r#"["s6BhdRkqt3","https://api.example"]"#;
    let azp = |json: &str| set("aud", both).and(set("azp", json));
    let left = |comment: &str, edits: Edits| acceptable(comment, edits, AZP, &[AuthorizedParty]);
    let own = || set_text("azp", "s6BhdRkqt3");
    vec![
        valid("the client alone", keep(), &[Normal]),
        valid("the client and the trusted one, azp the client", azp(r#""s6BhdRkqt3""#), &[Normal]),
        valid(
            "the trusted one and the client, azp the client",
            set("aud", r#"["https://api.example","s6BhdRkqt3"]"#).and(own()),
            &[MemberOrder],
        ),
        valid(
            "the trusted one twice, azp the client",
            set("aud", r#"["https://api.example","s6BhdRkqt3","https://api.example"]"#).and(own()),
            &[Normal],
        ),
        left("the client and the trusted one, no azp", set("aud", both)),
        left("azp the trusted one", azp(r#""https://api.example""#)),
        left("azp a stranger", azp(r#""other-client""#)),
        left("azp empty", azp(r#""""#)),
        left("azp: null, two audiences", azp("null")),
        left("azp: an array of the client, two audiences", azp(r#"["s6BhdRkqt3"]"#)),
        invalid("the trusted one alone", set_text("aud", "https://api.example"), AUD, &[Audience]),
        invalid(
            "the trusted one alone, azp the client",
            set_text("aud", "https://api.example").and(own()),
            AUD,
            &[Audience],
        ),
        invalid(
            "the trusted one in an array, azp the client",
            set("aud", r#"["https://api.example"]"#).and(own()),
            AUD,
            &[Audience],
        ),
        invalid(
            "the client, the trusted one and a stranger, azp the client",
            set("aud", r#"["s6BhdRkqt3","https://api.example","other-client"]"#).and(own()),
            AUD,
            &[UntrustedAudience],
        ),
        invalid(
            "the trusted one with a slash at its end",
            set("aud", r#"["s6BhdRkqt3","https://api.example/"]"#).and(own()),
            AUD,
            &[UntrustedAudience],
        ),
        invalid(
            "the trusted one in capitals",
            set("aud", r#"["s6BhdRkqt3","HTTPS://API.EXAMPLE"]"#).and(own()),
            AUD,
            &[UntrustedAudience],
        ),
        invalid(
            "a part of the trusted one's name",
            set("aud", r#"["s6BhdRkqt3","https://api"]"#).and(own()),
            AUD,
            &[UntrustedAudience],
        ),
        invalid(
            "the client, the trusted one and a number",
            set("aud", r#"["s6BhdRkqt3","https://api.example",17]"#).and(own()),
            AUD,
            &[WrongType],
        ),
    ]
}
