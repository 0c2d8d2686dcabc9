//! URLs as unchanged text.

use crate::encoding::encode_form;

/// Scheme, host and port.
pub(crate) fn origin(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |colon| colon + 3);
    let end = url[authority..].find(['/', '?', '#']).map_or(url.len(), |end| authority + end);
    &url[..end]
}

/// The host, without the port.
pub(crate) fn host(url: &str) -> &str {
    let authority = origin(url).split_once("://").map_or("", |(_, authority)| authority);
    match authority.rfind(':') {
        Some(colon) if !authority[colon..].contains(']') => &authority[..colon],
        _ => authority,
    }
}

/// `url` with parameters added to its query.
pub(crate) fn with_query(url: &str, pairs: &[(String, String)]) -> String {
    let query = encode_form(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    with_encoded_query(url, &query)
}

/// `url` with an encoded query added to its own.
pub(crate) fn with_encoded_query(url: &str, query: &str) -> String {
    match (query.is_empty(), url.contains('?')) {
        (true, _) => url.to_owned(),
        (false, true) => format!("{url}&{query}"),
        (false, false) => format!("{url}?{query}"),
    }
}
