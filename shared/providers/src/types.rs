//! Media types of file names, as far as providers go by the names.

use crate::fields::File;

/// Endings of names and the type that each stands for (<https://www.iana.org/assignments/media-types>).
#[rustfmt::skip] // a table
const TYPES: [(&str, &str); 44] = [
    ("bmp", "image/bmp"), ("css", "text/css"), ("csv", "text/csv"), ("doc", "application/msword"),
    ("docm", "application/vnd.ms-word.document.macroenabled.12"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("epub", "application/epub+zip"), ("gif", "image/gif"), ("gz", "application/gzip"), ("htm", "text/html"),
    ("html", "text/html"), ("ics", "text/calendar"), ("jpeg", "image/jpeg"), ("jpg", "image/jpeg"),
    ("js", "text/javascript"), ("json", "application/json"), ("m4a", "audio/mp4"), ("md", "text/markdown"),
    ("mov", "video/quicktime"), ("mp3", "audio/mpeg"), ("mp4", "video/mp4"),
    ("msg", "application/vnd.ms-outlook"), ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odt", "application/vnd.oasis.opendocument.text"), ("pdf", "application/pdf"), ("png", "image/png"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("rtf", "application/rtf"), ("svg", "image/svg+xml"), ("tar", "application/x-tar"), ("tif", "image/tiff"),
    ("tiff", "image/tiff"), ("tsv", "text/tab-separated-values"), ("txt", "text/plain"), ("vcf", "text/vcard"),
    ("wav", "audio/wav"), ("webm", "video/webm"), ("webp", "image/webp"), ("xls", "application/vnd.ms-excel"),
    ("xlsm", "application/vnd.ms-excel.sheet.macroenabled.12"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), ("xml", "application/xml"),
    ("zip", "application/zip"),
];

/// Whether the name of a file stands for its type; none where it ends with nothing that is known.
pub(crate) fn name_fits(file: &File) -> Option<bool> {
    let extension = file.extension()?;
    let (_, stands_for) = TYPES.iter().find(|(known, _)| *known == extension)?;
    let declared = file.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // Of these two there are names that stand for either.
    let either = ["application/xml", "text/xml"];
    Some(declared == *stands_for || (either.contains(stands_for) && either.contains(&&*declared)))
}
