//! What stands in HTML of the normal form: its text, where its links lead, which pictures it shows.

use std::fmt::Write as _;

use url::Url;

use super::MAX_HTML;
use crate::compose::canonical_text;
use crate::markup::{Tag, Token, Tokens, to_text};
use crate::parse::MAX_BODY;

/// A link: what it says and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its words, and those of its pictures, at most 300 bytes.
    pub text: String,
    /// Its address.
    pub address: String,
}

impl Link {
    /// Whether its words are, or hold, an address or a name of another place than where it leads: `https://bank.test`, and
    /// `Sign in at bank.com`. Of an address alone it is the host that counts; of a name among other words the domain that somebody
    /// registers, by the Public Suffix List.
    pub fn misleads(&self) -> bool {
        let written = |word: &&str| word.contains("://") || word.starts_with("www.");
        let shown = host_in(self.text.trim())
            .or_else(|| self.text.split_whitespace().find(written).and_then(host_in));
        let Some(shown) = shown else { return self.names_another() };
        let target = Url::parse(&self.address).ok().and_then(|url| match url.scheme() {
            "mailto" => url.path().rsplit_once('@').map(|(_, host)| host.to_ascii_lowercase()),
            _ => url.host_str().map(str::to_ascii_lowercase),
        });
        let bare = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_owned();
        target.is_none_or(|target| bare(&target) != bare(&shown)) || self.names_another()
    }
}

impl Link {
    /// Whether a name of a place stands among its words that is not the one that it leads to.
    fn names_another(&self) -> bool {
        let target = Url::parse(&self.address).ok().and_then(|url| match url.scheme() {
            "mailto" => url.path().rsplit_once('@').map(|(_, host)| host.to_ascii_lowercase()),
            _ => url.host_str().map(str::to_ascii_lowercase),
        });
        let registrable = |host: &str| psl::domain_str(host).unwrap_or(host).to_owned();
        let target = target.as_deref().map(registrable);
        let edge = |c: char| !c.is_alphanumeric();
        // `Node.js` ends in no public suffix; `README.md` does, and is a file to every reader.
        let is_known = |host: &String| psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known());
        let is_file = |host: &String| host.rsplit('.').next() == Some("md");
        self.text
            .split(|c: char| {
                c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '<' | '>' | ',' | ';' | '|')
            })
            .filter_map(|word| host_in(word.trim_matches(edge)))
            .filter(|host| is_known(host) && !is_file(host) && psl::domain_str(host).is_some())
            .any(|host| target.as_ref().is_none_or(|target| registrable(&host) != *target))
    }
}

/// What follows the dot of a file's name more often than that of a host.
const FILE_ENDINGS: [&str; 16] = [
    "csv", "doc", "docx", "gif", "htm", "html", "ics", "jpeg", "jpg", "pdf", "png", "pptx", "txt", "xls",
    "xlsx", "xml",
];

/// The host that a text names, if the text is an address: `https://example.com/x`, `example.com`.
fn host_in(text: &str) -> Option<String> {
    if text.contains(char::is_whitespace) {
        return None;
    }
    // Other full stops that a browser takes for the one between labels (UTS 46).
    let text = &text.replace(['\u{3002}', '\u{ff0e}', '\u{ff61}'], ".");
    let with_scheme = text.split_once("://").map(|(_, rest)| rest);
    let rest = with_scheme.unwrap_or(text);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let (_, top) = host.rsplit_once('.')?;
    // Without a scheme only what looks like a host counts: `v1.2` and `plan.pdf` are words, `example.com` is a place.
    let plausible = with_scheme.is_some()
        || (top.len() >= 2 && top.bytes().all(|b| b.is_ascii_lowercase()) && !FILE_ENDINGS.contains(&top));
    (plausible && !host.starts_with('.')).then(|| idna::domain_to_ascii(&host).unwrap_or(host))
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What is shown where it is not.
    pub alt: String,
    /// Its address: `cid:` for a file of the mail, else on the web.
    pub address: String,
}

/// What stands in HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Its text, line by line; links and quotations are marked as plain text marks them.
    pub text: String,
    /// Its text without any marks, with line breaks where it has them, and nothing between what stands side by side: no
    /// element parts a word that a reader sees as one.
    pub bare: String,
    /// Its links, in order, those that are the same once.
    pub links: Vec<Link>,
    /// Its pictures, in order.
    pub pictures: Vec<Picture>,
}

impl Reading {
    /// The hosts of the pictures that lie elsewhere, in lower case, sorted, each once.
    pub fn picture_hosts(&self) -> Vec<String> {
        let addresses = self.pictures.iter().filter_map(|picture| Url::parse(&picture.address).ok());
        let hosts: std::collections::BTreeSet<String> =
            addresses.filter_map(|url| url.host_str().map(str::to_ascii_lowercase)).collect();
        hosts.into_iter().collect()
    }
}

/// Gives pictures that are part of the mail (`cid:`) the address under which they can be fetched now, and changes nothing
/// else. In the normal form this is the one way in which such a picture is written, and no text reads like it.
pub fn with_pictures(html: &str, address: impl Fn(&str) -> Option<String>) -> String {
    const BEFORE: &str = "<img src=\"cid:";
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(BEFORE) {
        let (before, from) = rest.split_at(at + BEFORE.len());
        let end = from.find('"').unwrap_or(from.len());
        if let Some(address) = address(&from[..end]) {
            out.push_str(&before[..before.len() - "cid:".len()]);
            out.push_str(&address.replace('&', "&amp;").replace('"', "&quot;"));
        } else {
            out.push_str(before);
            out.push_str(&from[..end]);
        }
        rest = &from[end..];
    }
    out.push_str(rest);
    out
}

/// About how many lines of text the HTML takes, rather too many than too few, where a line holds so many characters: the
/// height of a frame where no script can measure it.
pub fn lines(html: &str, line_length: usize) -> usize {
    let (mut lines, mut run) = (1, 0);
    for token in Tokens::new(html) {
        match token {
            Token::Text(text) => {
                run += text.split_whitespace().map(|word| word.chars().count() + 1).sum::<usize>();
            }
            Token::Start(tag) => {
                let room = match tag.name.as_str() {
                    "h1" | "h2" => 2,
                    "p" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "ul" | "ol" | "hr" | "table" | "tr" => 1,
                    // A second break in a row is an empty line.
                    "br" => usize::from(run == 0),
                    "div" | "li" | "pre" => 0,
                    "img" => {
                        let height = tag.get("height").and_then(|height| height.parse::<usize>().ok());
                        height.map_or(8, |height| (height / 24).clamp(1, 90))
                    }
                    _ => continue,
                };
                lines += run.div_ceil(line_length) + room;
                run = 0;
            }
            Token::End(_) | Token::Raw(..) | Token::Comment(_) => {}
        }
    }
    lines + run.div_ceil(line_length)
}

/// Longest words of a link that are kept, in bytes.
const MAX_LINK_TEXT: usize = 300;

/// Reads HTML of the normal form. Linear.
pub fn read(html: &str) -> Reading {
    let text = to_text(html, MAX_BODY).0;
    let mut reading = Reading { text, bare: bare_text(html), ..Reading::default() };
    let mut seen = std::collections::HashSet::new();
    let mut open: Option<Link> = None;
    for token in Tokens::new(html) {
        match token {
            Token::Start(tag) if tag.name == "a" => {
                open = tag.get("href").map(|href| Link { text: String::new(), address: href.to_owned() });
            }
            Token::Start(tag) if tag.name == "img" => {
                let alt = tag.get("alt").unwrap_or_default();
                if let Some(link) = &mut open {
                    add_words(&mut link.text, &format!(" {alt} "));
                }
                let address = tag.get("src").unwrap_or_default().to_owned();
                reading.pictures.push(Picture { alt: alt.to_owned(), address });
            }
            Token::Text(text) => {
                if let Some(link) = &mut open {
                    add_words(&mut link.text, &text);
                }
            }
            Token::End(name) if name == "a" => {
                let link = open.take().map(|link| Link { text: link.text.trim_end().to_owned(), ..link });
                if let Some(link) = link
                    && seen.insert((link.text.clone(), link.address.clone()))
                {
                    reading.links.push(link);
                }
            }
            Token::Start(Tag { name, .. }) | Token::End(name) if is_line(&name) => {
                if let Some(link) = &mut open {
                    add_words(&mut link.text, " ");
                }
            }
            Token::Start(_) | Token::End(_) | Token::Raw(..) | Token::Comment(_) => {}
        }
    }
    reading
}

/// See [`Reading::bare`].
fn bare_text(html: &str) -> String {
    let mut out = String::new();
    // Of each element that is open, whether a line ends with it; of each ordered list, its next number.
    let (mut open, mut lists): (Vec<bool>, Vec<i64>) = (vec![], vec![]);
    let number = |tag: &Tag, name: &str| tag.get(name).and_then(|n| n.parse::<i64>().ok());
    for token in Tokens::new(html) {
        match token {
            Token::Text(text) => out.push_str(&text),
            Token::Start(tag) if tag.name == "img" => out.push_str(tag.get("alt").unwrap_or_default()),
            Token::Start(tag) if matches!(tag.name.as_str(), "br" | "hr") => out.push('\n'),
            Token::Start(tag) if super::tree::is_void(&tag.name) => {}
            Token::Start(tag) => {
                let style = tag.get("style").unwrap_or_default();
                let beside = style.contains("float:") || style.contains("display:inline");
                let breaks = !beside && is_line(&tag.name);
                if breaks {
                    out.push('\n');
                }
                match tag.name.as_str() {
                    "ol" => lists.push(number(&tag, "start").unwrap_or(1)),
                    "ul" => lists.push(i64::MIN),
                    "li" => {
                        if let Some(next) = lists.last_mut().filter(|next| **next != i64::MIN) {
                            *next = number(&tag, "value").unwrap_or(*next);
                            let _ = write!(out, "{next}. ");
                            *next += 1;
                        }
                    }
                    _ => {}
                }
                open.push(breaks);
            }
            Token::End(name) if super::tree::is_void(&name) => {}
            Token::End(name) => {
                if matches!(name.as_str(), "ol" | "ul") {
                    lists.pop();
                }
                if open.pop().unwrap_or_default() {
                    out.push('\n');
                }
            }
            Token::Raw(..) | Token::Comment(_) => {}
        }
        if out.len() > MAX_BODY {
            break;
        }
    }
    out
}

/// Whether an element stands on lines of its own. Cells stand side by side.
fn is_line(name: &str) -> bool {
    !matches!(
        name,
        "a" | "abbr"
            | "b"
            | "cite"
            | "code"
            | "del"
            | "dfn"
            | "em"
            | "i"
            | "ins"
            | "kbd"
            | "s"
            | "samp"
            | "span"
            | "strong"
            | "sub"
            | "sup"
            | "td"
            | "th"
            | "u"
            | "var"
            | "wbr"
    )
}

/// Adds words, with a space where there was white space: no element parts a word.
fn add_words(text: &mut String, more: &str) {
    for c in more.chars() {
        match c {
            c if text.len() + c.len_utf8() > MAX_LINK_TEXT => return,
            c if !c.is_whitespace() => text.push(c),
            _ if text.is_empty() || text.ends_with(' ') => {}
            _ => text.push(' '),
        }
    }
}

/// All text that a reader sees, without what plain text marks links and quotations with.
fn visible_text(html: &str) -> String {
    let text = Tokens::new(html).map(|token| match token {
        Token::Text(text) => text,
        Token::Start(_) | Token::End(_) | Token::Raw(..) | Token::Comment(_) => String::new(),
    });
    text.collect()
}

/// What HTML in the normal form says, as text with where its links lead: what a program that shows no HTML shows of a mail. Nothing
/// where that is blank, or longer than `max` bytes.
pub fn text(html: &str, max: usize) -> Option<String> {
    let (text, is_cut) = to_text(html, max);
    (!is_cut && !text.trim().is_empty()).then_some(text)
}

/// Whether a text says what the HTML says: the same letters and digits in the same order, with the same signs, points and
/// currencies on the numbers. How plain text draws what HTML has elements for makes no difference, nor that it writes out
/// where a link leads. What [`text`] makes of the HTML says the same, with the words that stand for its pictures.
pub fn says_the_same(html: &str, text: &str) -> bool {
    let made = self::text(html, MAX_HTML);
    if made.is_some_and(|made| canonical_text(&made) == canonical_text(text)) {
        return true;
    }
    let reading = read(html);
    let mut bare = text.to_owned();
    // The longest first: one address may begin with another.
    let mut addresses: Vec<&str> = reading.links.iter().map(|link| link.address.as_str()).collect();
    addresses.sort_unstable_by_key(|address| std::cmp::Reverse(address.len()));
    for address in addresses.into_iter().take(MAX_COMPARED_LINKS) {
        let shown = reading.links.iter().any(|link| link.text.contains(address.trim_end_matches('/')));
        if !shown {
            bare = bare.replace(address, " ");
            let (short, long) = (address.trim_end_matches('/'), address.len() > 12);
            if long {
                bare = bare.replace(&format!("{short} "), " ").replace(&format!("{short}>"), " ");
            }
        }
    }
    said(&visible_text(html)).eq(said(&bare))
}

/// Links whose addresses are looked for in the text.
const MAX_COMPARED_LINKS: usize = 50;

/// The letters, digits and signs of a text that its meaning hangs on, in lower case.
fn said(text: &str) -> impl Iterator<Item = char> {
    let all: Vec<char> = text.chars().filter(|c| !domain::base::text::is_invisible(*c)).collect();
    let mut out: Vec<char> = Vec::with_capacity(all.len());
    let is_value = |c: Option<&char>| c.is_some_and(|c| c.is_numeric() || is_currency(*c));
    for (at, &c) in all.iter().enumerate() {
        let (before, after) = (at.checked_sub(1).and_then(|at| all.get(at)), all.get(at + 1));
        match c {
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            c if is_currency(c) || matches!(c, '%' | '\u{2030}') => out.push(c),
            // Within a number, or before one.
            '.' | ',' | ':' | '/' | '\'' | '\u{2019}' if is_value(before) && is_value(after) => out.push(c),
            '-' | '\u{2212}' | '\u{2010}' | '\u{2011}' | '\u{2013}' if is_value(after) => out.push('-'),
            '+' | '\u{b1}' | '\u{d7}' | '\u{f7}' if is_value(after) => out.push(c),
            '<' | '>' | '=' | '\u{2264}' | '\u{2265}' | '\u{2260}' | '\u{2248}' | '~' => {
                // A quotation mark of plain text stands at the beginning of a line.
                let begins = all[..at]
                    .iter()
                    .rev()
                    .take_while(|c| **c != '\n')
                    .all(|c| c.is_whitespace() || *c == '>');
                let next = all[at + 1..].iter().take(2).find(|c| !c.is_whitespace());
                if !begins && is_value(next) {
                    out.push(c);
                }
            }
            _ => {}
        }
    }
    out.into_iter()
}

/// Signs of currencies (Unicode: general category Sc).
fn is_currency(c: char) -> bool {
    use icu_properties::CodePointMapData;
    use icu_properties::props::GeneralCategory;
    !c.is_ascii_alphanumeric()
        && CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::CurrencySymbol
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_shows_another_place_misleads() {
        for (text, address, expected) in [
            ("https://bank.test/login", "https://evil.test/", true),
            ("bank.test", "https://evil.test/bank.test", true),
            ("www.bank.test", "https://bank.test/a", false),
            ("https://bank.test", "https://www.bank.test/?x", false),
            ("bücher.test", "https://xn--bcher-kva.test/", false),
            ("a@bank.test", "mailto:a@bank.test?subject=x", false),
            ("a@bank.test", "mailto:a@evil.test", true),
            ("Your invoice", "https://evil.test/", false),
            ("Log in at https://bank.test/ now", "https://evil.test/", true),
            ("bank\u{ff0e}test", "https://evil.test/", true),
            ("Node.js and others", "https://x.test/", false),
            ("v1.2", "https://x.test/", false),
            ("plan.pdf", "https://x.test/", false),
            ("", "https://x.test/", false),
            ("Sign in at paypal.com", "https://evil.test/", true),
            ("Sign in at paypal.com.", "https://www.paypal.com/login", false),
            ("Go to (accounts.google.com)", "https://mail.google.com/", false),
            ("Read evil.github.io now", "https://good.github.io/", true),
            ("Sign in at paypal.com", "https://paypal.com.evil.test/", true),
            ("https://bank.com/ as paypal.com", "https://bank.com/", true),
            ("See README.md and Node.js", "https://x.test/", false),
        ] {
            let link = Link { text: text.to_owned(), address: address.to_owned() };
            assert_eq!(link.misleads(), expected, "{text} -> {address}");
        }
    }

    #[test]
    fn no_element_parts_the_words_of_a_link() {
        let links = |html: &str| read(html).links.into_iter().map(|link| link.text).collect::<Vec<_>>();
        assert_eq!(links("<a href=\"https://x.test/\">bank<wbr>.te<b>st</b></a>"), ["bank.test"]);
        assert_eq!(
            links("<a href=\"https://x.test/\"> two<br>\n words <p>and</p>more</a>"),
            ["two words and more"]
        );
    }

    #[test]
    fn only_the_source_of_a_picture_changes() {
        let address = |id: &str| (id == "logo@x").then(|| "https://s3.test/a?b=1&c=\"".to_owned());
        for (html, expected) in [
            (
                r#"<p>a</p><img src="cid:logo@x" alt="l">"#,
                r#"<p>a</p><img src="https://s3.test/a?b=1&amp;c=&quot;" alt="l">"#,
            ),
            (r#"<img src="cid:other" alt="">"#, r#"<img src="cid:other" alt="">"#),
            (r#"src="cid:logo@x""#, r#"src="cid:logo@x""#),
            ("<img src=\"cid:logo@x", "<img src=\"https://s3.test/a?b=1&amp;c=&quot;"),
            ("", ""),
        ] {
            assert_eq!(with_pictures(html, address), expected, "{html}");
        }
    }

    #[test]
    fn heights_grow_with_words_and_breaks() {
        assert_eq!(lines("hello", 80), 2);
        assert_eq!(lines(&"word ".repeat(160), 80), 11);
        assert_eq!(lines("<p>a</p>\n<p>b</p>", 80), 5);
        assert_eq!(lines("a<br>b<br><br>c", 80), 5);
        assert_eq!(lines("<div>a</div><div>b</div>", 80), 3);
        assert_eq!(lines(r#"<img src="cid:x" height="2400000">"#, 80), 91);
    }

    #[test]
    fn html_and_text_are_compared_by_what_they_mean() {
        for (html, text, expected) in [
            ("<p>Hello <b>Ann</b>,</p><ul><li>one</li></ul>", "Hello *Ann*,\n\n - one\n", true),
            ("<p>2 &lt; 3 &amp; café&nbsp;x</p>", "2 < 3 & CAFÉ x", true),
            ("<p>Pay 100</p>", "Pay 1000", false),
            ("<p>Hello</p>", "", false),
            ("<p>Pay €1.000</p>", "Pay $10.00", false),
            ("<p>Pay €1.000</p>", "Pay €1,000", false),
            ("<p>Pay €1.000</p>", "Pay € 1.000", true),
            ("<p>Pay $10</p>", "Pay €10", false),
            ("<p>-5 degrees</p>", "5 degrees", false),
            ("<p>−5 degrees</p>", "-5 degrees", true),
            ("<p>5% off</p>", "5 off", false),
            ("<p>at 10:30</p>", "at 1030", false),
            ("<ul><li>5 items</li></ul>", "- 5 items", true),
            ("<blockquote>5 items</blockquote>", "> 5 items", true),
            ("<p>x &lt; 5</p>", "x > 5", false),
            ("<p>See <a href=\"https://x.test/a\">this</a>.</p>", "See this (https://x.test/a).", true),
            ("<p>See <a href=\"https://x.test/a\">this</a>.</p>", "See this (https://evil.test/a).", false),
            ("<p>See <a href=\"https://x.test/a\">https://x.test/a</a></p>", "See https://x.test/a", true),
        ] {
            assert_eq!(says_the_same(html, text), expected, "{html} {text}");
        }
    }
}
