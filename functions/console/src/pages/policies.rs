//! `/console/policies`: what is let out, held and blocked. Policies are made and changed through the API.

use std::fmt::Write as _;

use app::Refusal;
use app::gate::policies;
use askama::Template;
use domain::Timestamp;
use domain::gate::policy::{Late, Outcome, Policy, Terms, Tree};
use domain::people::access::{Scope, scope};
use futures_util::future::try_join;
use jiff::SignedDuration;
use runtime::http::{Request, Response};

use super::render;
use crate::Context;
use crate::guard;
use crate::page::{Audience, Back, Get, Menu, Page};
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Doer, Moment, Names, count, visible};

/// The page.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/policies",
    audience: Audience::With(Scope::PoliciesManage),
    menu: Menu::Setting(10, "Policies"),
    get: Get::Page(|context, request, _| Box::pin(show(context, request))),
    back: Back::Here(&[]),
    ..Page::NEW
}];

#[derive(Template)]
#[template(path = "policies.html")]
struct PoliciesPage {
    shell: Shell,
    policies: Vec<Shown>,
    /// How many can't be read.
    unreadable: usize,
}

struct Shown {
    id: String,
    name: String,
    description: String,
    enabled: bool,
    /// The inboxes that it is limited to.
    inboxes: Vec<String>,
    version: u64,
    at: Moment,
    by: Doer,
    rules: Vec<Rule>,
}

struct Rule {
    name: String,
    /// `allow`, `hold` or `block`.
    outcome: &'static str,
    /// What follows, in words.
    then: String,
    /// When it matches, as it is written.
    when: String,
}

/// A time as a person says it, in the largest unit that it is a whole number of.
fn span(time: SignedDuration) -> String {
    let seconds = time.as_secs();
    let units = [(86_400, "day", "days"), (3_600, "hour", "hours"), (60, "minute", "minutes")];
    for (length, one, many) in units {
        if seconds > 0 && seconds % length == 0 {
            return count(usize::try_from(seconds / length).unwrap_or(usize::MAX), one, many);
        }
    }
    count(usize::try_from(seconds).unwrap_or_default(), "second", "seconds")
}

fn terms(terms: &Terms) -> String {
    let votes: Vec<_> = terms
        .requirements
        .iter()
        .map(|one| format!("{} of {}", count(one.quorum.into(), "vote", "votes"), one.voters()))
        .collect();
    let mut text = format!("It waits for {}, at most {}.", votes.join(" and "), span(terms.expires_in));
    if terms.late == Late::Send {
        text.push_str(" Approved after its time, it goes out all the same.");
    }
    if !terms.separation {
        text.push_str(" Whoever asked for it or edited it may approve it.");
    }
    if terms.rejections > 1 {
        let _ = write!(text, " It takes {} rejections to end it.", terms.rejections);
    }
    text
}

impl Shown {
    fn new(policy: &Policy, names: &Names, now: Timestamp) -> Self {
        let content = &policy.content;
        let conditions = conditions(content.write());
        let rule = |(rule, when): (&domain::gate::policy::Rule, String)| Rule {
            name: visible(&rule.name),
            outcome: rule.outcome.as_str(),
            then: match &rule.outcome {
                Outcome::Allow => "It goes out without a person, unless another rule is stricter.".to_owned(),
                Outcome::Hold(asked) => terms(asked),
                Outcome::Defer(hours) => format!("It does not go within {hours}: it waits for their end."),
                Outcome::Block => "It does not go out.".to_owned(),
            },
            when: visible(&when),
        };
        let inboxes = content.inboxes.iter().flatten();
        Self {
            id: policy.id.to_string(),
            name: visible(&content.name),
            description: visible(&content.description),
            enabled: content.enabled,
            inboxes: inboxes.map(ToString::to_string).collect(),
            version: policy.version,
            at: Moment::new(policy.updated_at, now),
            by: names.doer(&policy.updated_by),
            rules: content.rules.iter().zip(conditions).map(rule).collect(),
        }
    }
}

/// The conditions of a written policy, in the order of its rules.
fn conditions(written: Tree) -> Vec<String> {
    let entry = |tree: Tree, wanted: &str| match tree {
        Tree::Map(entries) => entries.into_iter().find(|(name, _)| name == wanted).map(|(_, value)| value),
        _ => None,
    };
    let rules = match entry(written, "rules") {
        Some(Tree::List(rules)) => rules,
        _ => vec![],
    };
    rules
        .into_iter()
        .map(|rule| entry(rule, "when").map(|when| when.canonical()).unwrap_or_default())
        .collect()
}

/// All of them.
pub(super) async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let (frame, book) = try_join(Frame::of(&visit), policies::book(&visit.ports, &permit)).await?;
    let now = visit.ports.now();
    let page = PoliciesPage {
        policies: book.policies.iter().map(|policy| Shown::new(policy, &frame.names, now)).collect(),
        unreadable: book.unreadable.len(),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_told_in_words() {
        assert_eq!(
            terms(&Terms::default()),
            "It waits for 1 vote of owner, admin or approver, at most 7 days."
        );
        let loose = Terms {
            separation: false,
            rejections: 2,
            late: Late::Send,
            expires_in: SignedDuration::from_mins(90),
            ..Terms::default()
        };
        let told = terms(&loose);
        for words in
            ["at most 90 minutes", "goes out all the same", "or edited it may approve", "2 rejections"]
        {
            assert!(told.contains(words), "{told}");
        }
    }
}
