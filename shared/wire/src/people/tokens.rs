//! Tokens of programs.

use app::base::error::Refusal;
use app::base::store::Amendment;
use app::people::tokens::NewToken;
use domain::people::access::Scope;
use domain::people::credential::{Standing, Token};
use domain::{InboxId, MemberId, TokenId};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::request::{self, request};
use crate::base::values::{AtLeastOne, Choice, DailyLimit, Filled, IdOf, OrNull, Overlap, Time};
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
        /// How many mails it may ask for on one day (UTC); left out, as many as the token that makes it.
        sends_per_day: Option<DailyLimit>,
    }
}

/// Reads [`CreateToken`].
pub fn new(body: &[u8]) -> Result<NewToken, Refusal> {
    let CreateToken { name, scopes, inbox_ids, expires_at, sends_per_day } = request::body(body)?;
    let inboxes = inbox_ids.map(|ids| ids.0.into_iter().map(|id| id.0).collect());
    let scopes = scopes.0.into_iter().map(|scope| scope.0).collect();
    Ok(NewToken {
        name: name.0,
        scopes,
        inboxes,
        expires_at: expires_at.map(|at| at.0),
        sends_per_day: sends_per_day.map(|limit| limit.0),
    })
}

request! {
    /// What changes of a token; what is left out stays.
    pub struct UpdateToken {
        /// What it is for.
        name: Option<Filled<100>>,
        /// How many mails it may ask for on one day (UTC); `null` for as many as there are. A person sets it.
        sends_per_day: Option<OrNull<DailyLimit>>,
    }
}

/// Reads [`UpdateToken`].
pub fn update(body: &[u8]) -> Result<Amendment, Refusal> {
    let UpdateToken { name, sends_per_day } = request::body(body)?;
    let sends_per_day = sends_per_day.map(|limit| limit.0.map(|limit| limit.0));
    Ok(Amendment { name: name.map(|name| name.0), sends_per_day, ..Amendment::default() })
}

request! {
    /// How a token gets another secret.
    pub struct RotateToken {
        /// For how many seconds the secret that it has is taken still: 0 ends it at once.
        overlap: Option<Overlap>,
    }
}

/// Reads [`RotateToken`]: the overlap.
pub fn rotation(body: &[u8]) -> Result<SignedDuration, Refusal> {
    let RotateToken { overlap } = request::body_or_nothing(body)?;
    Ok(overlap.map_or(Token::OVERLAP, |overlap| overlap.0))
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
    /// Whether it can be used: what it was made with counts as well. Only where tokens are looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Choice<Standing>>,
    /// While it can't be used.
    paused: Option<PauseView<'a>>,
    created_at: Time,
    /// When it ends by itself; `null` where it does not.
    expires_at: Option<Time>,
    /// When it was used, give or take an hour; `null` where it never was.
    last_used_at: Option<Time>,
    /// When it was given another secret; `null` where it has its first.
    rotated_at: Option<Time>,
    /// Until when the secret before that is taken as well.
    previous_secret_until: Option<Time>,
    /// How many mails it may ask for on one day (UTC); `null` for as many as there are.
    sends_per_day: Option<DailyLimit>,
    /// The secret, only in the response to its creation, or to the rotation that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

/// A token, with its secret only in the response that shows it once.
pub fn token<'a>(token: &'a Token, secret: Option<&'a str>) -> TokenView<'a> {
    TokenView {
        id: IdOf(token.id),
        name: &token.name,
        last_four: &token.last_four,
        scopes: token.scopes.iter().copied().map(Choice).collect(),
        inbox_ids: token.inboxes.as_ref().map(|ids| ids.iter().copied().map(IdOf).collect()),
        member_id: IdOf(token.member_id),
        status: None,
        paused: token.paused.as_ref().map(pause),
        created_at: Time(token.created_at),
        expires_at: token.expires_at.map(Time),
        last_used_at: token.last_used_at.map(Time),
        rotated_at: token.rotation.as_ref().map(|rotation| Time(rotation.at)),
        previous_secret_until: token.rotation.as_ref().map(|rotation| Time(rotation.previous_until)),
        sends_per_day: token.sends_per_day.map(DailyLimit),
        token: secret,
    }
}

/// A token that is looked at.
pub fn standing((known, standing): &(Token, Standing)) -> TokenView<'_> {
    TokenView { status: Some(Choice(*standing)), ..token(known, None) }
}
