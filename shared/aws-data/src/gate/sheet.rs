//! Files of uploads, what was read of them and what is to be made of it, in a bucket of their own.
//!
//! | object | what | how long |
//! | --- | --- | --- |
//! | `files/org/upl` | the file, as somebody uploads it | until it was read, a day at most |
//! | `rows/org/upl/hash` | what was read of it: a line for the sheet, and one for each row, in JSON | until the upload is deleted, 400 days at most |
//! | `plans/org/upl/hash` | what is to be made of it, in JSON | the same |

use std::collections::BTreeMap;

use app::base::ports::{BlobError, Sheets, UploadOf};
use async_trait::async_trait;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_types::SdkConfig;
use bytes::Bytes;
use domain::Timestamp;
use domain::base::digest::Digest;
use domain::gate::merge::{DateOrder, FollowUp, MAX_TEMPLATE, Plan, Words};
use domain::gate::sheet::{
    Cell, CellProblem, MAX_COLUMNS, MAX_FILE, MAX_ROWS, MAX_TEXT, Sheet, SheetKind, SheetNote, SheetRow,
};
use jiff::civil::{DateTime, Time};
use serde::{Deserialize, Serialize};

use crate::base::field::Field as _;
use crate::base::objects::{LazyClient, URL_LIFE, classify, lazy, whole};

/// What was read of a sheet takes at most so many bytes as it is stored: its text escaped, and what stands around each cell.
pub const MAX_SHEET: usize = 3 * MAX_TEXT + MAX_ROWS * MAX_COLUMNS * 4;
/// A plan takes at most so many bytes.
const MAX_PLAN: usize = 20 * MAX_TEMPLATE;

#[derive(Serialize, Deserialize)]
struct SheetForm {
    kind: String,
    columns: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<NoteForm>,
}

/// As [`SheetNote`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NoteForm {
    CharacterSet(String),
    OtherSheets(String, Vec<String>),
    NoHeader,
    HiddenRows(usize, u32),
    HiddenColumns(Vec<String>),
    MergedCells(usize, String),
    EmptyRows(usize),
    LongNumbers(usize, u32),
    Renamed(Vec<String>),
}

impl From<SheetNote> for NoteForm {
    fn from(note: SheetNote) -> Self {
        match note {
            SheetNote::CharacterSet(name) => Self::CharacterSet(name),
            SheetNote::OtherSheets(read, others) => Self::OtherSheets(read, others),
            SheetNote::NoHeader => Self::NoHeader,
            SheetNote::HiddenRows(n, first) => Self::HiddenRows(n, first),
            SheetNote::HiddenColumns(names) => Self::HiddenColumns(names),
            SheetNote::MergedCells(n, first) => Self::MergedCells(n, first),
            SheetNote::EmptyRows(n) => Self::EmptyRows(n),
            SheetNote::LongNumbers(n, first) => Self::LongNumbers(n, first),
            SheetNote::Renamed(names) => Self::Renamed(names),
        }
    }
}

impl From<NoteForm> for SheetNote {
    fn from(note: NoteForm) -> Self {
        match note {
            NoteForm::CharacterSet(name) => Self::CharacterSet(name),
            NoteForm::OtherSheets(read, others) => Self::OtherSheets(read, others),
            NoteForm::NoHeader => Self::NoHeader,
            NoteForm::HiddenRows(n, first) => Self::HiddenRows(n, first),
            NoteForm::HiddenColumns(names) => Self::HiddenColumns(names),
            NoteForm::MergedCells(n, first) => Self::MergedCells(n, first),
            NoteForm::EmptyRows(n) => Self::EmptyRows(n),
            NoteForm::LongNumbers(n, first) => Self::LongNumbers(n, first),
            NoteForm::Renamed(names) => Self::Renamed(names),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct RowForm {
    n: u32,
    c: Vec<String>,
    /// The dates, by the place of their cells.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    t: BTreeMap<usize, DateTimeForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    p: Vec<ProblemForm>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    h: bool,
}

/// `2026-11-30T14:00:00`.
#[derive(Serialize, Deserialize)]
struct DateTimeForm(String);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ProblemForm {
    TooManyCells(String),
    ErrorValue(usize, String),
    TooLong(usize),
    Unsaved(usize),
}

/// What was read of a sheet, as it is stored.
pub fn write_sheet(sheet: &Sheet) -> Vec<u8> {
    let mut written = vec![];
    let mut line = |value: serde_json::Result<String>| {
        // Strings and numbers can always be written.
        written.extend(value.unwrap_or_default().into_bytes());
        written.push(b'\n');
    };
    line(serde_json::to_string(&SheetForm {
        kind: sheet.kind.write(),
        columns: sheet.columns.clone(),
        notes: sheet.notes.iter().cloned().map(NoteForm::from).collect(),
    }));
    for row in &sheet.rows {
        let date = |(place, cell): (usize, &Cell)| cell.at.map(|at| (place, DateTimeForm(at.to_string())));
        let problem = |problem: &CellProblem| match problem.clone() {
            CellProblem::TooManyCells(first) => ProblemForm::TooManyCells(first),
            CellProblem::ErrorValue(place, text) => ProblemForm::ErrorValue(place, text),
            CellProblem::TooLong(place) => ProblemForm::TooLong(place),
            CellProblem::Unsaved(place) => ProblemForm::Unsaved(place),
        };
        line(serde_json::to_string(&RowForm {
            n: row.number,
            c: row.cells.iter().map(|cell| cell.text.clone()).collect(),
            t: row.cells.iter().enumerate().filter_map(date).collect(),
            p: row.problems.iter().map(problem).collect(),
            h: row.hidden,
        }));
    }
    written
}

/// Reads what [`write_sheet`] wrote. None where it is not of that form.
pub fn read_sheet(bytes: &[u8]) -> Option<Sheet> {
    let mut lines = std::str::from_utf8(bytes).ok()?.lines();
    let SheetForm { kind, columns, notes } = serde_json::from_str(lines.next()?).ok()?;
    let rows = lines.map(|line| read_row(line, columns.len())).collect::<Option<Vec<_>>>()?;
    let fits = columns.len() <= MAX_COLUMNS && rows.len() <= MAX_ROWS;
    fits.then_some(Sheet {
        kind: SheetKind::read(kind).ok()?,
        columns,
        rows,
        notes: notes.into_iter().map(SheetNote::from).collect(),
    })
}

fn read_row(line: &str, columns: usize) -> Option<SheetRow> {
    let RowForm { n, c, t, p, h } = serde_json::from_str(line).ok()?;
    let mut cells: Vec<_> = c.into_iter().map(|text| Cell { text, at: None }).collect();
    for (place, at) in t {
        cells.get_mut(place)?.at = Some(at.0.parse::<DateTime>().ok()?);
    }
    let problem = |problem| match problem {
        ProblemForm::TooManyCells(first) => CellProblem::TooManyCells(first),
        ProblemForm::ErrorValue(place, text) => CellProblem::ErrorValue(place, text),
        ProblemForm::TooLong(place) => CellProblem::TooLong(place),
        ProblemForm::Unsaved(place) => CellProblem::Unsaved(place),
    };
    let problems = p.into_iter().map(problem).collect();
    (cells.len() == columns).then_some(SheetRow { number: n, cells, problems, hidden: h })
}

#[derive(Serialize, Deserialize)]
struct PlanForm {
    mapping: BTreeMap<String, String>,
    words: WordsForm,
    time_zone: String,
    time: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    date_order: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    send_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    follow_ups: Vec<(u16, WordsForm)>,
    duplicates: bool,
    unsubscribe: bool,
}

#[derive(Serialize, Deserialize)]
struct WordsForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    html: Option<String>,
}

impl From<Words> for WordsForm {
    fn from(Words { subject, text, html }: Words) -> Self {
        Self { subject, text, html }
    }
}

impl From<WordsForm> for Words {
    fn from(WordsForm { subject, text, html }: WordsForm) -> Self {
        Self { subject, text, html }
    }
}

fn write_plan(plan: &Plan) -> Vec<u8> {
    let form = PlanForm {
        mapping: plan.mapping.clone(),
        words: plan.words.clone().into(),
        time_zone: plan.time_zone.clone(),
        time: plan.time.to_string(),
        date_order: plan.date_order.map(|order| order.as_str().to_owned()),
        send_at: plan.send_at.map(Timestamp::as_millisecond),
        follow_ups: plan.follow_ups.iter().map(|it| (it.after_days, it.words.clone().into())).collect(),
        duplicates: plan.duplicates,
        unsubscribe: plan.unsubscribe,
    };
    serde_json::to_vec(&form).unwrap_or_default()
}

fn read_plan(bytes: &[u8]) -> Option<Plan> {
    let form: PlanForm = serde_json::from_slice(bytes).ok()?;
    let follow_ups = form.follow_ups.into_iter();
    Some(Plan {
        mapping: form.mapping,
        words: form.words.into(),
        time_zone: form.time_zone,
        time: form.time.parse::<Time>().ok()?,
        date_order: match form.date_order {
            Some(order) => Some(DateOrder::parse(&order)?),
            None => None,
        },
        send_at: match form.send_at {
            Some(at) => Some(Timestamp::from_millisecond(at).ok()?),
            None => None,
        },
        follow_ups: follow_ups
            .map(|(after_days, words)| FollowUp { after_days, words: words.into() })
            .collect(),
        duplicates: form.duplicates,
        unsubscribe: form.unsubscribe,
    })
}

/// The bucket of uploads.
#[derive(Clone)]
pub struct S3Sheets {
    client: LazyClient,
    bucket: String,
}

impl S3Sheets {
    /// The bucket of this name.
    pub fn new(config: &SdkConfig, bucket: impl Into<String>) -> Self {
        Self { client: lazy(config), bucket: bucket.into() }
    }

    async fn get(&self, key: String, most: usize) -> Result<Bytes, BlobError> {
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        whole(request.send().await.map_err(|e| classify(&e))?, most).await
    }

    async fn put(&self, key: String, bytes: Vec<u8>) -> Result<(), BlobError> {
        let request = self.client.put_object().bucket(&self.bucket).key(key).content_type("application/json");
        match request.if_none_match("*").body(ByteStream::from(bytes)).send().await {
            Ok(_) => Ok(()),
            // Its name is its hash: it is the same.
            Err(error) if error.code() == Some("PreconditionFailed") => Ok(()),
            Err(error) => Err(classify(&error)),
        }
    }

    async fn delete(&self, key: String) -> Result<(), BlobError> {
        match self.client.delete_object().bucket(&self.bucket).key(key).send().await.map_err(|e| classify(&e))
        {
            Ok(_) | Err(BlobError::Missing) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn file_at((organization, id): UploadOf) -> String {
    format!("files/{organization}/{id}")
}

fn rows_at((organization, id): UploadOf, name: Digest) -> String {
    format!("rows/{organization}/{id}/{}", name.hex())
}

fn plan_at((organization, id): UploadOf, name: Digest) -> String {
    format!("plans/{organization}/{id}/{}", name.hex())
}

fn broken() -> BlobError {
    BlobError::Permanent("what was read of an upload has another form".to_owned())
}

#[async_trait]
impl Sheets for S3Sheets {
    async fn upload_url(&self, of: UploadOf, size: u64, content_type: &str) -> Result<String, BlobError> {
        let length = i64::try_from(size).map_err(|_| BlobError::TooLarge)?;
        let request = self.client.put_object().bucket(&self.bucket).key(file_at(of));
        let signing =
            PresigningConfig::expires_in(URL_LIFE).map_err(|e| BlobError::Permanent(e.to_string()))?;
        let request = request.content_type(content_type).content_length(length).presigned(signing);
        Ok(request.await.map_err(|e| classify(&e))?.uri().to_owned())
    }

    async fn put_file(&self, of: UploadOf, file: Bytes, content_type: &str) -> Result<(), BlobError> {
        let request =
            self.client.put_object().bucket(&self.bucket).key(file_at(of)).content_type(content_type);
        request.body(ByteStream::from(file)).send().await.map(drop).map_err(|e| classify(&e))
    }

    async fn file(&self, of: UploadOf) -> Result<Bytes, BlobError> {
        self.get(file_at(of), usize::try_from(MAX_FILE).unwrap_or(usize::MAX)).await
    }

    async fn keep_sheet(&self, of: UploadOf, name: Digest, sheet: &Sheet) -> Result<(), BlobError> {
        self.put(rows_at(of, name), write_sheet(sheet)).await
    }

    async fn sheet(&self, of: UploadOf, name: Digest) -> Result<Sheet, BlobError> {
        read_sheet(&self.get(rows_at(of, name), MAX_SHEET).await?).ok_or_else(broken)
    }

    async fn keep_plan(&self, of: UploadOf, plan: &Plan) -> Result<Digest, BlobError> {
        let written = write_plan(plan);
        let name = Digest::of(&written);
        self.put(plan_at(of, name), written).await?;
        Ok(name)
    }

    async fn plan(&self, of: UploadOf, name: Digest) -> Result<Plan, BlobError> {
        let bytes = self.get(plan_at(of, name), MAX_PLAN).await?;
        // The name is its hash: whoever confirmed it confirmed these words.
        if Digest::of(&bytes) != name {
            return Err(broken());
        }
        read_plan(&bytes).ok_or_else(broken)
    }

    async fn delete_file(&self, of: UploadOf) -> Result<(), BlobError> {
        self.delete(file_at(of)).await
    }

    async fn delete_all(&self, of: UploadOf) -> Result<(), BlobError> {
        self.delete(file_at(of)).await?;
        let (organization, id) = of;
        for kind in ["rows", "plans"] {
            let prefix = format!("{kind}/{organization}/{id}/");
            loop {
                let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(&prefix);
                let listed = request.send().await.map_err(|e| classify(&e))?;
                for object in listed.contents() {
                    self.delete(object.key().unwrap_or_default().to_owned()).await?;
                }
                if listed.is_truncated() != Some(true) {
                    break;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_sheet_is_read_as_it_was_written() {
        let cell = |text: &str, at| Cell { text: text.to_owned(), at };
        let sheet = Sheet {
            kind: SheetKind::Separated('\t'),
            columns: vec!["Email".to_owned(), "Date".to_owned()],
            rows: vec![
                SheetRow {
                    number: 2,
                    cells: vec![
                        cell("a\n\"b\"", None),
                        cell("2026-11-30", Some(date(2026, 11, 30).at(0, 0, 0, 0))),
                    ],
                    problems: vec![
                        CellProblem::TooManyCells("x".to_owned()),
                        CellProblem::ErrorValue(1, "#N/A".to_owned()),
                        CellProblem::TooLong(0),
                    ],
                    hidden: true,
                },
                SheetRow {
                    number: 4,
                    cells: vec![cell("", None), cell("\u{2028}", None)],
                    ..SheetRow::default()
                },
            ],
            notes: vec![
                SheetNote::CharacterSet("windows-1252".to_owned()),
                SheetNote::OtherSheets("a".to_owned(), vec!["b".to_owned()]),
                SheetNote::NoHeader,
                SheetNote::HiddenRows(2, 3),
                SheetNote::HiddenColumns(vec!["c".to_owned()]),
                SheetNote::MergedCells(1, "A2:A5".to_owned()),
                SheetNote::EmptyRows(4),
                SheetNote::LongNumbers(1, 9),
                SheetNote::Renamed(vec!["Column C".to_owned()]),
            ],
        };
        let written = write_sheet(&sheet);
        assert_eq!(read_sheet(&written), Some(sheet));
        for cut in 0..written.len() - 1 {
            let _ = read_sheet(&written[..cut]);
        }
        let short = b"{\"kind\":\",\",\"columns\":[\"a\",\"b\"]}\n{\"n\":2,\"c\":[\"x\"]}\n";
        assert_eq!(read_sheet(short), None, "a row with too few cells");
        assert_eq!(read_sheet(b""), None);
    }

    #[test]
    fn a_plan_is_read_as_it_was_written() {
        let words =
            |text: &str| Words { subject: Some(text.to_owned()), text: None, html: Some("<p>".to_owned()) };
        let plan = Plan {
            mapping: [("to".to_owned(), "Email".to_owned())].into(),
            words: words("a"),
            time_zone: "Europe/Berlin".to_owned(),
            time: Plan::TIME,
            date_order: Some(DateOrder::DayFirst),
            send_at: Some(Timestamp::from_second(1_800_000_000).unwrap()),
            follow_ups: vec![FollowUp { after_days: 3, words: words("b") }],
            duplicates: true,
            unsubscribe: false,
        };
        assert_eq!(read_plan(&write_plan(&plan)), Some(plan));
        assert_eq!(read_plan(b"{}"), None);
    }
}
