//! What a file is: by its name, by the type that is declared of it, and by its first bytes.
//!
//! Whoever sends a file writes name and declared type as they like. The detected type is what its first bytes say
//! (`mail::media_type`), and is none where they say nothing: plain text, CSV and most formats without a beginning of their own.
//! It proves nothing: bytes can be made that are two things at once.

use std::borrow::Cow;

use crate::base::text::is_invisible;

/// How far the bytes of a file are from what its name or its declared type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mismatch {
    /// It is of another kind, and no harm comes of opening it as what it says it is.
    Mislabelled,
    /// It says that it is a harmless kind of file, and is a program, a script or a web page.
    Disguised,
}

/// What a name or a declared type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    Picture,
    /// Sound or film: one container holds either.
    Media,
    Pdf,
    /// An office document or a book, as a package of XML.
    Package,
    /// A document of an older office program. These also wrote RTF, HTML and XML under such names.
    Office,
    Archive,
    /// Something that is read as text.
    Text,
    /// Something that a computer runs. Whatever else it is, nobody is misled.
    Program,
}

/// What a detected type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Picture,
    Media,
    Pdf,
    Package,
    Office,
    /// A ZIP archive, or a package of which no more is known.
    Zip,
    Archive,
    /// A program that is packed as an archive, as honest archives may be.
    PackedProgram,
    Program,
    /// Text that runs where it is opened as a program, and is text where it is opened as such.
    Script,
    Page,
    Text,
    Other,
}

/// Extensions that Windows, macOS or Linux run when they are opened, and scripts.
pub(crate) const EXECUTABLE: &[&str] = &[
    "apk",
    "app",
    "appimage",
    "application",
    "appx",
    "bat",
    "bin",
    "chm",
    "cmd",
    "com",
    "cpl",
    "deb",
    "dll",
    "dmg",
    "elf",
    "exe",
    "gadget",
    "hta",
    "inf",
    "jar",
    "js",
    "jse",
    "lnk",
    "msc",
    "msi",
    "msix",
    "msp",
    "pif",
    "pkg",
    "ps1",
    "psm1",
    "py",
    "reg",
    "rpm",
    "run",
    "scf",
    "scr",
    "sct",
    "sh",
    "sys",
    "url",
    "vb",
    "vbe",
    "vbs",
    "wsc",
    "wsf",
    "wsh",
    "xll",
];
/// Media types of the same, declared or detected.
pub(crate) const EXECUTABLE_TYPES: &[&str] = &[
    "application/x-msdownload",
    "application/x-msdos-program",
    "application/x-dosexec",
    "application/x-executable",
    "application/vnd.microsoft.portable-executable",
    "application/x-sh",
    "application/x-shellscript",
    "text/x-shellscript",
    "application/x-msi",
    "application/hta",
    "application/java",
    "application/java-vm",
    "application/java-archive",
    "application/javascript",
    "text/javascript",
    "application/x-mach-binary",
    "application/vnd.android.package-archive",
    "application/vnd.android.dex",
    "application/vnd.android.dey",
    "application/vnd.debian.binary-package",
    "application/x-rpm",
    "application/x-ms-shortcut",
];
/// Those of them that are packed as archives.
const PACKED_PROGRAMS: &[&str] = &[
    "application/java-archive",
    "application/vnd.android.package-archive",
    "application/vnd.debian.binary-package",
    "application/x-rpm",
];
/// Extensions of office documents with macros, and of the older formats that can have them.
pub(crate) const MACRO: &[&str] = &[
    "doc", "docm", "dot", "dotm", "mdb", "accdb", "pot", "potm", "ppa", "ppam", "ppsm", "ppt", "pptm",
    "sldm", "xla", "xlam", "xls", "xlsb", "xlsm", "xlt", "xltm", "odm", "slk",
];
/// Media types of the same, declared or detected. Which of the older formats an OLE container is, its first bytes don't say.
pub(crate) const MACRO_TYPES: &[&str] = &[
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.ms-access",
    OLE,
];
/// Extensions of what runs something where it is opened, and says so: pages, pictures that are pages, disk images and documents with macros.
const ACTIVE: &[&str] = &[
    "accde", "docm", "dotm", "htm", "html", "img", "iso", "mht", "mhtml", "odm", "one", "potm", "ppam",
    "ppsm", "pptm", "shtml", "sldm", "svg", "svgz", "vhd", "vhdx", "xht", "xhtml", "xlam", "xlsb", "xlsm",
    "xltm",
];
/// Media types of the same, declared or detected.
const ACTIVE_TYPES: &[&str] = &[
    "text/html",
    "application/xhtml+xml",
    "image/svg+xml",
    "application/x-iso9660-image",
    "multipart/related",
];

/// What opening a file may do, whatever is honest about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    /// It has a part that runs where it is opened: a page, a document with macros, a disk image.
    Active,
    /// It is a program or a script.
    Program,
}

/// What opening a file may do, by its name, by its declared and by its detected type, the worst of them; none where none of them says so.
pub fn harm(filename: &str, declared: &str, detected: Option<&str>) -> Option<Harm> {
    let (extension, declared) = (extension(filename), essence(declared));
    let types = [Some(declared.as_str()), detected];
    let is_type = |all: &[&str]| types.iter().flatten().any(|it| all.contains(it));
    // The first bytes of a script are text under another name; under a name that runs nothing it is read as text.
    let runs = |it: &&str| EXECUTABLE_TYPES.contains(it) && *it != "text/x-shellscript";
    if EXECUTABLE.contains(&extension.as_str()) || types.iter().flatten().any(runs) {
        return Some(Harm::Program);
    }
    let macros = declared.contains(".macroenabled.");
    (ACTIVE.contains(&extension.as_str()) || macros || is_type(ACTIVE_TYPES)).then_some(Harm::Active)
}

/// Extensions of archives and disk images.
pub(crate) const ARCHIVE: &[&str] = &[
    "7z", "ace", "arj", "bz2", "cab", "gz", "img", "iso", "lha", "lz", "lzh", "rar", "tar", "tbz", "tgz",
    "txz", "vhd", "vhdx", "xz", "z", "zip", "zst",
];
/// Media types of the same, declared or detected.
pub(crate) const ARCHIVE_TYPES: &[&str] = &[
    ZIP,
    "application/x-zip-compressed",
    "application/x-7z-compressed",
    "application/x-rar-compressed",
    "application/vnd.rar",
    "application/gzip",
    "application/x-gzip",
    "application/x-tar",
    "application/x-bzip2",
    "application/vnd.bzip3",
    "application/x-xz",
    "application/zstd",
    "application/x-lz4",
    "application/x-lzip",
    "application/x-compress",
    "application/x-cpio",
    "application/x-par2",
    "application/x-unix-archive",
    "application/vnd.ms-cab-compressed",
    "application/x-iso9660-image",
];

/// The container of the older office formats, of Outlook's mails and of Windows installers.
const OLE: &str = "application/x-ole-storage";
const ZIP: &str = "application/zip";
const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const SLIDES: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/// What stands behind the last dot, in lower case. Windows drops dots and spaces at the end of a name.
pub(crate) fn extension(filename: &str) -> String {
    let name = visible(filename).to_lowercase();
    let name = name.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    name.rsplit_once('.').map(|(_, behind)| behind.to_owned()).unwrap_or_default()
}

fn visible(text: &str) -> Cow<'_, str> {
    if text.contains(is_invisible) {
        text.chars().filter(|c| !is_invisible(*c)).collect()
    } else {
        text.into()
    }
}

/// `type/subtype` of a declared type, in lower case, without parameters.
pub(crate) fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The name under which a media type is registered, for names that programs write instead.
pub fn registered(media: &str) -> &str {
    match media {
        "image/jpg" | "image/pjpeg" => "image/jpeg",
        "image/x-png" => "image/png",
        "image/x-bmp" | "image/x-ms-bmp" => "image/bmp",
        "image/x-icon" | "image/ico" => "image/vnd.microsoft.icon",
        "image/heic" => "image/heif",
        "audio/mp3" | "audio/x-mp3" | "audio/x-mpeg" => "audio/mpeg",
        "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => "audio/wav",
        "audio/m4a" | "audio/x-m4a" => "audio/mp4",
        "audio/x-flac" => "audio/flac",
        "application/ogg" | "video/ogg" => "audio/ogg",
        "video/x-m4v" => "video/mp4",
        "video/avi" | "video/msvideo" => "video/x-msvideo",
        "application/x-pdf" => "application/pdf",
        "text/rtf" | "application/x-rtf" => "application/rtf",
        "application/xml" => "text/xml",
        "application/x-zip-compressed" | "application/x-zip" => ZIP,
        "application/x-gzip" | "application/x-tgz" => "application/gzip",
        "application/x-rar-compressed" | "application/x-rar" => "application/vnd.rar",
        "application/x-bzip" => "application/x-bzip2",
        "application/java-vm" => "application/java",
        "application/x-msdownload" | "application/x-msdos-program" | "application/x-dosexec" => {
            "application/vnd.microsoft.portable-executable"
        }
        "application/x-sh" | "text/x-sh" | "application/x-shellscript" => "text/x-shellscript",
        "application/x-deb" | "application/x-debian-package" => "application/vnd.debian.binary-package",
        other => other,
    }
}

/// Whether bytes of the detected type are honestly declared so: it is another name of it, or a format in it.
/// `application/octet-stream` says nothing, and agrees with nothing.
pub fn agrees(declared: &str, detected: &str) -> bool {
    let declared = essence(declared);
    let begins = |starts: [&str; 2]| starts.iter().any(|start| declared.starts_with(start));
    registered(&declared) == registered(detected)
        || match detected {
            // Templates and documents with macros are packed like the document.
            WORD => begins([WORD.trim_end_matches("document"), "application/vnd.ms-word."]),
            SHEET => begins([SHEET.trim_end_matches("sheet"), "application/vnd.ms-excel."]),
            SLIDES => begins([SLIDES.trim_end_matches("presentation"), "application/vnd.ms-powerpoint."]),
            OLE => claim_of_type(&declared) == Some(Claim::Office) || declared == "application/x-msi",
            // What is told from a plain archive by its first bytes is not one of them.
            ZIP => claim_of_type(&declared).is_none() && begins(["application/vnd.", "application/x-"]),
            "text/xml" => declared.ends_with("+xml"),
            "text/html" | "application/xhtml+xml" => {
                matches!(declared.as_str(), "text/html" | "application/xhtml+xml")
            }
            "text/x-shellscript" => declared.starts_with("text/x-"),
            _ => false,
        }
}

/// How far a file is from what its name or its declared type says, the worse of both; none where both may be so, or say nothing.
pub fn mismatch(filename: &str, declared: &str, detected: Option<&str>) -> Option<Mismatch> {
    let claims = [claim_of_name(&extension(filename)), claim_of_type(&essence(declared))];
    let Some(detected) = detected else {
        // Each of these begins with bytes of its own: what says nothing is none of them, and its name says what opens it.
        let harmless = [Claim::Picture, Claim::Pdf, Claim::Package, Claim::Office, Claim::Archive];
        let is_script =
            claims[0] == Some(Claim::Program) && claims[1].is_some_and(|it| harmless.contains(&it));
        return is_script.then_some(Mismatch::Disguised);
    };
    let kind = kind_of(detected);
    claims.into_iter().flatten().filter_map(|claim| clash(claim, kind)).max()
}

fn clash(claim: Claim, kind: Kind) -> Option<Mismatch> {
    match (claim, kind) {
        (Claim::Program, _)
        | (Claim::Picture, Kind::Picture)
        | (Claim::Media, Kind::Media)
        | (Claim::Pdf, Kind::Pdf)
        // A document with a password is an OLE container.
        | (Claim::Package, Kind::Package | Kind::Office | Kind::Zip)
        | (Claim::Office, Kind::Office | Kind::Package | Kind::Text)
        | (Claim::Archive, Kind::Archive | Kind::Zip | Kind::Package | Kind::PackedProgram)
        | (Claim::Text, Kind::Text | Kind::Script | Kind::Page) => None,
        // Many programs write their tables as HTML and call them .xls.
        (Claim::Office, Kind::Page) => Some(Mismatch::Mislabelled),
        (_, Kind::Program | Kind::PackedProgram | Kind::Script | Kind::Page) => Some(Mismatch::Disguised),
        _ => Some(Mismatch::Mislabelled),
    }
}

fn kind_of(detected: &str) -> Kind {
    match detected {
        "text/x-shellscript" => Kind::Script,
        "text/html" | "application/xhtml+xml" => Kind::Page,
        "application/pdf" => Kind::Pdf,
        "application/postscript" => Kind::Text,
        OLE | "application/rtf" => Kind::Office,
        ZIP => Kind::Zip,
        WORD | SHEET | SLIDES | "application/epub+zip" => Kind::Package,
        _ if PACKED_PROGRAMS.contains(&detected) => Kind::PackedProgram,
        _ if EXECUTABLE_TYPES.contains(&detected) => Kind::Program,
        _ if ARCHIVE_TYPES.contains(&detected) => Kind::Archive,
        _ if detected.starts_with("application/vnd.oasis.opendocument.") => Kind::Package,
        _ if detected.starts_with("image/") => Kind::Picture,
        _ if detected.starts_with("audio/") || detected.starts_with("video/") => Kind::Media,
        _ if detected.starts_with("text/") => Kind::Text,
        _ => Kind::Other,
    }
}

fn claim_of_name(extension: &str) -> Option<Claim> {
    Some(match extension {
        "png" | "jpg" | "jpeg" | "jpe" | "jfif" | "gif" | "bmp" | "webp" | "tif" | "tiff" | "ico"
        | "heic" | "heif" | "avif" | "jxl" | "psd" | "svg" => Claim::Picture,
        "mp3" | "wav" | "ogg" | "oga" | "opus" | "flac" | "m4a" | "aac" | "wma" | "mid" | "midi" | "aif"
        | "aiff" | "amr" | "mp4" | "m4v" | "mov" | "avi" | "mkv" | "webm" | "wmv" | "mpg" | "mpeg"
        | "3gp" | "flv" | "ogv" => Claim::Media,
        "pdf" => Claim::Pdf,
        "docx" | "docm" | "dotx" | "dotm" | "xlsx" | "xlsm" | "xlsb" | "xltx" | "pptx" | "pptm" | "ppsx"
        | "potx" | "odt" | "ods" | "odp" | "odg" | "epub" => Claim::Package,
        "doc" | "dot" | "xls" | "xlt" | "ppt" | "pps" | "pot" | "rtf" | "msg" | "vsd" | "mpp" | "pub" => {
            Claim::Office
        }
        "txt" | "csv" | "tsv" | "md" | "log" | "json" | "xml" | "yaml" | "yml" | "ics" | "vcf" | "eml"
        | "html" | "htm" | "xhtml" | "shtml" => Claim::Text,
        other if EXECUTABLE.contains(&other) => Claim::Program,
        other if ARCHIVE.contains(&other) => Claim::Archive,
        _ => return None,
    })
}

fn claim_of_type(declared: &str) -> Option<Claim> {
    Some(match declared {
        "application/pdf" | "application/x-pdf" => Claim::Pdf,
        "application/rtf"
        | "application/msword"
        | "application/vnd.ms-excel"
        | "application/vnd.ms-powerpoint"
        | "application/vnd.ms-outlook"
        | OLE => Claim::Office,
        "application/json" | "application/xml" => Claim::Text,
        "application/epub+zip" => Claim::Package,
        _ if EXECUTABLE_TYPES.contains(&declared) => Claim::Program,
        _ if ARCHIVE_TYPES.contains(&declared) => Claim::Archive,
        _ if declared.starts_with("application/vnd.openxmlformats-officedocument.")
            || declared.starts_with("application/vnd.oasis.opendocument.")
            || declared.contains(".macroenabled.") =>
        {
            Claim::Package
        }
        _ if declared.starts_with("image/") => Claim::Picture,
        _ if declared.starts_with("audio/") || declared.starts_with("video/") => Claim::Media,
        // RTF is one of them, and read as text too.
        _ if declared.starts_with("text/") && declared != "text/rtf" => Claim::Text,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXE: &str = "application/vnd.microsoft.portable-executable";
    const SCRIPT: &str = "text/x-shellscript";

    #[test]
    fn a_program_or_a_page_under_a_harmless_name_is_disguised() {
        for (name, declared, detected) in [
            ("invoice.pdf", "application/pdf", EXE),
            ("invoice.PDF. ", "application/octet-stream", EXE),
            ("invoice.p\u{200b}df", "application/octet-stream", EXE),
            ("cat.jpg", "image/jpeg", "application/x-executable"),
            ("notes.txt", "text/plain", "application/x-mach-binary"),
            ("backup.zip", "application/zip", EXE),
            ("table.xlsx", "", "application/java-archive"),
            ("film.mp4", "video/mp4", "application/x-ms-shortcut"),
            ("no extension", "image/png", EXE),
            // Whoever goes by the declared type is misled, though the name tells.
            ("run.exe", "image/png", EXE),
            ("letter.pdf", "application/pdf", SCRIPT),
            ("letter.doc", "application/msword", SCRIPT),
            ("invoice.pdf", "application/pdf", "text/html"),
            ("cat.png", "image/png", "text/html"),
            ("order.docx", "", "application/xhtml+xml"),
            ("drawing.svg", "image/svg+xml", "text/html"),
        ] {
            assert_eq!(mismatch(name, declared, Some(detected)), Some(Mismatch::Disguised), "{name}");
        }
    }

    #[test]
    fn what_is_of_another_kind_and_harmless_is_mislabelled() {
        for (name, declared, detected) in [
            ("scan.pdf", "application/pdf", "image/jpeg"),
            ("cat.png", "image/png", "application/pdf"),
            ("film.mp4", "video/mp4", "application/zip"),
            ("notes.txt", "text/plain", "image/png"),
            ("table.xls", "application/vnd.ms-excel", "text/html"),
            ("letter.doc", "application/msword", "application/zip"),
            ("letter.docx", WORD, "application/vnd.rar"),
            ("table.csv", "text/csv", OLE),
        ] {
            assert_eq!(mismatch(name, declared, Some(detected)), Some(Mismatch::Mislabelled), "{name}");
        }
    }

    #[test]
    fn honest_files_are_neither() {
        for (name, declared, detected) in [
            ("setup.exe", "application/octet-stream", Some(EXE)),
            ("setup.exe", "application/x-msdownload", Some(EXE)),
            ("setup", "application/octet-stream", Some(EXE)),
            ("install.sh", "text/plain", Some(SCRIPT)),
            ("install.txt", "text/plain", Some(SCRIPT)),
            ("page.txt", "text/plain", Some("text/html")),
            ("page.html", "text/html", Some("text/html")),
            ("feed.xml", "application/xml", Some("text/xml")),
            ("drawing.svg", "image/svg+xml", Some("image/svg+xml")),
            ("cat.png", "image/png", Some("image/jpeg")),
            ("photo.heic", "image/heic", Some("image/heif")),
            ("sound.mp4", "audio/mp4", Some("video/mp4")),
            ("letter.docx", WORD, Some("application/zip")),
            ("letter.docx", WORD, Some(OLE)),
            ("letter.doc", "application/msword", Some("application/rtf")),
            ("letter.doc", "application/msword", Some(WORD)),
            ("table.xls", "application/vnd.ms-excel", Some("text/xml")),
            ("classes.zip", "application/zip", Some("application/java-archive")),
            ("tool.jar", "application/java-archive", Some("application/java-archive")),
            ("map.kmz", "application/vnd.google-earth.kmz", Some("application/zip")),
            ("data", "", Some("application/vnd.sqlite3")),
            ("table.csv", "text/csv", None),
            ("cat.png", "image/png", None),
        ] {
            assert_eq!(mismatch(name, declared, detected), None, "{name} {declared} {detected:?}");
        }
    }

    #[test]
    fn what_runs_where_it_is_opened_is_told_however_honest_it_is() {
        for name in [
            "setup.exe",
            "a.js",
            "a.vbs",
            "a.scr",
            "a.bat",
            "a.cmd",
            "a.ps1",
            "a.jar",
            "a.hta",
            "a.lnk",
            "A.EXE. ",
        ] {
            assert_eq!(harm(name, "", None), Some(Harm::Program), "{name}");
        }
        assert_eq!(harm("photo", "", Some(EXE)), Some(Harm::Program));
        for name in ["disk.iso", "page.html", "page.htm", "logo.svg", "table.xlsm", "letter.docm"] {
            assert_eq!(harm(name, "", None), Some(Harm::Active), "{name}");
        }
        assert_eq!(harm("page", "text/html; charset=utf-8", None), Some(Harm::Active));
        for name in ["plan.pdf", "cat.png", "table.xlsx", "letter.doc", "notes.txt", "photos.zip", "Makefile"]
        {
            assert_eq!(harm(name, "application/octet-stream", None), None, "{name}");
        }
    }

    #[test]
    fn a_declared_type_agrees_with_other_names_of_what_is_detected_and_formats_in_it() {
        for (declared, detected) in [
            ("image/jpg", "image/jpeg"),
            ("Text/HTML; charset=utf-8", "text/html"),
            ("application/xml", "text/xml"),
            ("application/rss+xml", "text/xml"),
            ("application/msword", OLE),
            ("application/vnd.ms-word.document.macroEnabled.12", WORD),
            ("application/vnd.google-earth.kmz", ZIP),
            ("application/x-sh", SCRIPT),
        ] {
            assert!(agrees(declared, detected), "{declared} {detected}");
        }
        for (declared, detected) in [
            ("application/octet-stream", "application/pdf"),
            ("application/pdf", EXE),
            (WORD, ZIP),
            ("application/vnd.android.package-archive", ZIP),
            ("text/plain", "text/html"),
            ("", "image/png"),
        ] {
            assert!(!agrees(declared, detected), "{declared} {detected}");
        }
    }
}
