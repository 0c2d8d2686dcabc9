use proofkey_browser::look;

use crate::checks::CHECKS;
use crate::person::{demo, pictures};

#[tokio::test]
async fn each_button_with_and_without_the_switch() {
    let demo = demo().await;
    look(async |[window]| {
        window.open(&format!("{}/attacks", demo.origin())).await;
        window.find(".card:nth-child(8)").await;
        for (name, check) in CHECKS {
            window.click(&format!("button[value={name}]")).await;
            window.find(&format!(".played button[value={name}]")).await;
            window.says("The attack was stopped").await;
            let checks = window.script("return document.querySelector('.result').innerText").await;
            assert!(checks.as_str().unwrap().contains(check), "{checks}");
        }
        window.picture(&pictures(), "attack-stopped").await;
        window.click("[role=switch]").await;
        for (name, _) in CHECKS {
            window.click(&format!("button[value={name}]")).await;
            window.find(&format!(".played button[value={name}]")).await;
            window.says("The attack succeeded").await;
            assert_eq!(window.count("[role=switch]:checked").await, 1, "the switch stays");
            assert_eq!(window.script("return location.hash").await, "#result");
        }
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}
