//! Looks into sanitised HTML. What comes in is what the sanitiser wrote: balanced, attributes in double quotes, `"`
//! within them as `&quot;`, no comments, no raw text. Nothing here makes HTML safe, or has to.

/// A piece of HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    /// Between tags, entities as written.
    Text(&'a str),
    /// `<…>`, brackets included.
    Tag(&'a str),
}

/// Cuts HTML into tags and what stands between them.
fn pieces(html: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        let tag = rest.starts_with('<');
        let end = if tag { tag_end(rest) } else { rest.find('<').unwrap_or(rest.len()) };
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(if tag { Piece::Tag(piece) } else { Piece::Text(piece) })
    })
}

/// Where the tag ends that `html` begins with: behind the first `>` outside of quotes.
fn tag_end(html: &str) -> usize {
    let mut quoted = false;
    for (i, byte) in html.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return i + 1,
            _ => {}
        }
    }
    html.len()
}

/// The name of a start tag in lower case, as the sanitiser writes it.
fn name(tag: &str) -> Option<&str> {
    let name = tag.strip_prefix('<')?;
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    (end > 0).then(|| &name[..end])
}

/// The value of an attribute, with its place in the tag.
fn attribute<'a>(tag: &'a str, wanted: &str) -> Option<(usize, &'a str)> {
    let mut at = tag.find(' ')?;
    while let Some(equals) = tag[at..].find("=\"").map(|i| at + i) {
        let value = equals + 2;
        let end = value + tag[value..].find('"')?;
        if tag[at..equals].trim() == wanted {
            return Some((value, &tag[value..end]));
        }
        at = end + 1;
    }
    None
}

fn decoded(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    // `&amp;` last: `&amp;lt;` is the text `&lt;`.
    text.replace("&nbsp;", "\u{a0}")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// Gives pictures that are part of the mail (`cid:`) the address under which they can be fetched now.
pub(crate) fn with_pictures(html: &str, address: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(html.len());
    for piece in pieces(html) {
        let (Piece::Tag(text) | Piece::Text(text)) = piece;
        let found = matches!(piece, Piece::Tag(tag) if name(tag) == Some("img"))
            .then(|| attribute(text, "src"))
            .flatten()
            .and_then(|(at, value)| {
                let (scheme, id) = value.split_once(':')?;
                let address = scheme.eq_ignore_ascii_case("cid").then(|| address(&decoded(id))).flatten()?;
                Some((at, at + value.len(), address))
            });
        match found {
            Some((from, to, address)) => {
                out.push_str(&text[..from]);
                out.push_str(&address.replace('&', "&amp;").replace('"', "&quot;"));
                out.push_str(&text[to..]);
            }
            None => out.push_str(text),
        }
    }
    out
}

/// A link: what it says and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// Its words.
    pub text: String,
    /// Its address.
    pub address: String,
}

/// The links of a mail, each once, at most `most`, and how many there are in all.
pub(crate) fn links(html: &str, most: usize) -> (Vec<Link>, usize) {
    let mut links: Vec<Link> = vec![];
    let mut count = 0;
    let mut open: Option<Link> = None;
    for piece in pieces(html) {
        match piece {
            Piece::Tag(tag) if name(tag) == Some("a") => {
                open = attribute(tag, "href")
                    .map(|(_, address)| Link { text: String::new(), address: decoded(address) });
            }
            Piece::Tag("</a>") => {
                if let Some(link) = open.take() {
                    count += 1;
                    if links.len() < most && !links.contains(&link) {
                        links.push(link);
                    }
                }
            }
            // A picture may be all that a link shows.
            Piece::Tag(tag) if name(tag) == Some("img") => {
                if let (Some(link), Some((_, alt))) = (&mut open, attribute(tag, "alt")) {
                    add_words(&mut link.text, &decoded(alt));
                }
            }
            Piece::Text(text) => {
                if let Some(link) = &mut open {
                    add_words(&mut link.text, &decoded(text));
                }
            }
            Piece::Tag(_) => {}
        }
    }
    (links, count)
}

/// Longest words of a link that are kept, in octets.
const MAX_LINK_TEXT: usize = 300;

fn add_words(text: &mut String, more: &str) {
    for word in more.split_whitespace() {
        if text.len() + word.len() > MAX_LINK_TEXT {
            return;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
}

/// Whether the words of a link look like an address of another place than where it leads.
pub(crate) fn misleads(link: &Link) -> bool {
    let Some(shown) = host_in(link.text.trim()) else { return false };
    let target = link.address.strip_prefix("mailto:").map_or_else(
        || host_in(&link.address),
        |address| {
            address
                .split('?')
                .next()
                .and_then(|address| address.rsplit_once('@'))
                .map(|(_, host)| host.into())
        },
    );
    let bare = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_owned();
    target.is_none_or(|target| bare(&target) != bare(&shown))
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
    let with_scheme = text.split_once("://").map(|(_, rest)| rest);
    let rest = with_scheme.unwrap_or(text);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let (_, top) = host.rsplit_once('.')?;
    // Without a scheme only what looks like a host counts: `v1.2` and `plan.pdf` are words, `example.com` is a place.
    let plausible = with_scheme.is_some()
        || (top.len() >= 2 && top.bytes().all(|b| b.is_ascii_lowercase()) && !FILE_ENDINGS.contains(&top));
    (plausible && !host.starts_with('.')).then_some(host)
}

/// Whether the HTML and the text part say the same: letters and digits alone, in order. Signs of every kind are how
/// plain text draws what HTML has elements for.
pub(crate) fn says_the_same(html: &str, text: &str) -> bool {
    let letters = |text: &str| -> Vec<char> {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let mut of_html = Vec::new();
    for piece in pieces(html) {
        if let Piece::Text(text) = piece {
            of_html.extend(letters(&decoded(text)));
        }
    }
    of_html == letters(text)
}

/// About how many lines the HTML takes, rather too many than too few, where a line holds so many characters: the
/// height of a frame, which can't ask its contents without a script.
pub(crate) fn lines(html: &str, line_length: usize) -> usize {
    let (mut lines, mut run) = (1, 0);
    for piece in pieces(html) {
        match piece {
            Piece::Text(text) => {
                run += text.split_whitespace().map(|word| word.chars().count() + 1).sum::<usize>();
            }
            Piece::Tag(tag) => {
                let room = match name(tag) {
                    Some("h1" | "h2") => 2,
                    Some(
                        "p" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "ul" | "ol" | "hr" | "table" | "tr",
                    ) => 1,
                    // A second break in a row is an empty line.
                    Some("br") => usize::from(run == 0),
                    Some("div" | "li" | "pre") => 0,
                    Some("img") => picture_lines(tag),
                    _ => continue,
                };
                lines += run.div_ceil(line_length) + room;
                run = 0;
            }
        }
    }
    lines + run.div_ceil(line_length)
}

/// A picture counts by its declared height; one without, or that is not shown, by one line.
fn picture_lines(tag: &str) -> usize {
    let shown = attribute(tag, "src").is_some();
    let height = attribute(tag, "height").and_then(|(_, height)| height.parse::<usize>().ok());
    match (shown, height) {
        (true, Some(height)) => (height / 24).clamp(1, 40),
        (true, None) => 8,
        (false, _) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_source_of_a_picture_changes() {
        let address = |id: &str| (id == "logo@x").then(|| "https://s3.test/a?b=1&c=\"".to_owned());
        for (html, expected) in [
            (
                r#"<p>a</p><img alt="l" src="cid:logo@x">"#,
                r#"<p>a</p><img alt="l" src="https://s3.test/a?b=1&amp;c=&quot;">"#,
            ),
            (r#"<img src="CID:logo@x">"#, r#"<img src="https://s3.test/a?b=1&amp;c=&quot;">"#),
            (r#"<img src="cid:other">"#, r#"<img src="cid:other">"#),
            (r#"<img data-src="cid:logo@x">"#, r#"<img data-src="cid:logo@x">"#),
            (r#"src="cid:logo@x""#, r#"src="cid:logo@x""#),
            (
                r#"<b title="<img src=&quot;cid:logo@x&quot;>">src="cid:logo@x"</b>"#,
                r#"<b title="<img src=&quot;cid:logo@x&quot;>">src="cid:logo@x"</b>"#,
            ),
            ("unbalanced <img src=\"cid:logo@x", "unbalanced <img src=\"cid:logo@x"),
            ("<", "<"),
            ("", ""),
        ] {
            assert_eq!(with_pictures(html, address), expected, "{html}");
        }
    }

    #[test]
    fn links_are_listed_with_where_they_lead() {
        let html = r#"<p><a href="https://x.test/?a=1&amp;b=2" rel="r">See <b>this</b></a> and
            <a href="https://x.test/?a=1&amp;b=2" rel="r">See this</a><a name="n">no</a>
            <a href="mailto:a@x.test"><img alt="Write" src="cid:1"></a></p>"#;
        let (found, count) = links(html, 10);
        let link = |text: &str, address: &str| Link { text: text.to_owned(), address: address.to_owned() };
        assert_eq!(found, [link("See this", "https://x.test/?a=1&b=2"), link("Write", "mailto:a@x.test")]);
        assert_eq!(count, 3);
        assert_eq!(links(html, 1).0.len(), 1);
    }

    #[test]
    fn a_link_that_shows_another_place_misleads() {
        for (text, address, expected) in [
            ("https://bank.test/login", "https://evil.test/", true),
            ("bank.test", "https://evil.test/bank.test", true),
            ("bank.test", "https://bank.test@evil.test/", true),
            ("www.bank.test", "https://bank.test/a", false),
            ("https://bank.test", "https://www.bank.test/?x", false),
            ("a@bank.test", "mailto:a@bank.test?subject=x", false),
            ("a@bank.test", "mailto:a@evil.test", true),
            ("Your invoice", "https://evil.test/", false),
            ("v1.2", "https://x.test/", false),
            ("plan.pdf", "https://x.test/", false),
            ("", "https://x.test/", false),
        ] {
            let link = Link { text: text.to_owned(), address: address.to_owned() };
            assert_eq!(misleads(&link), expected, "{text} -> {address}");
        }
    }

    #[test]
    fn html_and_text_are_compared_by_their_words() {
        for (html, text, same) in [
            ("<p>Hello <b>Ann</b>,</p><ul><li>one</li></ul>", "Hello *Ann*,\n\n - one\n", true),
            ("<p>2 &lt; 3 &amp; caf\u{e9}&nbsp;x</p>", "2 < 3 & CAF\u{c9} x", true),
            ("<p>Pay 100</p>", "Pay 1000", false),
            ("<p>Hello</p>", "", false),
        ] {
            assert_eq!(says_the_same(html, text), same, "{html}");
        }
    }

    #[test]
    fn heights_grow_with_words_and_breaks() {
        assert_eq!(lines("hello", 80), 2);
        assert_eq!(lines(&"word ".repeat(160), 80), 11);
        assert_eq!(lines("<p>a</p>\n<p>b</p>", 80), 5);
        assert_eq!(lines("a<br>b<br><br>c", 80), 5);
        assert_eq!(lines("<div>a</div><div>b</div>", 80), 3);
        assert_eq!(lines(r#"<img src="cid:x" height="2400000">"#, 80), 41);
    }
}
