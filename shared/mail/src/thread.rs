//! Keys under which a conversation is found again.
//!
//! `References` and `In-Reply-To` are the real thread (RFC 5322 §3.6.4). These keys serve the mails that lost
//! them: same people, same subject. They are hints for grouping, never proof of who wrote.

use sha2::{Digest, Sha256};

use crate::text::{clean_line, cut, hex};

/// Longest normalised subject, in bytes.
pub const MAX_SUBJECT_KEY: usize = 512;

/// The subject without what mail programs put in front of it.
///
/// Strips `Re:`, `Fwd:`, `AW:`, `SV:`, `回复:` and their like in about fifty languages, counters (`Re[2]:`) and
/// list tags (`[users]`), as often as they occur, then folds case and collapses white space. The base subject
/// of RFC 5256 §2.1, wider in languages. When nothing would be left (a mail called `Re:`), the result is empty.
///
/// At most [`MAX_SUBJECT_KEY`] bytes come out; longer subjects are cut at a character.
pub fn normalise_subject(subject: &str) -> String {
    let clean = clean_line(subject, MAX_SUBJECT_KEY * 2).to_lowercase().replace('：', ":");
    let mut rest = clean.as_str();
    // Each round removes at least one byte of at most 1 KiB, so the loop is bounded.
    loop {
        let before = rest.len();
        rest = strip_list_tag(mail_parser::thread_name(rest).trim());
        if rest.len() == before {
            break;
        }
    }
    cut(rest, MAX_SUBJECT_KEY).0.trim_end().to_owned()
}

/// Removes one leading `[tag]`, unless it is all there is.
fn strip_list_tag(subject: &str) -> &str {
    subject
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .map(|(_, rest)| rest.trim_start())
        .filter(|rest| !rest.is_empty())
        .unwrap_or(subject)
}

/// One key for "this subject among these people": 64 lower-case hexadecimal digits.
///
/// SHA-256 over the [normalised subject](normalise_subject) and the sorted, deduplicated, lower-cased
/// addresses, each preceded by its length so that no two different lists hash alike. The order and the case
/// of `addresses` don't matter.
pub fn participants_key<'a>(subject: &str, addresses: impl Iterator<Item = &'a str>) -> String {
    let mut addresses: Vec<String> = addresses.map(|address| address.trim().to_lowercase()).collect();
    addresses.sort_unstable();
    addresses.dedup();

    let mut hash = Sha256::new();
    for part in std::iter::once(normalise_subject(subject)).chain(addresses) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_tags_and_counters_go() {
        for (subject, expected) in [
            ("Re: Invoice 12", "invoice 12"),
            ("RE: Fwd: AW: SV: Invoice 12", "invoice 12"),
            ("Re[2]: Invoice 12", "invoice 12"),
            ("[users] Re: [users] Invoice 12", "invoice 12"),
            ("  Invoice\t 12 ", "invoice 12"),
            ("回复：报价", "报价"),
            ("Invoice 12 (fwd)", "invoice 12"),
            ("[users]", "[users]"),
            ("Re:", ""),
            ("", ""),
            ("Respect: a book", "respect: a book"),
        ] {
            assert_eq!(normalise_subject(subject), expected, "{subject:?}");
        }
    }

    #[test]
    fn long_subjects_are_bounded() {
        assert!(normalise_subject(&"Re: ".repeat(100_000)).len() <= MAX_SUBJECT_KEY);
        assert!(normalise_subject(&"é".repeat(100_000)).len() <= MAX_SUBJECT_KEY);
        assert!(normalise_subject(&"[a]".repeat(100_000)).len() <= MAX_SUBJECT_KEY);
    }

    #[test]
    fn the_key_ignores_order_case_and_repetition() {
        let key = participants_key("Re: Hello", ["B@x.test", "a@x.test"].into_iter());
        assert_eq!(key, participants_key("hello", ["a@x.test", "b@x.test", "A@x.test"].into_iter()));
        assert_ne!(key, participants_key("hello", ["a@x.test"].into_iter()));
        assert_ne!(
            participants_key("hello", ["ab", "c"].into_iter()),
            participants_key("hello", ["a", "bc"].into_iter())
        );
        assert_eq!(key.len(), 64);
    }
}
