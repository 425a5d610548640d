//! The package that a workbook is: a ZIP archive of parts (ECMA-376 part 2), of which strangers say how large they are.

use std::io::{BufReader, Cursor, Read as _, copy, sink};

use domain::gate::sheet::Unreadable;
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use crate::xml::Xml;

/// So many parts a package may have. Each sheet is one, with its drawings and comments some five.
const MAX_PARTS: usize = 2_000;
/// How each part is announced in the index of an archive (APPNOTE 4.3.12).
const ANNOUNCED: &[u8] = b"PK\x01\x02";
/// Bytes that all parts together may have: a sheet of 10,000 rows and 200 columns has some 100 MB.
const MAX_UNPACKED: u64 = 256 * 1024 * 1024;
/// More than so many are too many for a file that is much smaller: a sheet becomes some ten times as large, and hardly a hundred times.
const MAX_LEAP: u64 = 64 * 1024 * 1024;
const MAX_RATIO: u64 = 100;
/// So many bytes are read from an archive at once.
const READ_AT_ONCE: usize = 32 * 1024;

/// The parts of a workbook.
pub(crate) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
}

/// A part while it is read.
pub(crate) type Part<'p, 'a> = Xml<BufReader<ZipFile<'p, Cursor<&'a [u8]>>>>;

impl<'a> Package<'a> {
    /// Opens a package whose parts are no more, and unpacked no larger, than a workbook's may be.
    pub(crate) fn open(file: &'a [u8]) -> Result<Self, Unreadable> {
        // The index alone could fill the memory.
        if file.windows(ANNOUNCED.len()).filter(|it| *it == ANNOUNCED).count() > 5 * MAX_PARTS {
            return Err(Unreadable::Bomb);
        }
        let archive = ZipArchive::new(Cursor::new(file)).map_err(|error| why(&error))?;
        let mut package = Self { archive };
        if !package.has_workbook() {
            return Err(Unreadable::OtherKind);
        }
        package.check(most(file.len()))?;
        Ok(package)
    }

    /// Whether a part is called as the workbook is in all of them.
    fn has_workbook(&self) -> bool {
        let wanted = b"workbook.xml";
        self.archive.file_names_raw().any(|name| {
            name.len().checked_sub(wanted.len()).is_some_and(|at| name[at..].eq_ignore_ascii_case(wanted))
        })
    }

    /// Unpacks all parts to nowhere, and stops where that becomes too much: what the index says of sizes anybody could write there.
    fn check(&mut self, most: u64) -> Result<(), Unreadable> {
        if self.archive.len() > MAX_PARTS {
            return Err(Unreadable::Bomb);
        }
        let mut left = most;
        for at in 0..self.archive.len() {
            let part = self.archive.by_index(at).map_err(|error| why(&error))?;
            let mut part = BufReader::with_capacity(READ_AT_ONCE, part.take(left + 1));
            let unpacked = copy(&mut part, &mut sink()).map_err(|_| Unreadable::Broken)?;
            left = left.checked_sub(unpacked).ok_or(Unreadable::Bomb)?;
        }
        Ok(())
    }

    /// The part with this name, from the root of the package. Names are the same where only their case differs.
    pub(crate) fn part(&mut self, name: &str) -> Result<Option<Part<'_, 'a>>, Unreadable> {
        let exact = self.archive.index_for_name(name);
        let found = exact.or_else(|| {
            self.archive.file_names_raw().position(|it| {
                let same = |(a, b): (&u8, u8)| a.eq_ignore_ascii_case(&b) || (*a == b'\\' && b == b'/');
                it.len() == name.len() && it.iter().zip(name.bytes()).all(same)
            })
        });
        let Some(at) = found else { return Ok(None) };
        let part = self.archive.by_index(at).map_err(|error| why(&error))?;
        Ok(Some(Xml::new(BufReader::with_capacity(READ_AT_ONCE, part))))
    }
}

/// How large a file of so many bytes may become.
fn most(length: usize) -> u64 {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    length.saturating_mul(MAX_RATIO).clamp(MAX_LEAP, MAX_UNPACKED)
}

fn why(error: &ZipError) -> Unreadable {
    match error {
        ZipError::InvalidPassword => Unreadable::Protected,
        ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED => Unreadable::Protected,
        _ => Unreadable::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{zip, zip_that_says};

    fn opened(file: &[u8]) -> Result<(), Unreadable> {
        Package::open(file).map(|_| ())
    }

    #[test]
    fn what_becomes_too_large_is_found_also_where_its_index_lies() {
        let air = vec![b' '; usize::try_from(MAX_LEAP).unwrap() + 1];
        let book = ("xl/workbook.xml", b"words".as_slice());
        assert_eq!(opened(&zip(&[book])), Ok(()));
        assert_eq!(opened(&zip(&[book, ("a", &air)])), Err(Unreadable::Bomb));
        assert!(opened(&zip_that_says(10, &[book, ("a", &air)])).is_err());
        let half = &air[..=air.len() / 2];
        assert_eq!(opened(&zip(&[book, ("a", half), ("b", half)])), Err(Unreadable::Bomb));
        assert_eq!((most(1_000), most(1_000_000), most(20_000_000)), (MAX_LEAP, 100_000_000, MAX_UNPACKED));
    }

    #[test]
    fn a_package_has_no_more_parts_than_it_may() {
        for (parts, found) in [
            (MAX_PARTS, Ok(())),
            (MAX_PARTS + 1, Err(Unreadable::Bomb)),
            (5 * MAX_PARTS + 1, Err(Unreadable::Bomb)),
        ] {
            let names: Vec<String> = (1..parts).map(|n| n.to_string()).collect();
            let mut files = vec![("xl/workbook.xml", b"".as_slice())];
            files.extend(names.iter().map(|name| (name.as_str(), b"".as_slice())));
            assert_eq!(opened(&zip(&files)), found, "{parts}");
        }
    }

    #[test]
    fn other_packages_are_of_another_kind() {
        for name in ["content.xml", "word/document.xml", "xl/workbook.bin", "book.xml"] {
            assert_eq!(opened(&zip(&[(name, b"")])), Err(Unreadable::OtherKind), "{name}");
        }
        assert_eq!(opened(&zip(&[])), Err(Unreadable::OtherKind));
        assert_eq!(opened(b"PK\x03\x04 and no more"), Err(Unreadable::Broken));
    }

    #[test]
    fn parts_are_found_by_their_names() {
        let file = zip(&[("XL\\Workbook.xml", b"<a/>")]);
        let mut package = Package::open(&file).unwrap();
        assert!(package.part("xl/workbook.xml").unwrap().is_some());
        assert!(package.part("xl/workbook.xm").unwrap().is_none());
    }
}
