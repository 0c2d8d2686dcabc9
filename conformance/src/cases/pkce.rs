//! RFC 7636: what a client does of its own accord, seen on the wire of honest logins.

use std::collections::HashSet;

use proofkey_authority::lie::JsonEdit;
use proofkey_authority::{Endpoint, Lie, Setup};
use serde_json::json;

use super::{parameter, refuse, refuse_after, without_faults};
use crate::case::{Case, Expect, Step};
use crate::tamper::Tamper;
use crate::transcript::Transcript;

pub(super) fn cases() -> Vec<Case> {
    let methods = |methods| Lie::metadata([JsonEdit::set("code_challenge_methods_supported", methods)]);
    let failed = |id, about, lie| {
        let classes = &["state", "callback_malformed", "other"];
        Case::new(
            id,
            &["PK-28", "OA-23", "BP-29"],
            "callback",
            about,
            refuse_after(classes),
            &["failed-exchange-keeps-login", "replay-callback"],
        )
        .lie(lie)
        .then(Step::Deliver("f1", Vec::new()))
    };
    vec![
        Case::new(
            "PK-01/verifier-length",
            &["PK-01", "PK-17"],
            "token",
            "The code_verifier has 43 to 128 characters.",
            Expect::Accept(|seen| {
                each_verifier(seen, |verifier| match verifier.len() {
                    43..=128 => Ok(()),
                    len => Err(format!("expected: 43 to 128 characters; seen: {len}")),
                })
            }),
            &["verifier-short", "verifier-long"],
        ),
        Case::new(
            "PK-02/verifier-alphabet",
            &["PK-02"],
            "token",
            "The code_verifier has unreserved characters only.",
            Expect::Accept(|seen| {
                each_verifier(seen, |verifier| {
                    let reserved = |c: char| !c.is_ascii_alphanumeric() && !"-._~".contains(c);
                    match verifier.find(reserved) {
                        Some(at) => Err(format!("expected: unreserved characters; seen: another one at position {at}")),
                        None => Ok(()),
                    }
                })
            }),
            &["verifier-alphabet", "verifier-padded"],
        )
        .steps([Step::Many(16)]),
        Case::new(
            "PK-04/verifier-fresh",
            &["PK-04", "PK-17"],
            "token",
            "Each authorization request has its own verifier.",
            Expect::Accept(|seen| {
                let verifiers = verifiers(seen);
                let different: HashSet<&String> = verifiers.iter().collect();
                if different.len() == verifiers.len() {
                    Ok(())
                } else {
                    Err(format!("expected: {} verifiers; seen: {}", verifiers.len(), different.len()))
                }
            }),
            &["verifier-constant", "verifier-once", "verifier-weak"],
        )
        .steps([Step::Many(4)]),
        Case::new(
            "PK-05/challenge-of-the-verifier",
            &["PK-05", "PK-06", "PK-10"],
            "token",
            "The code_challenge is the S256 of the code_verifier's characters.",
            Expect::Accept(|seen| without_faults(seen, &["verifier_mismatch"])),
            &["challenge-of-raw-octets", "challenge-constant"],
        ),
        Case::new(
            "PK-06/challenge-form",
            &["PK-06", "PK-05"],
            "authorize",
            "The code_challenge has 43 characters of base64url and no padding.",
            Expect::Accept(|seen| {
                let challenge = parameter(seen, "code_challenge").unwrap_or_default();
                let is_base64url = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
                if challenge.is_empty() || (challenge.len() == 43 && challenge.chars().all(is_base64url)) {
                    Ok(())
                } else {
                    Err(format!("expected: 43 characters of base64url; seen: {} others", challenge.len()))
                }
            }),
            &["challenge-padded", "challenge-hex"],
        ),
        Case::new(
            "PK-07/s256-when-both",
            &["PK-07", "PK-10", "PK-18"],
            "authorize",
            "The server lists plain and S256, in this order: the client uses S256.",
            Expect::Accept(s256),
            &["plain-chosen"],
        )
        .discovery()
        .lie(methods(json!(["plain", "S256"]))),
        Case::new(
            "PK-08/methods-absent",
            &["PK-08", "PK-10", "PK-18"],
            "authorize",
            "The server lists no methods: the client does not conclude plain.",
            Expect::Wire(s256_or_nothing),
            &["plain-when-absent"],
        )
        .discovery()
        .setup(Setup { announces_pkce: false, ..Setup::witness() }),
        Case::new(
            "PK-08/only-plain",
            &["PK-08", "PK-10", "PK-18"],
            "authorize",
            "The server lists only plain: a client that supports S256 uses it, or does not begin.",
            Expect::Wire(s256_or_nothing),
            &["plain-when-only-plain"],
        )
        .discovery()
        .lie(methods(json!(["plain"]))),
        Case::new(
            "PK-10/challenge-and-method",
            &["PK-10", "BP-11", "BP-14"],
            "authorize",
            "The authorization request has code_challenge and code_challenge_method=S256.",
            Expect::Accept(s256),
            &["challenge-missing", "method-missing", "method-lowercase"],
        ),
        Case::new(
            "PK-12/each-once",
            &["PK-12", "OA-03"],
            "authorize",
            "code_challenge and code_challenge_method occur once.",
            Expect::Accept(|seen| {
                let request = seen.request();
                for name in ["code_challenge", "code_challenge_method"] {
                    let times = request.iter().filter(|(own, _)| own == name).count();
                    if times > 1 {
                        return Err(format!("expected: {name} once; seen: {times} times"));
                    }
                }
                Ok(())
            }),
            &["challenge-twice", "method-twice"],
        ),
        Case::new(
            "PK-17/verifier-sent",
            &["PK-17", "BP-11", "PK-05"],
            "token",
            "The token request has the code_verifier.",
            Expect::Accept(|seen| {
                let missing = seen.wire.code_requests().iter().any(|request| request.form("code_verifier").is_none());
                if missing { Err("expected: a code_verifier; seen: none".into()) } else { Ok(()) }
            }),
            &["verifier-missing", "challenge-missing"],
        ),
        Case::new(
            "PK-17/out-of-order",
            &["PK-17", "PK-05", "PK-06", "PK-10"],
            "token",
            "Three logins end in another order than they began: each code is sent with its own verifier.",
            Expect::Accept(|seen| without_faults(seen, &["verifier_mismatch"])),
            &["verifier-shared", "verifier-of-latest-flow", "verifier-of-first-flow", "verifier-truncated"],
        )
        .steps([
            Step::Begin("f2".into()),
            Step::Begin("f3".into()),
            Step::Deliver("f2", Vec::new()),
            Step::Deliver("f3", Vec::new()),
            Step::Deliver("f1", Vec::new()),
        ]),
        Case::new(
            "PK-18/verifier-kept-secret",
            &["PK-18"],
            "authorize",
            "The verifier is in no URL, no Referer and no output.",
            Expect::Accept(|seen| {
                without_faults(seen, &["secret_in_url"])?;
                let referers = seen.wire.exchanges();
                let referers: Vec<&str> = referers.iter().filter_map(|exchange| exchange.header("referer")).collect();
                match seen.wire.leaks_in(&referers.join(" ")).first() {
                    Some(leak) => Err(format!("expected: no secret in a Referer; seen: {}", leak.kind.as_str())),
                    None => Ok(()),
                }
            }),
            &[
                "verifier-in-url",
                "verifier-in-token-url",
                "verifier-in-referer",
                "verifier-in-stderr",
                "verifier-in-stdout",
                "code-in-stderr",
                "token-in-stdout",
            ],
        ),
        Case::new(
            "PK-25/no-downgrade",
            &["PK-25", "PK-18", "OA-23", "OA-41"],
            "token",
            "After an error, the client does not send the code again, with or without its verifier.",
            refuse_after(&["token_error"]),
            &["no-pkce-fallback", "plain-token-fallback", "plain-fallback", "new-flow-fallback", "retry-code"],
        )
        .lie(Lie::error(Endpoint::Token, 400, "invalid_request")),
        Case::new(
            "PK-28/second-callback",
            &["PK-28", "BP-29", "OA-23"],
            "callback",
            "The same callback arrives again: there is no second token request.",
            refuse_after(&["state", "callback_malformed", "other"]),
            &["replay-callback"],
        )
        .then(Step::Deliver("f1", Vec::new())),
        Case::new(
            "PK-28/after-an-error",
            &["PK-28", "BP-29"],
            "callback",
            "The callback has an error, and then another has a code with the same state: the login is over.",
            refuse(&["state", "callback_malformed", "other"]),
            &["error-keeps-login", "replay-callback", "error-before-state"],
        )
        .steps([
            Step::Deliver("f1", vec![Tamper::Remove("code"), Tamper::Append("error", "access_denied")]),
            Step::Deliver("f1", Vec::new()),
        ])
        .should(),
        failed(
            "PK-28/after-a-refused-code",
            "The code is refused, and the same callback arrives again: the code is not sent again.",
            Lie::error(Endpoint::Token, 400, "invalid_grant"),
        ),
        failed(
            "PK-28/after-a-server-error",
            "The token endpoint fails, and the same callback arrives again: the code is not sent again.",
            Lie::answer(Endpoint::Token, 500, "text/html", "<p>Something went wrong.</p>"),
        ),
    ]
}

fn verifiers(seen: &Transcript) -> Vec<String> {
    let requests = seen.wire.code_requests();
    requests.iter().filter_map(|request| request.form("code_verifier")).map(str::to_owned).collect()
}

fn each_verifier(seen: &Transcript, check: impl Fn(&str) -> Result<(), String>) -> Result<(), String> {
    verifiers(seen).iter().try_for_each(|verifier| check(verifier))
}

fn s256(seen: &Transcript) -> Result<(), String> {
    match (parameter(seen, "code_challenge"), parameter(seen, "code_challenge_method").as_deref()) {
        (Some(_), Some("S256")) => Ok(()),
        (None, _) => Err("expected: code_challenge; seen: none".into()),
        (_, method) => Err(format!("expected: code_challenge_method=S256; seen: {}", method.unwrap_or("none"))),
    }
}

fn s256_or_nothing(seen: &Transcript) -> Result<(), String> {
    if seen.wire.authorization_requests().is_empty() { Ok(()) } else { s256(seen) }
}
