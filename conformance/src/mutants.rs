//! The suite judges itself: the reference client passes every case, and each of its switches turns red the cases
//! that name it, and none that does not share a row with them.
//!
//! A switch that breaks even logins in which nobody lies, such as one that asks for no `openid`, says nothing by those
//! that it breaks: of them only the cases count that name it.
//!
//! A switch is tried with the cases in which the client looks at it, which the run without switches tells: in the
//! others it could not have changed anything. A case that counts over many logins, up to 64, is tried only with the
//! switches that name it or share a row with it: each of its logins is one that every other case makes as well. So is a
//! case in which real time passes. What goes unseen is a switch that spoils the spread of a verifier, state or nonce that
//! it has nothing to do with, and nothing in any single login.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use proofkey_reference::{DEFECTS, Defects};
use tokio::sync::mpsc;

use crate::case::Case;
use crate::judge::Verdict;
use crate::subject::Subject;
use crate::suite::{Options, Outcome, Pair, Places, Plays, judged, run as run_suite};
use crate::transcript::Mode;

const MODES: [Mode; 1] = [Mode::Stdin];

/// The result of the suite's test of itself.
#[derive(Clone, Debug, Default)]
pub struct MutantReport {
    /// The number of switches that were tried.
    pub mutants: usize,
    /// The number of cases that ran, for all switches together.
    pub runs: usize,
    /// The defects of the suite; empty if there are none.
    pub problems: Vec<String>,
    /// Switches that no case names yet.
    pub unused: Vec<&'static str>,
    /// The duration, in milliseconds.
    pub ms: u128,
}

/// Runs every switch that a case names over all cases that it can change. `progress` is called with each switch and the
/// number of cases that it turned red.
pub async fn run(cases: &[Case], jobs: usize, mut progress: impl FnMut(&str, usize)) -> MutantReport {
    let start = Instant::now();
    let mut report = MutantReport::default();
    // The rows of the cases that name a switch, by switch.
    let mut rows: BTreeMap<&'static str, BTreeSet<&'static str>> = BTreeMap::new();
    for (case, &name) in cases.iter().flat_map(|case| case.mutants.iter().map(move |name| (case, name))) {
        rows.entry(name).or_default().extend(case.rows);
    }
    report.unused = DEFECTS.iter().map(|defect| defect.name).filter(|name| !rows.contains_key(name)).collect();
    for case in cases.iter().filter(|case| case.mutants.is_empty()) {
        report.problems.push(format!("{} has no mutant", case.id));
    }

    let options = Options { jobs, modes: MODES.to_vec(), ..Options::default() };
    let honest = run_suite(cases, &Subject::Reference(Defects::none()), &options, |_| {}).await.outcomes;
    for outcome in &honest {
        if !matches!(outcome.judgement.verdict, Verdict::Pass | Verdict::Policy) {
            let detail = &outcome.judgement.detail;
            report.problems.push(format!("the reference client does not pass {}: {detail}", outcome.id));
        }
    }

    let pairs: Vec<Arc<Pair>> = cases.iter().map(Pair::of).collect();
    let places = Places::in_process(jobs);
    let (sender, mut receiver) = mpsc::unbounded_channel();
    for (&name, own_rows) in &rows {
        let defects = match Defects::named([name]) {
            Ok(defects) => defects,
            Err(unknown) => {
                report.problems.push(unknown.to_string());
                continue;
            }
        };
        report.mutants += 1;
        let (subject, plays) = (Subject::Reference(defects), Plays::default());
        for (at, case) in cases.iter().enumerate() {
            let is_own = case.mutants.contains(&name);
            let shares = case.rows.iter().any(|row| own_rows.contains(row));
            if !is_own && (!honest[at].asked.contains(&name) || ((case.is_statistics() || case.waits()) && !shares)) {
                continue;
            }
            let (pair, subject, plays) = (pairs[at].clone(), subject.clone(), plays.clone());
            let (places, sender) = (places.clone(), sender.clone());
            tokio::spawn(async move {
                let _place = pair.place(&places).await;
                let mut outcome = judged(&pair, &subject, &MODES, &plays).await;
                // Thousands of runs are kept until the end: their logs are not.
                outcome.played = None;
                let _ = sender.send((name, at, outcome));
            });
        }
    }
    drop(sender);
    let mut outcomes: BTreeMap<&'static str, Vec<(usize, Outcome)>> = BTreeMap::new();
    while let Some((name, at, outcome)) = receiver.recv().await {
        report.runs += 1;
        outcomes.entry(name).or_default().push((at, outcome));
    }

    for (name, mut outcomes) in outcomes {
        outcomes.sort_by_key(|(at, _)| *at);
        let own_rows = &rows[name];
        let mut red = 0;
        for (at, outcome) in outcomes {
            let case = &cases[at];
            let is_red = is_red(&outcome, &honest[at]);
            red += usize::from(is_red);
            if case.mutants.contains(&name) && !is_red {
                report.problems.push(format!("{name} survives {}", case.id));
            }
            let shares = case.rows.iter().chain(&outcome.judgement.rows).any(|row| own_rows.contains(row));
            if is_red && !shares && !outcome.judgement.no_login {
                let detail = &outcome.judgement.detail;
                report.problems.push(format!("{name} turns {} red, which shares no row with it: {detail}", case.id));
            }
        }
        progress(name, red);
    }
    report.ms = start.elapsed().as_millis();
    report
}

/// A case is red when it does not pass; one that reports a choice, when it reports another than the correct client's.
fn is_red(outcome: &Outcome, honest: &Outcome) -> bool {
    match outcome.judgement.verdict {
        Verdict::Pass => false,
        Verdict::Policy => outcome.judgement.detail != honest.judgement.detail,
        _ => true,
    }
}
