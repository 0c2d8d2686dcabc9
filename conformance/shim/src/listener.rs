//! The loopback redirect URI of the "http" mode. It answers any request, and passes on each response of a server, at
//! any path and host name: the client decides whether it arrived at the redirect URI.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

/// The callback URL that arrived for a flow.
pub(crate) struct Arrival {
    pub(crate) flow: String,
    pub(crate) url: String,
}

/// Listens on a port of the system's choice, as one of `listeners`; gives the redirect URI with that port in it.
pub(crate) async fn listen(
    template: &str,
    flow: &str,
    arrivals: UnboundedSender<Arrival>,
    listeners: &mut JoinSet<()>,
) -> std::io::Result<String> {
    let host = if template.contains("[::1]") { "[::1]:0" } else { "127.0.0.1:0" };
    let listener = TcpListener::bind(host).await?;
    let redirect_uri = template.replacen(":0/", &format!(":{}/", listener.local_addr()?.port()), 1);
    let flow = flow.to_owned();
    listeners.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let (flow, arrivals) = (flow.clone(), arrivals.clone());
            // Each connection by itself: one that says nothing must not keep the others waiting.
            connections.spawn(async move {
                if let Some(url) = receive(stream).await {
                    let _ = arrivals.send(Arrival { flow, url });
                }
            });
        }
    });
    Ok(redirect_uri)
}

/// Reads the head of one request, at most 64 KiB, and gives the URL it asked for.
async fn receive(mut stream: TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        if head.len() > 64 * 1024 || stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let head = String::from_utf8_lossy(&head);
    let target = head.split(' ').nth(1)?;
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let named = |pair: &str| ["code=", "error=", "state="].iter().any(|name| pair.starts_with(name));
    let is_answer = head.starts_with("GET /") && query.split('&').any(named);
    let status = if is_answer { "200 OK" } else { "404 Not Found" };
    let page = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncache-control: no-store\r\nreferrer-policy: no-referrer\r\n\
         content-length: 22\r\nconnection: close\r\n\r\nYou may close this tab"
    );
    stream.write_all(page.as_bytes()).await.ok()?;
    let host = head.lines().find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("host")));
    is_answer.then(|| format!("http://{}{target}", host.map_or("", |(_, value)| value.trim())))
}
