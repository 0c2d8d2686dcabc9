//! Client authentication (RFC 6749 section 2.3.1).

use super::Server;
use super::jws::Jws;
use super::visit::{Refusal, Visit};
use crate::encoding::{decode_value, from_base64_standard, same_secret};
use crate::flaw::Flaw;
use crate::rule::Rule;
use crate::setup::{Client, ClientAuth};

/// What a request says about its client.
enum Shown {
    /// Only the id, or not even that.
    Nothing(Option<String>),
    Basic(Option<(String, String)>),
    Post(Option<String>, String),
    Assertion(Option<Box<Jws>>),
}

impl Server {
    /// The client behind a request to the token or revocation endpoint. A witness that forgives an
    /// unknown one goes on as `owner`, or as the first one registered.
    pub(super) fn authenticate(
        &self,
        visit: &mut Visit<'_>,
        form: &[(String, String)],
        owner: Option<&str>,
    ) -> Result<Client, Refusal> {
        let in_body = visit.parameter(form, "client_id")?;
        let secret = visit.parameter(form, "client_secret")?;
        let assertion = visit.parameter(form, "client_assertion")?;
        let header = visit.request.header("authorization").map(basic);
        let ways = [header.is_some(), secret.is_some(), assertion.is_some()];
        if ways.into_iter().filter(|way| *way).count() > 1 {
            visit.broken(Rule::TwoAuthentications, "the client authenticates in more than one way")?;
        }
        let shown = match (assertion, header, secret) {
            (Some(assertion), ..) => Shown::Assertion(Jws::parse(&assertion).map(Box::new)),
            (None, Some(pair), _) => Shown::Basic(pair),
            (None, None, Some(secret)) => Shown::Post(in_body.clone(), secret),
            (None, None, None) => Shown::Nothing(in_body.clone()),
        };
        let id = match &shown {
            Shown::Nothing(id) | Shown::Post(id, _) => id.clone(),
            Shown::Assertion(jws) => {
                in_body.clone().or(jws.as_ref().and_then(|jws| jws.claim("sub")).map(String::from))
            }
            Shown::Basic(pair) => pair.as_ref().map(|(id, _)| id.clone()),
        };
        let known = id.as_deref().and_then(|id| self.state().client(id).cloned());
        let Some(client) = known else {
            let detail = if id.is_some() {
                "no client is registered under the client_id that was sent"
            } else {
                "the request does not say which client it comes from"
            };
            visit.broken(Rule::ClientUnknown, detail)?;
            let state = self.state();
            let fallback = owner.and_then(|owner| state.client(owner)).or(state.clients.first()).cloned();
            return fallback.ok_or(Refusal { rule: Rule::ClientUnknown, detail: detail.into() });
        };
        if matches!(shown, Shown::Basic(_)) && in_body.is_some_and(|sent| sent != client.id) {
            visit.broken(Rule::ClientAuthentication, "client_id in the body differs from the one in the header")?;
        }
        let objection = match (&client.auth, &shown) {
            (ClientAuth::None, Shown::Nothing(_))
            | (ClientAuth::PrivateKeyJwt | ClientAuth::SecretJwt(_), Shown::Assertion(_)) => None,
            (ClientAuth::None, _) => Some("the client is public, yet it authenticates"),
            (ClientAuth::Basic(secret), Shown::Basic(Some((_, sent))))
            | (ClientAuth::Post(secret), Shown::Post(_, sent)) => {
                (!same_secret(secret, sent)).then_some("the client secret is wrong")
            }
            (_, Shown::Nothing(_)) if self.has(Flaw::SecretMayBeMissing) => None,
            (_, Shown::Nothing(_)) => Some("the client does not authenticate"),
            (_, Shown::Basic(None)) => Some("the Authorization header is not of the Basic scheme, or not readable"),
            _ => Some("the client authenticates in another way than it is registered for"),
        };
        if let Some(objection) = objection {
            visit.broken(Rule::ClientAuthentication, objection)?;
        } else if let Shown::Assertion(jws) = &shown {
            self.check_assertion(visit, form, &client, jws.as_deref())?;
        }
        Ok(client)
    }
}

/// Id and secret of `Authorization: Basic`, each form-decoded.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, credentials) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(from_base64_standard(credentials.trim())?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((decode_value(id), decode_value(secret)))
}
