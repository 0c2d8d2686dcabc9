//! The pages that users see. A page contains no request data except a checked path, loads nothing, and is not stored.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, RETRY_AFTER, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

const STYLE: &str = "\
:root{color-scheme:light dark;--text:#1b1d22;--dim:#5c6270;--back:#f3f4f7;--card:#fff;--line:#dfe2e8;--accent:#2450c8}\
@media(prefers-color-scheme:dark){:root{--text:#e9ebf0;--dim:#a2a8b6;--back:#14161a;--card:#1d2026;--line:#343944;\
--accent:#8aa9ff}}*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;\
background:var(--back);color:var(--text);font:1rem/1.55 system-ui,-apple-system,'Segoe UI',sans-serif}\
main{width:100%;max-width:26rem;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}\
h1{margin:0 0 .5rem;font-size:1.35rem;line-height:1.25}p{margin:0 0 1.5rem;color:var(--dim)}form{margin:0}\
a,button{display:block;width:100%;margin-top:.6rem;padding:.7rem 1rem;border:1px solid var(--accent);border-radius:.5rem;\
background:none;color:var(--accent);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}\
form button,p+a{background:var(--accent);color:var(--card)}a:focus-visible,button:focus-visible{outline:3px solid var(--accent);outline-offset:2px}a:hover,button:hover\
{opacity:.85}";

/// The subject of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageKind {
    /// The user chooses one of several providers.
    Choose,
    /// The login took too long.
    Expired,
    /// The login already got its callback: the page was reloaded, or the user went back.
    AlreadyUsed,
    /// No login with this `state` is pending in this browser: it began in another browser, or cookies are off.
    OtherBrowser,
    /// The user or the authorization server denied the request (`access_denied`).
    Denied,
    /// Another failure; the log has the reason.
    Failed,
    /// The authorization server or the session store cannot be reached.
    Unavailable,
    /// The user is asked whether to log out.
    ConfirmLogout,
    /// The user is logged out.
    LoggedOut,
    /// A request that could change something came from another site.
    CrossSite,
    /// The page is for signed-in users, and the request cannot be redirected to the login.
    SignInRequired,
}

impl PageKind {
    /// Those that a callback can lead to.
    const OF_LOGIN: [Self; 6] =
        [Self::Expired, Self::AlreadyUsed, Self::OtherBrowser, Self::Denied, Self::Failed, Self::Unavailable];

    /// Returns a stable name, such as `already_used`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Choose => "choose",
            Self::Expired => "expired",
            Self::AlreadyUsed => "already_used",
            Self::OtherBrowser => "other_browser",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Unavailable => "unavailable",
            Self::ConfirmLogout => "confirm_logout",
            Self::LoggedOut => "logged_out",
            Self::CrossSite => "cross_site",
            Self::SignInRequired => "sign_in_required",
        }
    }

    /// The page that a callback's redirect names. Any other text is that of a failed login.
    pub(crate) fn of_login(name: &str) -> Self {
        Self::OF_LOGIN.into_iter().find(|kind| kind.as_str() == name).unwrap_or(Self::Failed)
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Choose | Self::ConfirmLogout | Self::LoggedOut => StatusCode::OK,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Denied | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::SignInRequired => StatusCode::UNAUTHORIZED,
            Self::Expired | Self::AlreadyUsed | Self::OtherBrowser | Self::Failed => StatusCode::BAD_REQUEST,
        }
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Choose => ("Log in", "Choose how you want to log in."),
            Self::Expired => ("This login has expired", "It took too long. Please log in again."),
            Self::AlreadyUsed => {
                ("This login is already complete", "This link was used before. Go on, or log in again if you need to.")
            }
            Self::OtherBrowser => (
                "This login cannot be completed here",
                "It has expired, was already used, or began in another browser. If it happens again, check that your \
                 browser accepts cookies.",
            ),
            Self::Denied => ("The login was cancelled", "You are not logged in. You can try again."),
            Self::Failed => ("The login failed", "You are not logged in. Please try again in a moment."),
            Self::Unavailable => {
                ("The login service is not available", "It cannot be reached at the moment. Please try again shortly.")
            }
            Self::ConfirmLogout => ("Log out?", "You will have to log in again to continue."),
            Self::LoggedOut => ("You are logged out", "You can close this page."),
            Self::CrossSite => ("This request was not accepted", "It came from another site. Nothing was changed."),
            Self::SignInRequired => ("Please log in", "This page is for signed-in users."),
        }
    }
}

/// A page to show. Its texts are in English and not escaped.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// The subject.
    pub kind: PageKind,
    /// The heading.
    pub title: String,
    /// One or two sentences.
    pub text: String,
    /// The links: address and text of each.
    pub links: Vec<(String, String)>,
    /// A form with one button, sent by POST: its address, and the text of the button.
    pub button: Option<(String, String)>,
}

impl Page {
    pub(crate) fn new(kind: PageKind) -> Self {
        let (title, text) = kind.words();
        Self { kind, title: title.to_owned(), text: text.to_owned(), links: Vec::new(), button: None }
    }

    pub(crate) fn link(mut self, address: impl Into<String>, text: impl Into<String>) -> Self {
        self.links.push((address.into(), text.into()));
        self
    }

    pub(crate) fn button(mut self, address: &str, text: &str) -> Self {
        self.button = Some((address.to_owned(), text.to_owned()));
        self
    }

    /// Returns the page as an HTML document, the default of [`WebLogin::pages`](crate::WebLogin::pages).
    #[must_use]
    pub fn to_html(&self) -> String {
        let (title, text) = (escaped(&self.title), escaped(&self.text));
        let mut actions = String::new();
        if let Some((address, text)) = &self.button {
            let (address, text) = (escaped(address), escaped(text));
            let _ = write!(actions, "<form method=\"post\" action=\"{address}\"><button>{text}</button></form>");
        }
        for (address, text) in &self.links {
            let _ = write!(actions, "<a href=\"{}\">{}</a>", escaped(address), escaped(text));
        }
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
             <title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1><p>{text}</p>{actions}</main>\
             </body></html>"
        )
    }
}

/// What a 401 asks for (RFC 9110 section 15.5.2): no scheme is registered for a session's cookie.
pub(crate) const CHALLENGE: &str = "Cookie realm=\"login\"";

/// How pages are made.
pub(crate) type Render = Arc<dyn Fn(&Page) -> String + Send + Sync>;

/// A page with the headers of every page. `retry_after` is for those that are worth another try.
pub(crate) fn response(render: &Render, page: &Page, retry_after: Duration) -> Response {
    let mut response = (page.kind.status(), render(page)).into_response();
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if page.kind == PageKind::SignInRequired {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
    }
    if page.kind == PageKind::Unavailable {
        headers.insert(RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
    }
    response
}

/// `form-action` is missing on purpose: browsers hold the redirect that follows a form to it as well, and a logout leads to
/// the issuer.
const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CACHE_CONTROL, "no-store"),
    // Not `no-referrer`, with which browsers send `Origin: null` along with a form.
    (REFERRER_POLICY, "same-origin"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
];

/// A redirect by GET that no cache keeps, and from which no address leaks.
pub(crate) fn redirect(location: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let Ok(location) = HeaderValue::try_from(location) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = response.headers_mut();
    headers.insert(LOCATION, location);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_and_address_is_escaped() {
        let evil = "\"><script>alert('x')</script>&";
        let page = Page { title: evil.into(), text: evil.into(), ..Page::new(PageKind::Failed) };
        let html = page.link(evil, evil).button(evil, evil).to_html();
        assert!(!html.contains("<script") && !html.contains("alert('"), "{html}");
        assert_eq!(html.matches("&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;").count(), 7);
    }

    #[test]
    fn a_name_stands_for_a_page_of_a_login_only() {
        for kind in PageKind::OF_LOGIN {
            assert_eq!(PageKind::of_login(kind.as_str()), kind);
        }
        for other in ["", "logged_out", "choose", "<script>"] {
            assert_eq!(PageKind::of_login(other), PageKind::Failed);
        }
    }
}
