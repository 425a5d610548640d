//! The written form of a policy, and what it may not say.
//!
//! There is one reader for what a caller sends and for what was stored. It works on a [`Tree`], which is what every
//! format such as JSON comes down to; turning bytes into a tree is left to others. Everything that is wrong is named at
//! once, with a stable code and the path of the field.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::SignedDuration;

use super::evaluate::compile;
use super::{
    Bounds, By, Condition, Currency, DECIDERS, DomainPattern, FileKind, FileTest, Late, LinkTest, Links,
    Outcome, Per, Places, PolicyContent, RecipientTest, Requirement, Rule, SenderTest, Terms, ThreadTest,
    Window,
};
use crate::MemberId;
use crate::base::address::EmailAddress;
use crate::base::code::Code;
use crate::base::hours::{DAYS, Hours, is_time_zone, read_clock};
use crate::base::id::Id;
use crate::gate::group::GroupName;
use crate::people::access::Role;
use crate::people::signing::SignedVotes;

/// How much there may be.
pub mod limits {
    /// Policies of an organization.
    pub const POLICIES: usize = 50;
    /// Bytes of all policies together, written.
    pub const BOOK: usize = 200_000;
    /// Patterns of all policies together.
    pub const BOOK_PATTERNS: usize = 200;
    /// Rules of a policy.
    pub const RULES: usize = 100;
    /// Conditions of a rule, `all`, `any` and `not` included.
    pub const CONDITIONS: usize = 200;
    /// Conditions within conditions.
    pub const DEPTH: usize = 8;
    /// Recipients that a mail can have: to ask for more is to ask for none.
    pub const RECIPIENTS: u64 = 50;
    /// Entries of a list.
    pub const LIST: usize = 500;
    /// Characters of a text.
    pub const TEXT: usize = 200;
    /// Patterns of a policy.
    pub const PATTERNS: usize = 20;
    /// Bytes of a compiled pattern.
    pub const PATTERN_PROGRAM: usize = 256 * 1024;
    /// Bytes of the cache that a pattern may use while it matches.
    pub const PATTERN_CACHE: usize = 1024 * 1024;
    /// Groups within groups of a pattern.
    pub const PATTERN_NESTING: u32 = 32;
    /// Persons that a requirement asks for, and rejections.
    pub const QUORUM: u64 = 10;
    /// Rows of an upload that somebody has to have opened.
    pub const OPEN_ROWS: u64 = 100;
    /// Requirements of a hold.
    pub const REQUIREMENTS: usize = 5;
    /// Seconds that a hold waits at least.
    pub const WAIT_LEAST: u64 = 60;
    /// Seconds that a hold waits at most: 30 days.
    pub const WAIT_MOST: u64 = 30 * 86_400;
    /// Steps of a trace.
    pub const STEPS: usize = 50;
    /// Rules of which it is told why they did not match.
    pub const UNMATCHED: usize = 200;
    /// Bytes of a trace.
    pub const TRACE: usize = 4_096;
    /// Characters of a sentence in a trace.
    pub const BECAUSE: usize = 300;
    /// Violations that are listed.
    pub const VIOLATIONS: usize = 100;
}

/// A value of JSON or of anything like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number that is not negative.
    Number(u64),
    /// Any other number: no field takes one.
    OtherNumber,
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Tree>),
    /// Names and their values.
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// The one way to write it, as JSON without white space: what is stored, measured and hashed.
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        self.write_to(&mut out);
        out
    }

    fn write_to(&self, out: &mut String) {
        match self {
            Tree::Null | Tree::OtherNumber => out.push_str("null"),
            Tree::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
            Tree::Number(n) => out.push_str(&n.to_string()),
            Tree::Text(text) => write_text(text, out),
            Tree::List(list) => {
                out.push('[');
                for (i, one) in list.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { "," });
                    one.write_to(out);
                }
                out.push(']');
            }
            Tree::Map(entries) => {
                out.push('{');
                for (i, (name, value)) in entries.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { "," });
                    write_text(name, out);
                    out.push(':');
                    value.write_to(out);
                }
                out.push('}');
            }
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => _ = write!(out, "\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// One thing that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The path of the field, such as `rules[3].when.all[0].pattern`.
    pub path: String,
    /// A stable code.
    pub code: Code,
    /// What is wrong and what would be right.
    pub message: String,
}

impl PolicyContent {
    /// Reads a policy that somebody writes. All that is wrong is listed, up to [`limits::VIOLATIONS`].
    pub fn read(tree: &Tree) -> Result<PolicyContent, Vec<Violation>> {
        Self::read_by(Reader { new: true, ..Reader::default() }, tree)
    }

    /// Reads one that was stored: what makes no sense was taken once, and stays what it is.
    pub fn read_stored(tree: &Tree) -> Result<PolicyContent, Vec<Violation>> {
        Self::read_by(Reader::default(), tree)
    }

    fn read_by(mut reader: Reader, tree: &Tree) -> Result<PolicyContent, Vec<Violation>> {
        let content = reader.policy(tree, "");
        match content {
            Some(content) if reader.violations.is_empty() => Ok(content),
            _ => {
                reader.violations.truncate(limits::VIOLATIONS);
                Err(reader.violations)
            }
        }
    }

    /// The number of patterns in it, those of amounts among them.
    pub fn patterns(&self) -> usize {
        fn walk(condition: &Condition) -> usize {
            match condition {
                Condition::All(list) | Condition::Any(list) => list.iter().map(walk).sum(),
                Condition::Not(one) => walk(one),
                Condition::Pattern { .. } | Condition::Amount { .. } => 1,
                _ => 0,
            }
        }
        self.rules.iter().map(|rule| walk(&rule.when)).sum()
    }

    /// Writes it in the form that [`PolicyContent::read`] reads.
    pub fn write(&self) -> Tree {
        let rules = self.rules.iter().map(|rule| {
            let mut entries = vec![
                ("name", text(&rule.name)),
                ("when", write_condition(&rule.when)),
                ("outcome", text(rule.outcome.as_str())),
            ];
            match &rule.outcome {
                Outcome::Hold(terms) => entries.push(("terms", terms.write())),
                Outcome::Defer(hours) => entries.push(("quiet_hours", write_time(hours))),
                Outcome::Allow | Outcome::Block => {}
            }
            map(entries)
        });
        map(vec![
            ("name", text(&self.name)),
            ("description", text(&self.description)),
            ("enabled", Tree::Bool(self.enabled)),
            ("inbox_ids", self.inboxes.as_ref().map_or(Tree::Null, texts)),
            ("rules", Tree::List(rules.collect())),
        ])
    }
}

impl Terms {
    /// Writes them in the form of a rule's `terms`.
    pub fn write(&self) -> Tree {
        let roles =
            |roles: &BTreeSet<Role>| Tree::List(roles.iter().map(|role| text(role.as_str())).collect());
        let seconds = |time: SignedDuration| Tree::Number(u64::try_from(time.as_secs()).unwrap_or_default());
        let requirements = self.requirements.iter().map(|one| {
            let voters = if one.groups.is_empty() && one.members.is_empty() {
                ("roles", roles(&one.roles))
            } else {
                let named = one.roles.iter().map(|role| format!("role:{}", role.as_str()));
                let groups = one.groups.iter().map(|group| format!("group:{group}"));
                let members = one.members.iter().map(|id| format!("member:{id}"));
                ("from", texts(named.chain(groups).chain(members)))
            };
            map(vec![("quorum", Tree::Number(one.quorum.into())), voters])
        });
        map(vec![
            ("requirements", Tree::List(requirements.collect())),
            ("separation", Tree::Bool(self.separation)),
            ("rejections", Tree::Number(self.rejections.into())),
            ("expires_in", seconds(self.expires_in)),
            ("late", text(self.late.as_str())),
            ("remind_after", self.remind_after.map_or(Tree::Number(0), seconds)),
            ("notify", roles(&self.notify)),
            ("by", text(self.by.as_str())),
            ("links", text(self.links.as_str())),
            ("signed", signed(self.signed)),
            ("open_rows", if self.open_rows == 0 { Tree::Null } else { Tree::Number(self.open_rows.into()) }),
        ])
    }
}

/// Left out where nothing is asked, as it was before there were keys.
fn signed(signed: SignedVotes) -> Tree {
    if signed == SignedVotes::NONE {
        return Tree::Null;
    }
    map(vec![("votes", Tree::Number(signed.votes.into())), ("device_bound", Tree::Bool(signed.device_bound))])
}

fn text(text: &str) -> Tree {
    Tree::Text(text.to_owned())
}

fn texts<T: ToString>(list: impl IntoIterator<Item = T>) -> Tree {
    Tree::List(list.into_iter().map(|one| Tree::Text(one.to_string())).collect())
}

/// Names and values; a value that is [`Tree::Null`] is left out.
fn map(entries: Vec<(&str, Tree)>) -> Tree {
    let entries = entries.into_iter().filter(|(_, value)| *value != Tree::Null);
    Tree::Map(entries.map(|(name, value)| (name.to_owned(), value)).collect())
}

fn number(n: Option<u64>) -> Tree {
    n.map_or(Tree::Null, Tree::Number)
}

fn boolean(yes: Option<bool>) -> Tree {
    yes.map_or(Tree::Null, Tree::Bool)
}

fn either(choice: Option<bool>, yes: &str, no: &str) -> Tree {
    choice.map_or(Tree::Null, |choice| text(if choice { yes } else { no }))
}

fn domains(list: &[DomainPattern]) -> Tree {
    texts(list.iter().map(DomainPattern::as_str))
}

fn write_condition(condition: &Condition) -> Tree {
    let list = |all: &[Condition]| Tree::List(all.iter().map(write_condition).collect());
    let (name, value) = match condition {
        Condition::Always => ("always", Tree::Bool(true)),
        Condition::All(all) => ("all", list(all)),
        Condition::Any(all) => ("any", list(all)),
        Condition::Not(one) => ("not", write_condition(one)),
        Condition::AnyRecipient(test) => ("any_recipient", write_recipient(test)),
        Condition::EveryRecipient(test) => ("every_recipient", write_recipient(test)),
        Condition::RecipientCount(bounds) => ("recipient_count", map(write_bounds(*bounds))),
        Condition::AnyAttachment(test) => ("any_attachment", write_file(test)),
        Condition::EveryAttachment(test) => ("every_attachment", write_file(test)),
        Condition::Attachments { count, total_over } => {
            let mut entries = write_bounds(*count);
            entries.push(("total_over", number(*total_over)));
            ("attachments", map(entries))
        }
        Condition::Keyword { places, any_of } => {
            ("keyword", map(vec![("in", write_places(*places)), ("any_of", texts(any_of))]))
        }
        Condition::Words { places, any_of } => {
            ("words", map(vec![("in", write_places(*places)), ("any_of", texts(any_of))]))
        }
        Condition::Amount { places, over, currency } => {
            let currency = currency.map_or(Tree::Null, |currency| text(currency.as_str()));
            let entries =
                vec![("in", write_places(*places)), ("over", Tree::Number(*over)), ("currency", currency)];
            ("amount", map(entries))
        }
        Condition::Pattern { places, regex } => {
            ("pattern", map(vec![("in", write_places(*places)), ("regex", text(regex))]))
        }
        Condition::Link(test) => ("link", write_link(test)),
        Condition::Picture(test) => ("picture", write_link(test)),
        Condition::SizeOver(over) => ("size_over", Tree::Number(*over)),
        Condition::Sender(test) => {
            let entries = vec![
                ("inbox_in", test.inbox_in.as_ref().map_or(Tree::Null, texts)),
                ("token_in", test.token_in.as_ref().map_or(Tree::Null, texts)),
                ("member_in", test.member_in.as_ref().map_or(Tree::Null, texts)),
                ("kind", either(test.is_token, "token", "member")),
            ];
            ("sender", map(entries))
        }
        Condition::Thread(test) => {
            let entries =
                vec![("tainted", boolean(test.tainted)), ("kind", either(test.is_reply, "reply", "new"))];
            ("thread", map(entries))
        }
        Condition::AnswersAutomatic(yes) => ("answers_automatic", Tree::Bool(*yes)),
        Condition::Time(test) => ("time", write_time(test)),
        Condition::VolumeOver { per, window, over } => ("volume", write_count(*per, *window, *over)),
        Condition::FirstContacts { per, window, over } => {
            ("first_contacts", write_count(*per, *window, *over))
        }
    };
    map(vec![(name, value)])
}

fn write_count(per: Per, window: Window, over: u64) -> Tree {
    map(vec![("per", text(per.as_str())), ("window", text(window.as_str())), ("over", Tree::Number(over))])
}

fn write_link(test: &LinkTest) -> Tree {
    map(vec![match test {
        LinkTest::Present(yes) => ("present", Tree::Bool(*yes)),
        LinkTest::DomainIn(list) => ("domain_in", domains(list)),
        LinkTest::DomainNotIn(list) => ("domain_not_in", domains(list)),
    }])
}

fn write_recipient(test: &RecipientTest) -> Tree {
    map(vec![
        ("domain_in", test.domain_in.as_deref().map_or(Tree::Null, domains)),
        ("address_in", test.address_in.as_ref().map_or(Tree::Null, texts)),
        ("kind", either(test.internal, "internal", "external")),
        ("first_contact", boolean(test.first_contact)),
    ])
}

fn write_file(test: &FileTest) -> Tree {
    let kinds = test.kind_in.as_ref();
    map(vec![
        ("extension_in", test.extension_in.as_ref().map_or(Tree::Null, texts)),
        ("media_type_in", test.media_type_in.as_ref().map_or(Tree::Null, texts)),
        ("kind_in", kinds.map_or(Tree::Null, |kinds| texts(kinds.iter().map(|kind| kind.as_str())))),
        ("over", number(test.over)),
    ])
}

fn write_bounds(bounds: Bounds) -> Vec<(&'static str, Tree)> {
    vec![("at_least", number(bounds.at_least)), ("at_most", number(bounds.at_most))]
}

fn write_places(places: Places) -> Tree {
    let list = [(places.subject, "subject"), (places.body, "body"), (places.filename, "filename")];
    texts(list.into_iter().filter_map(|(look, name)| look.then_some(name)))
}

fn write_time(test: &Hours) -> Tree {
    let clock = |minute: u16| Tree::Text(format!("{:02}:{:02}", minute / 60, minute % 60));
    let days = (1_i8..).zip(DAYS).filter(|(day, _)| test.days.contains(day));
    map(vec![
        ("days", texts(days.map(|(_, name)| name))),
        ("from", clock(test.from)),
        ("to", clock(test.to)),
        ("time_zone", text(&test.time_zone)),
    ])
}

/// The names of all conditions.
pub(super) const CONDITIONS: &[&str] = &[
    "always",
    "all",
    "any",
    "not",
    "any_recipient",
    "every_recipient",
    "recipient_count",
    "any_attachment",
    "every_attachment",
    "attachments",
    "keyword",
    "words",
    "amount",
    "pattern",
    "link",
    "picture",
    "size_over",
    "sender",
    "thread",
    "answers_automatic",
    "time",
    "volume",
    "first_contacts",
];

/// Names and values that are being read.
struct Object<'t> {
    path: String,
    entries: &'t [(String, Tree)],
}

impl<'t> Object<'t> {
    /// The value of a field and its path; null counts as absent.
    fn get(&self, name: &str) -> Option<(&'t Tree, String)> {
        let (_, value) = self.entries.iter().find(|(known, _)| known == name)?;
        (*value != Tree::Null).then(|| (value, self.at(name)))
    }

    fn at(&self, name: &str) -> String {
        join(&self.path, name)
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// An entry of a requirement's `from`.
enum Voters {
    Role(Role),
    Group(GroupName),
    Member(MemberId),
}

#[derive(Default)]
struct Reader {
    violations: Vec<Violation>,
    conditions: usize,
    patterns: usize,
    /// Whether somebody writes it now: then what could never do what they mean is refused.
    new: bool,
}

impl Reader {
    fn error(&mut self, path: &str, code: Code, message: impl ToString) {
        // A little beyond the bound, so that what is cut off later was noted in order.
        if self.violations.len() <= limits::VIOLATIONS {
            self.violations.push(Violation { path: path.to_owned(), code, message: message.to_string() });
        }
    }

    fn object<'t>(&mut self, tree: &'t Tree, path: &str, fields: &[&str]) -> Option<Object<'t>> {
        let Tree::Map(entries) = tree else {
            self.error(path, Code::WrongType, "must be an object");
            return None;
        };
        for (name, _) in entries {
            if !fields.contains(&name.as_str()) {
                let shown: String = name.chars().take(60).collect();
                let message = format!("is not a field here; there are {}", fields.join(", "));
                self.error(&join(path, &shown), Code::UnknownField, message);
            }
        }
        Some(Object { path: path.to_owned(), entries })
    }

    fn require<T>(&mut self, path: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.error(path, Code::Required, "is required");
        }
        value
    }

    fn text(&mut self, tree: &Tree, path: &str) -> Option<String> {
        let Tree::Text(text) = tree else {
            self.error(path, Code::WrongType, "must be a string");
            return None;
        };
        if text.chars().count() > limits::TEXT {
            self.error(path, Code::TooLong, format!("is longer than {} characters", limits::TEXT));
            return None;
        }
        if text.chars().any(char::is_control) {
            self.error(path, Code::ControlCharacter, "has a line break or another control character");
            return None;
        }
        Some(text.clone())
    }

    /// A text that says something.
    fn name(&mut self, object: &Object<'_>, field: &str) -> Option<String> {
        let (tree, path) = self.require(&object.at(field), object.get(field))?;
        let text = self.text(tree, &path)?;
        if text.trim().is_empty() {
            self.error(&path, Code::Required, "must not be empty");
            return None;
        }
        Some(text)
    }

    fn boolean(&mut self, object: &Object<'_>, field: &str) -> Option<bool> {
        match object.get(field)? {
            (Tree::Bool(yes), _) => Some(*yes),
            (_, path) => {
                self.error(&path, Code::WrongType, "must be true or false");
                None
            }
        }
    }

    fn number(&mut self, object: &Object<'_>, field: &str) -> Option<u64> {
        let (tree, path) = object.get(field)?;
        self.whole(tree, &path)
    }

    fn whole(&mut self, tree: &Tree, path: &str) -> Option<u64> {
        match tree {
            // Beyond this a JSON number is not exact everywhere (RFC 8259 §6).
            Tree::Number(n) if *n <= 1 << 53 => Some(*n),
            Tree::Number(_) => {
                self.error(path, Code::OutOfRange, "is larger than 2^53");
                None
            }
            _ => {
                self.error(path, Code::WrongType, "must be a whole number that is not negative");
                None
            }
        }
    }

    fn within(&mut self, object: &Object<'_>, field: &str, code: Code, range: (u64, u64)) -> Option<u64> {
        let n = self.number(object, field)?;
        let (least, most) = range;
        if n < least || n > most {
            self.error(&object.at(field), code, format!("must be {least} to {most}"));
            return None;
        }
        Some(n)
    }

    /// A list that is not empty.
    fn list<'t>(&mut self, tree: &'t Tree, path: &str, max: usize, code: Code) -> Option<&'t [Tree]> {
        match tree {
            Tree::List(list) if list.is_empty() => {
                self.error(path, Code::EmptyList, "must have at least one entry");
                None
            }
            Tree::List(list) if list.len() > max => {
                self.error(path, code, format!("has {} entries: at most {max} are allowed", list.len()));
                None
            }
            Tree::List(list) => Some(list),
            _ => {
                self.error(path, Code::WrongType, "must be a list");
                None
            }
        }
    }

    /// A list of texts, each read by `read`, which says what is wrong.
    fn entries<T>(
        &mut self,
        object: &Object<'_>,
        field: &str,
        code: Code,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let (tree, path) = object.get(field)?;
        let list = self.list(tree, &path, limits::LIST, Code::TooMany)?;
        let mut all = vec![];
        for (i, one) in list.iter().enumerate() {
            let path = format!("{path}[{i}]");
            let Some(text) = self.text(one, &path) else { continue };
            match read(&text) {
                Ok(value) => all.push(value),
                Err(message) => self.error(&path, code, message),
            }
        }
        Some(all)
    }

    fn ids<T: Id>(&mut self, object: &Object<'_>, field: &str) -> Option<BTreeSet<T>> {
        let list = self.entries(object, field, Code::InvalidId, |text| {
            T::parse(text).map_err(|_| format!("is not an id of the form {}…", T::PREFIX))
        })?;
        Some(list.into_iter().collect())
    }

    fn domains(&mut self, object: &Object<'_>, field: &str) -> Option<Vec<DomainPattern>> {
        self.entries(object, field, Code::InvalidDomain, |text| {
            let message = "must be a domain such as example.com, or *.example.com for all below it; an \
                           internationalised one in its xn-- form";
            DomainPattern::parse(text).ok_or_else(|| message.to_owned())
        })
    }

    /// One of some words.
    fn choice<T: Copy>(
        &mut self,
        object: &Object<'_>,
        field: &str,
        code: Code,
        all: &[(&str, T)],
    ) -> Option<T> {
        let (tree, path) = object.get(field)?;
        let text = self.text(tree, &path)?;
        let found = all.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
            self.error(&path, code, format!("must be one of {}", names.join(", ")));
        }
        found
    }

    fn policy(&mut self, tree: &Tree, path: &str) -> Option<PolicyContent> {
        let object = self.object(tree, path, &["name", "description", "enabled", "inbox_ids", "rules"])?;
        let name = self.name(&object, "name");
        let description = match object.get("description") {
            Some((tree, path)) => self.text(tree, &path),
            None => Some(String::new()),
        };
        let enabled = self.boolean(&object, "enabled").unwrap_or(true);
        let inboxes = self.ids(&object, "inbox_ids");
        let mut rules = vec![];
        let given = self.require(&object.at("rules"), object.get("rules"));
        if let Some((tree, path)) = given
            && let Some(list) = self.list(tree, &path, limits::RULES, Code::TooManyRules)
        {
            for (i, rule) in list.iter().enumerate() {
                rules.extend(self.rule(rule, &format!("{path}[{i}]")));
            }
        }
        if self.patterns > limits::PATTERNS {
            let message =
                format!("have {} patterns: at most {} are allowed", self.patterns, limits::PATTERNS);
            self.error(&object.at("rules"), Code::TooManyPatterns, message);
        }
        Some(PolicyContent { name: name?, description: description?, enabled, inboxes, rules })
    }

    fn rule(&mut self, tree: &Tree, path: &str) -> Option<Rule> {
        let object = self.object(tree, path, &["name", "when", "outcome", "terms", "quiet_hours"])?;
        let name = self.name(&object, "name");
        let when = self.require(&object.at("when"), object.get("when"));
        self.conditions = 0;
        let when = when.and_then(|(tree, path)| self.condition(tree, &path, 1));
        if self.conditions > limits::CONDITIONS {
            let message = format!("has more than {} conditions", limits::CONDITIONS);
            self.error(&object.at("when"), Code::TooManyConditions, message);
        }
        self.require(&object.at("outcome"), object.get("outcome"));
        let words = [("allow", 0), ("hold", 1), ("block", 2), ("defer", 3)];
        let outcome = self.choice(&object, "outcome", Code::UnknownOutcome, &words);
        let terms = match object.get("terms") {
            Some((_, path)) if matches!(outcome, Some(0 | 2 | 3)) => {
                self.error(&path, Code::TermsWithoutHold, "belongs to the outcome hold alone");
                None
            }
            Some((tree, path)) => self.terms(tree, &path),
            None => Some(Terms::default()),
        };
        let hours = match object.get("quiet_hours") {
            Some((tree, path)) if outcome == Some(3) => {
                let hours = self.time(tree, &path);
                if hours.as_ref().is_some_and(Hours::are_always) {
                    self.error(
                        &path,
                        Code::InvalidTime,
                        "never ends: leave a day or an hour in which mail goes",
                    );
                }
                hours
            }
            Some((_, path)) => {
                self.error(&path, Code::HoursWithoutDefer, "belong to the outcome defer alone");
                None
            }
            None if outcome == Some(3) => {
                self.error(&object.at("quiet_hours"), Code::Required, "is required where mail is deferred");
                None
            }
            None => None,
        };
        let outcome = match outcome? {
            0 => Outcome::Allow,
            1 => Outcome::Hold(terms?),
            2 => Outcome::Block,
            _ => Outcome::Defer(hours?),
        };
        Some(Rule { name: name?, when: when?, outcome })
    }

    fn terms(&mut self, tree: &Tree, path: &str) -> Option<Terms> {
        let fields = [
            "requirements",
            "separation",
            "rejections",
            "expires_in",
            "late",
            "remind_after",
            "notify",
            "by",
            "links",
            "signed",
            "open_rows",
        ];
        let object = self.object(tree, path, &fields)?;
        let mut terms = Terms::default();
        if let Some((tree, path)) = object.get("requirements")
            && let Some(list) = self.list(tree, &path, limits::REQUIREMENTS, Code::TooMany)
        {
            let read = list.iter().enumerate().map(|(i, one)| self.requirement(one, &format!("{path}[{i}]")));
            terms.requirements = read.collect::<Vec<_>>().into_iter().flatten().collect();
        }
        if let Some(yes) = self.boolean(&object, "separation") {
            terms.separation = yes;
        }
        if let Some(n) = self.within(&object, "rejections", Code::QuorumOutOfRange, (1, limits::QUORUM)) {
            terms.rejections = u8::try_from(n).unwrap_or(1);
        }
        let wait = (limits::WAIT_LEAST, limits::WAIT_MOST);
        if let Some(n) = self.within(&object, "expires_in", Code::OutOfRange, wait) {
            terms.expires_in = SignedDuration::from_secs(i64::try_from(n).unwrap_or(0));
        }
        let words = Late::ALL.iter().map(|late| (late.as_str(), *late)).collect::<Vec<_>>();
        if let Some(late) = self.choice(&object, "late", Code::UnknownChoice, &words) {
            terms.late = late;
        }
        match self.number(&object, "remind_after") {
            None => (),
            Some(0) => terms.remind_after = None,
            Some(n @ limits::WAIT_LEAST..=limits::WAIT_MOST) => {
                terms.remind_after = Some(SignedDuration::from_secs(i64::try_from(n).unwrap_or(0)));
            }
            Some(_) => {
                let message = format!("must be 0 for never, or {} to {}", wait.0, wait.1);
                self.error(&object.at("remind_after"), Code::OutOfRange, message);
            }
        }
        let (wait, remind) = (terms.expires_in, terms.remind_after);
        let said = object.get("remind_after").is_some();
        if self.new && said && remind.is_some_and(|remind| remind > wait) {
            let message = "is longer than expires_in: nobody would ever be reminded; 0 is never";
            self.error(&object.at("remind_after"), Code::OutOfRange, message);
        }
        if let Some((Tree::List(list), _)) = object.get("notify")
            && list.is_empty()
        {
            terms.notify = BTreeSet::new();
        } else if let Some(roles) = self.roles(&object, "notify", Role::ALL) {
            terms.notify = roles;
        }
        let words = By::ALL.iter().map(|by| (by.as_str(), *by)).collect::<Vec<_>>();
        if let Some(by) = self.choice(&object, "by", Code::UnknownChoice, &words) {
            terms.by = by;
        }
        let words = Links::ALL.iter().map(|links| (links.as_str(), *links)).collect::<Vec<_>>();
        if let Some(links) = self.choice(&object, "links", Code::UnknownChoice, &words) {
            terms.links = links;
        }
        if let Some((tree, path)) = object.get("signed") {
            terms.signed = self.signed(tree, &path)?;
        }
        if let Some(n) = self.within(&object, "open_rows", Code::OutOfRange, (0, limits::OPEN_ROWS)) {
            terms.open_rows = u8::try_from(n).unwrap_or_default();
        }
        Some(terms)
    }

    fn signed(&mut self, tree: &Tree, path: &str) -> Option<SignedVotes> {
        let object = self.object(tree, path, &["votes", "device_bound"])?;
        let votes = self.within(&object, "votes", Code::QuorumOutOfRange, (0, limits::QUORUM));
        let device_bound = self.boolean(&object, "device_bound").unwrap_or_default();
        Some(SignedVotes { votes: u8::try_from(votes.unwrap_or_default()).ok()?, device_bound })
    }

    fn requirement(&mut self, tree: &Tree, path: &str) -> Option<Requirement> {
        let object = self.object(tree, path, &["quorum", "roles", "from"])?;
        self.require(&object.at("quorum"), object.get("quorum"));
        let quorum = self.within(&object, "quorum", Code::QuorumOutOfRange, (1, limits::QUORUM));
        let requirement = match (object.get("roles"), object.get("from")) {
            (Some(_), Some((_, at))) => {
                let message = "can't stand beside roles: write those as \"role:approver\"";
                self.error(&at, Code::RolesOrFrom, message);
                None
            }
            (None, None) => Some(Requirement::of_roles(1, DECIDERS)),
            (Some(_), None) => {
                self.roles(&object, "roles", &DECIDERS).map(|roles| Requirement::of_roles(1, roles))
            }
            (None, Some(_)) => self.voters(&object),
        };
        Some(Requirement { quorum: u8::try_from(quorum?).ok()?, ..requirement? })
    }

    /// Roles, groups and members in one list.
    fn voters(&mut self, object: &Object<'_>) -> Option<Requirement> {
        let list = self.entries(object, "from", Code::UnknownVoter, |text| {
            let voter = match text.split_once(':') {
                Some(("role", name)) => {
                    Role::parse(name).filter(|role| DECIDERS.contains(role)).map(Voters::Role)
                }
                Some(("group", name)) => GroupName::parse(name).map(Voters::Group),
                Some(("member", id)) => MemberId::parse(id).ok().map(Voters::Member),
                _ => None,
            };
            let message = "must be role:owner, role:admin, role:approver, group: with a group's name, or member: with an id";
            voter.ok_or_else(|| message.to_owned())
        })?;
        let mut requirement = Requirement::of_roles(1, []);
        for voters in list {
            match voters {
                Voters::Role(role) => _ = requirement.roles.insert(role),
                Voters::Group(name) => _ = requirement.groups.insert(name),
                Voters::Member(id) => _ = requirement.members.insert(id),
            }
        }
        Some(requirement)
    }

    fn roles(&mut self, object: &Object<'_>, field: &str, allowed: &[Role]) -> Option<BTreeSet<Role>> {
        let names = allowed.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
        let list = self.entries(object, field, Code::UnknownRole, |text| {
            let role = Role::parse(text).filter(|role| allowed.contains(role));
            role.ok_or_else(|| format!("must be one of {names}"))
        })?;
        Some(list.into_iter().collect())
    }

    fn condition(&mut self, tree: &Tree, path: &str, depth: usize) -> Option<Condition> {
        self.conditions += 1;
        if self.conditions > limits::CONDITIONS {
            return None;
        }
        if depth > limits::DEPTH {
            self.error(path, Code::TooDeep, format!("lies deeper than {} conditions", limits::DEPTH));
            return None;
        }
        let Tree::Map(entries) = tree else {
            self.error(path, Code::WrongType, "must be an object with one condition");
            return None;
        };
        let [(name, value)] = entries.as_slice() else {
            let message = "must be an object with exactly one condition: join several with all or any";
            self.error(path, Code::OneCondition, message);
            return None;
        };
        let at = join(path, &name.chars().take(60).collect::<String>());
        match name.as_str() {
            "all" => self.several(value, &at, depth).map(Condition::All),
            "any" => self.several(value, &at, depth).map(Condition::Any),
            "not" => self.condition(value, &at, depth + 1).map(|one| Condition::Not(Box::new(one))),
            "policy" | "policy_id" | "policies" => {
                let message = "policies can't refer to each other: write the condition out";
                self.error(&at, Code::UnknownCondition, message);
                None
            }
            known if CONDITIONS.contains(&known) => self.leaf(known, value, &at),
            _ => {
                let message = format!("is no condition; there are {}", CONDITIONS.join(", "));
                self.error(&at, Code::UnknownCondition, message);
                None
            }
        }
    }

    fn several(&mut self, tree: &Tree, path: &str, depth: usize) -> Option<Vec<Condition>> {
        let list = self.list(tree, path, limits::CONDITIONS, Code::TooManyConditions)?;
        let mut all = vec![];
        for (i, one) in list.iter().enumerate() {
            all.extend(self.condition(one, &format!("{path}[{i}]"), depth + 1));
        }
        Some(all)
    }

    fn leaf(&mut self, name: &str, value: &Tree, at: &str) -> Option<Condition> {
        match name {
            "always" if *value == Tree::Bool(true) => Some(Condition::Always),
            "always" => {
                self.error(at, Code::WrongType, "must be true");
                None
            }
            "any_recipient" => self.recipient(value, at).map(Condition::AnyRecipient),
            "every_recipient" => self.recipient(value, at).map(Condition::EveryRecipient),
            "recipient_count" => {
                let object = self.object(value, at, &["at_least", "at_most"])?;
                let bounds = self.bounds(&object);
                if self.new && bounds.at_least.is_some_and(|least| least > limits::RECIPIENTS) {
                    let message = format!("no mail has more than {} recipients", limits::RECIPIENTS);
                    self.error(&object.at("at_least"), Code::OutOfRange, message);
                }
                self.something(at, bounds != Bounds::default())?;
                Some(Condition::RecipientCount(bounds))
            }
            "any_attachment" => self.file(value, at).map(Condition::AnyAttachment),
            "every_attachment" => self.file(value, at).map(Condition::EveryAttachment),
            "attachments" => {
                let object = self.object(value, at, &["at_least", "at_most", "total_over"])?;
                let (count, total_over) = (self.bounds(&object), self.number(&object, "total_over"));
                self.something(at, count != Bounds::default() || total_over.is_some())?;
                Some(Condition::Attachments { count, total_over })
            }
            "keyword" => self.keyword(value, at),
            "words" => self.words(value, at),
            "amount" => self.amount(value, at),
            "pattern" => self.pattern(value, at),
            "link" => self.link(value, at).map(Condition::Link),
            "picture" => self.link(value, at).map(Condition::Picture),
            "size_over" => self.whole(value, at).map(Condition::SizeOver),
            "sender" => self.sender(value, at).map(Condition::Sender),
            "thread" => {
                let object = self.object(value, at, &["tainted", "kind"])?;
                let tainted = self.boolean(&object, "tainted");
                let words = [("reply", true), ("new", false)];
                let is_reply = self.choice(&object, "kind", Code::UnknownChoice, &words);
                self.something(at, tainted.is_some() || is_reply.is_some())?;
                Some(Condition::Thread(ThreadTest { tainted, is_reply }))
            }
            "answers_automatic" => {
                if let Tree::Bool(yes) = value {
                    return Some(Condition::AnswersAutomatic(*yes));
                }
                self.error(at, Code::WrongType, "must be true or false");
                None
            }
            "time" => self.time(value, at).map(Condition::Time),
            "first_contacts" => {
                let pers = [Per::Inbox, Per::Organization];
                let (per, window, over) = self.count(value, at, &pers)?;
                Some(Condition::FirstContacts { per, window, over })
            }
            _ => {
                let (per, window, over) = self.count(value, at, Per::ALL)?;
                Some(Condition::VolumeOver { per, window, over })
            }
        }
    }

    /// A test that asks nothing would be met by everything.
    fn something(&mut self, path: &str, asked: bool) -> Option<()> {
        if !asked && !self.violations.iter().any(|one| one.path.starts_with(path)) {
            self.error(path, Code::EmptyCondition, "asks nothing: give at least one field");
        }
        asked.then_some(())
    }

    fn bounds(&mut self, object: &Object<'_>) -> Bounds {
        let (at_least, at_most) = (self.number(object, "at_least"), self.number(object, "at_most"));
        if let (Some(least), Some(most)) = (at_least, at_most)
            && least > most
        {
            self.error(&object.at("at_least"), Code::OutOfRange, "is more than at_most");
        }
        Bounds { at_least, at_most }
    }

    fn recipient(&mut self, tree: &Tree, path: &str) -> Option<RecipientTest> {
        let object = self.object(tree, path, &["domain_in", "address_in", "kind", "first_contact"])?;
        let test = RecipientTest {
            domain_in: self.domains(&object, "domain_in"),
            address_in: self.entries(&object, "address_in", Code::InvalidAddress, |text| {
                EmailAddress::parse(text).map_err(|error| error.to_string())
            }),
            internal: self.choice(
                &object,
                "kind",
                Code::UnknownChoice,
                &[("internal", true), ("external", false)],
            ),
            first_contact: self.boolean(&object, "first_contact"),
        };
        self.something(path, test != RecipientTest::default())?;
        Some(test)
    }

    fn file(&mut self, tree: &Tree, path: &str) -> Option<FileTest> {
        let object = self.object(tree, path, &["extension_in", "media_type_in", "kind_in", "over"])?;
        let words = FileKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
        let kinds = self.entries(&object, "kind_in", Code::UnknownChoice, |text| {
            FileKind::parse(text).ok_or_else(|| format!("must be one of {words}"))
        });
        let test = FileTest {
            extension_in: self.entries(&object, "extension_in", Code::InvalidExtension, |text| {
                let plain = !text.is_empty() && !text.contains(['.', '/', '\\', '*', ' ']);
                let message = || "must be what stands behind the last dot of a name, such as pdf".to_owned();
                plain.then(|| text.to_lowercase()).ok_or_else(message)
            }),
            media_type_in: self.entries(&object, "media_type_in", Code::InvalidMediaType, |text| {
                media_type(text).ok_or_else(|| "must be a media type such as image/png or image/*".to_owned())
            }),
            kind_in: kinds.map(|kinds| kinds.into_iter().collect()),
            over: self.number(&object, "over"),
        };
        self.something(path, test != FileTest::default())?;
        Some(test)
    }

    /// Where it is looked; in subject and body where nothing is said, and in the names of files where `filename`.
    fn places(&mut self, object: &Object<'_>, filename: bool) -> Option<Places> {
        if object.get("in").is_none() {
            return Some(Places { subject: true, body: true, filename });
        }
        let list = self.entries(object, "in", Code::UnknownChoice, |text| {
            let known = matches!(text, "subject" | "body" | "filename");
            known.then(|| text.to_owned()).ok_or_else(|| "must be one of subject, body, filename".to_owned())
        })?;
        let has = |name: &str| list.iter().any(|one| one == name);
        Some(Places { subject: has("subject"), body: has("body"), filename: has("filename") })
    }

    fn keyword(&mut self, tree: &Tree, path: &str) -> Option<Condition> {
        let (places, any_of) = self.phrases(tree, path, false)?;
        Some(Condition::Keyword { places, any_of })
    }

    fn words(&mut self, tree: &Tree, path: &str) -> Option<Condition> {
        let (places, any_of) = self.phrases(tree, path, true)?;
        Some(Condition::Words { places, any_of })
    }

    fn phrases(&mut self, tree: &Tree, path: &str, filename: bool) -> Option<(Places, Vec<String>)> {
        let object = self.object(tree, path, &["in", "any_of"])?;
        let places = self.places(&object, filename);
        self.require(&object.at("any_of"), object.get("any_of"));
        let any_of = self.entries(&object, "any_of", Code::EmptyKeyword, |text| {
            let says = super::evaluate::searchable(text);
            if says { Ok(text.to_owned()) } else { Err("must have a visible character".to_owned()) }
        });
        Some((places?, any_of?))
    }

    fn amount(&mut self, tree: &Tree, path: &str) -> Option<Condition> {
        let object = self.object(tree, path, &["in", "over", "currency"])?;
        self.patterns += 1;
        let places = self.places(&object, false);
        self.require(&object.at("over"), object.get("over"));
        let over = self.number(&object, "over");
        let currency = match object.get("currency") {
            None => Some(None),
            Some((tree, at)) => {
                let read = Currency::parse(&self.text(tree, &at)?);
                if read.is_none() {
                    let message = "must be a currency of ISO 4217 such as EUR; left out, any";
                    self.error(&at, Code::InvalidCurrency, message);
                }
                read.map(Some)
            }
        };
        Some(Condition::Amount { places: places?, over: over?, currency: currency? })
    }

    fn pattern(&mut self, tree: &Tree, path: &str) -> Option<Condition> {
        let object = self.object(tree, path, &["in", "regex"])?;
        let places = self.places(&object, false);
        let (tree, at) = self.require(&object.at("regex"), object.get("regex"))?;
        let regex = self.text(tree, &at)?;
        self.patterns += 1;
        // Compiling takes time: beyond the bound nothing is compiled any more.
        if self.patterns <= limits::PATTERNS {
            match compile(&regex) {
                // It would match whatever is said, which no author of a pattern means.
                Ok(compiled) if self.new && compiled.is_match("") && compiled.is_match("\u{e000}") => {
                    let message =
                        "matches every text, also one without words: write what must stand there, or always";
                    self.error(&at, Code::EmptyPattern, message);
                }
                Ok(_) => (),
                Err(regex::Error::CompiledTooBig(_)) => {
                    let message = "is too large once its repetitions are written out: use smaller ones, or \
                                   [0-9] and [A-Za-z] in place of \\d and \\w";
                    self.error(path, Code::PatternTooLarge, message);
                }
                Err(error) => {
                    let told = error.to_string();
                    let last = told.lines().last().unwrap_or_default().trim();
                    let last = last.strip_prefix("error: ").unwrap_or(last);
                    let message = format!("is no regular expression of the syntax that is used here: {last}");
                    self.error(path, Code::InvalidPattern, message);
                }
            }
        }
        Some(Condition::Pattern { places: places?, regex })
    }

    fn link(&mut self, tree: &Tree, path: &str) -> Option<LinkTest> {
        let object = self.object(tree, path, &["present", "domain_in", "domain_not_in"])?;
        let present = self.boolean(&object, "present");
        let (within, beyond) = (self.domains(&object, "domain_in"), self.domains(&object, "domain_not_in"));
        match (present, within, beyond) {
            (Some(yes), None, None) => Some(LinkTest::Present(yes)),
            (None, Some(list), None) => Some(LinkTest::DomainIn(list)),
            (None, None, Some(list)) => Some(LinkTest::DomainNotIn(list)),
            (None, None, None) => {
                self.something(path, false);
                None
            }
            _ => {
                self.error(path, Code::OneCondition, "takes one of present, domain_in, domain_not_in");
                None
            }
        }
    }

    fn sender(&mut self, tree: &Tree, path: &str) -> Option<SenderTest> {
        let object = self.object(tree, path, &["inbox_in", "token_in", "member_in", "kind"])?;
        let test = SenderTest {
            inbox_in: self.ids(&object, "inbox_in"),
            token_in: self.ids(&object, "token_in"),
            member_in: self.ids(&object, "member_in"),
            is_token: self.choice(
                &object,
                "kind",
                Code::UnknownChoice,
                &[("token", true), ("member", false)],
            ),
        };
        self.something(path, test != SenderTest::default())?;
        Some(test)
    }

    fn time(&mut self, tree: &Tree, path: &str) -> Option<Hours> {
        let object = self.object(tree, path, &["days", "from", "to", "time_zone"])?;
        let days = match object.get("days") {
            None => Some((1..=7).collect()),
            Some(_) => self
                .entries(&object, "days", Code::UnknownDay, |text| {
                    let found = (1_i8..).zip(DAYS).find(|(_, name)| *name == text);
                    found.map(|(day, _)| day).ok_or_else(|| format!("must be one of {}", DAYS.join(", ")))
                })
                .map(|days| days.into_iter().collect()),
        };
        let mut clock = |field: &str, otherwise: u16| match object.get(field) {
            None => Some(otherwise),
            Some((tree, at)) => {
                let read = read_clock(&self.text(tree, &at)?);
                if read.is_none() {
                    self.error(&at, Code::InvalidTime, "must be a time of day such as 09:00, at most 24:00");
                }
                read
            }
        };
        let (from, to) = (clock("from", 0), clock("to", 1_440));
        if from.is_some() && (from == to || from == Some(1_440)) {
            self.error(
                &object.at("to"),
                Code::InvalidTime,
                "must be another time than from, which is before 24:00",
            );
        }
        let (tree, at) = self.require(&object.at("time_zone"), object.get("time_zone"))?;
        let time_zone = self.text(tree, &at)?;
        if !is_time_zone(&time_zone) {
            let message = "is not in the IANA time zone database: write a name such as Europe/Berlin or UTC";
            self.error(&at, Code::UnknownTimeZone, message);
        }
        Some(Hours { days: days?, from: from?, to: to?, time_zone })
    }

    fn count(&mut self, tree: &Tree, path: &str, pers: &[Per]) -> Option<(Per, Window, u64)> {
        let object = self.object(tree, path, &["per", "window", "over"])?;
        for field in ["per", "window", "over"] {
            self.require(&object.at(field), object.get(field));
        }
        let pers: Vec<_> = pers.iter().map(|per| (per.as_str(), *per)).collect();
        let per = self.choice(&object, "per", Code::UnknownChoice, &pers);
        let windows: Vec<_> = Window::ALL.iter().map(|window| (window.as_str(), *window)).collect();
        let window = self.choice(&object, "window", Code::UnknownChoice, &windows);
        let over = self.number(&object, "over");
        Some((per?, window?, over?))
    }
}

/// A media type in lower case; a star may stand for all of a kind.
fn media_type(text: &str) -> Option<String> {
    let (kind, subtype) = text.split_once('/')?;
    let token = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    (token(kind) && (subtype == "*" || token(subtype))).then(|| text.to_ascii_lowercase())
}
