//! What a person does, step by step.

use std::path::PathBuf;

use proofkey_browser::{Demo, Window};

pub(crate) async fn demo() -> Demo {
    Demo::start().await.unwrap()
}

/// Where the pictures are kept: `target/browser` of the workspace, by the word of `cargo xtask browser`.
pub(crate) fn pictures() -> PathBuf {
    PathBuf::from(std::env::var_os("PROOFKEY_PICTURES").unwrap())
}

/// From the app's first page to Google's.
pub(crate) async fn go_to_google(window: &Window, demo: &Demo) {
    window.open(&format!("{}/", demo.origin())).await;
    window.press("Log in").await;
    window.press("Continue with Google").await;
    window.says("Sign in with Google").await;
}

pub(crate) async fn sign_in_at_google(window: &Window) {
    window.write("[name=email]", "user@gmail.com").await;
    window.write("[name=password]", "google horse").await;
    window.press("Continue").await;
}

pub(crate) async fn log_in(window: &Window, demo: &Demo) {
    go_to_google(window, demo).await;
    sign_in_at_google(window).await;
    window.says("You are signed in").await;
}
