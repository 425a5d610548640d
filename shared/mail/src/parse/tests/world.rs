//! Mail as programs really write it, and as the standards don't have it.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::*;

fn subject(value: &[u8]) -> String {
    let raw = [b"From: ann@x.test\r\nSubject: ", value, b"\r\n\r\nx"].concat();
    parse(&raw).subject
}

/// A mail with one part, given as bytes.
fn body(head: &str, bytes: &[u8]) -> Vec<u8> {
    let head = head.replace('\n', "\r\n");
    let top = "From: Ann <ann@x.test>\r\nDate: Mon, 3 Feb 2025 10:00:00 +0100\r\n";
    [format!("{top}{head}\r\n\r\n").as_bytes(), bytes].concat()
}

#[test]
fn each_encoded_word_is_decoded_on_its_own() {
    for (value, expected) in [
        // Each word shifts to Japanese letters and back; the padding is in the middle.
        ("=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?= =?ISO-2022-JP?B?GyRCOGwbKEI=?=", "日本語"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=\r\n\t=?ISO-2022-JP?b?GyRCOGwbKEI=?= x", "日本語 x"),
        // One word made of two.
        ("=?ISO-2022-JP?B?GyRCRnxLXBsoQg==GyRCOGwbKEI=?=", "日本語"),
        // A word that leaves the letters open, and one that goes on in them.
        ("=?ISO-2022-JP?B?GyRCRnw=?= =?ISO-2022-JP?B?S1wbKEI=?=", "日本"),
        ("=?ISO-2022-JP?Q?=1B$BF|K=5C=1B(B?= =?ISO-2022-JP?B?GyRCOGwbKEI=?=", "日本語"),
        ("=?utf-8?B?w6Q=?= =?utf-8?B?w7Y=?=", "äö"),
        ("=?utf-8?B?w6Q?= =?utf-8?B?w7Y?=", "äö"),
        ("=?utf-8?Q?a?= =?iso-8859-1?Q?=E4?= =?utf-8?B?w7Y=?= b", "aäö b"),
        // The letter is split: words of one character set are joined, however they are encoded.
        ("=?UTF-8?Q?f=C3?= =?UTF-8?Q?=BCr?=", "für"),
        ("=?UTF-8?B?8J8=?=\r\n =?utf-8?B?mIA=?=", "😀"),
        ("=?UTF-8?B?8J8=?= =?utf-8?Q?=98=80?=", "😀"),
        ("=?gb2312?B?xA==?= =?gb2312?B?4w==?=", "你"),
        ("=?Shift_JIS?B?k/qW?= =?Shift_JIS?B?ew==?=", "日本"),
        // Whole letters of two bytes stay what they are.
        ("=?big5?B?p0E=?= =?big5?B?pm4=?=", "你好"),
        // A language, blanks and folds within, words without blanks around, escapes that are none.
        ("=?utf-8*de?Q?Gr=c3=bc=c3=9fe?=", "Grüße"),
        ("=?utf-8?Q?a b?=", "a b"),
        ("=?utf-8?B?w6Q=\r\n w7Y=?=", "äö"),
        ("Re:=?utf-8?Q?=C3=A4?=!", "Re:ä!"),
        ("=?utf-8?Q?=C3=A4?==?utf-8?Q?=C3=B6?=", "äö"),
        ("=?utf-8?Q?100=ZZ?=", "100=ZZ"),
        ("=?utf-8?Q?open =?utf-8?Q?=C3=A4?=", "=?utf-8?Q?open ä"),
        ("=?utf-8?X?a?= =??Q?a?= =?utf-8?Q", "=?utf-8?X?a?= =??Q?a?= =?utf-8?Q"),
        ("=?utf-8?B?!!?=", "=?utf-8?B?!!?="),
        // A wrong label.
        ("=?us-ascii?Q?caf=C3=A9?=", "café"),
        ("=?iso-8859-1?Q?caf=C3=A9?=", "café"),
        ("=?iso-8859-1?Q?=80_=93x=94?=", "€ “x”"),
        ("=?utf-8?Q?caf=E9?=", "café"),
        ("=?unknown-8bit?Q?caf=C3=A9?=", "café"),
        ("=?utf-7?Q?Gr+APwA3w-e?=", "Grüße"),
        ("=?unicode-1-1-utf-7?Q?Gr+APw?=", "Grü"),
    ] {
        assert_eq!(subject(value.as_bytes()), expected, "{value}");
    }
}

#[test]
fn bytes_in_fields() {
    for (value, expected) in [
        (&b"Gr\xc3\xbc\xc3\x9fe"[..], "Grüße"),
        (b"Gr\xfc\xdfe", "Grüße"),
        (b"\x93x\x94 =?utf-8?Q?=C3=A4?=", "“x” ä"),
        (b"\x1b$BF|K\\\x1b(B", "日本"),
        (b"a +ADw-script+AD4-", "a +ADw-script+AD4-"),
        (b"\xff\xfe", "ÿþ"),
    ] {
        assert_eq!(subject(value), expected, "{value:?}");
    }
    // The character set of the text is most likely that of the fields.
    let raw = body("Content-Type: text/plain; charset=koi8-r", b"\xc4\xc1");
    let raw = [&b"Subject: \xc4\xc1\r\nTo: \xc4\xc1 <b@y.test>\r\n"[..], &raw].concat();
    let mail = parse(&raw);
    assert_eq!((mail.subject.as_str(), mail.to[0].name.as_deref()), ("да", Some("да")));
    assert_eq!(mail.to[0].address, "b@y.test");
}

#[test]
fn encoded_names_are_no_addresses() {
    for (value, name, address) in [
        (
            "=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?= =?ISO-2022-JP?B?GyRCOGwbKEI=?= <a@x.test>",
            "日本語",
            "a@x.test",
        ),
        ("\"=?utf-8?B?w6Q=?= =?utf-8?B?w7Y=?=\" <a@x.test>", "äö", "a@x.test"),
        ("=?utf-8?Q?a=2C_b_=3Ce=40y.test=3E?= <a@x.test>", "a, b <e@y.test>", "a@x.test"),
        ("=?utf-8?Q?=22x?= <a@x.test>", "\"x", "a@x.test"),
        ("a@x.test (=?utf-8?B?w6Q=?= =?utf-8?B?w7Y=?=)", "äö", "a@x.test"),
        ("\u{1b}$BF|K\\\u{1b}(B <a@x.test>", "日本", "a@x.test"),
    ] {
        let mail = format!("From: {value}\r\nSubject: x\r\n\r\nx");
        let mail = parse(mail.as_bytes());
        let from = mail.from.unwrap();
        assert_eq!((from.name.as_deref(), from.address.as_str()), (Some(name), address), "{value}");
        assert!(!mail.defects.contains(&Defect::SeveralFrom));
    }
    let long = format!("=?utf-8?B?{}?= <a@x.test>", STANDARD.encode("ü".repeat(120)));
    let mail = format!("From: {long}\r\n\r\nx");
    assert_eq!(parse(mail.as_bytes()).from.unwrap().name, Some("ü".repeat(120)));
    // What is written in an address stays: no word is made of it.
    let mail = parse(b"From: a=?utf-8?q?b?=@x.test\r\n\r\nx");
    assert_eq!(mail.from.unwrap().address, "a=?utf-8?q?b?=@x.test");
}

#[test]
fn text_under_no_label_or_a_wrong_one() {
    let plain = "Content-Type: text/plain";
    for (head, bytes, text, doubt) in [
        ("Subject: x", &b"\x1b$BF|K\\\x1b(B\r\n"[..], "日本\n", false),
        (plain, b"\x1b$BF|K\\\x1b(B\x1b$B8l\x1b(B", "日本語", false),
        ("Content-Type: text/plain; charset=us-ascii", b"\x1b$BF|K\\\x1b(B", "日本", false),
        ("Content-Type: text/plain; charset=iso-8859-1", b"\x1b$BF|K\\\x1b(B", "日本", true),
        ("Content-Type: text/plain; charset=iso-2022-jp", b"\x1b$BF|K\\\x1b(B", "日本", false),
        ("Content-Type: text/plain; charset=iso-2022-jp", b"\xe6\x97\xa5", "日", true),
        (plain, b"\x1b[1mbold", "\u{1b}[1mbold", false),
        (plain, b"caf\xc3\xa9", "café", false),
        (plain, b"caf\xe9", "café", true),
        ("Content-Type: text/plain; charset=us-ascii", b"caf\xc3\xa9", "café", true),
        ("Content-Type: text/plain; charset=us-ascii", b"caf\xe9", "café", true),
        ("Content-Type: text/plain; charset=iso-8859-1", b"caf\xc3\xa9", "café", true),
        ("Content-Type: text/plain; charset=windows-1251", b"\xd0\xb4\xd0\xb0", "да", true),
        ("Content-Type: text/plain; charset=iso-8859-1", b"\x80 \x93x\x94 caf\xe9", "€ “x” café", false),
        ("Content-Type: text/plain; charset=gb2312", b"\xe6\x97\xa5\xe6\x9c\xac\xe8", "鏃ユ湰\u{fffd}", true),
        ("Content-Type: text/plain; charset=iso-8859-1", b"QUALIT\xc9\xa0: 1", "QUALITÉ\u{a0}: 1", false),
        ("Content-Type: text/plain; charset=utf-8", b"caf\xe9", "café", true),
        (
            "Content-Type: text/plain; charset=utf-8",
            b"caf\xc3\xa9\xff \xfe \xff",
            "café\u{fffd} \u{fffd} \u{fffd}",
            true,
        ),
        (plain, b"caf\xe9\xff \xfe caf\xc3\xa9", "caféÿ þ cafÃ©", true),
        ("Content-Type: text/plain; charset=utf-8", b"caf\xc3\xa9 \xc3", "café \u{fffd}", true),
        ("Content-Type: text/plain; charset=utf-7", b"Gr+APwA3w-e", "Grüße", false),
        ("Content-Type: text/plain; charset=unicode-1-1-utf-7", b"Gr+APw", "Grü", false),
        ("Content-Type: text/plain; charset=us-ascii", b"+ADw-b+AD4-", "+ADw-b+AD4-", false),
        (plain, b"+ADw-b+AD4-", "+ADw-b+AD4-", false),
        ("Content-Type: text/plain; charset=x-nobody", b"caf\xc3\xa9", "café", true),
        ("Content-Type: text/plain; charset=cp932", b"\x93\xfa\x96\x7b", "日本", false),
    ] {
        let raw = body(head, bytes);
        let mail = parse(&raw);
        assert_eq!(mail.text.as_deref(), Some(text), "{head} {bytes:?}");
        assert_eq!(mail.defects.contains(&Defect::BadCharset), doubt, "{head} {bytes:?} {:?}", mail.defects);
    }
    // What UTF-7 hides is HTML that is sanitised like any other.
    let raw = body("Content-Type: text/html; charset=utf-7", b"+ADw-script+AD4-x+ADw-/script+AD4-ok");
    let mail = parse(&raw);
    assert_eq!(sanitise_html(mail.html.as_deref().unwrap()).html, "ok");
}

fn names(disposition: &str, kind: &str) -> Option<String> {
    let raw = format!(
        "From: a@x.test\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: application/pdf{kind}\r\n\
         Content-Disposition: attachment{disposition}\r\n\r\nx\r\n--m--\r\n"
    );
    parse(raw.as_bytes()).attachments.first().and_then(|file| file.filename.clone())
}

#[test]
fn encoded_file_names() {
    for (parameters, expected) in [
        // Words, whole and cut by numbered pieces in the middle of a word, of a letter, of an escape.
        ("; filename=\"=?UTF-8?B?w6QucGRm?=\"", "ä.pdf"),
        ("; filename==?UTF-8?Q?=C3=A4.pdf?=", "ä.pdf"),
        ("; filename=\"=?UTF-8?Q?a_=C3?= =?UTF-8?Q?=A4.pdf?=\"", "a ä.pdf"),
        ("; filename=\"=?UTF-8?Q?a?=\r\n =?UTF-8?Q?=C3=A4.pdf?=\"", "aä.pdf"),
        ("; filename=\"=?UTF-8?B?w6Qu\r\n cGRm?=\"", "ä.pdf"),
        (";\r\n\tfilename*0=\"=?UTF-8?Q?=C3=A4_=F0=9F=\";\r\n\tfilename*1=\"98=80.pdf?=\"", "ä 😀.pdf"),
        ("; filename*1=\"ucGRm?=\"; filename*0=\"=?utf-8?B?w6Q\"", "ä.pdf"),
        (
            "; filename*0=\"=?utf-8?Q?=C3=A4?=\"; filename*1=\" =?utf-8?Q?=C3=B6?=\"; filename*2=.pdf",
            "äö.pdf",
        ),
        (
            "; filename*0=\"=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?= =?ISO-20\"; filename*1=\"22-JP?B?GyRCOGwbKEI=?=.pdf\"",
            "日本語.pdf",
        ),
        // RFC 2231.
        ("; filename*=utf-8''%C3%A4%20b.pdf", "ä b.pdf"),
        ("; filename*=UTF-8'de'%c3%a4.pdf; filename=\"a.pdf\"", "ä.pdf"),
        ("; filename=\"a.pdf\"; filename*=iso-8859-1''%E4.pdf", "ä.pdf"),
        ("; filename*0*=utf-8''%C3; filename*1*=%A4; filename*2=\".pdf\"", "ä.pdf"),
        ("; filename*0=a; filename*1=b; filename*2=.pdf; filename=\"a.pdf\"", "ab.pdf"),
        ("; filename*1=a; filename*2=.pdf", "a.pdf"),
        ("; filename*0=\"a \"; filename*1=\" b.pdf\"", "a b.pdf"),
        ("; filename*0=a.pdf; filename*2=.exe", "a.pdf"),
        ("; filename=\"utf-8''%C3%A4.pdf\"", "ä.pdf"),
        ("; filename*=''%C3%A4.pdf", "ä.pdf"),
        ("; filename*=%C3%A4.pdf", "ä.pdf"),
        // Neither.
        ("; filename=\"ä.pdf\"", "ä.pdf"),
        ("; filename=my file.pdf", "my file.pdf"),
        ("; filename=\"a;b.pdf\"", "a;b.pdf"),
        ("; filename=\"a \\\"b\\\".pdf\"", "a _b_.pdf"),
        ("; filename=\"C:\\dir\\a.pdf\"", "a.pdf"),
        ("; filename=\"it's 100%.pdf\"", "it's 100%.pdf"),
        ("; FILENAME = a.pdf (a comment)", "a.pdf (a comment)"),
        ("; size=1;; filename=a.pdf", "a.pdf"),
        ("\r\n filename=a.pdf", "a.pdf"),
        ("; filename=\"open.pdf", "open.pdf"),
    ] {
        assert_eq!(names(parameters, "").as_deref(), Some(expected), "{parameters}");
        let kind = parameters.replace("filename", "name").replace("FILENAME", "NAME");
        assert_eq!(names("", &kind).as_deref(), Some(expected), "{kind}");
    }
    assert_eq!(names("; filename=\"=?utf-8?Q?a.pdf?=\"", "; name=b.pdf").as_deref(), Some("a.pdf"));
    assert_eq!(names("; filename=\"\"", "; name=b.pdf").as_deref(), Some("b.pdf"));
    assert_eq!(names("", ""), None);
}

#[test]
fn edges_of_quoted_printable() {
    for (bytes, expected, malformed) in [
        ("caf=C3=A9", "café", false),
        ("caf=c3=a9", "café", false),
        ("50% =ZZ off", "50% =ZZ off", true),
        ("x==41", "x=A", true),
        ("===41=", "==A", true),
        ("=4", "=4", true),
        ("=4=41", "=4A", true),
        ("a=\r\nb", "ab", false),
        ("a= \t \r\nb", "ab", false),
        ("a=\nb", "ab", false),
        ("end=", "end", false),
        ("end=  ", "end", false),
        ("a =A b", "a =A b", true),
        ("blanks   \r\nand \t\r\n", "blanks\nand\n", false),
        ("blanks   ", "blanks", false),
        ("kept=20\r\n=20\r\n", "kept \n \n", false),
        ("hard=0D=0Abreak", "hard\nbreak", false),
        ("\r\n\r\n  \r\n", "\n\n\n", false),
    ] {
        let raw = body(
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable",
            bytes.as_bytes(),
        );
        let mail = parse(&raw);
        assert_eq!(mail.text.as_deref(), Some(expected), "{bytes:?}");
        assert_eq!(mail.defects.contains(&Defect::BadEncoding), malformed, "{bytes:?}");
    }
    let raw = body(
        "Content-Type: application/x-a; name=a\nContent-Transfer-Encoding: quoted-printable",
        b"=00=FF==41=",
    );
    assert_eq!(parse(&raw).attachments[0].contents.as_ref(), b"\0\xff=A");
}

#[test]
fn dates_as_they_are_written() {
    let date = |value: &str| {
        let mail = format!("From: a@x.test\r\nDate: {value}\r\n\r\nx");
        parse(mail.as_bytes()).date.map(|date| date.to_string())
    };
    for (value, expected) in [
        ("Tue, 10 Nov 2026 09:15:24 +0000", "2026-11-10T09:15:24Z"),
        ("Tue, 10 Nov 26 09:15:24 UT", "2026-11-10T09:15:24Z"),
        ("10 Nov 126 09:15 GMT", "2026-11-10T09:15:00Z"),
        ("Tue, 10 Nov 99 09:15:24 Z", "1999-11-10T09:15:24Z"),
        ("Tue, 10 Nov 49 09:15:24 z", "2049-11-10T09:15:24Z"),
        ("Tue, 10 Nov 50 09:15:24 +0000", "1950-11-10T09:15:24Z"),
        ("Tue, 3 Nov 2026 9:5:4 EST", "2026-11-03T14:05:04Z"),
        ("Tue, 03 Nov 2026 09:15:24 EDT", "2026-11-03T13:15:24Z"),
        ("3 Nov 2026 09:15 PST", "2026-11-03T17:15:00Z"),
        ("2026-11-03T9:15 PM -0500", "2026-11-04T02:15:00Z"),
        ("3 Nov 2026 09:15 mdt", "2026-11-03T15:15:00Z"),
        // Military letters and zones that nobody knows: RFC 5322 §4.3.
        ("3 Nov 2026 09:15 A", "2026-11-03T09:15:00Z"),
        ("3 Nov 2026 09:15 y", "2026-11-03T09:15:00Z"),
        ("3 Nov 2026 09:15 XYZT", "2026-11-03T09:15:00Z"),
        ("3 Nov 2026 09:15:24", "2026-11-03T09:15:24Z"),
        ("Tue, 03 Nov 2026 09:15:24 -0000", "2026-11-03T09:15:24Z"),
        ("Tue, 03 Nov 2026 09:15:24 +0530 (IST)", "2026-11-03T03:45:24Z"),
        ("Tue (day), 03 (a (nested \\) one)) Nov 2026 (x) 09:15:24 (y) -0330 (NST)", "2026-11-03T12:45:24Z"),
        ("Tue,03 Nov 2026 09:15:24 +0100", "2026-11-03T08:15:24Z"),
        ("Tue\t,  03\r\n Nov\t2026\r\n\t09:15:24   +0100  ", "2026-11-03T08:15:24Z"),
        ("Tue, 03 November 2026 09:15:24 +0100", "2026-11-03T08:15:24Z"),
        ("Tuesday, 03-Nov-26 09:15:24 GMT", "2026-11-03T09:15:24Z"),
        ("Tue, 03 nov 2026 09:15:24 GMT+0200", "2026-11-03T07:15:24Z"),
        ("Tue Nov 03 2026 09:15:24 GMT+0200 (CEST)", "2026-11-03T07:15:24Z"),
        ("Tue Nov  3 09:15:24 2026", "2026-11-03T09:15:24Z"),
        ("Tue Nov  3 09:15:24 EST 2026", "2026-11-03T14:15:24Z"),
        ("Tue, Nov 3, 2026 9:15 PM -0500", "2026-11-04T02:15:00Z"),
        ("3 Nov 2026 12:01 am", "2026-11-03T00:01:00Z"),
        ("Tue, 3 Nov 2026 09:15:24 +02:00", "2026-11-03T07:15:24Z"),
        ("Tue, 3 Nov 2026 09:15:24 +2", "2026-11-03T07:15:24Z"),
        ("Tue, 3 Nov 2026 09:15:24 -530", "2026-11-03T14:45:24Z"),
        ("Tue, 3 Nov 2026 09:15:24+0200", "2026-11-03T07:15:24Z"),
        ("Tue, 3 Nov 2026 09:15:24Z", "2026-11-03T09:15:24Z"),
        ("Tue, 3 Nov 2026 09:15:24.125 +0200", "2026-11-03T07:15:24Z"),
        ("Thu, 31 Dec 2026 23:59:60 +0000", "2026-12-31T23:59:59Z"),
        ("2026-11-03T09:15:24Z", "2026-11-03T09:15:24Z"),
        ("2026-11-03 09:15:24 +0200", "2026-11-03T07:15:24Z"),
        // The wrong day of the week says nothing.
        ("Mon, 3 Nov 2026 09:15:24 +0000", "2026-11-03T09:15:24Z"),
        ("Di, 3 Nov 2026 09:15:24 +0000", "2026-11-03T09:15:24Z"),
    ] {
        assert_eq!(date(value).as_deref(), Some(expected), "{value}");
    }
    for value in [
        "",
        "today",
        "Tue, 31 Nov 2026 09:15:24 +0000",
        "Tue, 3 Nov 2026",
        "Tue, 3 Nov 2026 25:15:24 +0000",
        "Tue, 3 Nov 2026 09:61:24 +0000",
        "Tue, 3 Nov 2026 09:15:61 +0000",
        "Tue, 3 Nov 2026 09 +0000",
        "Tue, 3 Nov 2026 09:15:24 +9999",
        "Tue, 3 Nov 12026 09:15:24 +0000",
        "11/10/2026 09:15:24 +0000",
        "2026-13-03T09:15:24Z",
        "3 3 2026 09:15:24 +0000",
        "Tue, 3 Foo 2026 09:15:24 +0000",
        "(Tue, 3 Nov 2026 09:15:24 +0000",
    ] {
        assert_eq!(date(value), None, "{value}");
    }
}

#[test]
fn flowed_text_is_joined() {
    let flowed = |parameters: &str, text: &str| {
        let raw = body(&format!("Content-Type: text/plain; charset=utf-8{parameters}"), text.as_bytes());
        parse(&raw).text.unwrap()
    };
    for (text, plain, deleted) in [
        ("one \r\ntwo\r\nthree\r\n", "one two\nthree\n", "onetwo\nthree\n"),
        ("a  \r\nb\r\n", "a  b\n", "a b\n"),
        (
            "> one \r\n> two\r\n>> deep \r\n> back\r\nmine\r\n",
            "> one two\n>> deep\n> back\nmine\n",
            "> onetwo\n>> deep\n> back\nmine\n",
        ),
        (" From x\r\n  two\r\n >no quote\r\n", "From x\n two\n>no quote\n", "From x\n two\n>no quote\n"),
        ("text \r\n-- \r\nAnn \r\nX\r\n", "text\n-- \nAnn X\n", "text\n-- \nAnnX\n"),
        ("> -- \r\n> Ann\r\n", "> -- \n> Ann\n", "> -- \n> Ann\n"),
        ("end \r\n\r\nnext \r\n", "end \nnext\n", "end\nnext\n"),
        (">\r\n>\r\n", ">\n>\n", ">\n>\n"),
        ("last ", "last ", "last "),
    ] {
        assert_eq!(flowed("; format=flowed", text), plain, "{text:?}");
        assert_eq!(flowed("; format=\"Flowed\"; DelSp=Yes", text), deleted, "{text:?}");
        assert_eq!(flowed("; format=flowed; delsp=no", text), plain, "{text:?}");
        assert_eq!(flowed("", text), text.replace("\r\n", "\n"), "{text:?}");
    }
    let raw = body(
        "Content-Type: text/plain; format=flowed; delsp=yes\nContent-Transfer-Encoding: quoted-printable",
        b"one=20\r\ntwo=20=20\r\nthree\r\n",
    );
    assert_eq!(parse(&raw).text.as_deref(), Some("onetwo three\n"));
}

#[test]
fn inner_multiparts_without_an_end() {
    let raw = mail(
        "Content-Type: multipart/mixed; boundary=m",
        "--m\nContent-Type: multipart/alternative; boundary=a\n\n--a\n\nplain\n--a\nContent-Type: text/html\n\n<p>html</p>\n--a\n\n\
         --m\nContent-Type: text/csv; name=a.csv\nContent-Disposition: attachment\n\n1,2\n--m--\n",
    );
    let mail = parse(&raw);
    assert_eq!((mail.text.as_deref(), mail.html.as_deref()), (Some("plain"), Some("<p>html</p>")));
    assert_eq!(mail.attachments.last().unwrap().contents.as_ref(), b"1,2");
}

#[test]
fn an_invitation_is_a_file_beside_the_text() {
    let calendar = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR";
    let raw = mail(
        "Content-Type: multipart/mixed; boundary=m",
        &format!(
            "--m\nContent-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/plain\n\nplain\n--a\nContent-Type: text/html\n\n\
             <p>html</p>\n--a\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\n\n{calendar}\n--a--\n\
             --m\nContent-Type: application/ics; name=invite.ics\n\n{calendar}\n--m--\n"
        ),
    );
    let mail = parse(&raw);
    assert_eq!((mail.text.as_deref(), mail.html.as_deref()), (Some("plain"), Some("<p>html</p>")));
    let kinds: Vec<_> = mail.attachments.iter().map(|file| file.content_type.as_str()).collect();
    assert_eq!(kinds, ["text/calendar", "application/ics"]);
    assert_eq!(mail.attachments[0].contents, mail.attachments[1].contents);
    assert!(mail.attachments[0].contents.starts_with(b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST"));
    // One that is not declared a file is none of the texts either, whatever comes first.
    let raw = mail_of_parts("alternative", &["text/calendar; method=CANCEL", "text/plain"]);
    let mail = parse(&raw);
    assert_eq!(mail.text.as_deref(), Some("text/plain"));
    assert_eq!(mail.attachments.len(), 1);
}

fn mail_of_parts(kind: &str, parts: &[&str]) -> Vec<u8> {
    let parts: Vec<_> = parts.iter().map(|part| format!("--m\nContent-Type: {part}\n\n{part}\n")).collect();
    let parts = parts.concat();
    mail(&format!("Content-Type: multipart/{kind}; boundary=m"), &format!("{parts}--m--\n"))
}

#[test]
fn of_two_fields_everything_follows_the_first() {
    let raw = b"From: Dora <dora@x.test>\r\nFrom: Boss <boss@y.test>\r\nSubject: one\r\nSubject: two\r\nTo: a@y.test\r\n\r\nx";
    let mail = parse(raw);
    assert_eq!((mail.from.as_ref().unwrap().address.as_str(), mail.subject.as_str()), ("dora@x.test", "one"));
    for defect in [Defect::SeveralFrom, Defect::DuplicateHeader] {
        assert!(mail.defects.contains(&defect), "{defect}");
    }
    // And no verdict is about either.
    let [spf, dkim, dmarc] = ["PASS"; 3].map(str::to_owned);
    let verdicts = domain::mailbox::message::Verdicts { spf, dkim, dmarc, ..Default::default() };
    for author in ["x.test", "y.test"] {
        let top = format!(
            "Authentication-Results: amazonses.com; dkim=pass header.i=@{author}; dmarc=pass header.from={author};\r\n"
        );
        assert!(!crate::is_authenticated(&[top.as_bytes(), raw].concat(), &mail, &verdicts), "{author}");
    }
}
