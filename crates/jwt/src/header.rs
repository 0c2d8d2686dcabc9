//! The JOSE header (RFC 7515 section 4): what is read from it, and what makes it refused.

use crate::algorithm::{Algorithm, HeaderAlgorithm, MacAlgorithm};
use crate::decode_error::{DecodeError, Segment};
use crate::json::Json;
use crate::json_node::Node;
use crate::shown::shown;
use crate::value::Value;

/// What a header says, as nodes of the document it was read into.
///
/// `jku`, `jwk`, `x5u` and `x5c` are not here: a token does not get to say which key checks it. Only a DPoP proof, which
/// proves a key and nothing else, is read further from the `root`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) root: usize,
    pub(crate) algorithm: HeaderAlgorithm,
    pub(crate) kid: Option<usize>,
    pub(crate) typ: Option<usize>,
}

impl Header {
    /// Applies the rules that hold for any header, `alg` last: a token that names an extension we
    /// lack is refused for that, whatever its algorithm.
    pub(crate) fn read(json: &Json, root: usize) -> Result<Self, DecodeError> {
        if !matches!(json.node(root), Node::Object { .. }) {
            return Err(DecodeError::NotAnObject(Segment::Header));
        }
        if json.has_duplicates(root) {
            return Err(DecodeError::DuplicateMember(Segment::Header));
        }
        check_crit(json, root)?;
        if present(json, root, "b64").is_some() {
            return Err(DecodeError::B64Unsupported);
        }
        let algorithm = read_algorithm(json, root)?;
        let kid = string(json, root, "kid")?;
        let typ = string(json, root, "typ")?;
        string(json, root, "cty")?;
        Ok(Self { root, algorithm, kid, typ })
    }
}

fn read_algorithm(json: &Json, root: usize) -> Result<HeaderAlgorithm, DecodeError> {
    let node = present(json, root, "alg").ok_or(DecodeError::AlgMissing)?;
    let name = json.text(node).ok_or(DecodeError::AlgNotAString)?;
    if name.is_empty() {
        return Err(DecodeError::AlgEmpty);
    }
    if name.trim().eq_ignore_ascii_case("none") {
        return Err(DecodeError::AlgNone);
    }
    Algorithm::from_name(name)
        .map(HeaderAlgorithm::Signature)
        .or_else(|| MacAlgorithm::from_name(name).map(HeaderAlgorithm::Mac))
        .ok_or_else(|| DecodeError::AlgUnknown(shown(name)))
}

fn check_crit(json: &Json, root: usize) -> Result<(), DecodeError> {
    let Some(node) = present(json, root, "crit") else {
        return Ok(());
    };
    let names = Value { json, node }.items().ok_or(DecodeError::CritNotAnArray)?;
    if names.len() == 0 {
        return Err(DecodeError::CritEmpty);
    }
    let mut seen: Vec<&str> = Vec::with_capacity(names.len().min(crate::limits::MAX_MEMBERS));
    let mut unsupported = None;
    for name in names {
        let name = name.as_str().ok_or(DecodeError::CritNotAnArray)?;
        if seen.contains(&name) {
            return Err(DecodeError::CritDuplicate);
        }
        if REGISTERED.contains(&name) {
            return Err(DecodeError::CritRegistered);
        }
        if present(json, root, name).is_none() {
            return Err(DecodeError::CritAbsent);
        }
        // Each name passed is in the header, so `seen` cannot outgrow the header's own members.
        seen.push(name);
        unsupported = Some(if name == "b64" { DecodeError::B64Unsupported } else { DecodeError::CritUnsupported });
    }
    // No extension is understood, so a well-formed crit is refused as well.
    unsupported.map_or(Ok(()), Err)
}

/// The member `name`, unless it is `null`.
fn present(json: &Json, node: usize, name: &str) -> Option<usize> {
    Value { json, node }.present(name).map(|value| value.node)
}

fn string(json: &Json, root: usize, name: &'static str) -> Result<Option<usize>, DecodeError> {
    match present(json, root, name) {
        None => Ok(None),
        Some(node) if json.text(node).is_some() => Ok(Some(node)),
        Some(_) => Err(DecodeError::HeaderWrongType(name)),
    }
}

/// The names of RFC 7515 section 4.1, and those of RFC 7518 section 4.6 to 4.8.
const REGISTERED: [&str; 17] = [
    "alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit", "epk", "apu", "apv", "iv",
    "tag", "enc",
];
