//! The configuration of a resource server.

use std::time::Duration;

use crate::access_token_compat::AccessTokenCompat;
use crate::algorithm::Algorithm;
use crate::registration::{Predicate, Registration};

/// A resource server, and the rules for every access token of its issuer. Create it once and keep it. What one request
/// needs is [`Required`](crate::Required).
///
/// By default it accepts RS256 only, 60 seconds of leeway, and no deviation from RFC 9068. Neither `none` nor an HMAC
/// algorithm can be named.
///
/// ```
/// use proofkey_jwt::{Algorithm, ResourceServer};
///
/// let server = ResourceServer::new("https://as.example", "https://api.example").algorithms([Algorithm::Es256]);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ResourceServer {
    pub(crate) registration: Registration,
    pub(crate) audiences: Vec<String>,
    pub(crate) compat: AccessTokenCompat,
    pub(crate) is_bound: bool,
}

impl ResourceServer {
    /// Creates a resource server that accepts tokens of `issuer` for `audience`: its resource indicator (RFC 8707). Both
    /// are compared byte for byte.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            registration: Registration::new(issuer.into()),
            audiences: vec![audience.into()],
            compat: AccessTokenCompat::strict(),
            is_bound: false,
        }
    }

    /// Adds another name of this resource server, which `aud` may have in place of the first.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Sets the accepted algorithms. The default is RS256.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.registration.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Sets how much the clocks of issuer and resource server may differ, for `exp`, `nbf`, `iat` and `auth_time`. The
    /// default is 60 seconds.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.registration.leeway = leeway;
        self
    }

    /// Sets the maximum time since `iat`. By default there is no limit.
    pub fn max_issued_age(mut self, age: Duration) -> Self {
        self.registration.max_issued_age = Some(age);
        self
    }

    /// Also accepts `alias` as `iss`, as [`RelyingParty::issuer_alias`](crate::RelyingParty::issuer_alias) does.
    pub fn issuer_alias(mut self, alias: impl Into<String>) -> Self {
        self.registration.issuer_alias = Some(alias.into());
        self
    }

    /// Accepts the issuers of many tenants that sign with one key set, in place of the issuer of [`ResourceServer::new`],
    /// as [`RelyingParty::issuer_template`](crate::RelyingParty::issuer_template) does.
    pub fn issuer_template(
        mut self,
        template: impl Into<String>,
        permits: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.registration.issuer_template = Some(template.into());
        self.registration.tenants = Some(Predicate::new(permits));
        self
    }

    /// Refuses a token that is not bound to a key or a certificate of its sender (`cnf`). By default a token without
    /// `cnf` is accepted from any sender.
    pub fn require_binding(mut self) -> Self {
        self.is_bound = true;
        self
    }

    /// Sets the deviations from RFC 9068 that are tolerated. The default is none.
    pub fn compat(mut self, compat: AccessTokenCompat) -> Self {
        self.compat = compat;
        self
    }
}
