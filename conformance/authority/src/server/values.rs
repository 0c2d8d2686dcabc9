//! The values of the placeholders of a lie.

use serde_json::Value;

use super::Server;
use super::state::{AuthorizationRequest, Context, StoredCode};
use crate::algorithm::KeySet;
use crate::encoding::{base64_standard, half_hash, random_text, s256};
use crate::keys::key_of;
use crate::tls::foreign_certificate;
use crate::wire::SecretKind;

impl Server {
    /// `text` with its placeholders filled in.
    pub(crate) fn fill(&self, text: &str, context: &Context) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            filled.push_str(&rest[..start]);
            rest = &rest[start..];
            let value = rest.find('}').and_then(|end| {
                let (name, filter) = rest[1..end].split_once('|').unwrap_or((&rest[1..end], ""));
                Some((end, filtered(self.value(name, context)?, filter)?))
            });
            match value {
                Some((end, value)) => {
                    filled.push_str(&value);
                    rest = &rest[end + 1..];
                }
                None => {
                    filled.push('{');
                    rest = &rest[1..];
                }
            }
        }
        filled + rest
    }

    fn value(&self, name: &str, context: &Context) -> Option<String> {
        if let Some((what, authority)) = name.split_once(':') {
            let (base, issuer) = self.wire.site(authority)?;
            return match what {
                "base" => Some(base),
                "issuer" => Some(issuer),
                _ => None,
            };
        }
        let bits = self.setup.signing.hash_bits();
        let access_token = || context.access_token.clone().unwrap_or_default();
        let code = || context.code.clone().unwrap_or_default();
        let value = match name {
            "issuer" => self.issuer.clone(),
            "base" => self.base.clone(),
            "attacker" => self.attacker.clone(),
            "now" => self.clock.unix().to_string(),
            "kid" => self.signing_key().kid().into(),
            "jwk" => Value::Object(self.signing_key().signing_jwk(self.setup.signing.as_str())).to_string(),
            "foreign_jwk" => {
                let algorithm = self.setup.signing;
                Value::Object(key_of(KeySet::Foreign, algorithm).signing_jwk(algorithm.as_str())).to_string()
            }
            "foreign_x5c" => serde_json::json!([base64_standard(foreign_certificate())]).to_string(),
            "code" => code(),
            "access_token" => access_token(),
            "refresh_token" => context.refresh_token.clone().unwrap_or_default(),
            "id_token" => context.id_token.clone().unwrap_or_default(),
            "sub" => context.sub.clone().unwrap_or_default(),
            "at_hash" => half_hash(bits, &access_token()),
            "at_hash_256" => half_hash(256, &access_token()),
            "at_hash_384" => half_hash(384, &access_token()),
            "at_hash_512" => half_hash(512, &access_token()),
            "c_hash" => half_hash(bits, &code()),
            "c_hash_256" => half_hash(256, &code()),
            "c_hash_384" => half_hash(384, &code()),
            "c_hash_512" => half_hash(512, &code()),
            "foreign_code" => self.foreign_code(context),
            "other_access_token" => {
                let token = random_text();
                self.wire.add_secret(SecretKind::AccessToken, &token);
                token
            }
            _ => return self.request_value(name, context),
        };
        Some(value)
    }

    fn request_value(&self, name: &str, context: &Context) -> Option<String> {
        let (mine, other) = {
            let state = self.state();
            let index = context.request.or_else(|| state.requests.len().checked_sub(1));
            let mine = index.and_then(|index| state.requests.get(index)).cloned().unwrap_or_default();
            let other = index.and_then(|index| index.checked_sub(1)).and_then(|before| state.requests.get(before));
            (mine, other.cloned())
        };
        let made_up = |value: fn(&AuthorizationRequest) -> Option<String>| {
            Some(other.as_ref().and_then(value).unwrap_or_else(random_text))
        };
        match name {
            "client_id" if mine.client_id.is_empty() => self.state().clients.first().map(|client| client.id.clone()),
            "client_id" => Some(mine.client_id),
            "redirect_uri" => Some(mine.redirect_uri),
            "redirect_origin" => Some(split_uri(&mine.redirect_uri).0.into()),
            "redirect_path" => Some(split_uri(&mine.redirect_uri).1.into()),
            "state" => Some(mine.state.unwrap_or_default()),
            "nonce" => Some(mine.nonce.unwrap_or_default()),
            "scope" => Some(mine.scope),
            "challenge" => Some(mine.challenge.unwrap_or_default()),
            "other_state" => made_up(|other| other.state.clone()),
            "other_nonce" => made_up(|other| other.nonce.clone()),
            "other_code" => made_up(|other| other.code.clone()),
            "other_challenge" => made_up(|other| other.challenge.clone()),
            _ => None,
        }
    }

    /// A code for another person, in a login of the same client that somebody else began.
    fn foreign_code(&self, context: &Context) -> String {
        let code = random_text();
        self.wire.add_secret(SecretKind::Code, &code);
        let now = self.clock.unix();
        let mut state = self.state();
        let index = context.request.or_else(|| state.requests.len().checked_sub(1));
        let request = index.and_then(|index| state.requests.get(index)).cloned().unwrap_or_default();
        let sub = state.users.get(1).or(state.users.first()).map(|user| user.sub.clone()).unwrap_or_default();
        state.codes.push(StoredCode {
            code: code.clone(),
            client_id: request.client_id,
            redirect_uri: request.redirect_uri,
            challenge: Some(s256(&random_text())),
            method: Some("S256".into()),
            scope: request.scope,
            nonce: Some(random_text()),
            state: Some(random_text()),
            sub,
            acr: None,
            auth_time: None,
            issued_at: now,
            expires_at: now.saturating_add(i64::try_from(self.setup.code_lifetime).unwrap_or(i64::MAX)),
            redeemed: false,
        });
        code
    }
}

/// Scheme and authority of a URI, and the rest.
fn split_uri(uri: &str) -> (&str, &str) {
    let authority = uri.find("://").map_or(0, |colon| colon + 3);
    let path = uri[authority..].find(['/', '?']).map_or(uri.len(), |slash| authority + slash);
    uri.split_at(path)
}

fn filtered(value: String, filter: &str) -> Option<String> {
    Some(match filter {
        "" => value,
        "upper" => value.to_uppercase(),
        "lower" => value.to_lowercase(),
        "swapcase" => value
            .chars()
            .map(|letter| if letter.is_uppercase() { letter.to_ascii_lowercase() } else { letter.to_ascii_uppercase() })
            .collect(),
        "chop" => {
            let mut value = value;
            value.pop();
            value
        }
        "https" => value.replacen("http:", "https:", 1),
        "half" => value.chars().take(value.chars().count() / 2).collect(),
        "reverse" => value.chars().rev().collect(),
        "bend" => {
            let mut value = value;
            let last = value.pop();
            value.push(if last == Some('A') { 'B' } else { 'A' });
            value
        }
        _ => return None,
    })
}
