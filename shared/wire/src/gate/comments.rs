//! What is said about a mail that waits.

use app::base::error::Refusal;
use domain::gate::comment::Comment;
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::parts::{ActorView, actor};
use crate::base::request::{self, request};
use crate::base::values::{Filled, Time};

request! {
    /// What somebody says about a mail.
    pub struct NewComment {
        /// In words, for all who see the approval and for whoever asked for the mail.
        text: Filled<2_000>,
    }
}

/// Reads [`NewComment`].
pub fn new(body: &[u8]) -> Result<String, Refusal> {
    let NewComment { text } = request::body(body)?;
    Ok(text.0)
}

/// What somebody said.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Comment")]
pub struct CommentView<'a> {
    by: ActorView,
    at: Time,
    text: &'a str,
    /// Whether it asks for a revision.
    asks_revision: bool,
    /// Of which revision of the mail it was said, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u32>,
}

/// What somebody said, of this revision.
pub fn comment(comment: &Comment, revision: Option<u32>) -> CommentView<'_> {
    CommentView {
        by: actor(&comment.by),
        at: Time(comment.at),
        text: &comment.text,
        asks_revision: comment.asks_revision,
        revision,
    }
}

/// All that was said about an approval, the first first; at most 50.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Comments")]
pub struct CommentsView<'a> {
    data: Vec<CommentView<'a>>,
}

/// All that was said about an approval.
pub fn comments(all: &[Comment]) -> CommentsView<'_> {
    CommentsView { data: all.iter().map(|one| comment(one, None)).collect() }
}
