//! Client assertions (RFC 7523 section 3, RFC 10070 section 4, OpenID Connect Core section 9).

use serde_json::{Value, json};

use super::Server;
use super::jws::Jws;
use super::visit::{Refusal, Visit};
use crate::keys::client_public_key;
use crate::rule::Rule;
use crate::setup::{Client, ClientAuth};

const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const TYPE: &str = "client-authentication+jwt";

impl Server {
    pub(super) fn check_assertion(
        &self,
        visit: &mut Visit<'_>,
        form: &[(String, String)],
        client: &Client,
        jws: Option<&Jws>,
    ) -> Result<(), Refusal> {
        if visit.parameter(form, "client_assertion_type")?.as_deref() != Some(KIND) {
            visit.broken(Rule::ClientAuthentication, "client_assertion_type is not that of a JWT")?;
        }
        let Some(jws) = jws else {
            return visit.broken(Rule::AssertionSignature, "the assertion is not a signed JWT");
        };
        let is_signed = match &client.auth {
            ClientAuth::SecretJwt(secret) => jws.has_mac_by(secret),
            _ => jws.is_signed_by(&client_public_key()),
        };
        if !is_signed {
            visit.broken(Rule::AssertionSignature, "the assertion is not signed by this client")?;
        }
        if let Some(objection) = self.objection(client, jws) {
            visit.broken(Rule::AssertionClaims, objection)?;
        }
        if jws.claim("jti").is_some_and(|jti| self.state().seen(jti)) {
            visit.broken(Rule::AssertionReplayed, "another assertion had the same jti")?;
        }
        // As its sole value: as text, or as the only element of a list.
        let aud = jws.claims.get("aud").unwrap_or(&Value::Null);
        if *aud != json!(self.issuer) && *aud != json!([self.issuer]) {
            visit.broken(Rule::AssertionAudience, "the audience of the assertion is not the issuer alone")?;
        }
        let typ = jws.header("typ").unwrap_or_default();
        if typ.strip_prefix("application/").unwrap_or(typ) != TYPE {
            visit.broken(Rule::AssertionType, format!("the assertion does not have the type {TYPE}"))?;
        }
        Ok(())
    }

    fn objection(&self, client: &Client, jws: &Jws) -> Option<&'static str> {
        let is_own = |name| jws.claim(name) == Some(client.id.as_str());
        if !is_own("iss") || !is_own("sub") {
            return Some("iss and sub of the assertion are not the client_id");
        }
        match jws.time("exp") {
            None => return Some("the assertion does not say when it expires"),
            Some(exp) if exp <= self.clock.unix() => return Some("the assertion has expired"),
            Some(_) => {}
        }
        jws.claim("jti").is_none_or(str::is_empty).then_some("the assertion has no jti")
    }
}
