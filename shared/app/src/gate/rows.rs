//! Mails that are made of rows of a spreadsheet: the record of the row, as it is written in the transaction of each of its mails, and
//! what keeps such a mail from going.

use domain::gate::approval::Approval;
use domain::gate::upload::{Made, RowHindrance, RowOf, Upload, UploadRow};
use domain::mailbox::lifecycle::{Outbound, State, Status};
use domain::mailbox::message::{Direction, Message};
use domain::{ThreadId, Timestamp};

use crate::base::ports::Ports;
use crate::base::store::{Expect, List, PageRequest, StoreError, Write, key, load, typed};

/// Of which row a mail is made, and what was made of it before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowPlace {
    pub(crate) of: RowOf,
    pub(crate) before: Option<UploadRow>,
    /// The conversation of the mails before it.
    pub(crate) thread_id: Option<ThreadId>,
}

impl RowPlace {
    /// The record with this mail too, and the write of it. Of two who make the same mail one meets the other's write.
    pub(crate) fn with(&self, made: Made, now: Timestamp) -> (UploadRow, Write) {
        let RowOf { upload_id, number, .. } = self.of;
        if let Some(mut row) = self.before.clone() {
            row.made.push(made);
            row.at = now;
            let write = Write::put(row.clone(), Expect::Version(row.version));
            return (UploadRow { version: row.version + 1, ..row }, write);
        }
        let row = UploadRow { upload_id, number, made: vec![made], errors: vec![], at: now, version: 1 };
        (row.clone(), Write::put(row, Expect::Absent))
    }
}

/// What has to be read of the upload of which a mail was made.
pub(crate) fn wanted(approval: &Approval) -> (Option<key::Upload>, Option<key::UploadRow>) {
    let follows = approval.row.filter(|row| row.place > 0);
    (
        approval.row.map(|row| key::Upload(row.upload_id)),
        follows.map(|row| key::UploadRow(row.upload_id, row.number)),
    )
}

/// So many of the last mails of a conversation are looked through for an answer.
const LOOKED_AT: u16 = 50;

/// Why a mail that was made of a row does not go: its upload was deleted; or, where it follows another, whoever got that answered, it
/// never arrived, or it went too short a while ago. What programs answer by themselves (RFC 3834) is no answer.
pub(crate) async fn hindrance(
    ports: &Ports,
    approval: &Approval,
    (upload, row): (Option<Upload>, Option<UploadRow>),
) -> Result<Option<RowHindrance>, StoreError> {
    let Some(of) = approval.row else { return Ok(None) };
    if !upload.is_some_and(|upload| upload.lets_go()) {
        return Ok(Some(RowHindrance::Over("upload_deleted")));
    }
    if of.place == 0 {
        return Ok(None);
    }
    let organization_id = approval.organization_id;
    let first = row.as_ref().and_then(|row| row.made.first());
    let first = first.map(|made| key::Message(approval.inbox_id, made.message_id));
    let first = load(&*ports.store, organization_id, first).await?;
    let (now, outbound) = (ports.now(), first.as_ref().and_then(Message::outbound));
    let waits = match (outbound.map(Outbound::status), outbound.map(|it| &it.state)) {
        (Some(Status::Sent | Status::Delivered | Status::Deferred), Some(State::Accepted { at, .. })) => {
            of.waits_for(*at, now)
        }
        (Some(Status::Bounced | Status::Complained), _) => {
            return Ok(Some(RowHindrance::Over("first_mail_bounced")));
        }
        (Some(Status::PendingApproval | Status::Scheduled | Status::Sending), _) if of.after_days > 0 => {
            of.waits_for(now, now)
        }
        // It was stopped, or is gone; of one of which nobody knows a second one tells too much.
        _ => return Ok(Some(RowHindrance::Over("first_mail_not_sent"))),
    };
    let page = PageRequest { limit: LOOKED_AT, cursor: None };
    let list = List::LatestInThread(approval.thread_id);
    let thread = match ports.store.list(organization_id, &list, &page).await {
        Ok(found) => typed::<Message>(found).items,
        Err(error) => return Err(StoreError::Transient(error.to_string())),
    };
    let answered =
        thread.iter().any(|message| matches!(message.direction, Direction::Inbound { automatic: false, .. }));
    let over = answered.then_some(RowHindrance::Over("answered"));
    Ok(over.or(waits.map(RowHindrance::Early)))
}
