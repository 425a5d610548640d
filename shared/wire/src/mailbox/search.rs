//! Finding mail by its words.

use app::base::error::Refusal;
use app::base::store::PageRequest;
use app::mailbox::search::{FoundMail, FoundPage, Piece, Sort, Wanted};
use domain::InboxId;
use domain::base::code::Code;
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::request::{self, request};
use crate::base::values::{AtLeastOne, Choice, IdOf, Limit, Named, PageSize};
use crate::mailbox::messages::{MessageView, message};

/// More than a search takes: that it is too many is said with the right number.
const MANY: usize = 100;

request! {
    /// What mail is looked for.
    pub struct SearchMessages {
        /// Words, all of which must be there, in any place; phrases in quotes; `from:`, `to:`, `subject:` and `filename:` before a
        /// word or a phrase; `label:`, `has:attachment`, `is:unread`, `is:read`; `before:` and `after:` with a day (UTC) or a time; a
        /// minus before what must not hold. At most 2,000 characters and 64 words.
        query: String,
        /// In these inboxes, at most 20; in all that the credential reaches where it is left out.
        inbox_ids: Option<AtLeastOne<IdOf<InboxId>, MANY>>,
        /// `date` for the newest first, which it is where it is left out; `relevance` for what says most of the words first, among the
        /// newest 5,000 that have them.
        sort: Option<Choice<Sort>>,
        /// How many mails at most; 50 where it is left out.
        limit: Option<PageSize>,
        /// The `next_cursor` of the page before, with the same query, inboxes and sort.
        cursor: Option<String>,
    }
}

impl Named for Sort {
    const ALL: &'static [Self] = &[Sort::Date, Sort::Relevance];
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        match self {
            Sort::Date => "date",
            Sort::Relevance => "relevance",
        }
    }
}

/// Reads [`SearchMessages`].
pub fn wanted(body: &[u8]) -> Result<Wanted, Refusal> {
    let asked: SearchMessages = request::body(body)?;
    Ok(Wanted {
        query: asked.query,
        inbox_ids: asked.inbox_ids.map(|AtLeastOne(ids)| ids.into_iter().map(|id| id.0).collect()),
        order: asked.sort.map(|it| it.0).unwrap_or_default(),
        page: PageRequest { limit: asked.limit.map_or(Limit::default().0, |it| it.0), cursor: asked.cursor },
    })
}

/// A piece of a text with what was found in it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Fragment")]
pub struct FragmentView<'a> {
    /// The piece, as plain text.
    text: &'a str,
    /// Where in it something was found: from, and up to, in characters (Unicode code points) from 0.
    matches: Vec<[usize; 2]>,
}

/// Where a mail has what was looked for. What a mail says is `untrusted`: so are these.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Highlights")]
pub struct HighlightsView<'a> {
    subject: Vec<FragmentView<'a>>,
    /// In name and address of its author.
    from: Vec<FragmentView<'a>>,
    /// In names and addresses of its recipients.
    to: Vec<FragmentView<'a>>,
    /// In the first 8 KB of its body.
    text: Vec<FragmentView<'a>>,
    /// In names of its files.
    attachments: Vec<FragmentView<'a>>,
}

/// A mail that was found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FoundMessage")]
pub struct FoundView<'a> {
    #[serde(flatten)]
    message: MessageView<'a>,
    highlights: HighlightsView<'a>,
}

fn pieces(pieces: &[Piece]) -> Vec<FragmentView<'_>> {
    let view = |piece: &'_ Piece| piece.matches.iter().map(|(from, to)| [*from, *to]).collect();
    pieces.iter().map(|piece| FragmentView { text: &piece.text, matches: view(piece) }).collect()
}

fn found_mail(found: &FoundMail) -> FoundView<'_> {
    FoundView {
        message: message(&found.message),
        highlights: HighlightsView {
            subject: pieces(&found.subject),
            from: pieces(&found.from),
            to: pieces(&found.to),
            text: pieces(&found.text),
            attachments: pieces(&found.files),
        },
    }
}

/// A page of what was found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FoundPage")]
pub struct FoundPageView<'a> {
    /// The mails. By a filter that few of them pass there may be fewer than were asked for, or none, and a next page all the same.
    data: Vec<FoundView<'a>>,
    /// For `cursor`, where there is more.
    next_cursor: Option<&'a str>,
    /// All mails were looked through, also for the pages before. `false` where more of them are not in the index yet than are read for one
    /// page: the newest 50 of those were, and of large ones the beginning. Ask again later, or name `inbox_ids` or a time.
    complete: bool,
}

/// A page of what was found.
pub fn found(found: &FoundPage) -> FoundPageView<'_> {
    FoundPageView {
        data: found.page.items.iter().map(found_mail).collect(),
        next_cursor: found.page.next.as_deref(),
        complete: found.complete,
    }
}
