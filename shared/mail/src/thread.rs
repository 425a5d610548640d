//! Keys under which a conversation is found again, and what an answer takes over from the mail it answers.
//!
//! `References` and `In-Reply-To` are the real thread (RFC 5322 §3.6.4). These keys serve the mails that lost
//! them: same people, same subject. They are hints for grouping, never proof of who wrote.

use std::collections::HashSet;

use domain::base::address::{EmailAddress, Mailbox};
use sha2::{Digest, Sha256};

use crate::compose::{MAX_REFERENCES, bare_id, is_message_id};
use crate::text::{clean_line, cut, hex};

/// Longest normalised subject, in bytes.
pub const MAX_SUBJECT_KEY: usize = 512;
/// Longest `References` field, in bytes, with its name, the angle brackets, and a line break and a space before each id.
/// Some relays refuse a mail whose header fields have more than 4096 bytes together.
pub const MAX_REFERENCES_BYTES: usize = 3_800;

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

/// The `References` of an answer: of these ids, oldest first, those that a header can carry, each once, without angle
/// brackets.
///
/// Give the references of the mail that is answered and then its own id (RFC 5322 §3.6.4). At most [`MAX_REFERENCES`]
/// ids and [`MAX_REFERENCES_BYTES`] bytes come out: where there are more, ids from the middle are missing. The first
/// begins the thread, and the last ones are what most programs look for; both stay (so RFC 5537 §3.4.4). What
/// [`is_message_id`] refuses was written by a stranger, and must not keep us from answering.
///
/// Linear, in the number and the length of the ids.
pub fn shorten_references<'a>(ids: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut ids: Vec<&str> = ids.into_iter().filter(|id| is_message_id(id)).map(bare_id).collect();
    // The last one is the mail that is answered: there it belongs, wherever else it is named.
    let Some(last) = ids.pop() else { return vec![] };
    let mut known = HashSet::from([last]);
    ids.retain(|id| known.insert(id));
    ids.push(last);

    let size = |id: &str| "\r\n <>".len() + id.len();
    let mut room = MAX_REFERENCES_BYTES - "References:".len() - size(ids[0]);
    let fits = |id: &&&str| {
        let left = room.checked_sub(size(id));
        room = left.unwrap_or_default();
        left.is_some()
    };
    let kept = ids[1..].iter().rev().take(MAX_REFERENCES - 1).take_while(fits).count();
    ids.drain(1..ids.len() - kept);
    ids.into_iter().map(str::to_owned).collect()
}

/// Whether mail to `address` is mail to the mailbox `own`: the same but for letters' case, or the same with a tag after
/// a plus (`ann+list@x.test` is `ann@x.test`; RFC 5233). An answer to all is not for oneself.
///
/// Of the mailboxes of others nobody but their host knows whether a tag makes a difference (RFC 5321 §2.3.11): for those,
/// see [`dedupe_recipients`].
pub fn is_own_address(own: &EmailAddress, address: &EmailAddress) -> bool {
    let (own, address) = (own.mailbox_key(), address.mailbox_key());
    let (Some((name, own_domain)), Some((local, domain))) = (own.rsplit_once('@'), address.rsplit_once('@'))
    else {
        return false;
    };
    let tag = local.strip_prefix(name);
    own_domain == domain && tag.is_some_and(|tag| tag.is_empty() || tag.starts_with('+'))
}

/// Leaves every mailbox in the first of the lists that has it, once: nobody gets a mail twice.
///
/// Give `to`, `cc` and `bcc`, in this order. The same is what has the same [`EmailAddress::mailbox_key`]: addresses that
/// differ in a tag (`bob@y.test`, `bob+x@y.test`) are different recipients. Order and names stay as they are.
pub fn dedupe_recipients<'a>(lists: impl IntoIterator<Item = &'a mut Vec<Mailbox>>) {
    let mut known = HashSet::new();
    for list in lists {
        list.retain(|mailbox| known.insert(mailbox.address.mailbox_key()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_keep_the_first_and_the_last() {
        let ids = |count: usize, length: usize| {
            (0..count).map(|at| format!("<{at:0width$}@x.test>", width = length - 9)).collect::<Vec<_>>()
        };
        let shorten = |ids: &[String]| shorten_references(ids.iter().map(String::as_str));
        for (count, length) in
            [(1, 20), (2, 902), (3, 902), (49, 30), (50, 30), (51, 30), (200, 30), (120, 80), (500, 400)]
        {
            let ids = ids(count, length);
            let short = shorten(&ids);
            assert_eq!(short.first().map(String::as_str), Some(bare_id(&ids[0])));
            // The last ones, without a gap; at least three of them.
            let tail = &short[1..];
            assert!(
                tail.iter().eq(ids[count - tail.len()..].iter().map(|id| bare_id(id))),
                "{count} x {length}"
            );
            assert!(tail.len() >= 3.min(count - 1), "{count} x {length}: {}", tail.len());
            let size = "References:".len() + short.iter().map(|id| id.len() + 5).sum::<usize>();
            assert!(
                short.len() <= MAX_REFERENCES && size <= MAX_REFERENCES_BYTES,
                "{count} x {length}: {size}"
            );
            // No more is left out than need be.
            let longer = size + length + 3;
            assert!(short.len() == count.min(MAX_REFERENCES) || longer > MAX_REFERENCES_BYTES);
        }
        assert_eq!(shorten(&[]), [""; 0]);
    }

    #[test]
    fn references_are_sound_and_each_stands_once() {
        let shorten = |ids: &[&str]| shorten_references(ids.iter().copied());
        assert_eq!(shorten(&["<a@x>", "b@x", "<a@x>", "c@x"]), ["a@x", "b@x", "c@x"]);
        assert_eq!(shorten(&["a@x", "b@x", "a@x"]), ["b@x", "a@x"]);
        assert_eq!(shorten(&["a@x", "a@x"]), ["a@x"]);
        let odd = "\"two words\"+x/y=z$1@[192.0.2.7]";
        assert_eq!(
            shorten(&["a b@x", "ok@x", "x\r\nBcc: eve@z.test", "<>", "", "a@x><b@x", "no-at", "ä@x", odd]),
            ["ok@x", "no-at", odd]
        );
        assert_eq!(shorten(&["a b@x", ""]), [""; 0]);
    }

    fn mailbox(address: &str) -> Mailbox {
        Mailbox::bare(EmailAddress::parse(address).unwrap())
    }

    #[test]
    fn own_addresses() {
        let own = EmailAddress::parse("agent@in.x.test").unwrap();
        let is_own = |address: &str| is_own_address(&own, &EmailAddress::parse(address).unwrap());
        for address in ["agent@in.x.test", "AGENT@In.X.Test", "agent+list@in.x.test", "Agent+a+b@IN.x.test"] {
            assert!(is_own(address), "{address}");
        }
        for address in [
            "agent@x.test",
            "agents@in.x.test",
            "agen@in.x.test",
            "agent-list@in.x.test",
            "list+agent@in.x.test",
        ] {
            assert!(!is_own(address), "{address}");
        }
        // A mailbox that has a tag itself is not the one without.
        let tagged = EmailAddress::parse("agent+a@in.x.test").unwrap();
        assert!(!is_own_address(&tagged, &own));
        assert!(is_own_address(&tagged, &EmailAddress::parse("agent+A@in.x.test").unwrap()));
        assert!(!is_own_address(&tagged, &EmailAddress::parse("agent+ab@in.x.test").unwrap()));
    }

    #[test]
    fn nobody_gets_a_mail_twice() {
        let list = |addresses: &[&str]| addresses.iter().map(|it| mailbox(it)).collect::<Vec<_>>();
        let mut to = list(&["bob@y.test", "BOB@y.test", "cy@y.test"]);
        let mut cc = list(&["bob@Y.TEST", "bob+x@y.test", "dana@y.test", "bob+X@y.test"]);
        let mut bcc = list(&["bob@y.test", "dana@y.test", "bob+y@y.test"]);
        dedupe_recipients([&mut to, &mut cc, &mut bcc]);
        assert_eq!(to, list(&["bob@y.test", "cy@y.test"]));
        assert_eq!(cc, list(&["bob+x@y.test", "dana@y.test"]));
        assert_eq!(bcc, list(&["bob+y@y.test"]));
    }

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
