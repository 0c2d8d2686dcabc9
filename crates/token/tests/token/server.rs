//! A listener on loopback that hands each connection to one function.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};

pub(crate) struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    finished: Arc<Semaphore>,
    _stop: oneshot::Sender<()>,
}

impl Server {
    /// Listens on a thread of its own, which ends when this value is dropped.
    pub(crate) async fn start(handle: impl AsyncFn(TcpStream) + Send + 'static) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let finished = Arc::new(Semaphore::new(0));
        let (stop, stopped) = oneshot::channel::<()>();
        let (count, done) = (Arc::clone(&connections), Arc::clone(&finished));
        std::thread::spawn(move || {
            let serve = async move {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((socket, _)) = listener.accept().await {
                    count.fetch_add(1, Ordering::SeqCst);
                    handle(socket).await;
                    done.add_permits(1);
                }
            };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async move {
                tokio::select! {
                    () = serve => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, connections, finished, _stop: stop }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Waits until a connection was served to its end.
    pub(crate) async fn finished(&self) {
        self.finished.acquire().await.unwrap().forget();
    }
}

/// Reads one request: its head, and as much body as it announces. Empty when the other side closed.
pub(crate) async fn read_request(socket: &mut TcpStream) -> String {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
            });
            if body.len() >= length.unwrap_or(0_usize) {
                return text;
            }
        }
        let mut buffer = [0; 4096];
        match socket.read(&mut buffer).await {
            Ok(0) | Err(_) => return String::new(),
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
    }
}
