//! What the ID tokens of a client, and its signed userinfo, must say.

use std::time::SystemTime;

use proofkey_authorize::Deviation;
use proofkey_jwt::{Algorithm, Expected, HmacKey, IdToken, JwkSet, RelyingParty};
use proofkey_token::TokenSet;

use crate::error::{LoginError, Stage};
use crate::identity::Identity;
use crate::keys::KeyFetch;
use crate::login::Login;

impl Login {
    /// A run's access to the issuer's keys; `None` when only an HMAC is accepted.
    pub(crate) fn key_fetch(&self) -> Option<KeyFetch<'_>> {
        self.key_fetch_for(self.accepted_algorithms())
    }

    /// The same for signed userinfo.
    pub(crate) fn userinfo_key_fetch(&self) -> Option<KeyFetch<'_>> {
        self.key_fetch_for(self.accepted_userinfo_algorithms())
    }

    fn key_fetch_for(&self, algorithms: &[Algorithm]) -> Option<KeyFetch<'_>> {
        (!algorithms.is_empty()).then(|| KeyFetch::new(self.keys()))
    }

    fn accepted_userinfo_algorithms(&self) -> &[Algorithm] {
        self.userinfo_algorithms.as_deref().unwrap_or(self.accepted_algorithms())
    }

    fn accepted_algorithms(&self) -> &[Algorithm] {
        match (&self.algorithms, &self.hmac) {
            (Some(algorithms), _) => algorithms,
            (None, Some(_)) => &[],
            (None, None) => &[Algorithm::Rs256],
        }
    }

    /// This client, as its ID tokens are validated for it.
    pub(crate) fn relying_party(&self) -> Result<RelyingParty, LoginError> {
        let relying_party = RelyingParty::new(self.server().issuer().as_str(), self.client_id().as_str())
            .leeway(self.leeway)
            .algorithms(self.accepted_algorithms().iter().copied())
            .trusted_audiences(&self.trusted_audiences)
            .trusted_parties(&self.trusted_parties);
        let relying_party = match self.trusted_audiences_by.clone() {
            Some(trusts) => relying_party.trusted_audiences_by(move |audience| trusts(audience)),
            None => relying_party,
        };
        let relying_party = self.tolerating(relying_party);
        Ok(match &self.hmac {
            Some((algorithm, secret)) => relying_party.client_secret(HmacKey::new(*algorithm, secret)?),
            None => relying_party,
        })
    }

    /// This client, as signed userinfo is validated for it.
    pub(crate) fn userinfo_party(&self) -> Result<RelyingParty, LoginError> {
        Ok(self.relying_party()?.algorithms(self.accepted_userinfo_algorithms().iter().copied()))
    }

    /// Refuses the identity of another issuer or client, whose tokens must not be sent to this server.
    pub(crate) fn check_owner(&self, identity: &Identity, stage: Stage) -> Result<(), LoginError> {
        let is_ours = identity.id_token.belongs_to(&self.relying_party()?);
        if is_ours { Ok(()) } else { Err(LoginError::AnotherLogin { stage }) }
    }

    /// What every login asks for.
    pub(crate) fn expected(&self) -> Expected {
        Expected::new().acr(&self.acr)
    }

    /// Validates the ID token among `tokens`, with the hash of their access token if it has one.
    pub(crate) fn validate(
        &self,
        tokens: &TokenSet,
        mut expected: Expected,
        keys: &JwkSet,
        now: SystemTime,
    ) -> Result<IdToken, LoginError> {
        let id_token = tokens.id_token().ok_or(LoginError::IdTokenMissing { tokens: None })?;
        if let Some(access_token) = tokens.access_token() {
            expected = expected.access_token(access_token.expose());
        }
        Ok(IdToken::validate(id_token.expose(), keys, &self.relying_party()?, &expected, now)?)
    }

    /// Adds the deviations that the server's [`Compat`](proofkey_authorize::Compat) allows.
    fn tolerating(&self, mut relying_party: RelyingParty) -> RelyingParty {
        let compat = self.server().compat();
        if let Some(alias) = compat.issuer_alias() {
            relying_party = relying_party.issuer_alias(alias);
        }
        if let Some(tenancy) = compat.tenancy().cloned() {
            let permits = move |tenant: &str| tenancy.permits(tenant);
            relying_party = match self.server().issuer_template() {
                Some(template) => relying_party.issuer_template(template, permits),
                None => relying_party.tenants(permits),
            };
        }
        type Tolerate = fn(RelyingParty) -> RelyingParty;
        let tolerances: [(Deviation, Tolerate); 4] = [
            (Deviation::UpdatedAtText, RelyingParty::tolerate_updated_at_text),
            (Deviation::EmailVerifiedText, RelyingParty::tolerate_email_verified_text),
            (Deviation::NonceNotReturned, RelyingParty::tolerate_nonce_not_returned),
            (Deviation::AuthTimeChanged, RelyingParty::tolerate_auth_time_changed),
        ];
        let needed = tolerances.into_iter().filter(|(deviation, _)| compat.allows(*deviation));
        needed.fold(relying_party, |relying_party, (_, tolerate)| tolerate(relying_party))
    }
}
