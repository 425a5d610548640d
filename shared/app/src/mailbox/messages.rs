//! Reading mail.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::gate::approval::{Approval, Decision};
use domain::gate::seal::{Envelope, MAX_MIME, Sealed};
use domain::mailbox::account::Provider;
use domain::mailbox::filter::{MessageFilter, Span, Way};
use domain::mailbox::lifecycle::{Outbound, Status};
use domain::mailbox::message::{Direction, Message, Party};
use domain::people::access::{Permit, scope};
use domain::{AttachmentId, InboxId, MessageId, OrganizationId, Timestamp};

use crate::base::error::Refusal;
use crate::base::ports::{BlobKey, Blobs, Ports};
use crate::base::store::{Key, List, Page, PageRequest, key, load};
use crate::mailbox::attachments::part;
use crate::mailbox::inboxes;
use crate::mailbox::lists::list_some;
use crate::mailbox::trash::shown;

pub use mail::report::{self, Report};

/// A mail with its body, decoded.
#[derive(Debug, Clone)]
pub struct Detail {
    /// What the list shows.
    pub message: Message,
    /// The body as text.
    pub text: Option<String>,
    /// The body as HTML: of a received mail without anything active and without remote images, of a mail of ours byte for
    /// byte as it is sealed.
    pub html: Option<String>,
    /// How many remote images a received mail would show, or a mail of ours shows.
    pub remote_images: usize,
    /// Where the pictures lie that a mail of ours shows from elsewhere: host names, sorted.
    pub picture_hosts: Vec<String>,
    /// The HTML goes on beyond what may be shown: whoever reads `html` has not read all of it.
    pub html_truncated: bool,
    /// The HTML has text that is made invisible.
    pub hidden_text: bool,
    /// The new part of a received reply.
    pub extracted_text: Option<String>,
    /// All headers, decoded, in order.
    pub headers: Vec<(String, String)>,
    /// Whose account a mail of ours leaves through, by its sealed object; none where it is SES.
    pub provider: Option<Provider>,
    /// Why a person rejected it, in their words, if they gave any.
    pub rejection: Option<String>,
    /// What it says of another mail, where it is a report. Anybody can make one up.
    pub report: Option<Report>,
}

/// The mails of an inbox, or of all inboxes, newest first, as far as the filter takes them. Over all inboxes, mails that are
/// `scheduled` or `unknown` come in the order in which they are due.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::MessagesRead>,
    inbox_id: Option<InboxId>,
    filter: &MessageFilter,
    page: &PageRequest,
) -> Result<Page<Message>, Refusal> {
    if let Some(inbox_id) = inbox_id {
        inboxes::find(ports, permit, inbox_id).await?;
    }
    // What the list itself has need not be looked for in it.
    let mut rest = filter.clone();
    let list = match (inbox_id, rest.label.take(), rest.unread) {
        (inbox_id, label, _) if std::mem::take(&mut rest.trash) => {
            rest.label = label;
            let span = std::mem::take(&mut rest.span);
            inbox_id.map_or(List::AllTrash(span), |inbox_id| List::Trash(inbox_id, span))
        }
        (Some(inbox_id), Some(label), _) => List::Labelled(inbox_id, label),
        (Some(inbox_id), None, Some(true)) => {
            rest.unread = None;
            List::Unread(inbox_id)
        }
        (Some(inbox_id), None, _) => List::Messages(inbox_id, std::mem::take(&mut rest.span)),
        (None, label, _) => {
            rest.label = label;
            match rest.status.as_deref().and_then(Status::parse) {
                // Those that are due first: an index has them, and no others.
                Some(status @ (Status::Scheduled | Status::Unknown)) => {
                    rest.status = None;
                    List::Open(status)
                }
                _ => List::AllMessages(std::mem::take(&mut rest.span)),
            }
        }
    };
    let now = ports.now();
    let takes = |message: &Message| {
        let is_over = message.trash.is_some_and(|trash| trash.is_over(now));
        filter.takes(message) && !is_over && permit.over(message.inbox_id).is_ok()
    };
    let narrow = rest != MessageFilter::default() || inbox_id.is_none() && permit.is_limited();
    let found = list_some(ports, permit.organization_id(), &list, page, narrow, takes).await?;
    if inbox_id.is_some() {
        return Ok(found);
    }
    inboxes::without_deleted(ports, permit.organization_id(), found, |message| message.inbox_id).await
}

/// What is read to find a mail.
pub fn keys(inbox_id: InboxId, id: MessageId) -> [Key; 3] {
    [Key::Inbox(inbox_id), Key::Message(inbox_id, id), Key::Trashed(inbox_id, id)]
}

/// The mail, also one in the trash.
async fn find(
    ports: &Ports,
    permit: &Permit<scope::MessagesRead>,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<Message, Refusal> {
    permit.over(inbox_id)?;
    let wanted = (key::Inbox(inbox_id), key::Message(inbox_id, id), key::Trashed(inbox_id, id));
    let (inbox, message, trashed) = load(&*ports.store, permit.organization_id(), wanted).await?;
    shown(ports, message, trashed).filter(|_| inbox.is_some()).ok_or(Refusal::NotFound("message"))
}

/// Mails that are named one by one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Several {
    /// Those that are there, in the order in which they were named.
    pub found: Vec<Message>,
    /// Those that are not there, or that the permit does not reach: nothing tells the two apart.
    pub not_found: Vec<(InboxId, MessageId)>,
    /// Those that are there and were not changed as asked, with the reason of each.
    pub failed: Vec<((InboxId, MessageId), Refusal)>,
}

/// So many mails are named in one request.
pub const SEVERAL: usize = 100;

/// The mails of these names, each once, without their bodies.
pub async fn get_several(
    ports: &Ports,
    permit: &Permit<scope::MessagesRead>,
    named: &[(InboxId, MessageId)],
) -> Result<Several, Refusal> {
    find_several(ports, permit, named).await
}

pub(crate) async fn find_several<S>(
    ports: &Ports,
    permit: &Permit<S>,
    named: &[(InboxId, MessageId)],
) -> Result<Several, Refusal> {
    let mut seen = BTreeSet::new();
    let named: Vec<_> = named.iter().copied().filter(|name| seen.insert(*name)).collect();
    let (store, organization_id) = (&*ports.store, permit.organization_id());
    let reached: Vec<_> = named.iter().copied().filter(|name| permit.over(name.0).is_ok()).collect();
    let inboxes: BTreeSet<_> = reached.iter().map(|name| name.0).collect();
    let inboxes: Vec<_> = inboxes.into_iter().map(key::Inbox).collect();
    let messages: Vec<_> = reached.iter().map(|name| key::Message(name.0, name.1)).collect();
    let (inboxes, messages) = load(store, organization_id, (inboxes, messages)).await?;
    let inboxes: BTreeSet<_> = inboxes.into_iter().flatten().map(|inbox| inbox.id).collect();
    let mut found: BTreeMap<_, _> =
        messages.into_iter().flatten().map(|message| ((message.inbox_id, message.id), message)).collect();
    let missing = reached.iter().filter(|name| !found.contains_key(name));
    let missing: Vec<_> = missing.map(|name| key::Trashed(name.0, name.1)).collect();
    if !missing.is_empty() {
        let trashed = load(store, organization_id, missing).await?.into_iter().flatten();
        let trashed = trashed.filter_map(|trashed| trashed.shown(ports.now()).cloned());
        found.extend(trashed.map(|message| ((message.inbox_id, message.id), message)));
    }
    let mut several = Several::default();
    for name in named {
        match found.remove(&name).filter(|_| inboxes.contains(&name.0)) {
            Some(message) => several.found.push(message),
            None => several.not_found.push(name),
        }
    }
    Ok(several)
}

/// One mail with its body.
pub async fn get(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::MessagesRead>,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<Detail, Refusal> {
    let message = find(ports, permit, inbox_id, id).await?;
    let rejected = message.outbound().filter(|outbound| outbound.status() == Status::Rejected);
    // Whoever asked for a mail learns why it was rejected, without a right to see approvals.
    let rejection = match rejected.map(|outbound| key::Approval(outbound.approval_id)) {
        None => None,
        wanted => load(&*ports.store, permit.organization_id(), wanted).await?.and_then(reason_of),
    };
    Ok(Detail { rejection, ..read_detail(blobs, message).await? })
}

fn reason_of(approval: Approval) -> Option<String> {
    match approval.decision {
        Decision::Rejected { reason, .. } if !reason.trim().is_empty() => Some(reason),
        _ => None,
    }
}

/// A response has so many mails that somebody waited for; the others come behind the last of them.
const ARRIVED: usize = 50;

/// So many pages are read to find the first of them: at most 1,000 mails that the filter takes, among the last 10,000.
const ARRIVED_PAGES: usize = 10;

/// The mails that came in behind `since`, and not before `from`, as far as the filter takes them, the first of them first: at most
/// 50, of the last 1,000 that it takes among the last 10,000 mails.
pub async fn arrived(
    ports: &Ports,
    permit: &Permit<scope::MessagesRead>,
    inbox_id: InboxId,
    (since, from): (Since, Timestamp),
    filter: &MessageFilter,
) -> Result<Vec<Message>, Refusal> {
    let behind = |message: &Message| match since {
        Since::Time(at) => at <= message.created_at,
        Since::Message(id) => id < message.id,
    };
    let after = match since {
        Since::Time(at) => at,
        Since::Message(id) => id.at(),
    };
    let filter = MessageFilter {
        direction: Some(Way::Inbound),
        span: Span { after: Some(after.max(from)), before: None },
        ..filter.clone()
    };
    let (mut found, mut page) = (vec![], PageRequest { limit: 100, cursor: None });
    for _ in 0..ARRIVED_PAGES {
        let some = list(ports, permit, Some(inbox_id), &filter, &page).await?;
        found.extend(some.items);
        page.cursor = some.next;
        if page.cursor.is_none() {
            break;
        }
    }
    found.retain(behind);
    found.reverse();
    found.truncate(ARRIVED);
    Ok(found)
}

/// Where somebody begins to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// Then or later.
    Time(Timestamp),
    /// Behind this mail.
    Message(MessageId),
}

/// The bytes of a mail, or where they are.
pub enum Raw {
    /// As they were sealed; SES adds `Date` and `Message-ID` when it sends them.
    Bytes(Bytes),
    /// As they were received: a URL that gives them for 15 minutes, since they may be larger than an answer can be.
    Url(String),
}

/// A sealed mail up to this size is given in the answer: Lambda's limit is 6 MB, in base64.
const MAX_ANSWER: u64 = 4 * 1024 * 1024;

/// The bytes of a mail.
pub async fn raw(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::MessagesRead>,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<Raw, Refusal> {
    let message = find(ports, permit, inbox_id, id).await?;
    match &message.direction {
        Direction::Inbound { raw_key, .. } => {
            let name = format!("{id}.eml");
            Ok(Raw::Url(blobs.download_url(&BlobKey::Raw(raw_key.clone()), &name).await?))
        }
        Direction::Outbound(_) if message.size <= MAX_ANSWER => {
            Ok(Raw::Bytes(raw_bytes(blobs, &message).await?))
        }
        Direction::Outbound(outbound) => {
            let key = BlobKey::Sealed(message.organization_id, outbound.digest);
            Ok(Raw::Url(blobs.download_url(&key, &format!("{id}.sealed")).await?))
        }
    }
}

pub(crate) async fn raw_bytes(blobs: &dyn Blobs, message: &Message) -> Result<Bytes, Refusal> {
    match &message.direction {
        Direction::Inbound { raw_key, .. } => Ok(blobs.get(&BlobKey::Raw(raw_key.clone()), MAX_MIME).await?),
        Direction::Outbound(outbound) => {
            let sealed = open_sealed(blobs, message, outbound.digest).await?;
            Ok(Bytes::copy_from_slice(sealed.mime()))
        }
    }
}

async fn open_sealed(blobs: &dyn Blobs, message: &Message, digest: Digest) -> Result<Sealed, Refusal> {
    let sealed = open_sealed_at(blobs, message.organization_id, digest).await?;
    // A person must see where the sealed mail goes, not what a row of the table says of it.
    if !agree(message, sealed.envelope()) {
        return Err(Refusal::Internal(format!("{}: the record and the sealed object differ", message.id)));
    }
    Ok(sealed)
}

/// The mail with this digest, as it is sealed.
pub(crate) async fn read_sealed(
    blobs: &dyn Blobs,
    message: Message,
    digest: Digest,
) -> Result<Detail, Refusal> {
    let current = message.outbound().is_some_and(|outbound| outbound.digest == digest);
    let sealed = if current {
        open_sealed(blobs, &message, digest).await?
    } else {
        open_sealed_at(blobs, message.organization_id, digest).await?
    };
    let Envelope { organization_id, message_id, .. } = sealed.envelope();
    if (*organization_id, *message_id) != (message.organization_id, message.id) {
        return Err(Refusal::Internal(format!("{}: the sealed object is another mail's", message.id)));
    }
    let parsed = mail::parse(sealed.mime());
    let provider = sealed.envelope().transport.provider();
    Ok(Detail { provider, ..decode(as_sealed(message, &sealed, &parsed), parsed) })
}

/// The sealed object with this digest.
pub(crate) async fn open_sealed_at(
    blobs: &dyn Blobs,
    organization_id: OrganizationId,
    digest: Digest,
) -> Result<Sealed, Refusal> {
    let bytes = blobs.get(&BlobKey::Sealed(organization_id, digest), MAX_MIME + 64 * 1024).await?;
    Sealed::open(bytes.into(), digest).map_err(|error| Refusal::Internal(error.to_string()))
}

/// A mail as it is sealed. Whoever decides about it is shown this: the record says where it stands, and nothing of what
/// it says.
///
/// Blind recipients are in the envelope alone, which has no names.
pub(crate) fn as_sealed(message: Message, sealed: &Sealed, parsed: &mail::ParsedMail<'_>) -> Message {
    let envelope = sealed.envelope();
    let party = |address: &EmailAddress, written: Option<&mail::ParsedAddress>| Party {
        name: written.filter(|it| it.address == address.as_str()).and_then(|it| it.name.clone()),
        address: address.as_str().to_owned(),
    };
    let parties = |addresses: &[EmailAddress], written: &[mail::ParsedAddress]| -> Vec<Party> {
        addresses.iter().enumerate().map(|(i, address)| party(address, written.get(i))).collect()
    };
    let reply_to = parsed.reply_to.iter();
    let mut files: Vec<_> = parsed.attachments.iter().map(|file| part(message.id, file)).collect();
    // In the order in which they were given, as far as the record knows it.
    let given = |id: AttachmentId| message.attachments.iter().position(|file| file.id == id);
    files.sort_by_key(|file| given(file.id).unwrap_or(usize::MAX));
    let direction = match message.direction.clone() {
        Direction::Outbound(outbound) => {
            Direction::Outbound(Outbound { send_at: envelope.send_at, ..outbound })
        }
        inbound @ Direction::Inbound { .. } => inbound,
    };
    Message {
        direction,
        from: party(&envelope.from, parsed.from.as_ref()),
        reply_to: reply_to.map(|it| Party { name: it.name.clone(), address: it.address.clone() }).collect(),
        to: parties(&envelope.to, &parsed.to),
        cc: parties(&envelope.cc, &parsed.cc),
        bcc: parties(&envelope.bcc, &[]),
        subject: parsed.subject.clone(),
        preview: mail::preview(parsed.text.as_deref().unwrap_or_default(), 200),
        attachments: files,
        size: sealed.mime().len() as u64,
        ..message
    }
}

/// Whether the record shows the sender, the recipients and the time that are sealed.
fn agree(message: &Message, envelope: &Envelope) -> bool {
    let same = |shown: &[Party], sealed: &[EmailAddress]| {
        shown.iter().map(|party| party.address.as_str()).eq(sealed.iter().map(EmailAddress::as_str))
    };
    message.from.address == envelope.from.as_str()
        && same(&message.to, &envelope.to)
        && same(&message.cc, &envelope.cc)
        && same(&message.bcc, &envelope.bcc)
        && message.outbound().is_some_and(|outbound| outbound.send_at == envelope.send_at)
}

/// Whether reading a mail failed when it came, so that it is shown without its body.
pub(crate) fn is_unread_by_us(message: &Message) -> bool {
    matches!(&message.direction, Direction::Inbound { defects, .. } if defects.iter().any(|d| d == "not_processed"))
}

/// A mail with its body, from its bytes.
pub(crate) async fn read_detail(blobs: &dyn Blobs, message: Message) -> Result<Detail, Refusal> {
    if let Some(digest) = message.outbound().map(|outbound| outbound.digest) {
        return read_sealed(blobs, message, digest).await;
    }
    if is_unread_by_us(&message) {
        // Reading it has failed before: it is shown without its body, and can be fetched raw.
        let empty = Detail {
            message,
            text: None,
            html: None,
            remote_images: 0,
            picture_hosts: vec![],
            html_truncated: false,
            hidden_text: false,
            extracted_text: None,
            headers: vec![],
            provider: None,
            rejection: None,
            report: None,
        };
        return Ok(empty);
    }
    let bytes = raw_bytes(blobs, &message).await?;
    Ok(decode(message, mail::parse(&bytes)))
}

fn decode(message: Message, parsed: mail::ParsedMail<'_>) -> Detail {
    // Of a mail of ours everything is new.
    let received = message.outbound().is_none();
    let html =
        parsed.html.as_deref().map(|html| if received { Html::received(html) } else { Html::of_ours(html) });
    let extracted_text = parsed
        .text
        .as_deref()
        .filter(|_| received)
        .map(|text| mail::extract_written(&parsed.subject, text).to_string());
    Detail {
        message,
        extracted_text,
        remote_images: html.as_ref().map_or(0, |html| html.remote_images),
        picture_hosts: html.as_ref().map(|html| html.picture_hosts.clone()).unwrap_or_default(),
        html_truncated: html.as_ref().is_some_and(|html| html.truncated),
        hidden_text: html.as_ref().is_some_and(|html| html.hidden_text),
        html: html.and_then(|html| html.shown),
        headers: parsed.headers.iter().map(|h| (h.name.clone(), h.value.clone())).collect(),
        text: parsed.text,
        provider: None,
        rejection: None,
        report: parsed.report.filter(|_| received),
    }
}

/// The HTML of a mail, as it may be shown.
struct Html {
    shown: Option<String>,
    remote_images: usize,
    picture_hosts: Vec<String>,
    truncated: bool,
    hidden_text: bool,
}

impl Html {
    /// A stranger's, made fit to be shown.
    fn received(html: &str) -> Self {
        let safe = mail::sanitise_html(html);
        Self {
            shown: Some(safe.html),
            remote_images: safe.remote_images,
            picture_hosts: vec![],
            truncated: safe.truncated,
            hidden_text: safe.hidden_text,
        }
    }

    /// Ours, as it is sealed: it is in the normal form, or it is not shown, and then nobody approves it.
    fn of_ours(html: &str) -> Self {
        let normal = mail::normal::is_normal(html);
        let reading = mail::normal::read(html);
        let elsewhere = |picture: &&mail::normal::Picture| !picture.address.starts_with("cid:");
        Self {
            shown: normal.then(|| html.to_owned()),
            remote_images: reading.pictures.iter().filter(elsewhere).count(),
            picture_hosts: reading.picture_hosts(),
            truncated: !normal,
            hidden_text: false,
        }
    }
}
