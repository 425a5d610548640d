//! `/console/compose/{inbox_id}` and `/console/drafts/{draft_id}`: writing a mail, answering one, passing one on, and going on with a draft.
//!
//! Whoever asks for a mail makes its approval, and a role that may write approvals could write one that is decided: so these pages stand
//! beside those that decide, and not under the role that reads what strangers write.

use app::Refusal;
use app::base::enter::Once;
use app::base::store::Key;
use app::gate::drafts::{self, Created, DraftChange, DraftDetail, Part, SubmittedDraft};
use app::gate::submit::{Answering, How, Submitted, begin_answer, submit};
use app::mailbox::inboxes;
use app::mailbox::messages::{self, Detail};
use askama::Template;
use domain::base::address::{EmailAddress, HeaderText, Mailbox};
use domain::base::code::{Class, Code};
use domain::base::digest::Digest;
use domain::base::id::Id as _;
use domain::gate::draft::{DraftFile, SavedDraft};
use domain::mailbox::inbox::Inbox;
use domain::people::access::{Scope, scope};
use domain::{ApprovalId, DraftId, InboxId, MessageId};
use runtime::http::{Request, Response};

use super::mail::{Answered, answered};
use super::render;
use super::writing::{Fields, NAMES, file_count, files, hindrance, limit, uploaded};
use crate::Context;
use crate::fields::Wrong;
use crate::guard::{self, Form};
use crate::page::{Audience, Back, Get, Page, Trust};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::upload::MAX_BYTES;
use crate::visit::Visit;
use crate::words::{body, size, visible};

/// The forms of a new mail, of answers, of one that is passed on, of a test, and of a draft.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/compose/{inbox_id}",
        get: Get::Page(|context, request, at| {
            Box::pin(async move { show(context, request, What::New(at.id()?)).await })
        }),
        post: Some(|context, request, at| {
            Box::pin(async move { write(context, request, What::New(at.id()?)).await })
        }),
        ..WRITING
    },
    Page {
        path: "/compose/{inbox_id}/{message_id}/reply",
        get: Get::Page(|context, request, at| {
            Box::pin(async move { show(context, request, What::Reply(at.id()?, at.id()?, false)).await })
        }),
        post: Some(|context, request, at| {
            Box::pin(async move { write(context, request, What::Reply(at.id()?, at.id()?, false)).await })
        }),
        ..WRITING
    },
    Page {
        path: "/compose/{inbox_id}/{message_id}/reply-all",
        get: Get::Page(|context, request, at| {
            Box::pin(async move { show(context, request, What::Reply(at.id()?, at.id()?, true)).await })
        }),
        post: Some(|context, request, at| {
            Box::pin(async move { write(context, request, What::Reply(at.id()?, at.id()?, true)).await })
        }),
        ..WRITING
    },
    Page {
        path: "/compose/{inbox_id}/{message_id}/forward",
        get: Get::Page(|context, request, at| {
            Box::pin(async move { show(context, request, What::Forward(at.id()?, at.id()?)).await })
        }),
        post: Some(|context, request, at| {
            Box::pin(async move { pass_on(context, request, at.id()?, at.id()?).await })
        }),
        ..WRITING
    },
    Page {
        path: "/compose/{inbox_id}/test",
        get: Get::To(COMPOSE),
        post: Some(|context, request, at| Box::pin(async move { test(context, request, at.id()?).await })),
        back: Back::To(COMPOSE),
        ..WRITING
    },
    Page {
        path: "/drafts/{draft_id}",
        audience: Audience::With(Scope::DraftsManage),
        get: Get::Page(|context, request, at| {
            Box::pin(async move { show(context, request, What::Draft(at.id()?)).await })
        }),
        post: Some(|context, request, at| {
            Box::pin(async move { write(context, request, What::Draft(at.id()?)).await })
        }),
        ..WRITING
    },
];

const COMPOSE: &str = "/compose/{inbox_id}";

const WRITING: Page = Page {
    trust: Trust::Decide,
    audience: Audience::With(Scope::MessagesSend),
    back: Back::Here(&[]),
    ..Page::NEW
};

/// Addresses of SES's simulator, each with what becomes of mail to it: the mailbox simulator in SES's developer guide
/// (<https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html>).
const SIMULATOR: [(&str, &str); 3] = [
    ("success", "success@simulator.amazonses.com"),
    ("bounce", "bounce@simulator.amazonses.com"),
    ("complaint", "complaint@simulator.amazonses.com"),
];

/// What is written.
#[derive(Clone, Copy)]
enum What {
    /// A new mail of an inbox.
    New(InboxId),
    /// An answer to a mail, to its other recipients too.
    Reply(InboxId, MessageId, bool),
    /// A mail that is passed on.
    Forward(InboxId, MessageId),
    /// A draft.
    Draft(DraftId),
}

/// What is written, with what there is of it.
struct Place {
    what: What,
    inbox: Inbox,
    /// The mail that it answers or passes on.
    original: Option<Box<Detail>>,
    saved: Option<Box<DraftDetail>>,
}

/// What is said beside the form.
#[derive(Default)]
struct Said {
    alerts: Vec<String>,
    notice: &'static str,
    wrong: Wrong,
    typed: Option<Fields>,
    /// Which copy of the page was sent, and of which revision: it is carried on.
    copy: Option<(String, String)>,
}

impl Place {
    async fn of(visit: &Visit, what: What) -> Result<Self, Refusal> {
        let permit = visit.principal.permit::<scope::MessagesRead>()?;
        let blobs = visit.powers.blobs()?;
        let (inbox_id, message_id, saved) = match what {
            What::New(inbox_id) => (inbox_id, None, None),
            What::Reply(inbox_id, id, _) | What::Forward(inbox_id, id) => (inbox_id, Some(id), None),
            What::Draft(id) => {
                let manages = visit.principal.permit::<scope::DraftsManage>()?;
                let saved = drafts::get(&visit.ports, blobs, &manages, id).await?;
                (saved.draft.inbox_id, saved.draft.answers, Some(Box::new(saved)))
            }
        };
        let inbox = inboxes::get(&visit.ports, &permit, inbox_id).await?;
        let original = match message_id {
            Some(id) => match messages::get(&visit.ports, blobs, &permit, inbox_id, id).await {
                Ok(detail) => Some(Box::new(detail)),
                // What a draft answers may be gone by now.
                Err(Refusal::NotFound(_)) if saved.is_some() => None,
                Err(refusal) => return Err(refusal),
            },
            None => None,
        };
        Ok(Self { what, inbox, original, saved })
    }

    /// What is stored of it.
    fn stored(&self) -> Fields {
        self.saved.as_ref().map(|detail| Fields::of(detail)).unwrap_or_default()
    }

    /// What the form begins with.
    fn begins(&self) -> Fields {
        let stored = self.stored();
        let answer = |all| {
            let parent = self.original.as_ref();
            parent.map(|detail| Fields::answering(&begin_answer(&detail.message, &self.inbox, all)))
        };
        match (self.what, &self.saved) {
            (What::Reply(_, _, all), _) => answer(all).unwrap_or_default(),
            // What a program left to be filled in is filled in here, where somebody sees it.
            (What::Draft(_), Some(detail)) if stored.to.is_empty() || detail.draft.reply_all => {
                let Some(filled) = answer(detail.draft.reply_all) else { return stored };
                let copies =
                    [stored.cc.as_str(), filled.cc.as_str()].into_iter().filter(|list| !list.is_empty());
                let cc = copies.collect::<Vec<_>>().join("\n");
                let to = if stored.to.is_empty() { filled.to } else { stored.to.clone() };
                let subject = if stored.subject.is_empty() { filled.subject } else { stored.subject.clone() };
                Fields { to, cc, subject, ..stored }
            }
            _ => stored,
        }
    }

    fn has_html(&self) -> bool {
        self.saved.as_ref().is_some_and(|detail| detail.content.html.is_some())
    }

    /// Where the form is sent.
    fn address(&self) -> String {
        match self.what {
            What::New(inbox_id) => route::compose(inbox_id),
            What::Reply(inbox_id, id, all) => {
                let end = if all { "reply-all" } else { "reply" };
                format!("{}/{id}/{end}", route::compose(inbox_id))
            }
            What::Forward(inbox_id, id) => format!("{}/{id}/forward", route::compose(inbox_id)),
            What::Draft(id) => route::draft(id),
        }
    }

    async fn page(self, visit: &Visit, status: u16, said: Said) -> Result<Response, Refusal> {
        let frame = Frame::of(visit).await?;
        let now = visit.ports.now();
        let draft = self.saved.as_ref().map(|detail| &detail.draft);
        let inbox = format!("{}/{}", route::INBOXES, self.inbox.id);
        let (back, back_word) = match self.what {
            What::New(_) => (inbox, "The inbox"),
            What::Reply(inbox_id, id, _) | What::Forward(inbox_id, id) => {
                (format!("{}/{inbox_id}/messages/{id}", route::INBOXES), "The mail")
            }
            What::Draft(_) => (route::drafts(self.inbox.id), "Drafts"),
        };
        let new = || (Digest::from_bytes(visit.ports.bytes()).hex(), String::new());
        let (nonce, sent) = said.copy.unwrap_or_else(new);
        let revision = draft.map(|draft| draft.version.to_string()).unwrap_or_default();
        let forward = matches!(self.what, What::Forward(..));
        let carried = self.original.as_ref().filter(|_| forward).map_or(0, |it| it.message.attachments.len());
        let rejected = draft.and_then(|draft| draft.rejected.as_ref());
        let page = ComposePage {
            title: match self.what {
                What::New(_) => "Write a mail",
                What::Reply(_, _, false) => "Reply",
                What::Reply(_, _, true) => "Reply to all",
                What::Forward(..) => "Forward",
                What::Draft(_) => "Draft",
            },
            back,
            back_word,
            action: self.address(),
            delete: draft.map(|draft| format!("{}/delete", route::draft(draft.id))),
            csrf: visit.session.form_token(),
            nonce,
            revision: if sent.is_empty() { revision } else { sent },
            mailbox: visible(self.inbox.address.as_str()),
            elsewhere: said.wrong.beside(&NAMES),
            alerts: said.alerts,
            notice: said.notice,
            wrong: said.wrong,
            fields: said.typed.unwrap_or_else(|| self.begins()),
            files: draft.map(|draft| draft.files.iter().map(File::new).collect()).unwrap_or_default(),
            limit: limit(),
            most: MAX_BYTES,
            has_html: self.has_html(),
            forward,
            carried: file_count(carried),
            rejected: rejected.map(|it| body(&it.reason)).unwrap_or_default(),
            rejected_at: rejected.map(|it| route::approval(it.approval_id)),
            original: self.original.as_ref().map(|detail| answered(detail, "/console/attachments", now)),
            shell: frame.shell,
        };
        Ok(guard::html_with_writing(status, render(&page)?))
    }
}

#[derive(Template)]
#[template(path = "compose.html")]
struct ComposePage {
    shell: Shell,
    title: &'static str,
    back: String,
    back_word: &'static str,
    action: String,
    /// Where it is deleted, where it is a draft.
    delete: Option<String>,
    csrf: String,
    /// Tells this copy of the page from any other: sent twice, it makes one mail.
    nonce: String,
    /// Of the draft.
    revision: String,
    /// The inbox that it leaves from.
    mailbox: String,
    alerts: Vec<String>,
    notice: &'static str,
    wrong: Wrong,
    /// What is wrong with what is no field of the form.
    elsewhere: String,
    fields: Fields,
    files: Vec<File>,
    /// How much a form carries.
    limit: String,
    /// The same in bytes, for the script.
    most: usize,
    has_html: bool,
    forward: bool,
    /// How many files the mail has that is passed on; empty for none.
    carried: String,
    /// Why the mail was rejected of which it was left.
    rejected: String,
    rejected_at: Option<String>,
    original: Option<Answered>,
}

impl ComposePage {
    /// What gives the field for a time the browser's zone.
    fn script() -> &'static str {
        guard::WRITE_SCRIPT
    }
}

/// A file that a draft has.
struct File {
    name: String,
    kind: String,
    size: String,
}

impl File {
    fn new(file: &DraftFile) -> Self {
        Self { name: visible(&file.filename), kind: visible(&file.content_type), size: size(file.size) }
    }
}

/// Somebody comes to what was submitted meanwhile: it is shown what became of it.
fn led(refusal: Refusal) -> Result<Response, Refusal> {
    if let Refusal::Because { code: Code::AlreadySubmitted, details, .. } = &refusal
        && let Some((_, id)) = details.iter().find(|(name, _)| *name == "approval_id")
        && let Ok(id) = ApprovalId::parse(id)
    {
        return Ok(guard::see_other(&route::timeline(id)));
    }
    Err(refusal)
}

/// The form.
async fn show(context: &Context, request: &Request, what: What) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    visit.principal.permit::<scope::MessagesSend>()?;
    let place = match Box::pin(Place::of(&visit, what)).await {
        Ok(place) => place,
        Err(refusal) => return led(refusal),
    };
    let notice = match request.query.get("notice").map(String::as_str) {
        Some("saved") => "It is saved. Nothing was sent.",
        Some("changed") => {
            "Somebody changed this draft meanwhile, so it was not deleted: here it is as it stands now."
        }
        _ => "",
    };
    Box::pin(place.page(&visit, 200, Said { notice, ..Said::default() })).await
}

/// Saves what was written, and asks for it to be sent where that was chosen.
async fn write(context: &Context, request: &Request, what: What) -> Result<Response, Refusal> {
    let (visit, mut form) = match Visit::of_form(context, request, &[]).await {
        Ok(found) => found,
        Err(refusal) => return keep_words(context, request, what, refusal).await,
    };
    visit.principal.permit::<scope::MessagesSend>()?;
    let place = match Box::pin(Place::of(&visit, what)).await {
        Ok(place) => place,
        Err(refusal) => return led(refusal),
    };
    let (typed, sends) = (Fields::typed(&form), form.field("act") != "save");
    let (mut change, mut wrong) = typed.against(&place.stored(), place.has_html(), sends);
    let mut came = false;
    match uploaded(form.take_files()) {
        Ok(new) => {
            came = !new.is_empty();
            let places: Vec<usize> =
                form.checked("keep-").iter().filter_map(|place| place.parse().ok()).collect();
            change.attachments = match &place.saved {
                Some(detail) => files(detail, &places, new),
                None if new.is_empty() => Part::Kept,
                None => Part::Given(new),
            };
        }
        Err(error) => wrong.join(Wrong::new(&[error])),
    }
    let copy = Some((form.field("nonce").to_owned(), form.field("revision").to_owned()));
    // A page keeps what was typed, and no files: with some, what can be read is saved whatever is wrong with the rest.
    if wrong.any() && place.saved.is_none() && !came {
        let said = Said { wrong, typed: Some(typed), copy, ..Said::default() };
        return Box::pin(place.page(&visit, 422, said)).await;
    }
    match Box::pin(save(&visit, &place, &form, change)).await {
        Ok(draft) if wrong.any() => {
            let alerts = vec!["It is kept as a draft, with its files. Nothing was sent.".to_owned()];
            let said = Said { alerts, wrong, typed: Some(typed), ..Said::default() };
            again(&visit, draft.id, 422, said).await
        }
        Ok(draft) if !sends => Ok(guard::see_other(&format!("{}?notice=saved", route::draft(draft.id)))),
        Ok(draft) => send(&visit, &draft, typed).await,
        Err(Refusal::Invalid(errors)) => {
            wrong.join(Wrong::new(&errors));
            let said = Said { wrong, typed: Some(typed), copy, ..Said::default() };
            Box::pin(place.page(&visit, 422, said)).await
        }
        Err(Refusal::Because { code: Code::RevisionMismatch, .. }) => {
            let text = "Somebody else changed this draft meanwhile, so nothing was saved or sent. Below is what you typed; what they \
                        wrote stands on the draft\u{2019}s page in another tab, until you save yours over it.";
            let said = Said { alerts: vec![text.to_owned()], typed: Some(typed), ..Said::default() };
            Box::pin(place.page(&visit, 409, said)).await
        }
        Err(refusal) if refusal.code() == Code::AlreadySubmitted => led(refusal),
        Err(refusal) => {
            let Some((status, alerts)) = hindrance(&refusal, visit.ports.now()) else { return Err(refusal) };
            let said = Said { alerts, wrong, typed: Some(typed), copy, ..Said::default() };
            Box::pin(place.page(&visit, status, said)).await
        }
    }
}

/// The form of a draft, as it is stored now.
async fn again(visit: &Visit, id: DraftId, status: u16, said: Said) -> Result<Response, Refusal> {
    let place = Box::pin(Place::of(visit, What::Draft(id))).await?;
    Box::pin(place.page(visit, status, said)).await
}

/// Stores what was written.
async fn save(visit: &Visit, place: &Place, form: &Form, change: DraftChange) -> Result<SavedDraft, Refusal> {
    let permit = visit.principal.permit::<scope::DraftsManage>()?;
    let (ports, blobs) = (&visit.ports, visit.powers.blobs()?);
    if let Some(detail) = &place.saved {
        // Whom it goes to is what the page shows: nothing is filled in behind it any more.
        let reply_all = if detail.draft.reply_all { Part::Given(false) } else { Part::Kept };
        let change = DraftChange { reply_all, ..change };
        let seen = form.field("revision").parse().unwrap_or(detail.draft.version);
        return drafts::update(ports, blobs, &permit, detail.draft.id, Some(seen), change).await;
    }
    let answers = match place.what {
        What::Reply(_, id, _) => Part::Given(id),
        _ => Part::Kept,
    };
    create(visit, place.inbox.id, form.field("nonce"), DraftChange { answers, ..change }).await
}

/// Makes a draft. The same copy of a page makes one, however often it is sent: what it says last stands.
async fn create(
    visit: &Visit,
    inbox_id: InboxId,
    nonce: &str,
    change: DraftChange,
) -> Result<SavedDraft, Refusal> {
    let permit = visit.principal.permit::<scope::DraftsManage>()?;
    let (ports, blobs) = (&visit.ports, visit.powers.blobs()?);
    let is_ours = nonce.len() == 64 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit());
    let name = is_ours.then(|| format!("console {nonce}"));
    let (once, saved) = (Once::default(), |_: &SavedDraft| (303, String::new()));
    let new = (name, change.clone());
    match Box::pin(drafts::create(ports, blobs, &permit, inbox_id, new, &once, saved)).await? {
        Created::New(draft) => Ok(draft),
        Created::Known(draft) => {
            drafts::update(ports, blobs, &permit, draft.id, None, in_place_of_all(change)).await
        }
    }
}

/// A change after which nothing is left of what the same copy said before: what it leaves empty now may have been there.
fn in_place_of_all(change: DraftChange) -> DraftChange {
    fn anew<T>(part: Part<T>) -> Part<T> {
        if matches!(part, Part::Kept) { Part::Emptied } else { part }
    }
    DraftChange {
        to: anew(change.to),
        cc: anew(change.cc),
        bcc: anew(change.bcc),
        subject: anew(change.subject),
        text: anew(change.text),
        send_at: anew(change.send_at),
        attachments: anew(change.attachments),
        ..change
    }
}

/// Asks for a draft to be sent, and leads to what becomes of it; where it can't be asked for, the draft stays, and its form says why.
async fn send(visit: &Visit, draft: &SavedDraft, typed: Fields) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::DraftsManage>()?;
    let sends = visit.principal.permit::<scope::MessagesSend>()?;
    let (once, saved) = (Once::default(), |_: &Submitted| (303, String::new()));
    let sending = visit.sending()?;
    let asked = drafts::submit(&sending, (&permit, &sends), draft.id, Some(draft.version), &once, saved);
    let refusal = match Box::pin(asked).await {
        Ok(SubmittedDraft::Now(asked) | SubmittedDraft::Before(asked)) => {
            return Ok(guard::see_other(&format!("{}?notice=asked", route::timeline(asked.approval.id))));
        }
        Err(refusal) => refusal,
    };
    let typed = Some(typed);
    let (status, said) = match &refusal {
        Refusal::Invalid(errors) => (422, Said { wrong: Wrong::new(errors), typed, ..Said::default() }),
        other => match hindrance(other, visit.ports.now()) {
            Some((status, alerts)) => (status, Said { alerts, typed, ..Said::default() }),
            None => return Err(refusal),
        },
    };
    again(visit, draft.id, status, said).await
}

/// Passes a mail on. It is no draft: what is passed on is taken from the mail itself when it is asked for.
async fn pass_on(
    context: &Context,
    request: &Request,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<Response, Refusal> {
    let what = What::Forward(inbox_id, id);
    let (visit, mut form, once) = match Visit::of_form_once(context, request, "nonce").await {
        Ok(found) => found,
        Err(refusal) => return keep_words(context, request, what, refusal).await,
    };
    let sends = visit.principal.permit::<scope::MessagesSend>()?;
    let place = Box::pin(Place::of(&visit, what)).await?;
    let typed = Fields::typed(&form);
    let (mut draft, mut wrong) = typed.mail();
    match uploaded(form.take_files()) {
        Ok(new) => draft.attachments = new,
        Err(error) => wrong.join(Wrong::new(&[error])),
    }
    let (mut status, mut alerts) = (422, vec![]);
    if !wrong.any() {
        let answering =
            Answering { message_id: id, how: How::Forward { files: form.field("files") == "yes" } };
        let saved = |asked: &Submitted| (303, asked.approval.id.to_string());
        let sending = visit.sending()?;
        let asked = submit(&sending, &sends, inbox_id, draft, Some(answering), &once, saved);
        match Box::pin(asked).await {
            Ok(asked) => {
                let address = route::timeline(asked.approval.id);
                return Ok(guard::see_other(&format!("{address}?notice=asked")));
            }
            Err(Refusal::Invalid(errors)) => wrong = Wrong::new(&errors),
            Err(refusal) => match hindrance(&refusal, visit.ports.now()) {
                Some((code, said)) => (status, alerts) = (code, said),
                None => return answered_before(refusal),
            },
        }
    }
    let copy = Some((form.field("nonce").to_owned(), String::new()));
    let said = Said { alerts, wrong, typed: Some(typed), copy, ..Said::default() };
    Box::pin(place.page(&visit, status, said)).await
}

/// The same copy of a form was sent before: its mail is shown.
fn answered_before(refusal: Refusal) -> Result<Response, Refusal> {
    match &refusal {
        Refusal::Answered(answer) => match ApprovalId::parse(&answer.body) {
            Ok(id) => Ok(guard::see_other(&format!("{}?notice=before", route::timeline(id)))),
            Err(_) => Err(refusal),
        },
        _ => Err(refusal),
    }
}

/// Asks for a mail by which somebody sees that an inbox works: to themselves, or to SES's simulator.
async fn test(context: &Context, request: &Request, id: InboxId) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[Key::Inbox(id)]).await?;
    let reading = visit.principal.permit::<scope::MessagesRead>()?;
    visit.principal.permit::<scope::MessagesSend>()?;
    let (inbox, me) = (inboxes::get(&visit.ports, &reading, id).await?, visit.me().await?);
    let simulated = SIMULATOR.iter().find(|(name, _)| *name == form.field("to"));
    let to = match simulated {
        Some((_, address)) => EmailAddress::parse(address)
            .map_err(|error| Refusal::Internal(format!("an address of the simulator: {error}")))?,
        None => me.member.email.clone(),
    };
    let mailbox = inbox.address.as_str();
    let text = format!(
        "This is a test mail from {mailbox}. {} asked for it in the console.\n\nIf you read this, mail from this inbox \
         reaches you. An answer to it appears in the inbox within seconds.\n",
        me.member.email
    );
    let change = DraftChange {
        to: Part::Given(vec![Mailbox::bare(to)]),
        subject: Part::Given(HeaderText::lossy(&format!("Test mail from {mailbox}"))),
        text: Part::Given(text),
        ..DraftChange::default()
    };
    let draft = match create(&visit, id, form.field("nonce"), change).await {
        Ok(draft) => draft,
        Err(refusal) => return led(refusal),
    };
    let place = Box::pin(Place::of(&visit, What::Draft(draft.id))).await?;
    send(&visit, &draft, place.stored()).await
}

/// Where the session of whoever sent a form has ended, or is another than the page's: nothing was done, and what they wrote is not lost.
/// Of a form that another site sent nothing is shown.
async fn keep_words(
    context: &Context,
    request: &Request,
    what: What,
    refusal: Refusal,
) -> Result<Response, Refusal> {
    if guard::same_origin(request).is_err() {
        return Err(refusal);
    }
    if matches!(refusal, Refusal::Answered(_)) {
        return answered_before(refusal);
    }
    let mut form = Form::of(request)?;
    if refusal.class() == Class::Unauthenticated {
        let (text, hidden) = form.pairs().into_iter().partition::<Vec<_>, _>(|(name, _)| name == "text");
        let page = KeptPage {
            shell: Shell::bare(),
            sign_in: route::sign_in(&request.path),
            action: &request.path,
            text: text.into_iter().map(|(_, text)| text).collect(),
            hidden,
            files: file_count(form.take_files().len()),
        };
        return Ok(guard::html(401, render(&page)?));
    }
    if refusal.code() != Code::ForeignForm {
        return Err(refusal);
    }
    let visit = Visit::of(context, request, &[]).await?;
    visit.principal.permit::<scope::MessagesSend>()?;
    let place = match Box::pin(Place::of(&visit, what)).await {
        Ok(place) => place,
        Err(refusal) => return led(refusal),
    };
    let mut text = "You have signed in anew since that page was opened, so nothing was saved or sent. What you wrote is kept: send it \
                    again from here."
        .to_owned();
    if !form.take_files().is_empty() || form.field("had_files") == "yes" {
        text.push_str(" Choose the files again: those are not kept.");
    }
    let said = Said {
        alerts: vec![text],
        typed: Some(Fields::typed(&form)),
        copy: Some((form.field("nonce").to_owned(), form.field("revision").to_owned())),
        ..Said::default()
    };
    Box::pin(place.page(&visit, 403, said)).await
}

/// What somebody sees whose session had ended when they sent a mail.
#[derive(Template)]
#[template(path = "kept_mail.html")]
struct KeptPage<'a> {
    shell: Shell,
    sign_in: String,
    action: &'a str,
    text: String,
    /// All other fields.
    hidden: Vec<(String, String)>,
    /// How many files were chosen, which are not kept; empty for none.
    files: String,
}
