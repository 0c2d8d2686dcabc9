//! The claims of a token (RFC 7519 section 4, OpenID Connect Core sections 2 and 5.1).

use std::fmt;

use crate::decode_error::{DecodeError, Segment};
use crate::json::Json;
use crate::json_node::Node;
use crate::limits::MAX_AUDIENCES;
use crate::numeric_date::NumericDate;
use crate::value::Value;

/// The claims of a token: a JSON object in which no name occurs twice, at any depth.
///
/// The methods for single claims return `None` both for an absent claim and for one of another JSON type; [`Claims::get`]
/// tells the two apart. They convert nothing: `"true"` is not a boolean, unless
/// [`RelyingParty::tolerate_email_verified_text`](crate::RelyingParty::tolerate_email_verified_text) was called.
///
/// `Debug` shows the number of claims, and no value, since claims identify a user.
#[derive(Clone)]
pub struct Claims {
    json: Json,
    root: usize,
    text_claims: TextClaims,
}

/// The claims that are also read as a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TextClaims {
    pub(crate) updated_at: bool,
    pub(crate) email_verified: bool,
}

impl Claims {
    pub(crate) fn read(json: Json, root: usize) -> Result<Self, DecodeError> {
        if !matches!(json.node(root), Node::Object { .. }) {
            return Err(DecodeError::NotAnObject(Segment::Payload));
        }
        if json.has_duplicates(root) {
            return Err(DecodeError::DuplicateMember(Segment::Payload));
        }
        let claims = Self { json, root, text_claims: TextClaims::default() };
        match claims.get("aud").and_then(Value::items).map_or(0, |items| items.len()) {
            count if count > MAX_AUDIENCES => Err(DecodeError::TooManyAudiences { count }),
            _ => Ok(claims),
        }
    }

    /// The same, to be read like this.
    pub(crate) fn reading(self, text_claims: TextClaims) -> Self {
        Self { text_claims, ..self }
    }

    /// The claim `name`, unless its value is `null`.
    pub(crate) fn present(&self, name: &str) -> Option<Value<'_>> {
        self.value().present(name)
    }

    pub(crate) fn text_claims(&self) -> TextClaims {
        self.text_claims
    }

    pub(crate) fn json(&self) -> &Json {
        &self.json
    }

    /// Returns the claim `name` of any type; `None` when the token has no such claim.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value<'_>> {
        self.value().get(name)
    }

    /// Returns an iterator over all claims, in the order of the token.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Value<'_>)> {
        self.value().members().into_iter().flatten()
    }

    /// Returns the number of claims.
    #[must_use]
    pub fn len(&self) -> usize {
        self.value().members().map_or(0, |members| members.len())
    }

    /// Returns whether the claims set is `{}`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns `iss`: the issuer of the token.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.text("iss")
    }

    /// Returns `sub`: the user that the token is about.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.text("sub")
    }

    /// Returns an iterator over `aud`: the audiences, which the token has as a string or as an array of strings. Empty
    /// when the claim is absent or of another type.
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        let aud = self.get("aud");
        aud.and_then(Value::as_str)
            .into_iter()
            .chain(aud.and_then(Value::items).into_iter().flatten().filter_map(Value::as_str))
    }

    /// Returns `exp`: the time from which the token is no longer accepted.
    #[must_use]
    pub fn expires_at(&self) -> Option<NumericDate> {
        self.date("exp")
    }

    /// Returns `iat`: the time at which the token was issued.
    #[must_use]
    pub fn issued_at(&self) -> Option<NumericDate> {
        self.date("iat")
    }

    /// Returns `nbf`: the time before which the token is not yet accepted.
    #[must_use]
    pub fn not_before(&self) -> Option<NumericDate> {
        self.date("nbf")
    }

    /// Returns `auth_time`: the time at which the user was authenticated.
    #[must_use]
    pub fn auth_time(&self) -> Option<NumericDate> {
        self.date("auth_time")
    }

    /// Returns `nonce`: the value that binds the token to one authorization request.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.text("nonce")
    }

    /// Returns `azp`: the client that the token was issued to.
    #[must_use]
    pub fn authorized_party(&self) -> Option<&str> {
        self.text("azp")
    }

    /// Returns `acr`: the authentication context class.
    #[must_use]
    pub fn authentication_context(&self) -> Option<&str> {
        self.text("acr")
    }

    /// Returns an iterator over `amr`: the authentication methods. Empty when the claim is absent or not an array.
    pub fn authentication_methods(&self) -> impl Iterator<Item = &str> {
        self.get("amr").and_then(Value::items).into_iter().flatten().filter_map(Value::as_str)
    }

    /// Returns `jti`: the identifier of the token.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.text("jti")
    }

    /// Returns `sid`: the identifier of the user's session at the issuer, which a logout token names.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.text("sid")
    }

    /// Returns `name`: the user's full name, for display.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// Returns `preferred_username`: a short name for display; not unique, and not stable.
    #[must_use]
    pub fn preferred_username(&self) -> Option<&str> {
        self.text("preferred_username")
    }

    /// Returns `picture`: the URL of a picture of the user.
    #[must_use]
    pub fn picture(&self) -> Option<&str> {
        self.text("picture")
    }

    /// Returns `email`: an e-mail address of the user. It can change and be reassigned, so it does not identify the user;
    /// see also [`Claims::email_verified`].
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.text("email")
    }

    /// Returns `email_verified`: whether the issuer verified that the address is the user's.
    #[must_use]
    pub fn email_verified(&self) -> Option<bool> {
        let verified = self.get("email_verified")?;
        match verified.as_str() {
            Some("true") if self.text_claims.email_verified => Some(true),
            Some("false") if self.text_claims.email_verified => Some(false),
            _ => verified.as_bool(),
        }
    }

    /// Returns `updated_at`: the time at which the issuer's information about the user last changed.
    #[must_use]
    pub fn updated_at(&self) -> Option<NumericDate> {
        match self.text("updated_at") {
            Some(text) if self.text_claims.updated_at => NumericDate::from_rfc3339(text),
            _ => self.date("updated_at"),
        }
    }

    pub(crate) fn value(&self) -> Value<'_> {
        Value { json: &self.json, node: self.root }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    fn date(&self, name: &str) -> Option<NumericDate> {
        NumericDate::new(self.get(name)?.as_f64()?)
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claims({} claims)", self.len())
    }
}

/// The name as a constant, when it is a claim that our rules know; no other name goes into an error.
pub(crate) fn registered(name: &str) -> Option<&'static str> {
    const NAMES: [&str; 14] = [
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "jti",
        "nonce",
        "azp",
        "acr",
        "amr",
        "auth_time",
        "at_hash",
        "c_hash",
    ];
    NAMES.into_iter().find(|known| *known == name)
}
