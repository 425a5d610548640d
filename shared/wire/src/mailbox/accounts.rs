//! Connected accounts.

use std::borrow::Cow;

use app::base::error::Refusal;
use app::mailbox::accounts::{AccountChanges, ApiKey, Connected, NewAccount};
use domain::base::address::{EmailAddress, HeaderText};
use domain::base::code::Code;
use domain::mailbox::account::{AccountNotice, AccountStatus, MAX_KEY, MIN_KEY, Provider, Region, Trouble};
use domain::{AccountId, InboxId, MemberId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::base::request::{self, Faults, Field, request};
use crate::base::values::{Choice, Email, IdOf, Line, Named, Text, Time, schema};
use crate::people::organization::{PauseView, pause};

impl Named for Provider {
    const ALL: &'static [Self] = Provider::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl Named for Region {
    const ALL: &'static [Self] = Region::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl Named for Trouble {
    const ALL: &'static [Self] = Trouble::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

/// A provider's key. What surrounds it, as where it was copied with a line's end, is left out.
pub struct SecretKey(ApiKey);

impl Field for SecretKey {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let text = Zeroizing::new(Text::<2_000>::read(value, faults)?.0);
        let key = text.trim();
        let plain = key.bytes().all(|byte| byte.is_ascii_graphic());
        if !plain || !(MIN_KEY..=MAX_KEY).contains(&key.len()) {
            let message = format!(
                "must be a key as the provider shows it: {MIN_KEY} to {MAX_KEY} letters, digits and signs"
            );
            faults.note(Code::ApiKeyRefused, message);
            return None;
        }
        Some(Self(ApiKey(Zeroizing::new(key.to_owned()))))
    }
}

schema!([] SecretKey, "SecretKey", _generator => json_schema!({
    "type": "string", "minLength": MIN_KEY, "maxLength": MAX_KEY, "writeOnly": true,
}));

request! {
    /// An account that is to be connected.
    pub struct CreateAccount {
        /// Whose it is.
        provider: Choice<Provider>,
        /// The address that it sends from, which the provider knows as yours.
        email: Email,
        /// The name beside the address, in mails that go out.
        display_name: Option<Line>,
        /// Where the provider keeps your data: of `sendgrid` and `mailgun`, `us` where it is left out.
        region: Option<Choice<Region>>,
        /// A key that may send. Its last four characters are shown, and nothing else of it ever.
        api_key: SecretKey,
    }
}

/// Reads [`CreateAccount`].
pub fn new(body: &[u8]) -> Result<NewAccount, Refusal> {
    let CreateAccount { provider, email, display_name, region, api_key } = request::body(body)?;
    Ok(NewAccount {
        provider: provider.0,
        region: region.map(|region| region.0),
        address: email.0,
        display_name: display_name.and_then(|name| named(name.0)),
        key: api_key.0,
    })
}

request! {
    /// What changes of an account. What is left out stays.
    pub struct UpdateAccount {
        /// The name beside the address, in mails that go out; an empty one takes it away.
        display_name: Option<Line>,
        /// Another key of the same provider: the one before is forgotten.
        api_key: Option<SecretKey>,
    }
}

/// Reads [`UpdateAccount`].
pub fn update(body: &[u8]) -> Result<AccountChanges, Refusal> {
    let UpdateAccount { display_name, api_key } = request::body(body)?;
    Ok(AccountChanges { display_name: display_name.map(|name| named(name.0)), key: api_key.map(|key| key.0) })
}

/// A name, where it has letters.
fn named(name: HeaderText) -> Option<HeaderText> {
    Some(name).filter(|name| !name.as_str().trim().is_empty())
}

/// A connected account.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Account")]
pub struct AccountView<'a> {
    id: IdOf<AccountId>,
    /// The inbox in which its mails lie. Wherever the API takes an inbox's id it takes the account's as well.
    inbox_id: IdOf<InboxId>,
    provider: Choice<Provider>,
    /// Where the provider keeps its data; `null` where it has one region.
    region: Option<Choice<Region>>,
    email: &'a str,
    display_name: Option<&'a str>,
    /// `active` or `error`.
    status: &'static str,
    /// Why mail that leaves through it waits, where it does.
    error: Option<TroubleView>,
    /// Of the key.
    last_four: &'a str,
    /// Whether it sends and never reads.
    send_only: bool,
    /// While nothing leaves it.
    paused: Option<PauseView<'a>>,
    connected_by: IdOf<MemberId>,
    created_at: Time,
}

/// What is wrong with an account.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AccountError")]
struct TroubleView {
    /// `credentials_refused`: its provider takes the key no more. `credentials_unreadable`: another key has to be given. `quota_reached`,
    /// `account_not_active` and `ip_not_authorized`: something is to be set right at the provider.
    reason: Choice<Trouble>,
    since: Time,
}

fn trouble(status: AccountStatus) -> Option<TroubleView> {
    match status {
        AccountStatus::Active => None,
        AccountStatus::Error { why, since } => Some(TroubleView { reason: Choice(why), since: Time(since) }),
    }
}

/// A connected account.
pub fn account((account, inbox): &Connected) -> AccountView<'_> {
    AccountView {
        id: IdOf(account.id),
        inbox_id: IdOf(inbox.id),
        provider: Choice(account.provider),
        region: account.provider.has_regions().then_some(Choice(account.region)),
        email: account.address.as_str(),
        display_name: inbox.display_name.as_ref().map(HeaderText::as_str),
        status: account.status.as_str(),
        error: trouble(account.status),
        last_four: &account.last_four,
        send_only: true,
        paused: inbox.paused.as_ref().map(pause),
        connected_by: IdOf(account.connected_by),
        created_at: Time(account.created_at),
    }
}

/// A mail by which somebody tried an account.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TestSend")]
pub struct TestSendView<'a> {
    /// Where it went: your own address.
    to: &'a str,
    /// What the provider calls it.
    provider_id: &'a str,
}

/// A mail by which somebody tried an account.
pub fn test_send<'a>(to: &'a EmailAddress, provider_id: &'a str) -> TestSendView<'a> {
    TestSendView { to: to.as_str(), provider_id }
}

/// An account, as events tell of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AccountNotice")]
pub(crate) struct AccountNoticeView {
    id: IdOf<AccountId>,
    inbox_id: IdOf<InboxId>,
    provider: Choice<Provider>,
    /// `active` or `error`.
    status: &'static str,
    /// Why mail that leaves through it waits, where it does.
    error: Option<TroubleView>,
}

pub(crate) fn account_notice(notice: &AccountNotice) -> AccountNoticeView {
    AccountNoticeView {
        id: IdOf(notice.id),
        inbox_id: IdOf(notice.id.inbox_id()),
        provider: Choice(notice.provider),
        status: notice.status.as_str(),
        error: trouble(notice.status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> Vec<(String, Code)> {
        match new(body.as_bytes()) {
            Err(Refusal::Invalid(errors)) => errors.into_iter().map(|it| (it.field, it.code)).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_key_is_read_without_what_surrounds_it() {
        let body = r#"{"provider": "resend", "email": "a@example.com", "api_key": " re_0123456789abcdef\n"}"#;
        let read = new(body.as_bytes()).unwrap();
        assert_eq!(&**read.key.0, "re_0123456789abcdef");
        assert!(!format!("{read:?}").contains("0123456789"));
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_shown() {
        for key in ["", "short", "re_0123456789 abcdef", "re_0123456789abcdéf", &"x".repeat(501)] {
            let body = format!(r#"{{"provider": "resend", "email": "a@example.com", "api_key": "{key}"}}"#);
            assert_eq!(refused(&body), [("api_key".to_owned(), Code::ApiKeyRefused)], "{key}");
        }
        let all = refused(r#"{"provider": "pigeon", "region": "mars", "x": 1}"#);
        let fields: Vec<_> = all.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["provider", "email", "region", "api_key", "x"]);
    }
}
