//! Text whose cells a character parts: RFC 4180, and what else comes under its name.
//!
//! It is read here and not by a library since three things matter that those don't say: which row it is when blank lines are
//! counted, that a quote was never closed, and that no more of a cell is built than is kept.

use domain::gate::sheet::{Cell, MAX_CELL, MAX_COLUMNS, Sheet, SheetKind, SheetNote, Unreadable};

use crate::table::{Found, Row, Table};
use crate::text::{Kept, decode, is_blank};

/// What parts cells, the likelier first where all else is equal: prose is full of commas.
const SEPARATORS: [char; 4] = ['\t', ';', '|', ','];
/// So many bytes, and so many rows in them, say what parts the cells.
const LOOKED_AT: usize = 256 * 1024;
const ROWS_LOOKED_AT: usize = 100;

/// The sheet that a text holds.
pub(crate) fn read(file: &[u8], filename: &str) -> Result<Sheet, Unreadable> {
    let (text, charset) = decode(file)?;
    // The end of a file on DOS.
    let text = text.trim_end_matches('\u{1a}');
    let (separator, text) = match declared(text) {
        Some((separator, rest)) => (separator, rest),
        None => (guess(text, filename), text),
    };
    let mut records = Records::new(text, separator);
    let mut table = Table::default();
    // How many cells a row has: as many as the first that is not blank.
    let mut width = None;
    let mut number = 0;
    while let Some(record) = records.next(width)? {
        number += 1;
        if width.is_none() && !record.cells.is_empty() {
            width = Some(record.fields);
        }
        table.put(Row { number, hidden: false, cells: record.cells, extra: record.extra })?;
    }
    let notes = charset.map(|name| SheetNote::CharacterSet(name.to_owned())).into_iter().collect();
    table.sheet(SheetKind::Separated(separator), notes, |_| false)
}

/// What a first line says that is meant for Excel (`sep=;`), and what comes behind it. Excel does not show that line, nor count it.
fn declared(text: &str) -> Option<(char, &str)> {
    let behind = text.get(..4).filter(|it| it.eq_ignore_ascii_case("sep=")).map(|it| &text[it.len()..])?;
    let separator =
        behind.chars().next().filter(|c| !c.is_alphanumeric() && !matches!(c, '"' | '\r' | '\n'))?;
    let rest = &behind[separator.len_utf8()..];
    let line = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r']));
    line.map(|rest| (separator, rest)).or_else(|| rest.is_empty().then_some((separator, rest)))
}

/// What seems to part the cells: what does so into equally many in most rows, and in the first of them.
fn guess(text: &str, filename: &str) -> char {
    let end = (0..=LOOKED_AT.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let sample = &text[..end];
    // The last line may be cut.
    let sample =
        if end < text.len() { sample.rfind(['\n', '\r']).map_or(sample, |at| &sample[..at]) } else { sample };
    let tab = filename
        .rsplit_once('.')
        .is_some_and(|(_, kind)| kind.eq_ignore_ascii_case("tsv") || kind.eq_ignore_ascii_case("tab"));
    if tab && agreement(sample, '\t').is_some() {
        return '\t';
    }
    let best = SEPARATORS.into_iter().rev().filter_map(|it| Some((agreement(sample, it)?, it)));
    let best = best.max_by_key(|(agreement, _)| *agreement);
    best.map_or(if tab { '\t' } else { ',' }, |(_, separator)| separator)
}

/// How well this character parts rows: the share of those with equally many cells, which counts double where the first
/// is one of them, then how many cells these are. Nothing where it parts none.
fn agreement(sample: &str, separator: char) -> Option<(usize, usize)> {
    let mut records = Records::new(sample, separator);
    let mut counts = vec![];
    // Behind a quote that is not closed nothing can be counted.
    while counts.len() < ROWS_LOOKED_AT
        && let Ok(Some(record)) = records.next(Some(0))
    {
        if record.extra.is_some() {
            counts.push(record.fields);
        }
    }
    let rows_with = |count: usize| counts.iter().filter(|it| **it == count).count();
    let usual =
        counts.iter().copied().filter(|count| *count > 1).max_by_key(|count| (rows_with(*count), *count))?;
    let weight = if counts.first() == Some(&usual) { 2_000 } else { 1_000 };
    Some((rows_with(usual) * weight / counts.len(), usual))
}

/// A row of a text.
struct Record {
    /// How many cells it has.
    fields: usize,
    /// Those in which anything stands.
    cells: Vec<Found>,
    /// The first beyond the width in which anything stands.
    extra: Option<String>,
}

/// What stands behind a cell.
#[derive(PartialEq, Eq)]
enum End {
    Cell,
    Row,
    Text,
}

/// The rows of a text, one by one.
struct Records<'a> {
    rest: &'a str,
    separator: char,
    field: Kept,
}

impl<'a> Records<'a> {
    fn new(text: &'a str, separator: char) -> Self {
        // One more than a cell may have tells that it has too many.
        Self { rest: text, separator, field: Kept::new(MAX_CELL + 1) }
    }

    /// The next row: a blank line is one as well. Beyond the width no cells are kept, and without one no more than a sheet may have.
    fn next(&mut self, width: Option<usize>) -> Result<Option<Record>, Unreadable> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let mut record = Record { fields: 0, cells: vec![], extra: None };
        loop {
            let end = self.field()?;
            if !is_blank(self.field.as_str()) {
                let text = self.field.as_str();
                if width.is_some_and(|width| record.fields >= width) {
                    record.extra.get_or_insert_with(|| text.to_owned());
                } else {
                    let column = u32::try_from(record.fields).map_err(|_| Unreadable::TooManyColumns)?;
                    let cell = Cell { text: text.to_owned(), at: None };
                    record.cells.push(Found { column, cell, problem: None });
                }
            }
            record.fields += 1;
            if record.cells.len() > MAX_COLUMNS {
                return Err(Unreadable::TooManyColumns);
            }
            if end != End::Cell {
                return Ok(Some(record));
            }
        }
    }

    /// Reads a cell, and what ends it.
    fn field(&mut self) -> Result<End, Unreadable> {
        self.field.clear();
        if let Some(quoted) = self.rest.strip_prefix('"') {
            self.rest = quoted;
            self.quoted()?;
        }
        let end = self.rest.find([self.separator, '\r', '\n']).unwrap_or(self.rest.len());
        self.field.add(&self.rest[..end]);
        self.rest = &self.rest[end..];
        if let Some(rest) = self.rest.strip_prefix(self.separator) {
            self.rest = rest;
            return Ok(End::Cell);
        }
        let line = self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix(['\r', '\n']));
        self.rest = line.unwrap_or_default();
        Ok(if line.is_some() { End::Row } else { End::Text })
    }

    /// Reads up to the quote that closes a cell. Where none does, it holds the rest of the file, and nobody can say which rows that was;
    /// the same where lines are between two quotes of which the second opens another cell.
    fn quoted(&mut self) -> Result<(), Unreadable> {
        let mut lines = false;
        loop {
            let (inside, rest) = self.rest.split_once('"').ok_or(Unreadable::Broken)?;
            self.field.add(inside);
            lines |= inside.contains(['\r', '\n']);
            self.rest = rest;
            let Some(rest) = rest.strip_prefix('"') else { break };
            self.field.add("\"");
            self.rest = rest;
        }
        let behind = self.rest.split([self.separator, '\r', '\n']).next().unwrap_or_default();
        if lines && !is_blank(behind) { Err(Unreadable::Broken) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use domain::gate::sheet::CellProblem;
    use proptest::prelude::*;

    use super::*;

    fn sheet(text: &str) -> Sheet {
        read(text.as_bytes(), "list.csv").unwrap()
    }

    fn texts(sheet: &Sheet) -> Vec<Vec<&str>> {
        sheet.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text.as_str()).collect()).collect()
    }

    fn numbers(sheet: &Sheet) -> Vec<u32> {
        sheet.rows.iter().map(|row| row.number).collect()
    }

    #[test]
    fn a_mark_is_no_part_of_the_first_name() {
        let list = sheet("\u{feff}\"email\",\"name\"\r\ncleo@partner.example.test,\"Ø, Prof.\"\r\n\r\n\r\n");
        assert_eq!(list.columns, ["email", "name"]);
        assert_eq!(texts(&list), [["cleo@partner.example.test", "Ø, Prof."]]);
        assert_eq!((list.kind, list.notes.len()), (SheetKind::Separated(','), 0));
        let wide: Vec<u8> = "\u{feff}email;name\r\ndan@partner.example.test;Dan\r\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let list = read(&wide, "list.txt").unwrap();
        assert_eq!(list.columns, ["email", "name"]);
        assert_eq!(list.notes, [SheetNote::CharacterSet("UTF-16LE".to_owned())]);
    }

    #[test]
    fn cells_keep_the_spaces_around_them_but_nothing_else_is_empty() {
        let list =
            sheet("email,name\n \u{a0}eve@partner.example.test\u{200b} ,Eve\n\u{a0},\u{200b}\nx,\u{a0}\n");
        assert_eq!(texts(&list), [[" \u{a0}eve@partner.example.test\u{200b} ", "Eve"], ["x", ""]]);
        assert_eq!(list.notes, [SheetNote::EmptyRows(1)]);
    }

    #[test]
    fn what_is_quoted_belongs_to_the_cell() {
        let list = sheet("a,b,c\r\n\"1\r\n2\n3\",\"say \"\"hi\"\"\",\"x,y\"\r\n4\" pipe,\"5\"x, \"6\"\r\n");
        assert_eq!(texts(&list), [["1\r\n2\n3", "say \"hi\"", "x,y"], ["4\" pipe", "5x", " \"6\""]]);
        assert_eq!(numbers(&list), [2, 3]);
    }

    #[test]
    fn lines_may_end_as_they_did_on_any_system() {
        for end in ["\n", "\r\n", "\r"] {
            let list = sheet(&["a;b", "1;2", "", "3;4", ""].join(end));
            assert_eq!(texts(&list), [["1", "2"], ["3", "4"]], "{end:?}");
            assert_eq!(numbers(&list), [2, 4]);
            assert_eq!(list.notes, [SheetNote::EmptyRows(1)]);
        }
        assert_eq!(texts(&sheet("a,b\n1,2\n\u{1a}")), [["1", "2"]]);
    }

    #[test]
    fn short_rows_lack_cells_and_long_ones_have_a_problem() {
        let list = sheet("a,b,c\n1\n1,2,3,,\n1,2,3,,x,y\n,,,z\n");
        assert_eq!(texts(&list), [["1", "", ""], ["1", "2", "3"], ["1", "2", "3"], ["", "", ""]]);
        let problems: Vec<_> = list.rows.iter().map(|row| row.problems.clone()).collect();
        let extra = |text: &str| vec![CellProblem::TooManyCells(text.to_owned())];
        assert_eq!(problems, [vec![], vec![], extra("x"), extra("z")]);
        // Columns that the header leaves open are columns, where anything stands in them.
        let list = sheet("a,,,\n1,,3,\n");
        assert_eq!(
            (list.columns, list.rows[0].cells.len()),
            (vec!["a".to_owned(), "Column C".to_owned()], 2)
        );
    }

    #[test]
    fn a_row_is_numbered_as_a_spreadsheet_numbers_it() {
        let list = sheet("\n\na,b\n\"1\n\n1\",2\n\n,\n3,4\n\n\n");
        assert_eq!(numbers(&list), [4, 7]);
        assert_eq!(list.notes, [SheetNote::EmptyRows(2)]);
    }

    #[test]
    fn what_parts_the_cells_is_found() {
        for (text, separator) in [
            ("a,b\n1,2\n", ','),
            ("a;b\n1;2\n", ';'),
            ("a\tb\n1\t2\n", '\t'),
            ("a|b\n1|2\n", '|'),
            ("name;x;y\nAnn;1,5;2,5\nBo;3,5;4,5\n", ';'),
            ("a;b,c\td;e\n1;2;3\n", ';'),
            ("\"a;b;c\",d\n\"1;2;3\",4\n", ','),
            ("\"a\n;;;\",d\n1,4\n", ','),
            ("email,tags\nx,red;blue\ny,red;green\nz,red;green;blue\n", ','),
            ("name;remark\nAnn;nice, kind, old\nBo;tall\nCy;a, b, c, d\n", ';'),
            ("a;b;c\n1;2\n3;4;5\n6\n", ';'),
            ("id;full name, first\n1;Doe, Ann\n2;Roe, Bo\n", ';'),
            ("note\nhello, world\nhello\nwhat?\n", ','),
            ("email\nx@partner.example.test\n", ','),
            ("Report\nname;town\nAnn;Ulm\n", ';'),
            ("a;b;c", ';'),
        ] {
            assert_eq!(guess(text, "list.csv"), separator, "{text}");
        }
        assert_eq!(guess("a,b\t c\n1,2\t3\n", "List.TSV"), '\t');
        assert_eq!(guess("a,b\n1,2\n", "list.tab"), ',');
        assert_eq!(guess("a\n1\n", "list.tsv"), '\t');
        let long = format!("a;b\n{}", "1,5;2,5\n".repeat(100_000));
        assert_eq!(guess(&long, ""), ';');
    }

    #[test]
    fn what_excel_is_told_is_heard() {
        for first in ["sep=;\r\n", "SEP=;\n", "\u{feff}sep=;\r"] {
            let list = sheet(&format!("{first}a,x;b\n1,5;2,5\n"));
            assert_eq!(list.columns, ["a,x", "b"]);
            assert_eq!((list.kind, list.rows[0].number), (SheetKind::Separated(';'), 2));
        }
        assert_eq!(sheet("sep=^\na^b\n1^2\n").columns, ["a", "b"]);
        assert_eq!(read(b"sep=;", ""), Err(Unreadable::Empty));
        assert_eq!(sheet("sep=x\n1\n").columns, ["sep=x"]);
    }

    #[test]
    fn a_file_with_one_column_is_a_sheet() {
        let list = sheet(
            "email\nfay@partner.example.test\n\"gus@partner.example.test; hal@partner.example.test\"\n",
        );
        assert_eq!((list.columns.len(), list.rows.len()), (1, 2));
        let list = sheet("fay@partner.example.test\ngus@partner.example.test");
        assert_eq!(
            (list.columns, list.rows.len(), list.notes),
            (vec!["Column A".to_owned()], 2, vec![SheetNote::NoHeader])
        );
    }

    #[test]
    fn a_quote_that_is_not_closed_is_no_row() {
        for text in ["a,b\n\"1,2\n3,4\n", "a,b\n1,\"", "\"a,b\n1,2\n", "a,b\n\"1,2\n3,\"4\"\n5,6\n"] {
            assert_eq!(read(text.as_bytes(), ""), Err(Unreadable::Broken), "{text}");
        }
        assert_eq!(texts(&sheet("a,b\n\"1\n\" ,2\n")), [["1\n ", "2"]]);
    }

    #[test]
    fn a_file_without_rows_says_so() {
        for text in ["", "\u{feff}", "\n\n", " , \r\n\u{a0}\n"] {
            assert_eq!(read(text.as_bytes(), ""), Err(Unreadable::Empty), "{text:?}");
        }
        for text in ["email,name", "email,name\n", "email,name\r\n\r\n,\r\n"] {
            assert_eq!(read(text.as_bytes(), ""), Err(Unreadable::NoRows), "{text:?}");
        }
    }

    #[test]
    fn no_file_is_read_further_than_a_sheet_may_go() {
        let read = |text: &str| read(text.as_bytes(), "");
        assert_eq!(read(&format!("a{}\n1\n", ",b".repeat(MAX_COLUMNS))), Err(Unreadable::TooManyColumns));
        assert_eq!(read(&"a,b\n".repeat(10_002)), Err(Unreadable::TooManyRows));
        assert!(read(&"a,b\n".repeat(10_001)).is_ok());
        assert!(read(&format!("a{}\n1\n", ",".repeat(100_000))).is_ok());
        let long = read(&format!("a,b\n1,\"{}\"\n", "x\"\"".repeat(MAX_CELL))).unwrap();
        assert_eq!(long.rows[0].problems, [CellProblem::TooLong(1)]);
        assert_eq!(long.rows[0].cells[1].text.len(), MAX_CELL);
        let long = read(&format!("a\n1,{}\n", "x".repeat(MAX_CELL * 3))).unwrap();
        assert!(matches!(&long.rows[0].problems[..], [CellProblem::TooManyCells(_)]));
    }

    proptest! {
        /// What the library reads that everybody uses is read here as well, where no line is blank.
        #[test]
        fn rows_are_those_that_another_reader_finds(
            rows in prop::collection::vec(prop::collection::vec("[ -~üß\n\r\"]{0,8}", 3), 1..8),
            ends in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        ) {
            let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
            let text: String = rows
                .iter()
                .map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(";") + ends)
                .collect();
            let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(b';').from_reader(text.as_bytes());
            let expected: Vec<Vec<String>> = reader
                .records()
                .map(|row| row.unwrap().iter().map(str::to_owned).collect())
                .collect();
            prop_assert_eq!(&expected, &rows);
            let mut records = Records::new(&text, ';');
            for row in &expected {
                let record = records.next(None).unwrap().unwrap();
                prop_assert_eq!(record.fields, row.len());
                for (at, text) in row.iter().enumerate() {
                    let found = record.cells.iter().find(|found| found.column as usize == at);
                    prop_assert_eq!(found.map_or("", |it| it.cell.text.as_str()), if is_blank(text) { "" } else { text });
                }
            }
            prop_assert!(records.next(None).unwrap().is_none());
        }

        /// The same for text of any form, as long as each of its quotes opens or closes a cell.
        #[test]
        fn text_of_any_form_is_read_as_another_reader_reads_it(text in "([a-c ]{0,3}|\"([a-c;\n]|\"\"){0,4}\")([;\n]([a-c ]{1,3}|\"([a-c;\n]|\"\"){1,4}\")){0,12}") {
            let mut reader =
                csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(b';').from_reader(text.as_bytes());
            let theirs: Vec<Vec<String>> =
                reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
            let mut records = Records::new(&text, ';');
            let mut ours = vec![];
            while let Some(record) = records.next(None).unwrap() {
                let mut row = vec![String::new(); record.fields];
                for found in record.cells {
                    row[found.column as usize] = found.cell.text;
                }
                ours.push(row);
            }
            let seen = |rows: Vec<Vec<String>>| -> Vec<Vec<String>> {
                let seen = |cell: String| if is_blank(&cell) { String::new() } else { cell };
                let rows = rows.into_iter().map(|row| row.into_iter().map(seen).collect::<Vec<_>>());
                rows.filter(|row| row.iter().any(|cell| !cell.is_empty())).collect()
            };
            prop_assert_eq!(seen(ours), seen(theirs));
        }

        #[test]
        fn no_text_makes_it_fall(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "[\"a,;|\t\r\n@.\u{a0}=]{0,80}") {
            let _ = read(&bytes, "a.csv");
            let _ = read(text.as_bytes(), "a.tsv");
        }
    }
}
