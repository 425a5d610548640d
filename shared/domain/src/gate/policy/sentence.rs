//! Rules as sentences: what a person reads in place of the written form.
//!
//! Every condition, every outcome and every term has words of its own, so that rules that ask for something else read otherwise. What
//! somebody typed stands between quotation marks, and neither ends them nor hides in them.

use std::fmt::Write as _;

use jiff::SignedDuration;

use super::{
    Bounds, By, Condition, DomainPattern, FileKind, FileTest, Late, LinkTest, Links, Named, Outcome, Per,
    Places, PolicyContent, RecipientTest, Requirement, Rule, SenderTest, Terms, ThreadTest, Window,
};
use crate::base::hours::Hours;
use crate::base::text::is_invisible;
use crate::people::access::Role;

/// What people call what a rule names: the address of an inbox or a member, the name of a token. What has no such name any more
/// is told by its id.
pub type Called<'a> = &'a dyn Fn(&Named) -> Option<String>;

impl Rule {
    /// What it says, in one sentence that ends with a full stop.
    pub fn sentence(&self, called: Called<'_>) -> String {
        let words = Words { called };
        let then = words.outcome(&self.outcome);
        match &self.when {
            Condition::Always => format!("Whatever the mail: {then}."),
            when => format!("When {}: {then}.", words.clause(when, true)),
        }
    }
}

impl PolicyContent {
    /// What its rules say, in their order.
    pub fn sentences(&self, called: Called<'_>) -> Vec<String> {
        self.rules.iter().map(|rule| rule.sentence(called)).collect()
    }
}

impl Terms {
    /// What they ask for, such as `1 vote of an owner, for at most 24 hours`.
    pub fn words(&self, called: Called<'_>) -> String {
        Words { called }.terms(self)
    }
}

/// Text without anything that nobody sees, and in which a quotation mark is no end.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\u{201c}' | '\u{201d}' | '\\' => out.extend(['\\', c]),
            c if c.is_control() || is_invisible(c) => _ = write!(out, "\\u{{{:x}}}", u32::from(c)),
            c => out.push(c),
        }
    }
    out
}

fn quoted(text: &str) -> String {
    format!("\u{201c}{}\u{201d}", plain(text))
}

fn joined(parts: &[String], last: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

fn either(parts: &[String]) -> String {
    joined(parts, "or")
}

fn both(parts: &[String]) -> String {
    joined(parts, "and")
}

fn quotations<T: AsRef<str>>(texts: &[T]) -> String {
    either(&texts.iter().map(|text| quoted(text.as_ref())).collect::<Vec<_>>())
}

/// `1 file`, `2 files`.
fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A size, exact: in the largest unit that it is a whole number of.
fn size(bytes: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let whole = units.into_iter().find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit));
    whole.map_or_else(|| count(bytes, "byte", "bytes"), |(unit, name)| format!("{} {name}", bytes / unit))
}

/// A time, exact: in the largest unit that it is a whole number of.
pub fn span(time: SignedDuration) -> String {
    let seconds = u64::try_from(time.as_secs()).unwrap_or_default();
    // A day is told in hours: "within 1 day" might be until tomorrow night.
    let units = [(86_400, "day", "days"), (3_600, "hour", "hours"), (60, "minute", "minutes")];
    let whole = units.into_iter().find(|(unit, ..)| {
        seconds > 0 && seconds.is_multiple_of(*unit) && (*unit != 86_400 || seconds > *unit)
    });
    match whole {
        Some((unit, one, many)) => count(seconds / unit, one, many),
        None => count(seconds, "second", "seconds"),
    }
}

/// `at least 3 recipients`, `1 to 3 files`; none where nothing is asked.
fn bounds(bounds: Bounds, one: &str, many: &str) -> Option<String> {
    Some(match (bounds.at_least, bounds.at_most) {
        (None, None) => return None,
        (Some(least), None) => format!("at least {}", count(least, one, many)),
        (None, Some(most)) => format!("at most {}", count(most, one, many)),
        (Some(least), Some(most)) if least == most => format!("exactly {}", count(most, one, many)),
        (Some(least), Some(most)) => format!("{least} to {}", count(most, one, many)),
    })
}

fn domains(list: &[DomainPattern]) -> String {
    let one = |pattern: &DomainPattern| match pattern.as_str().strip_prefix("*.") {
        Some(below) => format!("a subdomain of {below}"),
        None => pattern.as_str().to_owned(),
    };
    either(&list.iter().map(one).collect::<Vec<_>>())
}

fn places(places: Places) -> String {
    let all =
        [(places.subject, "the subject"), (places.body, "the text"), (places.filename, "the name of a file")];
    let looked: Vec<_> = all.into_iter().filter(|(look, _)| *look).map(|(_, name)| name.to_owned()).collect();
    either(&looked)
}

/// A part of the week: `Monday to Friday, 09:00 to 17:00 (Europe/Berlin)`.
fn hours(hours: &Hours) -> String {
    const NAMES: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let names: Vec<String> = (1_i8..)
        .zip(NAMES)
        .filter(|(day, _)| hours.days.contains(day))
        .map(|(_, name)| name.to_owned())
        .collect();
    let first = hours.days.first().copied().unwrap_or_default();
    let unbroken = (first..).zip(&hours.days).all(|(expected, day)| expected == *day);
    let days = match &names[..] {
        all if all.len() == 7 => "every day".to_owned(),
        [first, .., last] if unbroken && names.len() > 2 => format!("{first} to {last}"),
        some => both(some),
    };
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let time = match (hours.from, hours.to) {
        (0, 1_440) => "all day".to_owned(),
        (from, to) if from < to => format!("{} to {}", clock(from), clock(to)),
        (from, to) => format!("{} to {} of the next day", clock(from), clock(to)),
    };
    format!("{days}, {time} ({})", plain(&hours.time_zone))
}

fn window(window: Window) -> &'static str {
    match window {
        Window::Hour => "within an hour",
        Window::Day => "within a day",
    }
}

/// One of a role, or several.
fn role(role: Role, several: bool) -> String {
    let name = role.as_str();
    if several {
        return format!("{name}s");
    }
    let article = if name.starts_with(['a', 'e', 'o']) { "an" } else { "a" };
    format!("{article} {name}")
}

struct Words<'a> {
    called: Called<'a>,
}

impl Words<'_> {
    fn name(&self, named: &Named) -> String {
        (self.called)(named).map_or_else(
            || match named {
                Named::Inbox(id) => id.to_string(),
                Named::Token(id) => id.to_string(),
                Named::Member(id) => id.to_string(),
                Named::Group(name) => quoted(name.as_str()),
            },
            |name| quoted(&name),
        )
    }

    fn names(&self, named: impl Iterator<Item = Named>) -> String {
        either(&named.map(|one| self.name(&one)).collect::<Vec<_>>())
    }

    /// A condition, or that it is not met, as what follows "when".
    fn clause(&self, condition: &Condition, yes: bool) -> String {
        match condition {
            Condition::Always if yes => "there is any mail".to_owned(),
            Condition::Always => "there is no mail (it never applies)".to_owned(),
            Condition::All(list) => self.several(list, yes, yes),
            Condition::Any(list) => self.several(list, yes, !yes),
            Condition::Not(one) => self.clause(one, !yes),
            Condition::AnyRecipient(test) => {
                let which = if yes { "a recipient" } else { "no recipient" };
                format!("{which} {}", recipient(test))
            }
            Condition::EveryRecipient(test) => {
                let which = if yes { "every recipient" } else { "not every recipient" };
                format!("{which} {}", recipient(test))
            }
            Condition::RecipientCount(range) => {
                let told = bounds(*range, "recipient", "recipients");
                has(told.as_deref().unwrap_or("any number of recipients"), yes)
            }
            Condition::AnyAttachment(test) => {
                format!("{} {}", if yes { "a file" } else { "no file" }, file(test))
            }
            Condition::EveryAttachment(test) => {
                let which =
                    if yes { "it has files and every one" } else { "it has no files or not every one" };
                format!("{which} {}", file(test))
            }
            Condition::Attachments { count, total_over } => attachments(*count, *total_over, yes),
            Condition::SizeOver(over) => size_over(*over, yes),
            Condition::Sender(test) => self.sender(test, yes),
            Condition::Thread(test) => thread(test, yes),
            Condition::AnswersAutomatic(answers) => {
                let does = if *answers == yes { "answers" } else { "does not answer" };
                format!("it {does} a mail that a program wrote")
            }
            Condition::Time(test) => {
                let would = if yes { "it would go out" } else { "it would go out at another time than" };
                format!("{would} {}", hours(test))
            }
            Condition::VolumeOver { per, window, over } => volume(*per, *window, *over, yes),
            Condition::FirstContacts { per, window, over } => first_contacts(*per, *window, *over, yes),
            content => of_content(content, yes),
        }
    }

    /// Several, of which all or one is to be so.
    fn several(&self, list: &[Condition], yes: bool, all: bool) -> String {
        if let [one] = list {
            return self.clause(one, yes);
        }
        let part = |one: &Condition| {
            let clause = self.clause(one, yes);
            if joins(one) { format!("({clause})") } else { clause }
        };
        let parts: Vec<_> = list.iter().map(part).collect();
        parts.join(if all { ", and " } else { ", or " })
    }

    fn sender(&self, test: &SenderTest, yes: bool) -> String {
        let (is, asks) = if yes { ("leaves", "asks") } else { ("does not leave", "does not ask") };
        let mut parts = vec![];
        if let Some(ids) = &test.inbox_in {
            parts.push(format!("it {is} the inbox {}", self.names(ids.iter().copied().map(Named::Inbox))));
        }
        if let Some(ids) = &test.token_in {
            parts.push(format!(
                "the token {} {asks} for it",
                self.names(ids.iter().copied().map(Named::Token))
            ));
        }
        if let Some(ids) = &test.member_in {
            let names = self.names(ids.iter().copied().map(Named::Member));
            parts.push(format!("{names} {asks} for it, in person or by a token"));
        }
        if let Some(is_token) = test.is_token {
            let who = if is_token == yes { "a program" } else { "a signed-in person" };
            parts.push(format!("{who} asks for it"));
        }
        together(&parts, yes)
    }

    fn outcome(&self, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Allow => "let it go without anybody\u{2019}s vote".to_owned(),
            Outcome::Hold(terms) => format!("hold it for {}", self.terms(terms)),
            Outcome::Defer(time) => {
                format!("keep it back {}, until that time is over; this lets nothing go", hours(time))
            }
            Outcome::Block => "block it".to_owned(),
        }
    }

    fn terms(&self, terms: &Terms) -> String {
        let usual = Terms::default();
        let votes: Vec<_> = terms.requirements.iter().map(|one| self.requirement(one)).collect();
        let mut parts = vec![format!("{}, for at most {}", both(&votes), span(terms.expires_in))];
        if !terms.separation {
            parts.push("whoever asked for it or edited it may approve it too".to_owned());
        }
        if terms.rejections != usual.rejections {
            parts.push(format!("it takes {} rejections to end it", terms.rejections));
        }
        if terms.late == Late::Send {
            parts.push("approved after its time, it goes out all the same".to_owned());
        }
        match terms.remind_after {
            after if after == usual.remind_after => {}
            None => parts.push("nobody is reminded".to_owned()),
            Some(after) => parts.push(format!("a reminder goes out every {}", span(after))),
        }
        if terms.notify.is_empty() {
            parts.push("nobody is told by mail".to_owned());
        } else if terms.notify != usual.notify {
            let roles: Vec<_> = terms.notify.iter().map(|one| role(*one, true)).collect();
            parts.push(format!("told by mail are {}", both(&roles)));
        }
        if terms.by == By::Any {
            parts.push("a program may decide as well".to_owned());
        }
        let keys = if terms.signed.device_bound { "a key that stays in its device" } else { "a passkey" };
        if terms.by == By::Passkey {
            parts.push(format!("each vote is signed by {keys}"));
        }
        match terms.signed.votes {
            0 => {}
            1 => parts.push(format!("one vote or more is signed by {keys}")),
            n => parts.push(format!("{n} votes or more are signed, each by {keys}")),
        }
        match terms.open_rows {
            0 => {}
            1 => parts.push("who approves many mails of a spreadsheet at once has decided about one of its rows alone before".to_owned()),
            n => parts.push(format!(
                "who approves many mails of a spreadsheet at once has decided about {n} of its rows alone before"
            )),
        }
        if terms.links == Links::SignIn {
            parts.push("links in mails lead to the sign-in".to_owned());
        }
        parts.join("; ")
    }

    fn requirement(&self, requirement: &Requirement) -> String {
        let several = requirement.quorum != 1;
        let mut who: Vec<_> = requirement.roles.iter().map(|one| role(*one, several)).collect();
        let member = if several { "members" } else { "a member" };
        who.extend(
            requirement
                .groups
                .iter()
                .map(|group| format!("{member} of the group {}", quoted(group.as_str()))),
        );
        who.extend(requirement.members.iter().map(|id| self.name(&Named::Member(*id))));
        let who = if who.is_empty() { "nobody".to_owned() } else { either(&who) };
        format!("{} of {who}", count(requirement.quorum.into(), "vote", "votes"))
    }
}

/// Whether its clause is several that are joined.
fn joins(condition: &Condition) -> bool {
    match condition {
        Condition::Not(one) => joins(one),
        Condition::All(list) | Condition::Any(list) => match &list[..] {
            [one] => joins(one),
            _ => true,
        },
        Condition::Attachments { count, total_over } => *count != Bounds::default() && total_over.is_some(),
        Condition::Sender(test) => {
            let asked = [
                test.inbox_in.is_some(),
                test.token_in.is_some(),
                test.member_in.is_some(),
                test.is_token.is_some(),
            ];
            asked.into_iter().filter(|asked| *asked).count() > 1
        }
        Condition::Thread(test) => test.tainted.is_some() && test.is_reply.is_some(),
        _ => false,
    }
}

/// All of these; or where the whole is not so, that one is not.
fn together(parts: &[String], yes: bool) -> String {
    match parts {
        [] => if yes { "anything is so" } else { "nothing is so" }.to_owned(),
        parts => parts.join(if yes { " and " } else { " or " }),
    }
}

fn has(what: &str, yes: bool) -> String {
    if yes { format!("it has {what}") } else { format!("it does not have {what}") }
}

fn recipient(test: &RecipientTest) -> String {
    let mut parts = vec![];
    if let Some(list) = &test.domain_in {
        parts.push(format!("is at {}", domains(list)));
    }
    if let Some(list) = &test.address_in {
        let list: Vec<_> = list.iter().map(|address| plain(address.as_str())).collect();
        parts.push(format!("is {}", either(&list)));
    }
    match test.internal {
        Some(true) => parts.push("is one of the organization".to_owned()),
        Some(false) => parts.push("is outside of the organization".to_owned()),
        None => {}
    }
    match test.first_contact {
        Some(true) => parts.push("was never written to before".to_owned()),
        Some(false) => parts.push("was written to before".to_owned()),
        None => {}
    }
    if parts.is_empty() { "is anybody".to_owned() } else { both(&parts) }
}

fn file(test: &FileTest) -> String {
    let mut parts = vec![];
    if let Some(list) = &test.extension_in {
        let list: Vec<_> = list.iter().map(|end| quoted(&format!(".{end}"))).collect();
        parts.push(format!("has a name that ends with {}", either(&list)));
    }
    if let Some(list) = &test.media_type_in {
        let list: Vec<_> = list.iter().map(|kind| plain(kind)).collect();
        parts.push(format!("is of the type {}", either(&list)));
    }
    if let Some(kinds) = &test.kind_in {
        let kind = |kind: &FileKind| match kind {
            FileKind::Executable => "a program",
            FileKind::Macro => "an office document that can have macros",
            FileKind::Archive => "an archive of files",
        };
        let kinds: Vec<_> = kinds.iter().map(|one| kind(one).to_owned()).collect();
        parts.push(format!("is {}", either(&kinds)));
    }
    if let Some(over) = test.over {
        parts.push(format!("is larger than {}", size(over)));
    }
    if parts.is_empty() { "is any file".to_owned() } else { both(&parts) }
}

fn attachments(count: Bounds, total_over: Option<u64>, yes: bool) -> String {
    let mut parts = vec![];
    if let Some(range) = bounds(count, "file", "files") {
        parts.push(has(&range, yes));
    }
    if let Some(over) = total_over {
        let are = if yes { "are" } else { "are not" };
        parts.push(format!("its files together {are} larger than {}", size(over)));
    }
    together(&parts, yes)
}

fn size_over(over: u64, yes: bool) -> String {
    format!("it is {} {}", if yes { "larger than" } else { "not larger than" }, size(over))
}

/// What is asked of words and links.
fn of_content(condition: &Condition, yes: bool) -> String {
    let not = if yes { "" } else { " nowhere" };
    match condition {
        Condition::Keyword { places: at, any_of } => {
            format!("{} stands{not} in {}, also within a word", quotations(any_of), places(*at))
        }
        Condition::Words { places: at, any_of } => {
            format!("{} stands{not} in {}, as a word of its own", quotations(any_of), places(*at))
        }
        Condition::Amount { places: at, over, currency } => {
            let of = currency.map_or_else(|| "of any currency".to_owned(), |one| one.to_string());
            let which = if yes { "an amount" } else { "no amount" };
            format!("{which} of more than {over} {of} stands in {}", places(*at))
        }
        Condition::Pattern { places: at, regex } => {
            let does = if yes { "matches" } else { "does not match" };
            format!("the pattern {} {does} in {}", quoted(regex), places(*at))
        }
        Condition::Link(test) => link(test, ("a link", "no link", "leads"), yes),
        Condition::Picture(test) => {
            link(test, ("a picture from elsewhere", "no picture from elsewhere", "comes from"), yes)
        }
        // Whatever is no condition of content is said where it is asked.
        _ => "anything is so".to_owned(),
    }
}

fn link(test: &LinkTest, (one, none, leads): (&str, &str, &str), yes: bool) -> String {
    let which = if yes { one } else { none };
    let to = if leads == "leads" { " to" } else { "" };
    match test {
        LinkTest::Present(present) => format!("it has {}", if *present == yes { one } else { none }),
        LinkTest::DomainIn(list) => format!("{which} {leads}{to} {}", domains(list)),
        LinkTest::DomainNotIn(list) => format!("{which} {leads}{to} any other place than {}", domains(list)),
    }
}

fn thread(test: &ThreadTest, yes: bool) -> String {
    let mut parts = vec![];
    if let Some(tainted) = test.tainted {
        let came = if tainted == yes { "something" } else { "nothing" };
        parts.push(format!("{came} suspicious came into its conversation"));
    }
    if let Some(is_reply) = test.is_reply {
        let is = if is_reply == yes { "answers a mail" } else { "begins a conversation" };
        parts.push(format!("it {is}"));
    }
    together(&parts, yes)
}

fn more(over: u64, yes: bool) -> String {
    format!("{} {over}", if yes { "more than" } else { "no more than" })
}

fn volume(per: Per, time: Window, over: u64, yes: bool) -> String {
    let whose = match per {
        Per::Inbox => "leave its inbox",
        Per::Recipient => "go to one of its recipients",
        Per::Organization => "leave the organization",
    };
    format!("{} mails {whose} {}, this one counted", more(over, yes), window(time))
}

fn first_contacts(per: Per, time: Window, over: u64, yes: bool) -> String {
    let whose = match per {
        Per::Inbox => "from its inbox",
        Per::Recipient => "of one recipient",
        Per::Organization => "by the organization",
    };
    format!(
        "{} people who were never written to before are written to {whose} {}, those of this mail counted",
        more(over, yes),
        window(time)
    )
}
