use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::support::{Folder, has_python};

/// A server that runs until it is dropped.
struct Server {
    child: Child,
    line: Value,
}

impl Server {
    fn start(words: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_proofkey-conformance"))
            .args(["serve", "--json", "--with-parent"])
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, line: serde_json::from_str(&line).unwrap() }
    }

    fn control(&self) -> &str {
        self.line["control"].as_str().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request by hand: status and body.
fn call(method: &str, url: &str, body: &Value) -> (u16, String) {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut stream = TcpStream::connect(host).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

fn json(method: &str, url: &str, body: &Value) -> Value {
    let (status, text) = call(method, url, body);
    assert!(status < 300, "{status} {text}");
    serde_json::from_str(&text).unwrap()
}

fn authorization_url(tenant: &Value) -> String {
    format!(
        "{}?response_type=code&client_id={}&redirect_uri=http://127.0.0.1/callback&scope=openid&state=af0ifjsldkj&nonce=n-0S6\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
        tenant["endpoints"]["authorization"].as_str().unwrap(),
        tenant["clients"][0]["id"].as_str().unwrap()
    )
}

fn callback(tenant: &Value) -> String {
    let control = tenant["control"].as_str().unwrap();
    let answer = json("POST", &format!("{control}/browser"), &json!({"url": authorization_url(tenant)}));
    answer["callback"].as_str().unwrap().to_owned()
}

#[test]
fn tenants_do_not_meet_and_a_lie_is_told_from_one_moment_to_the_next() {
    let server = Server::start(&[]);
    let tenants = format!("{}/tenants", server.control());
    let lie = json!({"callback": [{"set": ["state", "wrong"]}]});
    let honest = json("POST", &tenants, &json!({}));
    let liar = json("POST", &tenants, &json!({"lie": lie}));
    assert_ne!(honest["issuer"], liar["issuer"]);
    assert!(callback(&honest).contains("state=af0ifjsldkj"));
    assert!(callback(&liar).contains("state=wrong"));
    // One visit each: the other's is not in the log.
    for tenant in [&honest, &liar] {
        let log = json("GET", &format!("{}/log", tenant["control"].as_str().unwrap()), &Value::Null);
        let asked =
            log["exchanges"].as_array().unwrap().iter().filter(|exchange| exchange["endpoint"] == "authorization");
        let asked: Vec<_> = asked.collect();
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0]["query"]["nonce"], "n-0S6");
    }
    let control = honest["control"].as_str().unwrap();
    let changed = json("PUT", &format!("{control}/lie"), &lie);
    assert_eq!(changed["issuer"], honest["issuer"], "it lies at the address where it was honest");
    assert!(callback(&changed).contains("state=wrong"));
    assert_eq!(call("PUT", &format!("{control}/lie"), &Value::Null).0, 400, "an empty body is no lie");
    let mended = json("DELETE", &format!("{control}/lie"), &Value::Null);
    assert!(callback(&mended).contains("state=af0ifjsldkj"));
    assert!(mended["lie"].is_null());
}

#[test]
fn the_clock_moves_for_one_tenant_and_what_is_wrong_is_said() {
    let server = Server::start(&["--lie", "ID-21/nonce-absent"]);
    let tenant = &server.line["tenant"];
    assert!(tenant["lie"].to_string().contains("nonce"));
    assert!(server.line["ca_pem"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE"));
    let clock = format!("{}/clock", tenant["control"].as_str().unwrap());
    let now = json("GET", &clock, &Value::Null)["now"].as_i64().unwrap();
    let later = json("POST", &clock, &json!({"advance": 3600}))["now"].as_i64().unwrap();
    assert!((3600..3610).contains(&(later - now)), "{now} {later}");

    let tenants = format!("{}/tenants", server.control());
    for (method, url, body, status, word) in [
        ("POST", tenants.clone(), json!({"lies": []}), 400, "lies"),
        ("POST", tenants.clone(), json!({"lie": {"callbacks": []}}), 400, "callbacks"),
        ("POST", tenants.clone(), json!({"case": "OA-48/none"}), 400, "OA-48/none"),
        ("GET", format!("{tenants}/t99"), Value::Null, 404, "t99"),
        ("POST", clock, json!({}), 400, "advance"),
    ] {
        let (given, text) = call(method, &url, &body);
        assert_eq!(given, status, "{text}");
        assert!(text.contains(word), "{text}");
    }
    let (status, page) = call("GET", &format!("{}/", server.control()), &Value::Null);
    assert_eq!(status, 200);
    assert!(page.contains("user@example.com") && page.contains("data-log=\"/tenants/t1/log.txt\""));
    assert_eq!(call("DELETE", tenant["control"].as_str().unwrap(), &Value::Null).0, 204);
    assert_eq!(call("GET", tenant["control"].as_str().unwrap(), &Value::Null).0, 404);
}

#[test]
fn it_ends_when_its_parent_does_and_a_wrong_lie_is_named() {
    let mut server = Server::start(&[]);
    drop(server.child.stdin.take());
    assert!(server.child.wait().unwrap().success());
    let folder = Folder::new();
    std::fs::write(folder.0.join("lie.json"), "{\"callback\": [{\"put\": []}]}").unwrap();
    for (lie, word) in [("lie.json", "put"), ("nothing", "neither a case nor a file")] {
        let output = folder.run(&format!("serve --lie {lie}"));
        assert_eq!(output.status.code(), Some(64));
        assert!(super::support::stderr(&output).contains(word));
    }
}

/// The tests that SERVE.md shows, run as their readers would.
#[test]
fn the_examples_in_python_node_and_go_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/serve");
    let run = |program: &str, words: &[&str]| {
        let output = Command::new(program)
            .args(words)
            .current_dir(&folder)
            .env("PROOFKEY_CONFORMANCE", env!("CARGO_BIN_EXE_proofkey-conformance"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{program}: {text}");
        text
    };
    if has_python() {
        assert!(run("python3", &["-m", "unittest", "test_login"]).contains("Ran 3 tests"));
    }
    if Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success()) {
        assert!(run("node", &["--test", "login.test.mjs"]).contains("pass 2"));
    }
    if Command::new("go").arg("version").output().is_ok_and(|output| output.status.success()) {
        assert!(
            run("go", &["test", "-count=1", "-v", "./..."]).contains("--- PASS: TestACodeIsNotSentAfterAWrongState")
        );
    }
}
