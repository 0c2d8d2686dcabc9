//! A window, as a test sees it. What does not come makes the test fail, with what was on the page.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::{By, WebDriver, WebElement};

/// No measure of speed: without a limit a test that fails would never end.
const LIMIT: Duration = Duration::from_secs(30);

/// A window of the browser.
#[derive(Clone, Debug)]
pub struct Window {
    driver: WebDriver,
}

#[allow(
    clippy::missing_panics_doc,
    reason = "a test that cannot go on fails, and each of these is called by tests only"
)]
impl Window {
    pub(crate) fn of(driver: WebDriver) -> Self {
        Self { driver }
    }

    pub(crate) async fn close(self) {
        let _ = self.driver.quit().await;
    }

    /// The driver, for what is not here.
    #[must_use]
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Opens an address.
    pub async fn open(&self, url: &str) {
        done(self.driver.goto(url).await);
    }

    /// The address that is shown.
    pub async fn address(&self) -> String {
        done(self.driver.current_url().await).to_string()
    }

    /// Waits for an element, by a CSS selector.
    pub async fn find(&self, selector: &str) -> WebElement {
        let start = Instant::now();
        loop {
            match self.driver.find(By::Css(selector)).await {
                Ok(element) => return element,
                Err(_) if start.elapsed() < LIMIT => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(_) => {
                    panic!("no {selector} at {}:\n{}", self.address().await, done(self.driver.source().await));
                }
            }
        }
    }

    /// Waits until the page says this.
    pub async fn says(&self, text: &str) {
        let start = Instant::now();
        loop {
            let page = self.text().await;
            if page.contains(text) {
                return;
            }
            assert!(start.elapsed() < LIMIT, "{:?} is not said at {}:\n{page}", text, self.address().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What can be read on the page.
    pub async fn text(&self) -> String {
        // In the middle of a navigation there is no body.
        let text = self.driver.execute("return document.body ? document.body.innerText : ''", Vec::new()).await;
        text.ok().and_then(|text| text.json().as_str().map(String::from)).unwrap_or_default()
    }

    /// Presses what is shown at this selector.
    pub async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        done(element.scroll_into_view().await);
        done(element.click().await);
    }

    /// Moves the pointer onto what is shown at this selector.
    pub async fn hover(&self, selector: &str) {
        let element = self.find(selector).await;
        done(element.scroll_into_view().await);
        done(self.driver.action_chain().move_to_element_center(&element).perform().await);
    }

    /// Presses the link or button that says this.
    pub async fn press(&self, label: &str) {
        let path = format!("//*[self::a or self::button][normalize-space()=\"{label}\"]");
        let start = Instant::now();
        let element = loop {
            match self.driver.find(By::XPath(path.as_str())).await {
                Ok(element) => break element,
                Err(_) if start.elapsed() < LIMIT => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(_) => panic!("no {label:?} at {}:\n{}", self.address().await, self.text().await),
            }
        };
        done(element.scroll_into_view().await);
        done(element.click().await);
    }

    /// Types into the field at this selector.
    pub async fn write(&self, selector: &str, text: &str) {
        done(self.find(selector).await.send_keys(text).await);
    }

    /// Types, wherever the keyboard is.
    pub async fn keys(&self, keys: &str) {
        let element = done(self.driver.active_element().await);
        done(element.send_keys(keys).await);
    }

    /// What a script gives.
    pub async fn script(&self, script: &str) -> Value {
        done(self.driver.execute(script, Vec::new()).await).json().clone()
    }

    /// What a script gives whose result is still to come.
    pub async fn wait_for_script(&self, script: &str) -> Value {
        let script =
            format!("const done = arguments[0]; (async () => {{ {script} }})().then(done, (e) => done(String(e)))");
        done(self.driver.execute_async(script, Vec::new()).await).json().clone()
    }

    /// How many elements there are.
    pub async fn count(&self, selector: &str) -> u64 {
        self.script(&format!("return document.querySelectorAll({}).length", json!(selector)))
            .await
            .as_u64()
            .unwrap_or(0)
    }

    /// As wide as this many pixels; below 600 a phone.
    pub async fn width(&self, width: u32) {
        let (height, phone) = if width < 600 { (844, true) } else { (900, false) };
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Light or dark, and without motion, so that a picture shows the end of it.
    pub async fn theme(&self, theme: &str) {
        let features = json!([
            {"name": "prefers-color-scheme", "value": theme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    /// A command of the browser's own protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        done(self.driver.cdp().send_raw(command, parameters).await)
    }

    /// Errors and warnings that the console has had since this was last asked.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = done(self.driver.browser_log().await);
        let serious = entries.into_iter().filter(|entry| matches!(entry.level.as_str(), "SEVERE" | "WARNING"));
        serious.map(|entry| format!("{}: {}", entry.level, entry.message)).collect()
    }

    /// What stands out over the page's edge.
    pub async fn overflow(&self) -> Vec<String> {
        texts(&self.script(include_str!("overflow.js")).await)
    }

    /// Text that has too little contrast with what is behind it (WCAG 2.2, 1.4.3).
    pub async fn faint(&self) -> Vec<String> {
        texts(&self.script(include_str!("contrast.js")).await)
    }

    /// The whole page as a picture.
    pub async fn picture(&self, folder: &Path, name: &str) {
        let size = self.script("const e = document.documentElement; return [e.clientWidth, e.scrollHeight]").await;
        let clip = json!({"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1});
        let parameters = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let picture = self.devtools("Page.captureScreenshot", parameters).await;
        let octets = thirtyfour::support::base64_decode(picture["data"].as_str().unwrap_or_default());
        done(tokio::fs::create_dir_all(folder).await);
        done(tokio::fs::write(folder.join(format!("{name}.png")), done(octets)).await);
    }
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(String::from).collect()
}

#[track_caller]
fn done<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
