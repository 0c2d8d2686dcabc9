//! The client under test: a program that speaks the shim protocol, or the reference client in this process.

mod ending;
pub(crate) mod guard;
mod program;
mod stderr;

pub(crate) use self::ending::{Ending, MAX_OUTPUT};

use std::time::Duration;

use proofkey_authority::Wire;
use proofkey_reference::Defects;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::stderr::Kept;

/// How long a subject may take to read one message. Only one that fills the pipe and never reads needs it.
const WRITE_DEADLINE: Duration = Duration::from_secs(1);

/// How long a subject may take to end once its input has ended.
const END_DEADLINE: Duration = Duration::from_secs(2);

/// A client under test.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A program and its arguments, started once per case, without a shell.
    Command(Vec<String>),
    /// The reference client with these switches.
    Reference(Defects),
}

/// One line of the conversation.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// The number of the last exchange in the wire log at that time.
    pub after: u64,
    /// Whether the subject sent it; otherwise the runner did.
    pub by_subject: bool,
    /// The line.
    pub line: String,
}

/// What was read from a subject.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Line(String),
    /// The subject closed its output.
    Ended,
    /// The line is not UTF-8.
    NotUtf8,
    /// The output of this case is longer than [`MAX_OUTPUT`].
    TooLong,
}

/// A conversation with a subject.
pub(crate) struct Talk {
    input: Option<Box<dyn AsyncWrite + Unpin + Send>>,
    output: Box<dyn AsyncBufRead + Unpin + Send>,
    /// Everything the subject wrote, for the search for secrets.
    pub(crate) said: String,
    /// Everything that it was told.
    pub(crate) told: String,
    /// Both, in order.
    pub(crate) spoken: Vec<Spoken>,
    /// Whether the subject claims that it can be reset.
    pub(crate) resets: bool,
    /// How long the subject has for an answer, in place of what its case says.
    pub(crate) deadline: Option<Duration>,
    wire: Wire,
    stderr: Kept,
    /// Dropped to kill the subject.
    alive: Option<oneshot::Sender<()>>,
    end: JoinHandle<Ending>,
}

impl Talk {
    /// Starts the subject.
    pub(crate) fn start(subject: &Subject, wire: &Wire) -> Result<Self, String> {
        match subject {
            Subject::Command(words) => {
                let (input, output, running) = program::spawn(words)?;
                let (alive, killed) = oneshot::channel();
                let stderr = running.stderr();
                Ok(Self::new(input, output, stderr, wire, alive, tokio::spawn(running.ended(killed))))
            }
            Subject::Reference(defects) => {
                let (input, theirs) = tokio::io::duplex(64 * 1024);
                let (output, writer) = tokio::io::duplex(64 * 1024);
                let defects = Defects::named(defects.names()).map_err(|unknown| unknown.to_string())?;
                let (alive, killed) = oneshot::channel::<()>();
                let end = tokio::spawn(async move {
                    let serve = proofkey_reference::serve(BufReader::new(theirs), writer, &defects);
                    tokio::select! {
                        ended = serve => Ending {
                            code: Some(ended.code.into()),
                            how: String::new(),
                            stderr: ended.stderr,
                            asked: defects.asked(),
                        },
                        _ = killed => Ending { asked: defects.asked(), ..Ending::killed() },
                    }
                });
                Ok(Self::new(input, output, Kept::default(), wire, alive, end))
            }
        }
    }

    fn new(
        input: impl AsyncWrite + Unpin + Send + 'static,
        output: impl AsyncRead + Unpin + Send + 'static,
        stderr: Kept,
        wire: &Wire,
        alive: oneshot::Sender<()>,
        end: JoinHandle<Ending>,
    ) -> Self {
        Self {
            input: Some(Box::new(input)),
            output: Box::new(BufReader::new(output)),
            said: String::new(),
            told: String::new(),
            spoken: Vec::new(),
            resets: false,
            deadline: None,
            wire: wire.clone(),
            stderr,
            alive: Some(alive),
            end,
        }
    }

    /// Sends one line. A subject that is gone, or that does not read, is noticed when its answer is read.
    pub(crate) async fn tell(&mut self, message: &serde_json::Value) {
        let Some(input) = &mut self.input else { return };
        let line = format!("{message}\n");
        self.told.push_str(&line);
        self.spoken.push(Spoken { after: self.wire.last(), by_subject: false, line: message.to_string() });
        let write = async {
            let _ = input.write_all(line.as_bytes()).await;
            let _ = input.flush().await;
        };
        if tokio::time::timeout(WRITE_DEADLINE, write).await.is_err() {
            self.input = None;
        }
    }

    /// The next line.
    pub(crate) async fn hear(&mut self) -> Heard {
        let mut line = Vec::new();
        let room = MAX_OUTPUT.saturating_sub(self.said.len());
        let limit = u64::try_from(room).unwrap_or(u64::MAX);
        let read = (&mut self.output).take(limit).read_until(b'\n', &mut line).await;
        if room == 0 || (line.len() == room && line.last() != Some(&b'\n')) {
            return Heard::TooLong;
        }
        if read.is_err() || line.is_empty() {
            return Heard::Ended;
        }
        let is_utf8 = std::str::from_utf8(&line).is_ok();
        let line = String::from_utf8_lossy(&line).into_owned();
        self.said.push_str(&line);
        self.spoken.push(Spoken { after: self.wire.last(), by_subject: true, line: line.trim_end().to_owned() });
        if is_utf8 { Heard::Line(line) } else { Heard::NotUtf8 }
    }

    /// From now on the subject plays a case that has this log.
    pub(crate) fn play_at(&mut self, wire: &Wire) {
        self.wire = wire.clone();
    }

    /// Makes the subject forget the case, for the next one. None when it does not say in time that it did.
    pub(crate) async fn reset(&mut self) -> Option<(Ending, Conversation)> {
        self.tell(&serde_json::json!({"t": "reset"})).await;
        let Ok(Heard::Line(answer)) = tokio::time::timeout(END_DEADLINE, self.hear()).await else { return None };
        serde_json::from_str::<serde_json::Value>(&answer).ok().filter(|answer| answer["t"] == "reset")?;
        // What it wrote to standard error before its answer is in the pipe by now, but may not have been read yet.
        tokio::time::sleep(Duration::from_millis(2)).await;
        self.resets = false;
        let ending = Ending { code: Some(0), how: String::new(), stderr: self.stderr.take(), asked: Vec::new() };
        Some((ending, self.conversation()))
    }

    /// What was said since the last time.
    fn conversation(&mut self) -> Conversation {
        let (said, told) = (std::mem::take(&mut self.said), std::mem::take(&mut self.told));
        Conversation { said, told, spoken: std::mem::take(&mut self.spoken) }
    }

    /// Ends the conversation and waits for the subject, but not for ever.
    pub(crate) async fn end(mut self) -> (Ending, Conversation) {
        self.input = None;
        let rest = async { while matches!(self.hear().await, Heard::Line(_) | Heard::NotUtf8) {} };
        let _ = tokio::time::timeout(END_DEADLINE, rest).await;
        let end = &mut self.end;
        match tokio::time::timeout(END_DEADLINE, end).await {
            Ok(ending) => (ending.unwrap_or_else(|_| Ending::killed()), self.conversation()),
            Err(_) => {
                let (ending, conversation) = self.kill().await;
                let how = format!("it had not ended {} s after its input", END_DEADLINE.as_secs());
                (Ending { how, ..ending }, conversation)
            }
        }
    }

    /// Ends the subject at once.
    pub(crate) async fn kill(mut self) -> (Ending, Conversation) {
        self.alive = None;
        let ending = (&mut self.end).await.unwrap_or_else(|_| Ending::killed());
        (ending, self.conversation())
    }
}

/// What was said in a conversation that has ended.
pub(crate) struct Conversation {
    pub(crate) said: String,
    pub(crate) told: String,
    pub(crate) spoken: Vec<Spoken>,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn talk(script: &str) -> Talk {
        let words = ["sh", "-c", script].map(str::to_owned).to_vec();
        Talk::start(&Subject::Command(words), &Wire::new()).unwrap()
    }

    fn line(text: &str) -> Heard {
        Heard::Line(format!("{text}\n"))
    }

    #[tokio::test]
    async fn each_program_starts_in_an_empty_folder_of_its_own() {
        let mut folders = Vec::new();
        for _ in 0..2 {
            let mut talk = talk("pwd; ls -A; touch left-over");
            let Heard::Line(folder) = talk.hear().await else { panic!("no folder") };
            assert_eq!(talk.hear().await, Heard::Ended, "the folder is not empty");
            assert_eq!(talk.end().await.0.code, Some(0));
            assert!(!Path::new(folder.trim()).exists(), "{folder} is left behind");
            folders.push(folder);
        }
        assert_ne!(folders[0], folders[1]);
    }

    #[tokio::test]
    async fn a_flood_and_bytes_that_are_not_utf8_are_named() {
        let mut flood = talk("while :; do echo 0123456789012345678901234567890123456789; done");
        let last = loop {
            match flood.hear().await {
                Heard::Line(_) => {}
                other => break other,
            }
        };
        assert_eq!(last, Heard::TooLong);
        assert!(flood.said.len() <= MAX_OUTPUT);
        assert_eq!(flood.kill().await.0.code, None);

        let mut latin = talk(r"printf 'Acc\350s\nfine\n'");
        assert_eq!(latin.hear().await, Heard::NotUtf8);
        assert_eq!(latin.hear().await, line("fine"));
    }

    #[tokio::test]
    async fn standard_error_is_kept_even_of_a_program_that_is_killed_and_floods_it() {
        let mut talk = talk("echo why >&2; yes >&2 & echo up; wait");
        assert_eq!(talk.hear().await, line("up"));
        let ending = talk.kill().await.0;
        assert!(ending.stderr.starts_with("why\n"), "{:.80}", ending.stderr);
        assert!(ending.stderr.len() <= MAX_OUTPUT);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn what_a_program_forked_ends_with_it() {
        for ends in ["exit 0", "sleep 60"] {
            let mut talk = talk(&format!("sleep 61 & echo $!; {ends}"));
            let Heard::Line(child) = talk.hear().await else { panic!("no number") };
            let child = format!("/proc/{}/stat", child.trim());
            assert!(Path::new(&child).exists());
            // One that ends by itself leaves its child holding the output, which is not waited for.
            let _ = if ends == "exit 0" { talk.end().await } else { talk.kill().await };
            let is_alive = || std::fs::read_to_string(&child).is_ok_and(|stat| !stat.contains(") Z"));
            for _ in 0..100 {
                if !is_alive() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            assert!(!is_alive(), "{ends}");
        }
    }

    #[tokio::test]
    async fn a_program_that_does_not_read_or_does_not_end_is_given_up() {
        let mut talk = talk("exec sleep 60");
        let start = std::time::Instant::now();
        talk.tell(&serde_json::Value::from("x".repeat(512 * 1024))).await;
        let ending = talk.end().await.0;
        assert!(ending.code.is_none() && ending.how.contains("not ended"), "{}", ending.how);
        assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    }
}
