//! Finding mails in segments that are read piece by piece.
//!
//! [`Search::step`] runs the search over what was read so far. Where something is missing it notes what, goes on with whatever does not
//! need it, and says at the end what is to be read: all at once, so that a search takes a handful of rounds, however many segments there
//! are. It then runs anew, which costs less than keeping its place.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use bytes::Bytes;

use crate::build::{HAS_FILE, tail_length};
use crate::lists::{self, Entry};
use crate::query::{Condition, Query};
use crate::segment::{Cache, Place, Stop, Tail, View, read_tail};
use crate::words::Field;

/// A segment of at most so many bytes is read as a whole.
const SMALL: u64 = 64 * 1024;
/// The first read of a list takes so much of it, if there is so much.
const PIECE: u64 = 4 * 1024;
/// A later one takes as much as lies before it, so that a list that is needed as a whole takes few rounds, and at most this.
const LARGEST_PIECE: u64 = 128 * 1024;
/// By date, as many segments are opened at once as were looked through already, and one: the newest may fill the page. At most so many.
const GROUP: usize = 8;
/// Of more mails than this, those that are newest are ranked.
const RANKED: usize = 5_000;
/// A search reads at most so often; one that would need more is to be narrowed.
const MAX_READS: usize = 1_000;
/// And so many bytes.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// What a manifest knows of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The highest id in it.
    pub newest: u128,
    /// The lowest.
    pub oldest: u128,
    /// How many mails it has.
    pub docs: u32,
    /// How long it is, in bytes.
    pub size: u64,
    /// How long its tail is.
    pub tail: u64,
}

/// The order of what is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Newest first.
    #[default]
    Date,
    /// What says most of the words first, among the newest 5,000 that have them.
    Relevance,
}

/// What the scores of a search by relevance go by, from its first page on: whatever comes in between two pages, each mail keeps its
/// place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// Mails with ids above this one came later, and are not looked for.
    pub top: u128,
    /// How rare each word of the query was, in the order of the words.
    pub rarity: Vec<u32>,
}

/// What is wanted beside the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The order.
    pub order: Order,
    /// At most so many mails.
    pub limit: usize,
    /// Behind this one.
    pub behind: Option<Cursor>,
    /// By relevance, what the first page went by; none for that one.
    pub basis: Option<Basis>,
}

/// The place of a mail among those that are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// Its score; 0 by date.
    pub score: u32,
    /// Its id.
    pub id: u128,
}

/// A mail that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its place.
    pub cursor: Cursor,
    /// The segment that has it.
    pub source: usize,
    /// The beginning of its body, where the words are in the body and more is known than that.
    pub text: Option<String>,
}

/// A page of what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The mails.
    pub hits: Vec<Hit>,
    /// Behind which place the next page begins; none where there is no more.
    pub next: Option<Cursor>,
    /// It read as much as one search may. What lies behind is for another one.
    pub exhausted: bool,
    /// By relevance, what the next page must go by.
    pub basis: Option<Basis>,
}

/// Bytes that are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The number of the segment.
    pub source: usize,
    /// Which of its bytes.
    pub range: Range<u64>,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// These bytes are to be read and supplied.
    Read(Vec<Read>),
    /// It is done.
    Found(Found),
    /// By relevance: it would have to read more than a search may. It is to name fewer inboxes, or a time.
    TooMuch,
}

/// A segment that is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("segment {segment} of those that were given is broken")]
pub struct Broken {
    /// Its number.
    pub segment: usize,
}

/// A mail that was found in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Match {
    score: u32,
    id: u128,
    source: usize,
    doc: u32,
    in_text: bool,
}

impl Match {
    fn cursor(&self) -> Cursor {
        Cursor { score: self.score, id: self.id }
    }
}

/// How far a segment was looked through, from its newest mail on.
#[derive(Debug, Clone, Default)]
struct Progress {
    found: Vec<Match>,
    /// Mails that were found, whose ids are still to be read, and whether they have a word in their text.
    unknown: Vec<(u32, bool)>,
    /// The mail that is looked at next.
    next: u32,
    /// There is no other in it.
    done: bool,
}

impl Progress {
    fn len(&self) -> usize {
        self.found.len() + self.unknown.len()
    }

    /// All of it is known.
    fn is_over(&self) -> bool {
        self.done && self.unknown.is_empty()
    }
}

/// Mails in the order of the page, how it goes on behind them, and what they were ranked by.
struct Ranked {
    page: Vec<Match>,
    next: Option<Cursor>,
    basis: Option<Basis>,
}

/// A search.
#[derive(Debug)]
pub struct Search<'q> {
    query: &'q Query,
    options: Options,
    sources: Vec<Source>,
    /// Their numbers, the one with the newest mail first.
    order: Vec<usize>,
    tails: Vec<Option<Tail>>,
    cache: Cache,
    /// How far each segment was looked through, by date: the next round goes on there.
    progress: RefCell<BTreeMap<usize, Progress>>,
    /// It read as much as it may: what has ids above this one was looked at.
    stopped: Option<u128>,
    reads: usize,
    bytes: u64,
    /// How many reads it may make.
    most_reads: usize,
    /// So many segments are opened at once.
    group: usize,
}

impl<'q> Search<'q> {
    /// A search in these segments.
    pub fn new(query: &'q Query, options: Options, sources: Vec<Source>) -> Self {
        let mut order: Vec<_> = (0..sources.len()).collect();
        order.sort_by_key(|&n| (std::cmp::Reverse(sources[n].newest), n));
        let tails = vec![None; sources.len()];
        let (cache, progress) = (Cache::default(), RefCell::default());
        Self {
            query,
            options,
            sources,
            order,
            tails,
            cache,
            progress,
            stopped: None,
            reads: 0,
            bytes: 0,
            most_reads: MAX_READS,
            group: GROUP,
        }
    }

    /// The same with fewer reads.
    #[cfg(test)]
    pub(crate) fn with_reads(self, most_reads: usize) -> Self {
        Self { most_reads, ..self }
    }

    /// How often and how much was read.
    pub fn cost(&self) -> (usize, u64) {
        (self.reads, self.bytes)
    }

    /// Goes on behind this place, with what was read already.
    pub fn go_on(&mut self, behind: Cursor, basis: Option<Basis>) {
        self.options.behind = Some(behind);
        self.options.basis = basis;
        self.progress.take();
    }

    /// Gives what was asked for.
    pub fn supply(&mut self, read: &Read, bytes: Bytes) -> Result<(), Broken> {
        if bytes.len() as u64 != read.range.end - read.range.start {
            return Err(Broken { segment: read.source });
        }
        self.reads += 1;
        self.bytes += bytes.len() as u64;
        self.cache.supply(read.source, read.range.start, bytes);
        Ok(())
    }

    /// Goes as far as what was read allows.
    pub fn step(&mut self) -> Result<Step, Broken> {
        self.open()?;
        let found = match (self.stopped, self.options.order) {
            (Some(floor), _) => Ok(self.above(floor)),
            (None, Order::Date) => self.by_date(),
            (None, Order::Relevance) => self.by_relevance(),
        };
        // What is left where a page is known are its texts: they are read in any case.
        let searching = found.is_err();
        match found.and_then(|found| self.with_texts(found)) {
            Ok(found) => Ok(Step::Found(found)),
            Err(Stop::Broken(source)) => Err(Broken { segment: source }),
            Err(Stop::Need) => {
                let wanted = self.cache.take_wanted();
                let bytes: u64 = wanted.iter().map(|(_, range)| range.end - range.start).sum();
                let over = self.reads + wanted.len() > self.most_reads || self.bytes + bytes > MAX_BYTES;
                if over && searching {
                    self.stopped = self.floor();
                    if self.stopped.is_none() && self.group == 1 {
                        return Ok(Step::TooMuch);
                    }
                    // Where all it could read was spent on the beginnings of many segments, one by one they are looked through.
                    self.group = 1;
                    return self.step();
                }
                Ok(Step::Read(wanted.into_iter().map(|(source, range)| Read { source, range }).collect()))
            }
        }
    }

    /// Above which id, by date, all mails were looked at, where that is more than before.
    fn floor(&self) -> Option<u128> {
        let (from, below) = self.bounds();
        let progress = self.progress.borrow();
        let reached = |source: usize| {
            let known = progress.get(&source);
            if known.is_some_and(Progress::is_over) {
                return None;
            }
            let newest = self.sources[source].newest;
            let (Some(known), Some(tail)) = (known, &self.tails[source]) else { return Some(newest) };
            let doc = known.unknown.first().map_or(known.next, |(doc, _)| *doc);
            Some(tail.first_of_block(doc).unwrap_or(newest))
        };
        let floor = self.within(from, below).filter_map(reached).max()?;
        (self.options.order == Order::Date && floor < below - 1).then_some(floor)
    }

    /// What was found with ids above this one.
    fn above(&self, floor: u128) -> Ranked {
        let progress = self.progress.borrow();
        let found = progress.values().flat_map(|it| &it.found).filter(|it| it.id > floor);
        let found: BTreeMap<u128, Match> = found.map(|it| (it.id, *it)).collect();
        let mut page: Vec<_> = found.into_values().rev().collect();
        let mut next = Cursor { score: 0, id: floor + 1 };
        if page.len() > self.options.limit {
            page.truncate(self.options.limit);
            next = page.last().map_or(next, Match::cursor);
        }
        Ranked { page, next: Some(next), basis: None }
    }

    /// Where the tail of a segment lies, and what is best read with it.
    fn tail_of(&self, source: usize) -> Option<(Range<u64>, Range<u64>)> {
        let Source { size, tail, .. } = self.sources[source];
        let from = size.checked_sub(tail)?;
        Some((from..size, if size <= SMALL { 0..size } else { from..size }))
    }

    /// Reads the tails that came since.
    fn open(&mut self) -> Result<(), Broken> {
        for source in 0..self.sources.len() {
            if self.tails[source].is_some() {
                continue;
            }
            let (range, more) = self.tail_of(source).ok_or(Broken { segment: source })?;
            if let Ok(bytes) = self.cache.get(source, range, more) {
                self.tails[source] = Some(read_tail(bytes).map_err(|_| Broken { segment: source })?);
            }
        }
        // What is missing is asked for once it is needed.
        self.cache.take_wanted();
        Ok(())
    }

    fn view(&self, source: usize) -> Result<View<'_>, Stop> {
        if let Some(tail) = &self.tails[source] {
            return Ok(View { cache: &self.cache, source, tail });
        }
        let (range, more) = self.tail_of(source).ok_or(Stop::Broken(source))?;
        self.cache.get(source, range, more)?;
        Err(Stop::Need)
    }

    /// The ids that the query's times allow: from, and before.
    fn span(&self) -> (u128, u128) {
        let first_of = |at: jiff::Timestamp| {
            let at = at.as_nanosecond().clamp(0, 1_000_000 << 48);
            // An id has whole milliseconds: what is not before the time begins with the next one.
            u128::try_from(at).unwrap_or(0).div_ceil(1_000_000) << 80
        };
        (self.query.after.map_or(0, first_of), self.query.before.map_or(u128::MAX, first_of))
    }

    /// The segments that may have mails with ids in this span, the newest first.
    fn within(&self, from: u128, below: u128) -> impl Iterator<Item = usize> {
        let may_have = move |n: &usize| self.sources[*n].newest >= from && self.sources[*n].oldest < below;
        self.order.iter().copied().filter(may_have)
    }

    /// As [`Search::span`], behind the place at which the page begins.
    fn bounds(&self) -> (u128, u128) {
        let (from, before) = self.span();
        (from, self.options.behind.map_or(before, |behind| before.min(behind.id)))
    }

    fn by_date(&self) -> Result<Ranked, Stop> {
        let (from, below) = self.bounds();
        // One more than the page has tells whether there is another page.
        let most = self.options.limit + 1;
        let mut found: BTreeMap<u128, Match> = BTreeMap::new();
        let (mut pending, mut looked_through) = (0, 0);
        let mut progress = self.progress.borrow_mut();
        for source in self.within(from, below) {
            let last = found.keys().rev().nth(most - 1);
            let most_pending = self.group.min(1 + looked_through);
            if pending >= most_pending || last.is_some_and(|last| *last > self.sources[source].newest) {
                break;
            }
            match self.view(source).and_then(|view| {
                let known = progress
                    .entry(source)
                    .or_insert_with(|| Progress { next: view.first_below(below), ..Progress::default() });
                self.look_through(&view, known, (from, below), most)
            }) {
                Ok(()) => looked_through += 1,
                Err(Stop::Need) => pending += 1,
                Err(stop) => return Err(stop),
            }
            for it in progress.get(&source).iter().flat_map(|it| &it.found) {
                found.entry(it.id).or_insert(*it);
            }
        }
        if pending > 0 {
            return Err(Stop::Need);
        }
        let mut page: Vec<_> = found.into_values().rev().take(most).collect();
        let more = page.len() == most;
        page.truncate(self.options.limit);
        let next = page.last().filter(|_| more).map(Match::cursor);
        Ok(Ranked { page, next, basis: None })
    }

    /// Looks for the newest mails of a segment that the query takes, from where it stands.
    fn look_through(
        &self,
        view: &View<'_>,
        progress: &mut Progress,
        (from, below): (u128, u128),
        most: usize,
    ) -> Result<(), Stop> {
        if progress.is_over() {
            return Ok(());
        }
        let Some(mut matcher) = Matcher::open(view, self.query)? else {
            progress.done = true;
            return Ok(());
        };
        let end = view.first_before_all(from);
        loop {
            for (doc, in_text) in std::mem::take(&mut progress.unknown) {
                match view.key(doc) {
                    Ok(key) if key.id >= below => {}
                    Ok(key) if key.id < from => progress.done = true,
                    Ok(key) => {
                        let it = Match { score: 0, id: key.id, source: view.source, doc, in_text };
                        progress.found.push(it);
                    }
                    // Others may be missing too: they are asked for together.
                    Err(Stop::Need) => progress.unknown.push((doc, in_text)),
                    Err(stop) => return Err(stop),
                }
            }
            let before = progress.len();
            while !progress.done && progress.len() < most {
                if !matcher.next(&mut progress.next)? || progress.next >= end {
                    progress.done = true;
                    break;
                }
                let doc = progress.next;
                let in_text = matcher.in_text(doc)?;
                progress.next = doc + 1;
                progress.unknown.push((doc, in_text));
            }
            if progress.len() == before {
                return if progress.unknown.is_empty() { Ok(()) } else { Err(Stop::Need) };
            }
        }
    }

    fn by_relevance(&self) -> Result<Ranked, Stop> {
        let (from, mut before) = self.span();
        if let Some(basis) = &self.options.basis {
            before = before.min(basis.top.saturating_add(1));
        }
        let mut open = vec![];
        let mut missing = false;
        for source in self.within(from, before) {
            match self.view(source).and_then(|view| Ok((view, Matcher::open(&view, self.query)?))) {
                Ok((view, Some(matcher))) => open.push((view, matcher)),
                Ok((_, None)) => {}
                Err(Stop::Need) => missing = true,
                Err(stop) => return Err(stop),
            }
        }
        if missing {
            return Err(Stop::Need);
        }
        let words = self.query.words();
        let basis = self.options.basis.clone().unwrap_or_else(|| {
            let docs: u64 = self.sources.iter().map(|it| u64::from(it.docs)).sum();
            let mut with: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
            for (_, matcher) in &open {
                matcher.count(&mut with);
            }
            let rarity = words.iter().map(|word| rarity(docs, with.get(word.as_bytes()))).collect();
            Basis { top: self.sources.iter().map(|it| it.newest).max().unwrap_or(0), rarity }
        });
        let rarity: BTreeMap<_, _> =
            words.iter().map(String::as_bytes).zip(basis.rarity.iter().copied()).collect();
        let most = self.options.limit + 1;
        let (mut found, mut left) = (BTreeSet::new(), RANKED);
        for (view, mut matcher) in open {
            let rarity = |term: &[u8]| rarity.get(term).copied().unwrap_or(1);
            match self.best_in(&view, &mut matcher, (from, before), &rarity, &mut left) {
                Ok(some) => {
                    found.extend(some.into_iter().map(|it| (it.score, it.id, it.source, it.doc, it.in_text)));
                }
                Err(Stop::Need) => missing = true,
                Err(stop) => return Err(stop),
            }
        }
        if missing {
            return Err(Stop::Need);
        }
        let mut page: Vec<Match> = vec![];
        let mut known = BTreeSet::new();
        for (score, id, source, doc, in_text) in found.into_iter().rev() {
            if page.len() < most && known.insert(id) {
                page.push(Match { score, id, source, doc, in_text });
            }
        }
        let more = page.len() == most;
        page.truncate(self.options.limit);
        let next = page.last().filter(|_| more).map(Match::cursor);
        Ok(Ranked { page, next, basis: Some(basis) })
    }

    /// The mails of a segment that say most of the query.
    fn best_in(
        &self,
        view: &View<'_>,
        matcher: &mut Matcher<'_>,
        (from, before): (u128, u128),
        rarity: &dyn Fn(&[u8]) -> u32,
        left: &mut usize,
    ) -> Result<Vec<Match>, Stop> {
        let mut scored = vec![];
        let (mut next, end) = (view.first_below(before), view.first_before_all(from));
        while *left > 0 {
            if !matcher.next(&mut next)? || next >= end {
                break;
            }
            let doc = next;
            next += 1;
            *left -= 1;
            scored.push((matcher.score(doc, rarity)?, doc, matcher.in_text(doc)?));
        }
        scored.sort_by_key(|(score, doc, _)| (std::cmp::Reverse(*score), *doc));
        let behind = self.options.behind;
        // Of equal scores, those that certainly stand before the page need not be looked at.
        let first = behind.map_or(0, |it| view.first_below(it.id));
        let stands_behind = |(score, doc, _): &(u32, u32, bool)| {
            behind.is_none_or(|it| *score < it.score || *score == it.score && *doc >= first)
        };
        let (mut found, mut unknown) = (vec![], 0);
        for (score, doc, in_text) in scored.into_iter().filter(stands_behind) {
            if found.len() + unknown > self.options.limit {
                break;
            }
            match view.key(doc) {
                Ok(key) => {
                    let it = Match { score, id: key.id, source: view.source, doc, in_text };
                    let within = from <= key.id && key.id < before;
                    if within && behind.is_none_or(|behind| it.cursor() < behind) {
                        found.push(it);
                    }
                }
                Err(Stop::Need) => unknown += 1,
                Err(stop) => return Err(stop),
            }
        }
        if unknown > 0 { Err(Stop::Need) } else { Ok(found) }
    }

    /// The page, with the texts that highlights are made of.
    fn with_texts(&self, Ranked { page, next, basis }: Ranked) -> Result<Found, Stop> {
        let mut hits = vec![];
        let mut missing = false;
        for it in page {
            let view = self.view(it.source)?;
            let text = match it.in_text.then(|| view.key(it.doc).and_then(|key| view.text(&key.text))) {
                None => None,
                Some(Ok(text)) => Some(text.to_owned()),
                Some(Err(Stop::Need)) => {
                    missing = true;
                    continue;
                }
                Some(Err(stop)) => return Err(stop),
            };
            hits.push(Hit { cursor: it.cursor(), source: it.source, text });
        }
        let exhausted = self.stopped.is_some();
        if missing { Err(Stop::Need) } else { Ok(Found { hits, next, exhausted, basis }) }
    }
}

/// How much a word says that so many of all mails have, in steps that one mail more seldom changes: 1 to some 80.
fn rarity(docs: u64, with: Option<&u64>) -> u32 {
    let with = with.copied().unwrap_or(0).max(1);
    // Quarters of the binary logarithm of 1 + docs / with: its whole part, and the two bits behind it.
    let ratio = ((docs << 8) / with + (1 << 8)).max(1 << 8);
    let whole = ratio.ilog2();
    let quarters = (ratio << 2 >> whole) & 3;
    let steps = u64::from(whole - 8) * 4 + quarters + 1;
    u32::try_from(steps).unwrap_or(u32::MAX)
}

/// A list, read as far as it is needed.
struct List<'a> {
    term: Vec<u8>,
    docs: u32,
    view: View<'a>,
    /// First mail, place and length of each block; of a list in its leaf, one with no length.
    blocks: Vec<(u32, u64, u64)>,
    place: Place<'a>,
    /// The block that is open.
    open: Option<(usize, Vec<Entry<'a>>)>,
}

impl<'a> List<'a> {
    fn open(view: View<'a>, term: &[u8]) -> Result<Option<Self>, Stop> {
        let Some(found) = view.term(term)? else { return Ok(None) };
        let blocks = match found.list {
            Place::Inline(_) => vec![(0, 0, 0)],
            Place::At { from, header, length } => {
                let more = from..from + length.min(header.max(PIECE));
                let header = view.cache.get(view.source, from..from + header, more)?;
                view.broken(lists::blocks(header))?
            }
        };
        Ok(Some(Self { term: term.to_vec(), docs: found.docs, view, blocks, place: found.list, open: None }))
    }

    /// The first mail of the list that is this one or behind it.
    fn seek(&mut self, doc: u32) -> Result<Option<&Entry<'a>>, Stop> {
        let mut block = self.blocks.partition_point(|(first, ..)| *first <= doc).saturating_sub(1);
        while block < self.blocks.len() {
            if self.open.as_ref().is_none_or(|(open, _)| *open != block) {
                self.open = Some((block, self.read(block)?));
            }
            let (_, entries) = self.open.as_ref().ok_or(Stop::Broken(self.view.source))?;
            let at = entries.partition_point(|it| it.doc < doc);
            if at < entries.len() {
                return Ok(self.open.as_ref().and_then(|(_, entries)| entries.get(at)));
            }
            block += 1;
        }
        Ok(None)
    }

    fn read(&self, block: usize) -> Result<Vec<Entry<'a>>, Stop> {
        let (first, at, length) = self.blocks[block];
        match self.place {
            Place::Inline(bytes) => self.view.broken(lists::entries(bytes, 0)),
            Place::At { from, length: all, .. } => {
                let start = from + at;
                let end = start + length;
                let more = start..(from + all).min(end.max(start + at.clamp(PIECE, LARGEST_PIECE)));
                let bytes = self.view.cache.get(self.view.source, start..end, more)?;
                self.view
                    .broken(lists::block(bytes, 0, length).and_then(|bytes| lists::entries(bytes, first)))
            }
        }
    }
}

/// One clause of a query, in one segment.
struct Part<'a> {
    /// The lists of its words, and how far each stands behind the first.
    lists: Vec<(u32, List<'a>)>,
    /// The fields in which it holds.
    fields: u8,
}

/// What a segment has of a clause.
enum Opened<'a> {
    /// All its words.
    Part(Part<'a>),
    /// Not all of them: no mail of it has them.
    Nowhere,
    /// What changes is no matter of segments.
    NoMatter,
}

impl<'a> Part<'a> {
    fn open(view: &View<'a>, condition: &Condition) -> Result<Opened<'a>, Stop> {
        let all = Field::ALL.iter().fold(0, |set, field| set | field.bit());
        let (words, fields) = match condition {
            Condition::Words { field, .. } => (condition.words(), field.map_or(all, Field::bit)),
            Condition::HasAttachment => (vec![(0, HAS_FILE.to_owned())], all),
            Condition::Label(_) | Condition::Unread(_) => return Ok(Opened::NoMatter),
        };
        let mut lists = vec![];
        let mut missing = false;
        for (at, word) in words {
            match List::open(*view, word.as_bytes()) {
                Ok(Some(list)) => lists.push((at, list)),
                Ok(None) => return Ok(Opened::Nowhere),
                Err(Stop::Need) => missing = true,
                Err(stop) => return Err(stop),
            }
        }
        if missing { Err(Stop::Need) } else { Ok(Opened::Part(Self { lists, fields })) }
    }

    /// Goes to the first mail from this one on that has all words of it, in whatever place; says whether there is one. Where something is
    /// to be read first, it stands as far as it came.
    fn seek(&mut self, doc: &mut u32) -> Result<bool, Stop> {
        'again: loop {
            for (_, list) in &mut self.lists {
                match list.seek(*doc)? {
                    None => return Ok(false),
                    Some(entry) if entry.doc > *doc => {
                        *doc = entry.doc;
                        continue 'again;
                    }
                    Some(_) => {}
                }
            }
            return Ok(true);
        }
    }

    /// The fields in which a mail that has all words has them as they are wanted.
    fn holds_in(&mut self, doc: u32) -> Result<u8, Stop> {
        let mut fields = self.fields;
        let phrase = self.lists.len() > 1;
        let mut all = vec![];
        for (at, list) in &mut self.lists {
            let view = list.view;
            let Some(entry) = list.seek(doc)?.filter(|entry| entry.doc == doc) else { return Ok(0) };
            fields &= entry.fields();
            if phrase && fields != 0 {
                all.push((*at, view.broken(entry.places())?));
            }
        }
        if !phrase || fields == 0 {
            return Ok(fields);
        }
        let stands = |field: &Field| {
            let Some(((offset, first), rest)) = all.split_first() else { return false };
            let begins = first[*field as usize].iter().filter_map(|place| place.checked_sub(*offset));
            begins.into_iter().any(|begin| {
                rest.iter()
                    .all(|(offset, places)| places[*field as usize].binary_search(&(begin + offset)).is_ok())
            })
        };
        let found = Field::ALL.iter().filter(|field| fields & field.bit() != 0 && stands(field));
        Ok(found.fold(0, |set, field| set | field.bit()))
    }
}

/// A query in one segment.
struct Matcher<'a> {
    docs: u32,
    wanted: Vec<Part<'a>>,
    unwanted: Vec<Part<'a>>,
}

impl<'a> Matcher<'a> {
    /// None where the segment has no mail for it.
    fn open(view: &View<'a>, query: &Query) -> Result<Option<Self>, Stop> {
        let mut matcher = Self { docs: view.tail.docs, wanted: vec![], unwanted: vec![] };
        let mut missing = false;
        for clause in &query.clauses {
            match Part::open(view, &clause.condition) {
                Ok(Opened::Part(part)) if clause.negated => matcher.unwanted.push(part),
                Ok(Opened::Part(part)) => matcher.wanted.push(part),
                Ok(Opened::Nowhere) if !clause.negated => return Ok(None),
                Ok(Opened::Nowhere | Opened::NoMatter) => {}
                Err(Stop::Need) => missing = true,
                Err(stop) => return Err(stop),
            }
        }
        if missing {
            return Err(Stop::Need);
        }
        // The rarest word first: it leaves the fewest mails to look for in the other lists.
        let rarest = |part: &Part<'_>| part.lists.iter().map(|(_, list)| list.docs).min();
        matcher.wanted.sort_by_key(rarest);
        matcher.wanted.iter_mut().for_each(|part| part.lists.sort_by_key(|(_, list)| list.docs));
        Ok(Some(matcher))
    }

    /// Goes to the first mail from this one on that the query takes; says whether there is one. Where something is to be read first, it
    /// stands as far as it came.
    fn next(&mut self, doc: &mut u32) -> Result<bool, Stop> {
        'again: loop {
            if *doc >= self.docs {
                return Ok(false);
            }
            for part in &mut self.wanted {
                let from = *doc;
                if !part.seek(doc)? {
                    return Ok(false);
                }
                if *doc > from {
                    continue 'again;
                }
            }
            let mut holds = true;
            for part in &mut self.wanted {
                holds = holds && part.holds_in(*doc)? != 0;
            }
            for part in &mut self.unwanted {
                let mut at = *doc;
                let has = holds && part.seek(&mut at)? && at == *doc && part.holds_in(at)? != 0;
                holds &= !has;
            }
            if holds {
                return Ok(true);
            }
            *doc += 1;
        }
    }

    /// Whether a mail has one of the words in its body.
    fn in_text(&mut self, doc: u32) -> Result<bool, Stop> {
        for part in &mut self.wanted {
            if part.holds_in(doc)? & Field::Text.bit() != 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds how many mails have each word.
    fn count(&self, with: &mut BTreeMap<Vec<u8>, u64>) {
        let lists = self.wanted.iter().flat_map(|part| &part.lists);
        let own: BTreeMap<_, _> = lists.map(|(_, list)| (&list.term, list.docs)).collect();
        for (term, docs) in own {
            *with.entry(term.clone()).or_default() += u64::from(docs);
        }
    }

    /// How much a mail says of the words: of each its rarity, times how often it stands there. That counts more in a subject than in a
    /// body, and less with each time (as in BM25).
    fn score(&mut self, doc: u32, rarity: &dyn Fn(&[u8]) -> u32) -> Result<u32, Stop> {
        let mut score = 0u32;
        for part in &mut self.wanted {
            for (_, list) in &mut part.lists {
                let view = list.view;
                let rarity = rarity(&list.term);
                let Some(entry) = list.seek(doc)?.filter(|entry| entry.doc == doc) else { continue };
                let counts = view.broken(entry.counts())?;
                let weigh = |(field, count): (&Field, u32)| match part.fields & field.bit() {
                    0 => 0,
                    _ => field.weight() * count.min(1_000),
                };
                let weight: u32 = Field::ALL.iter().zip(counts).map(weigh).sum();
                score = score.saturating_add(rarity.saturating_mul(weight * 16 / (weight + 2)));
            }
        }
        Ok(score)
    }
}

impl Source {
    /// What a manifest is to know of a segment; the whole of it is looked through for that.
    pub fn of(segment: &Bytes) -> Result<Self, Broken> {
        let broken = Broken { segment: 0 };
        let tail = tail_length(segment).ok_or(broken)?;
        let known = read_tail(&segment[segment.len() - tail..]).map_err(|_| broken)?;
        let mut cache = Cache::default();
        cache.supply(0, 0, segment.clone());
        let keys = View { cache: &cache, source: 0, tail: &known }.keys().map_err(|_| broken)?;
        Ok(Self {
            newest: keys.first().map_or(0, |key| key.id),
            oldest: keys.last().map_or(0, |key| key.id),
            docs: known.docs,
            size: segment.len() as u64,
            tail: tail as u64,
        })
    }
}
