//! What kind of file it is, and what is shown of it. The first bytes decide: what name and mail say is the console's to compare.

use wire::mailbox::previews::{Active, MAX_FILE, Order, Preview, Shown, Why};

use crate::{active, archive, pdf, pictures, sheets, text};

const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const ODS: &str = "application/vnd.oasis.opendocument.spreadsheet";
const OLE: &str = "application/x-ole-storage";

/// Media types of what a computer runs.
const PROGRAMS: &[&str] = &[
    "application/vnd.microsoft.portable-executable",
    "application/x-executable",
    "application/x-mach-binary",
    "application/x-ms-shortcut",
    "application/java",
    "application/java-archive",
    "application/vnd.android.package-archive",
    "application/vnd.android.dex",
    "application/vnd.android.dey",
    "application/vnd.debian.binary-package",
    "application/x-rpm",
];
/// Media types of archives whose names are not read.
const ARCHIVES: &[&str] = &[
    "application/gzip",
    "application/vnd.ms-cab-compressed",
    "application/vnd.rar",
    "application/x-7z-compressed",
    "application/x-bzip2",
    "application/x-compress",
    "application/x-cpio",
    "application/x-iso9660-image",
    "application/x-lz4",
    "application/x-lzip",
    "application/x-tar",
    "application/x-unix-archive",
    "application/x-xz",
    "application/zstd",
];

/// The preview of a file. `late` says whether what takes long should come to an end.
pub(crate) fn at(order: &Order, late: &dyn Fn() -> bool) -> Preview {
    let file = order.file.as_slice();
    if file.is_empty() {
        return Preview::nothing(Why::Empty);
    }
    if file.len() > MAX_FILE {
        return Preview::nothing(Why::TooLarge);
    }
    let nothing = |why| Shown::Nothing { why };
    let (shown, active) = match mail::media_type(file) {
        Some("image/png" | "image/jpeg" | "image/gif" | "image/webp") => (pictures::show(file), vec![]),
        Some("application/pdf") => pdf::show(file, late),
        Some(SHEET) => (sheets::xlsx(file), archive::acts(file)),
        Some(ODS) => (sheets::ods(file), archive::acts(file)),
        // What has a password is an older container with the document in it (MS-OFFCRYPTO §2.3.4.4).
        Some(OLE) if active::has_utf16(file, "EncryptedPackage") => (nothing(Why::Locked), vec![]),
        Some(OLE) if active::has_utf16(file, "Workbook") => (sheets::xls(file), active::of_ole(file)),
        Some(OLE) => (nothing(Why::Other), active::of_ole(file)),
        // It may be a package whose beginning does not say so.
        Some("application/zip") => (archive::show(file), archive::acts(file)),
        Some(kind) if PROGRAMS.contains(&kind) => (nothing(Why::Program), vec![]),
        Some(kind) if ARCHIVES.contains(&kind) => (nothing(Why::Archive), vec![]),
        Some(kind) if kind.contains("officedocument") || kind.contains("opendocument") => {
            (nothing(Why::Other), archive::acts(file))
        }
        kind if text::is_text(file) => written(order, kind),
        _ => (nothing(Why::Other), vec![]),
    };
    Preview { active, shown }
}

/// What is read as text: a table, where its name or its type says so.
fn written(order: &Order, kind: Option<&str>) -> (Shown, Vec<Active>) {
    let (words, charset) = text::read(&order.file, &order.content_type);
    let active = match kind {
        Some("text/x-shellscript") => vec![Active::Script],
        Some(_) => active::of_markup(&words),
        None => vec![],
    };
    let name = order.filename.to_ascii_lowercase();
    let declared = order.content_type.to_ascii_lowercase();
    let is_table = [".csv", ".tsv"].iter().any(|ending| name.ends_with(ending))
        || ["text/csv", "text/tab-separated-values"].iter().any(|kind| declared.starts_with(kind));
    let shown = if is_table && kind.is_none() { sheets::table(&words) } else { text::show(&words, charset) };
    (shown, active)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(filename: &str, content_type: &str, file: &[u8]) -> Preview {
        let order = Order {
            filename: filename.to_owned(),
            content_type: content_type.to_owned(),
            file: file.to_vec(),
        };
        at(&order, &|| false)
    }

    #[test]
    fn the_bytes_decide_what_is_shown() {
        let program = [b"MZ\x90\0".as_slice(), &[0; 100]].concat();
        for (name, bytes, expected) in [
            ("invoice.pdf", program.as_slice(), Preview::nothing(Why::Program)),
            ("a.txt", b"", Preview::nothing(Why::Empty)),
            ("a.bin", b"\x01\x02\x03\x04", Preview::nothing(Why::Other)),
            ("a.tgz", b"\x1f\x8b\x08\0\0\0\0\0", Preview::nothing(Why::Archive)),
        ] {
            assert_eq!(seen(name, "application/pdf", bytes), expected, "{name}");
        }
        assert_eq!(
            seen("a", "text/plain", "a".repeat(MAX_FILE + 1).as_bytes()),
            Preview::nothing(Why::TooLarge)
        );
        let shown = |name, kind, bytes| seen(name, kind, bytes).shown;
        assert!(matches!(shown("a.csv", "application/octet-stream", b"a,b\n1,2\n"), Shown::Sheets { .. }));
        assert!(matches!(shown("a", "text/csv; charset=utf-8", b"a,b\n1,2\n"), Shown::Sheets { .. }));
        assert!(matches!(shown("a.json", "application/json", b"{\"a\": 1}"), Shown::Text { .. }));
        assert!(matches!(shown("a.md", "text/markdown", b"# A"), Shown::Text { .. }));
        let page = seen("a.csv", "text/csv", b"<html><script>alert(1)</script>");
        assert!(matches!(page.shown, Shown::Text { .. }));
        assert_eq!(page.active, [Active::Script]);
        assert_eq!(seen("a.png", "image/png", b"#!/bin/sh\nrm -rf ~\n").active, [Active::Script]);
    }
}
