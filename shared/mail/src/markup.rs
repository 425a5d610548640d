//! HTML tags made harmless to the parsers behind them, and HTML as text.
//!
//! html5ever, the parser inside ammonia and css-inline, takes quadratic time in five cases that anyone can mail us: deep
//! nesting; formatting elements that are never closed (each new block repeats all of them); thousands of
//! attributes on one tag; content of a table outside its cells (each piece is inserted before the table, into
//! the middle of a vector); and long runs of text with many `&` or no-break spaces and no `<` (its serialiser
//! searches to the end of the text for each: one megabyte of `&` takes 90 seconds).
//!
//! [`balance`] is a linear pass that removes the five: what it writes is well nested, little more than
//! [`MAX_DEPTH`] deep, with about [`MAX_ELEMENTS`] elements of the few kinds that mail needs, each with few and
//! short attributes, what is in tables is in cells, and long text is divided. It decides nothing about safety:
//! ammonia, or the normal form, still judges every tag and attribute.

mod text;
pub(crate) mod tokens;

use std::fmt::Write as _;

pub(crate) use text::{is_collapsible, to_text};
pub(crate) use tokens::{Tag, Token, Tokens};

/// Deepest nesting that is kept. Real newsletters nest tables about 30 deep.
pub(crate) const MAX_DEPTH: usize = 100;
/// Most elements that are kept; the text of further ones stays.
pub(crate) const MAX_ELEMENTS: usize = 30_000;
/// Longest attribute value that is kept, in bytes. Tracking links reach a few KB.
pub(crate) const MAX_ATTRIBUTE: usize = 8 * 1024;
/// Longest `data:` image that is kept, in bytes.
const MAX_DATA_URL: usize = 128 * 1024;
/// Most HTML that is written, in bytes: escaping makes five bytes of one, and each costs time later.
const MAX_BALANCED: usize = (1 << 20) + (1 << 18);
/// Longest run of text without a tag, in bytes; longer ones are divided by an empty `span`.
const MAX_TEXT_RUN: usize = 4 * 1024;

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

/// Whether [`balance`] writes this element.
pub(crate) fn is_known_element(name: &str) -> bool {
    element(name).is_some()
}

fn element(name: &str) -> Option<(&'static str, Kind)> {
    ELEMENTS.binary_search_by(|(known, _)| (*known).cmp(name)).ok().map(|at| ELEMENTS[at])
}

/// Attributes that are passed on beside them where the normal form of outgoing HTML is made, which resolves them.
const STYLING: &[&str] = &["class", "id"];

/// What there was too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// [`MAX_DEPTH`].
    Depth,
    /// [`MAX_ELEMENTS`].
    Elements,
    /// The length of an attribute's value.
    Value,
    /// [`MAX_BALANCED`].
    Size,
}

/// What [`balance`] made of a document.
#[derive(Debug, Default)]
pub(crate) struct Balanced {
    /// Well-nested HTML with known elements only.
    pub(crate) html: String,
    /// The first thing that there was too much of, and the byte at which: something was dropped.
    pub(crate) limit: Option<(Limit, usize)>,
    /// Something that acts was there: a script, a frame, a form control, an event handler.
    pub(crate) active: bool,
    /// Something that is written and not shown was there, as far as attributes tell.
    pub(crate) hidden: bool,
    /// Something stood in a table outside its cells, and stands in one now.
    pub(crate) moved: bool,
    /// Remote images named by `background` attributes and by styles.
    pub(crate) remote_backgrounds: usize,
}

/// Rewrites HTML so that parsing it is linear. See the module's documentation.
pub(crate) fn balance(html: &str) -> Balanced {
    let mut balancer = Balancer::new(html.len(), false);
    for token in Tokens::new(html) {
        match token {
            // Of what is no markup, browsers show this.
            Token::Text(text) | Token::Raw("textarea" | "xmp" | "plaintext", text) => balancer.text(&text),
            Token::Start(tag) => balancer.start(&tag),
            Token::End(name) => balancer.end(&name),
            Token::Raw(..) | Token::Comment(_) => {}
        }
    }
    balancer.finish()
}

/// Takes tokens one by one and writes what [`balance`] promises.
#[derive(Default)]
pub(crate) struct Balancer {
    done: Balanced,
    /// Whether [`STYLING`] is passed on.
    styling: bool,
    /// Where the last tag began.
    at: usize,
    stack: Vec<(&'static str, Kind)>,
    /// Start tags dropped for depth whose end tags are still to come.
    skipped: usize,
    elements: usize,
    /// Bytes of text since the last tag that was written.
    run: usize,
}

impl Balancer {
    /// For HTML of so many bytes; with `styling`, classes and ids are kept.
    pub(crate) fn new(size: usize, styling: bool) -> Self {
        let mut balancer = Self { styling, ..Self::default() };
        balancer.done.html.reserve(size + size / 8);
        balancer
    }

    /// Closes what is open.
    pub(crate) fn finish(mut self) -> Balanced {
        self.close_down_to(0);
        self.done
    }

    fn exceed(&mut self, limit: Limit) {
        self.done.limit.get_or_insert((limit, self.at));
    }

    pub(crate) fn text(&mut self, text: &str) {
        if text.chars().all(is_collapsible) && self.is_between_cells() {
            return;
        }
        self.enter_cell();
        let mut rest = text;
        while self.run + rest.len() > MAX_TEXT_RUN {
            let (piece, _) = crate::text::cut(rest, MAX_TEXT_RUN.saturating_sub(self.run));
            self.write_text(piece);
            self.done.html.push_str("<span></span>");
            self.run = 0;
            rest = &rest[piece.len()..];
        }
        self.run += rest.len();
        self.write_text(rest);
    }

    fn write_text(&mut self, text: &str) {
        if self.done.html.len() + text.len() > MAX_BALANCED {
            self.exceed(Limit::Size);
        } else {
            escape_text(&mut self.done.html, text);
        }
    }

    pub(crate) fn start(&mut self, tag: &Tag) {
        self.at = tag.at;
        self.inspect(tag);
        let Some((name, kind)) = element(&tag.name) else { return };
        if self.is_full() {
            self.exceed(if self.elements >= MAX_ELEMENTS { Limit::Elements } else { Limit::Size });
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
            self.exceed(Limit::Depth);
            self.skipped += 1;
        } else {
            self.open(name, kind, &tag.attributes);
        }
    }

    /// No more elements are written: the text goes on where it is.
    fn is_full(&self) -> bool {
        self.elements >= MAX_ELEMENTS || self.done.html.len() > MAX_BALANCED
    }

    fn open(&mut self, name: &'static str, kind: Kind, attributes: &[(String, String)]) {
        self.elements += 1;
        self.run = 0;
        self.write_start(name, attributes);
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
            self.done.moved = true;
            self.open("td", Kind::Cell, &[]);
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
            self.open("tr", Kind::Row, &[]);
        } else {
            self.close_down_to(parent.unwrap_or(table) + 1);
        }
        true
    }

    fn innermost_table(&self) -> Option<usize> {
        self.stack.iter().rposition(|(_, kind)| *kind == Kind::Table)
    }

    fn write_start(&mut self, name: &'static str, attributes: &[(String, String)]) {
        self.done.html.push('<');
        self.done.html.push_str(name);
        for (attribute, value) in attributes {
            let attribute = attribute.as_str();
            let known = ATTRIBUTES.binary_search(&attribute).is_ok()
                || (self.styling && STYLING.contains(&attribute));
            if !known {
                continue;
            }
            let is_data = name == "img" && attribute == "src" && is_data_url(value);
            if value.len() > if is_data { MAX_DATA_URL } else { MAX_ATTRIBUTE } {
                self.exceed(Limit::Value);
                continue;
            }
            self.write_attribute(attribute, value);
            if name == "img" && attribute == "src" && !is_data && !self.styling {
                // ammonia removes one of the two: which one, it tells from the value.
                self.write_attribute("data-src", value);
            }
        }
        self.done.html.push('>');
    }

    fn write_attribute(&mut self, name: &str, value: &str) {
        write_attribute(&mut self.done.html, name, value);
    }

    pub(crate) fn end(&mut self, name: &str) {
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
    fn inspect(&mut self, tag: &Tag) {
        const ACTIVE: [&str; 13] = [
            "script", "iframe", "frame", "object", "embed", "applet", "form", "input", "button", "select",
            "textarea", "base", "svg",
        ];
        self.done.active |= ACTIVE.contains(&tag.name.as_str());
        for (attribute, value) in &tag.attributes {
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

/// Writes text so that every parser reads it as that text.
pub(crate) fn escape_text(out: &mut String, text: &str) {
    escape(out, text, &['<', '>', '&', '\u{a0}']);
}

/// Writes an attribute so that every parser reads it as that value.
pub(crate) fn write_attribute(out: &mut String, name: &str, value: &str) {
    let _ = write!(out, " {name}=\"");
    escape(out, value, &['<', '>', '"', '&', '\u{a0}']);
    out.push('"');
}

fn escape(out: &mut String, text: &str, special: &[char]) {
    let mut rest = text;
    while let Some(at) = rest.find(special) {
        out.push_str(&rest[..at]);
        let found = rest[at..].chars().next().unwrap_or_default();
        out.push_str(match found {
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '&' => "&amp;",
            _ => "&nbsp;",
        });
        rest = &rest[at + found.len_utf8()..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_for_binary_search() {
        assert!(ELEMENTS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(ATTRIBUTES.is_sorted_by(|a, b| a < b));
        assert!(ATTRIBUTES.len() <= 64);
        assert!(element_names().all(|name| name.len() <= 10));
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
            ("1 < 2 > 0", "1 &lt; 2 &gt; 0"),
            ("a&b &amp; &#65;&#x41; &nbsp. &copy=1 &", "a&amp;b &amp; AA &nbsp;. ©=1 &amp;"),
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
        assert!(deep.limit.is_some());
        assert_eq!(deep.html.matches("<div>").count(), MAX_DEPTH);
        let tables = balance(&"<table><tr><td>".repeat(5_000));
        assert!(tables.html.matches("<table>").count() <= MAX_DEPTH / 3 + 1);
        let many = balance(&"<b>x</b>".repeat(MAX_ELEMENTS + 10));
        assert!(many.limit.is_some());
        assert_eq!(many.html.matches("<b>").count(), MAX_ELEMENTS);
        assert_eq!(many.html.matches('x').count(), MAX_ELEMENTS + 10);
    }
}
