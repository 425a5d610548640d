//! Uploads: a spreadsheet is announced, read, looked at, and confirmed; then [`work`] makes mails of its rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::delivery::event::{EventKind, Subject};
use domain::gate::merge::{self, Merge, Plan, PlanError, RowError, RowMail, RowMails};
use domain::gate::policy::{Evaluation, PolicyBook, Verdict};
use domain::gate::sheet::{MAX_FILE, Sheet, SheetKind, SheetNote, SheetRow, Unreadable};
use domain::gate::upload::{
    Checked, Confirmed, Found, NotNow, Progress, Stage, StoredError, Upload, UploadRow,
};
use domain::mailbox::inbox::Inbox;
use domain::mailbox::lifecycle::{Outbound, Status};
use domain::mailbox::listed::Barred;
use domain::mailbox::message::Message;
use domain::people::access::{Actor, Permit, Principal, Scope, scope};
use domain::{InboxId, OrganizationId, Timestamp, UploadId};
use futures_util::future::try_join_all;

use crate::base::enter::Once;
use crate::base::error::{FieldError, Refusal};
use crate::base::ports::{BlobError, Blobs, Ports, Sheets, UploadOf};
use crate::base::retry::{Try, retry};
use crate::base::store::{Change, Directory, List, Page, PageRequest, key, load, typed};
use crate::gate::draft::{Body, Draft, check};
use crate::gate::submit::ready;
use crate::gate::weigh::judge;
use crate::mailbox::barred;

pub mod decide;
pub mod followers;
pub mod work;

/// A change that loses against another is made anew at most so often.
const TRIES: usize = 5;
/// So many rows are looked at side by side for whom no mail may go to.
const BARRED_AT_ONCE: usize = 40;
/// Policies are asked about so many of the mails that would be made.
pub const SAMPLED: usize = 5;
/// So many bytes of HTML, or eight times as many of text, are looked at in one request, which has 29 seconds.
const MOST_WORDS: usize = 8_000_000;
/// So many bytes of words have the mails of all rows together at most.
const MOST_OF_ALL: usize = 256 * 1024 * 1024;
/// So many bytes of values are in one answer with rows, which Lambda takes up to 6 MB of.
const MOST_VALUES: usize = 2_500_000;
/// So many rows with something wrong are shown with a plan; the list of rows has all.
pub const SHOWN: usize = 50;

/// A spreadsheet that is to be uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUpload {
    /// What its mails leave from.
    pub inbox_id: InboxId,
    /// Its name, without a path.
    pub filename: String,
    /// Its media type.
    pub content_type: String,
    /// Its exact size in bytes, 1 to [`MAX_FILE`].
    pub size: u64,
}

fn of(upload: &Upload) -> UploadOf {
    (upload.organization_id, upload.id)
}

/// Announces a spreadsheet; the URL takes exactly this size and type by `PUT`, for 15 minutes. It is read by itself when it is there.
pub async fn announce(
    ports: &Ports,
    sheets: &dyn Sheets,
    permit: &Permit<scope::UploadsManage>,
    new: NewUpload,
    once: &Once,
    answer: impl FnOnce(&Upload, &str) -> (u16, String),
) -> Result<(Upload, String), Refusal> {
    let organization_id = permit.organization_id();
    let NewUpload { inbox_id, filename, content_type, size } = new;
    if size == 0 {
        return Err(Refusal::field("size", Code::Required, "is 0: the file has nothing in it"));
    }
    if size > MAX_FILE {
        let message = format!("must be 1 to {MAX_FILE} bytes (20 MB): split a larger sheet");
        return Err(Refusal::field("size", Code::FileTooLarge, message));
    }
    if filename.trim().is_empty() {
        return Err(Refusal::field("filename", Code::InvalidFilename, "is empty: give the name of the file"));
    }
    let inbox = load(&*ports.store, organization_id, key::Inbox(inbox_id)).await?;
    if inbox.is_none() || permit.over(inbox_id).is_err() {
        return Err(Refusal::field("inbox_id", Code::UnknownInbox, "no such inbox"));
    }
    let now = ports.now();
    let upload = Upload {
        id: ports.upload_id(),
        organization_id,
        inbox_id,
        filename,
        content_type,
        size,
        made_by: permit.actor().clone(),
        created_at: now,
        stage: Stage::Uploading,
        found: None,
        checked: None,
        confirmed: None,
        progress: Progress::default(),
        waits: None,
        tries: 0,
        look_at: None,
        version: 1,
    };
    let upload = Upload { look_at: Some(upload.awaited_until()), ..upload };
    let url = sheets.upload_url(of(&upload), size, &upload.content_type).await?;
    let mut entry = ports.audit(organization_id, permit.actor(), "upload.create", upload.id);
    entry.details = vec![("inbox_id", inbox_id.to_string()), ("size", size.to_string())];
    let change = Change::new(organization_id).create(upload.clone()).audit(entry);
    let change = once.save(change, now, || answer(&upload, &url));
    once.commit(ports, change).await?;
    Ok((upload, url))
}

/// Uploads, the newest first.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::UploadsManage>,
    page: &PageRequest,
) -> Result<Page<Upload>, Refusal> {
    let mut page = typed::<Upload>(ports.store.list(permit.organization_id(), &List::Uploads, page).await?);
    page.items.retain(|upload| permit.over(upload.inbox_id).is_ok());
    Ok(page)
}

/// One.
pub async fn get(
    ports: &Ports,
    permit: &Permit<scope::UploadsManage>,
    id: UploadId,
) -> Result<Upload, Refusal> {
    load(&*ports.store, permit.organization_id(), key::Upload(id))
        .await?
        .filter(|upload| permit.over(upload.inbox_id).is_ok())
        .ok_or(Refusal::NotFound("upload"))
}

/// Reads a file that is there. What can't be read is said; who reads is told the same file again and again without harm.
pub async fn read(
    ports: &Ports,
    sheets: &dyn Sheets,
    reader: &dyn Reader,
    (organization_id, id): UploadOf,
) -> Result<(), Refusal> {
    let begun = retry(TRIES, "the upload kept changing", || async {
        let upload = load(&*ports.store, organization_id, key::Upload(id)).await?;
        let Some(begun) = upload.and_then(|it| it.begin_reading(ports.now()).ok()) else {
            return Ok(Try::Done(None));
        };
        let written = ports.store.commit(Change::new(organization_id).update(begun.clone())).await;
        Try::of(written, Some(Upload { version: begun.version + 1, ..begun }))
    })
    .await?;
    let Some(begun) = begun else {
        // It was read before, or is deleted: whoever put it there anew put it there for nobody.
        tracing::info!(upload_id = %id, "a file that nobody waits for");
        return Ok(sheets.delete_file((organization_id, id)).await?);
    };
    let found = match sheets.file((organization_id, id)).await {
        Ok(file) => reader.read(&file, &begun.filename).await?,
        Err(BlobError::TooLarge) => Err(Unreadable::TooLarge),
        Err(BlobError::Missing) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let ended = match found {
        Ok(sheet) => {
            let name = Digest::from_bytes(ports.bytes());
            sheets.keep_sheet((organization_id, id), name, &sheet).await?;
            begun
                .clone()
                .read(found_in(&sheet, name))
                .map_err(|NotNow(status)| Refusal::Internal(format!("an upload that was read is {status}")))?
        }
        Err(why) => begun.clone().fail(why.code(), &why.to_string(), ports.now()),
    };
    let kind = match ended.stage {
        Stage::Ready => EventKind::UploadReady,
        _ => EventKind::UploadFailed,
    };
    let change = Change::new(organization_id).update(ended.clone()).event(upload_event(ports, kind, &ended));
    // Where somebody deletes it meanwhile that holds, and takes what was read along; where another reads it too, the file is theirs.
    if !crate::base::retry::commit_first(ports, change).await? {
        return Ok(());
    }
    Ok(sheets.delete_file((organization_id, id)).await?)
}

/// What reads files of strangers, where nothing else is within reach.
#[async_trait::async_trait]
pub trait Reader: Send + Sync {
    /// What a file holds, or why it can't be read.
    async fn read(&self, file: &[u8], filename: &str) -> Result<Result<Sheet, Unreadable>, Refusal>;
}

/// What an upload says of its sheet.
fn found_in(sheet: &Sheet, name: Digest) -> Found {
    Found {
        kind: sheet.kind,
        columns: sheet.columns.clone(),
        rows: u32::try_from(sheet.rows.len()).unwrap_or(u32::MAX),
        notes: sheet.notes.iter().map(said_of).chain(said_of_kind(sheet.kind)).collect(),
        guesses: merge::guess(&sheet.columns, &sheet.rows),
        name,
    }
}

fn said_of_kind(kind: SheetKind) -> Option<(String, String)> {
    let word = match kind {
        SheetKind::Separated(',') | SheetKind::Workbook => return None,
        SheetKind::Separated('\t') => "tabs".to_owned(),
        SheetKind::Separated(';') => "semicolons".to_owned(),
        SheetKind::Separated(other) => format!("{other:?}"),
    };
    Some(("separator".to_owned(), format!("Its columns are separated by {word}.")))
}

fn said_of(note: &SheetNote) -> (String, String) {
    let many =
        |n: usize, one: &str, more: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {more}") };
    let (code, sentence) = match note {
        SheetNote::CharacterSet(name) => {
            ("character_set", format!("It is not in UTF-8: it was read as {name}."))
        }
        SheetNote::OtherSheets(read, others) => {
            ("other_sheets", format!("The sheet {read:?} was read, and not the others: {}.", quoted(others)))
        }
        SheetNote::NoHeader => (
            "no_header",
            "Its first row holds an address, so it was taken as a row: the columns have no names.".to_owned(),
        ),
        SheetNote::HiddenRows(n, first) => (
            "hidden_rows",
            format!(
                "{} hidden, from row {first} on, and read as the others.",
                many(*n, "row is", "rows are")
            ),
        ),
        SheetNote::HiddenColumns(names) => {
            ("hidden_columns", format!("Hidden columns were read as the others: {}.", quoted(names)))
        }
        SheetNote::MergedCells(n, first) => (
            "merged_cells",
            format!(
                "{} merged, {first} first: their text stands in the first of them alone.",
                many(*n, "area of cells is", "areas of cells are")
            ),
        ),
        SheetNote::EmptyRows(n) => {
            ("empty_rows", format!("{} left out.", many(*n, "empty row was", "empty rows were")))
        }
        SheetNote::LongNumbers(n, first) => (
            "long_numbers",
            format!(
                "{} more than 15 digits, in row {first} first: spreadsheets keep 15 of them. Make such a column one of text.",
                many(*n, "number has", "numbers have")
            ),
        ),
        SheetNote::Renamed(names) => (
            "renamed_columns",
            format!("Columns without a name, or with one that another has, are called {}.", quoted(names)),
        ),
    };
    (code.to_owned(), sentence)
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

pub(crate) fn upload_event(
    ports: &Ports,
    kind: EventKind,
    upload: &Upload,
) -> domain::delivery::event::Event {
    ports.event(upload.organization_id, kind, Subject::Upload(Box::new(upload.notice())))
}

/// What a plan would make of the rows of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// The upload.
    pub upload: Upload,
    /// So many rows can become mails.
    pub good: u32,
    /// So many mails would be made of them, those that follow among them.
    pub mails: u32,
    /// What is wrong, by its code, and in how many rows.
    pub problems: BTreeMap<&'static str, u32>,
    /// The first rows with something wrong, at most [`SHOWN`].
    pub wrong: Vec<(u32, Vec<RowError>)>,
    /// The first mail that would be made, as its reader would see it.
    pub first: Option<Preview>,
    /// What policies say of the first mails of [`SAMPLED`] rows that are spread over the sheet, by the number of the row.
    pub sampled: Vec<(u32, Result<Verdict, String>)>,
}

/// A row as a plan has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The number of the row.
    pub number: u32,
    /// Its mails.
    pub mails: RowMails,
    /// What policies say of the first of them, or why it would be refused.
    pub judged: Result<Evaluation, String>,
}

/// What planning takes of the world beside what every use case may touch.
#[derive(Clone)]
pub struct Planning {
    /// Where sheets and plans are.
    pub sheets: Arc<dyn Sheets>,
    /// Which addresses are inboxes.
    pub directory: Arc<dyn Directory>,
    /// Uploads of files, which rows have none of.
    pub blobs: Arc<dyn Blobs>,
}

impl Planning {
    /// Over these ports.
    pub fn over<'a>(&'a self, ports: &'a Ports) -> Planner<'a> {
        Planner { ports, sheets: &*self.sheets, directory: &*self.directory, blobs: &*self.blobs }
    }
}

/// What is planned for an upload.
pub struct Planner<'a> {
    /// What every use case may touch.
    pub ports: &'a Ports,
    /// Where sheets and plans are.
    pub sheets: &'a dyn Sheets,
    /// Which addresses are inboxes.
    pub directory: &'a dyn Directory,
    /// Uploads of files, which rows have none of.
    pub blobs: &'a dyn Blobs,
}

impl Planner<'_> {
    /// Says what would be made of a sheet, and keeps the plan; nothing is made.
    pub async fn try_out(
        &self,
        permit: &Permit<scope::UploadsManage>,
        id: UploadId,
        plan: &Plan,
    ) -> Result<Outlook, Refusal> {
        let upload = get(self.ports, permit, id).await?;
        let (sheet, found) = self.sheet(&upload).await?;
        let outlook = self.look(permit, upload, &sheet, plan).await?;
        let checked = self.keep(&outlook, found.rows, plan).await?;
        let kept = outlook.upload.clone().check(checked).map_err(|not| not_ready(&not))?;
        self.ports.store.commit(Change::new(permit.organization_id()).update(kept.clone())).await?;
        Ok(Outlook { upload: Upload { version: kept.version + 1, ..kept }, ..outlook })
    }

    /// Has mails made of all good rows, in the name of the caller. They are made by and by; what is wrong with a row, and whom no mail may
    /// go to, is looked at again then.
    pub async fn confirm(
        &self,
        permit: &Permit<scope::UploadsManage>,
        id: UploadId,
        plan: &Plan,
        once: &Once,
        answer: impl FnOnce(&Outlook) -> (u16, String),
    ) -> Result<Outlook, Refusal> {
        // Each row asks for a mail.
        permit.principal().permit::<scope::MessagesSend>()?;
        let upload = get(self.ports, permit, id).await?;
        let (sheet, found) = self.sheet(&upload).await?;
        let outlook = self.look(permit, upload, &sheet, plan).await?;
        if outlook.good == 0 {
            let message = "no row can become a mail: mend the sheet or the plan, as a dry run says";
            return Err(Refusal::because(Code::NoGoodRows, message));
        }
        let checked = self.keep(&outlook, found.rows, plan).await?;
        let (actor, now) = (permit.actor(), self.ports.now());
        let mut entry = self.ports.audit(permit.organization_id(), actor, "upload.confirm", id);
        entry.details = vec![
            ("plan", checked.plan.to_string()),
            ("rows", found.rows.to_string()),
            ("good", checked.good.to_string()),
        ];
        let with = permit.principal().credential.clone();
        let confirmed = Confirmed { by: actor.clone(), with, at: now };
        let confirmed = outlook.upload.clone().confirm(checked, confirmed).map_err(|not| not_ready(&not))?;
        let event = upload_event(self.ports, EventKind::UploadConfirmed, &confirmed);
        let change =
            Change::new(permit.organization_id()).update(confirmed.clone()).audit(entry).event(event);
        // What is wrong with which row stands in the list of rows from now on: an answer that is kept has no room for all.
        let upload = Upload { version: confirmed.version + 1, ..confirmed };
        let outlook = Outlook { upload, wrong: vec![], first: None, ..outlook };
        let change = once.save(change, now, || answer(&outlook));
        match once.commit(self.ports, change).await {
            Err(refusal) if refusal.code() == Code::ChangedMeanwhile => {
                // Of two who confirm at once the later one is told that it is confirmed.
                let upload = get(self.ports, permit, id).await?;
                if upload.stage == Stage::Ready {
                    Err(refusal)
                } else {
                    Err(not_ready(&NotNow(upload.stage.as_str())))
                }
            }
            Err(refusal) => Err(refusal),
            Ok(()) => Ok(outlook),
        }
    }

    /// The plan that was tried out last.
    pub async fn tried(&self, upload: &Upload) -> Result<Option<Plan>, Refusal> {
        let Some(checked) = &upload.checked else { return Ok(None) };
        Ok(Some(self.sheets.plan(of(upload), checked.plan).await?))
    }

    /// Whether this plan is the one that was tried out last.
    pub async fn is_tried(&self, upload: &Upload, plan: &Plan) -> Result<bool, Refusal> {
        let Some(checked) = &upload.checked else { return Ok(false) };
        Ok(self.sheets.keep_plan(of(upload), plan).await? == checked.plan)
    }

    /// The rows of an upload that is read, and what was found in it.
    async fn sheet(&self, upload: &Upload) -> Result<(Sheet, Found), Refusal> {
        let Some(found) = upload.found.clone().filter(|_| upload.stage == Stage::Ready) else {
            return Err(not_ready(&NotNow(upload.stage.as_str())));
        };
        Ok((self.sheets.sheet(of(upload), found.name).await?, found))
    }

    /// Refuses mails that follow where nobody would know that somebody answered the first.
    async fn check_followed(&self, upload: &Upload, plan: &Plan) -> Result<(), Refusal> {
        if plan.follow_ups.is_empty() {
            return Ok(());
        }
        let inbox = load(&*self.ports.store, upload.organization_id, key::Inbox(upload.inbox_id)).await?;
        if inbox.is_none_or(|inbox| inbox.provider.is_none()) {
            return Ok(());
        }
        let message = "can't be given: answers don't come into the inbox of a connected account, so nobody would know whom not to write to again";
        Err(Refusal::field("follow_ups", Code::InvalidPlan, message))
    }

    async fn keep(&self, outlook: &Outlook, rows: u32, plan: &Plan) -> Result<Checked, Refusal> {
        let name = self.sheets.keep_plan(of(&outlook.upload), plan).await?;
        Ok(Checked { plan: name, good: outlook.good, bad: rows.saturating_sub(outlook.good) })
    }

    async fn look(
        &self,
        permit: &Permit<scope::UploadsManage>,
        upload: Upload,
        sheet: &Sheet,
        plan: &Plan,
    ) -> Result<Outlook, Refusal> {
        self.check_followed(&upload, plan).await?;
        let merge = Merge::new(plan, &sheet.columns).map_err(|wrong| not_fitting(&wrong))?;
        let now = self.ports.now();
        let mut looked = look_at_rows(&merge, plan, sheet, now)?;
        let mut budget = MOST_WORDS;
        for (row, looked) in sheet.rows.iter().zip(&mut looked) {
            looked.check_mails(&merge, plan, row, &mut budget, now);
        }
        bar(self.ports, upload.organization_id, plan, looked.iter_mut().collect()).await?;
        let judged = looked.into_iter().map(|it| it.judged);
        let mut outlook = Outlook {
            upload,
            good: 0,
            mails: 0,
            problems: BTreeMap::new(),
            wrong: vec![],
            first: None,
            sampled: vec![],
        };
        let mut good = vec![];
        for (row, judged) in sheet.rows.iter().zip(judged) {
            match judged {
                Ok(mails) => {
                    outlook.good += 1;
                    outlook.mails += mails;
                    good.push(row);
                }
                Err(errors) => {
                    let codes: BTreeSet<_> = errors.iter().map(|error| error.code).collect();
                    for code in codes {
                        *outlook.problems.entry(code).or_default() += 1;
                    }
                    if outlook.wrong.len() < SHOWN {
                        outlook.wrong.push((row.number, errors));
                    }
                }
            }
        }
        // The first, the last, and some in between.
        let step = good.len().div_ceil(SAMPLED).max(1);
        let sampled = good.iter().step_by(step).map(|row| self.preview(permit, &outlook.upload, &merge, row));
        let sampled = try_join_all(sampled).await?;
        let verdict = |preview: &Preview| {
            let judged = preview.judged.as_ref().map(|it| it.outcome.clone()).map_err(Clone::clone);
            (preview.number, judged)
        };
        outlook.sampled = sampled.iter().flatten().map(verdict).collect();
        outlook.first = sampled.into_iter().flatten().next();
        Ok(outlook)
    }

    /// One row as its readers would see it, and what policies say of it.
    async fn preview(
        &self,
        permit: &Permit<scope::UploadsManage>,
        upload: &Upload,
        merge: &Merge<'_>,
        row: &SheetRow,
    ) -> Result<Option<Preview>, Refusal> {
        let Ok(mut mails) = merge.row(row, self.ports.now()) else { return Ok(None) };
        let Some(first) = mails.mails.first().cloned() else { return Ok(None) };
        let principal = permit.principal();
        let asked = (draft_of(&mails, first, merge.unsubscribes()), None, None);
        // What policies say is told as they are asked: whoever may not ask for a mail learns that.
        let ready =
            Box::pin(ready(self.ports, self.blobs, (principal, permit.actor()), upload.inbox_id, asked))
                .await;
        let judged = match ready {
            Ok((inbox, book, prepared)) => {
                // HTML goes out in its one form, which is what is shown.
                if let Some(mail) = mails.mails.first_mut() {
                    mail.html.clone_from(&prepared.draft.html);
                }
                self.judged(permit, &inbox, &book, &prepared).await
            }
            Err(refusal) => Err(refusal),
        };
        let judged = match judged {
            Ok(evaluation) => Ok(evaluation),
            Err(refusal @ (Refusal::Unavailable(_) | Refusal::Internal(_))) => return Err(refusal),
            Err(refusal) => Err(words_of(&refusal)),
        };
        Ok(Some(Preview { number: row.number, mails, judged }))
    }

    async fn judged(
        &self,
        permit: &Permit<scope::UploadsManage>,
        inbox: &Inbox,
        book: &PolicyBook,
        prepared: &crate::gate::draft::Prepared,
    ) -> Result<Evaluation, Refusal> {
        let judged = judge(self.ports, self.directory, permit.actor(), inbox, book, prepared).await?;
        Ok(judged.outcome().0)
    }

    /// One row of an upload, as the plan that was kept last has it.
    pub async fn row(
        &self,
        permit: &Permit<scope::UploadsManage>,
        id: UploadId,
        number: u32,
    ) -> Result<(Row, Option<Preview>), Refusal> {
        let upload = get(self.ports, permit, id).await?;
        let Read { sheet, plan } = self.read(&upload).await?;
        let place = sheet.rows.binary_search_by_key(&number, |row| row.number);
        let Some(row) = place.ok().and_then(|place| sheet.rows.get(place)) else {
            return Err(Refusal::NotFound("row"));
        };
        let done = load(&*self.ports.store, upload.organization_id, key::UploadRow(id, number)).await?;
        let Some(plan) = plan else {
            let mut row = Row::unplanned(row);
            row.cut();
            return Ok((row, None));
        };
        let merge = Merge::new(&plan, &sheet.columns).map_err(|wrong| not_fitting(&wrong))?;
        let now = upload.confirmed.as_ref().map_or_else(|| self.ports.now(), |it| it.at);
        let mut budget = MOST_WORDS;
        let mut looked: Vec<_> = look_at_rows(&merge, &plan, &sheet, now)?
            .into_iter()
            .skip(place.unwrap_or_default())
            .take(1)
            .collect();
        for it in &mut looked {
            it.check_mails(&merge, &plan, row, &mut budget, now);
        }
        bar(self.ports, upload.organization_id, &plan, looked.iter_mut().collect()).await?;
        let judged = looked.pop().map_or(Ok(0), |it| it.judged);
        let preview = match (&done, &judged) {
            (None, Ok(_)) => self.preview(permit, &upload, &merge, row).await?,
            _ => None,
        };
        let made = done.iter().flat_map(|it| &it.made).map(|it| key::Message(upload.inbox_id, it.message_id));
        let mails = load(&*self.ports.store, upload.organization_id, made.collect::<Vec<_>>()).await?;
        let mut row = Row::new(row, done, judged);
        row.stand(&mails);
        row.cut();
        Ok((row, preview))
    }

    /// Rows of an upload in their order, those with this status alone where one is named, behind the row with this number.
    pub async fn rows(
        &self,
        permit: &Permit<scope::UploadsManage>,
        id: UploadId,
        status: Option<RowStatus>,
        (behind, limit): (u32, u16),
    ) -> Result<(Upload, Vec<Row>, bool), Refusal> {
        let upload = get(self.ports, permit, id).await?;
        let Read { sheet, plan } = self.read(&upload).await?;
        let organization_id = upload.organization_id;
        let now = upload.confirmed.as_ref().map_or_else(|| self.ports.now(), |it| it.at);
        let merge = plan.as_ref().map(|plan| Merge::new(plan, &sheet.columns)).transpose();
        let merge = merge.map_err(|wrong| not_fitting(&wrong))?;
        let mut budget = MOST_WORDS;
        let looked = match plan.as_ref().zip(merge.as_ref()) {
            None => sheet.rows.iter().map(|_| Looked { judged: Ok(0), to: None }).collect(),
            Some((plan, merge)) => look_at_rows(merge, plan, &sheet, now)?,
        };
        let mut rest: Vec<_> = sheet.rows.iter().zip(looked).filter(|(row, _)| row.number > behind).collect();
        let (mut found, limit, mut bytes) = (vec![], usize::from(limit), 0);
        for some in rest.chunks_mut(100) {
            let wanted: Vec<_> = some.iter().map(|(row, _)| key::UploadRow(id, row.number)).collect();
            let done = match upload.confirmed {
                None => wanted.iter().map(|_| None).collect(),
                Some(_) => load(&*self.ports.store, organization_id, wanted).await?,
            };
            // Whether mail may go to it is asked of those alone that are shown, and have no mail yet.
            let undecided = some.iter_mut().zip(&done).filter(|(_, done)| done.is_none());
            if let Some((plan, merge)) = plan.as_ref().zip(merge.as_ref()) {
                let undecided = undecided.map(|((row, looked), _)| {
                    looked.check_mails(merge, plan, row, &mut budget, now);
                    looked
                });
                let undecided = undecided.collect();
                bar(self.ports, organization_id, plan, undecided).await?;
            }
            for ((row, looked), done) in some.iter().zip(done) {
                let row = match &plan {
                    None => Row::unplanned(row),
                    Some(_) => Row::new(row, done, looked.judged.clone()),
                };
                if status.is_none_or(|status| row.status == status) {
                    bytes += row.values.iter().map(String::len).sum::<usize>();
                    found.push(row);
                }
                if found.len() > limit || bytes > MOST_VALUES {
                    break;
                }
            }
            if found.len() > limit || bytes > MOST_VALUES {
                break;
            }
        }
        // One row is answered however large it is, cut to what fits.
        let whole = if bytes > MOST_VALUES { found.len() - 1 } else { found.len() };
        let shown = whole.min(limit).max(1);
        let more = found.len() > shown || bytes > MOST_VALUES;
        found.truncate(shown);
        if let [row] = &mut found[..] {
            row.cut();
        }
        let made = |row: &Row| {
            row.made.iter().map(|it| key::Message(upload.inbox_id, it.message_id)).collect::<Vec<_>>()
        };
        let mails =
            load(&*self.ports.store, organization_id, found.iter().map(made).collect::<Vec<_>>()).await?;
        for (row, mails) in found.iter_mut().zip(mails) {
            row.stand(&mails);
        }
        Ok((upload, found, more))
    }

    async fn read(&self, upload: &Upload) -> Result<Read, Refusal> {
        read_of(self.sheets, upload).await
    }
}

/// What was read of an upload, and the plan that was kept last.
async fn read_of(sheets: &dyn Sheets, upload: &Upload) -> Result<Read, Refusal> {
    let Some(found) = upload.found.as_ref().filter(|_| upload.lets_go()) else {
        return Err(not_ready(&NotNow(upload.stage.as_str())));
    };
    let sheet = sheets.sheet(of(upload), found.name).await?;
    let plan = match &upload.checked {
        Some(checked) => Some(sheets.plan(of(upload), checked.plan).await?),
        None => None,
    };
    Ok(Read { sheet, plan })
}

/// What was read of an upload, and what is to be made of it.
pub(crate) struct Read {
    pub(crate) sheet: Sheet,
    pub(crate) plan: Option<Plan>,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowStatus {
    /// A mail can be made of it.
    Ready,
    /// None can, or could.
    Error,
    /// Its mail was asked for.
    Imported,
}

impl RowStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ready, Self::Error, Self::Imported];

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Error => "error",
            Self::Imported => "imported",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }
}

/// A row of an upload, with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number in the sheet.
    pub number: u32,
    /// What its cells show.
    pub values: Vec<String>,
    /// Where it stands.
    pub status: RowStatus,
    /// What is wrong with it.
    pub errors: Vec<StoredError>,
    /// Its mails.
    pub made: Vec<domain::gate::upload::Made>,
    /// Where the first of them stands.
    pub mail: Option<Status>,
}

impl Row {
    /// Cuts the values of a row that is larger than an answer, the longest of which nobody can read in a list.
    fn cut(&mut self) {
        let most = MOST_VALUES / self.values.len().max(1);
        if self.values.iter().map(String::len).sum::<usize>() > MOST_VALUES {
            for value in &mut self.values {
                value.truncate(value.floor_char_boundary(most));
            }
        }
    }

    fn unplanned(row: &SheetRow) -> Self {
        Self::new(row, None, Ok(0))
    }

    fn new(row: &SheetRow, done: Option<UploadRow>, judged: Judged) -> Self {
        let (status, errors, made) = match (done, judged) {
            (Some(done), _) => {
                let status = if done.errors.is_empty() { RowStatus::Imported } else { RowStatus::Error };
                (status, done.errors, done.made)
            }
            (None, Ok(_)) => (RowStatus::Ready, vec![], vec![]),
            (None, Err(errors)) => {
                (RowStatus::Error, errors.into_iter().map(StoredError::from).collect(), vec![])
            }
        };
        let values = row.cells.iter().map(|cell| cell.text.clone()).collect();
        Self { number: row.number, values, status, errors, made, mail: None }
    }

    /// With where its mails stand by now: of one that was edited or moved, with the approval that it has since.
    fn stand(&mut self, mails: &[Option<Message>]) {
        for (made, mail) in self.made.iter_mut().zip(mails) {
            if let Some(outbound) = mail.as_ref().and_then(Message::outbound) {
                made.approval_id = outbound.approval_id;
            }
        }
        self.mail = mails.first().and_then(Option::as_ref).and_then(Message::outbound).map(Outbound::status);
    }
}

/// How many mails a row would become, or what is wrong with it.
type Judged = Result<u32, Vec<RowError>>;

/// A row as it is by itself and beside the others, before anybody asks whether mail may go to it.
struct Looked {
    judged: Judged,
    /// To whom its mails would go, where nothing is wrong with it.
    to: Option<EmailAddress>,
}

impl Looked {
    /// Looks at the mails of a row as they are looked at when they are asked for. Of their words no more than `budget` says are: what is wrong with
    /// the rest is said of its row when its mail is made.
    fn check_mails(
        &mut self,
        merge: &Merge<'_>,
        plan: &Plan,
        row: &SheetRow,
        budget: &mut usize,
        now: Timestamp,
    ) {
        if self.judged.is_err() {
            return;
        }
        let Ok(mails) = merge.row(row, now) else { return };
        for mail in &mails.mails {
            // HTML takes some eight times as long as text.
            let bytes = |words: &Option<String>| words.as_ref().map_or(0, String::len);
            let Some(left) = budget.checked_sub(bytes(&mail.html) + bytes(&mail.text) / 8) else { continue };
            *budget = left;
            let mail = RowMail { send_at: None, ..mail.clone() };
            let mut draft = draft_of(&mails, mail, plan.unsubscribe);
            if let Err(Refusal::Invalid(errors)) = check(&mut draft, &[], Body::Needed, now) {
                let column = |field: &str| plan.mapping.get(field).map(String::as_str);
                let wrong =
                    |it: &FieldError| RowError::new(it.code.as_str(), column(&it.field), said_of_field(it));
                self.judged = Err(errors.iter().map(wrong).collect());
                return;
            }
        }
    }
}

/// What is wrong with a field of a mail, in a sentence of its own.
fn said_of_field(error: &FieldError) -> String {
    format!("its {} {}", error.field, error.message)
}

/// Of each row what it would become, by itself, beside the others, and with whom it goes to.
pub(crate) async fn judge_rows(
    ports: &Ports,
    organization_id: OrganizationId,
    merge: &Merge<'_>,
    plan: &Plan,
    sheet: &Sheet,
    now: Timestamp,
) -> Result<Vec<Judged>, Refusal> {
    let mut looked = look_at_rows(merge, plan, sheet, now)?;
    bar(ports, organization_id, plan, looked.iter_mut().collect()).await?;
    Ok(looked.into_iter().map(|it| it.judged).collect())
}

fn look_at_rows(
    merge: &Merge<'_>,
    plan: &Plan,
    sheet: &Sheet,
    now: Timestamp,
) -> Result<Vec<Looked>, Refusal> {
    let (mut all, mut first, mut bytes) = (vec![], BTreeMap::new(), 0);
    for row in &sheet.rows {
        if bytes > MOST_OF_ALL {
            let message = "makes more than 256 MB of words in the mails of all rows: split the sheet, or say less in each";
            return Err(Refusal::field("text", Code::BodyTooLarge, message));
        }
        let made = merge.row(row, now).and_then(|mails| {
            let words = mails.mails.iter().flat_map(|mail| [&mail.text, &mail.html]).flatten();
            bytes += words.map(String::len).sum::<usize>();
            let address = mails.to.address;
            match first.get(&address.mailbox_key()) {
                Some(number) if !plan.duplicates => {
                    let message = format!("has the same address as row {number}, whose mail it would repeat");
                    Err(vec![RowError::new("duplicate", plan.mapping.get("to").map(String::as_str), message)])
                }
                _ => {
                    first.entry(address.mailbox_key()).or_insert(row.number);
                    Ok((u32::try_from(mails.mails.len()).unwrap_or(u32::MAX), address))
                }
            }
        });
        all.push(match made {
            Ok((count, address)) => Looked { judged: Ok(count), to: Some(address) },
            Err(wrong) => Looked { judged: Err(wrong), to: None },
        });
    }
    Ok(all)
}

/// Says of those of these rows to whom no mail may go that this is wrong with them.
async fn bar(
    ports: &Ports,
    organization_id: OrganizationId,
    plan: &Plan,
    rows: Vec<&mut Looked>,
) -> Result<(), Refusal> {
    let mut rows: Vec<_> = rows.into_iter().filter(|it| it.to.is_some()).collect();
    for some in rows.chunks_mut(BARRED_AT_ONCE) {
        let all: Vec<_> = some.iter().filter_map(|it| it.to.clone()).collect();
        let lists = load(&*ports.store, organization_id, barred::wanted(organization_id, &all)).await?;
        for Barred { address, why } in barred::of(&all, lists) {
            let key = address.mailbox_key();
            let is_its = |row: &Looked| row.to.as_ref().is_some_and(|it| it.mailbox_key() == key);
            for row in some.iter_mut().filter(|row| is_its(row)) {
                let (code, message) = crate::gate::weigh::said_of(&why);
                let column = plan.mapping.get("to").map(String::as_str);
                row.judged = Err(vec![RowError::new(code.as_str(), column, message)]);
            }
        }
    }
    Ok(())
}

/// A mail of a row, as it is asked for.
pub(crate) fn draft_of(mails: &RowMails, mail: RowMail, unsubscribe: bool) -> Draft {
    let RowMail { subject, text, html, send_at, .. } = mail;
    Draft {
        to: vec![mails.to.clone()],
        subject: Some(subject),
        text,
        html,
        send_at,
        unsubscribe,
        ..Draft::default()
    }
}

/// What is wrong with a plan, by its fields.
fn not_fitting(wrong: &[PlanError]) -> Refusal {
    let code = |error: &PlanError| if error.missing { Code::Required } else { Code::InvalidPlan };
    Refusal::Invalid(wrong.iter().map(|it| FieldError::new(&*it.field, code(it), &it.message)).collect())
}

fn not_ready(NotNow(status): &NotNow) -> Refusal {
    Refusal::Because {
        code: Code::UploadNotReady,
        message: match *status {
            "uploading" => "its file is not there yet: put it to upload_url".to_owned(),
            "reading" => "its file is still being read: ask again in a moment".to_owned(),
            "importing" | "imported" => {
                "it was confirmed already: upload the sheet anew for other mails".to_owned()
            }
            other => format!("it is {other}: upload the sheet anew"),
        },
        details: vec![("status", (*status).to_owned())],
    }
}

/// Why a mail would be refused, in a sentence.
pub(crate) fn words_of(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Invalid(errors) => {
            errors.iter().map(|it| format!("{} {}", it.field, it.message)).collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}

/// Puts a file that came with a form, in the place of whoever would put it to the URL.
pub async fn put(sheets: &dyn Sheets, upload: &Upload, file: Vec<u8>) -> Result<(), Refusal> {
    Ok(sheets.put_file(of(upload), file.into(), &upload.content_type).await?)
}

/// What HTML says as text.
pub fn text_of(html: &str) -> String {
    crate::gate::draft::text_of(html).unwrap_or_default()
}

/// Who may delete an upload whose mails are asked for: whoever uploaded or confirmed it, and whoever decides about mail, as with any mail.
fn may_delete(principal: &Principal, upload: &Upload) -> Result<(), Refusal> {
    let is_own = |actor: &Actor| *actor == principal.actor;
    let confirmed = upload.confirmed.as_ref();
    let own = is_own(&upload.made_by) || confirmed.is_some_and(|it| is_own(&it.by));
    if confirmed.is_none() || own || principal.scopes.contains(&Scope::ApprovalsDecide) {
        return Ok(());
    }
    let message = "only whoever uploaded or confirmed it, or somebody who decides, takes its mails away";
    Err(Refusal::because(Code::NotRequester, message))
}

/// Deletes an upload: from now on none of its mails goes that has not gone, and they are deleted with all that it holds.
pub async fn delete(
    ports: &Ports,
    permit: &Permit<scope::UploadsManage>,
    id: UploadId,
) -> Result<(), Refusal> {
    retry(TRIES, "the upload kept changing", || async {
        let upload = get(ports, permit, id).await?;
        may_delete(permit.principal(), &upload)?;
        if upload.stage == Stage::Deleting {
            return Ok(Try::Done(()));
        }
        let mut entry = ports.audit(permit.organization_id(), permit.actor(), "upload.delete", id);
        entry.details = vec![("status", upload.stage.as_str().to_owned())];
        let deleted = upload.delete(ports.now());
        let event = upload_event(ports, EventKind::UploadDeleted, &deleted);
        let change = Change::new(permit.organization_id()).update(deleted).audit(entry).event(event);
        Try::of(ports.store.commit(change).await, ())
    })
    .await
}
