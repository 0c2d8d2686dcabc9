//! The probe judges itself: no false finding at the honest authority, and each defect found by just the probes that
//! name it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use proofkey_authority::{
    Algorithm, Asked, Authority, Client as Registered, Clock, Enforcement, LoginMode, PushMode, Setup, Wire,
};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::browser::Browser;
use super::catalogue::{Probe, all};
use super::config::{Auth, Client, Config, DriverKind, Hooks, Login, Step};
use super::defects::{DEFECTS, Defect};
use super::http::{Http, Limits, client};
use super::looks;
use super::reach::Reach;
use super::run::{Options, run, set_up};
use super::target::Target;
use crate::results::Results;

/// The result of the self-test.
#[derive(Clone, Debug, Default)]
pub struct SelfTest {
    /// The number of probes.
    pub probes: usize,
    /// The number of requirement rows that they test.
    pub rows: usize,
    /// The number of defects that were tried.
    pub defects: usize,
    /// The number of requests that were sent.
    pub requests: usize,
    /// The duration, in milliseconds.
    pub ms: u128,
    /// The problems found, one sentence each.
    pub problems: Vec<String>,
}

/// Runs every probe at the honest authority, and then at one with each defect.
pub async fn self_test() -> SelfTest {
    let start = Instant::now();
    let probes = all();
    let mut outcome = SelfTest {
        probes: probes.len(),
        rows: probes.iter().flat_map(|probe| probe.rows).collect::<BTreeSet<_>>().len(),
        defects: DEFECTS.len(),
        ..SelfTest::default()
    };
    let named: BTreeSet<&str> = probes.iter().flat_map(|probe| probe.defects).copied().collect();
    for probe in probes.iter().filter(|probe| probe.defects.is_empty()) {
        outcome.problems.push(format!("{} names no defect, so nothing shows that it can fail", probe.id));
    }
    for name in named.iter().filter(|name| !DEFECTS.iter().any(|defect| defect.name == **name)) {
        outcome.problems.push(format!("{name} is not a defect"));
    }
    let client = match client(None) {
        Ok(client) => client,
        Err(why) => return SelfTest { problems: vec![why], ..outcome },
    };
    let mut runs = JoinSet::new();
    runs.spawn(run_at(None, honest(), client.clone(), probes.clone()));
    while let Some(Ok((defect, judged))) = runs.join_next().await {
        let name = defect.map_or("honest", |defect| defect.name);
        match judged {
            Ok(judged) => {
                outcome.requests += judged.results.plays;
                let problems = problems(defect, &judged.results, &probes);
                outcome.problems.extend(problems.map(|problem| format!("{name}: {problem}")));
                if defect.is_none() {
                    for defect in DEFECTS {
                        let mut setup = honest();
                        (defect.put)(&mut setup);
                        let concerned = concerned(defect, &setup, &probes, &judged);
                        runs.spawn(run_at(Some(defect), setup, client.clone(), concerned));
                    }
                }
            }
            Err(why) => outcome.problems.push(format!("{name}: {why}")),
        }
    }
    outcome.problems.sort();
    outcome.ms = start.elapsed().as_millis();
    outcome
}

/// What a run shows.
struct Judged {
    results: Results,
    /// What of the server each probe has looked at.
    asked: Vec<(Asked, BTreeSet<String>)>,
}

/// The probes that the defect can change anything for: where a flaw was not looked at, and a rule not broken, the server
/// does the same; and where a probe does not look at what shows it, the probe does.
fn concerned(defect: &Defect, setup: &Setup, probes: &[Probe], honest_run: &Judged) -> Vec<Probe> {
    let rules = match &setup.enforcement {
        Enforcement::Without(rules) => rules.as_slice(),
        _ => &[],
    };
    let is_more = Setup { flaws: Vec::new(), enforcement: Enforcement::Strict, ..setup.clone() } != honest();
    let is_concerned = |(asked, looks): &(Asked, BTreeSet<String>)| match defect.shows {
        Some(shows) => looks.contains(shows),
        None => {
            let is_asked = setup.flaws.iter().any(|flaw| asked.flaws.contains(flaw));
            is_more || is_asked || rules.iter().any(|rule| asked.rules.contains(rule))
        }
    };
    let concerned = probes.iter().zip(&honest_run.asked).filter(|(_, asked)| is_concerned(asked));
    concerned.map(|(probe, _)| *probe).collect()
}

/// What is not as it should be in the results of a server with this defect.
fn problems<'a>(
    defect: Option<&'static Defect>,
    results: &'a Results,
    probes: &'a [Probe],
) -> impl Iterator<Item = String> + 'a {
    let by_id: BTreeMap<&str, &Probe> = probes.iter().map(|probe| (probe.id, probe)).collect();
    let missed = probes.iter().filter(move |probe| {
        let is_named = defect.is_some_and(|defect| probe.defects.contains(&defect.name));
        is_named && !results.cases.iter().any(|case| case.id == probe.id)
    });
    let missed = missed.map(|probe| format!("{} names it, and never meets it", probe.id));
    let wrong = results.cases.iter().filter_map(move |case| {
        let probe = by_id.get(case.id.as_str())?;
        let is_named = defect.is_some_and(|defect| probe.defects.contains(&defect.name));
        let (verdict, detail) = (case.verdict.as_str(), case.detail.as_str());
        match (verdict, is_named) {
            ("fail" | "warn", true) | ("pass" | "policy", false) => None,
            // A defect may take away what another probe is about, but never its control.
            ("not_claimed" | "not_tested", false) if defect.is_some() => None,
            (_, true) => Some(format!("{} should find it; it says {verdict} ({detail})", case.id)),
            (_, false) => Some(format!("{} should pass; it says {verdict} ({detail})", case.id)),
        }
    });
    missed.chain(wrong)
}

/// The honest authority of the self-test: a login page, a session, and clients of every kind.
fn honest() -> Setup {
    let with_more = |mut client: Registered| {
        client
            .redirect_uris
            .extend(["http://127.0.0.1/callback?tenant=1", "https://app.example/callback"].map(String::from));
        client
    };
    let clients = [Registered::native(), Registered::web(), Registered::other(), Registered::with_key()];
    Setup {
        clients: clients.map(with_more).to_vec(),
        login: LoginMode::Page,
        api: Some("https://api.example/".into()),
        push: PushMode::Offered,
        signing: Algorithm::Es256,
        ..Setup::honest()
    }
}

async fn run_at(
    defect: Option<&'static Defect>,
    setup: Setup,
    client: reqwest::Client,
    probes: Vec<Probe>,
) -> (Option<&'static Defect>, Result<Judged, String>) {
    let (wire, clock) = (Wire::new(), Clock::new());
    let mut config = config(&setup, &clock);
    let authority = Authority::start_with(setup, &wire, &clock).await;
    // A server without metadata is probed, too.
    let endpoints = authority.endpoints();
    config.endpoints.insert("authorization_endpoint".into(), endpoints.authorization);
    config.endpoints.insert("token_endpoint".into(), endpoints.token);
    let runtime = Handle::current();
    let judged = tokio::task::spawn_blocking(move || {
        let issuer = authority.issuer();
        // A loaded machine takes its time.
        let hour = Duration::from_secs(3600);
        let limits = Limits { rate: 0, requests: 10_000, time: hour, answer: hour };
        let http = Http::new(runtime, client, Reach::new(issuer, &[], false)?, limits, config.secrets());
        let target = Target::discover(issuer, config, &http)?;
        let mut browser = Browser::new();
        // Each control is a login of its own; the honest server shows that the set-up goes through.
        if defect.is_none() {
            set_up(&http, &target, &mut browser)?;
        }
        let _ = (authority.take_asked(), looks::take());
        let options = Options { may_race: true, ..Options::default() };
        let mut asked = Vec::new();
        let results = run(&http, &target, &mut browser, &probes, &options, |_| {
            asked.push((authority.take_asked(), looks::take()));
        });
        Ok(Judged { results, asked })
    });
    (defect, judged.await.unwrap_or_else(|error| Err(error.to_string())))
}

/// The as.toml of the honest authority.
fn config(setup: &Setup, clock: &Clock) -> Config {
    let clients =
        setup.clients.iter().filter(|client| client.auth.secret().is_some() || client.id != Registered::with_key().id);
    let user = setup.users.first().cloned();
    let fields = user.map(|user| [("email".to_owned(), user.email), ("password".to_owned(), user.password)]);
    Config {
        scope: Some("openid offline_access".into()),
        clients: clients
            .map(|client| Client {
                id: client.id.clone(),
                secret: client.auth.secret().map(str::to_owned),
                auth: Auth::Basic,
                redirect_uris: client.redirect_uris.clone(),
            })
            .collect(),
        login: Login {
            driver: DriverKind::Form,
            steps: vec![Step {
                url: "*".into(),
                text: None,
                fields: fields.into_iter().flatten().collect(),
                button: None,
            }],
            ..Login::default()
        },
        hooks: Hooks { own_clock: Some(clock.clone()), ..Hooks::default() },
        ..Config::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn each_defect_is_found_by_the_probes_that_name_it_and_nothing_else_is() {
        let outcome = self_test().await;
        assert!(outcome.problems.is_empty(), "{:#?}", outcome.problems);
        assert!(outcome.probes >= 102 && outcome.defects >= 97, "{outcome:?}");
    }

    #[test]
    fn each_probe_has_a_name_of_its_own_and_rows_that_are_about_servers() {
        use crate::rows::{Side, rows};
        let (probes, cases) = (all(), crate::cases::all());
        for (at, probe) in probes.iter().enumerate() {
            let is_new = probes[..at].iter().all(|other| other.id != probe.id);
            assert!(is_new && cases.iter().all(|case| case.id != probe.id), "{}", probe.id);
            assert!(probe.id.starts_with(&format!("{}/", probe.rows[0])), "{}", probe.id);
            for row in probe.rows {
                let row = rows().find(|known| known.id == *row).unwrap_or_else(|| panic!("{row}"));
                assert_ne!(row.side, Side::Client, "{}: {}", probe.id, row.id);
            }
        }
    }
}
