//! What crossed the wire: one ordered log for every authority, client and browser of a run.

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

/// The log. Clones are the same log.
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
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything so far, in the order in which requests arrived.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.log().exchanges.clone()
    }

    /// What came after the exchange of this number, for somebody who looks on while it happens.
    #[must_use]
    pub fn since(&self, seq: u64) -> Vec<Exchange> {
        let start = usize::try_from(seq).unwrap_or(usize::MAX);
        self.log().exchanges.iter().skip(start).cloned().collect()
    }

    /// How often an exchange was added or answered: as long as it stays, there is nothing new to be seen.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.log().changes
    }

    /// What came to this kind of endpoint, at any authority.
    #[must_use]
    pub fn at(&self, endpoint: Endpoint) -> Vec<Exchange> {
        self.filtered(|exchange| exchange.endpoint == endpoint)
    }

    /// What came to the authority of this name.
    #[must_use]
    pub fn to(&self, name: &str) -> Vec<Exchange> {
        self.filtered(|exchange| exchange.to == name)
    }

    /// The number of exchanges so far, which is the number of the last one.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.log().exchanges.len() as u64
    }

    /// How many requests came to this kind of endpoint.
    #[must_use]
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.log().exchanges.iter().filter(|exchange| exchange.endpoint == endpoint).count()
    }

    /// Authorization requests, whoever sent them.
    #[must_use]
    pub fn authorization_requests(&self) -> Vec<Exchange> {
        self.at(Endpoint::Authorization)
    }

    /// Requests to a token endpoint, of any grant, answered or not.
    #[must_use]
    pub fn token_requests(&self) -> Vec<Exchange> {
        self.at(Endpoint::Token)
    }

    /// Token requests that carry a code.
    #[must_use]
    pub fn code_requests(&self) -> Vec<Exchange> {
        self.filtered(|exchange| exchange.endpoint == Endpoint::Token && exchange.form("code").is_some())
    }

    /// Token requests that carry a refresh token.
    #[must_use]
    pub fn refresh_requests(&self) -> Vec<Exchange> {
        self.filtered(|exchange| exchange.endpoint == Endpoint::Token && exchange.form("refresh_token").is_some())
    }

    /// Requests for metadata.
    #[must_use]
    pub fn metadata_requests(&self) -> Vec<Exchange> {
        self.at(Endpoint::Metadata)
    }

    /// Requests for the JWK set.
    #[must_use]
    pub fn jwks_requests(&self) -> Vec<Exchange> {
        self.at(Endpoint::Jwks)
    }

    /// Requests for userinfo.
    #[must_use]
    pub fn userinfo_requests(&self) -> Vec<Exchange> {
        self.at(Endpoint::UserInfo)
    }

    /// Requests for revocation.
    #[must_use]
    pub fn revocation_requests(&self) -> Vec<Exchange> {
        self.at(Endpoint::Revocation)
    }

    /// Visits to the attacker's address.
    #[must_use]
    pub fn attacker_requests(&self) -> Vec<Exchange> {
        self.at(Endpoint::Attacker)
    }

    /// The codes that were sent to a token endpoint, in order; one that was sent twice is there
    /// twice.
    #[must_use]
    pub fn codes_redeemed(&self) -> Vec<String> {
        self.code_requests().iter().filter_map(|exchange| exchange.form("code").map(String::from)).collect()
    }

    /// Everything that clients did wrong, in order.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.log().exchanges.iter().flat_map(|exchange| exchange.faults.iter().cloned()).collect()
    }

    /// Secrets of the run found in `text`: what a client may not print. The text itself is not
    /// repeated.
    #[must_use]
    pub fn leaks_in(&self, text: &str) -> Vec<Leak> {
        self.log().secrets.leaks_in(text)
    }

    /// `text` with every secret of the run replaced by its label, such as `<code 1>`.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        self.masker().mask(text)
    }

    /// What masks the secrets that are known by now, in many texts.
    #[must_use]
    pub fn masker(&self) -> Masker {
        self.log().secrets.masker()
    }

    /// The whole log as a readable sequence, with secrets masked: what a failure report prints.
    #[must_use]
    pub fn render(&self) -> String {
        let log = self.log();
        render::render(&log.exchanges, &log.secrets.masker())
    }

    /// Adds an exchange that no authority saw, such as a browser's visit to the client, and
    /// returns its number; none when the log is full, which it is after 20,000 exchanges.
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

    /// Adds a secret, to be masked and looked for.
    pub fn add_secret(&self, kind: SecretKind, text: &str) {
        self.log().secrets.add(kind, text);
    }

    /// The name of the authority that stands at this URL, if any does.
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

    /// Fills in the answer to a recorded request, once it is given.
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
