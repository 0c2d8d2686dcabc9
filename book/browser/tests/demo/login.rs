use proofkey_browser::look;

use crate::person::{demo, go_to_google, log_in, pictures, sign_in_at_google};

#[tokio::test]
async fn a_whole_login_while_another_tab_looks_on() {
    let demo = demo().await;
    look(async |[window]| {
        let driver = window.driver();
        window.open(&format!("{}/live", demo.origin())).await;
        window.says("Nothing has happened yet").await;
        let live = driver.window().await.unwrap();
        window.press("Log in (in a new tab)").await;
        let tabs = driver.windows().await.unwrap();
        let tab = tabs.into_iter().find(|tab| *tab != live).expect("a new tab");
        driver.switch_to_window(tab.clone()).await.unwrap();
        window.says("Continue with Google").await;

        // The page that looks on has grown by itself, as far as the login has come.
        driver.switch_to_window(live.clone()).await.unwrap();
        window.find("#steps .step:nth-child(5)").await;
        assert_eq!(window.count("#steps .step").await, 5);
        assert_eq!(window.count("#empty[hidden]").await, 1);

        driver.switch_to_window(tab).await.unwrap();
        window.press("Continue with Google").await;
        sign_in_at_google(&window).await;
        window.says("You are signed in").await;
        assert_eq!(window.address().await, format!("{}/", demo.origin()));
        window.says("google-oauth2|1234567890").await;

        driver.switch_to_window(live).await.unwrap();
        window.find("#steps .step:nth-child(20)").await;
        assert_eq!(window.count("#steps .step").await, 20, "nothing twice");
        window.press("Fold all steps").await;
        assert_eq!(window.count("#steps details.body[open]").await, 0);
        window.press("Unfold all steps").await;
        assert_eq!(window.count("#steps details.body[open]").await, 20);
        assert_eq!(window.count("#steps > .step:nth-child(19) .checks .held").await, 10);
        let before = window.script("return document.getElementById('steps').innerText").await;
        window.driver().refresh().await.unwrap();
        window.find("#steps .step:nth-child(20)").await;
        assert_eq!(window.script("return document.getElementById('steps').innerText").await, before, "reloaded");
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn two_profiles_stay_apart() {
    let demo = demo().await;
    look(async |[john, mallory]| {
        go_to_google(&john, &demo).await;
        mallory.open(&format!("{}/login", demo.origin())).await;
        mallory.write("[name=email]", "mallory@example.com").await;
        mallory.write("[name=password]", "battery staple").await;
        mallory.press("Continue").await;
        mallory.says("auth0|mallory").await;
        sign_in_at_google(&john).await;
        john.says("google-oauth2|1234567890").await;
        mallory.driver().refresh().await.unwrap();
        mallory.says("auth0|mallory").await;
        for (window, own, other) in [(&john, "user@gmail.com", "mallory"), (&mallory, "mallory@example.com", "gmail")] {
            window.open(&format!("{}/live", demo.origin())).await;
            window.find("#steps .step").await;
            let source = window.driver().source().await.unwrap();
            assert!(source.contains(own) && !source.contains(other), "{source}");
            assert_eq!(window.complaints().await, Vec::<String>::new());
        }
    })
    .await;
}

#[tokio::test]
async fn one_browser_becomes_another_user() {
    let demo = demo().await;
    look(async |[window]| {
        log_in(&window, &demo).await;
        window.press("Log out").await;
        window.says("You are logged out of the app").await;
        window.picture(&pictures(), "logged-out").await;
        window.press("Log out of the server too").await;
        window.says("You are logged out of both").await;
        window.press("Log in").await;
        window.says("Test users and their passwords").await;
        window.write("[name=email]", "mallory@example.com").await;
        window.write("[name=password]", "battery staple").await;
        window.press("Continue").await;
        window.says("auth0|mallory").await;
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_refusal_at_the_provider() {
    let demo = demo().await;
    look(async |[window]| {
        go_to_google(&window, &demo).await;
        window.press("Cancel").await;
        window.says("You did not sign in").await;
        window.says("callback_refused").await;
        window.picture(&pictures(), "refused").await;
        // The page has the status of a refusal, which is all that the console has to say.
        let complaints = window.complaints().await;
        assert!(complaints.iter().all(|text| text.contains("status of 400")), "{complaints:?}");
        window.press("See what happened").await;
        window.says("the app sent nothing").await;
        window.open(&format!("{}/", demo.origin())).await;
        window.says("One login, step by step").await;
        log_in(&window, &demo).await;
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn reload_and_back_in_the_middle_of_a_login() {
    let demo = demo().await;
    look(async |[window]| {
        let driver = window.driver();
        go_to_google(&window, &demo).await;
        driver.refresh().await.unwrap();
        window.says("Sign in with Google").await;
        driver.back().await.unwrap();
        window.says("Continue with Google").await;
        driver.refresh().await.unwrap();
        window.press("Continue with Google").await;
        window.says("Sign in with Google").await;
        driver.back().await.unwrap();
        driver.back().await.unwrap();
        window.says("One login, step by step").await;
        // Begun anew while the first one waits.
        window.press("Log in").await;
        window.press("Continue with Google").await;
        sign_in_at_google(&window).await;
        window.says("You are signed in").await;
        driver.refresh().await.unwrap();
        window.says("You are signed in").await;
        // The app's address with the code is not in the history: back leads to the servers, and forward here.
        driver.back().await.unwrap();
        let address = window.address().await;
        assert!(!address.starts_with(demo.origin()), "{address}");
        window.says("has ended").await;
        driver.forward().await.unwrap();
        window.says("You are signed in").await;
        // The server has refused what came a second time; the app has nothing to complain about.
        let complaints = window.complaints().await;
        assert!(complaints.iter().all(|text| text.contains("/login/callback?")), "{complaints:?}");
    })
    .await;
}

#[tokio::test]
async fn a_login_by_keyboard_alone() {
    const TAB: &str = "\u{e004}";
    const ENTER: &str = "\u{e007}";
    let demo = demo().await;
    look(async |[window]| {
        window.open(&format!("{}/", demo.origin())).await;
        window.keys(TAB).await;
        assert_eq!(window.script("return document.activeElement.className").await, "skip");
        window.keys(ENTER).await;
        window.keys(TAB).await;
        assert_eq!(window.script("return document.activeElement.textContent").await, "Log in");
        window.keys(ENTER).await;
        window.says("Continue with Google").await;
        window.keys(TAB).await;
        window.keys("user@example.com").await;
        window.keys(TAB).await;
        window.keys("correct horse").await;
        window.keys(ENTER).await;
        window.says("auth0|john").await;

        window.open(&format!("{}/live", demo.origin())).await;
        window.find("#steps .step .explained").await;
        let name = window.find("#steps .step .explained button").await;
        name.focus().await.unwrap();
        let tip = window.find("#steps .step .explained .tip").await;
        assert!(tip.is_displayed().await.unwrap(), "focus explains");
        window.picture(&pictures(), "live-explained").await;
        window.keys("\u{e00c}").await;
        assert!(!tip.is_displayed().await.unwrap(), "Escape takes it away");
        let reveal = window.find("#steps .secret summary").await;
        let value = window.find("#steps .secret code").await;
        assert!(!value.is_displayed().await.unwrap(), "masked");
        reveal.focus().await.unwrap();
        window.keys(ENTER).await;
        assert!(value.is_displayed().await.unwrap(), "revealed");
        window.find("#follow-code").await.focus().await.unwrap();
        window.keys(" ").await;
        assert_eq!(window.script("return getComputedStyle(document.querySelector('.step')).opacity").await, "0.35");
        window.picture(&pictures(), "live-followed").await;
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_login_needs_no_script() {
    let demo = demo().await;
    look(async |[window]| {
        window.devtools("Emulation.setScriptExecutionDisabled", serde_json::json!({"value": true})).await;
        window.open(&format!("{}/", demo.origin())).await;
        window.click("a[href='/login']").await;
        window.click("a.button[href^='/login/google']").await;
        window.write("[name=email]", "user@gmail.com").await;
        window.write("[name=password]", "google horse").await;
        window.click("form button").await;
        window.find("#subject").await;
        window.open(&format!("{}/live", demo.origin())).await;
        window.find("#steps .step:nth-child(20)").await;
        assert!(window.find("noscript .notice").await.is_displayed().await.unwrap());
        window.click(".secret summary").await;
    })
    .await;
}
