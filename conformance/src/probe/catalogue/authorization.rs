//! The authorization endpoint: RFC 6749 sections 3.1, 4.1.1 and 4.1.2.

use super::Probe;
use crate::case::Level::Must;
use crate::probe::bench::{Bench, End, Granted, described, shown};
use crate::probe::browser::is_at;
use crate::probe::pairs::Pairs;
use crate::probe::stop::{Stop, limited, received, refusing_page};

/// An address under a reserved name (RFC 2606), to which nothing is ever sent.
const EVIL: &str = "https://evil.invalid/";

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "OA-02/unknown-parameter",
        rows: &["OA-02"],
        level: Must,
        group: "authz",
        about: "The authorization and token requests have an unknown parameter.",
        expected: "ignore it and issue tokens",
        advice: "Ignore unknown parameters: other specifications define them.",
        defects: &["unknown-parameter-refused"],
        run: |bench| {
            let client = bench.any();
            bench.login(&client)?;
            let ask = bench.ask(&client).also("proofkey_unknown", "1");
            let granted = bench.granted(&ask).map_err(Stop::Breach)?;
            let pairs = bench.redemption(&granted).also("proofkey_unknown", "1");
            bench.tokens_by(&granted, &pairs).map(|_| ()).map_err(Stop::Breach)
        },
    },
    Probe {
        id: "OA-03/parameter-without-value",
        rows: &["OA-03"],
        level: Must,
        group: "authz",
        about: "The authorization request has response_mode, login_hint and acr_values without a value.",
        expected: "treat them as omitted and issue a code",
        advice: "Drop parameters without a value before any check.",
        defects: &["empty-parameter-refused"],
        run: |bench| {
            let client = bench.any();
            bench.login(&client)?;
            let ask = bench.ask(&client).also("response_mode", "").also("login_hint", "").also("acr_values", "");
            bench.granted(&ask).map(|_| ()).map_err(Stop::Breach)
        },
    },
    Probe {
        id: "OA-03/state-twice",
        rows: &["OA-03"],
        level: Must,
        group: "authz",
        about: "state occurs twice in the authorization request, with two values.",
        expected: "refuse with invalid_request, or show a page",
        advice: "Refuse a request with a repeated parameter (RFC 6749 section 4.1.2.1 names it under invalid_request).",
        defects: &["parameter-repeated"],
        run: |bench| {
            let client = bench.any();
            bench.login(&client)?;
            let end = bench.end(&bench.ask(&client).also("state", "another"));
            bench.not_authorized(end, &["invalid_request"])
        },
    },
    Probe {
        id: "OA-06/query-of-the-redirect-uri",
        rows: &["OA-06"],
        level: Must,
        group: "redirect",
        about: "A login at a registered redirect URI that has a query.",
        expected: "keep the query and add its parameters to it",
        advice: "If the redirect URI has a query, append to it with `&`; never replace it.",
        defects: &["query-of-redirect-uri-dropped"],
        run: query_kept,
    },
    Probe {
        id: "OA-18/state-reserved-characters",
        rows: &["OA-18"],
        level: Must,
        group: "authz",
        about: "state has every character that an encoding could change: space, plus, percent, ampersand, quotes.",
        expected: "return it byte for byte",
        advice: "Decode the state once and encode it once. Do not run it through a second decoder or an HTML filter.",
        defects: &["state-decoded-twice"],
        run: |bench| state_returned(bench, "a b+c%20d%2Be&f=g;h#i?j/k\\l\"m'n<o>p~q[r]{s}|t^u`v%%25"),
    },
    Probe {
        id: "OA-18/state-long",
        rows: &["OA-18"],
        level: Must,
        group: "authz",
        about: "state has 2048 characters.",
        expected: "return it whole",
        advice: "Do not store state in a column that truncates it. Clients use JSON and signed tokens as state.",
        defects: &["state-cut"],
        run: |bench| state_returned(bench, &"0123456789abcdef".repeat(128)),
    },
    Probe {
        id: "OA-26/error-redirect",
        rows: &["OA-26"],
        level: Must,
        group: "authz",
        about: "response_type is unknown; the client and the redirect URI are right.",
        expected: "redirect to the client with an error and the state",
        advice: "Check client and redirect URI first, and then report every other fault to the client.",
        defects: &["error-without-state", "error-at-a-page"],
        run: |bench| {
            const EXPECTED: &str = "a redirect to the client with unsupported_response_type and the state";
            let client = bench.any();
            bench.login(&client)?;
            let ask = bench.ask(&client).set("response_type", "proofkey");
            let end = received(bench.end(&ask), EXPECTED)?;
            let End::Error(callback) = &end else { return Err(Stop::breach(EXPECTED, &described(&end))) };
            let errors = ["unsupported_response_type", "invalid_request", "unauthorized_client"];
            if !errors.contains(&callback.get("error").unwrap_or_default()) {
                return Err(Stop::breach(EXPECTED, &described(&end)));
            }
            match callback.get("state") {
                state if state == ask.pairs.get("state") => Ok(()),
                Some(_) => Err(Stop::breach(EXPECTED, "the error with another state")),
                None => Err(Stop::breach(EXPECTED, "the error without state")),
            }
        },
    },
    Probe {
        id: "OA-28/error-text",
        rows: &["OA-28"],
        level: Must,
        group: "authz",
        about: "response_type is unknown, and contains markup and a letter outside ASCII.",
        expected: "keep error and error_description to printable ASCII without \" and \\",
        advice: "Do not repeat the request in error_description: write a fixed sentence.",
        defects: &["description-repeats-the-request"],
        run: |bench| {
            let client = bench.any();
            bench.login(&client)?;
            let end = bench.end(&bench.ask(&client).set("response_type", "<b>\"proofk\u{e9}y\"</b>"));
            match received(end, "an error")? {
                End::Error(callback) => permitted(&callback),
                end => bench.not_authorized(Ok(end), &[]),
            }
        },
    },
    Probe {
        id: "OA-50/line-feed",
        rows: &["OA-50"],
        level: Must,
        group: "authz",
        about: "state has a carriage return, a line feed and the text of a header.",
        expected: "escape it or refuse it, without an injected header and without a crash",
        advice: "Encode every value that goes into a header. Let the HTTP library refuse control characters.",
        defects: &["header-split"],
        run: |bench| hostile(bench, "a\r\nX-Proofkey: injected\r\n\r\n<b>"),
    },
    Probe {
        id: "OA-50/nul",
        rows: &["OA-50"],
        level: Must,
        group: "authz",
        about: "state has a NUL and a character outside Unicode's basic multilingual plane.",
        expected: "return it or refuse it with a status below 500",
        advice: "Refuse anything but printable ASCII before it reaches a database or a template.",
        defects: &["crash-on-nul"],
        run: |bench| hostile(bench, "a\0b\u{1f511}"),
    },
    Probe {
        id: "OA-51/state-of-a-foreign-site",
        rows: &["OA-51"],
        level: Must,
        group: "redirect",
        about: "state is the URL of a foreign site, and so are return_to, next, url and continue.",
        expected: "send the browser to the redirect URI and nowhere else",
        advice: "Redirect the browser only to a registered redirect URI. Take no URL from other parameters.",
        defects: &["return-to-followed"],
        run: |bench| {
            let client = bench.any();
            bench.login(&client)?;
            let ask = bench.ask(&client).set("state", EVIL);
            let ask = ["return_to", "next", "url", "continue"].into_iter().fold(ask, |ask, name| ask.also(name, EVIL));
            match received(bench.end(&ask), "a redirect to the redirect URI")? {
                End::Elsewhere(location) => Err(Stop::breach("a redirect to the redirect URI", &shown(&location))),
                End::Page(page) => refusing_page(&page, "a redirect to the redirect URI, or a page that refuses"),
                _ => Ok(()),
            }
        },
    },
    Probe {
        id: "BP-26/cross-origin",
        rows: &["BP-26"],
        level: Must,
        group: "headers",
        about: "The authorization request has an Origin header.",
        expected: "send no Access-Control-Allow-Origin",
        advice: "Exclude the authorization endpoint from the CORS middleware: browsers navigate to it, and scripts do \
          not call it.",
        defects: &["cors-at-the-authorization-endpoint"],
        run: |bench| {
            if !bench.target.config.login.driver.is_own() {
                return Err(Stop::NotTested("this login driver cannot send an Origin".into()));
            }
            let client = bench.any();
            bench.login(&client)?;
            let landing = received(bench.authorize_from(&bench.ask(&client), "https://evil.invalid"), "an answer")?;
            limited(landing.answer.status)?;
            let allowed = landing.hops.iter().find_map(|(_, answer)| answer.header("access-control-allow-origin"));
            match allowed {
                Some(allowed) => Err(Stop::breach("no Access-Control-Allow-Origin", &shown(allowed))),
                None => Ok(()),
            }
        },
    },
];

fn query_kept(bench: &mut Bench<'_>) -> Result<(), Stop> {
    let client = bench.client(
        |client| client.redirect_uris.iter().any(|uri| uri.contains('?')),
        "client with a redirect URI that has a query",
    )?;
    bench.login(&client)?;
    let uri = client.redirect_uris.iter().find(|uri| uri.contains('?')).cloned().unwrap_or_default();
    let ask = bench.ask(&client).to(&uri);
    match received(bench.end(&ask), "a redirect to the whole redirect URI")? {
        End::Code(granted) => bench.tokens(&granted).map(|_| ()).map_err(Stop::Breach),
        end => Err(Stop::breach("a redirect to the whole redirect URI, with a code", &described(&end))),
    }
}

fn state_returned(bench: &mut Bench<'_>, state: &str) -> Result<(), Stop> {
    let client = bench.any();
    bench.login(&client)?;
    let expected = "a code with the state as it was sent";
    match received(bench.end(&bench.ask(&client).set("state", state)), expected)? {
        End::Code(Granted { callback, .. }) => match callback.get("state") {
            Some(seen) if seen == state => Ok(()),
            Some(seen) => {
                Err(Stop::breach(expected, &format!("the state {:?}, {} characters", shown(seen), seen.len())))
            }
            None => Err(Stop::breach(expected, "no state")),
        },
        end => Err(Stop::breach(expected, &described(&end))),
    }
}

/// RFC 6749 section 4.1.2.1: the characters of error and error_description.
fn permitted(callback: &Pairs) -> Result<(), Stop> {
    for name in ["error", "error_description"] {
        let text = callback.get(name).unwrap_or_default();
        if let Some(letter) = text.chars().find(|letter| !matches!(letter, ' '..='~') || matches!(letter, '"' | '\\')) {
            return Err(Stop::breach("printable ASCII without \" and \\", &format!("{letter:?} in {name}")));
        }
    }
    Ok(())
}

/// A state that must neither crash the server nor become a header.
fn hostile(bench: &mut Bench<'_>, state: &str) -> Result<(), Stop> {
    const EXPECTED: &str = "a response below 500, without the injected header";
    let client = bench.any();
    bench.login(&client)?;
    let ask = bench.ask(&client).set("state", state);
    let landing = received(bench.authorize(&ask), EXPECTED)?;
    limited(landing.answer.status)?;
    if landing.hops.iter().any(|(_, answer)| answer.header("x-proofkey").is_some()) {
        return Err(Stop::breach(EXPECTED, "the header"));
    }
    if let Some((_, answer)) = landing.hops.iter().find(|(_, answer)| answer.status >= 500) {
        return Err(Stop::breach(EXPECTED, &format!("the status {}", answer.status)));
    }
    match &landing.location {
        Some(location) if location.contains(['\r', '\n', '\0']) => {
            Err(Stop::breach(EXPECTED, "a raw control character in Location"))
        }
        Some(location) if !is_at(location, &ask.redirect_uri) => Err(Stop::breach(EXPECTED, &shown(location))),
        _ if landing.hops.is_empty() => Err(Stop::NotTested("this login driver shows no status".into())),
        _ => Ok(()),
    }
}
