//! The judge judges the plain client of this package, without a defect and with one. All cases: `--mutants`.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use proofkey_mcp_judge::{Miss, cases, control};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_is_green_for_the_plain_client_and_red_for_one_with_its_defect() {
    let client =
        |defect: &str| [env!("CARGO_BIN_EXE_proofkey-mcp-judge"), "--reference", defect].map(str::to_owned).to_vec();
    let patience = Duration::from_secs(60);
    for id in
        ["MC-03/resource-longer", "MC-10/pkce-not-announced", "MC-07/iss-absent", "MC-13/resource-in-both-requests"]
    {
        let case = cases().into_iter().find(|case| case.id == id).unwrap();
        case.run(&client("none"), patience).await.unwrap();
        let miss = case.run(&client(case.mutant), patience).await.unwrap_err();
        assert!(matches!(miss, Miss::Failed(_)), "{id}: {miss}");
    }
    let refresh = cases().into_iter().find(|case| case.mutant == "refresh-without-resource").unwrap();
    refresh.run(&client("none"), patience).await.unwrap();
    let miss = refresh.run(&client("no-refresh"), patience).await.unwrap_err();
    assert!(matches!(miss, Miss::Unproved(_)), "{miss}");
    control(&client("none"), patience).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_nothing_passes_nothing() {
    let patience = Duration::from_secs(60);
    for command in [vec!["false"], vec!["sh", "-c", "curl -s $0"]] {
        let command: Vec<String> = command.into_iter().map(str::to_owned).collect();
        assert!(control(&command, patience).await.is_err(), "{command:?}");
        for case in cases() {
            assert!(case.run(&command, patience).await.is_err(), "{} {command:?}", case.id);
        }
    }
}

#[test]
fn a_call_that_is_wrong_is_refused() {
    let code = |arguments: &[&str]| {
        let program = std::process::Command::new(env!("CARGO_BIN_EXE_proofkey-mcp-judge")).args(arguments).output();
        program.unwrap().status.code()
    };
    for wrong in [
        &["--case", "MC-99", "false"][..],
        &["--seconds", "x", "false"],
        &["--seconds", "0", "false"],
        &["--seconds"],
        &["--what", "false"],
        &[],
    ] {
        assert_eq!(code(wrong), Some(2), "{wrong:?}");
    }
    for call in [["--seconds", "60", "--case", "MC-03", "false"], ["--case", "MC-03", "--seconds", "60", "false"]] {
        assert_eq!(code(&call), Some(2), "the control fails: {call:?}");
    }
}

#[test]
fn each_case_has_a_name_of_its_own_and_a_defect() {
    let mut ids: Vec<_> = cases().iter().map(|case| case.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 41);
    assert!(cases().iter().all(|case| !case.mutant.is_empty() && case.id.starts_with("MC-")));
}

#[test]
fn each_row_has_a_case_or_a_reason() {
    let rows: Vec<Vec<&str>> =
        include_str!("../rows.tsv").lines().skip(1).map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), 32);
    let cases = cases();
    for row in &rows {
        let mut own = cases.iter().filter(|case| case.id.split('/').next() == Some(row[0])).peekable();
        assert_eq!(own.peek().is_some(), row.len() == 4, "{}", row[0]);
        for case in own {
            assert_eq!((case.section, case.level), (row[1], row[2]), "{}", case.id);
        }
    }
    let is_known = |id: &str| rows.iter().any(|row| id.split('/').next() == Some(row[0]));
    assert!(cases.iter().all(|case| is_known(case.id)));
}
