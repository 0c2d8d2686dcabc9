//! A transport of one's own: a function that is neither `Send` nor `Sync`, on a runtime with one thread.
//!
//! ```text
//! cargo run --example own_transport -- https://issuer.example
//! ```
#![allow(clippy::missing_errors_doc)] // The functions are public for the tests, and no interface.

use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;

use proofkey::authorize::AuthorizationServer;
use proofkey::token::{Http, Transport, TransportError};
use proofkey::{discover, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let issuer = std::env::args().nth(1).ok_or("usage: own_transport ISSUER")?;
    let (server, log) = look_up(Http::new()?, &issuer).await?;
    println!("{}: {}", server.issuer().as_str(), log.join(", "));
    Ok(())
}

/// Reads the metadata of an issuer through [`logged`].
pub async fn look_up(http: Http, issuer: &str) -> Result<(AuthorizationServer, Vec<String>), Box<dyn Error>> {
    let log = Rc::default();
    let server = discover(&logged(http, Rc::clone(&log)), issuer).await?;
    let log = log.take();
    Ok((server, log))
}

/// A transport that writes down each request. A log may have method and path; a query, a header or a body can hold
/// secrets.
pub fn logged(http: Http, log: Rc<RefCell<Vec<String>>>) -> impl Transport {
    let http = Rc::new(http);
    move |request: http::Request<Vec<u8>>| {
        let (http, log) = (Rc::clone(&http), Rc::clone(&log));
        async move {
            let line = format!("{} {}", request.method(), request.uri().path());
            let answer: Result<_, TransportError> = http.send(request).await;
            let outcome =
                answer.as_ref().map_or_else(|error| error.code().to_owned(), |answer| answer.status().to_string());
            log.borrow_mut().push(format!("{line}: {outcome}"));
            answer
        }
    }
}
