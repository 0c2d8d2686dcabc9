//! Applications of `proofkey-web` on two machines with one store, in a package of its own beside it.

use std::ffi::OsString;

use crate::failure::Failure;
use crate::{process, workspace};

pub(crate) const HELP: &str = "\
Runs an application of proofkey-web on two machines, with Redis and Postgres, and kills each part.

  cargo xtask machines              1,000 logins with each store
  cargo xtask machines 10000        so many
  cargo xtask machines 100 redis    with one store: redis, postgres, postgres-as-it-is

What is missing of Redis and Postgres is installed by apt-get. They run in a temporary folder,
on loopback, and end with this task.
";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let mut command = std::process::Command::new("crates/web/machines/run");
    let folder = process::target_directory()?;
    process::hand_over(command.args(arguments).current_dir(workspace::root()).env("CARGO_TARGET_DIR", folder))
}
