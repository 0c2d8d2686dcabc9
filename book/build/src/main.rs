//! Builds the book with mdBook as a library, checks what came out, and shows it while it is being written.
//!
//! `cargo xtask book` is the way to call it: it says where the book, its output and the API documentation are.

mod browser;
mod call;
mod html;
mod links;
mod pages;
mod serve;

use std::process::ExitCode;
use std::time::Instant;

use call::Call;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let call = Call::of(std::env::args().skip(1))?;
    let start = Instant::now();
    pages::build(&call)?;
    println!("built {} in {:.1} s", call.to.display(), start.elapsed().as_secs_f64());
    let wrong = links::check(&call.to)?;
    let faults = format!("the book has {} faults:\n{}", wrong.len(), wrong.join("\n"));
    match call.serve {
        Some(port) => {
            // Whoever is writing has links to chapters that are not written yet.
            if !wrong.is_empty() {
                eprintln!("{faults}");
            }
            serve::run(&call, port)
        }
        None if !wrong.is_empty() => Err(faults),
        None if call.open => browser::open(&call.to.join("index.html").display().to_string()),
        None => Ok(()),
    }
}
