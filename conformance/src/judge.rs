//! The verdict on one case, from the transcript of the lie and the transcript of its honest twin.

use crate::case::{Case, Expect, Level};
use crate::challenge::{challenges, parameter};
use crate::protocol;
use crate::transcript::{Answer, Transcript, Trouble};

/// The verdict on a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The client did what it must.
    Pass,
    /// The client did not do what it must.
    Fail,
    /// The client did not do what the specification says that it SHOULD.
    Warn,
    /// The specification leaves a choice, and the client made one: the detail states it.
    Policy,
    /// The client does not claim a capability that the case needs.
    NotClaimed,
    /// The honest twin did not log in, or the suite itself failed: the case proves nothing about the client.
    Error,
}

impl Verdict {
    /// Each of them, in the order of reports.
    pub(crate) const ALL: &[Self] = &[Self::Pass, Self::Fail, Self::Warn, Self::Policy, Self::NotClaimed, Self::Error];

    /// Returns the word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Policy => "policy",
            Self::NotClaimed => "not_claimed",
            Self::Error => "error",
        }
    }
}

/// A verdict with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The class that the client stated, if it refused.
    pub class: Option<String>,
    /// What was expected and what was seen; empty for a pass.
    pub detail: String,
    /// Rows that were broken in addition to those of the case: a leaked secret breaks PK-18, a code sent again OA-23, a
    /// login begun again PK-25, and the wire log names the rows of each fault of the client.
    pub rows: Vec<&'static str>,
    /// Whether even the honest login failed, so that the case proves little about its own rows.
    pub no_login: bool,
}

impl Judgement {
    fn new(verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { verdict, class: None, detail: detail.into(), rows: Vec::new(), no_login: false }
    }
}

/// Judges `case` by its transcript, and by the judgement on its twin where it has one.
pub(crate) fn judge(case: &Case, transcript: &Transcript, twin: Option<&Judgement>) -> Judgement {
    let mut judgement = first_breach(case, transcript, twin);
    if matches!(judgement.verdict, Verdict::Fail | Verdict::Warn | Verdict::Error) {
        judgement.rows.extend(transcript.wire.faults().iter().map(|fault| fault.rule.row()));
        judgement.rows.sort_unstable();
        judgement.rows.dedup();
    }
    judgement
}

fn first_breach(case: &Case, transcript: &Transcript, twin: Option<&Judgement>) -> Judgement {
    if let Some(trouble) = &transcript.trouble {
        return troubled(case, trouble);
    }
    if let Some(leak) = transcript.leak {
        let detail = format!("the subject wrote a secret ({}) to its output; expected: none", leak.kind.as_str());
        return Judgement { rows: vec!["PK-18"], ..Judgement::new(Verdict::Fail, detail) };
    }
    let answer = transcript.answers.last();
    // A refusal by a client that refuses everything proves nothing, nor does it accuse one of anything.
    if let Some(twin) = twin.filter(|twin| twin.verdict != Verdict::Pass && !answer.is_some_and(Answer::is_ok)) {
        let detail = format!("nothing is proved, since the honest twin did not log in: {}", twin.detail);
        return Judgement { rows: twin.rows.clone(), no_login: true, ..Judgement::new(Verdict::Error, detail) };
    }
    let Some(answer) = answer else {
        let detail = "expected: an answer to the callback; seen: none".to_owned();
        return Judgement { no_login: twin.is_none(), ..breach(case, detail) };
    };
    if let Some(Err(seen)) = case.besides.map(|check| check(transcript)) {
        return breach(case, seen);
    }
    if let Some(unverified) = transcript.answers.iter().find(|answer| is_unverified(answer)) {
        let detail = format!("expected: a success with a verified ID token; seen: {} without one", unverified.flow);
        return Judgement { rows: vec!["ID-12"], ..breach(case, detail) };
    }
    let class = (!answer.is_ok()).then(|| answer.class().to_owned());
    let judgement = match case.expect {
        Expect::Accept(_) if !answer.is_ok() => {
            let detail = format!("expected: the login succeeds; seen: a refusal of class {:?}", answer.class());
            Judgement { no_login: twin.is_none(), ..breach(case, detail) }
        }
        Expect::Accept(check) | Expect::Wire(check) => match check(transcript) {
            Ok(()) => Judgement::new(Verdict::Pass, ""),
            Err(seen) => breach(case, seen),
        },
        Expect::Policy(tell) => match tell(transcript) {
            Ok(choice) => Judgement::new(Verdict::Policy, choice),
            Err(seen) => Judgement { no_login: twin.is_none() && !answer.is_ok(), ..breach(case, seen) },
        },
        Expect::Choice(_) if answer.is_ok() => Judgement::new(Verdict::Policy, "takes it"),
        Expect::Choice(classes) if protocol::accepts(classes, answer.class()) => {
            Judgement::new(Verdict::Policy, "refuses it")
        }
        Expect::Choice(classes) => {
            let expected = classes.join(" or ");
            breach(case, format!("expected: a success, or class {expected}; seen: class {:?}", answer.class()))
        }
        Expect::Deny(how) => match denial(answer, how) {
            Ok(()) => Judgement::new(Verdict::Pass, ""),
            Err(seen) => breach(case, seen),
        },
        Expect::Refuse { classes, token_requests, code } => {
            let sent = transcript.wire.token_requests().len();
            if answer.is_ok() {
                breach(case, format!("expected: a refusal of class {}; seen: a success", classes.join(" or ")))
            } else if !protocol::accepts(classes, answer.class()) {
                let expected = classes.join(" or ");
                breach(case, format!("expected: a refusal of class {expected}; seen: class {:?}", answer.class()))
            } else if code.is_some() && answer.message["code"].as_str() != code {
                let expected = code.unwrap_or_default();
                breach(case, format!("expected: the server's code {expected}; seen: {}", answer.message["code"]))
            } else if sent > token_requests {
                let detail = format!("expected: at most {token_requests} token requests; seen: {sent}");
                Judgement { rows: vec!["OA-23"], ..breach(case, detail) }
            } else {
                Judgement::new(Verdict::Pass, "")
            }
        }
    };
    let said = answer.message["detail"].as_str().unwrap_or_default();
    let detail = match judgement.detail.as_str() {
        choice if judgement.verdict == Verdict::Policy => choice.to_owned(),
        seen if !seen.is_empty() && !said.is_empty() => {
            format!("{seen}; the subject says: {}", transcript.wire.mask(said))
        }
        seen => seen.to_owned(),
    };
    Judgement { class, detail, ..judgement }
}

/// Whether the API denied the request, in this way where one is named.
fn denial(answer: &Answer, how: Option<(u16, &str)>) -> Result<(), String> {
    let status = answer.message["status"].as_u64().unwrap_or_default();
    let error = challenges(answer).find_map(|challenge| parameter(&challenge, "error").map(str::to_owned));
    let error = error.unwrap_or_default();
    match how {
        _ if answer.is_ok() => Err(format!("expected: the request is denied; seen: status {status}, admitted")),
        Some((expected, code)) if u64::from(expected) != status || code != error => {
            Err(format!("expected: status {expected} with the error {code:?}; seen: {status} with {error:?}"))
        }
        _ if (400..500).contains(&status) => Ok(()),
        _ => Err(format!("expected: the request is denied with a status from 400 to 499; seen: {status}")),
    }
}

/// A person is said to have signed in by an ID token whose signature was not checked. Over plain http nothing else
/// vouches for it: OpenID Connect Core section 3.1.3.7 (6).
fn is_unverified(answer: &Answer) -> bool {
    answer.is_ok() && answer.message["id_token_verified"] == false
}

fn troubled(case: &Case, trouble: &Trouble) -> Judgement {
    match trouble {
        Trouble::NotClaimed(what) => Judgement::new(Verdict::NotClaimed, format!("the subject does not claim {what}")),
        Trouble::Unimplemented => Judgement::new(Verdict::NotClaimed, "the subject ended with exit code 89"),
        Trouble::Setup(what) => Judgement::new(Verdict::Error, what.clone()),
        Trouble::Shim(what) => Judgement::new(Verdict::Error, format!("the shim's mistake: {what}")),
        // Whatever the level of the case: this is no way to answer any server.
        Trouble::Crash(how) => {
            Judgement::new(Verdict::Fail, format!("expected: a stated result; seen: a crash ({how})"))
        }
        Trouble::Silence => {
            Judgement::new(Verdict::Fail, "expected: a stated result; seen: silence until the deadline")
        }
        Trouble::Nowhere(where_to) => breach(
            case,
            format!("expected: a login at an address that can be opened; seen: the browser was sent to {where_to}"),
        ),
        Trouble::BeganAgain => {
            let detail = "expected: a result; seen: another login, begun by the subject itself".to_owned();
            Judgement { rows: vec!["PK-25"], ..breach(case, detail) }
        }
        Trouble::Unknown(what) => {
            Judgement::new(Verdict::Fail, format!("expected: a message of the protocol; seen: {what}"))
        }
    }
}

fn breach(case: &Case, detail: String) -> Judgement {
    let verdict = match case.level {
        Level::Must | Level::May => Verdict::Fail,
        Level::Should => Verdict::Warn,
    };
    Judgement::new(verdict, detail)
}

#[cfg(test)]
mod tests {
    use proofkey_authority::Wire;
    use serde_json::{Value, json};

    use super::*;

    const REFUSE: Expect = Expect::Refuse { classes: &["state"], token_requests: 0, code: None };

    fn transcript(answer: Value) -> Transcript {
        let answers = vec![Answer { flow: "f1".into(), message: answer }];
        Transcript { answers, ..Transcript::new(&Wire::new()) }
    }

    fn verdict(expect: Expect, transcript: &Transcript, twin: Option<Verdict>) -> Verdict {
        let case = Case::new("X/x", &["OA-48"], "callback", "", expect, &[]);
        judge(&case, transcript, twin.map(|verdict| Judgement::new(verdict, "")).as_ref()).verdict
    }

    #[test]
    fn a_refusal_passes_with_its_class_and_its_twin_only() {
        let refused = transcript(json!({"ok": false, "class": "state"}));
        assert_eq!(verdict(REFUSE, &refused, Some(Verdict::Pass)), Verdict::Pass);
        assert_eq!(verdict(REFUSE, &refused, Some(Verdict::Fail)), Verdict::Error);
        assert_eq!(verdict(REFUSE, &refused, Some(Verdict::Warn)), Verdict::Error);
        let otherwise = transcript(json!({"ok": false, "class": "other"}));
        assert_eq!(verdict(REFUSE, &otherwise, Some(Verdict::Pass)), Verdict::Fail);
        assert_eq!(verdict(REFUSE, &otherwise, Some(Verdict::Fail)), Verdict::Error);
        assert_eq!(verdict(REFUSE, &transcript(json!({"ok": true})), Some(Verdict::Pass)), Verdict::Fail);
        assert_eq!(verdict(REFUSE, &transcript(json!({})), Some(Verdict::Pass)), Verdict::Fail);
    }

    #[test]
    fn what_did_not_end_well_never_passes() {
        for (trouble, expected) in [
            (Trouble::Silence, Verdict::Fail),
            (Trouble::Crash("exit code 101".into()), Verdict::Fail),
            (Trouble::Unknown("x".into()), Verdict::Fail),
            (Trouble::Nowhere("javascript:".into()), Verdict::Fail),
            (Trouble::Shim("x".into()), Verdict::Error),
            (Trouble::Unimplemented, Verdict::NotClaimed),
            (Trouble::NotClaimed("oidc".into()), Verdict::NotClaimed),
            (Trouble::Setup("x".into()), Verdict::Error),
        ] {
            let mut refused = transcript(json!({"ok": false, "class": "state"}));
            refused.trouble = Some(trouble);
            assert_eq!(verdict(REFUSE, &refused, Some(Verdict::Pass)), expected);
        }
        let should = Case::new("X/x", &["OA-48"], "callback", "", REFUSE, &[]).should();
        for trouble in [Trouble::Silence, Trouble::Crash("exit code 101".into()), Trouble::Unknown("x".into())] {
            let mut refused = transcript(json!({"ok": false, "class": "state"}));
            refused.trouble = Some(trouble);
            let judgement = judge(&should, &refused, Some(&Judgement::new(Verdict::Pass, "")));
            assert_eq!(judgement.verdict, Verdict::Fail, "a crash is no warning");
        }
        let mut nothing = transcript(json!({}));
        nothing.answers.clear();
        assert_eq!(verdict(REFUSE, &nothing, Some(Verdict::Pass)), Verdict::Fail);
    }

    #[test]
    fn an_api_denies_with_a_status_of_the_client_and_the_named_code() {
        let denied =
            |status: u16, headers: Value| transcript(json!({"ok": status < 300, "status": status, "headers": headers}));
        let bearer = json!([["WWW-Authenticate", "Bearer error=\"invalid_token\""]]);
        let (any, named) = (Expect::Deny(None), Expect::Deny(Some((401, "invalid_token"))));
        let twin = Some(Verdict::Pass);
        assert_eq!(verdict(any, &denied(403, json!([])), twin), Verdict::Pass);
        assert_eq!(verdict(any, &denied(500, json!([])), twin), Verdict::Fail, "a crash denies nothing");
        assert_eq!(verdict(any, &denied(200, json!([])), twin), Verdict::Fail);
        assert_eq!(verdict(any, &denied(401, json!([])), Some(Verdict::Fail)), Verdict::Error, "it denies everything");
        assert_eq!(verdict(named, &denied(401, bearer.clone()), twin), Verdict::Pass);
        assert_eq!(verdict(named, &denied(400, bearer), twin), Verdict::Fail);
        assert_eq!(verdict(named, &denied(401, json!([])), twin), Verdict::Fail);
    }

    #[test]
    fn a_choice_is_told_and_not_judged() {
        let choice = Expect::Choice(&["at_hash"]);
        let told = |answer: Value| {
            let case = Case::new("X/x", &["OA-48"], "id_token", "", choice, &[]);
            judge(&case, &transcript(answer), Some(&Judgement::new(Verdict::Pass, "")))
        };
        let taken = told(json!({"ok": true}));
        assert_eq!((taken.verdict, taken.detail.as_str()), (Verdict::Policy, "takes it"));
        let refused = told(json!({"ok": false, "class": "at_hash"}));
        assert_eq!((refused.verdict, refused.detail.as_str()), (Verdict::Policy, "refuses it"));
        assert_eq!(told(json!({"ok": false, "class": "other"})).verdict, Verdict::Fail);
        assert_eq!(
            verdict(choice, &transcript(json!({"ok": false, "class": "at_hash"})), Some(Verdict::Fail)),
            Verdict::Error
        );
    }

    #[test]
    fn a_login_without_a_verified_id_token_fails() {
        let accept = Expect::Accept(|_| Ok(()));
        let unverified = transcript(json!({"ok": true, "id_token_verified": false}));
        assert_eq!(verdict(accept, &unverified, None), Verdict::Fail);
        let verified = transcript(json!({"ok": true, "id_token_verified": true}));
        assert_eq!(verdict(accept, &verified, None), Verdict::Pass);
    }

    #[test]
    fn an_acceptance_needs_the_login_and_the_check() {
        let accept = Expect::Accept(|_| Ok(()));
        assert_eq!(verdict(accept, &transcript(json!({"ok": true})), None), Verdict::Pass);
        assert_eq!(verdict(accept, &transcript(json!({"ok": false})), None), Verdict::Fail);
        let wrong = Expect::Accept(|_| Err("no".into()));
        assert_eq!(verdict(wrong, &transcript(json!({"ok": true})), None), Verdict::Fail);
    }
}
