//! Style sheets, made ready to be written into the elements that they are about.
//!
//! A mail's reader is taken to look at a screen of [`SCREEN`] pixels in light colours: rules for it are kept, rules for
//! other screens, for paper, for letters from the net and for what is not in the document are dropped. css-inline does
//! the rest; what would make it slow is refused before.

use cssparser::{
    AtRuleParser, CowRcStr, ParseError, Parser, ParserState, QualifiedRuleParser, StyleSheetParser,
};

use super::changes::{ChangeKind, Changes};

/// How wide a screen a mail is laid out for, in pixels.
const SCREEN: f32 = 700.0;
/// Most bytes of all style sheets together.
pub(super) const MAX_SHEETS: usize = 256 * 1024;
/// Most selectors of all style sheets together.
const MAX_SELECTORS: usize = 3_000;
/// Most selectors that ask for the value of an attribute: each looks at all of it.
const MAX_ATTRIBUTE_SELECTORS: usize = 50;
/// Longest selector, in bytes.
const MAX_SELECTOR: usize = 300;
/// Most variables of one rule.
const MAX_VARIABLES: usize = 200;
/// Rules within rules that are read.
const MAX_DEPTH: usize = 4;

/// Style sheets that are ready.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// Plain rules.
    pub(super) css: String,
    /// How many selectors they have.
    pub(super) selectors: usize,
    /// The parts of all selectors, and the declarations of each: what an element may have to take.
    pub(super) weight: usize,
}

/// Reads style sheets. `None`: there is too much of them.
pub(super) fn prepare(css: &str, changes: &mut Changes) -> Option<Sheet> {
    if css.len() > MAX_SHEETS {
        return None;
    }
    let mut rules = Rules { sheet: Sheet::default(), changes, attributes: 0, depth: 0, full: false };
    rules.read(&mut Parser::new(css));
    (!rules.full).then_some(rules.sheet)
}

struct Rules<'c> {
    sheet: Sheet,
    changes: &'c mut Changes,
    attributes: usize,
    depth: usize,
    full: bool,
}

impl Rules<'_> {
    fn read(&mut self, input: &mut Parser<'_>) {
        for rule in StyleSheetParser::new(input, self) {
            // What is malformed is left out, as browsers do.
            let _ = rule;
        }
    }

    fn rule(&mut self, selectors: &str, block: &str) {
        let mut kept: Vec<&str> = vec![];
        for selector in split(selectors) {
            let selector = selector.trim();
            match self.judge(selector) {
                Judged::Kept => kept.push(selector),
                Judged::Generates if block.to_ascii_lowercase().contains("content") => {
                    self.changes.add(ChangeKind::GeneratedTextRemoved, block.trim());
                }
                Judged::Generates | Judged::Silent => {}
                Judged::Dropped => self.changes.add(ChangeKind::StyleRuleRemoved, selector),
            }
        }
        if kept.is_empty() {
            return;
        }
        self.sheet.selectors += kept.len();
        // Each part of a selector is looked for by itself.
        let parts = |selector: &&str| selector.split_ascii_whitespace().count();
        // A nested rule within it is no declaration, and is dropped with whatever follows it up to its end.
        let declarations = check_bounds(block.split('{').next().unwrap_or_default());
        self.sheet.weight += kept.iter().map(parts).sum::<usize>() + kept.len() * declarations.len();
        self.full |= self.sheet.selectors > MAX_SELECTORS;
        self.sheet.css.push_str(&kept.join(","));
        self.sheet.css.push('{');
        self.sheet.css.push_str(&declarations.join(";"));
        self.sheet.css.push_str("}\n");
    }

    fn judge(&mut self, selector: &str) -> Judged {
        let plain = selector.to_ascii_lowercase();
        if selector.is_empty() || selector.contains('}') {
            return Judged::Silent;
        }
        if plain.contains("::") || [":before", ":after", ":marker"].iter().any(|part| plain.contains(part)) {
            return Judged::Generates;
        }
        // What asks for a state that a mail is never in.
        if [":hover", ":active", ":focus", ":visited", ":checked", ":target", ":-"]
            .iter()
            .any(|s| plain.contains(s))
        {
            return Judged::Silent;
        }
        if plain.contains('[') {
            self.attributes += 1;
            self.full |= self.attributes > MAX_ATTRIBUTE_SELECTORS;
        }
        let mut rest = plain.as_str();
        while let Some(at) = rest.find(':') {
            rest = &rest[at + 1..];
            let name =
                rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default();
            if !matches!(name, "link" | "any-link" | "first-child" | "last-child" | "root") {
                return Judged::Dropped;
            }
        }
        // Following siblings takes time quadratic in their number.
        let siblings = plain.replace("~=", "").contains('~');
        if siblings || selector.len() > MAX_SELECTOR || plain.contains(['\\', '<', '&']) {
            return Judged::Dropped;
        }
        Judged::Kept
    }
}

/// The declarations of a rule that the form may say, the last of each name alone: as many as there are properties.
fn check_bounds(block: &str) -> Vec<&str> {
    let mut kept: Vec<(String, &str)> = vec![];
    for declaration in split_at(block, ';').map(str::trim) {
        let Some((name, _)) = declaration.split_once(':') else { continue };
        let name = name.trim().to_ascii_lowercase();
        let variable = name.starts_with("--") && kept.len() < MAX_VARIABLES;
        if !variable && !super::style::is_known(&name) {
            continue;
        }
        // One that is important stands against those behind it.
        let held = kept.iter().position(|(known, _)| *known == name);
        match held {
            Some(at) if !is_important(kept[at].1) || is_important(declaration) => drop(kept.remove(at)),
            Some(_) => continue,
            None => {}
        }
        kept.push((name, declaration));
    }
    kept.into_iter().map(|(_, declaration)| declaration).collect()
}

fn is_important(declaration: &str) -> bool {
    declaration.to_ascii_lowercase().replace(' ', "").ends_with("!important")
}

enum Judged {
    Kept,
    /// It is about something that is not in the document, such as text before an element.
    Generates,
    Silent,
    Dropped,
}

/// Splits a list of selectors at its commas, but for those in brackets and quotes.
fn split(selectors: &str) -> impl Iterator<Item = &str> {
    split_at(selectors, ',')
}

fn split_at(text: &str, at: char) -> impl Iterator<Item = &str> {
    let (mut depth, mut quote) = (0_usize, None);
    text.split(move |c| {
        match (c, quote) {
            (c, Some(open)) => quote = Some(open).filter(|open| c != *open),
            ('"' | '\'', None) => quote = Some(c),
            ('(' | '[', None) => depth += 1,
            (')' | ']', None) => depth = depth.saturating_sub(1),
            (c, None) if c == at => return depth == 0,
            _ => {}
        }
        false
    })
}

/// Whether a list of media queries holds for the screen.
pub(super) fn holds(query: &str) -> bool {
    query.to_ascii_lowercase().split(',').any(|one| one_holds(one.trim()))
}

fn one_holds(query: &str) -> bool {
    let mut all = true;
    let plain = query.replace("only ", "");
    for part in plain.split(" and ") {
        let part = part.trim();
        all &= match part.strip_prefix('(').and_then(|part| part.strip_suffix(')')) {
            None => matches!(part, "" | "all" | "screen"),
            Some(feature) => {
                let (name, value) = feature.split_once(':').unwrap_or((feature, ""));
                let value = value.trim();
                let pixels = value.strip_suffix("px").and_then(|n| n.trim().parse::<f32>().ok());
                match name.trim() {
                    "min-width" | "min-device-width" => pixels.is_some_and(|n| n <= SCREEN),
                    "max-width" | "max-device-width" => pixels.is_some_and(|n| n >= SCREEN),
                    "prefers-color-scheme" => value == "light",
                    _ => false,
                }
            }
        };
    }
    all
}

/// What an at-rule holds.
enum Group {
    /// Rules that count.
    Taken,
    /// Something else.
    Left(String),
}

impl<'i> AtRuleParser<'i> for Rules<'_> {
    type Prelude = Group;
    type AtRule = ();
    type Error = ();

    fn parse_prelude(&mut self, name: CowRcStr<'i>, input: &mut Parser<'i>) -> Result<Group, ParseError<()>> {
        let start = input.position();
        while input.next().is_ok() {}
        let prelude = input.slice_from(start).trim();
        let name = name.to_ascii_lowercase();
        let taken = match name.as_str() {
            "media" => holds(prelude),
            "layer" | "supports" => true,
            _ => false,
        };
        // Rules for other screens are no loss on this one.
        Ok(if taken { Group::Taken } else { Group::Left(format!("@{name} {prelude}")) })
    }

    fn rule_without_block(&mut self, group: Group, _: &ParserState) -> Result<(), ()> {
        if let Group::Left(text) = group
            && text.starts_with("@import")
        {
            self.changes.add(ChangeKind::StyleSheetLinkRemoved, &text);
        }
        Ok(())
    }

    fn parse_block(
        &mut self,
        group: Group,
        _: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<(), ParseError<()>> {
        match group {
            Group::Taken if self.depth < MAX_DEPTH => {
                self.depth += 1;
                self.read(input);
                self.depth -= 1;
            }
            Group::Taken => {}
            Group::Left(text) => self.changes.add(ChangeKind::StyleRuleRemoved, &text),
        }
        Ok(())
    }
}

impl<'i> QualifiedRuleParser<'i> for Rules<'_> {
    type Prelude = &'i str;
    type QualifiedRule = ();
    type Error = ();

    fn parse_prelude(&mut self, input: &mut Parser<'i>) -> Result<&'i str, ParseError<()>> {
        let start = input.position();
        while input.next().is_ok() {}
        Ok(input.slice_from(start))
    }

    fn parse_block(
        &mut self,
        selectors: &'i str,
        _: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<(), ParseError<()>> {
        let start = input.position();
        while input.next().is_ok() {}
        self.rule(selectors, input.slice_from(start));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(css: &str) -> (String, Vec<&'static str>) {
        let mut changes = Changes::default();
        let sheet = prepare(css, &mut changes).unwrap();
        (sheet.css, changes.finish().iter().map(|change| change.kind.as_str()).collect())
    }

    #[test]
    fn rules_for_the_screen_are_kept() {
        for (css, expected) in [
            ("p , .a>b{color:red}", "p,.a>b{color:red}\n"),
            ("<!-- p{color:red} -->", "p{color:red}\n"),
            ("@media screen{p{color:red}}", "p{color:red}\n"),
            ("@media only screen and (min-width:480px){p{color:red}}", "p{color:red}\n"),
            ("@media (max-width:600px){p{color:red}} q{clear:both}", "q{clear:both}\n"),
            ("@media print{p{color:red}}", ""),
            ("@media (prefers-color-scheme:dark){p{color:red}}", ""),
            ("@font-face{src:url(x)} @import 'x'; @charset 'x'; p{color:red}", "p{color:red}\n"),
            ("a:hover{color:red} a:link{clear:both}", "a:link{clear:both}\n"),
            ("p{color:red;} } q{color:red} u{clear:both}", "p{color:red}\nu{clear:both}\n"),
            ("p{color:red;a:b;COLOR:blue;x:y}", "p{COLOR:blue}\n"),
            ("p{color:red!important;color:blue;width:1px}", "p{color:red!important;width:1px}\n"),
            ("[title='a,b'],i{color:red}", "[title='a,b'],i{color:red}\n"),
            ("p{color:red;& q{clear:both}}", "p{color:red}\n"),
        ] {
            assert_eq!(prepared(css).0, expected, "{css}");
        }
    }

    #[test]
    fn what_is_dropped_is_named() {
        for (css, expected) in [
            ("p::after{content:'WIRE'}", "generated_text_removed"),
            ("p:before{content:attr(x)}", "generated_text_removed"),
            ("@import url(https://x.test)", "style_sheet_link_removed"),
            ("@media print{p{color:red}}", "style_rule_removed"),
            ("p~q{color:red}", "style_rule_removed"),
            ("p:nth-child(2){color:red}", "style_rule_removed"),
        ] {
            assert_eq!(prepared(css), (String::new(), vec![expected]), "{css}");
        }
    }

    #[test]
    fn there_is_an_end_to_it() {
        let mut changes = Changes::default();
        for css in ["p,".repeat(10_000) + "p{}", "[a]{}".repeat(100), " ".repeat(MAX_SHEETS + 1)] {
            assert!(prepare(&css, &mut changes).is_none());
        }
        for css in
            ["@media screen{".repeat(10_000), "(".repeat(100_000), "/*".repeat(100_000), "p{".repeat(50_000)]
        {
            assert!(prepare(&css, &mut changes).is_some());
        }
    }
}
