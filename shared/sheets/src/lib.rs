//! Spreadsheets that somebody uploads: bytes of a file go in, columns and rows come out as [`domain::gate::sheet`] has them. Pure.
//!
//! Two kinds are read. Text whose cells a character parts (RFC 4180 and its kin), in whatever character set and with whatever
//! separator it seems to have; and workbooks of Excel since 2007 (ECMA-376), of which the first sheet counts that is not hidden
//! and has something in it. Cells are read as the sheet shows them.
//!
//! The bytes are those of strangers: no file, however it is made, takes more memory than a sheet may have some times over,
//! and each bound is a reason in [`Unreadable`].

mod decimal;
mod format;
mod moment;
mod package;
mod separated;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod workbook;
mod worksheet;
mod xml;

use domain::gate::sheet::{MAX_FILE, Sheet, Unreadable};

/// How files begin that hold others as a disk does (MS-CFB 2.2): those of Office before 2007, and those with a password.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// How archives begin, and those in which nothing is (APPNOTE 4.3.7, 4.3.16).
const ARCHIVES: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// Reads a spreadsheet. Its bytes say what it is; of its name the ending alone counts, where a tab or a comma could part its cells.
///
/// The file has at most [`MAX_FILE`] bytes; what a sheet may have is said beside it.
pub fn read(file: &[u8], filename: &str) -> Result<Sheet, Unreadable> {
    if file.is_empty() {
        return Err(Unreadable::Empty);
    }
    if u64::try_from(file.len()).is_ok_and(|length| length > MAX_FILE) {
        return Err(Unreadable::TooLarge);
    }
    if file.starts_with(COMPOUND) {
        return Err(compound(file));
    }
    if ARCHIVES.iter().any(|archive| file.starts_with(archive)) {
        return workbook::read(file);
    }
    separated::read(file, filename)
}

/// Why such a file can't be read: by the names of what is in it, which its directory has as UTF-16 (MS-CFB 2.6.1).
fn compound(file: &[u8]) -> Unreadable {
    let holds = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        file.windows(name.len()).any(|it| it == name)
    };
    if holds("EncryptedPackage") {
        Unreadable::Protected
    } else if ["WordDocument", "PowerPoint Document", "__properties_version1.0"].into_iter().any(holds) {
        Unreadable::OtherKind
    } else {
        Unreadable::OldWorkbook
    }
}
