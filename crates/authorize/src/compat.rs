use std::borrow::Cow;
use std::fmt;

use crate::{Deviation, Deviations, Endpoint, Issuer, Tenancy};

/// How far a client goes along with a server that does not keep to the specifications: plain data, one named leniency
/// beside the other, all of them off in [`strict`](Self::strict).
///
/// It is said once, of the [`AuthorizationServer`](crate::AuthorizationServer), and holds for everything that is asked
/// of that server. A leniency that is on and not needed changes nothing; one that was needed is listed in the result, so
/// that a caller can log it or refuse it. What each one means and risks is written at [`Deviation`].
///
/// ```
/// use proofkey_authorize::{Compat, Deviation};
///
/// let known = Compat::auth0();
/// assert!(known.allows(Deviation::RefusalStatus) && !known.allows(Deviation::FormBody));
/// let own = Compat::strict().with_success_status().with_scope_array();
/// assert_eq!(format!("{own:?}"), "Compat { allowed: {success_status, scope_array} }");
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Compat {
    flags: Deviations,
    issuer_alias: Option<Cow<'static, str>>,
    tenancy: Option<Tenancy>,
    metadata: Option<Endpoint>,
}

/// Where an issuer of many tenants has its tenant.
const PLACEHOLDER: &str = "{tenantid}";

/// What stands in that place when no tenant is meant.
const ALL_TENANTS: [&str; 2] = ["common", "organizations"];

/// # The known providers
///
/// Each profile has what its provider was seen to need, and nothing more. That a provider sends further members, tokens
/// of 5 kB, a scope that was not asked for, keys without `alg` or a key for encryption among the others is no leniency:
/// every client takes that.
impl Compat {
    /// The letter of the specifications. This is what holds unless something else is said; it allocates nothing.
    #[must_use]
    pub const fn strict() -> Self {
        Self { flags: Deviations::NONE, issuer_alias: None, tenancy: None, metadata: None }
    }

    /// Auth0: [`RefusalStatus`](Deviation::RefusalStatus), [`UpdatedAtText`](Deviation::UpdatedAtText).
    ///
    /// Its issuer ends in `/`, which is kept and compared like any other character.
    #[must_use]
    pub const fn auth0() -> Self {
        Self::strict().with_refusal_status().with_updated_at_text()
    }

    /// Google: [`IssuerAlias`](Deviation::IssuerAlias) `accounts.google.com`,
    /// [`RefusalStatus`](Deviation::RefusalStatus).
    ///
    /// A desktop application there has a secret, which is sent beside PKCE; `iss` on the callback is not announced and
    /// compared all the same.
    #[must_use]
    pub fn google() -> Self {
        Self { issuer_alias: Some(Cow::Borrowed("accounts.google.com")), ..Self::strict().with_refusal_status() }
    }

    /// GitHub: [`FormBody`](Deviation::FormBody), [`ErrorWithSuccess`](Deviation::ErrorWithSuccess),
    /// [`ScopeCommas`](Deviation::ScopeCommas).
    ///
    /// It has no metadata and no ID tokens: its endpoints are given by hand, and what it has is OAuth, not a login.
    #[must_use]
    pub const fn github() -> Self {
        Self::strict().with_form_body().with_error_with_success().with_scope_commas()
    }

    /// Microsoft Entra for the people of these tenants: [`IssuerTemplate`](Deviation::IssuerTemplate),
    /// [`PkceNotAnnounced`](Deviation::PkceNotAnnounced), [`ExpiresInText`](Deviation::ExpiresInText),
    /// [`ResourceNotSent`](Deviation::ResourceNotSent).
    #[must_use]
    pub fn entra(tenancy: Tenancy) -> Self {
        Self::strict().with_pkce_not_announced().with_expires_in_text().with_resource_not_sent().with_tenancy(tenancy)
    }

    /// Okta: [`ErrorCodeMember`](Deviation::ErrorCodeMember).
    #[must_use]
    pub const fn okta() -> Self {
        Self::strict().with_error_code_member()
    }

    /// Keycloak. It keeps to the specifications: this is [`strict`](Self::strict) under the name under which it is
    /// looked for. Where it has one address for browsers and another for its neighbours, say
    /// [`with_metadata_at`](Self::with_metadata_at).
    #[must_use]
    pub const fn keycloak() -> Self {
        Self::strict()
    }
}

/// # One leniency each
impl Compat {
    const fn with(mut self, deviation: Deviation) -> Self {
        self.flags = self.flags.with(deviation);
        self
    }

    /// Goes along with [`Deviation::ExpiresInText`].
    #[must_use]
    pub const fn with_expires_in_text(self) -> Self {
        self.with(Deviation::ExpiresInText)
    }

    /// Goes along with [`Deviation::ExpiresInFraction`].
    #[must_use]
    pub const fn with_expires_in_fraction(self) -> Self {
        self.with(Deviation::ExpiresInFraction)
    }

    /// Goes along with [`Deviation::FormBody`].
    #[must_use]
    pub const fn with_form_body(self) -> Self {
        self.with(Deviation::FormBody)
    }

    /// Goes along with [`Deviation::ErrorWithSuccess`].
    #[must_use]
    pub const fn with_error_with_success(self) -> Self {
        self.with(Deviation::ErrorWithSuccess)
    }

    /// Goes along with [`Deviation::ErrorCodeMember`].
    #[must_use]
    pub const fn with_error_code_member(self) -> Self {
        self.with(Deviation::ErrorCodeMember)
    }

    /// Goes along with [`Deviation::RefusalStatus`].
    #[must_use]
    pub const fn with_refusal_status(self) -> Self {
        self.with(Deviation::RefusalStatus)
    }

    /// Goes along with [`Deviation::SuccessStatus`].
    #[must_use]
    pub const fn with_success_status(self) -> Self {
        self.with(Deviation::SuccessStatus)
    }

    /// Goes along with [`Deviation::ScopeCommas`].
    #[must_use]
    pub const fn with_scope_commas(self) -> Self {
        self.with(Deviation::ScopeCommas)
    }

    /// Goes along with [`Deviation::ScopeArray`].
    #[must_use]
    pub const fn with_scope_array(self) -> Self {
        self.with(Deviation::ScopeArray)
    }

    /// Goes along with [`Deviation::TokenTypeMissing`].
    #[must_use]
    pub const fn with_token_type_missing(self) -> Self {
        self.with(Deviation::TokenTypeMissing)
    }

    /// Goes along with [`Deviation::BasicUnencoded`].
    #[must_use]
    pub const fn with_basic_unencoded(self) -> Self {
        self.with(Deviation::BasicUnencoded)
    }

    /// Goes along with [`Deviation::ResourceNotSent`].
    #[must_use]
    pub const fn with_resource_not_sent(self) -> Self {
        self.with(Deviation::ResourceNotSent)
    }

    /// Goes along with [`Deviation::PkceNotAnnounced`]: the named policy for a server whose metadata are silent about
    /// PKCE. Off, a login there does not begin; on, it does. A single request can be stricter:
    /// [`require_announced_pkce`](crate::AuthorizationRequest::require_announced_pkce).
    #[must_use]
    pub const fn with_pkce_not_announced(self) -> Self {
        self.with(Deviation::PkceNotAnnounced)
    }

    /// Goes along with [`Deviation::UpdatedAtText`].
    #[must_use]
    pub const fn with_updated_at_text(self) -> Self {
        self.with(Deviation::UpdatedAtText)
    }

    /// Goes along with [`Deviation::EmailVerifiedText`].
    #[must_use]
    pub const fn with_email_verified_text(self) -> Self {
        self.with(Deviation::EmailVerifiedText)
    }

    /// Goes along with [`Deviation::IssuerAlias`]: an ID token may say that its issuer is `alias`, byte for byte.
    #[must_use]
    pub fn with_issuer_alias(mut self, alias: impl Into<Cow<'static, str>>) -> Self {
        self.issuer_alias = Some(alias.into());
        self
    }

    /// Goes along with [`Deviation::IssuerTemplate`], for the people of these tenants. An issuer one of whose path
    /// segments is `common` or `organizations` then stands for the issuers of all tenants. An ID token must name
    /// its own tenant by `tid` and in `iss`, and a key that names an issuer must be that tenant's or all tenants'.
    ///
    /// At the issuer of a single tenant there is nothing to be lenient about; there, too, a `tid` must be permitted.
    #[must_use]
    pub fn with_tenancy(mut self, tenancy: Tenancy) -> Self {
        self.tenancy = Some(tenancy);
        self
    }

    /// Goes along with [`Deviation::DiscoveryElsewhere`]: the metadata are fetched from this address, and must name the
    /// issuer that they are expected of.
    #[must_use]
    pub fn with_metadata_at(mut self, address: Endpoint) -> Self {
        self.metadata = Some(address);
        self
    }
}

impl Compat {
    /// What is gone along with.
    #[must_use]
    pub fn allowed(&self) -> Deviations {
        [
            (Deviation::IssuerAlias, self.issuer_alias.is_some()),
            (Deviation::IssuerTemplate, self.tenancy.is_some()),
            (Deviation::DiscoveryElsewhere, self.metadata.is_some()),
        ]
        .into_iter()
        .fold(self.flags, |allowed, (deviation, is_on)| if is_on { allowed.with(deviation) } else { allowed })
    }

    /// Whether `deviation` is gone along with.
    #[must_use]
    pub fn allows(&self, deviation: Deviation) -> bool {
        self.allowed().contains(deviation)
    }

    /// The other name under which an ID token may name the issuer.
    #[must_use]
    pub fn issuer_alias(&self) -> Option<&str> {
        self.issuer_alias.as_deref()
    }

    /// Whose people may sign in at an issuer of many tenants.
    #[must_use]
    pub fn tenancy(&self) -> Option<&Tenancy> {
        self.tenancy.as_ref()
    }

    /// Where the metadata are, when not at the issuer's own address.
    #[must_use]
    pub fn metadata_at(&self) -> Option<&Endpoint> {
        self.metadata.as_ref()
    }

    /// `issuer` with `{tenantid}` in the place of its tenant, when it is one that stands for all tenants.
    pub(crate) fn issuer_template(&self, issuer: &Issuer) -> Option<String> {
        self.tenancy.as_ref()?;
        let (origin, path) = issuer.as_str().split_at(issuer.origin_and_path().0.len());
        let mut found = false;
        let segments: Vec<_> = path
            .split('/')
            .map(|segment| {
                let is_place = !found && ALL_TENANTS.contains(&segment);
                found |= is_place;
                if is_place { PLACEHOLDER } else { segment }
            })
            .collect();
        found.then(|| format!("{origin}{}", segments.join("/")))
    }
}

impl fmt::Debug for Compat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut compat = f.debug_struct("Compat");
        compat.field("allowed", &self.allowed());
        if let Some(alias) = &self.issuer_alias {
            compat.field("issuer_alias", alias);
        }
        if let Some(tenancy) = &self.tenancy {
            compat.field("tenancy", tenancy);
        }
        if let Some(address) = &self.metadata {
            compat.field("metadata_at", address);
        }
        compat.finish()
    }
}
