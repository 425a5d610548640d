use super::*;

fn form(html: &str) -> Normal {
    let normal = normalise(html, &|id| id == "logo").unwrap_or_else(|refused| panic!("{html}: {refused}"));
    assert!(is_normal(&normal.html), "{html}");
    normal
}

/// What stands in the body.
fn body(html: &str) -> String {
    let html = form(html).html;
    let (_, rest) = html.split_once("<body").unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    rest.strip_suffix("</body></html>\n").unwrap().replace('\n', "")
}

fn kinds(html: &str) -> Vec<&'static str> {
    form(html).changes.iter().map(|change| change.kind.as_str()).collect()
}

fn refused(html: &str) -> &'static str {
    normalise(html, &|_| false).expect_err(html).reason.code().as_str()
}

#[test]
fn plain_html_stays_as_it_is() {
    assert_eq!(
        form("<p>Hello</p>").html,
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body><p>Hello</p>\n</body></html>\n"
    );
    for html in [
        "<p>a <b>b</b> <i>c</i> <a href=\"https://x.test/\">d</a></p>",
        "<ul><li>a</li><li>b</li></ul><ol start=\"3\"><li>c</li></ol>",
        "<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>",
        "<blockquote>a<br>b</blockquote><hr><h1>x</h1>",
        "<img src=\"cid:logo\" alt=\"our logo\">",
        "5 &lt; 6 &amp; 7 &gt; 6&nbsp;x",
    ] {
        assert_eq!(body(html), html);
        assert_eq!(kinds(html), [""; 0], "{html}");
    }
}

#[test]
fn what_browsers_show_is_there_and_what_they_hide_is_not() {
    for (html, expected, kind) in [
        (
            "<p>Hello</p><xmp>WIRE <b>TO</b> X</xmp>",
            "<p>Hello</p><pre style=\"font-size:13px;white-space:pre-wrap;overflow-wrap:anywhere\">WIRE &lt;b&gt;TO&lt;/b&gt; X</pre>",
            "element_replaced",
        ),
        (
            "<p>Hello</p><textarea hidden><!--</textarea><a href=https://evil.example>x</a><!-- -->",
            "<p>Hello</p><a href=\"https://evil.example/\">x</a>",
            "hidden_text_removed",
        ),
        ("<style>p::after{content:'WIRE'}</style><p>Hello</p>", "<p>Hello</p>", "generated_text_removed"),
        (
            "<link rel=stylesheet href=https://x.test/a.css><p>Hello</p>",
            "<p>Hello</p>",
            "style_sheet_link_removed",
        ),
        ("<p>Hello</p><!--[if mso]>WIRE<![endif]-->", "<p>Hello</p>", "comment_removed"),
        ("<p>Hello</p><style style=\"display:block\">WIRE</style>", "<p>Hello</p>", ""),
        ("<p>Hello</p><svg><text>WIRE</text></svg>", "<p>Hello</p>", "element_removed"),
        ("<p>Hello</p><svg><p>WIRE</p>", "<p>Hello</p><p>WIRE</p>", "element_removed"),
        ("<p>Hello</p><math><mtext>WIRE</mtext></math>", "<p>Hello</p>", "element_removed"),
        (
            "<style>.h{display:none}</style>We will <b class=h>NOT</b> pay",
            "We will pay",
            "hidden_text_removed",
        ),
        ("<div style='display: none; color:red'>secret</div>x", "x", "hidden_text_removed"),
        ("<div style='max-height:0;overflow:hidden'>secret</div>x", "x", "hidden_text_removed"),
        ("<p style='font-size:0'>secret</p>x", "<p></p>x", "hidden_text_removed"),
        ("<p style='position:absolute;left:-9999px'>shown</p>", "<p>shown</p>", "style_removed"),
        ("<noscript><p>shown</p></noscript>", "<p>shown</p>", ""),
        ("<select><option>one<option>two</select>", "<div><p>one</p><p>two</p></div>", "element_replaced"),
        ("x<input type=submit value=guarantee>", "x", "element_removed"),
        ("x<iframe src=https://x.test>y</iframe>", "x", "element_removed"),
        ("<script>alert(1)</script>x", "x", "element_removed"),
        ("<p onclick=x()>x</p>", "<p>x</p>", "attribute_removed"),
        ("<details>a<summary>b</summary></details>", "<div>a<div>b</div></div>", "element_replaced"),
        ("<q>a</q>", "\u{201c}a\u{201d}", ""),
        ("<p style='text-transform:uppercase'>straße</p>", "<p>STRASSE</p>", "case_applied"),
        ("<p>g<span hidden>zzz</span>uarantee</p>", "<p>guarantee</p>", "hidden_text_removed"),
        ("guar&#97;ntee g\u{200b}uar&shy;antee", "guarantee guarantee", "invisible_characters_removed"),
        ("<template>x</template>y", "y", "element_removed"),
        ("<body hidden>x</body>", "x", ""),
    ] {
        assert_eq!(body(html), expected, "{html}");
        let kinds = kinds(html);
        assert!(if kind.is_empty() { kinds.is_empty() } else { kinds.contains(&kind) }, "{html}: {kinds:?}");
    }
}

#[test]
fn colours_can_be_read() {
    for (html, expected) in [
        // White on white.
        ("<p style='color:#fff'>x</p>", "<p style=\"color:#000000\">x</p>"),
        ("<p style='color:transparent'>x</p>", "<p style=\"color:#000000\">x</p>"),
        ("<p style='color:rgba(0,0,0,.1)'>x</p>", "<p style=\"color:#000000\">x</p>"),
        // White on a band that the shorthand sets.
        (
            "<div style='background:#036 url(x.png);color:white'>x</div>",
            "<div style=\"background-color:#003366;color:#ffffff;overflow-wrap:break-word\">x</div>",
        ),
        // A button.
        (
            "<a href='https://x.test/' style='background:#007bff;color:#fff;display:inline-block;padding:10px'>View invoice</a>",
            "<a href=\"https://x.test/\" style=\"background-color:#007bff;color:#ffffff;display:inline-block;padding-bottom:10px;padding-left:10px;padding-right:10px;padding-top:10px;overflow-wrap:break-word\">View invoice</a>",
        ),
        // What is behind words is not behind a block within them.
        (
            "<span style='background:#000;color:#fff'><div>x</div></span>",
            "<span style=\"background-color:#000000;color:#ffffff\"><div style=\"color:#000000\">x</div></span>",
        ),
        // Nor behind what floats out of it.
        (
            "<div style='background:#000'><span style='float:left;color:#fff'>x</span></div>",
            "<div style=\"background-color:#000000;overflow-wrap:break-word\"><span style=\"background-color:#000000;color:#ffffff;float:left;overflow-wrap:break-word\">x</span></div>",
        ),
        // Links have a colour of their own.
        (
            "<div style='background:#00f'><a href='https://x.test/'>x</a></div>",
            "<div style=\"background-color:#0000ff;overflow-wrap:break-word\"><a href=\"https://x.test/\" style=\"color:#ffffff\">x</a></div>",
        ),
        (
            "<table bgcolor=black><td><font color=black>x</font></table>",
            "<table style=\"background-color:#000000;overflow-wrap:break-word\"><tbody><tr><td><span style=\"color:#ffffff\">x</span></td></tr></tbody></table>",
        ),
        (
            "<body bgcolor=#eee text=#111><p>x</p>",
            "<div style=\"background-color:#eeeeee;color:#111111;overflow-wrap:break-word\"><p>x</p></div>",
        ),
        ("<mark>x</mark>", "<span style=\"background-color:#ffff00;color:#000000\">x</span>"),
    ] {
        assert_eq!(body(html), expected, "{html}");
    }
}

#[test]
fn nothing_is_too_small_too_far_or_too_wide() {
    for (html, expected) in [
        ("<p style='font-size:5px'>x</p>", "<p style=\"font-size:8px\">x</p>"),
        (
            "<small><small><small><small><small>x</small></small></small></small></small>",
            "<span style=\"font-size:13.33px\"><span style=\"font-size:11.11px\"><span style=\"font-size:9.26px\"><span style=\"font-size:8px\"><span style=\"font-size:8px\">x</span></span></span></span></span>",
        ),
        ("<p style='padding-left:5000px'>x</p>", "<p style=\"padding-left:100px\">x</p>"),
        ("a&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;b", "a&nbsp;&nbsp; &nbsp; b"),
        (
            "<pre>a  b</pre>",
            "<pre style=\"font-size:13px;white-space:pre-wrap;overflow-wrap:anywhere\">a  b</pre>",
        ),
        ("<td nowrap style='white-space:nowrap'>x</td>", "x"),
    ] {
        assert_eq!(body(html), expected, "{html}");
    }
    let deep = "<blockquote>".repeat(30) + "x";
    assert!(body(&deep).contains("<blockquote style=\"margin-left:0\">x"), "{}", body(&deep));
}

#[test]
fn style_sheets_are_written_into_elements() {
    let html = "<style>p{color:red} .big{font-size:20px} @media (max-width:600px){p{color:blue}}</style><p class=big>x</p>";
    assert_eq!(body(html), "<p style=\"color:#ff0000;font-size:20px\">x</p>");
    assert!(kinds(html).contains(&"styles_inlined"));
}

#[test]
fn links_lead_where_they_say() {
    for (html, expected) in [
        (
            "<a href='https://evil.test&num;@good.test/'>x</a>",
            "<a href=\"https://evil.test/#@good.test/\">x</a>",
        ),
        ("<a href=' HTTPS://X.test/a b'>x</a>", "<a href=\"https://x.test/a%20b\">x</a>"),
        ("<a href='https:\\\\x.test'>x</a>", "<a href=\"https://x.test/\">x</a>"),
        ("<a href='mailto:a@x.test?subject=Hi'>x</a>", "<a href=\"mailto:a@x.test?subject=Hi\">x</a>"),
        ("<a href='/relative'>x</a>", "x"),
        ("<a href='#top'>x</a>", "x"),
        ("<a name=top>x</a>", "x"),
        ("<a href='ftp://x.test'>x</a>", "x"),
        ("<img src='//t.test/p.gif' alt=a>x", "x"),
        (
            "<img src='https://t.test/p.gif' srcset='https://u.test/q.gif 2x' width=20>",
            "<img src=\"https://t.test/p.gif\" alt=\"\" width=\"20\" style=\"max-width:100%\">",
        ),
    ] {
        assert_eq!(body(html), expected, "{html}");
    }
}

#[test]
fn what_no_mail_may_have_is_refused() {
    for (html, code) in [
        ("<base href='https://x.test/'><a href=/a>x</a>", "html_base"),
        ("<a href='javascript:alert(1)'>x</a>", "html_scheme"),
        ("<a href=' java\nscript:alert(1)'>x</a>", "html_scheme"),
        ("<a href='&#106;avascript:alert(1)'>x</a>", "html_scheme"),
        ("<a href='data:text/html,x'>x</a>", "html_scheme"),
        ("<img src='data:image/png;base64,AAAA'>x", "html_scheme"),
        ("<a href='https://good.test@evil.test/'>x</a>", "html_link_credentials"),
        ("<img src='cid:nowhere'>x", "html_unknown_content_id"),
        ("<meta charset=utf-7>x", "html_charset"),
        ("+ADw-script+AD4-alert(1)", "html_charset"),
        ("<!-- only -->", "html_empty"),
        ("<style>p{color:red}</style>", "html_empty"),
        ("<p> &nbsp; </p>", "html_empty"),
        ("<frameset><frame src=x></frameset>", "html_empty"),
        ("", "html_empty"),
    ] {
        assert_eq!(refused(html), code, "{html}");
    }
    assert_eq!(refused(&"<div>".repeat(100_000)), "html_too_deep");
    assert_eq!(refused(&"<b>x</b>".repeat(60_000)), "html_too_many_elements");
    assert_eq!(
        refused(&format!("<a href='https://x.test/{}'>x</a>", "a".repeat(10_000))),
        "html_attribute_too_long"
    );
    assert_eq!(refused(&"x".repeat(MAX_HTML + 1)), "html_too_large");
    let error = normalise("<p>a</p>\n <a href='javascript:x'>", &|_| true).unwrap_err();
    assert_eq!(error.place, Some(Place { line: 2, column: 2 }));
    assert!(error.to_string().contains("line 2, column 2"), "{error}");
}

#[test]
fn the_text_of_html_says_the_same_and_where_its_links_lead() {
    let html = form("<h1>An offer</h1><p>1.500 \u{20ac} for <a href='https://example.com/a'>two</a></p><ul><li>x<li>y</ul>").html;
    let text = text(&html, 1_000).unwrap();
    assert_eq!(text, "An offer\n\n1.500 \u{20ac} for two <https://example.com/a>\n\n- x\n- y");
    assert!(says_the_same(&html, &text));
    assert_eq!(super::text(&html, 10), None, "half of it would say something else");
    let picture = normalise("<img src='cid:a'>", &|_| true).unwrap().html;
    assert_eq!(super::text(&picture, 1_000), None);
    let picture = normalise("<img src='cid:a' alt='Our house'>", &|_| true).unwrap().html;
    assert!(says_the_same(&picture, "Our house\n"));
    assert!(!says_the_same(&picture, "Our house is sold"));
}

#[test]
fn text_links_and_pictures_are_read_from_the_form() {
    let html = form(
        "<p>Hi <a href='https://x.test/'>here <img src=cid:logo alt=Logo></a></p><img src='https://t.test/p' alt=''>",
    );
    let reading = read(&html.html);
    assert_eq!(reading.text, "Hi here Logo <https://x.test/>");
    assert_eq!(reading.links, [Link { text: "here Logo".to_owned(), address: "https://x.test/".to_owned() }]);
    let addresses: Vec<_> = reading.pictures.iter().map(|picture| picture.address.as_str()).collect();
    assert_eq!(addresses, ["cid:logo", "https://t.test/p"]);
}

mod properties {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::markup::{Token, Tokens};

    #[rustfmt::skip] // a table
    const TAGS: &[&str] = &[
        "p", "div", "span", "b", "i", "a", "table", "tr", "td", "ul", "li", "h1", "h2", "blockquote", "pre",
        "font", "center", "sub", "small", "q", "mark", "caption", "colgroup", "col", "dl", "dt", "dd", "br",
        "img", "hr", "select", "option", "button", "textarea", "xmp", "svg", "math", "template", "style",
        "title", "script", "noscript", "body", "html", "head", "form", "nobr", "details", "section", "tbody",
        "th", "wbr", "ins", "x-y", "frameset", "plaintext",
    ];
    #[rustfmt::skip] // a table
    const ATTRIBUTES: &[&str] = &[
        "", " style='color:#fff'", " style='background:#000;color:#fff'", " style='display:none'", "
        style='font-size:3px'", " style='float:left'", " style='display:inline-block;width:50%;padding:9px'",
        " style='text-transform:uppercase'", " hidden", " class=a", " href='https://x.test/?a&b'", "
        src='https://x.test/p'", " src=cid:logo", " align=right", " dir=rtl", " bgcolor=red", " color=white
        size=7", " colspan=3 width='50%'", " style='margin:-9px auto;border:1px solid'", "
        style='visibility:hidden'", " style='white-space:pre'", " style='vertical-align:top;font:bold 1em/2
        x'", " open",
    ];

    /// Pieces of HTML that are odd by themselves, and odder side by side.
    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            (select(TAGS), select(ATTRIBUTES)).prop_map(|(tag, with)| format!("<{tag}{with}>")),
            select(TAGS).prop_map(|tag| format!("</{tag}>")),
            select(vec![
                "x",
                " ",
                "\n",
                "&amp;",
                "&lt;b>",
                "&nbsp;&nbsp;&nbsp;&nbsp;",
                "\u{200b}",
                "é",
                "<!--x-->",
                "<!--[if mso]>y<![endif]-->",
                "word word",
                "a{color:red}",
                ".a{display:none}",
                "@media screen{p{color:#fff}}",
                "<",
                "&#0;",
                "\u{202e}",
                "]]>",
            ])
            .prop_map(str::to_owned),
        ]
    }

    fn texts(html: &str) -> String {
        let text = Tokens::new(html).filter_map(|token| match token {
            Token::Text(text) => Some(text),
            _ => None,
        });
        text.collect::<String>()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: if cfg!(debug_assertions) { 300 } else { 20_000 }, ..ProptestConfig::default() })]

        /// Once brought into the form, HTML stays as it is.
        #[test]
        fn the_form_is_its_own_form(pieces in vec(piece(), 0..25)) {
            let html = pieces.concat();
            match normalise(&html, &|id| id == "logo") {
                Ok(normal) => {
                    let again = normalise(&normal.html, &|id| id == "logo");
                    let again = again.map_err(|refused| TestCaseError::fail(format!("{html}: {refused}")))?;
                    prop_assert_eq!(&again.html, &normal.html, "{}", html);
                    prop_assert_eq!(again.changes, vec![], "{}", html);
                }
                Err(refused) => prop_assert_ne!(refused.reason, Reason::Ambiguous, "{}", html),
            }
        }

        /// What html5ever reads in it is what html5gum reads in it.
        #[test]
        fn two_parsers_read_the_same(pieces in vec(piece(), 0..25)) {
            if let Ok(normal) = normalise(&pieces.concat(), &|_| true) {
                let parsed = inline_styles(&normal.html).unwrap();
                prop_assert_eq!(texts(&parsed), texts(&normal.html));
                prop_assert_eq!(read(&parsed), read(&normal.html));
                for odd in ["<!--", "<script", "<style>", "javascript:", " on", "url(", "position", "<svg"] {
                    let tags = normal.html.split('<').filter_map(|tag| tag.split_once('>')).map(|(tag, _)| format!("<{tag}"));
                    prop_assert!(!tags.into_iter().any(|tag| tag.contains(odd)), "{} in {}", odd, normal.html);
                }
            }
        }
    }
}
