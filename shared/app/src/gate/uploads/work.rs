//! What is done about uploads by itself: mails are made of the rows of those that were confirmed, and those that were deleted go, with all
//! of their mails that have not gone.
//!
//! Whoever works on an upload says so for two minutes ahead, and says how far they are after each [`CHUNK`] rows. Whoever dies leaves no
//! more behind than that: another goes on from there when the two minutes are over, and the record of each row, written in the
//! transaction of its mail, says what is done.

use domain::base::code::{Class, Code};
use domain::delivery::event::EventKind;
use domain::gate::merge::{Merge, RowError, RowMail, RowMails};
use domain::gate::sheet::SheetRow;
use domain::gate::upload::{Confirmed, Made, Progress, RowOf, Stage, StoredError, Upload, UploadRow};
use domain::mailbox::lifecycle::{Outbound, Status};
use domain::people::access::{Permit, scope};
use domain::{OrganizationId, ThreadId, Timestamp, UploadId};
use futures_util::future::join_all;
use jiff::SignedDuration;

use super::{Planner, Read, draft_of, judge_rows, not_fitting, of, upload_event, words_of};
use crate::base::enter::stand_in;
use crate::base::error::Refusal;
use crate::base::ports::{Ports, Sheets, UploadOf};
use crate::base::retry::commit_first;
use crate::base::store::{Change, Key, List, PageRequest, Watch, Write, key, load, typed};
use crate::gate::purge::call_off;
use crate::gate::rows::RowPlace;
use crate::gate::submit::{Sending, submit_row};
use crate::mailbox::trash::leave_for_good;

/// So long one run works: the time-out of `background-uploads` in `template.yaml` is longer.
pub const TIME: SignedDuration = SignedDuration::from_secs(240);
/// How far is written down after so many rows.
const CHUNK: usize = 50;
/// So many mails are made, or called off, side by side.
const SIDE_BY_SIDE: usize = 8;
/// So many uploads are looked at in one run.
const UPLOADS: u16 = 20;
/// So many rows of a chunk are given up where their mails can't be made again and again; where more can't, it is not for the rows.
const STUCK: usize = 3;
/// A row that others write at the same time is looked at again so often.
const TRIES: usize = 3;
/// Work that failed is begun anew after this.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(30);
/// Why what waited was called off.
const REASON: &str = "upload_deleted";

/// What is said where only the logs know more.
const NO_REASON: &str =
    "its mails can't be made for a reason that whoever runs this installation finds in its logs";

/// What the work takes of the world.
pub struct Worker<'a> {
    /// What asking for a mail takes.
    pub sending: &'a Sending,
    /// Where sheets and plans are.
    pub sheets: &'a dyn Sheets,
    /// What is due.
    pub watch: &'a dyn Watch,
}

/// What came of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Done {
    made: u32,
    failed: u32,
    mails: u32,
    held: u32,
}

/// A row with what it is to become, and what it became.
struct Case<'a> {
    row: &'a SheetRow,
    judged: &'a Result<u32, Vec<RowError>>,
    done: Option<UploadRow>,
}

/// Whether there is more to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It came to an end, or somebody else goes on.
    Over,
    /// There was no time left.
    Later,
}

impl Worker<'_> {
    fn ports(&self) -> &Ports {
        &self.sending.ports
    }

    /// Works on this upload, or on those that are due, until this time; says of how many something was done. What fails is tried again
    /// later and keeps no other.
    pub async fn work(&self, named: Option<UploadOf>, until: Timestamp) -> Result<u32, Refusal> {
        let due = match named {
            Some(one) => vec![one],
            None => self.watch.uploads(self.ports().now(), UPLOADS).await?,
        };
        let mut worked = 0;
        for one in due {
            if self.ports().now() >= until {
                break;
            }
            worked += 1;
            if let Err(error) = Box::pin(self.work_on(one, until)).await {
                tracing::warn!(upload_id = %one.1, %error, "an upload could not be worked on");
                self.put_off(one, &error).await?;
            }
        }
        Ok(worked)
    }

    async fn load(&self, (organization_id, id): UploadOf) -> Result<Option<Upload>, Refusal> {
        Ok(load(&*self.ports().store, organization_id, key::Upload(id)).await?)
    }

    async fn work_on(&self, one: UploadOf, until: Timestamp) -> Result<(), Refusal> {
        let now = self.ports().now();
        let Some(upload) = self.load(one).await?.filter(|it| it.look_at.is_some_and(|at| at <= now)) else {
            return Ok(());
        };
        match upload.stage {
            Stage::Uploading => {
                let message = "its file did not come within the time of its URL: upload it anew";
                self.fail(upload, "file_missing", message).await
            }
            Stage::Reading => {
                let message = "reading the file took too long: split it, or save it as CSV";
                self.fail(upload, "reading_too_long", message).await
            }
            Stage::Importing => self.import(upload, until).await,
            Stage::Deleting => self.clear(upload, until).await,
            // Nothing is to be done: it is looked at no more.
            Stage::Ready | Stage::Imported { .. } | Stage::Failed { .. } => {
                let quiet = Upload { look_at: None, ..upload };
                self.write(Change::new(one.0).update(quiet)).await.map(drop)
            }
        }
    }

    async fn write(&self, change: Change) -> Result<bool, Refusal> {
        commit_first(self.ports(), change).await
    }

    async fn fail(&self, upload: Upload, code: &str, message: &str) -> Result<(), Refusal> {
        let failed = upload.fail(code, message, self.ports().now());
        let event = upload_event(self.ports(), EventKind::UploadFailed, &failed);
        let change = Change::new(failed.organization_id).update(failed).event(event);
        self.write(change).await.map(drop)
    }

    /// Lets the others go first for a while; what fails again and again comes to an end.
    async fn put_off(&self, one: UploadOf, error: &Refusal) -> Result<(), Refusal> {
        let Some(upload) = self.load(one).await? else { return Ok(()) };
        let tries = upload.tries + 1;
        let (busy, late) = (upload.stage == Stage::Importing, tries >= Upload::TRIES);
        if busy && late && error.class() == Class::Internal {
            return self.fail(Upload { tries, ..upload }, "internal_error", NO_REASON).await;
        }
        let until = self.ports().now() + AFTER_FAILURE;
        let waits = Upload { tries, ..upload }.wait(until, "something did not answer: it goes on by itself");
        self.write(Change::new(one.0).update(waits)).await.map(drop)
    }

    /// Makes mails of the rows that were not looked at yet.
    async fn import(&self, upload: Upload, until: Timestamp) -> Result<(), Refusal> {
        let Some(Confirmed { by, with, at }) = upload.confirmed.clone() else {
            return Err(Refusal::Internal("an upload is imported that nobody confirmed".to_owned()));
        };
        let leased = upload.lease(self.ports().now());
        if !self.write(Change::new(leased.organization_id).update(leased.clone())).await? {
            return Ok(());
        }
        let mut upload = Upload { version: leased.version + 1, ..leased };
        let principal = match stand_in(self.ports(), upload.organization_id, &by, &with).await {
            Ok(principal) => principal,
            Err(refusal) if is_final(&refusal) => {
                let message =
                    format!("whoever confirmed it can ask for no mail any more: {}", words_of(&refusal));
                return self.fail(upload, "requester_gone", &message).await;
            }
            Err(refusal) => return Err(refusal),
        };
        let permit = match principal.permit::<scope::MessagesSend>() {
            Ok(permit) => permit,
            Err(denied) => {
                let message = format!("whoever confirmed it may ask for no mail any more: {denied}");
                return self.fail(upload, "requester_gone", &message).await;
            }
        };
        let Read { sheet, plan } = self.planner().read(&upload).await?;
        let Some(plan) = plan else {
            return Err(Refusal::Internal("an upload is imported without a plan".to_owned()));
        };
        let merge = Merge::new(&plan, &sheet.columns).map_err(|wrong| not_fitting(&wrong))?;
        let judged = judge_rows(self.ports(), upload.organization_id, &merge, &plan, &sheet, at).await?;
        let work = Import { worker: self, permit: &permit, merge: &merge, at };
        loop {
            let begin = usize::try_from(upload.progress.rows).unwrap_or(usize::MAX).min(sheet.rows.len());
            let end = sheet.rows.len().min(begin + CHUNK);
            if begin == end {
                let done = upload.finish(self.ports().now());
                let event = upload_event(self.ports(), EventKind::UploadCompleted, &done);
                let change = Change::new(done.organization_id).update(done).event(event);
                return self.write(change).await.map(drop);
            }
            if self.ports().now() >= until {
                // Whoever looks next goes on at once.
                let later = Upload { look_at: Some(self.ports().now()), ..upload };
                return self.write(Change::new(later.organization_id).update(later)).await.map(drop);
            }
            let (done, stopped) = work.rows(&upload, &sheet.rows[begin..end], &judged[begin..end]).await?;
            let further = match stopped {
                None => upload.clone().proceed(add(upload.progress, end - begin, done), self.ports().now()),
                Some(Refusal::NotBefore { retry_at, message, .. }) => upload.clone().wait(retry_at, &message),
                Some(Refusal::NotFound("inbox")) => {
                    let message = "the inbox that its mails were to leave was deleted, or whoever confirmed it may not use it any more";
                    return self.fail(upload, "inbox_gone", message).await;
                }
                Some(refusal) => return Err(refusal),
            };
            let waits = further.waits.is_some();
            // Somebody deletes it, or works on it: they go on.
            if !self.write(Change::new(further.organization_id).update(further.clone())).await? || waits {
                return Ok(());
            }
            upload = Upload { version: further.version + 1, ..further };
        }
    }

    fn planner(&self) -> Planner<'_> {
        Planner {
            ports: &self.sending.ports,
            sheets: self.sheets,
            directory: &*self.sending.directory,
            blobs: &*self.sending.blobs,
        }
    }

    /// Takes away what an upload has: its mails that have not gone, what was read of it, and itself last.
    async fn clear(&self, upload: Upload, until: Timestamp) -> Result<(), Refusal> {
        let leased = upload.lease(self.ports().now());
        if !self.write(Change::new(leased.organization_id).update(leased.clone())).await? {
            return Ok(());
        }
        let mut upload = Upload { version: leased.version + 1, ..leased };
        let (organization_id, id) = of(&upload);
        let (mut page, mut left) = (PageRequest { limit: 100, cursor: None }, false);
        loop {
            let found = self.ports().store.list(organization_id, &List::UploadRows(id), &page).await?;
            page.cursor.clone_from(&found.next);
            let mails: Vec<_> =
                typed::<UploadRow>(found).items.into_iter().flat_map(|row| row.made).collect();
            for some in mails.chunks(SIDE_BY_SIDE) {
                for stays in join_all(some.iter().map(|made| self.take_away(&upload, *made))).await {
                    // One that can't be taken away now does not keep the others.
                    left |= stays.unwrap_or_else(|error| {
                        tracing::warn!(upload_id = %id, %error, "a mail of an upload could not be taken away");
                        Step::Later
                    }) == Step::Later;
                }
            }
            let now = self.ports().now();
            let over = now >= until;
            let next = if over { Upload { look_at: Some(now), ..upload } } else { upload.lease(now) };
            if page.cursor.is_none() && !left {
                upload = next;
                break;
            }
            if !self.write(Change::new(organization_id).update(next.clone())).await? || over {
                return Ok(());
            }
            upload = Upload { version: next.version + 1, ..next };
            if page.cursor.is_none() {
                // What is being sent comes to an end soon, one way or the other.
                let waits = upload.wait(self.ports().now() + AFTER_FAILURE, "one of its mails is being sent");
                return self.write(Change::new(organization_id).update(waits)).await.map(drop);
            }
        }
        self.forget_rows(organization_id, id).await?;
        self.sheets.delete_all((organization_id, id)).await?;
        let gone = Write::RemoveVersion(Key::Upload(id), upload.version);
        self.write(Change::new(organization_id).write(gone)).await.map(drop)
    }

    /// Calls a mail off and deletes it, where it has not gone. Later, where that can't be said yet.
    async fn take_away(&self, upload: &Upload, made: Made) -> Result<Step, Refusal> {
        for _ in 0..TRIES {
            let mail = key::Message(upload.inbox_id, made.message_id);
            let Some(message) = load(&*self.ports().store, upload.organization_id, mail).await? else {
                return Ok(Step::Over);
            };
            match message.outbound().map(Outbound::status) {
                Some(Status::PendingApproval | Status::Scheduled) => {
                    call_off(self.ports(), &*self.sending.workflow, &message, REASON).await?;
                }
                Some(Status::Sending) => return Ok(Step::Later),
                Some(Status::Rejected | Status::Cancelled | Status::Expired | Status::Failed) => {
                    if leave_for_good(self.ports(), &message).await? {
                        return Ok(Step::Over);
                    }
                }
                // It went, or nobody knows.
                _ => return Ok(Step::Over),
            }
        }
        Ok(Step::Later)
    }

    async fn forget_rows(&self, organization_id: OrganizationId, id: UploadId) -> Result<(), Refusal> {
        loop {
            let page = PageRequest { limit: 100, cursor: None };
            let found = self.ports().store.list(organization_id, &List::UploadRows(id), &page).await?;
            let rows = typed::<UploadRow>(found).items;
            if rows.is_empty() {
                return Ok(());
            }
            let delete = |row: &UploadRow| Write::Delete(Key::UploadRow(id, row.number));
            let change = Change { writes: rows.iter().map(delete).collect(), ..Change::new(organization_id) };
            self.ports().store.commit(change).await?;
        }
    }
}

/// What making mails of the rows of one upload takes.
struct Import<'a> {
    worker: &'a Worker<'a>,
    permit: &'a Permit<scope::MessagesSend>,
    merge: &'a Merge<'a>,
    /// When it was confirmed: from then the days are counted.
    at: Timestamp,
}

impl Import<'_> {
    /// Makes the mails of some rows. What keeps the rest of them from being looked at comes with what was done before.
    async fn rows(
        &self,
        upload: &Upload,
        rows: &[SheetRow],
        judged: &[Result<u32, Vec<RowError>>],
    ) -> Result<(Done, Option<Refusal>), Refusal> {
        let wanted: Vec<_> = rows.iter().map(|row| key::UploadRow(upload.id, row.number)).collect();
        let before = load(&*self.worker.ports().store, upload.organization_id, wanted).await?;
        let cases =
            rows.iter().zip(judged).zip(before).map(|((row, judged), done)| Case { row, judged, done });
        let (mut all, mut done) = (cases.collect::<Vec<_>>().into_iter(), Done::default());
        // What fails again and again may be for one of the rows: the others are not to wait for it.
        let (gives_up, mut stuck) = (upload.tries + 1 >= Upload::TRIES, vec![]);
        loop {
            let some: Vec<_> = all.by_ref().take(SIDE_BY_SIDE).collect();
            if some.is_empty() {
                for number in stuck {
                    done = done.and(self.give_up(upload, number).await?);
                }
                return Ok((done, None));
            }
            let numbers: Vec<_> = some.iter().map(|case| case.row.number).collect();
            let made = join_all(some.into_iter().map(|case| Box::pin(self.row(upload, case)))).await;
            let mut stopped = None;
            for (number, one) in numbers.into_iter().zip(made) {
                match one {
                    Ok(one) => done = done.and(one),
                    Err(refusal) if gives_up && refusal.class() == Class::Internal && stuck.len() < STUCK => {
                        tracing::error!(upload_id = %upload.id, number, error = %refusal, "a row is given up");
                        stuck.push(number);
                    }
                    Err(refusal) => stopped = Some(refusal),
                }
            }
            if stopped.is_some() {
                return Ok((done, stopped));
            }
        }
    }

    /// How many of the mails that a row had before wait for somebody: whoever made them died before that was counted.
    async fn held(&self, upload: &Upload, done: Option<&UploadRow>) -> Result<u32, Refusal> {
        let made: Vec<_> =
            done.iter().flat_map(|it| &it.made).map(|it| key::Approval(it.approval_id)).collect();
        if made.is_empty() {
            return Ok(0);
        }
        let (ports, organization_id) = (self.worker.ports(), upload.organization_id);
        let approvals = load(&*ports.store, organization_id, made).await?;
        let waiting = approvals.iter().flatten().filter(|approval| approval.is_pending(ports.now())).count();
        Ok(u32::try_from(waiting).unwrap_or(u32::MAX))
    }

    /// Writes down of a row that nobody knows why it has no mail, or no more.
    async fn give_up(&self, upload: &Upload, number: u32) -> Result<Done, Refusal> {
        let key = key::UploadRow(upload.id, number);
        let before = load(&*self.worker.ports().store, upload.organization_id, key).await?;
        let (code, message) = (Code::InternalError.as_str().to_owned(), NO_REASON.to_owned());
        self.note(upload, number, before, vec![StoredError { code, column: None, message }]).await
    }

    /// Makes what a row still lacks.
    async fn row(&self, upload: &Upload, case: Case<'_>) -> Result<Done, Refusal> {
        let Case { row, judged, mut done } = case;
        let mut tried = 0;
        loop {
            // Once it has a mail it is not asked again whether it may have one.
            let begun = done.as_ref().is_some_and(|it| !it.made.is_empty());
            let judged = if begun { Ok(0) } else { judged.clone() };
            let mails = match judged.and_then(|_| self.merge.row(row, self.at)) {
                Ok(mails) => mails,
                Err(errors) => {
                    let stored = errors.into_iter().map(StoredError::from).collect();
                    return self.note(upload, row.number, done, stored).await;
                }
            };
            match self.mails(upload, row.number, &mails, &mut done).await {
                Ok(done) => return Ok(done),
                // Somebody else made one of them at the same time.
                Err(refusal) if refusal.code() == Code::ChangedMeanwhile && tried < TRIES => {
                    tried += 1;
                    let key = key::UploadRow(upload.id, row.number);
                    done = load(&*self.worker.ports().store, upload.organization_id, key).await?;
                }
                Err(refusal @ Refusal::NotFound("inbox")) => return Err(refusal),
                Err(refusal) if is_final(&refusal) => {
                    let code = refusal.code().as_str().to_owned();
                    let stored = vec![StoredError { code, column: None, message: words_of(&refusal) }];
                    return self.note(upload, row.number, done, stored).await;
                }
                Err(refusal) => return Err(refusal),
            }
        }
    }

    /// Asks for those mails of a row that were not asked for yet.
    async fn mails(
        &self,
        upload: &Upload,
        number: u32,
        mails: &RowMails,
        done: &mut Option<UploadRow>,
    ) -> Result<Done, Refusal> {
        let mut held = self.held(upload, done.as_ref()).await?;
        let begun = done.as_ref().map_or(0, |it| it.made.len());
        if done.as_ref().is_some_and(|it| !it.errors.is_empty()) {
            return Ok(Done { held, ..counted(done.as_ref()) });
        }
        // Those that follow stand in the conversation of the first.
        let mut thread_id: Option<ThreadId> = None;
        if let Some(first) = done.as_ref().and_then(|it| it.made.first())
            && begun < mails.mails.len()
        {
            let first = key::Message(upload.inbox_id, first.message_id);
            let first = load(&*self.worker.ports().store, upload.organization_id, first).await?;
            thread_id = first.map(|it| it.thread_id);
        }
        for (place, mail) in mails.mails.iter().enumerate().skip(begun) {
            let (after_days, now) = (mail.after_days, self.worker.ports().now());
            // Where its time passed while others were made it goes once it is approved, as any mail that is approved late. One that
            // follows on a date of its own does not: it would go along with the first.
            let may_be_late = place == 0 || after_days > 0;
            let send_at = mail.send_at.filter(|at| *at > now || !may_be_late);
            let place = u8::try_from(place).unwrap_or(u8::MAX);
            let of = RowOf { upload_id: upload.id, number, place, after_days };
            let draft = draft_of(mails, RowMail { send_at, ..mail.clone() }, self.merge.unsubscribes());
            let row = RowPlace { of, before: done.clone(), thread_id };
            let submitted =
                submit_row(self.worker.sending, self.permit, upload.inbox_id, draft, row.clone()).await?;
            held += u32::from(submitted.is_held());
            thread_id = Some(submitted.message.thread_id);
            let (written, _) = row.with(submitted.made(), self.worker.ports().now());
            *done = Some(written);
        }
        Ok(Done { held, ..counted(done.as_ref()) })
    }

    /// Writes down why a row has no mail, or no more.
    async fn note(
        &self,
        upload: &Upload,
        number: u32,
        before: Option<UploadRow>,
        errors: Vec<StoredError>,
    ) -> Result<Done, Refusal> {
        if let Some(before) = before.as_ref().filter(|it| !it.errors.is_empty()) {
            return Ok(counted(Some(before)));
        }
        let at = self.worker.ports().now();
        let change = Change::new(upload.organization_id);
        let (change, row) = if let Some(before) = before {
            let row = UploadRow { errors, at, ..before };
            (change.update(row.clone()), row)
        } else {
            let row = UploadRow { upload_id: upload.id, number, made: vec![], errors, at, version: 1 };
            (change.create(row.clone()), row)
        };
        if commit_first(self.worker.ports(), change).await? {
            return Ok(counted(Some(&row)));
        }
        Err(Refusal::Unavailable("another works on the same row".to_owned()))
    }
}

/// What the record of a row counts for. How many of its mails are held it does not say.
fn counted(row: Option<&UploadRow>) -> Done {
    let Some(row) = row else { return Done::default() };
    let failed = !row.errors.is_empty();
    Done {
        made: u32::from(!failed),
        failed: u32::from(failed),
        mails: u32::try_from(row.made.len()).unwrap_or(u32::MAX),
        held: 0,
    }
}

impl Done {
    fn and(self, other: Self) -> Self {
        Self {
            made: self.made + other.made,
            failed: self.failed + other.failed,
            mails: self.mails + other.mails,
            held: self.held + other.held,
        }
    }
}

fn add(progress: Progress, rows: usize, done: Done) -> Progress {
    Progress {
        rows: progress.rows + u32::try_from(rows).unwrap_or(u32::MAX),
        made: progress.made + done.made,
        failed: progress.failed + done.failed,
        mails: progress.mails + done.mails,
        held: progress.held + done.held,
    }
}

/// Whether the same would be refused again.
fn is_final(refusal: &Refusal) -> bool {
    !matches!(
        refusal,
        Refusal::Unavailable(_) | Refusal::Internal(_) | Refusal::NotBefore { .. } | Refusal::Answered(_)
    ) && refusal.code() != Code::ChangedMeanwhile
}
