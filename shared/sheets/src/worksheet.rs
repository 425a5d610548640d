//! One sheet of a workbook (ECMA-376 part 1, 18.3.1), read from its first event to its last: what is not kept of it takes no memory.
//!
//! It is read here and not by a library since of rows and columns it matters which are hidden, of numbers how they were written,
//! and of all of it how much there is.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use domain::gate::sheet::{Cell, MAX_CELL, MAX_COLUMNS, SheetNote, Unreadable};
use jiff::civil::DateTime;
use quick_xml::events::{BytesStart, Event};

use crate::decimal::Decimal;
use crate::format::Format;
use crate::moment;
use crate::package::Part;
use crate::table::{Found, Problem, Row, Table};
use crate::text::{Kept, is_blank};
use crate::workbook::Shared;
use crate::xml::{attribute, is_called, says_yes};

/// So many rows and columns a sheet has at most (Excel's limits).
const ROWS: u32 = 1_048_576;
const COLUMNS: u32 = 16_384;
/// An escape has so many characters.
const ESCAPE: usize = "_x000D_".len();
/// So many characters of a reference are told.
const MAX_REFERENCE: usize = 40;

/// A sheet that was read.
pub(crate) struct Worksheet {
    pub(crate) table: Table,
    pub(crate) hidden_columns: Vec<RangeInclusive<u32>>,
    pub(crate) notes: Vec<SheetNote>,
}

/// Reads a sheet. Nothing where it is none with cells, but a chart.
pub(crate) fn read(part: Part<'_, '_>, shared: &Shared) -> Result<Option<Worksheet>, Unreadable> {
    let mut reading = Reading {
        part,
        shared,
        raw: Kept::new(MAX_CELL + 1),
        table: Table::default(),
        hidden_columns: vec![],
        merged: None,
        long: None,
    };
    if !reading.read()? {
        return Ok(None);
    }
    let notes = [
        reading.merged.map(|(count, first)| SheetNote::MergedCells(count, first)),
        reading.long.map(|(count, first)| SheetNote::LongNumbers(count, first)),
    ];
    let notes = notes.into_iter().flatten().collect();
    Ok(Some(Worksheet { table: reading.table, hidden_columns: reading.hidden_columns, notes }))
}

struct Reading<'p, 'a, 's> {
    part: Part<'p, 'a>,
    shared: &'s Shared,
    raw: Kept,
    table: Table,
    hidden_columns: Vec<RangeInclusive<u32>>,
    /// How many areas are merged, and the first.
    merged: Option<(usize, String)>,
    /// How many numbers have more digits than are kept, and the row of the first.
    long: Option<(usize, u32)>,
}

/// What a cell says of itself.
#[derive(Default)]
struct Said {
    row: Option<u32>,
    column: Option<u32>,
    style: usize,
    kind: Kind,
}

/// What the value of a cell stands for (ECMA-376 part 1, 18.18.11).
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Kind {
    #[default]
    Number,
    Shared,
    Text,
    Truth,
    Date,
    Error,
}

impl Reading<'_, '_, '_> {
    /// Whether it is a sheet with cells.
    fn read(&mut self) -> Result<bool, Unreadable> {
        let mut named = false;
        loop {
            match self.part.next()? {
                Event::Start(start) if !named => {
                    named = is_called(&start, "worksheet");
                    if !named {
                        return Ok(false);
                    }
                }
                Event::Start(start) => match start.local_name().as_ref() {
                    "col" if says_yes(&start, "hidden") && self.hidden_columns.len() < COLUMNS as usize => {
                        let number =
                            |name| attribute(&start, name).and_then(|it| it.trim().parse::<u32>().ok());
                        if let (Some(first @ 1..), Some(last @ 1..)) = (number("min"), number("max")) {
                            self.hidden_columns.push(first - 1..=last - 1);
                        }
                    }
                    "sheetData" => self.rows()?,
                    "mergeCell" => {
                        let area = attribute(&start, "ref").unwrap_or_default();
                        let merged = self
                            .merged
                            .get_or_insert_with(|| (0, area.chars().take(MAX_REFERENCE).collect()));
                        merged.0 += 1;
                    }
                    _ => {}
                },
                Event::Eof => return Ok(named),
                _ => {}
            }
        }
    }

    fn rows(&mut self) -> Result<(), Unreadable> {
        let outside = self.part.depth() - 1;
        let mut last = 0;
        while self.part.depth() > outside {
            let row = match self.part.next()? {
                Event::Start(start) if is_called(&start, "row") => {
                    let number = attribute(&start, "r").map(|it| it.trim().parse::<u32>());
                    Some((number.transpose().map_err(|_| Unreadable::Broken)?, says_yes(&start, "hidden")))
                }
                _ => None,
            };
            if let Some((number, hidden)) = row {
                last = self.row(number, hidden, last)?;
            }
        }
        Ok(())
    }

    /// Reads a row, and gives its number: the one that it says, or its cells, or the next.
    fn row(&mut self, says: Option<u32>, hidden: bool, last: u32) -> Result<u32, Unreadable> {
        let outside = self.part.depth() - 1;
        let mut row = Row { number: says.unwrap_or(last + 1), hidden, ..Row::default() };
        let mut next = 0;
        let mut first = says.is_none();
        while self.part.depth() > outside {
            let said = match self.part.next()? {
                Event::Start(start) if is_called(&start, "c") => Some(said(&start)?),
                _ => None,
            };
            let Some(said) = said else { continue };
            if first {
                row.number = said.row.unwrap_or(row.number);
                first = false;
            }
            let column = said.column.unwrap_or(next);
            next = column + 1;
            if let Some((cell, problem)) = self.cell(&said, row.number)?
                && (problem.is_some() || !is_blank(&cell.text))
            {
                put(&mut row.cells, Found { column, cell, problem })?;
            }
        }
        // Whatever comes after another stands below it: what is made of a row is known by its number.
        if !(last + 1..=ROWS).contains(&row.number) {
            return Err(Unreadable::Broken);
        }
        let number = row.number;
        self.table.put(row)?;
        Ok(number)
    }

    /// Reads a cell: nothing where it has no value.
    fn cell(&mut self, said: &Said, row: u32) -> Result<Option<(Cell, Option<Problem>)>, Unreadable> {
        let outside = self.part.depth() - 1;
        let (mut valued, mut formula) = (false, false);
        self.raw.clear();
        while self.part.depth() > outside {
            let (value, rich) = match self.part.next()? {
                Event::Start(start) => {
                    formula |= is_called(&start, "f");
                    (is_called(&start, "v"), is_called(&start, "is"))
                }
                _ => continue,
            };
            if value {
                self.raw.clear();
                self.part.text(&mut self.raw)?;
            } else if rich {
                rich_text(&mut self.part, &mut self.raw)?;
            } else {
                self.part.skip()?;
            }
            valued |= value || rich;
        }
        // Only of text an empty value is one.
        if formula && said.kind != Kind::Text && self.raw.as_str().trim().is_empty() {
            return Ok(Some((Cell::default(), Some(Problem::Unsaved))));
        }
        if valued { self.value(said, row) } else { Ok(None) }
    }

    fn value(&mut self, said: &Said, row: u32) -> Result<Option<(Cell, Option<Problem>)>, Unreadable> {
        let raw = self.raw.as_str();
        let bare = raw.trim();
        let text = |text: &str| Cell { text: text.to_owned(), at: None };
        let cell = match said.kind {
            Kind::Text => text(&unescaped(raw)),
            _ if bare.is_empty() => return Ok(None),
            Kind::Shared => {
                let at = bare.parse().map_err(|_| Unreadable::Broken)?;
                text(self.shared.string(at).ok_or(Unreadable::Broken)?)
            }
            Kind::Truth => text(match bare {
                "1" | "true" => "TRUE",
                "0" | "false" => "FALSE",
                other => other,
            }),
            Kind::Error => return Ok(Some((text(bare), Some(Problem::Error)))),
            Kind::Date => {
                let (text, at) = moment::iso(bare);
                Cell { text, at }
            }
            Kind::Number => {
                let Some(number) = Decimal::parse(bare) else { return Ok(Some((text(bare), None))) };
                let (text, at) = shown(self.shared.format(said.style), &number, bare, self.shared.since_1904);
                if number.is_long() && at.is_none() {
                    self.long.get_or_insert((0, row)).0 += 1;
                }
                Cell { text, at }
            }
        };
        Ok(Some((cell, None)))
    }
}

/// What a cell shows of a number, and the date that it holds.
fn shown(format: &Format, number: &Decimal, written: &str, since_1904: bool) -> (String, Option<DateTime>) {
    let Format::Moment(moment) = format else { return (format.show(number), None) };
    let date = written.parse().ok().and_then(|serial| moment::show(*moment, serial, since_1904));
    date.unwrap_or_else(|| (number.general(), None))
}

/// Adds a cell to a row: nearly always as the last. Of two in one column the later counts.
fn put(cells: &mut Vec<Found>, found: Found) -> Result<(), Unreadable> {
    match cells.last() {
        Some(last) if last.column >= found.column => {
            match cells.binary_search_by_key(&found.column, |it| it.column) {
                Ok(at) => cells[at] = found,
                Err(at) => cells.insert(at, found),
            }
        }
        _ => cells.push(found),
    }
    if cells.len() > MAX_COLUMNS { Err(Unreadable::TooManyColumns) } else { Ok(()) }
}

fn said(start: &BytesStart<'_>) -> Result<Said, Unreadable> {
    let mut said = Said::default();
    for attribute in start.attributes().with_checks(false).flatten() {
        let value = attribute.value.trim();
        match attribute.key.as_ref() {
            "r" => {
                let (column, row) = reference(value).ok_or(Unreadable::Broken)?;
                (said.column, said.row) = (Some(column), Some(row));
            }
            "s" => said.style = value.parse().unwrap_or_default(),
            "t" => {
                said.kind = match value {
                    "s" => Kind::Shared,
                    "b" => Kind::Truth,
                    "d" => Kind::Date,
                    "e" => Kind::Error,
                    "str" | "inlineStr" => Kind::Text,
                    _ => Kind::Number,
                }
            }
            _ => {}
        }
    }
    Ok(said)
}

/// The column, from 0, and the row, from 1, that a reference means (`B2`).
fn reference(text: &str) -> Option<(u32, u32)> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = text.split_at(digits);
    let mut column = 0_u32;
    for letter in letters.bytes() {
        if !letter.is_ascii_alphabetic() || column > COLUMNS {
            return None;
        }
        column = column * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1;
    }
    let row = row.parse().ok().filter(|row| (1..=ROWS).contains(row))?;
    (1..=COLUMNS).contains(&column).then(|| (column - 1, row))
}

/// The text of a string in runs of several formats (18.4.8), without how it is pronounced.
pub(crate) fn rich_text<R: std::io::BufRead>(
    xml: &mut crate::xml::Xml<R>,
    into: &mut Kept,
) -> Result<(), Unreadable> {
    into.clear();
    let outside = xml.depth() - 1;
    while xml.depth() > outside {
        let (text, spoken) = match xml.next()? {
            Event::Start(start) => (is_called(&start, "t"), is_called(&start, "rPh")),
            _ => continue,
        };
        if text {
            xml.text(into)?;
        } else if spoken {
            xml.skip()?;
        }
    }
    Ok(())
}

/// A string without the escapes of characters that XML can't have (22.9.2.19): `_x000D_` is the end of a line.
pub(crate) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains("_x") {
        return Cow::Borrowed(text);
    }
    let mut all = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let code = rest.get(at + 2..at + 6).filter(|_| rest[at + 6..].starts_with('_'));
        let code = code.filter(|it| it.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let meant = code.and_then(|it| u32::from_str_radix(it, 16).ok()).and_then(char::from_u32);
        let (before, behind) = rest.split_at(at);
        all.push_str(before);
        if let Some(c) = meant {
            // Of those that control a terminal a cell shows nothing.
            all.extend((!c.is_control() || matches!(c, '\t' | '\n' | '\r')).then_some(c));
            rest = &behind[ESCAPE..];
        } else {
            all.push_str("_x");
            rest = &behind[2..];
        }
    }
    all.push_str(rest);
    Cow::Owned(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_columns_and_rows() {
        for (text, found) in [
            ("A1", Some((0, 1))),
            ("b20", Some((1, 20))),
            ("XFD1048576", Some((16_383, 1_048_576))),
            ("XFE1", None),
            ("A1048577", None),
            ("A0", None),
            ("1", None),
            ("A", None),
            ("", None),
            ("$A$1", None),
            ("AAAAAAAAAAAAAAAA1", None),
            ("Ä1", None),
            ("A99999999999999999999", None),
        ] {
            assert_eq!(reference(text), found, "{text}");
        }
    }

    #[test]
    fn escapes_stand_for_characters() {
        for (text, meant) in [
            ("a_x000D_\nb", "a\r\nb"),
            ("_x005F_x000D_", "_x000D_"),
            ("_x0041_", "A"),
            ("_x00", "_x00"),
            ("_x00zz_", "_x00zz_"),
            ("_x000D", "_x000D"),
            ("_xD800_", "_xD800_"),
            ("a_x0000__x0007_b", "ab"),
            ("_xüüü_", "_xüüü_"),
            ("my_xray", "my_xray"),
        ] {
            assert_eq!(unescaped(text), meant, "{text}");
        }
    }

    #[test]
    fn cells_stand_in_the_order_of_their_columns() {
        let mut cells = vec![];
        for (column, text) in [(1, "b"), (3, "d"), (0, "a"), (3, "D"), (2, "c")] {
            let cell = Cell { text: text.to_owned(), at: None };
            put(&mut cells, Found { column, cell, problem: None }).unwrap();
        }
        let texts: String = cells.iter().map(|found| found.cell.text.as_str()).collect();
        assert_eq!(texts, "abcD");
    }
}
