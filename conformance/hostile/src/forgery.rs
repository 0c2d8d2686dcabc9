//! Forged callbacks in a link that a user follows.

use std::time::SystemTime;

use proofkey::Login;
use proofkey::authorize::{AuthorizationServer, CallbackError, Endpoint, Issuer, PendingLogins};

use crate::victim::{Failure, callback};

#[derive(Clone, Copy)]
pub(crate) struct Forgery {
    pub(crate) name: &'static str,
    /// What the client must say.
    pub(crate) code: &'static str,
    /// What becomes of an honest callback.
    forge: fn(&str) -> String,
}

const LONG: usize = 64 * 1024;
const FITS: usize = 16 * 1024;

pub(crate) fn all() -> Vec<Forgery> {
    let forgery = |name, code, forge| Forgery { name, code, forge };
    vec![
        forgery("honest", "ok", |honest| honest.to_owned()),
        forgery("64-kib-code", "callback_too_large", |honest| {
            honest.replace("code=a", &format!("code={}", "a".repeat(LONG)))
        }),
        forgery("64-kib-state", "callback_too_large", |honest| format!("{honest}{}", "a".repeat(LONG))),
        forgery("64-kib-error", "callback_too_large", |honest| format!("{honest}&error={}", "a".repeat(LONG))),
        forgery("64-kib-name", "callback_too_large", |honest| format!("{honest}&{}=a", "a".repeat(LONG))),
        forgery("16-kib-code", "ok", |honest| honest.replace("code=a", &format!("code={}", "a".repeat(FITS)))),
        forgery("16-kib-state", "callback_state_mismatch", |honest| format!("{honest}{}", "a".repeat(FITS))),
        forgery("16-kib-error", "callback_refused", |honest| format!("{honest}&error={}", "a".repeat(FITS))),
        forgery("million-parameters", "callback_too_large", |honest| format!("{honest}{}", "&a".repeat(1_000_000))),
        forgery("parameters-to-the-limit", "ok", |honest| format!("{honest}{}", "&a".repeat(FITS - 100))),
        forgery("ampersands", "ok", |honest| format!("{honest}{}", "&".repeat(FITS))),
        forgery("percents", "callback_bad_encoding", |honest| format!("{honest}&iss={}", "%".repeat(FITS))),
        forgery("thousand-states", "callback_repeated_parameter", |honest| {
            format!("{honest}{}", "&state=a".repeat(1_000))
        }),
        forgery("state-twice", "callback_repeated_parameter", |honest| format!("{honest}&state=a")),
        forgery("nul", "callback_bad_encoding", |honest| honest.replace("code=a", "code=a%00")),
        forgery("raw-nul", "callback_bad_encoding", |honest| honest.replace("code=a", "code=a\0")),
        forgery("newline", "callback_bad_encoding", |honest| honest.replace("code=a", "code=a%0d%0ax-own:%20b")),
        forgery("raw-newline", "callback_bad_encoding", |honest| honest.replace("code=a", "code=a\r\nx-own: b")),
        forgery("not-utf-8", "callback_bad_encoding", |honest| honest.replace("code=a", "code=%ff")),
        forgery("error-in-colours", "callback_refused", |honest| format!("{honest}&error=a%1b[31m%00%0d%0a")),
    ]
}

/// A client at whose redirect URI callbacks arrive. It sends no request.
pub(crate) struct RedirectEndpoint(Login);

impl RedirectEndpoint {
    pub(crate) fn new() -> Result<Self, Failure> {
        let address = |path| Endpoint::new(format!("https://as.example/{path}"));
        let server = AuthorizationServer::new(Issuer::new("https://as.example")?, address("a")?, address("t")?);
        Ok(Self(Login::new(server, "client", "https://app.example/callback")?))
    }

    /// A flood of one forgery, in the browser of somebody who has ten logins open: what is said of it. What is not of
    /// this browser must not end a login that waits: then the honest callback comes, and is taken.
    pub(crate) fn receive(&self, forgery: &Forgery) -> String {
        self.flood(forgery).unwrap_or_else(|failure| failure.to_string())
    }

    fn flood(&self, forgery: &Forgery) -> Result<String, Failure> {
        let now = SystemTime::now();
        let mut open = PendingLogins::new(10);
        let mut honest = String::new();
        for _ in 0..10 {
            let (url, pending) = self.0.request().begin()?;
            open.insert(pending, now);
            honest = callback(&url);
        }
        let forged = (forgery.forge)(&honest);
        for _ in 0..20 {
            match open.receive(&forged, now) {
                Ok(_) => return Ok("ok".to_owned()),
                Err(error) if !error.is_unrelated() => return Ok(error.code().to_owned()),
                Err(error) if error.code() != forgery.code => return Ok(error.code().to_owned()),
                Err(_) => {}
            }
        }
        let _code =
            open.receive(&honest, now).map_err(|error: CallbackError| format!("the honest one is lost: {error}"))?;
        Ok(forgery.code.to_owned())
    }
}
