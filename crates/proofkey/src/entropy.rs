//! Random bytes of the system.

use zeroize::Zeroizing;

use crate::error::LoginError;

pub(crate) fn entropy<const N: usize>() -> Result<Zeroizing<[u8; N]>, LoginError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|error| LoginError::Entropy(error.into()))?;
    Ok(bytes)
}
