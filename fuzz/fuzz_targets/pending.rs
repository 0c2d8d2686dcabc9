#![no_main]
//! A login out of a session store. What is read writes back to the same, and is answered by its own state alone.
use proofkey_authorize::Pending;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let own = proofkey_fuzz::pending().to_json();
    match Pending::from_json(&text.replace("OWN", own.as_str())) {
        Ok(read) => {
            let written = read.to_json();
            let again = Pending::from_json(&written).expect("what was written");
            assert_eq!(again.to_json().as_str(), written.as_str());
            let answer = format!("code=abc&state={}", read.state().expose());
            assert_eq!(read.look(&answer, read.created()).is_ok(), again.look(&answer, again.created()).is_ok());
        }
        Err(error) => proofkey_fuzz::tells_none(&error, &[text]),
    }
});
