//! The program as it is called.
#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().unwrap()
}

fn written(octets: &[u8]) -> &str {
    std::str::from_utf8(octets).unwrap()
}

#[test]
fn alone_it_lists_the_tasks() {
    for arguments in [&[][..], &["--help"], &["-h"], &["help"]] {
        let output = xtask(arguments);
        assert_eq!(output.status.code(), Some(0));
        let list = written(&output.stdout);
        for task in ["book", "ci", "conformance", "test", "vendor"] {
            assert!(list.lines().any(|line| line.starts_with(&format!("  {task} "))), "{task}: {list}");
        }
        assert!(output.stderr.is_empty());
    }
}

#[test]
fn every_task_has_help() {
    for task in ["book", "ci", "conformance", "test", "vendor"] {
        for flag in ["--help", "-h"] {
            let output = xtask(&[task, flag]);
            assert_eq!(output.status.code(), Some(0));
            assert!(written(&output.stdout).contains(&format!("cargo xtask {task}")), "{task}");
        }
    }
}

#[test]
fn the_workflow_for_pull_requests_runs_what_the_gate_runs() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let (gate, workflow) = (read(".ci/run"), read(".github/workflows/test.yml"));
    let steps: Vec<_> = gate.lines().filter_map(|line| line.strip_prefix("step ")).collect();
    assert!(steps.len() > 8, "{steps:?}");
    // What is fetched there is fetched by each job.
    for step in steps.into_iter().filter(|step| *step != "cargo fetch --locked") {
        match step.split("cargo xtask ").nth(1) {
            Some("test") => {
                let help = xtask(&["test", "--help"]);
                let lines = written(&help.stdout).lines().filter_map(|line| line.strip_prefix("  "));
                for name in lines.map(|line| line.split(' ').next().unwrap()).filter(|name| *name != "cargo") {
                    assert!(workflow.contains(&format!("--only {name}")), "step {name}");
                }
            }
            Some(task) => assert!(workflow.contains(&format!(" {task}\n")), "{step}"),
            None => assert!(workflow.contains(&format!("run: {step}")), "{step}"),
        }
    }
}

#[test]
fn a_wrong_call_ends_with_64_and_says_what_was_wrong() {
    for (arguments, said) in [
        (&["nothing"][..], "unknown task `nothing`; `cargo xtask` lists the tasks"),
        (&["--nothing"], "unknown flag `--nothing`; `cargo xtask` lists the tasks"),
        (&["help", "test"], "unknown task `help`"),
        (&[""], "unknown task ``"),
        (&["ci", "--fast"], "`ci` takes no arguments: `--fast`; `cargo xtask ci --help`"),
        (&["test", "--nothing"], "unknown argument `--nothing`; `cargo xtask test --help`"),
        (&["test", "--only", "nothing"], "unknown step `nothing`"),
        (&["vendor"], "takes two arguments, CRATE and DIR"),
        (&["vendor", "pkce"], "takes two arguments, CRATE and DIR"),
        (&["vendor", "pkce", "a", "b"], "takes two arguments, CRATE and DIR"),
        (&["vendor", "--force", "pkce"], "unknown flag `--force`"),
        (&["vendor", "nothing", "a"], "no crate `nothing`; there are proofkey-pkce,"),
    ] {
        let output = xtask(arguments);
        let message = written(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{arguments:?}: {message}");
        assert!(message.starts_with("error: ") && message.contains(said), "{arguments:?}: {message}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_copied_crate_is_whole() {
    let place = std::env::temp_dir().join(format!("xtask-vendored-{}", std::process::id()));
    let place_text = place.to_str().unwrap();
    let output = xtask(&["vendor", "authorize", place_text]);
    assert_eq!(output.status.code(), Some(0), "{}", written(&output.stderr));
    assert!(written(&output.stdout).starts_with("proofkey-authorize, proofkey-pkce copied to "));

    let folders = std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut folders: Vec<_> = folders.collect();
    folders.sort();
    assert_eq!(folders, ["proofkey-authorize", "proofkey-pkce"]);
    for folder in folders {
        let read = |name: &str| std::fs::read_to_string(place.join(&folder).join(name)).unwrap();
        let manifest = read("Cargo.toml");
        assert!(!manifest.contains("workspace"), "{manifest}");
        assert!(manifest.contains("unsafe_code = \"forbid\"") && manifest.contains("rust-version = \""), "{manifest}");
        assert_eq!(folder == "proofkey-authorize", manifest.contains("path = \"../proofkey-pkce\""), "{manifest}");
        for name in ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "src/lib.rs", ".clippy.toml"] {
            read(name);
        }
        let lock = read("Cargo.lock");
        assert!(lock.contains("name = \"sha2\"") && !lock.contains("name = \"wiremock\""), "not trimmed: {lock}");
        assert!(place.join(&folder).join("tests").is_dir());
    }

    let again = xtask(&["vendor", "authorize", place_text]);
    assert_eq!(again.status.code(), Some(1));
    assert!(written(&again.stderr).contains("is not empty"), "{}", written(&again.stderr));
    std::fs::remove_dir_all(&place).unwrap();
}

#[test]
fn a_suite_that_cannot_be_built_is_a_broken_set_up_and_not_a_failed_case() {
    let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = xtask.arg("conformance").env("CARGO", "/no/such/cargo").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(written(&output.stderr).contains("cannot be started"), "{}", written(&output.stderr));
}
