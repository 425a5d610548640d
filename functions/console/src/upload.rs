//! Forms with files (`multipart/form-data`, RFC 7578), read where they lie: the gateway brings a few megabytes at most.

use std::collections::HashMap;

/// A file that came with a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upload {
    /// Its name, without a path.
    pub filename: String,
    /// Its media type, as the browser says; empty where it says none.
    pub content_type: String,
    /// Its bytes.
    pub contents: Vec<u8>,
}

/// So many bytes of files come with one form: Lambda takes requests of 6 MB, in base64
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
pub(crate) const MAX_BYTES: usize = 4_000_000;
/// A form of ours has far fewer parts.
const MAX_PARTS: usize = 500;

/// What stands between the parts, where a body of this media type has parts.
pub(crate) fn boundary(content_type: &str) -> Option<&str> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = rest.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?;
    let value = value.trim_matches('"');
    // RFC 2046, 5.1.1.
    (1..=70).contains(&value.len()).then_some(value)
}

/// The fields and the files of a form; `None` where it is none.
pub(crate) fn read(body: &[u8], boundary: &str) -> Option<(HashMap<String, String>, Vec<Upload>)> {
    let (mut fields, mut files) = (HashMap::new(), vec![]);
    let between = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(&between.as_bytes()[2..])?;
    for _ in 0..MAX_PARTS {
        if rest.starts_with(b"--") {
            return Some((fields, files));
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let (head, behind) = split(rest, b"\r\n\r\n")?;
        let (contents, next) = split(behind, between.as_bytes())?;
        rest = next;
        let head = std::str::from_utf8(head).ok()?;
        let header = |name: &str| {
            let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
            lines.find(|(own, _)| own.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
        };
        let disposition = header("content-disposition")?;
        let name = parameter(disposition, "name")?;
        match parameter(disposition, "filename") {
            None => {
                // Of two fields with one name one would be lost without a word.
                if fields.insert(name, std::str::from_utf8(contents).ok()?.to_owned()).is_some() {
                    return None;
                }
            }
            // A field in which no file was chosen.
            Some(filename) if filename.is_empty() && contents.is_empty() => {}
            Some(filename) => files.push(Upload {
                filename: filename.rsplit(['/', '\\']).next().unwrap_or_default().to_owned(),
                content_type: header("content-type").unwrap_or_default().to_owned(),
                contents: contents.to_vec(),
            }),
        }
    }
    None
}

/// What stands before and behind the first place of this.
fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut from = 0;
    loop {
        // Most bytes of a file are no line break: looking for that alone is what is fast.
        from += bytes[from..].iter().position(|byte| *byte == at[0])?;
        if bytes[from..].starts_with(at) {
            return Some((&bytes[..from], &bytes[from + at.len()..]));
        }
        from += 1;
    }
}

/// A parameter of `Content-Disposition`, as browsers write it: in quotes, with those within as `%22`.
fn parameter(disposition: &str, name: &str) -> Option<String> {
    let start = format!("; {name}=\"");
    let from = disposition.find(&start)? + start.len();
    let value = disposition[from..].split('"').next()?;
    Some(value.replace("%22", "\"").replace("%0D", " ").replace("%0A", " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_files_are_told_apart() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nOne\r\n--y\r\n\r\n--x\r\n\
                    Content-Disposition: form-data; name=\"file\"; filename=\"C:\\a%22b.txt\"\r\nContent-Type: text/plain\r\n\r\n\
                    \r\n--\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\
                    Content-Type: application/octet-stream\r\n\r\n\r\n--x--\r\n";
        let (fields, files) = read(body.as_bytes(), "x").unwrap();
        assert_eq!(fields, [("text".to_owned(), "One\r\n--y\r\n".to_owned())].into());
        let expected = Upload {
            filename: "a\"b.txt".to_owned(),
            content_type: "text/plain".to_owned(),
            contents: b"\r\n--".to_vec(),
        };
        assert_eq!(files, [expected]);
    }

    #[test]
    fn what_is_broken_off_is_no_form() {
        let whole = b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--";
        assert!(read(whole, "x").is_some());
        for end in 0..whole.len() {
            assert!(read(&whole[..end], "x").is_none(), "{end}");
        }
        assert!(read(b"", "x").is_none() && read(b"a=1", "x").is_none());
    }

    #[test]
    fn a_boundary_is_that_of_a_form() {
        assert_eq!(boundary("multipart/form-data; boundary=----a"), Some("----a"));
        assert_eq!(boundary("Multipart/Form-Data; charset=utf-8; boundary=\"b c\""), Some("b c"));
        for other in [
            "application/x-www-form-urlencoded",
            "multipart/mixed; boundary=a",
            "multipart/form-data; boundary=",
        ] {
            assert_eq!(boundary(other), None, "{other}");
        }
    }
}
