//! The known providers, one profile each.

use crate::{Compat, Tenancy};

/// # The known providers
///
/// Each profile tolerates what its provider was seen to need, and nothing more. Further members, tokens of 5 kB, a scope
/// that was not asked for, keys without `alg` and a key for encryption among the others are no deviations: every login
/// accepts them.
impl Compat {
    /// Auth0: [`RefusalStatus`](crate::Deviation::RefusalStatus), [`UpdatedAtText`](crate::Deviation::UpdatedAtText).
    ///
    /// Its issuer ends in `/`, which is kept and compared like any other character.
    #[must_use]
    pub const fn auth0() -> Self {
        Self::strict().with_refusal_status().with_updated_at_text()
    }

    /// Google: [`IssuerAlias`](crate::Deviation::IssuerAlias) `accounts.google.com`,
    /// [`RefusalStatus`](crate::Deviation::RefusalStatus).
    ///
    /// A desktop application there has a secret, which is sent beside PKCE; `iss` on the callback is not announced and
    /// compared all the same.
    #[must_use]
    pub fn google() -> Self {
        Self::strict().with_refusal_status().with_issuer_alias("accounts.google.com")
    }

    /// GitHub: [`FormBody`](crate::Deviation::FormBody), [`ErrorWithSuccess`](crate::Deviation::ErrorWithSuccess),
    /// [`ScopeCommas`](crate::Deviation::ScopeCommas).
    ///
    /// It has no ID tokens: it offers OAuth, not a login.
    #[must_use]
    pub const fn github() -> Self {
        Self::strict().with_form_body().with_error_with_success().with_scope_commas()
    }

    /// Microsoft Entra for the users of these tenants: [`IssuerTemplate`](crate::Deviation::IssuerTemplate),
    /// [`PkceNotAnnounced`](crate::Deviation::PkceNotAnnounced), [`ExpiresInText`](crate::Deviation::ExpiresInText),
    /// [`ResourceNotSent`](crate::Deviation::ResourceNotSent).
    #[must_use]
    pub fn entra(tenancy: Tenancy) -> Self {
        Self::strict().with_pkce_not_announced().with_expires_in_text().with_resource_not_sent().with_tenancy(tenancy)
    }

    /// Okta: [`ErrorCodeMember`](crate::Deviation::ErrorCodeMember).
    #[must_use]
    pub const fn okta() -> Self {
        Self::strict().with_error_code_member()
    }

    /// Keycloak. It follows the specifications: this is [`strict`](Self::strict), under the name that readers look for.
    /// Where it has one address for browsers and another inside the network, add
    /// [`with_metadata_at`](Self::with_metadata_at); for `http://keycloak:8080` add
    /// [`with_http_host`](Self::with_http_host).
    #[must_use]
    pub const fn keycloak() -> Self {
        Self::strict()
    }
}
