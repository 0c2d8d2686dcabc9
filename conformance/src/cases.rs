//! The catalogue, one file a family.

mod answer;
mod api;
mod assertion;
mod attack;
mod code;
mod connection;
mod device;
mod discovery;
mod dpop;
mod entropy;
mod id_token;
mod iss;
mod jws;
pub(crate) mod logout;
pub(crate) mod logout_token;
mod machine;
mod page;
mod pkce;
mod provider;
mod push;
mod redirect_uri;
mod refresh;
mod request;
mod resource;
mod several;
mod state;
mod step_up;
mod tls;
mod token;
mod unusual;
mod verifier;

use crate::case::{Case, Expect};
use crate::transcript::Transcript;

/// Returns every case, in the order of the reports.
#[must_use]
pub fn all() -> Vec<Case> {
    [
        pkce::cases(),
        entropy::cases(),
        request::cases(),
        state::cases(),
        discovery::cases(),
        iss::cases(),
        redirect_uri::cases(),
        code::cases(),
        verifier::cases(),
        token::cases(),
        connection::cases(),
        tls::cases(),
        answer::cases(),
        refresh::cases(),
        page::cases(),
        resource::cases(),
        logout::cases(),
        logout_token::cases(),
        several::cases(),
        unusual::cases(),
        id_token::cases(),
        jws::cases(),
        attack::cases(),
        provider::cases(),
        push::cases(),
        device::cases(),
        machine::cases(),
        assertion::cases(),
        dpop::cases(),
        step_up::cases(),
        api::cases(),
    ]
    .concat()
}

/// A refusal before any request to the token endpoint.
const fn refuse(classes: &'static [&'static str]) -> Expect {
    Expect::Refuse { classes, token_requests: 0, code: None }
}

/// A refusal after one request to the token endpoint.
const fn refuse_after(classes: &'static [&'static str]) -> Expect {
    Expect::Refuse { classes, token_requests: 1, code: None }
}

/// A parameter of the first authorization request.
fn parameter(transcript: &Transcript, name: &str) -> Option<String> {
    transcript.request().into_iter().find(|(own, _)| own == name).map(|(_, value)| value)
}

/// No request broke one of the rules of these names.
fn without_faults(transcript: &Transcript, codes: &[&str]) -> Result<(), String> {
    match transcript.wire.faults().iter().find(|fault| codes.contains(&fault.code())) {
        Some(fault) => Err(format!("expected: no fault of the client; seen: {}", fault.code())),
        None => Ok(()),
    }
}

/// The login did not begin, since nothing says that the server checks PKCE.
fn refused_for_want_of_pkce(transcript: &Transcript) -> bool {
    transcript.answers.last().is_some_and(|answer| ["pkce", "config"].contains(&answer.class()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proofkey_reference::DEFECTS;

    use super::*;
    use crate::rows::rows;

    #[test]
    fn cases_have_names_of_their_own_rows_that_exist_and_mutants_that_exist() {
        let (mut names, mut misnamed) = (HashSet::new(), Vec::new());
        for case in all() {
            assert!(names.insert(case.id), "{} stands twice", case.id);
            if case.rows.first().is_none_or(|row| !case.id.starts_with(row)) {
                misnamed.push(case.id);
            }
            for row in case.rows {
                assert!(rows().any(|known| known.id == *row), "{}: {row}", case.id);
            }
            assert!(!case.mutants.is_empty(), "{} has no mutant", case.id);
            for mutant in case.mutants {
                assert!(DEFECTS.iter().any(|defect| defect.name == *mutant), "{}: {mutant}", case.id);
            }
        }
        assert_eq!(misnamed, Vec::<&str>::new(), "named by another row than their first");
    }
}
