//! The soak: hostile servers, and our client beside them. Built here, run as a program of its own.

use std::ffi::OsString;
use std::process::Command;

use crate::failure::Failure;
use crate::process;

pub(crate) const HELP: &str = "\
Sends our client to servers that drip, never end, lie, flood and break off, beside honest logins.

  cargo xtask hostile [--seconds N] [--jobs N] [NAME...]

  --seconds N  how long (20); but each attack is met once at every endpoint
  --jobs N     how many attacks at a time are measured one by one, and how many
               more are met by one application in which people log in (8)
  NAME         only the attacks whose name begins so

Everything is on loopback. What the client says must be the code of the table in
conformance/hostile/src/attacks; it must end within its deadline, stay below a
stated amount of memory, send nothing twice and not panic; and no honest login
may fail. Prints attack, endpoints, rounds, code, worst time and peak memory.
";

const SOAK: &str = "proofkey-hostile";

pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let program = process::program(&[SOAK], SOAK)?;
    process::run(Command::new(program).args(arguments))
}
