//! The mail with the link by which a member proves that their address is theirs: drawn here, any link before it holds no more.

use domain::base::digest::Digest;
use domain::gate::notice::{Notice, NoticeState};
use domain::people::email::{EmailProof, EmailSecret};
use domain::people::organization::Member;

use super::{TRIES, Teller, fixed, take};
use crate::base::error::Refusal;
use crate::base::retry::{Try, retry};
use crate::base::store::{Change, key, load};
use crate::people::email::AskedProof;

impl Teller<'_> {
    /// Mails the link, unless the address is proven, or belongs to this installation.
    pub(super) async fn let_prove(&self, asked: &AskedProof) -> Result<(), Refusal> {
        let (organization_id, member_id) = (asked.organization_id, asked.member_id);
        let key = Digest::of_parts(&[b"email", asked.id.to_string().as_bytes()]);
        let claimed = retry(TRIES, "what is known of the address kept changing", || async {
            let now = self.ports.now();
            let wanted = (key::Member(member_id), key::EmailProof(member_id), key::Notice(key));
            let (member, before, known) = load(&*self.ports.store, organization_id, wanted).await?;
            let Some(member) = member else { return Ok(Try::Done(None)) };
            let (member, before): (Member, Option<EmailProof>) = (member, before);
            let is_proven = before.as_ref().is_some_and(|before| before.proven_at.is_some());
            if is_proven || self.is_ours(&member.email).await? {
                tracing::info!(%member_id, "nobody is mailed a link that proves an address");
                return Ok(Try::Done(None));
            }
            let change = Change::new(organization_id);
            let (change, notice) = if let Some(known) = known {
                let Some(notice) = take(known, now)? else { return Ok(Try::Done(None)) };
                (change.update(notice.clone()), Notice { version: notice.version + 1, ..notice })
            } else {
                let state = NoticeState::Claimed(now);
                let new = Notice { key, organization_id, member_id, state, created_at: now, version: 1 };
                (change.create(new.clone()), new)
            };
            let secret = EmailSecret::new(organization_id, member_id, self.ports.bytes());
            let mailed = EmailProof::mailed(&secret, before.as_ref(), now);
            let change = if before.is_some() { change.update(mailed) } else { change.create(mailed) };
            Try::of(self.ports.store.commit(change).await, Some((notice, member.email, secret)))
        })
        .await?;
        let Some((notice, email, secret)) = claimed else { return Ok(()) };
        let url = format!("{}/console/email-verifications/{}", self.public_url, secret.reveal());
        self.send(notice, &email, &fixed::email_verification(&url)).await
    }
}
