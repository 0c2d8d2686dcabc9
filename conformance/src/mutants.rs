//! The suite judges itself: the reference client passes every case, and each of its switches turns red the cases
//! that name it, and none that does not share a row with them.

use std::collections::BTreeSet;
use std::time::Instant;

use proofkey_reference::{DEFECTS, Defects};

use crate::case::Case;
use crate::judge::Verdict;
use crate::play::Mode;
use crate::subject::Subject;
use crate::suite::{Options, run as run_suite};

/// What the suite found out about itself.
#[derive(Clone, Debug, Default)]
pub struct MutantReport {
    /// How many switches were tried.
    pub mutants: usize,
    /// How many cases ran, all switches together.
    pub runs: usize,
    /// What is wrong with the suite; empty when nothing is.
    pub problems: Vec<String>,
    /// Switches that no case names yet.
    pub unused: Vec<&'static str>,
    /// How long it took, in milliseconds.
    pub ms: u128,
}

/// Runs every switch that a case names over all cases; `progress` is told each switch and how many cases it turned
/// red.
pub async fn run(cases: &[Case], jobs: usize, mut progress: impl FnMut(&str, usize)) -> MutantReport {
    let start = Instant::now();
    let options = Options { jobs, modes: vec![Mode::Stdin] };
    let mut report = MutantReport::default();
    let named: BTreeSet<&'static str> = cases.iter().flat_map(|case| case.mutants).copied().collect();
    report.unused = DEFECTS.iter().map(|defect| defect.name).filter(|name| !named.contains(name)).collect();
    for case in cases.iter().filter(|case| case.mutants.is_empty()) {
        report.problems.push(format!("{} has no mutant", case.id));
    }

    let honest = run_suite(cases, &Subject::Reference(Defects::none()), &options, |_| {}).await;
    for outcome in honest.outcomes.iter().filter(|outcome| outcome.judgement.verdict != Verdict::Pass) {
        let detail = &outcome.judgement.detail;
        report.problems.push(format!("the reference client does not pass {}: {detail}", outcome.id));
    }
    for name in named {
        let defects = match Defects::named([name]) {
            Ok(defects) => defects,
            Err(unknown) => {
                report.problems.push(unknown.to_string());
                continue;
            }
        };
        let outcomes = run_suite(cases, &Subject::Reference(defects), &options, |_| {}).await.outcomes;
        report.mutants += 1;
        report.runs += outcomes.len();
        let own_rows: BTreeSet<&str> =
            cases.iter().filter(|case| case.mutants.contains(&name)).flat_map(|case| case.rows).copied().collect();
        let mut red = 0;
        for (case, outcome) in cases.iter().zip(&outcomes) {
            let is_red = outcome.judgement.verdict != Verdict::Pass;
            red += usize::from(is_red);
            if case.mutants.contains(&name) && !is_red {
                report.problems.push(format!("{name} survives {}", case.id));
            }
            let broken = outcome.judgement.row;
            let shares =
                case.rows.iter().any(|row| own_rows.contains(row)) || broken.is_some_and(|row| own_rows.contains(row));
            if is_red && !shares {
                let detail = &outcome.judgement.detail;
                report.problems.push(format!("{name} turns {} red, which shares no row with it: {detail}", case.id));
            }
        }
        progress(name, red);
    }
    report.ms = start.elapsed().as_millis();
    report
}
