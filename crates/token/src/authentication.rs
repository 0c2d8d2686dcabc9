//! How the client authenticates: in exactly one way in one request (RFC 6749 section 2.3).

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Request, Uri};
use proofkey_authorize::{AuthorizationServer, ClientId, Deviation, Deviations, form};
use zeroize::Zeroizing;

use crate::assertion::{UnsignedAssertion, apple_secret, finish_apple_secret};
use crate::dpop::{Dpop, DpopProof};
use crate::error::TokenRequestError;
use crate::secret::{ClientAssertion, ClientSecret};
use crate::shown::shown;
use crate::signer::{Fresh, Signer};

/// The client's authentication at the token, revocation, pushed authorization request, device authorization
/// and introspection endpoints. A code is exchanged with PKCE besides, whatever the method.
///
/// | Client | Method |
/// | --- | --- |
/// | cannot keep a secret: native and single-page applications | [`none`](Self::none) |
/// | has a secret | [`secret`](Self::secret): the method that the server announces |
/// | has a secret, and its method is known | [`basic`](Self::basic), [`post`](Self::post) |
/// | has a private key | [`private_key_jwt`](Self::private_key_jwt), or [`apple`](Self::apple) |
/// | has a secret that expires | [`for_each_request`](Self::for_each_request) |
///
/// Clones share the secret or the key.
#[derive(Clone)]
pub struct ClientAuthentication {
    method: Method,
    possession: Option<Possession>,
}

/// What else the requests prove: that the client has the key that tokens are bound to.
#[derive(Clone)]
enum Possession {
    Key(Dpop),
    Proof(DpopProof),
}

#[derive(Clone)]
enum Method {
    None,
    Announced(Arc<ClientSecret>),
    Basic(Arc<ClientSecret>),
    Post(Arc<ClientSecret>),
    Assertion(Arc<ClientAssertion>),
    ForEachRequest(Arc<Make>),
}

type Make = dyn Fn(&AuthorizationServer, &ClientId) -> Result<ClientAuthentication, TokenRequestError> + Send + Sync;

impl ClientAuthentication {
    /// Creates the authentication of a public client, which has none: `client_id` is sent in the body
    /// (RFC 6749 section 3.2.1).
    #[must_use]
    pub fn none() -> Self {
        Self::by(Method::None)
    }

    /// Sends the secret by the method that the server announces: by HTTP Basic if it announces
    /// `client_secret_basic` or nothing (RFC 8414 section 2), in the body if it announces
    /// `client_secret_post` and not Basic.
    #[must_use]
    pub fn secret(secret: ClientSecret) -> Self {
        Self::by(Method::Announced(Arc::new(secret)))
    }

    /// Sends the secret by `client_secret_basic`: HTTP Basic, with identifier and secret form-encoded
    /// (RFC 6749 section 2.3.1), unless the server is known [not to decode](Deviation::BasicUnencoded)
    /// them.
    #[must_use]
    pub fn basic(secret: ClientSecret) -> Self {
        Self::by(Method::Basic(Arc::new(secret)))
    }

    /// Sends the secret by `client_secret_post`: identifier and secret in the body.
    #[must_use]
    pub fn post(secret: ClientSecret) -> Self {
        Self::by(Method::Post(Arc::new(secret)))
    }

    /// Sends an assertion by `private_key_jwt`: a JWT that [`UnsignedAssertion::new`] builds for each
    /// request, and `signer` signs with the client's private key (RFC 7523 section 2.2, RFC 10070).
    ///
    /// `fresh` reads the clock and a cryptographic random source. Its error becomes the source of
    /// [`TokenRequestError::Credential`], so it must not show a secret.
    #[must_use]
    pub fn private_key_jwt<E: Into<Box<dyn Error + Send + Sync>>>(
        signer: impl Signer + 'static,
        fresh: impl Fn() -> Result<Fresh, E> + Send + Sync + 'static,
    ) -> Self {
        Self::signed_jwt(signer, fresh, "private_key_jwt")
    }

    /// Sends an assertion by `client_secret_jwt`, as [`private_key_jwt`](Self::private_key_jwt) does, with an HMAC whose key
    /// is the client secret (OpenID Connect Core section 9).
    #[must_use]
    pub fn client_secret_jwt<E: Into<Box<dyn Error + Send + Sync>>>(
        signer: impl Signer + 'static,
        fresh: impl Fn() -> Result<Fresh, E> + Send + Sync + 'static,
    ) -> Self {
        Self::signed_jwt(signer, fresh, "client_secret_jwt")
    }

    fn signed_jwt<E: Into<Box<dyn Error + Send + Sync>>>(
        signer: impl Signer + 'static,
        fresh: impl Fn() -> Result<Fresh, E> + Send + Sync + 'static,
        method: &'static str,
    ) -> Self {
        Self::by(Method::ForEachRequest(Arc::new(move |server, client_id| {
            let key = signer.header();
            if key.is_symmetric() != (method == "client_secret_jwt") {
                let listed = if key.is_symmetric() { "key pairs, such as for ES256" } else { "HS256, HS384, HS512" };
                let (algorithm, listed) = (shown(key.algorithm(), 128), listed.to_owned());
                return Err(TokenRequestError::SigningAlgorithm { algorithm, list: method, listed });
            }
            let fresh = fresh().map_err(|error| TokenRequestError::Credential(error.into()))?;
            let assertion = UnsignedAssertion::new(key, server, client_id, fresh)?;
            let signature = signer.sign(assertion.signing_input()).map_err(TokenRequestError::Credential)?;
            Ok(Self::assertion(assertion.finish(&signature)))
        })))
    }

    /// Sends the client secret of Sign in with Apple: a JWT that `signer` signs with ES256, in the body, built for each
    /// request. `team_id` is its issuer. The header of `signer` must have the `kid` that Apple gave the key.
    ///
    /// Its audience is Apple: do not use it at another server, which could replay it to Apple.
    #[must_use]
    pub fn apple<E: Into<Box<dyn Error + Send + Sync>>>(
        signer: impl Signer + 'static,
        team_id: impl Into<String>,
        fresh: impl Fn() -> Result<Fresh, E> + Send + Sync + 'static,
    ) -> Self {
        let team_id = team_id.into();
        Self::by(Method::ForEachRequest(Arc::new(move |_, client_id| {
            let fresh = fresh().map_err(|error| TokenRequestError::Credential(error.into()))?;
            let secret = apple_secret(signer.header(), &team_id, client_id, fresh);
            let signature = signer.sign(secret.signing_input()).map_err(TokenRequestError::Credential)?;
            Ok(Self::post(finish_apple_secret(secret, &signature)))
        })))
    }

    /// Sends a client assertion that the caller has built: a signed JWT in the body, with its type and the client
    /// identifier (RFC 7521 section 4.2, RFC 7523 section 2.2). It is valid for one request, so use this in
    /// [`for_each_request`](Self::for_each_request). [`private_key_jwt`](Self::private_key_jwt) builds one itself.
    #[must_use]
    pub fn assertion(assertion: ClientAssertion) -> Self {
        Self::by(Method::Assertion(Arc::new(assertion)))
    }

    /// Calls `make` for each request, and uses the authentication that it returns: a secret that
    /// expires, or an assertion for one request.
    ///
    /// The arguments of `make` are the server, which is an assertion's audience, and the client, which
    /// is its issuer and subject. `make` reads the clock itself. Its error becomes the source of
    /// [`TokenRequestError::Credential`], so it must not show a secret.
    ///
    /// ```
    /// use proofkey_token::{ClientAuthentication, ClientSecret, InvalidSecret};
    ///
    /// # fn read_from_the_vault() -> String { "7Fjfp0ZBr1KtDRbnfVdmIw".to_owned() }
    /// let rotating = ClientAuthentication::for_each_request(|_, _| {
    ///     Ok::<_, InvalidSecret>(ClientAuthentication::post(ClientSecret::new(read_from_the_vault())?))
    /// });
    /// ```
    #[must_use]
    pub fn for_each_request<E>(
        make: impl Fn(&AuthorizationServer, &ClientId) -> Result<ClientAuthentication, E> + Send + Sync + 'static,
    ) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Self::by(Method::ForEachRequest(Arc::new(move |server, client_id| {
            make(server, client_id).map_err(|error| TokenRequestError::Credential(error.into()))
        })))
    }

    /// Binds the tokens to a key (RFC 9449): each request carries a proof of `dpop`, and a token that comes back
    /// unbound is refused.
    ///
    /// A server that demands a nonce refuses the first proof: see [`asks_again`](Self::asks_again).
    #[must_use]
    pub fn with_dpop(self, dpop: Dpop) -> Self {
        Self { possession: Some(Possession::Key(dpop)), ..self }
    }

    /// Adds a proof that was built for one request: see [`UnsignedProof`](crate::UnsignedProof).
    #[must_use]
    pub fn with_dpop_proof(self, proof: DpopProof) -> Self {
        Self { possession: Some(Possession::Proof(proof)), ..self }
    }

    /// Returns the key that tokens are bound to, if there is one.
    #[must_use]
    pub fn dpop(&self) -> Option<&Dpop> {
        match &self.possession {
            Some(Possession::Key(dpop)) => Some(dpop),
            _ => None,
        }
    }

    fn by(method: Method) -> Self {
        Self { method, possession: None }
    }

    /// Whether tokens have to be bound to a key.
    pub(crate) fn is_bound(&self) -> bool {
        self.possession.is_some()
    }

    /// Puts the proof into a request to the authorization server, if there is to be one.
    pub(crate) fn prove<B>(
        &self,
        request: &mut Request<B>,
        server: &AuthorizationServer,
    ) -> Result<(), TokenRequestError> {
        match &self.possession {
            Some(possession) if takes_proof(server, request.uri()) => match possession {
                Possession::Key(dpop) => dpop.prove_to_server(request, server)?,
                Possession::Proof(proof) => proof.clone().put_into(request),
            },
            _ => {}
        }
        Ok(())
    }

    /// What the function of [`for_each_request`](Self::for_each_request) makes for this request.
    pub(crate) fn make(
        &self,
        server: &AuthorizationServer,
        client_id: &ClientId,
    ) -> Result<Option<Self>, TokenRequestError> {
        match &self.method {
            Method::ForEachRequest(make) => {
                let made = make(server, client_id)?;
                // What is asked about binding is asked of `self`.
                if made.possession.is_some() {
                    let text = "call `with_dpop` on what `for_each_request` returns, not inside it";
                    return Err(TokenRequestError::Credential(text.into()));
                }
                Ok(Some(made.make(server, client_id)?.unwrap_or(made)))
            }
            _ => Ok(None),
        }
    }

    /// Adds what belongs into the body, and returns what belongs into `Authorization`.
    pub(crate) fn apply<'a>(
        &'a self,
        server: &AuthorizationServer,
        client_id: &'a ClientId,
        pairs: &mut Vec<(&'a str, &'a str)>,
        noted: &mut Deviations,
    ) -> Option<HeaderValue> {
        match &self.method {
            Method::Basic(secret) => return Some(basic(server, client_id, secret, noted)),
            Method::Announced(secret) if takes_basic(server) => return Some(basic(server, client_id, secret, noted)),
            _ => pairs.push(("client_id", client_id.as_str())),
        }
        match &self.method {
            Method::Announced(secret) | Method::Post(secret) => pairs.push(("client_secret", secret.expose())),
            Method::Assertion(assertion) => pairs.extend([
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", assertion.expose()),
            ]),
            Method::None | Method::Basic(_) | Method::ForEachRequest(_) => {}
        }
        None
    }
}

impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.method {
            Method::None => "ClientAuthentication(none)",
            Method::Announced(_) => "ClientAuthentication(secret, ..)",
            Method::Basic(_) => "ClientAuthentication(basic, ..)",
            Method::Post(_) => "ClientAuthentication(post, ..)",
            Method::Assertion(_) => "ClientAuthentication(assertion, ..)",
            Method::ForEachRequest(_) => "ClientAuthentication(for each request, ..)",
        })
    }
}

/// Whether requests to that address carry a proof: those for tokens, and pushed authorization requests (RFC 9449 sections 5
/// and 10.1).
fn takes_proof(server: &AuthorizationServer, uri: &Uri) -> bool {
    let endpoints = [Some(server.token_endpoint()), server.pushed_authorization_request_endpoint()];
    endpoints.into_iter().flatten().any(|endpoint| *uri == *endpoint.as_str())
}

/// Basic unless the server announces the body and not Basic.
fn takes_basic(server: &AuthorizationServer) -> bool {
    let announces = |method| server.token_endpoint_auth_methods_supported().any(|announced| announced == method);
    announces("client_secret_basic") || !announces("client_secret_post")
}

fn basic(
    server: &AuthorizationServer,
    client_id: &ClientId,
    secret: &ClientSecret,
    noted: &mut Deviations,
) -> HeaderValue {
    let (id, secret) = (client_id.as_str(), secret.expose());
    // An escape makes three bytes of one: with this capacity nothing is left behind by growing.
    let mut pair = Zeroizing::new(String::with_capacity(3 * (id.len() + secret.len()) + 1));
    form::encode_into(&mut pair, id);
    pair.push(':');
    form::encode_into(&mut pair, secret);
    let is_escaped = pair.len() != id.len() + 1 + secret.len();
    if is_escaped && server.compat().allows(Deviation::BasicUnencoded) {
        *noted = noted.with(Deviation::BasicUnencoded);
        pair.clear();
        pair.push_str(id);
        pair.push(':');
        pair.push_str(secret);
    }
    let mut text = Zeroizing::new(String::with_capacity(pair.len() * 4 / 3 + 16));
    text.push_str("Basic ");
    STANDARD.encode_string(pair.as_bytes(), &mut text);
    sensitive(&text)
}

/// A header value that HTTP libraries keep out of their logs and compression tables.
pub(crate) fn sensitive(ascii: &str) -> HeaderValue {
    // Only printable ASCII comes here, which every header value may hold.
    let mut value = HeaderValue::from_str(ascii).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}
