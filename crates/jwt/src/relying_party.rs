//! What a client is registered for at an issuer.

use std::time::Duration;

use crate::algorithm::Algorithm;
use crate::claims::TextClaims;
use crate::hmac_key::HmacKey;
use crate::registration::{Predicate, Registration};

/// A client that is registered at one issuer, and the rules for every ID token of that issuer. Create it once and keep
/// it. The expectations of one login are [`Expected`](crate::Expected).
///
/// By default it accepts RS256 only, no audience and no authorized party besides the client, 60 seconds of leeway, and no
/// deviation. `Debug` does not show the client secret.
///
/// ```
/// use proofkey_jwt::{Algorithm, RelyingParty};
///
/// let relying_party = RelyingParty::new("https://as.example", "client-id")
///     .algorithms([Algorithm::Es256])
///     .trusted_audiences(["https://api.example"]);
/// assert!(relying_party.needs_keys());
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct RelyingParty {
    pub(crate) registration: Registration,
    pub(crate) client_id: String,
    pub(crate) trusted_audiences: Vec<String>,
    pub(crate) trusted_audiences_by: Option<Predicate>,
    pub(crate) trusted_parties: Vec<String>,
    pub(crate) text_claims: TextClaims,
    pub(crate) nonce_not_returned: bool,
    pub(crate) auth_time_changed: bool,
}

impl RelyingParty {
    /// Creates the relying party for the client `client_id` at `issuer`. Both are compared byte for byte.
    pub fn new(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self {
            registration: Registration::new(issuer.into()),
            client_id: client_id.into(),
            trusted_audiences: Vec::new(),
            trusted_audiences_by: None,
            trusted_parties: Vec::new(),
            text_claims: TextClaims::default(),
            nonce_not_returned: false,
            auth_time_changed: false,
        }
    }

    /// Sets the accepted algorithms, which the client is registered for (`id_token_signed_response_alg`). The default
    /// is RS256. With an empty list, only the HMAC of [`RelyingParty::client_secret`] is accepted.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.registration.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Accepts the HMAC algorithm of `key` as well, with that key (OpenID Connect Core section 3.1.3.7, rule 8).
    pub fn client_secret(mut self, key: HmacKey) -> Self {
        self.registration.hmac_key = Some(key);
        self
    }

    /// Returns whether an accepted algorithm needs the issuer's key set. If HMAC alone is accepted, do not fetch one: use
    /// [`JwkSet::empty`](crate::JwkSet::empty).
    #[must_use]
    pub fn needs_keys(&self) -> bool {
        !self.registration.algorithms.is_empty()
    }

    /// Sets the audiences that `aud` may have besides the client. A token with any other audience is refused.
    pub fn trusted_audiences<S: Into<String>>(mut self, audiences: impl IntoIterator<Item = S>) -> Self {
        self.trusted_audiences = audiences.into_iter().map(Into::into).collect();
        self
    }

    /// Also trusts every audience for which `trusts` returns true. This is for an issuer whose further audiences cannot be
    /// listed beforehand (Zitadel adds the identifier of each new project). `trusts` is called for the audiences of each
    /// token, so it should be fast.
    pub fn trusted_audiences_by(mut self, trusts: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.trusted_audiences_by = Some(Predicate::new(trusts));
        self
    }

    /// Sets the clients that `azp` may name besides this one, such as the Android app whose tokens are for this back end.
    /// The outcome of the check is then [`Outcome::HeldByTrust`](crate::Outcome::HeldByTrust).
    ///
    /// Risk: tokens that were issued to those clients are accepted here. Name only clients of the same operator.
    pub fn trusted_parties<S: Into<String>>(mut self, parties: impl IntoIterator<Item = S>) -> Self {
        self.trusted_parties = parties.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how much the clocks of issuer and client may differ, for `exp`, `nbf`, `iat` and `auth_time`. The default
    /// is 60 seconds.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.registration.leeway = leeway;
        self
    }

    /// Sets the maximum time since `iat`. By default there is no limit. An `iat` in the future, beyond the leeway, is
    /// always refused.
    pub fn max_issued_age(mut self, age: Duration) -> Self {
        self.registration.max_issued_age = Some(age);
        self
    }

    /// Also accepts `alias`, byte for byte, as `iss`. The outcome of the check is then
    /// [`Outcome::HeldByAlias`](crate::Outcome::HeldByAlias).
    ///
    /// Risk: a party that signs under the alias with the issuer's keys is accepted as the issuer.
    pub fn issuer_alias(mut self, alias: impl Into<String>) -> Self {
        self.registration.issuer_alias = Some(alias.into());
        self
    }

    /// Refuses a token with a `tid` for which `permits` returns false. A token without `tid` is accepted.
    pub fn tenants(mut self, permits: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.registration.tenants = Some(Predicate::new(permits));
        self
    }

    /// Accepts the issuers of many tenants that sign with one key set, in place of the issuer of [`RelyingParty::new`].
    ///
    /// - `iss` must be `template`, with `tid` in place of `{tenantid}`.
    /// - The token must have `tid`: letters, digits and hyphens, for which `permits` returns true.
    /// - A key with the member `issuer` must name the token's issuer, or `template`.
    ///
    /// The outcome of the check is then [`Outcome::HeldByTemplate`](crate::Outcome::HeldByTemplate). A subject is unique
    /// at its own issuer only: store [`IdToken::issuer`](crate::IdToken::issuer) with it.
    ///
    /// ```
    /// use proofkey_jwt::RelyingParty;
    ///
    /// let tenants = ["8eaef023-2b34-4da1-9baa-8bc8c9d6a490"];
    /// let relying_party = RelyingParty::new("https://login.example/common/v2.0", "client-id")
    ///     .issuer_template("https://login.example/{tenantid}/v2.0", move |tenant| tenants.contains(&tenant));
    /// ```
    pub fn issuer_template(
        mut self,
        template: impl Into<String>,
        permits: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.registration.issuer_template = Some(template.into());
        self.tenants(permits)
    }

    /// Tolerates an ID token without `nonce` although one was sent (LinkedIn). A `nonce` that is present must still be the
    /// right one. The outcome of the check is then [`Outcome::NotReturned`](crate::Outcome::NotReturned).
    ///
    /// Risk: nothing distinguishes the ID token of another login, so only PKCE stops an injected code.
    pub fn tolerate_nonce_not_returned(mut self) -> Self {
        self.nonce_not_returned = true;
        self
    }

    /// Tolerates a refreshed ID token with another `auth_time` than the first one (Amazon Cognito with rotation of
    /// refresh tokens). The outcome of the check is then
    /// [`Outcome::AuthTimeChanged`](crate::Outcome::AuthTimeChanged).
    ///
    /// Risk: `auth_time` no longer shows that an ID token belongs to a later session.
    pub fn tolerate_auth_time_changed(mut self) -> Self {
        self.auth_time_changed = true;
        self
    }

    /// Tolerates the claim `updated_at` as an RFC 3339 text
    /// ([`Claims::updated_at`](crate::Claims::updated_at)).
    pub fn tolerate_updated_at_text(mut self) -> Self {
        self.text_claims.updated_at = true;
        self
    }

    /// Tolerates the claim `email_verified` as the text `true` or `false`
    /// ([`Claims::email_verified`](crate::Claims::email_verified)).
    pub fn tolerate_email_verified_text(mut self) -> Self {
        self.text_claims.email_verified = true;
        self
    }

    pub(crate) fn trusts_audience(&self, audience: &str) -> bool {
        audience == self.client_id
            || self.trusted_audiences.iter().any(|trusted| trusted == audience)
            || self.trusted_audiences_by.as_ref().is_some_and(|trusts| trusts.holds(audience))
    }
}
