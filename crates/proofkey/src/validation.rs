//! A token of the issuer on its way to being validated: keys, validation, and newer keys if its key is unknown.

use std::sync::Arc;
use std::time::SystemTime;

use http::Response;
use proofkey_jwt::JwkSet;
use proofkey_token::TransportError;

use crate::flight::Flight;
use crate::keys::{KeyFetch, KeysError};
use crate::steps::Step;

/// `T` is what the token becomes, and `E` why it does not.
#[derive(Debug)]
pub(crate) struct Validation<'a, T, E> {
    /// `None`: the client's secret is the key, and no key set is asked for.
    fetch: Option<KeyFetch<'a>>,
    verdict: Option<Verdict<T, E>>,
}

/// The error of a validation.
pub(crate) trait TokenError: From<KeysError> {
    /// Whether newer keys could validate the token.
    fn is_key_not_found(&self) -> bool;
}

/// The outcome of a validation with the keys at hand.
#[derive(Debug)]
enum Verdict<T, E> {
    /// The token's key is not in this set.
    Unknown(Arc<JwkSet>),
    Decided(Box<Result<T, E>>),
}

impl<T, E: TokenError> Verdict<T, E> {
    fn of(keys: Arc<JwkSet>, validate: impl Fn(&JwkSet) -> Result<T, E>) -> Self {
        match validate(&keys) {
            Err(error) if error.is_key_not_found() => Self::Unknown(keys),
            result => Self::Decided(Box::new(result)),
        }
    }
}

impl<'a, T, E: TokenError> Validation<'a, T, E> {
    pub(crate) fn new(fetch: Option<KeyFetch<'a>>) -> Self {
        Self { fetch, verdict: None }
    }

    /// The keys, before there is a token.
    pub(crate) fn keys(&mut self, now: SystemTime) -> Step<Result<Arc<JwkSet>, E>> {
        let Some(fetch) = &mut self.fetch else {
            return Step::Done(Ok(Arc::new(JwkSet::empty())));
        };
        match fetch.current(now) {
            Step::Send(request) => Step::Send(request),
            Step::Done(result) => Step::Done(result.map_err(E::from)),
        }
    }

    /// The token, by `validate`. A [`KeysError`] says nothing about it: call this again.
    pub(crate) fn next(&mut self, now: SystemTime, validate: impl Fn(&JwkSet) -> Result<T, E>) -> Step<Result<T, E>> {
        let verdict = match self.verdict.take() {
            Some(verdict) => verdict,
            None => match self.keys(now) {
                Step::Send(request) => return Step::Send(request),
                Step::Done(Err(error)) => return Step::Done(Err(error)),
                Step::Done(Ok(keys)) => Verdict::of(keys, &validate),
            },
        };
        let tried = match verdict {
            Verdict::Decided(result) => return Step::Done(*result),
            Verdict::Unknown(tried) => tried,
        };
        let newer = match &mut self.fetch {
            Some(fetch) => fetch.newer(&tried, now),
            None => Step::Done(Ok(None)),
        };
        match newer {
            Step::Done(Ok(newer)) => Step::Done(validate(newer.as_ref().unwrap_or(&tried))),
            Step::Done(Err(error)) => {
                self.verdict = Some(Verdict::Unknown(tried));
                Step::Done(Err(error.into()))
            }
            Step::Send(request) => {
                self.verdict = Some(Verdict::Unknown(tried));
                Step::Send(request)
            }
        }
    }

    /// Validates with the keys at hand, so that [`flight`](Self::flight) knows whether newer ones are
    /// needed.
    pub(crate) fn look(&mut self, now: SystemTime, validate: impl Fn(&JwkSet) -> Result<T, E>) {
        if self.verdict.is_none()
            && let Some(keys) = self.fetch.as_ref().and_then(|fetch| fetch.ready(now))
        {
            self.verdict = Some(Verdict::of(keys, validate));
        }
    }

    /// The lock to hold around the next request, if that fetches keys.
    pub(crate) fn flight(&self, now: SystemTime) -> Option<Flight> {
        let fetch = self.fetch.as_ref()?;
        match &self.verdict {
            None => fetch.flight(None, now),
            Some(Verdict::Unknown(tried)) => fetch.flight(Some(tried), now),
            Some(Verdict::Decided(_)) => None,
        }
    }

    pub(crate) fn receive(&mut self, answer: Result<Response<Vec<u8>>, TransportError>, now: SystemTime) {
        if let Some(fetch) = &mut self.fetch {
            fetch.receive(answer, now);
        }
    }

    pub(crate) fn is_fetching(&self) -> bool {
        self.fetch.as_ref().is_some_and(KeyFetch::is_fetching)
    }

    pub(crate) fn abandon(&mut self) {
        if let Some(fetch) = &mut self.fetch {
            fetch.abandon();
        }
    }
}
