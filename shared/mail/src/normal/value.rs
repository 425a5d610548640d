//! What stands in a style: the tokens of CSS, read by cssparser, as few kinds as the normal form needs.

use cssparser::{
    AtRuleParser, CowRcStr, DeclarationParser, ParseError, Parser, ParserState, QualifiedRuleParser,
    RuleBodyItemParser, RuleBodyParser, Token,
};

/// Most declarations of one element that are read, and most tokens of one declaration: the rest is dropped.
const MAX_DECLARATIONS: usize = 200;
const MAX_TOKENS: usize = 100;

/// One piece of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    /// A word, in lower case.
    Word(String),
    /// A number without a unit.
    Number(f32),
    /// A share of something: 1.0 is all of it.
    Share(f32),
    /// A number with a unit, the unit in lower case.
    Length(f32, String),
    /// What follows a `#`.
    Hash(String),
    /// What stands in quotes.
    Quoted(String),
    /// A function with what it is given, commas and slashes left out.
    Function(String, Vec<Piece>),
    Comma,
    Slash,
    /// Anything else.
    Other,
}

/// One declaration.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Declaration {
    /// The property, in lower case.
    pub(super) name: String,
    pub(super) pieces: Vec<Piece>,
    pub(super) important: bool,
}

/// The declarations of a `style` attribute, the last of a property last. What is malformed is left out, as browsers do.
pub(super) fn declarations(style: &str) -> Vec<Declaration> {
    let mut input = Parser::new(style);
    let mut reader = Reader;
    let body: RuleBodyParser<'_, '_, Reader, Declaration, ()> = RuleBodyParser::new(&mut input, &mut reader);
    let mut all: Vec<_> = body.take(MAX_DECLARATIONS).filter_map(Result::ok).collect();
    // What is marked as important wins over what comes after it.
    all.sort_by_key(|declaration| declaration.important);
    all
}

struct Reader;

impl<'i> DeclarationParser<'i> for Reader {
    type Declaration = Declaration;
    type Error = ();

    fn parse_value(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
        _: &ParserState,
    ) -> Result<Declaration, ParseError<()>> {
        let (mut pieces, mut important) = (pieces(input, 0), false);
        if let [.., Piece::Other, Piece::Word(word)] = &pieces[..]
            && word == "important"
        {
            important = true;
            pieces.truncate(pieces.len() - 2);
        }
        Ok(Declaration { name: name.to_ascii_lowercase(), pieces, important })
    }
}

impl AtRuleParser<'_> for Reader {
    type Prelude = ();
    type AtRule = Declaration;
    type Error = ();
}

impl QualifiedRuleParser<'_> for Reader {
    type Prelude = ();
    type QualifiedRule = Declaration;
    type Error = ();
}

impl RuleBodyItemParser<'_, Declaration, ()> for Reader {
    fn parse_declarations(&self) -> bool {
        true
    }

    fn parse_qualified(&self) -> bool {
        false
    }
}

/// Functions within functions that are read.
const MAX_DEPTH: usize = 3;

fn pieces(input: &mut Parser<'_>, depth: usize) -> Vec<Piece> {
    let mut all = vec![];
    while let Ok(token) = input.next() {
        if all.len() >= MAX_TOKENS {
            // Half a value says something else than the whole.
            while input.next().is_ok() {}
            return vec![Piece::Other];
        }
        let piece = match token {
            Token::Ident(word) => Piece::Word(word.to_ascii_lowercase()),
            Token::Number { value, .. } => Piece::Number(*value),
            Token::Percentage { unit_value, .. } => Piece::Share(*unit_value),
            Token::Dimension { value, unit, .. } => Piece::Length(*value, unit.to_ascii_lowercase()),
            Token::Hash(text) | Token::IDHash(text) => Piece::Hash(text.to_string()),
            Token::QuotedString(text) => Piece::Quoted(text.to_string()),
            Token::Comma => Piece::Comma,
            Token::Delim('/') => Piece::Slash,
            Token::Function(name) if depth < MAX_DEPTH => {
                let name = name.to_ascii_lowercase();
                let inner =
                    input.parse_nested_block(|input| Ok::<_, ParseError<()>>(pieces(input, depth + 1)));
                let separates = |piece: &Piece| matches!(piece, Piece::Comma | Piece::Slash);
                let inner = inner.unwrap_or_default().into_iter().filter(|piece| !separates(piece)).collect();
                Piece::Function(name, inner)
            }
            Token::UnquotedUrl(_) => Piece::Function("url".to_owned(), vec![]),
            _ => Piece::Other,
        };
        all.push(piece);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(style: &str) -> Vec<String> {
        declarations(style).into_iter().map(|d| d.name).collect()
    }

    #[test]
    fn styles_are_read_as_browsers_do() {
        let all = declarations("COLOR:R\\65 d/**/;background:#FFF url(x) no-repeat !important;width:10px");
        assert_eq!(names("color:red;;x:;bad;{a:b}display:none"), ["color", "x"]);
        assert_eq!(all[0].pieces, [Piece::Word("red".to_owned())]);
        assert_eq!(all[1].name, "width");
        let last = &all[2];
        assert!(last.important && last.name == "background");
        assert_eq!(last.pieces[0], Piece::Hash("FFF".to_owned()));
        assert_eq!(last.pieces[1], Piece::Function("url".to_owned(), vec![]));
    }

    #[test]
    fn functions_keep_what_they_are_given() {
        let all = declarations("color:rgba(1, 2%, 3px / .5)");
        let inside = vec![
            Piece::Number(1.0),
            Piece::Share(0.02),
            Piece::Length(3.0, "px".to_owned()),
            Piece::Number(0.5),
        ];
        assert_eq!(all[0].pieces, [Piece::Function("rgba".to_owned(), inside)]);
        assert_eq!(declarations(&format!("color:{}", "a ".repeat(1000)))[0].pieces, [Piece::Other]);
        assert_eq!(declarations(&"(".repeat(100_000)), []);
    }
}
