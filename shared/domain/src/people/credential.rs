//! Tokens and sessions: what a caller shows, and what is stored of it.
//!
//! A secret names its own organization, so the record is found inside that tenant's partition and the
//! request that reads it can read what else it needs in the same call. What is stored is the SHA-256
//! of the whole text: 256 random bits need no salt and no slow hash.

use std::collections::BTreeSet;
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::base::address::EmailAddress;
use crate::base::digest::Digest;
use crate::base::id::{BODY_LENGTH, Id as _};
use crate::people::access::{Actor, CalledThen, Credential, Principal, Role, Scope, Scopes};
use crate::people::browser::Browser;
use crate::people::limit::SendsPerDay;
use crate::people::organization::{Organization, Pause};
use crate::{InboxId, MemberId, OrganizationId, SessionId, TokenId, UserId};

/// The kinds of secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// `cs_live_…`: an API token.
    Token,
    /// `cs_session_…`: a person who signed in.
    Session,
}

impl CredentialKind {
    const ALL: [CredentialKind; 2] = [CredentialKind::Token, CredentialKind::Session];

    /// What the secret begins with.
    pub const fn prefix(self) -> &'static str {
        match self {
            CredentialKind::Token => "cs_live_",
            CredentialKind::Session => "cs_session_",
        }
    }
}

/// What a caller shows. Never printed, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    text: String,
    kind: CredentialKind,
    organization_id: OrganizationId,
}

/// A text that can't be a secret of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecret {
    /// It begins with something else.
    #[error("does not begin with cs_live_ or cs_session_")]
    Prefix,
    /// It is not as long as ours, or has other characters.
    #[error("is cut short or altered")]
    Malformed,
}

impl Secret {
    /// Makes a secret from 32 random bytes.
    pub fn new(kind: CredentialKind, organization_id: OrganizationId, random: [u8; 32]) -> Self {
        let hex = Digest::from_bytes(random).hex();
        let text = format!("{}{}{hex}", kind.prefix(), organization_id.body());
        Self { text, kind, organization_id }
    }

    /// Reads what a caller shows.
    pub fn parse(text: &str) -> Result<Self, InvalidSecret> {
        let (kind, rest) = CredentialKind::ALL
            .into_iter()
            .find_map(|kind| Some((kind, text.strip_prefix(kind.prefix())?)))
            .ok_or(InvalidSecret::Prefix)?;
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if !rest.is_ascii() || rest.len() != BODY_LENGTH + 64 || !rest.bytes().skip(BODY_LENGTH).all(hex) {
            return Err(InvalidSecret::Malformed);
        }
        let organization_id =
            OrganizationId::parse(&format!("{}{}", OrganizationId::PREFIX, &rest[..BODY_LENGTH]))
                .map_err(|_| InvalidSecret::Malformed)?;
        Ok(Self { text: text.to_owned(), kind, organization_id })
    }

    /// Token or session.
    pub fn kind(&self) -> CredentialKind {
        self.kind
    }

    /// The organization that it says it belongs to; the stored record proves it.
    pub fn organization_id(&self) -> OrganizationId {
        self.organization_id
    }

    /// What is stored of it.
    pub fn hash(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }

    /// The text itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The last four characters, by which a person tells tokens apart.
    pub fn last_four(&self) -> &str {
        &self.text[self.text.len() - 4..]
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.kind.prefix())
    }
}

/// An API token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// What its first secret hashes to: it lies under this for good, and what it asked for and made names it so.
    pub hash: Digest,
    /// Of a record that stands for a later secret: under which the token lies. Nobody reads more of such a record.
    pub first: Option<Digest>,
    /// The secret that took the place of the first, where it was rotated.
    pub rotation: Option<Rotation>,
    /// The secret's last four characters.
    pub last_four: String,
    /// What it is for, in a person's words.
    pub name: String,
    /// The member who made it.
    pub member_id: MemberId,
    /// That member's role.
    pub role: Role,
    /// What it may do.
    pub scopes: Scopes,
    /// The inboxes that it is limited to; `None` means all.
    pub inboxes: Option<BTreeSet<InboxId>>,
    /// Whether it is refused, and the mail that it asked for is held back.
    pub paused: Option<Pause>,
    /// What the secrets hash to of the token that it was made with, of the one that that was made with, and so on: it
    /// holds only as long as all of them do. At most [`Self::MAX_ANCESTORS`].
    pub ancestors: Vec<Digest>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself; not at all where there is none. What it asked for, or voted, until then stands.
    pub expires_at: Option<Timestamp>,
    /// When it was used, give or take [`Self::USED_WITHIN`].
    pub last_used_at: Option<Timestamp>,
    /// How many mails it may ask for on one day.
    pub sends_per_day: Option<SendsPerDay>,
}

/// Whether a token can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It can.
    Active,
    /// Not while it, or one that it was made with, is paused.
    Paused,
    /// Not any more: it, or one that it was made with, has ended or was deleted.
    Ended,
}

impl Standing {
    /// All there are.
    pub const ALL: &[Standing] = &[Standing::Active, Standing::Paused, Standing::Ended];

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Standing::Active => "active",
            Standing::Paused => "paused",
            Standing::Ended => "ended",
        }
    }
}

/// A token's second secret, or a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// What it hashes to.
    pub secret: Digest,
    /// What the secret before it hashes to.
    pub previous: Digest,
    /// Until when that one is taken as well.
    pub previous_until: Timestamp,
    /// When it was made.
    pub at: Timestamp,
}

/// Why a token may not be given another secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRotation {
    /// Whoever has the secret acts in the name of the token's owner: nobody approves what they could have asked for so.
    #[error("a token is rotated by its owner: another's can be paused and deleted")]
    NotOwner,
    /// What a token has a secret of must not outlive it.
    #[error("a token rotates itself and what was made with it: sign in to rotate another")]
    NotOfThisToken,
    /// A session without the second factor that the organization asks for gets nothing back by a token.
    #[error("this token may do what your session may not: sign in with your second factor")]
    BeyondSession,
}

/// Why a token may not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGrant {
    /// Whoever asks for mail to be sent must not be the one who lets it out.
    #[error("messages.send and approvals.decide can't be held by one token")]
    SendAndDecide,
    /// More than the member has.
    #[error("the role {} does not hold {}", .role.as_str(), .scope.as_str())]
    BeyondRole {
        /// The member's role.
        role: Role,
        /// What it lacks.
        scope: Scope,
    },
    /// A program that asks for mail must not make the credentials that let it out.
    #[error("messages.send and tokens.manage can't be held by one token")]
    SendAndGrant,
    /// A program that asks for mail must not write the rules that let it out.
    #[error("messages.send and policies.manage can't be held by one token")]
    SendAndRule,
    /// A program that asks for mail must not make inboxes that no rule is about yet.
    #[error("messages.send and inboxes.manage can't be held by one token")]
    SendAndMakeInboxes,
    /// A program that asks for mail must not connect what it leaves through.
    #[error("messages.send and accounts.manage can't be held by one token")]
    SendAndConnect,
    /// A program that asks for mail must not say whom it may go to.
    #[error("messages.send and lists.manage can't be held by one token")]
    SendAndList,
    /// A program that asks for mail must not say who belongs to those who let it out.
    #[error("messages.send and members.manage can't be held by one token")]
    SendAndManageMembers,
    /// Too many tokens above it.
    #[error(
        "it would be the fifth token in a row that was made with another: make it with one that a person made"
    )]
    TooManyAncestors,
    /// More than the token that makes it has.
    #[error("the token that makes it does not hold {}", .0.as_str())]
    BeyondToken(Scope),
    /// More than the session has that makes it.
    #[error("{} takes a session with the second factor that the organization asks for", .0.as_str())]
    BeyondSession(Scope),
    /// A right over the whole organization for a token that is limited to some inboxes.
    #[error("{} reaches all inboxes: a token that is limited to some can't hold it", .0.as_str())]
    NotForSome(Scope),
    /// A token that may do nothing.
    #[error("a token needs at least one scope")]
    Empty,
    /// A limited token can't make one that reaches further.
    #[error("the inboxes of a new token must be among those of the token that makes it")]
    BeyondInboxes,
}

/// Rights that reach beyond any set of inboxes.
pub const ORGANIZATION_WIDE: &[Scope] = &[
    Scope::InboxesManage,
    Scope::AccountsManage,
    Scope::WebhooksManage,
    Scope::PoliciesManage,
    Scope::ListsManage,
    Scope::DomainsManage,
    Scope::UsageRead,
    Scope::LogsRead,
    Scope::AuditRead,
    Scope::TokensManage,
    Scope::MembersManage,
];

/// Whether a token with these rights is given to a person's session with a fresh proof alone: it decides, says what needs a decision or
/// who decides, or makes one that does.
pub fn takes_proof(scopes: &Scopes) -> bool {
    scopes.iter().any(|scope| Scope::DECIDING.contains(scope) || *scope == Scope::TokensManage)
}

/// What a principal may hand on to a new token: a person what their role has; a token what it has itself, and
/// `messages.send` where the role of its member has it, since nobody approves what their own token asked for.
pub fn grant(
    principal: &Principal,
    scopes: &Scopes,
    inboxes: Option<&BTreeSet<InboxId>>,
) -> Result<(), InvalidGrant> {
    if scopes.is_empty() {
        return Err(InvalidGrant::Empty);
    }
    if scopes.contains(&Scope::MessagesSend) && scopes.contains(&Scope::ApprovalsDecide) {
        return Err(InvalidGrant::SendAndDecide);
    }
    if scopes.contains(&Scope::MessagesSend) && scopes.contains(&Scope::TokensManage) {
        return Err(InvalidGrant::SendAndGrant);
    }
    if scopes.contains(&Scope::MessagesSend) && scopes.contains(&Scope::PoliciesManage) {
        return Err(InvalidGrant::SendAndRule);
    }
    if scopes.contains(&Scope::MessagesSend) && scopes.contains(&Scope::InboxesManage) {
        return Err(InvalidGrant::SendAndMakeInboxes);
    }
    if scopes.contains(&Scope::MessagesSend) && scopes.contains(&Scope::AccountsManage) {
        return Err(InvalidGrant::SendAndConnect);
    }
    if scopes.contains(&Scope::MessagesSend) && scopes.contains(&Scope::ListsManage) {
        return Err(InvalidGrant::SendAndList);
    }
    if scopes.contains(&Scope::MessagesSend) && scopes.contains(&Scope::MembersManage) {
        return Err(InvalidGrant::SendAndManageMembers);
    }
    if principal.credential.tokens().len() > Token::MAX_ANCESTORS {
        return Err(InvalidGrant::TooManyAncestors);
    }
    let wide = ORGANIZATION_WIDE.iter().find(|scope| scopes.contains(scope));
    if let (Some(_), Some(scope)) = (inboxes, wide) {
        return Err(InvalidGrant::NotForSome(*scope));
    }
    if matches!(principal.actor, Actor::Token { .. }) {
        let beyond = scopes.difference(&principal.scopes).find(|scope| **scope != Scope::MessagesSend);
        if let Some(scope) = beyond {
            return Err(InvalidGrant::BeyondToken(*scope));
        }
    }
    let held = principal.role.scopes();
    if let Some(scope) = scopes.difference(&held).next() {
        return Err(InvalidGrant::BeyondRole { role: principal.role, scope: *scope });
    }
    if let (Actor::Member { .. }, Some(scope)) =
        (&principal.actor, scopes.difference(&principal.scopes).next())
    {
        return Err(InvalidGrant::BeyondSession(*scope));
    }
    match (&principal.inboxes, inboxes) {
        (None, _) => Ok(()),
        (Some(own), Some(wanted)) if wanted.is_subset(own) => Ok(()),
        _ => Err(InvalidGrant::BeyondInboxes),
    }
}

impl Token {
    /// The caller that this token stands for.
    pub fn principal(&self) -> Principal {
        Principal {
            organization_id: self.organization_id,
            actor: Actor::Token {
                token_id: self.id,
                member_id: self.member_id,
                name: CalledThen::new(&self.name),
            },
            role: self.role,
            scopes: self.scopes.clone(),
            inboxes: self.inboxes.clone(),
            credential: Credential::Token { id: self.id, chain: self.chain() },
            proved_at: None,
            sends_per_day: self.sends_per_day,
        }
    }

    /// Whether a secret that hashes to this stands for it: the last that it was given, and for a while the one before.
    pub fn takes(&self, secret: Digest, now: Timestamp) -> bool {
        match &self.rotation {
            None => secret == self.hash,
            Some(it) => secret == it.secret || (secret == it.previous && now < it.previous_until),
        }
    }

    /// The rotation to a secret that hashes to this: the one that it had until now is taken for `overlap` more, and any before
    /// that no longer.
    pub fn rotate(&self, secret: Digest, overlap: SignedDuration, now: Timestamp) -> Rotation {
        let previous = self.rotation.as_ref().map_or(self.hash, |it| it.secret);
        Rotation { secret, previous, previous_until: now + overlap, at: now }
    }

    /// Whether this caller may have a new secret of it.
    pub fn check_rotation(&self, principal: &Principal) -> Result<(), InvalidRotation> {
        if principal.actor.member() != Some(self.member_id) {
            return Err(InvalidRotation::NotOwner);
        }
        let taken =
            |scope: &&Scope| principal.role.scopes().contains(scope) && !principal.scopes.contains(scope);
        if principal.credential.is_person() && self.scopes.iter().any(|scope| taken(&scope)) {
            return Err(InvalidRotation::BeyondSession);
        }
        match principal.credential.tokens().first() {
            Some(own) if *own != self.hash && !self.ancestors.contains(own) => {
                Err(InvalidRotation::NotOfThisToken)
            }
            _ => Ok(()),
        }
    }

    /// Whether it can be used, as those stand that it was made with: none stands for one that is gone.
    pub fn standing<'a>(
        &'a self,
        makers: impl IntoIterator<Item = Option<&'a Token>>,
        now: Timestamp,
    ) -> Standing {
        let line: Vec<_> = std::iter::once(Some(self)).chain(makers).collect();
        if line.iter().any(|token| token.is_none_or(|token| token.has_expired(now))) {
            return Standing::Ended;
        }
        let paused = line.into_iter().flatten().any(|token| token.paused.is_some());
        if paused { Standing::Paused } else { Standing::Active }
    }

    /// Whether it is time to write down that it is used.
    pub fn is_to_note_use(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|at| now.duration_since(at) >= Self::USED_WITHIN)
    }

    /// Whether it has ended by itself.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// What the secrets hash to of the tokens that must hold for it to hold, itself first.
    pub fn chain(&self) -> Vec<Digest> {
        std::iter::once(self.hash).chain(self.ancestors.iter().copied()).collect()
    }
}

impl Token {
    /// Tokens that make tokens that make tokens: at most so many above one.
    pub const MAX_ANCESTORS: usize = 4;
    /// That a token is used is written down at most this often, so that a request is not a write.
    pub const USED_WITHIN: SignedDuration = SignedDuration::from_hours(1);
    /// The secret before a rotation is taken for at most so long.
    pub const MAX_OVERLAP: SignedDuration = SignedDuration::from_hours(7 * 24);
    /// The secret before a rotation is taken for so long where nothing else is said.
    pub const OVERLAP: SignedDuration = SignedDuration::from_hours(24);
}

/// A person who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// What the secret hashes to.
    pub hash: Digest,
    /// Whose seat.
    pub member_id: MemberId,
    /// Their role.
    pub role: Role,
    /// When they signed in.
    pub created_at: Timestamp,
    /// Until when it holds unless it is used; never after `ends_at`.
    pub expires_at: Timestamp,
    /// When it ends however much it is used.
    pub ends_at: Timestamp,
    /// When it was used, give or take [`Self::USED_WITHIN`].
    pub used_at: Timestamp,
    /// What it was opened in, where that was said.
    pub browser: Option<Browser>,
    /// What its person showed.
    pub opened_with: OpenedWith,
    /// When they showed it last: on signing in, or since then ([`Self::FRESH`]).
    pub proved_at: Timestamp,
    /// Counts changes.
    pub version: u64,
}

/// What somebody showed to open a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OpenedWith {
    /// Their password, and no second factor.
    #[default]
    Password,
    /// An account at a provider (`OpenID` Connect), and no second factor.
    OpenId,
    /// Their password, or an account at a provider, and a code of their authenticator (RFC 6238).
    Totp,
    /// The same, and one of the codes that they keep for the day when their authenticator is lost.
    RecoveryCode,
    /// A passkey, whose device verified them: it counts as both factors.
    Passkey,
}

impl OpenedWith {
    /// All there are.
    pub const ALL: &[OpenedWith] = &[
        OpenedWith::Password,
        OpenedWith::OpenId,
        OpenedWith::Totp,
        OpenedWith::RecoveryCode,
        OpenedWith::Passkey,
    ];

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            OpenedWith::Password => "password",
            OpenedWith::OpenId => "openid",
            OpenedWith::Totp => "totp",
            OpenedWith::RecoveryCode => "recovery_code",
            OpenedWith::Passkey => "passkey",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<OpenedWith> {
        OpenedWith::ALL.iter().copied().find(|it| it.as_str() == text)
    }

    /// Whether a second factor was shown.
    pub const fn has_second_factor(self) -> bool {
        !matches!(self, OpenedWith::Password | OpenedWith::OpenId)
    }
}

impl Session {
    /// A session ends after 12 hours without use.
    pub const IDLE: SignedDuration = SignedDuration::from_hours(12);
    /// A session ends after seven days in any case. A person who is away for a night signs in again by [`Self::IDLE`]
    /// alone: what lives on for days is used day and night, by a program or by whoever stole it.
    pub const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
    /// Using a session prolongs it at most this often, so that a page view is not a write.
    const RENEWAL: SignedDuration = SignedDuration::from_mins(30);
    /// That a session is used is written down at least this often. It is shown no more exactly: who works when is nobody's business.
    pub const USED_WITHIN: SignedDuration = SignedDuration::from_hours(1);
    /// A proof is fresh for so long.
    pub const FRESH: SignedDuration = Principal::FRESH;
    /// So many sessions a member has at once: the one after them ends the oldest.
    pub const MAX: u16 = 100;

    /// The caller that this session stands for, unless it has ended.
    pub fn principal(&self, now: Timestamp) -> Option<Principal> {
        self.holds(now).then(|| Principal {
            organization_id: self.organization_id,
            actor: Actor::Member { member_id: self.member_id },
            role: self.role,
            scopes: self.role.scopes(),
            inboxes: None,
            credential: Credential::Session(self.id),
            proved_at: Some(self.proved_at),
            sends_per_day: None,
        })
    }

    /// Whether its person showed lately that it is them.
    pub fn is_proved(&self, now: Timestamp) -> bool {
        now < self.proved_at + Self::FRESH
    }

    /// The caller that this session stands for, as far as the rules of the organization let one that was opened so.
    #[must_use]
    pub fn limit(&self, mut principal: Principal, organization: &Organization) -> Principal {
        if organization.require_second_factor && !self.opened_with.has_second_factor() {
            principal.scopes.retain(|scope| !Scope::DECIDING.contains(scope));
        }
        principal
    }

    fn holds(&self, now: Timestamp) -> bool {
        now < self.expires_at && now < self.ends_at
    }

    /// The prolonged session, if it is time to write that down.
    pub fn renewed(&self, now: Timestamp) -> Option<Session> {
        let fresh = (now + Self::IDLE).min(self.ends_at);
        let gained = fresh.duration_since(self.expires_at);
        // The last stretch is shorter than a renewal, and is written down once.
        let last = fresh == self.ends_at && gained.is_positive();
        let unnoted = now.duration_since(self.used_at) >= Self::USED_WITHIN;
        (self.holds(now) && (gained > Self::RENEWAL || last || unnoted)).then(|| Session {
            expires_at: fresh,
            used_at: now,
            ..self.clone()
        })
    }

    /// Whether it can be used.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.holds(now)
    }

    /// When it was used last, to the hour (UTC); not before it was opened.
    pub fn last_used_at(&self) -> Timestamp {
        let hour = Self::USED_WITHIN.as_secs();
        let begun = self.used_at.as_second().div_euclid(hour) * hour;
        Timestamp::from_second(begun).unwrap_or(self.used_at).max(self.created_at)
    }

    /// What a form of this session must carry: proves that the page came from us (CSRF), and is
    /// worth nothing as a credential.
    pub fn form_token(&self) -> String {
        Digest::of_parts(&[b"countersign form", self.hash.as_bytes()]).hex()
    }
}

/// A person who can sign in: found by the address before any organization is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Their id.
    pub user_id: UserId,
    /// The address they sign in with.
    pub email: EmailAddress,
    /// Argon2id, in PHC string form.
    pub password_hash: String,
    /// The seat that a session opens.
    pub organization_id: OrganizationId,
    /// The seat that a session opens.
    pub member_id: MemberId,
}

/// A quarter of an hour by the clock, within which attempts at signing in with one address are counted.
///
/// An attempt is counted before anything is looked at, whether the address has a login or not, and what becomes of it
/// follows from its number alone ([`Turn`]). So any number at once get no more guesses than as many in a row, and the answers
/// tell nothing of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignInWindow(Timestamp);

impl SignInWindow {
    /// How long a window is: so long does a lock last at most after the last wrong password.
    pub const LENGTH: SignedDuration = SignedDuration::from_mins(15);
    /// So many passwords are compared within a window.
    pub const GUESSES: u64 = 10;
    /// So many attempts within a window are answered as a wrong password is. Whoever makes more is not guessing.
    pub const ANSWERED: u64 = 1_000;

    /// The window of this time.
    pub fn of(now: Timestamp) -> Self {
        let length = Self::LENGTH.as_secs();
        let begun = now.as_second().div_euclid(length) * length;
        Self(Timestamp::from_second(begun).unwrap_or(now))
    }

    /// When it began.
    pub fn begins_at(self) -> Timestamp {
        self.0
    }

    /// When the next begins.
    pub fn ends_at(self) -> Timestamp {
        self.0 + Self::LENGTH
    }
}

/// What becomes of an attempt at signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Its password is compared.
    Compared,
    /// It is answered as a wrong password is, whatever it shows.
    Locked,
    /// It is turned away. The first of these stands for the others: they are neither looked up nor written down.
    Flood {
        /// Whether it is the first.
        first: bool,
    },
}

impl Turn {
    /// The turn of the attempt with this number within its window, from 1.
    pub fn of(number: u64) -> Self {
        if number <= SignInWindow::GUESSES {
            Turn::Compared
        } else if number <= SignInWindow::ANSWERED {
            Turn::Locked
        } else {
            Turn::Flood { first: number == SignInWindow::ANSWERED + 1 }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organization() -> OrganizationId {
        OrganizationId::new(Timestamp::UNIX_EPOCH, [3; 10])
    }

    fn owner(inboxes: Option<BTreeSet<InboxId>>) -> Principal {
        Principal {
            organization_id: organization(),
            actor: Actor::System,
            role: Role::Owner,
            scopes: Role::Owner.scopes(),
            inboxes,
            credential: Credential::Session(SessionId::new(Timestamp::UNIX_EPOCH, [1; 10])),
            proved_at: Some(Timestamp::UNIX_EPOCH),
            sends_per_day: None,
        }
    }

    #[test]
    fn a_secret_reads_back_and_names_its_organization() {
        for kind in CredentialKind::ALL {
            let secret = Secret::new(kind, organization(), [9; 32]);
            let read = Secret::parse(secret.reveal()).unwrap();
            assert_eq!((read.kind(), read.organization_id()), (kind, organization()));
            assert_eq!(read.hash(), secret.hash());
        }
    }

    #[test]
    fn altered_secrets_are_refused() {
        let text = Secret::new(CredentialKind::Token, organization(), [9; 32]).reveal().to_owned();
        assert_eq!(Secret::parse(&text.replace("cs_live_", "sk_live_")), Err(InvalidSecret::Prefix));
        assert_eq!(Secret::parse(&text[..text.len() - 1]), Err(InvalidSecret::Malformed));
        assert_eq!(Secret::parse(&format!("{text}0")), Err(InvalidSecret::Malformed));
        assert_eq!(Secret::parse(""), Err(InvalidSecret::Prefix));
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let secret = Secret::new(CredentialKind::Token, organization(), [0xab; 32]);
        assert_eq!(format!("{secret:?}"), "cs_live_…");
    }

    #[test]
    fn no_token_sends_and_decides() {
        let both = [Scope::MessagesSend, Scope::ApprovalsDecide].into();
        assert_eq!(grant(&owner(None), &both, None), Err(InvalidGrant::SendAndDecide));
        assert_eq!(grant(&owner(None), &[].into(), None), Err(InvalidGrant::Empty));
    }

    #[test]
    fn a_token_never_reaches_further_than_its_maker() {
        let inbox = InboxId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        let limited = owner(Some([inbox].into()));
        let read = [Scope::MessagesRead].into();
        assert_eq!(grant(&limited, &read, None), Err(InvalidGrant::BeyondInboxes));
        assert_eq!(grant(&limited, &read, Some(&[inbox].into())), Ok(()));
        let viewer = Principal { role: Role::Viewer, ..owner(None) };
        let decide = [Scope::ApprovalsDecide].into();
        assert!(matches!(grant(&viewer, &decide, None), Err(InvalidGrant::BeyondRole { .. })));
    }

    #[test]
    fn a_token_makes_none_that_has_more_rights() {
        let token = Principal {
            actor: Actor::Token {
                token_id: TokenId::new(Timestamp::UNIX_EPOCH, [1; 10]),
                member_id: MemberId::new(Timestamp::UNIX_EPOCH, [1; 10]),
                name: CalledThen::default(),
            },
            scopes: [Scope::MessagesRead, Scope::TokensManage].into(),
            ..owner(None)
        };
        let decide = [Scope::ApprovalsDecide].into();
        assert_eq!(grant(&token, &decide, None), Err(InvalidGrant::BeyondToken(Scope::ApprovalsDecide)));
        let send_and_grant = [Scope::MessagesSend, Scope::TokensManage].into();
        assert_eq!(grant(&owner(None), &send_and_grant, None), Err(InvalidGrant::SendAndGrant));
        assert_eq!(grant(&token, &[Scope::MessagesSend].into(), None), Ok(()));
    }

    #[test]
    fn no_token_sends_and_makes_inboxes() {
        let both = [Scope::MessagesSend, Scope::InboxesManage].into();
        assert_eq!(grant(&owner(None), &both, None), Err(InvalidGrant::SendAndMakeInboxes));
        assert_eq!(grant(&owner(None), &[Scope::InboxesManage].into(), None), Ok(()));
    }

    fn token(n: u8) -> Token {
        Token {
            id: TokenId::new(Timestamp::UNIX_EPOCH, [n; 10]),
            organization_id: organization(),
            hash: Digest::of(&[n]),
            first: None,
            rotation: None,
            last_four: String::new(),
            name: "one".to_owned(),
            member_id: MemberId::new(Timestamp::UNIX_EPOCH, [1; 10]),
            role: Role::Owner,
            scopes: [Scope::TokensManage].into(),
            inboxes: None,
            paused: None,
            ancestors: vec![],
            created_at: Timestamp::UNIX_EPOCH,
            expires_at: None,
            last_used_at: None,
            sends_per_day: None,
        }
    }

    #[test]
    fn a_rotated_token_takes_its_last_secret_and_for_a_while_the_one_before() {
        let now = Timestamp::UNIX_EPOCH;
        let hour = now + SignedDuration::from_hours(1);
        let (first, second, third) = (Digest::of(&[1]), Digest::of(b"second"), Digest::of(b"third"));
        let fresh = token(1);
        assert!(fresh.takes(first, now) && !fresh.takes(second, now));
        let once =
            Token { rotation: Some(fresh.rotate(second, SignedDuration::from_hours(1), now)), ..fresh };
        let early = hour - SignedDuration::from_millis(1);
        assert!(once.takes(second, now) && once.takes(first, early) && !once.takes(first, hour));
        let twice = Token { rotation: Some(once.rotate(third, SignedDuration::from_hours(1), now)), ..once };
        assert!(twice.takes(third, hour) && twice.takes(second, early) && !twice.takes(first, now));
        let at_once = Token { rotation: Some(twice.rotate(first, SignedDuration::ZERO, now)), ..twice };
        assert!(!at_once.takes(third, now), "no overlap ends the one before at once");
    }

    #[test]
    fn a_token_is_rotated_by_its_owner_and_by_none_but_itself_and_what_made_it() {
        let person = |n: u8| Principal {
            actor: Actor::Member { member_id: MemberId::new(Timestamp::UNIX_EPOCH, [n; 10]) },
            ..owner(None)
        };
        let child = Token { ancestors: token(1).chain(), ..token(2) };
        assert_eq!(child.check_rotation(&person(1)), Ok(()));
        assert_eq!(child.check_rotation(&person(2)), Err(InvalidRotation::NotOwner));
        assert_eq!(child.check_rotation(&token(1).principal()), Ok(()));
        assert_eq!(child.check_rotation(&child.principal()), Ok(()));
        assert_eq!(token(1).check_rotation(&child.principal()), Err(InvalidRotation::NotOfThisToken));
        assert_eq!(child.check_rotation(&token(3).principal()), Err(InvalidRotation::NotOfThisToken));
    }

    #[test]
    fn a_token_stands_as_the_worst_of_those_that_it_was_made_with() {
        let now = Timestamp::UNIX_EPOCH;
        let pause = Pause { by: Actor::System, at: now, reason: String::new() };
        let (well, paused) = (token(1), Token { paused: Some(pause), ..token(2) });
        let ended = Token { expires_at: Some(now), ..token(3) };
        let stands = |makers: &[Option<&Token>]| well.standing(makers.iter().copied(), now);
        assert_eq!(stands(&[]), Standing::Active);
        assert_eq!(stands(&[Some(&well), Some(&paused)]), Standing::Paused);
        assert_eq!(stands(&[Some(&paused), Some(&ended)]), Standing::Ended);
        assert_eq!(stands(&[Some(&well), None]), Standing::Ended);
        assert_eq!(ended.standing([], now), Standing::Ended);
        assert_eq!(paused.standing([Some(&well)], now), Standing::Paused);
    }

    #[test]
    fn use_is_noted_once_an_hour() {
        let used = Token { last_used_at: Some(Timestamp::UNIX_EPOCH), ..token(1) };
        let hour = Timestamp::UNIX_EPOCH + Token::USED_WITHIN;
        assert!(token(1).is_to_note_use(Timestamp::UNIX_EPOCH) && used.is_to_note_use(hour));
        assert!(!used.is_to_note_use(hour - SignedDuration::from_millis(1)));
    }

    #[test]
    fn tokens_that_make_tokens_come_to_an_end() {
        let made = |ancestors: usize| Principal {
            credential: Credential::Token {
                id: TokenId::new(Timestamp::UNIX_EPOCH, [1; 10]),
                chain: vec![Digest::of(b"x"); ancestors + 1],
            },
            ..owner(None)
        };
        let read = [Scope::MessagesRead].into();
        assert_eq!(grant(&made(Token::MAX_ANCESTORS - 1), &read, None), Ok(()));
        assert_eq!(grant(&made(Token::MAX_ANCESTORS), &read, None), Err(InvalidGrant::TooManyAncestors));
    }

    #[test]
    fn no_token_sends_and_writes_the_rules() {
        let both = [Scope::MessagesSend, Scope::PoliciesManage].into();
        assert_eq!(grant(&owner(None), &both, None), Err(InvalidGrant::SendAndRule));
        let both = [Scope::MessagesSend, Scope::AccountsManage].into();
        assert_eq!(grant(&owner(None), &both, None), Err(InvalidGrant::SendAndConnect));
        let both = [Scope::MessagesSend, Scope::ListsManage].into();
        assert_eq!(grant(&owner(None), &both, None), Err(InvalidGrant::SendAndList));
        let both = [Scope::MessagesSend, Scope::MembersManage].into();
        assert_eq!(grant(&owner(None), &both, None), Err(InvalidGrant::SendAndManageMembers));
        assert_eq!(grant(&owner(None), &[Scope::PoliciesManage].into(), None), Ok(()));
    }

    #[test]
    fn a_limited_token_holds_no_right_over_all_inboxes() {
        let inboxes = [InboxId::new(Timestamp::UNIX_EPOCH, [1; 10])].into();
        for scope in ORGANIZATION_WIDE {
            let refused = grant(&owner(None), &[*scope].into(), Some(&inboxes));
            assert_eq!(refused, Err(InvalidGrant::NotForSome(*scope)));
        }
    }

    fn session() -> Session {
        let start = Timestamp::UNIX_EPOCH;
        Session {
            id: SessionId::new(start, [0; 10]),
            organization_id: organization(),
            hash: Digest::of(b"x"),
            member_id: MemberId::new(start, [0; 10]),
            role: Role::Viewer,
            created_at: start,
            expires_at: start + Session::IDLE,
            ends_at: start + Session::LIFE,
            used_at: start,
            browser: None,
            opened_with: OpenedWith::Password,
            proved_at: start,
            version: 1,
        }
    }

    #[test]
    fn what_does_great_harm_takes_a_proof_of_the_last_ten_minutes() {
        use crate::people::access::Denied;
        let (session, start) = (session(), Timestamp::UNIX_EPOCH);
        let end = start + Session::FRESH;
        let early = end - SignedDuration::from_millis(1);
        assert!(session.is_proved(early) && !session.is_proved(end));
        let caller = session.principal(start).unwrap();
        assert_eq!((caller.proved(early), caller.proved(end)), (Ok(()), Err(Denied::Proof)));
        let again = Session { proved_at: end, ..session };
        assert_eq!(again.principal(start).unwrap().proved(end), Ok(()));
        assert_eq!(token(1).principal().proved(end), Ok(()), "a program has nothing to show but its token");
    }

    #[test]
    fn a_session_ends_after_twelve_idle_hours() {
        let (session, start) = (session(), Timestamp::UNIX_EPOCH);
        assert!(session.principal(start + SignedDuration::from_hours(11)).is_some());
        assert!(session.principal(start + Session::IDLE).is_none());
        assert!(session.renewed(start + SignedDuration::from_mins(10)).is_none());
        let renewed = session.renewed(start + SignedDuration::from_hours(11)).unwrap();
        assert_eq!(renewed.expires_at, start + SignedDuration::from_hours(23));
    }

    #[test]
    fn a_session_that_is_used_without_a_pause_ends_after_seven_days() {
        let (mut session, start) = (session(), Timestamp::UNIX_EPOCH);
        let (mut now, mut writes) = (start, 0);
        while session.principal(now).is_some() {
            if let Some(renewed) = session.renewed(now) {
                assert!(renewed.expires_at >= session.expires_at && renewed.ends_at == session.ends_at);
                assert_eq!(renewed.used_at, now);
                session = renewed;
                writes += 1;
            }
            now += SignedDuration::from_secs(59);
        }
        assert_eq!(session.expires_at, start + Session::LIFE);
        assert!((start + Session::LIFE).duration_since(now).abs() < SignedDuration::from_secs(60), "{now}");
        assert!(writes < 2 * 7 * 24, "{writes}");
        assert!(session.renewed(now).is_none());
        // Whatever the stored times say of each other, the earlier one counts.
        let odd = Session { expires_at: now + Session::IDLE, ..session };
        assert!(odd.principal(now).is_none() && odd.renewed(now).is_none());
    }

    /// Also in its last twelve hours, when its end moves no more.
    #[test]
    fn when_a_session_was_used_is_known_to_the_hour_to_its_end() {
        let (mut session, start) = (session(), Timestamp::UNIX_EPOCH);
        let mut now = start + SignedDuration::from_mins(20);
        session.created_at = now;
        assert_eq!(session.last_used_at(), now, "not before it was opened");
        while session.is_open(now) {
            session = session.renewed(now).unwrap_or(session);
            assert!(now.duration_since(session.used_at) < Session::USED_WITHIN, "{now}");
            let shown = session.last_used_at();
            assert!(shown == session.created_at || shown.as_second() % 3600 == 0, "{shown}");
            now += SignedDuration::from_mins(7);
        }
        assert!(now.duration_since(start + Session::LIFE).abs() < SignedDuration::from_mins(7));
    }

    #[test]
    fn what_a_session_was_opened_with_reads_back() {
        for known in OpenedWith::ALL {
            assert_eq!(OpenedWith::parse(known.as_str()), Some(*known));
        }
        assert!(!OpenedWith::default().has_second_factor());
    }

    #[test]
    fn where_a_second_factor_is_asked_for_a_session_without_one_decides_nothing_and_grants_nothing_that_does()
    {
        use crate::people::access::{Denied, scope};
        let now = Timestamp::UNIX_EPOCH;
        let organization = |require_second_factor| Organization {
            id: organization(),
            name: String::new(),
            data_key: vec![],
            paused: None,
            sends_per_day: None,
            require_second_factor,
            unclaimed: false,
            created_at: now,
        };
        let of = |role, opened_with, required| {
            let session = Session { role, opened_with, ..session() };
            session.limit(session.principal(now).unwrap(), &organization(required))
        };
        for opened_with in OpenedWith::ALL {
            let open = of(Role::Owner, *opened_with, false);
            assert_eq!(open.scopes, Role::Owner.scopes());
            let asked = of(Role::Owner, *opened_with, true);
            let decides = asked.permit::<scope::ApprovalsDecide>().map(drop);
            let refused = Err(Denied::SecondFactor(Scope::ApprovalsDecide));
            assert_eq!(decides, if opened_with.has_second_factor() { Ok(()) } else { refused });
            let granted = grant(&asked, &[Scope::PoliciesManage].into(), None);
            let beyond = Err(InvalidGrant::BeyondSession(Scope::PoliciesManage));
            assert_eq!(granted, if opened_with.has_second_factor() { Ok(()) } else { beyond });
            assert!(asked.permit::<scope::MessagesRead>().is_ok());
        }
        let viewer = of(Role::Viewer, OpenedWith::Password, true);
        assert_eq!(viewer.scopes, Role::Viewer.scopes());
        let decides = viewer.permit::<scope::ApprovalsDecide>().map(drop);
        assert_eq!(decides, Err(Denied::Scope(Scope::ApprovalsDecide)), "a second factor gives no right");
    }

    #[test]
    fn ten_attempts_within_a_quarter_of_an_hour_are_compared() {
        let turns: Vec<_> = (1..=SignInWindow::ANSWERED + 2).map(Turn::of).collect();
        let so_many = |turn| turns.iter().filter(|known| **known == turn).count();
        assert!(turns[..10].iter().all(|turn| *turn == Turn::Compared));
        assert!(turns[10..1000].iter().all(|turn| *turn == Turn::Locked));
        assert_eq!((so_many(Turn::Flood { first: true }), so_many(Turn::Flood { first: false })), (1, 1));
        assert_eq!(Turn::of(u64::MAX), Turn::Flood { first: false });
    }

    #[test]
    fn windows_follow_each_other_without_a_gap() {
        let start = Timestamp::from_second(1_767_225_600).unwrap();
        let window = SignInWindow::of(start);
        assert_eq!((window.begins_at(), window.ends_at()), (start, start + SignInWindow::LENGTH));
        assert_eq!(SignInWindow::of(start + SignedDuration::from_millis(899_999)), window);
        assert_eq!(SignInWindow::of(window.ends_at()).begins_at(), window.ends_at());
        assert!(SignInWindow::of(start - SignedDuration::from_millis(1)) < window);
    }
}
