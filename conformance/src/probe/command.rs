//! `probe`: the command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lexopt::prelude::*;
use tokio::runtime::Handle;

use super::browser::Browser;
use super::catalogue::{Probe, all};
use super::config::Config;
use super::http::{Http, Limits, client};
use super::reach::Reach;
use super::run::{Options, run, set_up};
use super::self_test::self_test;
use super::target::Target;
use crate::glob::matches;
use crate::output::print;
use crate::report::{Format, render};
use crate::results::Results;

const HELP: &str = "\
Judges an authorization server. Each probe is a login that must succeed and a changed request that must be refused.

  proofkey-conformance probe --config as.toml [--issuer URL]   judge a server (PROBING.md explains as.toml)
  proofkey-conformance probe --list                            every probe
  proofkey-conformance probe --self                            judge the probe by servers with one defect each

  --case GLOB         only the probes whose id matches, such as 'PK-*'. Can be repeated
  --format FORMAT     human, json, junit, markdown, html or badge (human)
  --results FILE      the result file; by default a new one in target/conformance or conformance-results
  --strict            a warning counts as a failure
  --i-own-this        confirms that you operate the issuer, which is on another machine
  --rate N            requests per second (10)
  --deadline SECONDS  time for each response of the server (10)
  --max-requests N    stop after N requests (3000)
  --max-seconds N     stop after N seconds (1200)
  --allow-race        send 20 requests at the same time, for the probe that needs it

Requests go to the issuer's host and port, and to those under `allow` in as.toml. Only the user of as.toml logs in, with
the password given there; nothing is guessed. The probe stops after three requests without a response, or after three
failed controls.

Exit code: 0 no failure, 1 failures, 2 broken set-up or a failed control, 64 wrong usage, 130 interrupted.
";

/// A command line.
#[derive(Debug)]
struct Call {
    issuer: Option<String>,
    config: Option<PathBuf>,
    cases: Vec<String>,
    format: Format,
    results: Option<PathBuf>,
    is_strict: bool,
    is_owned: bool,
    may_race: bool,
    lists: bool,
    tests_itself: bool,
    limits: Limits,
}

impl Call {
    fn parse(arguments: &[String]) -> Result<Option<Self>, lexopt::Error> {
        let mut call = Self {
            issuer: None,
            config: None,
            cases: Vec::new(),
            format: Format::Human,
            results: None,
            is_strict: false,
            is_owned: false,
            may_race: false,
            lists: false,
            tests_itself: false,
            limits: Limits {
                rate: 10,
                requests: 3000,
                time: Duration::from_secs(1200),
                answer: Duration::from_secs(10),
            },
        };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(None),
                Long("issuer") => call.issuer = Some(parser.value()?.string()?),
                Long("config") => call.config = Some(parser.value()?.into()),
                Long("case") => call.cases.push(parser.value()?.string()?),
                Long("format") => {
                    let name = parser.value()?.string()?;
                    call.format = Format::named(&name).ok_or_else(|| format!("{name:?} is not a format"))?;
                }
                Long("results") => call.results = Some(parser.value()?.into()),
                Long("strict") => call.is_strict = true,
                Long("i-own-this") => call.is_owned = true,
                Long("allow-race") => call.may_race = true,
                Long("list") => call.lists = true,
                Long("self") => call.tests_itself = true,
                Long("rate") => call.limits.rate = parser.value()?.parse_with(positive)?,
                Long("max-requests") => call.limits.requests = parser.value()?.parse_with(positive)?,
                Long("max-seconds") => {
                    call.limits.time = Duration::from_secs(parser.value()?.parse_with(positive)?.into());
                }
                Long("deadline") => {
                    call.limits.answer = Duration::from_secs(parser.value()?.parse_with(positive)?.into());
                }
                other => return Err(other.unexpected()),
            }
        }
        Ok(Some(call))
    }
}

fn positive(text: &str) -> Result<u32, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| format!("{text:?} is not a number from 1 on"))
}

/// Runs `probe` with these arguments and gives the exit code.
pub(crate) async fn main(arguments: &[String]) -> u8 {
    let call = match Call::parse(arguments) {
        Ok(Some(call)) => call,
        Ok(None) => return print(HELP),
        Err(error) => return wrong(&error.to_string()),
    };
    let mut probes = all();
    if !call.cases.is_empty() {
        probes.retain(|probe| call.cases.iter().any(|glob| matches(glob, probe.id)));
        if probes.is_empty() {
            return wrong(&format!("no probe matches {:?}; probe --list names them", call.cases.join(" ")));
        }
    }
    if call.lists {
        return print(&listed(&probes));
    }
    if call.tests_itself {
        return tested().await;
    }
    let config = match call.config.as_deref().map_or_else(|| Ok(Config::default()), Config::load) {
        Ok(config) => config,
        Err(error) => return broken(&error),
    };
    let Some(issuer) = call.issuer.clone().or_else(|| config.issuer.clone()) else {
        return wrong("probe needs --issuer, or `issuer` in as.toml");
    };
    let runtime = Handle::current();
    let (format, path, is_strict) = (call.format, call.results.clone(), call.is_strict);
    let judged = tokio::task::spawn_blocking(move || judged(runtime, &issuer, config, &probes, &call));
    match judged.await.unwrap_or_else(|error| Err(error.to_string())) {
        Ok(results) => leave(&results, format, path.as_deref(), is_strict),
        Err(error) => broken(&error),
    }
}

fn wrong(error: &str) -> u8 {
    eprintln!("{error}; see probe --help");
    64
}

fn broken(error: &str) -> u8 {
    eprintln!("{error}");
    2
}

pub(crate) fn listed(probes: &[Probe]) -> String {
    let line =
        |probe: &Probe| format!("{:46} {:6} {:10} {}\n", probe.id, probe.level.as_str(), probe.group, probe.about);
    probes.iter().map(line).collect()
}

async fn tested() -> u8 {
    let outcome = self_test().await;
    for problem in &outcome.problems {
        print(&format!("problem: {problem}\n"));
    }
    let seconds = outcome.ms as f64 / 1000.0;
    print(&format!(
        "{} probes of {} rows, {} defects, {} requests in {seconds:.1} s; {} problems\n",
        outcome.probes,
        outcome.rows,
        outcome.defects,
        outcome.requests,
        outcome.problems.len()
    ));
    u8::from(!outcome.problems.is_empty())
}

fn judged(runtime: Handle, issuer: &str, config: Config, probes: &[Probe], call: &Call) -> Result<Results, String> {
    let reach = Reach::new(issuer, &config.allow, call.is_owned)?;
    let ca = config.ca_file.as_deref().map(std::fs::read).transpose().map_err(|error| format!("ca_file: {error}"))?;
    let http = Http::new(runtime, client(ca.as_deref())?, reach, call.limits, config.secrets());
    let target = Target::discover(issuer, config, &http)?;
    let mut browser = Browser::new();
    set_up(&http, &target, &mut browser)?;
    let again = again(issuer, call.config.as_deref(), call.is_owned);
    let options = Options { may_race: call.may_race, again };
    let mut done = 0;
    Ok(run(&http, &target, &mut browser, probes, &options, |case| {
        done += 1;
        if !matches!(case.verdict.as_str(), "pass" | "policy" | "not_claimed" | "not_tested" | "disabled") {
            eprintln!("{done}/{} {} {}", probes.len(), case.verdict, case.id);
        }
    }))
}

fn again(issuer: &str, config: Option<&Path>, is_owned: bool) -> String {
    let config = config.map_or_else(String::new, |path| format!(" --config '{}'", path.display()));
    let owned = if is_owned { " --i-own-this" } else { "" };
    format!("proofkey-conformance probe --issuer '{issuer}'{config}{owned}")
}

/// Writes the results, shows the report, and gives the exit code.
fn leave(results: &Results, format: Format, path: Option<&Path>, is_strict: bool) -> u8 {
    let path = match results.save(path) {
        Ok(path) => path,
        Err(error) => return broken(&error),
    };
    let mut text = render(format, std::slice::from_ref(results));
    if format == Format::Human {
        text += &format!("results: {}\n", path.display());
    }
    match print(&text) {
        0 => exit_code(results, is_strict),
        code => code,
    }
}

fn exit_code(results: &Results, is_strict: bool) -> u8 {
    let is_judged = results.cases.iter().any(|case| matches!(case.verdict.as_str(), "pass" | "fail" | "warn"));
    if !results.stale.is_empty() || results.cases.iter().any(|case| case.is_failure(is_strict)) {
        1
    } else if results.partial || !is_judged || results.cases.iter().any(|case| case.verdict == "error") {
        2
    } else {
        0
    }
}
