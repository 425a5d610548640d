//! Words in a text: found at their bounds, also where somebody wrote them with letters that look alike.

use std::borrow::Cow;

use crate::base::text::is_invisible;

/// Without characters that nobody sees, which would part a word.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if text.contains(is_invisible) {
        text.chars().filter(|c| !is_invisible(*c)).collect()
    } else {
        text.into()
    }
}

/// Lower case, with one space for each run of white space.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() {
            space = true;
            continue;
        }
        if space && !out.is_empty() {
            out.push(' ');
        }
        space = false;
        out.extend(c.to_lowercase());
    }
    out
}

/// As [`fold`], with each letter as the plain one that it looks like: `ｇuаrаntéé`, of three scripts, is `guarantee`.
pub(super) fn look(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !is_mark(*c)).map(plain).collect();
    // What only looks like a letter once it is small.
    fold(&plain).chars().map(self::plain).collect()
}

/// Whether a word stands in a text, both folded alike: not as a part of a longer one.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let (Some(first), Some(last)) = (word.chars().next(), word.chars().next_back()) else { return false };
    text.match_indices(word).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        parts(before, first) && parts(after, last)
    })
}

/// Whether a word may begin or end between its own letter and its neighbour.
fn parts(neighbour: Option<char>, own: char) -> bool {
    let joins = |c: char| c.is_alphanumeric() && !is_unspaced(c);
    neighbour.is_none_or(|neighbour| !(joins(neighbour) && joins(own)))
}

/// Letters of scripts that are written without spaces between words: any place between two of them may be a bound.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

/// Accents that stand behind their letter.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

/// Letters, by the plain one that a reader takes them for.
const ALIKE: &[(char, &str)] = &[
    ('a', "àáâãäåāăąǎạảấầẩẫậắằẳẵặаαɑᴀ"),
    ('b', "ьвḃʙβ"),
    ('c', "çćĉċčсϲᴄ"),
    ('d', "ďđḋԁᴅɗ"),
    ('e', "èéêëēĕėęěẹẻẽếềểễệеёєεᴇ"),
    ('f', "ƒḟꜰ"),
    ('g', "ĝğġģǧɡɢց"),
    ('h', "ĥħһнհʜ"),
    ('i', "ìíîïĩīĭįıǐỉịіїιɩɪ"),
    ('j', "ĵјᴊϳ"),
    ('k', "ķкκᴋ"),
    ('l', "ĺļľŀłӏʟ"),
    ('m', "мᴍṁ"),
    ('n', "ñńņňŉпηոɴ"),
    ('o', "òóôõöøōŏőǒơọỏốồổỗộớờởỡợоοօᴏ"),
    ('p', "рρᴘṗ"),
    ('q', "ԛզ"),
    ('r', "ŕŗřгʀ"),
    ('s', "śŝşšșѕꜱṡ"),
    ('t', "ţťŧțтτᴛṫ"),
    ('u', "ùúûüũūŭůűųǔưụủứừửữựυսᴜ"),
    ('v', "νѵᴠ"),
    ('w', "ŵẁẃẅԝωᴡ"),
    ('x', "хχ"),
    ('y', "ýÿŷỳỵỷỹуүγʏ"),
    ('z', "źżžᴢ"),
    ('A', "ÀÁÂÃÄÅĀĂĄАΑ"),
    ('B', "ВΒ"),
    ('C', "ÇĆĈĊČСϹ"),
    ('D', "ĎĐ"),
    ('E', "ÈÉÊËĒĔĖĘĚЕЁΕ"),
    ('G', "ĜĞĠĢԌ"),
    ('H', "ĤĦНΗ"),
    ('I', "ÌÍÎÏĨĪĬĮİІЇΙӀ"),
    ('J', "ĴЈ"),
    ('K', "ĶКΚ"),
    ('L', "ĹĻĽĿŁ"),
    ('M', "МΜ"),
    ('N', "ÑŃŅŇΝ"),
    ('O', "ÒÓÔÕÖØŌŎŐОΟՕ"),
    ('P', "РΡ"),
    ('R', "ŔŖŘ"),
    ('S', "ŚŜŞŠЅ"),
    ('T', "ŢŤŦТΤ"),
    ('U', "ÙÚÛÜŨŪŬŮŰŲՍ"),
    ('W', "ŴԜ"),
    ('X', "ХΧ"),
    ('Y', "ÝŶŸΥҮ"),
    ('Z', "ŹŻŽΖ"),
];

/// The plain letter or digit that a character looks like; itself where it is none of those.
pub(super) fn plain(c: char) -> char {
    let nth = |base: u8, n: u32| char::from(base + u8::try_from(n).unwrap_or_default());
    match c {
        // Full width.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        // Mathematical alphabets, each of capitals and small letters.
        '\u{1d400}'..='\u{1d6a3}' => match (u32::from(c) - 0x1d400) % 52 {
            n @ 0..26 => nth(b'A', n),
            n => nth(b'a', n - 26),
        },
        '\u{1d7ce}'..='\u{1d7ff}' => nth(b'0', (u32::from(c) - 0x1d7ce) % 10),
        // Letters in circles and boxes.
        '\u{24b6}'..='\u{24cf}' => nth(b'A', u32::from(c) - 0x24b6),
        '\u{24d0}'..='\u{24e9}' => nth(b'a', u32::from(c) - 0x24d0),
        '\u{1f130}'..='\u{1f149}' => nth(b'A', u32::from(c) - 0x1f130),
        '\u{1f150}'..='\u{1f169}' => nth(b'A', u32::from(c) - 0x1f150),
        '\u{1f170}'..='\u{1f189}' => nth(b'A', u32::from(c) - 0x1f170),
        // Digits of other scripts.
        '\u{660}'..='\u{669}' => nth(b'0', u32::from(c) - 0x660),
        '\u{6f0}'..='\u{6f9}' => nth(b'0', u32::from(c) - 0x6f0),
        '\u{966}'..='\u{96f}' => nth(b'0', u32::from(c) - 0x966),
        // Nothing of the table lies above.
        '\u{80}'..='\u{24ff}' | '\u{a700}'..='\u{a7ff}' => {
            ALIKE.iter().find(|(_, alike)| alike.contains(c)).map_or(c, |(plain, _)| *plain)
        }
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_their_bounds() {
        for (text, word, found) in [
            ("a first class answer", "ass", false),
            ("what an ass!", "ass", true),
            ("ass", "ass", true),
            ("ass_et.pdf", "ass", true),
            ("class ass", "ass", true),
            ("money back", "money back", true),
            ("money backs", "money back", false),
            ("100% safe", "100%", true),
            ("c++ code", "c++", true),
            // Scripts without spaces have no bounds to look for.
            ("我们保证退款", "保证", true),
            ("", "ass", false),
        ] {
            assert_eq!(has_word(&fold(text), &fold(word)), found, "{text} {word}");
        }
    }

    #[test]
    fn letters_that_look_alike_are_one() {
        for text in [
            "guarantee",
            "GUARANTEE",
            "guаrаntее",
            "ＧＵＡＲＡＮＴＥＥ",
            "𝐠𝐮𝐚𝐫𝐚𝐧𝐭𝐞𝐞",
            "guäräntéé",
            "gua\u{301}rantee",
            "ⓖⓤⓐⓡⓐⓝⓣⓔⓔ",
        ] {
            assert_eq!(look(text), "guarantee", "{text}");
        }
        assert_eq!((look("ВОМВ"), look("НОТ"), look("٣٤")), ("bomb".into(), "hot".into(), "34".into()));
        assert_eq!(look("漢字 Ж"), "漢字 ж");
        // Each letter stands for one, or the order of the table would decide.
        let all: Vec<char> = ALIKE.iter().flat_map(|(_, alike)| alike.chars()).collect();
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert!(all.iter().all(|c| plain(*c) != *c), "{:?}", all.iter().find(|c| plain(**c) == **c));
    }
}
