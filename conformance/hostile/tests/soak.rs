//! The short form: every attack at every endpoint, and honest logins beside them.
#![allow(clippy::unwrap_used, missing_docs)]

use std::process::Command;

#[test]
fn the_client_stands_every_attack_and_honest_people_log_in() {
    let soak = Command::new(env!("CARGO_BIN_EXE_proofkey-hostile")).args(["--seconds", "0"]).output().unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&soak.stdout), String::from_utf8_lossy(&soak.stderr));
    assert!(soak.status.success(), "{said}{wrong}");
    assert!(said.contains(" honest logins beside them, 0 failed"), "{said}");
}
