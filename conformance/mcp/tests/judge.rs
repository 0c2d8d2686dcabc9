//! The judge judges the plain client of this package, without a defect and with one. All cases: `--mutants`.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use proofkey_mcp_judge::cases;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_is_green_for_the_plain_client_and_red_for_one_with_its_defect() {
    let client =
        |defect: &str| [env!("CARGO_BIN_EXE_proofkey-mcp-judge"), "--reference", defect].map(str::to_owned).to_vec();
    let patience = Duration::from_secs(60);
    for id in
        ["MC-03/resource-longer", "MC-10/pkce-not-announced", "MC-07/iss-absent", "MC-13/resource-in-both-requests"]
    {
        let case = cases().into_iter().find(|case| case.id == id).unwrap();
        case.judge(&client("none"), patience).await.unwrap();
        assert!(case.judge(&client(case.mutant), patience).await.is_err(), "{id}");
    }
}

#[test]
fn each_case_has_a_name_of_its_own_and_a_defect() {
    let mut ids: Vec<_> = cases().iter().map(|case| case.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 24);
    assert!(cases().iter().all(|case| !case.mutant.is_empty() && case.id.starts_with("MC-")));
}
