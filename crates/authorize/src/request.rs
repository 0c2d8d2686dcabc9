use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use proofkey_pkce::{CodeChallenge, CodeVerifier};
use zeroize::Zeroizing;

use crate::form;
use crate::pending::Terms;
use crate::{
    AuthorizationDetails, AuthorizationRequestError, AuthorizationServer, ClientId, Deviation, Nonce, Pending,
    PushableRequest, RedirectUri, Scope, State,
};

/// Maximum duration of a login unless [`expires_in`](AuthorizationRequest::expires_in) sets another.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// The parameters that are this crate's to set. A caller's parameter of such a name is refused, and so is an
/// authorization endpoint whose own query has one.
const RESERVED: [&str; 21] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "response_mode",
    "prompt",
    "login_hint",
    "max_age",
    "acr_values",
    "ui_locales",
    "display",
    "id_token_hint",
    "audience",
    "resource",
    "authorization_details",
    "dpop_jkt",
    "request_uri",
];

/// How the authorization server returns its response (OAuth 2.0 Multiple Response Types section 2.1, OAuth 2.0 Form Post
/// Response Mode). There is no fragment mode, since browsers do not send fragments to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseMode {
    /// `query`: in the query of the redirect URI.
    Query,
    /// `form_post`: in the body of a form POST to the redirect URI. The session cookie must then be `SameSite=None`, or
    /// the browser does not send it.
    FormPost,
}

/// The authorization request of the code flow with PKCE (RFC 6749 section 4.1.1, RFC 7636 section 4.3, OpenID Connect
/// Core section 3.1.2.1). Finish it with [`begin`](Self::begin).
///
/// Every request has `response_type=code`, a fresh `state`, an S256 `code_challenge`, and a fresh `nonce` if `openid` is
/// in the scope. A parameter with an empty value is not sent.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing before `begin`"]
pub struct AuthorizationRequest<'a> {
    server: &'a AuthorizationServer,
    client_id: ClientId,
    redirect_uri: RedirectUri,
    scope: Option<Scope>,
    max_age: Option<u64>,
    resources: Vec<String>,
    /// Everything else, in the order in which it was asked for.
    parameters: Vec<(&'a str, String)>,
    /// The names given to [`parameter`](Self::parameter).
    further: BTreeSet<&'a str>,
    /// The first of them that cannot be a parameter's.
    refused: Option<&'a str>,
    lifetime: Duration,
    announced_pkce_required: bool,
}

impl<'a> AuthorizationRequest<'a> {
    /// Creates a request to `server` by the client `client_id`. The response arrives at `redirect_uri`.
    #[inline]
    pub fn new(server: &'a AuthorizationServer, client_id: ClientId, redirect_uri: RedirectUri) -> Self {
        Self {
            server,
            client_id,
            redirect_uri,
            scope: None,
            max_age: None,
            resources: Vec::new(),
            parameters: Vec::new(),
            further: BTreeSet::new(),
            refused: None,
            lifetime: DEFAULT_LIFETIME,
            announced_pkce_required: false,
        }
    }

    /// Sets `scope`. With `openid` in it, this is an OpenID Connect login, and a `nonce` is sent.
    #[inline]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Sets `prompt`: one or more of `login`, `consent`, `select_account`, or `none`, separated by a space.
    pub fn prompt(self, prompt: &str) -> Self {
        self.set("prompt", prompt)
    }

    /// Sets `login_hint`: the user who is expected to log in, as the server identifies them, such as by an e-mail
    /// address.
    pub fn login_hint(self, hint: &str) -> Self {
        self.set("login_hint", hint)
    }

    /// Sets `max_age`: the maximum age of the user's authentication, in seconds. The ID token must then have `auth_time`.
    pub fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Sets `acr_values`: preferred authentication context classes, separated by a space, the best first.
    pub fn acr_values(self, values: &str) -> Self {
        self.set("acr_values", values)
    }

    /// Sets `ui_locales`: preferred languages, separated by a space, the best first.
    pub fn ui_locales(self, locales: &str) -> Self {
        self.set("ui_locales", locales)
    }

    /// Sets `display`: `page`, `popup`, `touch` or `wap`.
    pub fn display(self, display: &str) -> Self {
        self.set("display", display)
    }

    /// Sets `id_token_hint`: an ID token of an earlier login. It becomes part of the browser's history; prefer
    /// [`login_hint`](Self::login_hint).
    pub fn id_token_hint(self, id_token: &str) -> Self {
        self.set("id_token_hint", id_token)
    }

    /// Sets `audience`: the API that the access token is for, at servers such as Auth0.
    pub fn audience(self, audience: &str) -> Self {
        self.set("audience", audience)
    }

    /// Sets `dpop_jkt`: the thumbprint of the key that the code is bound to (RFC 9449 section 10). Only the holder of
    /// that key can then exchange the code.
    pub fn dpop_jkt(self, thumbprint: &str) -> Self {
        self.set("dpop_jkt", thumbprint)
    }

    /// Adds a `resource`: the address of an API that the access token is for (RFC 8707 section 2). Call it again for
    /// another one. The token request repeats it. It is not sent to a server that
    /// [refuses it](Deviation::ResourceNotSent).
    pub fn resource(mut self, resource: &str) -> Self {
        if !resource.is_empty() {
            self.resources.push(resource.to_owned());
        }
        self
    }

    /// Sets `authorization_details` (RFC 9396).
    pub fn authorization_details(self, details: &AuthorizationDetails) -> Self {
        self.set("authorization_details", &details.to_value().to_string())
    }

    /// Sets `response_mode`. Without it, the server uses the query.
    pub fn response_mode(self, mode: ResponseMode) -> Self {
        self.set(
            "response_mode",
            match mode {
                ResponseMode::Query => "query",
                ResponseMode::FormPost => "form_post",
            },
        )
    }

    /// Adds a parameter that no specification defines, such as `connection` or `access_type`.
    ///
    /// [`begin`](Self::begin) refuses an empty name, a name that was given before, and a name that the specifications
    /// define for this request, `request` and `request_uri` among them.
    pub fn parameter(mut self, name: &'a str, value: &str) -> Self {
        let is_own = name.is_empty() || name == "request" || RESERVED.contains(&name);
        if is_own || !self.further.insert(name) {
            self.refused.get_or_insert(name);
            return self;
        }
        self.append(name, value)
    }

    /// Sets how long the login may take; the default is 10 minutes. A later callback is refused.
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Makes [`begin`](Self::begin) fail unless the server announces S256, whatever its [`Compat`](crate::Compat)
    /// tolerates.
    ///
    /// Without this call, a login also begins at a server built by hand that announces nothing, and at one whose
    /// [`Compat`](crate::Compat::with_pkce_not_announced) tolerates that. Such a server receives the S256 challenge, and
    /// may ignore it.
    pub fn require_announced_pkce(mut self) -> Self {
        self.announced_pkce_required = true;
        self
    }

    /// Builds the URL for the browser, and the [`Pending`] that waits for the callback.
    ///
    /// `entropy` is 96 bytes of a cryptographic random source, fresh for this call: 32 each for `code_verifier`, `state`
    /// and `nonce`, so that none of the three reveals another. The caller wipes it. `now` is the time at which the login
    /// begins.
    ///
    /// # Errors
    /// [`AuthorizationRequestError`] when the server does not announce S256 although it must, when the query of its
    /// authorization endpoint already has a parameter of this request, when the name of a
    /// [`parameter`](Self::parameter) is refused, or when the server takes pushed requests only.
    pub fn begin(self, entropy: &[u8; 96], now: SystemTime) -> Result<(String, Pending), AuthorizationRequestError> {
        if self.server.pushed_requests_required {
            return Err(AuthorizationRequestError::PushRequired);
        }
        let secrets = self.check_and_generate(entropy)?;
        let endpoint = &self.server.authorization_endpoint;
        // Room for the usual URL, so that it is one allocation.
        let mut url = String::with_capacity(1024);
        url.push_str(endpoint.as_str());
        url.push_str(endpoint.separator());
        self.append_parameters(&mut url, &secrets);
        Ok((url, self.into_pending(secrets, now)))
    }

    /// Begins the login as [`begin`](Self::begin) does, for a request that is pushed to the server (RFC 9126) before
    /// the browser is redirected.
    ///
    /// # Errors
    /// As [`begin`](Self::begin), except the error for a server that requires pushed requests.
    pub fn begin_pushed(
        self,
        entropy: &[u8; 96],
        now: SystemTime,
    ) -> Result<PushableRequest<'a>, AuthorizationRequestError> {
        let secrets = self.check_and_generate(entropy)?;
        let mut form = Zeroizing::new(String::with_capacity(1024));
        self.append_parameters(&mut form, &secrets);
        Ok(PushableRequest { server: self.server, form, pending: self.into_pending(secrets, now) })
    }

    fn check_and_generate(&self, entropy: &[u8; 96]) -> Result<Secrets, AuthorizationRequestError> {
        if let Some(name) = self.refused {
            return Err(AuthorizationRequestError::reserved(name));
        }
        self.check_server()?;
        let [for_verifier, for_state, for_nonce] = thirds(entropy);
        let verifier = match self.server.takes_pkce() {
            true => Some(CodeVerifier::from_entropy(for_verifier).map_err(AuthorizationRequestError::Entropy)?),
            false => None,
        };
        let is_login = self.scope.as_ref().is_some_and(Scope::is_login);
        let nonce = is_login.then(|| Nonce::from_entropy(for_nonce));
        Ok(Secrets { verifier, state: State::from_entropy(for_state), nonce })
    }

    fn into_pending(self, secrets: Secrets, now: SystemTime) -> Pending {
        let Secrets { verifier, state, nonce } = secrets;
        let terms = Terms {
            issuer: self.server.issuer.clone(),
            iss_required: self.server.iss_parameter_supported,
            client_id: self.client_id,
            redirect_uri: self.redirect_uri,
            scope: self.scope,
            max_age: self.max_age,
            resources: self.resources,
        };
        Pending { terms, verifier, state, nonce, created: now, lifetime: self.lifetime }
    }

    fn set(mut self, name: &'a str, value: &str) -> Self {
        self.parameters.retain(|(own, _)| *own != name);
        self.append(name, value)
    }

    fn append(mut self, name: &'a str, value: &str) -> Self {
        if !value.is_empty() {
            self.parameters.push((name, value.to_owned()));
        }
        self
    }

    fn check_server(&self) -> Result<(), AuthorizationRequestError> {
        match &self.server.code_challenge_methods {
            Some(methods) if methods.iter().any(|method| method == CodeChallenge::METHOD) => {}
            Some(_) => return Err(AuthorizationRequestError::S256NotSupported),
            None if self.announced_pkce_required => return Err(AuthorizationRequestError::PkceNotAnnounced),
            None => {
                let allowed = self.server.compat.allowed();
                let is_tolerated =
                    allowed.contains(Deviation::PkceNotAnnounced) || allowed.contains(Deviation::PkceRefused);
                if self.server.metadata.is_some() && !is_tolerated {
                    return Err(AuthorizationRequestError::PkceNotAnnounced);
                }
            }
        }
        let own = self.server.authorization_endpoint.query();
        for (name, _) in own.into_iter().flat_map(form::raw_pairs) {
            let is_set = |name: &str| {
                name == "request" || RESERVED.contains(&name) || self.parameters.iter().any(|(set, _)| *set == name)
            };
            if form::decode(name).map_or(true, |name| is_set(&name)) {
                return Err(AuthorizationRequestError::endpoint_query(name));
            }
        }
        Ok(())
    }

    /// Appends every parameter, form-encoded.
    fn append_parameters(&self, form: &mut String, secrets: &Secrets) {
        form.push_str("response_type=code&client_id=");
        form::encode_into(form, self.client_id.as_str());
        form.push_str("&redirect_uri=");
        form::encode_into(form, self.redirect_uri.as_str());
        if let Some(scope) = &self.scope {
            form.push_str("&scope=");
            form::encode_into(form, scope.as_str());
        }
        // Base64url needs no escaping.
        form.push_str("&state=");
        form.push_str(secrets.state.expose());
        if let Some(verifier) = &secrets.verifier {
            form.push_str("&code_challenge=");
            form.push_str(verifier.challenge().encode().as_str());
            form.push_str("&code_challenge_method=");
            form.push_str(CodeChallenge::METHOD);
        }
        if let Some(nonce) = &secrets.nonce {
            form.push_str("&nonce=");
            form.push_str(nonce.expose());
        }
        if let Some(seconds) = self.max_age {
            form::append_pair(form, "max_age", &seconds.to_string());
        }
        if !self.server.compat.allows(Deviation::ResourceNotSent) {
            for resource in &self.resources {
                form::append_pair(form, "resource", resource);
            }
        }
        for (name, value) in &self.parameters {
            form::append_pair(form, name, value);
        }
    }
}

/// What is generated for one login.
struct Secrets {
    verifier: Option<CodeVerifier>,
    state: State,
    nonce: Option<Nonce>,
}

fn thirds(entropy: &[u8; 96]) -> [&[u8; 32]; 3] {
    let (chunks, _) = entropy.as_chunks::<32>();
    [&chunks[0], &chunks[1], &chunks[2]]
}
