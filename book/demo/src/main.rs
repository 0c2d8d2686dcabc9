//! `proofkey-demo [--port N]`: the demo on this machine, until it is stopped.

use std::process::ExitCode;

use proofkey_demo::{Demo, Settings, StartError};

const HELP: &str = "\
proofkey-demo [--port N]

An app to log in to, the 20 steps of a login as they happen, and eight attacks,
at http://localhost:8091 or at another port of this machine.

With PROOFKEY_ISSUER and PROOFKEY_CLIENT_ID set, the app is the client of that
tenant instead of the server on this machine. PROOFKEY_REDIRECT_URI is where
the tenant sends people back, http://localhost:8091/callback unless set.
";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match start(&arguments).await {
        Ok(demo) => {
            println!("the demo is at {}, on this machine only; its app trusts {}", demo.origin(), demo.issuer());
            if demo.has_stand_ins() {
                println!("sign in as user@gmail.com with the password `google horse`, or as the page says");
            }
            demo.run().await;
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

async fn start(arguments: &[String]) -> Result<Demo, StartError> {
    let settings = Settings::read(arguments, |name| std::env::var(name).ok())?;
    Demo::start(settings).await
}
