//! The part of a mail that its sender has just written.
//!
//! Mail programs copy the history below or above the answer, each in its own words. There is no standard for
//! this; the rules here are the common shapes, in the languages that people write mail in. They cut only at the
//! ends of the text: an answer between quoted lines is kept together with the lines it answers.

/// Longest attribution line ("On … wrote:"), in bytes, all its wrapped lines together.
const MAX_ATTRIBUTION: usize = 400;
/// Most lines over which an attribution is wrapped.
const MAX_ATTRIBUTION_LINES: usize = 4;
/// Most lines of a signature whose delimiter lost its space.
const MAX_SIGNATURE_LINES: usize = 12;
/// Most lines of a header block ("From: … Sent: …") that are looked at.
const MAX_BLOCK_LINES: usize = 8;

/// How an attribution line ends, before its colon and lower-cased.
#[rustfmt::skip] // a table
const WROTE: &[&str] = &[
    "wrote", "schrieb", "schrieb am", "geschrieben", "a écrit", "écrit", "escribió", "ha escrito",
    "ha scritto", "scrisse", "escreveu", "schreef", "skrev", "kirjoitti", "napisał", "napisała",
    "napisał(a)", "pisze", "napsal", "napsala", "napsal(a)", "napísal", "napísal(a)", "írta", "a scris",
    "έγραψε", "написал", "написал(а)", "пишет", "пише", "написав", "yazdı", "şunları yazdı", "כתב", "כתבה",
    "كتب", "viết", "đã viết", "menulis", "写道", "寫道", "書きました", "のメール", "作成", "작성", "님이 작성",
];

/// How an attribution begins that is wrapped over several lines.
#[rustfmt::skip] // a table
const WROTE_BEGINS: &[&str] = &[
    "On ", "Am ", "Le ", "El ", "Il ", "Em ", "Op ", "Den ", "Dne ", "Dňa ", "W dniu ", "Dnia ", "Pe ",
    "În ", "La ", "Στις ", "Vào ", "Pada ", "В ", "На ", "בתאריך ", "في ", "At ",
];

/// How an attribution line reads when its verb is not at the end ("Am … schrieb Eva:").
const WROTE_INSIDE: &[&str] =
    &[" schrieb ", " schreef ", " skrev ", " escribió ", " écrit ", " wrote ", " escreveu "];

/// Lines that divide an answer from the mail below it, between their dashes, lower-cased.
#[rustfmt::skip] // a table
const DIVIDERS: &[&str] = &[
    "original message", "original appointment", "forwarded message", "forwarded by", "reply message",
    "ursprüngliche nachricht", "originalnachricht", "weitergeleitete nachricht", "ursprünglicher termin",
    "message d'origine", "message original", "message transféré", "mensaje original", "mensaje reenviado",
    "messaggio originale", "messaggio inoltrato", "mensagem original", "mensagem encaminhada",
    "oorspronkelijk bericht", "doorgestuurd bericht", "originalmeddelande", "ursprungligt meddelande",
    "oprindelig meddelelse", "opprinnelig melding", "alkuperäinen viesti", "wiadomość oryginalna",
    "oryginalna wiadomość", "původní zpráva", "eredeti üzenet", "исходное сообщение",
    "пересылаемое сообщение", "orijinal mesaj", "原始邮件", "原始郵件", "元のメッセージ", "原本のメッセージ", "원본 메시지", "转发的邮件",
];

/// Names of the sender field in a copied header block, lower-cased.
#[rustfmt::skip] // a table
const FROM: &[&str] = &[
    "from", "von", "de", "da", "van", "från", "fra", "lähettäjä", "od", "feladó", "от", "від", "kimden",
    "gönderen", "מאת", "من", "发件人", "寄件者", "差出人", "送信者", "보낸 사람", "dari", "từ",
];

/// Names of the other fields in a copied header block, lower-cased.
#[rustfmt::skip] // a table
const OTHER_FIELDS: &[&str] = &[
    "sent", "date", "to", "cc", "reply-to", "importance", "gesendet", "datum", "an", "envoyé", "à",
    "enviado", "enviado el", "fecha", "para", "inviato", "data", "a", "verzonden", "aan", "skickat", "till",
    "sendt", "til", "lähetetty", "päivämäärä", "vastaanottaja", "wysłano", "do", "odesláno", "komu",
    "elküldve", "címzett", "отправлено", "дата", "кому", "gönderildi", "tarih", "kime", "נשלח", "אל",
    "发送时间", "收件人", "抄送", "寄件日期", "收件者", "送信日時", "日時", "宛先", "보낸 날짜", "받는 사람", "dikirim", "kepada",
];

/// Names of the subject field in a copied header block, lower-cased.
#[rustfmt::skip] // a table
const SUBJECT: &[&str] = &[
    "subject", "betreff", "objet", "asunto", "oggetto", "assunto", "onderwerp", "ämne", "emne", "aihe",
    "temat", "předmět", "tárgy", "тема", "konu", "נושא", "主题", "主旨", "件名", "제목", "subjek", "الموضوع",
    "tiêu đề", "θέμα", "subiect", "предмет",
];

/// Beginnings of the lines that phones and apps add, lower-cased.
#[rustfmt::skip] // a table
const FOOTERS: &[&str] = &[
    "sent from my ", "sent from mail for ", "sent from outlook", "sent from yahoo", "get outlook for ",
    "get bluemail", "sent with proton", "sent from proton", "von meinem iphone", "von meinem ipad",
    "gesendet von meinem ", "gesendet von mail für ", "gesendet von outlook",
    "diese nachricht wurde von meinem", "envoyé de mon ", "envoyé depuis mon ", "télécharger outlook",
    "enviado desde mi ", "enviado do meu ", "inviato da iphone", "inviato da outlook", "inviato dal mio ",
    "verzonden vanaf mijn ", "verstuurd vanaf mijn ", "skickat från min ", "sendt fra min ",
    "lähetetty iphonesta", "wysłane z iphone", "wysłane z mojego ", "odesláno z iphone",
    "отправлено с iphone", "отправлено с моего ", "iphone'umdan gönderildi", "从我的 iphone", "发自我的",
    "iphoneから送信", "나의 iphone",
];

/// One line: where it is, without its line break.
#[derive(Clone, Copy)]
struct Line<'a> {
    start: usize,
    end: usize,
    text: &'a str,
}

impl Line<'_> {
    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    fn is_quoted(&self) -> bool {
        self.text.trim_start().starts_with('>')
    }
}

/// The new part of a reply: a part of `text`, without surrounding empty lines.
///
/// Removed are: everything from a divider (`-----Original Message-----`), a copied header block (`From: …`,
/// `Sent: …`) or an attribution (`On … wrote:`) that no answer follows; quoted lines at the end, and at the
/// beginning when the answer stands below them; the signature after `-- ` (RFC 3676 §4.3); footers that phones
/// add. Answers between quoted lines stay, with the quotes.
///
/// Never empty unless `text` is blank: a mail that is all history (a bare forward) comes back whole.
pub fn extract_reply(text: &str) -> &str {
    let lines = split_lines(text);
    let mut last = history_start(&lines);
    last = cut_signature(&lines[..last]);
    last = cut_tail(&lines[..last]);
    let first = cut_head(&lines[..last]);

    let kept = match (lines.get(first), last.checked_sub(1).and_then(|at| lines.get(at))) {
        (Some(from), Some(to)) if first < last => text[from.start..to.end].trim(),
        _ => "",
    };
    // A file of nothing but history is its own content: better too much than nothing.
    if kept.is_empty() {
        text.trim()
    } else {
        trim_blank_lines(&text[lines[first].start..lines[last - 1].end])
    }
}

fn trim_blank_lines(text: &str) -> &str {
    // Indentation of the first line belongs to it.
    let start = text.len() - text.trim_start().len();
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    text[line..].trim_end()
}

fn split_lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let from = start;
            start += line.len();
            let bare = line.trim_end_matches(['\n', '\r']);
            Line { start: from, end: from + bare.len(), text: bare }
        })
        .collect()
}

/// The first line of copied history that is not quoted line by line, or the number of lines.
fn history_start(lines: &[Line<'_>]) -> usize {
    for at in 0..lines.len() {
        if lines[at].is_blank() || lines[at].is_quoted() {
            continue;
        }
        if is_divider(lines[at].text) || is_header_block(&lines[at..]) {
            // Outlook draws a line above the block.
            return if at > 0 && is_rule(lines[at - 1].text) { at - 1 } else { at };
        }
        if let Some(height) = attribution_height(&lines[at..]) {
            // Quoted history may have answers in between: that is for `cut_tail` to see.
            let next = lines[at + height..].iter().find(|line| !line.is_blank());
            if next.is_none_or(|line| !line.is_quoted()) {
                return at;
            }
        }
    }
    lines.len()
}

/// Cuts at the signature delimiter.
fn cut_signature(lines: &[Line<'_>]) -> usize {
    let bare = |line: &Line<'_>| line.text == "--" || line.text == "--\u{a0}";
    let exact = lines.iter().position(|line| line.text == "-- ");
    // Some programs strip the space that makes the delimiter; without it, dashes are a signature's only when
    // there is one such line and little below it.
    let stripped = || {
        let at = lines.iter().position(bare)?;
        (lines.len() - at <= MAX_SIGNATURE_LINES && !lines[at + 1..].iter().any(bare)).then_some(at)
    };
    exact
        .or_else(stripped)
        // A message that begins with the delimiter has nothing above it.
        .filter(|at| lines[..*at].iter().any(|line| !line.is_blank() && !line.is_quoted()))
        .unwrap_or(lines.len())
}

/// Cuts blank lines, quotes, attributions and footers off the end.
fn cut_tail(lines: &[Line<'_>]) -> usize {
    let mut last = lines.len();
    loop {
        let before = last;
        while last > 0 && (lines[last - 1].is_blank() || lines[last - 1].is_quoted()) {
            last -= 1;
        }
        if last < before {
            // The attribution of the quotes that were just cut.
            last -= attribution_above(&lines[..last]);
        }
        if last > 0 && is_footer(lines[last - 1].text) {
            last -= 1;
        }
        if last == before {
            return last;
        }
    }
}

/// Skips one block of quotes, with its attribution, that stands above the answer.
fn cut_head(lines: &[Line<'_>]) -> usize {
    let Some(mut at) = lines.iter().position(|line| !line.is_blank()) else { return 0 };
    let start = at;
    if let Some(height) = attribution_height(&lines[at..]) {
        at += height;
    }
    let block = at;
    while at < lines.len() && (lines[at].is_blank() || lines[at].is_quoted()) {
        at += 1;
    }
    let quoted = lines[block..at].iter().any(Line::is_quoted);
    // Further quotes below mean that the answer is given point by point: keep what it answers.
    let interleaved = lines[at..].iter().any(Line::is_quoted);
    if quoted && !interleaved && at < lines.len() { at } else { start }
}

fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 5 && line.chars().all(|c| matches!(c, '_' | '-' | '=' | '—' | '*'))
}

fn is_divider(line: &str) -> bool {
    let line = line.trim();
    if line.len() > 200 {
        return false;
    }
    let bare =
        line.trim_matches(|c: char| matches!(c, '-' | '_' | '=' | '—' | '*' | ':' | ' ')).to_lowercase();
    // The words alone are ordinary prose; dashes on both sides, or Apple's exact line, make them a divider.
    (line.starts_with("--") || line.starts_with("__") || line.starts_with("==") || line.starts_with('—'))
        && DIVIDERS.iter().any(|divider| bare.starts_with(divider))
        || bare == "begin forwarded message"
        || bare == "anfang der weitergeleiteten nachricht"
        || bare == "début du message transféré"
}

/// Whether a copied header block begins here: a sender line and, close below it, what only mail has.
fn is_header_block(lines: &[Line<'_>]) -> bool {
    let Some(first) = lines.first() else { return false };
    let is = |list: &[&str], name: &str| list.contains(&name);
    if !field_name(first.text).is_some_and(|name| is(FROM, &name)) {
        return false;
    }
    let below: Vec<_> =
        lines[1..].iter().take(MAX_BLOCK_LINES).filter_map(|line| field_name(line.text)).collect();
    let subject = below.iter().any(|name| is(SUBJECT, name));
    let others = below.iter().filter(|name| is(OTHER_FIELDS, name)).count();
    // "From: Berlin, To: Munich, Date: Friday" is a question about a train.
    if first.text.contains('@') { others + usize::from(subject) >= 2 } else { subject && others >= 1 }
}

/// The lower-cased name in `*Name:* value`.
fn field_name(line: &str) -> Option<String> {
    let line = line.trim_start().trim_start_matches(['*', '|']).trim_start();
    let at = line.find([':', '：'])?;
    let name = line[..at].trim_end_matches(['*', ' ', '\u{a0}']);
    (!name.is_empty() && name.len() <= 40).then(|| name.to_lowercase())
}

/// How many lines an attribution takes that begins here.
fn attribution_height(lines: &[Line<'_>]) -> Option<usize> {
    let mut joined = String::new();
    for (at, line) in lines.iter().take(MAX_ATTRIBUTION_LINES).enumerate() {
        if line.is_blank() || line.is_quoted() || joined.len() + line.text.len() > MAX_ATTRIBUTION {
            return None;
        }
        if at > 0 {
            joined.push(' ');
        }
        joined.push_str(line.text.trim());
        if is_attribution(&joined) {
            return Some(at + 1);
        }
        // Without a known first word, the line before an attribution would be taken for its beginning.
        if !begins_attribution(line.text) && at == 0 {
            return None;
        }
    }
    None
}

/// How many of the last lines are an attribution.
fn attribution_above(lines: &[Line<'_>]) -> usize {
    let fits = |height: &usize| attribution_height(&lines[lines.len() - height..]) == Some(*height);
    let mut heights = (1..=MAX_ATTRIBUTION_LINES.min(lines.len())).filter(fits);
    let shortest = heights.next();
    // The last line of a wrapped attribution looks like a whole one: the line with the first word decides.
    let begun = shortest
        .into_iter()
        .chain(heights)
        .find(|height| begins_attribution(lines[lines.len() - height].text));
    begun.or(shortest).unwrap_or_default()
}

fn begins_attribution(line: &str) -> bool {
    let line = line.trim_start();
    WROTE_BEGINS.iter().any(|word| line.starts_with(word))
}

fn is_attribution(line: &str) -> bool {
    let Some(bare) = line.strip_suffix([':', '：']) else { return false };
    // A date or an address tells an attribution from a sentence that ends in "wrote:".
    if !bare.contains('@') && !has_date(bare) {
        return false;
    }
    let bare = bare.trim_end().to_lowercase();
    WROTE.iter().any(|verb| bare.ends_with(verb))
        || WROTE_INSIDE.iter().any(|verb| bare.contains(verb))
        || is_date_and_address(&bare)
}

/// Whether there is a year, a time (`10:00`) or a date of numbers (`3/2/25`).
fn has_date(text: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    let groups: Vec<_> = text.split(|c| !is_digit(c)).filter(|group| !group.is_empty()).collect();
    let year = |group: &&str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    let mut pairs = text.as_bytes().windows(3);
    groups.iter().any(year)
        || pairs.any(|w| w[0].is_ascii_digit() && b":/.-".contains(&w[1]) && w[2].is_ascii_digit())
}

/// Gmail in languages for which it has no verb: `2025-02-03 10:00 GMT+01:00 Ann <ann@x.test>`.
fn is_date_and_address(bare: &str) -> bool {
    bare.ends_with('>')
        && bare.contains('@')
        && bare.len() > 4
        && bare.bytes().take(4).all(|b| b.is_ascii_digit())
}

fn is_footer(line: &str) -> bool {
    let line = line.trim().trim_start_matches(['<', '[', '*', '_']);
    if line.len() > 120 {
        return false;
    }
    let line = line.to_lowercase();
    FOOTERS.iter().any(|footer| line.starts_with(footer))
}

/// One line that shows what a mail is about: white space collapsed, invisible fillers and bare `<https://…>`
/// addresses left out, at most `max_chars` characters, an ellipsis in place of what was cut.
pub fn preview(text: &str, max_chars: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.starts_with("<http") && word.contains('>') {
            continue;
        }
        let mut first = true;
        for c in word.chars().filter(|c| !is_filler(*c)) {
            let space = first && !out.is_empty();
            first = false;
            if count + usize::from(space) + 1 > max_chars {
                // Room for the ellipsis.
                if count == max_chars {
                    out.pop();
                }
                let end = out.trim_end().len();
                out.truncate(end);
                if max_chars > 0 {
                    out.push('…');
                }
                return out;
            }
            if space {
                out.push(' ');
                count += 1;
            }
            out.push(c);
            count += 1;
        }
    }
    out
}

/// Characters that newsletters fill the preview with, and those that turn text around.
fn is_filler(c: char) -> bool {
    // A selector only says how the character before it looks.
    let selects = matches!(c, '\u{fe00}'..='\u{fe0f}');
    (domain::base::text::is_invisible(c) && !selects) || crate::text::is_unsafe_in_header(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn top_posts() {
        for history in [
            "On Mon, 3 Feb 2025 at 10:00, Ann <ann@x.test> wrote:\n> old\n> older\n",
            "On Mon, 3 Feb 2025 at 10:00, Ann Person With A Long Name\n<ann@x.test> wrote:\n\n> old\n",
            "Am 03.02.2025 um 10:00 schrieb Ann:\n> alt\n",
            "Le lun. 3 févr. 2025 à 10:00, Ann <ann@x.test> a écrit :\n> vieux\n",
            "El 3/2/2025 a las 10:00, Ann escribió:\n> viejo\n",
            "Il giorno lun 3 feb 2025 alle ore 10:00 Ann <ann@x.test> ha scritto:\n> vecchio\n",
            "2025年2月3日(月) 10:00 Ann <ann@x.test>:\n> 古い\n",
            "Ann <ann@x.test> 于2025年2月3日周一 10:00写道：\n> 旧\n",
            "-----Original Message-----\nFrom: Ann\nSent: Monday\n\nold\n",
            "________________________________\nFrom: Ann <ann@x.test>\nSent: Monday, 3 February 2025 10:00\nTo: Bob\nSubject: Hi\n\nold\n",
            "Von: Ann\nGesendet: Montag, 3. Februar 2025\nAn: Bob\nBetreff: Hallo\n\nalt\n",
            "*From:* Ann\n*Sent:* Monday\n*To:* Bob\n*Subject:* Hi\n\nold\n",
            "---------- Forwarded message ---------\nFrom: Ann\n\nold\n",
            "-- \nBob\nTel. 1\n",
            "Sent from my iPhone\n\nOn 3 Feb 2025, at 10:00, Ann <ann@x.test> wrote:\n\n> old\n",
            "On Mon, 3 Feb 2025 at 10:00, Ann <ann@x.test> wrote:\n\nold and not quoted\n",
            "",
        ] {
            let mail = format!("Yes, do it.\n\nThanks\n\n{history}");
            assert_eq!(extract_reply(&mail), "Yes, do it.\n\nThanks", "{history}");
            let crlf = mail.replace('\n', "\r\n");
            assert_eq!(extract_reply(&crlf), "Yes, do it.\r\n\r\nThanks", "{history}");
        }
    }

    #[test]
    fn bottom_and_interleaved_answers() {
        assert_eq!(extract_reply("On 3 Feb 2025 Ann wrote:\n> old\n> older\n\nNew answer.\n"), "New answer.");
        let interleaved = "On 3 Feb 2025 Ann wrote:\n> one?\nYes.\n\n> two?\nNo.";
        assert_eq!(extract_reply(&format!("{interleaved}\n\n> three?\n> bye\n")), interleaved);
    }

    #[test]
    fn prose_is_left_alone() {
        for text in [
            "As Shakespeare wrote:\nTo be or not to be.",
            "From: the sea\nwith love",
            "Options:\n--\nA\n--\nB",
            "How was it sent?\nSent via courier.",
            "I need a train:\n\nFrom: Berlin\nTo: Munich\nDate: 3 May 2025",
            "On page 3, you wrote:\n\nWe pay on Friday.",
            "The original message was lost.",
            "a -- b",
            "Dear Ann,\n\nfrom: 10 to: 12 would suit me.\n\nBob",
        ] {
            assert_eq!(extract_reply(text), text);
        }
    }

    #[test]
    fn never_empty() {
        for text in [
            "> only quotes\n> here",
            "-----Original Message-----\nFrom: a\n\nold",
            "-- \nBob",
            "Sent from my iPhone",
        ] {
            assert_eq!(extract_reply(text), text);
        }
        assert_eq!(extract_reply(" \n\n"), "");
        assert_eq!(extract_reply(""), "");
    }

    #[test]
    fn previews() {
        assert_eq!(preview("Hello\n\n  world ", 50), "Hello world");
        assert_eq!(preview("Hello world", 8), "Hello w…");
        assert_eq!(preview("Hello world", 11), "Hello world");
        assert_eq!(preview("Hello world", 6), "Hello…");
        assert_eq!(preview("\u{200c}\u{34f} \u{200c} Hi", 50), "Hi");
        assert_eq!(preview("see <https://x.test/1> now", 50), "see now");
        assert_eq!(preview("abc", 0), "");
        assert_eq!(preview("", 10), "");
    }
}
