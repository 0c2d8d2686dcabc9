//! A task that is a sequence of steps, of which some can be chosen.

use std::ffi::OsString;
use std::time::Instant;

use crate::failure::Failure;
use crate::process;

/// Name and function; what a step returns is said beside its time.
pub(crate) type Step = (&'static str, fn() -> Result<String, Failure>);

#[derive(Clone, Copy)]
pub(crate) struct Sequence {
    /// As it is called.
    pub(crate) task: &'static str,
    pub(crate) steps: &'static [Step],
    /// Whether a step that cannot be started on this machine is named and left out, and no failure.
    pub(crate) is_optional: bool,
}

impl Sequence {
    /// Runs the steps that `--only` names, or all, and stops at the first that fails.
    pub(crate) fn run(self, arguments: &[OsString]) -> Result<(), Failure> {
        let chosen = self.chosen(arguments)?;
        let start = Instant::now();
        let (mut passed, mut left_out) = (Vec::new(), Vec::new());
        for (name, step) in &chosen {
            println!("== {name}");
            let start = Instant::now();
            match step() {
                Ok(said) => {
                    let said = if said.is_empty() { said } else { format!("; {said}") };
                    println!("== {name}: passed in {}{said}\n", process::seconds(start));
                    passed.push(format!("{name} {}", process::seconds(start)));
                }
                Err(Failure::SetUp(why)) if self.is_optional => {
                    println!("== {name}: not run: {why}\n");
                    left_out.push(*name);
                }
                Err(failure) => return Err(self.failed(name, start, &failure)),
            }
        }
        if !left_out.is_empty() {
            println!("not run, for the reasons above: {}", left_out.join(", "));
        }
        if !passed.is_empty() {
            println!("passed in {}: {}", process::seconds(start), passed.join(", "));
        }
        Ok(())
    }

    fn failed(self, name: &str, start: Instant, failure: &Failure) -> Failure {
        Failure::Failed(format!(
            "step `{name}` failed after {}: {}\n`cargo xtask {} --only {name}` runs it alone",
            process::seconds(start),
            failure.message().unwrap_or("it was stopped"),
            self.task,
        ))
    }

    /// The steps that the arguments name, in the table's order; all when they name none.
    fn chosen(self, arguments: &[OsString]) -> Result<Vec<&'static Step>, Failure> {
        let mut only = Vec::new();
        let mut arguments = arguments.iter().map(|argument| argument.to_string_lossy());
        while let Some(argument) = arguments.next() {
            if argument != "--only" {
                return Err(Failure::Usage(format!("unknown argument `{argument}`")));
            }
            let step = arguments.next().ok_or_else(|| Failure::Usage("`--only` needs the name of a step".into()))?;
            if self.steps.iter().all(|(name, _)| *name != step) {
                return Err(Failure::Usage(format!("unknown step `{step}`")));
            }
            only.push(step);
        }
        let is_chosen = |name: &str| only.is_empty() || only.iter().any(|step| step == name);
        Ok(self.steps.iter().filter(|(name, _)| is_chosen(name)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &[Step] = &[
        ("first", || Ok(String::new())),
        ("second", || Err(Failure::Failed("no".into()))),
        ("third", || Err(Failure::SetUp("no such machine".into()))),
    ];
    const SEQUENCE: Sequence = Sequence { task: "build", steps: STEPS, is_optional: false };

    fn arguments(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn steps_are_chosen_by_name_and_run_in_the_table_s_order() {
        let names = |words: &[&str]| {
            SEQUENCE.chosen(&arguments(words)).unwrap().into_iter().map(|(name, _)| *name).collect::<Vec<_>>()
        };
        assert_eq!(names(&[]), ["first", "second", "third"]);
        assert_eq!(names(&["--only", "second", "--only", "first"]), ["first", "second"]);
    }

    #[test]
    fn a_wrong_call_is_told_apart_from_a_failed_step() {
        for (words, said) in [
            (&["--only"][..], "needs the name"),
            (&["--only", "nothing"], "unknown step `nothing`"),
            (&["--only", ""], "unknown step ``"),
            (&["--onlyfirst"], "unknown argument `--onlyfirst`"),
            (&["first"], "unknown argument `first`"),
        ] {
            let failure = SEQUENCE.run(&arguments(words)).unwrap_err();
            assert_eq!(failure.exit_code(), 64, "{words:?}");
            assert!(failure.message().unwrap().contains(said), "{failure:?}");
        }
    }

    #[test]
    fn a_failed_step_says_how_it_is_run_alone() {
        let failure = SEQUENCE.run(&[]).unwrap_err();
        assert!(failure.message().unwrap().ends_with("no\n`cargo xtask build --only second` runs it alone"));
        assert_eq!(failure.exit_code(), 1);
    }

    #[test]
    fn what_cannot_be_started_fails_unless_it_is_optional() {
        let third = arguments(&["--only", "third"]);
        assert!(SEQUENCE.run(&third).is_err());
        assert!(Sequence { is_optional: true, ..SEQUENCE }.run(&third).is_ok());
        assert!(Sequence { is_optional: true, ..SEQUENCE }.run(&[]).is_err(), "a step that fails is no optional one");
    }
}
