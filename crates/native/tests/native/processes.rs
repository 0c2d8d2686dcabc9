//! One login shared by real processes, some of which are killed, at a server that rotates refresh tokens and detects reuse.
//!
//! `cargo xtask sessions` runs it for minutes.

use std::collections::HashSet;
use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::iter;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use proofkey::http::{Request, Response};
use proofkey::token::{AccessToken, TransportError, TransportErrorKind};
use proofkey::{Discovery, Identity, Login};
use proofkey_authority::{Authority, Browser, Client, Setup};
use proofkey_native::{BlockingSession, Credentials, FileStore, SessionError};

use crate::store::Directory;

/// Tells a process of a fleet its issuer, its directory and what kind of program it is.
const ROLE: &str = "PROOFKEY_FLEET";
/// Which process sent a request.
const PROCESS: &str = "x-process";
/// The file of a program that knows no lock.
const FILE: &str = "identity.json";

/// A program that shares its login with others.
#[test]
fn a_process_of_a_fleet() {
    let Ok(role) = env::var(ROLE) else { return };
    let mut words = role.split('\n');
    let mut word = || words.next().unwrap().to_owned();
    let (issuer, directory, kind) = (word(), PathBuf::from(word()), word());
    let login = login(&issuer);
    if kind == "session" {
        let session = BlockingSession::new(login, FileStore::new(directory));
        answer(|held| match held {
            Some(held) => session.renew(&send, held),
            None => session.credentials(&send),
        });
    } else {
        answer(|held| careless(&login, &directory.join(FILE), held));
    }
}

/// Prints the access token that the program has at first, and a new one for each line.
fn answer(refresh: impl Fn(Option<&Arc<Credentials>>) -> Result<Arc<Credentials>, SessionError>) {
    let mut held = None;
    let mut output = io::stdout();
    for _ in iter::once(String::new()).chain(io::stdin().lines().map_while(Result::ok)) {
        let result = refresh(held.as_ref());
        let word = match &result {
            Ok(credentials) => text(credentials).to_owned(),
            Err(error) => format!("!{}", error.code()),
        };
        writeln!(output, "\n@{word}").unwrap();
        held = result.ok().or(held);
    }
}

/// What many programs do: read the file, refresh, write the file. The last writer wins.
fn careless(login: &Login, file: &Path, held: Option<&Arc<Credentials>>) -> Result<Arc<Credentials>, SessionError> {
    let mut identity =
        Identity::from_json(&fs::read_to_string(file).unwrap_or_default()).map_err(|_| SessionError::SignedOut)?;
    let is_new = identity.tokens().access_token().map(AccessToken::expose) != held.map(|held| text(held));
    if held.is_some() && !is_new {
        login.refresh_blocking(&send, &mut identity)?;
        fs::write(file, identity.to_json().as_bytes()).unwrap();
    }
    Ok(Arc::new(identity.into()))
}

fn text(credentials: &Credentials) -> &str {
    credentials.tokens().access_token().unwrap().expose()
}

fn login(issuer: &str) -> Login {
    let server = Discovery::new(issuer).run_blocking(&send).unwrap();
    Login::new(server, Client::native().id, "http://127.0.0.1/callback").unwrap()
}

/// A client that says which process it is.
fn send(request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, TransportError> {
    let (uri, method) = (request.uri(), request.method());
    let host = uri.authority().unwrap().as_str();
    let mut stream =
        TcpStream::connect(host).map_err(|_| TransportError::before_sending(TransportErrorKind::Connect))?;
    let target = uri.path_and_query().unwrap();
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    head += &format!("{PROCESS}: {}\r\ncontent-length: {}\r\n", std::process::id(), request.body().len());
    for (name, value) in request.headers() {
        head += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    let lost = || TransportError::after_sending(TransportErrorKind::Reset);
    stream.write_all(&[(head + "\r\n").as_bytes(), request.body()].concat()).map_err(|_| lost())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).map_err(|_| lost())?;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").ok_or_else(lost)?;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut response = Response::builder().status(head.split(' ').nth(1).unwrap());
    for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(": ")) {
        response = response.header(name, value);
    }
    Ok(response.body(bytes.split_off(end + 4)).unwrap())
}

/// A process that is told when to ask for a new token.
struct Program {
    process: Child,
    input: ChildStdin,
    output: Receiver<String>,
}

impl Program {
    fn start(issuer: &str, directory: &Path, kind: &str) -> Self {
        let role = format!("{issuer}\n{}\n{kind}", directory.display());
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "processes::a_process_of_a_fleet"]).env(ROLE, role);
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let (input, lines) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()).lines());
        let (sender, output) = channel();
        thread::spawn(move || {
            let words = lines.map_while(Result::ok).filter_map(|line| line.strip_prefix('@').map(str::to_owned));
            words.for_each(|word| drop(sender.send(word)));
        });
        Self { process, input, output }
    }

    /// Lets it ask.
    fn go(&mut self) {
        writeln!(self.input).unwrap();
    }

    /// The token that it has, or an error; `None` if it was killed before.
    fn hear(&self) -> Option<String> {
        self.output.recv_timeout(Duration::from_secs(300)).ok()
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Programs that share a login.
struct Fleet {
    runtime: tokio::runtime::Runtime,
    authority: Authority,
    directory: Directory,
    kind: &'static str,
    programs: Vec<Program>,
    /// The token that all of them have.
    token: String,
}

/// Which process is killed, and how long after what.
#[derive(Clone, Copy, Debug)]
enum Blow {
    /// This one, after it was told to ask.
    Any(usize, Duration),
    /// The one that refreshes, after its request arrived.
    Refresher(Duration),
}

/// What happened so far.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    rounds: u32,
    kills: u32,
    /// A process was killed after it had sent its refresh token, and before it had stored the answer.
    lost: u32,
    /// The users had to log in again, because the answer that was lost had replaced the refresh token.
    interrupted: u32,
}

impl Fleet {
    fn start(kind: &'static str, size: usize, setup: Setup) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let authority = runtime.block_on(Authority::start(setup));
        let directory = Directory::new(&format!("fleet-{kind}"));
        let mut fleet = Self { runtime, authority, directory, kind, programs: Vec::new(), token: String::new() };
        fleet.sign_in();
        fleet.programs = (0..size).map(|_| fleet.program()).collect();
        fleet.programs.iter().for_each(|program| assert_eq!(program.hear().as_ref(), Some(&fleet.token)));
        fleet
    }

    fn program(&self) -> Program {
        Program::start(self.authority.issuer(), self.directory.path(), self.kind)
    }

    fn sign_in(&mut self) {
        let login = login(self.authority.issuer());
        let (url, pending) = login.request().scope("openid offline_access").begin().unwrap();
        let landing = self.runtime.block_on(Browser::new(self.authority.wire()).open(&url)).unwrap();
        let grant = login.receive(pending, landing.callback().unwrap()).unwrap();
        let identity = login.finish_blocking(&send, grant).unwrap();
        self.token = identity.tokens().access_token().unwrap().expose().to_owned();
        fs::write(self.directory.path().join(FILE), identity.to_json().as_bytes()).unwrap();
        let session = BlockingSession::new(login, FileStore::new(self.directory.path()));
        session.sign_in(identity).unwrap();
    }

    /// All programs need a new token at the same moment, and one of them may be killed. Returns what the others have then,
    /// how many refreshes were made by them and by the one that was killed, and which that was.
    fn round(&mut self, blow: Option<Blow>) -> (HashSet<String>, [usize; 2], Option<usize>) {
        let before = self.authority.wire().last();
        self.programs.iter_mut().for_each(|program| program.go());
        let victim = blow.map(|blow| {
            let (victim, delay) = match blow {
                Blow::Any(victim, delay) => (victim, delay),
                Blow::Refresher(delay) => (self.refresher(before), delay),
            };
            thread::sleep(delay);
            self.programs[victim].kill();
            victim
        });
        let others = self.programs.iter().enumerate().filter(|(number, _)| victim != Some(*number));
        let words = others.map(|(_, program)| program.hear().unwrap()).collect();
        let killed = victim.map(|victim| self.programs[victim].process.id().to_string());
        let requests = self.authority.wire().since(before);
        let refreshes = requests.iter().filter(|request| request.form("refresh_token").is_some());
        let (theirs, its): (Vec<_>, Vec<_>) =
            refreshes.partition(|request| request.header(PROCESS) != killed.as_deref() || killed.is_none());
        (words, [theirs.len(), its.len()], victim)
    }

    /// The program whose refresh has arrived.
    fn refresher(&self, since: u64) -> usize {
        loop {
            let requests = self.authority.wire().since(since);
            let refresh = requests.iter().find(|request| request.form("refresh_token").is_some());
            if let Some(process) = refresh.and_then(|request| request.header(PROCESS)) {
                return self.programs.iter().position(|program| program.process.id().to_string() == process).unwrap();
            }
            thread::sleep(Duration::from_micros(200));
        }
    }

    /// A round that is as it must be.
    fn honest_round(&mut self, blow: Option<Blow>, tally: &mut Tally) {
        let (words, [theirs, its], victim) = self.round(blow);
        (tally.rounds, tally.kills) = (tally.rounds + 1, tally.kills + u32::from(victim.is_some()));
        let facts = format!("{words:?}, {theirs} and {its} refreshes, {blow:?}");
        assert_eq!(words.len(), 1, "they do not agree: {facts}");
        assert!(theirs <= 1 && its <= 1 && theirs + its >= 1, "not one refresh: {facts}");
        let is_lost = theirs == 1 && its == 1;
        tally.lost += u32::from(is_lost);
        let word = words.into_iter().next().unwrap();
        if word == "!session_interrupted" && is_lost && !self.authority.setup().refresh_repeatable {
            tally.interrupted += 1;
            self.sign_in();
            for (number, program) in self.programs.iter_mut().enumerate() {
                if victim != Some(number) {
                    program.go();
                    assert_eq!(program.hear().as_ref(), Some(&self.token));
                }
            }
        } else {
            assert!(!word.starts_with('!') && word != self.token, "{word}: {facts}");
            self.token = word;
        }
        if let Some(victim) = victim {
            self.programs[victim] = self.program();
            assert_eq!(self.programs[victim].hear().as_ref(), Some(&self.token));
        }
    }

    fn faults(&self) -> usize {
        self.authority.wire().faults().len()
    }
}

fn strict() -> Setup {
    Setup::honest()
}

fn repeatable() -> Setup {
    Setup { refresh_repeatable: true, ..Setup::honest() }
}

/// A number below `end`.
fn random(end: u64) -> u64 {
    getrandom::u64().unwrap() % end
}

#[test]
fn rt_01_rt_03_processes_share_one_refresh_also_if_one_of_them_is_killed() {
    if let Some(seconds) = env::var("PROOFKEY_FLEET_SECONDS").ok().and_then(|seconds| seconds.parse().ok()) {
        return soak(Duration::from_secs(seconds));
    }
    let (mut fleet, mut tally) = (Fleet::start("session", 4, repeatable()), Tally::default());
    for blow in [None, Some(Blow::Any(1, moment(20))), None, Some(Blow::Refresher(moment(10))), None] {
        fleet.honest_round(blow, &mut tally);
    }
    assert_eq!((tally.rounds, tally.kills, tally.interrupted, fleet.faults()), (5, 2, 0, 0));
}

/// Up to so many milliseconds.
fn moment(milliseconds: u64) -> Duration {
    Duration::from_micros(random(1000 * milliseconds))
}

/// 16 processes. In one round of six, as if one round of a process in a hundred ended so, one is killed: at any moment, or
/// while it refreshes. Every other fleet has a server that forgives no lost answer.
fn soak(duration: Duration) {
    let (begun, mut tallies) = (Instant::now(), [Tally::default(), Tally::default()]);
    for number in 0.. {
        let is_strict = number % 2 == 1;
        let mut fleet = Fleet::start("session", 16, if is_strict { strict() } else { repeatable() });
        let (started, mut length, tally) = (Instant::now(), 50, &mut tallies[number % 2]);
        let before = tally.interrupted;
        while started.elapsed() < Duration::from_secs(30) && begun.elapsed() < duration {
            let blow = match random(100) {
                victim @ 0..8 => Some(Blow::Any(usize::try_from(2 * victim + random(2)).unwrap(), moment(length))),
                8..16 => Some(Blow::Refresher(moment(20))),
                _ => None,
            };
            let now = Instant::now();
            fleet.honest_round(blow, tally);
            if blow.is_none() {
                length = (length * 7 + u64::try_from(now.elapsed().as_millis()).unwrap()) / 8 + 1;
            }
        }
        assert_eq!(fleet.faults(), usize::try_from(tally.interrupted - before).unwrap(), "a token was presented twice");
        let (seconds, server) = (begun.elapsed().as_secs(), if is_strict { "strict" } else { "forgiving" });
        eprintln!("{seconds} s: {server} server, {length} ms a round, {tally:?}");
        if begun.elapsed() >= duration {
            return;
        }
    }
}

#[test]
fn programs_that_know_no_lock_present_a_token_twice_and_are_logged_out() {
    let mut fleet = Fleet::start("careless", 4, strict());
    let outcome = (0..20).find_map(|_| {
        let (words, [refreshes, _], _) = fleet.round(None);
        words.iter().any(|word| word.starts_with('!')).then_some(refreshes)
    });
    assert!(outcome.is_some_and(|refreshes| refreshes > 1) && fleet.faults() > 0, "{outcome:?}");
}
