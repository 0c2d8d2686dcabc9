use proofkey_browser::{Window, look};

use crate::person::{demo, log_in, pictures};

/// Whatever is shown has landmarks, a heading, a name for each control, and stays within the page.
async fn is_sound(window: &Window, name: &str) {
    for (theme, width) in [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)] {
        window.theme(theme).await;
        window.width(width).await;
        window.picture(&pictures(), &format!("{name}-{width}-{theme}")).await;
        assert_eq!(window.overflow().await, Vec::<String>::new(), "{name} at {width}");
        assert_eq!(window.faint().await, Vec::<String>::new(), "{name} in {theme}");
    }
    for landmark in ["header", "nav[aria-label]", "main", "footer", "h1"] {
        assert_eq!(window.count(&format!("body {landmark}")).await, 1, "{name}: one {landmark}");
    }
    let nameless = window
        .script(
            "return [...document.querySelectorAll('a, button, input:not([type=hidden]), summary')].filter((e) => \
             !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length)).map((e) => e.outerHTML)",
        )
        .await;
    assert_eq!(nameless, serde_json::json!([]), "{name}");
    let elsewhere = window
        .script(
            "return performance.getEntriesByType('resource').map((e) => e.name).filter((name) => \
             !name.startsWith(location.origin + '/'))",
        )
        .await;
    assert_eq!(elsewhere, serde_json::json!([]), "{name} asks nobody else");
}

#[tokio::test]
async fn every_page_at_both_widths_in_both_themes() {
    let demo = demo().await;
    look(async |[window]| {
        let page = |path: &str| format!("{}{path}", demo.origin());
        window.open(&page("/")).await;
        is_sound(&window, "welcome").await;
        window.open(&page("/api")).await;
        is_sound(&window, "api-without").await;
        window.open(&page("/live")).await;
        is_sound(&window, "live-empty").await;
        window.width(1280).await;
        log_in(&window, &demo).await;
        is_sound(&window, "signed-in").await;
        window.open(&page("/api")).await;
        is_sound(&window, "api-with").await;
        window.open(&page("/live")).await;
        is_sound(&window, "live").await;
        // With everything open that can be opened.
        window.script("for (const box of document.querySelectorAll('details')) { box.open = true; }").await;
        is_sound(&window, "live-open").await;
        window.open(&page("/attacks")).await;
        is_sound(&window, "attacks").await;
        window.open(&page("/attacks?attack=replayed-code#result")).await;
        window.script("document.querySelector('details').open = true").await;
        is_sound(&window, "attack-replayed").await;
        window.open(&page("/attacks?attack=mix-up&careless=on#result")).await;
        is_sound(&window, "attack-careless").await;
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn the_servers_pages_are_readable_on_a_phone_too() {
    let demo = demo().await;
    look(async |[window]| {
        for (theme, width) in [("light", 1280), ("dark", 390)] {
            window.theme(theme).await;
            window.width(width).await;
            window.open(&format!("{}/login", demo.origin())).await;
            window.says("Continue with Google").await;
            is_readable(&window, &format!("server-{width}")).await;
            window.press("Continue with Google").await;
            window.says("Sign in with Google").await;
            is_readable(&window, &format!("google-{width}")).await;
        }
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

async fn is_readable(window: &Window, name: &str) {
    window.picture(&pictures(), name).await;
    assert_eq!(window.overflow().await, Vec::<String>::new(), "{name}");
    assert_eq!(window.faint().await, Vec::<String>::new(), "{name}");
}

#[tokio::test]
async fn on_a_phone_the_steps_are_folded_to_their_headings() {
    let demo = demo().await;
    look(async |[window]| {
        log_in(&window, &demo).await;
        window.width(390).await;
        window.open(&format!("{}/live", demo.origin())).await;
        window.says("Unfold all steps").await;
        assert_eq!(window.count("#steps details.body").await, 20);
        assert_eq!(window.count("#steps details.body[open]").await, 0);
        window.picture(&pictures(), "live-folded").await;
        window.click("#steps .step:nth-child(3) summary").await;
        assert_eq!(window.count("#steps .step:nth-child(3) details.body[open]").await, 1);
        assert_eq!(window.overflow().await, Vec::<String>::new());
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}
