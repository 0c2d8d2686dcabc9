//! The trace of a validation.

/// One rule, and what came of it. A token with a broken rule is refused, so a trace only ever says
/// that a rule was kept, or why it had nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// The rule.
    pub rule: Rule,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The comparison was made, and held.
    Held,
    /// The comparison held with the other name that the caller accepts:
    /// [`Expected::issuer_alias`](crate::Expected::issuer_alias).
    HeldByAlias,
    /// The comparison held with the name of one tenant of many:
    /// [`Expected::issuer_template`](crate::Expected::issuer_template).
    HeldByTemplate,
    /// The claim is optional, and the token does not have it.
    Absent,
    /// The caller gave nothing to compare with.
    NotAsked,
}

/// A rule for ID tokens. The variants stand in the order in which the rules are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// `typ`
    TokenType,
    /// `iss`
    Issuer,
    /// `aud`
    Audience,
    /// `azp`
    AuthorizedParty,
    /// `alg`
    Algorithm,
    /// `signature`
    Signature,
    /// `sub`
    Subject,
    /// `exp`
    Expiry,
    /// `nbf`
    NotBefore,
    /// `iat`
    IssuedAt,
    /// `nonce`
    Nonce,
    /// `acr`
    AuthenticationContext,
    /// `auth_time`
    AuthTime,
    /// `at_hash`
    AccessTokenHash,
    /// `c_hash`
    CodeHash,
    /// `refresh`
    Refresh,
}

impl Rule {
    /// All rules in the order in which they are applied.
    pub const ALL: [Self; 16] = [
        Self::TokenType,
        Self::Issuer,
        Self::Audience,
        Self::AuthorizedParty,
        Self::Algorithm,
        Self::Signature,
        Self::Subject,
        Self::Expiry,
        Self::NotBefore,
        Self::IssuedAt,
        Self::Nonce,
        Self::AuthenticationContext,
        Self::AuthTime,
        Self::AccessTokenHash,
        Self::CodeHash,
        Self::Refresh,
    ];

    /// The stable name of the rule, as given with each variant.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.words().0
    }

    /// The text that the rule comes from.
    #[must_use]
    pub fn section(self) -> &'static str {
        self.words().1
    }

    /// What is compared with what.
    #[must_use]
    pub fn compared(self) -> &'static str {
        self.words().2
    }

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::TokenType => ("typ", "RFC 8725 3.11", "the header's typ, if any, with JWT"),
            Self::Issuer => {
                ("iss", "OpenID Connect Core 3.1.3.7 rule 2", "the issuer, octet for octet, with the one expected")
            }
            Self::Audience => {
                ("aud", "OpenID Connect Core 3.1.3.7 rule 3", "the audiences with the client and those it trusts")
            }
            Self::AuthorizedParty => {
                ("azp", "OpenID Connect Core 3.1.3.7 rules 4 and 5", "the authorized party with the client")
            }
            Self::Algorithm => ("alg", "OpenID Connect Core 3.1.3.7 rule 7", "the header's alg with those accepted"),
            Self::Signature => (
                "signature",
                "OpenID Connect Core 3.1.3.7 rules 6 and 8",
                "the signature with header and claims, under the issuer's keys or the client's secret",
            ),
            Self::Subject => {
                ("sub", "OpenID Connect Core 2", "the subject's length and characters with 1 to 255 of ASCII")
            }
            Self::Expiry => ("exp", "OpenID Connect Core 3.1.3.7 rule 9", "the expiry with the clock and the leeway"),
            Self::NotBefore => ("nbf", "RFC 7519 4.1.5", "the start with the clock and the leeway"),
            Self::IssuedAt => {
                ("iat", "OpenID Connect Core 3.1.3.7 rule 10", "the time of issue with the clock and the leeway")
            }
            Self::Nonce => ("nonce", "OpenID Connect Core 3.1.3.7 rule 11", "the nonce with the one sent"),
            Self::AuthenticationContext => {
                ("acr", "OpenID Connect Core 3.1.3.7 rule 12", "the context of authentication with those accepted")
            }
            Self::AuthTime => (
                "auth_time",
                "OpenID Connect Core 3.1.3.7 rule 13",
                "the time of authentication with the clock and max_age",
            ),
            Self::AccessTokenHash => {
                ("at_hash", "OpenID Connect Core 3.1.3.8", "the hash with that of the access token")
            }
            Self::CodeHash => ("c_hash", "OpenID Connect Core 3.3.2.10", "the hash with that of the code"),
            Self::Refresh => (
                "refresh",
                "OpenID Connect Core 12.2",
                "sub, aud, iat, auth_time and azp with those of the token before",
            ),
        }
    }
}
