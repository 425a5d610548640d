//! Standing approvals.

use domain::base::address::EmailAddress;
use domain::gate::approval::Voter;
use domain::gate::standing::{StandingApproval, Target};
use domain::people::access::{Credential, Role};
use domain::{InboxId, MemberId, OrganizationId, StandingApprovalId, ThreadId, Timestamp};

use crate::base::field::{Corrupt, Field, record};
use crate::base::item::{IndexKeys, Kind, Place, days_after, place};

/// A standing approval is shown for so long after its end.
const KEPT_DAYS: i64 = 90;

record! {
    StandingApproval as StandingApprovalRecord {
        id: StandingApprovalId,
        organization_id: OrganizationId,
        inbox_id: Option<InboxId>,
        budget: u32,
        used: u32,
        expires_at: Timestamp,
        made_with: Credential,
        created_at: Timestamp,
        revoked_at: Option<Timestamp>,
        version: u64,
        [target: split_target, join_target] {
            target: String,
            value: String,
        }
        [made_by: split_voter, join_voter] {
            member_id: MemberId,
            role: Role,
        }
    }
}

fn split_target(target: &Target) -> (String, String) {
    let (kind, value) = match target {
        Target::Thread(id) => ("thread", id.to_string()),
        Target::Recipient(address) => ("recipient", address.to_string()),
        Target::Domain(domain) => ("domain", domain.clone()),
    };
    (kind.to_owned(), value)
}

fn join_target((kind, value): (String, String)) -> Result<Target, Corrupt> {
    Ok(match kind.as_str() {
        "thread" => Target::Thread(ThreadId::read(value)?),
        "recipient" => Target::Recipient(EmailAddress::read(value)?),
        "domain" => Target::Domain(value),
        _ => return Err(Corrupt("target")),
    })
}

fn split_voter(voter: &Voter) -> (MemberId, Role) {
    (voter.member_id, voter.role)
}

#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
fn join_voter((member_id, role): (MemberId, Role)) -> Result<Voter, Corrupt> {
    Ok(Voter { member_id, role })
}

impl Kind for StandingApproval {
    const NAME: &'static str = "standing_approval";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: Some(days_after(self.expires_at, KEPT_DAYS)), ..IndexKeys::default() }
    }
}

/// Where a standing approval lies.
pub(crate) fn at(organization: OrganizationId, id: StandingApprovalId) -> Place {
    place(list(organization), id.to_string())
}

/// The partition of an organization's standing approvals.
pub(crate) fn list(organization: OrganizationId) -> String {
    format!("{organization}/standing")
}
