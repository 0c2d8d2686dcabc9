//! The profiles: which client at which issuer, and how its users log in.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use proofkey::authorize::{Compat, DiscoveryPath, Tenancy};
use proofkey_native::LoopbackHost;
use serde::Deserialize;
use toml_edit::{DocumentMut, Item, Table, TomlError, value};

use crate::error::Failure;
use crate::file;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    #[serde(default)]
    pub(crate) default: Option<String>,
    #[serde(default)]
    pub(crate) profiles: BTreeMap<String, Profile>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) scope: Option<String>,
    #[serde(default)]
    pub(crate) grant: Grant,
    #[serde(default)]
    pub(crate) provider: Provider,
    #[serde(default)]
    pub(crate) discovery: MetadataPath,
    #[serde(default)]
    pub(crate) resources: Vec<String>,
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) ports: Vec<u16>,
    #[serde(default)]
    pub(crate) host: Host,
    #[serde(default = "default_path")]
    pub(crate) path: String,
    pub(crate) client_secret_file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) id_token_algorithms: Vec<String>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) https_proxy: Option<String>,
    #[serde(default)]
    pub(crate) git_hosts: Vec<String>,
    pub(crate) store: Option<Store>,
}

/// The grant that obtains tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Grant {
    #[default]
    Browser,
    Device,
    ClientCredentials,
}

/// Where tokens are kept.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Store {
    Keyring,
    File,
}

/// Whose deviations are tolerated.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Provider {
    #[default]
    Strict,
    Auth0,
    Google,
    Github,
    Entra,
    Okta,
    Keycloak,
    Apple,
    Cognito,
    Adfs,
    Zitadel,
    Authentik,
}

impl Provider {
    pub(crate) fn compat(self) -> Compat {
        match self {
            Self::Strict => Compat::strict(),
            Self::Auth0 => Compat::auth0(),
            Self::Google => Compat::google(),
            Self::Github => Compat::github(),
            Self::Entra => Compat::entra(Tenancy::AnyOrganisation),
            Self::Okta => Compat::okta(),
            Self::Keycloak => Compat::keycloak(),
            Self::Apple => Compat::apple(),
            Self::Cognito => Compat::cognito(),
            Self::Adfs => Compat::adfs(),
            Self::Zitadel => Compat::zitadel(),
            Self::Authentik => Compat::authentik(),
        }
    }
}

/// Where the metadata is.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MetadataPath {
    #[default]
    Openid,
    Oauth,
}

impl From<MetadataPath> for DiscoveryPath {
    fn from(path: MetadataPath) -> Self {
        match path {
            MetadataPath::Openid => Self::OpenIdConnect,
            MetadataPath::Oauth => Self::OAuth,
        }
    }
}

/// The host of the redirect URI.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) enum Host {
    #[default]
    #[serde(rename = "127.0.0.1")]
    Ipv4,
    #[serde(rename = "[::1]")]
    Ipv6,
    #[serde(rename = "localhost")]
    Localhost,
}

impl From<Host> for LoopbackHost {
    fn from(host: Host) -> Self {
        match host {
            Host::Ipv4 => Self::Ipv4,
            Host::Ipv6 => Self::Ipv6,
            Host::Localhost => Self::Localhost,
        }
    }
}

/// The identity, and a refresh token so that the login outlives the program.
const LOGIN_SCOPE: &str = "openid profile email offline_access";

fn default_path() -> String {
    "/callback".into()
}

impl Profile {
    pub(crate) fn new(issuer: String, client_id: String) -> Self {
        Self {
            issuer,
            client_id,
            scope: None,
            grant: Grant::default(),
            provider: Provider::default(),
            discovery: MetadataPath::default(),
            resources: Vec::new(),
            parameters: BTreeMap::new(),
            ports: Vec::new(),
            host: Host::default(),
            path: default_path(),
            client_secret_file: None,
            id_token_algorithms: Vec::new(),
            ca_file: None,
            https_proxy: None,
            git_hosts: Vec::new(),
            store: None,
        }
    }

    pub(crate) fn scope(&self) -> &str {
        let default = if self.grant == Grant::ClientCredentials { "" } else { LOGIN_SCOPE };
        self.scope.as_deref().unwrap_or(default)
    }

    /// Whether a login ends with an identity.
    pub(crate) fn is_login(&self) -> bool {
        self.scope().split(' ').any(|token| token == "openid")
    }
}

/// `proofkey/config.toml` where the platform wants the configuration of a program.
pub(crate) fn default_path_of_file() -> Result<PathBuf, Failure> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let below_home = |path| std::env::home_dir().filter(|home| home.is_absolute()).map(|home| home.join(path));
    let directory = if cfg!(windows) {
        absolute("APPDATA")
    } else if cfg!(target_os = "macos") {
        below_home("Library/Application Support")
    } else {
        absolute("XDG_CONFIG_HOME").or_else(|| below_home(".config"))
    };
    let none = || Failure::Usage("the environment names no home directory: name the file with --config".into());
    Ok(directory.ok_or_else(none)?.join("proofkey").join("config.toml"))
}

/// Reads the configuration. There is none before the first login.
pub(crate) fn read(path: &Path) -> Result<Config, Failure> {
    let Some(text) = file::read(path)? else { return Ok(Config::default()) };
    let mut config: Config =
        toml_edit::de::from_str(&text).map_err(|error| malformed(path, &text, &TomlError::from(error)))?;
    if let Some(name) = config.profiles.keys().find(|name| !is_name(name)) {
        return Err(Failure::Config { path: path.to_owned(), problem: bad_name(name) });
    }
    // A file is looked for beside the configuration, wherever the program runs.
    let directory = path.parent().unwrap_or(path);
    for profile in config.profiles.values_mut() {
        for file in [&mut profile.client_secret_file, &mut profile.ca_file].into_iter().flatten() {
            *file = directory.join(&*file);
        }
    }
    Ok(config)
}

/// What is wrong, and in which line. The line itself is not quoted: it can hold a secret that does not belong there.
fn malformed(path: &Path, text: &str, error: &TomlError) -> Failure {
    let before = error.span().and_then(|span| text.as_bytes().get(..span.start));
    let line = before.map(|before| format!("line {}: ", before.iter().filter(|byte| **byte == b'\n').count() + 1));
    let problem = format!("{}{}", line.unwrap_or_default(), error.message());
    Failure::Config { path: path.to_owned(), problem }
}

/// A name is that of a directory, too, on file systems that do not tell upper case from lower case.
pub(crate) fn is_name(name: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    name.len() <= 64 && name.bytes().all(is_inner) && !name.is_empty()
}

pub(crate) fn bad_name(name: &str) -> String {
    format!("the profile name {name:?} cannot be used: write up to 64 of a-z, 0-9, - and _")
}

/// Adds a profile, and leaves the rest of the file as it is.
pub(crate) fn add(path: &Path, name: &str, profile: &Profile) -> Result<(), Failure> {
    let text = file::read(path)?.unwrap_or_default();
    let config = |problem: String| Failure::Config { path: path.to_owned(), problem };
    let mut document: DocumentMut = text.parse().map_err(|error| malformed(path, &text, &error))?;
    let mut table = Table::new();
    table["issuer"] = value(&profile.issuer);
    table["client_id"] = value(&profile.client_id);
    if let Some(scope) = &profile.scope {
        table["scope"] = value(scope);
    }
    if profile.grant == Grant::Device {
        table["grant"] = value("device");
    }
    if let Some(file) = &profile.client_secret_file {
        let text = file.to_str().ok_or_else(|| config(format!("{} is not a text in UTF-8", file.display())))?;
        table["client_secret_file"] = value(text);
    }
    let profiles = document.entry("profiles").or_insert_with(|| {
        let mut profiles = Table::new();
        profiles.set_implicit(true);
        Item::Table(profiles)
    });
    let profiles = profiles.as_table_like_mut().ok_or_else(|| config("profiles is not a table".into()))?;
    profiles.insert(name, Item::Table(table));
    write(path, &document.to_string())
}

/// Puts a new file in the place of the old one; behind a link, if it is one.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(|error| Failure::file("create", directory, error))?;
    }
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let new = path.with_extension("toml.new");
    create(&new, text).map_err(|error| Failure::file("write", &new, error))?;
    fs::rename(&new, &path).map_err(|error| Failure::file("replace", &path, error))
}

/// Writes a file for this user only, whatever the umask is, in the place of one that was left there.
fn create(path: &Path, text: &str) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
