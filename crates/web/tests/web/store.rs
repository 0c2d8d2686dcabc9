//! What is kept on the server, on one machine and on two.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use proofkey_authority::lie::JsonEdit;
use proofkey_authority::{Authority, Lie};
use proofkey_web::WebLogin;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use crate::support::{Clock, Visitor, assert_no_faults, due, http, lying, provider, routes};

/// A store that several machines share, that can be looked into and fail. As that in memory, it keeps what has ended.
#[derive(Clone, Debug, Default)]
struct Shared {
    records: Arc<Mutex<HashMap<Id, Record>>>,
    is_down: Arc<AtomicBool>,
    /// As with the store for Redis, it is an error to create what is there, and to save what is not.
    is_strict: bool,
    clock: Clock,
    /// Of one machine.
    steps: Arc<Mutex<Steps>>,
}

/// How often a machine came to a step, and the steps at which it waits.
#[derive(Debug, Default)]
struct Steps {
    came: BTreeMap<&'static str, usize>,
    closed: BTreeSet<&'static str>,
}

impl Shared {
    fn records(&self) -> Result<std::sync::MutexGuard<'_, HashMap<Id, Record>>> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err(Error::Backend("down".into()));
        }
        Ok(self.records.lock().unwrap())
    }

    /// The same store for another machine, which waits at some steps.
    fn waiting_at(&self, steps: &[&'static str]) -> Self {
        let closed = steps.iter().copied().collect();
        Self { steps: Arc::new(Mutex::new(Steps { closed, ..Steps::default() })), ..self.clone() }
    }

    fn open(&self) {
        self.steps.lock().unwrap().closed.clear();
    }

    async fn pass(&self, step: &'static str) {
        *self.steps.lock().unwrap().came.entry(step).or_default() += 1;
        while self.steps.lock().unwrap().closed.contains(step) {
            tokio::task::yield_now().await;
        }
    }

    /// How often this machine came to a step.
    fn came(&self, step: &str) -> usize {
        self.steps.lock().unwrap().came.get(step).copied().unwrap_or_default()
    }

    async fn wait_for(&self, step: &str) {
        while self.came(step) == 0 {
            tokio::task::yield_now().await;
        }
    }

    fn text(&self) -> String {
        format!("{:?}", self.records.lock().unwrap())
    }

    /// A machine of the application.
    fn machine(&self, authority: &Authority, keys: &[[u8; 32]]) -> Router {
        let clock = self.clock.clone();
        let login = WebLogin::new(self.clone(), provider(authority)).http(http()).clock(move || clock.now());
        let login = if keys.is_empty() { login } else { login.keys(keys.iter().copied()) };
        login.attach(routes()).unwrap()
    }
}

#[async_trait]
impl SessionStore for Shared {
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.pass("create").await;
        {
            let mut records = self.records()?;
            if self.is_strict && records.contains_key(&record.id) {
                return Err(Error::Backend("there is one".into()));
            }
            while records.contains_key(&record.id) {
                record.id = Id::default();
            }
            records.insert(record.id, record.clone());
        }
        self.pass("created").await;
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.pass("save").await;
        let mut records = self.records()?;
        if self.is_strict && !records.contains_key(&record.id) {
            return Err(Error::Backend("there is none".into()));
        }
        records.insert(record.id, record.clone());
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        self.pass("load").await;
        let now = time::OffsetDateTime::from(self.clock.now());
        Ok(self.records()?.get(id).filter(|record| record.expiry_date > now).cloned())
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.pass("delete").await;
        self.records()?.remove(id);
        Ok(())
    }
}

#[tokio::test]
async fn the_store_tells_no_cookie_and_with_a_key_no_token() {
    for keys in [&[] as &[_], &[[7; 32]]] {
        let (authority, store) = (Authority::honest().await, Shared::default());
        let mut visitor = Visitor::new(&store.machine(&authority, keys));
        visitor.sign_in(&authority).await;
        let token = visitor.get("/token").await.text;
        let text = store.text();
        assert!(!text.contains(visitor.session().unwrap()), "{text}");
        assert_eq!((text.contains(&token), text.contains("auth0|john")), (keys.is_empty(), keys.is_empty()));
        // A record is not one of another session, nor one of another kind.
        let ids: Vec<_> = store.records.lock().unwrap().keys().copied().collect();
        for id in ids {
            let mut other = Visitor::new(&visitor.app);
            other.cookies.insert("login8091".into(), (id.to_string(), false));
            assert_eq!(other.who().await, "no one");
        }
    }
}

#[tokio::test]
async fn what_was_not_sealed_is_not_read_by_an_application_with_a_key() {
    let (authority, store) = (Authority::honest().await, Shared::default());
    let mut visitor = Visitor::new(&store.machine(&authority, &[]));
    visitor.sign_in(&authority).await;
    assert_eq!(visitor.who().await, "auth0|john");
    visitor.app = store.machine(&authority, &[[7; 32]]);
    assert_eq!(visitor.who().await, "no one");
}

#[tokio::test]
async fn logins_that_are_begun_leave_nothing_and_those_that_end_are_forgotten() {
    let (authority, store) = (Authority::honest().await, Shared::default());
    let app = store.machine(&authority, &[]);
    for _ in 0..20 {
        Visitor::new(&app).get("/login").await;
    }
    assert_eq!(store.records.lock().unwrap().len(), 0);
    for _ in 0..6 {
        Visitor::new(&app).sign_in(&authority).await;
    }
    let records = || store.records.lock().unwrap().len();
    assert_eq!(records(), 12, "a session and the mark of a used login each");
    store.clock.advance(13 * 3600);
    authority.clock().advance(13 * 3600);
    Visitor::new(&app).sign_in(&authority).await;
    assert_eq!(records(), 2);
}

#[tokio::test]
async fn a_store_that_is_down_signs_no_one_out_and_no_one_in() {
    let (authority, store) = (Authority::honest().await, Shared::default());
    let app = store.machine(&authority, &[]);
    let mut visitor = Visitor::new(&app);
    visitor.sign_in(&authority).await;
    let mut other = Visitor::new(&app);
    let callback = other.begin(&authority, "/login").await;
    store.is_down.store(true, Ordering::SeqCst);
    for path in ["/", "/api", "/report", "/below/page"] {
        let page = visitor.get(path).await;
        assert_eq!((page.status, page.header("retry-after"), page.set_cookies().len()), (503, "5", 0), "{path}");
    }
    assert_eq!(visitor.clone().post("/logout").await.status, 503, "no one is told that they are logged out");
    assert_eq!(other.clone().refused(&callback).await, (503, "The login service is not available".to_owned()));
    assert_eq!(authority.wire().code_requests().len(), 1, "the code was not used up");
    // Beginning a login needs no store.
    assert_eq!(Visitor::new(&app).get("/login").await.status, 303);
    store.is_down.store(false, Ordering::SeqCst);
    assert_eq!(visitor.who().await, "auth0|john");
    other.get(&callback).await;
    assert_eq!(other.who().await, "auth0|john");
    assert_no_faults(&authority);
}

/// A store that has no `create` of its own: that of the trait writes over what is there.
#[derive(Clone, Debug, Default)]
struct Plain(Shared);

#[async_trait]
impl SessionStore for Plain {
    async fn save(&self, record: &Record) -> Result<()> {
        self.0.save(record).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        self.0.load(id).await
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.delete(id).await
    }
}

#[tokio::test]
async fn a_callback_is_accepted_once_with_a_store_that_cannot_create() {
    let authority = Authority::honest().await;
    let app = WebLogin::new(Plain::default(), provider(&authority)).http(http()).attach(routes()).unwrap();
    let mut visitor = Visitor::new(&app);
    let callback = visitor.begin(&authority, "/login").await;
    let mut before = visitor.clone();
    visitor.get(&callback).await;
    assert_eq!(visitor.who().await, "auth0|john");
    assert_eq!(before.refused(&callback).await, (400, "This login is already complete".to_owned()));
    assert_eq!(authority.wire().code_requests().len(), 1);
    assert_no_faults(&authority);
}

/// A store whose client repeats each `create`, because the first answer was lost.
#[derive(Clone, Debug, Default)]
struct Repeating(Shared);

#[async_trait]
impl SessionStore for Repeating {
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.0.create(&mut record.clone()).await?;
        self.0.create(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.0.save(record).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        self.0.load(id).await
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.delete(id).await
    }
}

#[tokio::test]
async fn a_record_whose_creation_was_repeated_is_the_same() {
    for is_strict in [false, true] {
        let store = Repeating(Shared { is_strict, ..Shared::default() });
        let authority = Authority::honest().await;
        let login = WebLogin::new(store.clone(), provider(&authority)).http(http()).keys([[7; 32]]);
        let mut visitor = Visitor::new(&login.attach(routes()).unwrap());
        let callback = visitor.begin(&authority, "/login").await;
        let mut before = visitor.clone();
        visitor.get(&callback).await;
        assert_eq!(visitor.who().await, "auth0|john");
        assert_eq!(store.0.records.lock().unwrap().len(), 2, "nothing is left of the second attempts");
        assert_eq!(before.refused(&callback).await, (400, "This login is already complete".to_owned()));
        assert_no_faults(&authority);
    }
}

#[tokio::test]
async fn tokens_that_came_while_the_store_was_down_are_kept() {
    let lie = Lie::token_response([JsonEdit::set("expires_in", 0)]);
    let (authority, store) = (lying(lie).await, Shared::default());
    let slow = store.waiting_at(&[]);
    let mut visitor = Visitor::new(&slow.machine(&authority, &[[7; 32]]));
    visitor.sign_in(&authority).await;
    slow.steps.lock().unwrap().closed.insert("save");
    let mut tab = visitor.clone();
    let waiting = tokio::spawn(async move { tab.get("/token").await.status });
    slow.wait_for("save").await;
    store.is_down.store(true, Ordering::SeqCst);
    slow.open();
    while slow.came("save") < 3 && !waiting.is_finished() {
        tokio::task::yield_now().await;
    }
    store.is_down.store(false, Ordering::SeqCst);
    assert_eq!(waiting.await.unwrap(), 200);
    // A server that rotates refresh tokens would refuse the one from before.
    assert_eq!(visitor.get("/token").await.status, 200);
    assert_eq!(authority.wire().refresh_requests().len(), 2);
    assert_no_faults(&authority);
}

#[tokio::test]
async fn two_machines_refresh_a_token_once() {
    let (authority, store) = (lying(due()).await, Shared::default());
    let machines = [(); 2].map(|()| store.machine(&authority, &[[7; 32]]));
    let mut visitor = Visitor::new(&machines[0]);
    let callback = visitor.begin(&authority, "/login").await;
    visitor.app = machines[1].clone();
    visitor.get(&callback).await;
    let tabs: Vec<_> = (0..8)
        .map(|number| {
            let mut tab = Visitor { app: machines[number % 2].clone(), ..visitor.clone() };
            tokio::spawn(async move { tab.get("/token").await })
        })
        .collect();
    let mut tokens = std::collections::BTreeSet::new();
    for tab in tabs {
        let page = tab.await.unwrap();
        assert_eq!(page.status, 200, "{}", page.text);
        tokens.insert(page.text);
    }
    assert_eq!((tokens.len(), authority.wire().refresh_requests().len()), (1, 1));
    assert_no_faults(&authority);
}

#[tokio::test]
async fn a_machine_that_was_slow_to_claim_a_session_sees_what_another_one_refreshed() {
    let (authority, store) = (lying(due()).await, Shared::default());
    let mut visitor = Visitor::new(&store.machine(&authority, &[[7; 32]]));
    visitor.sign_in(&authority).await;
    let slow = store.waiting_at(&["create"]);
    let mut tab = Visitor { app: slow.machine(&authority, &[[7; 32]]), ..visitor.clone() };
    let waiting = tokio::spawn(async move { tab.get("/token").await });
    slow.wait_for("create").await;
    let token = visitor.get("/token").await.text;
    slow.open();
    let page = waiting.await.unwrap();
    assert_eq!((page.status, page.text), (200, token));
    assert_eq!(authority.wire().refresh_requests().len(), 1);
    assert_no_faults(&authority);
}

#[tokio::test]
async fn a_machine_that_claims_a_session_too_late_waits_for_the_other_one() {
    for (is_strict, is_released) in [(false, false), (false, true), (true, false), (true, true)] {
        let (authority, store) = (lying(due()).await, Shared { is_strict, ..Shared::default() });
        let mut visitor = Visitor::new(&store.machine(&authority, &[]));
        visitor.sign_in(&authority).await;
        let [late, first] = [&["create"], &["created"]].map(|steps| store.waiting_at(steps));
        let ask = |machine: &Shared| {
            let mut tab = Visitor { app: machine.machine(&authority, &[]), ..visitor.clone() };
            tokio::spawn(async move { tab.get("/token").await })
        };
        let waiting = ask(&late);
        late.wait_for("create").await;
        let loads = late.came("load");
        let refreshing = ask(&first);
        first.wait_for("created").await;
        // The late machine looks at the claim while it is held, or after it was given back.
        late.steps.lock().unwrap().closed = if is_released { ["load"].into() } else { BTreeSet::new() };
        while late.came("load") == loads && !waiting.is_finished() {
            tokio::task::yield_now().await;
        }
        first.open();
        while is_released && !refreshing.is_finished() {
            tokio::task::yield_now().await;
        }
        late.open();
        let [one, two] = [waiting.await.unwrap(), refreshing.await.unwrap()];
        assert_eq!((one.status, &one.text, two.status), (200, &two.text, 200));
        assert_eq!(authority.wire().refresh_requests().len(), 1);
        assert_no_faults(&authority);
    }
}

#[tokio::test]
async fn a_machine_that_stops_during_a_refresh_does_not_hold_up_the_others_for_ever() {
    let lie = Lie::token_response([JsonEdit::set("expires_in", 0)]);
    let authority = lying(lie).await;
    let store = Shared::default();
    let mut visitor = Visitor::new(&store.machine(&authority, &[]));
    visitor.sign_in(&authority).await;
    let before: Vec<_> = store.records.lock().unwrap().keys().copied().collect();
    let mut tab = visitor.clone();
    let refresh = tokio::spawn(async move { tab.get("/token").await.status });
    let claim = loop {
        let records = store.records.lock().unwrap().clone();
        match records.into_iter().find(|(id, _)| !before.contains(id)) {
            Some((_, claim)) => break claim,
            None => tokio::task::yield_now().await,
        }
    };
    assert_eq!(refresh.await.unwrap(), 200);
    assert!(!store.records.lock().unwrap().contains_key(&claim.id), "a refresh that ends gives its claim back");
    // A process that is killed does not: the others wait as long as it could have taken.
    store.records.lock().unwrap().insert(claim.id, claim);
    let mut tab = visitor.clone();
    let waiting = tokio::spawn(async move { tab.get("/token").await.status });
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    assert_eq!(authority.wire().refresh_requests().len(), 1);
    store.clock.advance(121);
    authority.clock().advance(121);
    assert_eq!(waiting.await.unwrap(), 200);
    assert_eq!(authority.wire().refresh_requests().len(), 2);
    assert_no_faults(&authority);
}

#[tokio::test]
async fn a_machine_that_waited_for_a_refresh_leaves_that_of_another_one_alone() {
    let (authority, store) = (lying(due()).await, Shared::default());
    let mut visitor = Visitor::new(&store.machine(&authority, &[]));
    visitor.sign_in(&authority).await;
    // One machine stops when it has claimed the session.
    let [stopped, slow, third] = [&["created"] as &[_], &["delete"], &["save"]].map(|steps| store.waiting_at(steps));
    let ask = |machine: &Shared| {
        let mut tab = Visitor { app: machine.machine(&authority, &[]), ..visitor.clone() };
        tokio::spawn(async move { tab.get("/token").await })
    };
    let never = ask(&stopped);
    stopped.wait_for("created").await;
    store.clock.advance(121);
    authority.clock().advance(121);
    // Another one takes note that it did, and is slow to act. A third one asks meanwhile.
    let waiting = ask(&slow);
    slow.wait_for("delete").await;
    let other = ask(&third);
    while third.came("save") == 0 && !other.is_finished() {
        tokio::task::yield_now().await;
    }
    slow.open();
    while !waiting.is_finished() && authority.wire().refresh_requests().len() < 2 {
        tokio::task::yield_now().await;
    }
    third.open();
    let [one, two] = [waiting.await.unwrap(), other.await.unwrap()];
    assert_eq!((one.status, one.text), (200, two.text));
    assert_eq!(authority.wire().refresh_requests().len(), 1);
    never.abort();
    stopped.open();
    assert_no_faults(&authority);
}

#[tokio::test]
async fn a_session_that_ends_during_its_refresh_stays_ended() {
    for is_strict in [false, true] {
        let (authority, store) = (lying(due()).await, Shared { is_strict, ..Shared::default() });
        let machines = [(); 2].map(|()| store.machine(&authority, &[[7; 32]]));
        let mut visitor = Visitor::new(&machines[0]);
        visitor.sign_in(&authority).await;
        let mut tab = Visitor { app: machines[1].clone(), ..visitor.clone() };
        let mut window = visitor.clone();
        let logout = async {
            while authority.wire().refresh_requests().is_empty() {
                tokio::task::yield_now().await;
            }
            tab.post("/logout").await.status
        };
        let (page, logout) = tokio::join!(window.get("/token"), logout);
        assert_eq!((page.text.as_str(), logout), ("web_session_ended", 303));
        assert_eq!(visitor.who().await, "no one"); // The tokens from before, and those that came too late.
        while authority.wire().revocation_requests().len() < 2 {
            tokio::task::yield_now().await;
        }
    }
}
