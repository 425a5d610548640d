//! What was read of a spreadsheet: its columns, its rows as their cells are shown, and what about it somebody should know.

use jiff::civil::DateTime;

/// A file has at most so many bytes.
pub const MAX_FILE: u64 = 20 * 1024 * 1024;
/// A sheet has at most so many rows with anything in them, its header apart.
pub const MAX_ROWS: usize = 10_000;
/// A sheet has at most so many columns.
pub const MAX_COLUMNS: usize = 200;
/// A cell has at most so many characters, as a cell of Excel has.
pub const MAX_CELL: usize = 32_767;
/// All cells of a sheet have at most so many bytes of text.
pub const MAX_TEXT: usize = 32 * 1024 * 1024;

/// Of what kind a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SheetKind {
    /// Text whose cells this character parts (RFC 4180, and what else comes under its name).
    Separated(char),
    /// A workbook of Excel since 2007 (ECMA-376).
    Workbook,
}

/// A sheet as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Of what kind its file is.
    pub kind: SheetKind,
    /// The names of its columns, each once: what its header says, without spaces around it, or `Column C`.
    pub columns: Vec<String>,
    /// Its rows with anything in them, the header apart, in their order.
    pub rows: Vec<SheetRow>,
    /// What about it somebody should know.
    pub notes: Vec<SheetNote>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SheetRow {
    /// Its number as the program that made the file shows it: the first row of the sheet is 1.
    pub number: u32,
    /// Its cells, as many as there are columns.
    pub cells: Vec<Cell>,
    /// What keeps it from becoming a mail, whatever its columns are for.
    pub problems: Vec<CellProblem>,
    /// Whether it is hidden.
    pub hidden: bool,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// What it shows, as it is: spaces around it stay.
    pub text: String,
    /// The date and time that it holds, where its format is one of a date; a day alone is midnight. It has no time zone.
    pub at: Option<DateTime>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellProblem {
    /// It has more cells than there are columns: the first that is too many.
    TooManyCells(String),
    /// A formula in this column, by its place from 0, has no value but this error (`#N/A`).
    ErrorValue(usize, String),
    /// The text of this column, by its place from 0, is longer than [`MAX_CELL`]; it is cut.
    TooLong(usize),
    /// This column, by its place from 0, holds a formula whose value was not saved: programs that write workbooks often leave it out.
    Unsaved(usize),
}

/// What about a sheet somebody should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetNote {
    /// The character set that its text is in, where it is another than UTF-8.
    CharacterSet(String),
    /// The sheet that was read, of several, and the names of the others, at most 20.
    OtherSheets(String, Vec<String>),
    /// Its first row holds an address: it was taken as a row, and the columns have no names.
    NoHeader,
    /// Rows that are hidden are read as the others: how many, and the number of the first.
    HiddenRows(usize, u32),
    /// Columns that are hidden are read as the others: their names.
    HiddenColumns(Vec<String>),
    /// Cells that are merged hold their text in the first of them alone: how many areas, and the first of them (`A2:A5`).
    MergedCells(usize, String),
    /// Rows between others that hold nothing were left out: how many.
    EmptyRows(usize),
    /// Numbers with more than 15 digits, of which a spreadsheet keeps 15: how many cells, and the number of the first one's row.
    LongNumbers(usize, u32),
    /// Two columns had the same name, or one had none: the names that they have now.
    Renamed(Vec<String>),
}

/// Why a file can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Unreadable {
    /// It is empty.
    #[error("the file is empty")]
    Empty,
    /// It has a header, and nothing below it.
    #[error("the sheet has a header and no rows below it")]
    NoRows,
    /// It is larger than [`MAX_FILE`].
    #[error("the file has more than 20 MB: split it")]
    TooLarge,
    /// It has more rows than [`MAX_ROWS`].
    #[error("the sheet has more than 10,000 rows: split it")]
    TooManyRows,
    /// It has more columns than [`MAX_COLUMNS`].
    #[error("the sheet has more than 200 columns: leave those out that no mail needs")]
    TooManyColumns,
    /// Its cells hold more than [`MAX_TEXT`].
    #[error("the cells of the sheet hold more than 32 MB of text: split it")]
    TooMuchText,
    /// It becomes much larger than it is when it is unpacked.
    #[error("the workbook is packed so that it becomes too large: save it anew, or as CSV")]
    Bomb,
    /// It asks for a password.
    #[error("the workbook is protected by a password: save it without one")]
    Protected,
    /// It is a workbook of Excel before 2007.
    #[error("the file is a workbook of Excel before 2007 (.xls): save it as .xlsx or CSV")]
    OldWorkbook,
    /// It is something else than CSV, TSV or XLSX.
    #[error("the file is no CSV, TSV or XLSX: save the sheet as one of them")]
    OtherKind,
    /// It can't be read.
    #[error("the file is damaged, or not what it says that it is: save it anew")]
    Broken,
    /// Reading it took too long, or too much.
    #[error("reading the file took too long: split it, or save it as CSV")]
    TooLong,
}

impl Unreadable {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Empty,
        Self::NoRows,
        Self::TooLarge,
        Self::TooManyRows,
        Self::TooManyColumns,
        Self::TooMuchText,
        Self::Bomb,
        Self::Protected,
        Self::OldWorkbook,
        Self::OtherKind,
        Self::Broken,
        Self::TooLong,
    ];

    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "file_empty",
            Self::NoRows => "no_rows",
            Self::TooLarge => "file_too_large",
            Self::TooManyRows => "too_many_rows",
            Self::TooManyColumns => "too_many_columns",
            Self::TooMuchText => "too_much_text",
            Self::Bomb => "file_unpacks_too_large",
            Self::Protected => "file_protected",
            Self::OldWorkbook => "old_workbook",
            Self::OtherKind => "file_not_a_sheet",
            Self::Broken => "file_broken",
            Self::TooLong => "reading_too_long",
        }
    }

    /// The one with this code.
    pub fn named(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.code() == code)
    }
}
