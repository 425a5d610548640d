//! Who may do what. A [`Permit`] is the proof that a use case asks for: it is only made by
//! [`Principal::permit`], and its type names the scope, so a handler that checks the wrong one does not compile.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::people::limit::SendsPerDay;
use crate::{InboxId, MemberId, OrganizationId, SessionId, TokenId};

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// One right over one kind of thing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scope { $($(#[$doc])* $name,)* }

        impl Scope {
            /// All scopes, in the order of the documentation.
            pub const ALL: &[Scope] = &[$(Scope::$name),*];

            /// The dotted name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Scope::$name => $text,)* }
            }

            /// Reads the dotted name.
            pub fn parse(text: &str) -> Option<Scope> {
                Scope::ALL.iter().copied().find(|scope| scope.as_str() == text)
            }
        }

        /// The scopes as types, for [`Permit`].
        pub mod scope {
            $($(#[$doc])* #[derive(Debug, Clone, Copy)] pub struct $name;
            impl super::ScopeType for $name { const SCOPE: super::Scope = super::Scope::$name; })*
        }
    };
}

scopes! {
    /// Read messages, threads and attachments.
    MessagesRead = "messages.read";
    /// Ask for mail to be sent.
    MessagesSend = "messages.send";
    /// Label mail, say that it was read, put it into the trash and delete it. The response shows what a list shows of it.
    MessagesModify = "messages.modify";
    /// Write drafts.
    DraftsManage = "drafts.manage";
    /// Make, change and delete inboxes.
    InboxesManage = "inboxes.manage";
    /// See connected accounts.
    AccountsRead = "accounts.read";
    /// Connect and disconnect accounts.
    AccountsManage = "accounts.manage";
    /// See the folders of connected accounts.
    FoldersRead = "folders.read";
    /// Read events, with what they tell of mails, approvals and inboxes.
    EventsRead = "events.read";
    /// Make and change webhooks, see their deliveries.
    WebhooksManage = "webhooks.manage";
    /// See what waits for a decision.
    ApprovalsRead = "approvals.read";
    /// Approve and reject.
    ApprovalsDecide = "approvals.decide";
    /// Make and change policies.
    PoliciesManage = "policies.manage";
    /// Make and delete suppressions and entries of lists.
    ListsManage = "lists.manage";
    /// Make and change domains.
    DomainsManage = "domains.manage";
    /// Upload spreadsheets.
    UploadsManage = "uploads.manage";
    /// See usage.
    UsageRead = "usage.read";
    /// Read the log of requests.
    LogsRead = "logs.read";
    /// Read the audit log.
    AuditRead = "audit.read";
    /// Make, rotate and delete API tokens, never with more rights than the member's role has.
    TokensManage = "tokens.manage";
    /// Invite people, give them roles and groups, and remove them.
    MembersManage = "members.manage";
}

impl Scope {
    /// What decides, or says what needs a decision, or who decides: a session without a second factor holds none of these where the
    /// organization asks for one.
    pub const DECIDING: &[Scope] = &[Scope::ApprovalsDecide, Scope::PoliciesManage, Scope::MembersManage];
}

/// A scope as a type.
pub trait ScopeType {
    /// Its value.
    const SCOPE: Scope;
}

/// A member's place in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything, and the organization itself.
    Owner,
    /// Everything but the organization itself.
    Admin,
    /// Reads and decides.
    Approver,
    /// Reads and writes, decides nothing.
    Editor,
    /// Reads.
    Viewer,
}

impl Role {
    /// All roles.
    pub const ALL: &[Role] = &[Role::Owner, Role::Admin, Role::Approver, Role::Editor, Role::Viewer];

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Admin => "admin",
            Role::Approver => "approver",
            Role::Editor => "editor",
            Role::Viewer => "viewer",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Role> {
        Role::ALL.iter().copied().find(|role| role.as_str() == text)
    }

    /// What a member with this role may do.
    pub fn scopes(self) -> Scopes {
        use Scope::{
            AccountsRead, ApprovalsDecide, ApprovalsRead, DraftsManage, EventsRead, FoldersRead,
            MessagesModify, MessagesRead, MessagesSend, TokensManage, UploadsManage, UsageRead,
        };
        let list: &[Scope] = match self {
            Role::Owner | Role::Admin => Scope::ALL,
            Role::Approver => {
                &[MessagesRead, MessagesModify, EventsRead, ApprovalsRead, ApprovalsDecide, TokensManage]
            }
            Role::Editor => &[
                MessagesRead,
                MessagesSend,
                MessagesModify,
                DraftsManage,
                AccountsRead,
                FoldersRead,
                EventsRead,
                ApprovalsRead,
                UploadsManage,
                UsageRead,
                TokensManage,
            ],
            Role::Viewer => {
                &[MessagesRead, AccountsRead, FoldersRead, EventsRead, ApprovalsRead, UsageRead, TokensManage]
            }
        };
        list.iter().copied().collect()
    }
}

/// A set of scopes.
pub type Scopes = BTreeSet<Scope>;

/// What a token was called when it acted, where that was written down. It is shown, and says nothing of who acted: two actors are the
/// same whatever their tokens were called.
#[derive(Debug, Clone, Default)]
pub struct CalledThen(Option<Arc<str>>);

impl CalledThen {
    /// That.
    pub fn new(name: &str) -> Self {
        Self(Some(name.into()))
    }

    /// The name.
    pub fn as_deref(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl PartialEq for CalledThen {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for CalledThen {}

impl Hash for CalledThen {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// Whoever caused something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A signed-in person.
    Member {
        /// Their seat.
        member_id: MemberId,
    },
    /// A program that holds a token.
    Token {
        /// The token.
        token_id: TokenId,
        /// The member who made it and answers for it.
        member_id: MemberId,
        /// Its name at that time.
        name: CalledThen,
    },
    /// Countersign itself, on a schedule or at a provider's word.
    System,
}

impl Actor {
    /// The person behind it, if there is one.
    pub fn member(&self) -> Option<MemberId> {
        match self {
            Actor::Member { member_id } | Actor::Token { member_id, .. } => Some(*member_id),
            Actor::System => None,
        }
    }

    /// The token that it is, where it is one.
    pub fn token(&self) -> Option<TokenId> {
        match self {
            Actor::Token { token_id, .. } => Some(*token_id),
            Actor::Member { .. } | Actor::System => None,
        }
    }

    /// What the token was called that it is, where it is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Actor::Token { name, .. } => name.as_deref(),
            Actor::Member { .. } | Actor::System => None,
        }
    }

    /// One text for logs, audit entries and records: the id, or `system`.
    pub fn id(&self) -> String {
        match self {
            Actor::Member { member_id } => member_id.to_string(),
            Actor::Token { token_id, .. } => token_id.to_string(),
            Actor::System => "system".to_owned(),
        }
    }
}

/// What somebody acts with. It is written down with everything that they decide.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Credential {
    /// A person who signed in.
    Session(SessionId),
    /// A person who opened the one-time link of a notification: what its secret hashes to.
    Link(Digest),
    /// A program.
    Token {
        /// The token.
        id: TokenId,
        /// What the secrets hash to of the token, of the one that it was made with, and so on up to the first: all of
        /// them must hold for it to hold.
        chain: Vec<Digest>,
    },
}

impl Credential {
    /// The name of its kind in the API.
    pub const fn kind(&self) -> &'static str {
        match self {
            Credential::Session(_) => "session",
            Credential::Link(_) => "link",
            Credential::Token { .. } => "token",
        }
    }

    /// What names it: an id, or a hash.
    pub fn name(&self) -> String {
        match self {
            Credential::Session(id) => id.to_string(),
            Credential::Link(hash) => hash.to_string(),
            Credential::Token { id, .. } => id.to_string(),
        }
    }

    /// Whether a person acts with it, not a program.
    pub const fn is_person(&self) -> bool {
        !matches!(self, Credential::Token { .. })
    }

    /// The tokens that must hold for it to hold. A session that has ended, and a link that was used, still stand for what
    /// was decided with them.
    pub fn tokens(&self) -> &[Digest] {
        match self {
            Credential::Token { chain, .. } => chain,
            Credential::Session(_) | Credential::Link(_) => &[],
        }
    }
}

/// A caller whose credential was found to be good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The tenant that the credential belongs to.
    pub organization_id: OrganizationId,
    /// Who calls.
    pub actor: Actor,
    /// The role of the member behind it.
    pub role: Role,
    /// What they may do.
    pub scopes: Scopes,
    /// The inboxes that a token is limited to; `None` means all.
    pub inboxes: Option<BTreeSet<InboxId>>,
    /// What they call with.
    pub credential: Credential,
    /// When a person who calls with a session showed last that it is them.
    pub proved_at: Option<Timestamp>,
    /// How many mails a token may ask for on one day.
    pub sends_per_day: Option<SendsPerDay>,
}

/// Why a caller may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The credential lacks a scope: the caller may know that the thing exists.
    #[error("needs the scope {}", .0.as_str())]
    Scope(Scope),
    /// The person's role has the scope, and their session was opened without the second factor that their organization asks for.
    #[error("needs a second factor for the scope {}", .0.as_str())]
    SecondFactor(Scope),
    /// Their session has what it takes, and it is too long ago that they showed that it is them.
    #[error("needs a fresh proof")]
    Proof,
    /// Outside of what the credential may see: answered as if it did not exist.
    #[error("not found")]
    Hidden,
}

impl Principal {
    /// What can do great harm is done within so long of a proof: by whoever signed in a moment ago, or shows it once more.
    pub const FRESH: SignedDuration = SignedDuration::from_mins(10);

    /// The same caller with the role that the member behind it has now: of a token's scopes those stay that the role holds.
    #[must_use]
    pub fn seated(self, role: Role) -> Self {
        let held = role.scopes();
        let scopes = match self.actor {
            Actor::Token { .. } => self.scopes.intersection(&held).copied().collect(),
            Actor::Member { .. } | Actor::System => held,
        };
        Self { role, scopes, ..self }
    }

    /// The same caller with the role that they have by now: what was taken from them beyond their role stays taken.
    #[must_use]
    pub fn seated_anew(&self, role: Role) -> Self {
        let taken: Vec<_> = self.role.scopes().difference(&self.scopes).copied().collect();
        let mut next = self.clone().seated(role);
        next.scopes.retain(|scope| !taken.contains(scope));
        next
    }

    /// Refuses what can do great harm to a session whose person did not show lately that it is them: whoever found it open, or stole it,
    /// can't. What programs may do is bounded by their scopes.
    pub fn proved(&self, now: Timestamp) -> Result<(), Denied> {
        let stale = self.proved_at.is_none_or(|at| now >= at + Self::FRESH);
        if matches!(self.credential, Credential::Session(_)) && stale { Err(Denied::Proof) } else { Ok(()) }
    }

    /// The proof that the caller holds the scope `S`.
    pub fn permit<S: ScopeType>(&self) -> Result<Permit<S>, Denied> {
        if self.scopes.contains(&S::SCOPE) {
            Ok(Permit { principal: self.clone(), scope: PhantomData })
        } else {
            let is_session = matches!(self.credential, Credential::Session(_));
            let by_role = is_session && self.role.scopes().contains(&S::SCOPE);
            Err(if by_role { Denied::SecondFactor(S::SCOPE) } else { Denied::Scope(S::SCOPE) })
        }
    }
}

/// The proof that a caller holds the scope `S` in one organization.
#[derive(Debug, Clone)]
pub struct Permit<S> {
    principal: Principal,
    scope: PhantomData<S>,
}

impl<S> Permit<S> {
    /// The tenant in which it holds.
    pub fn organization_id(&self) -> OrganizationId {
        self.principal.organization_id
    }

    /// Who holds it.
    pub fn actor(&self) -> &Actor {
        &self.principal.actor
    }

    /// The caller.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Whether the credential is limited to some inboxes.
    pub fn is_limited(&self) -> bool {
        self.principal.inboxes.is_some()
    }

    /// Refuses an inbox that the credential is not limited to.
    pub fn over(&self, inbox: InboxId) -> Result<(), Denied> {
        match &self.principal.inboxes {
            Some(allowed) if !allowed.contains(&inbox) => Err(Denied::Hidden),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_and_role_names_read_back() {
        for scope in Scope::ALL {
            assert_eq!(Scope::parse(scope.as_str()), Some(*scope));
        }
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(*role));
        }
    }

    #[test]
    fn only_owner_admin_and_approver_decide() {
        let deciders: Vec<_> =
            Role::ALL.iter().filter(|role| role.scopes().contains(&Scope::ApprovalsDecide)).collect();
        assert_eq!(deciders, [&Role::Owner, &Role::Admin, &Role::Approver]);
    }

    #[test]
    fn whoever_is_given_another_role_has_its_rights_and_their_tokens_no_more() {
        let at = Timestamp::UNIX_EPOCH;
        let (member_id, token_id) = (MemberId::new(at, [1; 10]), TokenId::new(at, [1; 10]));
        let session = Principal {
            organization_id: OrganizationId::new(at, [1; 10]),
            actor: Actor::Member { member_id },
            role: Role::Owner,
            scopes: Role::Owner.scopes(),
            inboxes: None,
            credential: Credential::Session(SessionId::new(at, [1; 10])),
            proved_at: Some(at),
            sends_per_day: None,
        };
        let token = Principal {
            actor: Actor::Token { token_id, member_id, name: CalledThen::default() },
            scopes: [Scope::MessagesRead, Scope::PoliciesManage].into(),
            ..session.clone()
        };
        let (viewer, approver) = (session.clone().seated(Role::Viewer), session.seated(Role::Approver));
        assert_eq!((viewer.role, viewer.scopes), (Role::Viewer, Role::Viewer.scopes()));
        assert_eq!(approver.scopes, Role::Approver.scopes());
        assert_eq!(token.clone().seated(Role::Viewer).scopes, [Scope::MessagesRead].into());
        assert_eq!(token.clone().seated(Role::Admin).scopes, token.scopes);
    }

    #[test]
    fn a_permit_needs_its_scope_and_honours_inbox_limits() {
        let (at, inbox) = (Timestamp::UNIX_EPOCH, |n| InboxId::new(Timestamp::UNIX_EPOCH, [n; 10]));
        let principal = Principal {
            organization_id: OrganizationId::new(at, [1; 10]),
            actor: Actor::System,
            role: Role::Viewer,
            scopes: [Scope::MessagesRead].into(),
            inboxes: Some([inbox(1)].into()),
            credential: Credential::Session(SessionId::new(at, [1; 10])),
            proved_at: Some(at),
            sends_per_day: None,
        };
        let permit = principal.permit::<scope::MessagesRead>().unwrap();
        assert_eq!(permit.over(inbox(1)), Ok(()));
        assert_eq!(permit.over(inbox(2)), Err(Denied::Hidden));
        assert_eq!(
            principal.permit::<scope::ApprovalsDecide>().unwrap_err(),
            Denied::Scope(Scope::ApprovalsDecide)
        );
    }
}
