//! Lists: who is allowed and who is blocked, for mail that goes out and for mail that comes in.

use domain::ListEntryId;
use domain::base::code::Code;
use domain::mailbox::listed::{ListEntry, Side, Standing};
use domain::mailbox::whom::Whom;
use domain::people::access::{Permit, scope};

use crate::base::enter::Once;
use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::retry::{Try, retry};
use crate::base::store::{
    Change, Conflict, Key, List, Page, PageRequest, StoreError, Write, key, load, typed,
};
use crate::mailbox::suppressions::{Made, check_whom};

/// Who is to stand on which list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Which mail.
    pub side: Side,
    /// Allowed or blocked.
    pub standing: Standing,
    /// Who.
    pub whom: Whom,
    /// Why, in a person's words.
    pub reason: Option<String>,
}

/// Somebody who is listed at the same moment by another is looked for again at most so often.
const TRIES: usize = 5;

/// Puts somebody on a list. Who stands on it stays as they are; who stands on the other of this side is refused.
pub async fn create(
    ports: &Ports,
    permit: &Permit<scope::ListsManage>,
    new: NewEntry,
    once: &Once,
    answer: impl Fn(&Made<ListEntry>) -> (u16, String),
) -> Result<Made<ListEntry>, Refusal> {
    check_whom(&new.whom)?;
    let organization_id = permit.organization_id();
    let id = ListEntry::id_of(organization_id, new.side, &new.whom);
    retry(TRIES, "it kept changing", || async {
        let known = load(&*ports.store, organization_id, key::ListEntry(id)).await?;
        let (made, change) = match known {
            Some(known) if known.standing == new.standing => {
                (Made::Known(known), Change::new(organization_id))
            }
            Some(known) => {
                return Err(Refusal::Because {
                    code: Code::ListedOtherwise,
                    message: format!(
                        "it stands on the list {}/{} already: delete that entry first",
                        known.side.as_str(),
                        known.standing.as_str()
                    ),
                    details: vec![("list_entry_id", id.to_string())],
                });
            }
            None => {
                let entry = ListEntry {
                    id,
                    organization_id,
                    side: new.side,
                    standing: new.standing,
                    whom: new.whom.clone(),
                    reason: new.reason.clone(),
                    created_at: ports.now(),
                    created_by: permit.actor().clone(),
                };
                let mut written = ports.audit(organization_id, permit.actor(), "list_entry.create", id);
                written.details = details(&entry);
                let change = Change::new(organization_id).create(entry.clone()).audit(written);
                (Made::New(entry), change)
            }
        };
        let change = once.save(change, ports.now(), || answer(&made));
        match once.try_commit(ports, change).await? {
            Ok(()) => Ok(Try::Done(made)),
            // Somebody else was faster.
            Err(conflicts) if conflicts.contains(&Conflict::Record(Key::ListEntry(id))) => Ok(Try::Again),
            Err(conflicts) => Err(StoreError::Conflict(conflicts).into()),
        }
    })
    .await
}

/// What the audit log says of an entry: not whom it is about.
fn details(entry: &ListEntry) -> Vec<(&'static str, String)> {
    let about = match entry.whom {
        Whom::Address(_) => "address",
        Whom::Domain(_) => "domain",
        Whom::Everyone => "everyone",
    };
    vec![
        ("direction", entry.side.as_str().to_owned()),
        ("kind", entry.standing.as_str().to_owned()),
        ("about", about.to_owned()),
    ]
}

/// Who stands on a list, newest first.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::ListsManage>,
    (side, standing): (Side, Standing),
    page: &PageRequest,
) -> Result<Page<ListEntry>, Refusal> {
    let list = List::ListEntries(side, standing);
    Ok(typed(ports.store.list(permit.organization_id(), &list, page).await?))
}

/// One entry.
pub async fn get(
    ports: &Ports,
    permit: &Permit<scope::ListsManage>,
    id: ListEntryId,
) -> Result<ListEntry, Refusal> {
    let found = load(&*ports.store, permit.organization_id(), key::ListEntry(id)).await?;
    found.ok_or(Refusal::NotFound("entry of a list"))
}

/// Takes somebody off a list.
pub async fn delete(
    ports: &Ports,
    permit: &Permit<scope::ListsManage>,
    id: ListEntryId,
) -> Result<(), Refusal> {
    let organization_id = permit.organization_id();
    let entry = get(ports, permit, id).await?;
    let mut written = ports.audit(organization_id, permit.actor(), "list_entry.delete", id);
    written.details = details(&entry);
    let change = Change::new(organization_id).write(Write::Remove(Key::ListEntry(id))).audit(written);
    match ports.store.commit(change).await {
        // Somebody else took it off at the same moment.
        Err(StoreError::Conflict(_)) => Err(Refusal::NotFound("entry of a list")),
        written => Ok(written?),
    }
}
