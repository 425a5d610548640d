//! What a policy judges.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use super::{Origin, Per, Window};
use crate::base::address::EmailAddress;
use crate::people::access::Actor;

/// All that is known of a mail that is to go out, when it is judged.
#[derive(Clone, PartialEq, Eq)]
pub struct Facts {
    /// The inbox that it leaves.
    pub inbox: Origin,
    /// Who asks.
    pub actor: Actor,
    /// Recipients in to, cc and bcc.
    pub recipients: Vec<RecipientFact>,
    /// The subject.
    pub subject: String,
    /// What a recipient reads: the text and, where there is HTML, the text of that as well.
    pub text: String,
    /// The files.
    pub attachments: Vec<FileFact>,
    /// The hosts that it links to, in lower case.
    pub links: Vec<String>,
    /// The hosts that it shows pictures from, in lower case.
    pub pictures: Vec<String>,
    /// In bytes, as it goes out.
    pub size: u64,
    /// Whether it answers a mail.
    pub is_reply: bool,
    /// Whether something suspicious came into the conversation.
    pub tainted: bool,
    /// Whether it answers a mail that a program wrote.
    pub answers_automatic: bool,
    /// When it would go out.
    pub at: Timestamp,
    /// How many mails or first contacts there were, those of this one included.
    pub volumes: Volumes,
}

/// Content and addresses stay out of logs.
impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Facts({} recipients, {} bytes)", self.recipients.len(), self.size)
    }
}

/// One recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientFact {
    /// The address.
    pub address: EmailAddress,
    /// Whether it is an inbox of the organization, with a tag or without, or, where a policy asks, a member's own address.
    pub internal: bool,
    /// Whether no mail of the organization to it was ever accepted by the provider.
    pub first_contact: bool,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFact {
    /// Its name.
    pub filename: String,
    /// Its media type, as declared.
    pub content_type: String,
    /// What its first bytes say that it is; none where they say nothing.
    pub detected_type: Option<String>,
    /// In bytes.
    pub size: u64,
}

/// What a count is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    /// Mails.
    Mails,
    /// Recipients of mails who were never written to before.
    FirstContacts,
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Volume {
    /// Of what.
    pub of: Counted,
    /// Whose mails.
    pub per: Per,
    /// The recipient, where their mails are counted.
    pub recipient: Option<EmailAddress>,
    /// Within which time.
    pub window: Window,
}

/// How many mails there were, this one included. What is not in it was not counted.
pub type Volumes = BTreeMap<Volume, u64>;
