//! The command line, in one process after the other, and in two at once.

use proofkey_authority::{Authority, Client, Setup};
use tokio::sync::oneshot;

use crate::command_line::sign_in;
use crate::{Folder, as_after_a_day, assert_no_faults, browse, given, http, in_another_process};

/// Signs a user in. The URL, and the subject.
async fn sign_in_once(authority: &Authority, folder: &Folder) -> (String, String) {
    let (sender, receiver) = oneshot::channel();
    let (http, id) = (http(), Client::native().id);
    let open = |url: &str| sender.send(url.to_owned()).unwrap();
    let browser = async {
        let url = receiver.await.unwrap();
        browse(authority, url.clone()).await;
        url
    };
    let (identity, url) = tokio::join!(sign_in(&http, authority.issuer(), &id, &folder.0, open), browser);
    (url, identity.unwrap().subject().to_owned())
}

/// Begins a login, and ends the program while the user is at the issuer. The URL.
async fn begin_only(authority: &Authority, folder: &Folder) -> String {
    let (sender, receiver) = oneshot::channel();
    let (http, id) = (http(), Client::native().id);
    let open = |url: &str| sender.send(url.to_owned()).unwrap();
    tokio::select! {
        identity = sign_in(&http, authority.issuer(), &id, &folder.0, open) => panic!("{identity:?}"),
        url = receiver => url.unwrap(),
    }
}

fn no_login(url: &str) {
    panic!("a login is begun: {url}");
}

#[tokio::test]
async fn a_login_is_resumed_after_a_restart() {
    let (authority, folder) = (Authority::honest().await, Folder::new("restart"));
    // Another program can take the port in between: then a new login is begun, and this is tried again.
    for _ in 0..5 {
        let begun = begin_only(&authority, &folder).await;
        let (url, subject) = sign_in_once(&authority, &folder).await;
        assert_eq!(subject, "auth0|john");
        assert!(!folder.0.join("login.json").exists(), "a callback counts once");
        // What is stored is enough from now on: no request is made.
        let before = authority.wire().last();
        let (http, id) = (http(), Client::native().id);
        let identity = sign_in(&http, authority.issuer(), &id, &folder.0, no_login).await.unwrap();
        assert_eq!((identity.subject(), authority.wire().last()), ("auth0|john", before));
        assert_no_faults(&authority);
        if url == begun {
            return;
        }
        std::fs::remove_file(folder.0.join("identity.json")).unwrap();
    }
    panic!("no login was resumed");
}

#[tokio::test]
async fn two_processes_refresh_once() {
    if let Some([issuer, folder]) = given() {
        let identity = sign_in(&http(), &issuer, &Client::native().id, folder.as_ref(), no_login).await.unwrap();
        return println!("{} is signed in", identity.subject());
    }
    let folder = Folder::new("processes");
    let authority = Authority::start(Setup { lie: Some(as_after_a_day()), ..Setup::honest() }).await;
    sign_in_once(&authority, &folder).await;
    let run = || in_another_process("terminal::two_processes_refresh_once", &authority, &folder.0);
    let (one, other) = tokio::join!(run(), run());
    for said in [one, other] {
        assert!(said.contains("auth0|john is signed in"), "{said}");
    }
    assert_eq!(authority.wire().refresh_requests().len(), 1);
    assert_no_faults(&authority);
}

#[tokio::test]
async fn a_refused_refresh_token_leads_to_a_new_login() {
    let folder = Folder::new("refused");
    let authority = Authority::start(Setup { lie: Some(as_after_a_day()), ..Setup::honest() }).await;
    sign_in_once(&authority, &folder).await;
    let file = folder.0.join("identity.json");
    let stored = std::fs::read(&file).unwrap();
    let (http, id) = (http(), Client::native().id);
    sign_in(&http, authority.issuer(), &id, &folder.0, no_login).await.unwrap();
    // The old file comes back, as from a backup: its refresh token is used up.
    std::fs::write(&file, stored).unwrap();
    assert_eq!(sign_in_once(&authority, &folder).await.1, "auth0|john");
    assert_eq!((authority.wire().refresh_requests().len(), authority.wire().code_requests().len()), (2, 2));
}
