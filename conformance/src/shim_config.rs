//! `shim.toml`: known facts about a client.
//!
//! ```toml
//! [disabled]
//! "ID-*" = "no OpenID Connect yet"          # these cases are not run
//! [errors]
//! "StateMismatch" = "state"                 # the client's own names for the classes of the protocol
//! [expect_fail]
//! "OA-52/code-repeated" = "https://example.com/issues/7"   # fails, and that is known
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use toml_edit::DocumentMut;

use crate::case::Case;
use crate::glob::matches;
use crate::results::{CaseResult, Results};

/// The contents of a `shim.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShimConfig {
    /// Patterns of case ids that are not run, each with the reason.
    pub disabled: BTreeMap<String, String>,
    /// The client's own error names, each with the class of the protocol that it stands for.
    pub errors: BTreeMap<String, String>,
    /// Case ids that are known to fail, each with the reason.
    pub expect_fail: BTreeMap<String, String>,
}

impl ShimConfig {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// A sentence, when it cannot be read, is not TOML, or has a table or a value that is not described above.
    pub fn load(path: &Path) -> Result<Self, String> {
        let text =
            std::fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
        let mut config = Self::default();
        for (name, item) in document.iter() {
            let table = match name {
                "disabled" => &mut config.disabled,
                "errors" => &mut config.errors,
                "expect_fail" => &mut config.expect_fail,
                other => return Err(format!("[{other}] is none of [disabled], [errors], [expect_fail]")),
            };
            let entries = item.as_table_like().ok_or_else(|| format!("{name} is not a table"))?;
            for (key, value) in entries.iter() {
                let value = value.as_str().filter(|value| !value.trim().is_empty());
                let value = value.ok_or_else(|| format!("{key:?} in [{name}] needs a text that is not empty"))?;
                table.insert(key.to_owned(), value.to_owned());
            }
        }
        Ok(config)
    }

    /// Returns why this case is disabled; `None` if it is not.
    #[must_use]
    pub fn disabled(&self, id: &str) -> Option<&str> {
        self.disabled.iter().find(|(glob, _)| matches(glob, id)).map(|(_, reason)| reason.as_str())
    }

    /// Writes reasons into `results`, adds the cases of `left_out` as disabled, and finds the lines that no longer
    /// apply. `seen` holds the error names that the client stated; `whole` says whether every case was asked for.
    pub(crate) fn apply(&self, results: &mut Results, left_out: &[Case], seen: &[String], whole: bool) {
        for case in &mut results.cases {
            let Some(reason) = self.expect_fail.get(&case.id) else { continue };
            match case.verdict.as_str() {
                "pass" | "policy" => {
                    let id = &case.id;
                    results.stale.push(format!("[expect_fail] {id:?} passes: remove the line"));
                }
                "not_claimed" => {
                    let id = &case.id;
                    results.stale.push(format!("[expect_fail] {id:?} is not claimed: remove the line"));
                }
                _ => case.reason = Some(reason.clone()),
            }
        }
        for case in left_out {
            results.cases.push(CaseResult {
                id: case.id.into(),
                title: case.about.into(),
                specification: crate::results::specification(case),
                rows: case.rows.iter().map(|row| (*row).to_owned()).collect(),
                level: case.level.as_str().into(),
                stage: case.stage.into(),
                verdict: "disabled".into(),
                reason: self.disabled(case.id).map(str::to_owned),
                ..CaseResult::default()
            });
        }
        let known: Vec<&str> = crate::cases::all().iter().map(|case| case.id).collect();
        for glob in self.disabled.keys().filter(|glob| !known.iter().any(|id| matches(glob, id))) {
            results.stale.push(format!("[disabled] {glob:?} matches no case"));
        }
        for id in self.expect_fail.keys().filter(|id| !known.contains(&id.as_str())) {
            results.stale.push(format!("[expect_fail] {id:?} is not a case"));
        }
        // A name that only other cases bring about is not stale.
        for name in self.errors.keys().filter(|name| whole && !seen.contains(name)) {
            results.stale.push(format!("[errors] {name:?} was stated in no case"));
        }
        results.count();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_tables_are_read_and_everything_else_is_named() {
        let config = ShimConfig::parse(
            "[disabled]\n\"ID-*\" = \"none\"\n[errors]\nBadState = \"state\"\n[expect_fail]\n\"OA-52/x\" = \"#7\"\n",
        )
        .unwrap();
        assert_eq!(config.disabled("ID-21/nonce-absent"), Some("none"));
        assert_eq!(config.disabled("OA-52/x"), None);
        assert_eq!(config.errors["BadState"], "state");
        for (wrong, word) in [
            ("[disable]", "disable"),
            ("[errors]\na = 1", "\"a\""),
            ("[errors]\na = \" \"", "\"a\""),
            ("errors = 1", "errors"),
            ("[", "TOML"),
        ] {
            let error = ShimConfig::parse(wrong).unwrap_err();
            assert!(error.contains(word), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_line_that_no_longer_applies_is_stale() {
        let ids: Vec<&str> = crate::cases::all().iter().take(3).map(|case| case.id).collect();
        let config = ShimConfig::parse(&format!(
            "[disabled]\n\"XX-*\" = \"gone\"\n[errors]\nOwn = \"state\"\nUsed = \"iss\"\n\
             [expect_fail]\n\"{}\" = \"#1\"\n\"{}\" = \"#2\"\n\"XX/y\" = \"#3\"\n\"{}\" = \"#4\"\n",
            ids[0], ids[1], ids[2]
        ))
        .unwrap();
        let case =
            |id: &str, verdict: &str| CaseResult { id: id.into(), verdict: verdict.into(), ..Default::default() };
        let cases = vec![case(ids[0], "fail"), case(ids[1], "pass"), case(ids[2], "not_claimed")];
        let mut results = Results { cases, ..Results::default() };
        config.apply(&mut results, &[], &["Used".to_owned()], true);
        assert_eq!(results.cases[0].reason.as_deref(), Some("#1"));
        assert!(!results.cases[0].is_failure(true));
        assert_eq!(results.stale.len(), 5, "{:?}", results.stale);
        for word in [ids[1], ids[2], "XX/y", "XX-*", "Own"] {
            assert!(results.stale.iter().any(|line| line.contains(word)), "{word}");
        }
    }
}
