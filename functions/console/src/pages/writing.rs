//! The form in which a mail is written: what somebody typed, and what of it becomes a draft.

use app::Refusal;
use app::base::error::FieldError;
use app::gate::drafts::{DraftChange, DraftDetail, Part};
use app::gate::submit::{Draft, DraftAttachment, Source};
use domain::Timestamp;
use domain::base::address::{HeaderText, Mailbox};
use domain::base::code::{Class, Code};
use domain::gate::policy::Step;
use domain::mailbox::message::Party;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::edit::{line, mailboxes};
use crate::fields::Wrong;
use crate::guard::Form;
use crate::upload::{MAX_BYTES, Upload};
use crate::words::{Moment, body, count, size, visible};

/// What stands in the form.
///
/// Characters that can't be seen are shown. So what somebody leaves as it stands is not taken from here: it stays as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub to: String,
    pub cc: String,
    pub bcc: String,
    pub subject: String,
    pub text: String,
    /// In UTC, as the field for date and time has it.
    pub send_at: String,
    /// Whether the HTML is taken out.
    pub plain: bool,
}

/// The names of the fields, by which the rules say what is wrong.
pub(super) const NAMES: [&str; 7] = ["to", "cc", "bcc", "subject", "text", "send_at", "attachments"];

impl Fields {
    /// What a draft says.
    pub(super) fn of(detail: &DraftDetail) -> Self {
        let draft = &detail.draft;
        let list = |parties: &[Party]| parties.iter().map(line).collect::<Vec<_>>().join("\n");
        Self {
            to: list(&draft.to),
            cc: list(&draft.cc),
            bcc: list(&draft.bcc),
            subject: draft.subject.as_ref().map(|subject| visible(subject.as_str())).unwrap_or_default(),
            text: body(detail.content.text.as_deref().unwrap_or_default()),
            send_at: draft.send_at.map(written).unwrap_or_default(),
            plain: false,
        }
    }

    /// What an answer begins with: whom it goes to, and its subject.
    pub(super) fn answering(draft: &Draft) -> Self {
        let list = |mailboxes: &[Mailbox]| {
            let lines: Vec<_> = mailboxes.iter().map(|mailbox| line(&Party::from(mailbox))).collect();
            lines.join("\n")
        };
        Self {
            to: list(&draft.to),
            cc: list(&draft.cc),
            subject: draft.subject.as_ref().map(|subject| visible(subject.as_str())).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// What somebody typed. The script of the page gives the time in UTC, whatever the browser's zone; without it the field is UTC.
    pub(super) fn typed(form: &Form) -> Self {
        let send_at = if form.field("zone") == "browser" { "send_at_utc" } else { "send_at" };
        Self {
            to: form.text("to"),
            cc: form.text("cc"),
            bcc: form.text("bcc"),
            subject: form.field("subject").trim().to_owned(),
            text: form.field("text").replace("\r\n", "\n"),
            send_at: form.field(send_at).trim().to_owned(),
            plain: !form.field("plain").is_empty(),
        }
    }

    /// What of this differs from what was there before, and all that can't be read of it. What can't be read stays as it was. `sends`: also
    /// what a mail needs that is to go; `has_html`: whether it says something beside its text.
    pub(super) fn against(&self, before: &Fields, has_html: bool, sends: bool) -> (DraftChange, Wrong) {
        let mut errors = vec![];
        let mut people = |field: &'static str, text: &str, before: &str| {
            if text.trim() == before.trim() {
                return Part::Kept;
            }
            match mailboxes(field, text) {
                Ok(list) => Part::Given(list),
                Err(wrong) => {
                    errors.extend(wrong);
                    Part::Kept
                }
            }
        };
        let to = people("to", &self.to, &before.to);
        let cc = people("cc", &self.cc, &before.cc);
        let bcc = people("bcc", &self.bcc, &before.bcc);
        let subject = match self.subject.as_str() {
            same if same == before.subject.trim() => Part::Kept,
            "" => Part::Emptied,
            text => HeaderText::parse(text).map_or_else(
                |error| {
                    errors.push(FieldError::new("subject", Code::InvalidSubject, error));
                    Part::Kept
                },
                Part::Given,
            ),
        };
        let send_at = match self.send_at.as_str() {
            same if same == before.send_at => Part::Kept,
            "" => Part::Emptied,
            text => read_time(text).map_or_else(
                || {
                    let message = "is not a date and time such as 2026-12-01T09:00";
                    errors.push(FieldError::new("send_at", Code::InvalidTime, message));
                    Part::Kept
                },
                Part::Given,
            ),
        };
        // Browsers end lines of a text area as they like: that alone changes nothing.
        let text = match self.text.trim_end() {
            same if same == before.text.trim_end() => Part::Kept,
            "" => Part::Emptied,
            _ => Part::Given(self.text.clone()),
        };
        let html = if self.plain { Part::Emptied } else { Part::Kept };
        let mut wrong = Wrong::new(&errors);
        if sends {
            let nobody = [&self.to, &self.cc, &self.bcc].iter().all(|list| list.trim().is_empty());
            if nobody {
                wrong.note("to", "Name at least one recipient, here or as a copy.");
            }
            if self.text.trim().is_empty() && (self.plain || !has_html) {
                wrong.note("text", "Write what the mail is to say.");
            }
        }
        (DraftChange { to, cc, bcc, subject, text, html, send_at, ..DraftChange::default() }, wrong)
    }

    /// The mail that is passed on with these words above it, or all that can't be read of them.
    pub(super) fn mail(&self) -> (Draft, Wrong) {
        let (change, wrong) = self.against(&Fields::default(), true, true);
        let given = |part: Part<Vec<Mailbox>>| match part {
            Part::Given(list) => list,
            Part::Kept | Part::Emptied => vec![],
        };
        let draft = Draft {
            to: given(change.to),
            cc: given(change.cc),
            bcc: given(change.bcc),
            subject: match change.subject {
                Part::Given(subject) => Some(subject),
                Part::Kept | Part::Emptied => None,
            },
            text: Some(self.text.clone()).filter(|text| !text.trim().is_empty()),
            send_at: match change.send_at {
                Part::Given(at) => Some(at),
                Part::Kept | Part::Emptied => None,
            },
            ..Draft::default()
        };
        (draft, wrong)
    }
}

/// A time as the field for date and time has it.
fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// A time in UTC, with or without what says so.
fn read_time(text: &str) -> Option<Timestamp> {
    let at: DateTime = text.trim_end_matches('Z').parse().ok()?;
    Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The files that came with a form, as a mail takes them; what is wrong with them together.
pub(super) fn uploaded(files: Vec<Upload>) -> Result<Vec<DraftAttachment>, FieldError> {
    let total: usize = files.iter().map(|file| file.contents.len()).sum();
    if total > MAX_BYTES {
        let said = format!(
            "these files have {} together, and one form carries at most {}: send fewer of them, or upload them through the API",
            size(total as u64),
            size(MAX_BYTES as u64)
        );
        return Err(FieldError::new("attachments", Code::AttachmentTooLarge, said));
    }
    let attach = |file: Upload| DraftAttachment {
        filename: Some(file.filename),
        content_type: Some(file.content_type).filter(|kind| !kind.is_empty()),
        content_id: None,
        source: Source::Inline(file.contents.into()),
    };
    Ok(files.into_iter().map(attach).collect())
}

/// All files of a draft from now on: those that it keeps, by their places, and those that came with the form.
pub(super) fn files(
    detail: &DraftDetail,
    keep: &[usize],
    new: Vec<DraftAttachment>,
) -> Part<Vec<DraftAttachment>> {
    let all = detail.draft.files.len();
    if new.is_empty() && (0..all).all(|place| keep.contains(&place)) {
        return Part::Kept;
    }
    let stored = detail.draft.files.iter().zip(&detail.content.files).enumerate();
    let kept =
        stored.filter(|(place, _)| keep.contains(place)).map(|(_, (file, contents))| DraftAttachment {
            filename: Some(file.filename.clone()),
            content_type: Some(file.content_type.clone()),
            content_id: file.content_id.clone(),
            source: Source::Inline(contents.clone().into()),
        });
    Part::Given(kept.chain(new).collect())
}

/// What keeps a mail from being asked for that is written as it must be, with the status of the page that says so; `None` for what no
/// page of a mail can say.
pub(super) fn hindrance(refusal: &Refusal, now: Timestamp) -> Option<(u16, Vec<String>)> {
    let kept = |message: &str| vec![format!("Nothing was sent: {}.", message.trim_end_matches('.'))];
    match refusal {
        Refusal::Blocked(steps) => Some((403, blocked(steps))),
        Refusal::NotBefore { message, retry_at, .. } => {
            let again = Moment::new(*retry_at, now);
            Some((
                429,
                vec![format!("Nothing was sent: {message}. It can be tried again {}.", again.relative)],
            ))
        }
        Refusal::Because { code, message, .. } => match code.class() {
            Class::Conflict | Class::Stale => Some((409, kept(message))),
            Class::Invalid => Some((422, kept(message))),
            Class::RateLimited => Some((429, kept(message))),
            _ => None,
        },
        _ => None,
    }
}

fn blocked(steps: &[Step]) -> Vec<String> {
    let rule = |step: &Step| {
        let (policy, rule) = (visible(&step.policy_name), visible(&step.rule_name));
        let because = visible(&step.because);
        format!("A policy blocks the mail as it is: \u{201C}{rule}\u{201D} of {policy}. {because}")
    };
    let all: Vec<_> = steps.iter().filter(|step| step.outcome == "block").map(rule).collect();
    if all.is_empty() { vec!["A policy blocks the mail as it is.".to_owned()] } else { all }
}

/// How much a form carries, in words.
pub(super) fn limit() -> String {
    size(MAX_BYTES as u64)
}

/// `2 files`; empty for none.
pub(super) fn file_count(n: usize) -> String {
    if n == 0 { String::new() } else { count(n, "file", "files") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(fields: &[(&str, &str)]) -> Fields {
        let mut all = Fields::default();
        for (name, value) in fields {
            let value = (*value).to_owned();
            match *name {
                "to" => all.to = value,
                "subject" => all.subject = value,
                "text" => all.text = value,
                _ => all.send_at = value,
            }
        }
        all
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once_and_the_rest_is_taken() {
        let fields = typed(&[("to", "nobody"), ("send_at", "soon"), ("subject", "Hello")]);
        let (change, wrong) = fields.against(&Fields::default(), false, true);
        for name in ["to", "send_at", "text"] {
            assert!(wrong.has(name), "{name}: {wrong:?}");
        }
        assert_eq!(change.subject, Part::Given(HeaderText::lossy("Hello")));
        assert_eq!((change.to, change.send_at), (Part::Kept, Part::Kept));
        // A draft may lack anything.
        let (_, wrong) = typed(&[("subject", "Hello")]).against(&Fields::default(), false, false);
        assert!(!wrong.any(), "{wrong:?}");
    }

    #[test]
    fn what_is_left_as_it_stands_stays() {
        let before = typed(&[("to", "a@example.org"), ("text", "Hello\n"), ("send_at", "2026-12-01T09:00")]);
        let (change, wrong) = before.against(&before, false, true);
        assert!(!wrong.any());
        assert_eq!(change, DraftChange::default());
        let (change, _) = Fields { text: " ".to_owned(), send_at: String::new(), ..before.clone() }
            .against(&before, true, true);
        assert_eq!((change.text, change.send_at), (Part::Emptied, Part::Emptied));
    }

    #[test]
    fn a_time_is_utc() {
        for text in ["2026-12-01T09:00", "2026-12-01T09:00Z", "2026-12-01T09:00:00Z"] {
            assert_eq!(read_time(text), "2026-12-01T09:00:00Z".parse().ok(), "{text}");
        }
        assert_eq!(read_time("tomorrow"), None);
        assert_eq!(written("2026-12-01T09:00:00Z".parse().unwrap()), "2026-12-01T09:00");
    }
}
