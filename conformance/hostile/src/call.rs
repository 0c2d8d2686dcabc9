//! The command line of the program.

use std::time::Duration;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// Only what begins so; everything when empty.
    names: Vec<String>,
    pub(crate) time: Duration,
    pub(crate) jobs: usize,
    /// Where the honest server and the hostile ones are: said to the process of the client by that of the servers.
    pub(crate) servers: Option<(String, Vec<u16>)>,
}

impl Call {
    pub(crate) fn parse(words: &[String]) -> Result<Self, String> {
        let mut call = Self { names: Vec::new(), time: Duration::from_secs(20), jobs: 8, servers: None };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            let number = |text: &String| text.parse::<u32>().map_err(|_| format!("{text:?} is no number"));
            match word.as_str() {
                "--seconds" => call.time = Duration::from_secs(number(value()?)?.into()),
                "--jobs" => call.jobs = number(value()?)?.max(1) as usize,
                "--client" => {
                    let (issuer, ports) = (value()?.clone(), value()?.split(','));
                    let ports = ports.map(|port| port.parse().map_err(|_| format!("{port:?} is no port")));
                    call.servers = Some((issuer, ports.collect::<Result<_, _>>()?));
                }
                flag if flag.starts_with('-') => return Err(format!("{flag} is not known")),
                name => call.names.push(name.to_owned()),
            }
        }
        Ok(call)
    }

    pub(crate) fn chooses(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|begin| name.starts_with(begin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Call, String> {
        Call::parse(&words.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_call_is_read() {
        let call = parse("drip --seconds 300 --jobs 0 --client http://127.0.0.1:1/ 2,3").unwrap();
        assert_eq!((call.time, call.jobs), (Duration::from_secs(300), 1));
        assert_eq!(call.servers, Some(("http://127.0.0.1:1/".to_owned(), vec![2, 3])));
        assert!(call.chooses("drip-body") && !call.chooses("silence"));
        assert!(parse("").unwrap().chooses("silence"));
    }

    #[test]
    fn a_wrong_call_is_named() {
        for words in ["--seconds", "--seconds x", "--jobs", "--client", "--client a", "--client a b", "--other"] {
            assert!(parse(words).is_err(), "{words}");
        }
    }
}
