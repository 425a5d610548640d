//! ZIP archives: the names in them, and how much would come out. Nothing of them is kept.

use std::io::{Cursor, Read as _, copy, sink};

use wire::mailbox::previews::{Active, Entry, MAX_CELL, MAX_NAMES, Shown, Why, shorten};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::active;

/// Bytes that a package may have when it is unpacked: some ten times as many as the largest file that is looked at.
const MAX_UNPACKED: u64 = 48 * 1024 * 1024;
/// So many files a package may have.
const MAX_FILES: usize = 2_000;

/// The names in an archive.
pub(crate) fn show(file: &[u8]) -> Shown {
    match names(file) {
        Ok(names) => {
            let more = u32::try_from(names.len().saturating_sub(MAX_NAMES)).unwrap_or(u32::MAX);
            let mut first: Vec<Entry> = names.into_iter().take(MAX_NAMES).collect();
            for entry in &mut first {
                shorten(&mut entry.name, MAX_CELL);
            }
            Shown::Names { names: first, more }
        }
        Err(why) => Shown::Nothing { why },
    }
}

/// What a package does, by the names in it.
pub(crate) fn acts(file: &[u8]) -> Vec<Active> {
    let names = names(file).unwrap_or_default();
    active::of_names(names.iter().map(|entry| entry.name.as_str()))
}

/// Unpacks a package to nowhere, and stops where it becomes too much: what its index says of sizes anybody could write there.
pub(crate) fn check(file: &[u8]) -> Result<(), Why> {
    let mut archive = open(file)?;
    if archive.len() > MAX_FILES {
        return Err(Why::TooMuch);
    }
    let mut left = MAX_UNPACKED;
    for n in 0..archive.len() {
        let entry = archive.by_index(n).map_err(|error| why(&error))?;
        if entry.size() > left {
            return Err(Why::TooMuch);
        }
        let unpacked = copy(&mut entry.take(left + 1), &mut sink()).map_err(|_| Why::Broken)?;
        left = left.checked_sub(unpacked).ok_or(Why::TooMuch)?;
    }
    Ok(())
}

fn names(file: &[u8]) -> Result<Vec<Entry>, Why> {
    let mut archive = open(file)?;
    let mut names = vec![];
    for n in 0..archive.len() {
        let entry = archive.by_index_raw(n).map_err(|error| why(&error))?;
        // One that is in no character set is shown as far as it can be.
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        names.push(Entry { name, size: entry.size() });
    }
    Ok(names)
}

fn open(file: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, Why> {
    ZipArchive::new(Cursor::new(file)).map_err(|error| why(&error))
}

fn why(error: &ZipError) -> Why {
    match error {
        ZipError::InvalidPassword => Why::Locked,
        ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED => Why::Locked,
        _ => Why::Broken,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write as _;

    use flate2::write::DeflateEncoder;
    use flate2::{Compression, Crc};

    use super::*;

    /// A ZIP archive (APPNOTE §4.3.6) of these files. `says` is what its index says of their sizes; their own where there is none.
    pub(crate) fn zip(files: &[(&str, &[u8])], says: Option<u32>) -> Vec<u8> {
        let (mut bytes, mut index): (Vec<u8>, Vec<u8>) = (vec![], vec![]);
        for (name, contents) in files {
            let mut packed = DeflateEncoder::new(vec![], Compression::fast());
            packed.write_all(contents).unwrap();
            let packed = packed.finish().unwrap();
            let mut sum = Crc::new();
            sum.update(contents);
            let size = says.unwrap_or_else(|| u32::try_from(contents.len()).unwrap());
            let mut common: Vec<u8> = vec![20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0];
            for number in [sum.sum(), u32::try_from(packed.len()).unwrap(), size] {
                common.extend(number.to_le_bytes());
            }
            common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            common.extend([0, 0]);
            index.extend(b"PK\x01\x02\x14\x00");
            index.extend(&common);
            index.extend([0; 10]);
            index.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
            index.extend(name.bytes());
            bytes.extend(b"PK\x03\x04");
            bytes.extend(&common);
            bytes.extend(name.bytes());
            bytes.extend(packed);
        }
        let (start, count) = (bytes.len(), u16::try_from(files.len()).unwrap());
        bytes.extend(&index);
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend(count.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(u32::try_from(index.len()).unwrap().to_le_bytes());
        bytes.extend(u32::try_from(start).unwrap().to_le_bytes());
        bytes.extend([0, 0]);
        bytes
    }

    #[test]
    fn names_are_read_and_nothing_is_unpacked() {
        let names: Vec<String> = (0..120).map(|n| format!("folder/{n}.txt")).collect();
        let files: Vec<(&str, &[u8])> =
            names.iter().map(|name| (name.as_str(), b"words".as_slice())).collect();
        let Shown::Names { names, more } = show(&zip(&files, None)) else { panic!("no names") };
        assert_eq!((names.len(), more), (MAX_NAMES, 20));
        assert_eq!(names[3], Entry { name: "folder/3.txt".to_owned(), size: 5 });
        assert_eq!(show(b"PK\x03\x04 and no more"), Shown::Nothing { why: Why::Broken });
    }

    #[test]
    fn what_would_become_too_much_is_found_also_where_its_index_lies() {
        let air = vec![0; usize::try_from(MAX_UNPACKED).unwrap() + 1];
        assert_eq!(check(&zip(&[("a", b"words")], None)), Ok(()));
        assert_eq!(check(&zip(&[("a", &air)], None)), Err(Why::TooMuch));
        assert!(check(&zip(&[("a", &air)], Some(10))).is_err());
        let half = &air[..=air.len() / 2];
        assert_eq!(check(&zip(&[("a", half), ("b", half)], None)), Err(Why::TooMuch));
        let many: Vec<String> = (0..=MAX_FILES).map(|n| n.to_string()).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
        assert_eq!(check(&zip(&many, None)), Err(Why::TooMuch));
    }
}
