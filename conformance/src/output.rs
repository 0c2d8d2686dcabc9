//! Standard output.

use std::io::Write as _;

/// Writes to standard output. A reader that has seen enough, such as `head`, is not an error.
pub(crate) fn print(text: &str) -> u8 {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            eprintln!("standard output cannot be written: {error}");
            2
        }
        _ => 0,
    }
}
