//! A token endpoint that does as little as one can: the same answer to every request, in a thread of its own.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::fixtures::token_response;

/// Starts it, for as long as the process runs. Its address.
pub(crate) fn serve() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a socket that does not block");
    let address = format!("http://{}/oauth/token", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).expect("a listener");
            let body = token_response();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            let answer: &'static [u8] = answer.leak().as_bytes();
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                tokio::spawn(converse(stream, answer));
            }
        });
    });
    address
}

/// Answers every request on this connection, until it is closed.
async fn converse(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut received = Vec::with_capacity(4096);
    while stream.read_buf(&mut received).await? > 0 {
        if let Some(length) = length(&received)
            && received.len() >= length
        {
            received.drain(..length);
            stream.write_all(answer).await?;
        }
    }
    Ok(())
}

/// How long the request is, once its head is there.
fn length(received: &[u8]) -> Option<usize> {
    let head = received.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let lines = std::str::from_utf8(&received[..head]).ok()?.lines();
    let mut fields = lines.filter_map(|line| line.split_once(": "));
    let (_, body) = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    Some(head + body.parse::<usize>().ok()?)
}
