//! What about a held mail deserves a look, in words: the same in the console and in the mails that tell of it.

use domain::gate::approval::Approval;
use domain::gate::risk::Risk;

/// What something that deserves a look is called.
pub struct RiskWords {
    /// In a row.
    pub short: &'static str,
    /// In a sentence.
    pub sentence: &'static str,
    /// Behind "Approve although"; nothing of what is only good to know.
    pub although: &'static str,
}

/// What something that deserves a look is called.
pub fn risk(risk: Risk) -> RiskWords {
    let (short, sentence, although) = match risk {
        Risk::ThreadTainted => (
            "Suspicious thread",
            "Something in this conversation looks wrong, such as orders to a program: its mails always need a person.",
            "the conversation looks suspicious",
        ),
        Risk::DisguisedFile => (
            "Disguised file",
            "A file says that it is harmless, and is a program, a script or a web page.",
            "a file is disguised",
        ),
        Risk::ProgramFile => {
            ("Program", "A file is a program or a script: whoever opens it runs it.", "a file is a program")
        }
        Risk::ActiveFile => (
            "Active content",
            "A file runs something where it is opened: it is a page, a document with macros, or a disk image.",
            "a file has active content",
        ),
        Risk::LinksDiffer => {
            ("Links differ", "A link shows one address and leads to another.", "links differ")
        }
        Risk::OddLink => (
            "Odd link",
            "A link leads to a bare number, or to a name whose letters may look like others.",
            "a link is odd",
        ),
        Risk::AnswersElsewhere => (
            "Answers go elsewhere",
            "Answers go to another address than the one that sends.",
            "answers go elsewhere",
        ),
        Risk::WordsDiffer => (
            "Two versions",
            "Its plain text and its HTML do not say the same. A recipient sees one or the other, so read both.",
            "text and HTML differ",
        ),
        Risk::AuthorUnproven => {
            ("Author not proven", "Nothing proves who wrote the mail that it answers (no DMARC pass).", "")
        }
        Risk::FirstContact => ("First contact", "Somebody gets it who was never written to before.", ""),
    };
    RiskWords { short, sentence, although }
}

/// What about a mail deserves a look, the worst first: what was found when it was asked for, or what its reasons say of one that nobody
/// looked at then.
pub fn risks(approval: &Approval) -> Vec<Risk> {
    let said = [
        (Approval::TAINTED, Risk::ThreadTainted),
        ("disguised_file", Risk::DisguisedFile),
        ("foreign_reply_to", Risk::AnswersElsewhere),
    ];
    let of_reasons =
        said.into_iter().filter(|(code, _)| approval.reasons.iter().any(|reason| reason == code));
    let mut all: Vec<Risk> = approval.risks.iter().flatten().copied().collect();
    all.extend(of_reasons.map(|(_, risk)| risk));
    all.sort_unstable();
    all.dedup();
    all
}
