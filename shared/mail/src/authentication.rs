//! Whether the author that a received mail names is the one who sent it.
//!
//! SES checks SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489) and gives a verdict on each, but the verdicts on SPF and
//! DKIM don't say which domain passed: a mail of anybody's own domain passes, whatever its `From` says. SES writes the
//! domains into an `Authentication-Results` field (RFC 8601) that it puts above everything that came. That field is read
//! here, and no other: whoever writes a mail writes further ones into it.
//! (<https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html>)

use domain::mailbox::message::Verdicts;

use crate::inspect::{host_of_address, registrable};
use crate::parse::ParsedMail;

/// What SES calls itself in `Authentication-Results`.
const SES: &str = "amazonses.com";
/// Most results that are looked at: a mail can have any number of signatures.
const MAX_RESULTS: usize = 100;
/// Most bytes of a mail's header that are looked through.
const MAX_HEADER: usize = 256 * 1024;

/// Whether the one author in `From` is proven: SPF, DKIM or DMARC passed for a domain of the author's own (the same
/// registrable domain, as DMARC's relaxed alignment has it). `verdicts` are those of the receiving server, `bytes` the
/// mail that `mail` was read from.
///
/// Both fields are read as they stand, not as a reader of mail makes sense of them: what is written in a way that could be
/// read in two proves nothing.
pub fn is_authenticated(bytes: &[u8], mail: &ParsedMail<'_>, verdicts: &Verdicts) -> bool {
    let fields = Fields::of(bytes);
    let Some(author) = fields.from.as_deref().and_then(sole_mailbox) else { return false };
    let same = mail.from.as_ref().is_some_and(|from| from.address.eq_ignore_ascii_case(author));
    let Some(domain) = host_of_address(author).filter(|_| same && verdicts.dmarc != "FAIL") else {
        return false;
    };
    let own = |found: &str| registrable(found) == registrable(&domain);
    fields.results.as_deref().and_then(read).is_some_and(|results| {
        (verdicts.dmarc == "PASS" && results.dmarc.is_some_and(|found| own(&found)))
            || (verdicts.dkim == "PASS" && results.dkim.iter().any(|found| own(found)))
            || (verdicts.spf == "PASS" && results.spf.is_some_and(|found| own(&found)))
    })
}

/// The fields that are looked at, unfolded and otherwise as they came.
#[derive(Default)]
struct Fields {
    /// The only `From`.
    from: Option<String>,
    /// The field that SES put on top: the first of its name, above whatever any other server wrote.
    results: Option<String>,
}

impl Fields {
    fn of(bytes: &[u8]) -> Self {
        let bytes = &bytes[..bytes.len().min(MAX_HEADER)];
        let mut all: Vec<(String, String)> = vec![];
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned();
            if line.is_empty() {
                break;
            }
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = all.last_mut() {
                    value.push_str(&line);
                }
            } else if let Some((name, value)) = line.split_once(':') {
                all.push((name.trim_end().to_ascii_lowercase(), value.to_owned()));
            } else {
                all.push((String::new(), line));
            }
        }
        let mut fields = Self::default();
        let authors: Vec<_> = all.iter().filter(|(name, _)| name == "from").collect();
        if let [(_, value)] = authors[..] {
            fields.from = Some(value.clone());
        }
        let mut received = 0;
        for (name, value) in &all {
            received += usize::from(name == "received");
            if received > 1 {
                break;
            }
            if name == "authentication-results" {
                fields.results = Some(value.clone());
                break;
            }
        }
        fields
    }
}

/// The address of a `From` with exactly one mailbox, in a form that all readers read alike: `address`, or
/// `name <address>`. No groups, no lists, no control characters, nothing behind the address.
fn sole_mailbox(value: &str) -> Option<&str> {
    if value.contains(|c: char| (c.is_control() && c != '\t') || c == '\u{fffd}') {
        return None;
    }
    let (mut quoted, mut escaped, mut depth) = (false, false, 0_usize);
    let (mut open, mut close, mut plain) = (None, None, String::new());
    for (at, c) in value.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match c {
            '\\' if quoted || depth > 0 => escaped = true,
            '"' if depth == 0 => quoted = !quoted,
            _ if quoted => {}
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            _ if depth > 0 => {}
            '<' if open.is_none() => open = Some(at + 1),
            '>' if open.is_some() && close.is_none() => close = Some(at),
            ',' | ';' | ':' | '\\' | '<' | '>' => return None,
            c if open.is_none() || close.is_some() => plain.push(c),
            _ => {}
        }
    }
    if quoted || depth > 0 || open.is_some() != close.is_some() {
        return None;
    }
    let address = match open.zip(close) {
        // A name that looks like an address, unquoted, is read as one by some.
        Some(_) if plain.contains('@') => return None,
        Some((open, close)) => &value[open..close],
        None => value.trim(),
    };
    let (local, domain) = address.split_once('@')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c);
    let host = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c) || !c.is_ascii();
    let fits =
        !local.is_empty() && local.chars().all(plain) && !domain.is_empty() && domain.chars().all(host);
    fits.then_some(address)
}

/// The domains for which something passed.
#[derive(Default)]
struct Results {
    /// Of the envelope's sender.
    spf: Option<String>,
    /// Of each signature.
    dkim: Vec<String>,
    /// Of the author.
    dmarc: Option<String>,
}

/// Reads SES's field (RFC 8601 §2.2). It holds words of strangers: the envelope's sender, a signer's identity, the name
/// that a client gave. Where one of them is quoted or encoded, and so could hold words that look like results, the field
/// proves nothing.
fn read(value: &str) -> Option<Results> {
    let odd = |c: char| matches!(c, '"' | '\\') || !c.is_ascii() || (c.is_control() && c != '\t');
    if value.contains(odd) || value.contains("=?") {
        return None;
    }
    let bare = without_comments(value);
    let mut parts = bare.split(';').map(str::trim);
    if !parts.next()?.split_ascii_whitespace().next()?.eq_ignore_ascii_case(SES) {
        return None;
    }
    let mut results = Results::default();
    let (mut method, mut passed) = ("", false);
    let (mut spf, mut dmarc) = (0, 0);
    for part in parts.take(MAX_RESULTS) {
        // SES parts the properties of a result by semicolons too: they belong to the result before them.
        for (place, word) in part.split_ascii_whitespace().enumerate() {
            let Some((name, value)) = word.split_once('=') else { continue };
            let host = || host_of_address(value).or_else(|| host_of_address(&format!("@{value}")));
            match name {
                "spf" | "dkim" | "dmarc" if place == 0 => {
                    (method, passed) = (name, value.eq_ignore_ascii_case("pass"));
                    spf += usize::from(name == "spf");
                    dmarc += usize::from(name == "dmarc");
                }
                // A result can't stand within another.
                "spf" | "dkim" | "dmarc" => return None,
                "envelope-from" | "smtp.mailfrom" if method == "spf" && passed => results.spf = host(),
                "header.i" | "header.d" if method == "dkim" && passed => results.dkim.extend(host()),
                "header.from" if method == "dmarc" && passed => results.dmarc = host(),
                _ => {}
            }
        }
    }
    // Each of the two is checked once.
    (spf <= 1 && dmarc <= 1).then_some(results)
}

/// A field without its comments (RFC 5322 §3.2.2), which may nest.
fn without_comments(value: &str) -> String {
    let mut depth = 0_usize;
    let mut escaped = false;
    let kept = |c: &char| {
        let within = depth > 0;
        match c {
            _ if std::mem::take(&mut escaped) => {}
            '\\' if within => escaped = true,
            '(' => depth += 1,
            ')' if within => depth -= 1,
            _ => return !within,
        }
        false
    };
    value.chars().filter(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    const SES_TOP: &str =
        "Return-Path: <a@x.test>\r\nReceived: from mx.test by inbound-smtp.eu-west-1.amazonaws.com\r\n";
    const REST: &str = "To: a@y.test\r\nSubject: x\r\n\r\nHello\r\n";

    fn verdicts(spf: &str, dkim: &str, dmarc: &str) -> Verdicts {
        let [spf, dkim, dmarc] = [spf, dkim, dmarc].map(str::to_owned);
        Verdicts { spf, dkim, dmarc, ..Verdicts::default() }
    }

    fn said(headers: &str, from: &str, verdicts: &Verdicts) -> bool {
        let mail = format!("{headers}From: {from}\r\n{REST}");
        is_authenticated(mail.as_bytes(), &parse(mail.as_bytes()), verdicts)
    }

    fn authenticated(headers: &str, verdicts: &Verdicts) -> bool {
        said(headers, "Ann <ann@bank.test>", verdicts)
    }

    fn ses(results: &str) -> String {
        format!("{SES_TOP}Authentication-Results: amazonses.com;{results}\r\nX-SES-RECEIPT: x\r\n")
    }

    #[test]
    fn an_author_is_proven_by_a_pass_for_their_own_domain() {
        let pass = verdicts("PASS", "PASS", "GRAY");
        for (results, expected) in [
            (" dkim=pass header.i=@bank.test;", true),
            (" dkim=pass header.i=@mail.bank.test;", true),
            (" dkim=pass header.d=bank.test", true),
            (" dkim=pass header.i=@evil.test;", false),
            (" dkim=pass header.i=@evil.test; dkim=pass header.i=@bank.test;", true),
            (" dkim=fail header.i=@bank.test;", false),
            (
                " spf=pass (spfCheck: domain of bank.test designates 1.2.3.4) client-ip=1.2.3.4; envelope-from=b@bank.test; helo=x;",
                true,
            ),
            (" spf=pass (x) client-ip=1.2.3.4; envelope-from=b@evil.test; helo=bank.test;", false),
            (" spf=none envelope-from=b@bank.test; dkim=pass header.i=@evil.test;", false),
            (" spf=pass (envelope-from=b@bank.test) envelope-from=b@evil.test;", false),
            (" dmarc=pass header.from=bank.test; dkim=none header.i=@bank.test;", false),
            ("", false),
        ] {
            assert_eq!(authenticated(&ses(results), &pass), expected, "{results}");
        }
        // The verdict of the same check must agree.
        let dkim = ses(" dkim=pass header.i=@bank.test;");
        assert!(!authenticated(&dkim, &verdicts("PASS", "GRAY", "GRAY")));
        assert!(!authenticated(&dkim, &verdicts("PASS", "PASS", "FAIL")));
        let dmarc = verdicts("GRAY", "GRAY", "PASS");
        assert!(authenticated(&ses(" dkim=none; dmarc=pass header.from=bank.test;"), &dmarc));
        assert!(!authenticated(&ses(" dkim=none; dmarc=pass header.from=evil.test;"), &dmarc));
        assert!(!authenticated(SES_TOP, &dmarc), "nothing says whose policy it was");
        assert!(!authenticated(SES_TOP, &pass));
    }

    #[test]
    fn only_the_field_of_ses_is_read() {
        let pass = verdicts("PASS", "PASS", "GRAY");
        let forged = "Authentication-Results: amazonses.com; dkim=pass header.i=@bank.test\r\n";
        // Another on top.
        assert!(!authenticated(&format!("{}{forged}", ses(" dkim=pass header.i=@evil.test;")), &pass));
        // Another server's, below that server's own trace.
        assert!(!authenticated(&format!("{SES_TOP}Received: from evil.test\r\n{forged}"), &pass));
        // Another server's name.
        let other = "Authentication-Results: mx.evil.test; dkim=pass header.i=@bank.test\r\n";
        assert!(!authenticated(&format!("{SES_TOP}{other}{forged}"), &pass));
    }

    #[test]
    fn of_two_authors_none_is_proven() {
        let two = "From: a@bank.test\r\n";
        assert!(!authenticated(&format!("{}{two}", ses("")), &verdicts("PASS", "PASS", "PASS")));
    }

    #[test]
    fn words_of_strangers_in_the_field_of_ses_prove_nothing() {
        let pass = verdicts("PASS", "PASS", "GRAY");
        for sender in [
            "\"a dkim=pass header.i=@bank.test b\"@evil.test",
            "\"a; dkim=pass header.i=@bank.test b\"@evil.test",
            "\"a\\\" dkim=pass header.i=@bank.test b\"@evil.test",
            "=?utf-8?q?_dkim=3Dpass_header.i=3D=40bank.test_?=@evil.test",
            "a dkim=pass header.i=@bank.test@evil.test",
            "(dkim=pass header.i=@bank.test)@evil.test",
            "ä@evil.test",
        ] {
            let results = format!(
                " spf=pass (x) client-ip=1.2.3.4; envelope-from={sender}; helo=x; dkim=pass header.i=@evil.test;"
            );
            assert!(!authenticated(&ses(&results), &pass), "{sender}");
            let results = format!(" spf=none helo=x; dkim=pass header.i={sender};");
            assert!(!authenticated(&ses(&results), &pass), "{sender}");
        }
        let twice = " spf=pass envelope-from=a@evil.test; spf=pass envelope-from=a@bank.test;";
        assert!(!authenticated(&ses(twice), &pass));
    }

    #[test]
    fn an_author_that_can_be_read_in_two_ways_is_not_proven() {
        let all = verdicts("PASS", "PASS", "PASS");
        let results = ses(" dkim=pass header.i=@bank.test; dmarc=pass header.from=bank.test;");
        for from in [
            "ann@bank.test",
            "<ann@bank.test>",
            "\"Ann, of the bank\" <ann@bank.test>",
            "Ann (sales: all) <ann@bank.test>",
            "=?utf-8?q?Ann?= <ann@bank.test>",
        ] {
            assert!(said(&results, from, &all), "{from}");
        }
        for from in [
            "\"a b\"@evil.test, ann@bank.test",
            "evil, ann@bank.test",
            "x\u{1}y@evil.test, ann@bank.test",
            "a@evil.test: ann@bank.test;",
            "\"a b\"@evil.test; ann@bank.test",
            "a@evil.test\rFrom: ann@bank.test",
            "a@evil.test <ann@bank.test>",
            "<ann@bank.test> <a@evil.test>",
            "<@evil.test:ann@bank.test>",
            "ann@bank.test\r\nFrom: ann@bank.test",
            "\"ann@bank.test",
            "",
        ] {
            assert!(!said(&results, from, &all), "{from}");
        }
    }
}
