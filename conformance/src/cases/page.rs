//! What a person's browser is shown and told when it comes back, and callbacks that are no answers: RFC 6749 sections
//! 4.1.2.1, 10.14 and 10.15, RFC 9700 sections 4.2.4 and 4.11.

use proofkey_authority::lie::ParamEdit;
use proofkey_authority::{Endpoint, Lie};

use super::refuse;
use crate::case::{Case, Expect, Step};
use crate::tamper::Tamper;
use crate::transcript::Transcript;

/// An error text with markup, line ends, a NUL and a letter beyond ASCII.
const TEXT: &str = "<script>alert(1)</script>\r\nSet-Cookie: a=b\0\u{e9}";

pub(super) fn cases() -> Vec<Case> {
    let page = |id, rows, about, mutants, check| {
        Case::new(id, rows, "callback", about, Expect::Accept(check), mutants).by_browser()
    };
    let with_text = || {
        Lie::callback([
            ParamEdit::remove("code"),
            ParamEdit::set("error", "access_denied"),
            ParamEdit::set("error_description", TEXT),
        ])
    };
    // No text says how a client is to decode what no server may send: the server does not know such a code.
    let encoding = |id, about, code: &str| {
        Case::new(id, &["OA-50"], "callback", about, Expect::Policy(repaired), &["callback-encoding-ignored"])
            .lie(Lie::callback([ParamEdit::SetEncoded("code".into(), code.into())]))
    };
    vec![
        Case::new(
            "OA-28/forbidden-characters",
            &["OA-28", "OA-50"],
            "callback",
            "error_description has markup, line breaks and a NUL.",
            refuse(&["as_error", "callback_malformed"]),
            &["error-text-crash"],
        )
        .lie(with_text()),
        Case::new(
            "OA-28/markup-not-shown",
            &["OA-28", "NA-12"],
            "callback",
            "error_description has markup: the page that the browser gets does not contain it.",
            refuse(&["as_error", "callback_malformed"]),
            &["listener-echo"],
        )
        .lie(with_text())
        .and(|seen| match pages(seen).find(|page| page.contains("<script>")) {
            Some(_) => Err("expected: a page of the client's own; seen: the markup of error_description".into()),
            None => Ok(()),
        })
        .by_browser(),
        Case::new(
            "OA-50/64-kib-parameter",
            &["OA-50"],
            "callback",
            "A parameter of the callback has 64 KiB: it is refused, or the login succeeds.",
            Expect::Wire(|_| Ok(())),
            &["callback-size-crash"],
        )
        .lie(Lie::callback([ParamEdit::SetLong("filler".into(), 64 * 1024)])),
        Case::new(
            "OA-50/line-ends-in-the-code",
            &["OA-50"],
            "token",
            "The code has line breaks and a NUL: it does not become a header or another parameter of the token \
              request.",
            Expect::Wire(|seen| {
                let split = |request: &proofkey_authority::Exchange| {
                    request.header("x-injected").is_some() || request.form("injected").is_some()
                };
                if seen.wire.token_requests().iter().any(split) {
                    Err("expected: one parameter code; seen: a header or a parameter made out of it".into())
                } else {
                    Ok(())
                }
            }),
            &["token-unescaped"],
        )
        .lie(Lie::callback([ParamEdit::set("code", "a\r\nX-Injected: 1\r\n\r\n&injected=1\0")])),
        encoding("OA-50/code-not-utf8", "The code is not UTF-8 when it is decoded.", "%ff"),
        encoding("OA-50/broken-escape", "The code has a percent sign that does not begin an escape.", "%zz"),
        encoding("OA-50/cut-escape", "The code ends in the middle of an escape.", "abc%4"),
        Case::new(
            "OA-51/address-in-return-to",
            &["OA-51", "BP-03"],
            "callback",
            "The callback has a URL to return to: the browser is not redirected there.",
            Expect::Wire(stays),
            &["listener-open-redirect"],
        )
        .tamper([Tamper::Append("return_to", "https%3A%2F%2Fattacker.example%2F")])
        .by_browser(),
        Case::new(
            "OA-51/address-in-state",
            &["OA-51", "BP-03", "OA-48"],
            "callback",
            "state is a URL to return to: the callback is refused, and the browser is not redirected there.",
            refuse(&["state"]),
            &["listener-open-redirect"],
        )
        .and(stays)
        .steps([Step::Forge("f1", "code=x&state=https%3A%2F%2Fattacker.example%2F")])
        .by_browser(),
        page(
            "BP-30/referrer-policy",
            &["BP-30", "AK-03"],
            "The page at the redirect URI keeps code and state out of a Referer.",
            &["listener-referrer"],
            |seen| {
                let strict = ["no-referrer", "same-origin", "strict-origin", "origin"];
                header(seen, "referrer-policy", |value| strict.contains(&value))
            },
        )
        .should(),
        page(
            "BP-30/no-third-party",
            &["BP-30", "NA-12"],
            "The page at the redirect URI loads nothing from other hosts.",
            &["listener-third-party"],
            |seen| {
                let foreign = |page: &String| {
                    ["src=\"http", "src=\"//", "src='http", "<link", "url(http"].iter().any(|mark| page.contains(mark))
                };
                match pages(seen).find(foreign) {
                    Some(_) => Err("expected: a page by itself; seen: one that names other hosts".into()),
                    None => Ok(()),
                }
            },
        )
        .should(),
        page(
            "BP-30/not-stored",
            &["BP-30"],
            "The page at the redirect URI is not stored.",
            &["listener-cacheable"],
            |seen| header(seen, "cache-control", |value| value.contains("no-store")),
        )
        .should(),
    ]
}

fn pages(seen: &Transcript) -> impl Iterator<Item = String> {
    seen.wire.at(Endpoint::App).into_iter().map(|visit| visit.response_text())
}

/// Each page has this header, and a value that is fine. A redirect to the client's own next page counts as one.
fn header(seen: &Transcript, name: &str, is_fine: impl Fn(&str) -> bool) -> Result<(), String> {
    match seen.wire.at(Endpoint::App).iter().find(|visit| !visit.response_header(name).is_some_and(&is_fine)) {
        Some(visit) => Err(format!("expected: {name}; seen: {:?}", visit.response_header(name))),
        None => Ok(()),
    }
}

/// What becomes of a code that cannot be decoded: no login, in any case.
fn repaired(seen: &Transcript) -> Result<String, String> {
    match seen.answers.last().map(|answer| (answer.is_ok(), answer.class())) {
        Some((false, "callback_malformed" | "state")) => Ok("refuses the callback".into()),
        Some((false, "token_error")) => Ok("sends the code as it decodes it, and reports the server's error".into()),
        Some((false, class)) => Err(format!("expected: callback_malformed or token_error; seen: class {class:?}")),
        _ => Err("expected: a refusal; seen: a success".into()),
    }
}

/// No answer at the redirect URI sends the browser to the attacker.
fn stays(seen: &Transcript) -> Result<(), String> {
    let visits = seen.wire.at(Endpoint::App);
    let sent_away = |visit: &&proofkey_authority::Exchange| {
        visit.response_header("location").is_some_and(|location| location.contains("attacker.example"))
    };
    match visits.iter().find(sent_away) {
        Some(_) => Err("expected: the browser stays with the client; seen: it is sent to the attacker".into()),
        None => Ok(()),
    }
}
