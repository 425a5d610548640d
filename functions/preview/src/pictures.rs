//! Pictures: read by their own decoder, within bounds that are looked at before, and written anew.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use wire::mailbox::previews::{MAX_PICTURE_BYTES, MAX_WIDTH, Picture, PictureFormat, Shown, Why};

/// Pixels of a picture that is drawn: a good camera's.
const MAX_PIXELS: u64 = 40_000_000;
/// Bytes that a decoder may take for one picture. The function has 512 MB.
const MAX_MEMORY: u64 = 200 * 1024 * 1024;
/// Pixels: a picture that is higher, such as one of a whole page of the web, becomes smaller.
const MAX_HEIGHT: u32 = 4 * MAX_WIDTH;
/// Bytes up to which a picture is written as PNG, without loss.
const PNG_UP_TO: usize = 400 * 1024;
/// Of JPEG, of 100: letters stay sharp.
const QUALITY: u8 = 82;

/// The picture, at most [`MAX_WIDTH`] wide.
pub(crate) fn show(file: &[u8]) -> Shown {
    match draw(file) {
        Ok(picture) => Shown::Pictures { pictures: vec![picture], pages: None },
        Err(why) => Shown::Nothing { why },
    }
}

fn draw(file: &[u8]) -> Result<Picture, Why> {
    let format = image::guess_format(file).map_err(|error| why(&error))?;
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| why(&error))?;
    // What the header says is looked at before a pixel is.
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS || decoder.total_bytes() > MAX_MEMORY {
        return Err(Why::TooManyPixels);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| why(&error))?;
    if picture.width() > MAX_WIDTH || picture.height() > MAX_HEIGHT {
        picture = fitted(&picture);
    }
    picture.apply_orientation(orientation);
    // Turned, it may be too wide where it was too high before.
    if picture.width() > MAX_WIDTH || picture.height() > MAX_HEIGHT {
        picture = fitted(&picture);
    }
    let picture = written(&picture)?;
    if picture.data.len() / 4 * 3 > MAX_PICTURE_BYTES { Err(Why::TooManyPixels) } else { Ok(picture) }
}

fn fitted(picture: &DynamicImage) -> DynamicImage {
    picture.thumbnail(MAX_WIDTH, MAX_HEIGHT)
}

/// A picture as it is shown. What is small or has few colours stays as it is, and photos become JPEG.
pub(crate) fn written(picture: &DynamicImage) -> Result<Picture, Why> {
    let has_alpha = picture.color().has_alpha();
    let (width, height) = (picture.width(), picture.height());
    let plain: DynamicImage = if has_alpha { picture.to_rgba8().into() } else { picture.to_rgb8().into() };
    let mut png = Cursor::new(Vec::<u8>::new());
    plain.write_to(&mut png, ImageFormat::Png).map_err(|error| why(&error))?;
    let (mut bytes, mut format) = (png.into_inner(), PictureFormat::Png);
    if bytes.len() > PNG_UP_TO {
        let mut jpeg: Vec<u8> = vec![];
        let encoder = &mut JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
        encoder.encode_image(&on_white(&plain)).map_err(|error| why(&error))?;
        if jpeg.len() < bytes.len() {
            (bytes, format) = (jpeg, PictureFormat::Jpeg);
        }
    }
    Ok(Picture { format, width, height, data: STANDARD.encode(bytes) })
}

/// What can be seen through is white.
fn on_white(picture: &DynamicImage) -> RgbImage {
    let DynamicImage::ImageRgba8(picture) = picture else { return picture.to_rgb8() };
    let mut flat = RgbImage::new(picture.width(), picture.height());
    for (from, to) in picture.pixels().zip(flat.pixels_mut()) {
        let [red, green, blue, alpha] = from.0.map(u16::from);
        let over = |part: u16| u8::try_from((part * alpha + 255 * (255 - alpha)) / 255).unwrap_or(255);
        *to = Rgb([over(red), over(green), over(blue)]);
    }
    flat
}

fn why(error: &ImageError) -> Why {
    match error {
        ImageError::Limits(_) => Why::TooManyPixels,
        _ => Why::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let picture = RgbImage::from_fn(width, height, |x, y| {
            // As good as noise: nothing of it can be packed.
            let mixed = (x + y * 7_919).wrapping_mul(2_654_435_761);
            let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(2_246_822_507);
            let [red, green, blue, _] = (mixed ^ (mixed >> 13)).to_be_bytes();
            Rgb([red, green, blue])
        });
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::from(picture).write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    fn drawn(file: &[u8]) -> Picture {
        match show(file) {
            Shown::Pictures { mut pictures, pages: None } => pictures.remove(0),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_picture_is_made_anew_and_no_wider_than_a_page() {
        let file = png(30, 20);
        // What lies behind its end is not taken along.
        let with_more = [&file[..], b"<script>alert(1)</script>"].concat();
        let picture = drawn(&with_more);
        assert_eq!((picture.width, picture.height, picture.format), (30, 20, PictureFormat::Png));
        let bytes = STANDARD.decode(picture.data).unwrap();
        assert!(!bytes.windows(7).any(|part| part == b"<script"));
        let wide = drawn(&png(2_400, 1_200));
        assert_eq!((wide.width, wide.height, wide.format), (1_200, 600, PictureFormat::Jpeg));
        for format in [ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            let mut bytes = Cursor::new(Vec::new());
            image::load_from_memory(&file).unwrap().to_rgb8().write_to(&mut bytes, format).unwrap();
            assert_eq!(drawn(&bytes.into_inner()).width, 30, "{format:?}");
        }
    }

    #[test]
    fn what_is_seen_through_becomes_white() {
        let mut clear = image::RgbaImage::new(2, 1);
        clear.put_pixel(1, 0, image::Rgba([255, 0, 0, 255]));
        assert_eq!(on_white(&clear.into()).into_raw(), [255, 255, 255, 255, 0, 0]);
    }

    #[test]
    fn a_picture_that_says_it_is_huge_is_not_begun() {
        let mut file = png(30, 20);
        // Width and height of the header, and its checksum (PNG §11.2.2).
        file[16..20].copy_from_slice(&100_000_u32.to_be_bytes());
        file[20..24].copy_from_slice(&100_000_u32.to_be_bytes());
        let mut sum = flate2::Crc::new();
        sum.update(&file[12..29]);
        file[29..33].copy_from_slice(&sum.sum().to_be_bytes());
        assert_eq!(show(&file), Shown::Nothing { why: Why::TooManyPixels });
    }

    #[test]
    fn what_is_damaged_is_said_to_be() {
        let file = png(300, 200);
        for damaged in
            [&file[..20], &file[..60], &b"\x89PNG\r\n\x1a\n"[..], &b"GIF89a\xff\xff\xff\xff"[..], b""]
        {
            assert!(matches!(show(damaged), Shown::Nothing { .. }), "{} bytes", damaged.len());
        }
    }
}
