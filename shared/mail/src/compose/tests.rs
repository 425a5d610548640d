use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;
use crate::{
    parse,
    parse::{ParsedAddress, safe_filename},
    text::clean_line,
};

/// The least that can be composed.
fn plain<'a>() -> Outgoing<'a> {
    Outgoing {
        from: Addr { name: None, address: "ann@x.test" },
        reply_to: &[],
        to: &[Addr { name: None, address: "bob@y.test" }],
        cc: &[],
        subject: "Hello",
        text: Some("Hi\n"),
        html: None,
        in_reply_to: None,
        references: &[],
        headers: &[],
        attachments: &[],
        boundary_seed: [7; 16],
    }
}

/// Names and unfolded values of the header fields. Reads nothing but line ends and colons, so that it can't
/// share a mistake with the parser.
fn fields(mail: &[u8]) -> Vec<(String, String)> {
    let text = std::str::from_utf8(mail).expect("ASCII");
    let (head, _) = text.split_once("\r\n\r\n").expect("an empty line");
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n") {
        if line.starts_with([' ', '\t']) {
            fields.last_mut().expect("a field to continue").1.push_str(line);
        } else {
            let (name, value) = line.split_once(':').expect("a colon");
            fields.push((name.to_owned(), value.trim().to_owned()));
        }
    }
    fields
}

fn names(mail: &[u8]) -> Vec<String> {
    fields(mail).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_text_is_one_part() {
    let mail = compose(&plain()).unwrap();
    assert_eq!(
        String::from_utf8(mail).unwrap(),
        "From: <ann@x.test>\r\nTo: <bob@y.test>\r\nSubject: Hello\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHi\r\n"
    );
}

#[test]
fn the_whole_tree() {
    let attachments = [
        OutgoingAttachment {
            filename: "logo.png",
            content_type: "image/png",
            content_id: Some("logo@x.test"),
            inline: true,
            contents: b"\x89PNG",
        },
        OutgoingAttachment {
            filename: "Grüße.pdf",
            content_type: "application/pdf",
            content_id: None,
            inline: false,
            contents: b"%PDF",
        },
    ];
    let mail = Outgoing { html: Some("<img src=\"cid:logo@x.test\">"), attachments: &attachments, ..plain() };
    let bytes = compose(&mail).unwrap();
    assert_eq!(bytes, compose(&mail).unwrap());
    assert_ne!(bytes, compose(&Outgoing { boundary_seed: [8; 16], ..mail }).unwrap());

    let text = String::from_utf8(bytes.clone()).unwrap();
    let order = [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ];
    let found: Vec<_> = order.iter().map(|kind| text.find(kind).unwrap()).collect();
    assert!(found.is_sorted(), "{text}");

    let parsed = parse(&bytes);
    assert_eq!(parsed.attachments.len(), 2);
    assert!(parsed.attachments[0].inline && !parsed.attachments[1].inline);
    assert_eq!(parsed.attachments[0].content_id.as_deref(), Some("logo@x.test"));
    assert_eq!(parsed.attachments[1].filename.as_deref(), Some("Grüße.pdf"));
}

#[test]
fn nothing_is_stamped_and_nobody_is_named() {
    let mail = compose(&Outgoing { to: &[], ..plain() }).unwrap();
    assert_eq!(
        names(&mail),
        ["From", "Subject", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"]
    );
}

#[test]
fn threads_keep_their_beginning_and_their_end() {
    let references: Vec<String> = (0..80).map(|at| format!("<{at}@x.test>")).collect();
    let mail = Outgoing { in_reply_to: Some("<79@x.test>"), references: &references, ..plain() };
    let parsed = compose(&mail).unwrap();
    let parsed = parse(&parsed);
    assert_eq!(parsed.in_reply_to, ["79@x.test"]);
    assert_eq!(parsed.references.len(), MAX_REFERENCES);
    assert_eq!(parsed.references[0], "0@x.test");
    assert_eq!(parsed.references[1], "31@x.test");
    assert_eq!(parsed.references[49], "79@x.test");
}

#[test]
fn long_threads_are_folded_and_shortened() {
    for length in [30, 80, 300, MAX_UNFOLDABLE] {
        let references: Vec<String> =
            (0..120).map(|at| format!("<{at:0width$}@x.test>", width = length - 7)).collect();
        let last = references.last().map(String::as_str);
        let mail = compose(&Outgoing { in_reply_to: last, references: &references, ..plain() }).unwrap();
        let text = String::from_utf8(mail.clone()).unwrap();
        assert!(text.split("\r\n").all(|line| line.len() <= 998), "{length}");
        let (_, field) = text.split_once("References:").unwrap();
        let (field, _) = field.split_once("\r\nMIME-Version").unwrap();
        assert!(field.len() + "References:".len() <= crate::thread::MAX_REFERENCES_BYTES, "{length}");
        let parsed = parse(&mail);
        assert_eq!(parsed.references.first().map(|id| format!("<{id}>")).as_ref(), references.first());
        assert_eq!(parsed.references.last().map(|id| format!("<{id}>")).as_ref(), references.last());
        assert!(parsed.references.len() >= 4, "{length}");
    }
}

#[test]
fn odd_message_ids_are_written_as_they_are() {
    for id in [
        "\"two words\"+x/y=z$1@[192.0.2.7]",
        "\"a \\\" b\"@x.test",
        "\"a\\\\\"@x.test",
        "a\"b@x.test",
        "no-at",
        "a@b@c",
        "[x](y),;:\\@x",
        "a!b#c%d&e'f*g/h=i?j^k`l{m|n}o~p@x.test",
        "@",
    ] {
        let references = [format!("<{id}>"), "last@x.test".to_owned()];
        let mail = Outgoing { in_reply_to: Some(id), references: &references, ..plain() };
        let fields = fields(&compose(&mail).unwrap());
        assert_eq!(fields[3], ("In-Reply-To".to_owned(), format!("<{id}>")));
        assert_eq!(fields[4], ("References".to_owned(), format!("<{id}> <last@x.test>")));
    }
    for id in [
        "",
        "<>",
        " ",
        "a b@x.test",
        "\"a b@x.test",
        "\"a\" b@x.test",
        "\"a\\\" b@x.test",
        " a@x.test",
        "\"a\tb\"@x.test",
        "\"a\r\n b\"@x.test",
        "\"a\nBcc: eve@z.test\"@x.test",
        "\"a> <b\"@x.test",
        "a@x.test>\r\nBcc: eve@z.test",
        "a@x.test> <b@x.test",
        "<a@x.test",
        "ä@x.test",
        "\u{7f}@x.test",
        &"a".repeat(MAX_UNFOLDABLE + 1),
    ] {
        assert!(!is_message_id(id), "{id:?}");
        assert_eq!(
            compose(&Outgoing { in_reply_to: Some(id), ..plain() }),
            Err(ComposeError::MessageId { field: "in_reply_to".into() }),
            "{id:?}"
        );
    }
}

#[test]
fn culprits_are_named() {
    let bad = |mail: Outgoing<'_>| compose(&mail).unwrap_err();
    let control = |field: &str| ComposeError::Control { field: field.into() };
    for c in ["\r", "\n", "\r\n", "\0", "\t", "\u{b}", "\u{7f}", "\u{85}", "\u{2028}", "\u{2029}", "\u{202e}"]
    {
        let evil = format!("a{c}Bcc: eve@z.test");
        assert_eq!(bad(Outgoing { subject: &evil, ..plain() }), control("subject"));
        let addr = Addr { name: Some(&evil), address: "bob@y.test" };
        assert_eq!(bad(Outgoing { from: addr, ..plain() }), control("from.name"));
        assert_eq!(bad(Outgoing { cc: &[plain().from, addr], ..plain() }), control("cc[1].name"));
        assert_eq!(
            bad(Outgoing { headers: &[("X-A".into(), evil.clone())], ..plain() }),
            control("headers[0].value")
        );
        let file = OutgoingAttachment {
            filename: &evil,
            content_type: "text/csv",
            content_id: None,
            inline: false,
            contents: b"",
        };
        assert_eq!(bad(Outgoing { attachments: &[file], ..plain() }), control("attachments[0].filename"));
        let file = OutgoingAttachment { filename: "a", content_id: Some(&evil), ..file };
        assert_eq!(
            bad(Outgoing { attachments: &[file], ..plain() }),
            ComposeError::MessageId { field: "attachments[0].content_id".into() }
        );
        let file = OutgoingAttachment { content_type: &evil, content_id: None, ..file };
        assert_eq!(
            bad(Outgoing { attachments: &[file], ..plain() }),
            ComposeError::ContentType { field: "attachments[0].content_type".into() }
        );
        let address = format!("bob@y.test{c}");
        assert_eq!(
            bad(Outgoing { to: &[Addr { name: None, address: &address }], ..plain() }),
            ComposeError::Address { field: "to[0].address".into() }
        );
        assert_eq!(
            bad(Outgoing { in_reply_to: Some(&evil), ..plain() }),
            ComposeError::MessageId { field: "in_reply_to".into() }
        );
        assert_eq!(
            bad(Outgoing { references: &["ok@x".into(), evil.clone()], ..plain() }),
            ComposeError::MessageId { field: "references[1]".into() }
        );
        assert_eq!(
            bad(Outgoing { headers: &[(evil.clone(), "x".into())], ..plain() }),
            ComposeError::HeaderName { field: "headers[0].name".into() }
        );
    }
}

#[test]
fn addresses() {
    for good in ["a@b", "a.b+c@x.test", "o'neil@xn--bcher-kva.test", "!#$%&'*+-/=?^_`{|}~@x.test"] {
        assert!(is_address(good), "{good}");
    }
    let long = format!("{}@x.test", "a".repeat(65));
    for bad in [
        "",
        "@",
        "a@",
        "@b",
        "a",
        "a b@c",
        "a@b c",
        "a@b@c",
        "a..b@c",
        ".a@c",
        "a.@c",
        "\"a b\"@c",
        "ä@c",
        "a@ä",
        "a@[127.0.0.1]",
        "a@-b",
        "a@b-",
        "a@b..c",
        "a@.",
        "<a@b>",
        "a@b>",
        "a@b,c@d",
        "a(c)@b",
        "a@b_c",
        &long,
    ] {
        assert!(!is_address(bad), "{bad}");
    }
}

#[test]
fn header_allow_list() {
    for good in [
        "X-Mailer",
        "x-entity-ref-id",
        "Auto-Submitted",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Precedence",
    ] {
        assert!(is_allowed_header(good), "{good}");
    }
    for bad in [
        "",
        "X-",
        "Bcc",
        "bcc",
        "From",
        "To",
        "Sender",
        "Return-Path",
        "Received",
        "DKIM-Signature",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
        "X-SES-MESSAGE-TAGS",
        "x-ses-source-arn",
        "X-Amz-Foo",
        "X-A:",
        "X A",
        "X-Ä",
        "Authentication-Results",
        "Resent-To",
        "Apparently-To",
        "Subject",
        "X-A\r\nBcc",
    ] {
        assert!(!is_allowed_header(bad), "{bad}");
    }
    let twice = [("X-A".to_owned(), "1".to_owned()), ("x-a".to_owned(), "2".to_owned())];
    assert_eq!(
        compose(&Outgoing { headers: &twice, ..plain() }),
        Err(ComposeError::DuplicateHeader { field: "headers[1].name".into() })
    );
}

#[test]
fn structured_fields_stay_as_they_are() {
    let value =
        format!("<mailto:leave@x.test?subject={}>, <https://x.test/{}>", "u".repeat(70), "v".repeat(300));
    let headers = [("List-Unsubscribe".to_owned(), value.clone())];
    let mail = compose(&Outgoing { headers: &headers, ..plain() }).unwrap();
    assert_eq!(fields(&mail)[3], ("List-Unsubscribe".to_owned(), value));
    let headers = [("List-Id".to_owned(), "ä".to_owned())];
    assert_eq!(
        compose(&Outgoing { headers: &headers, ..plain() }),
        Err(ComposeError::NotAscii { field: "headers[0].value".into() })
    );
}

#[test]
fn what_would_be_decoded_is_refused() {
    for bad in ["=?utf-8?Q?a?=", "x =?UTF-8?b?YQ==?= y", "=?a?q?", "\"=?us-ascii*en?Q?a_b?=\""] {
        assert_eq!(
            compose(&Outgoing { subject: bad, ..plain() }),
            Err(ComposeError::EncodedWord { field: "subject".into() }),
            "{bad}"
        );
    }
    for good in ["2+2=?", "=?", "a=?b?c?d", "?Q?"] {
        let mail = compose(&Outgoing { subject: good, ..plain() }).unwrap();
        assert_eq!(parse(&mail).subject, good);
    }
}

#[test]
fn bodies_survive() {
    for text in [
        "",
        "\n",
        "a",
        "a\r\nb\rc\nd",
        "trailing \t \nspaces  ",
        ".\n..\n",
        "From here\n",
        "--\n-- \n",
        "a\0b",
        "\u{1b}[1m",
        "ä ö ü",
        "=3D =\n",
        "\u{2028}",
        "x\u{feff}y",
        &"x".repeat(5_000),
        &"ü".repeat(5_000),
        "\u{c}",
    ] {
        let mail = compose(&Outgoing { text: Some(text), ..plain() }).unwrap();
        assert_eq!(parse(&mail).text.unwrap_or_default(), canonical_text(text), "{text:?}");
        let html = format!("<p>{text}");
        let mail = compose(&Outgoing { text: Some(text), html: Some(&html), ..plain() }).unwrap();
        assert_eq!(parse(&mail).html, Some(canonical_text(&html)), "{text:?}");
    }
}

#[test]
fn attached_mails_are_not_encoded() {
    let file = |contents| OutgoingAttachment {
        filename: "mail.eml",
        content_type: "message/rfc822",
        content_id: None,
        inline: false,
        contents,
    };
    let inner = compose(&plain()).unwrap();
    let mail = compose(&Outgoing { attachments: &[file(&inner)], ..plain() }).unwrap();
    assert_eq!(parse(&mail).attachments[0].contents.as_ref(), inner);
    // Nor with a parameter.
    let named = OutgoingAttachment { content_type: "Message/RFC822; charset=utf-8", ..file(&inner) };
    let mail = compose(&Outgoing { attachments: &[named], ..plain() }).unwrap();
    assert!(!String::from_utf8(mail).unwrap().contains("base64"));
    assert!(is_attachable("message/rfc822", &inner) && is_attachable("text/plain", b"\xe4"));
    assert!(!is_attachable("message/partial", b"x") && !is_attachable("multipart/mixed", b"x"));
    let long = [b"Subject: ".as_slice(), &[b'a'; 1_000], b"\r\n\r\n"].concat();
    assert!(!is_attachable("message/rfc822", &long));
    for bad in [&b"From: a@b\n\nx"[..], b"From: \xe4\r\n\r\nx", b"From: a\0\r\n\r\n"] {
        assert!(!is_attachable("message/rfc822; a=b", bad));
        assert_eq!(
            compose(&Outgoing { attachments: &[file(bad)], ..plain() }),
            Err(ComposeError::ContentType { field: "attachments[0].content_type".into() })
        );
    }
}

#[test]
fn a_name_that_would_be_read_as_another_is_refused() {
    let file = |filename| OutgoingAttachment {
        filename,
        content_type: "text/plain",
        content_id: None,
        inline: false,
        contents: b"x",
    };
    for name in ["l1''%", "utf-8''%41.txt", "UTF-8'en'a%20b"] {
        let field = "attachments[0].filename".into();
        let composed = compose(&Outgoing { attachments: &[file(name)], ..plain() });
        assert_eq!(composed, Err(ComposeError::EncodedWord { field }), "{name}");
    }
    for name in ["it's Bob's 100%.txt", "utf-8''a.txt", "'%'"] {
        let mail = compose(&Outgoing { attachments: &[file(name)], ..plain() }).unwrap();
        assert_eq!(parse(&mail).attachments[0].filename.as_deref(), Some(name));
    }
}

#[test]
fn content_types() {
    for good in [
        "text/csv",
        "text/calendar; method=REQUEST; charset=\"utf-8\"",
        "application/vnd.ms-excel",
        "image/svg+xml;",
    ] {
        assert!(content_type("f", good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "text",
        "text/",
        "/csv",
        "text/c v",
        "multipart/mixed",
        "message/partial",
        "text/csv; boundary=x",
        "text/csv; name=x",
        "text/csv; a",
        "text/csv; a=\"b\\\"\"",
        "text/csv\r\nX: y",
        "tëxt/csv",
        "text/csv; a*=b",
    ] {
        assert!(content_type("f", bad).is_err(), "{bad}");
    }
}

#[test]
fn a_known_seed_does_not_help_to_forge_a_part() {
    let file = OutgoingAttachment {
        filename: "a",
        content_type: "text/csv",
        content_id: None,
        inline: false,
        contents: b"1",
    };
    let first = Boundaries::new([7; 16], &[]).stem;
    let forged = format!("--{first}_mix\r\nContent-Type: text/html\r\n\r\nforged");
    let mail = compose(&Outgoing { text: Some(&forged), attachments: &[file], ..plain() }).unwrap();
    let parsed = parse(&mail);
    assert_eq!(parsed.html, None);
    assert_eq!(parsed.text, Some(canonical_text(&forged)));
    assert_eq!(parsed.attachments.len(), 1);
}

/// Strings made of what breaks mail: line breaks, separators, encoded words, quotes, other scripts.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => any::<char>().prop_map(String::from),
        4 => "[ -~]{0,20}",
        2 => select(vec![
            "\r\n", "\n", "\r", "\0", "\t", ":", ";", ",", "<", ">", "\"", "\\", "@", "(", ")", "=?utf-8?Q?", "?=", "=", "  ",
            "\r\nBcc: eve@z.test", "\r\n\r\n<html>", "\u{2028}", "\u{202e}", "ä", "日本", "\u{feff}", "--", "%0d%0a", "*0*=",
        ])
        .prop_map(String::from),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Strings that may stand in a header: nasty ones without what is refused.
fn harmless() -> impl Strategy<Value = String> {
    nasty()
        .prop_map(|text| text.chars().filter(|c| !is_unsafe_in_header(*c)).collect::<String>())
        .prop_filter("refused", |text| !has_encoded_word(text) && text.len() <= MAX_FILENAME)
}

fn good_address() -> impl Strategy<Value = String> {
    (
        "[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,30}(\\.[a-z0-9]{1,15}){0,2}",
        "[a-z0-9]{1,20}(\\.xn--[a-z0-9]{1,20}){0,3}",
    )
        .prop_map(|(local, domain)| format!("{local}@{domain}"))
}

type Mailbox = (Option<String>, String);

fn mailbox() -> impl Strategy<Value = Mailbox> {
    (option::of(harmless()), good_address())
}

fn addr((name, address): &Mailbox) -> Addr<'_> {
    Addr { name: name.as_deref(), address }
}

fn expected((name, address): &Mailbox) -> ParsedAddress {
    let name = name.as_deref().map(|name| clean_line(name, MAX_NAME)).filter(|name| !name.is_empty());
    ParsedAddress { name, address: address.clone() }
}

type File = (String, &'static str, Option<String>, bool, Vec<u8>);

fn file() -> impl Strategy<Value = File> {
    let kinds = [
        "text/plain",
        "text/html",
        "image/png",
        "application/pdf",
        "text/csv; charset=utf-8",
        "application/x-y",
    ];
    let name = harmless().prop_map(|name| name.replace(['/', '\\'], "_")).prop_filter("no name", |name| {
        let name = name.trim_matches(' ');
        !matches!(name, "" | "." | "..") && !has_extended_form(name.as_bytes())
    });
    (name, select(kinds.to_vec()), option::of("[a-z0-9.]{1,20}@x"), any::<bool>(), vec(any::<u8>(), 0..300))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(debug_assertions) { 300 } else { 3_000 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever a caller passes: an error, or a mail with exactly the fields that were asked for.
    #[test]
    fn no_string_makes_a_field(
        name in option::of(nasty()), address in prop_oneof![good_address(), nasty()], subject in nasty(),
        text in option::of(nasty()), html in option::of(nasty()), id in option::of(nasty()), refs in vec(nasty(), 0..3),
        header in option::of((prop_oneof![Just("X-A".to_owned()), Just("List-Id".to_owned()), nasty()], nasty())),
        file in option::of((nasty(), nasty(), option::of(nasty()), any::<bool>(), vec(any::<u8>(), 0..100))),
    ) {
        let who = Addr { name: name.as_deref(), address: &address };
        let headers: Vec<_> = header.into_iter().collect();
        let attachments: Vec<_> = file.iter().map(|(filename, content_type, content_id, inline, contents)| {
            OutgoingAttachment { filename, content_type, content_id: content_id.as_deref(), inline: *inline, contents }
        }).collect();
        let mail = Outgoing {
            from: who, reply_to: &[who], to: &[who, who], cc: &[who], subject: &subject, text: text.as_deref(),
            html: html.as_deref(), in_reply_to: id.as_deref(), references: &refs, headers: &headers,
            attachments: &attachments, boundary_seed: [1; 16],
        };
        // Most random mails are refused as a whole: then try its parts one by one.
        let base = plain();
        let tries = [
            mail,
            Outgoing { from: Addr { name: name.as_deref(), ..base.from }, ..base },
            Outgoing { to: &[who], ..base },
            Outgoing { subject: &subject, ..base },
            Outgoing { text: text.as_deref(), html: html.as_deref(), ..base },
            Outgoing { in_reply_to: id.as_deref(), ..base },
            Outgoing { references: &refs, ..base },
            Outgoing { headers: &headers, ..base },
            Outgoing { attachments: &attachments, ..base },
        ];
        for mail in tries {
            let Ok(bytes) = compose(&mail) else { continue };
            let mut wanted = vec!["From"];
            if !mail.reply_to.is_empty() { wanted.push("Reply-To"); }
            wanted.push("To");
            if !mail.cc.is_empty() { wanted.push("Cc"); }
            wanted.push("Subject");
            if mail.in_reply_to.is_some() { wanted.push("In-Reply-To"); }
            if !mail.references.is_empty() { wanted.push("References"); }
            wanted.extend(mail.headers.iter().map(|(name, _)| name.as_str()));
            wanted.extend(["MIME-Version", "Content-Type"]);
            let mut found = names(&bytes);
            if found.last().is_some_and(|last| last == "Content-Transfer-Encoding") { found.pop(); }
            prop_assert_eq!(&found, &wanted);
            // The parser sees the same fields, and as many parts as were put in.
            let parsed = parse(&bytes);
            let seen: Vec<_> = parsed.headers.iter().map(|h| h.name.as_str()).filter(|n| *n != "Content-Transfer-Encoding").collect();
            prop_assert_eq!(seen, wanted);
            prop_assert_eq!(parsed.attachments.len(), mail.attachments.len());
            prop_assert_eq!(parsed.to.len(), mail.to.len());
            for line in bytes.split(|byte| *byte == b'\n') {
                prop_assert!(line.len() <= 999 && line.is_ascii());
                prop_assert!(line.is_empty() || line.ends_with(b"\r"));
            }
        }
    }

    /// What was put in comes out.
    #[test]
    fn round_trip(
        from in mailbox(), reply_to in vec(mailbox(), 0..2), to in vec(mailbox(), 0..4), cc in vec(mailbox(), 0..3),
        subject in harmless(), text in option::of(nasty()), html in option::of(nasty()), files in vec(file(), 0..4),
        seed in any::<[u8; 16]>(),
    ) {
        let list = |list: &'_ [Mailbox]| list.iter().map(|mailbox| (mailbox.0.clone(), mailbox.1.clone())).collect::<Vec<_>>();
        let (reply_to, to, cc) = (list(&reply_to), list(&to), list(&cc));
        let attachments: Vec<_> = files.iter().map(|(filename, content_type, content_id, inline, contents)| {
            OutgoingAttachment { filename, content_type, content_id: content_id.as_deref(), inline: *inline, contents }
        }).collect();
        let mail = Outgoing {
            from: addr(&from),
            reply_to: &reply_to.iter().map(addr).collect::<Vec<_>>(),
            to: &to.iter().map(addr).collect::<Vec<_>>(),
            cc: &cc.iter().map(addr).collect::<Vec<_>>(),
            subject: &subject,
            text: text.as_deref(),
            html: html.as_deref(),
            in_reply_to: None,
            references: &[],
            headers: &[],
            attachments: &attachments,
            boundary_seed: seed,
        };
        let bytes = compose(&mail).unwrap();
        let parsed = parse(&bytes);

        prop_assert_eq!(parsed.from.clone(), Some(expected(&from)));
        for (found, wanted) in [(&parsed.reply_to, &reply_to), (&parsed.to, &to), (&parsed.cc, &cc)] {
            prop_assert_eq!(found, &wanted.iter().map(expected).collect::<Vec<_>>());
        }
        prop_assert_eq!(&parsed.subject, &clean_line(&subject, MAX_SUBJECT));
        if let Some(text) = text.as_deref().filter(|text| html.is_none() || !text.trim().is_empty()) {
            prop_assert_eq!(parsed.text.clone(), Some(canonical_text(text)));
        }
        prop_assert_eq!(parsed.html.clone(), html.as_deref().map(canonical_text));

        // Related files come before mixed ones.
        let is_related = |file: &&File| html.is_some() && file.3 && file.2.is_some();
        let order = files.iter().filter(is_related).chain(files.iter().filter(|file| !is_related(file)));
        prop_assert_eq!(parsed.attachments.len(), files.len());
        for (found, (filename, content_type, content_id, inline, contents)) in parsed.attachments.iter().zip(order) {
            prop_assert_eq!(found.contents.as_ref(), contents.as_slice());
            prop_assert_eq!(&found.filename, &safe_filename(filename));
            prop_assert_eq!(&found.content_type, content_type.split(';').next().unwrap());
            prop_assert_eq!(&found.content_id, content_id);
            prop_assert_eq!(found.inline, *inline);
        }
        let bad: Vec<_> = parsed.defects.iter().filter(|d| !matches!(d.code(), "no_date" | "address_in_name")).collect();
        prop_assert!(bad.is_empty(), "{:?}", bad);
    }
}
