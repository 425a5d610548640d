//! That mails were made of a spreadsheet and wait for a decision: one mail for all of them.

use domain::base::digest::Digest;
use domain::gate::approval::Approval;

use super::{Teller, fixed};
use crate::base::error::Refusal;
use crate::base::ports::UploadOf;
use crate::base::store::{List, PageRequest, key, load, typed};

impl Teller<'_> {
    /// Tells whoever decides about the first of its mails that waits, as each of them chose to be told.
    pub(super) async fn tell_of_upload(&self, (organization_id, id): UploadOf) -> Result<(), Refusal> {
        let first = PageRequest { limit: 1, cursor: None };
        let waiting = self.ports.store.list(organization_id, &List::WaitingOfUpload(id), &first).await?;
        let upload = load(&*self.ports.store, organization_id, key::Upload(id)).await?;
        let (Some(upload), Some(approval)) = (upload, typed::<Approval>(waiting).items.into_iter().next())
        else {
            return Ok(());
        };
        let url = format!("{}/console/uploads/{id}/approve", self.public_url);
        let words = fixed::uploaded(&upload.filename, upload.progress.held, &url);
        let mut told = Ok(());
        for member in self.voters(&approval).await? {
            let parts = [b"upload".as_slice(), id.to_string().as_bytes(), member.id.to_string().as_bytes()]
                .map(<[u8]>::to_vec);
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let sent = match self.claim(Digest::of_parts(&parts), &approval, &member).await {
                Ok(Some(claimed)) => self.send(claimed.notice, &member.email, &words).await,
                other => other.map(drop),
            };
            // One who can't be told does not keep the others from being told.
            if let Err(error) = sent {
                tracing::warn!(upload_id = %id, member_id = %member.id, %error, "not notified");
                told = Err(error);
            }
        }
        told
    }
}
