//! The user's browser: it keeps cookies, follows redirects within reach, lets the driver answer pages, and stops
//! before it comes to a client.

use std::io::{BufRead as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use proofkey_authority::{Endpoint, Party};
use reqwest::Url;
use serde_json::{Value, json};

use super::config::{DriverKind, Login, Step};
use super::form::{Form, forms};
use super::http::{Answer, Failure, Http, Outgoing};
use crate::glob::matches;

/// Maximum number of redirects and pages between an authorization request and its answer.
const MAX_HOPS: usize = 25;

/// How long the program of the driver `command` has for one login.
const COMMAND_DEADLINE: Duration = Duration::from_secs(60);

/// A browser. Another user, or one who is not signed in, needs another one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Browser {
    cookies: Vec<Cookie>,
}

#[derive(Clone, Debug)]
struct Cookie {
    host: String,
    /// Whether hosts below `host` get it, too.
    is_wide: bool,
    path: String,
    is_secure: bool,
    name: String,
    value: String,
}

/// Where an authorization request ends.
#[derive(Clone, Debug)]
pub(crate) struct Landing {
    /// The last answer: a redirect to the client or out of reach, or a page.
    pub(crate) answer: Answer,
    /// Where the browser was sent, as it stands in the header.
    pub(crate) location: Option<String>,
    /// Every answer on the way and the last one, each with the method of its request: those that the driver shows.
    pub(crate) hops: Vec<(&'static str, Answer)>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Opens an authorization request and goes on until the browser is sent to `client`, or out of reach, or shows a
    /// page that the driver does not answer.
    pub(crate) fn open(
        &mut self,
        http: &Http,
        login: &Login,
        first: Outgoing,
        client: &str,
    ) -> Result<Landing, Failure> {
        match login.driver {
            DriverKind::Command => return by_command(&login.command, &first.url),
            DriverKind::Manual => return by_hand(&first.url),
            _ => {}
        }
        let mut answered = vec![login.driver != DriverKind::Form; login.steps.len()];
        let (mut request, mut hops) = (first, Vec::new());
        for _ in 0..MAX_HOPS {
            let mut answer = self.send(http, &request)?;
            hops.push((request.method, answer.clone()));
            let location = answer.location().map(str::to_owned);
            if let Some(location) = location {
                let absolute = joined(&request.url, &location);
                if is_at(&location, client) || !http.reach().contains(&absolute) {
                    return Ok(Landing { answer, location: Some(location), hops });
                }
                let repeats = matches!(answer.status, 307 | 308) && request.method == "POST";
                let form = request.form.take().filter(|_| repeats);
                request = match form {
                    Some(form) => Outgoing::post(Party::Browser, Endpoint::Login, &absolute, form),
                    None => Outgoing::get(Party::Browser, Endpoint::Login, &absolute),
                };
                continue;
            }
            let page = String::from_utf8_lossy(&answer.body).into_owned();
            let step = login.steps.iter().zip(&mut answered).find(|(step, is_answered)| {
                // Each once: a page that comes back says that the answer was wrong, and nothing is guessed.
                !**is_answered
                    && matches(&step.url, &request.url)
                    && step.text.as_ref().is_none_or(|text| page.contains(text.as_str()))
            });
            let next = step.and_then(|(step, is_answered)| {
                *is_answered = true;
                filled(&page, &request.url, step)
            });
            match next {
                Some(next) => request = next,
                None => {
                    answer.refuses = login.refusals.iter().any(|refusal| matches(refusal, &request.url));
                    return Ok(Landing { answer, location: None, hops });
                }
            }
        }
        Err(Failure::NoAnswer(format!("more than {MAX_HOPS} redirects and pages")))
    }

    fn send(&mut self, http: &Http, request: &Outgoing) -> Result<Answer, Failure> {
        let url = Url::parse(&request.url).map_err(|_| Failure::out_of_reach(&request.url))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let sent: Vec<String> = self
            .cookies
            .iter()
            .filter(|cookie| cookie.goes_to(&url, &host))
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        let mut request = request.clone();
        if !sent.is_empty() {
            request = request.header("cookie", &sent.join("; "));
        }
        let answer = http.send(&request.header("accept", "text/html,*/*"))?;
        for (_, line) in answer.headers.iter().filter(|(name, _)| name == "set-cookie").take(50) {
            self.keep(&url, &host, line);
        }
        Ok(answer)
    }

    fn keep(&mut self, url: &Url, host: &str, line: &str) {
        let mut parts = line.split(';');
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { return };
        let path = url.path().rsplit_once('/').map_or("/", |(before, _)| before);
        let mut cookie = Cookie {
            host: host.to_owned(),
            is_wide: false,
            path: if path.is_empty() { "/".into() } else { path.to_owned() },
            is_secure: false,
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
        };
        let mut is_gone = value.trim().is_empty();
        for part in parts {
            let (key, value) = part.trim().split_once('=').unwrap_or((part.trim(), ""));
            match key.to_ascii_lowercase().as_str() {
                "path" if value.starts_with('/') => cookie.path = value.to_owned(),
                "domain" => {
                    let domain = value.trim_start_matches('.').to_ascii_lowercase();
                    if host == domain || host.ends_with(&format!(".{domain}")) {
                        (cookie.host, cookie.is_wide) = (domain, true);
                    }
                }
                "secure" => cookie.is_secure = true,
                "max-age" => is_gone |= value.parse::<i64>().is_ok_and(|seconds| seconds <= 0),
                "expires" => is_gone |= value.contains("1970"),
                _ => {}
            }
        }
        self.cookies
            .retain(|known| (&known.host, &known.path, &known.name) != (&cookie.host, &cookie.path, &cookie.name));
        if !is_gone && self.cookies.len() < 200 {
            self.cookies.push(cookie);
        }
    }
}

impl Cookie {
    fn goes_to(&self, url: &Url, host: &str) -> bool {
        let is_host = host == self.host || (self.is_wide && host.ends_with(&format!(".{}", self.host)));
        let below = url.path().strip_prefix(self.path.as_str());
        let is_path = below.is_some_and(|rest| rest.is_empty() || self.path.ends_with('/') || rest.starts_with('/'));
        is_host && is_path && (!self.is_secure || url.scheme() == "https" || super::reach::is_loopback(url.as_str()))
    }
}

/// Whether an address is `uri`, whatever query and fragment it has besides.
pub(crate) fn is_at(address: &str, uri: &str) -> bool {
    address.strip_prefix(uri).is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '#', '&']))
}

fn joined(base: &str, reference: &str) -> String {
    Url::parse(base).and_then(|base| base.join(reference)).map_or_else(|_| reference.to_owned(), String::from)
}

/// The request that sends the page's form, filled in as the step says.
fn filled(page: &str, url: &str, step: &Step) -> Option<Outgoing> {
    let forms = forms(page);
    let has = |form: &Form, name: &String| form.empty.contains(name) || form.fields.iter().any(|(key, _)| key == name);
    let presses = |form: &&Form| step.button.as_ref().is_none_or(|button| pressed(form, button).is_some());
    let fits = |form: &&Form| step.fields.keys().all(|name| has(form, name)) && presses(form);
    // What a form does not ask for is not sent to it.
    let form = forms.iter().find(fits)?;
    let mut fields = form.fields.clone();
    for (name, value) in &step.fields {
        fields.retain(|(key, _)| key != name);
        fields.push((name.clone(), value.clone()));
    }
    let button = match &step.button {
        Some(button) => pressed(form, button),
        None => form.buttons.first(),
    };
    fields.extend(button.filter(|button| !button[0].is_empty()).map(|[name, value, _]| (name.clone(), value.clone())));
    let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    let action = if form.action.is_empty() { url.to_owned() } else { joined(url, &form.action) };
    if form.is_post {
        return Some(Outgoing::post(Party::Browser, Endpoint::Login, &action, encoded));
    }
    let action = action.split(['?', '#']).next().unwrap_or_default();
    Some(Outgoing::get(Party::Browser, Endpoint::Login, &format!("{action}?{encoded}")))
}

fn pressed<'f>(form: &'f Form, button: &str) -> Option<&'f [String; 3]> {
    form.buttons.iter().find(|[name, value, label]| [name, value, label].iter().any(|text| *text == button))
}

/// Lets a program log in: one JSON object in, one out.
fn by_command(command: &[String], url: &str) -> Result<Landing, Failure> {
    let failed = |why: String| Failure::Stopped(format!("login.command: {why}"));
    let (program, arguments) = command.split_first().ok_or_else(|| failed("it is empty".into()))?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("{program}: {error}")))?;
    if let Some(mut input) = child.stdin.take() {
        // A program that does not read tells so by its answer.
        let _ = writeln!(input, "{}", json!({"t": "authorize", "url": url, "cookies": {}}));
    }
    let (sender, receiver) = std::sync::mpsc::channel();
    if let Some(output) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut line = String::new();
            let _ = std::io::BufReader::new(std::io::Read::take(output, 1 << 20)).read_line(&mut line);
            let _ = sender.send(line);
        });
    }
    let line = receiver.recv_timeout(COMMAND_DEADLINE).unwrap_or_default();
    let _ = child.kill();
    let _ = child.wait();
    let said: Value =
        serde_json::from_str(&line).map_err(|_| failed("it printed no JSON object in one line".into()))?;
    landed(&said).ok_or_else(|| failed("its answer is neither {\"t\":\"redirect\",..} nor {\"t\":\"page\",..}".into()))
}

fn landed(said: &Value) -> Option<Landing> {
    let answer = |of: &Value| Answer {
        status: of["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or_default(),
        headers: of["headers"].as_object().map(headers).unwrap_or_default(),
        body: of["body"].as_str().unwrap_or_default().as_bytes().to_vec(),
        refuses: false,
    };
    let method = |of: &Value| if of["method"] == "POST" { "POST" } else { "GET" };
    let mut hops: Vec<_> =
        said["hops"].as_array().into_iter().flatten().map(|hop| (method(hop), answer(hop))).collect();
    // Where a program tells no status, there is nothing to judge.
    hops.extend(Some((method(said), answer(said))).filter(|(_, answer)| answer.status != 0));
    let location = match said["t"].as_str()? {
        "redirect" => Some(said["location"].as_str()?.to_owned()),
        "page" => None,
        _ => return None,
    };
    Some(Landing { answer: answer(said), location, hops })
}

fn headers(object: &serde_json::Map<String, Value>) -> Vec<(String, String)> {
    object.iter().map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap_or_default().to_owned())).collect()
}

/// Lets a person log in.
fn by_hand(url: &str) -> Result<Landing, Failure> {
    eprintln!("\nOpen this address in a browser and log in:\n  {url}");
    eprintln!("Then paste the address that the browser was sent to (it need not load); an empty line for a page:");
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    if read.unwrap_or(0) == 0 {
        return Err(Failure::Stopped("standard input has ended".into()));
    }
    let location = Some(line.trim().to_owned()).filter(|line| !line.is_empty());
    Ok(Landing { answer: Answer::default(), location, hops: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_goes_where_it_belongs_and_dies_when_it_is_told() {
        let mut browser = Browser::new();
        let at = |url: &str| Url::parse(url).unwrap();
        let page = at("http://127.0.0.1:3000/interaction/x");
        for line in ["a=1; Path=/", "b=2; path=/auth/x", "c=3", "d=4; Path=/; Domain=evil.test", "e=5; Path=/; Secure"]
        {
            browser.keep(&page, "127.0.0.1", line);
        }
        let sent = |browser: &Browser, url: &str, host: &str| -> String {
            browser
                .cookies
                .iter()
                .filter(|cookie| cookie.goes_to(&at(url), host))
                .map(|cookie| cookie.name.as_str())
                .collect()
        };
        assert_eq!(sent(&browser, "http://127.0.0.1:3000/interaction/y", "127.0.0.1"), "acde");
        assert_eq!(sent(&browser, "http://127.0.0.1:3000/auth/x", "127.0.0.1"), "abde");
        assert_eq!(sent(&browser, "http://127.0.0.1:3000/auth/xy", "127.0.0.1"), "ade");
        assert_eq!(sent(&browser, "http://evil.test/", "evil.test"), "");
        browser.keep(&page, "127.0.0.1", "a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(sent(&browser, "http://127.0.0.1:3000/", "127.0.0.1"), "de");
    }

    #[test]
    fn the_step_finds_its_form_and_its_button() {
        let page = "<form action=/abort><button>Cancel</button></form>\
            <form method=post action=/in><input type=hidden name=t value=1><input name=user><button name=ok value=1>Go</button></form>";
        let step = |button: Option<&str>| Step {
            url: "*".into(),
            text: None,
            fields: [("user".to_owned(), "j&d".to_owned())].into(),
            button: button.map(str::to_owned),
        };
        let request = filled(page, "http://127.0.0.1:1/login?x", &step(None)).unwrap();
        assert_eq!(
            (request.url.as_str(), request.form.as_deref()),
            ("http://127.0.0.1:1/in", Some("t=1&user=j%26d&ok=1"))
        );
        assert!(filled(page, "http://127.0.0.1:1/", &step(Some("Cancel"))).is_none(), "it does not ask for the user");
        let cancel = Step { fields: Default::default(), ..step(Some("Cancel")) };
        let request = filled(page, "http://127.0.0.1:1/login?x", &cancel).unwrap();
        assert_eq!((request.method, request.url.as_str()), ("GET", "http://127.0.0.1:1/abort?"));
        assert!(filled(page, "http://127.0.0.1:1/", &step(Some("Nothing"))).is_none());
    }

    #[test]
    fn the_last_answer_of_a_program_is_a_hop() {
        let hops =
            |said: Value| -> Vec<u16> { landed(&said).unwrap().hops.iter().map(|(_, answer)| answer.status).collect() };
        assert_eq!(hops(json!({"t": "page", "status": 500})), [500]);
        assert_eq!(hops(json!({"t": "page"})), [0; 0]);
        let said = json!({"t": "redirect", "status": 303, "location": "x", "hops": [{"status": 200}]});
        assert_eq!(hops(said), [200, 303]);
    }

    #[test]
    fn an_address_is_at_a_redirect_uri_only_whole() {
        assert!(is_at("http://a/cb?code=1", "http://a/cb") && is_at("http://a/cb?x=1&code=1", "http://a/cb?x=1"));
        assert!(!is_at("http://a/cb/x?code=1", "http://a/cb") && !is_at("http://a/cb.evil", "http://a/cb"));
    }
}
