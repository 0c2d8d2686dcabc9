//! Slow servers. Only the client's deadline ends these, and its code says so.

use crate::attack::{Attack, Client, Place, Step, everywhere, head, send};

pub(super) fn attacks() -> Vec<Attack> {
    let slow = |name, steps: fn(&Place) -> Vec<Step>| {
        Attack::new(name, everywhere("transport_timeout"), steps).by(Client::Hasty)
    };
    vec![
        slow("silence", |_| vec![Step::Hold]),
        slow("request-unread", |_| vec![Step::Hold]).at_once(),
        slow("drip-status-line", |_| vec![Step::Drip(b"HTTP/1.1 200 OK".to_vec())]),
        slow("drip-headers", |_| vec![send("HTTP/1.1 200 OK\r\n"), Step::Drip(b"x-own: a\r\n".to_vec())]),
        slow("drip-body", |_| vec![send(head("200 OK", "content-length: 100000\r\n")), Step::Drip(b" ".to_vec())]),
        slow("drip-chunks", |_| {
            vec![send(head("200 OK", "transfer-encoding: chunked\r\n")), Step::Drip(b"1\r\n \r\n".to_vec())]
        }),
        slow("drip-until-close", |_| vec![send(head("200 OK", "")), Step::Drip(b" ".to_vec())]),
        slow("stops-in-status-line", |_| vec![send("HTTP/1.1 2"), Step::Hold]),
        slow("stops-in-head", |_| vec![send("HTTP/1.1 200 OK\r\nx-own: a\r\n"), Step::Hold]),
        slow("stops-in-body", |_| vec![send(head("200 OK", "content-length: 100\r\n")), send("{"), Step::Hold]),
        slow("stops-before-the-last-chunk", |place| {
            let body = place.body();
            let chunk = format!("{:x}\r\n{body}\r\n", body.len());
            vec![send(head("200 OK", "transfer-encoding: chunked\r\n")), send(chunk), Step::Hold]
        }),
        slow("whole-body-without-its-end", |place| vec![send(head("200 OK", "")), send(place.body()), Step::Hold]),
        // Not as fast as they are read. That costs a core until the deadline, all of it where nothing is optimised, and
        // then it is the honest who are late.
        slow("continue-flood", |_| vec![Step::Pour(b"HTTP/1.1 100 Continue\r\n\r\n".repeat(20))]),
        slow("early-hints-flood", |_| vec![Step::Pour(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(20))]),
        slow("tls-silence", |_| vec![Step::Hold]).at_once().over_https(),
        slow("tls-drip", |_| vec![send(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc"), Step::Drip(b"\x03".to_vec())])
            .at_once()
            .over_https(),
    ]
}
