//! Suppressions, and who stands on lists.

use app::base::error::Refusal;
use app::base::store::PageRequest;
use app::mailbox::entries::NewEntry;
use app::mailbox::suppressions::NewSuppression;
use domain::base::code::Code;
use domain::mailbox::listed::{ListEntry, Side, Source, Standing, Suppression};
use domain::mailbox::whom::Whom;
use domain::{ListEntryId, MessageId, SuppressionId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::pages::page_request;
use crate::base::parts::{ActorView, actor};
use crate::base::request::{self, Faults, request};
use crate::base::values::{Choice, Domain, Email, IdOf, Limit, Named, Text, Time};

/// Longest reason, in characters.
const REASON: usize = Suppression::MAX_REASON;

impl Named for Source {
    const ALL: &'static [Self] = Source::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl Named for Side {
    const ALL: &'static [Self] = Side::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl Named for Standing {
    const ALL: &'static [Self] = Standing::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

request! {
    /// Whom no mail is to go to any more: either of an address and a domain.
    pub struct CreateSuppression {
        /// One mailbox.
        address: Option<Email>,
        /// All mailboxes of this domain and of those below it.
        domain: Option<Domain>,
        /// Why, in at most 200 characters; whoever is refused is told.
        reason: Option<Text<REASON>>,
    }
    check address_or_domain
}

fn address_or_domain(has: &dyn Fn(&str) -> bool, faults: &mut Faults) {
    if has("address") == has("domain") {
        faults.note_at("address", Code::AddressOrDomain, "give exactly one of address and domain");
    }
}

/// Reads [`CreateSuppression`].
pub fn new_suppression(body: &[u8]) -> Result<NewSuppression, Refusal> {
    let CreateSuppression { address, domain, reason } = request::body(body)?;
    let whom = match (address, domain) {
        (Some(address), _) => Whom::Address(address.0),
        (_, Some(domain)) => Whom::Domain(domain.0),
        // Checked when it was read.
        (None, None) => return Err(Refusal::field("address", Code::AddressOrDomain, "is required")),
    };
    Ok(NewSuppression { whom, reason: filled(reason) })
}

fn filled<const MAX: usize>(reason: Option<Text<MAX>>) -> Option<String> {
    reason.map(|text| text.0).filter(|text| !text.trim().is_empty())
}

/// Whom no mail goes to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Suppression")]
pub struct SuppressionView<'a> {
    /// The same for the same address or domain.
    id: IdOf<SuppressionId>,
    /// One mailbox.
    address: Option<&'a str>,
    /// All mailboxes of this domain and of those below it.
    domain: Option<&'a str>,
    source: Choice<Source>,
    /// Why, in the words of whoever made it.
    reason: Option<&'a str>,
    /// The mail that bounced, or that was complained of.
    message_id: Option<IdOf<MessageId>>,
    created_at: Time,
    created_by: ActorView,
}

/// Whom no mail goes to.
pub fn suppression(one: &Suppression) -> SuppressionView<'_> {
    let (address, domain, _) = shown(&one.whom);
    SuppressionView {
        id: IdOf(one.id),
        address,
        domain,
        source: Choice(one.source),
        reason: one.reason.as_deref(),
        message_id: one.message_id.map(IdOf),
        created_at: Time(one.created_at),
        created_by: actor(&one.created_by),
    }
}

fn shown(whom: &Whom) -> (Option<&str>, Option<&str>, bool) {
    match whom {
        Whom::Address(address) => (Some(address.as_str()), None, false),
        Whom::Domain(domain) => (None, Some(domain), false),
        Whom::Everyone => (None, None, true),
    }
}

request! {
    /// Who is to stand on a list: one of an address, a domain and everyone.
    pub struct CreateListEntry {
        /// `send` for mail that goes out, by its recipients; `receive` for mail that comes in, by its author.
        direction: Choice<Side>,
        /// `block`, or `allow` for whom a less specific entry blocks.
        kind: Choice<Standing>,
        /// One mailbox.
        address: Option<Email>,
        /// All mailboxes of this domain and of those below it.
        domain: Option<Domain>,
        /// `true`: whoever has no entry of their own.
        everyone: Option<bool>,
        /// Why, in at most 200 characters; whoever is refused is told.
        reason: Option<Text<REASON>>,
    }
    check one_whom
}

fn one_whom(has: &dyn Fn(&str) -> bool, faults: &mut Faults) {
    if ["address", "domain", "everyone"].iter().filter(|name| has(name)).count() != 1 {
        let message = "give exactly one of address, domain and everyone";
        faults.note_at("address", Code::AddressOrDomain, message);
    }
}

/// Reads [`CreateListEntry`].
pub fn new_entry(body: &[u8]) -> Result<NewEntry, Refusal> {
    let new: CreateListEntry = request::body(body)?;
    let whom = match (new.address, new.domain, new.everyone) {
        (Some(address), ..) => Whom::Address(address.0),
        (_, Some(domain), _) => Whom::Domain(domain.0),
        (.., Some(true)) => Whom::Everyone,
        (None, None, _) => {
            return Err(Refusal::field("everyone", Code::AddressOrDomain, "must be true where it is given"));
        }
    };
    Ok(NewEntry { side: new.direction.0, standing: new.kind.0, whom, reason: filled(new.reason) })
}

request! {
    /// Which list, and which page of it.
    pub struct ListEntriesQuery {
        /// Mail that goes out, or mail that comes in.
        direction: Choice<Side>,
        /// Who is allowed, or who is blocked.
        kind: Choice<Standing>,
        /// How many entries at most; 50 where it is left out.
        limit: Option<Limit>,
        /// The `next_cursor` of the page before.
        cursor: Option<String>,
    }
}

impl ListEntriesQuery {
    /// The list, and the page.
    pub fn list(self) -> ((Side, Standing), PageRequest) {
        ((self.direction.0, self.kind.0), page_request(self.limit, self.cursor))
    }
}

/// Somebody on a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ListEntry")]
pub struct ListEntryView<'a> {
    /// The same for the same address, domain or everyone in one direction.
    id: IdOf<ListEntryId>,
    direction: Choice<Side>,
    kind: Choice<Standing>,
    /// One mailbox.
    address: Option<&'a str>,
    /// All mailboxes of this domain and of those below it.
    domain: Option<&'a str>,
    /// Whoever has no entry of their own.
    everyone: bool,
    /// Why, in the words of whoever made it.
    reason: Option<&'a str>,
    created_at: Time,
    created_by: ActorView,
}

/// Somebody on a list.
pub fn entry(entry: &ListEntry) -> ListEntryView<'_> {
    let (address, domain, everyone) = shown(&entry.whom);
    ListEntryView {
        id: IdOf(entry.id),
        direction: Choice(entry.side),
        kind: Choice(entry.standing),
        address,
        domain,
        everyone,
        reason: entry.reason.as_deref(),
        created_at: Time(entry.created_at),
        created_by: actor(&entry.created_by),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(refusal: Refusal) -> Vec<(String, Code)> {
        match refusal {
            Refusal::Invalid(errors) => errors.into_iter().map(|one| (one.field, one.code)).collect(),
            other => vec![(String::new(), other.code())],
        }
    }

    #[test]
    fn an_address_or_a_domain_is_suppressed_and_never_both() {
        let new = new_suppression(br#"{"address": "Ann@Example.org", "reason": " "}"#).unwrap();
        assert_eq!((new.whom.key().as_str(), new.reason), ("ann@example.org", None));
        let new = new_suppression(br#"{"domain": "Example.org", "reason": "They asked."}"#).unwrap();
        assert_eq!(
            (new.whom, new.reason.as_deref()),
            (Whom::Domain("example.org".into()), Some("They asked."))
        );
        for body in [r#"{}"#, r#"{"address": "a@b.test", "domain": "b.test"}"#] {
            let refusal = new_suppression(body.as_bytes()).unwrap_err();
            assert_eq!(refused(refusal), [("address".to_owned(), Code::AddressOrDomain)], "{body}");
        }
    }

    #[test]
    fn all_that_is_wrong_with_an_entry_is_named_at_once() {
        let body = br#"{"direction": "up", "kind": "maybe", "address": "nobody", "more": 1}"#;
        let fields: Vec<_> =
            refused(new_entry(body).unwrap_err()).into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["direction", "kind", "address", "more"]);
        let not_everyone = br#"{"direction": "send", "kind": "block", "everyone": false}"#;
        let refusal = new_entry(not_everyone).unwrap_err();
        assert_eq!(refused(refusal), [("everyone".to_owned(), Code::AddressOrDomain)]);
        let everyone = br#"{"direction": "receive", "kind": "block", "everyone": true}"#;
        let new = new_entry(everyone).unwrap();
        assert_eq!((new.side, new.standing, new.whom), (Side::Receive, Standing::Block, Whom::Everyone));
    }
}
