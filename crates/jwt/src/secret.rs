//! Values that must not be told apart by time, nor printed.

use std::fmt;
use std::hint::black_box;

/// A text that `Debug` does not show, overwritten when dropped.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether `other` is the same text, in time that depends on the lengths only.
    pub(crate) fn matches(&self, other: &str) -> bool {
        let (ours, theirs) = (self.as_bytes(), other.as_bytes());
        if ours.len() != theirs.len() {
            return false;
        }
        // Hidden from the compiler eight bytes at a time, since each time costs a store and a load.
        let eights = ours.chunks(8).zip(theirs.chunks(8));
        let differing = eights.fold(0, |bits, (ours, theirs)| {
            black_box(ours.iter().zip(theirs).fold(bits, |bits, (a, b)| bits | (a ^ b)))
        });
        differing == 0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        bytes.fill(0);
        black_box(&bytes);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_says_what_it_is_and_shows_nothing_of_it() {
        assert_eq!(format!("{:?}", Secret::new("n-0S6_WzA2Mj")), "Secret(..)");
    }
}
