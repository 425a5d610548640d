//! What an answer quotes of the mail it answers, and what is passed on of a mail.
//!
//! The words around it are those of Gmail in English, which every program that looks for history knows, ours
//! ([`reply`](crate::reply)) too: of an answer it gives the new part, and of a mail that is passed on all of it.
//!
//! The mail was written by a stranger. Nothing of it can leave its place: header values become one line without
//! brackets, text is quoted line by line, and HTML is sanitised and brought into the [normal form](crate::normal), in
//! which it can be part of a mail that is sent. Pictures are left out, for they are files of the other mail, or somebody
//! would learn that it is read. What some programs take for UTF-7 is broken up.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::Timestamp;

use crate::compose::{Addr, MAX_SUBJECT, has_encoded_word};
use crate::markup::{self, Tag, Token, Tokens, escape_text};
use crate::normal;
use crate::sanitise::sanitise_html;
use crate::text::{clean_line, cut, is_unsafe_in_header, to_lf};

/// Most text that is taken over, in bytes, before it is quoted.
pub const MAX_TEXT: usize = 128 * 1024;
/// Most HTML that is taken over, in bytes, before it is brought into the normal form.
pub const MAX_HTML: usize = 256 * 1024;
/// Most addresses of one kind that are named in what is passed on.
pub const MAX_ADDRESSES: usize = 50;
/// Longest name, in bytes: with an address and a date it fits what [`reply`](crate::reply) takes for an attribution.
const MAX_NAME: usize = 120;
/// Longest address, in bytes (as in [`parse`](crate::parse::MAX_ADDRESS)).
const MAX_ADDRESS: usize = crate::parse::MAX_ADDRESS;
/// Longest address of a link that is kept, with its query and its fragment, in bytes, as it is written in the normal form.
const MAX_LINK: usize = 2_000;
/// What stands in place of the rest of a mail that is too long.
const CUT: &str = "[The rest was left out here, because the mail is too long.]";

/// A mail that is quoted or passed on, as it was received. Nothing is promised about any of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quoted<'a> {
    /// Its author.
    pub from: Addr<'a>,
    /// When it was sent.
    pub date: Option<Timestamp>,
    /// Its subject.
    pub subject: &'a str,
    /// Its recipients.
    pub to: &'a [Addr<'a>],
    /// Who got a copy.
    pub cc: &'a [Addr<'a>],
    /// Its text. Without one, it is made from the HTML.
    pub text: Option<&'a str>,
    /// Its HTML, sanitised or not. Without one, it is made from the text.
    pub html: Option<&'a str>,
}

/// The text that stands below the text of an answer: `On …, Ann <ann@x.test> wrote:`, and each line after `> `.
///
/// At most [`MAX_TEXT`] bytes of the mail, thrice as many with the marks, and 1 KB. Ends with a line break. Linear.
pub fn quote_text(original: &Quoted<'_>) -> String {
    let mut out = attribution(original);
    out.push('\n');
    for line in body_text(original).lines() {
        // RFC 3676 §4.5: no space between the marks.
        out.push_str(if line.starts_with('>') || line.is_empty() { ">" } else { "> " });
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// The HTML that stands below the HTML of an answer: the attribution, and the mail in a `blockquote`.
///
/// A fragment (no `html`, `head` or `body`) in the [normal form](crate::normal), at most [`normal::MAX_HTML`] bytes. Linear.
pub fn quote_html(original: &Quoted<'_>) -> String {
    let mut head = String::from("<div>");
    escape_text(&mut head, &attribution(original));
    head.push_str(
        "</div><blockquote style=\"border-left:2px solid #c8c8c8;margin:8px 0 8px 8px;padding-left:12px\">",
    );
    write_html(original, &head, "</blockquote>")
}

/// The text that stands below what is said of a mail that is passed on: `---------- Forwarded message ---------`, `From`,
/// `Date`, `Subject`, `To` and `Cc` as far as they are known, and the text of the mail, as it is.
///
/// At most [`MAX_TEXT`] bytes of the mail, and about 50 KB for the fields. Ends with a line break. Linear.
pub fn forward_text(original: &Quoted<'_>) -> String {
    let mut out = String::from(FORWARDED);
    for (name, value) in fields(original) {
        // Writing to a String never fails.
        let _ = write!(out, "\n{name}: {value}");
    }
    out.push_str("\n\n");
    out.push_str(&body_text(original));
    out.push('\n');
    out
}

/// The HTML that stands below what is said of a mail that is passed on: as [`forward_text`], and as [`quote_html`].
pub fn forward_html(original: &Quoted<'_>) -> String {
    let mut head = format!("<div>{FORWARDED}");
    for (name, value) in fields(original) {
        head.push_str("<br>");
        escape_text(&mut head, &format!("{name}: {value}"));
    }
    head.push_str("</div><br>");
    write_html(original, &head, "")
}

/// A text as HTML that can stand above what is quoted or passed on: escaped, with its line breaks. Linear.
pub fn text_as_html(text: &str) -> String {
    let mut out = String::from("<div>");
    for line in without_utf7(&to_lf(text)).trim_end().lines() {
        escape_text(&mut out, line);
        out.push_str("<br>");
    }
    out.push_str("</div><br>");
    out
}

/// A document in the normal form with `below`, of [`quote_html`] or [`forward_html`], at its end.
///
/// Both are whole by themselves, so nothing that is left open in the one reaches into the other. The content ids of `above` are
/// taken as they are. Linear.
///
/// # Errors
/// Where both together are more than [`normal::normalise`] takes.
pub fn append_html(above: Option<&str>, below: &str) -> Result<String, normal::Refused> {
    let above = above.map(|above| above.strip_suffix(END).unwrap_or(above));
    let whole = format!("{}{below}", above.unwrap_or_default());
    // What is around a part has a say in how it is written: its colours are looked at against what they stand on.
    normal::normalise(&whole, &|_| true).map(|normal| normal.html)
}

/// The subject of an answer: `Re: ` before the subject of the mail, unless it begins so. One line that [`compose`](crate::compose())
/// takes, at most [`MAX_SUBJECT`] bytes.
pub fn reply_subject(subject: &str) -> String {
    prefixed("Re:", &["re"], subject)
}

/// The subject of a mail that is passed on: `Fwd: ` before its own, unless it begins with `Fwd:` or `Fw:`. Bounded as
/// [`reply_subject`].
pub fn forward_subject(subject: &str) -> String {
    prefixed("Fwd:", &["fwd", "fw"], subject)
}

fn prefixed(prefix: &str, known: &[&str], subject: &str) -> String {
    let mut subject = clean_line(subject, MAX_SUBJECT);
    if has_encoded_word(&subject) {
        subject = subject.replace("=?", "= ?");
    }
    let head = subject.split_once(':').map(|(head, _)| head.trim());
    let begins = head.is_some_and(|head| known.iter().any(|word| word.eq_ignore_ascii_case(head)));
    let whole = if begins { subject } else { format!("{prefix} {subject}") };
    clean_line(&whole, MAX_SUBJECT)
}

/// How text begins that some programs read as UTF-7 (RFC 2152), where it hides markup: `+ADw-` is `<`.
const UTF7: &str = "+ADw";

fn without_utf7(text: &str) -> Cow<'_, str> {
    if text.contains(UTF7) { Cow::Owned(text.replace(UTF7, "+ ADw")) } else { Cow::Borrowed(text) }
}

/// The line that every program knows.
const FORWARDED: &str = "---------- Forwarded message ---------";

/// `On Mon, 3 Feb 2025 at 10:00 UTC, Ann <ann@x.test> wrote:`
fn attribution(original: &Quoted<'_>) -> String {
    let author = mailbox(&original.from);
    match original.date {
        Some(date) => format!("On {}, {author} wrote:", date.strftime("%a, %-d %b %Y at %H:%M UTC")),
        None => format!("{author} wrote:"),
    }
}

/// The fields above a mail that is passed on.
fn fields(original: &Quoted<'_>) -> Vec<(&'static str, String)> {
    let list = |addresses: &[Addr<'_>]| {
        let mut names: Vec<_> = addresses.iter().take(MAX_ADDRESSES).map(mailbox).collect();
        if let Some(more) = addresses.len().checked_sub(MAX_ADDRESSES).filter(|more| *more > 0) {
            names.push(format!("and {more} more"));
        }
        names.join(", ")
    };
    let date = original.date.map(|date| date.strftime("%a, %-d %b %Y at %H:%M UTC").to_string());
    let all = [
        ("From", mailbox(&original.from)),
        ("Date", date.unwrap_or_default()),
        ("Subject", without_utf7(&clean_line(original.subject, MAX_SUBJECT)).into_owned()),
        ("To", list(original.to)),
        ("Cc", list(original.cc)),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// `Ann <ann@x.test>`, on one line. A name can't look like an address in brackets.
fn mailbox(addr: &Addr<'_>) -> String {
    let bare = |text: &str, max: usize| {
        let line = clean_line(&cut(text, 4 * max).0.replace(['<', '>', '"'], " "), max);
        without_utf7(&line).into_owned()
    };
    let name = bare(addr.name.unwrap_or_default(), MAX_NAME);
    let address = bare(addr.address, MAX_ADDRESS);
    match (name.is_empty(), address.is_empty()) {
        (_, true) => name,
        (true, false) => format!("<{address}>"),
        (false, false) => format!("{name} <{address}>"),
    }
}

/// The text of the mail, bounded, without characters that can't be seen and act.
fn body_text(original: &Quoted<'_>) -> String {
    let (text, cut_off) = match (original.text.filter(|text| !text.trim().is_empty()), original.html) {
        (Some(text), _) => (Cow::Borrowed(cut(text, MAX_TEXT).0), text.len() > MAX_TEXT),
        (None, Some(html)) => {
            let safe = sanitise_html(html);
            let (text, cut_off) = markup::to_text(&safe.html, MAX_TEXT);
            (Cow::Owned(text), cut_off || safe.truncated)
        }
        (None, None) => (Cow::Borrowed(""), false),
    };
    let kept: String = to_lf(&text).chars().filter(|c| is_harmless(*c)).collect();
    let mut kept = without_utf7(&kept).into_owned();
    kept.truncate(kept.trim_end().len());
    if cut_off {
        kept.push_str("\n\n");
        kept.push_str(CUT);
    }
    kept
}

/// A mail that is sent has no control characters, and nothing that turns text around.
fn is_harmless(c: char) -> bool {
    matches!(c, '\n' | '\t') || !is_unsafe_in_header(c)
}

/// The mail between `before` and `after`, in the normal form.
fn write_html(original: &Quoted<'_>, before: &str, after: &str) -> String {
    let of_html = original.html.filter(|html| !html.trim().is_empty()).and_then(|html| {
        let (body, cut_off) = copy_html(html);
        normal_fragment(&format!("{before}{body}{}{after}", cut_mark(cut_off)))
    });
    // Some HTML has no normal form: nothing of it would be seen, or parsers differ about it. Its text can be sent.
    of_html
        .or_else(|| {
            let mut body = String::new();
            for line in body_text(original).lines() {
                escape_text(&mut body, line);
                body.push_str("<br>");
            }
            normal_fragment(&format!("{before}<div>{body}</div>{after}"))
        })
        .or_else(|| normal_fragment(&format!("{before}{after}")))
        .unwrap_or_default()
}

fn cut_mark(cut_off: bool) -> String {
    if cut_off { format!("<p>{CUT}</p>") } else { String::new() }
}

/// What stands in the body of the normal form.
fn normal_fragment(html: &str) -> Option<String> {
    let whole = normal::normalise(html, &|_| false).ok()?.html;
    let (_, body) = whole.split_once("<body").and_then(|(_, rest)| rest.split_once('>'))?;
    Some(body.strip_suffix(END)?.to_owned())
}

/// How a document in the normal form ends.
const END: &str = "</body></html>\n";

/// HTML from a stranger without what would keep it from being sent: pictures, links that are no addresses of the net,
/// control characters, and whatever is beyond [`MAX_HTML`]. The flag says whether something is missing for its size.
fn copy_html(html: &str) -> (String, bool) {
    let safe = sanitise_html(html);
    let mut out = String::new();
    // What is sanitised is well nested: what was left open is closed here, the last first.
    let mut open: Vec<String> = vec![];
    let mut cut_off = safe.truncated;
    for token in Tokens::new(&safe.html) {
        if out.len() > MAX_HTML {
            cut_off = true;
            break;
        }
        match token {
            Token::Text(text) | Token::Raw(_, text) => write_text(&mut out, &text, &mut cut_off),
            Token::Start(tag) if tag.name == "img" => {
                if let Some(alt) = tag.get("alt").map(str::trim).filter(|alt| !alt.is_empty()) {
                    write_text(&mut out, &format!("[{alt}]"), &mut cut_off);
                }
            }
            Token::Start(tag) => {
                write_start(&mut out, &tag);
                if !matches!(tag.name.as_str(), "br" | "hr" | "wbr" | "col") {
                    open.push(tag.name);
                }
            }
            Token::End(name) => {
                if let Some(at) = open.iter().rposition(|it| *it == name) {
                    for name in open.drain(at..).rev() {
                        let _ = write!(out, "</{name}>");
                    }
                }
            }
            Token::Comment(_) => {}
        }
    }
    for name in open.iter().rev() {
        let _ = write!(out, "</{name}>");
    }
    (out, cut_off)
}

/// Writes as much of a text as there is room for.
fn write_text(out: &mut String, text: &str, cut_off: &mut bool) {
    let (text, too_long) = cut(text, (MAX_HTML + 1).saturating_sub(out.len()));
    *cut_off |= too_long;
    let text: String = text.chars().filter(|c| is_harmless(*c)).collect();
    escape_text(out, &without_utf7(&text));
}

fn write_start(out: &mut String, tag: &Tag) {
    out.push('<');
    out.push_str(&tag.name);
    for (name, value) in &tag.attributes {
        // Sanitising adds these; the normal form has them of its own.
        if matches!(name.as_str(), "rel" | "target" | "data-src" | "src") {
            continue;
        }
        let value: String = value.chars().filter(|c| is_harmless(*c)).collect();
        let value = if name == "href" { plain_link(&value) } else { Some(value) };
        if let Some(value) = value.filter(|value| !value.contains(UTF7)) {
            markup::write_attribute(out, name, &value);
        }
    }
    out.push('>');
}

/// A link as it can be sent: no password in it, and no longer than programs take.
fn plain_link(link: &str) -> Option<String> {
    let url = Some(link).filter(|link| link.len() <= MAX_LINK).and_then(|link| url::Url::parse(link).ok())?;
    let good = matches!(url.scheme(), "http" | "https" | "mailto" | "tel")
        && url.username().is_empty()
        && url.password().is_none();
    // A plus that is written as its number is the same to whoever is asked for it.
    Some(url.as_str().replace(UTF7, "%2BADw")).filter(|url| good && url.len() <= MAX_LINK)
}

#[cfg(test)]
mod tests;
