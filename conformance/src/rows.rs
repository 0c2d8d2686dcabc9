//! The requirement rows, from the files in `conformance/rows`.

use std::sync::LazyLock;

/// The party that a requirement binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The client.
    Client,
    /// Client and server.
    Both,
    /// An authorization or a resource server.
    Server,
}

/// One requirement.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The name, such as `PK-05`.
    pub id: &'static str,
    /// The specification and section, such as `7636 §4.2`.
    pub source: &'static str,
    /// The keyword of the specification.
    pub level: &'static str,
    /// The party that it binds.
    pub side: Side,
    /// What must hold.
    pub statement: &'static str,
}

const FILES: [&str; 21] = [
    include_str!("../rows/pk.tsv"),
    include_str!("../rows/oa.tsv"),
    include_str!("../rows/bp.tsv"),
    include_str!("../rows/na.tsv"),
    include_str!("../rows/is.tsv"),
    include_str!("../rows/di.tsv"),
    include_str!("../rows/id.tsv"),
    include_str!("../rows/jw.tsv"),
    include_str!("../rows/at.tsv"),
    include_str!("../rows/rv.tsv"),
    include_str!("../rows/rt.tsv"),
    include_str!("../rows/ca.tsv"),
    include_str!("../rows/pr.tsv"),
    include_str!("../rows/dp.tsv"),
    include_str!("../rows/dv.tsv"),
    include_str!("../rows/lo.tsv"),
    include_str!("../rows/tx.tsv"),
    include_str!("../rows/rs.tsv"),
    include_str!("../rows/su.tsv"),
    include_str!("../rows/ak.tsv"),
    include_str!("../rows/pv.tsv"),
];

/// Rows that cannot be judged from outside, each with the test that proves it.
const UNIT: &str = include_str!("../rows/unit.tsv");

/// Returns every row.
pub fn rows() -> impl Iterator<Item = Row> {
    static ROWS: LazyLock<Vec<Row>> = LazyLock::new(read);
    ROWS.iter().copied()
}

fn read() -> Vec<Row> {
    let rows = FILES.iter().flat_map(|file| lines(file)).filter_map(|line| {
        let mut fields = line.split('\t');
        let mut next = || fields.next();
        let (id, source, level, side, statement) = (next()?, next()?, next()?, next()?, next()?);
        let side = match side {
            "C" => Side::Client,
            "both" => Side::Both,
            _ => Side::Server,
        };
        Some(Row { id, source, level, side, statement })
    });
    rows.collect()
}

/// Returns the file and the name of the test for a row that cannot be judged from outside.
#[must_use]
pub fn unit_test_of(row: &str) -> Option<(&'static str, &'static str)> {
    lines(UNIT).find_map(|line| {
        let mut fields = line.split('\t');
        (fields.next() == Some(row)).then_some(())?;
        Some((fields.next()?, fields.next()?))
    })
}

fn lines(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn there_are_331_rows_of_specifications_and_37_of_providers_each_with_a_name_of_its_own() {
        let names: HashSet<&str> = rows().map(|row| row.id).collect();
        let of_providers = rows().filter(|row| row.id.starts_with("PV-")).count();
        assert_eq!((rows().count(), names.len(), of_providers), (368, 368, 37));
    }

    #[test]
    fn each_unit_test_exists_and_stands_for_a_row() {
        for line in lines(UNIT) {
            let row = line.split('\t').next().unwrap();
            assert!(rows().any(|known| known.id == row), "{row}");
            let (file, test) = unit_test_of(row).unwrap();
            let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file)).unwrap();
            assert!(text.contains(&format!("fn {test}(")), "{row}: {file} has no test {test}");
        }
    }
}
