//! A compact token, taken apart and decoded: what the rules of every kind of token are applied to.

use crate::claim_fault::Broken;
use crate::claims::Claims;
use crate::compact::{Parts, Signature};
use crate::header::Header;

/// A decoded token. Nothing of it was compared or verified.
pub(crate) struct Opened<'t> {
    pub(crate) parts: Parts<'t>,
    pub(crate) header: Header,
    pub(crate) claims: Claims,
    pub(crate) signature: Signature,
}

impl<'t> Opened<'t> {
    pub(crate) fn read(token: &'t str) -> Result<Self, Broken> {
        let parts = Parts::split(token)?;
        let mut json = parts.document();
        let header = parts.header(&mut json)?;
        let claims = parts.claims(json)?;
        let signature = parts.signature()?;
        Ok(Self { parts, header, claims, signature })
    }
}
