//! A segment as it is read: piece by piece, of what is at hand.
//!
//! ```text
//! texts | keys | lists | leaves | tail | length of the tail, its check sum, magic
//! ```
//!
//! *Texts* are the beginnings of the bodies, for highlights. *Keys* are the ids of the mails, newest first, with the place of each text, in
//! blocks of 256. *Lists* say where the words stand. *Leaves* are the words in their order, each with its list, or with its place. The
//! *tail* says where the blocks of keys and the leaves lie: who has it finds everything else with one more read each.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;

use crate::lists::{Reader, opened};

/// The last bytes of a segment.
pub(crate) const MAGIC: &[u8; 8] = b"cs-seg-1";
/// The footer: length and check sum of the tail, and the magic.
pub(crate) const FOOTER: usize = 16;
/// A block of keys has so many.
pub(crate) const KEYS: usize = 256;

/// Bytes are not what [`build`](crate::build) writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Why nothing came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Bytes must be read first: which, the cache knows.
    Need,
    /// The segment with this number is broken.
    Broken(usize),
}

/// What was read of some segments, and what is to be read.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    parts: BTreeMap<(usize, u64), Bytes>,
    wanted: RefCell<Vec<(usize, Range<u64>)>>,
}

impl Cache {
    pub(crate) fn supply(&mut self, source: usize, from: u64, bytes: Bytes) {
        self.parts.insert((source, from), bytes);
    }

    /// These bytes; where they are not at hand, they are wanted, and `more` with them.
    pub(crate) fn get(&self, source: usize, range: Range<u64>, more: Range<u64>) -> Result<&[u8], Stop> {
        let held = self.parts.range((source, 0)..=(source, range.start)).rev();
        for ((_, from), bytes) in held {
            let start = usize::try_from(range.start - from).map_err(|_| Stop::Broken(source))?;
            let length = usize::try_from(range.end - range.start).map_err(|_| Stop::Broken(source))?;
            if let Some(found) = start.checked_add(length).and_then(|end| bytes.get(start..end)) {
                return Ok(found);
            }
        }
        self.wanted.borrow_mut().push((source, more.start.min(range.start)..more.end.max(range.end)));
        Err(Stop::Need)
    }

    /// A segment of which something is wanted.
    pub(crate) fn wanted_of(&self) -> Option<usize> {
        self.wanted.borrow().first().map(|(source, _)| *source)
    }

    /// What is wanted, what lies close together as one range.
    pub(crate) fn take_wanted(&mut self) -> Vec<(usize, Range<u64>)> {
        /// To read so many bytes in vain is cheaper than another call.
        const GAP: u64 = 8 * 1024;
        let mut wanted = self.wanted.take();
        wanted.sort_by_key(|(source, range)| (*source, range.start, range.end));
        let mut joined: Vec<(usize, Range<u64>)> = vec![];
        for (source, range) in wanted {
            match joined.last_mut() {
                Some((last, known)) if *last == source && range.start <= known.end + GAP => {
                    known.end = known.end.max(range.end);
                }
                _ => joined.push((source, range)),
            }
        }
        joined
    }
}

/// Where things lie in a segment.
#[derive(Debug, Clone)]
pub(crate) struct Tail {
    pub(crate) docs: u32,
    /// The id of the first mail of each block of keys, and where the block lies.
    keys: Vec<(u128, Range<u64>)>,
    /// The first word of each leaf, and where the leaf lies.
    leaves: Vec<(Vec<u8>, Range<u64>)>,
    lists: Range<u64>,
    texts: u64,
}

impl Tail {
    /// The id of the first mail of the block of keys that has this mail: all before it have higher ones.
    pub(crate) fn first_of_block(&self, doc: u32) -> Option<u128> {
        self.keys.get(doc as usize / KEYS).map(|(first, _)| *first)
    }
}

/// How a tail is written: whole parts first, then the pieces of each.
pub(crate) fn read_tail(bytes: &[u8]) -> Result<Tail, Malformed> {
    let length = bytes.len().checked_sub(FOOTER).ok_or(Malformed)?;
    let (bytes, footer) = bytes.split_at(length);
    let mut reader = Reader(footer);
    let (size, sum) = (reader.word()?, reader.word()?);
    if reader.0 != MAGIC || size as usize != bytes.len() || crc32fast::hash(bytes) != sum {
        return Err(Malformed);
    }
    let mut reader = Reader(bytes);
    let docs = reader.small()?;
    let texts = reader.number()?;
    let mut at = texts;
    let mut keys = vec![];
    for _ in 0..reader.number()? {
        let first = u128::from_be_bytes(reader.take(16)?.try_into().map_err(|_| Malformed)?);
        let end = at.checked_add(reader.number()?).ok_or(Malformed)?;
        keys.push((first, at..end));
        at = end;
    }
    let end = at.checked_add(reader.number()?).ok_or(Malformed)?;
    let lists = at..end;
    at = end;
    let mut leaves = vec![];
    for _ in 0..reader.number()? {
        let length = reader.size()?;
        let first = reader.take(length)?.to_vec();
        let end = at.checked_add(reader.number()?).ok_or(Malformed)?;
        leaves.push((first, at..end));
        at = end;
    }
    if (docs as usize).div_ceil(KEYS) != keys.len() || !reader.0.is_empty() {
        return Err(Malformed);
    }
    Ok(Tail { docs, keys, leaves, lists, texts })
}

/// What the leaves say of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term<'a> {
    /// How many mails have it.
    pub(crate) docs: u32,
    pub(crate) list: Place<'a>,
}

/// Where a list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// Here.
    Inline(&'a [u8]),
    /// In the part of lists: where it begins in the segment, how long its header is, and the whole of it.
    At { from: u64, header: u64, length: u64 },
}

/// The words of a leaf, in their order.
pub(crate) fn read_leaf(
    bytes: &[u8],
    lists: Range<u64>,
) -> impl Iterator<Item = Result<(Vec<u8>, Term<'_>), Malformed>> {
    let mut reader = opened(bytes).map(Reader);
    let mut last: Vec<u8> = vec![];
    std::iter::from_fn(move || {
        let reader = match &mut reader {
            Ok(reader) if reader.0.is_empty() => return None,
            Ok(reader) => reader,
            Err(Malformed) => return Some(Err(Malformed)),
        };
        let next = read_word(reader, &mut last, &lists).map(|term| (last.clone(), term));
        if next.is_err() {
            reader.0 = &[];
        }
        Some(next)
    })
    .scan(false, |failed, next| {
        let go_on = !*failed;
        *failed |= next.is_err();
        go_on.then_some(next)
    })
}

fn read_word<'a>(
    reader: &mut Reader<'a>,
    last: &mut Vec<u8>,
    lists: &Range<u64>,
) -> Result<Term<'a>, Malformed> {
    let shared = reader.size()?;
    let rest = reader.size()?;
    if shared > last.len() {
        return Err(Malformed);
    }
    last.truncate(shared);
    last.extend_from_slice(reader.take(rest)?);
    let docs = reader.small()?;
    let header = reader.number()?;
    let length = reader.number()?;
    let list = if header == 0 {
        Place::Inline(reader.take(usize::try_from(length).map_err(|_| Malformed)?)?)
    } else {
        let from = lists.start.checked_add(reader.number()?).ok_or(Malformed)?;
        if header > length || from.checked_add(length).is_none_or(|end| end > lists.end) {
            return Err(Malformed);
        }
        Place::At { from, header, length }
    };
    Ok(Term { docs, list })
}

/// A mail's id, and where its text lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyEntry {
    pub(crate) id: u128,
    pub(crate) text: Range<u64>,
}

fn read_keys(bytes: &[u8], texts: u64) -> Result<Vec<KeyEntry>, Malformed> {
    let mut reader = Reader(opened(bytes)?);
    let mut at = reader.number()?;
    let mut found = vec![];
    while !reader.0.is_empty() {
        let id = u128::from_be_bytes(reader.take(16)?.try_into().map_err(|_| Malformed)?);
        let end = at.checked_add(reader.number()?).filter(|end| *end <= texts).ok_or(Malformed)?;
        found.push(KeyEntry { id, text: at..end });
        at = end;
    }
    Ok(found)
}

/// A segment, as far as it was read.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) cache: &'a Cache,
    pub(crate) source: usize,
    pub(crate) tail: &'a Tail,
}

impl<'a> View<'a> {
    pub(crate) fn broken<T>(&self, result: Result<T, Malformed>) -> Result<T, Stop> {
        result.map_err(|Malformed| Stop::Broken(self.source))
    }

    fn get(&self, range: &Range<u64>) -> Result<&'a [u8], Stop> {
        self.cache.get(self.source, range.clone(), range.clone())
    }

    /// What is known of a word, where it is here at all.
    pub(crate) fn term(&self, term: &[u8]) -> Result<Option<Term<'a>>, Stop> {
        let after = self.tail.leaves.partition_point(|(first, _)| first.as_slice() <= term);
        let Some((_, range)) = after.checked_sub(1).and_then(|at| self.tail.leaves.get(at)) else {
            return Ok(None);
        };
        let (mut reader, mut word) = (Reader(self.broken(opened(self.get(range)?))?), vec![]);
        while !reader.0.is_empty() {
            let found = self.broken(read_word(&mut reader, &mut word, &self.tail.lists))?;
            if word.as_slice() >= term {
                return Ok((word == term).then_some(found));
            }
        }
        Ok(None)
    }

    /// All words in their order, and their lists.
    pub(crate) fn terms(&self) -> impl Iterator<Item = Result<(Vec<u8>, Term<'a>), Stop>> {
        let view = *self;
        self.tail.leaves.iter().flat_map(move |(_, range)| {
            let leaf = view.get(range);
            let (leaf, missing) = match leaf {
                Ok(leaf) => (Some(leaf), None),
                Err(stop) => (None, Some(Err(stop))),
            };
            let lists = view.tail.lists.clone();
            let found = leaf.into_iter().flat_map(move |leaf| read_leaf(leaf, lists.clone()));
            missing.into_iter().chain(found.map(move |it| view.broken(it)))
        })
    }

    /// The first mail that may have an id below this one: none before it has.
    pub(crate) fn first_below(&self, id: u128) -> u32 {
        // Blocks are newest first: the one before the first whose first id is below may still have some that are.
        let at = self.tail.keys.partition_point(|(first, _)| *first >= id).saturating_sub(1);
        u32::try_from(at * KEYS).unwrap_or(u32::MAX)
    }

    /// Where mails begin that all have ids before this one.
    pub(crate) fn first_before_all(&self, id: u128) -> u32 {
        let blocks = self.tail.keys.partition_point(|(first, _)| *first >= id);
        u32::try_from(blocks * KEYS).unwrap_or(u32::MAX)
    }

    /// The id of a mail, and where its text lies.
    pub(crate) fn key(&self, doc: u32) -> Result<KeyEntry, Stop> {
        let (block, at) = (doc as usize / KEYS, doc as usize % KEYS);
        let (_, range) = self.tail.keys.get(block).ok_or(Stop::Broken(self.source))?;
        let bytes = self.broken(opened(self.get(range)?))?;
        // Only the one that is asked for is read: entries differ in length by their last number alone.
        let mut reader = Reader(bytes);
        let mut text = self.broken(reader.number())?;
        for n in 0..=at {
            let id = self.broken(reader.take(16))?;
            let length = self.broken(reader.number())?;
            let end =
                self.broken(text.checked_add(length).filter(|end| *end <= self.tail.texts).ok_or(Malformed))?;
            if n == at {
                let id = self.broken(id.try_into().map_err(|_| Malformed))?;
                return Ok(KeyEntry { id: u128::from_be_bytes(id), text: text..end });
            }
            text = end;
        }
        Err(Stop::Broken(self.source))
    }

    /// Whether it has the mail with this id.
    pub(crate) fn holds(&self, id: u128) -> Result<bool, Stop> {
        let after = self.tail.keys.partition_point(|(first, _)| *first >= id);
        let Some((_, range)) = after.checked_sub(1).and_then(|at| self.tail.keys.get(at)) else {
            return Ok(false);
        };
        let keys = self.broken(read_keys(self.get(range)?, self.tail.texts))?;
        Ok(keys.iter().any(|key| key.id == id))
    }

    /// All ids, newest first.
    pub(crate) fn keys(&self) -> Result<Vec<KeyEntry>, Stop> {
        let mut all = vec![];
        for (_, range) in &self.tail.keys {
            all.extend(self.broken(read_keys(self.get(range)?, self.tail.texts))?);
        }
        if all.len() == self.tail.docs as usize { Ok(all) } else { Err(Stop::Broken(self.source)) }
    }

    /// The beginning of a body.
    pub(crate) fn text(&self, range: &Range<u64>) -> Result<&'a str, Stop> {
        let bytes = self.broken(opened(self.get(range)?))?;
        self.broken(std::str::from_utf8(bytes).map_err(|_| Malformed))
    }
}
