//! Characters that nobody sees.

use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;

/// Whether nothing is drawn for a character: format characters, fillers, selectors, marks of direction, but no white space
/// (Unicode: `Default_Ignorable_Code_Point`).
pub fn is_invisible(c: char) -> bool {
    // Nearly every character of nearly every mail.
    !c.is_ascii() && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether a character that nobody sees is needed to write some language, or an emoji: joiners and variation selectors.
pub fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{34f}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_told_from_what_somebody_does() {
        for c in
            ['\u{ad}', '\u{200b}', '\u{200e}', '\u{202e}', '\u{2066}', '\u{3164}', '\u{feff}', '\u{e0041}']
        {
            assert!(is_invisible(c) && !is_joiner(c), "U+{:04X}", u32::from(c));
        }
        for c in ['\u{200d}', '\u{fe0f}', '\u{e0101}'] {
            assert!(is_invisible(c) && is_joiner(c), "U+{:04X}", u32::from(c));
        }
        for c in ['a', ' ', '\n', '\u{a0}', '\u{3000}', 'é', '漢', '\u{301}', '\u{2028}'] {
            assert!(!is_invisible(c), "U+{:04X}", u32::from(c));
        }
    }
}
