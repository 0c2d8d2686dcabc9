//! The command line.

use std::path::PathBuf;

/// What the caller wants.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The folder of `book.toml`.
    pub(crate) book: PathBuf,
    /// Where the pages go. The API documentation stands beside it, in `doc`.
    pub(crate) to: PathBuf,
    /// Whether to serve it, and on which port of loopback.
    pub(crate) serve: Option<u16>,
    /// Whether to open a browser.
    pub(crate) open: bool,
}

impl Call {
    /// Reads `--book DIR --to DIR [--open] [--serve PORT]`.
    pub(crate) fn of(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut call = Self { book: PathBuf::new(), to: PathBuf::new(), serve: None, open: false };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--book" => call.book = value()?.into(),
                "--to" => call.to = value()?.into(),
                "--open" => call.open = true,
                "--serve" => {
                    let port = value()?;
                    call.serve = Some(port.parse().map_err(|_| format!("--serve needs a port, not `{port}`"))?);
                }
                _ => return Err(format!("unknown argument `{argument}`")),
            }
        }
        if call.book.as_os_str().is_empty() || call.to.as_os_str().is_empty() {
            return Err("both --book and --to are needed; `cargo xtask book` gives them".into());
        }
        Ok(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Result<Call, String> {
        Call::of(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn a_call_is_read() {
        let read = call("--book b --to t --serve 3000 --open").unwrap();
        assert_eq!(read, Call { book: "b".into(), to: "t".into(), serve: Some(3000), open: true });
        assert_eq!(call("--to t --book b").unwrap().serve, None);
    }

    #[test]
    fn a_wrong_call_is_named() {
        for (line, said) in [
            ("--book b", "both"),
            ("--book b --to", "--to needs a value"),
            ("--book b --to t --serve all", "not `all`"),
            ("--book b --to t --serve 70000", "not `70000`"),
            ("--book b --to t more", "unknown argument `more`"),
        ] {
            assert!(call(line).unwrap_err().contains(said), "{line}");
        }
    }
}
