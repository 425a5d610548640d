//! Times, sizes, names and states as a person reads them.

use std::collections::BTreeMap;

pub(crate) use app::base::plain::visible;
pub(crate) use app::gate::risks::{risk, risks};
use domain::MemberId;
use domain::gate::approval::Approval;
use domain::mailbox::lifecycle::{Outbound, Outcome, State, Status};
use domain::mailbox::message::Party;
use domain::people::access::Actor;
use domain::people::organization::Member;
use jiff::Timestamp;

/// A time in its three forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    /// For `datetime`.
    pub machine: String,
    /// `1 Dec 2026, 09:00 UTC`. There is no script that could know the reader's zone.
    pub exact: String,
    /// `in 3 hours`, `2 days ago`.
    pub relative: String,
}

impl Moment {
    /// `at` as seen from `now`.
    pub(crate) fn new(at: Timestamp, now: Timestamp) -> Self {
        Self {
            machine: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            exact: at.strftime("%-d %b %Y, %H:%M UTC").to_string(),
            relative: relative(at, now),
        }
    }
}

fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.duration_since(now).as_secs();
    let minutes = (seconds.abs() + 30) / 60;
    let (count, unit) = match minutes {
        0 => return if seconds > 0 { "in less than a minute" } else { "just now" }.to_owned(),
        1..60 => (minutes, "minute"),
        // Hours are cut, not rounded, from the second day on: "in 2 days" must not mean "in 37 hours".
        60..2_880 => ((minutes + 30) / 60, "hour"),
        // What was seven days a moment ago is not six yet.
        2_880..86_400 => ((minutes + 60) / 1_440, "day"),
        86_400..1_051_200 => (minutes / 43_200, "month"),
        _ => (minutes / 525_600, "year"),
    };
    let many = if count == 1 { "" } else { "s" };
    if seconds > 0 { format!("in {count} {unit}{many}") } else { format!("{count} {unit}{many} ago") }
}

/// `1 file`, `2 files`.
pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A size in bytes.
pub(crate) fn size(bytes: u64) -> String {
    let tenths = |unit: u64| {
        let tenths = (u128::from(bytes) * 10 + u128::from(unit) / 2) / u128::from(unit);
        if tenths % 10 == 0 { format!("{}", tenths / 10) } else { format!("{}.{}", tenths / 10, tenths % 10) }
    };
    match bytes {
        1 => "1 byte".to_owned(),
        0..1_000 => format!("{bytes} bytes"),
        1_000..999_950 => format!("{} kB", tenths(1_000)),
        _ => format!("{} MB", tenths(1_000_000)),
    }
}

/// The first characters of a SHA-256, by which people compare.
pub(crate) fn short(hex: &str) -> String {
    hex.get(..12).unwrap_or(hex).to_owned()
}

/// Whoever did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doer {
    /// In few words.
    pub short: String,
    /// With the whole id; empty where that says no more.
    pub id: String,
}

/// The members of an organization as one of them reads their names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    mine: Option<MemberId>,
    known: BTreeMap<MemberId, String>,
}

impl Names {
    /// The names of these members, as the member `mine` reads them.
    pub(crate) fn new(mine: Option<MemberId>, members: &[Member]) -> Self {
        let known = members.iter().map(|member| (member.id, member.email.as_str().to_owned()));
        Self { mine, known: known.collect() }
    }

    /// Whoever did something.
    pub(crate) fn doer(&self, actor: &Actor) -> Doer {
        match actor {
            Actor::Member { member_id } => self.member(*member_id),
            Actor::Token { token_id, name, .. } => {
                let doer = name_doer("API token", token_id);
                // Whoever made the token wrote its name.
                let short = name.as_deref().map(|name| format!("{}, {}", visible(name), doer.short));
                Doer { short: short.unwrap_or(doer.short), id: doer.id }
            }
            Actor::System => Doer { short: "Countersign".to_owned(), id: String::new() },
        }
    }

    /// What whoever asked is called, in as few words as there are: the name of a token says whose program it is.
    pub(crate) fn called(&self, actor: &Actor) -> String {
        match actor {
            Actor::Token { name, .. } => name.as_deref().map_or_else(|| self.doer(actor).short, visible),
            Actor::Member { .. } | Actor::System => self.doer(actor).short,
        }
    }

    /// A member. Of one who has left, no more than the id is known.
    pub(crate) fn member(&self, id: MemberId) -> Doer {
        if Some(id) == self.mine {
            return Doer { short: "you".to_owned(), id: String::new() };
        }
        match self.known.get(&id) {
            Some(email) => Doer { short: email.clone(), id: id.to_string() },
            None => name_doer("member", &id),
        }
    }
}

/// The last characters of an id are the random ones, by which people tell two apart.
fn name_doer(kind: &str, id: &impl ToString) -> Doer {
    let id = id.to_string();
    Doer { short: format!("{kind} \u{2026}{}", &id[id.len().saturating_sub(6)..]), id }
}

/// A body's text: as [`visible`], with line ends of every kind as one.
pub(crate) fn body(text: &str) -> String {
    visible(&text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// A subject, or that there is none.
pub(crate) fn subject(text: &str) -> String {
    if text.trim().is_empty() { "(no subject)".to_owned() } else { visible(text) }
}

/// A person as a mail names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The name, which anyone can choose; empty if there is none.
    pub name: String,
    /// The address, which decides.
    pub address: String,
}

impl From<&Party> for Person {
    fn from(party: &Party) -> Self {
        let name = party.name.as_deref().map(str::trim).unwrap_or_default();
        // A name that repeats the address says nothing.
        let name = if name.eq_ignore_ascii_case(party.address.trim()) { "" } else { name };
        Self { name: visible(name), address: visible(&party.address) }
    }
}

/// The people of a list.
pub(crate) fn people(parties: &[Party]) -> Vec<Person> {
    parties.iter().map(Person::from).collect()
}

/// Why a mail was held, from the stable code.
pub(crate) fn reason(code: &str) -> String {
    match code {
        "no_policy_allows_it" => "No policy lets this mail go without a person.".to_owned(),
        "policy_allows" => "A policy lets this mail go without a person.".to_owned(),
        "policy_holds" => "A policy asks for a person.".to_owned(),
        "policy_unreadable" => "A policy can\u{2019}t be read, so everything is held.".to_owned(),
        "credential_revoked" => {
            "An API token was deleted or paused with which somebody had voted or handed their vote on."
                .to_owned()
        }
        "original_was_sent" => "An earlier attempt at the same mail proved to have gone.".to_owned(),
        "thread_tainted" => {
            "Something in this conversation looks wrong: its mails always need a person.".to_owned()
        }
        "disguised_file" => {
            "A file says that it is harmless, and is a program, a script or a web page.".to_owned()
        }
        "answers_automatic_mail" => "It answers a mail that a program wrote.".to_owned(),
        "foreign_reply_to" => "Answers go to another address than the one that sends.".to_owned(),
        "scheduled_far_ahead" => {
            "It is to go out more than a day from now: rules may have changed by then.".to_owned()
        }
        "sent_again" => {
            "It is a new attempt at a mail that did not go, or whose outcome is unknown.".to_owned()
        }
        "edited" => "It was edited after it had been held.".to_owned(),
        "rejected_before" => "It was made of a mail that somebody rejected.".to_owned(),
        "written_by_others" => "Others wrote in its draft than who asks for it.".to_owned(),
        "paused" => "It was asked for while mail was paused.".to_owned(),
        "organization_unclaimed" => {
            "It was asked for while the organization belonged to nobody: nothing leaves then without a person."
                .to_owned()
        }
        "signature_demanded" => {
            "Mail from there goes only where somebody’s own key has signed it.".to_owned()
        }
        "nobody_else_decides" => {
            "Nobody else of the organization decides about mail, so whoever asked for it may approve it."
                .to_owned()
        }
        "thread_cap" => "Many mails went in this conversation today without a person.".to_owned(),
        "recipient_cap" => "Many mails went to a recipient today without a person.".to_owned(),
        other => format!("A policy asks for a person ({other})."),
    }
}

/// A reason in a few words.
pub(crate) fn short_reason(code: &str) -> String {
    match code {
        "no_policy_allows_it" => "No rule allows it",
        "policy_holds" => "A rule holds it",
        "policy_unreadable" => "A policy can\u{2019}t be read",
        "thread_tainted" => "Suspicious thread",
        "disguised_file" => "Disguised file",
        "answers_automatic_mail" => "Answers a program",
        "foreign_reply_to" => "Answers go elsewhere",
        "scheduled_far_ahead" => "Scheduled far ahead",
        "sent_again" => "Sent again",
        "edited" => "Edited",
        "rejected_before" => "Rejected before",
        "written_by_others" => "Written by others",
        "paused" => "Asked under a pause",
        "organization_unclaimed" => "From before the claim",
        "signature_demanded" => "A key must sign",
        "nobody_else_decides" => "You decide alone",
        "thread_cap" | "recipient_cap" => "Many today",
        other => return visible(other),
    }
    .to_owned()
}

/// Why a mail waits, in a few words: the rule that holds it, by its name, or the reason that no risk says already.
pub(crate) fn why(approval: &Approval) -> String {
    let rule = approval.trace.iter().find(|step| step.outcome == "hold");
    if let Some(step) = rule {
        return visible(&step.rule_name);
    }
    let said =
        |code: &&String| ["thread_tainted", "disguised_file", "foreign_reply_to"].contains(&code.as_str());
    let reasons = &approval.reasons;
    reasons
        .iter()
        .find(|code| !said(code))
        .or(reasons.first())
        .map(|code| short_reason(code))
        .unwrap_or_default()
}

/// Why a mail was called off: a person's words, or the sentence for a stable code of ours.
///
/// People write what they like as a reason: what is a code of ours is one only where the system called it off.
pub(crate) fn called_off(reason: &str, by: &Actor) -> String {
    match reason {
        words if *by != Actor::System && words != "dropped_on_resume" => body(words),
        "" => String::new(),
        "dropped_on_resume" => "It was dropped when the mail that had been held back was let go.".to_owned(),
        "approval_not_valid" => "Its votes, counted again before sending, did not suffice.".to_owned(),
        "organization_gone" => "The organization is gone.".to_owned(),
        "signature_missing" => "It needs votes that people’s own keys signed, and fewer of those counted.".to_owned(),
        "sender_of_another" => "Another organization alone sends from there, as the key log says.".to_owned(),
        "sender_altered" => "Its header fields name another sender than the one that was approved.".to_owned(),
        "not_due" => "It was to go later.".to_owned(),
        "organization_unclaimed" => "Nobody had claimed the organization yet.".to_owned(),
        "domain_not_verified" => "The domain that it was to leave from is not verified any more.".to_owned(),
        "inbox_gone" => "The inbox is gone that it was to leave from.".to_owned(),
        "token_deleted" => "The API token was deleted that had asked for it.".to_owned(),
        "requester_removed" => "Whoever asked for it is no member any more.".to_owned(),
        "approver_removed" => {
            "Somebody whose vote it needed is no member any more, has another role, or revoked a standing approval."
                .to_owned()
        }
        "thread_tainted" => "Something in its conversation looked wrong before it went, and nobody had read it.".to_owned(),
        words => body(words),
    }
}

/// What a status of an approval is called in a list of them.
pub(crate) fn status(status: &str) -> &'static str {
    match status {
        "pending" => "Waiting",
        "approved" => "Approved",
        "rejected" => "Rejected",
        "cancelled" => "Cancelled",
        "superseded" => "Edited",
        _ => "Expired",
    }
}

/// Why the provider did not take a mail, from the stable code.
pub(crate) fn failure(code: &str) -> String {
    match code {
        "message_rejected" => "Amazon SES rejected the message.",
        "mail_from_domain_not_verified" => "The sending domain is not verified with Amazon SES.",
        "account_suspended" => "Amazon SES has suspended sending for this AWS account.",
        "sending_paused" => "Sending is paused for this AWS account.",
        "bad_request" => "The provider could not read the request.",
        "configuration_not_found" => "The SES configuration set does not exist.",
        "not_constructed" => "The request to the provider could not be built.",
        "throttled" | "limit_exceeded" => "The provider allowed no more mail, however often it was asked.",
        "access_denied" => "Amazon SES denied access.",
        "not_connected" => "The provider could not be reached.",
        "timeout" | "connection_lost" | "no_tls" | "broken_answer" => {
            "The provider could not be spoken with, however often it was tried."
        }
        "deferred" => "The server asked to come back later, however often it was tried.",
        "certificate_refused" => "The server\u{2019}s certificate has ended, or is not one for its name.",
        "sender_refused" => "The server takes no mail from this address.",
        "recipient_refused" => "The server refused a recipient, so it was given to none.",
        "sender_not_verified" => "The provider does not know the sender\u{2019}s address or domain as yours.",
        "credentials_refused" => "The provider took the account\u{2019}s key or password no more.",
        "credentials_unreadable" => {
            "The account\u{2019}s key or password can\u{2019}t be opened: give it another."
        }
        "quota_reached" => "Nothing was left of what is paid for at the provider.",
        "account_not_active" => "The provider has not activated the account there, or has suspended it.",
        "ip_not_authorized" => "The account there takes calls from listed addresses of the network alone.",
        "account_disconnected" => "The account was disconnected.",
        "account_changed" => "The account is not the one that was approved.",
        "not_expressible" => "The provider can\u{2019}t be given the mail as it is.",
        "too_large" => "It is larger than the provider takes.",
        "unprocessable" | "refused" | "not_found" => "The provider refused it.",
        "storage_unavailable" => "The approved bytes could not be read from storage.",
        "sealed_object_missing" => "The approved bytes are missing from storage.",
        "sealed_object_altered" => {
            "The stored bytes are not those that were approved, so they were not sent."
        }
        other => return format!("Reason: {other}."),
    }
    .to_owned()
}

/// A text as it may stand in a query.
pub(crate) fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What a status of a mail means, in a word and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// `good`, `busy`, `bad` or `idle`: how it is coloured.
    pub tone: &'static str,
    /// The word.
    pub word: &'static str,
    /// What it means.
    pub sentence: String,
    /// Whether it may change within seconds, so that looking again is worth it.
    pub moving: bool,
}

/// Where a mail stands that was, or was to be, sent.
pub(crate) fn standing(outbound: &Outbound, now: Timestamp) -> Standing {
    let status = outbound.status();
    let (tone, word, sentence) = match status {
        Status::PendingApproval => ("idle", "Waiting", "It waits for a decision.".to_owned()),
        Status::Scheduled => {
            let (due, attempt) = match &outbound.state {
                State::Scheduled { due, attempt, .. } => (*due, *attempt),
                _ => (now, 0),
            };
            let sentence = if due > now {
                let due = Moment::new(due, now);
                format!("It goes out on {} ({}).", due.exact, due.relative)
            } else if attempt > 0 {
                "The provider did not take it yet. It is tried again shortly; it has certainly not been sent.".to_owned()
            } else {
                "It is about to go out.".to_owned()
            };
            ("busy", "Scheduled", sentence)
        }
        Status::Sending => ("busy", "Sending", "It is being handed to the provider.".to_owned()),
        Status::Sent => (
            "good",
            "Sent",
            "The provider accepted it. Whether the recipients\u{2019} servers did is not reported yet.".to_owned(),
        ),
        Status::Delivered => ("good", "Delivered", "Every recipient\u{2019}s server accepted it.".to_owned()),
        Status::Deferred => (
            "busy",
            "Deferred",
            "A recipient\u{2019}s server asked to wait. The provider keeps trying by itself.".to_owned(),
        ),
        Status::Bounced => ("bad", "Bounced", "A recipient\u{2019}s server refused it for good.".to_owned()),
        Status::Complained => ("bad", "Complaint", "A recipient marked it as spam.".to_owned()),
        Status::Failed => {
            let why = match &outbound.state {
                State::Failed { reason, .. } => failure(reason),
                _ => String::new(),
            };
            ("bad", "Failed", format!("It was not sent. {why}"))
        }
        Status::Rejected => ("idle", "Not sent", "It was rejected, so it is never sent.".to_owned()),
        Status::Cancelled => ("idle", "Not sent", "It was cancelled, so it is never sent.".to_owned()),
        Status::Expired => ("idle", "Not sent", "Nobody decided in time, so it is never sent.".to_owned()),
        Status::Unknown => (
            "bad",
            "Unknown",
            "The provider was called and no clear answer came: it may or may not have been sent. It is never sent again \
             by itself. If the provider reports on it, this page says so."
                .to_owned(),
        ),
    };
    let moving = match &outbound.state {
        State::Scheduled { due, .. } => *due <= now,
        State::Sending { .. } | State::Unknown { .. } => true,
        State::Accepted { .. } => matches!(status, Status::Sent | Status::Deferred),
        _ => false,
    };
    Standing { tone, word, sentence, moving }
}

/// What a recipient's server said.
pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Deferred => "asked to wait",
        Outcome::Delivered => "accepted",
        Outcome::Bounced => "refused for good",
        Outcome::Complained => "marked as spam",
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn times_are_told_from_now() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        for (seconds, expected) in [
            (0, "just now"),
            (-29, "just now"),
            (20, "in less than a minute"),
            (60, "in 1 minute"),
            (-3_000, "50 minutes ago"),
            (3_600, "in 1 hour"),
            (-47 * 3_600, "47 hours ago"),
            (7 * 86_400, "in 7 days"),
            (7 * 86_400 - 60, "in 7 days"),
            (6 * 86_400 + 80_000, "in 6 days"),
            (-90 * 86_400, "3 months ago"),
            (-800 * 86_400, "2 years ago"),
        ] {
            assert_eq!(relative(now + SignedDuration::from_secs(seconds), now), expected, "{seconds}");
        }
        let moment = Moment::new("2026-12-01T09:00:00.5Z".parse().unwrap(), now);
        assert_eq!(moment.exact, "1 Dec 2026, 09:00 UTC");
        assert_eq!(moment.machine, "2026-12-01T09:00:00Z");
    }

    #[test]
    fn sizes() {
        for (bytes, expected) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1 kB"),
            (1_540, "1.5 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1 MB"),
            (25 * 1024 * 1024, "26.2 MB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn doers_are_told_apart() {
        let id = MemberId::new(Timestamp::UNIX_EPOCH, [7; 10]);
        assert_eq!(Names::new(Some(id), &[]).member(id).short, "you");
        let other = Names::default().member(id);
        assert_eq!(other.id, id.to_string());
        assert!(other.short.starts_with("member \u{2026}") && id.to_string().ends_with(&other.short[10..]));
    }

    #[test]
    fn a_name_that_repeats_the_address_is_left_out() {
        let party = |name: &str| Party { name: Some(name.to_owned()), address: "a@example.com".to_owned() };
        assert_eq!(Person::from(&party("A@example.com")).name, "");
        // One that shows another address is kept: the reader must see both.
        assert_eq!(Person::from(&party("b@example.com")).name, "b@example.com");
    }
}
