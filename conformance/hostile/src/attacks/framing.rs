//! The end of a message: wrong lengths, broken chunks, closed connections.

use crate::attack::{Attack, FINE, Place, Step, everywhere, head, send};

/// What a body cut in its middle is, where the whole of it was announced.
const CUT: [&str; 6] =
    ["discovery_malformed", "jwks_bad_json", "token_not_json", "token_not_json", "token_not_json", "ok"];

pub(super) fn attacks() -> Vec<Attack> {
    let broken = |name, code, steps: fn(&Place) -> Vec<Step>| Attack::new(name, everywhere(code), steps);
    let length = |name, code, value: &'static str| {
        Attack::new(name, everywhere(code), move |place| {
            vec![send(head("200 OK", &format!("content-length: {value}\r\n"))), send(place.body())]
        })
    };
    let chunks = |name, code, body: &'static str| {
        Attack::new(name, everywhere(code), move |_| {
            vec![send(head("200 OK", "transfer-encoding: chunked\r\n")), send(body)]
        })
    };
    vec![
        length("length-too-long", "transport_reset", "1000"),
        Attack::new("length-too-short", CUT, |place| {
            vec![send(head("200 OK", "content-length: 5\r\n")), send(place.body())]
        }),
        length("length-negative", "transport_protocol", "-1"),
        length("length-no-number", "transport_protocol", "ten"),
        length("length-hexadecimal", "transport_protocol", "0x10"),
        length("length-empty", "transport_protocol", ""),
        length("length-2-to-the-62", "transport_too_large", "4611686018427387904"),
        length("length-2-to-the-64", "transport_protocol", "18446744073709551616"),
        length("length-twice", "transport_protocol", "5\r\ncontent-length: 6"),
        length("length-list", "transport_protocol", "5, 6"),
        Attack::new("length-and-chunks", FINE, |place| {
            let body = place.body();
            let framing = "content-length: 3\r\ntransfer-encoding: chunked\r\n";
            vec![send(head("200 OK", framing)), send(format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()))]
        }),
        chunks("chunk-negative", "transport_protocol", "-1\r\n{}\r\n0\r\n\r\n"),
        chunks("chunk-no-number", "transport_protocol", "zz\r\n{}\r\n0\r\n\r\n"),
        chunks("chunk-empty-size", "transport_protocol", "\r\n{}\r\n0\r\n\r\n"),
        chunks("chunk-2-to-the-64", "transport_protocol", "10000000000000000\r\n{}"),
        chunks("chunk-2-to-the-62", "transport_reset", "4000000000000000\r\n{}"),
        chunks("chunk-longer-than-said", "transport_protocol", "1\r\n{}\r\n0\r\n\r\n"),
        chunks("chunk-shorter-than-said", "transport_reset", "ff\r\n{}\r\n0\r\n\r\n"),
        chunks("chunks-without-end", "transport_reset", "2\r\n{}\r\n"),
        chunks("chunk-bare-newline", "transport_protocol", "2\n{}\n0\n\n"),
        // Its end is that of the connection (RFC 9112 section 6.3), and its octets are read as they are.
        Attack::new("transfer-coding-unknown", FINE, |place| {
            vec![send(head("200 OK", "transfer-encoding: rot13\r\n")), send(place.body())]
        }),
        broken("closes-at-once", "transport_reset", |_| vec![]),
        broken("closes-unasked", "transport_reset", |_| vec![]).at_once(),
        broken("closes-in-head", "transport_reset", |_| vec![send("HTTP/1.1 200 OK\r\nx-own: ")]),
        broken("closes-in-body", "transport_reset", |_| {
            vec![send(head("200 OK", "content-length: 100\r\n")), send("{")]
        }),
        broken("resets-at-once", "transport_reset", |_| vec![Step::Reset]),
        broken("resets-unasked", "transport_reset", |_| vec![Step::Reset]).at_once(),
        broken("resets-in-head", "transport_reset", |_| vec![send("HTTP/1.1 200 OK\r\nx-own: "), Step::Reset]),
        broken("resets-in-body", "transport_reset", |_| {
            vec![send(head("200 OK", "content-length: 100\r\n")), send("{"), Step::Reset]
        }),
    ]
}
