//! What a text looks like to a reader: letters of all scripts as the plain ones that they are taken for.

/// Lower case, with one space for each run of white space.
pub(crate) fn fold(text: &str) -> String {
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
pub(crate) fn look(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !is_mark(*c)).map(plain).collect();
    // What only looks like a letter once it is small.
    fold(&plain).chars().map(self::plain).collect()
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
pub(crate) fn plain(c: char) -> char {
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
