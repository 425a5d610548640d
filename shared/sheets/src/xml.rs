//! XML, event by event, of which none may be large or deep.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use domain::gate::sheet::Unreadable;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::text::Kept;

/// An event has at most so many bytes: a cell of Excel, each of its characters four bytes long, has 128 KB.
const MAX_EVENT: usize = 1024 * 1024;
/// So deep elements may lie in each other: the deepest of a workbook lie some ten deep.
const MAX_DEPTH: usize = 64;

/// The events of a part.
pub(crate) struct Xml<R> {
    reader: Reader<Rationed<R>>,
    buffer: Vec<u8>,
    depth: usize,
}

impl<R: BufRead> Xml<R> {
    pub(crate) fn new(part: R) -> Self {
        let mut reader = Reader::from_reader(Rationed { inner: part, left: 0 });
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: vec![], depth: 0 }
    }

    /// The next event. What ends before its elements do is broken, and so is what declares a type: a workbook has none.
    pub(crate) fn next(&mut self) -> Result<Event<'_>, Unreadable> {
        self.buffer.clear();
        self.reader.get_mut().left = MAX_EVENT;
        let event = self.reader.read_event_into(&mut self.buffer).map_err(|_| Unreadable::Broken)?;
        match event {
            Event::Start(_) if self.depth == MAX_DEPTH => return Err(Unreadable::Broken),
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::Eof if self.depth > 0 => return Err(Unreadable::Broken),
            Event::DocType(_) => return Err(Unreadable::Broken),
            _ => {}
        }
        Ok(event)
    }

    /// How deep the element lies that began last.
    pub(crate) const fn depth(&self) -> usize {
        self.depth
    }

    /// Passes over the rest of the element that began last.
    pub(crate) fn skip(&mut self) -> Result<(), Unreadable> {
        let outside = self.depth - 1;
        while self.depth > outside {
            self.next()?;
        }
        Ok(())
    }

    /// Adds the text of the element that began last, without that of elements inside it.
    pub(crate) fn text(&mut self, into: &mut Kept) -> Result<(), Unreadable> {
        let own = self.depth;
        while self.depth >= own {
            let inside = self.depth > own;
            match self.next()? {
                Event::Text(text) if !inside => into.add(&text.xml10_content()),
                Event::CData(text) if !inside => into.add(&text.xml10_content()),
                Event::GeneralRef(reference) if !inside => {
                    let known = match reference.as_ref() {
                        "lt" => '<',
                        "gt" => '>',
                        "amp" => '&',
                        "apos" => '\'',
                        "quot" => '"',
                        _ => reference.resolve_char_ref().ok().flatten().ok_or(Unreadable::Broken)?,
                    };
                    into.add(known.encode_utf8(&mut [0; 4]));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whether an element is called so, whatever its namespace is called.
pub(crate) fn is_called(start: &BytesStart<'_>, name: &str) -> bool {
    start.local_name().as_ref() == name
}

/// What an element says by this attribute, whatever its namespace is called.
pub(crate) fn attribute<'a>(start: &'a BytesStart<'_>, name: &str) -> Option<Cow<'a, str>> {
    let found =
        start.attributes().with_checks(false).flatten().find(|it| it.key.local_name().as_ref() == name)?;
    found.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()
}

/// Whether an attribute says yes (`xsd:boolean`).
pub(crate) fn says_yes(start: &BytesStart<'_>, name: &str) -> bool {
    attribute(start, name).is_some_and(|value| matches!(value.trim(), "1" | "true" | "on"))
}

/// Bytes that come to an end when an event has more of them than it may.
struct Rationed<R> {
    inner: R,
    left: usize,
}

impl<R: BufRead> BufRead for Rationed<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let available = self.inner.fill_buf()?;
        Ok(&available[..available.len().min(self.left)])
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount);
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Rationed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(xml: &str) -> Result<String, Unreadable> {
        let mut xml = Xml::new(xml.as_bytes());
        while !matches!(xml.next()?, Event::Start(_)) {}
        let mut kept = Kept::new(100);
        xml.text(&mut kept)?;
        assert!(matches!(xml.next()?, Event::Eof));
        Ok(kept.as_str().to_owned())
    }

    #[test]
    fn text_is_put_together_of_all_that_it_may_be_written_as() {
        assert_eq!(
            text("<?xml version=\"1.0\"?>\n<t> a&amp;b&#x41;<!-- c --><![CDATA[<d>]]>\r\n</t>").unwrap(),
            " a&bA<d>\n"
        );
        assert_eq!(text("<t>a<b>c<t>d</t></b>e</t>").unwrap(), "ae");
        assert_eq!(text("<t/>").unwrap(), "");
        for wrong in [
            "<t>",
            "<t>a</u>",
            "<t>&b;</t>",
            "<t>&#0;</t>",
            "<!DOCTYPE t [<!ENTITY b \"c\">]><t>&b;</t>",
            "<t>a<",
            "<t \u{0}",
        ] {
            assert_eq!(text(wrong), Err(Unreadable::Broken), "{wrong}");
        }
    }

    #[test]
    fn no_event_is_large_and_none_is_deep() {
        assert!(text(&format!("<t>{}</t>", "a".repeat(MAX_EVENT / 2))).is_ok());
        assert_eq!(text(&format!("<t>{}</t>", "a".repeat(MAX_EVENT + 1))), Err(Unreadable::Broken));
        assert_eq!(text(&format!("<t a=\"{}\"/>", "a".repeat(MAX_EVENT + 1))), Err(Unreadable::Broken));
        assert_eq!(text(&"<t>".repeat(1_000)), Err(Unreadable::Broken));
    }

    #[test]
    fn attributes_are_found_by_their_own_name() {
        let mut xml =
            Xml::new(b"<x:a r:id='1 &amp; 2' sheetId=\"3\" sheetId=\"4\" hidden=\"true\"/>".as_slice());
        let Event::Start(start) = xml.next().unwrap() else { panic!("no element") };
        assert!(is_called(&start, "a") && says_yes(&start, "hidden") && !says_yes(&start, "sheetId"));
        assert_eq!(attribute(&start, "id").as_deref(), Some("1 & 2"));
        assert_eq!(attribute(&start, "sheetId").as_deref(), Some("3"));
        assert_eq!(attribute(&start, "none"), None);
    }
}
