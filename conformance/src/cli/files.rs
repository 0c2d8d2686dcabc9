//! `report` and `merge`: what is made of result files.

use std::path::{Path, PathBuf};

use lexopt::prelude::*;

use super::call;
use crate::output::print;
use crate::report::{Format, render};
use crate::results::Results;

/// The arguments of both.
struct Files {
    files: Vec<PathBuf>,
    format: Format,
    output: Option<PathBuf>,
}

impl Files {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        Self::read(arguments).map_err(|error| error.to_string())
    }

    fn read(arguments: &[String]) -> Result<Self, lexopt::Error> {
        let mut files = Self { files: Vec::new(), format: Format::Human, output: None };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("format") => files.format = parser.value()?.parse_with(call::format)?,
                Long("output" | "results") => files.output = Some(parser.value()?.into()),
                Value(file) => files.files.push(file.into()),
                other => return Err(other.unexpected()),
            }
        }
        if files.files.is_empty() {
            return Err("a result file is missing".into());
        }
        Ok(files)
    }
}

/// `report FILE... [--format FORMAT] [--output FILE]`; an error is a wrong call.
pub(super) fn report(arguments: &[String]) -> Result<u8, String> {
    let Files { files, format, output } = Files::parse(arguments)?;
    if files.len() > 1 && !format.takes_many() {
        return Err("only markdown and html show several clients; put shards of one together with merge".to_owned());
    }
    let all = match loaded(&files) {
        Ok(all) => all,
        Err(error) => return Ok(broken(&error)),
    };
    let text = render(format, &all);
    Ok(match output {
        None => print(&text),
        Some(path) => match std::fs::write(&path, text) {
            Ok(()) => 0,
            Err(error) => broken(&format!("{} cannot be written: {error}", path.display())),
        },
    })
}

/// `merge FILE... [--results FILE]`; an error is a wrong call.
pub(super) fn merge(arguments: &[String]) -> Result<u8, String> {
    let Files { files, output, .. } = Files::parse(arguments)?;
    Ok(match merged(&files, output.as_deref()) {
        Ok((results, path)) => {
            eprintln!("{} cases in {}", results.cases.len(), path.display());
            u8::from(results.cases.iter().any(|case| case.is_failure(false)))
        }
        Err(error) => broken(&error),
    })
}

fn merged(files: &[PathBuf], output: Option<&Path>) -> Result<(Results, PathBuf), String> {
    let results = Results::merge(loaded(files)?)?;
    let path = results.save(output)?;
    Ok((results, path))
}

fn loaded(files: &[PathBuf]) -> Result<Vec<Results>, String> {
    files.iter().map(|file| Results::load(file)).collect()
}

fn broken(error: &str) -> u8 {
    eprintln!("{error}");
    2
}
