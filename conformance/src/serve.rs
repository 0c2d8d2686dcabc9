//! `serve`: the authorization server that misbehaves, as a program. `SERVE.md` documents it for its users.

mod control;
mod page;
mod tenant;

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use lexopt::prelude::*;
use proofkey_authority::{Lie, Setup};
use serde_json::json;

use self::tenant::{Plan, Tenants};
use crate::output::print;

const HELP: &str = "\
The authorization server of the suite, for your own tests: honest, or with one lie. It listens on loopback only.

  proofkey-conformance serve [--lie FILE|CASE] [--port N] [--control PORT] [--https] [--json] [--with-parent]

  --lie FILE|CASE     make the first tenant tell the lie in this JSON file, or that of this case
  --port N            the port of the first tenant; by default a free one
  --control PORT      the port of the control interface and the page; by default a free one
  --https             make the first tenant use https; the certificate to trust is in ca_pem
  --json              print one line of JSON and nothing else
  --with-parent       end when standard input is closed

conformance/SERVE.md describes the control interface.
";

struct Call {
    lie: Option<String>,
    port: u16,
    control: u16,
    https: bool,
    json: bool,
    with_parent: bool,
}

/// Serves until Ctrl-C, or until the parent is gone, and gives the exit code.
pub(crate) async fn main(arguments: &[String]) -> u8 {
    let call = match parse(arguments) {
        Ok(Some(call)) => call,
        Ok(None) => return print(HELP),
        Err(error) => {
            eprintln!("{error}; see serve --help");
            return 64;
        }
    };
    let mut plan = match call.lie.as_deref().map_or_else(|| Ok(Plan::honest()), plan_of) {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!("--lie: {error}");
            return 64;
        }
    };
    plan.setup.https |= call.https;
    match serve(&call, plan).await {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{error}");
            2
        }
    }
}

fn parse(arguments: &[String]) -> Result<Option<Call>, lexopt::Error> {
    let mut call = Call { lie: None, port: 0, control: 0, https: false, json: false, with_parent: false };
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("lie") => call.lie = Some(parser.value()?.string()?),
            Long("port") => call.port = parser.value()?.parse()?,
            Long("control") => call.control = parser.value()?.parse()?,
            Long("https") => call.https = true,
            Long("json") => call.json = true,
            Long("with-parent") => call.with_parent = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(call))
}

/// What `--lie` names: a case, or a file with a lie.
fn plan_of(name: &str) -> Result<Plan, String> {
    if let Some(plan) = Plan::of_case(name) {
        return Ok(plan);
    }
    if !Path::new(name).is_file() {
        return Err(format!("{name:?} is neither a case nor a file"));
    }
    let text = std::fs::read_to_string(name).map_err(|error| format!("{name} cannot be read: {error}"))?;
    let lie: Lie = serde_json::from_str(&text).map_err(|error| format!("{name} is not a lie: {error}"))?;
    Ok(Plan::of(Setup { lie: Some(lie), ..Setup::honest() }))
}

async fn serve(call: &Call, plan: Plan) -> Result<(), String> {
    let listen = |port| {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .map_err(|error| format!("port {port} cannot be listened on: {error}"))
    };
    let tenants = Arc::new(Tenants::default());
    let first = tenants.start(plan, Some(listen(call.port)?)).await?;
    let socket = listen(call.control)?;
    let port = socket.local_addr().map_err(|error| error.to_string())?.port();
    let control = format!("http://127.0.0.1:{port}");
    let served = tokio::spawn(control::serve(socket, tenants.clone(), control.clone()));

    let description = first.description(&control).await;
    let shown = if call.json {
        json!({"control": control, "tenant": description, "ca_pem": proofkey_authority::ca_pem()}).to_string() + "\n"
    } else {
        text(&control, &description)
    };
    print(&shown);

    let with_parent = call.with_parent;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
        () = parent_is_gone(), if with_parent => {}
        ended = served => return Err(format!("the control interface ended: {ended:?}")),
    }
    tenants.stop_all().await;
    Ok(())
}

fn text(control: &str, tenant: &serde_json::Value) -> String {
    let word = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut text = format!("page and control   {control}/\nissuer             {}\n", word(&tenant["issuer"]));
    for (name, url) in tenant["endpoints"].as_object().into_iter().flatten() {
        text += &format!("{name:18} {}\n", word(url));
    }
    for client in tenant["clients"].as_array().into_iter().flatten() {
        let secret = if client["secret"].is_null() { String::new() } else { format!(", secret {}", client["secret"]) };
        text += &format!("client             {} ({}{secret})\n", client["id"], word(&client["auth"]));
    }
    for user in tenant["users"].as_array().into_iter().flatten() {
        text += &format!(
            "user               {} {} password {}\n",
            word(&user["sub"]),
            word(&user["email"]),
            user["password"]
        );
    }
    match &tenant["lie"] {
        lie if lie.is_null() => text + "It is honest. Ctrl-C ends it.\n",
        lie => text + &format!("It tells the lie {lie}\nCtrl-C ends it.\n"),
    }
}

/// Waits until standard input is at its end.
///
/// A thread of its own reads it: the runtime would wait for a blocked read at the end.
async fn parent_is_gone() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = sender.send(());
    });
    let _ = receiver.await;
}

async fn terminated() {
    #[cfg(unix)]
    if let Ok(mut term) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        term.recv().await;
        return;
    }
    std::future::pending::<()>().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lie_of_the_documentation_is_one() {
        let lies = include_str!("../SERVE.md").split("## Lies").nth(1).and_then(|rest| rest.split("```").nth(1));
        let lies: Vec<&str> = lies.into_iter().flat_map(str::lines).filter(|line| line.starts_with('{')).collect();
        assert!(lies.len() >= 8, "{lies:?}");
        for lie in lies {
            assert!(serde_json::from_str::<Lie>(lie).is_ok(), "{lie}: {:?}", serde_json::from_str::<Lie>(lie).err());
        }
    }

    #[test]
    fn each_lie_of_a_case_can_be_read_back() {
        for lie in crate::cases::all().into_iter().filter_map(|case| case.setup.lie) {
            let text = serde_json::to_string(&lie).unwrap();
            assert_eq!(serde_json::from_str::<Lie>(&text).ok(), Some(lie), "{text}");
        }
    }
}
