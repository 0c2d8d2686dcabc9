//! The settings shared by every token validator, whichever kind of token it receives.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::algorithm::Algorithm;
use crate::check::Outcome;
use crate::hmac_key::HmacKey;

/// The issuer, the algorithms and the clocks. [`RelyingParty`](crate::RelyingParty) and
/// [`ResourceServer`](crate::ResourceServer) each have one.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    pub(crate) issuer: String,
    pub(crate) issuer_alias: Option<String>,
    pub(crate) issuer_template: Option<String>,
    pub(crate) tenants: Option<Predicate>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) hmac_key: Option<HmacKey>,
    pub(crate) leeway: Duration,
    pub(crate) max_issued_age: Option<Duration>,
}

impl Registration {
    pub(crate) fn new(issuer: String) -> Self {
        Self {
            issuer,
            issuer_alias: None,
            issuer_template: None,
            tenants: None,
            algorithms: vec![Algorithm::Rs256],
            hmac_key: None,
            leeway: Duration::from_secs(60),
            max_issued_age: None,
        }
    }

    /// How `issuer` is that of this registration, for a token of `tenant`; `None`: it is another one.
    pub(crate) fn issuer_outcome(&self, issuer: &str, tenant: Option<&str>) -> Option<Outcome> {
        match (&self.issuer_template, tenant) {
            (Some(template), Some(tenant)) if is_of_tenant(issuer, template, tenant) => Some(Outcome::HeldByTemplate),
            (None, _) if issuer == self.issuer => Some(Outcome::Held),
            (None, _) if self.issuer_alias.as_deref() == Some(issuer) => Some(Outcome::HeldByAlias),
            _ => None,
        }
    }
}

/// Whether `issuer` is `template` with `tenant` in its place.
fn is_of_tenant(issuer: &str, template: &str, tenant: &str) -> bool {
    template.split_once("{tenantid}").is_some_and(|(front, behind)| {
        issuer.strip_prefix(front).and_then(|rest| rest.strip_suffix(behind)) == Some(tenant)
    })
}

/// A question about a text that the caller answers.
#[derive(Clone)]
pub(crate) struct Predicate(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl Predicate {
    pub(crate) fn new(holds: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(holds))
    }

    pub(crate) fn holds(&self, text: &str) -> bool {
        (self.0)(text)
    }
}

impl fmt::Debug for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Predicate(..)")
    }
}
