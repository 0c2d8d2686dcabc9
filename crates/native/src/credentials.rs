use proofkey::Identity;
use proofkey::token::TokenSet;
use zeroize::Zeroizing;

use crate::StoreError;

/// The result of a login: a user's identity and its tokens, or the tokens of plain OAuth.
#[derive(Debug)]
#[non_exhaustive]
pub enum Credentials {
    /// From OpenID Connect.
    Identity(Box<Identity>),
    /// From plain OAuth: nothing is known about the user.
    Tokens(Box<TokenSet>),
}

impl Credentials {
    /// Returns the tokens.
    pub fn tokens(&self) -> &TokenSet {
        match self {
            Self::Identity(identity) => identity.tokens(),
            Self::Tokens(tokens) => tokens,
        }
    }

    /// Returns the user's identity; `None` for plain OAuth.
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Identity(identity) => Some(identity),
            Self::Tokens(_) => None,
        }
    }

    /// Returns the user's subject; `None` for plain OAuth.
    pub fn subject(&self) -> Option<&str> {
        self.identity().map(Identity::subject)
    }

    /// Whether it is an identity, and its text.
    pub(crate) fn to_json(&self) -> (bool, Zeroizing<String>) {
        match self {
            Self::Identity(identity) => (true, identity.to_json()),
            Self::Tokens(tokens) => (false, tokens.to_json()),
        }
    }

    pub(crate) fn from_json(is_identity: bool, text: &str) -> Result<Self, StoreError> {
        if is_identity {
            Ok(Identity::from_json(text).map_err(StoreError::Identity)?.into())
        } else {
            Ok(TokenSet::from_json(text).map_err(StoreError::Tokens)?.into())
        }
    }
}

impl From<Identity> for Credentials {
    fn from(identity: Identity) -> Self {
        Self::Identity(Box::new(identity))
    }
}

impl From<TokenSet> for Credentials {
    fn from(tokens: TokenSet) -> Self {
        Self::Tokens(Box::new(tokens))
    }
}
