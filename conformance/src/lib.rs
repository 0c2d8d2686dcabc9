#![doc = include_str!("../README.md")]

mod case;
mod cases;
pub mod cli;
mod idle;
mod judge;
mod list;
mod mutants;
mod play;
mod report;
mod rows;
mod seeds;
mod subject;
mod suite;
mod timings;
mod transcript;

pub use case::{Case, Check, Expect, Level, Profile, Step, Tamper};
pub use cases::all as cases;
pub use judge::{Judgement, Verdict};
pub use mutants::{MutantReport, run as run_mutants};
pub use play::play;
pub use rows::{Row, Side, rows, unit_test_of};
pub use subject::Subject;
pub use suite::{Options, Outcome, Report, run};
pub use timings::{Part, Timings};
pub use transcript::{Answer, Mode, Transcript, Trouble};
