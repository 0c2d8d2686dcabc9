//! The callback: the end of a login, and the beginning of a session.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::Response;
use proofkey::LoginError;
use proofkey::authorize::CallbackError;
use tower_sessions_core::Session as OtherSession;

use crate::begin::parameter;
use crate::cookie::{self, SameSite};
use crate::failure::Failure;
use crate::page::redirect;
use crate::pending::{LIFETIME, Waiting};
use crate::return_to::ReturnTo;
use crate::session::Session;
use crate::site::Site;
use crate::store::Key;

/// Maximum size of a callback by form, in bytes.
const LIMIT: usize = 64 << 10;

/// The route of a redirect URI.
///
/// The work is done by a task of its own: axum drops the future of a handler when the browser disconnects, and with it a
/// code that was just used.
pub(crate) async fn receive(site: Arc<Site>, at: usize, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let callback = match parts.method {
        Method::POST => to_bytes(body, LIMIT).await.ok().and_then(|form| String::from_utf8(form.into()).ok()),
        _ => parts.uri.query().map(str::to_owned),
    };
    let callback = Callback {
        at,
        text: callback.unwrap_or_default(),
        is_form: parts.method == Method::POST,
        headers: parts.headers,
        other: parts.extensions.get::<OtherSession>().cloned(),
    };
    let name = site.clients[at].name.clone();
    let task = tokio::spawn({
        let site = Arc::clone(&site);
        async move { callback.finish(&site).await }
    });
    let (failure, return_to, cookies) = match task.await {
        Ok(Ok(response)) => return response,
        Ok(Err(Refused { failure, return_to, cookies })) => (failure, return_to, cookies),
        Err(_) => (Failure::Panic, ReturnTo::home(), Vec::new()),
    };
    failure.log(&name);
    let page = format!("{}?why={}", site.paths.failed, failure.page().as_str());
    let mut response = redirect(&format!("{}{}", site.origin.as_str(), return_to.link(&page)));
    cookie::add(response.headers_mut(), cookies);
    response
}

struct Callback {
    /// The provider whose redirect URI this is.
    at: usize,
    text: String,
    is_form: bool,
    headers: HeaderMap,
    /// The application's own session, if it has any.
    other: Option<OtherSession>,
}

/// A callback that signs no one in. The browser's session, if there is one, stays as it is.
struct Refused {
    failure: Failure,
    return_to: ReturnTo,
    cookies: Vec<HeaderValue>,
}

impl Callback {
    async fn finish(self, site: &Site) -> Result<Response, Refused> {
        let found = Waiting::find(&site.cookies, &site.seal, &self.headers, &self.text, site.now());
        let waiting = match found {
            Ok(waiting) => waiting,
            Err(error) => {
                let failure = self.unknown(site, error).await;
                return Err(Refused { failure, return_to: ReturnTo::home(), cookies: Vec::new() });
            }
        };
        let return_to = waiting.return_to.clone();
        let remove = waiting.remove(&site.cookies);
        match self.sign_in(site, waiting).await {
            Ok(session) => {
                let mut response = redirect(&format!("{}{}", site.origin.as_str(), return_to.as_str()));
                cookie::add(response.headers_mut(), remove.into_iter().chain(session));
                Ok(response)
            }
            Err(failure) => Err(Refused { failure, return_to, cookies: remove.into_iter().collect() }),
        }
    }

    /// The cookie of the new session.
    async fn sign_in(self, site: &Site, waiting: Waiting) -> Result<Option<HeaderValue>, Failure> {
        let client = &site.clients[self.at];
        let now = site.now();
        // Which server this is about was decided when the login began, and not by where the callback arrives.
        if waiting.provider != client.name || waiting.is_form_post != self.is_form {
            return Err(Failure::Misdirected);
        }
        if !site.store.claim(Key::Used(waiting.login.state().expose()), now, now + 2 * LIFETIME).await? {
            return Err(Failure::Used);
        }
        let login = client.login(&site.http, site.now()).await?;
        let grant = login.receive_at(waiting.login, &self.text, now)?;
        let identity = login.finish(&site.http, grant).await?;
        let cookie = Session::begin(&site.store, &client.name, identity, now, now + site.lifetime).await?;
        let before = [self.headers_session(site), waiting.session.as_deref().map(String::as_str)];
        for before in before.into_iter().flatten() {
            // A session that is not ended now ends by its lifetime; this login stands.
            if let Ok(Some(session)) = Session::read(&site.store, Key::Session(before).id(), now).await
                && let Err(failure) = session.end(&site.store, now).await
            {
                failure.log(&client.name);
            }
        }
        if let Some(other) = &self.other
            && let Err(error) = other.cycle_id().await
        {
            tracing::error!("the application's session could not be renewed: {error}");
        }
        Ok(site.cookies.set(site.cookies.session(), &cookie, site.lifetime, SameSite::Lax))
    }

    fn headers_session<'a>(&'a self, site: &Site) -> Option<&'a str> {
        site.cookies.get(&self.headers, site.cookies.session())
    }

    /// Why no login waits for this callback.
    async fn unknown(&self, site: &Site, error: CallbackError) -> Failure {
        let state = parameter(Some(&self.text), "state").unwrap_or_default();
        match site.store.is_claimed(Key::Used(&state)).await {
            Ok(true) => Failure::Used,
            Ok(false) => LoginError::from(error).into(),
            Err(error) => error.into(),
        }
    }
}
