//! What a page says of itself, beside itself: where it is, which of the console's functions shows it, who may open it, where the menu
//! has it, what it answers with, and where somebody comes back to who had to sign in first.
//!
//! Each file of `pages` has its declarations in `PAGES`, and `pages::ALL` lists the files.

use app::Refusal;
use domain::base::id::Id;
use domain::gate::link::LinkSecret;
use domain::people::access::Scope;
use domain::people::email::EmailSecret;
use domain::people::invitation::InvitationSecret;
use domain::people::key_links::KeyLinkSecret;
use domain::people::registration::ClaimSecret;
use domain::people::reset::ResetSecret;
use domain::people::setup::SetupSecret;
use domain::{
    AccountId, ApprovalId, AttachmentId, DomainId, DraftId, EventId, GroupId, InboxId, InvitationId,
    ListEntryId, MemberId, MessageId, PasskeyId, PolicyId, SessionId, StandingApprovalId, SuppressionId,
    ThreadId, TokenId, UploadId, WebhookId,
};
use runtime::http::{Handling, Request, Response};

use crate::Context;
use crate::guard;
use crate::pages::ALL;

/// The function that shows a page. Each has a role of its own: what reads strangers' mail decides nothing, and what decides manages nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trust {
    /// Shows what strangers wrote.
    Mail,
    /// Decides about what goes out.
    Decide,
    /// Calls the provider that people sign in with.
    OpenId,
    /// Everything else: signing in, people, settings.
    Manage,
    /// Signs receipts, and does nothing else.
    Sign,
}

/// A page, or what a form of a page asks for.
#[derive(Clone, Copy)]
pub(crate) struct Page {
    /// Below `/console`. What stands in braces is a name of [`KINDS`].
    pub path: &'static str,
    /// Which function shows it.
    pub trust: Trust,
    /// Who may open it; of what only acts, who may do that.
    pub audience: Audience,
    /// Its place in the menu.
    pub menu: Menu,
    /// What a `GET` is answered with.
    pub get: Get,
    /// What a `POST` does.
    pub post: Option<Handler>,
    /// Where somebody goes on who signed in on the way here.
    pub back: Back,
}

impl Page {
    /// A page that only whoever signed in sees, and that takes nothing: a declaration says what it has beside that.
    pub(crate) const NEW: Self = Self {
        path: "",
        trust: Trust::Manage,
        audience: Audience::Session,
        menu: Menu::None,
        get: Get::Refused,
        post: None,
        back: Back::Queue,
    };
}

/// Answers a request for a page.
pub(crate) type Handler = for<'a> fn(&'a Context, &'a Request, At) -> Handling<'a>;

/// Who may open a page. The page itself takes the permit that proves it; this is what the menu goes by, and a test calls each page with
/// less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Anybody.
    Anyone,
    /// Whoever has its address, which holds a secret: no answer may lead another site to it.
    Secret,
    /// Whoever signed in.
    Session,
    /// Whoever signed in and has this right.
    With(Scope),
}

/// A place in the menu. Smaller numbers come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Menu {
    /// None.
    None,
    /// Among what people come for every day.
    Daily(u8, &'static str),
    /// Among what is set up and looked after.
    Setting(u8, &'static str),
    /// The brake: in view for whoever may pull it, and for everybody while it is pulled.
    Brake,
}

/// What a `GET` is answered with. None of them changes anything, but for the way back from a provider (`pages::openid`).
#[derive(Clone, Copy)]
pub(crate) enum Get {
    /// The page.
    Page(Handler),
    /// What the address of a form leads to, opened again: the page under this path.
    To(&'static str),
    /// Nothing.
    Refused,
}

/// Where somebody goes on after signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Back {
    /// To the queue.
    Queue,
    /// To this page, with those parts of its query that are in these lists.
    Here(&'static [(&'static str, &'static [&'static str])]),
    /// To the page under this path, with the ids of this one.
    To(&'static str),
}

/// Reads a part of a path of one kind, and writes it anew.
type Kind = (&'static str, fn(&str) -> Option<String>);

/// What may stand in braces in a path. A part of another kind names nothing.
const KINDS: &[Kind] = &[
    ("approval_id", id::<ApprovalId>),
    ("attachment_id", id::<AttachmentId>),
    ("group_id", id::<GroupId>),
    ("claim", |text| ClaimSecret::parse(text).map(|secret| secret.reveal())),
    ("docs_part", |text| {
        let is_name = text.len() <= 40 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        is_name.then(|| text.to_owned())
    }),
    ("domain_id", id::<DomainId>),
    ("email_proof", |text| EmailSecret::parse(text).map(|secret| secret.reveal())),
    ("draft_id", id::<DraftId>),
    ("event_id", id::<EventId>),
    ("inbox_id", id::<InboxId>),
    ("invitation", |text| InvitationSecret::parse(text).map(|secret| secret.reveal())),
    ("invitation_id", id::<InvitationId>),
    ("key_link", |text| KeyLinkSecret::parse(text).map(|secret| secret.reveal().to_owned())),
    ("link", |text| LinkSecret::parse(text).ok().map(|secret| secret.reveal())),
    ("member_id", id::<MemberId>),
    ("list_entry_id", id::<ListEntryId>),
    ("message_id", id::<MessageId>),
    ("policy_id", id::<PolicyId>),
    ("reset", |text| ResetSecret::parse(text).map(|secret| secret.reveal())),
    ("passkey_id", id::<PasskeyId>),
    ("session_id", id::<SessionId>),
    ("setup", |text| SetupSecret::parse(text).map(|secret| secret.reveal())),
    ("standing_approval_id", id::<StandingApprovalId>),
    ("suppression_id", id::<SuppressionId>),
    ("thread_id", id::<ThreadId>),
    ("token_id", id::<TokenId>),
    ("upload_id", id::<UploadId>),
    ("webhook_id", id::<WebhookId>),
    ("account_id", id::<AccountId>),
];

fn id<T: Id>(text: &str) -> Option<String> {
    T::of_caller(text).ok().map(|id| id.to_string())
}

/// What stands in an address where its page has braces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct At(Vec<(&'static str, String)>);

impl At {
    /// The id of this kind. Kinds are told apart by what they begin with, so that a page that has none of it is a page that is not there.
    pub(crate) fn id<T: Id>(&self) -> Result<T, Refusal> {
        self.read(T::parse)
    }

    /// What this reads, such as the secret of a link.
    pub(crate) fn read<T, E>(&self, read: impl Fn(&str) -> Result<T, E>) -> Result<T, Refusal> {
        self.0.iter().find_map(|(_, text)| read(text).ok()).ok_or(Refusal::NotFound("page"))
    }

    /// The address of the page under this path, with the parts that this one has.
    pub(crate) fn address(&self, path: &str) -> String {
        let part = |part: &str| {
            let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
            let found = name.and_then(|name| self.0.iter().find(|(known, _)| *known == name));
            found.map_or_else(|| part.to_owned(), |(_, value)| value.clone())
        };
        let parts: Vec<_> = path.split('/').map(part).collect();
        format!("/console{}", parts.join("/"))
    }
}

impl Page {
    /// The page under an address without its query, and what stands in its braces.
    pub(crate) fn find(address: &str) -> Option<(&'static Page, At)> {
        let rest = address.strip_prefix("/console")?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        Self::all().find_map(|page| Some((page, page.matches(rest)?)))
    }

    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = &'static Page> {
        ALL.iter().copied().flatten()
    }

    fn matches(&self, path: &str) -> Option<At> {
        if self.path.split('/').count() != path.split('/').count() {
            return None;
        }
        let mut at = At::default();
        for (declared, part) in self.path.split('/').zip(path.split('/')) {
            match declared.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                None if declared == part => {}
                None => return None,
                Some(name) => {
                    let (name, read) = KINDS.iter().find(|(known, _)| *known == name)?;
                    at.0.push((name, read(part)?));
                }
            }
        }
        Some(at)
    }

    /// The first part of its path, by which the gateway finds its function; empty for the front page.
    pub(crate) fn room(&self) -> &'static str {
        self.path.split('/').nth(1).unwrap_or_default()
    }

    /// The methods that it takes, for `Allow`.
    pub(crate) fn methods(&self) -> &'static str {
        match (self.get, self.post) {
            (Get::Page(_), Some(_)) => "GET, HEAD, POST",
            (Get::Page(_) | Get::To(_), None) => "GET, HEAD",
            (Get::To(_) | Get::Refused, _) => "POST",
        }
    }

    /// Answers a request; `None` for a method that it doesn't take.
    pub(crate) async fn answer(
        &self,
        context: &Context,
        request: &Request,
        at: At,
    ) -> Option<Result<Response, Refusal>> {
        match (request.method.as_str(), self.get, self.post) {
            ("GET" | "HEAD", Get::Page(show), _) => Some(show(context, request, at).await),
            ("GET" | "HEAD", Get::To(path), _) => Some(Ok(guard::see_other(&at.address(path)))),
            ("POST", _, Some(submit)) => Some(submit(context, request, at).await),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use domain::{OrganizationId, Timestamp};

    use super::*;

    #[test]
    fn addresses_name_pages() {
        let id = ApprovalId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        let file = AttachmentId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        let organization = OrganizationId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        let link = crate::route::link(&LinkSecret::new(organization, [7; 32]));
        for (address, path) in [
            ("/console".to_owned(), Some("")),
            ("/console/".to_owned(), Some("")),
            ("/console/sign-in".to_owned(), Some("/sign-in")),
            ("/console/approvals/".to_owned(), Some("/approvals")),
            (format!("/console/approvals/{id}"), Some("/approvals/{approval_id}")),
            (format!("/console/approvals/{id}/approve"), Some("/approvals/{approval_id}/approve")),
            (format!("/console/attachments/{file}"), Some("/attachments/{attachment_id}")),
            (format!("/console/attachments/{id}"), None),
            (link.clone(), Some("/links/{link}")),
            (format!("{link}/approve"), Some("/links/{link}/approve")),
            (format!("{link}/attachments/{file}"), Some("/links/{link}/attachments/{attachment_id}")),
            (link.replace("cs_link_", "cs_session_"), None),
            (link.replace("cs_link_", "cs_live_"), None),
            (link.to_uppercase(), None),
            ("/console/links".to_owned(), None),
            (format!("/console/approvals/{id}/approve/now"), None),
            ("/consoles".to_owned(), None),
            ("/console//approvals".to_owned(), None),
            ("/console/approvals/../sign-out".to_owned(), None),
            ("/".to_owned(), None),
        ] {
            let found = Page::find(&address);
            assert_eq!(found.as_ref().map(|(page, _)| page.path), path, "{address}");
            let Some((page, at)) = found else { continue };
            assert_eq!(at.address(page.path), address.trim_end_matches('/'), "written anew");
        }
        let (_, at) = Page::find(&format!("/console/approvals/{id}/approve")).unwrap();
        assert_eq!(at.id::<ApprovalId>().ok(), Some(id));
        assert!(at.id::<MessageId>().is_err());
    }

    #[test]
    fn declarations_hold_together() {
        let mut paths = BTreeSet::new();
        let mut rooms: BTreeMap<&str, Trust> = BTreeMap::new();
        let names = |path: &'static str| -> Vec<&str> {
            path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
        };
        let shows =
            |path: &str| Page::all().any(|page| page.path == path && matches!(page.get, Get::Page(_)));
        for page in Page::all() {
            assert!(paths.insert(page.path), "{} is declared twice", page.path);
            assert!(page.path.is_empty() || page.path.starts_with('/'), "{}", page.path);
            let room = rooms.entry(page.room()).or_insert(page.trust);
            assert_eq!(*room, page.trust, "{}: the gateway goes by the first part of a path", page.path);
            for name in names(page.path) {
                assert!(KINDS.iter().any(|(known, _)| *known == name), "{}: {name}", page.path);
            }
            let to = match page.get {
                Get::To(path) => Some(path),
                _ => None,
            };
            let back = match page.back {
                Back::To(path) => Some(path),
                _ => None,
            };
            for path in to.into_iter().chain(back) {
                assert!(shows(path), "{} leads to {path}, which is none", page.path);
                let own = names(page.path);
                assert!(names(path).iter().all(|name| own.contains(name)), "{} leads to {path}", page.path);
            }
            assert!(page.back != Back::Here(&[]) || matches!(page.get, Get::Page(_)), "{}", page.path);
            assert!(page.menu == Menu::None || names(page.path).is_empty(), "{}", page.path);
            let takes = page.post.is_some() || !matches!(page.get, Get::Refused);
            assert!(takes, "{} takes nothing", page.path);
        }
    }
}
