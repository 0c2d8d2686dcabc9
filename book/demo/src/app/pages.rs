//! What the app shows.

use maud::{Markup, html};
use proofkey::{Identity, LoginError};

use super::call::Call;
use crate::layout::page;

/// Who can sign in at the stand-ins.
const PEOPLE: [(&str, &str, &str); 3] = [
    ("Google, by “Continue with Google”", "user@gmail.com", "google horse"),
    ("the server, by password", "user@example.com", "correct horse"),
    ("the server, by password", "mallory@example.com", "battery staple"),
];

pub(super) fn welcome(identity: Option<&Identity>, stand_in: bool) -> Markup {
    let main = match identity {
        Some(identity) => somebody(identity),
        None => nobody(stand_in),
    };
    page(if identity.is_some() { "You are signed in" } else { "A login to look at" }, "/", &main)
}

fn nobody(stand_in: bool) -> Markup {
    html! {
        p.lead { "This is an app that wants to know who you are. It never sees a password: it sends you to an authorization server, and takes back a code." }
        p.actions {
            a.button.primary href="/login" { "Log in" }
            a.button href="/live" target="_blank" { "Open the live page beside it" span.hidden { " (in a new tab)" } }
        }
        @if stand_in { (people()) }
    }
}

fn people() -> Markup {
    html! {
        section aria-labelledby="people" {
            h2 #people { "Who you can be" }
            p { "The people are made up, and so are the servers. Two browser profiles can be two of them at once." }
            div.scroll tabindex="0" role="region" aria-labelledby="people" {
                table {
                    thead { tr { th scope="col" { "Sign in at" } th scope="col" { "E-mail" } th scope="col" { "Password" } } }
                    tbody {
                        @for (place, email, password) in PEOPLE {
                            tr { td { (place) } td { code { (email) } } td { code { (password) } } }
                        }
                    }
                }
            }
        }
    }
}

fn somebody(identity: &Identity) -> Markup {
    let claims = identity.claims();
    html! {
        p.lead { "Signed in as " strong { (claims.name().unwrap_or("somebody without a name")) } "." }
        dl.facts {
            dt { "Subject" } dd { code #subject { (identity.subject()) } }
            dt { "Issuer" } dd { code { (identity.issuer()) } }
            @if let Some(email) = claims.email() { dt { "E-mail" } dd { (email) } }
            dt { "Checked" } dd { (identity.checks().len()) " rules of the ID token; the live page lists them" }
        }
        p.hint { "Subject and issuer together are the account. A name or an e-mail address is not." }
        div.actions {
            a.button.primary href="/live" { "See the 20 steps" }
            a.button href="/api" { "Use the API" }
            form method="post" action="/logout" { button { "Log out" } }
        }
    }
}

/// A login that came to nothing. What the server said is text like any other, and escaped.
pub(super) fn refused(error: &LoginError) -> Markup {
    let denied = error.server_error() == Some("access_denied");
    let title = if denied { "You did not sign in" } else { "This login was stopped" };
    page(
        title,
        "/",
        &html! {
            @if denied {
                p.lead { "The authorization server says that the login was refused. Nothing has happened." }
            } @else {
                p.lead { "Nobody was signed in: a check failed." }
            }
            dl.facts {
                dt { "Check" } dd { code #refusal { (error.code()) } }
                dt { "Stage" } dd { (error.stage().as_str()) }
                dt { "Meaning" } dd #meaning { (error) }
                @if let Some(said) = error.server_error() { dt { "The server said" } dd { code { (said) } } }
            }
            p.actions { a.button.primary href="/login" { "Begin again" } a.button href="/live" { "See what happened" } }
        },
    )
}

pub(super) fn api(signed_in: bool, stand_in: bool, calls: &[Call]) -> Markup {
    let main = html! {
        @if !stand_in {
            p.lead { "With a tenant of your own there is no API here: the access token is for the one that your tenant names." }
        } @else {
            p.lead { "The API knows nobody's password and no session. It looks at the token that comes with a request, and at nothing else." }
            @if !signed_in {
                p.notice { "You are not signed in, so the app has no token to send. " a href="/login" { "Log in" } }
            }
            div.calls { @for call in calls { (answer(call)) } }
            section aria-labelledby="submit" {
                h2 #submit { "Submit an execution" }
                form.actions method="post" action="/api" {
                    @if signed_in { button.primary name="token" value="with" { "With the token" } }
                    button name="token" value="without" { "Without a token" }
                    @if calls.len() == 1 { a.button href="/api" { "Back to the lists" } }
                }
            }
        }
    };
    page("The protected API", "/api", &main)
}

fn answer(call: &Call) -> Markup {
    let good = call.status < 300;
    html! {
        section.call.good[good].bad[!good] {
            h2 { code { (call.line) } " " span.tag { @if call.with_token { "with the token" } @else { "without a token" } } }
            pre tabindex="0" {
                @if call.with_token { "Authorization: Bearer •••\n" }
                strong { "HTTP " (call.status) } "\n"
                @if let Some(challenge) = &call.challenge { "WWW-Authenticate: " (challenge) "\n" }
                "\n" (call.body)
            }
        }
    }
}
