//! HTML as a stream of tokens, as browsers see them: html5gum follows WHATWG HTML §13.2.5 and knows every named
//! character reference. Nothing here is a parser of our own.

use html5gum::emitters::callback::{Callback, CallbackEmitter, CallbackEvent};
use html5gum::{Emitter, ForwardingEmitter, Span, State, StringReader, Tokenizer};

use crate::text::cut;

/// Most attributes that are kept of one tag; [`Tag::attributes_cut`] says that there were more.
pub(crate) const MAX_ATTRIBUTES: usize = 40;

/// One piece of an HTML document, character references decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// Text between tags.
    Text(String),
    /// The content of an element whose content is not markup: the element's name, and what stands in it.
    Raw(&'static str, String),
    /// A start tag.
    Start(Tag),
    /// An end tag: its name in lower case.
    End(String),
    /// A comment, or what browsers take for one.
    Comment(String),
}

/// A start tag.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tag {
    /// Its name in lower case.
    pub(crate) name: String,
    /// Its attributes, each name once and in lower case, at most [`MAX_ATTRIBUTES`].
    pub(crate) attributes: Vec<(String, String)>,
    /// It had more attributes than are kept.
    pub(crate) attributes_cut: bool,
    /// It ends itself, where it may: in `svg` and `math`.
    pub(crate) self_closing: bool,
    /// Where it begins, in bytes.
    pub(crate) at: usize,
}

impl Tag {
    /// The value of an attribute.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The elements whose content is not markup, with how it is read (WHATWG HTML §13.2.6). `noscript` is not among them:
/// mail programs run no scripts.
const RAW: [(&str, State); 9] = [
    ("iframe", State::RawText),
    ("noembed", State::RawText),
    ("noframes", State::RawText),
    ("plaintext", State::PlainText),
    ("script", State::ScriptData),
    ("style", State::RawText),
    ("textarea", State::RcData),
    ("title", State::RcData),
    ("xmp", State::RawText),
];

/// Splits HTML into tokens, in time linear in it.
pub(crate) struct Tokens<'a>(Tokenizer<StringReader<'a>, Switching>);

impl<'a> Tokens<'a> {
    pub(crate) fn new(html: &'a str) -> Self {
        Self(Tokenizer::new_with_emitter(html, Switching(CallbackEmitter::new(Collector::default()))))
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        // Reading from a string never fails.
        self.0.next()?.ok()
    }
}

/// Collects a tag from its events.
#[derive(Debug, Default)]
struct Collector {
    tag: Tag,
    /// A repeated attribute is ignored, its value too.
    ignored: bool,
    /// The element whose content comes next, if that is not markup.
    raw: Option<&'static str>,
    state: Option<State>,
}

impl Callback<Token, usize> for Collector {
    fn handle_event(&mut self, event: CallbackEvent<'_>, span: Span<usize>) -> Option<Token> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.tag = Tag { name: text(name), at: span.start, ..Tag::default() };
            }
            CallbackEvent::AttributeName { name } => {
                let name = text(name);
                let attributes = &mut self.tag.attributes;
                self.ignored = true;
                if attributes.len() >= MAX_ATTRIBUTES {
                    self.tag.attributes_cut = true;
                } else if !attributes.iter().any(|(known, _)| *known == name) {
                    attributes.push((name, String::new()));
                    self.ignored = false;
                }
            }
            CallbackEvent::AttributeValue { value } => {
                if let Some((_, last)) = self.tag.attributes.last_mut().filter(|_| !self.ignored) {
                    last.push_str(&text(value));
                }
            }
            CallbackEvent::CloseStartTag { self_closing } => {
                let tag = Tag { self_closing, ..std::mem::take(&mut self.tag) };
                if let Some(&(name, state)) = RAW.iter().find(|(name, _)| *name == tag.name) {
                    (self.raw, self.state) = (Some(name), Some(state));
                }
                return Some(Token::Start(tag));
            }
            CallbackEvent::EndTag { name } => {
                self.raw = None;
                return Some(Token::End(text(name)));
            }
            CallbackEvent::String { value } => {
                let value = text(value);
                return Some(match self.raw {
                    Some(name) => Token::Raw(name, value),
                    None => Token::Text(value),
                });
            }
            CallbackEvent::Comment { value } => return Some(Token::Comment(text(value))),
            CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
        None
    }
}

/// The input is a `str`, and html5gum cuts it between characters only.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Switches the state of the tokenizer where an element's content is not markup.
#[derive(Debug)]
struct Switching(CallbackEmitter<Collector, Token, usize>);

impl ForwardingEmitter for Switching {
    type Token = Token;

    fn inner(&mut self) -> &mut impl Emitter<Token = Token> {
        &mut self.0
    }

    fn emit_current_tag(&mut self) -> Option<State> {
        let next = self.0.emit_current_tag();
        self.0.callback_mut().state.take().or(next)
    }
}

/// Where something stands in a text: its line and its column, both from 1, columns in characters.
pub(crate) fn place(text: &str, at: usize) -> (usize, usize) {
    let (before, _) = cut(text, at);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(html: &str) -> Vec<Token> {
        Tokens::new(html).collect()
    }

    fn start(name: &str, attributes: &[(&str, &str)], at: usize) -> Token {
        let attributes = attributes.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Token::Start(Tag { name: name.to_owned(), attributes, at, ..Tag::default() })
    }

    fn words(text: &str) -> Token {
        Token::Text(text.to_owned())
    }

    #[test]
    fn tags_text_and_comments() {
        assert_eq!(
            tokens("a <b c='>'>x</b ><!-- <i> -->1 < 2"),
            [
                words("a "),
                start("b", &[("c", ">")], 2),
                words("x"),
                Token::End("b".to_owned()),
                Token::Comment(" <i> ".to_owned()),
                words("1 < 2"),
            ]
        );
        for comment in [
            "<!-->",
            "<!--->",
            "<!---->",
            "<!-- -- > --->",
            "<!-- --!>",
            "<!-- <a> -->",
            "<!x>",
            "</ >",
            "<?x>",
        ] {
            let all = tokens(&format!("{comment}shown"));
            assert_eq!(all.last(), Some(&words("shown")), "{comment}");
            assert!(all[..all.len() - 1].iter().all(|t| matches!(t, Token::Comment(_))), "{comment}");
        }
        assert_eq!(tokens("x<a href='never closed"), [words("x")]);
    }

    #[test]
    fn every_reference_is_decoded() {
        assert_eq!(
            tokens("&num;&shy;&zwnj;&euro;&Tab;&#97;&#x61;&NotEqualTilde;&nosuch;&copy=1"),
            [words("#\u{ad}\u{200c}€\taa≂\u{338}&nosuch;©=1")]
        );
        assert_eq!(
            tokens("<a href='https://evil.test&num;@good.test/?a&copy=1'>"),
            [start("a", &[("href", "https://evil.test#@good.test/?a&copy=1")], 0)]
        );
    }

    #[test]
    fn content_that_is_no_markup_is_marked() {
        for name in ["style", "xmp", "iframe", "noembed", "noframes", "script"] {
            assert_eq!(
                tokens(&format!("<{name}><!--&amp;<p></{name}x></{name} >y")),
                [
                    start(name, &[], 0),
                    Token::Raw(
                        RAW.iter().find(|raw| raw.0 == name).unwrap().0,
                        format!("<!--&amp;<p></{name}x>")
                    ),
                    Token::End(name.to_owned()),
                    words("y"),
                ],
                "{name}"
            );
        }
        assert_eq!(
            tokens("<textarea><!--</textarea><a>&amp;"),
            [
                start("textarea", &[], 0),
                Token::Raw("textarea", "<!--".to_owned()),
                Token::End("textarea".to_owned()),
                start("a", &[], 25),
                words("&"),
            ]
        );
        assert_eq!(
            tokens("<plaintext></plaintext><b>").last(),
            Some(&Token::Raw("plaintext", "</plaintext><b>".to_owned()))
        );
        assert_eq!(tokens("<noscript>a</noscript>")[1], words("a"));
    }

    #[test]
    fn attributes_are_bounded_and_the_first_of_a_name_counts() {
        assert_eq!(
            tokens(r#"<a A=1 b="x y" c='"' d /e = f =g a=2 a>"#),
            [start("a", &[("a", "1"), ("b", "x y"), ("c", "\""), ("d", ""), ("e", "f"), ("=g", "")], 0)]
        );
        let many = (0..100).map(|n| format!(" a{n}=1")).collect::<Vec<_>>().concat();
        let Token::Start(tag) = &tokens(&format!("<a{many}>"))[0] else { panic!() };
        assert!(tag.attributes_cut && tag.attributes.len() == MAX_ATTRIBUTES);
    }

    #[test]
    fn places_are_counted_in_lines_and_characters() {
        assert_eq!(place("a\né<b>", 4), (2, 2));
        assert_eq!(place("", 0), (1, 1));
    }
}
