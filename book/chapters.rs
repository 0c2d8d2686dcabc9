//! One login, hop by hop: each chapter's listings are this library's documentation, so that `cargo test --doc` compiles
//! and runs every one of them.

pub mod cast;
pub mod diagram;

#[doc = include_str!("src/preface.md")]
pub mod preface {}
#[doc = include_str!("src/00-the-stage.md")]
pub mod the_stage {}
#[doc = include_str!("src/01-the-button.md")]
pub mod the_button {}
#[doc = include_str!("src/02-the-secret.md")]
pub mod the_secret {}
#[doc = include_str!("src/03-the-redirect.md")]
pub mod the_redirect {}
#[doc = include_str!("src/04-the-challenge-is-stored.md")]
pub mod the_challenge_is_stored {}
#[doc = include_str!("src/04-5-the-flow-behind-the-flow.md")]
pub mod the_flow_behind_the_flow {}
#[doc = include_str!("src/05-the-code.md")]
pub mod the_code {}
#[doc = include_str!("src/06-the-return.md")]
pub mod the_return {}
#[doc = include_str!("src/07-the-exchange.md")]
pub mod the_exchange {}
#[doc = include_str!("src/08-the-check.md")]
pub mod the_check {}
#[doc = include_str!("src/09-the-tokens.md")]
pub mod the_tokens {}
#[doc = include_str!("src/10-the-call.md")]
pub mod the_call {}
#[doc = include_str!("src/10-1-staying-signed-in.md")]
pub mod staying_signed_in {}
#[doc = include_str!("src/10-2-logging-out.md")]
pub mod logging_out {}
#[doc = include_str!("src/10-3-in-a-company.md")]
pub mod in_a_company {}
#[doc = include_str!("src/11-from-the-browser-to-the-terminal.md")]
pub mod from_the_browser_to_the_terminal {}
#[doc = include_str!("src/12-why-it-holds.md")]
pub mod why_it_holds {}
#[doc = include_str!("src/13-errata.md")]
pub mod errata {}
#[doc = include_str!("src/13-5-errata-continued.md")]
pub mod errata_continued {}
#[doc = include_str!("src/14-try-it.md")]
pub mod try_it {}
#[doc = include_str!("src/appendix-conformance.md")]
pub mod appendix_conformance {}
#[doc = include_str!("src/appendix-providers.md")]
pub mod appendix_providers {}
#[doc = include_str!("src/appendix-how-fast.md")]
pub mod appendix_how_fast {}
#[doc = include_str!("src/appendix-rows.md")]
pub mod appendix_rows {}
