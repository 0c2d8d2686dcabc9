//! The probe at servers that want its harm, refuse everything, or answer in a way that proves nothing.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proofkey_authority::{Endpoint, Party};
use tokio::runtime::Handle;

use super::browser::Browser;
use super::catalogue::{Probe, all};
use super::config::{Config, Login};
use super::http::{Http, Limits, Outgoing, client};
use super::reach::Reach;
use super::run::{Options, run, set_up};
use super::stop::{Stop, refusing_page};
use super::target::Target;
use crate::results::Results;

const CLIENT: &str = "scope = \"profile\"\n[[client]]\nid = \"c\"\nredirect_uris = [\"http://127.0.0.1/cb\"]\n";

/// Longer than a loaded machine takes.
const LONG: Duration = Duration::from_secs(600);

/// A server that writes what `answer` makes of the request, and how many requests it got. The answer may be endless.
fn serve(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (count, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(answer));
    let counted = count.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (answer, counted) = (answer.clone(), counted.clone());
            std::thread::spawn(move || {
                let Ok(mut stream) = stream else { return };
                let mut request = vec![0; 65_536];
                let length = stream.read(&mut request).unwrap_or(0);
                counted.fetch_add(1, Ordering::SeqCst);
                answer(&String::from_utf8_lossy(&request[..length]), &mut stream);
            });
        }
    });
    (address, count)
}

fn reply(stream: &mut TcpStream, head: &str, body: &str) {
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
}

fn metadata(address: &str, token: &str) -> String {
    format!(
        "{{\"issuer\":\"http://{address}\",\"authorization_endpoint\":\"http://{address}/auth\",\"token_endpoint\":\"{token}\"}}"
    )
}

/// The results of all probes at this issuer without the set-up, or why there are none; and why the set-up fails.
async fn probed(address: SocketAddr, answer: Duration) -> Result<(Results, Result<(), String>), String> {
    let runtime = Handle::current();
    let probed = tokio::task::spawn_blocking(move || {
        let issuer = format!("http://{address}");
        let limits = Limits { rate: 0, requests: 2000, time: LONG, answer };
        let http = Http::new(runtime, client(None)?, Reach::new(&issuer, &[], false)?, limits, Vec::new());
        let target = Target::discover(&issuer, Config::parse(CLIENT)?, &http)?;
        let ready = set_up(&http, &target, &mut Browser::new());
        Ok((run(&http, &target, &mut Browser::new(), &all(), &Options::default(), |_| {}), ready))
    });
    probed.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_everything_passes_nothing() {
    let (address, _) = serve(|request, stream| {
        let host = request.split("host: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or_default();
        match request.split(' ').nth(1).unwrap_or_default() {
            "/.well-known/openid-configuration" => {
                reply(stream, "200 OK", &metadata(host, &format!("http://{host}/token")));
            }
            path if path.starts_with("/auth") => {
                let state = path.split("state=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default();
                let head = format!("302 Found\r\nlocation: http://127.0.0.1/cb?error=invalid_request&state={state}");
                reply(stream, &head, "");
            }
            _ => reply(stream, "400 Bad Request\r\ncontent-type: application/json", "{\"error\":\"invalid_grant\"}"),
        }
    });
    let (results, ready) = probed(address, LONG).await.unwrap();
    assert!(ready.unwrap_err().contains("cannot log in"));
    for case in &results.cases {
        assert!(
            !matches!(case.verdict.as_str(), "pass" | "fail" | "warn"),
            "{} {} {}",
            case.id,
            case.verdict,
            case.detail
        );
    }
    assert!(results.partial, "three controls that fail end the run");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_with_a_status_of_success_refuses_if_its_owner_says_so() {
    let (address, _) = serve(|request, stream| match request.split([' ', '?']).nth(1) {
        Some("/error") => reply(stream, "200 OK", "This client is unknown."),
        _ => reply(stream, "302 Found\r\nlocation: /error?error=invalid_client", ""),
    });
    let runtime = Handle::current();
    let judged = tokio::task::spawn_blocking(move || {
        let issuer = format!("http://{address}");
        let limits = Limits { rate: 0, requests: 10, time: LONG, answer: LONG };
        let http = Http::new(runtime, client(None)?, Reach::new(&issuer, &[], false)?, limits, Vec::new());
        let judged = ["*/error?*", "*/other?*"].map(|refusal| {
            let login = Login { refusals: vec![refusal.to_owned()], ..Login::default() };
            let request = Outgoing::get(Party::Browser, Endpoint::Authorization, &format!("{issuer}/auth"));
            let landing = Browser::new().open(&http, &login, request, "http://127.0.0.1/cb").unwrap();
            refusing_page(&landing.answer, "a page")
        });
        Ok::<_, String>(judged)
    });
    let [named, other] = judged.await.unwrap().unwrap();
    assert!(named.is_ok());
    assert!(matches!(other, Err(Stop::Control(why)) if why.contains("login.refusals")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_silent_is_left_alone() {
    let (address, count) = serve(|_, stream| {
        let _ = stream.read(&mut [0; 16]);
    });
    assert!(probed(address, Duration::from_millis(300)).await.unwrap_err().contains("no authorization_endpoint"));
    assert!(count.load(Ordering::SeqCst) <= 3);

    let (address, count) = serve(|request, stream| {
        if request.starts_with("GET /.well-known/") {
            let host = request.split("host: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or_default();
            reply(stream, "200 OK", &metadata(host, &format!("http://{host}/token")));
        }
        // To all else it hangs up without a word, which takes no time.
    });
    let (results, _) = probed(address, LONG).await.unwrap();
    assert!(results.partial && results.counted("pass") == 0);
    assert!(count.load(Ordering::SeqCst) <= 5, "three silences are enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_cut() {
    for endless in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nx: "] {
        let (address, _) = serve(move |_, stream| {
            let _ = stream.write_all(endless.as_bytes());
            while stream.write_all(&[b'a'; 65_536]).is_ok() {}
        });
        let error = probed(address, LONG).await.unwrap_err();
        assert!(error.contains("no answer that can be read"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_out_of_reach() {
    let (elsewhere, count) = serve(|_, stream| reply(stream, "200 OK", "{\"access_token\":\"a\"}"));
    let there = elsewhere.to_string();
    let (address, _) = serve(move |request, stream| {
        let host = request.split("host: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or_default();
        reply(stream, "200 OK", &metadata(host, &format!("http://{there}/token")));
    });
    assert!(probed(address, LONG).await.unwrap_err().contains("allow"), "a token endpoint on another port");

    let there = elsewhere.to_string();
    let (address, _) = serve(move |request, stream| {
        let host = request.split("host: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or_default();
        if request.starts_with("GET /.well-known/") {
            return reply(stream, "200 OK", &metadata(host, &format!("http://{host}/token")));
        }
        reply(stream, &format!("302 Found\r\nlocation: http://{there}/login"), "");
    });
    let (results, ready) = probed(address, LONG).await.unwrap();
    assert!(ready.unwrap_err().contains("a redirect to"));
    assert_eq!(results.counted("pass"), 0);
    assert_eq!(count.load(Ordering::SeqCst), 0, "no request came there");
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_that_never_end_do() {
    let (address, count) = serve(|request, stream| {
        let host = request.split("host: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or_default();
        if request.starts_with("GET /.well-known/") {
            return reply(stream, "200 OK", &metadata(host, &format!("http://{host}/token")));
        }
        reply(stream, &format!("302 Found\r\nlocation: http://{host}/auth?again"), "");
    });
    let (results, ready) = probed(address, LONG).await.unwrap();
    assert!(ready.unwrap_err().contains("redirects"));
    assert_eq!(results.counted("pass"), 0);
    assert!(count.load(Ordering::SeqCst) < 300);
}

/// A server that logs everyone in at once, wherever `redirect_uri` leads. `other` may answer a request before it does:
/// it gets the path with its query, and the number of the request to this endpoint, from 1.
fn careless(other: impl Fn(&str, usize, &mut TcpStream) -> bool + Send + Sync + 'static) -> SocketAddr {
    let (asked, redeemed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (address, _) = serve(move |request, stream| {
        let host = request.split("host: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or_default();
        let path = request.split(' ').nth(1).unwrap_or_default();
        let number = match path {
            _ if path.starts_with("/.well-known/openid") => {
                return reply(stream, "200 OK", &metadata(host, &format!("http://{host}/token")));
            }
            _ if path.starts_with("/auth") => asked.fetch_add(1, Ordering::SeqCst) + 1,
            "/token" => redeemed.fetch_add(1, Ordering::SeqCst) + 1,
            _ => 0,
        };
        if other(path, number, stream) {
            return;
        }
        if path.starts_with("/auth") {
            let query: Vec<(String, String)> =
                form_urlencoded::parse(path.split_once('?').unwrap_or_default().1.as_bytes()).into_owned().collect();
            let value = |name: &str| query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
            let state: String = form_urlencoded::byte_serialize(value("state").as_bytes()).collect();
            let location = super::bench::with_query(value("redirect_uri"), &format!("code=code{number}&state={state}"));
            return reply(stream, &format!("302 Found\r\nlocation: {location}"), "");
        }
        let tokens = format!("{{\"access_token\":\"token-{number}\",\"token_type\":\"Bearer\"}}");
        reply(stream, "200 OK\r\ncontent-type: application/json", &tokens);
    });
    address
}

/// The verdict of each of these probes with its detail, each in a run of its own.
async fn verdicts(address: SocketAddr, config: &str, ids: &'static [&'static str]) -> Vec<(String, String)> {
    let (runtime, config) = (Handle::current(), config.to_owned());
    let tried = tokio::task::spawn_blocking(move || {
        let issuer = format!("http://{address}");
        let limits = Limits { rate: 0, requests: 2000, time: LONG, answer: LONG };
        let http = Http::new(runtime, client(None)?, Reach::new(&issuer, &[], false)?, limits, Vec::new());
        let target = Target::discover(&issuer, Config::parse(&config)?, &http)?;
        let options = Options { may_race: true, ..Options::default() };
        let tried = ids.iter().map(|id| {
            let probes: Vec<Probe> = all().into_iter().filter(|probe| probe.id == *id).collect();
            let results = run(&http, &target, &mut Browser::new(), &probes, &options, |_| {});
            (results.cases[0].verdict.clone(), results.cases[0].detail.clone())
        });
        Ok::<_, String>(tried.collect())
    });
    tried.await.unwrap().unwrap()
}

fn limits(stream: &mut TcpStream) -> bool {
    reply(stream, "429 Too Many Requests", "");
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_rate_is_no_answer_to_the_change() {
    let ids = &["OA-51/state-of-a-foreign-site", "BP-26/cross-origin", "OA-50/nul", "OA-50/line-feed"];
    let address = careless(|path, number, stream| path.starts_with("/auth") && number % 2 == 0 && limits(stream));
    for (verdict, detail) in verdicts(address, CLIENT, ids).await {
        assert!(verdict == "error" && detail.contains("429"), "{verdict} {detail}");
    }
    let address = careless(|path, number, stream| path == "/token" && number > 2 && limits(stream));
    let raced = verdicts(address, CLIENT, &["AK-14/race"]).await;
    assert!(raced[0].0 == "error" && raced[0].1.contains("429"), "{raced:?}");
    let address = careless(|path, number, _| path == "/token" && number > 2);
    let raced = verdicts(address, CLIENT, &["AK-14/race"]).await;
    assert!(raced[0].0 == "error" && raced[0].1.contains("answered 1 of 20"), "{raced:?}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_logs_in_shows_what_it_shows_and_no_more() {
    let config = |hostile: &str| {
        let script = [
            "read line",
            "state=${line#*state=}",
            "state=${state%%&*}",
            "answer='{\"t\":\"redirect\",\"status\":302,\"location\":\"http://127.0.0.1/cb?code=c&state='$state'\"}'",
            &format!(
                "case $line in *%00*|*%0D*) answer='{hostile}';; *prompt=none*) answer='{{\"t\":\"page\",\"status\":403}}';; esac"
            ),
            "printf '%s\\n' \"$answer\"",
        ];
        let scope = CLIENT.replace("profile", "openid");
        format!("{scope}[login]\ndriver = \"command\"\ncommand = [\"sh\", \"-c\", '''\n{}\n''']\n", script.join("\n"))
    };
    let ids = &["OA-50/nul", "OA-50/line-feed", "BP-26/cross-origin", "ID-38/prompt-none"];
    let address = careless(|_, _, _| false);
    let words = |tried: Vec<(String, String)>| tried.into_iter().map(|(verdict, _)| verdict).collect::<Vec<_>>();
    let tried = verdicts(address, &config("{\"t\":\"page\",\"status\":500}"), ids).await;
    assert_eq!(words(tried), ["fail", "fail", "not_tested", "fail"]);
    let tried = verdicts(address, &config("{\"t\":\"page\",\"status\":400}"), &["OA-50/nul"]).await;
    assert_eq!(words(tried), ["pass"], "the honest twin");
    let tried = verdicts(address, &config("{\"t\":\"page\"}"), &["OA-50/nul"]).await;
    assert_eq!(words(tried), ["not_tested"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_registered_itself_proves_nothing() {
    let address = careless(|_, _, _| false);
    let with = |uris: &str| format!("scope = \"profile\"\n[[client]]\nid = \"c\"\nredirect_uris = [{uris}]\n");
    let all = "\"http://127.0.0.1/1\", \"http://127.0.0.1/1/\", \"https://a.example:8443/\"";
    let ids = &["BP-01/trailing-slash", "BP-01/other-case", "BP-02/other-port"];
    let tried = verdicts(address, &with(all), ids).await;
    assert!(tried[..2].iter().all(|(verdict, why)| verdict == "not_tested" && why.contains("registered")), "{tried:?}");
    assert_eq!(tried[2].0, "fail", "another port than the registered one was taken: {tried:?}");
    let bare = "\"http://127.0.0.1:51004\", \"https://a.example\"";
    let tried = verdicts(address, &with(bare), &["NA-01/any-port-on-loopback", "BP-02/other-port"]).await;
    assert!(tried.iter().all(|(verdict, _)| verdict == "not_tested"), "{tried:?}");

    // A server that takes the registered port alone.
    let address = careless(|path, _, stream| {
        let is_other = path.starts_with("/auth") && !path.contains("A51004%2Fcb");
        is_other.then(|| reply(stream, "400 Bad Request", "")).is_some()
    });
    let tried = verdicts(address, &with("\"http://127.0.0.1:51004/cb\""), &["NA-01/any-port-on-loopback"]).await;
    assert_eq!(tried[0].0, "fail", "{tried:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_users_password_is_in_no_report() {
    const STEP: &str = "[login]\ndriver = \"form\"\n[[login.step]]\nurl = \"*\"\nfields = { user = \"u\", password = \"Sentinel-password\" }\n";
    let form = |action: &str| format!("<form action='{action}'><input name=user><input name=password></form>");
    for page in [form("/in"), form("http://elsewhere.invalid/in")] {
        let address = careless(move |path, _, stream| {
            if let Some((_, query)) = path.split_once('?').filter(|(path, _)| *path == "/in") {
                reply(stream, &format!("302 Found\r\nlocation: /login?error=1&{query}"), "");
            } else if path != "/token" {
                reply(stream, "200 OK\r\ncontent-type: text/html", &page);
            }
            path != "/token"
        });
        let runtime = Handle::current();
        let (ready, results) = tokio::task::spawn_blocking(move || {
            let issuer = format!("http://{address}");
            let limits = Limits { rate: 0, requests: 2000, time: LONG, answer: LONG };
            let reach = Reach::new(&issuer, &[], false).unwrap();
            let config = Config::parse(&format!("{CLIENT}{STEP}")).unwrap();
            let http = Http::new(runtime, client(None).unwrap(), reach, limits, config.secrets());
            let target = Target::discover(&issuer, config, &http).unwrap();
            let ready = set_up(&http, &target, &mut Browser::new());
            let urls: Vec<String> = http.wire().exchanges().into_iter().map(|exchange| exchange.url).collect();
            assert!(urls.iter().all(|url| !url.contains("Sentinel")), "{urls:?}");
            (ready, run(&http, &target, &mut Browser::new(), &all()[..1], &Options::default(), |_| {}))
        })
        .await
        .unwrap();
        let report = crate::report::render(crate::report::Format::Json, &[results]);
        for text in [ready.unwrap_err(), report] {
            assert!(text.contains("nothing was sent to") || text.contains("<password"), "{text}");
            assert!(!text.contains("Sentinel"), "{text}");
        }
    }
}
