//! `/console/policies`: what is let out, held and blocked, in sentences; each policy switched on and off, deleted, and taken back to what it
//! said before.

use std::collections::BTreeMap;

use app::Refusal;
use app::base::store::Key;
use app::gate::policies;
use askama::Template;
use domain::base::code::Code;
use domain::base::id::Id as _;
use domain::gate::policy::{FormerPolicy, Named, Policy, PolicyContent};
use domain::people::access::{Actor, Scope, scope};
use domain::{PolicyId, Timestamp};
use futures_util::future::{try_join, try_join3};
use runtime::http::{Request, Response};

use super::{conflict, render};
use crate::Context;
use crate::guard;
use crate::page::{Audience, Back, Get, Menu, Page};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Doer, Moment, Names, visible};

/// The list, the history of one, and their forms.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: LIST,
        menu: Menu::Setting(10, "Policies"),
        get: Get::Page(|context, request, _| Box::pin(show(context, request))),
        back: Back::Here(&[]),
        ..POLICIES
    },
    Page {
        path: "/policies/{policy_id}/switch",
        post: Some(|context, request, at| Box::pin(async move { switch(context, request, at.id()?).await })),
        ..FORM
    },
    Page {
        path: "/policies/{policy_id}/delete",
        post: Some(|context, request, at| Box::pin(async move { delete(context, request, at.id()?).await })),
        ..FORM
    },
    Page {
        path: HISTORY,
        get: Get::Page(|context, request, at| {
            Box::pin(async move { history(context, request, at.id()?).await })
        }),
        back: Back::Here(&[]),
        ..POLICIES
    },
    Page {
        path: "/policies/{policy_id}/restore",
        get: Get::To(HISTORY),
        post: Some(|context, request, at| Box::pin(async move { restore(context, request, at.id()?).await })),
        back: Back::To(HISTORY),
        ..POLICIES
    },
];

pub(super) const POLICIES: Page = Page { audience: Audience::With(Scope::PoliciesManage), ..Page::NEW };
const FORM: Page = Page { get: Get::To(LIST), back: Back::To(LIST), ..POLICIES };
const LIST: &str = "/policies";
const HISTORY: &str = "/policies/{policy_id}/history";

#[derive(Template)]
#[template(path = "policies.html")]
struct PoliciesPage {
    shell: Shell,
    notice: &'static str,
    /// Where the versions are of one that was deleted just now.
    history: Option<String>,
    alert: String,
    csrf: String,
    policies: Vec<Shown>,
    /// Those that can't be read: their ids, as far as these can be.
    unreadable: Vec<String>,
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

/// A rule, as a person reads it.
pub(super) struct Rule {
    pub name: String,
    /// `allow`, `hold`, `defer` or `block`.
    pub outcome: &'static str,
    /// What it says.
    pub sentence: String,
    /// For a comparison: `add`, `del`, or empty where it stays.
    pub mark: &'static str,
}

/// What people call what policies name.
pub(super) type Called = BTreeMap<Named, String>;

/// The rules of a policy.
pub(super) fn rules(content: &PolicyContent, called: &Called) -> Vec<Rule> {
    let name = |named: &Named| called.get(named).cloned();
    let rule = |rule: &domain::gate::policy::Rule| Rule {
        name: visible(&rule.name),
        outcome: rule.outcome.as_str(),
        sentence: visible(&rule.sentence(&name)),
        mark: "",
    };
    content.rules.iter().map(rule).collect()
}

/// The rules of `after`, each marked that is new, and between them those of `before` that are gone.
pub(super) fn differences(before: Vec<Rule>, after: Vec<Rule>) -> Vec<Rule> {
    let says = |rule: &Rule| (rule.name.clone(), rule.sentence.clone());
    let (old, new): (Vec<_>, Vec<_>) = (before.iter().map(says).collect(), after.iter().map(says).collect());
    // How many are common from each pair of places on: rules are few.
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = if old[i] == new[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut before, mut after) = (before.into_iter(), after.into_iter());
    let (mut i, mut j, mut out) = (0, 0, vec![]);
    while i < old.len() || j < new.len() {
        let same = i < old.len() && j < new.len() && old[i] == new[j];
        let gone = !same && (j == new.len() || i < old.len() && common[i + 1][j] >= common[i][j + 1]);
        if gone || same {
            let was = before.next();
            i += 1;
            if gone {
                out.extend(was.map(|rule| Rule { mark: "del", ..rule }));
                continue;
            }
        }
        let mark = if same { "" } else { "add" };
        out.extend(after.next().map(|rule| Rule { mark, ..rule }));
        j += 1;
    }
    out
}

/// What else differs than the rules, in words.
fn other_changes(before: &PolicyContent, after: &PolicyContent) -> Vec<String> {
    let mut changes = vec![];
    if before.name != after.name {
        changes.push(format!("Its name was \u{201c}{}\u{201d}.", visible(&before.name)));
    }
    if before.description != after.description {
        changes.push(match before.description.as_str() {
            "" => "It had no description.".to_owned(),
            text => format!("Its description was \u{201c}{}\u{201d}.", visible(text)),
        });
    }
    if before.enabled != after.enabled {
        changes.push(if after.enabled { "It was switched on." } else { "It was switched off." }.to_owned());
    }
    if before.inboxes != after.inboxes {
        changes.push(match &before.inboxes {
            None => "It was for every inbox before.".to_owned(),
            Some(some) => {
                format!("It was for {} before.", crate::words::count(some.len(), "inbox", "inboxes"))
            }
        });
    }
    changes
}

impl Shown {
    fn new(policy: &Policy, called: &Called, names: &Names, now: Timestamp) -> Self {
        let content = &policy.content;
        let inbox = |id: &domain::InboxId| {
            called.get(&Named::Inbox(*id)).map_or_else(|| id.to_string(), |address| visible(address))
        };
        Self {
            id: policy.id.to_string(),
            name: visible(&content.name),
            description: visible(&content.description),
            enabled: content.enabled,
            inboxes: content.inboxes.iter().flatten().map(inbox).collect(),
            version: policy.version,
            at: Moment::new(policy.updated_at, now),
            by: names.doer(&policy.updated_by),
            rules: rules(content, called),
        }
    }
}

/// All of them.
async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[Key::Policies]).await?;
    let notice = match request.query.get("notice").map(String::as_str) {
        Some("made") => "The policy is made. It counts from the next mail on.",
        Some("on") => "It is switched on, and counts from the next mail on.",
        Some("off") => "It is switched off: it neither lets mail go nor holds or blocks any.",
        Some("deleted") => "It is deleted. What it let out is held from the next mail on.",
        Some("restored") => "It says again what it said then.",
        _ => "",
    };
    let deleted = request.query.get("of").and_then(|id| PolicyId::parse(id).ok());
    list(&visit, 200, notice, deleted, String::new()).await
}

async fn list(
    visit: &Visit,
    status: u16,
    notice: &'static str,
    deleted: Option<PolicyId>,
    alert: String,
) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let (frame, book) = try_join(Frame::of(visit), policies::book(&visit.ports, &permit)).await?;
    let contents: Vec<_> = book.policies.iter().map(|policy| &policy.content).collect();
    let called = policies::names(&visit.ports, &permit, &contents).await?;
    let now = visit.ports.now();
    let page = PoliciesPage {
        notice,
        history: deleted.map(|id| format!("{}/{id}/history", route::POLICIES)),
        alert,
        csrf: visit.session.form_token(),
        policies: book.policies.iter().map(|one| Shown::new(one, &called, &frame.names, now)).collect(),
        unreadable: book
            .unreadable
            .iter()
            .map(|one| one.id.map(|id| id.to_string()).unwrap_or_default())
            .collect(),
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

/// What came of a form of the list: back to it with a notice, or with what stands in the way.
async fn back<T>(visit: &Visit, done: Result<T, Refusal>, notice: &str) -> Result<Response, Refusal> {
    let alert = match done {
        Ok(_) => return Ok(guard::see_other(&format!("{}?notice={notice}", route::POLICIES))),
        Err(refusal) if refusal.code() == Code::PolicyChanged => {
            "Nothing was done: somebody changed this policy meanwhile. Below is what it says now.".to_owned()
        }
        Err(refusal) => conflict(&refusal).ok_or(refusal)?,
    };
    list(visit, 409, "", None, alert).await
}

/// Switches one on or off, and changes nothing else of it.
async fn switch(context: &Context, request: &Request, id: PolicyId) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[Key::Policies]).await?;
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let enabled = form.field("enabled") == "yes";
    let known = policies::get(&visit.ports, &permit, id).await?;
    let version = form.field("version").parse().unwrap_or_default();
    let content = PolicyContent { enabled, ..known.content };
    let done = policies::replace(&visit.ports, &permit, id, version, content).await;
    back(&visit, done, if enabled { "on" } else { "off" }).await
}

/// Deletes one.
async fn delete(context: &Context, request: &Request, id: PolicyId) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[Key::Policies]).await?;
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let done = policies::delete(&visit.ports, &permit, id).await;
    back(&visit, done, &format!("deleted&of={id}")).await
}

#[derive(Template)]
#[template(path = "policy_history.html")]
struct HistoryPage {
    shell: Shell,
    csrf: String,
    id: String,
    name: String,
    /// The version that there is; 0 where it was deleted.
    current: u64,
    versions: Vec<Version>,
}

struct Version {
    number: u64,
    at: Moment,
    by: Doer,
    /// When and by whom it was deleted, where it ended so.
    deleted: Option<(Moment, Doer)>,
    is_current: bool,
    /// Its rules, compared with those of the version before it.
    rules: Vec<Rule>,
    /// What else is different.
    changes: Vec<String>,
    is_first: bool,
}

/// One version of a policy.
struct Said<'p> {
    version: u64,
    content: &'p PolicyContent,
    at: Timestamp,
    by: &'p Actor,
    ended: Option<&'p FormerPolicy>,
}

/// What a policy said, and what changed from each version to the next.
async fn history(context: &Context, request: &Request, id: PolicyId) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[Key::Policies]).await?;
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let (frame, history) =
        Box::pin(try_join(Frame::of(&visit), policies::history(&visit.ports, &permit, id))).await?;
    let now = history.current.iter().map(|policy| Said {
        version: policy.version,
        content: &policy.content,
        at: policy.updated_at,
        by: &policy.updated_by,
        ended: None,
    });
    let before = history.former.iter().map(|one| Said {
        version: one.version,
        content: &one.content,
        at: one.written_at,
        by: &one.written_by,
        ended: Some(one),
    });
    let all: Vec<_> = now.chain(before).collect();
    let contents: Vec<_> = all.iter().map(|said| said.content).collect();
    let called = policies::names(&visit.ports, &permit, &contents).await?;
    let at = visit.ports.now();
    let deleted = history.current.is_none();
    let versions = all.iter().enumerate().map(|(i, said)| {
        let own = rules(said.content, &called);
        let before = all.get(i + 1);
        let gone = said.ended.filter(|_| deleted && i == 0);
        Version {
            number: said.version,
            at: Moment::new(said.at, at),
            by: frame.names.doer(said.by),
            deleted: gone.map(|one| (Moment::new(one.ended_at, at), frame.names.doer(&one.ended_by))),
            is_current: said.ended.is_none(),
            rules: match before {
                Some(before) => differences(rules(before.content, &called), own),
                None => own,
            },
            changes: before.map(|before| other_changes(before.content, said.content)).unwrap_or_default(),
            is_first: before.is_none(),
        }
    });
    let page = HistoryPage {
        csrf: visit.session.form_token(),
        id: id.to_string(),
        name: all.first().map(|said| visible(&said.content.name)).unwrap_or_default(),
        current: history.current.as_ref().map_or(0, |policy| policy.version),
        versions: versions.collect(),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

/// Makes a policy say again what it said in an old version; one that was deleted is made anew.
async fn restore(context: &Context, request: &Request, id: PolicyId) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[Key::Policies]).await?;
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let wanted = form.field("restore").parse().unwrap_or(0_u64);
    let seen = form.field("version").parse().unwrap_or(0_u64);
    let history = policies::history(&visit.ports, &permit, id).await?;
    let former = history.former.into_iter().find(|one| one.version == wanted);
    let content = former.ok_or(Refusal::NotFound("version"))?.content;
    let done = if history.current.is_some() {
        policies::replace(&visit.ports, &permit, id, seen, content).await
    } else {
        let saved = |_: &Policy| (201, String::new());
        policies::create(&visit.ports, &permit, content, &app::base::enter::Once::default(), saved).await
    };
    match done {
        // What it names may be gone by now: whoever wants it looks at it in the editor.
        Err(Refusal::Invalid(_)) => {
            let address = format!("{}/{id}?version={wanted}&notice=look", route::POLICIES);
            Ok(guard::see_other(&address))
        }
        done => back(&visit, done, "restored").await,
    }
}

/// What the editor needs of the organization beside the policy: who and what a policy may name.
pub(super) async fn sources(visit: &Visit, frame: &Frame) -> Result<super::policy_form::Sources, Refusal> {
    use app::base::store::PageRequest;
    let first = || PageRequest { limit: 100, cursor: None };
    let inboxes = async {
        let Ok(permit) = visit.principal.permit::<scope::MessagesRead>() else { return Ok(vec![]) };
        Ok::<_, Refusal>(app::mailbox::inboxes::list(&visit.ports, &permit, &first()).await?.items)
    };
    let tokens = async {
        let Ok(permit) = visit.principal.permit::<scope::TokensManage>() else { return Ok(vec![]) };
        Ok::<_, Refusal>(app::people::tokens::list(&visit.ports, &permit, &first()).await?.items)
    };
    let groups = async {
        let permit = visit.principal.permit::<scope::PoliciesManage>()?;
        app::gate::groups::list(&visit.ports, &permit).await
    };
    let (inboxes, tokens, groups) = Box::pin(try_join3(inboxes, tokens, groups)).await?;
    let token =
        |(token, _): &(domain::people::credential::Token, _)| (token.id.to_string(), token.name.clone());
    Ok(super::policy_form::Sources {
        inboxes: inboxes.iter().map(|inbox| (inbox.id.to_string(), inbox.address.to_string())).collect(),
        tokens: tokens.iter().map(token).collect(),
        members: frame.members.iter().map(|one| (one.id.to_string(), one.email.to_string())).collect(),
        groups: groups.iter().map(|group| (group.name.to_string(), group.name.to_string())).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str, sentence: &str) -> Rule {
        Rule { name: name.to_owned(), outcome: "hold", sentence: sentence.to_owned(), mark: "" }
    }

    fn told(rules: &[Rule]) -> Vec<(&str, &'static str)> {
        rules.iter().map(|rule| (rule.sentence.as_str(), rule.mark)).collect()
    }

    #[test]
    fn what_is_new_and_what_is_gone_is_marked() {
        let before = || vec![rule("a", "A"), rule("b", "B"), rule("c", "C")];
        let after = vec![rule("a", "A"), rule("x", "X"), rule("c", "C"), rule("d", "D")];
        let found = differences(before(), after);
        assert_eq!(told(&found), [("A", ""), ("B", "del"), ("X", "add"), ("C", ""), ("D", "add")]);
        assert_eq!(told(&differences(before(), before())), [("A", ""), ("B", ""), ("C", "")]);
        assert_eq!(told(&differences(vec![], vec![rule("a", "A")])), [("A", "add")]);
        assert_eq!(told(&differences(vec![rule("a", "A")], vec![])), [("A", "del")]);
    }
}
