//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

const AFTER_HELP: &str = "\
Exit codes:
  0  done
  1  refused: by the authorization server, by the user, or by a check
  2  usage: the arguments, the configuration or the client secret cannot be used
  3  login required: run `proofkey login`
  4  network: no usable answer; try again later
  5  this machine: a file, the token store, a port or the output failed

Results go to standard output, and all messages to standard error.";

/// Logs you in at an OAuth 2.0 or OpenID Connect server, and hands out valid access tokens.
#[derive(Debug, Parser)]
#[command(name = "proofkey", version, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Shared {
    /// The profile to use [default: `default` of the configuration, or its only profile]
    #[arg(long, short, global = true, env = "PROOFKEY_PROFILE", value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The configuration file [default: proofkey/config.toml in the user's configuration directory]
    #[arg(long, global = true, env = "PROOFKEY_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// File with the client secret, or `-` for standard input; overrides PROOFKEY_CLIENT_SECRET
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// Print JSON: the result to standard output, an error to standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Log in with the browser, a pasted callback or a code
    Login(Login),
    /// Print an access token that is valid, refreshed if necessary
    Token(Token),
    /// Print the logged-in user, without a request
    Whoami,
    /// Show the profile and its tokens, without a request and without secrets
    Status {
        /// Show every profile
        #[arg(long)]
        all: bool,
    },
    /// Revoke the tokens and remove them from this machine
    Logout {
        /// Only remove them: they stay valid until they expire
        #[arg(long)]
        local: bool,
    },
    /// Act as a credential helper of git, for the hosts that a profile lists
    GitCredential {
        /// What git asks for
        operation: GitOperation,
    },
    /// Act as a credential plugin of kubectl: print the ID token as an ExecCredential
    KubectlCredential {
        /// Print the access token instead of the ID token
        #[arg(long)]
        access_token: bool,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man {
        /// Write a page for each command into this directory instead
        directory: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// The issuer, as its metadata has it; needed once for each profile
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// The client identifier; needed once for each profile
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// The scope, separated by spaces; without `openid` the login does not identify the user
    #[arg(long)]
    pub(crate) scope: Option<String>,
    /// Do not open a browser: print the address, and read the callback address from standard input
    #[arg(long, conflicts_with = "device")]
    pub(crate) no_browser: bool,
    /// Log in with a code on another device, where no browser can reach this machine
    #[arg(long)]
    pub(crate) device: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Token {
    /// Minimum remaining lifetime of the token, such as 10m
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) valid_for: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GitOperation {
    /// A credential for a host
    Get,
    /// Nothing: tokens are stored by `proofkey login`
    Store,
    /// A credential that was refused: get another token
    Erase,
}
