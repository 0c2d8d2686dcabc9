//! The server that is probed: where its endpoints are, and what it says of itself.

use proofkey_authority::{Endpoint, Party};
use serde_json::Value;

use super::config::{Client, Config};
use super::http::{Answer, Http, Outgoing};
use super::looks;

/// A server.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) issuer: String,
    pub(crate) config: Config,
    /// The metadata document; null when there is none.
    metadata: Value,
    /// The address that it was found at, and the response.
    pub(crate) document: Option<(String, Answer)>,
}

impl Target {
    /// Reads the metadata at either well-known address.
    ///
    /// # Errors
    ///
    /// A sentence, when neither the metadata nor as.toml says where the endpoints are.
    pub(crate) fn discover(issuer: &str, config: Config, http: &Http) -> Result<Self, String> {
        let mut target = Self { issuer: issuer.to_owned(), config, metadata: Value::Null, document: None };
        let mut seen = Vec::new();
        for address in well_known(issuer) {
            match http.send(&Outgoing::get(Party::Client, Endpoint::Metadata, &address)) {
                Ok(answer) => match serde_json::from_slice::<Value>(&answer.body).ok().filter(Value::is_object) {
                    Some(metadata) if answer.status == 200 => {
                        (target.metadata, target.document) = (metadata, Some((address, answer)));
                        break;
                    }
                    _ => seen.push(format!("{address} answers {} and no JSON object", answer.status)),
                },
                Err(failure) => seen.push(format!("{address}: {failure}")),
            }
        }
        for endpoint in ["authorization_endpoint", "token_endpoint"] {
            let Some(address) = target.endpoint(endpoint) else {
                let seen = if seen.is_empty() { "the metadata does not have it".to_owned() } else { seen.join("; ") };
                return Err(format!("no {endpoint} is known: {seen}. Name it under [endpoints] in as.toml"));
            };
            if !http.reach().contains(&address) {
                return Err(format!(
                    "the {endpoint} is {address}, which is not the issuer's host and port. If it is yours, list it \
                     under `allow` in as.toml"
                ));
            }
        }
        Ok(target)
    }

    /// The address of an endpoint, by its name in the metadata.
    pub(crate) fn endpoint(&self, name: &str) -> Option<String> {
        looks::note("metadata", name);
        let named = self.config.endpoints.get(name).map(String::as_str);
        named.or(self.metadata[name].as_str()).map(str::to_owned)
    }

    /// A list of the metadata; empty when there is none.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        looks::note("metadata", name);
        self.metadata[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// A member of the metadata that is a string.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        looks::note("metadata", name);
        self.metadata[name].as_str().map(str::to_owned)
    }

    /// Whether a member of the metadata is true.
    pub(crate) fn says(&self, name: &str) -> bool {
        looks::note("metadata", name);
        self.metadata[name] == true
    }

    /// Whether there is a metadata document.
    pub(crate) fn has_metadata(&self) -> bool {
        looks::note("metadata", "document");
        !self.metadata.is_null()
    }

    pub(crate) fn is_openid(&self) -> bool {
        self.config.scope().split(' ').any(|word| word == "openid")
    }

    pub(crate) fn clients(&self) -> &[Client] {
        &self.config.clients
    }
}

/// OpenID Connect Discovery 4 appends to the issuer; RFC 8414 section 3.1 puts the well-known part before its path.
fn well_known(issuer: &str) -> Vec<String> {
    let trimmed = issuer.trim_end_matches('/');
    let after_scheme = trimmed.find("://").map_or(0, |at| at + 3);
    let path = trimmed[after_scheme..].find('/').map_or(trimmed.len(), |at| after_scheme + at);
    let (host, path) = trimmed.split_at(path);
    vec![
        format!("{trimmed}/.well-known/openid-configuration"),
        format!("{host}/.well-known/oauth-authorization-server{path}"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_well_known_addresses_follow_their_specification() {
        assert_eq!(
            well_known("https://as.example/a/"),
            [
                "https://as.example/a/.well-known/openid-configuration",
                "https://as.example/.well-known/oauth-authorization-server/a"
            ]
        );
        assert_eq!(well_known("https://as.example/")[1], "https://as.example/.well-known/oauth-authorization-server");
    }
}
