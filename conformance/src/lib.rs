#![doc = include_str!("../README.md")]

mod advice;
mod case;
mod cases;
pub mod cli;
mod glob;
mod idle;
mod judge;
mod list;
mod mutants;
mod output;
mod play;
pub mod report;
pub mod results;
mod rows;
mod seeds;
mod serve;
mod sets;
mod shim_config;
mod show;
mod subject;
mod suite;
mod timings;
mod transcript;

pub use case::{Case, Check, Expect, Level, Profile, Step, Tamper};
pub use cases::all as cases;
pub use judge::{Judgement, Verdict};
pub use mutants::{MutantReport, run as run_mutants};
pub use play::play;
pub use results::Results;
pub use rows::{Row, Side, rows, unit_test_of};
pub use sets::RequirementSet;
pub use shim_config::ShimConfig;
pub use subject::{Spoken, Subject};
pub use suite::{Options, Outcome, Report, run, run_until};
pub use timings::{Part, Timings};
pub use transcript::{Answer, Mode, Transcript, Trouble};
