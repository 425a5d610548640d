//! Documents in PDF: their first pages as pictures.

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::{LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use image::{DynamicImage, RgbaImage};
use wire::mailbox::previews::{Active, MAX_PICTURE_BYTES, MAX_PICTURES, MAX_WIDTH, Picture, Shown, Why};

use crate::{active, pictures};

/// Pixels: a page that is higher becomes smaller. A4 at the full width is 1,697 high.
const MAX_HEIGHT: u32 = 1_700;
/// A page becomes at most so many times larger than it says it is, in points of 1/72 inch.
const MAX_SCALE: f32 = 3.0;

/// The first pages, as many as are drawn before it is late, and what the document does.
pub(crate) fn show(file: &[u8], late: &dyn Fn() -> bool) -> (Shown, Vec<Active>) {
    let pdf = match Pdf::new(file.to_vec()) {
        Ok(pdf) => pdf,
        Err(LoadPdfError::Decryption(_)) => return (Shown::Nothing { why: Why::Locked }, vec![]),
        Err(LoadPdfError::Invalid) => return (Shown::Nothing { why: Why::Broken }, vec![]),
    };
    let active = active::of_pdf(&pdf, late);
    let shown = match pages(&pdf, late) {
        Ok(shown) => shown,
        Err(why) => Shown::Nothing { why },
    };
    (shown, active)
}

fn pages(pdf: &Pdf, late: &dyn Fn() -> bool) -> Result<Shown, Why> {
    let pages = pdf.pages();
    let (cache, interpreter) = (RenderCache::new(), InterpreterSettings::default());
    let (mut drawn, mut size): (Vec<Picture>, usize) = (vec![], 0);
    for page in pages.iter().take(MAX_PICTURES) {
        if !drawn.is_empty() && late() {
            break;
        }
        let scale = scale(page.render_dimensions()).ok_or(Why::Broken)?;
        let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
        let pixels = render(page, &cache, &interpreter, &RenderSettings::default(), &settings);
        let (width, height) = (u32::from(pixels.width()), u32::from(pixels.height()));
        let picture = RgbaImage::from_raw(width, height, pixels.data_as_u8_slice().to_vec());
        // The ground is white: nothing can be seen through.
        let picture = DynamicImage::from(picture.ok_or(Why::Broken)?).into_rgb8();
        let picture = pictures::written(&picture.into())?;
        size += picture.data.len() / 4 * 3;
        if size > MAX_PICTURE_BYTES && !drawn.is_empty() {
            break;
        }
        drawn.push(picture);
    }
    if drawn.is_empty() {
        return Err(Why::Broken);
    }
    Ok(Shown::Pictures { pictures: drawn, pages: u32::try_from(pages.len()).ok() })
}

/// How many pixels a point gets; none for a page that would have no area then.
fn scale((width, height): (f32, f32)) -> Option<f32> {
    let most = |pixels: u32| u16::try_from(pixels).map_or(f32::MAX, f32::from);
    let scale = (most(MAX_WIDTH) / width).min(most(MAX_HEIGHT) / height).min(MAX_SCALE);
    let has_room = |length: f32| (1.0..=most(MAX_HEIGHT) + 1.0).contains(&(length * scale));
    (scale > 0.0 && has_room(width) && has_room(height)).then_some(scale)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// A document of these objects, the first of them its catalog.
    fn pdf(objects: &[&str]) -> Vec<u8> {
        let (mut file, mut places) = (b"%PDF-1.4\n".to_vec(), vec![]);
        for (n, object) in objects.iter().enumerate() {
            places.push(file.len());
            file.extend(format!("{} 0 obj\n{object}\nendobj\n", n + 1).bytes());
        }
        let table = file.len();
        file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
        for place in places {
            file.extend(format!("{place:010} 00000 n \n").bytes());
        }
        let size = objects.len() + 1;
        file.extend(format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n").bytes());
        file
    }

    fn stream(text: &str) -> String {
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len())
    }

    const CATALOG: &str = "<< /Type /Catalog /Pages 2 0 R >>";
    const FONT: &str = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>";

    fn page(more: &str) -> String {
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> {more} >>"
        )
    }

    /// A document of so many pages, all alike.
    fn letter(pages: usize, catalog: &str, text: &str) -> Vec<u8> {
        // Each is an object of its own: one that is named twice is one page.
        let others: Vec<String> = (1..pages).map(|n| format!("{} 0 R", n + 5)).collect();
        let kids = format!("<< /Type /Pages /Count {pages} /Kids [3 0 R {}] >>", others.join(" "));
        let (page, words) = (page(""), stream(text));
        let mut objects = vec![catalog, &kids, &page, &words, FONT];
        objects.extend(others.iter().map(|_| page.as_str()));
        pdf(&objects)
    }

    const HELLO: &str = "BT /F1 48 Tf 20 100 Td (Hello) Tj ET";

    fn drawn(file: &[u8]) -> (Vec<Picture>, Option<u32>) {
        match show(file, &|| false) {
            (Shown::Pictures { pictures, pages }, _) => (pictures, pages),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn pages_become_pictures() {
        let (pictures, pages) = drawn(&letter(7, CATALOG, HELLO));
        assert_eq!((pictures.len(), pages), (MAX_PICTURES, Some(7)));
        assert_eq!((pictures[0].width, pictures[0].height), (900, 600));
        let bytes = STANDARD.decode(&pictures[0].data).unwrap();
        let picture = image::load_from_memory(&bytes).unwrap().to_rgb8();
        let dark = picture.pixels().filter(|pixel| pixel.0.iter().all(|part| *part < 64)).count();
        assert!(dark > 1_000, "its letters are there: {dark}");
        let empty = drawn(&letter(1, CATALOG, ""));
        assert_ne!(empty.0[0].data, pictures[0].data);
    }

    #[test]
    fn what_is_late_is_left_out_but_for_the_first_page() {
        let (shown, _) = show(&letter(3, CATALOG, HELLO), &|| true);
        assert!(matches!(shown, Shown::Pictures { pictures, pages: Some(3) } if pictures.len() == 1));
    }

    #[test]
    fn what_a_document_does_is_said() {
        let found = |catalog: &str| show(&letter(1, catalog, HELLO), &|| false).1;
        assert!(found(CATALOG).is_empty());
        let script =
            "<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> >>";
        assert_eq!(found(script), [Active::Script, Active::OnOpening]);
        let escaped = "<< /Type /Catalog /Pages 2 0 R /AA << /O << /S /#4Caunch /F (cmd.exe) >> >> >>";
        assert_eq!(found(escaped), [Active::Launch, Active::OnOpening]);
        let files = "<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [] >> >> >>";
        assert_eq!(found(files), [Active::Files]);
        let goes_to = "<< /Type /Catalog /Pages 2 0 R /OpenAction [3 0 R /Fit] >>";
        assert!(found(goes_to).is_empty(), "where it is opened is no act");
    }

    #[test]
    fn hostile_documents_end() {
        let broken = Shown::Nothing { why: Why::Broken };
        let whole = letter(1, CATALOG, HELLO);
        assert_eq!(show(b"%PDF-1.7\n", &|| false).0, broken);
        for end in [20, whole.len() / 4, whole.len() / 2, whole.len() - 10] {
            let _ = show(&whole[..end], &|| false);
        }
        // Pages that are their own parents and children.
        let circle = pdf(&[CATALOG, "<< /Type /Pages /Count 1 /Kids [2 0 R 2 0 R] /Parent 2 0 R >>"]);
        assert_eq!(show(&circle, &|| false).0, broken);
        for size in ["[0 0 1e30 1]", "[0 0 0 0]", "[0 0 1 100000000]", "[5 5 -1e9 0.00001]"] {
            let text = page("").replace("[0 0 300 200]", size);
            let kids = "<< /Type /Pages /Count 1 /Kids [3 0 R] >>";
            let _ = show(&pdf(&[CATALOG, kids, &text, &stream(HELLO), FONT]), &|| false);
        }
    }
}
