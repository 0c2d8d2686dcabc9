//! Nothing but what the three logins have in common: what is built is what the chosen feature needs.

use std::error::Error;

/// Issuer, client id and redirect URI, from the command line.
///
/// # Errors
/// How the program is called, when it was called otherwise.
pub fn arguments() -> Result<[String; 3], Box<dyn Error>> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    given.try_into().map_err(|_| "called with ISSUER CLIENT_ID REDIRECT_URI".into())
}

/// The URL to which the browser came back, from a line of standard input.
///
/// # Errors
/// When there is no line.
pub fn callback(url: &dyn std::fmt::Display) -> Result<String, Box<dyn Error>> {
    println!("open {url}\nand enter the address to which it leads:");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}
