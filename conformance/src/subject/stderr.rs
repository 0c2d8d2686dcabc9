//! What a program writes to standard error.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::ending::MAX_OUTPUT;

/// The first [`MAX_OUTPUT`] bytes of it since it was taken last. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    /// Reads to the end, so that the program never waits for us, and keeps the beginning.
    pub(super) async fn read(self, mut stream: impl AsyncRead + Unpin) {
        let mut buffer = [0; 8192];
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let room = MAX_OUTPUT - kept.len();
            kept.extend_from_slice(&buffer[..read.min(room)]);
        }
    }

    pub(super) fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
