//! The one thing that an authority does wrong, as plain data.
//!
//! A [`Lie`] is a change of what crosses the wire. Its strings can contain placeholders in braces, which are filled in
//! when the lie is told:
//!
//! | Placeholder | Stands for |
//! | --- | --- |
//! | `{issuer}`, `{base}` | this authority's issuer identifier; its address without a slash |
//! | `{base:NAME}`, `{issuer:NAME}` | the same of the authority of that name, which shares the log and was started before |
//! | `{attacker}` | an address on loopback whose visits are counted, without a slash |
//! | `{client_id}`, `{redirect_uri}`, `{state}`, `{nonce}`, `{scope}`, `{challenge}` | the authorization request, as it was received |
//! | `{redirect_origin}`, `{redirect_path}` | the two halves of the redirect URI |
//! | `{other_state}`, `{other_nonce}`, `{other_code}`, `{other_challenge}` | the same of the authorization request before this one, whoever made it; made up when there was none |
//! | `{foreign_code}` | a code honestly issued to another person, in a login of the same client that this client did not begin |
//! | `{code}`, `{access_token}`, `{refresh_token}`, `{id_token}`, `{sub}` | what was issued |
//! | `{other_access_token}` | an access token of another person |
//! | `{at_hash}`, `{c_hash}` | the right value for the signing algorithm; `{at_hash_256}`, `{at_hash_384}`, `{at_hash_512}` (and `c_hash_`) by a named hash |
//! | `{kid}`, `{jwk}`, `{foreign_jwk}` | the signing key's id and public JWK; the public JWK of a key that nobody published |
//! | `{foreign_x5c}` | a JSON list with a certificate of the RSA one of those keys |
//! | `{now}` | seconds since 1970 |
//!
//! A filter after a bar changes a value: `{state|upper}`, `{state|lower}`, `{state|swapcase}`, `{state|chop}` (without
//! its last character), `{state|half}` (its first half), `{state|reverse}`, `{state|bend}` (with another last
//! character), `{issuer|https}` (`https:` in place of `http:`). A name that is not in the table is left unchanged.

mod edit;
mod keys;
mod token;

pub use self::{
    edit::{JsonEdit, ParamEdit, ResponseEdit},
    keys::{ExtraKey, KeyEdit, TestKey},
    token::{HmacKey, IdTokenEdit, SignatureEdit, Signing, TextEdit},
};

use serde::{Deserialize, Serialize};

use crate::{certificate::Certificate, rule::Rule, wire::Endpoint};

/// A lie of an authority. A set-up has at most one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lie {
    /// An answer is not what it should be: metadata, token response, userinfo, revocation, or the
    /// JWK set as a document.
    Response {
        /// Whose answers.
        at: Endpoint,
        /// Which of them.
        when: When,
        /// What is changed, in order, in the honest answer.
        edits: Vec<ResponseEdit>,
    },
    /// The JWK set contains other keys than it should.
    Keys {
        /// Which of its answers.
        when: When,
        /// What is changed, in order.
        edits: Vec<KeyEdit>,
    },
    /// The parameters of the authorization response are changed.
    Callback(Vec<ParamEdit>),
    /// The authorization response goes to this address (with placeholders) in place of the redirect
    /// URI.
    CallbackAddress(String),
    /// The authorization response is in the fragment instead of the query.
    CallbackInFragment,
    /// The code is not one that the client may redeem. The refusal that follows is a real one.
    Code(CodeLie),
    /// A request is changed after it was received and before it is checked, so that the refusal is
    /// a real one: a wrong verifier, another redirect URI.
    Request {
        /// Where it is received.
        at: Endpoint,
        /// What is changed, in order.
        edits: Vec<ParamEdit>,
    },
    /// The ID token is not what it should be.
    IdToken {
        /// Which of them: the first is the login's, later ones come with a refresh.
        when: When,
        /// What is changed, in order; the token is signed after the changes to header and claims.
        edits: Vec<IdTokenEdit>,
    },
    /// The signed userinfo response is not what it should be. The set-up must enable it
    /// ([`Setup::userinfo_signed`](crate::Setup::userinfo_signed)).
    SignedUserInfo(Vec<IdTokenEdit>),
    /// The connection misbehaves below HTTP.
    Transport {
        /// Where.
        at: Endpoint,
        /// How.
        fault: TransportFault,
    },
    /// The endpoint uses https, at its own address, with this certificate. If the endpoint is the metadata, the whole
    /// server does.
    Certificate {
        /// Where.
        at: Endpoint,
        /// What is shown.
        shown: Certificate,
    },
    /// A request with `resource` is refused with `invalid_target` (RFC 8707 section 2), as by a server that supports
    /// only scopes.
    ResourceRefused,
    /// One lie that needs changes in several places, such as a key in the JWK set and a token signed with it.
    Together(Vec<Lie>),
}

/// The responses in which a lie is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// All responses.
    Always,
    /// The first response only.
    First,
    /// All responses but the first.
    AfterFirst,
}

impl When {
    /// Whether the answer with this number, counted from 0, is meant.
    pub(crate) fn holds(self, number: usize) -> bool {
        match self {
            Self::Always => true,
            Self::First => number == 0,
            Self::AfterFirst => number > 0,
        }
    }
}

/// A fault of a code in the authority's records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeLie {
    /// It is this many seconds older than it looks.
    Aged(u64),
    /// It was redeemed before the client presents it.
    Redeemed,
    /// The authority does not know it.
    Unknown,
    /// It belongs to this client.
    Client(String),
    /// It was sent to this redirect URI.
    RedirectUri(String),
    /// It is bound to this S256 challenge (with placeholders).
    Challenge(String),
    /// It is bound to no challenge, as if the challenge had been stripped from the authorization request.
    NoChallenge,
    /// It is the code of the user with this `sub`.
    User(String),
    /// It has this text (with placeholders; `{code}` is the honest text). Nothing else is wrong.
    Text(String),
}

/// A fault of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransportFault {
    /// The request is read, and never answered.
    Silence,
    /// The request is read and handled, and the connection is reset without a response.
    Reset,
    /// The connection is reset in the middle of the body.
    ResetInBody,
    /// The connection is closed in the middle of a body whose length was announced.
    CloseInBody,
    /// The body never ends: the beginning of the honest response, then spaces forever, in chunks.
    EndlessBody,
    /// The headers never end.
    EndlessHeaders,
    /// The honest response is sent one byte at a time, with this many milliseconds between bytes.
    Drip(u64),
    /// The response is not HTTP.
    Gibberish,
}

impl Lie {
    /// Changes members of the metadata document.
    #[must_use]
    pub fn metadata(edits: impl IntoIterator<Item = JsonEdit>) -> Self {
        Self::json(Endpoint::Metadata, edits)
    }

    /// Changes members of the token response.
    #[must_use]
    pub fn token_response(edits: impl IntoIterator<Item = JsonEdit>) -> Self {
        Self::json(Endpoint::Token, edits)
    }

    /// Changes members of the userinfo response.
    #[must_use]
    pub fn userinfo(edits: impl IntoIterator<Item = JsonEdit>) -> Self {
        Self::json(Endpoint::UserInfo, edits)
    }

    /// Changes members of an endpoint's JSON responses.
    #[must_use]
    pub fn json(at: Endpoint, edits: impl IntoIterator<Item = JsonEdit>) -> Self {
        Self::response(at, edits.into_iter().map(ResponseEdit::Json))
    }

    /// Changes an endpoint's responses.
    #[must_use]
    pub fn response(at: Endpoint, edits: impl IntoIterator<Item = ResponseEdit>) -> Self {
        Self::Response { at, when: When::Always, edits: edits.into_iter().collect() }
    }

    /// Replaces an endpoint's responses by this one.
    #[must_use]
    pub fn answer(at: Endpoint, status: u16, content_type: &str, body: impl Into<String>) -> Self {
        Self::response(
            at,
            [
                ResponseEdit::Status(status),
                ResponseEdit::Header("content-type".into(), content_type.into()),
                ResponseEdit::Text(body.into()),
            ],
        )
    }

    /// Answers with an OAuth error as JSON.
    #[must_use]
    pub fn error(at: Endpoint, status: u16, error: &str) -> Self {
        Self::answer(
            at,
            status,
            "application/json",
            serde_json::json!({"error": error, "error_description": "as asked for"}).to_string(),
        )
    }

    /// Answers with a redirect to `location` (with placeholders).
    #[must_use]
    pub fn redirect(at: Endpoint, status: u16, location: &str) -> Self {
        Self::response(
            at,
            [
                ResponseEdit::Status(status),
                ResponseEdit::Header("location".into(), location.into()),
                ResponseEdit::Text(String::new()),
            ],
        )
    }

    /// Changes the parameters of the callback.
    #[must_use]
    pub fn callback(edits: impl IntoIterator<Item = ParamEdit>) -> Self {
        Self::Callback(edits.into_iter().collect())
    }

    /// Turns the callback into an error response, with `error` in place of `code`.
    #[must_use]
    pub fn refusal(error: &str) -> Self {
        Self::callback([ParamEdit::remove("code"), ParamEdit::set("error", error)])
    }

    /// Changes the token request after it was received and before it is checked.
    #[must_use]
    pub fn token_request(edits: impl IntoIterator<Item = ParamEdit>) -> Self {
        Self::Request { at: Endpoint::Token, edits: edits.into_iter().collect() }
    }

    /// Changes the ID token of every response.
    #[must_use]
    pub fn id_token(edits: impl IntoIterator<Item = IdTokenEdit>) -> Self {
        Self::IdToken { when: When::Always, edits: edits.into_iter().collect() }
    }

    /// Changes claims of the ID token, and then signs it honestly.
    #[must_use]
    pub fn claims(edits: impl IntoIterator<Item = JsonEdit>) -> Self {
        Self::id_token(edits.into_iter().map(IdTokenEdit::Claim))
    }

    /// Changes the header of the ID token, and signs it with the honest key.
    #[must_use]
    pub fn header(edits: impl IntoIterator<Item = JsonEdit>) -> Self {
        Self::id_token(edits.into_iter().map(IdTokenEdit::Header))
    }

    /// Changes how the ID token is signed.
    #[must_use]
    pub fn signing(signing: Signing) -> Self {
        Self::id_token([IdTokenEdit::Sign(signing)])
    }

    /// Changes the signature of the ID token.
    #[must_use]
    pub fn signature(edit: SignatureEdit) -> Self {
        Self::id_token([IdTokenEdit::Signature(edit)])
    }

    /// Changes the text of the ID token.
    #[must_use]
    pub fn text(edit: TextEdit) -> Self {
        Self::id_token([IdTokenEdit::Text(edit)])
    }

    /// Changes the keys in every response with the JWK set.
    #[must_use]
    pub fn keys(edits: impl IntoIterator<Item = KeyEdit>) -> Self {
        Self::Keys { when: When::Always, edits: edits.into_iter().collect() }
    }

    /// Restricts the lie to the responses that `when` selects.
    ///
    /// Callback, code and request lies are always told, and are returned unchanged.
    #[must_use]
    pub fn only(self, when: When) -> Self {
        match self {
            Self::Response { at, edits, .. } => Self::Response { at, when, edits },
            Self::Keys { edits, .. } => Self::Keys { when, edits },
            Self::IdToken { edits, .. } => Self::IdToken { when, edits },
            Self::Together(lies) => Self::Together(lies.into_iter().map(|lie| lie.only(when)).collect()),
            other => other,
        }
    }

    /// This lie's parts: itself, or what a [`Together`](Self::Together) is made of.
    pub(crate) fn parts(&self) -> Vec<&Lie> {
        match self {
            Self::Together(lies) => lies.iter().flat_map(Self::parts).collect(),
            single => vec![single],
        }
    }

    /// Returns whether this lie can cause a client to break `rule`, in which case a witness must not forgive it.
    #[must_use]
    pub fn causes(&self, rule: Rule) -> bool {
        use Rule::{
            ClientAuthentication, ClientUnknown, CodeExpired, CodeMissing, CodeOfAnotherClient, CodeReplayed,
            CodeUnknown, GrantType, RedirectMismatch, RefreshUnknown, ScopeWidened, TokenInvalid, VerifierMalformed,
            VerifierMismatch, VerifierMissing, VerifierUnexpected,
        };
        match self {
            Self::Code(lie) => match lie {
                CodeLie::Aged(_) => rule == CodeExpired,
                CodeLie::Redeemed => rule == CodeReplayed,
                CodeLie::Unknown => rule == CodeUnknown,
                CodeLie::Client(_) => rule == CodeOfAnotherClient,
                CodeLie::RedirectUri(_) => rule == RedirectMismatch,
                CodeLie::Challenge(_) => rule == VerifierMismatch,
                CodeLie::NoChallenge => rule == VerifierUnexpected,
                CodeLie::User(_) | CodeLie::Text(_) => false,
            },
            Self::Request { edits, .. } => edits.iter().any(|edit| match edit.name() {
                None => true,
                Some("code_verifier") => {
                    matches!(rule, VerifierMissing | VerifierMalformed | VerifierMismatch | VerifierUnexpected)
                }
                Some("code") => matches!(
                    rule,
                    CodeMissing | CodeUnknown | CodeReplayed | CodeExpired | CodeOfAnotherClient | VerifierMismatch
                ),
                Some("redirect_uri") => rule == RedirectMismatch,
                Some("client_id" | "client_secret") => {
                    matches!(rule, ClientUnknown | ClientAuthentication | CodeOfAnotherClient)
                }
                Some("grant_type") => rule == GrantType,
                Some("refresh_token") => rule == RefreshUnknown,
                Some("scope") => rule == ScopeWidened,
                Some("token") => rule == TokenInvalid,
                Some(_) => false,
            }),
            // A code of another login in the callback is redeemed with this login's verifier.
            Self::Callback(edits) => edits.iter().any(|edit| match edit.name() {
                Some("code") | None => matches!(
                    rule,
                    CodeUnknown
                        | CodeReplayed
                        | CodeExpired
                        | CodeOfAnotherClient
                        | RedirectMismatch
                        | VerifierMismatch
                ),
                Some(_) => false,
            }),
            Self::ResourceRefused => rule == Rule::ResourceUnknown,
            Self::Together(lies) => lies.iter().any(|lie| lie.causes(rule)),
            _ => false,
        }
    }
}
