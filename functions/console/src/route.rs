//! Which page an address names.

use domain::base::id::Id as _;
use domain::gate::approval::Decision;
use domain::gate::link::LinkSecret;
use domain::{ApprovalId, AttachmentId, InboxId, MessageId, StandingApprovalId};
use runtime::http::form_pairs;

use crate::words::encode;

/// A page, or what a form of a page asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/console`
    Home,
    /// `/console/sign-in`
    SignIn,
    /// `/console/sign-out`
    SignOut,
    /// `/console/approvals`
    Queue,
    /// `/console/approvals/{id}`
    Approval(ApprovalId),
    /// `/console/approvals/{id}/approve`
    Approve(ApprovalId),
    /// `/console/approvals/{id}/reject`
    Reject(ApprovalId),
    /// `/console/approvals/{id}/edit`
    Edit(ApprovalId),
    /// `/console/approvals/{id}/cancel`
    Cancel(ApprovalId),
    /// `/console/approvals/{id}/delegate`
    Delegate(ApprovalId),
    /// `/console/approvals/{id}/ahead`
    Ahead(ApprovalId),
    /// `/console/standing-approvals`
    Standing,
    /// `/console/standing-approvals/{id}/revoke`
    Revoke(StandingApprovalId),
    /// `/console/pause`
    Pause,
    /// `/console/resume`
    Resume,
    /// `/console/unsettled`
    Unsettled,
    /// `/console/inboxes/{id}/messages/{id}/send-again`
    SendAgain(InboxId, MessageId),
    /// `/console/held-messages`
    Held,
    /// `/console/inboxes/{id}/held-messages/{id}`
    HeldMail(InboxId, MessageId),
    /// `/console/inboxes/{id}/held-messages/{id}/release`
    Release(InboxId, MessageId),
    /// `/console/inboxes/{id}/held-messages/{id}/discard`
    Discard(InboxId, MessageId),
    /// `/console/audit`
    Audit,
    /// `/console/policies`
    Policies,
    /// `/console/attachments/{id}`
    Attachment(AttachmentId),
    /// `/console/links/{secret}`
    Link(LinkSecret),
    /// `/console/links/{secret}/approve`
    LinkApprove(LinkSecret),
    /// `/console/links/{secret}/reject`
    LinkReject(LinkSecret),
    /// `/console/links/{secret}/attachments/{id}`
    LinkAttachment(LinkSecret, AttachmentId),
    /// `/console/docs`
    Docs,
    /// `/console/style.css`
    Style,
}

impl Route {
    /// The page under a path. An id of another kind names nothing.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("/console")?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.is_empty() {
            return Some(Route::Home);
        }
        let parts: Vec<&str> = rest.strip_prefix('/')?.split('/').collect();
        let approval = |id: &str| ApprovalId::parse(id).ok();
        let link = |secret: &str| LinkSecret::parse(secret).ok();
        let mail = |inbox: &str, id: &str| Some((InboxId::parse(inbox).ok()?, MessageId::parse(id).ok()?));
        match parts[..] {
            ["sign-in"] => Some(Route::SignIn),
            ["sign-out"] => Some(Route::SignOut),
            ["docs"] => Some(Route::Docs),
            ["style.css"] => Some(Route::Style),
            ["approvals"] => Some(Route::Queue),
            ["approvals", id] => approval(id).map(Route::Approval),
            ["approvals", id, "approve"] => approval(id).map(Route::Approve),
            ["approvals", id, "reject"] => approval(id).map(Route::Reject),
            ["approvals", id, "edit"] => approval(id).map(Route::Edit),
            ["approvals", id, "cancel"] => approval(id).map(Route::Cancel),
            ["approvals", id, "delegate"] => approval(id).map(Route::Delegate),
            ["approvals", id, "ahead"] => approval(id).map(Route::Ahead),
            ["standing-approvals"] => Some(Route::Standing),
            ["standing-approvals", id, "revoke"] => StandingApprovalId::parse(id).ok().map(Route::Revoke),
            ["pause"] => Some(Route::Pause),
            ["resume"] => Some(Route::Resume),
            ["unsettled"] => Some(Route::Unsettled),
            ["inboxes", inbox, "messages", id, "send-again"] => {
                mail(inbox, id).map(|(inbox, id)| Route::SendAgain(inbox, id))
            }
            ["held-messages"] => Some(Route::Held),
            ["inboxes", inbox, "held-messages", id] => {
                mail(inbox, id).map(|(inbox, id)| Route::HeldMail(inbox, id))
            }
            ["inboxes", inbox, "held-messages", id, "release"] => {
                mail(inbox, id).map(|(inbox, id)| Route::Release(inbox, id))
            }
            ["inboxes", inbox, "held-messages", id, "discard"] => {
                mail(inbox, id).map(|(inbox, id)| Route::Discard(inbox, id))
            }
            ["audit"] => Some(Route::Audit),
            ["policies"] => Some(Route::Policies),
            ["attachments", id] => AttachmentId::parse(id).ok().map(Route::Attachment),
            ["links", secret] => link(secret).map(Route::Link),
            ["links", secret, "approve"] => link(secret).map(Route::LinkApprove),
            ["links", secret, "reject"] => link(secret).map(Route::LinkReject),
            ["links", secret, "attachments", id] => {
                Some(Route::LinkAttachment(link(secret)?, AttachmentId::parse(id).ok()?))
            }
            _ => None,
        }
    }

    /// Whether it is below a one-time link, so that its address is a secret.
    pub(crate) fn is_link(self) -> bool {
        matches!(
            self,
            Route::Link(_) | Route::LinkApprove(_) | Route::LinkReject(_) | Route::LinkAttachment(..)
        )
    }

    /// The methods that it takes, for `Allow`.
    pub(crate) fn methods(self) -> &'static str {
        match self {
            Route::SignIn | Route::Edit(_) | Route::Pause => "GET, HEAD, POST",
            Route::SignOut
            | Route::Approve(_)
            | Route::Reject(_)
            | Route::Cancel(_)
            | Route::Delegate(_)
            | Route::Ahead(_)
            | Route::Revoke(_)
            | Route::Resume
            | Route::SendAgain(..)
            | Route::Release(..)
            | Route::Discard(..)
            | Route::LinkApprove(_)
            | Route::LinkReject(_) => "POST",
            Route::Home
            | Route::Queue
            | Route::Approval(_)
            | Route::Attachment(_)
            | Route::Standing
            | Route::Unsettled
            | Route::Held
            | Route::HeldMail(..)
            | Route::Audit
            | Route::Policies
            | Route::Link(_)
            | Route::LinkAttachment(..)
            | Route::Docs
            | Route::Style => "GET, HEAD",
        }
    }
}

/// The queue.
pub(crate) const QUEUE: &str = "/console/approvals";

/// The list of standing approvals.
pub(crate) const STANDING: &str = "/console/standing-approvals";
/// Pausing all mail.
pub(crate) const PAUSE: &str = "/console/pause";
/// Mails that are on their way or lost.
pub(crate) const UNSETTLED: &str = "/console/unsettled";
/// Received mail that is held.
pub(crate) const HELD: &str = "/console/held-messages";
/// The audit log.
pub(crate) const AUDIT: &str = "/console/audit";
/// The policies.
pub(crate) const POLICIES: &str = "/console/policies";

/// The page of an approval.
pub(crate) fn approval(id: ApprovalId) -> String {
    format!("{QUEUE}/{id}")
}

/// The page of a held mail.
pub(crate) fn held_mail(inbox_id: InboxId, id: MessageId) -> String {
    format!("/console/inboxes/{inbox_id}/held-messages/{id}")
}

/// The page of a one-time link.
pub(crate) fn link(secret: &LinkSecret) -> String {
    format!("/console/links/{}", secret.reveal())
}

/// The queue of a status.
pub(crate) fn queue(status: &str) -> String {
    if status == "pending" { QUEUE.to_owned() } else { format!("{QUEUE}?status={status}") }
}

/// Where somebody goes after signing in who asked for `wanted`. Never a part of `wanted` itself: the page that it
/// names is written anew, and everything else is the queue. So no link can lead from here to somewhere else.
pub(crate) fn destination(wanted: &str) -> String {
    let (path, query) = wanted.split_once('?').unwrap_or((wanted, ""));
    match Route::of(path) {
        Some(
            Route::Approval(id)
            | Route::Approve(id)
            | Route::Reject(id)
            | Route::Edit(id)
            | Route::Cancel(id)
            | Route::Delegate(id)
            | Route::Ahead(id),
        ) => approval(id),
        Some(Route::Standing | Route::Revoke(_)) => STANDING.to_owned(),
        Some(Route::Pause | Route::Resume) => PAUSE.to_owned(),
        Some(Route::Unsettled | Route::SendAgain(..)) => UNSETTLED.to_owned(),
        Some(Route::Held) => HELD.to_owned(),
        Some(Route::HeldMail(inbox, id) | Route::Release(inbox, id) | Route::Discard(inbox, id)) => {
            held_mail(inbox, id)
        }
        Some(Route::Audit) => AUDIT.to_owned(),
        Some(Route::Policies) => POLICIES.to_owned(),
        Some(Route::Queue) => {
            let asked = form_pairs(query).remove("status").unwrap_or_default();
            queue(Decision::STATUSES.into_iter().find(|status| *status == asked).unwrap_or("pending"))
        }
        _ => QUEUE.to_owned(),
    }
}

/// The page for signing in, from which one comes back to `wanted`.
pub(crate) fn sign_in(wanted: &str) -> String {
    let back = destination(wanted);
    if back == QUEUE {
        return "/console/sign-in".to_owned();
    }
    format!("/console/sign-in?next={}", encode(&back))
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::*;

    #[test]
    fn addresses_name_pages() {
        let id = ApprovalId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        let file = AttachmentId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        let organization = domain::OrganizationId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        let secret = LinkSecret::new(organization, [7; 32]);
        for (path, route) in [
            ("/console".to_owned(), Some(Route::Home)),
            ("/console/".to_owned(), Some(Route::Home)),
            ("/console/sign-in".to_owned(), Some(Route::SignIn)),
            ("/console/approvals/".to_owned(), Some(Route::Queue)),
            (format!("/console/approvals/{id}"), Some(Route::Approval(id))),
            (format!("/console/approvals/{id}/approve"), Some(Route::Approve(id))),
            (format!("/console/approvals/{id}/reject"), Some(Route::Reject(id))),
            (format!("/console/attachments/{file}"), Some(Route::Attachment(file))),
            (format!("/console/attachments/{id}"), None),
            (link(&secret), Some(Route::Link(secret))),
            (format!("{}/approve", link(&secret)), Some(Route::LinkApprove(secret))),
            (format!("{}/reject", link(&secret)), Some(Route::LinkReject(secret))),
            (format!("{}/attachments/{file}", link(&secret)), Some(Route::LinkAttachment(secret, file))),
            (link(&secret).replace("cs_link_", "cs_session_"), None),
            (link(&secret).replace("cs_link_", "cs_live_"), None),
            (link(&secret).to_uppercase(), None),
            ("/console/links".to_owned(), None),
            (format!("/console/approvals/{id}/approve/now"), None),
            ("/consoles".to_owned(), None),
            ("/console//approvals".to_owned(), None),
            ("/console/approvals/../sign-out".to_owned(), None),
            ("/".to_owned(), None),
        ] {
            assert_eq!(Route::of(&path), route, "{path}");
        }
    }

    #[test]
    fn signing_in_leads_nowhere_else() {
        for wanted in [
            "",
            "https://evil.test/",
            "//evil.test/console/approvals",
            "/\\evil.test",
            "/console/approvals/../../evil",
            "/console/approvals\r\nset-cookie: a=b",
            "/console/sign-out",
            "javascript:alert(1)",
            "/console/approvals?status=//evil.test",
            "/console/approvals/apr_nonsense",
        ] {
            assert_eq!(destination(wanted), QUEUE, "{wanted:?}");
        }
        let id = ApprovalId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        assert_eq!(destination(&format!("/console/approvals/{id}?notice=approved&x=//evil")), approval(id));
        assert_eq!(
            destination("/console/approvals?status=rejected&cursor=x"),
            "/console/approvals?status=rejected"
        );
    }

    #[test]
    fn the_way_back_survives_its_query() {
        let id = ApprovalId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        for wanted in [approval(id), queue("expired"), queue("pending")] {
            let address = sign_in(&wanted);
            let query = address.split_once('?').map_or("", |(_, query)| query);
            let next = form_pairs(query).remove("next").unwrap_or_default();
            assert_eq!(destination(&next), wanted);
        }
    }
}
