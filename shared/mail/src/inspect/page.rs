//! An HTML body as a person sees it, beside what a program reads in it.
//!
//! Not a browser: styles that stand on an element or in a plain rule of a style sheet are followed, and what they
//! inherit; layout is not. What can't be told (a background image, a variable) counts as visible.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use domain::base::text::is_invisible;

use crate::markup::{Tag, Token, Tokens};
use crate::text::cut;

/// Most rules of style sheets that are followed.
const MAX_RULES: usize = 5_000;
/// Most classes of one element that are looked up.
const MAX_CLASSES: usize = 20;
/// Letters of a hidden text that comes before all else: the line that mail programs show beside the subject.
const PREVIEW_LINE: usize = 400;
/// So many words that are hidden are no accident.
const MIN_WORDS: usize = 5;
/// So many letters are none either: not every script has spaces.
const MIN_LETTERS: usize = 24;
/// Channels of two colours that differ by at most this can't be told apart.
const SAME_COLOUR: u8 = 16;
/// Letters smaller than this can't be read, in pixels.
const TINY: f32 = 2.0;
/// So much of a link's text is kept, in bytes.
const MAX_LINK_TEXT: usize = 400;
/// Most links that are kept to be compared with what they show.
const MAX_LINKS: usize = 2_000;

/// What an HTML body holds.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The text that is seen.
    pub(super) visible: String,
    /// The texts that are not, each with whether something that is seen came before it.
    pub(super) hidden: Vec<Hidden>,
    /// Texts that stand for something that could not be shown, or are read aloud.
    pub(super) spoken: String,
    /// Where links lead, and what they show.
    pub(super) links: Vec<(String, String)>,
    /// Something was left out.
    pub(super) cut: bool,
}

/// A text that is not seen.
#[derive(Debug)]
pub(super) struct Hidden {
    pub(super) text: String,
    pub(super) first: bool,
}

impl Page {
    /// The hidden texts that no honest mail needs. Left out are what is too short to say anything, the preview line
    /// that newsletters begin with, and what is said again where it is seen (a part for small screens).
    pub(super) fn concealed(&self) -> impl Iterator<Item = &str> {
        let seen: HashSet<u64> = words(&self.visible).map(hash).collect();
        self.hidden.iter().filter(move |hidden| says_more(hidden, &seen)).map(|hidden| hidden.text.as_str())
    }
}

fn says_more(hidden: &Hidden, seen: &HashSet<u64>) -> bool {
    let letters = hidden.text.chars().filter(|c| c.is_alphanumeric()).count();
    let (mut count, mut known) = (0_usize, 0_usize);
    for word in words(&hidden.text) {
        count += 1;
        known += usize::from(seen.contains(&hash(word)));
    }
    let long = count >= MIN_WORDS || letters >= MIN_LETTERS;
    let preview = hidden.first && letters <= PREVIEW_LINE;
    let repeated = known * 10 >= count * 9;
    long && !preview && !repeated
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn hash(word: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for c in word.chars().flat_map(char::to_lowercase) {
        c.hash(&mut hasher);
    }
    hasher.finish()
}

/// A colour, as far as it can be told.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Colour {
    Rgb(u8, u8, u8),
    Transparent,
    Unknown,
}

/// How an element is shown.
#[derive(Debug, Clone, Copy)]
struct Look {
    /// Not at all, whatever its descendants say.
    gone: bool,
    /// `visibility`, which a descendant may turn back.
    invisible: bool,
    size: f32,
    colour: Colour,
    background: Colour,
}

impl Look {
    const PLAIN: Self = Self {
        gone: false,
        invisible: false,
        size: 16.0,
        colour: Colour::Rgb(0, 0, 0),
        background: Colour::Rgb(255, 255, 255),
    };

    fn hides(self) -> bool {
        let close = |one: u8, other: u8| one.abs_diff(other) <= SAME_COLOUR;
        let same = match (self.colour, self.background) {
            (Colour::Rgb(red, green, blue), Colour::Rgb(red_behind, green_behind, blue_behind)) => {
                close(red, red_behind) && close(green, green_behind) && close(blue, blue_behind)
            }
            (Colour::Transparent, _) => true,
            _ => false,
        };
        self.gone || self.invisible || self.size < TINY || same
    }
}

/// What a style says of an element's look.
#[derive(Debug, Clone, Copy, Default)]
struct Style {
    display: Option<bool>,
    faded: Option<bool>,
    moved: Option<bool>,
    clipped: Option<bool>,
    flat: Option<bool>,
    overflow: Option<bool>,
    visibility: Option<bool>,
    size: Option<Size>,
    colour: Option<Colour>,
    background: Option<Colour>,
}

#[derive(Debug, Clone, Copy)]
enum Size {
    Pixels(f32),
    Times(f32),
}

impl Style {
    /// Adds what a later or stronger style says.
    fn add(&mut self, later: &Style) {
        self.display = later.display.or(self.display);
        self.faded = later.faded.or(self.faded);
        self.moved = later.moved.or(self.moved);
        self.clipped = later.clipped.or(self.clipped);
        self.flat = later.flat.or(self.flat);
        self.overflow = later.overflow.or(self.overflow);
        self.visibility = later.visibility.or(self.visibility);
        self.size = later.size.or(self.size);
        self.colour = later.colour.or(self.colour);
        self.background = later.background.or(self.background);
    }

    /// Reads declarations.
    fn parse(text: &str) -> Self {
        let mut style = Self::default();
        let plain = unescape(text).to_ascii_lowercase();
        for (name, value) in plain.split(';').filter_map(|declaration| declaration.split_once(':')) {
            style.declare(name.trim(), value.trim().trim_end_matches("!important").trim_end());
        }
        style
    }

    fn declare(&mut self, name: &str, value: &str) {
        if matches!(value, "inherit" | "unset" | "currentcolor") {
            return;
        }
        let zero = || {
            length(value).is_some_and(|size| matches!(size, Size::Pixels(n) | Size::Times(n) if n <= 0.01))
        };
        let far = || length(value).is_some_and(|size| matches!(size, Size::Pixels(n) if n <= -400.0));
        match name {
            "display" => self.display = Some(value == "none"),
            "visibility" => self.visibility = Some(matches!(value, "hidden" | "collapse")),
            "opacity" => self.faded = Some(value.parse::<f32>().is_ok_and(|n| n <= 0.05) || value == "0%"),
            "filter" => self.faded = Some(value.replace(' ', "").starts_with("opacity(0")),
            "left" | "right" | "top" | "bottom" | "text-indent" | "margin-left" | "margin-top" | "margin" => {
                self.moved = Some(self.moved == Some(true) || far());
            }
            "clip" => self.clipped = Some(value.starts_with("rect(0") || value.starts_with("rect(1px")),
            "clip-path" => {
                let path = value.replace(' ', "");
                let nothing = ["inset(50%", "inset(100%", "circle(0", "polygon(00"];
                self.clipped = Some(nothing.iter().any(|start| path.starts_with(start)));
            }
            "transform" => {
                let path = value.replace(' ', "");
                self.clipped =
                    Some(path.contains("scale(0)") || path.contains("scale(0,") || path.contains("-9999"));
            }
            "max-height" | "height" | "max-width" | "width" => {
                self.flat = Some(self.flat == Some(true) || zero());
            }
            "overflow" | "overflow-y" | "overflow-x" => {
                self.overflow = Some(matches!(value, "hidden" | "clip"));
            }
            "font-size" => self.size = length(value).or(self.size),
            "font" => self.size = value.split([' ', '/']).find_map(length).or(self.size),
            "color" | "-webkit-text-fill-color" => self.colour = Some(colour(value)),
            "background-color" => self.background = Some(colour(value)),
            "background" => self.background = Some(background(value)),
            "background-image" if value != "none" => self.background = Some(Colour::Unknown),
            _ => {}
        }
    }

    fn apply(&self, parent: Look) -> Look {
        let is = |flag: Option<bool>| flag == Some(true);
        let flat = is(self.flat) && is(self.overflow);
        Look {
            gone: parent.gone
                || is(self.display)
                || is(self.faded)
                || is(self.moved)
                || is(self.clipped)
                || flat,
            invisible: self.visibility.unwrap_or(parent.invisible),
            size: match self.size {
                Some(Size::Pixels(size)) => size,
                Some(Size::Times(times)) => parent.size * times,
                None => parent.size,
            },
            colour: self.colour.unwrap_or(parent.colour),
            background: match self.background {
                Some(Colour::Transparent) | None => parent.background,
                Some(background) => background,
            },
        }
    }
}

/// A length, in pixels or relative to the surrounding font.
fn length(value: &str) -> Option<Size> {
    let unit_at = value.find(|c: char| c.is_ascii_alphabetic() || c == '%').unwrap_or(value.len());
    let number: f32 = value[..unit_at].trim().parse().ok()?;
    Some(match value[unit_at..].split_whitespace().next().unwrap_or("px") {
        "px" => Size::Pixels(number),
        "pt" => Size::Pixels(number * 4.0 / 3.0),
        "em" => Size::Times(number),
        "rem" => Size::Pixels(number * 16.0),
        "%" => Size::Times(number / 100.0),
        "in" => Size::Pixels(number * 96.0),
        "cm" => Size::Pixels(number * 37.8),
        "mm" => Size::Pixels(number * 3.78),
        // Of the window, or something rarer: zero is zero in each.
        _ if number == 0.0 => Size::Pixels(0.0),
        _ => return None,
    })
}

fn background(value: &str) -> Colour {
    if value.contains("url(") || value.contains("gradient") {
        return Colour::Unknown;
    }
    let whole = colour(value);
    if whole != Colour::Unknown {
        return whole;
    }
    value.split_whitespace().map(colour).find(|colour| *colour != Colour::Unknown).unwrap_or(Colour::Unknown)
}

fn colour(value: &str) -> Colour {
    let value = value.trim();
    if let Some(digits) = value.strip_prefix('#') {
        return hex(digits).unwrap_or(Colour::Unknown);
    }
    if let Some((_, numbers)) = value.split_once('(').filter(|(name, _)| matches!(*name, "rgb" | "rgba")) {
        let numbers: Vec<f32> = numbers
            .trim_end_matches(')')
            .split([',', ' ', '/'])
            .filter(|number| !number.is_empty())
            .filter_map(|number| match number.strip_suffix('%') {
                Some(percent) => percent.parse::<f32>().ok().map(|n| n * 2.55),
                None => number.parse().ok(),
            })
            .collect();
        let channel = |n: f32| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
            let byte = n.clamp(0.0, 255.0) as u8;
            byte
        };
        return match numbers[..] {
            [_, _, _, alpha] if alpha <= 0.05 => Colour::Transparent,
            [r, g, b] | [r, g, b, _] => Colour::Rgb(channel(r), channel(g), channel(b)),
            _ => Colour::Unknown,
        };
    }
    if value.starts_with("hsl") {
        // Only white and black can be told without computing.
        let light = value.split([',', ' ', '/', ')']).filter_map(|part| part.strip_suffix('%')).nth(1);
        return match light.and_then(|light| light.parse::<f32>().ok()) {
            Some(light) if light >= 95.0 => Colour::Rgb(250, 250, 250),
            Some(light) if light <= 5.0 => Colour::Rgb(0, 0, 0),
            _ => Colour::Unknown,
        };
    }
    match value {
        "transparent" => Colour::Transparent,
        "white" => Colour::Rgb(255, 255, 255),
        "snow" | "ghostwhite" | "whitesmoke" | "ivory" | "floralwhite" | "azure" | "aliceblue"
        | "mintcream" | "seashell" | "honeydew" | "lavenderblush" | "oldlace" => Colour::Rgb(250, 250, 250),
        "black" => Colour::Rgb(0, 0, 0),
        "red" => Colour::Rgb(255, 0, 0),
        "lime" => Colour::Rgb(0, 255, 0),
        "blue" => Colour::Rgb(0, 0, 255),
        "yellow" => Colour::Rgb(255, 255, 0),
        "green" => Colour::Rgb(0, 128, 0),
        "navy" => Colour::Rgb(0, 0, 128),
        "gray" | "grey" => Colour::Rgb(128, 128, 128),
        "silver" => Colour::Rgb(192, 192, 192),
        "lightgray" | "lightgrey" => Colour::Rgb(211, 211, 211),
        _ => hex(value).unwrap_or(Colour::Unknown),
    }
}

fn hex(digits: &str) -> Option<Colour> {
    let digit = |at: usize| digits.get(at..=at).and_then(|digit| u8::from_str_radix(digit, 16).ok());
    let pair = |at: usize| Some(digit(at)? * 16 + digit(at + 1)?);
    let single = |at: usize| Some(digit(at)? * 17);
    match digits.len() {
        4 if digit(3)? == 0 => Some(Colour::Transparent),
        8 if pair(6)? < 13 => Some(Colour::Transparent),
        3 | 4 => Some(Colour::Rgb(single(0)?, single(1)?, single(2)?)),
        6 | 8 => Some(Colour::Rgb(pair(0)?, pair(2)?, pair(4)?)),
        _ => None,
    }
}

/// A style without escapes (CSS Syntax §4.3.7), which hide what it says, and without comments.
fn unescape(style: &str) -> Cow<'_, str> {
    if !style.contains(['\\', '/']) {
        return Cow::Borrowed(style);
    }
    let mut out = String::with_capacity(style.len());
    let mut rest = style;
    while let Some(at) = rest.find(['\\', '/']) {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if rest.as_bytes()[at] == b'/' {
            if let Some(comment) = after.strip_prefix('*') {
                rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
            } else {
                out.push('/');
                rest = after;
            }
            continue;
        }
        let digits = after.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
        if digits == 0 {
            let mut chars = after.chars();
            out.extend(chars.next());
            rest = chars.as_str();
        } else {
            out.extend(u32::from_str_radix(&after[..digits], 16).ok().and_then(char::from_u32));
            rest = after[digits..].strip_prefix(' ').unwrap_or(&after[digits..]);
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The rules of all style sheets, by the last part of their selector: `p`, `.note`, `#top`.
#[derive(Default)]
struct Sheets {
    rules: HashMap<String, Style>,
    count: usize,
    cut: bool,
}

impl Sheets {
    fn of(html: &str) -> Self {
        let mut sheets = Self::default();
        for token in Tokens::new(html) {
            if let Token::Raw("style", sheet) = token {
                sheets.read(&sheet);
            }
        }
        sheets
    }

    fn read(&mut self, sheet: &str) {
        let mut plain = String::with_capacity(sheet.len());
        let mut rest = sheet;
        while let Some((before, comment)) = rest.split_once("/*") {
            plain.push_str(before);
            rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
        }
        plain.push_str(rest);
        let mut rest = plain.as_str();
        while let Some(at) = rest.find(['{', '}', ';']) {
            let (head, body) = (rest[..at].trim(), &rest[at + 1..]);
            if rest.as_bytes()[at] != b'{' {
                rest = body;
                continue;
            }
            let head = head.trim_start_matches("<!--").trim();
            if head.starts_with('@') {
                // Rules for every screen are followed; rules for some screens, for paper and for fonts are not.
                let all = head.to_ascii_lowercase();
                let always = all.starts_with("@media") && !all.contains('(') && !all.contains("print");
                rest = if always { body } else { after_block(body) };
                continue;
            }
            let end = body.find('}').unwrap_or(body.len());
            self.rule(head, &body[..end]);
            rest = &body[(end + 1).min(body.len())..];
        }
    }

    fn rule(&mut self, selectors: &str, declarations: &str) {
        self.count += 1;
        if self.count > MAX_RULES {
            self.cut = true;
            return;
        }
        let style = Style::parse(declarations);
        for selector in unescape(selectors).split(',').take(100) {
            let mut parts = selector.split_whitespace().rev();
            let Some(last) = parts.next() else { continue };
            // Below a class or an id it may apply or not; below elements it does.
            let plain = |part: &str| part == "*" || part.bytes().all(|b| b.is_ascii_alphanumeric());
            let simple = |c: char| c.is_alphanumeric() || matches!(c, '.' | '#' | '-' | '_' | '*');
            if !parts.all(plain) || !last.chars().all(simple) || last.len() > 200 {
                continue;
            }
            let name = last.rfind(['.', '#']).map_or(last, |at| &last[at..]);
            // Names of classes are told apart by case, names of elements are not.
            let name = if name == last && !name.starts_with(['.', '#']) {
                name.to_lowercase()
            } else {
                name.to_owned()
            };
            self.rules.entry(name).or_default().add(&style);
        }
    }

    fn style_of(&self, name: &str, own: &Attributes) -> Style {
        let mut style = Style::default();
        if !self.rules.is_empty() {
            let classes = own.class.split_whitespace().take(MAX_CLASSES).map(|class| format!(".{class}"));
            let id = Some(format!("#{}", own.id)).filter(|_| !own.id.is_empty());
            let names = ["*".to_owned(), name.to_owned()].into_iter().chain(classes).chain(id);
            names.filter_map(|name| self.rules.get(&name)).for_each(|rule| style.add(rule));
        }
        style
    }
}

/// What follows a block whose `{` was read. Braces nest.
fn after_block(body: &str) -> &str {
    let mut depth = 1_usize;
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &body[at + 1..];
        }
    }
    ""
}

/// The attributes of a tag that matter here.
#[derive(Default)]
struct Attributes {
    class: String,
    id: String,
    style: Option<Style>,
    /// What older attributes say.
    plain: Style,
    href: Option<String>,
    spoken: String,
}

impl Attributes {
    fn of(tag: &Tag) -> Self {
        let mut own = Self::default();
        let name = tag.name.as_str();
        for (attribute, value) in &tag.attributes {
            match attribute.as_str() {
                "class" => own.class.clone_from(value),
                "id" => own.id.clone_from(value),
                "style" => own.style = Some(Style::parse(value)),
                "hidden" => own.plain.display = Some(true),
                "bgcolor" => own.plain.background = Some(colour(&value.to_ascii_lowercase())),
                "background" => own.plain.background = Some(Colour::Unknown),
                "color" if name == "font" => own.plain.colour = Some(colour(&value.to_ascii_lowercase())),
                "text" if name == "body" => own.plain.colour = Some(colour(&value.to_ascii_lowercase())),
                "href" if name == "a" => own.href = Some(value.clone()),
                "alt" | "title" | "aria-label" | "aria-description" | "summary" | "placeholder" => {
                    own.spoken.push_str(value);
                    own.spoken.push('\n');
                }
                _ => {}
            }
        }
        own
    }
}

fn is_cell(name: &str) -> bool {
    matches!(name, "td" | "th")
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
            | "script"
            | "style"
            | "title"
            | "xmp"
            | "iframe"
            | "noembed"
            | "noframes"
            | "template"
            | "plaintext"
    )
}

fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "b"
            | "bdi"
            | "bdo"
            | "big"
            | "cite"
            | "code"
            | "del"
            | "em"
            | "font"
            | "i"
            | "ins"
            | "kbd"
            | "mark"
            | "q"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "tt"
            | "u"
            | "var"
            | "wbr"
            | "o:p"
    )
}

/// Reads an HTML body. Linear.
pub(super) fn read(html: &str) -> Page {
    let sheets = Sheets::of(html);
    let mut reader = Reader { page: Page { cut: sheets.cut, ..Page::default() }, ..Reader::default() };
    for token in Tokens::new(html) {
        match token {
            // Of what is no markup, browsers show this.
            Token::Text(text) | Token::Raw("textarea" | "xmp" | "plaintext", text) => reader.text(&text),
            Token::Start(tag) => reader.start(&tag, &sheets),
            Token::End(name) => reader.end(short(&name)),
            Token::Raw(..) | Token::Comment(_) => {}
        }
    }
    reader.close_link();
    reader.page
}

/// Enough of a name to know it.
fn short(name: &str) -> &str {
    cut(name, 20).0
}

#[derive(Default)]
struct Reader {
    page: Page,
    stack: Vec<(String, Look)>,
    /// How often each name is on the stack, by the number of cells around it: an end tag without a start is known
    /// at once, and nothing outside a cell is ended from within.
    open: HashMap<(usize, String), usize>,
    cells: usize,
    /// Whether the last text was hidden: what follows belongs to it.
    hiding: bool,
    /// Whether anything was seen yet.
    seen: bool,
    link: Option<(String, String)>,
}

impl Reader {
    fn look(&self) -> Look {
        self.stack.last().map_or(Look::PLAIN, |(_, look)| *look)
    }

    fn text(&mut self, text: &str) {
        let blank = text.chars().all(|c| c.is_whitespace() || is_invisible(c));
        let hidden = self.look().hides();
        if let Some((_, shown)) = &mut self.link
            && !hidden
            && shown.len() < MAX_LINK_TEXT
        {
            shown.push_str(cut(text, MAX_LINK_TEXT).0);
        }
        if hidden {
            if self.hiding {
                if let Some(last) = self.page.hidden.last_mut() {
                    last.text.push_str(text);
                }
            } else if !blank {
                self.page.hidden.push(Hidden { text: text.to_owned(), first: !self.seen });
                self.hiding = true;
            }
        } else {
            self.hiding &= blank;
            self.seen |= !blank;
            self.page.visible.push_str(text);
        }
    }

    fn start(&mut self, tag: &Tag, sheets: &Sheets) {
        let name = short(&tag.name);
        if !is_inline(name) {
            self.separate();
        }
        self.imply_ends(name);
        let own = Attributes::of(tag);
        self.page.spoken.push_str(&own.spoken);
        if is_void(name) {
            return;
        }
        let mut style = own.plain;
        style.add(&sheets.style_of(name, &own));
        if let Some(inline) = &own.style {
            style.add(inline);
        }
        let look = style.apply(self.look());
        *self.open.entry((self.cells, name.to_owned())).or_default() += 1;
        self.stack.push((name.to_owned(), look));
        self.cells += usize::from(is_cell(name));
        if name == "a" {
            self.close_link();
            self.link = own.href.map(|href| (href, String::new()));
        }
    }

    /// Closes what the start of an element ends: a paragraph before a block, a cell before a cell.
    fn imply_ends(&mut self, name: &str) {
        let top = |reader: &Self, names: &[&str]| {
            reader.stack.last().is_some_and(|(open, _)| names.contains(&open.as_str()))
        };
        match name {
            "td" | "th" | "tr" | "tbody" | "thead" | "tfoot" if self.is_open("table") => {
                let ends: &[&str] = match name {
                    "td" | "th" => &["tr", "table"],
                    "tr" => &["tbody", "thead", "tfoot", "table"],
                    _ => &["table"],
                };
                while !self.stack.is_empty() && !top(self, ends) {
                    self.pop();
                }
            }
            "li" | "dt" | "dd" | "option" if top(self, &["li", "dt", "dd", "option", "p"]) => self.pop(),
            _ if !is_inline(name) && !is_void(name) && top(self, &["p"]) => self.pop(),
            _ => {}
        }
    }

    /// Whether an element is open that an end tag here would end.
    fn is_open(&self, name: &str) -> bool {
        let at = |cells: usize, name: &str| {
            self.open.get(&(cells, name.to_owned())).is_some_and(|count| *count > 0)
        };
        let part = matches!(
            name,
            "table" | "caption" | "colgroup" | "tbody" | "thead" | "tfoot" | "tr" | "td" | "th"
        );
        if !part || at(self.cells, "table") {
            return at(self.cells, name);
        }
        // The table that the innermost cell is in.
        self.cells > 0 && at(self.cells - 1, name)
    }

    fn pop(&mut self) {
        if let Some((name, _)) = self.stack.pop() {
            self.cells -= usize::from(is_cell(&name));
            if let Some(count) = self.open.get_mut(&(self.cells, name)) {
                *count -= 1;
            }
        }
    }

    fn end(&mut self, name: &str) {
        if !is_inline(name) {
            self.separate();
        }
        if name == "a" {
            self.close_link();
        }
        if !self.is_open(name) {
            return;
        }
        while self.stack.last().is_some_and(|(open, _)| open != name) {
            self.pop();
        }
        self.pop();
    }

    /// Two blocks don't make one word.
    fn separate(&mut self) {
        let text = match self.page.hidden.last_mut().filter(|_| self.hiding) {
            Some(last) => &mut last.text,
            None => &mut self.page.visible,
        };
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
    }

    fn close_link(&mut self) {
        if let Some(link) = self.link.take() {
            if self.page.links.len() < MAX_LINKS {
                self.page.links.push(link);
            } else {
                self.page.cut = true;
            }
        }
    }
}
