//! `iss`: exactly the issuer.

use super::super::edit::escaped;
use super::*;

const REASON: &[&str] = &["claim_iss"];

pub(super) fn groups() -> Vec<Group> {
    let tenant = Expected { issuer: "https://issuer.example/Tenant-1/", ..Expected::default() };
    vec![
        Group::new("iss, a host alone", Expected::default(), with(host(), types())),
        Group::new("iss, with a path", tenant, path()),
    ]
}

fn host() -> Vec<Test> {
    let other = |comment: &str, value: &str| invalid(comment, set_text("iss", value), REASON, &[Issuer]);
    vec![
        valid("the issuer", keep(), &[Normal]),
        valid("its slashes escaped", set("iss", r#""https:\/\/issuer.example""#), &[Escape]),
        valid("each character escaped", set("iss", escaped("https://issuer.example")), &[Escape]),
        valid("one letter escaped, in capital hex digits", set("iss", r#""https:\u002F/issuer.example""#), &[Escape]),
        invalid("absent", remove("iss"), REASON, &[Missing]),
        invalid("under the name ISS", rename("iss", "ISS"), REASON, &[Missing]),
        invalid("under the name issuer", rename("iss", "issuer"), REASON, &[Missing]),
        other("empty", ""),
        other("a slash at the end", "https://issuer.example/"),
        other("http", "http://issuer.example"),
        other("no scheme", "issuer.example"),
        other("no scheme, two slashes", "//issuer.example"),
        other("the scheme in capitals", "HTTPS://issuer.example"),
        other("the host in capitals", "https://ISSUER.EXAMPLE"),
        other("the default port spelled out", "https://issuer.example:443"),
        other("another port", "https://issuer.example:8443"),
        other("a dot behind the host", "https://issuer.example."),
        other("the last character missing", "https://issuer.exampl"),
        other("the first character missing", "ttps://issuer.example"),
        other("a longer host that begins the same", "https://issuer.example.attacker.example"),
        other("a longer host that ends the same", "https://evil-issuer.example"),
        other("the issuer as user name", "https://issuer.example@attacker.example"),
        other("a user name before the host", "https://user@issuer.example"),
        other("the issuer in the path of another", "https://attacker.example/https://issuer.example"),
        other("a path", "https://issuer.example/tenant"),
        other("a query", "https://issuer.example?tenant=1"),
        other("a fragment", "https://issuer.example#tenant"),
        other("a dot segment", "https://issuer.example/."),
        other("a letter percent-encoded", "https://%69ssuer.example"),
        other("a Cyrillic letter of the same look", "https://\u{456}ssuer.example"),
        other("a full-width letter", "https://\u{ff49}ssuer.example"),
        other("a soft hyphen inside", "https://issuer\u{ad}.example"),
        other("a blank before", " https://issuer.example"),
        other("a blank behind", "https://issuer.example "),
        other("a line end behind", "https://issuer.example\n"),
        other("NUL behind", "https://issuer.example\u{0}"),
        other("a list in one string", "https://issuer.example https://other.example"),
        other("the client", "s6BhdRkqt3"),
    ]
}

fn types() -> Vec<Test> {
    wrong_types("iss", &no_texts("https://issuer.example"), REASON, &[WrongType])
}

fn path() -> Vec<Test> {
    let other = |comment: &str, value: &str| invalid(comment, set_text("iss", value), REASON, &[Issuer]);
    vec![
        valid("the issuer", keep(), &[Normal]),
        other("the slash at the end missing", "https://issuer.example/Tenant-1"),
        other("two slashes at the end", "https://issuer.example/Tenant-1//"),
        other("another tenant", "https://issuer.example/Tenant-2/"),
        other("the path in lower case", "https://issuer.example/tenant-1/"),
        other("the host alone", "https://issuer.example"),
        other("a way around by dot segments", "https://issuer.example/Tenant-2/../Tenant-1/"),
        other("a character percent-encoded", "https://issuer.example/Tenant%2D1/"),
        other("the tenant as a placeholder", "https://issuer.example/{tenant}/"),
    ]
}
