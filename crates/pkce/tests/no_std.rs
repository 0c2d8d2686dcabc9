//! The proof that this crate needs neither std nor an allocator: a program that has neither links with it and runs, and
//! stops linking as soon as std is put back.
#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::path::Path;
use std::process::{Command, Output};

fn run(features: &[&str]) -> Output {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/no_std/Cargo.toml");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no_std");
    Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--manifest-path"])
        .arg(manifest)
        .arg("--target-dir")
        .arg(target)
        .args(features)
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap()
}

#[test]
fn links_without_std_and_without_an_allocator() {
    let without = run(&[]);
    assert!(without.status.success(), "{}", String::from_utf8_lossy(&without.stderr));

    let with = run(&["--features", "std"]);
    let told = String::from_utf8_lossy(&with.stderr);
    assert!(!with.status.success(), "with std put back the program must not link");
    assert!(told.contains("panic_impl"), "it must fail for the second panic handler, not for: {told}");
}
