use std::borrow::Cow;
use std::fmt;

use crate::{Deviation, Deviations, Endpoint, InvalidValue, Issuer, Tenancy};

/// The deviations from the specifications that a client tolerates: none by [`strict`](Self::strict), those of a known
/// provider, or single ones by name.
///
/// It is set once, on the [`AuthorizationServer`](crate::AuthorizationServer), and holds for every request to that
/// server. A tolerated deviation that a server does not show changes nothing. Each one that a login needed is listed in
/// its result, so that the caller can log or reject it. [`Deviation`] documents what each one accepts and risks.
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
    /// What is tolerated, also where there is a value.
    allowed: Deviations,
    issuer_alias: Option<Cow<'static, str>>,
    tenancy: Option<Tenancy>,
    metadata: Option<Endpoint>,
    token_types: Vec<Cow<'static, str>>,
    media_types: Vec<Cow<'static, str>>,
    http_hosts: Vec<Cow<'static, str>>,
}

/// The placeholder for the tenant in the issuer of a multi-tenant server.
const PLACEHOLDER: &str = "{tenantid}";

/// What stands in that place when no tenant is meant.
const ALL_TENANTS: [&str; 2] = ["common", "organizations"];

impl Compat {
    /// Tolerates no deviation. The default; it allocates nothing.
    #[must_use]
    pub const fn strict() -> Self {
        Self {
            allowed: Deviations::NONE,
            issuer_alias: None,
            tenancy: None,
            metadata: None,
            token_types: Vec::new(),
            media_types: Vec::new(),
            http_hosts: Vec::new(),
        }
    }

    const fn allowing(mut self, deviation: Deviation) -> Self {
        self.allowed = self.allowed.with(deviation);
        self
    }
}

macro_rules! flags {
    ($($(#[$documentation:meta])* $method:ident = $deviation:ident,)*) => {
        /// # Deviations by name
        impl Compat {
            $(
                #[doc = concat!("Tolerates [`Deviation::", stringify!($deviation), "`].")]
                $(#[$documentation])*
                #[must_use]
                pub const fn $method(self) -> Self {
                    self.allowing(Deviation::$deviation)
                }
            )*
        }
    };
}

flags! {
    with_expires_in_text = ExpiresInText,
    with_expires_in_fraction = ExpiresInFraction,
    with_form_body = FormBody,
    with_error_with_success = ErrorWithSuccess,
    with_error_code_member = ErrorCodeMember,
    with_refusal_status = RefusalStatus,
    with_success_status = SuccessStatus,
    with_scope_commas = ScopeCommas,
    with_scope_array = ScopeArray,
    with_token_type_missing = TokenTypeMissing,
    with_basic_unencoded = BasicUnencoded,
    with_resource_not_sent = ResourceNotSent,
    ///
    /// A single request can be stricter:
    /// [`require_announced_pkce`](crate::AuthorizationRequest::require_announced_pkce).
    with_pkce_not_announced = PkceNotAnnounced,
    with_updated_at_text = UpdatedAtText,
    with_email_verified_text = EmailVerifiedText,
    with_nonce_not_returned = NonceNotReturned,
    ///
    /// **Without PKCE, an attacker with an intercepted code can log in.** Use this only for a server that refuses PKCE,
    /// with a client that has a secret.
    with_pkce_refused = PkceRefused,
    with_auth_time_changed = AuthTimeChanged,
    with_access_token_missing = AccessTokenMissing,
    with_wider_scope_on_refresh = WiderScopeOnRefresh,
}

/// # Deviations with a value
impl Compat {
    /// Tolerates [`Deviation::IssuerAlias`]: the `iss` of an ID token may also be `alias`, byte for byte.
    #[must_use]
    pub fn with_issuer_alias(mut self, alias: impl Into<Cow<'static, str>>) -> Self {
        self.issuer_alias = Some(alias.into());
        self.allowing(Deviation::IssuerAlias)
    }

    /// Tolerates [`Deviation::IssuerTemplate`] for the users of these tenants.
    ///
    /// An issuer with the path segment `common` or `organizations` then stands for the issuers of all tenants. An ID
    /// token must name its own tenant in `tid` and in `iss`. A key that names an issuer must name that of this tenant, or
    /// the one of all tenants.
    ///
    /// At the issuer of a single tenant nothing is tolerated, and a `tid` must still be permitted by `tenancy`.
    #[must_use]
    pub fn with_tenancy(mut self, tenancy: Tenancy) -> Self {
        self.tenancy = Some(tenancy);
        self.allowing(Deviation::IssuerTemplate)
    }

    /// Tolerates [`Deviation::DiscoveryElsewhere`]: the metadata is fetched from `address`. It must still name the
    /// expected issuer.
    #[must_use]
    pub fn with_metadata_at(mut self, address: Endpoint) -> Self {
        self.metadata = Some(address);
        self.allowing(Deviation::DiscoveryElsewhere)
    }

    /// Tolerates [`Deviation::TokenTypeNames`]: a token of type `name` is used as a bearer token. Names are compared
    /// without regard to case (RFC 6749 section 5.1). Call it again for another name.
    #[must_use]
    pub fn with_token_type_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.token_types.push(name.into());
        self.allowing(Deviation::TokenTypeNames)
    }

    /// Tolerates [`Deviation::MediaTypes`]: a response of this media type, such as `text/plain`, is read as JSON. Write
    /// the media type without parameters; it is compared without regard to case. Call it again for another one.
    #[must_use]
    pub fn with_media_type(mut self, media_type: impl Into<Cow<'static, str>>) -> Self {
        self.media_types.push(media_type.into());
        self.allowing(Deviation::MediaTypes)
    }

    /// Tolerates [`Deviation::HttpIssuer`] on `host`, at any port: [`issuer`](Self::issuer), [`endpoint`](Self::endpoint)
    /// and the server's metadata may then have http URLs with this host. Write the host as the URL has it (`keycloak`,
    /// `192.168.1.10`, `[fd00::1]`); it is compared without regard to case, and there are no wildcards. Call it again for
    /// another host.
    ///
    /// **Everything sent there can be read and changed on the way: codes, client secrets, tokens, and the keys that ID
    /// tokens are validated with.** Use it in development, or inside a network that is itself encrypted.
    ///
    /// The HTTP client has an option of its own (`HttpBuilder::allow_http_host`), which must name the same host.
    #[must_use]
    pub fn with_http_host(mut self, host: impl Into<Cow<'static, str>>) -> Self {
        self.http_hosts.push(host.into());
        self.allowing(Deviation::HttpIssuer)
    }
}

impl Compat {
    /// Returns the tolerated deviations.
    #[must_use]
    pub const fn allowed(&self) -> Deviations {
        self.allowed
    }

    /// Returns whether `deviation` is tolerated.
    #[must_use]
    pub const fn allows(&self, deviation: Deviation) -> bool {
        self.allowed.contains(deviation)
    }

    /// Returns the other name of the issuer that an ID token may have.
    #[must_use]
    pub fn issuer_alias(&self) -> Option<&str> {
        self.issuer_alias.as_deref()
    }

    /// Returns the tenants whose users may sign in; `None` when no tenancy was set.
    #[must_use]
    pub fn tenancy(&self) -> Option<&Tenancy> {
        self.tenancy.as_ref()
    }

    /// Returns the address of the metadata; `None` for the well-known location of the issuer.
    #[must_use]
    pub fn metadata_at(&self) -> Option<&Endpoint> {
        self.metadata.as_ref()
    }

    /// Returns an iterator over the token types that are used as bearer tokens besides `Bearer`.
    pub fn token_type_names(&self) -> impl Iterator<Item = &str> {
        self.token_types.iter().map(|name| &**name)
    }

    /// Returns an iterator over the media types that are read as JSON besides `application/json`.
    pub fn media_types(&self) -> impl Iterator<Item = &str> {
        self.media_types.iter().map(|media_type| &**media_type)
    }

    /// Returns an iterator over the hosts with which http is tolerated.
    pub fn http_hosts(&self) -> impl Iterator<Item = &str> {
        self.http_hosts.iter().map(|host| &**host)
    }

    /// Parses an issuer identifier as [`Issuer::new`] does, and also accepts http on the hosts of
    /// [`with_http_host`](Self::with_http_host).
    ///
    /// ```
    /// use proofkey_authorize::{Compat, Issuer};
    ///
    /// let inside = "http://keycloak:8080/realms/r";
    /// assert!(Issuer::new(inside).is_err());
    /// assert_eq!(Compat::keycloak().with_http_host("keycloak").issuer(inside)?.as_str(), inside);
    /// # Ok::<(), proofkey_authorize::InvalidValue>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidValue`] as from [`Issuer::new`].
    pub fn issuer(&self, text: impl AsRef<str>) -> Result<Issuer, InvalidValue> {
        Issuer::permitting(text.as_ref(), |host| self.permits_http(host))
    }

    /// Parses the URL of an endpoint as [`Endpoint::new`] does, and also accepts http on the hosts of
    /// [`with_http_host`](Self::with_http_host).
    ///
    /// # Errors
    /// [`InvalidValue`] as from [`Endpoint::new`].
    pub fn endpoint(&self, text: impl AsRef<str>) -> Result<Endpoint, InvalidValue> {
        Endpoint::permitting(text.as_ref(), |host| self.permits_http(host))
    }

    /// Whether the metadata of `issuer` may name `endpoint`: one on a loopback host only if the issuer is itself on one,
    /// or the host was named. An issuer elsewhere has no business with this machine's ports, and one with https on this
    /// machine does not lead to http.
    pub(crate) fn permits_endpoint_of(&self, issuer: &Issuer, endpoint: &Endpoint) -> bool {
        if !endpoint.is_loopback() {
            return true;
        }
        let is_beside = if endpoint.is_loopback_http() { issuer.is_loopback_http() } else { issuer.is_loopback() };
        is_beside || endpoint.host().is_some_and(|host| self.permits_http(host))
    }

    fn permits_http(&self, host: &str) -> bool {
        self.http_hosts().any(|named| named.eq_ignore_ascii_case(host))
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
        compat.field("allowed", &self.allowed);
        if let Some(alias) = &self.issuer_alias {
            compat.field("issuer_alias", alias);
        }
        if let Some(tenancy) = &self.tenancy {
            compat.field("tenancy", tenancy);
        }
        if let Some(address) = &self.metadata {
            compat.field("metadata_at", address);
        }
        for (name, values) in [
            ("token_type_names", &self.token_types),
            ("media_types", &self.media_types),
            ("http_hosts", &self.http_hosts),
        ] {
            if !values.is_empty() {
                compat.field(name, values);
            }
        }
        compat.finish()
    }
}
