//! PKCE: RFC 7636, and what RFC 9700 section 2.1.1 adds.

use proofkey_authority::SecretKind;

use super::Probe;
use crate::case::Level::{Must, Should};
use crate::probe::bench::{Ask, Bench, End, described, random, s256};
use crate::probe::config::Client;
use crate::probe::pairs::Pairs;
use crate::probe::stop::{Stop, received, refused};

/// What an authorization endpoint may answer to a challenge that is no good.
const INVALID: &[&str] = &["invalid_request"];

/// A verifier that is missing has two errors: section 4.6 speaks of a wrong one, RFC 6749 section 5.2 of a missing parameter.
const MISSING: &[&str] = &["invalid_grant", "invalid_request"];

/// A server may see the verifier as the authentication of a public client, which is then missing (RFC 6749 section 5.2).
const MISSING_OF_PUBLIC: &[&str] = &["invalid_grant", "invalid_request", "invalid_client"];

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "PK-09/longest-verifier",
        rows: &["PK-09", "BP-15", "NA-06"],
        level: Must,
        group: "pkce",
        about: "A login with S256 and a verifier of 128 characters, of every allowed kind.",
        expected: "issue tokens",
        advice: "Accept verifiers of 43 to 128 characters from A-Z a-z 0-9 - . _ ~. Look for a database column or a \
          pattern that is too narrow. Hash the verifier as it was sent.",
        defects: &["long-verifier-refused"],
        run: longest_verifier,
    },
    Probe {
        id: "PK-11/no-method",
        rows: &["PK-11"],
        level: Must,
        group: "pkce",
        about: "The authorization request has an S256 challenge and no code_challenge_method; the token request has its \
            verifier.",
        expected: "refuse one of the two: without a method the challenge is plain",
        advice: "Read an absent code_challenge_method as `plain`, and refuse `plain` with invalid_request unless you \
            support it.",
        defects: &["absent-method-is-s256"],
        run: no_method,
    },
    Probe {
        id: "PK-12/challenge-twice",
        rows: &["PK-12", "OA-03"],
        level: Must,
        group: "pkce",
        about: "code_challenge occurs twice in the authorization request, with two values.",
        expected: "refuse with invalid_request, or show a page",
        advice: "Refuse a request with a repeated parameter before any value is used: which of two challenges counts \
            must not depend on the parser.",
        defects: &["first-challenge-counts", "parameter-repeated"],
        run: |bench| challenge_refused(bench, |ask| ask.also("code_challenge", &s256(&random()))),
    },
    Probe {
        id: "PK-12/method-twice",
        rows: &["PK-12", "OA-03"],
        level: Must,
        group: "pkce",
        about: "code_challenge_method occurs twice in the authorization request: S256, then plain.",
        expected: "refuse with invalid_request, or show a page",
        advice: "Refuse a request with a repeated parameter before any value is used.",
        defects: &["first-challenge-counts", "parameter-repeated"],
        run: |bench| challenge_refused(bench, |ask| ask.also("code_challenge_method", "plain")),
    },
    Probe {
        id: "PK-13/verifiers-swapped",
        rows: &["PK-13"],
        level: Must,
        group: "pkce",
        about: "Two logins of one client run at the same time, and the code of one is sent with the verifier of the \
          other.",
        expected: "refuse with 400 invalid_grant or invalid_request",
        advice: "Store challenge and method with the code, and nowhere else: neither in the session nor per client.",
        defects: &["challenge-of-any-login", "verifier-unchecked"],
        run: verifiers_swapped,
    },
    Probe {
        id: "PK-14/challenge-in-the-callback",
        rows: &["PK-14"],
        level: Must,
        group: "pkce",
        about: "The authorization response of an ordinary login, the code decoded.",
        expected: "contain neither challenge nor verifier",
        advice: "Keep the challenge at the server. If the code is a token that carries it, encrypt the code.",
        defects: &["challenge-in-the-callback", "challenge-in-the-code"],
        run: challenge_in_the_callback,
    },
    Probe {
        id: "PK-15/no-challenge",
        rows: &["PK-15"],
        level: Must,
        group: "pkce",
        about: "The authorization request has no code_challenge, and the server requires one.",
        expected: "redirect to the client with error=invalid_request and the state",
        advice: "Client and redirect URI are right, so report the error to the client: redirect with \
          error=invalid_request, state, and iss if you send it.",
        defects: &["error-without-state", "page-for-missing-challenge"],
        run: no_challenge,
    },
    Probe {
        id: "PK-16/unknown-method",
        rows: &["PK-16"],
        level: Must,
        group: "pkce",
        about: "code_challenge_method is S512, which is not registered.",
        expected: "refuse with invalid_request, or show a page",
        advice: "Compare code_challenge_method with the methods that you implement, and refuse every other value.",
        defects: &["unknown-method-taken"],
        run: |bench| challenge_refused(bench, |ask| ask.set("code_challenge_method", "S512")),
    },
    Probe {
        id: "PK-16/method-in-lower-case",
        rows: &["PK-16"],
        level: Must,
        group: "pkce",
        about: "code_challenge_method is s256.",
        expected: "refuse with invalid_request, or show a page",
        advice: "Compare code_challenge_method byte for byte: the method is S256.",
        defects: &["method-ignores-case", "unknown-method-taken"],
        run: |bench| challenge_refused(bench, |ask| ask.set("code_challenge_method", "s256")),
    },
    Probe {
        id: "PK-19/wrong-verifier",
        rows: &["PK-19", "BP-15"],
        level: Must,
        group: "pkce",
        about: "The token request has another well-formed verifier.",
        expected: "refuse with 400 invalid_grant",
        advice: "Hash the verifier with SHA-256, encode it in base64url without padding, and compare it with the stored \
            challenge in constant time. Refuse with invalid_grant.",
        defects: &["verifier-unchecked", "wrong-verifier-is-invalid-request"],
        run: |bench| {
            let client = bench.any();
            changed(bench, &client, |_, pairs| pairs.set("code_verifier", &random()), &["invalid_grant"])
        },
    },
    Probe {
        id: "PK-20/no-verifier",
        rows: &["PK-20", "PK-27"],
        level: Must,
        group: "pkce",
        about: "The token request of a public client has no code_verifier, though a challenge was sent. (A server that \
            issues tokens here may ignore PKCE altogether: RFC 7636 section 5.)",
        expected: "refuse with 400 invalid_grant or invalid_request",
        advice: "Let the stored challenge of the code decide whether a verifier is required, never the token request.",
        defects: &["verifier-may-be-missing"],
        run: |bench| {
            let client = bench.public()?;
            changed(bench, &client, |_, pairs| pairs.without("code_verifier"), MISSING_OF_PUBLIC)
        },
    },
    Probe {
        id: "PK-21/empty-verifier",
        rows: &["PK-21"],
        level: Must,
        group: "pkce",
        about: "The token request has code_verifier without a value.",
        expected: "refuse with 400 invalid_grant or invalid_request",
        advice: "A parameter without a value counts as omitted (RFC 6749 section 3.2): treat it as a missing verifier.",
        defects: &["verifier-may-be-empty"],
        run: |bench| {
            let client = bench.any();
            let errors = if client.is_public() { MISSING_OF_PUBLIC } else { MISSING };
            changed(bench, &client, |_, pairs| pairs.set("code_verifier", ""), errors)
        },
    },
    Probe {
        id: "PK-22/challenge-as-verifier",
        rows: &["PK-22"],
        level: Must,
        group: "pkce",
        about: "The token request has the S256 challenge, which is not secret, as its verifier.",
        expected: "refuse with 400 invalid_grant",
        advice: "If the stored method is S256, always hash the verifier. Do not fall back to comparing it unhashed.",
        defects: &["challenge-is-verifier", "verifier-unchecked"],
        run: |bench| {
            let client = bench.any();
            let sent = |ask: &Ask, pairs: Pairs| pairs.set("code_verifier", ask.get("code_challenge"));
            changed(bench, &client, sent, MISSING)
        },
    },
    Probe {
        id: "PK-23/verifier-in-other-case",
        rows: &["PK-23"],
        level: Must,
        group: "pkce",
        about: "The verifier is sent with the case of its letters swapped.",
        expected: "refuse with 400 invalid_grant",
        advice: "Compare bytes. Look for a column with a collation that ignores case.",
        defects: &["verifier-unchecked"],
        run: |bench| {
            let client = bench.any();
            let sent = |ask: &Ask, pairs: Pairs| pairs.set("code_verifier", &other_case(&ask.verifier));
            changed(bench, &client, sent, MISSING)
        },
    },
    Probe {
        id: "PK-23/verifier-padded",
        rows: &["PK-23"],
        level: Must,
        group: "pkce",
        about: "The verifier is sent with = at its end, and in another login with a line feed.",
        expected: "refuse both with 400 invalid_grant or invalid_request",
        advice: "Neither trim nor decode the verifier: its alphabet has no =, no space and no line feed.",
        defects: &["verifier-trimmed"],
        run: |bench| {
            for padding in ["=", "\n"] {
                let client = bench.any();
                let sent = |ask: &Ask, pairs: Pairs| pairs.set("code_verifier", &format!("{}{padding}", ask.verifier));
                changed(bench, &client, sent, MISSING)?;
            }
            Ok(())
        },
    },
    Probe {
        id: "PK-24/verifier-malformed",
        rows: &["PK-24"],
        level: Should,
        group: "pkce",
        about: "The challenge is that of a verifier of 42 characters, in another login of 129, in another with a \
          space; the token request has this verifier.",
        expected: "refuse each, at the authorization endpoint or with 400",
        advice: "Check the form of the verifier before you hash it: 43 to 128 characters from A-Z a-z 0-9 - . _ ~.",
        defects: &["verifier-form-unchecked"],
        run: |bench| {
            let client = bench.any();
            bench.login(&client)?;
            for verifier in [random()[1..].to_owned(), random().repeat(3), format!("{} ", random())] {
                let ask = bench.ask(&client).verified_by(&verifier);
                let granted = bench.granted(&ask).map_err(Stop::Control)?;
                refused(bench.token(&client, &bench.redemption(&granted)), &[400], MISSING)?;
            }
            Ok(())
        },
    },
    Probe {
        id: "PK-26/plain",
        rows: &["PK-26"],
        level: Should,
        group: "pkce",
        about: "The authorization request has code_challenge_method=plain.",
        expected: "refuse with invalid_request, and list S256 alone in the metadata",
        advice: "Disable `plain`: it does not protect against an attacker who sees the authorization request.",
        defects: &["plain-taken", "plain-announced"],
        run: plain,
    },
    Probe {
        id: "PK-29/challenge-malformed",
        rows: &["PK-29"],
        level: Must,
        group: "pkce",
        about: "The challenge has 42 characters, in another login 129.",
        expected: "refuse both with invalid_request, or show a page",
        advice: "Check the form of code_challenge at the authorization endpoint: 43 to 128 characters of the alphabet, \
            and exactly 43 for S256.",
        defects: &["challenge-form-unchecked"],
        run: |bench| {
            for challenge in [s256(&random())[1..].to_owned(), s256(&random()).repeat(3)] {
                challenge_refused(bench, |ask| ask.set("code_challenge", &challenge))?;
            }
            Ok(())
        },
    },
    Probe {
        id: "PK-30/empty-challenge",
        rows: &["PK-30"],
        level: Must,
        group: "pkce",
        about: "The authorization request has code_challenge without a value.",
        expected: "treat it as absent at both endpoints: refuse it where PKCE is required, and refuse any verifier at \
            the token endpoint where it is not",
        advice: "A parameter without a value counts as omitted (RFC 6749 section 3.1). It must not disable a check \
          that an absent one would not.",
        defects: &["empty-challenge-turns-pkce-off", "stripped-challenge-unnoticed"],
        run: empty_challenge,
    },
    Probe {
        id: "BP-16/confidential-client",
        rows: &["BP-16", "PK-20"],
        level: Must,
        group: "pkce",
        about: "A confidential client sends no code_verifier, and in another login a wrong one.",
        expected: "refuse both with 400 invalid_grant or invalid_request",
        advice: "Client authentication does not replace PKCE: it does not detect an injected code. If there is a \
          stored challenge, require the verifier of every client.",
        defects: &["confidential-clients-skip-pkce", "verifier-unchecked"],
        run: |bench| {
            let client = bench.confidential()?;
            changed(bench, &client, |_, pairs| pairs.without("code_verifier"), MISSING)?;
            changed(bench, &client, |_, pairs| pairs.set("code_verifier", &random()), MISSING)
        },
    },
    Probe {
        id: "BP-17/stripped-challenge",
        rows: &["BP-17", "AK-07"],
        level: Must,
        group: "pkce",
        about: "An attacker removed the challenge from the authorization request; the client still sends its verifier.",
        expected: "refuse the authorization request, or the token request with 400",
        advice: "Refuse a token request with code_verifier whose code has no stored challenge. Better: require PKCE.",
        defects: &["stripped-challenge-unnoticed"],
        run: stripped_challenge,
    },
    Probe {
        id: "BP-18/pkce-announced",
        rows: &["BP-18"],
        level: Must,
        group: "meta",
        about: "The metadata document.",
        expected: "list S256 in code_challenge_methods_supported",
        advice: "Publish code_challenge_methods_supported with S256: without it a client cannot know that PKCE is \
            checked, and a strict one refuses to begin.",
        defects: &["pkce-unannounced"],
        run: |bench| {
            if !bench.target.has_metadata() {
                return Err(Stop::NotTested("there is no metadata document".into()));
            }
            let client = bench.any();
            bench.login(&client)?;
            let methods = bench.target.list("code_challenge_methods_supported");
            if methods.contains(&"S256") {
                Ok(())
            } else {
                Err(Stop::breach("S256 in the list", &format!("{methods:?}")))
            }
        },
    },
    Probe {
        id: "NA-07/public-client-without-pkce",
        rows: &["NA-07"],
        level: Should,
        group: "pkce",
        about: "A public client sends an authorization request without a challenge.",
        expected: "refuse with invalid_request",
        advice: "Require PKCE at least of public clients: nothing else binds their codes to them.",
        defects: &["pkce-optional", "stripped-challenge-unnoticed"],
        run: |bench| {
            let client = bench.public()?;
            bench.login(&client)?;
            let end = bench.end(&without_challenge(bench.ask(&client)));
            bench.not_authorized(end, INVALID)
        },
    },
];

/// A login by this client, then the same with a changed token request, which must be refused with 400.
pub(super) fn changed(
    bench: &mut Bench<'_>,
    client: &Client,
    change: impl Fn(&Ask, Pairs) -> Pairs,
    errors: &[&str],
) -> Result<(), Stop> {
    bench.login(client)?;
    let granted = bench.code(client)?;
    let pairs = change(&granted.ask, bench.redemption(&granted));
    refused(bench.token(client, &pairs), &[400], errors)
}

/// A login, then the same with a changed challenge, which must not get a code.
fn challenge_refused(bench: &mut Bench<'_>, change: impl Fn(Ask) -> Ask) -> Result<(), Stop> {
    let client = bench.any();
    bench.login(&client)?;
    let end = bench.end(&change(bench.ask(&client)));
    bench.not_authorized(end, INVALID)
}

fn without_challenge(ask: Ask) -> Ask {
    ask.without("code_challenge").without("code_challenge_method")
}

fn longest_verifier(bench: &mut Bench<'_>) -> Result<(), Stop> {
    let client = bench.any();
    bench.login(&client)?;
    let verifier: String = format!("-._~{}", random().repeat(3)).chars().take(128).collect();
    bench.hide(SecretKind::Verifier, &verifier);
    let ask = bench.ask(&client).verified_by(&verifier);
    bench.tokens_for(&ask).map(|_| ()).map_err(Stop::Breach)
}

fn no_method(bench: &mut Bench<'_>) -> Result<(), Stop> {
    let client = bench.any();
    bench.login(&client)?;
    let ask = bench.ask(&client).without("code_challenge_method");
    match received(bench.end(&ask), "a refusal")? {
        End::Code(granted) => refused(bench.token(&client, &bench.redemption(&granted)), &[400], MISSING),
        end => bench.not_authorized(Ok(end), INVALID),
    }
}

fn verifiers_swapped(bench: &mut Bench<'_>) -> Result<(), Stop> {
    let client = bench.any();
    for is_swapped in [false, true] {
        let ask = [bench.ask(&client), bench.ask(&client)];
        let outcomes = [bench.granted(&ask[0]), bench.granted(&ask[1])];
        let [one, other] = outcomes.map(|outcome| bench.control(outcome));
        let (one, other) = (one?, other?);
        if is_swapped {
            let pairs = bench.redemption(&one).set("code_verifier", &other.ask.verifier);
            refused(bench.token(&client, &pairs), &[400], MISSING)?;
        } else {
            // The later login is finished first.
            for granted in [&other, &one] {
                let outcome = bench.tokens(granted);
                bench.control(outcome)?;
            }
        }
    }
    Ok(())
}

fn challenge_in_the_callback(bench: &mut Bench<'_>) -> Result<(), Stop> {
    let client = bench.any();
    let tokens = bench.login(&client)?;
    let granted = &tokens.granted;
    let decoded = granted.code().split('.').filter_map(|part| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()
    });
    let mut texts: Vec<String> = decoded.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
    texts.push(granted.location().to_owned());
    for (name, value) in [("challenge", granted.ask.get("code_challenge")), ("verifier", &granted.ask.verifier)] {
        if texts.iter().any(|text| text.contains(value)) {
            return Err(Stop::breach("neither challenge nor verifier in the callback", &format!("the {name}")));
        }
    }
    Ok(())
}

fn no_challenge(bench: &mut Bench<'_>) -> Result<(), Stop> {
    const EXPECTED: &str = "a redirect to the client with error=invalid_request and the state";
    let client = bench.any();
    bench.login(&client)?;
    let ask = without_challenge(bench.ask(&client));
    match received(bench.end(&ask), EXPECTED)? {
        End::Code(_) => Err(Stop::NotClaimed("the server does not require PKCE of this client".into())),
        End::Error(callback)
            if callback.get("error") == Some("invalid_request") && callback.get("state") == ask.pairs.get("state") =>
        {
            Ok(())
        }
        end => Err(Stop::breach(EXPECTED, &described(&end))),
    }
}

fn plain(bench: &mut Bench<'_>) -> Result<(), Stop> {
    let client = bench.any();
    bench.login(&client)?;
    if bench.target.list("code_challenge_methods_supported").contains(&"plain") {
        return Err(Stop::breach("S256 alone in code_challenge_methods_supported", "plain beside it"));
    }
    let ask = bench.ask(&client);
    let ask = ask.clone().set("code_challenge", &ask.verifier).set("code_challenge_method", "plain");
    let end = bench.end(&ask);
    bench.not_authorized(end, INVALID)
}

fn empty_challenge(bench: &mut Bench<'_>) -> Result<(), Stop> {
    let client = bench.any();
    bench.login(&client)?;
    let ask = bench.ask(&client);
    let absent = received(bench.end(&without_challenge(ask.clone())), "an answer")?;
    let empty = received(bench.end(&ask.set("code_challenge", "")), "a refusal")?;
    match (absent, empty) {
        (End::Code(_), End::Code(granted)) => {
            refused(bench.token(&client, &bench.redemption(&granted)), &[400], MISSING)
        }
        (_, End::Code(_)) => Err(Stop::breach("a refusal, as of a request without code_challenge", "a code")),
        (_, end) => bench.not_authorized(Ok(end), INVALID),
    }
}

fn stripped_challenge(bench: &mut Bench<'_>) -> Result<(), Stop> {
    // The client that has the least to lose: where PKCE is optional, it is so for confidential clients.
    let client = bench.confidential().unwrap_or_else(|_| bench.any());
    bench.login(&client)?;
    let ask = bench.ask(&client);
    match received(bench.end(&without_challenge(ask)), "a refusal")? {
        End::Code(granted) => refused(bench.token(&client, &bench.redemption(&granted)), &[400], MISSING),
        end => bench.not_authorized(Ok(end), INVALID),
    }
}

fn other_case(text: &str) -> String {
    let exchanged = |letter: char| {
        if letter.is_ascii_uppercase() { letter.to_ascii_lowercase() } else { letter.to_ascii_uppercase() }
    };
    text.chars().map(exchanged).collect()
}
