//! The words that mail programs put around history, in the languages that people write mail in.
//!
//! Everything here is compared [folded](fold): the tables may be written as the programs write them.

use std::{collections::HashSet, sync::LazyLock};

/// Verbs of an attribution ("On … Ann wrote:"), each a word of its own.
#[rustfmt::skip] // a table
const WROTE: &[&str] = &[
    "wrote", "writes", "schrieb", "schreibt", "geschrieben", "écrit", "escribió", "escribio", "escribe", "scritto",
    "scrisse", "scrive", "escreveu", "escreve", "schreef", "schrijft", "geschreven", "skrev", "skriver", "skrevet",
    "kirjoitti", "napisał", "napisała", "napisana", "pisze", "napsal", "napsala", "napísal", "napísala", "írta", "scris",
    "έγραψε", "написал", "написала", "написав", "написала", "пишет", "пише", "писал", "писала", "yazdı", "yazmış",
    "כתב", "כתבה", "كتب", "menulis", "viết",
];

/// Verbs of scripts that don't divide words: they end the line.
const WROTE_CJK: &[&str] =
    &["写道", "寫道", "書きました", "が書きました", "提到", "来信", "來信", "님이 작성"];

/// The same, where the word also has another meaning ("made", "mail"): only an address makes it a verb.
const WROTE_CJK_WEAK: &[&str] = &["のメール", "作成", "작성", "쓴 글", "작성했습니다", "보냄"];

/// First words of attributions.
#[rustfmt::skip] // a table
const BEGINS: &[&str] = &[
    "on ", "am ", "le ", "el ", "il ", "il giorno ", "em ", "no dia ", "op ", "den ", "dne ", "dna ", "w dniu ", "dnia ",
    "wiadomość napisana ", "pe ", "în ", "στις ", "vào ", "pada ", "в ", "на ", "בתאריך ", "في ", "at ", "在", "於", "于",
];

/// Words that say that mail is passed on, in a line between dashes or in a line of their own that ends in a colon.
#[rustfmt::skip] // a table
const FORWARDED: &[&str] = &[
    "forwarded message", "forwarded mail", "forwarded email", "forwarded by", "start of forwarded message",
    "begin forwarded message", "beginning of forwarded message",
    "weitergeleitete nachricht", "weitergeleitete mail", "weitergeleitete e-mail", "weitergeleitet von",
    "anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail", "beginn der weitergeleiteten nachricht",
    "beginn der weitergeleiteten e-mail",
    "message transféré", "message réexpédié", "message transmis", "mail transféré", "e-mail transféré",
    "courriel transféré", "transféré par", "début du message transféré", "début du message réexpédié",
    "début de l'e-mail transféré", "début du message transmis",
    "mensaje reenviado", "correo reenviado", "reenviado por", "inicio del mensaje reenviado",
    "comienzo del mensaje reenviado", "inicio de mensaje reenviado", "comienza el mensaje reenviado",
    "messaggio inoltrato", "mail inoltrata", "e-mail inoltrata", "inoltrato da", "inizio messaggio inoltrato",
    "inizio del messaggio inoltrato", "inizio e-mail inoltrata",
    "mensagem encaminhada", "mensagem reencaminhada", "e-mail encaminhado", "encaminhado por", "reencaminhado por",
    "início da mensagem encaminhada", "início da mensagem reencaminhada", "início de mensagem encaminhada",
    "início de mensagem reencaminhada",
    "doorgestuurd bericht", "doorgezonden bericht", "doorgestuurde e-mail", "doorgestuurd door",
    "begin doorgestuurd bericht", "begin van doorgestuurd bericht", "begin doorgestuurde e-mail",
    "wiadomość przekazana dalej", "wiadomość przekazana", "przekazana wiadomość", "przesłana dalej wiadomość",
    "treść przekazanej wiadomości", "przesłana wiadomość", "początek przekazywanej wiadomości",
    "początek przekazanej wiadomości", "rozpoczęcie przekazywanej wiadomości",
    "początek wiadomości przekazanej dalej", "przekazane przez",
    "vidarebefordrat meddelande", "vidarebefordrat mejl", "vidarebefordrat mail", "vidarebefordrat brev",
    "vidarebefordrat e-postmeddelande", "vidarebefordrat av", "början på vidarebefordrat meddelande",
    "börja på vidarebefordrat meddelande", "början på vidarebefordrat brev", "början på vidarebefordrat mejl",
    "påbörjat vidarebefordrat brev",
    "videresendt meddelelse", "videresendt besked", "videresendt mail", "videresendt e-mail", "videresendt af",
    "start på videresendt besked", "begyndelse på videresendt besked", "start på videresendt meddelelse",
    "start på videresendt e-mail", "begyndelse på videresendt meddelelse",
    "videresendt melding", "videresendt e-post", "videresendt epost", "videresendt av",
    "start på videresendt melding", "begynnelse på videresendt melding", "begynnelsen på videresendt melding",
    "start på videresendt e-post", "videresendt e-postmelding",
    "välitetty viesti", "edelleenlähetetty viesti", "välitetty viesti alkaa",
    "přeposlaná zpráva", "předaná zpráva", "přeposlaný e-mail", "přeposlaný email", "přeposláno od",
    "začátek přeposílané zprávy", "začátek přeposlané zprávy", "začátek předávané zprávy",
    "preposlaná správa", "začiatok preposlanej správy", "továbbított üzenet", "továbbított levél", "mesaj redirecționat",
    "пересылаемое сообщение", "пересланное сообщение", "переадресованное сообщение", "перенаправленное сообщение",
    "пересылаемое письмо", "пересланное письмо", "перенаправленное письмо", "начало пересылаемого сообщения",
    "начало переадресованного сообщения", "начало пересланного сообщения", "начало перенаправленного сообщения",
    "конец пересылаемого сообщения", "переслано от",
    "переслане повідомлення", "переадресоване повідомлення", "перенаправлене повідомлення", "пересланий лист",
    "пересилане повідомлення", "початок переадресованого повідомлення", "початок пересланого повідомлення",
    "початок перенаправленого повідомлення", "початок листа, що пересилається", "переслано від",
    "iletilen mesaj", "iletilen ileti", "iletilmiş ileti", "iletilmiş mesaj", "iletilen e-posta", "yönlendirilen ileti",
    "yönlendirilen mesaj", "yönlendirilmiş ileti", "yönlendirilmiş mesaj", "yönlendirilen e-posta", "iletilen ileti başlangıcı",
    "iletilen mesaj başlangıcı", "iletilmiş iletinin başlangıcı", "yönlendirilen ileti başlangıcı", "başlangıç iletilen ileti",
    "転送されたメッセージ", "転送メッセージ", "転送されたメール", "転送メール", "転送元のメッセージ", "以下は転送されたメッセージです",
    "转发的邮件", "转发邮件", "转发的消息", "转发信息", "转发的原邮件", "已转发的邮件", "被转发的邮件", "下面是被转发的邮件", "以下是转发的邮件",
    "開始轉寄郵件", "开始转发的邮件", "轉寄的郵件", "轉寄郵件", "轉寄郵件的開頭", "以下是轉寄的郵件", "轉寄的訊息", "已轉寄的郵件", "轉寄信件",
    "전달된 메시지", "전달된 메일", "전달한 메시지", "전달 메시지", "전달된 이메일", "전달된 메시지 시작", "다음은 전달된 메시지입니다", "전달 메일",
];

/// Words that divide an answer from the mail below it, between dashes.
#[rustfmt::skip] // a table
const ORIGINAL: &[&str] = &[
    "original message", "original mail", "original email", "original e-mail", "original appointment", "reply message",
    "replied message", "message from ", "previous message", "reply above this line", "reply to message",
    "ursprüngliche nachricht", "ursprüngliche mail", "ursprüngliche e-mail", "originalnachricht", "original-nachricht",
    "original nachricht", "original-mail", "originale nachricht", "originalmail", "ursprünglicher termin",
    "message d'origine", "message original", "message initial", "mail original", "e-mail original", "courriel original",
    "e-mail d'origine", "message précédent", "rendez-vous d'origine",
    "mensaje original", "correo original", "mensaje de origen", "mensaje anterior", "cita original",
    "messaggio originale", "messaggio originario", "mail originale", "e-mail originale", "email originale",
    "appuntamento originale",
    "mensagem original", "mensagem de origem", "e-mail original", "compromisso original",
    "oorspronkelijk bericht", "oorspronkelijke bericht", "origineel bericht", "originele bericht",
    "oorspronkelijke e-mail", "oorspronkelijke afspraak",
    "wiadomość oryginalna", "oryginalna wiadomość", "wiadomość pierwotna", "pierwotna wiadomość", "wiadomość źródłowa",
    "originalmeddelande", "ursprungligt meddelande", "ursprungsmeddelande", "originalmejl", "ursprungligt mejl",
    "ursprungligt mail",
    "oprindelig meddelelse", "original meddelelse", "oprindelig besked", "original besked", "originalmeddelelse",
    "oprindelig mail",
    "opprinnelig melding", "original melding", "originalmelding", "opprinnelig e-post", "opprinnelig epost",
    "alkuperäinen viesti", "původní zpráva", "původní e-mail", "původní email", "originální zpráva", "pôvodná správa",
    "eredeti üzenet", "mesaj original",
    "исходное сообщение", "оригинальное сообщение", "первоначальное сообщение", "исходное письмо", "оригинальное письмо",
    "оригінальне повідомлення", "вихідне повідомлення", "початкове повідомлення", "первинне повідомлення",
    "оригінал повідомлення", "вихідний лист",
    "orijinal mesaj", "orijinal ileti", "özgün ileti", "özgün mesaj", "asıl ileti", "asıl mesaj", "orijinal e-posta",
    "özgün e-posta", "ilk ileti",
    "元のメッセージ", "原本のメッセージ", "オリジナルメッセージ", "元のメール", "元メール",
    "原始邮件", "原邮件", "原始信息", "回复的原邮件", "原始郵件", "原郵件", "原始信件", "原始訊息", "原始邮件信息",
    "원본 메시지", "원본 메일", "원본메시지", "원본메일", "원래 메시지", "원문 메시지", "원본 이메일",
];

/// Names of the sender field in a copied header block.
#[rustfmt::skip] // a table
const FROM: &[&str] = &[
    "from", "von", "de", "da", "van", "från", "fra", "lähettäjä", "od", "feladó", "от", "от кого", "від", "від кого",
    "kimden", "gönderen", "מאת", "من", "发件人", "發件人", "寄件者", "寄件人", "差出人", "送信者", "送信元", "보낸 사람", "보낸사람", "보낸이", "발신",
    "발신자", "발신인", "dari", "từ", "expéditeur", "absender", "remitente", "mittente", "remetente", "afzender",
    "nadawca", "avsändare", "afsender", "avsender", "odesílatel", "отправитель", "відправник",
];

/// Names of the date field in a copied header block.
#[rustfmt::skip] // a table
const DATE: &[&str] = &[
    "sent", "date", "gesendet", "gesendet am", "datum", "envoyé", "envoyé le", "date d'envoi", "enviado", "enviado el",
    "enviado em", "enviada", "enviada em", "fecha", "inviato", "inviata", "data", "data invio", "verzonden",
    "verzonden op", "verstuurd", "skickat", "skickades", "sendt", "sendt den", "dato", "lähetetty", "päivämäärä",
    "wysłano", "wysłane", "odesláno", "odoslané", "dátum", "elküldve", "отправлено", "дата", "надіслано", "відправлено",
    "gönderildi", "gönderim", "gönderilme tarihi", "gönderme tarihi", "gönderim tarihi", "tarih", "נשלח",
    "发送时间", "发送日期", "时间", "日期", "發送時間", "時間", "寄件日期", "傳送時間", "傳送日期", "送信日時", "送信日", "日付", "日時",
    "보낸 날짜", "보낸날짜", "보낸 시간", "보낸시간", "날짜", "발송일", "dikirim", "trimis",
];

/// Names of the recipient and other fields in a copied header block.
#[rustfmt::skip] // a table
const TO: &[&str] = &[
    "to", "cc", "bcc", "reply-to", "importance", "an", "kopie", "kopie an", "antwort an", "à", "a", "copie", "copie à",
    "cci", "répondre à", "importance", "para", "cco", "responder a", "copia", "per conoscenza", "aan", "antwoord aan",
    "do", "dw", "odpowiedz do", "till", "kopia", "svar till", "til", "kopi", "svar til", "vastaanottaja", "komu",
    "odpověď komu", "kópia", "címzett", "кому", "копия", "копія", "ответить", "kime", "bilgi", "אל", "către",
    "收件人", "抄送", "收件者", "副本", "宛先", "받는 사람", "받는사람", "참조", "수신", "수신자", "수신인", "받는이", "kepada",
];

/// Names of the subject field in a copied header block.
#[rustfmt::skip] // a table
const SUBJECT: &[&str] = &[
    "subject", "betreff", "objet", "asunto", "oggetto", "ogg", "assunto", "onderwerp", "ämne", "emne", "aihe", "temat",
    "předmět", "predmet", "tárgy", "тема", "konu", "נושא", "主题", "主題", "主旨", "件名", "제목", "subjek", "الموضوع", "tiêu đề",
    "θέμα", "subiect", "предмет", "sujet",
];

/// Beginnings of the lines that phones and apps add.
#[rustfmt::skip] // a table
const FOOTERS: &[&str] = &[
    "sent from my ", "sent from mail for ", "sent from outlook", "sent from yahoo", "sent from proton",
    "sent from samsung", "sent from gmail", "sent with proton", "sent via the samsung", "get outlook for ", "get bluemail",
    "yahoo mail: ",
    "von meinem iphone", "von meinem ipad", "von meinem mobil", "von meinem handy", "von meinem samsung",
    "von meinem android", "von outlook für ", "gesendet von meinem ", "gesendet von mail für ", "gesendet von outlook",
    "gesendet mit der gmx", "gesendet mit der web.de", "diese nachricht wurde von meinem", "outlook für ios",
    "outlook für android", "holen sie sich outlook",
    "envoyé de mon ", "envoyé depuis mon ", "envoyé à partir de mon ", "envoyé de outlook", "envoyé à partir de outlook",
    "envoyé à partir d'outlook", "envoyé depuis outlook", "envoyé de mail pour ", "envoyé à partir de courrier",
    "télécharger outlook", "obtenez outlook", "obtenir outlook", "provenance : courrier",
    "enviado desde mi ", "enviado desde outlook", "enviado desde correo para", "enviado desde yahoo", "obtener outlook",
    "obtén outlook", "descargar outlook",
    "enviado do meu ", "enviado a partir do meu ", "enviado do email para ", "enviado do correio para ",
    "enviado do outlook", "enviado do yahoo", "obter o outlook", "baixar o outlook", "baixe o outlook",
    "inviato da iphone", "inviato da ipad", "inviato da outlook", "inviato da posta per", "inviato da yahoo",
    "inviato dal mio ", "inviato dall'app", "ottieni outlook", "scarica outlook",
    "verzonden vanaf mijn ", "verstuurd vanaf mijn ", "verzonden vanuit mail voor", "verzonden vanuit outlook",
    "verzonden met mijn ", "verzonden door mijn ", "download outlook voor", "outlook voor ios", "outlook voor android",
    "skickat från min ", "skickat från mail för", "skickat från outlook", "skickat från e-post för", "skaffa outlook",
    "hämta outlook",
    "sendt fra min ", "sendt fra mail til", "sendt fra outlook", "sendt fra mail for", "sendt fra e-post for", "hent outlook",
    "få outlook", "skaff deg outlook", "last ned outlook",
    "lähetetty iphonesta", "lähetetty ipadista",
    "wysłane z iphone", "wysłane z ipad", "wysłane z mojego ", "wysłano z iphone", "wysłano z mojego ", "wysłane z poczty dla",
    "wysłane z programu outlook", "pobierz outlook", "pobierz program outlook", "pobierz aplikację outlook",
    "odesláno z iphon", "odesláno z ipad", "odesláno z mého ", "odesláno z mobilu", "odesláno z pošty pro",
    "odesláno z outlook", "získejte outlook", "získat outlook", "stáhněte si outlook",
    "отправлено с iphone", "отправлено с ipad", "отправлено с моего ", "отправлено из мобильной", "отправлено из почты",
    "отправлено из outlook", "отправлено из приложения", "скачать outlook", "скачайте outlook", "получить outlook",
    "надіслано з iphone", "надіслано з ipad", "надіслано з мого ", "відправлено з iphone", "відправлено з мого ",
    "надіслано з пошти", "надіслано з outlook", "отримати outlook", "завантажити outlook", "отримайте outlook",
    "iphone'umdan gönderildi", "ipad'imden gönderildi", "iphone'dan gönderildi", "samsung cihazımdan gönderildi",
    "android cihazımdan gönderildi", "windows için posta", "ios için outlook", "android için outlook", "outlook for ios",
    "iphoneから送信", "ipadから送信", "私のiphoneから送信", "androidから送信", "windows 版のメール", "outlook for android",
    "从我的 iphone", "从我的iphone", "发自我的", "发送自我的", "获取 outlook", "來自我的", "從我的 iphone", "從我的iphone", "從我的 ipad",
    "取得 outlook", "發自我的", "發送自我的", "傳送自我的",
    "나의 iphone", "내 iphone", "나의 ipad", "내 ipad", "iphone에서 보냄", "내 갤럭시", "나의 갤럭시", "ios용 outlook",
    "android용 outlook", "windows용 메일",
];

/// What mail programs put before the subject of a mail that is passed on.
#[rustfmt::skip] // a table
const FORWARD_PREFIXES: &[&str] = &[
    "fwd", "fw", "forward", "wg", "tr", "rv", "reenv", "i", "inol", "inoltro", "enc", "res enc", "doorst", "pd", "vb", "vs",
    "vl", "videresend", "vid", "př", "přeposl", "пересл", "пер", "fwd пер", "перес", "переслано", "ilt", "ilet", "yönl",
    "tov", "转发", "轉寄", "轉發", "転送", "fw 転送", "전달", "πρθ",
];

/// The tables, folded.
struct Tables {
    wrote: HashSet<String>,
    wrote_cjk: Vec<String>,
    wrote_cjk_weak: Vec<String>,
    begins: Vec<String>,
    forwarded: Vec<String>,
    forwarded_alone: HashSet<String>,
    original: Vec<String>,
    original_alone: HashSet<String>,
    fields: [(HashSet<String>, Field); 4],
    footers: Vec<String>,
    forward_prefixes: HashSet<String>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let list = |table: &[&str]| table.iter().map(|word| fold(word)).collect::<Vec<_>>();
    let set = |table: &[&str]| table.iter().map(|word| fold(word)).collect::<HashSet<_>>();
    Tables {
        wrote: set(WROTE),
        wrote_cjk: list(WROTE_CJK),
        wrote_cjk_weak: list(WROTE_CJK_WEAK),
        begins: list(BEGINS),
        forwarded: list(FORWARDED),
        forwarded_alone: set(FORWARDED),
        original: list(ORIGINAL),
        original_alone: set(ORIGINAL),
        fields: [
            (set(FROM), Field::From),
            (set(DATE), Field::Date),
            (set(TO), Field::To),
            (set(SUBJECT), Field::Subject),
        ],
        footers: list(FOOTERS),
        forward_prefixes: set(FORWARD_PREFIXES),
    }
});

/// What a line of a copied header block is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// Who wrote it.
    From,
    /// When it was sent.
    Date,
    /// Who got it; also what else may stand there.
    To,
    /// Its subject.
    Subject,
}

/// What is compared: lower case, letters without their marks, plain spaces, apostrophes and hyphens, and nothing
/// invisible. Programs differ in all of these, and some write letters and marks apart (NFD).
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        out.push(match c {
            c if is_unseen(c) => continue,
            '’' | '‘' | '`' | '´' | 'ʼ' => '\'',
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ă' | 'ą' => 'a',
            'ç' | 'ć' | 'č' => 'c',
            'ď' => 'd',
            'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => 'e',
            'ğ' => 'g',
            'ì' | 'í' | 'î' | 'ï' | 'ı' => 'i',
            'ĺ' | 'ľ' | 'ł' => 'l',
            'ñ' | 'ń' | 'ň' => 'n',
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ő' => 'o',
            'ř' => 'r',
            'ś' | 'š' | 'ş' | 'ș' => 's',
            'ť' | 'ț' | 'ţ' => 't',
            'ù' | 'ú' | 'û' | 'ü' | 'ů' | 'ű' => 'u',
            'ý' => 'y',
            'ź' | 'ż' | 'ž' => 'z',
            'й' => 'и',
            'ё' => 'е',
            'ї' => 'і',
            '：' => ':',
            c if c.is_whitespace() => ' ',
            c => c,
        });
    }
    out
}

/// Marks over and under letters, soft hyphens, marks of direction, and what else has no width.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Whether one of the words of a folded line is the verb of an attribution.
pub(super) fn has_verb(line: &str) -> bool {
    line.split(|c: char| !c.is_alphabetic()).any(|word| TABLES.wrote.contains(word))
        || TABLES.wrote_cjk.iter().any(|verb| line.contains(verb.as_str()))
}

/// Whether a folded line begins with the verb of an attribution.
pub(super) fn begins_with_verb(line: &str) -> bool {
    let word = line.split(|c: char| !c.is_alphabetic()).next();
    word.is_some_and(|word| TABLES.wrote.contains(word))
}

/// Whether a folded line, without its colon, ends with the verb of an attribution.
pub(super) fn ends_with_verb(line: &str) -> bool {
    let line = line.trim_end_matches(['(', ')', ' ']);
    // "napisał(a)", "написав(-ла)".
    let word = line.rsplit(|c: char| c.is_whitespace() || c == ',').next().unwrap_or_default();
    TABLES.wrote.contains(word.split('(').next().unwrap_or_default())
        || TABLES.wrote_cjk.iter().any(|verb| line.ends_with(verb.as_str()))
}

/// Whether a folded line, without its colon, ends with a word that may be the verb of an attribution.
pub(super) fn ends_with_weak_verb(line: &str) -> bool {
    TABLES.wrote_cjk_weak.iter().any(|verb| line.ends_with(verb.as_str()))
}

/// Whether a folded line begins with the first words of an attribution.
pub(super) fn begins_attribution(line: &str) -> bool {
    TABLES.begins.iter().any(|word| line.starts_with(word.as_str()))
}

/// Whether what stands between dashes says that a mail is passed on.
pub(super) fn begins_forwarded(line: &str) -> bool {
    TABLES.forwarded.iter().any(|words| line.starts_with(words.as_str()))
}

/// Whether a line says nothing but that a mail is passed on.
pub(super) fn is_forwarded(line: &str) -> bool {
    TABLES.forwarded_alone.contains(line)
}

/// Whether what stands between dashes says that a mail is copied below.
pub(super) fn begins_original(line: &str) -> bool {
    TABLES.original.iter().any(|words| line.starts_with(words.as_str()))
}

/// Whether a line says nothing but that a mail is copied below.
pub(super) fn is_original(line: &str) -> bool {
    TABLES.original_alone.contains(line)
}

/// What a field of this folded name is about.
pub(super) fn field(name: &str) -> Option<Field> {
    TABLES.fields.iter().find(|(names, _)| names.contains(name)).map(|(_, field)| *field)
}

/// Whether a folded line is what a phone or an app adds.
pub(super) fn is_footer(line: &str) -> bool {
    TABLES.footers.iter().any(|footer| line.starts_with(footer.as_str()))
}

/// Whether a folded word before the colon of a subject says that the mail is passed on.
pub(super) fn is_forward_prefix(word: &str) -> bool {
    TABLES.forward_prefixes.contains(word)
}
