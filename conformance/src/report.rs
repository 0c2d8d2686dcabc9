//! Reports, generated from result documents alone.

mod badge;
pub(crate) mod escape;
mod html;
mod junit;
mod markdown;
pub(crate) mod terminal;

use crate::results::Results;

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Text for a terminal: each failure with everything needed to fix it, then a table.
    Human,
    /// The result document itself.
    Json,
    /// JUnit XML, for a continuous integration server.
    Junit,
    /// Markdown: a table, and a row for each case that did not pass.
    Markdown,
    /// One page of HTML that loads nothing: rows by subjects, each case with its sequence diagram.
    Html,
    /// An SVG badge.
    Badge,
}

impl Format {
    /// Returns the format of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "human" => Self::Human,
            "json" => Self::Json,
            "junit" => Self::Junit,
            "markdown" => Self::Markdown,
            "html" => Self::Html,
            "badge" => Self::Badge,
            _ => return None,
        })
    }

    /// Returns whether a report of this format can show several subjects side by side.
    #[must_use]
    pub fn takes_many(self) -> bool {
        matches!(self, Self::Markdown | Self::Html)
    }
}

/// Returns the report about `all`. A format for one subject shows the first.
#[must_use]
pub fn render(format: Format, all: &[Results]) -> String {
    let Some(first) = all.first() else { return String::new() };
    match format {
        Format::Human => terminal::report(first),
        Format::Json => serde_json::to_string_pretty(first).unwrap_or_default() + "\n",
        Format::Junit => junit::report(first),
        Format::Markdown => markdown::report(all),
        Format::Html => html::report(all),
        Format::Badge => badge::report(first),
    }
}
