//! Other people's authorization servers, installed and talked to by a script beside their configurations.

use std::ffi::OsString;
use std::process::Command;

use crate::failure::Failure;
use crate::{process, workspace};

pub(crate) const HELP: &str = "\
Installs other people's authorization servers and uses each feature that they offer.

  cargo xtask interop           all of them, into target/servers
  cargo xtask interop NAME      the one in the folder conformance/servers/NAME

It prints the tables of conformance/SERVERS.md. Node, Python and Debian's packages are used
where they are there. `enterprise` is a company: one application, whose server has LDAP,
OpenID Connect or SAML behind it.
";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let driver = process::example(&["servers", "enterprise"])?;
    let mut command = Command::new("conformance/servers/try");
    process::hand_over(command.arg(driver).args(arguments).current_dir(workspace::root()))
}
