//! The book as it was built, page by page.

#![allow(clippy::unwrap_used, missing_docs)]

use std::path::PathBuf;

use proofkey_browser::{Shelf, Window, look};
use serde_json::json;

/// Where `cargo xtask browser` says that the book was built; none when it is not to be looked at.
fn built() -> PathBuf {
    PathBuf::from(std::env::var_os("PROOFKEY_BOOK").expect("`cargo xtask browser` runs these tests"))
}

fn pictures() -> PathBuf {
    PathBuf::from(std::env::var_os("PROOFKEY_PICTURES").unwrap()).join("book")
}

/// The chapters and appendices, by their files.
fn pages() -> Vec<String> {
    let files = std::fs::read_dir(built()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    // The others are a copy of the first one, and for the printer, for a wrong address, for a browser without scripts.
    let others = ["index.html", "print.html", "404.html", "toc.html"];
    let is_page = |name: &String| name.ends_with(".html") && !others.contains(&&**name);
    let mut pages: Vec<String> = files.filter(is_page).collect();
    pages.sort();
    assert!(pages.len() >= 20, "{pages:?}");
    pages
}

/// The theme that a reader has chosen.
async fn choose(window: &Window, shelf: &Shelf, theme: &str) {
    window.open(&format!("{}/index.html", shelf.origin())).await;
    window.script(&format!("localStorage.setItem('mdbook-theme', {})", json!(theme))).await;
}

#[tokio::test]
async fn every_page_stays_within_itself_and_asks_nobody_else() {
    let shelf = Shelf::serve(built()).await.unwrap();
    look(async |[window]| {
        for (theme, width) in [("light", 1280), ("navy", 390)] {
            window.width(width).await;
            choose(&window, &shelf, theme).await;
            for page in pages() {
                window.open(&format!("{}/{page}", shelf.origin())).await;
                assert_eq!(window.count(&format!("html.{theme}")).await, 1, "{page} in {theme}");
                window.picture(&pictures(), &format!("{}-{width}", page.trim_end_matches(".html"))).await;
                assert_eq!(window.overflow().await, Vec::<String>::new(), "{page} at {width}");
                let elsewhere = window
                    .script(
                        "return performance.getEntriesByType('resource').map((e) => e.name).filter((name) => \
                         !name.startsWith(location.origin + '/'))",
                    )
                    .await;
                assert_eq!(elsewhere, json!([]), "{page}");
                assert_eq!(window.complaints().await, Vec::<String>::new(), "{page}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_diagrams_and_charts_are_seen_whole_and_read_aloud() {
    let shelf = Shelf::serve(built()).await.unwrap();
    look(async |[window]| {
        let (mut diagrams_seen, mut charts_seen) = (0, 0);
        for (theme, width) in [("light", 1280), ("navy", 390)] {
            window.width(width).await;
            choose(&window, &shelf, theme).await;
            for page in pages() {
                window.open(&format!("{}/{page}", shelf.origin())).await;
                let drawings = window
                    .script(
                        "return [...document.querySelectorAll('main svg[role=img]')].map((svg) => { \
                         const place = svg.getBoundingClientRect(); \
                         const labels = svg.getAttribute('aria-labelledby').split(' '); \
                         const read = labels.map((id) => document.getElementById(id)?.textContent ?? ''); \
                         const words = [...svg.querySelectorAll('text')].map((word) => word.getBoundingClientRect()); \
                         const inside = words.filter((word) => word.left >= place.left - 1 && word.right <= place.right + 1); \
                         return {width: place.width, height: place.height, read: read.join(' ').length, \
                         words: words.length, inside: inside.length}; })",
                    )
                    .await;
                // A chart has few words, and may be flat.
                let is_chart = page == "appendix-how-fast.html";
                let (height, read, words) = if is_chart { (100.0, 200.0, 10.0) } else { (300.0, 500.0, 20.0) };
                for drawing in drawings.as_array().unwrap() {
                    let size = |name: &str| drawing[name].as_f64().unwrap();
                    assert!(size("width") > 300.0 && size("height") > height, "{page}: {drawing}");
                    assert!(size("read") > read, "{page}: {drawing}");
                    assert!(size("words") > words && drawing["inside"] == drawing["words"], "{page}: {drawing}");
                    *if is_chart { &mut charts_seen } else { &mut diagrams_seen } += 1;
                }
            }
        }
        assert_eq!((diagrams_seen, charts_seen), (4, 2), "two diagrams and one chart, at both widths");
    })
    .await;
}

#[tokio::test]
async fn a_listing_is_copied_as_it_is_shown() {
    let shelf = Shelf::serve(built()).await.unwrap();
    look(async |[window]| {
        let permissions = json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": shelf.origin()});
        window.devtools("Browser.grantPermissions", permissions).await;
        window.open(&format!("{}/02-the-secret.html", shelf.origin())).await;
        // The button is shown under the pointer.
        window.hover("main pre").await;
        window.click("main pre .clip-button").await;
        window.find("main pre .clip-button.tooltipped").await;
        let copied = window.wait_for_script("return navigator.clipboard.readText()").await;
        let shown = window
            .script(
                "const code = document.querySelector('main pre .clip-button').closest('pre').querySelector('code'); \
                 return [...code.childNodes].filter((n) => !n.classList?.contains('boring')).map((n) => n.textContent).join('')",
            )
            .await;
        let (copied, shown) = (copied.as_str().unwrap(), shown.as_str().unwrap());
        assert!(copied.trim().len() > 40 && copied.trim() == shown.trim(), "copied:\n{copied}\nshown:\n{shown}");
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn the_search_finds_a_word() {
    let shelf = Shelf::serve(built()).await.unwrap();
    look(async |[window]| {
        window.width(390).await;
        window.open(&format!("{}/index.html", shelf.origin())).await;
        window.click("#mdbook-search-toggle").await;
        window.write("#mdbook-searchbar", "verifier").await;
        window.find("#mdbook-searchresults li a").await;
        assert_eq!(window.overflow().await, Vec::<String>::new());
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}
