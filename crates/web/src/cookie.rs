//! The cookies: their names, and their attributes (RFC 6265bis).

use std::time::Duration;

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};

use crate::origin::Origin;

/// How the cookies of one application are named.
#[derive(Debug)]
pub(crate) struct Cookies {
    /// The name of the session's cookie. Those of pending logins begin with it.
    session: String,
    logout: String,
    is_secure: bool,
}

/// Which requests of other sites a cookie comes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SameSite {
    /// Links to the application.
    Lax,
    /// All, such as the form that a provider posts back. Browsers demand `Secure` with it, and accept that on
    /// `http://localhost`.
    None,
}

impl Cookies {
    /// `__Host-` keeps cookies of sibling domains and of plain http out. All ports of a host share their cookies, so a port
    /// that is not the scheme's own tells applications apart.
    pub(crate) fn of(origin: &Origin) -> Self {
        let is_secure = origin.is_https();
        let name = |word: &str| format!("{}{word}{}", if is_secure { "__Host-" } else { "" }, origin.port());
        Self { session: name("login"), logout: name("logout"), is_secure }
    }

    pub(crate) fn session(&self) -> &str {
        &self.session
    }

    pub(crate) fn logout(&self) -> &str {
        &self.logout
    }

    /// The name of the cookie of one pending login.
    pub(crate) fn pending(&self, suffix: &str) -> String {
        format!("{}-{suffix}", self.session)
    }

    pub(crate) fn is_pending(&self, name: &str) -> bool {
        name.strip_prefix(&self.session).is_some_and(|suffix| suffix.starts_with('-'))
    }

    /// The value of a cookie. One that comes twice, as a sibling domain or another port can bring about, counts as none.
    pub(crate) fn get<'a>(&self, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        let mut values = all(headers).filter(|(other, _)| *other == name).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    }

    pub(crate) fn set(&self, name: &str, value: &str, lifetime: Duration, same_site: SameSite) -> Option<HeaderValue> {
        let is_secure = self.is_secure || same_site == SameSite::None;
        let cookie = format!(
            "{name}={value}; Path=/; Max-Age={}; HttpOnly; SameSite={same_site:?}{}",
            lifetime.as_secs(),
            if is_secure { "; Secure" } else { "" }
        );
        HeaderValue::try_from(cookie).ok()
    }

    pub(crate) fn remove(&self, name: &str) -> Option<HeaderValue> {
        self.set(name, "", Duration::ZERO, SameSite::Lax)
    }
}

/// Names and values in the order in which they came, also of a header that a proxy or HTTP/2 has split. A cookie that is not
/// ASCII is none of ours, and does not hide the others.
pub(crate) fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let cookies = headers.get_all(COOKIE).iter().flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    let cookies = cookies.filter(|cookie| cookie.is_ascii()).filter_map(|cookie| std::str::from_utf8(cookie).ok());
    cookies.filter_map(|cookie| cookie.trim_ascii().split_once('='))
}

/// Adds cookies to a response.
pub(crate) fn add(headers: &mut HeaderMap, cookies: impl IntoIterator<Item = HeaderValue>) {
    for cookie in cookies {
        headers.append(SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Address;

    fn cookies(uri: &str) -> Cookies {
        Cookies::of(&Address::parse(uri).unwrap().origin)
    }

    #[test]
    fn bw_01_each_cookie_is_bound_to_this_host() {
        let https = cookies("https://app.example/callback");
        let minute = Duration::from_secs(60);
        let set = |cookies: &Cookies, same_site| cookies.set(cookies.session(), "v", minute, same_site).unwrap();
        assert_eq!(set(&https, SameSite::Lax), "__Host-login=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(set(&https, SameSite::None), "__Host-login=v; Path=/; Max-Age=60; HttpOnly; SameSite=None; Secure");
        let loopback = cookies("http://localhost:8091/callback");
        assert_eq!(set(&loopback, SameSite::Lax), "login8091=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
        assert!(loopback.is_pending("login8091-a") && !loopback.is_pending("login8091"));
        assert!(!cookies("http://localhost:809/callback").is_pending("login8091-a"));
        assert_eq!((https.pending("a"), https.logout()), ("__Host-login-a".to_owned(), "__Host-logout"));
    }

    #[test]
    fn applications_on_two_ports_of_a_host_have_two_cookies() {
        let [default, other] = ["https://app.example:443/a", "https://app.example:8443/a"].map(cookies);
        assert_eq!((default.session(), other.session()), ("__Host-login", "__Host-login8443"));
        assert_eq!((default.logout(), other.logout()), ("__Host-logout", "__Host-logout8443"));
        assert!(!default.is_pending(&other.pending("a")) && !other.is_pending(&default.pending("a")));
    }

    #[test]
    fn a_cookie_that_comes_twice_counts_as_none() {
        let cookies = cookies("https://app.example/callback");
        let get = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(COOKIE, HeaderValue::from_static(line));
            }
            cookies.get(&headers, "a").map(str::to_owned)
        };
        assert_eq!(get(&["b=1; a=2;a2=3"]).as_deref(), Some("2"));
        assert_eq!(get(&["b=1", "a=2=3"]).as_deref(), Some("2=3"));
        for others in ["city=Zürich; a=1", "a=1;\u{85}=2", "ü; a=1 "] {
            let mut headers = HeaderMap::new();
            headers.append(COOKIE, HeaderValue::from_bytes(others.as_bytes()).unwrap());
            assert_eq!(cookies.get(&headers, "a"), Some("1"), "{others}");
        }
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_bytes("\u{2003}a=1".as_bytes()).unwrap());
        assert_eq!(cookies.get(&headers, "a"), None, "a space that only Unicode knows is part of the name");
        for twice in [&["a=1; a=1"] as &[_], &["a=1", "a=2"], &["A=1"], &[]] {
            assert_eq!(get(twice), None, "{twice:?}");
        }
    }
}
