//! What looks wrong with a received mail, with the evidence.
//!
//! A finding is a reason for a person to look, never a reason to throw a mail away. Some kinds also *taint* the
//! conversation: an answer in it might be what the writer of a hostile mail wants, so it always needs a person. Those
//! that taint are tricks on whoever reads (hidden or invisible text, text for a model, a false sender, a program under the name
//! of a document), mail that nobody could look into, and what a rule of the organization flags. Three kinds only inform, because honest mail has them every day:
//! newsletters link through counters, shops want their answers elsewhere, and programs write one format under the name of
//! another.
//!
//! A conversation that is tainted stays so: a clean mail after a hostile one proves nothing.

/// One thing that looks wrong with a mail.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// Where it was seen, in at most [`Finding::MAX_EVIDENCE`] characters, made harmless for display: characters that
    /// can't be seen are written as `U+200B`.
    pub evidence: String,
}

impl Finding {
    /// Longest evidence, in characters.
    pub const MAX_EVIDENCE: usize = 200;
    /// Most findings of one mail.
    pub const MAX: usize = 20;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $taints:literal, $explanation:literal;)*) => {
        /// The kinds of finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FindingKind { $($(#[$doc])* $name,)* }

        impl FindingKind {
            /// All kinds.
            pub const ALL: &[FindingKind] = &[$(FindingKind::$name),*];

            /// The code that is stored and shown: snake case, never changed.
            pub const fn as_str(self) -> &'static str {
                match self { $(FindingKind::$name => $code,)* }
            }

            /// Reads the code.
            pub fn parse(text: &str) -> Option<FindingKind> {
                FindingKind::ALL.iter().copied().find(|kind| kind.as_str() == text)
            }

            /// Whether an answer in the same conversation needs a person from now on.
            pub const fn taints(self) -> bool {
                match self { $(FindingKind::$name => $taints,)* }
            }

            /// What it means, in one sentence for a person.
            pub const fn explanation(self) -> &'static str {
                match self { $(FindingKind::$name => $explanation,)* }
            }
        }
    };
}

kinds! {
    /// The receiving server found a virus.
    Virus = "virus", true, "The receiving server found a virus in it.";
    /// The receiving server takes it for spam.
    Spam = "spam", true, "The receiving server takes it for spam.";
    /// DMARC failed, or SPF and DKIM both did.
    AuthenticationFailed = "authentication_failed", true,
        "The sender’s domain does not vouch for it: the address may be forged.";
    /// Text that a person does not see and a program reads.
    HiddenText = "hidden_text", true, "It has text that a person does not see and a program reads.";
    /// Characters that carry something and are not drawn.
    InvisibleCharacters = "invisible_characters", true,
        "It has characters that are not drawn and can carry a message.";
    /// Characters that turn the order of what is read around.
    BidirectionalControl = "bidirectional_control", true,
        "It has characters that turn the order of letters around, so that it reads differently from what it says.";
    /// Text that tells a language model what to do.
    ModelInstructions = "model_instructions", true, "It has text that tells a language model what to do.";
    /// A domain that looks like one that is known here, or mixes alphabets.
    LookalikeDomain = "lookalike_domain", true, "It has a domain that is made to be taken for another one.";
    /// The sender's name is an address that is not the sender's.
    DisplayNameAddress = "display_name_address", true,
        "The sender’s name shows an address of another domain than the one it came from.";
    /// A program, a script or a web page under the name or the type of a harmless file.
    DisguisedFile = "disguised_file", true,
        "A file says that it is harmless, and is a program, a script or a web page.";
    /// Too large, too deep or too odd to be looked at as a whole.
    NotInspected = "not_inspected", true, "Not all of it could be looked at.";
    /// A rule of the organization flags it.
    Flagged = "flagged", true, "A rule of your organization flags it.";
    /// Answers go to another domain than the sender's.
    ReplyToMismatch = "reply_to_mismatch", false, "An answer would go to another domain than the sender’s.";
    /// A link shows another domain than it leads to.
    LinkMismatch = "link_mismatch", false, "A link leads to another domain than the one it shows.";
    /// A file is of another kind than its name or its type says, and harmless.
    MislabelledFile = "mislabelled_file", false, "A file is of another kind than its name or its type says.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back_and_every_kind_is_explained_in_one_sentence() {
        for kind in FindingKind::ALL {
            assert_eq!(FindingKind::parse(kind.as_str()), Some(*kind));
            assert!(kind.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
            let text = kind.explanation();
            assert!(text.ends_with('.') && text.matches('.').count() == 1, "{text}");
        }
        assert_eq!(FindingKind::parse("hidden-text"), None);
    }

    #[test]
    fn what_honest_mail_has_every_day_taints_nothing() {
        let informs: Vec<_> = FindingKind::ALL.iter().filter(|kind| !kind.taints()).collect();
        let kinds = [FindingKind::ReplyToMismatch, FindingKind::LinkMismatch, FindingKind::MislabelledFile];
        assert_eq!(informs, kinds.iter().collect::<Vec<_>>());
    }
}
