//! The metadata document of RFC 8414 and OpenID Connect Discovery.

use serde_json::{Map, Value, json};

use super::token::{CLIENT_GRANT, DEVICE_GRANT, EXCHANGE_GRANT};
use super::{Server, dpop};
use crate::algorithm::Algorithm;
use crate::lie::{IdTokenEdit, Lie, Signing};
use crate::message::Answer;
use crate::setup::{ClientAuth, PushMode};
use crate::wire::Endpoint;

impl Server {
    pub(super) fn metadata(&self) -> Answer {
        let mut document = Map::new();
        let mut set = |name: &str, value: Value| document.insert(name.into(), value);
        set("issuer", json!(self.issuer));
        for (name, endpoint) in [
            ("authorization_endpoint", Endpoint::Authorization),
            ("token_endpoint", Endpoint::Token),
            ("userinfo_endpoint", Endpoint::UserInfo),
            ("revocation_endpoint", Endpoint::Revocation),
            ("jwks_uri", Endpoint::Jwks),
            ("end_session_endpoint", Endpoint::EndSession),
        ] {
            let address = self.address(endpoint);
            if !address.is_empty() {
                set(name, json!(address));
            }
        }
        set("response_types_supported", json!(["code"]));
        set("response_modes_supported", json!(["query", "form_post"]));
        let mut grants = vec!["authorization_code", "refresh_token"];
        if self.setup.push != PushMode::Absent {
            set("pushed_authorization_request_endpoint", json!(self.address(Endpoint::Push)));
        }
        if self.setup.push == PushMode::Required {
            set("require_pushed_authorization_requests", json!(true));
        }
        if self.setup.registration {
            set("registration_endpoint", json!(self.address(Endpoint::Registration)));
        }
        if self.setup.device.is_some() {
            set("device_authorization_endpoint", json!(self.address(Endpoint::Device)));
            grants.push(DEVICE_GRANT);
        }
        if self.setup.machine {
            grants.extend([CLIENT_GRANT, EXCHANGE_GRANT]);
        }
        set("grant_types_supported", json!(grants));
        set("subject_types_supported", json!(["public"]));
        set("scopes_supported", json!(["openid", "profile", "email", "offline_access"]));
        set(
            "claims_supported",
            json!(["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "name", "email"]),
        );
        let mut methods = vec!["none", "client_secret_basic", "client_secret_post"];
        let mut algorithms = Vec::new();
        for client in &self.setup.clients {
            match client.auth {
                ClientAuth::PrivateKeyJwt => {
                    methods.push("private_key_jwt");
                    algorithms.extend(["ES256", "PS256"]);
                }
                ClientAuth::SecretJwt(_) => {
                    methods.push("client_secret_jwt");
                    algorithms.extend(["HS256", "HS384", "HS512"]);
                }
                _ => {}
            }
        }
        set("token_endpoint_auth_methods_supported", json!(methods));
        if !algorithms.is_empty() {
            set("token_endpoint_auth_signing_alg_values_supported", json!(algorithms));
        }
        if self.binds_tokens() {
            set("dpop_signing_alg_values_supported", json!(dpop::ALGORITHMS));
        }
        set("id_token_signing_alg_values_supported", json!(self.announced_algorithms()));
        if self.setup.announces_pkce {
            set("code_challenge_methods_supported", json!(["S256"]));
        }
        if self.setup.announces_iss {
            set("authorization_response_iss_parameter_supported", json!(true));
        }
        Answer::public_json(200, Value::Object(document).to_string())
    }

    /// RS256 must be among them (OpenID Connect Discovery section 3).
    fn announced_algorithms(&self) -> Vec<&'static str> {
        let mut algorithms = vec![Algorithm::Rs256.as_str()];
        if self.setup.signing != Algorithm::Rs256 {
            algorithms.push(self.setup.signing.as_str());
        }
        algorithms
    }

    /// The algorithms that a lie signs with by one of the authority's own keys: the JWK set has to
    /// hold that key for the lie to be about the algorithm and not about the key.
    pub(super) fn lied_algorithms(&self) -> Vec<Algorithm> {
        let mut algorithms = Vec::new();
        for part in self.lies() {
            let Lie::IdToken { edits, .. } = part else { continue };
            for edit in edits {
                if let IdTokenEdit::Sign(Signing::Own(algorithm)) = edit {
                    algorithms.push(*algorithm);
                }
            }
        }
        algorithms
    }
}
