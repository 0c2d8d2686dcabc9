use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::support::{Folder, has_python, shim, stderr, stdout};

const STATE: &str = "OA-48/state-wrong";

fn is_alive(id: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z"))
}

/// Waits until `holds`, but not for ever.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A runner whose shims hang, each with a child, and the numbers of them all, once a case runs.
fn hanging(folder: &Folder) -> (Child, Vec<String>) {
    let children = folder.0.join("children");
    let words = format!("run --case {STATE} --mode stdin --results r.json --shim {}", shim("hangs.py"));
    let runner = folder
        .program()
        .args(words.split(' '))
        .env("CHILDREN", &children)
        .env("TMPDIR", &folder.0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let read = || std::fs::read_to_string(&children).unwrap_or_default().lines().map(str::to_owned).collect::<Vec<_>>();
    // Two of the first look at the shim, and two of the case.
    until("the shims begin", || read().len() >= 4);
    (runner, read())
}

fn nothing_is_left(folder: &Folder, ids: &[String]) {
    until("every process ends", || !ids.iter().any(|id| is_alive(id)));
    let left = || {
        let entries = std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name());
        entries.filter(|name| name.to_string_lossy().starts_with("proofkey-")).count()
    };
    until("every folder goes", || left() == 0);
}

fn signal(runner: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &runner.id().to_string()]).status().unwrap().success());
}

#[test]
fn ctrl_c_writes_what_is_known_and_leaves_nothing_behind() {
    if !has_python() || !Path::new("/proc/self/stat").exists() {
        return;
    }
    for name in ["-INT", "-TERM"] {
        let folder = Folder::new();
        let (runner, ids) = hanging(&folder);
        signal(&runner, name);
        let output = runner.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
        assert_eq!(folder.json("r.json")["partial"], true);
        assert!(stdout(&output).contains("interrupted"));
        nothing_is_left(&folder, &ids);
    }
}

#[test]
fn a_killed_runner_leaves_nothing_behind() {
    if !has_python() || !Path::new("/proc/self/stat").exists() {
        return;
    }
    let folder = Folder::new();
    let (mut runner, ids) = hanging(&folder);
    signal(&runner, "-KILL");
    runner.wait().unwrap();
    nothing_is_left(&folder, &ids);
}

#[test]
fn a_program_that_never_speaks_costs_one_deadline_for_all_cases() {
    let folder = Folder::new();
    let start = Instant::now();
    let output = folder.run("run --case OA-4* --deadline 3 --shim sleep 60");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did not answer hello within 9 s"), "{}", stderr(&output));
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let output = folder.run("run --case OA-4* --shim ls /nowhere");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("/nowhere"), "its standard error is shown: {}", stderr(&output));
}

#[test]
fn a_shim_that_hangs_in_a_case_costs_one_deadline() {
    if !has_python() {
        return;
    }
    let folder = Folder::new();
    let start = Instant::now();
    let words = format!("run --case {STATE} --results r.json --shim {}", shim("hangs.py"));
    let output = folder.program().args(words.split(' ')).env("CHILDREN", folder.0.join("c")).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stdout(&output).contains("silence until the deadline"), "{}", stdout(&output));
    // The first look ends the shim after two seconds, since it ignores that its input ended.
    assert!(start.elapsed() < Duration::from_secs(22), "{:?}", start.elapsed());
}
