//! The wait of a device for its user, as a value without a clock.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::{Request, Response};
use proofkey_authorize::{AuthorizationServer, ClientId, Deviations, Issuer};

use crate::asked::Awaited;
use crate::authentication::ClientAuthentication;
use crate::error::{DeviceTokenError, TokenRequestError};
use crate::request;
use crate::secret::Text;
use crate::token_set::{MAX_LIFETIME, TokenSet};
use crate::transport::TransportError;

/// What `slow_down` adds to the interval (RFC 8628 section 3.5).
const SLOW_DOWN: Duration = Duration::from_secs(5);

/// A device login that waits for its user: what to show, and a state machine that says when to ask for the
/// tokens.
///
/// Show [`user_code`](Self::user_code) and [`verification_uri`](Self::verification_uri), then alternate
/// [`poll`](Self::poll) and [`receive`](Self::receive) until there are tokens or an error. It reads no clock
/// and does not sleep.
///
/// ```
/// # use std::time::SystemTime;
/// # use proofkey_authorize::{AuthorizationServer, ClientId};
/// # use proofkey_token::{
/// #     BlockingTransport, ClientAuthentication, DeviceGrant, DeviceStep, DeviceTokenError, TokenSet,
/// # };
/// fn wait(
///     mut device: DeviceGrant,
///     (server, client_id): (&AuthorizationServer, &ClientId),
///     http: &impl BlockingTransport,
/// ) -> Result<TokenSet, DeviceTokenError> {
///     println!("Open {} and enter {}", device.verification_uri(), device.user_code());
///     loop {
///         match device.poll(server, client_id, &ClientAuthentication::none(), SystemTime::now())? {
///             DeviceStep::Wait(time) => std::thread::sleep(time),
///             DeviceStep::Send(request) => {
///                 let tokens = match http.send(request) {
///                     Ok(response) => device.receive(&response, SystemTime::now())?,
///                     Err(error) => device.failed(error, SystemTime::now())?,
///                 };
///                 if let Some(tokens) = tokens {
///                     return Ok(tokens);
///                 }
///             }
///         }
///     }
/// }
/// ```
///
/// `Debug` shows neither code.
#[must_use = "poll it until there are tokens or an error"]
pub struct DeviceGrant {
    issuer: Issuer,
    device_code: Text,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_at: SystemTime,
    interval: Duration,
    next_poll: SystemTime,
    /// Polls in a row that got no answer.
    unanswered: u32,
    awaited: Awaited,
}

/// What a [`DeviceGrant`] is to do next.
#[derive(Debug)]
#[must_use]
#[expect(clippy::large_enum_variant, reason = "a request is moved once; a box would be an allocation for each")]
pub enum DeviceStep {
    /// Wait for this long, and ask again.
    Wait(Duration),
    /// Send this request once, follow no redirect, and pass the response to [`DeviceGrant::receive`], or the
    /// transport error to [`DeviceGrant::failed`]. Its body is a secret.
    Send(Request<Vec<u8>>),
}

impl DeviceGrant {
    pub(super) fn new(
        issuer: Issuer,
        (device_code, user_code): (Text, String),
        (verification_uri, verification_uri_complete): (String, Option<String>),
        life: Duration,
        interval: Duration,
        awaited: Awaited,
        now: SystemTime,
    ) -> Self {
        let (expires_at, next_poll) = (later(now, life), later(now, interval));
        Self {
            issuer,
            device_code,
            user_code,
            verification_uri,
            verification_uri_complete,
            expires_at,
            interval,
            next_poll,
            unanswered: 0,
            awaited,
        }
    }

    /// Returns the code for the user to type in: printable ASCII, which most servers compare without regard to case.
    #[must_use]
    pub fn user_code(&self) -> &str {
        &self.user_code
    }

    /// Returns the address of the page where the user types it in: https, or http on loopback where the
    /// server is there itself. It has no character that would have to be escaped for a terminal. Open it
    /// without a shell.
    #[must_use]
    pub fn verification_uri(&self) -> &str {
        &self.verification_uri
    }

    /// Returns the address that has the code in it already, for instance for a QR code. Show the code beside
    /// it all the same, for the user to compare (RFC 8628 section 3.3.1).
    #[must_use]
    pub fn verification_uri_complete(&self) -> Option<&str> {
        self.verification_uri_complete.as_deref()
    }

    /// Returns when the codes expire.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// Returns the minimum interval between two polls, as it is now.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Says what to do at `now`: wait, or send a request for the tokens. It never polls faster than the
    /// server allows, and not at all when the codes have expired before the next poll is due.
    ///
    /// `server` and `client_id` are those that began the login.
    ///
    /// # Errors
    ///
    /// [`DeviceTokenError::Request`] with [`TokenRequestError::AnotherIssuer`] for another server,
    /// [`TokenRequestError::DeviceExpired`] when the codes have expired, or for a credential that could not be created.
    pub fn poll(
        &mut self,
        server: &AuthorizationServer,
        client_id: &ClientId,
        authentication: &ClientAuthentication,
        now: SystemTime,
    ) -> Result<DeviceStep, DeviceTokenError> {
        if self.issuer != *server.issuer() {
            let (code_from, sent_to) = (self.issuer.clone(), server.issuer().clone());
            return Err(TokenRequestError::AnotherIssuer { code_from, sent_to }.into());
        }
        if now.max(self.next_poll) >= self.expires_at {
            return Err(TokenRequestError::DeviceExpired.into());
        }
        if let Ok(wait) = self.next_poll.duration_since(now)
            && !wait.is_zero()
        {
            return Ok(DeviceStep::Wait(wait));
        }
        let pairs =
            vec![("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", &*self.device_code)];
        let mut noted = Deviations::NONE;
        let request = request::post(server, server.token_endpoint(), client_id, authentication, pairs, &mut noted)?;
        self.awaited.terms.noted = self.awaited.terms.noted.union(noted);
        self.awaited.terms.is_bound = authentication.is_bound();
        // Should the answer be lost, the next poll is not earlier for it.
        self.next_poll = later(now, self.interval);
        Ok(DeviceStep::Send(request))
    }

    /// Reads the response to a poll, which arrived at `now`. `None`: authorization is pending; poll
    /// again later.
    ///
    /// `authorization_pending` waits for the interval; `slow_down` makes it permanently five seconds longer; status
    /// 503, or another transient failure, counts as no response (RFC 8628 section 3.5).
    ///
    /// # Errors
    ///
    /// [`DeviceTokenError::Response`]: `access_denied`, `expired_token` or any other refusal, which ends the
    /// login; or a response that breaks a rule or cannot be read.
    pub fn receive(
        &mut self,
        response: &Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<Option<TokenSet>, DeviceTokenError> {
        match self.awaited.receive(response, now) {
            Ok(tokens) => Ok(Some(tokens)),
            Err(error) => self.wait_after(error.into(), now),
        }
    }

    /// Handles the transport error of a poll, at `now`. `None`: it is transient, and the wait is twice as long
    /// as before (RFC 8628 section 3.5).
    ///
    /// # Errors
    ///
    /// [`DeviceTokenError::Transport`] for a permanent failure, such as an untrusted certificate.
    pub fn failed(&mut self, error: TransportError, now: SystemTime) -> Result<Option<TokenSet>, DeviceTokenError> {
        self.wait_after(error.into(), now)
    }

    /// Allows the next poll at `now`, without the interval: the server refused the last one because its DPoP nonce was
    /// missing, so it did not count. Call it once for a poll; a second refusal goes to [`receive`](Self::receive).
    pub fn repeat_at(&mut self, now: SystemTime) {
        self.next_poll = now;
    }

    fn wait_after(&mut self, error: DeviceTokenError, now: SystemTime) -> Result<Option<TokenSet>, DeviceTokenError> {
        // An error document beside a success is a broken rule, unless that is tolerated.
        let refusal = error.error_response().filter(|_| error.code() == "token_refused");
        let mut wait = self.interval;
        match refusal.map(|refusal| refusal.error()) {
            Some("authorization_pending") => self.unanswered = 0,
            Some("slow_down") => {
                self.unanswered = 0;
                // GitHub says which interval it wants now.
                let named = refusal.and_then(|refusal| refusal.further().get("interval")?.as_u64());
                let named = Duration::from_secs(named.unwrap_or(0)).min(MAX_LIFETIME);
                self.interval = self.interval.saturating_add(SLOW_DOWN).max(named);
                wait = self.interval;
            }
            _ if error.is_retryable() => {
                self.unanswered = self.unanswered.saturating_add(1);
                let factor = 2_u32.saturating_pow(self.unanswered);
                wait = self.interval.saturating_mul(factor).max(error.retry_after().unwrap_or_default());
            }
            _ => return Err(error),
        }
        self.next_poll = later(now, wait);
        Ok(None)
    }
}

impl fmt::Debug for DeviceGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceGrant")
            .field("verification_uri", &self.verification_uri)
            .field("expires_at", &self.expires_at)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

/// An instant that the clock cannot hold is in the far future.
fn later(now: SystemTime, wait: Duration) -> SystemTime {
    now.checked_add(wait).or_else(|| now.checked_add(MAX_LIFETIME)).unwrap_or(now)
}
