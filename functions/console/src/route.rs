//! Addresses of pages, and where somebody goes on after signing in.

use app::Ports;
use domain::gate::link::LinkSecret;
use domain::{ApprovalId, DraftId, InboxId, MessageId};
use runtime::http::{Request, form_pairs};

use crate::page::{Back, Page};
use crate::words::encode;

/// Who belongs to the organization.
pub(crate) const PEOPLE: &str = "/console/people";

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
/// Mail that is to go at a time.
pub(crate) const SCHEDULED: &str = "/console/scheduled";
/// Calls of the API, and what became of mails that were asked for.
pub(crate) const REQUESTS: &str = "/console/requests";
/// The audit log.
pub(crate) const AUDIT: &str = "/console/audit";

/// Spreadsheets, and the mails made of them.
pub(crate) const UPLOADS: &str = "/console/uploads";
/// Policies.
pub(crate) const POLICIES: &str = "/console/policies";
/// Inboxes.
pub(crate) const INBOXES: &str = "/console/inboxes";
/// API tokens.
pub(crate) const TOKENS: &str = "/console/tokens";
/// Webhooks.
pub(crate) const WEBHOOKS: &str = "/console/webhooks";
/// Connected accounts.
pub(crate) const ACCOUNTS: &str = "/console/accounts";
/// Domains.
pub(crate) const DOMAINS: &str = "/console/domains";
/// Whom no mail goes to.
pub(crate) const SUPPRESSIONS: &str = "/console/suppressions";
/// Who is allowed or blocked.
pub(crate) const LISTS: &str = "/console/lists";

/// Where programs reach the API.
pub(crate) fn public_url(ports: &Ports, request: &Request) -> String {
    request.origin(ports)
}

/// The page of an approval.
pub(crate) fn approval(id: ApprovalId) -> String {
    format!("{QUEUE}/{id}")
}

/// Where a mail of an inbox is written.
pub(crate) fn compose(id: InboxId) -> String {
    format!("/console/compose/{id}")
}

/// The drafts of an inbox.
pub(crate) fn drafts(id: InboxId) -> String {
    format!("/console/drafts/inboxes/{id}")
}

/// The page of a draft.
pub(crate) fn draft(id: DraftId) -> String {
    format!("/console/drafts/{id}")
}

/// What became of a mail that was asked for, step by step.
pub(crate) fn timeline(id: ApprovalId) -> String {
    format!("{REQUESTS}/{id}")
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
    let Some((page, at)) = Page::find(path) else { return QUEUE.to_owned() };
    match page.back {
        Back::Queue => QUEUE.to_owned(),
        Back::To(path) => at.address(path),
        Back::Here(kept) => {
            let asked = form_pairs(query);
            let mut address = at.address(page.path);
            for (name, values) in kept {
                let value = values.iter().find(|value| asked.get(*name).is_some_and(|it| it == *value));
                if let Some(value) = value {
                    let join = if address.contains('?') { '&' } else { '?' };
                    address = format!("{address}{join}{name}={}", encode(value));
                }
            }
            address
        }
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
