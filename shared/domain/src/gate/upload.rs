//! A spreadsheet, and the mails that are made of its rows.
//!
//! ```text
//! uploading --the file is there--> reading --> ready --confirmed--> importing --> imported
//!     |                               |                                 |
//!     +-----------------------------> failed <--------------------------+
//!
//! all of them --deleted--> deleting --> gone
//! ```
//!
//! A row's mail is asked for in one transaction with the record of that row: however often the work is begun anew, no row has two mails,
//! and none is forgotten.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::gate::merge::RowError;
use crate::gate::sheet::SheetKind;
use crate::people::access::{Actor, Credential};
use crate::{ApprovalId, InboxId, MemberId, MessageId, OrganizationId, UploadId};

/// Where an upload stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Its file is awaited.
    Uploading,
    /// Its file is read.
    Reading,
    /// It can be confirmed.
    Ready,
    /// Mails are made of its rows.
    Importing,
    /// That is done.
    Imported {
        /// When.
        at: Timestamp,
    },
    /// It came to nothing, or to no more than it made until then.
    Failed {
        /// When.
        at: Timestamp,
        /// Why, as a stable code.
        code: String,
        /// In words.
        message: String,
    },
    /// Its mails that did not go, and what it holds, are being deleted.
    Deleting,
}

impl Stage {
    /// The names of all.
    pub const NAMES: [&str; 7] =
        ["uploading", "reading", "ready", "importing", "imported", "failed", "deleting"];

    /// The name in the API.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Stage::Uploading => "uploading",
            Stage::Reading => "reading",
            Stage::Ready => "ready",
            Stage::Importing => "importing",
            Stage::Imported { .. } => "imported",
            Stage::Failed { .. } => "failed",
            Stage::Deleting => "deleting",
        }
    }
}

/// What was read of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Of what kind it is.
    pub kind: SheetKind,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// How many rows it has, the header apart.
    pub rows: u32,
    /// What about it somebody should know: a stable code each, and a sentence.
    pub notes: Vec<(String, String)>,
    /// Which column is probably for what: see [`crate::gate::merge::FIELDS`].
    pub guesses: BTreeMap<String, String>,
    /// Under which name its rows are kept.
    pub name: Digest,
}

impl Found {
    /// The name of its kind in the API.
    pub const fn format(&self) -> &'static str {
        match self.kind {
            SheetKind::Workbook => "xlsx",
            SheetKind::Separated('\t') => "tsv",
            SheetKind::Separated(_) => "csv",
        }
    }
}

/// What is to be made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Under which name the plan is kept.
    pub plan: Digest,
    /// So many rows can become mails.
    pub good: u32,
    /// So many can't.
    pub bad: u32,
}

/// Who had mails made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// Who.
    pub by: Actor,
    /// With what.
    pub with: Credential,
    /// When.
    pub at: Timestamp,
}

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// So many rows were looked at, from the first.
    pub rows: u32,
    /// So many of them have all their mails.
    pub made: u32,
    /// So many have none, for a reason that their record says.
    pub failed: u32,
    /// So many mails were made.
    pub mails: u32,
    /// So many mails waited for somebody's approval when they were counted.
    pub held: u32,
}

/// A spreadsheet, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// What its mails leave from.
    pub inbox_id: InboxId,
    /// Its name, without a path.
    pub filename: String,
    /// Its media type, as whoever uploads it says.
    pub content_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// Who uploads it.
    pub made_by: Actor,
    /// When that was said.
    pub created_at: Timestamp,
    /// Where it stands.
    pub stage: Stage,
    /// What was read of it.
    pub found: Option<Found>,
    /// What is to be made of it, as it was looked at last.
    pub checked: Option<Checked>,
    /// Who confirmed that.
    pub confirmed: Option<Confirmed>,
    /// How far that is.
    pub progress: Progress,
    /// Why its work waits, in words, where it does.
    pub waits: Option<String>,
    /// How often its work failed without getting further.
    pub tries: u32,
    /// When somebody looks after it by itself.
    pub look_at: Option<Timestamp>,
    /// Counts changes.
    pub version: u64,
}

/// Why something can't be done with an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is {0}")]
pub struct NotNow(pub &'static str);

impl Upload {
    /// Its URL takes the file for so long.
    pub const URL_LIFE: SignedDuration = SignedDuration::from_mins(15);
    /// Whoever works on it says so anew within this time; later, somebody else goes on.
    pub const LEASE: SignedDuration = SignedDuration::from_mins(2);
    /// A file is read within this time, or never.
    pub const READING: SignedDuration = SignedDuration::from_mins(3);
    /// Work that fails so often without getting further is given up.
    pub const TRIES: u32 = 10;

    /// Until when its file is awaited: what was begun within the life of the URL may take as long again.
    pub fn awaited_until(&self) -> Timestamp {
        self.created_at + Self::URL_LIFE + Self::URL_LIFE
    }

    /// Its file is there.
    pub fn begin_reading(self, now: Timestamp) -> Result<Self, NotNow> {
        match self.stage {
            Stage::Uploading | Stage::Reading => {
                Ok(Self { stage: Stage::Reading, look_at: Some(now + Self::READING), ..self })
            }
            _ => Err(NotNow(self.stage.as_str())),
        }
    }

    /// Its file was read.
    pub fn read(self, found: Found) -> Result<Self, NotNow> {
        match self.stage {
            Stage::Uploading | Stage::Reading => {
                Ok(Self { stage: Stage::Ready, found: Some(found), look_at: None, ..self })
            }
            _ => Err(NotNow(self.stage.as_str())),
        }
    }

    /// It comes to nothing more.
    #[must_use]
    pub fn fail(self, code: &str, message: &str, now: Timestamp) -> Self {
        let stage = Stage::Failed { at: now, code: code.to_owned(), message: message.to_owned() };
        Self { stage, look_at: None, waits: None, ..self }
    }

    /// It was looked at what would be made of it.
    pub fn check(self, checked: Checked) -> Result<Self, NotNow> {
        match self.stage {
            Stage::Ready => Ok(Self { checked: Some(checked), ..self }),
            _ => Err(NotNow(self.stage.as_str())),
        }
    }

    /// Somebody has that made.
    pub fn confirm(self, checked: Checked, confirmed: Confirmed) -> Result<Self, NotNow> {
        let look_at = Some(confirmed.at);
        match self.stage {
            Stage::Ready => Ok(Self {
                stage: Stage::Importing,
                checked: Some(checked),
                confirmed: Some(confirmed),
                look_at,
                ..self
            }),
            _ => Err(NotNow(self.stage.as_str())),
        }
    }

    /// Somebody works on it until the lease is over.
    #[must_use]
    pub fn lease(self, now: Timestamp) -> Self {
        Self { look_at: Some(now + Self::LEASE), ..self }
    }

    /// It got as far as this.
    #[must_use]
    pub fn proceed(self, progress: Progress, now: Timestamp) -> Self {
        Self { progress, waits: None, tries: 0, ..self.lease(now) }
    }

    /// It can't get further before this.
    #[must_use]
    pub fn wait(self, until: Timestamp, why: &str) -> Self {
        Self { look_at: Some(until), waits: Some(why.to_owned()), ..self }
    }

    /// All its rows were looked at.
    #[must_use]
    pub fn finish(self, now: Timestamp) -> Self {
        Self { stage: Stage::Imported { at: now }, look_at: None, waits: None, ..self }
    }

    /// Somebody deletes it. Whoever works on it may do so until their lease is over: what they make goes as well.
    #[must_use]
    pub fn delete(self, now: Timestamp) -> Self {
        match self.stage {
            Stage::Deleting => self,
            Stage::Importing | Stage::Reading => {
                let look_at = Some(self.look_at.map_or(now, |at| at.max(now)));
                Self { stage: Stage::Deleting, look_at, waits: None, tries: 0, ..self }
            }
            _ => Self { stage: Stage::Deleting, look_at: Some(now), waits: None, tries: 0, ..self },
        }
    }

    /// What receivers are told of it: nothing of what its file holds.
    pub fn notice(&self) -> UploadNotice {
        let code = match &self.stage {
            Stage::Failed { code, .. } => Some(code.clone()),
            _ => None,
        };
        UploadNotice {
            id: self.id,
            inbox_id: self.inbox_id,
            status: self.stage.as_str().to_owned(),
            code,
            rows: self.found.as_ref().map(|found| found.rows),
            progress: self.progress,
        }
    }

    /// Whether mails of it may go.
    pub fn lets_go(&self) -> bool {
        self.stage != Stage::Deleting
    }
}

/// An upload, without a word of what its file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadNotice {
    /// Its id.
    pub id: UploadId,
    /// What its mails leave from.
    pub inbox_id: InboxId,
    /// Where it stands: [`Stage::NAMES`].
    pub status: String,
    /// Why it came to nothing, where it did.
    pub code: Option<String>,
    /// How many rows it has, where they were read.
    pub rows: Option<u32>,
    /// How far the work is.
    pub progress: Progress,
}

/// A mail that was made of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// The mail.
    pub message_id: MessageId,
    /// Its approval.
    pub approval_id: ApprovalId,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// Of which upload.
    pub upload_id: UploadId,
    /// Its number in the sheet.
    pub number: u32,
    /// Its mails, the first first.
    pub made: Vec<Made>,
    /// Why it has none, or no more.
    pub errors: Vec<StoredError>,
    /// When it was looked at last.
    pub at: Timestamp,
    /// Counts changes.
    pub version: u64,
}

/// What was wrong with a row when its mails were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredError {
    /// A stable code.
    pub code: String,
    /// The column, where it is one's fault.
    pub column: Option<String>,
    /// In words.
    pub message: String,
}

impl From<RowError> for StoredError {
    fn from(error: RowError) -> Self {
        let RowError { code, column, message } = error;
        Self { code: code.to_owned(), column, message }
    }
}

/// Where a mail comes from that was made of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowOf {
    /// The upload.
    pub upload_id: UploadId,
    /// The number of the row in its sheet.
    pub number: u32,
    /// The place of the mail among those of the row, from 0: another than the first follows it.
    pub place: u8,
    /// It goes so many days after the first, where no date of its own was given for it; otherwise 0.
    pub after_days: u16,
}

/// What keeps a mail that was made of a row from going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowHindrance {
    /// For good: its upload was deleted; or, of one that follows another, whoever got that answered, or it did not arrive.
    Over(&'static str),
    /// The first mail went late, or waits yet: this one keeps its days to it, and is looked at again then.
    Early(Timestamp),
}

impl RowOf {
    /// A mail that follows may go so much too soon after the first: it is not woken twice for moments.
    pub const SLACK: SignedDuration = SignedDuration::from_hours(1);

    /// Until when a mail that follows waits, where the first went then, or goes now at the soonest.
    pub fn waits_for(self, first: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let due = first + SignedDuration::from_hours(24 * i64::from(self.after_days));
        (self.after_days > 0 && due - Self::SLACK > now).then_some(due)
    }
}

/// Which rows of an upload a member decided about alone, each on the page of its own mail, as far as a policy asks for that
/// ([`crate::gate::policy::Terms::open_rows`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The upload.
    pub upload_id: UploadId,
    /// Who.
    pub member_id: MemberId,
    /// The numbers of the rows, at most [`Opened::MOST`].
    pub rows: BTreeSet<u32>,
    /// When the last was added.
    pub at: Timestamp,
    /// Counts changes.
    pub version: u64,
}

impl Opened {
    /// So many are kept: no policy asks for more.
    pub const MOST: usize = 100;

    /// With one more row; none where it is known, or as many are as anybody asks for.
    pub fn with(mut self, number: u32, at: Timestamp) -> Option<Self> {
        let is_new = self.rows.len() < Self::MOST && self.rows.insert(number);
        is_new.then_some(Self { at, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(stage: Stage) -> Upload {
        let at = Timestamp::UNIX_EPOCH;
        Upload {
            id: UploadId::from_bits(1),
            organization_id: OrganizationId::from_bits(1),
            inbox_id: InboxId::from_bits(1),
            filename: "list.csv".to_owned(),
            content_type: "text/csv".to_owned(),
            size: 10,
            made_by: Actor::System,
            created_at: at,
            stage,
            found: None,
            checked: None,
            confirmed: None,
            progress: Progress::default(),
            waits: None,
            tries: 0,
            look_at: None,
            version: 1,
        }
    }

    fn stages() -> [Stage; 7] {
        let (at, text) = (Timestamp::UNIX_EPOCH, String::new());
        [
            Stage::Uploading,
            Stage::Reading,
            Stage::Ready,
            Stage::Importing,
            Stage::Imported { at },
            Stage::Failed { at, code: text.clone(), message: text },
            Stage::Deleting,
        ]
    }

    #[test]
    fn each_step_is_taken_from_where_it_may_be_alone() {
        let now = Timestamp::UNIX_EPOCH;
        let checked = Checked { plan: Digest::of(b"x"), good: 1, bad: 0 };
        let with = Credential::Session(crate::SessionId::from_bits(1));
        let confirmed = Confirmed { by: Actor::System, with, at: now };
        let can = |step: &dyn Fn(Upload) -> bool| -> Vec<&'static str> {
            stages()
                .into_iter()
                .filter(|stage| step(upload(stage.clone())))
                .map(|stage| stage.as_str())
                .collect()
        };
        assert_eq!(can(&|it| it.begin_reading(now).is_ok()), ["uploading", "reading"]);
        assert_eq!(can(&|it| it.check(checked.clone()).is_ok()), ["ready"]);
        assert_eq!(can(&|it| it.confirm(checked.clone(), confirmed.clone()).is_ok()), ["ready"]);
        assert_eq!(can(&|it| !it.lets_go()), ["deleting"]);
        assert_eq!(can(&|it| !it.delete(now).lets_go()), Stage::NAMES);
    }

    #[test]
    fn what_is_deleted_in_the_middle_is_cleared_away_when_nobody_works_on_it_any_more() {
        let now = Timestamp::UNIX_EPOCH;
        let busy = upload(Stage::Importing).lease(now);
        assert_eq!(busy.clone().delete(now).look_at, Some(now + Upload::LEASE));
        assert_eq!(busy.delete(now + Upload::LEASE * 2).look_at, Some(now + Upload::LEASE * 2));
        assert_eq!(upload(Stage::Ready).delete(now).look_at, Some(now));
        let again = upload(Stage::Ready).delete(now);
        assert_eq!(again.clone().delete(now + Upload::LEASE), again, "a second time changes nothing");
    }
}
