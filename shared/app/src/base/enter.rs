//! The way in: a credential becomes a principal, with one read that also fetches what the request needs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::OrganizationId;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::gate::seal::Ticket;
use domain::mailbox::lifecycle::Nonce;
use domain::mailbox::message::Message;
use domain::people::access::{Actor, Credential, Principal, Role, Scopes};
use domain::people::credential::{CredentialKind, InvalidSecret, Secret, Session, Token};
use domain::people::limit::{Caller, Left};
use domain::people::organization::Organization;
use jiff::{SignedDuration, Timestamp};

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{
    Answer, Change, Conflict, Expect, Key, List, ListError, Page, PageRequest, Record, Store, StoreError,
    Write, key, load,
};

/// A caller who is in.
pub struct Entered {
    /// Who, with which rights.
    pub principal: Principal,
    /// The ports, whose store has the records of [`enter`]'s keys at hand.
    pub ports: Ports,
    /// The session, where a person signed in.
    pub session: Option<Session>,
    /// The promise to answer a repeated request as the first.
    pub once: Once,
}

/// Why a caller is not in.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// Who it was, where the credential is good all the same.
    pub principal: Option<Box<Principal>>,
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        refused.refusal
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, principal: None }
    }
}

impl Refused {
    fn known(refusal: Refusal, principal: &Principal) -> Self {
        Self { refusal, principal: Some(Box::new(principal.clone())) }
    }
}

/// What a request says of its own repetition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeatable<'a> {
    /// The `Idempotency-Key`.
    pub key: &'a str,
    /// Method and path.
    pub route: &'a str,
    /// The body.
    pub body: &'a [u8],
    /// Whether its answer shows a secret, which may be lost: repeated within [`SECRET_AGAIN`], it comes in once more.
    pub shows_secret: bool,
}

/// Answers to requests with an `Idempotency-Key` are kept for so long.
pub const ANSWER_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// So long after a request that made a secret a repeat of it makes another, which ends the first: an answer that was lost is no dead
/// token.
pub const SECRET_AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// The saved answer of a request, written in the transaction of what the request does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Once {
    promise: Option<(Digest, Digest, Expect)>,
    answered: Option<Box<Answer>>,
}

impl Once {
    /// What was answered without the secret that was shown beside it, where this is a repeat that makes another one.
    pub fn answered(&self) -> Option<&Answer> {
        self.answered.as_deref()
    }

    /// Adds the answer to the change, if the request asked for it.
    #[must_use]
    pub fn save(&self, change: Change, now: Timestamp, answer: impl FnOnce() -> (u16, String)) -> Change {
        let Some((key, request, expect)) = self.promise else { return change };
        let (status, body) = answer();
        // A repeat moves no end.
        let expires_at = self.answered().map_or(now + ANSWER_KEPT, |first| first.expires_at);
        let answer = Answer { key, request, status, body, expires_at };
        change.write(Write::put(answer, expect))
    }

    /// Commits; where the same request was answered meanwhile, gives that answer.
    pub async fn commit(&self, ports: &Ports, change: Change) -> Result<(), Refusal> {
        self.try_commit(ports, change).await?.map_err(|conflicts| StoreError::Conflict(conflicts).into())
    }

    /// As [`Self::commit`], for a caller who knows what to do about conflicts.
    pub(crate) async fn try_commit(
        &self,
        ports: &Ports,
        change: Change,
    ) -> Result<Result<(), Vec<Conflict>>, Refusal> {
        let organization_id = change.organization_id;
        match ports.store.commit(change).await {
            Err(StoreError::Conflict(conflicts)) => {
                if let Some((key, request, _)) = self.promise
                    && conflicts.contains(&Conflict::Record(Key::Answer(key)))
                    && let Some(answer) = load(&*ports.store, organization_id, key::Answer(key)).await?
                {
                    return Err(replay(answer, request));
                }
                Ok(Err(conflicts))
            }
            other => Ok(Ok(other?)),
        }
    }
}

fn replay(answer: Answer, request: Digest) -> Refusal {
    if answer.request == request {
        return Refusal::Answered(Box::new(answer));
    }
    Refusal::because(
        Code::IdempotencyKeyReused,
        "this Idempotency-Key was used for another request within 24 hours: use a new key",
    )
}

/// Checks a credential and reads `keys` of its organization in the same call.
pub async fn enter(
    ports: &Ports,
    credential: Option<&str>,
    keys: &[Key],
    repeatable: Option<Repeatable<'_>>,
) -> Result<Entered, Refusal> {
    Ok(identify(ports, credential, keys, repeatable).await?)
}

/// The same, for what nobody asked for at that moment: it is no use of the session, whose end comes no later for it.
pub async fn glance(ports: &Ports, credential: Option<&str>, keys: &[Key]) -> Result<Entered, Refusal> {
    Ok(let_in(ports, credential, keys, None, false).await?)
}

/// As [`enter`]; where a caller is refused whose credential is good, it says who that was.
pub async fn identify(
    ports: &Ports,
    credential: Option<&str>,
    keys: &[Key],
    repeatable: Option<Repeatable<'_>>,
) -> Result<Entered, Refused> {
    let_in(ports, credential, keys, repeatable, true).await
}

async fn let_in(
    ports: &Ports,
    credential: Option<&str>,
    keys: &[Key],
    repeatable: Option<Repeatable<'_>>,
    is_use: bool,
) -> Result<Entered, Refused> {
    let secret = read_secret(credential)?;
    let organization_id = secret.organization_id();
    // Whoever asks too fast costs no call. A stranger's secret is counted for itself: it takes nothing from an organization.
    take(ports, Caller::Credential(secret.hash()))?;
    let credential_key = match secret.kind() {
        CredentialKind::Token => Key::Token(secret.hash()),
        CredentialKind::Session => Key::Session(secret.hash()),
    };
    let shows_secret = repeatable.as_ref().is_some_and(|request| request.shows_secret);
    let promise = repeatable.map(|request| {
        let credential = secret.hash();
        let parts: [&[u8]; 3] = [credential.as_bytes(), request.route.as_bytes(), request.key.as_bytes()];
        (Digest::of_parts(&parts), Digest::of(request.body))
    });
    let mut all = vec![credential_key];
    all.extend(promise.map(|(key, _)| Key::Answer(key)));
    let own = all.len();
    for key in keys {
        if !all.contains(key) {
            all.push(key.clone());
        }
    }
    let asked = all.len();
    // What a person may do depends on a rule of their organization.
    if secret.kind() == CredentialKind::Session && !all.contains(&Key::Organization) {
        all.push(Key::Organization);
    }
    let mut found = ports.store.load(organization_id, &all).await.map_err(Refusal::from)?;
    let organization = organization_in(&found);
    // Nobody else asked for it: whoever looks later looks anew.
    all.truncate(asked);
    found.truncate(asked);
    let prefetched = found.split_off(own);
    let now = ports.now();

    let mut session = None;
    let principal = match found[0].take() {
        Some(Record::Token(token)) => {
            let (token, role) = check_token(ports, *token, now).await?;
            note_use(ports, &token, now).await;
            token.principal().seated(role)
        }
        Some(Record::Session(record)) => {
            let principal = record.principal(now).ok_or_else(|| {
                let message =
                    "the session has ended, after 12 hours without use or seven days: sign in again";
                Refusal::because(Code::SessionExpired, message)
            })?;
            let role = seat_of(ports, &record).await?;
            if let Some(renewed) = record.renewed(now).filter(|_| is_use) {
                // Losing this write costs nothing: the next request renews it.
                let prolong = Write::Prolong(renewed);
                let _ = ports.store.commit(Change::new(organization_id).write(prolong)).await;
            }
            session = Some(Session { role, ..record });
            principal.seated(role)
        }
        _ => return Err(unknown().into()),
    };
    // Last of all: whatever role somebody has, their organization may ask for more than a password before they decide.
    let principal = match (&session, &organization) {
        (Some(session), Some(organization)) => session.limit(principal, organization),
        _ => principal,
    };
    take(ports, Caller::Organization(organization_id))
        .map_err(|refusal| Refused::known(refusal, &principal))?;
    let mut answered = None;
    let promise = match (promise, found.get_mut(1).and_then(Option::take)) {
        (Some((_, request)), Some(Record::Answer(answer))) if now < answer.expires_at => {
            let is_recent = now < answer.expires_at - ANSWER_KEPT + SECRET_AGAIN;
            if !(shows_secret && is_recent && answer.request == request) {
                return Err(Refused::known(replay(answer, request), &principal));
            }
            let expect = Expect::Until(answer.expires_at);
            let key = answer.key;
            answered = Some(Box::new(answer));
            Some((key, request, expect))
        }
        // Time to live deletes late: an old answer is overwritten, by one of those who find it.
        (Some((key, request)), Some(Record::Answer(old))) => {
            Some((key, request, Expect::Until(old.expires_at)))
        }
        (Some((key, request)), _) => Some((key, request, Expect::Absent)),
        (None, _) => None,
    };
    let store = Prefetched {
        organization_id,
        inner: Arc::clone(&ports.store),
        found: Mutex::new(all.into_iter().skip(own).zip(prefetched).collect()),
    };
    Ok(Entered {
        principal,
        ports: ports.with_store(Arc::new(store)),
        session,
        once: Once { promise, answered },
    })
}

/// What a caller shows, as it was shown to them once.
fn read_secret(credential: Option<&str>) -> Result<Secret, Refusal> {
    let text = credential.ok_or_else(|| {
        let message = "send Authorization: Bearer cs_live_… with a token of your organization";
        Refusal::because(Code::MissingCredential, message)
    })?;
    Secret::parse(text).map_err(|error| {
        Refusal::because(
            Code::InvalidCredential,
            match error {
                InvalidSecret::Prefix => {
                    "the credential does not begin with cs_live_ or cs_session_: send a token or a session as it was shown"
                }
                InvalidSecret::Malformed => {
                    "the credential is cut short or altered: send a token as it was shown"
                }
            },
        )
    })
}

/// The organization, where it is among what was found.
fn organization_in(found: &[Option<Record>]) -> Option<Organization> {
    found.iter().flatten().find_map(|record| match record {
        Record::Organization(organization) => Some(organization.clone()),
        _ => None,
    })
}

fn unknown() -> Refusal {
    Refusal::because(
        Code::InvalidCredential,
        "the credential is unknown or was revoked: make a new token, or sign in again",
    )
}

fn removed() -> Refusal {
    Refusal::because(
        Code::InvalidCredential,
        "the person whom this credential stands for left the organization, or was removed: ask an owner to invite them",
    )
}

/// The role that whoever opened a session has now.
async fn seat_of(ports: &Ports, session: &Session) -> Result<Role, Refusal> {
    let seat = load(&*ports.store, session.organization_id, key::Member(session.member_id)).await?;
    let seat = seat.ok_or_else(removed)?;
    if seat.ended(session.created_at) {
        let message = "all sessions of this person were ended since: sign in again";
        return Err(Refusal::because(Code::InvalidCredential, message));
    }
    Ok(seat.role)
}

/// Takes one request out of a caller's bucket.
fn take(ports: &Ports, caller: Caller) -> Result<(), Refusal> {
    let mut rates = ports.rates.lock().unwrap_or_else(PoisonError::into_inner);
    rates.take(caller, ports.now()).map_err(|retry_at| Refusal::NotBefore {
        code: Code::RateLimited,
        message: match caller {
            Caller::Credential(_) => "too many requests with this credential: ask more slowly".to_owned(),
            Caller::Organization(_) => "too many requests of this organization: ask more slowly".to_owned(),
        },
        retry_at,
    })
}

/// What is left of the rates that a credential and its organization have: nothing for what is none.
pub fn rates_left(ports: &Ports, credential: Option<&str>) -> Vec<Left> {
    let Some(secret) = credential.and_then(|text| Secret::parse(text).ok()) else { return vec![] };
    let rates = ports.rates.lock().unwrap_or_else(PoisonError::into_inner);
    let callers = [Caller::Credential(secret.hash()), Caller::Organization(secret.organization_id())];
    callers.into_iter().map(|caller| rates.left(caller, ports.now())).collect()
}

/// The token that a secret stands for, and the role that its member has now. Refuses one that is paused or has ended, or that was made
/// with one that is deleted or paused or has ended (what a token made does not outlive it), a secret that another took the place of, and
/// the token of somebody who has no seat any more. All of that is one read, since whose token it is stands in it.
async fn check_token(ports: &Ports, shown: Token, now: Timestamp) -> Result<(Token, Role), Refusal> {
    let secret = shown.hash;
    let ancestors: Vec<_> = shown.ancestors.iter().copied().map(key::Token).collect();
    let wanted = (shown.first.map(key::Token), ancestors, key::Member(shown.member_id));
    let (first, ancestors, seat) = load(&*ports.store, shown.organization_id, wanted).await?;
    let token = match shown.first {
        None => shown,
        Some(_) => first.ok_or_else(unknown)?,
    };
    if !token.takes(secret, now) {
        return Err(unknown());
    }
    check_holds(&token, now)?;
    for ancestor in ancestors {
        check_holds(&ancestor.ok_or_else(unknown)?, now)?;
    }
    let role = seat.ok_or_else(removed)?.role;
    Ok((token, role))
}

/// Refuses a token that is paused or has ended.
fn check_holds(token: &Token, now: Timestamp) -> Result<(), Refusal> {
    match token.paused {
        None if token.has_expired(now) => Err(Refusal::because(
            Code::TokenExpired,
            "this token, or the one that it was made with, has ended: make a new one",
        )),
        None => Ok(()),
        Some(_) => Err(Refusal::because(
            Code::TokenPaused,
            "a person paused this token, or the one that it was made with: ask them to resume it",
        )),
    }
}

/// Whoever confirmed something that is done later, as they are by now: the token that they asked with holds, and they have a seat. What was
/// taken from them meanwhile they may not do any more.
pub(crate) async fn stand_in(
    ports: &Ports,
    organization_id: OrganizationId,
    actor: &Actor,
    with: &Credential,
) -> Result<Principal, Refusal> {
    let member_id = actor.member().ok_or_else(removed)?;
    let chain: Vec<_> = with.tokens().iter().copied().map(key::Token).collect();
    let (seat, tokens) = load(&*ports.store, organization_id, (key::Member(member_id), chain)).await?;
    let seat = seat.ok_or_else(removed)?;
    let tokens: Vec<Token> =
        tokens.into_iter().map(|one| one.ok_or_else(unknown)).collect::<Result<_, _>>()?;
    tokens.iter().try_for_each(|token| check_holds(token, ports.now()))?;
    if let Some(token) = tokens.first() {
        return Ok(token.principal().seated(seat.role));
    }
    let principal = Principal {
        organization_id,
        actor: actor.clone(),
        role: seat.role,
        scopes: Scopes::new(),
        inboxes: None,
        credential: with.clone(),
        proved_at: None,
        sends_per_day: None,
    };
    Ok(principal.seated(seat.role))
}

/// Writes down that a token is used, now and then. Losing this write costs nothing: the next request does it.
async fn note_use(ports: &Ports, token: &Token, now: Timestamp) {
    if token.is_to_note_use(now) {
        let used = Write::Used { token: token.hash, at: now };
        let _ = ports.store.commit(Change::new(token.organization_id).write(used)).await;
    }
}

/// A store that has some records at hand. Each is given once, so that a second look is a fresh one.
struct Prefetched {
    organization_id: OrganizationId,
    inner: Arc<dyn Store>,
    found: Mutex<HashMap<Key, Option<Record>>>,
}

#[async_trait]
impl Store for Prefetched {
    async fn load(
        &self,
        organization_id: OrganizationId,
        keys: &[Key],
    ) -> Result<Vec<Option<Record>>, StoreError> {
        if organization_id == self.organization_id {
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            if keys.iter().all(|key| found.contains_key(key)) {
                return Ok(keys.iter().map(|key| found.remove(key).flatten()).collect());
            }
        }
        self.inner.load(organization_id, keys).await
    }

    async fn list(
        &self,
        organization_id: OrganizationId,
        list: &List,
        page: &PageRequest,
    ) -> Result<Page<Record>, ListError> {
        self.inner.list(organization_id, list, page).await
    }

    fn cursor(&self, organization_id: OrganizationId, list: &List, record: &Record) -> Option<String> {
        self.inner.cursor(organization_id, list, record)
    }

    async fn commit(&self, change: Change) -> Result<(), StoreError> {
        self.inner.commit(change).await
    }

    async fn claim(
        &self,
        ticket: &Ticket,
        nonce: Nonce,
        now: Timestamp,
    ) -> Result<Option<Message>, StoreError> {
        self.inner.claim(ticket, nonce, now).await
    }
}
