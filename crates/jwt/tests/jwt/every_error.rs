//! Every variant of every public error, provoked. Each table says a code and what brings it about; the list of what
//! there is comes from the source, so that a variant without a row fails, and so does an enum without a table.

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};

use proofkey_jwt::{ClaimFault, ClaimName};

mod access_token;
mod decode;
mod dpop_proof;
mod id_token;
mod keys;
mod logout_token;
mod source;

/// A claim, a fault, and the code that is put together from both behind a prefix.
type Pair = (ClaimName, ClaimFault, &'static str, &'static str);

/// A code and what provokes it.
type Row<E> = (&'static str, fn() -> E);

/// Provokes each, and holds what came against the row, the documentation and the list of variants.
fn check<E: Debug + Display>(name: &str, rows: &[Row<E>], code: fn(&E) -> &'static str) {
    check_with(name, rows, code, |error| error.to_string());
}

/// The same for an enum that says what is wrong and is no error by itself.
fn check_with<E: Debug>(name: &str, rows: &[Row<E>], code: fn(&E) -> &'static str, words: fn(&E) -> String) {
    let known = source::variants(&source::sources(), name);
    let (mut provoked, mut codes) = (BTreeSet::new(), BTreeSet::new());
    for (expected, provoke) in rows {
        let error = provoke();
        assert_eq!(code(&error), *expected, "{name}: {error:?}");
        let variant = variant(&error);
        // Those without a code of their own hand on that of what they hold.
        let documented = known.get(&variant).and_then(Option::as_deref);
        assert!(documented.is_none_or(|documented| documented == *expected), "{name}::{variant}: {documented:?}");
        assert!(codes.insert(*expected), "{name}: {expected} has two rows");
        assert!(!words(&error).is_empty());
        provoked.insert(variant);
    }
    let known: BTreeSet<_> = known.into_keys().collect();
    assert_eq!(provoked, known, "{name}: the first are provoked here, the second exist");
}

/// The variant's name: `Debug` begins with it.
fn variant(error: &impl Debug) -> String {
    format!("{error:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[test]
fn every_error_has_a_table() {
    let of_claims = ["ClaimName", "ClaimFault"];
    let tables = [
        of_claims.as_slice(),
        access_token::TYPES.as_slice(),
        decode::TYPES.as_slice(),
        dpop_proof::TYPES.as_slice(),
        id_token::TYPES.as_slice(),
        keys::TYPES.as_slice(),
        logout_token::TYPES.as_slice(),
    ];
    let tables: BTreeSet<_> = tables.into_iter().flatten().map(|name| (*name).to_owned()).collect();
    assert_eq!(tables, source::error_types(&source::sources()));
}

#[test]
fn every_claim_and_every_fault() {
    let sources = source::sources();
    let pairs = [access_token::pairs(), dpop_proof::pairs(), id_token::pairs(), logout_token::pairs()].concat();
    for (claim, fault, prefix, code) in &pairs {
        let documented = source::variants(&sources, "ClaimFault").remove(&variant(fault)).flatten().unwrap();
        // The header has a `typ`, too.
        let name = if *claim == ClaimName::TokenKind { "kind" } else { claim.as_str() };
        assert_eq!(*code, format!("{prefix}{name}_{documented}"));
    }
    let all = |name| source::variants(&sources, name).into_keys().collect::<BTreeSet<_>>();
    assert_eq!(pairs.iter().map(|(claim, ..)| variant(claim)).collect::<BTreeSet<_>>(), all("ClaimName"));
    assert_eq!(pairs.iter().map(|(_, fault, ..)| variant(fault)).collect::<BTreeSet<_>>(), all("ClaimFault"));
}
