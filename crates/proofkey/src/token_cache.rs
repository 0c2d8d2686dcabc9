//! The tokens of a program, and the last failure to get newer ones.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{Response, Uri};
use proofkey_token::{
    ApiToken, ClientCredentials, ClientCredentialsError, TokenSet, TransportError, TransportErrorKind,
};
use zeroize::Zeroizing;

/// How long before its end a token is replaced. A tenth of its lifetime, if that is shorter.
const MARGIN: Duration = Duration::from_secs(60);

/// How long a token is cached whose lifetime the server does not state.
const UNSTATED_LIFE: Duration = Duration::from_secs(5 * 60);

/// How long after a token was replaced that an API refused, no other is.
const REPLACEMENT_PAUSE: Duration = Duration::from_secs(10);

/// How long after a failure no other request is sent.
const COOLDOWN: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(crate) struct TokenCache {
    tokens: Option<Arc<TokenSet>>,
    failure: Option<Failure>,
    /// When tokens were last replaced because an API refused them.
    replaced_at: Option<SystemTime>,
}

/// A failure that can pass.
struct Failure {
    at: SystemTime,
    /// `None`: nothing was sent.
    answer: Option<FailedAnswer>,
}

impl TokenCache {
    pub(crate) fn accept(&mut self, tokens: Arc<TokenSet>) {
        (self.tokens, self.failure) = (Some(tokens), None);
    }

    pub(crate) fn fail(&mut self, answer: Option<FailedAnswer>, at: SystemTime) {
        self.failure = Some(Failure { at, answer });
    }

    /// Discards a token that an API refused. Returns whether another is to be tried: not if it has just refused one.
    pub(crate) fn replace(&mut self, refused: &ApiToken, now: SystemTime) -> bool {
        if self.tokens.as_ref().is_none_or(|own| !refused.is_of(own)) {
            return true;
        }
        // A clock that was set back cannot say how long ago it was.
        let is_early = |then| now.duration_since(then).is_ok_and(|age| age < REPLACEMENT_PAUSE);
        if self.replaced_at.is_some_and(is_early) {
            return false;
        }
        (self.tokens, self.replaced_at) = (None, Some(now));
        true
    }

    pub(crate) fn discard(&mut self, tokens: &Arc<TokenSet>) {
        self.tokens.take_if(|own| Arc::ptr_eq(own, tokens));
    }

    /// What a caller gets at `now` without a request: tokens that are not to be replaced yet, or, shortly
    /// after a failure, those that have not expired, or that failure.
    pub(crate) fn settled(&self, now: SystemTime) -> Option<Result<Arc<TokenSet>, ClientCredentialsError>> {
        if let Some(tokens) = self.with_margin(|life| MARGIN.min(life / 10), now) {
            return Some(Ok(tokens));
        }
        // A clock that was set back cannot say how long ago it was.
        let failure = self.failure.as_ref();
        let failure = failure.filter(|failure| now.duration_since(failure.at).is_ok_and(|age| age < COOLDOWN))?;
        match self.unexpired(now) {
            Some(tokens) => Some(Ok(tokens)),
            None => failure.answer.as_ref().map(|answer| Err(answer.error(now))),
        }
    }

    /// The tokens, if they have not expired.
    pub(crate) fn unexpired(&self, now: SystemTime) -> Option<Arc<TokenSet>> {
        self.with_margin(|_| Duration::ZERO, now)
    }

    /// The tokens, if more than `margin` of their lifetime is left.
    fn with_margin(&self, margin: impl Fn(Duration) -> Duration, now: SystemTime) -> Option<Arc<TokenSet>> {
        let tokens = self.tokens.as_ref()?;
        let life = tokens.expires_in().unwrap_or(UNSTATED_LIFE);
        // A clock that was set back cannot say how old they are.
        let age = now.duration_since(tokens.received_at()).ok()?;
        (age.saturating_add(margin(life)) < life).then(|| Arc::clone(tokens))
    }
}

/// An answer that is read again for each caller, because its error cannot be copied.
pub(crate) struct FailedAnswer {
    waiting: ClientCredentials,
    answer: KeptAnswer,
}

/// A response that is no success, or what the transport reported, and the address of the request.
pub(crate) enum KeptAnswer {
    Response(Box<Response<Zeroizing<Vec<u8>>>>),
    Transport(TransportErrorKind, Option<Uri>),
}

impl KeptAnswer {
    /// `None` for a success.
    pub(crate) fn of(answer: &Result<Response<Vec<u8>>, TransportError>, address: Option<Uri>) -> Option<Self> {
        match answer {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(Self::Response(Box::new(response.clone().map(Zeroizing::new)))),
            Err(error) => Some(Self::Transport(error.kind(), address)),
        }
    }
}

impl FailedAnswer {
    pub(crate) fn new(waiting: ClientCredentials, answer: KeptAnswer) -> Self {
        Self { waiting, answer }
    }

    /// The error of a caller that sends nothing.
    fn error(&self, now: SystemTime) -> ClientCredentialsError {
        let (kind, address) = match &self.answer {
            KeptAnswer::Transport(kind, address) => (*kind, address.as_ref()),
            KeptAnswer::Response(response) => match self.waiting.receive(response, now) {
                Err(error) => return error,
                // The same response was an error before.
                Ok(_) => (TransportErrorKind::Other, None),
            },
        };
        let error = TransportError::before_sending(kind);
        match address {
            Some(address) => error.at(address).into(),
            None => error.into(),
        }
    }
}
