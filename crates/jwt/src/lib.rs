#![doc = include_str!("../README.md")]

mod access_token_compat;
mod access_token_rules;
mod algorithm;
#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
mod base64url;
mod cache;
mod cache_control;
mod challenge;
mod check;
mod claim_fault;
mod claims;
mod compact;
mod credentials;
pub mod danger;
mod decode_error;
mod deserialize;
mod dpop_policy;
mod dpop_proof;
mod dpop_proof_error;
mod edwards;
mod expected;
mod hash;
mod header;
mod hmac_key;
mod id_token;
mod id_token_error;
mod id_token_rules;
mod identifier;
#[cfg(feature = "aws-lc-rs")]
mod introspected;
mod json;
mod json_node;
mod json_reader;
mod json_writer;
mod jwk;
mod jwk_members;
mod jwk_set;
mod jws;
mod jwt_access_token;
mod jwt_access_token_error;
mod limits;
mod logout_token;
mod logout_token_error;
mod logout_token_rules;
mod numeric_date;
mod opened;
#[cfg(feature = "aws-lc-rs")]
mod pem;
#[cfg(feature = "aws-lc-rs")]
mod private_jwk;
mod reading;
mod registration;
mod relying_party;
mod replay;
mod required;
mod resource_server;
mod rules;
mod secret;
#[cfg(feature = "aws-lc-rs")]
mod secret_bytes;
mod shown;
mod signature;
mod signature_error;
mod signed_userinfo;
#[cfg(feature = "aws-lc-rs")]
mod signing_algorithm;
#[cfg(feature = "aws-lc-rs")]
mod signing_key;
#[cfg(feature = "aws-lc-rs")]
mod signing_key_error;
mod skipped;
mod stored;
mod thumbprint;
mod uri;
mod value;

pub use access_token_compat::{AccessTokenCompat, ClientClaim};
pub use algorithm::{Algorithm, Hash, MacAlgorithm};
#[cfg(feature = "aws-lc-rs")]
pub use aws_lc::AwsLc;
pub use cache::{FetchTicket, JwkCache, Lookup, UnknownKey};
pub use challenge::{Challenge, ChallengeCode};
pub use check::{Check, Outcome, Rule};
pub use claim_fault::{ClaimFault, ClaimName, Compared};
pub use claims::Claims;
pub use credentials::{Credentials, CredentialsError};
pub use decode_error::{DecodeError, Segment};
pub use deserialize::ClaimsError;
pub use dpop_policy::{DpopPolicy, DpopRequest};
pub use dpop_proof::DpopProof;
pub use dpop_proof_error::DpopProofError;
pub use expected::Expected;
pub use hmac_key::{HmacKey, HmacKeyError};
pub use id_token::IdToken;
pub use id_token_error::IdTokenError;
pub use jwk::Jwk;
pub use jwk_set::{JwkSet, JwkSetError};
pub use jws::{Jws, JwsError};
pub use jwt_access_token::JwtAccessToken;
pub use jwt_access_token_error::JwtAccessTokenError;
pub use limits::{
    MAX_AUDIENCES, MAX_HEADER_BYTES, MAX_JWK_SET_BYTES, MAX_KEYS, MAX_KEYS_TRIED, MAX_MEMBERS, MAX_NESTING,
    MAX_SIGNATURE_BYTES, MAX_TOKEN_BYTES,
};
pub use logout_token::LogoutToken;
pub use logout_token_error::LogoutTokenError;
pub use numeric_date::NumericDate;
pub use relying_party::RelyingParty;
pub use replay::{ReplayError, ReplayWindow};
pub use required::Required;
pub use resource_server::ResourceServer;
pub use signature::{BadSignature, Crypto, Curve, Digest, KeyRefused, PublicKey, VerifyingKey};
pub use signature_error::SignatureError;
pub use signed_userinfo::{SignedUserInfo, SignedUserInfoError};
#[cfg(feature = "aws-lc-rs")]
pub use signing_algorithm::SigningAlgorithm;
#[cfg(feature = "aws-lc-rs")]
pub use signing_key::{MAX_PRIVATE_KEY_BYTES, PrivateKeyDer, SigningKey};
#[cfg(feature = "aws-lc-rs")]
pub use signing_key_error::{SigningError, SigningKeyError};
pub use skipped::{SkipReason, Skipped};
pub use stored::StoredIdTokenError;
pub use value::Value;
