//! `/console/approvals/{id}/edit`: changing a mail that waits. What comes of it is a new approval without votes.

use std::collections::BTreeSet;

use app::Refusal;
use app::base::enter::Once;
use app::base::error::FieldError;
use app::base::store::Key;
use app::gate::approvals::{self, View};
use app::gate::edit::{self as revising, Edit};
use askama::Template;
use domain::base::address::{EmailAddress, HeaderText, Mailbox};
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::base::id::Id as _;
use domain::mailbox::message::{AttachmentRef, Party};
use domain::people::access::scope;
use domain::{ApprovalId, AttachmentId, Timestamp};
use futures_util::future::try_join;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use runtime::http::{Request, Response};

use super::approval::{self, Alert, Typed};
use super::decide::{FORM, told};
use super::mail::{Answered, answered};
use super::writing::{limit, uploaded};
use super::{gate, render};
use crate::Context;
use crate::guard::{self, Form};
use crate::page::{Get, Page};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Person, body, size, subject, visible};
use app::gate::html::{MAX_TEXT_WEIGHT, weight};

/// The form.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/approvals/{approval_id}/edit",
    get: Get::Page(|context, request, at| {
        Box::pin(async move { Box::pin(show(context, request, at.id()?)).await })
    }),
    post: Some(|context, request, at| {
        Box::pin(async move { Box::pin(submit(context, request, at.id()?)).await })
    }),
    ..FORM
}];

#[derive(Template)]
#[template(path = "edit.html")]
struct EditPage {
    shell: Shell,
    address: String,
    title: String,
    /// What was wrong.
    alerts: Vec<Said>,
    csrf: String,
    digest: String,
    fields: Fields,
    has_html: bool,
    /// Whether its HTML can be changed here: a page can carry it.
    html_here: bool,
    /// The files that it has.
    files: Vec<Kept>,
    /// How much one form carries, in words.
    limit: String,
    /// The mail that it answers or passes on.
    answers: Option<Answered>,
    /// Whether it passes that mail on.
    forward: bool,
}

impl EditPage {
    /// What gives the frame of the answered mail its height.
    fn script() -> &'static str {
        guard::FRAME_SCRIPT
    }
}

/// A file, which stays or is taken out.
struct Kept {
    id: String,
    name: String,
    about: String,
    /// Whether it was checked to be taken out.
    out: bool,
}

/// What was wrong, as a sentence, with the field that it is about; none where it is about the mail.
struct Said {
    field: String,
    sentence: String,
}

impl EditPage {
    /// The ids of what is said about a field, which stands above the form; empty where nothing is.
    fn tied(&self, field: &str) -> String {
        let of = self.alerts.iter().enumerate().filter(|(_, said)| said.field == field);
        of.map(|(n, _)| format!("wrong-{n}")).collect::<Vec<_>>().join(" ")
    }
}

/// What stands in the form.
///
/// Characters that can't be seen are shown, as on the page of the mail. So what a person leaves as it stands is not
/// taken from here: it stays as it is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fields {
    to: String,
    cc: String,
    bcc: String,
    subject: String,
    text: String,
    send_at: String,
    plain: bool,
    /// Its HTML, where it can be changed here.
    html: String,
    /// The ids of files that are taken out.
    remove: BTreeSet<String>,
}

/// What the names of the boxes begin with that take a file out; its id follows.
const FILE: &str = "remove.";

/// The HTML of a mail, where the form can carry it. It is in its normal form, which has no character that can't be seen.
fn html_of(view: &View) -> &str {
    view.message.html.as_deref().filter(|html| weight(html) <= MAX_TEXT_WEIGHT).unwrap_or_default()
}

impl Fields {
    fn of(view: &View) -> Self {
        let message = &view.message.message;
        let list = |parties: &[Party]| {
            let lines: Vec<_> = parties.iter().map(line).collect();
            lines.join("\n")
        };
        let send_at = view.approval.send_at.map(|at| at.strftime("%Y-%m-%dT%H:%M").to_string());
        Self {
            to: list(&message.to),
            cc: list(&message.cc),
            bcc: list(&message.bcc),
            subject: visible(&message.subject),
            text: body(view.message.text.as_deref().unwrap_or_default()),
            send_at: send_at.unwrap_or_default(),
            plain: false,
            html: html_of(view).to_owned(),
            remove: BTreeSet::new(),
        }
    }

    fn typed(form: &Form) -> Self {
        Self {
            to: form.text("to"),
            cc: form.text("cc"),
            bcc: form.text("bcc"),
            subject: form.field("subject").to_owned(),
            text: form.field("text").replace("\r\n", "\n"),
            send_at: form.field("send_at").trim().to_owned(),
            plain: !form.field("plain").is_empty(),
            html: form.field("html").replace("\r\n", "\n"),
            remove: form.checked(FILE).into_iter().map(str::to_owned).collect(),
        }
    }

    /// What of this differs from the mail as it stands.
    fn against(&self, before: &Fields, now: Timestamp) -> Result<Edit, Vec<FieldError>> {
        let mut errors = vec![];
        let mut people = |field: &'static str, text: &str, before: &str| {
            if text.trim() == before.trim() {
                return None;
            }
            match mailboxes(field, text) {
                Ok(list) => Some(list),
                Err(wrong) => {
                    errors.extend(wrong);
                    None
                }
            }
        };
        let to = people("to", &self.to, &before.to);
        let cc = people("cc", &self.cc, &before.cc);
        let bcc = people("bcc", &self.bcc, &before.bcc);
        let subject = (self.subject != before.subject).then(|| HeaderText::parse(&self.subject));
        let subject = subject.transpose().map_err(|error| {
            errors.push(FieldError::new("subject", Code::InvalidSubject, error));
        });
        let send_at = match self.send_at.as_str() {
            same if same == before.send_at => None,
            "" => Some(now),
            text => {
                let at = text.parse::<DateTime>().ok().and_then(|at| at.to_zoned(TimeZone::UTC).ok());
                if at.is_none() {
                    let message = "is not a date and time such as 2026-12-01T09:00";
                    errors.push(FieldError::new("send_at", Code::InvalidTime, message));
                }
                at.map(|at| at.timestamp())
            }
        };
        // Browsers end lines of a text area as they like: that alone changes nothing.
        let text = (self.text.trim_end() != before.text.trim_end()).then(|| self.text.clone());
        // A form without the field leaves it: the HTML is too large for it, or there is none.
        let same_html =
            before.html.is_empty() || self.html.trim_end() == before.html.replace("\r\n", "\n").trim_end();
        let html = if self.plain { Some(String::new()) } else { (!same_html).then(|| self.html.clone()) };
        let mut remove_attachments = vec![];
        for id in &self.remove {
            match AttachmentId::parse(id) {
                Ok(id) => remove_attachments.push(id),
                Err(error) => errors.push(FieldError::new("remove_attachments", Code::InvalidId, error)),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let subject = subject.unwrap_or_default();
        Ok(Edit { to, cc, bcc, subject, text, html, send_at, remove_attachments, ..Edit::default() })
    }
}

/// `Ann <ann@example.org>`.
pub(super) fn line(party: &Party) -> String {
    let Person { name, address } = Person::from(party);
    if name.is_empty() { address } else { format!("{name} <{address}>") }
}

/// Reads a line for each person, or bare addresses with commas between them.
pub(super) fn mailboxes(field: &'static str, text: &str) -> Result<Vec<Mailbox>, Vec<FieldError>> {
    let (mut found, mut errors) = (vec![], vec![]);
    let mut take = |name: Option<&str>, address: &str| {
        let name = name.map(|name| name.trim().trim_matches('"')).filter(|name| !name.is_empty());
        let read = EmailAddress::parse(address.trim()).map_err(|error| error.to_string());
        let name = name.map(HeaderText::parse).transpose().map_err(|error| error.to_string());
        match (read, name) {
            (Ok(address), Ok(name)) => found.push(Mailbox { name, address }),
            (Err(error), _) | (_, Err(error)) => {
                let message = format!("\u{201C}{}\u{201D} {error}", visible(address.trim()));
                errors.push(FieldError::new(field, Code::InvalidAddress, message));
            }
        }
    };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.strip_suffix('>').and_then(|line| line.rsplit_once('<')) {
            Some((name, address)) => take(Some(name), address),
            None => {
                for address in line.split([',', ';']).filter(|part| !part.trim().is_empty()) {
                    take(None, address);
                }
            }
        }
    }
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}

/// The form.
pub(super) async fn show(context: &Context, request: &Request, id: ApprovalId) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[Key::Approval(id)]).await?;
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let (frame, view) =
        try_join(Frame::of(&visit), approvals::get(&visit.ports, visit.powers.blobs()?, &permit, id)).await?;
    let text = view.message.text.as_deref().unwrap_or_default();
    let alert = if !visit.may_decide() {
        Some(Alert { status: 403, text: "Your role may read this mail but not change it.".to_owned() })
    } else if !view.approval.is_pending(visit.ports.now()) {
        Some(Alert {
            status: 409,
            text: "This mail does not wait for a decision any more, so it can\u{2019}t be changed."
                .to_owned(),
        })
    } else if weight(text) > MAX_TEXT_WEIGHT {
        let text = "This mail is too long to be changed here. It can be edited through the API.".to_owned();
        Some(Alert { status: 422, text })
    } else {
        None
    };
    if alert.is_some() {
        return approval::page(&visit, request, id, alert, Typed::default()).await;
    }
    let fields = Fields::of(&view);
    written(&visit, frame, &view, fields, 200, vec![])
}

fn written(
    visit: &Visit,
    frame: Frame,
    view: &View,
    fields: Fields,
    status: u16,
    alerts: Vec<Said>,
) -> Result<Response, Refusal> {
    let now = visit.ports.now();
    let file = |file: &AttachmentRef| Kept {
        out: fields.remove.contains(&file.id.to_string()),
        id: file.id.to_string(),
        name: visible(&file.filename),
        about: format!("{}, {}", size(file.size), visible(&file.content_type)),
    };
    let page = EditPage {
        shell: frame.shell,
        html_here: !html_of(view).is_empty(),
        files: view.message.message.attachments.iter().map(file).collect(),
        limit: limit(),
        answers: view.answers.as_ref().map(|detail| answered(detail, "/console/attachments", now)),
        forward: view.approval.forward,
        address: route::approval(view.approval.id),
        title: subject(&view.approval.subject),
        alerts,
        csrf: visit.session.form_token(),
        digest: view.approval.digest.to_string(),
        fields,
        has_html: view.message.html.is_some(),
    };
    Ok(guard::html_with_mail(status, render(&page)?, &[]))
}

/// Makes the new revision and leads to its page.
pub(super) async fn submit(
    context: &Context,
    request: &Request,
    id: ApprovalId,
) -> Result<Response, Refusal> {
    let (visit, mut form) = Visit::of_form(context, request, &[Key::Approval(id)]).await?;
    let reading = visit.principal.permit::<scope::ApprovalsRead>()?;
    let files = form.take_files();
    let came = !files.is_empty();
    let digest = Digest::parse(form.field("digest"))
        .map_err(|error| Refusal::field("digest", Code::InvalidDigest, error))?;
    let view = approvals::get(&visit.ports, visit.powers.blobs()?, &reading, id).await?;
    let mut typed = Fields::typed(&form);
    if !form.checked("html").contains(&"") {
        // A form without the field says nothing of the HTML.
        html_of(&view).clone_into(&mut typed.html);
    }
    let done = async {
        let permit = visit
            .principal
            .permit::<scope::ApprovalsDecide>()
            .map_err(|_| Refusal::because(Code::RoleCannotDecide, ""))?;
        // What was shown to whoever typed is the mail with their digest, or nothing of theirs is taken.
        let now = visit.ports.now();
        let mut edit = typed.against(&Fields::of(&view), now).map_err(Refusal::Invalid)?;
        edit.attachments = uploaded(files).map_err(|error| Refusal::Invalid(vec![error]))?;
        let saved = |_: &_| (303, String::new());
        revising::edit(&visit.sending()?, &permit, id, digest, edit, &Once::default(), saved).await
    };
    let mut alerts: Vec<_> = match Box::pin(done).await {
        Ok(submitted) => {
            let next = route::approval(submitted.approval.id);
            return Ok(guard::see_other(&format!("{next}?notice=edited")));
        }
        Err(Refusal::Invalid(errors)) if digest == view.approval.digest => {
            errors.iter().map(Said::of).collect()
        }
        Err(Refusal::Blocked(steps)) => {
            let rule = |step: &domain::gate::policy::Step| {
                let (policy, rule) = (visible(&step.policy_name), visible(&step.rule_name));
                format!(
                    "A policy blocks the mail as you wrote it: \u{201C}{rule}\u{201D} of {policy}. {}",
                    visible(&step.because)
                )
            };
            let mut all: Vec<_> = steps.iter().filter(|step| step.outcome == "block").map(rule).collect();
            if all.is_empty() {
                all.push("A policy blocks the mail as you wrote it.".to_owned());
            }
            all.into_iter().map(|sentence| Said { field: String::new(), sentence }).collect()
        }
        Err(refusal) => {
            // Another digest comes first: what else is wrong was typed about another mail.
            let refusal = match refusal {
                Refusal::Invalid(_) => {
                    domain::gate::approval::DecisionRefused::DigestMismatch { current: view.approval.digest }
                        .into()
                }
                other => other,
            };
            let Some(alert) = told(&refusal) else { return Err(refusal) };
            return approval::page(&visit, request, id, Some(alert), Typed::default()).await;
        }
    };
    if came {
        let sentence = "Choose the files again: a page does not keep them.".to_owned();
        alerts.push(Said { field: "attachments".to_owned(), sentence });
    }
    written(&visit, Frame::of(&visit).await?, &view, typed, 422, alerts)
}

impl Said {
    /// What is wrong with a field.
    fn of(error: &FieldError) -> Self {
        let name = error.field.split('[').next().unwrap_or_default();
        let sentence = if error.code == Code::NothingChanged {
            "You changed nothing. Approve the mail as it is, or change it.".to_owned()
        } else {
            format!("{}: {}.", gate::field(name), error.message)
        };
        Self { field: name.to_owned(), sentence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_read_a_line_each_or_with_commas() {
        let read = mailboxes("to", "Doe, Ann <ann@example.org>\n\nb@example.org, c@example.org;\n").unwrap();
        let read: Vec<_> = read
            .iter()
            .map(|one| (one.name.as_ref().map(HeaderText::as_str), one.address.as_str()))
            .collect();
        let expected =
            [(Some("Doe, Ann"), "ann@example.org"), (None, "b@example.org"), (None, "c@example.org")];
        assert_eq!(read, expected);
        assert_eq!(mailboxes("to", ""), Ok(vec![]));
        let wrong = mailboxes("cc", "nobody\nx@example.org\nAnn <>").unwrap_err();
        assert_eq!(wrong.len(), 2);
        assert!(wrong[0].field == "cc" && wrong[0].message.starts_with("\u{201C}nobody\u{201D} is not"));
    }
}
