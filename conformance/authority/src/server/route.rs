//! Which path is which endpoint.

use super::Server;
use crate::setup::{IssuerShape, Setup, Shape};
use crate::wire::Endpoint;

const AUTH0: &[(&str, Endpoint)] = &[
    ("/authorize", Endpoint::Authorization),
    ("/u/login", Endpoint::Login),
    ("/login/google", Endpoint::Login),
    ("/login/callback", Endpoint::LoginCallback),
    ("/oauth/token", Endpoint::Token),
    ("/oauth/par", Endpoint::Push),
    ("/oauth/device/code", Endpoint::Device),
    ("/oauth/revoke", Endpoint::Revocation),
    ("/oidc/register", Endpoint::Registration),
    ("/oidc/logout", Endpoint::EndSession),
    ("/userinfo", Endpoint::UserInfo),
    ("/.well-known/jwks.json", Endpoint::Jwks),
];

const GOOGLE: &[(&str, Endpoint)] = &[
    ("/o/oauth2/v2/auth", Endpoint::Authorization),
    ("/signin", Endpoint::Login),
    ("/token", Endpoint::Token),
    ("/revoke", Endpoint::Revocation),
    ("/oauth2/v2/userinfo", Endpoint::UserInfo),
    ("/oauth2/v3/certs", Endpoint::Jwks),
];

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

/// The path before every endpoint's, from the issuer: empty, or `/tenant`.
pub(crate) fn prefix(setup: &Setup) -> String {
    match &setup.issuer {
        IssuerShape::Slash | IssuerShape::Plain => String::new(),
        IssuerShape::Path(path) | IssuerShape::PathSlash(path) => format!("/{}", path.trim_matches('/')),
    }
}

/// The issuer identifier of an authority at `base`.
pub(crate) fn issuer(setup: &Setup, base: &str) -> String {
    let slash = if matches!(setup.issuer, IssuerShape::Slash | IssuerShape::PathSlash(_)) { "/" } else { "" };
    format!("{base}{}{slash}", prefix(setup))
}

fn table(setup: &Setup) -> &'static [(&'static str, Endpoint)] {
    match setup.shape {
        Shape::Auth0 => AUTH0,
        Shape::Google => GOOGLE,
    }
}

impl Server {
    pub(crate) fn endpoint(&self, path: &str) -> Endpoint {
        let prefix = prefix(&self.setup);
        // OpenID Connect Discovery appends to the issuer's path; RFC 8414 section 3.1 puts the
        // well-known part between host and path.
        if path == format!("{prefix}{OPENID}") || path == format!("{OAUTH}{prefix}") {
            return Endpoint::Metadata;
        }
        if path == "/attacker" || path.starts_with("/attacker/") {
            return Endpoint::Attacker;
        }
        let Some(path) = path.strip_prefix(prefix.as_str()) else { return Endpoint::Other };
        table(&self.setup).iter().find(|(known, _)| *known == path).map_or(Endpoint::Other, |(_, endpoint)| *endpoint)
    }

    /// Where an endpoint is announced to be; empty for one that this shape does not have.
    pub(crate) fn address(&self, endpoint: Endpoint) -> String {
        let base = match &self.faulty {
            Some((faulty, base)) if *faulty == endpoint => base,
            _ => &self.base,
        };
        let path = table(&self.setup).iter().find(|(_, known)| *known == endpoint).map(|(path, _)| *path);
        path.map_or_else(String::new, |path| format!("{base}{}{path}", prefix(&self.setup)))
    }
}
