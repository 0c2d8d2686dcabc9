//! Requests of browsers and other clients of the port.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::LoopbackHost;
use crate::page::{self, Pages};
use crate::request::{self, Request};
use crate::shared::Shared;

/// Connections at a time. One more closes the oldest, so that idle ones cannot keep the callback out.
const MAX_CONNECTIONS: usize = 32;
/// For the head of a request. A browser that has opened a connection in advance opens another later.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// For the browser to take an answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// For the login to end after its callback, before the closing page says that it has not.
const OUTCOME_TIMEOUT: Duration = Duration::from_secs(60);
/// For the other side to close, after an answer.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Answers requests until the receiver is closed.
pub(crate) struct Server {
    pub(crate) shared: Arc<Shared>,
    /// `http://127.0.0.1:PORT`, the origin of the redirect URI.
    pub(crate) origin: String,
    pub(crate) path: String,
    pub(crate) port: u16,
    /// The path of the closing page.
    pub(crate) done: String,
    pub(crate) pages: Pages,
    pub(crate) connections: Mutex<VecDeque<Arc<TcpStream>>>,
}

struct Answer {
    status: &'static str,
    location: Option<String>,
    body: String,
    /// It is the closing page, for the browser that brought the callback.
    is_page: bool,
}

impl Answer {
    fn new(status: &'static str, body: String) -> Self {
        Self { status, location: None, body, is_page: false }
    }
}

impl Server {
    pub(crate) fn accept(self: &Arc<Self>, listener: &TcpListener) {
        loop {
            let accepted = listener.accept();
            if self.shared.lock().is_closed {
                return;
            }
            let Ok((stream, _)) = accepted else {
                // Out of file descriptors, for instance: waiting is better than asking again at once.
                thread::sleep(Duration::from_millis(50));
                continue;
            };
            let stream = Arc::new(stream);
            self.remember(&stream);
            let (server, served) = (Arc::clone(self), Arc::clone(&stream));
            let serve = move || {
                // The browser reconnects if a connection fails.
                let _ = server.serve(&served);
                server.forget(&served);
            };
            // Without a thread the connection closes, and the browser tries again.
            if thread::Builder::new().name("proofkey-callback".into()).spawn(serve).is_err() {
                self.forget(&stream);
            }
        }
    }

    /// Ends every connection.
    pub(crate) fn close_connections(&self) {
        for stream in self.connections().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn remember(&self, stream: &Arc<TcpStream>) {
        if self.connections().len() >= MAX_CONNECTIONS {
            self.close_oldest();
        }
        self.connections().push_back(Arc::clone(stream));
    }

    fn forget(&self, stream: &Arc<TcpStream>) {
        self.connections().retain(|known| !Arc::ptr_eq(known, stream));
    }

    fn close_oldest(&self) {
        let oldest = self.connections().pop_front();
        if let Some(oldest) = oldest {
            let _ = oldest.shutdown(Shutdown::Both);
        }
    }

    fn connections(&self) -> MutexGuard<'_, VecDeque<Arc<TcpStream>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: &Arc<TcpStream>) -> io::Result<()> {
        let Some(request) = request::read(stream, Instant::now() + HEAD_TIMEOUT)? else { return Ok(()) };
        // From now on it is no idle connection that could give way to another.
        self.forget(stream);
        let answer = self.answer(&request);
        let body = if request.method == "HEAD" { "" } else { &answer.body };
        let location = answer.location.map(|location| format!("Location: {location}\r\n")).unwrap_or_default();
        let head = format!(
            "HTTP/1.1 {}\r\n{location}Content-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
             Connection: close\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\
             X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nContent-Security-Policy: default-src 'none'; \
             style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\r\n",
            answer.status,
            answer.body.len(),
        );
        let mut stream = stream.as_ref();
        stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
        stream.write_all(format!("{head}{body}").as_bytes())?;
        stream.shutdown(Shutdown::Write)?;
        // A socket that is closed over what it has not read sends a reset, which can overtake the answer.
        stream.set_read_timeout(Some(CLOSE_TIMEOUT))?;
        let _ = stream.take(64 * 1024).read_to_end(&mut Vec::new());
        if answer.is_page {
            self.shared.change(|state| state.owes_page = state.owes_page && state.outcome.is_none());
        }
        Ok(())
    }

    fn answer(&self, request: &Request) -> Answer {
        // Another name that leads to loopback is a page's attempt to read what is here (DNS rebinding).
        let is_ours = |host: LoopbackHost| {
            let host = host.as_str();
            let (name, port) = request.host.split_at_checked(host.len()).unwrap_or_default();
            // A browser leaves out the port that is http's own.
            name.eq_ignore_ascii_case(host) && (port == format!(":{}", self.port) || port.is_empty() && self.port == 80)
        };
        if !LoopbackHost::ALL.into_iter().any(is_ours) {
            return Answer::new("421 Misdirected Request", page::not_found());
        }
        // A browser navigates with GET.
        if request.method == "GET" && request.target == self.done {
            return self.closing_page();
        }
        let path = request.target.split('?').next().unwrap_or_default();
        if path != self.path || request.method != "GET" {
            return Answer::new("404 Not Found", page::not_found());
        }
        if self.shared.offer(format!("{}{}", self.origin, request.target), true) {
            // Away from the address with the code: it stays out of the history.
            let location = Some(self.done.clone());
            return Answer { location, ..Answer::new("303 See Other", String::new()) };
        }
        Answer::new("404 Not Found", page::unrelated())
    }

    fn closing_page(&self) -> Answer {
        let outcome = self.shared.wait(Instant::now() + OUTCOME_TIMEOUT, |state| match &state.outcome {
            None if !state.is_closed => None,
            outcome => Some(outcome.clone()),
        });
        Answer { is_page: true, ..Answer::new("200 OK", self.pages.of(outcome.flatten().as_ref())) }
    }
}
