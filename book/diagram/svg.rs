//! A diagram as a picture.
//!
//! Everything takes the colour of the text around it, so that one picture is readable on light and on dark; there is no
//! font and no script of its own. No line is empty: the picture stands inside a chapter, where one would end it.

use std::fmt::Write as _;

use super::{Diagram, Lane, Step};

const LANE: usize = 240;
const EDGE: usize = 120;
const TOP: usize = 56;
const ROW: usize = 54;

/// A picture of this size around `body`, with a title and a text for those who do not see it. `name` makes their ids unique
/// in the page.
#[must_use]
pub fn picture(name: &str, (width, height): (usize, usize), title: &str, text: &str, body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-labelledby=\"{name}-title {name}-text\" font-family=\"system-ui, sans-serif\" font-size=\"14\" \
         fill=\"currentColor\">\n<title id=\"{name}-title\">{}</title>\n<desc id=\"{name}-text\">{}</desc>\n{body}\
         </svg>\n",
        escape(title),
        escape(text),
    )
}

impl Diagram {
    /// The diagram as SVG, to be put into a page.
    #[must_use]
    pub fn svg(&self) -> String {
        let (width, bottom) = (2 * EDGE + 3 * LANE, TOP + ROW * self.steps.len() + 16);
        let name = self.name;
        let mut svg = format!(
            "<defs><marker id=\"{name}-tip\" viewBox=\"0 0 10 10\" refX=\"10\" refY=\"5\" markerWidth=\"8\" \
             markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L10 5L0 10z\"/></marker></defs>\n",
        );
        for lane in Lane::ALL {
            let x = at(lane);
            // Writing to a String does not fail.
            let _ = writeln!(
                svg,
                "<path d=\"M{x} 40V{bottom}\" stroke=\"currentColor\" stroke-opacity=\".3\"/>\
                 <rect x=\"{}\" y=\"8\" width=\"120\" height=\"32\" rx=\"4\" fill=\"none\" stroke=\"currentColor\"/>\
                 <text x=\"{x}\" y=\"29\" text-anchor=\"middle\" font-weight=\"bold\">{}</text>",
                x - 60,
                lane.name(),
            );
        }
        for (index, step) in self.steps.iter().enumerate() {
            let _ = writeln!(svg, "{}", self.row(index + 1, step));
        }
        picture(name, (width, bottom), self.title, &self.sentences().join(" "), &svg)
    }

    fn row(&self, number: usize, step: &Step) -> String {
        let y = TOP + ROW * number - 14;
        let label = format!("<tspan fill-opacity=\".7\">{number}</tspan> {}", escape(step.label));
        let (from, to) = (at(step.from), at(step.to));
        if step.is_inside() {
            // To the right of its lane, but for the last lane, which has no room there.
            let (x, anchor) = if step.from == Lane::Google { (from - 16, "end") } else { (from + 16, "start") };
            return format!(
                "<circle cx=\"{from}\" cy=\"{y}\" r=\"6\"/><text x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\">{label}</text>",
                y + 5
            );
        }
        let middle = usize::midpoint(from, to);
        let below: String = lines(step)
            .iter()
            .zip([y + 15, y + 29])
            .map(|(line, y)| {
                format!("<text x=\"{middle}\" y=\"{y}\" text-anchor=\"middle\" font-size=\"12\">{line}</text>")
            })
            .collect();
        format!(
            "<path d=\"M{from} {y}H{to}\" stroke=\"currentColor\" stroke-width=\"1.5\" marker-end=\"url(#{}-tip)\"/>\
             <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{label}</text>{below}",
            self.name,
            y - 6
        )
    }
}

/// What goes along, secrets in bold: in two lines when it is more than fits between two lanes.
fn lines(step: &Step) -> Vec<String> {
    let one = |name: &&str| {
        if step.secrets.contains(name) { format!("<tspan font-weight=\"bold\">{name}</tspan>") } else { (*name).into() }
    };
    let most = if step.carries.len() > 3 { step.carries.len().div_ceil(2) } else { 3 };
    step.carries.chunks(most).map(|names| names.iter().map(one).collect::<Vec<_>>().join(", ")).collect()
}

fn at(lane: Lane) -> usize {
    EDGE + LANE
        * match lane {
            Lane::Browser => 0,
            Lane::App => 1,
            Lane::Server => 2,
            Lane::Google => 3,
        }
}

/// Text that is no markup.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
