//! A client and an API, each by the crates: what the one sends, the other admits, and answers so that the first goes on.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, Response};
use proofkey::jwt::{
    Algorithm, Challenge, Credentials, DpopPolicy, DpopProof, DpopRequest, JwkSet, JwtAccessToken, ReplayWindow,
    Required, ResourceServer, SigningAlgorithm, SigningKey,
};
use proofkey::token::{AccessToken, Dpop, StepUp};
use proofkey::{KeySigner, fresh};
use serde_json::json;

const URL: &str = "https://api.example/orders?page=2";

struct Api {
    keys: JwkSet,
    server: ResourceServer,
    policy: DpopPolicy,
    nonce: String,
    seen: ReplayWindow,
    needed: Required,
}

impl Api {
    fn answer(&mut self, request: &Request<()>, now: SystemTime) -> Response<()> {
        let response = Response::builder().header("dpop-nonce", &self.nonce);
        match self.admit(request, now) {
            Ok(_) => response.status(200),
            Err(challenge) => response.status(challenge.status()).header("www-authenticate", challenge.to_string()),
        }
        .body(())
        .unwrap()
    }

    fn admit(&mut self, request: &Request<()>, now: SystemTime) -> Result<JwtAccessToken, Challenge> {
        let fields = |name| request.headers().get_all(name).iter().map(|value| value.to_str().unwrap());
        let challenge = || Challenge::dpop(&self.policy);
        let credentials = Credentials::parse(fields("authorization"), fields("dpop"))
            .map_err(|error| challenge().credentials_refused(&error))?;
        let about = DpopRequest::new(request.method().as_str(), URL, credentials.access_token()).nonces([&*self.nonce]);
        let proof = DpopProof::validate(credentials.proof().unwrap_or_default(), &self.policy, &about, now)
            .map_err(|error| challenge().proof_refused(&error))?;
        let needed = self.needed.clone().proof(proof.clone());
        let token = JwtAccessToken::validate(credentials.access_token(), &self.keys, &self.server, &needed, now)
            .map_err(|error| challenge().token_refused(&error, &needed))?;
        let challenge = Challenge::dpop(&self.policy);
        self.seen.accept_proof(&proof, now).map_err(|error| challenge.replay_refused(&error))?;
        Ok(token)
    }
}

/// An access token of the issuer, bound to the key of `dpop`.
fn access_token(issuer: &SigningKey, dpop: &Dpop, now: SystemTime) -> AccessToken {
    let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({
        "iss": "https://as.example", "aud": "https://api.example/orders", "sub": "user-17", "client_id": "client",
        "jti": "at-1", "iat": seconds, "exp": seconds + 600, "cnf": {"jkt": dpop.thumbprint()},
    });
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let input = format!("{}.{}", part(r#"{"typ":"at+jwt","alg":"ES256"}"#), part(&claims.to_string()));
    let signature = URL_SAFE_NO_PAD.encode(issuer.sign(input.as_bytes()).unwrap());
    AccessToken::new(format!("{input}.{signature}")).unwrap()
}

#[test]
fn dp_10_dp_13_su_01_an_api_admits_what_the_client_sends_and_the_client_reads_what_it_answers() {
    let now = SystemTime::now();
    let issuer = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
    let dpop = Dpop::new(KeySigner::new(SigningKey::generate(SigningAlgorithm::Ed25519).unwrap()).unwrap(), fresh);
    let dpop = dpop.unwrap();
    let token = access_token(&issuer, &dpop, now);
    let mut api = Api {
        keys: JwkSet::parse(format!(r#"{{"keys":[{}]}}"#, issuer.public_jwk()).as_bytes()).unwrap(),
        server: ResourceServer::new("https://as.example", "https://api.example/orders")
            .algorithms([Algorithm::Es256])
            .require_binding(),
        policy: DpopPolicy::new().max_age(Duration::from_secs(600)),
        nonce: "nonce-1".to_owned(),
        seen: ReplayWindow::new(10),
        needed: Required::new(),
    };
    let mut request = Request::get(URL).body(()).unwrap();
    assert_eq!(api.answer(&request, now).status(), 401, "without credentials");

    dpop.authorize(&mut request, &token).unwrap();
    let refused = api.answer(&request, now);
    assert!(refused.status() == 401 && dpop.asks_again(request.uri(), &refused), "for want of a nonce");
    dpop.authorize(&mut request, &token).unwrap();
    let sent = request.clone();
    let admitted = api.answer(&request, now);
    assert!(admitted.status() == 200 && !dpop.asks_again(request.uri(), &admitted));

    let replayed = api.answer(&sent, now);
    let text = replayed.headers()["www-authenticate"].to_str().unwrap();
    assert!(replayed.status() == 401 && text.contains("invalid_dpop_proof"), "{text}");
    assert_eq!(StepUp::from_response(&replayed), None);

    api.needed = Required::new().acr(["urn:example:gold"]).max_age(Duration::from_secs(300));
    dpop.authorize(&mut request, &token).unwrap();
    let refused = api.answer(&request, now);
    let step_up = StepUp::from_response(&refused).unwrap();
    assert_eq!((step_up.acr_values(), step_up.max_age()), (Some("urn:example:gold"), Some(300)));
    assert!(!dpop.asks_again(request.uri(), &refused));
}
