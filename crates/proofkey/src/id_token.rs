//! What the ID tokens of a client must say.

use std::time::SystemTime;

use proofkey_authorize::Deviation;
use proofkey_jwt::{Algorithm, Expected, HmacKey};

use crate::error::LoginError;
use crate::keys::KeyFetch;
use crate::login::Login;

impl Login {
    /// A run's access to the issuer's keys; `None` when only an HMAC is accepted.
    pub(crate) fn key_fetch(&self) -> Option<KeyFetch<'_>> {
        let needs_keys = !self.accepted_algorithms().is_empty();
        needs_keys.then(|| KeyFetch::new(&self.keys, self.server().jwks_uri()))
    }

    fn accepted_algorithms(&self) -> &[Algorithm] {
        match (&self.algorithms, &self.hmac) {
            (Some(algorithms), _) => algorithms,
            (None, Some(_)) => &[],
            (None, None) => &[Algorithm::Rs256],
        }
    }

    /// What every ID token of this client must say.
    pub(crate) fn expected(&self, now: SystemTime) -> Result<Expected, LoginError> {
        let expected = Expected::new(self.server().issuer().as_str(), self.client_id().as_str())
            .now(now)
            .leeway(self.leeway)
            .algorithms(self.accepted_algorithms().iter().copied())
            .trusted_audiences(&self.trusted_audiences)
            .acr(&self.acr);
        let expected = self.tolerating(expected);
        Ok(match &self.hmac {
            Some((algorithm, secret)) => expected.client_secret(HmacKey::new(*algorithm, secret)?),
            None => expected,
        })
    }

    /// Adds the deviations that the server's [`Compat`](proofkey_authorize::Compat) allows.
    fn tolerating(&self, mut expected: Expected) -> Expected {
        let compat = self.server().compat();
        if let Some(alias) = compat.issuer_alias() {
            expected = expected.issuer_alias(alias);
        }
        if let Some(tenancy) = compat.tenancy().cloned() {
            let permits = move |tenant: &str| tenancy.permits(tenant);
            expected = match self.server().issuer_template() {
                Some(template) => expected.issuer_template(template, permits),
                None => expected.tenants(permits),
            };
        }
        if compat.allows(Deviation::UpdatedAtText) {
            expected = expected.updated_at_text();
        }
        if compat.allows(Deviation::EmailVerifiedText) {
            expected = expected.email_verified_text();
        }
        expected
    }
}
