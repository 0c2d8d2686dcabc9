//! As much of HTML and CSS as a link checker needs.

/// A start tag.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    pub(crate) name: &'a str,
    pub(crate) attributes: Vec<(&'a str, String)>,
}

impl Tag<'_> {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

/// The start tags of a page. What stands in comments, scripts and styles is no tag.
pub(crate) fn tags(page: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        if !rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
            continue;
        }
        let (tag, after) = tag(rest);
        rest = match tag.name {
            "script" => after.split_once("</script").map_or("", |(_, after)| after),
            "style" => after.split_once("</style").map_or("", |(_, after)| after),
            _ => after,
        };
        tags.push(tag);
    }
    tags
}

/// The tag at the beginning of `text`, and what follows it.
fn tag(text: &str) -> (Tag<'_>, &str) {
    let (name, mut rest) = word(text, |c| c.is_whitespace() || c == '>' || c == '/');
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            return (Tag { name, attributes }, rest.get(1..).unwrap_or_default());
        }
        let (key, after) = word(rest, |c| c.is_whitespace() || matches!(c, '=' | '>' | '/'));
        if key.is_empty() {
            // An equals sign on its own.
            rest = after.get(1..).unwrap_or_default();
            continue;
        }
        let (value, after) = match after.strip_prefix('=') {
            None => ("", after),
            Some(after) => match after.chars().next() {
                Some(quote @ ('"' | '\'')) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                _ => word(after, |c| c.is_whitespace() || c == '>'),
            },
        };
        attributes.push((key, unescape(value)));
        rest = after;
    }
}

fn word(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// What a style sheet loads.
pub(crate) fn css_urls(css: &str) -> Vec<String> {
    let mut urls = Vec::new();
    for rest in css.split("url(").skip(1) {
        let url = rest.split(')').next().unwrap_or_default();
        urls.push(url.trim().trim_matches(['"', '\'']).to_owned());
    }
    for rest in css.split("@import").skip(1) {
        let rest = rest.trim_start();
        if let Some(quote @ ('"' | '\'')) = rest.chars().next() {
            urls.extend(rest[1..].split(quote).next().map(str::to_owned));
        }
    }
    urls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_with_their_attributes() {
        let page = "<!doctype html><!-- <a href=\"no\"> --><a class=x href=\"a?b&amp;c#d\" hidden>1 < 2</a>\
                    <script>let a = '<a href=\"no\">';</script><img src='i'/><br/><p id = \"x\"></p><svg><path d=\"M0 0\"/>";
        let found = tags(page);
        let names: Vec<_> = found.iter().map(|tag| tag.name).collect();
        assert_eq!(names, ["a", "script", "img", "br", "p", "svg", "path"]);
        assert_eq!((found[0].get("href"), found[0].get("class")), (Some("a?b&c#d"), Some("x")));
        assert_eq!((found[0].get("hidden"), found[0].get("id")), (Some(""), None));
        assert_eq!(found[2].get("src"), Some("i"));
    }

    #[test]
    fn text_that_is_cut_off_ends_the_search() {
        for page in ["<", "<a", "<a href", "<a href=", "<a href=\"x", "<!--", "<script>", "< a>", "<a = b>"] {
            tags(page);
        }
        assert_eq!(tags("<a href=\"x")[0].get("href"), Some("x"));
    }

    #[test]
    fn style_sheets_load_by_url_and_by_import() {
        assert_eq!(
            css_urls("@import 'a.css'; b { background: url( \"c.png\" ); src: url(d.woff2) } @import url(e.css)"),
            ["c.png", "d.woff2", "e.css", "a.css"]
        );
    }
}
