//! Where the browser may be sent: RFC 6749 section 3.1.2, RFC 9700 section 4.1.3, RFC 8252 section 7.3.

use super::Probe;
use crate::case::Level::Must;
use crate::probe::bench::{Bench, End, described, shown};
use crate::probe::config::Client;
use crate::probe::stop::{Stop, received, refusing_page};

const EXACT: &str = "Compare the redirect URI with the registered ones as strings, byte for byte: no pattern, no prefix, \
    no parser, no normalisation. Show a page when none is equal.";

const EVIL: &str = "https://evil.invalid/callback";

/// A probe of an address that is not registered, but nearly so.
const fn near(
    id: &'static str,
    rows: &'static [&'static str],
    about: &'static str,
    defects: &'static [&'static str],
    run: fn(&mut Bench<'_>) -> Result<(), Stop>,
) -> Probe {
    Probe {
        id,
        rows,
        level: Must,
        group: "redirect",
        about,
        expected: "show a page with a status under 500 and send the browser nowhere",
        advice: EXACT,
        defects,
        run,
    }
}

pub(super) const PROBES: &[Probe] = &[
    near(
        "OA-07/unregistered",
        &["OA-07", "OA-45", "AK-13"],
        "redirect_uri is a URL on a foreign host.",
        &["redirect-uri-unchecked"],
        |bench| varied(bench, |_| Some(EVIL.to_owned())),
    ),
    near(
        "BP-04/error-at-an-unregistered-address",
        &["BP-04", "OA-07"],
        "redirect_uri is a URL on a foreign host, and the request has another fault.",
        &["error-sent-to-any-address", "redirect-uri-unchecked"],
        |bench| {
            let client = bench.any();
            bench.login(&client)?;
            let end = bench.end(&bench.ask(&client).to(EVIL).set("response_type", "proofkey"));
            nowhere(end)
        },
    ),
    near(
        "OA-07/unknown-client",
        &["OA-07", "BP-04"],
        "client_id is not registered; redirect_uri is that of another client.",
        &["unknown-client-redirected"],
        |bench| {
            let client = bench.any();
            bench.login(&client)?;
            let end = bench.end(&bench.ask(&client).set("client_id", "proofkey-no-such-client"));
            nowhere(end)
        },
    ),
    Probe {
        id: "OA-07/redirect-uri-twice",
        rows: &["OA-07", "OA-03"],
        level: Must,
        group: "redirect",
        about: "redirect_uri occurs twice in the request: a registered one, then a URL on a foreign host.",
        expected: "issue no code, and redirect the browser only to the registered one",
        advice: "Refuse a request with a repeated parameter before any value is used.",
        defects: &["parameter-repeated"],
        run: |bench| {
            let client = bench.any();
            bench.login(&client)?;
            let end = bench.end(&bench.ask(&client).also("redirect_uri", EVIL));
            bench.not_authorized(end, &[])
        },
    },
    near(
        "BP-01/longer-path",
        &["BP-01"],
        "redirect_uri is a registered one with an additional path segment.",
        &["redirect-uri-by-prefix", "redirect-uri-unchecked"],
        |bench| varied(bench, |uri| Some(format!("{uri}/proofkey"))),
    ),
    near(
        "BP-01/more-query",
        &["BP-01"],
        "redirect_uri is a registered one with a query.",
        &["redirect-uri-without-query", "redirect-uri-by-prefix", "redirect-uri-unchecked"],
        |bench| varied(bench, |uri| Some(format!("{uri}?proofkey=1"))),
    ),
    near(
        "BP-01/trailing-slash",
        &["BP-01"],
        "redirect_uri is a registered one with a slash at its end.",
        &["redirect-uri-by-prefix", "redirect-uri-without-slash", "redirect-uri-unchecked"],
        |bench| varied(bench, |uri| Some(format!("{uri}/"))),
    ),
    near(
        "BP-01/other-case",
        &["BP-01"],
        "redirect_uri is a registered one with its path in upper case.",
        &["redirect-uri-ignores-case", "redirect-uri-unchecked"],
        |bench| varied(bench, |uri| split(uri).map(|(host, path)| format!("{host}{}", path.to_uppercase()))),
    ),
    near(
        "BP-01/dot-segments",
        &["BP-01"],
        "redirect_uri is a registered one with /x/%2e%2e before its path, in another request with /x/..",
        &["redirect-uri-normalised", "redirect-uri-unchecked"],
        |bench| {
            varied(bench, |uri| split(uri).map(|(host, path)| format!("{host}/x/%2e%2e{path}")))?;
            varied(bench, |uri| split(uri).map(|(host, path)| format!("{host}/x/..{path}")))
        },
    ),
    near(
        "BP-01/user-info",
        &["BP-01", "NA-02"],
        "redirect_uri is a registered one with @evil.invalid after its host, so that the host is a user name.",
        &["redirect-uri-by-host-prefix", "redirect-uri-unchecked"],
        |bench| varied(bench, |uri| split(uri).map(|(host, path)| format!("{host}@evil.invalid{path}"))),
    ),
    near(
        "BP-01/longer-host",
        &["BP-01", "NA-02"],
        "redirect_uri is a registered one with .evil.invalid after its host.",
        &["redirect-uri-by-host-prefix", "redirect-uri-unchecked"],
        |bench| {
            varied(bench, |uri| {
                let (host, path) = split(uri)?;
                Some(format!("{}.evil.invalid{path}", without_port(host)))
            })
        },
    ),
    near(
        "BP-01/other-scheme",
        &["BP-01", "BP-25"],
        "redirect_uri is a registered one with http in place of https, or the reverse.",
        &["redirect-uri-ignores-scheme", "redirect-uri-unchecked"],
        |bench| {
            varied(bench, |uri| match uri.split_once("://")? {
                ("https", rest) => Some(format!("http://{rest}")),
                ("http", rest) => Some(format!("https://{rest}")),
                _ => None,
            })
        },
    ),
    near(
        "BP-02/other-port",
        &["BP-02"],
        "redirect_uri is a registered https one with another port.",
        &["redirect-uri-ignores-port", "redirect-uri-by-host-prefix", "redirect-uri-unchecked"],
        |bench| {
            let is_https = |uri: &str| uri.starts_with("https://") && split(uri).is_some();
            let (client, uri) = registered(bench, is_https, "redirect URI with https and a path")?;
            let address = with_other_port(&client, &uri, 8443)?;
            bench.login(&client)?;
            let end = bench.end(&bench.ask(&client).to(&address));
            nowhere(end)
        },
    ),
    Probe {
        id: "NA-01/any-port-on-loopback",
        rows: &["NA-01"],
        level: Must,
        group: "redirect",
        about: "redirect_uri is a registered one of a loopback IP literal, with another port.",
        expected: "issue tokens: a native app uses any free port",
        advice: "For http on 127.0.0.1 and [::1] compare everything but the port (RFC 8252 section 7.3).",
        defects: &["loopback-port-fixed"],
        run: |bench| {
            let is_loopback = |uri: &str| {
                split(uri).is_some_and(|(host, _)| matches!(without_port(host), "http://127.0.0.1" | "http://[::1]"))
            };
            let (client, uri) = registered(bench, is_loopback, "redirect URI of a loopback IP literal with a path")?;
            if !client.is_public() {
                return Err(Stop::NotTested("no public client has a redirect URI of a loopback IP literal".into()));
            }
            let address = with_other_port(&client, &uri, 51004)?;
            bench.login(&client)?;
            let ask = bench.ask(&client).to(&address);
            bench.tokens_for(&ask).map(|_| ()).map_err(Stop::Breach)
        },
    },
    Probe {
        id: "ID-37/no-redirect-uri",
        rows: &["ID-37", "OA-07"],
        level: Must,
        group: "redirect",
        about: "An authorization request for openid has no redirect_uri.",
        expected: "show a page: OpenID Connect requires the parameter",
        advice: "If the scope has openid, require redirect_uri, even of a client that has registered only one.",
        defects: &["redirect-uri-may-be-missing"],
        run: |bench| {
            if !bench.target.is_openid() {
                return Err(Stop::NotTested("`scope` in as.toml has no openid".into()));
            }
            let client = bench.any();
            bench.login(&client)?;
            let ask = bench.ask(&client).without("redirect_uri");
            let end = bench.end(&ask);
            nowhere(end)
        },
    },
];

/// A login, then the same to an address that is made of the registered one.
fn varied(bench: &mut Bench<'_>, vary: impl Fn(&str) -> Option<String>) -> Result<(), Stop> {
    let client = bench.any();
    let uri = client.redirect_uri();
    let Some(address) = vary(uri) else {
        return Err(Stop::NotTested(format!("{uri} cannot be varied like this")));
    };
    if client.redirect_uris.contains(&address) {
        return Err(Stop::NotTested(format!("{address} is registered itself")));
    }
    bench.login(&client)?;
    let ask = bench.ask(&client);
    let end = bench.end(&ask.to(&address));
    nowhere(end)
}

/// The browser must stay where it is.
fn nowhere(end: Result<End, crate::probe::http::Failure>) -> Result<(), Stop> {
    const EXPECTED: &str = "a page, and no redirect to the address";
    match received(end, EXPECTED)? {
        End::Page(page) => refusing_page(&page, EXPECTED),
        End::Elsewhere(location) => Err(Stop::breach(EXPECTED, &format!("a redirect to {}", shown(&location)))),
        end => Err(Stop::breach(EXPECTED, &format!("a redirect there with {}", described(&end)))),
    }
}

/// The first registered redirect URI of this kind, a public client's if there is one.
fn registered(bench: &Bench<'_>, is_one: impl Fn(&str) -> bool, what: &str) -> Result<(Client, String), Stop> {
    let clients = bench.target.clients();
    let of = |client: &Client| client.redirect_uris.iter().find(|uri| is_one(uri)).cloned();
    let by_kind = clients.iter().filter(|client| client.is_public()).chain(clients.iter());
    let found = by_kind.filter_map(|client| Some((client.clone(), of(client)?))).next();
    found.ok_or_else(|| Stop::NotTested(format!("as.toml has no {what}")))
}

/// Scheme and authority, and the rest, which must not be empty.
fn split(uri: &str) -> Option<(&str, &str)> {
    let start = uri.find("://")? + 3;
    let path = start + uri[start..].find('/')?;
    Some(uri.split_at(path))
}

/// The same with the first port from `from` on that makes an address which is not registered.
fn with_other_port(client: &Client, uri: &str, from: u16) -> Result<String, Stop> {
    let (host, path) = split(uri).ok_or_else(|| Stop::NotTested(format!("{uri} has no path")))?;
    let addresses = (from..=u16::MAX).map(|port| format!("{}:{port}{path}", without_port(host)));
    let free = addresses.into_iter().find(|address| !client.redirect_uris.contains(address));
    free.ok_or_else(|| Stop::NotTested(format!("{uri} is registered with every port")))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((before, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => host,
    }
}
