#![no_main]
//! What the conformance runner may say to our shim. Each answer is a message of the protocol, there are no more of them
//! than there were messages, another protocol is not spoken, and no secret is told. Nothing goes over a network.
use proofkey_fuzz::shim::{answers, speak, without_network};

proofkey_fuzz::target!(|text: &str| {
    let messages = without_network(text);
    let (said, refusal) = speak(&messages);
    let greets = |message: &&serde_json::Value| message["t"] == "hello" && message["proto"] == 1;
    assert!(said.len() <= messages.len() && said.iter().all(answers), "{said:?}");
    assert!(said.iter().filter(greets).count() <= messages.iter().filter(greets).count(), "{said:?}");
    let told = format!("{said:?} {refusal}");
    for secret in messages.iter().filter_map(|message| message["client"]["secret"].as_str()) {
        assert!(secret.len() < 16 || !told.contains(secret), "{told}");
    }
});
