//! What a file looks like: the order to the function that makes previews, and its answer. Neither is public: the console asks, and shows what
//! comes back.
//!
//! The answer was made of bytes of strangers, by a function that these may have taken over. So nothing in it is believed but its form,
//! and [`read`] bounds all of it again.

use app::base::error::Refusal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// So many bytes of a file are looked at. In base64 they fit into the 6 MB that an invocation takes (Lambda developer guide, "Quotas").
pub const MAX_FILE: usize = 4 * 1024 * 1024;
/// So many pages of a document are drawn.
pub const MAX_PICTURES: usize = 5;
/// Pixels: no picture is wider.
pub const MAX_WIDTH: u32 = 1_200;
/// Bytes of all pictures of a preview together, before base64: in it they fit into the 6 MB that a page may have.
pub const MAX_PICTURE_BYTES: usize = 3 * 1024 * 1024;
/// So many sheets are shown.
pub const MAX_SHEETS: usize = 5;
/// So many rows of a sheet.
pub const MAX_ROWS: usize = 50;
/// So many columns of a sheet.
pub const MAX_COLUMNS: usize = 20;
/// Characters of a cell, or of a name.
pub const MAX_CELL: usize = 200;
/// So many lines of a text.
pub const MAX_LINES: usize = 200;
/// Characters of a text.
pub const MAX_TEXT: usize = 64 * 1024;
/// So many names of an archive.
pub const MAX_NAMES: usize = 100;

/// What is asked of the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The file's name, as its mail has it.
    pub filename: String,
    /// Its media type, as its mail declares it.
    pub content_type: String,
    /// Its bytes.
    pub file: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct OrderView {
    filename: String,
    content_type: String,
    file: String,
}

/// Writes an order.
///
/// # Errors
/// Where JSON can't be written, which does not happen.
pub fn order(filename: &str, content_type: &str, file: &[u8]) -> Result<String, Refusal> {
    let view = OrderView {
        filename: filename.to_owned(),
        content_type: content_type.to_owned(),
        file: STANDARD.encode(file),
    };
    serde_json::to_string(&view).map_err(|error| Refusal::Internal(format!("order of a preview: {error}")))
}

/// Reads an order; none where it is none.
pub fn read_order(order: &[u8]) -> Option<Order> {
    let OrderView { filename, content_type, file } = serde_json::from_slice(order).ok()?;
    Some(Order { filename, content_type, file: STANDARD.decode(file).ok()? })
}

/// What a file looks like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// What it does beside being looked at, each once. That nothing stands here says nothing.
    pub active: Vec<Active>,
    /// What can be shown of it.
    pub shown: Shown,
}

/// What a file may do that is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Active {
    /// It runs a script.
    Script,
    /// It opens a program or another file.
    Launch,
    /// It has macros.
    Macros,
    /// It acts by itself as soon as it is opened.
    OnOpening,
    /// It sends what is typed into it elsewhere.
    Form,
    /// Other files are in it.
    Files,
    /// It takes parts of itself from elsewhere.
    Elsewhere,
}

/// What can be shown of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shown {
    /// Pictures: one of a picture, of a document one for each of its first pages.
    Pictures {
        /// In their order.
        pictures: Vec<Picture>,
        /// How many pages the document has; none of a picture.
        pages: Option<u32>,
    },
    /// The first sheets of a workbook, or a table that is written as text.
    Sheets {
        /// In their order.
        sheets: Vec<Sheet>,
        /// So many more there are.
        more: u32,
    },
    /// The beginning of a text.
    Text {
        /// It.
        text: String,
        /// Whether it goes on.
        cut: bool,
        /// By which character set it was read.
        charset: String,
    },
    /// What an archive says that is in it. Nothing was unpacked.
    Names {
        /// The first names.
        names: Vec<Entry>,
        /// So many more there are.
        more: u32,
    },
    /// Nothing.
    Nothing {
        /// Why.
        why: Why,
    },
}

/// A picture, made anew: nothing of the file's own bytes is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// How it is written.
    pub format: PictureFormat,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Its bytes, in base64.
    pub data: String,
}

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureFormat {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
}

impl PictureFormat {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// The beginning of a sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// Its name; empty where it has none.
    pub name: String,
    /// Whether whoever opens the file does not see it.
    pub hidden: bool,
    /// Its first rows, each with its first columns, as they would be shown.
    pub rows: Vec<Vec<String>>,
    /// Whether it has more rows or columns.
    pub cut: bool,
}

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name and folder.
    pub name: String,
    /// Bytes that it says it has when it is unpacked.
    pub size: u64,
}

/// Why nothing can be shown of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It is empty.
    Empty,
    /// It has more bytes than are looked at.
    TooLarge,
    /// It is a picture of more pixels than are drawn.
    TooManyPixels,
    /// It becomes larger when it is unpacked than is looked at.
    TooMuch,
    /// It needs a password.
    Locked,
    /// It is damaged, or made so that it can't be read.
    Broken,
    /// It took too long.
    TooSlow,
    /// It is a program.
    Program,
    /// It is an archive of a kind whose names are not read.
    Archive,
    /// It is of a kind of which nothing is shown.
    Other,
}

impl Preview {
    /// Nothing can be shown.
    pub fn nothing(why: Why) -> Self {
        Self { active: vec![], shown: Shown::Nothing { why } }
    }

    /// The JSON of it.
    pub fn to_json(&self) -> Value {
        // Nothing in it can't be written.
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Reads the function's answer, in its bounds. What is no such answer is a file that can't be shown.
pub fn read(answer: &[u8]) -> Preview {
    let Ok(Preview { mut active, shown }) = serde_json::from_slice(answer) else {
        return Preview::nothing(Why::Broken);
    };
    active.sort_unstable();
    active.dedup();
    let shown = match shown {
        Shown::Pictures { mut pictures, pages } => {
            pictures.truncate(MAX_PICTURES);
            // Base64 is a third longer than what it stands for.
            let size: usize = pictures.iter().map(|picture| picture.data.len()).sum();
            if size > MAX_PICTURE_BYTES / 3 * 4 + 4 * MAX_PICTURES || !pictures.iter().all(is_picture) {
                return Preview::nothing(Why::Broken);
            }
            Shown::Pictures { pictures, pages }
        }
        Shown::Sheets { mut sheets, more } => {
            sheets.truncate(MAX_SHEETS);
            for Sheet { name, rows, .. } in &mut sheets {
                shorten(name, MAX_CELL);
                rows.truncate(MAX_ROWS);
                for row in rows {
                    row.truncate(MAX_COLUMNS);
                    for cell in row {
                        shorten(cell, MAX_CELL);
                    }
                }
            }
            Shown::Sheets { sheets, more }
        }
        Shown::Text { mut text, cut, mut charset } => {
            shorten(&mut text, MAX_TEXT);
            shorten(&mut charset, MAX_CELL);
            Shown::Text { text, cut, charset }
        }
        Shown::Names { mut names, more } => {
            names.truncate(MAX_NAMES);
            for entry in &mut names {
                shorten(&mut entry.name, MAX_CELL);
            }
            Shown::Names { names, more }
        }
        nothing @ Shown::Nothing { .. } => nothing,
    };
    Preview { active, shown }
}

/// Whether a picture is no larger than it may be, and its data nothing but base64.
fn is_picture(picture: &Picture) -> bool {
    let sizes = (1..=MAX_WIDTH).contains(&picture.width) && (1..=4 * MAX_WIDTH).contains(&picture.height);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    sizes && picture.data.bytes().all(plain)
}

/// Takes off what is beyond so many characters, and says with a dot that something was there.
pub fn shorten(text: &mut String, most: usize) {
    if let Some((at, _)) = text.char_indices().nth(most) {
        text.truncate(at);
        text.push('\u{2026}');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_order_comes_through_and_fits_into_an_invocation() {
        let file = vec![0xFF; MAX_FILE];
        let written = order("a.pdf", "application/pdf", &file).unwrap();
        assert!(written.len() < 6 * 1024 * 1024, "{}", written.len());
        let read = read_order(written.as_bytes()).unwrap();
        assert_eq!((read.filename.as_str(), read.file), ("a.pdf", file));
        assert_eq!(read_order(b"{}"), None);
        assert_eq!(read_order(br#"{"filename": "a", "content_type": "b", "file": "?"}"#), None);
    }

    #[test]
    fn an_answer_comes_through() {
        let preview = Preview {
            active: vec![Active::Script],
            shown: Shown::Text { text: "a".to_owned(), cut: true, charset: "UTF-8".to_owned() },
        };
        assert_eq!(read(preview.to_json().to_string().as_bytes()), preview);
    }

    #[test]
    fn nothing_of_an_answer_is_believed_but_its_form() {
        let picture = json!({"format": "png", "width": 1, "height": 1, "data": "AAAA"});
        let with = |field: &str, value: Value| {
            let mut picture = picture.clone();
            picture[field] = value;
            json!({"active": [], "shown": {"kind": "pictures", "pages": null, "pictures": [picture]}})
        };
        let is_broken = |answer: &Value| read(answer.to_string().as_bytes()) == Preview::nothing(Why::Broken);
        assert!(!is_broken(&with("width", json!(1200))));
        for wrong in [
            with("format", json!("svg+xml")),
            with("data", json!("AA\" onerror=\"alert(1)")),
            with("data", json!("A".repeat(6_000_000))),
            with("width", json!(1_201)),
            with("height", json!(0)),
            json!({"active": ["everything"], "shown": {"kind": "nothing", "why": "empty"}}),
            json!("a text"),
        ] {
            assert!(is_broken(&wrong));
        }
        let rows = vec![vec!["x".repeat(1_000); 100]; 1_000];
        let sheet = json!({"name": "a", "hidden": false, "cut": false, "rows": rows});
        let shown = json!({"kind": "sheets", "more": 0, "sheets": [sheet]});
        let Shown::Sheets { sheets, .. } =
            read(json!({"active": [], "shown": shown}).to_string().as_bytes()).shown
        else {
            panic!("no sheets")
        };
        assert_eq!((sheets[0].rows.len(), sheets[0].rows[0].len()), (MAX_ROWS, MAX_COLUMNS));
        assert_eq!(sheets[0].rows[0][0].chars().count(), MAX_CELL + 1);
    }
}
