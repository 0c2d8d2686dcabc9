//! Tokens for an API and announcements of a logout that say what they like and are signed, and the rules of what is
//! accepted, computed once more.

use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proofkey_jwt::{
    AccessTokenCompat, Algorithm, ClientClaim, DpopPolicy, DpopRequest, JwkSet, RelyingParty, ResourceServer,
};
use serde_json::Value;

use crate::login::{CLIENT_ID, ISSUER, now};
use crate::uncounted;

/// The API of every target.
pub const API: &str = "https://api.example";
/// The access token of every proof.
pub const TOKEN: &str = "the access token of every proof";

/// The key of RFC 8037 appendix A, which is published there.
static KEY: LazyLock<Ed25519KeyPair> = LazyLock::new(|| {
    let decode = |text| URL_SAFE_NO_PAD.decode(text).expect("base64url");
    let (seed, x) = (decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"), decode(X));
    uncounted(|| Ed25519KeyPair::from_seed_and_public_key(&seed, &x).expect("a key"))
});
const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// What the tokens are held against: the key, the API by the letter of RFC 9068, the API of a lenient operator, the
/// client, and the proofs.
pub static EXPECTED: LazyLock<(JwkSet, ResourceServer, ResourceServer, RelyingParty, DpopPolicy)> =
    LazyLock::new(|| {
        uncounted(|| {
            let keys = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"k","x":"{X}"}}]}}"#);
            let server = || ResourceServer::new(ISSUER, API).algorithms([Algorithm::EdDsa]).leeway(Duration::ZERO);
            let compat = AccessTokenCompat::strict().with_generic_type().with_scope_in_scp().with_token_id_missing();
            let compat = compat.with_client_id_in(ClientClaim::Azp).with_audience_missing([CLIENT_ID]);
            let client = RelyingParty::new(ISSUER, CLIENT_ID).algorithms([Algorithm::EdDsa]).leeway(Duration::ZERO);
            let keys = JwkSet::parse(keys.as_bytes()).expect("a key set");
            let policy = DpopPolicy::new().leeway(Duration::ZERO);
            (keys, server(), server().compat(compat), client, policy)
        })
    });

/// The request of every proof.
pub static REQUEST: LazyLock<DpopRequest> =
    LazyLock::new(|| uncounted(|| DpopRequest::new("GET", format!("{API}/orders"), TOKEN)));

/// A token with this header and these claims, signed with Ed25519 whatever they say.
pub fn signed(header: &str, claims: &str) -> String {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = uncounted(|| KEY.sign(input.as_bytes()));
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

fn is_kind(header: &Value, kind: &str) -> bool {
    let typ = header["typ"].as_str().unwrap_or_default().to_ascii_lowercase();
    assert!(matches!(header["alg"].as_str(), Some("EdDSA" | "Ed25519")) && header["crit"].is_null());
    typ.strip_prefix("application/").unwrap_or(&typ) == kind
}

/// What any token has: issuer, dates, and texts that are not empty.
fn any_token(claims: &Value, audience: &str, texts: &[&str]) {
    let now = now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs_f64();
    assert!(claims["iss"] == ISSUER && (claims["aud"] == audience || lists(&claims["aud"], audience)));
    assert!(claims["exp"].as_f64().is_some_and(|end| end > now));
    assert!(claims["iat"].as_f64().is_some_and(|start| start <= now));
    assert!(claims["nbf"].is_null() || claims["nbf"].as_f64().is_some_and(|start| start <= now));
    assert!(texts.iter().all(|name| claims[*name].as_str().is_some_and(|text| !text.is_empty())));
}

fn lists(list: &Value, wanted: &str) -> bool {
    list.as_array().is_some_and(|all| all.iter().any(|one| one == wanted))
}

/// An access token (RFC 9068 section 4) that a request for the scope `read` came with.
pub fn access_token(header: &Value, claims: &Value) {
    assert!(is_kind(header, "at+jwt"));
    any_token(claims, API, &["sub", "client_id", "jti"]);
    assert!(claims["scope"].as_str().is_some_and(|scope| scope.split(' ').any(|one| one == "read")));
    assert!(claims["cnf"].is_null());
}

/// The same of a provider that issues other ones: it is no ID token, whatever else it is.
pub fn lenient_access_token(header: &Value, claims: &Value) {
    assert!(claims["iss"] == ISSUER && claims["cnf"].is_null());
    assert!(
        is_kind(header, "at+jwt") || ["nonce", "at_hash", "c_hash", "s_hash"].iter().all(|id| claims[*id].is_null())
    );
    assert!(is_kind(header, "at+jwt") || claims["token_use"].is_null() || claims["token_use"] == "access");
    assert!(!claims["aud"].is_null() || claims["client_id"] == CLIENT_ID && claims["token_use"] == "access");
    assert!(claims["scope"].is_string() || claims["scope"].is_null() && !claims["scp"].is_null());
}

/// A logout token (Back-Channel Logout section 2.6).
pub fn logout_token(header: &Value, claims: &Value) {
    assert!(["logout+jwt", "jwt", ""].iter().any(|kind| is_kind(header, kind)));
    any_token(claims, CLIENT_ID, &["jti"]);
    assert!(claims["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object());
    assert!(claims.get("nonce").is_none() && (claims["sub"].is_string() || claims["sid"].is_string()));
}

/// A DPoP proof (RFC 9449 section 4.3).
pub fn dpop_proof(header: &Value, claims: &Value) {
    assert!(is_kind(header, "dpop+jwt"));
    assert!(header["jwk"]["x"] == X && header["jwk"]["d"].is_null());
    let now = now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs_f64();
    assert!(claims["iat"].as_f64().is_some_and(|made| made <= now && made >= now - 60.0));
    assert!(claims["htm"] == "GET" && claims["jti"].as_str().is_some_and(|id| !id.is_empty()));
    assert_eq!(claims["ath"], URL_SAFE_NO_PAD.encode(digest(&SHA256, TOKEN.as_bytes())));
    let url = claims["htu"].as_str().expect("a URL");
    let url = url.split(['?', '#']).next().expect("a part").to_ascii_lowercase();
    assert!(url.starts_with("https://") && (url.contains("orders") || url.contains('%')), "{url}");
}
