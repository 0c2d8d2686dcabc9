//! One case with one client, and what was seen of it.

use std::fmt;
use std::process::Stdio;
use std::time::Duration;

use proofkey_authority::{Browser, Exchange};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout_at};

use crate::case::Case;
use crate::http::get;
use crate::place::{Asked, Place, SCOPE, SECOND, Twist, WELL_KNOWN};

/// What an authorization server says that must not be believed.
pub(crate) const ERROR_TEXT: &str = "Call the number 555 to go on";

/// How often the user may be asked in one case.
const MAX_QUESTIONS: usize = 10;

/// How long a client is watched that may go on waiting.
const LAST: Duration = Duration::from_secs(5);

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
    /// What the registration endpoint was asked.
    pub registration: Vec<Exchange>,
    /// What was asked at another origin, to which the MCP server redirects.
    pub elsewhere: Vec<Exchange>,
    /// What the MCP server was asked.
    pub mcp: Vec<Asked>,
    /// All requests and answers in their order, without secrets.
    pub trace: String,
    /// What the client printed.
    pub output: String,
    /// How often it sent the user to an authorization server, whichever that was.
    pub questions: usize,
    /// Whether it ended by itself.
    pub has_ended: bool,
    url: String,
}

/// Runs the client `command`, whose last argument is the address of the MCP server, and plays the user's browser: each
/// URL with `response_type=code` that it prints is opened. The client has this much time for all, and `after` once the user
/// was asked.
///
/// # Errors
///
/// A sentence when the client cannot be started.
pub async fn play(
    command: &[String],
    twist: Twist,
    lie: Option<proofkey_authority::Lie>,
    patience: Duration,
    after: Duration,
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
    let mut end = Instant::now() + patience;
    let has_ended = loop {
        let Ok(line) = timeout_at(end, printed.recv()).await else { break false };
        let Some(line) = line else { break timeout_at(end, child.wait()).await.is_ok() };
        output += &format!("{line}\n");
        let Some(url) = line.split_whitespace().find(|word| word.contains("response_type=code")) else { continue };
        questions += 1;
        if questions > MAX_QUESTIONS {
            break false;
        }
        let landing = browser.open(url.trim_matches(['"', '\'', '<', '>'])).await;
        let callback = landing.ok().and_then(|landing| landing.callback());
        // Where the user comes to no end, neither does the client.
        end = end.min(Instant::now() + if callback.is_some() { after } else { after.min(LAST) });
        if let Some(callback) = callback {
            tokio::spawn(visit(callback));
        }
    };
    let wire = place.authority.wire();
    Ok(Seen {
        metadata: wire.metadata_requests(),
        authorization: wire.authorization_requests(),
        token: wire.token_requests(),
        registration: wire.registration_requests(),
        elsewhere: wire.attacker_requests(),
        mcp: place.asked(),
        trace: wire.render(),
        output,
        questions,
        has_ended,
        url: place.url.clone(),
    })
}

/// Brings the callback to the client, and reads the page that it leads to. A user takes longer than this browser: some
/// clients listen only after they have opened it.
async fn visit(callback: String) {
    let mut answer = get(&callback).await;
    for _ in 0..100 {
        if answer.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        answer = get(&callback).await;
    }
    let Ok(answer) = answer else { return };
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
    let seen = play(command, Twist::None, None, patience, patience).await.map_err(Miss::Unproved)?;
    seen.has_access().map_err(|miss| Miss::Unproved(format!("without a lie, {miss}")))
}

impl Case {
    /// Plays this case with a client.
    ///
    /// # Errors
    ///
    /// A sentence when the client cannot be started.
    pub async fn play(&self, command: &[String], patience: Duration) -> Result<Seen, Miss> {
        let after = if self.may_wait { patience.min(LAST) } else { patience };
        play(command, self.twist, self.lie.clone(), patience, after).await.map_err(Miss::Unproved)
    }

    /// Plays this case and judges what was seen.
    ///
    /// # Errors
    ///
    /// As [`judge`](Self::judge).
    pub async fn run(&self, command: &[String], patience: Duration) -> Result<(), Miss> {
        self.judge(&self.play(command, patience).await?)
    }

    /// Judges what was seen. A refusal counts only of a client that [`control`] lets through.
    ///
    /// # Errors
    ///
    /// What the client did wrong, or why that is open.
    pub fn judge(&self, seen: &Seen) -> Result<(), Miss> {
        (self.verdict)(seen)?;
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
        let is_so = self.messages().any(is_listed);
        met(is_so || self.has_ended, "the client did not end in time")?;
        must(is_so, "the tools were not listed")
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
        met(!self.authorization.is_empty(), "the user was not asked")?;
        must(self.token.is_empty(), "the code was sent to the token endpoint")
    }

    pub(crate) fn shows_no_error_text(&self) -> Result<(), Miss> {
        self.is_refused_before_exchange()?;
        must(!self.output.contains(ERROR_TEXT) && !self.output.contains("access_denied"), "the error was shown")
    }

    /// The user was asked, and the authorization server that the MCP server names now got nothing of it.
    pub(crate) fn stayed_with_its_server(&self) -> Result<(), Miss> {
        met(!self.authorization.is_empty(), "the user was not asked")?;
        let is_moved = self.token.iter().any(|asked| asked.to == SECOND);
        must(!is_moved, "the code was sent to the authorization server that was named after the user was asked")
    }

    /// The client went to the second authorization server with nothing of the first.
    pub(crate) fn started_anew(&self) -> Result<(), Miss> {
        let asked = || self.authorization.iter().chain(&self.token).filter(|asked| asked.to == SECOND);
        let ids: Vec<_> = asked().filter_map(|asked| asked.query("client_id").or(asked.form("client_id"))).collect();
        let is_foreign = |id: &&str| !id.starts_with(SECOND);
        must(
            !ids.iter().any(is_foreign),
            "the client identifier of the first authorization server was sent to the second",
        )?;
        let refreshes = asked().filter(|asked| asked.form("grant_type") == Some("refresh_token"));
        must(refreshes.count() == 0, "a refresh token of the first authorization server was sent to the second")?;
        met(!ids.is_empty(), "the client did not come to the second authorization server")?;
        self.has_access()
    }

    pub(crate) fn kept_the_token(&self) -> Result<(), Miss> {
        met(self.messages().any(|asked| asked.status == 307), "the client did not come to the redirect")?;
        let has_token = |asked: &Exchange| asked.header("authorization").is_some();
        must(!self.elsewhere.iter().any(has_token), "the token was sent to the other origin")
    }

    pub(crate) fn gave_up_registration(&self) -> Result<(), Miss> {
        met(!self.registration.is_empty(), "the client did not register")?;
        self.is_refused_before_login()?;
        let tries = self.registration.len();
        must(tries <= 2, format!("the client registered {tries} times"))
    }

    pub(crate) fn tried_three_addresses(&self) -> Result<(), Miss> {
        self.has_access()?;
        let asked = self.trace.lines().filter_map(|line| line.split_once(" -> authority  GET "));
        let paths: Vec<_> = asked.map(|(_, path)| path).filter(|path| path.contains("/.well-known/")).collect();
        let expected = [
            "/.well-known/oauth-authorization-server/tenant",
            "/.well-known/openid-configuration/tenant",
            "/tenant/.well-known/openid-configuration",
        ];
        must(paths.starts_with(&expected), format!("the addresses were asked in this order: {}", paths.join(", ")))
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
        let sent = self.registration.first().map(|asked| asked.body.as_slice()).unwrap_or_default();
        let kind = serde_json::from_slice::<serde_json::Value>(sent).unwrap_or_default()["application_type"].clone();
        must(kind == "native", format!("application_type is {kind}"))
    }

    fn first_scopes(&self) -> Vec<&str> {
        let scope = self.authorization.first().and_then(|asked| asked.query("scope")).unwrap_or_default();
        scope.split(' ').filter(|token| !token.is_empty()).collect()
    }

    /// The same with `offline_access` set aside, which is between the client and the authorization server.
    fn asked_scopes(&self, expected: &[&str]) -> Result<(), Miss> {
        self.has_access()?;
        let mut scopes = self.first_scopes();
        scopes.retain(|token| *token != "offline_access");
        scopes.sort_unstable();
        must(scopes == expected, format!("scope is {:?}", scopes.join(" ")))
    }

    pub(crate) fn asked_the_scopes_of_the_metadata(&self) -> Result<(), Miss> {
        self.asked_scopes(&["tools.call", SCOPE])
    }

    pub(crate) fn asked_no_scope(&self) -> Result<(), Miss> {
        self.asked_scopes(&[])
    }

    pub(crate) fn asked_no_offline_access(&self) -> Result<(), Miss> {
        self.has_access()?;
        let is_asked = self.first_scopes().contains(&"offline_access");
        must(!is_asked, "offline_access is asked for, which the authorization server does not list")
    }

    pub(crate) fn asked_the_challenged_scope(&self) -> Result<(), Miss> {
        self.asked_scopes(&[SCOPE])
    }

    pub(crate) fn asked_for_both_scopes(&self) -> Result<(), Miss> {
        self.has_access()?;
        // Not the second request: some clients send one before they send the user.
        let scope = self.authorization.last().and_then(|asked| asked.query("scope")).unwrap_or_default();
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
