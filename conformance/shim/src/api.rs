//! An API that accepts requests with access tokens, built on `proofkey::jwt`.

use std::time::SystemTime;

use proofkey::authorize::Endpoint;
use proofkey::jwt::{
    Algorithm, Challenge, Credentials, DpopPolicy, DpopProof, DpopRequest, JwtAccessToken, ReplayWindow, Required,
    ResourceServer,
};
use proofkey::token::Http;
use proofkey::{AccessTokenError, IssuerKeys};
use serde_json::{Value, json};

use crate::config::Unimplemented;

/// A nonce that proofs have to have. A real API draws one at random, and another one after some minutes.
const NONCE: &str = "a-nonce-of-the-api";

pub(crate) struct Api {
    http: Http,
    keys: IssuerKeys,
    server: ResourceServer,
    required: Required,
    dpop: Option<DpopPolicy>,
    wants_nonces: bool,
    resource_metadata: Option<String>,
    seen: ReplayWindow,
}

/// The challenges of a response, the first of which has the status. Without one nothing can be said about the token now.
type Refused = Vec<Challenge>;

const FIELDS: [&str; 13] = [
    "t",
    "issuer",
    "jwks",
    "audience",
    "algs",
    "skew",
    "allow_http_loopback",
    "scope",
    "acr_values",
    "max_age",
    "dpop",
    "dpop_nonce",
    "resource_metadata",
];

impl Api {
    pub(crate) fn read(message: &Value, http: Http) -> Result<Self, Unimplemented> {
        let text = |name: &str| message[name].as_str();
        let mut fields = message.as_object().into_iter().flatten();
        if let Some((name, _)) = fields.find(|(name, _)| !FIELDS.contains(&name.as_str())) {
            return Err(Unimplemented(format!("a field {name:?} of guard")));
        }
        let algorithms = message["algs"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let server = ResourceServer::new(text("issuer").unwrap_or_default(), text("audience").unwrap_or_default())
            .algorithms(algorithms.filter_map(Algorithm::from_name))
            .leeway(std::time::Duration::from_secs(message["skew"].as_u64().unwrap_or(0)));
        let mut required = Required::new();
        if let Some(scope) = text("scope") {
            required = required.scope(scope);
        }
        if let Some(values) = text("acr_values") {
            required = required.acr(values.split(' '));
        }
        if let Some(seconds) = message["max_age"].as_u64() {
            required = required.max_age(std::time::Duration::from_secs(seconds));
        }
        let jwks = Endpoint::new(text("jwks").unwrap_or_default());
        let jwks = jwks.map_err(|error| Unimplemented(format!("jwks: {error}")))?;
        Ok(Self {
            http,
            keys: IssuerKeys::at(jwks),
            server,
            required,
            dpop: (message["dpop"] == true).then(DpopPolicy::new),
            wants_nonces: message["dpop_nonce"] == true,
            resource_metadata: text("resource_metadata").map(str::to_owned),
            seen: ReplayWindow::new(1000),
        })
    }

    /// The response to a request.
    pub(crate) async fn answer(&mut self, message: &Value) -> Value {
        let admitted = self.admit(message).await;
        let mut headers = Vec::new();
        let (status, sub) = match &admitted {
            Ok(access) => (200, Some(access.subject())),
            Err(refused) => {
                headers.extend(refused.iter().map(|challenge| json!(["WWW-Authenticate", challenge.to_string()])));
                (refused.first().map_or(503, Challenge::status), None)
            }
        };
        if self.wants_nonces {
            headers.push(json!(["DPoP-Nonce", NONCE]));
        }
        json!({"t": "response", "id": message["id"], "status": status, "headers": headers, "sub": sub})
    }

    async fn admit(&mut self, message: &Value) -> Result<JwtAccessToken, Refused> {
        let now = SystemTime::now();
        let fields = |name: &str| -> Vec<&str> {
            let fields = message["headers"].as_array().into_iter().flatten();
            let named = fields.filter(|field| field[0].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name)));
            named.filter_map(|field| field[1].as_str()).collect()
        };
        let (authorization, proofs) = (fields("authorization"), fields("dpop"));
        let (bearer, bound) = self.challenges();
        // An API that knows bound tokens offers both schemes, and answers by the one that the request has.
        let both = |bound: Option<Challenge>, bearer: Challenge| bound.into_iter().chain([bearer]).collect::<Vec<_>>();
        let credentials =
            Credentials::parse(authorization.iter().copied(), proofs.iter().copied()).map_err(|error| {
                both(
                    bound.clone().map(|one| one.credentials_refused(&error)),
                    bearer.clone().credentials_refused(&error),
                )
            })?;
        let token = credentials.access_token();
        let (proof, required) = match (credentials.proof(), &self.dpop) {
            (Some(proof), Some(policy)) => {
                let method = message["method"].as_str().unwrap_or_default();
                let mut request = DpopRequest::new(method, message["url"].as_str().unwrap_or_default(), token);
                if self.wants_nonces {
                    request = request.nonces([NONCE]);
                }
                let proof = DpopProof::validate(proof, policy, &request, now)
                    .map_err(|error| both(bound.clone().map(|one| one.proof_refused(&error)), bearer.clone()))?;
                (Some(proof.clone()), self.required.clone().proof(proof))
            }
            (Some(_), None) => return Err(vec![bearer]),
            (None, _) => (None, self.required.clone()),
        };
        let access = self.keys.validate(&self.http, token, &self.server, &required).await;
        let access = access.map_err(|error| {
            let AccessTokenError::Token(error) = error else { return Vec::new() };
            let refuse = |challenge: Challenge| challenge.token_refused(&error, &required);
            match (&proof, &bound) {
                (Some(_), Some(bound)) => vec![refuse(bound.clone()), bearer.clone()],
                _ => std::iter::once(refuse(bearer.clone())).chain(bound.clone()).collect(),
            }
        })?;
        if let Some(proof) = &proof {
            self.seen
                .accept_proof(proof, now)
                .map_err(|error| both(bound.map(|one| one.replay_refused(&error)), bearer))?;
        }
        Ok(access)
    }

    /// What is said to a request that is not admitted: by the scheme Bearer, and by DPoP where tokens may be bound.
    fn challenges(&self) -> (Challenge, Option<Challenge>) {
        let named = |challenge: Challenge| match &self.resource_metadata {
            Some(url) => challenge.resource_metadata(url),
            None => challenge,
        };
        (named(Challenge::bearer("notes")), self.dpop.as_ref().map(|policy| named(Challenge::dpop(policy))))
    }
}
