//! How a task ends when it does not end well.

/// What went wrong, and with it the exit code.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The call itself: an unknown task, flag or value. Exit code 64, as BSD's `EX_USAGE`.
    Usage(String),
    /// A step said no, or could not be done. Exit code 1.
    Failed(String),
    /// What was to be judged could not even be started. Exit code 2, as the conformance suite has it.
    SetUp(String),
    /// A program that was run in our place has said why; its exit code is ours.
    Exit(u8),
}

impl Failure {
    pub(crate) fn message(&self) -> Option<&str> {
        match self {
            Self::Usage(message) | Self::Failed(message) | Self::SetUp(message) => Some(message),
            Self::Exit(_) => None,
        }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::Failed(_) => 1,
            Self::SetUp(_) => 2,
            Self::Exit(code) => *code,
        }
    }
}
