//! Workbooks, made here part by part, and what no file may do.

use std::fmt::Write as _;
use std::io::Write as _;

use domain::gate::sheet::{
    Cell, CellProblem, MAX_CELL, MAX_COLUMNS, MAX_FILE, MAX_ROWS, Sheet, SheetKind, SheetNote, Unreadable,
};
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use jiff::civil::date;

use super::read;

/// A ZIP archive (APPNOTE 4.3.6) of these files.
pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    zip_of(files, None)
}

/// The same, with an index that says that each file has this size.
pub(crate) fn zip_that_says(size: u32, files: &[(&str, &[u8])]) -> Vec<u8> {
    zip_of(files, Some(size))
}

fn zip_of(files: &[(&str, &[u8])], says: Option<u32>) -> Vec<u8> {
    let (mut bytes, mut index) = (vec![], vec![]);
    for (name, contents) in files {
        let mut packed = DeflateEncoder::new(vec![], Compression::default());
        packed.write_all(contents).unwrap();
        let packed = packed.finish().unwrap();
        let mut sum = Crc::new();
        sum.update(contents);
        let number = |number: usize| u32::try_from(number).unwrap();
        let mut common = vec![20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0];
        for field in [sum.sum(), number(packed.len()), says.unwrap_or_else(|| number(contents.len()))] {
            common.extend(field.to_le_bytes());
        }
        common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend([0, 0]);
        index.extend(b"PK\x01\x02\x14\x00");
        index.extend(&common);
        index.extend([0; 10]);
        index.extend(number(bytes.len()).to_le_bytes());
        index.extend(name.bytes());
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&common);
        bytes.extend(name.bytes());
        bytes.extend(packed);
    }
    let start = u32::try_from(bytes.len()).unwrap();
    let (count, length) = (u16::try_from(files.len()).unwrap(), u32::try_from(index.len()).unwrap());
    bytes.extend(index);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    for half in [count, count] {
        bytes.extend(half.to_le_bytes());
    }
    for field in [length, start] {
        bytes.extend(field.to_le_bytes());
    }
    bytes.extend([0, 0]);
    bytes
}

/// A workbook.
#[derive(Default)]
struct Book {
    /// Name, state and XML of each sheet.
    sheets: Vec<(&'static str, &'static str, String)>,
    /// Formats of numbers: the first is that of style 1.
    formats: Vec<&'static str>,
    /// What is said of it as a whole.
    says: &'static str,
    strings: Vec<&'static str>,
}

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";

impl Book {
    /// One sheet with these rows.
    fn of(rows: &str) -> Self {
        Self { sheets: vec![("List", "visible", worksheet("", rows, ""))], ..Self::default() }
    }

    fn file(&self) -> Vec<u8> {
        let (mut listed, mut related) = (String::new(), String::new());
        for (n, (name, state, _)) in self.sheets.iter().enumerate() {
            write!(listed, r#"<sheet name="{name}" sheetId="{n}" state="{state}" r:id="s{n}"/>"#).unwrap();
            write!(
                related,
                r#"<Relationship Id="s{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>"#
            )
            .unwrap();
        }
        write!(related, r#"<Relationship Id="t" Type="{OFFICE}/styles" Target="styles.xml"/>"#).unwrap();
        write!(
            related,
            r#"<Relationship Id="u" Type="{OFFICE}/sharedStrings" Target="/xl/sharedStrings.xml"/>"#
        )
        .unwrap();
        let root = format!(
            r#"<Relationships xmlns="{PACKAGE}"><Relationship Id="a" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
        );
        let book = format!(
            r#"<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{}<sheets>{listed}</sheets></workbook>"#,
            self.says
        );
        let related = format!(r#"<Relationships xmlns="{PACKAGE}">{related}</Relationships>"#);
        let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        let (mut codes, mut cells) = (String::new(), String::new());
        for (id, code) in (164..).zip(&self.formats) {
            write!(codes, r#"<numFmt numFmtId="{id}" formatCode="{}"/>"#, escaped(code)).unwrap();
            write!(cells, r#"<xf numFmtId="{id}"/>"#).unwrap();
        }
        // Behind the formats of its own a style for each of some that are built in.
        let built_in: String = [9, 14, 22].map(|id| format!(r#"<xf numFmtId="{id}"/>"#)).concat();
        let styles = format!(
            r#"<styleSheet xmlns="{MAIN}"><numFmts>{codes}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>{cells}{built_in}</cellXfs><dxfs><dxf><numFmt numFmtId="164" formatCode="yyyy"/></dxf></dxfs></styleSheet>"#
        );
        let strings = self.strings.iter().map(|it| format!("<si>{it}</si>")).collect::<Vec<_>>().concat();
        let strings = format!(r#"<sst xmlns="{MAIN}">{strings}</sst>"#);
        let names: Vec<String> =
            (0..self.sheets.len()).map(|n| format!("xl/worksheets/sheet{n}.xml")).collect();
        let mut files = vec![
            ("_rels/.rels", root.as_bytes()),
            ("xl/workbook.xml", book.as_bytes()),
            ("xl/_rels/workbook.xml.rels", related.as_bytes()),
            ("xl/styles.xml", styles.as_bytes()),
            ("xl/sharedStrings.xml", strings.as_bytes()),
        ];
        files.extend(names.iter().zip(&self.sheets).map(|(name, sheet)| (name.as_str(), sheet.2.as_bytes())));
        zip(&files)
    }

    fn read(&self) -> Sheet {
        read(&self.file(), "list.xlsx").unwrap()
    }
}

fn worksheet(before: &str, rows: &str, behind: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{behind}</worksheet>"#
    )
}

fn words(place: &str, text: &str) -> String {
    format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

/// A header, and one row with these numbers in these styles.
fn numbers(cells: &[(usize, &str)]) -> String {
    let names = (0..cells.len()).map(|n| format!(r#"<c t="str"><v>n{n}</v></c>"#));
    let cells = cells.iter().map(|(style, number)| format!(r#"<c s="{style}"><v>{number}</v></c>"#));
    format!(
        "<row>{}</row><row>{}</row>",
        names.collect::<Vec<_>>().concat(),
        cells.collect::<Vec<_>>().concat()
    )
}

fn texts(sheet: &Sheet) -> Vec<Vec<&str>> {
    sheet.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text.as_str()).collect()).collect()
}

#[test]
fn cells_of_every_kind_are_read_as_the_sheet_shows_them() {
    let rows = [
        r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="str"><v>formula</v></c><c r="D1" t="inlineStr"><is><t>id</t></is></c><c r="E1" t="str"><v>ok</v></c></row>"#,
        r#"<row r="2" spans="1:5"><c r="A2" t="s"><v>2</v></c><c r="B2" t="inlineStr"><is><r><t>Ann </t></r><r><rPr><b/></rPr><t xml:space="preserve"> Lee</t></r><rPh sb="0"><t>an</t></rPh></is></c><c r="C2" t="str"><f>A1&amp;"x"</f><v>a &amp; b_x000D_
c</v></c><c r="D2"><v>4915112345678</v></c><c r="E2" t="b"><v>1</v></c></row>"#,
        r#"<row r="3"><c r="A3" t="s"><v>3</v></c><c r="C3"><f>SUM(A1:A2)</f></c><c r="D3" s="1"><f>1+1</f><v>2.0</v></c><c r="E3" t="b"><v>0</v></c></row>"#,
    ];
    let book = Book {
        strings: vec![
            "<t>email</t>",
            "<r><t>na</t></r><r><t>me</t></r>",
            "<t> ann@partner.example.test</t>",
            "<t>00123</t>",
        ],
        ..Book::of(&rows.concat())
    };
    let sheet = book.read();
    assert_eq!(sheet.columns, ["email", "name", "formula", "id", "ok"]);
    assert_eq!(
        texts(&sheet),
        [
            [" ann@partner.example.test", "Ann  Lee", "a & b\r\nc", "4915112345678", "TRUE"],
            ["00123", "", "", "200%", "FALSE"]
        ]
    );
    assert_eq!((sheet.kind, sheet.notes), (SheetKind::Workbook, vec![]));
}

#[test]
fn a_number_is_shown_by_its_format() {
    let formats = vec!["00000", "#,##0.00", "\"day \"0", "@", "0.00E+00", "[$€-407] 0.00", "0"];
    let cells = [
        (1, "1234"),
        (2, "1234567.891"),
        (3, "5"),
        (4, "7"),
        (5, "12.5"),
        (6, "3"),
        (7, "4915112345678"),
        (8, "0.1"),
    ];
    let general =
        [(0, "46336"), (0, "0.30000000000000004"), (0, "1.5E+3"), (0, "-0.1"), (99, "3.0"), (0, "n/a")];
    let rows = numbers(&[&cells[..], &general].concat());
    let sheet = Book { formats, ..Book::of(&rows) }.read();
    let shown = [
        "01234",
        "1,234,567.89",
        "day 5",
        "7",
        "12.5",
        "€ 3.00",
        "4915112345678",
        "10%",
        "46336",
        "0.3",
        "1500",
        "-0.1",
        "3",
        "n/a",
    ];
    assert_eq!(texts(&sheet), [shown]);
    assert!(sheet.rows[0].cells.iter().all(|cell| cell.at.is_none()));
}

#[test]
fn a_number_is_a_date_only_where_its_format_is_one() {
    let formats = vec!["yyyy\\-mm\\-dd", "[$-409]d/m/yy h:mm;@", "\"day \"0", "h:mm", "[h]:mm"];
    let cells = [
        (7, "46336"),
        (2, "46336.5"),
        (8, "46336.999988425925"),
        (0, "46336"),
        (3, "5"),
        (1, "59"),
        (1, "60"),
        (1, "61"),
        (4, "0.520833333333333"),
        (5, "1.5"),
        (1, "-1"),
        (1, "1E+300"),
        (6, "0.1"),
    ];
    let sheet = Book { formats, ..Book::of(&numbers(&cells)) }.read();
    let row = &sheet.rows[0];
    let shown = [
        "2026-11-10",
        "2026-11-10T12:00:00",
        "2026-11-10T23:59:59",
        "46336",
        "day 5",
        "1900-02-28",
        "1900-02-28",
        "1900-03-01",
        "12:30",
        "36:00",
        "-1",
        "1E+300",
        "10%",
    ];
    assert_eq!(texts(&sheet), [shown]);
    assert_eq!(row.cells[0].at, Some(date(2026, 11, 10).at(0, 0, 0, 0)));
    assert_eq!(row.cells[1].at, Some(date(2026, 11, 10).at(12, 0, 0, 0)));
    assert_eq!(row.cells[2].at, Some(date(2026, 11, 10).at(23, 59, 59, 0)));
    assert!(row.cells[3..5].iter().chain(&row.cells[8..]).all(|cell| cell.at.is_none()));
}

#[test]
fn days_are_counted_from_where_the_workbook_says() {
    for (says, number) in [
        ("", "46336"),
        (r#"<workbookPr date1904="1"/>"#, "44874"),
        (r#"<workbookPr date1904="true"/>"#, "44874"),
    ] {
        let sheet = Book { says, ..Book::of(&numbers(&[(2, number)])) }.read();
        assert_eq!(texts(&sheet), [["2026-11-10"]], "{says}");
    }
    let rows =
        r#"<row><c t="str"><v>due</v></c></row><row><c t="d"><v>2026-11-10T12:00:00.000</v></c></row>"#;
    let cell = Book::of(rows).read().rows.remove(0).cells.remove(0);
    assert_eq!(
        cell,
        Cell { text: "2026-11-10T12:00:00".to_owned(), at: Some(date(2026, 11, 10).at(12, 0, 0, 0)) }
    );
}

#[test]
fn an_error_is_a_problem_of_its_row() {
    let rows = format!(
        r#"<row r="1">{}{}</row><row r="2"><c r="A2"><v>1</v></c><c r="B2" t="e"><f>VLOOKUP(1)</f><v>#N/A</v></c></row><row r="3"><c r="A3"><v>2</v></c></row>"#,
        words("A1", "a"),
        words("B1", "b")
    );
    let sheet = Book::of(&rows).read();
    assert_eq!(sheet.rows[0].problems, [CellProblem::ErrorValue(1, "#N/A".to_owned())]);
    assert_eq!(texts(&sheet), [["1", "#N/A"], ["2", ""]]);
    assert!(sheet.rows[1].problems.is_empty());
}

/// Programs that write workbooks leave the value of a formula to whoever opens them: nobody is to read that as empty.
#[test]
fn a_formula_without_a_saved_value_is_a_problem_of_its_row() {
    let rows = format!(
        concat!(
            r#"<row r="1">{}{}</row><row r="2"><c r="A2"><f>1+1</f></c><c r="B2"><f>1+1</f><v></v></c></row>"#,
            r#"<row r="3"><c r="A3"><f>1+1</f><v>2</v></c><c r="B3" t="str"><f>T("")</f><v></v></c></row>"#,
        ),
        words("A1", "a"),
        words("B1", "b")
    );
    let sheet = Book::of(&rows).read();
    assert_eq!(sheet.rows[0].problems, [CellProblem::Unsaved(0), CellProblem::Unsaved(1)]);
    assert_eq!((&sheet.rows[1].problems, texts(&sheet)[1].clone()), (&vec![], vec!["2", ""]));
}

#[test]
fn what_is_hidden_merged_or_empty_is_read_and_noted() {
    let rows = format!(
        r#"<row r="1"/><row r="2" s="1">{}{}{}</row><row r="5" hidden="1">{}<c r="C5"><v>1234567890123456</v></c></row><row r="6"><c r="A6" s="1"/>{}</row><row r="9" hidden="true"><c r="B9"><v>1</v></c></row><row r="10"><c r="C10"><v>98765432109876543210</v></c></row>"#,
        words("A2", "a"),
        words("B2", "b"),
        words("D2", "a"),
        words("A5", "x"),
        words("B6", " \u{a0}"),
    );
    let before =
        r#"<cols><col min="2" max="2" width="9" hidden="1"/><col min="4" max="16384" hidden="1"/></cols>"#;
    let behind = r#"<mergeCells count="2"><mergeCell ref="A5:A6"/><mergeCell ref="B9:C9"/></mergeCells>"#;
    let book = Book {
        sheets: vec![
            ("Old", "hidden", worksheet("", &rows, "")),
            ("Notes", "visible", worksheet("", r#"<row r="4"><c r="A4" s="1"/></row>"#, "")),
            ("Guests", "visible", worksheet(before, &rows, behind)),
            ("More", "visible", worksheet("", "", "")),
        ],
        ..Book::default()
    };
    let sheet = book.read();
    assert_eq!(sheet.columns, ["a", "b", "Column C", "a (2)"]);
    let rows: Vec<_> = sheet.rows.iter().map(|row| (row.number, row.hidden)).collect();
    assert_eq!(rows, [(5, true), (9, true), (10, false)]);
    assert_eq!(sheet.rows[0].cells[2].text, "1234567890123456");
    let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        sheet.notes,
        [
            SheetNote::OtherSheets("Guests".to_owned(), names(&["Old", "Notes", "More"])),
            SheetNote::HiddenRows(2, 5),
            SheetNote::HiddenColumns(names(&["b", "a (2)"])),
            SheetNote::MergedCells(2, "A5:A6".to_owned()),
            SheetNote::EmptyRows(5),
            SheetNote::LongNumbers(2, 5),
            SheetNote::Renamed(names(&["Column C", "a (2)"])),
        ]
    );
}

#[test]
fn rows_and_cells_that_do_not_say_where_they_are_follow_the_last() {
    let rows = r#"<row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row><row r="4"><c r="B4"><v>1</v></c><c><v>2</v></c></row><row><c r="A7"><v>3</v></c></row><row><c/><c><v>4</v></c></row>"#;
    let sheet = Book::of(rows).read();
    assert_eq!(texts(&sheet), [["", "1", "2"], ["3", "", ""], ["", "4", ""]]);
    assert_eq!(sheet.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [4, 7, 8]);
}

#[test]
fn what_is_no_sheet_says_why() {
    let compound = |name: &str| -> Vec<u8> {
        let name = name.encode_utf16().flat_map(u16::to_le_bytes);
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".iter().copied().chain([0xFF; 600]).chain(name).collect()
    };
    let word = zip(&[("_rels/.rels", b"<a/>"), ("word/document.xml", b"<a/>")]);
    let ods =
        zip(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", b"<a/>")]);
    let not_one = zip(&[("xl/workbook.xml", b"<html/>")]);
    let header = format!("<row>{}</row>", words("A1", "email"));
    for (file, why) in [
        (vec![], Unreadable::Empty),
        (vec![b' '; usize::try_from(MAX_FILE).unwrap() + 1], Unreadable::TooLarge),
        (compound("EncryptedPackage"), Unreadable::Protected),
        (compound("Workbook"), Unreadable::OldWorkbook),
        (compound("WordDocument"), Unreadable::OtherKind),
        (word, Unreadable::OtherKind),
        (ods, Unreadable::OtherKind),
        (not_one, Unreadable::OtherKind),
        (Book::default().file(), Unreadable::Broken),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(), Unreadable::OtherKind),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), Unreadable::OtherKind),
        (b"<html><table><tr><td>email</td></tr></table></html>".to_vec(), Unreadable::OtherKind),
        (Book::of("").file(), Unreadable::Empty),
        (Book::of(r#"<row r="7"><c r="A7" s="1"/></row>"#).file(), Unreadable::Empty),
        (Book::of(&header).file(), Unreadable::NoRows),
        (Book::of("<row><c><v>1</v></row>").file(), Unreadable::Broken),
        (Book::of(r#"<row><c t="s"><v>7</v></c></row>"#).file(), Unreadable::Broken),
        (Book::of(r#"<row r="0"><c><v>7</v></c></row>"#).file(), Unreadable::Broken),
        (Book::of(r#"<row r="-1"/>"#).file(), Unreadable::Broken),
        (Book::of(&"<x>".repeat(10_000)).file(), Unreadable::Broken),
        (Book::of(&" ".repeat(2 << 20)).file(), Unreadable::Broken),
        (Book::of(&" ".repeat(65 << 20)).file(), Unreadable::Bomb),
    ] {
        assert_eq!(read(&file, "list.xlsx").unwrap_err(), why);
    }
}

#[test]
fn a_million_rows_without_anything_are_passed_over() {
    let mut rows = String::new();
    for row in 1..=1_000_000 {
        if row % 2 == 0 {
            write!(rows, r#"<row r="{row}"/>"#).unwrap();
        } else {
            write!(rows, r#"<row r="{row}"><c r="A{row}" s="1"/></row>"#).unwrap();
        }
    }
    let last = r#"<row r="1000001"><c r="A1000001" t="str"><v>a</v></c></row><row r="1048576"><c r="A1048576"><v>1</v></c></row>"#;
    let sheet = Book::of(&(rows + last)).read();
    assert_eq!((sheet.rows.len(), sheet.rows[0].number), (1, 1_048_576));
    assert_eq!(sheet.notes, [SheetNote::EmptyRows(1_048_576 - 1_000_002)]);
}

#[test]
fn a_workbook_has_no_more_than_a_sheet_may() {
    let row = |columns: usize| format!("<row>{}</row>", "<c><v>1</v></c>".repeat(columns));
    let result = |rows: &str| read(&Book::of(rows).file(), "").map(|sheet| sheet.rows.len());
    assert_eq!(result(&row(MAX_COLUMNS).repeat(2)), Ok(1));
    assert_eq!(result(&row(2_000)), Err(Unreadable::TooManyColumns));
    // Cells that are only coloured are none.
    let styled = format!("<row>{}</row>", r#"<c s="1"/>"#.repeat(16_384));
    assert_eq!(result(&(row(2) + &styled + &row(1))), Ok(1));
    // Those of different rows are different columns, too.
    let apart = (0..=MAX_COLUMNS).map(|n| format!("<row>{}<c><v>1</v></c></row>", "<c/>".repeat(n)));
    assert_eq!(result(&apart.collect::<Vec<_>>().concat()), Err(Unreadable::TooManyColumns));
    assert_eq!(result(&row(1).repeat(MAX_ROWS + 1)), Ok(MAX_ROWS));
    assert_eq!(result(&row(1).repeat(MAX_ROWS + 2)), Err(Unreadable::TooManyRows));

    let long = "x".repeat(MAX_CELL + 1);
    let sheet = Book::of(&format!("<row>{}</row><row>{}</row>", words("A1", "a"), words("A2", &long))).read();
    assert_eq!(sheet.rows[0].problems, [CellProblem::TooLong(0)]);
    assert_eq!(sheet.rows[0].cells[0].text.len(), MAX_CELL);

    // A string that many cells share.
    let text: &'static str = Box::leak(format!("<t>{}</t>", "x".repeat(MAX_CELL)).into_boxed_str());
    let cell = r#"<row><c t="s"><v>0</v></c></row>"#;
    let book = Book { strings: vec![text], ..Book::of(&cell.repeat(1_100)) };
    assert_eq!(read(&book.file(), ""), Err(Unreadable::TooMuchText));
    let book = Book { strings: vec![text], ..Book::of(&cell.repeat(1_000)) };
    assert_eq!(book.read().rows.len(), 999);
}

#[test]
fn parts_are_found_where_their_relationships_say_in_both_forms_of_the_standard() {
    let sheet = format!("<x:worksheet xmlns:x=\"a\"><x:sheetData>{}</x:sheetData></x:worksheet>", {
        r#"<x:row><x:c t="str"><x:v>a</x:v></x:c></x:row><x:row><x:c><x:v>1</x:v></x:c></x:row>"#
    });
    let related = r#"<Relationships><Relationship Id="1" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/worksheet" Target="../Data/One.xml"/><Relationship Id="2" Type="b/chartsheet" Target="c.xml"/></Relationships>"#;
    let file = zip(&[
        ("_rels/.rels", br#"<Relationships><Relationship Id="1" Type="a/officeDocument" Target="/book/workbook.xml"/></Relationships>"#),
        ("book/workbook.xml", br#"<workbook><sheets><sheet name="Chart" r:id="2"/><sheet name="One" r:id="1"/></sheets></workbook>"#),
        ("book/_rels/workbook.xml.rels", related.as_bytes()),
        ("data/one.xml", sheet.as_bytes()),
    ]);
    let sheet = read(&file, "").unwrap();
    assert_eq!((sheet.columns.len(), texts(&sheet), &sheet.notes), (1, vec![vec!["1"]], &vec![]));
}

/// Files that are cut or changed anywhere are read, or they are not: nothing falls.
#[test]
fn damaged_files_are_read_or_refused() {
    let rows = format!(
        r#"<row r="1">{}{}</row><row r="2" hidden="1"><c r="A2" s="3"><v>46336.5</v></c><c r="B2" t="s"><v>0</v></c></row><row r="3"><c r="A3" t="e"><v>#N/A</v></c><c r="B3" s="1"><v>-12.5E+3</v></c></row>"#,
        words("A1", "due"),
        words("B1", "email"),
    );
    let book = Book {
        formats: vec!["#,##0.00_);[Red](#,##0)"],
        strings: vec!["<t>a_x000D_b</t>"],
        ..Book::of(&rows)
    };
    let whole = book.file();
    assert!(read(&whole, "").is_ok());
    let text = "\u{feff}\"email\";\"na\"\"me\"\r\n\"a;b\r\nc\";Grün\r\n\r\n1;2;3\r\n".as_bytes().to_vec();
    assert!(read(&text, "").is_ok());
    let mut changed = 0;
    for file in [&whole, &text] {
        for end in 0..file.len() {
            let _ = read(&file[..end], "a.csv");
            for change in [0x01, 0x80, 0xFF, b' ' ^ file[end]] {
                let mut other = file.clone();
                other[end] ^= change;
                changed += usize::from(read(&other, "a.csv").is_ok());
            }
        }
    }
    assert!(changed > 0);

    // Inside a part, where the archive itself is whole.
    let (_, _, xml) = &book.sheets[0];
    for at in (0..xml.len()).filter(|at| xml.is_char_boundary(*at)) {
        for other in [
            xml[..at].to_owned(),
            format!("{}<{}", &xml[..at], &xml[at..]),
            format!("{}9\"{}", &xml[..at], &xml[at..]),
        ] {
            let book = Book { sheets: vec![("List", "visible", other)], ..Book::default() };
            let _ = read(&book.file(), "");
        }
    }
}

#[test]
fn rows_that_do_not_stand_below_each_other_are_no_sheet() {
    let cell = |text: &str| format!(r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#);
    let rows = |second: u32| {
        format!(
            r#"<row r="1">{}</row><row r="{second}">{}</row><row r="3">{}</row>"#,
            cell("Email"),
            cell("a@example.com"),
            cell("b@example.com")
        )
    };
    assert_eq!(read(&Book::of(&rows(2)).file(), "a.xlsx").unwrap().rows.len(), 2);
    for second in [1, 3, 4] {
        assert_eq!(read(&Book::of(&rows(second)).file(), "a.xlsx"), Err(Unreadable::Broken), "{second}");
    }
}
