use std::io::Read as _;
use std::process::Stdio;

use super::support::{Folder, has_python, shim, stderr, stdout};

const STATE: &str = "OA-48/state-wrong";

#[test]
fn a_reader_that_has_seen_enough_is_not_a_panic() {
    let folder = Folder::new();
    let mut child = folder.program().arg("list").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut some = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut some).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn two_runs_in_one_folder_keep_both_results_and_a_named_file_is_written() {
    let folder = Folder::new();
    for _ in 0..2 {
        let output = folder.run(&format!("run --case {STATE} --reference"));
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    for file in ["conformance-results/results.json", "conformance-results/results-2.json"] {
        assert_eq!(folder.json(file)["counts"]["pass"], 1, "{file}");
    }
    // The flags of before are a run, too.
    assert_eq!(folder.run(&format!("--case {STATE} --reference --results own.json")).status.code(), Some(0));
    let results = folder.json("own.json");
    assert_eq!(results["totals"]["RFC 6749"]["pass"], 1);
    let case = &results["cases"][0];
    assert!(case["title"].as_str().is_some_and(|title| !title.is_empty()));
    assert_eq!(case["section"], "6749 §10.12");
    assert!(case["trace"]["events"].as_array().is_some_and(|events| events.len() > 3));
}

#[test]
fn a_failure_says_what_was_received_what_was_expected_and_how_to_run_it_again() {
    let folder = Folder::new();
    let output = folder.run("run --case OA-48/state-wrong --reference skip-state --keep kept --mode stdin");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let text = stdout(&output);
    for expected in [
        "6749 §10.12",
        "received the callback http",
        "state=",
        "expected: a refusal of class state",
        "what to do: Compare",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(
        std::fs::read_to_string(folder.0.join("kept/OA-48_state-wrong/report.txt")).unwrap().contains("run it alone")
    );

    let output = folder.run("run --case ID-21/nonce-other --reference nonce-ignored --keep kept --mode stdin");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("<id_token 1> = eyJ") && text.contains("\"nonce\""), "{text}");
    let kept = std::fs::read_dir(folder.0.join("kept")).unwrap().map(|entry| entry.unwrap().path());
    let token = kept.map(|path| path.join("id-token-1.jwt")).find(|path| path.exists()).unwrap();
    assert!(std::fs::read_to_string(token).unwrap().starts_with("eyJ"));
}

#[test]
fn a_traceback_is_seen_and_the_line_to_run_the_case_again_works() {
    if !has_python() {
        return;
    }
    let folder = Folder::new();
    let output = folder.run(&format!("run --case {STATE} --shim {}", shim("crashes.py")));
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("| LookupError: no such provider"), "{text}");
    let again = text.lines().find_map(|line| line.trim().strip_prefix("run it alone: proofkey-conformance ")).unwrap();
    let again = folder.program().args(again.replace('\'', "").split(' ')).output().unwrap();
    assert!(stdout(&again).contains("LookupError"));
    let rerun = folder.run(&format!("run --rerun-failed --shim {}", shim("crashes.py")));
    assert!(stdout(&rerun).contains("LookupError"), "{}", stderr(&rerun));
}

#[test]
fn two_shards_put_together_equal_one_run() {
    let folder = Folder::new();
    let common = "run --case OA-4* --reference skip-state --mode stdin --format json";
    for (shard, file) in [("", "all.json"), (" --shard 1/2", "1.json"), (" --shard 2/2", "2.json")] {
        folder.run(&format!("{common}{shard} --results {file}"));
    }
    // The worse half first: the order of the files does not matter.
    let merge = folder.run("merge 2.json 1.json --results merged.json");
    assert_eq!(merge.status.code(), Some(1), "{}", stderr(&merge));
    let verdicts = |file: &str| {
        let results = folder.json(file);
        let cases = results["cases"].as_array().unwrap().iter();
        let cases: Vec<_> =
            cases.map(|case| (case["id"].clone(), case["verdict"].clone(), case["class"].clone())).collect();
        (cases, results["counts"].clone(), results["totals"].clone(), results["shard"].clone())
    };
    assert_eq!(verdicts("merged.json"), verdicts("all.json"));
    assert!(verdicts("1.json").0.len() > 1 && verdicts("1.json").0.len() < verdicts("all.json").0.len());
    let twice = folder.run("merge 1.json 1.json --results x.json");
    assert_eq!(twice.status.code(), Some(2));
    assert!(stderr(&twice).contains("two of the files judge the case"));
}

#[test]
fn each_shape_of_report_is_made_from_a_result_file() {
    let folder = Folder::new();
    folder.run("run --case OA-48/* --reference skip-state --mode stdin --results bad.json");
    folder.run("run --case OA-48/* --reference --mode stdin --results good.json");
    let markdown = stdout(&folder.run("report good.json bad.json --format markdown"));
    assert!(markdown.contains("| `OA-48/state-wrong` | 6749 §10.12 | MUST |"), "{markdown}");
    assert!(markdown.contains("| OA-48/state-wrong | · | fail |\n"), "side by side: {markdown}");
    let mut otherwise = folder.json("bad.json");
    otherwise["cases"].as_array_mut().unwrap().iter_mut().filter(|case| case["verdict"] == "fail").for_each(|case| {
        case["detail"] = "expected: a refusal of class state; seen: class \"other\"".into();
    });
    std::fs::write(folder.0.join("otherwise.json"), otherwise.to_string()).unwrap();
    let markdown = stdout(&folder.run("report otherwise.json good.json --format markdown"));
    assert!(markdown.contains("| OA-48/state-wrong | otherwise | · |\n"), "another class: {markdown}");
    let html = stdout(&folder.run("report good.json bad.json --format html"));
    assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"));
    for outside in ["src=", "href=", "@import", "url("] {
        assert!(!html.split("id=\"data\"").next().unwrap().contains(outside), "the page loads nothing: {outside}");
    }
    let data = html.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data.as_array().unwrap().len(), 2);
    assert!(data[1]["cases"][0]["advice"].as_str().is_some_and(|advice| advice.contains("state")));
    let badge = stdout(&folder.run("report bad.json --format badge"));
    assert!(badge.starts_with("<svg ") && badge.contains("failed"), "{badge}");
    assert!(!stdout(&folder.run("report good.json --format badge")).contains("failed"));
    let two = folder.run("report good.json bad.json --format junit");
    assert_eq!(two.status.code(), Some(64));
    std::fs::write(folder.0.join("other.json"), "{\"format\": 99}").unwrap();
    assert!(stderr(&folder.run("report other.json")).contains("99"));
}

#[test]
fn what_shim_toml_knows_is_honoured_and_a_stale_line_fails() {
    let folder = Folder::new();
    let config = "[disabled]\n\"OA-52/*\" = \"later\"\n[expect_fail]\n\"OA-48/state-wrong\" = \"https://example.com/issues/7\"\n";
    std::fs::write(folder.0.join("shim.toml"), config).unwrap();
    let run = |defect: &str, file: &str| {
        folder.run(&format!("run --case OA-48/state-wrong --case OA-52/* --reference{defect} --mode stdin --config {file} --results r.json"))
    };
    let output = run(" skip-state", "shim.toml");
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let results = folder.json("r.json");
    assert!(results["counts"]["disabled"].as_u64().is_some_and(|count| count > 0), "{}", results["counts"]);
    assert!(stdout(&output).contains("expected fail OA-48/state-wrong: https://example.com/issues/7"));

    let output = run("", "shim.toml");
    assert_eq!(output.status.code(), Some(1), "the case passes, and the line says that it fails");
    assert!(stdout(&output).contains("stale: [expect_fail]"), "{}", stdout(&output));
    std::fs::write(folder.0.join("wrong.toml"), "[expected]\n").unwrap();
    let output = run("", "wrong.toml");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("[expected]"));
}

#[test]
fn a_set_and_a_profile_choose_the_cases() {
    let folder = Folder::new();
    let list = |words: &str| stdout(&folder.run(&format!("list --format json {words}"))).matches("\"about\"").count();
    let (oauth, oidc, all) = (list("--profile oauth-client"), list("--set 2026.1"), list("--case *"));
    assert!(0 < oauth && oauth < oidc && oidc < all, "{oauth} {oidc} {all}");
    let wrong = folder.run("run --set 1999.1");
    assert_eq!(wrong.status.code(), Some(64));
    assert!(stderr(&wrong).contains("2026.1"));
}

#[test]
fn a_case_is_shown_and_a_wrong_one_is_answered_with_those_that_are_like_it() {
    let folder = Folder::new();
    assert!(stdout(&folder.run("show OA-48/state-wrong")).contains("rfc6749#section-10.12"));
    let wrong = folder.run("show OA-48");
    assert_eq!(wrong.status.code(), Some(64));
    assert!(stderr(&wrong).contains("OA-48/state-"), "{}", stderr(&wrong));
}

#[test]
fn the_lines_of_porting_md_for_ci_work() {
    if !has_python() {
        return;
    }
    let page = include_str!("../../PORTING.md");
    let workflow = page.split("```yaml").nth(1).unwrap().split("```").next().unwrap();
    let folder = Folder::new();
    std::fs::write(folder.0.join("my_shim.py"), include_str!("../../examples/oauth_shim.py")).unwrap();
    std::fs::write(folder.0.join("shim.toml"), "[expect_fail]\n").unwrap();
    let lines = workflow.lines().filter_map(|line| line.split_once("proofkey-conformance ")).map(|(_, words)| words);
    let called: Vec<&str> = lines.filter(|words| words.starts_with("run ") || words.starts_with("report ")).collect();
    assert_eq!(called.len(), 4, "{called:?}");
    for words in called {
        // One case is enough here; and where the shell puts the output is its own affair.
        let words = words.replace("run ", "run --case OA-48/state-wrong ");
        let output = folder.run(words.split(" >> ").next().unwrap());
        assert!(output.status.success(), "{words}: {}{}", stdout(&output), stderr(&output));
    }
    for file in ["results.json", "report.html", "junit.xml"] {
        assert!(workflow.contains(file) && folder.0.join(file).is_file(), "{file}");
    }
}
