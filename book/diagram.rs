//! The two sequence diagrams: one table of steps each, drawn as SVG, written as text, and held against what crossed
//! the wire.

mod order;
mod steps;
mod svg;
mod text;

pub use order::{Crossing, in_order, parameters_of};
pub use steps::{LOGIN, OVERVIEW};
pub use svg::{escape, picture};

/// A sequence of steps between the four who take part.
#[derive(Debug, Clone, Copy)]
pub struct Diagram {
    /// The name of its files.
    pub name: &'static str,
    /// What it shows, in a few words.
    pub title: &'static str,
    /// The steps in their order, counted from 1.
    pub steps: &'static [Step],
}

/// One of the four.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// The person's browser.
    Browser,
    /// The application.
    App,
    /// The authorization server.
    Server,
    /// The provider behind it.
    Google,
}

impl Lane {
    /// All four, from left to right.
    pub const ALL: [Self; 4] = [Self::Browser, Self::App, Self::Server, Self::Google];

    /// What stands above the lane.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Browser => "Browser",
            Self::App => "App",
            Self::Server => "Server",
            Self::Google => "Google",
        }
    }
}

/// Something that one of the four tells another, or does.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Who.
    pub from: Lane,
    /// To whom; the same when it happens inside.
    pub to: Lane,
    /// What.
    pub label: &'static str,
    /// The parameters that go along, by name.
    pub carries: &'static [&'static str],
    /// Those among them that nobody else may see.
    pub secrets: &'static [&'static str],
    /// The messages on the wire that the step stands for, in order; none when it happens inside.
    pub wire: &'static [Message],
}

impl Step {
    /// Whether it happens inside of one of the four.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        self.from == self.to
    }
}

/// A request or its answer, by who is asked and at which path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// A request to this one, by method and path.
    Request(Lane, &'static str, &'static str),
    /// The answer of this one to the request at this path, with its status.
    Answer(Lane, &'static str, u16),
}
