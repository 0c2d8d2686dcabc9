//! The DPoP proof: proof that the sender of a request possesses a key (RFC 9449 section 4).

use std::fmt;
use std::time::SystemTime;

use crate::algorithm::{Hash, HeaderAlgorithm};
use crate::base64url;
use crate::claim_fault::{Broken, ClaimFault, ClaimName};
use crate::dpop_policy::{DpopPolicy, DpopRequest};
use crate::dpop_proof_error::DpopProofError;
use crate::identifier::Identifier;
use crate::jwk::{Jwk, NotVerified};
use crate::numeric_date::NumericDate;
use crate::opened::Opened;
use crate::reading::{Kept, Reading, refuse};
use crate::signature::Digest;
use crate::signature_error::SignatureError;
use crate::skipped::SkipReason;
use crate::uri;
use crate::value::Value;

/// A validated DPoP proof of one request with one access token. Created only by [`DpopProof::validate`].
///
/// It does not prove that the access token is bound to the key. Pass it to
/// [`Required::proof`](crate::Required::proof), or compare [`DpopProof::thumbprint`] with `cnf.jkt` of an introspected
/// token. Then accept it once with [`ReplayWindow::accept_proof`](crate::ReplayWindow::accept_proof).
///
/// `Debug` shows the thumbprint of the public key.
#[derive(Clone)]
pub struct DpopProof {
    thumbprint: String,
    token_id: String,
    issued_at: NumericDate,
    /// Of the access token.
    token_digest: Digest,
    pub(crate) identifier: Identifier,
}

impl DpopProof {
    /// Validates `proof`, the value of the header field `DPoP`, at the time `now` by RFC 9449 section 4.3, except for
    /// the binding of the access token. `htu` is compared after normalisation.
    ///
    /// # Errors
    /// [`DpopProofError`] for the first check that fails.
    pub fn validate(
        proof: &str,
        policy: &DpopPolicy,
        request: &DpopRequest,
        now: SystemTime,
    ) -> Result<Self, DpopProofError> {
        let opened = Opened::read(proof)?;
        let reading = Reading::new(&opened.claims, now, policy.leeway);
        if reading.token_type(&opened.header, &["dpop+jwt"])?.is_none() {
            return Err(DpopProofError::TokenType(None));
        }
        let key = verified_key(&opened, policy)?;
        let token_id = reading.required_words(ClaimName::TokenId)?;
        check_method(reading, request)?;
        check_url(reading, request)?;
        let issued_at = reading.required_date(ClaimName::IssuedAt)?;
        reading.check_past(ClaimName::IssuedAt, issued_at, Some(policy.max_age))?;
        check_nonce(reading, request)?;
        let token_digest = policy.crypto.digest(Hash::Sha256, request.access_token.as_bytes());
        if reading.required_text(ClaimName::TokenDigest)? != base64url::encode(token_digest.as_ref()) {
            refuse(ClaimName::TokenDigest, ClaimFault::Mismatch)?;
        }
        let thumbprint = key.thumbprint(policy.crypto.as_ref());
        let name = policy.crypto.digest(Hash::Sha256, [&thumbprint, "\0", token_id].concat().as_bytes());
        let last_second = issued_at.as_secs_f64() + policy.max_age.as_secs_f64() + policy.leeway.as_secs_f64();
        let identifier = Identifier::new(&name, last_second);
        Ok(Self { thumbprint, token_id: token_id.to_owned(), issued_at, token_digest, identifier })
    }

    /// Returns the SHA-256 thumbprint of the sender's public key, in base64url (RFC 7638), as `cnf.jkt` has it.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Returns `jti`: the identifier of the proof.
    #[must_use]
    pub fn token_id(&self) -> &str {
        &self.token_id
    }

    /// Returns `iat`: the time at which the client created the proof.
    #[must_use]
    pub fn issued_at(&self) -> NumericDate {
        self.issued_at
    }

    /// Whether the proof is one for the access token with this SHA-256 hash.
    pub(crate) fn is_for(&self, token_digest: &Digest) -> bool {
        self.token_digest == *token_digest
    }
}

/// The key in the header, which verifies the proof: checks 5 to 7.
fn verified_key(opened: &Opened<'_>, policy: &DpopPolicy) -> Result<Jwk, DpopProofError> {
    let Opened { parts, header, claims, signature, .. } = opened;
    let algorithm = match header.algorithm {
        HeaderAlgorithm::Signature(algorithm) if policy.algorithms.contains(&algorithm) => algorithm,
        other => {
            let accepted = policy.algorithms.iter().map(|algorithm| algorithm.name());
            return Err(DpopProofError::Signature(SignatureError::algorithm_not_accepted(other.name(), accepted)));
        }
    };
    let header = Value { json: claims.json(), node: header.root };
    let key = Jwk::read(0, header.present("jwk").ok_or(DpopProofError::KeyMissing)?).map_err(DpopProofError::Key)?;
    if !key.serves(algorithm) {
        return Err(DpopProofError::Key(SkipReason::AlgorithmMismatch));
    }
    let verified = key.verify(policy.crypto.as_ref(), algorithm, parts.signing_input.as_bytes(), signature.as_bytes());
    verified.map_err(|fault| match fault {
        NotVerified::BadSignature => DpopProofError::BadSignature,
        NotVerified::InvalidKey => DpopProofError::Key(SkipReason::RefusedByCrypto),
    })?;
    Ok(key)
}

/// Check 8: methods are case-sensitive (RFC 9110 section 9.1).
fn check_method(reading: Reading<'_>, request: &DpopRequest) -> Kept {
    match reading.required_text(ClaimName::Method)? {
        method if method == request.method => Ok(()),
        _ => refuse(ClaimName::Method, ClaimFault::Mismatch),
    }
}

/// Check 9.
fn check_url(reading: Reading<'_>, request: &DpopRequest) -> Kept {
    let received = reading.required_text(ClaimName::Url)?;
    match (uri::normalized(received), uri::normalized(&request.url)) {
        (Some(url), Some(expected)) if url == expected => Ok(()),
        _ => {
            let [expected, received] = [request.url.as_str(), received].map(without_query);
            Err(Broken::compared(ClaimName::Url, ClaimFault::Mismatch, expected, received))
        }
    }
}

/// A query is not compared, and may hold a secret.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// Check 10.
fn check_nonce(reading: Reading<'_>, request: &DpopRequest) -> Kept {
    let Some(nonces) = &request.nonces else { return Ok(()) };
    let nonce = reading.required_text(ClaimName::Nonce)?;
    if !nonces.iter().any(|given| given.matches(nonce)) {
        return refuse(ClaimName::Nonce, ClaimFault::Mismatch);
    }
    Ok(())
}

impl fmt::Debug for DpopProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DpopProof").field("thumbprint", &self.thumbprint).finish_non_exhaustive()
    }
}
