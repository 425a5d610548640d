//! The mail with the link by which somebody claims an organization that was signed up for: drawn here, any link before it holds no more.

use domain::gate::notice::{Notice, NoticeState};
use domain::people::registration::{ClaimSecret, Registration};

use super::{TRIES, Teller, fixed, take};
use crate::base::error::Refusal;
use crate::base::retry::{Try, retry};
use crate::base::store::{Change, key, load};
use crate::gate::registrations::{AskedClaim, notice_key};

impl Teller<'_> {
    /// Mails the link. Where it was claimed or is over, or the address belongs to this installation, nobody is mailed.
    pub(super) async fn let_claim(&self, asked: &AskedClaim) -> Result<(), Refusal> {
        let (organization_id, key) = (asked.organization_id, notice_key(asked));
        let claimed = retry(TRIES, "the registration kept changing", || async {
            let now = self.ports.now();
            let wanted = (key::Registration, key::Organization, key::Notice(key));
            let (registration, organization, known) =
                load(&*self.ports.store, organization_id, wanted).await?;
            let (Some(registration), Some(organization)) = (registration, organization) else {
                return Ok(Try::Done(None));
            };
            let registration: Registration = registration;
            if registration.end.is_some()
                || now >= registration.expires_at
                || self.is_ours(&registration.email).await?
            {
                tracing::info!(%organization_id, "nobody is mailed a link to claim an organization");
                return Ok(Try::Done(None));
            }
            let change = Change::new(organization_id);
            let (change, notice) = if let Some(known) = known {
                let Some(notice) = take(known, now)? else { return Ok(Try::Done(None)) };
                (change.update(notice.clone()), Notice { version: notice.version + 1, ..notice })
            } else {
                let (member_id, state) = (registration.member_id, NoticeState::Claimed(now));
                let new = Notice { key, organization_id, member_id, state, created_at: now, version: 1 };
                (change.create(new.clone()), new)
            };
            let secret = ClaimSecret::new(organization_id, self.ports.bytes());
            let mailed = Registration { secret: Some(secret.hash()), ..registration };
            let written = self.ports.store.commit(change.update(mailed.clone())).await;
            Try::of(written, Some((notice, mailed, secret, organization.name)))
        })
        .await?;
        let Some((notice, registration, secret, organization)) = claimed else { return Ok(()) };
        let url = format!("{}/console/claims/{}", self.public_url, secret.reveal());
        self.send(notice, &registration.email, &fixed::claim(&organization, &registration, &url)).await
    }
}
