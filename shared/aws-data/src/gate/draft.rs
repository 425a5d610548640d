//! Drafts, and the names that clients gave them.

use std::collections::{BTreeMap, BTreeSet};

use app::base::store::DraftPointer;
use domain::base::address::HeaderText;
use domain::base::digest::Digest;
use domain::gate::draft::{DraftFile, DraftObject, DraftState, Rejected, SavedDraft};
use domain::mailbox::message::Party;
use domain::mailbox::notes::Notes;
use domain::people::access::Actor;
use domain::{ApprovalId, DraftId, InboxId, MemberId, MessageId, OrganizationId, Timestamp};

use crate::base::field::{Corrupt, missing, record};
use crate::base::item::{IndexKeys, Kind, Listing, Place, place};

record! {
    SavedDraft as DraftRecord {
        id: DraftId,
        organization_id: OrganizationId,
        inbox_id: InboxId,
        client_id: Option<String>,
        to: Vec<Party>,
        cc: Vec<Party>,
        bcc: Vec<Party>,
        reply_to: Vec<Party>,
        subject: Option<HeaderText>,
        preview: String,
        strict_html: bool,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unsubscribe: bool,
        files: Vec<DraftFile>,
        headers: BTreeMap<String, String>,
        notes: Notes,
        tainted: bool,
        send_at: Option<Timestamp>,
        answers: Option<MessageId>,
        reply_all: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        object: Option<DraftObject>,
        #[serde(skip_serializing_if = "Option::is_none")]
        rejected: Option<Rejected>,
        authors: BTreeSet<MemberId>,
        writers: Vec<Actor>,
        created_at: Timestamp,
        updated_at: Timestamp,
        version: u64,
        [state: split_state, join_state] {
            state: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            message_id: Option<MessageId>,
            #[serde(skip_serializing_if = "Option::is_none")]
            approval_id: Option<ApprovalId>,
        }
    }
}

record! {
    DraftFile as DraftFileRecord {
        filename: String,
        content_type: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detected_type: Option<String>,
        content_id: Option<String>,
        size: u64,
        digest: Digest,
    }
}

record! {
    DraftObject as DraftObjectRecord {
        name: Digest,
        digest: Digest,
    }
}

record! {
    Rejected as RejectedRecord {
        approval_id: ApprovalId,
        message_id: MessageId,
        reason: String,
    }
}

/// How far it is, and what was made of it.
type StateParts = (String, Option<MessageId>, Option<ApprovalId>);

fn split_state(state: &DraftState) -> StateParts {
    match state {
        DraftState::Open => ("open".to_owned(), None, None),
        DraftState::Submitted { message_id, approval_id } => {
            ("submitted".to_owned(), Some(*message_id), Some(*approval_id))
        }
        DraftState::Deleted => ("deleted".to_owned(), None, None),
    }
}

fn join_state((state, message_id, approval_id): StateParts) -> Result<DraftState, Corrupt> {
    Ok(match state.as_str() {
        "open" => DraftState::Open,
        "submitted" => {
            DraftState::Submitted { message_id: missing(message_id)?, approval_id: missing(approval_id)? }
        }
        "deleted" => DraftState::Deleted,
        _ => return Err(Corrupt("draft state")),
    })
}

impl Kind for SavedDraft {
    const NAME: &'static str = "draft";
    fn index_keys(&self) -> IndexKeys {
        let is_open = self.state == DraftState::Open;
        let list = is_open.then(|| Listing {
            partition: list(self.organization_id, self.inbox_id),
            order: self.id.to_string(),
        });
        let ttl = self.forgotten_at().map(Timestamp::as_second);
        IndexKeys { list, ttl, ..IndexKeys::default() }
    }
}

/// Where a draft lies.
pub(crate) fn at(organization: OrganizationId, id: DraftId) -> Place {
    place(format!("{organization}/{id}"), "draft")
}

/// The list of an inbox's drafts.
pub(crate) fn list(organization: OrganizationId, inbox: InboxId) -> String {
    format!("{organization}/{inbox}/drafts")
}

record! {
    DraftPointer as DraftPointerRecord {
        inbox_id: InboxId,
        hash: Digest,
        draft_id: DraftId,
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    }
}

impl Kind for DraftPointer {
    const NAME: &'static str = "draft-pointer";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: self.expires_at.map(Timestamp::as_second), ..IndexKeys::default() }
    }
}

/// Where what leads to a draft lies.
pub(crate) fn pointer_at(organization: OrganizationId, inbox: InboxId, hash: Digest) -> Place {
    place(format!("{organization}/{inbox}/draft/{}", hash.hex()), "draft-pointer")
}
