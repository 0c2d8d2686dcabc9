//! The JWK set (RFC 7517).

use serde_json::{Map, Value};

use super::{Context, Server};
use crate::algorithm::KeySet;
use crate::bend::{Document, Filling};
use crate::encoding::base64url;
use crate::keys::{key_of, test_jwk};
use crate::lie::{ExtraKey, KeyEdit, Lie};
use crate::message::Answer;

impl Server {
    pub(super) fn jwks(&self, number: usize) -> Answer {
        Answer::public_json(200, self.jwk_set(Some(number))).header("cache-control", "public, max-age=300")
    }

    /// The set as JSON; for a number, with the lies that are told in that answer.
    pub(crate) fn jwk_set(&self, number: Option<usize>) -> String {
        let own = self.setup.keys;
        let mut signing = Document::new(&Value::Object(self.signing_jwk()));
        let mut published = vec![true];
        let mut before = Vec::new();
        let mut after: Vec<Vec<u8>> = self.further_jwks();
        if let Some(number) = number {
            for part in self.lies() {
                let Lie::Keys { when, edits } = part else { continue };
                if !when.holds(number) {
                    continue;
                }
                self.filling(&Context::default(), |filling| {
                    for edit in edits {
                        match edit {
                            KeyEdit::RemoveAll => {
                                published.clear();
                                before.clear();
                                after.clear();
                            }
                            KeyEdit::Signing(edit) => signing.apply(edit, filling),
                            KeyEdit::Before(extra) => before.push(extra_jwk(extra, own, filling)),
                            KeyEdit::After(extra) => after.push(extra_jwk(extra, own, filling)),
                            KeyEdit::Twice => published.push(true),
                            KeyEdit::LeadingZero => {
                                let n = [vec![0], self.signing_key().octets("n")].concat();
                                signing.set("n", serde_json::json!(base64url(&n)).to_string());
                            }
                        }
                    }
                });
            }
        }
        let keys = before.into_iter().chain(published.iter().map(|_| signing.render())).chain(after);
        let keys: Vec<String> = keys.map(|key| String::from_utf8_lossy(&key).into_owned()).collect();
        format!("{{\"keys\":[{}]}}", keys.join(","))
    }

    fn signing_jwk(&self) -> Map<String, Value> {
        self.signing_key().signing_jwk(self.setup.signing.as_str())
    }

    fn further_jwks(&self) -> Vec<Vec<u8>> {
        let signing = self.signing_key().kid().to_owned();
        let mut kids = vec![signing];
        let mut jwks = Vec::new();
        for algorithm in self.lied_algorithms() {
            let key = key_of(self.setup.keys, algorithm);
            if !kids.iter().any(|kid| kid == key.kid()) {
                kids.push(key.kid().into());
                jwks.push(Value::Object(key.signing_jwk(algorithm.as_str())).to_string().into_bytes());
            }
        }
        jwks
    }

    /// The JWK set of an attacker: the keys of nobody.
    pub(super) fn foreign_jwk_set(&self) -> String {
        let algorithm = self.setup.signing;
        let key = key_of(KeySet::Foreign, algorithm);
        let mut with_honest_kid = key.signing_jwk(algorithm.as_str());
        with_honest_kid.insert("kid".into(), self.signing_key().kid().into());
        serde_json::json!({"keys": [with_honest_kid, key.signing_jwk(algorithm.as_str())]}).to_string()
    }
}

fn extra_jwk(extra: &ExtraKey, own: KeySet, filling: &Filling<'_>) -> Vec<u8> {
    let mut jwk = Document::new(&test_jwk(&extra.key, own));
    if let crate::lie::TestKey::Json(value) = &extra.key
        && !value.is_object()
    {
        return value.to_string().into_bytes();
    }
    for edit in &extra.edits {
        jwk.apply(edit, filling);
    }
    jwk.render()
}
