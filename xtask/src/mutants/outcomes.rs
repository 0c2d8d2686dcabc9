//! What became of each mutant, kept on disk from the first minute on: a run can be stopped at any time.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::path::Path;

use crate::failure::Failure;
use crate::workspace;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A test failed.
    Caught,
    /// The tests ran many times longer than they do without the mutant; that is noticed too.
    Timeout,
    /// It does not compile.
    Unviable,
    /// Every test passed.
    Missed,
}

/// The names of the files that cargo-mutants writes into `mutants.out`, a line a mutant.
const LISTS: [(&str, Outcome); 4] = [
    ("caught", Outcome::Caught),
    ("timeout", Outcome::Timeout),
    ("unviable", Outcome::Unviable),
    ("missed", Outcome::Missed),
];

/// By the name of the mutant: `path:line:column: what is replaced`.
#[derive(Debug, Default)]
pub(super) struct Outcomes(BTreeMap<String, Outcome>);

impl Outcomes {
    /// What earlier runs found, the interrupted one among them, in files that have not changed since.
    pub(super) fn resume(folder: &Path) -> Result<Self, Failure> {
        let mut outcomes = Self::default();
        outcomes.take(&folder.join("known"));
        outcomes.take(&folder.join("mutants.out"));
        let files = std::fs::read_to_string(folder.join("files.txt")).unwrap_or_default();
        outcomes.retain(|name, _| {
            let file = name.split(':').next().unwrap_or_default();
            files.lines().any(|line| line == fingerprint(file))
        });
        Ok(outcomes)
    }

    /// Writes down what is known, in which files, and what cargo-mutants shall pass over: with `--iterate` it reads the
    /// names of those that it need not run from `mutants.out`.
    pub(super) fn begin<'a>(
        &self,
        folder: &Path,
        skipped: impl Iterator<Item = &'a str>,
        files: impl Iterator<Item = &'a str>,
    ) -> Result<(), Failure> {
        let mut files: Vec<String> = files.map(fingerprint).collect();
        files.dedup();
        match std::fs::remove_dir_all(folder.join("mutants.out")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(cannot_write(folder, &error)),
            _ => {}
        }
        write(&folder.join("mutants.out").join("previously_caught.txt"), skipped)?;
        write(&folder.join("files.txt"), files.iter().map(String::as_str))?;
        self.keep(folder)
    }

    /// Takes in what the run has found.
    pub(super) fn finish(&mut self, folder: &Path) -> Result<(), Failure> {
        self.take(&folder.join("mutants.out"));
        self.keep(folder)
    }

    fn take(&mut self, place: &Path) {
        for (list, outcome) in LISTS {
            let names = std::fs::read_to_string(place.join(list).with_extension("txt")).unwrap_or_default();
            self.extend(names.lines().map(|name| (name.to_owned(), outcome)));
        }
    }

    fn keep(&self, folder: &Path) -> Result<(), Failure> {
        for (list, outcome) in LISTS {
            let names = self.iter().filter(|(_, own)| **own == outcome).map(|(name, _)| name.as_str());
            write(&folder.join("known").join(list).with_extension("txt"), names)?;
        }
        Ok(())
    }
}

impl Deref for Outcomes {
    type Target = BTreeMap<String, Outcome>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Outcomes {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

/// A file's name and a number that changes with its text.
fn fingerprint(file: &str) -> String {
    let mut hasher = DefaultHasher::new();
    std::fs::read(workspace::root().join(file)).unwrap_or_default().hash(&mut hasher);
    format!("{file} {:016x}", hasher.finish())
}

fn write<'a>(file: &Path, lines: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    let folder = file.parent().unwrap_or(file);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(file, text))
        .map_err(|error| cannot_write(file, &error))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Failed(format!("{} cannot be written: {error}", path.display()))
}

/// How many there are of each kind.
#[derive(Debug, PartialEq)]
pub(super) struct Counts {
    caught: usize,
    timeout: usize,
    unviable: usize,
    missed: usize,
}

impl Counts {
    pub(super) const HEAD: &str = " viable   caught  timeout   missed unviable  caught of viable";

    pub(super) fn of(outcomes: &Outcomes) -> Self {
        let count = |outcome| outcomes.values().filter(|own| **own == outcome).count();
        Self {
            caught: count(Outcome::Caught),
            timeout: count(Outcome::Timeout),
            unviable: count(Outcome::Unviable),
            missed: count(Outcome::Missed),
        }
    }

    fn viable(&self) -> usize {
        self.caught + self.timeout + self.missed
    }

    /// Of the viable ones, those that a test noticed. 100 where there are none.
    pub(super) fn percent(&self) -> f64 {
        100.0 - 100.0 * self.missed as f64 / self.viable().max(1) as f64
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { caught, timeout, unviable, missed } = self;
        write!(f, "{:7} {caught:8} {timeout:8} {missed:8} {unviable:8}  {:14.1} %", self.viable(), self.percent())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "xtask/src/mutants/outcomes.rs";

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| format!("{FILE}:1:1: {name}")).collect()
    }

    #[test]
    fn an_interrupted_run_is_taken_up_where_it_stopped() {
        let here = std::env::temp_dir().join(format!("xtask-mutants-{}", std::process::id()));
        let [a, b, c] = &names(&["a", "b", "c"])[..] else { unreachable!() };
        let mut outcomes = Outcomes::default();
        outcomes.insert(a.clone(), Outcome::Caught);
        outcomes.begin(&here, [a.as_str()].into_iter(), [FILE, FILE].into_iter()).unwrap();
        assert_eq!(std::fs::read_to_string(here.join("mutants.out/previously_caught.txt")).unwrap(), format!("{a}\n"));
        // What a run of cargo-mutants leaves that is stopped after two mutants.
        std::fs::write(here.join("mutants.out/missed.txt"), format!("{b}\n")).unwrap();
        std::fs::write(here.join("mutants.out/timeout.txt"), format!("{c}\n")).unwrap();
        let resumed = Outcomes::resume(&here).unwrap();
        assert_eq!(Counts::of(&resumed), Counts { caught: 1, timeout: 1, unviable: 0, missed: 1 });
        // The same file, with another text.
        std::fs::write(here.join("files.txt"), format!("{FILE} 0000000000000000\n")).unwrap();
        assert!(Outcomes::resume(&here).unwrap().is_empty());
        std::fs::remove_dir_all(&here).unwrap();
    }

    #[test]
    fn the_percentage_is_of_those_that_compile() {
        let mut outcomes = Outcomes::default();
        for (name, outcome) in names(&["a", "b", "c", "d", "e"])
            .into_iter()
            .zip([Outcome::Caught; 3].into_iter().chain([Outcome::Missed, Outcome::Unviable]))
        {
            outcomes.insert(name, outcome);
        }
        let counts = Counts::of(&outcomes);
        assert_eq!(counts.percent(), 75.0);
        assert_eq!(counts.to_string().split_whitespace().collect::<Vec<_>>(), ["4", "3", "0", "1", "1", "75.0", "%"]);
        assert_eq!(Counts::of(&Outcomes::default()).percent(), 100.0);
    }
}
