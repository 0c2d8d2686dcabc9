//! What a fuzzer begins with: everything that servers say in the cases, by kind.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proofkey_authority::{Endpoint, Exchange};
use proofkey_reference::Defects;
use sha2::{Digest as _, Sha256};

use crate::case::Case;
use crate::play::play;
use crate::subject::Subject;
use crate::transcript::Mode;

/// Longer inputs than this make a fuzzer slow.
const LONGEST: usize = 4096;

/// Plays the cases with the reference client, and writes each answer of a server, and what the client was told, to
/// `FOLDER/KIND/HASH`.
pub(crate) async fn write(cases: &[Case], folder: &Path) -> std::io::Result<usize> {
    let mut count = 0;
    for case in cases {
        let transcript = play(case, &Subject::Reference(Defects::none()), Mode::Stdin).await;
        let spoken = ("shim", transcript.told.into_bytes());
        for (kind, octets) in transcript.wire.exchanges().iter().flat_map(seeds).chain([spoken]) {
            if octets.len() > LONGEST {
                continue;
            }
            let name: String = Sha256::digest(&octets).iter().take(10).map(|octet| format!("{octet:02x}")).collect();
            let place = folder.join(kind);
            std::fs::create_dir_all(&place)?;
            if !place.join(&name).exists() {
                std::fs::write(place.join(&name), octets)?;
                count += 1;
            }
        }
    }
    Ok(count)
}

/// The seeds in one exchange, by the fuzz target that reads such.
fn seeds(exchange: &Exchange) -> Vec<(&'static str, Vec<u8>)> {
    let body = &exchange.response_body;
    let mut found = Vec::new();
    match exchange.endpoint {
        Endpoint::Metadata => found.push(("discovery", with_head(exchange))),
        Endpoint::UserInfo => found.push(("userinfo", with_head(exchange))),
        Endpoint::Jwks => found.push(("jwk_set", body.clone())),
        Endpoint::Token => {
            found.push(("token_response", with_head(exchange)));
            let document: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
            if document["access_token"].is_null() {
                found.push(("token_error", with_head(exchange)));
            }
            if let Some(token) = document["id_token"].as_str() {
                found.push(("jwt", token.as_bytes().to_vec()));
                // The target signs it again.
                let parts: Vec<_> = token.split('.').flat_map(|part| URL_SAFE_NO_PAD.decode(part)).collect();
                found.extend(parts.first_chunk::<2>().map(|parts| ("claims", parts.join(&b'\n'))));
            }
        }
        Endpoint::Authorization => {
            // The target has a redirect URI and a state of its own.
            let own = |location: &str| {
                let state = exchange.query("state").filter(|state| !state.is_empty()).unwrap_or("\0");
                location.replace("http://127.0.0.1:8091/", "https://app.example/").replace(state, "STATE").into_bytes()
            };
            found.extend(exchange.response_header("location").map(|location| ("callback", own(location))));
        }
        _ => {}
    }
    found
}

/// The body behind two octets that tell the fuzz target the status and the media type.
fn with_head(exchange: &Exchange) -> Vec<u8> {
    let statuses = [200, 201, 204, 302, 400, 401, 403, 428, 429, 500, 503];
    let types = ["application/json", "application/json;", "text/html", "application/x-www-form-urlencoded"];
    let status = statuses.iter().position(|status| Some(*status) == exchange.status).unwrap_or(0);
    let media_type = exchange.response_header("content-type").unwrap_or_default();
    let media_type = types.iter().position(|known| media_type == *known || media_type.starts_with(*known)).unwrap_or(4);
    [&[status as u8, media_type as u8], exchange.response_body.as_slice()].concat()
}
