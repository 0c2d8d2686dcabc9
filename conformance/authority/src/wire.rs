//! The wire log: one ordered log of every authority, client and browser of a run.

mod exchange;
mod render;
mod secrets;

pub use self::{
    exchange::{Endpoint, Exchange, Fault, Party},
    secrets::{Leak, Masker, SecretKind},
};

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::secrets::Secrets;

/// The wire log. Clones share it.
#[derive(Clone, Default)]
pub struct Wire {
    log: Arc<Mutex<Log>>,
}

#[derive(Default)]
struct Log {
    exchanges: Vec<Exchange>,
    changes: u64,
    secrets: Secrets,
    authorities: Vec<Site>,
}

/// Where an authority is.
struct Site {
    name: String,
    base: String,
    issuer: String,
}

/// More exchanges than this no test needs; a client in a loop must not fill the memory.
const MOST_EXCHANGES: usize = 20_000;

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("exchanges", &self.log().exchanges.len()).finish_non_exhaustive()
    }
}

impl Wire {
    /// Creates an empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns all exchanges so far, in the order in which the requests arrived.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.log().exchanges.clone()
    }

    /// Returns the exchanges after this number, for live display.
    #[must_use]
    pub fn since(&self, seq: u64) -> Vec<Exchange> {
        let start = usize::try_from(seq).unwrap_or(usize::MAX);
        self.log().exchanges.iter().skip(start).cloned().collect()
    }

    /// Returns the number of changes: each new exchange and each response. While it is the same, the log is.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.log().changes
    }

    /// Returns the requests to this kind of endpoint, at any authority.
    #[must_use]
    pub fn at(&self, endpoint: Endpoint) -> Vec<Exchange> {
        self.filtered(|exchange| exchange.endpoint == endpoint)
    }

    /// Returns the requests to the authority of this name.
    #[must_use]
    pub fn to(&self, name: &str) -> Vec<Exchange> {
        self.filtered(|exchange| exchange.to == name)
    }

    /// Returns the number of exchanges so far, which is the number of the last one.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.log().exchanges.len() as u64
    }

    /// Returns the number of requests to this kind of endpoint.
    #[must_use]
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.log().exchanges.iter().filter(|exchange| exchange.endpoint == endpoint).count()
    }

    /// Returns the authorization requests of all senders.
    #[must_use]
    pub fn authorization_requests(&self) -> Vec<Exchange> {
        self.at(Endpoint::Authorization)
    }

    /// Returns the requests to token endpoints, of any grant, answered or not.
    #[must_use]
    pub fn token_requests(&self) -> Vec<Exchange> {
        self.at(Endpoint::Token)
    }

    /// Returns the token requests with a code.
    #[must_use]
    pub fn code_requests(&self) -> Vec<Exchange> {
        self.filtered(|exchange| exchange.endpoint == Endpoint::Token && exchange.form("code").is_some())
    }

    /// Returns the token requests with a refresh token.
    #[must_use]
    pub fn refresh_requests(&self) -> Vec<Exchange> {
        self.filtered(|exchange| exchange.endpoint == Endpoint::Token && exchange.form("refresh_token").is_some())
    }

    /// Returns the requests for metadata.
    #[must_use]
    pub fn metadata_requests(&self) -> Vec<Exchange> {
        self.at(Endpoint::Metadata)
    }

    /// Returns the requests for the JWK set.
    #[must_use]
    pub fn jwks_requests(&self) -> Vec<Exchange> {
        self.at(Endpoint::Jwks)
    }

    /// Returns the requests for userinfo.
    #[must_use]
    pub fn userinfo_requests(&self) -> Vec<Exchange> {
        self.at(Endpoint::UserInfo)
    }

    /// Returns the requests for revocation.
    #[must_use]
    pub fn revocation_requests(&self) -> Vec<Exchange> {
        self.at(Endpoint::Revocation)
    }

    /// Returns the registration requests.
    #[must_use]
    pub fn registration_requests(&self) -> Vec<Exchange> {
        self.at(Endpoint::Registration)
    }

    /// Returns the visits to the attacker's address.
    #[must_use]
    pub fn attacker_requests(&self) -> Vec<Exchange> {
        self.at(Endpoint::Attacker)
    }

    /// Returns the codes that were sent to token endpoints, in order and with repetitions.
    #[must_use]
    pub fn codes_redeemed(&self) -> Vec<String> {
        self.code_requests().iter().filter_map(|exchange| exchange.form("code").map(String::from)).collect()
    }

    /// Returns all faults of clients, in order.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.log().exchanges.iter().flat_map(|exchange| exchange.faults.iter().cloned()).collect()
    }

    /// Returns the secrets of the run that `text` contains, which a client must not print, without repeating them.
    #[must_use]
    pub fn leaks_in(&self, text: &str) -> Vec<Leak> {
        self.log().secrets.leaks_in(text)
    }

    /// Returns `text` with every secret of the run replaced by its label, such as `<code 1>`.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        self.masker().mask(text)
    }

    /// Returns a masker of the secrets that are known now, for use on many texts.
    #[must_use]
    pub fn masker(&self) -> Masker {
        self.log().secrets.masker()
    }

    /// Returns the whole log as readable text with masked secrets, as in a failure report.
    #[must_use]
    pub fn render(&self) -> String {
        let log = self.log();
        render::render(&log.exchanges, &log.secrets.masker())
    }

    /// Adds an exchange that no authority saw, such as a browser's visit to the client, and returns its number, or
    /// `None` if the log is full, which it is after 20,000 exchanges.
    pub fn record(&self, mut exchange: Exchange) -> Option<u64> {
        let mut log = self.log();
        if log.exchanges.len() >= MOST_EXCHANGES {
            return None;
        }
        exchange.seq = log.exchanges.len() as u64 + 1;
        let seq = exchange.seq;
        log.exchanges.push(exchange);
        log.changes += 1;
        Some(seq)
    }

    /// Adds a secret to mask and to find.
    pub fn add_secret(&self, kind: SecretKind, text: &str) {
        self.log().secrets.add(kind, text);
    }

    /// Returns the name of the authority with this URL, if there is one.
    #[must_use]
    pub fn authority_at(&self, url: &str) -> Option<String> {
        let stands_at = |site: &&Site| {
            let rest = url.strip_prefix(site.base.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        };
        self.log().authorities.iter().find(stands_at).map(|site| site.name.clone())
    }

    pub(crate) fn add_authority(&self, name: &str, base: &str, issuer: &str) {
        self.log().authorities.push(Site { name: name.into(), base: base.into(), issuer: issuer.into() });
    }

    /// Address and issuer of the authority of this name.
    pub(crate) fn site(&self, name: &str) -> Option<(String, String)> {
        let log = self.log();
        let site = log.authorities.iter().find(|site| site.name == name)?;
        Some((site.base.clone(), site.issuer.clone()))
    }

    /// Fills in the response to a recorded request.
    pub fn answer(&self, seq: Option<u64>, fill: impl FnOnce(&mut Exchange)) {
        let index = seq.and_then(|seq| usize::try_from(seq.checked_sub(1)?).ok());
        let Some(index) = index else { return };
        let mut log = self.log();
        if let Some(exchange) = log.exchanges.get_mut(index) {
            fill(exchange);
            log.changes += 1;
        }
    }

    fn filtered(&self, keep: impl Fn(&Exchange) -> bool) -> Vec<Exchange> {
        self.log().exchanges.iter().filter(|exchange| keep(exchange)).cloned().collect()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
