//! Policies as JSON. What they may say is the domain's: here JSON becomes the tree that it reads, and back.

use std::borrow::Cow;

use app::base::error::Refusal;
use app::gate::policies::{History, Trial, TrialDraft, TrialMail};
use app::gate::submit::MAX_ATTACHMENTS;
use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::base::hours::first_outside;
use domain::gate::policy::{
    Counted, Evaluation, Facts, FileFact, Policy, PolicyBook, PolicyContent, Terms, Tree, Unmatched, Verdict,
    Violation, Volume, limits,
};
use domain::gate::seal::MAX_RECIPIENTS;
use domain::people::access::Role;
use domain::{DraftId, InboxId, MemberId, MessageId, PolicyId, TokenId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::base::parts::{ActorView, HoursView, StepView, actor, hours, step};
use crate::base::request::{self, Faults, Field, request};
use crate::base::values::{Choice, IdOf, Line, List, MAX_ENTRIES, Mailboxes, Text, Time};

/// JSON as a tree. The parser has bounded its depth.
fn tree(value: &Value) -> Tree {
    match value {
        Value::Null => Tree::Null,
        Value::Bool(yes) => Tree::Bool(*yes),
        Value::Number(n) => n.as_u64().map_or(Tree::OtherNumber, Tree::Number),
        Value::String(text) => Tree::Text(text.clone()),
        Value::Array(list) => Tree::List(list.iter().map(tree).collect()),
        Value::Object(map) => {
            Tree::Map(map.iter().map(|(name, value)| (name.clone(), tree(value))).collect())
        }
    }
}

fn value(tree: Tree) -> Value {
    match tree {
        Tree::Null | Tree::OtherNumber => Value::Null,
        Tree::Bool(yes) => Value::Bool(yes),
        Tree::Number(n) => Value::from(n),
        Tree::Text(text) => Value::String(text),
        Tree::List(list) => Value::Array(list.into_iter().map(value).collect()),
        Tree::Map(map) => Value::Object(map.into_iter().map(|(name, inner)| (name, value(inner))).collect()),
    }
}

/// What a policy says, as the domain reads and writes it.
#[derive(Clone)]
pub struct PolicyGiven(PolicyContent);

impl Field for PolicyGiven {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let note = |violation: Violation| match violation.path.as_str() {
            "" => faults.note(violation.code, violation.message),
            path => faults.note_at(path, violation.code, violation.message),
        };
        match PolicyContent::read(&tree(&value)) {
            Ok(content) => Some(Self(content)),
            Err(violations) => {
                violations.into_iter().for_each(note);
                None
            }
        }
    }
}

/// The properties of a policy, and those that are required. `infra/docs/POLICIES.md` has the conditions.
fn properties() -> Map<String, Value> {
    let properties = json_schema!({
        "name": { "type": "string", "minLength": 1, "maxLength": limits::TEXT },
        "description": { "type": ["string", "null"], "maxLength": limits::TEXT },
        "enabled": { "type": ["boolean", "null"] },
        "inbox_ids": {
            "description": "The inboxes that it is for; null or left out, all of them.",
            "type": ["array", "null"], "minItems": 1, "maxItems": limits::LIST, "items": { "type": "string" },
        },
        "rules": {
            "type": "array",
            "minItems": 1,
            "maxItems": limits::RULES,
            "items": {
                "type": "object",
                "properties": {
                    "name": { "type": "string", "minLength": 1, "maxLength": limits::TEXT },
                    "when": { "description": "Exactly one condition.", "type": "object" },
                    "outcome": { "type": "string", "enum": ["allow", "hold", "defer", "block"] },
                    "terms": { "description": "What it takes, where it is held.", "type": ["object", "null"] },
                    "quiet_hours": {
                        "description": "Within which it does not go, where it is deferred.", "type": ["object", "null"],
                    },
                },
                "required": ["name", "when", "outcome"],
                "additionalProperties": false,
            },
        },
    });
    properties.to_value().as_object().cloned().unwrap_or_default()
}

impl JsonSchema for PolicyGiven {
    fn schema_name() -> Cow<'static, str> {
        Cow::from("PolicyGiven")
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        given_schema()
    }
}

/// What is taken as a policy.
pub(crate) fn given_schema() -> Schema {
    json_schema!({
        "description": "A policy.",
        "type": "object",
        "properties": properties(),
        "required": ["name", "rules"],
        "additionalProperties": false,
    })
}

/// A policy, and under `version` the version of the one whose place it takes.
#[derive(Clone)]
pub struct ReplacePolicy {
    version: u64,
    content: PolicyContent,
}

impl Field for ReplacePolicy {
    fn read(mut value: Value, faults: &mut Faults) -> Option<Self> {
        let version = value.as_object_mut().and_then(|object| object.remove("version"));
        let version = if let Some(version) = version.filter(|version| !version.is_null()) {
            faults.within_field("version", |faults| u64::read(version, faults))
        } else {
            faults.note_at("version", Code::Required, "is required: that of the policy as you know it");
            None
        };
        let content = PolicyGiven::read(value, faults);
        Some(Self { version: version?, content: content?.0 })
    }
}

impl JsonSchema for ReplacePolicy {
    fn schema_name() -> Cow<'static, str> {
        Cow::from("ReplacePolicy")
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        let mut properties = properties();
        let version = serde_json::json!({
            "description": "Of the policy whose place it takes, as you know it.", "type": "integer", "minimum": 0,
        });
        properties.insert("version".to_owned(), version);
        json_schema!({
            "description": "A policy that takes the place of one.",
            "type": "object",
            "properties": properties,
            "required": ["version", "name", "rules"],
            "additionalProperties": false,
        })
    }
}

/// Reads [`PolicyGiven`].
pub fn content(body: &[u8]) -> Result<PolicyContent, Refusal> {
    let PolicyGiven(content) = request::body(body)?;
    Ok(content)
}

/// Reads [`ReplacePolicy`].
pub fn replacement(body: &[u8]) -> Result<(u64, PolicyContent), Refusal> {
    let ReplacePolicy { version, content } = request::body(body)?;
    Ok((version, content))
}

request! {
    /// A mail that is tried out on policies: either as a `draft`, or one that was saved as a draft, or one that is there.
    pub struct SimulatePolicies {
        /// The inbox that it would leave.
        inbox_id: IdOf<InboxId>,
        /// A mail that nobody sends.
        draft: Option<DraftGiven>,
        /// A draft that was saved, as submitting it would ask for it now: what would be refused then is refused.
        draft_id: Option<IdOf<DraftId>>,
        /// A mail that waits, or left.
        message_id: Option<IdOf<MessageId>>,
        /// As if this token had asked.
        token_id: Option<IdOf<TokenId>>,
        /// In the place of those that there are.
        policies: Option<List<PolicyGiven, { limits::POLICIES }>>,
    }
    check one_mail
}

fn one_mail(has: &dyn Fn(&str) -> bool, faults: &mut Faults) {
    let given: Vec<_> = ["draft", "draft_id", "message_id"].into_iter().filter(|field| has(field)).collect();
    match given.as_slice() {
        [] => faults.note_at("draft", Code::Required, "is required, or draft_id, or message_id"),
        [_] => {}
        [first, others @ ..] => {
            let message = format!("can't stand beside {}", others.join(" and "));
            faults.note_at(first, Code::DraftOrMessage, message);
        }
    }
}

request! {
    /// A mail that nobody sends.
    pub struct DraftGiven {
        /// Recipients.
        to: Option<Mailboxes>,
        /// Recipients of copies.
        cc: Option<Mailboxes>,
        /// Recipients that the others don't see.
        bcc: Option<Mailboxes>,
        /// The subject.
        subject: Option<Line>,
        /// The body as text.
        text: Option<String>,
        /// The body as HTML.
        html: Option<String>,
        /// What files it has.
        attachments: Option<List<DraftFile, MAX_ENTRIES>>,
        /// Not before this.
        send_at: Option<Time>,
        /// The mail that it answers.
        in_reply_to: Option<IdOf<MessageId>>,
    }
}

request! {
    /// A file of a mail that nobody sends.
    pub struct DraftFile {
        /// Its name.
        filename: Text<200>,
        /// Its media type; `application/octet-stream` where it is left out.
        content_type: Option<Text<200>>,
        /// What its first bytes would say that it is, as a media type.
        detected_type: Option<Text<200>>,
        /// In bytes.
        size: Option<u64>,
    }
}

/// Reads [`SimulatePolicies`].
pub fn trial(body: &[u8]) -> Result<Trial, Refusal> {
    let trial: SimulatePolicies = request::body(body)?;
    let mail = match (trial.draft, trial.draft_id, trial.message_id) {
        (Some(draft), ..) => TrialMail::Draft(Box::new(self::draft(draft)?)),
        (None, Some(id), _) => TrialMail::Saved(id.0),
        (None, None, Some(id)) => TrialMail::Stored(id.0),
        // Checked when it was read.
        (None, None, None) => return Err(Refusal::field("draft", Code::Required, "is required")),
    };
    let policies: Option<Vec<_>> = trial.policies.map(|list| list.0.into_iter().map(|one| one.0).collect());
    let patterns: usize = policies.iter().flatten().map(PolicyContent::patterns).sum();
    if patterns > limits::BOOK_PATTERNS {
        let message = format!("have more than {} patterns together", limits::BOOK_PATTERNS);
        return Err(Refusal::field("policies", Code::TooManyPatterns, message));
    }
    Ok(Trial { inbox_id: trial.inbox_id.0, mail, token_id: trial.token_id.map(|id| id.0), policies })
}

fn draft(draft: DraftGiven) -> Result<TrialDraft, Refusal> {
    let recipients = [draft.to, draft.cc, draft.bcc].map(Mailboxes::entries).concat();
    if recipients.len() > MAX_RECIPIENTS {
        let message = format!("has more than {MAX_RECIPIENTS} recipients with cc and bcc");
        return Err(Refusal::field("draft.to", Code::TooManyRecipients, message));
    }
    let files = List::entries(draft.attachments);
    if files.len() > MAX_ATTACHMENTS {
        let message = format!("has more than {MAX_ATTACHMENTS} files");
        return Err(Refusal::field("draft.attachments", Code::TooManyAttachments, message));
    }
    let file = |file: DraftFile| FileFact {
        filename: file.filename.0,
        content_type: file.content_type.map_or_else(|| "application/octet-stream".to_owned(), |text| text.0),
        detected_type: file.detected_type.map(|text| text.0),
        size: file.size.unwrap_or_default().min(1 << 53),
    };
    Ok(TrialDraft {
        recipients,
        subject: draft.subject.map(|line| line.0),
        text: draft.text,
        html: draft.html,
        attachments: files.into_iter().map(file).collect(),
        send_at: draft.send_at.map(Time::whole_second),
        in_reply_to: draft.in_reply_to.map(|id| id.0),
    })
}

/// A policy as it is shown.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Policy")]
pub struct PolicyView {
    id: IdOf<PolicyId>,
    version: u64,
    created_at: Time,
    updated_at: Time,
    updated_by: ActorView,
    #[serde(flatten)]
    #[schemars(schema_with = "content_schema")]
    content: Value,
}

fn content_schema(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "properties": properties(),
        "required": ["name", "description", "enabled", "inbox_ids", "rules"],
    })
}

/// What a policy says, as JSON.
pub fn written(content: &PolicyContent) -> Value {
    let mut content = value(content.write());
    // What is written for the domain leaves out what is not there.
    if let Some(fields) = content.as_object_mut() {
        fields.entry("inbox_ids").or_insert(Value::Null);
    }
    content
}

/// A policy as it is shown.
pub fn policy(policy: &Policy) -> PolicyView {
    PolicyView {
        id: IdOf(policy.id),
        version: policy.version,
        created_at: Time(policy.created_at),
        updated_at: Time(policy.updated_at),
        updated_by: actor(&policy.updated_by),
        content: written(&policy.content),
    }
}

/// All policies. They are few: there is one page.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Policies")]
pub struct BookView {
    data: Vec<PolicyView>,
    /// Always `null`.
    next_cursor: Option<String>,
    /// Policies whose record can't be read. While there are any, everything is held.
    unreadable: Vec<UnreadableView>,
}

/// A policy whose record can't be read.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Unreadable")]
struct UnreadableView {
    id: Option<IdOf<PolicyId>>,
}

/// All policies.
pub fn book(book: &PolicyBook) -> BookView {
    BookView {
        data: book.policies.iter().map(policy).collect(),
        next_cursor: None,
        unreadable: book.unreadable.iter().map(|one| UnreadableView { id: one.id.map(IdOf) }).collect(),
    }
}

/// What a policy says and what it said before. There is one page: the last 50 are kept, beside what it says now.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PolicyVersions")]
pub struct HistoryView {
    /// The latest first.
    data: Vec<VersionView>,
    /// Always `null`.
    next_cursor: Option<String>,
}

/// What a policy says, or said.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PolicyVersion")]
struct VersionView {
    version: u64,
    /// When this was written.
    written_at: Time,
    written_by: ActorView,
    /// When somebody changed it, or deleted the policy; `null` for what it says now.
    ended_at: Option<Time>,
    ended_by: Option<ActorView>,
    /// What each rule says, in plain English: for people, and no form to parse.
    sentences: Vec<String>,
    #[serde(flatten)]
    #[schemars(schema_with = "content_schema")]
    content: Value,
}

/// What a policy says and what it said before.
pub fn history(history: &History) -> HistoryView {
    let now = history.current.iter().map(|policy| VersionView {
        version: policy.version,
        written_at: Time(policy.updated_at),
        written_by: actor(&policy.updated_by),
        ended_at: None,
        ended_by: None,
        sentences: policy.content.sentences(&|_| None),
        content: written(&policy.content),
    });
    let before = history.former.iter().map(|one| VersionView {
        version: one.version,
        written_at: Time(one.written_at),
        written_by: actor(&one.written_by),
        ended_at: Some(Time(one.ended_at)),
        ended_by: Some(actor(&one.ended_by)),
        sentences: one.content.sentences(&|_| None),
        content: written(&one.content),
    });
    HistoryView { data: now.chain(before).collect(), next_cursor: None }
}

/// What became of a mail that was tried out, and why.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Evaluation")]
pub struct EvaluationView<'a> {
    /// `allow`, `hold` or `block`.
    outcome: &'static str,
    /// What it would take, where it is held.
    terms: Option<TermsView>,
    /// Why, as stable codes.
    reasons: &'a [String],
    /// Hours within which it does not go.
    quiet_hours: Vec<HoursView<'a>>,
    /// When it would go that nobody had to approve: at its time, and outside of those hours.
    not_before: Time,
    /// The rules that matched.
    trace: Vec<StepView<'a>>,
    /// So many more matched than the trace has room for.
    omitted_steps: u32,
    /// The rules that did not match: why, and the outcome that they would have had. Without the scope `policies.manage`
    /// those alone that would have let it go.
    unmatched: Vec<StepView<'a>>,
    /// So many more did not match than are told of.
    omitted_unmatched: u32,
    rules_looked_at: u32,
    facts: FactsView<'a>,
}

/// What became of a mail that was tried out, and why.
pub fn evaluation<'a>(
    evaluation: &'a Evaluation,
    facts: &'a Facts,
    unmatched: &'a Unmatched,
) -> EvaluationView<'a> {
    EvaluationView {
        outcome: evaluation.outcome.as_str(),
        terms: match &evaluation.outcome {
            Verdict::Hold(terms) => Some(self::terms(terms, None)),
            Verdict::Allow | Verdict::Block => None,
        },
        reasons: &evaluation.reasons,
        quiet_hours: evaluation.quiet.iter().map(hours).collect(),
        not_before: Time(first_outside(&evaluation.quiet, facts.at)),
        trace: evaluation.trace.iter().map(step).collect(),
        omitted_steps: evaluation.omitted,
        unmatched: unmatched.steps.iter().map(step).collect(),
        omitted_unmatched: unmatched.omitted,
        rules_looked_at: evaluation.looked_at,
        facts: self::facts(facts),
    }
}

/// What a held mail takes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Terms")]
pub struct TermsView {
    requirements: Vec<RequirementView>,
    /// Whether who asked, who owns the token that asked, who edited it last and who asked for earlier attempts can't approve it.
    separation: bool,
    /// So many rejections end it.
    rejections: u8,
    /// Seconds that it waits for the votes.
    expires_in: i64,
    /// What happens where `send_at` passes before that: `expire` or `send`.
    late: &'static str,
    /// Seconds until those who may vote are reminded, again and again; never where it is `null`.
    remind_after: Option<i64>,
    /// Roles that are told of it by mail.
    notify: Vec<Choice<Role>>,
    /// With what it is decided: `person`, `any`, or `passkey` where each vote is signed by a key.
    by: &'static str,
    /// What the links do in the mails that tell of it: `decide` or `sign_in`.
    links: &'static str,
    signed: SignedVotesView,
    /// So many rows of an upload somebody must have decided about alone before they approve many of its mails at once.
    open_rows: u8,
}

/// How many of the votes must be signed by a key, and by which keys.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignedVotes")]
struct SignedVotesView {
    /// So many at least; `by` says where it is each of them.
    votes: u8,
    /// Whether by keys that stay in their device alone.
    device_bound: bool,
}

/// Votes that are needed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Requirement")]
struct RequirementView {
    quorum: u8,
    roles: Vec<Choice<Role>>,
    /// Groups whose members may give them as well: those who belonged to them when the mail was asked for.
    groups: Vec<String>,
    /// Members who may give them as well, those of the groups among them.
    member_ids: Vec<IdOf<MemberId>>,
    /// So many there are; `null` where nobody votes yet.
    votes: Option<usize>,
}

/// What a held mail takes, with the votes that there are.
pub(crate) fn terms(terms: &Terms, progress: Option<&[(usize, u8)]>) -> TermsView {
    let roles = |roles: &std::collections::BTreeSet<Role>| roles.iter().copied().map(Choice).collect();
    let requirements = terms.requirements.iter().enumerate().map(|(i, requirement)| RequirementView {
        quorum: requirement.quorum,
        roles: roles(&requirement.roles),
        groups: requirement.groups.iter().map(ToString::to_string).collect(),
        member_ids: requirement.members.iter().copied().map(IdOf).collect(),
        votes: progress.and_then(|progress| progress.get(i)).map(|(votes, _)| *votes),
    });
    TermsView {
        requirements: requirements.collect(),
        separation: terms.separation,
        rejections: terms.rejections,
        expires_in: terms.expires_in.as_secs(),
        late: terms.late.as_str(),
        remind_after: terms.remind_after.map(|after| after.as_secs()),
        notify: roles(&terms.notify),
        by: terms.by.as_str(),
        links: terms.links.as_str(),
        signed: SignedVotesView { votes: terms.signed.votes, device_bound: terms.signed.device_bound },
        open_rows: terms.open_rows,
    }
}

/// What policies look at, without the words of the mail.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Facts")]
struct FactsView<'a> {
    inbox_id: IdOf<InboxId>,
    sender: ActorView,
    recipients: Vec<RecipientFactView<'a>>,
    attachments: Vec<FileFactView<'a>>,
    /// Host names that it links to.
    links: &'a [String],
    /// Host names that it shows pictures of.
    pictures: &'a [String],
    /// In bytes.
    size: u64,
    thread: ThreadFactView,
    /// Whether it answers a mail that a program wrote.
    answers_automatic: bool,
    at: Time,
    volumes: Vec<VolumeView<'a>>,
}

/// A recipient, as policies look at it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RecipientFact")]
struct RecipientFactView<'a> {
    address: &'a str,
    /// `internal` or `external`.
    kind: &'static str,
    first_contact: bool,
}

/// A file, as policies look at it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FileFact")]
struct FileFactView<'a> {
    filename: &'a str,
    content_type: &'a str,
    /// What its first bytes say that it is; null where they say nothing.
    detected_type: Option<&'a str>,
    /// In bytes.
    size: u64,
}

/// The conversation, as policies look at it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ThreadFact")]
struct ThreadFactView {
    /// `reply` or `new`.
    kind: &'static str,
    tainted: bool,
}

/// How many mails left within a window.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Volume")]
struct VolumeView<'a> {
    /// `mails`, or `first_contacts`: recipients who were never written to before.
    of: &'static str,
    per: &'static str,
    recipient: Option<&'a str>,
    window: &'static str,
    count: u64,
}

fn facts(facts: &Facts) -> FactsView<'_> {
    let recipients = facts.recipients.iter().map(|one| RecipientFactView {
        address: one.address.as_str(),
        kind: if one.internal { "internal" } else { "external" },
        first_contact: one.first_contact,
    });
    let files = facts.attachments.iter().map(|file| FileFactView {
        filename: &file.filename,
        content_type: &file.content_type,
        detected_type: file.detected_type.as_deref(),
        size: file.size,
    });
    let volumes = facts.volumes.iter().map(|(Volume { of, per, recipient, window }, count)| VolumeView {
        of: match of {
            Counted::Mails => "mails",
            Counted::FirstContacts => "first_contacts",
        },
        per: per.as_str(),
        recipient: recipient.as_ref().map(EmailAddress::as_str),
        window: window.as_str(),
        count: *count,
    });
    FactsView {
        inbox_id: IdOf(facts.inbox.id),
        sender: actor(&facts.actor),
        recipients: recipients.collect(),
        attachments: files.collect(),
        links: &facts.links,
        pictures: &facts.pictures,
        size: facts.size,
        thread: ThreadFactView { kind: if facts.is_reply { "reply" } else { "new" }, tainted: facts.tainted },
        answers_automatic: facts.answers_automatic,
        at: Time(facts.at),
        volumes: volumes.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors<T>(found: Result<T, Refusal>) -> Vec<(String, &'static str)> {
        match found {
            Err(Refusal::Invalid(errors)) => {
                errors.into_iter().map(|one| (one.field, one.code.as_str())).collect()
            }
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("taken"),
        }
    }

    #[test]
    fn bodies_that_are_too_much_are_refused_and_not_choked_on() {
        let rule = r#"{"name":"r","when":{"always":true},"outcome":"allow"}"#;
        let rules = |n: usize| format!(r#"{{"name":"p","rules":[{}]}}"#, vec![rule; n].join(","));
        assert!(content(rules(100).as_bytes()).is_ok());
        assert_eq!(errors(content(rules(10_000).as_bytes())), [("rules".to_owned(), "too_many_rules")]);
        let deep = format!("{}1{}", r#"{"not":"#.repeat(100_000), "}".repeat(100_000));
        let nested = format!(r#"{{"name":"p","rules":[{{"name":"r","when":{deep},"outcome":"allow"}}]}}"#);
        assert_eq!(errors(content(nested.as_bytes())), [(String::new(), "invalid_json")]);
        let large = format!(r#"{{"name":"{}","rules":[{rule}]}}"#, "a".repeat(1_000_000));
        assert_eq!(errors(content(large.as_bytes())), [("name".to_owned(), "too_long")]);
        for body in ["", "[]", "null", "{"] {
            assert_eq!(errors(content(body.as_bytes())), [(String::new(), "invalid_json")], "{body}");
        }
    }

    #[test]
    fn a_replacement_names_the_version_and_everything_that_is_wrong() {
        let good =
            r#"{"version":3,"name":"p","rules":[{"name":"r","when":{"always":true},"outcome":"block"}]}"#;
        assert_eq!(replacement(good.as_bytes()).unwrap().0, 3);
        let expected = [("version", "required"), ("name", "required"), ("rules", "required")];
        assert_eq!(errors(replacement(b"{}")), expected.map(|(field, code)| (field.to_owned(), code)));
        assert_eq!(errors(replacement(br#"{"version":"1","name":"p","rules":[]}"#))[0].1, "wrong_type");
    }

    #[test]
    fn a_trial_is_a_draft_or_a_mail() {
        let inbox = "inb_01kc1x5e3r0000000000000001";
        let with = |rest: &str| format!(r#"{{"inbox_id":"{inbox}"{rest}}}"#);
        assert!(trial(with(r#","draft":{"to":"a@b.co","text":"x"}"#).as_bytes()).is_ok());
        assert_eq!(errors(trial(with("").as_bytes())), [("draft".to_owned(), "required")]);
        let both = with(r#","draft":{},"message_id":"msg_01kc1x5e3r0000000000000001""#);
        assert_eq!(errors(trial(both.as_bytes())), [("draft".to_owned(), "draft_or_message")]);
        let bad = with(
            r#","draft":{"to":["x"],"nope":1},"policies":[{"name":"p","rules":[{"name":"r","when":{"x":1},"outcome":"allow"}]}]"#,
        );
        let expected = [
            ("draft.to[0]", "invalid_address"),
            ("draft.nope", "unknown_field"),
            ("policies[0].rules[0].when.x", "unknown_condition"),
        ];
        assert_eq!(errors(trial(bad.as_bytes())), expected.map(|(field, code)| (field.to_owned(), code)));
    }
}
