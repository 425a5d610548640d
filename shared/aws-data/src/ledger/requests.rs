//! The log of requests.

use domain::base::digest::Digest;
use domain::ledger::requests::{RequestLine, With};
use domain::{InboxId, MemberId, OrganizationId, SessionId, Timestamp, TokenId};

use crate::base::field::{Corrupt, record};
use crate::base::item::{IndexKeys, Kind, Place, place};

record! {
    RequestLine as RequestLineRecord {
        id: Digest,
        organization_id: OrganizationId,
        at: Timestamp,
        request_id: String,
        operation: String,
        method: String,
        path: String,
        status: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member_id: Option<MemberId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inbox_id: Option<InboxId>,
        duration_ms: u64,
        [with: split_with, join_with] {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            token_id: Option<TokenId>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            session_id: Option<SessionId>,
        }
    }
}

fn split_with(with: &With) -> (Option<TokenId>, Option<SessionId>) {
    match *with {
        With::Token(id) => (Some(id), None),
        With::Session(id) => (None, Some(id)),
    }
}

fn join_with(ids: (Option<TokenId>, Option<SessionId>)) -> Result<With, Corrupt> {
    match ids {
        (Some(id), None) => Ok(With::Token(id)),
        (None, Some(id)) => Ok(With::Session(id)),
        _ => Err(Corrupt("credential")),
    }
}

impl Kind for RequestLine {
    const NAME: &'static str = "request";
    fn index_keys(&self) -> IndexKeys {
        // It is shown no longer by then; a day more, so that no cursor stands where nothing is.
        let ends = self.at + RequestLine::KEPT + jiff::SignedDuration::from_hours(24);
        IndexKeys { ttl: Some(ends.as_second()), ..IndexKeys::default() }
    }
}

/// Where a line lies.
pub(crate) fn at(organization: OrganizationId, at: Timestamp, id: Digest) -> Place {
    place(list(organization), format!("{:013}/{}", at.as_millisecond(), id.hex()))
}

/// The partition of an organization's lines.
pub(crate) fn list(organization: OrganizationId) -> String {
    format!("{organization}/logs")
}
