//! Uploads, and what became of their rows.

use std::collections::{BTreeMap, BTreeSet};

use domain::base::digest::Digest;
use domain::gate::sheet::SheetKind;
use domain::gate::upload::{
    Checked, Confirmed, Found, Made, Opened, Progress, Stage, StoredError, Upload, UploadNotice, UploadRow,
};
use domain::people::access::{Actor, Credential};
use domain::{ApprovalId, InboxId, MemberId, MessageId, OrganizationId, Timestamp, UploadId};

use crate::base::field::{Corrupt, Field, missing, record};
use crate::base::item::{IndexKeys, Kind, Listing, Place, days_after, numbered, place, shard};

record! {
    Upload as UploadRecord {
        id: UploadId,
        organization_id: OrganizationId,
        inbox_id: InboxId,
        filename: String,
        content_type: String,
        size: u64,
        made_by: Actor,
        created_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        found: Option<Found>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        checked: Option<Checked>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        confirmed: Option<Confirmed>,
        progress: Progress,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waits: Option<String>,
        tries: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        look_at: Option<Timestamp>,
        version: u64,
        [stage: split_stage, join_stage] {
            status: String,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            ended_at: Option<Timestamp>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            code: Option<String>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            message: Option<String>,
        }
    }
}

type StageParts = (String, Option<Timestamp>, Option<String>, Option<String>);

fn split_stage(stage: &Stage) -> StageParts {
    let (at, code, message) = match stage.clone() {
        Stage::Imported { at } => (Some(at), None, None),
        Stage::Failed { at, code, message } => (Some(at), Some(code), Some(message)),
        Stage::Uploading | Stage::Reading | Stage::Ready | Stage::Importing | Stage::Deleting => {
            (None, None, None)
        }
    };
    (stage.as_str().to_owned(), at, code, message)
}

fn join_stage((status, at, code, message): StageParts) -> Result<Stage, Corrupt> {
    Ok(match status.as_str() {
        "uploading" => Stage::Uploading,
        "reading" => Stage::Reading,
        "ready" => Stage::Ready,
        "importing" => Stage::Importing,
        "imported" => Stage::Imported { at: missing(at)? },
        "failed" => Stage::Failed { at: missing(at)?, code: missing(code)?, message: missing(message)? },
        "deleting" => Stage::Deleting,
        _ => return Err(Corrupt("upload status")),
    })
}

record! {
    Found as FoundRecord {
        kind: SheetKind,
        columns: Vec<String>,
        rows: u32,
        notes: Vec<(String, String)>,
        guesses: BTreeMap<String, String>,
        name: Digest,
    }
}

/// A kind of file: what parts its cells, or `xlsx`.
impl Field for SheetKind {
    type Form = String;
    fn write(&self) -> String {
        match self {
            SheetKind::Separated(separator) => separator.to_string(),
            SheetKind::Workbook => "xlsx".to_owned(),
        }
    }
    fn read(form: String) -> Result<Self, Corrupt> {
        let mut characters = form.chars();
        match (form.as_str(), characters.next(), characters.next()) {
            ("xlsx", ..) => Ok(SheetKind::Workbook),
            (_, Some(separator), None) => Ok(SheetKind::Separated(separator)),
            _ => Err(Corrupt("kind of a sheet")),
        }
    }
}

/// A code and a sentence.
impl Field for (String, String) {
    type Form = Self;
    fn write(&self) -> Self {
        self.clone()
    }
    fn read(form: Self) -> Result<Self, Corrupt> {
        Ok(form)
    }
}

record! {
    Checked as CheckedRecord {
        plan: Digest,
        good: u32,
        bad: u32,
    }
}

record! {
    Confirmed as ConfirmedRecord {
        by: Actor,
        #[serde(rename = "credential")]
        with: Credential,
        at: Timestamp,
    }
}

record! {
    Progress as ProgressRecord {
        rows: u32,
        made: u32,
        failed: u32,
        mails: u32,
        held: u32,
    }
}

record! {
    UploadNotice as UploadNoticeRecord {
        id: UploadId,
        inbox_id: InboxId,
        status: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rows: Option<u32>,
        progress: Progress,
    }
}

record! {
    UploadRow as UploadRowRecord {
        upload_id: UploadId,
        number: u32,
        made: Vec<Made>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        errors: Vec<StoredError>,
        at: Timestamp,
        version: u64,
    }
}

record! {
    Made as MadeRecord {
        message_id: MessageId,
        approval_id: ApprovalId,
    }
}

record! {
    StoredError as StoredErrorRecord {
        code: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        column: Option<String>,
        message: String,
    }
}

/// What the partitions of the watch begin with in which uploads lie that somebody must look after.
pub(crate) const WATCH: &str = "uploads";

impl Kind for Upload {
    const NAME: &'static str = "upload";
    fn index_keys(&self) -> IndexKeys {
        let listing = Listing { partition: list(self.organization_id), order: self.id.to_string() };
        let watch = self.look_at.map(|at| (shard(WATCH, self.id.body()), at));
        IndexKeys { list: Some(listing), watch, ..IndexKeys::default() }
    }
}

impl Kind for UploadRow {
    const NAME: &'static str = "upload_row";
}

record! {
    Opened as OpenedRecord {
        upload_id: UploadId,
        member_id: MemberId,
        rows: BTreeSet<u32>,
        at: Timestamp,
        version: u64,
    }
}

impl Kind for Opened {
    const NAME: &'static str = "opened";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: Some(days_after(self.at, OPENED_DAYS)), ..IndexKeys::default() }
    }
}

/// So long it is kept who opened which rows: no mail of an upload waits for longer.
const OPENED_DAYS: i64 = 300;

/// Where it lies which rows a member opened.
pub(crate) fn opened_at(organization: OrganizationId, id: UploadId, member: MemberId) -> Place {
    place(format!("{organization}/opened/{}", id.body()), member.to_string())
}

/// Where an upload lies.
pub(crate) fn at(organization: OrganizationId, id: UploadId) -> Place {
    place(format!("{organization}/{id}"), "upload")
}

/// The list of uploads.
pub(crate) fn list(organization: OrganizationId) -> String {
    format!("{organization}/uploads")
}

/// The partition of what became of the rows of an upload.
pub(crate) fn rows(organization: OrganizationId, id: UploadId) -> String {
    // Not below the prefix of uploads: a role that writes those writes no rows by it.
    format!("{organization}/rows/{}", id.body())
}

/// The partition of the index `open` in which the approvals of an upload lie that are pending.
pub(crate) fn waiting(organization: OrganizationId, id: UploadId) -> String {
    format!("{organization}/waiting/{}", id.body())
}

/// Where it lies what became of a row.
pub(crate) fn row_at(organization: OrganizationId, id: UploadId, number: u32) -> Place {
    place(rows(organization, id), numbered(u64::from(number)))
}
