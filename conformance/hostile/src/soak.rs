//! Starts the servers and the client, and reads the client's reports.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

use proofkey_authority::Authority;

use crate::call::Call;
use crate::client::{self, Orders};
use crate::report::Report;
use crate::server::{Requests, listen};
use crate::turn::Turn;
use crate::victim::Failure;
use crate::word::Word;
use crate::{attacks, forgery};

/// Plays the part that the call asks for. Whether everything was as it must be.
pub(crate) fn run(call: &Call, words: &[String]) -> Result<bool, Failure> {
    let attacks: Vec<_> = attacks::all().into_iter().filter(|attack| call.chooses(attack.name)).map(Arc::new).collect();
    let forgeries: Vec<_> = forgery::all().into_iter().filter(|forgery| call.chooses(forgery.name)).collect();
    let ports = call.servers.as_ref().map_or(Vec::new(), |(_, ports)| ports.clone());
    let served = attacks.iter().cloned().zip(ports.into_iter().chain(std::iter::repeat(0)));
    let turns = Turn::all(&served.collect::<Vec<_>>(), &forgeries);
    if turns.is_empty() {
        return Err("no attack has such a name".into());
    }
    if let Some((issuer, _)) = call.servers.clone() {
        client::run(&Orders { issuer, turns, time: call.time, jobs: call.jobs })?;
        return Ok(true);
    }
    // The servers run on the threads of this runtime while the client is listened to.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (authority, requests) = (runtime.block_on(Authority::honest()), Requests::default());
    let ports: Vec<_> = runtime.block_on(listen(attacks, &requests))?.iter().map(u16::to_string).collect();
    let mut client = Command::new(std::env::current_exe()?)
        .args(words)
        .args(["--client", authority.issuer(), &ports.join(",")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut report = Report::new(&turns, 2 * call.jobs);
    for line in BufReader::new(client.stdout.take().ok_or("the client says nothing")?).lines() {
        let line = line?;
        report.hear(Word::parse(&line).ok_or(format!("the client said {line:?}"))?);
    }
    report.ended(client.wait()?, &requests);
    Ok(report.print())
}
