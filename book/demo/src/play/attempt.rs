//! One attempt: who acts in it, what happened, and how it ended.

use std::fmt;

/// What an attempt may end with besides success or a check: nothing works at all.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// One of those who act in an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Victim,
    Attacker,
    App,
    Server,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Victim => "John",
            Self::Attacker => "Mallory",
            Self::App => "The app",
            Self::Server => "The server",
        })
    }
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By this check, of the app's or the server's.
    Stopped { by: Who, check: String, meaning: String },
    /// What the attacker has now.
    Succeeded(String),
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) told: Vec<(Who, String)>,
    pub(crate) end: End,
    /// Everything that crossed the wire, secrets masked.
    pub(crate) wire: String,
}
