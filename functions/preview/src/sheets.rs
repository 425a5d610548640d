//! Workbooks and tables: the first rows and columns of their first sheets, as they would be shown.

use std::io::Cursor;

use calamine::{
    Data, ExcelDateTime, Ods, OdsError, Reader, SheetType, SheetVisible, Xls, XlsError, Xlsx, XlsxError,
};
use wire::mailbox::previews::{MAX_CELL, MAX_COLUMNS, MAX_ROWS, MAX_SHEETS, Sheet, Shown, Why, shorten};

use crate::archive;

/// So many cells of a sheet are passed over before no further one is looked for: they may stand in any order.
const MAX_CELLS: usize = 200_000;

/// A workbook of Excel since 2007.
pub(crate) fn xlsx(file: &[u8]) -> Shown {
    shown(archive::check(file).and_then(|()| read_xlsx(file)))
}

/// A workbook in `OpenDocument`.
pub(crate) fn ods(file: &[u8]) -> Shown {
    shown(archive::check(file).and_then(|()| {
        let mut book = Ods::new(Cursor::new(file)).map_err(|error| match error {
            OdsError::Password => Why::Locked,
            _ => Why::Broken,
        })?;
        read_ranges(&mut book)
    }))
}

/// A workbook of older versions of Excel.
pub(crate) fn xls(file: &[u8]) -> Shown {
    let book = Xls::new(Cursor::new(file)).map_err(|error| match error {
        XlsError::Password => Why::Locked,
        _ => Why::Broken,
    });
    shown(book.and_then(|mut book| read_ranges(&mut book)))
}

/// A table that is written as text, its columns parted by whatever seems to part them.
pub(crate) fn table(text: &str) -> Shown {
    let beginning = text.lines().next().unwrap_or_default();
    let parted = |c: &char| beginning.matches(*c).count();
    let separator = [',', ';', '\t', '|'].into_iter().rev().max_by_key(parted).unwrap_or(',');
    shown(Ok((vec![read_table(text, separator)], 0)))
}

type Found = Result<(Vec<Sheet>, usize), Why>;

fn shown(found: Found) -> Shown {
    match found {
        Ok((sheets, more)) => Shown::Sheets { sheets, more: u32::try_from(more).unwrap_or(u32::MAX) },
        Err(why) => Shown::Nothing { why },
    }
}

/// Cell by cell: what lies beyond the last row that is shown is not read.
fn read_xlsx(file: &[u8]) -> Found {
    let why = |error: XlsxError| match error {
        XlsxError::Password => Why::Locked,
        _ => Why::Broken,
    };
    let mut book = Xlsx::new(Cursor::new(file)).map_err(why)?;
    let all: Vec<_> = book.sheets_metadata().to_vec();
    let mut sheets = vec![];
    for sheet in all.iter().take(MAX_SHEETS) {
        let mut grid = Grid::default();
        // A sheet that is only a chart has no cells.
        if sheet.typ == SheetType::WorkSheet {
            let mut cells = book.worksheet_cells_reader(&sheet.name).map_err(why)?;
            for n in 0.. {
                let Some(found) = cells.next_cell().map_err(why)? else { break };
                let (row, column) = found.get_position();
                grid.put(row, column, || cell(&Data::from(found.get_value().clone())));
                if n > MAX_CELLS || row as usize > MAX_ROWS {
                    grid.cut = true;
                    break;
                }
            }
        }
        sheets.push(grid.sheet(&sheet.name, sheet.visible != SheetVisible::Visible));
    }
    Ok((sheets, all.len().saturating_sub(MAX_SHEETS)))
}

fn read_ranges<'a, R: Reader<Cursor<&'a [u8]>>>(book: &mut R) -> Found {
    let all: Vec<_> = book.sheets_metadata().to_vec();
    let mut sheets = vec![];
    for sheet in all.iter().take(MAX_SHEETS) {
        let mut grid = Grid::default();
        if sheet.typ == SheetType::WorkSheet {
            // One that can't be read is not one without cells.
            let range = book.worksheet_range(&sheet.name).map_err(|_| Why::Broken)?;
            for row in (0_u32..).take(MAX_ROWS) {
                for column in (0_u32..).take(MAX_COLUMNS) {
                    if let Some(found) = range.get_value((row, column)).filter(|found| **found != Data::Empty)
                    {
                        grid.put(row, column, || cell(found));
                    }
                }
            }
            let beyond =
                |(row, column): (u32, u32)| row as usize >= MAX_ROWS || column as usize >= MAX_COLUMNS;
            grid.cut = range.end().is_some_and(beyond);
        }
        sheets.push(grid.sheet(&sheet.name, sheet.visible != SheetVisible::Visible));
    }
    Ok((sheets, all.len().saturating_sub(MAX_SHEETS)))
}

/// RFC 4180, and whatever else comes under its name.
fn read_table(text: &str, separator: char) -> Sheet {
    let mut grid = Grid::default();
    let (mut row, mut column, mut field, mut quoted) = (0_u32, 0_u32, String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            '\r' if !quoted => {}
            c if !quoted && (c == separator || c == '\n') => {
                let done = std::mem::take(&mut field);
                grid.put(row, column, || done);
                (row, column) = if c == '\n' { (row + 1, 0) } else { (row, column.saturating_add(1)) };
                if row as usize >= MAX_ROWS {
                    grid.cut = characters.peek().is_some();
                    return grid.sheet("", false);
                }
            }
            // Of a field more than is shown need not be kept.
            c if field.len() <= 8 * MAX_CELL => field.push(c),
            _ => {}
        }
    }
    if !field.is_empty() {
        grid.put(row, column, || field);
    }
    grid.sheet("", false)
}

/// The cells that are shown of a sheet.
#[derive(Default)]
struct Grid {
    rows: Vec<Vec<String>>,
    cut: bool,
}

impl Grid {
    fn put(&mut self, row: u32, column: u32, text: impl FnOnce() -> String) {
        let (row, column) = (row as usize, column as usize);
        if row >= MAX_ROWS || column >= MAX_COLUMNS {
            self.cut = true;
            return;
        }
        if self.rows.len() <= row {
            self.rows.resize(row + 1, vec![]);
        }
        let cells = &mut self.rows[row];
        if cells.len() <= column {
            cells.resize(column + 1, String::new());
        }
        let mut text = text();
        shorten(&mut text, MAX_CELL);
        cells[column] = text;
    }

    /// All rows as long as the longest.
    fn sheet(mut self, name: &str, hidden: bool) -> Sheet {
        let width = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        for row in &mut self.rows {
            row.resize(width, String::new());
        }
        let mut name = name.to_owned();
        shorten(&mut name, MAX_CELL);
        Sheet { name, hidden, rows: self.rows, cut: self.cut }
    }
}

/// What a cell shows.
fn cell(data: &Data) -> String {
    match data {
        Data::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        Data::DateTime(at) => moment(at),
        other => other.to_string(),
    }
}

fn moment(at: &ExcelDateTime) -> String {
    if !at.is_datetime() {
        return format!("{:.2} h", at.as_f64() * 24.0);
    }
    let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
    let (date, time) =
        (format!("{year:04}-{month:02}-{day:02}"), format!("{hour:02}:{minute:02}:{second:02}"));
    match (at.as_f64() < 1.0, time.as_str()) {
        (true, _) => time,
        (false, "00:00:00") => date,
        (false, _) => format!("{date} {time}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::tests::zip;

    const RELS: &[u8] = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    const BOOK: &[u8] = br#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Prices" sheetId="1" r:id="rId1"/><sheet name="Old" sheetId="2" state="hidden" r:id="rId2"/></sheets></workbook>"#;
    const BOOK_RELS: &[u8] = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet2.xml"/></Relationships>"#;

    /// A workbook whose sheets have these rows.
    fn book(first: &str, second: &str, says: Option<u32>) -> Vec<u8> {
        let sheet = |rows: &str| {
            format!(
                r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
            )
        };
        let (first, second) = (sheet(first), sheet(second));
        let files: [(&str, &[u8]); 5] = [
            ("_rels/.rels", RELS),
            ("xl/workbook.xml", BOOK),
            ("xl/_rels/workbook.xml.rels", BOOK_RELS),
            ("xl/worksheets/sheet1.xml", first.as_bytes()),
            ("xl/worksheets/sheet2.xml", second.as_bytes()),
        ];
        zip(&files, says)
    }

    fn words(place: &str, text: &str) -> String {
        format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
    }

    #[test]
    fn the_first_rows_and_columns_of_a_workbook_are_shown() {
        let rows = format!(
            r#"<row r="1">{}<c r="B1"><v>12.5</v></c></row><row r="3">{}{}</row><row r="60">{}</row>"#,
            words("A1", "Bolt"),
            words("A3", "Nut"),
            words("Z3", "too far"),
            words("A60", "too deep"),
        );
        let file = book(&rows, "", None);
        assert!(mail::media_type(&file).is_some_and(|kind| kind.ends_with("spreadsheetml.sheet")));
        let Shown::Sheets { sheets, more: 0 } = xlsx(&file) else { panic!("{:?}", xlsx(&file)) };
        let [prices, old] = &sheets[..] else { panic!("{sheets:?}") };
        assert_eq!((prices.name.as_str(), prices.hidden, prices.cut), ("Prices", false, true));
        assert_eq!(prices.rows, [["Bolt", "12.5"], ["", ""], ["Nut", ""]]);
        assert_eq!((old.name.as_str(), old.hidden, old.rows.len()), ("Old", true, 0));
    }

    #[test]
    fn a_table_is_parted_by_what_parts_it() {
        let one = |text: &str| match table(text) {
            Shown::Sheets { mut sheets, .. } => sheets.remove(0),
            other => panic!("{other:?}"),
        };
        assert_eq!(one("a,b\r\n\"c, \"\"d\"\"\",e\n").rows, [["a", "b"], ["c, \"d\"", "e"]]);
        assert_eq!(one("a;b,c\td;e\n1;2;3").rows, [["a", "b,c\td", "e"], ["1", "2", "3"]]);
        assert_eq!(one("a\tb\n\"unclosed").rows, [["a", "b"], ["unclosed", ""]]);
        let long = one(&"x,y\n".repeat(1_000));
        assert_eq!((long.rows.len(), long.cut), (MAX_ROWS, true));
        let wide = one(&",".repeat(1_000));
        assert_eq!((wide.rows[0].len(), wide.cut), (MAX_COLUMNS, true));
        assert_eq!(one(&"w".repeat(100_000)).rows[0][0].chars().count(), MAX_CELL + 1);
    }

    #[test]
    fn hostile_workbooks_end() {
        let air = " ".repeat(60 << 20);
        assert_eq!(xlsx(&book(&air, "", None)), Shown::Nothing { why: Why::TooMuch });
        assert!(matches!(xlsx(&book(&air, "", Some(10))), Shown::Nothing { .. }));
        // Two cells that are as far from each other as a sheet is large.
        let far = format!(
            "<row r=\"1\">{}</row><row r=\"1048576\">{}</row>",
            words("A1", "a"),
            words("XFD1048576", "b")
        );
        let Shown::Sheets { sheets, .. } = xlsx(&book(&far, "", None)) else { panic!("no sheets") };
        assert_eq!((sheets[0].rows.len(), sheets[0].cut), (1, true));
        let whole = book("", "", None);
        for end in [4, whole.len() / 2, whole.len() - 8] {
            for read in [xlsx, ods, xls] {
                assert!(matches!(read(&whole[..end]), Shown::Nothing { .. }));
            }
        }
        let ole = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &[0xFF; 600]].concat();
        assert_eq!(xls(&ole), Shown::Nothing { why: Why::Broken });
    }
}
