use std::error::Error;
use std::fmt;

use serde_json::{Map, Value};

/// One element of `authorization_details` (RFC 9396 section 2): its type, and the members that the type defines.
///
/// `Debug` shows the type only: the other members can name accounts and amounts.
#[derive(Clone, PartialEq)]
pub struct AuthorizationDetail(Map<String, Value>);

impl AuthorizationDetail {
    /// Creates a detail of a type that the authorization server defines, such as `payment_initiation`.
    #[must_use]
    pub fn new(detail_type: impl Into<String>) -> Self {
        Self(Map::new()).member("type", detail_type.into())
    }

    /// Sets `locations`: the APIs that the detail applies to.
    #[must_use]
    pub fn locations<S: Into<String>>(self, locations: impl IntoIterator<Item = S>) -> Self {
        self.list("locations", locations)
    }

    /// Sets `actions`: the requested actions.
    #[must_use]
    pub fn actions<S: Into<String>>(self, actions: impl IntoIterator<Item = S>) -> Self {
        self.list("actions", actions)
    }

    /// Sets `datatypes`: the requested kinds of data.
    #[must_use]
    pub fn datatypes<S: Into<String>>(self, datatypes: impl IntoIterator<Item = S>) -> Self {
        self.list("datatypes", datatypes)
    }

    /// Sets `privileges`: the requested levels of access.
    #[must_use]
    pub fn privileges<S: Into<String>>(self, privileges: impl IntoIterator<Item = S>) -> Self {
        self.list("privileges", privileges)
    }

    /// Sets `identifier`: one particular resource.
    #[must_use]
    pub fn identifier(self, identifier: impl Into<String>) -> Self {
        self.member("identifier", identifier.into())
    }

    /// Sets a member that the type defines.
    #[must_use]
    pub fn member(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// Returns the type.
    pub fn detail_type(&self) -> &str {
        self.0.get("type").and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns a member by its name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Returns an iterator over the strings of a member that is a list, such as `actions`. Empty when there is none.
    pub fn strings(&self, name: &str) -> impl Iterator<Item = &str> {
        self.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    fn list<S: Into<String>>(self, name: &str, values: impl IntoIterator<Item = S>) -> Self {
        self.member(name, values.into_iter().map(Into::into).collect::<Vec<String>>())
    }
}

impl fmt::Debug for AuthorizationDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorizationDetail({:?}, ..)", self.detail_type())
    }
}

/// `authorization_details` (RFC 9396): what a request asks for, and what a token response says was granted.
///
/// ```
/// use proofkey_authorize::{AuthorizationDetail, AuthorizationDetails};
/// use serde_json::json;
///
/// let details = AuthorizationDetails::new([AuthorizationDetail::new("payment_initiation")
///     .actions(["initiate"])
///     .locations(["https://bank.example/payments"])
///     .member("instructedAmount", json!({"currency": "EUR", "amount": "123.50"}))])?;
/// assert_eq!(AuthorizationDetails::from_value(&details.to_value())?, details);
/// # Ok::<(), proofkey_authorize::InvalidAuthorizationDetails>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AuthorizationDetails(Vec<AuthorizationDetail>);

impl AuthorizationDetails {
    /// Creates the value from its elements.
    ///
    /// # Errors
    /// [`InvalidAuthorizationDetails`] for a detail whose type is empty or not a string.
    pub fn new(details: impl IntoIterator<Item = AuthorizationDetail>) -> Result<Self, InvalidAuthorizationDetails> {
        let details: Vec<_> = details.into_iter().collect();
        match details.iter().position(|detail| detail.detail_type().is_empty()) {
            Some(position) => Err(InvalidAuthorizationDetails { position: Some(position) }),
            None => Ok(Self(details)),
        }
    }

    /// Reads what a server granted: an array of objects, each with a `type`.
    ///
    /// # Errors
    /// [`InvalidAuthorizationDetails`] when it is anything else.
    pub fn from_value(value: &Value) -> Result<Self, InvalidAuthorizationDetails> {
        let invalid = |position| InvalidAuthorizationDetails { position };
        let values = value.as_array().ok_or(invalid(None))?;
        let read = |(position, value): (usize, &Value)| {
            value.as_object().cloned().map(AuthorizationDetail).ok_or(invalid(Some(position)))
        };
        Self::new(values.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?)
    }

    /// Returns the JSON that a request carries.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.0.iter().map(|detail| Value::Object(detail.0.clone())).collect()
    }

    /// Returns an iterator over the details.
    pub fn iter(&self) -> impl Iterator<Item = &AuthorizationDetail> {
        self.0.iter()
    }
}

/// The error for an `authorization_details` value that is not an array of objects, each with a `type` (RFC 9396 section
/// 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidAuthorizationDetails {
    position: Option<usize>,
}

impl InvalidAuthorizationDetails {
    /// Returns the position of the detail that is wrong, from 0; `None` when the value is not an array.
    pub fn position(&self) -> Option<usize> {
        self.position
    }

    /// Returns the stable code: `authorization_details_invalid`.
    pub fn code(&self) -> &'static str {
        "authorization_details_invalid"
    }
}

impl fmt::Display for InvalidAuthorizationDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            None => f.write_str("authorization_details is not an array"),
            Some(position) => write!(f, "authorization_details[{position}] is not an object with a type"),
        }
    }
}

impl Error for InvalidAuthorizationDetails {}
