//! The way into the normal form: HTML as it was given, read token by token, into HTML that every parser reads alike.
//!
//! What no mail may have is refused here, where its place is known. What the form has no word for is replaced by the
//! plain element that is nearest, or taken out with what it holds; comments, scripts and style sheets are set apart.

use super::changes::{ChangeKind, Changes};
use super::{Place, Reason, Refused};
use crate::markup::tokens::place;
use crate::markup::{ATTRIBUTES, Balancer, Limit, Tag, Token, Tokens, is_known_element};

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Intake {
    /// Well nested, of known elements, with classes and ids.
    pub(super) html: String,
    /// All style sheets.
    pub(super) css: String,
    /// The attributes of the body.
    pub(super) body: Vec<(String, String)>,
    /// The language of the document.
    pub(super) language: Option<String>,
    /// How many start tags there were.
    pub(super) elements: usize,
    /// Bytes of all classes and ids.
    pub(super) names: usize,
}

/// Attributes that lead somewhere or fetch something.
const ADDRESSES: [&str; 12] = [
    "action",
    "background",
    "cite",
    "data",
    "formaction",
    "href",
    "longdesc",
    "poster",
    "src",
    "usemap",
    "xlink:href",
    "ping",
];

/// Elements that are taken out with everything in them: no text of theirs belongs to the mail.
const REMOVED: [&str; 5] = ["datalist", "dialog", "math", "svg", "template"];

/// HTML within `svg` or `math` that ends it (WHATWG HTML §13.2.6.5).
#[rustfmt::skip] // a table
const BREAKS_OUT: [&str; 44] = [
    "b", "big", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em", "embed", "h1", "h2", "h3",
    "h4", "h5", "h6", "head", "hr", "i", "img", "li", "listing", "menu", "meta", "nobr", "ol", "p", "pre", "ruby", "s",
    "small", "span", "strike", "strong", "sub", "sup", "table", "tt", "u", "ul", "var",
];

/// Elements without content that the form has no word for.
const VOID: [&str; 14] = [
    "area", "base", "basefont", "bgsound", "embed", "frame", "input", "keygen", "link", "meta", "param",
    "source", "track", "command",
];

/// Attributes that say nothing in a mail or nothing to its reader: they vanish without a word.
fn is_silent(attribute: &str) -> bool {
    super::write::EDGES.iter().flatten().any(|edge| *edge == attribute)
        || matches!(
            attribute,
            "aria-hidden"
                | "aria-label"
                | "class"
                | "data-src"
                | "id"
                | "itemprop"
                | "itemscope"
                | "itemtype"
                | "name"
                | "rel"
                | "role"
                | "target"
                | "version"
                | "prefix"
                | "property"
        )
        || attribute.starts_with("data-")
        || attribute.starts_with("aria-")
        || attribute.starts_with("xmlns")
        || attribute.starts_with("xml:")
}

/// What is being taken out.
struct Removal {
    name: String,
    /// Elements of the same name within it.
    depth: usize,
    text: String,
}

struct Reader<'a, 'c> {
    html: &'a str,
    changes: &'c mut Changes,
    balancer: Balancer,
    intake: Intake,
    removal: Option<Removal>,
    /// Within the head of a document no text is shown.
    heading: bool,
}

/// Some programs guess UTF-7 (RFC 2152) where they find this, and see tags where others see letters.
pub(super) const UTF7: &str = "+ADw-";

/// Reads HTML, or says why it can't be sent.
pub(super) fn read(html: &str, changes: &mut Changes) -> Result<Intake, Refused> {
    let mut reader = Reader {
        html,
        changes,
        balancer: Balancer::new(html.len(), true),
        intake: Intake::default(),
        removal: None,
        heading: false,
    };
    if let Some(at) = html.find(UTF7) {
        return Err(reader.refuse(Reason::Charset, at, UTF7));
    }
    for token in Tokens::new(html) {
        reader.token(token)?;
    }
    if let Some(removal) = reader.removal.take() {
        reader.removed(&removal);
    }
    let Reader { balancer, mut intake, .. } = reader;
    let balanced = balancer.finish();
    if let Some((limit, at)) = balanced.limit {
        let reason = match limit {
            Limit::Depth => Reason::TooDeep,
            Limit::Elements => Reason::TooManyElements,
            Limit::Value => Reason::AttributeTooLong,
            Limit::Size => Reason::TooLarge,
        };
        return Err(Refused::new(reason, Some(place_in(html, at)), excerpt(html, at)));
    }
    if balanced.moved {
        changes.add(ChangeKind::MovedIntoCell, "table");
    }
    intake.html = balanced.html;
    Ok(intake)
}

fn place_in(html: &str, at: usize) -> Place {
    let (line, column) = place(html, at);
    Place { line, column }
}

/// What stands at a place, for somebody who looks for it.
fn excerpt(html: &str, at: usize) -> String {
    html.get(html.floor_char_boundary(at)..).unwrap_or_default().chars().take(60).collect()
}

impl Reader<'_, '_> {
    fn refuse(&self, reason: Reason, at: usize, what: &str) -> Refused {
        Refused::new(reason, Some(place_in(self.html, at)), what.chars().take(60).collect())
    }

    fn token(&mut self, token: Token) -> Result<(), Refused> {
        match token {
            Token::Comment(text) => {
                self.changes.add(ChangeKind::CommentRemoved, &text);
                Ok(())
            }
            Token::Start(tag) => self.start(tag),
            Token::End(name) => {
                self.end(&name);
                Ok(())
            }
            Token::Text(text) => {
                self.text(&text);
                Ok(())
            }
            Token::Raw(name, text) => {
                self.raw(name, &text);
                Ok(())
            }
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(removal) = &mut self.removal {
            if removal.text.len() < 1_000 {
                removal.text.push_str(text);
            }
            return;
        }
        // Text ends a head that was never ended.
        self.heading &= text.trim().is_empty();
        if !self.heading {
            self.balancer.text(text);
        }
    }

    /// The content of an element that is no markup. Browsers show some of it.
    fn raw(&mut self, name: &'static str, text: &str) {
        if self.removal.is_some() {
            return;
        }
        match name {
            "style" => {
                self.intake.css.push_str(text);
                self.intake.css.push('\n');
            }
            "textarea" | "xmp" | "plaintext" => self.balancer.text(text),
            "title" => {}
            _ if text.trim().is_empty() => {}
            _ => self.changes.add(ChangeKind::ElementRemoved, &format!("{name}: {text}")),
        }
    }

    fn start(&mut self, mut tag: Tag) -> Result<(), Refused> {
        self.check(&tag)?;
        self.intake.elements += 1;
        if let Some(removal) = &mut self.removal {
            let out =
                matches!(removal.name.as_str(), "svg" | "math") && BREAKS_OUT.contains(&tag.name.as_str());
            if !out {
                removal.depth += usize::from(removal.name == tag.name && !tag.self_closing);
                return Ok(());
            }
            if let Some(removal) = self.removal.take() {
                self.removed(&removal);
            }
        }
        match tag.name.as_str() {
            "html" => {
                self.intake.language = tag.get("lang").map(str::to_owned).or(self.intake.language.take());
                if let Some(direction) =
                    tag.get("dir").filter(|_| !self.intake.body.iter().any(|(it, _)| it == "dir"))
                {
                    self.intake.body.push(("dir".to_owned(), direction.to_owned()));
                }
                return Ok(());
            }
            "head" => {
                self.heading = true;
                return Ok(());
            }
            "body" => {
                self.heading = false;
                self.attributes(&tag);
                // A second body adds what the first does not have.
                for (name, value) in tag.attributes {
                    if !self.intake.body.iter().any(|(known, _)| *known == name) {
                        self.intake.body.push((name, value));
                    }
                }
                return Ok(());
            }
            "style" => {
                if tag.get("media").is_some_and(|media| !super::sheet::holds(media)) {
                    self.changes.add(ChangeKind::StyleRuleRemoved, tag.get("media").unwrap_or_default());
                    self.removal = Some(Removal { name: tag.name, depth: 1, text: String::new() });
                }
                return Ok(());
            }
            "script" | "title" | "noscript" => return Ok(()),
            "image" => "img".clone_into(&mut tag.name),
            name if VOID.contains(&name) => {
                self.void(&tag);
                return Ok(());
            }
            name if REMOVED.contains(&name) && !(name == "dialog" && tag.get("open").is_some()) => {
                if tag.self_closing && matches!(name, "svg" | "math") {
                    self.changes.add(ChangeKind::ElementRemoved, name);
                } else {
                    self.removal = Some(Removal { name: tag.name, depth: 1, text: String::new() });
                }
                return Ok(());
            }
            "iframe" | "noembed" | "noframes" => {
                self.changes.add(ChangeKind::ElementRemoved, &tag.name);
                return Ok(());
            }
            _ => {}
        }
        self.heading = false;
        self.attributes(&tag);
        if !is_known_element(&tag.name) {
            let stand_in = stand_in(&tag.name);
            if is_told(&tag.name) {
                self.changes.add(ChangeKind::ElementReplaced, &tag.name);
            }
            stand_in.clone_into(&mut tag.name);
        }
        self.intake.names +=
            [tag.get("class"), tag.get("id")].into_iter().flatten().map(str::len).sum::<usize>();
        // The balancer knows what attributes the form may have; this one becomes a style.
        if tag.get("hidden").is_some() {
            let style = tag.get("style").unwrap_or_default();
            let style = format!("display:none;{style}");
            tag.attributes.retain(|(name, _)| name != "style");
            tag.attributes.push(("style".to_owned(), style));
        }
        self.balancer.start(&tag);
        Ok(())
    }

    fn void(&mut self, tag: &Tag) {
        match tag.name.as_str() {
            "meta" | "base" => {
                if tag.get("http-equiv").is_some_and(|name| name.trim().eq_ignore_ascii_case("refresh")) {
                    self.changes.add(ChangeKind::ElementRemoved, "meta refresh");
                }
            }
            "link" => {
                let rel = tag.get("rel").unwrap_or_default().to_ascii_lowercase();
                let href = tag.get("href").unwrap_or_default();
                if rel.split_ascii_whitespace().any(|word| word == "stylesheet") {
                    self.changes.add(ChangeKind::StyleSheetLinkRemoved, href);
                }
            }
            "input" => {
                let said = ["value", "placeholder", "alt"].into_iter().filter_map(|name| tag.get(name));
                let said = said.collect::<Vec<_>>().join(" ");
                self.changes.add(ChangeKind::ElementRemoved, &format!("input {said}"));
            }
            name => self.changes.add(ChangeKind::ElementRemoved, name),
        }
    }

    fn end(&mut self, name: &str) {
        if let Some(removal) = &mut self.removal {
            if removal.name == name {
                removal.depth -= 1;
                if removal.depth == 0
                    && let Some(removal) = self.removal.take()
                {
                    self.removed(&removal);
                }
            }
            return;
        }
        match name {
            "head" => self.heading = false,
            "html" | "body" | "style" | "script" | "title" | "noscript" | "iframe" | "noembed"
            | "noframes" => {}
            name if is_known_element(name) => self.balancer.end(name),
            name if VOID.contains(&name) || name == "image" => {}
            name => self.balancer.end(stand_in(name)),
        }
    }

    fn removed(&mut self, removal: &Removal) {
        if removal.name == "style" {
            return;
        }
        let text = removal.text.trim();
        let what = if text.is_empty() { removal.name.clone() } else { format!("{}: {text}", removal.name) };
        self.changes.add(ChangeKind::ElementRemoved, &what);
    }

    /// Names the attributes that are not kept.
    fn attributes(&mut self, tag: &Tag) {
        for (name, value) in &tag.attributes {
            match name.as_str() {
                "background" => self.changes.add(ChangeKind::BackgroundPictureRemoved, value),
                // Each becomes a style, or is a part of one.
                "hidden" | "text" | "link" | "vlink" | "alink" | "cite" | "datetime" | "headers"
                | "scope" | "abbr" | "summary" | "nowrap" | "noshade" => {}
                name if ATTRIBUTES.contains(&name) && name != "title" => {}
                name if is_silent(name) => {}
                name => self.changes.add(ChangeKind::AttributeRemoved, name),
            }
        }
        if tag.attributes_cut {
            self.changes.add(ChangeKind::AttributeRemoved, &format!("{}: more than 40 of them", tag.name));
        }
    }

    /// Refuses what no mail may have.
    fn check(&self, tag: &Tag) -> Result<(), Refused> {
        if tag.name == "base" {
            return Err(self.refuse(Reason::Base, tag.at, "<base>"));
        }
        if tag.name == "meta" {
            let named = tag.get("charset").or_else(|| tag.get("content").filter(|c| c.contains("charset")));
            if named.is_some_and(|charset| charset.to_ascii_lowercase().replace('-', "").contains("utf7")) {
                return Err(self.refuse(Reason::Charset, tag.at, "charset=utf-7"));
            }
        }
        for (name, value) in &tag.attributes {
            if !ADDRESSES.contains(&name.as_str()) {
                continue;
            }
            // As browsers read it: without white space around it, without tabs and line breaks in it.
            let head: String = value
                .trim_start_matches(|c: char| c <= ' ')
                .chars()
                .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
                .take(12)
                .collect();
            let head = head.to_ascii_lowercase();
            if ["javascript:", "vbscript:", "data:"].iter().any(|scheme| head.starts_with(scheme)) {
                let scheme = head.split(':').next().unwrap_or_default();
                return Err(self.refuse(
                    Reason::Scheme,
                    tag.at,
                    &format!("<{} {name}=\"{scheme}:…\">", tag.name),
                ));
            }
        }
        Ok(())
    }
}

/// The plain element that stands for one that the form has no word for.
fn stand_in(name: &str) -> &'static str {
    match name {
        "listing" | "xmp" | "plaintext" => "pre",
        "menu" | "dir" => "ul",
        "acronym" => "abbr",
        "details" | "summary" | "fieldset" | "form" | "legend" | "hgroup" | "search" | "marquee"
        | "frameset" | "multicol" | "select" | "dialog" => "div",
        // The next one ends it.
        "optgroup" | "option" => "p",
        _ => "span",
    }
}

/// Whether somebody is told that an element was replaced: it would have looked or behaved otherwise.
fn is_told(name: &str) -> bool {
    // Office's own elements, and those that only group.
    !name.contains(':')
        && !matches!(name, "acronym" | "menu" | "dir" | "label" | "time" | "data" | "picture" | "nobr")
}
