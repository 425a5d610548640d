//! The document as a tree, from HTML that html5ever wrote: well nested, every end tag there.

use crate::markup::{Token, Tokens, is_collapsible};

/// An element of the document.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
}

/// What an element holds.
#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Element(Element),
}

impl Element {
    /// The value of an attribute.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All text in it, to tell what was left out.
    pub(super) fn text(&self, out: &mut String) {
        for child in &self.children {
            if out.len() > 1_000 {
                return;
            }
            match child {
                Node::Text(text) => out.push_str(text),
                Node::Element(element) => {
                    out.push(' ');
                    out.push_str(element.get("alt").unwrap_or_default());
                    element.text(out);
                    out.push(' ');
                }
            }
        }
    }

    /// Whether a reader would see anything of it.
    pub(super) fn says_something(&self) -> bool {
        self.children.iter().any(|child| match child {
            Node::Text(text) => !text.trim().is_empty(),
            Node::Element(element) => element.name == "img" || element.says_something(),
        })
    }
}

/// Whether an element has no end tag.
pub(super) fn is_void(name: &str) -> bool {
    matches!(name, "br" | "col" | "hr" | "img" | "wbr")
}

/// Reads the body of a document, and the language of the document.
pub(super) fn read(html: &str) -> (Element, Option<String>) {
    let mut open = vec![Element::default()];
    let mut language = None;
    for token in Tokens::new(html) {
        match token {
            Token::Start(tag) if tag.name == "html" => language = tag.get("lang").map(str::to_owned),
            Token::Start(tag) if tag.name == "body" => open[0].attributes = tag.attributes,
            Token::Start(tag) if matches!(tag.name.as_str(), "head" | "meta") => {}
            Token::Start(tag) => {
                let element = Element { name: tag.name, attributes: tag.attributes, children: vec![] };
                if is_void(&element.name) {
                    push(&mut open, Node::Element(element));
                } else {
                    open.push(element);
                }
            }
            Token::End(name) if matches!(name.as_str(), "html" | "body" | "head") => {}
            Token::End(name) => {
                if open.len() > 1
                    && open.last().is_some_and(|last| last.name == name)
                    && let Some(element) = open.pop()
                {
                    push(&mut open, Node::Element(element));
                }
            }
            Token::Text(text) => push(&mut open, Node::Text(text)),
            Token::Raw(..) | Token::Comment(_) => {}
        }
    }
    while open.len() > 1 {
        if let Some(element) = open.pop() {
            push(&mut open, Node::Element(element));
        }
    }
    let mut body = open.pop().unwrap_or_default();
    // The line break that ends a mail is no part of what it says.
    while let Some(Node::Text(text)) = body.children.last_mut() {
        let end = text.trim_end_matches(is_collapsible).len();
        text.truncate(end);
        if end > 0 {
            break;
        }
        body.children.pop();
    }
    (body, language)
}

fn push(open: &mut [Element], node: Node) {
    if let Some(last) = open.last_mut() {
        last.children.push(node);
    }
}
