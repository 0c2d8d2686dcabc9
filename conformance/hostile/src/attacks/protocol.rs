//! Other protocols, other versions, responses out of turn, and illegal characters.

use crate::attack::{Attack, FINE, everywhere, head, send, untyped_head, whole};

/// A status that means nothing here.
const UNEXPECTED: [&str; 6] = [
    "discovery_status",
    "keys_status",
    "token_unexpected_status",
    "token_unexpected_status",
    "token_unexpected_status",
    "token_unexpected_status",
];

/// The same, where a revocation succeeds without a body.
const NO_CONTENT: [&str; 6] = {
    let mut codes = UNEXPECTED;
    codes[5] = "ok";
    codes
};

/// What is not called JSON. Keys are read whatever they are called, and the body of a revocation is not read.
const NO_TYPE: [&str; 6] = [
    "discovery_content_type",
    "exchange:token_refused",
    "token_content_type",
    "token_content_type",
    "token_content_type",
    "ok",
];

/// An object without a member that matters, or words out of turn.
const EARLY: [&str; 6] = [
    "discovery_member_missing|transport_protocol",
    "jwks_keys_missing|transport_protocol",
    "token_type_missing|transport_protocol",
    "token_type_missing|transport_protocol",
    "token_member_missing|transport_protocol",
    "ok|transport_protocol",
];

pub(super) fn attacks() -> Vec<Attack> {
    let says = |name, code, octets: &'static [u8]| Attack::new(name, everywhere(code), move |_| vec![send(octets)]);
    let status = |name, codes, line: &'static str| {
        Attack::new(name, codes, move |place| vec![send(whole(line, "", place.body().as_bytes()))])
    };
    let header = |name, codes, line: &'static str| {
        Attack::new(name, codes, move |place| vec![send(whole("200 OK", line, place.body().as_bytes()))])
    };
    let redirect = |name, line: &'static str| {
        let codes = [
            "discovery_status",
            "keys_status",
            "token_redirected",
            "token_redirected",
            "token_redirected",
            "token_redirected",
        ];
        Attack::new(name, codes, move |place| {
            let location = format!("location: {}{}\r\n", place.base, place.endpoint.path());
            vec![send(whole(line, &location, b""))]
        })
    };
    vec![
        redirect("redirect-loop-302", "302 Found"),
        redirect("redirect-loop-307", "307 Temporary Redirect"),
        redirect("redirect-loop-308", "308 Permanent Redirect"),
        says("http-0.9", "transport_protocol", b"{}"),
        says("http-2-preface", "transport_protocol", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
        says("http-2-settings", "transport_protocol", b"\0\0\0\x04\0\0\0\0\0\0\0\x08\x06\0\0\0\0\0\0\0\0\0"),
        says("http-3.0", "transport_protocol", b"HTTP/3.0 200 OK\r\n\r\n{}"),
        says("ssh", "transport_protocol", b"SSH-2.0-OpenSSH_9.9\r\n"),
        says("tls-on-a-plain-port", "transport_protocol", b"\x15\x03\x01\x00\x02\x02\x28"),
        says("plain-on-a-tls-port", "transport_tls", b"HTTP/1.1 400 Bad Request\r\n\r\n").at_once().over_https(),
        says("closes-in-the-handshake", "transport_tls", b"\x16\x03\x03").at_once().over_https(),
        Attack::new("http-1.0", FINE, |place| {
            let text = format!("HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n{}", place.body());
            vec![send(text)]
        }),
        Attack::new("few-continues", FINE, |place| {
            vec![send("HTTP/1.1 100 Continue\r\n\r\n".repeat(100)), send(place.answer(place.body()))]
        }),
        Attack::new("answers-twice", FINE, |place| {
            let poison = whole("400 Bad Request", "", br#"{"error":"poison"}"#);
            vec![send(place.answer(place.body())), send(poison)]
        }),
        // It can be taken for an answer that was quick; it is none that says what this endpoint must say.
        Attack::new("answers-before-the-request", EARLY, |place| vec![send(place.answer(place.body()))]).at_once(),
        status("status-000", everywhere("transport_protocol"), "000 None"),
        status("status-99", everywhere("transport_protocol"), "99 None"),
        status("status-2000", everywhere("transport_protocol"), "2000 OK"),
        status("status-letters", everywhere("transport_protocol"), "abc OK"),
        status("status-101", UNEXPECTED, "101 Switching Protocols"),
        status("status-204", NO_CONTENT, "204 No Content"),
        status("status-418", UNEXPECTED, "418 Teapot"),
        status("status-999", UNEXPECTED, "999 None"),
        status("nul-in-the-status-line", everywhere("transport_protocol"), "200 O\0K"),
        status("cr-in-the-status-line", everywhere("transport_protocol"), "200 O\rK"),
        status("latin-1-in-the-status-line", FINE, "200 \u{e9}"),
        header("nul-in-a-header", everywhere("transport_protocol"), "x-own: a\0b\r\n"),
        header("cr-in-a-header", everywhere("transport_protocol"), "x-own: a\rb\r\n"),
        header("lf-in-a-header", everywhere("transport_protocol"), "x-own: a\nb\r\n"),
        header("nul-in-a-header-name", everywhere("transport_protocol"), "x-\0own: a\r\n"),
        header("cr-in-a-header-name", everywhere("transport_protocol"), "x-\rown: a\r\n"),
        header("blank-before-the-colon", everywhere("transport_protocol"), "x-own : a\r\n"),
        header("no-colon", everywhere("transport_protocol"), "x-own\r\n"),
        header("no-name", everywhere("transport_protocol"), ": a\r\n"),
        header("folded-header", everywhere("transport_protocol"), "x-own: a\r\n b\r\n"),
        header("latin-1-in-a-header", FINE, "x-own: \u{e9}\r\n"),
        header("media-type-twice", NO_TYPE, "content-type: text/html\r\n"),
        header("retry-after-huge", FINE, "retry-after: 99999999999999999999999999\r\n"),
        header("cache-for-ever", FINE, "cache-control: max-age=99999999999999999999999999\r\n"),
        Attack::new("no-media-type", NO_TYPE, |place| {
            let body = place.body();
            vec![send(untyped_head("200 OK", &format!("content-length: {}\r\n", body.len()))), send(body)]
        }),
        Attack::new(
            "64-kib-challenge",
            ["discovery_status", "keys_status", "token_empty", "token_empty", "token_refused", "token_empty"],
            |_| {
                let challenge =
                    format!("www-authenticate: Bearer a=\"{}\", error=invalid_token\r\n", "\\\"=,".repeat(16 * 1024));
                vec![send(head("401 Unauthorized", &challenge))]
            },
        ),
    ]
}
