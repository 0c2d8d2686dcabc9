//! The pages of the server, and where its forms lead: RFC 9700 sections 4.2.4, 4.12 and 4.16.

use super::Probe;
use crate::case::Level::{Must, Should};
use crate::probe::bench::{Bench, End};
use crate::probe::browser::{Browser, Landing};
use crate::probe::form::{forms, tags};
use crate::probe::http::Answer;
use crate::probe::reach::origin;
use crate::probe::stop::{Stop, limited, received};

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "AK-01/redirect-after-the-password",
        rows: &["AK-01", "BP-33"],
        level: Must,
        group: "authz",
        about: "A user signs in with a form; the status of the redirect that follows.",
        expected: "use 303 or 302, never 307 or 308",
        advice: "Redirect with 303 after a form: with 307, the browser posts the password to the client.",
        defects: &["redirect-307-after-the-password"],
        run: |bench| {
            let landing = signed_in(bench)?;
            let posted: Vec<&Answer> =
                landing.hops.iter().filter(|(method, _)| *method == "POST").map(|(_, answer)| answer).collect();
            if posted.is_empty() {
                return Err(Stop::NotTested("the probe does not see the form of this login driver".into()));
            }
            match posted.iter().find(|answer| matches!(answer.status, 307 | 308)) {
                Some(answer) => Err(Stop::breach("303 or 302 after a form", &answer.status.to_string())),
                None => Ok(()),
            }
        },
    },
    Probe {
        id: "BP-34/framed-page",
        rows: &["BP-34"],
        level: Must,
        group: "headers",
        about: "The headers of the login page.",
        expected: "forbid framing by Content-Security-Policy: frame-ancestors, or X-Frame-Options",
        advice: "Send Content-Security-Policy: frame-ancestors 'none' and X-Frame-Options: DENY with each page.",
        defects: &["pages-can-be-framed"],
        run: |bench| {
            let page = login_page(bench)?;
            let policy = page.header("content-security-policy").unwrap_or_default().to_lowercase();
            let options = page.header("x-frame-options").unwrap_or_default().to_lowercase();
            let ancestors = policy.split(';').find_map(|rule| rule.trim().strip_prefix("frame-ancestors"));
            let by_policy = ancestors
                .is_some_and(|sources| !sources.split(' ').any(|source| matches!(source, "*" | "https:" | "http:")));
            if by_policy || matches!(options.trim(), "deny" | "sameorigin") {
                Ok(())
            } else {
                let seen = format!("frame-ancestors {ancestors:?}, X-Frame-Options {options:?}");
                Err(Stop::breach("frame-ancestors or X-Frame-Options", &seen))
            }
        },
    },
    Probe {
        id: "BP-30/referrer",
        rows: &["BP-30"],
        level: Should,
        group: "headers",
        about: "The login page: its Referrer-Policy, and what it loads.",
        expected: "send a strict Referrer-Policy and load nothing from other sites",
        advice: "Send Referrer-Policy: no-referrer, and serve scripts, styles and images from your own origin: the URL \
          of the page contains the client's state.",
        defects: &["no-referrer-policy"],
        run: |bench| {
            let page = login_page(bench)?;
            let policy = page.header("referrer-policy").unwrap_or_default().to_lowercase();
            let strict = ["no-referrer", "same-origin", "origin", "strict-origin"];
            if !policy.split(',').any(|word| strict.contains(&word.trim())) {
                return Err(Stop::breach("Referrer-Policy: no-referrer", &format!("{policy:?}")));
            }
            let own = bench.target.endpoint("authorization_endpoint").and_then(|address| origin(&address));
            let html = String::from_utf8_lossy(&page.body).into_owned();
            let foreign = tags(&html).into_iter().find_map(|(tag, _)| {
                let name = match tag.name.as_str() {
                    "script" | "img" | "iframe" => "src",
                    "link" => "href",
                    _ => return None,
                };
                let address = tag.get(name)?;
                let address = if address.starts_with("//") { format!("https:{address}") } else { address };
                origin(&address).filter(|origin| Some(origin) != own.as_ref())
            });
            match foreign {
                Some(origin) => Err(Stop::breach("nothing from other sites", &origin)),
                None => Ok(()),
            }
        },
    },
    Probe {
        id: "ID-38/prompt-none",
        rows: &["ID-38"],
        level: Must,
        group: "authz",
        about: "An authorization request with prompt=none from a browser without a session.",
        expected: "redirect to the client with login_required or a similar error, and show no page",
        advice: "Check prompt before you render a page; if a page is necessary, answer login_required.",
        defects: &["prompt-none-shows-a-page"],
        run: |bench| {
            const EXPECTED: &str = "a redirect to the client with login_required, and no page";
            if !bench.target.is_openid() {
                return Err(Stop::NotTested("`scope` in as.toml has no openid".into()));
            }
            let client = bench.any();
            bench.login(&client)?;
            let ask = bench.ask(&client).set("prompt", "none");
            let landing = received(in_new_browser(bench, |bench| bench.authorize(&ask)), EXPECTED)?;
            limited(landing.answer.status)?;
            // A redirect of a program need not show its Location.
            let is_page = |answer: &Answer| !(300..400).contains(&answer.status);
            if let Some((_, page)) = landing.hops.iter().find(|(_, answer)| is_page(answer)) {
                return Err(Stop::breach(EXPECTED, &format!("a page with the status {}", page.status)));
            }
            match bench.end_of(&ask, landing) {
                End::Code(_) => Err(Stop::NotTested("the server signs its user in without a page".into())),
                End::Page(_) => Err(Stop::breach(EXPECTED, "a page")),
                end => bench.not_authorized(
                    Ok(end),
                    &["login_required", "interaction_required", "consent_required", "account_selection_required"],
                ),
            }
        },
    },
];

/// A login in a browser in which no user is signed in yet.
fn signed_in(bench: &mut Bench<'_>) -> Result<Landing, Stop> {
    let client = bench.any();
    let ask = bench.ask(&client);
    let outcome = in_new_browser(bench, |bench| bench.authorize(&ask));
    let landing = bench.control(outcome)?;
    match bench.end_of(&ask, landing.clone()) {
        End::Code(granted) => {
            let outcome = bench.tokens(&granted);
            bench.control(outcome).map(|_| landing)
        }
        end => Err(Stop::Control(format!("expected: a code; seen: {}", crate::probe::bench::described(&end)))),
    }
}

/// The first page with a form that such a browser shows.
fn login_page(bench: &mut Bench<'_>) -> Result<Answer, Stop> {
    let landing = signed_in(bench)?;
    let is_page = |answer: &Answer| answer.status == 200 && !forms(&String::from_utf8_lossy(&answer.body)).is_empty();
    let page = landing.hops.into_iter().map(|(_, answer)| answer).find(is_page);
    page.ok_or_else(|| Stop::NotTested("the probe does not see the login page with this login driver".into()))
}

fn in_new_browser<T>(bench: &mut Bench<'_>, act: impl FnOnce(&mut Bench<'_>) -> T) -> T {
    let kept = std::mem::replace(&mut *bench.browser, Browser::new());
    let outcome = act(bench);
    *bench.browser = kept;
    outcome
}
