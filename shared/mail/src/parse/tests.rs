use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

mod envelopes;
mod world;

fn mail(head: &str, body: &str) -> Vec<u8> {
    let top = "From: Ann <ann@x.test>\nDate: Mon, 3 Feb 2025 10:00:00 +0100\n";
    format!("{top}{head}\n\n{body}").replace('\n', "\r\n").into_bytes()
}

fn codes(raw: &[u8]) -> Vec<&'static str> {
    parse(raw).defects.into_iter().map(Defect::code).collect()
}

#[test]
fn an_ordinary_mail() {
    let raw = mail(
        "To: Bob <bob@y.test>, team: c@z.test, \"D, E\" <d@z.test>;\nCc: \"=?utf-8?q?F=C3=A9?=\" <f@z.test>\nReply-To: r@x.test\n\
         Sender: s@x.test\nMessage-ID: <1@x.test>\nIn-Reply-To: <0@y.test>\nReferences: <a@y.test>\n <0@y.test>\n\
         Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n =?utf-8?q?_an?= alle",
        "Hi\n",
    );
    let mail = parse(&raw);
    assert_eq!(mail.from, Some(ParsedAddress { name: Some("Ann".into()), address: "ann@x.test".into() }));
    let addresses = |list: &[ParsedAddress]| list.iter().map(|a| a.address.clone()).collect::<Vec<_>>();
    assert_eq!(addresses(&mail.to), ["bob@y.test", "c@z.test", "d@z.test"]);
    assert_eq!(mail.to[2].name.as_deref(), Some("D, E"));
    assert_eq!(mail.cc[0].name.as_deref(), Some("Fé"));
    assert_eq!(addresses(&mail.reply_to), ["r@x.test"]);
    assert_eq!(mail.sender.unwrap().address, "s@x.test");
    assert_eq!(mail.message_id.as_deref(), Some("1@x.test"));
    assert_eq!(mail.in_reply_to, ["0@y.test"]);
    assert_eq!(mail.references, ["a@y.test", "0@y.test"]);
    assert_eq!(mail.subject, "Grüße an alle");
    assert_eq!(mail.date.unwrap().to_string(), "2025-02-03T09:00:00Z");
    assert_eq!(mail.text.as_deref(), Some("Hi\n"));
    assert_eq!((mail.html, mail.text_from_html, mail.automatic), (None, false, false));
    assert_eq!(mail.defects, []);
    assert_eq!(
        mail.headers[2],
        Header { name: "To".into(), value: "Bob <bob@y.test>, team: c@z.test, \"D, E\" <d@z.test>;".into() }
    );
}

#[test]
fn nothing_is_a_mail_too() {
    for raw in [&b""[..], b"\0", b"\r\n", b"hello", b":", b"\xff\xfe"] {
        let mail = parse(raw);
        assert!(
            mail.defects.contains(&Defect::NotParseable) || mail.defects.contains(&Defect::NoFrom),
            "{raw:?}"
        );
        assert_eq!(mail.from, None);
    }
}

#[test]
fn bodies_and_files() {
    let raw = mail(
        "Content-Type: multipart/mixed; boundary=m",
        "--m\nContent-Type: multipart/alternative; boundary=a\n\n--a\n\nplain\n--a\nContent-Type: text/html\n\n<p>html</p>\n--a--\n\
         --m\nContent-Type: image/png; name=\"../../evil\\\\a\\u202eb.png\"\nContent-Transfer-Encoding: base64\n\nAAEC\n\
         --m\nContent-Type: message/rfc822\n\nSubject: inner\n\ninner text\n\
         --m\nContent-Type: text/csv\nContent-Disposition: attachment; filename*=utf-8''%E2%82%AC.csv\n\n1,2\n--m--\n",
    );
    let mail = parse(&raw);
    assert_eq!(mail.text.as_deref(), Some("plain"));
    assert_eq!(mail.html.as_deref(), Some("<p>html</p>"));
    let files: Vec<_> = mail
        .attachments
        .iter()
        .map(|f| (f.filename.as_deref(), f.content_type.as_str(), f.contents.as_ref()))
        .collect();
    assert_eq!(files[0].1, "image/png");
    assert_eq!(files[0].2, [0, 1, 2]);
    assert!(!files[0].0.unwrap().contains(['/', '\\']));
    assert_eq!(files[1], (None, "message/rfc822", &b"Subject: inner\r\n\r\ninner text"[..]));
    assert_eq!(files[2], (Some("€.csv"), "text/csv", &b"1,2"[..]));
    assert!(matches!(mail.attachments[2].contents, Cow::Borrowed(_)));
    assert_eq!(mail.attachments[2].sha256, <[u8; 32]>::from(Sha256::digest(b"1,2")));
    assert_eq!(mail.defects, []);
}

#[test]
fn an_attached_mail_is_one_file_however_it_is_encoded() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let plain = "From: eve@z.test\nSubject: inner\nContent-Type: text/html\n\n<b>x</b>";
    let inner = plain.replace('\n', "\r\n");
    let raw = mail(
        "Content-Type: multipart/mixed; boundary=m",
        &format!(
            "--m\n\nouter\n--m\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{}\n--m--\n",
            STANDARD.encode(&inner)
        ),
    );
    let outer = parse(&raw);
    assert_eq!(outer.attachments.len(), 1);
    assert_eq!(outer.attachments[0].contents.as_ref(), inner.as_bytes());
    assert_eq!((outer.text.as_deref(), outer.html), (Some("outer"), None));
    // A mail that is nothing but an attached mail.
    let raw = mail("Content-Type: message/rfc822", plain);
    let outer = parse(&raw);
    assert_eq!(outer.attachments[0].contents.as_ref(), inner.as_bytes());
    assert_eq!((outer.text, outer.html), (None, None));
}

#[test]
fn text_is_made_when_there_is_none() {
    let raw =
        mail("Content-Type: text/html", "<style>x</style><p>Hi <b>you</b></p><blockquote>old</blockquote>");
    let html = parse(&raw);
    assert_eq!(html.text.as_deref(), Some("Hi you\n\n> old"));
    assert!(html.text_from_html);
    let raw = mail("Content-Type: text/calendar", "BEGIN:VCALENDAR");
    let calendar = parse(&raw);
    assert_eq!(calendar.text.as_deref(), Some("BEGIN:VCALENDAR"));
    assert_eq!(calendar.attachments[0].content_type, "text/calendar");
    assert_eq!(parse(&mail("Content-Type: text", "x")).text.as_deref(), Some("x"));
}

#[test]
fn a_footer_below_html_stays_text() {
    let raw = mail(
        "Content-Type: multipart/mixed; boundary=m",
        "--m\nContent-Type: text/html\n\n<p>html</p>\n--m\nContent-Type: text/plain\n\n1 < 2 & so on\n--m--\n",
    );
    let mail = parse(&raw);
    assert_eq!(mail.html.as_deref(), Some("<p>html</p>\n<pre>1 &lt; 2 &amp; so on</pre>"));
}

#[test]
fn character_sets() {
    for (charset, bytes, expected) in [
        ("iso-8859-1", &b"caf\xe9"[..], "café"),
        ("windows-1252", b"\x80", "€"),
        ("shift_jis", b"\x93\xfa\x96\x7b", "日本"),
        ("gb18030", b"\xc4\xe3", "你"),
        ("euc-kr", b"\xc7\xd1", "한"),
        ("koi8-r", b"\xc4\xc1", "да"),
        ("iso-2022-jp", b"\x1b$B\x46\x7c\x1b(B", "日"),
        ("utf-16", b"\xff\xfea\0", "a"),
    ] {
        let head = format!(
            "From: a@b\r\nDate: Mon, 3 Feb 2025 10:00:00 +0100\r\nContent-Type: text/plain; charset={charset}\r\n\r\n"
        );
        let raw = [head.as_bytes(), bytes].concat();
        let mail = parse(&raw);
        assert_eq!(mail.text.as_deref(), Some(expected), "{charset}");
        assert_eq!(mail.defects, [], "{charset}");
    }
    let raw = [&mail("Content-Type: text/plain; charset=klingon", "")[..], b"\xff"].concat();
    assert_eq!(codes(&raw), ["bad_charset"]);
}

#[test]
fn defects_are_named() {
    for (head, body, code) in [
        ("From: eve@z.test", "", "several_from"),
        ("Subject: a\nSubject: b", "", "duplicate_header"),
        ("To: nobody", "", "bad_address"),
        ("Content-Type: multipart/mixed; boundary=m", "--m\n\nx", "damaged_structure"),
        ("Content-Transfer-Encoding: base64", "!!!!", "bad_encoding"),
        ("Content-Transfer-Encoding: rot13", "x", "bad_encoding"),
        ("X A: b", "", "bad_header"),
    ] {
        let raw = mail(head, body);
        assert!(codes(&raw).contains(&code), "{head}: {:?}", codes(&raw));
    }
    assert!(codes(b"From: ann@x.test <eve@z.test>\r\n\r\n").contains(&"address_in_name"));
    assert!(!codes(b"From: ann@x.test <Ann@X.test>\r\n\r\n").contains(&"address_in_name"));
    assert!(codes(b"To: a@b\r\n\r\n").contains(&"no_from"));
    assert!(codes(b"From: a@b\r\n\r\n").contains(&"no_date"));
    let long = format!("From: a@b\r\nContent-Type: text/plain\r\n\r\n{}", "é".repeat(MAX_BODY));
    let mail = parse(long.as_bytes());
    assert!(mail.defects.contains(&Defect::TruncatedBody));
    assert_eq!(mail.text.unwrap().len(), MAX_BODY);
    // Line ends shrink, and the end is missing all the same.
    let long = format!("From: a@b\r\nContent-Type: text/plain\r\n\r\n{}", "x\r\n".repeat(2 * MAX_BODY));
    assert!(parse(long.as_bytes()).defects.contains(&Defect::TruncatedBody));
}

#[test]
fn the_first_of_several_senders_counts() {
    let mail = parse(b"From: a@x.test, b@x.test\r\nFrom: c@x.test\r\n\r\n");
    assert_eq!(mail.from.unwrap().address, "a@x.test");
    assert!(mail.defects.contains(&Defect::SeveralFrom));
}

#[test]
fn programs_are_told_from_people() {
    for (head, automatic) in [
        ("Auto-Submitted: auto-replied", true),
        ("Auto-Submitted: Auto-Generated (rejected)", true),
        ("Auto-Submitted: no", false),
        ("Auto-Submitted: No; x=y", false),
        ("Precedence: bulk", true),
        ("Precedence: first-class", false),
        ("List-Id: <users.x.test>", true),
        ("List-Unsubscribe: <mailto:x@x.test>", true),
        ("X-Auto-Response-Suppress: All", true),
        ("X-Auto-Response-Suppress: None", false),
        ("Return-Path: <>", true),
        ("Return-Path: <a@x.test>", false),
        ("Content-Type: multipart/report; report-type=delivery-status; boundary=b", true),
        ("X-Mailer: y", false),
        ("Auto-Submitted: auto-notified; owner-email=\"a@x.test\"", true),
        ("Auto-Submitted: (a comment)", false),
        ("Precedence: auto_reply", true),
        ("Precedence: JUNK", true),
        ("Precedence: list (of users)", true),
        ("List-Post: NO", true),
        ("X-Autoreply: yes", true),
        ("Return-Path: < >", true),
        ("Return-Path: <MAILER-DAEMON@x.test>", true),
        ("Return-Path: <owner-users@x.test>", true),
        ("Return-Path: <users-request@x.test>", true),
        ("Return-Path: <users-bounces+ann=y.test@x.test>", true),
        ("Sender: no-reply@x.test", true),
        // SES puts one on every mail that it sends, a person's too.
        ("Feedback-ID: 1.eu-west-1.abc:AmazonSES", false),
        ("Content-Type: multipart/mixed; boundary=b", false),
    ] {
        assert_eq!(parse(&mail(head, "")).automatic, automatic, "{head}");
    }
    for (from, automatic) in [
        ("MAILER-DAEMON@x.test", true),
        ("Mail Delivery System <mailer-daemon@x.test>", true),
        ("No-Reply@x.test", true),
        ("noreply+123@x.test", true),
        ("do_not_reply@x.test", true),
        ("owner-users@x.test", true),
        ("users-request@x.test", true),
        ("shop-owner@x.test", false),
        ("requests@x.test", false),
        ("norbert.replyton@x.test", false),
        ("postmaster@x.test", false),
        ("ann@noreply.test", false),
    ] {
        let raw = format!("From: {from}\r\nSubject: x\r\n\r\nx");
        assert_eq!(parse(raw.as_bytes()).automatic, automatic, "{from}");
    }
}

#[test]
fn file_names() {
    for (name, expected) in [
        ("a.pdf", Some("a.pdf")),
        ("../../etc/passwd", Some("passwd")),
        ("C:\\x\\b.doc", Some("b.doc")),
        ("a\r\nb.txt", Some("a b.txt")),
        ("gpj.\u{202e}exe", Some("gpj.exe")),
        ("a<b>:\"|?*.txt", Some("a_b______.txt")),
        (" .. ", None),
        ("", None),
        ("/", None),
        (".htaccess", Some(".htaccess")),
        ("a.", Some("a")),
        ("日本.txt", Some("日本.txt")),
    ] {
        assert_eq!(safe_filename(name).as_deref(), expected, "{name:?}");
    }
    let long = safe_filename(&format!("{}.pdf", "é".repeat(500))).unwrap();
    assert!(long.len() <= MAX_FILENAME && long.rsplit('.').next() == Some("pdf"), "{long}");
    assert!(safe_filename(&"x".repeat(5_000)).unwrap().len() <= MAX_FILENAME);
    assert!(safe_filename(&format!("a.{}", "é".repeat(500))).unwrap().len() <= MAX_FILENAME);
}

#[test]
fn codes_are_unique_and_stay_unique() {
    use Defect as D;
    let all = [
        D::NotParseable,
        D::MessageTooLarge,
        D::TooManyParts,
        D::TooDeep,
        D::DamagedStructure,
        D::BadEncoding,
        D::BadCharset,
        D::TruncatedBody,
        D::TruncatedText,
        D::NoFrom,
        D::SeveralFrom,
        D::DuplicateHeader,
        D::AddressInName,
        D::NoDate,
        D::BadAddress,
        D::BadHeader,
        D::TooManyAddresses,
        D::TooManyReferences,
        D::TooManyHeaders,
        D::HeaderTooLarge,
        D::InsideSignature,
        D::InsideTnef,
    ];
    let mut codes: Vec<_> = all.iter().map(|defect| defect.code()).collect();
    assert!(codes.iter().all(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all.len());
}

/// Pieces of mails, whole and broken.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        2 => vec(any::<u8>(), 0..10),
        8 => select(vec![
            &b"\r\n"[..], b"\n", b"\r", b"\r\n\r\n", b": ", b"From: a@b\r\n", b"To: ", b"Subject: ", b"Content-Type: ", b"text/html", b"text/plain",
            b"multipart/mixed; boundary=b", b"multipart/alternative; boundary=c", b"message/rfc822", b"; charset=", b"utf-16", b"utf-7", b"gb18030",
            b"Content-Transfer-Encoding: ", b"base64\r\n", b"quoted-printable\r\n", b"--b\r\n", b"--b--\r\n", b"--c\r\n", b"--c--", b"=?utf-8?Q?", b"?=",
            b"name*0*=", b"filename=\"", b"Content-Disposition: ", b"attachment; ", b"<a@b>", b"References: ", b"Date: ", b"Mon, 3 Feb 2025 25:61:61 +9999",
            b"; format=flowed; delsp=yes", b"multipart/report; boundary=b", b"message/delivery-status\r\n\r\n", b"Final-Recipient: rfc822; a@b\r\n",
            b"Diagnostic-Code: smtp; 5", b"text/rfc822-headers\r\n\r\n", b"Message-ID: <a@b>\r\n", b"application/ms-tnef\r\n\r\n", b"\x78\x9f\x3e\x22\x01\x00",
            b"\x02\x10\x80\x01\x00\x04\x00\x00\x00a.b\0\0\0", b"\x02\x05\x90\x06\x00", b"\x1f\x00\x07\x37\x01\x00\x00\x00", b"application/pkcs7-mime\r\n\r\n",
            b"0\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x800\x80\x02\x01\x011\x000\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80",
            b"\x24\x80\x04\x05", b"iso-2022-jp", b"\x1b$B", b"\x1b(B", b"=?iso-2022-jp?B?GyRCRnw=?=", b"filename*1=", b"filename*0*=utf-8''%C3",
            b"<p>", b"<b", b"=C3", b"=\r\n", b"\0", b"\xff", b"\xc3", b" ", b"\t", b"(", b"\"", b"\\", b"@", b",", b";", b"<", b">",
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(debug_assertions) { 1_000 } else { 50_000 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// No input panics, not even behind `catch_unwind`, and what is borrowed is what the parser meant.
    #[test]
    fn no_bytes_are_too_odd(raw in pieces()) {
        if let Some(mail) = read(&raw, 0) {
            prop_assert!(mail.subject.chars().all(|c| !is_unsafe_in_header(c)));
            for header in &mail.headers {
                prop_assert!(header.value.chars().all(|c| !is_unsafe_in_header(c)));
            }
            for list in [&mail.to, &mail.cc, &mail.bcc, &mail.reply_to] {
                prop_assert!(list.iter().all(|a| is_address(&a.address)));
            }
            for file in &mail.attachments {
                prop_assert_eq!(file.size, file.contents.len());
                prop_assert!(file.filename.as_deref().is_none_or(|name| safe_filename(name).as_deref() == Some(name)));
            }
        }
    }
}
