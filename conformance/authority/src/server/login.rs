//! The login page: a password, or "Continue with Google".

use super::page::{escape, page};
use super::state::{PendingLogin, Session};
use super::visit::Visit;
use super::{AuthorizationRequest, Server, page as pages};
use crate::encoding::{random_text, same_secret};
use crate::flaw::Flaw;
use crate::message::Answer;
use crate::setup::Shape;

/// Maximum number of pending logins; the oldest are dropped.
const MOST_LOGINS: usize = 1024;
/// Users named at the login page.
const MOST_USERS: usize = 8;

impl Server {
    pub(super) fn show_login(&self, request: AuthorizationRequest) -> Answer {
        let login = PendingLogin { id: random_text(), request, upstream: None };
        let answer = self.login_page(&login, 200, "").header("set-cookie", &self.cookie("login", &login.id));
        let mut state = self.state();
        if state.logins.len() >= MOST_LOGINS {
            state.logins.remove(0);
        }
        state.logins.push(login);
        answer
    }

    fn login_page(&self, login: &PendingLogin, status: u16, objection: &str) -> Answer {
        let google = self.setup.shape == Shape::Google;
        let title = if google { "Sign in with Google" } else { "Log in" };
        let action = self.path(if google { "/signin" } else { "/u/login" });
        let hint = login.request.login_hint.as_deref().unwrap_or_default();
        let objection =
            if objection.is_empty() { String::new() } else { format!("<p role=\"alert\">{}</p>", escape(objection)) };
        let mut body = format!(
            "<p class=\"quiet\">to continue to {client}</p>{objection}\
             <form method=\"post\" action=\"{action}\"{class}><input type=\"hidden\" name=\"login\" value=\"{id}\">\
             <label>E-mail <input name=\"email\" type=\"email\" autocomplete=\"username\" required value=\"{hint}\"></label>\
             <label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label>\
             <button class=\"primary\">Continue</button> <button name=\"cancel\" value=\"1\" formnovalidate>Cancel</button></form>",
            client = escape(asker(&login.request.redirect_uri)),
            class = if google { " class=\"google\"" } else { "" },
            id = escape(&login.id),
            hint = escape(hint),
        );
        if self.setup.upstream.is_some() {
            body.push_str(&format!(
                "<a class=\"button\" href=\"{}?login={}\">Continue with Google</a>",
                self.path("/login/google"),
                escape(&login.id)
            ));
        }
        body.push_str(&self.test_users());
        // Browsers hold a form's policy against every redirect that follows it. Behind this form are
        // the client, and at the upstream provider a chain whose end this server does not know.
        let form_action =
            if google { String::new() } else { format!("'self' {}", source(&login.request.redirect_uri)) };
        page(status, title, &body, &form_action)
    }

    /// The test accounts of this stand-in, with their passwords.
    fn test_users(&self) -> String {
        let state = self.state();
        let users: String = (state.users.iter().take(MOST_USERS))
            .map(|user| format!("<dt>{}</dt><dd>{}</dd>", escape(&user.email), escape(&user.password)))
            .collect();
        format!(
            "<section class=\"users\"><h2>Test users and their passwords</h2><dl>{users}</dl>\
             <p class=\"quiet\">This page stands in for the real one. What you type stays on this machine.</p></section>"
        )
    }

    /// The form comes back, or the button was pressed.
    pub(super) fn login(&self, visit: &mut Visit<'_>) -> Answer {
        let request = visit.request;
        if request.path == self.path("/login/google") {
            return self.go_upstream(visit);
        }
        if request.method != "POST" {
            return pages::message(405, "The login form is sent by POST.").header("allow", "POST");
        }
        let form = request.form_pairs();
        let field =
            |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default();
        let Some(login) = self.begun_login(visit, field("login")) else {
            return pages::message(
                400,
                "This login was not begun in this browser, or has ended. Go back to the application.",
            );
        };
        if !field("cancel").is_empty() {
            self.state().logins.retain(|known| known.id != login.id);
            return self.refuse_at_client(visit, login.request, "access_denied", "the person did not want to sign in");
        }
        let user = {
            let state = self.state();
            state.users.iter().find(|user| user.email == field("email")).cloned()
        };
        match user.filter(|user| same_secret(&user.password, field("password"))) {
            Some(user) => self.end_login(visit, &login, &user.sub),
            None => self.login_page(&login, 401, "Wrong e-mail address or password."),
        }
    }

    /// The login of this id, if this browser began it: the id in the form must be the cookie's.
    pub(super) fn begun_login(&self, visit: &Visit<'_>, id: &str) -> Option<PendingLogin> {
        let cookie = visit.request.cookie(&self.cookie_name("login"))?;
        if !same_secret(cookie, id) {
            return None;
        }
        self.state().logins.iter().find(|login| login.id == id).cloned()
    }

    /// The person is known: the browser gets a session, the client its code.
    pub(super) fn end_login(&self, visit: &mut Visit<'_>, login: &PendingLogin, sub: &str) -> Answer {
        let now = self.clock.unix();
        let session = random_text();
        {
            let mut state = self.state();
            state.logins.retain(|known| known.id != login.id);
            if state.sessions.len() >= MOST_LOGINS {
                state.sessions.remove(0);
            }
            state.sessions.push(Session { id: session.clone(), sub: sub.into(), since: now });
        }
        let status = if self.has(Flaw::PasswordRedirectedBy307) { 307 } else { 303 };
        self.issue_code(visit, login.request.clone(), sub, now, status)
            .header("set-cookie", &self.cookie("session", &session))
    }

    /// A path of this server, below the issuer's.
    pub(super) fn path(&self, path: &str) -> String {
        format!("{}{path}", super::route::prefix(&self.setup))
    }

    pub(super) fn cookie(&self, name: &str, value: &str) -> String {
        format!("{}={value}; Path=/; HttpOnly; SameSite=Lax", self.cookie_name(name))
    }

    /// Cookies do not tell ports apart, so that two servers on one host need two names.
    pub(super) fn cookie_name(&self, name: &str) -> String {
        let server: String = self.setup.name.chars().filter(char::is_ascii_alphanumeric).collect();
        format!("{server}_{name}")
    }
}

/// What a content security policy calls the place of a redirect URI: origin, or scheme alone.
fn source(uri: &str) -> String {
    let (scheme, _) = uri.split_once(':').unwrap_or((uri, ""));
    if matches!(scheme, "http" | "https") { format!("{scheme}://{}", asker(uri)) } else { format!("{scheme}:") }
}

/// The client's name, from its redirect URI: host and port, or the scheme of an app on this machine.
fn asker(uri: &str) -> &str {
    match uri.split_once("://") {
        Some(("http" | "https", rest)) => rest.split(['/', '?']).next().unwrap_or_default(),
        _ => uri.split(':').next().unwrap_or_default(),
    }
}
