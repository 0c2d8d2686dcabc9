//! What a request to an API authenticates with: the header fields `Authorization` and `DPoP`.

use std::fmt;

/// The access token of a request, as it was sent (RFC 6750 section 2.1, RFC 9449 section 7.1). It has not been
/// validated.
///
/// `Debug` shows the scheme, and not the token.
///
/// ```
/// use proofkey_jwt::Credentials;
///
/// let credentials = Credentials::parse(["Bearer eyJh.eyJz.AAAA"], [])?;
/// assert_eq!(credentials.access_token(), "eyJh.eyJz.AAAA");
/// assert_eq!(credentials.proof(), None);
/// # Ok::<(), proofkey_jwt::CredentialsError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Credentials<'a> {
    access_token: &'a str,
    proof: Option<&'a str>,
}

impl<'a> Credentials<'a> {
    /// Parses the values of all header fields `Authorization` and `DPoP` of a request: strings, or the bytes of an
    /// `http::HeaderValue`. Pass every field, even one that is not UTF-8, so that a repeated field is found. With the
    /// scheme `Bearer`, `DPoP` fields are ignored.
    ///
    /// A token in the query or in a form is not read: RFC 9700 section 4.3.2 forbids the first, and RFC 6750 section 2.2
    /// advises against the second.
    ///
    /// # Errors
    /// [`CredentialsError`] unless the request has exactly one access token in `Authorization`, and one proof with the
    /// scheme `DPoP`.
    pub fn parse<B: AsRef<[u8]> + ?Sized + 'a>(
        authorization: impl IntoIterator<Item = &'a B>,
        dpop: impl IntoIterator<Item = &'a B>,
    ) -> Result<Self, CredentialsError> {
        let mut fields = authorization.into_iter();
        let field = fields.next().ok_or(CredentialsError::Missing)?;
        if fields.next().is_some() {
            return Err(CredentialsError::Repeated);
        }
        let field = str::from_utf8(field.as_ref()).map_err(|_| CredentialsError::Malformed)?;
        let (scheme, access_token) = field.trim_matches(' ').split_once(' ').unwrap_or((field.trim_matches(' '), ""));
        let is_bound = scheme.eq_ignore_ascii_case("DPoP");
        if !is_bound && !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(CredentialsError::OtherScheme);
        }
        let access_token = access_token.trim_start_matches(' ');
        // A comma would begin the parameters of another scheme.
        if access_token.is_empty() || !access_token.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',') {
            return Err(CredentialsError::Malformed);
        }
        let mut proofs = dpop.into_iter();
        match (is_bound, proofs.next(), proofs.next()) {
            (false, ..) => Ok(Self { access_token, proof: None }),
            (true, None, _) => Err(CredentialsError::ProofMissing),
            (true, Some(_), Some(_)) => Err(CredentialsError::ProofRepeated),
            (true, Some(proof), None) => {
                let proof = str::from_utf8(proof.as_ref()).map_err(|_| CredentialsError::Malformed)?;
                Ok(Self { access_token, proof: Some(proof.trim_matches(' ')) })
            }
        }
    }

    /// Returns the access token.
    #[must_use]
    pub fn access_token(self) -> &'a str {
        self.access_token
    }

    /// Returns the DPoP proof, with the scheme `DPoP`; `None` with the scheme `Bearer`.
    #[must_use]
    pub fn proof(self) -> Option<&'a str> {
        self.proof
    }
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.proof.is_some() { "Credentials(DPoP, ..)" } else { "Credentials(Bearer, ..)" })
    }
}

/// The error for a request that does not have exactly one access token in `Authorization`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialsError {
    /// `credentials_missing`: the request has no `Authorization`.
    Missing,
    /// `credentials_repeated`: the request has several fields `Authorization`.
    Repeated,
    /// `credentials_other_scheme`: the scheme is neither `Bearer` nor `DPoP`.
    OtherScheme,
    /// `credentials_malformed`: what follows the scheme is not a token, or a field is not UTF-8.
    Malformed,
    /// `credentials_proof_missing`: the scheme is `DPoP`, and the request has no field `DPoP`.
    ProofMissing,
    /// `credentials_proof_repeated`: the request has several fields `DPoP`.
    ProofRepeated,
}

impl CredentialsError {
    /// Returns the stable code, given with each variant.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "credentials_missing",
            Self::Repeated => "credentials_repeated",
            Self::OtherScheme => "credentials_other_scheme",
            Self::Malformed => "credentials_malformed",
            Self::ProofMissing => "credentials_proof_missing",
            Self::ProofRepeated => "credentials_proof_repeated",
        }
    }
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the request has no Authorization header field; an access token was expected",
            Self::Repeated => "the request has several Authorization header fields; one was expected",
            Self::OtherScheme => "the scheme of Authorization is neither Bearer nor DPoP",
            Self::Malformed => "Authorization has no valid access token after its scheme; expected visible ASCII without spaces or commas",
            Self::ProofMissing => "the scheme of Authorization is DPoP, and the request has no DPoP header field",
            Self::ProofRepeated => "the request has several DPoP header fields; one was expected",
        })
    }
}

impl std::error::Error for CredentialsError {}
