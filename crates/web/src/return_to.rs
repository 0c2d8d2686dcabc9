//! Where the browser goes after the login.

/// Maximum length, in bytes. A longer one would fill the cookie that keeps it.
const LIMIT: usize = 1024;

/// A path of this application, with its query. No value of it leads to another origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReturnTo(String);

impl ReturnTo {
    /// The start page.
    pub(crate) fn home() -> Self {
        Self("/".to_owned())
    }

    /// Accepts an absolute path that browsers, proxies and frameworks all read in the same way: visible ASCII, without
    /// backslashes, and with a path that has neither empty nor dot segments, also when it is decoded once more.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let is_text = text.len() <= LIMIT && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let path = text.split(['?', '#']).next().unwrap_or_default();
        let once = decode(path);
        let is_safe = is_text && path.starts_with('/') && is_plain(&once) && is_plain(&decode(&once));
        is_safe.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The path, without query and fragment.
    pub(crate) fn path(&self) -> &str {
        self.0.split(['?', '#']).next().unwrap_or_default()
    }

    /// `prefix` with this path as `return_to` in its query.
    pub(crate) fn link(&self, prefix: &str) -> String {
        if self.0 == "/" {
            return prefix.to_owned();
        }
        let separator = if prefix.contains('?') { '&' } else { '?' };
        let value: String = form_urlencoded::byte_serialize(self.0.as_bytes()).collect();
        format!("{prefix}{separator}return_to={value}")
    }
}

/// Whether a decoded path has no segment that is empty or dots, and no character that starts another line or authority.
fn is_plain(path: &str) -> bool {
    let is_text = path.chars().all(|character| !character.is_control() && character != '\\');
    is_text && !path.contains("//") && !path.split('/').any(|segment| segment == "." || segment == "..")
}

/// Decodes percent escapes once. One that is broken stays as it is.
fn decode(text: &str) -> String {
    let (mut rest, mut decoded) = (text.as_bytes(), Vec::with_capacity(text.len()));
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| byte == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        // `from_str_radix` would accept a sign.
        let escaped = escaped.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let escaped = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bp_03_co_02_no_text_leads_to_another_origin() {
        let long = format!("/{}", "a".repeat(LIMIT));
        for evil in [
            "",
            "evil.example",
            "https://evil.example",
            "https:evil.example",
            "https:/evil.example",
            "//evil.example",
            "///evil.example",
            "////evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "\\\\evil.example",
            "/\\/evil.example",
            "/%5cevil.example",
            "/%5Cevil.example",
            "/%2fevil.example",
            "/%2Fevil.example",
            "/%255cevil.example",
            "/%252fevil.example",
            "/a/%5c%5cevil.example",
            "/a//evil.example",
            "/.//evil.example",
            "/./evil.example",
            "/..//evil.example",
            "/a/..//evil.example",
            "/%2e%2e//evil.example",
            "/%2e/evil.example",
            "/.%2e/evil.example",
            "/%252e%252e/evil.example",
            "/\tevil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r\nLocation: https://evil.example",
            "/%0d%0aLocation:%20https://evil.example",
            "/%0a/evil.example",
            "/%09/evil.example",
            "/%00/evil.example",
            " //evil.example",
            "/ /evil.example",
            "\u{0}//evil.example",
            "\u{a0}//evil.example",
            "/\u{ff0f}evil.example",
            "/\u{2215}evil.example",
            "/\u{3002}evil.example",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,evil",
            "vbscript:evil",
            "@evil.example",
            "user@evil.example",
            "https://app.example@evil.example",
            "https://app.example.evil.example",
            "app.example.evil.example",
            ".evil.example",
            ":443@evil.example",
            "?//evil.example",
            "#//evil.example",
            "?return_to=//evil.example",
            "/a?b\\c",
            "/%255cevil.example%25",
            long.as_str(),
        ] {
            assert_eq!(ReturnTo::new(evil), None, "{evil:?}");
        }
    }

    #[test]
    fn bp_03_co_02_a_page_of_this_application_is_returned_to() {
        for page in [
            "/",
            "/a",
            "/a/",
            "/a/b.html",
            "/@user",
            "/a:b",
            "/search?q=a+b&next=//x",
            "/search?q=%5c%0a%",
            "/a?b=https://other.example/#c",
            "/a#b",
            "/caf%C3%A9",
            "/100%25",
            "/%zz%f",
            "/...",
        ] {
            assert_eq!(ReturnTo::new(page).as_ref().map(ReturnTo::as_str), Some(page));
        }
    }

    #[test]
    fn a_link_carries_the_page_encoded() {
        let page = ReturnTo::new("/a?b=c&d").unwrap();
        assert_eq!(page.link("/login"), "/login?return_to=%2Fa%3Fb%3Dc%26d");
        assert_eq!(page.link("/failed?why=used"), "/failed?why=used&return_to=%2Fa%3Fb%3Dc%26d");
        assert_eq!(ReturnTo::home().link("/login"), "/login");
    }
}
