//! What comes before an organization is known, and the sweeper's look across all organizations.

use app::base::store::{
    AddressEntry, Conflict, Directory, DueDelivery, Expect, StoreError, Tally, Watch, Watched,
};
use app::people::openid::OpenIdBook;
use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnValue;
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::mailbox::domains::{DomainName, Family};
use domain::people::credential::{Login, SignInWindow};
use domain::people::openid::{OpenIdAccount, OpenIdTrip};
use domain::people::passkey::Ceremony;
use domain::people::registration::BoundWindow;
use domain::people::setup::Setup;
use domain::{DomainId, EventId, InboxId, MessageId, OrganizationId, Timestamp, UploadId, WebhookId};

use crate::base::field::Corrupt;
use crate::base::item::{Item, corrupt, decode, encode, key, number, place_of, text};
use crate::delivery::waiting;
use crate::gate::upload;
use crate::mailbox::{domains, inbox, index, screening, trash};
use crate::people::{member, openid, passkey, registration, session, setup};
use crate::table::{DynamoTable, classify, retry_contention};

#[async_trait]
impl Directory for DynamoTable {
    async fn login(&self, email: &EmailAddress) -> Result<Option<Login>, StoreError> {
        let mut found = self.read(&[member::login_at(email)]).await?;
        found.drain().next().map(|(_, item)| decode(item)).transpose()
    }

    async fn count(
        &self,
        email: &EmailAddress,
        tally: Tally,
        window: SignInWindow,
    ) -> Result<u64, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&session::tally_at(email, tally, window))))
            .update_expression("SET #kind = :kind, #ttl = :ttl ADD #count :one")
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":kind", text(session::SIGN_IN))
            // A window longer than it counts, for whoever signs in while it ends.
            .expression_attribute_values(
                ":ttl",
                number((window.ends_at() + SignInWindow::LENGTH).as_second()),
            )
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew);
        // Somebody who signs in with this address at this moment gives the attempts back: nobody is to notice.
        let counted = retry_contention(|| request.clone().send()).await.map_err(|e| classify(&e))?;
        let counted = counted.attributes.unwrap_or_default();
        let count = counted.get("count").and_then(|value| value.as_n().ok()?.parse().ok());
        count.ok_or_else(|| corrupt(&Corrupt("count")))
    }

    async fn count_registration(&self, of: Digest, window: BoundWindow) -> Result<u64, StoreError> {
        let update = registration::count(of, window, false);
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(update.get_key().clone())
            .set_update_expression(update.get_update_expression().clone())
            .set_expression_attribute_names(update.get_expression_attribute_names().clone())
            .set_expression_attribute_values(update.get_expression_attribute_values().clone())
            .return_values(ReturnValue::UpdatedNew);
        let counted = retry_contention(|| request.clone().send()).await.map_err(|e| classify(&e))?;
        let counted = counted.attributes.unwrap_or_default();
        let count = counted.get("count").and_then(|value| value.as_n().ok()?.parse().ok());
        count.ok_or_else(|| corrupt(&Corrupt("count")))
    }

    async fn addresses(&self, addresses: &[EmailAddress]) -> Result<Vec<AddressEntry>, StoreError> {
        if addresses.is_empty() {
            return Ok(vec![]);
        }
        let places: Vec<_> = addresses.iter().map(inbox::address_at).collect();
        let found = self.read(&places).await?.into_values();
        found.filter(|item| !inbox::is_retired(item)).map(decode).collect()
    }

    async fn keep_setup(&self, setup: &Setup) -> Result<(), StoreError> {
        // Its secret was drawn for it: nothing else lies there.
        let put = self.put(encode(&setup::at(setup.hash), setup)?, Expect::Anything)?;
        self.transact(vec![put], &[Conflict::Directory]).await
    }

    async fn setup(&self, hash: Digest) -> Result<Option<Setup>, StoreError> {
        let mut found = self.read(&[setup::at(hash)]).await?;
        found.drain().next().map(|(_, item)| decode(item)).transpose()
    }

    async fn keep_ceremony(&self, ceremony: &Ceremony) -> Result<(), StoreError> {
        // Its secret was drawn for it: nothing else lies there.
        let put = self.put(encode(&passkey::ceremony_at(ceremony.hash), ceremony)?, Expect::Anything)?;
        self.transact(vec![put], &[Conflict::Directory]).await
    }

    async fn ceremony(&self, hash: Digest) -> Result<Option<Ceremony>, StoreError> {
        let mut found = self.read(&[passkey::ceremony_at(hash)]).await?;
        found.drain().next().map(|(_, item)| decode(item)).transpose()
    }

    async fn family(&self, look: &str) -> Result<Family, StoreError> {
        let mut found = self.read(&[domains::family_at(look)]).await?.into_values();
        found.next().map_or_else(|| Ok(Family::empty(look.to_owned())), decode)
    }

    async fn claims(&self, name: &DomainName) -> Result<u64, StoreError> {
        let found = self.read(&[domains::claims_at(name)]).await?;
        Ok(domains::claims_of(found.values().next()))
    }
}

#[async_trait]
impl OpenIdBook for DynamoTable {
    async fn keep_trip(&self, trip: &OpenIdTrip) -> Result<(), StoreError> {
        // Its secret was drawn for it: nothing else lies there.
        let put = self.put(encode(&openid::trip_at(trip.hash), trip)?, Expect::Anything)?;
        self.transact(vec![put], &[Conflict::Directory]).await
    }

    async fn take_trip(&self, hash: Digest) -> Result<Option<OpenIdTrip>, StoreError> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(&openid::trip_at(hash))))
            .return_values(ReturnValue::AllOld);
        let taken = retry_contention(|| request.clone().send()).await.map_err(|e| classify(&e))?;
        taken.attributes.filter(|item| !item.is_empty()).map(decode).transpose()
    }

    async fn account(&self, hash: Digest) -> Result<Option<OpenIdAccount>, StoreError> {
        let mut found = self.read(&[openid::account_at(hash)]).await?;
        found.drain().next().map(|(_, item)| decode(item)).transpose()
    }
}

#[async_trait]
impl Watch for DynamoTable {
    async fn overdue(&self, now: Timestamp, limit: u16) -> Result<Vec<Watched>, StoreError> {
        self.query_watch("watch", now, limit, read_watched).await
    }

    async fn trash(&self, now: Timestamp, limit: u16) -> Result<Vec<Watched>, StoreError> {
        self.query_watch(trash::WATCH, now, limit, read_watched).await
    }

    async fn held(&self, now: Timestamp, limit: u16) -> Result<Vec<Watched>, StoreError> {
        self.query_watch(screening::WATCH, now, limit, read_watched).await
    }

    async fn purges(&self, now: Timestamp, limit: u16) -> Result<Vec<(OrganizationId, InboxId)>, StoreError> {
        self.query_watch(inbox::WATCH, now, limit, read_inbox).await
    }

    async fn unclaimed(&self, now: Timestamp, limit: u16) -> Result<Vec<OrganizationId>, StoreError> {
        self.query_watch(registration::WATCH, now, limit, read_organization).await
    }

    async fn indexes(
        &self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<(OrganizationId, InboxId)>, StoreError> {
        self.query_watch(index::WATCH, now, limit, read_inbox).await
    }

    async fn domains(
        &self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<(OrganizationId, DomainId)>, StoreError> {
        self.query_watch(domains::WATCH, now, limit, read_domain).await
    }

    async fn uploads(
        &self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<(OrganizationId, UploadId)>, StoreError> {
        self.query_watch(upload::WATCH, now, limit, read_upload).await
    }

    async fn waiting(&self, now: Timestamp, limit: u16) -> Result<Vec<DueDelivery>, StoreError> {
        self.query_watch(waiting::WATCH, now, limit, due_delivery).await
    }
}

/// The index holds keys alone: the place of the mail names it.
fn read_watched(item: &Item) -> Option<(i64, Watched)> {
    use domain::base::id::Id as _;
    let place = place_of(item);
    let mut parts = place.pk.split('/');
    let organization_id = OrganizationId::parse(parts.next()?).ok()?;
    let inbox_id = InboxId::parse(parts.next()?).ok()?;
    let message_id = MessageId::parse(&place.sk).ok()?;
    let at = item.get("watch_at")?.as_n().ok()?.parse().ok()?;
    Some((at, Watched { organization_id, inbox_id, message_id }))
}

/// As [`read_watched`].
fn read_inbox(item: &Item) -> Option<(i64, (OrganizationId, InboxId))> {
    use domain::base::id::Id as _;
    let place = place_of(item);
    let mut parts = place.pk.split('/');
    let organization_id = OrganizationId::parse(parts.next()?).ok()?;
    let inbox_id = InboxId::parse(parts.next()?).ok()?;
    let at = item.get("watch_at")?.as_n().ok()?.parse().ok()?;
    Some((at, (organization_id, inbox_id)))
}

/// As [`read_watched`].
fn read_organization(item: &Item) -> Option<(i64, OrganizationId)> {
    use domain::base::id::Id as _;
    let place = place_of(item);
    let organization_id = OrganizationId::parse(place.pk.split('/').next()?).ok()?;
    Some((item.get("watch_at")?.as_n().ok()?.parse().ok()?, organization_id))
}

/// As [`read_watched`].
fn read_domain(item: &Item) -> Option<(i64, (OrganizationId, DomainId))> {
    use domain::base::id::Id as _;
    let place = place_of(item);
    let (organization, domain) = place.pk.split_once('/')?;
    let named = (OrganizationId::parse(organization).ok()?, DomainId::parse(domain).ok()?);
    Some((item.get("watch_at")?.as_n().ok()?.parse().ok()?, named))
}

/// As [`read_watched`].
fn read_upload(item: &Item) -> Option<(i64, (OrganizationId, UploadId))> {
    use domain::base::id::Id as _;
    let place = place_of(item);
    let (organization, upload) = place.pk.split_once('/')?;
    let named = (OrganizationId::parse(organization).ok()?, UploadId::parse(upload).ok()?);
    Some((item.get("watch_at")?.as_n().ok()?.parse().ok()?, named))
}

/// As [`watched`].
fn due_delivery(item: &Item) -> Option<(i64, DueDelivery)> {
    use domain::base::id::Id as _;
    let place = place_of(item);
    let mut parts = place.pk.split('/');
    let organization_id = OrganizationId::parse(parts.next()?).ok()?;
    let webhook_id = WebhookId::parse(parts.next()?).ok()?;
    let event_id = EventId::parse(&place.sk).ok()?;
    let at = item.get("watch_at")?.as_n().ok()?.parse().ok()?;
    Some((at, DueDelivery { organization_id, webhook_id, event_id }))
}
