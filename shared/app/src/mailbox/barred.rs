//! Whom no mail may go to: what is read of suppressions and lists beside whatever else a mail needs.

use std::collections::BTreeMap;

use domain::OrganizationId;
use domain::base::address::EmailAddress;
use domain::mailbox::listed::{Barred, ListEntry, Side, Suppression, barred};
use domain::mailbox::whom::Whom;

use crate::base::store::key;

/// What has to be read to know of each address whether mail may go to it.
pub(crate) type Wanted = (Vec<key::Suppression>, Vec<key::ListEntry>);
/// What was found of it.
pub(crate) type Found = (Vec<Option<Suppression>>, Vec<Option<ListEntry>>);

/// The records that say whether mail may go to these addresses, each once.
pub(crate) fn wanted(organization_id: OrganizationId, addresses: &[EmailAddress]) -> Wanted {
    let over = addresses.iter().flat_map(Whom::over);
    let over: BTreeMap<String, Whom> = over.map(|whom| (whom.key(), whom)).collect();
    let suppression = |whom: &Whom| key::Suppression(Suppression::id_of(organization_id, whom));
    let entry = |whom: &Whom| key::ListEntry(ListEntry::id_of(organization_id, Side::Send, whom));
    // Nobody suppresses everyone: that is a pause.
    let some = over.values().filter(|whom| **whom != Whom::Everyone);
    (some.map(suppression).collect(), over.values().map(entry).collect())
}

/// Those of these addresses whom no mail may go to.
pub(crate) fn of(addresses: &[EmailAddress], (suppressions, entries): Found) -> Vec<Barred> {
    let suppressions: Vec<_> = suppressions.into_iter().flatten().collect();
    let entries: Vec<_> = entries.into_iter().flatten().collect();
    barred(addresses, &suppressions, &entries)
}
