//! What the bodies of requests may say.

use std::collections::{BTreeSet, HashMap};
use std::hash::BuildHasher;

use app::base::error::{FieldError, Refusal};
use app::base::store::PageRequest;
use app::delivery::webhooks::NewWebhook;
use app::gate::edit::Edit;
use app::gate::pause::MAX_DROPPED;
use app::gate::standing::NewStanding;
use app::gate::submit::{Draft, DraftAttachment, MAX_ATTACHMENTS, Source};
use app::ledger::audit::Filter;
use app::mailbox::attachments::NewUpload;
use app::mailbox::inboxes::NewInbox;
use app::people::provision::NewMember;
use app::people::tokens::NewToken;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::delivery::event::EventKind;
use domain::gate::standing::Target;
use domain::people::access::{Role, Scope};
use domain::{InboxId, MemberId, MessageId};
use jiff::Timestamp;

use crate::fields::Fields;

/// What a mail says: `to`, `cc`, `bcc`, `reply_to`, `subject`, `text`, `html`, `html_mode`, `attachments`, `send_at`.
pub fn draft(body: &[u8]) -> Result<Draft, Refusal> {
    let mut fields = Fields::of_body(body)?;
    let draft = Draft {
        to: fields.mailboxes("to"),
        cc: fields.mailboxes("cc"),
        bcc: fields.mailboxes("bcc"),
        reply_to: fields.mailboxes("reply_to"),
        subject: fields.line("subject"),
        text: fields.long_text("text"),
        html: fields.long_text("html"),
        strict_html: strict_html(&mut fields),
        attachments: fields.objects("attachments", attachment),
        send_at: fields.time("send_at"),
    };
    fields.finish()?;
    Ok(draft)
}

/// `html_mode`: `normal` (what the form can't say is changed, and named) or `strict` (it is refused).
fn strict_html(fields: &mut Fields) -> bool {
    let mode = fields.parsed("html_mode", "unknown_choice", |text| match text {
        "normal" => Ok(false),
        "strict" => Ok(true),
        _ => Err("must be normal or strict".to_owned()),
    });
    mode.unwrap_or_default()
}

fn attachment(fields: &mut Fields) -> Option<DraftAttachment> {
    let filename = fields.text("filename", 200);
    let content_type = fields.text("content_type", 200);
    let content_id = fields.text("content_id", 200);
    let content = fields.long_text("content");
    let upload = fields.id("attachment_id");
    let source = match (content, upload) {
        (Some(content), None) => {
            if let Ok(bytes) = BASE64.decode(content.as_bytes()) {
                Source::Inline(bytes.into())
            } else {
                fields.error(
                    "content",
                    "invalid_base64",
                    "must be base64, with padding and without line breaks",
                );
                return None;
            }
        }
        (None, Some(id)) => Source::Upload(id),
        _ => {
            fields.error(
                "content",
                "required",
                "give the file either as base64 in content or as attachment_id of an upload",
            );
            return None;
        }
    };
    Some(DraftAttachment { filename, content_type, content_id, source })
}

/// The `digest` of an approval, and the `reason` of a rejection.
pub fn decision(body: &[u8], with_reason: bool) -> Result<(Digest, String), Refusal> {
    let mut fields = Fields::of_body(body)?;
    let digest = digest(&mut fields);
    let reason = if with_reason { fields.text("reason", 2_000).unwrap_or_default() } else { String::new() };
    fields.finish()?;
    digest.map(|digest| (digest, reason)).ok_or_else(|| Refusal::field("digest", "required", "is required"))
}

/// The `reason` of a pause or of calling a mail off, at most 500 characters.
pub fn reason(body: &[u8]) -> Result<String, Refusal> {
    let mut fields = if body.is_empty() { Fields::empty() } else { Fields::of_body(body)? };
    let reason = fields.text("reason", 500).unwrap_or_default();
    fields.finish()?;
    Ok(reason)
}

/// What ending a pause is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Only say what would go.
    pub preview: bool,
    /// Mails to call off before.
    pub drop: Vec<MessageId>,
}

/// `preview` and `drop` of a release.
pub fn release(body: &[u8]) -> Result<Release, Refusal> {
    let mut fields = if body.is_empty() { Fields::empty() } else { Fields::of_body(body)? };
    let preview = fields.flag("preview").unwrap_or_default();
    let drop = fields.ids("drop", MAX_DROPPED).unwrap_or_default();
    fields.finish()?;
    Ok(Release { preview, drop })
}

/// The `member_id` of a delegate.
pub fn delegate(body: &[u8]) -> Result<MemberId, Refusal> {
    let mut fields = Fields::of_body(body)?;
    let member = fields.id("member_id");
    let member = fields.require("member_id", member);
    fields.finish()?;
    member.ok_or_else(|| Refusal::field("member_id", "required", "is required"))
}

/// The `digest` of what is edited, and what changes: the fields of a mail, and `remove_attachments`.
pub fn edit(body: &[u8]) -> Result<(Digest, Edit), Refusal> {
    let mut fields = Fields::of_body(body)?;
    let digest = digest(&mut fields);
    let mut given = |field: &'static str| {
        let list = fields.mailboxes(field);
        fields.has(field).then_some(list)
    };
    let (to, cc, bcc, reply_to) = (given("to"), given("cc"), given("bcc"), given("reply_to"));
    let edit = Edit {
        to,
        cc,
        bcc,
        reply_to,
        subject: fields.line("subject"),
        text: fields.long_text("text"),
        html: fields.long_text("html"),
        strict_html: strict_html(&mut fields),
        send_at: fields.time("send_at"),
        remove_attachments: fields.ids("remove_attachments", MAX_ATTACHMENTS).unwrap_or_default(),
        attachments: fields.objects("attachments", attachment),
    };
    fields.finish()?;
    digest.map(|digest| (digest, edit)).ok_or_else(|| Refusal::field("digest", "required", "is required"))
}

fn digest(fields: &mut Fields) -> Option<Digest> {
    let digest = fields
        .parsed("digest", "invalid_digest", |text| Digest::parse(text).map_err(|error| error.to_string()));
    fields.require("digest", digest)
}

/// One of `thread_id`, `recipient` and `domain`, with `inbox_id`, `budget` and `expires_at`.
pub fn standing_approval(body: &[u8]) -> Result<NewStanding, Refusal> {
    let mut fields = Fields::of_body(body)?;
    let inbox_id = fields.id("inbox_id");
    let thread = fields.id("thread_id").map(Target::Thread);
    let recipient = fields.parsed("recipient", "invalid_address", |text| {
        EmailAddress::parse(text).map(Target::Recipient).map_err(|error| error.to_string())
    });
    let domain = fields.parsed("domain", "invalid_domain", |text| {
        let address = EmailAddress::parse(&format!("x@{text}")).map_err(|error| error.to_string())?;
        Ok::<_, String>(Target::Domain(address.domain().to_ascii_lowercase()))
    });
    let mut targets: Vec<_> = [thread, recipient, domain].into_iter().flatten().collect();
    if targets.len() != 1 {
        fields.error("recipient", "one_target", "give exactly one of thread_id, recipient and domain");
    }
    let budget = fields.number("budget");
    let budget = fields.require("budget", budget);
    let expires_at = fields.time("expires_at");
    let expires_at = fields.require("expires_at", expires_at);
    fields.finish()?;
    match (targets.pop(), budget, expires_at) {
        (Some(target), Some(budget), Some(expires_at)) => Ok(NewStanding {
            inbox_id,
            target,
            budget: u32::try_from(budget).unwrap_or(u32::MAX),
            expires_at,
        }),
        _ => Err(Refusal::field("budget", "required", "is required")),
    }
}

/// `email` and `password`.
pub fn sign_in(body: &[u8]) -> Result<(EmailAddress, String), Refusal> {
    let mut fields = Fields::of_body(body)?;
    let email = fields.parsed("email", "invalid_address", |text| {
        EmailAddress::parse(text).map_err(|error| error.to_string())
    });
    let email = fields.require("email", email);
    let password = fields.text("password", 200);
    let password = fields.require("password", password);
    fields.finish()?;
    email.zip(password).ok_or_else(|| Refusal::field("email", "required", "is required"))
}

/// `name`, `scopes` and `inbox_ids` of a token.
pub fn token(body: &[u8]) -> Result<NewToken, Refusal> {
    let mut fields = Fields::of_body(body)?;
    let name = fields.text("name", 100).filter(|name| !name.trim().is_empty());
    let name = fields.require("name", name);
    let mut scopes = None;
    if let Some(names) = fields.texts("scopes", 100) {
        let mut set = BTreeSet::new();
        for (i, name) in names.iter().enumerate() {
            if let Some(scope) = Scope::parse(name) {
                _ = set.insert(scope);
            } else {
                let all = Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
                fields.error(&format!("scopes[{i}]"), "unknown_scope", format!("must be one of {all}"));
            }
        }
        scopes = Some(set);
    }
    let inboxes = fields.ids::<InboxId>("inbox_ids", 50).map(BTreeSet::from_iter);
    if inboxes.as_ref().is_some_and(BTreeSet::is_empty) {
        fields.error("inbox_ids", "empty_list", "names no inbox: leave it out for all of them");
    }
    fields.finish()?;
    Ok(NewToken { name: name.unwrap_or_default(), scopes, inboxes })
}

/// `username` and `display_name` of an inbox.
pub fn inbox(body: &[u8]) -> Result<NewInbox, Refusal> {
    let mut fields = if body.is_empty() { Fields::empty() } else { Fields::of_body(body)? };
    let new = NewInbox { username: fields.text("username", 64), display_name: fields.line("display_name") };
    fields.finish()?;
    Ok(new)
}

/// `inbox_id`, `filename`, `content_type` and `size` of a file that is to be uploaded.
pub fn upload(body: &[u8]) -> Result<NewUpload, Refusal> {
    let mut fields = Fields::of_body(body)?;
    let inbox_id = fields.id("inbox_id");
    let filename = fields.line("filename");
    let filename = fields.require("filename", filename);
    let content_type = fields.line("content_type");
    let size = fields.number("size");
    let size = fields.require("size", size);
    fields.finish()?;
    Ok(NewUpload {
        inbox_id,
        filename: filename.map(|name| name.as_str().to_owned()).unwrap_or_default(),
        content_type: content_type
            .map_or_else(|| "application/octet-stream".to_owned(), |t| t.as_str().to_owned()),
        size: size.unwrap_or_default(),
    })
}

/// `url` and `events` of a webhook.
pub fn webhook(body: &[u8]) -> Result<NewWebhook, Refusal> {
    let mut fields = Fields::of_body(body)?;
    let url = fields.text("url", 2_000);
    let url = fields.require("url", url);
    let mut events = BTreeSet::new();
    for (i, name) in fields.texts("events", 100).unwrap_or_default().iter().enumerate() {
        if let Some(kind) = EventKind::parse(name) {
            _ = events.insert(kind);
        } else {
            let all = EventKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
            fields.error(&format!("events[{i}]"), "unknown_event", format!("must be one of {all}"));
        }
    }
    fields.finish()?;
    Ok(NewWebhook { url: url.unwrap_or_default(), events })
}

/// An operator's order to make an organization.
pub fn provision(body: &[u8]) -> Result<(String, Vec<NewMember>), Refusal> {
    let mut fields = Fields::of_body(body)?;
    let name = fields.text("organization_name", 100).filter(|name| !name.trim().is_empty());
    let name = fields.require("organization_name", name);
    let members = fields.objects("members", |member| {
        let email = member.parsed("email", "invalid_address", |text| {
            EmailAddress::parse(text).map_err(|error| error.to_string())
        });
        let email = member.require("email", email);
        let role = member.parsed("role", "unknown_role", |text| {
            let all = Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
            Role::parse(text).ok_or(format!("must be one of {all}"))
        });
        let role = member.require("role", role);
        let password = member.text("password", 200);
        let password = member.require("password", password);
        Some(NewMember { email: email?, role: role?, password: password? })
    });
    fields.finish()?;
    Ok((name.unwrap_or_default(), members))
}

/// `limit` and `cursor` of a list.
pub fn page(limit: Option<&str>, cursor: Option<&str>) -> Result<PageRequest, Refusal> {
    let limit = match limit {
        None => 50,
        Some(text) => match text.parse::<u16>() {
            Ok(limit @ 1..=100) => limit,
            _ => {
                return Err(Refusal::Invalid(vec![FieldError::new(
                    "limit",
                    "invalid_limit",
                    "must be 1 to 100",
                )]));
            }
        },
    };
    Ok(PageRequest { limit, cursor: cursor.map(str::to_owned) })
}

/// `actor`, `action`, `target`, `from` and `to` of the audit log.
pub fn audit_filter<S: BuildHasher>(query: &HashMap<String, String, S>) -> Result<Filter, Refusal> {
    let mut errors = vec![];
    let mut text = |name: &str| {
        let text = query.get(name).filter(|text| !text.is_empty())?;
        if text.chars().count() > 100 {
            errors.push(FieldError::new(name, "too_long", "is longer than 100 characters"));
        }
        Some(text.clone())
    };
    let (actor, action, target) = (text("actor"), text("action"), text("target"));
    let (from, to) = (text("from"), text("to"));
    let mut time = |name: &str, text: Option<String>| -> Option<Timestamp> {
        let parsed = text?.parse();
        if parsed.is_err() {
            let message = "must be an RFC 3339 time such as 2026-12-01T09:00:00Z";
            errors.push(FieldError::new(name, "invalid_time", message));
        }
        parsed.ok()
    };
    let (from, to) = (time("from", from), time("to", to));
    if errors.is_empty() {
        Ok(Filter { actor, action, target, from, to })
    } else {
        Err(Refusal::Invalid(errors))
    }
}

/// `from` and `to` of a check of the audit log: places in the chain, from 1.
pub fn audit_part<S: BuildHasher>(
    query: &HashMap<String, String, S>,
) -> Result<(Option<u64>, Option<u64>), Refusal> {
    let mut errors = vec![];
    let mut place = |name: &str| {
        let text = query.get(name)?;
        let place = text.parse().ok().filter(|place| *place >= 1);
        if place.is_none() {
            let message = "must be the place of an entry: a whole number from 1";
            errors.push(FieldError::new(name, "invalid_sequence", message));
        }
        place
    };
    let (from, to) = (place("from"), place("to"));
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        errors.push(FieldError::new("to", "invalid_sequence", "must not be before from"));
    }
    if errors.is_empty() { Ok((from, to)) } else { Err(Refusal::Invalid(errors)) }
}
