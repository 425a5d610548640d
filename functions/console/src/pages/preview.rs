//! `/console/attachments/{id}/preview`: what a file looks like, before anybody opens it on a machine of their own.
//!
//! The file's bytes are read here, held against the digest that its mail was received or sealed with, and handed to a function that may
//! touch nothing else. What comes back is believed no more than the file: it is bounded, escaped, and shown as text or as pictures of
//! two kinds that browsers only draw.

use app::Refusal;
use app::base::ports::FlowError;
use app::base::store::Key;
use app::mailbox::attachments::{self, Opened};
use askama::Template;
use domain::AttachmentId;
use domain::mailbox::media::{self, Mismatch};
use domain::people::access::{Scope, scope};
use futures_util::future::try_join;
use runtime::http::{Request, Response};
use wire::mailbox::previews::{self, Active, MAX_FILE, Preview, Sheet, Shown, Why};

use super::render;
use crate::guard;
use crate::page::{Audience, Back, Get, Page, Trust};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{body, count, size, visible};
use crate::{Context, Powers};

/// The page.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/attachments/{attachment_id}/preview",
    trust: Trust::Mail,
    audience: Audience::With(Scope::MessagesRead),
    get: Get::Page(|context, request, at| Box::pin(async move { show(context, request, at.id()?).await })),
    back: Back::Here(&[]),
    ..Page::NEW
}];

#[derive(Template)]
#[template(path = "preview.html")]
struct PreviewPage {
    shell: Shell,
    /// The page of its mail.
    mail: String,
    /// The file itself.
    download: String,
    name: String,
    size: String,
    /// The type that its mail declares.
    declared: String,
    /// What its first bytes say that it is; empty where they say nothing.
    detected: String,
    /// How far that is from its name and its declared type; empty where it may be so.
    mismatch: &'static str,
    /// Whether it says that it is harmless, and is a program, a script or a web page.
    disguised: bool,
    sha256: String,
    /// Whether it came in, and is not ours.
    came: bool,
    /// What it does beside being looked at.
    acts: Vec<&'static str>,
    seen: Seen,
}

/// What is seen of it.
enum Seen {
    Pictures {
        pictures: Vec<Drawn>,
        /// How many pages there are beside them; empty for none.
        more: String,
    },
    Sheets {
        sheets: Vec<Table>,
        /// How many sheets there are beside them; empty for none.
        more: String,
    },
    Text {
        text: String,
        cut: bool,
        charset: String,
    },
    Names {
        /// Each with its size.
        names: Vec<(String, String)>,
        /// How many there are beside them; empty for none.
        more: String,
    },
    /// Why there is nothing to see.
    Nothing {
        why: &'static str,
    },
}

struct Drawn {
    /// What a reader hears who does not see it.
    alt: String,
    media: &'static str,
    data: String,
    width: u32,
    height: u32,
}

struct Table {
    title: String,
    hidden: bool,
    /// `A`, `B` and so on.
    columns: Vec<char>,
    /// Each with its number.
    rows: Vec<(usize, Vec<String>)>,
    cut: bool,
}

impl From<Sheet> for Table {
    fn from(sheet: Sheet) -> Self {
        let columns = sheet.rows.iter().map(Vec::len).max().unwrap_or_default();
        let row = |cells: Vec<String>| cells.iter().map(|cell| visible(cell)).collect();
        Self {
            title: if sheet.name.trim().is_empty() { "The table".to_owned() } else { visible(&sheet.name) },
            hidden: sheet.hidden,
            columns: ('A'..='Z').take(columns).collect(),
            rows: sheet.rows.into_iter().enumerate().map(|(n, cells)| (n + 1, row(cells))).collect(),
            cut: sheet.cut,
        }
    }
}

impl From<Shown> for Seen {
    fn from(shown: Shown) -> Self {
        let beside = |more: usize, one: &str, many: &str| {
            if more == 0 { String::new() } else { count(more, one, many) }
        };
        match shown {
            Shown::Pictures { pictures, pages } => {
                let shown = pictures.len();
                let alt = |n: usize| match pages {
                    Some(pages) => format!("Page {} of {pages}", n + 1),
                    None => "The picture".to_owned(),
                };
                let drawn = pictures.into_iter().enumerate().map(|(n, picture)| Drawn {
                    alt: alt(n),
                    media: picture.format.media_type(),
                    data: picture.data,
                    width: picture.width,
                    height: picture.height,
                });
                let more = pages.map_or(0, |pages| (pages as usize).saturating_sub(shown));
                Self::Pictures { pictures: drawn.collect(), more: beside(more, "page", "pages") }
            }
            Shown::Sheets { sheets, more } => Self::Sheets {
                sheets: sheets.into_iter().map(Table::from).collect(),
                more: beside(more as usize, "sheet", "sheets"),
            },
            Shown::Text { text, cut, charset } => {
                Self::Text { text: body(&text), cut, charset: visible(&charset) }
            }
            Shown::Names { names, more } => Self::Names {
                names: names.iter().map(|entry| (visible(&entry.name), size(entry.size))).collect(),
                more: beside(more as usize, "file", "files"),
            },
            Shown::Nothing { why } => Self::Nothing { why: because(why) },
        }
    }
}

/// Why nothing can be shown.
fn because(why: Why) -> &'static str {
    match why {
        Why::Empty => "The file is empty.",
        Why::TooLarge => "It has more than 4 MB: files so large are not looked at here.",
        Why::TooManyPixels => "The picture has more pixels than are drawn here: 40 million.",
        Why::TooMuch => {
            "Unpacked it would be many times larger than it is. Such files are made to choke whatever opens them: \
             take care, unless you know that it is so large for a reason."
        }
        Why::Locked => "It needs a password. Nothing looked into it, no virus scanner either.",
        Why::Broken => {
            "It can\u{2019}t be shown: it is damaged, or was made to be read by one program alone."
        }
        Why::TooSlow => "It can\u{2019}t be shown: looking at it took too long.",
        Why::Program => "It is a program. Whoever opens it runs it: there is nothing to look at.",
        Why::Archive => "It is an archive of a kind that is not looked into here.",
        Why::Other => "Files of this kind are not shown here.",
    }
}

/// What a file does beside being looked at.
fn act(active: Active) -> &'static str {
    match active {
        Active::Script => "A script is in it, which may run where it is opened.",
        Active::Launch => "It opens a program or another file.",
        Active::Macros => "It has macros: small programs, which may run where it is opened.",
        Active::OnOpening => "It does something by itself as soon as it is opened.",
        Active::Form => "It is a form, and may send elsewhere what is typed into it.",
        Active::Files => "Other files are in it, which are not shown here.",
        Active::Elsewhere => "It takes parts of itself from elsewhere, which then learns that it was opened.",
    }
}

/// The page, for somebody who signed in.
async fn show(context: &Context, request: &Request, id: AttachmentId) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[Key::Attachment(id)]).await?;
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    let read = attachments::open(&visit.ports, visit.powers.blobs()?, &permit, id, MAX_FILE);
    let (frame, opened) = Box::pin(try_join(Frame::of(&visit), read)).await?;
    let mail = match opened.message.outbound() {
        Some(outbound) => route::approval(outbound.approval_id),
        None => format!("{}/{}/messages/{}", route::INBOXES, opened.message.inbox_id, opened.message.id),
    };
    written(frame.shell, &visit.powers, opened, mail, format!("/console/attachments/{id}")).await
}

/// The page of a file that was opened, for whoever may read it. `mail` is the page of its mail, `download` the file itself.
pub(super) async fn written(
    shell: Shell,
    powers: &Powers,
    opened: Opened,
    mail: String,
    download: String,
) -> Result<Response, Refusal> {
    let (acts, seen) = look(powers, &opened).await?;
    let Opened { file, digest, message, .. } = opened;
    let detected = file.detected_type.as_deref();
    let mismatch = media::mismatch(&file.filename, &file.content_type, detected);
    let page = PreviewPage {
        shell,
        mail,
        download,
        name: visible(&file.filename),
        size: size(file.size),
        declared: visible(&file.content_type),
        detected: detected.map(visible).unwrap_or_default(),
        mismatch: match mismatch {
            Some(Mismatch::Disguised) => {
                "It says that it is harmless, and its bytes say that it is something else. Whoever opens it may run it."
            }
            Some(Mismatch::Mislabelled) => {
                "Its bytes say that it is something else than its name or its type does."
            }
            None if detected.is_some_and(|it| !media::agrees(&file.content_type, it)) => {
                "Its mail declares another type than its bytes say."
            }
            None => "",
        },
        disguised: mismatch == Some(Mismatch::Disguised),
        sha256: digest.hex(),
        came: message.outbound().is_none(),
        acts,
        seen,
    };
    Ok(guard::html(200, render(&page)?))
}

/// Has the file looked at where nothing else is at hand.
async fn look(powers: &Powers, opened: &Opened) -> Result<(Vec<&'static str>, Seen), Refusal> {
    let Some(bytes) = &opened.bytes else {
        return Ok((vec![], Seen::Nothing { why: because(Why::TooLarge) }));
    };
    let order = previews::order(&opened.file.filename, &opened.file.content_type, bytes)?;
    let preview = match powers.previews()?.run(order).await {
        Ok(answer) => previews::read(&answer),
        Err(FlowError::Transient(_)) => {
            let why = "No preview could be made just now. Open this page again in a moment.";
            return Ok((vec![], Seen::Nothing { why }));
        }
        // It died of the file.
        Err(FlowError::Permanent(_) | FlowError::Gone) => Preview::nothing(Why::Broken),
    };
    Ok((preview.active.into_iter().map(act).collect(), preview.shown.into()))
}
