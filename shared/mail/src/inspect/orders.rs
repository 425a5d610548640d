//! Text that tells a language model what to do.
//!
//! No list of phrases finds all of it, and none is needed to: a finding calls a person, and whatever is not found is
//! still marked as untrusted. What is looked for are several traits close together: an order to drop earlier orders,
//! an address to a model, secrecy from its user, everything sent away, marks of a chat format. Each trait has a weight
//! and counts once; a newsletter about language models shows one or two of them, an attack shows more or the strong
//! ones. The weights are judged by the tests: named attacks on one side, ordinary mail on the other.

use std::collections::HashMap;
use std::sync::LazyLock;

use domain::base::text::is_invisible;

/// So much weight within [`REACH`] is a finding.
pub(super) const IN_SIGHT: u32 = 10;
/// So much is one where nobody sees the text: no honest mail talks to a model there.
pub(super) const OUT_OF_SIGHT: u32 = 5;
/// Traits belong together within so many bytes.
const REACH: usize = 1_000;
/// Words of a trait are at most so far apart.
const WINDOW: usize = 12;
/// The longest word that is looked up, in bytes.
const LONGEST: usize = 40;

macro_rules! classes {
    ($($name:ident = $bit:literal: $words:literal;)*) => {
        $(const $name: u32 = 1 << $bit;)*
        /// Words by what they do in an order: English, German, French, Spanish, Italian, Portuguese, Dutch, Russian.
        const WORDS: &[(u32, &str)] = &[$(($name, $words)),*];
    };
}

classes! {
    OVERRIDE = 0: "ignore ignoring disregard forget override bypass overwrite ignoriere ignorieren ignorier vergiss missachte \
        ignorez ignorer oubliez oublie ignora ignorad ignorar olvida dimentica ignorate ignorare esqueca negeer vergeet \
        игнорируй игнорируйте проигнорируй забудь забудьте";
    PRIOR = 1: "previous prior above earlier preceding foregoing existing original initial all any other every past \
        vorherigen vorherige bisherigen bisherige obigen alle precedentes precedente toutes anteriores anterior previas todas \
        precedenti tutte vorige eerdere предыдущие предыдущий прежние все";
    ORDERS = 2: "instruction instructions directive directives prompt prompts guidelines programming guardrails \
        anweisungen anweisung instruktionen vorgaben consignes instrucciones istruzioni instrucoes instructies инструкции \
        инструкцию указания";
    YOU = 3: "you your youre du sie vous tu usted voce jij ты вы";
    ARE = 4: "are youre act become bist sind sei etes es eres sei bent";
    AI = 5: "ai llm llms gpt chatgpt copilot claude gemini ki ia ии artificial language autonomous automated";
    MODEL = 6: "assistant assistants agent agents model models chatbot bot llm llms assistent asistente assistente agente \
        modell modele modelo modello ассистент помощник";
    AT = 7: "attention dear note message hey hello memo achtung";
    READING = 8: "reading processing summarizing summarising analyzing analysing parsing answering handling replying \
        summarize summarise";
    IF = 9: "if when while before wenn si quando";
    SYSTEM = 10: "system systems";
    PROMPT = 11: "prompt prompts";
    FRESH = 12: "new updated hidden secret following real actual neue nouvelles nuevas nuove";
    NOT = 13: "not never dont without nicht niemals ohne ne sans no nunca sin non niet не";
    TELL = 14: "tell telling inform informing notify notifying alert alerting mention mentioning reveal disclose ask asking \
        warn sagen sage informieren mitteilen dire informer digas decir informar dire zeg говори сообщай";
    USER = 15: "user users human humans operator nutzer benutzer anwender utilisateur usuario utente gebruiker \
        пользователю owner recipient anyone";
    SEND = 16: "forward send exfiltrate email bcc upload post leak transmit copy share weiterleiten sende schicke \
        leite transferez envoyez envia reenvia inoltra invia stuur отправь перешли";
    EVERYTHING = 17: "all every any entire full complete latest last recent list contents saved stored alle saemtliche tous \
        toutes todos todas tutti все";
    DATA = 18: "emails mails messages inbox mailbox contacts password passwords credentials secrets secret keys key \
        tokens conversation conversations history correspondence attachments invoices nachrichten passwoerter kontakte \
        courriels correos mensajes contrasenas messaggi письма пароли";
    REVEAL = 19: "reveal print output repeat show display disclose expose zeige affiche muestra mostra";
    USE = 20: "call invoke use run execute trigger";
    TOOL = 21: "tool tools function functions plugin send_email send_mail send_message sendemail forward_email \
        reply_email read_inbox list_messages delete_email http_request fetch_url";
    MUST = 22: "must should shall will please need required";
    PRETEND = 23: "act behave pretend roleplay respond answer";
    MODE = 24: "mode modus";
    SPECIAL = 25: "developer dan god unrestricted jailbreak admin debug maintenance";
    THIS = 26: "this that the these";
    MAIL = 27: "email mail message document page content inbox thread";
    NOW = 28: "now immediately henceforth jetzt maintenant ahora";
}

/// What a trait counts for. Of the traits of one sort only the heaviest counts.
struct Trait {
    /// Its words, in order, within so many words.
    words: &'static [u32],
    within: usize,
    sort: usize,
    weight: u32,
}

const fn seen(words: &'static [u32], within: usize, sort: usize, weight: u32) -> Trait {
    Trait { words, within, sort, weight }
}

/// How many sorts of traits there are.
const SORTS: usize = 12;
const MARK: usize = 11;

const TRAITS: &[Trait] = &[
    seen(&[OVERRIDE, PRIOR, ORDERS], 7, 0, 10),
    seen(&[OVERRIDE, ORDERS, PRIOR], 7, 0, 10),
    seen(&[OVERRIDE, ORDERS], 4, 0, 5),
    seen(&[YOU, ARE, AI, MODEL], 8, 1, 6),
    seen(&[IF, YOU, ARE, AI], 6, 1, 6),
    seen(&[AI, MODEL, READING], 6, 1, 6),
    seen(&[AT, AI, MODEL], 5, 1, 6),
    seen(&[MODEL, MUST], 2, 1, 3),
    seen(&[SYSTEM, PROMPT], 2, 2, 3),
    seen(&[SYSTEM, ORDERS], 2, 2, 3),
    seen(&[FRESH, ORDERS], 2, 3, 3),
    seen(&[NOT, TELL, USER], 7, 4, 6),
    seen(&[SEND, EVERYTHING, DATA], 8, 5, 4),
    seen(&[SEND, YOU, DATA], 5, 5, 4),
    seen(&[SEND, USER, DATA], 6, 5, 4),
    seen(&[REVEAL, YOU, ORDERS], 5, 6, 6),
    seen(&[REVEAL, SYSTEM, PROMPT], 5, 6, 6),
    seen(&[USE, TOOL], 5, 7, 4),
    seen(&[PRETEND, AI, MODEL], 6, 8, 4),
    seen(&[SPECIAL, MODE], 2, 9, 4),
    seen(&[IF, READING, THIS, MAIL], 6, 10, 4),
    seen(&[YOU, MUST, NOW], 5, 8, 2),
];

/// Marks of chat formats, of tool calls, and orders in languages without spaces: text in lower case, its weight.
const MARKS: &[(&str, u32)] = &[
    ("<|im_start|>", 10),
    ("<|im_end|>", 10),
    ("<|system|>", 10),
    ("<|assistant|>", 10),
    ("<|user|>", 10),
    ("<|start_header_id|>", 10),
    ("<|eot_id|>", 10),
    ("<start_of_turn>", 10),
    ("<<sys>>", 10),
    ("[/inst]", 10),
    ("[inst]", 6),
    ("<system_prompt>", 10),
    ("<tool_call>", 10),
    ("<function_calls>", 10),
    ("\"tool_calls\"", 6),
    ("\"tool_use\"", 6),
    ("\"function_call\"", 6),
    ("\"role\":\"system\"", 10),
    ("\"role\": \"system\"", 10),
    ("### system", 6),
    ("### instruction", 6),
    ("[system]", 6),
    ("[system message]", 6),
    ("system:", 2),
    ("assistant:", 3),
    ("忽略之前的", 10),
    ("忽略先前的", 10),
    ("忽略以上", 10),
    ("忽略所有", 10),
    ("以前の指示を無視", 10),
    ("これまでの指示を無視", 10),
    ("上記の指示を無視", 10),
    ("이전 지시를 무시", 10),
    ("이전의 지시를 무시", 10),
    ("이전 지침을 무시", 10),
];

static CLASSES: LazyLock<HashMap<String, u32>> = LazyLock::new(|| {
    let mut classes = HashMap::new();
    for (class, words) in WORDS {
        for word in words.split_whitespace() {
            *classes.entry(fold_text(word)).or_default() |= class;
        }
    }
    classes
});

/// A text as a reader sees it, for comparing: lower case, without marks, letters of other alphabets that look like
/// Latin ones as these.
fn fold_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| fold(c, &mut out));
    out
}

fn fold(c: char, out: &mut String) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
        return;
    }
    if is_invisible(c) {
        return;
    }
    let start = out.len();
    // Lower case first: a capital I looks like an l.
    for small in c.to_lowercase() {
        let mut buffer = [0; 4];
        let alike = unicode_security::skeleton(small.encode_utf8(&mut buffer)).flat_map(char::to_lowercase);
        // Accents and umlauts come apart: the mark goes.
        out.extend(alike.filter(|c| !is_mark(*c)));
    }
    if &out[start..] == "rn" {
        out.replace_range(start.., "m");
    }
}

/// Where in a text there are orders for a model of at least this weight: the place of the first trait. Linear.
pub(super) fn find(text: &str, enough: u32) -> Option<usize> {
    let marks = marks(text);
    let mut marks = marks.iter().peekable();
    let mut sum = Sum::default();
    let mut recent = [0_u32; WINDOW];
    let mut count = 0;
    let mut word = String::new();
    let mut begins = 0;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        while let Some((place, weight)) = marks.next_if(|(place, _)| *place <= at) {
            if let Some(found) = sum.add(MARK, *weight, *place, enough) {
                return Some(found);
            }
        }
        let joins = c.is_alphanumeric() || matches!(c, '_' | '\'' | '’') || is_invisible(c) || is_mark(c);
        if joins {
            if word.is_empty() {
                begins = at;
            }
            if word.len() <= LONGEST && !matches!(c, '\'' | '’') {
                fold(c, &mut word);
            }
            continue;
        }
        if word.is_empty() {
            continue;
        }
        let class = CLASSES.get(word.as_str()).copied().unwrap_or(0);
        word.clear();
        count += 1;
        recent[count % WINDOW] = class;
        if class == 0 {
            continue;
        }
        for found in TRAITS.iter().filter(|t| t.words.last().is_some_and(|last| class & last != 0)) {
            if completes(found, &recent, count)
                && let Some(place) = sum.add(found.sort, found.weight, begins, enough)
            {
                return Some(place);
            }
        }
    }
    None
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}')
}

/// Whether the words of a trait come in order, the last of them now.
fn completes(found: &Trait, recent: &[u32; WINDOW], count: usize) -> bool {
    let mut wanted = found.words.iter().rev().skip(1);
    let mut next = wanted.next();
    for back in 1..found.within.min(WINDOW).min(count) {
        let Some(class) = next else { break };
        if recent[(count - back) % WINDOW] & class != 0 {
            next = wanted.next();
        }
    }
    next.is_none()
}

/// All marks of a text, in order.
fn marks(text: &str) -> Vec<(usize, u32)> {
    // Lower case of ASCII alone keeps all places.
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for (mark, weight) in MARKS {
        found.extend(lower.match_indices(mark).map(|(at, _)| (at, *weight)));
    }
    found.sort_unstable();
    found
}

/// The weight of what was seen lately, each sort once.
#[derive(Default)]
struct Sum {
    /// The last place and the weight of each sort.
    last: [Option<(usize, u32)>; SORTS],
}

impl Sum {
    /// Adds a trait; gives where it began if that is enough.
    fn add(&mut self, sort: usize, weight: u32, at: usize, enough: u32) -> Option<usize> {
        let near = |place: &usize| at.saturating_sub(*place) <= REACH;
        let slot = &mut self.last[sort];
        // A lighter one of the same sort close by takes nothing away.
        if slot.as_ref().is_none_or(|(place, before)| !near(place) || *before <= weight) {
            *slot = Some((at, weight));
        }
        let close = || self.last.iter().flatten().filter(|(place, _)| near(place));
        let total: u32 = close().map(|(_, weight)| weight).sum();
        (total >= enough).then(|| close().map(|(place, _)| *place).min().unwrap_or(at))
    }
}
