//! The table of attacks: what each server does, and the required outcome at each endpoint.

mod content;
mod endless;
mod framing;
mod json;
mod protocol;
mod slow;

use crate::attack::Attack;

pub(crate) fn all() -> Vec<Attack> {
    [slow::attacks(), endless::attacks(), framing::attacks(), protocol::attacks(), content::attacks(), json::attacks()]
        .into_iter()
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::attack::{Endpoint, Place, Step};

    #[test]
    fn each_attack_has_a_name_of_its_own_and_says_what_must_come_of_it() {
        let mut names = HashSet::new();
        for attack in all() {
            assert!(names.insert(attack.name), "{attack:?} stands twice");
            assert!(attack.codes.iter().all(|code| !code.is_empty()), "{attack:?}");
        }
    }

    /// A connection that a client may keep is closed by the server a moment later: the next request meets a reset.
    #[test]
    fn no_response_that_is_read_leaves_its_connection_open() {
        for attack in all() {
            for (endpoint, code) in Endpoint::REMOTE.into_iter().zip(attack.codes) {
                let place = Place { endpoint, base: attack.address(1) };
                let sent: Vec<_> = (attack.steps)(&place).into_iter().filter_map(Step::sent).collect();
                let sent = sent.concat();
                let sent = String::from_utf8_lossy(&sent);
                let head = sent.split("\r\n\r\n").find(|head| !head.starts_with("HTTP/1.1 1")).unwrap_or_default();
                let kept = head.starts_with("HTTP/1.1") && !head.contains("\r\nconnection: close");
                assert!(!kept || code.starts_with("transport_"), "{attack:?} at {endpoint:?}");
            }
        }
    }
}
