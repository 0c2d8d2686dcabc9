//! The process of the client. In threads with counted allocations it meets one attack at a time. In one application
//! with one connection pool it meets all of them at once, while honest users log in.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;

use crate::forgery::RedirectEndpoint;
use crate::turn::{Turn, Turns};
use crate::victim::{Clients, Failure, PATIENCE, Victim, log_in_and_out};
use crate::word::Word;

/// How long an attack may last beyond the client's longest deadline before it is given up: a machine may be busy.
pub(crate) const SLACK: Duration = Duration::from_secs(60);

/// Between two honest logins.
const PAUSE: Duration = Duration::from_millis(50);

/// What this process is to do.
pub(crate) struct Orders {
    /// The honest server.
    pub(crate) issuer: String,
    pub(crate) turns: Vec<Turn>,
    pub(crate) time: Duration,
    /// How many attacks are met at a time, in threads and once more in the application.
    pub(crate) jobs: usize,
}

pub(crate) fn run(orders: &Orders) -> Result<(), Failure> {
    // A panic that a runtime would catch is a panic all the same.
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::exit(101);
    }));
    let turns = Turns::new(orders.turns.clone(), orders.time);
    let over = Arc::new(AtomicBool::new(false));
    thread::scope(|scope| {
        let application = scope.spawn(|| application(orders, Arc::clone(&over)));
        let threads: Vec<_> = (0..orders.jobs).map(|_| scope.spawn(|| count(&orders.issuer, &turns))).collect();
        let counted = threads.into_iter().try_for_each(joined);
        over.store(true, Ordering::Relaxed);
        joined(application).and(counted)
    })?;
    Word::Memory { kib: peak_memory() }.say();
    Ok(())
}

fn joined(thread: thread::ScopedJoinHandle<'_, Result<(), Failure>>) -> Result<(), Failure> {
    thread.join().unwrap_or_else(|_| Err("a thread panicked".into()))
}

/// The most memory that this process ever had, in KiB; only Linux says it in this way.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

/// A thread in which there is nothing but one attack at a time: what it allocates is that attack's.
fn count(issuer: &str, turns: &Turns) -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut victim = runtime.block_on(Victim::log_in(Clients::new()?, issuer))?;
    let endpoint = RedirectEndpoint::new()?;
    while let Some(turn) = turns.next() {
        turn.begins();
        let (start, mut code) = (Instant::now(), String::new());
        let counted = allocation_counter::measure(|| code = runtime.block_on(meet(turn, &mut victim, &endpoint)));
        turn.ended(code, start, Some(counted.bytes_max));
    }
    Ok(())
}

async fn meet(turn: &Turn, victim: &mut Victim, endpoint: &RedirectEndpoint) -> String {
    match turn {
        Turn::Server { attack, endpoint, base } => within_limits(victim.meet(*endpoint, attack.client, base)).await,
        Turn::Callback(forgery) => endpoint.receive(forgery),
    }
}

/// What does not end by itself is ended here, and said.
async fn within_limits(met: impl Future<Output = String>) -> String {
    tokio::time::timeout(PATIENCE + SLACK, met).await.unwrap_or_else(|_| "no_end".to_owned())
}

/// An application as many have it: one client for everything, and much going on at once.
fn application(orders: &Orders, over: Arc<AtomicBool>) -> Result<(), Failure> {
    let clients = Clients::new()?;
    let turns = Arc::new(Turns::new(orders.turns.clone(), orders.time));
    Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        let crowd: Vec<_> = (0..orders.jobs)
            .map(|_| tokio::spawn(join_the_crowd(clients.clone(), orders.issuer.clone(), Arc::clone(&turns))))
            .collect();
        while !over.load(Ordering::Relaxed) {
            let start = Instant::now();
            let done = tokio::time::timeout(PATIENCE + SLACK, log_in_and_out(&clients, &orders.issuer)).await;
            let error =
                done.map_or_else(|_| Some("no end".to_owned()), |done| done.err().map(|error| error.to_string()));
            Word::Login { time: start.elapsed(), error }.say();
            tokio::time::sleep(PAUSE).await;
        }
        for one in crowd {
            one.await??;
        }
        Ok(())
    })
}

async fn join_the_crowd(clients: Clients, issuer: String, turns: Arc<Turns>) -> Result<(), Failure> {
    let (mut victim, endpoint) = (Victim::log_in(clients, &issuer).await?, RedirectEndpoint::new()?);
    while let Some(turn) = turns.next() {
        turn.begins();
        let start = Instant::now();
        let code = meet(turn, &mut victim, &endpoint).await;
        turn.ended(code, start, None);
    }
    Ok(())
}
