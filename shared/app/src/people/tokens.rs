//! API tokens.

use std::collections::{BTreeMap, BTreeSet};

use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::people::access::{Permit, Scopes, scope};
use domain::people::credential::{
    CredentialKind, InvalidRotation, Secret, Standing, Token, grant, takes_proof,
};
use domain::people::limit::SendsPerDay;
use domain::{InboxId, MemberId, OrganizationId, Timestamp, TokenId};
use jiff::SignedDuration;

use crate::base::enter::Once;
use crate::base::error::{FieldError, Refusal};
use crate::base::ports::Ports;
use crate::base::store::{
    Amendment, Change, Conflict, Expect, Key, List, Page, PageRequest, StoreError, TokenPointer, Write, key,
    load, typed,
};

/// What a new token is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// What it is for, 1 to 100 characters.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// The inboxes that it is limited to.
    pub inboxes: Option<BTreeSet<InboxId>>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// How many mails it may ask for on one day.
    pub sends_per_day: Option<SendsPerDay>,
}

/// So many tokens a member may have, those that their tokens made with them.
pub const MAX_TOKENS: u64 = 100;

/// What counts the tokens of a member.
pub(crate) fn count(member_id: MemberId) -> Digest {
    Digest::of_parts(&[b"tokens", member_id.to_string().as_bytes()])
}

/// Makes a token. The secret is returned here and nowhere else, ever.
pub async fn create(
    ports: &Ports,
    permit: &Permit<scope::TokensManage>,
    new: NewToken,
    once: &Once,
    answer: impl FnOnce(&Token) -> (u16, String),
) -> Result<(Token, Secret), Refusal> {
    let principal = permit.principal();
    let member_id = permit.actor().member().ok_or(Refusal::NotFound("member"))?;
    grant(principal, &new.scopes, new.inboxes.as_ref())
        .map_err(|error| Refusal::field("scopes", Code::ScopesNotGrantable, error))?;
    if takes_proof(&new.scopes) {
        principal.proved(ports.now())?;
    }
    let organization_id = permit.organization_id();
    let (expires_at, sends_per_day) = bounds(ports, permit, new.expires_at, new.sends_per_day).await?;
    if let Some(inboxes) = &new.inboxes {
        let wanted: Vec<_> = inboxes.iter().copied().map(key::Inbox).collect();
        let found = load(&*ports.store, organization_id, wanted).await?;
        if let Some(i) = found.iter().position(Option::is_none) {
            return Err(Refusal::field(format!("inbox_ids[{i}]"), Code::UnknownInbox, "no such inbox"));
        }
    }
    let secret = Secret::new(CredentialKind::Token, organization_id, ports.bytes());
    let token = Token {
        id: ports.token_id(),
        organization_id,
        hash: secret.hash(),
        first: None,
        rotation: None,
        last_four: secret.last_four().to_owned(),
        name: new.name,
        member_id,
        role: principal.role,
        scopes: new.scopes,
        inboxes: new.inboxes,
        paused: None,
        ancestors: principal.credential.tokens().to_vec(),
        created_at: ports.now(),
        expires_at,
        last_used_at: None,
        sends_per_day,
    };
    let mut entry = ports.audit(organization_id, permit.actor(), "token.create", token.id);
    entry.details.push(("credential", principal.credential.name()));
    entry.details.push(("scopes", token.scopes.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(" ")));
    let (counted, limit) = (count(member_id), Some(MAX_TOKENS));
    // It counts for as long as it is there.
    let counts = Write::Count { key: counted, by: 1, limit, expires_at: Timestamp::MAX };
    let change = Change::new(organization_id)
        .create(token.clone())
        .create(TokenPointer::from(&token))
        .write(counts)
        .audit(entry);
    let change = once.save(change, ports.now(), || answer(&token));
    once.try_commit(ports, change).await?.map_err(|conflicts| {
        if conflicts.contains(&Conflict::Record(Key::Counter(counted))) {
            let message =
                format!("a member has at most {MAX_TOKENS} tokens: delete one that nobody uses first");
            return Refusal::because(Code::TooManyTokens, message);
        }
        StoreError::Conflict(conflicts).into()
    })?;
    Ok((token, secret))
}

/// When a new token ends and how many mails a day it may ask for: as it is asked for, and within the bounds of the token that makes
/// it, if one does.
async fn bounds(
    ports: &Ports,
    permit: &Permit<scope::TokensManage>,
    ends: Option<Timestamp>,
    sends: Option<SendsPerDay>,
) -> Result<(Option<Timestamp>, Option<SendsPerDay>), Refusal> {
    if ends.is_some_and(|at| at <= ports.now()) {
        return Err(Refusal::field("expires_at", Code::ExpiresAtInThePast, "lies in the past"));
    }
    let Some(maker) = permit.principal().credential.tokens().first() else { return Ok((ends, sends)) };
    // One that was deleted meanwhile makes a token that never holds.
    let maker = load(&*ports.store, permit.organization_id(), key::Token(*maker)).await?;
    let (own_end, own_sends) = maker.map_or((None, None), |maker| (maker.expires_at, maker.sends_per_day));
    let mut beyond = vec![];
    if let Some(own) = own_end.filter(|own| ends.is_some_and(|at| at > *own)) {
        let message = format!("the token that makes it ends at {own}: give no later time");
        beyond.push(FieldError::new("expires_at", Code::BeyondParent, message));
    }
    if let Some(own) = own_sends.filter(|own| sends.is_some_and(|limit| limit > *own)) {
        let message = format!("the token that makes it may ask for {} mails a day: give no more", own.get());
        beyond.push(FieldError::new("sends_per_day", Code::BeyondParent, message));
    }
    if beyond.is_empty() {
        Ok((ends.or(own_end), sends.or(own_sends)))
    } else {
        Err(Refusal::Invalid(beyond))
    }
}

/// Gives a token a new secret and ends its first, for whoever made it and lost the answer. What was made with the first ends with it.
pub async fn replace_secret(
    ports: &Ports,
    permit: &Permit<scope::TokensManage>,
    id: TokenId,
    once: &Once,
    answer: impl FnOnce(&Token) -> (u16, String),
) -> Result<(Token, Secret), Refusal> {
    let organization_id = permit.organization_id();
    let first = find(ports, organization_id, id).await?;
    if first.rotation.is_some() {
        // Somebody has a secret of it.
        return Err(StoreError::Conflict(vec![]).into());
    }
    let secret = Secret::new(CredentialKind::Token, organization_id, ports.bytes());
    let removed = Write::Remove(Key::Token(first.hash));
    let token = Token { hash: secret.hash(), last_four: secret.last_four().to_owned(), ..first };
    let change = Change::new(organization_id)
        .write(removed)
        .create(token.clone())
        .write(Write::put(TokenPointer::from(&token), Expect::Anything))
        .audit(ports.audit(organization_id, permit.actor(), "token.replace_secret", id));
    once.commit(ports, once.save(change, ports.now(), || answer(&token))).await?;
    Ok((token, secret))
}

/// Gives a token another secret. The one that it had is taken for `overlap` more, and what was asked for and made with it stays.
///
/// The first of a repeated request is taken for lost, with the secret that it gave: it ends, and the one before keeps its time.
pub async fn rotate(
    ports: &Ports,
    permit: &Permit<scope::TokensManage>,
    id: TokenId,
    overlap: SignedDuration,
    once: &Once,
    answer: impl FnOnce(&Token) -> (u16, String),
) -> Result<(Token, Secret), Refusal> {
    let organization_id = permit.organization_id();
    let token = visible(ports, permit, id).await?;
    token.check_rotation(permit.principal()).map_err(|refused| {
        let code = match refused {
            InvalidRotation::NotOwner => Code::OwnerOfTokenRequired,
            InvalidRotation::NotOfThisToken => Code::PersonRequired,
            InvalidRotation::BeyondSession => Code::SecondFactorNeeded,
        };
        Refusal::because(code, refused)
    })?;
    if takes_proof(&token.scopes) {
        permit.principal().proved(ports.now())?;
    }
    let (now, secret) = (ports.now(), Secret::new(CredentialKind::Token, organization_id, ports.bytes()));
    let mut rotation = token.rotate(secret.hash(), overlap, now);
    let mut change = Change::new(organization_id);
    if let Some(last) = &token.rotation {
        let ended = if once.answered().is_some() {
            (rotation.previous, rotation.previous_until) = (last.previous, last.previous_until);
            last.secret
        } else {
            last.previous
        };
        // The first secret's record is the token itself.
        if ended != token.hash {
            change = change.write(Write::Delete(Key::Token(ended)));
        }
    }
    let last_four = secret.last_four().to_owned();
    let action = if once.answered().is_some() { "token.replace_secret" } else { "token.rotate" };
    let mut entry = ports.audit(organization_id, permit.actor(), action, id);
    entry.details = vec![
        ("credential", permit.principal().credential.name()),
        ("previous_until", rotation.previous_until.to_string()),
    ];
    let shown = Token { hash: secret.hash(), first: Some(token.hash), ..token.clone() };
    let seen = token.rotation.as_ref().map(|it| it.secret);
    let rotated = Token { rotation: Some(rotation.clone()), last_four: last_four.clone(), ..token };
    let change = change
        .create(shown)
        .write(Write::Rotate { token: rotated.hash, seen, rotation, last_four })
        .audit(entry);
    once.commit(ports, once.save(change, now, || answer(&rotated))).await?;
    Ok((rotated, secret))
}

/// One token, if the caller may manage it, and whether it can be used.
pub async fn get(
    ports: &Ports,
    permit: &Permit<scope::TokensManage>,
    id: TokenId,
) -> Result<(Token, Standing), Refusal> {
    let token = visible(ports, permit, id).await?;
    let known = stand(ports, permit, vec![token]).await?;
    known.into_iter().next().ok_or(Refusal::NotFound("token"))
}

/// Gives a token another name or another limit. Limits are a person's to set.
pub async fn amend(
    ports: &Ports,
    permit: &Permit<scope::TokensManage>,
    id: TokenId,
    amendment: Amendment,
) -> Result<Token, Refusal> {
    let organization_id = permit.organization_id();
    let token = visible(ports, permit, id).await?;
    let amended = Token {
        name: amendment.name.clone().unwrap_or_else(|| token.name.clone()),
        sends_per_day: amendment.sends_per_day.unwrap_or(token.sends_per_day),
        ..token.clone()
    };
    if amended == token {
        return Ok(token);
    }
    if amended.sends_per_day != token.sends_per_day && !permit.principal().credential.is_person() {
        return Err(Refusal::because(
            Code::PersonRequired,
            "a limit is set by a person: sign in (POST /v1/sessions, or the console) and set it there",
        ));
    }
    let mut entry = ports.audit(organization_id, permit.actor(), "token.update", id);
    entry.details = amended_details(&amendment);
    let change = Change::new(organization_id).write(Write::Amend { key: Key::Token(token.hash), amendment });
    match ports.store.commit(change.audit(entry)).await {
        Err(StoreError::Conflict(_)) => Err(Refusal::NotFound("token")),
        written => Ok(written.map(|()| amended)?),
    }
}

/// What an audit entry tells of an amendment: all but the name.
pub(crate) fn amended_details(amendment: &Amendment) -> Vec<(&'static str, String)> {
    let limit =
        |limit: Option<SendsPerDay>| limit.map_or_else(|| "none".to_owned(), |it| it.get().to_string());
    let limit = amendment.sends_per_day.map(|given| ("sends_per_day", limit(given)));
    let required = amendment.require_second_factor.map(|it| ("require_second_factor", it.to_string()));
    limit.into_iter().chain(required).collect()
}

/// A token that the caller may manage.
async fn visible(ports: &Ports, permit: &Permit<scope::TokensManage>, id: TokenId) -> Result<Token, Refusal> {
    let token = find(ports, permit.organization_id(), id).await?;
    if may_manage(permit, &token) { Ok(token) } else { Err(Refusal::NotFound("token")) }
}

/// The tokens of the organization; of the caller's own making where they are neither owner nor admin.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::TokensManage>,
    page: &PageRequest,
) -> Result<Page<(Token, Standing)>, Refusal> {
    let mut page = typed::<Token>(ports.store.list(permit.organization_id(), &List::Tokens, page).await?);
    page.items.retain(|token| may_manage(permit, token));
    Ok(Page { items: stand(ports, permit, page.items).await?, next: page.next })
}

/// Tokens with whether they can be used: one look at all that they were made with, and at the seats of those whose they are.
async fn stand(
    ports: &Ports,
    permit: &Permit<scope::TokensManage>,
    tokens: Vec<Token>,
) -> Result<Vec<(Token, Standing)>, Refusal> {
    let makers: BTreeSet<_> = tokens.iter().flat_map(|token| &token.ancestors).copied().collect();
    let owners: BTreeSet<_> = tokens.iter().map(|token| token.member_id).collect();
    let wanted = (
        makers.into_iter().map(key::Token).collect::<Vec<_>>(),
        owners.into_iter().map(key::Member).collect::<Vec<_>>(),
    );
    let (found, owners) = load(&*ports.store, permit.organization_id(), wanted).await?;
    let owners: BTreeSet<_> = owners.into_iter().flatten().map(|member| member.id).collect();
    let found: BTreeMap<_, _> = found.into_iter().flatten().map(|maker| (maker.hash, maker)).collect();
    let now = ports.now();
    let standing = |token: &Token| token.standing(token.ancestors.iter().map(|hash| found.get(hash)), now);
    let stands = |token: Token| {
        let is_owned = owners.contains(&token.member_id);
        let standing = if is_owned { standing(&token) } else { Standing::Ended };
        (token, standing)
    };
    Ok(tokens.into_iter().map(stands).collect())
}

fn may_manage(permit: &Permit<scope::TokensManage>, token: &Token) -> bool {
    use domain::people::access::Role;
    matches!(permit.principal().role, Role::Owner | Role::Admin)
        || permit.actor().member() == Some(token.member_id)
}

/// Revokes a token: the next request with it is refused.
pub async fn delete(ports: &Ports, permit: &Permit<scope::TokensManage>, id: TokenId) -> Result<(), Refusal> {
    let organization_id = permit.organization_id();
    let token = visible(ports, permit, id).await?;
    let mut change = Change::new(organization_id);
    if let Some(rotation) = &token.rotation {
        let later = [rotation.secret, rotation.previous].into_iter().filter(|secret| *secret != token.hash);
        change.writes.extend(later.map(|secret| Write::Delete(Key::Token(secret))));
    }
    let change = change
        .write(Write::Remove(Key::Token(token.hash)))
        .write(Write::Delete(Key::TokenPointer(id)))
        .write(Write::Uncount { key: count(token.member_id), by: 1 })
        .audit(ports.audit(organization_id, permit.actor(), "token.delete", id));
    match ports.store.commit(change).await {
        // Somebody else deleted it at the same moment: it is counted off once.
        Err(StoreError::Conflict(_)) => Err(Refusal::NotFound("token")),
        other => Ok(other?),
    }
}

/// A token by its id.
pub(crate) async fn find(
    ports: &Ports,
    organization_id: OrganizationId,
    id: TokenId,
) -> Result<Token, Refusal> {
    let unknown = || Refusal::NotFound("token");
    let pointer = load(&*ports.store, organization_id, key::TokenPointer(id)).await?;
    let hash = pointer.ok_or_else(unknown)?.hash;
    load(&*ports.store, organization_id, key::Token(hash)).await?.ok_or_else(unknown)
}
