//! Chromium, driven over `WebDriver`, and ended with the test however the test ends.

use std::fmt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::http::Method;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use url::{ParseError, Url};

/// How long anything may take to appear on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the page is seen through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Device pixels a CSS pixel: twice, and half the width, is what a 200 % zoom shows.
    pub(crate) scale: u32,
    pub(crate) dark: bool,
}

impl Window {
    pub(crate) const TELEPHONE: Self = Self { width: 360, height: 740, scale: 1, dark: false };
    pub(crate) const TABLET: Self = Self { width: 768, height: 1024, scale: 1, dark: false };
    pub(crate) const DESK: Self = Self { width: 1280, height: 900, scale: 1, dark: false };
    /// The desk's window, zoomed to 200 %.
    pub(crate) const ZOOMED: Self = Self { width: 640, height: 450, scale: 2, dark: false };

    pub(crate) fn dark(self) -> Self {
        Self { dark: true, ..self }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} px{}", self.width, if self.dark { ", dark" } else { "" })
    }
}

/// A browser of one test.
pub(crate) struct Browser {
    client: Client,
    /// Leads a process group in which the browser lives too: see [`Drop`].
    driver: Child,
    site: String,
    _profile: TempDir,
}

/// A command of the browser's own debugging protocol.
#[derive(Debug)]
struct Devtools(Value);

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _url: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.0.to_string()))
    }
}

/// Starts the driver on a port that the system chooses, and reads from its words which one.
async fn start(log: &std::path::Path) -> (Child, u16) {
    let written = std::fs::File::create(log).unwrap();
    let driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::from(written))
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("chromedriver runs: install Debian's chromium and chromium-driver");
    let until = Instant::now() + PATIENCE;
    loop {
        let said = std::fs::read_to_string(log).unwrap();
        let port = said
            .split_once("started successfully on port ")
            .and_then(|(_, rest)| rest.split_once('.')?.0.parse().ok());
        if let Some(port) = port {
            return (driver, port);
        }
        assert!(Instant::now() < until, "chromedriver does not start: {said}");
        sleep(Duration::from_millis(20)).await;
    }
}

fn capabilities(profile: &TempDir) -> Capabilities {
    let folder = format!("--user-data-dir={}", profile.path().join("profile").display());
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-breakpad",
        "--disable-crash-reporter",
        "--no-first-run",
        "--hide-scrollbars",
        "--lang=fr-FR",
        &folder,
    ];
    let mut wanted = Capabilities::new();
    wanted.insert("browserName".into(), json!("chrome"));
    wanted.insert(
        "goog:chromeOptions".into(),
        json!({
            "args": arguments,
            "prefs": {
                "download.default_directory": profile.path().join("downloads"),
                "download.prompt_for_download": false,
            },
        }),
    );
    wanted
}

impl Browser {
    /// Opens a browser for the pages under `site` (`http://127.0.0.1:…`).
    pub(crate) async fn open(site: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let (driver, port) = start(&profile.path().join("driver.log")).await;
        let until = Instant::now() + PATIENCE;
        let client = loop {
            let tried = ClientBuilder::new(HttpConnector::new())
                .capabilities(capabilities(&profile))
                .connect(&format!("http://127.0.0.1:{port}"))
                .await;
            match tried {
                Ok(client) => break client,
                Err(error) => assert!(Instant::now() < until, "no browser: {error}"),
            }
            sleep(Duration::from_millis(200)).await;
        };
        Self { client, driver, site: site.to_owned(), _profile: profile }
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let command = Devtools(json!({ "cmd": command, "params": parameters }));
        self.client.issue_cmd(command).await.expect("the browser obeys")
    }

    pub(crate) async fn look_through(&self, window: Window) {
        let Window { width, height, scale, dark } = window;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", media).await;
    }

    /// From now on paths are of another site.
    pub(crate) fn moves_to(&mut self, site: &str) {
        site.clone_into(&mut self.site);
    }

    /// Becomes whoever holds this session (`travee=…`), or nobody.
    pub(crate) async fn sign_in(&self, cookie: Option<&str>) {
        self.devtools("Network.clearBrowserCookies", json!({})).await;
        if let Some((name, value)) = cookie.and_then(|cookie| cookie.split_once('=')) {
            let cookie =
                json!({ "name": name, "value": value, "url": self.site, "httpOnly": true });
            self.devtools("Network.setCookie", cookie).await;
        }
    }

    /// Runs a script before those of every page from now on.
    pub(crate) async fn carry(&self, script: &str) {
        let source = json!({ "source": script });
        self.devtools("Page.addScriptToEvaluateOnNewDocument", source).await;
    }

    /// Opens a path of the site, or a whole address of it.
    pub(crate) async fn goto(&self, path: &str) {
        let address =
            if path.starts_with("http") { path.into() } else { format!("{}{path}", self.site) };
        self.client.goto(&address).await.unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// The path shown now, with its query.
    pub(crate) async fn path(&self) -> String {
        let address = self.client.current_url().await.unwrap();
        address.as_str().strip_prefix(&self.site).unwrap_or(address.as_str()).to_owned()
    }

    /// What a script answers; it is `return` that answers.
    pub(crate) async fn ask(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|error| {
            panic!("{}: {error}", script.chars().take(200).collect::<String>())
        })
    }

    /// What a script hands to its callback, `arguments[0]`.
    pub(crate) async fn ask_later(&self, script: &str) -> Value {
        self.client.execute_async(script, Vec::new()).await.unwrap()
    }

    /// The words of the page.
    pub(crate) async fn words(&self) -> String {
        let words = self.ask("return document.body ? document.body.innerText : ''").await;
        words.as_str().unwrap_or_default().replace(['\u{a0}', '\u{202f}'], " ")
    }

    /// Waits until the page says `words`.
    pub(crate) async fn hears(&self, words: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let said = self.words().await;
            if said.contains(words) {
                return;
            }
            assert!(Instant::now() < until, "« {words} » is not on {}:\n{said}", self.path().await);
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the path satisfies `arrived`.
    pub(crate) async fn arrives(&self, what: &str, arrived: impl Fn(&str) -> bool) {
        let until = Instant::now() + PATIENCE;
        loop {
            let path = self.path().await;
            if arrived(&path) {
                return;
            }
            assert!(Instant::now() < until, "{what}: still at {path}:\n{}", self.words().await);
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the answer to what was sent is there.
    pub(crate) async fn settles(&self) {
        let until = Instant::now() + PATIENCE;
        sleep(Duration::from_millis(100)).await;
        while self.ask("return document.readyState").await != "complete" {
            assert!(Instant::now() < until, "nothing answers");
            sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Gives a file to the field of that name.
    pub(crate) async fn attach(&self, field: &str, file: &std::path::Path) {
        let found = self.client.find(Locator::Css(&format!("input[name='{field}']"))).await;
        found.unwrap().send_keys(file.to_str().unwrap()).await.unwrap();
    }

    /// A picture of the whole page, through a window as high as it: what stays at the foot of a
    /// window is at the foot of the picture.
    pub(crate) async fn picture(&self, window: Window, to: &std::path::Path) {
        self.look_through(window).await;
        let height = self.ask("return document.documentElement.scrollHeight").await;
        let height = u32::try_from(height.as_u64().unwrap()).unwrap().max(window.height);
        self.look_through(Window { height, ..window }).await;
        let answer = self.devtools("Page.captureScreenshot", json!({ "format": "png" })).await;
        std::fs::write(to, base64(answer["data"].as_str().unwrap())).unwrap();
        self.look_through(window).await;
    }

    /// The page as a printer gets it, in PDF, on A4.
    pub(crate) async fn print(&self, to: &std::path::Path) {
        let paper = json!({ "paperWidth": 8.27, "paperHeight": 11.69 });
        let answer = self.devtools("Page.printToPDF", paper).await;
        std::fs::write(to, base64(answer["data"].as_str().unwrap())).unwrap();
    }
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let digits: Vec<u32> = text.bytes().filter_map(digit).collect();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for group in digits.chunks(4) {
        let packed =
            group.iter().fold(0, |packed, digit| packed << 6 | digit) << (6 * (4 - group.len()));
        bytes.extend_from_slice(&packed.to_be_bytes()[1..group.len()]);
    }
    bytes
}

impl Drop for Browser {
    /// A driver that is killed leaves its browser running, so the whole group goes.
    fn drop(&mut self) {
        let group = format!("-{}", self.driver.id());
        Command::new("kill").args(["-KILL", "--", &group]).status().expect("kill runs");
        self.driver.wait().expect("the driver ends");
    }
}
