//! Mail within envelopes: Outlook's (TNEF) and those with a signature (S/MIME).

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::*;

/// An attribute of TNEF.
fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let sum = data.iter().fold(0_u16, |sum, &byte| sum.wrapping_add(byte.into()));
    let length = u32::try_from(data.len()).unwrap();
    [&[level][..], &id.to_le_bytes(), &length.to_le_bytes(), data, &sum.to_le_bytes()].concat()
}

/// A property of MAPI with a value of variable length.
fn property(kind: u16, id: u16, value: &[u8]) -> Vec<u8> {
    let length = u32::try_from(value.len()).unwrap();
    let mut out =
        [&kind.to_le_bytes()[..], &id.to_le_bytes(), &[1, 0, 0, 0], &length.to_le_bytes(), value].concat();
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

fn properties(list: &[Vec<u8>]) -> Vec<u8> {
    [&u32::try_from(list.len()).unwrap().to_le_bytes()[..], &list.concat()].concat()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

fn tnef(attributes: &[Vec<u8>]) -> Vec<u8> {
    [&[0x78, 0x9f, 0x3e, 0x22, 1, 0][..], &attribute(1, 0x0008_9006, &[0, 0, 1, 0]), &attributes.concat()]
        .concat()
}

fn with_file(kind: &str, name: &str, bytes: &[u8]) -> Vec<u8> {
    let encoded = STANDARD.encode(bytes);
    mail(
        "Content-Type: multipart/mixed; boundary=m",
        &format!(
            "--m\nContent-Type: text/plain\n\n\n--m\nContent-Type: {kind}; name={name}\nContent-Transfer-Encoding: base64\n\n{encoded}\n\
             --m\nContent-Type: text/csv; name=last.csv\nContent-Disposition: attachment\n\n1\n--m--\n"
        ),
    )
}

fn files<'m>(mail: &'m ParsedMail<'_>) -> Vec<(Option<&'m str>, &'m str, &'m [u8])> {
    mail.attachments
        .iter()
        .map(|f| (f.filename.as_deref(), f.content_type.as_str(), f.contents.as_ref()))
        .collect()
}

#[test]
fn files_of_outlook_are_unpacked() {
    let plain = [
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0001_8010, b"K\xf6ln.txt\0"),
        attribute(2, 0x0006_800f, b"one"),
    ];
    let long = [
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0001_8010, b"LONG~1.PDF\0"),
        attribute(2, 0x0006_800f, b"two"),
        attribute(
            2,
            0x0006_9005,
            &properties(&[
                [&[3, 0, 5, 0x37][..], &[1, 0, 0, 0]].concat(),
                // A property with a name of its own.
                [
                    &[0x1f, 0, 1, 0x80][..],
                    &[7; 16],
                    &[1, 0, 0, 0, 6, 0, 0, 0],
                    b"a\0b\0\0\0\0\0",
                    &[1, 0, 0, 0],
                    &[2, 0, 0, 0],
                    b"x\0\0\0",
                ]
                .concat(),
                property(0x001f, 0x3707, &utf16("a very long näme.pdf")),
                property(0x001e, 0x370e, b"application/PDF\0"),
                property(0x001f, 0x3712, &utf16("pic@x.test")),
            ]),
        ),
    ];
    let body = [
        attribute(1, 0x0006_9007, &[0xe3, 4, 0, 0, 0, 0, 0, 0]),
        attribute(1, 0x0002_800c, b"\xcf\xf0\xe8\r\n\0"),
    ];
    // A mail in the place of a file is an envelope within.
    let inner = tnef(&[attribute(1, 0x0002_800c, b"not ours\0"), plain.concat()]);
    let nested = [
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0006_9005, &properties(&[property(0x000d, 0x3701, &[&[9; 16][..], &inner].concat())])),
    ];
    let bytes =
        tnef(&[body.concat(), plain[..1].concat(), plain[1..].concat(), long.concat(), nested.concat()]);
    for (kind, name) in [
        ("application/ms-tnef", "winmail.dat"),
        ("application/vnd.ms-tnef", "x"),
        ("application/octet-stream", "WINMAIL.DAT"),
    ] {
        let raw = with_file(kind, name, &bytes);
        let mail = parse(&raw);
        assert_eq!(
            files(&mail),
            [
                (Some(name), kind, &bytes[..]),
                // In the code page of the sender, which is Cyrillic.
                (Some("Kцln.txt"), "application/octet-stream", &b"one"[..]),
                (Some("a very long näme.pdf"), "application/pdf", b"two"),
                (Some("Köln.txt"), "application/octet-stream", b"one"),
                (Some("last.csv"), "text/csv", b"1"),
            ]
        );
        assert_eq!(mail.attachments[2].content_id.as_deref(), Some("pic@x.test"));
        assert_eq!(mail.attachments[2].sha256, <[u8; 32]>::from(Sha256::digest(b"two")));
        assert_eq!(mail.text.as_deref(), Some("При\n"));
        assert_eq!(mail.defects, [Defect::InsideTnef]);
    }
    // A text that is there stays; one in properties is as good as one of its own.
    let unicode =
        tnef(&[attribute(1, 0x0006_9003, &properties(&[property(0x001f, 0x1000, &utf16("grüß"))]))]);
    let raw = with_file("application/ms-tnef", "winmail.dat", &unicode);
    assert_eq!(parse(&raw).text.as_deref(), Some("grüß"));
    let raw = String::from_utf8(raw).unwrap().replacen("\r\n\r\n\r\n", "\r\n\r\nours\r\n", 1);
    assert_eq!(parse(raw.as_bytes()).text.as_deref(), Some("ours"));
    assert_eq!(codes(raw.as_bytes()), [""; 0]);

    // What is broken stays a file, and what was read before it counts.
    let raw = with_file("application/ms-tnef", "winmail.dat", &bytes[..bytes.len() - 20]);
    let mail = parse(&raw);
    assert_eq!(mail.attachments.len(), 4);
    assert_eq!(mail.defects, [Defect::DamagedStructure, Defect::InsideTnef]);
    let raw = with_file("application/ms-tnef", "winmail.dat", b"no envelope");
    assert_eq!(parse(&raw).attachments.len(), 2);
    let many = tnef(&vec![plain.concat(); 500]);
    let raw = with_file("application/ms-tnef", "winmail.dat", &many);
    let mail = parse(&raw);
    assert_eq!(mail.attachments.len(), tnef::MAX_FILES + 2);
    assert!(mail.defects.contains(&Defect::DamagedStructure));
}

/// An element of DER.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let contents = parts.concat();
    let length = u32::try_from(contents.len()).unwrap();
    let head = match length {
        0..0x80 => vec![u8::try_from(length).unwrap()],
        _ => [&[0x84][..], &length.to_be_bytes()].concat(),
    };
    [&[tag][..], &head, &contents].concat()
}

/// An element of BER whose length is left open.
fn open(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[tag, 0x80][..], &parts.concat(), &[0, 0]].concat()
}

const SIGNED: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const ENVELOPED: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";
const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const VERSION: &[u8] = b"\x02\x01\x01";

fn signed(write: fn(u8, &[&[u8]]) -> Vec<u8>, octets: &[u8]) -> Vec<u8> {
    let digests = write(0x31, &[&write(0x30, &[b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"])]);
    let content = write(0x30, &[DATA, &write(0xa0, &[octets])]);
    let data = write(0x30, &[VERSION, &digests, &content, &der(0x31, &[])]);
    write(0x30, &[SIGNED, &write(0xa0, &[&data])])
}

fn opaque(bytes: &[u8]) -> Vec<u8> {
    mail(
        "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\nContent-Transfer-Encoding: base64",
        &STANDARD.encode(bytes),
    )
}

const INNER: &[u8] = b"Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
    <p>an order</p>\r\n--i\r\nContent-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment\r\n\r\n1,2\r\n--i--\r\n";

#[test]
fn signed_mail_is_opened() {
    let (first, second) = INNER.split_at(40);
    let pieces = [der(0x04, &[first]), der(0x24, &[&der(0x04, &[second])])].concat();
    for bytes in [
        signed(der, &der(0x04, &[INNER])),
        signed(open, &der(0x04, &[INNER])),
        signed(open, &open(0x24, &[&pieces])),
        signed(open, &der(0x24, &[&pieces])),
        signed(der, &open(0x24, &[&der(0x04, &[first]), &open(0x24, &[&der(0x04, &[second])])])),
    ] {
        let raw = opaque(&bytes);
        let mail = parse(&raw);
        assert_eq!((mail.text.as_deref(), mail.text_from_html), (Some("an order"), true));
        assert_eq!(mail.html.as_deref(), Some("<p>an order</p>"));
        assert_eq!(
            files(&mail),
            [(Some("smime.p7m"), "application/pkcs7-mime", &bytes[..]), (Some("a.csv"), "text/csv", b"1,2"),]
        );
        assert_eq!(mail.from.unwrap().address, "ann@x.test");
        assert_eq!(mail.defects, [Defect::InsideSignature]);
    }

    // Signed twice; and signed too often.
    let mut whole = INNER.to_vec();
    for times in 1..=5 {
        let bytes = signed(der, &der(0x04, &[&whole]));
        whole = [
            &b"Content-Type: application/x-pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n"[..],
            STANDARD.encode(&bytes).as_bytes(),
        ]
        .concat();
        let raw = [&b"From: a@x.test\r\n"[..], &whole].concat();
        let mail = parse(&raw);
        assert_eq!(mail.text.is_some(), times <= 3, "{times}");
        assert_eq!(mail.defects.contains(&Defect::TooDeep), times > 3, "{times}");
    }

    // A list added a footer.
    let envelope = STANDARD.encode(signed(der, &der(0x04, &[INNER])));
    let raw = mail(
        "Content-Type: multipart/mixed; boundary=m",
        &format!(
            "--m\nContent-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n\n{envelope}\n--m\n\nfooter\n--m--\n"
        ),
    );
    let with_footer = parse(&raw);
    assert_eq!(with_footer.text.as_deref(), Some("an order\n\nfooter"));
    assert_eq!(with_footer.html.as_deref(), Some("<p>an order</p>\n<pre>footer</pre>"));
    // A file of somebody else's is a file.
    let raw = mail(
        "Content-Type: multipart/mixed; boundary=m",
        &format!(
            "--m\n\nlook\n--m\nContent-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n\n{envelope}\n--m--\n"
        ),
    );
    let with_file = parse(&raw);
    assert_eq!((with_file.text.as_deref(), with_file.attachments.len()), (Some("look"), 1));
}

#[test]
fn what_cannot_be_opened_is_a_file() {
    let good = signed(der, &der(0x04, &[INNER]));
    let encrypted = der(0x30, &[ENVELOPED, &der(0xa0, &[VERSION])]);
    let detached =
        der(0x30, &[SIGNED, &der(0xa0, &[&der(0x30, &[VERSION, &der(0x31, &[]), &der(0x30, &[DATA])])])]);
    let mut cases = vec![
        encrypted,
        detached,
        b"0\x80".to_vec(),
        vec![],
        vec![0x30; 100],
        b"0\x80".repeat(100),
        vec![0x24; 50],
    ];
    cases.extend((0..good.len()).step_by(7).map(|end| good[..end].to_vec()));
    for bytes in cases {
        let raw = opaque(&bytes);
        let mail = parse(&raw);
        assert_eq!((mail.text, mail.html), (None, None));
        assert_eq!(mail.attachments.len(), 1);
        assert_eq!(mail.attachments[0].contents.as_ref(), bytes);
    }
    // Whatever byte is wrong, nothing panics.
    for at in 0..good.len().min(120) {
        for value in [0, 0x24, 0x7f, 0x80, 0x84, 0xff] {
            let mut bytes = good.clone();
            bytes[at] = value;
            let _ = cms::signed_content(&bytes);
        }
    }
}

#[test]
fn a_signature_beside_the_text_is_a_file() {
    let raw = mail(
        "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=s",
        "--s\nContent-Type: text/plain\n\nsigned text\n--s\nContent-Type: application/pkcs7-signature; name=smime.p7s\n\
         Content-Transfer-Encoding: base64\n\nAAEC\n--s--\n",
    );
    let mail = parse(&raw);
    assert_eq!(mail.text.as_deref(), Some("signed text"));
    assert_eq!(files(&mail), [(Some("smime.p7s"), "application/pkcs7-signature", &[0, 1, 2][..])]);
    assert_eq!(mail.defects, []);
}
