//! Where a word stands: the mails that have it, newest first, with their fields and the places in them.
//!
//! A list is cut into blocks of 128 mails. One that has several begins with a header that says of each block where it begins: what is
//! not needed is not read. Header and blocks have check sums.

use crate::segment::Malformed;
use crate::words::Field;

/// A block has so many mails.
pub(crate) const BLOCK: usize = 128;

pub(crate) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7f) as u8);
}

/// Reads numbers and pieces from bytes, and never beyond them.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn number(&mut self) -> Result<u64, Malformed> {
        let mut value = 0u64;
        for shift in (0..63).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    pub(crate) fn small(&mut self) -> Result<u32, Malformed> {
        u32::try_from(self.number()?).map_err(|_| Malformed)
    }

    pub(crate) fn size(&mut self) -> Result<usize, Malformed> {
        usize::try_from(self.number()?).map_err(|_| Malformed)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        if length > self.0.len() {
            return Err(Malformed);
        }
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn word(&mut self) -> Result<u32, Malformed> {
        let bytes = self.take(4)?.try_into().map_err(|_| Malformed)?;
        Ok(u32::from_le_bytes(bytes))
    }
}

/// Adds the check sum of what was written since `from`.
pub(crate) fn seal(out: &mut Vec<u8>, from: usize) {
    let sum = crc32fast::hash(&out[from..]);
    out.extend_from_slice(&sum.to_le_bytes());
}

/// What stands before its check sum, where that is right.
pub(crate) fn opened(bytes: &[u8]) -> Result<&[u8], Malformed> {
    let length = bytes.len().checked_sub(4).ok_or(Malformed)?;
    let sum = Reader(&bytes[length..]).word()?;
    let bytes = &bytes[..length];
    if crc32fast::hash(bytes) == sum { Ok(bytes) } else { Err(Malformed) }
}

/// What one mail has of a word, as it is stored: the set of fields, then for each how many places there are, and how far each lies
/// behind the one before it.
pub(crate) fn encode(places: &[Vec<u32>; 5]) -> Vec<u8> {
    let mut out = vec![0];
    for (field, places) in Field::ALL.iter().zip(places) {
        if places.is_empty() {
            continue;
        }
        out[0] |= field.bit();
        put(&mut out, places.len() as u64);
        let mut last = 0;
        for &place in places {
            put(&mut out, u64::from(place - last));
            last = place;
        }
    }
    out
}

/// One mail of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub(crate) doc: u32,
    /// As [`encode`] wrote it.
    pub(crate) body: &'a [u8],
}

impl Entry<'_> {
    pub(crate) fn fields(&self) -> u8 {
        self.body.first().copied().unwrap_or(0)
    }

    /// Where the word stands, by field.
    pub(crate) fn places(&self) -> Result<[Vec<u32>; 5], Malformed> {
        let mut reader = Reader(self.body);
        let mask = reader.take(1)?[0];
        let mut all: [Vec<u32>; 5] = Default::default();
        for (field, places) in Field::ALL.iter().zip(&mut all) {
            if mask & field.bit() == 0 {
                continue;
            }
            let mut place = 0u32;
            for _ in 0..reader.number()? {
                place = place.checked_add(reader.small()?).ok_or(Malformed)?;
                places.push(place);
            }
        }
        Ok(all)
    }

    /// How often the word stands in each field.
    pub(crate) fn counts(&self) -> Result<[u32; 5], Malformed> {
        let mut reader = Reader(self.body);
        let mask = reader.take(1)?[0];
        let mut counts = [0; 5];
        for (field, count) in Field::ALL.iter().zip(&mut counts) {
            if mask & field.bit() != 0 {
                *count = reader.small()?;
                for _ in 0..*count {
                    reader.number()?;
                }
            }
        }
        Ok(counts)
    }
}

/// The mails of a block, whose first is a step from this one.
pub(crate) fn entries(bytes: &[u8], first: u32) -> Result<Vec<Entry<'_>>, Malformed> {
    let mut reader = Reader(bytes);
    let (mut found, mut doc): (Vec<Entry<'_>>, _) = (vec![], first);
    while !reader.0.is_empty() {
        let step = reader.small()?;
        if !found.is_empty() && step == 0 {
            return Err(Malformed);
        }
        doc = doc.checked_add(step).ok_or(Malformed)?;
        let start = reader.0;
        let mask = reader.take(1)?[0];
        for _ in 0..(mask & 0x1f).count_ones() {
            for _ in 0..reader.number()? {
                reader.number()?;
            }
        }
        found.push(Entry { doc, body: &start[..start.len() - reader.0.len()] });
    }
    Ok(found)
}

/// A list as it is written, and how long its header is.
pub(crate) struct Written {
    pub(crate) bytes: Vec<u8>,
    pub(crate) header: usize,
}

/// Writes mails one behind another, the first of them as a step from `last`. Whoever keeps them sees to the check sum.
pub(crate) fn write_plain(entries: &[(u32, &[u8])], mut last: u32) -> Vec<u8> {
    let mut out = vec![];
    for (doc, body) in entries {
        put(&mut out, u64::from(doc - last));
        out.extend_from_slice(body);
        last = *doc;
    }
    out
}

/// Writes a list. Mails come in order, each once.
pub(crate) fn write(entries: &[(u32, &[u8])]) -> Written {
    let (mut header, mut blocks, mut last) = (vec![], vec![], 0);
    let count = entries.len().div_ceil(BLOCK);
    put(&mut header, count as u64);
    for some in entries.chunks(BLOCK) {
        let from = blocks.len();
        blocks.extend(write_plain(some, some[0].0));
        seal(&mut blocks, from);
        put(&mut header, u64::from(some[0].0 - last));
        put(&mut header, (blocks.len() - from) as u64);
        last = some[0].0;
    }
    seal(&mut header, 0);
    let length = header.len();
    header.extend(blocks);
    Written { bytes: header, header: length }
}

/// Where the blocks of a list lie behind its header: the first mail of each, where it begins, how long it is.
pub(crate) fn blocks(header: &[u8]) -> Result<Vec<(u32, u64, u64)>, Malformed> {
    let mut reader = Reader(opened(header)?);
    let (mut first, mut at) = (0u32, header.len() as u64);
    let mut found = vec![];
    for _ in 0..reader.number()? {
        first = first.checked_add(reader.small()?).ok_or(Malformed)?;
        let length = reader.number()?;
        found.push((first, at, length));
        at = at.checked_add(length).ok_or(Malformed)?;
    }
    if found.is_empty() { Err(Malformed) } else { Ok(found) }
}

/// A block of a list that is at hand as a whole.
pub(crate) fn block(list: &[u8], from: u64, length: u64) -> Result<&[u8], Malformed> {
    let start = usize::try_from(from).map_err(|_| Malformed)?;
    let length = usize::try_from(length).map_err(|_| Malformed)?;
    let end = start.checked_add(length).ok_or(Malformed)?;
    opened(list.get(start..end).ok_or(Malformed)?)
}
