//! What is in a `winmail.dat`: Outlook's own envelope (TNEF, MS-OXTNEF), which no other program shows.
//!
//! Read are the files with their names and the plain text; not read are RTF, tasks, appointments and checksums.

use super::charset;

/// What a file of this kind begins with (MS-OXTNEF §2.1.3.1).
const SIGNATURE: [u8; 4] = [0x78, 0x9f, 0x3e, 0x22];
/// Most files that are unpacked from one.
pub(super) const MAX_FILES: usize = 200;
/// Deepest envelope within envelopes.
const MAX_DEPTH: usize = 4;
/// Most attributes, and most properties of one.
const MAX_ATTRIBUTES: u32 = 20_000;
/// Longest name and longest type that are read, in bytes.
const MAX_NAME: usize = 2_000;
/// Most bytes of text that are read.
const MAX_TEXT: usize = 4 * super::MAX_BODY;

/// A file within.
#[derive(Default)]
pub(super) struct File<'a> {
    /// Its name as written.
    pub(super) name: Option<String>,
    /// Its type as written.
    pub(super) kind: Option<String>,
    /// Its `Content-ID`, as written.
    pub(super) content_id: Option<String>,
    pub(super) contents: &'a [u8],
}

/// What was found.
#[derive(Default)]
pub(super) struct Unpacked<'a> {
    /// At most [`MAX_FILES`], in order.
    pub(super) files: Vec<File<'a>>,
    pub(super) text: Option<String>,
    /// Whether something is broken, or more than is unpacked: the rest is missing.
    pub(super) cut: bool,
    /// Whether it has more files, or more envelopes in each other, than are unpacked.
    pub(super) full: bool,
}

/// Unpacks an envelope. `None`: it is none. Linear; what is unpacked is part of `bytes`, nothing is copied but text.
pub(super) fn unpack(bytes: &[u8]) -> Option<Unpacked<'_>> {
    bytes.starts_with(&SIGNATURE).then(|| {
        let mut found = Unpacked::default();
        read(bytes, 0, &mut found);
        found
    })
}

/// A file that is being read: its parts come one after another.
#[derive(Default)]
struct Open<'a> {
    title: Option<String>,
    file: File<'a>,
    /// An envelope within, in the place of contents.
    inner: Option<&'a [u8]>,
}

fn read<'a>(bytes: &'a [u8], depth: usize, found: &mut Unpacked<'a>) {
    let mut rest = Reader(bytes);
    // The signature, and a key that means nothing.
    if rest.take(6).is_none() {
        found.cut = true;
        return;
    }
    let mut codepage = "windows-1252".to_owned();
    let mut open: Option<Open<'a>> = None;
    let mut text = None;
    for _ in 0..MAX_ATTRIBUTES {
        if rest.0.is_empty() {
            break;
        }
        let Some((id, data)) = attribute(&mut rest) else {
            found.cut = true;
            break;
        };
        match id {
            // attOemCodepage
            0x9007 => {
                if let Some(number) = Reader(data).u32() {
                    codepage = charset_of(number);
                }
            }
            // attBody
            0x800c => text = Some(string(data, &codepage)).filter(|text| !text.trim().is_empty()).or(text),
            // attMAPIProps
            0x9003 => properties(data, &codepage, &mut |id, value| {
                if let (0x1000, Value::Text(body)) = (id, value) {
                    text.get_or_insert(body);
                }
            }),
            // attAttachRenddata: a file begins.
            0x9002 => close(open.replace(Open::default()), depth, found),
            // attAttachTitle
            0x8010 => {
                open.get_or_insert_default().title = Some(string(cut(data, MAX_NAME), &codepage));
            }
            // attAttachData
            0x800f => open.get_or_insert_default().file.contents = data,
            // attAttachment
            0x9005 => {
                let open = open.get_or_insert_default();
                properties(data, &codepage, &mut |id, value| match (id, value) {
                    (0x3707, Value::Text(name)) => open.file.name = Some(name),
                    (0x3704 | 0x3001, Value::Text(name)) => {
                        open.title.get_or_insert(name);
                    }
                    (0x370e, Value::Text(kind)) => open.file.kind = Some(kind),
                    (0x3712, Value::Text(id)) => open.file.content_id = Some(id),
                    (0x3701, Value::Binary(data)) => match data.get(16..) {
                        // An object is named by 16 bytes; an envelope is one.
                        Some(inner) if inner.starts_with(&SIGNATURE) => open.inner = Some(inner),
                        _ if open.file.contents.is_empty() => open.file.contents = data,
                        _ => {}
                    },
                    _ => {}
                });
            }
            _ => {}
        }
    }
    found.cut |= !rest.0.is_empty();
    close(open, depth, found);
    if depth == 0 {
        found.text = text;
    }
}

/// Takes a file that is wholly read.
fn close<'a>(open: Option<Open<'a>>, depth: usize, found: &mut Unpacked<'a>) {
    let Some(open) = open else { return };
    if let Some(inner) = open.inner {
        if depth < MAX_DEPTH {
            read(inner, depth + 1, found);
        } else {
            (found.cut, found.full) = (true, true);
        }
        return;
    }
    let name = open.file.name.filter(|name| !name.trim().is_empty()).or(open.title);
    if found.files.len() == MAX_FILES {
        (found.cut, found.full) = (true, true);
    } else if name.is_some() || !open.file.contents.is_empty() {
        found.files.push(File { name, ..open.file });
    }
}

/// An attribute: its name and its data (MS-OXTNEF §2.1.3). What comes before, whose it is, and after, a checksum, is not used.
fn attribute<'a>(rest: &mut Reader<'a>) -> Option<(u16, &'a [u8])> {
    rest.take(1)?;
    let id = rest.u16()?;
    rest.take(2)?;
    let length = usize::try_from(rest.u32()?).ok()?;
    let data = rest.take(length)?;
    // The last checksum is missing now and then.
    let _ = rest.take(2.min(rest.0.len()));
    Some((id, data))
}

/// A value of a property.
enum Value<'a> {
    Text(String),
    Binary(&'a [u8]),
}

/// Reads properties (MS-OXTNEF §2.1.3.4): `take` is given the texts and the bytes among them, with their names. What can't
/// be read ends it.
fn properties<'a>(data: &'a [u8], codepage: &str, take: &mut dyn FnMut(u16, Value<'a>)) {
    let mut rest = Reader(data);
    let count = rest.u32().unwrap_or_default();
    for _ in 0..count.min(MAX_ATTRIBUTES) {
        if property(&mut rest, codepage, take).is_none() {
            return;
        }
    }
}

fn property<'a>(rest: &mut Reader<'a>, codepage: &str, take: &mut dyn FnMut(u16, Value<'a>)) -> Option<()> {
    let kind = rest.u16()?;
    let id = rest.u16()?;
    if id >= 0x8000 {
        // A property that has a name of its own, which says nothing here.
        rest.take(16)?;
        if rest.u32()? == 0 {
            rest.take(4)?;
        } else {
            rest.padded()?;
        }
    }
    let many = kind & 0x1000 != 0;
    let kind = kind & 0x0fff;
    let width = match kind {
        // Integers, booleans, errors; what is shorter is filled up.
        0x0002 | 0x0003 | 0x0004 | 0x000a | 0x000b => Some(4),
        // Times, large integers and the like.
        0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => Some(8),
        0x0048 => Some(16),
        // Text of either width, bytes, objects.
        0x001e | 0x001f | 0x0102 | 0x000d => None,
        _ => return None,
    };
    let count = if many || width.is_none() { rest.u32()? } else { 1 };
    if let Some(width) = width {
        rest.take(usize::try_from(count).ok()?.checked_mul(width)?)?;
        return Some(());
    }
    for place in 0..count {
        let value = rest.padded()?;
        if place > 0 || many {
            continue;
        }
        let longest = if id == 0x1000 { MAX_TEXT } else { MAX_NAME };
        take(
            id,
            match kind {
                0x001e => Value::Text(string(cut(value, longest), codepage)),
                0x001f => Value::Text(string(cut(value, longest & !1), "utf-16le")),
                _ => Value::Binary(value),
            },
        );
    }
    Some(())
}

fn cut(data: &[u8], most: usize) -> &[u8] {
    &data[..data.len().min(most)]
}

/// A text without the zero that ends it.
fn string(data: &[u8], label: &str) -> String {
    charset::decode_as(cut(data, MAX_TEXT), label).0.trim_end_matches('\0').to_owned()
}

/// The name of a code page of Windows.
fn charset_of(number: u32) -> String {
    match number {
        65001 => "utf-8".to_owned(),
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        874 | 1250..=1258 => format!("windows-{number}"),
        28591..=28606 => format!("iso-8859-{}", number - 28590),
        20866 => "koi8-r".to_owned(),
        50220..=50222 => "iso-2022-jp".to_owned(),
        _ => "windows-1252".to_owned(),
    }
}

/// Bytes that are read from the front, numbers with their low end first.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// A length and as many bytes, filled up to a multiple of four.
    fn padded(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        let value = self.take(length)?;
        // The last one is not always filled up.
        let _ = self.take((length.next_multiple_of(4) - length).min(self.0.len()));
        Some(value)
    }
}
