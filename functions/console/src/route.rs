//! Which page an address names.

use domain::approval::Decision;
use domain::id::Id as _;
use domain::{ApprovalId, AttachmentId};
use runtime::http::form_pairs;

use crate::words::encoded;

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
    /// `/console/attachments/{id}`
    Attachment(AttachmentId),
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
        match parts[..] {
            ["sign-in"] => Some(Route::SignIn),
            ["sign-out"] => Some(Route::SignOut),
            ["style.css"] => Some(Route::Style),
            ["approvals"] => Some(Route::Queue),
            ["approvals", id] => approval(id).map(Route::Approval),
            ["approvals", id, "approve"] => approval(id).map(Route::Approve),
            ["approvals", id, "reject"] => approval(id).map(Route::Reject),
            ["attachments", id] => AttachmentId::parse(id).ok().map(Route::Attachment),
            _ => None,
        }
    }

    /// The methods that it takes, for `Allow`.
    pub(crate) fn methods(self) -> &'static str {
        match self {
            Route::SignIn => "GET, HEAD, POST",
            Route::SignOut | Route::Approve(_) | Route::Reject(_) => "POST",
            Route::Home | Route::Queue | Route::Approval(_) | Route::Attachment(_) | Route::Style => {
                "GET, HEAD"
            }
        }
    }
}

/// The queue.
pub(crate) const QUEUE: &str = "/console/approvals";

/// The page of an approval.
pub(crate) fn approval(id: ApprovalId) -> String {
    format!("{QUEUE}/{id}")
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
        Some(Route::Approval(id) | Route::Approve(id) | Route::Reject(id)) => approval(id),
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
    format!("/console/sign-in?next={}", encoded(&back))
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::*;

    #[test]
    fn addresses_name_pages() {
        let id = ApprovalId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        let file = AttachmentId::new(Timestamp::UNIX_EPOCH, [1; 10]);
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
