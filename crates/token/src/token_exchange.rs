//! One token for another (RFC 8693).

use std::fmt;
use std::time::{Duration, SystemTime};

use http::{Request, Response};
use proofkey_authorize::{AuthorizationServer, ClientId};

use crate::asked::{Asked, Awaited, asks};
use crate::authentication::ClientAuthentication;
use crate::error::{FailedCheck, Malformed, MalformedKind, ResponseErrorKind, TokenExchangeError};
use crate::request;
use crate::response::Answer;
use crate::rules::Rules;
use crate::secret::{RefreshToken, Text};
use crate::shown::shown_without_secrets;
use crate::token_set::{Received, TokenSet, expires_in, optional, unfit};

/// The kind of a token, identified by a URI (RFC 8693 section 3).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenType {
    /// `urn:ietf:params:oauth:token-type:access_token`: for this or another server's API.
    AccessToken,
    /// `urn:ietf:params:oauth:token-type:refresh_token`
    RefreshToken,
    /// `urn:ietf:params:oauth:token-type:id_token`
    IdToken,
    /// `urn:ietf:params:oauth:token-type:saml1`
    Saml1,
    /// `urn:ietf:params:oauth:token-type:saml2`
    Saml2,
    /// `urn:ietf:params:oauth:token-type:jwt`: any JWT, an access token among others.
    Jwt,
    /// Another URI.
    Other(String),
}

impl TokenType {
    const PREFIX: &str = "urn:ietf:params:oauth:token-type:";
    const NAMED: [(&str, Self); 6] = [
        ("urn:ietf:params:oauth:token-type:access_token", Self::AccessToken),
        ("urn:ietf:params:oauth:token-type:refresh_token", Self::RefreshToken),
        ("urn:ietf:params:oauth:token-type:id_token", Self::IdToken),
        ("urn:ietf:params:oauth:token-type:saml1", Self::Saml1),
        ("urn:ietf:params:oauth:token-type:saml2", Self::Saml2),
        ("urn:ietf:params:oauth:token-type:jwt", Self::Jwt),
    ];

    /// Returns the kind that a URI names.
    #[must_use]
    pub fn from_uri(uri: &str) -> Self {
        let named = Self::NAMED.into_iter().find(|(name, _)| *name == uri);
        named.map_or_else(|| Self::Other(uri.to_owned()), |(_, kind)| kind)
    }

    /// Returns the URI.
    #[must_use]
    pub fn as_uri(&self) -> &str {
        match self {
            Self::Other(uri) => uri,
            kind => Self::NAMED.iter().find(|(_, named)| named == kind).map_or(Self::PREFIX, |(name, _)| name),
        }
    }

    /// Whether a token of this kind may be sent to an API.
    fn can_give_access(&self) -> bool {
        matches!(self, Self::AccessToken | Self::Jwt | Self::Other(_))
    }
}

/// The request that exchanges a token for another one, finished by [`build`](Self::build): for an API that
/// calls another API on behalf of a user, or for a token from another domain.
#[derive(Debug)]
#[must_use = "a request does nothing before `build`"]
pub struct TokenExchangeRequest<'a> {
    subject: (Subject, TokenType),
    actor: Option<(Subject, TokenType)>,
    requested: Option<TokenType>,
    audiences: Vec<String>,
    server: &'a AuthorizationServer,
    client_id: &'a ClientId,
    asked: Asked,
}

asks!(TokenExchangeRequest);

impl<'a> TokenExchangeRequest<'a> {
    /// Creates a request that exchanges `subject_token`, which identifies the subject of the new token. It is kept
    /// secret and overwritten when dropped.
    pub fn new(
        subject_token: impl Into<String>,
        subject_token_type: TokenType,
        server: &'a AuthorizationServer,
        client_id: &'a ClientId,
    ) -> Self {
        let subject = (Subject(Text::new(subject_token.into())), subject_token_type);
        let (actor, requested, audiences, asked) = (None, None, Vec::new(), Asked::default());
        Self { subject, actor, requested, audiences, server, client_id, asked }
    }

    /// Sets the actor token (delegation, RFC 8693 section 1.1).
    pub fn actor(mut self, actor_token: impl Into<String>, actor_token_type: TokenType) -> Self {
        self.actor = Some((Subject(Text::new(actor_token.into())), actor_token_type));
        self
    }

    /// Sets the requested kind of token. A response with another kind is refused.
    pub fn requested_token_type(mut self, requested: TokenType) -> Self {
        self.requested = Some(requested);
        self
    }

    /// Adds the logical name of an API that the new token is for. Call it again for another one.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Builds the request, and the value that reads its response.
    ///
    /// # Errors
    ///
    /// [`TokenExchangeError::Request`] for a reserved parameter, and for a credential that could not be created.
    pub fn build(
        self,
        authentication: &ClientAuthentication,
    ) -> Result<(Request<Vec<u8>>, TokenExchange), TokenExchangeError> {
        let Self { subject, actor, requested, audiences, server, client_id, asked } = self;
        let mut noted = server.deviations();
        let mut pairs = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", &*subject.0.0),
            ("subject_token_type", subject.1.as_uri()),
        ];
        if let Some((token, kind)) = &actor {
            pairs.extend([("actor_token", &*token.0), ("actor_token_type", kind.as_uri())]);
        }
        pairs.extend(requested.as_ref().map(|kind| ("requested_token_type", kind.as_uri())));
        pairs.extend(audiences.iter().map(|audience| ("audience", audience.as_str())));
        asked.push_to(&mut pairs, server, &mut noted)?;
        let request = request::post(server, server.token_endpoint(), client_id, authentication, pairs, &mut noted)?;
        Ok((request, TokenExchange { requested, awaited: asked.awaited(server, authentication, noted) }))
    }
}

/// A token of the caller. It is in no `Debug`.
struct Subject(Text);

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(..)")
    }
}

/// A token exchange that waits for its response.
#[derive(Debug)]
#[must_use = "the response must be read"]
pub struct TokenExchange {
    requested: Option<TokenType>,
    awaited: Awaited,
}

impl TokenExchange {
    /// Reads the response, which arrived at `now`.
    ///
    /// `token_type` says how the new token is used, and `issued_token_type` what it is. A token whose
    /// `token_type` is `N_A` gives no access (RFC 8693 section 2.2.1): it is
    /// [another type](ExchangedToken::Other) than an access token, with no way to send it as one.
    ///
    /// # Errors
    ///
    /// [`TokenExchangeError::Response`]: the server refused; `issued_token_type` is missing, is not the requested one,
    /// or contradicts `token_type`; or the response cannot be read.
    pub fn receive(
        &self,
        response: &Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<ExchangedToken, TokenExchangeError> {
        let rules = self.awaited.terms.rules();
        let answer = Answer::new(response, &rules);
        self.read(&answer, &rules, now).map_err(|kind| answer.error(kind).into())
    }

    fn read(
        &self,
        answer: &Answer<'_>,
        rules: &Rules<'_>,
        now: SystemTime,
    ) -> Result<ExchangedToken, ResponseErrorKind> {
        let members = answer.success()?;
        let uri = members.word("issued_token_type")?.unwrap_or_default();
        let issued = TokenType::from_uri(&uri);
        let mismatch = |expected: &str| FailedCheck::IssuedTokenType {
            expected: shown_without_secrets(expected, 128),
            received: shown_without_secrets(&uri, 128),
        };
        match &self.requested {
            _ if uri.is_empty() => return Err(mismatch("a token type").into()),
            Some(requested) if *requested != issued => return Err(mismatch(requested.as_uri()).into()),
            _ => {}
        }
        let is_not_applicable = members.word("token_type")?.is_some_and(|name| name.eq_ignore_ascii_case("N_A"));
        if is_not_applicable {
            if issued == TokenType::AccessToken {
                return Err(mismatch("a type other than access_token, since token_type is N_A").into());
            }
            let life = expires_in(&members, rules)?;
            let text = members.required("access_token")?;
            if text.is_empty() {
                return Err(Malformed::new("access_token", MalformedKind::Empty, 0).into());
            }
            let expires_at = life.map(|life: Duration| now.checked_add(life).unwrap_or(now));
            let refresh_token = optional(&members, "refresh_token")?;
            let refresh_token = refresh_token.map(RefreshToken::from_text).transpose().map_err(unfit)?;
            return Ok(ExchangedToken::Other(IssuedToken { text, token_type: issued, expires_at, refresh_token }));
        }
        if !issued.can_give_access() {
            return Err(mismatch("a type that gives access, since token_type is not N_A").into());
        }
        let received = Received::read(answer, rules, now)?.after(self.awaited.terms.noted);
        let tokens = self.awaited.granted(received);
        Ok(ExchangedToken::Access(Box::new(tokens), issued))
    }
}

/// The result of a token exchange.
#[derive(Debug)]
#[non_exhaustive]
pub enum ExchangedToken {
    /// An access token, and its `issued_token_type`.
    Access(Box<TokenSet>, TokenType),
    /// A token that gives no access, such as an ID token for another party.
    Other(IssuedToken),
}

/// A token that gives no access (`token_type` `N_A`). It is overwritten when dropped, and `Debug` does not
/// show it.
pub struct IssuedToken {
    text: Text,
    token_type: TokenType,
    expires_at: Option<SystemTime>,
    refresh_token: Option<RefreshToken>,
}

impl IssuedToken {
    /// Returns its `issued_token_type`.
    #[must_use]
    pub fn token_type(&self) -> &TokenType {
        &self.token_type
    }

    /// Returns when it expires; `None` when the server did not say.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// Returns the refresh token, if there is one, to get another such token or to revoke it.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    /// Returns the secret. The caller wipes its own copies.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedToken").field("token_type", &self.token_type).finish_non_exhaustive()
    }
}
