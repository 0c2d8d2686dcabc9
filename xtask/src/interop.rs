//! Other people's authorization servers, installed and talked to by a script beside their configurations.

use std::ffi::OsString;
use std::process::Command;

use crate::failure::Failure;
use crate::{process, workspace};

pub(crate) const HELP: &str = "\
Installs other people's authorization servers and uses each feature that they offer.

  cargo xtask interop [NAME]           all of them, or the one in conformance/servers/NAME
  cargo xtask interop --probe [NAME]   has proofkey-conformance probe judge them instead

Prints the tables of conformance/SERVERS.md. Node, Python and Debian's packages are used where they are there.
`enterprise` is a company: one application, whose server has LDAP, OpenID Connect or SAML behind it. A finding of
the probe that is new is a failure, and so is one that the server's as.toml expects and that did not come.
";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let (probe, name): (Vec<_>, Vec<_>) = arguments.iter().partition(|argument| *argument == "--probe");
    let mut command = Command::new("conformance/servers/try");
    command.arg(process::example(&["servers", "enterprise"])?);
    if !probe.is_empty() {
        command.arg("--probe").arg(process::program(&["proofkey-conformance"])?);
    }
    process::hand_over(command.args(name).current_dir(workspace::root()))
}
