//! HTML from a stranger, made fit to be shown.
//!
//! The result is meant for a sandboxed frame under a content security policy; it does not rely on either.
//! The allow-list is ammonia's job. A linear pass before it keeps hostile nesting and numbers away from it
//! (ammonia and html5ever are quadratic in depth: 550 KB of `<div>` take ten seconds).

use std::{
    collections::{HashMap, HashSet},
    panic::catch_unwind,
    sync::LazyLock,
};

use ammonia::{Builder, UrlRelative};

use crate::markup::{self, Token, Tokens};
use crate::text::cut;

/// Most HTML that is looked at, in bytes. What follows is cut off.
pub const MAX_HTML: usize = 1 << 20;

/// HTML that may be shown to a person, and what had to be done to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SanitisedHtml {
    /// The safe fragment (no `html`, `head` or `body`). At most about six times [`MAX_HTML`], when every byte
    /// of the input had to be escaped.
    ///
    /// Links open a new window and carry `rel="noopener noreferrer nofollow"`. An image from the net has its
    /// address in `data-src` (`http:`, `https:` or protocol-relative) and no `src`, so nothing is fetched;
    /// `src` remains for `cid:` and for small `data:` images (PNG, GIF, JPEG, WebP), which fetch nothing.
    pub html: String,
    /// How many images and backgrounds would have been fetched from the net.
    pub remote_images: usize,
    /// The input was longer, deeper or had more elements than is looked at: some of it is missing.
    pub truncated: bool,
    /// Something that acts was removed: a script, an event handler, a frame, a form control, SVG.
    pub active_content: bool,
    /// Something that the sender's styles would have hidden is now visible. Common in newsletters (preview
    /// texts) and in attempts to instruct a language model behind a reader's back.
    pub hidden_text: bool,
}

/// Makes HTML fit to be shown to a person. Never fails; see [`SanitisedHtml`] for what comes out.
///
/// No scripts, event handlers, forms, frames, style sheets or anything that fetches by itself. Styles keep
/// colours, fonts and spacing only, so nothing can be loaded, moved over something else, or hidden by anything
/// but its colour.
pub fn sanitise_html(html: &str) -> SanitisedHtml {
    let (html, cut_off) = cut(html, MAX_HTML);
    let balanced = markup::balance(html);
    // What makes third-party code panic is not worth showing, and must not stop the mail around it.
    let cleaned = catch_unwind(|| clean(&balanced.html));
    let gave_up = cleaned.is_err();
    let (html, images) = cleaned.unwrap_or_default();
    SanitisedHtml {
        html,
        remote_images: images + balanced.remote_backgrounds,
        truncated: cut_off || balanced.limit.is_some() || gave_up,
        active_content: balanced.active,
        hidden_text: balanced.hidden,
    }
}

/// Style properties that can neither move, nor cover, nor fetch. Of `font-size`, only some values: see
/// [`is_readable`].
#[rustfmt::skip] // a table
const STYLES: [&str; 42] = [
    "background-color", "border", "border-bottom", "border-bottom-color", "border-bottom-style", "border-bottom-width",
    "border-collapse", "border-color", "border-left", "border-left-color", "border-left-style", "border-left-width",
    "border-radius", "border-right", "border-right-color", "border-right-style", "border-right-width", "border-spacing",
    "border-style", "border-top", "border-top-color", "border-top-style", "border-top-width", "border-width", "color",
    "font-family", "font-size", "font-style", "font-variant", "font-weight", "list-style-type", "max-width", "padding",
    "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align", "text-decoration", "vertical-align",
    "white-space", "width",
];

/// Runs ammonia and counts the images that would have been fetched.
fn clean(html: &str) -> (String, usize) {
    // Building the tables costs more than cleaning a short mail.
    static BUILDER: LazyLock<Builder<'static>> = LazyLock::new(builder);
    let safe = BUILDER.clean(html).to_string();
    let remote = |token: &Token| matches!(token, Token::Start(tag) if tag.name == "img" && tag.get("data-src").is_some());
    let images = Tokens::new(&safe).filter(remote).count();
    (safe, images)
}

fn builder() -> Builder<'static> {
    let generic: HashSet<&str> =
        ["align", "bgcolor", "dir", "height", "lang", "style", "title", "valign", "width"].into();
    let by_tag: HashMap<&str, HashSet<&str>> = [
        ("a", ["href"].into()),
        ("blockquote", ["type"].into()),
        ("col", ["span"].into()),
        ("colgroup", ["span"].into()),
        ("font", ["color", "face", "size"].into()),
        ("hr", ["size", "noshade", "color"].into()),
        ("img", ["alt", "border", "src", "data-src"].into()),
        ("li", ["value", "type"].into()),
        ("ol", ["start", "type", "reversed"].into()),
        ("table", ["border", "cellpadding", "cellspacing", "summary"].into()),
        ("td", ["colspan", "rowspan", "headers", "nowrap"].into()),
        ("th", ["colspan", "rowspan", "headers", "nowrap", "scope", "abbr"].into()),
        ("ul", ["type"].into()),
    ]
    .into();
    let mut builder = Builder::empty();
    builder
        .tags(markup::element_names().collect())
        .generic_attributes(generic)
        .tag_attributes(by_tag)
        .url_schemes(["http", "https", "mailto", "tel", "cid", "data"].into())
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank")
        .clean_content_tags(["script", "style", "title", "template", "iframe"].into())
        .strip_comments(true)
        .filter_style_properties(STYLES.into())
        .attribute_filter(|tag, attribute, value| match (tag, attribute) {
            ("img", "src") => (is_scheme(value, "cid") || is_harmless_data(value)).then(|| value.into()),
            ("img", "data-src") => is_remote(value).then(|| value.trim().into()),
            ("a", "href") => {
                ["http", "https", "mailto", "tel"].iter().any(|s| is_scheme(value, s)).then(|| value.into())
            }
            (_, "style") => style(value).map(Into::into),
            _ => Some(value.into()),
        });
    builder
}

/// Whether `url` has the scheme `scheme`, read strictly: no leading space, no control characters inside.
fn is_scheme(url: &str, scheme: &str) -> bool {
    url.split_once(':').is_some_and(|(found, _)| found.eq_ignore_ascii_case(scheme))
}

fn is_remote(url: &str) -> bool {
    let url = url.trim();
    is_scheme(url, "http") || is_scheme(url, "https") || url.starts_with("//")
}

/// Images in the mail itself, in formats that hold no script (unlike SVG).
fn is_harmless_data(url: &str) -> bool {
    ["data:image/png;base64,", "data:image/gif;base64,", "data:image/jpeg;base64,", "data:image/webp;base64,"]
        .iter()
        .any(|prefix| {
            url.len() >= prefix.len()
                && url.as_bytes()[..prefix.len()].eq_ignore_ascii_case(prefix.as_bytes())
        })
}

/// The declarations of a style that may stay.
fn style(value: &str) -> Option<String> {
    if fetches(value) {
        return None;
    }
    let stays = |declaration: &&str| match declaration.split_once(':') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("font-size") => is_readable(value),
        _ => true,
    };
    let kept: Vec<_> = value.split(';').filter(stays).collect();
    Some(kept.join(";"))
}

/// Whether a font size lets people read: absolute, because relative ones multiply when they are nested.
fn is_readable(size: &str) -> bool {
    let size = size.trim().to_ascii_lowercase();
    let size = size.trim_end_matches("!important").trim_end();
    let absolute = size.strip_suffix("px").or_else(|| size.strip_suffix("pt"));
    absolute.is_some_and(|number| number.parse::<f32>().is_ok_and(|number| (6.0..=120.0).contains(&number)))
        || matches!(size, "small" | "medium" | "large" | "x-large" | "xx-large")
}

/// Whether a style may fetch or run something. Escapes (`\75rl(`) have no honest use in mail and are refused.
fn fetches(style: &str) -> bool {
    let style = style.to_ascii_lowercase();
    ["\\", "url", "image", "expression", "javascript", "@", "var(", "attr("]
        .iter()
        .any(|bad| style.contains(bad))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;

    fn safe(html: &str) -> String {
        sanitise_html(html).html
    }

    #[test]
    fn what_acts_is_gone() {
        for html in [
            "<script>alert(1)</script>x",
            "<img src=x onerror=alert(1)>x",
            "<svg/onload=alert(1)>x",
            "<a href='javascript:alert(1)'>x</a>",
            "<a href=' java\nscript:alert(1)'>x</a>",
            "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
            "<iframe src='https://x.test'></iframe>x",
            "<form action='https://x.test'><input name=a></form>x",
            "<style>@import 'https://x.test';</style>x",
            "<link rel=stylesheet href='https://x.test'>x",
            "<meta http-equiv=refresh content='0;url=https://x.test'>x",
            "<base href='https://x.test'>x",
            "<div style='background:url(https://x.test)'>x</div>",
            "<div style='color:red;background-color:\\75rl(https://x.test)'>x</div>",
            "<img src='data:image/svg+xml;base64,AAAA'>x",
            "<math><mtext><img src=x onerror=alert(1)></mtext></math>x",
        ] {
            let out = safe(html).to_lowercase();
            for bad in ["script", "alert", "onerror", "onload", "x.test", "svg", "<form", "<input", "url("] {
                assert!(!out.contains(bad), "{html} -> {out}");
            }
            assert!(out.contains('x'), "{html} -> {out}");
        }
    }

    #[test]
    fn images_stay_away_from_the_net() {
        let out = sanitise_html(
            "<img src='https://t.test/p.gif' alt=a><img src='cid:logo'><img src='//t.test/q'>\
             <img src='data:image/png;base64,iVBORw0KGgo='><td background='https://t.test/b'>",
        );
        assert_eq!(out.remote_images, 3);
        assert!(out.html.contains("data-src=\"https://t.test/p.gif\""), "{}", out.html);
        assert!(out.html.contains(" src=\"cid:logo\""), "{}", out.html);
        assert!(out.html.contains(" src=\"data:image/png"), "{}", out.html);
        assert!(!out.html.contains(" src=\"https") && !out.html.contains(" src=\"//"), "{}", out.html);
    }

    #[test]
    fn links_are_marked() {
        let out = safe("<a href='https://x.test/?a=1&amp;b=2' target=_top rel=opener>x</a>");
        assert!(out.contains("rel=\"noopener noreferrer nofollow\""), "{out}");
        assert!(out.contains("target=\"_blank\""), "{out}");
        assert!(out.contains("href=\"https://x.test/?a=1&amp;b=2\""), "{out}");
    }

    #[test]
    fn hidden_text_is_shown_and_reported() {
        let out = sanitise_html("<div style='display: none; color:red'>secret</div>");
        assert!(out.hidden_text);
        assert!(out.html.contains("secret") && !out.html.contains("display"), "{}", out.html);
    }

    #[test]
    fn fonts_stay_readable() {
        for (size, kept) in [
            ("12px", true),
            ("9.5pt", true),
            ("large", true),
            ("0", false),
            ("1px", false),
            ("0.1em", false),
            ("50%", false),
        ] {
            let out = safe(&format!("<p style='font-size:{size};color:red'>x</p>"));
            assert_eq!(out.contains("font-size"), kept, "{out}");
            assert!(out.contains("color:red"), "{out}");
        }
    }

    #[test]
    fn ordinary_mail_keeps_its_looks() {
        let html = "<table width=\"600\" bgcolor=\"#fff\"><tbody><tr><td style=\"padding:4px;color:#333\"><b>Hi</b></td></tr></tbody></table>";
        assert_eq!(safe(html), html);
    }

    /// Pieces of HTML, whole and broken.
    fn markup() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            3 => any::<char>().prop_map(String::from),
            2 => "[ -~]{0,12}",
            8 => select(vec![
                "<", ">", "</", "/>", "<!--", "-->", "<![CDATA[", "]]>", "<script>", "</script>", "<svg>", "<math>", "<style>",
                "</style>", "<a href=", "<img src=", "<p>", "</p>", "<b>", "</b>", "<table>", "<td>", "</table>", "<div style='",
                "javascript:alert(1)", "data:text/html,x", "https://t.test/x", "//t.test", "cid:x", "\"", "'", "=", " onclick=", "&#106;",
                "&lt;script&gt;", "&amp;", "<plaintext>", "<textarea>", "<noscript>", "<title>", "url(https://t.test)", "\\", "\0",
                "<mglyph>", "<mtext>", "<select>", "<template>", "<iframe srcdoc=", "<form action=", "data-src=", "background=",
            ])
            .prop_map(String::from),
        ];
        vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: if cfg!(debug_assertions) { 500 } else { 20_000 },
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        /// Nothing but known elements and attributes, with harmless addresses, comes out; and cleaning what is
        /// clean changes nothing that matters.
        #[test]
        fn only_harmless_things_come_out(html in markup()) {
            let out = sanitise_html(&html);
            let mut images = 0;
            let mut tags = 0;
            for token in Tokens::new(&out.html) {
                match token {
                    Token::Text(_) => continue,
                    Token::End(name) => prop_assert!(markup::element_names().any(|known| known == name)),
                    Token::Start(tag) => {
                        prop_assert!(markup::element_names().any(|known| known == tag.name), "{}", out.html);
                        for (attribute, value) in &tag.attributes {
                            let fine = match attribute.as_str() {
                                "href" => ["http:", "https:", "mailto:", "tel:"].iter().any(|s| value.to_lowercase().starts_with(s)),
                                "src" => value.to_lowercase().starts_with("cid:") || is_harmless_data(value),
                                "data-src" => is_remote(value),
                                "style" => !fetches(value),
                                "rel" | "target" => tag.name == "a",
                                known => markup::ATTRIBUTES.contains(&known),
                            };
                            prop_assert!(fine, "{attribute}={value} in {}", out.html);
                            images += usize::from(attribute == "data-src");
                        }
                    }
                    Token::Raw(..) | Token::Comment(_) => prop_assert!(false, "{}", out.html),
                }
                tags += 1;
            }
            prop_assert_eq!(out.html.matches('<').count(), tags, "no stray bracket in {}", out.html);
            prop_assert!(out.remote_images >= images);
            let again = sanitise_html(&out.html);
            prop_assert!(!again.active_content && !again.hidden_text, "{}", out.html);
            let (text, _) = markup::to_text(&out.html, MAX_HTML);
            prop_assert!(text.len() <= MAX_HTML);
        }
    }
}
