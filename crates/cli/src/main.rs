//! The program `proofkey`.

use std::process::ExitCode;

fn main() -> ExitCode {
    proofkey_cli::main()
}
