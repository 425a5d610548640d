//! Comments about approvals: those of one are one item.

use domain::gate::comment::{Comment, Comments};
use domain::people::access::Actor;
use domain::{ApprovalId, OrganizationId, Timestamp};

use crate::base::field::record;
use crate::base::item::{Kind, Place, place};

record! {
    Comments as CommentsRecord {
        approval_id: ApprovalId,
        organization_id: OrganizationId,
        all: Vec<Comment>,
        version: u64,
    }
}

record! {
    Comment as CommentRecord {
        by: Actor,
        at: Timestamp,
        text: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        asks_revision: bool,
    }
}

impl Kind for Comments {
    const NAME: &'static str = "comments";
}

/// Where the comments of an approval lie.
pub(crate) fn at(organization: OrganizationId, id: ApprovalId) -> Place {
    // Not below the prefix of approvals: a role that writes those writes no comments by it.
    place(format!("{organization}/comments/{}", id.body()), "comments")
}
