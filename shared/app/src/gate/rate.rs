//! Keeping the account under the rate at which its provider takes mail: a place is taken before a mail is claimed, so that a crash
//! between the two wastes a place and sends nothing.

use async_trait::async_trait;
use domain::OrganizationId;
use domain::gate::rate::{Later, Second, SendRate};
use futures_util::future::try_join_all;
use jiff::Timestamp;

use crate::base::store::StoreError;

/// The places of the seconds, one count for all organizations.
#[async_trait]
pub trait Places: Send + Sync {
    /// Takes so many places of a second for an organization, where one is left and the organization has not had its share, and says how
    /// many are taken then in all. One write: any number of callers at once take no place twice.
    async fn take(
        &self,
        organization_id: OrganizationId,
        second: Second,
        places: u32,
    ) -> Result<Option<u64>, StoreError>;

    /// Takes places of a later second, however many are left: for an organization where it is named, else for nobody.
    async fn fill(&self, later: Later, organization_id: Option<OrganizationId>) -> Result<(), StoreError>;
}

/// The account's rate.
#[derive(Clone, Copy)]
pub struct Pace<'a> {
    /// Who counts.
    pub places: &'a dyn Places,
    /// How many there are.
    pub rate: SendRate,
}

impl Pace<'_> {
    /// Takes a place for each recipient of a mail, or says that there is none now.
    pub async fn take(
        self,
        organization_id: OrganizationId,
        recipients: u32,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let second = self.rate.at(now);
        let Some(taken) = self.places.take(organization_id, second, recipients).await? else {
            return Ok(false);
        };
        let later = self.rate.beyond(second, taken).into_iter();
        try_join_all(later.map(|later| self.places.fill(later, Some(organization_id)))).await?;
        Ok(true)
    }

    /// The provider said that it was too fast: nobody calls it in the next second.
    pub(crate) async fn slow_down(self, now: Timestamp) {
        let next = Later { number: self.rate.at(now).number + 1, places: self.rate.places(), own: 0 };
        if let Err(error) = self.places.fill(next, None).await {
            // Its own mail waits for longer each time, whatever becomes of this.
            tracing::warn!(%error, "the next second could not be closed");
        }
    }
}
