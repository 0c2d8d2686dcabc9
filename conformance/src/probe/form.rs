//! The forms of a server's pages, read without a browser: tags, attributes, and the characters that HTML escapes.

/// How much of a page is read for forms, in bytes.
const MAX_PAGE: usize = 256 * 1024;

/// Maximum number of buttons of a form.
const MAX_BUTTONS: usize = 100;

/// How far the end of a button is looked for, in bytes.
const MAX_MARKUP: usize = 4096;

/// How much of a button's label is kept, in bytes.
const MAX_LABEL: usize = 256;

/// A form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    /// Where it is sent, as it stands in the page.
    pub(crate) action: String,
    pub(crate) is_post: bool,
    /// The names and values that are sent without anything being filled in.
    pub(crate) fields: Vec<(String, String)>,
    /// The names of the fields that can be filled in.
    pub(crate) empty: Vec<String>,
    /// Each button: its name, value and label.
    pub(crate) buttons: Vec<[String; 3]>,
}

/// The forms of a page. Its size is bounded, and so is what the labels of its buttons take: one that is not closed
/// reaches to the end of the page.
pub(crate) fn forms(html: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut is_open = false;
    for (tag, after) in tags(cut(html, MAX_PAGE)) {
        match (tag.name.as_str(), forms.last_mut().filter(|_| is_open)) {
            ("form", _) => {
                let is_post = tag.get("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
                forms.push(Form { action: tag.get("action").unwrap_or_default(), is_post, ..Form::default() });
                is_open = true;
            }
            ("/form", _) => is_open = false,
            ("input", Some(form)) => input(form, &tag),
            ("button", Some(form)) if form.buttons.len() >= MAX_BUTTONS => {}
            ("button", Some(form)) if tag.get("type").is_none_or(|kind| kind.eq_ignore_ascii_case("submit")) => {
                let after = cut(after, MAX_MARKUP);
                let label = &after[..after.len() - from_end(after, "button").len()];
                form.buttons.push(button(&tag, &without_tags(label)));
            }
            ("textarea" | "select", Some(form)) => form.empty.extend(tag.get("name")),
            _ => {}
        }
    }
    forms
}

fn input(form: &mut Form, tag: &Tag) {
    let kind = tag.get("type").unwrap_or_default().to_ascii_lowercase();
    let value = tag.get("value").unwrap_or_default();
    match (kind.as_str(), tag.get("name")) {
        ("submit" | "image", _) => form.buttons.push(button(tag, &value)),
        ("checkbox" | "radio", Some(name)) if tag.get("checked").is_some() => {
            form.fields.push((name, tag.get("value").unwrap_or_else(|| "on".into())));
        }
        ("checkbox" | "radio", Some(name)) => form.empty.push(name),
        ("button" | "reset" | "file", _) | (_, None) => {}
        ("hidden", Some(name)) => form.fields.push((name, value)),
        (_, Some(name)) => {
            form.empty.push(name.clone());
            form.fields.push((name, value));
        }
    }
}

fn button(tag: &Tag, label: &str) -> [String; 3] {
    [tag.get("name").unwrap_or_default(), tag.get("value").unwrap_or_default(), cut(label.trim(), MAX_LABEL).to_owned()]
}

/// The first bytes of a text, at most so many, without a part of a character.
fn cut(text: &str, length: usize) -> &str {
    let end = (0..=length.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    &text[..end]
}

/// A tag: its name in lower case, `/form` for an end, and its attributes.
pub(crate) struct Tag {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }
}

/// The tags of a page, each with the text after it. What scripts, styles and comments hold is no tag.
pub(crate) fn tags(html: &str) -> Vec<(Tag, &str)> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let (tag, after) = tag(rest);
        rest = after;
        if matches!(tag.name.as_str(), "script" | "style") {
            rest = from_end(rest, &tag.name);
        }
        tags.push((tag, rest));
    }
    tags
}

/// The text from the end tag of this name on.
fn from_end<'t>(text: &'t str, name: &str) -> &'t str {
    let is_end =
        |at: usize| text.get(at + 2..at + 2 + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
    text.match_indices("</").find(|(at, _)| is_end(*at)).map_or("", |(at, _)| &text[at..])
}

fn tag(text: &str) -> (Tag, &str) {
    let end = text.find(|letter: char| letter.is_whitespace() || letter == '>').unwrap_or(text.len());
    let name = text[..end].trim_end_matches('/').to_ascii_lowercase();
    let name = if text.starts_with('/') { format!("/{}", name.trim_start_matches('/')) } else { name };
    let mut tag = Tag { name, attributes: Vec::new() };
    let mut rest = &text[end..];
    loop {
        rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '/');
        if rest.is_empty() {
            return (tag, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (tag, after);
        }
        let end = rest.find(|letter: char| letter.is_whitespace() || "=>/".contains(letter)).unwrap_or(rest.len());
        let name = rest[..end.max(1).min(rest.len())].to_ascii_lowercase();
        rest = rest.get(end.max(1)..).unwrap_or_default();
        let unpadded = rest.trim_start();
        let value = match unpadded.strip_prefix('=') {
            Some(after) => {
                let (value, after) = value(after.trim_start());
                rest = after;
                value
            }
            None => "",
        };
        tag.attributes.push((name, unescape(value)));
    }
}

fn value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    let end = text.find(|letter: char| letter.is_whitespace() || letter == '>').unwrap_or(text.len());
    text.split_at(end)
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<') {
        text += part.split_once('>').map_or(part, |(_, after)| after);
    }
    unescape(&text)
}

/// Text without the escapes of HTML: the five names that matter, and numbers.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        plain += &rest[..start];
        rest = &rest[start..];
        let decoded = rest.bytes().take(11).position(|byte| byte == b';').and_then(|end| {
            let character = match &rest[1..end] {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                name => {
                    let number = name.strip_prefix('#')?;
                    let code = match number.strip_prefix(['x', 'X']) {
                        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                        None => number.parse().ok()?,
                    };
                    char::from_u32(code)?
                }
            };
            Some((character, end))
        });
        match decoded {
            Some((character, end)) => {
                plain.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_a_browser_reads_it() {
        let page = "<!-- <form action=no> --><script>'<form action=\"no\">'</script>\
            <FORM class=x ACTION='/in?a=1&amp;b=2' method=POST>\
            <input type=hidden name=csrf value=\"a&#34;b&#x26;\"><input name=user value=old>\
            <input type=password name=password><input type=checkbox name=keep><input type=radio name=r value=1 checked>\
            <select name=tenant></select><textarea name=note></textarea>\
            <button type=button name=no>No</button><button name=go value=1><b>Log</b> in</button>\
            <input type=submit name=cancel value=Cancel></form><input name=outside value=x>";
        let forms = forms(page);
        assert_eq!(forms.len(), 1);
        let form = &forms[0];
        assert_eq!((form.action.as_str(), form.is_post), ("/in?a=1&b=2", true));
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(form.fields, [pair("csrf", "a\"b&"), pair("user", "old"), pair("password", ""), pair("r", "1")]);
        assert_eq!(form.empty, ["user", "password", "keep", "tenant", "note"]);
        assert_eq!(form.buttons, [["go", "1", "Log in"], ["cancel", "Cancel", "Cancel"]].map(|b| b.map(String::from)));
    }

    #[test]
    fn many_buttons_without_an_end_take_little() {
        let page = format!("<form>{}{}", "<button>".repeat(20_000), "\u{e9}".repeat(50_000));
        let forms = forms(&page);
        let sum: usize = forms.iter().flat_map(|form| &form.buttons).map(|button| button[2].len()).sum();
        assert!(sum <= 1 << 20, "{sum}");
        assert!(!forms[0].buttons.is_empty());
    }

    #[test]
    fn markup_that_is_broken_ends() {
        for page in [
            "<",
            "<form",
            "<form action",
            "<form action=",
            "<form action='",
            "<!--",
            "<script>",
            "<a =>",
            "<a ==",
            "<é é=é>",
            "&#;&#x;&#99999999;&",
            "</",
        ] {
            let _ = forms(page);
            let _ = unescape(page);
        }
    }
}
