//! The arguments of `run`, which are also understood without a subcommand.

use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::*;
use proofkey_reference::Defects;

use crate::report::Format;
use crate::subject::Subject;
use crate::transcript::Mode;

/// What is to be done with the cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Run,
    List,
    Mutants,
    Seeds(PathBuf),
}

/// A command line about cases.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) action: Action,
    pub(crate) strict: bool,
    pub(crate) timings: bool,
    pub(crate) cases: Vec<String>,
    pub(crate) set: Option<(String, String)>,
    pub(crate) shard: Option<(usize, usize)>,
    /// The result file whose red cases are run again; `None` inside: the newest.
    pub(crate) rerun: Option<Option<PathBuf>>,
    pub(crate) config: Option<PathBuf>,
    pub(crate) subject: Option<Subject>,
    pub(crate) modes: Vec<Mode>,
    pub(crate) jobs: usize,
    pub(crate) deadline: Option<Duration>,
    pub(crate) format: Format,
    pub(crate) results: Option<PathBuf>,
    /// Where each red case leaves its log, its ID tokens and its standard error.
    pub(crate) keep: Option<PathBuf>,
}

impl Call {
    fn new(action: Action) -> Self {
        Self {
            action,
            strict: false,
            timings: false,
            cases: Vec::new(),
            set: None,
            shard: None,
            rerun: None,
            config: None,
            subject: None,
            modes: vec![Mode::Stdin, Mode::Http],
            jobs: 4,
            deadline: None,
            format: Format::Human,
            results: None,
            keep: None,
        }
    }

    /// Reads the arguments; none when they ask for help.
    pub(crate) fn parse(action: Action, arguments: &[String]) -> Result<Option<Self>, String> {
        Self::read(action, arguments).map_err(|error| error.to_string())
    }

    fn read(action: Action, arguments: &[String]) -> Result<Option<Self>, lexopt::Error> {
        let mut call = Self::new(action);
        let (mut set, mut profile) = (None, None);
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(None),
                Long("list") => call.action = Action::List,
                Long("mutants") => call.action = Action::Mutants,
                Long("seeds") => call.action = Action::Seeds(parser.value()?.into()),
                Value(folder) if call.action == Action::Seeds(PathBuf::new()) => {
                    call.action = Action::Seeds(folder.into());
                }
                Long("strict") => call.strict = true,
                Long("timings") => call.timings = true,
                Long("case") => call.cases.push(parser.value()?.string()?),
                Long("set") => set = Some(parser.value()?.string()?),
                Long("profile") => profile = Some(parser.value()?.string()?),
                Long("shard") => call.shard = Some(parser.value()?.parse_with(shard)?),
                Long("rerun-failed") => call.rerun = Some(parser.optional_value().map(PathBuf::from)),
                Long("config") => call.config = Some(parser.value()?.into()),
                Long("results") => call.results = Some(parser.value()?.into()),
                Long("keep") => call.keep = Some(parser.value()?.into()),
                Long("jobs") => call.jobs = parser.value()?.parse_with(jobs)?,
                Long("deadline") => call.deadline = Some(parser.value()?.parse_with(seconds)?),
                Long("mode") => call.modes = parser.value()?.parse_with(modes)?,
                Long("format") => call.format = parser.value()?.parse_with(format)?,
                Long("reference") => call.subject = Some(reference(&mut parser)?),
                Long("shim") => {
                    let command: Result<Vec<String>, _> = parser.raw_args()?.map(|word| word.string()).collect();
                    let command = command?;
                    if command.is_empty() {
                        return Err("--shim needs a command".into());
                    }
                    call.subject = Some(Subject::Command(command));
                }
                other => return Err(other.unexpected()),
            }
        }
        call.set = match (set, profile) {
            (None, None) => None,
            (set, profile) => {
                Some((set.unwrap_or_else(|| "2026.1".into()), profile.unwrap_or_else(|| "oidc-client".into())))
            }
        };
        if call.action == Action::Seeds(PathBuf::new()) {
            return Err("seeds needs a folder".into());
        }
        Ok(Some(call))
    }
}

/// `--reference`, or `--reference NAME` with a switch of the reference client.
fn reference(parser: &mut lexopt::Parser) -> Result<Subject, lexopt::Error> {
    let name = match parser.optional_value() {
        Some(name) => Some(name),
        None => {
            parser.try_raw_args().and_then(|mut rest| rest.next_if(|next| !next.to_string_lossy().starts_with("--")))
        }
    };
    let name = name.map(|name| name.string()).transpose()?;
    Defects::named(name).map(Subject::Reference).map_err(|unknown| unknown.to_string().into())
}

fn jobs(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|jobs| *jobs > 0).ok_or_else(|| format!("{text:?} is not a number from 1 on"))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0);
    seconds.map(Duration::from_secs).ok_or_else(|| format!("{text:?} is not a number of seconds from 1 on"))
}

/// `i/n`, counted from 1.
fn shard(text: &str) -> Result<(usize, usize), String> {
    let numbers = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    numbers
        .filter(|(i, n)| 1 <= *i && i <= n)
        .ok_or_else(|| format!("{text:?} is not a shard such as 1/4, with the first number from 1 to the second"))
}

fn modes(text: &str) -> Result<Vec<Mode>, String> {
    match text {
        "stdin" => Ok(vec![Mode::Stdin]),
        "http" => Ok(vec![Mode::Http]),
        "both" => Ok(vec![Mode::Stdin, Mode::Http]),
        other => Err(format!("{other:?} is none of stdin, http, both")),
    }
}

pub(super) fn format(text: &str) -> Result<Format, String> {
    Format::named(text).ok_or_else(|| format!("{text:?} is none of human, json, junit, markdown, html, badge"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Option<Call>, String> {
        Call::parse(Action::Run, &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn wrong_calls_are_named() {
        for (call, word) in [
            (&["--jobs", "0"][..], "0"),
            (&["--jobs"], "--jobs"),
            (&["--deadline", "0"], "0"),
            (&["--mode", "x"], "x"),
            (&["--format", "pdf"], "pdf"),
            (&["--shim"], "--shim"),
            (&["--reference", "x"], "x"),
            (&["--shard", "3/2"], "3/2"),
            (&["--shard", "0/2"], "0/2"),
            (&["--shard", "1"], "1"),
            (&["x"], "x"),
            (&["--unknown"], "--unknown"),
        ] {
            let error = parse(call).unwrap_err();
            assert!(error.contains(word), "{call:?}: {error}");
        }
        assert!(parse(&["--help"]).is_ok_and(|call| call.is_none()));
    }

    #[test]
    fn everything_behind_shim_is_its_command_line() {
        let call = parse(&["--jobs=2", "--case", "PK-*", "--case", "OA-*", "--shim", "x", "--jobs", "0", "--"]);
        let call = call.unwrap().unwrap();
        assert_eq!((call.jobs, call.cases.len()), (2, 2));
        assert!(matches!(call.subject, Some(Subject::Command(words)) if words == ["x", "--jobs", "0", "--"]));
    }

    #[test]
    fn the_reference_client_takes_a_switch_or_none() {
        let is_reference =
            |words: &[&str]| matches!(parse(words).unwrap().unwrap().subject, Some(Subject::Reference(_)));
        assert!(is_reference(&["--reference"]) && is_reference(&["--reference", "--jobs", "1"]));
        assert!(is_reference(&["--reference", "skip-state"]));
    }

    #[test]
    fn failed_cases_are_run_again_from_the_newest_or_a_named_file() {
        assert_eq!(parse(&["--rerun-failed"]).unwrap().unwrap().rerun, Some(None));
        assert_eq!(parse(&["--rerun-failed=a.json"]).unwrap().unwrap().rerun, Some(Some("a.json".into())));
    }
}
