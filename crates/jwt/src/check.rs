//! The record of a validation.

/// A rule of the validation, and its outcome. A token that breaks a rule is refused, so every outcome says that the rule
/// holds, or why nothing was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// The rule.
    pub rule: Rule,
    /// Its outcome.
    pub outcome: Outcome,
}

/// The outcome of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// `held`: the rule holds.
    Held,
    /// `held_by_alias`: the rule holds because the caller accepts another name of the issuer
    /// ([`RelyingParty::issuer_alias`](crate::RelyingParty::issuer_alias)).
    HeldByAlias,
    /// `held_by_template`: the rule holds because the caller accepts the issuers of many tenants
    /// ([`RelyingParty::issuer_template`](crate::RelyingParty::issuer_template)).
    HeldByTemplate,
    /// `held_by_trust`: the rule holds because the caller trusts another authorized party
    /// ([`RelyingParty::trusted_parties`](crate::RelyingParty::trusted_parties)).
    HeldByTrust,
    /// `absent`: the claim is optional, and the token does not have it.
    Absent,
    /// `not_asked`: the caller expected no value, so nothing was compared.
    NotAsked,
    /// `not_returned`: a nonce was sent, the token has none, and that is tolerated
    /// ([`RelyingParty::tolerate_nonce_not_returned`](crate::RelyingParty::tolerate_nonce_not_returned)).
    NotReturned,
    /// `generic_type`: the header's `typ` is absent or `JWT`, the token shows in another way that it is an access token,
    /// and that is tolerated ([`AccessTokenCompat::with_generic_type`](crate::AccessTokenCompat::with_generic_type)).
    GenericType,
    /// `client_id_elsewhere`: another claim than `client_id` names the client, and that is tolerated
    /// ([`AccessTokenCompat::with_client_id_in`](crate::AccessTokenCompat::with_client_id_in)).
    ClientIdElsewhere,
    /// `scope_elsewhere`: the claim `scp` has the scope, and that is tolerated
    /// ([`AccessTokenCompat::with_scope_in_scp`](crate::AccessTokenCompat::with_scope_in_scp)).
    ScopeElsewhere,
    /// `token_id_missing`: the token has no `jti`, and that is tolerated
    /// ([`AccessTokenCompat::with_token_id_missing`](crate::AccessTokenCompat::with_token_id_missing)).
    TokenIdMissing,
    /// `audience_by_client`: the token has no `aud`, its client is one of those that the caller names, and that is
    /// tolerated ([`AccessTokenCompat::with_audience_missing`](crate::AccessTokenCompat::with_audience_missing)).
    AudienceByClient,
    /// `auth_time_changed`: the refreshed token has another `auth_time` than the one before, and that is tolerated
    /// ([`RelyingParty::tolerate_auth_time_changed`](crate::RelyingParty::tolerate_auth_time_changed)).
    AuthTimeChanged,
}

impl Outcome {
    const ALL: &[Self] = &[
        Self::Held,
        Self::HeldByAlias,
        Self::HeldByTemplate,
        Self::HeldByTrust,
        Self::Absent,
        Self::NotAsked,
        Self::NotReturned,
        Self::GenericType,
        Self::ClientIdElsewhere,
        Self::ScopeElsewhere,
        Self::TokenIdMissing,
        Self::AudienceByClient,
        Self::AuthTimeChanged,
    ];

    /// Returns the stable name of the outcome, given with each variant.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::HeldByAlias => "held_by_alias",
            Self::HeldByTemplate => "held_by_template",
            Self::HeldByTrust => "held_by_trust",
            Self::Absent => "absent",
            Self::NotAsked => "not_asked",
            Self::NotReturned => "not_returned",
            Self::GenericType => "generic_type",
            Self::ClientIdElsewhere => "client_id_elsewhere",
            Self::ScopeElsewhere => "scope_elsewhere",
            Self::TokenIdMissing => "token_id_missing",
            Self::AudienceByClient => "audience_by_client",
            Self::AuthTimeChanged => "auth_time_changed",
        }
    }

    /// Returns whether the rule holds only because the caller tolerates a deviation.
    #[must_use]
    pub fn is_deviation(self) -> bool {
        !matches!(self, Self::Held | Self::Absent | Self::NotAsked)
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|outcome| outcome.name() == name)
    }
}

/// A rule for tokens. [`Rule::ID_TOKEN`], [`Rule::ACCESS_TOKEN`] and [`Rule::LOGOUT_TOKEN`] list those of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// `typ`: the header's `typ` is that of the kind of token.
    TokenType,
    /// `iss`: the issuer is the expected one.
    Issuer,
    /// `aud`: the client is an audience, and every other audience is trusted. For an access token: the resource server is
    /// an audience.
    Audience,
    /// `azp`: the authorized party is absent, the client, or trusted.
    AuthorizedParty,
    /// `alg`: the header's `alg` is accepted.
    Algorithm,
    /// `signature`: the signature is valid under a key of the issuer, or under the client secret.
    Signature,
    /// `sub`: the subject has 1 to 255 printable ASCII characters. For an access token: it is not empty.
    Subject,
    /// `exp`: the token has not expired.
    Expiry,
    /// `nbf`: the token is valid already.
    NotBefore,
    /// `iat`: the token was not issued in the future, nor too long ago.
    IssuedAt,
    /// `nonce`: the nonce is the one that was sent. For a logout token: there is none.
    Nonce,
    /// `acr`: the authentication context class is one of those that were requested.
    AuthenticationContext,
    /// `auth_time`: the authentication is not older than `max_age`.
    AuthTime,
    /// `at_hash`: the hash is that of the access token.
    AccessTokenHash,
    /// `c_hash`: the hash is that of the code.
    CodeHash,
    /// `refresh`: a refreshed token agrees with the one before.
    Refresh,
    /// `client_id`: the token names the client that it was issued to.
    ClientId,
    /// `jti`: the token has an identifier.
    TokenId,
    /// `cnf`: the sender has the key or the certificate that the token is bound to.
    Confirmation,
    /// `scope`: the token has each scope that the request needs.
    Scope,
    /// `events`: the token announces a logout.
    Events,
    /// `sid`: the session has an identifier, or the subject is named.
    Session,
}

impl Rule {
    /// The rules of an ID token, in the order in which they are applied.
    pub const ID_TOKEN: &[Self] = &[
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

    /// The rules of an access token, in the order in which they are applied.
    pub const ACCESS_TOKEN: &[Self] = &[
        Self::TokenType,
        Self::Issuer,
        Self::Audience,
        Self::Algorithm,
        Self::Signature,
        Self::Subject,
        Self::ClientId,
        Self::TokenId,
        Self::Expiry,
        Self::NotBefore,
        Self::IssuedAt,
        Self::Confirmation,
        Self::Scope,
        Self::AuthenticationContext,
        Self::AuthTime,
    ];

    /// The rules of a logout token, in the order in which they are applied.
    pub const LOGOUT_TOKEN: &[Self] = &[
        Self::TokenType,
        Self::Issuer,
        Self::Audience,
        Self::Algorithm,
        Self::Signature,
        Self::Expiry,
        Self::NotBefore,
        Self::IssuedAt,
        Self::TokenId,
        Self::Subject,
        Self::Session,
        Self::Events,
        Self::Nonce,
    ];

    pub(crate) fn from_id(id: &str) -> Option<Self> {
        Self::ID_TOKEN.iter().copied().find(|rule| rule.id() == id)
    }

    /// Returns the stable name of the rule, given with each variant.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.words().0
    }

    /// Returns the section of the specification that the rule comes from. For a rule that ID tokens have too, this is the
    /// section for ID tokens.
    #[must_use]
    pub fn section(self) -> &'static str {
        self.words().1
    }

    /// Returns what is compared with what.
    #[must_use]
    pub fn compared(self) -> &'static str {
        self.words().2
    }

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::TokenType => ("typ", "RFC 8725 3.11", "the header's typ, if any, with JWT"),
            Self::Issuer => {
                ("iss", "OpenID Connect Core 3.1.3.7 rule 2", "the issuer, byte for byte, with the one expected")
            }
            Self::Audience => {
                ("aud", "OpenID Connect Core 3.1.3.7 rule 3", "the audiences with the client and those it trusts")
            }
            Self::AuthorizedParty => (
                "azp",
                "OpenID Connect Core 3.1.3.7 rules 4 and 5",
                "the authorized party, if any, with the client and those it trusts",
            ),
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
            Self::ClientId => ("client_id", "RFC 9068 2.2", "the client's identifier, a non-empty string"),
            Self::TokenId => ("jti", "RFC 9068 2.2", "the token's identifier, a non-empty string"),
            Self::Confirmation => {
                ("cnf", "RFC 9449 7.1, RFC 8705 3", "the token's key or certificate with that of the sender")
            }
            Self::Scope => ("scope", "RFC 9068 4", "the token's scope with the scopes that the request needs"),
            Self::Events => ("events", "Back-Channel Logout 2.6", "the token's events with that of a logout"),
            Self::Session => ("sid", "Back-Channel Logout 2.6", "the session's identifier, a non-empty string"),
        }
    }
}
