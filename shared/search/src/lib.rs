//! Full-text search of mail: [`build`] makes a segment of some mails, [`merge`] makes one of several, and a [`Search`] finds mails in
//! segments of which it has nothing but their manifest. Bytes go in and come out: whoever calls it reads and writes them.
//!
//! A search says which ranges it needs, and is given them; then it says what it found. How much it reads depends on the page that is
//! asked for, and not on how many mails there are: mails lie newest first, so do the lists of where a word stands, and each list is
//! read from where the page begins as far as the page goes. `infra/docs/SEARCH.md` has the form of a segment and what all of it costs.

mod build;
mod engine;
mod highlight;
mod lists;
mod lookup;
mod query;
mod segment;
#[cfg(test)]
mod tests;
mod words;

pub use build::{Document, MAX_TEXT, build, merge};
pub use engine::{Basis, Broken, Cursor, Found, Hit, Options, Order, Read, Search, Source, Step};
pub use highlight::{Fragment, highlight};
pub use lookup::Lookup;
pub use query::{Condition, InvalidQuery, MAX_CHARS, MAX_TERMS, Problem, Query, parse};
pub use words::Field;
