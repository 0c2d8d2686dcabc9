//! `run`: judges a client, shows how far it is, and leaves the results behind.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::Path;
use std::time::Instant;

use serde_json::json;

use super::call::Call;
use super::own_shim;
use crate::case::Case;
use crate::glob::matches;
use crate::judge::Verdict;
use crate::output::print;
use crate::play::preflight;
use crate::report::{Format, render, terminal};
use crate::results::{self, CaseResult, Results};
use crate::sets::RequirementSet;
use crate::shim_config::ShimConfig;
use crate::subject::{Subject, guard};
use crate::suite::{Options, Outcome, Report, run_until};

/// The cases that a call is about, in the order of the catalogue; an error is a wrong call.
pub(super) fn selected(call: &Call) -> Result<Vec<Case>, String> {
    let mut cases = crate::cases::all();
    if !call.cases.is_empty() {
        cases.retain(|case| call.cases.iter().any(|glob| matches(glob, case.id)));
        if cases.is_empty() {
            return Err(format!("no case matches {:?}; list names them", call.cases.join(" ")));
        }
    }
    if let Some((set, profile)) = &call.set {
        let set = RequirementSet::named(set, profile)?;
        cases.retain(|case| set.contains(case));
    }
    if let Some(file) = &call.rerun {
        let file = file.clone().or_else(results::newest).ok_or("there is no result file to run again")?;
        let before = Results::load(&file)?;
        cases.retain(|case| before.cases.iter().any(|red| red.is_red() && red.id == case.id));
        if cases.is_empty() {
            return Err(format!("nothing failed in {}", file.display()));
        }
    }
    if let Some((number, of)) = call.shard {
        let mut at = 0;
        cases.retain(|_| {
            at += 1;
            (at - 1) % of == number - 1
        });
    }
    Ok(cases)
}

/// Judges the subject by `cases`, and gives the exit code.
pub(super) async fn judge_the_subject(cases: Vec<Case>, call: &Call) -> u8 {
    let prepared = prepared(call).await;
    let (subject, command, config) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            eprintln!("{error}");
            return 2;
        }
    };
    let (left_out, cases): (Vec<Case>, Vec<Case>) =
        cases.into_iter().partition(|case| config.disabled(case.id).is_some());
    let options =
        Options { jobs: call.jobs, modes: call.modes.clone(), errors: config.errors.clone(), deadline: call.deadline };
    let mut progress = Progress::new(cases.len());
    let report = run_until(interrupted(), &cases, &subject, &options, |outcome| progress.show(outcome)).await;
    progress.clear();

    let made = Instant::now();
    let mut results = Results::of(&cases, &report, &subject_words(&call.subject));
    results.command = command;
    results.set = call.set.as_ref().map(|(set, profile)| format!("{set} {profile}"));
    results.shard = call.shard.map(|(number, of)| format!("{number}/{of}"));
    let is_whole = call.cases.is_empty() && call.set.is_none() && call.rerun.is_none() && call.shard.is_none();
    let is_whole = is_whole && !results.partial;
    if call.timings {
        eprintln!("the results were made in {:.1} s", made.elapsed().as_secs_f64());
    }
    config.apply(&mut results, &left_out, &own_names(&report), is_whole);
    leave(&results, call, &subject_words(&call.subject))
}

/// The subject, its command line, and what is known of it.
async fn prepared(call: &Call) -> Result<(Subject, Vec<String>, ShimConfig), String> {
    let config = call.config.as_deref().map_or_else(|| Ok(ShimConfig::default()), ShimConfig::load)?;
    let (subject, command) = match &call.subject {
        Some(Subject::Command(words)) => (Subject::Command(words.clone()), words.clone()),
        Some(reference) => (reference.clone(), Vec::new()),
        None => (Subject::Command(vec![own_shim::path()?.to_string_lossy().into_owned()]), Vec::new()),
    };
    if let Subject::Command(words) = &subject {
        let own =
            std::env::current_exe().map_err(|error| format!("this program does not know where it is: {error}"))?;
        guard::start(&own).map_err(|error| format!("the guard cannot be started: {error}"))?;
        // One that does not speak at all is found out once, and not in each case.
        preflight(&subject, call.deadline).await.map_err(|error| format!("{}: {error}", words.join(" ")))?;
    }
    Ok((subject, command, config))
}

/// The arguments that name the subject.
fn subject_words(subject: &Option<Subject>) -> Vec<String> {
    match subject {
        None => Vec::new(),
        Some(Subject::Command(words)) => std::iter::once("--shim".to_owned()).chain(words.iter().cloned()).collect(),
        Some(Subject::Reference(defects)) => {
            std::iter::once("--reference").chain(defects.names()).map(str::to_owned).collect()
        }
    }
}

/// Ctrl-C, or the signal by which a program is asked to end. The second one ends it at once.
async fn interrupted() {
    interrupt().await;
    eprintln!("\ninterrupted; the results so far follow");
    tokio::spawn(async {
        interrupt().await;
        std::process::exit(130);
    });
}

async fn interrupt() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut term), Ok(mut hangup)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = term.recv() => {}
                _ = hangup.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// The names of errors that `shim.toml` was asked about.
fn own_names(report: &Report) -> Vec<String> {
    let transcripts = report.outcomes.iter().filter_map(|outcome| outcome.played.as_ref());
    let answers = transcripts.flat_map(|(_, transcript)| &transcript.answers);
    let names = answers.filter_map(|answer| answer.message["own_class"].as_str().map(str::to_owned));
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Writes the results, shows the report, and gives the exit code.
fn leave(results: &Results, call: &Call, subject: &[String]) -> u8 {
    if let Some(folder) = &call.keep
        && let Err(error) = keep(results, folder)
    {
        eprintln!("{} cannot be written: {error}", folder.display());
        return 2;
    }
    let path = match results.save(call.results.as_deref()) {
        Ok(path) => path,
        Err(error) => {
            eprintln!("{error}");
            return 2;
        }
    };
    let mut text = render(call.format, std::slice::from_ref(results));
    if call.format == Format::Human {
        if call.timings {
            text += &terminal::timings(results);
        }
        text += &format!("results: {}\n", path.display());
        if results.cases.iter().any(CaseResult::is_red) {
            text += &format!("again: {}\n", results::again(&format!("--rerun-failed={}", path.display()), subject));
        }
    }
    match print(&text) {
        0 => exit_code(results, call.strict),
        code => code,
    }
}

fn exit_code(results: &Results, strict: bool) -> u8 {
    let errors = results.cases.iter().any(|case| case.verdict == "error" && case.reason.is_none());
    let judged = results.cases.iter().any(|case| case.verdict != "not_claimed");
    if results.partial {
        return 130;
    }
    if !results.stale.is_empty() || results.cases.iter().any(|case| case.is_failure(strict)) {
        return 1;
    }
    if !judged {
        eprintln!("the subject claims nothing that any of these cases needs");
    }
    if errors || !judged { 2 } else { 0 }
}

/// One folder a red case: what happened, standard error, and each ID token.
fn keep(results: &Results, folder: &Path) -> std::io::Result<()> {
    for case in results.cases.iter().filter(|case| case.is_red()) {
        let folder = folder.join(case.id.replace('/', "_"));
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("report.txt"), terminal::failure(case))?;
        let Some(trace) = &case.trace else { continue };
        std::fs::write(folder.join("stderr.txt"), &trace.stderr)?;
        for (number, token) in trace.id_tokens.iter().enumerate() {
            std::fs::write(folder.join(format!("id-token-{}.jwt", number + 1)), &token.token)?;
            let decoded = json!({"header": token.header, "claims": token.claims});
            std::fs::write(folder.join(format!("id-token-{}.json", number + 1)), format!("{decoded:#}\n"))?;
        }
    }
    Ok(())
}

/// How far the run is: a line that changes on a terminal, a line a red case elsewhere.
struct Progress {
    is_live: bool,
    done: usize,
    red: usize,
    of: usize,
}

impl Progress {
    fn new(of: usize) -> Self {
        Self { is_live: std::io::stderr().is_terminal(), done: 0, red: 0, of }
    }

    fn show(&mut self, outcome: &Outcome) {
        self.done += 1;
        let verdict = outcome.judgement.verdict;
        let is_red = !matches!(verdict, Verdict::Pass | Verdict::Policy | Verdict::NotClaimed);
        self.red += usize::from(is_red);
        let (done, of, red) = (self.done, self.of, self.red);
        if self.is_live {
            let id: String = outcome.id.chars().take(44).collect();
            eprint!("\r{done}/{of} {red} red  {:11} {id:44}", verdict.as_str());
        } else if is_red {
            eprintln!("{done}/{of} {} {}", verdict.as_str(), outcome.id);
        }
    }

    fn clear(&self) {
        if self.is_live {
            eprint!("\r{:78}\r", "");
        }
    }
}
