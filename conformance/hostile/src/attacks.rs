//! The table of attacks: what each server does, and what the client must make of it at each endpoint.

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

    #[test]
    fn each_attack_has_a_name_of_its_own_and_says_what_must_come_of_it() {
        let mut names = HashSet::new();
        for attack in all() {
            assert!(names.insert(attack.name), "{attack:?} stands twice");
            assert!(attack.codes.iter().all(|code| !code.is_empty()), "{attack:?}");
        }
    }
}
