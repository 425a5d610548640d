//! Keeping SES, and each connected account, under the rate at which it takes mail: a place is taken before a mail is claimed, so that a crash
//! between the two wastes a place and sends nothing.

use async_trait::async_trait;
use domain::AccountId;
use domain::OrganizationId;
use domain::gate::rate::{Lane, Later, Second, SendRate};
use domain::mailbox::account::Provider;
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

/// So many seconds an account whose provider gives no clear answer is left alone.
const OFF: i64 = 10;

/// The account's rate.
#[derive(Clone, Copy)]
pub struct Pace<'a> {
    /// Who counts.
    pub places: &'a dyn Places,
    /// How many there are.
    pub rate: SendRate,
}

impl Pace<'_> {
    /// The same places at the rate of a connected account.
    #[must_use]
    pub fn of_account(self, id: AccountId, provider: Provider) -> Self {
        Self { rate: SendRate::of_account(id, provider), ..self }
    }

    /// Takes a place for each recipient of a mail, or for its call, or says that there is none now.
    pub async fn take(
        self,
        organization_id: OrganizationId,
        recipients: u32,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let second = self.rate.at(now);
        let wanted = self.rate.wanted(recipients);
        let Some(taken) = self.places.take(organization_id, second, wanted).await? else {
            return Ok(false);
        };
        let later = self.rate.beyond(second, taken).into_iter();
        try_join_all(later.map(|later| self.places.fill(later, Some(organization_id)))).await?;
        Ok(true)
    }

    /// The provider of an account gives no clear answer: nobody calls it in the seconds that follow, so that no more than a few wait for it at
    /// a time. SES is everybody's, and waits for nobody.
    pub(crate) async fn keep_off(self, now: Timestamp) {
        let Second { lane, number, .. } = self.rate.at(now);
        if lane == Lane::Ses {
            return;
        }
        let later = (1..=OFF).map(|n| Later { lane, number: number + n, places: self.rate.places(), own: 0 });
        if let Err(error) = try_join_all(later.map(|later| self.places.fill(later, None))).await {
            tracing::warn!(%error, "the seconds behind a call without an answer could not be closed");
        }
    }

    /// The provider said that it was too fast: nobody calls it in the next second.
    pub(crate) async fn slow_down(self, now: Timestamp) {
        let Second { lane, number, .. } = self.rate.at(now);
        let next = Later { lane, number: number + 1, places: self.rate.places(), own: 0 };
        if let Err(error) = self.places.fill(next, None).await {
            // Its own mail waits for longer each time, whatever becomes of this.
            tracing::warn!(%error, "the next second could not be closed");
        }
    }
}
