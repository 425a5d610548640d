//! Deciding about many mails of one upload at once: what is shown is what they have in common, and the values of each row. A vote counts
//! for those alone that say just that.

use domain::ApprovalId;
use domain::Timestamp;
use domain::UploadId;
use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::gate::approval::{Approval, DecisionRefused, Verdict};
use domain::gate::merge::{Merge, Plan, RowMails};
use domain::gate::sheet::Sheet;
use domain::gate::upload::Upload;
use domain::people::access::{Permit, scope};
use futures_util::future::{join_all, try_join_all};
use jiff::SignedDuration;

use super::{Read, not_fitting};
use crate::base::enter::Once;
use crate::base::error::Refusal;
use crate::base::ports::{Blobs, KeyLogs, Ports, Sheets, Workflow};
use crate::base::store::{List, Page, PageRequest, key, load, typed};
use crate::gate::approvals::{Batched, cancel, decide_several};
use crate::gate::attest::VoteSignature;
use crate::gate::edit::{Edit, edit};
use crate::gate::submit::{Sending, Submitted};
use crate::mailbox::messages::open_sealed_at;

/// So many mails of an upload are decided about at once.
pub const AT_ONCE: usize = 100;

/// So many are looked at, cancelled or moved side by side.
const SIDE_BY_SIDE: usize = 5;

/// What an upload's mails have in common, and those that wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The upload.
    pub upload: Upload,
    /// What was read of it.
    pub sheet: Sheet,
    /// What its mails are made by.
    pub plan: Plan,
    /// Approvals that wait, those that were asked for first first.
    pub page: Page<Approval>,
}

/// Mails of an upload that wait for a decision.
pub async fn waiting(
    ports: &Ports,
    sheets: &dyn Sheets,
    permit: &Permit<scope::ApprovalsRead>,
    id: UploadId,
    page: &PageRequest,
) -> Result<Waiting, Refusal> {
    let (upload, Read { sheet, plan }) = read(ports, sheets, permit, id).await?;
    let now = ports.now();
    let found = ports.store.list(permit.organization_id(), &List::WaitingOfUpload(id), page).await?;
    let mut page = typed::<Approval>(found);
    page.items.retain(|approval| approval.is_pending(now));
    let plan = plan.ok_or(Refusal::NotFound("upload"))?;
    Ok(Waiting { upload, sheet, plan, page })
}

async fn read(
    ports: &Ports,
    sheets: &dyn Sheets,
    permit: &Permit<scope::ApprovalsRead>,
    id: UploadId,
) -> Result<(Upload, Read), Refusal> {
    let upload = load(&*ports.store, permit.organization_id(), key::Upload(id))
        .await?
        .filter(|upload| permit.over(upload.inbox_id).is_ok() && upload.lets_go())
        .ok_or(Refusal::NotFound("upload"))?;
    let read = super::read_of(sheets, &upload).await?;
    Ok((upload, read))
}

/// Decides about these mails of an upload, in a session. One that says something else than the plan makes of its row, since somebody
/// edited it, is not approved so.
pub async fn decide_rows(
    ports: &Ports,
    (sheets, blobs): (&dyn Sheets, &dyn Blobs),
    workflow: &dyn Workflow,
    permit: &Permit<scope::ApprovalsDecide>,
    id: UploadId,
    (items, verdict): (&[(ApprovalId, Digest)], &Verdict),
    signed: (&dyn KeyLogs, Option<&VoteSignature>),
) -> Result<Vec<Batched>, Refusal> {
    let reading = permit.principal().permit::<scope::ApprovalsRead>()?;
    let (upload, Read { sheet, plan }) = read(ports, sheets, &reading, id).await?;
    let plan = plan.ok_or(Refusal::NotFound("upload"))?;
    let merge = Merge::new(&plan, &sheet.columns).map_err(|wrong| not_fitting(&wrong))?;
    let wanted: Vec<_> = items.iter().map(|(id, _)| key::Approval(*id)).collect();
    let found = load(&*ports.store, upload.organization_id, wanted).await?;
    let at = upload.confirmed.as_ref().map_or(upload.created_at, |it| it.at);
    let looked = |approval: Option<&Approval>| {
        let (sheet, merge, approval) = (&sheet, &merge, approval.cloned());
        async move {
            let row = approval.as_ref().and_then(|it| it.row).filter(|row| row.upload_id == id);
            let Some((approval, row)) = approval.zip(row) else {
                return Ok::<_, Refusal>(Err(Refusal::NotFound("approval")));
            };
            if matches!(verdict, Verdict::Reject(_)) {
                return Ok(Ok(()));
            }
            let place = sheet.rows.binary_search_by_key(&row.number, |it| it.number);
            let mails = place.ok().and_then(|place| merge.row(&sheet.rows[place], at).ok());
            let as_planned = match mails {
                Some(mails) => is_as_planned(blobs, &approval, &mails, row.place).await?,
                None => false,
            };
            let message =
                "it says something else than the other mails of its upload: open it, and approve it alone";
            Ok(if as_planned { Ok(()) } else { Err(Refusal::because(Code::LookFirst, message)) })
        }
    };
    let (mut all, mut shown) = (vec![], vec![]);
    let pairs: Vec<_> = items.iter().copied().zip(found).collect();
    for some in pairs.chunks(SIDE_BY_SIDE) {
        let looked = some.iter().map(|(_, approval)| Box::pin(looked(approval.as_ref())));
        for ((item, _), decided) in some.iter().zip(try_join_all(looked).await?) {
            match decided {
                Ok(()) => shown.push(*item),
                Err(refusal) => all.push(Batched { id: item.0, decided: Err(refusal) }),
            }
        }
    }
    all.extend(decide_several(ports, blobs, workflow, permit, &shown, verdict, signed).await?);
    Ok(all)
}

/// What is done about several mails at once that is no vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// They are called off, for this reason.
    Cancel(String),
    /// They go so many days later, or earlier: each becomes another revision, which is approved anew.
    Move(i16),
}

/// Does that to these mails of an upload, each for itself.
pub async fn act_on_rows(
    sending: &Sending,
    permit: &Permit<scope::ApprovalsDecide>,
    id: UploadId,
    items: &[(ApprovalId, Digest)],
    deed: &Deed,
) -> Result<Vec<Batched>, Refusal> {
    let reading = permit.principal().permit::<scope::MessagesRead>()?;
    let wanted: Vec<_> = items.iter().map(|(id, _)| key::Approval(*id)).collect();
    let found = load(&*sending.ports.store, permit.organization_id(), wanted).await?;
    let mut all = vec![];
    let pairs: Vec<_> = items.iter().copied().zip(found).collect();
    for some in pairs.chunks(SIDE_BY_SIDE) {
        let acts = some.iter().map(|((approval_id, digest), approval)| {
            let ours = approval.as_ref().filter(|it| it.row.is_some_and(|row| row.upload_id == id));
            let reading = &reading;
            Box::pin(async move {
                let decided = match (ours, deed) {
                    (None, _) => Err(Refusal::NotFound("approval")),
                    // What they saw when they checked it is what they call off.
                    (Some(approval), Deed::Cancel(_)) if approval.digest != *digest => {
                        Err(DecisionRefused::DigestMismatch { current: approval.digest }.into())
                    }
                    (Some(_), Deed::Cancel(reason)) => {
                        cancel(&sending.ports, &*sending.workflow, reading, *approval_id, reason).await
                    }
                    (Some(approval), Deed::Move(days)) => {
                        moved(sending, permit, approval, *digest, *days).await
                    }
                };
                Batched { id: *approval_id, decided }
            })
        });
        all.extend(join_all(acts).await);
    }
    Ok(all)
}

async fn moved(
    sending: &Sending,
    permit: &Permit<scope::ApprovalsDecide>,
    approval: &Approval,
    digest: Digest,
    days: i16,
) -> Result<Approval, Refusal> {
    let now = sending.ports.now();
    // One without a time goes when it is approved: then it is so many days from now.
    let at = approval.send_at.map_or(now, |at| at.max(now));
    let at = at.checked_add(SignedDuration::from_hours(24 * i64::from(days)));
    let at = at.ok().and_then(|at| Timestamp::from_second(at.as_second()).ok()).filter(|at| *at > now);
    let at = at.ok_or_else(|| {
        Refusal::field("days", Code::InvalidTime, "leads to a time that is over: choose another")
    })?;
    let change = Edit { send_at: Some(at), ..Edit::default() };
    let answer = |_: &Submitted| (202, String::new());
    let submitted =
        Box::pin(edit(sending, permit, approval.id, digest, change, &Once::default(), answer)).await?;
    Ok(submitted.approval)
}

/// Whether the sealed object of a mail says what is made of its row.
async fn is_as_planned(
    blobs: &dyn Blobs,
    approval: &Approval,
    mails: &RowMails,
    place: u8,
) -> Result<bool, Refusal> {
    let Some(planned) = mails.mails.get(usize::from(place)) else { return Ok(false) };
    let sealed = open_sealed_at(blobs, approval.organization_id, approval.digest).await?;
    let parsed = mail::parse(sealed.mime());
    let to: Vec<String> = sealed.envelope().recipients().map(EmailAddress::mailbox_key).collect();
    let spoken = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let text = match (&planned.text, &planned.html) {
        (Some(text), _) => Some(text.clone()),
        (None, Some(html)) => crate::gate::draft::text_of(html),
        (None, None) => None,
    };
    // When it goes stands in the table.
    Ok(to == [mails.to.address.mailbox_key()]
        && parsed.subject.split_whitespace().eq(planned.subject.as_str().split_whitespace())
        && spoken(parsed.text.as_deref().unwrap_or_default()) == spoken(&text.unwrap_or_default())
        && parsed.attachments.is_empty()
        && html_is_as_planned(parsed.html.as_deref(), planned.html.as_deref()))
}

/// Whether HTML is the one form of what was planned.
fn html_is_as_planned(sealed: Option<&str>, planned: Option<&str>) -> bool {
    match (sealed, planned) {
        (None, None) => true,
        (Some(sealed), Some(planned)) => {
            let normal = mail::normal::normalise(planned, &|_| false);
            normal.is_ok_and(|normal| normal.html.split_whitespace().eq(sealed.split_whitespace()))
        }
        _ => false,
    }
}
