//! Programs that a task needs beside cargo: installed by cargo when they can be, named when they cannot.

use std::path::PathBuf;
use std::process::Command;

use crate::failure::Failure;
use crate::{process, workspace};

/// A program that cargo installs from its registry, at one version: `target/tools` keeps what was installed once.
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

impl Tool {
    /// Where the program is. Installs it before, when it is not there yet.
    pub(crate) fn program(&self) -> Result<PathBuf, Failure> {
        let folder = workspace::root().join("target").join("tools").join(format!("{}-{}", self.name, self.version));
        let program = folder.join("bin").join(self.name).with_extension(std::env::consts::EXE_EXTENSION);
        if !program.is_file() {
            // Unoptimised: these programs wait for others, and are built in half the time.
            let mut install = process::cargo("install --locked --debug --quiet --root");
            process::run(install.arg(&folder).arg(format!("{}@={}", self.name, self.version)))?;
        }
        Ok(program)
    }

    /// The cargo subcommand that the program is: `cargo-hack` is called as `cargo-hack hack`.
    pub(crate) fn subcommand(&self) -> Result<Command, Failure> {
        let mut command = Command::new(self.program()?);
        command.arg(self.name.trim_start_matches("cargo-")).current_dir(workspace::root());
        Ok(command)
    }
}

/// Fails unless this program starts, and says which of Debian's packages has it.
pub(crate) fn needs(program: &str, package: &str) -> Result<(), Failure> {
    if process::succeeds(Command::new(program).arg("--version")) {
        return Ok(());
    }
    Err(Failure::SetUp(format!("`{program}` is missing; Debian has it in the package `{package}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_package() {
        assert!(needs("rustc", "rustc").is_ok());
        let failure = needs("no-such-program", "some-package").unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.message().unwrap().contains("package `some-package`"), "{failure:?}");
    }
}
