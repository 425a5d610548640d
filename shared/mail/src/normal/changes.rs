//! What bringing a mail into the normal form changed about it.

/// Most changes that are listed: the last says how many more there were.
const MAX_CHANGES: usize = 50;
/// Longest excerpt of what was changed, in characters.
const MAX_EXCERPT: usize = 120;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $sentence:literal;)*) => {
        /// A kind of change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ChangeKind { $($(#[$doc])* $variant,)* }

        impl ChangeKind {
            /// All there are.
            pub const ALL: &[ChangeKind] = &[$(ChangeKind::$variant),*];

            /// Its stable code.
            pub const fn as_str(self) -> &'static str {
                match self { $(ChangeKind::$variant => $code,)* }
            }

            /// What it means, in a sentence.
            pub const fn sentence(self) -> &'static str {
                match self { $(ChangeKind::$variant => $sentence,)* }
            }
        }
    };
}

kinds! {
    /// Text that a browser would not have shown.
    HiddenTextRemoved = "hidden_text_removed", "Text that was made invisible was taken out.";
    /// Text that a style sheet would have written.
    GeneratedTextRemoved = "generated_text_removed", "Text that a style sheet adds was taken out.";
    /// An element with everything in it.
    ElementRemoved = "element_removed", "An element that mail programs show differently was taken out with what it holds.";
    /// An element that another stands for.
    ElementReplaced = "element_replaced", "An element that mail programs show differently was replaced by a plain one.";
    /// What stood in a table, and in no cell of it.
    MovedIntoCell = "moved_into_cell", "What stood in a table outside its cells, where browsers put it before the table, was put into a cell.";
    /// Letters that could not have been told from what is behind them.
    UnreadableColourChanged = "unreadable_colour_changed", "Text that could hardly be read on its background was given a readable colour.";
    /// Letters that were too small.
    SmallTextEnlarged = "small_text_enlarged", "Text smaller than 8 pixels was enlarged to that.";
    /// Letters in another case.
    CaseApplied = "case_applied", "Text is written in the case in which its style shows it.";
    /// A link to something that no mail can lead to.
    LinkRemoved = "link_removed", "A link without a full address was taken out; its text stayed.";
    /// A picture without an address.
    PictureRemoved = "picture_removed", "A picture without a full address was taken out.";
    /// A picture behind something.
    BackgroundPictureRemoved = "background_picture_removed", "A picture behind the text was taken out.";
    /// Style sheets were written into the elements.
    StylesInlined = "styles_inlined", "Style sheets were written into the elements that they are about.";
    /// A style sheet that lies elsewhere.
    StyleSheetLinkRemoved = "style_sheet_link_removed", "A style sheet from elsewhere, which could change after approval, was taken out.";
    /// A rule of a style sheet.
    StyleRuleRemoved = "style_rule_removed", "A rule of a style sheet that not every mail program follows was taken out.";
    /// A property of a style.
    StyleRemoved = "style_removed", "A style that can move, hide or cover something, or that not every mail program follows, was taken out.";
    /// An attribute.
    AttributeRemoved = "attribute_removed", "An attribute that mail programs treat differently was taken out.";
    /// A comment, conditional ones too.
    CommentRemoved = "comment_removed", "A comment, which some mail programs show, was taken out.";
    /// A character that nobody sees.
    InvisibleCharactersRemoved = "invisible_characters_removed", "Characters that nobody sees were taken out.";
    /// There were more changes than are listed.
    More = "more", "There were more changes than are listed.";
}

/// A change, and how often it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Of which kind.
    pub kind: ChangeKind,
    /// What was changed: a name, or the beginning of a text, on one line, at most 120 characters.
    pub what: String,
    /// How often.
    pub count: u32,
}

/// Changes as they are found.
#[derive(Debug, Default)]
pub(super) struct Changes {
    list: Vec<Change>,
    more: u32,
}

impl Changes {
    /// Notes a change. The same one again is counted.
    pub(super) fn add(&mut self, kind: ChangeKind, what: &str) {
        let mut excerpt = String::new();
        // Enough for what is kept, of a text of any length.
        for word in what.chars().take(8 * MAX_EXCERPT).collect::<String>().split_whitespace() {
            if !excerpt.is_empty() {
                excerpt.push(' ');
            }
            excerpt.extend(word.chars().filter(|c| !c.is_control() && !domain::base::text::is_invisible(*c)));
        }
        if excerpt.chars().count() > MAX_EXCERPT {
            excerpt = excerpt.chars().take(MAX_EXCERPT - 1).collect();
            excerpt.push('…');
        }
        if let Some(known) = self.list.iter_mut().find(|known| known.kind == kind && known.what == excerpt) {
            known.count = known.count.saturating_add(1);
        } else if self.list.len() < MAX_CHANGES {
            self.list.push(Change { kind, what: excerpt, count: 1 });
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// The changes, those that matter most first.
    pub(super) fn finish(mut self) -> Vec<Change> {
        self.list.sort_by_key(|change| change.kind);
        if self.more > 0 {
            self.list.push(Change { kind: ChangeKind::More, what: String::new(), count: self.more });
        }
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_counted_and_bounded() {
        let mut changes = Changes::default();
        changes.add(ChangeKind::StyleRemoved, "position");
        changes.add(ChangeKind::StyleRemoved, "position");
        changes.add(ChangeKind::HiddenTextRemoved, &format!("a\n b\u{200b}{}", "x".repeat(500)));
        for n in 0..60 {
            changes.add(ChangeKind::AttributeRemoved, &n.to_string());
        }
        let all = changes.finish();
        assert_eq!(all[0].kind, ChangeKind::HiddenTextRemoved);
        assert!(all[0].what.starts_with("a bxx") && all[0].what.chars().count() == MAX_EXCERPT);
        assert_eq!((all[1].what.as_str(), all[1].count), ("position", 2));
        assert_eq!((all.len(), all.last().unwrap().count), (MAX_CHANGES + 1, 12));
    }

    #[test]
    fn codes_are_distinct() {
        let codes: std::collections::BTreeSet<_> = ChangeKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(codes.len(), ChangeKind::ALL.len());
    }
}
