//! Applications of `proofkey-web` on two machines with one store, in a package of its own beside it.

use std::ffi::OsString;

use crate::failure::Failure;
use crate::{process, workspace};

pub(crate) const HELP: &str = "\
Runs an application of proofkey-web on two machines, with Redis and Postgres, and kills each part.

  cargo xtask machines [LOGINS] [STORE]    1,000 logins with each of redis, postgres and postgres-as-it-is

What is missing of Redis and Postgres is installed by apt-get. They run on loopback, and end with this task.
";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let mut command = std::process::Command::new("crates/web/machines/run");
    let folder = process::target_directory()?;
    process::hand_over(command.args(arguments).current_dir(workspace::root()).env("CARGO_TARGET_DIR", folder))
}
