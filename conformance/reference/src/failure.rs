//! The outcome of a step that failed.

use serde_json::{Value, json};

/// The steps of a login and what follows it, as a result names them.
pub(crate) mod stage {
    pub(crate) const DISCOVERY: &str = "discovery";
    pub(crate) const AUTHORIZE: &str = "authorize";
    pub(crate) const CALLBACK: &str = "callback";
    pub(crate) const TOKEN: &str = "token";
    pub(crate) const ID_TOKEN: &str = "id_token";
    pub(crate) const USERINFO: &str = "userinfo";
    pub(crate) const REFRESH: &str = "refresh";
    pub(crate) const REVOKE: &str = "revoke";
    pub(crate) const LOGOUT: &str = "logout";
}

/// Why a step did not work out. `detail` never holds anything that was received or made secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The client refuses to continue.
    Refused { stage: &'static str, class: &'static str, code: Option<String>, detail: String },
    /// A switch makes the client crash here.
    Crashed,
    /// A switch makes the client begin a new login instead of answering.
    Restarted(Restart),
}

/// How a client that begins again weakens the second try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Restart {
    Plain,
    WithoutPkce,
}

/// A refusal at `stage` of the protocol's class `class`.
pub(crate) fn refuse(stage: &'static str, class: &'static str, detail: impl Into<String>) -> Failure {
    Failure::Refused { stage, class, code: None, detail: detail.into() }
}

impl Failure {
    /// Names the error code that the server sent.
    pub(crate) fn with_code(mut self, sent: &str) -> Self {
        if let Self::Refused { code, .. } = &mut self {
            *code = Some(sent.to_owned());
        }
        self
    }

    /// The same, at another stage.
    pub(crate) fn at(mut self, other: &'static str) -> Self {
        if let Self::Refused { stage, .. } = &mut self {
            *stage = other;
        }
        self
    }

    /// The class of a refusal.
    pub(crate) fn class(&self) -> Option<&'static str> {
        match self {
            Self::Refused { class, .. } => Some(class),
            Self::Crashed | Self::Restarted(_) => None,
        }
    }
}

/// The members that a refusal adds to its result message.
pub(crate) fn members(stage: &str, class: &str, code: Option<&str>, detail: &str) -> [(&'static str, Value); 5] {
    [
        ("ok", json!(false)),
        ("stage", json!(stage)),
        ("class", json!(class)),
        ("code", json!(code)),
        ("detail", json!(detail)),
    ]
}
