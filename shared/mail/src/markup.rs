//! HTML tags as a stream, made harmless to the parsers behind it, and HTML as text.
//!
//! html5ever, the parser inside ammonia, takes quadratic time in five cases that anyone can mail us: deep
//! nesting; formatting elements that are never closed (each new block repeats all of them); thousands of
//! attributes on one tag; content of a table outside its cells (each piece is inserted before the table, into
//! the middle of a vector); and long runs of text with many `&` or no-break spaces and no `<` (its serialiser
//! searches to the end of the text for each: one megabyte of `&` takes 90 seconds).
//!
//! [`balance`] is a linear pass that removes the five: what it writes is well nested, little more than
//! [`MAX_DEPTH`] deep, with about [`MAX_ELEMENTS`] elements of the few kinds that mail needs, each with few and
//! short attributes, what is in tables is in cells, and long text is divided. It decides nothing about safety:
//! ammonia still judges every tag and attribute.

use std::fmt::Write as _;

/// Deepest nesting that is kept. Real newsletters nest tables about 30 deep.
pub(crate) const MAX_DEPTH: usize = 100;
/// Most elements that are kept; the text of further ones stays.
pub(crate) const MAX_ELEMENTS: usize = 30_000;
/// Most attributes that are looked at on one tag.
const MAX_ATTRIBUTES: usize = 40;
/// Longest attribute value that is kept, in bytes. Tracking links reach a few KB.
const MAX_ATTRIBUTE: usize = 8 * 1024;
/// Longest `data:` image that is kept, in bytes.
const MAX_DATA_URL: usize = 128 * 1024;
/// Most HTML that is written, in bytes: escaping makes five bytes of one, and each costs time later.
const MAX_BALANCED: usize = (1 << 20) + (1 << 18);
/// Longest run of text without a tag, in bytes; longer ones are divided by an empty `span`.
const MAX_TEXT_RUN: usize = 4 * 1024;
/// Deepest quotation that [`to_text`] still marks with one `>` a level.
const MAX_QUOTE_MARKS: usize = 8;

/// One piece of an HTML document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// Text between tags, character references undecoded. May contain stray `<`.
    Text(&'a str),
    /// A start tag: its name as written and everything up to the closing `>`.
    Start(&'a str, &'a str),
    /// An end tag: its name as written.
    End(&'a str),
}

/// Splits HTML into tokens the way browsers do (WHATWG HTML §13.2.5), without comments, declarations and the
/// content of elements whose content is not text. Every byte is looked at a constant number of times.
pub(crate) struct Tokens<'a> {
    rest: &'a str,
    /// Set once `</script` and the like was searched and not found: searching again would find nothing.
    done: bool,
    /// The content of the style sheet that the last tag began.
    style: Option<&'a str>,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(html: &'a str) -> Self {
        Self { rest: html, done: false, style: None }
    }

    /// The style sheet, if the last tag began one.
    pub(crate) fn style(&mut self) -> Option<&'a str> {
        self.style.take()
    }

    fn finish(&mut self) {
        self.rest = "";
        self.done = true;
    }

    /// Takes a tag from its name to its `>`, minding quotes. `None`: the tag never ends, and browsers drop it.
    fn take_tag(&mut self, name_at: usize) -> Option<(&'a str, &'a str)> {
        let tag = &self.rest[name_at..];
        let name_len = tag.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))?;
        let (name, attributes) = tag.split_at(name_len);
        let end = tag_end(attributes)?;
        let attributes = &attributes[..end];
        self.rest = &self.rest[name_at + name_len + end + 1..];
        Some((name, attributes))
    }

    /// Skips the content of an element whose content is not markup, its end tag included.
    fn skip_raw(&mut self, name: &str) {
        let mut from = 0;
        while let Some(at) = self.rest[from..].find("</") {
            let after = from + at + 2;
            let candidate = &self.rest.as_bytes()[after..];
            if candidate.len() >= name.len()
                && candidate[..name.len()].eq_ignore_ascii_case(name.as_bytes())
                && candidate
                    .get(name.len())
                    .is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'))
            {
                self.rest = &self.rest[after..];
                match self.rest.find('>') {
                    Some(end) => self.rest = &self.rest[end + 1..],
                    None => self.finish(),
                }
                return;
            }
            from = after;
        }
        self.finish();
    }
}

/// Where the text after a comment begins, in the text that follows `<!--`.
fn comment_end(body: &str) -> Option<usize> {
    // `<!-->` and `<!--->` are complete comments.
    if body.starts_with('>') {
        return Some(1);
    }
    if body.starts_with("->") {
        return Some(2);
    }
    // One search for what both ends begin with: a search for each would run to the end of the document for
    // the rarer one, once per comment.
    let mut from = 0;
    while let Some(at) = body[from..].find("--") {
        let after = from + at + 2;
        if body[after..].starts_with('>') {
            return Some(after + 1);
        }
        if body[after..].starts_with("!>") {
            return Some(after + 2);
        }
        from = after - 1;
    }
    None
}

/// Where a tag's `>` is, in the text that follows its name. A quote counts only as the start of a value, as
/// in browsers: `<a "> b">` ends at its first `>`.
fn tag_end(attributes: &str) -> Option<usize> {
    let bytes = attributes.as_bytes();
    let mut at = 0;
    let mut value_starts = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'>' => return Some(at),
            b'"' | b'\'' if value_starts => {
                at += 1 + bytes[at + 1..].iter().position(|&b| b == byte)?;
                value_starts = false;
            }
            b'=' => value_starts = true,
            b if b.is_ascii_whitespace() => {}
            _ => value_starts = false,
        }
        at += 1;
    }
    None
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.rest.is_empty() || self.done {
                return None;
            }
            // A `<` that starts nothing is text: it stays with the text before and after it.
            let mut from = 0;
            let markup = loop {
                let Some(at) = self.rest[from..].find('<') else { break self.rest.len() };
                let at = from + at;
                if matches!(
                    self.rest.as_bytes().get(at + 1),
                    Some(b'!' | b'?' | b'/' | b'a'..=b'z' | b'A'..=b'Z')
                ) {
                    break at;
                }
                from = at + 1;
            };
            if markup > 0 {
                let (text, rest) = self.rest.split_at(markup);
                self.rest = rest;
                return Some(Token::Text(text));
            }
            match self.rest.as_bytes().get(1) {
                Some(b'!') if self.rest.starts_with("<!--") => {
                    let body = &self.rest[4..];
                    let end = comment_end(body);
                    match end {
                        Some(end) => self.rest = &body[end..],
                        None => self.finish(),
                    }
                }
                Some(b'/') if self.rest.as_bytes().get(2).is_some_and(u8::is_ascii_alphabetic) => {
                    match self.take_tag(2) {
                        Some((name, _)) => return Some(Token::End(name)),
                        None => self.finish(),
                    }
                }
                Some(b'!' | b'?' | b'/') => match self.rest.find('>') {
                    Some(end) => self.rest = &self.rest[end + 1..],
                    None => self.finish(),
                },
                _ => match self.take_tag(1) {
                    Some((name, attributes)) => {
                        self.style = None;
                        if let Some(raw) = raw_text_element(name) {
                            let content = self.rest;
                            self.skip_raw(raw);
                            if raw == "style" {
                                let end = content.len() - self.rest.len();
                                self.style =
                                    Some(content[..end].rsplit_once("</").map_or(content, |(css, _)| css));
                            }
                        }
                        return Some(Token::Start(name, attributes));
                    }
                    None => self.finish(),
                },
            }
        }
    }
}

/// Elements whose content is not shown as text and not markup either.
fn raw_text_element(name: &str) -> Option<&'static str> {
    const RAW: [&str; 9] =
        ["script", "style", "title", "xmp", "iframe", "noembed", "noframes", "template", "plaintext"];
    RAW.into_iter().find(|raw| raw.eq_ignore_ascii_case(name))
}

/// The attributes of a tag, names lower-cased, at most [`MAX_ATTRIBUTES`].
pub(crate) fn attributes(tag: &str) -> impl Iterator<Item = (String, &str)> {
    let mut rest = tag;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        // A leading `=` belongs to the name, as in browsers.
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '=' | '>');
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let name_len = rest[first..].find(ends).map_or(rest.len(), |at| at + first);
        let (name, after) = rest.split_at(name_len);
        let name = name.to_ascii_lowercase();
        let value_at = after.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let Some(value) = value_at.strip_prefix('=') else {
            rest = after;
            return Some((name, ""));
        };
        let value = value.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let (value, after) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            _ => value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len())),
        };
        rest = after;
        Some((name, value))
    })
    .take(MAX_ATTRIBUTES)
}

/// How an element takes part in nesting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Has no content and no end tag.
    Void,
    /// Flows in a line of text.
    Inline,
    /// Starts on a line of its own and ends an open paragraph.
    Block,
    /// A paragraph: ended by the next block.
    Paragraph,
    /// An item that the next item of the same list ends.
    Item,
    /// A table.
    Table,
    /// A part of a table that has no text of its own.
    Row,
    /// A part of a table that has text.
    Cell,
}

/// Every element that mail needs. What is missing here vanishes; its text stays.
#[rustfmt::skip] // a table
const ELEMENTS: &[(&str, Kind)] = &[
    ("a", Kind::Inline), ("abbr", Kind::Inline), ("address", Kind::Block), ("article", Kind::Block),
    ("aside", Kind::Block), ("b", Kind::Inline), ("bdi", Kind::Inline), ("big", Kind::Inline),
    ("blockquote", Kind::Block), ("br", Kind::Void), ("caption", Kind::Cell), ("center", Kind::Block),
    ("cite", Kind::Inline), ("code", Kind::Inline), ("col", Kind::Row), ("colgroup", Kind::Row),
    ("dd", Kind::Item), ("del", Kind::Inline), ("dfn", Kind::Inline), ("div", Kind::Block),
    ("dl", Kind::Block), ("dt", Kind::Item), ("em", Kind::Inline), ("figcaption", Kind::Block),
    ("figure", Kind::Block), ("font", Kind::Inline), ("footer", Kind::Block), ("h1", Kind::Block),
    ("h2", Kind::Block), ("h3", Kind::Block), ("h4", Kind::Block), ("h5", Kind::Block), ("h6", Kind::Block),
    ("header", Kind::Block), ("hr", Kind::Void), ("i", Kind::Inline), ("img", Kind::Void),
    ("ins", Kind::Inline), ("kbd", Kind::Inline), ("li", Kind::Item), ("main", Kind::Block),
    ("mark", Kind::Inline), ("nav", Kind::Block), ("ol", Kind::Block), ("p", Kind::Paragraph),
    ("pre", Kind::Block), ("q", Kind::Inline), ("s", Kind::Inline), ("samp", Kind::Inline),
    ("section", Kind::Block), ("small", Kind::Inline), ("span", Kind::Inline), ("strike", Kind::Inline),
    ("strong", Kind::Inline), ("sub", Kind::Inline), ("sup", Kind::Inline), ("table", Kind::Table),
    ("tbody", Kind::Row), ("td", Kind::Cell), ("tfoot", Kind::Row), ("th", Kind::Cell),
    ("thead", Kind::Row), ("tr", Kind::Row), ("tt", Kind::Inline), ("u", Kind::Inline), ("ul", Kind::Block),
    ("var", Kind::Inline), ("wbr", Kind::Void),
];

/// Attributes that [`balance`] passes on. Which of them survive on which element is ammonia's decision.
#[rustfmt::skip] // a table
pub(crate) const ATTRIBUTES: &[&str] = &[
    "abbr", "align", "alt", "bgcolor", "border", "cellpadding", "cellspacing", "cite", "color", "colspan",
    "datetime", "dir", "face", "headers", "height", "href", "lang", "noshade", "nowrap", "reversed",
    "rowspan", "scope", "size", "span", "src", "start", "style", "summary", "title", "type", "valign",
    "value", "width",
];

/// The names of all elements that [`balance`] writes.
pub(crate) fn element_names() -> impl Iterator<Item = &'static str> {
    ELEMENTS.iter().map(|(name, _)| *name)
}

fn element(name: &str) -> Option<(&'static str, Kind)> {
    // No known name is longer, and lower-casing an attacker's 1 MB name for every tag is not free.
    if name.len() > 10 {
        return None;
    }
    let name = name.to_ascii_lowercase();
    ELEMENTS.binary_search_by(|(known, _)| (*known).cmp(name.as_str())).ok().map(|at| ELEMENTS[at])
}

/// What [`balance`] made of a document.
#[derive(Debug, Default)]
pub(crate) struct Balanced {
    /// Well-nested HTML with known elements only.
    pub(crate) html: String,
    /// Elements were dropped because of [`MAX_DEPTH`] or [`MAX_ELEMENTS`], or values because of their length.
    pub(crate) truncated: bool,
    /// Something that acts was there: a script, a frame, a form control, an event handler.
    pub(crate) active: bool,
    /// Something that is written and not shown was there, as far as attributes tell.
    pub(crate) hidden: bool,
    /// Remote images named by `background` attributes and by styles.
    pub(crate) remote_backgrounds: usize,
}

/// Rewrites HTML so that parsing it is linear. See the module's documentation.
pub(crate) fn balance(html: &str) -> Balanced {
    let mut balancer = Balancer::default();
    balancer.done.html.reserve(html.len() + html.len() / 8);
    for token in Tokens::new(html) {
        match token {
            Token::Text(text) => balancer.text(text),
            Token::Start(name, attributes) => balancer.start(name, attributes),
            Token::End(name) => balancer.end(name),
        }
    }
    balancer.close_down_to(0);
    balancer.done
}

#[derive(Default)]
struct Balancer {
    done: Balanced,
    stack: Vec<(&'static str, Kind)>,
    /// Start tags dropped for depth whose end tags are still to come.
    skipped: usize,
    elements: usize,
    /// Bytes of text since the last tag that was written.
    run: usize,
}

impl Balancer {
    fn text(&mut self, text: &str) {
        if text.chars().all(is_collapsible) && self.is_between_cells() {
            return;
        }
        self.enter_cell();
        let mut rest = text;
        while self.run + rest.len() > MAX_TEXT_RUN {
            let (piece, _) = crate::text::cut(rest, MAX_TEXT_RUN.saturating_sub(self.run));
            // A character reference stays whole: it begins at most 33 bytes before the cut.
            let tail = piece.floor_char_boundary(piece.len().saturating_sub(33));
            let len = match piece[tail..].rfind('&') {
                Some(at) if !piece[tail + at..].contains(';') => tail + at,
                _ => piece.len(),
            };
            self.write_text(&rest[..len]);
            self.done.html.push_str("<span></span>");
            self.run = 0;
            rest = &rest[len..];
        }
        self.run += rest.len();
        self.write_text(rest);
    }

    fn write_text(&mut self, text: &str) {
        if self.done.html.len() + text.len() > MAX_BALANCED {
            self.done.truncated = true;
        } else {
            escape_into(&mut self.done.html, text, &['<', '&']);
        }
    }

    fn start(&mut self, name: &str, tag: &str) {
        self.inspect(name, tag);
        let Some((name, kind)) = element(name) else { return };
        if self.is_full() {
            self.done.truncated = true;
            return;
        }
        match kind {
            Kind::Block | Kind::Paragraph | Kind::Table => self.close_open(&["p"], &[]),
            Kind::Item if name == "li" => self.close_open(&["li"], &["ul", "ol"]),
            Kind::Item => self.close_open(&["dt", "dd"], &["dl"]),
            Kind::Inline if name == "a" => self.close_open(&["a"], &[]),
            Kind::Row | Kind::Cell => {
                if !self.enter_table(name) {
                    return;
                }
            }
            Kind::Inline | Kind::Void => {}
        }
        if !matches!(kind, Kind::Row | Kind::Cell) {
            self.enter_cell();
        }
        // A part of a table goes as deep as the table.
        let deep = self.stack.len() >= MAX_DEPTH && !matches!(kind, Kind::Void | Kind::Row | Kind::Cell);
        if deep {
            self.done.truncated = true;
            self.skipped += 1;
        } else {
            self.open(name, kind, tag);
        }
    }

    /// No more elements are written: the text goes on where it is.
    fn is_full(&self) -> bool {
        self.elements >= MAX_ELEMENTS || self.done.html.len() > MAX_BALANCED
    }

    fn open(&mut self, name: &'static str, kind: Kind, tag: &str) {
        self.elements += 1;
        self.run = 0;
        self.write_start(name, tag);
        if kind != Kind::Void && name != "col" {
            self.stack.push((name, kind));
        }
    }

    /// Whether this is inside a table and outside its cells.
    fn is_between_cells(&self) -> bool {
        self.stack.last().is_some_and(|(_, kind)| matches!(kind, Kind::Table | Kind::Row))
    }

    /// Opens the cell that text and other content of a table needs.
    fn enter_cell(&mut self) {
        if self.is_between_cells() && self.enter_table("td") {
            self.open("td", Kind::Cell, "");
        }
    }

    /// Closes and opens what is needed for the table part `name` to follow. `false`: there is no table.
    fn enter_table(&mut self, name: &str) -> bool {
        let Some(table) = self.innermost_table() else { return false };
        let parents: &[&str] = match name {
            "td" | "th" => &["tr"],
            "tr" => &["thead", "tbody", "tfoot"],
            "col" => &["colgroup"],
            _ => &[],
        };
        let parent = self.stack[table..].iter().position(|(open, _)| parents.contains(open));
        let parent = parent.map(|at| table + at);
        if parent.is_none() && parents == ["tr"] {
            self.enter_table("tr");
            self.open("tr", Kind::Row, "");
        } else {
            self.close_down_to(parent.unwrap_or(table) + 1);
        }
        true
    }

    fn innermost_table(&self) -> Option<usize> {
        self.stack.iter().rposition(|(_, kind)| *kind == Kind::Table)
    }

    fn write_start(&mut self, name: &'static str, tag: &str) {
        self.done.html.push('<');
        self.done.html.push_str(name);
        let mut seen = [false; 64];
        for (attribute, value) in attributes(tag) {
            let Ok(known) = ATTRIBUTES.binary_search(&attribute.as_str()) else { continue };
            // A repeated attribute is ignored by browsers.
            if std::mem::replace(&mut seen[known], true) {
                continue;
            }
            let is_data = name == "img" && attribute == "src" && is_data_url(value);
            if value.len() > if is_data { MAX_DATA_URL } else { MAX_ATTRIBUTE } {
                self.done.truncated = true;
                continue;
            }
            self.write_attribute(&attribute, value);
            if name == "img" && attribute == "src" && !is_data {
                // ammonia removes one of the two: which one, it tells from the decoded value.
                self.write_attribute("data-src", value);
            }
        }
        self.done.html.push('>');
    }

    fn write_attribute(&mut self, name: &str, value: &str) {
        let _ = write!(self.done.html, " {name}=\"");
        escape_into(&mut self.done.html, value, &['<', '>', '"', '&']);
        self.done.html.push('"');
    }

    fn end(&mut self, name: &str) {
        let Some((name, kind)) = element(name) else { return };
        if kind == Kind::Void || self.is_full() {
            return;
        }
        if self.skipped > 0 && !matches!(kind, Kind::Row | Kind::Cell) {
            self.skipped -= 1;
            return;
        }
        // A table part ends within its table, everything else within its cell.
        let floor = match kind {
            Kind::Table => Some(0),
            Kind::Row | Kind::Cell => self.innermost_table(),
            _ => self.stack.iter().rposition(|(_, kind)| matches!(kind, Kind::Table | Kind::Cell)),
        };
        let floor = floor.unwrap_or(0);
        if let Some(at) = self.stack[floor..].iter().rposition(|(open, _)| *open == name) {
            self.close_down_to(floor + at);
        }
    }

    /// Closes the innermost of `names`, unless a cell or one of `stops` is in between.
    fn close_open(&mut self, names: &[&str], stops: &[&str]) {
        for at in (0..self.stack.len()).rev() {
            let (open, kind) = self.stack[at];
            if names.contains(&open) {
                return self.close_down_to(at);
            }
            if matches!(kind, Kind::Table | Kind::Row | Kind::Cell) || stops.contains(&open) {
                return;
            }
        }
    }

    fn close_down_to(&mut self, depth: usize) {
        while self.stack.len() > depth {
            self.run = 0;
            if let Some((name, _)) = self.stack.pop() {
                let _ = write!(self.done.html, "</{name}>");
            }
        }
    }

    /// Takes note of what ammonia will remove without a word.
    fn inspect(&mut self, name: &str, tag: &str) {
        const ACTIVE: [&str; 13] = [
            "script", "iframe", "frame", "object", "embed", "applet", "form", "input", "button", "select",
            "textarea", "base", "svg",
        ];
        if ACTIVE.iter().any(|active| active.eq_ignore_ascii_case(name)) {
            self.done.active = true;
        }
        for (attribute, value) in attributes(tag) {
            match attribute.as_str() {
                "hidden" => self.done.hidden = true,
                "background" | "srcset" | "poster" if !value.is_empty() => self.done.remote_backgrounds += 1,
                "style" => {
                    let plain = value.chars().filter(|c| !c.is_whitespace()).take(MAX_ATTRIBUTE);
                    let style = plain.collect::<String>().to_lowercase();
                    self.done.remote_backgrounds += style.matches("url(").count();
                    self.done.hidden |= hides(&style);
                }
                _ if attribute.starts_with("on") && attribute.len() > 3 => self.done.active = true,
                _ => {}
            }
        }
    }
}

/// Whether a style (lower case, without spaces) takes its element out of sight.
fn hides(style: &str) -> bool {
    style.split(';').filter_map(|declaration| declaration.split_once(':')).any(|(name, value)| {
        let value = value.trim_end_matches("!important");
        let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
        let is_zero = || number.parse::<f32>().is_ok_and(|number| number <= 0.01);
        match name {
            "display" => value == "none",
            "visibility" => value == "hidden" || value == "collapse",
            "mso-hide" => value == "all",
            "font-size" | "opacity" | "max-height" | "max-width" => is_zero(),
            _ => false,
        }
    })
}

/// Whether this is a `data:` URL of plain base64. Nothing in one needs escaping, so it may be long.
fn is_data_url(url: &str) -> bool {
    url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
        && url[5..]
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b';' | b',' | b'-'))
}

/// Writes text or an attribute value so that it stays one: of `special`, everything, but an `&` only when it
/// begins no well-formed character reference.
fn escape_into(out: &mut String, text: &str, special: &[char]) {
    let mut rest = text;
    while let Some(at) = rest.find(special) {
        out.push_str(&rest[..at]);
        let (written, read) = match rest.as_bytes()[at] {
            b'<' => ("&lt;", 1),
            b'>' => ("&gt;", 1),
            b'"' => ("&quot;", 1),
            _ => match reference_len(&rest[at..]) {
                Some(len) => (&rest[at..at + len], len),
                None if is_bare_space(&rest[at..]) => ("&nbsp;", 5),
                None => ("&amp;", 1),
            },
        };
        out.push_str(written);
        rest = &rest[at + read..];
    }
    out.push_str(rest);
}

/// The length of the character reference at the start of `text`: `&name;`, `&#65;` or `&#x41;`.
fn reference_len(text: &str) -> Option<usize> {
    // The longest name has 31 letters; eight digits are more than any character needs.
    let body = &text.as_bytes()[1..text.len().min(34)];
    let len = body.iter().position(|&b| b == b';')?;
    let good = match &body[..len] {
        [b'#', b'x' | b'X', digits @ ..] => {
            (1..=8).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit)
        }
        [b'#', digits @ ..] => (1..=8).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit),
        name => {
            name.first().is_some_and(u8::is_ascii_alphabetic) && name.iter().all(u8::is_ascii_alphanumeric)
        }
    };
    good.then_some(len + 2)
}

/// `&nbsp` without its semicolon: the one that sloppy mail programs write.
fn is_bare_space(text: &str) -> bool {
    text.strip_prefix("&nbsp")
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '='))
}

/// Text out of HTML that was sanitised, so it is well nested and has only the character references that a
/// serialiser writes. At most `max` bytes. The flag says whether something was cut.
///
/// Blocks become lines, list items `- `, quotations `> ` (so that [`crate::reply`] can find them), and a link
/// whose text is not its address is followed by the address in angle brackets.
pub(crate) fn to_text(html: &str, max: usize) -> (String, bool) {
    let mut writer = Writer { max, ..Writer::default() };
    let mut links: Vec<Option<String>> = Vec::new();
    let mut pre = 0_usize;
    for token in Tokens::new(html) {
        if writer.full {
            break;
        }
        match token {
            Token::Text(text) => writer.text(&decode(text), pre > 0),
            Token::Start(name, tag) => match name {
                "br" => writer.line_break(),
                "hr" => {
                    writer.block(1);
                    writer.text("---", true);
                    writer.block(1);
                }
                "p" => writer.block(2),
                "li" => {
                    writer.block(1);
                    writer.text("- ", true);
                }
                "td" | "th" => writer.cell(),
                "img" => {
                    if let Some((_, alt)) =
                        attributes(tag).find(|(name, alt)| name == "alt" && !alt.trim().is_empty())
                    {
                        writer.text(&decode(alt), false);
                    }
                }
                "a" => {
                    let href = attributes(tag).find(|(name, _)| name == "href").map(|(_, href)| decode(href));
                    writer.link_from = writer.out.len();
                    links.push(href.filter(|href| href.starts_with("http")));
                }
                "blockquote" => {
                    writer.block(1);
                    writer.quotes += 1;
                }
                "pre" => {
                    writer.block(1);
                    pre += 1;
                }
                _ if is_block(name) => writer.block(1),
                _ => {}
            },
            Token::End(name) => match name {
                "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => writer.block(2),
                "a" => {
                    if let Some(Some(href)) = links.pop() {
                        writer.link(&href);
                    }
                }
                "blockquote" => {
                    writer.block(1);
                    writer.quotes = writer.quotes.saturating_sub(1);
                }
                "pre" => {
                    writer.block(1);
                    pre = pre.saturating_sub(1);
                }
                _ if is_block(name) => writer.block(1),
                _ => {}
            },
        }
    }
    (writer.out, writer.full)
}

fn is_block(name: &str) -> bool {
    matches!(name, "table" | "caption" | "tr")
        || element(name).is_some_and(|(_, kind)| matches!(kind, Kind::Block | Kind::Paragraph | Kind::Item))
}

/// Decodes the five references that html5ever's serialiser writes.
fn decode(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let known = [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&nbsp;", "\u{a0}")];
        let (written, plain) =
            known.into_iter().find(|(written, _)| rest.starts_with(written)).unwrap_or(("&", "&"));
        out.push_str(plain);
        rest = &rest[written.len()..];
    }
    out.push_str(rest);
    out
}

/// Writes lines: knows how many breaks and spaces are due before the next word.
#[derive(Default)]
struct Writer {
    out: String,
    max: usize,
    full: bool,
    /// Line breaks due before the next word, 0 to 2.
    breaks: usize,
    space: bool,
    quotes: usize,
    /// The quotation depth of the line before.
    line_quotes: usize,
    link_from: usize,
}

impl Writer {
    fn push(&mut self, text: &str) {
        let (text, cut) = crate::text::cut(text, self.max.saturating_sub(self.out.len()));
        self.out.push_str(text);
        self.full |= cut;
    }

    fn block(&mut self, breaks: usize) {
        if !self.out.is_empty() {
            self.breaks = self.breaks.max(breaks);
        }
        self.space = false;
    }

    fn line_break(&mut self) {
        // Two <br> make an empty line, and a hundred do too.
        self.breaks = (self.breaks + 1).min(2);
        self.space = false;
    }

    fn cell(&mut self) {
        self.space = true;
    }

    /// Writes what is due before a word.
    fn lead(&mut self) {
        if self.breaks > 0 || self.out.is_empty() {
            for _ in 1..self.breaks {
                self.push("\n");
                // An empty line belongs to a quotation only when both its neighbours do.
                let marks = "> ".repeat(self.quotes.min(self.line_quotes).min(MAX_QUOTE_MARKS));
                self.push(marks.trim_end());
            }
            if self.breaks > 0 {
                self.push("\n");
            }
            self.push(&"> ".repeat(self.quotes.min(MAX_QUOTE_MARKS)));
        } else if self.space {
            self.push(" ");
        }
        self.breaks = 0;
        self.space = false;
        self.line_quotes = self.quotes;
    }

    fn text(&mut self, text: &str, keep_spaces: bool) {
        if keep_spaces {
            for (at, line) in text.split('\n').enumerate() {
                if at > 0 {
                    self.line_break();
                }
                if !line.is_empty() {
                    self.lead();
                    self.push(line);
                }
            }
            return;
        }
        for word in text.split_inclusive(is_collapsible) {
            let bare = word.trim_end_matches(is_collapsible);
            if !bare.is_empty() {
                self.lead();
                self.push(bare);
            }
            if bare.len() < word.len() {
                self.space = true;
            }
        }
    }

    fn link(&mut self, href: &str) {
        let shown = self.out.get(self.link_from.min(self.out.len())..).unwrap_or_default().trim();
        let bare = |url: &str| {
            let url = url.trim_start_matches("https://").trim_start_matches("http://");
            url.trim_start_matches("www.").trim_end_matches('/').to_owned()
        };
        if !shown.is_empty() && bare(shown) != bare(href) {
            let breaks = std::mem::take(&mut self.breaks);
            self.push(" <");
            self.push(href);
            self.push(">");
            self.breaks = breaks;
        }
    }
}

/// White space that HTML collapses; a no-break space is none.
fn is_collapsible(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(html: &str) -> Vec<Token<'_>> {
        Tokens::new(html).collect()
    }

    #[test]
    fn tables_are_sorted_for_binary_search() {
        assert!(ELEMENTS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(ATTRIBUTES.is_sorted_by(|a, b| a < b));
        assert!(ATTRIBUTES.len() <= 64);
        assert!(element_names().all(|name| name.len() <= 10));
    }

    #[test]
    fn tags_text_and_comments() {
        assert_eq!(
            tokens("a <b c='>'>x</b ><!-- <i> --><?php <u> ?> 1 < 2"),
            [
                Token::Text("a "),
                Token::Start("b", " c='>'"),
                Token::Text("x"),
                Token::End("b"),
                Token::Text(" ?> 1 < 2"),
            ]
        );
        for comment in [
            "<!-->",
            "<!--->",
            "<!---->",
            "<!-- -- > --->",
            "<!-- --!>",
            "<!-- <a> -->",
            "<!x>",
            "</ >",
            "<?x>",
        ] {
            assert_eq!(tokens(&format!("{comment}shown")), [Token::Text("shown")], "{comment}");
        }
        assert_eq!(tokens("<!-- open"), []);
        assert_eq!(tokens("<script>a<b</script >c"), [Token::Start("script", ""), Token::Text("c")]);
        assert_eq!(tokens("x<a href='never closed"), [Token::Text("x")]);
        assert_eq!(tokens("<script>never closed"), [Token::Start("script", "")]);
    }

    #[test]
    fn attribute_forms() {
        let all: Vec<_> = attributes(r#" A=1 b="x y" c='"' d /e = f =g"#).collect();
        let expected = [("a", "1"), ("b", "x y"), ("c", "\""), ("d", ""), ("e", "f"), ("=g", "")];
        assert_eq!(all.iter().map(|(n, v)| (n.as_str(), *v)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn output_is_well_nested() {
        for (html, expected) in [
            ("<p>a<p>b", "<p>a</p><p>b</p>"),
            ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
            ("<b><i>x</b>y</i>", "<b><i>x</i></b>y"),
            (
                "<table><tr><td>a<td>b<tr><td>c</table>d",
                "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>d",
            ),
            (
                "<div><table><tr><td>a</div>b</table>c</div>",
                "<div><table><tr><td>ab</td></tr></table>c</div>",
            ),
            ("</div>x<svg><b>y", "x<b>y</b>"),
            ("<td>x<tr>y", "xy"),
            ("<table>x<b>y</b> <tr>z", "<table><tr><td>x<b>y</b> </td></tr><tr><td>z</td></tr></table>"),
            ("<table><td>x</table>", "<table><tr><td>x</td></tr></table>"),
            (
                "<table> <caption>x<tbody><tr><th>y",
                "<table><caption>x</caption><tbody><tr><th>y</th></tr></tbody></table>",
            ),
            (
                "<table><col><tr><td><table><td>x</table>y",
                "<table><col><tr><td><table><tr><td>x</td></tr></table>y</td></tr></table>",
            ),
            ("<a>x<a>y", "<a>x</a><a>y</a>"),
            ("1 < 2 > 0", "1 &lt; 2 > 0"),
            ("a&b &amp; &#65;&#x41; &nbsp. &copy=1 &", "a&amp;b &amp; &#65;&#x41; &nbsp;. &amp;copy=1 &amp;"),
        ] {
            assert_eq!(balance(html).html, expected, "{html}");
        }
    }

    #[test]
    fn hiding_styles() {
        for style in [
            "display:none",
            "color:red;display:none!important",
            "font-size:0",
            "font-size:0px",
            "opacity:0",
            "mso-hide:all",
        ] {
            assert!(hides(style), "{style}");
        }
        for style in [
            "",
            "display:block",
            "font-size:0.9em",
            "opacity:0.5",
            "color:red",
            "max-width:100%",
            "display",
            "font-size:",
        ] {
            assert!(!hides(style), "{style}");
        }
    }

    #[test]
    fn long_text_is_divided_between_characters() {
        for piece in ["&amp;", "é", "x", "&", "&x;&#1234567"] {
            let text = piece.repeat(10_000);
            let html = balance(&text).html;
            assert_eq!(html.replace("<span></span>", ""), balance(piece).html.repeat(10_000), "{piece}");
            let longest = html.split("<span></span>").map(str::len).max();
            assert!(longest.is_some_and(|len| len <= 5 * MAX_TEXT_RUN), "{piece}: {longest:?}");
        }
    }

    #[test]
    fn depth_and_number_are_capped() {
        let deep = balance(&"<div>".repeat(5_000));
        assert!(deep.truncated);
        assert_eq!(deep.html.matches("<div>").count(), MAX_DEPTH);
        let tables = balance(&"<table><tr><td>".repeat(5_000));
        assert!(tables.html.matches("<table>").count() <= MAX_DEPTH / 3 + 1);
        let many = balance(&"<b>x</b>".repeat(MAX_ELEMENTS + 10));
        assert!(many.truncated);
        assert_eq!(many.html.matches("<b>").count(), MAX_ELEMENTS);
        assert_eq!(many.html.matches('x').count(), MAX_ELEMENTS + 10);
    }

    #[test]
    fn text_from_html() {
        for (html, expected) in [
            ("<p>Hello <b>you</b></p><p>Bye</p>", "Hello you\n\nBye"),
            ("a<br>b<br><br><br>c", "a\nb\n\nc"),
            ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
            (
                "<div>x</div><blockquote><p>q1</p><p>q2</p></blockquote><div>y</div>",
                "x\n\n> q1\n>\n> q2\n\ny",
            ),
            ("<a href=\"https://x.test/a\">here</a>.", "here <https://x.test/a>."),
            ("<a href=\"https://x.test/\">x.test</a>", "x.test"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
            ("a &amp; b &lt;c&gt;", "a & b <c>"),
            ("<pre>  x\n  y</pre>", "  x\n  y"),
        ] {
            assert_eq!(to_text(html, 1000).0, expected, "{html}");
        }
    }
}
