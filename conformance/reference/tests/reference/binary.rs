//! The program around the client: its arguments and its exit codes.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use proofkey_reference::DEFECTS;

fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_proofkey-reference"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that has ended by itself does not read its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

const HELLO: &str = "{\"t\":\"hello\",\"proto\":1,\"case\":\"c\",\"seed\":\"0\",\"deadline_ms\":5000}\n";

#[test]
fn it_says_hello_and_ends_with_its_input() {
    for arguments in [&[][..], &["--defect", "skip-state"], &["--defect=skip-state", "--defect=iss-ignored"]] {
        let output = run(arguments, HELLO);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        let hello: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&hello["t"], &hello["proto"], &hello["callback"]), (&"hello".into(), &1.into(), &"both".into()));
    }
}

#[test]
fn it_lists_its_switches() {
    let output = run(&["--list"], "");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), DEFECTS.len());
    assert!(text.lines().any(|line| line.starts_with("skip-state ")));
}

#[test]
fn a_wrong_call_is_an_error() {
    for arguments in [&["--defect", "no-such-thing"][..], &["--defect"], &["--what"], &["skip-state"]] {
        let output = run(arguments, "");
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn an_unknown_message_ends_it_with_89() {
    for line in ["{\"t\":\"dance\"}\n", "not json\n", "{\"t\":\"hello\",\"proto\":2}\n"] {
        let output = run(&[], line);
        assert_eq!(output.status.code(), Some(89), "{line}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
}
