//! One case with one client, and what was seen of it.

use std::fmt;
use std::process::Stdio;
use std::time::Duration;

use proofkey_authority::{Browser, Exchange};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::case::Case;
use crate::http::get;
use crate::place::{Asked, Place, SCOPE, Twist, WELL_KNOWN};

/// What an authorization server says that must not be believed.
pub(crate) const ERROR_TEXT: &str = "Call the number 555 to go on";

/// How often the user may be asked in one case.
const MAX_QUESTIONS: usize = 10;

/// Why a client does not pass a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// The client did not do what it must.
    Failed(String),
    /// Nothing is proved: the client did not come to what the case is about.
    Unproved(String),
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(why) => f.write_str(why),
            Self::Unproved(why) => write!(f, "nothing is proved: {why}"),
        }
    }
}

/// What was seen of a client.
#[derive(Debug)]
pub struct Seen {
    /// What was read of the authorization server's metadata.
    pub metadata: Vec<Exchange>,
    /// What the authorization endpoint was asked.
    pub authorization: Vec<Exchange>,
    /// What the token endpoint was asked.
    pub token: Vec<Exchange>,
    /// What the MCP server was asked.
    pub mcp: Vec<Asked>,
    /// What the client printed.
    pub output: String,
    /// How often it sent the user to an authorization server, whichever that was.
    pub questions: usize,
    /// Whether it ended by itself.
    pub has_ended: bool,
    url: String,
}

/// Runs the client `command`, whose last argument is the address of the MCP server, and plays the user's browser: each
/// URL with `response_type=code` that it prints is opened.
///
/// # Errors
///
/// A sentence when the client cannot be started.
pub async fn play(
    command: &[String],
    twist: Twist,
    lie: Option<proofkey_authority::Lie>,
    patience: Duration,
) -> Result<Seen, String> {
    let place = Place::start(twist, lie).await;
    let (program, arguments) = command.split_first().ok_or("no command was given")?;
    let mut child = Command::new(program)
        .args(arguments)
        .arg(&place.url)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{program}: {error}"))?;
    let (lines, mut printed) = unbounded_channel();
    read_lines(child.stdout.take(), lines.clone());
    read_lines(child.stderr.take(), lines);
    let (mut output, mut questions) = (String::new(), 0);
    let mut browser = Browser::new(place.authority.wire());
    let run = async {
        while let Some(line) = printed.recv().await {
            output += &format!("{line}\n");
            let url = line.split_whitespace().find(|word| word.contains("response_type=code"));
            questions += usize::from(url.is_some());
            if let Some(url) = url.filter(|_| questions <= MAX_QUESTIONS) {
                let landing = browser.open(url.trim_matches(['"', '\'', '<', '>'])).await;
                if let Some(callback) = landing.ok().and_then(|landing| landing.callback()) {
                    tokio::spawn(visit(callback));
                }
            }
        }
        child.wait().await.is_ok()
    };
    let has_ended = tokio::time::timeout(patience, run).await.unwrap_or(false);
    let wire = place.authority.wire();
    let metadata = wire.metadata_requests();
    let (authorization, token) = (wire.authorization_requests(), wire.token_requests());
    Ok(Seen {
        metadata,
        authorization,
        token,
        mcp: place.asked(),
        output,
        questions,
        has_ended,
        url: place.url.clone(),
    })
}

/// Brings the callback to the client, and reads the page that it leads to.
async fn visit(callback: String) {
    let Ok(answer) = get(&callback).await else { return };
    let Some(location) = answer.header("location").filter(|_| answer.status / 100 == 3) else { return };
    let origin = callback.split('/').take(3).collect::<Vec<_>>().join("/");
    let page = if location.starts_with('/') { format!("{origin}{location}") } else { location.to_owned() };
    let _ = get(&page).await;
}

fn read_lines(stream: Option<impl AsyncRead + Unpin + Send + 'static>, lines: UnboundedSender<String>) {
    let Some(stream) = stream else { return };
    tokio::spawn(async move {
        let mut read = BufReader::new(stream).lines();
        while let Ok(Some(line)) = read.next_line().await {
            let _ = lines.send(line);
        }
    });
}

/// Whether a client gets its tools where everything is honest. If it does not, its refusals prove nothing.
///
/// # Errors
///
/// What was seen instead.
pub async fn control(command: &[String], patience: Duration) -> Result<(), Miss> {
    let seen = play(command, Twist::None, None, patience).await.map_err(Miss::Unproved)?;
    seen.has_access().map_err(|miss| Miss::Unproved(format!("without a lie, {miss}")))
}

impl Case {
    /// Judges a client by this case. A refusal counts only of a client that [`control`] lets through.
    ///
    /// # Errors
    ///
    /// What the client did wrong, or why that is open.
    pub async fn judge(&self, command: &[String], patience: Duration) -> Result<(), Miss> {
        let patience = if self.may_wait { patience.min(Duration::from_secs(5)) } else { patience };
        let seen = play(command, self.twist, self.lie.clone(), patience).await.map_err(Miss::Unproved)?;
        (self.judge)(&seen)?;
        must(seen.has_ended || self.may_wait, "the client did not end; silence is no refusal")
    }
}

fn must(is_so: bool, otherwise: impl Into<String>) -> Result<(), Miss> {
    if is_so { Ok(()) } else { Err(Miss::Failed(otherwise.into())) }
}

fn met(is_so: bool, otherwise: &str) -> Result<(), Miss> {
    if is_so { Ok(()) } else { Err(Miss::Unproved(otherwise.to_owned())) }
}

impl Seen {
    fn messages(&self) -> impl Iterator<Item = &Asked> {
        self.mcp.iter().filter(|asked| asked.path == "/mcp")
    }

    pub(crate) fn has_access(&self) -> Result<(), Miss> {
        let is_listed = |asked: &Asked| asked.body["method"] == "tools/list" && asked.status == 200;
        must(self.messages().any(is_listed), "the tools were not listed")
    }

    /// The lie is in the metadata of the MCP server.
    pub(crate) fn refused_the_resource(&self) -> Result<(), Miss> {
        let is_read = |asked: &Asked| asked.path.starts_with(WELL_KNOWN) && asked.status == 200;
        self.is_refused_before_login()?;
        met(self.mcp.iter().any(is_read), "the client has not read the metadata of the MCP server")
    }

    /// The lie is in the metadata of the authorization server.
    pub(crate) fn refused_the_issuer(&self) -> Result<(), Miss> {
        let is_read = self.metadata.iter().any(|asked| asked.status == Some(200));
        self.is_refused_before_login()?;
        met(is_read, "the client has not read the metadata of the authorization server")
    }

    fn is_refused_before_login(&self) -> Result<(), Miss> {
        let is_asked = self.questions > 0 || !self.authorization.is_empty();
        must(!is_asked, "the user was sent to an authorization server")?;
        must(self.token.is_empty(), "the token endpoint was asked")
    }

    pub(crate) fn is_refused_before_exchange(&self) -> Result<(), Miss> {
        must(!self.authorization.is_empty(), "the user was not asked")?;
        must(self.token.is_empty(), "the code was sent to the token endpoint")
    }

    pub(crate) fn shows_no_error_text(&self) -> Result<(), Miss> {
        self.is_refused_before_exchange()?;
        must(!self.output.contains(ERROR_TEXT) && !self.output.contains("access_denied"), "the error was shown")
    }

    pub(crate) fn asked_path_then_root(&self) -> Result<(), Miss> {
        self.has_access()?;
        let paths: Vec<_> = self.mcp.iter().map(|asked| asked.path.as_str()).collect();
        let place = |path: &str| paths.iter().position(|asked| *asked == path);
        let (path, root) = (place(&format!("{WELL_KNOWN}/mcp")), place(WELL_KNOWN));
        must(path.is_some() && path < root, format!("the addresses were asked in this order: {}", paths.join(", ")))
    }

    pub(crate) fn sent_s256(&self) -> Result<(), Miss> {
        self.has_access()?;
        let method = self.authorization.first().and_then(|asked| asked.query("code_challenge_method"));
        must(method == Some("S256"), format!("code_challenge_method is {method:?}"))
    }

    pub(crate) fn sent_resource(&self) -> Result<(), Miss> {
        self.has_access()?;
        let asked = self.authorization.iter().map(|asked| asked.query("resource"));
        let sent = self.token.iter().map(|asked| asked.form("resource"));
        let wrong = asked.chain(sent).find(|resource| *resource != Some(self.url.as_str()));
        must(wrong.is_none(), format!("resource is {:?} in a request", wrong.flatten()))
    }

    pub(crate) fn refreshed_with_resource(&self) -> Result<(), Miss> {
        self.has_access()?;
        let is_refresh = |asked: &&Exchange| asked.form("grant_type") == Some("refresh_token");
        let refreshes: Vec<_> = self.token.iter().filter(is_refresh).collect();
        met(!refreshes.is_empty(), "the client did not refresh its token")?;
        let is_named = |asked: &&Exchange| asked.form("resource") == Some(self.url.as_str());
        must(refreshes.iter().all(is_named), "a refresh does not name the server")
    }

    pub(crate) fn sent_application_type(&self) -> Result<(), Miss> {
        self.has_access()?;
        let registration = self.mcp.iter().find(|asked| asked.path == "/register");
        let kind = registration.map(|asked| asked.body["application_type"].clone());
        must(kind == Some("native".into()), format!("application_type is {}", kind.unwrap_or_default()))
    }

    pub(crate) fn asked_the_challenged_scope(&self) -> Result<(), Miss> {
        self.has_access()?;
        let scope = self.authorization.first().and_then(|asked| asked.query("scope")).unwrap_or_default();
        let more = scope.split(' ').find(|token| ![SCOPE, "offline_access"].contains(token));
        must(scope.split(' ').any(|token| token == SCOPE) && more.is_none(), format!("scope is {scope:?}"))
    }

    pub(crate) fn asked_for_both_scopes(&self) -> Result<(), Miss> {
        self.has_access()?;
        let scope = self.authorization.get(1).and_then(|asked| asked.query("scope")).unwrap_or_default();
        let has = |wanted: &str| scope.split(' ').any(|token| token == wanted);
        must(has(SCOPE) && has("tools.call0"), format!("the second scope is {scope:?}"))
    }

    pub(crate) fn gave_up(&self) -> Result<(), Miss> {
        let is_bounded = (1..MAX_QUESTIONS).contains(&self.questions);
        must(is_bounded, format!("the user was asked {} times", self.questions))
    }

    pub(crate) fn sent_the_token_in_the_header(&self) -> Result<(), Miss> {
        self.has_access()?;
        let mut after = self.messages().skip_while(|asked| asked.status == 401);
        must(after.all(|asked| asked.token.is_some()), "a request has no token in its header")?;
        must(self.mcp.iter().all(|asked| !asked.query.contains("access_token")), "a query has the token")
    }
}
