use std::fmt;

/// One way in which an authorization server departs from the specifications, and in which this client can go along.
///
/// None is gone along with unless [`Compat`](crate::Compat) says so, and each that was is listed in the result. The
/// description of each says what is taken, which provider needs it (and where that was reported), and what is risked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Deviation {
    /// `expires_in_text`: the life of a token as a string of digits (Entra's older endpoint: MicrosoftDocs/azure-docs#54997,
    /// Azure/azure-sdk-for-rust#419; NetSuite). Strict: `expires_in` is of the wrong type. Risk: none that is known.
    ExpiresInText,
    /// `expires_in_fraction`: the life of a token as a number with a fraction or an exponent, cut off to whole seconds.
    /// In no profile. Strict: `expires_in` is of the wrong type. Risk: none that is known.
    ExpiresInFraction,
    /// `form_body`: a token response as `application/x-www-form-urlencoded` (GitHub without an `Accept` header, or
    /// behind a proxy that drops it: ramosbugs/oauth2-rs#33). Strict: the content type is refused. Risk: a form has no
    /// types, so a text that looks like a number is one.
    FormBody,
    /// `error_with_success`: an error document with status 200 counts as the server's refusal (GitHub:
    /// ramosbugs/oauth2-rs#313, octokit/octokit.rb#347). Strict: a failed check of that name. Either way there are no
    /// tokens. Listed by the refusal. Risk: none; a success that also holds an error is still no success.
    ErrorWithSuccess,
    /// `error_code_member`: an error document that says `errorCode` and `errorSummary` in place of `error` and
    /// `error_description` (Okta: NCI wiki page 453018227). Strict: the error document is malformed. Listed by the
    /// refusal. Risk: none; there are no tokens either way.
    ErrorCodeMember,
    /// `refusal_status`: an error document with status 403 or 428 is read as one (Auth0:
    /// onc-healthit/onc-certification-g10-test-kit#75; Google: int128/kubelogin#846). Strict: an unexpected status.
    /// Listed by the refusal. Risk: what a proxy says in that form passes for the server's word; there are no tokens
    /// either way.
    RefusalStatus,
    /// `success_status`: a token response with another status of success, such as 201 (ramosbugs/oauth2-rs#268, #328).
    /// In no profile. Strict: an unexpected status. Risk: a status that means "not yet" or "in part" passes for the
    /// answer; what it holds must still be a token response.
    SuccessStatus,
    /// `scope_commas`: the granted scope has commas between its tokens (GitHub: pilcrowonpaper/arctic#318,
    /// jupyterhub/oauthenticator#820). Strict: a comma is a character of a scope token, so the whole is one token.
    /// Risk: a token that has a comma in its name is read as two.
    ScopeCommas,
    /// `scope_array`: the granted scope is an array of tokens (Twitch: ramosbugs/oauth2-rs#86). In no profile. Strict:
    /// `scope` is of the wrong type. Risk: none that is known.
    ScopeArray,
    /// `token_type_missing`: a token response without `token_type` is taken for one of a bearer token
    /// (ramosbugs/oauth2-rs#63, #234; slackhq/slack-api-docs#68). In no profile. Strict: a failed check of that name.
    /// Risk: a token of another type, such as one bound to a key, is used as if whoever holds it could.
    TokenTypeMissing,
    /// `basic_unencoded`: identifier and secret go into HTTP Basic as they are, for a server that does not form-decode
    /// them (golang/oauth2#251, #320, #476). In no profile. Strict: they are form-encoded (RFC 6749 section 2.3.1).
    /// Listed when the two differ. Risk: with an identifier that has a colon, the server divides the pair elsewhere.
    BasicUnencoded,
    /// `resource_not_sent`: a `resource` that the caller asks for is left out, at all three requests (Entra:
    /// punkpeye/mcp-remote#217, TracecatHQ/tracecat#2466). Strict: it is sent, and such a server refuses. Risk: the
    /// access token may be for another API than was asked for, or for several: ask by scope instead.
    ResourceNotSent,
    /// `pkce_not_announced`: the metadata announce no PKCE methods (Entra: immich-app/immich#18725,
    /// openiddict/openiddict-core#1465). Strict: a login at such a server does not begin. Risk: nobody knows whether
    /// the server checks the challenge, which is sent in any case; `state` and the nonce are checked in any case.
    PkceNotAnnounced,
    /// `issuer_alias`: the ID token names its issuer by another name, which the caller gives (Google:
    /// coreos/go-oidc#125, PR #132). Strict: `iss` is not what was expected. Risk: whoever signs under the alias with
    /// the issuer's keys passes for the issuer.
    IssuerAlias,
    /// `issuer_template`: the metadata name an issuer with `{tenantid}` in it, and each ID token the one of its tenant
    /// (Entra: coreos/go-oidc#344, ramosbugs/openidconnect-rs#216). Strict: the metadata name another issuer. Risk:
    /// everybody in each tenant that [`Tenancy`](crate::Tenancy) permits can sign in; a subject is unique together
    /// with the issuer of its ID token only.
    IssuerTemplate,
    /// `discovery_elsewhere`: the metadata were fetched from another address than the issuer's (Keycloak with two host
    /// names: keycloak/keycloak#29783, panva/openid-client#737). They must still name the issuer byte for byte. Strict:
    /// the metadata name another issuer than the one that was asked. Risk: whoever answers at that address decides
    /// where codes, secrets and keys go.
    DiscoveryElsewhere,
    /// `updated_at_text`: the claim `updated_at` as an RFC 3339 text (Auth0: ramosbugs/openidconnect-rs#230,
    /// CZ-NIC/pyoidc#417). Strict: the login is made, and the claim has no date. Risk: none that is known.
    UpdatedAtText,
    /// `email_verified_text`: the claim `email_verified` as the text `true` or `false`
    /// (ramosbugs/openidconnect-rs#230). In no profile. Strict: the login is made, and the claim is neither true nor
    /// false, so the address counts as not verified. Risk: none that is known.
    EmailVerifiedText,
}

impl Deviation {
    /// All of them, in the order of [`Deviations::iter`].
    pub const ALL: [Self; 18] = [
        Self::ExpiresInText,
        Self::ExpiresInFraction,
        Self::FormBody,
        Self::ErrorWithSuccess,
        Self::ErrorCodeMember,
        Self::RefusalStatus,
        Self::SuccessStatus,
        Self::ScopeCommas,
        Self::ScopeArray,
        Self::TokenTypeMissing,
        Self::BasicUnencoded,
        Self::ResourceNotSent,
        Self::PkceNotAnnounced,
        Self::IssuerAlias,
        Self::IssuerTemplate,
        Self::DiscoveryElsewhere,
        Self::UpdatedAtText,
        Self::EmailVerifiedText,
    ];

    /// A stable name: the word at the head of each variant's description.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ExpiresInText => "expires_in_text",
            Self::ExpiresInFraction => "expires_in_fraction",
            Self::FormBody => "form_body",
            Self::ErrorWithSuccess => "error_with_success",
            Self::ErrorCodeMember => "error_code_member",
            Self::RefusalStatus => "refusal_status",
            Self::SuccessStatus => "success_status",
            Self::ScopeCommas => "scope_commas",
            Self::ScopeArray => "scope_array",
            Self::TokenTypeMissing => "token_type_missing",
            Self::BasicUnencoded => "basic_unencoded",
            Self::ResourceNotSent => "resource_not_sent",
            Self::PkceNotAnnounced => "pkce_not_announced",
            Self::IssuerAlias => "issuer_alias",
            Self::IssuerTemplate => "issuer_template",
            Self::DiscoveryElsewhere => "discovery_elsewhere",
            Self::UpdatedAtText => "updated_at_text",
            Self::EmailVerifiedText => "email_verified_text",
        }
    }
}

/// A set of [`Deviation`]s: four octets, copied rather than shared. `Debug` shows the codes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Deviations(u32);

impl Deviations {
    /// No deviation.
    pub const NONE: Self = Self(0);

    /// This set, and `deviation`.
    #[must_use]
    pub const fn with(self, deviation: Deviation) -> Self {
        Self(self.0 | 1 << deviation as u32)
    }

    /// What is in either set.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `deviation` is in the set.
    #[must_use]
    pub const fn contains(self, deviation: Deviation) -> bool {
        self.0 & 1 << deviation as u32 != 0
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The deviations in the set, in the order of [`Deviation::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Deviation> {
        Deviation::ALL.into_iter().filter(move |deviation| self.contains(*deviation))
    }
}

impl FromIterator<Deviation> for Deviations {
    fn from_iter<I: IntoIterator<Item = Deviation>>(deviations: I) -> Self {
        deviations.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Deviations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes = self.iter().map(Deviation::code);
        codes.fold(&mut f.debug_set(), |set, code| set.entry(&format_args!("{code}"))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deviation_has_a_place_and_a_code_of_its_own() {
        let mut seen = Deviations::NONE;
        let mut codes = std::collections::HashSet::new();
        for (place, deviation) in Deviation::ALL.into_iter().enumerate() {
            assert_eq!(deviation as usize, place);
            assert!(!seen.contains(deviation));
            seen = seen.with(deviation);
            assert!(seen.contains(deviation));
            assert!(codes.insert(deviation.code()), "{}", deviation.code());
        }
        assert_eq!(seen.iter().collect::<Vec<_>>(), Deviation::ALL);
        assert_eq!(seen, Deviation::ALL.into_iter().collect());
        // The last one: a variant beyond it has no place in `ALL`.
        assert_eq!(Deviation::EmailVerifiedText as usize + 1, Deviation::ALL.len());
    }

    #[test]
    fn a_set_shows_its_codes() {
        assert_eq!(format!("{:?}", Deviations::NONE), "{}");
        let two = Deviations::NONE.with(Deviation::ScopeCommas).or(Deviations::NONE.with(Deviation::FormBody));
        assert_eq!(format!("{two:?}"), "{form_body, scope_commas}");
        assert!(!two.is_empty() && Deviations::NONE.is_empty());
        assert_eq!([two.with(Deviation::FormBody), two.or(two)], [two; 2], "what is in it already is in it once");
    }
}
