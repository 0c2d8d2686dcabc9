//! A group of tests, a test, and what the verifier knows.

use super::edit::{Edits, Members, quoted};
use super::flags::Flag;

/// The clock of every group: 2027-01-15T08:00:00Z.
pub(crate) const NOW: i64 = 1_800_000_000;

/// The issuer and the client of every group that does not say otherwise.
pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const CLIENT: &str = "s6BhdRkqt3";
pub(crate) const NONCE: &str = "n-0S6_WzA2Mj";

pub(crate) struct Group {
    pub(crate) comment: &'static str,
    /// The `alg` of the tokens, which names the key as well.
    pub(crate) algorithm: &'static str,
    /// The `typ` of the honest tokens.
    pub(crate) typ: Option<&'static str>,
    pub(crate) expected: Expected,
    /// The claims of an honest token, on which the edits work.
    pub(crate) honest: Members,
    pub(crate) tests: Vec<Test>,
}

/// What the verifier is told. The members that a kind of token has no use for are left out of its file.
#[derive(Clone)]
pub(crate) struct Expected {
    pub(crate) issuer: &'static str,
    pub(crate) client_id: &'static str,
    pub(crate) trusted_audiences: &'static [&'static str],
    pub(crate) nonce: Option<&'static str>,
    pub(crate) skew: u32,
    pub(crate) max_age: Option<u32>,
    pub(crate) acr_values: Option<&'static [&'static str]>,
    pub(crate) access_token: Option<&'static str>,
    pub(crate) code: Option<&'static str>,
    pub(crate) front_channel: bool,
    /// What the request to the resource server needs.
    pub(crate) scope: &'static [&'static str],
}

impl Default for Expected {
    fn default() -> Self {
        Self {
            issuer: ISSUER,
            client_id: CLIENT,
            trusted_audiences: &[],
            nonce: Some(NONCE),
            skew: 0,
            max_age: None,
            acr_values: None,
            access_token: None,
            code: None,
            front_channel: false,
            scope: &[],
        }
    }
}

impl Group {
    /// The honest claims follow from what is expected: those that every such token has, and no others.
    pub(crate) fn new(comment: &'static str, expected: Expected, tests: Vec<Test>) -> Self {
        let mut honest = vec![
            ("iss", quoted(expected.issuer)),
            ("sub", quoted("user-17")),
            ("aud", quoted(expected.client_id)),
            ("exp", (NOW + 3600).to_string()),
            ("iat", (NOW - 10).to_string()),
        ];
        honest.extend(expected.nonce.map(|nonce| ("nonce", quoted(nonce))));
        honest.extend(expected.max_age.map(|_| ("auth_time", NOW.to_string())));
        honest.extend(expected.acr_values.and_then(|values| values.first()).map(|first| ("acr", quoted(first))));
        let honest = honest.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { comment, algorithm: "RS256", typ: None, expected, honest, tests }
    }

    /// The same tests of the claims of another kind of token, which has `more` claims and no others.
    pub(crate) fn of_kind(self, typ: &'static str, audience: &'static str, more: &[(&str, &str)]) -> Self {
        let expected = Expected { client_id: audience, nonce: None, ..self.expected };
        let mut group = Self::new(self.comment, expected, self.tests);
        group.honest.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Self { typ: Some(typ), algorithm: "EdDSA", ..group }
    }

    pub(crate) fn signed_by(mut self, algorithm: &'static str) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// A further claim of the honest token.
    pub(crate) fn honest(mut self, name: &str, value: &str) -> Self {
        self.honest.push((name.to_owned(), quoted(value)));
        self
    }
}

/// What the specifications say of a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Valid,
    Invalid,
    /// They leave it to the implementation.
    Acceptable,
}

pub(crate) struct Test {
    pub(crate) comment: String,
    pub(crate) edits: Edits,
    pub(crate) forgery: Forgery,
    pub(crate) verdict: Verdict,
    /// The classes of a refusal, by their names in the shim protocol.
    pub(crate) reason: &'static [&'static str],
    pub(crate) flags: Vec<Flag>,
    /// The header's `typ`, where it is not that of the group.
    pub(crate) typ: Option<Option<&'static str>>,
}

/// What happens to the signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forgery {
    None,
    /// It is that of the honest claims.
    OfHonestClaims,
    /// Its last octet but eight has one bit turned over.
    BitFlipped,
    /// It is empty.
    Empty,
    /// It is empty, and the header's `alg` is `none`.
    Unsigned,
}

pub(crate) fn valid(comment: impl Into<String>, edits: Edits, flags: &[Flag]) -> Test {
    test(comment, edits, Verdict::Valid, &[], flags)
}

pub(crate) fn invalid(
    comment: impl Into<String>,
    edits: Edits,
    reason: &'static [&'static str],
    flags: &[Flag],
) -> Test {
    test(comment, edits, Verdict::Invalid, reason, flags)
}

/// `reason` is what a refusal, if it comes to one, names.
pub(crate) fn acceptable(
    comment: impl Into<String>,
    edits: Edits,
    reason: &'static [&'static str],
    flags: &[Flag],
) -> Test {
    test(comment, edits, Verdict::Acceptable, reason, flags)
}

impl Test {
    pub(crate) fn forged(mut self, forgery: Forgery) -> Self {
        self.forgery = forgery;
        self
    }

    pub(crate) fn typed(mut self, typ: Option<&'static str>) -> Self {
        self.typ = Some(typ);
        self
    }
}

fn test(
    comment: impl Into<String>,
    edits: Edits,
    verdict: Verdict,
    reason: &'static [&'static str],
    flags: &[Flag],
) -> Test {
    let comment = comment.into();
    Test { comment, edits, forgery: Forgery::None, verdict, reason, flags: flags.to_vec(), typ: None }
}
