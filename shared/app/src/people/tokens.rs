//! API tokens.

use std::collections::BTreeSet;

use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::people::access::{Permit, Scopes, scope};
use domain::people::credential::{CredentialKind, Secret, Token, grant};
use domain::{InboxId, MemberId, OrganizationId, Timestamp, TokenId};

use crate::base::enter::Once;
use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{
    Change, Conflict, Expect, Key, List, Page, PageRequest, StoreError, TokenPointer, Write, key, load, typed,
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
}

/// So many tokens a member may have, those that their tokens made with them.
pub const MAX_TOKENS: u64 = 100;

/// What counts the tokens of a member.
fn count(member_id: MemberId) -> Digest {
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
    let organization_id = permit.organization_id();
    let expires_at = end(ports, permit, new.expires_at).await?;
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

/// When a new token ends: as it is asked for, and no later than the token that makes it, if one does.
async fn end(
    ports: &Ports,
    permit: &Permit<scope::TokensManage>,
    wanted: Option<Timestamp>,
) -> Result<Option<Timestamp>, Refusal> {
    if wanted.is_some_and(|at| at <= ports.now()) {
        return Err(Refusal::field("expires_at", Code::ExpiresAtInThePast, "lies in the past"));
    }
    let Some(maker) = permit.principal().credential.tokens().first() else { return Ok(wanted) };
    let maker = load(&*ports.store, permit.organization_id(), key::Token(*maker)).await?;
    // One that was deleted meanwhile makes a token that never holds.
    match (maker.and_then(|maker| maker.expires_at), wanted) {
        (Some(end), Some(at)) if at > end => {
            let message = format!("the token that makes it ends at {end}: give no later time");
            Err(Refusal::field("expires_at", Code::BeyondParent, message))
        }
        (end, wanted) => Ok(wanted.or(end)),
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

/// The tokens of the organization; of the caller's own making where they are neither owner nor admin.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::TokensManage>,
    page: &PageRequest,
) -> Result<Page<Token>, Refusal> {
    let mut page = typed::<Token>(ports.store.list(permit.organization_id(), &List::Tokens, page).await?);
    page.items.retain(|token| may_manage(permit, token));
    Ok(page)
}

fn may_manage(permit: &Permit<scope::TokensManage>, token: &Token) -> bool {
    use domain::people::access::Role;
    matches!(permit.principal().role, Role::Owner | Role::Admin)
        || permit.actor().member() == Some(token.member_id)
}

/// Revokes a token: the next request with it is refused.
pub async fn delete(ports: &Ports, permit: &Permit<scope::TokensManage>, id: TokenId) -> Result<(), Refusal> {
    let organization_id = permit.organization_id();
    let token = find(ports, organization_id, id).await?;
    if !may_manage(permit, &token) {
        return Err(Refusal::NotFound("token"));
    }
    let change = Change::new(organization_id)
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
