//! What a report about a mail says: that it was not delivered (RFC 3464), that somebody complained about it (RFC 5965),
//! that it was read (RFC 8098).
//!
//! Reports come from anybody, and anybody can make one up: it is a claim, to be held against what was really sent (its
//! `original_message_id`) before anything follows from it.

use jiff::Timestamp;

use crate::{
    parse::{MAX_ADDRESS, date, is_address, message_id, message_ids, words},
    text::clean_line,
};

/// Most recipients of a report.
pub const MAX_RECIPIENTS: usize = 100;
/// Longest diagnostic, in bytes.
pub const MAX_DIAGNOSTIC: usize = 1_000;
/// Longest type of feedback or of disposition, in bytes.
pub const MAX_TYPE: usize = 60;
/// So many bytes are looked at of the part that a machine reads, and so many of the enclosed mail's header.
pub(crate) const MAX_PART: usize = 256 * 1024;
/// Most fields of a part.
const MAX_FIELDS: usize = 5_000;

/// What a report says. A claim by whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// A mail was delivered, or not (RFC 3464).
    Delivery(Delivery),
    /// Somebody complained about a mail, or about something like it (RFC 5965).
    Complaint(Complaint),
    /// A mail was shown to its recipient, or what else became of it there (RFC 8098).
    Receipt(Receipt),
}

impl Report {
    /// The mail that it is about: its `Message-ID` without angle brackets, at most
    /// [`MAX_MESSAGE_ID`](crate::parse::MAX_MESSAGE_ID) bytes.
    pub fn original_message_id(&self) -> Option<&str> {
        match self {
            Self::Delivery(report) => report.original_message_id.as_deref(),
            Self::Complaint(report) => report.original_message_id.as_deref(),
            Self::Receipt(report) => report.original_message_id.as_deref(),
        }
    }
}

/// What became of a mail on its way (RFC 3464).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// What became of it for each recipient, at most [`MAX_RECIPIENTS`].
    pub recipients: Vec<Recipient>,
    /// The `Message-ID` of the mail, without angle brackets, from the enclosed mail or its header.
    pub original_message_id: Option<String>,
}

/// What became of a mail for one recipient (RFC 3464 §2.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipient {
    /// The address that the mail was sent to, as far as it is told, at most [`MAX_ADDRESS`] bytes.
    pub original_recipient: Option<String>,
    /// The address that it got to: behind an alias, another one. At most [`MAX_ADDRESS`] bytes.
    pub final_recipient: Option<String>,
    /// What became of it. Where that is not said it is taken from the class of the status.
    pub action: Option<Action>,
    /// The status, `class.subject.detail` (RFC 3463), at most nine bytes. Where the field lacks it, it is the one in the
    /// diagnostic.
    pub status: Option<String>,
    /// What the other server answered, on one line, without the name of the protocol before it, at most
    /// [`MAX_DIAGNOSTIC`] bytes.
    pub diagnostic: Option<String>,
}

impl Recipient {
    /// Whether the mail was not delivered for a reason that stays (RFC 3463, class 5): sending again is useless. False where
    /// the class is not told.
    pub fn is_permanent(&self) -> bool {
        let class = self.status.as_deref().or(self.diagnostic.as_deref()).unwrap_or_default();
        self.action == Some(Action::Failed) && class.starts_with('5')
    }
}

/// What became of a mail (RFC 3464 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// It could not be delivered, and nobody tries any more.
    Failed,
    /// It could not be delivered yet.
    Delayed,
    /// It was delivered.
    Delivered,
    /// It was given to a system that reports nothing.
    Relayed,
    /// It was given to several others.
    Expanded,
}

impl Action {
    /// The name in RFC 3464 §2.3.3: `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
            Self::Relayed => "relayed",
            Self::Expanded => "expanded",
        }
    }
}

/// A complaint about a mail (RFC 5965).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Complaint {
    /// The kind, in lower case: `abuse`, `fraud`, `virus`, `not-spam`, `opt-out`, `auth-failure`, `other`, at most
    /// [`MAX_TYPE`] bytes. Empty where it is not told.
    pub feedback_type: String,
    /// To whom the mail had been sent, as far as it is told, at most [`MAX_RECIPIENTS`].
    pub original_recipients: Vec<String>,
    /// The `Message-ID` of the mail, without angle brackets, from the enclosed mail or its header.
    pub original_message_id: Option<String>,
    /// When the mail had come to whoever complains.
    pub arrival_date: Option<Timestamp>,
}

/// What became of a mail at its recipient (RFC 8098).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The `Message-ID` of the mail, without angle brackets.
    pub original_message_id: Option<String>,
    /// The address that the mail was sent to, as far as it is told, at most [`MAX_ADDRESS`] bytes.
    pub original_recipient: Option<String>,
    /// The address that it got to, at most [`MAX_ADDRESS`] bytes.
    pub final_recipient: Option<String>,
    /// What became of it, in lower case: `displayed`, `deleted`, `dispatched`, `processed`, `denied` or `failed`, at most
    /// [`MAX_TYPE`] bytes. Empty where it is not told.
    pub disposition: String,
}

/// What a part of a report is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Delivery,
    Complaint,
    Receipt,
}

impl Kind {
    /// By the type of the part, in lower case (`message/delivery-status`), with those for addresses beyond ASCII (RFC 6533).
    pub(crate) fn of_type(kind: &str) -> Option<Self> {
        match kind {
            "message/delivery-status" | "message/global-delivery-status" => Some(Self::Delivery),
            "message/feedback-report" => Some(Self::Complaint),
            "message/disposition-notification" | "message/global-disposition-notification" => {
                Some(Self::Receipt)
            }
            _ => None,
        }
    }

    /// By what the part says: for those that are labelled as text.
    pub(crate) fn of_content(bytes: &[u8]) -> Option<Self> {
        let fields = fields(bytes);
        // The text for people names such fields too, in sentences: those that a machine reads begin with one.
        let first = fields.iter().find(|field| !field.name.is_empty())?;
        let begins = [
            "reporting-mta",
            "original-envelope-id",
            "dsn-gateway",
            "received-from-mta",
            "arrival-date",
            "final-recipient",
            "original-recipient",
            "feedback-type",
            "user-agent",
            "version",
            "reporting-ua",
            "mdn-gateway",
            "original-message-id",
            "disposition",
            "x-postfix-queue-id",
        ]
        .contains(&first.name.as_str());
        let has = |name: &str| fields.iter().any(|field| field.name == name);
        let recipient = has("final-recipient") || has("original-recipient");
        match () {
            () if !begins => None,
            () if has("feedback-type") => Some(Self::Complaint),
            () if has("disposition") && (recipient || has("original-message-id")) => Some(Self::Receipt),
            () if recipient && (has("action") || has("status") || has("diagnostic-code")) => {
                Some(Self::Delivery)
            }
            () => None,
        }
    }
}

/// Reads a report: the part for machines, and the mail that it is about or its header, if that is enclosed. At most
/// [`MAX_PART`] bytes of each are looked at. Linear, never fails: what is not told is empty.
pub(crate) fn read(kind: Kind, machine: &[u8], enclosed: Option<&[u8]>) -> Report {
    let said = fields(machine);
    let value = |name: &str| said.iter().find(|field| field.name == name).map(|field| field.value.as_str());
    let original_message_id = enclosed.and_then(enclosed_id).or_else(|| {
        ["original-message-id", "x-original-message-id"]
            .into_iter()
            .find_map(|name| value(name).and_then(read_id))
    });
    match kind {
        Kind::Delivery => Report::Delivery(Delivery { recipients: recipients(&said), original_message_id }),
        Kind::Complaint => Report::Complaint(Complaint {
            feedback_type: word(value("feedback-type").unwrap_or_default()),
            original_recipients: {
                let named = ["original-rcpt-to", "original-recipient", "removal-recipient"];
                let mut found: Vec<String> = vec![];
                for field in said.iter().filter(|field| named.contains(&field.name.as_str())) {
                    for address in field.value.split(',').filter_map(address) {
                        if found.len() < MAX_RECIPIENTS && !found.contains(&address) {
                            found.push(address);
                        }
                    }
                }
                found
            },
            original_message_id,
            arrival_date: value("arrival-date")
                .or(value("received-date"))
                .and_then(|it| date::read(it.as_bytes())),
        }),
        Kind::Receipt => Report::Receipt(Receipt {
            // Here the machine's part names it (RFC 8098 §3.2.5).
            original_message_id: value("original-message-id").and_then(read_id).or(original_message_id),
            original_recipient: value("original-recipient").and_then(address),
            final_recipient: value("final-recipient").and_then(address),
            disposition: {
                // `manual-action/MDN-sent-manually; displayed/error`
                let said = value("disposition").unwrap_or_default();
                word(said.rsplit(';').next().unwrap_or_default())
            },
        }),
    }
}

/// The `Message-ID` of an enclosed mail.
fn enclosed_id(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.trim_ascii_start();
    let fields = fields(bytes);
    // Only of its header: what follows a blank line is its text.
    let header = fields.split(|field| field.name.is_empty()).next()?;
    let value = header.iter().find(|field| field.name == "message-id")?;
    read_id(&value.value)
}

/// An id as it is read of a mail's own field; where it has no brackets, the first word that can be one.
fn read_id(value: &str) -> Option<String> {
    let ids = message_ids(value.as_bytes(), &mut vec![]);
    ids.into_iter().next().or_else(|| value.split_whitespace().find_map(message_id))
}

/// The recipients: one for each group of fields (RFC 3464 §2.1), or, where groups run together, for each that is named.
fn recipients(fields: &[Field]) -> Vec<Recipient> {
    let mut found = vec![];
    let mut now = Recipient::default();
    for field in fields {
        let taken = match field.name.as_str() {
            "" => true,
            "original-recipient" => now.original_recipient.is_some() || now.final_recipient.is_some(),
            "final-recipient" => now.final_recipient.is_some(),
            _ => false,
        };
        if taken {
            end(&mut now, &mut found);
        }
        if found.len() == MAX_RECIPIENTS {
            return found;
        }
        let value = field.value.as_str();
        match field.name.as_str() {
            "original-recipient" => now.original_recipient = address(value),
            "final-recipient" => now.final_recipient = address(value),
            "action" => now.action = now.action.or_else(|| action(value)),
            "status" => now.status = now.status.take().or_else(|| status(value)),
            "diagnostic-code" => {
                now.diagnostic = now.diagnostic.take().or_else(|| diagnostic(value));
            }
            _ => {}
        }
    }
    end(&mut now, &mut found);
    found
}

/// Takes a recipient that is wholly read, if the group had one.
fn end(now: &mut Recipient, found: &mut Vec<Recipient>) {
    let mut done = std::mem::take(now);
    if done.original_recipient.is_none() && done.final_recipient.is_none() {
        return;
    }
    done.status = done.status.or_else(|| {
        let words =
            done.diagnostic.as_deref().unwrap_or_default().split(|c: char| c.is_whitespace() || c == '-');
        words.take(20).find_map(status)
    });
    done.action = done.action.or_else(|| match done.status.as_deref()?.as_bytes() {
        [b'5', ..] => Some(Action::Failed),
        [b'4', ..] => Some(Action::Delayed),
        _ => Some(Action::Delivered),
    });
    found.push(done);
}

fn action(value: &str) -> Option<Action> {
    let value = value.trim_start().to_ascii_lowercase();
    let known = [Action::Failed, Action::Delayed, Action::Delivered, Action::Relayed, Action::Expanded];
    // `failure` and `delay` are in use as well.
    known.into_iter().find(|action| value.get(..4) == action.code().get(..4))
}

/// `5.1.1`, with whatever may follow it.
fn status(value: &str) -> Option<String> {
    let value = value.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '(' | '['));
    let end = value.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(value.len());
    let code = value[..end].trim_end_matches('.');
    let mut parts = code.split('.');
    let class = parts.next()?;
    let mut number = || parts.next().is_some_and(|part| (1..=3).contains(&part.len()));
    let fits = matches!(class, "2" | "4" | "5") && number() && number() && parts.next().is_none();
    fits.then(|| code.to_owned())
}

/// `smtp; 550 no such user`: what is behind the name of the protocol.
fn diagnostic(value: &str) -> Option<String> {
    let is_name = |name: &str| {
        let name = name.trim();
        !name.is_empty() && name.len() <= 20 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let text = value.split_once(';').filter(|(name, _)| is_name(name)).map_or(value, |(_, text)| text);
    let text = clean_line(&words::to_text(text.as_bytes(), None), MAX_DIAGNOSTIC);
    (!text.is_empty()).then_some(text)
}

/// `rfc822; <ann@x.test>`, with or without what stands around the address.
fn address(value: &str) -> Option<String> {
    let value = value.split_once(';').map_or(value, |(_, address)| address);
    let mut words = value.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')'));
    words.find(|word| word.len() <= MAX_ADDRESS && is_address(word)).map(str::to_owned)
}

/// The first word of a value, in lower case.
fn word(value: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let word: String = value.trim_start().chars().take_while(|c| is_part(*c)).take(MAX_TYPE).collect();
    word.to_ascii_lowercase()
}

/// A field; one without a name is a blank line.
struct Field {
    name: String,
    value: String,
}

/// The fields of a part, unfolded. Lines that are none go on with the field before: long answers are often not folded as
/// they should be.
fn fields(bytes: &[u8]) -> Vec<Field> {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_PART)]);
    let mut fields: Vec<Field> = vec![];
    for line in text.lines() {
        if fields.len() == MAX_FIELDS {
            break;
        }
        if line.trim().is_empty() {
            fields.push(Field { name: String::new(), value: String::new() });
            continue;
        }
        let named = line.split_once(':').filter(|(name, _)| {
            let name = name.trim_end();
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        });
        match (named, fields.last_mut()) {
            (Some((name, value)), _) => fields
                .push(Field { name: name.trim_end().to_ascii_lowercase(), value: value.trim().to_owned() }),
            (None, Some(last)) if !last.name.is_empty() => {
                last.value.push(' ');
                last.value.push_str(line.trim());
            }
            _ => {}
        }
    }
    fields
}

#[cfg(test)]
mod tests;
