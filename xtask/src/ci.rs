//! What the build server does, on this machine.

use std::process::Command;

use crate::failure::Failure;
use crate::{process, tool, workspace};

pub(crate) const HELP: &str = "\
Runs what the CI server runs, and prints the time of each step.

  cargo xtask ci

The steps are in .ci/run, a Bash script; this task runs it.
";

pub(crate) fn run() -> Result<(), Failure> {
    tool::needs("bash", "bash")?;
    process::run(Command::new("bash").arg(".ci/run").current_dir(workspace::root()))
}
