//! Finds and masks secrets.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use crate::encoding::{base64_standard, base64url};

/// The kind of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretKind {
    /// An authorization code.
    Code,
    /// A `code_verifier`.
    Verifier,
    /// An access token.
    AccessToken,
    /// A refresh token.
    RefreshToken,
    /// An ID token.
    IdToken,
    /// A client secret.
    ClientSecret,
    /// A user's password.
    Password,
}

impl SecretKind {
    /// Returns the name, in lower case with underscores.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Verifier => "verifier",
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
            Self::IdToken => "id_token",
            Self::ClientSecret => "client_secret",
            Self::Password => "password",
        }
    }
}

/// A secret that was found where it must not be. It names the secret without repeating it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Leak {
    /// The kind of the secret.
    pub kind: SecretKind,
    /// The number of the secret within its kind, from 1, as in the masked log.
    pub number: usize,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.number)
    }
}

#[derive(Default)]
pub(crate) struct Secrets {
    known: Vec<(Leak, String)>,
}

/// Shorter texts, such as a code of one character, would be found in any output.
const SHORTEST: usize = 8;

impl Secrets {
    pub(crate) fn add(&mut self, kind: SecretKind, text: &str) {
        if text.is_empty() || self.known.iter().any(|(_, known)| known == text) {
            return;
        }
        let number = self.known.iter().filter(|(leak, _)| leak.kind == kind).count() + 1;
        self.known.push((Leak { kind, number }, text.into()));
    }

    pub(crate) fn leaks_in(&self, text: &str) -> Vec<Leak> {
        self.known
            .iter()
            .filter(|(leak, secret)| {
                let is_in = |form: &str| form.len() <= text.len() && text.contains(form);
                secret.len() >= SHORTEST
                    && (forms(secret).iter().any(|form| is_in(form))
                        || disguises(*leak, secret).iter().any(|form| is_in(form)))
            })
            .map(|(leak, _)| *leak)
            .collect()
    }

    /// What masks the secrets that are known by now.
    pub(crate) fn masker(&self) -> Masker {
        // Longer secrets first: one may be contained in another.
        let mut known: Vec<_> = self.known.iter().filter(|(_, secret)| secret.len() >= SHORTEST).collect();
        known.sort_by_key(|(_, secret)| std::cmp::Reverse(secret.len()));
        let forms = known.into_iter().flat_map(|(leak, secret)| {
            forms(secret).into_iter().map(move |form| (form.into_owned(), format!("<{leak}>")))
        });
        Masker(forms.collect())
    }
}

/// Replaces each secret that was known at its creation by its label, such as `<code 1>`.
pub struct Masker(Vec<(String, String)>);

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Masker").field("forms", &self.0.len()).finish_non_exhaustive()
    }
}

impl Masker {
    /// Returns `text` with every secret replaced by its label.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for (form, label) in &self.0 {
            if form.len() <= masked.len() && masked.contains(form.as_str()) {
                masked = masked.replace(form.as_str(), label);
            }
        }
        masked
    }
}

/// How long a part of a secret is that gives it away: 24 characters of base64url have 144 bits.
const PART: usize = 24;

/// A secret as it is not meant to be recognised: in base64, in hexadecimal, backwards, and parts of one. Of a JWT every
/// header reads alike, so a part of it is no secret.
fn disguises(leak: Leak, secret: &str) -> Vec<String> {
    let hexadecimal: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![
        base64url(secret.as_bytes()),
        base64_standard(secret.as_bytes()).trim_end_matches('=').to_owned(),
        hexadecimal.to_uppercase(),
        hexadecimal,
        secret.chars().rev().collect(),
    ];
    if leak.kind != SecretKind::IdToken && !secret.contains('.') && secret.is_ascii() && secret.len() >= PART + 8 {
        forms.extend([secret[..PART].to_owned(), secret[secret.len() - PART..].to_owned()]);
    }
    forms
}

/// The ways in which a secret can be written: as it is, form-encoded, percent-encoded, in JSON, and
/// in the `Authorization` header of Basic, which the log adds as a secret of its own.
fn forms(secret: &str) -> Vec<Cow<'_, str>> {
    // Most have no character that is written otherwise anywhere.
    if secret.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.')) {
        return vec![secret.into()];
    }
    let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let percent = encoded.replace('+', "%20");
    let json = serde_json::Value::from(secret).to_string();
    let mut forms: Vec<Cow<'_, str>> =
        vec![secret.into(), encoded.into(), percent.into(), json[1..json.len() - 1].to_owned().into()];
    forms.dedup();
    forms
}
