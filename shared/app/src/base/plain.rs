//! Words of strangers and of programs, made fit to be read by a person.

use std::fmt::Write as _;

use domain::base::text::{is_invisible, is_joiner};

/// A text with what can't be seen made visible: characters that reorder what stands beside them (`gpj.exe` shown as
/// `exe.jpg`), that take no room, or that are no characters at all. What languages need to join or to point is kept.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            // The pictures of control characters stand in the order of those.
            '\0'..'\u{20}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' => name(&mut out, c),
            _ if is_invisible(c) && !is_joiner(c) => name(&mut out, c),
            _ => out.push(c),
        }
    }
    out
}

fn name(out: &mut String, c: char) {
    let _ = write!(out, "\u{27e8}U+{:04X}\u{27e9}", u32::from(c));
}

/// One line of at most `max` characters of a text, as [`visible`], in which no mail program finds anything to click.
///
/// Mail programs make links of whatever looks like an address, in plain text too. So dots, colons and at signs that
/// could be part of one stand in brackets; numbers such as `3.50` and `10:30` are left alone. Quotation marks become
/// apostrophes, so that the text can't end a quotation around it.
pub fn inert(text: &str, max: usize) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        // Enough for what is kept, of a text of any length.
        if line.len() > max.saturating_mul(8) {
            break;
        }
    }
    // Joiners take no room. In a preview, unlike on the page that shows the mail, nothing is lost without them.
    let line: Vec<char> = line.chars().filter(|c| !matches!(c, '\u{200c}' | '\u{200d}')).collect();
    let mut kept: String = line.iter().take(max).collect();
    if line.len() > max {
        kept.push('\u{2026}');
    }
    let chars: Vec<char> = visible(&kept).chars().collect();
    let mut out = String::with_capacity(kept.len());
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map_or(' ', |at| chars[at]);
        let after = chars.get(at + 1).copied().unwrap_or(' ');
        let within = before.is_alphanumeric() && after.is_alphanumeric();
        match c {
            // Every dot that internationalised domain names know (RFC 3490 §3.1).
            '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}' if within && !is_decimal(&chars, at) => {
                out.push_str("[.]");
            }
            '@' if within => out.push_str("[@]"),
            ':' if after == '/' || (before.is_alphabetic() && within) => out.push_str("[:]"),
            // A share on a Windows network: opening one tells it the reader's password hash.
            '\\' if after == '\\' => out.push_str("\\ "),
            // Half of an encoded word (RFC 2047).
            '=' if after == '?' => out.push_str("= "),
            '"' | '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => out.push('\''),
            _ => out.push(c),
        }
    }
    out
}

/// Whether the dot at this place is that of a number: one dot among digits, so no IP address.
fn is_decimal(chars: &[char], at: usize) -> bool {
    let number = |c: &&char| c.is_ascii_digit() || **c == '.';
    let run: Vec<_> =
        chars[..at].iter().rev().take_while(number).chain(chars[at..].iter().take_while(number)).collect();
    chars[at] == '.'
        && chars[at - 1].is_ascii_digit()
        && chars[at + 1].is_ascii_digit()
        && run.iter().filter(|c| ***c == '.').count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_shown() {
        assert_eq!(visible("invoice\u{202e}fdp.exe"), "invoice\u{27e8}U+202E\u{27e9}fdp.exe");
        assert_eq!(visible("a\u{200b}b\0c\u{1b}"), "a\u{27e8}U+200B\u{27e9}b\u{2400}c\u{241b}");
        // Joiners shape Persian, Hindi and families.
        for kept in [
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
            "\u{1f469}\u{200d}\u{1f467}",
            "a\tb\nc",
        ] {
            assert_eq!(visible(kept), kept);
        }
    }

    #[test]
    fn nothing_to_click_is_left() {
        for (text, expected) in [
            ("see https://evil.test/x?a=b now", "see https[:]//evil[.]test/x?a=b now"),
            ("www.1and1.com and a@b.example", "www[.]1and1[.]com and a[@]b[.]example"),
            ("evil\u{3002}test evil\u{ff0e}test", "evil[.]test evil[.]test"),
            ("javascript:alert(1) mailto:x@localhost", "javascript[:]alert(1) mailto[:]x[@]localhost"),
            ("http://10.0.0.1/ 10.0.0.1", "http[:]//10[.]0[.]0[.]1/ 10[.]0[.]0[.]1"),
            ("\\\\host\\share", "\\ \\host\\share"),
            ("It costs 3.50 at 10:30. Re: offer... e.g", "It costs 3.50 at 10:30. Re: offer... e[.]g"),
            ("=?utf-8?B?aGk=?=", "= ?utf-8?B?aGk= ?="),
            ("\" to 0 recipients (approved)", "' to 0 recipients (approved)"),
        ] {
            assert_eq!(inert(text, 200), expected);
        }
    }

    #[test]
    fn one_line_of_bounded_length() {
        assert_eq!(inert("a\r\nb\tc\u{2028}d", 200), "a b c d");
        assert_eq!(
            inert("\u{202e}x\u{200d}\u{200c}\u{200b}y\u{7}", 200),
            "\u{27e8}U+202E\u{27e9}x\u{27e8}U+200B\u{27e9}y\u{2407}"
        );
        assert_eq!(inert(&"x".repeat(1_000_000), 5), "xxxxx\u{2026}");
        assert_eq!(inert(&"\u{1f600} ".repeat(9), 3), "\u{1f600} \u{1f600}\u{2026}");
        assert_eq!(inert("", 5), "");
    }
}
