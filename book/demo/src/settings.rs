//! What the demo is started with.

use crate::start_error::StartError;

const DEFAULT_PORT: u16 = 8091;

/// Where it listens, and whom the app trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The port on loopback; 0 for a free one.
    pub port: u16,
    /// A real authorization server in place of the one on this machine.
    pub tenant: Option<Tenant>,
}

/// The app's place at a real authorization server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// The issuer, byte for byte as it announces itself: at Auth0 with a slash at its end.
    pub issuer: String,
    /// The app's `client_id` there.
    pub client_id: String,
    /// Where it sends people back: http on this machine, with the port that is listened on.
    pub redirect_uri: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { port: DEFAULT_PORT, tenant: None }
    }
}

impl Settings {
    /// Reads the arguments `--port N`, and the variables `PROOFKEY_ISSUER`, `PROOFKEY_CLIENT_ID` and
    /// `PROOFKEY_REDIRECT_URI` by `variable`. An empty variable counts as none.
    ///
    /// # Errors
    ///
    /// [`StartError::Usage`] for an argument that is not known, a variable without the others, a redirect URI that
    /// does not lead here, or one whose port is not the one of `--port`.
    pub fn read(arguments: &[String], variable: impl Fn(&str) -> Option<String>) -> Result<Self, StartError> {
        let asked = port(arguments)?;
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let (issuer, client_id) = (variable("PROOFKEY_ISSUER"), variable("PROOFKEY_CLIENT_ID"));
        let redirect_uri = variable("PROOFKEY_REDIRECT_URI");
        let (issuer, client_id) = match (issuer, client_id) {
            (Some(issuer), Some(client_id)) => (issuer, client_id),
            (None, None) if redirect_uri.is_none() => {
                return Ok(Self { port: asked.unwrap_or(DEFAULT_PORT), tenant: None });
            }
            (None, _) => return usage("PROOFKEY_ISSUER is missing: a tenant needs it and PROOFKEY_CLIENT_ID"),
            (_, None) => return usage("PROOFKEY_CLIENT_ID is missing: a tenant needs it and PROOFKEY_ISSUER"),
        };
        let default = || format!("http://localhost:{}/callback", asked.unwrap_or(DEFAULT_PORT));
        let redirect_uri = redirect_uri.unwrap_or_else(default);
        let (port, _) = parts(&redirect_uri)?;
        if let Some(asked) = asked.filter(|asked| *asked != port) {
            return usage(&format!(
                "PROOFKEY_REDIRECT_URI leads to port {port} and --port says {asked}: people would not come back here"
            ));
        }
        Ok(Self { port, tenant: Some(Tenant { issuer, client_id, redirect_uri }) })
    }
}

fn port(arguments: &[String]) -> Result<Option<u16>, StartError> {
    let mut port = None;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let value = match argument.strip_prefix("--port") {
            Some("") => arguments.next().map(String::as_str).unwrap_or_default(),
            Some(value) if value.starts_with('=') => value.trim_start_matches('='),
            _ => return usage(&format!("unknown argument `{argument}`; `--help` says what is known")),
        };
        match value.parse() {
            Ok(number) => port = Some(number),
            Err(_) => return usage("`--port` needs a number from 0 to 65535"),
        }
    }
    Ok(port)
}

/// Port and path of a redirect URI that leads to this machine.
pub(crate) fn parts(redirect_uri: &str) -> Result<(u16, String), StartError> {
    let found = ["localhost", "127.0.0.1", "[::1]"].into_iter().find_map(|host| {
        let (port, path) =
            redirect_uri.strip_prefix("http://")?.strip_prefix(host)?.strip_prefix(':')?.split_once('/')?;
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._/".contains(letter);
        let path = Some(format!("/{path}")).filter(|path| path.chars().all(plain))?;
        if TAKEN.contains(&path.as_str()) || path.starts_with("/assets/") || path.starts_with("/live/") {
            return None;
        }
        Some((port.parse().ok()?, path))
    });
    found.ok_or_else(|| {
        StartError::Usage(
            "PROOFKEY_REDIRECT_URI must lead to a page of this demo that is still free, such as \
             http://localhost:8091/callback"
                .into(),
        )
    })
}

/// The demo's own pages.
const TAKEN: [&str; 7] = ["/", "/login", "/logout", "/goodbye", "/api", "/live", "/attacks"];

fn usage<T>(message: &str) -> Result<T, StartError> {
    Err(StartError::Usage(message.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Settings, String> {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let variable =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Settings::read(&arguments, variable).map_err(|error| {
            assert_eq!(error.code(), "usage");
            error.to_string()
        })
    }

    const ISSUER: (&str, &str) = ("PROOFKEY_ISSUER", "https://tenant.example/");
    const CLIENT: (&str, &str) = ("PROOFKEY_CLIENT_ID", "abc");

    #[test]
    fn arguments_and_variables_are_read() {
        assert_eq!(read(&[], &[]), Ok(Settings::default()));
        assert_eq!(read(&["--port", "9000"], &[]).unwrap().port, 9000);
        assert_eq!(read(&["--port=0"], &[("PROOFKEY_ISSUER", "")]).unwrap(), Settings { port: 0, tenant: None });
        let settings = read(&[], &[ISSUER, CLIENT, ("PROOFKEY_REDIRECT_URI", "http://127.0.0.1:8089/cb")]).unwrap();
        assert_eq!(settings.port, 8089);
        assert_eq!(settings.tenant.unwrap().redirect_uri, "http://127.0.0.1:8089/cb");
        let settings = read(&["--port", "9001"], &[ISSUER, CLIENT]).unwrap();
        assert_eq!(settings.tenant.unwrap().redirect_uri, "http://localhost:9001/callback");
    }

    #[test]
    fn what_cannot_work_is_said_before_anything_starts() {
        for (arguments, variables, said) in [
            (&["--port"][..], &[][..], "needs a number"),
            (&["--port", "65536"], &[], "needs a number"),
            (&["--open"], &[], "unknown argument `--open`"),
            (&[], &[ISSUER], "PROOFKEY_CLIENT_ID is missing"),
            (&[], &[CLIENT], "PROOFKEY_ISSUER is missing"),
            (&[], &[("PROOFKEY_REDIRECT_URI", "http://localhost:8091/callback")], "PROOFKEY_ISSUER is missing"),
        ] {
            let error = read(arguments, variables).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
        for uri in [
            "https://localhost:8091/callback",
            "http://localhost/callback",
            "http://localhost.example:8091/callback",
            "http://10.0.0.1:8091/callback",
            "http://localhost:8091/login",
            "http://localhost:8091/assets/demo.js",
            "http://localhost:8091/",
            "http://localhost:8091/{x}",
            "http://localhost:8091/callback?a=b",
            "http://localhost:99999/callback",
        ] {
            let error = read(&[], &[ISSUER, CLIENT, ("PROOFKEY_REDIRECT_URI", uri)]).unwrap_err();
            assert!(error.contains("must lead to a page of this demo"), "{uri}: {error}");
        }
        let other = ("PROOFKEY_REDIRECT_URI", "http://localhost:8089/callback");
        let error = read(&["--port", "8091"], &[ISSUER, CLIENT, other]).unwrap_err();
        assert!(error.contains("8089") && error.contains("8091"), "{error}");
    }
}
