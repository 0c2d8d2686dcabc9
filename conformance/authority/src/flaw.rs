//! What an authorization server forgets: one defect of its own a name, for the self-test of the probe.

use serde::{Deserialize, Serialize};

/// A defect of the server that is no lie about what crosses the wire and no [`Rule`](crate::Rule) that is not enforced
/// at all. Lies are told to clients; a flaw lets one request pass that must be refused, or refuses one that is legal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Flaw {
    /// A challenge without a method counts as S256.
    AbsentMethodIsS256,
    /// `s256` counts as `S256`.
    MethodIgnoresCase,
    /// Of a repeated `code_challenge` or `code_challenge_method` the first one counts.
    FirstChallengeCounts,
    /// `code_challenge=` counts as a request of a client that does without PKCE.
    EmptyChallengeTurnsPkceOff,
    /// A request without a challenge ends at a page, and the client never learns of it.
    PageForMissingChallenge,
    /// A verifier of more than 64 characters is refused.
    LongVerifierRefused,
    /// A public client need not send `code_verifier`.
    VerifierMayBeMissing,
    /// `code_verifier=` counts as the right one.
    VerifierMayBeEmpty,
    /// A client that authenticates need not send `code_verifier`, and may send a wrong one.
    ConfidentialClientsSkipPkce,
    /// The challenge itself counts as the verifier.
    ChallengeIsVerifier,
    /// White space and `=` at the end of a verifier are cut.
    VerifierTrimmed,
    /// The verifier of any login of the client counts.
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
    /// `state` is cut after 1024 characters.
    StateCut,
    /// An error at the client has no state.
    ErrorWithoutState,
    /// An error that the client should learn of is shown at a page.
    ErrorAtPage,
    /// `error_description` has the response type that was asked for.
    DescriptionRepeatsRequest,
    /// What follows a line feed in `state` becomes a header.
    HeaderSplit,
    /// A NUL in `state` ends in an internal error.
    CrashOnNul,
    /// A browser that brings an address in `return_to` is sent there.
    ReturnToFollowed,
    /// A redirect URI is compared only when nothing else is wrong.
    ErrorSentToAnyAddress,
    /// That a client is unknown is told at its redirect URI.
    UnknownClientRedirected,
    /// A redirect URI that begins with a registered one is taken.
    RedirectByPrefix,
    /// The query of a redirect URI is not compared.
    RedirectWithoutQuery,
    /// A slash at the end of a redirect URI is not compared.
    RedirectWithoutSlash,
    /// The case of a redirect URI is not compared.
    RedirectIgnoresCase,
    /// Dot segments of a redirect URI are resolved before it is compared.
    RedirectNormalised,
    /// What stands between the registered host and the path of a redirect URI is not compared.
    RedirectByHostPrefix,
    /// The scheme of a redirect URI is not compared.
    RedirectIgnoresScheme,
    /// The port of a redirect URI is not compared, whatever its host.
    RedirectIgnoresPort,
    /// The port of a redirect URI is compared on loopback, too.
    LoopbackPortFixed,
    /// Without a redirect URI the first registered one counts.
    RedirectMayBeMissing,
    /// The token request need not have the redirect URI.
    RedirectMayBeMissingAtToken,
    /// Tokens stay good when their code comes again.
    TokensSurviveReplay,
    /// The token response does not tell the scope.
    ScopeNotTold,
    /// Codes are numbered.
    CodesCounted,
    /// A confidential client need not authenticate.
    SecretMayBeMissing,
    /// After the password the browser is redirected by 307.
    PasswordRedirectedBy307,
    /// `prompt=none` shows the login page all the same.
    PromptNoneShowsPage,
    /// An error at the client has no `iss`.
    IssMissingInErrors,
    /// A refresh token is good for any client.
    RefreshByAnotherClient,
    /// A refresh brings no new refresh token, and the old one stays.
    RefreshTokenKept,
    /// A replaced refresh token that comes again is refused, and nothing else happens.
    FamilySurvivesReplay,
    /// A refresh gets whatever scope it asks for.
    RefreshWidensScope,
    /// A token is revoked for any client.
    ForeignTokenRevoked,
    /// A token that is not known cannot be revoked.
    UnknownTokenRefused,
    /// With a refresh token only refresh tokens are revoked.
    AccessTokenSurvivesRevocation,
    /// Access tokens are not signed.
    AccessTokenUnsigned,
    /// Access tokens have no audience.
    AccessTokenWithoutAudience,
    /// A pushed request may have a `request_uri`.
    PushTakesRequestUri,
    /// A `request_uri` is good for any client.
    RequestUriOfAnyClient,
    /// A `request_uri` is good more than once.
    RequestUriReused,
    /// Pushed requests are taken by GET.
    PushTakesGet,
}
