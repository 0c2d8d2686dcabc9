#![no_main]
//! Metadata of a protected resource, such as `resource_metadata` names. What is accepted is of this server, byte for byte, and names issuers, as they stand
//! there; served again, it is read as the same.
use http::Response;
use proofkey_fuzz::answer::{answer, document, text};
use proofkey_fuzz::tells_none;
use proofkey_mcp::{McpServer, ResourceMetadata};
use serde_json::json;
const SERVER: &str = "https://mcp.example/mcp";

proofkey_fuzz::target!(|data: &[u8]| {
    let Some((response, _)) = answer(data) else { return };
    let server = McpServer::new(SERVER).expect("a server");
    let read = ResourceMetadata::receive(&server, &response).map_err(|error| tells_none(&error, &[]));
    let (Ok(metadata), document) = (read, document(&response)) else { return };
    assert!(response.status() == 200 && text(&document, "resource") == SERVER && metadata.resource() == SERVER);
    let issuers: Vec<_> = metadata.authorization_servers().collect();
    assert!(!issuers.is_empty() && document["authorization_servers"] == json!(issuers));
    let served = Response::builder().header("content-type", "application/json").body(metadata.to_json());
    assert_eq!(ResourceMetadata::receive(&server, &served.expect("a response")), Ok(metadata));
});
