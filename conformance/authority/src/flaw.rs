//! Defects of an authorization server, for the self-test of the probe.

use serde::{Deserialize, Serialize};

/// A defect of a server towards its clients' requests: it accepts a request that it must refuse, or refuses a legal
/// one. A [`Lie`](crate::Lie) changes what the server sends; [`Enforcement::Without`](crate::Enforcement::Without)
/// drops a whole [`Rule`](crate::Rule).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Flaw {
    /// A challenge without a method counts as S256.
    AbsentMethodIsS256,
    /// `s256` counts as `S256`.
    MethodIgnoresCase,
    /// If `code_challenge` or `code_challenge_method` is repeated, the first one counts.
    FirstChallengeCounts,
    /// `code_challenge=` counts as a request without PKCE.
    EmptyChallengeTurnsPkceOff,
    /// A request without a challenge ends at an error page, and the client is not notified.
    PageForMissingChallenge,
    /// A verifier of more than 64 characters is refused.
    LongVerifierRefused,
    /// A public client need not send `code_verifier`.
    VerifierMayBeMissing,
    /// `code_verifier=` counts as the right verifier.
    VerifierMayBeEmpty,
    /// A client that authenticates need not send `code_verifier`, and may send a wrong one.
    ConfidentialClientsSkipPkce,
    /// The challenge itself counts as the verifier.
    ChallengeIsVerifier,
    /// White space and `=` at the end of a verifier are removed.
    VerifierTrimmed,
    /// The verifier of any login of the client is accepted.
    ChallengeOfAnyLogin,
    /// The error for a wrong verifier is `invalid_request`.
    WrongVerifierIsInvalidRequest,
    /// A request with a parameter that no specification knows is refused.
    UnknownParameterRefused,
    /// A request with a parameter without a value is refused.
    EmptyParameterRefused,
    /// The query of a redirect URI is lost.
    RedirectQueryDropped,
    /// `state` is decoded twice.
    StateDecodedTwice,
    /// `state` is truncated after 1024 characters.
    StateCut,
    /// An error response to the client has no `state`.
    ErrorWithoutState,
    /// An error is shown on a page instead of being sent to the client.
    ErrorAtPage,
    /// `error_description` repeats the requested response type.
    DescriptionRepeatsRequest,
    /// The text after a line feed in `state` becomes a header.
    HeaderSplit,
    /// A NUL in `state` causes an internal error.
    CrashOnNul,
    /// The browser is redirected to the address in `return_to`.
    ReturnToFollowed,
    /// A redirect URI is compared only if nothing else is wrong.
    ErrorSentToAnyAddress,
    /// The error for an unknown client is sent to its redirect URI.
    UnknownClientRedirected,
    /// A redirect URI that begins with a registered one is accepted.
    RedirectByPrefix,
    /// The query of a redirect URI is not compared.
    RedirectWithoutQuery,
    /// A slash at the end of a redirect URI is not compared.
    RedirectWithoutSlash,
    /// The case of a redirect URI is not compared.
    RedirectIgnoresCase,
    /// Dot segments of a redirect URI are resolved before it is compared.
    RedirectNormalised,
    /// The text between the registered host and the path of a redirect URI is not compared.
    RedirectByHostPrefix,
    /// The scheme of a redirect URI is not compared.
    RedirectIgnoresScheme,
    /// The port of a redirect URI is not compared, whatever its host.
    RedirectIgnoresPort,
    /// The port of a redirect URI is compared on loopback as well.
    LoopbackPortFixed,
    /// Without a redirect URI, the first registered one is used.
    RedirectMayBeMissing,
    /// The token request need not have the redirect URI.
    RedirectMayBeMissingAtToken,
    /// Tokens stay valid after their code is replayed.
    TokensSurviveReplay,
    /// The token response does not contain the scope.
    ScopeNotTold,
    /// Codes are consecutive numbers.
    CodesCounted,
    /// A confidential client need not authenticate.
    SecretMayBeMissing,
    /// After the password form, the browser is redirected with status 307.
    PasswordRedirectedBy307,
    /// `prompt=none` still shows the login page.
    PromptNoneShowsPage,
    /// An error response to the client has no `iss`.
    IssMissingInErrors,
    /// A refresh token is accepted from any client.
    RefreshByAnotherClient,
    /// A refresh returns no new refresh token, and the old one stays valid.
    RefreshTokenKept,
    /// The replay of a replaced refresh token is refused, but revokes nothing.
    FamilySurvivesReplay,
    /// A refresh gets any scope that it requests.
    RefreshWidensScope,
    /// Any client can revoke a token.
    ForeignTokenRevoked,
    /// The revocation of an unknown token is refused.
    UnknownTokenRefused,
    /// The revocation of a refresh token leaves its access tokens valid.
    AccessTokenSurvivesRevocation,
    /// Access tokens are not signed.
    AccessTokenUnsigned,
    /// Access tokens have no audience.
    AccessTokenWithoutAudience,
    /// A pushed request may have a `request_uri`.
    PushTakesRequestUri,
    /// A `request_uri` is accepted from any client.
    RequestUriOfAnyClient,
    /// A `request_uri` is accepted more than once.
    RequestUriReused,
    /// Pushed requests are accepted by GET.
    PushTakesGet,
}
