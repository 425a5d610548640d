//! What a file does beside being looked at: scripts, macros, actions, files within files. A net with holes: who looks for nothing but
//! these words finds no more than whoever uses them openly.

use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::object::{Dict, MaybeRef, Name, Object};
use wire::mailbox::previews::Active;

/// So many objects of a document are looked at.
const MAX_OBJECTS: usize = 50_000;
/// Objects within objects, so deep.
const MAX_DEPTH: u32 = 8;

/// What a document in PDF does (ISO 32000-1, §12.6), in the order of [`Active`].
pub(crate) fn of_pdf(pdf: &Pdf, late: &dyn Fn() -> bool) -> Vec<Active> {
    let mut found = vec![];
    for (n, object) in pdf.objects().into_iter().take(MAX_OBJECTS).enumerate() {
        if n % 256 == 255 && late() {
            break;
        }
        of_object(&object, MAX_DEPTH, &mut found);
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn of_object(object: &Object<'_>, depth: u32, found: &mut Vec<Active>) {
    if depth == 0 {
        return;
    }
    match object {
        Object::Dict(dict) => of_dict(dict, depth, found),
        Object::Stream(stream) => of_dict(stream.dict(), depth, found),
        Object::Array(array) => {
            for item in array.raw_iter() {
                if let MaybeRef::NotRef(item) = item {
                    of_object(&item, depth - 1, found);
                }
            }
        }
        _ => {}
    }
}

fn of_dict(dict: &Dict<'_>, depth: u32, found: &mut Vec<Active>) {
    for (key, value) in dict.entries() {
        let value = match value {
            MaybeRef::NotRef(value) => Some(value),
            // What is referred to is an object of its own, and looked at as such.
            MaybeRef::Ref(_) => None,
        };
        let kind = match (key.as_str(), &value) {
            ("S", Some(Object::Name(name))) => match name.as_str() {
                "JavaScript" => Some(Active::Script),
                "Launch" => Some(Active::Launch),
                "SubmitForm" => Some(Active::Form),
                "GoToE" => Some(Active::Files),
                "ImportData" => Some(Active::Elsewhere),
                _ => None,
            },
            ("JS" | "JavaScript", _) => Some(Active::Script),
            ("EmbeddedFiles" | "EmbeddedFile" | "EF", _) => Some(Active::Files),
            ("OpenAction", _) if only_goes_to_a_page(dict) => None,
            ("OpenAction" | "AA", _) => Some(Active::OnOpening),
            ("XFA", _) => Some(Active::Form),
            _ => None,
        };
        found.extend(kind);
        if let Some(value) = value {
            of_object(&value, depth - 1, found);
        }
    }
}

/// Whether what happens at opening is no more than that it is opened at one of its pages.
fn only_goes_to_a_page(catalog: &Dict<'_>) -> bool {
    match catalog.get::<Object<'_>>("OpenAction") {
        Some(Object::Dict(action)) => action.get::<Name<'_>>("S").is_some_and(|kind| kind.as_str() == "GoTo"),
        Some(Object::Array(_)) | None => true,
        Some(_) => false,
    }
}

/// What a package of Office or `OpenDocument` does, by the names of the files in it.
pub(crate) fn of_names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Active> {
    let mut found = vec![];
    for name in names {
        let name = name.to_ascii_lowercase();
        let has = |part: &str| name.contains(part);
        if has("vbaproject.bin")
            || has("/macrosheets/")
            || name.starts_with("basic/")
            || name.starts_with("scripts/")
        {
            found.push(Active::Macros);
        }
        if has("/embeddings/") || has("/activex/") || name.starts_with("object ") {
            found.push(Active::Files);
        }
        if has("externallink") || has("/connections.xml") {
            found.push(Active::Elsewhere);
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// What an older document of Office does, by names in its container, which are in UTF-16 (MS-OVBA §2.2.1, MS-CFB §2.6.1).
pub(crate) fn of_ole(file: &[u8]) -> Vec<Active> {
    if has_utf16(file, "_VBA_PROJECT") { vec![Active::Macros] } else { vec![] }
}

/// Whether this name stands in a container.
pub(crate) fn has_utf16(file: &[u8], name: &str) -> bool {
    let wanted: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    file.windows(wanted.len()).any(|part| part == wanted)
}

/// What a page of the web or a drawing does.
pub(crate) fn of_markup(text: &str) -> Vec<Active> {
    let text = text.to_ascii_lowercase();
    let mut found = vec![];
    if ["<script", "javascript:", " onload", " onerror", " onclick"].iter().any(|sign| text.contains(sign)) {
        found.push(Active::Script);
    }
    if text.contains("<form") {
        found.push(Active::Form);
    }
    if ["src=\"http", "src='http", "href=\"http", "url(http"].iter().any(|sign| text.contains(sign)) {
        found.push(Active::Elsewhere);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macros_and_scripts_are_told_by_their_signs() {
        assert_eq!(of_names(["xl/workbook.xml", "xl/vbaProject.bin"].into_iter()), [Active::Macros]);
        assert_eq!(
            of_names(["Basic/script-lc.xml", "Object 1/content.xml"].into_iter()),
            [Active::Macros, Active::Files]
        );
        assert!(of_names(["xl/workbook.xml"].into_iter()).is_empty());
        let name: Vec<u8> = "_VBA_PROJECT".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(of_ole(&[b"\xd0\xcf\x11\xe0", &name[..]].concat()), [Active::Macros]);
        assert!(of_ole(b"_VBA_PROJECT").is_empty());
        assert_eq!(of_markup("<svg ONLOAD='x'>"), [Active::Script]);
        assert!(of_markup("<p>on loading").is_empty());
    }
}
