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

/// Attributions of the common programs, as they are when they fit a line.
#[rustfmt::skip] // a table
const ATTRIBUTIONS: &[&str] = &[
    // Gmail.
    "On Mon, Feb 3, 2025 at 10:00 AM Ann Person <ann@x.test> wrote:",
    "Am Mo., 3. Feb. 2025 um 10:00 Uhr schrieb Ann Person <ann@x.test>:",
    "Ann Person <ann@x.test> schrieb am Mo., 3. Feb. 2025, 10:00:",
    "Le lun. 3 févr. 2025 à 10:00, Ann Person <ann@x.test> a écrit :",
    "Le lun. 3 févr. 2025 à 10:00, Ann Person <ann@x.test> a e\u{301}crit\u{a0}:",
    "El lun, 3 feb 2025 a las 10:00, Ann Person (<ann@x.test>) escribió:",
    "Il giorno lun 3 feb 2025 alle ore 10:00 Ann Person <ann@x.test> ha scritto:",
    "Em seg., 3 de fev. de 2025 às 10:00, Ann Person <ann@x.test> escreveu:",
    "Ann Person <ann@x.test> escreveu (segunda, 3/02/2025 à(s) 10:00):",
    "Op ma 3 feb 2025 om 10:00 schreef Ann Person <ann@x.test>:",
    "pon., 3 lut 2025 o 10:00 Ann Person <ann@x.test> napisał(a):",
    "Den mån 3 feb. 2025 kl 10:00 skrev Ann Person <ann@x.test>:",
    "Den man. 3. feb. 2025 kl. 10.00 skrev Ann Person <ann@x.test>:",
    "man. 3. feb. 2025 kl. 10:00 skrev Ann Person <ann@x.test>:",
    "po 3. 2. 2025 v 10:00 odesílatel Ann Person <ann@x.test> napsal:",
    "пн, 3 февр. 2025 г. в 10:00, Ann Person <ann@x.test>:",
    "пн, 3 лют. 2025 р. о 10:00 Ann Person <ann@x.test> пише:",
    "Ann Person <ann@x.test>, 3 Şub 2025 Pzt, 10:00 tarihinde şunu yazdı:",
    "2025年2月3日(月) 10:00 Ann Person <ann@x.test>:",
    "Ann Person <ann@x.test> 于2025年2月3日周一 10:00写道：",
    "Ann Person <ann@x.test> 於 2025年2月3日 週一 上午10:00寫道：",
    "2025년 2월 3일 (월) 오전 10:00, Ann Person <ann@x.test>님이 작성:",
    "2025-02-03 10:00 GMT+01:00 Ann Person <ann@x.test>:",
    // Apple Mail.
    "On 3 Feb 2025, at 10:00, Ann Person <ann@x.test> wrote:",
    "Am 03.02.2025 um 10:00 schrieb Ann Person <ann@x.test>:",
    "Le 3 févr. 2025 à 10:00, Ann Person <ann@x.test> a écrit :",
    "El 3 feb 2025, a las 10:00, Ann Person <ann@x.test> escribió:",
    "Il giorno 3 feb 2025, alle ore 10:00, Ann Person <ann@x.test> ha scritto:",
    "No dia 3 de fev. de 2025, à(s) 10:00, Ann Person <ann@x.test> escreveu:",
    "A 03/02/2025, às 10:00, Ann Person <ann@x.test> escreveu:",
    "Op 3 feb. 2025, om 10:00 heeft Ann Person <ann@x.test> het volgende geschreven:",
    "Wiadomość napisana przez Ann Person <ann@x.test> w dniu 3 lut 2025, o godz. 10:00:",
    "3 feb. 2025 kl. 10:00 skrev Ann Person <ann@x.test>:",
    "3. 2. 2025 v 10:00, Ann Person <ann@x.test>:",
    "3 февр. 2025 г., в 10:00, Ann Person <ann@x.test> написал(а):",
    "3 лют. 2025 р. о 10:00 Ann Person <ann@x.test> написав(-ла):",
    "Ann Person <ann@x.test> şunları yazdı (3 Şub 2025 10:00):",
    "2025/02/03 10:00、Ann Person <ann@x.test>のメール:",
    "2025年2月3日 10:00，Ann Person <ann@x.test> 写道：",
    "2025. 2. 3. 오전 10:00, Ann Person <ann@x.test> 작성:",
    // Outlook for Mac and for phones.
    "On 03/02/2025, 10:00, \"Ann Person\" <ann@x.test> wrote:",
    "Am 03.02.25, 10:00 schrieb \"Ann Person\" <ann@x.test>:",
    "Le 03/02/2025 10:00, « Ann Person » <ann@x.test> a écrit :",
    "On Mon, Feb 3, 2025 at 10:00 AM +0100, \"Ann Person\" <ann@x.test<mailto:ann@x.test>> wrote:",
    // Yahoo, Proton, K-9, mail.ru, Yandex, Onet, Zoho, NetEase, Notes.
    "On Monday, February 3, 2025, 10:00:00 AM GMT+1, Ann Person <ann@x.test> wrote:",
    "Am Montag, 3. Februar 2025 um 10:00:00 MEZ hat Ann Person <ann@x.test> Folgendes geschrieben:",
    "Em segunda-feira, 3 de fevereiro de 2025 às 10:00:00 BRT, Ann Person <ann@x.test> escreveu:",
    "Am 3. Februar 2025 10:00:00 MEZ schrieb Ann Person <ann@x.test>:",
    "Понедельник, 3 февраля 2025, 10:00 +03:00 от Ann Person <ann@x.test>:",
    "03.02.2025, 10:00, \"Ann Person\" <ann@x.test>:",
    "W dniu 2025-02-03 10:00:00 użytkownik Ann Person <ann@x.test> napisał:",
    "---- On Mon, 03 Feb 2025 10:00:00 +0100 Ann Person <ann@x.test> wrote ----",
    "在 2025-02-03 10:00:00，\"Ann Person\" <ann@x.test> 写道：",
    "Ann Person <ann@x.test> wrote on 02/03/2025 10:00:00 AM:",
    "Ann Person <ann@x.test> ezt írta (időpont: 2025. febr. 3., H, 10:00):",
    // Thunderbird.
    "On 2/3/25 10:00, Ann Person wrote:",
    "Am 03.02.25 um 10:00 schrieb Ann Person:",
    "Le 03/02/2025 à 10:00, Ann Person a écrit :",
    "El 3/2/25 a las 10:00, Ann Person escribió:",
    "Il 03/02/25 10:00, Ann Person ha scritto:",
    "Em 03/02/2025 10:00, Ann Person escreveu:",
    "Às 10:00 de 03/02/2025, Ann Person escreveu:",
    "Op 03-02-2025 om 10:00 schreef Ann Person:",
    "W dniu 03.02.2025 o 10:00, Ann Person pisze:",
    "Den 2025-02-03 kl. 10:00, skrev Ann Person:",
    "Den 03.02.2025 10.00, skrev Ann Person:",
    "Dne 03. 02. 25 v 10:00 Ann Person napsal(a):",
    "03.02.2025 10:00, Ann Person пишет:",
    "03.02.2025 10:00, Ann Person пише:",
    "3.02.2025 10:00 tarihinde Ann Person yazdı:",
    "在 2025/2/3 10:00, Ann Person 写道:",
    "於 2025/2/3 上午 10:00, Ann Person 提到:",
];

#[test]
fn attributions_of_many_programs() {
    for attribution in ATTRIBUTIONS {
        for history in ["> old\n>\n> older\n", "\n> old\n", "\nold and not quoted\n"] {
            let mail = format!("Yes, do it.\n\n{attribution}\n{history}");
            assert_eq!(extract_reply(&mail), "Yes, do it.", "{mail}");
        }
        let below = format!("{attribution}\n\n> old\n> older\n\nYes, do it.\n");
        assert_eq!(extract_reply(&below), "Yes, do it.", "{below}");
    }
    // Only where quotes follow.
    for attribution in [
        "25. 2. 3. 10:00에 Ann Person 이(가) 쓴 글:",
        "On 3 Feb 2025 Ann Person wrote:",
        "2025/02/03 10:00、Ann のメール:",
    ] {
        assert_eq!(extract_reply(&format!("Yes.\n\n{attribution}\n> old\n")), "Yes.", "{attribution}");
    }
}

/// Programs wrap at any space, and some at a space before the end of the date.
#[test]
fn attributions_wrap_anywhere() {
    let mut missed = vec![];
    for attribution in ATTRIBUTIONS {
        for (at, _) in attribution.match_indices(' ') {
            // Between dashes there is no line break; nor does one come after a word or two, or before the colon.
            let (head, rest) = (&attribution[..at], attribution[at..].trim());
            if attribution.starts_with("----") || head.chars().count() < 14 || rest.chars().count() < 2 {
                continue;
            }
            let wrapped = format!("{}\n{}", &attribution[..at], &attribution[at + 1..]);
            let mail = format!("Yes, do it.\n\n{wrapped}\n\n> old\n> older\n");
            if extract_reply(&mail) != "Yes, do it." {
                missed.push(wrapped);
            }
        }
    }
    assert_eq!(missed, [""; 0]);
    for wrapped in [
        "Ann With A Very Long Name Indeed\n<ann@x.test> schrieb am Mo., 3.\nFeb. 2025, 10:00:",
        "On Mon, 3 Feb 2025\nat 10:00, Ann Person\n<ann@x.test>\nwrote:",
    ] {
        let mail = format!("Yes, do it.\n\n{wrapped}\n\n> old\n");
        assert_eq!(extract_reply(&mail), "Yes, do it.", "{mail}");
    }
}

#[test]
fn a_last_line_is_not_the_beginning_of_an_attribution() {
    for last in [
        "Thanks!",
        "Thanks",
        "See you at 10:00",
        "at 10:00 tomorrow?",
        "2 of them are here.",
        "Write to bob@x.test",
    ] {
        for attribution in [
            "On Mon, 3 Feb 2025 at 10:00, Ann Person\n<ann@x.test> wrote:",
            "Ann Person <ann@x.test> schrieb am Mo., 3.\nFeb. 2025, 10:00:",
        ] {
            let mail = format!("Yes.\n{last}\n{attribution}\n> old\n");
            assert_eq!(extract_reply(&mail), format!("Yes.\n{last}"), "{mail}");
        }
    }
}

/// Header blocks of Outlook and of those that copy it.
#[rustfmt::skip] // a table
const BLOCKS: &[&str] = &[
    "From: Ann <ann@x.test>\nSent: Monday, February 3, 2025 10:00 AM\nTo: Bob\nCc: Eve\nSubject: Hi",
    "Von: Ann <ann@x.test>\nGesendet: Montag, 3. Februar 2025 10:00\nAn: Bob\nCc: Eve\nBetreff: AW: Hallo",
    "Von: Ann\nDatum: Montag, 3. Februar 2025 um 10:00\nAn: Bob\nBetreff: Hallo",
    "De : Ann\nEnvoyé : lundi 3 février 2025 10:00\nÀ : Bob\nObjet : Bonjour",
    "De\u{a0}: Ann\nDate\u{a0}: lundi 3 février 2025 à 10:00\nA\u{a0}: Bob\nCc\u{a0}: Eve\nObjet\u{a0}: Bonjour",
    "De: Ann\nEnviado el: lunes, 3 de febrero de 2025 10:00\nPara: Bob\nAsunto: Hola",
    "Da: Ann\nInviato: lunedì 3 febbraio 2025 10:00\nA: Bob\nOggetto: Ciao",
    "De: Ann\nEnviada em: segunda-feira, 3 de fevereiro de 2025 10:00\nPara: Bob\nAssunto: Oi",
    "De: Ann\nEnviado: 3 de fevereiro de 2025 10:00\nPara: Bob\nAssunto: Oi",
    "Van: Ann\nVerzonden: maandag 3 februari 2025 10:00\nAan: Bob\nOnderwerp: Hoi",
    "Od: Ann\nWysłano: poniedziałek, 3 lutego 2025 10:00\nDo: Bob\nDW: Eve\nTemat: Witaj",
    "Från: Ann\nSkickat: den 3 februari 2025 10:00\nTill: Bob\nÄmne: Hej",
    "Fra: Ann\nSendt: 3. februar 2025 10:00\nTil: Bob\nEmne: Hej",
    "Fra: Ann\nDato: mandag 3. februar 2025 kl. 10:00\nTil: Bob\nKopi: Eve\nEmne: Hei",
    "Od: Ann\nOdesláno: pondělí 3. února 2025 10:00\nKomu: Bob\nPředmět: Ahoj",
    "От: Ann\nОтправлено: 3 февраля 2025 г. 10:00\nКому: Bob\nТема: Привет",
    "Від: Ann\nНадіслано: 3 лютого 2025 р. 10:00\nКому: Bob\nТема: Привіт",
    "Kimden: Ann\nGönderildi: 3 Şubat 2025 Pazartesi 10:00\nKime: Bob\nKonu: Merhaba",
    "Gönderen: Ann\nGönderme Tarihi: 3 Şubat 2025 Pazartesi 10:00\nKime: Bob\nBilgi: Eve\nKonu: Merhaba",
    "差出人: Ann\n送信日時: 2025年2月3日 10:00\n宛先: Bob\n件名: こんにちは",
    "发件人: Ann\n发送时间: 2025年2月3日 10:00\n收件人: Bob\n主题: 你好",
    "寄件者： Ann\n寄件日期： 2025年2月3日 上午 10:00\n收件者： Bob\n主旨： 你好",
    "보낸 사람: Ann\n보낸 날짜: 2025년 2월 3일 월요일 오전 10:00\n받는 사람: Bob\n제목: 안녕",
    "Gesendet: Montag, 3. Februar 2025 um 10:00 Uhr\nVon: Ann <ann@x.test>\nAn: bob@y.test\nBetreff: Hallo",
    "envoyé : 3 février 2025 à 10:00\nde : Ann <ann@x.test>\nà : bob@y.test\nobjet : Bonjour",
];

#[test]
fn header_blocks_of_many_programs() {
    let bold = |block: &str, mark: &str| {
        let line = |line: &str| {
            line.split_once([':', '：']).map(|(name, value)| format!("{mark}{name}:{mark}{value}"))
        };
        block.lines().filter_map(line).collect::<Vec<_>>().join("\n")
    };
    for block in BLOCKS {
        for history in [
            (*block).to_owned(),
            bold(block, "*"),
            bold(block, "**"),
            block.replace('\n', "\n\n"),
            format!("________________________________\n{block}"),
            format!("________________________________\n\n{block}"),
            format!("---\n{block}"),
            format!("-----Original Message-----\n{block}"),
        ] {
            let mail = format!("Yes, do it.\n\n{history}\n\nold\n\n> older\n");
            assert_eq!(extract_reply(&mail), "Yes, do it.", "{mail}");
            // The same block is what is passed on, where the subject says so.
            for subject in [
                "Fwd: Hi",
                "WG: Hallo",
                "TR : Bonjour",
                "RV: Hola",
                "I: Ciao",
                "ENC: Oi",
                "PD: x",
                "VB: Hej",
                "VS: Hei",
                "[x] FW: Hi",
                "[Fwd: Hi]",
                "İLT: x",
                "转发：x",
                "転送: x",
                "Fw[2]: x",
                "Hi (fwd)",
            ] {
                assert_eq!(extract_written(subject, &mail), mail.trim_end(), "{subject}: {mail}");
            }
            for subject in
                ["Re: Fwd: Hi", "AW: WG: Hallo", "Hi", "", "Forwarding services", "Trip: x", "[x] Re: y"]
            {
                assert_eq!(extract_written(subject, &mail), "Yes, do it.", "{subject}: {mail}");
            }
        }
    }
    let recipients = "Bob <bob@y.test>;\nEve <eve@y.test>;\nMallory <mallory@y.test>";
    let long = format!("Yes.\n\nFrom: Ann\nSent: Monday\nTo: {recipients}\nSubject: Hi\n\nold");
    assert_eq!(extract_reply(&long), "Yes.");
}

#[test]
fn dividers_of_many_programs() {
    for words in [
        "Original Message",
        "Ursprüngliche Nachricht",
        "Original-Nachricht",
        "Message d\u{2019}origine",
        "Mail original",
        "Mensaje original",
        "Messaggio originale",
        "Mensagem original",
        "Oorspronkelijk bericht",
        "Wiadomość oryginalna",
        "Ursprungligt meddelande",
        "Oprindelig meddelelse",
        "Opprinnelig melding",
        "Původní e-mail",
        "Исходное сообщение",
        "Оригінальне повідомлення",
        "Özgün İleti",
        "ORİJİNAL MESAJ",
        "元のメッセージ",
        "原始邮件",
        "原始郵件",
        "원본 메시지",
        "回复的原邮件",
    ] {
        for line in [
            format!("-----{words}-----"),
            format!("-------- {words} --------"),
            format!("‐‐‐‐‐‐‐ {words} ‐‐‐‐‐‐‐"),
            format!("———— {words} ————"),
            format!("==== {words} ===="),
        ] {
            let mail = format!("Yes, do it.\n\n{line}\nAnn said something\n\nold\n");
            assert_eq!(extract_reply(&mail), "Yes, do it.", "{mail}");
            assert_eq!(extract_written("Fwd: Hi", &mail), mail.trim_end());
        }
        // Without dashes, the block below decides.
        let mail = format!("Yes, do it.\n\n{words}\n\n{}\n\nold", BLOCKS[0]);
        assert_eq!(extract_reply(&mail), "Yes, do it.", "{mail}");
    }
}

#[test]
fn what_is_passed_on_stays() {
    for line in [
        "---------- Forwarded message ---------",
        "---------- Forwarded message ----------",
        "-------- Forwarded Message --------",
        "----- Forwarded message from Ann <ann@x.test> -----",
        "============ Forwarded message ============",
        "Begin forwarded message:",
        "-------- Weitergeleitete Nachricht --------",
        "Anfang der weitergeleiteten Nachricht:",
        "---------- Message transféré ---------",
        "Début du message réexpédié :",
        "-------- Mensaje reenviado --------",
        "Inicio del mensaje reenviado:",
        "-------- Messaggio Inoltrato --------",
        "Inizio messaggio inoltrato:",
        "-------- Mensagem encaminhada --------",
        "Início da mensagem reencaminhada:",
        "-------- Doorgestuurd bericht --------",
        "Begin doorgestuurd bericht:",
        "-------- Treść przekazanej wiadomości --------",
        "Początek przekazywanej wiadomości:",
        "-------- Vidarebefordrat meddelande --------",
        "Vidarebefordrat brev:",
        "-------- Videresendt meddelelse --------",
        "Start på videresendt besked:",
        "-------- Videresendt melding --------",
        "Start på videresendt melding:",
        "-------- Přeposlaná zpráva --------",
        "Začátek přeposílané zprávy:",
        "-------- Пересылаемое сообщение --------",
        "Начало переадресованного сообщения:",
        "-------- Переслане повідомлення --------",
        "Початок переадресованого повідомлення:",
        "-------- İletilmiş İleti --------",
        "İletilen ileti başlangıcı:",
        "-------- 転送メッセージ --------",
        "転送されたメッセージ:",
        "-------- 转发的消息 --------",
        "下面是被转发的邮件：",
        "-------- 轉寄的郵件 --------",
        "-------- 전달된 메시지 --------",
        "다음은 전달된 메시지입니다:",
    ] {
        let mail = format!(
            "{line}\n\n{}\n\nThe pump is broken.\n-- \nAnn\n\nOn Mon, Feb 3, 2025 at 9:00 AM Bob <bob@y.test> wrote:\n> older",
            BLOCKS[0]
        );
        for above in ["", "FYI\n\n", "FYI\n-- \nBob\n\n", "FYI\n\nSent from my iPhone\n\n"] {
            let mail = format!("{above}{mail}");
            assert_eq!(extract_reply(&mail), mail, "{mail}");
        }
        // In an answer it is history.
        let quoted = format!("> {}\n", mail.replace('\n', "\n> "));
        let answer = format!("Done.\n\n{}\n{quoted}", ATTRIBUTIONS[0]);
        assert_eq!(extract_reply(&answer), "Done.", "{answer}");
        let answer = format!("Done.\n\n{}\n\nSee below.\n\n{mail}", BLOCKS[0]);
        assert_eq!(extract_reply(&answer), "Done.", "{answer}");
    }
}

#[test]
fn own_quotes_stay() {
    for attribution in [
        "On Mon, Feb 3, 2025 at 10:00 AM Ann <ann@x.test> wrote:",
        "Ann <ann@x.test> schrieb am Mo., 3.\nFeb. 2025, 10:00:",
    ] {
        for own in [
            "About this sentence:\n\n> You pay on Friday.",
            "About this sentence:\n> You pay on Friday.",
            "> You pay on Friday.\n\nNo, on Monday.\n\n> You pay in cash.",
        ] {
            for signature in ["", "\n\n-- \nBob", "\n\nSent from my iPhone"] {
                let mail = format!("{own}{signature}\n\n{attribution}\n\n> Whole old mail.\n>\n> older\n");
                assert_eq!(extract_reply(&mail), own, "{mail}");
                let mail = format!("{own}{signature}\n\n{}\n\nWhole old mail.\n", BLOCKS[1]);
                assert_eq!(extract_reply(&mail), own, "{mail}");
            }
        }
        // Two mails are answered at once.
        let mail = format!("Yes.\n\n{attribution}\n> one\n\n{attribution}\n\n> two\n\n");
        assert_eq!(extract_reply(&mail), "Yes.", "{mail}");
    }
    // Without a word that says so, quotes at the end are history, and a line that is only there for them goes too.
    assert_eq!(extract_reply("Yes!\n\n> Lunch?\n"), "Yes!");
    assert_eq!(extract_reply("Yes!\n\nAnn Person wrote:\n> Lunch?\n"), "Yes!");
    assert_eq!(extract_reply("I like what Ann wrote:\n> Lunch?\n"), "I like what Ann wrote:");
    assert_eq!(extract_reply("Ann wrote:\n> Lunch?\n\nThat is odd."), "Ann wrote:\n> Lunch?\n\nThat is odd.");
}

#[test]
fn an_answer_below_a_long_quote_is_found() {
    let quote = "> old line\n".repeat(500);
    for attribution in
        ["", "On 3 Feb 2025 Ann wrote:\n", "Am Mo., 3. Feb. 2025 um\n10:00 Uhr schrieb Ann <ann@x.test>:\n\n"]
    {
        let mail = format!("{attribution}{quote}\nNew answer.\n\nBob\n-- \nBob Person\n");
        assert_eq!(extract_reply(&mail), "New answer.\n\nBob");
    }
    let between = format!("Hello,\n\nOn 3 Feb 2025 Ann wrote:\n{quote}\nYes.\n\n> and?\n\nNo.");
    assert_eq!(extract_reply(&format!("{between}\n\n{quote}")), between);
}

#[test]
fn shapes_of_single_programs() {
    for history in [
        // Phones of Apple quote the attribution as well.
        "> On 3 Feb 2025, at 10:00, Ann <ann@x.test> wrote:\n> \n> old\n",
        "> Message du 03/02/25 10:00\n> De : Ann\n> A : Bob\n> Objet : x\n>\n> vieux",
        "---- Replied Message ----\n| From | Ann<ann@x.test> |\n| Date | 02/3/2025 10:00 |\n| Subject | x |\nold",
        "*On Mon, Feb 3, 2025 at 10:00 AM Ann <ann@x.test> wrote:*\n\nold",
        "\u{200e}On Mon, Feb 3, 2025 at 10:00 AM Ann <ann@x.test> wrote:\u{200e}\n\nold",
        "On Mon, 3 Feb at 10:00, Ann wrote:\n> old",
    ] {
        assert_eq!(extract_reply(&format!("Yes.\n\n{history}")), "Yes.", "{history}");
    }
}

#[test]
fn footers_go() {
    for footer in [
        "Sent from my iPhone",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Von meinem iPhone gesendet",
        "Gesendet von Outlook für Android",
        "Envoyé de mon iPhone",
        "Envoyé à partir de Outlook pour iOS",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Enviado do meu iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Wysłane z iPhone\u{2019}a",
        "Skickat från min iPhone",
        "Sendt fra min iPhone",
        "Odesláno z iPhonu",
        "Отправлено с iPhone",
        "Надіслано з iPhone",
        "iPhone\u{2019}umdan gönderildi",
        "iPhoneから送信",
        "发自我的iPhone",
        "從我的 iPhone 傳送",
        "나의 iPhone에서 보냄",
    ] {
        let mail =
            format!("Yes.\n\n{footer}\n\nOn Mon, Feb 3, 2025 at 10:00 AM Ann <ann@x.test> wrote:\n\n> old\n");
        assert_eq!(extract_reply(&mail), "Yes.", "{mail}");
        assert_eq!(extract_reply(&format!("Yes.\n\n{footer}")), "Yes.", "{mail}");
    }
}

#[test]
fn more_prose_is_left_alone() {
    for text in [
        "I wrote on 3.2.2025 at 10:00:\n\n- one\n- two",
        "I wrote to ann@x.test on 3.2.2025 that we need this:\n\n- one",
        "As agreed, a list:\n2025年2月3日 10:00 資料作成:\n- one",
        "Agenda\n10:00:\nWe talk.",
        "Please ask:\nAnn <ann@x.test>:\nshe knows.",
        "Forwarded message handling is broken.\nSecond line",
        "Weitergeleitete Nachrichten: ja\nText",
        "Da: 3\nA: 4\nData: 5",
        "The original message:\nwas lost",
        "Original message\n\nwas lost",
    ] {
        assert_eq!(extract_reply(text), text);
    }
}

#[test]
fn html_alone_is_read_like_text() {
    let page = |history: &str| {
        format!(
            "From: a@x.test\r\nSubject: Re: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body>\
             <div><p>Bonjour,</p><p>C\u{2019}est bon.</p></div>{history}</body></html>"
        )
    };
    for history in [
        "<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p><b>De&nbsp;:</b> Ann \
         &lt;ann@x.test&gt;<br><b>Envoyé&nbsp;:</b> lundi 3 février 2025 10:00<br><b>À&nbsp;:</b> Bob<br><b>Objet&nbsp;:</b> \
         Offre</p></div></div><p>ancien</p>",
        "<hr><div><p><b>De :</b> Ann</p><p><b>Envoyé :</b> lundi</p><p><b>À :</b> Bob</p><p><b>Objet :</b> Offre</p></div>ancien",
        "<table><tr><td><b>De :</b></td><td>Ann</td></tr><tr><td><b>Envoyé :</b></td><td>lundi</td></tr><tr><td>\
         <b>Objet :</b></td><td>Offre</td></tr></table>ancien",
        "<hr><div><b>Von:</b> Ann<br><b>Gesendet:</b> Montag<br><b>An:</b> Bob<br><b>Betreff:</b> Hallo</div><br>alt",
        "<div>Le lun. 3 févr. 2025 à 10:00, Ann &lt;<a href='mailto:ann@x.test'>ann@x.test</a>&gt; a écrit&nbsp;:<br></div>\
         <blockquote><div>ancien</div></blockquote>",
        "<div><br></div><div>On Monday, February 3, 2025 at 10:00:00 AM GMT+1, Ann &lt;ann@x.test&gt; wrote: </div><div>old</div>",
    ] {
        let raw = page(history);
        let text = crate::parse(raw.as_bytes()).text.expect("text");
        assert_eq!(extract_reply(&text), "Bonjour,\n\nC\u{2019}est bon.", "{text}");
    }
}
