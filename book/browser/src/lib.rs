//! A real Chromium, by way of WebDriver: Debian's packages `chromium` and `chromium-driver`, or others of that kind.
//!
//! Where there is none, a test says so and is skipped. With `PROOFKEY_BROWSER=required` that is a failure.

mod chromium;
mod demo;
mod shelf;
mod window;

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, resume_unwind};

use futures_util::FutureExt as _;

pub use chromium::Chromium;
pub use demo::Demo;
pub use shelf::Shelf;
pub use window::Window;

/// What a test here may fail with before it looks at anything.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Opens windows, each with a profile of its own, and closes them whatever becomes of the test.
///
/// # Panics
///
/// As the test does, and when a Chromium is required and there is none, or it cannot be started.
pub async fn look<const WINDOWS: usize>(test: impl AsyncFnOnce([Window; WINDOWS])) {
    let chromium = match Chromium::start().await {
        Ok(Some(chromium)) => chromium,
        Ok(None) if std::env::var_os("PROOFKEY_BROWSER").is_some_and(|value| value == "required") => {
            panic!("no Chromium: install the packages chromium and chromium-driver")
        }
        Ok(None) => {
            // Around the capture of a test's output: a skipped test must not look like one that was run.
            let _ = writeln!(std::io::stderr(), "skipped: no Chromium (packages chromium and chromium-driver)");
            return;
        }
        Err(failure) => panic!("Chromium cannot be started: {failure}"),
    };
    let mut windows = Vec::new();
    for _ in 0..WINDOWS {
        match chromium.open().await {
            Ok(window) => windows.push(window),
            Err(failure) => panic!("no window: {failure}"),
        }
    }
    let Ok(handed_out) = <[Window; WINDOWS]>::try_from(windows.clone()) else { return };
    let outcome = AssertUnwindSafe(test(handed_out)).catch_unwind().await;
    for window in windows {
        window.close().await;
    }
    chromium.stop().await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}
