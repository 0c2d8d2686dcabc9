//! Servers that misbehave on the wire, and a client of `proofkey` that must withstand them.
//!
//! The servers and the client are separate processes, so that the memory of the client can be measured.

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

const HELP: &str = "\
proofkey-hostile [--seconds N] [--jobs N] [NAME...]

Sends our client to servers that drip, never end, lie, flood and break off, beside
honest logins.

  --seconds N  how long (20); each attack is met once at every endpoint in any case
  --jobs N     how many attacks at a time are measured one by one, and how many more
               are met by one application in which users log in (8)
  NAME         only the attacks whose name begins so

Everything is on loopback. What the client says must be the code of the table in
conformance/hostile/src/attacks; it must end within its deadline, stay below a stated
amount of memory, send nothing twice and not panic; and no honest login may fail.
Prints attack, endpoints, rounds, code, worst time and peak memory.
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
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
