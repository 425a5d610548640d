//! Uploads: a spreadsheet, the plan of what is made of it, and its rows.

use std::collections::BTreeMap;

use app::base::error::{FieldError, Refusal};
use app::gate::uploads::{NewUpload, Outlook, Preview, Row, RowStatus};
use domain::base::address::HeaderText;
use domain::base::code::Code;
use domain::gate::merge::{DateOrder, FollowUp, MAX_FOLLOW_UPS, MAX_TEMPLATE, Plan, RowMail, Words};
use domain::gate::policy::Verdict;
use domain::gate::upload::{Found, Made, Progress, Stage, StoredError, Upload, UploadNotice};
use domain::mailbox::lifecycle::Status;
use domain::{ApprovalId, InboxId, MessageId, UploadId};
use jiff::civil::Time as CivilTime;
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::parts::{ActorView, actor};
use crate::base::request::{self, request};
use crate::base::values::{
    Choice, ClockTime, IdOf, Limit, Line, List, Mapping, Named, Text, Time, TimeZoneName,
};

request! {
    /// A spreadsheet that is to be uploaded.
    pub struct CreateUpload {
        /// The inbox that its mails are to leave.
        inbox_id: IdOf<InboxId>,
        /// Its name, without a path.
        filename: Line,
        /// Its media type; `application/octet-stream` where it is left out. What it is, its bytes say.
        content_type: Option<Line>,
        /// In bytes, 1 to 20,971,520.
        size: u64,
    }
}

/// Reads [`CreateUpload`].
pub fn new(body: &[u8]) -> Result<NewUpload, Refusal> {
    let CreateUpload { inbox_id, filename, content_type, size } = request::body(body)?;
    Ok(NewUpload {
        inbox_id: inbox_id.0,
        filename: filename.0.as_str().to_owned(),
        content_type: content_type
            .map_or_else(|| "application/octet-stream".to_owned(), |line| line.0.as_str().to_owned()),
        size,
    })
}

request! {
    /// What is to be made of the rows of an upload. Words have variables, such as `{{first_name}}`, or `{{first_name|there}}` with what
    /// stands for an empty one: the name of a column in lower case, with `_` for what is no letter and no digit, or a name of `mapping`.
    pub struct ConfirmUpload {
        /// The column of each field, by its name as `columns` has it: `to` is required; `name`, `subject`, `text`, `html`, `send_at`,
        /// `follow_up_1` to `follow_up_5` may be given; any other field is a variable.
        mapping: Mapping,
        /// The subject of all mails; left out where a column gives it.
        subject: Option<String>,
        /// The text of all mails; left out where a column gives it, or where there is HTML.
        text: Option<String>,
        /// The HTML of all mails, within the form that `infra/docs/HTML.md` describes. Values are escaped in it.
        html: Option<String>,
        /// Where dates without a time zone are; `UTC` where it is left out.
        time_zone: Option<TimeZoneName>,
        /// The time of day of dates without one; `09:00` where it is left out.
        time: Option<ClockTime>,
        /// How a date such as 03/04/2026 is read. Left out, a row with such a date is wrong.
        date_order: Option<Choice<DateOrder>>,
        /// When all mails go; left out where a column gives it, or where each goes as soon as it may.
        send_at: Option<Time>,
        /// Mails that follow the first, to whoever does not answer it.
        follow_ups: Option<List<FollowUpGiven, { MAX_FOLLOW_UPS }>>,
        /// Whether a mailbox that stands in several rows gets several mails. Left out, the later rows are wrong.
        allow_duplicates: Option<bool>,
        /// Whether each recipient can unsubscribe with one click, as list mail must let them.
        unsubscribe: Option<bool>,
        /// Whether it is only said what would be made: then nothing is. The plan is kept, and the rows are shown as it has them.
        dry_run: Option<bool>,
    }
}

request! {
    /// A mail that follows the first mail of each row, in the same conversation. It does not go where somebody answered, or where the first
    /// mail did not arrive.
    pub struct FollowUpGiven {
        /// So many days after the first, at the same time of day; left out where a column gives its date.
        after_days: Option<u64>,
        /// Its subject.
        subject: String,
        /// Its text.
        text: Option<String>,
        /// Its HTML.
        html: Option<String>,
    }
}

impl Named for DateOrder {
    const ALL: &'static [Self] = &DateOrder::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

/// Reads [`ConfirmUpload`]: the plan, and whether it is only tried out.
pub fn plan(body: &[u8]) -> Result<(Plan, bool), Refusal> {
    let given: ConfirmUpload = request::body(body)?;
    let words = |subject, text, html| Words { subject, text, html };
    let mut too_long = vec![];
    for (field, text) in [("subject", &given.subject), ("text", &given.text), ("html", &given.html)] {
        if text.as_ref().is_some_and(|text| text.len() > MAX_TEMPLATE) {
            let message = format!("is longer than {MAX_TEMPLATE} bytes");
            too_long.push(FieldError::new(field, Code::TooLong, message));
        }
    }
    if !too_long.is_empty() {
        return Err(Refusal::Invalid(too_long));
    }
    let time = given.time.map_or(Some(Plan::TIME), |ClockTime(minutes)| {
        let (hour, minute) = (i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?);
        CivilTime::new(hour, minute, 0, 0).ok()
    });
    let Some(time) = time else {
        return Err(Refusal::field("time", Code::InvalidTime, "must be a time of day before 24:00"));
    };
    let follow_up = |one: FollowUpGiven| FollowUp {
        after_days: one.after_days.map_or(0, |days| u16::try_from(days).unwrap_or(u16::MAX)),
        words: words(Some(one.subject), one.text, one.html),
    };
    let plan = Plan {
        mapping: given.mapping.0,
        words: words(given.subject, given.text, given.html),
        time_zone: given.time_zone.map_or_else(|| "UTC".to_owned(), |zone| zone.0),
        time,
        date_order: given.date_order.map(|order| order.0),
        send_at: given.send_at.map(Time::whole_second),
        follow_ups: List::entries(given.follow_ups).into_iter().map(follow_up).collect(),
        duplicates: given.allow_duplicates.unwrap_or_default(),
        unsubscribe: given.unsubscribe.unwrap_or_default(),
    };
    Ok((plan, given.dry_run.unwrap_or_default()))
}

request! {
    /// Which rows.
    pub struct RowsQuery {
        /// Those that stand so.
        status: Option<Choice<RowStatus>>,
        /// How many rows at most; 50 where it is left out.
        limit: Option<Limit>,
        /// The `next_cursor` of the page before.
        cursor: Option<Text<20>>,
    }
}

impl Named for RowStatus {
    const ALL: &'static [Self] = &RowStatus::ALL;
    const UNKNOWN: Code = Code::UnknownStatus;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl RowsQuery {
    /// The status, the number of the row behind which the page begins, and how many.
    pub fn part(self) -> Result<(Option<RowStatus>, (u32, u16)), Refusal> {
        let behind = match &self.cursor {
            None => 0,
            Some(Text(text)) => text.parse().map_err(|_| {
                let message = "is not a cursor of this list: pass next_cursor as it was given";
                Refusal::field("cursor", Code::InvalidCursor, message)
            })?,
        };
        Ok((self.status.map(|it| it.0), (behind, self.limit.unwrap_or_default().0)))
    }
}

/// A spreadsheet that was announced, with where to put it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UploadCreated")]
pub struct UploadCreatedView<'a> {
    #[serde(flatten)]
    upload: UploadView<'a>,
    upload_url: &'a str,
    upload_method: &'static str,
    upload_headers: HeadersView<'a>,
}

/// The headers that the upload must have: they are signed.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "SheetUploadHeaders")]
struct HeadersView<'a> {
    content_type: &'a str,
    content_length: String,
}

/// A spreadsheet that was announced, with where to put it.
pub fn created<'a>(upload: &'a Upload, url: &'a str) -> UploadCreatedView<'a> {
    UploadCreatedView {
        upload: self::upload(upload),
        upload_url: url,
        upload_method: "PUT",
        upload_headers: HeadersView {
            content_type: &upload.content_type,
            content_length: upload.size.to_string(),
        },
    }
}

/// A spreadsheet, and what became of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SheetUpload")]
pub struct UploadView<'a> {
    id: IdOf<UploadId>,
    inbox_id: IdOf<InboxId>,
    filename: &'a str,
    content_type: &'a str,
    /// In bytes.
    size: u64,
    /// `uploading` until the file is there, `reading`, `ready` to be confirmed, `importing` while mails are made of it, `imported`,
    /// `failed`, or `deleting`.
    status: &'static str,
    created_at: Time,
    created_by: ActorView,
    /// Until when `upload_url` takes the file; null when it is there.
    expires_at: Option<Time>,
    /// `csv`, `tsv` or `xlsx`; null until it was read.
    format: Option<&'static str>,
    /// Its columns; null until it was read.
    columns: Option<&'a [String]>,
    /// Which column is probably for what, by the fields of `mapping`; null until it was read.
    guesses: Option<&'a BTreeMap<String, String>>,
    /// What about the sheet somebody should know.
    notes: Vec<NoteView<'a>>,
    counts: CountsView,
    /// Why its mails wait to be made, where they do: they are made by themselves later.
    waits: Option<&'a str>,
    /// Why it failed.
    error: Option<NoteView<'a>>,
    confirmed_at: Option<Time>,
    ended_at: Option<Time>,
}

/// A code and a sentence.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UploadNote")]
struct NoteView<'a> {
    code: &'a str,
    message: &'a str,
}

/// How many there are.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UploadCounts")]
struct CountsView {
    /// Rows with anything in them, the header apart; null until they were read.
    rows: Option<u32>,
    /// Rows that can become a mail, as the plan has it that was tried out or confirmed last.
    ready: Option<u32>,
    /// Rows that can't.
    errors: Option<u32>,
    /// Rows that were looked at since it was confirmed: of `rows`, as far as that is.
    done: u32,
    /// Rows that have all their mails.
    imported: u32,
    /// Rows of which none was made, or not all.
    failed: u32,
    /// Mails that were made.
    mails: u32,
    /// Mails that needed somebody's approval when they were made.
    held: u32,
}

fn counts(rows: Option<u32>, checked: Option<(u32, u32)>, progress: Progress) -> CountsView {
    let Progress { rows: done, made, failed, mails, held } = progress;
    let (ready, errors) = checked.unzip();
    CountsView { rows, ready, errors, done, imported: made, failed, mails, held }
}

/// A spreadsheet, and what became of it.
pub fn upload(upload: &Upload) -> UploadView<'_> {
    let found = upload.found.as_ref();
    let (ended_at, error) = match &upload.stage {
        Stage::Imported { at } => (Some(Time(*at)), None),
        Stage::Failed { at, code, message } => (Some(Time(*at)), Some(NoteView { code, message })),
        Stage::Uploading | Stage::Reading | Stage::Ready | Stage::Importing | Stage::Deleting => (None, None),
    };
    let awaited = upload.created_at + Upload::URL_LIFE;
    UploadView {
        id: IdOf(upload.id),
        inbox_id: IdOf(upload.inbox_id),
        filename: &upload.filename,
        content_type: &upload.content_type,
        size: upload.size,
        status: upload.stage.as_str(),
        created_at: Time(upload.created_at),
        created_by: actor(&upload.made_by),
        expires_at: (upload.stage == Stage::Uploading).then_some(Time(awaited)),
        format: found.map(Found::format),
        columns: found.map(|it| it.columns.as_slice()),
        guesses: found.map(|it| &it.guesses),
        notes: found
            .iter()
            .flat_map(|it| &it.notes)
            .map(|(code, message)| NoteView { code, message })
            .collect(),
        counts: counts(
            found.map(|it| it.rows),
            upload.checked.as_ref().map(|it| (it.good, it.bad)),
            upload.progress,
        ),
        waits: upload.waits.as_deref(),
        error,
        confirmed_at: upload.confirmed.as_ref().map(|it| Time(it.at)),
        ended_at,
    }
}

/// An upload as events tell of it: without a word of what it holds.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UploadNotice")]
pub struct UploadNoticeView<'a> {
    id: IdOf<UploadId>,
    inbox_id: IdOf<InboxId>,
    status: &'a str,
    /// Why it failed, as a code.
    error: Option<&'a str>,
    counts: CountsView,
}

pub(crate) fn upload_notice(notice: &UploadNotice) -> UploadNoticeView<'_> {
    UploadNoticeView {
        id: IdOf(notice.id),
        inbox_id: IdOf(notice.inbox_id),
        status: &notice.status,
        error: notice.code.as_deref(),
        counts: counts(notice.rows, None, notice.progress),
    }
}

/// What a plan makes of an upload.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UploadOutlook")]
pub struct OutlookView<'a> {
    #[serde(flatten)]
    upload: UploadView<'a>,
    /// So many mails are made, those that follow among them.
    mails: u32,
    /// What is wrong, and in how many rows.
    problems: Vec<ProblemView>,
    /// The first 50 rows with something wrong; `GET …/rows?status=error` has all.
    wrong_rows: Vec<WrongRowView>,
    /// The first row that becomes mails, as its reader will see them.
    preview: Option<PreviewView<'a>>,
    /// What policies say of some of the mails, the first and the last among them.
    policies: Vec<SampleView<'a>>,
}

/// What is wrong, and in how many rows.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UploadProblem")]
struct ProblemView {
    code: &'static str,
    rows: u32,
}

/// A row with what is wrong with it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WrongRow")]
struct WrongRowView {
    number: u32,
    errors: Vec<RowErrorView>,
}

/// What is wrong with a row.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RowError")]
struct RowErrorView {
    code: String,
    /// The column, where it is one's fault.
    column: Option<String>,
    message: String,
}

impl From<StoredError> for RowErrorView {
    fn from(StoredError { code, column, message }: StoredError) -> Self {
        Self { code, column, message }
    }
}

/// A row's mails, as they would be made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RowPreview")]
pub struct PreviewView<'a> {
    number: u32,
    to: &'a str,
    name: Option<&'a str>,
    /// The first, and those that follow.
    mails: Vec<PreviewMailView<'a>>,
    /// What policies say of the first of them: `allow`, `hold` or `block`; null where it would be refused.
    policy: Option<&'static str>,
    /// Why, as stable codes.
    reasons: &'a [String],
    /// Why it would be refused.
    refused: Option<&'a str>,
}

/// A mail of a row.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RowPreviewMail")]
struct PreviewMailView<'a> {
    subject: &'a str,
    text: Option<&'a str>,
    html: Option<&'a str>,
    send_at: Option<Time>,
}

/// What policies say of a row's mail.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RowSample")]
struct SampleView<'a> {
    number: u32,
    /// `allow`, `hold` or `block`; null where it would be refused.
    policy: Option<&'static str>,
    /// Why it would be refused.
    refused: Option<&'a str>,
}

const fn verdict(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Hold(_) => "hold",
        Verdict::Block => "block",
    }
}

/// What a plan makes of an upload.
pub fn outlook(outlook: &Outlook) -> OutlookView<'_> {
    let errors = |errors: &[domain::gate::merge::RowError]| {
        errors.iter().cloned().map(StoredError::from).map(RowErrorView::from).collect()
    };
    OutlookView {
        upload: upload(&outlook.upload),
        mails: outlook.mails,
        problems: outlook.problems.iter().map(|(code, rows)| ProblemView { code, rows: *rows }).collect(),
        wrong_rows: outlook
            .wrong
            .iter()
            .map(|(number, wrong)| WrongRowView { number: *number, errors: errors(wrong) })
            .collect(),
        preview: outlook.first.as_ref().map(preview),
        policies: outlook
            .sampled
            .iter()
            .map(|(number, judged)| SampleView {
                number: *number,
                policy: judged.as_ref().ok().map(verdict),
                refused: judged.as_ref().err().map(String::as_str),
            })
            .collect(),
    }
}

fn preview_mail(RowMail { subject, text, html, send_at, .. }: &RowMail) -> PreviewMailView<'_> {
    PreviewMailView {
        subject: subject.as_str(),
        text: text.as_deref(),
        html: html.as_deref(),
        send_at: send_at.map(Time),
    }
}

/// A row's mails, as they would be made.
pub fn preview(preview: &Preview) -> PreviewView<'_> {
    let Preview { number, mails, judged } = preview;
    PreviewView {
        number: *number,
        to: mails.to.address.as_str(),
        name: mails.to.name.as_ref().map(HeaderText::as_str),
        mails: mails.mails.iter().map(preview_mail).collect(),
        policy: judged.as_ref().ok().map(|it| verdict(&it.outcome)),
        reasons: judged.as_ref().map(|it| it.reasons.as_slice()).unwrap_or_default(),
        refused: judged.as_ref().err().map(String::as_str),
    }
}

/// A row of an upload.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UploadRow")]
pub struct RowView<'a> {
    /// Its number in the sheet: its header is mostly 1.
    number: u32,
    /// What its cells show, by the names of their columns.
    values: BTreeMap<&'a str, &'a str>,
    /// `ready` where mails can be made of it, `error`, or `imported`.
    status: &'static str,
    errors: Vec<RowErrorView>,
    /// The approval of its first mail.
    approval_id: Option<IdOf<ApprovalId>>,
    /// Its first mail.
    message_id: Option<IdOf<MessageId>>,
    /// Where that mail stands.
    message_status: Option<&'static str>,
    /// The mails that follow it.
    follow_ups: Vec<MadeView>,
}

/// A mail that was made of a row.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RowMail")]
struct MadeView {
    message_id: IdOf<MessageId>,
    approval_id: IdOf<ApprovalId>,
}

/// A row of an upload that has these columns.
pub fn row<'a>(row: &'a Row, columns: &'a [String]) -> RowView<'a> {
    let made =
        |made: &Made| MadeView { message_id: IdOf(made.message_id), approval_id: IdOf(made.approval_id) };
    let first = row.made.first();
    RowView {
        number: row.number,
        values: columns.iter().map(String::as_str).zip(row.values.iter().map(String::as_str)).collect(),
        status: row.status.as_str(),
        errors: row.errors.iter().cloned().map(RowErrorView::from).collect(),
        approval_id: first.map(|made| IdOf(made.approval_id)),
        message_id: first.map(|made| IdOf(made.message_id)),
        message_status: row.mail.map(Status::as_str),
        follow_ups: row.made.iter().skip(1).map(made).collect(),
    }
}

/// A page of rows.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Page_of_UploadRow")]
pub struct RowsView<'a> {
    data: Vec<RowView<'a>>,
    /// For `cursor`, where there is more.
    next_cursor: Option<String>,
}

/// A page of rows of an upload.
pub fn rows<'a>(upload: &'a Upload, rows: &'a [Row], more: bool) -> RowsView<'a> {
    let columns = upload.found.as_ref().map(|found| found.columns.as_slice()).unwrap_or_default();
    let last = rows.last().filter(|_| more);
    RowsView {
        data: rows.iter().map(|row| self::row(row, columns)).collect(),
        next_cursor: last.map(|row| row.number.to_string()),
    }
}

/// A row, with its mails as they would be made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UploadRowDetail")]
pub struct RowDetailView<'a> {
    #[serde(flatten)]
    row: RowView<'a>,
    /// Its mails as they would be made by the plan that was tried out last; null where they were made, or can't be.
    preview: Option<PreviewView<'a>>,
}

/// A row, with its mails as they would be made.
pub fn row_detail<'a>(upload: &'a Upload, row: &'a Row, preview: Option<&'a Preview>) -> RowDetailView<'a> {
    let columns = upload.found.as_ref().map(|found| found.columns.as_slice()).unwrap_or_default();
    RowDetailView { row: self::row(row, columns), preview: preview.map(self::preview) }
}
