//! A small listener next to wiremock, for faults that an HTTP library cannot produce: endless bodies, slow responses,
//! resets in the middle of a response, silence.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use crate::lie::TransportFault;
use crate::message::{Answer, Incoming};
use crate::server::Server;

const LARGEST_REQUEST: usize = 1 << 20;

/// What the listener does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It is the endpoint whose connections misbehave.
    Faulty,
    /// It is the attacker's address, on a port of its own and so another origin.
    Attacker,
}

/// The listener; it stops when dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_millis(100));
    }
}

impl Listener {
    /// Serves what `socket` receives by `server`.
    pub(crate) fn start(socket: TcpListener, server: Arc<Server>, role: Role) -> io::Result<Self> {
        let address = socket.local_addr()?;
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = stopped.clone();
        thread::spawn(move || {
            for stream in socket.incoming() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let (server, stop) = (server.clone(), stop.clone());
                if let Ok(stream) = stream {
                    // A connection that breaks off is what a lie looks like from here.
                    thread::spawn(move || drop(serve(stream, &server, role, &stop)));
                }
            }
        });
        Ok(Self { address, stopped })
    }
}

fn serve(mut stream: TcpStream, server: &Server, role: Role, stopped: &AtomicBool) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let Some(request) = read_request(&mut stream)? else { return Ok(()) };
    let (seq, answer) = match role {
        Role::Attacker => server.handle_attacked(&request),
        Role::Faulty => server.handle(&request),
    };
    let fault = server.transport_fault().map(|(_, fault)| fault).filter(|_| server.is_faulty(&request.path));
    let Some(fault) = fault.filter(|_| role == Role::Faulty) else {
        return stream.write_all(&encoded(&answer, answer.body.len(), true));
    };
    server.wire.answer(seq, |exchange| {
        exchange.notes.push(format!("on the wire: {fault:?}"));
        if matches!(fault, TransportFault::Silence | TransportFault::Reset | TransportFault::Gibberish) {
            exchange.status = None;
            exchange.response_headers.clear();
            exchange.response_body.clear();
        }
    });
    misbehave(&mut stream, &fault, &answer, stopped)
}

fn misbehave(stream: &mut TcpStream, fault: &TransportFault, answer: &Answer, stopped: &AtomicBool) -> io::Result<()> {
    let running = || !stopped.load(Ordering::SeqCst);
    let half = answer.body.len() / 2;
    match fault {
        TransportFault::Silence => {
            stream.set_read_timeout(Some(Duration::from_millis(50)))?;
            // Until the other side gives up.
            while running() {
                match stream.read(&mut [0; 64]) {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        }
        TransportFault::Reset => reset(stream),
        TransportFault::ResetInBody => {
            stream.write_all(&encoded(answer, half, true))?;
            stream.flush()?;
            // The half that was sent should arrive before the reset does.
            thread::sleep(Duration::from_millis(20));
            reset(stream)
        }
        TransportFault::CloseInBody => stream.write_all(&encoded(answer, half, true)),
        TransportFault::EndlessBody => {
            stream.write_all(&encoded(answer, 0, false))?;
            let beginning = &answer.body[..answer.body.len().saturating_sub(1)];
            stream.write_all(format!("{:x}\r\n", beginning.len().max(1)).as_bytes())?;
            stream.write_all(if beginning.is_empty() { b" " } else { beginning })?;
            stream.write_all(b"\r\n")?;
            let blanks = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
            while running() {
                stream.write_all(blanks.as_bytes())?;
            }
            Ok(())
        }
        TransportFault::EndlessHeaders => {
            stream.write_all(format!("HTTP/1.1 {} OK\r\n", answer.status).as_bytes())?;
            let line = format!("x-more: {}\r\n", "a".repeat(1000));
            while running() {
                stream.write_all(line.as_bytes())?;
            }
            Ok(())
        }
        TransportFault::Drip(milliseconds) => {
            stream.set_nodelay(true)?;
            for octet in encoded(answer, answer.body.len(), true) {
                if !running() {
                    break;
                }
                stream.write_all(&[octet])?;
                thread::sleep(Duration::from_millis(*milliseconds));
            }
            Ok(())
        }
        TransportFault::Gibberish => stream.write_all(b"\x16\x03\x01 this is not HTTP\r\n\r\n"),
    }
}

/// Closes so that the other side sees a reset.
fn reset(stream: &TcpStream) -> io::Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

/// The answer with its first `octets` of body. The length is that of the whole body, or left open
/// for chunks.
fn encoded(answer: &Answer, octets: usize, with_length: bool) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {} Answer\r\nconnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if with_length {
        text.push_str(&format!("content-length: {}\r\n\r\n", answer.body.len()));
    } else {
        text.push_str("transfer-encoding: chunked\r\n\r\n");
    }
    let mut encoded = text.into_bytes();
    encoded.extend(answer.body.iter().take(octets));
    encoded
}

/// One request; none when the other side closed before it was complete.
fn read_request(stream: &mut TcpStream) -> io::Result<Option<Incoming>> {
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = find(&received, b"\r\n\r\n") {
            let mut request = parse_head(&received[..end]);
            let body = &received[end + 4..];
            let length = request.header("content-length").and_then(|length| length.trim().parse().ok()).unwrap_or(0);
            let chunked = request.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked"));
            if chunked {
                if let Some(body) = dechunked(body) {
                    request.body = body;
                    return Ok(Some(request));
                }
            } else if body.len() >= length {
                request.body = body[..length].to_vec();
                return Ok(Some(request));
            }
        }
        let read = stream.read(&mut buffer)?;
        if read == 0 || received.len() > LARGEST_REQUEST {
            return Ok(None);
        }
        received.extend(&buffer[..read]);
    }
}

fn parse_head(head: &[u8]) -> Incoming {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Incoming {
        method,
        path: path.into(),
        query: query.into(),
        headers: lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect(),
        body: Vec::new(),
    }
}

/// A body in chunks, put together; none as long as the last chunk has not come.
fn dechunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = find(rest, b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok().filter(|size| *size <= LARGEST_REQUEST)?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}

fn find(octets: &[u8], pattern: &[u8]) -> Option<usize> {
    octets.windows(pattern.len()).position(|window| window == pattern)
}
