//! Whether our comparisons branch on the secrets that they compare: each of them run with the secret marked, by
//! `cargo xtask constant-time`.
//!
//! memcheck sees branches and addresses that are made of a secret. It does not see instructions whose own time
//! depends on their operands; the comparisons have none (no division, no multiplication).

mod cases;
mod memcheck;

use std::process::ExitCode;

fn main() -> ExitCode {
    if !memcheck::watches() {
        eprintln!("error: this program sees nothing without valgrind: `cargo xtask constant-time` runs it there");
        return ExitCode::from(2);
    }
    let mut wrong = 0;
    for case in cases::ALL {
        let (said, is_right) = case.judge();
        println!("{} {:44} {said}", if is_right { "ok    " } else { "WRONG " }, case.name);
        wrong += usize::from(!is_right);
    }
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
