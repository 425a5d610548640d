//! HTML as text.

use super::{Kind, Token, Tokens, element};

/// Deepest quotation that [`to_text`] still marks with one `>` a level.
const MAX_QUOTE_MARKS: usize = 8;

/// Text out of HTML that was sanitised or is in the normal form, so it is well nested. At most `max` bytes. The flag says
/// whether something was cut.
///
/// Blocks become lines, list items `- `, quotations `> ` (so that [`crate::reply`] can find them), and a link
/// whose text is not its address is followed by the address in angle brackets.
pub(crate) fn to_text(html: &str, max: usize) -> (String, bool) {
    let mut writer = Writer { max, ..Writer::default() };
    let mut links: Vec<Option<String>> = Vec::new();
    let mut pre = 0_usize;
    for token in Tokens::new(html) {
        if writer.full {
            break;
        }
        match token {
            Token::Text(text) => writer.text(&text, pre > 0),
            Token::Start(tag) => match tag.name.as_str() {
                "br" => writer.line_break(),
                "hr" => {
                    writer.block(1);
                    writer.text("---", true);
                    writer.block(1);
                }
                "p" => writer.block(2),
                "li" => {
                    writer.block(1);
                    writer.text("- ", true);
                }
                "td" | "th" => writer.cell(),
                "img" => {
                    if let Some(alt) = tag.get("alt").filter(|alt| !alt.trim().is_empty()) {
                        writer.text(alt, false);
                    }
                }
                "a" => {
                    writer.link_from = writer.out.len();
                    links.push(tag.get("href").filter(|href| href.starts_with("http")).map(str::to_owned));
                }
                "blockquote" => {
                    writer.block(1);
                    writer.quotes += 1;
                }
                "pre" => {
                    writer.block(1);
                    pre += 1;
                }
                name if is_block(name) => writer.block(1),
                _ => {}
            },
            Token::End(name) => match name.as_str() {
                "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => writer.block(2),
                "a" => {
                    if let Some(Some(href)) = links.pop() {
                        writer.link(&href);
                    }
                }
                "blockquote" => {
                    writer.block(1);
                    writer.quotes = writer.quotes.saturating_sub(1);
                }
                "pre" => {
                    writer.block(1);
                    pre = pre.saturating_sub(1);
                }
                name if is_block(name) => writer.block(1),
                _ => {}
            },
            Token::Raw(..) | Token::Comment(_) => {}
        }
    }
    (writer.out, writer.full)
}

fn is_block(name: &str) -> bool {
    matches!(name, "table" | "caption" | "tr")
        || element(name).is_some_and(|(_, kind)| matches!(kind, Kind::Block | Kind::Paragraph | Kind::Item))
}

/// Writes lines: knows how many breaks and spaces are due before the next word.
#[derive(Default)]
struct Writer {
    out: String,
    max: usize,
    full: bool,
    /// Line breaks due before the next word, 0 to 2.
    breaks: usize,
    space: bool,
    quotes: usize,
    /// The quotation depth of the line before.
    line_quotes: usize,
    link_from: usize,
}

impl Writer {
    fn push(&mut self, text: &str) {
        let (text, cut) = crate::text::cut(text, self.max.saturating_sub(self.out.len()));
        self.out.push_str(text);
        self.full |= cut;
    }

    fn block(&mut self, breaks: usize) {
        if !self.out.is_empty() {
            self.breaks = self.breaks.max(breaks);
        }
        self.space = false;
    }

    fn line_break(&mut self) {
        // Two <br> make an empty line, and a hundred do too.
        self.breaks = (self.breaks + 1).min(2);
        self.space = false;
    }

    fn cell(&mut self) {
        self.space = true;
    }

    /// Writes what is due before a word.
    fn lead(&mut self) {
        if self.breaks > 0 || self.out.is_empty() {
            for _ in 1..self.breaks {
                self.push("\n");
                // An empty line belongs to a quotation only when both its neighbours do.
                let marks = "> ".repeat(self.quotes.min(self.line_quotes).min(MAX_QUOTE_MARKS));
                self.push(marks.trim_end());
            }
            if self.breaks > 0 {
                self.push("\n");
            }
            self.push(&"> ".repeat(self.quotes.min(MAX_QUOTE_MARKS)));
        } else if self.space {
            self.push(" ");
        }
        self.breaks = 0;
        self.space = false;
        self.line_quotes = self.quotes;
    }

    fn text(&mut self, text: &str, keep_spaces: bool) {
        if keep_spaces {
            for (at, line) in text.split('\n').enumerate() {
                if at > 0 {
                    self.line_break();
                }
                if !line.is_empty() {
                    self.lead();
                    self.push(line);
                }
            }
            return;
        }
        for word in text.split_inclusive(is_collapsible) {
            let bare = word.trim_end_matches(is_collapsible);
            if !bare.is_empty() {
                self.lead();
                self.push(bare);
            }
            if bare.len() < word.len() {
                self.space = true;
            }
        }
    }

    fn link(&mut self, href: &str) {
        let shown = self.out.get(self.link_from.min(self.out.len())..).unwrap_or_default().trim();
        let bare = |url: &str| {
            let url = url.trim_start_matches("https://").trim_start_matches("http://");
            url.trim_start_matches("www.").trim_end_matches('/').to_owned()
        };
        if !shown.is_empty() && bare(shown) != bare(href) {
            let breaks = std::mem::take(&mut self.breaks);
            self.push(" <");
            self.push(href);
            self.push(">");
            self.breaks = breaks;
        }
    }
}

/// White space that HTML collapses; a no-break space is none.
pub(crate) fn is_collapsible(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_html() {
        for (html, expected) in [
            ("<p>Hello <b>you</b></p><p>Bye</p>", "Hello you\n\nBye"),
            ("a<br>b<br><br><br>c", "a\nb\n\nc"),
            ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
            (
                "<div>x</div><blockquote><p>q1</p><p>q2</p></blockquote><div>y</div>",
                "x\n\n> q1\n>\n> q2\n\ny",
            ),
            ("<a href=\"https://x.test/a\">here</a>.", "here <https://x.test/a>."),
            ("<a href=\"https://x.test/\">x.test</a>", "x.test"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
            ("a &amp; b &lt;c&gt;", "a & b <c>"),
            ("<pre>  x\n  y</pre>", "  x\n  y"),
        ] {
            assert_eq!(to_text(html, 1000).0, expected, "{html}");
        }
    }
}
