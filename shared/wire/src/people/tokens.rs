//! Tokens of programs.

use app::base::error::Refusal;
use app::people::tokens::NewToken;
use domain::people::access::Scope;
use domain::people::credential::Token;
use domain::{InboxId, MemberId, TokenId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::request::{self, request};
use crate::base::values::{AtLeastOne, Choice, Filled, IdOf, Time};
use crate::people::organization::{PauseView, pause};

request! {
    /// A token for a program.
    pub struct CreateToken {
        /// What it is for.
        name: Filled<100>,
        /// What it may do: as little as it needs.
        scopes: AtLeastOne<Choice<Scope>, 100>,
        /// The inboxes that it reaches; left out, all of them.
        inbox_ids: Option<AtLeastOne<IdOf<InboxId>, 50>>,
        /// When it ends by itself; left out, when it is deleted, or with the token that makes it.
        expires_at: Option<Time>,
    }
}

/// Reads [`CreateToken`].
pub fn new(body: &[u8]) -> Result<NewToken, Refusal> {
    let CreateToken { name, scopes, inbox_ids, expires_at } = request::body(body)?;
    let inboxes = inbox_ids.map(|ids| ids.0.into_iter().map(|id| id.0).collect());
    let scopes = scopes.0.into_iter().map(|scope| scope.0).collect();
    Ok(NewToken { name: name.0, scopes, inboxes, expires_at: expires_at.map(|at| at.0) })
}

/// A token.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Token")]
pub struct TokenView<'a> {
    id: IdOf<TokenId>,
    name: &'a str,
    /// The last four characters of its secret.
    last_four: &'a str,
    scopes: Vec<Choice<Scope>>,
    /// The inboxes that it reaches; `null` for all of them.
    inbox_ids: Option<Vec<IdOf<InboxId>>>,
    /// Its owner.
    member_id: IdOf<MemberId>,
    /// While it can't be used.
    paused: Option<PauseView<'a>>,
    created_at: Time,
    /// When it ends by itself; `null` where it does not.
    expires_at: Option<Time>,
    /// The secret, only in the response to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

/// A token, with its secret only in the response to its creation.
pub fn token<'a>(token: &'a Token, secret: Option<&'a str>) -> TokenView<'a> {
    TokenView {
        id: IdOf(token.id),
        name: &token.name,
        last_four: &token.last_four,
        scopes: token.scopes.iter().copied().map(Choice).collect(),
        inbox_ids: token.inboxes.as_ref().map(|ids| ids.iter().copied().map(IdOf).collect()),
        member_id: IdOf(token.member_id),
        paused: token.paused.as_ref().map(pause),
        created_at: Time(token.created_at),
        expires_at: token.expires_at.map(Time),
        token: secret,
    }
}
