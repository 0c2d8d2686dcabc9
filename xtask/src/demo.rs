//! The demo: built here, run until it is stopped.

use std::ffi::OsString;
use std::process::Command;

use crate::failure::Failure;
use crate::process;

pub(crate) const HELP: &str = "\
A login to look at: app, servers and attackers on this machine, at http://localhost:8091.

  cargo xtask demo                  until Ctrl-C
  cargo xtask demo --port 9000      at another port

With PROOFKEY_ISSUER and PROOFKEY_CLIENT_ID set, the app is the client of that
tenant; PROOFKEY_REDIRECT_URI is where the tenant sends people back to. What
has to be set up there is said in book/demo/README.md.
";

const DEMO: &str = "proofkey-demo";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    process::hand_over(Command::new(process::program(&[DEMO], DEMO)?).args(arguments))
}
