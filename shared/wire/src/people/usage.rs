//! What an organization used.

use app::base::store::PageRequest;
use app::people::usage::{Days, Row};
use domain::people::usage::{Amounts, By, Of};
use domain::{InboxId, TokenId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::pages::page_request;
use crate::base::request::request;
use crate::base::values::{Choice, Day, IdOf, Limit};

request! {
    /// What is asked for of the counts of use.
    pub struct UsageQuery {
        /// How many rows at most; 50 where it is left out.
        limit: Option<Limit>,
        /// The `next_cursor` of the page before.
        cursor: Option<String>,
        /// `day` for the whole organization, `inbox` or `token` for each of them; `day` where it is left out.
        by: Option<Choice<By>>,
        /// The first day, in UTC; 29 days before the last where it is left out. At most 90 days are read at once.
        from: Option<Day>,
        /// The last day, in UTC; today where it is left out.
        to: Option<Day>,
    }
}

impl UsageQuery {
    /// How, of which days, and which page.
    pub fn read(self) -> (By, Days, PageRequest) {
        let days = Days { from: self.from.map(|day| day.0), to: self.to.map(|day| day.0) };
        (self.by.map_or(By::Day, |by| by.0), days, page_request(self.limit, self.cursor))
    }
}

/// What was used on one day: of the whole organization, of an inbox or of a token.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Usage")]
pub struct UsageView<'a> {
    /// The day, in UTC.
    day: Day,
    /// The inbox; with `by=inbox` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    inbox_id: Option<IdOf<InboxId>>,
    /// The token; with `by=token` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_id: Option<IdOf<TokenId>>,
    /// What the token is called now; not there where it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// Requests to the API with a good credential; of an inbox, those whose path names it.
    requests: u64,
    /// Mails that the provider accepted.
    sent: u64,
    /// Mails that came in and were filed; of a token always 0.
    received: u64,
    /// The bytes of the mails of `sent` and `received`. What is deleted later is not taken off.
    stored_bytes: u64,
}

/// What was used on one day.
pub fn row(row: &Row) -> UsageView<'_> {
    let (inbox_id, token_id) = match row.of {
        Of::Organization => (None, None),
        Of::Inbox(id) => (Some(IdOf(id)), None),
        Of::Token(id) => (None, Some(IdOf(id))),
    };
    let Amounts { requests, sent, received, stored_bytes } = row.amounts;
    let (day, name) = (Day(row.day), row.name.as_deref());
    UsageView { day, inbox_id, token_id, name, requests, sent, received, stored_bytes }
}
