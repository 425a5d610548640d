//! Colours: read from CSS and from old attributes, laid over each other, and told apart.

use cssparser::color::{parse_hash_color, parse_named_color};

use super::value::Piece;

/// A colour that lets nothing through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour(u8, u8, u8);

/// A colour as it is written: with how much of it there is, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Paint {
    colour: Colour,
    alpha: f32,
}

impl Colour {
    pub(super) const BLACK: Colour = Colour(0, 0, 0);
    pub(super) const WHITE: Colour = Colour(255, 255, 255);
    /// What browsers give a link that has no colour of its own.
    pub(super) const LINK: Colour = Colour(0, 0, 0xee);
    /// What browsers lay behind `mark`.
    pub(super) const MARK: Colour = Colour(255, 255, 0);

    /// As CSS writes it.
    pub(super) fn css(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// How bright it is, from 0 to 1 (WCAG 2.2, "relative luminance").
    fn luminance(self) -> f32 {
        let linear = |channel: u8| {
            let c = f32::from(channel) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// The contrast with another, from 1 to 21 (WCAG 2.2, "contrast ratio").
    pub(super) fn contrast(self, other: Colour) -> f32 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Black or white, whichever is the easier to read on this one.
    pub(super) fn readable(self) -> Colour {
        if self.contrast(Colour::BLACK) >= self.contrast(Colour::WHITE) {
            Colour::BLACK
        } else {
            Colour::WHITE
        }
    }
}

impl Paint {
    fn solid((red, green, blue): (u8, u8, u8)) -> Self {
        Self { colour: Colour(red, green, blue), alpha: 1.0 }
    }

    /// What it looks like on a colour.
    pub(super) fn over(self, behind: Colour) -> Colour {
        let mix = |top: u8, below: u8| {
            let mixed = f32::from(top) * self.alpha + f32::from(below) * (1.0 - self.alpha);
            byte(mixed)
        };
        Colour(mix(self.colour.0, behind.0), mix(self.colour.1, behind.1), mix(self.colour.2, behind.2))
    }

    /// Whether nothing of it is seen.
    pub(super) fn is_clear(self) -> bool {
        self.alpha < 0.005
    }

    /// Reads the colour that one piece of a value is.
    pub(super) fn of(piece: &Piece) -> Option<Self> {
        match piece {
            Piece::Word(word) if word == "transparent" => Some(Self { colour: Colour::WHITE, alpha: 0.0 }),
            Piece::Word(word) => parse_named_color(word).ok().map(Self::solid),
            Piece::Hash(digits) => {
                let (red, green, blue, alpha) = parse_hash_color(digits.as_bytes()).ok()?;
                Some(Self { alpha, ..Self::solid((red, green, blue)) })
            }
            Piece::Function(name, parts) => Self::computed(name, parts),
            _ => None,
        }
    }

    fn computed(name: &str, parts: &[Piece]) -> Option<Self> {
        let (three, alpha) = match parts {
            [a, b, c] => ([a, b, c], 1.0),
            [a, b, c, alpha] => ([a, b, c], share(alpha)?.clamp(0.0, 1.0)),
            _ => return None,
        };
        let rgb = match name {
            "rgb" | "rgba" => {
                let channel = |piece: &Piece| match piece {
                    Piece::Number(n) => Some(byte(*n)),
                    Piece::Share(n) => Some(byte(n * 255.0)),
                    _ => None,
                };
                (channel(three[0])?, channel(three[1])?, channel(three[2])?)
            }
            "hsl" | "hsla" => {
                let hue = match three[0] {
                    Piece::Number(n) => *n,
                    Piece::Length(n, unit) if unit == "deg" => *n,
                    _ => return None,
                };
                hsl(hue, share(three[1])?, share(three[2])?)
            }
            _ => return None,
        };
        Some(Self { alpha, ..Self::solid(rgb) })
    }

    /// Reads the colour of an old attribute such as `bgcolor`: what HTML makes of any text (WHATWG HTML §2.3.6).
    pub(super) fn of_attribute(value: &str) -> Option<Self> {
        let value = value.trim();
        if value.is_empty() || value.eq_ignore_ascii_case("transparent") {
            return None;
        }
        if let Ok(rgb) = parse_named_color(value) {
            return Some(Self::solid(rgb));
        }
        let bare = value.strip_prefix('#').unwrap_or(value);
        if value.len() == 4 && value.starts_with('#') && bare.bytes().all(|b| b.is_ascii_hexdigit()) {
            let (red, green, blue, _) = parse_hash_color(bare.as_bytes()).ok()?;
            return Some(Self::solid((red, green, blue)));
        }
        // Characters beyond the first plane count as two, which are no digits.
        let wide = bare.chars().take(128).flat_map(|c| {
            let digit = if c.is_ascii_hexdigit() { c } else { '0' };
            std::iter::repeat_n(digit, if u32::from(c) > 0xFFFF { 2 } else { 1 })
        });
        let mut digits: Vec<char> = wide.take(128).collect();
        while digits.is_empty() || !digits.len().is_multiple_of(3) {
            digits.push('0');
        }
        let length = digits.len() / 3;
        let mut parts: Vec<&[char]> = digits.chunks(length).collect();
        if length > 8 {
            for part in &mut parts {
                *part = &part[length - 8..];
            }
        }
        while parts[0].len() > 2 && parts.iter().all(|part| part[0] == '0') {
            for part in &mut parts {
                *part = &part[1..];
            }
        }
        let channel = |part: &[char]| {
            let text: String = part.iter().take(2).collect();
            u8::from_str_radix(&text, 16).unwrap_or_default()
        };
        Some(Self::solid((channel(parts[0]), channel(parts[1]), channel(parts[2]))))
    }
}

fn share(piece: &Piece) -> Option<f32> {
    match piece {
        Piece::Number(n) | Piece::Share(n) => Some(*n),
        _ => None,
    }
}

fn byte(value: f32) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
    let byte = value.round().clamp(0.0, 255.0) as u8;
    byte
}

/// CSS Color 4 §7.1.
fn hsl(hue: f32, saturation: f32, light: f32) -> (u8, u8, u8) {
    let (saturation, light) = (saturation.clamp(0.0, 1.0), light.clamp(0.0, 1.0));
    let channel = |n: f32| {
        let k = (n + hue.rem_euclid(360.0) / 30.0) % 12.0;
        let a = saturation * light.min(1.0 - light);
        byte((light - a * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)) * 255.0)
    };
    (channel(0.0), channel(8.0), channel(4.0))
}

#[cfg(test)]
mod tests {
    use super::super::value::declarations;
    use super::*;

    fn paint(css: &str) -> Option<Paint> {
        Paint::of(&declarations(&format!("color:{css}"))[0].pieces[0])
    }

    #[test]
    fn colours_of_css() {
        for (css, expected) in [
            ("red", "#ff0000"),
            ("RebeccaPurple", "#663399"),
            ("#FA0", "#ffaa00"),
            ("#12345678", "#8f9faf"),
            ("rgb(1,2,3)", "#010203"),
            ("rgb(100% 0% 50%)", "#ff0080"),
            ("rgba(0,0,0,.5)", "#808080"),
            ("hsl(120, 100%, 25%)", "#008000"),
            ("hsla(0deg 0% 50% / 50%)", "#c0c0c0"),
            ("transparent", "#ffffff"),
        ] {
            assert_eq!(paint(css).unwrap().over(Colour::WHITE).css(), expected, "{css}");
        }
        for css in ["nocolour", "#12", "rgb(1,2)", "var(--x)", "url(x)"] {
            assert_eq!(paint(css), None, "{css}");
        }
        assert!(paint("transparent").unwrap().is_clear());
    }

    #[test]
    fn colours_of_old_attributes_are_those_of_browsers() {
        // Worked out by hand from the rules of WHATWG HTML §2.3.6.
        for (value, expected) in [
            ("#FFF", "#ffffff"),
            ("ffffff", "#ffffff"),
            ("white", "#ffffff"),
            ("chucknorris", "#c00000"),
            ("#ff", "#0f0f00"),
            ("f", "#0f0000"),
            ("#123456789", "#124578"),
        ] {
            assert_eq!(Paint::of_attribute(value).unwrap().over(Colour::WHITE).css(), expected, "{value}");
        }
        assert_eq!(Paint::of_attribute(""), None);
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        assert!((Colour::BLACK.contrast(Colour::WHITE) - 21.0).abs() < 0.01);
        assert!((Colour(0x77, 0x77, 0x77).contrast(Colour::WHITE) - 4.48).abs() < 0.01);
        assert_eq!(Colour::WHITE.readable(), Colour::BLACK);
        assert_eq!(Colour::LINK.readable(), Colour::WHITE);
    }
}
