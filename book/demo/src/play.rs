//! Attacks, played for real on loopback: each attempt has a cast, an app and an attacker of its own, and what is said
//! about its end is read off the answers, never known beforehand.

mod attacker;
mod attacks;
mod attempt;
mod running;
mod scenes;
mod stage;

pub(crate) use attacks::{ATTACKS, Attack};
pub(crate) use attempt::{Attempt, End, Failure, Who};

impl Attack {
    /// One attempt after another, until the attacker has what he wants.
    pub(crate) async fn play(&self, careless: bool) -> Result<Vec<Attempt>, Failure> {
        let mut attempts = Vec::new();
        for scene in self.scenes {
            let attempt = scene.play(careless).await?;
            let over = matches!(attempt.end, End::Succeeded(_));
            attempts.push(attempt);
            if over {
                break;
            }
        }
        Ok(attempts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By which check each attempt ends at our app.
    const CHECKS: [(&str, &[(Who, &str)]); 8] = [
        ("changed-redirect-uri", &[(Who::Server, "redirect_unregistered")]),
        ("forged-callback", &[(Who::App, "callback_state_mismatch")]),
        ("mix-up", &[(Who::App, "callback_iss_mismatch")]),
        ("stolen-code", &[(Who::Server, "verifier_missing"), (Who::Server, "verifier_mismatch")]),
        ("replayed-code", &[(Who::App, "callback_state_mismatch"), (Who::Server, "code_replayed")]),
        ("expired-code", &[(Who::Server, "code_expired")]),
        ("swapped-id-token", &[(Who::App, "id_token_nonce_mismatch"), (Who::App, "id_token_aud_mismatch")]),
        ("forged-signature", &[(Who::App, "jws_bad_signature"), (Who::App, "jwt_alg_none")]),
    ];

    #[tokio::test]
    async fn every_attack_is_stopped_by_its_check() {
        assert_eq!(ATTACKS.each_ref().map(|attack| attack.name), CHECKS.map(|(name, _)| name));
        for (attack, (name, checks)) in ATTACKS.iter().zip(CHECKS) {
            let attempts = attack.play(false).await.unwrap();
            assert_eq!(attempts.len(), checks.len(), "{name}: each attempt is made");
            for (attempt, (who, expected)) in attempts.iter().zip(checks) {
                let End::Stopped { by, check, meaning } = &attempt.end else { panic!("{name}: {:?}", attempt.end) };
                assert_eq!((by, check.as_str()), (who, *expected), "{name}\n{}", attempt.wire);
                assert!(meaning.len() > 10, "{name}: {meaning}");
                assert!(attempt.told.len() >= 2 && attempt.wire.contains("GET /authorize"), "{name}");
            }
        }
    }

    #[tokio::test]
    async fn every_attack_works_against_the_careless_app() {
        for attack in &ATTACKS {
            let attempts = attack.play(true).await.unwrap();
            let Some(Attempt { end: End::Succeeded(what), .. }) = attempts.last() else {
                panic!("{}: {:?}", attack.name, attempts.last())
            };
            assert_eq!(attempts.len(), 1, "{}: the first attempt was enough", attack.name);
            assert!(what.contains("Mallory"), "{what}");
            let led_to_him = ["changed-redirect-uri", "mix-up"].contains(&attack.name);
            let wire = attempts.last().map(|attempt| attempt.wire.as_str()).unwrap_or_default();
            assert_eq!(wire.contains("browser -> attacker"), led_to_him, "{}:\n{wire}", attack.name);
        }
    }
}
