//! Mails and pages made to exhaust whoever reads them. Each must be dealt with in [`LIMIT`] on a thread with
//! the stack that a Rust thread has by default, and leave something small behind.

use std::{fmt::Write as _, fs, thread, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::reply::extract_reply;
use crate::{
    Addr, Defect, Known, ParsedMail, Quoted, extract_written, forward_html, forward_text, inspect, links,
    normal, normalise_subject, parse, preview, quote_html, quote_text, report, sanitise_html,
    shorten_references,
};

/// The promise is two seconds of a processor, for an optimised build.
const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 30 } else { 2 });
/// A build without optimisation is some fifty times slower: it gets smaller bombs as well.
const SCALE: usize = if cfg!(debug_assertions) { 50 } else { 1 };
const STACK: usize = 2 << 20;

/// How long the kernel has let this thread run: what else runs on the machine does not count. (`proc_pid_stat(5)`: fields 14 and 15,
/// in hundredths of a second)
fn ran() -> Duration {
    let stat = fs::read_to_string("/proc/thread-self/stat").expect("Linux");
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
    Duration::from_millis(10 * ticks.sum::<u64>())
}

/// Runs `work` on a small stack and holds it to the limit.
fn timed<T: Send>(name: &str, work: impl FnOnce() -> T + Send) -> T {
    let (result, took) = thread::scope(|scope| {
        thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || (work(), ran()))
            .expect("a thread")
            .join()
            .expect("no panic, no overflow")
    });
    println!("{name:40} {:>8.1} ms", took.as_secs_f64() * 1000.0);
    assert!(took < LIMIT, "{name} took {took:?}");
    result
}

/// Parses and does with the result what the application does.
fn read(name: &str, raw: &[u8]) -> Vec<Defect> {
    timed(&format!("inspect {name}"), || {
        let found =
            inspect(&parse(raw), &domain::mailbox::message::Verdicts::default(), &Known::new(["x.test"]));
        assert!(found.len() <= domain::mailbox::finding::Finding::MAX);
    });
    if let Some(html) = &parse(raw).html {
        let _ = normalise(name, html);
    }
    timed(name, || {
        let mail = parse(raw);
        assert_bounded(&mail);
        let text = mail.text.as_deref().unwrap_or_default();
        let _ = extract_reply(text);
        let _ = preview(text, 200);
        let _ = normalise_subject(&mail.subject);
        if let Some(html) = &mail.html {
            let _ = sanitise_html(html);
        }
        mail.defects.clone()
    })
}

/// Brings HTML into the normal form, or hears why not.
fn normalise(name: &str, html: &str) -> Result<String, &'static str> {
    timed(&format!("normalise {name}"), || {
        let normal = normal::normalise(html, &|_| true).map_err(|refused| refused.reason.code().as_str())?;
        assert!(normal.html.len() <= normal::MAX_HTML);
        Ok(normal.html)
    })
}

fn assert_bounded(mail: &ParsedMail<'_>) {
    use crate::parse as p;
    assert!(mail.references.len() <= p::MAX_REFERENCES && mail.in_reply_to.len() <= p::MAX_REFERENCES);
    for list in [&mail.to, &mail.cc, &mail.bcc, &mail.reply_to] {
        assert!(list.len() <= p::MAX_ADDRESSES);
    }
    assert!(mail.subject.len() <= p::MAX_SUBJECT);
    assert!(mail.text.as_deref().is_none_or(|text| text.len() <= p::MAX_BODY));
    assert!(mail.html.as_deref().is_none_or(|html| html.len() <= p::MAX_BODY));
    assert!(mail.headers.len() <= p::MAX_HEADERS);
    assert!(mail.headers.iter().all(|h| h.value.len() <= p::MAX_HEADER_VALUE));
    assert!(mail.headers.iter().map(|h| h.value.len()).sum::<usize>() <= p::MAX_HEADER_BYTES);
    assert!(mail.attachments.len() <= p::MAX_PARTS);
}

const TOP: &str =
    "From: a@x.test\r\nDate: Mon, 3 Feb 2025 10:00:00 +0000\r\nSubject: bomb\r\nMIME-Version: 1.0\r\n";

fn numbered(count: usize, write: impl Fn(&mut String, usize) -> std::fmt::Result) -> String {
    let mut out = String::new();
    (0..count).try_for_each(|at| write(&mut out, at)).expect("writing to a String");
    out
}

fn html_mail(html: &str) -> Vec<u8> {
    format!("{TOP}Content-Type: text/html; charset=utf-8\r\n\r\n{html}").into_bytes()
}

#[test]
fn nested_multiparts() {
    for depth in [1_000, 10_000, 100_000] {
        let mut mail = String::from(TOP);
        for level in 0..depth {
            let _ = write!(mail, "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
        }
        mail.push_str("Content-Type: text/plain\r\n\r\nhello\r\n");
        let defects = read(&format!("multipart depth {depth}"), mail.as_bytes());
        assert!(defects.contains(&Defect::TooDeep) || defects.contains(&Defect::TooManyParts), "{defects:?}");
    }
}

#[test]
fn nested_mails() {
    for depth in [1_000, 10_000, 100_000] {
        let mut mail = String::from(TOP);
        for _ in 0..depth {
            mail.push_str("Content-Type: message/rfc822\r\n\r\nFrom: a@x.test\r\n");
        }
        mail.push_str("\r\nhello\r\n");
        read(&format!("message/rfc822 depth {depth}"), mail.as_bytes());
    }
}

#[test]
fn mails_wrapped_in_base64() {
    let head = "From: a@x.test\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    // One wrapping around many plain levels: what overflowed the stack of mail-parser 0.11.
    for depth in [5_000, 20_000, 100_000] {
        let inner = "From: a@x.test\r\nContent-Type: message/rfc822\r\n\r\n".repeat(depth) + "\r\nhello";
        read(
            &format!("base64 around rfc822 depth {depth}"),
            [head, &STANDARD.encode(inner)].concat().as_bytes(),
        );
    }
    // As many wrappings as fit: each makes the mail a third longer.
    let mut mail = b"From: a@x.test\r\n\r\nhello\r\n".to_vec();
    while mail.len() < (20 << 20) / SCALE {
        mail = [head.as_bytes(), STANDARD.encode(&mail).as_bytes()].concat();
    }
    read("base64 around base64 around ...", &mail);
}

#[test]
fn parameter_continuations() {
    for count in [25_000 / SCALE, 100_000 / SCALE, 200_000 / SCALE] {
        let mut mail = format!("{TOP}Content-Type: text/plain");
        for at in 0..count {
            let _ = write!(mail, ";\r\n name*{at}=abc");
        }
        mail.push_str("\r\n\r\nhello\r\n");
        read(&format!("RFC 2231 name*N x {count}"), mail.as_bytes());
    }
}

#[test]
fn many_parts() {
    let mut mail = format!("{TOP}Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    for _ in 0..500_000 / SCALE {
        mail.push_str("--b\r\n\r\nx\r\n");
    }
    mail.push_str("--b--\r\n");
    let defects = read("500k parts", mail.as_bytes());
    assert!(defects.contains(&Defect::TooManyParts), "{defects:?}");
}

#[test]
fn many_addresses_ids_and_words() {
    let to = "a@b.test, ".repeat(300_000 / SCALE);
    let defects = read("300k addresses", format!("{TOP}To: {to}\r\n\r\nx").as_bytes());
    assert!(defects.contains(&Defect::TooManyAddresses), "{defects:?}");
    assert!(defects.contains(&Defect::HeaderTooLarge), "{defects:?}");

    let refs = "<a@b.test> ".repeat(500_000 / SCALE);
    let defects = read("500k references", format!("{TOP}References: {refs}\r\n\r\nx").as_bytes());
    assert!(defects.contains(&Defect::TooManyReferences), "{defects:?}");

    let words = "=?utf-8?Q?a?= ".repeat(200_000 / SCALE);
    read(
        "200k encoded words",
        format!("{TOP}Subject: {words}\r\nComments: {words}\r\nTo: {words}\r\n\r\nx").as_bytes(),
    );

    let open = "=?utf-8?Q?".repeat(200_000 / SCALE);
    read("200k open encoded words", format!("Subject: {open}\r\nTo: {open}\r\n{TOP}\r\nx").as_bytes());

    for field in [
        "To",
        "References",
        "Keywords",
        "List-Id",
        "Content-Type",
        "Content-ID",
        "Content-Disposition",
        "Received",
        "Date",
    ] {
        let value = " =?utf-8?Q?".repeat(3_000_000 / SCALE);
        read(&format!("30 MB open words in {field}"), format!("{field}: {value}\r\n{TOP}\r\nx").as_bytes());
        // The same, spread over many fields of many parts.
        let value = " =?utf-8?Q?".repeat(1_000);
        let part =
            format!("--b\r\n{}\r\nx\r\n", format!("{field}: {value}\r\n").repeat(5)).repeat(700 / SCALE);
        let head = format!("{TOP}Content-Type: multipart/mixed; boundary=b\r\n\r\n");
        read(&format!("open words in many {field}"), (head + &part).as_bytes());
    }

    let comments = "(".repeat(3_000_000 / SCALE);
    read("3M open comments", format!("To: {comments}\r\nFrom: {comments}\r\n\r\nx").as_bytes());

    let quotes = "\"a\\".repeat(2_000_000 / SCALE);
    read(
        "2M open quotes",
        format!("To: {quotes}\r\nContent-Type: text/plain; a={quotes}\r\n\r\nx").as_bytes(),
    );

    let groups = "g:".repeat(1_000_000 / SCALE);
    read("1M open groups", format!("To: {groups}\r\n\r\nx").as_bytes());
}

#[test]
fn long_and_many_headers() {
    let line = "x".repeat(30_000_000 / SCALE);
    let defects = read("30 MB header line", format!("Subject: {line}\r\nX-Long: {line}\r\n\r\nx").as_bytes());
    assert!(defects.contains(&Defect::HeaderTooLarge), "{defects:?}");
    read("30 MB header name", format!("{line}: x\r\n\r\nx").as_bytes());
    read("30 MB without a colon", line.as_bytes());

    let many = "X-A: b\r\n".repeat(500_000 / SCALE);
    let defects = read("500k headers", format!("{TOP}{many}\r\nx").as_bytes());
    assert!(defects.contains(&Defect::TooManyHeaders), "{defects:?}");

    let folded = "X-A: b\r\n".to_owned() + &" c\r\n".repeat(5_000_000 / SCALE);
    read("5M folds", format!("{TOP}{folded}\r\nx").as_bytes());

    let parameters = "; a=b".repeat(1_000_000 / SCALE);
    read("1M parameters", format!("{TOP}Content-Type: text/plain{parameters}\r\n\r\nx").as_bytes());
}

#[test]
fn hostile_bodies() {
    read("`<` x 10M html", &html_mail(&"<".repeat(10_000_000 / SCALE)));
    read("`&` x 10M html", &html_mail(&"&".repeat(10_000_000 / SCALE)));
    read("`&lt;` x 2M html", &html_mail(&"&lt;".repeat(2_000_000 / SCALE)));
    let soft = "=\r\n".repeat(7_000_000 / SCALE);
    read(
        "21 MB soft breaks",
        format!("{TOP}Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{soft}")
            .as_bytes(),
    );
    read(
        "21 MB soft breaks, html",
        format!("{TOP}Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{soft}")
            .as_bytes(),
    );
    let file = format!(
        "{TOP}Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        "QUJD\r\n".repeat(6_000_000 / SCALE)
    );
    read("36 MB base64 file", file.as_bytes());
    read("40 MB NUL", &vec![0; (40 << 20) / SCALE]);
    read("40 MB 8-bit junk", &[TOP.as_bytes(), b"\r\n", &vec![0xFF; (40 << 20) / SCALE]].concat());
    read("40 MB CR", &[TOP.as_bytes(), b"\r\n", &vec![b'\r'; (40 << 20) / SCALE]].concat());
    read("40 MB LF", &vec![b'\n'; (40 << 20) / SCALE]);
    read(
        "40 MB dashes",
        &[
            TOP.as_bytes(),
            b"Content-Type: multipart/mixed; boundary=-\r\n\r\n",
            &vec![b'-'; (40 << 20) / SCALE],
        ]
        .concat(),
    );
    let utf16 = format!("{TOP}Content-Type: text/plain; charset=utf-16\r\n\r\n");
    read("40 MB UTF-16", &[utf16.as_bytes(), &vec![0xD8; (40 << 20) / SCALE]].concat());
    let utf7 =
        format!("{TOP}Content-Type: text/plain; charset=utf-7\r\n\r\n{}", "+".repeat((4 << 20) / SCALE));
    read("4 MB UTF-7", utf7.as_bytes());
}

/// A mail of one part.
fn part(head: &str, body: &[u8]) -> Vec<u8> {
    [format!("{TOP}{head}\r\n\r\n").as_bytes(), body].concat()
}

#[test]
fn hostile_words() {
    let size = (4 << 20) / SCALE;
    for (name, piece) in [
        ("open B words", "=?u?B?"),
        ("words", "=?utf-8?Q?a?="),
        ("parted words", "=?utf-8?Q?a?= "),
        ("words of two kinds", "=?utf-8?Q?=C3?= =?iso-8859-1?Q?=C3?= "),
        ("half letters", "=?utf-8?Q?=C3?= "),
        ("half letters of GBK", "=?gbk?B?xA==?= "),
        ("Japanese words", "=?iso-2022-jp?B?GyRCRnwbKEI=?= "),
        ("open Japanese words", "=?iso-2022-jp?B?GyRCRnw=?= "),
        ("shifts", "\u{1b}$B\u{1b}(B"),
        ("escapes", "\u{1b}"),
        ("unknown words", "=?x-u?Q?a?= "),
        ("UTF-7 words", "=?utf-7?Q?+?= "),
        ("ends", "?="),
        ("equals", "="),
        ("long charsets", "=?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("folds", "\r\n "),
        ("words in quotes", "\"=?utf-8?Q?a?=\", "),
    ] {
        let value = piece.repeat(size / piece.len());
        // The end is there, and nowhere else.
        for end in ["", "?="] {
            let fields = ["Subject", "From", "To", "Cc", "X-A"]
                .map(|field| format!("{field}: {value}{end}\r\n"))
                .concat();
            read(&format!("{name}{end}"), format!("{fields}{TOP}\r\nx").as_bytes());
        }
    }
    for byte in [0xff_u8, 0x1b, 0xc3] {
        let fields = [&b"Subject: "[..], &vec![byte; size], b"\r\nTo: ", &vec![byte; size], b"\r\n"].concat();
        let body = part("Content-Type: text/plain; charset=koi8-r", b"x");
        read(&format!("fields of {byte:x}"), &[&fields[..], &body].concat());
    }
}

#[test]
fn hostile_names() {
    for (name, piece) in [
        ("pieces", "; filename*1=a"),
        ("encoded pieces", "; filename*0*=utf-8''%C3"),
        ("words", "; filename=\"=?utf-8?Q?a?=\""),
        ("open words", "; filename*0=\"=?utf-8?Q?"),
        ("quotes", "\""),
        ("backslashes", "; filename=\"\\\\"),
        ("folds", "\r\n "),
        ("many folds", "\r\n\t\r\n a"),
        ("comments", "("),
        ("semicolons", ";"),
        ("equals", "="),
        ("percents", "; filename*=%"),
        ("apostrophes", "; filename*='"),
        ("lines without semicolons", "\r\n filename=a"),
    ] {
        let value = piece.repeat((16 << 10) / piece.len());
        let fields = format!("Content-Disposition: attachment{value}\r\nContent-Type: a/b{value}\r\n");
        let parts = format!("--b\r\n{fields}\r\nx\r\n").repeat(900 / SCALE);
        let head = format!("{TOP}Content-Type: multipart/mixed; boundary=b\r\n\r\n");
        read(&format!("names of {name}"), (head + &parts).as_bytes());
    }
}

#[test]
fn hostile_encodings_of_text() {
    let size = (20 << 20) / SCALE;
    for (name, piece) in [
        ("equals", "="),
        ("equals and blanks", "= "),
        ("half escapes", "=4"),
        ("blanks", " "),
        ("blanks and a letter", "                         a"),
        ("line ends", "\r\n"),
        ("blank lines", "  \r\n"),
        ("soft blank lines", "=   \r\n"),
    ] {
        for kind in ["text/plain", "text/html", "application/pdf"] {
            let head = format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: quoted-printable");
            read(
                &format!("quoted {name} in {kind}"),
                &part(&head, piece.repeat(size / piece.len()).as_bytes()),
            );
        }
    }
    for (name, piece) in [
        ("flowing lines", "a \r\n"),
        ("blanks", " \r\n"),
        ("quotes", "> a \r\n"),
        ("depths", ">a \r\n>>b \r\n"),
        ("deep quotes", ">"),
        ("signatures", "-- \r\n"),
        ("spaces", " "),
    ] {
        let head = "Content-Type: text/plain; format=flowed; delsp=yes";
        read(&format!("flowed {name}"), &part(head, piece.repeat(size / piece.len()).as_bytes()));
    }
    for (name, charset, piece) in [
        ("shifts", "iso-2022-jp", &b"\x1b$B\x1b(B"[..]),
        ("undeclared shifts", "us-ascii", b"\x1b$B\x1b(B"),
        ("escapes", "us-ascii", b"\x1b"),
        ("half shifts", "us-ascii", b"\x1b$"),
        ("broken UTF-8", "utf-8", b"\xc3\xa9\xc3"),
        ("broken latin", "iso-8859-2", b"\xc3\xa9\xc3"),
        ("UTF-7", "unicode-1-1-utf-7", b"+AG"),
        ("halves", "gbk", b"\xc4\x0a"),
    ] {
        let head = format!("Content-Type: text/plain; charset={charset}");
        read(&format!("text of {name}"), &part(&head, &piece.repeat(size / piece.len())));
    }
}

#[test]
fn hostile_reports() {
    let size = (10 << 20) / SCALE;
    let fields = [
        "Final-Recipient: rfc822; a@y.test\r\nAction: failed\r\n\r\n",
        "Final-Recipient: a@y.test\r\n",
        "Original-Recipient: <<<<<<<<a@\r\n",
        "Diagnostic-Code: smtp; =?utf-8?Q?\r\n =?utf-8?Q?a?=\r\n",
        "Diagnostic-Code: 5.1.1 5.1.1 5.1.1\r\nFinal-Recipient: a@y.test\r\n",
        "Original-Rcpt-To: a@y.test, b@y.test\r\n",
        "Disposition: ;;;;;;;;;;;;;;;;\r\n",
        "Message-ID: <a@x.test>\r\n",
        "Arrival-Date: (((((\r\n",
        ":\r\n",
        "a:\r\n",
        "a ",
        "\r\n",
        "no field\r\n",
    ];
    for piece in fields {
        let many = piece.repeat(size / piece.len());
        for kind in ["delivery-status", "feedback-report", "disposition-notification", "x"] {
            let machine = if kind == "x" { "text/plain".to_owned() } else { format!("message/{kind}") };
            let raw = format!(
                "{TOP}Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\nContent-Type: {machine}\r\n\r\n\
                 Final-Recipient: a@y.test\r\nFeedback-Type: abuse\r\n{many}\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{many}\r\n--b--\r\n"
            );
            let name = format!("{kind} of {}", piece.trim());
            read(&name, raw.as_bytes());
            let report = timed(&name, || parse(raw.as_bytes()).report);
            if let Some(report::Report::Delivery(said)) = &report {
                assert!(said.recipients.len() <= report::MAX_RECIPIENTS);
                let long = |text: &Option<String>| {
                    text.as_ref().is_some_and(|text| text.len() > report::MAX_DIAGNOSTIC)
                };
                assert!(!said.recipients.iter().any(|it| long(&it.diagnostic) || long(&it.final_recipient)));
            }
        }
    }
}

#[test]
fn hostile_envelopes() {
    let size = (20 << 20) / SCALE;
    let head = [0x78, 0x9f, 0x3e, 0x22, 0, 0];
    let attribute = |id: u16, data: &[u8]| {
        let length = u32::try_from(data.len()).expect("short");
        [&[2][..], &id.to_le_bytes(), &[0, 0], &length.to_le_bytes(), data, &[0, 0]].concat()
    };
    let open = attribute(0x9002, &[]);
    let property = |data: &[u8]| attribute(0x9005, &[&[255, 255, 255, 255], data].concat());
    let tnef = "Content-Type: application/ms-tnef; name=winmail.dat";
    for (name, piece) in [
        ("files", [open.clone(), attribute(0x8010, b"a.txt")].concat()),
        ("empty attributes", attribute(0x9003, &[])),
        ("titles", attribute(0x8010, &[b'a'; 1000])),
        ("texts", attribute(0x800c, &[0xc3; 1000])),
        ("code pages", attribute(0x9007, &[0xe4, 4, 0, 0])),
        ("values without end", property(&[0x1f, 0x10, 7, 0x37, 255, 255, 255, 255, 0, 0, 0, 0])),
        ("numbers without end", property(&[3, 0x10, 7, 0x37, 255, 255, 255, 255])),
        ("properties", property(&[0x0b, 0, 7, 0x37, 0, 0, 0, 0].repeat(1_000))),
        ("names", property(&[0x1e, 0, 7, 0x37, 1, 0, 0, 0, 4, 0, 0, 0, 97, 97, 97, 97].repeat(1_000))),
        (
            "long names",
            property(&[&[0x1e, 0, 7, 0x37, 1, 0, 0, 0, 0, 0, 1, 0][..], &vec![0xff; 65536]].concat()),
        ),
    ] {
        let bytes = [&head[..], &piece.repeat(size / piece.len())].concat();
        read(&format!("winmail.dat of {name}"), &part(tnef, &bytes));
    }
    // Envelopes within envelopes.
    let mut inner = head.to_vec();
    for _ in 0..1_000 {
        let object = [
            &[0x0d, 0, 1, 0x37, 1, 0, 0, 0][..],
            &u32::try_from(inner.len() + 16).expect("short").to_le_bytes(),
            &[0; 16],
            &inner,
        ]
        .concat();
        inner = [&head[..], &open, &property(&object)].concat();
    }
    read("winmail.dat in winmail.dat", &part(tnef, &inner));

    let smime = "Content-Type: application/pkcs7-mime; name=smime.p7m";
    let signed = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    let data = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
    let digests = [&b"0\x80"[..], signed, b"\xa0\x800\x80\x02\x01\x01"].concat();
    let content = [&digests, &b"1\x000\x80"[..], data, b"\xa0\x80"].concat();
    for (name, start, piece) in [
        ("open elements", &b""[..], &b"0\x80"[..]),
        ("open digests", &digests, b"1\x80"),
        ("empty digests", &[&digests[..], b"1\x80"].concat(), b"0\x00"),
        ("open and ended digests", &[&digests[..], b"1\x80"].concat(), b"0\x80\0\0"),
        ("pieces", &[&content[..], b"\x24\x80"].concat(), b"\x04\x01\n"),
        ("empty pieces", &[&content[..], b"\x24\x80"].concat(), b"\x04\x00"),
        ("pieces of pieces", &content, b"\x24\x80"),
        ("ended pieces of pieces", &[&content[..], b"\x24\x80"].concat(), b"\x24\x80\0\0"),
    ] {
        let bytes = [start, &piece.repeat(size / piece.len())].concat();
        read(&format!("signed {name}"), &part(smime, &bytes));
        read(&format!("signed and ended {name}"), &part(smime, &[&bytes[..], &[0; 20]].concat()));
    }
    // Signed in signed in signed, each with a large file.
    let mut mail = part("Content-Type: text/html", "<p>".repeat((1 << 20) / SCALE).as_bytes());
    while mail.len() < (30 << 20) / SCALE {
        let length = u32::try_from(mail.len()).expect("short").to_be_bytes();
        let signed = [&content[..], b"\x04\x84", &length, &mail].concat();
        let body = STANDARD.encode(signed);
        mail = part(&format!("{smime}\r\nContent-Transfer-Encoding: base64"), body.as_bytes());
    }
    read("signed in signed", &mail);
}

#[test]
fn hostile_html() {
    let mut cases: Vec<(&str, String)> = [
        ("div", "<div>"),
        ("b", "<b>"),
        ("p and font", "<p><font>"),
        ("table", "<table>"),
        ("tables and cells", "<table><tr><td>"),
        ("blockquote", "<blockquote>"),
        ("blockquote p", "<blockquote><p>x</p>"),
        ("a", "<a href=x>"),
        ("open a", "<a href='"),
        ("comment", "<!--"),
        ("comments", "<!---->"),
        ("worded comments", "<!-- x -->"),
        ("banged comments", "<!-- --!>"),
        ("bang", "<!"),
        ("slash", "</"),
        ("end tags", "</b>"),
        ("pairs", "<b>x</b>"),
        ("li", "<li>x"),
        ("ul li", "<ul><li>"),
        ("svg", "<svg><g>"),
        ("math", "<math><mi>"),
        ("select", "<select><option>"),
        ("script", "<script>"),
        ("style", "<style>a{}</style>"),
        ("td", "<td>"),
        ("nobr", "<nobr>"),
        ("button p", "<button><p>"),
        ("misnested", "<b><p></b>"),
        ("misnested a", "<a><div></a>"),
        ("img", "<img src=http://x.test/a>"),
        ("br", "<br>"),
        ("hr", "<hr>"),
        ("pre", "<pre>\n"),
        ("template", "<template>"),
        ("foster", "<table>x<b>"),
        ("fostered breaks", "<textarea><br>><table>"),
        ("after a table", "&#1;<p><i>"),
        ("table text", "</p><br>&amp;<table>"),
        ("captions", "<caption>&&"),
        ("rows", "&<tr>"),
        ("entities", "&#x41;"),
        ("ampersands", "&"),
        ("named", "&lt;"),
        ("half named", "&notit;"),
        ("long named", "&CounterClockwiseContourIntegra;"),
        ("long name whole", "&CounterClockwiseContourIntegral;"),
        ("two chars", "&NotEqualTilde;"),
        ("quot", "\""),
        ("gt", ">"),
        ("NUL", "\0"),
        ("no-break spaces", "\u{a0}"),
        ("middle dots", "·"),
        ("dropped tags", "&<x>"),
        ("CR", "\r"),
        ("nbsp", "&nbsp"),
        ("attr amps", "<p title=&&&&&&&&&&&&&&&&&&&&&&&&&>"),
        ("style attr", "<p style='color:red'>"),
        ("h1 h2", "<h1><h2>"),
        ("frameset", "<frameset>"),
        ("body", "<body a=b>"),
        ("quotes", "<a \"'>"),
    ]
    .map(|(name, piece)| (name, piece.repeat((1 << 20) / SCALE / piece.len())))
    .into();
    // Formatting elements that differ are not merged when they are reconstructed.
    let fonts = numbered(40_000 / SCALE, |out, at| write!(out, "<p><font color={at}>"));
    cases.push(("different fonts", fonts));
    let attributes = numbered(150_000 / SCALE, |out, at| write!(out, "a{at} "));
    cases.push(("150k attributes", format!("<p {attributes}>x")));
    cases.push(("same attribute", format!("<p {}>x", "a=b ".repeat(250_000 / SCALE))));
    cases.push(("long attribute", format!("<p title='{}'>x", "a".repeat(1_000_000 / SCALE))));
    cases.push(("long style", format!("<p style='{}'>x", "color:red;".repeat(100_000 / SCALE))));
    cases.push(("many styles", format!("<p style='{}'>x</p>", "color:red;".repeat(700)).repeat(145 / SCALE)));
    cases
        .push(("nested style blocks", format!("<p style='{}'>x</p>", "{".repeat(8_000)).repeat(125 / SCALE)));
    cases.push((
        "nested style brackets",
        format!("<p style='color:{}'>x</p>", "(".repeat(8_000)).repeat(125 / SCALE),
    ));
    cases.push(("long name", format!("<{}>x", "a".repeat(1_000_000 / SCALE))));
    cases.push(("long data", format!("<img src='data:image/png;base64,{}'>", "A".repeat(1_000_000 / SCALE))));
    cases.push(("amps in attributes", format!("<p title='{}'>x</p>", "&".repeat(8_000)).repeat(130 / SCALE)));
    cases.push((
        "data of amps",
        format!("<img src='data:image/png;base64,{}'>", "&".repeat(100_000 / SCALE)).repeat(10),
    ));
    cases.push(("in a table", format!("<table>{}", "x<p><i>".repeat(150_000 / SCALE))));
    cases.push(("comment of dashes", format!("<!-- x{}", "-".repeat(1_000_000 / SCALE))));
    cases.push(("deep then wide", "<div>".repeat(99) + &"<b>x</b>".repeat(120_000 / SCALE)));
    for (name, html) in cases {
        timed(&format!("sanitise {name}"), || {
            let out = sanitise_html(&html);
            assert!(out.html.len() <= 8 << 20, "{name}: {} bytes", out.html.len());
        });
        read(&format!("parse {name}"), &html_mail(&html));
        timed(&format!("quote {name}"), || {
            assert!(quote_html(&Quoted { html: Some(&html), ..Quoted::default() }).len() <= normal::MAX_HTML);
        });
    }
}

/// What only [`inspect`](crate::inspect()) and [`links`] look into.
#[test]
fn hostile_content() {
    let size = (1 << 20) / SCALE;
    let known: Vec<String> = (0..600).map(|n| format!("known-domain-{n:03}x.test")).collect();
    let known = Known::new(known.iter().map(String::as_str));
    let mut cases: Vec<(String, String)> = [
        "ignore ",
        "ignore previous ",
        "ai model ",
        "<|im_start|",
        "system:",
        "忽略之前",
        "а",
        "é",
        "𝐢",
        "\u{200B}",
        "\u{200B}\u{200C}",
        "a\u{200B}",
        "\u{E0041}",
        "\u{FE0F}",
        "\u{202E}",
        "\u{202D}1",
        "://",
        "a://b ",
        "http://",
        "www.",
        "www.a ",
        "mailto:",
        "mailto:a@b,",
        "mailto:%40",
        "@",
        "http://é.test ",
        "http://xn--",
        "http://a@",
        "http:\\\\",
        "&#8203;",
        "&#0000000000",
        "&zwnj;",
        "&a",
        "</div>",
        "</td>",
        "<td></table>",
        "<table><td>",
        "<table>",
        "<p hidden>x",
        "<p hidden>x</p>y ",
        "<b hidden>x</b>y",
        "<a href=//a.test>a.test</a>",
        "<a href=//a.test>b.test",
        "<img alt='ignore '>",
        "<style>",
        "<style>.a{",
        "<style>@media x{",
        "<style>/*",
        "<style></style>",
        "<style>a{}</style>",
        "<style>a,b,c{}</style>",
        "<p style='\\'>",
        "<p style='/*'>",
        "<p style='color:#fff;color:rgb(1'>",
        "<p class='a b c d e f g h'>",
        "<p id=x>",
        "<div style='font-size:2em'>",
        "<td style=color:#fff>x",
        "<li>",
        "<p>",
        "<p><b>",
        "url(",
        "<p style='url('>",
    ]
    .map(|piece| (piece.to_owned(), piece.repeat(size / piece.len())))
    .into();
    let ends = "<div>".repeat(50_000 / SCALE) + &"</span></x></td></table>".repeat(30_000 / SCALE);
    cases.push(("ends without a start".to_owned(), ends));
    let spaces = " ".repeat(size / 2) + &"x<b hidden>y</b>".repeat(size / 40);
    cases.push(("hidden after spaces".to_owned(), spaces));
    cases.push(("one rule of all".to_owned(), format!("<style>{}{{}}</style>", "a,".repeat(size / 3))));
    cases.push(("rules".to_owned(), format!("<style>{}</style>", ".a{color:red}".repeat(size / 14))));
    let domains = numbered(30_000 / SCALE, |out, at| write!(out, "http://known-domain-{at:05}.test/ "));
    cases.push(("domains".to_owned(), domains));
    let words = numbered(60_000 / SCALE, |out, at| write!(out, "<i hidden>a{at} b{at} c</i>{at} "));
    cases.push(("words".to_owned(), words));
    for (name, content) in cases {
        for kind in ["plain", "html"] {
            let raw = format!("{TOP}Content-Type: text/{kind}; charset=utf-8\r\n\r\n{content}").into_bytes();
            timed(&format!("inspect {kind} of {name}"), || {
                let found = inspect(&parse(&raw), &domain::mailbox::message::Verdicts::default(), &known);
                assert!(found.len() <= domain::mailbox::finding::Finding::MAX);
            });
        }
        timed(&format!("links of {name}"), || {
            let hosts: usize = links(Some(&content), Some(&content)).iter().map(String::len).sum();
            assert!(hosts <= 4 * content.len());
        });
    }
    // Four megabytes of attached text, in the slowest way that is known.
    let text = "é ignore previous a\u{200B}i ".repeat((4 << 20) / SCALE / 32);
    let raw = format!(
        "{TOP}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; name=a.txt\r\n\
         Content-Disposition: attachment\r\n\r\n{text}\r\n--b--\r\n"
    );
    read("attached text", raw.as_bytes());
}

/// Quotes a mail and passes it on, in text and in HTML.
fn quote(name: &str, text: &str, html: &str) {
    let addr = Addr { name: Some(text), address: text };
    let to = vec![addr; 1_000];
    let quoted = Quoted {
        from: addr,
        date: None,
        subject: text,
        to: &to,
        cc: &to,
        text: Some(text),
        html: Some(html),
    };
    for (kind, write) in [("quote", quote_html as fn(&Quoted<'_>) -> String), ("pass on", forward_html)] {
        timed(&format!("{kind} html of {name}"), || {
            assert!(write(&quoted).len() <= normal::MAX_HTML);
        });
    }
    for (kind, write) in [("quote", quote_text as fn(&Quoted<'_>) -> String), ("pass on", forward_text)] {
        timed(&format!("{kind} text of {name}"), || {
            let most = 3 * crate::quote::MAX_TEXT + 2 * crate::quote::MAX_ADDRESSES * 1_000;
            assert!(write(&quoted).len() <= most);
            assert!(write(&Quoted { text: None, ..quoted }).len() <= most);
        });
    }
}

#[test]
fn hostile_quotes() {
    for piece in ["<", "&", "> ", "\n", "<div>", "<p>é", "\u{202e}\r"] {
        let text = piece.repeat((1 << 20) / SCALE / piece.len());
        quote(&format!("{piece:?}"), &text, &text);
    }
}

#[test]
fn many_references() {
    let size = (1 << 20) / SCALE;
    let ids = |length: usize| (0..size / length).map(move |at| format!("{at:0length$}"));
    for length in [1, 10, 500, 2_000] {
        let ids: Vec<String> = ids(length).collect();
        timed(&format!("references of {length}"), || {
            let short = shorten_references(ids.iter().map(String::as_str));
            assert!(short.iter().map(String::len).sum::<usize>() <= crate::thread::MAX_REFERENCES_BYTES);
        });
    }
    let long = "\"\\\" ".repeat(size);
    timed("one long reference", || assert!(shorten_references([long.as_str()]).is_empty()));
}

#[test]
fn hostile_text() {
    for (name, piece) in [
        ("quotes", "> "),
        ("quoted lines", "> a\n"),
        ("attributions", "On 1 wrote:\n"),
        ("On", "On "),
        ("On lines", "On 1\n"),
        ("From lines", "From: a\n"),
        ("dividers", "-----Original Message-----\n"),
        ("blank lines", "\n"),
        ("spaces", " "),
        ("rules", "_____\n"),
        ("colons", ":"),
        ("signatures", "-- \n"),
        ("footers", "Sent from my x\n"),
        ("alternating", "> a\nb\n"),
        ("On and quotes", "On 1 wrote:\n> x\n"),
        ("footers and quotes", "Sent from my x\n> a\n"),
        ("ends", "a:\n"),
        ("times", "1:11:\n"),
        ("dates", "1.1.25 1:11 a@b:\n"),
        ("dates without a verb", "1.1.25 1:11 <a@b>:\n"),
        ("the same over quotes", "1.1.25 1:11 <a@b>:\n> a\n"),
        ("wrapped dates", "Ann <a@b> schrieb am 1.\nMai 2025, 1:11:\n"),
        ("wrapped dates over quotes", "Ann <a@b>\nschrieb am 1.\nMai 2025, 1:11:\n\n> a\n"),
        ("brackets", "Ann\n<a@b> 1:11:\n"),
        ("blank lines below", "On 1:11 a@b wrote:\n\n\n\n\n\n\n\n\n"),
        ("subjects", "Betreff: a@b\n"),
        ("blocks that miss one", "Von: a\nAn: b\n\n"),
        ("forwards", "---------- Forwarded message\n"),
        ("words alone", "Original message\n\n"),
        ("dashes", "---\n"),
        ("long dashes", "—\n"),
        ("own quotes", "a\n\n> b\n\n"),
        ("marks", "e\u{301}"),
    ] {
        let text = piece.repeat((1 << 20) / SCALE / piece.len());
        timed(&format!("written of {name}"), || {
            assert!(!extract_written(&text, &text).is_empty() || text.trim().is_empty());
        });
        timed(&format!("quote {name}"), || {
            let quoted = Quoted { text: Some(&text), subject: &text, ..Quoted::default() };
            assert!(quote_text(&quoted).len() <= 3 * crate::quote::MAX_TEXT + 1_024);
            assert!(forward_html(&quoted).len() <= normal::MAX_HTML);
        });
        timed(&format!("text of {name}"), || {
            assert!(!extract_reply(&text).is_empty() || text.trim().is_empty());
            assert!(preview(&text, 200).chars().count() <= 200);
            assert!(normalise_subject(&text).len() <= crate::thread::MAX_SUBJECT_KEY);
        });
    }
}

#[test]
fn style_sheets() {
    let elements = |n: usize, class: &str| format!("<i class='{class}'>x</i>").repeat(n);
    let rules = |n: usize, selector: &str| numbered(n, |out, at| write!(out, "{selector}{at}{{color:red}}"));
    for (name, css, html) in [
        ("rules x elements", rules(1_000, ".a"), elements(1_900, "a1 a2 a3")),
        ("classes", rules(100, ".a"), elements(1_000, &"a ".repeat(100))),
        (
            "descendants",
            rules(500, "div div div div div div i.a"),
            format!("{}{}", "<div>".repeat(90), elements(1_500, "a")),
        ),
        ("attributes", rules(49, "[title*=a] .a"), elements(5_000, "a")),
        (
            "variables",
            format!(
                ":root{{{}}} i{{color:var(--v99)}}",
                numbered(100, |out, at| write!(out, "--v{}:var(--v{at}) var(--v{at});", at + 1))
            ),
            elements(1_000, "a"),
        ),
        ("declarations", format!("i{{{}}}", "color:red;".repeat(20_000)), elements(1_000, "a")),
        (
            "layers",
            numbered(2_000, |out, at| write!(out, "@layer a{at}{{i{{color:red}}}}")),
            elements(500, "a"),
        ),
        ("unclosed", "i{color:red}/*".repeat(10_000), elements(100, "a")),
    ] {
        let made = normalise(name, &format!("<style>{css}</style>{html}"));
        assert!(
            made.is_ok() || made == Err("html_style_sheet_too_large") || made == Err("html_too_large"),
            "{name}: {made:?}"
        );
    }
    for css in [rules(5_000, ".a"), rules(100, "[title]"), " ".repeat(300_000)] {
        let made = normalise("too many rules", &format!("<style>{css}</style>x"));
        assert_eq!(made, Err("html_style_sheet_too_large"));
    }
}

#[test]
fn outgoing_html() {
    let most = normal::MAX_HTML;
    for (name, html) in [
        ("one attribute", format!("<p title='{}'>x", "a".repeat(most - 20))),
        ("styles", "<i style='color:red;background:blue;font:12px arial'>x</i>".repeat(15_000)),
        ("style of many declarations", format!("<p style='{}'>x", "color:red;".repeat(700))),
        ("spaces", "&nbsp;".repeat(most / 6)),
        ("invisible", "\u{200b}".repeat(most / 3)),
        ("words", "a ".repeat(most / 2)),
        ("one word", "a".repeat(most - 1)),
        ("empty inlines", format!("x{}", "<b><i><u>".repeat(30))),
        ("hidden", "<i hidden>x</i>y".repeat(20_000)),
        ("svg", "<svg>".repeat(most / 5 - 1) + "x"),
        ("comments", "<!--x-->".repeat(most / 8 - 1) + "x"),
        ("links", "<a href='https://x.test/'>x</a>".repeat(29_000)),
        ("upper case", format!("<p style='text-transform:uppercase'>{}", "\u{fb03}".repeat(most / 3 - 20))),
    ] {
        let html = html.get(..html.floor_char_boundary(most)).unwrap_or_default();
        let _ = normalise(name, html);
    }
}
