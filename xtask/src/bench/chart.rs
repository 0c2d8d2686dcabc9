//! A chart as SVG, to be put into a page.
//!
//! Plotting crates choose colours of their own and say nothing to a screen reader. What is drawn here takes the colour of
//! the text around it, so that one picture is readable on light and on dark, and has a title and a text. Series differ by
//! shape, not by colour alone. There is no empty line, which would end the picture in Markdown.

use std::fmt::Write as _;

/// Between the light and the dark backgrounds of the book, with a contrast of more than 3 to both.
const OURS: &str = "#3a84d8";

/// A picture under way.
pub(super) struct Chart {
    name: &'static str,
    title: String,
    sentences: Vec<String>,
    height: f64,
    body: String,
}

/// How wide every picture is, in its own units.
pub(super) const WIDTH: f64 = 960.0;

/// Who a mark stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Ours,
    Peer,
}

/// From which point a text runs.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Chart {
    /// `name` makes its titles' names in the page unique.
    pub(super) fn new(name: &'static str, title: impl Into<String>) -> Self {
        Self { name, title: title.into(), sentences: Vec::new(), height: 0.0, body: String::new() }
    }

    /// One sentence of the text that stands for the picture.
    pub(super) fn says(&mut self, sentence: String) {
        self.sentences.push(sentence);
    }

    pub(super) fn text(&mut self, x: f64, y: f64, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.put(
            y + 6.0,
            format_args!("<text x=\"{x:.0}\" y=\"{y:.0}\" text-anchor=\"{anchor}\">{}</text>", escape(text)),
        );
    }

    /// A thin line, of a grid or of an axis.
    pub(super) fn rule(&mut self, from: (f64, f64), to: (f64, f64), opacity: f64) {
        self.put(
            from.1.max(to.1),
            format_args!(
                "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" stroke=\"currentColor\" stroke-opacity=\"{opacity}\"/>",
                from.0, from.1, to.0, to.1
            ),
        );
    }

    /// A filled disc for ours, an open diamond for a peer.
    pub(super) fn mark(&mut self, x: f64, y: f64, who: Who) {
        self.put(
            y + 6.0,
            match who {
                Who::Ours => format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{OURS}\"/>").to_string(),
                Who::Peer => format!(
                    "<path d=\"M{:.1} {y:.1}l5 -5l5 5l-5 5z\" fill=\"none\" stroke=\"currentColor\" \
                     stroke-width=\"1.5\"/>",
                    x - 5.0
                ),
            },
        );
    }

    pub(super) fn svg(self) -> String {
        let Self { name, title, sentences, height, body } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\" \
             aria-labelledby=\"{name}-title {name}-text\" font-family=\"system-ui, sans-serif\" font-size=\"14\" \
             fill=\"currentColor\">\n<title id=\"{name}-title\">{}</title>\n<desc id=\"{name}-text\">{}</desc>\n{body}\
             </svg>\n",
            height + 8.0,
            escape(&title),
            escape(&sentences.join(" ")),
        )
    }

    fn put(&mut self, bottom: f64, element: impl std::fmt::Display) {
        self.height = self.height.max(bottom);
        // Writing to a String does not fail.
        let _ = writeln!(self.body, "{element}");
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
