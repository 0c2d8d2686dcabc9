//! Servers that never stop, and send as fast as they are read.

use crate::attack::{Attack, Client, FINE, Place, Step, everywhere, forever, head, send};

const CHUNKED: &str = "transfer-encoding: chunked\r\n";

pub(super) fn attacks() -> Vec<Attack> {
    let endless = |name, code, steps: fn(&Place) -> Vec<Step>| Attack::new(name, everywhere(code), steps);
    vec![
        endless("endless-body", "transport_too_large", |_| vec![send(head("200 OK", "")), forever(" ")]),
        endless("endless-chunks", "transport_too_large", |_| {
            vec![send(head("200 OK", CHUNKED)), forever(format!("400\r\n{}\r\n", " ".repeat(1024)))]
        }),
        // Each octet costs the client more than a whole buffer elsewhere: whether limit or deadline comes first is the
        // machine's choice.
        endless("endless-chunks-of-one", "transport_too_large|transport_timeout", |_| {
            vec![send(head("200 OK", CHUNKED)), forever("1\r\n \r\n")]
        })
        .by(Client::Hasty),
        endless("endless-error-page", "transport_too_large", |_| vec![send(head("500 Broken", "")), forever("{")]),
        endless("endless-refusal", "transport_too_large", |_| {
            vec![
                send(head("400 Bad Request", CHUNKED)),
                send("12\r\n{\"error\":\"a\",\"b\":\"\r\n"),
                forever(format!("400\r\n{}\r\n", "a".repeat(1024))),
            ]
        }),
        endless("endless-chunk-extension", "transport_protocol", |_| {
            vec![send(head("200 OK", CHUNKED)), send("1;"), forever("x")]
        }),
        endless("endless-trailers", "transport_protocol", |_| {
            vec![send(head("200 OK", CHUNKED)), send("0\r\n"), forever("x-own: a\r\n")]
        }),
        endless("endless-headers", "transport_protocol", |_| {
            vec![send("HTTP/1.1 200 OK\r\n"), forever("x-own: a\r\n")]
        }),
        endless("endless-header-line", "transport_protocol", |_| {
            vec![send("HTTP/1.1 200 OK\r\nx-own: "), forever("a")]
        }),
        endless("endless-header-name", "transport_protocol", |_| vec![send("HTTP/1.1 200 OK\r\n"), forever("a")]),
        endless("endless-status-line", "transport_protocol", |_| vec![send("HTTP/1.1 200 "), forever("a")]),
        endless("endless-blank-lines", "transport_protocol", |_| vec![forever("\r\n")]),
        endless("10000-headers", "transport_protocol", |_| {
            vec![send("HTTP/1.1 200 OK\r\n"), send("x-own: a\r\n".repeat(10_000)), send("\r\n")]
        }),
        endless("10-mb-of-announced-body", "transport_too_large", |_| {
            vec![send(head("200 OK", "content-length: 10000000\r\n")), forever(" ")]
        }),
        Attack::new("64-kib-header-line", FINE, |place| vec![send(wide_header(place, "x-own"))]),
        Attack::new("64-kib-cookie", FINE, |place| vec![send(wide_header(place, "set-cookie"))]),
        Attack::new("64-kib-cache-control", FINE, |place| vec![send(wide_header(place, "cache-control"))]),
        Attack::new("64-kib-status-line", FINE, |place| {
            let line = format!("HTTP/1.1 200 {}\r\n", "a".repeat(64 * 1024));
            let rest = place.answer(place.body()).split_off("HTTP/1.1 200 OK\r\n".len());
            vec![send(line), send(rest)]
        }),
        Attack::new("endless-answers", FINE, |place| vec![forever(place.answer(place.body()))]),
        Attack::new("greedy-body", everywhere("transport_too_large"), |_| vec![send(head("200 OK", "")), forever(" ")])
            .by(Client::Greedy),
    ]
}

fn wide_header(place: &Place, name: &str) -> Vec<u8> {
    crate::attack::whole("200 OK", &format!("{name}: {}\r\n", "a=b, ".repeat(13 * 1024)), place.body().as_bytes())
}
