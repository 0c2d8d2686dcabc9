use crate::person::{Person, demo, raw};

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn only_names_of_this_machine_are_answered_to() {
    let demo = demo().await;
    for (host, expected) in [
        ("localhost:{port}", 200),
        ("127.0.0.1:{port}", 307),
        ("[::1]:{port}", 307),
        ("attacker.example:{port}", 421),
        ("localhost:{port}.attacker.example", 421),
        ("localhost:1", 421),
        ("localhost", 421),
    ] {
        let answer = raw(demo.origin(), "127.0.0.1", &format!("GET / HTTP/1.1\r\nHost: {host}")).await;
        assert_eq!(status(&answer), expected, "{host}");
        if expected == 307 {
            assert!(answer.contains(&format!("location: {}/\r\n", demo.origin())), "{answer}");
        }
    }
}

#[tokio::test]
async fn another_site_may_lead_here_and_do_nothing_else() {
    let demo = demo().await;
    for (method, site, mode, expected) in [
        ("GET", "cross-site", "navigate", 200),
        ("GET", "none", "navigate", 200),
        ("GET", "same-origin", "cors", 200),
        ("GET", "cross-site", "no-cors", 403),
        ("GET", "same-site", "cors", 403),
        ("POST", "cross-site", "navigate", 403),
        ("POST", "same-site", "navigate", 403),
        ("POST", "same-origin", "navigate", 303),
    ] {
        let path = if method == "GET" { "/attacks" } else { "/logout" };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost:{{port}}\r\nSec-Fetch-Site: {site}\r\nSec-Fetch-Mode: {mode}\r\n\
             Content-Length: 0"
        );
        assert_eq!(status(&raw(demo.origin(), "127.0.0.1", &head).await), expected, "{method} {site} {mode}");
    }
}

#[tokio::test]
async fn every_answer_keeps_to_itself() {
    let demo = demo().await;
    for path in ["/", "/live", "/attacks", "/api", "/login", "/callback?code=a", "/assets/demo.js", "/nothing"] {
        let answer = raw(demo.origin(), "127.0.0.1", &format!("GET {path} HTTP/1.1\r\nHost: localhost:{{port}}")).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let policy = head.lines().find(|line| line.starts_with("content-security-policy: ")).expect(path);
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
        assert!(head.contains("cache-control: no-store") && head.contains("referrer-policy: no-referrer"), "{path}");
        for cookie in head.lines().filter(|line| line.starts_with("set-cookie: ")) {
            assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
        }
        let lower = body.to_lowercase();
        assert_eq!(lower.matches("<script").count(), lower.matches("<script src=\"/assets/").count(), "{path}");
        assert!(!lower.contains("<style") && !lower.contains(" style=") && !lower.contains(" onclick="), "{path}");
    }
}

#[tokio::test]
async fn what_came_from_elsewhere_is_shown_as_text() {
    let demo = demo().await;
    let mut john = Person::at(demo.origin());
    let login = john.begin().await;
    let hostile = "<script>alert(1)</script>";
    // Into the log of this login, by the app's own callback and by the server's form.
    let encoded = hostile.replace('<', "%3C").replace('>', "%3E");
    john.open(&format!("/callback?state={encoded}&error={encoded}&x=%22'%3Cb%3E")).await;
    let page = john.submit(&login, &[("email", &format!("{hostile}@example.com")), ("password", hostile)]).await;
    assert_eq!(page.status, 401, "{page:?}");
    let live = john.open("/live").await.body;
    assert!(live.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{live}");
    assert!(!live.contains("<script>") && !live.contains("<b>"), "{live}");
}

#[tokio::test]
async fn both_loopback_addresses_are_ours() {
    let demo = demo().await;
    let six = std::net::TcpListener::bind("[::1]:0").is_ok();
    for host in ["127.0.0.1", "[::1]"].iter().filter(|host| six || **host == "127.0.0.1") {
        let answer = raw(demo.origin(), host, "GET / HTTP/1.1\r\nHost: localhost:{port}").await;
        assert_eq!(status(&answer), 200, "{host}");
    }
}
