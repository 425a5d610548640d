//! The one normal form of outgoing HTML: what is sealed, shown to whoever approves, judged by policies, and sent.
//!
//! A mail that two programs read in two ways can be approved in one and received in another. So outgoing HTML is parsed
//! once, when a mail is submitted or edited, and written out again in a form that can be read in one way alone:
//!
//! ```text
//! HTML --html5gum, bounds, refusals--> plain elements --html5ever: a tree, style sheets in it--> the form
//! ```
//!
//! An allow-list of elements, attributes and properties with bounded values; no comments, no style sheets, no scripts, no
//! forms. What a browser would not have shown is not in it, what is in it can be read: colours have a contrast of at least
//! 2 to 1, letters are at least 8 pixels high, nothing is moved, clipped or covered. Every text is there once, in the
//! order in which it is read.
//!
//! What can't be said in the form is left out and named in [`Normal::changes`]; what no mail may have is [`Refused`].
//! Writing the form is idempotent, which [`normalise`] makes sure of: it goes on until html5ever reads what was written
//! as what was written.

mod changes;
mod colour;
mod intake;
mod reading;
mod sheet;
mod style;
#[cfg(test)]
mod tests;
mod tree;
mod value;
mod write;

use domain::base::code::Code;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use css_inline::CSSInliner;

pub use changes::{Change, ChangeKind};
pub use reading::{Link, Picture, Reading, lines, read, says_the_same, text, with_pictures};

/// Most HTML that is taken, and most that is given, in bytes.
pub const MAX_HTML: usize = 1 << 20;
/// Selectors times elements, and selectors times bytes of classes: what css-inline may have to compare.
const MAX_MATCHES: usize = 2_000_000;
const MAX_COMPARED: usize = 50_000_000;
/// Parts of selectors and declarations, times elements: what css-inline may have to write.
const MAX_TAKEN: usize = 8_000_000;
/// Writing settles at once for nearly every mail.
const PASSES: usize = 4;

/// HTML in the normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normal {
    /// A whole document, at most [`MAX_HTML`] bytes.
    pub html: String,
    /// What was changed that a reader could notice or a sender should know, those that matter most first.
    pub changes: Vec<Change>,
}

/// Where something stands: line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// Why HTML can't be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Larger than [`MAX_HTML`], as it was given or in the form.
    TooLarge,
    /// Nested more than 100 deep.
    TooDeep,
    /// More than 30,000 elements.
    TooManyElements,
    /// An attribute longer than 8 KB.
    AttributeTooLong,
    /// Style sheets of more than 256 KB, or with more rules than can be followed.
    StyleSheetTooLarge,
    /// `<base>`: every link would lead elsewhere than it says.
    Base,
    /// `javascript:`, `vbscript:` or `data:`.
    Scheme,
    /// A link with a user name or a password.
    LinkCredentials,
    /// A `cid:` that no file of the mail has.
    UnknownContentId,
    /// UTF-7.
    Charset,
    /// Nothing that anybody would see.
    Empty,
    /// No form was found that every parser reads alike.
    Ambiguous,
}

impl Reason {
    /// Its stable code.
    pub const fn code(self) -> Code {
        match self {
            Reason::TooLarge => Code::HtmlTooLarge,
            Reason::TooDeep => Code::HtmlTooDeep,
            Reason::TooManyElements => Code::HtmlTooManyElements,
            Reason::AttributeTooLong => Code::HtmlAttributeTooLong,
            Reason::StyleSheetTooLarge => Code::HtmlStyleSheetTooLarge,
            Reason::Base => Code::HtmlBase,
            Reason::Scheme => Code::HtmlScheme,
            Reason::LinkCredentials => Code::HtmlLinkCredentials,
            Reason::UnknownContentId => Code::HtmlUnknownContentId,
            Reason::Charset => Code::HtmlCharset,
            Reason::Empty => Code::HtmlEmpty,
            Reason::Ambiguous => Code::HtmlAmbiguous,
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Reason::TooLarge => "is larger than 1 MB: attach it as a file",
            Reason::TooDeep => "has elements nested more than 100 deep",
            Reason::TooManyElements => "has more than 30,000 elements",
            Reason::AttributeTooLong => "has an attribute longer than 8 KB",
            Reason::StyleSheetTooLarge => {
                "has style sheets of more than 256 KB, or with more rules than can be followed: write styles into the elements"
            }
            Reason::Base => {
                "has a <base>, by which links lead elsewhere than they say: write whole addresses"
            }
            Reason::Scheme => {
                "leads to or shows something that is written in the address: link to a page, or attach a file"
            }
            Reason::LinkCredentials => {
                "has a link with a user name or password, which people take for its host"
            }
            Reason::UnknownContentId => {
                "shows a file that the mail does not have: attach one with this content_id"
            }
            Reason::Charset => "can be read as UTF-7: write UTF-8",
            Reason::Empty => "has nothing that a reader would see",
            Reason::Ambiguous => "can't be written in a way that every program reads alike: make it simpler",
        }
    }
}

/// HTML that can't be sent: why and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: Reason,
    /// Where in what was given, if that is known.
    pub place: Option<Place>,
    /// What stands there, at most 200 characters.
    pub excerpt: String,
}

impl Refused {
    fn new(reason: Reason, place: Option<Place>, excerpt: String) -> Self {
        Self { reason, place, excerpt }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.sentence())?;
        if let Some(place) = self.place {
            write!(f, " (line {}, column {}", place.line, place.column)?;
            if !self.excerpt.is_empty() {
                write!(f, ": {}", self.excerpt)?;
            }
            f.write_str(")")?;
        } else if !self.excerpt.is_empty() {
            write!(f, " ({})", self.excerpt)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

/// Brings HTML into the normal form. `knows` tells whether the mail has a file of this content id.
///
/// Takes time linear in the HTML, within its bounds.
pub fn normalise(html: &str, knows: &dyn Fn(&str) -> bool) -> Result<Normal, Refused> {
    if html.len() > MAX_HTML {
        return Err(Refused::new(Reason::TooLarge, None, String::new()));
    }
    // What makes third-party code panic must not stop what is around it.
    let ambiguous = || Refused::new(Reason::Ambiguous, None, String::new());
    catch_unwind(AssertUnwindSafe(|| settle(html, knows))).unwrap_or_else(|_| Err(ambiguous()))
}

fn settle(html: &str, knows: &dyn Fn(&str) -> bool) -> Result<Normal, Refused> {
    let mut changes = changes::Changes::default();
    let intake = intake::read(html, &mut changes)?;
    let sheet = sheet::prepare(&intake.css, &mut changes);
    let too_large = || Refused::new(Reason::StyleSheetTooLarge, None, String::new());
    let sheet = sheet.ok_or_else(too_large)?;
    let compared = sheet.selectors * (intake.names + 1);
    let taken = sheet.weight * intake.elements;
    if sheet.selectors * intake.elements > MAX_MATCHES || compared > MAX_COMPARED || taken > MAX_TAKEN {
        return Err(too_large());
    }
    if sheet.selectors > 0 {
        changes.add(ChangeKind::StylesInlined, &format!("{} selectors", sheet.selectors));
    }
    let mut document = String::with_capacity(intake.html.len() + sheet.css.len() + 200);
    document.push_str("<!DOCTYPE html><html");
    if let Some(language) = &intake.language {
        crate::markup::write_attribute(&mut document, "lang", language);
    }
    document.push_str("><head><style>");
    // It came out of a style element or was there within one, so it ends none.
    document.push_str(&sheet.css);
    document.push_str("</style></head><body");
    for (name, value) in &intake.body {
        if matches!(name.as_str(), "style" | "class" | "id" | "bgcolor" | "text" | "dir")
            || write::EDGES.iter().flatten().any(|edge| edge == name)
        {
            crate::markup::write_attribute(&mut document, name, value);
        }
    }
    document.push('>');
    document.push_str(&intake.html);
    document.push_str("</body></html>");

    let mut form = String::new();
    for pass in 0..PASSES {
        let parsed = inline_styles(if pass == 0 { &document } else { &form })?;
        let (body, language) = tree::read(&parsed);
        // What later passes change are our own words.
        let mut later = changes::Changes::default();
        let noted = if pass == 0 { &mut changes } else { &mut later };
        let written = write::write(&body, language.as_deref(), knows, noted)?;
        if !written.says_something {
            return Err(Refused::new(Reason::Empty, None, String::new()));
        }
        if written.html.len() > MAX_HTML {
            return Err(Refused::new(Reason::TooLarge, None, String::new()));
        }
        if written.html == form {
            // What stood between its halves is gone.
            if form.contains(intake::UTF7) {
                return Err(Refused::new(Reason::Charset, None, intake::UTF7.to_owned()));
            }
            return Ok(Normal { html: form, changes: changes.finish() });
        }
        form = written.html;
    }
    Err(Refused::new(Reason::Ambiguous, None, String::new()))
}

/// The document as html5ever reads it, style sheets written into its elements.
fn inline_styles(document: &str) -> Result<String, Refused> {
    let inliner = CSSInliner::options().load_remote_stylesheets(false).resolve_css_variables(true).build();
    inliner.inline(document).map_err(|error| Refused::new(Reason::Ambiguous, None, error.to_string()))
}

/// Whether this is HTML in the normal form, byte for byte. Content ids are not looked up.
pub fn is_normal(html: &str) -> bool {
    normalise(html, &|_| true).is_ok_and(|normal| normal.html == html)
}
