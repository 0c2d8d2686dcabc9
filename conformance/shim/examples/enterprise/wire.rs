//! What crossed the wire: each request that the application, the company, its partner or the directory received, by time.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use proofkey::authorize::form;
use serde_json::{Value, json};

type Failure = Box<dyn Error + Send + Sync>;

/// The application's part; the portals write theirs to a file.
#[derive(Clone, Default)]
pub(crate) struct Wire(Arc<Mutex<Vec<Value>>>);

/// A layer of the application.
pub(crate) async fn record(State(wire): State<Wire>, request: Request, next: Next) -> Response {
    let header = |headers: &HeaderMap, name: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let mut entry = json!({
        "time": SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64(),
        "from": header(request.headers(), "user-agent"),
        "to": "application",
        "method": request.method().as_str(),
        "path": request.uri().path(),
        "query": request.uri().query().unwrap_or_default(),
        "body": "",
    });
    let response = next.run(request).await;
    entry["status"] = response.status().as_u16().into();
    entry["location"] = header(response.headers(), "location").into();
    wire.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    response
}

impl Wire {
    /// Forgets what was recorded.
    pub(crate) fn clear(&self, logs: &Logs) -> Result<(), Failure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
        std::fs::write(&logs.portals, "")?;
        std::fs::write(&logs.directory, "")?;
        Ok(())
    }

    /// All hops so far, by time.
    pub(crate) fn hops(&self, logs: &Logs) -> Result<Vec<Hop>, Failure> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for line in std::fs::read_to_string(&logs.portals)?.lines() {
            entries.push(serde_json::from_str(line)?);
        }
        let mut hops: Vec<_> =
            entries.iter().map(|entry| Hop::of_http(entry, logs)).filter(|hop| hop.from != "test").collect();
        let directory = std::fs::read_to_string(&logs.directory)?;
        let lines: Vec<_> = directory.lines().collect();
        hops.extend(lines.iter().filter_map(|line| Hop::of_directory(&lines, line, logs.asker)));
        hops.sort_by(|a, b| a.time.total_cmp(&b.time));
        Ok(hops)
    }
}

/// Where the others write, and who they are.
pub(crate) struct Logs {
    pub(crate) portals: PathBuf,
    pub(crate) directory: PathBuf,
    /// The beginnings of addresses, and whose they are.
    pub(crate) addresses: Vec<(String, &'static str)>,
    /// Who asks the directory.
    pub(crate) asker: &'static str,
}

/// One request and its answer.
pub(crate) struct Hop {
    time: f64,
    pub(crate) from: String,
    pub(crate) to: String,
    /// In words, with names and without values.
    pub(crate) request: String,
    pub(crate) response: String,
    /// All of it.
    text: String,
    secrets: BTreeSet<String>,
    /// What of it is for the application.
    handed_over: BTreeSet<String>,
}

/// What is a secret of those behind the application, by its name in a request or in JSON.
const SECRETS: [&str; 9] = [
    "password",
    "SAMLRequest",
    "SAMLResponse",
    "RelayState",
    "client_secret",
    "code",
    "access_token",
    "id_token",
    "refresh_token",
];

impl Hop {
    fn of_http(entry: &Value, logs: &Logs) -> Self {
        let of = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let (agent, to) = (of("from"), of("to"));
        let from = match agent.as_str() {
            "browser" => "browser",
            agent if agent.starts_with("proofkey/") => "application",
            agent if agent.starts_with("Python") => "test",
            _ if to == "partner" => "company",
            _ => "partner",
        };
        let (query, body) = (pairs(&of("query")), pairs(&of("body")));
        let location = of("location");
        let (target, sent_on) = location.split_once('?').unwrap_or((&location, ""));
        let sent_on = pairs(sent_on);
        let response: Value = serde_json::from_str(&of("response")).unwrap_or_default();
        let members = response.as_object().into_iter().flatten();
        let members: Vec<_> = members.map(|(name, value)| (name.clone(), value.to_string().replace('"', ""))).collect();
        let all = [&query, &body, &sent_on, &members];
        let handed_over = if target.ends_with("/callback") { secrets(&sent_on) } else { BTreeSet::new() };
        let status = &entry["status"];
        let whose = logs.addresses.iter().find(|(start, _)| target.starts_with(start)).map(|(_, whose)| *whose);
        let sent = if body.is_empty() { &query } else { &body };
        Self {
            time: entry["time"].as_f64().unwrap_or_default(),
            from: from.to_owned(),
            request: format!("`{} {}`{}", of("method"), of("path"), names(sent)),
            response: match (location.is_empty(), members.is_empty()) {
                (false, _) => format!("{status}, to the {}", whose.unwrap_or(&to)),
                (_, false) => format!("{status}, JSON{}", names(&members)),
                _ => format!("{status}, a page"),
            },
            to,
            text: all.iter().flat_map(|pairs| pairs.iter().map(|(_, value)| format!("{value}\n"))).collect(),
            secrets: all.iter().flat_map(|pairs| secrets(pairs)).collect(),
            handed_over,
        }
    }

    /// What slapd logs of searches and of the binds of users: `65f1c2a3.0123abcd 0x7f12 conn=1000 op=1 BIND dn=...`.
    fn of_directory(lines: &[&str], line: &str, from: &str) -> Option<Self> {
        let (seconds, fraction) = line.split(' ').next()?.split_once('.')?;
        let time = i64::from_str_radix(seconds, 16).ok()? as f64;
        let fraction = i64::from_str_radix(fraction, 16).ok()? as f64 / 1e9;
        let operation = &line[line.find("conn=")?..];
        let (key, text) = operation.split_at(operation.match_indices(' ').nth(1)?.0);
        let text = text.trim();
        if !(text.starts_with("BIND dn=\"uid=") && text.contains("method=")
            || text.starts_with("SRCH base=\"") && !text.contains("base=\"\""))
        {
            return None;
        }
        let result = lines.iter().find(|line| line.contains(&format!("{key} ")) && line.contains("RESULT"));
        let error = result.and_then(|line| line.split(" err=").nth(1)?.split(' ').next()).unwrap_or("?");
        Some(Self {
            time: time + fraction,
            from: from.to_owned(),
            to: "directory".to_owned(),
            // A bar would end a cell of the table.
            request: format!("`{}`", text.replace('|', "\\|")),
            response: format!("`err={error}`"),
            text: text.to_owned(),
            secrets: BTreeSet::new(),
            handed_over: BTreeSet::new(),
        })
    }

    fn is_seen_by_the_application(&self) -> bool {
        self.from == "application" || self.to == "application"
    }
}

/// How many secrets crossed the wire away from the application, and one that it got to see all the same.
pub(crate) fn kept_from_the_application(hops: &[Hop]) -> (usize, Option<&str>) {
    let (seen, unseen): (Vec<_>, Vec<_>) = hops.iter().partition(|hop| hop.is_seen_by_the_application());
    let own: BTreeSet<_> = unseen.iter().flat_map(|hop| &hop.handed_over).collect();
    let secrets: BTreeSet<_> =
        unseen.iter().flat_map(|hop| &hop.secrets).filter(|secret| !own.contains(secret)).collect();
    let leaked = secrets.iter().find(|secret| seen.iter().any(|hop| hop.text.contains(secret.as_str())));
    (secrets.len(), leaked.map(|secret| secret.as_str()))
}

/// What the application gets of a login.
pub(crate) fn gain(hops: &[Hop]) -> &'static str {
    let has = |path: &str| hops.iter().any(|hop| hop.is_seen_by_the_application() && hop.request.contains(path));
    match (has("/callback`"), has("/token`")) {
        (false, _) => "nothing",
        (true, false) => "a code, which it does not redeem",
        (true, true) => "a code, and the tokens for it",
    }
}

/// The values of SECRETS among these pairs.
fn secrets(pairs: &[(String, String)]) -> BTreeSet<String> {
    pairs.iter().filter(|(name, _)| SECRETS.contains(&name.as_str())).map(|(_, value)| value.clone()).collect()
}

/// Names and values, decoded.
fn pairs(text: &str) -> Vec<(String, String)> {
    let decoded = |part: &str| form::decode(part).map(|text| text.into_owned()).unwrap_or_else(|_| part.to_owned());
    form::raw_pairs(text).map(|(name, value)| (decoded(name), decoded(value))).collect()
}

/// Names that have a value. A long list, such as that of the metadata, is left out.
fn names(pairs: &[(String, String)]) -> String {
    let names: BTreeSet<_> =
        pairs.iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name.as_str()).collect();
    let names: Vec<_> = names.into_iter().collect();
    if names.is_empty() || names.len() > 12 { String::new() } else { format!(": {}", names.join(", ")) }
}
