//! Files of the user that decide where tokens and secrets go.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::Failure;

/// Maximum size of a file, in bytes.
const LIMIT: u64 = 1024 * 1024;

/// Reads a file; `None` if there is none. One that other users can change is refused: they could redirect the login to
/// their server.
pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<String>>, Failure> {
    let failed = |error| Failure::file("read", path, error);
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed)?,
    };
    let metadata = file.metadata().map_err(failed)?;
    check(&metadata, path)?;
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(metadata.len().min(LIMIT)).unwrap_or(0) + 1));
    file.take(LIMIT).read_to_string(&mut text).map_err(failed)?;
    Ok(Some(text))
}

#[cfg(unix)]
fn check(metadata: &std::fs::Metadata, path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt;

    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != user && owner != 0 {
        return Err(Failure::ForeignOwner { path: path.to_owned(), owner });
    }
    match metadata.mode() & 0o777 {
        mode if mode & 0o022 != 0 => Err(Failure::Writable { path: path.to_owned(), mode }),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn check(_: &std::fs::Metadata, _: &Path) -> Result<(), Failure> {
    Ok(())
}
