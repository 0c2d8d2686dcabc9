//! An API that accepts requests with access tokens. RFC 6750, RFC 9068, RFC 9449, RFC 9470.

mod challenge;
mod guard;
mod proof;
mod request;

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use self::challenge::Challenge;
use self::guard::Guard;
use self::proof::Expected;
use self::request::Request;
use crate::config::Unimplemented;
use crate::context::Context;
use crate::defects::Defects;
use crate::foolish_keys;
use crate::jwt::{self, Jwt};
use crate::keys::{self, KeyCache};
use crate::signature::{ASYMMETRIC, is_valid, is_valid_hmac};

/// The API.
pub(crate) struct Api<'a> {
    guard: Guard,
    defects: &'a Defects,
    /// For what is shared with the client, and has no switch here.
    cx: Context<'a>,
    keys: KeyCache,
    /// The identifiers of the proofs that were admitted.
    seen: HashSet<String>,
}

/// The nonce that the API wants in proofs. One that any client can know is enough for a reference.
const NONCE: &str = "a-nonce-of-the-api";

/// Whose request was admitted, or why it was not.
type Outcome = Result<Value, Challenge>;

impl<'a> Api<'a> {
    /// `cx` is one without switches.
    pub(crate) fn new(
        message: &Map<String, Value>,
        cx: Context<'a>,
        defects: &'a Defects,
    ) -> Result<Self, Unimplemented> {
        let guard = Guard::read(message)?;
        Ok(Self { guard, defects, cx, keys: KeyCache::default(), seen: HashSet::new() })
    }

    /// The `response` to a `request`.
    pub(crate) async fn answer(&mut self, message: &Map<String, Value>) -> Result<Value, Unimplemented> {
        let request = Request::read(message)?;
        let (status, headers, sub) = match self.admitted(&request).await {
            Ok(sub) => (200, Vec::new(), sub),
            Err(challenge) => {
                let (status, headers) = challenge.response(&self.guard, NONCE, self.defects);
                (status, headers, Value::Null)
            }
        };
        Ok(json!({"t": "response", "id": message.get("id"), "status": status, "headers": headers, "sub": sub}))
    }

    async fn admitted(&mut self, request: &Request) -> Outcome {
        let defects = self.defects;
        if defects.has("api-denies-all") {
            return Err(Challenge::InvalidToken);
        }
        let (is_bound, token) = match self.credentials(request) {
            Err(Challenge::Anonymous) if defects.has("api-anonymous-ok") => return Ok(Value::Null),
            credentials => credentials?,
        };
        let jwt = match jwt::decode_any(&token, self.cx.defects) {
            Ok(jwt) => jwt,
            Err(_) if defects.has("api-crit-ignored") => without_crit(&token)?,
            Err(_) => return Err(Challenge::InvalidToken),
        };
        self.check_type(&jwt)?;
        self.check_claims(&jwt.claims)?;
        self.check_signature(&jwt).await?;
        self.check_needs(&jwt.claims)?;
        self.check_binding(request, is_bound, &token, &jwt.claims)?;
        Ok(jwt.claims.get("sub").cloned().unwrap_or_default())
    }

    /// One access token, in one field: whether it is said to be bound to a key, and the token.
    fn credentials(&self, request: &Request) -> Result<(bool, String), Challenge> {
        let fields: Vec<&str> = request.fields("authorization").collect();
        let query = request.url.split_once("access_token=").map(|(_, token)| token);
        if let Some(token) = query.filter(|_| fields.is_empty() && self.defects.has("api-query-read")) {
            return Ok((false, token.to_owned()));
        }
        let field = match fields.as_slice() {
            [] => return Err(Challenge::Anonymous),
            [field] => field,
            [field, ..] if self.defects.has("api-two-fields-ok") => field,
            _ => return Err(Challenge::InvalidRequest),
        };
        let (scheme, token) = field.split_once(' ').unwrap_or((field, ""));
        if scheme.chars().all(char::is_lowercase) && self.defects.has("api-scheme-case-sensitive") {
            return Err(Challenge::Anonymous);
        }
        let is_bound = self.guard.dpop && scheme.eq_ignore_ascii_case("DPoP");
        if !is_bound && !scheme.eq_ignore_ascii_case("Bearer") && !self.defects.has("api-scheme-ignored") {
            return Err(Challenge::Anonymous);
        }
        Ok((is_bound, token.to_owned()))
    }

    fn check_type(&self, jwt: &Jwt) -> Result<(), Challenge> {
        let typ = jwt.header.get("typ").and_then(Value::as_str);
        let accepted = match typ.map(str::to_ascii_lowercase).as_deref() {
            Some("at+jwt") => true,
            Some("application/at+jwt") => !self.defects.has("api-typ-long-refused"),
            None => self.defects.has("api-typ-missing-ok"),
            Some(_) => false,
        };
        if accepted || self.defects.has("api-typ-ignored") { Ok(()) } else { Err(Challenge::InvalidToken) }
    }

    fn check_claims(&self, claims: &Map<String, Value>) -> Result<(), Challenge> {
        let (guard, defects) = (&self.guard, self.defects);
        let iss = match claims.get("iss").and_then(Value::as_str) {
            Some(iss) => iss == guard.issuer || iss.starts_with(&guard.issuer) && defects.has("api-iss-prefix-ok"),
            None => defects.has("api-iss-missing-ok"),
        };
        let is_ours =
            |aud: &str| aud == guard.audience || aud.starts_with(&guard.audience) && defects.has("api-aud-prefix-ok");
        let aud = match claims.get("aud") {
            Some(Value::String(aud)) => is_ours(aud),
            Some(Value::Array(list)) => {
                list.iter().filter_map(Value::as_str).any(is_ours) && !defects.has("api-aud-list-refused")
            }
            Some(_) => false,
            None => defects.has("api-aud-missing-ok"),
        };
        let now = self.cx.clock.now() as f64;
        let time = |name: &str| claims.get(name).and_then(Value::as_f64);
        let exp = match time("exp") {
            Some(exp) => now < exp,
            None => !claims.contains_key("exp") && defects.has("api-exp-missing-ok"),
        };
        let nbf = !claims.contains_key("nbf") || time("nbf").is_some_and(|nbf| nbf <= now);
        let checks =
            [(iss, "api-iss-ignored"), (aud, "api-aud-ignored"), (exp, "api-exp-ignored"), (nbf, "api-nbf-ignored")];
        if !claims.contains_key("client_id") && defects.has("api-client-id-required") {
            return Err(Challenge::InvalidToken);
        }
        let kept = checks.iter().all(|(kept, switch)| *kept || defects.has(switch));
        if kept { Ok(()) } else { Err(Challenge::InvalidToken) }
    }

    async fn check_signature(&mut self, jwt: &Jwt) -> Result<(), Challenge> {
        let (defects, none) = (self.defects, self.cx.defects);
        let alg = jwt.alg.as_deref().unwrap_or_default();
        let kid = jwt.header.get("kid").and_then(Value::as_str);
        let keys = match self.keys.keys(Some(&self.guard.jwks), kid, &self.cx).await {
            Ok(keys) => keys,
            Err(_) if defects.has("api-without-keys-ok") => return Ok(()),
            Err(_) => return Err(Challenge::Unavailable),
        };
        let is_agreed = ASYMMETRIC.contains(&alg) && self.guard.algs.iter().any(|name| name == alg);
        let fitting = if is_agreed { keys::fitting(keys, kid, alg, none).unwrap_or_default() } else { Vec::new() };
        let secrets = || keys.iter().flat_map(foolish_keys::as_secrets);
        let valid = fitting.iter().any(|key| is_valid(alg, key, &jwt.signed, &jwt.signature, none))
            || alg == "none" && defects.has("api-alg-none-ok")
            || alg.starts_with("HS")
                && defects.has("api-hs256-public-key-ok")
                && secrets().any(|secret| is_valid_hmac(alg, &secret, &jwt.signed, &jwt.signature))
            || defects.has("api-signature-ignored");
        if valid { Ok(()) } else { Err(Challenge::InvalidToken) }
    }

    /// What the request needs besides a good token.
    fn check_needs(&self, claims: &Map<String, Value>) -> Result<(), Challenge> {
        let (guard, defects) = (&self.guard, self.defects);
        if let Some(needed) = &guard.scope {
            let granted = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
            let mut words = granted.split(' ');
            let has = if defects.has("api-scope-compared-whole") {
                granted == needed
            } else {
                words.any(|word| word == needed || word.starts_with(needed) && defects.has("api-scope-prefix-ok"))
            };
            if !has && !defects.has("api-scope-ignored") {
                return Err(Challenge::InsufficientScope);
            }
        }
        if let Some(needed) = &guard.acr_values {
            let acr = claims.get("acr").and_then(Value::as_str);
            if !needed.split(' ').any(|value| acr == Some(value)) && !defects.has("api-acr-ignored") {
                return Err(Challenge::StepUp);
            }
        }
        if let Some(max_age) = guard.max_age {
            let then = claims.get("auth_time").and_then(Value::as_u64);
            let is_recent = then.is_some_and(|then| self.cx.clock.now() <= then.saturating_add(max_age));
            if !is_recent && !defects.has("api-max-age-ignored") {
                return Err(Challenge::StepUp);
            }
        }
        Ok(())
    }

    /// A token that is bound to a key needs a proof of it, and no other token does.
    fn check_binding(
        &mut self,
        request: &Request,
        is_bound: bool,
        token: &str,
        claims: &Map<String, Value>,
    ) -> Result<(), Challenge> {
        let bound_to = claims.get("cnf").and_then(|cnf| cnf.get("jkt")).and_then(Value::as_str);
        if !is_bound {
            let is_free = !claims.contains_key("cnf") || self.defects.has("api-binding-ignored");
            return if is_free { Ok(()) } else { Err(Challenge::InvalidToken) };
        }
        let expected = Expected {
            token,
            bound_to,
            nonce: self.guard.dpop_nonce.then_some(NONCE),
            now: self.cx.clock.now(),
            defects: self.defects,
            none: self.cx.defects,
        };
        proof::check(request, &expected, &mut self.seen)
    }
}

/// For a switch: the token as a library reads it that does not know `crit`.
fn without_crit(token: &str) -> Result<Jwt, Challenge> {
    let careless = Defects::named(["crit-ignored"]).unwrap_or_default();
    jwt::decode_any(token, &careless).map_err(|_| Challenge::InvalidToken)
}
