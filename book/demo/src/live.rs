//! The page that shows a login while it happens.

mod explain;
mod message;
mod sequence;
mod show;
mod token;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use maud::{Markup, html};
use proofkey_book::diagram::Lane;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::layout::page;
use crate::watch::Watch;

/// Streams that are open at a time.
const MOST_STREAMS: usize = 64;
const BETWEEN_LOOKS: Duration = Duration::from_millis(150);

#[derive(Clone)]
struct Live {
    watch: Arc<Watch>,
    streams: Arc<Semaphore>,
}

pub(crate) fn routes(watch: Arc<Watch>) -> Router {
    let live = Live { watch, streams: Arc::new(Semaphore::new(MOST_STREAMS)) };
    Router::new().route("/live", get(show)).route("/live/events", get(events)).with_state(live)
}

/// A login as it stands: its number, and its entries as HTML.
#[derive(Default, PartialEq)]
struct Standing {
    login: u64,
    entries: Vec<String>,
}

impl Standing {
    fn of(watch: &Watch, viewer: &str) -> Self {
        let Some(trace) = watch.trace(viewer) else { return Self::default() };
        let messages = message::in_order(&trace.exchanges(&watch.wire), &watch.redirect_uri);
        let journey = show::Journey::of(&messages);
        let entries = sequence::entries(messages, &trace);
        let show = |entry| show::entry(entry, &trace, &journey, watch.stand_in).into_string();
        Self { login: trace.since + 1, entries: entries.iter().map(show).collect() }
    }
}

async fn show(State(live): State<Live>, headers: HeaderMap) -> Response {
    let (viewer, cookie) = Watch::viewer(&headers);
    let standing = Standing::of(&live.watch, &viewer);
    let cookie = AppendHeaders(cookie.map(|cookie| (SET_COOKIE, cookie)));
    (cookie, page("A login in 20 steps", "/live", &main(&standing, live.watch.stand_in))).into_response()
}

fn main(standing: &Standing, stand_in: bool) -> Markup {
    html! {
        p.lead { "What crosses the wire in this browser’s latest login, while it happens." }
        p.actions { a.button.primary href="/login" target="_blank" { "Log in" span.hidden { " (in a new tab)" } } }
        noscript { p.notice { "Without its script this page does not grow by itself: reload it to see the next steps." } }
        @if !stand_in { p.notice { "You are looking at a tenant of your own: this page sees what the app sees, and keeps no values." } }
        button #fold.fold type="button" hidden { "Fold all steps" }
        fieldset.follow {
            legend { "Follow" }
            label { input type="radio" name="follow" value="all" checked; " everything" }
            label.challenge { input #follow-challenge type="radio" name="follow" value="challenge"; " the challenge and its verifier" }
            label.code { input #follow-code type="radio" name="follow" value="code"; " the app’s code" }
        }
        div.sequence {
            div.lanes.heads aria-hidden="true" { @for lane in Lane::ALL { span { (lane.name()) } } }
            ol #steps data-after={ (standing.login) "." (standing.entries.len()) } aria-label="Steps" {
                @for entry in &standing.entries { (maud::PreEscaped(entry)) }
            }
            p #empty.hint hidden[!standing.entries.is_empty()] { "Nothing has happened yet. Press “Log in” and come back to this tab." }
            p #news.hidden role="status" {}
        }
    }
}

/// What has to be known between two events of a stream.
struct Stream {
    live: Live,
    viewer: String,
    /// How far the log had changed when it was looked at.
    seen: Option<u64>,
    sent: Standing,
    waiting: std::collections::VecDeque<Event>,
    _permit: OwnedSemaphorePermit,
}

async fn events(State(live): State<Live>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let Ok(permit) = live.streams.clone().try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many live pages are open").into_response();
    };
    let (viewer, _) = Watch::viewer(&headers);
    // After a lost connection the browser says by itself what it has.
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    let asked = query.as_deref().and_then(|query| query.strip_prefix("after=")).map(ToOwned::to_owned);
    let sent = last.or(asked).and_then(|after| standing_before(&live.watch, &viewer, &after)).unwrap_or_default();
    let stream = Stream { live, viewer, seen: None, sent, waiting: std::collections::VecDeque::new(), _permit: permit };
    let events = stream::unfold(stream, |mut stream| async move {
        let event = stream.next().await;
        Some((Ok::<_, Infallible>(event), stream))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// What a page with this mark has.
fn standing_before(watch: &Watch, viewer: &str, after: &str) -> Option<Standing> {
    let (login, count) = after.split_once('.')?;
    let mut standing = Standing::of(watch, viewer);
    standing.entries.truncate(count.parse().ok()?);
    Some(standing).filter(|standing| login.parse() == Ok(standing.login))
}

impl Stream {
    async fn next(&mut self) -> Event {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return event;
            }
            self.look();
            if self.waiting.is_empty() {
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
        }
    }

    fn look(&mut self) {
        let changes = Some(self.live.watch.wire.changes());
        if std::mem::replace(&mut self.seen, changes) == changes {
            return;
        }
        let now = Standing::of(&self.live.watch, &self.viewer);
        if now == self.sent {
            return;
        }
        let mut count = self.sent.entries.len();
        if now.login != self.sent.login || !now.entries.starts_with(&self.sent.entries) {
            self.waiting.push_back(Event::default().event("begin").id(format!("{}.0", now.login)).data("-"));
            count = 0;
        }
        for (number, entry) in now.entries.iter().enumerate().skip(count) {
            let id = format!("{}.{}", now.login, number + 1);
            // An event's data ends with its line.
            self.waiting.push_back(Event::default().event("step").id(id).data(entry.replace(['\r', '\n'], "&#10;")));
        }
        self.sent = now;
    }
}
