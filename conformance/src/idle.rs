//! Programs between two cases, and what they said of themselves in the first one. One process a case is the rule; a
//! program that takes long to start may claim `reset`, and is then told to forget a case instead of being ended.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use proofkey_authority::Wire;
use serde_json::Value;

use crate::subject::{Conversation, Ending, Subject, Talk};

/// The programs of one subject that wait for their next case.
#[derive(Default)]
pub(crate) struct Idle {
    waiting: Mutex<Vec<Talk>>,
    /// The first `hello` of the subject: a case that needs what it does not claim there need not start it.
    pub(crate) hello: OnceLock<Value>,
    /// How long the subject has for an answer, in place of what its case says.
    pub(crate) deadline: Option<Duration>,
}

impl Idle {
    /// None yet; each subject has so long for an answer, or as long as its case says.
    pub(crate) fn new(deadline: Option<Duration>) -> Self {
        Self { deadline, ..Self::default() }
    }

    /// A program that waits, or else a new one, for a case with this log.
    pub(crate) fn start(&self, subject: &Subject, wire: &Wire) -> Result<Talk, String> {
        let Some(mut waiting) = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop() else {
            return Talk::start(subject, wire);
        };
        waiting.play_at(wire);
        Ok(waiting)
    }

    /// Ends the case. The program is kept when it can be reset and the case went `well`: after a crash, a silence or a
    /// message outside the protocol, nothing is known of its state.
    pub(crate) async fn end(&self, mut talk: Talk, well: bool) -> (Ending, Conversation) {
        if well
            && talk.resets
            && let Some(ended) = talk.reset().await
        {
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(talk);
            return ended;
        }
        talk.end().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::Heard;

    /// Says its process id to each line, and forgets when it is told to.
    const PROGRAM: &str = r#"while read -r line; do case $line in
        *reset*) echo forgotten >&2; echo '{"t":"reset"}';;
        *) echo $$; echo said >&2;; esac; done"#;

    async fn case(idle: &Idle, program: &str, resets: bool, well: bool) -> (String, Ending, String) {
        let words = ["sh", "-c", program].map(str::to_owned);
        let mut talk = idle.start(&Subject::Command(words.to_vec()), &Wire::new()).unwrap();
        talk.tell(&serde_json::json!({"t": "hello"})).await;
        let Heard::Line(process) = talk.hear().await else { panic!("no process id") };
        talk.resets = resets;
        let (ending, conversation) = idle.end(talk, well).await;
        (process, ending, conversation.said)
    }

    #[tokio::test]
    async fn a_program_that_can_be_reset_goes_on_with_nothing_of_the_case_before() {
        let idle = Idle::default();
        let (first, ending, said) = case(&idle, PROGRAM, true, true).await;
        assert_eq!((ending.code, ending.stderr.as_str()), (Some(0), "said\nforgotten\n"));
        assert_eq!(said, format!("{first}{{\"t\":\"reset\"}}\n"));
        let (second, ending, said) = case(&idle, PROGRAM, true, true).await;
        assert_eq!((second, ending.stderr.as_str()), (first.clone(), "said\nforgotten\n"));
        assert_eq!(said, format!("{first}{{\"t\":\"reset\"}}\n"));
    }

    #[tokio::test]
    async fn a_program_is_started_anew_unless_it_can_be_reset_and_the_case_went_well() {
        for (resets, well) in [(false, true), (true, false)] {
            let idle = Idle::default();
            let (first, ending, _) = case(&idle, PROGRAM, resets, well).await;
            assert_eq!((ending.code, ending.stderr.as_str()), (Some(0), "said\n"));
            assert_ne!(case(&idle, PROGRAM, resets, well).await.0, first);
        }
        // It says something else where it should say that it forgot.
        let idle = Idle::default();
        let deaf = "while read -r line; do echo $$; done";
        let (first, ..) = case(&idle, deaf, true, true).await;
        assert_ne!(case(&idle, deaf, true, true).await.0, first);
    }
}
