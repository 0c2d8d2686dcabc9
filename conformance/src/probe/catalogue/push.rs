//! Pushed authorization requests: RFC 9126.

use proofkey_authority::{Endpoint, Party};

use super::Probe;
use crate::case::Level::{Must, Should};
use crate::probe::bench::{Ask, Bench, End, answer_json, described, summary};
use crate::probe::config::Client;
use crate::probe::http::{Answer, Failure, Outgoing};
use crate::probe::pairs::Pairs;
use crate::probe::stop::{Stop, received, refused};

const ENDPOINT: &str = "pushed_authorization_request_endpoint";

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "PR-02/request-uri-pushed",
        rows: &["PR-02"],
        level: Must,
        group: "par",
        about: "A pushed request has a request_uri.",
        expected: "refuse with 400",
        advice: "Refuse request_uri at this endpoint: it would be an unvalidated indirection.",
        defects: &["push-takes-request-uri"],
        run: |bench| {
            pushed_login(bench)?;
            let client = bench.any();
            let ask = bench.ask(&client).also("request_uri", "urn:ietf:params:oauth:request_uri:proofkey");
            refused(push(bench, &ask), &[400], &["invalid_request", "invalid_request_uri", "request_uri_not_supported"])
        },
    },
    Probe {
        id: "PR-03/push-response",
        rows: &["PR-03"],
        level: Must,
        group: "par",
        about: "The response to a pushed request.",
        expected: "be 201 with request_uri and a positive expires_in",
        advice: "Answer 201 with application/json, request_uri and expires_in.",
        defects: &["push-without-expiry"],
        run: |bench| {
            pushed_login(bench)?;
            let client = bench.any();
            let answer = received(push(bench, &bench.ask(&client)), "201")?;
            let expires_in = answer_json(&answer)["expires_in"].as_u64().unwrap_or_default();
            if answer.status == 201 && expires_in > 0 {
                Ok(())
            } else {
                Err(Stop::breach("201 with a positive expires_in", &format!("{} with {expires_in}", answer.status)))
            }
        },
    },
    Probe {
        id: "PR-04/request-uri-of-another-client",
        rows: &["PR-04"],
        level: Must,
        group: "par",
        about: "A request_uri is used with the client_id of another registered client.",
        expected: "issue no code",
        advice: "Store the client with the request_uri and compare it with client_id.",
        defects: &["request-uri-of-any-client"],
        run: |bench| {
            pushed_login(bench)?;
            let client = bench.any();
            let other = bench.other_than(&client)?;
            let ask = bench.ask(&client);
            let reference = pushed(bench, &ask)?;
            let end = bench.end(&referred(&other, &reference));
            bench.not_authorized(end, &[])
        },
    },
    Probe {
        id: "PR-05/request-uri-twice",
        rows: &["PR-05"],
        level: Should,
        group: "par",
        about: "A request_uri is used a second time.",
        expected: "issue no second code",
        advice: "Delete the pushed request when it is used.",
        defects: &["request-uri-reused"],
        run: |bench| {
            pushed_login(bench)?;
            let client = bench.any();
            let ask = bench.ask(&client);
            let reference = pushed(bench, &ask)?;
            let outcome = bench.end(&referred(&client, &reference));
            match bench.control(outcome)? {
                End::Code(_) => {}
                end => return Err(Stop::Control(format!("expected: a code; seen: {}", described(&end)))),
            }
            let end = bench.end(&referred(&client, &reference));
            bench.not_authorized(end, &[])
        },
    },
    Probe {
        id: "PR-07/get",
        rows: &["PR-07"],
        level: Must,
        group: "par",
        about: "A GET request is sent to the endpoint for pushed requests.",
        expected: "refuse with 405",
        advice: "Take POST alone.",
        defects: &["push-takes-get"],
        run: |bench| {
            pushed_login(bench)?;
            let address = bench.target.endpoint(ENDPOINT).unwrap_or_default();
            let answer = bench.http.send(&Outgoing::get(Party::Client, Endpoint::Push, &address));
            let answer = received(answer, "405")?;
            if matches!(answer.status, 404 | 405) {
                Ok(())
            } else {
                Err(Stop::breach("405", &answer.status.to_string()))
            }
        },
    },
    Probe {
        id: "PR-10/unregistered-redirect-uri",
        rows: &["PR-10"],
        level: Must,
        group: "par",
        about: "A pushed request has a redirect URI that is not registered.",
        expected: "refuse with 400",
        advice: "Run the checks of the authorization endpoint on pushed requests.",
        defects: &["redirect-uri-unchecked"],
        run: |bench| {
            pushed_login(bench)?;
            let client = bench.any();
            let ask = bench.ask(&client).to("https://evil.invalid/callback");
            refused(push(bench, &ask), &[400], &["invalid_request", "invalid_redirect_uri", "invalid_client"])
        },
    },
    Probe {
        id: "PR-10/unknown-challenge-method",
        rows: &["PR-10", "PK-16"],
        level: Must,
        group: "par",
        about: "A pushed request has the code_challenge_method S512.",
        expected: "refuse with 400 invalid_request",
        advice: "Run the checks of the authorization endpoint on pushed requests.",
        defects: &["unknown-method-taken"],
        run: |bench| {
            pushed_login(bench)?;
            let client = bench.any();
            let ask = bench.ask(&client).set("code_challenge_method", "S512");
            refused(push(bench, &ask), &[400], &["invalid_request"])
        },
    },
];

fn push(bench: &Bench<'_>, ask: &Ask) -> Result<Answer, Failure> {
    let pairs = ask.pairs.clone().without("client_id");
    bench.http.send(&bench.as_client(ENDPOINT, Endpoint::Push, &ask.client, &pairs))
}

/// A control: this request is pushed.
fn pushed(bench: &mut Bench<'_>, ask: &Ask) -> Result<String, Stop> {
    let outcome = push(bench, ask);
    let answer = bench.control(outcome)?;
    let reference = answer_json(&answer)["request_uri"].as_str().map(str::to_owned);
    bench.control(reference.ok_or_else(|| format!("expected: a request_uri; seen: {}", summary(&answer))))
}

/// A control: a login by a pushed request.
fn pushed_login(bench: &mut Bench<'_>) -> Result<(), Stop> {
    if bench.target.endpoint(ENDPOINT).is_none() {
        return Err(Stop::NotClaimed(format!("there is no {ENDPOINT}")));
    }
    let client = bench.any();
    let ask = bench.ask(&client);
    let reference = pushed(bench, &ask)?;
    let by_reference = Ask { pairs: referred(&client, &reference).pairs, ..ask };
    let outcome = bench.tokens_for(&by_reference);
    bench.control(outcome).map(|_| ())
}

/// An authorization request by reference.
fn referred(client: &Client, reference: &str) -> Ask {
    Ask {
        client: client.clone(),
        redirect_uri: client.redirect_uri().to_owned(),
        verifier: String::new(),
        pairs: Pairs::of([("client_id", &client.id), ("request_uri", reference)]),
    }
}
