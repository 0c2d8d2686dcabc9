use crate::checks::CHECKS;
use crate::person::{Person, demo};

#[tokio::test]
async fn each_button_plays_its_attack_both_ways() {
    let demo = demo().await;
    let mut reader = Person::at(demo.origin());
    let choice = reader.open("/attacks").await.body;
    for (name, check) in CHECKS {
        assert!(choice.contains(&format!("value=\"{name}\"")), "a button for {name}");
        let page = reader.open(&format!("/attacks?attack={name}")).await.body;
        assert!(page.contains("The attack was stopped"), "{page}");
        assert!(page.contains(&format!("<code class=\"check\">{check}</code>")), "{page}");
        let page = reader.open(&format!("/attacks?careless=on&attack={name}")).await.body;
        assert!(page.contains("The attack succeeded") && page.contains("What is missing"), "{page}");
        assert!(page.contains(" checked>"), "the switch stays as it was");
        // Codes, verifiers and tokens are masked in what is shown of the wire.
        assert!(page.contains("&lt;code 1&gt;") && !page.contains("eyJ"), "{page}");
    }
    assert_eq!(reader.open("/attacks?attack=none").await.status, 404);
}
