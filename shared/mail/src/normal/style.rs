//! What an element looks like, as far as the normal form can say it: few properties, each with bounded values.

use super::colour::{Colour, Paint};
use super::value::{Declaration, Piece, declarations};

/// Letters are never smaller, nor larger, in pixels.
pub(super) const SIZES: (f32, f32) = (8.0, 96.0);
/// Letters of at most this size are not seen at all.
const UNSEEN: f32 = 1.0;
/// Widest something is, in pixels.
const MAX_WIDTH: f32 = 800.0;
/// Highest something is, in pixels.
const MAX_HEIGHT: f32 = 2000.0;
/// Narrowest a block is that was given a width in pixels: letters of a narrower one stand beside it.
const MIN_WIDTH: f32 = 100.0;
/// Most room around or within something, in pixels.
const MAX_ROOM: f32 = 100.0;
/// The largest radius of a corner, in pixels.
const MAX_RADIUS: f32 = 30.0;
/// Thickest border, in pixels.
const MAX_BORDER: f32 = 20.0;

/// Families of letters that a mail may name: others could draw other letters than the text has.
#[rustfmt::skip] // a table
const FAMILIES: [&str; 62] = [
    "-apple-system", "american typewriter", "arial", "arial black", "arial narrow", "avenir", "avenir next",
    "blinkmacsystemfont", "bookman", "calibri", "cambria", "candara", "cantarell", "charter", "consolas", "constantia",
    "corbel", "courier", "courier new", "cursive", "dejavu sans", "dejavu serif", "droid sans", "fira sans", "futura",
    "garamond", "geneva", "georgia", "gill sans", "helvetica", "helvetica neue", "impact", "inter", "lato",
    "liberation sans", "lucida console", "lucida grande", "lucida sans", "lucida sans unicode", "menlo", "merriweather",
    "monaco", "monospace", "montserrat", "noto sans", "noto serif", "nunito", "open sans", "optima", "oxygen",
    "palatino", "palatino linotype", "playfair display", "poppins", "raleway", "roboto", "sans-serif", "segoe ui",
    "serif", "source sans pro", "system-ui", "tahoma",
];
const MORE_FAMILIES: [&str; 7] =
    ["times", "times new roman", "trebuchet ms", "ubuntu", "ui-sans-serif", "verdana", "work sans"];

/// Properties whose value is one of few words, how they are written, and the words.
const WORDS: [(&str, &str, &[&str]); 8] = [
    ("border-collapse", "border-collapse", &["collapse", "separate"]),
    ("box-sizing", "box-sizing", &["border-box", "content-box"]),
    ("clear", "clear", &["left", "right", "both", "none"]),
    ("font-style", "font-style", &["normal", "italic", "oblique"]),
    ("list-style", "list-style-type", LISTS),
    ("list-style-type", "list-style-type", LISTS),
    ("text-align", "text-align", &["left", "center", "right", "justify", "start", "end"]),
    (
        "vertical-align",
        "vertical-align",
        &["baseline", "top", "middle", "bottom", "sub", "super", "text-top", "text-bottom"],
    ),
];
#[rustfmt::skip] // a table
const LISTS: &[&str] = &[
    "disc", "circle", "square", "decimal", "lower-alpha", "upper-alpha", "lower-roman", "upper-roman", "none",
];

/// Properties that say nothing in a mail or nothing to its reader: they vanish without a word.
const SILENT: [&str; 27] = [
    "-ms-interpolation-mode",
    "-ms-text-size-adjust",
    "-webkit-font-smoothing",
    "-webkit-text-size-adjust",
    "appearance",
    "border-image",
    "box-shadow",
    "cursor",
    "font-display",
    "font-feature-settings",
    "font-kerning",
    "hyphens",
    "image-rendering",
    "min-height",
    "min-width",
    "outline",
    "overflow-wrap",
    "page-break-inside",
    "table-layout",
    "text-rendering",
    "text-size-adjust",
    "transition",
    "user-select",
    "will-change",
    "word-break",
    "word-wrap",
    "zoom",
];

/// The sides of a box, in the order of CSS.
const SIDES: [&str; 4] = ["top", "right", "bottom", "left"];

/// A length, before what it is relative to is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Length {
    Pixels(f32),
    /// Of the size of the letters.
    Letters(f32),
    /// Of what is around it: 1.0 is all of it.
    Share(f32),
    Auto,
}

/// Whether a property is one that the form has a word for, or that says whether something is seen.
pub(super) fn is_known(name: &str) -> bool {
    const KNOWN: [&str; 30] = [
        "background",
        "background-color",
        "background-image",
        "border",
        "border-radius",
        "border-spacing",
        "clear",
        "color",
        "direction",
        "display",
        "float",
        "font",
        "font-family",
        "font-size",
        "font-variant",
        "font-weight",
        "height",
        "letter-spacing",
        "line-height",
        "margin",
        "max-height",
        "max-width",
        "mso-hide",
        "opacity",
        "padding",
        "text-decoration",
        "text-transform",
        "visibility",
        "white-space",
        "width",
    ];
    let sided = ["border-", "margin-", "padding-", "overflow", "text-decoration-", "list-style"];
    KNOWN.contains(&name)
        || WORDS.iter().any(|(known, ..)| *known == name)
        // What moves, clips or covers is named when it is left out.
        || MOVING.contains(&name)
        || (name.len() < 30 && sided.iter().any(|side| name.starts_with(side)))
}

/// Properties that the form has no word for, and a sender should know of.
const MOVING: [&str; 12] = [
    "bottom",
    "clip",
    "clip-path",
    "content",
    "left",
    "position",
    "right",
    "text-indent",
    "top",
    "transform",
    "word-spacing",
    "z-index",
];

impl Length {
    /// Whether it is at most so many pixels, as far as that can be told.
    pub(super) fn is_at_most(self, pixels: f32) -> bool {
        match self {
            Length::Pixels(n) => n <= pixels,
            Length::Letters(n) | Length::Share(n) => n <= 0.0,
            Length::Auto => true,
        }
    }
}

/// A line of a border.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Line {
    pub(super) width: Option<f32>,
    pub(super) kind: Option<&'static str>,
    paint: Option<Paint>,
}

/// A colour that an element names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ink {
    Paint(Paint),
    /// That of the element around it.
    Inherit,
}

/// The case that letters are shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    AsWritten,
    Upper,
    Lower,
    Title,
}

/// What the style of one element says.
#[derive(Debug, Clone, Default)]
pub(super) struct Style {
    /// It is not there, not visible, not opaque.
    pub(super) gone: Option<bool>,
    pub(super) invisible: Option<bool>,
    pub(super) faded: Option<bool>,
    pub(super) ink: Option<Ink>,
    pub(super) background: Option<Paint>,
    pub(super) size: Option<Length>,
    /// The case that its letters are shown in.
    pub(super) case: Option<Case>,
    pub(super) preserves: Option<bool>,
    pub(super) direction: Option<&'static str>,
    pub(super) line_height: Option<Length>,
    pub(super) letter_spacing: Option<Length>,
    pub(super) margin: [Option<Length>; 4],
    pub(super) padding: [Option<Length>; 4],
    pub(super) border: [Line; 4],
    pub(super) width: Option<Length>,
    pub(super) max_width: Option<Length>,
    pub(super) height: Option<Length>,
    pub(super) max_height: Option<Length>,
    pub(super) radius: Option<Length>,
    pub(super) spacing: Option<Length>,
    /// Properties whose value is one of few words, or a list of families.
    pub(super) words: Vec<(&'static str, String)>,
    /// For what cuts off what is beyond a height or width.
    pub(super) clips: bool,
    /// Properties that could not be kept.
    pub(super) dropped: Vec<String>,
}

/// What a style is relative to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    /// The size of the element's own letters, in pixels.
    pub(super) size: f32,
    /// What lies behind the element's text.
    pub(super) behind: Colour,
    pub(super) colour: Colour,
    /// Whether the element is a part of a table or a picture, whose height may be given.
    pub(super) sized: bool,
    /// Room that is left on the side where lines begin, in pixels.
    pub(super) room: f32,
}

impl Style {
    /// Reads a `style` attribute.
    pub(super) fn parse(text: &str) -> Self {
        let mut style = Self::default();
        for declaration in declarations(text) {
            style.declare(&declaration);
        }
        style
    }

    /// Adds what a stronger style says: that of a `style` attribute to what old attributes say.
    pub(super) fn under(mut self, later: Style) -> Style {
        fn or<T: Copy>(later: Option<T>, earlier: Option<T>) -> Option<T> {
            later.or(earlier)
        }
        let four = |later: [Option<Length>; 4], earlier: [Option<Length>; 4]| {
            std::array::from_fn(|i| later[i].or(earlier[i]))
        };
        self.words.retain(|(name, _)| !later.words.iter().any(|(known, _)| known == name));
        self.words.extend(later.words);
        self.dropped.extend(later.dropped);
        Style {
            gone: or(later.gone, self.gone),
            invisible: or(later.invisible, self.invisible),
            faded: or(later.faded, self.faded),
            ink: or(later.ink, self.ink),
            background: or(later.background, self.background),
            size: or(later.size, self.size),
            case: or(later.case, self.case),
            preserves: or(later.preserves, self.preserves),
            direction: or(later.direction, self.direction),
            line_height: or(later.line_height, self.line_height),
            letter_spacing: or(later.letter_spacing, self.letter_spacing),
            margin: four(later.margin, self.margin),
            padding: four(later.padding, self.padding),
            border: std::array::from_fn(|i| Line {
                width: or(later.border[i].width, self.border[i].width),
                kind: or(later.border[i].kind, self.border[i].kind),
                paint: or(later.border[i].paint, self.border[i].paint),
            }),
            width: or(later.width, self.width),
            max_width: or(later.max_width, self.max_width),
            height: or(later.height, self.height),
            max_height: or(later.max_height, self.max_height),
            radius: or(later.radius, self.radius),
            spacing: or(later.spacing, self.spacing),
            words: self.words,
            clips: later.clips || self.clips,
            dropped: self.dropped,
        }
    }

    fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.words.retain(|(known, _)| *known != name);
        self.words.push((name, value.into()));
    }

    /// Leaves a property out.
    pub(super) fn forget(&mut self, name: &str) {
        self.words.retain(|(known, _)| *known != name);
    }

    /// The value of a property that is one of few words.
    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.words.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn set_word(&mut self, name: &'static str, value: &'static str) {
        self.forget(name);
        self.words.push((name, value.into()));
    }

    /// Leaves the colour of its words to what is around it.
    pub(super) fn forget_ink(&mut self) {
        self.ink = None;
    }

    /// Bounds what is as wide as its style or an attribute (`attributed`) says by what is around it. Whether it is wide so, or moved
    /// to a side: then it may reach beyond it all the same.
    pub(super) fn keep_within(&mut self, attributed: bool) -> bool {
        let is_share = |length: Option<Length>| matches!(length, Some(Length::Share(_)) | None);
        let fixed = attributed || !is_share(self.width) || !is_share(self.max_width);
        if let (Some(Length::Pixels(width)), Some(Length::Pixels(most))) = (self.width, self.max_width) {
            self.width = Some(Length::Pixels(width.min(most)));
        }
        if attributed || !is_share(self.width) {
            self.max_width = Some(Length::Share(1.0));
        }
        let moved = [1, 3].iter().any(|side| self.margin[*side].is_some_and(|it| !it.is_at_most(0.0)));
        fixed || moved || self.width.is_some()
    }

    fn declare(&mut self, declaration: &Declaration) {
        if self.take(&declaration.name, &declaration.pieces) {
            return;
        }
        let name = declaration.name.as_str();
        let silent = SILENT.contains(&name) || name.starts_with("mso-") || name.starts_with("--");
        if !silent && !self.dropped.iter().any(|known| known == name) {
            self.dropped.push(name.chars().take(60).collect());
        }
    }

    /// Takes a declaration. `false`: the form can't say it.
    fn take(&mut self, name: &str, pieces: &[Piece]) -> bool {
        // What an element has anyhow needs no words.
        if let [Piece::Word(word)] = pieces
            && matches!(word.as_str(), "inherit" | "initial" | "unset" | "revert")
        {
            if name == "color" && word == "inherit" {
                self.ink = Some(Ink::Inherit);
            }
            return true;
        }
        if let Some((_, property, words)) = WORDS.iter().find(|(known, ..)| *known == name) {
            return self.choose(property, pieces, words);
        }
        let taken = self.take_sight(name, pieces).or_else(|| self.take_letters(name, pieces));
        taken.or_else(|| self.take_box(name, pieces)).unwrap_or_default()
    }

    /// Whether an element is seen at all.
    fn take_sight(&mut self, name: &str, pieces: &[Piece]) -> Option<bool> {
        Some(match name {
            "display" => self.display(pieces),
            "visibility" => {
                let word = is_word(pieces, &["hidden", "collapse", "visible"]);
                self.invisible = Some(word.is_some_and(|word| word != "visible"));
                word.is_some()
            }
            "opacity" => {
                let [Piece::Number(seen) | Piece::Share(seen)] = pieces else { return Some(false) };
                self.faded = Some(*seen <= 0.05);
                *seen <= 0.05 || *seen >= 1.0
            }
            "overflow" | "overflow-x" | "overflow-y" => {
                self.clips |= is_word(pieces, &["hidden", "clip"]).is_some();
                true
            }
            "mso-hide" => true,
            _ => return None,
        })
    }

    /// Letters, and what is behind them.
    fn take_letters(&mut self, name: &str, pieces: &[Piece]) -> Option<bool> {
        let is = |words: &[&'static str]| is_word(pieces, words);
        Some(match name {
            "color" => set_some(&mut self.ink, one_paint(pieces).map(Ink::Paint)),
            "background-color" => set_some(&mut self.background, one_paint(pieces)),
            "background" => self.background(pieces),
            "background-image" => is(&["none"]).is_some() || self.gradient(pieces),
            "font" => self.font(pieces),
            "font-family" => self.families(pieces),
            "font-size" => set_some(&mut self.size, font_size(pieces)),
            "font-weight" => self.weight(pieces),
            "font-variant" => is(&["normal"]).is_some(),
            "line-height" => set_some(&mut self.line_height, line_height(pieces)),
            "letter-spacing" => {
                is(&["normal"]).is_some() || set_some(&mut self.letter_spacing, length(pieces))
            }
            "text-decoration" | "text-decoration-line" => self.decoration(pieces),
            "text-transform" => {
                let case = is(&["none", "uppercase", "lowercase", "capitalize"]).map(|word| match word {
                    "uppercase" => Case::Upper,
                    "lowercase" => Case::Lower,
                    "capitalize" => Case::Title,
                    _ => Case::AsWritten,
                });
                set_some(&mut self.case, case)
            }
            "white-space" => {
                let word = is(&["normal", "nowrap", "pre", "pre-wrap"]);
                set_some(&mut self.preserves, word.map(|word| word.starts_with("pre")))
            }
            "direction" => set_some(&mut self.direction, is(&["ltr", "rtl"])),
            "unicode-bidi" => is(&["normal", "embed", "isolate", "plaintext"]).is_some(),
            "float" => is(&["none"]).is_some() || self.choose("float", pieces, &["left", "right"]),
            _ => return None,
        })
    }

    /// The box of an element.
    fn take_box(&mut self, name: &str, pieces: &[Piece]) -> Option<bool> {
        let none = || is_word(pieces, &["none"]).is_some();
        let first = &pieces[..1.min(pieces.len())];
        Some(match name {
            "margin" => four_sides(&mut self.margin, pieces),
            "padding" => four_sides(&mut self.padding, pieces),
            "width" => set_some(&mut self.width, length(pieces)),
            "max-width" => none() || set_some(&mut self.max_width, length(pieces)),
            "height" => set_some(&mut self.height, length(pieces)),
            "max-height" => none() || set_some(&mut self.max_height, length(pieces)),
            "border-radius" => set_some(&mut self.radius, length(first)),
            "border-spacing" => set_some(&mut self.spacing, length(first)),
            _ => {
                if let Some(side) = name.strip_prefix("margin-") {
                    one_side(&mut self.margin, side, pieces)
                } else if let Some(side) = name.strip_prefix("padding-") {
                    one_side(&mut self.padding, side, pieces)
                } else {
                    self.borders(name.strip_prefix("border")?, pieces)
                }
            }
        })
    }

    /// The property that takes it out of sight, whatever else it says.
    pub(super) fn is_hidden(&self) -> bool {
        [self.gone, self.invisible, self.faded].contains(&Some(true)) || self.is_clipped()
    }

    fn choose(&mut self, name: &'static str, pieces: &[Piece], words: &[&'static str]) -> bool {
        match is_word(pieces, words) {
            Some(word) => {
                self.set(name, word);
                true
            }
            None => false,
        }
    }

    fn display(&mut self, pieces: &[Piece]) -> bool {
        let gone = is_word(pieces, &["none"]).is_some();
        self.gone = Some(gone);
        // Tables are tables by their elements.
        gone || is_word(pieces, &["table", "table-row", "table-cell", "list-item"]).is_some()
            || self.choose("display", pieces, &["block", "inline", "inline-block"])
    }

    fn background(&mut self, pieces: &[Piece]) -> bool {
        if let Some(paint) = pieces.iter().find_map(Paint::of) {
            self.background = Some(paint);
        } else if is_word(pieces, &["none"]).is_some() {
            self.background = None;
        } else {
            return self.gradient(pieces);
        }
        // A picture beside the colour is not kept, and said to be.
        !pieces.iter().any(|piece| matches!(piece, Piece::Function(name, _) if name == "url"))
    }

    /// Of a gradient the first colour is kept, so that what is written on it can be read.
    fn gradient(&mut self, pieces: &[Piece]) -> bool {
        let gradients = pieces.iter().filter_map(|piece| match piece {
            Piece::Function(name, inner) if name.ends_with("gradient") => Some(inner),
            _ => None,
        });
        if let Some(paint) = gradients.flatten().find_map(Paint::of) {
            self.background = Some(paint);
        }
        false
    }

    fn font(&mut self, pieces: &[Piece]) -> bool {
        let Some(at) = pieces.iter().position(|piece| font_size(std::slice::from_ref(piece)).is_some())
        else {
            return false;
        };
        self.size = font_size(&pieces[at..=at]);
        for piece in &pieces[..at] {
            let piece = std::slice::from_ref(piece);
            let _ = self.weight(piece) || self.choose("font-style", piece, &["italic", "oblique"]);
        }
        let mut rest = &pieces[at + 1..];
        if let [Piece::Slash, height, ..] = rest {
            self.line_height = line_height(std::slice::from_ref(height));
            rest = &rest[2..];
        }
        self.families(rest)
    }

    fn weight(&mut self, pieces: &[Piece]) -> bool {
        let weight = match pieces {
            [Piece::Word(word)] if word == "normal" => "400".to_owned(),
            [Piece::Word(word)] if matches!(word.as_str(), "bold" | "bolder") => "700".to_owned(),
            [Piece::Word(word)] if word == "lighter" => "400".to_owned(),
            [Piece::Number(n)] if (1.0..=1000.0).contains(n) => {
                format!("{:.0}", (n / 100.0).round().clamp(1.0, 9.0) * 100.0)
            }
            _ => return false,
        };
        self.set("font-weight", weight);
        true
    }

    fn families(&mut self, pieces: &[Piece]) -> bool {
        let mut known: Vec<String> = vec![];
        for family in pieces.split(|piece| *piece == Piece::Comma) {
            let name = match family {
                [Piece::Quoted(name)] => name.trim().to_ascii_lowercase(),
                words => {
                    let words = words.iter().filter_map(|piece| match piece {
                        Piece::Word(word) => Some(word.as_str()),
                        _ => None,
                    });
                    words.collect::<Vec<_>>().join(" ")
                }
            };
            let listed =
                FAMILIES.binary_search(&name.as_str()).is_ok() || MORE_FAMILIES.contains(&name.as_str());
            if listed && !known.contains(&name) {
                known.push(name);
            }
        }
        known.truncate(10);
        if !known.is_empty() {
            self.set("font-family", known.join(","));
        }
        // A family that is not known is no loss that anyone would look for.
        true
    }

    fn decoration(&mut self, pieces: &[Piece]) -> bool {
        let lines = ["none", "underline", "line-through", "overline"];
        let mut found: Vec<&str> = vec![];
        for piece in pieces {
            match is_word(std::slice::from_ref(piece), &lines) {
                Some("none") => found.clear(),
                Some(line) if !found.contains(&line) => found.push(line),
                _ => {}
            }
        }
        found.sort_unstable();
        self.set("text-decoration", if found.is_empty() { "none".to_owned() } else { found.join(" ") });
        true
    }

    /// `rest` is what follows `border`: nothing, a side, a property of all sides, or one of one side.
    fn borders(&mut self, rest: &str, pieces: &[Piece]) -> bool {
        let rest = rest.trim_start_matches('-');
        let (sides, part): (Vec<usize>, &str) = match SIDES.iter().position(|side| rest.starts_with(side)) {
            Some(side) => (vec![side], rest[SIDES[side].len()..].trim_start_matches('-')),
            None => ((0..4).collect(), rest),
        };
        if !matches!(part, "" | "width" | "style" | "color") {
            return false;
        }
        let mut line = Line::default();
        let mut listed: Vec<Line> = vec![];
        for piece in pieces {
            let one = std::slice::from_ref(piece);
            let mut this = Line::default();
            if let Some(kind) = is_word(one, &["solid", "dashed", "dotted", "double", "none", "hidden"]) {
                this.kind = Some(if kind == "hidden" { "none" } else { kind });
            } else if is_word(one, &["groove", "ridge", "inset", "outset"]).is_some() {
                this.kind = Some("solid");
            } else if let Some(word) = is_word(one, &["thin", "medium", "thick"]) {
                this.width = Some(match word {
                    "thin" => 1.0,
                    "medium" => 3.0,
                    _ => 5.0,
                });
            } else if let Some(Length::Pixels(width)) = length(one) {
                this.width = Some(width.clamp(0.0, MAX_BORDER));
            } else if let Some(paint) = Paint::of(piece) {
                this.paint = Some(paint);
            } else {
                return false;
            }
            line = Line {
                width: this.width.or(line.width),
                kind: this.kind.or(line.kind),
                paint: this.paint.or(line.paint),
            };
            listed.push(this);
        }
        let each = part.is_empty() || sides.len() == 1 || listed.len() < 2;
        if part.is_empty() {
            // The shorthand sets back what it does not name.
            line.kind = line.kind.or(Some("none"));
        }
        for (i, side) in sides.into_iter().enumerate() {
            let given = if each { line } else { listed[side_of(i, listed.len())] };
            let border = &mut self.border[side];
            *border = Line {
                width: given.width.or(border.width),
                kind: given.kind.or(border.kind),
                paint: given.paint.or(border.paint),
            };
        }
        true
    }

    /// Whether what it holds is cut down to nothing.
    fn is_clipped(&self) -> bool {
        let flat = |length: Option<Length>| match length {
            Some(Length::Share(n)) => n <= 0.0,
            Some(Length::Letters(n)) => n <= 0.06,
            Some(Length::Pixels(n)) => n <= 1.0,
            Some(Length::Auto) | None => false,
        };
        self.clips && (flat(self.height) || flat(self.max_height) || flat(self.width) || flat(self.max_width))
    }

    /// The size of letters within an element of this style, in pixels, and whether they were too small to be seen.
    pub(super) fn letters(&self, around: f32) -> (f32, bool) {
        let size = match self.size {
            None | Some(Length::Auto) => return (around, false),
            Some(Length::Pixels(size)) => size,
            Some(Length::Letters(times) | Length::Share(times)) => around * times,
        };
        (size.clamp(SIZES.0, SIZES.1), size <= UNSEEN)
    }

    /// Writes it, and how far it moves what it holds away from where lines begin, in pixels.
    pub(super) fn write(
        &self,
        around: &Around,
        shown_size: Option<f32>,
        explicit: &Explicit,
    ) -> (String, f32) {
        let mut out = Out(vec![]);
        let lines = self.put_lines(around, &mut out);
        self.put_letters(around, shown_size, explicit, &mut out);
        let room = self.put_room(around, lines, &mut out);
        self.put_sizes(around, &mut out);
        for (name, value) in &self.words {
            out.put(name, value.clone());
        }
        out.0.sort();
        (out.0.join(";"), lines + room)
    }

    /// Writes borders, and how thick they are on both sides of a line together, halved: what moves a line to one side.
    fn put_lines(&self, around: &Around, out: &mut Out) -> f32 {
        let mut indent = 0.0;
        for (side, line) in SIDES.iter().zip(&self.border) {
            let Some(kind) = line.kind else { continue };
            let (property, width) = (format!("border-{side}"), line.width.unwrap_or(3.0));
            if kind == "none" || width < 0.5 {
                out.put(&property, "none");
                continue;
            }
            let colour = line.paint.map_or(around.colour, |paint| paint.over(around.behind));
            out.put(&property, format!("{} {kind} {}", pixels(width), colour.css()));
            if matches!(*side, "left" | "right") {
                indent += width / 2.0;
            }
        }
        // Round corners show what is behind: words must not stand there.
        if let Some(radius) = self
            .radius
            .and_then(|it| in_pixels(it, around.size))
            .map(|it| it.clamp(0.0, MAX_RADIUS))
            .map(pixels)
        {
            out.put("border-radius", radius);
        }
        if let Some(spacing) = self.spacing.and_then(|it| in_pixels(it, around.size)) {
            out.put("border-spacing", pixels(spacing.clamp(0.0, 50.0)));
        }
        indent
    }

    fn put_letters(&self, around: &Around, shown_size: Option<f32>, explicit: &Explicit, out: &mut Out) {
        if let Some(background) = explicit.background {
            out.put("background-color", background.css());
        }
        if let Some(colour) = explicit.colour {
            out.put("color", colour.css());
        }
        if let Some(size) = shown_size {
            out.put("font-size", pixels(size));
        }
        if let Some(spacing) = self.letter_spacing.and_then(|it| in_pixels(it, around.size))
            && spacing > 0.0
        {
            out.put("letter-spacing", pixels(spacing.min(10.0)));
        }
        let times = match self.line_height {
            Some(Length::Pixels(n)) => n / around.size,
            Some(Length::Letters(n) | Length::Share(n)) => n,
            Some(Length::Auto) | None => 0.0,
        };
        if times > 0.0 {
            out.put("line-height", plain(times.clamp(1.0, 3.0)));
        }
        if self.preserves == Some(true) {
            out.put("white-space", "pre-wrap");
        } else if explicit.wraps {
            out.put("white-space", "normal");
        }
    }

    /// Writes the room around and within, and how far it moves lines in. What would push them out of sight is not kept.
    fn put_room(&self, around: &Around, lines: f32, out: &mut Out) -> f32 {
        let mut indent = 0.0;
        for (name, sides) in [("margin", &self.margin), ("padding", &self.padding)] {
            for (side, length) in SIDES.iter().zip(sides) {
                let Some(length) = *length else { continue };
                let (property, beside) = (format!("{name}-{side}"), matches!(*side, "left" | "right"));
                if length == Length::Auto {
                    if name == "margin" && beside {
                        out.put(&property, "auto");
                    }
                    continue;
                }
                let left = (around.room - lines - indent).max(0.0);
                let most = if beside { MAX_ROOM.min(left) } else { MAX_ROOM };
                let Some(value) = clamp_length(length, around.size, most, 0.1) else { continue };
                if beside {
                    // A tenth of any window that people read in.
                    indent += in_pixels(length, around.size).unwrap_or(60.0).clamp(0.0, most);
                }
                out.put(&property, value);
            }
        }
        indent
    }

    fn put_sizes(&self, around: &Around, out: &mut Out) {
        if let Some(height) = self.height.filter(|_| around.sized).and_then(|it| in_pixels(it, around.size))
            && height > 0.0
        {
            out.put("height", pixels(height.min(MAX_HEIGHT)));
        }
        // What is as wide as what is around it, and padded, would be wider.
        let padded =
            [1, 3].iter().any(|side| self.padding[*side].is_some() || self.border[*side].kind.is_some());
        if padded && matches!(self.width, Some(Length::Share(_))) && self.word("box-sizing").is_none() {
            out.put("box-sizing", "border-box");
        }
        let least = if around.sized { 0.0 } else { MIN_WIDTH };
        for (name, length) in [("max-width", self.max_width), ("width", self.width)] {
            match length {
                Some(Length::Share(share)) if share >= 0.05 => out.put(name, percent(share.min(1.0))),
                Some(other) => {
                    if let Some(width) = in_pixels(other, around.size)
                        && width >= least
                        && width > 0.0
                    {
                        out.put(name, pixels(width.min(MAX_WIDTH)));
                    }
                }
                None => {}
            }
        }
    }
}

/// Declarations as they are written.
struct Out(Vec<String>);

impl Out {
    fn put(&mut self, name: &str, value: impl AsRef<str>) {
        self.0.push(format!("{name}:{}", value.as_ref()));
    }
}

/// What an element says of itself though its own style need not.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Explicit {
    pub(super) background: Option<Colour>,
    pub(super) colour: Option<Colour>,
    /// It must end a white space that is kept around it.
    pub(super) wraps: bool,
}

fn set_some<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    let found = value.is_some();
    if found {
        *slot = value;
    }
    found
}

/// The word that a value is, if it is one of these.
fn is_word(pieces: &[Piece], words: &[&'static str]) -> Option<&'static str> {
    match pieces {
        [Piece::Word(word), ..] => words.iter().copied().find(|known| known == word),
        _ => None,
    }
}

fn one_paint(pieces: &[Piece]) -> Option<Paint> {
    match pieces {
        [piece] => Paint::of(piece),
        _ => None,
    }
}

fn length(pieces: &[Piece]) -> Option<Length> {
    match pieces {
        [Piece::Number(n)] if *n == 0.0 => Some(Length::Pixels(0.0)),
        [Piece::Share(n)] => Some(Length::Share(*n)),
        [Piece::Word(word)] if word == "auto" => Some(Length::Auto),
        [Piece::Length(n, unit)] => Some(match unit.as_str() {
            "px" => Length::Pixels(*n),
            "pt" => Length::Pixels(n * 4.0 / 3.0),
            "in" => Length::Pixels(n * 96.0),
            "cm" => Length::Pixels(n * 96.0 / 2.54),
            "mm" => Length::Pixels(n * 96.0 / 25.4),
            "rem" | "pc" => Length::Pixels(n * 16.0),
            "em" => Length::Letters(*n),
            "ex" | "ch" => Length::Letters(n / 2.0),
            _ if *n == 0.0 => Length::Pixels(0.0),
            _ => return None,
        }),
        _ => None,
    }
    .filter(|length| match length {
        Length::Pixels(n) | Length::Letters(n) | Length::Share(n) => n.is_finite(),
        Length::Auto => true,
    })
}

fn font_size(pieces: &[Piece]) -> Option<Length> {
    if let [Piece::Word(word)] = pieces {
        return Some(match word.as_str() {
            "xx-small" => Length::Pixels(9.0),
            "x-small" => Length::Pixels(10.0),
            "small" => Length::Pixels(13.0),
            "medium" => Length::Pixels(16.0),
            "large" => Length::Pixels(18.0),
            "x-large" => Length::Pixels(24.0),
            "xx-large" => Length::Pixels(32.0),
            "xxx-large" => Length::Pixels(48.0),
            "smaller" => Length::Letters(1.0 / 1.2),
            "larger" => Length::Letters(1.2),
            _ => return None,
        });
    }
    length(pieces).filter(|length| *length != Length::Auto)
}

fn line_height(pieces: &[Piece]) -> Option<Length> {
    match pieces {
        [Piece::Number(n)] if n.is_finite() => Some(Length::Letters(*n)),
        [Piece::Word(word)] if word == "normal" => Some(Length::Auto),
        _ => length(pieces).filter(|length| *length != Length::Auto),
    }
}

/// Which of so many values of a shorthand is that of a side.
fn side_of(side: usize, values: usize) -> usize {
    match (values, side) {
        (1, _) => 0,
        (2, side) => side % 2,
        (3, 3) => 1,
        (_, side) => side,
    }
}

fn four_sides(sides: &mut [Option<Length>; 4], pieces: &[Piece]) -> bool {
    let lengths: Vec<_> = pieces.iter().map(|piece| length(std::slice::from_ref(piece))).collect();
    if lengths.is_empty() || lengths.len() > 4 || lengths.contains(&None) {
        return false;
    }
    for (i, side) in sides.iter_mut().enumerate() {
        *side = lengths[side_of(i, lengths.len())];
    }
    true
}

fn one_side(sides: &mut [Option<Length>; 4], name: &str, pieces: &[Piece]) -> bool {
    let Some(side) = SIDES.iter().position(|side| *side == name) else { return false };
    set_some(&mut sides[side], length(pieces))
}

fn in_pixels(length: Length, size: f32) -> Option<f32> {
    match length {
        Length::Pixels(n) => Some(n),
        Length::Letters(n) => Some(n * size),
        Length::Share(_) | Length::Auto => None,
    }
}

/// A length that is not negative: at most so many pixels, or such a share.
fn clamp_length(length: Length, size: f32, most: f32, most_share: f32) -> Option<String> {
    match length {
        Length::Share(share) => Some(percent(share.clamp(0.0, most_share))),
        other => in_pixels(other, size).map(|n| pixels(n.clamp(0.0, most))),
    }
}

/// A number with at most two decimals.
fn plain(n: f32) -> String {
    let text = format!("{n:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "-0" { "0".to_owned() } else { text.to_owned() }
}

pub(super) fn pixels(n: f32) -> String {
    match plain(n).as_str() {
        "0" => "0".to_owned(),
        n => format!("{n}px"),
    }
}

fn percent(share: f32) -> String {
    format!("{}%", plain(share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(style: &str) -> String {
        let around =
            Around { size: 16.0, behind: Colour::WHITE, colour: Colour::BLACK, sized: false, room: 400.0 };
        Style::parse(style).write(&around, None, &Explicit::default()).0
    }

    #[test]
    fn tables_are_sorted() {
        assert!(FAMILIES.is_sorted() && MORE_FAMILIES.is_sorted());
    }

    #[test]
    fn few_properties_have_bounded_values() {
        for (style, expected) in [
            ("", ""),
            (
                "margin:-20px auto 0 5000px",
                "margin-bottom:0;margin-left:100px;margin-right:auto;margin-top:0",
            ),
            ("padding:1em 2%", "padding-bottom:16px;padding-left:2%;padding-right:2%;padding-top:16px"),
            (
                "border:1px solid #ABC",
                "border-bottom:1px solid #aabbcc;border-left:1px solid #aabbcc;border-right:1px solid #aabbcc;border-top:1px solid #aabbcc",
            ),
            (
                "border:0;border-top-width:2px;border-top-style:dotted;border-top-color:red",
                "border-bottom:none;border-left:none;border-right:none;border-top:2px dotted #ff0000",
            ),
            (
                "font:italic bold 14px/20px 'Segoe UI', Webdings, serif",
                "font-family:segoe ui,serif;font-style:italic;font-weight:700;line-height:1.25",
            ),
            ("font-family:Wingdings", ""),
            ("width:50%;max-width:600px;height:5px", "max-width:600px;width:50%"),
            ("width:1px", ""),
            ("text-decoration:underline dotted red;line-height:0", "text-decoration:underline"),
            ("display:block;float:left;position:absolute;left:-9999px", "display:block;float:left"),
            ("white-space:pre;letter-spacing:-5px;text-indent:-999px", "white-space:pre-wrap"),
            ("text-align:center !important;text-align:left", "text-align:center"),
            ("vertical-align:-900px", ""),
        ] {
            assert_eq!(written(style), expected, "{style}");
        }
    }

    #[test]
    fn what_takes_out_of_sight_is_told() {
        for style in [
            "display:none",
            "visibility:hidden",
            "opacity:0",
            "display:block;display:none",
            "display:none!important;display:block",
        ] {
            assert!(Style::parse(style).is_hidden(), "{style}");
        }
        for style in ["max-height:0;overflow:hidden", "height:1px;overflow:hidden", "width:0;overflow:hidden"]
        {
            assert!(Style::parse(style).is_hidden(), "{style}");
        }
        for style in [
            "display:none;display:block",
            "opacity:1",
            "max-height:0",
            "overflow:hidden",
            "width:100%;overflow:hidden",
        ] {
            let style = Style::parse(style);
            assert!(!style.is_hidden());
        }
        assert_eq!(Style::parse("font-size:0").letters(16.0), (8.0, true));
        assert_eq!(Style::parse("font-size:5px").letters(16.0), (8.0, false));
        assert_eq!(Style::parse("font-size:50%").letters(20.0), (10.0, false));
    }

    #[test]
    fn what_can_not_be_kept_is_named() {
        let style =
            Style::parse("position:fixed;top:0;mso-line-height-rule:exactly;color:nocolour;cursor:pointer");
        assert_eq!(style.dropped, ["position", "top", "color"]);
    }
}
