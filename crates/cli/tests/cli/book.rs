//! The terminal that the book shows.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use proofkey_authority::Authority;

use crate::home::{Home, NATIVE, Run};

#[tokio::test]
async fn the_book_shows_what_a_login_prints() {
    let chapter = "../../book/src/11-from-the-browser-to-the-terminal.md";
    // A copy of this crate alone has no book.
    let Ok(chapter) = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(chapter)) else { return };
    let (authority, home) = (Authority::honest().await, Home::new());
    let browser = home.path().join("browser");
    fs::write(&browser, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o700)).unwrap();
    let mut command = home.command(&["login", "--issuer", authority.issuer(), "--client-id", NATIVE]);
    let printed = Run::start(command.env("BROWSER", &browser)).await.finish(&authority).await.errors;
    let printed = printed.replace(authority.issuer(), "https://as.example/");
    let printed = printed.replace(home.path().to_str().unwrap(), "/home/john");

    let shown = chapter.split("$ proofkey login").nth(1).unwrap().split("```").next().unwrap();
    let shown = shown.split_once('\n').unwrap().1;
    for (shown, printed) in shown.lines().zip(printed.lines()) {
        let begin = shown.split('…').next().unwrap();
        assert!(shown == printed || shown != begin && printed.starts_with(begin), "{shown}\n{printed}");
    }
    assert_eq!(shown.lines().count(), printed.lines().count(), "{printed}");
    let whoami = home.run(&["whoami"]).await.done();
    assert!(chapter.contains(&format!("$ proofkey whoami\n{whoami}$ curl")), "{whoami}");
}
