//! The document that a run writes: everything that a report shows, in one JSON file.

mod trace;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::trace::{Event, ShownToken, Trace};
use crate::case::Case;
use crate::judge::Verdict;
use crate::rows::{Row, rows};
use crate::suite::{Outcome, Report};
use crate::timings::Part;

/// The version of the document's format. A reader refuses a newer one by name.
pub const FORMAT: u32 = 1;

/// The results of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Results {
    /// The version of the document's format, [`FORMAT`].
    pub format: u32,
    /// The name of the suite.
    pub suite: String,
    /// The version of the suite.
    pub version: String,
    /// `name`, `version` and `lang`, as the shim states them; null when none was started.
    pub subject: Value,
    /// The shim's command line, word by word; empty for the shim of proofkey.
    pub command: Vec<String>,
    /// The number of cases with each verdict.
    pub counts: BTreeMap<String, usize>,
    /// The same counts by specification.
    pub totals: BTreeMap<String, BTreeMap<String, usize>>,
    /// The duration of the run, in milliseconds.
    pub ms: u64,
    /// The number of times that a client was started.
    pub plays: usize,
    /// The time of all plays by part, in milliseconds.
    pub parts_ms: BTreeMap<String, u64>,
    /// Whether the run was interrupted before every case was judged.
    pub partial: bool,
    /// The shard of the cases that ran, such as `1/4`; absent when all did.
    pub shard: Option<String>,
    /// The requested requirement set and profile, such as `2026.1 oidc-client`.
    pub set: Option<String>,
    /// Lines of `shim.toml` that no longer apply.
    pub stale: Vec<String>,
    /// The cases, in the order of the catalogue.
    pub cases: Vec<CaseResult>,
}

/// One case, judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CaseResult {
    /// `ROW/what-is-wrong`.
    pub id: String,
    /// What happens, in one sentence.
    pub title: String,
    /// The section of the first row, such as `6749 §10.12`.
    pub section: String,
    /// The specification of the first row, such as `RFC 6749`.
    pub specification: String,
    /// The names of the requirement rows.
    pub rows: Vec<String>,
    /// The requirements of these rows, and of others that were broken.
    pub requirements: Vec<Requirement>,
    /// `MUST`, `SHOULD` or `MAY`.
    pub level: String,
    /// The stage of the login.
    pub stage: String,
    /// `pass`, `fail`, `warn`, `policy`, `not_claimed`, `error` or `disabled`; of a probe also `not_tested`.
    pub verdict: String,
    /// The class that the client stated, if it refused.
    pub class: Option<String>,
    /// What was expected and what was seen.
    pub detail: String,
    /// The verdict on the honest twin.
    pub twin: Option<String>,
    /// Why `shim.toml` expects this case to fail, or has it disabled.
    pub reason: Option<String>,
    /// The duration, in milliseconds.
    pub ms: u64,
    /// The command line that runs this case again.
    pub again: String,
    /// What happened.
    pub trace: Option<Trace>,
}

/// A requirement row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Requirement {
    /// The name of the row.
    pub id: String,
    /// The specification and section.
    pub source: String,
    /// The keyword.
    pub level: String,
    /// What must hold.
    pub statement: String,
}

impl Requirement {
    /// The rows that are asked for.
    pub(crate) fn of(is_one: impl Fn(&Row) -> bool) -> Vec<Self> {
        let rows = rows().filter(is_one).map(|row| Self {
            id: row.id.into(),
            source: row.source.into(),
            level: row.level.into(),
            statement: row.statement.into(),
        });
        rows.collect()
    }
}

impl CaseResult {
    /// Returns whether this is a failure: of a MUST, or with `strict` of a SHOULD. An expected failure is not.
    #[must_use]
    pub fn is_failure(&self, strict: bool) -> bool {
        self.reason.is_none() && (self.verdict == "fail" || (strict && self.verdict == "warn"))
    }

    /// Returns whether the case needs attention.
    #[must_use]
    pub fn is_red(&self) -> bool {
        matches!(self.verdict.as_str(), "fail" | "warn" | "error")
    }

    /// Returns whether the client refused, but in a class that the case does not accept.
    #[must_use]
    pub fn refuses_otherwise(&self) -> bool {
        matches!(self.verdict.as_str(), "fail" | "warn")
            && self.detail.starts_with("expected: a refusal")
            && self.detail.contains("; seen: class ")
    }
}

impl Results {
    /// Returns the results of `report`, which covers some or all of `cases`. `arguments` name the subject on a command
    /// line of `run`, such as `--shim`, `python3`, `my_shim.py`.
    #[must_use]
    pub fn of(cases: &[Case], report: &Report, arguments: &[String]) -> Self {
        let subject = report.outcomes.iter().map(|outcome| &outcome.subject).find(|subject| !subject.is_null());
        let by_id: HashMap<&str, &Case> = cases.iter().map(|case| (case.id, case)).collect();
        let parts = Part::ALL.into_iter().map(|part| (part.as_str().to_owned(), report.timings.of(part).as_millis()));
        let mut results = Self {
            format: FORMAT,
            suite: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            subject: subject.cloned().unwrap_or_default(),
            ms: milliseconds(report.ms),
            plays: report.plays,
            parts_ms: parts.map(|(part, ms)| (part, milliseconds(ms))).collect(),
            partial: report.outcomes.len() < cases.len(),
            cases: report
                .outcomes
                .iter()
                .filter_map(|outcome| Some(CaseResult::of(by_id.get(outcome.id)?, outcome, arguments)))
                .collect(),
            ..Self::default()
        };
        results.count();
        results
    }

    /// Counts again, after cases have changed.
    pub(crate) fn count(&mut self) {
        let zeros = || Verdict::ALL.iter().map(|verdict| (verdict.as_str().to_owned(), 0)).collect();
        let mut counts: BTreeMap<String, usize> = zeros();
        let mut totals: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for case in &self.cases {
            *counts.entry(case.verdict.clone()).or_default() += 1;
            let of_specification = totals.entry(case.specification.clone()).or_insert_with(zeros);
            *of_specification.entry(case.verdict.clone()).or_default() += 1;
        }
        (self.counts, self.totals) = (counts, totals);
    }

    /// Returns the number of cases with this verdict, by its word in reports.
    #[must_use]
    pub fn counted(&self, verdict: &str) -> usize {
        self.counts.get(verdict).copied().unwrap_or_default()
    }

    /// Returns the name of the subject.
    #[must_use]
    pub fn name(&self) -> String {
        let word = |field: &str| self.subject[field].as_str().unwrap_or_default().to_owned();
        match (word("name"), word("version")) {
            (name, _) if name.is_empty() => "unknown client".to_owned(),
            (name, version) if version.is_empty() => name,
            (name, version) => format!("{name} {version}"),
        }
    }

    /// Reads a result file.
    ///
    /// # Errors
    ///
    /// A sentence, when there is no such file, or it is not a result file, or has a newer version.
    pub fn load(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
        let results: Self =
            serde_json::from_str(&text).map_err(|error| format!("{shown} is not a result file: {error}"))?;
        match results.format {
            FORMAT => Ok(results),
            0 => Err(format!("{shown} is not a result file: it names no format")),
            newer => Err(format!("{shown} has the format {newer}; this program reads {FORMAT}")),
        }
    }

    /// Writes a result file to `path`, or to the next free name in the default folder, and returns its path.
    ///
    /// # Errors
    ///
    /// A sentence, when it cannot be written.
    pub fn save(&self, path: Option<&Path>) -> Result<PathBuf, String> {
        let text = format!("{}\n", serde_json::to_string_pretty(self).unwrap_or_default());
        let written = match path {
            Some(path) => std::fs::write(path, text).map(|()| path.to_owned()),
            None => in_next_file(&text),
        };
        written.map_err(|error| match path {
            Some(path) => format!("{} cannot be written: {error}", path.display()),
            None => format!("{} cannot be written: {error}", folder().display()),
        })
    }

    /// Merges several documents, about different cases of one client, into one.
    ///
    /// # Errors
    ///
    /// A sentence, when the documents are about different clients or versions, or judge a case twice.
    pub fn merge(parts: Vec<Self>) -> Result<Self, String> {
        let mut parts = parts.into_iter();
        let mut all = parts.next().ok_or("there is nothing to merge")?;
        for part in parts {
            if (&part.version, &part.set) != (&all.version, &all.set) {
                return Err("the files are of different versions of the suite, or of different sets".to_owned());
            }
            if !part.subject.is_null() && !all.subject.is_null() && part.subject != all.subject {
                return Err(format!("the files are of different clients: {} and {}", all.name(), part.name()));
            }
            if let Some(twice) = part.cases.iter().find(|case| all.cases.iter().any(|known| known.id == case.id)) {
                return Err(format!("two of the files judge the case {}", twice.id));
            }
            if all.subject.is_null() {
                all.subject = part.subject;
            }
            // Shards run side by side: the slowest decides.
            all.ms = all.ms.max(part.ms);
            all.plays += part.plays;
            for (name, ms) in part.parts_ms {
                *all.parts_ms.entry(name).or_default() += ms;
            }
            all.partial |= part.partial;
            all.stale.extend(part.stale);
            all.cases.extend(part.cases);
        }
        all.shard = None;
        let order: BTreeMap<&str, usize> =
            crate::cases::all().iter().enumerate().map(|(at, case)| (case.id, at)).collect();
        all.cases.sort_by_key(|case| (order.get(case.id.as_str()).copied().unwrap_or(usize::MAX), case.id.clone()));
        all.count();
        Ok(all)
    }
}

impl CaseResult {
    fn of(case: &Case, outcome: &Outcome, subject: &[String]) -> Self {
        let judgement = &outcome.judgement;
        let requirements = Requirement::of(|row| case.rows.contains(&row.id) || judgement.rows.contains(&row.id));
        let first = requirements.iter().find(|row| case.rows.first() == Some(&row.id.as_str()));
        Self {
            id: case.id.into(),
            title: case.about.into(),
            section: first.map_or_else(String::new, |row| row.source.clone()),
            specification: specification(case),
            rows: case.rows.iter().map(|row| (*row).to_owned()).collect(),
            level: case.level.as_str().into(),
            stage: case.stage.into(),
            verdict: judgement.verdict.as_str().into(),
            class: judgement.class.clone(),
            detail: judgement.detail.clone(),
            twin: outcome.twin.map(|twin| twin.as_str().to_owned()),
            reason: None,
            ms: milliseconds(outcome.ms),
            again: again(&format!("--case '{}'", case.id), subject),
            trace: outcome.played.as_ref().map(|(mode, transcript)| Trace::of(transcript, *mode)),
            requirements,
        }
    }
}

/// A command line of `run`: which cases, and the arguments that name the subject.
pub(crate) fn again(which: &str, subject: &[String]) -> String {
    let mut line = format!("proofkey-conformance run {which}");
    for word in subject {
        let is_plain =
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./=:@%+,".contains(&byte));
        line += &if is_plain { format!(" {word}") } else { format!(" '{}'", word.replace('\'', r"'\''")) };
    }
    line
}

/// Where results are written when nothing else is said.
pub(crate) fn folder() -> PathBuf {
    // In a project of Rust it is where everything goes that is made.
    if Path::new("target").is_dir() { "target/conformance".into() } else { "conformance-results".into() }
}

/// `results.json`, else `results-2.json`, and so on: what is there stays.
fn in_next_file(text: &str) -> std::io::Result<PathBuf> {
    use std::io::Write as _;

    let folder = folder();
    std::fs::create_dir_all(&folder)?;
    for number in 1..100_000 {
        let path = folder.join(numbered(number));
        match std::fs::File::create_new(&path) {
            Ok(mut file) => return file.write_all(text.as_bytes()).map(|()| path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(std::io::Error::other("it is full of results"))
}

fn numbered(number: u32) -> String {
    if number == 1 { "results.json".to_owned() } else { format!("results-{number}.json") }
}

/// The newest file of the default folder.
pub(crate) fn newest() -> Option<PathBuf> {
    let folder = folder();
    (1..100_000).map(|number| folder.join(numbered(number))).take_while(|path| path.exists()).last()
}

/// The specification of the case's first row; attacks are known by other papers each, and stand together.
pub(crate) fn specification(case: &Case) -> String {
    specification_of(case.rows)
}

/// The same of these rows.
pub(crate) fn specification_of(of: &[&str]) -> String {
    let first = of.first().copied().unwrap_or_default();
    if first.starts_with("AK-") {
        return "Known attacks".to_owned();
    }
    if first.starts_with("PV-") {
        return "Providers".to_owned();
    }
    let source = rows().find(|row| row.id == first).map_or("", |row| row.source);
    let name = source.split([' ', ';', ',']).next().unwrap_or_default();
    match name {
        "Core" => "OpenID Connect Core".to_owned(),
        "RP-Initiated" => "RP-Initiated Logout".to_owned(),
        "Disc" => "OpenID Connect Discovery".to_owned(),
        "BCP" => "RFC 9700 update draft".to_owned(),
        number if number.starts_with(|c: char| c.is_ascii_digit()) => format!("RFC {number}"),
        other => other.to_owned(),
    }
}

pub(crate) fn milliseconds(ms: u128) -> u64 {
    u64::try_from(ms).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(ids: &[&str]) -> Results {
        let cases =
            ids.iter().map(|id| CaseResult { id: (*id).to_owned(), verdict: "pass".into(), ..Default::default() });
        let mut results = Results { format: FORMAT, cases: cases.collect(), ..Results::default() };
        results.count();
        results
    }

    #[test]
    fn shards_are_put_together_in_the_order_of_the_catalogue_and_overlaps_are_refused() {
        let ids: Vec<&str> = crate::cases::all().iter().take(4).map(|case| case.id).collect();
        let merged = Results::merge(vec![results(&[ids[1], ids[3]]), results(&[ids[0], ids[2]])]).unwrap();
        assert_eq!(merged.cases.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), ids);
        assert_eq!((merged.counted("pass"), merged.counted("fail")), (4, 0));
        let twice = Results::merge(vec![results(&ids), results(&ids[..1])]).unwrap_err();
        assert!(twice.contains(ids[0]), "{twice}");
        let other = Results { subject: serde_json::json!({"name": "b"}), ..results(&ids[..1]) };
        let one = Results { subject: serde_json::json!({"name": "a"}), ..results(&ids[1..]) };
        assert!(Results::merge(vec![one, other]).unwrap_err().contains("a and b"));
        assert!(Results::merge(Vec::new()).is_err());
    }

    #[test]
    fn the_line_that_runs_a_case_again_is_fit_for_a_shell() {
        let words = ["--shim", "python3", "my shim.py", "it's", ""].map(str::to_owned);
        assert_eq!(
            again("--case 'OA-48/x'", &words),
            r"proofkey-conformance run --case 'OA-48/x' --shim python3 'my shim.py' 'it'\''s' ''"
        );
        assert_eq!(again("--case 'OA-48/x'", &[]), "proofkey-conformance run --case 'OA-48/x'");
    }
}
