#![no_main]
//! A callback as query, URL or form. What is received has the state of this login, once, and one code.
libfuzzer_sys::fuzz_target!(|text: &str| {
    let pending = proofkey_fuzz::pending();
    let state = pending.state().expose().to_owned();
    let callback = text.replace("STATE", &state);
    let looked = pending.look(&callback, proofkey_fuzz::now());
    match pending.receive(&callback, proofkey_fuzz::now()) {
        Ok(grant) => {
            let query = match callback.strip_prefix("https://app.example/callback?") {
                Some(query) => query.split('#').next().unwrap_or_default(),
                None => callback.strip_prefix('?').unwrap_or(&callback),
            };
            let all = |name: &str| {
                form_urlencoded::parse(query.as_bytes())
                    .filter(|(own, _)| own == name)
                    .map(|(_, value)| value)
                    .collect::<Vec<_>>()
            };
            assert_eq!((all("state"), all("code")), (vec![state.into()], vec![grant.code().expose().into()]));
            assert!(looked.is_ok() && all("error").iter().all(|error| error.is_empty()));
        }
        // What the server says of an error is told on, and may repeat the state.
        Err(error) if text.matches("STATE").count() < 2 => proofkey_fuzz::tells_none(&error, &[&state]),
        Err(_) => {}
    }
});
