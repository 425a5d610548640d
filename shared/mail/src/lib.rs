//! Bytes to message and back.
//!
//! | module | from | to |
//! | --- | --- | --- |
//! | [`parse`](mod@parse) | the bytes of a mail | a [`ParsedMail`], whatever the bytes are |
//! | [`authentication`] | a [`ParsedMail`] and the receiving server's verdicts | whether its author is proven |
//! | [`sanitise`] | HTML from a stranger | HTML that may be shown to a person |
//! | [`normal`] | HTML that is to go out | its one normal form, which is sealed, shown, judged and sent |
//! | [`reply`] | the text of a mail | the part its sender has just written |
//! | [`quote`] | a mail | its part in an answer to it, or in a mail that passes it on |
//! | [`report`](mod@report) | the parts of a report about a mail | what became of that mail |
//! | [`thread`] | subjects, addresses and message ids | keys under which a conversation is found again, and whom an answer names |
//! | [`inspect`](mod@inspect) | a [`ParsedMail`] | what looks wrong with it |
//! | [`compose`](mod@compose) | an [`Outgoing`] | the exact bytes that a person approves |
//!
//! What is deliberately absent: clocks, randomness, input and output, `async`, and any idea of what an
//! inbox, an organization or an approval is. The same input always gives the same output.
//!
//! ```
//! use mail::{Addr, Outgoing, compose, extract_written, parse};
//!
//! let raw = b"From: Bob <bob@y.test>\r\nSubject: Re: Lunch\r\nMessage-ID: <2@y.test>\r\n\r\nYes!\r\n\r\n> Lunch?\r\n";
//! let received = parse(raw);
//! assert_eq!(extract_written(&received.subject, received.text.as_deref().unwrap_or_default()), "Yes!");
//!
//! let bob = received.from.as_ref().expect("a sender");
//! let answer = compose(&Outgoing {
//!     from: Addr { name: Some("Ann"), address: "ann@x.test" },
//!     reply_to: &[],
//!     to: &[Addr { name: bob.name.as_deref(), address: &bob.address }],
//!     cc: &[],
//!     subject: &received.subject,
//!     text: Some("See you there."),
//!     html: None,
//!     in_reply_to: received.message_id.as_deref(),
//!     references: &[],
//!     headers: &[],
//!     attachments: &[],
//!     boundary_seed: [0; 16],
//! })?;
//! assert!(answer.starts_with(b"From: \"Ann\" <ann@x.test>\r\nTo: \"Bob\" <bob@y.test>\r\n"));
//! # Ok::<(), mail::ComposeError>(())
//! ```
//!
//! Everything that comes in is hostile. Each function here takes time and memory linear in its input, and
//! everything it keeps is bounded by a named constant.

pub mod authentication;
#[cfg(test)]
mod bombs;
pub mod compose;
pub mod inspect;
mod markup;
pub mod normal;
pub mod parse;
pub mod quote;
pub mod reply;
pub mod report;
pub mod sanitise;
mod text;
pub mod thread;

pub use authentication::is_authenticated;
pub use compose::{
    Addr, ComposeError, Outgoing, OutgoingAttachment, canonical_text, compose, is_caller_header,
    is_message_id,
};
pub use inspect::{Known, inspect, links, not_inspected};
pub use parse::{Defect, Header, ParsedAddress, ParsedAttachment, ParsedMail, parse, safe_filename};
pub use quote::{
    Quoted, append_html, forward_html, forward_subject, forward_text, quote_html, quote_text, reply_subject,
    text_as_html,
};
pub use reply::{extract_written, preview};
pub use report::Report;
pub use sanitise::{SanitisedHtml, sanitise_html};
pub use thread::{
    dedupe_recipients, is_own_address, normalise_subject, participants_key, shorten_references,
};
