//! The HTML report of the conformance suite, read as its users read it.

#![allow(clippy::unwrap_used, missing_docs)]

use std::path::PathBuf;
use std::process::Command;

use proofkey_browser::{Shelf, Window, look};
use serde_json::json;

/// A folder with the report of a correct client beside one that skips the state check.
fn report() -> PathBuf {
    let program = std::env::var_os("PROOFKEY_CONFORMANCE").expect("`cargo xtask browser` runs these tests");
    let folder = PathBuf::from(std::env::var_os("PROOFKEY_PICTURES").unwrap()).join("report");
    std::fs::create_dir_all(&folder).unwrap();
    let run = |words: &str| {
        let output = Command::new(&program).current_dir(&folder).args(words.split(' ')).output().unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let cases = "run --case OA-48/* --case ID-21/nonce-o* --mode stdin";
    run(&format!("{cases} --results good.json --reference"));
    run(&format!("{cases} --results bad.json --reference skip-state"));
    let error = run("report good.json bad.json --format html --output report.html");
    assert!(folder.join("report.html").exists(), "{error}");
    folder
}

async fn shown(window: &Window) -> u64 {
    window.count("#matrix tbody tr").await
}

#[tokio::test]
async fn the_report_is_searched_and_a_case_opens_with_its_diagram() {
    let folder = report();
    let shelf = Shelf::serve(folder.clone()).await.unwrap();
    let address = format!("{}/report.html", shelf.origin());
    look(async |[window]| {
        for (theme, width) in [("light", 1280), ("dark", 390)] {
            window.theme(theme).await;
            window.width(width).await;
            window.open(&address).await;
            let red = shown(&window).await;
            assert!(red > 2, "what did not pass is shown first");
            window
                .script(
                    "const e = document.querySelector('#verdict'); e.value = ''; e.dispatchEvent(new Event('input'))",
                )
                .await;
            let all = shown(&window).await;
            assert!(all > red);
            window.keys("/").await;
            window.keys("state-wrong").await;
            assert_eq!(shown(&window).await, 1, "the keyboard reaches the search");
            assert_eq!(window.overflow().await, Vec::<String>::new(), "{width}");
            assert_eq!(window.faint().await, Vec::<String>::new(), "{theme}");
            window.picture(&folder, &format!("matrix-{width}")).await;

            window.press("fail").await;
            window.says("What to do").await;
            assert_eq!(window.count("dialog[open] svg[role=img]").await, 1);
            assert!(window.text().await.contains("<code 1>"), "secrets are masked");
            assert!(window.address().await.ends_with("#1/OA-48/state-wrong"));
            assert_eq!(window.faint().await, Vec::<String>::new(), "{theme}");
            window.picture(&folder, &format!("case-{width}")).await;
            window.press("Close").await;
            assert_eq!(window.count("dialog[open]").await, 0);

            let elsewhere = window.script("return performance.getEntriesByType('resource').map((e) => e.name)").await;
            assert_eq!(elsewhere, json!([]), "the page loads nothing");
            assert_eq!(window.complaints().await, Vec::<String>::new());
        }
        // The address of a case opens it.
        window.open("about:blank").await;
        window.open(&format!("{address}#1/OA-48/state-wrong")).await;
        window.says("The callback as the client received it").await;
    })
    .await;
}
