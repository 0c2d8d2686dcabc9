//! Bytes of a private key.

use std::hint::black_box;

/// Bytes that are overwritten when dropped. They are not to grow: that would leave a copy behind.
pub(crate) struct SecretBytes(Vec<u8>);

impl SecretBytes {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn zeros(length: usize) -> Self {
        Self(vec![0; length])
    }

    /// Shortens it to `length` bytes, and overwrites what is cut off.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.0.iter_mut().skip(length).for_each(|byte| *byte = 0);
        self.0.truncate(length);
    }
}

impl std::ops::Deref for SecretBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl std::ops::DerefMut for SecretBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        self.0.fill(0);
        black_box(&self.0);
    }
}
