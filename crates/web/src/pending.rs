//! Logins that wait for their callback: each in a sealed cookie of its own.
//!
//! The server keeps nothing of them, so no number of logins that are begun takes memory, or the place of another browser's.
//! Two tabs do not write the same cookie.

use std::time::{Duration, SystemTime};

use axum::http::{HeaderMap, HeaderValue};
use proofkey::authorize::{CallbackError, Pending};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::cookie::{self, Cookies, SameSite};
use crate::return_to::ReturnTo;
use crate::seal::Seal;

/// How long a login may take.
pub(crate) const LIFETIME: Duration = Duration::from_secs(600);
/// Bytes of the cookies of one browser's pending logins: some five of them. One more ends the oldest. Servers refuse requests
/// with too long a header: 8 KiB is a common limit.
const SIZE: usize = 4096;
const VERSION: &str = "1";

/// A pending login, and where it leads.
pub(crate) struct Waiting {
    pub(crate) login: Pending,
    /// The name of the provider.
    pub(crate) provider: String,
    pub(crate) is_form_post: bool,
    pub(crate) return_to: ReturnTo,
    /// The cookie of the session in which it began. A callback by form comes without that cookie.
    pub(crate) session: Option<Zeroizing<String>>,
}

impl Waiting {
    /// One line each, and what the crate `authorize` writes.
    fn to_text(&self) -> Zeroizing<String> {
        let form_post = if self.is_form_post { "form_post" } else { "query" };
        let session = self.session.as_ref().map_or("", |session| session.as_str());
        let login = self.login.to_json();
        let lines = [VERSION, &self.provider, form_post, self.return_to.as_str(), session, &login];
        Zeroizing::new(lines.join("\n"))
    }

    fn from_text(text: &str) -> Option<Self> {
        let mut lines = text.splitn(6, '\n');
        let mut line = || lines.next();
        line().filter(|version| *version == VERSION)?;
        Some(Self {
            provider: line()?.to_owned(),
            is_form_post: line()? == "form_post",
            return_to: ReturnTo::new(line()?)?,
            session: line().filter(|session| !session.is_empty()).map(|session| Zeroizing::new(session.to_owned())),
            login: Pending::from_json(line()?).ok()?,
        })
    }

    /// The name of its cookie, which does not tell `state`.
    fn name(&self, cookies: &Cookies) -> String {
        let digest = Sha256::digest(self.login.state().expose());
        cookies.pending(&digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect::<String>())
    }

    /// The cookie that keeps this login, and those that remove what there is no room for.
    pub(crate) fn cookies(
        &self,
        cookies: &Cookies,
        seal: &Seal,
        headers: &HeaderMap,
        now: SystemTime,
    ) -> Option<Vec<HeaderValue>> {
        let name = self.name(cookies);
        let value = seal.seal(&name, &self.to_text())?;
        let same_site = if self.is_form_post { SameSite::None } else { SameSite::Lax };
        let mut size = name.len() + value.len();
        let mut set = vec![cookies.set(&name, &value, LIFETIME, same_site)?];
        let mut others: Vec<_> = opened(cookies, seal, headers).collect();
        others
            .sort_by_key(|(.., waiting)| std::cmp::Reverse(waiting.as_ref().map(|waiting| waiting.login.created_at())));
        for (name, length, waiting) in others {
            size += length;
            let is_alive = waiting.is_some_and(|waiting| !waiting.login.is_expired(now));
            if !is_alive || size > SIZE {
                set.extend(cookies.remove(name));
            }
        }
        Some(set)
    }

    /// Removes its cookie.
    pub(crate) fn remove(&self, cookies: &Cookies) -> Option<HeaderValue> {
        cookies.remove(&self.name(cookies))
    }

    /// The login that a callback belongs to, by its `state`: in constant time, and before anything else of the callback is
    /// believed.
    pub(crate) fn find(
        cookies: &Cookies,
        seal: &Seal,
        headers: &HeaderMap,
        callback: &str,
        now: SystemTime,
    ) -> Result<Self, CallbackError> {
        let mut error = CallbackError::StateMismatch;
        for waiting in opened(cookies, seal, headers).filter_map(|(.., waiting)| waiting) {
            match waiting.login.check(callback, now) {
                Ok(()) => return Ok(waiting),
                Err(CallbackError::StateMismatch) => {}
                Err(other) => error = other,
            }
        }
        Err(error)
    }
}

/// The cookies of pending logins: name, bytes in the header, and the login if this application wrote it.
fn opened<'a>(
    cookies: &'a Cookies,
    seal: &'a Seal,
    headers: &'a HeaderMap,
) -> impl Iterator<Item = (&'a str, usize, Option<Waiting>)> {
    cookie::all(headers).filter(|(name, _)| cookies.is_pending(name)).map(|(name, value)| {
        let waiting = seal.open(name, value).and_then(|text| Waiting::from_text(&text));
        (name, name.len() + value.len(), waiting)
    })
}

/// Removes all of them, as at a logout.
pub(crate) fn remove_all(cookies: &Cookies, headers: &HeaderMap) -> Vec<HeaderValue> {
    let names = cookie::all(headers).map(|(name, _)| name).filter(|name| cookies.is_pending(name));
    names.filter_map(|name| cookies.remove(name)).collect()
}
