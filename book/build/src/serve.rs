//! The book on loopback while it is being written: built again on every change, and loaded again by the browser.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::call::Call;
use crate::{browser, links, pages};

/// Asks to be told of a change, and loads the page again.
const SCRIPT: &str = "new EventSource('/__changes').onmessage = () => location.reload();";

/// Serves until it is stopped.
pub(crate) fn run(call: &Call, port: u16) -> Result<(), String> {
    let site = Arc::new(Site::new(call));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
        format!("port {port} of loopback cannot be used ({error}): choose another one with --serve PORT")
    })?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    println!("http://{address}/ shows the book; it is built again when a file changes, until Ctrl+C");
    accept(listener, &site);
    if call.open {
        browser::open(&format!("http://{address}/"))?;
    }
    let mut seen = newest(&call.book);
    loop {
        std::thread::sleep(Duration::from_millis(300));
        let now = newest(&call.book);
        if now != seen {
            seen = now;
            match pages::build(call).and_then(|()| links::check(&call.to)) {
                Ok(wrong) => {
                    println!("built again{}", if wrong.is_empty() { "" } else { ", with faults:" });
                    wrong.iter().for_each(|line| println!("{line}"));
                }
                Err(message) => eprintln!("error: {message}"),
            }
            site.changed();
        }
    }
}

/// When a file of the book was last written, and how many there are: one that is removed changes the book too.
fn newest(book: &Path) -> (usize, Option<SystemTime>) {
    let mut found = (0, None);
    let mut folders = vec![book.join("src")];
    let mut look = |path: &Path, folders: &mut Vec<PathBuf>| {
        if path.is_dir() {
            folders.push(path.to_owned());
        } else if let Ok(written) = path.metadata().and_then(|about| about.modified()) {
            found = (found.0 + 1, found.1.max(Some(written)));
        }
    };
    for file in ["book.toml", "style.css"] {
        look(&book.join(file), &mut folders);
    }
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            look(&entry.path(), &mut folders);
        }
    }
    found
}

/// What is served, and how often it has changed.
struct Site {
    book: PathBuf,
    doc: PathBuf,
    changes: Mutex<u64>,
    bell: Condvar,
}

impl Site {
    fn new(call: &Call) -> Self {
        let doc = call.to.parent().unwrap_or(&call.to).join("doc");
        Self { book: call.to.clone(), doc, changes: Mutex::new(0), bell: Condvar::new() }
    }

    fn changed(&self) {
        *self.changes.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.bell.notify_all();
    }

    /// Waits until there is a change.
    fn wait(&self) {
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *changes;
        let waited = self.bell.wait_while(changes, |changes| *changes == before);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// The file behind a path: the book's, or the API documentation's below `/doc/`.
    fn file(&self, path: &str) -> Option<PathBuf> {
        let path = links::decoded(path.split(['?', '#']).next().unwrap_or_default());
        let path = path.strip_prefix('/')?;
        // Nothing but names: no way up, no drive, no other root.
        if path.split('/').any(|name| name == ".." || name == "." || name.contains(['\\', ':', '\0'])) {
            return None;
        }
        let mut file = match path.strip_prefix("doc/") {
            Some(rest) => self.doc.join(rest),
            None => self.book.join(path),
        };
        if file.is_dir() {
            file.push("index.html");
        }
        file.is_file().then_some(file)
    }
}

fn accept(listener: TcpListener, site: &Arc<Site>) {
    let site = site.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let site = site.clone();
            // A browser that goes away in mid-answer is no fault of ours.
            std::thread::spawn(move || drop(answer(&stream, &site)));
        }
    });
}

fn answer(mut stream: &TcpStream, site: &Site) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(std::io::Read::take(stream, 16 * 1024));
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (status, kind, body) = match (method, path) {
        ("GET", "/__changes") => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n\r\n")?;
            stream.flush()?;
            site.wait();
            return stream.write_all(b"data: reload\n\n");
        }
        ("GET", "/__changes.js") => ("200 OK", "text/javascript", SCRIPT.as_bytes().to_vec()),
        ("GET", path) => match site.file(path).map(|file| (kind(&file), std::fs::read(&file))) {
            Some(("text/html; charset=utf-8", Ok(page))) => {
                ("200 OK", "text/html; charset=utf-8", with_script(&String::from_utf8_lossy(&page)).into_bytes())
            }
            Some((kind, Ok(body))) => ("200 OK", kind, body),
            _ => ("404 Not Found", "text/plain; charset=utf-8", b"there is no such page\n".to_vec()),
        },
        _ => ("405 Method Not Allowed", "text/plain; charset=utf-8", b"only GET\n".to_vec()),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}

fn with_script(page: &str) -> String {
    page.replacen("</body>", "<script src=\"/__changes.js\"></script></body>", 1)
}

fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn site(name: &str) -> (PathBuf, Arc<Site>) {
        let root = std::env::temp_dir().join(format!("proofkey-serve-{name}-{}", std::process::id()));
        for (path, text) in
            [("book/index.html", "<body>the book</body>"), ("doc/c/index.html", "the docs"), ("secret.txt", "no")]
        {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let call = Call { book: root.clone(), to: root.join("book"), serve: Some(0), open: false };
        (root, Arc::new(Site::new(&call)))
    }

    fn ask(address: std::net::SocketAddr, line: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "{line} HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn book_and_documentation_are_served_and_nothing_else() {
        let (root, site) = site("files");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        accept(listener, &site);
        let page = ask(address, "GET /");
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("the book<script src=\"/__changes.js\">"), "{page}");
        assert!(ask(address, "GET /index.html?a=1").contains("the book"));
        assert!(ask(address, "GET /doc/c/").contains("the docs"));
        assert!(ask(address, "GET /__changes.js").contains("EventSource"));
        for line in
            ["GET /../secret.txt", "GET /%2e%2e/secret.txt", "GET /doc/../../secret.txt", "GET secret.txt", "GET /x"]
        {
            assert!(ask(address, line).starts_with("HTTP/1.1 404"), "{line}");
        }
        assert!(ask(address, "POST /").starts_with("HTTP/1.1 405"));
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_change_is_told() {
        let (root, site) = site("changes");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        accept(listener, &site);
        let told = std::thread::spawn(move || ask(address, "GET /__changes"));
        while !told.is_finished() {
            site.changed();
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(told.join().unwrap().ends_with("\r\n\r\ndata: reload\n\n"));
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_written_and_a_removed_file_are_changes() {
        let (root, _) = site("newest");
        std::fs::create_dir_all(root.join("src/diagrams")).unwrap();
        let empty = newest(&root);
        std::fs::write(root.join("src/diagrams/a.svg"), "").unwrap();
        let one = newest(&root);
        assert_ne!(empty, one);
        std::fs::remove_file(root.join("src/diagrams/a.svg")).unwrap();
        assert_eq!(newest(&root), empty);
        std::fs::remove_dir_all(root).unwrap();
    }
}
