//! The known providers, one profile each.

use crate::{Compat, Tenancy};

/// # Profiles of providers
///
/// Each profile tolerates the deviations that its provider documents or has been observed to have, and no others.
/// Sources are named with their dates. Unknown members, long tokens, a scope that was not requested, keys without
/// `alg`, and encryption keys in a key set are not deviations: every login accepts them.
impl Compat {
    /// Auth0: [`RefusalStatus`](crate::Deviation::RefusalStatus), [`UpdatedAtText`](crate::Deviation::UpdatedAtText).
    ///
    /// Issuer: `https://<tenant>.auth0.com/`, with the slash.
    #[must_use]
    pub const fn auth0() -> Self {
        Self::strict().with_refusal_status().with_updated_at_text()
    }

    /// Google: [`IssuerAlias`](crate::Deviation::IssuerAlias) `accounts.google.com`,
    /// [`RefusalStatus`](crate::Deviation::RefusalStatus).
    ///
    /// Issuer: `https://accounts.google.com`. A desktop application has a client secret, which is sent in addition to
    /// PKCE. Google sends `iss` on the callback without announcing it; it is compared all the same.
    #[must_use]
    pub fn google() -> Self {
        Self::strict().with_refusal_status().with_issuer_alias("accounts.google.com")
    }

    /// GitHub: [`FormBody`](crate::Deviation::FormBody), [`ErrorWithSuccess`](crate::Deviation::ErrorWithSuccess),
    /// [`ScopeCommas`](crate::Deviation::ScopeCommas).
    ///
    /// Issuer: `https://github.com/login/oauth`, with metadata at [`DiscoveryPath::OAuth`](crate::DiscoveryPath::OAuth)
    /// (docs.github.com, "GitHub authentication discovery endpoints"). Callbacks carry `iss` since 2026
    /// (nextauthjs/next-auth#13409, pytorch/test-infra#8589), so a server built by hand needs this issuer as well, and not
    /// `https://github.com`. GitHub has OAuth only: there are no ID tokens.
    #[must_use]
    pub const fn github() -> Self {
        Self::strict().with_form_body().with_error_with_success().with_scope_commas()
    }

    /// Microsoft Entra for the users of these tenants: [`IssuerTemplate`](crate::Deviation::IssuerTemplate),
    /// [`PkceNotAnnounced`](crate::Deviation::PkceNotAnnounced), [`ExpiresInText`](crate::Deviation::ExpiresInText),
    /// [`ResourceNotSent`](crate::Deviation::ResourceNotSent).
    ///
    /// Issuer: `https://login.microsoftonline.com/<tenant>/v2.0`, or `organizations` or `common` in place of the tenant.
    /// `tenancy` says whose users may sign in.
    #[must_use]
    pub fn entra(tenancy: Tenancy) -> Self {
        Self::strict().with_pkce_not_announced().with_expires_in_text().with_resource_not_sent().with_tenancy(tenancy)
    }

    /// Okta: [`ErrorCodeMember`](crate::Deviation::ErrorCodeMember).
    ///
    /// Issuer: `https://<org>.okta.com`, or `https://<org>.okta.com/oauth2/<id>` for a custom authorization server.
    #[must_use]
    pub const fn okta() -> Self {
        Self::strict().with_error_code_member()
    }

    /// Keycloak: no deviation is known, so this is [`strict`](Self::strict).
    ///
    /// Issuer: `https://<host>/realms/<realm>`. If Keycloak has one address for browsers and another inside the network,
    /// add [`with_metadata_at`](Self::with_metadata_at); for `http://keycloak:8080` add
    /// [`with_http_host`](Self::with_http_host).
    #[must_use]
    pub const fn keycloak() -> Self {
        Self::strict()
    }

    /// LinkedIn: [`NonceNotReturned`](crate::Deviation::NonceNotReturned),
    /// [`PkceRefused`](crate::Deviation::PkceRefused).
    ///
    /// Issuer: `https://www.linkedin.com/oauth`. The ID token has no nonce (authlib/authlib#763, 2025-04-28), and the
    /// token endpoint refuses `code_verifier` with an error about the client (nextauthjs/next-auth#8831, 2024-03-27;
    /// directus/directus#23645, 2025-04-30; teamhanko/hanko#2405, 2026-02-04). **Only `state` and the client secret
    /// protect against an injected code**: keep the login in the browser's session, and do not use a public client.
    #[must_use]
    pub const fn linkedin() -> Self {
        Self::strict().with_nonce_not_returned().with_pkce_refused()
    }

    /// Apple: [`EmailVerifiedText`](crate::Deviation::EmailVerifiedText).
    ///
    /// Issuer: `https://appleid.apple.com`. `email_verified` is "a String or Boolean" (developer.apple.com,
    /// "Authenticating users with Sign in with Apple", read 2026-11-30). With `name` or `email` in the scope, Apple
    /// requires [`ResponseMode::FormPost`](crate::ResponseMode::FormPost). In June 2025 its metadata named the issuer
    /// `https://account.apple.com`, and its ID tokens the other one (ory/kratos#4433, supabase/auth#2051). If that happens
    /// again, use the issuer of the metadata and add [`with_issuer_alias`](Self::with_issuer_alias) for the other. If its
    /// metadata announces no PKCE methods, add [`with_pkce_not_announced`](Self::with_pkce_not_announced).
    #[must_use]
    pub const fn apple() -> Self {
        Self::strict().with_email_verified_text()
    }

    /// Slack ("Sign in with Slack"): [`PkceNotAnnounced`](crate::Deviation::PkceNotAnnounced),
    /// [`ErrorWithSuccess`](crate::Deviation::ErrorWithSuccess).
    ///
    /// Issuer: `https://slack.com`. Its metadata names no PKCE methods (slack.com/.well-known/openid-configuration,
    /// read 2026-11-30), and a failed exchange is `"ok":false` with an `error` and status 200 (docs.slack.dev,
    /// `openid.connect.token`). For the flow of Slack's API (`oauth.v2.access`), whose token type is `bot` or `user`,
    /// add [`with_token_type_name`](Self::with_token_type_name).
    #[must_use]
    pub const fn slack() -> Self {
        Self::strict().with_pkce_not_announced().with_error_with_success()
    }

    /// Amazon Cognito: [`PkceNotAnnounced`](crate::Deviation::PkceNotAnnounced),
    /// [`AuthTimeChanged`](crate::Deviation::AuthTimeChanged).
    ///
    /// Issuer: `https://cognito-idp.<region>.amazonaws.com/<user pool>`. It checks S256 and does not announce it
    /// (anthropics/claude-code#13275, 2025-12-07; akuity/kargo#4003, 2025-05-28). With rotation of refresh tokens a
    /// refreshed ID token has a later `auth_time` (authts/oidc-client-ts#2107, 2025-09-09).
    #[must_use]
    pub const fn cognito() -> Self {
        Self::strict().with_pkce_not_announced().with_auth_time_changed()
    }

    /// Azure AD B2C: [`AccessTokenMissing`](crate::Deviation::AccessTokenMissing).
    ///
    /// Issuer: `https://<name>.b2clogin.com/<tenant>/v2.0/`. Its metadata is not at its well-known location, but below
    /// the user flow, at
    /// `https://<name>.b2clogin.com/<name>.onmicrosoft.com/<user flow>/v2.0/.well-known/openid-configuration`
    /// (Azure/azure-sdk-for-java#21036), so add [`with_metadata_at`](Self::with_metadata_at). With the scope `openid` alone
    /// the response has an ID token and no access token (MicrosoftDocs/azure-docs#64582, 2020-10-19;
    /// AzureAD/microsoft-authentication-library-for-java#140). If the metadata announces no PKCE methods, add
    /// [`with_pkce_not_announced`](Self::with_pkce_not_announced).
    #[must_use]
    pub const fn b2c() -> Self {
        Self::strict().with_access_token_missing()
    }

    /// AD FS: [`PkceNotAnnounced`](crate::Deviation::PkceNotAnnounced).
    ///
    /// Issuer: `https://<host>/adfs`. AD FS 2019 and later check PKCE (learn.microsoft.com, "AD FS OpenID Connect/OAuth
    /// flows and Application Scenarios"), and their metadata has no member for it (\[MS-OIDCE\] section 2.2.3.2, both
    /// read 2026-11-30). The userinfo endpoint has `sub` alone, and only for an access token of the resource
    /// `urn:microsoft:userinfo` (MicrosoftDocs/windowsserverdocs#3888, 2020-02-13).
    #[must_use]
    pub const fn adfs() -> Self {
        Self::strict().with_pkce_not_announced()
    }

    /// Salesforce: [`PkceNotAnnounced`](crate::Deviation::PkceNotAnnounced).
    ///
    /// Issuer: `https://login.salesforce.com`, or the organisation's own domain. Its metadata names no PKCE methods
    /// (login.salesforce.com/.well-known/openid-configuration, as of 2026-08-13).
    #[must_use]
    pub const fn salesforce() -> Self {
        Self::strict().with_pkce_not_announced()
    }

    /// Zitadel: no deviation is known, so this is [`strict`](Self::strict).
    ///
    /// Issuer: `https://<domain>`. Its ID tokens name further audiences: the project, and the other clients in it
    /// (zitadel/zitadel#9200, 2025-01-17). Trust them, by name or by a predicate, where ID tokens are validated.
    #[must_use]
    pub const fn zitadel() -> Self {
        Self::strict()
    }

    /// authentik: no deviation is known, so this is [`strict`](Self::strict).
    ///
    /// Issuer: `https://<host>/application/o/<slug>/`, with the slash, unless the provider is set to use one issuer for
    /// all applications.
    #[must_use]
    pub const fn authentik() -> Self {
        Self::strict()
    }

    /// Discord: [`PkceNotAnnounced`](crate::Deviation::PkceNotAnnounced).
    ///
    /// Issuer: `https://discord.com`. Its metadata at [`DiscoveryPath::OAuth`](crate::DiscoveryPath::OAuth) announce S256
    /// and `iss` on the callback; those at [`DiscoveryPath::OpenIdConnect`](crate::DiscoveryPath::OpenIdConnect), which
    /// alone have the userinfo endpoint, announce neither (both read 2026-11-30).
    #[must_use]
    pub const fn discord() -> Self {
        Self::strict().with_pkce_not_announced()
    }

    /// Twitch: [`ScopeArray`](crate::Deviation::ScopeArray),
    /// [`PkceNotAnnounced`](crate::Deviation::PkceNotAnnounced).
    ///
    /// Issuer: `https://id.twitch.tv/oauth2`. The granted scope is an array, and the metadata names no PKCE methods
    /// (dev.twitch.tv, "Using OIDC to get OAuth Access Tokens", read 2026-11-30). **It does not check PKCE**
    /// (twitchdev/issues#1097, 2025-08-08): the challenge is sent and ignored, and the client needs its secret, sent by
    /// `client_secret_post`.
    #[must_use]
    pub const fn twitch() -> Self {
        Self::strict().with_scope_array().with_pkce_not_announced()
    }

    /// Login with Amazon: [`ExpiresInText`](crate::Deviation::ExpiresInText).
    ///
    /// It has OAuth only, without ID tokens and without metadata. Authorization endpoint: `https://www.amazon.com/ap/oa`;
    /// token endpoint: `https://api.amazon.com/auth/o2/token`. It recommends PKCE with S256 (developer.amazon.com,
    /// "Authorization Code Grant"); `expires_in` is a string in its examples (developer.amazon.com, "Step 5: Make an
    /// Access Token Request from Your App"; both read 2026-11-30).
    #[must_use]
    pub const fn amazon() -> Self {
        Self::strict().with_expires_in_text()
    }
}
