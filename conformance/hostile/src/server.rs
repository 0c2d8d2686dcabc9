//! The hostile servers: one listener per attack.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::attack::{Attack, Endpoint, Place, Step};

/// How many requests came, by attack and path.
#[derive(Clone, Default)]
pub(crate) struct Requests(Arc<Mutex<HashMap<(&'static str, String), u64>>>);

impl Requests {
    pub(crate) fn of(&self, attack: &str, endpoint: Endpoint) -> u64 {
        let counts = self.counts();
        counts
            .iter()
            .find(|((name, path), _)| *name == attack && *path == endpoint.path())
            .map_or(0, |(_, count)| *count)
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<(&'static str, String), u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens a listener for each attack, and gives their ports.
pub(crate) async fn listen(attacks: Vec<Arc<Attack>>, requests: &Requests) -> io::Result<Vec<u16>> {
    let mut ports = Vec::new();
    for attack in attacks {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        ports.push(port);
        let requests = requests.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (attack, requests) = (Arc::clone(&attack), requests.clone());
                tokio::spawn(async move {
                    // A connection that breaks off is what a client that defends itself looks like from here.
                    let _ = serve(socket, &attack, port, &requests).await;
                });
            }
        });
    }
    Ok(ports)
}

async fn serve(mut socket: TcpStream, attack: &Attack, port: u16, requests: &Requests) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let path = if attack.at_once {
        String::new()
    } else {
        let path = read_request(&mut socket).await?;
        *requests.counts().entry((attack.name, path.clone())).or_default() += 1;
        path
    };
    let endpoint =
        Endpoint::REMOTE.into_iter().find(|endpoint| endpoint.path() == path).unwrap_or(Endpoint::Revocation);
    for step in (attack.steps)(&Place { endpoint, base: attack.address(port) }) {
        match step {
            Step::Send(octets) => socket.write_all(&octets).await?,
            Step::Forever(piece) => loop {
                socket.write_all(&piece).await?;
            },
            Step::Pour(piece) => loop {
                socket.write_all(&piece).await?;
                tokio::time::sleep(Duration::from_millis(1)).await;
            },
            Step::Drip(text) => loop {
                for octet in &text {
                    socket.write_all(&[*octet]).await?;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            },
            Step::Hold => until_closed(&mut socket).await?,
            Step::Reset => return SockRef::from(&socket).set_linger(Some(Duration::ZERO)),
        }
    }
    socket.shutdown().await?;
    // A socket that is closed over what it has not read sends a reset, which could overtake what was sent.
    until_closed(&mut socket).await
}

async fn until_closed(socket: &mut TcpStream) -> io::Result<()> {
    tokio::io::copy(socket, &mut tokio::io::sink()).await.map(drop)
}

/// Reads a request to its end, and gives its path.
async fn read_request(socket: &mut TcpStream) -> io::Result<String> {
    let mut received = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&received);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Ok(head.split(' ').nth(1).unwrap_or_default().to_owned());
            }
        }
        if socket.read_buf(&mut received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
