//! What a file is, by its first bytes.
//!
//! | told | how |
//! | --- | --- |
//! | programs, pictures, sound, film, archives, PDF | by the signature with which they begin |
//! | Word, Excel, `PowerPoint` since 2007, Java and Android programs | by the names of the first files in the ZIP archive that they are |
//! | `OpenDocument`, EPUB | by the media type with which that archive begins |
//! | older files of Office, Outlook's mails, Windows installers | together, as `application/x-ole-storage`: which one it is stands elsewhere in the file |
//! | HTML, SVG, XML | by the first element, behind comments and declarations |
//! | scripts | by `#!` and a path |
//!
//! Plain text, CSV and JSON have no beginning of their own: of these nothing is said, as of anything unknown. Nothing
//! that is found out is proven: whoever makes a file can begin it like another.

use std::borrow::Cow;

use domain::mailbox::media::registered;

/// So many bytes of a file are looked at.
pub const MAX_LOOKED_AT: usize = 8 * 1024;

/// Types that `infer` tells by bytes which other files begin with too, that are told more exactly here, or that say nothing.
const NOT_BELIEVED: [&str; 7] = [
    // PGP signatures and S/MIME signatures begin like certificates.
    "application/x-x509-ca-cert",
    "application/x-llvm",
    "application/octet-stream",
    "application/vnd.microsoft.portable-executable",
    "text/html",
    "text/xml",
    "text/x-shellscript",
];

/// The media type that the first [`MAX_LOOKED_AT`] bytes of a file say it has, in lower case and as it is registered where it is;
/// none where they say nothing.
pub fn media_type(bytes: &[u8]) -> Option<&'static str> {
    let bytes = &bytes[..bytes.len().min(MAX_LOOKED_AT)];
    if let Some(text) = text(bytes) {
        return of_text(&text);
    }
    let binary = of_program(bytes).or_else(|| of_zip(bytes));
    // A browser and a shell read on behind bytes that no text has, and some signatures may stand anywhere in what they read.
    let shown = binary.or_else(|| of_text(&String::from_utf8_lossy(unmarked(bytes))));
    shown.or_else(|| of_signature(bytes))
}

/// Without the mark of UTF-8.
fn unmarked(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// The bytes as text, where all of them can be: UTF-16 with its mark, or bytes without those that no text has.
fn text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let units = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        let text = String::from_utf16_lossy(&units);
        (!text.contains('\0')).then_some(Cow::Owned(text))
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => units(rest, u16::from_be_bytes),
        _ => {
            let rest = unmarked(bytes);
            let odd = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B);
            (!rest.iter().any(odd)).then(|| String::from_utf8_lossy(rest))
        }
    }
}

fn of_text(text: &str) -> Option<&'static str> {
    if let Some(interpreter) = text.strip_prefix("#!") {
        return interpreter.trim_start_matches([' ', '\t']).starts_with('/').then_some("text/x-shellscript");
    }
    let text = text.trim_start();
    if text.starts_with("%PDF-") {
        return Some("application/pdf");
    }
    if text.starts_with("%!PS") {
        return Some("application/postscript");
    }
    if text.starts_with("{\\rtf") {
        return Some("application/rtf");
    }
    of_markup(text)
}

/// By the first element, or the name of the document type.
fn of_markup(text: &str) -> Option<&'static str> {
    let begins = |text: &str, start: &str| {
        text.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
    };
    let (mut rest, mut is_xml, mut is_markup) = (text, false, false);
    loop {
        rest = rest.trim_start();
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<?") {
            is_xml |= begins(rest, "<?xml");
            "?>"
        } else {
            break;
        };
        is_markup = true;
        // What lies behind a comment that goes on beyond what is looked at, only a browser finds.
        let Some(at) = rest.find(end) else {
            rest = "";
            break;
        };
        rest = &rest[at + end.len()..];
    }
    let name = if begins(rest, "<!doctype") { rest["<!doctype".len()..].trim_start() } else { rest };
    let is_doctype = name.len() != rest.len();
    let name = name.strip_prefix('<').unwrap_or(if is_doctype { name } else { "" });
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, ':' | '-' | '_'));
    let name = name[..end.unwrap_or(name.len())].to_ascii_lowercase();
    match name.rsplit(':').next().unwrap_or_default() {
        "svg" => Some("image/svg+xml"),
        "html" if is_xml => Some("application/xhtml+xml"),
        "html" => Some("text/html"),
        _ if is_xml => Some("text/xml"),
        _ if infer::text::is_html(rest.as_bytes()) || (is_markup && !text.starts_with("<?")) => {
            Some("text/html")
        }
        _ => None,
    }
}

fn of_program(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        // An MS-DOS header of 64 bytes is before every program of Windows.
        [b'M', b'Z', ..] if bytes.len() >= 64 => Some("application/vnd.microsoft.portable-executable"),
        // MS-SHLLINK §2.1: the size of the header, and the first part of its class.
        [0x4C, 0, 0, 0, 0x01, 0x14, 0x02, 0, ..] => Some("application/x-ms-shortcut"),
        _ => None,
    }
}

/// By the names of the files whose headers lie within what is looked at.
fn of_zip(bytes: &[u8]) -> Option<&'static str> {
    const HEADER: [u8; 4] = *b"PK\x03\x04";
    // Where the length of the name stands in a header (APPNOTE §4.3.7), and where the name begins.
    const NAME_LENGTH: usize = 26;
    const NAME: usize = 30;
    if !bytes.starts_with(&HEADER) {
        return None;
    }
    let headers = bytes.windows(HEADER.len()).enumerate().filter(|(_, window)| *window == HEADER);
    let names = headers.filter_map(|(at, _)| {
        let length = bytes.get(at + NAME_LENGTH..at + NAME_LENGTH + 2)?;
        let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
        bytes.get(at + NAME..(at + NAME + length).min(bytes.len()))
    });
    let names: Vec<&[u8]> = names.collect();
    let has = |start: &str| names.iter().any(|name| name.starts_with(start.as_bytes()));
    let first = |start: &str| names.first().is_some_and(|name| name.starts_with(start.as_bytes()));
    Some(if has("AndroidManifest.xml") || has("classes.dex") {
        "application/vnd.android.package-archive"
    } else if has("META-INF/MANIFEST.MF") {
        "application/java-archive"
    } else if first("mimetype") {
        return None;
    } else if has("word/") {
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    } else if has("xl/") {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    } else if has("ppt/") {
        "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    } else {
        "application/zip"
    })
}

fn of_signature(bytes: &[u8]) -> Option<&'static str> {
    let found = infer::get(bytes)?;
    match (found.mime_type(), found.extension()) {
        // Without a parser of OLE containers it takes each for a document of Word; this one has none.
        ("application/msword", _) => Some("application/x-ole-storage"),
        // Object files, told by two bytes.
        (_, "obj") => None,
        (other, _) if NOT_BELIEVED.contains(&other) => None,
        (other, _) => Some(registered(other)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A ZIP archive that begins with files of these names, each with these bytes.
    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![];
        for (name, contents) in files {
            bytes.extend_from_slice(b"PK\x03\x04");
            bytes.extend_from_slice(&[0; 14]);
            for length in [contents.len(), contents.len()] {
                bytes.extend_from_slice(&u32::try_from(length).unwrap().to_le_bytes());
            }
            bytes.extend_from_slice(&u16::try_from(name.len()).unwrap().to_le_bytes());
            bytes.extend_from_slice(&[0; 2]);
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(contents);
        }
        bytes
    }

    fn padded(start: &[u8]) -> Vec<u8> {
        [start, &[0; 300]].concat()
    }

    #[test]
    fn files_are_told_by_their_first_bytes() {
        const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        let exe = "application/vnd.microsoft.portable-executable";
        for (bytes, expected) in [
            (padded(b"MZ\x90"), exe),
            (padded(b"\x7fELF\x02\x01\x01"), "application/x-executable"),
            (padded(b"\xcf\xfa\xed\xfe"), "application/x-mach-binary"),
            (padded(b"\xca\xfe\xba\xbe\0\0\0\x02"), "application/x-mach-binary"),
            (padded(b"\xca\xfe\xba\xbe\0\0\0\x41"), "application/java"),
            (padded(b"L\0\0\0\x01\x14\x02\0"), "application/x-ms-shortcut"),
            (padded(b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n"), "application/pdf"),
            (padded(b"\x89PNG\r\n\x1a\n"), "image/png"),
            (padded(b"\xff\xd8\xff\xe0"), "image/jpeg"),
            (padded(b"GIF89a"), "image/gif"),
            (padded(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), "image/heif"),
            (padded(b"\0\0\0\x18ftypisom\0\0\0\0isomavc1"), "video/mp4"),
            (padded(b"RIFF\0\0\0\0WAVE"), "audio/wav"),
            (padded(b"\x1f\x8b\x08"), "application/gzip"),
            (padded(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "application/x-ole-storage"),
            (zip(&[("a.txt", b"a")]), "application/zip"),
            (padded(b"#!/bin/sh\nexec tail -c +200 $0"), "text/x-shellscript"),
            (padded(b"\xef\xbb\xbf<html>"), "text/html"),
            (zip(&[("[Content_Types].xml", b"x"), ("_rels/.rels", b"x"), ("word/document.xml", b"x")]), WORD),
            (
                zip(&[
                    ("[Content_Types].xml", b"x"),
                    ("docProps/app.xml", b"x"),
                    ("docProps/core.xml", b"x"),
                    ("_rels/.rels", b"x"),
                    ("xl/workbook.xml", b"x"),
                ]),
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ),
            (
                zip(&[("ppt/presentation.xml", b"x")]),
                "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            ),
            (
                zip(&[("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b"x")]),
                "application/vnd.oasis.opendocument.text",
            ),
            (zip(&[("mimetype", b"application/epub+zip"), ("a", b"x")]), "application/epub+zip"),
            (zip(&[("META-INF/MANIFEST.MF", b"x")]), "application/java-archive"),
            (zip(&[("A.class", b"x"), ("META-INF/MANIFEST.MF", b"x")]), "application/java-archive"),
            (
                zip(&[("mimetype", b"image/openraster"), ("META-INF/MANIFEST.MF", b"x")]),
                "application/java-archive",
            ),
            // A book that somebody packed by hand.
            (
                zip(&[("META-INF/container.xml", b"x"), ("mimetype", b"application/epub+zip")]),
                "application/zip",
            ),
            (b"#!/bin/sh\n: mdat\0".to_vec(), "text/x-shellscript"),
            (b"<html>  WEBP<script>\0".to_vec(), "text/html"),
            (b"<html><!-- %PDF-1.7 -->\0".to_vec(), "text/html"),
            (zip(&[("res/a", b"x"), ("classes.dex", b"x")]), "application/vnd.android.package-archive"),
        ] {
            assert_eq!(media_type(&bytes), Some(expected), "{:?}", String::from_utf8_lossy(&bytes[..8]));
        }
    }

    #[test]
    fn text_is_told_by_what_it_begins_with() {
        let utf16 = |text: &str| {
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            [0xFF, 0xFE].into_iter().chain(units).collect::<Vec<u8>>()
        };
        for (text, expected) in [
            ("#!/bin/sh\nrm -rf ~\n", Some("text/x-shellscript")),
            ("#! /usr/bin/env python3\n", Some("text/x-shellscript")),
            ("#!not a path", None),
            ("%PDF-1.4\n1 0 obj", Some("application/pdf")),
            ("{\\rtf1\\ansi hello}", Some("application/rtf")),
            ("%!PS-Adobe-3.0", Some("application/postscript")),
            ("\n<!DOCTYPE html>\n<title>x</title>", Some("text/html")),
            ("<!-- saved from url --><HTML lang=en>", Some("text/html")),
            ("<!-- a comment without an end", Some("text/html")),
            ("<script>alert(1)</script>", Some("text/html")),
            ("<?xml version=\"1.0\"?><!DOCTYPE html><html>", Some("application/xhtml+xml")),
            ("<?xml version=\"1.0\"?>\n<!-- a -->\n<svg xmlns=\"x\">", Some("image/svg+xml")),
            ("<svg onload=\"x\">", Some("image/svg+xml")),
            ("<svg:svg>", Some("image/svg+xml")),
            ("<!DOCTYPE svg PUBLIC \"x\">", Some("image/svg+xml")),
            ("<?xml version=\"1.0\"?><rss>", Some("text/xml")),
            ("<?php echo 1; ?>", None),
            ("<ann@example.org> wrote:", None),
            ("a,b,c\n1,2,3\n", None),
            ("{\"a\": 1}", None),
            ("MZ is how programs begin, BM how pictures do", None),
            ("BZh, GIF, CWS, 070701 and ID3 are words", None),
            ("GIF", None),
            ("-----BEGIN PGP SIGNATURE-----\n", None),
            ("From: Ann <ann@example.org>\nSubject: %PDF-1\n", None),
            ("Grüße", None),
            ("", None),
        ] {
            assert_eq!(media_type(text.as_bytes()), expected, "{text}");
            assert_eq!(media_type(&utf16(text)), expected, "UTF-16: {text}");
            let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
            assert_eq!(media_type(&marked), expected, "with a mark: {text}");
        }
        assert_eq!(
            media_type("Gr\u{fc}\u{df}e".chars().map(|c| c as u8).collect::<Vec<_>>().as_slice()),
            None
        );
    }

    #[test]
    fn what_tells_nothing_is_nothing() {
        for bytes in [
            &b"\x4c\x01\x02\x00 no object file"[..],
            b"\x30\x82\x01\x00 a signature, a certificate or a key",
            b"BC\x00 no bitcode",
            b"\x00\x02\x03",
            b"MZ\0",
            b"\x01\x02\x03\x04\x05",
            b"\0",
        ] {
            assert_eq!(media_type(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn no_more_than_the_beginning_is_looked_at() {
        let late = [vec![b' '; MAX_LOOKED_AT], b"<html>".to_vec()].concat();
        assert_eq!(media_type(&late), None);
        let early = [vec![b' '; MAX_LOOKED_AT - 6], b"<html>\0\0\0".to_vec()].concat();
        assert_eq!(media_type(&early), Some("text/html"));
    }

    const STARTS: &[&[u8]] = &[
        b"",
        b"PK\x03\x04",
        b"MZ",
        b"\x7fELF",
        b"\x50\x2a\x4d\x18",
        b"\x28\xb5\x2f\xfd",
        b"\0\0\0\x18ftyp",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"<!--",
        b"<?xml",
        b"<!doctype ",
        b"#!",
        b"\xff\xfe",
        b"\xfe\xff<",
        b"dey\n",
        b"\x1a\x45\xdf\xa3",
        b"PK\x03\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\0\0\0\0\x13\0\0\0[Content_Types].xml",
    ];

    proptest! {
        #[test]
        fn any_bytes_are_looked_at_without_a_panic(
            start in prop::sample::select(STARTS.to_vec()), rest in prop::collection::vec(any::<u8>(), 0..400),
        ) {
            let found = media_type(&[start, &rest].concat());
            prop_assert!(found.is_none_or(|it| it.split_once('/').is_some_and(|(kind, sub)| !kind.is_empty() && !sub.is_empty())));
        }
    }
}
