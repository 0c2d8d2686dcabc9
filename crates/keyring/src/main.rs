//! The program `proofkey`, which keeps its tokens in the keyring of the operating system.

use std::process::ExitCode;

use proofkey_keyring::PlatformKeyring;
use proofkey_native::KeyringStore;

fn main() -> ExitCode {
    proofkey_cli::main_with_keyring(|files| KeyringStore::new(PlatformKeyring::new("proofkey"), files))
}
