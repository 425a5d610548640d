//! Pauses of inboxes, tokens and the organization. Why one is made stands in [`crate::gate::approvals`].

use app::base::error::Refusal;
use app::base::store::Page;
use app::gate::pause::MAX_DROPPED;
use domain::MessageId;
use domain::mailbox::message::Message;
use domain::people::organization::Pause;
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::pages::{PageView, page};
use crate::base::request::{self, request};
use crate::base::values::{IdOf, List};
use crate::mailbox::messages::{MessageView, message};
use crate::people::organization::{PauseView, pause};

request! {
    /// What ending a pause is to do.
    pub struct Resume {
        /// Only say what would go.
        preview: Option<bool>,
        /// Mails to call off before.
        drop: Option<List<IdOf<MessageId>, MAX_DROPPED>>,
    }
}

/// What ending a pause is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Only say what would go.
    pub preview: bool,
    /// Mails to call off before.
    pub drop: Vec<MessageId>,
}

/// Reads [`Resume`].
pub fn release(body: &[u8]) -> Result<Release, Refusal> {
    let Resume { preview, drop } = request::body_or_nothing(body)?;
    let drop = List::entries(drop).into_iter().map(|id| id.0).collect();
    Ok(Release { preview: preview.unwrap_or_default(), drop })
}

/// What is paused from now on.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Paused")]
pub struct PausedView<'a> {
    paused: PauseView<'a>,
}

/// What is paused from now on.
pub fn paused(made: &Pause) -> PausedView<'_> {
    PausedView { paused: pause(made) }
}

/// What goes, or would go, when a pause ends.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Resumed")]
pub struct ResumedView<'a> {
    /// Whether it ended: a preview ends nothing.
    resumed: bool,
    /// The mails that were called off.
    dropped: Vec<IdOf<MessageId>>,
    will_send: PageView<MessageView<'a>>,
}

/// What goes, or would go, when a pause ends.
pub fn released<'a>(resumed: bool, dropped: &[MessageId], will_send: &'a Page<Message>) -> ResumedView<'a> {
    let dropped = dropped.iter().copied().map(IdOf).collect();
    ResumedView { resumed, dropped, will_send: page(will_send, message) }
}
