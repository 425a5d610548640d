//! Bytes to message and back.
//!
//! | module | from | to |
//! | --- | --- | --- |
//! | [`parse`](mod@parse) | the bytes of a mail | a [`ParsedMail`], whatever the bytes are |
//! | [`sanitise`] | HTML from a stranger | HTML that may be shown to a person |
//! | [`reply`] | the text of a mail | the part its sender has just written |
//! | [`thread`] | subjects and addresses | keys under which a conversation is found again |
//! | [`compose`](mod@compose) | an [`Outgoing`] | the exact bytes that a person approves |
//!
//! What is deliberately absent: clocks, randomness, input and output, `async`, and any idea of what an
//! inbox, an organization or an approval is. The same input always gives the same output.
//!
//! Everything that comes in is hostile. Each function here takes time and memory linear in its input, and
//! everything it keeps is bounded by a named constant.

#[cfg(test)]
mod bombs;
pub mod compose;
mod markup;
pub mod parse;
pub mod reply;
pub mod sanitise;
mod text;
pub mod thread;

pub use compose::{Addr, ComposeError, Outgoing, OutgoingAttachment, compose};
pub use parse::{Defect, Header, ParsedAddress, ParsedAttachment, ParsedMail, parse};
pub use reply::{extract_reply, preview};
pub use sanitise::{SanitisedHtml, sanitise_html};
pub use thread::{normalise_subject, participants_key};
