//! Judging a mail.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;

use regex::{Regex, RegexBuilder};

use super::amounts::{Amounts, Currency};
use super::words::{fold, has_word, look, visible};
use super::{
    Condition, Counted, Facts, FileFact, FileKind, FileTest, LinkTest, Outcome, Per, Places, Policy,
    PolicyBook, RecipientFact, RecipientTest, Rule, SenderTest, Terms, ThreadTest, Volume, Window, limits,
};
use crate::PolicyId;
use crate::base::hours::{DAYS, Hours};
use crate::mailbox::media;
use crate::people::access::Actor;

/// A rule allows it and none is stricter.
pub const REASON_ALLOWED: &str = "policy_allows";
/// A rule holds it.
pub const REASON_HELD: &str = "policy_holds";
/// A rule blocks it.
pub const REASON_BLOCKED: &str = "policy_blocks";
/// No rule says anything about it: it is held.
pub const REASON_NOTHING_ALLOWS: &str = "no_policy_allows_it";
/// A policy can't be read, or a condition of it can't be answered: it is held.
pub const REASON_UNREADABLE: &str = "policy_unreadable";

impl Evaluation {
    /// Whether a rule says what the mail takes, or might have, could it be read: then nobody else says less.
    pub fn is_by_rule(&self) -> bool {
        self.reasons.iter().any(|reason| [REASON_HELD, REASON_UNREADABLE].contains(&reason.as_str()))
    }
}

/// What becomes of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It goes out.
    Allow,
    /// It waits for votes.
    Hold(Terms),
    /// It does not go out.
    Block,
}

impl Verdict {
    /// The name in the API.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Verdict::Allow => "allow",
            Verdict::Hold(_) => "hold",
            Verdict::Block => "block",
        }
    }
}

/// What became of a mail, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// What becomes of it.
    pub outcome: Verdict,
    /// Why, as stable codes, never empty.
    pub reasons: Vec<String>,
    /// The rules that matched, in the order of the book: at most [`limits::STEPS`], and at most
    /// [`limits::TRACE`] bytes of text. Those that decided come before those that did not.
    pub trace: Vec<Step>,
    /// Hours within which it does not go, of all rules that defer it, each once.
    pub quiet: Vec<Hours>,
    /// So many more matched than the trace has room for.
    pub omitted: u32,
    /// So many rules were looked at.
    pub looked_at: u32,
}

/// One rule that matched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Step {
    /// The policy.
    pub policy_id: PolicyId,
    /// Its version.
    pub policy_version: u64,
    /// Its name.
    pub policy_name: String,
    /// The rule's place in it, from 0.
    pub rule: u32,
    /// The rule's name.
    pub rule_name: String,
    /// `allow`, `hold`, `defer`, `block`, or `unreadable` where the rule could not be judged.
    pub outcome: &'static str,
    /// The fact that met it, in one sentence of at most [`limits::BECAUSE`] characters.
    pub because: String,
}

impl PolicyBook {
    /// Judges a mail of this inbox. The same book and the same facts have the same answer, always.
    pub fn evaluate(&self, facts: &Facts) -> Evaluation {
        let (texts, inbox) = (Texts::of(facts), facts.inbox);
        let judge = Judge { facts, texts: &texts, named: None, strict: false };
        let mut looked_at = 0;
        let (mut allowed, mut blocked, mut unreadable) = (false, false, !self.unreadable.is_empty());
        let mut terms: Option<Terms> = None;
        let mut quiet = BTreeSet::new();
        let mut steps: Vec<(u8, Step)> = vec![];
        for policy in self.policies.iter().filter(|policy| policy.applies_to(inbox)) {
            for (i, rule) in (0..).zip(&policy.content.rules) {
                looked_at += 1;
                let Some((rank, outcome, because)) = judge.rule_of(policy, rule) else { continue };
                match (&rule.outcome, rank) {
                    (_, Judge::UNREADABLE) => unreadable = true,
                    (Outcome::Allow, _) => allowed = true,
                    (Outcome::Block, _) => blocked = true,
                    (Outcome::Defer(hours), _) => _ = quiet.insert(hours.clone()),
                    (Outcome::Hold(asked), _) => {
                        let asked = asked.clone().with_members(&self.groups);
                        terms = Some(match terms.take() {
                            Some(before) => before.unite(asked),
                            None => asked,
                        });
                    }
                }
                steps.push((
                    rank,
                    Step {
                        policy_id: policy.id,
                        policy_version: policy.version,
                        policy_name: policy.content.name.clone(),
                        rule: i,
                        rule_name: rule.name.clone(),
                        outcome,
                        because,
                    },
                ));
            }
        }
        let mut reasons = vec![];
        if terms.is_some() {
            reasons.push(REASON_HELD);
        }
        if unreadable {
            reasons.push(REASON_UNREADABLE);
            terms = Some(match terms.take() {
                Some(terms) => terms.unite(Terms::default()),
                None => Terms::default(),
            });
        }
        let outcome = match (blocked, terms) {
            (true, _) => {
                reasons = vec![REASON_BLOCKED];
                Verdict::Block
            }
            (false, Some(terms)) => Verdict::Hold(terms.unite_with_itself()),
            (false, None) if allowed => {
                reasons.push(REASON_ALLOWED);
                Verdict::Allow
            }
            (false, None) => {
                reasons.push(REASON_NOTHING_ALLOWS);
                Verdict::Hold(Terms::default())
            }
        };
        let (trace, omitted) = cut_steps(steps);
        let reasons = reasons.into_iter().map(str::to_owned).collect();
        Evaluation { outcome, reasons, trace, quiet: quiet.into_iter().collect(), omitted, looked_at }
    }
}

/// The rules that did not match, each with why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unmatched {
    /// In the order of the book, at most [`limits::UNMATCHED`]: each with the outcome that it would have had.
    pub steps: Vec<Step>,
    /// So many more did not match.
    pub omitted: u32,
}

impl PolicyBook {
    /// Tells of each rule that did not match a mail of this inbox why it did not, those of policies that have no say about it
    /// among them.
    pub fn explain(&self, facts: &Facts) -> Unmatched {
        let (texts, inbox) = (Texts::of(facts), facts.inbox);
        let judge = Judge { facts, texts: &texts, named: None, strict: false };
        let mut unmatched = Unmatched::default();
        for policy in &self.policies {
            let silent = match (policy.content.enabled, policy.applies_to(inbox)) {
                (false, _) => Some("its policy is turned off"),
                (true, false) => Some("its policy is for other inboxes"),
                (true, true) => None,
            };
            for (i, rule) in (0..).zip(&policy.content.rules) {
                if silent.is_none() && judge.rule_of(policy, rule).is_some() {
                    continue;
                }
                if unmatched.steps.len() == limits::UNMATCHED {
                    unmatched.omitted += 1;
                    continue;
                }
                let strict = Judge { strict: rule.outcome == Outcome::Allow, ..judge };
                let because = match silent {
                    Some(silent) => silent.to_owned(),
                    None if matches!(strict.judge(&rule.when), Answer::Unmet) => strict.why_not(&rule.when),
                    None => "the inbox is newer than what its policy says of inboxes".to_owned(),
                };
                unmatched.steps.push(Step {
                    policy_id: policy.id,
                    policy_version: policy.version,
                    policy_name: policy.content.name.clone(),
                    rule: i,
                    rule_name: rule.name.clone(),
                    outcome: rule.outcome.as_str(),
                    because: cut(&because, limits::BECAUSE),
                });
            }
        }
        unmatched
    }
}

impl Terms {
    /// Drops what its own requirements imply, so that one hold reads as two of the same do.
    fn unite_with_itself(self) -> Terms {
        self.clone().unite(self)
    }
}

/// Keeps the strictest of what matched within the bounds, in the order in which it matched.
fn cut_steps(steps: Vec<(u8, Step)>) -> (Vec<Step>, u32) {
    let all = steps.len();
    let mut order: Vec<usize> = (0..all).collect();
    order.sort_by_key(|i| std::cmp::Reverse(steps[*i].0));
    let mut room = limits::TRACE;
    let mut keep = vec![false; all];
    for i in order.into_iter().take(limits::STEPS) {
        let step = &steps[i].1;
        let size = step.policy_name.len() + step.rule_name.len() + step.because.len() + 60;
        if size <= room {
            room -= size;
            keep[i] = true;
        }
    }
    let kept: Vec<_> =
        steps.into_iter().zip(keep).filter_map(|((_, step), keep)| keep.then_some(step)).collect();
    let omitted = u32::try_from(all - kept.len()).unwrap_or(u32::MAX);
    (kept, omitted)
}

/// Compiles a pattern within bounds. Matching takes time linear in the text.
pub(super) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .size_limit(limits::PATTERN_PROGRAM)
        .dfa_size_limit(limits::PATTERN_CACHE)
        .nest_limit(limits::PATTERN_NESTING)
        .build()
}

/// What is searched: without characters that nobody sees, which would part a word.
struct Texts<'a> {
    subject: Searched<'a>,
    body: Searched<'a>,
    filenames: Searched<'a>,
}

/// One text with its forms, each made once and only where a rule asks for it.
struct Searched<'a> {
    text: Cow<'a, str>,
    folded: OnceCell<String>,
    look: OnceCell<String>,
    amounts: OnceCell<Amounts>,
}

impl<'a> Searched<'a> {
    fn new(text: Cow<'a, str>) -> Self {
        Self { text, folded: OnceCell::new(), look: OnceCell::new(), amounts: OnceCell::new() }
    }

    fn folded(&self) -> &str {
        self.folded.get_or_init(|| fold(&self.text))
    }

    fn look(&self) -> &str {
        self.look.get_or_init(|| look(&self.text))
    }

    fn amounts(&self) -> &Amounts {
        self.amounts.get_or_init(|| Amounts::of(&self.text))
    }
}

impl<'a> Texts<'a> {
    fn of(facts: &'a Facts) -> Self {
        let names: Vec<&str> = facts.attachments.iter().map(|file| file.filename.as_str()).collect();
        Self {
            subject: Searched::new(visible(&facts.subject)),
            body: Searched::new(visible(&facts.text)),
            filenames: Searched::new(visible(&names.join("\n")).into_owned().into()),
        }
    }

    /// Those that are looked at, with what they are called in a sentence.
    fn at(&self, places: Places) -> impl Iterator<Item = (&'static str, &Searched<'a>)> {
        let all = [
            (places.subject, "the subject", &self.subject),
            (places.body, "the body", &self.body),
            (places.filename, "the name of a file", &self.filenames),
        ];
        all.into_iter().filter_map(|(looked_at, name, text)| looked_at.then_some((name, text)))
    }
}

/// Whether a word has anything that can be looked for.
pub(super) fn searchable(word: &str) -> bool {
    !fold(&visible(word)).is_empty()
}

/// What a condition comes to: met with the fact that meets it, not met, or not to be answered.
enum Answer {
    Met(String),
    Unmet,
    Unknown(String),
}

fn met(holds: bool, because: impl FnOnce() -> String) -> Answer {
    if holds { Answer::Met(because()) } else { Answer::Unmet }
}

fn is(value: Option<bool>, fact: bool) -> bool {
    value.is_none_or(|value| value == fact)
}

struct Judge<'a> {
    facts: &'a Facts,
    texts: &'a Texts<'a>,
    /// What a condition that names inboxes comes to for one of which the policy says nothing yet; none where it does.
    named: Option<bool>,
    /// Whether a file is of a type only where its bytes don't contradict: so where that lets mail go. Else what is said or what the
    /// bytes say is enough.
    strict: bool,
}

impl Judge<'_> {
    const UNREADABLE: u8 = 2;

    /// As [`Self::rule`]; for an inbox of which the policy says nothing yet, its holds and blocks count as though they named
    /// it.
    fn rule_of(&self, policy: &Policy, rule: &Rule) -> Option<(u8, &'static str, String)> {
        let inbox = self.facts.inbox;
        let found = self.rule(rule);
        if !policy.is_unsettled(inbox) {
            return found;
        }
        let outside = policy.content.inboxes.as_ref().is_some_and(|some| !some.contains(&inbox.id));
        let allows = rule.outcome == Outcome::Allow;
        // What names inboxes is answered so that the outcome is the stricter one.
        let strict = Judge { named: Some(!allows), ..*self }.rule(rule);
        if allows {
            return strict.filter(|_| !outside);
        }
        match (found, strict) {
            (Some(found), _) if !outside => Some(found),
            (_, strict) => strict.map(|(rank, outcome, because)| {
                let because = format!("the inbox is newer than what this policy says of inboxes; {because}");
                (rank, outcome, cut(&because, limits::BECAUSE))
            }),
        }
    }

    /// How strict, which outcome, and why; nothing where the rule does not match.
    fn rule(&self, rule: &Rule) -> Option<(u8, &'static str, String)> {
        let judge = Judge { strict: rule.outcome == Outcome::Allow, ..*self };
        let (rank, outcome, because) = match judge.judge(&rule.when) {
            Answer::Unmet => return None,
            Answer::Unknown(why) => (Self::UNREADABLE, "unreadable", why),
            Answer::Met(why) => {
                let rank = match rule.outcome {
                    Outcome::Allow => 0,
                    Outcome::Hold(_) | Outcome::Defer(_) => 1,
                    Outcome::Block => 3,
                };
                (rank, rule.outcome.as_str(), why)
            }
        };
        Some((rank, outcome, cut(&because, limits::BECAUSE)))
    }

    /// Unknown parts don't depend on their place: they count only where the others leave the answer open.
    fn judge(&self, condition: &Condition) -> Answer {
        match condition {
            Condition::All(list) => {
                let (mut facts, mut unknown) = (vec![], None);
                for one in list {
                    match self.judge(one) {
                        Answer::Unmet => return Answer::Unmet,
                        Answer::Unknown(why) => unknown = unknown.or(Some(why)),
                        Answer::Met(fact) => facts.push(fact),
                    }
                }
                unknown.map_or_else(|| Answer::Met(facts.join("; ")), Answer::Unknown)
            }
            Condition::Any(list) => {
                let mut unknown = None;
                for one in list {
                    match self.judge(one) {
                        Answer::Met(fact) => return Answer::Met(fact),
                        Answer::Unknown(why) => unknown = unknown.or(Some(why)),
                        Answer::Unmet => (),
                    }
                }
                unknown.map_or(Answer::Unmet, Answer::Unknown)
            }
            Condition::Not(one) => {
                let other = Judge { named: self.named.map(|named| !named), strict: !self.strict, ..*self };
                match other.judge(one) {
                    Answer::Met(_) => Answer::Unmet,
                    Answer::Unmet => Answer::Met(format!("not so: {}", describe(one))),
                    unknown @ Answer::Unknown(_) => unknown,
                }
            }
            leaf => self.leaf(leaf),
        }
    }

    fn leaf(&self, condition: &Condition) -> Answer {
        let facts = self.facts;
        match condition {
            Condition::AnyRecipient(test) => {
                let found = facts.recipients.iter().find(|one| recipient_passes(test, one));
                found.map_or(Answer::Unmet, |one| Answer::Met(told_recipient(test, one)))
            }
            Condition::EveryRecipient(test) => {
                let all = facts.recipients.iter().all(|one| recipient_passes(test, one));
                met(all && !facts.recipients.is_empty(), || describe(condition))
            }
            Condition::RecipientCount(bounds) => {
                let n = facts.recipients.len();
                met(bounds.hold(n as u64), || format!("the mail has {}", count_of(n, "recipient")))
            }
            Condition::AnyAttachment(test) => {
                let found = facts.attachments.iter().find(|file| file_passes(test, file, self.strict));
                found.map_or(Answer::Unmet, |file| Answer::Met(told_file(file)))
            }
            Condition::EveryAttachment(test) => {
                let all = facts.attachments.iter().all(|file| file_passes(test, file, self.strict));
                met(all && !facts.attachments.is_empty(), || describe(condition))
            }
            Condition::Attachments { count, total_over } => {
                let n = facts.attachments.len();
                let total = facts.attachments.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
                let holds = count.hold(n as u64) && total_over.is_none_or(|over| total > over);
                met(holds, || format!("the mail has {} of {total} bytes", count_of(n, "file")))
            }
            Condition::Keyword { places, any_of } => self.keyword(*places, any_of),
            Condition::Words { places, any_of } => self.words(*places, any_of),
            Condition::Amount { places, over, currency } => self.amount(*places, *over, *currency),
            Condition::Pattern { places, regex } => self.pattern(*places, regex),
            Condition::Link(test) => Self::link(test, &self.facts.links, ("links to", "no links")),
            Condition::Picture(test) => {
                Self::link(test, &self.facts.pictures, ("shows a picture from", "no pictures from elsewhere"))
            }
            Condition::SizeOver(over) => met(facts.size > *over, || format!("it has {} bytes", facts.size)),
            Condition::Sender(test) => met(self.sender(test), || format!("asked for by {}", self.asking())),
            Condition::Thread(ThreadTest { tainted, is_reply }) => {
                met(is(*tainted, facts.tainted) && is(*is_reply, facts.is_reply), || describe(condition))
            }
            Condition::AnswersAutomatic(wanted) => {
                met(facts.answers_automatic == *wanted, || describe(condition))
            }
            Condition::Time(test) => self.time(test),
            Condition::VolumeOver { per, window, over } => self.volume(*per, *window, *over),
            Condition::FirstContacts { per, window, over } => self.first_contacts(*per, *window, *over),
            Condition::Always | Condition::All(_) | Condition::Any(_) | Condition::Not(_) => {
                Answer::Met(describe(&Condition::Always))
            }
        }
    }

    fn keyword(&self, places: Places, any_of: &[String]) -> Answer {
        for word in any_of {
            let wanted = fold(&visible(word));
            let found = self.texts.at(places).find(|(_, text)| text.folded().contains(&wanted));
            if let Some((place, _)) = found {
                return Answer::Met(format!("{} stands in {place}", quote(word)));
            }
        }
        Answer::Unmet
    }

    /// What lets mail go is looked for as it is written; what stops it, also in letters that look alike.
    fn words(&self, places: Places, any_of: &[String]) -> Answer {
        for word in any_of {
            let word_seen = visible(word);
            let (folded, looks) = (fold(&word_seen), look(&word_seen));
            let found = self.texts.at(places).find(|(_, text)| {
                has_word(text.folded(), &folded) || (!self.strict && has_word(text.look(), &looks))
            });
            if let Some((place, _)) = found {
                return Answer::Met(format!("the word {} stands in {place}", quote(word)));
            }
        }
        Answer::Unmet
    }

    /// Which amount it is, is not told: it may be the very thing that must not go out.
    fn amount(&self, places: Places, over: u64, currency: Option<Currency>) -> Answer {
        let mut unknown = false;
        for (place, text) in self.texts.at(places) {
            match text.amounts().any_over(over, currency, self.strict) {
                Some(true) => {
                    let of = money(currency);
                    return Answer::Met(format!("an amount over {over} {of} stands in {place}"));
                }
                Some(false) => {}
                None => unknown = true,
            }
        }
        if unknown {
            Answer::Unknown("so many numbers are not looked through".to_owned())
        } else {
            Answer::Unmet
        }
    }

    /// What it matched is not told: that may be the very thing that must not go out.
    fn pattern(&self, places: Places, pattern: &str) -> Answer {
        let Ok(regex) = compile(pattern) else {
            return Answer::Unknown(format!("the pattern {} can't be used", quote(pattern)));
        };
        let found = self.texts.at(places).find(|(_, text)| regex.is_match(&text.text));
        found.map_or(Answer::Unmet, |(place, _)| {
            Answer::Met(format!("{place} matches the pattern {}", quote(pattern)))
        })
    }

    fn link(test: &LinkTest, links: &[String], (leads, none): (&str, &str)) -> Answer {
        let found = match test {
            LinkTest::Present(false) => {
                return met(links.is_empty(), || format!("it has {none}"));
            }
            LinkTest::Present(true) => links.first(),
            LinkTest::DomainIn(list) => links.iter().find(|host| list.iter().any(|one| one.covers(host))),
            LinkTest::DomainNotIn(list) => links.iter().find(|host| !list.iter().any(|one| one.covers(host))),
        };
        found.map_or(Answer::Unmet, |host| Answer::Met(format!("it {leads} {}", quote(host))))
    }

    fn sender(&self, test: &SenderTest) -> bool {
        let actor = &self.facts.actor;
        let token = match actor {
            Actor::Token { token_id, .. } => Some(*token_id),
            Actor::Member { .. } | Actor::System => None,
        };
        test.inbox_in
            .as_ref()
            .is_none_or(|some| self.named.unwrap_or_else(|| some.contains(&self.facts.inbox.id)))
            && test.token_in.as_ref().is_none_or(|some| token.is_some_and(|id| some.contains(&id)))
            && test.member_in.as_ref().is_none_or(|some| actor.member().is_some_and(|id| some.contains(&id)))
            && test.is_token.is_none_or(|wanted| match actor {
                Actor::Token { .. } => wanted,
                Actor::Member { .. } => !wanted,
                Actor::System => false,
            })
    }

    fn asking(&self) -> String {
        match &self.facts.actor {
            Actor::Token { token_id, .. } => format!("the program with {token_id}"),
            Actor::Member { member_id } => format!("the member {member_id}"),
            Actor::System => "the system".to_owned(),
        }
    }

    /// The fact for which a condition is not met.
    fn why_not(&self, condition: &Condition) -> String {
        let facts = self.facts;
        match condition {
            Condition::All(list) => {
                let unmet = list.iter().find(|one| matches!(self.judge(one), Answer::Unmet));
                unmet.map_or_else(|| describe(condition), |one| self.why_not(one))
            }
            Condition::Any(list) => {
                let why: Vec<_> = list.iter().take(3).map(|one| self.why_not(one)).collect();
                let more = if list.len() > 3 { "; and so on" } else { "" };
                format!("{}{more}", why.join("; "))
            }
            Condition::Not(one) => {
                let other = Judge { named: self.named.map(|named| !named), strict: !self.strict, ..*self };
                match other.judge(one) {
                    Answer::Met(fact) => fact,
                    Answer::Unmet | Answer::Unknown(_) => describe(one),
                }
            }
            Condition::AnyRecipient(test) => format!("no recipient is {}", describe_recipient(test)),
            Condition::EveryRecipient(test) => {
                let other = facts.recipients.iter().find(|one| !recipient_passes(test, one));
                let who = other.map(|one| format!(": {} is not", one.address)).unwrap_or_default();
                format!("not every recipient is {}{who}", describe_recipient(test))
            }
            Condition::RecipientCount(_) => {
                format!("it has {}", count_of(facts.recipients.len(), "recipient"))
            }
            Condition::AnyAttachment(_) | Condition::EveryAttachment(_) if facts.attachments.is_empty() => {
                "it has no files".to_owned()
            }
            Condition::EveryAttachment(test) => {
                let other = facts.attachments.iter().find(|file| !file_passes(test, file, self.strict));
                other.map_or_else(
                    || describe(condition),
                    |file| format!("{} is of another kind", told_file(file)),
                )
            }
            Condition::AnyAttachment(_) => "no file is of the kind that is looked for".to_owned(),
            Condition::Attachments { .. } => {
                let total = facts.attachments.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
                format!("the mail has {} of {total} bytes", count_of(facts.attachments.len(), "file"))
            }
            Condition::Keyword { .. } | Condition::Words { .. } => {
                "none of its words stands there".to_owned()
            }
            Condition::Amount { over, currency, .. } => {
                format!("no amount over {over} {} stands there", money(*currency))
            }
            Condition::Pattern { .. } => "nothing matches its pattern".to_owned(),
            Condition::Link(LinkTest::Present(true)) => "it has no links".to_owned(),
            Condition::Link(_) => "it has no such links".to_owned(),
            Condition::Picture(LinkTest::Present(true)) => "it shows no pictures from elsewhere".to_owned(),
            Condition::Picture(_) => "it shows no such pictures".to_owned(),
            Condition::SizeOver(_) => format!("it has {} bytes", facts.size),
            Condition::Sender(_) => format!("asked for by {}", self.asking()),
            Condition::Thread(_) => {
                let (is_reply, tainted) = (Some(facts.is_reply), Some(facts.tainted));
                describe(&Condition::Thread(ThreadTest { tainted, is_reply }))
            }
            Condition::AnswersAutomatic(_) => describe(&Condition::AnswersAutomatic(facts.answers_automatic)),
            Condition::Time(test) => {
                format!("it would go out outside of the given hours of {}", test.time_zone)
            }
            Condition::VolumeOver { per, window, over } => {
                format!("not more than {over} mails of one {} within the {}", per.as_str(), window.as_str())
            }
            Condition::FirstContacts { .. } if !facts.recipients.iter().any(|one| one.first_contact) => {
                "everybody was written to before".to_owned()
            }
            Condition::FirstContacts { per, window, over } => {
                format!(
                    "not more than {over} first contacts of one {} within the {}",
                    per.as_str(),
                    window.as_str()
                )
            }
            Condition::Always => describe(condition),
        }
    }

    fn time(&self, test: &Hours) -> Answer {
        let (Some(zone), Some(within)) = (test.zone(), test.contain(self.facts.at)) else {
            return Answer::Unknown(format!("the time zone {} is not known", quote(&test.time_zone)));
        };
        let local = self.facts.at.to_zoned(zone);
        let day = DAYS[usize::try_from(local.weekday().to_monday_one_offset() - 1).unwrap_or(0) % 7];
        met(within, || {
            format!("it would go out {day} {:02}:{:02} {}", local.hour(), local.minute(), test.time_zone)
        })
    }

    /// What was not counted can't be answered.
    fn volume(&self, per: Per, window: Window, over: u64) -> Answer {
        let recipients = match per {
            Per::Recipient => self.facts.recipients.iter().map(|one| Some(one.address.clone())).collect(),
            Per::Inbox | Per::Organization => vec![None],
        };
        let mut unknown = false;
        for recipient in recipients {
            let volume = Volume { of: Counted::Mails, per, recipient, window };
            match self.facts.volumes.get(&volume) {
                None => unknown = true,
                Some(n) if *n > over => {
                    let whose = volume
                        .recipient
                        .map_or_else(|| format!("of this {}", per.as_str()), |to| format!("to {to}"));
                    return Answer::Met(format!("mail number {n} {whose} within the {}", window.as_str()));
                }
                Some(_) => (),
            }
        }
        if unknown { Answer::Unknown("so many recipients are not counted".to_owned()) } else { Answer::Unmet }
    }

    /// A mail to people who were all written to before adds none.
    fn first_contacts(&self, per: Per, window: Window, over: u64) -> Answer {
        if !self.facts.recipients.iter().any(|one| one.first_contact) {
            return Answer::Unmet;
        }
        let volume = Volume { of: Counted::FirstContacts, per, recipient: None, window };
        match self.facts.volumes.get(&volume) {
            None => Answer::Unknown("first contacts were not counted".to_owned()),
            Some(n) => met(*n > over, || {
                format!("first contact number {n} of this {} within the {}", per.as_str(), window.as_str())
            }),
        }
    }
}

fn recipient_passes(test: &RecipientTest, one: &RecipientFact) -> bool {
    let key = one.address.mailbox_key();
    test.domain_in.as_ref().is_none_or(|list| list.iter().any(|d| d.covers(one.address.domain())))
        && test.address_in.as_ref().is_none_or(|list| list.iter().any(|a| a.mailbox_key() == key))
        && is(test.internal, one.internal)
        && is(test.first_contact, one.first_contact)
}

fn told_recipient(test: &RecipientTest, one: &RecipientFact) -> String {
    let mut told = vec![];
    if test.first_contact.is_some() {
        told.push(if one.first_contact { "never written to before" } else { "written to before" });
    }
    if test.internal.is_some() {
        told.push(if one.internal { "of the organization" } else { "outside of the organization" });
    }
    if test.domain_in.is_some() {
        told.push("in a domain of the list");
    }
    if test.address_in.is_some() {
        told.push("an address of the list");
    }
    format!("to {}: {}", one.address, told.join(", "))
}

fn of_kind(kind: FileKind, extension: &str, media_type: &str) -> bool {
    let (extensions, types) = match kind {
        FileKind::Executable => (media::EXECUTABLE, media::EXECUTABLE_TYPES),
        FileKind::Macro => (media::MACRO, media::MACRO_TYPES),
        FileKind::Archive => (media::ARCHIVE, media::ARCHIVE_TYPES),
    };
    let with_macros = kind == FileKind::Macro && media_type.contains("macroenabled");
    extensions.contains(&extension) || types.contains(&media_type) || with_macros
}

fn file_passes(test: &FileTest, file: &FileFact, strict: bool) -> bool {
    let (extension, declared) = (media::extension(&file.filename), media::essence(&file.content_type));
    let is_type = |found: &str, wanted: &String| match wanted.strip_suffix('*') {
        Some(start) => found.starts_with(start),
        None => media::registered(found) == media::registered(wanted),
    };
    let in_types = |list: &Vec<String>, found: &str| list.iter().any(|wanted| is_type(found, wanted));
    let in_kinds = |list: &BTreeSet<FileKind>, extension: &str, found: &str| {
        list.iter().any(|kind| of_kind(*kind, extension, found))
    };
    let detected = file.detected_type.as_deref();
    // Whoever sends a file declares what they like: what is said lets no file go that its bytes say is another, and hides none.
    let passes = |said: bool, told: Option<bool>| match (strict, told) {
        (_, None) => said,
        (true, Some(told)) => said && (told || detected.is_some_and(|it| media::agrees(&declared, it))),
        (false, Some(told)) => said || told,
    };
    test.extension_in.as_ref().is_none_or(|list| list.contains(&extension))
        && test.media_type_in.as_ref().is_none_or(|list| {
            passes(in_types(list, &declared), detected.map(|detected| in_types(list, detected)))
        })
        && test.kind_in.as_ref().is_none_or(|list| {
            let said = in_kinds(list, &extension, &declared);
            passes(said, detected.map(|detected| in_kinds(list, "", detected)))
        })
        && test.over.is_none_or(|over| file.size > over)
}

fn told_file(file: &FileFact) -> String {
    let other = file.detected_type.as_deref().filter(|it| !media::agrees(&file.content_type, it));
    let bytes = other.map(|detected| format!(", which begin as {}", quote(detected))).unwrap_or_default();
    format!("the file {} ({} bytes{bytes})", quote(&file.filename), file.size)
}

fn count_of(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// At most so many characters.
fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    text.chars().take(max - 1).chain(['…']).collect()
}

/// A text from outside within a sentence: cut, and on one line.
fn quote(text: &str) -> String {
    let line: String = visible(text).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("“{}”", cut(&line, 60))
}

/// The currency in a sentence.
fn money(currency: Option<Currency>) -> String {
    currency.map_or_else(|| "of any currency".to_owned(), |currency| currency.to_string())
}

/// What a condition asks, without a fact.
fn describe(condition: &Condition) -> String {
    let list = |all: &[Condition], word: &str| {
        let described: Vec<_> = all.iter().take(5).map(describe).collect();
        format!("({})", described.join(word))
    };
    match condition {
        Condition::Always => "it holds for every mail".to_owned(),
        Condition::All(all) => list(all, " and "),
        Condition::Any(all) => list(all, " or "),
        Condition::Not(one) => format!("not {}", describe(one)),
        Condition::AnyRecipient(test) => format!("a recipient is {}", describe_recipient(test)),
        Condition::EveryRecipient(test) => format!("every recipient is {}", describe_recipient(test)),
        Condition::RecipientCount(_) => "the number of recipients is in the range".to_owned(),
        Condition::AnyAttachment(_) => "a file is of the kind that is looked for".to_owned(),
        Condition::EveryAttachment(_) => "every file is of the kind that is looked for".to_owned(),
        Condition::Attachments { .. } => "the files are as many and as large".to_owned(),
        Condition::Keyword { any_of, .. } => {
            format!(
                "it says {}",
                any_of.iter().take(3).map(|word| quote(word)).collect::<Vec<_>>().join(" or ")
            )
        }
        Condition::Words { any_of, .. } => {
            let words: Vec<_> = any_of.iter().take(3).map(|word| quote(word)).collect();
            format!("it has the word {}", words.join(" or "))
        }
        Condition::Amount { over, currency, .. } => {
            format!("it names an amount over {over} {}", money(*currency))
        }
        Condition::Pattern { regex, .. } => format!("it matches the pattern {}", quote(regex)),
        Condition::Link(LinkTest::Present(false)) => "it has no links".to_owned(),
        Condition::Link(LinkTest::Present(true)) => "it has links".to_owned(),
        Condition::Link(LinkTest::DomainIn(_)) => "it links to a domain of the list".to_owned(),
        Condition::Link(LinkTest::DomainNotIn(_)) => "it links beyond the domains of the list".to_owned(),
        Condition::Picture(LinkTest::Present(false)) => "it shows no pictures from elsewhere".to_owned(),
        Condition::Picture(LinkTest::Present(true)) => "it shows pictures from elsewhere".to_owned(),
        Condition::Picture(LinkTest::DomainIn(_)) => "it shows pictures from a domain of the list".to_owned(),
        Condition::Picture(LinkTest::DomainNotIn(_)) => {
            "it shows pictures from beyond the domains of the list".to_owned()
        }
        Condition::SizeOver(over) => format!("it has more than {over} bytes"),
        Condition::Sender(_) => "one of the named senders asks for it".to_owned(),
        Condition::Thread(test) => {
            let reply = test
                .is_reply
                .map(|reply| if reply { "it answers a mail" } else { "it begins a conversation" });
            let tainted = test.tainted.map(|tainted| {
                if tainted {
                    "something suspicious came into the conversation"
                } else {
                    "nothing suspicious came into the conversation"
                }
            });
            [reply, tainted].into_iter().flatten().collect::<Vec<_>>().join(" and ")
        }
        Condition::AnswersAutomatic(true) => "it answers a mail that a program wrote".to_owned(),
        Condition::AnswersAutomatic(false) => "it does not answer a mail that a program wrote".to_owned(),
        Condition::Time(test) => format!("it would go out in the given hours of {}", test.time_zone),
        Condition::VolumeOver { per, window, over } => {
            format!("more than {over} mails of one {} within the {}", per.as_str(), window.as_str())
        }
        Condition::FirstContacts { per, window, over } => {
            format!("more than {over} first contacts of one {} within the {}", per.as_str(), window.as_str())
        }
    }
}

fn describe_recipient(test: &RecipientTest) -> String {
    let internal =
        test.internal.map(|yes| if yes { "of the organization" } else { "outside of the organization" });
    let first =
        test.first_contact.map(|yes| if yes { "never written to before" } else { "written to before" });
    let domain = test.domain_in.as_ref().map(|_| "in a domain of the list");
    let address = test.address_in.as_ref().map(|_| "an address of the list");
    [first, internal, domain, address].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
