//! The runner; see the library.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    ExitCode::from(proofkey_conformance::cli::main(std::env::args().skip(1).collect()).await)
}
