//! `proofkey` as a subject of the conformance suite; see the library.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match proofkey_shim::serve(tokio::io::BufReader::new(tokio::io::stdin()), tokio::io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(unimplemented) => {
            eprintln!("{unimplemented}");
            ExitCode::from(89)
        }
    }
}
