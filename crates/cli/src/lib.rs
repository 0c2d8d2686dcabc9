#![doc = include_str!("../README.md")]

mod arguments;
mod client;
mod config;
mod context;
mod device;
mod error;
mod file;
mod git;
mod kubectl;
mod login;
mod logout;
mod output;
mod status;
mod token;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use proofkey_native::{FileStore, KeyringStore};

use arguments::{Arguments, Command};
use context::Context;
use error::Failure;

/// Opens the keyring beside the files in which tokens are kept without one.
pub type OpenKeyring = fn(FileStore) -> KeyringStore;

/// Runs the program, which keeps tokens in files.
#[must_use]
pub fn main() -> ExitCode {
    main_with(None)
}

/// Runs the program, which keeps tokens in a keyring unless a profile says `store = "file"`.
#[must_use]
pub fn main_with_keyring(open: OpenKeyring) -> ExitCode {
    main_with(Some(open))
}

fn main_with(keyring: Option<OpenKeyring>) -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    let (json, profile) = (arguments.shared.json, arguments.shared.profile.clone());
    match run(arguments, keyring) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::failure(&failure, profile.as_deref(), json);
            failure.exit_code().into()
        }
    }
}

/// What is wrong with the arguments, or the help that they ask for.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() || std::env::args_os().all(|argument| argument != "--json") {
        error.exit();
    }
    let text = error.render().to_string();
    let failure = Failure::Usage(text.strip_prefix("error: ").unwrap_or(&text).trim_end().into());
    output::failure(&failure, None, true);
    failure.exit_code().into()
}

fn run(arguments: Arguments, keyring: Option<OpenKeyring>) -> Result<(), Failure> {
    let Arguments { shared, command } = arguments;
    match command {
        Command::Completions { shell } => return completions(shell),
        Command::Man { directory } => return man(directory.as_deref()),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::runtime)?;
    runtime.block_on(async {
        let mut context = Context::new(shared, keyring)?;
        match command {
            Command::Login(arguments) => login::run(&mut context, &arguments).await,
            Command::Token(arguments) => token::run(&context, &arguments).await,
            Command::Whoami => status::whoami(&context).await,
            Command::Status { all } => status::run(&context, all).await,
            Command::Logout { local } => logout::run(&context, local).await,
            Command::GitCredential { operation } => git::run(&mut context, operation).await,
            Command::KubectlCredential { access_token } => kubectl::run(&context, access_token).await,
            Command::Completions { .. } | Command::Man { .. } => Ok(()),
        }
    })
}

fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "proofkey", &mut text);
    output::bytes(&text)
}

fn man(directory: Option<&std::path::Path>) -> Result<(), Failure> {
    if let Some(directory) = directory {
        return clap_mangen::generate_to(Arguments::command(), directory)
            .map_err(|error| Failure::file("write the manual pages to", directory, error));
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut text).map_err(Failure::output)?;
    output::bytes(&text)
}
