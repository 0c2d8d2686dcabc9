/// Which octets are `unreserved` (RFC 3986 section 2.3), the alphabet of a `code_verifier`.
///
/// A table of 256 entries costs a third of four range comparisons. It is indexed by octets of the verifier; the
/// answer of the check (where the first wrong character stands) is public, the lookups touch four cache lines of
/// which an honest verifier uses two, and whoever could watch those still has 2^256 verifiers to try.
static UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = matches!(octet as u8, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~');
        octet += 1;
    }
    table
};

/// The position of the first octet that is not an unreserved character.
pub(crate) fn first_reserved(text: &[u8]) -> Option<usize> {
    text.iter().position(|&octet| !UNRESERVED[octet as usize])
}
