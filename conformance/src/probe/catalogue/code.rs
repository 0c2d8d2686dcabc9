//! What a code is good for, and what the token endpoint says: RFC 6749 sections 4.1.2 to 5.2.

use std::collections::HashSet;

use proofkey_authority::Endpoint;

use super::Probe;
use super::pkce::changed;
use crate::case::Level::{Must, Should};
use crate::probe::bench::{Ask, Bench, answer_json, random, summary};
use crate::probe::pairs::Pairs;
use crate::probe::stop::{Stop, invalid_grant, limited, received, refused};

/// How many codes and tokens are compared.
const VALUES: usize = 12;

const UNKNOWN_GRANT: &[&str] = &["unsupported_grant_type", "invalid_request"];

/// Parallel redemptions of one code.
const RACERS: usize = 20;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "OA-20/code-twice",
        rows: &["OA-20", "BP-28", "ID-35"],
        level: Must,
        group: "code",
        about: "A code is redeemed a second time by the same client.",
        expected: "refuse with 400 invalid_grant",
        advice: "Mark the code as used in the same transaction that reads it.",
        defects: &["code-replayed"],
        run: |bench| {
            let client = bench.any();
            let tokens = bench.login(&client)?;
            invalid_grant(bench.token(&client, &bench.redemption(&tokens.granted)))
        },
    },
    Probe {
        id: "OA-21/tokens-after-a-replay",
        rows: &["OA-21", "BP-28"],
        level: Should,
        group: "code",
        about: "A code is redeemed a second time, and then the access token of the first redemption is used.",
        expected: "have revoked the token",
        advice: "A replayed code may be stolen: revoke the tokens of its first redemption.",
        defects: &["code-replayed", "tokens-survive-a-replay"],
        run: |bench| {
            let client = bench.any();
            let tokens = bench.login(&client)?;
            let usable = bench.is_usable(&tokens)?;
            bench.control(if usable { Ok(()) } else { Err("the access token is refused at once") })?;
            received(bench.token(&client, &bench.redemption(&tokens.granted)), "a refusal")?;
            if bench.is_usable(&tokens)? {
                Err(Stop::breach("a token that was revoked", "one that is still valid"))
            } else {
                Ok(())
            }
        },
    },
    Probe {
        id: "AK-14/race",
        rows: &["AK-14", "OA-20"],
        level: Must,
        group: "race",
        about: "A code is redeemed 20 times at the same time (--allow-race).",
        expected: "issue tokens once",
        advice: "Look the code up and delete it in one atomic step (`DELETE .. RETURNING`, `GETDEL`), not in two.",
        defects: &["code-replayed"],
        run: race,
    },
    Probe {
        id: "OA-19/code-expired",
        rows: &["OA-19"],
        level: Must,
        group: "code",
        about: "A code is redeemed ten minutes and one second after it was issued (hook advance_clock).",
        expected: "refuse with 400 invalid_grant",
        advice: "Give codes a lifetime of one minute, or at most ten.",
        defects: &["code-never-expires"],
        run: |bench| {
            let client = bench.any();
            bench.login(&client)?;
            let granted = bench.code(&client)?;
            bench.advance_clock(601)?;
            invalid_grant(bench.token(&client, &bench.redemption(&granted)))
        },
    },
    Probe {
        id: "OA-22/code-of-another-client",
        rows: &["OA-22", "ID-35"],
        level: Must,
        group: "code",
        about: "A code is redeemed by another registered client.",
        expected: "refuse with 400 invalid_grant",
        advice: "Store the client with the code and compare it with the one that is authenticated.",
        defects: &["code-of-another-client"],
        run: |bench| {
            let client = bench.any();
            let other = bench.other_than(&client)?;
            bench.login(&client)?;
            bench.login(&other)?;
            let granted = bench.code(&client)?;
            invalid_grant(bench.token(&other, &bench.redemption(&granted)))
        },
    },
    Probe {
        id: "OA-30/other-redirect-uri",
        rows: &["OA-30", "ID-35"],
        level: Must,
        group: "code",
        about: "The token request has another redirect_uri than the authorization request.",
        expected: "refuse with 400 invalid_grant",
        advice: "Store the redirect URI with the code and compare it byte for byte.",
        defects: &["redirect-uri-uncompared"],
        run: |bench| {
            redemption_refused(
                bench,
                |pairs| pairs.set("redirect_uri", "https://evil.invalid/callback"),
                &["invalid_grant"],
            )
        },
    },
    Probe {
        id: "OA-30/no-redirect-uri",
        rows: &["OA-30"],
        level: Must,
        group: "code",
        about: "The token request has no redirect_uri, although the authorization request had one.",
        expected: "refuse with 400 invalid_grant or invalid_request",
        advice: "If the authorization request had a redirect_uri, require it in the token request.",
        defects: &["redirect-uri-uncompared", "redirect-uri-optional-at-the-token-endpoint"],
        run: |bench| {
            redemption_refused(bench, |pairs| pairs.without("redirect_uri"), &["invalid_grant", "invalid_request"])
        },
    },
    Probe {
        id: "OA-32/no-grant-type",
        rows: &["OA-32"],
        level: Must,
        group: "code",
        about: "The token request has no grant_type.",
        expected: "refuse with 400 invalid_request or unsupported_grant_type",
        advice: "Read grant_type first, and have no default grant.",
        defects: &["grant-type-unchecked"],
        run: |bench| {
            let client = bench.authenticating();
            changed(bench, &client, |_, pairs| pairs.without("grant_type"), UNKNOWN_GRANT)
        },
    },
    Probe {
        id: "OA-32/unknown-grant-type",
        rows: &["OA-32"],
        level: Must,
        group: "code",
        about: "grant_type is unknown.",
        expected: "refuse with 400 unsupported_grant_type",
        advice: "Answer unsupported_grant_type to every grant_type that you do not implement.",
        defects: &["grant-type-unchecked"],
        run: |bench| {
            let client = bench.authenticating();
            let change = |_: &Ask, pairs: Pairs| pairs.set("grant_type", "urn:proofkey:no-such-grant");
            changed(bench, &client, change, UNKNOWN_GRANT)
        },
    },
    Probe {
        id: "OA-03/code-twice-in-a-request",
        rows: &["OA-03"],
        level: Must,
        group: "code",
        about: "code occurs twice in the token request: the right one, then another.",
        expected: "refuse with 400 invalid_request or invalid_grant",
        advice: "Refuse a request with a repeated parameter before any value is used.",
        defects: &["parameter-repeated"],
        run: |bench| {
            redemption_refused(bench, |pairs| pairs.also("code", &random()), &["invalid_request", "invalid_grant"])
        },
    },
    Probe {
        id: "BP-23/password-grant",
        rows: &["BP-23"],
        level: Must,
        group: "code",
        about: "grant_type is password, without a user; and the metadata.",
        expected: "refuse with 400 unsupported_grant_type or unauthorized_client, and not list it",
        advice: "Disable the password grant: it gives the user's password to the client.",
        defects: &["password-grant-announced"],
        run: |bench| {
            let client = bench.authenticating();
            bench.login(&client)?;
            if bench.target.list("grant_types_supported").contains(&"password") {
                return Err(Stop::breach("no password in grant_types_supported", "it"));
            }
            let answer = bench.token(&client, &Pairs::of([("grant_type", "password")]));
            let says_what_is_missing =
                answer.as_ref().is_ok_and(|answer| answer_json(answer)["error"] == "invalid_request");
            if says_what_is_missing && bench.target.list("grant_types_supported").is_empty() {
                return Err(Stop::NotTested(
                    "the answer is invalid_request, and the metadata lists no grant types".into(),
                ));
            }
            refused(answer, &[400, 401], &["unsupported_grant_type", "unauthorized_client", "invalid_request"])
        },
    },
    Probe {
        id: "OA-14/scope-in-the-response",
        rows: &["OA-14"],
        level: Must,
        group: "code",
        about: "The authorization request has one additional scope, which the metadata does not list.",
        expected: "state the granted scope in the token response, or refuse with invalid_scope",
        advice: "Send `scope` in each token response, so that the client does not assume that it got what it \
          requested.",
        defects: &["scope-not-told"],
        run: |bench| {
            let listed = bench.target.list("scopes_supported");
            if listed.is_empty() || listed.contains(&UNKNOWN_SCOPE) {
                return Err(Stop::NotTested(
                    "the metadata has no scopes_supported, so it is unknown what was granted".into(),
                ));
            }
            let client = bench.any();
            bench.login(&client)?;
            let ask = bench.ask(&client);
            let scope = format!("{} {UNKNOWN_SCOPE}", ask.get("scope"));
            match received(bench.end(&ask.set("scope", &scope)), "an answer")? {
                crate::probe::bench::End::Code(granted) => {
                    let tokens = bench.tokens(&granted).map_err(Stop::Breach)?;
                    let said = tokens.get("scope").is_some();
                    if said { Ok(()) } else { Err(Stop::breach("scope in the token response", "none")) }
                }
                end => bench.not_authorized(Ok(end), &["invalid_scope"]),
            }
        },
    },
    Probe {
        id: "OA-33/token-response",
        rows: &["OA-33", "ID-05"],
        level: Must,
        group: "code",
        about: "The token response of an ordinary login.",
        expected: "be 200 and application/json, with access_token and token_type",
        advice: "Answer 200 with application/json and the members of RFC 6749 section 5.1. token_type is Bearer or DPoP.",
        defects: &["no-token-type", "token-endpoint-answers-text"],
        run: |bench| {
            let client = bench.any();
            let tokens = bench.login(&client)?;
            let kind = tokens.answer.header("content-type").unwrap_or_default();
            if tokens.answer.status != 200 || !is_json(kind) {
                return Err(Stop::breach(
                    "200 and application/json",
                    &format!("{} and {kind:?}", tokens.answer.status),
                ));
            }
            match tokens.get("token_type") {
                Some(kind) if ["bearer", "dpop"].contains(&kind.to_lowercase().as_str()) => Ok(()),
                kind => Err(Stop::breach("token_type Bearer", &format!("{kind:?}"))),
            }
        },
    },
    Probe {
        id: "OA-34/no-store",
        rows: &["OA-34", "ID-05"],
        level: Must,
        group: "headers",
        about: "The headers of a token response.",
        expected: "have Cache-Control: no-store",
        advice: "Send Cache-Control: no-store with every response of the token endpoint.",
        defects: &["no-store-missing"],
        run: |bench| {
            let client = bench.any();
            let tokens = bench.login(&client)?;
            let control = tokens.answer.header("cache-control").unwrap_or_default();
            if control.to_lowercase().contains("no-store") {
                Ok(())
            } else {
                Err(Stop::breach("Cache-Control: no-store", &format!("{control:?}")))
            }
        },
    },
    Probe {
        id: "OA-40/error-response",
        rows: &["OA-40"],
        level: Must,
        group: "code",
        about: "The token request has a code that was never issued.",
        expected: "refuse with 400 invalid_grant in application/json",
        advice: "Send errors of the token endpoint as RFC 6749 section 5.2 says: 400, application/json, error.",
        defects: &["token-endpoint-answers-text"],
        run: |bench| {
            let client = bench.any();
            let tokens = bench.login(&client)?;
            let answer = bench.token(&client, &bench.redemption(&tokens.granted).set("code", &random()));
            invalid_grant(answer.clone())?;
            let kind =
                answer.ok().and_then(|answer| answer.header("content-type").map(str::to_owned)).unwrap_or_default();
            if is_json(&kind) { Ok(()) } else { Err(Stop::breach("application/json", &format!("{kind:?}"))) }
        },
    },
    Probe {
        id: "OA-47/guessable",
        rows: &["OA-47"],
        level: Must,
        group: "code",
        about: "The codes and access tokens of 12 logins, compared.",
        expected: "be random: at least 128 bits, without a counter or a clock, unless a token is signed",
        advice: "Make codes and tokens of at least 16 random bytes from the system's generator.",
        defects: &["codes-counted"],
        run: guessable,
    },
];

const UNKNOWN_SCOPE: &str = "proofkey-no-such-scope";

/// [`changed`], of any client.
fn redemption_refused(bench: &mut Bench<'_>, change: impl Fn(Pairs) -> Pairs, errors: &[&str]) -> Result<(), Stop> {
    let client = bench.any();
    changed(bench, &client, |_, pairs| change(pairs), errors)
}

pub(super) fn is_json(content_type: &str) -> bool {
    content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn race(bench: &mut Bench<'_>) -> Result<(), Stop> {
    if !bench.may_race {
        return Err(Stop::NotTested("it needs --allow-race".into()));
    }
    let client = bench.any();
    bench.login(&client)?;
    let granted = bench.code(&client)?;
    let request = bench.as_client("token_endpoint", Endpoint::Token, &client, &bench.redemption(&granted));
    let answers = bench.http.send_all(&vec![request; RACERS]);
    let mut issued = HashSet::new();
    for answer in answers.iter().flatten() {
        bench.hide_tokens(answer);
        issued.extend(answer_json(answer)["access_token"].as_str().map(str::to_owned));
    }
    if issued.len() > 1 {
        return Err(Stop::breach("tokens once", &format!("{} different access tokens", issued.len())));
    }
    let answered = answers.iter().flatten().count();
    answers.iter().flatten().try_for_each(|answer| limited(answer.status))?;
    if answered < RACERS {
        return Err(Stop::Control(format!("the server answered {answered} of {RACERS} simultaneous requests")));
    }
    if issued.is_empty() {
        return Err(Stop::Control(answers.iter().flatten().next().map_or_else(|| "no answer".into(), summary)));
    }
    Ok(())
}

fn guessable(bench: &mut Bench<'_>) -> Result<(), Stop> {
    let client = bench.any();
    let (mut codes, mut access_tokens) = (Vec::new(), Vec::new());
    for _ in 0..VALUES {
        let tokens = bench.login(&client)?;
        access_tokens.extend(tokens.get("access_token").filter(|token| !is_sealed(token)).map(str::to_owned));
        codes.push(tokens.granted.code().to_owned());
    }
    for (name, values) in [("code", codes), ("access token", access_tokens)] {
        let bits = credited(&values);
        if values.len() == VALUES && bits < 60.0 {
            return Err(Stop::breach(
                &format!("random values of the {name}"),
                &format!("{VALUES} that show at most {bits:.0} bits"),
            ));
        }
    }
    Ok(())
}

/// Whether it has the form of a JWT with a signature or a tag of 128 bits, which is not guessed without the key. The rest of it
/// may repeat: so may all of it, if it was signed in the same second.
fn is_sealed(token: &str) -> bool {
    let parts: Vec<&str> = token.split('.').collect();
    matches!(parts[..], [_, _, seal] | [_, _, _, _, seal] if seal.len() >= 22)
}

/// What the positions of the values show: log2 of the different characters at each. 12 draws from 64 characters show
/// 11 different ones on average, or 3.5 bits, so that 22 random characters are credited with 76, and 32 hexadecimal
/// digits, with 8.6 of 16, with 99.
fn credited(values: &[String]) -> f64 {
    if values.iter().collect::<HashSet<_>>().len() < values.len() {
        return 0.0;
    }
    let longest = values.iter().map(String::len).max().unwrap_or_default();
    let at = |at: usize| values.iter().map(|value| value.as_bytes().get(at)).collect::<HashSet<_>>().len() as f64;
    (0..longest).map(|place| at(place).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_values_are_credited_and_counters_are_not() {
        let random: Vec<String> = (0..VALUES).map(|_| random()[..22].to_owned()).collect();
        assert!(credited(&random) >= 60.0, "{}", credited(&random));
        let counted: Vec<String> = (0..VALUES).map(|number| format!("code-{:032}", 1_700_000_000 + number)).collect();
        assert!(credited(&counted) < 10.0);
        assert!(credited(&vec!["the-same".to_owned(); VALUES]) == 0.0);
        assert!(is_sealed(&format!("e30.e30.{}", random[0])) && !is_sealed(&random[0]) && !is_sealed("e30.e30."));
    }
}
