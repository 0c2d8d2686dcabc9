//! A person with a browser of their own.

use proofkey_authority::{Browser, Landing, Page, Wire};
use proofkey_demo::{Demo, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) const JOHN: [(&str, &str); 2] = [("email", "user@gmail.com"), ("password", "google horse")];
pub(crate) const MALLORY: [(&str, &str); 2] = [("email", "mallory@example.com"), ("password", "battery staple")];

pub(crate) async fn demo() -> Demo {
    Demo::start(Settings { port: 0, tenant: None }).await.unwrap()
}

pub(crate) struct Person {
    browser: Browser,
    origin: String,
}

impl Person {
    pub(crate) fn at(origin: &str) -> Self {
        // The log of a browser that knows nobody: every redirect is handed out, and followed here.
        Self { browser: Browser::new(&Wire::new()), origin: origin.into() }
    }

    /// Opens an address, below the app's or anywhere, and follows wherever it leads.
    pub(crate) async fn open(&mut self, url: &str) -> Page {
        let url = if url.starts_with('/') { format!("{}{url}", self.origin) } else { url.to_owned() };
        let landing = self.browser.open(&url).await.unwrap();
        self.arrive(landing).await
    }

    pub(crate) async fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Page {
        let landing = self.browser.submit(page, fields).await.unwrap();
        self.arrive(landing).await
    }

    pub(crate) async fn click(&mut self, page: &Page, link: &str) -> Page {
        let landing = self.browser.click(page, link).await.unwrap();
        self.arrive(landing).await
    }

    /// Follows up to the first redirect that leads to this path, which is not opened.
    pub(crate) async fn stop_before(&mut self, landing: Landing, path: &str) -> String {
        let mut landing = landing;
        for _ in 0..20 {
            let url = landing.callback().expect("a redirect");
            if url.starts_with(&format!("{}{path}", self.origin)) {
                return url;
            }
            landing = self.browser.open(&url).await.unwrap();
        }
        panic!("never led to {path}")
    }

    pub(crate) fn browser(&mut self) -> &mut Browser {
        &mut self.browser
    }

    async fn arrive(&mut self, mut landing: Landing) -> Page {
        for _ in 0..20 {
            match landing {
                Landing::Page(page) => return page,
                other => landing = self.browser.open(&other.callback().unwrap()).await.unwrap(),
            }
        }
        panic!("redirects without end")
    }

    /// To the login page of the server.
    pub(crate) async fn begin(&mut self) -> Page {
        let page = self.open("/login").await;
        assert!(page.body.contains("Continue with Google"), "{}", page.body);
        page
    }

    /// On to Google's.
    pub(crate) async fn go_to_google(&mut self, login: &Page) -> Page {
        let page = self.click(login, "Continue with Google").await;
        assert!(page.body.contains("Sign in with Google"), "{}", page.body);
        page
    }

    /// The whole way, by Google.
    pub(crate) async fn log_in(&mut self) -> Page {
        let login = self.begin().await;
        let google = self.go_to_google(&login).await;
        self.submit(&google, &JOHN).await
    }
}

/// A request as written, to this port of `host`; the answer as it came.
pub(crate) async fn raw(origin: &str, host: &str, head: &str) -> String {
    let port = origin.rsplit(':').next().unwrap();
    let mut stream = TcpStream::connect(format!("{host}:{port}")).await.unwrap();
    let head = head.replace("{port}", port);
    stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
