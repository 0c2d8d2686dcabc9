//! The page of the attacks.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use tokio::sync::Semaphore;

use crate::layout::page;
use crate::play::{ATTACKS, Attack, Attempt, End, Who};

/// Plays at a time; others wait.
const AT_ONCE: usize = 2;

pub(crate) fn routes() -> Router {
    Router::new().route("/attacks", get(attacks)).with_state(Arc::new(Semaphore::new(AT_ONCE)))
}

/// A play changes nothing outside of itself, so it is a GET: it can be reloaded, and kept as an address.
async fn attacks(State(stages): State<Arc<Semaphore>>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let value =
        |name: &str| form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value);
    let careless = value("careless").is_some();
    let Some(name) = value("attack") else {
        return page("Attacks", "/attacks", &choice(careless, None)).into_response();
    };
    let Some(attack) = ATTACKS.iter().find(|attack| attack.name == name) else {
        let main = html! { p.notice role="alert" { "There is no attack of this name." } (choice(careless, None)) };
        return (StatusCode::NOT_FOUND, page("Attacks", "/attacks", &main)).into_response();
    };
    let _permit = stages.acquire().await;
    match attack.play(careless).await {
        Ok(attempts) => {
            let main = html! { (result(attack, careless, &attempts)) (choice(careless, Some(attack.name))) };
            page("Attacks", "/attacks", &main).into_response()
        }
        Err(failure) => {
            let main = html! {
                p.notice role="alert" { "The attack could not be played: " (failure) }
                (choice(careless, Some(attack.name)))
            };
            (StatusCode::INTERNAL_SERVER_ERROR, page("Attacks", "/attacks", &main)).into_response()
        }
    }
}

fn choice(careless: bool, played: Option<&str>) -> Markup {
    html! {
        @if played.is_none() {
            p.lead { "Each button plays an attack on this machine, with its own server, app and attacker, over real requests. John is the victim, Mallory the attacker." }
        }
        form #choice action="/attacks#result" method="get" {
            label.switch {
                input type="checkbox" role="switch" name="careless" value="on" checked[careless];
                span { strong { "Careless app" } " – play against an app and a server that lack these checks" }
            }
            ul.cards {
                @for attack in &ATTACKS {
                    li.card.played[played == Some(attack.name)] {
                        h2 { (attack.title) }
                        p { (attack.plan) }
                        p.against { strong { "Against it: " } (attack.defence) }
                        button name="attack" value=(attack.name) { "Play it" span.hidden { ": " (attack.title) } }
                    }
                }
            }
        }
    }
}

fn result(attack: &Attack, careless: bool, attempts: &[Attempt]) -> Markup {
    let succeeded = attempts.iter().any(|attempt| matches!(attempt.end, End::Succeeded(_)));
    html! {
        section #result.result.bad[succeeded].good[!succeeded] aria-labelledby="verdict" tabindex="-1" {
            p.kicker { (attack.title) " · " @if careless { "the careless app" } @else { "our app" } }
            h2 #verdict { @if succeeded { "The attack succeeded" } @else { "The attack was stopped" } }
            @for (number, attempt) in attempts.iter().enumerate() {
                (told(attempt, (attempts.len() > 1).then_some(number + 1)))
            }
            @if careless { p.lacking { strong { "What is missing: " } (attack.lacking) } }
            @else { p.lacking { strong { "Why it holds: " } (attack.defence) } }
        }
    }
}

fn told(attempt: &Attempt, number: Option<usize>) -> Markup {
    html! {
        @if let Some(number) = number { h3 { "Attempt " (number) } }
        ol.story {
            @for (who, what) in &attempt.told {
                li.attacker[*who == Who::Attacker] { strong { (who) } " " (what) "." }
            }
            @match &attempt.end {
                End::Stopped { by, check, meaning } => {
                    li.end.good { span.mark aria-hidden="true" { "✓" } strong { (by) " refuses" } ": " code.check { (check) } br; span.meaning { (meaning) } }
                }
                End::Succeeded(what) => {
                    li.end.bad { span.mark aria-hidden="true" { "✗" } strong { (what) } "." }
                }
            }
        }
        details { summary { "Everything that crossed the wire, secrets masked" } pre tabindex="0" { (attempt.wire) } }
    }
}
