use crate::{Compat, Deviation, Deviations, Endpoint, Issuer};

/// What a client knows about an authorization server: its issuer, its endpoints, what it announces, and how far to go
/// along where it departs from the specifications.
///
/// Made by hand with [`new`](Self::new) and the `with_` methods, or read from its discovery document with
/// [`from_response`](Self::from_response).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationServer {
    pub(crate) issuer: Issuer,
    pub(crate) authorization_endpoint: Endpoint,
    pub(crate) token_endpoint: Endpoint,
    pub(crate) jwks_uri: Option<Endpoint>,
    pub(crate) userinfo_endpoint: Option<Endpoint>,
    pub(crate) revocation_endpoint: Option<Endpoint>,
    pub(crate) iss_parameter_supported: bool,
    pub(crate) code_challenge_methods: Option<Vec<String>>,
    pub(crate) token_endpoint_auth_methods: Option<Vec<String>>,
    pub(crate) id_token_signing_algs: Option<Vec<String>>,
    pub(crate) compat: Compat,
    /// Whether there were metadata in which something could be announced.
    pub(crate) metadata_read: bool,
    /// What was gone along with to read them.
    pub(crate) deviations: Deviations,
}

impl AuthorizationServer {
    /// A server of which nothing is known but what its documentation says: no `iss` on the callback announced, no
    /// PKCE methods announced.
    pub fn new(issuer: Issuer, authorization_endpoint: Endpoint, token_endpoint: Endpoint) -> Self {
        Self {
            issuer,
            authorization_endpoint,
            token_endpoint,
            jwks_uri: None,
            userinfo_endpoint: None,
            revocation_endpoint: None,
            iss_parameter_supported: false,
            code_challenge_methods: None,
            token_endpoint_auth_methods: None,
            id_token_signing_algs: None,
            compat: Compat::strict(),
            metadata_read: false,
            deviations: Deviations::NONE,
        }
    }

    /// Where its keys are (`jwks_uri`).
    pub fn with_jwks_uri(mut self, endpoint: Endpoint) -> Self {
        self.jwks_uri = Some(endpoint);
        self
    }

    /// Where claims about the user are (`userinfo_endpoint`).
    pub fn with_userinfo_endpoint(mut self, endpoint: Endpoint) -> Self {
        self.userinfo_endpoint = Some(endpoint);
        self
    }

    /// Where tokens are revoked (`revocation_endpoint`, RFC 7009).
    pub fn with_revocation_endpoint(mut self, endpoint: Endpoint) -> Self {
        self.revocation_endpoint = Some(endpoint);
        self
    }

    /// Whether every callback carries `iss` (RFC 9207 section 3). With `true` a callback without it is refused.
    pub fn with_iss_parameter_supported(mut self, supported: bool) -> Self {
        self.iss_parameter_supported = supported;
        self
    }

    /// The signature algorithms of its ID tokens (`id_token_signing_alg_values_supported`).
    pub fn with_id_token_signing_algs(mut self, algs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.id_token_signing_algs = Some(algs.into_iter().map(Into::into).collect());
        self
    }

    /// How far to go along with it: the strict letter unless set. For what concerns its metadata, say it when these are
    /// read: [`from_response_with`](Self::from_response_with).
    pub fn with_compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// The issuer identifier, to be compared byte for byte with `iss` wherever it comes.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Where the browser is sent.
    pub fn authorization_endpoint(&self) -> &Endpoint {
        &self.authorization_endpoint
    }

    /// Where the code is exchanged.
    pub fn token_endpoint(&self) -> &Endpoint {
        &self.token_endpoint
    }

    /// Where its keys are.
    pub fn jwks_uri(&self) -> Option<&Endpoint> {
        self.jwks_uri.as_ref()
    }

    /// Where claims about the user are.
    pub fn userinfo_endpoint(&self) -> Option<&Endpoint> {
        self.userinfo_endpoint.as_ref()
    }

    /// Where tokens are revoked.
    pub fn revocation_endpoint(&self) -> Option<&Endpoint> {
        self.revocation_endpoint.as_ref()
    }

    /// Whether every callback must carry `iss`.
    pub fn iss_parameter_supported(&self) -> bool {
        self.iss_parameter_supported
    }

    /// `code_challenge_methods_supported`; `None` when the server announces nothing, which is not a promise of S256
    /// (RFC 8414 section 2).
    pub fn code_challenge_methods(&self) -> Option<&[String]> {
        self.code_challenge_methods.as_deref()
    }

    /// `token_endpoint_auth_methods_supported`; absent means `client_secret_basic` (RFC 8414 section 2).
    pub fn token_endpoint_auth_methods(&self) -> impl Iterator<Item = &str> {
        let announced = self.token_endpoint_auth_methods.as_deref();
        let default = announced.is_none().then_some("client_secret_basic");
        announced.unwrap_or_default().iter().map(String::as_str).chain(default)
    }

    /// `id_token_signing_alg_values_supported`; `None` when the server announces nothing.
    pub fn id_token_signing_algs(&self) -> Option<&[String]> {
        self.id_token_signing_algs.as_deref()
    }

    /// How far this client goes along with it.
    pub fn compat(&self) -> &Compat {
        &self.compat
    }

    /// The issuer of many tenants that this server is, with `{tenantid}` where the tenant stands. Only with a
    /// [tenancy](Compat::with_tenancy), and only when the issuer stands for all tenants.
    pub fn issuer_template(&self) -> Option<String> {
        self.compat.issuer_template(&self.issuer)
    }

    /// What was gone along with before a login began: in reading its metadata, and in what these leave out.
    pub fn deviations(&self) -> Deviations {
        let is_silent = self.metadata_read && self.code_challenge_methods.is_none();
        [
            (Deviation::PkceNotAnnounced, is_silent && self.compat.allows(Deviation::PkceNotAnnounced)),
            (Deviation::HttpIssuer, self.is_exposed()),
        ]
        .into_iter()
        .fold(self.deviations, |needed, (deviation, is_needed)| if is_needed { needed.with(deviation) } else { needed })
    }

    /// Whether something is sent to it over http to another machine.
    fn is_exposed(&self) -> bool {
        let required = [&self.authorization_endpoint, &self.token_endpoint];
        let optional = [&self.jwks_uri, &self.userinfo_endpoint, &self.revocation_endpoint];
        let mut endpoints = required.into_iter().chain(optional.into_iter().flatten());
        self.issuer.is_exposed() || endpoints.any(Endpoint::is_exposed)
    }
}
