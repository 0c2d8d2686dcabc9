//! Requirement sets, frozen with a release: what "conforms to 2026.1" means never changes.

use toml_edit::DocumentMut;

use crate::case::Case;

/// Every set, by name.
const SETS: &[(&str, &str)] = &[("2026.1", include_str!("../sets/2026.1.toml"))];

/// The requirement rows of a profile in a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequirementSet {
    /// The set and the profile, such as `2026.1 oauth-client`.
    pub name: String,
    /// The names of the rows.
    pub rows: Vec<String>,
}

impl RequirementSet {
    /// Returns the rows of `profile` in the set `name`.
    ///
    /// # Errors
    ///
    /// A sentence that names the existing sets or profiles, when there is none of that name.
    pub fn named(name: &str, profile: &str) -> Result<Self, String> {
        let (_, text) = SETS.iter().find(|(known, _)| *known == name).ok_or_else(|| {
            let known: Vec<&str> = SETS.iter().map(|(known, _)| *known).collect();
            format!("{name:?} is not a requirement set; there is {}", known.join(", "))
        })?;
        let document: DocumentMut = text.parse().map_err(|error| format!("the set {name} cannot be read: {error}"))?;
        let profiles = document.get("profile").and_then(toml_edit::Item::as_table_like);
        let mut rows = Vec::new();
        let mut next = Some(profile.to_owned());
        while let Some(profile) = next.take() {
            let Some(found) = profiles.and_then(|profiles| profiles.get(&profile)) else {
                let known: Vec<&str> =
                    profiles.into_iter().flat_map(|profiles| profiles.iter()).map(|(known, _)| known).collect();
                return Err(format!("{profile:?} is not a profile of {name}; there is {}", known.join(", ")));
            };
            let own = found.get("rows").and_then(toml_edit::Item::as_array).into_iter().flatten();
            rows.extend(own.filter_map(|row| row.as_str().map(str::to_owned)));
            next = found.get("extends").and_then(toml_edit::Item::as_str).map(str::to_owned);
        }
        Ok(Self { name: format!("{name} {profile}"), rows })
    }

    /// Returns whether the case belongs to the set: its first row, after which it is named, is in the set.
    #[must_use]
    pub fn contains(&self, case: &Case) -> bool {
        case.rows.first().is_some_and(|first| self.rows.iter().any(|row| row == first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{Side, rows};

    #[test]
    fn each_row_of_a_set_exists_is_about_clients_and_stands_once() {
        let oauth = RequirementSet::named("2026.1", "oauth-client").unwrap();
        let oidc = RequirementSet::named("2026.1", "oidc-client").unwrap();
        assert!(oidc.rows.len() > oauth.rows.len() && oauth.rows.iter().all(|row| oidc.rows.contains(row)));
        for name in &oidc.rows {
            let row = rows().find(|row| row.id == name).unwrap_or_else(|| panic!("{name}"));
            assert_ne!(row.side, Side::Server, "{name}");
            assert_eq!(oidc.rows.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
        let cases = crate::cases::all();
        let count = |set: &RequirementSet| cases.iter().filter(|case| set.contains(case)).count();
        assert!(0 < count(&oauth) && count(&oauth) < count(&oidc), "{} {}", count(&oauth), count(&oidc));
    }

    #[test]
    fn the_frozen_set_is_as_it_was_released() {
        let oidc = RequirementSet::named("2026.1", "oidc-client").unwrap();
        use sha2::Digest as _;
        let digest = sha2::Sha256::digest(oidc.rows.join(" "));
        let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, "696a8310ea765a76", "a released set does not change: make a new one");
    }

    #[test]
    fn an_unknown_set_or_profile_is_named_with_those_that_exist() {
        assert!(RequirementSet::named("2025.1", "oidc-client").unwrap_err().contains("2026.1"));
        assert!(RequirementSet::named("2026.1", "server").unwrap_err().contains("oauth-client"));
    }
}
