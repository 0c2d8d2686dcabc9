//! What happens to two machines, and what has to hold.

use std::time::{Duration, Instant};

use proofkey_authority::{Client, Setup};
use serde_json::json;

use crate::crowd::{self, at_once};
use crate::world::{World, setup, subject};
use crate::{Result, expect, say};

/// A login that began at one machine ends at the other, and both know the user.
pub async fn across(world: &World) -> Result<()> {
    let mut one = world.visitor().at(0);
    let callback = one.begin(world.browser(0)).await?;
    let mut two = one.at(1);
    two.get(&callback).await?;
    for machine in 0..2 {
        expect(two.at(machine).who().await? == subject(0), "both machines know the user")?;
    }
    expect(one.refused(&callback).await? == "already_used", "the machine where it began knows that it is complete")?;
    say("a login that began on A ended on B, and both know the user");
    Ok(())
}

/// A machine is killed while a login waits for its callback, and while a crowd logs in.
pub async fn killed(world: &mut World) -> Result<()> {
    let mut visitor = world.visitor().at(0);
    let callback = visitor.begin(world.browser(0)).await?;
    world.kill_machine(0).await?;
    visitor.machine = None;
    visitor.get(&callback).await?;
    expect(visitor.who().await? == subject(0), "the other machine ends the login")?;
    world.start_machine(0).await?;
    expect(visitor.at(0).who().await? == subject(0), "the new process knows the user")?;

    let crowd = crowd::start(world, 0..400);
    tokio::time::sleep(Duration::from_millis(500)).await;
    world.kill_machine(0).await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    world.start_machine(0).await?;
    let ended = crowd.await??;
    say(&format!("A was killed in mid-login: 400 logins at that time, {ended}"));
    ended.hold(world).await
}

/// The store is killed and started again while a crowd logs in.
pub async fn store_restarted(world: &mut World) -> Result<()> {
    let mut before = world.sign_in(1).await?;
    let crowd = crowd::start(world, 0..400);
    tokio::time::sleep(Duration::from_millis(500)).await;
    world.store.kill().await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    world.store.start().await?;
    let ended = crowd.await??;
    expect(before.who().await? == subject(1), "a session survives a restart of the store")?;
    say(&format!("the store was killed and restarted: 400 logins at that time, {ended}"));
    ended.hold(world).await
}

/// The store is down.
pub async fn store_down(world: &mut World) -> Result<()> {
    let mut known = world.sign_in(2).await?;
    let mut waiting = world.visitor();
    let callback = waiting.begin(world.browser(3)).await?;
    let codes = world.authority.wire().codes_redeemed().len();
    world.store.kill().await?;
    let mut longest = Duration::ZERO;
    for machine in 0..2 {
        for path in ["/", "/account", "/token"] {
            let asked = Instant::now();
            let page = known.at(machine).get(path).await?;
            longest = longest.max(asked.elapsed());
            expect(page.status == 503 && page.headers.contains_key("retry-after"), "503 with Retry-After")?;
            expect(!page.headers.contains_key("set-cookie"), "the session's cookie stays")?;
        }
        let mut waiting = waiting.at(machine);
        expect(waiting.refused(&callback).await? == "unavailable", "a callback is told to try again")?;
        expect(world.visitor().at(machine).get("/login").await?.status == 303, "a login begins without a store")?;
    }
    expect(world.authority.wire().codes_redeemed().len() == codes, "no code was used up")?;
    world.store.start().await?;
    let back = Instant::now();
    // The machines connect again by themselves.
    while known.at(0).who().await.is_err() || known.at(1).who().await.is_err() {
        expect(back.elapsed() < Duration::from_secs(30), "the machines find the store again")?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    expect(known.who().await? == subject(2), "the session is as it was")?;
    waiting.get(&callback).await?;
    expect(waiting.who().await? == subject(3), "the login that waited ends")?;
    say(&format!(
        "the store was down: 503 after {:.1} s at most; {:.1} s after it came back, the sessions were as before",
        longest.as_secs_f64(),
        back.elapsed().as_secs_f64()
    ));
    Ok(())
}

/// A provider ends a session that began at one machine by a request to the other.
pub async fn logged_out(world: &World) -> Result<()> {
    let (ended, other) = (world.sign_in(4).await?, world.sign_in(5).await?);
    let now = world.authority.clock().unix();
    let token = world.authority.sign_id_token(&json!({
        "iss": world.authority.issuer(), "aud": Client::native().id, "iat": now, "exp": now + 120, "jti": "logout-1",
        "sub": subject(4), "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }));
    let form = format!("logout_token={token}");
    let page = world.visitor().at(1).post("/backchannel-logout", form.clone()).await?;
    expect(page.status == 200, "the other machine accepts the logout token")?;
    for machine in 0..2 {
        expect(ended.at(machine).who().await? == "no one", "the session has ended at both machines")?;
        expect(other.at(machine).who().await? == subject(5), "that of another user has not")?;
    }
    let again = world.visitor().at(0).post("/backchannel-logout", form).await?;
    expect(again.status == 400, "the first machine knows that the token was used")?;
    say("a back-channel logout at B ended a session at A");
    Ok(())
}

/// Tokens that are due at both machines at the same moment. The server rotates refresh tokens, and ends the login for which
/// one comes twice.
pub async fn refreshed(world: &mut World) -> Result<()> {
    const USERS: usize = 50;
    /// They are due after half of it.
    const LIFETIME: u64 = 30;
    let before = setup(USERS);
    world.replace_authority(Setup { token_lifetime: LIFETIME, ..before }).await?;
    let mut visitors = Vec::new();
    for user in 0..USERS {
        visitors.push(world.sign_in(user).await?);
    }
    tokio::time::sleep(Duration::from_secs(LIFETIME / 2 + 1)).await;
    let ask = |number: usize| {
        let mut tab = visitors[number / 4].at(number % 2);
        async move { Ok(tab.get("/token").await?) }
    };
    let pages = at_once((0..4 * USERS).map(ask).collect()).await?;
    let refreshes = world.authority.wire().refresh_requests();
    let mut sent: Vec<_> = refreshes.iter().filter_map(|exchange| exchange.form("refresh_token")).collect();
    let all = sent.len();
    sent.sort_unstable();
    sent.dedup();
    let reused = all - sent.len();
    let failed = pages.iter().filter(|page| page.status != 200).count();
    say(&format!(
        "{USERS} tokens were due, with two requests at each machine: {all} refreshes, {reused} of a token that was used, \
         {failed} requests failed"
    ));
    if world.kind.is_atomic() {
        expect((all, reused, failed) == (USERS, 0, 0), "each is refreshed once")?;
    }
    world.replace_authority(setup(USERS)).await
}

/// Two copies of a callback, at both machines at the same instant.
pub async fn twice(world: &World) -> Result<()> {
    const USERS: usize = 200;
    // Sent twice, a code is refused the second time, and the tokens of the first time are revoked.
    let refusals = if world.kind.is_atomic() { &["already_used"] as &[_] } else { &["already_used", "failed"] };
    let (mut both, mut neither) = (0, 0);
    let before = world.repeated_codes();
    // Not those who were just logged out.
    for user in 10..10 + USERS {
        let mut visitor = world.visitor();
        let callback = visitor.begin(world.browser(user)).await?;
        let open = |machine| {
            let (mut window, callback) = (visitor.at(machine), callback.clone());
            async move {
                let page = window.get(&callback).await?;
                let who = window.who().await?;
                let why = page.location().split_once("/login-failed?why=").and_then(|(_, why)| why.split('&').next());
                let is_refused = who == "no one" && why.is_some_and(|why| refusals.contains(&why));
                expect(who == subject(user) || is_refused, &format!("{} leads to {}", subject(user), page.location()))?;
                Ok(!is_refused)
            }
        };
        match at_once(vec![open(0), open(1)]).await?.iter().filter(|is_in| **is_in).count() {
            0 => neither += 1,
            1 => {}
            _ => both += 1,
        }
    }
    let sent_twice = world.repeated_codes() - before;
    say(&format!(
        "{USERS} callbacks came to both machines at once: {sent_twice} codes were sent twice, {both} signed in twice, \
         {neither} did not sign in"
    ));
    if world.kind.is_atomic() {
        expect((sent_twice, both, neither) == (0, 0, 0), "each is accepted once")
    } else {
        Ok(())
    }
}

/// Logins that are begun and never end.
pub async fn flooded(world: &World) -> Result<()> {
    const LOGINS: usize = 5000;
    let memory = || -> Result<i64> {
        let machines = world.machines.iter().flatten();
        let all = machines.map(|machine| machine.memory()).sum::<Result<u64>>()?;
        Ok(i64::try_from(all)?)
    };
    let mut victim = world.visitor();
    let callback = victim.begin(world.browser(6)).await?;
    crowd::begin(world, LOGINS / 5).await?; // what a process needs for so many connections, whatever they ask for
    let (before, records) = (memory()?, world.store.records().await?);
    crowd::begin(world, LOGINS).await?;
    let grown = memory()? - before;
    let mut one = world.visitor();
    for _ in 0..LOGINS / 10 {
        one.get("/login").await?;
    }
    expect(world.store.records().await? <= records, "the store holds none of them")?;
    victim.get(&callback).await?;
    expect(victim.who().await? == subject(6), "a login that began before ends")?;
    say(&format!(
        "{LOGINS} browsers began a login: no record more, {grown:+} bytes in both processes ({} for each); one browser began {}: \
         it keeps {} of them; a login from before ended",
        grown / i64::try_from(LOGINS)?,
        LOGINS / 10,
        one.cookies()
    ));
    Ok(())
}
