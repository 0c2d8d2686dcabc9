//! Finding the browser and its driver, and starting them.

use std::path::PathBuf;
use std::process::Stdio;

use thirtyfour::{ChromiumLikeCapabilities as _, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::{Failure, Window};

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const DRIVERS: [&str; 2] = ["chromedriver", "chromium.chromedriver"];

const ARGUMENTS: [&str; 8] = [
    "--headless=new",
    // It shows nothing but our own pages, and the sandbox cannot be had in every container.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    // Whoever asks for another host gets no answer, here as on a machine without a network.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];

/// A running driver.
#[derive(Debug)]
pub struct Chromium {
    driver: Child,
    address: String,
    browser: PathBuf,
}

impl Chromium {
    /// None where there is no Chromium, or no driver for it.
    ///
    /// # Errors
    ///
    /// When the driver is there and does not start.
    pub async fn start() -> Result<Option<Self>, Failure> {
        let (Some(browser), Some(driver)) = (find(&BROWSERS), find(&DRIVERS)) else { return Ok(None) };
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let mut said = BufReader::new(driver.stdout.take().ok_or("the driver has no output")?).lines();
        while let Some(line) = said.next_line().await? {
            let port = line.split_once("successfully on port ").map(|(_, port)| port.trim_end_matches('.').to_owned());
            if let Some(port) = port {
                // What it says later is of no interest, but must not fill the pipe.
                tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
                return Ok(Some(Self { driver, address: format!("http://127.0.0.1:{port}"), browser }));
            }
        }
        Err("the driver ended without naming its port".into())
    }

    /// A window with a fresh profile.
    ///
    /// # Errors
    ///
    /// When the browser does not start.
    pub async fn open(&self) -> Result<Window, Failure> {
        let mut wanted = DesiredCapabilities::chrome();
        wanted.set_binary(&self.browser.to_string_lossy())?;
        for argument in ARGUMENTS {
            wanted.add_arg(argument)?;
        }
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        let window = Window::of(WebDriver::new(&self.address, wanted).await?);
        window.width(1280).await;
        Ok(window)
    }

    /// Ends the driver. The windows must be closed before.
    pub async fn stop(mut self) {
        let _ = self.driver.kill().await;
    }
}

fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|file| file.is_file())
}
