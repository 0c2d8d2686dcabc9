use std::net::TcpListener;
use std::thread;
use std::time::{Duration, SystemTime};

use proofkey::authorize::{
    AuthorizationRequest, AuthorizationServer, ClientId, Endpoint, Issuer, Pending, RedirectUri,
};
use proofkey_native::{LoopbackHost, NativeLoginError, Pages, Receiver};

use crate::browser::{ask, connect, follow, get, send};

/// A login that waits at this redirect URI, and its `state`.
fn pending(redirect_uri: &RedirectUri) -> (Pending, String) {
    let endpoint = |path: &str| Endpoint::new(format!("https://issuer.example/{path}")).unwrap();
    let issuer = Issuer::new("https://issuer.example").unwrap();
    let server = AuthorizationServer::new(issuer, endpoint("authorize"), endpoint("token"));
    let request = AuthorizationRequest::new(&server, ClientId::new("client").unwrap(), redirect_uri.clone());
    let (_, pending) = request.begin(&[7; 96], SystemTime::now()).unwrap();
    let state = pending.state().expose().to_owned();
    (pending, state)
}

/// Lets `visit` happen while the program waits; what it returned, and the callback.
fn while_waiting<T: Send>(
    receiver: &Receiver,
    pending: &Pending,
    visit: impl FnOnce() -> T + Send,
) -> (T, Result<String, NativeLoginError>) {
    thread::scope(|scope| {
        let visit = scope.spawn(visit);
        let callback = receiver.callback_blocking(pending);
        (visit.join().unwrap(), callback)
    })
}

#[test]
fn na_11_only_a_callback_of_this_login_ends_the_wait() {
    let receiver = Receiver::bind().unwrap();
    let (pending, state) = pending(receiver.redirect_uri());
    let base = receiver.redirect_uri().as_str().to_owned();
    let (url, origin) = (format!("{base}?code=a&state={state}"), base.trim_end_matches("/callback").to_owned());
    let (answers, callback) = while_waiting(&receiver, &pending, || {
        // Opened in advance, and never used.
        let _idle: Vec<_> = (0..40).map(|_| connect(&base)).collect();
        let unrelated = [
            format!("{origin}/favicon.ico"),
            format!("{origin}/"),
            format!("{base}?code=planted&state=guessed"),
            format!("{base}?code=planted"),
            format!("{base}?error=access_denied"),
            format!("{base}?error=access_denied&state=guessed"),
            format!("{base}/?code=a&state={state}"),
            format!("{origin}/Callback?code=a&state={state}"),
            base.clone(),
        ];
        let mut answers: Vec<_> = unrelated.iter().map(|url| get(url)).collect();
        // Not a browser's GET, or under a name that is not ours.
        answers.extend(["HEAD", "POST", "OPTIONS"].map(|method| send(&url, method, base_host(&base))));
        answers.extend(["evil.example", "127.0.0.1:1", "127.0.0.1"].map(|host| send(&url, "GET", host)));
        (answers, get(&url))
    });
    let (answers, accepted) = answers;
    for (at, answer) in answers.iter().enumerate() {
        // The last three come under another name.
        let status = if at + 3 >= answers.len() { "421" } else { "404" };
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(!answer.contains("planted") && !answer.contains("guessed") && !answer.contains(&state), "{answer}");
    }
    assert!(accepted.starts_with("HTTP/1.1 303 ") && accepted.contains("\r\nLocation: /callback/"), "{accepted}");
    assert_eq!(callback.unwrap(), url);
}

fn base_host(base: &str) -> &str {
    base.trim_start_matches("http://").trim_end_matches("/callback")
}

#[test]
fn a_refusal_counts_with_the_right_state_only() {
    let receiver = Receiver::bind().unwrap();
    let (pending, state) = pending(receiver.redirect_uri());
    let url = format!("{}?error=access_denied&state={state}", receiver.redirect_uri().as_str());
    let (_, callback) = while_waiting(&receiver, &pending, || get(&url));
    assert_eq!(callback.unwrap(), url);
}

#[test]
fn the_closing_page_tells_how_the_login_ended_and_has_no_code_in_its_address() {
    let error = std::io::Error::other("the <server> said no");
    for (outcome, said) in [(Ok(()), "You are signed in"), (Err(error), "the &lt;server&gt; said no")] {
        let receiver = Receiver::bind().unwrap();
        let (pending, state) = pending(receiver.redirect_uri());
        let url = format!("{}?code=a&state={state}", receiver.redirect_uri().as_str());
        thread::scope(|scope| {
            let page = scope.spawn(|| follow(&url, &get(&url)));
            receiver.callback_blocking(&pending).unwrap();
            let uri = receiver.redirect_uri().as_str().to_owned();
            receiver.close_blocking(&outcome);
            let page = page.join().unwrap();
            assert!(page.starts_with("HTTP/1.1 200 ") && page.contains(said), "{page}");
            for header in ["Cache-Control: no-store", "Content-Security-Policy: default-src 'none'", "Referrer-Policy"]
            {
                assert!(page.contains(header), "{header}: {page}");
            }
            // The port is free.
            TcpListener::bind(base_host(&uri)).unwrap();
        });
    }
}

#[test]
fn a_callback_is_taken_once() {
    let receiver = Receiver::bind().unwrap();
    let (pending, state) = pending(receiver.redirect_uri());
    let url = format!("{}?code=a&state={state}", receiver.redirect_uri().as_str());
    let (first, callback) = while_waiting(&receiver, &pending, || get(&url));
    assert!(first.starts_with("HTTP/1.1 303 ") && callback.is_ok());
    // A reload while the program redeems the code, and another callback.
    assert!(get(&url).starts_with("HTTP/1.1 303 "));
    let another = get(&url.replace("code=a", "code=b"));
    assert!(another.starts_with("HTTP/1.1 404 ") && another.contains("was already used"), "{another}");
    assert!(receiver.handle().submit(url.clone()) && !receiver.handle().submit(format!("{url}b")));
}

#[test]
fn idle_connections_do_not_cut_off_the_browser_that_waits_for_the_page() {
    let receiver = Receiver::bind().unwrap();
    let (pending, state) = pending(receiver.redirect_uri());
    let url = format!("{}?code=a&state={state}", receiver.redirect_uri().as_str());
    thread::scope(|scope| {
        let page = scope.spawn(|| follow(&url, &get(&url)));
        receiver.callback_blocking(&pending).unwrap();
        let _idle: Vec<_> = (0..80).map(|_| connect(&url)).collect();
        receiver.close_blocking(&Ok::<_, std::io::Error>(()));
        assert!(page.join().unwrap().contains("You are signed in"));
    });
}

#[test]
fn the_closing_page_is_at_no_address_that_can_be_guessed_and_for_a_get_of_ours_only() {
    let receiver = Receiver::bind().unwrap();
    let (pending, state) = pending(receiver.redirect_uri());
    let base = receiver.redirect_uri().as_str().to_owned();
    let url = format!("{base}?code=a&state={state}");
    let (answer, _) = while_waiting(&receiver, &pending, || get(&url));
    let location = answer.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap();
    let done = format!("{}{location}", base.trim_end_matches("/callback"));
    let other = Receiver::bind().unwrap();
    let elsewhere = format!("{}{location}", other.redirect_uri().as_str().trim_end_matches("/callback"));
    assert!(get(&elsewhere).starts_with("HTTP/1.1 404 "), "each receiver has its own");
    for (method, host, status) in
        [("HEAD", base_host(&base), "404"), ("POST", base_host(&base), "404"), ("GET", "a", "421")]
    {
        assert!(send(&done, method, host).starts_with(&format!("HTTP/1.1 {status} ")), "{method} {host}");
    }
    thread::scope(|scope| {
        let page = scope.spawn(|| get(&done));
        receiver.close_blocking(&Ok::<_, std::io::Error>(()));
        assert!(page.join().unwrap().contains("You are signed in"), "still owed");
    });
}

#[test]
fn a_handle_shows_nothing_of_a_callback_and_ends_with_its_receiver() {
    let receiver = Receiver::bind().unwrap();
    let handle = receiver.handle();
    let waiting = handle.clone();
    let submitted = thread::spawn(move || waiting.submit("http://127.0.0.1/callback?code=SECRET&state=a"));
    assert!(!format!("{handle:?} {receiver:?}").contains("SECRET"));
    drop(receiver);
    assert!(!submitted.join().unwrap() && !handle.submit("http://127.0.0.1/callback?code=b&state=a"));
}

#[test]
fn a_pasted_callback_is_taken_and_a_forged_one_refused() {
    let receiver = Receiver::bind().unwrap();
    let (pending, state) = pending(receiver.redirect_uri());
    let (base, handle) = (receiver.redirect_uri().as_str().to_owned(), receiver.handle());
    let (taken, callback) = while_waiting(&receiver, &pending, || {
        [format!("{base}?code=a&state=guessed"), "nonsense".into(), format!("{base}?code=a&state={state}")]
            .map(|url| handle.submit(url))
    });
    assert_eq!(taken, [false, false, true]);
    assert!(callback.unwrap().ends_with(&state));
    receiver.close_blocking(&Ok::<_, std::io::Error>(()));
}

#[test]
fn the_wait_ends_after_its_time_and_counts_what_was_refused() {
    let receiver = Receiver::builder().timeout(Duration::from_millis(100)).bind().unwrap();
    let (pending, _) = pending(receiver.redirect_uri());
    let url = format!("{}?code=a&state=guessed", receiver.redirect_uri().as_str());
    thread::scope(|scope| {
        scope.spawn(|| assert!(get(&url).starts_with("HTTP/1.1 404 ")));
        // On a busy machine it comes later than the first time is over.
        let error = loop {
            let error = receiver.callback_blocking(&pending).unwrap_err();
            if !matches!(error, NativeLoginError::TimedOut { unrelated: 0, .. }) {
                break error;
            }
        };
        assert_eq!(error.code(), "native_timed_out");
        assert!(matches!(error, NativeLoginError::TimedOut { unrelated: 1, .. }), "{error:?}");
        assert!(error.to_string().contains("do not belong to this login were refused: 1"), "{error}");
    });
}

#[test]
fn garbage_and_long_heads_are_cut_off_and_do_not_hold_the_login_up() {
    let receiver = Receiver::bind().unwrap();
    let (pending, state) = pending(receiver.redirect_uri());
    let base = receiver.redirect_uri().as_str().to_owned();
    let url = format!("{base}?code=a&state={state}");
    let (answers, callback) = while_waiting(&receiver, &pending, || {
        let head = |length| format!("GET /callback HTTP/1.1\r\nHost: a\r\nx: {}\r\n\r\n", "a".repeat(length));
        let (fits, long) = (head(60 * 1024), head(64 * 1024));
        let answers = ["\u{16}\u{3}\u{1}\r\n\r\n", "GET\r\n\r\n", &long, &fits].map(|bytes| ask(connect(&base), bytes));
        get(&url);
        answers
    });
    assert!(answers[..3].iter().all(String::is_empty), "{answers:?}");
    assert!(answers[3].starts_with("HTTP/1.1 421 "), "{answers:?}");
    callback.unwrap();
}

#[test]
fn na_03_the_address_is_used_and_host_path_and_ports_are_the_programs_choice() {
    assert!(Receiver::bind().unwrap().redirect_uri().as_str().starts_with("http://127.0.0.1:"));
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let builder = Receiver::builder().host(LoopbackHost::Localhost).path("/oauth/return").ports([free]);
    let receiver = builder.bind().unwrap();
    assert_eq!(receiver.redirect_uri().as_str(), format!("http://localhost:{free}/oauth/return"));
    let (pending, state) = pending(receiver.redirect_uri());
    let url = format!("{}?code=a&state={state}", receiver.redirect_uri().as_str());
    let (_, callback) = while_waiting(&receiver, &pending, || get(&url));
    assert_eq!(callback.unwrap(), url);
    let taken = Receiver::builder().ports([free]).bind().unwrap_err();
    assert_eq!(taken.code(), "native_bind");
    for path in ["/a b", "/callback?tenant=1", "callback", "", "/callback#a", "//evil.example/a"] {
        assert_eq!(Receiver::builder().path(path).bind().unwrap_err().code(), "native_path", "{path}");
    }
}

#[test]
fn pages_of_the_program_are_shown() {
    let mut pages = Pages::default();
    pages.signed_in = "<p>Willkommen</p>".into();
    let receiver = Receiver::builder().pages(pages).bind().unwrap();
    let (pending, state) = pending(receiver.redirect_uri());
    let url = format!("{}?code=a&state={state}", receiver.redirect_uri().as_str());
    thread::scope(|scope| {
        let page = scope.spawn(|| follow(&url, &get(&url)));
        receiver.callback_blocking(&pending).unwrap();
        receiver.close_blocking(&Ok::<_, std::io::Error>(()));
        assert!(page.join().unwrap().ends_with("<p>Willkommen</p>"));
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_future_waits_as_the_thread_does_and_can_be_dropped() {
    let receiver = Receiver::builder().timeout(Duration::from_secs(30)).bind().unwrap();
    let (pending, state) = pending(receiver.redirect_uri());
    let url = format!("{}?code=a&state={state}", receiver.redirect_uri().as_str());
    let given_up = tokio::time::timeout(Duration::from_millis(50), receiver.callback(&pending)).await;
    assert!(given_up.is_err());
    let visited = url.clone();
    let page = tokio::task::spawn_blocking(move || follow(&visited, &get(&visited)));
    assert_eq!(receiver.callback(&pending).await.unwrap(), url);
    receiver.close(&Ok::<_, std::io::Error>(())).await;
    assert!(page.await.unwrap().contains("You are signed in"));
}

#[tokio::test]
async fn a_future_that_takes_the_place_of_another_still_ends_after_its_time() {
    let receiver = Receiver::builder().timeout(Duration::from_millis(200)).bind().unwrap();
    let (pending, _) = pending(receiver.redirect_uri());
    let mut waiting = Box::pin(receiver.callback(&pending));
    assert!(tokio::time::timeout(Duration::from_millis(1), &mut waiting).await.is_err());
    waiting = Box::pin(receiver.callback(&pending));
    assert_eq!(waiting.await.unwrap_err().code(), "native_timed_out");
}

#[test]
fn a_time_that_no_clock_reaches_is_no_panic() {
    let receiver = Receiver::builder().timeout(Duration::MAX).bind().unwrap();
    let (pending, state) = pending(receiver.redirect_uri());
    let url = format!("{}?code=a&state={state}", receiver.redirect_uri().as_str());
    let (_, callback) = while_waiting(&receiver, &pending, || get(&url));
    assert_eq!(callback.unwrap(), url);
}

#[tokio::test]
async fn the_future_ends_after_its_time() {
    let receiver = Receiver::builder().timeout(Duration::from_millis(50)).bind().unwrap();
    let (pending, _) = pending(receiver.redirect_uri());
    assert_eq!(receiver.callback(&pending).await.unwrap_err().code(), "native_timed_out");
    assert_eq!(receiver.callback(&pending).await.unwrap_err().code(), "native_timed_out", "and again");
}
