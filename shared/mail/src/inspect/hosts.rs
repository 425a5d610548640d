//! Domains: where links lead, and which domains are made to be taken for others.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::markup::{Token, Tokens};
use crate::text::cut;

/// So much of an address of the web is read, in bytes.
const MAX_URL: usize = 8 * 1024;

/// All host names that links of a mail lead to, in lower-case ASCII (`xn--` form), sorted, each once.
///
/// Looks at every attribute of the HTML that leads somewhere or fetches something, at `url(…)` in styles, and at
/// addresses that are written out in the text or the HTML's text: with a scheme, or beginning with `www.`. Of `mailto:`
/// it is the domain of each address. A host that no browser would accept is given with `?` for what is not ASCII: it
/// equals no domain of an allow-list. Never longer than what was given; takes time linear in it.
pub fn links(text: Option<&str>, html: Option<&str>) -> Vec<String> {
    let mut found = BTreeSet::new();
    if let Some(text) = text {
        in_text(text, &mut found);
    }
    if let Some(html) = html {
        for token in Tokens::new(html) {
            match token {
                Token::Text(text) => in_text(&text, &mut found),
                Token::Raw("style", sheet) => in_style(&sheet, &mut found),
                Token::Start(tag) => {
                    for (name, value) in &tag.attributes {
                        in_attribute(name, value, &mut found);
                    }
                }
                Token::Raw(..) | Token::End(_) | Token::Comment(_) => {}
            }
        }
    }
    found.into_iter().collect()
}

fn in_attribute(name: &str, value: &str, found: &mut BTreeSet<String>) {
    match name {
        "href" | "src" | "action" | "formaction" | "background" | "poster" | "cite" | "data"
        | "xlink:href" | "data-src" | "longdesc" | "usemap" | "ping" | "manifest" => hosts_of(value, found),
        "srcset" | "imagesrcset" => {
            for candidate in value.split(',') {
                hosts_of(candidate.split_whitespace().next().unwrap_or_default(), found);
            }
        }
        "style" => in_style(value, found),
        "content" => {
            // <meta http-equiv=refresh content="0; url=https://…">
            in_text(value, found);
        }
        _ => {}
    }
}

fn in_style(style: &str, found: &mut BTreeSet<String>) {
    for piece in style.split("url(").skip(1) {
        let end = piece.find(')').unwrap_or(piece.len());
        hosts_of(piece[..end].trim().trim_matches(['"', '\'']), found);
    }
}

/// Addresses that are written out in a text.
fn in_text(text: &str, found: &mut BTreeSet<String>) {
    let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '|');
    for piece in text.split(ends) {
        if !piece.contains(':') && !contains_www(piece) {
            continue;
        }
        let mut rest = piece;
        while let Some(at) = rest.find("://") {
            let scheme =
                rest[..at].rfind(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.'));
            let from = scheme.map_or(0, |at| at + rest[at..].chars().next().map_or(1, char::len_utf8));
            let next = rest[at + 3..].find("://").map_or(rest.len(), |next| at + 3 + next);
            hosts_of(trim_url(&rest[from..next]), found);
            rest = &rest[at + 3..];
        }
        let lower = piece.to_ascii_lowercase();
        if let Some(at) = lower.find("mailto:") {
            hosts_of(trim_url(&piece[at..]), found);
        }
        if let Some(at) = lower.find("www.")
            && !piece.contains("://")
        {
            hosts_of(&format!("http://{}", trim_url(&piece[at..])), found);
        }
    }
}

fn contains_www(piece: &str) -> bool {
    piece.as_bytes().windows(4).any(|window| window.eq_ignore_ascii_case(b"www."))
}

/// Without the punctuation that ends a sentence or a bracket after an address.
fn trim_url(url: &str) -> &str {
    url.trim_end_matches(|c: char| {
        matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '}' | '\'' | '*' | '_')
    })
}

/// The hosts that an address of the web or of mail leads to.
pub(super) fn hosts_of(url: &str, found: &mut BTreeSet<String>) {
    let url = url.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    if url.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:")) {
        let addresses = percent_decode_str(&url[7..]).decode_utf8_lossy();
        for address in addresses.split([',', ';', '?', '&', '=', ' ', '<', '>']) {
            found.extend(host_of_address(address));
        }
        return;
    }
    // What is longer still leads somewhere; its host stands at its beginning.
    let (url, _) = cut(url, MAX_URL);
    // Browsers take a backslash for a slash, and an address without a scheme as one on the same scheme.
    let relative =
        url.starts_with("//") || url.starts_with("\\\\") || url.starts_with("/\\") || url.starts_with("\\/");
    let parsed = if relative { Url::parse(&format!("http:{url}")) } else { Url::parse(url) };
    match parsed {
        Ok(parsed) => {
            let host = parsed.host_str().map(|host| host.trim_end_matches('.').to_ascii_lowercase());
            found.extend(host.filter(|host| !host.is_empty()).map(|host| ascii(&host)));
        }
        Err(_) => {
            if let Some((_, rest)) = url.split_once("://") {
                found.insert(fallback(rest));
            }
        }
    }
}

/// Something in place of a host that can't be read: what stands there, in ASCII.
fn fallback(rest: &str) -> String {
    let host = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let shown = ascii(&host.chars().take(255).collect::<String>());
    if shown.is_empty() { "?".to_owned() } else { shown }
}

fn ascii(host: &str) -> String {
    host.chars().map(|c| if c.is_ascii_graphic() { c.to_ascii_lowercase() } else { '?' }).collect()
}

/// The domain of a mail address, in lower-case ASCII.
pub(crate) fn host_of_address(address: &str) -> Option<String> {
    let (_, domain) = address.trim().rsplit_once('@')?;
    let domain = domain.trim_end_matches(['.', '>']);
    if domain.is_empty() || domain.len() > 255 {
        return None;
    }
    // What idna lets through may still hold what no host has, a line break say.
    Some(ascii(&idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned())))
}

/// The part of a host that somebody registered: what stands below a public suffix. An IP address is its own.
pub(crate) fn registrable(host: &str) -> &str {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok() {
        return host;
    }
    psl::domain_str(host).unwrap_or(host)
}

/// The first host that a text names, if it looks like the name of a site at all.
pub(super) fn shown_host(text: &str) -> Option<String> {
    let text = text.trim();
    // Only a text that is an address: a sentence may mention any.
    if text.len() > 300 || text.contains(char::is_whitespace) {
        return None;
    }
    let mut found = BTreeSet::new();
    if text.contains("://") || contains_www(text) {
        in_text(text, &mut found);
        return found.pop_first();
    }
    let host = text.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let known = psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known());
    let named = host.contains('.') && known && !host.contains('@') && psl::domain_str(host).is_some();
    named.then(|| idna::domain_to_ascii(host).ok()).flatten()
}

/// The domains that a reader may take a mail to be from: those of the installation, of its people, and of those whom
/// they write to.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// With how the part before the public suffix looks.
    domains: BTreeMap<String, String>,
    /// By how they look.
    looks: BTreeMap<String, String>,
}

/// Most domains that are compared.
const MAX_KNOWN: usize = 500;

impl Known {
    /// Those of these addresses and domains, at most 500.
    pub fn new<'a>(named: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known = Self::default();
        for name in named {
            let domain = if name.contains('@') {
                host_of_address(name)
            } else {
                idna::domain_to_ascii(name.trim_end_matches('.')).ok()
            };
            let Some(domain) = domain.filter(|domain| domain.contains('.')) else { continue };
            if known.domains.len() >= MAX_KNOWN {
                break;
            }
            let domain = registrable(&domain).to_owned();
            known.looks.insert(look(&domain), domain.clone());
            let label = look(domain.split('.').next().unwrap_or_default());
            known.domains.insert(domain, label);
        }
        known
    }

    /// Why a host is made to be taken for another, where it is.
    pub(super) fn lookalike(&self, host: &str) -> Option<String> {
        let base = registrable(host);
        if self.domains.contains_key(base) {
            return None;
        }
        let (unicode, _) = idna::domain_to_unicode(base);
        let like = |known: &str| Some(format!("{unicode} ({base}) looks like {known}"));
        if let Some(known) = self.looks.get(&look(&unicode)) {
            return like(known);
        }
        let (label, suffix) = unicode.split_once('.').unwrap_or((&unicode, ""));
        let label_look = look(label);
        for (known, known_look) in &self.domains {
            let (known_label, known_suffix) = known.split_once('.').unwrap_or((known, ""));
            let close = if label == known_label {
                known_label.len() >= 5 && nearly_the_same_suffix(suffix, known_suffix)
            } else if suffix == known_suffix {
                one_slip(label, known_label)
            } else {
                known_label.len() >= 5 && label_look == *known_look
            };
            // example.com.evil.test
            let prefixed = || {
                host.strip_suffix(base).is_some_and(|front| {
                    front.strip_prefix(known.as_str()).is_some_and(|rest| rest.starts_with('.'))
                        || front.contains(&format!(".{known}."))
                })
            };
            if close || prefixed() {
                return Some(format!("{host} ({unicode}) looks like {known}"));
            }
        }
        unicode.split('.').find(|label| is_disguised(label)).map(|label| {
            format!("{unicode} ({base}): {label} has letters of another alphabet that look like Latin ones")
        })
    }
}

/// How a domain looks (the skeleton of UTS 39 §4, without regard to case), with the pairs that small print confuses.
fn look(domain: &str) -> String {
    let skeleton: String = unicode_security::skeleton(domain).flat_map(char::to_lowercase).collect();
    skeleton.replace("vv", "w").replace("cl", "d")
}

/// Whether a label mixes alphabets that look alike, or is written in one of them and reads as Latin.
fn is_disguised(label: &str) -> bool {
    if label.is_ascii() {
        return false;
    }
    let alphabet = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' => 1,
        '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => 2,
        '\u{400}'..='\u{52F}' => 4,
        '\u{530}'..='\u{58F}' => 8,
        '\u{13A0}'..='\u{13FF}' | '\u{AB70}'..='\u{ABBF}' => 16,
        _ => 0,
    };
    let alphabets = label.chars().fold(0_u8, |all, c| all | alphabet(c));
    let reads_as_latin = || alphabets > 1 && look(label).is_ascii();
    alphabets.count_ones() > 1 || reads_as_latin()
}

/// `com` and `co`, `cm`, `ocm`: one letter too many, too few, or two in the wrong order.
fn nearly_the_same_suffix(a: &str, b: &str) -> bool {
    a != b && (a.len() != b.len() || is_swap(a, b)) && slips(a, b)
}

/// Whether two labels differ by one letter, in a way that is no numbering, and are long enough for that to be no
/// accident.
fn one_slip(a: &str, b: &str) -> bool {
    let shorter = a.chars().count().min(b.chars().count());
    if shorter < 5 || a == b {
        return false;
    }
    (is_swap(a, b) || shorter >= 6) && slips(a, b) && !is_numbering(a, b)
}

fn is_numbering(a: &str, b: &str) -> bool {
    let word = |text: &str| text.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned();
    word(a) == word(b)
}

/// Whether two neighbours changed places, and nothing else.
fn is_swap(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let differs: Vec<usize> = (0..a.len().min(b.len())).filter(|i| a[*i] != b[*i]).collect();
    a.len() == b.len() && matches!(differs[..], [i, j] if j == i + 1 && a[i] == b[j] && a[j] == b[i])
}

/// Whether one insertion, deletion, replacement or swap makes one of the other.
fn slips(a: &str, b: &str) -> bool {
    if is_swap(a, b) {
        return true;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let front = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let longest = a.len().max(b.len());
    let back = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take(a.len().min(b.len()) - front)
        .take_while(|(x, y)| x == y)
        .count();
    front + back + 1 >= longest
}
