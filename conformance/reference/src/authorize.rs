//! Step 2: the authorization request. RFC 6749 section 4.1.1, RFC 7636 section 4.3.

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::base64url;
use crate::config::{Client, Config};
use crate::context::Context;
use crate::defects::Defects;
use crate::discovery::Metadata;
use crate::failure::{Failure, Restart, refuse, stage::AUTHORIZE};
use crate::form;
use crate::provider::Ways;
use crate::random;

/// What the client keeps of a request until its answer comes.
pub(crate) struct Sent {
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    /// The API asked for, unless the server is known to refuse that.
    pub(crate) resource: Option<String>,
    /// `None` only by a switch.
    pub(crate) state: Option<String>,
    /// `None` when the configuration wants none.
    pub(crate) nonce: Option<String>,
    /// `None` only by a switch.
    pub(crate) pkce: Option<Pkce>,
    /// The thumbprint of the key that the code is to be bound to.
    pub(crate) jkt: Option<String>,
}

/// The secret of one login, and what the server is told of it.
#[derive(Clone)]
pub(crate) struct Pkce {
    pub(crate) verifier: String,
    pub(crate) challenge: String,
    plain: bool,
}

/// The address to send the browser to, and what to keep.
pub(crate) fn request(
    config: &Config,
    client: &Client,
    metadata: &Metadata,
    redirect_uri: String,
    restart: Option<Restart>,
    cx: &Context<'_>,
) -> Result<(String, Sent), Failure> {
    let (ways, defects) = (&cx.ways, cx.defects);
    check_redirect_uri(&redirect_uri, defects)?;
    let pkce = pkce(metadata, restart, ways, defects)?;
    let challenge = pkce.as_ref().map_or("", |pkce| &pkce.challenge);
    let (state, nonce) = state_and_nonce(pkce.as_ref(), challenge, config.expect_nonce, defects);
    let is_openid = config.scope.split(' ').any(|word| word == "openid");
    let scope = if is_openid && defects.has("scope-without-openid") {
        config.scope.split(' ').filter(|word| *word != "openid").collect::<Vec<_>>().join(" ")
    } else {
        config.scope.clone()
    };
    if metadata.is_document && metadata.challenge_methods.is_none() && !refuses_pkce(metadata, ways, defects) {
        // S256 is sent in any case; who knows the server knows that it is checked.
        ways.allow("pkce_not_announced", defects);
    }
    let resource = config.resource.clone().filter(|_| !defects.has("resource-omitted"));
    let resource = resource.filter(|_| !ways.allow("resource_not_sent", defects));
    let jkt = cx.dpop.as_ref().and_then(|dpop| dpop.thumbprint(defects));
    let sent = Sent { redirect_uri, scope, resource, state, nonce, pkce, jkt };
    let parameters = parameters(&sent, config, client, defects);
    let pairs = parameters.iter().map(|(name, value)| (*name, value.as_str()));
    let query = if defects.has("parameters-unescaped") {
        form::encode_raw(pairs).replace(' ', "+")
    } else {
        form::encode(pairs)
    };
    let endpoint = &metadata.endpoints.authorization;
    let endpoint = if endpoint.contains('?') && defects.has("authorization-query-dropped") {
        endpoint.split('?').next().unwrap_or(endpoint)
    } else {
        endpoint
    };
    Ok((form::with_query(endpoint, &query), sent))
}

/// Absolute, without a fragment.
fn check_redirect_uri(redirect_uri: &str, defects: &Defects) -> Result<(), Failure> {
    let relative = redirect_uri.split_once(':').is_none_or(|(scheme, _)| {
        !scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            || !scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    if relative && !defects.has("redirect-relative-ok") {
        return Err(refuse(AUTHORIZE, "config", "the redirect URI is not absolute"));
    }
    if redirect_uri.contains('#') && !defects.has("redirect-fragment-ok") {
        return Err(refuse(AUTHORIZE, "config", "the redirect URI has a fragment"));
    }
    Ok(())
}

/// Whether the server is known to refuse PKCE. One that announces it after all gets it.
fn refuses_pkce(metadata: &Metadata, ways: &Ways, defects: &Defects) -> bool {
    ways.is_own("pkce_refused", defects)
        && (metadata.challenge_methods.is_none() || defects.has("pkce-refused-unasked"))
}

/// S256, whatever the server says; a server that lists methods and not S256 is not used.
fn pkce(
    metadata: &Metadata,
    restart: Option<Restart>,
    ways: &Ways,
    defects: &Defects,
) -> Result<Option<Pkce>, Failure> {
    let listed =
        |name: &str| metadata.challenge_methods.as_ref().map(|methods| methods.iter().any(|method| method == name));
    let only_plain = listed("S256") == Some(false) && defects.has("plain-when-only-plain");
    if listed("S256") == Some(false) && !only_plain {
        return Err(refuse(AUTHORIZE, "pkce", "the server lists PKCE methods, and S256 is not among them"));
    }
    if refuses_pkce(metadata, ways, defects) {
        ways.note("pkce_refused");
        return Ok(None);
    }
    if defects.has("challenge-missing") || restart == Some(Restart::WithoutPkce) {
        return Ok(None);
    }
    let plain = only_plain
        || restart == Some(Restart::Plain)
        || (listed("plain") == Some(true) && defects.has("plain-chosen"))
        || (metadata.challenge_methods.is_none() && defects.has("plain-when-absent"));
    let octets = random::verifier_octets(defects);
    let verifier = random::verifier(&octets, defects);
    let hash = if defects.has("challenge-of-raw-octets") { Sha256::digest(octets) } else { Sha256::digest(&verifier) };
    let challenge = if plain {
        verifier.clone()
    } else if defects.has("challenge-padded") {
        format!("{}=", base64url::encode(hash))
    } else if defects.has("challenge-standard-alphabet") {
        base64url::encode_standard(hash)
    } else if defects.has("challenge-hex") {
        hash.iter().map(|octet| format!("{octet:02x}")).collect()
    } else if defects.has("challenge-constant") {
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned()
    } else {
        base64url::encode(hash)
    };
    Ok(Some(Pkce { verifier, challenge, plain }))
}

/// Two more random values, independent of each other and of the verifier.
fn state_and_nonce(
    pkce: Option<&Pkce>,
    challenge: &str,
    expect_nonce: bool,
    defects: &Defects,
) -> (Option<String>, Option<String>) {
    let mut state = random::state(defects);
    if defects.has("state-is-verifier") {
        state = pkce.map_or(state, |pkce| pkce.verifier.clone());
    } else if defects.has("state-is-challenge") {
        state = challenge.to_owned();
    }
    let mut nonce = expect_nonce.then(|| random::nonce(defects));
    if let Some(nonce) = &mut nonce {
        if defects.has("nonce-is-state") {
            nonce.clone_from(&state);
        } else if defects.has("nonce-is-challenge") {
            challenge.clone_into(nonce);
        } else if defects.has("nonce-is-hash-of-state") {
            *nonce = base64url::encode(Sha256::digest(&state));
        } else if defects.has("state-begins-nonce") {
            state = nonce.chars().take(nonce.len() / 2).collect();
        } else if defects.has("nonce-ends-state") {
            let half = nonce.len() / 2;
            nonce.replace_range(half.., &state[half..]);
        }
    }
    if let Some(pkce) = pkce.filter(|_| defects.has("verifier-in-state")) {
        state = base64url::encode(json!({"s": state, "v": pkce.verifier}).to_string());
    }
    let state = (!defects.has("state-missing")).then_some(state);
    (state, nonce.filter(|_| !defects.has("nonce-missing")))
}

/// The parameters, each once.
fn parameters(sent: &Sent, config: &Config, client: &Client, defects: &Defects) -> Vec<(&'static str, String)> {
    let mut list: Vec<(&'static str, String)> = Vec::new();
    if !defects.has("response-type-missing") {
        let kind = if defects.has("response-type-token") { "token" } else { "code" };
        list.push(("response_type", kind.to_owned()));
    }
    if !defects.has("client-id-missing") {
        list.push(("client_id", client.id.clone()));
    }
    if defects.has("parameter-twice") {
        list.push(("client_id", client.id.clone()));
    }
    if !defects.has("redirect-uri-missing") {
        list.push(("redirect_uri", sent.redirect_uri.clone()));
    }
    if defects.has("response-mode-web-message") {
        list.push(("response_mode", "web_message".to_owned()));
    }
    let any_scope = !sent.scope.is_empty() || defects.has("scope-empty-sent");
    if any_scope && !defects.has("scope-missing") {
        list.push(("scope", sent.scope.clone()));
    }
    list.extend(sent.resource.clone().map(|resource| ("resource", resource)));
    list.extend(sent.state.clone().map(|state| ("state", state)));
    list.extend(sent.nonce.clone().map(|nonce| ("nonce", nonce)));
    list.extend(sent.jkt.clone().map(|jkt| ("dpop_jkt", jkt)));
    if let Some(pkce) = &sent.pkce {
        let times = if defects.has("challenge-twice") { 2 } else { 1 };
        list.extend((0..times).map(|_| ("code_challenge", pkce.challenge.clone())));
        let method = if pkce.plain {
            "plain"
        } else if defects.has("method-lowercase") {
            "s256"
        } else {
            "S256"
        };
        let times = if defects.has("method-missing") { 0 } else { 1 };
        let times = if defects.has("method-twice") { 2 } else { times };
        list.extend((0..times).map(|_| ("code_challenge_method", method.to_owned())));
        if defects.has("verifier-in-url") {
            list.push(("code_verifier", pkce.verifier.clone()));
        }
        if defects.has("verifier-in-url-base64") {
            list.push(("hint", base64url::encode(&pkce.verifier)));
        }
        if defects.has("verifier-in-url-reversed") {
            list.push(("hint", pkce.verifier.chars().rev().collect()));
        }
    }
    let secret = client.secret.clone().filter(|_| defects.has("secret-in-url"));
    list.extend(secret.map(|secret| ("client_secret", secret)));
    let max_age = config.max_age.filter(|seconds| *seconds != 0 || !defects.has("max-age-zero-dropped"));
    let max_age = max_age.filter(|_| !defects.has("max-age-missing"));
    list.extend(max_age.map(|seconds| ("max_age", seconds.to_string())));
    let acr_values = config.acr_values.clone().filter(|_| !defects.has("acr-values-missing"));
    list.extend(acr_values.map(|values| ("acr_values", values)));
    list
}
