//! Making segments: of mails, and of other segments.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bytes::Bytes;

use crate::engine::Broken;
use crate::lists::{self, BLOCK, put, seal};
use crate::segment::{Cache, FOOTER, KEYS, MAGIC, Place, Stop, Tail, View, read_tail};
use crate::words::{Field, words};

/// So much of a body is found, in bytes.
pub const MAX_TEXT: usize = 256 * 1024;
/// So much of a body is kept to show where it was found, in bytes.
const MAX_STORED: usize = 8 * 1024;
/// So many bytes of any other field are found.
const MAX_FIELD: usize = 16 * 1024;
/// A leaf has about so many bytes.
const LEAF: usize = 8 * 1024;
/// A list of at most so many bytes lies in its leaf.
const INLINE: usize = 96;
/// Between two values of a field lie so many places, so that no phrase begins in one and ends in the next.
const BETWEEN: u32 = 100;
/// A mail is found by so many different words.
const MAX_WORDS: usize = 20_000;
/// And so many places of one word in one field of it are known: what stands more often is a phrase there alone.
const MAX_PLACES: usize = 64;
/// So many values of a field are found.
const MAX_VALUES: usize = 1_000;
/// What mails with a file are found by: no text has this word.
pub(crate) const HAS_FILE: &str = "\0file";

/// A mail, as it is found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// Its id: the first 48 bits are Unix milliseconds, and mails are found in the order of their ids.
    pub id: u128,
    /// Names and addresses of whoever wrote it.
    pub from: Vec<String>,
    /// Names and addresses of all recipients.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The body as text, quotes and all.
    pub text: String,
    /// Names of its files.
    pub files: Vec<String>,
}

/// The beginning of a text, of at most so many bytes.
fn beginning(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// A mail that goes into a segment.
struct Kept<'a> {
    id: u128,
    text: &'a str,
}

/// Where a word of a mail stands: which word, in which mail, and its field above its place. A text has fewer places than fit.
type Occurrence = (u32, u32, u32);

/// So far above its place stands the number of a field.
const FIELD_SHIFT: u32 = 29;

/// The words of some mails, as they are met.
#[derive(Default)]
struct Terms {
    numbers: HashMap<String, u32>,
    occurrences: Vec<Occurrence>,
}

impl Terms {
    /// Adds what one mail has. Of a mail with more than [`MAX_WORDS`] words the first of them are found.
    fn add(&mut self, doc: u32, document: &Document) {
        let mut own = HashSet::new();
        let mut add = |term: String, field: Field, place: u32| {
            let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
            let full = own.len() >= MAX_WORDS;
            let number = match self.numbers.entry(term) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(_) if full => return,
                Entry::Vacant(new) => *new.insert(next),
            };
            if full && !own.contains(&number) {
                return;
            }
            own.insert(number);
            self.occurrences.push((number, doc, ((field as u32) << FIELD_SHIFT) | place));
        };
        for field in Field::ALL {
            let one = |text| std::slice::from_ref(text);
            let (values, max): (&[String], _) = match field {
                Field::From => (&document.from, MAX_FIELD),
                Field::To => (&document.to, MAX_FIELD),
                Field::Subject => (one(&document.subject), MAX_FIELD),
                Field::Text => (one(&document.text), MAX_TEXT),
                Field::File => (&document.files, MAX_FIELD),
            };
            let (mut first, mut left) = (0u32, max);
            for value in values.iter().take(MAX_VALUES) {
                let value = beginning(value, left);
                left -= value.len();
                let mut end = first;
                words(value, |word| {
                    let place = first + word.place;
                    end = end.max(place);
                    if let Some(own) = field.own(&word.term) {
                        add(own, field, place);
                    }
                    add(word.term, field, place);
                });
                first = end + BETWEEN;
            }
        }
        if !document.files.is_empty() {
            add(HAS_FILE.to_owned(), Field::File, 0);
        }
    }

    /// Writes the words in their order. Of each in a field of a mail the first [`MAX_PLACES`] places are kept.
    fn write(self, writer: &mut Writer) {
        let Self { numbers, mut occurrences } = self;
        let mut terms: Vec<(String, u32)> = numbers.into_iter().collect();
        terms.sort_unstable();
        occurrences.sort_unstable();
        for (term, number) in terms {
            let from = occurrences.partition_point(|it| it.0 < number);
            let own = &occurrences[from..];
            let own = &own[..own.partition_point(|it| it.0 == number)];
            let bodies: Vec<_> = own
                .chunk_by(|a, b| a.1 == b.1)
                .map(|in_mail| {
                    let mut places: [Vec<u32>; 5] = Default::default();
                    for (.., at) in in_mail {
                        let kept = &mut places[(at >> FIELD_SHIFT) as usize];
                        if kept.len() < MAX_PLACES {
                            kept.push(at & ((1 << FIELD_SHIFT) - 1));
                        }
                    }
                    (in_mail[0].1, lists::encode(&places))
                })
                .collect();
            let list: Vec<_> = bodies.iter().map(|(doc, body)| (*doc, body.as_slice())).collect();
            writer.add(term.as_bytes(), &list);
        }
    }
}

/// A segment of these mails, each once. The same mails make the same bytes.
///
/// While it is made it takes some ten bytes for each byte of their texts, of which no more than the bounds above are looked at.
pub fn build(documents: &[Document]) -> Vec<u8> {
    let newest: BTreeMap<u128, &Document> = documents.iter().map(|it| (it.id, it)).collect();
    let newest: Vec<&Document> = newest.into_values().rev().collect();
    let mut terms = Terms::default();
    for (document, doc) in newest.iter().zip(0u32..) {
        terms.add(doc, document);
    }
    let kept: Vec<_> =
        newest.iter().map(|it| Kept { id: it.id, text: beginning(&it.text, MAX_STORED) }).collect();
    let mut writer = Writer::new(&kept);
    terms.write(&mut writer);
    writer.finish()
}

/// Writes a segment from front to back.
struct Writer {
    out: Vec<u8>,
    tail: Vec<u8>,
    lists: Vec<u8>,
    leaves: Vec<u8>,
    /// First word and length of each leaf that is full.
    full: Vec<(Vec<u8>, usize)>,
    /// The leaf that is being written: its first word, its last one, where it begins.
    open: Option<(Vec<u8>, Vec<u8>, usize)>,
}

impl Writer {
    fn new(kept: &[Kept<'_>]) -> Self {
        let (mut out, mut lengths) = (vec![], vec![]);
        for it in kept {
            let from = out.len();
            out.extend_from_slice(it.text.as_bytes());
            seal(&mut out, from);
            lengths.push(out.len() - from);
        }
        let mut tail = vec![];
        put(&mut tail, kept.len() as u64);
        put(&mut tail, out.len() as u64);
        put(&mut tail, kept.len().div_ceil(KEYS) as u64);
        let mut text = 0;
        for (some, lengths) in kept.chunks(KEYS).zip(lengths.chunks(KEYS)) {
            let from = out.len();
            put(&mut out, text as u64);
            for (it, length) in some.iter().zip(lengths) {
                out.extend_from_slice(&it.id.to_be_bytes());
                put(&mut out, *length as u64);
                text += length;
            }
            seal(&mut out, from);
            tail.extend_from_slice(&some[0].id.to_be_bytes());
            put(&mut tail, (out.len() - from) as u64);
        }
        Self { out, tail, lists: vec![], leaves: vec![], full: vec![], open: None }
    }

    /// The next word in their order, with the mails that have it.
    fn add(&mut self, term: &[u8], list: &[(u32, &[u8])]) {
        if list.is_empty() {
            return;
        }
        if self.open.as_ref().is_some_and(|(.., from)| self.leaves.len() - from >= LEAF) {
            self.close();
        }
        let from = self.leaves.len();
        let (_, last, _) = self.open.get_or_insert_with(|| (term.to_vec(), vec![], from));
        let shared = last.iter().zip(term).take_while(|(a, b)| a == b).count();
        put(&mut self.leaves, shared as u64);
        put(&mut self.leaves, (term.len() - shared) as u64);
        self.leaves.extend_from_slice(&term[shared..]);
        last.clear();
        last.extend_from_slice(term);
        put(&mut self.leaves, list.len() as u64);
        let plain =
            (list.len() <= BLOCK).then(|| lists::write_plain(list, 0)).filter(|it| it.len() <= INLINE);
        if let Some(plain) = plain {
            put(&mut self.leaves, 0);
            put(&mut self.leaves, plain.len() as u64);
            self.leaves.extend(plain);
        } else {
            let written = lists::write(list);
            put(&mut self.leaves, written.header as u64);
            put(&mut self.leaves, written.bytes.len() as u64);
            put(&mut self.leaves, self.lists.len() as u64);
            self.lists.extend(written.bytes);
        }
    }

    fn close(&mut self) {
        if let Some((first, _, from)) = self.open.take() {
            seal(&mut self.leaves, from);
            self.full.push((first, self.leaves.len() - from));
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.close();
        let Self { mut out, mut tail, lists, leaves, full, .. } = self;
        put(&mut tail, lists.len() as u64);
        put(&mut tail, full.len() as u64);
        for (first, length) in full {
            put(&mut tail, first.len() as u64);
            tail.extend(first);
            put(&mut tail, length as u64);
        }
        out.extend(lists);
        out.extend(leaves);
        out.extend_from_slice(&tail);
        // A tail is a fraction of a segment, and a segment less than 4 GB: see `MAX_MERGED` of whoever merges.
        out.extend_from_slice(&u32::try_from(tail.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(&crc32fast::hash(&tail).to_le_bytes());
        out.extend_from_slice(MAGIC);
        out
    }
}

/// How long the tail of a segment is, footer included: so much is read to open it.
pub(crate) fn tail_length(segment: &[u8]) -> Option<usize> {
    let footer = segment.len().checked_sub(FOOTER)?;
    let length: [u8; 4] = segment.get(footer..footer + 4)?.try_into().ok()?;
    Some(u32::from_le_bytes(length) as usize + FOOTER).filter(|length| *length <= segment.len())
}

/// One segment of several: each mail once, and none of those that are gone. It holds them all in memory while it does.
pub fn merge(segments: &[Bytes], gone: &BTreeSet<u128>) -> Result<Vec<u8>, Broken> {
    let mut cache = Cache::default();
    let mut tails: Vec<Tail> = vec![];
    for (n, segment) in segments.iter().enumerate() {
        let tail = tail_length(segment).and_then(|length| read_tail(&segment[segment.len() - length..]).ok());
        tails.push(tail.ok_or(Broken { segment: n })?);
        cache.supply(n, 0, segment.clone());
    }
    let views: Vec<_> =
        tails.iter().enumerate().map(|(source, tail)| View { cache: &cache, source, tail }).collect();
    merge_views(&views, gone).map_err(|stop| match stop {
        Stop::Broken(source) => Broken { segment: source },
        // All of every segment is at hand: what is not there is beyond its end.
        Stop::Need => Broken { segment: cache.wanted_of().unwrap_or_default() },
    })
}

fn merge_views(views: &[View<'_>], gone: &BTreeSet<u128>) -> Result<Vec<u8>, Stop> {
    // Which mail of which segment a mail is taken from.
    let mut from = BTreeMap::new();
    for (n, view) in views.iter().enumerate() {
        for (key, doc) in view.keys()?.into_iter().zip(0u32..) {
            if !gone.contains(&key.id) {
                from.entry(key.id).or_insert((n, doc, key.text));
            }
        }
    }
    let mut kept = vec![];
    let mut places: Vec<Vec<Option<u32>>> =
        views.iter().map(|it| vec![None; it.tail.docs as usize]).collect();
    for ((id, (n, doc, text)), new) in from.iter().rev().zip(0u32..) {
        kept.push(Kept { id: *id, text: views[*n].text(text)? });
        places[*n][*doc as usize] = Some(new);
    }
    let mut writer = Writer::new(&kept);
    let mut open: Vec<_> = views.iter().map(|view| view.terms().peekable()).collect();
    loop {
        let mut least: Option<Vec<u8>> = None;
        for terms in &mut open {
            match terms.peek() {
                Some(Err(stop)) => return Err(*stop),
                Some(Ok((term, _))) if least.as_ref().is_none_or(|least| term < least) => {
                    least = Some(term.clone());
                }
                _ => {}
            }
        }
        let Some(term) = least else { break };
        let mut list = vec![];
        for ((terms, view), places) in open.iter_mut().zip(views).zip(&places) {
            if terms.peek().is_none_or(|next| !next.as_ref().is_ok_and(|(own, _)| *own == term)) {
                continue;
            }
            let Some(Ok((_, found))) = terms.next() else { continue };
            each_entry(view, found.list, |doc, body| {
                if let Some(new) = places.get(doc as usize).copied().flatten() {
                    list.push((new, body));
                }
            })?;
        }
        list.sort_unstable_by_key(|(doc, _)| *doc);
        writer.add(&term, &list);
    }
    Ok(writer.finish())
}

/// All mails of a list that is at hand as a whole.
fn each_entry<'a>(view: &View<'a>, list: Place<'a>, mut each: impl FnMut(u32, &'a [u8])) -> Result<(), Stop> {
    match list {
        Place::Inline(bytes) => {
            for it in view.broken(lists::entries(bytes, 0))? {
                each(it.doc, it.body);
            }
        }
        Place::At { from, header, length } => {
            let all = view.cache.get(view.source, from..from + length, from..from + length)?;
            let header = view.broken(usize::try_from(header).map_err(|_| crate::segment::Malformed))?;
            for (first, at, length) in view.broken(lists::blocks(&all[..header]))? {
                let block = view.broken(lists::block(all, at, length))?;
                for it in view.broken(lists::entries(block, first))? {
                    each(it.doc, it.body);
                }
            }
        }
    }
    Ok(())
}
