//! `proofkey login`.

use std::io::IsTerminal;
use std::thread;

use proofkey::authorize::AuthorizationServer;
use proofkey::http::Uri;
use proofkey_native::{CallbackHandle, Credentials, Opened, Receiver, open_browser_without};

use crate::arguments::Login as Arguments;
use crate::client::Client;
use crate::config::{self, Grant, Profile};
use crate::context::{CLIENT_SECRET, Context};
use crate::device;
use crate::error::Failure;
use crate::output::{self, note, plain, strong};

pub(crate) async fn run(context: &mut Context, arguments: &Arguments) -> Result<(), Failure> {
    let is_new = prepare(context, arguments)?;
    // A pasted callback is read from there.
    context.is_input_taken = arguments.no_browser;
    let client = context.user_client()?;
    // A store that cannot be used is found before the user logs in.
    let session = context.session_of(&context.name, client.clone())?;
    session.subjects().await?;
    let server = client.discovery().run(&client.http).await?;
    if is_new {
        config::add(&context.path, &context.name, &client.profile)?;
        note(&format!("Profile {} added to {}.", context.name, context.path.display()));
    }
    let credentials = if client.profile.grant == Grant::Device || arguments.device {
        device::log_in(&client, server).await?
    } else {
        log_in(&client, server, arguments.no_browser).await?
    };
    let subject = credentials.subject().map(str::to_owned);
    session.sign_in(credentials).await?;
    match &subject {
        Some(subject) => note(&format!("Logged in as {} at {}.", plain(subject), client.profile.issuer)),
        None => note(&format!("Logged in at {}.", client.profile.issuer)),
    }
    note(&format!("The tokens are in {}.", session.store()));
    if context.shared.json {
        let issuer = &client.profile.issuer;
        output::json(&serde_json::json!({ "profile": context.name, "issuer": issuer, "subject": subject }))?;
    }
    Ok(())
}

/// Applies the arguments to the profile. Returns whether it is a new one.
fn prepare(context: &mut Context, arguments: &Arguments) -> Result<bool, Failure> {
    let (issuer, client_id) = (&arguments.issuer, &arguments.client_id);
    if let Some(profile) = context.config.profiles.get_mut(&context.name) {
        let differs = |named: &Option<String>, known: &str| named.as_ref().is_some_and(|named| named != known);
        if differs(issuer, &profile.issuer) || differs(client_id, &profile.client_id) {
            return Err(Failure::Usage(format!(
                "the profile {} belongs to client {:?} at {}: choose another profile with --profile, or edit {}",
                context.name,
                profile.client_id,
                profile.issuer,
                context.path.display()
            )));
        }
        profile.scope = arguments.scope.clone().or(profile.scope.take());
        return Ok(false);
    }
    let Some((issuer, client_id)) = issuer.clone().zip(client_id.clone()) else {
        return context.profile().map(|_| false);
    };
    let secret = context.shared.client_secret_file.clone().filter(|path| path.as_os_str() != "-");
    let profile = Profile {
        scope: arguments.scope.clone(),
        grant: if arguments.device { Grant::Device } else { Grant::Browser },
        client_secret_file: secret.map(|path| std::path::absolute(&path).unwrap_or(path)),
        ..Profile::new(issuer, client_id)
    };
    context.config.profiles.insert(context.name.clone(), profile);
    Ok(true)
}

async fn log_in(client: &Client, server: AuthorizationServer, no_browser: bool) -> Result<Credentials, Failure> {
    let profile = &client.profile;
    let has_device = server.device_authorization_endpoint().is_some();
    let mut builder = Receiver::builder().host(profile.host.into()).path(&profile.path);
    if !profile.ports.is_empty() {
        builder = builder.ports(profile.ports.iter().copied());
    }
    // Before the browser opens, so that no other program can take the port.
    let receiver = builder.bind()?;
    let login = client.login(server, receiver.redirect_uri().as_str())?;
    let mut request = if profile.is_login() { login.request() } else { login.authorization() }.scope(profile.scope());
    for resource in &profile.resources {
        request = request.resource(resource);
    }
    for (name, value) in &profile.parameters {
        request = request.parameter(name, value);
    }
    let (url, pending) = request.start(&client.http).await?.into_parts();

    let opened = if no_browser { Opened::NotAsked } else { open_browser_without(&url, &[CLIENT_SECRET]) };
    let reads = no_browser || std::io::stdin().is_terminal();
    announce(&url, &opened, receiver.redirect_uri().as_str(), reads, has_device);
    if reads {
        read_callbacks(receiver.handle());
    }
    let callback = receiver.callback(&pending).await?;
    let result = match login.receive(pending, callback) {
        Ok(grant) if profile.is_login() => login.finish(&client.http, grant).await.map(Credentials::from),
        Ok(grant) => login.exchange(&client.http, grant).await.map(Credentials::from),
        Err(error) => Err(error),
    };
    receiver.close(&result).await;
    Ok(result?)
}

/// Shows where to log in. The device grant is offered and never chosen: its code can be that of an attacker's device, and
/// so it is for where no browser can come back (RFC 10027 section 5).
fn announce(url: &str, opened: &Opened, redirect_uri: &str, reads: bool, has_device: bool) {
    let port = redirect_uri.parse().ok().and_then(|uri: Uri| uri.port_u16()).unwrap_or_default();
    let has_no_browser = match opened {
        Opened::Browser => {
            note("Your browser opens this page to log in:");
            false
        }
        Opened::Failed(error) => {
            note(&format!("No browser could be started ({error}). Open this page to log in:"));
            true
        }
        Opened::NotAsked => {
            note("Open this page in a browser to log in:");
            true
        }
        _ => {
            note("No browser is available on this machine. Open this page in a browser to log in:");
            true
        }
    };
    note(&format!("\n  {}\n", strong(url)));
    if has_no_browser {
        note(&format!(
            "If that browser is on another machine, the final redirect fails to load there.\nForward port {port} to this \
             machine, for instance by `ssh -L {port}:127.0.0.1:{port} HOST`."
        ));
    }
    if reads {
        note("Or copy the address of that redirect, which begins with http, paste it here, and press Enter.");
    } else if has_no_browser {
        note("Or run `proofkey login --no-browser`, which lets you paste the address of that redirect.");
    }
    if has_no_browser && has_device {
        note("Or run `proofkey login --device`, which needs no redirect to this machine.");
    }
}

/// Reads pasted callbacks. The thread ends with the program.
fn read_callbacks(handle: CallbackHandle) {
    thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            match line.trim() {
                "" => {}
                line if handle.submit(line) => break,
                _ => note("This is not the address to which this login returns. Copy the whole address."),
            }
        }
    });
}
