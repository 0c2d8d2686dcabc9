use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use proofkey::authorize::{Pending, RedirectUri};

use crate::listeners;
use crate::page::Pages;
use crate::serve::Server;
use crate::shared::{Candidate, Outcome, Shared, State};
use crate::{BindError, LoopbackHost, NativeLoginError};

/// For the browser to fetch the closing page.
const PAGE_TIMEOUT: Duration = Duration::from_secs(5);

/// The settings of a [`Receiver`]. Created by [`Receiver::builder`].
#[derive(Clone, Debug)]
pub struct ReceiverBuilder {
    ports: Vec<u16>,
    host: LoopbackHost,
    path: String,
    pages: Pages,
    timeout: Duration,
}

impl ReceiverBuilder {
    /// Sets the ports to try, in this order, for a server that does not let the port vary. By default the system
    /// chooses a port.
    #[must_use]
    pub fn ports(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.ports = ports.into_iter().collect();
        self
    }

    /// Sets the host in the redirect URI. The default is `127.0.0.1`.
    #[must_use]
    pub fn host(mut self, host: LoopbackHost) -> Self {
        self.host = host;
        self
    }

    /// Sets the path of the redirect URI, as registered. The default is `/callback`.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Sets the pages that the user sees at the end. The default pages are in English. Pages may use inline styles and
    /// `data:` images; scripts and everything from elsewhere are blocked.
    #[must_use]
    pub fn pages(mut self, pages: Pages) -> Self {
        self.pages = pages;
        self
    }

    /// Sets how long to wait for the callback. The default is 5 minutes. The login itself expires after 10 minutes,
    /// unless [`LoginRequest::expires_in`](proofkey::LoginRequest::expires_in) says otherwise.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Binds the port and starts to serve requests.
    ///
    /// # Errors
    ///
    /// [`NativeLoginError::Bind`] if none of the ports can be bound, or [`NativeLoginError::Path`].
    pub fn bind(self) -> Result<Receiver, NativeLoginError> {
        // Before any port is bound.
        at(&format!("http://{}", self.host.as_str()), &self.path)?;
        let (port, listeners) = listeners::bind(&self.ports, self.host)?;
        let origin = format!("http://{}:{port}", self.host.as_str());
        let redirect_uri = at(&origin, &self.path)?;
        let mut receiver = Receiver {
            server: Arc::new(Server {
                shared: Arc::new(Shared::default()),
                origin,
                port,
                done: done(&self.path).map_err(|error| BindError { ports: vec![port], error })?,
                pages: self.pages,
                connections: Mutex::new(VecDeque::new()),
                path: self.path,
            }),
            redirect_uri,
            timeout: self.timeout,
            threads: Vec::new(),
        };
        for listener in listeners {
            let failed = |error| BindError { ports: vec![port], error };
            let address = listener.local_addr().map_err(failed)?;
            let server = Arc::clone(&receiver.server);
            let thread = spawn(move || server.accept(&listener)).map_err(failed)?;
            receiver.threads.push((address, thread));
        }
        Ok(receiver)
    }
}

/// A loopback port at which the callback of one login arrives (RFC 8252 section 7.3).
///
/// It is bound on `127.0.0.1` and, where the host has it, `[::1]`, and nowhere else. Its own threads serve all
/// requests; only a callback with the `state` of the login ends the wait. Dropping it releases the port.
///
/// It needs no runtime. [`callback`](Self::callback) is a future for any executor, and
/// [`callback_blocking`](Self::callback_blocking) waits without one.
///
/// [`NativeLogin`](crate::NativeLogin) runs the complete login. For plain OAuth, without an ID token, take the steps
/// yourself:
///
/// ```
/// # use proofkey::{Login, LoginError, token::{TokenSet, Transport}};
/// # use proofkey_native::{NativeLoginError, Receiver};
/// # async fn authorize(
/// #     http: &impl Transport, login: &Login, receiver: Receiver,
/// # ) -> Result<TokenSet, NativeLoginError> {
/// let (url, pending) = login.authorization().scope("repo").begin()?;
/// proofkey_native::open_browser(&url);
/// let callback = receiver.callback(&pending).await?;
/// let tokens = match login.receive(pending, callback) {
///     Ok(grant) => login.exchange(http, grant).await,
///     Err(error) => Err(error),
/// };
/// receiver.close(&tokens).await;
/// Ok(tokens?)
/// # }
/// ```
pub struct Receiver {
    server: Arc<Server>,
    redirect_uri: RedirectUri,
    timeout: Duration,
    threads: Vec<(SocketAddr, JoinHandle<()>)>,
}

impl Receiver {
    /// Listens on a port that the system chooses, for the redirect URI `http://127.0.0.1:PORT/callback`.
    ///
    /// # Errors
    ///
    /// [`NativeLoginError::Bind`].
    pub fn bind() -> Result<Self, NativeLoginError> {
        Self::builder().bind()
    }

    /// Starts to configure a receiver.
    pub fn builder() -> ReceiverBuilder {
        ReceiverBuilder {
            ports: vec![0],
            host: LoopbackHost::default(),
            path: "/callback".into(),
            pages: Pages::default(),
            timeout: Duration::from_secs(300),
        }
    }

    /// Returns the redirect URI, for [`Login::new`](proofkey::Login::new).
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.port
    }

    /// Whether callbacks of this redirect URI arrive here. One with a private-use scheme arrives by a
    /// [`CallbackHandle`].
    pub(crate) fn serves(&self, redirect_uri: &RedirectUri) -> Result<(), NativeLoginError> {
        if *redirect_uri == self.redirect_uri || !redirect_uri.as_str().starts_with("http") {
            return Ok(());
        }
        Err(NativeLoginError::RedirectUri { expected: self.redirect_uri.clone(), found: redirect_uri.clone() })
    }

    /// Returns a handle through which another thread can submit a callback that did not arrive at the port.
    pub fn handle(&self) -> CallbackHandle {
        CallbackHandle { shared: Arc::clone(&self.server.shared) }
    }

    /// Waits for the callback of `pending`, and returns the URL at which it arrived, for
    /// [`Login::receive`](proofkey::Login::receive).
    ///
    /// A callback that does not belong to `pending` is refused and counted: any page that the user opens can send one.
    /// An `error` is accepted only with the right `state`. Exactly one callback is accepted, so each login needs its
    /// own receiver. Dropping the future before that loses nothing.
    ///
    /// # Errors
    ///
    /// [`NativeLoginError::TimedOut`].
    pub fn callback<'a>(
        &'a self,
        pending: &'a Pending,
    ) -> impl Future<Output = Result<String, NativeLoginError>> + Send + 'a {
        let timer = Timer::start(&self.server.shared, self.timeout);
        poll_fn(move |context| {
            let found = self.server.shared.poll(context.waker(), |state| match self.accepted(state, pending) {
                None if state.is_over => Some(Err(self.timed_out(state))),
                found => found.map(Ok),
            });
            let _running = &timer;
            found.map_or(Poll::Pending, Poll::Ready)
        })
    }

    /// [`callback`](Self::callback) without an executor: blocks this thread.
    ///
    /// # Errors
    ///
    /// As [`callback`](Self::callback).
    pub fn callback_blocking(&self, pending: &Pending) -> Result<String, NativeLoginError> {
        let deadline = after(self.timeout);
        let found = self.server.shared.wait(deadline, |state| self.accepted(state, pending));
        found.ok_or_else(|| self.timed_out(&self.server.shared.lock()))
    }

    /// The first candidate that belongs to `pending`. The others are told that they do not.
    fn accepted(&self, state: &mut State, pending: &Pending) -> Option<String> {
        while let Some(Candidate { url, is_accepted, is_shown, .. }) = state.candidates.pop_front() {
            if pending.check(&url, SystemTime::now()).is_err_and(|error| error.is_unrelated()) {
                state.unrelated += 1;
                let _ = is_accepted.send(false);
                continue;
            }
            state.owes_page = is_shown;
            state.accepted = Some(url.clone());
            let _ = is_accepted.send(true);
            // Those that came at the same time.
            for Candidate { url, is_accepted, .. } in std::mem::take(&mut state.candidates) {
                let _ = is_accepted.send(state.is_accepted(&url).unwrap_or(false));
            }
            return Some(url);
        }
        None
    }

    fn timed_out(&self, state: &State) -> NativeLoginError {
        NativeLoginError::TimedOut { after: self.timeout, unrelated: state.unrelated }
    }

    /// Shows in the browser how the login ended, and releases the port. Waits until the browser has fetched the page,
    /// at most 5 seconds: if the program exited at once, the user would see an error page of the browser.
    pub async fn close<T, E: Error>(self, result: &Result<T, E>) {
        self.tell(result);
        let _timer = Timer::start(&self.server.shared, PAGE_TIMEOUT);
        poll_fn(|context| {
            let told =
                self.server.shared.poll(context.waker(), |state| (!state.owes_page || state.is_over).then_some(()));
            told.map_or(Poll::Pending, Poll::Ready)
        })
        .await;
    }

    /// [`close`](Self::close) without an executor.
    pub fn close_blocking<T, E: Error>(self, result: &Result<T, E>) {
        self.tell(result);
        self.server.shared.wait(after(PAGE_TIMEOUT), |state| (!state.owes_page).then_some(()));
    }

    fn tell<T, E: Error>(&self, result: &Result<T, E>) {
        let outcome = result.as_ref().map_or_else(|error| Outcome::Failed(error.to_string()), |_| Outcome::SignedIn);
        self.server.shared.change(|state| state.outcome = Some(outcome));
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.shared.change(|state| {
            state.is_closed = true;
            state.candidates.clear();
        });
        for (address, thread) in self.threads.drain(..) {
            // The thread waits for a connection: this is the last one. Without it the thread could not be joined.
            if TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok() {
                let _ = thread.join();
            }
        }
        self.server.close_connections();
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("redirect_uri", &self.redirect_uri).field("timeout", &self.timeout).finish()
    }
}

/// Submits a callback that did not arrive at the port of a [`Receiver`]: one that the user pasted, or that another
/// instance of the program received through a private-use scheme.
#[derive(Clone)]
pub struct CallbackHandle {
    shared: Arc<Shared>,
}

impl fmt::Debug for CallbackHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackHandle").finish_non_exhaustive()
    }
}

impl CallbackHandle {
    /// Submits the URL of a callback, and returns whether it belongs to the login. Blocks until the login has checked
    /// it, at most 30 seconds, so call it from a separate thread and not from a task of the executor that waits.
    pub fn submit(&self, url: impl Into<String>) -> bool {
        self.shared.offer(url.into(), false)
    }
}

/// The redirect URI of this path. A query is refused, since a callback adds its own.
fn at(origin: &str, path: &str) -> Result<RedirectUri, NativeLoginError> {
    let uri = RedirectUri::new(format!("{origin}{path}")).ok();
    let is_path = path.starts_with('/') && !path.starts_with("//") && !path.contains('?');
    uri.filter(|_| is_path).ok_or_else(|| NativeLoginError::Path { path: path.to_owned() })
}

/// The path of the closing page, which only the browser that brings the callback learns.
fn done(path: &str) -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{}/{:032x}", path.trim_end_matches('/'), u128::from_ne_bytes(bytes)))
}

/// The time after `wait`; one that no clock reaches is in 30 years.
fn after(wait: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(wait).unwrap_or_else(|| now + Duration::from_secs(30 * 365 * 86_400))
}

/// Wakes the future that waits, when its time is over.
struct Timer {
    shared: Arc<Shared>,
    number: u64,
}

impl Timer {
    fn start(shared: &Arc<Shared>, timeout: Duration) -> Self {
        let (deadline, number) = (after(timeout), shared.change(State::next_timer));
        let timer = Self { shared: Arc::clone(shared), number };
        let shared = Arc::clone(shared);
        let wait = move || {
            let ended = shared.wait(deadline, |state| (state.is_closed || state.timer != number).then_some(()));
            if ended.is_none() {
                end(&shared, number);
            }
        };
        // Without a thread the time is over at once: waiting for ever would be worse.
        if spawn(wait).is_err() {
            end(&timer.shared, number);
        }
        timer
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.shared.change(|state| state.timer += u64::from(state.timer == self.number));
    }
}

/// The time of this timer is over, unless another has taken its place.
fn end(shared: &Shared, number: u64) {
    shared.change(|state| state.is_over |= state.timer == number);
}

fn spawn(run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("proofkey-receiver".into()).spawn(run)
}
