#![no_main]
//! A JWK set: each entry is a key or was skipped for a reason, none is a secret one, and none is printed.
use proofkey_jwt::{AwsLc, JwkSet};

proofkey_fuzz::target!(|data: &[u8]| {
    let Ok(set) = JwkSet::parse(data).map_err(|error| proofkey_fuzz::tells_none(&error, &[])) else { return };
    let document: serde_json::Value = serde_json::from_slice(data).expect("JSON");
    let entries = document["keys"].as_array().expect("keys");
    assert_eq!(set.keys().len() + set.skipped().len(), entries.len());
    let is_skipped = |index: usize| set.skipped().iter().any(|skipped| skipped.index == index);
    let read = (0..).zip(entries).filter(|(index, _)| !is_skipped(*index)).map(|(_, entry)| entry);
    for (entry, key) in read.zip(set.keys()) {
        assert!(["d", "p", "q", "k"].iter().all(|secret| entry[secret].is_null()) && entry["use"] != "enc");
        assert_eq!((entry["kid"].as_str(), key.thumbprint(&AwsLc).len()), (key.key_id(), 43));
    }
    let (printed, members) = (format!("{set:?}"), entries.iter().filter_map(|entry| entry.as_object()).flatten());
    let mut texts = members.filter_map(|(_, value)| value.as_str());
    assert!(texts.all(|text| text.len() < 32 || !printed.contains(text)), "{printed}");
});
