//! The rules that only access tokens have, one function a rule.

use crate::access_token_compat::{AccessTokenCompat, ClientClaim};
use crate::algorithm::Hash;
use crate::base64url;
use crate::check::{Outcome, Rule};
use crate::claim_fault::{Broken, ClaimFault, ClaimName};
use crate::header::Header;
use crate::reading::{Kept, Reading, broken, refuse};
use crate::required::Required;
use crate::resource_server::ResourceServer;
use crate::rules::Rules;
use crate::shown::shown;
use crate::value::Value;

/// The claims that no ID token has: one of them shows what a token of a generic type is.
const SIGNS: [&str; 9] = ["scope", "scp", "client_id", "cid", "appid", "azpacr", "gty", "token_use", "typ"];

/// The claims that only ID tokens have.
const SIGNS_OF_ID_TOKENS: [ClaimName; 4] =
    [ClaimName::Nonce, ClaimName::AccessTokenHash, ClaimName::CodeHash, ClaimName::StateHash];

impl<'a> Rules<'a> {
    /// RFC 9068 section 4: at+jwt and nothing else.
    pub(crate) fn access_token_type(&mut self, header: &Header, compat: &AccessTokenCompat) -> Kept {
        let accepted: &[&str] = if compat.generic_type { &["at+jwt", "JWT"] } else { &["at+jwt"] };
        let typ = self.reading.token_type(header, accepted)?;
        if typ.is_some_and(|typ| crate::reading::is_media_type(typ, "at+jwt")) {
            return self.note(Rule::TokenType, Outcome::Held);
        }
        if !compat.generic_type {
            return Err(Broken::TokenType(None));
        }
        check_is_no_id_token(self.reading, typ)?;
        self.note(Rule::TokenType, Outcome::GenericType)
    }

    /// RFC 9068 section 4: other audiences are allowed.
    pub(crate) fn resource_audience(&mut self, server: &ResourceServer) -> Kept {
        let reading = self.reading;
        if !server.compat.clients.is_empty() && !reading.has(ClaimName::Audience) {
            return self.audience_by_client(&server.compat.clients);
        }
        self.has_audience(&server.audiences)?;
        self.note(Rule::Audience, Outcome::Held)
    }

    fn audience_by_client(&mut self, clients: &[String]) -> Kept {
        if self.reading.required_text(ClaimName::TokenUse)? != "access" {
            return refuse(ClaimName::TokenUse, ClaimFault::Mismatch);
        }
        let client = self.reading.required_text(ClaimName::ClientId)?;
        if !clients.iter().any(|accepted| accepted == client) {
            return refuse(ClaimName::ClientId, ClaimFault::Mismatch);
        }
        self.note(Rule::Audience, Outcome::AudienceByClient)
    }

    /// RFC 9068 section 2.2: the end-user, or the client itself. Its format is up to the issuer.
    pub(crate) fn resource_owner(&mut self) -> Kept {
        self.reading.required_words(ClaimName::Subject)?;
        self.note(Rule::Subject, Outcome::Held)
    }

    /// RFC 9068 section 2.2. Returns the name of the claim that names the client.
    pub(crate) fn client(&mut self, compat: &AccessTokenCompat) -> Result<&'static str, Broken> {
        let named = |claim: &&ClientClaim| {
            let value = self.reading.claims.present(claim.as_str()).and_then(Value::as_str);
            value.is_some_and(|value| !value.is_empty())
        };
        if !self.reading.has(ClaimName::ClientId)
            && let Some(claim) = compat.client_claims.iter().find(named)
        {
            self.note(Rule::ClientId, Outcome::ClientIdElsewhere)?;
            return Ok(claim.as_str());
        }
        self.reading.required_words(ClaimName::ClientId)?;
        self.note(Rule::ClientId, Outcome::Held)?;
        Ok(ClaimName::ClientId.as_str())
    }

    /// RFC 9068 section 2.2.
    pub(crate) fn access_token_id(&mut self, compat: &AccessTokenCompat) -> Kept {
        if compat.token_id_missing && !self.reading.has(ClaimName::TokenId) {
            return self.note(Rule::TokenId, Outcome::TokenIdMissing);
        }
        self.token_id()
    }

    /// RFC 7800 section 3.1, RFC 8705 section 3.1, RFC 9449 section 7: what the token is bound to is there. A way to
    /// confirm that is unknown here cannot be confirmed.
    pub(crate) fn confirmation(&mut self, server: &ResourceServer, required: &Required) -> Kept {
        let claim = ClaimName::Confirmation;
        if !self.reading.has(claim) {
            return match server.is_bound || required.proof.is_some() {
                true => refuse(claim, ClaimFault::Missing),
                false => self.note(Rule::Confirmation, Outcome::Absent),
            };
        }
        let cnf = self.reading.required(claim)?;
        let mut members = cnf.members().ok_or(broken(claim, ClaimFault::WrongType))?;
        if members.len() == 0 {
            return refuse(claim, ClaimFault::Empty);
        }
        if let Some(proof) = &required.proof {
            let digest = self.keys.digest(Hash::Sha256, self.token.as_bytes());
            if cnf.get("jkt").is_none() || !proof.is_for(&digest) {
                return refuse(claim, ClaimFault::Mismatch);
            }
        }
        members.try_for_each(|(name, value)| {
            let bound_to = value.as_str().ok_or(broken(claim, ClaimFault::WrongType))?;
            let own = match name {
                "jkt" => required.proof.as_ref().map(|proof| proof.thumbprint().to_owned()),
                "x5t#S256" => required
                    .certificate
                    .as_ref()
                    .map(|certificate| base64url::encode(self.keys.digest(Hash::Sha256, &certificate.0).as_ref())),
                _ => None,
            };
            match own {
                Some(own) if own == bound_to => Ok(()),
                Some(_) => refuse(claim, ClaimFault::Mismatch),
                None => refuse(claim, ClaimFault::Unconfirmed),
            }
        })?;
        self.note(Rule::Confirmation, Outcome::Held)
    }

    /// RFC 9068 sections 2.2.3 and 4. Returns the name of the claim that has the scope.
    pub(crate) fn scope(&mut self, compat: &AccessTokenCompat, needed: &[String]) -> Result<&'static str, Broken> {
        let is_elsewhere =
            compat.scope_in_scp && !self.reading.has(ClaimName::Scope) && self.reading.claims.present(SCP).is_some();
        let name = if is_elsewhere { SCP } else { ClaimName::Scope.as_str() };
        let scope = self.reading.claims.present(name);
        if scope.is_some_and(|scope| !has_form(scope, is_elsewhere)) {
            return Err(broken(ClaimName::Scope, ClaimFault::WrongType));
        }
        if needed.iter().any(|needed| !scopes(scope).any(|granted| granted == needed)) {
            return Err(broken(ClaimName::Scope, ClaimFault::Insufficient));
        }
        self.note(
            Rule::Scope,
            match scope {
                _ if is_elsewhere => Outcome::ScopeElsewhere,
                None => Outcome::Absent,
                Some(_) if needed.is_empty() => Outcome::NotAsked,
                Some(_) => Outcome::Held,
            },
        )?;
        Ok(name)
    }
}

const SCP: &str = "scp";

/// A text, or in `scp` an array of texts.
fn has_form(scope: Value<'_>, may_be_array: bool) -> bool {
    match scope.items() {
        Some(mut items) => may_be_array && items.all(|item| item.as_str().is_some()),
        None => scope.as_str().is_some(),
    }
}

/// The scopes in a claim: a text with spaces, or an array.
pub(crate) fn scopes<'a>(claim: Option<Value<'a>>) -> impl Iterator<Item = &'a str> + use<'a> {
    let text = claim.and_then(Value::as_str).into_iter();
    let items = claim.and_then(Value::items).into_iter().flatten().filter_map(Value::as_str);
    text.chain(items).flat_map(|text| text.split(' ')).filter(|scope| !scope.is_empty())
}

/// What stands in for the header's `typ`.
fn check_is_no_id_token(reading: Reading<'_>, typ: Option<&str>) -> Kept {
    if let Some(claim) = SIGNS_OF_ID_TOKENS.into_iter().find(|claim| reading.has(*claim)) {
        return refuse(claim, ClaimFault::Forbidden);
    }
    if reading.optional_text(ClaimName::TokenUse)?.is_some_and(|used_as| used_as != "access") {
        return refuse(ClaimName::TokenUse, ClaimFault::Mismatch);
    }
    if reading.optional_text(ClaimName::TokenKind)?.is_some_and(|kind| kind != "Bearer" && kind != "DPoP") {
        return refuse(ClaimName::TokenKind, ClaimFault::Mismatch);
    }
    if !SIGNS.iter().any(|sign| reading.claims.present(sign).is_some()) {
        return Err(Broken::TokenType(typ.map(shown)));
    }
    Ok(())
}
