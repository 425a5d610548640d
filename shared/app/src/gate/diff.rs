//! What an edit changed, read from the two sealed objects themselves.

use domain::base::address::EmailAddress;
use domain::gate::seal::{Envelope, Sealed};
use similar::TextDiff;

/// One field that differs between two revisions of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `to`, `cc`, `bcc`, `reply_to`, `send_at`, `subject`, `attachments`, `text` or `html`.
    pub field: &'static str,
    /// What it was; of a body nothing.
    pub before: String,
    /// What it is; of a body the changed lines, as a unified diff of at most [`MAX_DIFF`] bytes.
    pub after: String,
}

/// Upper bound of a unified diff, in bytes: what lies behind it is said to be missing.
pub const MAX_DIFF: usize = 64 * 1024;
/// Two bodies with more bytes together are not compared line by line.
const MAX_COMPARED: usize = 512 * 1024;

/// What differs.
pub fn differences(before: &Sealed, after: &Sealed) -> Vec<Difference> {
    let mails = (mail::parse(before.mime()), mail::parse(after.mime()));
    let list = |addresses: &[EmailAddress]| {
        addresses.iter().map(EmailAddress::as_str).collect::<Vec<_>>().join(", ")
    };
    let time = |envelope: &Envelope| envelope.send_at.map(|at| at.to_string()).unwrap_or_default();
    let files = |mail: &mail::ParsedMail<'_>| {
        let names = mail.attachments.iter().map(|file| {
            let name = file.filename.as_deref().unwrap_or("unnamed");
            format!(
                "{name} ({} bytes, {})",
                file.contents.len(),
                domain::base::digest::Digest::of(&file.contents)
            )
        });
        names.collect::<Vec<_>>().join(", ")
    };
    let replies = |mail: &mail::ParsedMail<'_>| {
        mail.reply_to.iter().map(|address| address.address.clone()).collect::<Vec<_>>().join(", ")
    };
    let (old, new) = (before.envelope(), after.envelope());
    let mut found = vec![
        ("to", list(&old.to), list(&new.to)),
        ("cc", list(&old.cc), list(&new.cc)),
        ("bcc", list(&old.bcc), list(&new.bcc)),
        ("reply_to", replies(&mails.0), replies(&mails.1)),
        ("send_at", time(old), time(new)),
        ("subject", subject(&mails.0), subject(&mails.1)),
        ("attachments", files(&mails.0), files(&mails.1)),
    ];
    found.retain(|(_, before, after)| before != after);
    let mut found: Vec<_> =
        found.into_iter().map(|(field, before, after)| Difference { field, before, after }).collect();
    for (field, before, after) in
        [("text", &mails.0.text, &mails.1.text), ("html", &mails.0.html, &mails.1.html)]
    {
        let (before, after) = (before.as_deref().unwrap_or_default(), after.as_deref().unwrap_or_default());
        if before != after {
            found.push(Difference { field, before: String::new(), after: compare_lines(before, after) });
        }
    }
    found
}

fn subject(mail: &mail::ParsedMail<'_>) -> String {
    mail.subject.clone()
}

fn compare_lines(before: &str, after: &str) -> String {
    if before.len() + after.len() > MAX_COMPARED {
        return "The bodies are too long to be compared line by line.".to_owned();
    }
    let mut text = TextDiff::configure()
        .timeout(std::time::Duration::from_millis(500))
        .diff_lines(before, after)
        .unified_diff()
        .context_radius(2)
        .to_string();
    if text.len() > MAX_DIFF {
        text.truncate(text.floor_char_boundary(MAX_DIFF));
        text.push_str("\n… the rest of the differences is not shown.\n");
    }
    text
}
