//! Many users at once.

use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use proofkey_authority::Browser;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::visitor::Visitor;
use crate::world::{World, setup, subject};
use crate::{Result, expect, say};

/// Logins at the same time.
const PARALLEL: usize = 64;
/// Logins at one authorization server: it keeps a log, and becomes slow.
const BATCH: usize = 2000;

/// Runs futures at the same time, and returns their results in order.
pub async fn at_once<T: Send + 'static>(
    futures: Vec<impl Future<Output = Result<T>> + Send + 'static>,
) -> Result<Vec<T>> {
    let permits = Arc::new(Semaphore::new(PARALLEL));
    let tasks: Vec<_> = futures
        .into_iter()
        .map(|future| {
            let permits = Arc::clone(&permits);
            tokio::spawn(async move {
                let _permit = permits.acquire_owned().await?;
                future.await
            })
        })
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await??);
    }
    Ok(results)
}

/// How the logins of a crowd ended.
pub struct Ended {
    /// Who is signed in.
    signed_in: Vec<(usize, Visitor)>,
    /// By the word that stands for the failure.
    failed: Vec<String>,
}

impl Ended {
    /// Checks that each session is still that of its user, and that those who failed can log in.
    pub async fn hold(self, world: &World) -> Result<()> {
        for (user, visitor) in self.signed_in {
            for machine in 0..2 {
                let who = visitor.at(machine).who().await?;
                expect(who == subject(user), &format!("the session of user {user} is still there, not {who}"))?;
            }
        }
        world.sign_in(0).await.map(drop)
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} signed in", self.signed_in.len())?;
        let mut failed = self.failed.clone();
        failed.sort_unstable();
        for same in failed.chunk_by(|one, other| one == other) {
            write!(f, ", {} {}", same.len(), same[0])?;
        }
        Ok(())
    }
}

/// Lets users log in while something happens. A login may fail, but never as another user's.
pub fn start(world: &World, users: Range<usize>) -> JoinHandle<Result<Ended>> {
    let logins: Vec<_> = users.map(|user| disturbed(user, world.visitor(), world.browser(user))).collect();
    tokio::spawn(async move {
        let mut ended = Ended { signed_in: Vec::new(), failed: Vec::new() };
        for (user, visitor, failure) in at_once(logins).await? {
            match failure {
                None => ended.signed_in.push((user, visitor)),
                Some(failure) => ended.failed.push(failure),
            }
        }
        Ok(ended)
    })
}

/// A login that may fail.
async fn disturbed(user: usize, mut visitor: Visitor, browser: Browser) -> Result<(usize, Visitor, Option<String>)> {
    let page = match visitor.begin(browser).await {
        Ok(callback) => visitor.get(&callback).await?,
        Err(error) => return Ok((user, visitor, Some(error.to_string()))),
    };
    if let Some((_, why)) = page.location().split_once("/login-failed?why=") {
        let why = why.split('&').next().unwrap_or_default().to_owned();
        return Ok((user, visitor, Some(why)));
    }
    if page.status != 303 {
        return Ok((user, visitor, Some(format!("got {}", page.status))));
    }
    // The session is there, although it cannot be read at every moment.
    let page = visitor.get("/").await?;
    expect(page.status != 200 || page.text == subject(user), &format!("user {user} is {}", page.text))?;
    Ok((user, visitor, None))
}

/// Begins logins of different browsers.
pub async fn begin(world: &World, logins: usize) -> Result<()> {
    let begin = |mut visitor: Visitor| async move {
        let page = visitor.get("/login").await?;
        expect(page.status == 303, "a login begins")
    };
    at_once((0..logins).map(|_| begin(world.visitor())).collect()).await.map(drop)
}

/// Logs in so many users at both machines. Each thousandth is sent a forged callback first.
pub async fn log_in(world: &mut World, logins: usize) -> Result<()> {
    let each = (logins / 4).clamp(1, 1000);
    let (mut forged, mut seconds) = (0, 0.0);
    for first in (0..logins).step_by(BATCH) {
        let users = first..logins.min(first + BATCH);
        world.replace_authority(setup(users.end)).await?;
        let login = |user: usize| {
            let forgery = ((user + 1) % each == 0).then(|| Forgery::of((user + 1) / each));
            logged_in(user, world.visitor(), world.browser(user), forgery, world.mallory())
        };
        let since = Instant::now();
        forged += at_once(users.map(login).collect()).await?.into_iter().filter(|forged| *forged).count();
        seconds += since.elapsed().as_secs_f64();
    }
    say(&format!(
        "{logins} users logged in through both machines, each as who they are; {forged} forged callbacks, each refused \
         ({:.0} logins a second)",
        logins as f64 / seconds
    ));
    Ok(())
}

/// What is wrong with a callback.
#[derive(Clone, Copy)]
enum Forgery {
    /// The `state` is another one.
    State,
    /// It is that of another browser's login.
    OtherBrowser,
    /// It has the code of another user.
    OtherCode,
    /// It came before.
    Replay,
}

impl Forgery {
    fn of(number: usize) -> Self {
        [Self::State, Self::OtherBrowser, Self::OtherCode, Self::Replay][number % 4]
    }
}

/// A login, and whether a forged callback was refused on the way.
async fn logged_in(
    user: usize,
    mut visitor: Visitor,
    browser: Browser,
    forgery: Option<Forgery>,
    mallory: (Visitor, Browser),
) -> Result<bool> {
    let (mut other, other_browser) = mallory;
    let mut callback = visitor.begin(browser.clone()).await?;
    let before = visitor.clone();
    let forged = match forgery {
        None | Some(Forgery::Replay) => None,
        Some(Forgery::State) => Some((callback.replace("state=", "state=x"), "other_browser")),
        Some(Forgery::OtherBrowser) => Some((other.begin(other_browser).await?, "other_browser")),
        Some(Forgery::OtherCode) => {
            let theirs = other.begin(other_browser).await?;
            let (mine, code) = (parameter(&callback, "code")?, parameter(&theirs, "code")?);
            Some((callback.replace(mine, code), "failed"))
        }
    };
    if let Some((forged, expected)) = forged {
        let why = visitor.refused(&forged).await?;
        expect(why == expected, &format!("a forged callback is refused as {expected}, not {why}"))?;
        expect(visitor.who().await? == "no one", "a forged callback signs no one in")?;
        if expected == "failed" {
            callback = visitor.begin(browser).await?;
        }
    }
    visitor.get(&callback).await?;
    let who = visitor.who().await?;
    expect(who == subject(user), &format!("{} is {who}", subject(user)))?;
    if matches!(forgery, Some(Forgery::Replay)) {
        let mut before = before;
        expect(before.refused(&callback).await? == "already_used", "a callback that comes again is refused")?;
        expect(before.who().await? == "no one", "a callback that comes again signs no one in")?;
    }
    Ok(forgery.is_some())
}

fn parameter<'a>(url: &'a str, name: &str) -> Result<&'a str> {
    let mut parameters = url.split(['?', '&']).filter_map(|pair| pair.split_once('='));
    Ok(parameters.find(|(other, _)| *other == name).ok_or("a callback without a code")?.1)
}
