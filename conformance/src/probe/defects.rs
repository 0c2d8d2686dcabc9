//! The defects of the self-test: each makes of the honest authority one that has just this defect.

use proofkey_authority::lie::{CodeLie, IdTokenEdit, JsonEdit, ParamEdit, ResponseEdit, When};
use proofkey_authority::{ClientAuth, Endpoint, Enforcement, Flaw, Lie, Rule, Setup};

/// One defect.
#[derive(Clone, Copy)]
pub(crate) struct Defect {
    /// Its name, by which probes name it.
    pub(crate) name: &'static str,
    /// Puts it into a server.
    pub(crate) put: fn(&mut Setup),
    /// Where it shows, and nowhere else: a header, the text of the callback, or a member of the metadata or of the token response.
    pub(crate) shows: Option<&'static str>,
}

/// Every defect.
pub(crate) const DEFECTS: &[Defect] = &[
    defect("absent-method-is-s256", |setup| setup.flaws = vec![Flaw::AbsentMethodIsS256]),
    defect("access-token-survives-revocation", |setup| setup.flaws = vec![Flaw::AccessTokenSurvivesRevocation]),
    at("member access_token", defect("access-token-unsigned", |setup| setup.flaws = vec![Flaw::AccessTokenUnsigned])),
    at(
        "member access_token",
        defect("access-token-without-audience", |setup| setup.flaws = vec![Flaw::AccessTokenWithoutAudience]),
    ),
    defect("challenge-form-unchecked", |setup| without(setup, &[Rule::ChallengeMalformed])),
    at(
        "callback text",
        defect("challenge-in-the-callback", |setup| {
            setup.lie = Some(Lie::Callback(vec![ParamEdit::set("challenge", "{challenge}")]));
        }),
    ),
    at(
        "callback text",
        defect("challenge-in-the-code", |setup| {
            setup.lie = Some(Lie::Code(CodeLie::Text("{code}{challenge}".into())));
        }),
    ),
    defect("challenge-is-verifier", |setup| setup.flaws = vec![Flaw::ChallengeIsVerifier]),
    defect("challenge-of-any-login", |setup| setup.flaws = vec![Flaw::ChallengeOfAnyLogin]),
    defect("client-unauthenticated", |setup| without(setup, &[Rule::ClientAuthentication])),
    defect("code-never-expires", |setup| without(setup, &[Rule::CodeExpired])),
    defect("code-of-another-client", |setup| without(setup, &[Rule::CodeOfAnotherClient])),
    defect("code-replayed", |setup| without(setup, &[Rule::CodeReplayed])),
    at("callback text", defect("codes-counted", |setup| setup.flaws = vec![Flaw::CodesCounted])),
    defect("confidential-clients-skip-pkce", |setup| setup.flaws = vec![Flaw::ConfidentialClientsSkipPkce]),
    at(
        "header access-control-allow-origin",
        defect("cors-at-the-authorization-endpoint", |setup| {
            let header = ResponseEdit::Header("access-control-allow-origin".into(), "*".into());
            setup.lie = Some(answers(Endpoint::Authorization, header));
        }),
    ),
    defect("crash-on-nul", |setup| setup.flaws = vec![Flaw::CrashOnNul]),
    defect("description-repeats-the-request", |setup| setup.flaws = vec![Flaw::DescriptionRepeatsRequest]),
    defect("empty-challenge-turns-pkce-off", |setup| setup.flaws = vec![Flaw::EmptyChallengeTurnsPkceOff]),
    defect("empty-parameter-refused", |setup| setup.flaws = vec![Flaw::EmptyParameterRefused]),
    defect("error-at-a-page", |setup| setup.flaws = vec![Flaw::ErrorAtPage]),
    defect("error-sent-to-any-address", |setup| setup.flaws = vec![Flaw::ErrorSentToAnyAddress]),
    defect("error-without-state", |setup| setup.flaws = vec![Flaw::ErrorWithoutState]),
    defect("family-survives-a-replay", |setup| setup.flaws = vec![Flaw::FamilySurvivesReplay]),
    defect("first-challenge-counts", |setup| setup.flaws = vec![Flaw::FirstChallengeCounts]),
    defect("foreign-token-revoked", |setup| setup.flaws = vec![Flaw::ForeignTokenRevoked]),
    defect("grant-type-unchecked", |setup| without(setup, &[Rule::GrantType])),
    defect("header-split", |setup| setup.flaws = vec![Flaw::HeaderSplit]),
    at("member id_token", defect("id-token-without-auth-time", |setup| id_token_without(setup, "auth_time"))),
    at("member id_token", defect("id-token-without-exp", |setup| id_token_without(setup, "exp"))),
    at("member id_token", defect("id-token-without-nonce", |setup| id_token_without(setup, "nonce"))),
    at("parameter iss", defect("iss-missing", |setup| setup.sends_iss = false)),
    defect("iss-missing-in-errors", |setup| setup.flaws = vec![Flaw::IssMissingInErrors]),
    at(
        "parameter iss",
        defect("iss-of-another", |setup| {
            setup.lie = Some(Lie::Callback(vec![ParamEdit::set("iss", "{issuer}x")]));
        }),
    ),
    at(
        "metadata authorization_response_iss_parameter_supported",
        defect("iss-unannounced", |setup| setup.announces_iss = false),
    ),
    at(
        "metadata issuer",
        defect("issuer-with-a-query", |setup| {
            setup.lie = Some(Lie::metadata([JsonEdit::set("issuer", "{issuer}?a=b")]));
        }),
    ),
    defect("long-verifier-refused", |setup| setup.flaws = vec![Flaw::LongVerifierRefused]),
    defect("loopback-port-fixed", |setup| setup.flaws = vec![Flaw::LoopbackPortFixed]),
    at(
        "header content-type",
        defect("metadata-is-text", |setup| {
            setup.lie =
                Some(answers(Endpoint::Metadata, ResponseEdit::Header("content-type".into(), "text/plain".into())));
        }),
    ),
    defect("method-ignores-case", |setup| setup.flaws = vec![Flaw::MethodIgnoresCase]),
    at(
        "metadata token_endpoint_auth_methods_supported",
        defect("no-asymmetric-authentication", |setup| {
            setup.clients.retain(|client| client.auth != ClientAuth::PrivateKeyJwt);
        }),
    ),
    at(
        "member id_token",
        defect("no-id-token", |setup| {
            setup.lie = Some(Lie::token_response([JsonEdit::remove("id_token")]));
        }),
    ),
    at(
        "metadata document",
        defect("no-metadata", |setup| {
            setup.lie = Some(answers(Endpoint::Metadata, ResponseEdit::Status(404)));
        }),
    ),
    at(
        "header referrer-policy",
        defect("no-referrer-policy", |setup| {
            setup.lie = Some(answers(Endpoint::Authorization, ResponseEdit::RemoveHeader("referrer-policy".into())));
        }),
    ),
    at(
        "header cache-control",
        defect("no-store-missing", |setup| {
            setup.lie = Some(answers(Endpoint::Token, ResponseEdit::RemoveHeader("cache-control".into())));
        }),
    ),
    at(
        "metadata subject_types_supported",
        defect("no-subject-types", |setup| {
            setup.lie = Some(Lie::metadata([JsonEdit::remove("subject_types_supported")]));
        }),
    ),
    at(
        "member token_type",
        defect("no-token-type", |setup| {
            setup.lie = Some(Lie::token_response([JsonEdit::remove("token_type")]));
        }),
    ),
    at(
        "header www-authenticate",
        defect("no-www-authenticate", |setup| {
            setup.lie = Some(answers(Endpoint::Token, ResponseEdit::RemoveHeader("www-authenticate".into())));
        }),
    ),
    defect("page-for-missing-challenge", |setup| setup.flaws = vec![Flaw::PageForMissingChallenge]),
    at(
        "header x-frame-options",
        defect("pages-can-be-framed", |setup| {
            let headers =
                ["x-frame-options", "content-security-policy"].map(|name| ResponseEdit::RemoveHeader(name.into()));
            setup.lie =
                Some(Lie::Response { at: Endpoint::Authorization, when: When::Always, edits: headers.to_vec() });
        }),
    ),
    defect("parameter-repeated", |setup| without(setup, &[Rule::ParameterRepeated])),
    at(
        "metadata grant_types_supported",
        defect("password-grant-announced", |setup| {
            let grants = serde_json::json!(["authorization_code", "refresh_token", "password"]);
            setup.lie = Some(Lie::metadata([JsonEdit::set("grant_types_supported", grants)]));
        }),
    ),
    defect("pkce-optional", |setup| without(setup, &[Rule::ChallengeMissing])),
    at("metadata code_challenge_methods_supported", defect("pkce-unannounced", |setup| setup.announces_pkce = false)),
    at(
        "metadata code_challenge_methods_supported",
        defect("plain-announced", |setup| {
            let edit = JsonEdit::set("code_challenge_methods_supported", serde_json::json!(["S256", "plain"]));
            setup.lie = Some(Lie::metadata([edit]));
        }),
    ),
    defect("plain-taken", |setup| without(setup, &[Rule::MethodPlain])),
    defect("prompt-none-shows-a-page", |setup| setup.flaws = vec![Flaw::PromptNoneShowsPage]),
    defect("push-takes-get", |setup| setup.flaws = vec![Flaw::PushTakesGet]),
    defect("push-takes-request-uri", |setup| setup.flaws = vec![Flaw::PushTakesRequestUri]),
    defect("push-without-expiry", |setup| {
        setup.lie = Some(answers(Endpoint::Push, ResponseEdit::Json(JsonEdit::remove("expires_in"))));
    }),
    defect("query-of-redirect-uri-dropped", |setup| setup.flaws = vec![Flaw::RedirectQueryDropped]),
    defect("redirect-307-after-the-password", |setup| setup.flaws = vec![Flaw::PasswordRedirectedBy307]),
    defect("redirect-uri-by-host-prefix", |setup| setup.flaws = vec![Flaw::RedirectByHostPrefix]),
    defect("redirect-uri-by-prefix", |setup| setup.flaws = vec![Flaw::RedirectByPrefix]),
    defect("redirect-uri-ignores-case", |setup| setup.flaws = vec![Flaw::RedirectIgnoresCase]),
    defect("redirect-uri-ignores-port", |setup| setup.flaws = vec![Flaw::RedirectIgnoresPort]),
    defect("redirect-uri-ignores-scheme", |setup| setup.flaws = vec![Flaw::RedirectIgnoresScheme]),
    defect("redirect-uri-may-be-missing", |setup| setup.flaws = vec![Flaw::RedirectMayBeMissing]),
    defect("redirect-uri-normalised", |setup| setup.flaws = vec![Flaw::RedirectNormalised]),
    defect("redirect-uri-optional-at-the-token-endpoint", |setup| {
        setup.flaws = vec![Flaw::RedirectMayBeMissingAtToken]
    }),
    defect("redirect-uri-unchecked", |setup| without(setup, &[Rule::RedirectUnregistered])),
    defect("redirect-uri-uncompared", |setup| without(setup, &[Rule::RedirectMismatch])),
    defect("redirect-uri-without-query", |setup| setup.flaws = vec![Flaw::RedirectWithoutQuery]),
    defect("redirect-uri-without-slash", |setup| setup.flaws = vec![Flaw::RedirectWithoutSlash]),
    defect("refresh-by-another-client", |setup| setup.flaws = vec![Flaw::RefreshByAnotherClient]),
    defect("refresh-token-kept", |setup| setup.flaws = vec![Flaw::RefreshTokenKept]),
    defect("refresh-widens-the-scope", |setup| setup.flaws = vec![Flaw::RefreshWidensScope]),
    defect("request-uri-of-any-client", |setup| setup.flaws = vec![Flaw::RequestUriOfAnyClient]),
    defect("request-uri-reused", |setup| setup.flaws = vec![Flaw::RequestUriReused]),
    defect("return-to-followed", |setup| setup.flaws = vec![Flaw::ReturnToFollowed]),
    at("member scope", defect("scope-not-told", |setup| setup.flaws = vec![Flaw::ScopeNotTold])),
    defect("secret-may-be-missing", |setup| setup.flaws = vec![Flaw::SecretMayBeMissing]),
    defect("state-cut", |setup| setup.flaws = vec![Flaw::StateCut]),
    defect("state-decoded-twice", |setup| setup.flaws = vec![Flaw::StateDecodedTwice]),
    defect("stripped-challenge-unnoticed", |setup| without(setup, &[Rule::ChallengeMissing, Rule::VerifierUnexpected])),
    at(
        "header content-type",
        defect("token-endpoint-answers-text", |setup| {
            setup.lie =
                Some(answers(Endpoint::Token, ResponseEdit::Header("content-type".into(), "text/plain".into())));
        }),
    ),
    defect("tokens-survive-a-replay", |setup| setup.flaws = vec![Flaw::TokensSurviveReplay]),
    defect("unknown-client-redirected", |setup| setup.flaws = vec![Flaw::UnknownClientRedirected]),
    defect("unknown-method-taken", |setup| without(setup, &[Rule::MethodUnknown])),
    defect("unknown-parameter-refused", |setup| setup.flaws = vec![Flaw::UnknownParameterRefused]),
    defect("unknown-token-refused", |setup| setup.flaws = vec![Flaw::UnknownTokenRefused]),
    defect("verifier-form-unchecked", |setup| without(setup, &[Rule::VerifierMalformed])),
    defect("verifier-may-be-empty", |setup| setup.flaws = vec![Flaw::VerifierMayBeEmpty]),
    defect("verifier-may-be-missing", |setup| setup.flaws = vec![Flaw::VerifierMayBeMissing]),
    defect("verifier-trimmed", |setup| setup.flaws = vec![Flaw::VerifierTrimmed]),
    defect("verifier-unchecked", |setup| without(setup, &[Rule::VerifierMismatch])),
    defect("wrong-verifier-is-invalid-request", |setup| setup.flaws = vec![Flaw::WrongVerifierIsInvalidRequest]),
];

const fn defect(name: &'static str, put: fn(&mut Setup)) -> Defect {
    Defect { name, put, shows: None }
}

const fn at(shows: &'static str, defect: Defect) -> Defect {
    Defect { shows: Some(shows), ..defect }
}

fn without(setup: &mut Setup, rules: &[Rule]) {
    setup.enforcement = Enforcement::Without(rules.to_vec());
}

fn answers(at: Endpoint, edit: ResponseEdit) -> Lie {
    Lie::Response { at, when: When::Always, edits: vec![edit] }
}

fn id_token_without(setup: &mut Setup, claim: &str) {
    let edits = vec![IdTokenEdit::Claim(JsonEdit::remove(claim))];
    setup.lie = Some(Lie::IdToken { when: When::Always, edits });
}
