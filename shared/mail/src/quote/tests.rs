use super::*;
use crate::{extract_written, normal::is_normal, parse, reply::extract_reply};

const ANN: Addr<'_> = Addr { name: Some("Ann Person"), address: "ann@x.test" };
const BOB: Addr<'_> = Addr { name: None, address: "bob@y.test" };

fn original<'a>() -> Quoted<'a> {
    Quoted {
        from: ANN,
        date: "2025-02-03T10:00:00Z".parse().ok(),
        subject: "Lunch",
        to: &[BOB],
        cc: &[],
        text: Some("Lunch?\n\n> older\nAnn\n"),
        html: Some("<p>Lunch?</p><blockquote>older</blockquote><p>Ann</p>"),
    }
}

/// The fragment is a part of a document in the normal form, and stays as it is in one.
fn assert_normal(fragment: &str) {
    let page = |html: &str| {
        format!("<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body>{html}</body></html>\n")
    };
    assert!(is_normal(&page(fragment)), "{fragment}");
    let answer = normal::normalise(&format!("<p>New.</p>{fragment}"), &|_| false).expect("an answer");
    assert_eq!(answer.changes, [], "{fragment}");
}

#[test]
fn an_answer_quotes() {
    let quoted = original();
    assert_eq!(
        quote_text(&quoted),
        "On Mon, 3 Feb 2025 at 10:00 UTC, Ann Person <ann@x.test> wrote:\n> Lunch?\n>\n>> older\n> Ann\n"
    );
    let html = quote_html(&quoted);
    assert!(
        html.starts_with("<div>On Mon, 3 Feb 2025 at 10:00 UTC, Ann Person &lt;ann@x.test&gt; wrote:</div>"),
        "{html}"
    );
    assert!(html.contains("<blockquote") && html.contains("<p>Lunch?</p>"), "{html}");
    assert_normal(&html);
    assert!(normal::says_the_same(&html, &quote_text(&quoted)));
    let undated = Quoted { date: None, ..quoted };
    assert!(quote_text(&undated).starts_with("Ann Person <ann@x.test> wrote:\n> Lunch?\n"));
}

#[test]
fn a_mail_is_passed_on() {
    let to = [BOB, Addr { name: Some("Cy, C."), address: "cy@y.test" }];
    let quoted = Quoted { to: &to, cc: &[ANN], ..original() };
    assert_eq!(
        forward_text(&quoted),
        "---------- Forwarded message ---------\nFrom: Ann Person <ann@x.test>\n\
         Date: Mon, 3 Feb 2025 at 10:00 UTC\nSubject: Lunch\nTo: <bob@y.test>, Cy, C. <cy@y.test>\n\
         Cc: Ann Person <ann@x.test>\n\nLunch?\n\n> older\nAnn\n"
    );
    let html = forward_html(&quoted);
    assert!(html.contains("From: Ann Person &lt;ann@x.test&gt;<br>Date: Mon"), "{html}");
    assert_normal(&html);
    assert!(normal::says_the_same(&html, &forward_text(&quoted)));

    let many = vec![BOB; 5_000];
    let text = forward_text(&Quoted { to: &many, ..quoted });
    assert!(text.contains("<bob@y.test>, and 4950 more\nCc:"), "{}", &text[..200]);
}

#[test]
fn what_was_quoted_is_found_again() {
    let long = "a ".repeat(300);
    for from in [
        ANN,
        BOB,
        Addr { name: Some("wrote:\r\n\r\nBcc: eve@z.test"), ..ANN },
        Addr { name: Some("Ann > \"<eve@z.test>\""), ..ANN },
        Addr { name: Some(&long), ..ANN },
        Addr { name: Some("山田太郎"), ..ANN },
    ] {
        for date in [original().date, None] {
            for text in [
                "Lunch?",
                "",
                "> a\n>> b\n\n\nc",
                "-- \nAnn",
                "On 3 Feb 2025 at 9:00 Bob <bob@y.test> wrote:\n> x\n\nyes",
                "---------- Forwarded message ---------\nFrom: a",
                "From: Ann\nSent: Monday\nTo: Bob\nSubject: x\n\nold",
            ] {
                let quoted = Quoted { from, date, text: Some(text), html: None, ..original() };
                for new in ["Yes.", "Yes.\n\nBob", "About this:\n\n> Lunch?", "Ann wrote it."] {
                    let answer = format!("{new}\n\n{}", quote_text(&quoted));
                    assert_eq!(extract_reply(&answer), new, "{answer}");
                    // The same of HTML alone.
                    let html = format!("<p>Yes.</p>{}", quote_html(&quoted));
                    let raw =
                        format!("From: b@y.test\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}");
                    let read = parse(raw.as_bytes()).text.expect("text");
                    assert_eq!(extract_reply(&read), "Yes.", "{read}");

                    let passed_on = format!("{new}\n\n{}", forward_text(&quoted));
                    assert_eq!(extract_reply(&passed_on), passed_on.trim_end());
                    assert_eq!(extract_written("Fwd: Lunch", &passed_on), passed_on.trim_end());
                }
            }
        }
    }
}

#[test]
fn nothing_leaves_its_place() {
    let evil = "<script>alert(1)</script>\r\n\r\n</blockquote>\u{202e}<img src=x onerror=y>\u{0}\u{1b}";
    let addr = Addr { name: Some(evil), address: evil };
    let html = format!(
        "</blockquote></div><p>{evil}<a href='javascript:x'>a</a><a href='https://u:p@x.test/'>b</a>"
    );
    for html in [Some(html.as_str()), None] {
        let quoted = Quoted {
            from: addr,
            subject: evil,
            to: &[addr, addr],
            cc: &[addr],
            text: Some(evil),
            html,
            ..original()
        };
        for page in [quote_html(&quoted), forward_html(&quoted)] {
            assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("u:p@"), "{page}");
            assert_normal(&page);
        }
        let page = quote_html(&quoted);
        assert!(page.trim_end().ends_with("</blockquote>"), "{page}");
        assert_eq!(page.matches("</blockquote>").count(), 1, "{page}");
        for text in [quote_text(&quoted), forward_text(&quoted)] {
            assert!(!text.contains(|c: char| c != '\n' && is_unsafe_in_header(c)), "{text:?}");
        }
        assert!(quote_text(&quoted).lines().skip(1).all(|line| line.starts_with('>')));
        assert_eq!(forward_text(&quoted).lines().take_while(|line| !line.is_empty()).count(), 6);
    }
}

#[test]
fn html_that_can_not_be_sent_is_quoted_as_text() {
    for html in ["", " ", "<div></div>", "<img src='https://x.test/a.png'>"] {
        let quoted = Quoted { html: Some(html), ..original() };
        for page in [quote_html(&quoted), forward_html(&quoted)] {
            assert_normal(&page);
        }
    }
    let pictures =
        "<p><img src='cid:a' alt='logo'><img src='https://x.test/a'><img src='data:image/png;base64,QQ=='>x";
    let page = quote_html(&Quoted { html: Some(pictures), ..original() });
    assert!(page.contains("[logo]x") && !page.contains("<img"), "{page}");
    // Without text, it is made.
    let quoted = Quoted { text: None, ..original() };
    assert!(quote_text(&quoted).contains("> Lunch?\n"), "{}", quote_text(&quoted));
    assert_eq!(quote_text(&Quoted { html: None, ..quoted }).lines().count(), 1);
    assert_normal(&quote_html(&Quoted { html: None, ..quoted }));
    assert_normal(&forward_html(&Quoted::default()));
    assert_normal(&quote_html(&Quoted::default()));
}

#[test]
fn long_mails_are_cut_and_say_so() {
    let text = "é line\n".repeat(1 << 20);
    let html = format!("<div>{}</div>", "<p>é line &amp;</p>".repeat(40_000));
    let quoted = Quoted { text: Some(&text), html: Some(&html), ..original() };
    for text in [quote_text(&quoted), forward_text(&quoted)] {
        assert!(text.len() <= 3 * MAX_TEXT + 1_024 && text.trim_end().ends_with(CUT), "{}", text.len());
    }
    for page in [quote_html(&quoted), forward_html(&quoted)] {
        assert!(page.len() <= 2 * MAX_HTML && page.contains(CUT), "{}", page.len());
        assert_normal(&page);
    }
    let answer = format!("Yes.\n\n{}", quote_text(&quoted));
    assert_eq!(extract_reply(&answer), "Yes.");
}

#[test]
fn nothing_of_a_strangers_is_read_as_utf7() {
    let evil = "x +ADw-script+AD4- y";
    let addr = Addr { name: Some(evil), address: ANN.address };
    for html in [
        format!("<p>{evil}</p>"),
        "<p>x +<span></span>ADw-script</p>".to_owned(),
        "<p>x +<!-- -->ADw-script</p>".to_owned(),
        "<p title='+ADw-'>x <a href='https://x.test/?a=+ADw-#+\tADw-b'>+ADw-</a></p>".to_owned(),
        format!("<img src=x alt='{evil}'>"),
    ] {
        let quoted = Quoted {
            from: addr,
            subject: evil,
            to: &[addr],
            text: Some(evil),
            html: Some(&html),
            ..original()
        };
        for page in [quote_html(&quoted), forward_html(&quoted)] {
            assert!(page.contains("script") && !page.contains("+ADw"), "{page}");
            assert_normal(&page);
        }
        for text in [quote_text(&quoted), forward_text(&quoted)] {
            assert!(text.contains("+ ADw-script") && !text.contains("+ADw"), "{text}");
        }
    }
    assert!(append_html(None, &text_as_html(evil)).is_ok());
}

#[test]
fn links_are_kept_as_far_as_they_can_be_sent() {
    let long = "a".repeat(3_000);
    for (link, kept) in [
        ("https://x.test/a?b=c#d", true),
        ("mailto:ann@x.test", true),
        ("tel:+4930", true),
        (&format!("https://x.test/#{long}"), false),
        (&format!("https://x.test/{}", "é".repeat(900)), false),
        ("#top", false),
        ("ftp://x.test/", false),
        ("https://u@x.test/", false),
    ] {
        let html = format!("<p><a href=\"{link}\">here</a></p>");
        let page = quote_html(&Quoted { html: Some(&html), ..original() });
        assert_eq!(page.contains("<a "), kept, "{link}: {page}");
        assert!(page.contains("here"), "{page}");
    }
}

#[test]
fn what_stands_above_and_what_is_quoted_stay_apart() {
    let quoted = Quoted { html: Some("<table><tr><td><b>older<p>"), ..original() };
    for above in [
        "<p>New.</p>",
        "<blockquote><div><p>New.",
        "<table><tr><td><ul><li><a href='https://x.test/'><b>New.",
        "New.<!--",
        "New.<div title='",
        "<body bgcolor=black text=white><p>New.",
        "<body style='background:#000;color:#fff'><p style='font-size:40px'>New.",
    ] {
        let above = normal::normalise(above, &|_| false).expect("a form").html;
        for below in [quote_html(&quoted), forward_html(&quoted)] {
            let whole = append_html(Some(&above), &below).expect("a form");
            assert!(is_normal(&whole), "{whole}");
            let words = format!("{}\n{}", normal::read(&above).text, normal::read(&below).text);
            assert!(normal::says_the_same(&whole, &words), "{whole}\n{words}");
            assert!(!whole[whole.find("New.").expect("it")..].contains("New.<blockquote"), "{whole}");
        }
    }
    // A picture of the answer stays what it is.
    let above = normal::normalise("<p><img src='cid:a' alt='logo'></p>", &|_| true).expect("a form").html;
    let whole = append_html(Some(&above), &quote_html(&quoted)).expect("a form");
    assert!(whole.contains("cid:a"), "{whole}");
    assert!(is_normal(&append_html(None, &forward_html(&quoted)).expect("a form")));
    // Together they can be too much.
    let much = format!("<p>{}</p>", "word ".repeat(200_000));
    let above = normal::normalise(&much, &|_| false).expect("a form").html;
    let below = quote_html(&Quoted { html: Some(&much), ..original() });
    assert_eq!(
        append_html(Some(&above), &below).map_err(|refused| refused.reason),
        Err(normal::Reason::TooLarge)
    );
}

#[test]
fn subjects_are_one_line_that_can_be_sent() {
    for (subject, reply, forward) in [
        ("Lunch", "Re: Lunch", "Fwd: Lunch"),
        ("", "Re:", "Fwd:"),
        (" RE: Lunch", "RE: Lunch", "Fwd: RE: Lunch"),
        ("fw: Lunch", "Re: fw: Lunch", "fw: Lunch"),
        ("Fwd : Lunch", "Re: Fwd : Lunch", "Fwd : Lunch"),
        ("Reading: x", "Re: Reading: x", "Fwd: Reading: x"),
        ("=?utf-8?Q?x?=", "Re: = ?utf-8?Q?x?=", "Fwd: = ?utf-8?Q?x?="),
        ("a =? b", "Re: a =? b", "Fwd: a =? b"),
        ("a\r\nBcc: eve@x.test\u{202e}", "Re: a Bcc: eve@x.test", "Fwd: a Bcc: eve@x.test"),
    ] {
        assert_eq!((reply_subject(subject).as_str(), forward_subject(subject).as_str()), (reply, forward));
    }
    for subject in ["é".repeat(2_000), "=?".repeat(1_000) + "utf-8?B?x?=", "日".repeat(5_000)] {
        for subject in [reply_subject(&subject), forward_subject(&subject)] {
            assert!(subject.len() <= MAX_SUBJECT && subject.len() > MAX_SUBJECT - 4, "{}", subject.len());
            let (from, to) = (ANN, [BOB]);
            let mail = crate::Outgoing {
                from,
                reply_to: &[],
                to: &to,
                cc: &[],
                subject: &subject,
                text: Some("x"),
                html: None,
                in_reply_to: None,
                references: &[],
                headers: &[],
                attachments: &[],
                boundary_seed: [0; 16],
            };
            assert!(crate::compose(&mail).is_ok(), "{subject}");
        }
    }
}
