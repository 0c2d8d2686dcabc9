//! As rmcp's example `oauth_client` and its page on OAuth: connect, authorize by the challenge, connect again. Once more if
//! the token is refused for good; a further scope by `request_scope_upgrade`.

use std::error::Error;

use reqwest::Url;
use rmcp::ServiceExt;
use rmcp::model::ClientConfig;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::auth::{
    AuthClient, AuthorizationCallback, AuthorizationRequest, OAuthState, WWWAuthenticateParams,
};
use rmcp::transport::streamable_http_client::{StreamableHttpClient, StreamableHttpClientTransportConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

type Failure = Box<dyn Error + Send + Sync>;

/// Why there are no tools.
enum Refused {
    /// The server wants authorization, by this challenge.
    Challenge(String),
    Other(Failure),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let url = std::env::args().nth(1).ok_or("usage: mcp-client-rmcp URL")?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut tools = list_tools(reqwest::Client::new(), &url).await;
    for _ in 0..2 {
        if let Err(Refused::Challenge(challenge)) = tools {
            tools = authorize(challenge, &url, &listener).await?;
        }
    }
    match tools {
        Ok(()) => Ok(()),
        Err(Refused::Challenge(challenge)) => Err(challenge.into()),
        Err(Refused::Other(error)) => Err(error),
    }
}

async fn authorize(challenge: String, url: &str, listener: &TcpListener) -> Result<Result<(), Refused>, Failure> {
    let redirect = format!("http://{}/callback", listener.local_addr()?);
    let mut oauth = OAuthState::new(url, None).await?;
    let request = AuthorizationRequest::new(redirect).with_client_name("rmcp").with_challenge(challenge);
    oauth.start_authorization(request).await?;
    println!("{}", oauth.get_authorization_url().await?);
    oauth.handle_callback_url(&callback(listener).await?).await?;
    let manager = oauth.into_authorization_manager().ok_or("not authorized")?;
    let client = AuthClient::new(reqwest::Client::new(), manager);
    let mut tools = list_tools(client.clone(), url).await;
    while let Err(Refused::Challenge(challenge)) = &tools {
        let wanted = WWWAuthenticateParams::parse(challenge, &Url::parse(url)?);
        let Some(scope) = wanted.scope.as_deref().filter(|_| wanted.is_insufficient_scope()) else { break };
        println!("{}", client.auth_manager.lock().await.request_scope_upgrade(scope).await?);
        let answer = AuthorizationCallback::from_redirect_url(&callback(listener).await?)?;
        let (code, state, issuer) = (&answer.code, &answer.csrf_token, answer.issuer.as_deref());
        client.auth_manager.lock().await.exchange_code_for_token_with_issuer(code, state, issuer).await?;
        tools = list_tools(client.clone(), url).await;
    }
    Ok(tools)
}

async fn list_tools(client: impl StreamableHttpClient + Send + Sync + 'static, url: &str) -> Result<(), Refused> {
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let transport = StreamableHttpClientTransport::with_client(client, config);
    let refused = |challenge: Option<String>, error: Failure| match challenge {
        Some(challenge) => Refused::Challenge(challenge),
        None => Refused::Other(error),
    };
    let service = ClientConfig::default().serve(transport).await;
    let service = service.map_err(|error| refused(error.auth_challenge().map(str::to_owned), error.into()))?;
    let tools = service.list_all_tools().await;
    let tools = tools.map_err(|error| refused(error.auth_challenge().map(str::to_owned), error.into()))?;
    for tool in tools {
        println!("{}", tool.name);
    }
    Ok(())
}

/// The URL of the next callback.
async fn callback(listener: &TcpListener) -> Result<String, Failure> {
    let (mut stream, _) = listener.accept().await?;
    let mut head = vec![0; 16 * 1024];
    let length = stream.read(&mut head).await?;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await?;
    let head = String::from_utf8_lossy(&head[..length]).into_owned();
    let target = head.split(' ').nth(1).unwrap_or_default();
    Ok(format!("http://{}{target}", listener.local_addr()?))
}
