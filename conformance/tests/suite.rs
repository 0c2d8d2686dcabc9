//! The suite run as a library, and its program called wrongly.
#![allow(clippy::unwrap_used, missing_docs)]

use std::process::Command;

use proofkey_conformance::{Mode, Options, Part, Subject, Verdict, cases, rows, run, unit_test_of};
use proofkey_reference::Defects;

fn options(mode: Mode) -> Options {
    Options { jobs: 8, modes: vec![mode], ..Options::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_client_passes_every_case_by_http() {
    let honest = Subject::Reference(Defects::none());
    let report = run(&cases(), &honest, &options(Mode::Http), |_| {}).await;
    for outcome in &report.outcomes {
        let good = matches!(outcome.judgement.verdict, Verdict::Pass | Verdict::Policy);
        assert!(good, "{}: {}", outcome.id, outcome.judgement.detail);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_refuses_accepts_crashes_or_hangs_does_not_pass() {
    let state: Vec<_> = cases().into_iter().filter(|case| case.id == "OA-48/state-wrong").collect();
    for (defect, expected) in [
        ("skip-state", Verdict::Fail),
        ("accept-all", Verdict::Fail),
        ("crash", Verdict::Fail),
        ("silent", Verdict::Fail),
        ("junk-on-stdout", Verdict::Fail),
        ("refuse-all", Verdict::Fail),
    ] {
        let subject = Subject::Reference(Defects::named([defect]).unwrap());
        let report = run(&state, &subject, &options(Mode::Stdin), |_| {}).await;
        let judgement = &report.outcomes[0].judgement;
        if defect == "refuse-all" {
            assert_ne!(judgement.verdict, Verdict::Pass, "{defect}: {}", judgement.detail);
        } else {
            assert_eq!(judgement.verdict, expected, "{defect}: {}", judgement.detail);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_of_a_play_has_its_time_and_one_that_did_not_happen_has_none() {
    let state: Vec<_> = cases().into_iter().filter(|case| case.id == "OA-48/state-wrong").collect();
    let honest = run(&state, &Subject::Reference(Defects::none()), &options(Mode::Stdin), |_| {}).await;
    assert_eq!(honest.plays, 2, "the case and its twin");
    let parts = Part::ALL.map(|part| honest.timings.of(part));
    assert!(parts.iter().all(|time| !time.is_zero()), "{parts:?}");
    assert_eq!(honest.timings.sum(), parts.iter().sum::<std::time::Duration>());

    let gone = Subject::Reference(Defects::named(["crash"]).unwrap());
    let gone = run(&state, &gone, &options(Mode::Stdin), |_| {}).await;
    assert_eq!(gone.plays, 1, "the twin of a client that crashes tells nothing more");
    assert!(!gone.timings.of(Part::Authority).is_zero() && gone.timings.of(Part::Answer).is_zero());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_no_shim_is_named() {
    let state: Vec<_> = cases().into_iter().filter(|case| case.id == "OA-48/state-wrong").collect();
    for (program, expected) in [("/no/such/program", Verdict::Error), ("true", Verdict::Fail)] {
        let subject = Subject::Command(vec![program.to_owned()]);
        let report = run(&state, &subject, &options(Mode::Stdin), |_| {}).await;
        assert_eq!(report.outcomes[0].judgement.verdict, expected, "{program}");
    }
}

#[test]
fn each_row_of_a_login_on_the_clients_side_has_a_case_or_a_unit_test() {
    // No embedded user agent: that nothing of the kind is there cannot be seen by a test.
    for row in rows().filter(|row| row.id != "NA-09" && row.side != proofkey_conformance::Side::Server) {
        let has_case = cases().iter().any(|case| case.rows.contains(&row.id));
        assert!(has_case || unit_test_of(row.id).is_some(), "{}", row.id);
    }
}

#[test]
fn a_wrong_call_ends_with_64_and_says_why() {
    for (arguments, word) in [(["--jobs", "many"], "many"), (["--case", "XX-*"], "XX-*"), (["--format", "pdf"], "pdf")]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_proofkey-conformance")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(word), "{arguments:?}");
    }
}

/// What differs between two plays of a case: ports, times, and what client and server draw at random.
fn without_chance(wire: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut same = String::new();
    for word in wire.replace("%3A", ":").split_inclusive(|c| !is_word(c)) {
        let (text, end) = word.split_at(word.trim_end_matches(|c| !is_word(c)).len());
        let is_number = text.len() >= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        // A long line is cut wherever that is.
        let is_chance = is_number || text.len() == 43 || end.starts_with('…');
        same.push_str(if is_chance { "*" } else { text });
        same.push_str(end);
    }
    same
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_case_leaves_the_same_wire_log() {
    let names = ["OA-48/state-wrong", "RV-01/*", "PV-18/*", "DP-03/*", "CA-03/*", "AK-04/*", "LO-02/*"];
    let is_named = |id: &str| names.iter().any(|name| id == *name || id.starts_with(name.trim_end_matches('*')));
    let some: Vec<_> = cases().into_iter().filter(|case| is_named(case.id)).collect();
    let subject = Subject::Reference(Defects::none());
    let (first, second) = (
        run(&some, &subject, &options(Mode::Stdin), |_| {}).await,
        run(&some, &subject, &options(Mode::Stdin), |_| {}).await,
    );
    assert!(first.outcomes.len() > 10, "{}", first.outcomes.len());
    for (one, other) in first.outcomes.iter().zip(&second.outcomes) {
        assert!(!one.wire().is_empty(), "{}", one.id);
        assert_eq!(without_chance(&one.wire()), without_chance(&other.wire()), "{}", one.id);
    }
}
