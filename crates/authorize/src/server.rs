use std::collections::BTreeMap;

use crate::json::Members;
use crate::{Compat, Deviation, Deviations, Endpoint, Issuer};

/// An authorization server as a client knows it: issuer, endpoints, announced features, and tolerated deviations (RFC
/// 8414 section 2, OpenID Connect Discovery section 3).
///
/// It is read from the server's metadata by a [`DiscoveryRequest`](crate::DiscoveryRequest), or built by hand with
/// [`new`](Self::new) and the `with_` methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationServer {
    pub(crate) issuer: Issuer,
    pub(crate) authorization_endpoint: Endpoint,
    pub(crate) token_endpoint: Endpoint,
    /// The other endpoints, by the names of their members.
    pub(crate) endpoints: BTreeMap<&'static str, Endpoint>,
    pub(crate) iss_parameter_supported: bool,
    pub(crate) pushed_requests_required: bool,
    pub(crate) code_challenge_methods: Option<Vec<String>>,
    pub(crate) token_endpoint_auth_methods: Option<Vec<String>>,
    pub(crate) id_token_signing_algs: Option<Vec<String>>,
    pub(crate) compat: Compat,
    /// Its metadata, in which things could be announced.
    pub(crate) metadata: Option<Members>,
    /// What was tolerated to read them.
    pub(crate) deviations: Deviations,
}

macro_rules! endpoints {
    ($($getter:ident, $setter:ident: $documentation:literal;)*) => {
        /// # Optional endpoints
        impl AuthorizationServer {
            $(
                #[doc = concat!("Returns the `", stringify!($getter), "`, ", $documentation, " `None` when the server has none.")]
                pub fn $getter(&self) -> Option<&Endpoint> {
                    self.endpoints.get(stringify!($getter))
                }

                #[doc = concat!("Sets the `", stringify!($getter), "`, ", $documentation)]
                #[must_use]
                pub fn $setter(mut self, endpoint: Endpoint) -> Self {
                    self.endpoints.insert(stringify!($getter), endpoint);
                    self
                }
            )*
        }
    };
}

endpoints! {
    jwks_uri, with_jwks_uri: "the address of the keys that sign ID tokens (RFC 7517 section 5).";
    userinfo_endpoint, with_userinfo_endpoint: "which returns claims about the user (OpenID Connect Core section 5.3).";
    revocation_endpoint, with_revocation_endpoint: "which revokes tokens (RFC 7009).";
    introspection_endpoint, with_introspection_endpoint: "which tells an API about a token (RFC 7662).";
    end_session_endpoint, with_end_session_endpoint: "which ends the user's session (OpenID Connect RP-Initiated Logout \
        1.0); see [`LogoutRequest`](crate::LogoutRequest).";
    device_authorization_endpoint, with_device_authorization_endpoint: "which begins a device login (RFC 8628).";
    pushed_authorization_request_endpoint, with_pushed_authorization_request_endpoint: "which receives the authorization \
        request directly from the client (RFC 9126).";
    registration_endpoint, with_registration_endpoint: "which registers clients (RFC 7591).";
}

macro_rules! lists {
    ($($getter:ident: $documentation:literal;)*) => {
        /// # Lists in the metadata
        ///
        /// Each is `None` when the metadata does not have it, and for a server built by hand. An item that is not a
        /// string is left out.
        impl AuthorizationServer {
            $(
                #[doc = concat!("Returns an iterator over `", stringify!($getter), "`", $documentation)]
                pub fn $getter(&self) -> Option<impl Iterator<Item = &str>> {
                    self.list(stringify!($getter))
                }
            )*
        }
    };
}

lists! {
    scopes_supported: ".";
    response_types_supported: ", such as `code`.";
    response_modes_supported: ". `None` means `query` and `fragment` (RFC 8414 section 2).";
    grant_types_supported: ". `None` means `authorization_code` and `implicit` (RFC 8414 section 2).";
    acr_values_supported: ": authentication context classes.";
    claims_supported: ".";
    prompt_values_supported: " (Initiating User Registration via OpenID Connect 1.0).";
}

impl AuthorizationServer {
    /// Creates a server by hand, without metadata. It announces neither `iss` on the callback nor PKCE methods. A login
    /// may begin nevertheless, since S256 is always sent.
    pub fn new(issuer: Issuer, authorization_endpoint: Endpoint, token_endpoint: Endpoint) -> Self {
        Self {
            issuer,
            authorization_endpoint,
            token_endpoint,
            endpoints: BTreeMap::new(),
            iss_parameter_supported: false,
            pushed_requests_required: false,
            code_challenge_methods: None,
            token_endpoint_auth_methods: None,
            id_token_signing_algs: None,
            compat: Compat::strict(),
            metadata: None,
            deviations: Deviations::NONE,
        }
    }

    /// Sets `authorization_response_iss_parameter_supported`: whether every callback has `iss` (RFC 9207 section 3). If
    /// so, a callback without it is refused.
    #[must_use]
    pub fn with_authorization_response_iss_parameter_supported(mut self, supported: bool) -> Self {
        self.iss_parameter_supported = supported;
        self
    }

    /// Sets `require_pushed_authorization_requests`: whether the server refuses a request that was not pushed.
    #[must_use]
    pub fn with_require_pushed_authorization_requests(mut self, required: bool) -> Self {
        self.pushed_requests_required = required;
        self
    }

    /// Sets `code_challenge_methods_supported`: the PKCE methods. No login begins unless `S256` is one of them.
    #[must_use]
    pub fn with_code_challenge_methods_supported(
        mut self,
        methods: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.code_challenge_methods = Some(methods.into_iter().map(Into::into).collect());
        self
    }

    /// Sets `token_endpoint_auth_methods_supported`: the methods of client authentication.
    #[must_use]
    pub fn with_token_endpoint_auth_methods_supported(
        mut self,
        methods: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.token_endpoint_auth_methods = Some(methods.into_iter().map(Into::into).collect());
        self
    }

    /// Sets `id_token_signing_alg_values_supported`: the signature algorithms of ID tokens.
    #[must_use]
    pub fn with_id_token_signing_alg_values_supported(
        mut self,
        algs: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.id_token_signing_algs = Some(algs.into_iter().map(Into::into).collect());
        self
    }

    /// Sets which deviations are tolerated; the default is none. For deviations in the metadata, use
    /// [`DiscoveryRequest::compat`](crate::DiscoveryRequest::compat).
    #[must_use]
    pub fn with_compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// Returns the issuer identifier, which is compared byte for byte with every `iss`.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Returns the `authorization_endpoint`, which the browser is sent to.
    pub fn authorization_endpoint(&self) -> &Endpoint {
        &self.authorization_endpoint
    }

    /// Returns the `token_endpoint`, which exchanges codes for tokens.
    pub fn token_endpoint(&self) -> &Endpoint {
        &self.token_endpoint
    }

    /// Returns `authorization_response_iss_parameter_supported`: whether every callback must have `iss`.
    pub fn authorization_response_iss_parameter_supported(&self) -> bool {
        self.iss_parameter_supported
    }

    /// Returns `require_pushed_authorization_requests`: whether the server refuses a request that was not pushed
    /// (RFC 9126 section 5).
    pub fn require_pushed_authorization_requests(&self) -> bool {
        self.pushed_requests_required
    }

    /// Returns `code_challenge_methods_supported`: the PKCE methods. `None` means that the server announces no PKCE (RFC
    /// 8414 section 2).
    pub fn code_challenge_methods_supported(&self) -> Option<&[String]> {
        self.code_challenge_methods.as_deref()
    }

    /// Returns an iterator over `token_endpoint_auth_methods_supported`: the methods of client authentication. Only
    /// `client_secret_basic` when the server announces none (RFC 8414 section 2).
    pub fn token_endpoint_auth_methods_supported(&self) -> impl Iterator<Item = &str> {
        let announced = self.token_endpoint_auth_methods.as_deref();
        let default = announced.is_none().then_some("client_secret_basic");
        announced.unwrap_or_default().iter().map(String::as_str).chain(default)
    }

    /// Returns `id_token_signing_alg_values_supported`: the signature algorithms of ID tokens. `None` when the server
    /// announces none.
    pub fn id_token_signing_alg_values_supported(&self) -> Option<&[String]> {
        self.id_token_signing_algs.as_deref()
    }

    /// Replaces each endpoint at which the client authenticates by the one for clients with a certificate, if the metadata
    /// has one (`mtls_endpoint_aliases`, RFC 8705 section 5). The issuer and the addresses for the browser stay.
    #[must_use]
    pub fn with_mtls_endpoint_aliases(mut self) -> Self {
        if let Some(alias) = self.mtls_endpoint_alias("token_endpoint") {
            self.token_endpoint = alias;
        }
        for name in [
            "userinfo_endpoint",
            "revocation_endpoint",
            "introspection_endpoint",
            "device_authorization_endpoint",
            "pushed_authorization_request_endpoint",
            "registration_endpoint",
        ] {
            if let Some(alias) = self.mtls_endpoint_alias(name) {
                self.endpoints.insert(name, alias);
            }
        }
        self
    }

    /// Returns the member `name` of `mtls_endpoint_aliases`, such as `token_endpoint`: the endpoint for clients with a
    /// certificate (RFC 8705 section 5). `None` when it is absent, not a valid [`Endpoint`], or
    /// on a loopback host while the issuer is not.
    pub fn mtls_endpoint_alias(&self, name: &str) -> Option<Endpoint> {
        let alias = self.member("mtls_endpoint_aliases")?.get(name)?.as_str()?;
        let alias = self.compat.endpoint(alias).ok()?;
        self.compat.permits_endpoint_of(&self.issuer, &alias).then_some(alias)
    }

    /// Returns the member `name` of the metadata as received. `None` when it is absent or `null`, and always for a server
    /// built by hand.
    pub fn member(&self, name: &str) -> Option<&serde_json::Value> {
        self.metadata.as_ref()?.get(name)
    }

    fn list(&self, name: &str) -> Option<impl Iterator<Item = &str>> {
        Some(self.member(name)?.as_array()?.iter().filter_map(serde_json::Value::as_str))
    }

    /// Returns the tolerated deviations.
    pub fn compat(&self) -> &Compat {
        &self.compat
    }

    /// Returns the issuer with `{tenantid}` in place of `common` or `organizations`, when it stands for the issuers of all
    /// tenants ([`Compat::with_tenancy`]); `None` for any other issuer.
    pub fn issuer_template(&self) -> Option<String> {
        self.compat.issuer_template(&self.issuer)
    }

    /// Returns the deviations that a login needs before it begins: those of the metadata, PKCE that is not announced or
    /// refused, and endpoints over http.
    pub fn deviations(&self) -> Deviations {
        let mut needed = self.deviations;
        if let Some(deviation) = self.pkce_deviation() {
            needed = needed.with(deviation);
        }
        let mut endpoints =
            [&self.authorization_endpoint, &self.token_endpoint].into_iter().chain(self.endpoints.values());
        if self.issuer.is_exposed() || endpoints.any(Endpoint::is_exposed) {
            needed = needed.with(Deviation::HttpIssuer);
        }
        needed
    }

    /// The deviation that a login needs at a server that does not announce PKCE.
    fn pkce_deviation(&self) -> Option<Deviation> {
        let is_silent = self.code_challenge_methods.is_none();
        if is_silent && self.compat.allows(Deviation::PkceRefused) {
            Some(Deviation::PkceRefused)
        } else if is_silent && self.metadata.is_some() && self.compat.allows(Deviation::PkceNotAnnounced) {
            Some(Deviation::PkceNotAnnounced)
        } else {
            None
        }
    }

    /// Whether a challenge is sent.
    pub(crate) fn takes_pkce(&self) -> bool {
        self.pkce_deviation() != Some(Deviation::PkceRefused)
    }
}
