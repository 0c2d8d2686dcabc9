//! One login shared by processes that are killed: a test of `proofkey-native`, for as long as one likes.

use std::ffi::OsString;

use crate::failure::Failure;
use crate::process;

pub(crate) const HELP: &str = "\
Lets 16 processes share one login at a server that rotates refresh tokens, and kills some of them.

  cargo xtask sessions [SECONDS]    for so long (600)

In each round all of them need a new token: there must be one refresh, and none of a token that was used. In one round of
six a process is killed, at any moment or while it refreshes. Prints rounds, kills, answers that were lost with a process,
and logins that were lost with them: none where the server accepts a refresh token again whose successor was not used.
";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let seconds = arguments.first().cloned().unwrap_or_else(|| "600".into());
    let mut test = process::cargo("test --locked --package proofkey-native --all-features --test native processes");
    process::run(test.args(["--", "--nocapture"]).env("PROOFKEY_FLEET_SECONDS", seconds))
}
