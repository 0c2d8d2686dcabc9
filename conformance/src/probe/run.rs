//! Runs the probes, one after the other, and writes down what came of each.

use std::time::Instant;

use serde_json::json;

use super::bench::Bench;
use super::browser::Browser;
use super::catalogue::Probe;
use super::http::Http;
use super::stop::Stop;
use super::target::Target;
use crate::case::Level;
use crate::glob::matches;
use crate::results::{CaseResult, FORMAT, Requirement, Results, Trace, milliseconds, specification_of};

/// A server at which this many controls fail, one after the other, is not asked again: it may have locked its user out.
const MAX_CONTROLS: u32 = 3;

/// The length of a run, and how to begin it again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// Whether requests may be sent at the same moment.
    pub(crate) may_race: bool,
    /// The command line of one probe, to which its name is added.
    pub(crate) again: String,
}

/// Tries a whole login of each client before anything is changed.
///
/// # Errors
///
/// What was seen, with the requests, when one does not get its tokens.
pub(crate) fn set_up(http: &Http, target: &Target, browser: &mut Browser) -> Result<(), String> {
    if target.clients().is_empty() {
        return Err("as.toml names no [[client]]".to_owned());
    }
    for client in target.clients() {
        http.turn_page();
        let mut bench = Bench::new(http, target, browser, false);
        if let Err(Stop::Control(why)) = bench.login(client) {
            let trace = Trace::of_wire(&http.wire()).text("  ");
            let why = http.wire().masker().mask(&why);
            return Err(format!("the client {:?} cannot log in, so nothing can be judged: {why}\n{trace}", client.id));
        }
    }
    Ok(())
}

/// Runs the probes. `on_each` sees each result.
pub(crate) fn run(
    http: &Http,
    target: &Target,
    browser: &mut Browser,
    probes: &[Probe],
    options: &Options,
    mut on_each: impl FnMut(&CaseResult),
) -> Results {
    let start = Instant::now();
    let mut results = Results {
        format: FORMAT,
        suite: format!("{} probe", env!("CARGO_PKG_NAME")),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        subject: json!({"name": target.config.name.as_deref().unwrap_or(&target.issuer)}),
        ..Results::default()
    };
    let mut failed_controls = 0;
    for probe in probes {
        let case = if let Some(reason) = reason_of(&target.config.disabled, probe.id) {
            CaseResult { verdict: "disabled".into(), reason: Some(reason), ..case_of(probe, options) }
        } else if let Some(why) = http.stopped() {
            results.partial = true;
            not_tested(probe, options, format!("the probe has stopped: {why}"))
        } else if failed_controls >= MAX_CONTROLS {
            results.partial = true;
            not_tested(probe, options, format!("{MAX_CONTROLS} controls failed, one after the other"))
        } else {
            judged(http, target, browser, probe, options)
        };
        match (case.verdict.as_str(), &case.twin) {
            ("error", _) => failed_controls += 1,
            (_, Some(_)) => failed_controls = 0,
            (_, None) => {}
        }
        on_each(&case);
        results.cases.push(case);
    }
    apply_known(target, &mut results);
    results.count();
    (results.ms, results.plays) =
        (milliseconds(start.elapsed().as_millis()), usize::try_from(http.sent()).unwrap_or(0));
    results
}

fn judged(http: &Http, target: &Target, browser: &mut Browser, probe: &Probe, options: &Options) -> CaseResult {
    let start = Instant::now();
    http.turn_page();
    let mut bench = Bench::new(http, target, browser, options.may_race);
    let outcome = (probe.run)(&mut bench);
    let has_control = bench.controls() > 0;
    let (verdict, detail) = match outcome {
        // The rule of the whole: a refusal by a server that refuses everything proves nothing.
        Ok(()) | Err(Stop::Breach(_)) if !has_control => {
            ("error", "the suite's own mistake: there was no control".to_owned())
        }
        Ok(()) => ("pass", String::new()),
        Err(Stop::Breach(seen)) if probe.level == Level::Should => ("warn", seen),
        Err(Stop::Breach(seen)) => ("fail", seen),
        Err(Stop::Control(why)) => ("error", format!("the control failed, so nothing is proved: {why}")),
        Err(Stop::NotClaimed(why)) => ("not_claimed", why),
        Err(Stop::NotTested(why)) => ("not_tested", why),
    };
    CaseResult {
        verdict: verdict.into(),
        detail: http.wire().masker().mask(&detail),
        twin: has_control.then(|| "pass".to_owned()),
        ms: milliseconds(start.elapsed().as_millis()),
        trace: Some(Trace::of_wire(&http.wire())),
        ..case_of(probe, options)
    }
}

fn not_tested(probe: &Probe, options: &Options, why: String) -> CaseResult {
    CaseResult { verdict: "not_tested".into(), detail: why, ..case_of(probe, options) }
}

fn case_of(probe: &Probe, options: &Options) -> CaseResult {
    let requirements = Requirement::of(|row| probe.rows.contains(&row.id));
    let first = requirements.iter().find(|row| probe.rows.first() == Some(&row.id.as_str()));
    CaseResult {
        id: probe.id.into(),
        title: format!("{} The server must {}.", probe.about, probe.expected),
        section: first.map_or_else(String::new, |row| row.source.clone()),
        specification: specification_of(probe.rows),
        rows: probe.rows.iter().map(|row| (*row).to_owned()).collect(),
        level: probe.level.as_str().into(),
        stage: probe.group.into(),
        again: format!("{} --case '{}'", options.again, probe.id),
        requirements,
        ..CaseResult::default()
    }
}

fn reason_of(table: &std::collections::BTreeMap<String, String>, id: &str) -> Option<String> {
    table.iter().find(|(glob, _)| matches(glob, id)).map(|(_, reason)| reason.clone())
}

/// What as.toml expects to fail, and the lines of it that no longer apply.
fn apply_known(target: &Target, results: &mut Results) {
    let known: Vec<&str> = super::all().iter().map(|probe| probe.id).collect();
    for case in &mut results.cases {
        let Some(reason) = reason_of(&target.config.expect_fail, &case.id) else { continue };
        match case.verdict.as_str() {
            "fail" | "warn" => case.reason = Some(reason),
            "pass" => results.stale.push(format!("[expect_fail] {:?} passes: remove the line", case.id)),
            _ => {}
        }
    }
    for (table, globs) in [("disabled", &target.config.disabled), ("expect_fail", &target.config.expect_fail)] {
        let unknown = globs.keys().filter(|glob| !known.iter().any(|id| matches(glob, id)));
        results.stale.extend(unknown.map(|glob| format!("[{table}] {glob:?} matches no probe")));
    }
}
