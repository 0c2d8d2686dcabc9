//! An agent on the user's machine: the protocol is rmcp's, the authorization that of proofkey-mcp.
//!
//! ```text
//! cargo run --package mcp-client-rmcp-proofkey -- https://mcp.example.com/mcp
//! ```

mod access;

use std::error::Error;

use rmcp::ServiceExt;
use rmcp::model::ClientConfig;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;

use crate::access::Access;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let url = std::env::args().nth(1).ok_or("usage: mcp-client-rmcp-proofkey URL")?;
    let config = StreamableHttpClientTransportConfig::with_uri(url.as_str());
    let transport = StreamableHttpClientTransport::with_client(Access::new("agent", &url)?, config);
    let server = ClientConfig::default().serve(transport).await?;
    for tool in server.list_all_tools().await? {
        println!("{}", tool.name);
    }
    Ok(())
}
