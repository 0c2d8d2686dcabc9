//! The members of a key as JSON, found in one pass.

use crate::skipped::SkipReason;
use crate::value::Value;

/// The members that this crate reads of a public or private key. One whose value is `null` counts as absent.
pub(crate) struct JwkMembers<'a>([Option<Value<'a>>; NAMES.len()]);

/// Their names (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2), and `issuer`, which key sets of many tenants
/// have.
const NAMES: [&str; 18] = [
    "kty", "use", "key_ops", "alg", "kid", "issuer", "n", "e", "crv", "x", "y", "d", "p", "q", "dp", "dq", "qi", "oth",
];

impl<'a> JwkMembers<'a> {
    /// Reads an object without repeated names.
    pub(crate) fn read(entry: Value<'a>) -> Result<Self, SkipReason> {
        let members = entry.members().ok_or(SkipReason::NotAnObject)?;
        if entry.json.has_duplicates(entry.node) {
            return Err(SkipReason::DuplicateMember);
        }
        let mut found = [None; NAMES.len()];
        for (name, value) in members.filter(|(_, value)| !value.is_null()) {
            if let Some(slot) = place(name).and_then(|at| found.get_mut(at)) {
                *slot = Some(value);
            }
        }
        Ok(Self(found))
    }

    pub(crate) fn get(&self, name: &str) -> Option<Value<'a>> {
        self.0.get(place(name)?).copied().flatten()
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&'a str>, SkipReason> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or(SkipReason::WrongType(name)),
        }
    }

    pub(crate) fn required(&self, name: &'static str) -> Result<&'a str, SkipReason> {
        self.text(name)?.ok_or(SkipReason::MissingMember(name))
    }
}

/// Where a name stands in `NAMES`.
#[inline]
fn place(name: &str) -> Option<usize> {
    // Written out, so that the compiler finds the place of a name that it knows.
    Some(match name {
        "kty" => 0,
        "use" => 1,
        "key_ops" => 2,
        "alg" => 3,
        "kid" => 4,
        "issuer" => 5,
        "n" => 6,
        "e" => 7,
        "crv" => 8,
        "x" => 9,
        "y" => 10,
        "d" => 11,
        "p" => 12,
        "q" => 13,
        "dp" => 14,
        "dq" => 15,
        "qi" => 16,
        "oth" => 17,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{NAMES, place};

    #[test]
    fn each_name_has_its_place() {
        assert_eq!(NAMES.map(place), std::array::from_fn(Some));
        assert_eq!(place("kt"), None);
    }
}
