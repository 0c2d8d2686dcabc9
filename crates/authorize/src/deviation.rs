use std::fmt;

macro_rules! deviations {
    ($($(#[$documentation:meta])* $variant:ident = $name:literal,)*) => {
        /// A deviation of an authorization server from the specifications that a client can tolerate.
        ///
        /// None is tolerated unless [`Compat`](crate::Compat) allows it, and each one that a login needed is listed in
        /// the result. Each description begins with the [name](Self::name) of the deviation. It states what is accepted,
        /// which provider needs it and where that was reported, what happens when it is not tolerated ("Strict"), and the
        /// risk of tolerating it. "In no profile": [`Compat`](crate::Compat) has no provider's profile that tolerates it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Deviation {
            $($(#[$documentation])* $variant,)*
        }

        impl Deviation {
            /// Every deviation, in the order of [`Deviations::iter`].
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the stable name: the word at the head of each variant's description.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Returns the deviation with this [name](Self::name); `None` for any other text.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|deviation| deviation.name() == name)
            }
        }

        impl fmt::Display for Deviation {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

deviations! {
    /// `expires_in_text`: the lifetime of a token as a string of digits (Entra's older endpoint:
    /// MicrosoftDocs/azure-docs#54997, Azure/azure-sdk-for-rust#419; NetSuite). Strict: `expires_in` has the wrong type.
    /// Risk: none known.
    ExpiresInText = "expires_in_text",
    /// `expires_in_fraction`: the lifetime of a token as a number with a fraction or an exponent, truncated to whole
    /// seconds. In no profile. Strict: `expires_in` has the wrong type. Risk: none known.
    ExpiresInFraction = "expires_in_fraction",
    /// `form_body`: a token response as `application/x-www-form-urlencoded` (GitHub without an `Accept` header, or
    /// behind a proxy that drops it: ramosbugs/oauth2-rs#33). Strict: the content type is refused. Risk: a form has no
    /// types, so a text that looks like a number is read as one.
    FormBody = "form_body",
    /// `error_with_success`: an error document with status 200 is read as the server's error response (GitHub:
    /// ramosbugs/oauth2-rs#313, octokit/octokit.rb#347). Strict: the request fails with the code
    /// `token_error_with_success`. Either way there are no tokens. Listed in the error response. Risk: none; a token
    /// response with an `error` is still refused.
    ErrorWithSuccess = "error_with_success",
    /// `error_code_member`: an error document with `errorCode` and `errorSummary` in place of `error` and
    /// `error_description` (Okta: NCI wiki page 453018227). Strict: the error document is malformed. Listed in the error
    /// response. Risk: none; there are no tokens either way.
    ErrorCodeMember = "error_code_member",
    /// `refusal_status`: an error document with another status than 400 or 401, such as 403 or 428 (Auth0:
    /// onc-healthit/onc-certification-g10-test-kit#75; Google: int128/kubelogin#846). Strict: the document is read as
    /// well, but the deviation is not listed. Tolerated: listed in the error response. Risk: an error document from a
    /// proxy is taken for the server's; there are no tokens either way.
    RefusalStatus = "refusal_status",
    /// `success_status`: a token response with another success status, such as 201 (ramosbugs/oauth2-rs#268, #328). In
    /// no profile. Strict: an unexpected status. Risk: a status that means "accepted for later" or "in part" counts as
    /// success; the body must still be a token response.
    SuccessStatus = "success_status",
    /// `scope_commas`: the granted scope has commas between its tokens (GitHub: pilcrowonpaper/arctic#318,
    /// jupyterhub/oauthenticator#820). Strict: a comma is a character of a scope token, so the whole text is one token.
    /// Risk: a token with a comma in it is read as two.
    ScopeCommas = "scope_commas",
    /// `scope_array`: the granted scope is an array of tokens (Twitch: ramosbugs/oauth2-rs#86). Strict: `scope` has the
    /// wrong type. Risk: none known.
    ScopeArray = "scope_array",
    /// `token_type_missing`: the access token of a response without `token_type` is used as a bearer token
    /// (ramosbugs/oauth2-rs#63, #234; slackhq/slack-api-docs#68). In no profile. Strict: the request fails with the
    /// code `token_type_missing`. Risk: a token of another type, such as one bound to a key, is used as a bearer token.
    TokenTypeMissing = "token_type_missing",
    /// `basic_unencoded`: client identifier and secret are not form-encoded in HTTP Basic, for a server that does not
    /// form-decode them (golang/oauth2#251, #320, #476). In no profile. Strict: they are form-encoded (RFC 6749 section
    /// 2.3.1). Listed when the two forms differ. Risk: if the identifier has a colon, the server splits the pair there.
    BasicUnencoded = "basic_unencoded",
    /// `resource_not_sent`: a requested `resource` is left out of the authorization, token and refresh request (Entra:
    /// punkpeye/mcp-remote#217, TracecatHQ/tracecat#2466). Strict: it is sent, and such a server refuses the request.
    /// Risk: the access token may be for another API than the requested one, or for several. Choose the API by the scope
    /// instead.
    ResourceNotSent = "resource_not_sent",
    /// `pkce_not_announced`: the metadata names no PKCE methods (Entra: immich-app/immich#18725,
    /// openiddict/openiddict-core#1465). Strict: no login begins at such a server. S256 is sent and `state` is checked
    /// either way. Risk: the server may ignore the challenge; then an attacker can redeem a stolen code.
    PkceNotAnnounced = "pkce_not_announced",
    /// `issuer_alias`: the `iss` of the ID token is another name of the issuer, which the caller gives (Google:
    /// coreos/go-oidc#125, PR #132). Strict: `iss` is not what was expected. Risk: a party that signs under the alias
    /// with the issuer's keys is accepted as the issuer.
    IssuerAlias = "issuer_alias",
    /// `issuer_template`: the issuer in the metadata has the placeholder `{tenantid}`, and each ID token has the issuer
    /// of its tenant (Entra: coreos/go-oidc#344, ramosbugs/openidconnect-rs#216). Strict: the metadata names another
    /// issuer. Risk: all users of each tenant that [`Tenancy`](crate::Tenancy) permits can sign in; a subject is unique
    /// only together with the issuer of its ID token.
    IssuerTemplate = "issuer_template",
    /// `discovery_elsewhere`: the metadata was fetched from another address than the issuer's (Keycloak with two host
    /// names: keycloak/keycloak#29783, panva/openid-client#737). It must still name the issuer byte for byte. Strict:
    /// the metadata names another issuer than the expected one. Risk: the server at that address decides where codes
    /// and secrets are sent, and where keys come from.
    DiscoveryElsewhere = "discovery_elsewhere",
    /// `updated_at_text`: the claim `updated_at` as an RFC 3339 text (Auth0: ramosbugs/openidconnect-rs#230,
    /// CZ-NIC/pyoidc#417). Strict: the login succeeds, and the claim has no date. Risk: none known.
    UpdatedAtText = "updated_at_text",
    /// `email_verified_text`: the claim `email_verified` as the text `true` or `false` (ramosbugs/openidconnect-rs#230;
    /// Apple documents both forms). Strict: the login succeeds, and the claim is neither true nor false, so
    /// the address counts as not verified. Risk: none known.
    EmailVerifiedText = "email_verified_text",
    /// `nonce_not_returned`: the ID token has no `nonce` although one was sent (LinkedIn). A `nonce` that is present must
    /// still be the right one. Strict: the claim is missing, and the ID token is refused. Risk: nothing distinguishes the
    /// ID token of another login, so only PKCE stops an injected code; together with [`PkceRefused`](Self::PkceRefused)
    /// nothing does.
    NonceNotReturned = "nonce_not_returned",
    /// `pkce_refused`: neither `code_challenge` nor `code_verifier` is sent, because the server refuses a request with
    /// one (LinkedIn). They are still sent to a server whose metadata announces S256. Strict: both are sent, and such a
    /// server responds with an error. Risk: only `state`, the client secret and `nonce` protect a stolen code. Not for a
    /// public client.
    PkceRefused = "pkce_refused",
    /// `auth_time_changed`: a refreshed ID token has another `auth_time` than the first one (Amazon Cognito with
    /// rotation of refresh tokens). Strict: the refreshed ID token is refused (OpenID Connect Core section 12.2). Risk:
    /// `auth_time` no longer shows that an ID token belongs to a later session.
    AuthTimeChanged = "auth_time_changed",
    /// `token_type_names`: a token whose `token_type` is one of the names that the caller gives is used as a bearer
    /// token: `bot` or `user` (Slack), `BearerToken` (Apigee), `User Access Token` (eBay). Strict: the token type is
    /// refused. Risk: a token that is to be used in another way is sent as a bearer token.
    TokenTypeNames = "token_type_names",
    /// `media_types`: a response with one of the media types that the caller gives, such as `text/plain` or `text/html`,
    /// is read as JSON. Strict: the content type is refused. Risk: a page that another party can publish at the same
    /// address is read as the server's response, if it is a JSON document of the expected form.
    MediaTypes = "media_types",
    /// `access_token_missing`: a token response with an ID token and without an access token (Azure AD B2C with the
    /// scope `openid` alone). Strict: `access_token` is missing. Risk: none known; there is nothing to call an API with.
    AccessTokenMissing = "access_token_missing",
    /// `wider_scope_on_refresh`: a refresh asks for a scope beyond the granted one, for a server that allows it. In no
    /// profile. Strict: the request is not made (RFC 6749 section 6). Risk: the new
    /// access token can do more than the user agreed to at this login.
    WiderScopeOnRefresh = "wider_scope_on_refresh",
    /// `http_issuer`: an issuer or an endpoint with http on another machine, whose host the caller names (containers:
    /// `http://keycloak:8080`). Strict: the URL is refused. **Risk: everything.** Codes, client secrets, tokens and keys
    /// cross the network in the clear, and any host on the way can read and replace them. Only for development, or for a
    /// network that is itself encrypted.
    HttpIssuer = "http_issuer",
}

/// A set of [`Deviation`]s. `Debug` shows their names.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Deviations(u64);

impl Deviations {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// Returns this set with `deviation` added.
    #[must_use]
    pub const fn with(self, deviation: Deviation) -> Self {
        Self(self.0 | 1 << deviation as u32)
    }

    /// Returns the union of the two sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether `deviation` is in the set.
    #[must_use]
    pub const fn contains(self, deviation: Deviation) -> bool {
        self.0 & 1 << deviation as u32 != 0
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns an iterator over the deviations in the set, in the order of [`Deviation::ALL`].
    pub fn iter(self) -> DeviationsIter {
        DeviationsIter(self)
    }
}

impl IntoIterator for Deviations {
    type Item = Deviation;
    type IntoIter = DeviationsIter;

    fn into_iter(self) -> DeviationsIter {
        self.iter()
    }
}

/// An iterator over the deviations of a [`Deviations`], in the order of [`Deviation::ALL`].
#[derive(Clone, Debug)]
pub struct DeviationsIter(Deviations);

impl Iterator for DeviationsIter {
    type Item = Deviation;

    fn next(&mut self) -> Option<Deviation> {
        let first = self.0.0.trailing_zeros();
        self.0.0 &= self.0.0.wrapping_sub(1);
        Deviation::ALL.get(first as usize).copied()
    }
}

impl FromIterator<Deviation> for Deviations {
    fn from_iter<I: IntoIterator<Item = Deviation>>(deviations: I) -> Self {
        deviations.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Deviations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.iter().map(Deviation::name);
        names.fold(&mut f.debug_set(), |set, name| set.entry(&format_args!("{name}"))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deviation_has_a_place_and_a_name_of_its_own() {
        let mut seen = Deviations::NONE;
        let mut names = std::collections::HashSet::new();
        for &deviation in Deviation::ALL {
            assert!(!seen.contains(deviation));
            seen = seen.with(deviation);
            assert!(seen.contains(deviation));
            assert!(names.insert(deviation.name()), "{}", deviation.name());
            assert_eq!(Deviation::from_name(&deviation.to_string()), Some(deviation));
        }
        assert_eq!(Deviation::from_name("ScopeCommas"), None);
        assert_eq!(seen.iter().collect::<Vec<_>>(), Deviation::ALL);
        assert_eq!(seen, Deviation::ALL.iter().copied().collect());
        assert_eq!(seen.0.count_ones() as usize, Deviation::ALL.len());
    }

    #[test]
    fn a_set_shows_its_names() {
        assert_eq!(format!("{:?}", Deviations::NONE), "{}");
        let two = Deviations::NONE.with(Deviation::ScopeCommas).union(Deviations::NONE.with(Deviation::FormBody));
        assert_eq!(format!("{two:?}"), "{form_body, scope_commas}");
        assert!(!two.is_empty() && Deviations::NONE.is_empty());
        assert_eq!([two.with(Deviation::FormBody), two.union(two)], [two; 2], "what is in it already is in it once");
    }
}
