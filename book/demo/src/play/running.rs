//! A server that runs as long as it is held.

use std::net::Ipv4Addr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::attempt::Failure;

/// A router that listens on a port of its own until it is dropped.
pub(super) struct Running {
    pub(super) base: String,
    task: AbortHandle,
}

impl Running {
    /// The router is made when its address is known.
    pub(super) async fn start<F>(make: impl FnOnce(String) -> F) -> Result<Self, Failure>
    where
        F: Future<Output = Result<Router, Failure>>,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let router = make(base.clone()).await?;
        let task = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Ok(Self { base, task })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
