//! Ending a pause. How one is shown stands in [`crate::people::organization`], why it is made in [`crate::gate::approvals`].

use app::base::error::Refusal;
use app::base::store::Page;
use app::gate::pause::MAX_DROPPED;
use domain::MessageId;
use domain::mailbox::message::Message;
use serde_json::{Value, json};

use crate::base::fields::Fields;
use crate::base::pages::page;
use crate::mailbox::messages::message;

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

/// What goes, or would go, when a pause ends.
pub fn released(resumed: bool, dropped: &[MessageId], will_send: &Page<Message>) -> Value {
    let mut view = json!({
        "resumed": resumed,
        "dropped": dropped.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    view["will_send"] = page(will_send, message);
    view
}
