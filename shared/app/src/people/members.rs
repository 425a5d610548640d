//! The people of an organization.

use domain::people::access::{Permit, Role, scope};
use domain::people::organization::Member;
use domain::{MemberId, OrganizationId};

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{List, PageRequest, typed};

/// An organization of more members than this is named by their ids from there on.
pub(crate) const MAX_LISTED: usize = 1_000;

/// The members, oldest first, at most 1,000: whoever sees approvals may know by whom they were decided.
pub async fn list(ports: &Ports, permit: &Permit<scope::ApprovalsRead>) -> Result<Vec<Member>, Refusal> {
    all(ports, permit.organization_id()).await
}

/// As [`list`], for a use case that needs to know who belongs to the organization.
pub(crate) async fn all(ports: &Ports, organization_id: OrganizationId) -> Result<Vec<Member>, Refusal> {
    let mut request = PageRequest { limit: 100, cursor: None };
    let mut all: Vec<Member> = vec![];
    while all.len() < MAX_LISTED {
        let page = typed(ports.store.list(organization_id, &List::Members, &request).await?);
        all.extend(page.items);
        match page.next {
            Some(next) => request.cursor = Some(next),
            None => break,
        }
    }
    Ok(all)
}

/// Who belongs to the organization, in which role.
pub(crate) async fn seats(
    ports: &Ports,
    organization_id: OrganizationId,
) -> Result<Vec<(MemberId, Role)>, Refusal> {
    Ok(all(ports, organization_id).await?.into_iter().map(|member| (member.id, member.role)).collect())
}
