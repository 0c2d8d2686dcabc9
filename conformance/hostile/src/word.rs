//! The reports of the client's process to that of the servers, one per line.

use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// An attack begins. If nothing follows, it was the last.
    Begin { attack: String, endpoint: String },
    /// The outcome of an attack, and the peak of allocated bytes, if they were counted.
    End { attack: String, endpoint: String, code: String, time: Duration, bytes: Option<u64> },
    /// A complete honest login, with its error, if there was one.
    Login { time: Duration, error: Option<String> },
    /// The peak memory of the process, if the system reports it.
    Memory { kib: Option<u64> },
}

impl Word {
    pub(crate) fn say(&self) {
        println!("{}", self.line());
    }

    fn line(&self) -> String {
        let number = |number: &Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
        match self {
            Self::Begin { attack, endpoint } => format!("begin {attack} {endpoint}"),
            Self::End { attack, endpoint, code, time, bytes } => {
                format!("end {attack} {endpoint} {} {} {code}", time.as_micros(), number(bytes))
            }
            Self::Login { time, error } => {
                format!("login {} {}", time.as_micros(), error.as_deref().unwrap_or("ok").replace('\n', " "))
            }
            Self::Memory { kib } => format!("memory {}", number(kib)),
        }
    }

    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (kind, rest) = line.split_once(' ')?;
        let time = |text: &str| text.parse().ok().map(Duration::from_micros);
        let number = |text: &str| if text == "-" { Some(None) } else { text.parse().ok().map(Some) };
        match (kind, rest.splitn(5, ' ').collect::<Vec<_>>().as_slice()) {
            ("begin", [attack, endpoint]) => {
                Some(Self::Begin { attack: (*attack).to_owned(), endpoint: (*endpoint).to_owned() })
            }
            ("end", [attack, endpoint, micros, bytes, code]) => Some(Self::End {
                attack: (*attack).to_owned(),
                endpoint: (*endpoint).to_owned(),
                code: (*code).to_owned(),
                time: time(micros)?,
                bytes: number(bytes)?,
            }),
            ("login", _) => {
                let (micros, error) = rest.split_once(' ')?;
                Some(Self::Login { time: time(micros)?, error: (error != "ok").then(|| error.to_owned()) })
            }
            ("memory", [kib]) => Some(Self::Memory { kib: number(kib)? }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_what_is_heard() {
        let (attack, endpoint, time) = ("silence".to_owned(), "keys".to_owned(), Duration::from_micros(7));
        for word in [
            Word::Begin { attack: attack.clone(), endpoint: endpoint.clone() },
            Word::End { attack, endpoint, code: "exchange:refused".into(), time, bytes: None },
            Word::Login { time, error: None },
            Word::Login { time, error: Some("no answer came".into()) },
            Word::Memory { kib: Some(12) },
        ] {
            assert_eq!(Word::parse(&word.line()), Some(word));
        }
        for line in ["", "begin", "end a b c d e", "login", "memory x", "other"] {
            assert_eq!(Word::parse(line), None, "{line}");
        }
    }
}
