//! What both kinds of files become: rows are put in one by one, and a sheet with a header comes out.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::mem::take;

use domain::gate::sheet::{
    Cell, CellProblem, MAX_CELL, MAX_COLUMNS, MAX_ROWS, MAX_TEXT, Sheet, SheetKind, SheetNote, SheetRow,
    Unreadable,
};

use crate::text::{in_one_line, is_blank, shorten, trimmed};

/// The name of a column has at most so many characters.
const MAX_NAME: usize = 100;

/// A row as it was found.
#[derive(Debug, Default)]
pub(crate) struct Row {
    /// The first of the sheet is 1.
    pub(crate) number: u32,
    pub(crate) hidden: bool,
    /// In the order of their columns, each column once.
    pub(crate) cells: Vec<Found>,
    /// The first that is one too many and holds something.
    pub(crate) extra: Option<String>,
}

/// A cell as it was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The first of the sheet is 0.
    pub(crate) column: u32,
    pub(crate) cell: Cell,
    pub(crate) problem: Option<Problem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// What it shows is an error.
    Error,
    /// It was cut.
    Long,
    /// It is a formula whose value was not saved.
    Unsaved,
}

/// Rows that become a sheet. It never holds more than a sheet may have.
#[derive(Debug, Default)]
pub(crate) struct Table {
    header: Option<Row>,
    rows: Vec<Row>,
    /// The columns in which anything stands.
    columns: BTreeSet<u32>,
    /// Bytes of text.
    text: usize,
}

impl Table {
    /// The next row. Cells in which nobody sees anything, and that are no problem, are empty, and a row of them is none.
    pub(crate) fn put(&mut self, mut row: Row) -> Result<(), Unreadable> {
        row.cells.retain(|found| found.problem.is_some() || !is_blank(&found.cell.text));
        if row.cells.is_empty() && row.extra.is_none() {
            return Ok(());
        }
        for found in &mut row.cells {
            if shorten(&mut found.cell.text, MAX_CELL) {
                found.problem = found.problem.or(Some(Problem::Long));
            }
            self.text += found.cell.text.len();
            self.columns.insert(found.column);
        }
        self.text += row.extra.as_ref().map_or(0, String::len);
        if self.columns.len() > MAX_COLUMNS {
            return Err(Unreadable::TooManyColumns);
        }
        if self.text > MAX_TEXT {
            return Err(Unreadable::TooMuchText);
        }
        let first = self.header.is_none() && self.rows.is_empty();
        if first && !row.cells.iter().any(|found| is_address(&found.cell.text)) {
            self.header = Some(row);
        } else if self.rows.len() == MAX_ROWS {
            return Err(Unreadable::TooManyRows);
        } else {
            self.rows.push(row);
        }
        Ok(())
    }

    /// Whether nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.header.is_none() && self.rows.is_empty()
    }

    /// The sheet, with what is known about it besides, and the columns that are hidden.
    pub(crate) fn sheet(
        self,
        kind: SheetKind,
        known: Vec<SheetNote>,
        is_hidden: impl Fn(u32) -> bool,
    ) -> Result<Sheet, Unreadable> {
        if self.is_empty() {
            return Err(Unreadable::Empty);
        }
        if self.rows.is_empty() {
            return Err(Unreadable::NoRows);
        }
        let mut notes = known;
        let numbers: Vec<u32> = self.header.iter().chain(&self.rows).map(|row| row.number).collect();
        let between =
            numbers.windows(2).map(|pair| pair[1].saturating_sub(pair[0]).saturating_sub(1) as usize).sum();
        let (columns, renamed) = match &self.header {
            Some(header) => names(&self.columns, header),
            None => (self.columns.iter().map(|column| letters(*column)).collect(), vec![]),
        };
        let places: BTreeMap<u32, usize> =
            self.columns.iter().enumerate().map(|(place, column)| (*column, place)).collect();
        let rows: Vec<SheetRow> = self.rows.into_iter().map(|row| placed(row, &places)).collect();

        let mut hidden = rows.iter().filter(|row| row.hidden);
        let hidden_columns = places.iter().filter(|(column, _)| is_hidden(**column));
        let hidden_columns: Vec<String> = hidden_columns.map(|(_, place)| columns[*place].clone()).collect();
        notes.extend(self.header.is_none().then_some(SheetNote::NoHeader));
        notes.extend(hidden.next().map(|first| SheetNote::HiddenRows(hidden.count() + 1, first.number)));
        notes.extend((!hidden_columns.is_empty()).then_some(SheetNote::HiddenColumns(hidden_columns)));
        notes.extend((between > 0).then_some(SheetNote::EmptyRows(between)));
        notes.extend((!renamed.is_empty()).then_some(SheetNote::Renamed(renamed)));
        notes.sort_by_key(order);
        Ok(Sheet { kind, columns, rows, notes })
    }
}

/// Notes stand in the order in which the domain has them.
const fn order(note: &SheetNote) -> u8 {
    match note {
        SheetNote::CharacterSet(_) => 0,
        SheetNote::OtherSheets(..) => 1,
        SheetNote::NoHeader => 2,
        SheetNote::HiddenRows(..) => 3,
        SheetNote::HiddenColumns(_) => 4,
        SheetNote::MergedCells(..) => 5,
        SheetNote::EmptyRows(_) => 6,
        SheetNote::LongNumbers(..) => 7,
        SheetNote::Renamed(_) => 8,
    }
}

/// A row with a cell for each column.
fn placed(row: Row, places: &BTreeMap<u32, usize>) -> SheetRow {
    let mut cells = Vec::with_capacity(places.len());
    let mut problems = vec![];
    for mut found in row.cells {
        let place = places[&found.column];
        match found.problem {
            Some(Problem::Error) => problems.push(CellProblem::ErrorValue(place, found.cell.text.clone())),
            Some(Problem::Long) => problems.push(CellProblem::TooLong(place)),
            Some(Problem::Unsaved) => problems.push(CellProblem::Unsaved(place)),
            None => {}
        }
        cells.resize(place, Cell::default());
        cells.push(take(&mut found.cell));
    }
    cells.resize(places.len(), Cell::default());
    problems.extend(row.extra.map(CellProblem::TooManyCells));
    SheetRow { number: row.number, cells, problems, hidden: row.hidden }
}

/// The names of these columns, and those among them that the header does not have so. A name that a column has for itself
/// stays, whatever others become.
fn names(columns: &BTreeSet<u32>, header: &Row) -> (Vec<String>, Vec<String>) {
    let mut given: BTreeMap<u32, String> = BTreeMap::new();
    let mut taken = HashSet::new();
    let mut again = HashSet::new();
    for found in &header.cells {
        let mut name = in_one_line(&found.cell.text);
        shorten(&mut name, MAX_NAME);
        let name = name.trim_end().to_owned();
        if !taken.insert(name.to_lowercase()) {
            again.insert(found.column);
        }
        given.insert(found.column, name);
    }
    let mut renamed = vec![];
    let mut all = vec![];
    for column in columns {
        let own = given.get(column).filter(|_| !again.contains(column));
        let name = own.cloned().unwrap_or_else(|| {
            let wanted = given.get(column).cloned().unwrap_or_else(|| letters(*column));
            let name = free(&wanted, given.contains_key(column), &taken);
            taken.insert(name.to_lowercase());
            renamed.push(name.clone());
            name
        });
        all.push(name);
    }
    (all, renamed)
}

/// This name, or the same with the first number that makes it another than those that there are.
fn free(wanted: &str, twice: bool, taken: &HashSet<String>) -> String {
    if !twice && !taken.contains(&wanted.to_lowercase()) {
        return wanted.to_owned();
    }
    let mut name = String::new();
    // One of so many is free.
    for number in 2..=taken.len() + 2 {
        let behind = format!(" ({number})");
        wanted.clone_into(&mut name);
        shorten(&mut name, MAX_NAME - behind.len());
        name.truncate(name.trim_end().len());
        name.push_str(&behind);
        if !taken.contains(&name.to_lowercase()) {
            break;
        }
    }
    name
}

/// The name of a column that has none: as spreadsheets count them, `A` to `Z`, then `AA`.
fn letters(column: u32) -> String {
    let mut letters = vec![];
    let mut left = column + 1;
    while left > 0 {
        letters.push(char::from_u32('A' as u32 + (left - 1) % 26).unwrap_or('A'));
        left = (left - 1) / 26;
    }
    format!("Column {}", letters.iter().rev().collect::<String>())
}

/// Whether a text looks like an address: something, one `@`, something with a dot in it, and no space.
fn is_address(text: &str) -> bool {
    let text = trimmed(text);
    let Some((local, host)) = text.split_once('@') else { return false };
    let dot = host.find('.').is_some_and(|at| at > 0 && at + 1 < host.len());
    !local.is_empty() && dot && !host.contains('@') && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u32, cells: &[&str]) -> Row {
        let found = |(column, text): (usize, &&str)| Found {
            column: u32::try_from(column).unwrap(),
            cell: Cell { text: (*text).to_owned(), at: None },
            problem: None,
        };
        Row { number, cells: cells.iter().enumerate().map(found).collect(), ..Row::default() }
    }

    fn sheet(rows: &[&[&str]]) -> Result<Sheet, Unreadable> {
        let mut table = Table::default();
        for (number, cells) in (1..).zip(rows) {
            table.put(row(number, cells))?;
        }
        table.sheet(SheetKind::Workbook, vec![], |_| false)
    }

    fn texts(sheet: &Sheet) -> Vec<Vec<&str>> {
        sheet.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text.as_str()).collect()).collect()
    }

    #[test]
    fn each_column_has_a_name_of_its_own() {
        let header = ["Name", "", " NAME ", "name", "Name (2)", "\u{a0}", "First\n  name", "Column B", ""];
        let sheet = sheet(&[&header, &["1", "2", "3", "4", "5", "", "7", "8", " "]]).unwrap();
        let columns = ["Name", "Column B (2)", "NAME (3)", "name (4)", "Name (2)", "First name", "Column B"];
        assert_eq!(sheet.columns, columns);
        let renamed = ["Column B (2)", "NAME (3)", "name (4)"].map(str::to_owned).to_vec();
        assert_eq!(sheet.notes, [SheetNote::Renamed(renamed)]);
        assert_eq!(texts(&sheet), [["1", "2", "3", "4", "5", "7", "8"]]);
    }

    #[test]
    fn names_are_cut_and_still_differ() {
        let long = "x".repeat(150);
        let sheet = sheet(&[&[&long, &long], &["1", "2"]]).unwrap();
        assert_eq!(sheet.columns[0], "x".repeat(100));
        assert_eq!(sheet.columns[1], format!("{} (2)", "x".repeat(96)));
    }

    #[test]
    fn a_first_row_with_an_address_is_no_header() {
        let sheet = sheet(&[&["Ann", "\u{200b}ann@partner.example.test "], &["Bo", "", "", "x"]]).unwrap();
        assert_eq!(sheet.columns, ["Column A", "Column B", "Column D"]);
        assert_eq!(sheet.notes, [SheetNote::NoHeader]);
        assert_eq!(sheet.rows.len(), 2);
        for (text, address) in [
            ("a@b.c", true),
            ("@b.c", false),
            ("a@b", false),
            ("a@b.", false),
            ("a@.b", false),
            ("a@b@c.d", false),
            ("write to a@b.c", false),
            ("@", false),
        ] {
            assert_eq!(is_address(text), address, "{text}");
        }
    }

    #[test]
    fn rows_without_anything_are_left_out_and_counted_where_they_stand_between_others() {
        let sheet = sheet(&[&[], &["name"], &[" "], &["", "\u{200b}"], &["a"], &[], &["b"], &[]]).unwrap();
        assert_eq!(sheet.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [5, 7]);
        assert_eq!(sheet.notes, [SheetNote::EmptyRows(3)]);
    }

    #[test]
    fn a_sheet_has_no_more_than_it_may() {
        let mut table = Table::default();
        for number in 0..=MAX_ROWS {
            table.put(row(u32::try_from(number).unwrap() + 1, &["x"])).unwrap();
        }
        assert_eq!(table.put(row(20_000, &["x"])), Err(Unreadable::TooManyRows));
        assert_eq!(table.put(row(20_001, &[" "])), Ok(()));

        // Without a header there are as many rows.
        let mut table = Table::default();
        for number in 1..=MAX_ROWS {
            table.put(row(u32::try_from(number).unwrap(), &["a@b.example"])).unwrap();
        }
        assert_eq!(table.put(row(20_000, &["x"])), Err(Unreadable::TooManyRows));

        let wide = vec!["x"; MAX_COLUMNS];
        assert!(sheet(&[&wide, &wide]).is_ok());
        assert_eq!(sheet(&[&vec!["x"; MAX_COLUMNS + 1]]), Err(Unreadable::TooManyColumns));
        let empty = vec![" "; 2_000];
        assert!(sheet(&[&["name"], &["x"], &empty]).is_ok());

        let long = "ü".repeat(MAX_CELL + 1);
        let cut = sheet(&[&["name", "text"], &["x", &long]]).unwrap();
        assert_eq!(cut.rows[0].problems, [CellProblem::TooLong(1)]);
        assert_eq!(cut.rows[0].cells[1].text.chars().count(), MAX_CELL);
        let mut table = Table::default();
        let much = (1..1_000).find_map(|number| table.put(row(number, &[&long])).err());
        assert_eq!(much, Some(Unreadable::TooMuchText));
    }

    #[test]
    fn a_sheet_without_rows_is_none() {
        assert_eq!(sheet(&[]), Err(Unreadable::Empty));
        assert_eq!(sheet(&[&[" ", ""]]), Err(Unreadable::Empty));
        assert_eq!(sheet(&[&["name"], &[" "]]), Err(Unreadable::NoRows));
        assert!(sheet(&[&["a@b.example"]]).is_ok());
    }

    #[test]
    fn columns_are_counted_in_letters() {
        for (column, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")] {
            assert_eq!(letters(column), format!("Column {name}"));
        }
    }
}
