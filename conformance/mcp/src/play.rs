//! One case with one client, and what was seen of it.

use std::process::Stdio;
use std::time::Duration;

use proofkey_authority::{Browser, Exchange};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::case::Case;
use crate::http::get;
use crate::place::{Asked, Place, SCOPE, Twist};

/// What an authorization server says that must not be believed.
pub(crate) const ERROR_TEXT: &str = "Call the number 555 to go on";

/// How often the user may be asked in one case.
const MAX_QUESTIONS: usize = 10;

/// What was seen of a client.
#[derive(Debug)]
pub struct Seen {
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
    let (authorization, token) = (wire.authorization_requests(), wire.token_requests());
    Ok(Seen { authorization, token, mcp: place.asked(), output, questions, has_ended, url: place.url.clone() })
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

impl Case {
    /// Judges a client by this case.
    ///
    /// # Errors
    ///
    /// What the client did wrong.
    pub async fn judge(&self, command: &[String], patience: Duration) -> Result<(), String> {
        // A listener that any page can reach does well to go on waiting for a callback with the right state.
        let may_wait = self.id.starts_with("MC-27/");
        let patience = if may_wait { patience.min(Duration::from_secs(5)) } else { patience };
        let seen = play(command, self.twist, self.lie.clone(), patience).await?;
        (self.judge)(&seen)?;
        must(seen.has_ended || may_wait, "the client did not end; silence is no refusal")
    }
}

fn must(is_so: bool, otherwise: impl Into<String>) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(otherwise.into()) }
}

impl Seen {
    fn messages(&self) -> impl Iterator<Item = &Asked> {
        self.mcp.iter().filter(|asked| asked.path == "/mcp")
    }

    pub(crate) fn has_access(&self) -> Result<(), String> {
        let is_listed = |asked: &Asked| asked.body["method"] == "tools/list" && asked.status == 200;
        must(self.messages().any(is_listed), "the tools were not listed")
    }

    pub(crate) fn is_refused_before_login(&self) -> Result<(), String> {
        must(self.questions == 0, "the user was sent to an authorization server")
    }

    pub(crate) fn is_refused_before_exchange(&self) -> Result<(), String> {
        must(!self.authorization.is_empty(), "the user was not asked")?;
        must(self.token.is_empty(), "the code was sent to the token endpoint")
    }

    pub(crate) fn shows_no_error_text(&self) -> Result<(), String> {
        self.is_refused_before_exchange()?;
        must(!self.output.contains(ERROR_TEXT) && !self.output.contains("access_denied"), "the error was shown")
    }

    pub(crate) fn asked_path_then_root(&self) -> Result<(), String> {
        self.has_access()?;
        let paths: Vec<_> = self.mcp.iter().map(|asked| asked.path.as_str()).collect();
        let place = |path: &str| paths.iter().position(|asked| *asked == path);
        let root = "/.well-known/oauth-protected-resource";
        let (path, root) = (place(&format!("{root}/mcp")), place(root));
        must(path.is_some() && path < root, format!("the addresses were asked in this order: {}", paths.join(", ")))
    }

    pub(crate) fn sent_s256(&self) -> Result<(), String> {
        self.has_access()?;
        let method = self.authorization.first().and_then(|asked| asked.query("code_challenge_method"));
        must(method == Some("S256"), format!("code_challenge_method is {method:?}"))
    }

    pub(crate) fn sent_resource(&self) -> Result<(), String> {
        self.has_access()?;
        let asked = self.authorization.iter().map(|asked| asked.query("resource"));
        let sent = self.token.iter().map(|asked| asked.form("resource"));
        let wrong = asked.chain(sent).find(|resource| *resource != Some(self.url.as_str()));
        must(wrong.is_none(), format!("resource is {:?} in a request", wrong.flatten()))
    }

    pub(crate) fn refreshed_with_resource(&self) -> Result<(), String> {
        self.has_access()?;
        let mut refreshes = self.token.iter().filter(|asked| asked.form("grant_type") == Some("refresh_token"));
        let is_named = |asked: &Exchange| asked.form("resource") == Some(self.url.as_str());
        must(refreshes.all(is_named), "a refresh does not name the server")
    }

    pub(crate) fn sent_application_type(&self) -> Result<(), String> {
        self.has_access()?;
        let registration = self.mcp.iter().find(|asked| asked.path == "/register");
        let kind = registration.map(|asked| asked.body["application_type"].clone());
        must(kind == Some("native".into()), format!("application_type is {}", kind.unwrap_or_default()))
    }

    pub(crate) fn asked_the_challenged_scope(&self) -> Result<(), String> {
        self.has_access()?;
        let scope = self.authorization.first().and_then(|asked| asked.query("scope")).unwrap_or_default();
        let more = scope.split(' ').find(|token| ![SCOPE, "offline_access"].contains(token));
        must(scope.split(' ').any(|token| token == SCOPE) && more.is_none(), format!("scope is {scope:?}"))
    }

    pub(crate) fn asked_for_both_scopes(&self) -> Result<(), String> {
        self.has_access()?;
        let scope = self.authorization.get(1).and_then(|asked| asked.query("scope")).unwrap_or_default();
        let has = |wanted: &str| scope.split(' ').any(|token| token == wanted);
        must(has(SCOPE) && has("tools.call0"), format!("the second scope is {scope:?}"))
    }

    pub(crate) fn gave_up(&self) -> Result<(), String> {
        let is_bounded = (1..MAX_QUESTIONS).contains(&self.questions);
        must(is_bounded, format!("the user was asked {} times", self.questions))
    }

    pub(crate) fn sent_the_token_in_the_header(&self) -> Result<(), String> {
        self.has_access()?;
        let mut after = self.messages().skip_while(|asked| asked.status == 401);
        must(after.all(|asked| asked.token.is_some()), "a request has no token in its header")?;
        must(self.mcp.iter().all(|asked| !asked.query.contains("access_token")), "a query has the token")
    }
}
