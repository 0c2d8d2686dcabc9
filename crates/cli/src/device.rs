//! The device grant: the user enters a code on another device (RFC 8628).

use std::io::IsTerminal;

use proofkey::DeviceLogin;
use proofkey::authorize::AuthorizationServer;
use proofkey_native::Credentials;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

use crate::client::Client;
use crate::error::Failure;
use crate::output::{note, strong};

pub(crate) async fn log_in(client: &Client, server: AuthorizationServer) -> Result<Credentials, Failure> {
    let profile = &client.profile;
    // No browser comes back to a device.
    let login = client.login(server, "http://127.0.0.1/callback")?;
    let mut request = login.device().scope(profile.scope());
    for resource in &profile.resources {
        request = request.resource(resource);
    }
    for (name, value) in &profile.parameters {
        request = request.parameter(name, value);
    }
    let mut device = request.start(&client.http).await?;
    show(&device);
    Ok(if profile.is_login() {
        device.finish(&client.http, tokio::time::sleep).await?.into()
    } else {
        device.exchange(&client.http, tokio::time::sleep).await?.into()
    })
}

/// Shows the code and the address; as a picture, too, on a terminal. The code stands beside it, for the user to compare.
fn show(device: &DeviceLogin<'_>) {
    note(&format!(
        "Open this page on any device, and enter the code. Enter it only because you began this login yourself.\n\n  \
         page  {}\n  code  {}\n",
        strong(device.verification_uri()),
        strong(device.user_code())
    ));
    if !std::io::stderr().is_terminal() {
        return;
    }
    if let Some(Ok(code)) = device.verification_uri_complete().map(QrCode::new) {
        note(&code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build());
    }
    note("Waiting until the code is entered. Press Ctrl-C to give up.");
}
