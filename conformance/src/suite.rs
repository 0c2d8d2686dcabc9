//! Runs cases in parallel, each with its honest twin; what several of them share is played once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::{Mutex, OnceCell, Semaphore, SemaphorePermit};
use tokio::task::JoinSet;

use crate::case::Case;
use crate::idle::Idle;
use crate::judge::{Judgement, Verdict, judge};
use crate::play::play_with;
use crate::subject::Subject;
use crate::timings::Timings;
use crate::transcript::{Mode, Transcript};

/// The options of a run. The default is four cases at a time, with both modes of callbacks.
#[derive(Clone, Debug)]
pub struct Options {
    /// The number of cases that run at a time.
    pub jobs: usize,
    /// The modes in which callbacks are delivered; a case must pass in each that the subject claims.
    pub modes: Vec<Mode>,
    /// The subject's own error names, each with the class of the protocol that it stands for.
    pub errors: BTreeMap<String, String>,
    /// The deadline for an answer of the subject, in place of that of the case: for a debugger.
    pub deadline: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self { jobs: 4, modes: vec![Mode::Stdin, Mode::Http], errors: BTreeMap::new(), deadline: None }
    }
}

/// One case, judged.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The id of the case.
    pub id: &'static str,
    /// The verdict and its reason.
    pub judgement: Judgement,
    /// The verdict on its honest twin, if it has one.
    pub twin: Option<Verdict>,
    /// The mode in which callbacks were delivered, and what happened.
    pub played: Option<(Mode, Arc<Transcript>)>,
    /// The duration, in milliseconds.
    pub ms: u128,
    /// The name, version and language that the subject states.
    pub subject: Value,
    /// The switches that the reference client queried, in the case and in its twin.
    pub asked: Vec<&'static str>,
}

impl Outcome {
    /// Returns the wire log with secrets masked.
    #[must_use]
    pub fn wire(&self) -> String {
        self.played.as_ref().map_or_else(String::new, |(_, transcript)| transcript.wire.render())
    }
}

/// All cases, judged.
#[derive(Clone, Debug)]
pub struct Report {
    /// The outcomes, in the order of the catalogue. After a run that was stopped, those of the cases judged before.
    pub outcomes: Vec<Outcome>,
    /// The duration of the run, in milliseconds.
    pub ms: u128,
    /// The number of times that a client was started. A case and its honest twin are played once in each mode.
    pub plays: usize,
    /// The time of all plays by part.
    pub timings: Timings,
}

impl Report {
    /// Returns the number of cases with this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.judgement.verdict == verdict).count()
    }
}

/// A case and its honest twin, with their keys: made once, however often they are played.
pub(crate) struct Pair {
    lie: Part,
    twin: Option<Part>,
}

struct Part {
    case: Case,
    key: Arc<str>,
}

/// How many cases run at a time. Those in which real time passes do little but wait, and have places of their own.
pub(crate) struct Places {
    busy: Semaphore,
    waiting: Semaphore,
}

impl Places {
    pub(crate) fn new(jobs: usize, waiting: usize) -> Arc<Self> {
        Arc::new(Self { busy: Semaphore::new(jobs.max(1)), waiting: Semaphore::new(waiting.max(1)) })
    }

    /// Places for clients in this process, where to wait costs nothing.
    pub(crate) fn in_process(jobs: usize) -> Arc<Self> {
        Self::new(jobs, Semaphore::MAX_PERMITS)
    }
}

impl Pair {
    /// A place among those that run at a time.
    pub(crate) async fn place<'p>(&self, places: &'p Places) -> Option<SemaphorePermit<'p>> {
        let places = if self.lie.case.waits() { &places.waiting } else { &places.busy };
        places.acquire().await.ok()
    }

    pub(crate) fn of(case: &Case) -> Arc<Self> {
        let part = |case: Case| Part { key: case.key().into(), case };
        Arc::new(Self { lie: part(case.clone()), twin: case.twin().map(part) })
    }
}

/// What one subject played, by what decides what happens, and its programs between two cases.
#[derive(Clone, Default)]
pub(crate) struct Plays {
    played: Arc<Mutex<Played>>,
    idle: Arc<Idle>,
    errors: Arc<BTreeMap<String, String>>,
}

type Played = HashMap<(Arc<str>, Mode), Play>;

type Play = Arc<OnceCell<Arc<Transcript>>>;

impl Plays {
    async fn of(&self, part: &Part, subject: &Subject, mode: Mode) -> Arc<Transcript> {
        let cell = self.played.lock().await.entry((part.key.clone(), mode)).or_default().clone();
        let play = async || {
            let mut transcript = play_with(&part.case, subject, mode, &self.idle).await;
            transcript.answers.iter_mut().for_each(|answer| answer.translate(&self.errors));
            Arc::new(transcript)
        };
        cell.get_or_init(play).await.clone()
    }

    /// How many there were, and where their time went.
    async fn sum(&self) -> (usize, Timings) {
        let plays = self.played.lock().await;
        let mut timings = Timings::default();
        plays.values().filter_map(|play| play.get()).for_each(|play| timings.add(&play.timings));
        (plays.len(), timings)
    }
}

/// Runs `cases` with `subject`; `progress` is called after each case.
pub async fn run(cases: &[Case], subject: &Subject, options: &Options, progress: impl FnMut(&Outcome)) -> Report {
    run_until(std::future::pending(), cases, subject, options, progress).await
}

/// [`run`], until `stop` completes. The cases that are then still running are abandoned, and their programs ended.
pub async fn run_until(
    stop: impl Future<Output = ()>,
    cases: &[Case],
    subject: &Subject,
    options: &Options,
    mut progress: impl FnMut(&Outcome),
) -> Report {
    let start = Instant::now();
    let places = match subject {
        // A program that starts is busy: not all that will wait are to start at once.
        Subject::Command(_) => Places::new(options.jobs, 6 * options.jobs),
        Subject::Reference(_) => Places::in_process(options.jobs),
    };
    let plays = Plays {
        errors: Arc::new(options.errors.clone()),
        idle: Arc::new(Idle::new(options.deadline)),
        ..Plays::default()
    };
    let mut running = JoinSet::new();
    for (at, case) in cases.iter().enumerate() {
        let (pair, subject, modes) = (Pair::of(case), subject.clone(), options.modes.clone());
        let (places, plays) = (places.clone(), plays.clone());
        running.spawn(async move {
            let _place = pair.place(&places).await;
            (at, judged(&pair, &subject, &modes, &plays).await)
        });
    }
    let mut outcomes: Vec<(usize, Outcome)> = Vec::with_capacity(cases.len());
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            judged = running.join_next() => match judged {
                Some(Ok((at, outcome))) => {
                    progress(&outcome);
                    outcomes.push((at, outcome));
                }
                // A case that panicked is missing from the report, which then is partial.
                Some(Err(_)) => {}
                None => break,
            },
        }
    }
    running.shutdown().await;
    outcomes.sort_by_key(|(at, _)| *at);
    let outcomes = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    let (plays, timings) = plays.sum().await;
    Report { outcomes, ms: start.elapsed().as_millis(), plays, timings }
}

/// One case. The first mode in which it does not pass decides; a mode that the subject does not claim does not.
pub(crate) async fn judged(pair: &Pair, subject: &Subject, modes: &[Mode], plays: &Plays) -> Outcome {
    let case = &pair.lie.case;
    let start = Instant::now();
    let mut best: Option<Outcome> = None;
    let modes = case.modes(modes);
    for &mode in &modes {
        let mut outcome = in_mode(pair, subject, mode, plays).await;
        outcome.ms = start.elapsed().as_millis();
        match outcome.judgement.verdict {
            Verdict::Pass | Verdict::Policy => best = Some(outcome),
            Verdict::NotClaimed => best = best.or(Some(outcome)),
            _ => {
                if modes.len() > 1 {
                    outcome.judgement.detail = format!("{} (callback by {mode:?})", outcome.judgement.detail);
                }
                return outcome;
            }
        }
    }
    best.unwrap_or_else(|| Outcome {
        id: case.id,
        judgement: Judgement {
            verdict: Verdict::Error,
            class: None,
            detail: "no mode was asked for".into(),
            rows: Vec::new(),
            no_login: false,
        },
        twin: None,
        played: None,
        ms: 0,
        subject: Value::Null,
        asked: Vec::new(),
    })
}

async fn in_mode(pair: &Pair, subject: &Subject, mode: Mode, plays: &Plays) -> Outcome {
    let case = &pair.lie.case;
    let transcript = plays.of(&pair.lie, subject, mode).await;
    let mut asked = transcript.asked.clone();
    let mut twin = None;
    // Of a subject that crashed or kept silent the twin tells nothing more.
    if let Some(honest) = pair.twin.as_ref().filter(|_| transcript.trouble.is_none()) {
        let transcript = plays.of(honest, subject, mode).await;
        asked.extend(&transcript.asked);
        twin = Some(judge(&honest.case, &transcript, None));
    }
    let judgement = judge(case, &transcript, twin.as_ref());
    Outcome {
        id: case.id,
        twin: twin.map(|twin| twin.verdict),
        judgement,
        ms: 0,
        subject: transcript.subject.clone(),
        asked,
        played: Some((mode, transcript)),
    }
}
