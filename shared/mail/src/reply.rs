//! The part of a mail that its sender has just written.
//!
//! Mail programs copy the history below or above the answer, each in its own words. There is no standard for
//! this; the rules here are the common shapes, in the languages that people write mail in. They cut only at
//! the ends of the text: an answer between quoted lines is kept together with the lines it answers. What a person passes
//! on is what they send, not history: it stays.

mod words;

use words::{Field, fold};

use crate::text::cut;

/// Longest attribution line ("On … wrote:"), in bytes, all its wrapped lines together.
pub(crate) const MAX_ATTRIBUTION: usize = 700;
/// Most lines over which an attribution is wrapped.
const MAX_ATTRIBUTION_LINES: usize = 4;
/// Most lines of a signature whose delimiter lost its space.
const MAX_SIGNATURE_LINES: usize = 12;
/// Most lines of a header block ("From: … Sent: …") that are looked at, and most that may lie between them.
const MAX_BLOCK_LINES: usize = 9;
const MAX_BLOCK_HEIGHT: usize = 20;
/// Longest name of a field in a header block, in bytes.
const MAX_FIELD_NAME: usize = 60;
/// Longest line that may be a divider or a footer, in bytes.
const MAX_MARK: usize = 200;

/// One line: where it is, without its line break.
#[derive(Clone, Copy)]
struct Line<'a> {
    start: usize,
    end: usize,
    text: &'a str,
}

impl Line<'_> {
    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    fn is_quoted(&self) -> bool {
        self.text.trim_start().starts_with('>')
    }

    fn is_prose(&self) -> bool {
        !self.is_blank() && !self.is_quoted()
    }
}

/// What stands below the words of the sender, not quoted line by line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Below {
    /// Nothing but what they wrote.
    Nothing,
    /// History, from this line on.
    History(usize),
    /// A mail that they pass on.
    Forwarded,
}

/// The new part of a mail of which the subject is not known.
#[cfg(test)]
pub(crate) fn extract_reply(text: &str) -> &str {
    extract_written("", text)
}

/// The new part of a mail: a part of `text`, without surrounding empty lines.
///
/// Removed are: everything from a divider (`-----Original Message-----`), a copied header block (`From: …`,
/// `Sent: …`) or an attribution (`On … wrote:`) that no answer follows; quoted lines at the end, and at the
/// beginning when the answer stands below them; the signature after `-- ` (RFC 3676 §4.3); footers that phones
/// add. Answers between quoted lines stay, with the quotes, and so do lines that the sender quotes above an attribution.
///
/// A mail that is passed on stays whole: what stands above says what to do with it. It begins with a line that says so
/// (`---------- Forwarded message ---------`), or, where `subject` does (`Fwd:`), with any divider or header block.
///
/// Never empty unless `text` is blank: a mail that is all history comes back whole. Linear.
pub fn extract_written<'a>(subject: &str, text: &'a str) -> &'a str {
    let lines = split_lines(text);
    let (last, bounded) = match look_below(&lines, is_forward(subject)) {
        Below::Forwarded => return trim_blank_lines(text),
        Below::History(at) => (at, true),
        Below::Nothing => (lines.len(), false),
    };
    // History may stand below the signature, and above it.
    let (last, bounded) = cut_tail(&lines, last, bounded);
    let last = cut_signature(&lines[..last]);
    let (last, _) = cut_tail(&lines, last, bounded);
    let first = cut_head(&lines[..last]);

    let kept = match (lines.get(first), last.checked_sub(1).and_then(|at| lines.get(at))) {
        (Some(from), Some(to)) if first < last => text[from.start..to.end].trim(),
        _ => "",
    };
    // A file of nothing but history is its own content: better too much than nothing.
    if kept.is_empty() {
        text.trim()
    } else {
        trim_blank_lines(&text[lines[first].start..lines[last - 1].end])
    }
}

fn trim_blank_lines(text: &str) -> &str {
    // Indentation of the first line belongs to it.
    let start = text.len() - text.trim_start().len();
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    text[line..].trim_end()
}

fn split_lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let from = start;
            start += line.len();
            let bare = line.trim_end_matches(['\n', '\r']);
            Line { start: from, end: from + bare.len(), text: bare }
        })
        .collect()
}

/// Whether a subject begins with what mail programs put before that of a mail that is passed on. `Re: Fwd:` answers one.
fn is_forward(subject: &str) -> bool {
    let subject = fold(cut(subject, 400).0);
    let mut rest = subject.trim();
    let pine = rest.ends_with("(fwd)");
    // Lists and gateways put up to two tags before it: `[users] [extern] Fwd: …`.
    for _ in 0..2 {
        let Some((tag, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else { break };
        // Old programs put it all in brackets.
        if tag.split_once(':').is_some_and(|(word, _)| words::is_forward_prefix(word.trim())) {
            return true;
        }
        rest = after.trim_start();
    }
    let word = rest.split_once(':').map(|(word, _)| word.split(['[', '(']).next().unwrap_or_default().trim());
    pine || word.is_some_and(words::is_forward_prefix)
}

/// Looks for the first line of a copied mail that is not quoted line by line. `forwards` says that the subject does.
fn look_below(lines: &[Line<'_>], forwards: bool) -> Below {
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.is_prose()) {
        let below = &lines[at..];
        let divider = divides(below);
        if divider == Some(Divider::Forwarded) {
            return Below::Forwarded;
        }
        if divider.is_some() || is_header_block(below) {
            return if forwards { Below::Forwarded } else { Below::History(rise_over_rules(lines, at)) };
        }
        // Quoted history may have answers in between: that is for `cut_tail` to see.
        if !ends_attribution(line.text) && !begins_any(below) {
            continue;
        }
        if let Some((_, false)) = find_attribution(below) {
            return Below::History(at);
        }
    }
    Below::Nothing
}

/// Whether one of the next lines ends as an attribution does: all that is asked of most lines.
fn begins_any(lines: &[Line<'_>]) -> bool {
    lines
        .iter()
        .take(MAX_ATTRIBUTION_LINES)
        .take_while(|line| line.is_prose())
        .any(|line| ends_attribution(line.text))
}

/// Outlook draws a line above its block.
fn rise_over_rules(lines: &[Line<'_>], at: usize) -> usize {
    let mut top = at;
    for above in (at.saturating_sub(3)..at).rev() {
        if is_rule(lines[above].text) {
            top = above;
        } else if !lines[above].is_blank() {
            break;
        }
    }
    top
}

/// Cuts at the signature delimiter.
fn cut_signature(lines: &[Line<'_>]) -> usize {
    let bare = |line: &Line<'_>| line.text == "--" || line.text == "--\u{a0}";
    let exact = lines.iter().position(|line| line.text == "-- ");
    // Some programs strip the space that makes the delimiter; without it, dashes are a signature's only when
    // there is one such line and little below it.
    let stripped = || {
        let at = lines.iter().position(bare)?;
        (lines.len() - at <= MAX_SIGNATURE_LINES && !lines[at + 1..].iter().any(bare)).then_some(at)
    };
    exact
        .or_else(stripped)
        // A message that begins with the delimiter has nothing above it.
        .filter(|at| lines[..*at].iter().any(Line::is_prose))
        .unwrap_or(lines.len())
}

/// Cuts blank lines, quotes, attributions and footers off the end of the first `last` lines.
///
/// `bounded` says that history was found already. Quotes above it are the sender's own, unless they have an attribution.
fn cut_tail(lines: &[Line<'_>], mut last: usize, mut bounded: bool) -> (usize, bool) {
    loop {
        let before = last;
        let quotes = lines[..last].iter().rev().take_while(|line| !line.is_prose()).count();
        let blank = lines[..last].iter().rev().take_while(|line| line.is_blank()).count();
        let attribution = if quotes > blank { attribution_above(lines, last - quotes) } else { 0 };
        if attribution > 0 {
            last -= quotes + attribution;
            bounded = true;
        } else if quotes > blank && !bounded {
            last -= quotes;
            last -= usize::from(last > 0 && only_names(lines[last - 1].text));
            bounded = true;
        } else {
            last -= blank;
        }
        if last > 0 && is_footer(lines[last - 1].text) {
            last -= 1;
        }
        if last == before {
            return (last, bounded);
        }
    }
}

/// Whether a line says no more than who wrote what is quoted below it.
fn only_names(line: &str) -> bool {
    let short = line.len() <= MAX_FIELD_NAME && line.split_whitespace().count() <= 3;
    short && ends_attribution(line) && words::ends_with_verb(fold(line).trim_end_matches([':', ' ']))
}

/// Skips one block of quotes, with its attribution, that stands above the answer.
fn cut_head(lines: &[Line<'_>]) -> usize {
    let Some(mut at) = lines.iter().position(|line| !line.is_blank()) else { return 0 };
    let start = at;
    if let Some((height, _)) = find_attribution(&lines[at..]) {
        at += height;
    }
    let block = at;
    while at < lines.len() && !lines[at].is_prose() {
        at += 1;
    }
    let quoted = lines[block..at].iter().any(Line::is_quoted);
    // Further quotes below mean that the answer is given point by point: keep what it answers.
    let interleaved = lines[at..].iter().any(Line::is_quoted);
    if quoted && !interleaved && at < lines.len() { at } else { start }
}

fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 3 && line.chars().all(is_rule_mark)
}

fn is_rule_mark(c: char) -> bool {
    matches!(c, '_' | '-' | '=' | '*' | '~' | '\u{2010}'..='\u{2015}' | '─' | '━')
}

/// What a line says of the mail below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Divider {
    /// It is the one that is answered.
    Original,
    /// It is passed on.
    Forwarded,
}

/// Whether the first line divides the words of the sender from another mail.
fn divides(lines: &[Line<'_>]) -> Option<Divider> {
    let line = lines.first()?.text.trim();
    if line.len() < 6 || line.len() > MAX_MARK {
        return None;
    }
    // The words alone are ordinary prose: dashes, a colon or a header block below make them a divider.
    let dashed = line.chars().take(2).filter(|c| is_rule_mark(*c)).count() == 2 || line.starts_with('—');
    if !dashed && line.len() > 100 {
        return None;
    }
    let folded = fold(line);
    let bare = folded.trim_matches(|c: char| is_rule_mark(c) || c == ' ' || c == ':');
    if dashed {
        return match () {
            () if words::begins_forwarded(bare) => Some(Divider::Forwarded),
            () if words::begins_original(bare) => Some(Divider::Original),
            () => None,
        };
    }
    let block_below = || {
        let next = lines[1..].iter().take(3).position(|line| !line.is_blank());
        next.is_some_and(|next| is_header_block(&lines[1 + next..]))
    };
    if words::is_forwarded(bare) && (folded.trim_end().ends_with([':', '*']) || block_below()) {
        Some(Divider::Forwarded)
    } else if words::is_original(bare) && block_below() {
        Some(Divider::Original)
    } else {
        None
    }
}

/// Whether a copied header block begins here: a sender and, close to it, what only mail has.
fn is_header_block(lines: &[Line<'_>]) -> bool {
    let Some(begins) = lines.first().and_then(|line| read_field(line.text)) else { return false };
    let mut found = [false; 4];
    let mut address = false;
    let near = lines.iter().take(MAX_BLOCK_HEIGHT).filter(|line| !line.is_blank()).take(MAX_BLOCK_LINES);
    for line in near {
        match read_field(line.text) {
            Some(field) => {
                found[field as usize] = true;
                address |= (field == Field::From || begins != Field::From) && line.text.contains('@');
            }
            // Long lists of recipients are wrapped; what begins with another field is less sure of itself.
            None if begins == Field::From => {}
            None => break,
        }
    }
    let [from, date, to, subject] = found;
    // "From: Berlin, To: Munich, Date: Friday" is a question about a train.
    let whole = from && subject && (date || to);
    if begins == Field::From { whole || (address && date && to) } else { whole && address }
}

/// What `*Name:* value` is about.
fn read_field(line: &str) -> Option<Field> {
    let line = line.trim_start().trim_start_matches(['*', '|', '_']).trim_start();
    let at = cut(line, MAX_FIELD_NAME).0.find([':', '：'])?;
    let name = fold(&line[..at]);
    words::field(name.trim_matches(['*', '_', '|', ' ']))
}

/// How many lines an attribution takes that begins here, and whether quoted lines follow it.
fn find_attribution(lines: &[Line<'_>]) -> Option<(usize, bool)> {
    let mut joined = String::new();
    for (at, line) in lines.iter().take(MAX_ATTRIBUTION_LINES).enumerate() {
        if !line.is_prose() || joined.len() + line.text.len() > MAX_ATTRIBUTION {
            return None;
        }
        joined.push_str(line.text.trim());
        joined.push(' ');
        if !ends_attribution(line.text) {
            continue;
        }
        let quoted = || lines[at + 1..].iter().find(|line| !line.is_blank()).is_some_and(Line::is_quoted);
        let Some(follows) = is_attribution(&joined, quoted) else { continue };
        if at == 0 {
            return Some((1, follows));
        }
        // The line before an attribution would be taken for its beginning, if it did not look like one, or if one that
        // is whole began below it.
        let surety = begins_surely(lines);
        let whole_below = |later: usize| {
            let rest = lines[later..=at].iter().map(|line| line.text.trim()).collect::<Vec<_>>().join(" ");
            // A name and its address begin what goes on with a date, and a day what goes on with a month or a year.
            let first = lines[0].text.trim_end();
            let names = first.contains('@') && !rest.contains('@');
            let dates =
                begins_with_date(first) && !is_dated(first) && begins_with_date(&rest) && !is_day(&rest);
            let surer = match begins_surely(&lines[later..]) {
                same if same == surety => !names && !dates,
                other => other > surety && !(names && first.trim_end_matches(',').ends_with('>')),
            };
            surer && is_dated(&rest) && is_attribution(&rest, || follows).is_some()
        };
        let ends_before = lines[..at].iter().any(|line| line.text.trim_end().ends_with(['!', '?']));
        let begins = surety > 0 && !ends_before && !(1..=at).any(whole_below);
        return begins.then_some((at + 1, follows));
    }
    None
}

/// How many lines above `last` are an attribution, where quoted lines begin.
fn attribution_above(lines: &[Line<'_>], last: usize) -> usize {
    let fits =
        |height: &usize| find_attribution(&lines[last - height..]).is_some_and(|(found, _)| found == *height);
    // The last line of a wrapped attribution may look like a whole one.
    (1..=MAX_ATTRIBUTION_LINES.min(last)).rev().find(fits).unwrap_or_default()
}

fn ends_attribution(line: &str) -> bool {
    let line = line
        .trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | '\u{200e}' | '\u{200f}'));
    // Zoho has dashes on both sides in place of the colon.
    line.ends_with([':', '：']) || (line.ends_with("---") && line.trim_start().starts_with("---"))
}

/// How surely an attribution that is wrapped begins with this line, 0 to 3.
fn begins_surely(lines: &[Line<'_>]) -> u8 {
    let Some(line) = lines.first() else { return 0 };
    let folded = fold(line.text);
    let text = folded.trim_start_matches(|c: char| is_rule_mark(c) || c == ' ');
    // What begins with a bracket is the address of a name in the line above, and a verb has one there too.
    if text.starts_with(['<', '(', '[']) || words::begins_with_verb(text) {
        return 0;
    }
    // The first word may be all that fits the line.
    let begins = words::begins_attribution(&format!("{text} "));
    if begins && (text.len() <= 25 || text.contains(|c: char| c.is_ascii_digit()) || words::has_verb(text)) {
        return 3;
    }
    if begins || begins_with_date(text) || text.contains('@') || words::has_verb(text) {
        return 2;
    }
    // A long name has a line of its own.
    let next = lines.get(1).map(|line| line.text.trim_start()).unwrap_or_default();
    u8::from(text.len() <= 120 && next.starts_with(['<', '(', '[']))
}

/// Whether a date stands at the beginning of a folded line, after a day of the week at most.
fn begins_with_date(line: &str) -> bool {
    line.split_whitespace().take(3).any(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether a line begins with a number of one or two digits.
fn is_day(line: &str) -> bool {
    let word = line.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    matches!(word.len(), 1 | 2)
}

/// Whether a line, which [ends](ends_attribution) like one, is an attribution; and if so, whether quoted lines follow.
/// Those make it likely: without them, all that follows would be cut off, so more is asked.
fn is_attribution(line: &str, quoted: impl Fn() -> bool) -> Option<bool> {
    if !line.contains(|c: char| c == '@' || c.is_ascii_digit()) {
        return None;
    }
    let folded = fold(line);
    let bare = folded.trim_matches(|c: char| is_rule_mark(c) || c == ' ' || c == ':');
    let (date, time) = (is_dated(bare), is_timed(bare));
    let address = bare.contains('@');
    // A date or an address tells an attribution from a sentence that ends in "wrote:".
    if !date && !time && !address {
        return None;
    }
    let bracketed = address && bare.contains(['<', '(', '[']);
    let begins = words::begins_attribution(bare);
    let ends = words::ends_with_verb(bare);
    let weak = address && words::ends_with_weak_verb(bare);
    let verb = ends || weak || words::has_verb(bare);
    let dated_first = date && time && begins_with_date(bare);

    let sure = (verb && bracketed && (date || time || ends))
        || (verb && date && time && (ends || begins || dated_first))
        || (verb && begins && time && ends)
        // Gmail, Yandex and others have no verb in some languages.
        || (dated_first && bracketed && bare.ends_with(['>', ')']));
    let quoted = quoted();
    let likely = (ends || words::ends_with_weak_verb(bare))
        || (bracketed && date && time)
        || (verb && (begins || dated_first || address));
    (sure || (quoted && likely)).then_some(quoted)
}

/// Whether there is a year, or a date of numbers (`3/2/25`).
fn is_dated(text: &str) -> bool {
    let mut groups = text.split(|c: char| !c.is_ascii_digit());
    let year = |group: &str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    let mut pairs = text.as_bytes().windows(3);
    groups.any(year)
        || pairs.any(|w| w[0].is_ascii_digit() && b"/.-".contains(&w[1]) && w[2].is_ascii_digit())
}

/// Whether there is a time of day: `10:00`, `10h00`, `10.00`.
fn is_timed(text: &str) -> bool {
    let minutes = |w: &[u8]| w[0].is_ascii_digit() && w[2].is_ascii_digit() && w[3].is_ascii_digit();
    text.as_bytes().windows(4).any(|w| minutes(w) && matches!(w[1], b':' | b'h'))
        || text.split([' ', ',']).any(|word| {
            matches!(word.split_once('.'), Some((hour, rest))
                if matches!(hour.len(), 1 | 2) && rest.len() == 2 && (hour.bytes().chain(rest.bytes())).all(|b| b.is_ascii_digit()))
        })
}

fn is_footer(line: &str) -> bool {
    let line = line.trim().trim_start_matches(['<', '[', '*', '_']);
    line.len() <= MAX_MARK && words::is_footer(&fold(line))
}

/// One line that shows what a mail is about: white space collapsed, invisible fillers and bare `<https://…>`
/// addresses left out, at most `max_chars` characters, an ellipsis in place of what was cut.
pub fn preview(text: &str, max_chars: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.starts_with("<http") && word.contains('>') {
            continue;
        }
        let mut first = true;
        for c in word.chars().filter(|c| !is_filler(*c)) {
            let space = first && !out.is_empty();
            first = false;
            if count + usize::from(space) + 1 > max_chars {
                // Room for the ellipsis.
                if count == max_chars {
                    out.pop();
                }
                let end = out.trim_end().len();
                out.truncate(end);
                if max_chars > 0 {
                    out.push('…');
                }
                return out;
            }
            if space {
                out.push(' ');
                count += 1;
            }
            out.push(c);
            count += 1;
        }
    }
    out
}

/// Characters that newsletters fill the preview with, and those that turn text around.
fn is_filler(c: char) -> bool {
    // A selector only says how the character before it looks.
    let selects = matches!(c, '\u{fe00}'..='\u{fe0f}');
    (domain::base::text::is_invisible(c) && !selects) || crate::text::is_unsafe_in_header(c)
}

#[cfg(test)]
mod tests;
