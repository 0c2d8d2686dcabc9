//! A diagram as text.

use super::{Diagram, Step};

impl Diagram {
    /// One sentence a step.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        self.steps.iter().enumerate().map(|(index, step)| format!("{}. {}", index + 1, sentence(step))).collect()
    }

    /// The steps as a Markdown list.
    #[must_use]
    pub fn list(&self) -> String {
        self.sentences().iter().map(|sentence| format!("{sentence}\n")).collect()
    }
}

fn sentence(step: &Step) -> String {
    let (from, to) = (step.from.name(), step.to.name());
    if step.is_inside() {
        return format!("Inside {from}: {}.", step.label);
    }
    let with = if step.carries.is_empty() { String::new() } else { format!(", with {}", listed(step.carries)) };
    let secret = match step.secrets {
        [] => String::new(),
        [one] => format!(" Secret: {one}."),
        some => format!(" Secrets: {}.", listed(some)),
    };
    format!("{from} to {to}: {}{with}.{secret}", step.label)
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
