//! A login on a device without a browser: RFC 8628.

use proofkey_authority::lie::{JsonEdit, ResponseEdit, When};
use proofkey_authority::{DevicePlan, Endpoint, Lie, Setup};

use super::{refuse, without_faults};
use crate::case::{Case, Check, Expect, Step};

/// The time that a device may take, in milliseconds: it has to wait.
const PATIENCE: u64 = 20_000;

pub(super) fn cases() -> Vec<Case> {
    let at = |interval, answers: &[&str]| Setup {
        device: Some(DevicePlan {
            interval,
            answers: answers.iter().map(|answer| (*answer).to_owned()).collect(),
            ..DevicePlan::default()
        }),
        ..Setup::witness()
    };
    let pending = |polls| vec!["authorization_pending".to_owned(); polls];
    let device = |id, rows, about, expect, mutants, setup| {
        let case = Case::new(id, rows, "token", about, expect, mutants);
        case.setup(setup).steps([Step::Grant("device", "d1")]).within(PATIENCE)
    };
    let waits =
        |id, rows, about, mutants, setup, check: Check| device(id, rows, about, Expect::Accept(check), mutants, setup);
    let stops =
        |id, rows, about, expect, mutants, lie| device(id, rows, about, expect, mutants, at(Some(1), &[])).lie(lie);
    let refused = |error| Lie::error(Endpoint::Token, 400, error).only(When::First);
    let shown = |name, value: &str| Lie::response(Endpoint::Device, [ResponseEdit::Json(JsonEdit::set(name, value))]);
    let unfit = |id, about, lie| {
        let classes = &["token_malformed", "tls", "config"];
        stops(id, &["DV-09"], about, refuse(classes), &["device-address-unchecked"], lie).should()
    };
    let with_code = |code| Expect::Refuse { classes: &["token_error"], token_requests: 1, code: Some(code) };
    vec![
        waits(
            "DV-01/interval-absent",
            &["DV-01"],
            "The server states no interval: the device waits 5 seconds between polls.",
            &["device-interval-ignored"],
            at(None, &[]),
            |seen| without_faults(seen, &["poll_too_fast"]),
        ),
        waits(
            "DV-02/slow-down",
            &["DV-02"],
            "The server answers slow_down: the device waits 5 seconds longer between polls.",
            &["device-slow-down-ignored", "device-interval-ignored"],
            at(Some(1), &["slow_down"]),
            |seen| without_faults(seen, &["poll_too_fast"]),
        ),
        waits(
            "DV-03/pending",
            &["DV-03"],
            "The authorization is pending: the device continues to poll.",
            &["device-pending-stops"],
            at(Some(1), &["authorization_pending"]),
            |_| Ok(()),
        ),
        waits(
            "DV-06/grant-type",
            &["DV-06"],
            "The grant type is the URN of the device grant.",
            &["device-grant-type-short"],
            at(Some(1), &[]),
            |seen| without_faults(seen, &["grant_type", "device_code_unknown"]),
        ),
        stops(
            "DV-03/access-denied",
            &["DV-03"],
            "The user refuses: the device stops.",
            with_code("access_denied"),
            &["device-refusal-ignored"],
            refused("access_denied"),
        ),
        stops(
            "DV-03/expired-token",
            &["DV-03"],
            "The server says that the codes have expired: the device stops.",
            with_code("expired_token"),
            &["device-refusal-ignored"],
            refused("expired_token"),
        ),
        device(
            "DV-05/expires-in",
            &["DV-05"],
            "The codes expire after 2 seconds while the authorization is pending: who ends the polling.",
            Expect::Policy(|seen| {
                without_faults(seen, &["poll_too_fast"])?;
                match seen.answers.last().map(|answer| (answer.class(), answer.message["code"].as_str())) {
                    Some(("timeout", _)) => Ok("the device, when the codes have expired".into()),
                    Some(("token_error", Some("expired_token"))) => Ok("the server, by expired_token".into()),
                    _ => Err("expected: class timeout, or the server's expired_token; seen: something else".into()),
                }
            }),
            &["device-expiry-ignored", "device-interval-ignored", "device-pending-stops"],
            Setup {
                device: Some(DevicePlan { lifetime: 2, answers: pending(30), ..DevicePlan::default() }),
                ..Setup::witness()
            },
        ),
        unfit(
            "DV-09/http",
            "The URL for the user is http on another host.",
            shown("verification_uri", "http://as.example/device"),
        ),
        unfit(
            "DV-09/script",
            "The URL for the user is a script.",
            shown("verification_uri", "javascript:alert(document.domain)"),
        ),
        unfit(
            "DV-09/complete",
            "The URL that contains the code is a shell command.",
            shown("verification_uri_complete", "https://as.example/$(reboot)`id`|sh"),
        ),
    ]
}
