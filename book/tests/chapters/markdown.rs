//! As much of Markdown as the chapters use: sections, fenced listings, code spans.

/// A file of the book, taken apart.
#[derive(Debug, Default)]
pub(crate) struct Chapter {
    pub(crate) fences: Vec<Fence>,
    pub(crate) sections: Vec<Section>,
    /// Everything outside of listings, titles included.
    pub(crate) prose: String,
}

/// A fenced listing.
#[derive(Debug)]
pub(crate) struct Fence {
    /// What stands behind the opening fence.
    pub(crate) info: String,
    /// Where it opens.
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// What stands below a heading of the second level.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) prose: String,
}

impl Chapter {
    pub(crate) fn of(text: &str) -> Self {
        let mut chapter = Self::default();
        let mut open: Option<Fence> = None;
        for (index, line) in text.lines().enumerate() {
            let info = line.trim_start().strip_prefix("```");
            match (&mut open, info) {
                (None, Some(info)) => {
                    open = Some(Fence { info: info.trim().into(), line: index + 1, text: String::new() })
                }
                (Some(_), Some(_)) => chapter.fences.extend(open.take()),
                (Some(fence), None) => {
                    fence.text.push_str(line);
                    fence.text.push('\n');
                }
                (None, None) => chapter.outside(line),
            }
        }
        // One that is never closed is still looked at.
        chapter.fences.extend(open);
        chapter
    }

    fn outside(&mut self, line: &str) {
        self.prose.push_str(line);
        self.prose.push('\n');
        if let Some(title) = line.strip_prefix("## ") {
            self.sections.push(Section { title: title.trim().into(), prose: String::new() });
        } else if let Some(section) = self.sections.last_mut() {
            section.prose.push_str(line);
            section.prose.push('\n');
        }
    }
}

/// The texts between backticks.
pub(crate) fn code_spans(prose: &str) -> Vec<String> {
    prose.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// The names that look like those of requirement rows: two letters of a group, a hyphen, two digits.
pub(crate) fn row_ids(prose: &str) -> Vec<&str> {
    let groups = ["PK", "OA", "BP", "NA", "IS", "DI", "ID", "JW", "AT", "RV", "RT", "PR", "DP", "DV", "AK"];
    let words = prose.split(|character: char| !(character.is_ascii_alphanumeric() || character == '-'));
    let is_row = |word: &&str| {
        word.split_once('-').is_some_and(|(group, number)| {
            groups.contains(&group) && number.len() == 2 && number.bytes().all(|octet| octet.is_ascii_digit())
        })
    };
    words.filter(is_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listings_and_prose_are_told_apart() {
        let chapter =
            Chapter::of("# 1. A\n\nIt is `PK-01/x`.\n\n## B\n```rust\nlet a = `PK-99`;\n```\nC (OA-02).\n## D\n~\n");
        assert_eq!((chapter.fences.len(), chapter.fences[0].info.as_str(), chapter.fences[0].line), (1, "rust", 6));
        assert_eq!(chapter.fences[0].text, "let a = `PK-99`;\n");
        let titles: Vec<_> = chapter.sections.iter().map(|section| section.title.as_str()).collect();
        assert_eq!(titles, ["B", "D"]);
        assert_eq!(chapter.sections[0].prose, "C (OA-02).\n");
        assert_eq!(code_spans(&chapter.prose), ["PK-01/x"]);
        assert_eq!(row_ids(&chapter.prose), ["PK-01", "OA-02"]);
        assert_eq!(row_ids("RS-25 PK-1 PK-001 UTF-8 XPK-01 PK-01."), ["PK-01"]);
    }

    #[test]
    fn a_listing_that_is_never_closed_is_found() {
        assert_eq!(Chapter::of("```rust,ignore\na\n").fences[0].info, "rust,ignore");
    }
}
