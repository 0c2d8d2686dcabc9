//! The identifier under which a single-use token is remembered.

use crate::signature::Digest;

/// What a token is remembered by, and until when.
#[derive(Clone, Copy)]
pub(crate) struct Identifier {
    pub(crate) name: [u8; 16],
    pub(crate) last_second: u64,
}

impl Identifier {
    /// `digest` of all that tells the token from others, which is not accepted after `last_second`.
    pub(crate) fn new(digest: &Digest, last_second: f64) -> Self {
        let mut name = [0; 16];
        name.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
        // A date of this crate is below the year 10000, and a cast saturates.
        Self { name, last_second: last_second.ceil() as u64 }
    }
}
