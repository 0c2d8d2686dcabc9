//! Built pages, served on loopback as they lie there.

use std::path::{Component, Path, PathBuf};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use crate::Failure;

/// A folder of pages. It is served until this is dropped.
#[derive(Debug)]
pub struct Shelf {
    origin: String,
    task: AbortHandle,
}

impl Drop for Shelf {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shelf {
    /// Serves what lies below `folder`, at a free port.
    ///
    /// # Errors
    ///
    /// When no port of loopback can be listened on.
    pub async fn serve(folder: PathBuf) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let folder = folder.clone();
                // A browser that has gone away is nobody's loss.
                tokio::spawn(async move { drop(answer(stream, &folder).await) });
            }
        });
        Ok(Self { origin, task: task.abort_handle() })
    }

    /// Where it is, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

async fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(&mut stream).lines();
    let first = lines.next_line().await?.unwrap_or_default();
    while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
    let path = first.split(' ').nth(1).unwrap_or_default();
    let path = Path::new(path.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/'));
    // Never out of the folder.
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let file = if plain { tokio::fs::read(folder.join(path)).await.ok() } else { None };
    let (status, body) = file.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
    let kind = match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await?;
    stream.shutdown().await
}
