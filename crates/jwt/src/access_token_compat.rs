//! Which deviations from RFC 9068 a resource server tolerates.

/// The deviations from RFC 9068 that a resource server tolerates in access tokens: none by default.
///
/// Each deviation that a token needed is in [`JwtAccessToken::deviations`](crate::JwtAccessToken::deviations).
///
/// ```
/// use proofkey_jwt::{AccessTokenCompat, ResourceServer};
///
/// let server = ResourceServer::new("https://tenant.auth0.com/", "https://api.example")
///     .compat(AccessTokenCompat::auth0());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct AccessTokenCompat {
    pub(crate) generic_type: bool,
    pub(crate) client_claims: Vec<ClientClaim>,
    pub(crate) scope_in_scp: bool,
    pub(crate) token_id_missing: bool,
    pub(crate) clients: Vec<String>,
}

/// A claim that names the client in place of `client_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientClaim {
    /// `azp`: Auth0, Keycloak, and version 2.0 of Microsoft Entra.
    Azp,
    /// `appid`: version 1.0 of Microsoft Entra.
    Appid,
    /// `cid`: Okta.
    Cid,
}

impl ClientClaim {
    /// Returns the claim's name in the token.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Azp => "azp",
            Self::Appid => "appid",
            Self::Cid => "cid",
        }
    }
}

impl AccessTokenCompat {
    /// Tolerates no deviation from RFC 9068.
    pub fn strict() -> Self {
        Self::default()
    }

    /// Tolerates a header whose `typ` is `JWT` or absent. RFC 9068 section 2.1 requires `at+jwt`.
    ///
    /// `typ` is what keeps an ID token from being used as an access token, so other signs take its place. Such a token:
    /// - must have at least one claim that ID tokens do not have: `scope`, `scp`, `client_id`, `cid`, `appid`, `azpacr`,
    ///   `gty`, `token_use` or the claim `typ`;
    /// - must not have `nonce`, `at_hash`, `c_hash` or `s_hash`;
    /// - must have `access` in `token_use`, and `Bearer` or `DPoP` in the claim `typ`, if it has these claims.
    ///
    /// Risk: if an issuer puts one of the first claims into its ID tokens and leaves out all of the second, both kinds
    /// look the same. The audience of an API should never be a client's identifier.
    pub fn with_generic_type(mut self) -> Self {
        self.generic_type = true;
        self
    }

    /// Tolerates a token without `client_id`, if `claim` names the client. Call it again for another claim.
    pub fn with_client_id_in(mut self, claim: ClientClaim) -> Self {
        self.client_claims.push(claim);
        self
    }

    /// Tolerates a token without `scope` that has its scopes in `scp`: an array of strings or a space-separated string.
    pub fn with_scope_in_scp(mut self) -> Self {
        self.scope_in_scp = true;
        self
    }

    /// Tolerates a token without `jti`.
    ///
    /// Risk: a revocation list cannot name the token.
    pub fn with_token_id_missing(mut self) -> Self {
        self.token_id_missing = true;
        self
    }

    /// Tolerates a token without `aud`, if its `token_use` is `access` and its `client_id` is one of `clients`. A token
    /// with `aud` must still name the resource server.
    ///
    /// Risk: a token that these clients obtained for another API of the same issuer is accepted here. Give each API
    /// scopes of its own, and require them.
    pub fn with_audience_missing<S: Into<String>>(mut self, clients: impl IntoIterator<Item = S>) -> Self {
        self.clients = clients.into_iter().map(Into::into).collect();
        self
    }
}

/// # Profiles of providers
///
/// Each profile tolerates what its provider documents, and no more. Sources are named with their dates. Prefer RFC 9068
/// tokens if the provider can issue them.
impl AccessTokenCompat {
    /// Auth0, for an API with the token profile `Auth0` (the default): `typ` is `JWT`, the client is in `azp`, no `jti`.
    /// With the profile `RFC 9068` use [`strict`](Self::strict).
    ///
    /// Issuer: `https://<tenant>.auth0.com/`, with the slash. Audience: the identifier of the API; `aud` lists the
    /// userinfo endpoint beside it (auth0.com/docs, "Access Token Profiles", read 2026-11-30).
    pub fn auth0() -> Self {
        Self::strict().with_generic_type().with_client_id_in(ClientClaim::Azp).with_token_id_missing()
    }

    /// Microsoft Entra: `typ` is `JWT`, the client is in `azp` (version 2.0) or `appid` (1.0), the scope is in `scp`, no
    /// `jti` (learn.microsoft.com, "Access token claims reference", read 2026-11-30).
    ///
    /// Issuer: `https://login.microsoftonline.com/<tenant>/v2.0`, or `https://sts.windows.net/<tenant>/` for version 1.0.
    /// Audience: the application's identifier, or `api://<identifier>` for version 1.0. Application permissions are in
    /// `roles` and not in the scope. Tokens for Microsoft Graph cannot be validated by others
    /// (AzureAD/azure-activedirectory-identitymodel-extensions-for-dotnet#609).
    pub fn entra() -> Self {
        let azp = Self::strict().with_generic_type().with_client_id_in(ClientClaim::Azp);
        azp.with_client_id_in(ClientClaim::Appid).with_scope_in_scp().with_token_id_missing()
    }

    /// Okta, for a custom authorization server: no `typ`, the client is in `cid`, the scope is an array in `scp`
    /// (a decoded token in "rabbitmq-users", 2023-06-30; pocket-id/pocket-id#1640, 2026-08-01).
    ///
    /// Issuer: `https://<org>.okta.com/oauth2/<id>`. The org authorization server does not publish the keys of its access
    /// tokens (okta/okta-jwt-verifier-python#51), so its tokens are for Okta's own API only.
    pub fn okta() -> Self {
        Self::strict().with_generic_type().with_client_id_in(ClientClaim::Cid).with_scope_in_scp()
    }

    /// Keycloak: `typ` is `JWT`, the client is in `azp`, and the claim `typ` says `Bearer` (keycloak/keycloak#34146,
    /// 2024-10-21). A client can be set to issue `at+jwt` since keycloak/keycloak#37573 (2025).
    ///
    /// Issuer: `https://<host>/realms/<realm>`. `aud` has no API unless an audience mapper adds it
    /// (keycloak/keycloak#12415). A token with `nonce` is refused, since it looks like an ID token: leave out the mapper
    /// "Nonce backwards compatible", which adds it.
    pub fn keycloak() -> Self {
        Self::strict().with_generic_type().with_client_id_in(ClientClaim::Azp)
    }

    /// Amazon Cognito: no `typ`, and no `aud` unless the request bound the token to a resource, so `clients` lists the app
    /// clients whose tokens are accepted (docs.aws.amazon.com, "Understanding the access token", read 2026-11-30).
    ///
    /// Issuer: `https://cognito-idp.<region>.amazonaws.com/<user pool>`.
    pub fn cognito<S: Into<String>>(clients: impl IntoIterator<Item = S>) -> Self {
        Self::strict().with_generic_type().with_audience_missing(clients)
    }
}
