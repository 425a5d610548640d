//! Workbooks (ECMA-376 part 1, 18): their sheets in order, the strings and the formats that these share.

use std::collections::HashMap;

use domain::gate::sheet::{MAX_CELL, MAX_TEXT, Sheet, SheetKind, SheetNote, Unreadable};
use quick_xml::events::Event;

use crate::format::{Format, built_in};
use crate::package::{Package, Part};
use crate::text::{Kept, in_one_line, shorten};
use crate::worksheet::{self, Worksheet};
use crate::xml::{attribute, is_called, says_yes};

/// So many sheets, relationships and formats are looked at.
const MAX_SHEETS: usize = 1_000;
const MAX_RELATIONS: usize = 10_000;
const MAX_FORMATS: usize = 65_536;
/// So many names of other sheets are told, and so many characters of each.
const MAX_NAMES: usize = 20;
const MAX_NAME: usize = 100;
/// Strings that cells share: many, and half as much again as all cells of a sheet may have, since other sheets have theirs there as well.
const MAX_STRINGS: usize = 4_000_000;
const MAX_SHARED: usize = MAX_TEXT + MAX_TEXT / 2;

/// The first sheet that is not hidden and has something in it.
pub(crate) fn read(file: &[u8]) -> Result<Sheet, Unreadable> {
    let mut package = Package::open(file)?;
    let book = book(&mut package)?;
    if book.sheets.is_empty() {
        return Err(Unreadable::Broken);
    }
    let shared = Shared {
        strings: strings(&mut package, &book)?,
        styles: styles(&mut package, &book)?,
        since_1904: book.since_1904,
    };
    for sheet in book.sheets.iter().filter(|sheet| !sheet.hidden) {
        let part = package.part(&sheet.path)?.ok_or(Unreadable::Broken)?;
        // A chart that has a sheet of its own is none.
        let Some(found) = worksheet::read(part, &shared)?.filter(|it| !it.table.is_empty()) else { continue };
        let Worksheet { table, hidden_columns, mut notes } = found;
        let others = book.sheets.iter().filter(|other| other.path != sheet.path);
        let others: Vec<String> = others.map(|other| other.name.clone()).take(MAX_NAMES).collect();
        notes.extend((!others.is_empty()).then(|| SheetNote::OtherSheets(sheet.name.clone(), others)));
        let is_hidden = |column| hidden_columns.iter().any(|hidden| hidden.contains(&column));
        drop(shared);
        return table.sheet(SheetKind::Workbook, notes, is_hidden);
    }
    Err(Unreadable::Empty)
}

/// What the sheets of a workbook share.
#[derive(Default)]
pub(crate) struct Shared {
    strings: Strings,
    styles: Styles,
    /// Whether its days are counted from 1904.
    pub(crate) since_1904: bool,
}

impl Shared {
    pub(crate) fn string(&self, at: usize) -> Option<&str> {
        self.strings.get(at)
    }

    /// The format of a cell with this style; one that is not there is none.
    pub(crate) fn format(&self, style: usize) -> &Format {
        let at = self.styles.formats_of_cells.get(style).copied().unwrap_or_default();
        self.styles.formats.get(at).unwrap_or(&Format::General)
    }
}

/// A workbook's own part, and where its others are.
struct Book {
    sheets: Vec<Listed>,
    since_1904: bool,
    strings: Option<String>,
    styles: Option<String>,
}

struct Listed {
    name: String,
    hidden: bool,
    path: String,
}

/// What a part says of another: of what type it is, and where.
struct Relation {
    kind: String,
    path: String,
}

fn book(package: &mut Package<'_>) -> Result<Book, Unreadable> {
    let root = relations(package, "")?;
    let main = root.into_values().find(|it| it.kind == "officeDocument");
    let main = main.map_or_else(|| "xl/workbook.xml".to_owned(), |it| it.path);
    let relations = relations(package, &main)?;
    let mut xml = package.part(&main)?.ok_or(Unreadable::OtherKind)?;
    let (mut sheets, mut since_1904, mut named) = (vec![], false, false);
    loop {
        match xml.next()? {
            Event::Start(start) if !named => {
                // What is no workbook is a document of another program, which has one of that name.
                named = is_called(&start, "workbook");
                if !named {
                    return Err(Unreadable::OtherKind);
                }
            }
            Event::Start(start) if is_called(&start, "workbookPr") => {
                since_1904 = says_yes(&start, "date1904");
            }
            Event::Start(start) if is_called(&start, "sheet") && sheets.len() < MAX_SHEETS => {
                let relation = attribute(&start, "id").and_then(|id| relations.get(id.as_ref()));
                if let Some(relation) = relation.filter(|it| it.kind == "worksheet") {
                    let mut name = in_one_line(&attribute(&start, "name").unwrap_or_default());
                    shorten(&mut name, MAX_NAME);
                    let state = attribute(&start, "state").unwrap_or_default();
                    let hidden = matches!(state.as_ref(), "hidden" | "veryHidden");
                    sheets.push(Listed { name, hidden, path: relation.path.clone() });
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let part = |kind: &str| relations.values().find(|it| it.kind == kind).map(|it| it.path.clone());
    Ok(Book { sheets, since_1904, strings: part("sharedStrings"), styles: part("styles") })
}

/// What a part refers to (ECMA-376 part 2, 9.3), by id; the package itself where there is no name.
fn relations(package: &mut Package<'_>, of: &str) -> Result<HashMap<String, Relation>, Unreadable> {
    let (folder, name) = of.rsplit_once('/').unwrap_or(("", of));
    let place = format!("{folder}/_rels/{name}.rels");
    let mut relations = HashMap::new();
    let Some(mut xml) = package.part(place.trim_start_matches('/'))? else { return Ok(relations) };
    loop {
        match xml.next()? {
            Event::Start(start) if is_called(&start, "Relationship") && relations.len() < MAX_RELATIONS => {
                let say = |name| attribute(&start, name).unwrap_or_default();
                // Its type ends alike in both forms of the standard.
                let kind = say("Type").rsplit('/').next().unwrap_or_default().to_owned();
                if say("TargetMode") != "External" {
                    let path = resolved(folder, &say("Target"));
                    relations.insert(say("Id").into_owned(), Relation { kind, path });
                }
            }
            Event::Eof => return Ok(relations),
            _ => {}
        }
    }
}

/// A name from the root of the package, of one that is meant from a folder in it.
fn resolved(folder: &str, target: &str) -> String {
    let from = if target.starts_with('/') { "" } else { folder };
    let mut path: Vec<&str> = vec![];
    for name in from.split('/').chain(target.split('/')) {
        match name {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            name => path.push(name),
        }
    }
    path.join("/")
}

/// Strings one behind the other, and where each ends.
#[derive(Default)]
struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)? as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.text.get(start..end)
    }
}

fn strings(package: &mut Package<'_>, book: &Book) -> Result<Strings, Unreadable> {
    let mut strings = Strings::default();
    let Some(mut xml) = part(package, book.strings.as_deref())? else { return Ok(strings) };
    let mut kept = Kept::new(MAX_CELL + 1);
    loop {
        match xml.next()? {
            Event::Start(start) if is_called(&start, "si") => {
                worksheet::rich_text(&mut xml, &mut kept)?;
                strings.text.push_str(&worksheet::unescaped(kept.as_str()));
                let end = u32::try_from(strings.text.len()).map_err(|_| Unreadable::TooMuchText)?;
                strings.ends.push(end);
                if strings.text.len() > MAX_SHARED || strings.ends.len() > MAX_STRINGS {
                    return Err(Unreadable::TooMuchText);
                }
            }
            Event::Eof => return Ok(strings),
            _ => {}
        }
    }
}

/// The formats of numbers, and which each style of cells has.
#[derive(Default)]
struct Styles {
    formats: Vec<Format>,
    /// By style, its place among the formats.
    formats_of_cells: Vec<usize>,
}

fn styles(package: &mut Package<'_>, book: &Book) -> Result<Styles, Unreadable> {
    let mut styles = Styles::default();
    let Some(mut xml) = part(package, book.styles.as_deref())? else { return Ok(styles) };
    let mut own: HashMap<u32, Format> = HashMap::new();
    let mut places: HashMap<u32, usize> = HashMap::new();
    let number =
        |value: Option<std::borrow::Cow<'_, str>>| value.and_then(|it| it.trim().parse::<u32>().ok());
    // Elements of the same name stand elsewhere for something else.
    let (mut within_formats, mut within_cells) = (false, false);
    loop {
        match xml.next()? {
            Event::Start(start) => match start.local_name().as_ref() {
                "numFmts" => within_formats = true,
                "cellXfs" => within_cells = true,
                "numFmt" if within_formats && own.len() < MAX_FORMATS => {
                    if let Some(id) = number(attribute(&start, "numFmtId")) {
                        own.insert(id, Format::of(&attribute(&start, "formatCode").unwrap_or_default()));
                    }
                }
                "xf" if within_cells && styles.formats_of_cells.len() < MAX_FORMATS => {
                    let id = number(attribute(&start, "numFmtId")).unwrap_or_default();
                    let place = *places.entry(id).or_insert_with(|| {
                        styles.formats.push(own.get(&id).cloned().unwrap_or_else(|| built_in(id)));
                        styles.formats.len() - 1
                    });
                    styles.formats_of_cells.push(place);
                }
                _ => {}
            },
            Event::End(end) => match end.local_name().as_ref() {
                "numFmts" => within_formats = false,
                "cellXfs" => within_cells = false,
                _ => {}
            },
            Event::Eof => return Ok(styles),
            _ => {}
        }
    }
}

fn part<'p, 'a>(
    package: &'p mut Package<'a>,
    name: Option<&str>,
) -> Result<Option<Part<'p, 'a>>, Unreadable> {
    name.map_or(Ok(None), |name| package.part(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_meant_from_where_they_stand() {
        for (folder, target, path) in [
            ("xl", "worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl", "/xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl/a", "../b/./c.xml", "xl/b/c.xml"),
            ("", "xl/workbook.xml", "xl/workbook.xml"),
            ("", "../../a.xml", "a.xml"),
        ] {
            assert_eq!(resolved(folder, target), path);
        }
    }
}
