//! The rules that a client must follow towards an authorization server.

use serde::{Deserialize, Serialize};

/// A rule whose breach a server can observe.
///
/// If [`is_refused`](Self::is_refused), a strict authority refuses the request with [`error`](Self::error), and a
/// witness records a [`Fault`](crate::Fault) and continues. Both record a breach of the other rules, which servers do
/// not refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The `client_id` is registered.
    ClientUnknown,
    /// The redirect URI of the authorization request is registered for the client.
    RedirectUnregistered,
    /// No parameter is sent twice.
    ParameterRepeated,
    /// `response_type` is `code`.
    ResponseType,
    /// `response_mode` is `query` or `form_post`.
    ResponseMode,
    /// `code_challenge` is sent.
    ChallengeMissing,
    /// `code_challenge` has 43 characters of the base64url alphabet.
    ChallengeMalformed,
    /// `code_challenge_method` is sent and not `plain`.
    MethodPlain,
    /// `code_challenge_method` is one that the server supports, spelled as registered.
    MethodUnknown,
    /// `state` is sent.
    StateMissing,
    /// `nonce` is sent when `openid` is requested.
    NonceMissing,
    /// `resource` is known to the server. Only a server that [refuses every resource](crate::Lie::ResourceRefused)
    /// checks this.
    ResourceUnknown,
    /// No URL contains a secret: verifier, client secret or token.
    SecretInUrl,
    /// The token endpoint is called with POST.
    MethodNotPost,
    /// The body is form-encoded.
    NotForm,
    /// `grant_type` is `authorization_code`, `refresh_token`, or a grant that the set-up enables.
    GrantType,
    /// The client authenticates by its registered method, with the right credentials.
    ClientAuthentication,
    /// The client authenticates by one method only.
    TwoAuthentications,
    /// A client assertion is signed with the client's key or its secret.
    AssertionSignature,
    /// A client assertion names this client, has not expired, and has a `jti`.
    AssertionClaims,
    /// The `jti` of a client assertion was not used before.
    AssertionReplayed,
    /// The only audience of a client assertion is the issuer.
    AssertionAudience,
    /// The `typ` of a client assertion says that it is one.
    AssertionType,
    /// If tokens are bound to keys, a request has exactly one proof of the client's key.
    ProofMissing,
    /// A proof has the type, algorithm, key, signature and claims of RFC 9449 section 4.2.
    ProofMalformed,
    /// A proof is for this method and URL.
    ProofTarget,
    /// A proof is recent.
    ProofTime,
    /// The `jti` of a proof was not used before.
    ProofReplayed,
    /// A proof has the newest nonce that this server issued for it.
    ProofNonce,
    /// A bound token is sent with the scheme `DPoP`, and with a proof by its key that contains its hash.
    ProofToken,
    /// The refresh token of a public client is sent with a proof by the key that it is bound to.
    ProofKey,
    /// A code is sent with a proof by the key of its authorization request.
    CodeOfAnotherKey,
    /// `code` is sent.
    CodeMissing,
    /// The code is one that the server issued.
    CodeUnknown,
    /// The code has not been redeemed before.
    CodeReplayed,
    /// The code has not expired.
    CodeExpired,
    /// The code was issued to this client.
    CodeOfAnotherClient,
    /// `redirect_uri` is that of the authorization request.
    RedirectMismatch,
    /// `code_verifier` is sent if a challenge was.
    VerifierMissing,
    /// `code_verifier` has 43 to 128 unreserved characters.
    VerifierMalformed,
    /// `code_verifier` matches the challenge.
    VerifierMismatch,
    /// `code_verifier` is not sent if no challenge was.
    VerifierUnexpected,
    /// The refresh token is one that the server issued to this client and has not replaced.
    RefreshUnknown,
    /// A refresh requests no more scope than was granted.
    ScopeWidened,
    /// An access token is sent to userinfo, in the `Authorization` header.
    TokenMissing,
    /// The access token was issued by the server, and is neither expired nor revoked.
    TokenInvalid,
    /// The access token is sent in one way only.
    TokenTwice,
    /// A revocation request has a token.
    RevocationTokenMissing,
    /// Authorization requests are pushed, if the server requires it.
    PushRequired,
    /// The server issued the `request_uri` to this client, and it is neither used nor expired.
    RequestUriUnknown,
    /// Besides `request_uri`, the authorization URL has `client_id` and nothing else.
    PushLeaked,
    /// The server issued the `device_code` to this client, and it is neither expired nor used.
    DeviceCodeUnknown,
    /// A device does not poll faster than the server allows.
    PollTooFast,
    /// The subject token of an exchange was issued by the server.
    SubjectTokenUnknown,
    /// A logout request names its client, and its `id_token_hint` is an ID token of the server.
    LogoutHintUnknown,
    /// `post_logout_redirect_uri` is registered.
    LogoutRedirectUnregistered,
}

impl Rule {
    /// Every rule, in the order of a login.
    pub const ALL: &[Self] = &[
        Self::ClientUnknown,
        Self::RedirectUnregistered,
        Self::ParameterRepeated,
        Self::ResponseType,
        Self::ResponseMode,
        Self::ChallengeMissing,
        Self::ChallengeMalformed,
        Self::MethodPlain,
        Self::MethodUnknown,
        Self::StateMissing,
        Self::NonceMissing,
        Self::ResourceUnknown,
        Self::SecretInUrl,
        Self::MethodNotPost,
        Self::NotForm,
        Self::GrantType,
        Self::ClientAuthentication,
        Self::TwoAuthentications,
        Self::AssertionSignature,
        Self::AssertionClaims,
        Self::AssertionReplayed,
        Self::AssertionAudience,
        Self::AssertionType,
        Self::ProofMissing,
        Self::ProofMalformed,
        Self::ProofTarget,
        Self::ProofTime,
        Self::ProofReplayed,
        Self::ProofNonce,
        Self::ProofToken,
        Self::ProofKey,
        Self::CodeOfAnotherKey,
        Self::CodeMissing,
        Self::CodeUnknown,
        Self::CodeReplayed,
        Self::CodeExpired,
        Self::CodeOfAnotherClient,
        Self::RedirectMismatch,
        Self::VerifierMissing,
        Self::VerifierMalformed,
        Self::VerifierMismatch,
        Self::VerifierUnexpected,
        Self::RefreshUnknown,
        Self::ScopeWidened,
        Self::TokenMissing,
        Self::TokenInvalid,
        Self::TokenTwice,
        Self::RevocationTokenMissing,
        Self::PushRequired,
        Self::RequestUriUnknown,
        Self::PushLeaked,
        Self::DeviceCodeUnknown,
        Self::PollTooFast,
        Self::SubjectTokenUnknown,
        Self::LogoutHintUnknown,
        Self::LogoutRedirectUnregistered,
    ];

    /// Returns a stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.entry().0
    }

    /// Returns the requirement row of the rule.
    #[must_use]
    pub fn row(self) -> &'static str {
        self.entry().1
    }

    /// Returns the OAuth error of a refusal. If the browser must not be redirected, it is only shown on a page.
    #[must_use]
    pub fn error(self) -> &'static str {
        self.entry().2
    }

    /// Returns whether a strict server refuses the request.
    #[must_use]
    pub fn is_refused(self) -> bool {
        let told = matches!(self, Self::StateMissing | Self::NonceMissing | Self::SecretInUrl | Self::PushLeaked);
        !told && self != Self::AssertionType
    }

    fn entry(self) -> (&'static str, &'static str, &'static str) {
        const REQUEST: &str = "invalid_request";
        const GRANT: &str = "invalid_grant";
        const CLIENT: &str = "invalid_client";
        const TOKEN: &str = "invalid_token";
        const PROOF: &str = "invalid_dpop_proof";
        match self {
            Self::ClientUnknown => ("client_unknown", "OA-16", CLIENT),
            Self::RedirectUnregistered => ("redirect_unregistered", "OA-05", REQUEST),
            Self::ParameterRepeated => ("parameter_repeated", "OA-03", REQUEST),
            Self::ResponseType => ("response_type", "OA-16", "unsupported_response_type"),
            Self::ResponseMode => ("response_mode", "OA-16", REQUEST),
            Self::ChallengeMissing => ("challenge_missing", "PK-10", REQUEST),
            Self::ChallengeMalformed => ("challenge_malformed", "PK-06", REQUEST),
            Self::MethodPlain => ("method_plain", "PK-07", REQUEST),
            Self::MethodUnknown => ("method_unknown", "PK-10", REQUEST),
            Self::StateMissing => ("state_missing", "OA-17", REQUEST),
            Self::NonceMissing => ("nonce_missing", "ID-02", REQUEST),
            Self::ResourceUnknown => ("resource_unknown", "PV-18", "invalid_target"),
            Self::SecretInUrl => ("secret_in_url", "PK-18", REQUEST),
            Self::MethodNotPost => ("method_not_post", "OA-08", REQUEST),
            Self::NotForm => ("not_form", "OA-09", REQUEST),
            Self::GrantType => ("grant_type", "OA-32", "unsupported_grant_type"),
            Self::ClientAuthentication => ("client_authentication", "OA-11", CLIENT),
            Self::TwoAuthentications => ("two_authentications", "OA-10", REQUEST),
            Self::AssertionSignature => ("assertion_signature", "CA-06", CLIENT),
            Self::AssertionClaims => ("assertion_claims", "CA-05", CLIENT),
            Self::AssertionReplayed => ("assertion_replayed", "CA-05", CLIENT),
            Self::AssertionAudience => ("assertion_audience", "CA-01", CLIENT),
            Self::AssertionType => ("assertion_type", "CA-04", CLIENT),
            Self::ProofMissing => ("proof_missing", "DP-01", PROOF),
            Self::ProofMalformed => ("proof_malformed", "DP-01", PROOF),
            Self::ProofTarget => ("proof_target", "DP-02", PROOF),
            Self::ProofTime => ("proof_time", "DP-03", PROOF),
            Self::ProofReplayed => ("proof_replayed", "DP-03", PROOF),
            Self::ProofNonce => ("proof_nonce", "DP-13", "use_dpop_nonce"),
            Self::ProofToken => ("proof_token", "DP-10", TOKEN),
            Self::ProofKey => ("proof_key", "DP-08", GRANT),
            Self::CodeOfAnotherKey => ("code_of_another_key", "DP-15", GRANT),
            Self::CodeMissing => ("code_missing", "OA-09", REQUEST),
            Self::CodeUnknown => ("code_unknown", "OA-09", GRANT),
            Self::CodeReplayed => ("code_replayed", "OA-23", GRANT),
            Self::CodeExpired => ("code_expired", "OA-19", GRANT),
            Self::CodeOfAnotherClient => ("code_of_another_client", "OA-22", GRANT),
            Self::RedirectMismatch => ("redirect_mismatch", "OA-29", GRANT),
            Self::VerifierMissing => ("verifier_missing", "PK-20", GRANT),
            Self::VerifierMalformed => ("verifier_malformed", "PK-01", GRANT),
            Self::VerifierMismatch => ("verifier_mismatch", "PK-05", GRANT),
            Self::VerifierUnexpected => ("verifier_unexpected", "BP-17", GRANT),
            Self::RefreshUnknown => ("refresh_unknown", "OA-43", GRANT),
            Self::ScopeWidened => ("scope_widened", "OA-42", "invalid_scope"),
            Self::TokenMissing => ("token_missing", "AT-06", REQUEST),
            Self::TokenInvalid => ("token_invalid", "AT-12", TOKEN),
            Self::TokenTwice => ("token_twice", "AT-05", REQUEST),
            Self::RevocationTokenMissing => ("revocation_token_missing", "RV-01", REQUEST),
            Self::PushRequired => ("push_required", "PR-08", REQUEST),
            Self::RequestUriUnknown => ("request_uri_unknown", "PR-05", "invalid_request_uri"),
            Self::PushLeaked => ("push_leaked", "PR-06", REQUEST),
            Self::DeviceCodeUnknown => ("device_code_unknown", "DV-03", "expired_token"),
            Self::PollTooFast => ("poll_too_fast", "DV-01", "slow_down"),
            Self::SubjectTokenUnknown => ("subject_token_unknown", "TX-01", REQUEST),
            Self::LogoutHintUnknown => ("logout_hint_unknown", "LO-02", REQUEST),
            Self::LogoutRedirectUnregistered => ("logout_redirect_unregistered", "LO-02", REQUEST),
        }
    }
}
