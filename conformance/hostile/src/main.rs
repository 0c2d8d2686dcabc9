//! Servers that misbehave on the wire, and a client of `proofkey` that must stand them.
//!
//! Two processes: the servers' and, so that its memory can be told from theirs, the client's.

mod attack;
mod attacks;
mod call;
mod client;
mod forgery;
mod report;
mod server;
mod soak;
mod turn;
mod victim;
mod word;

use std::process::ExitCode;

use call::Call;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let call = match Call::parse(&words) {
        Ok(call) => call,
        Err(wrong) => {
            eprintln!("error: {wrong}");
            return ExitCode::from(64);
        }
    };
    match soak::run(&call, &words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(2)
        }
    }
}
