//! The way out: a document as a tree, written in the normal form.
//!
//! What a reader sees is kept where the form can say it. Text that a browser would not show is taken out; text that could
//! not be read, or that is smaller than eight pixels, is made readable; what moves or covers something is left out.
//!
//! Whether text can be read is told from the colours alone, so the form may only say what a colour lies behind. A
//! background is counted on where its box surely holds the text: that of a block for what flows in it, that of words in
//! a line for words of the same size in the same line. Elsewhere (what floats, what is raised, a caption) the element
//! says again what lies behind it.

use std::fmt::Write as _;

use url::Url;

use super::changes::{ChangeKind, Changes};
use super::colour::{Colour, Paint};
use super::style::{Around, Case, Explicit, Ink, Length, SIZES, Style};
use super::tree::{Element, Node, is_void};
use super::{Reason, Refused};
use crate::markup::{escape_text, is_collapsible, write_attribute};

/// Less contrast than this can't be read (WCAG 2.2 asks for 3 at least; honest mails come close to 2).
const MIN_CONTRAST: f32 = 2.0;
/// Lines begin at most so far from the edge, in pixels: further ones could be out of sight.
const ROOM: f32 = 400.0;
/// How far browsers move lists, quotations and definitions, in pixels.
const STEP: f32 = 40.0;
/// So many no-break spaces in a row make a gap that lines can't be broken at.
const GAP: usize = 3;

/// How an element takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// In a line, word by word.
    Inline,
    /// In a line, as one.
    Atom,
    /// On lines of its own.
    Block,
}

/// What is known where an element stands.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about what is around an element"
)]
struct Context {
    /// The size of letters, in pixels.
    size: f32,
    /// Letters are too small to be seen.
    unseen: bool,
    colour: Colour,
    /// What lies behind words here.
    behind: Colour,
    /// What lies behind a block here.
    below: Colour,
    /// Something around it has a background of its own.
    painted: bool,
    /// White space is kept.
    preserves: bool,
    case: Case,
    /// What is left of [`ROOM`].
    room: f32,
    /// Within a link.
    linked: bool,
    /// Letters are of the fixed width, which browsers make smaller.
    fixed: bool,
    /// Within a table whose joined cells could lie upon each other.
    collides: bool,
}

/// What a document was written as.
pub(super) struct Written {
    pub(super) html: String,
    /// Whether there is anything to see.
    pub(super) says_something: bool,
}

/// Writes a document in the normal form. `knows` tells whether the mail has a file of this content id.
pub(super) fn write(
    body: &Element,
    language: Option<&str>,
    knows: &dyn Fn(&str) -> bool,
    changes: &mut Changes,
) -> Result<Written, Refused> {
    let mut writer = Writer { out: String::new(), changes, knows, last: Last::Line, says_something: false };
    writer.document(body, language)?;
    Ok(Written { html: writer.out, says_something: writer.says_something })
}

/// What was written last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Something that stands in a line and is no text.
    Thing,
    /// The beginning of a line: white space is not seen there.
    Line,
    /// Text that ends with this character.
    Text(char),
}

struct Writer<'a> {
    out: String,
    changes: &'a mut Changes,
    knows: &'a dyn Fn(&str) -> bool,
    last: Last,
    says_something: bool,
}

/// An element as it is to be written.
struct Shown {
    name: &'static str,
    level: Level,
    style: Style,
    attributes: Vec<(&'static str, String)>,
    /// What stands around its text.
    quotes: bool,
    /// By how much it makes letters larger or smaller.
    times: f32,
    /// How far it moves lines in, in pixels.
    step: f32,
}

impl Writer<'_> {
    fn document(&mut self, body: &Element, language: Option<&str>) -> Result<(), Refused> {
        let mut context = Context {
            size: 16.0,
            unseen: false,
            colour: Colour::BLACK,
            behind: Colour::WHITE,
            below: Colour::WHITE,
            painted: false,
            preserves: false,
            case: Case::AsWritten,
            room: ROOM,
            linked: false,
            fixed: false,
            collides: false,
        };
        self.out.push_str("<!DOCTYPE html><html");
        if let Some(language) = language.filter(|language| is_language(language)) {
            write_attribute(&mut self.out, "lang", language);
        }
        self.out.push_str("><head><meta charset=\"utf-8\"></head><body");
        let mut style = style_of(body);
        let room = Style { margin: std::mem::take(&mut style.margin), ..Style::default() };
        let ground = style.background.map(|paint| paint.over(Colour::WHITE));
        let mut looks = ground.map(|ground| format!("background-color:{}", ground.css())).unwrap_or_default();
        let around =
            Around { size: 16.0, behind: Colour::WHITE, colour: Colour::BLACK, sized: false, room: ROOM };
        let (room, indent) = room.write(&around, None, &Explicit::default());
        context.room -= indent;
        if !room.is_empty() {
            add(&mut looks, &room);
        }
        if has_long_word(body) {
            add(&mut looks, "overflow-wrap:anywhere");
        }
        let turned = style.direction.or(body.get("dir").and_then(direction));
        let turned = turned.filter(|it| *it == "rtl" && turns(body));
        if let Some(turned) = turned {
            write_attribute(&mut self.out, "dir", turned);
        }
        style.direction = None;
        if !looks.is_empty() {
            write_attribute(&mut self.out, "style", &looks);
        }
        if let Some(ground) = ground {
            (context.behind, context.below, context.painted) = (ground, ground, ground != Colour::WHITE);
        }
        self.out.push('>');
        if is_grounded(body, &style, ground, turned) {
            self.children(body, context)?;
        } else {
            // Some programs keep what is in the body and not the body: what it says is said again within it.
            let attributes = turned.map(|turned| ("dir", turned.to_owned())).into_iter().collect();
            let wrapped = Shown { style, attributes, ..plain("div", Level::Block) };
            self.element(body, wrapped, context)?;
        }
        self.out.push_str("</body></html>\n");
        Ok(())
    }

    fn children(&mut self, element: &Element, context: Context) -> Result<(), Refused> {
        for (at, child) in element.children.iter().enumerate() {
            match child {
                Node::Text(text) => self.text(text, &context),
                Node::Element(child) => {
                    let apart = at.checked_sub(1).is_none_or(|at| !ends_in_word(&element.children[at]))
                        && element.children.get(at + 1).is_none_or(|next| !begins_with_word(next));
                    if let Some(shown) = self.show(child, apart)? {
                        self.element(child, shown, context)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Drops what nobody would have seen, and says so.
    fn hide(&mut self, element: &Element) {
        let mut text = String::new();
        element.text(&mut text);
        if !text.trim().is_empty() || element.says_something() {
            self.changes.add(ChangeKind::HiddenTextRemoved, &text);
        }
    }

    fn element(&mut self, element: &Element, shown: Shown, around: Context) -> Result<(), Refused> {
        for property in &shown.style.dropped {
            self.changes.add(ChangeKind::StyleRemoved, property);
        }
        if shown.style.is_hidden() {
            self.hide(element);
            return Ok(());
        }
        let Shown { mut name, mut level, mut style, mut attributes, quotes, times, step } = shown;
        let mut inner = around;
        name = self.within(name, element, &mut attributes, &around, &mut inner);
        let wide =
            style.keep_within(attributes.iter().any(|(it, value)| *it == "width" && !value.ends_with('%')));
        inner.fixed |= is_fixed(name, &style);
        let shrinks = inner.fixed && !around.fixed;
        let size = self.letters(element, &style, (times, shrinks), &mut inner);
        let mut explicit =
            Explicit { background: background(name, level, &style, wide, &mut inner), ..Explicit::default() };
        if level == Level::Inline
            && explicit.background.is_some()
            && size.is_some_and(|size| size > around.size)
        {
            // What lies behind large words reaches beyond their line.
            style.set_word("display", "inline-block");
            level = Level::Atom;
        }
        explicit.colour = self.ink(element, name, &style, around.colour, &mut inner);
        inner.case = style.case.unwrap_or(around.case);
        if name == "pre" {
            style.preserves = Some(true);
        }
        inner.preserves = style.preserves.unwrap_or(around.preserves);
        explicit.wraps = around.preserves && !inner.preserves;
        // Quotations within quotations, and lists within lists, come to an end at the edge.
        let own = if matches!(name, "ul" | "ol") { &mut style.padding[3] } else { &mut style.margin[3] };
        let step = if own.is_some() { 0.0 } else { step };
        if around.room < step {
            *own = Some(Length::Pixels(0.0));
        }
        inner.room = (around.room - step).max(0.0) * part(&style, &attributes);
        let sized = matches!(name, "img" | "table" | "tr" | "td" | "th");
        if name == "tr" {
            inner.room /= cells(element);
        }
        let context = Around {
            size: inner.size,
            behind: inner.behind,
            colour: inner.colour,
            sized: sized || !element.says_something(),
            room: inner.room,
        };
        let (mut text, indent) = style.write(&context, size, &explicit);
        inner.room = (inner.room - indent).max(0.0);
        // A long word must not reach beyond the edge, nor beyond what lies behind it.
        // What begins at the right grows to the left, where nobody can scroll to.
        let leans = style.word("float") == Some("right")
            || attributes.iter().any(|(it, value)| *it == "dir" && value == "rtl");
        if has_long_word(element) || name == "pre" || leans {
            add(&mut text, "overflow-wrap:anywhere");
        } else if explicit.background.is_some() && level != Level::Inline {
            add(&mut text, "overflow-wrap:break-word");
        }
        if !text.is_empty() && !matches!(name, "br" | "wbr" | "col") {
            attributes.push(("style", text));
        }
        if level == Level::Inline && !matches!(name, "img" | "br" | "wbr") && is_blank(element) {
            return Ok(());
        }
        let bare = name == "span" && attributes.is_empty();
        if !bare {
            self.open(name, &attributes);
        }
        let floats = style.word("float").is_some();
        if level != Level::Inline || name == "br" {
            self.last = Last::Line;
        }
        if quotes {
            self.text("\u{201c}", &inner);
        }
        if !is_void(name) {
            self.children(element, inner)?;
        }
        if quotes {
            self.text("\u{201d}", &inner);
        }
        if !bare && !is_void(name) {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
        if level == Level::Atom || floats {
            self.last = Last::Thing;
        } else if level == Level::Block {
            // So that a person can read it, and compare two revisions line by line.
            if !around.preserves {
                self.out.push('\n');
            }
            self.last = Last::Line;
        }
        Ok(())
    }

    /// No link stands within a link, and no joined cells lie upon each other: what is left of an element's name and
    /// attributes.
    fn within(
        &mut self,
        name: &'static str,
        element: &Element,
        attributes: &mut Vec<(&'static str, String)>,
        around: &Context,
        inner: &mut Context,
    ) -> &'static str {
        match name {
            "a" if around.linked => {
                self.changes.add(ChangeKind::LinkRemoved, element.get("href").unwrap_or_default());
                attributes.retain(|(attribute, _)| *attribute != "href");
                return "span";
            }
            "a" => inner.linked = true,
            "table" => inner.collides = has_span(element, "rowspan") && has_span(element, "colspan"),
            "td" | "th" if around.collides && attributes.iter().any(|(it, _)| *it == "rowspan") => {
                self.changes.add(ChangeKind::AttributeRemoved, "rowspan");
                attributes.retain(|(attribute, _)| *attribute != "rowspan");
            }
            _ => {}
        }
        name
    }

    /// The size of an element's letters, to be written where it is given or does not follow from what is around it.
    fn letters(
        &mut self,
        element: &Element,
        style: &Style,
        (times, shrinks): (f32, bool),
        inner: &mut Context,
    ) -> Option<f32> {
        // Browsers make letters of the fixed width smaller where nothing says how large they are.
        let wanted = inner.size * times * if shrinks && style.size.is_none() { FIXED } else { 1.0 };
        let (size, unseen) = style.letters(wanted);
        inner.size = size.clamp(SIZES.0, SIZES.1);
        if style.size.is_some() {
            inner.unseen = unseen;
            if !unseen && is_enlarged(style, wanted) && has_text(element) {
                self.changes.add(ChangeKind::SmallTextEnlarged, &element_text(element));
            }
        }
        let out_of_bounds = (times - 1.0).abs() > 0.01 && (inner.size - wanted).abs() > 0.01;
        // Of those it is always said: each program has a measure of its own.
        ((style.size.is_some() && !unseen) || out_of_bounds || shrinks).then_some(inner.size)
    }

    /// The colour of an element's words, to be written where it is given, or can't be left to what is around it.
    fn ink(
        &mut self,
        element: &Element,
        name: &str,
        style: &Style,
        around: Colour,
        inner: &mut Context,
    ) -> Option<Colour> {
        let is_link = name == "a";
        let mut colour = match style.ink {
            Some(Ink::Paint(paint)) => {
                inner.colour = paint.over(inner.behind);
                Some(inner.colour)
            }
            Some(Ink::Inherit) => {
                inner.colour = around;
                (is_link || around != Colour::BLACK).then_some(around)
            }
            None if is_link => {
                inner.colour = Colour::LINK;
                None
            }
            // Some programs give a table the colour of the page.
            None => (name == "table" && around != Colour::BLACK).then_some(around),
        };
        if has_text(element) && inner.colour.contrast(inner.behind) < MIN_CONTRAST {
            inner.colour = inner.behind.readable();
            colour = Some(inner.colour);
            if !inner.unseen {
                self.changes.add(ChangeKind::UnreadableColourChanged, &element_text(element));
            }
        }
        colour
    }

    fn open(&mut self, name: &str, attributes: &[(&'static str, String)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (attribute, value) in attributes {
            write_attribute(&mut self.out, attribute, value);
        }
        self.out.push('>');
        self.says_something |= name == "img";
    }

    /// Writes text as it is seen.
    fn text(&mut self, text: &str, context: &Context) {
        if context.unseen {
            if !text.trim().is_empty() {
                self.changes.add(ChangeKind::HiddenTextRemoved, text);
            }
            return;
        }
        let mut shown = String::with_capacity(text.len());
        let mut gap = 0_usize;
        let mut unseen = String::new();
        let mut marks = 0_usize;
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let pointing = is_pointing(c)
                && !self.before(&shown).is_some_and(is_turned)
                && !rest.clone().find(|c| !is_dropped(*c) && !is_pointing(*c)).is_some_and(is_turned);
            marks = if is_mark(c) { marks + 1 } else { 0 };
            if is_dropped(c) || pointing || marks > MARKS {
                if unseen.len() < 100 {
                    let _ = write!(unseen, "U+{:04X} ", u32::from(c));
                }
                continue;
            }
            if is_collapsible(c) && !context.preserves {
                if !matches!(self.before(&shown), None | Some(' ')) {
                    shown.push(' ');
                }
                gap = 0;
                continue;
            }
            // Parsers take the first line break of a `pre` away.
            if c == '\n' && self.before(&shown).is_none() {
                continue;
            }
            gap = if c == '\u{a0}' { gap + 1 } else { 0 };
            // A gap of a thousand spaces pushes what follows it out of sight: every other one is an ordinary space.
            if gap >= GAP && gap % 2 == 1 {
                shown.push(' ');
                continue;
            }
            match context.case {
                Case::Title if self.before(&shown).is_some_and(is_within_word) => shown.push(c),
                Case::AsWritten => shown.push(c),
                Case::Lower => shown.extend(c.to_lowercase()),
                Case::Upper | Case::Title => shown.extend(c.to_uppercase()),
            }
        }
        if !unseen.is_empty() {
            self.changes.add(ChangeKind::InvisibleCharactersRemoved, &unseen);
        }
        if context.case != Case::AsWritten && shown.trim() != text.trim() && collapse(text) != shown.trim() {
            self.changes.add(ChangeKind::CaseApplied, &shown);
        }
        self.says_something |= shown.chars().any(|c| !c.is_whitespace());
        if let Some(last) = shown.chars().next_back() {
            self.last = Last::Text(last);
        }
        escape_text(&mut self.out, &shown);
    }

    /// The character that stands before what is written next: none at the beginning of a line.
    fn before(&self, written: &str) -> Option<char> {
        written.chars().next_back().or(match self.last {
            Last::Text(c) => Some(c),
            Last::Thing => Some('\u{fffc}'),
            Last::Line => None,
        })
    }

    /// How an element is to be written; nothing where it is left out. `apart`: no word of its neighbours touches it.
    fn show(&mut self, element: &Element, apart: bool) -> Result<Option<Shown>, Refused> {
        let mut shown = element_of(element);
        shown.style = style_of_old(element).under(shown.style).under(style_of(element));
        let style = &mut shown.style;
        let name = shown.name;
        let part = matches!(
            name,
            "table" | "caption" | "colgroup" | "col" | "tbody" | "thead" | "tfoot" | "tr" | "td" | "th"
        );
        if part {
            style.forget("display");
            if name != "table" {
                style.forget("float");
                style.forget("clear");
            }
        }
        shown.level = match style.word("display") {
            _ if style.word("float").is_some() => Level::Block,
            Some("block") => Level::Block,
            Some("inline-block") => Level::Atom,
            Some("inline") if name != "img" => Level::Inline,
            _ => shown.level,
        };
        if shown.level == Level::Inline && is_tall(style) {
            // Beside lines of text it would lie upon those above and below.
            style.set_word("display", "inline-block");
            shown.level = Level::Atom;
        }
        if style.word("float") == Some("right") && is_crowded(element) {
            style.forget("float");
            self.changes.add(ChangeKind::StyleRemoved, "float");
        }
        if matches!(name, "col" | "colgroup") {
            // A background of a column lies behind cells that know nothing of it.
            *style = Style::default();
        }
        if name == "img" {
            style.forget_ink();
        }
        if shown.level == Level::Inline && is_block(name) {
            shown.name = "span";
            shown.step = 0.0;
        }
        if let Some(direction) = style.direction.or(element.get("dir").and_then(direction)) {
            // A long row that begins at the right ends out of sight.
            let crowded = direction == "rtl" && is_crowded(element);
            // Parts of a word, or of an amount, that are turned each by itself are read in another order than they stand in.
            if !crowded && (direction == "ltr" || turns(element)) && (shown.level != Level::Inline || apart) {
                shown.attributes.push(("dir", direction.to_owned()));
            } else if has_text(element) {
                self.changes.add(ChangeKind::AttributeRemoved, "dir");
            }
        }
        if let Some(language) = element.get("lang").filter(|language| is_language(language)) {
            shown.attributes.push(("lang", language.to_owned()));
        }
        match name {
            "a" => match self.link(element)? {
                Some(href) => shown.attributes.insert(0, ("href", href)),
                None => shown.name = "span",
            },
            "img" => match self.picture(element)? {
                Some(source) => {
                    shown.attributes.insert(0, ("src", source));
                    shown.attributes.insert(1, ("alt", clean_line(element.get("alt").unwrap_or_default())));
                }
                None => return Ok(None),
            },
            _ => {}
        }
        sizes(element, &mut shown);
        Ok(Some(shown))
    }

    /// Where a link leads; nothing where it leads nowhere.
    fn link(&mut self, element: &Element) -> Result<Option<String>, Refused> {
        let Some(href) = element.get("href") else { return Ok(None) };
        if let Some(address) = address(href, &["http", "https", "mailto", "tel"])? {
            return Ok(Some(address));
        }
        self.changes.add(ChangeKind::LinkRemoved, href);
        Ok(None)
    }

    /// Where a picture lies; nothing where it has no place.
    fn picture(&mut self, element: &Element) -> Result<Option<String>, Refused> {
        let source = element.get("src").unwrap_or_default().trim();
        if let Some((scheme, id)) = source.split_once(':')
            && scheme.eq_ignore_ascii_case("cid")
        {
            if (self.knows)(id) {
                return Ok(Some(format!("cid:{id}")));
            }
            return Err(Refused::new(Reason::UnknownContentId, None, source.chars().take(200).collect()));
        }
        if let Some(address) = address(source, &["http", "https"])? {
            return Ok(Some(address));
        }
        self.changes.add(ChangeKind::PictureRemoved, if source.is_empty() { "img" } else { source });
        Ok(None)
    }
}

/// By how much browsers make letters of the fixed width smaller.
const FIXED: f32 = 13.0 / 16.0;

fn is_fixed(name: &str, style: &Style) -> bool {
    match style.word("font-family") {
        Some(families) => families == "monospace",
        None => matches!(name, "code" | "kbd" | "samp" | "pre"),
    }
}

/// Whether an element reaches beyond the line that it stands in.
fn is_tall(style: &Style) -> bool {
    let padded = [0, 2].iter().any(|side| style.padding[*side].is_some_and(|it| !it.is_at_most(2.0)));
    let lined = [0, 2].iter().any(|side| {
        let line = &style.border[*side];
        line.kind.is_some_and(|kind| kind != "none") && line.width.unwrap_or(3.0) > 1.0
    });
    padded || lined
}

/// Whether an element of the form begins a line of its own where no style says otherwise.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "ul"
            | "ol"
            | "li"
            | "dl"
            | "dt"
            | "dd"
            | "blockquote"
            | "pre"
            | "center"
    )
}

/// Whether there is a letter in it that is written from right to left.
fn turns(element: &Element) -> bool {
    element.children.iter().any(|child| match child {
        Node::Text(text) => text.chars().any(is_turned),
        Node::Element(child) => {
            turns(child) || child.get("alt").is_some_and(|alt| alt.chars().any(is_turned))
        }
    })
}

/// Hebrew, Arabic and the other scripts that are written from right to left (Unicode, `DerivedBidiClass`).
fn is_turned(c: char) -> bool {
    matches!(
        c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}'
    ) && c.is_alphabetic()
}

fn begins_with_word(node: &Node) -> bool {
    match node {
        Node::Text(text) => {
            text.chars().find(|c| !domain::base::text::is_invisible(*c)).is_some_and(char::is_alphanumeric)
        }
        Node::Element(element) => element.children.first().is_some_and(begins_with_word),
    }
}

fn ends_in_word(node: &Node) -> bool {
    match node {
        Node::Text(text) => {
            text.chars().rfind(|c| !domain::base::text::is_invisible(*c)).is_some_and(char::is_alphanumeric)
        }
        Node::Element(element) => element.children.last().is_some_and(ends_in_word),
    }
}

/// Which part of the page an element is as wide as, by its style or an attribute.
fn part(style: &Style, attributes: &[(&'static str, String)]) -> f32 {
    let attribute = attributes.iter().find(|(name, _)| *name == "width").map(|(_, value)| value.as_str());
    let given = attribute.and_then(|text| match text.strip_suffix('%') {
        Some(share) => share.parse::<f32>().ok().map(|share| share / 100.0),
        None => text.parse::<f32>().ok().map(|pixels| pixels / PAGE),
    });
    let styled = [style.width, style.max_width].into_iter().flatten().map(|length| match length {
        Length::Pixels(pixels) => pixels / PAGE,
        Length::Share(share) => share,
        Length::Letters(times) => times * SIZES.0 / PAGE,
        Length::Auto => 1.0,
    });
    styled.chain(given).fold(1.0, f32::min).clamp(0.0, 1.0)
}

/// How wide the page is that mails are written for, in pixels.
const PAGE: f32 = 600.0;

/// How many cells share the room of a row.
fn cells(row: &Element) -> f32 {
    let cells = row.children.iter().filter(|child| matches!(child, Node::Element(_))).count();
    f32::from(u16::try_from(cells.max(1)).unwrap_or(u16::MAX))
}

/// Whether a row is or holds one of more cells than surely fit on a page.
fn is_crowded(element: &Element) -> bool {
    let row = element.name == "tr" && cells(element) > 12.0;
    row || element.children.iter().any(|child| matches!(child, Node::Element(child) if is_crowded(child)))
}

/// Whether a cell below is joined with others in this way.
fn has_span(element: &Element, attribute: &str) -> bool {
    element.children.iter().any(|child| match child {
        Node::Element(child) => {
            child.get(attribute).is_some_and(|n| !matches!(n.trim(), "" | "1")) || has_span(child, attribute)
        }
        Node::Text(_) => false,
    })
}

/// What lies behind an element, to be written where it is given, or where what is around it may not reach.
fn background(name: &str, level: Level, style: &Style, wide: bool, inner: &mut Context) -> Option<Colour> {
    let beside = inner.behind != inner.below;
    if level != Level::Inline {
        inner.behind = inner.below;
    }
    let mut explicit = None;
    if let Some(paint) = style.background.filter(|paint| !paint.is_clear()) {
        inner.behind = paint.over(inner.behind);
        inner.painted |= inner.behind != Colour::WHITE;
        explicit = Some(inner.behind);
    } else {
        let floats = style.word("float").is_some() || name == "caption";
        // Words of another size, or raised ones, may stand beyond what lies behind the words around them.
        let moved =
            style.size.is_some() || style.word("vertical-align").is_some() || matches!(name, "sub" | "sup");
        // What may reach beyond what is around it, or stand before what comes behind it, has its own.
        let reaches = inner.painted && level != Level::Inline && (wide || name == "table");
        let stands = style.word("float").is_some() || (level == Level::Atom && name != "img" && beside);
        if (floats && inner.painted) || stands || reaches || (level == Level::Inline && moved && beside) {
            explicit = Some(inner.behind);
        }
    }
    if level != Level::Inline {
        inner.below = inner.behind;
    }
    explicit
}

/// An address in the one way that it is written in, if it has one of these schemes and a host where it needs one.
fn address(text: &str, schemes: &[&str]) -> Result<Option<String>, Refused> {
    let Ok(url) = Url::parse(text.trim()) else { return Ok(None) };
    if !schemes.contains(&url.scheme()) || (url.scheme().starts_with("http") && url.host_str().is_none()) {
        return Ok(None);
    }
    if !url.username().is_empty() || url.password().is_some() {
        // `https://bank.example@elsewhere.example/` is read as the one by people and as the other by programs.
        return Err(Refused::new(Reason::LinkCredentials, None, text.trim().chars().take(200).collect()));
    }
    Ok(Some(url.to_string()).filter(|url| url.len() <= crate::markup::MAX_ATTRIBUTE))
}

fn plain(name: &'static str, level: Level) -> Shown {
    Shown { name, level, style: Style::default(), attributes: vec![], quotes: false, times: 1.0, step: 0.0 }
}

/// The element of the form for an element of the document, with what browsers make of it.
fn element_of(element: &Element) -> Shown {
    let block = |name| plain(name, Level::Block);
    let inline = |name| plain(name, Level::Inline);
    let stepped = |name| Shown { step: STEP, ..block(name) };
    let heading = |name, times| Shown { times, ..block(name) };
    match element.name.as_str() {
        "a" => inline("a"),
        "b" => inline("b"),
        "strong" => inline("strong"),
        "i" => inline("i"),
        "em" => inline("em"),
        "u" => inline("u"),
        "s" | "strike" => inline("s"),
        "del" => inline("del"),
        "ins" => inline("ins"),
        "code" | "tt" => inline("code"),
        "kbd" => inline("kbd"),
        "samp" => inline("samp"),
        "var" => inline("var"),
        "cite" => inline("cite"),
        "dfn" => inline("dfn"),
        "abbr" => inline("abbr"),
        "sub" => Shown { times: 1.0 / 1.2, ..inline("sub") },
        "sup" => Shown { times: 1.0 / 1.2, ..inline("sup") },
        "big" => Shown { style: relative(1.2), ..inline("span") },
        "small" => Shown { style: relative(1.0 / 1.2), ..inline("span") },
        "q" => Shown { quotes: true, ..inline("span") },
        "mark" => Shown { style: Style::marked(), ..inline("span") },
        "br" => inline("br"),
        "wbr" => inline("wbr"),
        "img" => plain("img", Level::Atom),
        "hr" => block("hr"),
        "p" => block("p"),
        "h1" => heading("h1", 2.0),
        "h2" => heading("h2", 1.5),
        "h3" => heading("h3", 1.17),
        "h4" => heading("h4", 1.0),
        "h5" => heading("h5", 0.83),
        "h6" => heading("h6", 0.67),
        "ul" => stepped("ul"),
        "ol" => stepped("ol"),
        "li" => block("li"),
        "dl" => block("dl"),
        "dt" => block("dt"),
        "dd" => stepped("dd"),
        "blockquote" => stepped("blockquote"),
        "pre" => block("pre"),
        "center" => block("center"),
        "table" => block("table"),
        "caption" => block("caption"),
        "colgroup" => block("colgroup"),
        "col" => block("col"),
        "thead" => block("thead"),
        "tbody" => block("tbody"),
        "tfoot" => block("tfoot"),
        "tr" => block("tr"),
        "td" => block("td"),
        "th" => block("th"),
        "address" | "article" | "aside" | "div" | "figcaption" | "figure" | "footer" | "header" | "main"
        | "nav" | "section" => block("div"),
        _ => inline("span"),
    }
}

fn relative(times: f32) -> Style {
    Style { size: Some(Length::Letters(times)), ..Style::default() }
}

impl Style {
    /// How browsers show `mark`.
    fn marked() -> Style {
        Style::parse(&format!("color:{};background-color:{}", Colour::BLACK.css(), Colour::MARK.css()))
    }
}

fn style_of(element: &Element) -> Style {
    let old = if element.name.is_empty() { style_of_body(element) } else { Style::default() };
    old.under(element.get("style").map(Style::parse).unwrap_or_default())
}

/// Old attributes of the body that say how much room there is around it: above, right, below, left.
pub(super) const EDGES: [[&str; 2]; 4] = [
    ["topmargin", "marginheight"],
    ["rightmargin", "marginwidth"],
    ["bottommargin", "marginheight"],
    ["leftmargin", "marginwidth"],
];

fn style_of_body(body: &Element) -> Style {
    let edge = |names: [&str; 2]| names.iter().find_map(|name| body.get(name)?.trim().parse::<f32>().ok());
    Style {
        margin: EDGES.map(|names| edge(names).filter(|it| it.is_finite()).map(Length::Pixels)),
        background: body.get("bgcolor").and_then(Paint::of_attribute),
        ink: body.get("text").and_then(Paint::of_attribute).map(Ink::Paint),
        ..Style::default()
    }
}

/// What old attributes say of an element's looks.
fn style_of_old(element: &Element) -> Style {
    let mut style =
        Style { background: element.get("bgcolor").and_then(Paint::of_attribute), ..Style::default() };
    let name = element.name.as_str();
    if name == "font" {
        style.ink = element.get("color").and_then(Paint::of_attribute).map(Ink::Paint);
        style.size = element.get("size").and_then(font_size);
        if let Some(face) = element.get("face") {
            style = style
                .under(Style::parse(&format!("font-family:{}", face.replace([';', ':', '{', '}'], " "))));
        }
    }
    let side = element.get("align").map(str::to_ascii_lowercase);
    if let (Some(side @ ("left" | "right")), "table" | "img") = (side.as_deref(), name) {
        style = style.under(Style::parse(&format!("float:{side}")));
    }
    style
}

/// The size of letters of a `font` element (WHATWG HTML §15.3.4).
fn font_size(text: &str) -> Option<Length> {
    let text = text.trim();
    let number: i32 = text.trim_start_matches(['+', '-']).chars().take(3).collect::<String>().parse().ok()?;
    let number = match text.as_bytes().first()? {
        b'+' => 3 + number,
        b'-' => 3 - number,
        _ => number,
    };
    let pixels = [10.0, 13.0, 16.0, 18.0, 24.0, 32.0, 48.0];
    let at = usize::try_from(number.clamp(1, 7) - 1).ok()?;
    Some(Length::Pixels(pixels[at]))
}

/// Attributes that say how large something is, how cells are joined, how lists count.
fn sizes(element: &Element, shown: &mut Shown) {
    let name = shown.name;
    let whole = |attribute: &str, least: i32, most: i32| {
        let text = element.get(attribute)?.trim().trim_end_matches("px").trim();
        let number: f32 = text.parse().ok()?;
        #[expect(clippy::cast_possible_truncation, reason = "within bounds")]
        let number = number.clamp(-10_000.0, 10_000.0) as i32;
        (number >= least).then(|| number.min(most).to_string())
    };
    let size = |attribute: &str, most: i32| {
        let text = element.get(attribute)?.trim();
        match text.strip_suffix('%') {
            Some(share) => {
                let share: f32 = share.trim().parse().ok()?;
                (share >= 1.0).then(|| format!("{:.0}%", share.min(100.0)))
            }
            None => whole(attribute, 1, most),
        }
    };
    let one_of = |attribute: &str, words: &[&'static str]| {
        let value = element.get(attribute)?.trim().to_ascii_lowercase();
        words.iter().find(|word| **word == value).map(|word| (*word).to_owned())
    };
    let mut found: Vec<(&'static str, Option<String>)> = vec![];
    let sides = ["left", "center", "right", "justify"];
    match name {
        "table" => {
            found.push(("align", one_of("align", &["center"])));
            found.push(("border", whole("border", 0, 20)));
            found.push(("cellpadding", whole("cellpadding", 0, 50)));
            found.push(("cellspacing", whole("cellspacing", 0, 50)));
            found.push(("width", size("width", 800)));
        }
        "td" | "th" => {
            found.push(("align", one_of("align", &sides)));
            found.push(("colspan", whole("colspan", 2, 100)));
            found.push(("height", whole("height", 1, 2000)));
            found.push(("rowspan", whole("rowspan", 2, 100)));
            found.push(("valign", one_of("valign", &["top", "middle", "bottom", "baseline"])));
            found.push(("width", size("width", 800)));
        }
        "tr" | "tbody" | "thead" | "tfoot" => {
            found.push(("align", one_of("align", &sides)));
            found.push(("valign", one_of("valign", &["top", "middle", "bottom", "baseline"])));
        }
        "col" | "colgroup" => {
            found.push(("span", whole("span", 2, 100)));
            found.push(("width", size("width", 800)));
        }
        "img" => {
            found.push(("height", whole("height", 1, 2000)));
            found.push(("width", size("width", 800)));
        }
        "hr" => found.push(("width", size("width", 800))),
        "div" | "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
            found.push(("align", one_of("align", &sides)));
        }
        "ol" => {
            found.push(("reversed", element.get("reversed").map(|_| String::new())));
            found.push(("start", whole("start", -9_999, 9_999)));
            found.push((
                "type",
                element.get("type").filter(|t| matches!(*t, "1" | "a" | "A" | "i" | "I")).map(str::to_owned),
            ));
        }
        "ul" => found.push(("type", one_of("type", &["disc", "circle", "square"]))),
        "li" => found.push(("value", whole("value", -9_999, 9_999))),
        _ => {}
    }
    shown.attributes.extend(found.into_iter().filter_map(|(name, value)| Some((name, value?))));
}

/// Whether what a body says is said by the one element within it as well.
fn is_grounded(body: &Element, style: &Style, ground: Option<Colour>, turned: Option<&str>) -> bool {
    let only_ground = Style::parse(&format!("background-color:{}", ground.unwrap_or(Colour::WHITE).css()));
    let says_more = {
        let around =
            Around { size: 16.0, behind: Colour::WHITE, colour: Colour::BLACK, sized: false, room: ROOM };
        let written = |style: &Style| style.write(&around, None, &Explicit::default()).0;
        written(style) != written(&only_ground)
            || style.ink.is_some()
            || style.size.is_some()
            || style.case.is_some()
            || style.is_hidden()
    };
    if says_more {
        return false;
    }
    if ground.is_none() && turned.is_none() {
        return true;
    }
    match &body.children[..] {
        [Node::Element(only)] if only.name == "div" && only.get("dir") == turned => {
            let Some(ground) = ground else { return true };
            style_of(only).background.is_some_and(|paint| paint.over(ground) == ground && !paint.is_clear())
        }
        _ => false,
    }
}

fn has_text(element: &Element) -> bool {
    element.children.iter().any(|child| match child {
        Node::Text(text) => !text.trim().is_empty(),
        Node::Element(child) => {
            (child.name == "img" && child.get("alt").is_some_and(|alt| !alt.trim().is_empty()))
                || child.name == "q"
        }
    })
}

/// Whether there is nothing in an element, not even a space.
fn is_blank(element: &Element) -> bool {
    element.children.iter().all(|child| match child {
        Node::Text(text) => text.is_empty(),
        Node::Element(child) => {
            let shown = element_of(child);
            shown.level == Level::Inline && !is_void(shown.name) && is_blank(child)
        }
    })
}

/// A word of so many characters may be longer than a line.
const LONG_WORD: usize = 40;

fn has_long_word(element: &Element) -> bool {
    element.children.iter().any(|child| match child {
        Node::Text(text) => text.split_whitespace().any(|word| word.chars().nth(LONG_WORD).is_some()),
        Node::Element(_) => false,
    })
}

fn element_text(element: &Element) -> String {
    let mut text = String::new();
    element.text(&mut text);
    text
}

/// Whether letters were made larger than their style says.
fn is_enlarged(style: &Style, around: f32) -> bool {
    let wanted = match style.size {
        Some(Length::Pixels(size)) => size,
        Some(Length::Letters(times) | Length::Share(times)) => around * times,
        Some(Length::Auto) | None => return false,
    };
    wanted < SIZES.0 - 0.01
}

fn add(style: &mut String, declaration: &str) {
    if !style.is_empty() {
        style.push(';');
    }
    style.push_str(declaration);
}

fn direction(text: &str) -> Option<&'static str> {
    ["ltr", "rtl"].into_iter().find(|known| text.trim().eq_ignore_ascii_case(known))
}

/// A language tag (BCP 47).
fn is_language(text: &str) -> bool {
    (2..=35).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// A text on one line, of at most 500 characters.
fn clean_line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|c| !is_dropped(*c)).take(500).collect()
}

/// Whether a character is part of a word that goes on.
fn is_within_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\'' | '\u{2019}')
}

fn collapse(text: &str) -> String {
    text.split(is_collapsible).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether a character can't be in the form: nobody sees it, or it turns the order of others around. What languages need
/// to join letters or to point is kept.
/// Most marks on one letter: a hundred of them are drawn over the lines above.
const MARKS: usize = 4;

fn is_mark(c: char) -> bool {
    use icu_properties::CodePointMapData;
    use icu_properties::props::GeneralCategory;

    !c.is_ascii()
        && matches!(
            CodePointMapData::<GeneralCategory>::new().get(c),
            GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark
        )
}

/// Says in which direction what is beside it is written.
fn is_pointing(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}')
}

fn is_dropped(c: char) -> bool {
    let pointing = is_pointing(c);
    (c.is_control() && !is_collapsible(c))
        || (domain::base::text::is_invisible(c) && !domain::base::text::is_joiner(c) && !pointing)
        || matches!(c, '\u{fff9}'..='\u{fffc}')
}
