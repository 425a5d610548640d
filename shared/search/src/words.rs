//! Text as the words that it is found by.
//!
//! A word is a run of letters and digits, in lower case, in its compatible form (NFKC) and without accents. Where a script puts no
//! spaces between words (Chinese, Japanese, Korean, Thai and its neighbours) each character is a word, and so is each pair of
//! neighbours; an emoji is a word.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A word is known by so many characters of it.
const LONGEST: usize = 64;

/// Where a word stands in a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The author's name and address.
    From,
    /// Names and addresses of all recipients.
    To,
    /// The subject.
    Subject,
    /// The body.
    Text,
    /// Names of files.
    File,
}

impl Field {
    /// All of them, in the order of their numbers.
    pub const ALL: [Field; 5] = [Field::From, Field::To, Field::Subject, Field::Text, Field::File];

    /// Its bit in a set of fields.
    pub(crate) fn bit(self) -> u8 {
        1 << (self as u8)
    }

    /// What a word of this field alone is found by, so that to look for a name reads no list of all the bodies that have it. No text
    /// has such a word. Nobody looks for what stands in a body alone.
    pub(crate) fn own(self, term: &str) -> Option<String> {
        let letter = match self {
            Field::From => 'f',
            Field::To => 't',
            Field::Subject => 's',
            Field::File => 'n',
            Field::Text => return None,
        };
        Some(format!("\0{letter}{term}"))
    }

    /// How much one word there says of what a mail is about, beside one in the body.
    pub(crate) fn weight(self) -> u32 {
        match self {
            Field::Subject => 4,
            Field::From | Field::To => 3,
            Field::File => 2,
            Field::Text => 1,
        }
    }
}

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// What it is found by.
    pub(crate) term: String,
    /// Its place: neighbours have neighbouring numbers.
    pub(crate) place: u32,
    /// Where it begins in the text, in characters.
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
    /// A pair of characters of a script without spaces; or one of them, where it is alone.
    pub(crate) role: Role,
}

/// What a word is for: an index takes all, a query only what says most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A word of its own.
    Whole,
    /// Two neighbours of a script without spaces.
    Pair,
    /// One character of such a script that has neighbours: pairs say more.
    Part,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Part of a word with spaces around it.
    Letter,
    /// A character of a script without spaces.
    Dense,
    /// A word by itself.
    Symbol,
    /// Belongs to whatever stands before it.
    Mark,
    /// Nothing that is found.
    Gap,
}

fn class(c: char) -> Class {
    match c {
        // What nothing draws is no gap: else a word could be written so that nobody finds it.
        '\u{ad}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'
        | '\u{feff}'
        | '\u{fe0e}'
        | '\u{fe0f}'
        | '\u{1f3fb}'..='\u{1f3ff}'
        | '\u{ff9e}'
        | '\u{ff9f}' => Class::Mark,
        '\u{2600}'..='\u{27bf}' | '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f300}'..='\u{1faff}' => Class::Symbol,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            if c.is_alphabetic() && !is_combining_mark(c) =>
        {
            Class::Dense
        }
        '\u{1100}'..='\u{11ff}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{3096}'
        | '\u{309d}'..='\u{309f}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{30fc}'..='\u{30ff}'
        | '\u{3105}'..='\u{312f}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9d}'
        | '\u{20000}'..='\u{3ffff}' => Class::Dense,
        _ if is_combining_mark(c) => Class::Mark,
        _ if c.is_alphanumeric() => Class::Letter,
        _ => Class::Gap,
    }
}

/// Marks that people leave out when they look for a word: accents of Latin, Greek and Cyrillic, vowel points of Hebrew and Arabic.
fn is_left_out(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{640}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{fe0e}' | '\u{fe0f}'
        | '\u{1f3fb}'..='\u{1f3ff}')
}

/// The form that a word is found by.
fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word[..word.len().min(LONGEST)].to_ascii_lowercase();
    }
    let lower = word.chars().flat_map(char::to_lowercase);
    let plain: String = lower.nfkd().filter(|&c| !is_left_out(c)).collect();
    let mut folded = String::with_capacity(plain.len());
    for c in plain.nfc().flat_map(char::to_lowercase).take(LONGEST) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ł' => folded.push('l'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            c => folded.push(c),
        }
    }
    folded
}

/// The words of a text, in its order; those of one place stand beside each other.
pub(crate) fn words(text: &str, mut each: impl FnMut(Word)) {
    let mut place = 0u32;
    // What has begun: its class, where it begins in bytes and in characters.
    let mut open: Option<(Class, usize, usize)> = None;
    let mut before: Option<(String, usize)> = None;
    let mut count = 0;
    let mut close = |open: &mut Option<(Class, usize, usize)>, end_byte: usize, end: usize, next: Class| {
        let Some((class, from_byte, start)) = open.take() else { return };
        let term = fold(&text[from_byte..end_byte]);
        if term.is_empty() {
            return;
        }
        if class == Class::Dense {
            let follows = next == Class::Dense;
            let follows_one = before.is_some();
            if let Some((first, first_start)) = before.take() {
                let pair = format!("{first}{term}");
                each(Word { term: pair, place: place - 1, start: first_start, end, role: Role::Pair });
            }
            let role = if follows || follows_one { Role::Part } else { Role::Whole };
            each(Word { term: term.clone(), place, start, end, role });
            before = follows.then_some((term, start));
        } else {
            before = None;
            each(Word { term, place, start, end, role: Role::Whole });
        }
        place = place.saturating_add(1);
    };
    for (byte, c) in text.char_indices() {
        let next = class(c);
        let goes_on =
            matches!((open, next), (Some(_), Class::Mark) | (Some((Class::Letter, ..)), Class::Letter));
        if !goes_on {
            close(&mut open, byte, count, next);
            if !matches!(next, Class::Gap | Class::Mark) {
                open = Some((next, byte, count));
            }
        }
        count += 1;
    }
    close(&mut open, text.len(), count, Class::Gap);
}

/// What a text is looked for by: terms, and where each stands behind the first.
pub(crate) fn wanted(text: &str) -> Vec<(u32, String)> {
    let mut wanted = vec![];
    words(text, |word| {
        if word.role != Role::Part {
            wanted.push((word.place, word.term));
        }
    });
    let first = wanted.iter().map(|(place, _)| *place).min().unwrap_or(0);
    for (place, _) in &mut wanted {
        *place -= first;
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        wanted(text).into_iter().map(|(_, term)| term).collect()
    }

    #[test]
    fn words_are_what_people_would_type() {
        assert_eq!(terms("Grüße an Straße und STRASSE"), ["grusse", "an", "strasse", "und", "strasse"]);
        assert_eq!(
            terms("Crème brûlée, Øre & Łódź; İstanbul"),
            ["creme", "brulee", "ore", "lodz", "istanbul"]
        );
        assert_eq!(terms("a.b+c@example.com"), ["a", "b", "c", "example", "com"]);
        assert_eq!(terms("ΟΔΟΣ οδός"), ["οδοσ", "οδοσ"]);
        assert_eq!(terms("مُحَمَّد محمد"), ["محمد", "محمد"]);
        assert_eq!(terms("un\u{ad}sub\u{200b}scribe"), ["unsubscribe"]);
        assert_eq!(terms("🎉🎉 ✔️ 👍🏽"), ["🎉", "🎉", "✔", "👍"]);
        assert_eq!(terms("ﬁnance ４２"), ["finance", "42"]);
        assert_eq!(terms("हिन्दी भाषा"), ["हिन्दी", "भाषा"]);
        assert_eq!(terms("!!! — …"), Vec::<String>::new());
    }

    #[test]
    fn scripts_without_spaces_are_pairs() {
        assert_eq!(terms("東京都"), ["東京", "京都"]);
        assert_eq!(terms("猫"), ["猫"]);
        assert_eq!(terms("请查看发票"), ["请查", "查看", "看发", "发票"]);
        // Half-width letters with a mark of their own are the same word.
        assert_eq!(terms("ｶﾞｲﾄﾞ"), terms("ガイド"));
        assert_eq!(terms("안녕하세요"), ["안녕", "녕하", "하세", "세요"]);
        assert_eq!(wanted("東京 tower"), [(0, "東京".to_owned()), (2, "tower".to_owned())]);
    }

    #[test]
    fn an_index_has_each_character_and_each_pair() {
        let mut all = vec![];
        words("a東京b", |word| all.push((word.term, word.place, word.start, word.end)));
        all.sort_by_key(|it| (it.1, it.3));
        let of = |term: &str, place, start, end| (term.to_owned(), place, start, end);
        assert_eq!(
            all,
            [of("a", 0, 0, 1), of("東", 1, 1, 2), of("東京", 1, 1, 3), of("京", 2, 2, 3), of("b", 3, 3, 4)]
        );
    }

    #[test]
    fn no_word_is_longer_than_its_bound() {
        assert_eq!(terms(&"x".repeat(100_000)), ["x".repeat(LONGEST)]);
        assert!(terms(&"é\u{301}".repeat(100_000))[0].len() <= 2 * LONGEST);
    }
}
